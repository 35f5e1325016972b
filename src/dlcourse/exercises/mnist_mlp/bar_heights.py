"""A bar for each digit."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[3, 1], [0, 5]]),)
    yield (torch.tensor([[0, 2, 1], [4, 8, 0], [1, 1, 6]]),)
    yield (torch.randint(1, 500, (12, 12), generator=rng).T,)
    yield (torch.tensor([[7]]),)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "All pictures of a digit are in one line of the matrix. Is it a row or a column?",
    "The right answers are on the diagonal: `confusion.diagonal()`.",
    "Divide the diagonal by the sums of the rows, `confusion.sum(dim=1)`, and take percent.",
)


def of_the_answers(confusion: Tensor) -> Tensor:
    """You divided by the sums of the columns: that is how many of the answers "4" were a 4. Asked
    is how many of the fours were read as 4: a row holds the fours.
    """
    return 100 * confusion.diagonal() / confusion.sum(dim=0)


def of_all(confusion: Tensor) -> Tensor:
    """You divided by the number of all pictures, so that a rare digit has a low bar however well
    it is read. Divide by the number of pictures of that digit.
    """
    return 100 * confusion.diagonal() / confusion.sum()


def not_in_percent(confusion: Tensor) -> Tensor:
    """Your heights are shares from 0 to 1, and the axis says percent."""
    return confusion.diagonal() / confusion.sum(dim=1)


@exercise(
    "A bar for each digit",
    minutes=3,
    difficulty=1,
    place=80,
    hints=HINTS,
    why="A row holds all pictures of one digit, and its part on the diagonal was read right.",
    inputs=inputs,
    mistakes=(of_the_answers, of_all, not_in_percent),
)
def bar_heights(confusion: Tensor) -> Tensor:
    """Return the heights of a bar chart: what percent of each true class was read right.

    The result is a tensor (C,).
    confusion: (C, C), counts; rows are the truth, columns what the network said. Each class
    occurs at least once.
    """
    return 100 * confusion.diagonal() / confusion.sum(dim=1)
