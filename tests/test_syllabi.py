"""The syllabi's minutes and exercises are those of the lessons and of their plans."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from dlcourse.checking.exercise import Exercise
from dlcourse.places import ROOT
from test_teaching import LESSONS, part, plan

TEXT = (ROOT / "site" / "pages" / "teach" / "syllabi.md").read_text("utf-8")
BY_NUMBER = {lesson.number: lesson for lesson in LESSONS}
TITLED = re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)")
RANGE = re.compile(r"\[(\d+)\]\(#section-(\d\d)-\1\) to \[(\d+)\]\(#section-\2-\3\)")
LESSON = re.compile(r"\[(\d\d)\]\(\1\.md\)")

_ALL = 99  # sections


class Row(NamedTuple):
    """A meeting, or a week of the semester."""

    when: str
    minutes: str
    lesson: str
    homework: str


class Step(NamedTuple):
    """A row of a lesson's plan, with the section that it is in."""

    section: int
    minutes: int
    what: str

    @property
    def is_exercise(self) -> bool:
        """Whether learners work on exercises."""
        return self.what.startswith("Exercise")


def rows(heading: str) -> list[Row]:
    """Return the rows of the table under a heading."""
    text = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [Row(*(cell.strip() for cell in row)) for row in cells[2:]]


TWO_DAYS, SIX_WEEKS, SEMESTER = map(rows, ("Two days", "Six weeks", "A semester"))
MEETINGS = [*TWO_DAYS, *SIX_WEEKS]


def steps(number: str) -> Iterator[Step]:
    """Yield what a lesson's plan has in class; what names no section is in the one before."""
    section = 0
    for start, minutes, what in plan(BY_NUMBER[number]):
        if ":" in start:
            found = re.search(rf"#section-{number}-(\d+)\)", what)
            section = int(found[1]) if found else section
            yield Step(section, int(minutes), what)


def exercises() -> dict[str, tuple[str, int, Exercise]]:
    """Return the lesson, the section (0 for none) and the exercise of each title."""
    found = {}
    for lesson in LESSONS:
        section = 0
        for cell in lesson.notebook.cells:
            if cell.id in lesson.sections:
                section = int(lesson.section_label(cell.id).rpartition("-")[2] or 0)
            if one := lesson.exercises.get(cell.id):
                found[one.title.replace("`", "")] = lesson.number, section, one
    return found


EXERCISES = exercises()


def minutes_to_teach(number: str, first: int, last: int, named: list[str]) -> int:
    """Return the minutes of some sections, with the plan's exercises or, if any, those named."""
    of_them = [one for one in steps(number) if first <= one.section <= last]
    if named:
        of_them = [one for one in of_them if not one.is_exercise]
    return sum(one.minutes for one in of_them) + sum(EXERCISES[one][2].minutes for one in named)


def minutes_to_read(text: str) -> int:
    """Return the minutes of all sections, and other rows of plans, that a text links to."""
    total = 0
    for label, number in re.findall(r"\(#(\w+-(\d\d)-[\w-]+)\)", text):
        section = re.fullmatch(r"section-\d\d-(\d+)", label)
        for one in steps(number):
            is_meant = one.section == int(section[1]) if section else f"(#{label})" in one.what
            is_meant = is_meant and not one.what.startswith(("Exercise", "In this lesson"))
            total += one.minutes if is_meant else 0
    return total


def numbers_in_parentheses(text: str) -> list[int]:
    """Return the minutes that a text says in parentheses."""
    return [int(number) for number in re.findall(r" \((\d+)(?: minutes)?\)", text)]


