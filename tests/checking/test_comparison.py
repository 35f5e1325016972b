"""A learner's result is right in whatever clothes it comes, and wrong in words that help."""

import itertools

import numpy as np
import pytest
import torch

from dlcourse.checking.comparison import Tolerance, difference, same, shorten

HERE = Tolerance()
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        (3, 3.0),
        (torch.tensor(3), 3),
        (np.float32(0.1), 0.1),
        (torch.tensor([1, 2]), torch.tensor([1.0, 2.0])),
        (torch.tensor([1.0, 2.0], dtype=torch.float64), torch.tensor([1.0, 2.0])),
        (np.array([1.0, 2.0]), torch.tensor([1.0, 2.0])),
        (torch.ones(2, 3).T, torch.ones(3, 2)),
        (torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([1.0, 2.0])),
        (torch.tensor([NAN, INF, -INF]), torch.tensor([NAN, INF, -INF])),
        (torch.empty(0, 3), torch.empty(0, 3)),
        ((2, 3), torch.Size([2, 3])),
        ([2, 3], (2, 3)),
        (torch.tensor([2, 3]), [2, 3]),
        ({"a": 1.0, "b": [2]}, {"b": (2,), "a": 1}),
        (" B ", "b"),
        (None, None),
        (np.True_, True),
        (torch.tensor(True), True),
        (1e7 + 1, 1e7),
        (0.1 + 0.2, 0.3),
        (1 + 2j, torch.tensor(1 + 2j)),
    ],
)
def test_right_answers_in_other_clothes_are_the_same(got: object, wanted: object) -> None:
    assert same(got, wanted, HERE), difference(got, wanted, HERE)


@pytest.mark.parametrize(
    ("got", "wanted", "words"),
    [
        (torch.ones(3, 3), torch.ones(3), "The shape is (3, 3); it should be (3,)."),
        (torch.ones(1, 1), 1.0, "The shape is (1, 1); it should be ()."),
        (torch.ones(2), 1.0, "The shape is (2,); it should be ()."),
        (torch.ones(1, 3), torch.ones(3), "The shape is (1, 3)"),
        (torch.tensor([1.0, 2.5]), torch.tensor([1.0, 2.0]), "it should be tensor([1., 2.])"),
        (2.001, 2.0, "The result is 2.001; it should be 2."),
        (NAN, 0.0, "The result is nan"),
        (INF, 1e30, "The result is inf"),
        (torch.tensor(1), True, "it should be True or False"),
        (True, 1, "it should not be True or False"),
        (1 + 0j, 1.0, "should not be complex"),
        (None, 1.0, "None came out where a number is asked for."),
        ([1.0, 2.0], torch.ones(2), "a list came out where a tensor is asked for."),
        ("1.0", 1.0, "a string came out"),
        (1, "a", "The result is 1; it should be 'a'."),
        ("b", "a", "it should be 'a'"),
        ((1, 2), (1, 2, 3), "2 values came out; there should be 3"),
        ((1, 3), (1, 2), "Of the 2 values, number 2: The result is 3; it should be 2."),
        ([3], [2], "The only value: The result is 3; it should be 2."),
        (5, (1, 2), "an integer came out where a tuple of 2 is asked for."),
        ({"a": 1}, {"a": 1, "b": 2}, "The dict lacks 'b'."),
        ({"a": 1, "c": 1}, {"a": 1}, "The dict has 'c', which nobody asked for."),
        ({"a": 2}, {"a": 1}, "a: The result is 2; it should be 1."),
        (..., 1, "`...` is still in the place of an answer."),
        (int, 1, "the class int came out"),
    ],
)
def test_wrong_answers_are_told_in_words(got: object, wanted: object, words: str) -> None:
    assert words in difference(got, wanted, HERE)


def test_of_many_values_the_first_wrong_one_is_told() -> None:
    wanted = torch.arange(20.0).reshape(4, 5)
    got = wanted.clone()
    got[2, 3] = -1
    got[3, 4] = -1
    told = difference(got, wanted, HERE)
    assert told == "2 of 20 values are wrong: [2, 3] is -1; it should be 13."


@pytest.mark.parametrize("relative", [1e-1, 1e-3])
@pytest.mark.parametrize("absolute", [0.0, 1e-2])
def test_tolerance_is_numpy_s_rule(relative: float, absolute: float) -> None:
    rng = np.random.default_rng(0)
    rule = Tolerance(relative, absolute)
    for wanted, factor in itertools.product(rng.normal(size=20), np.linspace(0.9, 1.1, 21)):
        expected = np.isclose(wanted * factor, wanted, rtol=relative, atol=absolute)
        assert same(wanted * factor, wanted, rule) == bool(expected)


def test_dtype_counts_only_where_the_task_says_so() -> None:
    got, wanted = torch.ones(2, dtype=torch.float64), torch.ones(2)
    assert same(got, wanted, HERE)
    strict = difference(got, wanted, Tolerance(dtype=True))
    assert strict == "The dtype is torch.float64; it should be torch.float32."


class Hostile:
    """An object that cannot be looked at."""

    def __eq__(self, other: object) -> bool:  # noqa: D105
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:  # noqa: D105
        raise RuntimeError

    def __len__(self) -> int:  # noqa: D105
        raise RuntimeError


@pytest.mark.parametrize("wanted", [1.0, "a", (1, 2), {"a": 1}, torch.ones(2), None])
def test_nothing_that_a_learner_returns_breaks_the_comparison(wanted: object) -> None:
    for got in (Hostile(), [Hostile()], {"a": Hostile()}, torch.ones(2, device="meta"), object):
        assert difference(got, wanted, HERE)
        assert shorten(got)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (torch.tensor(2.0), "2"),
        (torch.tensor([[1, 2], [3, 4]]), "tensor([[1, 2], [3, 4]])"),
        (torch.zeros(4, 5, dtype=torch.int64), "an int64 tensor of shape (4, 5)"),
        (torch.zeros(4, 5), "a float32 tensor of shape (4, 5)"),
        (torch.sin, "sin"),
        ((1.0, [2.5]), "(1, [2.5])"),
        (torch.nn.Linear(1, 2), "Linear(in_features=1, out_features=2, bias=True)"),
        ("x" * 1000, "'" + "x" * 299 + "…"),
    ],
)
def test_values_are_shown_short(value: object, text: str) -> None:
    assert shorten(value) == text
