"""The bars of a chart."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([5, 5, 7]),)
    yield (torch.tensor([4, 0, 4, 1, 4]),)
    yield (torch.randint(3, 12, (2, 20), generator=rng).T[:, 1],)  # not contiguous
    yield (torch.tensor([9]),)
    yield (torch.tensor([1, 8, 8]),)
    yield (torch.tensor([100_000, 2]),)
    yield (torch.full((300,), 6),)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    (
        "First find out which labels occur. Python's `set` removes duplicates; "
        "does it see that two tensors hold equal numbers? And which order does it have?"
    ),
    "`labels.unique()` returns the different labels, in ascending order.",
    (
        "You may count each with `(labels == label).sum()`. Or look up `unique`: "
        "`help(torch.unique)`."
    ),
    "`return_counts=True` makes `unique` return the counts as well.",
)


def members_of_a_set(labels: Tensor) -> tuple[Tensor, Tensor]:
    """You made a set of tensors: they hash by identity, so equal ones stay apart. Take out the
    numbers first, with `labels.tolist()`.
    """
    names = torch.tensor(sorted(label.item() for label in set(labels)))
    return names, torch.tensor([int((labels == name).sum()) for name in names])


def set_not_sorted(labels: Tensor) -> tuple[Tensor, Tensor]:
    """A set has no order: some small numbers happen to come out sorted, others do not. Write
    `sorted(set(…))`.
    """
    names = list(set(labels.tolist()))
    return torch.tensor(names), torch.tensor([int((labels == name).sum()) for name in names])


def counted_at_positions(labels: Tensor) -> tuple[Tensor, Tensor]:
    """You counted with `+= 1` at a list of positions, which writes a repeated one only once."""
    names, positions = labels.unique(return_inverse=True)
    counts = torch.zeros(len(names), dtype=torch.int64)
    counts[positions] += 1
    return names, counts


def gaps_counted(labels: Tensor) -> tuple[Tensor, Tensor]:
    """You made a bar for every number up to the largest. Only labels that occur get one."""
    counts = labels.bincount()
    return torch.arange(len(counts)), counts


def every_count(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Your counts do not match your labels: `bincount` has one for every number up to the largest,
    the zeros included. Keep those of the labels that occur.
    """
    return labels.unique(), labels.bincount()


def runs(labels: Tensor) -> tuple[Tensor, Tensor]:
    """You counted runs: `unique_consecutive` only compares neighbors. Equal labels may be apart."""
    names, counts = labels.unique_consecutive(return_counts=True)
    return names, counts


def as_they_come(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Your bars are in the order in which the labels come. Sort them by label."""
    names = list(dict.fromkeys(labels.tolist()))
    return torch.tensor(names), torch.tensor([labels.tolist().count(name) for name in names])


def shares(labels: Tensor) -> tuple[Tensor, Tensor]:
    """You divided by the number of labels. The bars show the counts, not the shares."""
    names, counts = labels.unique(return_counts=True)
    return names, counts / len(labels)


@exercise(
    "The bars of a chart",
    minutes=4,
    difficulty=1,
    place=10,
    hints=HINTS,
    why="`unique` compares the numbers themselves, sorts them, and counts them along the way.",
    inputs=inputs,
    mistakes=(
        members_of_a_set,
        set_not_sorted,
        counted_at_positions,
        gaps_counted,
        every_count,
        runs,
        as_they_come,
        shares,
    ),
)
def bars(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return where the bars are and how high they are: a tuple of two tensors of equal length.

    The first holds the labels that occur, in ascending order, the second how often each occurs.
    For [5, 5, 7] they are [5, 7] and [2, 1]. `labels` is a vector of whole numbers from 0 up.
    """
    return labels.unique(return_counts=True)
