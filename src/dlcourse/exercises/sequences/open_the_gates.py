"""Open the forget gates."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise


def _parts(lstm: nn.LSTM) -> Iterator[tuple[str, str]]:
    """Yield each layer in each direction: how a message calls it, and the end of its names."""
    for layer in range(lstm.num_layers):
        yield f"layer {layer}", f"_l{layer}"
        if lstm.bidirectional:
            yield f"layer {layer}, backward direction", f"_l{layer}_reverse"


def use(answer: Callable[..., Any], lstm: nn.LSTM, b: float) -> dict[str, Any]:
    before = {name: one.detach().clone() for name, one in lstm.named_parameters()}
    objects = dict(lstm.named_parameters())
    answer(lstm, b)
    now = dict(lstm.named_parameters())
    seen: dict[str, Any] = {}
    for called, end in _parts(lstm):
        sums = (now["bias_ih" + end] + now["bias_hh" + end]).detach()
        old = before["bias_ih" + end] + before["bias_hh" + end]
        names = ("input gates", "forget gates", "contents g", "output gates")
        for name, mine, its in zip(names, sums.chunk(4), old.chunk(4), strict=True):
            key = f"{called}, both biases of the {name} together"
            seen[key] = mine if name == "forget gates" else _kept(mine, its)
    matrices = [name for name in now if name.startswith("weight")]
    seen["matrices that changed"] = [n for n in matrices if not torch.equal(now[n], before[n])]
    lost = any(now[name] is not one or not one.requires_grad for name, one in objects.items())
    seen["parameters that were replaced, or are not learned any more"] = "some" if lost else "none"
    return seen


def _kept(now: Tensor, before: Tensor) -> object:
    return "as before" if torch.allclose(now, before) else now


def inputs(rng: torch.Generator) -> Iterator[tuple[nn.LSTM, float]]:
    lstms = (
        nn.LSTM(2, 2),
        nn.LSTM(3, 4, num_layers=3, batch_first=True),
        nn.LSTM(2, 3, bidirectional=True),
        nn.LSTM(1, 2, num_layers=2, bidirectional=True),
        nn.LSTM(2, 3, num_layers=12),
    )
    for lstm, b in zip(lstms, (2.0, 5.0, 1.5, -3.0, 4.0), strict=True):
        for one in lstm.parameters():
            nn.init.normal_(one, generator=rng)
        yield lstm, b


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Print the names in `lstm.named_parameters()` of an LSTM with two layers and two directions.",
    'Every bias for the input has a name with "bias_ih" in it, and its partner one with "bias_hh".',
    "A bias has 4·H numbers, for i, f, g and o: those of f are `bias[H : 2 * H]`.",
    "Both are added. So set each of the two to b / 2, or one to b and the other to 0.",
    "Parameters change in place under `torch.no_grad()`: `bias[H : 2 * H] = …`.",
)


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


@exercise(
    "Open all forget gates",
    minutes=6,
    difficulty=2,
    place=50,
    hints=HINTS,
    why="Each layer and direction has a pair of biases, and they are added: half of b in each.",
    inputs=inputs,
    use=use,
    changes_arguments=True,
    mistakes=(
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
        added,
        on_a_copy,
    ),
)
def open_the_gates(lstm: nn.LSTM, b: float) -> None:
    """Start all forget gates of an LSTM at sigmoid(b): in each layer, and in each direction.

    Change the parameters of `lstm` in place, and only those numbers that have to change. The sum
    of both biases of a forget gate is exactly b afterwards. There is nothing to return.
    """
    H = lstm.hidden_size
    with torch.no_grad():
        for name, bias in lstm.named_parameters():
            if "bias" in name:
                bias[H : 2 * H] = b / 2
