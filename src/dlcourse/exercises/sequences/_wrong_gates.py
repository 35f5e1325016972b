"""Gates opened with one fault each: the known mistakes of `open_the_gates.py`; closed."""

import math
from collections.abc import Callable

import torch
from torch import nn


def set_biases(
    lstm: nn.LSTM,
    b: float,
    *,
    quarter: int = 1,
    ih: float | None = 1.0,
    hh: float | None = 0.0,
    chosen: Callable[[str], bool] = lambda _: True,
) -> None:
    """Set a quarter of the biases to these parts of b; None leaves one as it is."""
    part = slice(quarter * lstm.hidden_size, (quarter + 1) * lstm.hidden_size)
    with torch.no_grad():
        for name, bias in lstm.named_parameters():
            share = ih if "bias_ih" in name else hh
            if "bias" in name and chosen(name) and share is not None:
                bias[part] = share * b


def both_biases(lstm: nn.LSTM, b: float) -> None:
    """You set both biases to b. Both are added, so the forget gates start at sigmoid(2b)."""
    set_biases(lstm, b, hh=1.0)


def other_bias_left(lstm: nn.LSTM, b: float) -> None:
    """The random numbers of `bias_hh` are still in the sum, next to b: both biases are added. Set
    one of them to b and the other one to 0.
    """
    set_biases(lstm, b, hh=None)


def first_bias_left(lstm: nn.LSTM, b: float) -> None:
    """The random numbers of `bias_ih` are still in the sum, next to b: both biases are added. Set
    one of them to b and the other one to 0.
    """
    set_biases(lstm, b, ih=None, hh=1.0)


def input_gates(lstm: nn.LSTM, b: float) -> None:
    """You set the first quarter: that is the input gate. The order is i, f, g, o."""
    set_biases(lstm, b, quarter=0)


def contents(lstm: nn.LSTM, b: float) -> None:
    """You set the third quarter: that is the new content g. The order is i, f, g, o."""
    set_biases(lstm, b, quarter=2)


def output_gates(lstm: nn.LSTM, b: float) -> None:
    """You set the last quarter: that is the output gate. The order is i, f, g, o."""
    set_biases(lstm, b, quarter=3)


def first_layer_only(lstm: nn.LSTM, b: float) -> None:
    """You set the first layer only. Each layer has forget gates of its own."""
    set_biases(lstm, b, chosen=lambda name: name.endswith(("_l0", "_l0_reverse")))


def first_layer_forward(lstm: nn.LSTM, b: float) -> None:
    """You set `bias_ih_l0` and its partner only. Each layer has forget gates of its own, and so has
    the backward direction, with names that end in `_reverse`.
    """
    set_biases(lstm, b, chosen=lambda name: name.endswith("_l0"))


def both_biases_of_the_first(lstm: nn.LSTM, b: float) -> None:
    """You set `bias_ih_l0` and `bias_hh_l0` to b. Both are added: the gates start at sigmoid(2b).
    And each other layer and direction has gates of its own: look at all names.
    """
    set_biases(lstm, b, hh=1.0, chosen=lambda name: name.endswith("_l0"))


def one_bias_of_the_first(lstm: nn.LSTM, b: float) -> None:
    """You set `bias_ih_l0` alone. `bias_hh_l0` is added to it: set that one to 0. And each other
    layer and direction has gates of its own: look at all names.
    """
    set_biases(lstm, b, hh=None, chosen=lambda name: name.endswith("_l0"))


def forward_only(lstm: nn.LSTM, b: float) -> None:
    """You left out the backward direction: the names of its biases end in `_reverse`."""
    set_biases(lstm, b, chosen=lambda name: not name.endswith("_reverse"))


def both_biases_forward(lstm: nn.LSTM, b: float) -> None:
    """You set both biases to b, and both are added: the forget gates start at sigmoid(2b). And the
    backward direction is left out: its names end in `_reverse`.
    """
    set_biases(lstm, b, hh=1.0, chosen=lambda name: not name.endswith("_reverse"))


def one_digit(lstm: nn.LSTM, b: float) -> None:
    """Your choice of names leaves out layers: there may be ten or more."""
    set_biases(lstm, b, chosen=lambda name: name.removesuffix("_reverse")[-2] == "l")


def whole_bias(lstm: nn.LSTM, b: float) -> None:
    """You set the whole biases. Only the forget gates should change: the second quarter."""
    for quarter in range(4):
        set_biases(lstm, b, quarter=quarter)


def other_bias_emptied(lstm: nn.LSTM, b: float) -> None:
    """You set all of `bias_hh` to 0. Only its second quarter should change."""
    set_biases(lstm, b)
    for quarter in range(4):
        set_biases(lstm, b, quarter=quarter, ih=None)


def added_up(lstm: nn.LSTM, b: float) -> None:
    """You put the sum of both biases into one of them. The other gates open as far as before, but
    their numbers did not have to change: set those of the forget gates alone.
    """
    with torch.no_grad():
        for *_, bias_ih, bias_hh in lstm.all_weights:
            bias_ih.add_(bias_hh)
            bias_hh.zero_()
    set_biases(lstm, b)


def sigmoid_of_b(lstm: nn.LSTM, b: float) -> None:
    """You set the biases to sigmoid(b). The gate takes the sigmoid itself: set them to b."""
    set_biases(lstm, 1 / (1 + math.exp(-b)))


def added(lstm: nn.LSTM, b: float) -> None:
    """You added b to the random numbers that were there. The biases should be b together."""
    part = slice(lstm.hidden_size, 2 * lstm.hidden_size)
    with torch.no_grad():
        for name, bias in lstm.named_parameters():
            if "bias_ih" in name:
                bias[part] += b


def on_a_copy(lstm: nn.LSTM, b: float) -> None:
    """Nothing changed: was it a copy that you set? `bias.clone()` makes one, and so does adding.
    Set a part of the bias itself, in place: `bias[…] = …`.
    """
    for bias in lstm.parameters():
        bias.detach().clone().fill_(b)


MISTAKES = (
    both_biases,
    other_bias_left,
    first_bias_left,
    input_gates,
    contents,
    output_gates,
    first_layer_only,
    first_layer_forward,
    both_biases_of_the_first,
    one_bias_of_the_first,
    forward_only,
    both_biases_forward,
    one_digit,
    whole_bias,
    other_bias_emptied,
    added_up,
    sigmoid_of_b,
    added,
    on_a_copy,
)
