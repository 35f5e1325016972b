"""Standardize each channel."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[[[1.0, 3.0]], [[10.0, 50.0]]]]),)
    yield (torch.randint(0, 256, (3, 2, 2, 3), generator=rng, dtype=torch.uint8),)
    X = torch.randn(2, 4, 5, 3, generator=rng) * torch.tensor([1.0, 2.0, 5.0])
    yield (X.permute(0, 3, 1, 2),)  # (2, 3, 4, 5), not contiguous
    yield (torch.rand(4, 3, 2, 3, generator=rng, dtype=torch.float64),)  # W is C, too
    yield (torch.rand(2, 2, 3, 4, generator=rng) * 0.01,)  # low contrast
    yield (torch.randn(2, 2, 3, 4, generator=rng) * 3 + 1000,)  # far from 0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "One channel is all its pixels, in all images. Which three dimensions does that leave?",
    (
        "`mean` and `std` take several dimensions: `dim=(…, …, …)`. With `keepdim=True` the "
        "result is (1, C, 1, 1), which broadcasts."
    ),
    (
        "Images may be uint8: convert before any arithmetic. "
        "And `std` divides by N − 1 by default; then the mean square is not 1."
    ),
    (
        "Divide `X - X.mean(dim=(0, 2, 3), keepdim=True)` by the `std` over the same three, "
        "with `correction=0` and `keepdim=True`."
    ),
)


def all_channels_together(images: Tensor) -> Tensor:
    """You used one mean for all channels. Each channel has its own: average over the other three
    dimensions.
    """
    X = images.float()
    return (X - X.mean()) / X.std(correction=0)


def each_image_alone(images: Tensor) -> Tensor:
    """You standardized each image by itself. A channel spans the whole batch: add dimension 0."""
    X = images.float()
    mean, std = X.mean(dim=(2, 3), keepdim=True), X.std(dim=(2, 3), correction=0, keepdim=True)
    return (X - mean) / std


def each_pixel_alone(images: Tensor) -> Tensor:
    """You averaged over the batch only, pixel by pixel. Average over rows and columns, too."""
    X = images.float()
    return (X - X.mean(dim=0)) / X.std(dim=0, correction=0)


def over_the_channels(images: Tensor) -> Tensor:
    """You averaged over the channels: the dimension that you name is averaged away. Name the other
    three.
    """
    X = images.float()
    return (X - X.mean(dim=1, keepdim=True)) / X.std(dim=1, correction=0, keepdim=True)


def only_shifted(images: Tensor) -> Tensor:
    """The means are 0 now. The squares have the mean 1 only after you divide by the spread."""
    X = images.float()
    return X - X.mean(dim=(0, 2, 3), keepdim=True)


def one_less(images: Tensor) -> Tensor:
    """Your `std` divides by N − 1, which is its default. Pass `correction=0`."""
    X = images.float()
    mean, std = X.mean(dim=(0, 2, 3), keepdim=True), X.std(dim=(0, 2, 3), keepdim=True)
    return (X - mean) / std


def by_the_variance(images: Tensor) -> Tensor:
    """You divided by the variance. The spread is its root, the standard deviation."""
    X = images.float()
    mean = X.mean(dim=(0, 2, 3), keepdim=True)
    return (X - mean) / X.var(dim=(0, 2, 3), correction=0, keepdim=True)


def with_a_small_number(images: Tensor) -> Tensor:
    """You added a small number to the spread or under its root, as a batch norm does: in images of
    low contrast it counts. Divide by the spread alone.
    """
    norm: Tensor = torch.nn.BatchNorm2d(images.shape[1])(images.float()).detach()
    return norm


def keepdim_forgotten(images: Tensor) -> Tensor:
    """You left out `keepdim=True`: (C,) is aligned with the width W, not with the channels."""
    X = images.float()
    return (X - X.mean(dim=(0, 2, 3))) / X.std(dim=(0, 2, 3), correction=0)


def not_converted(images: Tensor) -> Tensor:
    """You took the mean of integers, which PyTorch refuses. Convert the images first."""
    mean = images.mean(dim=(0, 2, 3), keepdim=True)
    return (images - mean) / images.std(dim=(0, 2, 3), correction=0, keepdim=True)


def wrapped_round(images: Tensor) -> Tensor:
    """You subtracted in the images' own dtype: uint8 wraps around below 0. Call `float()` first."""
    X = images.float()
    mean = X.mean(dim=(0, 2, 3), keepdim=True).to(images.dtype)
    return (images - mean) / X.std(dim=(0, 2, 3), correction=0, keepdim=True)


@exercise(
    "Standardize each channel",
    minutes=8,
    difficulty=2,
    place=90,
    hints=HINTS,
    why="(1, C, 1, 1) against (N, C, H, W): each channel gets its own two numbers.",
    inputs=inputs,
    mistakes=(
        all_channels_together,
        each_image_alone,
        each_pixel_alone,
        over_the_channels,
        only_shifted,
        one_less,
        by_the_variance,
        with_a_small_number,
        keepdim_forgotten,
        not_converted,
        wrapped_round,
    ),
    tolerance=Tolerance(absolute=1e-4),
)
def standardize(images: Tensor) -> Tensor:
    """Return the images shifted and scaled, channel by channel.

    In the result each channel, over the whole batch, has the mean 0, and its squares the mean 1.
    Shapes: images is (N, C, H, W), uint8 or decimals; the result is (N, C, H, W), decimals.
    """
    X = images.float()
    mean = X.mean(dim=(0, 2, 3), keepdim=True)
    std = X.std(dim=(0, 2, 3), correction=0, keepdim=True)
    return (X - mean) / std
