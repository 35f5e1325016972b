"""Softmax with a temperature."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float]]:
    yield torch.tensor([[1.0, 2.0, 3.0], [3.0, 3.0, 0.0]]), 1.0
    yield torch.tensor([[1000.0, 0.0]]), 1.0  # a batch of one
    yield torch.tensor([[900.0, 901.0], [-901.0, -900.0], [2.0, 4.0]]), 2.0
    yield torch.randn(3, 4, generator=rng, dtype=torch.float64).T, 0.001
    yield torch.tensor([[5.0], [-3.0]]), 3.0  # one class: always 1
    yield torch.empty(0, 3), 1.0
    yield torch.tensor([[4e35, 3e35]]), 0.001  # 4e38 is more than float32 can hold
    yield torch.tensor([[5000.0, 4999.0, 0.0], [0.0, -5000.0, 5000.0]]), 1.0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Subtract a maximum so that exp cannot overflow. One for the table, or one for each row?",
    "Subtract before you divide: a large score divided by a small temperature may be infinite.",
    "`scores.amax(dim=1, keepdim=True)` is (N, 1), so it can be subtracted from (N, C).",
    "With e = exp((scores − that) / temperature), return e / e.sum(dim=1, keepdim=True).",
)


def no_maximum(scores: Tensor, temperature: float) -> Tensor:
    """Infinity divided by infinity: subtract each row's maximum before exp. The shares stay."""
    e = (scores / temperature).exp()
    return e / e.sum(dim=1, keepdim=True)


def down_the_batch(scores: Tensor, temperature: float) -> Tensor:
    """Your columns add up to 1: dimension 0 runs down the batch. Each row must: `dim=1`."""
    return (scores / temperature).softmax(dim=0)


def one_maximum_for_all(scores: Tensor, temperature: float) -> Tensor:
    """You subtracted one maximum from all rows: in a row far below it every exp is 0, and 0 / 0
    is nan. Each row needs its own: `amax(dim=1, keepdim=True)`.
    """
    z = scores / temperature
    e = (z - z.max()).exp()
    return e / e.sum(dim=1, keepdim=True)


def one_maximum_taken_first(scores: Tensor, temperature: float) -> Tensor:
    """You subtracted the maximum of the whole batch: in a row far below it every exp is 0, and
    0 / 0 is nan. Take each row's own: `amax(dim=1, keepdim=True)`.
    """
    e = ((scores - scores.max()) / temperature).exp()
    return e / e.sum(dim=1, keepdim=True)


def one_sum_for_all(scores: Tensor, temperature: float) -> Tensor:
    """You divided by the sum of the whole batch. Each row must add up to 1: divide by its own,
    `sum(dim=1, keepdim=True)`.
    """
    e = ((scores - scores.amax(dim=1, keepdim=True)) / temperature).exp()
    return e / e.sum()


def heated_wrongly(scores: Tensor, temperature: float) -> Tensor:
    """You multiplied by the temperature. A high one should make the shares more equal: divide."""
    return (scores * temperature).softmax(dim=1)


def heated_late(scores: Tensor, temperature: float) -> Tensor:
    """You divided the shares by the temperature, so a row does not add up to 1: divide the scores,
    before exp.
    """
    return scores.softmax(dim=1) / temperature


def divided_first(scores: Tensor, temperature: float) -> Tensor:
    """You divided first: 4e35 / 0.001 is infinite, and infinity minus infinity is nan. Subtract
    the row's maximum, then divide: what is left is 0 or less.
    """
    z = scores / temperature
    e = (z - z.amax(dim=1, keepdim=True)).exp()
    return e / e.sum(dim=1, keepdim=True)


@exercise(
    "Softmax with a temperature",
    minutes=4,
    difficulty=2,
    place=40,
    hints=HINTS,
    why="Only differences within a row count, so each row may lose its maximum before all else.",
    inputs=inputs,
    mistakes=(
        no_maximum,
        down_the_batch,
        one_maximum_for_all,
        one_maximum_taken_first,
        one_sum_for_all,
        heated_wrongly,
        heated_late,
        divided_first,
    ),
)
def softmax_rows(scores: Tensor, temperature: float) -> Tensor:
    """Return the softmax of scores / temperature along each row: tensors (N, C) to (N, C).

    Each row adds up to 1, whatever the size of the scores. N may be 0.
    """
    e = ((scores - scores.amax(dim=1, keepdim=True)) / temperature).exp()
    return e / e.sum(dim=1, keepdim=True)
