"""Writes the grades of a class as tables that other programs read.

Covers: one line a submission and exercise, with every field quoted, and nothing that a spreadsheet
would take for a formula.
Does not cover: the records themselves (`records`).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from dlcourse.files import write_atomically
from dlcourse.grading.records import Record

GRADES = "grades.csv"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def write_grades(folder: Path, records: Iterable[Record]) -> None:
    """Write `folder`/grades.csv: submission, exercise, outcome and message of each record.

    Raises:
        CourseError: if it could not be written; then the file is as before.
    """
    rows = [(one.submission, one.exercise, one.outcome, one.message) for one in records]
    write_table(folder / GRADES, [("submission", "exercise", "outcome", "message"), *rows])


def write_table(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write a table as CSV, in UTF-8, all fields quoted, formulas defused; all or nothing."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([defuse(field) for field in row] for row in rows)
    write_atomically(path, text.getvalue().encode())


def defuse(field: str) -> str:
    """Return a field that no spreadsheet computes: one that begins like a formula gets a quote."""
    return f"'{field}" if field.startswith(_FORMULAS) else field
