"""The distance to the standard normal distribution."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([[0.0], [1.0], [0.0]]), torch.tensor([[0.0], [0.0], [2.0]])
    yield torch.randn(4, 3, generator=rng).T, torch.randn(3, 4, generator=rng)
    yield 5 * torch.randn(1, 6, generator=rng), -4 + torch.randn(1, 6, generator=rng)
    yield 0.3 * torch.randn(5, 2, generator=rng).double(), 3 * torch.rand(5, 2, generator=rng)
    yield torch.tensor([[0.0, 3.0]]), torch.tensor([[-200.0, -200.0]])  # hardly any noise is left


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "First one number for each place, (B, n_z): what does a place with mean 0, variance 1 give?",
    "In each place: half of mean² + variance − 1 − log variance.",
    "The variance is the exp of the log variance.",
    "Sum over dimension 1: the numbers of a z add up, and each sample keeps its own.",
)


def places(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return what each place contributes, (B, n_z)."""
    return (mean**2 + log_variance.exp() - 1 - log_variance) / 2


def mean_of_the_places(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You took the mean over the numbers of z. They add up, as the pixels of a picture do: with a
    mean, this part of the loss would weigh too little, or the pixels too much.
    """
    return places(mean, log_variance).mean(dim=1)


def batch_summed(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You summed over the whole batch. Each sample should keep its own: sum over dimension 1."""
    return places(mean, log_variance).sum()


def batch_averaged(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You took the mean over the batch. That comes later: here each sample keeps its own, (B,)."""
    return places(mean, log_variance).sum(dim=1).mean()


def along_the_batch(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You summed along the batch. Each sample should keep its own: sum over dimension 1."""
    return places(mean, log_variance).sum(dim=0)


def not_summed(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You have a number for each place. Sum those of a sample, over dimension 1."""
    return places(mean, log_variance)


def sign_turned(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Your result has the other sign. A KL divergence is never negative. (The formula of the first
    paper is for −KL, which is to be made large.)
    """
    return -places(mean, log_variance).sum(dim=1)


def spread_for_variance(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You took the standard deviation where the variance belongs: the variance is the exp of the
    log variance, without a half.
    """
    return ((mean**2 + (log_variance / 2).exp() - 1 - log_variance) / 2).sum(dim=1)


def log_taken_for_log_spread(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You doubled the log variance, as if it were the logarithm of the standard deviation. It is
    that of the variance already.
    """
    return places(mean, 2 * log_variance).sum(dim=1)


def log_taken_for_variance(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You took the log variance for the variance itself, so that the logarithm of a negative number
    is nan. The variance is its exp.
    """
    return ((mean**2 + log_variance - 1 - log_variance.log()) / 2).sum(dim=1)


def log_of_an_exp(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The formula is right, but exp(−200) rounds to 0 in float32, and its logarithm is infinite.
    You have that logarithm already: it is `log_variance`.
    """
    variance = log_variance.exp()
    return ((mean**2 + variance - 1 - variance.log()) / 2).sum(dim=1)


def half_forgotten(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You forgot the half: mean 1 and variance 1 should give 0.5."""
    return 2 * places(mean, log_variance).sum(dim=1)


def mean_not_squared(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You did not square the mean: means of −1 and 1 are equally far from 0."""
    return ((mean + log_variance.exp() - 1 - log_variance) / 2).sum(dim=1)


def one_forgotten(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You forgot the −1: with mean 0 and variance 1 there is no difference, and the result should
    be 0.
    """
    return ((mean**2 + log_variance.exp() - log_variance) / 2).sum(dim=1)


def other_way_round(mean: Tensor, log_variance: Tensor) -> Tensor:
    """That is the KL divergence in the other direction, from the standard normal distribution to
    this one. The two differ.
    """
    ratio = (1 + mean**2) / log_variance.exp()
    return ((ratio - 1 + log_variance) / 2).sum(dim=1)


@exercise(
    "The price of a code",
    minutes=6,
    difficulty=1,
    place=160,
    hints=HINTS,
    why="Each number of z pays for being away from mean 0 and variance 1, and the prices add up.",
    inputs=inputs,
    mistakes=(
        mean_of_the_places,
        batch_summed,
        batch_averaged,
        along_the_batch,
        not_summed,
        sign_turned,
        spread_for_variance,
        log_taken_for_log_spread,
        log_taken_for_variance,
        log_of_an_exp,
        half_forgotten,
        mean_not_squared,
        one_forgotten,
        other_way_round,
    ),
)
def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return for each sample of a batch how far its distribution is from a standard normal, (B,).

    An encoder gives each sample n_z means and log variances, both (B, n_z). The measure is
    the KL divergence from the normal distribution with these means and variances to that with mean
    0 and variance 1. Each of the n_z numbers has (mean² + variance − 1 − log variance) / 2, and
    those of a sample add up.
    """
    each = mean**2 + log_variance.exp() - 1 - log_variance
    return each.sum(dim=1) / 2
