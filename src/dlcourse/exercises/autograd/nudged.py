"""Slopes from values alone."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

Function: TypeAlias = Callable[[Tensor], Tensor]


def cube_sum(x: Tensor) -> Tensor:
    """Return a sum whose slope is 3x²; with a part that autograd cannot see."""
    return (x * x * x.detach()).sum()


def crossed(x: Tensor) -> Tensor:
    """Return a number in which the elements meet."""
    return x.prod() ** 2 + torch.exp(x[0])


def inputs(rng: torch.Generator) -> Iterator[tuple[Function, Tensor, float]]:
    yield cube_sum, torch.tensor([2.0, -1.0]), 1e-6
    yield crossed, torch.tensor([2.0, 0.5, 3.0]), 0.1
    yield crossed, torch.rand(4, 2, generator=rng)[:, 0] + 1, 1e-5  # not contiguous
    yield cube_sum, torch.tensor([1.5], dtype=torch.float64), 0.01


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "For one element: make two copies of x, one with h more there and one with h less.",
    (
        "The slope along that element is the difference of f at the two, divided by their "
        "distance, 2h. In which dtype should the copies be?"
    ),
    (
        "`x = x.double()`; for each i: `up, down = x.clone(), x.clone()`, `up[i] += h`, "
        "`down[i] -= h`; collect the slopes in a list, and `torch.stack` it."
    ),
)


def in_float32(f: Function, x: Tensor, h: float) -> Tensor:
    """You nudge in the dtype of x: in float32, rounding swallows the difference. Start with
    `x.double()`.
    """
    slopes = []
    for i in range(len(x)):
        up, down = x.clone(), x.clone()
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return torch.stack(slopes)


def one_way(f: Function, x: Tensor, h: float) -> Tensor:
    """You nudge up only: the error is about as large as h. Nudge both ways."""
    x = x.double()
    slopes = []
    for i in range(len(x)):
        up = x.clone()
        up[i] += h
        slopes.append((f(up) - f(x)) / h)
    return torch.stack(slopes)


def half_the_distance(f: Function, x: Tensor, h: float) -> Tensor:
    """You divide by h. From x − h to x + h the distance is 2h."""
    return 2 * two_ways(f, x, h)


def all_at_once(f: Function, x: Tensor, h: float) -> Tensor:
    """You nudge all elements at once, which gives the sum of all slopes. Nudge one at a time."""
    x = x.double()
    return ((f(x + h) - f(x - h)) / (2 * h)).expand(len(x))


def one_number(f: Function, x: Tensor, h: float) -> Tensor:
    """You nudge the whole of x, so one number comes out, the sum of all slopes. Nudge one element
    at a time, in a loop.
    """
    x = x.double()
    return (f(x + h) - f(x - h)) / (2 * h)


def one_tensor(f: Function, x: Tensor, h: float) -> Tensor:
    """Both points are the same, so all slopes are 0. Either up and down are two names of one tensor
    (`u = y` copies nothing: write `u = y.clone()`), or both were nudged the same way.
    """
    slopes = []
    for i in range(len(x)):
        up = down = x.double().clone()
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return torch.stack(slopes)


def back_at_the_start(f: Function, x: Tensor, h: float) -> Tensor:
    """Of your two points the lower one is x itself. Either it was never lowered by h, or it was
    raised by h first: then lower it by 2h, or start from a copy, `d = y.clone()`.
    """
    slopes = []
    for i in range(len(x)):
        y = x.double().clone()
        y[i] += h
        above = f(y)
        y[i] -= h
        slopes.append((above - f(y)) / (2 * h))
    return torch.stack(slopes)


def left_lowered(f: Function, x: Tensor, h: float) -> Tensor:
    """A lowered element is still lowered when the next one's turn comes: put it back, `+= h`."""
    y = x.double().clone()
    slopes = []
    for i in range(len(y)):
        y[i] += h
        above = f(y)
        y[i] -= 2 * h
        slopes.append((above - f(y)) / (2 * h))
    return torch.stack(slopes)


def x_left_lowered(f: Function, x: Tensor, h: float) -> Tensor:
    """A lowered element is not put back before the next one's turn. And where x is float64,
    `x.double()` is x itself, which stays changed: write `x.double().clone()`.
    """
    y = x.double()
    slopes = []
    for i in range(len(y)):
        y[i] += h
        above = f(y)
        y[i] -= 2 * h
        slopes.append((above - f(y)) / (2 * h))
    return torch.stack(slopes)


def left_nudged(f: Function, x: Tensor, h: float) -> Tensor:
    """A nudged element is still nudged when the next one's turn comes: start from x each time."""
    up, down = x.double().clone(), x.double().clone()
    slopes = []
    for i in range(len(x)):
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return torch.stack(slopes)


def believes_autograd(f: Function, x: Tensor, h: float) -> Tensor:  # noqa: ARG001
    """You asked autograd, which is what this function is meant to check. The first f has a
    `detach`, which hides part of the slope from autograd: use only values of f.
    """
    x = x.detach().double().requires_grad_()
    return torch.autograd.grad(f(x), x)[0]


def two_ways(f: Function, x: Tensor, h: float) -> Tensor:
    """Return what is asked for; mistakes spoil it."""
    x = x.double()
    steps = h * torch.eye(len(x), dtype=torch.float64)
    return torch.stack([(f(x + step) - f(x - step)) / (2 * h) for step in steps])


cube_sum.__name__ = "(x * x * x.detach()).sum()"  # what the learner is shown


crossed.__name__ = "x.prod() ** 2 + torch.exp(x[0])"


@exercise(
    "Slopes from values alone",
    minutes=8,
    difficulty=2,
    place=80,
    hints=HINTS,
    why="With nudges both ways the error is of order h², and float64 leaves enough digits for it.",
    inputs=inputs,
    tolerance=Tolerance(relative=1e-6),
    mistakes=(
        in_float32,
        one_way,
        half_the_distance,
        all_at_once,
        one_number,
        one_tensor,
        back_at_the_start,
        left_lowered,
        x_left_lowered,
        left_nudged,
        believes_autograd,
    ),
)
def nudged(f: Function, x: Tensor, h: float) -> Tensor:
    """Return the slope of `f` along each element of `x`, by nudging it by h up and by h down.

    f: takes a tensor of shape (n,) and returns a tensor with one number.
    x: shape (n,), float32 or float64; stays as it was. Compute in float64 in either case.
    The result: a tensor of shape (n,).
    """
    x = x.double()
    slopes = []
    for i in range(len(x)):
        up, down = x.clone(), x.clone()
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return torch.stack(slopes)
