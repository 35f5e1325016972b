"""The scale of the loss."""

from collections.abc import Iterator
from typing import TypeAlias

import torch

from dlcourse.checking.exercise import exercise

State: TypeAlias = tuple[float, int]


def inputs(_: torch.Generator) -> Iterator[tuple[float, int, bool, int]]:
    yield 1024.0, 0, False, 3
    yield 1024.0, 2, True, 3  # an overflow in the step that would have doubled the scale
    yield 1024.0, 2, False, 3
    yield 65_536.0, 1, False, 3
    yield 65_536.0, 1998, False, 2000
    yield 65_536.0, 1999, False, 2000
    yield 2.0**40, 0, True, 2000
    yield 2.0**40, 4, False, 5  # there is no highest scale
    yield 1.0, 7, True, 2000  # and no lowest one
    yield 0.25, 0, False, 1
    yield 3.0, 500, True, 501


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "There are three cases: an overflow, one more good step, and the last good step of a row.",
    "The step that is being judged counts, too: first add it to the streak, then compare.",
    "With an overflow: `return scale / 2, 0`. What are the other two?",
)


def doubled_late(scale: float, streak: int, overflow: bool, interval: int) -> State:  # noqa: FBT001
    """You doubled the scale one good step too late: the step of now counts, too, so compare
    `streak + 1` with the interval.
    """
    if overflow:
        return scale / 2, 0
    return (2 * scale, 0) if streak >= interval else (scale, streak + 1)


def streak_goes_on(scale: float, streak: int, overflow: bool, interval: int) -> State:  # noqa: FBT001
    """You doubled the scale and let the streak go on. After a doubling it starts from 0 again, or
    the next step would double once more, or none ever would.
    """
    if overflow:
        return scale / 2, 0
    return (2 * scale if streak + 1 == interval else scale), streak + 1


def streak_survives(scale: float, streak: int, overflow: bool, interval: int) -> State:  # noqa: FBT001
    """You kept the streak after an overflow. It counts good steps in a row: start it from 0."""
    if overflow:
        return scale / 2, streak
    return (2 * scale, 0) if streak + 1 == interval else (scale, streak + 1)


def overflow_counted(scale: float, streak: int, overflow: bool, interval: int) -> State:  # noqa: FBT001
    """You counted the step with the overflow as a good one. After it the streak is 0."""
    if overflow:
        return scale / 2, streak + 1
    return (2 * scale, 0) if streak + 1 == interval else (scale, streak + 1)


def exchanged(scale: float, streak: int, overflow: bool, interval: int) -> State:  # noqa: FBT001
    """You exchanged the two: an overflow means that the scale is too large, so halve it."""
    if overflow:
        return scale * 2, 0
    return (scale / 2, 0) if streak + 1 == interval else (scale, streak + 1)


def doubled_at_once(scale: float, streak: int, overflow: bool, interval: int) -> State:  # noqa: FBT001
    """You doubled the scale after every good step. It waits for `interval` of them in a row."""
    if overflow:
        return scale / 2, 0
    return 2 * scale, (streak + 1) % interval


def never_below_one(scale: float, streak: int, overflow: bool, interval: int) -> State:  # noqa: FBT001
    """You stopped at a scale of 1. There is no lowest scale here: halve it after every overflow."""
    if overflow:
        return max(scale / 2, 1.0), 0
    return (2 * scale, 0) if streak + 1 == interval else (scale, streak + 1)


@exercise(
    "The scale of the loss",
    minutes=5,
    difficulty=1,
    place=20,
    hints=HINTS,
    why="The best scale is the largest that does not overflow: it is tried now and then, and taken "
    "back at once.",
    inputs=inputs,
    mistakes=(
        doubled_late,
        streak_goes_on,
        streak_survives,
        overflow_counted,
        exchanged,
        doubled_at_once,
        never_below_one,
    ),
)
def scale_update(
    scale: float,
    streak: int,
    overflow: bool,  # noqa: FBT001
    interval: int,
) -> tuple[float, int]:
    """Return the scale and the streak after one more step, by the rule of `GradScaler`.

    The scale is the factor on the loss, the streak the number of good steps in a row so far. An
    overflow in this step (`overflow` is True) halves the scale and ends the streak. Otherwise this
    step is a good one; with `interval` good steps in a row, the scale doubles, and a new streak
    begins. A new streak is 0.
    """
    if overflow:
        return scale / 2, 0
    if streak + 1 == interval:
        return scale * 2, 0
    return scale, streak + 1
