"""Answers to the exercises of lesson 06."""

# ruff: noqa: ANN401 - an attacker's types are anybody's guess

import math
import statistics
from typing import Any

import numpy as np
import torch
from torch import Tensor

from corpus import right, wrong
from dlcourse.exercises import gpu_timing as ex

# ---------------------------------------------------------------------------- questions


@wrong(ex.to_do_list, "You left out the launch in `both`")
def launch_left_out() -> tuple[int, ...]:
    return 1, 50, 20


@wrong(ex.to_do_list, "both")
def everything_waited_for() -> tuple[int, ...]:
    return 1, 50, 51


@wrong(ex.to_do_list)
def in_seconds() -> tuple[float, ...]:
    return 0.001, 0.05, 0.021


@wrong(ex.to_do_list)
def the_other_way_round() -> tuple[int, ...]:
    return 21, 50, 1


@right(ex.to_do_list)
def as_decimals() -> tuple[float, ...]:
    return 1.0, 50.0, 21.0


@wrong(ex.timer_says, "how many samples does `timeit` keep")
def spread_of_nothing() -> str:
    return "e"


@wrong(ex.timer_says)
def number_for_a_letter() -> int:
    return 10


@wrong(ex.timer_says)
def two_letters() -> str:
    return "de"


@wrong(ex.timer_says)
def all_but_the_letter() -> str:
    return ""


@wrong(ex.slow_sample, "was there")
def warmer() -> str:
    return "c"


@wrong(ex.slow_sample)
def no_option() -> str:
    return "e"


@wrong(ex.slow_sample)
def two_options() -> str:
    return "a or b"


@wrong(ex.slow_sample)
def in_milliseconds() -> float:
    return 3.0


@wrong(ex.memory_left, "as long as `x` and `y` have their names")
def emptied() -> tuple[int, ...]:
    return 0, 0, 0


@wrong(ex.memory_left, "after_both")
def one_left() -> tuple[int, ...]:
    return 500, 100, 50


@wrong(ex.memory_left)
def in_bytes() -> tuple[float, ...]:
    return 5e8, 1e8, 1e8


@wrong(ex.memory_left)
def what_was_freed() -> tuple[int, ...]:
    return 0, 400, 400


@right(ex.memory_left)
def of_numpy() -> tuple[Any, ...]:
    return np.float32(500), np.int64(100), torch.tensor(100)


# ---------------------------------------------------------------------------- agree


@wrong(ex.agree, "divided")
def quotient(result: Tensor, reference: Tensor, tolerance: float) -> Any:
    return (result - reference).norm() / reference.norm() <= tolerance


@wrong(ex.agree)
def quotient_with_epsilon(result: Tensor, reference: Tensor, tolerance: float) -> Any:
    return (result - reference).norm() / (reference.norm() + 1e-12) <= tolerance


@wrong(ex.agree)
def floor_of_one(result: Tensor, reference: Tensor, tolerance: float) -> Any:
    return (result - reference).norm() <= tolerance * max(reference.norm().item(), 1e-6)


@wrong(ex.agree)
def sum_of_squares_in_float32(result: Tensor, reference: Tensor, tolerance: float) -> Any:
    gap = (result.float() - reference.float()).square().sum()
    return gap <= tolerance**2 * reference.float().square().sum()


@wrong(ex.agree)
def by_columns(result: Tensor, reference: Tensor, tolerance: float) -> Any:
    return ((result - reference).norm(dim=0) <= tolerance * reference.norm(dim=0)).all()


@wrong(ex.agree)
def in_a_list(result: Tensor, reference: Tensor, tolerance: float) -> list[bool]:
    return [bool((result - reference).norm() <= tolerance * reference.norm())]


@wrong(ex.agree)
def matrix_norm(result: Tensor, reference: Tensor, tolerance: float) -> Any:
    order = 2 if result.ndim == 2 else None
    gap = torch.linalg.norm(result - reference, order)
    return gap <= tolerance * torch.linalg.norm(reference, order)


