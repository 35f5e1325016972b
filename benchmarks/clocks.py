"""`dlcourse.timing.benchmark` against another clock, on the same work in turn.

The other clock is `torch.utils.benchmark.Timer`; on CUDA, a pair of events around many calls.
"""

import statistics
from functools import partial

import torch
from torch.utils.benchmark import Timer

from dlcourse.timing import Work, benchmark

SIZES = (32, 256, 1024)  # products of (n, n) matrices: a small, a middle and a large case
_SECONDS = 0.1  # of each measurement


def error_percent(device: torch.device, rounds: int = 40) -> float:
    """Return by how much the two disagree, in percent, for the size where they do most.

    Each round measures with both, so that a change of the machine's speed meets both; who comes
    first changes from round to round. The median of the rounds' ratios counts.
    """
    other = _events if device.type == "cuda" else _torchs
    generator = torch.Generator().manual_seed(0)
    errors = []
    for n in SIZES:
        a = torch.rand(n, n, generator=generator).to(device)
        work = partial(torch.mm, a, a)
        ratios = []
        for number in range(rounds):
            clocks = (_ours, other) if number % 2 else (other, _ours)
            seconds = {clock: clock(work, device) for clock in clocks}
            ratios.append(seconds[_ours] / seconds[other])
        errors.append(100 * abs(statistics.median(ratios) - 1))
    return max(errors)


def _ours(work: Work, device: torch.device) -> float:
    return benchmark(work, device, min_seconds=_SECONDS).median


def _torchs(work: Work, _: torch.device) -> float:
    timer = Timer("work()", globals={"work": work}, num_threads=torch.get_num_threads())
    return timer.blocked_autorange(min_run_time=_SECONDS).median


def _events(work: Work, device: torch.device, n_calls: int = 1000) -> float:
    work()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize(device)
    start.record()
    for _ in range(n_calls):
        work()
    end.record()
    torch.cuda.synchronize(device)
    milliseconds: float = start.elapsed_time(end)
    return milliseconds / 1000 / n_calls
