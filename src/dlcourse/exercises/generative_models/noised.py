"""Noise in many small steps."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    X, noise = torch.ones(3, 2), torch.tensor([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    yield X, torch.tensor([0, 1, 2]), torch.tensor([0.19, 0.36]), noise
    for shape in ((4, 3), (1, 2), (3, 3), (2, 1, 3, 2)):
        X, noise = torch.randn(2, *shape, generator=rng)
        t = torch.randint(0, 7, shape[:1], generator=rng)
        yield X, t, 0.5 * torch.rand(6, generator=rng), 1 + noise.clone()
    X, noise = torch.randn(2, 2, 3, generator=rng, dtype=torch.float64)
    yield X, torch.tensor([1000, 250]), torch.linspace(1e-4, 0.02, 1000).double(), noise.clone()


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two steps: X is multiplied by √(1 − β₁) and then by √(1 − β₂). What becomes of its square?",
    "Let a be the product of all 1 − β so far. X has the factor √a, and noise what is left.",
    "Variances add up to 1: the noise has the variance 1 − a, and so the factor √(1 − a).",
    "`(1 - betas).cumprod(0)` has a after each step. Put a 1 in front for no step, take [t].",
)


def left(t: Tensor, betas: Tensor, like: Tensor) -> Tensor:
    """Return the product of the factors 1 − β of t steps, shaped (B, 1, …)."""
    products = torch.cat([torch.ones_like(betas[:1]), (1 - betas).cumprod(0)])
    return products[t].reshape(len(t), *[1] * (like.ndim - 1))


def roots_forgotten(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """You forgot the roots. Variances add up, deviations do not: with a and 1 − a as factors, the
    result has a variance below 1.
    """
    a = left(t, betas, X)
    return a * X + (1 - a) * noise


def root_of_the_signal_only(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """The factor of the noise lacks its root: √(1 − a)."""
    a = left(t, betas, X)
    return a.sqrt() * X + (1 - a) * noise


def root_of_the_noise_only(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """The factor of X lacks its root: √a, where a is the product of all 1 − β so far."""
    a = left(t, betas, X)
    return a * X + (1 - a).sqrt() * noise


def one_minus_the_root(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """The factor of the noise is 1 − √a in your result. Variances add up to 1: √(1 − a)."""
    a = left(t, betas, X).sqrt()
    return a * X + (1 - a) * noise


def last_step_only(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """You used the β of the last step alone. All steps so far have shrunk X."""
    a = torch.cat([betas.new_ones(1), 1 - betas])[t].reshape(len(t), *[1] * (X.ndim - 1))
    return a.sqrt() * X + (1 - a).sqrt() * noise


def a_step_too_many(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """You made one step too many: t counts steps, and after 0 of them X is as it was."""
    a = (1 - betas).cumprod(0)[t].reshape(len(t), *[1] * (X.ndim - 1))
    return a.sqrt() * X + (1 - a).sqrt() * noise


def wrapped_around(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """For t = 0 you took the last product: an index of −1 counts from the end. After no step X is
    as it was.
    """
    a = (1 - betas).cumprod(0)[t - 1].reshape(len(t), *[1] * (X.ndim - 1))
    return a.sqrt() * X + (1 - a).sqrt() * noise


def betas_summed(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """You added up the β. Each step multiplies: a is the product of all 1 − β so far."""
    sums = torch.cat([torch.zeros_like(betas[:1]), betas.cumsum(0)])[t]
    a = 1 - sums.reshape(len(t), *[1] * (X.ndim - 1))
    return a.sqrt() * X + (1 - a).sqrt() * noise


def product_of_the_betas(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """You multiplied the β themselves. What is left of X after a step is 1 − β of its variance."""
    a = left(t, 1 - betas, X)
    return a.sqrt() * X + (1 - a).sqrt() * noise


def exchanged(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """You exchanged picture and noise: after no step nothing but X is there."""
    a = left(t, betas, X)
    return (1 - a).sqrt() * X + a.sqrt() * noise


def same_noise_in_each_step(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """You walked the steps one by one, and added the same noise in each. The noises of the steps
    are independent, so their variances add up. Use one factor for all of it: √(1 − a).
    """
    rows = []
    for x, steps, e in zip(X, t.tolist(), noise, strict=True):
        row = x
        for beta in betas[:steps]:
            row = (1 - beta).sqrt() * row + beta.sqrt() * e
        rows.append(row)
    return torch.stack(rows)


def one_time_for_all(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """You used one t for the whole batch. Each sample has its own."""
    return noised.answer(X, t[:1].expand(len(t)), betas, noise)  # type: ignore[no-any-return]


def last_dimension(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """The factors are (B,), and broadcasting lays them along the last dimension. Where B happens to
    be the size of that, no error tells: give them the shape (B, 1, …).
    """
    a = left(t, betas, X).flatten()
    return a.sqrt() * X + (1 - a).sqrt() * noise


def one_dimension_too_few(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """`[:, None]` is right for samples (B, d). Pictures have more dimensions: give the factors one
    of size 1 for each.
    """
    a = left(t, betas, X).flatten()[:, None]
    return a.sqrt() * X + (1 - a).sqrt() * noise


@exercise(
    "Noise in many small steps",
    minutes=7,
    difficulty=2,
    place=200,
    hints=HINTS,
    why="Variances add up to 1. The usual 1,000 steps leave a factor of 0.006, the first 250 of "
    "them 0.72: a walk back must start where nothing but noise is left.",
    inputs=inputs,
    equivalent=(
        (
            "cumprod(dim=0)",
            "cumprod(dim=-1)",
            "The betas have one dimension: it is the first and the last.",
        ),
    ),
    mistakes=(
        roots_forgotten,
        root_of_the_signal_only,
        root_of_the_noise_only,
        one_minus_the_root,
        last_step_only,
        a_step_too_many,
        wrapped_around,
        betas_summed,
        product_of_the_betas,
        exchanged,
        same_noise_in_each_step,
        one_time_for_all,
        last_dimension,
        one_dimension_too_few,
    ),
)
def noised(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """Return what becomes of samples in t small steps of diffusion, computed in one go.

    Diffusion is older than the straight lines of a flow: it mixes in the noise step by step. Step k
    multiplies what is there by √(1 − β) and adds √β times new standard normal noise, where β is
    `betas[k − 1]`. If X has the variance 1, it keeps it. The noise of t steps together is normal as
    well: so the result is one factor times X, (B, …), plus another times `noise`, one draw of
    standard normal numbers of X's shape. t, (B,), has whole numbers from 0 (no step) to
    len(betas), one for each sample.
    """
    products = torch.cat([torch.ones_like(betas[:1]), (1 - betas).cumprod(dim=0)])
    a = products[t].view(-1, *[1] * (X.ndim - 1))
    return a.sqrt() * X + (1 - a).sqrt() * noise