@pytest.mark.parametrize("row", MEETINGS, ids=lambda row: row.when)
def test_a_meeting_takes_what_the_plans_say(row: Row) -> None:
    found = []
    for number in LESSON.findall(row.lesson):
        if (several := RANGE.search(row.lesson)) and "the cut" not in row.lesson:
            named = TITLED.findall(row.lesson)
            found.append(minutes_to_teach(number, int(several[1]), int(several[3]), named))
        elif "in full" in row.lesson:
            found.append(sum(one.minutes for one in steps(number)))
        else:
            cut = numbers_in_parentheses(part(BY_NUMBER[number], "In 90 minutes"))
            found.append(sum(cut) + sum(numbers_in_parentheses(row.lesson)))
    assert [int(one) for one in re.findall(r"\d+", row.minutes)] == found


@pytest.mark.parametrize("row", SEMESTER, ids=lambda row: row.when)
def test_a_week_of_the_semester_takes_what_the_plans_say(row: Row) -> None:
    found = []
    for text in row.lesson.split("; "):
        if several := RANGE.search(text):
            first, number, last = several.groups()
            found.append(minutes_to_teach(number, int(first), int(last), []))
        elif whole := LESSON.search(text):
            found.append(sum(one.minutes for one in steps(whole[1])))
    assert [int(one) for one in re.findall(r"\d+", row.minutes)] == found


def test_the_semester_teaches_all_sections_once() -> None:
    taught = defaultdict[str, list[int]](list)
    for row in SEMESTER:
        for first, number, last in RANGE.findall(row.lesson):
            taught[number] += range(int(first), int(last) + 1)
    for number, sections in taught.items():
        lesson = BY_NUMBER[number]
        labels = [one for cell_id in lesson.sections if (one := lesson.section_label(cell_id))]
        optional = re.findall(rf"#(section-{number}-\d+)\), if you like", TEXT)
        assert [f"section-{number}-{one}" for one in sections] + optional == labels
    assert ["00", *taught] == list(BY_NUMBER)


@pytest.mark.parametrize("row", [*MEETINGS, *SEMESTER], ids=lambda row: row.when)
def test_homework_takes_what_the_lessons_say(row: Row) -> None:
    for title, minutes in re.findall(r"(?<!\*)\*([^*]+)\* \((\d+)\)", row.homework):
        assert EXERCISES[title][2].minutes == int(minutes)
    for text, minutes in re.findall(r"\bread (.*?) \((\d+)\)", row.homework):
        assert minutes_to_read(text) == int(minutes)
    for number, minutes in re.findall(r"(\d\d): the page's list \((\d+)\)", row.homework):
        (listed,) = [what for start, _, what in plan(BY_NUMBER[number]) if start == "Homework"]
        assert sum(numbers_in_parentheses(listed)) == int(minutes)


@pytest.mark.parametrize("table", [TWO_DAYS, SIX_WEEKS], ids=["two days", "six weeks"])
def test_no_exercise_comes_before_its_section_nor_twice(table: list[Row]) -> None:
    last_taught: dict[str, int] = {}
    given: list[str] = []
    for row in table:
        several = RANGE.search(row.lesson)
        for number in LESSON.findall(row.lesson):
            last_taught[number] = _ALL
            if several and "the cut" not in row.lesson:
                last_taught[number] = int(several[3])
        for title in TITLED.findall(f"{row.lesson} {row.homework}"):
            if title in EXERCISES:
                number, section, _ = EXERCISES[title]
                assert section <= last_taught[number], title
                given.append(title)
    assert len(given) == len(set(given))


def test_the_sums_in_the_text_are_those_of_the_tables() -> None:
    weeks = defaultdict[str, int](int)
    for row in SIX_WEEKS:
        weeks[row.when.partition(",")[0]] += sum(numbers_in_parentheses(row.homework))
    assert f"up to {max(weeks.values())} minutes of homework a week" in TEXT
    lists = [one for row in SEMESTER for one in numbers_in_parentheses(row.homework)]
    assert f"{min(lists)} to {max(lists)} minutes of homework for each lesson" in TEXT
    shortened = re.search(r"teach only (.*?) of lesson 12 \((\d+) minutes", TEXT)
    assert shortened
    assert minutes_to_read(shortened[1]) == int(shortened[2])
