"""A benchmark with three mistakes."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from dlcourse.checking.exercise import exercise

Action = Callable[[], None]


Clock = Callable[[], float]


class PretendGpu:
    """A GPU with a clock of its own: a call takes 1 second to launch, then its work is on a list."""  # noqa: E501

    def __init__(self, first_call: float, later_calls: list[float]) -> None:
        self.now = 0.0
        self.busy_until = 100.0  # earlier tasks
        self.first_call, self.later_calls = first_call, later_calls
        self.n_calls = 0

    def work(self) -> None:
        length = self.later_calls[(self.n_calls - 1) % len(self.later_calls)]
        if not self.n_calls:
            length = self.first_call
        self.n_calls += 1
        self.now += 1
        self.busy_until = max(self.busy_until, self.now) + length

    def synchronize(self) -> None:
        self.now = max(self.now, self.busy_until)

    def clock(self) -> float:
        return self.now


def with_three_mistakes(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """Return the median seconds of `n_samples` calls of `work`, which runs on a GPU.

    work(): launches the work and returns at once. synchronize(): waits until all work is done.
    clock(): returns the time, in seconds. The first call of `work` only warms up.
    Of an even number of samples, the median is halfway between the two in the middle.
    """
    samples = []
    synchronize()
    for _ in range(n_samples):
        start = clock()
        work()
        samples.append(clock() - start)
        synchronize()
    return sum(samples) / n_samples


def inputs(_: torch.Generator) -> Iterator[tuple[float, list[float]]]:
    # As many later calls as samples, so that more than one call may serve as the warm-up.
    yield 50.0, [2.0, 9.0, 3.0]
    yield 500.0, [4.0]
    yield 70.0, [9.0, 5.0, 2.0, 30.0, 6.0]
    yield 60.0, [3.0, 12.0, 4.0, 7.0]  # an even number


def use(
    answer: Callable[..., Any], seconds_of_first_call: float, seconds_of_later_calls: list[float]
) -> object:
    gpu = PretendGpu(seconds_of_first_call, seconds_of_later_calls)
    return answer(gpu.work, gpu.synchronize, gpu.clock, len(seconds_of_later_calls))


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Go through the five mistakes of section 1. Which of them does this code make?",
    "One is missing before the loop, one is in the wrong order in the loop, one is in the last line.",  # noqa: E501
    "The warm-up, too, must be done before the clock starts: `work()`, then `synchronize()`, then the loop.",  # noqa: E501
    "In the loop: start, work, synchronize, read the clock. At the end: `np.median`.",
)


def cold(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """You counted the first call, which does work that no later call does: call `work` once before you take samples."""  # noqa: E501
    samples = []
    synchronize()
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return float(np.median(samples))


def launched(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """You read the clock before the work was done, so that you measured the launch: wait with `synchronize`, then read."""  # noqa: E501
    samples = []
    work()
    synchronize()
    for _ in range(n_samples):
        start = clock()
        work()
        samples.append(clock() - start)
        synchronize()
    return float(np.median(samples))


def started_early(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """You started the clock while the warm-up was still on the list, so that the first sample waits for it, too: synchronize before you start."""  # noqa: E501
    samples = []
    synchronize()
    work()
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return float(np.median(samples))


def averaged_samples(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """You took the mean, which a single disturbed call pulls upward: take the median."""
    samples = []
    work()
    synchronize()
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return sum(samples) / n_samples


def fastest_sample(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """You took the fastest call, a single lucky one: take the median."""
    samples = []
    work()
    synchronize()
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return min(samples)


def in_one_block(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """You timed all calls together and divided: that is one sample, not `n_samples` of them. Read the clock before and after each call."""  # noqa: E501
    work()
    synchronize()
    start = clock()
    for _ in range(n_samples):
        work()
    synchronize()
    return (clock() - start) / n_samples


def never_waited(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """You do not wait before the loop: the first sample then holds the warm-up and whatever was on the list. Synchronize between the warm-up and the loop."""  # noqa: E501
    samples = []
    work()
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return float(np.median(samples))


def lower_middle(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """Your times are right. Of an even number of samples you took the lower of the two in the middle, as torch's `median` does: take their mean, as `np.median` does."""  # noqa: E501
    samples = []
    work()
    synchronize()
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return sorted(samples)[(n_samples - 1) // 2]


def upper_middle(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """Your times are right. Of an even number of samples you took the upper of the two in the middle: take the mean of both, as `np.median` does."""  # noqa: E501
    samples = []
    work()
    synchronize()
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return sorted(samples)[n_samples // 2]


def cold_and_averaged(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
    """Now you wait before you read the clock: well done. Two mistakes are left, one before the loop, one in the last line."""  # noqa: E501
    samples = []
    synchronize()
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return sum(samples) / n_samples


@exercise(
    "A benchmark with three mistakes",
    minutes=12,
    difficulty=3,
    place=100,
    hints=HINTS,
    why="Warm up, wait, start, work, wait, stop; then the middle of many samples.",
    inputs=inputs,
    use=use,
    template=with_three_mistakes,
    mistakes=(
        cold,
        launched,
        started_early,
        averaged_samples,
        fastest_sample,
        in_one_block,
        never_waited,
        lower_middle,
        upper_middle,
        cold_and_averaged,
    ),
)
def measure(
    work: Action, synchronize: Action, clock: Clock, n_samples: int
) -> float | np.floating[Any]:
    """Return the median seconds of `n_samples` calls of `work`, which runs on a GPU.

    work(): launches the work and returns at once. synchronize(): waits until all work is done.
    clock(): returns the time, in seconds. The first call of `work` only warms up.
    Of an even number of samples, the median is halfway between the two in the middle.
    """
    samples = []
    work()
    synchronize()
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return np.median(samples)
