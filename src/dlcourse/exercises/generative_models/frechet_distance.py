"""The Fréchet distance."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    one = torch.tensor([[0.0, 0.0], [2.0, 3.0], [4.0, 0.0]])
    yield one, torch.tensor([[3.0, 1.0], [4.0, 0.0], [5.0, 2.0]])
    one, other = torch.randn(9, 2, generator=rng), torch.randn(6, 2, generator=rng)
    yield one @ torch.tensor([[2.0, 1.0], [0.0, 0.5]]), other @ torch.tensor([[1.0, -1], [0, 1]])
    mixed = torch.randn(4, 4, generator=rng)
    yield (
        torch.randn(4, 20, generator=rng).T @ mixed + 3,
        torch.randn(30, 4, generator=rng) + 3,
    )
    features = torch.randn(8, 3, generator=rng, dtype=torch.float64)
    yield features, features.flip(0)  # the same samples in another order: 0
    few = torch.randn(3, 5, generator=rng, dtype=torch.float64)  # fewer samples than features
    yield few, 2 + torch.randn(12, 5, generator=rng, dtype=torch.float64)


# ---------------------------------------------------------------------------- closed half

from dlcourse.exercises.generative_models._wrong_distances import MISTAKES  # noqa: E402 - closed

HINTS = (
    "Three parts: the means, the two traces, and the trace of the root of a product.",
    "Subtract the mean of each feature; then S = X.T @ X / (N − 1). `X.T.cov()` does both.",
    "For the last part take the roots of the eigenvalues of S_a @ S_b, and add them up.",
    "`torch.linalg.eig(S_a @ S_b).eigenvalues` are complex, with imaginary parts 0: take `.real`.",
    "Rounding can make an eigenvalue of 0 negative: `.clamp(min=0)` before `sqrt`.",
)


@exercise(
    "The Fréchet distance",
    minutes=12,
    difficulty=3,
    place=130,
    hints=HINTS,
    why="It compares means and covariances alone: two clouds that agree in both have distance 0.",
    inputs=inputs,
    equivalent=(
        (
            "features_a.mean(dim=0) - features_b.mean(dim=0)",
            "features_b.mean(dim=0) - features_a.mean(dim=0)",
            "The sign of the gap is lost in the square.",
        ),
        (
            "S_a @ S_b",
            "S_b @ S_a",
            "A product of two square matrices has the same eigenvalues in either order.",
        ),
    ),
    tolerance=Tolerance(relative=1e-3, absolute=2e-3),
    mistakes=MISTAKES,
)
def frechet_distance(features_a: Tensor, features_b: Tensor) -> Tensor:
    """Return the (squared) Fréchet distance of two sets of samples, a number.

    Each is (N, d): N samples, which may differ, with d features, two or more. The distance is
    |m_a − m_b|² + trace(S_a) + trace(S_b) − 2 · trace(√(S_a·S_b)), with the means m of the
    features, (d,), and their covariances S, (d, d), where sums are divided by N − 1. The trace of
    the root is the sum of the roots of the eigenvalues of S_a·S_b, which are never negative, but
    for rounding.
    """
    S_a, S_b = features_a.T.cov(), features_b.T.cov()
    roots = torch.linalg.eig(S_a @ S_b).eigenvalues.real.clamp(min=0).sqrt()
    gap = features_a.mean(dim=0) - features_b.mean(dim=0)
    return torch.dot(gap, gap) + S_a.trace() + S_b.trace() - 2 * torch.sum(roots)
