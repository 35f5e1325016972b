"""Engines with one fault each: the known mistakes of the exercise in `scalar.py`; closed, too."""

import itertools
import math
from typing import Any, TypeAlias

Number: TypeAlias = Any  # a Scalar of whoever wrote the class


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


MISTAKES = (
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
)
