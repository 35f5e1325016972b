"""A confusion matrix."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, int]]:
    yield torch.tensor([0, 1, 1, 2, 1]), torch.tensor([0, 0, 1, 2, 0]), 3
    yield torch.tensor([0, 0, 1]), torch.tensor([1, 0, 0]), 4
    yield torch.randint(7, (40,), generator=rng), torch.randint(7, (40,), generator=rng), 7
    yield torch.randint(12, (60,), generator=rng), torch.randint(12, (60,), generator=rng), 12
    yield torch.full((2051,), 1), torch.full((2051,), 1), 2  # more than a byte or float16 counts
    yield torch.tensor([2]), torch.tensor([0]), 3
    yield torch.empty(0, dtype=torch.int64), torch.empty(0, dtype=torch.int64), 2


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Start with a matrix of zeros, and go through the pairs of truth and answer one by one.",
    (
        "Without a loop: give each pair one number, such as truth · n_classes + answer, and"
        " count how often each number occurs."
    ),
    (
        "`bincount(minlength=…)` counts, and includes numbers that never occur; `reshape` "
        "makes rows and columns of the counts."
    ),
)


def transposed(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """Rows and columns are exchanged: the row is the truth, the column is what the network said."""
    return count_pairs(y_hat, y, n_classes)


def repeats_lost(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """You wrote `counts[y, y_hat] += 1`: a pair that occurs several times is written only once.
    Use `index_put_` with `accumulate=True`, `bincount`, or a loop.
    """
    counts = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    counts[y, y_hat] += 1
    return counts


def last_class_missing(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """You made the matrix as large as the largest class that occurs: if the last one is missing,
    so are its row and column. `n_classes` says how large.
    """
    size = int(torch.cat([y, y_hat, y.new_zeros(1)]).max()) + 1
    return count_pairs(y, y_hat, n_classes)[:size, :size]


def cut_short(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """`bincount` ends at the largest number that occurs, so there are too few counts for a square:
    `minlength=n_classes * n_classes` adds the zeros at the end.
    """
    return (y * n_classes + y_hat).bincount().reshape(n_classes, n_classes)


def shares_of_rows(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """You divided each row by its sum: these are shares, and counts are asked for. A class without
    pictures would give 0 / 0.
    """
    counts = count_pairs(y, y_hat, n_classes)
    return counts / counts.sum(dim=1, keepdim=True)


def count_pairs(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    ones = torch.ones(len(y), dtype=torch.int64)
    counts = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    return counts.index_put_((y, y_hat), ones, accumulate=True)


@exercise(
    "A confusion matrix",
    minutes=5,
    difficulty=2,
    place=70,
    hints=HINTS,
    why="Each pair of truth and answer is one number from 0 to n² − 1, and bincount counts those.",
    inputs=inputs,
    mistakes=(transposed, repeats_lost, last_class_missing, cut_short, shares_of_rows),
)
def count_answers(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """Return the confusion matrix, a tensor, (n_classes, n_classes): counts, in any dtype.

    Row t and column a hold how many samples of the true class t were answered with a.
    y, y_hat: (N,), the true classes and the answers, from 0 to n_classes − 1; N may be 0.
    """
    pairs = y * n_classes + y_hat
    return pairs.bincount(minlength=n_classes * n_classes).reshape(n_classes, n_classes)
