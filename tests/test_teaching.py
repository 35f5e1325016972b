"""The written part of an instructor's page agrees with the lesson that it is about."""

import re

import pytest

from dlcourse.exercises import catalog, find_exercise
from dlcourse.places import ROOT
from lesson_pages import lesson_page, plain
from lessons import Lesson, read_lessons
from teaching_pages import takes_recorded_answers, teaching_page

WRITTEN = {path.stem: path.read_text("utf-8") for path in (ROOT / "site" / "teach").glob("*.md")}
LESSONS = [lesson for lesson in read_lessons(ROOT / "notebooks") if lesson.number in WRITTEN]
HEADINGS = [
    "The point",
    "Plan",
    "In 90 minutes",
    "If 30 minutes are missing",
    "Before each Predict",
    "What goes wrong in the room",
    "For the board",
]
ROW = re.compile(r"^\| ?(.*?) ?\| ?(.*?) ?\| ?(.*?) ?\|$", re.MULTILINE)
SECTION = re.compile(r"\[(\d+\. [^\]]+)\]\(#[^)]+\)")  # named with its number and its link

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=[one.number for one in LESSONS])


def part(lesson: Lesson, heading: str) -> str:
    """Return what is written under a heading."""
    return WRITTEN[lesson.number].partition(f"## {heading}\n")[2].partition("\n## ")[0]


def plan(lesson: Lesson) -> list[tuple[str, str, str]]:
    """Return the rows of the plan, each (start, minutes, what), without its heading."""
    return ROW.findall(part(lesson, "Plan"))[2:]


def test_each_written_part_belongs_to_a_lesson() -> None:
    assert {lesson.number for lesson in LESSONS} == set(WRITTEN)


@each_lesson
def test_the_parts_are_there_in_order(lesson: Lesson) -> None:
    found = re.findall(r"^## (.+)$", WRITTEN[lesson.number], re.MULTILINE)
    assert found == HEADINGS
    assert 3 <= len(re.findall(r"^\*\*", part(lesson, "Before each Predict"), re.MULTILINE)) <= 7


@each_lesson
def test_the_plan_takes_the_minutes_of_the_lesson(lesson: Lesson) -> None:
    total = int(lesson.box["Minutes"].partition(":")[0])
    in_class = [(start, int(minutes)) for start, minutes, _ in plan(lesson) if ":" in start]
    homework = [int(minutes) for start, minutes, _ in plan(lesson) if start == "Homework"]
    clock = 0
    for start, minutes in in_class:
        assert start == f"{clock // 60}:{clock % 60:02}"
        clock += minutes
    assert clock + sum(homework) == total
    said = [int(number) for number in re.findall(r"\b(\d+)\b", part(lesson, "Plan").split("|")[0])]
    assert said[:3] == [total, clock, *homework] if homework else said[:1] == [total]


@each_lesson
def test_a_break_comes_at_least_every_90_minutes(lesson: Lesson) -> None:
    since = 0
    for start, minutes, what in plan(lesson):
        if not start:
            assert "**Break, " in what
            since = 0
        elif start != "Homework":
            since += int(minutes)
        assert since <= 90


@each_lesson
def test_the_plan_says_of_each_exercise_where_it_is_done(lesson: Lesson) -> None:
    exercises = lesson.exercises.values()
    homework = "".join(what for start, _, what in plan(lesson) if start == "Homework")
    at_home = re.findall(r"(?:^|; )(.+?) \((\d+)\)", homework)
    in_class = " ".join(what for start, _, what in plan(lesson) if start != "Homework")
    in_class = SECTION.sub("", in_class)  # two of which are called what an exercise is
    minutes = {one.title.replace("`", ""): one.minutes for one in exercises}
    for title, said in at_home:
        assert minutes[title.replace("`", "")] == int(said)
    names = {title.replace("`", "") for title, _ in at_home}
    in_class = in_class.replace("`", "")
    missing = [name for name in minutes if (name in names) == (name in in_class)]
    assert not missing, "exactly one of the two"


