"""Weights in a few bits."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

Pair: TypeAlias = tuple[Tensor, Tensor]


def use(answer: Callable[..., Any], W: Tensor, bits: int) -> dict[str, Any] | None:
    pair = answer(W, bits)
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        return None if pair is None else {"table and scales": pair}
    table, scales = pair
    return {
        "dtype of the table": str(getattr(table, "dtype", "none")),
        "scales": scales,
        "table": table,
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int]]:
    yield torch.tensor([[0.4, -1.0, 0.26], [10.0, 0.0, 3.0]]), 8
    yield torch.tensor([[0.4, -1.0, 0.26], [30.0, 0.0, -4.0]]), 3
    W = torch.randn(5, 3, generator=rng, dtype=torch.float64).T
    yield W * torch.tensor([[1.0], [0.001], [500.0]], dtype=torch.float64), 4
    yield torch.tensor([[0.0, 0.0], [1.2e-3, -2e-3], [3e-9, -1e-9]]), 8  # a row of zeros
    yield torch.randn(1, 40, generator=rng), 2
    yield 100 * torch.rand(4, 2, generator=rng) + 1, 5  # no negative number
    yield -torch.rand(2, 6, generator=rng) - 0.1, 6  # no positive one


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "In 8 bits the table holds whole numbers from −127 to 127. What is the most in `bits` bits?",
    "The most is 2ᵇ⁻¹ − 1. The number that is largest without its sign gets it: scale = largest / most.",  # noqa: E501
    "`W.abs().amax(dim=1, keepdim=True)` is the largest of each row. Where it is 0, set the scale to 1.",  # noqa: E501
    "The table is W / scale, rounded, as int8.",
)


def quantized(W: Tensor, most: float, *, whole: bool = False, cut: bool = False) -> Pair:
    """Do what the solution does; faults: one scale for the `whole` table, decimals `cut` off."""
    largest = W.abs().amax(dim=1)
    if whole:
        largest = W.abs().max().expand(len(W))
    scales = torch.where(largest > 0, largest / most, 1.0)
    numbers = W / scales[:, None]
    return (numbers.trunc() if cut else numbers.round()).to(torch.int8), scales


def most_is_even(W: Tensor, bits: int) -> Pair:
    """You took 2ᵇ⁻¹ as the most. Of 2ᵇ numbers one is 0, so the largest is 2ᵇ⁻¹ − 1; in int8, 128
    would even become −128.
    """
    return quantized(W, 2 ** (bits - 1))


def sign_forgotten(W: Tensor, bits: int) -> Pair:
    """You took 2ᵇ − 1 as the most. The sign costs a bit: half of the numbers are negative."""
    return quantized(W, 2**bits - 1)


def one_scale(W: Tensor, bits: int) -> Pair:
    """You used one scale for the whole table: a row of small numbers is left with few of them, or
    with zeros alone. Each row gets its own.
    """
    return quantized(W, 2 ** (bits - 1) - 1, whole=True)


def cut_off(W: Tensor, bits: int) -> Pair:
    """You cut the decimals off, which moves every number toward 0, by half a step on average.
    Round first: `.round()`; a conversion to int8 alone cuts.
    """
    return quantized(W, 2 ** (bits - 1) - 1, cut=True)


def eight_bits(W: Tensor, bits: int) -> Pair:  # noqa: ARG001
    """You always used 8 bits. With b bits, the largest number in the table is 2ᵇ⁻¹ − 1."""
    return quantized(W, 127)


def largest_with_sign(W: Tensor, bits: int) -> Pair:
    """You took the largest number of the row, and the one that is farthest from 0 may be negative:
    take `abs()` first.
    """
    most = 2 ** (bits - 1) - 1
    scales = W.amax(dim=1) / most
    scales = torch.where(scales == 0, 1.0, scales)
    return (W / scales[:, None]).round().clamp(-most, most).to(torch.int8), scales


def along_columns(W: Tensor, bits: int) -> Pair:
    """You made one scale a column. Each row gets one: that is one for each output of the layer."""
    most = 2 ** (bits - 1) - 1
    largest = W.abs().amax(dim=0)
    scales = torch.where(largest > 0, largest / most, 1.0)
    return (W / scales).round().to(torch.int8), scales


def zeros_divided(W: Tensor, bits: int) -> Pair:
    """In a row of zeros your scale is 0, and W / scale is nan. Set the scale of such a row to 1."""
    scales = W.abs().amax(dim=1) / (2 ** (bits - 1) - 1)
    return (W / scales[:, None]).round().to(torch.int8), scales


def small_taken_for_zeros(W: Tensor, bits: int) -> Pair:
    """You set the scale to 1 in a row of small numbers, too, so that all of them become 0. It is 1
    only where all are 0.
    """
    table, scales = quantized(W, 2 ** (bits - 1) - 1)
    is_small = W.abs().amax(dim=1) < 1e-8
    return table.where(~is_small[:, None], 0), scales.where(~is_small, 1.0)


def scale_turned(W: Tensor, bits: int) -> Pair:
    """Your scales are inverted. Here W is about table · scale."""
    table, scales = quantized(W, 2 ** (bits - 1) - 1)
    return table, torch.where(W.abs().amax(dim=1) > 0, 1 / scales, 1.0)


def still_floats(W: Tensor, bits: int) -> Pair:
    """The numbers are right, but they are still stored in 32 bits or more: make the table int8."""
    table, scales = quantized(W, 2 ** (bits - 1) - 1)
    return table.to(W.dtype), scales


@exercise(
    "Weights in a few bits",
    minutes=8,
    difficulty=2,
    place=130,
    hints=HINTS,
    why="A row's largest weight uses the largest number, so no step is wasted; and with a scale "
    "for each row, large weights in one do not make the steps of the others too wide.",
    inputs=inputs,
    use=use,
    mistakes=(
        most_is_even,
        sign_forgotten,
        one_scale,
        cut_off,
        eight_bits,
        largest_with_sign,
        along_columns,
        zeros_divided,
        small_taken_for_zeros,
        scale_turned,
        still_floats,
    ),
    tolerance=Tolerance(relative=1e-5, absolute=1e-12),
)
def quantize(W: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Return an int8 table (N, D) and N scales, so that W is about table · scale in each row.

    W is (N, D), floating point, and `bits` is from 2 to 8. The table holds whole numbers from −m to
    m, where m is the largest for which `bits` bits are enough. In each row, the number that is
    farthest from 0 becomes m or −m, and the others are rounded to the nearest. The scale of a row
    of zeros is 1.
    """
    most = 2 ** (bits - 1) - 1
    largest = W.abs().amax(dim=1)
    scales = torch.where(largest > 0, largest / most, 1.0)
    return (W / scales[:, None]).round().to(torch.int8), scales
