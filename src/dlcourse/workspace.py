"""The lessons, and the learners' copies of them in `work/`, which leave the originals as they are.

A copy is its lesson without the outputs: a prediction is worth something only while the answer is
not yet to be seen. (The originals keep theirs, for those who read without running.)

Covers: finding a lesson by a short name, copying what is missing, telling which lessons have
changed since, a fresh copy beside the old one, a read-only checkout.
Does not cover: merging a learner's work into a lesson that has changed.
"""

import contextlib
import difflib
import errno
import hashlib
import itertools
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcourse.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]


class UnknownLessonError(CourseError):
    """There is no such lesson, or more than one."""


@dataclass(frozen=True)
class Copies:
    """What `copy_lessons` did and saw; all but `folder` are names of lessons.

    Attributes:
        folder: where the copies are.
        added: copied just now.
        changed: the original differs from what it was when it was copied.
        damaged: the learner's file is there, but is no notebook.
    """

    folder: Path
    added: list[str]
    changed: list[str]
    damaged: list[str]


@dataclass(frozen=True)
class Reset:
    """A fresh copy of a lesson, and where the one before it was kept (None: there was none)."""

    copy: Path
    kept: Path | None


# ---------------------------------------------------------------------------- the originals


def list_lessons(root: Path = ROOT) -> list[Path]:
    """Return the original notebooks in the course's order.

    Raises:
        CourseError: if there are none, as in an installation without the repository.
    """
    lessons = sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if not lessons:
        msg = (
            f"There are no lessons in {root / 'notebooks'}: "
            "dlcourse runs from its repository, so clone that and run `make lab` there."
        )
        raise CourseError(msg)
    return lessons


def find_lesson(name: str, root: Path = ROOT) -> Path:
    """Return the original that `name` means: "5", "05", "mnist", "05_mnist_mlp" or its file.

    Raises:
        UnknownLessonError: if that is no lesson, or more than one.
    """
    lessons = {path.stem: path for path in list_lessons(root)}
    wanted = re.split(r"[/\\]", name)[-1].lower().removesuffix(".ipynb")
    if wanted in lessons:
        return lessons[wanted]
    if wanted.isdecimal():
        found = [stem for stem in lessons if int(stem[:2]) == int(wanted)]
    else:
        found = [stem for stem in lessons if wanted in stem]
    if len(found) == 1:
        return lessons[found[0]]
    if found and wanted:
        msg = f"{name!r} could be {' or '.join(found)}: give more of the name."
    else:
        msg = f"There is no lesson {name!r}: {_suggest(wanted, lessons)}"
    raise UnknownLessonError(msg)


def _suggest(wanted: str, lessons: Iterable[str]) -> str:
    """Return the lesson whose name, or a word of it, looks most like `wanted`, or else all."""
    words = {word: stem for stem in lessons for word in (stem, stem[3:], *stem[3:].split("_"))}
    close = difflib.get_close_matches(wanted, words, n=1)
    if close:
        return f"did you mean {words[close[0]]}?"
    return f"the lessons are {', '.join(lessons)}."


# ---------------------------------------------------------------------------- the copies


def copy_lessons(root: Path = ROOT) -> Copies:
    """Copy to `work/` every lesson that is not there yet; what is there is never touched.

    Raises:
        CourseError: if a copy could not be written.
    """
    copies = Copies(work_folder(root), [], [], [])
    for original in list_lessons(root):
        fresh = _make_copy(original)
        copy = copies.folder / original.name
        if not copy.exists() and _write_new(copy, fresh):
            copies.added.append(original.stem)
            continue
        try:
            copied_from = _read_notebook(copy)["metadata"].get("dlcourse")
        except (ValueError, KeyError, OSError):
            copies.damaged.append(original.stem)
            continue
        if copied_from is not None and copied_from != json.loads(fresh)["metadata"]["dlcourse"]:
            copies.changed.append(original.stem)
    return copies


