"""What holds of every lesson in notebooks/. The rules themselves are in notebook_rules_*.py."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat import NotebookNode

import notebook_rules_code
import notebook_rules_outputs
import notebook_rules_prose
from notebook_lesson import Lesson, Rule
from notebook_outputs import Promise, difference

RULES = (
    *notebook_rules_outputs.RULES,
    *notebook_rules_code.RULES,
    *notebook_rules_prose.RULES,
)

FOLDER = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
NAMES = [path.stem for path in PATHS]

# How many cells of a lesson may be ignored, and why; a lesson that is not named has none.
IGNORED_AT_MOST = {
    "00_start_here": (1, "what the check of the machine finds: versions and device"),
    "05_mnist_mlp": (1, "the name of the device"),
    "06_gpu_timing": (1, "the machine: its system, versions, threads and device"),
}
# How many cells of a lesson may have free numbers, and why.
FREE_AT_MOST = {
    "05_mnist_mlp": (6, "timings; training without zero_grad; pictures unlike those trained on"),
    "06_gpu_timing": (30, "timings: they are what the lesson is about"),
    "08_convolutional_networks": (1, "how much faster conv2d is than loops"),
    "09_sequences": (9, "timings; races and runs of which only the order is sure"),
    "10_transformers": (7, "a timing; runs and drawn texts of which only the order is sure"),
    "11_generative_models": (8, "games of two networks, of which only the order is sure"),
    "12_scaling_out": (7, "timings; runs in few bits or steps of which only the order is sure"),
}


@pytest.fixture(params=PATHS, ids=NAMES, scope="module")
def lesson(request: pytest.FixtureRequest) -> Lesson:
    path: Path = request.param
    return Lesson.read(path)


@pytest.mark.parametrize("rule", RULES, ids=[rule.__name__ for rule in RULES])
def test_lesson_keeps_the_rule(lesson: Lesson, rule: Rule) -> None:
    complaints = list(rule(lesson))
    assert not complaints, "\n".join([f"{lesson.path.name}: {rule.__doc__}", *complaints])


def test_exceptions_name_lessons_that_exist() -> None:
    assert set(IGNORED_AT_MOST) | set(FREE_AT_MOST) <= set(NAMES)


def test_few_cells_are_not_compared(lesson: Lesson) -> None:
    promises = [Promise.of(cell) for cell in lesson.codes]
    told = "compare more of them, or change the ceiling in this file and say why"
    for count, ceilings in (
        (sum(promise.ignored for promise in promises), IGNORED_AT_MOST),
        (sum(promise.free for promise in promises), FREE_AT_MOST),
    ):
        ceiling, reason = ceilings.get(lesson.path.stem, (0, "no exception"))
        assert count <= ceiling, f"{lesson.path.name} ({reason}): {told}"


def test_changed_digit_is_noticed(lesson: Lesson) -> None:
    """Try the comparison on each printed digit (where numbers are free, on each letter).

    In an approximate cell the first digit of each number is changed, by 5: the last ones may
    differ, as the cell's tag says.
    """
    changed = unnoticed = 0
    for cell in lesson.codes:
        promise = Promise.of(cell)
        for output in [] if promise.ignored else cell.outputs:
            for variant in _variants(output, promise):
                changed += 1
                unnoticed += not difference([output], [variant], promise.tolerance)

    assert changed > len(lesson.codes), "hardly anything is compared"
    assert unnoticed == 0, f"of {changed} changes"


def _variants(output: NotebookNode, promise: Promise) -> Iterator[NotebookNode]:
    """Yield copies of an output, each with one character changed that must not change."""
    if promise.free:
        pattern = r"[A-Za-z]"
    elif promise.tolerance:
        pattern = r"(?<![\d.,])(?:[0.,]*[1-9]|[0.,]+0(?!\d))"  # to the first digit that is not 0
    else:
        pattern = r"\d"
    content = output.data if "data" in output else output
    for key in {"text", "evalue"} & set(content) | {name for name in content if "/" in name}:
        pixels = re.search(r"data:image/[^\"]+", content[key])
        for found in re.finditer(pattern, content[key]):
            place = found.end() - 1
            if pixels and pixels.start() <= place < pixels.end():
                continue
            new = content | {key: _changed(content[key], place)}
            yield NotebookNode(output | {"data": new} if "data" in output else new)


def _changed(text: str, place: int) -> str:
    """Return `text` with the digit or letter at `place` replaced by another one."""
    old = text[place]
    new = str((int(old) + 5) % 10) if old.isdigit() else chr(ord(old) ^ 1)
    return text[:place] + new + text[place + 1 :]
