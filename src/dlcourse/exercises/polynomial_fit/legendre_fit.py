"""A fit in the Legendre basis."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, int]]:
    x = torch.tensor([0.0, 1.0, 2.0, 4.0], dtype=torch.float64)
    yield x, x.square(), 2
    yield x.clone(), torch.tensor([1.0, 2.0, 0.0, 5.0], dtype=torch.float64), 1
    x = torch.tensor([3.0, -1.0, 0.5, 2.0, 5.0, 4.0], dtype=torch.float64)  # not sorted
    yield x, x.sin(), 3
    x = torch.rand(20, generator=rng, dtype=torch.float64)[::2] * 99  # not contiguous
    yield x, torch.randn(10, generator=rng, dtype=torch.float64), 4
    x = torch.linspace(-torch.pi, torch.pi, 9, dtype=torch.float64)
    yield x, x.sin(), 3
    x = torch.linspace(10, 11, 12, dtype=torch.float64)  # far from 0
    yield x, torch.randn(12, generator=rng, dtype=torch.float64), 6


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Three parts: scale x, build the columns, solve for the weights as in section 7.",
    "For u: subtract the smallest x, divide by the whole range, and stretch 0…1 to −1…1.",
    "Start with the columns 1 and u; `torch.stack(columns, dim=1)` makes the matrix of them.",
)


def unscaled(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You left x as it is: Legendre's polynomials are made for −1 to 1, and grow fast outside."""
    columns = [torch.ones_like(x), x]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * x * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def half_scaled(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You divided by the largest |x|: u fills −1 to 1 only where x is symmetric. Shift it, too."""
    u = x / x.abs().max()
    columns = [torch.ones_like(u), u]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * u * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def scaled_to_one(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You scaled x to 0 and 1, half of the range: u has to begin at −1."""
    u = (x - x.min()) / (x.max() - x.min())
    columns = [torch.ones_like(u), u]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * u * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def by_first_and_last(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You took the first and the last x for the ends: x need not be sorted. Use min and max."""
    u = 2 * (x - x[0]) / (x[-1] - x[0]) - 1
    columns = [torch.ones_like(u), u]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * u * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def in_chebyshev(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You used Chebyshev's rule, 2·u·Tₖ − Tₖ₋₁; Legendre's has weights that depend on k."""
    u = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    columns = [torch.ones_like(u), u]
    for k in range(1, degree):
        columns.append(2 * u * columns[k] - columns[k - 1])
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def in_powers(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You fitted powers of u: the same curve, but other weights. Build Legendre's columns."""
    u = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    columns = [u**power for power in range(degree + 1)]
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def index_slipped(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You gave k to the new column: in the rule the new one is Pₖ₊₁, so k begins at 1, not 2."""
    u = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    columns = [torch.ones_like(u), u]
    for k in range(2, degree + 1):
        columns.append(((2 * k + 1) * u * columns[k - 1] - k * columns[k - 2]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


@exercise(
    "A fit in the Legendre basis",
    minutes=7,
    difficulty=2,
    place=60,
    hints=HINTS,
    why="In u the columns hardly disturb each other, so any method finds these weights fast.",
    mistakes=(
        unscaled,
        half_scaled,
        scaled_to_one,
        by_first_and_last,
        in_chebyshev,
        in_powers,
        index_slipped,
    ),
    inputs=inputs,
)
def legendre_fit(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """Return the weights of P₀, P₁, … in the best fit, a tensor, (degree + 1,).

    x and y are (N,), float64. The polynomials take u, which is x shifted and scaled so that its
    smallest value is −1 and its largest 1. P₀ is 1, P₁ is u, and each of the following is made of
    the two before it: Pₖ₊₁ = ((2k + 1)·u·Pₖ − k·Pₖ₋₁) / (k + 1). Best means the smallest summed
    squared error. The degree is at least 1, and N is larger than the degree.
    """
    u = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    columns = [torch.ones_like(u), u]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * u * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution
