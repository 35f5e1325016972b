"""Slopes through time."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float, float]]:
    yield torch.tensor([0.5, 0.2, -0.6]), 0.5, 3.0
    yield 2 * torch.rand(7, generator=rng, dtype=torch.float64) - 1, -1.5, 0.25
    yield torch.tensor([0.3]), 0.9, 2.0
    yield torch.tensor([0.1, -0.4, 1.0, 0.7, -0.2]), 1.2, -0.5  # tanh gives 1 for large numbers
    yield torch.tensor([0.8, -0.3, 0.6, 0.4]), 0.0, 2.0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Start at the end. What lies between the last input and the last state? Only u and a tanh.",
    "One step further back come the weight w and one more slope of tanh, 1 − h².",
    "Each input goes through u and the tanh of its own step: `u * (1 - states**2)`. And then?",
    "Each later step t multiplies all slopes before it, `slopes[:t]`, by w · (1 − h²).",
)


def multiplied(bends: Tensor, w: float, u: float) -> Tensor:
    """Return u, times w for each step, times the product of the bends from each step on."""
    slopes, slope = list[Tensor](), torch.ones((), dtype=bends.dtype)
    for bend in bends.flip(0):
        slope = slope * bend
        slopes.insert(0, u * slope)
        slope = slope * w
    return torch.stack(slopes)


def bends_forgotten(states: Tensor, w: float, u: float) -> Tensor:
    """You left out the slopes of tanh: each step also multiplies by 1 − h²."""
    return multiplied(torch.ones_like(states), w, u)


def only_the_last_bend(states: Tensor, w: float, u: float) -> Tensor:
    """You took the slope of the last tanh alone. Every step on the way has one: 1 − h² of its own
    state.
    """
    return multiplied(torch.ones_like(states), w, u) * (1 - states[-1] ** 2)


def own_bend_missing(states: Tensor, w: float, u: float) -> Tensor:
    """The tanh of an input's own step is missing: the input goes through that one, too."""
    bends = 1 - states**2
    shifted = torch.cat([bends[1:], torch.ones_like(bends[:1])])
    return multiplied(shifted, w, u)


def one_w_too_many(states: Tensor, w: float, u: float) -> Tensor:
    """You have one factor w too many: the last input reaches the last state without any w."""
    return w * multiplied(1 - states**2, w, u)


def u_left_out(states: Tensor, w: float, u: float) -> Tensor:  # noqa: ARG001
    """You left out u, by which each input is multiplied as it comes in."""
    return multiplied(1 - states**2, w, 1.0)


def u_in_each_step(states: Tensor, w: float, u: float) -> Tensor:
    """You multiplied by u at each step. It lies on the way only once, where the input comes in;
    from there on the way goes through w.
    """
    return multiplied(1 - states**2, w * u, u)


def bends_of_the_states(states: Tensor, w: float, u: float) -> Tensor:
    """You put tanh of the state into 1 − (…)². The state *is* already what tanh gave: 1 − h²."""
    return multiplied(1 - states.tanh() ** 2, w, u)


def bends_not_squared(states: Tensor, w: float, u: float) -> Tensor:
    """The slope of tanh is 1 − h², with a square."""
    return multiplied(1 - states, w, u)


def reversed_order(states: Tensor, w: float, u: float) -> Tensor:
    """The slopes are right, but in reverse: the first number belongs to the first input."""
    return multiplied(1 - states**2, w, u).flip(0)


def of_each_own_state(states: Tensor, w: float, u: float) -> Tensor:  # noqa: ARG001
    """That is the slope of each state along its own input. Asked is that of the *last* state, so
    the way leads through all later steps.
    """
    return u * (1 - states**2)


def along_the_first_input(states: Tensor, w: float, u: float) -> Tensor:
    """Those are the slopes of each state along the *first* input. Asked are those of the last state
    along each input.
    """
    return u * ((1 - states**2).cumprod(0) * w ** torch.arange(len(states)))


@exercise(
    "Slopes through time",
    minutes=6,
    difficulty=2,
    place=10,
    hints=HINTS,
    why="Each step on the way adds two factors, w and the slope of its tanh; the earlier an input, "
    "the more of them.",
    inputs=inputs,
    mistakes=(
        bends_forgotten,
        only_the_last_bend,
        own_bend_missing,
        one_w_too_many,
        u_left_out,
        u_in_each_step,
        bends_of_the_states,
        bends_not_squared,
        reversed_order,
        of_each_own_state,
        along_the_first_input,
    ),
)
def slope_through_time(states: Tensor, w: float, u: float) -> Tensor:
    """Return the slopes of the last state along each of the inputs, as a tensor (T,).

    The first is the slope along the first input. The states, (T,), came from the network with one
    number, h ← tanh(w·h + u·x), which started at 0. The inputs are not known, and not needed.
    """
    slopes = u * (1 - states**2)  # each input goes through u and the tanh of its own step
    for t, h in enumerate(states):
        slopes[:t] *= w * (1 - h**2)  # and every earlier one through this step, too
    return slopes
