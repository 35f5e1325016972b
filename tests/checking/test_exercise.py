"""The record of an exercise makes stub, verdicts, hints and progress out of real code."""

import ast
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise, question
from dlcourse.checking.judgment import Outcome
from dlcourse.checking.progress import BEGUN, PASSED, VARIABLE, read_progress
from dlcourse.exercises import start_here

RECORD: dict[str, Any] = {
    "minutes": 5,
    "difficulty": 1,
    "hints": ("Think.", "Think of the mean.", "Divide by the count."),
    "why": "The mean is the sum over the count.",
}


def summed(x: Tensor, scale: float = 1.0) -> Tensor:
    """You returned the sum: divide it by the number of elements."""
    return scale * x.sum()


def off_by_one(x: Tensor, scale: float = 1.0) -> Tensor:
    """You divided by one less than the number of elements."""
    return scale * x.sum() / (x.numel() - 1)


def in_place(x: Tensor, scale: float = 1.0) -> Tensor:
    """You scaled the learner's own tensor."""
    x *= scale
    return x.mean()


def raising(x: Tensor, scale: float = 1.0) -> Tensor:
    """You took the mean of integers: call `.float()` first."""
    return scale * x.long().mean()


def average_inputs(rng: torch.Generator) -> Iterator[tuple[object, ...]]:
    yield torch.tensor([1.0, 3.0]), 2.0
    yield torch.rand(3, 4, generator=rng).T, 0.5
    yield (torch.tensor([5.0, 6.0, 10.0], dtype=torch.float64),)


@exercise(
    "An average",
    inputs=average_inputs,
    mistakes=(summed, off_by_one, in_place, raising),
    **RECORD,
)
def average(x: Tensor, scale: float = 1.0) -> Tensor:
    """Return the mean of `x`, times `scale`.

    `x` has any shape.
    """
    total = x.sum()  # all of it
    return scale * total / x.numel()


def upper_case() -> str:
    """That is the speed: distance over time."""
    return "b"


def too_far() -> str:
    """You took the time for the distance."""
    return "c"


def nowhere() -> str:
    """It does move."""
    return "d"


@question("A distance", mistakes=(upper_case, too_far, nowhere), **RECORD)
def distance() -> str:
    """Which is the distance?

    a: 3 m; b: 3 m/s; c: 3 s; d: 0.
    """
    return "a"


def both_wrong() -> tuple[int, int]:
    """You exchanged the two."""
    return 2, 1


@question("Two numbers", names=("first", "second"), mistakes=(both_wrong,), **RECORD)
def numbers() -> tuple[int, int]:
    """The first two numbers."""
    one = 1
    return one, one + 1


def count_twice(counter: Any, steps: int) -> int:  # noqa: ANN401
    made = counter(steps)
    made.step()
    return int(made.step())


class Stuck:
    """You never add anything."""

    def __init__(self, size: int) -> None:
        self.size, self.total = size, 0

    def step(self) -> int:  # noqa: D102 - a mistake, made by nobody who writes docstrings
        return self.total


@exercise(
    "A counter",
    inputs=lambda _: iter([(3,), (5,)]),
    use=count_twice,
    mistakes=(Stuck,),
    **RECORD,
)
class Counter:
    """Counts by `size`."""

    def __init__(self, size: int) -> None:
        self.size, self.total = size, 0

    def step(self) -> int:
        """Add `size` to the total and return that."""
        self.total += self.size
        return self.total


COUNTER: Any = Counter  # for mypy a decorated class is still a class


def half_mended(xs: list[float]) -> float:
    """The largest is found, but not for negative numbers: do not start from 0."""
    best = 0.0
    for x in xs:
        best = max(best, x)
    return best


def faulty(xs: list[float]) -> float:
    """Return the largest of `xs`; mend the two faults."""
    best = 0.0
    for x in xs:
        best = min(best, x)
    return best


@exercise(
    "A mended loop",
    inputs=lambda _: iter([([1.0, 2.0],), ([-1.0, -2.0],)]),
    template=faulty,
    mistakes=(half_mended,),
    **RECORD,
)
def largest(xs: list[float]) -> float:
    """Return the largest of `xs`; mend the two faults."""
    best = xs[0]
    for x in xs:
        best = max(best, x)
    return best


