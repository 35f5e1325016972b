"""Compress a batch of images."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int]]:
    yield torch.tensor([[[3.0, 0.0], [4.0, 5.0]]]), 1
    contrast = torch.tensor([8.0, 2.0, 0.5])  # the largest pieces of each image are not the batch's
    yield torch.randn(3, 5, 4, generator=rng) * contrast[:, None, None], 2
    yield torch.randn(2, 3, 6, generator=rng), 7
    yield torch.randn(4, 3, 2, generator=rng, dtype=torch.float64).mT, 1  # not contiguous


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "`torch.linalg.svd` takes a batch as it is, and so does `@`. Print the three shapes.",
    "`keep` of this section has all the steps; each index needs a `:` for the batch in front.",
    (
        "The columns in use are `U[:, :, :k]`, (N, H, k), the singular values `S[:, :k]`, (N, k). "
        "Which shape must the singular values have to broadcast over the rows?"
    ),
    "`S[:, None, :k]` is (N, 1, k). The rows in use are `Vh[:, :k]`.",
)


def transposed_again(images: Tensor, k: int) -> Tensor:
    """You transposed the third factor, but it is already transposed: `svd` returns `Vh`. Leave out
    the `.mT`.
    """
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :, :k] * S[:, None, :k]) @ Vh.mT[:, :k]


def rows_of_u(images: Tensor, k: int) -> Tensor:
    """You took the first k rows of each `U`. A piece has a column of `U`: the last dimension."""
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :k] * S[:, None]) @ Vh


def cut_as_one_image(images: Tensor, k: int) -> Tensor:
    """You cut as if there were one image: in a batch, `[:, :k]` cuts dimension 1, which is now the
    rows. Each index needs a `:` for the batch in front.
    """
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :k] * S[:k]) @ Vh[:k]


def singular_values_not_aligned(images: Tensor, k: int) -> Tensor:
    """Your singular values are (N, k), so N meets the rows H. Make them (N, 1, k)."""
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :, :k] * S[:, :k]) @ Vh[:, :k]


def columns_of_vh(images: Tensor, k: int) -> Tensor:
    """Each `Vh` still has all its rows. A piece has a row of `Vh`: keep its first k rows,
    `Vh[:, :k]`.
    """
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :, :k] * S[:, None, :k]) @ Vh[:, :, :k]


def without_singular_values(images: Tensor, k: int) -> Tensor:
    """You left out the singular values `S`: every piece counts as much as the largest."""
    U, _, Vh = torch.linalg.svd(images, full_matrices=False)
    return U[:, :, :k] @ Vh[:, :k]


def smallest_pieces(images: Tensor, k: int) -> Tensor:
    """You kept the smallest pieces: the SVD lists the largest first, so take the first k."""
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    first = max(S.shape[1] - k, 0)
    return (U[:, :, first:] * S[:, None, first:]) @ Vh[:, first:]


def one_large_matrix(images: Tensor, k: int) -> Tensor:
    """You took the batch for one matrix with a row per image. Each image has its own pieces."""
    U, S, Vh = torch.linalg.svd(images.flatten(1), full_matrices=False)
    return ((U[:, :k] * S[:k]) @ Vh[:k]).reshape(images.shape)


@exercise(
    "Compress a batch of images",
    minutes=8,
    difficulty=2,
    place=70,
    hints=HINTS,
    why="Every dimension in front of the last two is a batch, for the SVD as for `@`.",
    inputs=inputs,
    mistakes=(
        cut_as_one_image,
        singular_values_not_aligned,
        transposed_again,
        rows_of_u,
        columns_of_vh,
        without_singular_values,
        smallest_pieces,
        one_large_matrix,
    ),
    tolerance=Tolerance(absolute=1e-4),
)
def compress(images: Tensor, k: int) -> Tensor:
    """Return each image as the sum of its own k largest pieces.

    Shapes: images is (N, H, W), of decimals, and so is the result. If an image has fewer than
    k pieces, all of them are kept.
    """
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :, :k] * S[:, None, :k]) @ Vh[:, :k]
