"""What is wrong with an exercise itself is found; an exercise that is in order has no fault."""

from pathlib import Path

import pytest

from dlcourse.checking.discovery import CLOSED_HALF
from dlcourse.grading.audit import blocking_faults, find_faults
from dlcourse.grading.homework import read_homework
from homework_samples import CLASS, FUNCTION, QUESTION, write_homework

SOLUTION = "hidden_helper.sum() * math.cos(0)"
INPUTS = FUNCTION[FUNCTION.index("def inputs") : FUNCTION.index(CLOSED_HALF)]


def faults(folder: Path, **changes: str) -> list[str]:
    """Return what is wrong with the exercises of a homework that was changed."""
    homework = read_homework(write_homework(folder / "homework3", **changes))
    return [str(fault) for one in homework.exercises for fault in find_faults(one)]


def test_what_is_in_order_has_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("(4, 3, generator=rng)", "(0)", "would pass in the grading"),
        ("torch.randn(4, 3, generator=rng)", "-torch.ones(3)", "would pass in the grading"),
        (
            "torch.randn(4, 3, generator=rng)",
            "torch.tensor([__import__('random').random()])",
            "not the same when they are made again with the same seed: draw them with `rng` alone.",
        ),
        (INPUTS, "def inputs(rng):\n    return []\n\n\n", "no inputs, so any answer would pass"),
        ("yield (torch.tensor([1.0, 2.0]),)", "yield 1 / 0", "cannot be made: ZeroDivisionError"),
        (SOLUTION, "hidden_helper.smu()", "the solution fails: line 44: return hidden_"),
        (SOLUTION, "x.mul_(1).add_(1).sum()", "the solution is refused: "),
        (SOLUTION, "x.sum()", "the mistake not_squared passes: add an input that tells it from"),
        (
            "(x**2).sum().sqrt()",
            "x.sum()",
            "the mistake not_squared earns the message of root_taken: add an input that tells them",
        ),
        ('    """You added the numbers as they are."""\n', "", "has no message: give it a docst"),
        ("You added the numbers as they are.", "You took a root that nobody wanted.", "of another"),
        (
            "def sum_of_squares(x)",
            "def sum_of_squares(x, n=KEPT_SECRET)",
            "it must run alone, after",
        ),
        ("return x.sum()", "raise SystemExit", ""),
        (
            "def inputs(rng):",
            "def inputs(rng):\n    _ = KEPT_SECRET",
            "does not run alone: NameError: name 'KEPT_SECRET' is not defined",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(old: str, new: str, told: str, tmp_path: Path) -> None:
    assert old in FUNCTION
    found = faults(tmp_path, sum_of_squares=FUNCTION.replace(old, new))
    if not told:
        assert found == []
        return
    assert told in "\n".join(found)
    assert all(one.startswith("homework3/sum_of_squares.py, line ") for one in found)
    assert len(found) == len(set(found)) <= 2
    assert not [one for one in found if "\n" in one]


def test_the_line_is_that_of_the_function(tmp_path: Path) -> None:
    text = FUNCTION.replace(SOLUTION, "x.sum()")
    (told,) = faults(tmp_path, sum_of_squares=text)
    line = text.splitlines().index("def not_squared(x):") + 1
    assert told.startswith(f"homework3/sum_of_squares.py, line {line}: the mistake")


def test_a_helper_below_the_line_does_not_serve_what_is_above_it(tmp_path: Path) -> None:
    text = CLASS.replace("def use", "def look").replace("use=use", "use=look")
    above, _, below = text.partition(CLOSED_HALF)
    start = above.index("def look")
    moved = above[:start] + CLOSED_HALF + "\n\n" + above[start:] + below
    (told,) = faults(tmp_path, tally=moved)
    assert "does not run alone: there is no 'look' in it" in told


def test_what_cannot_leave_the_box_is_told(tmp_path: Path) -> None:
    text = CLASS.replace("return [tally(x), tally(2 * x)]", "return tally")
    (told,) = faults(tmp_path, tally=text.replace("mistakes=(Forgetful,)", "mistakes=()"))
    assert "the solution is" in told
    large = CLASS.replace("tally(2 * x)]", "tally(2 * x), torch.zeros(2_000_000)]")
    (told,) = faults(tmp_path / "large", tally=large)
    assert "bytes come out, and the box lets 4194304 through" in told


@pytest.mark.parametrize("part", ["mistake", "solution", "hints"])
def test_what_is_closed_must_be_below_the_line(part: str, tmp_path: Path) -> None:
    text = FUNCTION.replace(CLOSED_HALF, "")
    end = {"mistake": "def not_squared", "hints": "KEPT_SECRET", "solution": ""}[part]
    place = text.index(end) if end else len(text)
    found = faults(tmp_path, sum_of_squares=text[:place] + CLOSED_HALF + text[place:])
    name = {
        "mistake": "root_taken",
        "hints": "a hint, or the reason,",
        "solution": "sum_of_squares",
    }
    assert f"{name[part]} is above the line of the closed half" in "\n".join(found)


def test_a_question_s_mistake_must_be_wrong(tmp_path: Path) -> None:
    (told,) = faults(tmp_path, weekday=QUESTION.replace('return "a"', 'return "B)"'))
    assert "the mistake too_soon passes" in told


def test_what_blocks_a_grading_is_found_for_its_seed(tmp_path: Path) -> None:
    text = FUNCTION.replace(
        "    hidden_helper = x * x",
        "    if x.shape == (4, 3) and x[0, 0] > 0: raise ValueError\n    hidden_helper = x * x",
    )
    homework = read_homework(write_homework(tmp_path / "homework3", sum_of_squares=text))
    told = {seed: blocking_faults(homework.exercises[0], [seed]) for seed in range(8)}
    assert any(told.values())
    assert not all(told.values())
