"""The exercises of lesson 06: honest timings, and what limits a computation."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.exercise import exercise, question

# ---------------------------------------------------------------------------- to_do_list


def work_always_seen() -> tuple[int, int, int]:
    """You took it that a call returns when its work is done. On a GPU it returns as soon as the task is on the list."""  # noqa: E501
    return 21, 51, 21


def waited_before_launching() -> tuple[int, int, int]:
    """You let the list stand still during the launch: the GPU works at the earlier tasks meanwhile, so that the 1 ms is not added."""  # noqa: E501
    return 1, 51, 21


def forgot_earlier_tasks() -> tuple[int, int, int]:
    """You forgot the tasks that were on the list already: waiting at the end waits for them, too."""  # noqa: E501
    return 1, 21, 21


def forgot_the_launch() -> tuple[int, int, int]:
    """You left out the launch in `both`: the list is empty, so that the GPU can begin only after the 1 ms."""  # noqa: E501
    return 1, 50, 20


def launch_for_nothing() -> tuple[int, int, int]:
    """You took `neither` for no time at all: the clock sees the call itself, which puts the product on the list."""  # noqa: E501
    return 0, 50, 21


def launch_waits() -> tuple[int, int, int]:
    """You made the call wait for the earlier tasks in `neither`: to write on a list takes no longer because much stands on it already."""  # noqa: E501
    return 31, 51, 21


def launch_in_the_wrong_place() -> tuple[int, int, int]:
    """You counted the launch where it runs beside the earlier tasks, in `after`, and left it out where the GPU must wait for it, in `both`."""  # noqa: E501
    return 1, 51, 20


@question(
    "What does the clock report?",
    minutes=5,
    difficulty=2,
    names=("neither", "after", "both"),
    hints=(
        "Draw two lines of time, one of Python and one of the GPU, and mark when each is busy.",
        "Without any waiting the clock is read when the call returns. What has happened by then?",
        "With the waiting at the end, the GPU finishes 30 ms of old work and then 20 ms of yours.",
    ),
    why="Only `both` is the time of a product by itself: one launch, and then the work.",
    mistakes=(
        work_always_seen,
        waited_before_launching,
        forgot_earlier_tasks,
        forgot_the_launch,
        launch_for_nothing,
        launch_waits,
        launch_in_the_wrong_place,
    ),
)
def to_do_list() -> tuple[int, int, int]:
    """A GPU's list holds earlier tasks for 30 ms when you come to time one product. To put
    it on the list takes 1 ms, after which the call returns; to compute it takes the GPU 20 ms
    more, as soon as it is on the list and the earlier tasks are done.
    How many milliseconds does the clock report

    neither: if you never synchronize,
    after: if you synchronize only before the clock is read for the second time,
    both: if you also synchronize before the clock is read for the first time?
    """
    launch, compute, earlier = 1, 20, 30
    return launch, earlier + compute, launch + compute


# ---------------------------------------------------------------------------- timer_says


def precise() -> str:
    """You took the 0.0 for a sign of precision: `timeit` divides one total by 100, and one sample has no spread. Nor does a spread say that a time is the right one."""  # noqa: E501
    return "a"


def overhead_of_timer() -> str:
    """You blame the tool's overhead: around a call of milliseconds it hardly counts. 38 is not far from 4 times 10: what is there four of?"""  # noqa: E501
    return "b"


def not_waited() -> str:
    """You blame a missing `synchronize`: on a CPU there is nothing to wait for, a call returns when its work is done."""  # noqa: E501
    return "c"


def both_spreads() -> str:
    """You are right about the threads, and took the 0.0 for a spread: how many samples does `timeit` keep?"""  # noqa: E501
    return "e"


