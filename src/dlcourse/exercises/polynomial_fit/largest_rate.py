"""The largest rate that works."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]),)
    yield (torch.tensor([[1.0, -1.0, 1.0, -1.0], [1.0, 2.0, 4.0, 8.0]]),)  # N < K
    yield (torch.randn(7, 3, generator=rng, dtype=torch.float64),)
    yield (torch.randn(2, 5, generator=rng, dtype=torch.float64).T,)  # not contiguous
    yield (torch.tensor([[3.0, 4.0, 0.5]]),)  # one point
    yield (torch.tensor([[1.0, 97.0], [1.0, 98.0], [1.0, 99.0]]),)  # inputs that count


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "The limit is 2 divided by a curvature. Which of them, and of which loss?",
    "The curvatures are the eigenvalues of the Hessian: `torch.linalg.eigvalsh`, rising.",
    "The sum's Hessian is 2·XᵀX. The mean is the sum divided by N, and so is its Hessian.",
)


def of_the_sum(X: Tensor) -> Tensor:
    """You took the Hessian of the sum: the mean's is divided by N, so its limit is N times this."""
    return 2 / torch.linalg.eigvalsh(2 * X.T @ X)[-1]


def without_the_two(X: Tensor) -> Tensor:
    """You took XᵀX / N for the Hessian: the square's second derivative puts a 2 in front."""
    return 2 / torch.linalg.eigvalsh(X.T @ X / len(X))[-1]


def half_the_limit(X: Tensor) -> Tensor:
    """You gave 1 / λ, where the factor 1 − lr·λ is 0: the factor may go down to −1."""
    return 1 / torch.linalg.eigvalsh(2 * X.T @ X / len(X))[-1]


def by_the_flat_direction(X: Tensor) -> Tensor:
    """You took the smallest curvature: the steepest direction is the first that explodes."""
    return 2 / torch.linalg.eigvalsh(2 * X.T @ X / len(X))[0]


def by_the_trace(X: Tensor) -> Tensor:
    """You added up the curvatures: safe, but too cautious. The largest alone decides."""
    return 2 / (2 * X.T @ X / len(X)).trace()


def best_rate(X: Tensor) -> Tensor:
    """You gave the best rate, 2 / (λ₁ + λ_K); the limit comes from the steepest direction alone."""
    curvatures = torch.linalg.eigvalsh(2 * X.T @ X / len(X))
    return 2 / (curvatures[0] + curvatures[-1])


def divided_instead(X: Tensor) -> Tensor:
    """You divided the limit by N: what the mean divides is the curvature, below the line."""
    return 2 / torch.linalg.eigvalsh(2 * X.T @ X)[-1] / len(X)


@exercise(
    "The largest rate that works",
    minutes=5,
    difficulty=2,
    place=40,
    hints=HINTS,
    why="In the steepest direction a step multiplies by 1 − lr·λ, which is −1 at lr = 2 / λ.",
    mistakes=(
        of_the_sum,
        without_the_two,
        half_the_limit,
        by_the_flat_direction,
        by_the_trace,
        best_rate,
        divided_instead,
    ),
    inputs=inputs,
    tolerance=Tolerance(absolute=0),
    equivalent=(
        (
            "2 * X.T @ X",
            "X @ (2 * X.T)",
            "X·Xᵀ and Xᵀ·X have the same eigenvalues but for zeros, so the largest is the same",
        ),
    ),
)
def largest_rate(X: Tensor) -> Tensor:
    """Return the rate beyond which gradient descent on the MEAN squared error explodes.

    The loss is ((X @ w - y) ** 2).mean() with X of shape (N, K), float32 or float64. The
    rate is one number, and the targets have no part in it.
    """
    curvatures = torch.linalg.eigvalsh(2 * X.T @ X / len(X))
    return 2 / curvatures[-1]