def reset_lesson(name: str, root: Path = ROOT) -> Reset:
    """Put a fresh copy of a lesson into `work/`; keep the old one as `01_tensors.old-1.ipynb`.

    At every moment, the old copy exists under one of the two names, whole: whoever stops this in
    the middle, or has no room left on the disk, loses nothing.

    Raises:
        UnknownLessonError: if `name` is no lesson.
        CourseError: if the copy could not be written; then all is as before.
    """
    original = find_lesson(name, root)
    copy = work_folder(root) / original.name
    with _told_in_a_line(copy), _temporary(copy, _make_copy(original)) as fresh:
        kept = _keep(copy)
        fresh.replace(copy)
    return Reset(copy, kept)


def work_folder(root: Path) -> Path:
    """Return the folder of the copies, made if needed: `work/`, or one of the user's own."""
    folder = root / "work"
    with _told_in_a_line(folder):
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
                raise
        if os.access(folder, os.W_OK):
            return folder
        import platformdirs  # noqa: PLC0415 - only a read-only checkout needs it

        folder = platformdirs.user_data_path("dlcourse") / "work"
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _read_notebook(path: Path) -> dict[str, Any]:
    """Return the content of the notebook `path`, or raise ValueError where it is none."""
    notebook = json.loads(path.read_bytes())
    if not isinstance(notebook, dict) or not isinstance(notebook.get("metadata"), dict):
        msg = f"{path} is not a notebook"
        raise ValueError(msg)  # noqa: TRY004 - the content is wrong, not the call
    return notebook


def _make_copy(original: Path) -> bytes:
    """Return the lesson without outputs, marked with the version that it was copied from."""
    try:
        notebook = _read_notebook(original)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        text = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    except (ValueError, KeyError, OSError) as error:
        msg = f"{original} is damaged: run `git checkout -- {original.parent.name}` in your clone."
        raise CourseError(msg) from error
    version = hashlib.sha256(json.dumps(text).encode()).hexdigest()
    notebook["metadata"]["dlcourse"] = {"copied_from": version}
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _keep(copy: Path) -> Path | None:
    """Give `copy` a second name that was free, and return that; None where there is no copy."""
    for number in itertools.count(1):
        kept = copy.with_name(f"{copy.stem}.old-{number}.ipynb")
        try:
            _link(copy, kept)
        except FileExistsError:
            continue
        except FileNotFoundError:
            return None
        return kept
    raise AssertionError  # the numbers do not end


# ---------------------------------------------------------------------------- safe writing


def write_atomically(path: Path, content: bytes) -> None:
    """Make `content` what is in the file `path`: all of it or, where that fails, nothing.

    Raises:
        CourseError: if it could not be written; then the file is as before.
    """
    with _told_in_a_line(path), _temporary(path, content) as temporary:
        temporary.replace(path)


def _write_new(path: Path, content: bytes) -> bool:
    """Write `path`, all or nothing, unless something of that name exists; tell whether it did."""
    with _told_in_a_line(path), _temporary(path, content) as temporary:
        try:
            _link(temporary, path)
        except FileExistsError:  # another process was faster
            return False
    return True


@contextlib.contextmanager
def _temporary(path: Path, content: bytes) -> Iterator[Path]:
    """Write `content` to a file beside `path`; in the end, remove it if it is still there."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # else a crash of the machine could leave an empty file
        if path.exists():
            shutil.copymode(path, temporary)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _link(old: Path, new: Path) -> None:
    """Let the file `old` be called `new` as well; FileExistsError if something has that name."""
    try:
        new.hardlink_to(old)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # a file system without second names, such as that of a USB stick
        if new.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new)) from None
        old.rename(new)


@contextlib.contextmanager
def _told_in_a_line(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write `path` into a line that says what to do."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        full = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        remedy = "make room on the disk" if error.errno in full else "see who may write there"
        msg = f"{path} could not be written ({reason}), and nothing was lost: {remedy}."
        raise CourseError(msg) from error