@question(
    "Ten milliseconds or thirty-eight?",
    minutes=3,
    difficulty=1,
    hints=(
        "Both times can be right: they may answer different questions.",
        "Which argument of `Timer` did `product_ms` set, and what does `Timer` do without it?",
        "Look at `len(ten_calls.times)` above: how many samples are left of ten calls?",
    ),
    why="`Timer` takes one thread unless told, and one total divided by 100 is a single sample.",
    mistakes=(precise, overhead_of_timer, not_waited, both_spreads),
)
def timer_says() -> str:
    """On the CPU of a laptop with four cores, a clock around each of 100 calls of `a @ a`, after
    a warm-up, gives a median of 10 ms and a spread of 0.4 ms. On the same laptop,
    `Timer("a @ a", globals={"a": a}).timeit(100)` gives 38 ms and an iqr of 0.0.
    What do you report? Answer with a letter, "a" to "e".

    a: 38 ms: its spread is 0, so it is the more precise of the two.
    b: 10 ms: the other 28 ms are the overhead of `Timer`.
    c: 38 ms: the clock was read before the work was done.
    d: 10 ms on four threads, spread 0.4 ms; 38 ms on one thread, spread unknown.
    e: 10 ms on four threads, spread 0.4 ms; 38 ms on one thread, spread 0.0 ms.
    """
    return "d"


# ---------------------------------------------------------------------------- agree


def each_by_itself(result: Tensor, reference: Tensor, tolerance: float) -> Tensor:
    """You measured each element against itself: one near 0 among large ones then fails for a rounding of the large ones. Compare the lengths."""  # noqa: E501
    return torch.all((result - reference).abs() <= tolerance * reference.abs())


