"""A convolution in two loops."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, int, int]]:
    picture = torch.tensor([[0.0, 0.0, 2.0], [0.0, 1.0, 3.0], [5.0, 0.0, 0.0]])
    yield picture, torch.tensor([[1.0, 2.0], [3.0, 0.0]]), 1, 0
    yield picture.clone(), torch.tensor([[1.0, 2.0], [3.0, 0.0]]), 1, 1
    yield torch.randn(6, 9, generator=rng), torch.randn(3, 2, generator=rng), 2, 0
    yield torch.randn(8, 5, generator=rng), torch.randn(2, 3, generator=rng), 3, 2
    yield (
        torch.randn(7, 4, generator=rng).double().T,
        torch.randn(3, 3, generator=rng).double(),
        2,
        1,
    )
    yield torch.randn(3, 4, generator=rng), torch.randn(3, 4, generator=rng), 2, 0
    yield torch.randn(4, 3, generator=rng), torch.randn(1, 1, generator=rng), 1, 0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "First pad, then find how many rows and columns the result has, then fill it, one by one.",
    "`functional.pad(picture, (p, p, p, p))` puts p rows and columns of zeros on each side.",
    "Of a length L there are (L − k) // stride + 1 places, for rows and for columns apart.",
    "The window of result [i, j] starts at row i · stride, column j · stride of what is padded.",
    "Multiply the window and the filter element by element, and take the sum.",
)


def by_torch(picture: Tensor, weight: Tensor, stride: int) -> Tensor:
    return functional.conv2d(picture[None, None], weight[None, None], stride=stride)[0, 0]


def padded_by(picture: Tensor, padding: int) -> Tensor:
    return functional.pad(picture, (padding,) * 4)


def flipped(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """You flipped the filter, as textbooks define a convolution. PyTorch does not: the first weight
    meets the first pixel of the window.
    """
    return by_torch(padded_by(picture, padding), weight.flip(0, 1), stride)


def windows_without_stride(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """Your result has the right size, but its windows move by one pixel: [i, j] starts in row
    i · stride and column j · stride.
    """
    padded = padded_by(picture, padding)
    n_rows, n_columns = by_torch(padded, weight, stride).shape
    return by_torch(padded, weight, 1)[:n_rows, :n_columns]


def without_stride(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:  # noqa: ARG001
    """You left out the stride: the filter should move by `stride` pixels, down and to the right."""
    return by_torch(padded_by(picture, padding), weight, 1)


def not_padded(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:  # noqa: ARG001
    """You left out the padding: zeros belong around the picture before anything else."""
    return by_torch(picture, weight, stride)


def padded_at_the_start(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """You padded above and on the left only. All four sides get `padding` zeros."""
    return by_torch(functional.pad(picture, (padding, 0, padding, 0)), weight, stride)


def padded_at_the_end(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """You padded below and on the right only. All four sides get `padding` zeros."""
    return by_torch(functional.pad(picture, (0, padding, 0, padding)), weight, stride)


def padded_sideways(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """You padded on the left and on the right only: `pad` takes a pair for each dimension, the last
    one first, so it needs four numbers here.
    """
    return by_torch(functional.pad(picture, (padding, padding)), weight, stride)


def averaged(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """You took the mean of the products. A convolution takes their sum."""
    return by_torch(padded_by(picture, padding), weight, stride) / weight.numel()


def one_too_few(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """Your last row and column are missing: in a length L the filter has (L − k) // stride places
    after the first one. Add 1.
    """
    return by_torch(padded_by(picture, padding), weight, stride)[:-1, :-1]


def over_the_edge(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """Your last window goes beyond the edge. Only whole windows count: (L − k) // stride + 1."""
    padded = padded_by(picture, padding)
    n_rows, n_columns = (-(-length // stride) for length in padded.shape)
    result = picture.new_zeros(n_rows, n_columns)
    for i in range(n_rows):
        for j in range(n_columns):
            rows = slice(i * stride, i * stride + weight.shape[0])
            columns = slice(j * stride, j * stride + weight.shape[1])
            result[i, j] = (padded[rows, columns] * weight).sum()
    return result


@exercise(
    "A convolution in two loops",
    minutes=8,
    difficulty=2,
    place=20,
    hints=HINTS,
    why="Each number is one window times the filter, summed; the loops visit all windows.",
    inputs=inputs,
    mistakes=(
        flipped,
        windows_without_stride,
        without_stride,
        not_padded,
        padded_at_the_start,
        padded_at_the_end,
        padded_sideways,
        averaged,
        one_too_few,
        over_the_edge,
    ),
)
def conv_by_hand(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """Return what `conv2d` makes of one gray picture with one filter, without calling it.

    `picture` is (H, W) and gets `padding` rows and columns of zeros on each side. `weight` is the
    filter, (h, w); it moves by `stride` pixels, down and to the right, and fits at least once.
    """
    padded = functional.pad(picture, (padding, padding, padding, padding))
    h, w = weight.shape
    n_rows = (padded.shape[0] - h) // stride + 1
    n_columns = (padded.shape[1] - w) // stride + 1
    result = picture.new_zeros(n_rows, n_columns)
    for i in range(n_rows):
        for j in range(n_columns):
            top, left = i * stride, j * stride
            result[i, j] = (padded[top : top + h, left : left + w] * weight).sum()
    return result
