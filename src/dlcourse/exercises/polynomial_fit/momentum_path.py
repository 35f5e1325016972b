"""Momentum by hand."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function

Slope: TypeAlias = Callable[[Tensor], Tensor]


def inputs(
    rng: torch.Generator,
) -> Iterator[tuple[Slope, Tensor, float, float, int]]:
    twice = shown_function("lambda w: 2 * w")
    yield twice, torch.tensor([1.0]), 0.25, 0.5, 3
    yield (
        shown_function("lambda w: torch.tensor([1.0, 10.0]) * w"),
        torch.tensor([1.0, -1.0]),
        0.1,
        0.9,
        4,
    )
    curved = shown_function("lambda w: w**3 - w")
    yield curved, torch.randn(3, generator=rng, dtype=torch.float64), 0.05, 0.8, 5
    yield twice, torch.tensor([1.0]), 0.25, 0.0, 2  # plain descent
    bowl = shown_function("lambda w: torch.tensor([[1.0, 0.5], [0.5, 3.0]]) @ w")
    yield bowl, torch.tensor([4.0, 2.0]), 0.1, 0.9, 3
    yield bowl, torch.tensor([4.0, 2.0]), 0.1, 0.9, 0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Take version 2 of the fit. Which one line is new, and what has to be set before the loop?",
    "v starts at zeros and survives from step to step: `v = beta * v + slope(w)`.",
    "Then `w = w - lr * v`, a new tensor, which you append; in the end `torch.stack` the path.",
)


def averaged_velocity(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You averaged, (1 − β)·g; this rule adds all of g. So your steps are too short."""
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        v = beta * v + (1 - beta) * slope(w)
        w = w - lr * v
        path.append(w)
    return torch.stack(path)


def one_step_late(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You stepped with the old v: first bring v up to date with the new slope, then step."""
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        v, w = beta * v + slope(w), w - lr * v
        path.append(w)
    return torch.stack(path)


def forgot_velocity(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You set v to zero in every round: it has to remember, so set it once, before the loop."""
    path = [w]
    for _ in range(n_steps):
        v = beta * torch.zeros_like(w) + slope(w)
        w = w - lr * v
        path.append(w)
    return torch.stack(path)


def uphill(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You added the step: slopes point uphill, so the step is subtracted."""
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w = w + lr * v
        path.append(w)
    return torch.stack(path)


def same_tensor(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You kept one tensor and changed it in place: every row is the last. Append a copy."""
    v = torch.zeros_like(w)
    w = w.clone()
    path = [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w -= lr * v
        path.append(w)
    return torch.stack(path)


def given_tensor(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You changed the given `w` in place, and all rows are that one tensor: use w = w - lr * v."""
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w -= lr * v
        path.append(w)
    return torch.stack(path)


def later_rows_shared(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You change one tensor in place and append it again and again: all rows but the first are the
    last. Append a copy, or write w = w - lr * v, which makes a new tensor.
    """
    v = torch.zeros_like(w)
    path, w = [w], w.clone()
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w -= lr * v
        path.append(w)
    return torch.stack(path)


def first_slope_twice(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You started v at the first slope, which the first step then adds once more: v starts at 0."""
    v = slope(w)
    path = [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w = w - lr * v
        path.append(w)
    return torch.stack(path)


def velocity_afterwards(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You changed v after the step, so that the first step goes nowhere: v comes first."""
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        w = w - lr * v
        v = beta * v + slope(w)
        path.append(w)
    return torch.stack(path)


@exercise(
    "Momentum by hand",
    minutes=5,
    difficulty=2,
    place=70,
    hints=HINTS,
    why="This is what `torch.optim.SGD(…, momentum=beta)` does; a test compares them step by step.",
    mistakes=(
        averaged_velocity,
        one_step_late,
        forgot_velocity,
        uphill,
        same_tensor,
        given_tensor,
        velocity_afterwards,
        later_rows_shared,
        first_slope_twice,
    ),
    inputs=inputs,
    tolerance=Tolerance(relative=1e-5),
)
def momentum_path(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """Return the path of gradient descent with momentum, a tensor, (n_steps + 1, K).

    `slope` is a function: slope(w) returns the loss's slopes at w, (K,). In each step
    v ← beta·v + slope, then w ← w − lr·v; v starts at 0. The first row is `w`, (K,), as it is.
    """
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w = w - lr * v
        path.append(w)
    return torch.stack(path)
