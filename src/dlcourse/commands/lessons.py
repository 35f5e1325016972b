"""The original lessons, found by a short name.

Covers: the list in the course's order, "5" or "mnist" for 05_mnist_mlp, a suggestion for a slip.
Does not cover: the learners' copies (`workspace`), running a lesson (`execution`).
"""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from dlcourse.errors import CourseError
from dlcourse.places import ROOT, restore_advice


class UnknownLessonError(CourseError):
    """There is no such lesson, or more than one."""


def list_lessons(root: Path = ROOT) -> list[Path]:
    """Return the original notebooks in the course's order.

    Raises:
        CourseError: if there are none.
    """
    lessons = sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if not lessons:
        advice = restore_advice("notebooks", root)
        msg = f"There are no lessons in {root / 'notebooks'}: {advice}."
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
