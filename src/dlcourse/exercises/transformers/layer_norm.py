"""Layer norm by hand."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise
from dlcourse.checking.graph import operations_of, slopes_of_squares


def use(
    answer: Callable[..., Any], x: Tensor, weight: Tensor, bias: Tensor
) -> dict[str, Any] | None:
    leaves = [one.clone().requires_grad_() for one in (x, weight, bias)]
    normed = answer(*leaves)
    if normed is None:
        return None
    if not isinstance(normed, Tensor) or not normed.requires_grad:
        return {"result": normed, "graph of the result": "missing"}
    seen = {
        "result": normed.detach(),
        "graph of the result": "there",
        "PyTorch's own layer norm": "used" if _has_layer_norm(normed) else "not used",
    }
    if x.abs().max() > 100 or x.var(-1).min() < 0.01:  # rounding would be magnified in slopes
        return seen
    slopes = slopes_of_squares(normed, leaves)
    if slopes is None:
        return seen | {"graph of the result": "broken, by numbers that were written over"}
    return seen | {
        f"slopes of the result's squares along {name}": "none" if slope is None else slope
        for name, slope in zip(("x", "weight", "bias"), slopes, strict=True)
    }


def _has_layer_norm(normed: Tensor) -> bool:
    """Tell whether PyTorch's own function is in the graph."""
    return any("LayerNorm" in operation.name() for operation in operations_of(normed))


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    yield torch.tensor([1.0, 2.0, 3.0, 6.0]), torch.ones(4), torch.zeros(4)
    for shape in ((2, 3, 5), (1, 4, 4), (3, 2), (2, 2, 3, 6)):
        x = 3 * torch.randn(*shape[::-1], generator=rng).permute(*range(len(shape))[::-1]) + 1
        d = shape[-1]
        yield x, 2 * torch.rand(d, generator=rng) - 0.5, torch.randn(d, generator=rng)
    alike = torch.tensor([[7.0, 7.0, 7.0], [0.002, 0.0, -0.001]])  # no spread, and hardly any
    yield alike, torch.tensor([1.0, 2.0, -1.0]), torch.tensor([0.5, 0.0, 1.0])
    yield torch.tensor([[500.3, 501.7, 503.1, 504.6]]), torch.ones(4), torch.zeros(4)
    double = torch.float64
    x = torch.randn(3, 4, generator=rng, dtype=double)
    yield x, torch.rand(4, generator=rng, dtype=double), torch.ones(4, dtype=double)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Each token is normalized with its own mean and its own variance. Over which dimension?",
    "`x.mean(dim=-1, keepdim=True)` keeps a last dimension of 1, so that it can be subtracted.",
    "`x.var(dim=-1, correction=0, keepdim=True)` divides by d. Add 1e-5 to it, and take the root.",
    "Multiply by `weight` and add `bias` at the end: both are (d,), and broadcast.",
)
EPS = 1e-5


