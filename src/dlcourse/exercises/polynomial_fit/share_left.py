"""Match the picture of the cliff."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def use(answer: Callable[..., object], X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> object:
    curve = answer(X, y, rates, n_steps)
    return curve.tolist() if isinstance(curve, Tensor | np.ndarray) else curve


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor, int]]:
    float64 = torch.float64
    two_columns = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], dtype=float64)
    y = torch.tensor([1.0, 2.0, 3.0], dtype=float64)
    rates = torch.tensor([0.1, 0.25, 0.26], dtype=float64)  # 0.25 is the limit
    yield two_columns, y, rates, 1
    yield two_columns.clone(), y.clone(), rates.clone(), 3
    many = torch.tensor([0.2, 0.05, 0.26, 0.1, 0.2], dtype=float64)  # in no order
    yield two_columns.clone(), y.clone(), many, 6
    rates = torch.tensor([0.01, 0.03], dtype=float64)
    X = torch.randn(3, 6, generator=rng, dtype=float64).T  # not contiguous
    yield X, torch.randn(6, generator=rng, dtype=float64), rates, 4
    one_point = torch.tensor([[2.0]], dtype=float64)
    yield one_point, torch.tensor([3.0], dtype=float64), torch.tensor([0.3], dtype=float64), 2
    yield two_columns.clone(), y.clone(), rates.clone(), 0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "One point of a curve is one whole walk, from zero weights, with one rate.",
    "The lowest possible loss is that of least squares; the walk starts at the loss of zeros.",
    "(loss after the walk − lowest) / (loss of zero weights − lowest), for each rate.",
)


def walked_on(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You let each walk start where the one before ended: set the weights to zero for each rate."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    w = torch.zeros_like(best)
    for lr in rates:
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        shares.append(((X @ w - y).square().sum() - lowest) / (y.square().sum() - lowest))
    return shares


def above_zero(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You measured the loss from 0: what the best weights leave over is no excess. Subtract it."""
    shares = []
    for lr in rates:
        w = X.new_zeros(X.shape[1])
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        shares.append((X @ w - y).square().sum() / y.square().sum())
    return shares


def before_the_last_step(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You used the loss computed before the last step: it is that of one step fewer."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        loss = y.square().sum()
        for _ in range(n_steps):
            loss = (X @ w - y).square().sum()
            w = w - lr * (2 * X.T @ (X @ w - y))
        shares.append((loss - lowest) / (y.square().sum() - lowest))
    return shares


def walked_on_the_mean(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You walked down the mean: its steps are N times shorter. The rates belong to the sum."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y)) / len(y)
        shares.append(((X @ w - y).square().sum() - lowest) / (y.square().sum() - lowest))
    return shares


def climbed(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You reversed the sign and climb: with the error y − ŷ, the slopes have to be added."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (y - X @ w))
        shares.append(((X @ w - y).square().sum() - lowest) / (y.square().sum() - lowest))
    return shares


def cut_off(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You cut the shares off at 1: past its limit a rate does worse than nothing, without end."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        excess = (X @ w - y).square().sum() - lowest
        shares.append((excess / (y.square().sum() - lowest)).clamp(max=1))
    return shares


def not_divided(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You returned the excess itself: for the share, divide it by the excess of zero weights."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        shares.append((X @ w - y).square().sum() - lowest)
    return shares


def divided_by_the_loss(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You divided by the whole loss at the start: below the line, too, only the excess counts."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        shares.append(((X @ w - y).square().sum() - lowest) / y.square().sum())
    return shares


@exercise(
    "Match the picture of the cliff",
    minutes=7,
    difficulty=2,
    place=50,
    hints=HINTS,
    why="What is left is counted from the bottom: so 1 means no progress, and 0 arrival.",
    mistakes=(
        walked_on,
        above_zero,
        before_the_last_step,
        walked_on_the_mean,
        climbed,
        cut_off,
        not_divided,
        divided_by_the_loss,
    ),
    inputs=inputs,
    use=use,
    tolerance=Tolerance(absolute=1e-9),
    equivalent=(
        (
            "(X @ best - y).square()",
            "(y - X @ best).square()",
            "a square does not see which of the two was subtracted",
        ),
        (
            "(X @ w - y).square()",
            "(y - X @ w).square()",
            "a square does not see which of the two was subtracted",
        ),
    ),
)
def share_left(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """Return one curve of the picture: for each rate, the share of the excess loss that is left.

    X is (N, K), y (N,), rates (R,), all float64; return R numbers, in a list or a tensor. Each walk
    takes `n_steps` steps down the summed squared error, from zero weights. Excess is the loss
    above the lowest possible one: 1 means that nothing is gained, 0 that the walk has arrived.
    """
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        excess = (X @ w - y).square().sum() - lowest
        shares.append(excess / (y.square().sum() - lowest))
    return shares
