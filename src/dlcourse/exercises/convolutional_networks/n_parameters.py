"""How many numbers a network learns."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import torch

from dlcourse.checking.exercise import exercise

Layers: TypeAlias = Sequence[tuple[Any, ...]]


def inputs(_: torch.Generator) -> Iterator[tuple[Layers]]:
    yield ([("conv", 1, 6, 5)],)
    yield ([("conv", 6, 16, 5)],)
    yield ([("linear", 4, 3)],)
    yield ([("norm", 16)],)
    yield ([("pool", 2)],)
    yield ([],)
    lenet = [("conv", 1, 6, 5), ("pool", 2), ("conv", 6, 16, 5), ("pool", 2)]
    yield ([*lenet, ("linear", 400, 120), ("linear", 120, 84), ("linear", 84, 10)],)
    block = [("conv", 3, 12, 3), ("norm", 12), ("conv", 12, 12, 3), ("norm", 12)]
    yield ([*block, ("conv", 3, 12, 1), ("pool", 7), ("linear", 12, 2)],)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "A filter looks at all input channels at once: how many weights has it, then?",
    "A filter of size k on C channels has C · k · k weights and one bias. There are C_out filters.",
    "A linear layer has n_in weights and one bias for each output; a norm two numbers a channel.",
    '`for kind, *sizes in layers:` gives the word, and a list of the numbers: `if kind == "conv"`.',
)


def weights_of(kind: str, sizes: Sequence[int], *, deep: bool = True, square: bool = True) -> int:
    """Return the number of weights of a layer, without its biases."""
    if kind == "conv":
        n_in, n_out, k = sizes
        return (n_in if deep else 1) * n_out * (k * k if square else k)
    if kind == "norm":
        return sizes[0]
    return sizes[0] * sizes[1] if kind == "linear" else 0


def biases_of(kind: str, sizes: Sequence[int]) -> int:
    if kind == "norm":
        return sizes[0]
    return sizes[1] if kind in {"conv", "linear"} else 0


def flat_filters(layers: Layers) -> int:
    """You gave each filter one table of k · k weights. It has one for every input channel: in the
    second layer of LeNet 6 · 5 · 5 weights.
    """
    return sum(
        weights_of(kind, sizes, deep=False) + biases_of(kind, sizes) for kind, *sizes in layers
    )


def without_biases(layers: Layers) -> int:
    """You forgot the biases: one for each filter, and one for each output of a linear layer."""
    return sum(
        weights_of(kind, sizes) + (sizes[0] if kind == "norm" else 0) for kind, *sizes in layers
    )


def without_any_bias(layers: Layers) -> int:
    """You counted the weights alone. A filter and an output of a linear layer have a bias each, and
    a norm has a factor and a bias for each channel.
    """
    return sum(weights_of(kind, sizes) for kind, *sizes in layers)


def filters_without_bias(layers: Layers) -> int:
    """Your linear layers are right, but a filter has a bias as well: one for all its weights."""
    return sum(
        weights_of(kind, sizes) + (0 if kind == "conv" else biases_of(kind, sizes))
        for kind, *sizes in layers
    )


def linear_without_bias(layers: Layers) -> int:
    """Your filters are right, but a linear layer has biases as well: one for each output."""
    return sum(
        weights_of(kind, sizes) + (0 if kind == "linear" else biases_of(kind, sizes))
        for kind, *sizes in layers
    )


def one_bias_for_each_table(layers: Layers) -> int:
    """You gave a filter a bias for each input channel. It adds up what all its tables give, and
    then one bias.
    """
    extra: int = sum((sizes[0] - 1) * sizes[1] for kind, *sizes in layers if kind == "conv")
    return extra + sum(weights_of(kind, sizes) + biases_of(kind, sizes) for kind, *sizes in layers)


def biases_of_inputs(layers: Layers) -> int:
    """You counted a bias for each channel or number that comes in. There is one for each that goes
    out: for each filter, and for each output of a linear layer.
    """
    return sum(
        weights_of(kind, sizes) + (sizes[0] if kind != "pool" else 0) for kind, *sizes in layers
    )


def lines_for_filters(layers: Layers) -> int:
    """You counted k weights for a filter's table. It has k rows and k columns: k · k."""
    return sum(
        weights_of(kind, sizes, square=False) + biases_of(kind, sizes) for kind, *sizes in layers
    )


def running_averages_counted(layers: Layers) -> int:
    """You counted the running mean and variance of the norm. They are kept, and not learned: of
    each channel only the factor and the bias are.
    """
    kept: int = sum(2 * sizes[0] for kind, *sizes in layers if kind == "norm")
    return kept + sum(weights_of(kind, sizes) + biases_of(kind, sizes) for kind, *sizes in layers)


def norms_left_out(layers: Layers) -> int:
    """You left out the norms: batch normalization learns a factor and a bias for each channel."""
    return sum(
        weights_of(kind, sizes) + biases_of(kind, sizes)
        for kind, *sizes in layers
        if kind != "norm"
    )


def pools_counted(layers: Layers) -> int:
    """You counted k · k weights for a pooling layer. Taking the largest needs none."""
    pools: int = sum(sizes[0] ** 2 for kind, *sizes in layers if kind == "pool")
    return pools + sum(weights_of(kind, sizes) + biases_of(kind, sizes) for kind, *sizes in layers)


@exercise(
    "How many numbers a network learns",
    minutes=4,
    difficulty=1,
    place=30,
    hints=HINTS,
    why="A filter costs the same however large the picture is: it is used again in every place.",
    inputs=inputs,
    mistakes=(
        flat_filters,
        without_biases,
        without_any_bias,
        filters_without_bias,
        linear_without_bias,
        one_bias_for_each_table,
        biases_of_inputs,
        lines_for_filters,
        running_averages_counted,
        norms_left_out,
        pools_counted,
    ),
)
def n_parameters(layers: Layers) -> int:
    """Return how many numbers a network learns, biases included.

    `layers` is a list of tuples: ("conv", C_in, C_out, k) for a convolution with filters k by k,
    ("linear", n_in, n_out), ("pool", k), and ("norm", C) for batch normalization of C channels.
    Each convolution and each linear layer has biases.
    """
    total = 0
    for kind, *sizes in layers:
        if kind == "conv":
            n_in, n_out, k = sizes
            total += n_out * (n_in * k * k + 1)
        elif kind == "linear":
            n_in, n_out = sizes
            total += n_out * (n_in + 1)
        elif kind == "norm":
            (n_channels,) = sizes
            total += 2 * n_channels
    return total
