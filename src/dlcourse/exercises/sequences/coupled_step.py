"""An LSTM with one gate less."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Two: TypeAlias = tuple[Tensor, Tensor]


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, ...]]:
    x, h, c = torch.tensor([[1.0]]), torch.tensor([[0.5]]), torch.tensor([[2.0]])
    W = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]])
    yield x, h, c, W, torch.tensor([0.0, 0.5, 1.0])
    for n, n_in, n_units in ((3, 2, 4), (1, 5, 2), (4, 3, 3)):
        x = torch.randn(n_in, n, generator=rng).T
        h, c = torch.randn(2, n, n_units, generator=rng)
        W = torch.randn(3 * n_units, n_in + n_units, generator=rng)
        yield x, h, 2 * c, W, torch.randn(3 * n_units, generator=rng)
    x, h, c = torch.randn(3, 2, 2, generator=rng, dtype=torch.float64)
    W = torch.randn(6, 4, generator=rng, dtype=torch.float64)
    yield x, h, c, W, 30 * torch.randn(6, generator=rng, dtype=torch.float64)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Compare with the LSTM of the lesson: what is i replaced by, and how many parts has W now?",
    "x and h side by side, `torch.cat([x, h], dim=1)`, are (B, D + H): W multiplies both at once.",
    "`sums.chunk(3, dim=1)` gives three parts, (B, H) each, in the order f, g, o.",
    "Sigmoid for the gates f and o, tanh for g; then the new c first, and h from the new c.",
)


def stepped(
    parts: tuple[Tensor, Tensor, Tensor],
    c: Tensor,
    new_cell: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda f, c, g: f * c + (1 - f) * g,
) -> Two:
    """Make the step from the three gates and contents, already bent."""
    f, g, o = parts
    c = new_cell(f, c, g)
    return o * c.tanh(), c


def bent(x: Tensor, h: Tensor, W: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return f, g and o."""
    f, g, o = summed(x, h, W, b)
    return f.sigmoid(), g.tanh(), o.sigmoid()


def summed(x: Tensor, h: Tensor, W: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the sums that f, g and o are made of."""
    f, g, o = (torch.cat([x, h], dim=1) @ W.T + b).chunk(3, dim=1)
    return f, g, o


def f_and_o_exchanged(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You took the parts in the order o, g, f. The order is part of the weights: f, g, o."""
    return stepped(bent(x, h, W, b)[::-1], c)


def gates_first(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You took the parts in the order f, o, g. The order is part of the weights: f, g, o."""
    f, o, g = summed(x, h, W, b)
    return stepped((f.sigmoid(), g.tanh(), o.sigmoid()), c)


def sides_exchanged(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """The columns of W are for x first, and then for h. You put h first."""
    return stepped(bent(h, x, W, b), c)


def tanh_on_a_gate(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You bent all three parts with tanh. f and o are gates, between 0 and 1: sigmoid."""
    f, g, o = summed(x, h, W, b)
    return stepped((f.tanh(), g.tanh(), o.tanh()), c)


def sigmoid_on_the_content(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You bent all three parts with sigmoid. g is no gate but new content: tanh, so that the cell
    can also fall.
    """
    f, g, o = summed(x, h, W, b)
    return stepped((f.sigmoid(), g.sigmoid(), o.sigmoid()), c)


def content_raw(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You did not bend g: the new content is tanh of its sum."""
    f, g, o = summed(x, h, W, b)
    return stepped((f.sigmoid(), g, o.sigmoid()), c)


def forget_gate_raw(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You used the sum that f is made of. A gate lies between 0 and 1: take its sigmoid first."""
    f, g, o = summed(x, h, W, b)
    return stepped((f, g.tanh(), o.sigmoid()), c)


def output_gate_raw(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You used the sum that o is made of. A gate lies between 0 and 1: take its sigmoid first."""
    f, g, o = summed(x, h, W, b)
    return stepped((f.sigmoid(), g.tanh(), o), c)


def raw_in_the_rest(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """In 1 − f you took the sum that f is made of. Take its sigmoid there, too."""
    raw = summed(x, h, W, b)[0]
    return stepped(bent(x, h, W, b), c, lambda f, c, g: f * c + (1 - raw) * g)


def cell_shown_raw(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """Your new h is o·c. It should be o·tanh(c): the cell may grow beyond 1, the state may not."""
    f, g, o = bent(x, h, W, b)
    c = f * c + (1 - f) * g
    return o * c, c


def bent_cell_kept(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You handed on tanh of the cell. The cell itself is kept; tanh is for what h shows of it."""
    h, c = stepped(bent(x, h, W, b), c)
    return h, c.tanh()


def old_cell_shown(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You made the new h of the old cell. Change the cell first, then show it."""
    _, _, o = bent(x, h, W, b)
    return o * c.tanh(), stepped(bent(x, h, W, b), c)[1]


def gate_reversed(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You exchanged f and 1 − f. The forget gate multiplies the old content: f = 1 keeps it."""
    return stepped(bent(x, h, W, b), c, lambda f, c, g: (1 - f) * c + f * g)


def not_coupled(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You added all of g. What is let in is what the forget gate leaves: (1 − f)·g."""
    return stepped(bent(x, h, W, b), c, lambda f, c, g: f * c + g)


def one_added(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You added 1 to the sum of the forget gate. Some libraries do; here the bias is all that is
    added.
    """
    f, g, o = summed(x, h, W, b)
    return stepped(((f + 1).sigmoid(), g.tanh(), o.sigmoid()), c)


def bias_forgotten(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You left out the bias b."""
    return stepped(bent(x, h, W, 0 * b), c)


def cell_first(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Two:
    """You returned c and h in the wrong order. The state h comes first."""
    return stepped(bent(x, h, W, b), c)[::-1]


@exercise(
    "An LSTM with one gate less",
    minutes=8,
    difficulty=2,
    place=30,
    hints=HINTS,
    why="What the cell forgets makes room for what is new, so one gate decides both, as in a GRU.",
    inputs=inputs,
    mistakes=(
        f_and_o_exchanged,
        gates_first,
        sides_exchanged,
        tanh_on_a_gate,
        sigmoid_on_the_content,
        content_raw,
        forget_gate_raw,
        output_gate_raw,
        raw_in_the_rest,
        cell_shown_raw,
        bent_cell_kept,
        old_cell_shown,
        gate_reversed,
        not_coupled,
        one_added,
        bias_forgotten,
        cell_first,
    ),
)
def coupled_step(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the next h and c, (B, H) each, of an LSTM whose input gate is 1 − f.

    The cell becomes f·c + (1 − f)·g, and the state o·tanh(c); f and o are made with sigmoid, g
    with tanh. One matrix serves all three: W is (3·H, D + H) and multiplies x, (B, D), and h, side
    by side, x first. Its rows, and those of the bias b, (3·H,), are for f, g and o, in this order.
    """
    sums = torch.cat([x, h], dim=1) @ W.T + b
    f, g, o = sums.chunk(3, dim=1)
    f = f.sigmoid()
    c = f * c + (1 - f) * g.tanh()
    return o.sigmoid() * c.tanh(), c
