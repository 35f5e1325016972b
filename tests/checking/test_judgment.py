"""An answer gets the verdict and the message that belong to what it does."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dlcourse.checking import asked
from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise
from dlcourse.checking.judgment import Outcome
from dlcourse.checking.trial import Behavior, attempt
from exercise_samples import (
    COUNTER,
    RECORD,
    Stuck,
    average,
    average_inputs,
    distance,
    exponent,
    given,
    in_place,
    largest,
    numbers,
    raising,
    summed,
)


def test_a_stub_that_calls_a_module_is_known_in_a_cell_and_in_a_script() -> None:
    cell: dict[str, Any] = {"torch": torch}
    exec(exponent.stub, cell)  # noqa: S102
    script: dict[str, Any] = {}
    exec(exponent.setup_source + exponent.stub, script)  # noqa: S102
    for namespace in (cell, script):
        assert exponent.judge(namespace["exponent"]).outcome is Outcome.NOT_ATTEMPTED


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


def test_a_stop_while_a_mistake_is_tried_spoils_no_later_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vars(average).pop("_judge", None)  # so that no mistake has been tried

    def attempt_until_stopped(use: Any, answer: Any, *arguments: Any) -> Behavior:  # noqa: ANN401
        if answer is in_place:
            raise KeyboardInterrupt
        return attempt(use, answer, *arguments)

    with monkeypatch.context() as patches:
        patches.setattr(asked, "attempt", attempt_until_stopped)
        with pytest.raises(KeyboardInterrupt):
            average.judge(in_place)
    assert "You scaled the learner's own tensor." in average.judge(in_place).message


def test_a_mistake_runs_on_no_more_inputs_than_tell_it_apart() -> None:
    vars(average).pop("_judge", None)
    seen = []

    def counted(x: Tensor, scale: float = 1.0) -> Tensor:
        seen.append(scale)
        return x.sum() * scale

    watched = replace(average, mistakes=(counted,))
    assert watched.judge(lambda x, scale=1.0: x.mean() + scale).outcome is Outcome.NOT_YET
    assert seen == [2.0]


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


def test_what_an_answer_does_to_its_arguments_reaches_no_other_answer() -> None:
    assert average.judge(in_place).outcome is Outcome.NOT_YET
    assert average.judge(in_place) == average.judge(in_place)
    assert average.judge(average.answer).outcome is Outcome.PASSED


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
