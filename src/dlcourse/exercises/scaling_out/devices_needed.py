"""How many GPUs a model needs."""

import math
from collections.abc import Iterator

import torch

from dlcourse.checking.exercise import exercise


def inputs(_: torch.Generator) -> Iterator[tuple[int, int, int]]:
    yield 1_000, 0, 16_000
    yield 1_000, 0, 8_000
    yield 136_074, 100_480, 3_000_000
    yield 7_000_000_000, 400_000_000, 80_000_000_000
    yield 7_000_000_000, 400_000_000, 24_000_000_000
    yield 1_001, 100, 1_400  # 16,016 bytes, and room for 1,000 on each: not quite 16 of them do
    yield 70_000_000_000, 1_000_000_000, 80_000_000_000
    yield 10, 2, 24  # next to the layer there is room for one parameter
    yield 1_000_001, 0, 16_000_000  # one parameter too many


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Count the bytes of one parameter: weight, gradient, and two averages, of 4 bytes each.",
    "That makes 16 · n for the model, shared out. What else is on every GPU, whole?",
    "With p GPUs each holds 16 · n / p + 4 · n_layer bytes, and that may be at most `memory`.",
    "Solve for p: 16 · n / (memory − 4 · n_layer), rounded up with `math.ceil`.",
)


def weights_only(n: int, n_layer: int, memory: int) -> int:
    """You counted the weights alone, 4 bytes each. Training with Adam needs a gradient and two
    averages for each of them: 16 bytes.
    """
    return math.ceil(4 * n / (memory - 4 * n_layer))


def one_average(n: int, n_layer: int, memory: int) -> int:
    """You counted 12 bytes a parameter. Adam keeps two averages: that makes 16, with the weight and
    its gradient.
    """
    return math.ceil(12 * n / (memory - 4 * n_layer))


def layer_forgotten(n: int, n_layer: int, memory: int) -> int:  # noqa: ARG001
    """You left out the layer at work: while it computes, its weights are whole on every GPU."""
    return math.ceil(16 * n / memory)


def layer_in_a_share(n: int, n_layer: int, memory: int) -> int:
    """You shared the layer at work out among the GPUs. It is whole on each of them."""
    return math.ceil((16 * n + 4 * n_layer) / memory)


def layer_in_full(n: int, n_layer: int, memory: int) -> int:
    """You counted 16 bytes for each parameter of the layer at work. Only its weights are fetched,
    4 bytes each.
    """
    room = memory - 16 * n_layer
    return math.ceil(16 * n / room) if room > 0 else -1


def rounded_down(n: int, n_layer: int, memory: int) -> int:
    """You rounded down. What is left over needs one more GPU."""
    return 16 * n // (memory - 4 * n_layer)


def one_too_many(n: int, n_layer: int, memory: int) -> int:
    """You have one GPU too many where the division leaves nothing over: it would be empty."""
    return 16 * n // (memory - 4 * n_layer) + 1


def rounded(n: int, n_layer: int, memory: int) -> int:
    """You rounded to the nearest whole number. However little is left over, it needs a GPU."""
    return max(round(16 * n / (memory - 4 * n_layer)), 1)


@exercise(
    "How many GPUs a model needs",
    minutes=5,
    difficulty=1,
    place=150,
    hints=HINTS,
    why="Shares shrink with the number of GPUs, and the layer at work does not: more GPUs help as "
    "long as one layer fits.",
    inputs=inputs,
    mistakes=(
        weights_only,
        one_average,
        layer_forgotten,
        layer_in_a_share,
        layer_in_full,
        rounded_down,
        one_too_many,
        rounded,
    ),
)
def devices_needed(n: int, n_layer: int, memory: int) -> int:
    """Return the smallest number of GPUs on which a model with `n` parameters can be trained.

    It is trained with Adam in float32: each parameter has a weight, a gradient and two averages, of
    4 bytes each. All of these are shared out equally among the GPUs, as FSDP does it. Besides, each
    GPU holds the weights of the layer at work, of which the largest has `n_layer` parameters. Each
    GPU has `memory` bytes, more than one layer's weights need; activations are left out.
    """
    return math.ceil(16 * n / (memory - 4 * n_layer))
