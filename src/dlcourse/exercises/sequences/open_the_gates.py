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
        mine, its = ((of["bias_ih" + end], of["bias_hh" + end]) for of in (now, before))
        names = ("input gates", "forget gates", "contents g", "output gates")
        quarters = [[bias.detach().chunk(4) for bias in pair] for pair in (mine, its)]
        for quarter, name in enumerate(names):
            new, old = ([bias[quarter] for bias in pair] for pair in quarters)
            key = f"{called}, both biases of the {name} together"
            seen[key] = sum(new) if name == "forget gates" else _kept(new, old)
    matrices = [name for name in now if name.startswith("weight")]
    seen["matrices that changed"] = [n for n in matrices if not torch.equal(now[n], before[n])]
    lost = any(now[name] is not one or not one.requires_grad for name, one in objects.items())
    seen["parameters that were replaced, or are not learned any more"] = "some" if lost else "none"
    return seen


def _kept(now: list[Tensor], before: list[Tensor]) -> object:
    if all(map(torch.equal, now, before)):
        return "as before"
    together = now[0] + now[1]
    is_moved = torch.allclose(together, before[0] + before[1])
    return "as before, but each of the two has changed" if is_moved else together


def inputs(rng: torch.Generator) -> Iterator[tuple[nn.LSTM, float]]:
    lstms = (
        nn.LSTM(2, 2),
        nn.LSTM(3, 4, num_layers=3, batch_first=True),
        nn.LSTM(2, 3, bidirectional=True),
        nn.LSTM(1, 2, num_layers=2, bidirectional=True),
        nn.LSTM(2, 3, num_layers=11),
    )
    for lstm, b in zip(lstms, (2.0, 5.0, 1.5, -3.0, 4.0), strict=True):
        for one in lstm.parameters():
            nn.init.normal_(one, generator=rng)
        yield lstm, b


# ---------------------------------------------------------------------------- closed half

from dlcourse.exercises.sequences._wrong_gates import MISTAKES  # noqa: E402 - closed as well

HINTS = (
    "Print the names in `lstm.named_parameters()` of an LSTM with two layers and two directions.",
    'Every bias for the input has a name with "bias_ih" in it, and its partner one with "bias_hh".',
    "A bias has 4·H numbers, for i, f, g and o: those of f are `bias[H : 2 * H]`.",
    "Both are added. So set each of the two to b / 2, or one to b and the other to 0.",
    "Parameters change in place under `torch.no_grad()`: `bias[H : 2 * H] = …`.",
)


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
    mistakes=MISTAKES,
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
