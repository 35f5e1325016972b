"""The slope at every point."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

Function: TypeAlias = Callable[[Tensor], Tensor]


def inputs(rng: torch.Generator) -> Iterator[tuple[Function, Tensor]]:
    yield torch.square, torch.tensor([1.0, 300.0])  # a nudge in float32 is wrong in digits shown
    yield torch.exp, torch.randn(4, 3, generator=rng).T  # not contiguous
    yield torch.sin, torch.tensor(3.0)
    yield torch.tanh, torch.tensor([0.5, -1.5], dtype=torch.float64)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "`backward` starts from one number, and f(x) has many. How can you make one of them?",
    "If you add up all f(x), the slope of the sum along one x is the slope of f there.",
    (
        "`torch.autograd.grad(f(x).sum(), x)` returns a tuple of one tensor; x must ask for "
        "slopes, so start with `x = x.detach().requires_grad_()`."
    ),
)


def averaged(f: Function, x: Tensor) -> Tensor:
    """You took the slopes of the mean: each is divided by the number of points. Take the sum."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x).mean(), x)[0]


def doubled(f: Function, x: Tensor) -> Tensor | None:
    """You ran `backward` twice and kept `x.grad`: the second run was added to the first."""
    x = x.detach().requires_grad_()
    f(x).sum().backward()
    f(x).sum().backward()
    return x.grad


def height(f: Function, x: Tensor) -> Tensor:
    """You returned f(x), the height of the curve. The slope is how fast the height changes."""
    return f(x)


def total_slope(f: Function, x: Tensor) -> Tensor:
    """You added up the slopes. The sum belongs around f(x), before the gradient is taken."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0].sum()


def by_nudging(f: Function, x: Tensor) -> Tensor:
    """You nudged x. In float32 that leaves few correct digits. Autograd is right up to rounding."""
    return (f(x + 1e-3) - f(x - 1e-3)) / 2e-3


@exercise(
    "The slope at every point",
    minutes=5,
    difficulty=1,
    place=20,
    hints=HINTS,
    why="No f(x) depends on another point, so the slopes of the sum are those of the single f(x).",
    inputs=inputs,
    tolerance=Tolerance(relative=1e-5),
    mistakes=(averaged, doubled, height, total_slope, by_nudging),
)
def slope(f: Function, x: Tensor) -> Tensor:
    """Return the slope of `f`, which treats each element alone, at every element of `x`.

    The result has the shape of `x`. `x` does not ask for slopes yet, and stays as it was.
    """
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(f(x).sum(), x)
    return slopes
