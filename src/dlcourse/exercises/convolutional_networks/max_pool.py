"""Pooling, at the edge as well."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int, int, int]]:
    yield torch.tensor([[[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, -1.0, 7.0]]]]), 2, 2, 0
    yield torch.tensor([[[[-1.0, -2.0], [-3.0, -4.0]]]]), 2, 2, 1
    yield torch.randn(2, 3, 7, 5, generator=rng), 2, 2, 0
    yield torch.randn(1, 2, 6, 9, generator=rng), 3, 2, 0
    yield torch.randn(2, 2, 5, 7, generator=rng) - 3, 3, 2, 1
    yield torch.randn(3, 1, 5, 4, generator=rng), 2, 1, 0
    yield torch.randn(2, 6, 7, 2, generator=rng).double().permute(0, 3, 1, 2), 2, 3, 0
    yield torch.randn(1, 2, 4, 4, generator=rng) * 1e30 - 1e31, 3, 1, 1


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "It is the convolution by loops again, with a maximum in place of the sum of products.",
    "All pictures and channels can go through one window at once: `padded[:, :, rows, columns]`.",
    "Which number never wins a maximum, whatever the others are? Pad with that one.",
    "`functional.pad(X, (p, p, p, p), value=-torch.inf)`; a window's `amax(dim=(2, 3))`.",
)


def pool(X: Tensor, size: int, stride: int, padding: int, fill: float = -torch.inf) -> Tensor:
    padded = functional.pad(X, (padding,) * 4, value=fill)
    return functional.max_pool2d(padded, size, stride)


def padded_with_zeros(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """You padded with zeros. Where all numbers at the edge are below 0, the 0 wins, which is not in
    the picture. Pad with −∞, which never wins: `value=-torch.inf`.
    """
    return pool(X, size, stride, padding, fill=0)


def padded_with_a_large_number(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """Your padding is not low enough: the numbers of a picture can be below it. Take −∞."""
    return pool(X, size, stride, padding, fill=-1e9)


def not_padded(X: Tensor, size: int, stride: int, padding: int) -> Tensor:  # noqa: ARG001
    """You left out the padding."""
    return pool(X, size, stride, 0)


def averaged(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """You took the mean of each window. The largest number is asked for."""
    return functional.avg_pool2d(X, size, stride, padding)


def strides_of_the_window(X: Tensor, size: int, stride: int, padding: int) -> Tensor:  # noqa: ARG001
    """Your windows lie side by side. They should move by `stride`, which can be less or more than
    their size.
    """
    return pool(X, size, size, padding)


def strides_of_one(X: Tensor, size: int, stride: int, padding: int) -> Tensor:  # noqa: ARG001
    """You left out the stride: your windows move by one pixel each time."""
    return pool(X, size, 1, padding)


def windows_without_stride(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """Your result has the right size, but its windows move by one pixel: [i, j] starts in row
    i · stride and column j · stride.
    """
    n_rows, n_columns = pool(X, size, stride, padding).shape[2:]
    return pool(X, size, 1, padding)[:, :, :n_rows, :n_columns]


def one_too_few(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """Your last row and column are missing: a window has (L − size) // stride places after the
    first one. Add 1.
    """
    return pool(X, size, stride, padding)[:, :, :-1, :-1]


def over_the_edge(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """You pool what is left at the edge as well. A window that does not fit is left out."""
    padded = functional.pad(X, (padding,) * 4, value=-torch.inf)
    return functional.max_pool2d(padded, size, stride, ceil_mode=True)


def over_all_channels(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """You took the maximum over the channels, too. Each channel keeps its own: only the window's
    rows and columns go, `dim=(2, 3)`.
    """
    return pool(X, size, stride, padding).amax(dim=1)


def over_the_batch(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """You took one maximum over everything in the window: all pictures and channels got the same.
    Only the window's rows and columns go: `amax(dim=(2, 3))`.
    """
    result = pool(X, size, stride, padding)
    return result.amax(dim=(0, 1)).expand(result.shape)


@exercise(
    "Pooling, at the edge as well",
    minutes=5,
    difficulty=2,
    place=60,
    hints=HINTS,
    why="Padding must never win: 0 is neutral in a sum, −∞ in a maximum.",
    inputs=inputs,
    mistakes=(
        padded_with_zeros,
        padded_with_a_large_number,
        not_padded,
        averaged,
        strides_of_the_window,
        strides_of_one,
        windows_without_stride,
        one_too_few,
        over_the_edge,
        over_all_channels,
        over_the_batch,
    ),
)
def max_pool(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """Return the largest number of each window, for each picture and channel of X, (B, C, H, W).

    Write it without `max_pool2d`. The windows are size × size, move by `stride`, and lie wholly in
    the padded picture. `padding` rows and columns are added on each side, at most half as many as
    a window has; what is in them never counts.
    """
    padded = functional.pad(X, (padding, padding, padding, padding), value=-torch.inf)
    n_rows = (padded.shape[2] - size) // stride + 1
    n_columns = (padded.shape[3] - size) // stride + 1
    result = X.new_empty(*X.shape[:2], n_rows, n_columns)
    for i in range(n_rows):
        for j in range(n_columns):
            top, left = i * stride, j * stride
            window = padded[:, :, top : top + size, left : left + size]
            result[:, :, i, j] = window.amax(dim=(2, 3))
    return result
