"""The gap to the next number."""

import math
from collections.abc import Iterator
from typing import TypeAlias

import torch

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

Dtype: TypeAlias = torch.dtype


def inputs(_: torch.Generator) -> Iterator[tuple[float, Dtype]]:
    yield 1.0, torch.bfloat16
    yield 3.0, torch.bfloat16
    yield 256.0, torch.bfloat16
    yield 0.0625, torch.bfloat16
    yield 0.01171875, torch.bfloat16
    yield 7.5, torch.float16
    yield 2047.0, torch.float16
    yield 2.0**-14, torch.float16  # the smallest normal number
    yield 40_000.0, torch.float16
    yield 100.25, torch.float32
    yield 16_777_216.0, torch.float32
    yield 16_777_215.0, torch.float32  # the last one with a gap of 1
    yield 2.0**-29, torch.float32
    yield 1.75 * 2.0**-60, torch.float32
    yield 1.5 * 2.0**-100, torch.bfloat16


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "`torch.finfo(dtype).eps` is the gap at 1. How wide is it between 2 and 4? Between ½ and 1?",
    "From one power of two to the next the gap stays the same, and then it doubles.",
    "For w from 2ᵏ up to 2ᵏ⁺¹, the gap is eps · 2ᵏ. How do you get k from w?",
    "k is the logarithm to the base 2, rounded down: `math.floor(math.log2(w))`.",
)


def same_everywhere(w: float, dtype: Dtype) -> float:  # noqa: ARG001
    """You returned the gap at 1, whatever w is. Large numbers have wide gaps, small ones narrow
    gaps: that is what the floating point does.
    """
    return float(torch.finfo(dtype).eps)


def in_proportion(w: float, dtype: Dtype) -> float:
    """You multiplied eps by w itself. The gap does not grow with every number: it stays the same
    from one power of two to the next.
    """
    return torch.finfo(dtype).eps * w


def nearest_power(w: float, dtype: Dtype) -> float:
    """You rounded the logarithm to the nearest whole number. Round it down: 3 is between 2 and 4,
    and has the gap of 2.
    """
    return torch.finfo(dtype).eps * 2.0 ** round(math.log2(w))


def next_power(w: float, dtype: Dtype) -> float:
    """You rounded the logarithm up, and so took the gap of the next power of two."""
    return torch.finfo(dtype).eps * 2.0 ** math.ceil(math.log2(w))


def quotient_of_logarithms(w: float, dtype: Dtype) -> float:
    """`math.log(w, 2)` divides one rounded logarithm by another: for 2⁻²⁹ that is a little less
    than −29, and rounded down −30. `math.log2(w)` is exact for powers of two.
    """
    return torch.finfo(dtype).eps * 2.0 ** math.floor(math.log(w) / math.log(2.0))


def short_logarithm(w: float, dtype: Dtype) -> float:
    """A tensor's `log2` has the digits of float32. For a number just below a power of two it gives
    the whole number above, and so the next gap. `math.log2(w)` has more digits.
    """
    return torch.finfo(dtype).eps * 2.0 ** math.floor(torch.tensor(w).log2().item())


def half_a_gap(w: float, dtype: Dtype) -> float:
    """You returned half the gap. Half of it is what an addition may lose; the next number is the
    whole gap away.
    """
    return torch.finfo(dtype).eps * 2.0 ** (math.floor(math.log2(w)) - 1)


def decimal(w: float, dtype: Dtype) -> float:
    """You took the power of ten below w. These numbers are binary: take the power of two."""
    return torch.finfo(dtype).eps * 10.0 ** math.floor(math.log10(w))


def in_float32(w: float, dtype: Dtype) -> float:  # noqa: ARG001
    """That is the gap in float32, whatever the dtype. `torch.finfo(dtype)` knows the others."""
    return torch.finfo(torch.float32).eps * 2.0 ** math.floor(math.log2(w))


def smallest_number(w: float, dtype: Dtype) -> float:  # noqa: ARG001
    """You returned the smallest number above 0 with all its digits. Near w the gap is far wider."""
    return float(torch.finfo(dtype).smallest_normal)


@exercise(
    "The gap to the next number",
    minutes=5,
    difficulty=1,
    place=10,
    hints=HINTS,
    why="A format has the same count of numbers between any two powers of two, so the gap doubles "
    "at each.",
    inputs=inputs,
    mistakes=(
        same_everywhere,
        in_proportion,
        nearest_power,
        next_power,
        quotient_of_logarithms,
        short_logarithm,
        half_a_gap,
        decimal,
        in_float32,
        smallest_number,
    ),
    tolerance=Tolerance(relative=1e-6, absolute=0.0),
)
def gap(w: float, dtype: torch.dtype) -> float:
    """Return how far it is from `w` to the next larger number that `dtype` has.

    `dtype` is `torch.bfloat16`, `torch.float16` or `torch.float32`. `w` is a positive number that
    it holds exactly, no smaller than `torch.finfo(dtype).smallest_normal`.
    """
    return torch.finfo(dtype).eps * 2.0 ** math.floor(math.log2(w))
