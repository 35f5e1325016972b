"""Add up, step, clear."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Loss: TypeAlias = Callable[[Tensor], Tensor]


def bowl_at(place: float, width: float) -> Loss:
    """Return a parabola with its lowest point at `place`."""

    def bowl(w: Tensor) -> Tensor:
        return (w - place) ** 2 / width

    bowl.__name__ = f"(w - {place:g})² / {width:g}"  # what the learner is shown
    return bowl


def wave(w: Tensor) -> Tensor:
    """Return a loss that is no parabola."""
    return torch.cos(w) + w**2 / 4


def inputs(_: torch.Generator) -> Iterator[tuple[list[Loss], Tensor, float, int]]:
    yield [bowl_at(2.0, 1.0)], torch.tensor(1.0), 0.1, 3
    yield [bowl_at(2.0, 1.0), bowl_at(-1.0, 4.0)], torch.tensor(1.0), 0.05, 4
    yield [wave, bowl_at(3.0, 2.0), wave], torch.tensor(-2.0), 0.2, 5
    yield [wave], torch.tensor(0.5), 0.1, 0
    yield [bowl_at(2.0, 1.0)], torch.tensor(2.0), 0.1, 3  # at the bottom already


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two loops: one over the steps; inside it one over the losses, with a `backward` for each.",
    (
        "`backward` adds to `w.grad`, which is just what the inner loop needs. "
        "And then the sum must be gone before the next step adds its own."
    ),
    (
        "After the inner loop, inside `with torch.no_grad():`, write `w -= lr * w.grad`; "
        "then `w.grad = None`, and append `w.item()`."
    ),
)


def never_cleared(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """You never clear the slope: each step adds its own to those of all steps before."""
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.item())
    return path


def cleared_between(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """w never moves: either the step is missing, or the slope was cleared after `backward` and
    before the step.
    """
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w).backward()
        w.grad.zero_()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.item())
    return path


def last_part_only(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """Only the slope of the last loss reaches the step: clear once per step, not for each loss."""
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            w.grad = None
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.item())
    return path


def step_for_each_part(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """You step after each loss, so the later losses see another w. Add up all slopes, then step."""
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            w.grad = None
            loss(w).backward()
            with torch.no_grad():
                w -= lr * w.grad
        path.append(w.item())
    return path


def one_tensor_many_times(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[Tensor]:
    """Your list holds the same tensor again and again, so each entry shows the last w. Append the
    number: `w.item()`.
    """
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        w.grad = None
        for loss in losses:
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.detach())
    return path


def uphill(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """You walk uphill: a step downhill goes against the slope, so subtract it."""
    w = start.clone().requires_grad_()
    lr = -lr
    path = []
    for _ in range(n_steps):
        w.grad = None
        for loss in losses:
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.item())
    return path


def start_included(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """Your list begins with the start. Asked for is w after each step: append it after the step."""
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        path.append(w.item())
        for loss in losses:
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        w.grad = None
    return path


def without_a_slope(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """The slope was None when the step needed it: `backward` was never called, or the slope was
    cleared before the step, or `w = w - …` made a new tensor, a result, which keeps no slope. Write
    `w -= …` inside `torch.no_grad()`.
    """
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w)
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.item())
    return path


@exercise(
    "Add up, step, clear",
    minutes=7,
    difficulty=2,
    place=30,
    hints=HINTS,
    why="Slopes add up by themselves over the losses of one step. Between steps you clear them.",
    inputs=inputs,
    mistakes=(
        never_cleared,
        cleared_between,
        last_part_only,
        step_for_each_part,
        one_tensor_many_times,
        uphill,
        start_included,
        without_a_slope,
    ),
)
def descent(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """Return w after each of `n_steps` steps downhill: a list of `n_steps` numbers.

    losses: functions of w; the whole loss is the sum of what they return.
    start: a tensor with one number, where w starts; it stays as it was.
    lr: a step takes `lr` times the whole loss's slope away from w.
    """
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        w.grad = None
        path.append(w.item())
    return path