def faulty_exponent(x: Tensor) -> Tensor:
    """Return e to the power of `x`; mend the fault."""
    return torch.log(x)


@exercise(
    "A mended call",
    inputs=lambda _: iter([(torch.tensor([1.0, 2.0]),)]),
    template=faulty_exponent,
    mistakes=(),
    **RECORD,
)
def exponent(x: Tensor) -> Tensor:
    """Return e to the power of `x`; mend the fault."""
    return torch.exp(x)


def test_a_stub_that_calls_a_module_is_known_in_a_cell_and_in_a_script() -> None:
    cell: dict[str, Any] = {"torch": torch}
    exec(exponent.stub, cell)  # noqa: S102
    script: dict[str, Any] = {}
    exec(exponent.setup_source + exponent.stub, script)  # noqa: S102
    for namespace in (cell, script):
        assert exponent.judge(namespace["exponent"]).outcome is Outcome.NOT_ATTEMPTED


@pytest.fixture(autouse=True)
def progress_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "progress.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


# ---------------------------------------------------------------------------- the texts


def test_stub_is_the_signature_and_the_docstring_without_annotations() -> None:
    assert (
        average.stub
        == '''def average(x, scale=1.0):
    """Return the mean of `x`, times `scale`.

    `x` has any shape.
    """
    # your code here
'''
    )


def test_solution_keeps_its_comments_and_loses_annotations_and_decorator() -> None:
    assert average.solution_source.endswith(
        "    total = x.sum()  # all of it\n    return scale * total / x.numel()\n"
    )
    assert average.solution_source.startswith("def average(x, scale=1.0):\n")


def test_stub_of_a_class_has_its_methods() -> None:
    assert (
        COUNTER.stub
        == '''class Counter:
    """Counts by `size`."""

    def __init__(self, size):
        pass  # your code here

    def step(self):
        """Add `size` to the total and return that."""
        # your code here
'''
    )


def test_stub_of_a_question_is_a_comment_and_a_gap() -> None:
    assert distance.stub == (
        "# Which is the distance?\n#\n# a: 3 m; b: 3 m/s; c: 3 s; d: 0.\ndistance = ...\n"
    )
    assert numbers.stub == "# The first two numbers.\nfirst, second = ..., ...\n"


def test_solution_of_a_question_is_an_assignment() -> None:
    assert distance.solution_source == 'distance = "a"\n'
    assert numbers.solution_source == "one = 1\nfirst, second = one, one + 1\n"


def test_stub_of_a_mending_task_is_the_faulty_code() -> None:
    assert largest.stub.startswith("def largest(xs):\n")
    assert "min(best, x)" in largest.stub


def test_setup_has_the_imports_that_are_used_and_no_others() -> None:
    assert average.setup_source == ""
    assert given.setup_source == "import torch\nfrom torch import nn\n"


def test_cell_ends_with_the_check() -> None:
    assert average.cell_source.endswith("    # your code here\n\n\nex.average.check(average)")
    assert numbers.cell_source.endswith("..., ...\n\nex.numbers.check(first, second)")


def test_names_and_line_are_told() -> None:
    assert average.id == "test_exercise.average"
    assert repr(average).startswith("Exercise test_exercise.average: An average (5 minutes")


@exercise("With imports", inputs=lambda _: iter([(2,)]), mistakes=(), **RECORD)
def given(n: int) -> Tensor:
    """Return a layer's bias."""
    return torch.zeros_like(nn.Linear(n, n).bias)


def test_equivalent_mutants_are_made_of_their_changes() -> None:
    record = RECORD | {"inputs": average_inputs, "mistakes": ()}
    reason = "the order of a product does not matter"
    same = exercise("T", equivalent=(("scale * total", "total * scale", reason),), **record)(
        average.answer
    )
    ((text, told),) = same.equivalent_mutants.items()
    assert told == reason
    assert "return total * scale / x.numel()" in text
    assert text == ast.unparse(ast.parse(text))
    absent = exercise("T", equivalent=(("nothing", "else", reason),), **record)(average.answer)
    with pytest.raises(ValueError, match="'nothing' stands 0 times"):
        _ = absent.equivalent_mutants


# ---------------------------------------------------------------------------- the verdicts


