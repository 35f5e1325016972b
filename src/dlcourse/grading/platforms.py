"""Fills one column of a table that a learning platform exported, and touches nothing else.

All other cells stay as the platform wrote them, byte for byte: quotes, spaces, line ends, the
separator, the mark at the beginning. A student without points keeps what was there.

Covers: Canvas's gradebook and Moodle's grading worksheet, in their documented forms.
Does not cover: what the points are (`policy`), our own table (`export`).
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dlcourse.errors import CourseError

_MARK = "\ufeff"  # with which some programs say that a file is UTF-8
_SEPARATORS = ",;\t"
_ASSIGNMENT = re.compile(r".* \(\d+\)$", re.DOTALL)  # in Canvas, a column that can be filled
_GRADE, _MOST, _FEEDBACK = "Grade", "Maximum Grade", "Feedback comments"  # in Moodle
_POSSIBLE = "Points Possible"


@dataclass
class Table:
    """A table as text: its cells as they are in the file, and what is between them.

    Attributes:
        rows: the cells of each row, quotes included.
        ends: of each row, how its line ends.
        separator: between two cells.
        mark: what the file begins with, before the first cell.
    """

    rows: list[list[str]]
    ends: list[str]
    separator: str
    mark: str

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [content(cell) for cell in self.rows[0]]

    def text(self) -> str:
        """Return the table as a file has it."""
        lines = map(self.separator.join, self.rows)
        return self.mark + "".join(line + end for line, end in zip(lines, self.ends, strict=True))


def read_table(path: Path, needed: str) -> Table:
    """Return the table in a file; the column `needed` tells what its separator is.

    Raises:
        CourseError: if it cannot be read, is not UTF-8, or has no such column.
    """
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}): is it the file that you exported?"
        raise CourseError(msg) from None
    except UnicodeDecodeError:
        msg = f"{path} is not UTF-8: export it again, and do not save it with a spreadsheet."
        raise CourseError(msg) from None
    mark = _MARK if text.startswith(_MARK) else ""
    for separator in _SEPARATORS:
        table = split(text.removeprefix(mark), separator, mark)
        if table.rows and needed in table.header:
            return table
    msg = (
        f"{path} has no column {needed!r}: is it the file that the platform exported? If that "
        "column has another name in your language, name it with --who."
    )
    raise CourseError(msg)


def split(text: str, separator: str, mark: str = "") -> Table:
    """Return the table that is in a text."""
    plain = rf"[^{separator}\r\n]*+"
    cell = re.compile(rf'("(?:[^"]|"")*+"{plain}|(?!"){plain})({separator}|\r\n|\n|\r|\Z)')
    table, row, place = Table([], [], separator, mark), list[str](), 0
    while place < len(text) or row:
        found = cell.match(text, place)
        if found is None:
            line = text.count("\n", 0, place) + 1
            msg = (
                f"Line {line} of the exported table has a quote that does not end: export it again."
            )
            raise CourseError(msg)
        row.append(found[1])
        place = found.end()
        if found[2] != separator:
            table.rows.append(row)
            table.ends.append(found[2])
            row = []
    return table


def content(cell: str) -> str:
    """Return what is in a cell, without the quotes around it."""
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def quoted(text: str) -> str:
    """Return the cell that holds a text."""
    return '"' + text.replace('"', '""') + '"'


@dataclass
class Sheet:
    """An exported table, and where in it the points belong.

    Attributes:
        table: the table.
        students: the row of each student, by what the name of a submission says of them.
        column: which one the points go to.
        possible: the most points, as the platform wrote them; "" if it does not say.
        feedback: the column for feedback; None if there is none.
        replaced: what stood where other points were written, by student.
    """

    table: Table
    students: dict[str, int]
    column: int
    possible: str
    feedback: int | None = None
    replaced: dict[str, str] = field(default_factory=dict)

    @property
    def points(self) -> float | None:
        """The most points; None if the platform does not say."""
        return _number_in(self.possible)

    def fill(self, points: Mapping[str, float], feedback: Mapping[str, str]) -> list[str]:
        """Write points and feedback into the rows of these students; return who has no row."""
        unknown = []
        for who in sorted(points):
            number = self.students.get(_same(who))
            if number is None:
                unknown.append(who)
                continue
            row = self.table.rows[number]
            before = content(row[self.column]).strip()
            if before and _number_in(before) != _number_in(as_number(points[who])):
                self.replaced[who] = before
            row[self.column] = quoted(self._number(points[who]))
            if self.feedback is not None and who in feedback:
                row[self.feedback] = quoted(feedback[who])
        return unknown

    def _number(self, points: float) -> str:
        """Return a number as the platform writes its own: some languages have a decimal comma."""
        text = as_number(points)
        has_comma = "," in self.possible and "." not in self.possible
        return text.replace(".", ",") if has_comma else text


def _number_in(text: str) -> float | None:
    """Return the number that a text is, with a decimal point or comma; None if it is none."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def as_number(points: float) -> str:
    """Return points with two decimals at most; a half is rounded up, as by hand."""
    cents = math.floor(round(100 * points, 6) + 0.5)
    return f"{cents / 100:.2f}".rstrip("0").rstrip(".")


