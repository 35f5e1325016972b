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
N_DOUBLINGS = 14  # of the number of paths, which are 128 times as many as after 7
MOST_TIMES = 30  # as long as for 7: an engine that visits each number once needs 2 to 4

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

HINTS = (
    "Let each Scalar remember its parents, the numbers it was made from, and its slope along each: (self, 1.0) and (other, 1.0) for a sum. A leaf has none.",  # noqa: E501
    "Number the Scalars as they are made: `next(counter)`, where `itertools.count()` made the counter, once. Then the highest number comes first on the way back.",  # noqa: E501
    "`backward`, part one: collect everything that `self` was made from, with a list of numbers that wait; take one out, and put in those of its parents that are new.",  # noqa: E501
    "Part two: a dictionary of sums: 1 for `self`, else 0. From the highest number down, for each parent: `sums[parent] += sums[one] * slope`. A leaf adds its sum to `grad`.",  # noqa: E501
)


class Engine:
    """A right engine: each mistake spoils one part of it."""

    numbers = itertools.count()
    walks_from: int | None = None  # instead of by number; see `walk`
    adds, overwrites = True, False  # where paths join; what an earlier `backward` left

    def __init__(self, data: float, parents: tuple[tuple[Any, float], ...] = ()) -> None:
        self.data, self.parents, self.grad = data, parents, 0.0
        self.number = next(self.numbers)

    def __add__(self, other: Number) -> Number:
        return type(self)(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Number) -> Number:
        return type(self)(self.data * other.data, ((self, other.data), (other, self.data)))

    def sin(self) -> Number:
        return type(self)(math.sin(self.data), ((self, math.cos(self.data)),))

    def order(self) -> list[Any]:
        """Return everything that this number was made from, itself included, the latest first."""
        if self.walks_from is not None:
            return self.walk(self.walks_from)
        return sorted(self.walk(-1), key=lambda one: one.number, reverse=True)

    def walk(self, end: int) -> list[Any]:
        """Return the same as a walk meets it: 0 takes the first that waits next, -1 the last."""
        found, waiting, seen = list[Any](), [self], {self}
        while waiting:
            one = waiting.pop(end)
            found.append(one)
            new = [parent for parent, _ in dict(one.parents).items() if parent not in seen]
            seen.update(new)
            waiting += new
        return found

    def backward(self) -> None:
        sums = {self: 1.0}
        for one in self.order():
            for parent, slope in one.parents:
                sums[parent] = self.adds * sums.get(parent, 0.0) + sums[one] * slope
        for one, total in sums.items():
            if self.overwrites:
                one.grad = total
            elif not one.parents:
                one.grad += total


class LastPathOnly(Engine):
    """A number that is used twice gets the slope of one use only. Where paths join, add: `+=`."""

    adds = False


class InnerSumsKept(Engine):
    """A second `backward` starts from what the first one left in the numbers in between, and
    counts it again. Only leaves may keep their sums; the others start at 0 each time.
    """

    def backward(self) -> None:
        self.grad = 1.0
        for one in self.order():
            for parent, slope in one.parents:
                parent.grad += one.grad * slope


class Overwrites(Engine):
    """The second `backward` overwrites the slope that the first one left. PyTorch adds it: use `+=`
    for the leaves.
    """

    overwrites = True


class TooEarly(Engine):
    """You pass a number's slope on before all its uses have added theirs. Go through the numbers
    in the order in which they were made, the latest first.
    """

    walks_from = 0


class TooEarlyInGrad(InnerSumsKept):
    """A number passed its sum on before all parts had arrived: take the latest number first. And
    the numbers in between keep their sums for the next `backward`: put them into a dictionary.
    """

    walks_from = 0


class TooEarlyInDepth(Engine):
    """Your walk passed a number's sum on before all parts of it had arrived. The order in which the
    numbers were made is safe, from the latest back.
    """

    walks_from = -1


class OwnFactor(Engine):
    """Along a factor the slope of a product is the *other* factor; you took the factor itself."""

    def __mul__(self, other: Number) -> Number:
        return type(self)(self.data * other.data, ((self, self.data), (other, other.data)))


class OuterAtTheResult(Engine):
    """You took the cosine of the sine. The outer slope is taken at the inner value: for sin(u) it
    is cos(u).
    """

    def sin(self) -> Number:
        result = math.sin(self.data)
        return type(self)(result, ((self, math.cos(result)),))


class EveryPath(Engine):
    """Your `backward` follows every path, and c = c + c doubles their number: after 30 rounds there
    are a billion. Visit each number once, after all its uses, and add up their slopes.
    """

    def backward(self) -> None:
        waiting = [(self, 1.0)]
        while waiting:
            one, slope = waiting.pop()
            if not one.parents:
                one.grad += slope
            waiting += [(parent, slope * local) for parent, local in one.parents]


class SortsByCalls(Engine):
    """The walk that sorts the numbers calls itself once for each link of a chain. Python has room
    for a thousand or so unfinished calls, and this check for 200: loop over a list of numbers that
    wait instead.
    """

    def order(self) -> list[Any]:
        found: dict[Any, None] = {}

        def visit(one: Any) -> None:  # noqa: ANN401
            for parent, _ in one.parents:
                if parent not in found:
                    visit(parent)
            found[one] = None

        visit(self)
        return list(found)[::-1]


class AsInTheVideo(SortsByCalls):
    """Two things. The numbers in between keep their slopes, so a second `backward` counts them
    again: put the sums into a dictionary. And the walk that sorts the numbers calls itself for
    each link of a chain, for which Python has no room: use a loop.
    """

    backward = InnerSumsKept.backward


class CallsItself(Engine):
    """Your `backward` (or its helper) calls itself once for each link of a chain, and along every
    path. Python has room for a thousand or so unfinished calls, and this check for 200: loop over
    a list of numbers that wait, and visit each number once.
    """

    def backward(self, slope: float = 1.0) -> None:
        if not self.parents:
            self.grad += slope
        for parent, local in self.parents:
            parent.backward(slope * local)


@exercise(
    "An engine of your own",
    minutes=15,
    difficulty=3,
    place=100,
    hints=HINTS,
    why="Each number is visited once, after all its uses, when its own sum of slopes is complete.",
    inputs=inputs,
    use=use,
    mistakes=(
        OwnFactor,
        OuterAtTheResult,
        LastPathOnly,
        TooEarly,
        TooEarlyInGrad,
        TooEarlyInDepth,
        Overwrites,
        InnerSumsKept,
        EveryPath,
        SortsByCalls,
        AsInTheVideo,
        CallsItself,
    ),
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