def test_right_answers_pass() -> None:
    for answer in (
        lambda x, scale=1.0: scale * x.mean(),
        lambda x, scale=1.0: scale * sum(x.flatten().tolist()) / x.numel(),
        lambda x, scale=1.0: np.mean(x.numpy()) * scale,
    ):
        assert average.judge(answer) == (Outcome.PASSED, "")


def test_known_mistakes_are_named_with_an_input_that_shows_them() -> None:
    verdict = average.judge(summed)
    assert verdict.outcome is Outcome.NOT_YET
    assert verdict.message.splitlines() == [
        "You returned the sum: divide it by the number of elements.",
        "For x = tensor([1., 3.]), scale = 2:",
        "The result is 8; it should be 4.",
    ]


def test_unknown_mistakes_get_the_first_input_that_shows_them() -> None:
    verdict = average.judge(lambda x, scale=1.0: x.mean() * scale if x.ndim == 1 else x.sum())
    assert verdict.message.startswith("For x = tensor([[0.7081, ")
    assert verdict.message.endswith("The result is 5.25959; it should be 0.219149.")


def test_a_changed_argument_is_told() -> None:
    def answer(x: Tensor, scale: float = 1.0) -> Tensor:
        x *= scale
        result = x.mean()
        x += 1
        return result

    assert "You scaled the learner's own tensor." in average.judge(in_place).message
    assert "`x` was changed on the way: work on a copy." in average.judge(answer).message


def test_a_forgotten_return_has_a_message_of_its_own() -> None:
    def answer(x: Tensor, scale: float = 1.0) -> None:
        print(scale * x.mean())  # noqa: T201

    message = average.judge(answer).message
    assert "Nothing came out: a `return` is missing" in message
    assert "(Printed meanwhile:\ntensor(4.))" in message


def test_an_error_is_told_and_so_is_the_mistake_behind_it() -> None:
    verdict = average.judge(raising)
    assert verdict.outcome is Outcome.RAISED
    assert verdict.message.startswith("You took the mean of integers")
    assert "This usually means: the numbers are integers" in verdict.message
    assert "line " in verdict.message
    assert average.judge(lambda x: x).outcome is Outcome.RAISED


@pytest.mark.parametrize("answer", [None, 3.0, "average", torch.ones(2)])
def test_a_value_in_the_place_of_a_function_is_told(answer: object) -> None:
    assert "Hand over the function itself" in average.judge(answer).message


def test_a_class_is_asked_for_where_one_is() -> None:
    assert "Hand over the class itself" in COUNTER.judge(lambda: 1).message
    assert COUNTER.judge(COUNTER.answer).outcome is Outcome.PASSED
    assert "You never add anything." in COUNTER.judge(Stuck).message


def test_the_number_of_answers_is_told() -> None:
    assert numbers.judge(1).message == "Hand your answer to the check: `check(first, second)`."
    assert average.judge().message == "Hand your answer to the check: `check(average)`."


@pytest.mark.parametrize("one", [average, COUNTER, largest, distance, numbers, given])
def test_only_the_untouched_stub_is_not_attempted(one: Any) -> None:  # noqa: ANN401
    namespace: dict[str, Any] = {}
    exec(one.setup_source + one.stub, namespace)  # noqa: S102
    verdict = one.judge(*[namespace[name] for name in one.names])
    assert verdict.outcome is Outcome.NOT_ATTEMPTED
    assert one.judge(*[None for _ in one.names]).outcome is Outcome.NOT_YET


def test_a_function_that_returns_none_on_purpose_was_attempted() -> None:
    def answer(x: Tensor, scale: float = 1.0) -> None:
        _ = x, scale

    assert average.judge(answer).outcome is Outcome.NOT_YET


def test_a_question_does_not_give_its_answer_away() -> None:
    for wrong in ("z", 5, None, ["a"], torch.ones(1)):
        message = distance.judge(wrong).message
        assert message
    assert distance.judge(5).message == 'You answered 5; the answer is a string, in quotes: "a".'
    assert distance.judge("b").message == "That is the speed: distance over time."
    assert distance.judge("A").outcome is Outcome.PASSED
    assert numbers.judge(1, 2).outcome is Outcome.PASSED
    assert numbers.judge(2, 1).message == "You exchanged the two."
    assert numbers.judge(1, 7).message == "Still missing or wrong: second. The rest is right."
    assert numbers.judge(1, ...).outcome is Outcome.NOT_YET


