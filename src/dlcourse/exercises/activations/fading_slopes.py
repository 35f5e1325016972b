"""The data of a fading curve."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

# A small number counts, too: after 25 sigmoids the slope is about 1e-16, and 0 is wrong there.
SMALL_COUNTS = Tolerance(absolute=1e-30)


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int]]:
    yield torch.tensor([0.0, 2.0]), 1
    yield torch.tensor([0.0, 3.0, -3.0]), 4
    yield torch.tensor([1.5]), 10
    yield torch.randn(6, generator=rng, dtype=torch.float64)[::2], 3
    yield torch.tensor([0.5, -2.0]), 25


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Go from sigmoid to sigmoid, and carry two things along: the value, and the slope so far.",
    "Each sigmoid multiplies the slope by s · (1 − s), where s is what it has just given out.",
    "Start with a slope of 1; in each round squash x, multiply the slope, and keep the row.",
    "`torch.stack(rows)` makes the table of the n rows.",
)


def slope_of_the_input(x: Tensor, n: int) -> Tensor:
    """You put each sigmoid's input into s · (1 − s). It takes the output."""
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        slope = slope * x * (1 - x)
        x = x.sigmoid()
        rows.append(slope)
    return torch.stack(rows)


def slope_of_the_next(x: Tensor, n: int) -> Tensor:
    """You squashed once more before s · (1 − s): each factor is the next sigmoid's slope."""
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope = slope * x.sigmoid() * (1 - x.sigmoid())
        rows.append(slope)
    return torch.stack(rows)


def one_link_each(x: Tensor, n: int) -> Tensor:
    """Each of your rows is the slope of one sigmoid alone. Along a path the slopes multiply: from
    the first input to the k-th output there are k of them.
    """
    rows = []
    for _ in range(n):
        x = x.sigmoid()
        rows.append(x * (1 - x))
    return torch.stack(rows)


def a_quarter_each(x: Tensor, n: int) -> Tensor:
    """You took a quarter for each sigmoid. That is the largest it can be, and only at 0."""
    return torch.stack([0.25**k * torch.ones_like(x) for k in range(1, n + 1)])


def one_too_early(x: Tensor, n: int) -> Tensor:
    """Your curves start with 1, before the first sigmoid. The first row belongs after it."""
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        rows.append(slope)
        x = x.sigmoid()
        slope = slope * x * (1 - x)
    return torch.stack(rows)


def overwritten_rows(x: Tensor, n: int) -> Tensor:
    """All your rows are the same tensor: `*=` changes it in place, in the list as well. Write
    `slope = slope * …`, which makes a new one.
    """
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope *= x * (1 - x)
        rows.append(slope)
    return torch.stack(rows)


def never_cleared(x: Tensor, n: int) -> Tensor:
    """Each `backward` adds to `x.grad`: your rows are sums of slopes. Clear it each time, with
    `x.grad = None`, or use `torch.autograd.grad`.
    """
    h = x = x.clone().requires_grad_()
    rows = list[Any]()
    for _ in range(n):
        h = h.sigmoid()
        h.sum().backward(retain_graph=True)
        rows.append(x.grad)  # one tensor, which grows
    return torch.stack(rows)


def sums_of_slopes(x: Tensor, n: int) -> Tensor:
    """Your rows are sums: `backward` adds each slope to those before it. Clear `x.grad` each time,
    or use `torch.autograd.grad`.
    """
    h = x = x.clone().requires_grad_()
    rows = list[Any]()
    for _ in range(n):
        h = h.sigmoid()
        h.sum().backward(retain_graph=True)
        rows.append(x.grad.clone())  # type: ignore[union-attr]
    return torch.stack(rows)


def a_column_for_each_sigmoid(x: Tensor, n: int) -> Tensor:
    """Your table is transposed: it should have a row for each sigmoid and a column for each curve.
    `torch.stack(rows)` makes rows.
    """
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope = slope * x * (1 - x)
        rows.append(slope)
    return torch.stack(rows, dim=1)


@exercise(
    "The data of a fading curve",
    minutes=6,
    difficulty=2,
    place=80,
    hints=HINTS,
    why="Along a path the slopes multiply, and each factor is at most a quarter.",
    inputs=inputs,
    mistakes=(
        slope_of_the_input,
        slope_of_the_next,
        one_link_each,
        a_quarter_each,
        one_too_early,
        overwritten_rows,
        never_cleared,
        sums_of_slopes,
        a_column_for_each_sigmoid,
    ),
    tolerance=SMALL_COUNTS,
)
def fading_slopes(x: Tensor, n: int) -> Tensor:
    """Return the slopes, along `x`, of sigmoid(x), sigmoid(sigmoid(x)) and so on, `n` of them.

    `x` is a tensor (N,), for N curves. The result is a tensor (n, N): its first row holds the
    slopes after one sigmoid, the next those after two.
    """
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope = slope * x * (1 - x)
        rows.append(slope)
    return torch.stack(rows)
