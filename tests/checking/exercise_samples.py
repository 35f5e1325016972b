"""Small exercises of every kind, for the tests of `dlcourse.checking`."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise, question

RECORD: dict[str, Any] = {
    "minutes": 5,
    "difficulty": 1,
    "hints": ("Think.", "Think of the mean.", "Divide by the count."),
    "why": "The mean is the sum over the count.",
}


def summed(x: Tensor, scale: float = 1.0) -> Tensor:
    """You returned the sum: divide it by the number of elements."""
    return scale * x.sum()


def off_by_one(x: Tensor, scale: float = 1.0) -> Tensor:
    """You divided by one less than the number of elements."""
    return scale * x.sum() / (x.numel() - 1)


def in_place(x: Tensor, scale: float = 1.0) -> Tensor:
    """You scaled the learner's own tensor."""
    x *= scale
    return x.mean()


def raising(x: Tensor, scale: float = 1.0) -> Tensor:
    """You took the mean of integers: call `.float()` first."""
    return scale * x.long().mean()


def average_inputs(rng: torch.Generator) -> Iterator[tuple[object, ...]]:
    yield torch.tensor([1.0, 3.0]), 2.0
    yield torch.rand(3, 4, generator=rng).T, 0.5
    yield (torch.tensor([5.0, 6.0, 10.0], dtype=torch.float64),)


@exercise(
    "An average",
    inputs=average_inputs,
    mistakes=(summed, off_by_one, in_place, raising),
    **RECORD,
)
def average(x: Tensor, scale: float = 1.0) -> Tensor:
    """Return the mean of `x`, times `scale`.

    `x` has any shape.
    """
    total = x.sum()  # all of it
    return scale * total / x.numel()


def upper_case() -> str:
    """That is the speed: distance over time."""
    return "b"


def too_far() -> str:
    """You took the time for the distance."""
    return "c"


def nowhere() -> str:
    """It does move."""
    return "d"


@question("A distance", mistakes=(upper_case, too_far, nowhere), **RECORD)
def distance() -> str:
    """Which is the distance?

    a: 3 m; b: 3 m/s; c: 3 s; d: 0.
    """
    return "a"


def both_wrong() -> tuple[int, int]:
    """You exchanged the two."""
    return 2, 1


@question("Two numbers", names=("first", "second"), mistakes=(both_wrong,), **RECORD)
def numbers() -> tuple[int, int]:
    """The first two numbers."""
    one = 1
    return one, one + 1


def count_twice(counter: Any, steps: int) -> int:  # noqa: ANN401
    made = counter(steps)
    made.step()
    return int(made.step())


class Stuck:
    """You never add anything."""

    def __init__(self, size: int) -> None:
        self.size, self.total = size, 0

    def step(self) -> int:  # noqa: D102 - a mistake, made by nobody who writes docstrings
        return self.total


@exercise(
    "A counter",
    inputs=lambda _: iter([(3,), (5,)]),
    use=count_twice,
    mistakes=(Stuck,),
    **RECORD,
)
class Counter:
    """Counts by `size`."""

    def __init__(self, size: int) -> None:
        self.size, self.total = size, 0

    def step(self) -> int:
        """Add `size` to the total and return that."""
        self.total += self.size
        return self.total


COUNTER: Any = Counter  # for mypy a decorated class is still a class


def half_mended(xs: list[float]) -> float:
    """The largest is found, but not for negative numbers: do not start from 0."""
    best = 0.0
    for x in xs:
        best = max(best, x)
    return best


def faulty(xs: list[float]) -> float:
    """Return the largest of `xs`; mend the two faults."""
    best = 0.0
    for x in xs:
        best = min(best, x)
    return best


@exercise(
    "A mended loop",
    inputs=lambda _: iter([([1.0, 2.0],), ([-1.0, -2.0],)]),
    template=faulty,
    mistakes=(half_mended,),
    **RECORD,
)
def largest(xs: list[float]) -> float:
    """Return the largest of `xs`; mend the two faults."""
    best = xs[0]
    for x in xs:
        best = max(best, x)
    return best


def faulty_exponent(x: Tensor) -> Tensor:
    """Return e to the power of `x`; mend the fault."""
    return torch.log(x)


@exercise(
    "A mended call",
    inputs=lambda _: iter([(torch.tensor([1.0, 2.0]),)]),
    template=faulty_exponent,
    mistakes=(),
    **RECORD,
)
def exponent(x: Tensor) -> Tensor:
    """Return e to the power of `x`; mend the fault."""
    return torch.exp(x)


@exercise("With imports", inputs=lambda _: iter([(2,)]), mistakes=(), **RECORD)
def given(n: int) -> Tensor:
    """Return a layer's bias."""
    return torch.zeros_like(nn.Linear(n, n).bias)
