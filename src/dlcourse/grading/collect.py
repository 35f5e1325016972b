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
from dlcourse.grading.submission import MOST_BYTES, printable

MOST_PER_PERSON = 200  # files: more is no submission
_MOODLE = re.compile(r"[^_]*_(?P<who>\d+)_assignsubmission_")
_CANVAS = re.compile(r"[^_]*(?P<late>_LATE)?_(?P<who>\d+)_\d+_")  # files only: it has no folders


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
            yield from _of_person(folder, Path(entry.path), refused)
        elif _is_notebook(entry):
            yield from _regular(folder, [entry], refused)
        else:
            refused.append(Refused(_printable(entry.name), "it is no notebook, or a link"))


def _of_person(folder: Path, own: Path, refused: list[Refused]) -> Iterator[Path]:
    """Yield the notebooks in a person's `own` folder; who has none there, or too many, is told."""
    entries = _entries(own)
    notebooks = [one for one in entries if _is_notebook(one)]
    reason = f"it has more than {MOST_PER_PERSON} notebooks"
    if len(notebooks) <= MOST_PER_PERSON:
        yield from _regular(folder, notebooks, refused)
        inner = [_printable(one.name) for one in entries if one.is_dir(follow_symlinks=False)]
        deeper = f"; move those of its folder {inner[0]!r} up" if inner else ""
        reason = "" if notebooks else f"it has no notebook{deeper}"
    if reason:
        refused.append(Refused(_printable(own.name), reason))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder, in order, without what is hidden, such as checkpoints."""
    try:
        with os.scandir(folder) as entries:
            shown = [one for one in entries if not one.name.startswith(".")]
    except OSError as error:
        msg = f"{folder} cannot be read ({error.strerror})."
        raise CourseError(msg) from None
    return sorted(shown, key=lambda one: one.name)


def _is_notebook(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(".ipynb")


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
    """Return a file's name without what no terminal and no table takes, such as half letters.

    No two names become the same: a backslash is doubled.
    """
    return printable(name.replace("\\", r"\\"))


def _person(name: Path) -> tuple[str, bool]:
    """Return who handed in the file of that name, and whether it was late."""
    top, is_file = name.parts[0], len(name.parts) == 1
    if match := _MOODLE.match(top):
        return match["who"], False
    if is_file and (match := _CANVAS.match(top)):
        return match["who"], match["late"] is not None
    return (name.stem if is_file else top), False
