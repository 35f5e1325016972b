"""The exercises stand in the lessons as the catalogue has them: task, stub, minutes, order."""

import ast
import re
from pathlib import Path

import pytest

from dlcourse.exercises import LESSONS, catalog
from notebook_lesson import Lesson

PATHS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
CATALOG = {one.id: one for one in catalog()}
WORDS = [
    *("six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
]
NUMBER_WORDS = {2: "two"} | dict(enumerate(WORDS, 6))


@pytest.fixture(params=PATHS, ids=[path.stem for path in PATHS], scope="module")
def lesson(request: pytest.FixtureRequest) -> Lesson:
    path: Path = request.param
    return Lesson.read(path)


def ids_of(lesson: Lesson) -> list[str]:
    return [name for name in CATALOG if name.startswith(f"{lesson.path.stem[3:]}.")]


def test_lessons_are_numbered_as_the_notebooks_are() -> None:
    assert {path.stem: path.stem[:2] for path in PATHS} == {
        f"{number}_{name}": number for name, number in LESSONS.items()
    }


def test_each_exercise_of_the_lesson_stands_there_once_and_in_order(lesson: Lesson) -> None:
    assert list(lesson.exercises.values()) == ids_of(lesson)


def test_exercise_cells_are_the_catalog_s(lesson: Lesson) -> None:
    for number, name in lesson.exercises.items():
        assert lesson.codes[number - 1].source == CATALOG[name].cell_source.rstrip(), name


def test_each_exercise_is_introduced_with_its_title_and_time(lesson: Lesson) -> None:
    sources = [cell.source for cell in lesson.node.cells]
    for name in lesson.exercises.values():
        one = CATALOG[name]
        before = sources[sources.index(one.cell_source.rstrip()) - 1]
        level = f"({one.minutes} minutes, difficulty {one.difficulty} of 3)"
        assert before.startswith(f"**Exercise: {one.title}** {level}."), name
        assert len(before.split()) > 20, f"{name}: say what is to be done, in words"


def test_minutes_are_the_sum_of_the_exercises(lesson: Lesson) -> None:
    minutes = sum(CATALOG[name].minutes for name in ids_of(lesson))
    count = NUMBER_WORDS[len(ids_of(lesson))]
    found = re.search(r"(\d+) for (\w+) exercises?\.$", lesson.box()["Minutes"])
    assert found, lesson.box()["Minutes"]
    assert (int(found[1]), found[2]) == (minutes, count), "correct the box, and its total"


def test_untouched_checks_say_so(lesson: Lesson) -> None:
    for number in lesson.exercises:
        (output,) = lesson.codes[number - 1].outputs
        assert output.data["text/plain"].startswith("… Not attempted yet")


def test_no_other_cell_uses_what_an_exercise_defines(lesson: Lesson) -> None:
    """A learner's answer, right or wrong, changes nothing in the rest of the lesson."""
    defined = {name for one in ids_of(lesson) for name in CATALOG[one].names}
    for number, node in lesson.nodes:
        if number not in lesson.exercises and isinstance(node, ast.Name):
            assert node.id not in defined, f"cell {number} uses {node.id}"


def test_what_a_stub_needs_is_imported_before_it(lesson: Lesson) -> None:
    imported: set[str] = set()
    for number, cell in lesson.numbered:
        if number in lesson.exercises:
            needed = set(CATALOG[lesson.exercises[number]].setup_source.splitlines())
            for statement in needed:
                names = {ast.unparse(a) for a in ast.parse(statement).body[0].names}  # type: ignore[attr-defined]
                assert names <= imported, f"cell {number} needs {statement}"
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported |= {ast.unparse(alias) for alias in node.names}
