"""The exercises of lesson 00: their right answers hold of a network, not only of the text."""

import pytest
import torch

from dlcourse.checking.judgment import Outcome
from dlcourse.exercises import start_here as ex


def test_reading_needs_no_pictures_and_changes_no_weight() -> None:
    W = torch.randn(784, 10, generator=torch.Generator().manual_seed(0))
    before = W.clone()
    for _ in range(100):
        torch.rand(8, 784) @ W

    assert torch.equal(W, before)
    assert ex.elsewhere.judge("c").outcome is Outcome.PASSED


def test_what_is_no_digit_can_have_a_high_probability() -> None:
    scores = torch.tensor([0.0, 0, 0, 6, 0, 0, 0, 0, 0, 0])  # whatever the picture showed
    assert scores.softmax(dim=0)[3] > 0.97
    assert torch.equal(scores.softmax(dim=0), (scores - 100).softmax(dim=0)), (
        "only differences count"
    )
    assert ex.sure_of_a_cat.judge("b").outcome is Outcome.PASSED


@pytest.mark.parametrize("written", ["C", " c ", "c"])
def test_a_letter_may_be_written_in_any_way(written: str) -> None:
    assert ex.elsewhere.judge(written).outcome is Outcome.PASSED


def test_every_other_option_has_its_own_feedback() -> None:
    for question in (ex.elsewhere, ex.sure_of_a_cat):
        wrong = set("abcd") - {question.answer()}
        assert {mistake() for mistake in question.mistakes} == wrong


def test_there_are_two_predictions() -> None:
    assert [ex.elsewhere.is_question, ex.sure_of_a_cat.is_question] == [True, True]
