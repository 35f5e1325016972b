"""A walk with a look at the middle."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function

Velocity: TypeAlias = Callable[[Tensor, float], Tensor]


def use(answer: Callable[..., Any], velocity: Velocity, x: Tensor, n_steps: int) -> Any:  # noqa: ANN401
    calls = list[int]()

    def counted(points: Tensor, t: float) -> Tensor:
        calls.append(1)
        return velocity(points, t)

    points = answer(counted, x, n_steps)
    if not isinstance(points, Tensor):
        return points if points is None else {"points": points}
    return {
        "points": points.detach(),
        "calls of velocity": len(calls),
        "graph of the points": "kept" if points.requires_grad else "none",
        "graphs of what comes after": "kept" if torch.is_grad_enabled() else "none",
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[Velocity, Tensor, int]]:
    f = shown_function("lambda x, t: t + 0 * x")
    yield f, torch.tensor([[0.0], [1.0]]), 1
    f = shown_function("lambda x, t: x * torch.nn.Parameter(torch.ones(2))")
    yield f, torch.tensor([[1.0, -2.0]]), 2
    f = shown_function("lambda x, t: (3 * t + x.roll(1, dims=1)).sin()")
    yield f, torch.randn(4, 3, generator=rng), 5
    yield f, torch.randn(2, 2, generator=rng, dtype=torch.float64), 3


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "A step lasts 1 / n_steps. At which time does it begin, and at which is half of it over?",
    "First walk half a step with the velocity at the beginning: that is only to look around.",
    "Then ask for the velocity there, at the time in the middle, and walk the whole step with it.",
    "x = x + velocity(middle, t + h / 2) * h, from the x where the step began.",
)


def walked(fault: str, velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    """Walk as the solution does, but for one fault."""
    h = 1 / (n_steps + (1 if fault == "short" else 0))
    for k in range(n_steps):
        t = 1 - k * h if fault == "backward in time" else k * h
        t = (k + 1) * h if fault == "late" else t
        middle_t = t + {"time of the start": 0.0, "time of the end": h}.get(fault, h / 2)
        ahead = {"whole step ahead": h, "half the velocity": 0.5}.get(fault, h / 2)
        middle = x + velocity(x, t) * ahead
        start = middle if fault == "from the middle" else x
        sign = -1 if fault == "minus" else 1
        x = start + sign * velocity(middle, middle_t) * (h / 2 if fault == "half only" else h)
    return x.detach()


def euler(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    """Those are plain steps, with the velocity at the start of each. Look at the middle first."""
    for k in range(n_steps):
        x = x + velocity(x, k / n_steps) / n_steps
    return x.detach()


def euler_at_the_middle_time(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    """You took the time in the middle, but the point where the step begins. Walk half a step first:
    time and point belong together.
    """
    for k in range(n_steps):
        x = x + velocity(x, (k + 0.5) / n_steps) / n_steps
    return x.detach()


def half_steps(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    """You walked on from the middle: those are plain steps, of half the size. Look at the middle,
    but walk from where the step began.
    """
    return euler(velocity, x, 2 * n_steps)


def from_the_middle(*run: Any) -> Tensor:  # noqa: ANN401
    """You walked the whole step from the middle. It begins where the half step began."""
    return walked("from the middle", *run)


def time_of_the_start(*run: Any) -> Tensor:  # noqa: ANN401
    """You asked for the velocity in the middle at the time when the step begins. It is half a step
    later there.
    """
    return walked("time of the start", *run)


def time_of_the_end(*run: Any) -> Tensor:  # noqa: ANN401
    """You asked for the velocity in the middle at the time when the step ends. It is half a step
    earlier there.
    """
    return walked("time of the end", *run)


def whole_step_ahead(*run: Any) -> Tensor:  # noqa: ANN401
    """You looked at the end of the step. Its middle is half a step ahead."""
    return walked("whole step ahead", *run)


def half_the_velocity(*run: Any) -> Tensor:  # noqa: ANN401
    """You looked half the velocity ahead, and that is half of the whole walk. Half a step takes a
    time of 1 / (2 · n_steps).
    """
    return walked("half the velocity", *run)


def half_only(*run: Any) -> Tensor:  # noqa: ANN401
    """You walked half a step each time, and got only halfway. With the velocity of the middle, walk
    the whole step.
    """
    return walked("half only", *run)


def times_from_the_end(*run: Any) -> Tensor:  # noqa: ANN401
    """Your time runs from 1 down. Here noise is at t = 0, and samples are at t = 1."""
    return walked("backward in time", *run)


def a_step_late(*run: Any) -> Tensor:  # noqa: ANN401
    """Your first step begins a step too late. It begins at t = 0."""
    return walked("late", *run)


def steps_too_short(*run: Any) -> Tensor:  # noqa: ANN401
    """Your steps are 1 / (n_steps + 1) long, and do not get to t = 1."""
    return walked("short", *run)


def walked_back(*run: Any) -> Tensor:  # noqa: ANN401
    """You walked against the velocity: add it."""
    return walked("minus", *run)


def ends_averaged(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    """You took the mean of the velocities at both ends of the step (Heun's method): as good, but
    here the one in the middle is asked for.
    """
    h = 1 / n_steps
    for k in range(n_steps):
        first = velocity(x, k * h)
        x = x + (first + velocity(x + h * first, (k + 1) * h)) * h / 2
    return x.detach()


def one_big_step(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:  # noqa: ARG001
    """You made one step. There should be `n_steps`."""
    return walked("none", velocity, x, 1)


def graph_kept(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    """The points are right, but they hold on to the graph of the whole walk, and with it to its
    memory. Walk under `torch.no_grad()`.
    """
    return walked("none", velocity, x, n_steps) * torch.ones(1, requires_grad=True)


def no_graphs_any_more(*run: Any) -> Tensor:  # noqa: ANN401
    """The points are right, but `set_grad_enabled(False)` lasts: whatever comes after has no graph
    either, and nothing learns. `with torch.no_grad():` ends with its block.
    """
    torch.set_grad_enabled(mode=False)
    return walked("none", *run)


def added_in_place(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    """The points are right, but the noise that you were given has moved: `+=` changes it in place.
    Write `x = x + …`.
    """
    x.copy_(walked("none", velocity, x, n_steps))
    return x


@exercise(
    "A walk with a look at the middle",
    minutes=8,
    difficulty=2,
    place=190,
    hints=HINTS,
    why="On a curved path the velocity in the middle of a step leads nearer to its end.",
    inputs=inputs,
    use=use,
    mistakes=(
        euler,
        euler_at_the_middle_time,
        half_steps,
        from_the_middle,
        time_of_the_start,
        time_of_the_end,
        whole_step_ahead,
        half_the_velocity,
        half_only,
        times_from_the_end,
        a_step_late,
        steps_too_short,
        walked_back,
        ends_averaged,
        one_big_step,
        graph_kept,
        no_graphs_any_more,
        added_in_place,
    ),
)
def walk_by_midpoint(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    """Return the points where noise x, (B, d), has got to at t = 1, without a graph.

    `velocity(points, t)` returns the velocities of points, (B, d), at the time t, a number. The
    walk starts at t = 0 and has `n_steps` steps of equal length. In each, walk half a step with the
    velocity where you are, only to look: go back, and walk the whole step with the velocity that
    you found there, at that time.
    """
    h = 1 / n_steps
    with torch.no_grad():
        for k in range(n_steps):
            middle = x + velocity(x, k * h) * h / 2
            x = x + velocity(middle, k * h + h / 2) * h
    return x
