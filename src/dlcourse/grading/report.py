"""Pages about a class: what was solved, which mistakes were made, and a page for each student.

The pages are files without scripts, and load nothing. All that is from students is escaped. The
page about the class names nobody, and quotes no answer that only one student gave.

Covers: counting, writing the pages, names of files.
Does not cover: which submission counts (`policy`), the figure (`figure`), similar code
(`similarity`).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dlcourse.files import told_in_a_line, write_atomically
from dlcourse.grading.figure import OUTCOMES, describe, draw
from dlcourse.grading.policy import Grade, not_graded
from dlcourse.grading.records import Record, by_submission

_WRONG = ("not yet", "your code raised", "stopped")
_MOST_MISTAKES = 10  # of an exercise, on the page
_INPUT = re.compile(r"^For .*:$", re.MULTILINE)  # the line after a mistake's name
_PRINTED = re.compile(r"\n\(Printed meanwhile:.*", re.DOTALL)
_TEMPLATES = Environment(
    loader=PackageLoader("dlcourse.grading", "pages"), autoescape=True, undefined=StrictUndefined
)


def write_report(folder: Path, records: Sequence[Record], grades: Sequence[Grade]) -> int:
    """Write `folder`/index.html, and a page for each student in `folder`/students.

    Pages of students who are no longer in the records are removed.

    Args:
        folder: where; made if needed.
        records: those of the class.
        grades: what counts of them, as `policy.grades` returns it.

    Returns:
        How many students have a page.

    Raises:
        CourseError: if a page could not be written.
    """
    students = folder / "students"
    with told_in_a_line(students):
        students.mkdir(parents=True, exist_ok=True)
    by_file = by_submission(records)
    write_page(folder / "index.html", "class", _class(by_file, grades, not_graded(records)))
    parts: dict[str, dict[str, Any]] = {}
    for one in records:
        title = f"Feedback for {one.who}"
        parts.setdefault(one.who, {"title": title, "parts": [], "not_graded": []})
    for grade in grades:
        part = {"grade": grade, "records": _of(grade, by_file)}
        parts[grade.who]["parts"].append(part)
    for one in not_graded(records):
        parts[one.who]["not_graded"].append(one)
    for who, content in parts.items():
        write_page(students / file_name(who), "student", content)
    kept = set(map(file_name, parts))
    for old in students.glob("*.html"):
        if old.name not in kept:
            old.unlink()
    return len(parts)


def write_page(path: Path, template: str, content: Mapping[str, Any]) -> None:
    """Write a page; everything in it is escaped."""
    text = _TEMPLATES.get_template(f"{template}.html").render(content)
    write_atomically(path, text.encode(errors="backslashreplace"))


def file_name(who: str) -> str:
    """Return the name of a student's page: harmless everywhere, and no two have the same."""
    readable = re.sub(r"[^a-z0-9]+", "-", who.lower())[:40].strip("-")
    digest = hashlib.sha256(who.encode(errors="backslashreplace")).hexdigest()[:16]
    return f"{readable}-{digest}.html".removeprefix("-")


def mistake_of(message: str) -> str:
    """Return the part of a message that names the mistake, without input and what was printed.

    Of an answer that makes no known mistake it is the message itself.
    """
    message = _PRINTED.sub("", message)
    return _INPUT.split(message)[0].strip() or message


def _of(grade: Grade, by_file: Mapping[str, Sequence[Record]]) -> list[Record]:
    return [one for one in by_file[grade.submission] if one.exercise]


def _class(
    by_file: Mapping[str, Sequence[Record]], grades: Sequence[Grade], left: Sequence[Record]
) -> dict[str, Any]:
    """Return what the page about the class is made of."""
    lessons = dict.fromkeys(one.lesson for one in grades)
    return {
        "title": "What the class solved",
        "n_students": len({one.who for one in grades} | {one.who for one in left}),
        "n_not_graded": len(left),
        "lessons": [
            _lesson(name, [_of(one, by_file) for one in grades if one.lesson == name])
            for name in lessons
        ],
    }


def _lesson(name: str, students: Sequence[Sequence[Record]]) -> dict[str, Any]:
    """Return what the part about a lesson is made of; the records are those of each student."""
    by_exercise: dict[str, list[Record]] = {}
    for records in students:
        for one in records:
            by_exercise.setdefault(one.exercise, []).append(one)
    counts = {one: Counter(r.outcome for r in its) for one, its in by_exercise.items()}
    return {
        "name": name,
        "n_students": len(students),
        "figure": draw(counts),
        "description": describe(counts),
        "outcomes": [one for one in OUTCOMES if any(its[one] for its in counts.values())],
        "exercises": [
            {"id": one, "counts": counts[one], **_mistakes(its)} for one, its in by_exercise.items()
        ],
    }


def _mistakes(records: Iterable[Record]) -> dict[str, Any]:
    """Return which mistakes several students made, the most frequent first."""
    made = Counter(mistake_of(one.message) for one in records if one.outcome in _WRONG)
    several = [(text, count) for text, count in made.most_common() if count > 1]
    shown = several[:_MOST_MISTAKES]
    return {
        "mistakes": [{"text": text, "count": count} for text, count in shown],
        "n_single": sum(count == 1 for count in made.values()),
    }
