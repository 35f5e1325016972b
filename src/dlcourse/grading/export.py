"""Writes the grades of a class as tables that other programs read.

Covers: one line a submission and exercise, or a student and lesson, with every field quoted, and
nothing that a spreadsheet would take for a formula; a student's feedback in a platform's table.
Does not cover: the records themselves (`records`), a platform's own tables (`platforms`).
"""

import csv
import html
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from dlcourse.files import write_atomically
from dlcourse.grading.platforms import as_number
from dlcourse.grading.policy import Grade, not_graded
from dlcourse.grading.records import Record

GRADES, POINTS = "grades.csv", "points.csv"
_FORMULAS = tuple("=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}")
_FORMULAS += tuple("\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}")


def write_grades(folder: Path, records: Iterable[Record]) -> None:
    """Write `folder`/grades.csv: submission, exercise, outcome and message of each record.

    Raises:
        CourseError: if it could not be written; then the file is as before.
    """
    rows = [(one.submission, one.exercise, one.outcome, one.message) for one in records]
    write_table(folder / GRADES, [("submission", "exercise", "outcome", "message"), *rows])


def write_points(
    folder: Path, grades: Sequence[Grade], records: Iterable[Record], points: float
) -> Path:
    """Write `folder`/points.csv, a line a student and lesson; return the file.

    A student of whose files none could be graded has a line without points.

    Args:
        folder: where.
        grades: what the students reached.
        records: those of the class, with the files that could not be graded.
        points: the most that a lesson is worth.

    Raises:
        CourseError: if it could not be written; then the file is as before.
    """
    rows = [("who", "lesson", "submission", "passed", "of", "late days", "points")]
    for one in grades:
        counts = str(one.passed), str(one.of), str(one.late_days)
        rows.append((one.who, one.lesson, one.submission, *counts, as_number(points * one.share)))
    graded = {one.who for one in grades}
    left = [one for one in not_graded(records) if one.who not in graded]
    rows += [(one.who, "", one.submission, "", "", "", "") for one in left]
    write_table(folder / POINTS, rows)
    return folder / POINTS


def feedback(grade: Grade, records: Iterable[Record]) -> str:
    """Return what a student reads beside the points, as HTML on one line."""
    its = [one for one in records if one.submission == grade.submission and one.exercise]
    lines = [f"{grade.passed} of {grade.of} exercises passed."]
    lines += [f"{one.exercise}: {one.outcome}. {one.message}".rstrip() for one in its]
    return "<br>".join(html.escape(line).replace("\n", "<br>") for line in lines)


def write_table(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write a table as CSV, all fields quoted, formulas defused; all or nothing.

    It is UTF-8, and begins with the mark that says so: else Excel would read other letters.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([defuse(field) for field in row] for row in rows)
    write_atomically(path, text.getvalue().encode("utf-8-sig"))


def defuse(field: str) -> str:
    """Return a field that no spreadsheet computes: one that begins like a formula gets a quote."""
    return f"'{field}" if field.startswith(_FORMULAS) else field
