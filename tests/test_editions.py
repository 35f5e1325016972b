"""The editions say what the lessons say: no cell more, none less, and every exercise passed."""

from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from nbformat import NotebookNode

from dlcourse.commands.execution import execute
from dlcourse.errors import CourseError
from dlcourse.exercises import catalog
from dlcourse.places import ROOT
from editions import solved_edition, student_edition
from lessons import Lesson, read_lessons
from slides import slides_page

LESSONS = read_lessons(ROOT / "notebooks")
NAMES = [lesson.name for lesson in LESSONS]


def committed(lesson: Lesson) -> NotebookNode:
    """Return the lesson as it is in the repository, read anew."""
    notebook: NotebookNode = nbformat.read(lesson.path, as_version=4)
    return notebook


def without(cell: NotebookNode, *keys: str) -> dict[str, object]:
    return {key: value for key, value in cell.items() if key not in keys}


def text_of(cell: NotebookNode) -> str:
    """Return what a cell's outputs say, as plain text."""
    return "\n".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
    )


def slides_of(lesson: Lesson) -> list[Tag]:
    return list(BeautifulSoup(slides_page(lesson), "html.parser").select("section"))


def title_of(slide: Tag) -> str:
    heading = slide.select_one("h1, h2")
    assert heading is not None
    return heading.get_text()


def exercise_slides(lesson: Lesson, title: str) -> list[Tag]:
    return [one for one in slides_of(lesson) if title_of(one) == f"Exercise: {title}"]


def test_every_exercise_of_the_course_is_found_in_a_lesson() -> None:
    found = [one.id for lesson in LESSONS for one in lesson.exercises.values()]
    assert found == [one.id for one in catalog()]


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_a_students_notebook_is_the_lesson_without_outputs(lesson: Lesson) -> None:
    edition = student_edition(lesson)
    nbformat.validate(edition)
    assert edition.metadata == committed(lesson).metadata
    for cell, original in zip(edition.cells, committed(lesson).cells, strict=True):
        made = ("outputs", "execution_count")
        assert without(cell, *made) == without(original, *made)
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
    assert lesson.notebook == committed(lesson), "the lesson itself is as before"


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_a_solved_notebook_has_every_exercise_passed_and_the_rest_as_it_is(lesson: Lesson) -> None:
    edition = solved_edition(lesson)
    nbformat.validate(edition)
    assert lesson.notebook == committed(lesson), "the lesson itself is as before"
    passed = 0
    for cell, original in zip(edition.cells, committed(lesson).cells, strict=True):
        exercise = lesson.exercises.get(cell.id)
        if exercise is None:
            assert cell == original
            continue
        passed += 1
        total = len(lesson.exercises)
        assert exercise.solution_source.rstrip() in cell.source
        assert cell.source.endswith(original.source.splitlines()[-1]), "the check is still there"
        assert text_of(cell).startswith("✓ Passed")
        assert f"{passed} of {total} exercises of this lesson passed." in text_of(cell)


def test_a_solved_notebook_runs_from_top_to_bottom(tmp_path: Path) -> None:
    lesson = LESSONS[NAMES.index("02_autograd")]
    path = tmp_path / "solved.ipynb"
    nbformat.write(solved_edition(lesson), path)
    run = execute(path, on_cpu=True)
    assert run.failure == ""
    for cell in run.notebook.cells:
        if cell.id in lesson.exercises:
            assert text_of(cell).startswith("✓ Passed")


def test_a_solution_that_does_not_run_is_told_by_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = LESSONS[NAMES.index("00_start_here")]
    exercise = next(iter(lesson.exercises.values()))
    monkeypatch.setitem(vars(exercise), "solution_source", "raise OSError('no')\n")
    with pytest.raises(CourseError, match=r"The solutions of lesson 00 do not run: cell 2 raised"):
        solved_edition(lesson)


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_no_slide_shows_with_a_question_what_gives_its_answer_away(lesson: Lesson) -> None:
    slides = BeautifulSoup(slides_page(lesson), "html.parser").select("section:has(.revealed)")
    assert len(slides) > 5
    for slide in slides:
        for answer in slide.select(".revealed"):
            answer.decompose()
        lines = slide.get_text().splitlines()
        assert not [line for line in lines if line.startswith(("alt = ", "show("))]
        assert not [line for line in lines if line.lstrip().startswith("assert ")]


def test_long_code_on_a_slide_keeps_its_last_statements() -> None:
    slides = slides_of(LESSONS[8])
    (place,) = (at for at, one in enumerate(slides) if "cannot read the lower row" in one.text)
    code = slides[place + 1].select_one(".code")
    assert code is not None
    assert code.get_text().startswith("# …")
    assert "on_shuffled = trained(" in code.get_text()
    assert code.get_text().rstrip().endswith("*mlp_shares[-1]))")


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_the_last_slides_say_what_to_try_and_what_was_learned(lesson: Lesson) -> None:
    to_try, learned = slides_of(lesson)[-2:]
    assert title_of(to_try) == "Try it yourself"
    assert title_of(learned).startswith("In this lesson you")
    assert len(to_try.select("li")) > 2
    assert len(learned.select("li")) > 2


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_behind_a_heading_alone_there_is_a_slide_of_its_section(lesson: Lesson) -> None:
    slides = slides_of(lesson)
    sections = set(lesson.sections.values())
    for slide, following in pairwise(slides):
        if len(slide.find_all(recursive=False)) == 1:
            titles = {"Try it yourself", "In this lesson you …"} | sections - {title_of(slide)}
            assert title_of(following) not in titles


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_an_exercise_shows_its_cell_or_sends_people_to_the_notebook(lesson: Lesson) -> None:
    for cell in committed(lesson).cells:
        if cell.id not in lesson.exercises:
            continue
        first, *others = exercise_slides(lesson, lesson.exercises[cell.id].title)
        lines = "".join(code.get_text() for one in [first, *others] for code in one.select("pre"))
        if "# your code here" in cell.source:
            assert ("Work in the notebook" in first.get_text(), lines) == (True, "")
        else:
            assert lines.rstrip() == cell.source.rpartition("\n\nex.")[0].rstrip()


def test_an_exercise_says_whether_the_plan_has_it_in_class() -> None:
    lesson = LESSONS[1]
    (in_class,), (at_home,) = (
        exercise_slides(lesson, title) for title in ("Fix the squared error", "Fix the price table")
    )
    assert "In class, 4 minutes, difficulty 1 of 3. This function" in in_class.get_text()
    assert "At home, 5 minutes, difficulty 2 of 3. This function" in at_home.get_text()


def test_a_question_without_room_for_its_code_has_a_slide_of_its_own() -> None:
    slides = slides_of(LESSONS[8])
    (place,) = (at for at, one in enumerate(slides) if "bend every picture" in one.get_text())
    assert not slides[place].select(".code, .revealed")
    assert "def change_on_a_ring" in slides[place + 1].get_text()
    assert slides[place + 1].select(".code + .revealed")
