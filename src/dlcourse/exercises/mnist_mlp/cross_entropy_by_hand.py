"""Cross-entropy from logits."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([[2.0, 1.0, 0.0], [2.0, 1.0, 0.0]]), torch.tensor([0, 2])
    yield torch.randn(1, 4, generator=rng), torch.tensor([3])
    yield torch.tensor([[0.0, 200.0, 100.0]]), torch.tensor([0])
    yield torch.tensor([[1000.0, 0.0], [3.0, 1002.0], [999.0, 998.0]]), torch.tensor([0, 1, 1])
    yield torch.tensor([[-1000.0, -1001.0, -999.0]]), torch.tensor([1])
    # e to −4000 is 0 in float64, too, and e to 2000 is inf: half of the gap is too much as well
    yield torch.tensor([[4000.0, 0.0]]), torch.tensor([1])
    yield torch.tensor([[0.0, 1.0], [500.0, 501.0]]), torch.tensor([0, 0])
    many = torch.randn(4, 6, generator=rng, dtype=torch.float64).T
    yield many, torch.randint(4, (6,), generator=rng)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "The logarithm of a quotient is a difference: log(eᵃ / sum) = a − log(sum).",
    (
        "If you subtract the largest score of a row from all of its scores, the "
        "probabilities stay the same, and no power of e is larger than 1."
    ),
    (
        "`logits.max(dim=1, keepdim=True).values` has shape (B, 1); `[torch.arange(len(y)),"
        " y]` picks the truth's place in each row."
    ),
    (
        "Per row: the log of the sum of e to the shifted scores, minus the shifted score of"
        " the truth. Then the mean."
    ),
)


def scores_for_logarithms(logits: Tensor, y: Tensor) -> Tensor:
    """You took minus the raw score of the truth (as `NLLLoss` does with logits): the loss goes
    below 0 without end. A loss below 0 means that the logarithm is missing.
    """
    return -logits[torch.arange(len(y)), y].mean()


def probabilities_for_logarithms(logits: Tensor, y: Tensor) -> Tensor:
    """You took minus the probability of the truth (as `NLLLoss` does after softmax): it lies
    between −1 and 0. Minus its logarithm is wanted.
    """
    return -logits.softmax(dim=1)[torch.arange(len(y)), y].mean()


def exponential_overflows(logits: Tensor, y: Tensor) -> Tensor:
    """You took e to the power of the scores as they are: in float32 it overflows from 89 on, and
    inf / inf is nan. Subtract each row's largest score first; softmax stays the same.
    """
    powers = logits.exp()
    probabilities = powers / powers.sum(dim=1, keepdim=True)
    return -probabilities[torch.arange(len(y)), y].log().mean()


def one_maximum_for_all(logits: Tensor, y: Tensor) -> Tensor:
    """You subtract the largest score of the whole batch: in a row far below it every power becomes
    0, and the loss inf or nan. Each row needs its own: `max(dim=1, keepdim=True).values`.
    """
    shifted = logits - logits.max()
    log_sums = shifted.exp().sum(dim=1).log()
    return (log_sums - shifted[torch.arange(len(y)), y]).mean()


def probability_underflows(logits: Tensor, y: Tensor) -> Tensor:
    """You took the logarithm after softmax: a tiny probability has become 0 by then, and the loss
    inf. Work out the logarithm of the quotient on paper: score minus the log of the sum.
    """
    return -logits.softmax(dim=1)[torch.arange(len(y)), y].log().mean()


def underflows_later(logits: Tensor, y: Tensor) -> Tensor:
    """You took the logarithm after softmax, in float64: that moves the edge from a difference of
    104 to 745, and beyond it the loss is inf again. Work out the logarithm of the quotient.
    """
    return -logits.double().softmax(dim=1)[torch.arange(len(y)), y].log().mean()


def every_pair(logits: Tensor, y: Tensor) -> Tensor:
    """You wrote `[:, y]`: that takes the columns of all truths from each row, (B, B) numbers. One
    number a row is `[torch.arange(len(y)), y]`.
    """
    return -logits.log_softmax(dim=1)[:, y].mean()


def softmax_before_and_within(logits: Tensor, y: Tensor) -> Tensor:
    """You applied softmax twice: `cross_entropy` does it itself, so give it the scores. As it
    stands, even perfect scores cannot bring the loss to 0.
    """
    return nn.functional.cross_entropy(logits.softmax(dim=1), y)


def losses_summed(logits: Tensor, y: Tensor) -> Tensor:
    """You summed over the batch: the loss, and with it every step, grows with the batch size.
    Take the mean.
    """
    return nn.functional.cross_entropy(logits, y, reduction="sum")


@exercise(
    "Cross-entropy from logits",
    minutes=8,
    difficulty=2,
    place=20,
    hints=HINTS,
    why="Once the row's largest score is subtracted, no power overflows and the sum is at least 1.",
    inputs=inputs,
    mistakes=(
        scores_for_logarithms,
        probabilities_for_logarithms,
        exponential_overflows,
        one_maximum_for_all,
        probability_underflows,
        underflows_later,
        every_pair,
        softmax_before_and_within,
        losses_summed,
    ),
)
def cross_entropy_by_hand(logits: Tensor, y: Tensor) -> Tensor:
    """Return the mean cross-entropy of the batch, one number, right for scores of any size.

    logits: (B, C), the scores. y: (B,), the number of each row's true class.
    """
    shifted = logits - logits.max(dim=1, keepdim=True).values
    log_sums = shifted.exp().sum(dim=1).log()  # (B,)
    return (log_sums - shifted[torch.arange(len(y)), y]).mean()
