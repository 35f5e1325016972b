"""Padding that keeps the size."""

from collections.abc import Iterator

import torch

from dlcourse.checking.exercise import exercise


def inputs(_: torch.Generator) -> Iterator[tuple[int, int]]:
    yield 3, 1
    yield 4, 1
    yield 1, 1
    yield 2, 1
    yield 5, 2
    yield 4, 3
    yield 2, 2
    yield 6, 1
    yield 11, 1


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "How many pixels does a row lose where nothing is padded? Padding must give as many.",
    "It loses dilation · (k − 1): the reach of the filter, less one.",
    "Half of them, by `//`, go before; what is left goes after.",
)


def half_a_kernel(kernel_size: int, dilation: int) -> tuple[int, int]:
    """Both sides get k // 2 steps. For an odd k that is right; an even k makes 29 pixels of 28."""
    return dilation * (kernel_size // 2), dilation * (kernel_size // 2)


def half_a_kernel_without_gaps(kernel_size: int, dilation: int) -> tuple[int, int]:  # noqa: ARG001
    """You put k // 2 on both sides. That is too much for an even k, where 28 pixels become 29; and
    the dilation is missing, which makes the filter reach farther.
    """
    return kernel_size // 2, kernel_size // 2


def one_short(kernel_size: int, dilation: int) -> tuple[int, int]:
    """You round down on both sides: of an odd number of pixels one is lost. Give it to the end."""
    half = dilation * (kernel_size - 1) // 2
    return half, half


def one_short_without_gaps(kernel_size: int, dilation: int) -> tuple[int, int]:  # noqa: ARG001
    """You put (k − 1) // 2 on both sides. For an even k one pixel is missing, which goes to the
    end; and the dilation is missing, which makes the filter reach farther.
    """
    return (kernel_size - 1) // 2, (kernel_size - 1) // 2


def without_dilation(kernel_size: int, dilation: int) -> tuple[int, int]:  # noqa: ARG001
    """You left out the dilation: k weights reach over dilation · (k − 1) + 1 pixels."""
    before = (kernel_size - 1) // 2
    return before, kernel_size - 1 - before


def one_more_before(kernel_size: int, dilation: int) -> tuple[int, int]:
    """The sum is right, but the odd pixel goes after the picture, not before it."""
    total = dilation * (kernel_size - 1)
    return total - total // 2, total // 2


def sides_times_dilation(kernel_size: int, dilation: int) -> tuple[int, int]:
    """You shared out k − 1 pixels first, and multiplied both sides by the dilation: with an even k
    and gaps they differ by more than one. Multiply first, then halve.
    """
    before = (kernel_size - 1) // 2
    return dilation * before, dilation * (kernel_size - 1 - before)


def halves(kernel_size: int, dilation: int) -> tuple[float, float]:
    """You pad by half pixels. Round the first half down, with `//`; the second gets the rest."""
    half = dilation * (kernel_size - 1) / 2
    return half, half


@exercise(
    "Padding that keeps the size",
    minutes=3,
    difficulty=1,
    place=40,
    hints=HINTS,
    why="Padding gives back what the filter takes, one less than its reach, in two halves.",
    inputs=inputs,
    mistakes=(
        half_a_kernel,
        half_a_kernel_without_gaps,
        one_short,
        one_short_without_gaps,
        without_dilation,
        one_more_before,
        sides_times_dilation,
        halves,
    ),
)
def same_padding(kernel_size: int, dilation: int) -> tuple[int, int]:
    """Return (before, after): the pixels to add at the two ends of each row.

    A convolution of stride 1 then gives as many numbers as the row had. Its filter has
    `kernel_size` weights, which are `dilation` pixels apart. Where the pixels cannot be shared out
    evenly, one more goes after, as with PyTorch's `padding="same"`.
    """
    total = dilation * (kernel_size - 1)
    return total // 2, total - total // 2
