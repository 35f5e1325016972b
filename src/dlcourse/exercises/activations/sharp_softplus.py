"""A softplus that cannot overflow."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

# A small number counts, too: softplus of −80 is 2e-35, and 0 is wrong there.
SMALL_COUNTS = Tolerance(absolute=1e-37)


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float]]:
    yield torch.tensor([0.0, 2.0]), 1.0
    yield torch.tensor([-1000.0, 1000.0]), 1.0
    yield torch.tensor([[-10.0, 10.0, 44.5]]), 2.0  # quiet: 1 + e⁻²⁰ is 1 in float32
    yield torch.randn(5, 3, generator=rng).T, 3.0  # not contiguous
    yield torch.tensor([-2000.0, -0.3, 1e4], dtype=torch.float64), 0.5
    yield torch.empty(0, 3), 1.0
    yield torch.tensor([-80.0, -40.0]), 1.0  # 1 + e⁻⁴⁰ is 1 in float64, too
    yield torch.tensor(3.0), 2.0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Let z be beta · x. The lesson's stable form takes care of log(1 + e to the power of z).",
    "For z > 0, take z out: z + log(1 + e to the power of −z). For z ≤ 0, leave it as it is.",
    "In one line for both: max(z, 0) + log1p(exp(−|z|)). The division by beta comes last.",
)


def by_definition(x: Tensor, beta: float) -> Tensor:
    """You wrote the formula as it stands: exp overflows where beta · x is large. Rewrite it so
    that exp sees only numbers below 0.
    """
    return (1 + (beta * x).exp()).log() / beta


def with_log1p_only(x: Tensor, beta: float) -> Tensor:
    """You have `log1p` for the small numbers; exp still overflows where beta · x is large."""
    return (beta * x).exp().log1p() / beta


def without_log1p(x: Tensor, beta: float) -> Tensor:
    """You keep exp from overflowing, but 1 + e⁻²⁰ is rounded to 1, so a small result becomes 0.
    `log1p(u)` is log(1 + u) without that sum.
    """
    z = beta * x
    return (z.clamp(min=0) + (1 + (-z.abs()).exp()).log()) / beta


def for_one_side(x: Tensor, beta: float) -> Tensor:
    """You took e to the power of z out of the logarithm for every z. That is right for z > 0, but
    it makes exp overflow for z far below 0.
    """
    z = beta * x
    return (z + (-z).exp().log1p()) / beta


def bend_not_sharpened(x: Tensor, beta: float) -> Tensor:
    """You left out beta inside exp: there, too, it is |beta · x|, and not |x|."""
    return x.clamp(min=0) + (-x.abs()).exp().log1p() / beta


def undivided(x: Tensor, beta: float) -> Tensor:
    """You left out the division by beta: far to the right the result should be x itself."""
    z = beta * x
    return z.clamp(min=0) + (-z.abs()).exp().log1p()


def maximum_with_a_number(x: Tensor, beta: float) -> Tensor:
    """Unlike NumPy's functions, `torch.maximum`, `torch.exp` and others like them take no plain
    numbers. For the larger of z and 0 write `z.clamp(min=0)`.
    """
    z = beta * x
    return (torch.maximum(z, 0) + (-z.abs()).exp().log1p()) / beta  # type: ignore[arg-type]


def maximum_along_a_dimension(x: Tensor, beta: float) -> Tensor:
    """In `torch.max(z, 0)` the 0 is a dimension: it returns the maxima along it, with their places.
    Write `z.clamp(min=0)` for the larger of each number and 0.
    """
    z = beta * x
    larger: Any = torch.max(z, 0)
    result: Tensor = (larger + (-z.abs()).exp().log1p()) / beta
    return result


@exercise(
    "A softplus that cannot overflow",
    minutes=4,
    difficulty=2,
    place=20,
    hints=HINTS,
    why="exp sees only −|z|, which cannot overflow, and log1p keeps what is small.",
    inputs=inputs,
    mistakes=(
        by_definition,
        with_log1p_only,
        without_log1p,
        for_one_side,
        bend_not_sharpened,
        undivided,
        maximum_with_a_number,
        maximum_along_a_dimension,
    ),
    tolerance=SMALL_COUNTS,
)
def sharp_softplus(x: Tensor, beta: float) -> Tensor:
    """Return log(1 + exp(beta · x)) / beta for every element of the tensor `x`.

    The result is a tensor of the shape of `x`, which may be empty. It is right for numbers of
    any size: 1000, −1000, −20.
    """
    z = beta * x
    return (z.clamp(min=0) + (-z.abs()).exp().log1p()) / beta
