"""A roof over the products."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Sizes = npt.NDArray[np.int64]


def inputs(_: torch.Generator) -> Iterator[tuple[Sizes, int, float, float]]:
    yield np.array([3, 30, 300]), 4, 10.0, 200.0
    yield np.array([1, 2, 64, 512]), 8, 3.0e10, 2.0e11
    yield np.array([4096]), 2, 2.0e12, 9.0e14
    yield np.array([24, 6, 12, 6]), 1, 1.0, 9.0  # in no order, one of them twice
    yield np.array([6, 12, 24]), 1, 1.0, 2.5


def as_list(answer: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
    rates = answer(*arguments)
    return rates.tolist() if isinstance(rates, np.ndarray | Tensor) else rates


def use(
    answer: Callable[..., Any], sizes: Sizes, n_bytes: int, bandwidth: float, peak: float
) -> Any:  # noqa: ANN401
    return as_list(answer, sizes, n_bytes, bandwidth, peak)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "First the intensity of each product, as an array: 2n³ operations, and three matrices of n² numbers.",  # noqa: E501
    "Cancel, and the intensity is 2n / (3 · n_bytes). Times the bandwidth it is a rate.",
    "No rate is above the peak: `rate.clip(max=peak)`, or `np.minimum`.",
)


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
    """You added the time for the bytes to the time for the arithmetic: the roof assumes that both go on at once, and the slower one decides."""  # noqa: E501
    return 1 / (1 / (2 * sizes / (3 * n_bytes) * bandwidth) + 1 / peak)


def intensity_alone(sizes: Sizes, n_bytes: int, bandwidth: float, peak: float) -> Rates:  # noqa: ARG001
    """You compared the intensity with the peak: FLOP per byte are not FLOP a second. Multiply by the bandwidth first."""  # noqa: E501
    return np.minimum(2 * sizes / (3 * n_bytes), peak)


def cut_off(sizes: Sizes, n_bytes: int, bandwidth: float, peak: float) -> Sizes:
    """Your rates are right, but cut off to whole numbers: an array made like `sizes` (`zeros_like`) holds integers. Ask for `dtype=float`."""  # noqa: E501
    return (2 * sizes / (3 * n_bytes) * bandwidth).clip(max=peak).astype(sizes.dtype)


@exercise(
    "A roof over the products",
    minutes=7,
    difficulty=2,
    place=50,
    hints=HINTS,
    why="Moving bytes and computing go on at once, so the lower of the two limits decides.",
    inputs=inputs,
    use=use,
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
