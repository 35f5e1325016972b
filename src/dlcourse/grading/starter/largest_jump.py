"""The largest jump in a series: an exercise to start from."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    # The smallest comes first: it is the one that a message shows. What is drawn with `rng` is new
    # for each class, so that recorded answers are wrong.
    yield (torch.tensor([1.0, 4.0, 2.0]),)
    yield (torch.randn(2, generator=rng),)
    yield (torch.randn(50, generator=rng).cumsum(0),)
    yield (torch.randn(30, 3, generator=rng, dtype=torch.float64)[:, 1] - 100,)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "What is `x[1:]`, and what is `x[:-1]`?",
    "Subtract the two: that is what each number is above the one before.",
    "A jump down counts, too: take absolute values before you take the largest.",
)


def only_up(x: Tensor) -> Tensor:
    """You looked at jumps up alone. A jump down counts, too: take the absolute value of each."""
    return (x[1:] - x[:-1]).max()


def from_the_first(x: Tensor) -> Tensor:
    """You compared each number with the first one. Compare it with the one before."""
    return (x - x[0]).abs().max()


def average(x: Tensor) -> Tensor:
    """You took the mean of the jumps. Asked for is the largest."""
    return (x[1:] - x[:-1]).abs().mean()


@exercise(
    "The largest jump",
    minutes=5,
    difficulty=1,
    hints=HINTS,
    why="Two slices that are one place apart put each number beside the one before it.",
    inputs=inputs,
    mistakes=(only_up, from_the_first, average),
)
def largest_jump(x: Tensor) -> Tensor:
    """Return the largest distance between two numbers of `x` that follow each other.

    Shapes: x is (N,), N at least 2; the result is one number.
    """
    return (x[1:] - x[:-1]).abs().max()
