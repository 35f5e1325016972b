"""The benchmark that lesson 06 builds: how long a piece of work takes, and how sure that is.

Covers: work on the CPU, on CUDA and on MPS; warm-up, waiting for the device, many samples.
Does not cover: memory, transfers that the work does not make itself, comparing two runs.
The definitions are those of lesson 06; `tests/test_timing.py` holds the two together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from torch.utils.benchmark import Timer

from dlcourse.device import synchronize

Work: TypeAlias = Callable[[], Any]

CPU = torch.device("cpu")
BLOCK_SECONDS = 0.01  # so long that starting and ending a block hardly count
FEWEST_SAMPLES = 5  # fewer tell nothing about the spread


@dataclass(frozen=True)
class Timing:
    """The time that one call took: the median of the samples, and the spread of their middle half.

    Attributes:
        median: in seconds.
        spread: in seconds; from the first to the third quartile.
        n_samples: how many samples there were; a sample is the mean of one block of calls.
    """

    median: float
    spread: float
    n_samples: int


def benchmark(work: Work, device: torch.device = CPU, *, min_seconds: float = 0.2) -> Timing:
    """Time `work()`, which computes on `device`, for at least `min_seconds` after a warm-up.

    The CPU uses as many threads as the program does.
    """
    if device.type == "cuda":
        samples = time_with_events(work, min_seconds)
    else:
        # On the CPU a call returns when its work is done; for MPS, `Timer` must be told to wait.
        statement = "work(); synchronize(device)" if device.type == "mps" else "work()"
        names = {"work": work, "synchronize": synchronize, "device": device}
        timer = Timer(statement, globals=names, num_threads=torch.get_num_threads())
        samples = []
        while len(samples) < FEWEST_SAMPLES:
            samples += timer.blocked_autorange(min_run_time=min_seconds / FEWEST_SAMPLES).times
    low, median, high = np.quantile(samples, [0.25, 0.5, 0.75]).tolist()
    return Timing(median, high - low, len(samples))


def time_with_events(work: Work, min_seconds: float) -> list[float]:
    """Return the seconds a call of `work` takes, one sample a block, by the clock of the GPU."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))

    def time_block(n_calls: int) -> float:
        start.record()
        for _ in range(n_calls):
            work()
        end.record()
        end.synchronize()
        milliseconds: float = start.elapsed_time(end)
        return milliseconds / 1000

    time_block(1)  # the warm-up
    n_calls = 1
    while time_block(n_calls) < BLOCK_SECONDS:
        n_calls *= 2
    samples: list[float] = []
    while sum(samples) * n_calls < min_seconds or len(samples) < FEWEST_SAMPLES:
        samples.append(time_block(n_calls) / n_calls)
    return samples
