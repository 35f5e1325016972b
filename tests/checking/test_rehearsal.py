"""A check that knows no solution: which values it takes for the kind that is asked for."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from dlcourse.checking.asked import Asked
from dlcourse.checking.comparison import Tolerance, same
from dlcourse.checking.judgment import Outcome
from dlcourse.checking.rehearsal import Rehearsal, Rehearsals, kind
from exercise_samples import average


class _Hostile:
    """Says that it is a tensor, and raises when it is looked at."""

    __class__ = torch.Tensor  # type: ignore[assignment]

    @property
    def shape(self) -> object:
        raise ValueError


VALUES: tuple[Any, ...] = (
    *(3, 2.5, True, 1j, np.float32(2), Fraction(1, 2), torch.tensor(2.0), torch.tensor([2.0])),
    *(
        torch.tensor([True]),
        torch.zeros(3),
        torch.zeros(3, 1),
        torch.zeros(3, dtype=torch.complex64),
    ),
    *(np.zeros((3, 1)), np.zeros(3), "a", [1, 2, 3], (1, 2, 3), [1], {"a": 1}, torch.zeros(0), []),
)
ANY = Tolerance(absolute=float("inf"))


@pytest.mark.parametrize("wanted", VALUES, ids=repr)
@pytest.mark.parametrize("got", VALUES, ids=repr)
def test_what_may_stand_for_a_value_is_of_its_kind(got: object, wanted: object) -> None:
    """The comparison that knows the values tells: whatever it accepts must not be refused here."""
    if same(got, wanted, ANY):
        assert verdict(lambda *_: got, kind(wanted)).outcome is Outcome.RUNS


def verdict(answer: Callable[..., Any], *kinds: str, **options: bool) -> Any:  # noqa: ANN401
    """Return what a check says that asks for these kinds, the last of them again and again."""
    asked = Asked.of(average)
    wanted = [*kinds, *kinds[-1:] * len(asked.untouched_inputs)][: len(asked.untouched_inputs)]
    rehearsal = Rehearsal(asked, "A", wanted, **{"changes_arguments": False, **options})
    return rehearsal.judge(answer)


@pytest.mark.parametrize(
    ("got", "wanted", "told"),
    [
        (
            torch.zeros(3),
            torch.zeros(3, 1),
            "a tensor of shape (3,); asked for is a tensor of shape (3",
        ),
        (3, True, "What came out is a number; asked for is True or False."),
        (
            torch.zeros(2),
            torch.tensor([True, False]),
            "asked for is a tensor of shape (2,) of truth",
        ),
        ([1, 2], [1, 2, 3], "a list or tuple of 2; asked for is a list or tuple of 3."),
        ([1.0], torch.zeros(1), "a list or tuple of 1; asked for is a tensor of shape (1,)."),
        (None, 1, "Nothing came out: a `return` is missing"),
        (..., 1, "`...` is still in the place of an answer."),
        (torch, 1, "What came out is torch; asked for is a number."),
        (_Hostile(), 1, "asked for is a number"),
    ],
)
def test_another_kind_is_refused(got: object, wanted: object, told: str) -> None:
    found = verdict(lambda *_: got, kind(wanted))
    assert found.outcome is Outcome.NOT_YET
    assert told in found.message


def test_only_what_is_known_is_said() -> None:
    assert kind(None) == ""
    assert kind(torch.float32) == ""
    known = verdict(lambda *_: 3, "a number").message
    unknown = verdict(lambda *_: 3, "a number", "").message
    assert "has the kind and shape that is asked for" in known
    assert unknown == "It runs on all 3 inputs. Whether it is right, the grading says."


def test_an_argument_may_be_changed_only_where_that_is_the_task() -> None:
    def change(x: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        return x.mul_(scale + 1).mean()

    assert "`x` was changed on the way: work on a copy." in verdict(change, "a number").message
    assert verdict(change, "a number", changes_arguments=True).outcome is Outcome.RUNS


def test_errors_are_told_as_in_a_lesson() -> None:
    def mistyped(x: torch.Tensor, scale: float = 1.0) -> Any:  # noqa: ANN401
        return x.smu() * scale  # type: ignore[attr-defined]

    found = verdict(mistyped, "a number")
    assert found.outcome is Outcome.RAISED
    assert found == average.judge(mistyped)


def test_a_wrong_name_is_told() -> None:
    homework = Rehearsals("homework3")
    with pytest.raises(AttributeError, match="there is no exercise 'avrage' in homework3"):
        homework.avrage  # noqa: B018
    assert dir(homework) == []
