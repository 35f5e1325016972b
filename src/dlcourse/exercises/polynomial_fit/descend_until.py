"""Three rules for stopping."""

import operator
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function

Loss: TypeAlias = Callable[[Tensor], Tensor]


Slope: TypeAlias = Callable[[Tensor], Tensor]


Stopped: TypeAlias = tuple[Tensor, int, str]


def inputs(
    _: torch.Generator,
) -> Iterator[tuple[Loss, Slope, Tensor, float, float, float, int]]:
    one = shown_function("lambda w: w.square().sum()"), shown_function("lambda w: 2 * w")
    start = torch.tensor([1.0])  # and each step halves w
    yield *one, start.clone(), 0.25, 0.0625, 0.0, 9  # "loss", where it equals the goal
    yield (
        *one,
        start.clone(),
        0.25,
        0.0,
        0.125,
        9,
    )  # "weights", where the change equals the tolerance
    yield *one, start.clone(), 0.25, 0.0, 0.0, 3  # "limit"
    yield *one, -start, 0.25, 1.0, 0.0, 9  # no step is needed
    yield *one, start.clone(), 0.25, 0.25, 0.5, 9  # both rules hold after one step
    yield *one, start.clone(), 0.25, 0.0, 0.0, 0  # no step is allowed
    yield *one, start.clone(), 0.25, 0.0625, 0.0, 2  # "loss" with the last step allowed
    yield *one, start.clone(), 0.25, 0.0, 0.25, 2  # "weights" with the last step allowed
    yield *one, start.clone(), 0.25, 2.0, 0.0, 9  # no step is needed, and none would be by far
    yield *one, start.clone(), 1.25, 0.0, 0.0, 3  # each step is too long, and the loss grows
    two = (
        shown_function("lambda w: (torch.tensor([1.0, 8.0]) * w**2).sum() / 2"),
        shown_function("lambda w: torch.tensor([1.0, 8.0]) * w"),
    )
    yield *two, torch.tensor([8.0, -1.0], dtype=torch.float64), 0.125, 0.0, 0.75, 9
    yield *two, torch.tensor([8.0, -1.0], dtype=torch.float64), 0.125, 0.0, 1.0, 9  # both by 1
    yield *two, torch.tensor([8.0, -0.75], dtype=torch.float64), 0.125, 0.0, 1.25, 9  # length 1.25
    yield *two, torch.tensor([-8.0, 0.0], dtype=torch.float64), 0.25, 0.5, 0.1, 7
    valleys = (
        shown_function("lambda w: (w**4 - 2 * w**2).sum()"),
        shown_function("lambda w: 4 * w**3 - 4 * w"),
    )
    yield *valleys, torch.tensor([3.0]), 0.5, -0.9, 0.1, 12  # explodes: the loss becomes nan
    yield *valleys, torch.tensor([0.5, -2.0]), 0.05, -1.9, 0.01, 30


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "How many returns does it need? Which of them are in the loop, which before or after it?",
    "Keep the change in a variable: you need it for the step and for the second rule.",
    "In the loop: change, step, `if loss(w) <= goal`, `if change.abs().max() <= tolerance`.",
)


Walk: TypeAlias = Any  # the seven arguments
Size: TypeAlias = Callable[[Tensor, Tensor], Tensor]


def largest(change: Tensor, _: Tensor) -> Tensor:
    return change.abs().max()


def walked(
    *walk: Walk,
    size: Size = largest,
    uphill: bool = False,
    reached: Callable[[Any, Any], Any] = operator.le,
    still: Callable[[Any, Any], Any] = operator.le,
) -> Stopped:
    """Walk as the solution does, but for the size of a change, the direction or a comparison."""
    loss, slope, w, lr, goal, tolerance, limit = walk
    if reached(loss(w), goal):
        return w, 0, "loss"
    for step in range(1, limit + 1):
        g = slope(w)
        change = lr * g
        w = w + change if uphill else w - change
        if reached(loss(w), goal):
            return w, step, "loss"
        if still(size(change, g), tolerance):
            return w, step, "weights"
    return w, limit, "limit"


def one_weight_stands(*walk: Walk) -> Stopped:
    """You stopped as soon as one weight stood still: the largest change of all has to be small."""
    return walked(*walk, size=lambda change, _: change.abs().min())


