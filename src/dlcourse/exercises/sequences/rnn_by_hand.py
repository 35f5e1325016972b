"""An RNN by hand."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise
from dlcourse.checking.graph import operations_of, slopes_of_squares


def use(
    answer: Callable[..., Any], x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor
) -> dict[str, Any] | None:
    leaves = [one.clone().requires_grad_() for one in (x, W_ih, b_ih, W_hh, b_hh)]
    states = answer(*leaves)
    if not isinstance(states, Tensor):
        return None if states is None else {"states": states}
    seen = {
        "states": states.detach(),
        "the graph of the states": "there" if states.requires_grad else "missing",
        "loop over the batch": "yes" if _is_longer_for_all(answer, states, leaves) else "no",
    }
    if not states.requires_grad:
        return seen
    slopes = slopes_of_squares(states, leaves)
    if slopes is None:
        return seen | {"the graph of the states": "broken, by numbers that were written over"}
    names = ("x", "W_ih", "b_ih", "W_hh", "b_hh")
    return seen | {
        f"slopes of the states' squares along {name}": 0 * leaf.detach() if slope is None else slope
        for name, leaf, slope in zip(names, leaves, slopes, strict=True)
    }


def _is_longer_for_all(answer: Callable[..., Any], states: Tensor, given: list[Tensor]) -> bool:
    """Tell whether each sequence more makes the graph longer, by an operation at least."""
    x, *weights = given
    more = len(x) - 1
    if more < 1:
        return False
    of_one = answer(x[:1], *weights)
    return len(operations_of(states)) > len(operations_of(of_one)) + more


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, ...]]:
    one = torch.tensor([[[1.0], [0.0], [0.0]]])
    yield one, *(torch.tensor(w) for w in ([[1.0]], [0.0], [[0.5]], [0.1]))
    for n, n_steps, n_in, n_units in ((2, 4, 3, 5), (5, 2, 2, 2), (1, 1, 4, 3), (3, 3, 3, 3)):
        x = torch.randn(n_steps, n, n_in, generator=rng).transpose(0, 1)
        W_ih = torch.randn(n_units, n_in, generator=rng)
        W_hh = torch.randn(n_units, n_units, generator=rng)
        b_ih, b_hh = torch.randn(2, n_units, generator=rng)
        yield x, W_ih, b_ih, W_hh, b_hh
    yield tuple(
        torch.randn(s, generator=rng, dtype=torch.float64)
        for s in ((2, 3, 2), (4, 2), (4,), (4, 4), (4,))
    )


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "The lesson's loop reads one sequence. How do you take the same step of all of them at once?",
    "`x[:, t]` is (B, D): one row for each sequence. `x.unbind(dim=1)` yields these in turn.",
    "One row: W @ x; many rows: x @ W.T. And h is `x.new_zeros(B, H)` at first, of x's dtype.",
    "Collect the states of all steps in a list; `torch.stack(states, dim=1)` makes (B, T, H).",
)


def read(
    x: Tensor,
    from_input: Callable[[Tensor], Tensor],
    from_state: Callable[[Tensor], Tensor],
    n_units: int,
) -> Tensor:
    """Read all sequences in step, (B, T, D) → (B, T, H), with these two parts of the sum."""
    h, states = x.new_zeros(len(x), n_units), list[Tensor]()
    for x_t in x.unbind(dim=1):
        h = torch.tanh(from_input(x_t) + from_state(h))
        states.append(h)
    return torch.stack(states, dim=1)


def one_bias_forgotten(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:  # noqa: ARG001
    """You left out `b_hh`. There are two biases, and both are added."""
    return read(x, lambda x_t: x_t @ W_ih.T + b_ih, lambda h: h @ W_hh.T, len(W_hh))


def other_bias_forgotten(
    x: Tensor,
    W_ih: Tensor,
    b_ih: Tensor,  # noqa: ARG001
    W_hh: Tensor,
    b_hh: Tensor,
) -> Tensor:
    """You left out `b_ih`. There are two biases, and both are added."""
    return read(x, lambda x_t: x_t @ W_ih.T, lambda h: h @ W_hh.T + b_hh, len(W_hh))


def not_transposed(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """You multiplied `h @ W_hh`. W_hh is square, so no error says that it should be transposed:
    for states in rows, `h @ W_hh.T`.
    """
    return read(x, lambda x_t: x_t @ W_ih.T + b_ih, lambda h: h @ W_hh + b_hh, len(W_hh))


def last_state_only(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """You returned the last state only. Collect the states of all steps: (B, T, H)."""
    return rnn_by_hand.answer(x, W_ih, b_ih, W_hh, b_hh)[:, -1]  # type: ignore[no-any-return]


def time_first(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """Your result is (T, B, H). Stack the states along dimension 1, for (B, T, H)."""
    return rnn_by_hand.answer(x, W_ih, b_ih, W_hh, b_hh).transpose(0, 1)  # type: ignore[no-any-return]


def along_the_batch(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """Your loop walks along the batch, and carries the state from one sequence to the next. Time is
    dimension 1: `x[:, t]`.
    """
    states = rnn_by_hand.answer(x.transpose(0, 1), W_ih, b_ih, W_hh, b_hh)
    return states.transpose(0, 1)  # type: ignore[no-any-return]


def nothing_carried(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """Your state is 0 before each step, so nothing is remembered. Each step takes the state that
    the step before has made.
    """
    return read(x, lambda x_t: x_t @ W_ih.T + b_ih, lambda h: 0 * h @ W_hh.T + b_hh, len(W_hh))


def no_tanh(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """You left out tanh: each new state is tanh of the sum."""
    h, states = x.new_zeros(len(x), len(W_hh)), list[Tensor]()
    for x_t in x.unbind(dim=1):
        h = x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh
        states.append(h)
    return torch.stack(states, dim=1)


def zeros_in_front(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """The zeros that the state starts as are in your result. It should have the T states that the
    steps make, and nothing before them.
    """
    states = rnn_by_hand.answer(x, W_ih, b_ih, W_hh, b_hh)
    return torch.cat([torch.zeros_like(states[:, :1]), states], dim=1)


def batch_loop(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """The states are right, but you loop over the sequences of the batch. All of them can take a
    step at once: `x[:, t]` has a row for each.
    """
    each = [rnn_by_hand.answer(one[None], W_ih, b_ih, W_hh, b_hh) for one in x]
    return torch.cat(each)


def no_graph(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """The states are right, but they have no graph, so nothing could be learned. Leave out
    `no_grad()`, `detach()` and `.data`.
    """
    return rnn_by_hand.answer(x, W_ih, b_ih, W_hh, b_hh).detach()  # type: ignore[no-any-return]


def copied(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """The states are right, but they were made with copies of the matrices, in an `nn.RNN` perhaps:
    no slopes get back to the matrices themselves. Multiply with those.
    """
    weights = [one.detach() for one in (W_ih, b_ih, W_hh, b_hh)]
    return rnn_by_hand.answer(x, *weights)  # type: ignore[no-any-return]


def written_over(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """The states are right, but you wrote them into one tensor step by step, and read the old state
    from it: `backward` needs it as it was. Collect the states in a list.
    """
    states = x.new_zeros(len(x), x.shape[1] + 1, len(W_hh))
    for t, x_t in enumerate(x.unbind(dim=1)):
        states[:, t + 1] = torch.tanh(x_t @ W_ih.T + b_ih + states[:, t] @ W_hh.T + b_hh)
    return states[:, 1:]


def carried_by_data(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """The states are right, but you cut each state off from the graph (`detach`, `.data`). Slopes
    could not go back through time, and nothing that needs memory could be learned.
    """
    return read(x, lambda x_t: x_t @ W_ih.T + b_ih, lambda h: h.detach() @ W_hh.T + b_hh, len(W_hh))


@exercise(
    "An RNN for a batch, by hand",
    minutes=7,
    difficulty=2,
    place=20,
    hints=HINTS,
    why="The sequences of a batch take each step side by side, and know nothing of one another.",
    inputs=inputs,
    use=use,
    mistakes=(
        one_bias_forgotten,
        other_bias_forgotten,
        not_transposed,
        last_state_only,
        time_first,
        along_the_batch,
        nothing_carried,
        no_tanh,
        zeros_in_front,
        batch_loop,
        no_graph,
        copied,
        written_over,
        carried_by_data,
    ),
)
def rnn_by_hand(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    """Return all states of an RNN that reads a batch of sequences, (B, T, D) → (B, T, H).

    At each step h ← tanh(W_ih·x + b_ih + W_hh·h + b_hh), from a state of zeros. W_ih is (H, D),
    W_hh is (H, H), and the biases are (H,). No loop over the batch, and no `nn.RNN`.
    """
    h = torch.zeros(len(W_hh), dtype=x.dtype)  # the same start for all sequences
    states = []
    for x_t in x.unbind(dim=1):
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        states.append(h)
    return torch.stack(states, dim=1)
