"""How large the result is."""

from collections.abc import Iterator

import torch

from dlcourse.checking.exercise import exercise


def inputs(_: torch.Generator) -> Iterator[tuple[int, int, int, int, int]]:
    yield 4, 3, 1, 0, 1
    yield 28, 5, 1, 2, 1
    yield 28, 3, 2, 1, 1
    yield 9, 3, 1, 0, 2
    yield 8, 2, 3, 0, 1
    yield 10, 3, 2, 1, 3
    yield 7, 7, 5, 0, 1
    yield 224, 7, 2, 3, 1
    yield 3, 3, 4, 2, 3
    yield 5, 1, 2, 1, 4


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "In how many places can the filter start so that it still fits? Padding makes more room.",
    "With gaps, k weights reach over dilation · (k − 1) + 1 pixels.",
    "The last start is at padded size − reach, the first at 0. Every stride-th of them counts.",
    "So it is (size + 2 · padding − reach) // stride + 1.",
)


def rounded_up(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    """You round up: the last step would leave the picture. What does not fit is left out: `//`."""
    room = size + 2 * padding - dilation * (kernel_size - 1) - 1
    return -(-room // stride) + 1


def without_the_first(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    """You count the steps. There is one more place: the one before the first step. Add 1."""
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride


def stepped_by_one_more(
    size: int, kernel_size: int, stride: int, padding: int, dilation: int
) -> int:
    """You added the 1 before the division. It is the place before the first step: divide only the
    room by the stride, and add 1 to what comes out.
    """
    return (size + 2 * padding - dilation * (kernel_size - 1)) // stride


def padded_once(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    """You padded one side only. Both sides get `padding` pixels."""
    return (size + padding - dilation * (kernel_size - 1) - 1) // stride + 1


def dilation_in_the_stride(
    size: int, kernel_size: int, stride: int, padding: int, dilation: int
) -> int:
    """You multiplied the stride by the dilation. The dilation spreads the weights of the filter: k
    of them reach over dilation · (k − 1) + 1 pixels. The steps between places stay as they are.
    """
    return (size + 2 * padding - kernel_size) // (stride * dilation) + 1


def dilated_all(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    """Your filter reaches over dilation · k pixels, but k weights have only k − 1 steps from one to
    the next: dilation · (k − 1) + 1.
    """
    return (size + 2 * padding - dilation * kernel_size) // stride + 1


def one_pixel_short(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    """Your filter is one pixel too short. Its k weights have k − 1 steps between them, and the
    first weight takes a pixel, too: dilation · (k − 1) + 1.
    """
    return (size + 2 * padding - dilation * (kernel_size - 1)) // stride + 1


def without_dilation(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:  # noqa: ARG001
    """You left out the dilation: at 2, every second pixel is skipped, and 3 weights reach over 5
    pixels. The rest is right.
    """
    return (size + 2 * padding - kernel_size) // stride + 1


def not_whole(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> float:
    """You divide with `/`, and a size is a whole number. Steps that do not fit are left out: `//`
    before you add 1.
    """
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1


@exercise(
    "How large the result is",
    minutes=3,
    difficulty=1,
    place=10,
    hints=HINTS,
    why="The filter has one place at the start and one more after each stride that still fits.",
    inputs=inputs,
    mistakes=(
        rounded_up,
        without_the_first,
        stepped_by_one_more,
        padded_once,
        dilation_in_the_stride,
        dilated_all,
        one_pixel_short,
        without_dilation,
        not_whole,
    ),
)
def output_size(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    """Return how many numbers a convolution makes of a row of `size` pixels.

    The filter is `kernel_size` weights long, and moves by `stride` pixels. `padding` pixels are
    added at each end. From one weight to the next it is `dilation` pixels: 1 is a filter without
    gaps; with 2, it skips every second pixel. The filter fits at least once.
    """
    reach = dilation * (kernel_size - 1) + 1
    return (size + 2 * padding - reach) // stride + 1
