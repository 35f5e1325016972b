"""Finds the notebooks of a class in a folder, as an instructor or a learning platform leaves them.

    FOLDER/WHO/05_mnist_mlp.ipynb
    FOLDER/Jane Doe_1234567_assignsubmission_file_/05_mnist_mlp.ipynb      Moodle, folders
    FOLDER/Jane Doe_1234567_assignsubmission_file_05_mnist_mlp.ipynb       Moodle, one folder
    FOLDER/doejane_LATE_12345_67890_05_mnist_mlp-1.ipynb                   Canvas

Platforms put names into their files' names; what is kept of them is the number by which the
platform knows a person.

Covers: whose notebook it is, refusing links and what is no regular file.
Does not cover: what is in it (`submission`).
"""

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from dlcourse.errors import CourseError
from dlcourse.grading.submission import MOST_BYTES

MOST_PER_PERSON = 200  # files: more is no submission
_MOODLE = re.compile(r"[^_]*_(?P<who>\d+)_assignsubmission_\w+?_?(?P<name>\d\d_.*)?$")
_CANVAS = re.compile(r"[^_]*(_LATE)?_(?P<who>\d+)_\d+_(?P<name>.*)$")


class Found(NamedTuple):
    """A submitted file.

    Attributes:
        path: of the file.
        name: the same, seen from the folder; it identifies the submission.
        who: handed it in.
        is_late: whether the platform says so.
    """

    path: Path
    name: str
    who: str
    is_late: bool

    @property
    def digest(self) -> str:
        """The SHA-256 of as much of the file as is graded; of what cannot be read, of nothing."""
        try:
            with self.path.open("rb") as file:
                return hashlib.sha256(file.read(MOST_BYTES + 1)).hexdigest()
        except OSError:
            return hashlib.sha256(b"").hexdigest()

    @property
    def time(self) -> str:
        """When the file was written, as ISO 8601; "" if it is gone."""
        try:
            seconds = self.path.lstat().st_mtime
        except OSError:
            return ""
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


class Refused(NamedTuple):
    """A file that is not looked at, and why."""

    name: str
    reason: str


def collect(folder: Path) -> tuple[list[Found], list[Refused]]:
    """Return the notebooks in `folder`, in order, and what was not looked at.

    Raises:
        CourseError: if there is no such folder, or no notebook in it.
    """
    if not folder.is_dir():
        msg = f"There is no folder {folder}: name the one with the submissions."
        raise CourseError(msg)
    found: list[Found] = []
    refused: list[Refused] = []
    for path in _walk(folder, refused):
        who, is_late = _person(path.relative_to(folder))
        name = path.relative_to(folder).as_posix()
        found.append(Found(path, _printable(name), _printable(who), is_late))
    if not found:
        msg = f"There is no notebook in {folder}, nor in a folder in it: is it the right one?"
        raise CourseError(msg)
    return sorted(found, key=lambda one: one.name), refused


def _walk(folder: Path, refused: list[Refused]) -> Iterator[Path]:
    """Yield the notebooks in `folder` and in the folders in it; links are never followed."""
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            inner = [one for one in _entries(Path(entry.path)) if _is_notebook(one)]
            if len(inner) > MOST_PER_PERSON:
                name = _printable(entry.name)
                refused.append(Refused(name, f"it has more than {MOST_PER_PERSON} notebooks"))
                continue
            yield from _regular(folder, inner, refused)
        elif _is_notebook(entry):
            yield from _regular(folder, [entry], refused)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda one: one.name)
    except OSError as error:
        msg = f"{folder} cannot be read ({error.strerror})."
        raise CourseError(msg) from None


def _is_notebook(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(".ipynb") and not entry.name.startswith(".")


def _regular(
    folder: Path, entries: list[os.DirEntry[str]], refused: list[Refused]
) -> Iterator[Path]:
    for entry in entries:
        if entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        else:
            name = _printable(Path(entry.path).relative_to(folder).as_posix())
            refused.append(Refused(name, "it is a link, or no regular file"))


def _printable(name: str) -> str:
    """Return a file's name without what no terminal and no table takes, such as half letters."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in name)


def _person(name: Path) -> tuple[str, bool]:
    """Return who handed in the file of that name, and whether it was late."""
    top = name.parts[0]
    for platform in (_MOODLE, _CANVAS):
        if match := platform.match(top):
            return match["who"], "_LATE_" in top
    return (top if len(name.parts) > 1 else name.stem), False
