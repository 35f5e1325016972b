"""Clip by the norm."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[list[Tensor], float]]:
    yield [torch.tensor([3.0]), torch.tensor([0.0, -4.0])], 1.0
    yield [torch.tensor([0.3]), torch.tensor([0.0, -0.4])], 1.0
    yield [torch.randn(s, generator=rng) for s in ((4, 3), (4,), (2, 2, 2))], 2.5
    yield [torch.tensor([[-0.5]]), torch.tensor([1.0, 2.0])], 4.0
    yield [torch.zeros(2, 3), torch.zeros(3)], 0.5
    yield [torch.tensor(-70.0, dtype=torch.float64), 1e4 * torch.randn(5, 2, generator=rng).T], 10.0
    yield [torch.tensor([[0.02, -0.05]]), torch.zeros(1)], 0.04


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "There is one norm for all tensors together. Which numbers go into it?",
    "The norm: the root of the sum of the squares of all numbers in all tensors.",
    "If it is larger than `max_norm`, multiply every tensor by max_norm / norm; else by 1.",
    "The factor is `min(1.0, max_norm / norm)`. But what is it where the norm is 0?",
)


def norm_of(gradients: list[Tensor]) -> float:
    """Return the norm of all of them together."""
    return float(sum(float((g.double() ** 2).sum()) for g in gradients) ** 0.5)


def each_by_itself(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You clipped each tensor by its own norm, and that turns the gradient to another direction.
    All tensors together have one norm.
    """
    return [clip_by_norm.answer([one], max_norm)[0] for one in gradients]


def each_number(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You clipped each number, and that turns the gradient to another direction. Multiply all by
    the same factor.
    """
    return [one.clamp(-max_norm, max_norm) for one in gradients]


def always_scaled(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You also lengthened a short gradient. Clipping only shortens: leave it as it is where its
    norm is below the limit.
    """
    norm = norm_of(gradients)
    return [one * (max_norm / norm if norm else 1) for one in gradients]


def always_divided(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You also lengthened a short gradient, and a gradient of zeros became nan. Clipping only
    shortens: leave it as it is where its norm is below the limit.
    """
    norm = norm_of(gradients)
    return [one * (max_norm / norm if norm else float("nan")) for one in gradients]


def zero_in_the_denominator(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """The norm of a gradient of zeros is 0, and you divided by it. First ask whether the norm is
    larger than `max_norm`: only then divide.
    """
    factor = min(1.0, max_norm / norm_of(gradients))
    return [factor * one for one in gradients]


def to_length_one(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You divided by the norm, so that 1 is left. The norm that is left should be `max_norm`."""
    norm = norm_of(gradients)
    return [one / norm if norm > max_norm else one.clone() for one in gradients]


def squares_not_rooted(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You took the sum of the squares for the norm. The norm is its root."""
    norm = norm_of(gradients) ** 2
    return [one * (max_norm / norm if norm > max_norm else 1) for one in gradients]


def norms_added(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You added up the norms of the tensors. Norms add up as squares: sum the squares, and then
    take the root.
    """
    norm = sum(norm_of([one]) for one in gradients)
    return [one * (max_norm / norm if norm > max_norm else 1) for one in gradients]


def sizes_added(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You added up the absolute values. The norm is the root of the sum of the squares."""
    norm = sum(float(one.abs().sum()) for one in gradients)
    return [one * (max_norm / norm if norm > max_norm else 1) for one in gradients]


def largest_norm(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You took the largest of the tensors' norms. One norm is of all numbers together."""
    norm = max(norm_of([one]) for one in gradients)
    return [one * (max_norm / norm if norm > max_norm else 1) for one in gradients]


def norm_of_means(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You took the mean of the squares. The norm is the root of their sum."""
    norm = norm_of(gradients) / sum(one.numel() for one in gradients) ** 0.5
    return [one * (max_norm / norm if norm > max_norm else 1) for one in gradients]


def set_to_zero(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """You dropped a gradient that is too long. Shorten it: its direction is worth keeping."""
    return [one * (norm_of(gradients) <= max_norm) for one in gradients]


def in_place(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """The numbers are right, but you changed what you were given, the list or its tensors. Return a
    new list of new tensors: `g * factor`, not `g *= factor`.
    """
    factor = min(1.0, max_norm / max(norm_of(gradients), 1e-30))
    for one in gradients:
        one *= factor
    return gradients


@exercise(
    "Clip by the norm",
    minutes=5,
    difficulty=2,
    place=60,
    hints=HINTS,
    why="One factor for all numbers keeps the direction; and it is never above 1.",
    inputs=inputs,
    equivalent=(
        (
            "max(norm, max_norm)",
            "max(max_norm, norm)",
            "The larger of two numbers is the same in either order.",
        ),
    ),
    mistakes=(
        each_by_itself,
        each_number,
        always_scaled,
        always_divided,
        zero_in_the_denominator,
        to_length_one,
        squares_not_rooted,
        norms_added,
        sizes_added,
        largest_norm,
        norm_of_means,
        set_to_zero,
        in_place,
    ),
)
def clip_by_norm(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    """Return the gradients, a list of tensors, shortened to the norm `max_norm` if it is larger.

    The norm is that of all numbers in all tensors together, and all keep their proportions. Each
    new tensor has the shape of the old one; the old ones stay as they are. `max_norm` is above 0.
    """
    norm = torch.stack([(g**2).sum() for g in gradients]).sum().sqrt().item()
    factor = max_norm / max(norm, max_norm)
    return [factor * g for g in gradients]