def not_relative(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You compared the length of the difference with the tolerance itself: it must grow with the numbers, so multiply it by the length of `reference`."""  # noqa: E501
    return bool((result - reference).norm() <= tolerance)


def default_tolerance(result: Tensor, reference: Tensor, tolerance: float) -> bool:  # noqa: ARG001
    """You left `allclose` its own tolerance, which fits float32 and not TF32: use the one that is handed in."""  # noqa: E501
    return torch.allclose(result, reference)


def with_sign(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You compared the differences with their signs: a result that is far too small passes. Take the length."""  # noqa: E501
    return bool((result - reference).sum() <= tolerance * reference.norm())


def nan_agrees(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You asked whether it is too far and reversed the answer: every comparison with nan is False, so nan agrees with anything."""  # noqa: E501
    return not bool((result - reference).norm() > tolerance * reference.norm())


def strictly_less(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You asked for less than the bound, and "at most" includes the bound itself: equal results agree even if the tolerance is 0."""  # noqa: E501
    return bool((result - reference).norm() < tolerance * reference.norm())


def handed_to_allclose(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You handed the tolerance to `allclose`: it looks at each element by itself, and forgives a little (`atol`) besides. Compare the lengths."""  # noqa: E501
    return torch.allclose(result, reference, rtol=tolerance)


def lengths_differ(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You subtracted the lengths: two results of one length can point anywhere. Take the length of the difference."""  # noqa: E501
    return bool((result.norm() - reference.norm()).abs() <= tolerance * reference.norm())


def relative_to_the_result(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You measured by the length of `result`, which may be the one that is wrong: if it is far too large, so is what you allow. Measure by `reference`."""  # noqa: E501
    return bool((result - reference).norm() <= tolerance * result.norm())


def largest_error(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You looked at the largest error alone: many small ones add up. Take the length of the whole difference."""  # noqa: E501
    return bool((result - reference).abs().max() <= tolerance * reference.norm())


def averages(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You averaged the errors: among many elements a single large error disappears. Take the length of the difference."""  # noqa: E501
    return bool((result - reference).abs().mean() <= tolerance * reference.abs().mean())


def cancelling(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You added up the errors before you dropped the sign, so that they cancel. Take the length of the difference."""  # noqa: E501
    return bool((result - reference).sum().abs() <= tolerance * reference.norm())


def bit_by_bit(result: Tensor, reference: Tensor, tolerance: float) -> bool:  # noqa: ARG001
    """Return whether the results of two devices, tensors of one shape, agree.

    They agree if the length (`norm`) of their difference is at most `tolerance` times
    the length of `reference`. A result with a nan agrees with nothing.
    """
    return result.equal(reference)


def agree_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, float]]:
    yield torch.tensor([1025.0]), torch.tensor([1024.5]), 1e-3  # what TF32 made of 1024.5
    yield torch.tensor([1025.0]), torch.tensor([1024.5]), 1e-5
    yield torch.tensor([3.0, 4.0]), torch.tensor([4.0, 3.0]), 0.1  # of one length and one sum
    yield torch.tensor([4.0]), torch.tensor([1.0]), 0.8  # much too large
    yield torch.tensor([1000.0, 0.002]), torch.tensor([1000.0, 0.001]), 1e-4
    yield torch.tensor([0.5, 3.0]), torch.tensor([0.5, 4.0]), 0.125  # too small
    yield torch.tensor([0.0, 0.003]), torch.tensor([0.0, 0.004]), 0.01
    yield torch.tensor([[3.0], [4.0]]), torch.tensor([[3.0], [4.0]]), 0.0
    yield torch.tensor([1.0, float("nan")]), torch.tensor([1.0, 1.0]), 0.5
    ones, spike = torch.ones(16), torch.eye(16)[3]
    yield ones + 0.125, ones, 0.15  # small errors, near enough
    yield ones + 0.25, ones, 0.15  # small errors, too many of them
    yield ones + 1.5 * spike, ones, 0.15  # a single error
    yield 10 * spike + 0.5, 10 * spike, 0.1  # no error as large as the spike allows
    wide = torch.randn(3, 4, generator=rng, dtype=torch.float64).T
    yield wide + 1e-9, wide, 1e-7
    yield wide + 1e-9, wide, 1e-11


@exercise(
    "Do two devices agree?",
    minutes=5,
    difficulty=1,
    hints=(
        "Two devices add in different orders, so equal bits are too much to ask. What is enough?",
        "`(result - reference).norm()` is the length of the difference.",
        "Compare it, by `<=`, with `tolerance * reference.norm()`.",
    ),
    why="Rounding errors grow with the numbers, so a tolerance must be relative to them.",
    inputs=agree_inputs,
    template=bit_by_bit,
    mistakes=(
        each_by_itself,
        not_relative,
        default_tolerance,
        with_sign,
        nan_agrees,
        strictly_less,
        handed_to_allclose,
        lengths_differ,
        relative_to_the_result,
        largest_error,
        averages,
        cancelling,
    ),
    equivalent=(
        (
            "result - reference",
            "reference - result",
            "The other direction of a difference has the same length.",
        ),
    ),
)
def agree(result: Tensor, reference: Tensor, tolerance: float) -> Any:  # noqa: ANN401 - nor is norm
    """Return whether the results of two devices, tensors of one shape, agree.

    They agree if the length (`norm`) of their difference is at most `tolerance` times
    the length of `reference`. A result with a nan agrees with nothing.
    """
    return (result - reference).norm() <= tolerance * reference.norm()


# ---------------------------------------------------------------------------- layer_intensities


def square_only(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """You counted three matrices of one size: they have m · k, k · n and m · n elements."""
    return 2 * m * k * n / (3 * m * n * n_bytes), 1 / (2 * n_bytes)


def reads_only(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """You counted what the product reads and forgot its result: m · n numbers are written."""
    return 2 * m * k * n / ((m * k + k * n) * n_bytes), 1 / (2 * n_bytes)


def products_only(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """You counted the multiplications and forgot the additions: there are as many of them."""
    return m * k * n / ((m * k + k * n + m * n) * n_bytes), 1 / (2 * n_bytes)


def by_number(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:  # noqa: ARG001
    """You divided by the numbers that are moved: divide by bytes, `n_bytes` for each number."""
    return 2 * m * k * n / (m * k + k * n + m * n), 1 / 2


def always_float32(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:  # noqa: ARG001
    """You took 4 bytes for a number: that is float32, and others have `n_bytes`."""
    return 2 * m * k * n / ((m * k + k * n + m * n) * 4), 1 / 8


def relu_writes_nothing(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """The product is right. You counted what relu reads and forgot what it writes: as much."""
    return 2 * m * k * n / ((m * k + k * n + m * n) * n_bytes), 1 / n_bytes


def relu_like_an_addition(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """The product is right. An addition moves three numbers; relu reads one and writes one."""
    return 2 * m * k * n / ((m * k + k * n + m * n) * n_bytes), 1 / (3 * n_bytes)


def relu_first(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """Both numbers are right, in the wrong order: return that of the product first, then relu's."""
    return 1 / (2 * n_bytes), 2 * m * k * n / ((m * k + k * n + m * n) * n_bytes)


def layer_inputs(_: torch.Generator) -> Iterator[tuple[int, int, int, int]]:
    yield 1, 2, 3, 4
    yield 2, 3, 5, 2
    yield 1, 784, 10, 4  # one picture
    yield 512, 784, 10, 8
    yield 1024, 1024, 1024, 1


@exercise(
    "The two intensities of a layer",
    minutes=6,
    difficulty=2,
    hints=(
        "For both steps count two things and divide: operations above, bytes below.",
        "Each of the m · n results of the product is a sum of k products: 2 · k operations.",
        "The product moves an (m, k), a (k, n) and an (m, n) matrix, `n_bytes` for each element.",
        "relu moves two numbers for each operation, so the sizes cancel: 1 / (2 · n_bytes).",
    ),
    why="A product uses each number many times, relu uses it once: so relu waits for memory.",
    inputs=layer_inputs,
    mistakes=(
        square_only,
        reads_only,
        products_only,
        by_number,
        always_float32,
        relu_writes_nothing,
        relu_like_an_addition,
        relu_first,
    ),
)
def layer_intensities(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """Return the FLOP per byte of the two steps of a layer: of the product, and of relu.

    The product multiplies an (m, k) by a (k, n) matrix; relu, one operation an element, turns
    its result into another (m, n) matrix. Each step reads its inputs once from memory and
    writes its result once; a number takes `n_bytes`.
    """
    return 2 * m * k * n / ((m * k + k * n + m * n) * n_bytes), 1 / (2 * n_bytes)


# ---------------------------------------------------------------------------- roof

Sizes = npt.NDArray[np.int64]
Rates = npt.NDArray[np.float64]


def never_flat(sizes: Sizes, n_bytes: int, bandwidth: float, peak: float) -> Rates:  # noqa: ARG001
    """Your line rises forever: above the balance the arithmetic is the limit, and the roof is flat."""  # noqa: E501
    return 2 * sizes / (3 * n_bytes) * bandwidth


def upper_envelope(sizes: Sizes, n_bytes: int, bandwidth: float, peak: float) -> Rates:
    """You took the larger of the two limits: both must be kept, so the lower one is the roof."""
    return np.maximum(2 * sizes / (3 * n_bytes) * bandwidth, peak)


def sixth_of_n(sizes: Sizes, n_bytes: int, bandwidth: float, peak: float) -> Rates:  # noqa: ARG001
    """You took n / 6 for the intensity: that holds for numbers of 4 bytes, and these have `n_bytes`."""  # noqa: E501
    return np.minimum(sizes / 6 * bandwidth, peak)


def one_after_the_other(sizes: Sizes, n_bytes: int, bandwidth: float, peak: float) -> Rates:
    """You added the time for the bytes to the time for the arithmetic: the roof supposes that both go on at once, and the slower one decides."""  # noqa: E501
    return 1 / (1 / (2 * sizes / (3 * n_bytes) * bandwidth) + 1 / peak)


def intensity_alone(sizes: Sizes, n_bytes: int, bandwidth: float, peak: float) -> Rates:  # noqa: ARG001
    """You compared the intensity with the peak: FLOP per byte are not FLOP a second. Multiply by the bandwidth first."""  # noqa: E501
    return np.minimum(2 * sizes / (3 * n_bytes), peak)


def cut_off(sizes: Sizes, n_bytes: int, bandwidth: float, peak: float) -> Sizes:
    """Your rates are right, but cut off to whole numbers: an array made like `sizes` (`zeros_like`) holds integers. Ask for `dtype=float`."""  # noqa: E501
    return (2 * sizes / (3 * n_bytes) * bandwidth).clip(max=peak).astype(sizes.dtype)


def roof_inputs(_: torch.Generator) -> Iterator[tuple[Sizes, int, float, float]]:
    yield np.array([3, 30, 300]), 4, 10.0, 200.0
    yield np.array([1, 2, 64, 512]), 8, 3.0e10, 2.0e11
    yield np.array([4096]), 2, 2.0e12, 9.0e14
    yield np.array([6, 12, 24]), 1, 1.0, 2.5


def as_list(answer: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
    rates = answer(*arguments)
    return rates.tolist() if isinstance(rates, np.ndarray | Tensor) else rates


def roof_use(
    answer: Callable[..., Any], sizes: Sizes, n_bytes: int, bandwidth: float, peak: float
) -> Any:  # noqa: ANN401
    return as_list(answer, sizes, n_bytes, bandwidth, peak)


@exercise(
    "A roof over the products",
    minutes=7,
    difficulty=2,
    hints=(
        "First the intensity of each product, as an array: 2n³ operations, and three matrices of n² numbers.",  # noqa: E501
        "Cancel, and the intensity is 2n / (3 · n_bytes). Times the bandwidth it is a rate.",
        "No rate is above the peak: `rate.clip(max=peak)`, or `np.minimum`.",
    ),
    why="Moving bytes and computing go on at once, so the lower of the two limits decides.",
    inputs=roof_inputs,
    use=roof_use,
    mistakes=(
        never_flat,
        upper_envelope,
        sixth_of_n,
        one_after_the_other,
        intensity_alone,
        cut_off,
    ),
)
def roof(sizes: Sizes, n_bytes: int, bandwidth: float, peak: float) -> Rates:
    """Return the highest rate, in FLOP a second, of an (n, n) product for each n in `sizes`.

    `sizes` is a NumPy array, and so is the result; a number takes `n_bytes`;
    `bandwidth` is in bytes a second, `peak` in FLOP a second.
    """
    return (2 * sizes / (3 * n_bytes) * bandwidth).clip(max=peak)


# ---------------------------------------------------------------------------- epoch_seconds


def drops_the_rest(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    """You left out the last, shorter batch: it has fewer samples, but needs a launch as well."""
    return n_samples // batch_size * launch + n_samples * seconds_each


def fills_the_rest(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    """You computed full batches only: the last one has fewer samples, and there are `n_samples` in all."""  # noqa: E501
    n_batches = np.ceil(n_samples / batch_size)
    return float(n_batches * (launch + batch_size * seconds_each))


def one_launch(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:  # noqa: ARG001
    """You counted one launch for the epoch: each batch needs one."""
    return launch + n_samples * seconds_each


def launch_for_each(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:  # noqa: ARG001
    """You counted a launch for each sample: samples of one batch share theirs, which is why batches pay."""  # noqa: E501
    return n_samples * (launch + seconds_each)


def one_too_many(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    """You added a batch for the rest even where there is none: if all batches are full, `n_samples // batch_size` is right."""  # noqa: E501
    return (n_samples // batch_size + 1) * launch + n_samples * seconds_each


def part_of_a_launch(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    """You gave the short last batch only a part of a launch: it costs a whole one, so round the number of batches up."""  # noqa: E501
    return n_samples / batch_size * launch + n_samples * seconds_each


def epoch_inputs(_: torch.Generator) -> Iterator[tuple[int, int, float, float]]:
    yield 10, 4, 1.0, 0.1  # 4, 4 and 2
    yield 8, 4, 1.0, 0.5  # no rest
    yield 50_000, 512, 2e-4, 3e-7
    yield 50_000, 1, 2e-4, 3e-7
    yield 3, 100, 5.0, 1.0  # less than a batch


@exercise(
    "What the launches cost",
    minutes=4,
    difficulty=1,
    hints=(
        "Two things add up: the launches, and the work for the samples.",
        "How many batches do 10 samples make, 4 at a time? The last one is short, but it is launched.",  # noqa: E501
        "`np.ceil` rounds up: `np.ceil(n_samples / batch_size)` batches.",
    ),
    why="The work depends on the samples, the overhead on the number of calls: large batches save it.",  # noqa: E501
    inputs=epoch_inputs,
    mistakes=(
        drops_the_rest,
        fills_the_rest,
        one_launch,
        launch_for_each,
        one_too_many,
        part_of_a_launch,
    ),
    tolerance=Tolerance(absolute=0.0),
)
def epoch_seconds(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> Any:  # noqa: ANN401 - NumPy's ceil is not annotated
    """Return how many seconds an epoch takes in batches of `batch_size`, the last one maybe short.

    Each batch costs `launch` seconds of overhead, and each sample `seconds_each` of work.
    """
    return np.ceil(n_samples / batch_size) * launch + n_samples * seconds_each


# ---------------------------------------------------------------------------- slow_sample


def outlier() -> str:
    """You took it for a disturbance and threw it away. Other programs cost a call some milliseconds, not most of a second; and what was unlike about that very call?"""  # noqa: E501
    return "a"


def warm_up_forgotten() -> str:
    """You blame the missing warm-up of the first shape. It was there: the slow sample is the last one, not the first."""  # noqa: E501
    return "c"


def small_is_slow() -> str:
    """You took it that compiled code is slow for small batches. Call it a second time with 336 pictures: that call is as fast as the others."""  # noqa: E501
    return "d"


@question(
    "One slow sample",
    minutes=3,
    difficulty=1,
    hints=(
        "Only one of the 98 calls is slow. What is different about it?",
        "When does `torch.compile` translate: at its own line, at each call, or at some calls?",
        "The last batch has another shape than all before it.",
    ),
    why="A new shape is a new first call: warm up with every shape that you are going to measure.",
    mistakes=(outlier, warm_up_forgotten, small_is_slow),
)
def slow_sample() -> str:
    """`compiled = torch.compile(network)` is warmed up with a batch of 512 pictures. Then each
    call of an epoch is timed: 97 batches of 512 take 3 ms each; the last, with 336 pictures,
    takes 900 ms. What do you do? Answer with a letter, "a" to "d".

    a: I leave the 900 ms out: some other program was in the way.
    b: I warm up with batches of both sizes, and measure again.
    c: I warm up with more batches of 512, and measure again.
    d: I do not compile: for small batches the compiled code is slow.
    """
    return "b"


# ---------------------------------------------------------------------------- memory_left


def empties_tensors() -> tuple[int, int, int]:
    """You took it that `empty_cache` frees tensors. It returns only blocks that no tensor uses: as long as `x` and `y` have their names, they stay."""  # noqa: E501
    return 0, 0, 0


def seen_from_outside() -> tuple[int, int, int]:
    """You answered what `nvidia-smi` sees: after `del x` PyTorch keeps the block for later. `memory_allocated` counts what tensors use, and no tensor uses it any more."""  # noqa: E501
    return 500, 500, 100


def deletes_all() -> tuple[int, int, int]:
    """You took it that the last `empty_cache` frees `y`. Nobody deleted it: its block is in use."""
    return 500, 100, 0


@question(
    "What is left on the GPU?",
    minutes=3,
    difficulty=1,
    names=("after_empty", "after_del", "after_both"),
    hints=(
        "`memory_allocated` counts the bytes of the tensors that are alive. Which are, after each line?",  # noqa: E501
        "`empty_cache` only returns blocks that no tensor uses. Does it end the life of a tensor?",
        "`del x` takes away the only name of x, so that its 400 MB are in use no longer.",
    ),
    why="Tensors live as long as something refers to them; `empty_cache` changes nothing in that.",
    mistakes=(empties_tensors, seen_from_outside, deletes_all),
)
def memory_left() -> tuple[int, int, int]:
    """On a GPU, x is a tensor of 400 MB and y one of 100 MB; there are no others. Three lines run:

    torch.cuda.empty_cache()  # after_empty
    del x                     # after_del
    torch.cuda.empty_cache()  # after_both

    How many MB does `torch.cuda.memory_allocated()` report after each of them?
    """
    gone, kept = 400, 100
    return gone + kept, kept, kept


# ---------------------------------------------------------------------------- where a transfer pays


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
    """You took as fast for faster: where both take the same time, the next n is the answer."""
    if gpu <= cpu:
        return None
    return int(np.ceil(3 * n_bytes / (2 * bandwidth * (1 / cpu - 1 / gpu))))


def always_wins(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    """You took it that a GPU wins for some n: if its rate is no higher than the CPU's, it never does, and the answer is None."""  # noqa: E501
    return int(3 * n_bytes / (2 * bandwidth * (1 / cpu - 1 / gpu))) + 1


def gives_up(n_bytes: int, cpu: float, gpu: float, bandwidth: float) -> int | None:
    """You stopped the search too early, and called it None: where the GPU is faster than the CPU, it pays for some n, however large."""  # noqa: E501
    if gpu <= cpu:
        return None
    n = int(3 * n_bytes / (2 * bandwidth * (1 / cpu - 1 / gpu))) + 1
    return n if n < 1000 else None  # or any such bound


def break_even_inputs(_: torch.Generator) -> Iterator[tuple[int, float, float, float]]:
    yield 4, 2.0**30, 2.0**31, 3 * 2.0**28  # as fast at n = 16
    yield 4, 1e11, 1e12, 1.3e10
    yield 8, 1e11, 1.5e11, 1.3e10
    yield 2, 1e9, 1e14, 7e12  # pays for a single number
    yield 4, 1e12, 1.05e12, 1.1e10  # hardly faster: pays late
    yield 2, 1e11, 1e11, 1.3e10  # no faster
    yield 4, 2e11, 1e11, 1.3e10  # slower


@exercise(
    "Where a transfer pays",
    minutes=10,
    difficulty=3,
    hints=(
        "Write down two times, as formulas in n: on the CPU, and on the GPU with the transfer.",
        "CPU: 2n³ / cpu. GPU: 2n³ / gpu + 3n² · n_bytes / bandwidth. When is there no such n at all?",  # noqa: E501
        "Let n grow from 1 until the second time is less than the first; or set them equal, divide by n², and solve.",  # noqa: E501
    ),
    why="Work grows as n³ and transfer as n², so that a faster device wins in the end.",
    inputs=break_even_inputs,
    mistakes=(one_way, gpu_takes_no_time, half_the_work, tie_wins, always_wins, gives_up),
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


# ---------------------------------------------------------------------------- measure

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
    """You took the mean, which a single disturbed call pulls upwards: take the median."""
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
    """Now you wait before you read the clock: well done. Two faults are left, one before the loop, one in the last line."""  # noqa: E501
    samples = []
    synchronize()
    for _ in range(n_samples):
        start = clock()
        work()
        synchronize()
        samples.append(clock() - start)
    return sum(samples) / n_samples


def three_faults(work: Action, synchronize: Action, clock: Clock, n_samples: int) -> float:
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


def measure_inputs(_: torch.Generator) -> Iterator[tuple[float, list[float]]]:
    # As many later calls as samples, so that more than one call may serve as the warm-up.
    yield 50.0, [2.0, 9.0, 3.0]
    yield 500.0, [4.0]
    yield 70.0, [9.0, 5.0, 2.0, 30.0, 6.0]
    yield 60.0, [3.0, 12.0, 4.0, 7.0]  # an even number


def measure_use(answer: Callable[..., Any], first_call: float, later_calls: list[float]) -> object:
    gpu = PretendGpu(first_call, later_calls)
    return answer(gpu.work, gpu.synchronize, gpu.clock, len(later_calls))


@exercise(
    "A benchmark with three faults",
    minutes=12,
    difficulty=3,
    hints=(
        "Go through the five faults of section 1. Which of them does this code make?",
        "One is missing before the loop, one is in the wrong order in the loop, one is in the last line.",  # noqa: E501
        "The warm-up, too, must be done before the clock starts: `work()`, then `synchronize()`, then the loop.",  # noqa: E501
        "In the loop: start, work, synchronize, read the clock. At the end: `np.median`.",
    ),
    why="Warm up, wait, start, work, wait, stop; then the middle of many samples.",
    inputs=measure_inputs,
    use=measure_use,
    template=three_faults,
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
