"""A homework of an instructor's own: a folder with a text, and exercises in the course's format.

    homework3/
      homework.md        title and prose; a line `{exercise} NAME` where an exercise comes
      NAME.py            the exercise, as in `dlcourse/exercises/LESSON/NAME.py`
      _mistakes.py       what exercises import in their closed halves

Covers: reading such a folder; what is wrong with it, with file and line.
Does not cover: whether an exercise judges as it should (`audit`), the students' notebook
(`release`).
"""

import difflib
import importlib
import re
import sys
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from dlcourse.checking.discovery import CLOSED_HALF, exercises_in, exercises_of_module
from dlcourse.checking.exercise import Exercise
from dlcourse.errors import CourseError
from dlcourse.exercises import LESSONS
from dlcourse.grading.audit import blocking_faults

TEXT = "homework.md"
_NAME = re.compile(r"[a-zA-Z]\w*")
_PLACE = re.compile(r"\{exercise\} +(\w+) *")
_NEARLY_A_PLACE = re.compile(r"\s*[{(\[]\s*exercises?\b", re.IGNORECASE)
_loads = count()  # each gets a package of its own: a folder may have changed since


@dataclass(frozen=True)
class Homework:
    """A homework that was read.

    Attributes:
        folder: where it is.
        name: of the folder; it begins the exercises' ids.
        title: what it is called.
        parts: prose and exercises, in the order of the text.
    """

    folder: Path
    name: str
    title: str
    parts: tuple[str | Exercise, ...]

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises, in the order of the text."""
        return tuple(one for one in self.parts if isinstance(one, Exercise))

    def require_judgeable(self, seed: int) -> None:
        """Raise CourseError where an exercise cannot be judged with inputs from that seed."""
        for one in self.exercises:
            for fault in blocking_faults(one, [seed]):
                msg = f"{fault} Nothing was graded: `dlcourse homework test` tells more."
                raise CourseError(msg)


def read_homework(folder: Path) -> Homework:
    """Return the homework in a folder.

    Raises:
        CourseError: if something is wrong with it; the text says where.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        msg = f"There is no folder {folder}: `dlcourse homework new {folder.name}` makes one."
        raise CourseError(msg)
    require_name(folder)
    title, lines = _read_text(folder)
    exercises = {one.name: one for one in _import_exercises(folder)}
    parts = tuple(_parts(f"{folder.name}/{TEXT}", lines, exercises))
    return Homework(folder, folder.name, title, parts)


def require_name(folder: Path) -> None:
    """Raise CourseError where a folder's name is none for a homework."""
    if not _NAME.fullmatch(folder.name) or folder.name in LESSONS:
        taken = " (which is a lesson's name)" if folder.name in LESSONS else ""
        msg = f"A homework's ids begin with the name of its folder, and {folder.name!r} is none"
        msg += f"{taken}: call it homework3, say, with letters, digits and _."
        raise CourseError(msg)


def _where(path: Path, line: int | None = None) -> str:
    """Return a file of a homework, and a line in it, as messages name them."""
    place = f"{path.parent.name}/{path.name}"
    return place if line is None else f"{place}, line {line}"


# ---------------------------------------------------------------------------- the text


def _read_text(folder: Path) -> tuple[str, list[str]]:
    """Return the title of a homework, and the lines of its text; the title's is empty there."""
    path = folder / TEXT
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        msg = f"{_where(path)}, the text of the homework, cannot be read ({error.strerror})."
        raise CourseError(msg) from None
    except UnicodeDecodeError:
        msg = f"{_where(path)} is no text in UTF-8: save it as such."
        raise CourseError(msg) from None
    place = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if not lines or not lines[place].startswith("# "):
        msg = f"{_where(path, place + 1)}: the text begins with a title: `# Homework 3`, say."
        raise CourseError(msg)
    return lines[place][2:].strip(), [*lines[:place], "", *lines[place + 1 :]]