def forgot_the_sign(*walk: Walk) -> Stopped:
    """You compared the change with its sign: −5 is less than any tolerance. Take `abs` first."""
    return walked(*walk, size=lambda change, _: (-change).max())


def asked_the_slope(*walk: Walk) -> Stopped:
    """You compared the slope with the tolerance: that may be wiser, but the task asks for the
    change, lr·slope.
    """
    return walked(*walk, size=lambda _, g: g.abs().max())


def climbed_until(*walk: Walk) -> Stopped:
    """You walk uphill: a slope says where the loss grows, so subtract lr times the slope."""
    return walked(*walk, uphill=True)


def whole_length(*walk: Walk) -> Stopped:
    """You measured the change as a whole, its length: the rule looks at each weight by itself."""
    return walked(*walk, size=lambda change, _: change.norm())


def total_change(*walk: Walk) -> Stopped:
    """You added up the changes of all weights: the rule looks only at the largest of them."""
    return walked(*walk, size=lambda change, _: change.abs().sum())


def not_above(*walk: Walk) -> Stopped:
    """You take a loss that is not above the goal for one that has reached it. Where the walk
    explodes the loss becomes nan, no comparison with nan holds, and a loop `while loss(w) > goal`
    ends. Say "loss" only where `loss(w) <= goal`.
    """
    return walked(*walk, reached=lambda loss, goal: not loss > goal)


def less_than_the_goal(*walk: Walk) -> Stopped:
    """You asked for a loss below the goal: at most `goal` is enough, so compare with `<=`."""
    return walked(*walk, reached=operator.lt)


def less_than_both(*walk: Walk) -> Stopped:
    """You compared with `<`: a loss of at most `goal` and a change of at most `tolerance` are
    enough, so compare with `<=`.
    """
    return walked(*walk, reached=operator.lt, still=operator.lt)


def looked_after_a_step(*walk: Walk) -> Stopped:
    """You never look at the loss before the first step: weights that are good need no step."""
    loss, slope, w, lr, goal, tolerance, limit = walk
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


def rules_swapped(*walk: Walk) -> Stopped:
    """You asked about the weights before the loss: where both rules hold, say "loss"."""
    loss, slope, w, lr, goal, tolerance, limit = walk
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if change.abs().max() <= tolerance:
            return w, step, "weights"
        if loss(w) <= goal:
            return w, step, "loss"
    return w, limit, "limit"


def looked_at_the_top(*walk: Walk) -> Stopped:
    """You look at the loss only before a step: look after it, too, before you ask the weights."""
    loss, slope, w, lr, goal, tolerance, limit = walk
    for step in range(limit):
        if loss(w) <= goal:
            return w, step, "loss"
        change = lr * slope(w)
        w = w - change
        if change.abs().max() <= tolerance:
            return w, step + 1, "weights"
    return w, limit, "limit"


def counted_the_next(*walk: Walk) -> Stopped:
    """You count a step before it is taken: at the top of the loop, step - 1 are done. And look at
    the loss after each step, too: the rule for the weights comes second.
    """
    loss, slope, w, lr, goal, tolerance, limit = walk
    for step in range(1, limit + 1):
        if loss(w) <= goal:
            return w, step, "loss"
        change = lr * slope(w)
        w = w - change
        if change.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


@exercise(
    "Three rules for stopping",
    minutes=8,
    difficulty=3,
    place=80,
    hints=HINTS,
    why="Each rule is one return, and the step limit is what comes after the loop.",
    mistakes=(
        looked_after_a_step,
        one_weight_stands,
        forgot_the_sign,
        asked_the_slope,
        rules_swapped,
        climbed_until,
        whole_length,
        total_change,
        looked_at_the_top,
        counted_the_next,
        not_above,
        less_than_the_goal,
        less_than_both,
    ),
    inputs=inputs,
)
def descend_until(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """Descend from `w`, (K,), until a rule holds; return (weights, number of steps, rule).

    `loss` and `slope` are functions: loss(w) is one number, slope(w) is (K,). The rules, in the
    order in which they are asked: "loss", the loss is `goal` or less (ask before the first step,
    too); "weights", the last step changed no weight by more than `tolerance`; "limit", `limit`
    steps have been taken. The rule's name is returned as a string.
    """
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"
