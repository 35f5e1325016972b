"""Accuracy over unequal batches."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Batches: TypeAlias = Sequence[tuple[Tensor, Tensor]]


def inputs(rng: torch.Generator) -> Iterator[tuple[Batches]]:
    first = torch.tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 4.0]]), torch.tensor([0, 1, 0])
    last = torch.tensor([[5.0, 0.0]]), torch.tensor([0])
    yield ([first, last],)
    logits, y = torch.randn(11, 5, generator=rng), torch.randint(5, (11,), generator=rng)
    y[:7] = logits[:7].argmax(dim=1)
    sizes = [2, 5, 4]  # not only the last batch is short
    yield (list(zip(logits.split(sizes), y.split(sizes), strict=True)),)
    yield (list(zip((-logits.double()).split(3), y.clone().split(3), strict=True)),)
    yield ([(torch.randn(3, 4, generator=rng).T, torch.tensor([2, 0, 1, 1]))],)
    below_zero = -torch.rand(300, 3, generator=rng)  # and more right ones than a byte counts
    many = below_zero[:290].argmax(dim=1), torch.zeros(10, dtype=torch.int64)
    yield ([(below_zero, torch.cat(many))],)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Every picture should count the same, whichever batch it is in.",
    "Keep two counts that grow from batch to batch: right answers, and samples.",
    (
        "`(logits.argmax(dim=1) == y).sum()` right answers in a batch, `len(y)` samples; "
        "divide the two sums after the loop."
    ),
)


def batches_counted(batches: Batches) -> Tensor:
    """You divided by the number of batches, so the result is right answers per batch, and no
    share. Divide by the number of samples.
    """
    return sum_right(batches) / len(batches)


def batches_taken_for_full(batches: Batches) -> Tensor:
    """You counted every batch as full, but the last one is short: `len(y)` says how many samples
    a batch really has. Add these up.
    """
    return sum_right(batches) / (len(batches) * len(batches[0][1]))


def all_but_the_last_taken_for_full(batches: Batches) -> Tensor:
    """You took the first batch's size for all but the last: any batch may have a size of its own.
    Add up `len(y)`.
    """
    n_samples = (len(batches) - 1) * len(batches[0][1]) + len(batches[-1][1])
    return sum_right(batches) / n_samples


def shares_averaged(batches: Batches) -> Tensor:
    """You averaged the batches' shares: a picture in the short last batch then counts more than
    another. Count right answers and samples, and divide once, at the end.
    """
    shares = [(logits.argmax(dim=1) == y).double().mean() for logits, y in batches]
    return torch.stack(shares).mean()


def every_answer_with_every_label(batches: Batches) -> Tensor:
    """You compared every answer with every label: shapes (B, 1) and (B,) broadcast to (B, B).
    Leave out `keepdim`, so that both have shape (B,).
    """
    pairs = [(logits.argmax(dim=1, keepdim=True) == y).sum() for logits, y in batches]
    return torch.stack(pairs).sum() / sum(len(y) for _, y in batches)


def right_in_percent(batches: Batches) -> Tensor:
    """You answer in percent, and a number from 0 to 1 is asked for: leave out the factor of 100."""
    return 100 * sum_right(batches) / sum(len(y) for _, y in batches)


def sum_right(batches: Batches) -> Tensor:
    return torch.stack([(logits.argmax(dim=1) == y).sum() for logits, y in batches]).sum()


@exercise(
    "Accuracy over unequal batches",
    minutes=4,
    difficulty=1,
    place=60,
    hints=HINTS,
    why="Two sums and one division: no picture weighs more than another, whatever the batches.",
    inputs=inputs,
    mistakes=(
        batches_counted,
        batches_taken_for_full,
        all_but_the_last_taken_for_full,
        shares_averaged,
        every_answer_with_every_label,
        right_in_percent,
    ),
)
def share_right(batches: Batches) -> Tensor | float:
    """Return the share of right answers over all samples, a number from 0 to 1.

    batches: a list of pairs: logits (B, C) and labels (B,). B may differ from pair to pair.
    """
    n_right = sum((logits.argmax(dim=1) == y).sum() for logits, y in batches)
    return n_right / sum(len(y) for _, y in batches)