def canvas(path: Path, column: str | None = None, who: str = "ID") -> Sheet:
    """Return Canvas's gradebook, as "Export" writes it.

    Args:
        path: the file.
        column: the assignment, or a part of its name; the only one if left out.
        who: the column with what the names of submissions have in them.

    Raises:
        CourseError: if it is no such file, no column or several could be meant, or two students
            are the same in the column `who`.
    """
    table = read_table(path, who)
    assignments = [name for name in table.header if _ASSIGNMENT.match(name)]
    name = _chosen(assignments, column)
    place, key = _place(table, name), _place(table, who)
    above = [row for row in table.rows[1:] if content(row[0]).strip() == _POSSIBLE]
    possible = content(above[0][place]).strip() if above else ""
    whole = {number: row for number, row in enumerate(table.rows) if number and len(row) > place}
    keys = {number: content(row[key]) for number, row in whole.items()}
    return Sheet(table, _students(keys, who), place, possible)


def _chosen(assignments: Sequence[str], column: str | None) -> str:
    """Return the assignment that is meant."""
    wanted = (column or "").casefold()
    found = [name for name in assignments if wanted in name.casefold()]
    exact = [name for name in found if wanted == name.casefold()]
    if len(exact or found) == 1:
        return (exact or found)[0]
    what = f"{len(found)} assignments match {column!r}" if column else "there are several"
    if not found:
        what = "no assignment matches" if assignments else "it has no assignments"
    names = "; ".join(found or assignments)
    msg = f"Name the assignment with --column, since {what}: {names}."
    raise CourseError(msg)


def moodle(path: Path, column: str | None = None, who: str = "Identifier") -> Sheet:
    """Return Moodle's grading worksheet of an assignment.

    Args:
        path: the file.
        column: the one with the grade, if it has another name than in English.
        who: the column with what the names of submissions have in them.

    Raises:
        CourseError: if it is no such file, or two students are the same in the column `who`.
    """
    table = read_table(path, who)
    header, grade = table.header, column or _GRADE
    if grade not in header:
        msg = f"Name the column of the grade with --column: {'; '.join(header)}."
        raise CourseError(msg)
    key, rows = _place(table, who), dict(enumerate(table.rows[1:], 1))
    whole = {number: row for number, row in rows.items() if len(row) == len(header)}
    keys = {number: _moodle_key(content(row[key]), key) for number, row in whole.items()}
    most = {content(row[header.index(_MOST)]) for row in whole.values() if _MOST in header}
    feedback = header.index(_FEEDBACK) if _FEEDBACK in header else None
    possible = most.pop() if len(most) == 1 else ""
    return Sheet(table, _students(keys, who), _place(table, grade), possible, feedback)


def _place(table: Table, name: str) -> int:
    """Return which column has that name.

    Raises:
        CourseError: if two have: points could go to the wrong one.
    """
    if table.header.count(name) > 1:
        msg = f"The table has two columns {name!r}: export it again, with one of them."
        raise CourseError(msg)
    return table.header.index(name)


def _moodle_key(text: str, column: int) -> str:
    """Return the number in "Participant 12345", the first column in any language; else the text."""
    digits = re.search(r"\d+$", text)
    return digits[0] if digits and column == 0 else text


def _students(keys: Mapping[int, str], column: str) -> dict[str, int]:
    """Return the row of each student by the key that it has; the rows above them have none.

    Raises:
        CourseError: if two rows have the same key: points could go to the wrong student.
    """
    students: dict[str, int] = {}
    for number, key in ((number, _same(key)) for number, key in keys.items()):
        if key in students:
            msg = (
                f"{key!r} is twice in the column {column!r}: name another one with --who, in which "
                "no two students are the same."
            )
            raise CourseError(msg)
        if key:
            students[key] = number
    return students


def _same(key: str) -> str:
    """Return what tells a student, however it was written: umlauts of one sign or of two."""
    return unicodedata.normalize("NFC", key.strip())