def _parts(text: str, lines: list[str], exercises: dict[str, Exercise]) -> Iterator[str | Exercise]:
    """Yield the prose and the exercises of a text."""
    prose: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        place = _PLACE.fullmatch(line)
        if not place:
            if _NEARLY_A_PLACE.match(line):
                msg = f"{text}, line {number}: write `{{exercise}} NAME`, and nothing else, there."
                raise CourseError(msg)
            prose.append(line)
            continue
        name = place[1]
        if name not in exercises:
            remedy = _suggest(name, exercises)
            msg = f"{text}, line {number}: there is no exercise {name!r}: {remedy}"
            raise CourseError(msg)
        if name in seen:
            msg = f"{text}, line {number}: the exercise {name} is in line {seen[name]} already."
            raise CourseError(msg)
        seen[name] = number
        yield from _as_part(prose)
        prose = []
        yield exercises[name]
    yield from _as_part(prose)
    if left := [name for name in exercises if name not in seen]:
        msg = f"{text}: the exercise {left[0]} is nowhere: put a line `{{exercise}} {left[0]}` in."
        raise CourseError(msg)


def _as_part(lines: list[str]) -> Iterator[str]:
    if prose := "\n".join(lines).strip("\n").rstrip():
        yield prose


def _suggest(name: str, exercises: dict[str, Exercise]) -> str:
    close = difflib.get_close_matches(name, exercises, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(exercises)}."


# ---------------------------------------------------------------------------- the exercises


def _import_exercises(folder: Path) -> tuple[Exercise, ...]:
    """Return the exercises in a folder, whose files become modules of a package of its name."""
    package = types.ModuleType(f"dlcourse_homework_{next(_loads)}.{folder.name}")
    package.__path__ = [str(folder)]
    sys.modules[package.__name__] = package
    importlib.invalidate_caches()
    try:
        with _no_traces():
            exercises = exercises_in(package.__name__)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an instructor's code may raise anything
        raise CourseError(_told(error, folder)) from None
    _require_one_a_file(folder, package.__name__)
    if not exercises:
        msg = f"There is no exercise in {folder}: `dlcourse homework new` writes one to start from."
        raise CourseError(msg)
    return exercises


def _require_one_a_file(folder: Path, package: str) -> None:
    """Raise CourseError where a file has no exercise, or several, or no line of its closed half."""
    seen: dict[str, Path] = {}
    for path in sorted(folder.glob("*.py")):
        if path.name.startswith("_"):
            continue
        names = [one.name for one in exercises_of_module(sys.modules[f"{package}.{path.stem}"])]
        if len(names) != 1:
            has = f"the exercises {', '.join(names)}" if names else "no exercise"
            remedy = "give each a file of its own" if names else "let its name begin with _"
            msg = f"{_where(path)} has {has}: {remedy}."
            raise CourseError(msg)
        if names[0] in seen:
            msg = f"{_where(path)} has the same exercise as {_where(seen[names[0]])}: {names[0]}."
            raise CourseError(msg)
        seen[names[0]] = path
        _require_closed_half(path)


def _require_closed_half(path: Path) -> None:
    """Raise CourseError where a file has not exactly one line that parts its halves."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    line = CLOSED_HALF.rstrip("\n")
    if lines.count(line) == 1:
        return
    nearly = [number for number, one in enumerate(lines, 1) if one.rstrip().endswith("closed half")]
    place = _where(path, nearly[-1] if nearly else None)
    msg = f"{place}: one line must be `{line}`: what is above it goes to the students."
    raise CourseError(msg)


def _told(error: BaseException, folder: Path) -> str:
    """Return what went wrong as a file was imported, in a line, with the file and the line."""
    lines = [
        (Path(frame.filename), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).parent == folder
    ]
    text = str(error)
    if isinstance(error, SyntaxError) and error.filename:
        lines.append((Path(error.filename), error.lineno))
        text = error.msg
    place = _where(*lines[-1]) if lines else str(folder)
    return f"{place}: {type(error).__name__}: {' '.join(text.split())}"


@contextmanager
def _no_traces() -> Iterator[None]:
    """Let Python write no folder of compiled files, which would have the solutions in it."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before
