"""A convolution in one product."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    yield (
        torch.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]]]),
        torch.tensor([[[[1.0, 10.0], [0.0, 100.0]]]]),
        torch.tensor([0.5]),
    )
    for n, n_in, n_out, size, kernel in (
        (2, 3, 4, (6, 5), (3, 2)),
        (1, 2, 6, (4, 5), (2, 4)),  # as many filters as places
        (3, 2, 2, (5, 5), (3, 3)),
        (2, 1, 3, (3, 8), (3, 1)),
        (2, 5, 2, (3, 4), (1, 1)),
    ):
        X = torch.randn(n, n_in, *size, generator=rng)
        weight = torch.randn(n_out, n_in, *kernel, generator=rng)
        yield X, weight, torch.randn(n_out, generator=rng)
    X = torch.randn(2, 6, 5, 3, generator=rng).double().permute(0, 3, 1, 2)  # channels last
    weight = torch.randn(4, 3, 2, 3, generator=rng).double()
    yield X, weight, torch.randn(8, generator=rng).double()[::2]


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "`functional.unfold(X, (h, w))` is (B, C · h · w, places): a column for each window.",
    "A column has its numbers in the order channel, row, column. Lay each filter out like that.",
    "`weight.flatten(1)` is (K, C · h · w). Which product makes (B, K, places) of the two?",
    "`weight.flatten(1) @ columns`. The bias belongs to the filters: `bias[:, None]`.",
    "Last, the places become rows and columns: (H − h + 1, W − w + 1), in this order.",
)


def convolve(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return functional.conv2d(X, weight, bias)


def channels_last(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You laid out the filters with the channels last. `unfold` orders a window by channel, row and
    column, just as `weight.flatten(1)` does: no `permute` is needed.
    """
    mixed = weight.permute(0, 2, 3, 1).reshape(weight.shape)
    return convolve(X, mixed, bias)


def first_picture_only(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Only the first picture of the batch came out: the result needs one for each picture of X."""
    return convolve(X[:1], weight, bias)


def first_picture_alone(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Only the first picture of the batch came out, and without its dimension. `@` multiplies each
    matrix of a batch: no index [0] is needed.
    """
    return convolve(X, weight, bias)[0]


def without_bias(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:  # noqa: ARG001
    """You forgot the bias: each filter adds its own number in all places."""
    return functional.conv2d(X, weight)


def sides_swapped(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You cut the places into W − w + 1 rows. There are H − h + 1, and the columns come last."""
    result = convolve(X, weight, bias)
    return result.reshape(*result.shape[:2], result.shape[3], result.shape[2])


def places_first(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Your product is (B, places, K), and `reshape` cut it anew into another order. Swap its last
    two dimensions with `transpose(1, 2)` first, or multiply the other way around.
    """
    result = convolve(X, weight, bias)
    return result.flatten(2).transpose(1, 2).reshape(result.shape)


def channels_at_the_end(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Your channels come last. The result is (B, K, rows, columns): the filters' number comes right
    after the batch.
    """
    return convolve(X, weight, bias).permute(0, 2, 3, 1)


def flipped(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You flipped the filters. PyTorch's convolution uses them as they are."""
    return convolve(X, weight.flip(2, 3), bias)


def bias_along_the_places(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Your bias, (K,), was lined up with the last dimension, the places. It belongs to the filters:
    `bias[:, None]` is (K, 1), and each row gets its own number.
    """
    columns = functional.unfold(X, weight.shape[2:])
    product = weight.flatten(1) @ columns + bias
    return product.reshape(convolve(X, weight, bias).shape)


def bias_along_the_columns(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """You added the bias, (K,), to (B, K, rows, columns), so that it was lined up with the columns.
    It belongs to the filters: add `bias[:, None]` before you cut the places into rows.
    """
    return convolve(X, weight, torch.zeros_like(bias)) + bias


def one_long_row(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """All numbers are right, but the places are still in one row. Cut them into H − h + 1 rows
    and W − w + 1 columns.
    """
    return convolve(X, weight, bias).flatten(2)


@exercise(
    "A convolution in one product",
    minutes=8,
    difficulty=3,
    place=50,
    hints=HINTS,
    why="With a window in each column and a filter in each row, it is one product of matrices.",
    inputs=inputs,
    mistakes=(
        channels_last,
        first_picture_only,
        first_picture_alone,
        without_bias,
        sides_swapped,
        places_first,
        channels_at_the_end,
        flipped,
        bias_along_the_places,
        bias_along_the_columns,
        one_long_row,
    ),
    tolerance=Tolerance(absolute=1e-5),
)
def conv_by_unfold(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return what `conv2d(X, weight, bias)` does, by `functional.unfold` and one product `@`.

    X is a batch of pictures, (B, C, H, W); `weight` holds K filters, (K, C, h, w); `bias` is (K,).
    No padding, stride 1: the result is (B, K, H − h + 1, W − w + 1).
    """
    h, w = weight.shape[2:]
    columns = functional.unfold(X, (h, w))
    result = weight.flatten(1) @ columns + bias[:, None]
    return result.reshape(len(X), len(weight), X.shape[2] - h + 1, X.shape[3] - w + 1)
