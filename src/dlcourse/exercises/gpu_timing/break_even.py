"""Where a transfer pays."""

from collections.abc import Iterator

import numpy as np
import torch

from dlcourse.checking.exercise import exercise


def inputs(_: torch.Generator) -> Iterator[tuple[int, float, float, float]]:
    yield 4, 2.0**30, 2.0**31, 3 * 2.0**28  # as fast at n = 16
    yield 4, 1e11, 1e12, 1.3e10
    yield 8, 1e11, 1.5e11, 1.3e10
    yield 2, 1e9, 1e14, 7e12  # pays for a single number
    yield 4, 1e12, 1.05e12, 1.1e10  # hardly faster: pays late
    yield 4, 1e12, 1.001e12, 1.7e10  # pays at n = 353,295 only
    yield 2, 1e11, 1e11, 1.3e10  # no faster
    yield 4, 2e11, 1e11, 1.3e10  # slower


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Write down two times, as formulas in n: on the CPU, and on the GPU with the transfer.",
    "CPU: 2n³ / cpu. GPU: 2n³ / gpu + 3n² · n_bytes / bandwidth. When is there no such n at all?",
    "Let n grow from 1 until the second time is less than the first; or set them equal, divide by n², and solve.",  # noqa: E501
)


def one_way(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    """You counted the way there and forgot the way back: three matrices travel, two there and one back."""  # noqa: E501
    if gpu <= cpu:
        return None
    return int(2 * n_bytes / (2 * bandwidth * (1 / cpu - 1 / gpu))) + 1


def gpu_takes_no_time(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    """You compared the transfer alone with the CPU: the GPU needs time for the product, too."""
    if gpu <= cpu:
        return None
    return int(3 * n_bytes / (2 * bandwidth / cpu)) + 1


def half_the_work(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    """You counted n³ operations: there are n³ multiplications and as many additions, 2n³."""
    if gpu <= cpu:
        return None
    return int(3 * n_bytes / (bandwidth * (1 / cpu - 1 / gpu))) + 1


def tie_wins(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    """You counted a tie as a win: where both take the same time, the next n is the answer."""
    if gpu <= cpu:
        return None
    return int(np.ceil(3 * n_bytes / (2 * bandwidth * (1 / cpu - 1 / gpu))))


def always_wins(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    """You assumed that a GPU wins for some n: if its rate is no higher than the CPU's, it never does, and the answer is None."""  # noqa: E501
    return int(3 * n_bytes / (2 * bandwidth * (1 / cpu - 1 / gpu))) + 1


def gives_up(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    """You stopped the search too early, and called it None: where the GPU is faster than the CPU, it pays for some n, however large."""  # noqa: E501
    return _searched(n_bytes, cpu, gpu, bandwidth, end=1000)


def gives_up_later(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    """Your search has an end, and there are devices for which it comes too early: where the GPU is faster than the CPU, it pays for some n, however large. Let only the rates say that there is none."""  # noqa: E501
    return _searched(n_bytes, cpu, gpu, bandwidth, end=100_000)


def _searched(n_bytes: int, cpu: float, gpu: float, bandwidth: float, *, end: int) -> int | None:
    if gpu <= cpu:
        return None
    n = int(3 * n_bytes / (2 * bandwidth * (1 / cpu - 1 / gpu))) + 1
    return n if n < end else None


@exercise(
    "Where a transfer pays",
    minutes=10,
    difficulty=3,
    place=90,
    hints=HINTS,
    why="Work grows as n³ and transfer as n², so that a faster device wins in the end.",
    inputs=inputs,
    mistakes=(
        one_way,
        gpu_takes_no_time,
        half_the_work,
        tie_wins,
        always_wins,
        gives_up,
        gives_up_later,
    ),
)
def break_even(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> float | None:
    """Return the smallest whole n ≥ 1 for which an (n, n) product is faster by way of the GPU.

    The data start and end on the CPU: two matrices go to the GPU and one comes back, at
    `bandwidth` bytes a second, a number taking `n_bytes`. `cpu` and `gpu` are the rates of the
    two in FLOP a second. As fast is not faster. Return None if the GPU is faster for no n.
    """
    if gpu <= cpu:
        return None
    return 3 * n_bytes // (2 * bandwidth * (1 / cpu - 1 / gpu)) + 1
