"""The exercises of lesson 02: slopes by hand and by autograd."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.exercise import exercise, question

Function: TypeAlias = Callable[[Tensor], Tensor]

# ---------------------------------------------------------------------------- slope


def averaged(f: Function, x: Tensor) -> Tensor:
    """You took the gradient of the mean: each slope is divided by the number of points. Sum."""
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(x).mean(), x)[0]


def doubled(f: Function, x: Tensor) -> Tensor | None:
    """You ran `backward` twice and kept `x.grad`: the second run was added to the first."""
    x = x.detach().clone().requires_grad_()
    f(x).sum().backward()
    f(x).sum().backward()
    return x.grad


def height(f: Function, x: Tensor) -> Tensor:
    """You returned f(x), the height of the curve; the slope is how fast the height changes."""
    return f(x)


def slope_inputs(rng: torch.Generator) -> Iterator[tuple[Function, Tensor]]:
    yield torch.sin, torch.tensor([0.0, 1.0])
    yield torch.exp, torch.randn(4, 3, generator=rng).T  # not contiguous
    yield torch.tanh, torch.empty(0, dtype=torch.float64)


@exercise(
    "The slope at every point",
    minutes=5,
    difficulty=1,
    hints=(
        "`backward` starts from one number, and f(x) has many. How can you make one of them?",
        "If you add up all f(x), the slope of the sum at one point is the slope of f there.",
        "`torch.autograd.grad(f(x).sum(), x)` returns a tuple with one tensor; x must ask for gradients.",
    ),
    why="No point's height depends on another point, so one sum holds every slope.",
    inputs=slope_inputs,
    mistakes=(averaged, doubled, height),
)
def slope(f: Function, x: Tensor) -> Tensor:
    """Return the slope of `f`, which treats each element alone, at every element of `x`."""
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0]


# ---------------------------------------------------------------------------- neuron


def reversed_sign() -> tuple[float, float]:
    """The sign is reversed: the neuron says too little, so a larger w makes the loss fall."""
    return 2.0, 1.0


def forgot_the_input() -> tuple[float, float]:
    """The slope with respect to w has the factor x; yours is the one for b twice."""
    return -1.0, -1.0


def forgot_the_two() -> tuple[float, float]:
    """The square's derivative is 2 · (ŷ − y); the 2 is missing."""
    return -1.0, -0.5


@question(
    "A neuron's two slopes",
    minutes=5,
    difficulty=1,
    names=("dw", "db"),
    hints=(
        "Compute ŷ first, then how far it is from y.",
        "The loss is a square: its slope with respect to ŷ is 2 · (ŷ − y).",
        "Multiply that by the slope of ŷ = w·x + b: by x for w, by 1 for b.",
    ),
    why="The outer slope is 2 · (2.5 − 3) = −1; times x = 2 for w, times 1 for b.",
    mistakes=(reversed_sign, forgot_the_input, forgot_the_two),
)
def neuron() -> tuple[float, float]:
    """The slopes of (w·x + b − y)² at x = 2, w = 1, b = 0.5, y = 3: dw and db, by hand."""
    x, w, b, y = 2.0, 1.0, 0.5, 3.0
    outer = 2 * (w * x + b - y)
    return outer * x, outer
