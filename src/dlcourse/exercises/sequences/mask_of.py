"""A mask from lengths."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int]]:
    yield torch.tensor([3, 1]), 4
    yield torch.randint(1, 10, (6,), generator=rng), 9
    yield torch.tensor([2]), 2
    yield torch.tensor([5, 1, 4], dtype=torch.int32), 12
    yield torch.tensor([1, 2, 0]), 3  # an empty sequence


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Step t is real where t is below the length. How do you ask that for all steps at once?",
    "`torch.arange(n_steps)` are the numbers of the steps, (T,).",
    "Compare (T,) with (B, 1): `lengths[:, None]` makes a column of the lengths.",
)


def one_too_many(lengths: Tensor, n_steps: int) -> Tensor:
    """Your mask has one True too many in a row: with a length of 3 the real steps are 0, 1, 2."""
    return torch.arange(n_steps) <= lengths[:, None]


def one_too_few(lengths: Tensor, n_steps: int) -> Tensor:
    """Your mask leaves out the last real step: with a length of 3 the real steps are 0, 1, 2."""
    return torch.arange(1, n_steps + 1) < lengths[:, None]


def first_left_out(lengths: Tensor, n_steps: int) -> Tensor:
    """Your mask leaves out the first step: steps are counted from 0."""
    steps = torch.arange(n_steps)
    return (steps > 0) & (steps < lengths[:, None])


def transposed(lengths: Tensor, n_steps: int) -> Tensor:
    """Your mask is (T, B). Each sequence should be a row: (B, T)."""
    return torch.arange(n_steps)[:, None] < lengths


def padding_marked(lengths: Tensor, n_steps: int) -> Tensor:
    """Your mask is True where there is padding. It should be True at the real steps."""
    return torch.arange(n_steps) >= lengths[:, None]


def as_long_as_the_longest(lengths: Tensor, n_steps: int) -> Tensor:  # noqa: ARG001
    """Your mask is as long as the longest sequence. It should have `n_steps` columns."""
    return torch.arange(int(lengths.max())) < lengths[:, None]


def of_numbers(lengths: Tensor, n_steps: int) -> Tensor:
    """Your mask holds numbers. Make it of truth values: as an index, ones and zeros would pick rows
    1 and 0. The comparison itself gives them, or `.bool()`.
    """
    return (torch.arange(n_steps) < lengths[:, None]).float()


def last_steps(lengths: Tensor, n_steps: int) -> Tensor:
    """Your mask is True at the end of each row. The padding is at the end, the real steps come
    first.
    """
    return (torch.arange(n_steps) < lengths[:, None]).flip(1)


@exercise(
    "Which steps are real",
    minutes=3,
    difficulty=1,
    place=70,
    hints=HINTS,
    why="A row of step numbers against a column of lengths: broadcasting makes the table.",
    inputs=inputs,
    mistakes=(
        one_too_many,
        one_too_few,
        first_left_out,
        transposed,
        padding_marked,
        as_long_as_the_longest,
        of_numbers,
        last_steps,
    ),
)
def mask_of(lengths: Tensor, n_steps: int) -> Tensor:
    """Return a mask, (B, n_steps): True at the real steps, False where there is padding.

    `lengths`, (B,), are whole numbers from 0 to `n_steps`: so many steps of each sequence are
    real. They come first, and padding follows.
    """
    return torch.arange(n_steps) < lengths[:, None]
