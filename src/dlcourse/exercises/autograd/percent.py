"""A change that backward notices."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def percent_template(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return exp(x) in percent of exp(x).sum(), for a plot, and the slopes of exp(x).sum().

    x: shape (n,), stays as it was.
    Two results, both of shape (n,): the percents, outside any graph; the slope along each x.
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e.detach()
    share *= 100 / share.sum()
    (slopes,) = torch.autograd.grad(e.sum(), x)
    return share, slopes


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([0.0, 1.0]),)
    yield (torch.randn(5, 2, generator=rng)[:, 1],)  # not contiguous
    yield (torch.tensor([-1.5]),)
    yield (torch.tensor([2.0, -3.0, 0.5], dtype=torch.float64),)
    yield (torch.tensor([-14.0, -15.5, -12.0]),)  # a small sum


def use(answer: Callable[..., Any], x: Tensor) -> dict[str, object] | None:
    """Return both results, and whether the first could be plotted."""
    given = answer(x)
    if given is None:
        return None
    results = tuple(given) if isinstance(given, tuple | list) else (given,)
    share, slopes = (*results, None, None)[:2]
    return {
        "the number of results": len(results),
        "the percents": share,
        "the slopes": slopes,
        "`requires_grad` of the percents": getattr(share, "requires_grad", False),
    }


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Call it once in a cell of your own, and read the error: which number was changed?",
    "`share` is e without its history, in the same memory; and exp's slope needs e as it was.",
    "Give `share` memory of its own: `e.detach().clone()`.",
)


def behind_its_back(x: Tensor) -> tuple[Tensor, Tensor]:
    """`.data` only hides the change from autograd: the slopes now come from the changed numbers.
    Work on a copy.
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e.data
    share *= 100 / share.sum()
    return share, torch.autograd.grad(e.sum(), x)[0]


def of_the_percents(x: Tensor) -> tuple[Tensor, Tensor]:
    """You took the slopes of the sum of the percents. That sum is always 100, so they are 0, up to
    rounding: take those of exp(x).sum().
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e * (100 / e.sum())
    return share.detach(), torch.autograd.grad(share.sum(), x)[0]


def of_the_recorded_percents(x: Tensor) -> tuple[Tensor, Tensor]:
    """Two things: the slopes should be those of exp(x).sum(), not those of the percents, whose sum
    is always 100. And the percents are still in the graph: `detach` them.
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e * (100 / e.sum())
    return share, torch.autograd.grad(share.sum(), x, retain_graph=True)[0]


def still_recorded(x: Tensor) -> tuple[Tensor, Tensor]:
    """The percents are right, but they are still in the graph, and a plot refuses them:
    keep the `detach`, and make a copy besides.
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e.clone()
    share *= 100 / e.detach().sum()
    return share, torch.autograd.grad(e.sum(), x)[0]


def fractions(x: Tensor) -> tuple[Tensor, Tensor]:
    """These are fractions of 1. Percents are a hundred times as large."""
    x = x.detach().requires_grad_()
    e = x.exp()
    return (e / e.sum()).detach(), torch.autograd.grad(e.sum(), x)[0]


@exercise(
    "A change that backward notices",
    minutes=5,
    difficulty=2,
    place=50,
    template=percent_template,
    hints=HINTS,
    why="`detach` shares memory with the original; `detach().clone()` is a copy of your own.",
    inputs=inputs,
    use=use,
    tolerance=Tolerance(absolute=1e-4),  # slopes of a sum that is always 100 are about 1e-5
    mistakes=(
        behind_its_back,
        of_the_percents,
        of_the_recorded_percents,
        still_recorded,
        fractions,
    ),
)
def percent(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return exp(x) in percent of exp(x).sum(), for a plot, and the slopes of exp(x).sum().

    x: shape (n,), stays as it was.
    Two results, both of shape (n,): the percents, outside any graph; the slope along each x.
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e.detach().clone()
    share *= 100 / share.sum()
    (slopes,) = torch.autograd.grad(e.sum(), x)
    return share, slopes
