"""What L1 and L2 leave of a weight."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float]]:
    yield torch.tensor([3.0, 0.5, -2.0]), 1.0
    yield torch.tensor([-0.2, 0.2, 0.0, 0.3]), 0.25
    yield torch.tensor([7.0, -7.0]), 4.0
    yield torch.randn(3, 4, generator=rng, dtype=torch.float64).T, 0.4
    yield torch.tensor([5.0, -1e-3]), 0.0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "At the best w the slope is 0, where there is one. Which slope has each of the two sums?",
    "With L2 it is (w − c) + strength · w. Set it to 0, and solve for w.",
    "With L1 and w > 0 it is (w − c) + strength, so w is c − strength. When is that above 0?",
    "Where |c| is at most the strength, w = 0 is best: `(c.abs() - strength).clamp(min=0)`.",
)


def not_stopped_at_zero(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """With L1 you moved small weights past 0, to the other side. There |w| pulls them back: where
    |c| is at most the strength, w = 0 is best.
    """
    return c - strength * c.sign(), c / (1 + strength)


def for_positive_weights(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """With L1 your w is right where c is above 0. A negative c moves up toward 0."""
    return (c - strength).clamp(min=0), c / (1 + strength)


def negative_moved_away(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """With L1 you moved a negative c away from 0. L1 pulls toward 0 from both sides: there, w is
    c + strength.
    """
    return torch.where(c.abs() <= strength, 0.0, c - strength), c / (1 + strength)


def without_the_sign(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """With L1 you lost the sign: the w of a negative c is negative, or 0."""
    return (c.abs() - strength).clamp(min=0), c / (1 + strength)


def cut_off_only(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """With L1 you set the small weights to 0 and left the others as they are. It moves those, too,
    by the strength: its slope is the same everywhere.
    """
    return c * (c.abs() > strength), c / (1 + strength)


def one_step_of_l2(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """With L2 you multiplied by 1 − strength. That is a step of rate 1 from c, and not yet the best
    w: the pull becomes weaker on the way. Solve (w − c) + strength · w = 0.
    """
    return c.sign() * (c.abs() - strength).clamp(min=0), c * (1 - strength)


def without_the_half(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """With L2 you divided by 1 + 2 · strength: that is for strength · w², without the half."""
    return c.sign() * (c.abs() - strength).clamp(min=0), c / (1 + 2 * strength)


def exchanged(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """You exchanged the two: L1 comes first."""
    return c / (1 + strength), c.sign() * (c.abs() - strength).clamp(min=0)


def half_the_strength(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """With L1 you moved by half the strength. The half before (w − c)² cancels the square's 2."""
    return c.sign() * (c.abs() - strength / 2).clamp(min=0), c / (1 + strength)


def maximum_along_a_dimension(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """In `torch.max(c, 0)` the 0 is a dimension: it returns the maxima along it, with their places.
    Write `.clamp(min=0)` for the larger of each number and 0.
    """
    larger: Any = torch.max(c.abs() - strength, 0)
    return c.sign() * larger, c / (1 + strength)


@exercise(
    "What L1 and L2 leave of a weight",
    minutes=6,
    difficulty=2,
    place=70,
    hints=HINTS,
    why="L1 pulls equally hard everywhere, so it reaches 0; L2's pull fades as w comes near to 0.",
    inputs=inputs,
    mistakes=(
        not_stopped_at_zero,
        for_positive_weights,
        negative_moved_away,
        without_the_sign,
        cut_off_only,
        one_step_of_l2,
        without_the_half,
        exchanged,
        half_the_strength,
        maximum_along_a_dimension,
    ),
)
def regularized(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """Return the best weights with L1 and the best with L2: two tensors of the shape of `c`.

    Without either, the loss of a weight w is ½·(w − c)², and w = c is best. For each element of
    `c`, the first result minimizes ½·(w − c)² + strength · |w|, and the second minimizes
    ½·(w − c)² + ½ · strength · w². `strength` is at least 0.
    """
    return c.sign() * (c.abs() - strength).clamp(min=0), c / (1 + strength)
