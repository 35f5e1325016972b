"""The best constant."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([2.0, 9.0, 1.0]),)
    yield (torch.tensor([8.0, 1.0, 2.0, 5.0]),)  # an even number
    yield (torch.tensor([-3.0]),)
    yield (torch.tensor([4.0, 4.0, -1.0, 4.0, 100.0, 0.5, 0.5]),)
    yield (torch.randn(40, generator=rng, dtype=torch.float64)[::2] * 1000,)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Take 1, 2 and 9, and move the constant a little. When do two errors grow and one shrink?",
    "The slope of the squared error is 0 where the differences add up to 0.",
    "The absolute error has as many slopes of 1 as of −1 in the middle of the sorted values.",
    "`values.mean()`, and `values.median()`, which takes the lower one of two in the middle.",
)


def mean_for_both(values: Tensor) -> tuple[Tensor, Tensor]:
    """You took the mean for both. It balances the sizes of the differences. The absolute error
    only counts how many values are on each side.
    """
    return values.mean(), values.mean()


def median_for_both(values: Tensor) -> tuple[Tensor, Tensor]:
    """You took the median for both. It is right for the absolute error; for the squared error, a
    value far away pulls harder than a near one.
    """
    return values.median(), values.median()


def exchanged(values: Tensor) -> tuple[Tensor, Tensor]:
    """You exchanged the two: the constant for the squared error comes first."""
    return values.median(), values.mean()


def between_the_two(values: Tensor) -> tuple[Tensor, Tensor]:
    """For an even number of values you took the point between the two in the middle. All constants
    from the one to the other are equally good there; the task asks for the smallest.
    """
    return values.mean(), values.quantile(0.5)


def the_upper_one(values: Tensor) -> tuple[Tensor, Tensor]:
    """For an even number of values you took the upper one of the two in the middle. The lower one
    is as good, and the task asks for the smallest.
    """
    return values.mean(), values.sort().values[len(values) // 2]


def unsorted(values: Tensor) -> tuple[Tensor, Tensor]:
    """You took the value in the middle of the list as it is. Sort it first."""
    return values.mean(), values[(len(values) - 1) // 2]


def halfway(values: Tensor) -> tuple[Tensor, Tensor]:
    """You took the point halfway between the smallest value and the largest for the absolute error:
    it makes the largest difference small. The sum of the differences is asked for.
    """
    return values.mean(), (values.min() + values.max()) / 2


@exercise(
    "The best constant",
    minutes=3,
    difficulty=1,
    place=10,
    hints=HINTS,
    why="The mean balances the differences, the median the numbers of values on both sides.",
    inputs=inputs,
    mistakes=(
        mean_for_both,
        median_for_both,
        exchanged,
        between_the_two,
        the_upper_one,
        unsorted,
        halfway,
    ),
)
def best_constant(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the constants with the least squared error and with the least absolute error.

    `values` is a tensor (N,). The first constant c minimizes the sum of (c − value)², the second
    the sum of |c − value|. If several constants are equally good, return the smallest of them.
    """
    return values.mean(), values.median()
