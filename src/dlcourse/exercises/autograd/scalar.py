"""An engine of your own."""

import itertools
import math
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any, TypeAlias

import torch

from dlcourse.checking.exercise import exercise

N_LINKS = 300  # of a chain, too many for an engine that calls itself once for each
N_CALLS = 200  # unfinished, for which the chain's check leaves room; Python's own limit varies
N_DOUBLINGS = 12  # of the number of paths, which are 64 times as many as after 6
MOST_TIMES = 16  # as long as for 6: an engine that visits each number once needs 2 to 4

Number: TypeAlias = Any  # a Scalar of whoever wrote the class


def inputs(_: torch.Generator) -> Iterator[tuple[str, float, float, int, int]]:
    yield "a + b", 2.0, 3.0, 1, 1
    yield "a * b", 2.0, 3.0, 1, 1
    yield "a.sin()", 0.5, 3.0, 1, 1
    yield "a + a", 2.0, 3.0, 1, 1
    yield "(a * b).sin() + b", 0.75, -2.0, 1, 1
    yield "(a * a) * b", 3.0, 2.0, 1, 2
    yield "c + c * b.sin()", 0.5, 1.25, 6, 1
    yield "(c * b + a) * (c.sin() + c)", 0.5, -0.75, 3, 2
    yield "a", 2.0, 3.0, 1, 2
    yield "a * b + a * b", 3.0, 3.0, 1, 1  # numbers that are equal and not the same
    yield "(c.sin(), c * b)[1]", 0.5, -2.0, 2, 1  # c.sin() has no part in the result
    yield "c + b", 2.0, 3.0, N_LINKS, 1
    yield "c + c", 1.0, 2.0, N_DOUBLINGS, 1


def made(
    answer: Number, expression: str, a: float, b: float, rounds: int
) -> tuple[Number, Number, Number]:
    """Return a, b and c, where c = a at first, and then c = expression, `rounds` times."""
    leaf_a, leaf_b = answer(a), answer(b)
    c, code = leaf_a, compile(expression, "expression", "eval")
    for _ in range(rounds):
        c = eval(code, {"a": leaf_a, "b": leaf_b, "c": c})  # noqa: S307 - our own text
    return leaf_a, leaf_b, c


def seconds(answer: Number, rounds: int) -> float:
    """Return how long `backward` takes after `rounds` times c = c + c; the fastest of three."""
    times = []
    for _ in range(3):
        *_, c = made(answer, "c + c", 1.0, 2.0, rounds)
        start = time.perf_counter()
        c.backward()
        times.append(time.perf_counter() - start)
    return min(times)


def use(
    answer: Number, expression: str, a: float, b: float, rounds: int, backwards: int
) -> dict[str, object] | None:
    """Start with c = a, then `rounds` times c = expression; at last c.backward()."""
    leaf_a, leaf_b, c = made(answer, expression, a, b, rounds)
    if c is None:
        return None
    if not hasattr(c, "backward"):
        return {"the result is a Scalar": False}
    limit = sys.getrecursionlimit()
    if rounds == N_LINKS:
        sys.setrecursionlimit(sum(1 for _ in traceback.walk_stack(None)) + N_CALLS)
    try:
        for _ in range(backwards):
            c.backward()
    except RecursionError as error:
        error.args = ("maximum recursion depth exceeded",)  # without "in comparison" and the like
        raise
    finally:
        sys.setrecursionlimit(limit)
    seen = {
        "the result is a Scalar": True,
        "value of c": c.data,
        "slope along a": getattr(leaf_a, "grad", None),
        "slope along b": getattr(leaf_b, "grad", None),
        "values of a and b afterwards": [leaf_a.data, leaf_b.data],
    }
    if rounds == N_DOUBLINGS:
        is_slow = seconds(answer, rounds) > MOST_TIMES * seconds(answer, rounds // 2)
        seen[f"{rounds} rounds take {MOST_TIMES} times as long as {rounds // 2}"] = is_slow
    return seen


# ---------------------------------------------------------------------------- closed half

from dlcourse.exercises.autograd._wrong_engines import MISTAKES  # noqa: E402 - closed as well

HINTS = (
    "Let each Scalar remember its parents, the numbers it was made from, and its slope along each: (self, 1.0) and (other, 1.0) for a sum. A leaf has none.",  # noqa: E501
    "Number the Scalars as they are made: `next(counter)`, where `itertools.count()` made the counter, once. Then the highest number comes first on the way back.",  # noqa: E501
    "`backward`, part one: collect everything that `self` was made from, with a list of numbers that wait; take one out, and put in those of its parents that are new.",  # noqa: E501
    "Part two: a dictionary of sums: 1 for `self`, else 0. From the highest number down, for each parent: `sums[parent] += sums[one] * slope`. A leaf adds its sum to `grad`.",  # noqa: E501
)


@exercise(
    "An engine of your own",
    minutes=15,
    difficulty=3,
    place=100,
    hints=HINTS,
    why="Each number is visited once, after all its uses, when its own sum of slopes is complete.",
    inputs=inputs,
    use=use,
    mistakes=MISTAKES,
)
class Scalar:
    """A number that knows how it was made; `data` is its value, `grad` its slope so far."""

    numbers = itertools.count()

    def __init__(self, data: float, parents: tuple[tuple["Scalar", float], ...] = ()) -> None:
        """Start with `data`, a number; `grad` is 0.0. (Use `parents` as you like, or drop it.)"""
        self.data, self.parents, self.grad = data, parents, 0.0
        self.number = next(self.numbers)

    def __add__(self, other: "Scalar") -> "Scalar":
        """Return the sum of two Scalars, as a new Scalar."""
        return type(self)(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: "Scalar") -> "Scalar":
        """Return the product of two Scalars."""
        return type(self)(self.data * other.data, ((self, other.data), (other, self.data)))

    def sin(self) -> "Scalar":
        """Return the sine of this Scalar."""
        return type(self)(math.sin(self.data), ((self, math.cos(self.data)),))

    def backward(self) -> None:
        """Add the slope of this number along each leaf to that leaf's `grad`, as torch does.

        Leaves are Scalars made from a number. A second call adds the same once more. Chains of
        thousands of operations are no problem, and neither are millions of paths.
        """
        found, waiting = {self}, [self]
        while waiting:
            new = {parent for parent, _ in waiting.pop().parents} - found
            found |= new
            waiting += new
        sums = dict.fromkeys(found, 0.0)
        sums[self] = 1.0
        for one in sorted(found, key=lambda one: one.number, reverse=True):
            for parent, slope in one.parents:
                sums[parent] += sums[one] * slope
            if not one.parents:
                one.grad += sums[one]
