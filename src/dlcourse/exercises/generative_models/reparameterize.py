"""Noise that lets slopes through."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

N_ROWS = 10_000


def use(answer: Callable[..., Any], means: list[float], spreads: list[float]) -> object:
    """Draw many rows with these means and standard deviations, and look at them."""
    of = torch.tensor(spreads)
    mean = torch.tensor(means).expand(N_ROWS, -1).clone().requires_grad_()
    log_variance = (2 * of.log()).expand(N_ROWS, -1).clone().requires_grad_()
    z = answer(mean, log_variance)
    if not isinstance(z, Tensor) or z.shape != mean.shape:
        return z if z is None else {"z": z}
    if not z.requires_grad:
        return {"graph of z": "missing"}
    slopes = torch.autograd.grad(z.sum(), (mean, log_variance), allow_unused=True)
    along_mean, along_log = (torch.zeros_like(z) if one is None else one for one in slopes)
    standard = (z.detach() - mean.detach()) / of
    others = [standard.roll(far, dims=0) for far in (1, N_ROWS // 2)]
    return {
        "graph of z": "there",
        "slope along the mean, least and largest": [along_mean.min(), along_mean.max()],
        "means of z, in standard deviations from where they should be": standard.mean(dim=0),
        "standard deviations of z, each divided by what it should be": standard.std(dim=0),
        "share of z within half a standard deviation": (standard.abs() < 0.5).float().mean(),
        "correlations of its numbers, and of rows next to or far from each other": (
            torch.cat([standard, *others], dim=1).T.corrcoef()
        ),
        "mean of slope along the log variance, minus (z − mean) / 2, squared": (
            (along_log - standard * of / 2).square().mean()
        ),
        "two calls gave the same numbers": float((answer(mean, log_variance) == z).float().mean()),
    }


def inputs(_: torch.Generator) -> Iterator[tuple[list[float], list[float]]]:
    yield [0.0, 5.0], [1.0, 2.0]
    yield [-3.0, 0.5, 100.0], [0.1, 3.0, 0.5]


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Draw standard normal numbers first, which depend on nothing. Then stretch and shift them.",
    "`torch.randn_like(mean)` has the shape of the mean, with a new number in each place.",
    "The log variance is twice the logarithm of s, the standard deviation. So what is s?",
    "mean + s · noise, with the standard deviation s = exp(log_variance / 2).",
)


def variance_as_spread(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You multiplied the noise by the variance, `exp(log_variance)`. Where that is 4, the standard
    deviation is 2: `exp(log_variance / 2)`.
    """
    return mean + log_variance.exp() * torch.randn_like(mean)


def log_as_spread(mean: Tensor, log_variance: Tensor) -> Tensor:
    """You multiplied the noise by the logarithm itself. The standard deviation is
    `exp(log_variance / 2)`.
    """
    return mean + log_variance * torch.randn_like(mean)


def log_of_the_spread(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Half of the log variance is the logarithm of the standard deviation. Take its exp."""
    return mean + log_variance / 2 * torch.randn_like(mean)


def fourth_root(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Your standard deviation is the root of what it should be: `exp(log_variance / 2)` is already
    the root of the variance.
    """
    return mean + (log_variance / 4).exp() * torch.randn_like(mean)


def drawn_by_torch(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The numbers are right, but `torch.normal` lets no slope through: the encoder would never
    learn, and no error says so. Draw standard noise, and stretch and shift it yourself.
    """
    return torch.normal(mean, (log_variance / 2).exp())


def drawn_without_graph(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The numbers are right, but they have no graph, so the encoder would never learn. Use `mean`
    and `log_variance` themselves, without `detach` or `no_grad`.
    """
    return torch.normal(mean.detach(), (log_variance.detach() / 2).exp())


def spread_cut_off(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The numbers are right, but no slope gets to the log variance. The encoder learns both."""
    return mean + (log_variance.detach() / 2).exp() * torch.randn_like(mean)


def mean_alone(mean: Tensor, log_variance: Tensor) -> Tensor:  # noqa: ARG001
    """You returned the mean, without noise. A decoder that never sees noise learns single points,
    and not what is between them.
    """
    return mean + 0


def uniform_noise(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Your noise is uniform between 0 and 1: that is `rand`. Normal noise is `randn`."""
    return mean + (log_variance / 2).exp() * torch.rand_like(mean)


def one_number_for_a_row(mean: Tensor, log_variance: Tensor) -> Tensor:
    """All numbers of a row have the same noise. Draw one for each place: `randn_like(mean)`."""
    return mean + (log_variance / 2).exp() * torch.randn(len(mean), 1)


def one_row_for_all(mean: Tensor, log_variance: Tensor) -> Tensor:
    """All rows have the same noise. Draw one number for each place: `randn_like(mean)`."""
    return mean + (log_variance / 2).exp() * torch.randn(mean.shape[1])


def one_number_for_all(mean: Tensor, log_variance: Tensor) -> Tensor:
    """All places have the same noise, one number. Draw one for each: `randn_like(mean)`."""
    return mean + (log_variance / 2).exp() * torch.randn(1)


def seeded(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The numbers are right, but the noise is the same in each call, as with a seed that is set in
    the function. Each call needs new noise.
    """
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
    return mean + (log_variance / 2).exp() * noise


@exercise(
    "Noise that lets slopes through",
    minutes=5,
    difficulty=1,
    place=150,
    hints=HINTS,
    why="The randomness comes from outside, so z is a plain function of mean and log variance.",
    inputs=inputs,
    equivalent=(
        (
            "mean + (",
            "mean - (",
            "Standard normal noise is the same with the other sign: the bell is symmetric.",
        ),
    ),
    use=use,
    tolerance=Tolerance(relative=0.0, absolute=0.06),
    mistakes=(
        variance_as_spread,
        log_as_spread,
        log_of_the_spread,
        fourth_root,
        drawn_by_torch,
        drawn_without_graph,
        spread_cut_off,
        mean_alone,
        uniform_noise,
        one_number_for_a_row,
        one_row_for_all,
        one_number_for_all,
        seeded,
    ),
)
def reparameterize(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return normal random numbers z, (B, n_z), one for each mean and its log variance, (B, n_z).

    The log variance is the logarithm of the variance, the square of the standard deviation. Slopes
    get from z back to both tensors: an encoder learns through them. Each number has noise of its
    own, and each call draws new noise.
    """
    return mean + (log_variance / 2).exp() * torch.randn_like(mean)