def normed_by(x: Tensor, mean: Tensor, root: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return (x - mean) / root * weight + bias


def normed_right(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    return normed_by(x, mean, (variance + EPS).sqrt(), weight, bias)


def n_minus_one(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Your variance divides by d − 1, which is the default of `std` and `var`. Layer norm divides
    by d: `correction=0`.
    """
    root = (x.var(-1, keepdim=True) + EPS).sqrt()
    return normed_by(x, x.mean(-1, keepdim=True), root, weight, bias)


def added_to_the_root(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You added 0.00001 to the root. Add it to the variance, under the root: it matters for tokens
    whose numbers are nearly equal.
    """
    root = x.std(-1, correction=0, keepdim=True) + EPS
    return normed_by(x, x.mean(-1, keepdim=True), root, weight, bias)


def annotated(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Two things are different from PyTorch's layer norm, and a famous implementation has both:
    `std()` divides by d − 1, and 0.00001 is added to the root and not to the variance.
    """
    root = x.std(-1, keepdim=True) + EPS
    return normed_by(x, x.mean(-1, keepdim=True), root, weight, bias)


def nothing_added(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Where all numbers of a token are equal, you divide 0 by 0: nan. Add 0.00001 to the
    variance.
    """
    root = x.std(-1, correction=0, keepdim=True)
    return normed_by(x, x.mean(-1, keepdim=True), root, weight, bias)


def root_forgotten(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You divided by the variance. Divide by its root."""
    root = x.var(-1, correction=0, keepdim=True) + EPS
    return normed_by(x, x.mean(-1, keepdim=True), root, weight, bias)


def over_everything(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You took one mean and one variance of all numbers, so that a token depends on all others, and
    on the future. Each token has its own: `dim=-1`.
    """
    return normed_by(x, x.mean(), (x.var(correction=0) + EPS).sqrt(), weight, bias)


def over_the_others(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You normalized along the first dimension: over the samples, and not over the numbers of a
    token. That is the last dimension: `dim=-1`.
    """
    root = (x.var(0, correction=0, keepdim=True) + EPS).sqrt()
    return normed_by(x, x.mean(0, keepdim=True), root, weight, bias)


def over_time(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You normalized over time and numbers together, so that the future leaks into earlier tokens.
    Each token has a mean and a variance of its own: `dim=-1` alone.
    """
    dims = tuple(range(max(0, x.ndim - 2), x.ndim))
    root = (x.var(dims, correction=0, keepdim=True) + EPS).sqrt()
    return normed_by(x, x.mean(dims, keepdim=True), root, weight, bias)


def mean_kept(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You did not subtract the mean."""
    return x / (x.var(-1, correction=0, keepdim=True) + EPS).sqrt() * weight + bias


def root_mean_square(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You left the mean in, above and below: that is the RMS norm of newer models. Layer norm
    subtracts the mean first.
    """
    return x / (x.square().mean(-1, keepdim=True) + EPS).sqrt() * weight + bias


def squares_minus_square(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You took the variance as mean of the squares minus square of the mean. Where the numbers are
    large, these two are nearly equal, and few digits are left. Subtract the mean first.
    """
    mean = x.mean(-1, keepdim=True)
    root = ((x**2).mean(-1, keepdim=True) - mean**2 + EPS).sqrt()
    return normed_by(x, mean, root, weight, bias)


def bias_first(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You added the bias before you multiplied. Multiply by `weight` first."""
    return normed_right(x, weight, weight * bias)


def pytorch_s_own(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """That is PyTorch's own layer norm. Write the formula yourself: mean, variance, root."""
    return torch.nn.functional.layer_norm(x, weight.shape, weight, bias)


def statistics_cut_off(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The result is right, but you cut the mean and the variance off from the graph, and each
    number of a token moves both. Leave out `detach()`, `.data` and `no_grad`.
    """
    mean, variance = x.detach().mean(-1, keepdim=True), x.detach().var(-1, False, keepdim=True)
    return normed_by(x, mean, (variance + EPS).sqrt(), weight, bias)


def written_over(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The result is right, but you changed numbers in place (`-=`, `/=`) that `backward` still
    needs. Make new ones: `x = x / …`.
    """
    centered = x - x.mean(-1, keepdim=True)
    centered /= ((centered * centered).mean(-1, keepdim=True) + EPS).sqrt()
    return centered * weight + bias


def tokens_cut_off(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The result is right, but there is no way back from it to the tokens, and all layers before
    this one would learn nothing. Leave out `detach()`, `.data` and `no_grad`.
    """
    return normed_right(x.detach(), weight, bias)


def cut_off(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Your numbers are right, but there is no way back from them to `weight`, and training needs
    one. Return the tensor itself, without `detach()` or `no_grad`.
    """
    return normed_right(x, weight, bias).detach()


@exercise(
    "Layer norm by hand",
    minutes=5,
    difficulty=1,
    place=60,
    hints=HINTS,
    why="The mean and the variance are a token's own, so no other token can leak into it.",
    inputs=inputs,
    use=use,
    tolerance=Tolerance(relative=1e-4, absolute=2e-4),
    mistakes=(
        n_minus_one,
        added_to_the_root,
        annotated,
        nothing_added,
        root_forgotten,
        over_everything,
        over_the_others,
        over_time,
        mean_kept,
        root_mean_square,
        squares_minus_square,
        bias_first,
        pytorch_s_own,
        statistics_cut_off,
        tokens_cut_off,
        written_over,
        cut_off,
    ),
)
def layer_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return what layer norm makes of the tokens `x`, of shape (…, d); nothing else about the shape
    is known.

    Of each token, subtract the mean of its numbers and divide by the root of their variance, to
    which 0.00001 is added. Multiply by the factors `weight`, (d,), and add `bias`, (d,). Write it
    without PyTorch's own layer norm.
    """
    mean = x.mean(dim=-1, keepdim=True)
    variance = x.var(dim=-1, correction=0, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt() * weight + bias
