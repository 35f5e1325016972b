"""A law through a few points."""

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Three: TypeAlias = Any  # factor, exponent, and what the law predicts


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, float, float]]:
    yield torch.tensor([1.0, 10.0, 100.0]), torch.tensor([0.9, 0.09, 0.009]), 0.0, 1000.0
    n = torch.tensor([500.0, 1000, 2000, 4000, 8000])
    yield n, torch.tensor([0.154, 0.124, 0.096, 0.076, 0.060]), 0.0, 32_000.0
    yield n.clone(), torch.tensor([0.254, 0.224, 0.196, 0.176, 0.160]), 0.1, 32_000.0
    noise = torch.randn(7, generator=rng, dtype=torch.float64) / 4
    n = torch.tensor([3.0, 5.0, 17.0, 40.0, 41.0, 300.0, 9000.0], dtype=torch.float64)
    yield n, 5 * n**-0.4 * noise.exp() + 0.02, 0.02, 20.0
    yield torch.tensor([2.0, 8.0]), torch.tensor([6.0, 48.0]), 0.0, 4.0  # a law that rises


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Take the logarithm of both sides of error − floor = a · nᵇ. What kind of curve is that?",
    "log(error − floor) = log a + b · log n: a straight line, with slope b.",
    "With a column of ones and one of log n, `torch.linalg.lstsq` finds it, as in lesson 04.",
    "It finds log a, so a is its exponential. The prediction is floor + a · n_newᵇ.",
)


def line(x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return where the best straight line starts, and its slope."""
    X = torch.stack([torch.ones_like(x), x], dim=1).double()
    start, slope = torch.linalg.lstsq(X, y.double()).solution.tolist()
    return start, slope


def fitted(
    n: Tensor, error: Tensor, floor: float, n_new: float, *, base: float = math.e, add: bool = True
) -> Three:
    """Fit as the solution does; another base than e, or no floor at the end, is a fault."""
    start, slope = line(n.log(), (error - floor).log())
    factor = base**start
    return factor, slope, factor * n_new**slope + (floor if add else 0)


def floor_forgotten(n: Tensor, error: Tensor, floor: float, n_new: float) -> Three:  # noqa: ARG001
    """You left out the floor. Only what is above it falls by the law: take it off first, and add
    it to the prediction.
    """
    return fitted(n, error, 0.0, n_new)


def floor_not_added(n: Tensor, error: Tensor, floor: float, n_new: float) -> Three:
    """You took the floor off and never added it: the prediction is of the error, floor and all."""
    return fitted(n, error, floor, n_new, add=False)


def factor_is_a_logarithm(n: Tensor, error: Tensor, floor: float, n_new: float) -> Three:
    """Your factor is still the logarithm of it: take the exponential of the intercept."""
    factor, slope, predicted = fitted(n, error, floor, n_new)
    return math.log(factor), slope, predicted


def two_bases(n: Tensor, error: Tensor, floor: float, n_new: float) -> Three:
    """You took natural logarithms and then a power of ten. `exp` belongs to `log`, and a power of
    ten to `log10`.
    """
    return fitted(n, error, floor, n_new, base=10.0)


def straight_without_logarithms(n: Tensor, error: Tensor, floor: float, n_new: float) -> Three:
    """You put a straight line through the errors themselves. The law is straight where both n and
    error − floor are shown by their logarithms.
    """
    start, slope = line(n, error - floor)
    return start, slope, start + slope * n_new + floor


def exponential(n: Tensor, error: Tensor, floor: float, n_new: float) -> Three:
    """You took the logarithm of the error and not that of n: that is an exponential, which falls
    far faster than any power.
    """
    start, slope = line(n, (error - floor).log())
    return math.exp(start), slope, math.exp(start + slope * n_new) + floor


def two_points(n: Tensor, error: Tensor, floor: float, n_new: float) -> Three:
    """You put the line through the first and the last point. The best line takes all of them."""
    ends = torch.tensor([0, len(n) - 1])
    return fitted(n[ends], error[ends], floor, n_new)


def sign_turned(n: Tensor, error: Tensor, floor: float, n_new: float) -> Three:
    """You returned −b. Here the sign is part of the exponent: a law that falls has a negative b."""
    factor, slope, predicted = fitted(n, error, floor, n_new)
    return factor, -slope, predicted


def axes_exchanged(n: Tensor, error: Tensor, floor: float, n_new: float) -> Three:
    """You exchanged the axes: you fitted log n by a line in log(error − floor)."""
    start, slope = line((error - floor).log(), n.log())
    factor = math.exp(start)
    return factor, slope, factor * n_new**slope + floor


@exercise(
    "A law through a few points",
    minutes=6,
    difficulty=2,
    place=140,
    hints=HINTS,
    why="The logarithm turns factors into sums and exponents into slopes, so a power law is a "
    "straight line, and only what is above the floor follows it.",
    inputs=inputs,
    mistakes=(
        floor_forgotten,
        floor_not_added,
        factor_is_a_logarithm,
        two_bases,
        straight_without_logarithms,
        exponential,
        two_points,
        sign_turned,
        axes_exchanged,
    ),
)
def fit_power_law(
    n: Tensor, error: Tensor, floor: float, n_new: float
) -> tuple[float, float, float]:
    """Return a, b, and the error that the law error = floor + a · nᵇ predicts for `n_new`.

    The floor is the error that no number of samples can remove. n (K,) are numbers of samples, all
    different, and error (K,) what was measured with them, all above the floor; K is at least 2. The
    law's a and b are those of the best straight line, by least squares, through the points with
    log n on the one axis and log(error − floor) on the other.
    """
    X = torch.stack([torch.ones_like(n), n.log()], dim=1)
    log_a, b = torch.linalg.lstsq(X, (error - floor).log()).solution.tolist()
    a = math.exp(log_a)
    return a, b, floor + a * n_new**b
