"""What holds of every lesson in notebooks/. The rules themselves are in notebook_rules.py."""

from pathlib import Path

import pytest

from notebook_outputs import Promise
from notebook_rules import RULES, Lesson, Rule

FOLDER = Path(__file__).parents[1] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
NAMES = [path.stem for path in PATHS]

# How many cells of a lesson may be ignored, and why; a lesson that is not named has none.
IGNORED_AT_MOST = {
    "00_start_here": (1, "what the check of the machine finds: versions, device, folders"),
    "05_mnist_mlp": (1, "the name of the device"),
}
# How many cells of a lesson may have free numbers, and why.
FREE_AT_MOST = {
    "05_mnist_mlp": (4, "timings"),
    "06_gpu_timing": (30, "timings: they are what the lesson is about"),
}


@pytest.fixture(params=PATHS, ids=NAMES, scope="module")
def lesson(request: pytest.FixtureRequest) -> Lesson:
    path: Path = request.param
    return Lesson.read(path)


@pytest.mark.parametrize("rule", RULES, ids=[rule.__name__ for rule in RULES])
def test_lesson_keeps_the_rule(lesson: Lesson, rule: Rule) -> None:
    complaints = list(rule(lesson))
    assert not complaints, "\n".join([f"{lesson.path.name}: {rule.__doc__}", *complaints])


def test_few_cells_are_not_compared(lesson: Lesson) -> None:
    promises = [Promise.of(cell) for cell in lesson.codes]
    ignored = sum(promise.ignored for promise in promises)
    free = sum(promise.free for promise in promises)

    told = "compare them, or raise the ceiling in this file and say why"
    assert ignored <= IGNORED_AT_MOST.get(lesson.path.stem, (0, ""))[0], told
    assert free <= FREE_AT_MOST.get(lesson.path.stem, (0, ""))[0], told