@right(ex.agree)
def quotient_with_a_case(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    gap, size = (result - reference).norm().item(), reference.norm().item()
    return bool(gap / size <= tolerance if size else gap == 0)


@right(ex.agree)
def by_linalg(result: Tensor, reference: Tensor, tolerance: float) -> Any:
    lengths = torch.linalg.vector_norm(
        torch.stack([result - reference, reference]).flatten(1), dim=1
    )
    return lengths[0].le(tolerance * lengths[1])


@right(ex.agree)
def not_too_far(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    if result.isnan().any() or reference.isnan().any():
        return False
    return not (reference - result).norm() > tolerance * reference.norm()


# ---------------------------------------------------------------------------- layer_intensities


@wrong(ex.layer_intensities, "three matrices of one size")
def all_of_the_result_s_size(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    return 2 * m * k * n / (3 * m * n * n_bytes), 1 / (2 * n_bytes)


@wrong(ex.layer_intensities)
def whole_quotient(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    return float(2 * m * k * n // ((m * k + k * n + m * n) * n_bytes)), 1 / (2 * n_bytes)


@wrong(ex.layer_intensities)
def one_addition_less(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    return m * n * (2 * k - 1) / ((m * k + k * n + m * n) * n_bytes), 1 / (2 * n_bytes)


@wrong(ex.layer_intensities)
def fused(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    return (2 * m * k * n + m * n) / ((m * k + k * n + m * n) * n_bytes), 1 / (2 * n_bytes)


@wrong(ex.layer_intensities)
def bytes_per_operation(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    return (m * k + k * n + m * n) * n_bytes / (2 * m * k * n), 2 * n_bytes


@right(ex.layer_intensities)
def counted_apart(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    flop = {"product": 2 * m * k * n, "relu": m * n}
    moved = {"product": m * k + k * n + m * n, "relu": 2 * m * n}
    first, second = (flop[step] / moved[step] / n_bytes for step in ("product", "relu"))
    return first, second


@right(ex.layer_intensities)
def in_an_array(m: int, k: int, n: int, n_bytes: int) -> Any:
    return np.array([2 / (1 / m + 1 / k + 1 / n), 0.5]) / n_bytes


@right(ex.layer_intensities)
def of_numpy_numbers(m: int, k: int, n: int, n_bytes: int) -> Any:
    numbers = np.prod([[m, k], [k, n], [m, n]], axis=1).sum()
    return np.float64(2 * m * k * n / (numbers * n_bytes)), torch.tensor(0.5 / n_bytes)


# ---------------------------------------------------------------------------- roof


@wrong(ex.roof, "cut off to whole numbers")
def whole_rates(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:
    return np.minimum(2 * sizes / (3 * n_bytes) * bandwidth, peak).astype(np.int64)


@wrong(ex.roof)
def whole_intensity(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:
    return [min(2 * n // (3 * n_bytes) * bandwidth, peak) for n in sizes.tolist()]


@wrong(ex.roof)
def work_overflows(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:
    sizes = sizes.astype(np.int32)
    return np.minimum(2 * sizes**3 / (3 * sizes**2 * n_bytes) * bandwidth, peak)


@wrong(ex.roof)
def sorted_rates(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:
    return np.sort(np.minimum(2 * sizes / (3 * n_bytes) * bandwidth, peak))


@wrong(ex.roof)
def changes_sizes(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:
    sizes *= 2
    return np.minimum(sizes / (3 * n_bytes) * bandwidth, peak)


@wrong(ex.roof)
def list_repeated(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:
    return [min(2 * n / (3 * n_bytes) * bandwidth, peak) for n in sorted(set(sizes.tolist()))]


@right(ex.roof)
def through_seconds(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:
    flop = 2 * sizes.astype(float) ** 3
    return flop / np.maximum(flop / peak, 3 * sizes.astype(float) ** 2 * n_bytes / bandwidth)


@right(ex.roof)
def in_place(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:
    rates = sizes * (2 * bandwidth / (3 * n_bytes))
    rates[rates > peak] = peak
    return rates


@right(ex.roof)
def as_a_tuple(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:
    return tuple(min(peak, 2 * int(n) * bandwidth / 3 / n_bytes) for n in sizes)


# ---------------------------------------------------------------------------- epoch_seconds


@wrong(ex.epoch_seconds, "takes the even one")
def rounded(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    return round(n_samples / batch_size + 0.5) * launch + n_samples * seconds_each


@wrong(ex.epoch_seconds)
def nearly_ceil(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    return int(n_samples / batch_size + 0.999) * launch + n_samples * seconds_each


@wrong(ex.epoch_seconds, "nearest")
def rounded_only(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    return round(n_samples / batch_size) * launch + n_samples * seconds_each


@wrong(ex.epoch_seconds)
def at_least_two(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    return max(2, -(-n_samples // batch_size)) * launch + n_samples * seconds_each


@right(ex.epoch_seconds)
def by_range(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    return len(range(0, n_samples, batch_size)) * launch + n_samples * seconds_each


@right(ex.epoch_seconds)
def by_math(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    return math.ceil(n_samples / batch_size) * launch + n_samples * seconds_each


@right(ex.epoch_seconds)
def by_divmod(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    full, rest = divmod(n_samples, batch_size)
    return (full + (rest > 0)) * launch + n_samples * seconds_each


# ---------------------------------------------------------------------------- where it pays


def _gain(n: int, n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> float:
    return 2 * n / cpu - 2 * n / gpu - 3 * n_bytes / bandwidth


@wrong(ex.break_even, "however large")
def bounded(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    for n in range(1, 100_000):
        if _gain(n, n_bytes, cpu, gpu, bandwidth) > 0:
            return n
    return None


@wrong(ex.break_even, "however large")
def bounded_array(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> Any:
    n = np.arange(1, 20_000, dtype=np.float64)
    wins = 2 * n**3 / cpu > 2 * n**3 / gpu + 3 * n**2 * n_bytes / bandwidth
    return n[wins.argmax()] if wins.any() else None


@wrong(ex.break_even)
def powers_of_two(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    if gpu <= cpu:
        return None
    n = 1
    while _gain(n, n_bytes, cpu, gpu, bandwidth) <= 0:
        n *= 2
    return n


@wrong(ex.break_even)
def ten_times_as_fast(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    if gpu < 1.01 * cpu:
        return None
    return int(1.5 * n_bytes / bandwidth / (1 / cpu - 1 / gpu)) + 1


@wrong(ex.break_even)
def zero_for_never(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int:
    if gpu <= cpu:
        return 0
    return int(1.5 * n_bytes / bandwidth / (1 / cpu - 1 / gpu)) + 1


@wrong(ex.break_even)
def at_least_two_rows(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    if gpu <= cpu:
        return None
    return max(2, int(1.5 * n_bytes / bandwidth / (1 / cpu - 1 / gpu)) + 1)


@right(ex.break_even)
def doubled_then_halved(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    if gpu <= cpu:
        return None
    low, high = 0, 1
    while _gain(high, n_bytes, cpu, gpu, bandwidth) <= 0:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _gain(middle, n_bytes, cpu, gpu, bandwidth) > 0:
            high = middle
        else:
            low = middle
    return high


@right(ex.break_even)
def counted_up(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    if not gpu > cpu:
        return None
    n = 1
    while not _gain(n, n_bytes, cpu, gpu, bandwidth) > 0:
        n += 1
    return n


@right(ex.break_even)
def solved(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> Any:
    return (
        None if cpu >= gpu else np.floor(1.5 * n_bytes * (cpu / bandwidth) * gpu / (gpu - cpu)) + 1
    )


# ---------------------------------------------------------------------------- measure


def _samples(work: Any, synchronize: Any, clock: Any, n_samples: int) -> list[float]:
    samples = []
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return samples


@wrong(ex.measure)
def middle_of_an_unsorted_list(work: Any, synchronize: Any, clock: Any, n_samples: int) -> float:
    work()
    synchronize()
    samples = _samples(work, synchronize, clock, n_samples)
    return (samples[(n_samples - 1) // 2] + samples[n_samples // 2]) / 2


@wrong(ex.measure)
def one_sample_less(work: Any, synchronize: Any, clock: Any, n_samples: int) -> float:
    work()
    synchronize()
    samples = _samples(work, synchronize, clock, max(1, n_samples - 1))
    return float(np.median(samples))


@wrong(ex.measure)
def warm_up_among_the_samples(work: Any, synchronize: Any, clock: Any, n_samples: int) -> float:
    synchronize()
    samples = _samples(work, synchronize, clock, n_samples + 1)
    return float(np.median(samples))


@wrong(ex.measure)
def disturbed_samples_left_out(work: Any, synchronize: Any, clock: Any, n_samples: int) -> float:
    work()
    synchronize()
    samples = _samples(work, synchronize, clock, n_samples)
    return statistics.fmean(sorted(samples)[1:-1] or samples)


@wrong(ex.measure)
def ends_with_work_on_the_list(work: Any, synchronize: Any, clock: Any, n_samples: int) -> float:
    work()
    synchronize()
    median = float(np.median(_samples(work, synchronize, clock, n_samples)))
    return median - 1


@wrong(ex.measure)
def wall_clock(work: Any, synchronize: Any, clock: Any, n_samples: int) -> float:  # noqa: ARG001
    return float(np.median([0.0 for _ in range(n_samples) if not work()]))


@right(ex.measure)
def waiting_twice(work: Any, synchronize: Any, clock: Any, n_samples: int) -> float:
    synchronize()
    work()
    synchronize()
    return statistics.median(_samples(work, synchronize, clock, n_samples))


@right(ex.measure)
def quantile(work: Any, synchronize: Any, clock: Any, n_samples: int) -> Any:
    work()
    synchronize()
    samples = torch.tensor(_samples(work, synchronize, clock, n_samples))
    return samples.quantile(0.5)


@right(ex.measure)
def ends_and_starts(work: Any, synchronize: Any, clock: Any, n_samples: int) -> Any:
    work()
    synchronize()
    times = [clock()]
    for _ in range(n_samples):
        work()
        synchronize()
        times.append(clock())
    return np.median(np.diff(times))
