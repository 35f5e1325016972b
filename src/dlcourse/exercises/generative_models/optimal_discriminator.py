"""The best discriminator."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float, float]]:
    yield torch.tensor([0.0, 1.0, 2.0]), 2.0, 1.0
    yield torch.tensor([0.0, 0.5, -2.0]), 0.0, 0.5
    yield 2 * torch.randn(3, 2, generator=rng).T, -1.5, 3.0
    yield torch.tensor([-60.0, 20.0]), 0.01, 1.0  # both densities are 0 for float32
    yield torch.tensor([60.0], dtype=torch.float64), 0.01, 1.0  # and for float64
    yield torch.tensor([-200.0, 60.0]), 2.0, 0.5  # and their quotient is infinite
    yield torch.randn(1, 1, generator=rng, dtype=torch.float64), 2.5, 0.8


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "The best answer is p / (p + q), with the density p of the real numbers and q of the others.",
    "Far from both centers p and q round to 0, and 0 / 0 is nan. Their logarithms do not.",
    "p / (p + q) is the sigmoid of log p − log q: work with the logarithms only.",
    "log p is −x² / 2, log q is −((x − mu) / sigma)² / 2 − log sigma; the rest is common to both.",
)


def log_ratio(x: Tensor, mu: float, sigma: float) -> Tensor:
    """Return log p − log q."""
    return (x - mu) ** 2 / (2 * sigma**2) + math.log(sigma) - x**2 / 2


def density(x: Tensor, mu: float, sigma: float) -> Tensor:
    """Return the density of a normal distribution."""
    return (-(((x - mu) / sigma) ** 2) / 2).exp() / (sigma * math.sqrt(2 * math.pi))


def generated_on_top(x: Tensor, mu: float, sigma: float) -> Tensor:
    """You returned q / (p + q), the probability that a number comes from the generator. Here 1
    means real: p / (p + q).
    """
    return (-log_ratio(x, mu, sigma)).sigmoid()


def logit_itself(x: Tensor, mu: float, sigma: float) -> Tensor:
    """You returned the logit, log p − log q. Its sigmoid is the probability."""
    return log_ratio(x, mu, sigma)


def ratio(x: Tensor, mu: float, sigma: float) -> Tensor:
    """You returned p / q, which can be larger than 1. The probability is p / (p + q)."""
    return log_ratio(x, mu, sigma).exp()


def densities_divided(x: Tensor, mu: float, sigma: float) -> Tensor:
    """The formula is right, but far from both centers p and q round to 0, and 0 / 0 is nan.
    Subtract their logarithms, and take the sigmoid of that.
    """
    p, q = density(x, 0.0, 1.0), density(x, mu, sigma)
    return p / (p + q)


def softened_denominator(x: Tensor, mu: float, sigma: float) -> Tensor:
    """A small number in the denominator removes the nan, but far from both centers the result is
    now 0 where it should not be. Subtract the logarithms of p and q instead.
    """
    p, q = density(x, 0.0, 1.0), density(x, mu, sigma)
    return p / (p + q + 1e-8)


def wide_densities_divided(x: Tensor, mu: float, sigma: float) -> Tensor:
    """float64 only moves the place where p and q round to 0: a little farther out 0 / 0 is nan
    again. Subtract the logarithms of p and q, and take the sigmoid of that.
    """
    return densities_divided(x.double(), mu, sigma)


def ratio_over_one_plus_ratio(x: Tensor, mu: float, sigma: float) -> Tensor:
    """The formula is right, but where q is far smaller than p, the quotient p / q is infinite, and
    ∞ / ∞ is nan. Take the sigmoid of its logarithm.
    """
    ratio = log_ratio(x, mu, sigma).exp()
    return ratio / (1 + ratio)


def height_forgotten(x: Tensor, mu: float, sigma: float) -> Tensor:
    """You left out the factor 1 / sigma of the density q: a narrow bell is higher than a wide
    one.
    """
    return (log_ratio(x, mu, sigma) - math.log(sigma)).sigmoid()


def height_upside_down(x: Tensor, mu: float, sigma: float) -> Tensor:
    """The logarithm of sigma has the wrong sign. q is divided by sigma: so it is subtracted in
    log q, and added in −log q.
    """
    return (log_ratio(x, mu, sigma) - 2 * math.log(sigma)).sigmoid()


def straight_line(x: Tensor, mu: float, sigma: float) -> Tensor:  # noqa: ARG001
    """Your logit is right where sigma is 1: a straight line, as in the lesson. Here the generator's
    numbers have a standard deviation of their own.
    """
    return log_ratio(x, mu, 1.0).sigmoid()


def spread_as_variance(x: Tensor, mu: float, sigma: float) -> Tensor:
    """You took sigma for the variance. It is the standard deviation: divide x − mu by it, and
    square the quotient.
    """
    return log_ratio(x, mu, math.sqrt(sigma)).sigmoid()


def quotient_not_squared(x: Tensor, mu: float, sigma: float) -> Tensor:
    """In the exponent of q you squared x − mu, but divided by sigma only once. The quotient
    (x − mu) / sigma is squared as a whole.
    """
    return ((x - mu) ** 2 / (2 * sigma) + math.log(sigma) - x**2 / 2).sigmoid()


def halves_forgotten(x: Tensor, mu: float, sigma: float) -> Tensor:
    """You left out the factor 1/2 in the exponents: the density goes with exp(−x² / 2)."""
    return (2 * log_ratio(x, mu, sigma) - math.log(sigma)).sigmoid()


@exercise(
    "The best discriminator",
    minutes=6,
    difficulty=2,
    place=35,
    hints=HINTS,
    why="Densities round to 0, logarithms do not: p / (p + q) is the sigmoid of log p − log q.",
    inputs=inputs,
    equivalent=(
        (
            "(x - mu) / sigma",
            "(mu - x) / sigma",
            "The sign of the difference is lost in the square.",
        ),
    ),
    mistakes=(
        generated_on_top,
        logit_itself,
        ratio,
        densities_divided,
        softened_denominator,
        wide_densities_divided,
        ratio_over_one_plus_ratio,
        height_forgotten,
        height_upside_down,
        straight_line,
        spread_as_variance,
        quotient_not_squared,
        halves_forgotten,
    ),
)
def optimal_discriminator(x: Tensor, mu: float, sigma: float) -> Tensor:
    """Return the probability, of the shape of x, that the best discriminator gives to "real".

    The real numbers are normal with mean 0 and standard deviation 1. The generator's have the mean
    `mu` and the standard deviation `sigma`, and half of all numbers are its own. Every number of x
    has an answer, also one that is far from both means.
    """
    log_p = -(x**2) / 2
    log_q = -(((x - mu) / sigma) ** 2) / 2 - math.log(sigma)
    return (log_p - log_q).sigmoid()
