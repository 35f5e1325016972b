"""The exercises of lesson 06: right answers of other kinds pass; solutions agree with oracles."""

import itertools
import statistics
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from dlcourse.checking.judgment import Outcome
from dlcourse.exercises import gpu_timing as ex
from parts import part_of

PretendGpu = part_of(ex.measure, "PretendGpu")


def agree_with_numpy(result: torch.Tensor, reference: torch.Tensor, tolerance: float) -> bool:
    gap = np.linalg.norm((result - reference).numpy())
    return bool(gap <= tolerance * np.linalg.norm(reference.numpy()))


def agree_with_dist(result: torch.Tensor, reference: torch.Tensor, tolerance: float) -> Any:  # noqa: ANN401
    return torch.dist(result, reference) <= tolerance * reference.norm()


def agree_with_loop(result: torch.Tensor, reference: torch.Tensor, tolerance: float) -> bool:
    pairs = list(zip(result.flatten().tolist(), reference.flatten().tolist(), strict=True))
    gap, size = sum((x - y) ** 2 for x, y in pairs), sum(y**2 for _, y in pairs)
    return bool(gap <= tolerance**2 * size)


def roof_with_minimum(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:  # noqa: ANN401
    flop, moved = 2.0 * sizes**3, 3 * n_bytes * sizes**2
    return flop / np.maximum(flop / peak, moved / bandwidth)


def roof_with_loop(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> list[float]:  # noqa: ANN401
    return [min(2 * n / (3 * n_bytes) * bandwidth, peak) for n in sizes.tolist()]


def roof_with_torch(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> torch.Tensor:  # noqa: ANN401
    return (torch.from_numpy(sizes).double() * (2 * bandwidth / 3 / n_bytes)).clamp(max=peak)


def roof_with_where(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:  # noqa: ANN401
    slope = 2 * sizes * bandwidth / 3 / n_bytes
    return np.where(slope > peak, peak, slope)


def epoch_seconds_with_floor(n: int, size: int, launch: float, each: float) -> float:
    return -(-n // size) * launch + n * each


def epoch_seconds_with_loop(n: int, size: int, launch: float, each: float) -> float:
    return sum(launch + len(range(n)[i : i + size]) * each for i in range(0, n, size))


def epoch_seconds_with_split(n: int, size: int, launch: float, each: float) -> torch.Tensor:
    parts = torch.ones(n, dtype=torch.float64).split(size)
    return sum((launch + part.sum() * each for part in parts), torch.tensor(0.0))


def break_even_with_loop(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    if gpu <= cpu:
        return None
    n = 1
    while 2 * n**3 / cpu <= 2 * n**3 / gpu + 3 * n**2 * n_bytes / bandwidth:
        n += 1
    return n


def break_even_with_search(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> Any:  # noqa: ANN401
    if cpu >= gpu:
        return None
    n = np.arange(1, 2 + 1.5 * n_bytes / bandwidth / (1 / cpu - 1 / gpu))
    wins = 2 * n**3 / cpu > 2 * n**3 / gpu + 3 * n**2 * n_bytes / bandwidth
    return n[wins.argmax()]


def break_even_solved(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    if cpu >= gpu:
        return None
    return int(np.floor(1.5 * n_bytes * cpu * gpu / (bandwidth * (gpu - cpu)))) + 1


def measure_always_waiting(work: Any, synchronize: Any, clock: Any, n_samples: int) -> float:  # noqa: ANN401
    work()
    samples: list[float] = []
    while len(samples) < n_samples:
        synchronize()
        start = clock()
        work()
        synchronize()
        samples += [clock() - start]
    return statistics.median(samples)


def measure_three_warm_ups(work: Any, synchronize: Any, clock: Any, n_samples: int) -> Any:  # noqa: ANN401
    for _ in range(3):
        work()
        synchronize()

    def sample() -> float:
        start = clock()
        work()
        synchronize()
        return float(clock() - start)

    return torch.tensor([sample() for _ in range(n_samples)]).quantile(0.5)


def measure_dropping_the_first(work: Any, synchronize: Any, clock: Any, n_samples: int) -> float:  # noqa: ANN401
    synchronize()
    samples = np.empty(n_samples + 1)
    for i in range(n_samples + 1):
        samples[i] = -clock()
        work()
        synchronize()
        samples[i] += clock()
    return float(np.percentile(sorted(samples[1:]), 50))


def layer_intensities_in_steps(m: int, k: int, n: int, n_bytes: int) -> list[float]:
    moved = n_bytes * sum(p * q for p, q in itertools.combinations((m, k, n), 2))
    return [m * n * (k + k) / moved, 0.5 / n_bytes]


def layer_intensities_of_fractions(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    product = Fraction(2, n_bytes) / (Fraction(1, m) + Fraction(1, n) + Fraction(1, k))
    return float(product), float(Fraction(m * n, 2 * m * n * n_bytes))


def layer_intensities_as_tensor(m: int, k: int, n: int, n_bytes: int) -> torch.Tensor:
    shapes = torch.tensor([[m, k], [k, n], [m, n]])
    product = 2 * m * k * n / (shapes.prod(dim=1).sum() * n_bytes)
    return torch.stack([product, torch.tensor(1 / n_bytes / 2)])


RIGHT: dict[str, tuple[Callable[..., Any], ...]] = {
    "layer_intensities": (
        layer_intensities_in_steps,
        layer_intensities_of_fractions,
        layer_intensities_as_tensor,
    ),
    "agree": (
        agree_with_numpy,
        agree_with_dist,
        agree_with_loop,
    ),
    "roof": (
        roof_with_minimum,
        roof_with_loop,
        roof_with_torch,
        roof_with_where,
    ),
    "epoch_seconds": (
        epoch_seconds_with_floor,
        epoch_seconds_with_loop,
        epoch_seconds_with_split,
    ),
    "break_even": (
        break_even_with_loop,
        break_even_with_search,
        break_even_solved,
    ),
    "measure": (
        measure_always_waiting,
        measure_three_warm_ups,
        measure_dropping_the_first,
    ),
}
PAIRS = [(name, answer) for name, answers in RIGHT.items() for answer in answers]


def only_lengths(a: torch.Tensor, b: torch.Tensor, t: float) -> Any:  # noqa: ANN401
    return (a.norm() - b.norm()).abs() <= t * b.norm()


def by_the_result(a: torch.Tensor, b: torch.Tensor, t: float) -> Any:  # noqa: ANN401
    return (a - b).norm() <= t * a.norm()


def only_the_largest(a: torch.Tensor, b: torch.Tensor, t: float) -> Any:  # noqa: ANN401
    return (a - b).abs().max() <= t * b.norm()


def largest_by_largest(a: torch.Tensor, b: torch.Tensor, t: float) -> Any:  # noqa: ANN401
    return (a - b).abs().max() <= t * b.abs().max()


def sum_by_norm(a: torch.Tensor, b: torch.Tensor, t: float) -> Any:  # noqa: ANN401
    return abs((a - b).sum()) <= t * b.norm()


def sum_by_sum(a: torch.Tensor, b: torch.Tensor, t: float) -> Any:  # noqa: ANN401
    return (a - b).sum().abs() <= t * b.sum().abs()


def mean_by_mean(a: torch.Tensor, b: torch.Tensor, t: float) -> Any:  # noqa: ANN401
    return (a - b).abs().mean() <= t * b.abs().mean()


def total_by_norm(a: torch.Tensor, b: torch.Tensor, t: float) -> Any:  # noqa: ANN401
    return (a - b).abs().sum() <= t * b.norm()


def squares(a: torch.Tensor, b: torch.Tensor, t: float) -> Any:  # noqa: ANN401
    return (a - b).square().sum() <= t * b.square().sum()


def search_up_to_a_thousand(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    for n in range(1, 1000):
        if 2 * n**3 / cpu > 2 * n**3 / gpu + 3 * n**2 * n_bytes / bandwidth:
            return n
    return None


def median_of_torch(work: Any, synchronize: Any, clock: Any, n_samples: int) -> Any:  # noqa: ANN401
    samples = torch.empty(n_samples)
    work()
    synchronize()
    for i in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples[i] = clock() - start
    return samples.median()


def roof_of_zeros_like(sizes: Any, n_bytes: int, bandwidth: float, peak: float) -> Any:  # noqa: ANN401
    rates = np.zeros_like(sizes)
    for i, n in enumerate(sizes):
        rates[i] = min(2 * n / (3 * n_bytes) * bandwidth, peak)
    return rates


WRONG: dict[str, tuple[Callable[..., Any], ...]] = {
    "agree": (
        only_lengths,
        by_the_result,
        only_the_largest,
        largest_by_largest,
        sum_by_norm,
        sum_by_sum,
        mean_by_mean,
        total_by_norm,
        squares,
    ),
    "break_even": (search_up_to_a_thousand,),
    "measure": (median_of_torch,),
    "roof": (roof_of_zeros_like,),
}
WRONG_PAIRS = [(name, answer) for name, answers in WRONG.items() for answer in answers]


@pytest.mark.parametrize(("name", "answer"), WRONG_PAIRS, ids=[f.__name__ for _, f in WRONG_PAIRS])
def test_answers_that_are_nearly_right_do_not_pass(name: str, answer: Callable[..., Any]) -> None:
    assert getattr(ex, name).judge(answer).outcome is Outcome.NOT_YET


class Caller:
    """A right answer as an object that can be called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *arguments: object) -> object:
        """Return what the function returns."""
        return self.function(*arguments)


@pytest.mark.parametrize(("name", "answer"), PAIRS, ids=[f.__name__ for _, f in PAIRS])
def test_right_answers_pass_however_they_are_written(name: str, answer: Callable[..., Any]) -> None:
    for written in (answer, Caller(answer)):
        verdict = getattr(ex, name).judge(written)
        assert verdict.outcome is Outcome.PASSED, verdict.message


def test_every_task_with_a_function_has_three_other_answers() -> None:
    tasks = [one.name for one in ex.EXERCISES if not one.is_question]
    assert len(tasks) >= 6
    assert all(len(RIGHT[task]) >= 3 for task in tasks)


def test_the_clock_s_reports_are_those_of_a_simulation() -> None:
    def reports(*, before: bool, after: bool) -> float:
        now, busy_until = 0, 30
        now = max(now, busy_until) if before else now
        start, now = now, now + 1
        busy_until = max(busy_until, now) + 20
        return (max(now, busy_until) if after else now) - start

    wanted = (
        reports(before=False, after=False),
        reports(before=False, after=True),
        reports(before=True, after=True),
    )
    assert ex.to_do_list.answer() == wanted


def test_agree_tolerates_an_order_of_summation_and_not_tf32() -> None:
    rng = np.random.default_rng(0)
    a = torch.from_numpy(rng.random((32, 48), dtype=np.float32))
    whole, parts = a @ a.T, a[:, :20] @ a.T[:20] + a[:, 20:] @ a.T[20:]
    fewer = (a.view(torch.int32) & ~0x1FFF).view(torch.float32)  # TF32 keeps ten bits
    assert ex.agree.answer(parts, whole, 1e-6)
    assert not ex.agree.answer(fewer @ fewer.T, whole, 1e-5)
    assert ex.agree.answer(fewer @ fewer.T, whole, 1e-3)


@pytest.mark.parametrize(("m", "k", "n"), [(2, 3, 5), (1, 7, 4)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_intensities_are_counted(m: int, k: int, n: int, dtype: torch.dtype) -> None:
    a, b = torch.ones(m, k, dtype=dtype), torch.ones(k, n, dtype=dtype)
    result = a @ b
    flop = 0
    for _ in itertools.product(range(m), range(n), range(k)):
        flop += 2  # a multiplication, an addition
    product = flop / (a.nbytes + b.nbytes + result.nbytes)
    relu = result.numel() / (result.nbytes + result.relu().nbytes)
    wanted = pytest.approx((product, relu))
    assert ex.layer_intensities.answer(m, k, n, dtype.itemsize) == wanted


def test_roof_is_the_work_over_the_longer_of_two_times() -> None:
    sizes = np.array([16, 64, 256, 1024])
    seconds = [max(2 * n**3 / 2e11, 3 * 4 * n**2 / 3e10) for n in sizes.tolist()]
    wanted = 2.0 * sizes**3 / np.array(seconds)
    rates = ex.roof.answer(sizes, 4, 3e10, 2e11)
    np.testing.assert_allclose(rates, wanted)
    assert rates[0] < rates[-1] == 2e11, "both parts of the roof are there"


def test_epoch_is_counted_in_batches() -> None:
    batches = torch.arange(11).split(4)
    assert ex.epoch_seconds.answer(11, 4, 2.0, 0.25) == pytest.approx(2 * len(batches) + 11 / 4)


@pytest.mark.parametrize("n_bytes", [2, 4, 8])
def test_break_even_is_where_the_sign_changes(n_bytes: int) -> None:
    def gain(n: int) -> Fraction:
        cpu, gpu, bandwidth = 10**11, 10**12, 13 * 10**9
        alone, work = Fraction(2 * n**3, cpu), Fraction(2 * n**3, gpu)
        return alone - work - Fraction(3 * n**2 * n_bytes, bandwidth)

    n = int(ex.break_even.answer(n_bytes, 1e11, 1e12, 1.3e10))
    assert gain(n) > 0 >= gain(n - 1)
    assert ex.break_even.answer(n_bytes, 1e12, 1e11, 1.3e10) is None


def test_measure_finds_the_middle_call() -> None:
    gpu = PretendGpu(99.0, [2.0, 40.0, 7.0])
    median = ex.measure.answer(gpu.work, gpu.synchronize, gpu.clock, 3)
    assert median == 1 + 7
    assert gpu.n_calls == 4
    assert gpu.now >= gpu.busy_until, "nothing is left on the list"


def test_memory_is_counted_by_what_is_alive() -> None:
    class Block(list[int]):
        pass

    alive = {"x": Block([400]), "y": Block([100])}
    reports = [sum(map(sum, alive.values()))]
    del alive["x"]
    reports += [sum(map(sum, alive.values()))] * 2
    assert list(ex.memory_left.answer()) == reports


def test_every_wrong_option_has_its_own_feedback() -> None:
    for question, letters in ((ex.timer_says, "abcde"), (ex.slow_sample, "abcd")):
        wrong = set(letters) - {question.answer()}
        assert {mistake() for mistake in question.mistakes} == wrong


def test_timer_takes_one_thread_and_timeit_one_sample() -> None:
    from torch.utils.benchmark import Timer  # noqa: PLC0415 - slow to load

    for n_calls in (10, 1000):
        measurement = Timer("1 + 1").timeit(n_calls)
        assert (len(measurement.times), measurement.iqr) == (1, 0.0)
        assert measurement.num_threads == 1
