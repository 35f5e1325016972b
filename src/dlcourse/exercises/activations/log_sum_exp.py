"""Log-sum-exp without overflow."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[0.0, 0.0], [1.0, 3.0], [2.0, -1.0]]),)
    yield (torch.tensor([[1000.0, 1000.0, 0.0]]),)  # a batch of one
    yield (torch.tensor([[-1000.0, -1001.0], [1000.0, 999.0], [0.0, 7.0]], dtype=torch.float64),)
    yield (torch.randn(3, 5, generator=rng).T,)
    yield (torch.tensor([[-400.0], [2.5]]),)  # one score: itself
    yield (torch.tensor([[0.0, 1000.0], [1000.0, -1000.0]]),)  # the first, and far apart


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "What becomes of the result if you add 10 to all scores of a row? e¹⁰ is a factor.",
    "So log(sum of exp(scores)) = m + log(sum of exp(scores − m)) for any m. Which m is safe?",
    "Take each row's maximum, m = `scores.amax(dim=1)`, of shape (N,). `m[:, None]` is (N, 1).",
    "`(scores - m[:, None]).exp().sum(dim=1).log()`, and the maximum added again.",
)


def in_three_steps(scores: Tensor) -> Tensor:
    """You took exp of the scores as they are: it overflows at 1000, and at −1000 all are 0, whose
    logarithm is −∞. Subtract each row's maximum before exp, and add it again after the logarithm.
    """
    return scores.exp().sum(dim=1).log()


def less_the_first(scores: Tensor) -> Tensor:
    """You subtracted the first score of each row. Where another one is far above it, exp still
    overflows: subtract the maximum.
    """
    first = scores[:, 0]
    return (scores - first[:, None]).exp().sum(dim=1).log() + first


def not_added_again(scores: Tensor) -> Tensor:
    """You subtracted the maximum and did not add it back: here, unlike in a softmax, it does not
    cancel.
    """
    top = scores.amax(dim=1, keepdim=True)
    return (scores - top).exp().sum(dim=1).log()


def the_largest(scores: Tensor) -> Tensor:
    """You returned the maximum. It is close to the result where one score leads, but two equal
    scores of 0 give log 2.
    """
    return scores.amax(dim=1)


def a_column_for_a_row(scores: Tensor) -> Tensor:
    """The numbers are right, but the shape is (N, 1). Drop the last dimension of size 1."""
    return scores.logsumexp(dim=1, keepdim=True)


def column_and_row(scores: Tensor) -> Tensor:
    """You added a column, (N, 1), to a row, (N,): they broadcast to (N, N). Give both the same
    shape, (N,) or (N, 1).
    """
    top = scores.amax(dim=1, keepdim=True)
    return top + (scores - top).exp().sum(dim=1).log()


def along_the_batch(scores: Tensor) -> Tensor:
    """You added down the batch, along dimension 0: one number for each class came out. One for
    each row is asked for: `dim=1`.
    """
    return scores.logsumexp(dim=0)


def maximum_of_the_batch(scores: Tensor) -> Tensor:
    """You subtracted the maximum of the whole batch: in a row far below it every exp is 0, whose
    logarithm is −∞. Take each row's own: `amax(dim=1)`.
    """
    return (scores - scores.max()).exp().sum(dim=1).log() + scores.max()


@exercise(
    "Log-sum-exp without overflow",
    minutes=4,
    difficulty=2,
    place=50,
    hints=HINTS,
    why="With the maximum taken out, the largest exp is 1: no overflow, and no logarithm of 0.",
    inputs=inputs,
    mistakes=(
        in_three_steps,
        less_the_first,
        not_added_again,
        the_largest,
        a_column_for_a_row,
        column_and_row,
        along_the_batch,
        maximum_of_the_batch,
    ),
)
def log_sum_exp(scores: Tensor) -> Tensor:
    """Return log(sum of exp(score)) of each row: tensors (N, C) to (N,); right at ±1000, too."""
    top = scores.amax(dim=1)
    return (scores - top[:, None]).exp().sum(dim=1).log() + top
