"""How much of the picture a number sees."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import torch

from dlcourse.checking.exercise import exercise

Layers: TypeAlias = Sequence[tuple[int, int]]


def inputs(_: torch.Generator) -> Iterator[tuple[Layers]]:
    yield ([(3, 1)],)
    yield ([(3, 1), (3, 1), (3, 1)],)
    yield ([(5, 1), (2, 2), (5, 1), (2, 2)],)
    yield ([(3, 2), (3, 2), (3, 2)],)
    yield ([(2, 2), (3, 1)],)
    yield ([(3, 1), (2, 2)],)
    yield ([],)
    yield ([(1, 2), (4, 3), (1, 1), (3, 5)],)
    yield ([(7, 4), (3, 2)],)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Start before the first layer: a number sees 1 pixel, and neighbors are 1 pixel apart.",
    "A window of k numbers that are `step` pixels apart adds (k − 1) · step pixels.",
    "After a layer of stride s, neighboring numbers are s times as many pixels apart.",
    "`field += (k - 1) * step`, then `step *= stride`, layer by layer.",
)


def without_strides(layers: Layers) -> int:
    """You left out the strides. After a stride of 2, neighbors are 2 pixels apart, and each further
    window adds twice as many pixels.
    """
    return 1 + sum(k - 1 for k, _ in layers)


def only_the_last_stride(layers: Layers) -> int:
    """You took only the stride of the layer just before. Strides multiply: after three layers of
    stride 2, neighbors are 8 pixels apart.
    """
    field, step = 1, 1
    for k, stride in layers:
        field += (k - 1) * step
        step = stride
    return field


def own_stride_only(layers: Layers) -> int:
    """You multiply each window by its own stride. What spreads its numbers are the strides of all
    layers before it, multiplied together.
    """
    return 1 + sum((k - 1) * stride for k, stride in layers)


def strides_added(layers: Layers) -> int:
    """You add up the strides. They multiply: steps of 2 numbers that are 2 pixels apart are 4."""
    field, step = 1, 1
    for k, stride in layers:
        field += (k - 1) * step
        step += stride - 1
    return field


def own_stride_first(layers: Layers) -> int:
    """You multiply by a layer's stride before you count its window. The stride moves the window; it
    spreads the numbers that come out, and so counts from the next layer on.
    """
    field, step = 1, 1
    for k, stride in layers:
        step *= stride
        field += (k - 1) * step
    return field


def whole_kernels(layers: Layers) -> int:
    """You add k for each layer. A window of k numbers has one place for what you had already, so it
    adds k − 1 steps.
    """
    field, step = 1, 1
    for k, stride in layers:
        field += k * step
        step *= stride
    return field


def from_nothing(layers: Layers) -> int:
    """You start with 0. Without any layer a number sees one pixel: itself."""
    return receptive(layers) - 1


def as_an_area(layers: Layers) -> int:
    """You give the number of pixels in the square. Its side is asked for."""
    return receptive(layers) ** 2


def kernels_multiplied(layers: Layers) -> int:
    """You multiply the kernel sizes. The windows of neighbors overlap: each layer adds to what a
    number sees.
    """
    field = 1
    for k, _ in layers:
        field *= k
    return field


def from_the_other_end(layers: Layers) -> int:
    """You mixed two ways. With field += (k − 1) · step, go from the first layer to the last; with
    field = (field − 1) · stride + k, from the last to the first.
    """
    return receptive(layers[::-1])


def receptive(layers: Layers) -> int:
    field = 1
    for k, stride in reversed(layers):
        field = (field - 1) * stride + k
    return field


@exercise(
    "How much of the picture a number sees",
    minutes=5,
    difficulty=2,
    place=70,
    hints=HINTS,
    why="Each window adds k − 1 steps, and every stride before it makes these steps longer.",
    inputs=inputs,
    mistakes=(
        without_strides,
        only_the_last_stride,
        own_stride_only,
        strides_added,
        own_stride_first,
        whole_kernels,
        from_nothing,
        as_an_area,
        kernels_multiplied,
        from_the_other_end,
    ),
)
def receptive_field(layers: Layers) -> int:
    """Return the side of the square of pixels that one number after the last layer depends on.

    `layers` is a list of pairs (kernel_size, stride), from the first layer to the last. Pooling
    counts like a convolution. The edge of the picture is far away.
    """
    field, step = 1, 1
    for kernel_size, stride in layers:
        field += (kernel_size - 1) * step
        step *= stride
    return field
