"""`dlcourse.timing.benchmark` against `torch.utils.benchmark.Timer`, on the same work in turn."""

import statistics
from functools import partial

import torch
from torch.utils.benchmark import Timer

from dlcourse.timing import benchmark

SIZES = (32, 256, 1024)  # products of (n, n) matrices: a small, a middle and a large case
_SECONDS = 0.1  # of each measurement


def error_percent(device: torch.device, rounds: int = 9) -> float:
    """Return by how much the two disagree, in percent, for the size where they do most.

    Each round measures with one and then with the other, so that a change of the machine's speed
    meets both; the median of the rounds' ratios counts.
    """
    generator = torch.Generator().manual_seed(0)
    errors = []
    for n in SIZES:
        a = torch.rand(n, n, generator=generator).to(device)
        work = partial(torch.mm, a, a)
        timer = Timer("work()", globals={"work": work}, num_threads=torch.get_num_threads())
        ratios = []
        for _ in range(rounds):
            ours = benchmark(work, device, min_seconds=_SECONDS).median
            ratios.append(ours / timer.blocked_autorange(min_run_time=_SECONDS).median)
        errors.append(100 * abs(statistics.median(ratios) - 1))
    return max(errors)