@each_lesson
def test_every_link_leads_to_a_cell_or_to_a_heading(lesson: Lesson) -> None:
    labels = {lesson.label(cell.id) for cell in lesson.notebook.cells}
    labels |= {lesson.section_label(cell_id) for cell_id in lesson.sections}
    links = re.findall(r"\]\(#([^)]+)\)", WRITTEN[lesson.number])
    assert links
    assert set(links) <= labels


@each_lesson
def test_every_result_is_one_of_the_lesson_s(lesson: Lesson) -> None:
    said = re.sub(r"\]\(#[^)]+\)", "]", part(lesson, "Before each Predict"))
    known = set[str]()
    for cell in lesson.notebook.cells:
        outputs = cell.get("outputs", [])
        shown = [one.get("text") or one.get("data", {}).get("text/plain", "") for one in outputs]
        known |= results("\n".join([cell.source, *shown]))
    rounded = {f"{float(one):.{n}f}" for one in known for n in range(6)}
    missing = results(said) - known - rounded
    assert not missing


def results(text: str) -> set[str]:
    """Return what a run must have told: the numbers with a point, or with three digits."""
    found = re.findall(r"\d[\d,]*\.\d+|\d{1,3}(?:,\d{3})+|\d{3,}", text)
    return {one.replace(",", "") for one in found}


@each_lesson
def test_a_link_with_the_number_of_a_section_leads_into_it(lesson: Lesson) -> None:
    section, sections = "", {}
    for cell in lesson.notebook.cells:
        section = lesson.sections.get(cell.id, section)
        sections[lesson.label(cell.id)] = plain(section)
        if section_label := lesson.section_label(cell.id):
            sections[section_label] = plain(section)
    links = re.findall(r"\[(?:[Ss]ection )?(\d+)\b[^\]]*\]\(#([^)]+)\)", WRITTEN[lesson.number])
    for number, label in links:
        assert sections[label].startswith(f"{number}. ")


@each_lesson
def test_the_plan_calls_the_sections_what_the_lesson_calls_them(lesson: Lesson) -> None:
    assert set(SECTION.findall(part(lesson, "Plan"))) <= set(lesson.sections.values())


@each_lesson
def test_a_link_of_the_plan_to_a_section_leads_to_its_heading(lesson: Lesson) -> None:
    numbered = re.findall(r"\[\d+\. [^\]]+\]\(#([^)]+)\)", part(lesson, "Plan"))
    assert all(link.startswith("section-") for link in numbered)
    labels = [label for one in lesson.sections if (label := lesson.section_label(one))]
    page = "\n\n".join(cell.source for cell in lesson_page(lesson).cells)
    for label in labels:
        number = label.rpartition("-")[2]
        assert len(re.findall(rf"^\({label}\)=\n## {number}\. ", page, re.MULTILINE)) == 1
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("name", "takes_them"),
    [("tensors.standardize", False), ("autograd.slope", False), ("tensors.sum_shapes", True)],
)
def test_where_recorded_answers_pass_is_told(name: str, takes_them: bool) -> None:  # noqa: FBT001
    assert takes_recorded_answers(find_exercise(name)) is takes_them


def test_all_questions_take_recorded_answers() -> None:
    questions = [one for one in catalog() if one.is_question]
    assert len(questions) > 20
    assert all(takes_recorded_answers(one) for one in questions)


def test_an_instructor_reads_where_recorded_answers_pass() -> None:
    (lesson,) = [one for one in LESSONS if one.number == "01"]
    page = teaching_page(lesson, "", [])
    (line,) = [one for one in page.splitlines() if "recorded answers pass in" in one]
    assert "`sum_shapes`" in line
    assert "`standardize`" not in line
    assert f"of {len(lesson.exercises)}, since" in line
