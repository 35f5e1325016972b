"""The state after the last real step."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield (
        torch.tensor([[[1.0, -1], [2, -2], [3, -3]], [[4, -4], [5, -5], [6, -6]]]),
        torch.tensor([2, 3]),
    )
    yield torch.randn(4, 6, 3, generator=rng), torch.tensor([1, 6, 3, 5])
    yield torch.randn(5, 3, 2, generator=rng).transpose(0, 1), torch.tensor([2, 4, 3])
    yield torch.randn(1, 4, 5, generator=rng, dtype=torch.float64), torch.tensor([3])
    yield torch.randn(3, 3, 3, generator=rng), torch.tensor([1, 1, 2])


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "With a length of 3, which number has the last real step?",
    "You need a pair of numbers for each sequence: its row, and its step.",
    "`out[rows, steps]` with two tensors of shape (B,) picks one state for each pair.",
    "The rows are `torch.arange(len(out))`, the steps `lengths - 1`.",
)


def last_of_all(out: Tensor, lengths: Tensor) -> Tensor:  # noqa: ARG001
    """You took the last step of every sequence. In a shorter one that is padding, or what the
    network made of it.
    """
    return out[:, -1]


def step_after(out: Tensor, lengths: Tensor) -> Tensor:
    """You took the step with the number of the length. Steps are counted from 0: with a length of
    3, the last real one is 2.
    """
    return out[torch.arange(len(out)), lengths]


def step_after_or_last(out: Tensor, lengths: Tensor) -> Tensor:
    """You took the step after the last real one, wherever there is one: with a length of 3, the
    last real step is 2.
    """
    return out[torch.arange(len(out)), lengths.clamp(max=out.shape[1] - 1)]


def every_pair(out: Tensor, lengths: Tensor) -> Tensor:
    """`out[:, lengths - 1]` takes all these steps of every sequence: (B, B, H). Give the rows as
    numbers, too, so that they go in pairs.
    """
    return out[:, lengths - 1]


def one_step_for_all(out: Tensor, lengths: Tensor) -> Tensor:
    """You took the same step in all sequences, that of the longest. Each has a last step of its
    own.
    """
    return out[:, int(lengths.max()) - 1]


def time_first(out: Tensor, lengths: Tensor) -> Tensor:
    """You gave the step first. `out` is (B, T, H): the row first, then the step."""
    return out[lengths - 1, torch.arange(len(out))]


def mean_of_real(out: Tensor, lengths: Tensor) -> Tensor:
    """That is the mean over all real steps. Asked is the state at the last one."""
    mask = torch.arange(out.shape[1]) < lengths[:, None]
    return (out * mask[:, :, None]).sum(1) / lengths[:, None]


def counted_from_the_end(out: Tensor, lengths: Tensor) -> Tensor:
    """You counted from the end: `-lengths` is that many steps before it. The last real step has the
    number `lengths - 1`.
    """
    return out[torch.arange(len(out)), -lengths]


def kept_as_a_step(out: Tensor, lengths: Tensor) -> Tensor:
    """Your result still has a dimension for time, of size 1. Take it out: `squeeze(1)`."""
    return out[torch.arange(len(out)), lengths - 1][:, None]


@exercise(
    "The state after the last real step",
    minutes=5,
    difficulty=2,
    place=80,
    hints=HINTS,
    why="Two tensors as indices go in pairs, a row and a step for each sequence.",
    inputs=inputs,
    mistakes=(
        last_of_all,
        step_after,
        step_after_or_last,
        every_pair,
        one_step_for_all,
        time_first,
        mean_of_real,
        counted_from_the_end,
        kept_as_a_step,
    ),
)
def last_valid(out: Tensor, lengths: Tensor) -> Tensor:
    """Return the state of each sequence after its last real step: (B, H).

    `out`, (B, T, H), are the states at all steps, padding included. `lengths`, (B,), are whole
    numbers from 1 to T: so many steps of each sequence are real, the first ones.
    """
    return out[torch.arange(len(out)), lengths - 1]