def cleared(xs: list[float]) -> list[float]:
    """Empty the list."""
    xs.clear()
    return xs


def test_an_argument_may_be_changed_only_where_the_task_says_so() -> None:
    record = RECORD | {"inputs": lambda _: iter([([1.0],)]), "mistakes": ()}
    assert exercise("T", **record)(cleared).judge(cleared).outcome is Outcome.NOT_YET
    free = exercise("T", changes_arguments=True, **record)(cleared)
    assert free.judge(cleared).outcome is Outcome.PASSED


def test_the_tolerance_is_the_exercise_s_own() -> None:
    record = RECORD | {"inputs": average_inputs, "mistakes": ()}
    rough = exercise("T", tolerance=Tolerance(relative=0.5), **record)(average.answer)
    assert rough.judge(lambda x, scale=1.0: 1.4 * scale * x.mean()).outcome is Outcome.PASSED
    assert rough.judge(lambda x, scale=1.0: 1.6 * scale * x.mean()).outcome is Outcome.NOT_YET


def test_the_stop_button_is_told_with_the_line_and_goes_on_to_the_notebook(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def endless(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        average.check(endless)
    assert shown(capsys).startswith("■ Stopped: An average\nYour code was at line ")
    assert [entry.name for entry in stopped.traceback][1:] == ["check"], "a short traceback"


def test_the_stop_button_leaves_everything_as_it_was() -> None:
    def endless(*_: object) -> None:
        torch.manual_seed(5)
        torch.set_default_dtype(torch.float64)
        random.seed(5)
        os.chdir("/")
        raise KeyboardInterrupt

    before = torch.get_rng_state(), random.getstate(), os.getcwd()  # noqa: PTH109
    with pytest.raises(KeyboardInterrupt):
        average.check(endless)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (random.getstate(), os.getcwd())  # noqa: PTH109
    assert torch.get_default_dtype() is torch.float32
    assert average.judge(average.answer).outcome is Outcome.PASSED


# ---------------------------------------------------------------------------- what is shown


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_check_shows_the_verdict_and_keeps_the_progress(
    capsys: pytest.CaptureFixture[str],
) -> None:
    average.check(summed)
    assert shown(capsys).startswith("✗ Not yet: An average\nYou returned the sum")
    assert read_progress() == {average.id: BEGUN}
    average.check(average.answer)
    assert shown(capsys) == "✓ Passed: An average\n1 of 1 exercises of this lesson passed.\n"
    assert read_progress() == {average.id: PASSED}
    start_here.elsewhere.check("c")
    assert shown(capsys).endswith("\n1 of 2 exercises of this lesson passed.\n")


def test_an_untouched_stub_leaves_no_trace(
    capsys: pytest.CaptureFixture[str], progress_file: Path
) -> None:
    distance.check(...)
    assert shown(capsys).startswith("… Not attempted yet: A distance\n")
    assert not progress_file.exists()


def test_progress_that_cannot_be_kept_is_told_beside_the_verdict(
    capsys: pytest.CaptureFixture[str], progress_file: Path
) -> None:
    progress_file.mkdir()
    average.check(average.answer)
    told = shown(capsys)
    assert told.startswith("✓ Passed: An average")
    assert "Your progress" in told


def test_a_corrupt_progress_file_loses_nothing_else(
    capsys: pytest.CaptureFixture[str], progress_file: Path
) -> None:
    progress_file.write_bytes(b"\x00\xff{{{")
    average.check(average.answer)
    assert shown(capsys).startswith("✓ Passed: An average")
    assert read_progress() == {average.id: PASSED}


def test_hints_come_one_at_a_time_and_then_again(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for _ in range(5):
        average.hint()
        told.append(shown(capsys))
    assert told[0] == "Hint 1 of 3\nThink.\n"
    assert told[2] == "Hint 3 of 3\nDivide by the count.\n"
    assert told[3].startswith("That was the last hint\n`ex.average.solution()`")
    assert told[4] == told[0]


def test_solution_comes_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    average.solution()
    told = shown(capsys)
    assert told.startswith(
        "One solution: An average\nThe mean is the sum over the count.\ndef average"
    )
    assert told.endswith("return scale * total / x.numel()\n")
