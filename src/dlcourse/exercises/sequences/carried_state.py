"""A state that is carried on."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.exercise import exercise

N_CHARACTERS = 4


def train_with_bugs(model: nn.Module, text: Tensor, n_rows: int, n_steps: int) -> list[float]:
    """Train `model` on a text, chunk by chunk; return the losses. Two bugs to fix, and a third
    that shows only when one of them is fixed.

    The text, (N,) whole numbers, is cut into `n_rows` long pieces, each a row; what is left over
    is not used. All rows are read side by side, `n_steps` characters at a time, and the target of
    each is the next one of the same piece. The state is carried from chunk to chunk, so that the
    network remembers what it has read. Slopes go back to the start of the chunk, not further.
    `model(x, state)` returns logits (B, T, C) and the new state (1, B, H); the first state is None.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    rows = text[: len(text) // n_rows * n_rows].view(-1, n_rows).T
    losses = []
    for start in range(0, rows.shape[1] - 1, n_steps):
        piece = rows[:, start : start + n_steps + 1]
        state = None
        logits, state = model(piece[:, :-1], state)
        loss = functional.cross_entropy(logits.transpose(1, 2), piece[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


class _Reader(nn.Module):
    """A GRU that reads characters and guesses the next ones."""

    def __init__(self, rng: torch.Generator) -> None:
        super().__init__()
        self.embed = nn.Embedding(N_CHARACTERS, 3)
        self.gru = nn.GRU(3, 3, batch_first=True)
        self.answer = nn.Linear(3, N_CHARACTERS)
        for one in self.parameters():
            nn.init.normal_(one, generator=rng)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        out, state = self.gru(self.embed(x), state)
        return self.answer(out), state


def use(
    answer: Callable[..., Any], text: Tensor, n_rows: int, n_steps: int
) -> dict[str, Any] | None:
    model = _Reader(torch.Generator().manual_seed(len(text)))
    losses = answer(model, text, n_rows, n_steps)
    if losses is None:
        return None
    if not isinstance(losses, list | tuple) and not getattr(losses, "ndim", 0):  # one number
        return {"losses": losses}
    weights = nn.utils.parameters_to_vector(model.parameters()).detach()
    hold = any(isinstance(one, Tensor) and one.requires_grad for one in losses)
    return {
        "losses": losses,
        "weights at the end": weights,
        "losses that hold on to the graph of their chunk": "some" if hold else "none",
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int, int]]:
    yield torch.tensor([0, 1, 2, 3, 3, 2, 1, 0]), 2, 3
    yield torch.tensor([0, 1, 2, 3, 3, 2, 1, 0, 2]), 1, 4
    yield torch.randint(N_CHARACTERS, (20,), generator=rng), 3, 2


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Make `rows` of torch.arange(8), with n_rows = 2. Which numbers are neighbors in a row?",
    "`view(n_rows, -1)` makes rows of characters that follow one another.",
    "`state = None` says that nothing has been read yet. How often is that true?",
    "Once the state is carried on, its graph is, too. `state.detach()` cuts it off.",
)

Run: TypeAlias = Any  # the four arguments


def trained(*run: Run, bugs: str) -> list[float]:
    """Train as the solution does, but for these bugs."""
    model, text, n_rows, n_steps = run
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    used = text[: len(text) // n_rows * n_rows]
    rows = used.view(-1, n_rows).T if "layout" in bugs else used.view(n_rows, -1)
    rows = rows.T if "turned" in bugs else rows
    rows = used.view(-1, n_rows) if "columns" in bugs else rows
    losses, state = list[float](), None
    for start in range(0, rows.shape[1] - 1, n_steps):
        piece = rows[:, start : start + n_steps + 1]
        logits, state = model(piece[:, :-1], state)
        loss = functional.cross_entropy(logits.transpose(1, 2), piece[:, 1:])
        optimizer.zero_grad()
        loss.backward(retain_graph="retained" in bugs)
        optimizer.step()
        losses.append(loss.item())
        if "graph" not in bugs and "retained" not in bugs:
            state = state.detach()
        if "reset" in bugs:
            state = None
    return losses


def all_left(*run: Run) -> list[float]:
    """Both bugs are still there. Look at `rows` first, then at what each chunk starts from."""
    return trained(*run, bugs="layout, reset")


def layout_left(*run: Run) -> list[float]:
    """One is left: the rows. `view(-1, n_rows).T` deals the characters out like cards, so neighbors
    in a row are not neighbors in the text.
    """
    return trained(*run, bugs="layout")


def reset_left(*run: Run) -> list[float]:
    """One is left: every chunk starts without a state, or with zeros, so nothing is remembered from
    the chunk before.
    """
    return trained(*run, bugs="reset")


def graph_left(*run: Run) -> list[float]:
    """That is the third bug. The carried state still has the graph of the chunk before, and
    `backward` has already used it up. Carry on its numbers alone: `state.detach()`.
    """
    return trained(*run, bugs="graph")


def graph_and_layout_left(*run: Run) -> list[float]:
    """That is the third bug: the carried state still has the graph of the chunk before. Carry on
    its numbers alone: `state.detach()`. The rows are not right yet either.
    """
    return trained(*run, bugs="graph, layout")


def rows_turned(*run: Run) -> list[float]:
    """`view(n_rows, -1)` already has the pieces as rows, and `.T` turns them into columns: leave it
    out.
    """
    return trained(*run, bugs="turned")


def rows_too_short(*run: Run) -> list[float]:
    """You left out `.T` alone: `view(-1, n_rows)` makes many rows of `n_rows` characters each. Say
    how many rows there are: `view(n_rows, -1)`.
    """
    return trained(*run, bugs="columns")


def targets_of_the_next_row(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[float]:
    """The target of a row's last character is the first of the next row, which belongs to another
    piece: you shifted the text before you cut it. Cut it into rows first, then shift each row.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    used = (len(text) - 1) // n_rows * n_rows
    X, y = text[:used].view(n_rows, -1), text[1 : used + 1].view(n_rows, -1)
    losses, state = list[float](), None
    for x_t, y_t in zip(X.split(n_steps, dim=1), y.split(n_steps, dim=1), strict=True):
        logits, state = model(x_t, state)
        state = state.detach()
        loss = functional.cross_entropy(logits.transpose(1, 2), y_t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def graph_retained(*run: Run) -> list[float]:
    """`retain_graph=True` keeps the graphs of all chunks, and slopes would go back to the start of
    the text. Cut the state off instead: `state.detach()`.
    """
    return trained(*run, bugs="retained")


def graph_retained_and_layout(*run: Run) -> list[float]:
    """`retain_graph=True` keeps the graphs of all chunks. Cut the state off instead, with
    `state.detach()`. The rows are not right yet either.
    """
    return trained(*run, bugs="retained, layout")


def losses_with_graphs(*run: Run) -> list[Tensor]:
    """The training is right, but you keep the loss tensors, and each holds on to the graph of its
    chunk. Keep plain numbers: `loss.item()`.
    """
    return [torch.tensor(one, requires_grad=True) for one in trained(*run, bugs="")]


@exercise(
    "A state that is carried on",
    minutes=8,
    difficulty=2,
    place=120,
    hints=HINTS,
    why="Rows that follow on, a state that is kept, and a graph that ends with its chunk.",
    inputs=inputs,
    use=use,
    template=train_with_bugs,
    equivalent=(
        (
            "transpose(1, 2)",
            "transpose(2, 1)",
            "Two dimensions are exchanged, in whatever order they are named.",
        ),
    ),
    mistakes=(
        all_left,
        layout_left,
        reset_left,
        graph_left,
        graph_and_layout_left,
        rows_turned,
        rows_too_short,
        targets_of_the_next_row,
        graph_retained,
        graph_retained_and_layout,
        losses_with_graphs,
    ),
)
def carried_state(model: nn.Module, text: Tensor, n_rows: int, n_steps: int) -> list[float]:
    """Train `model` on a text, chunk by chunk; return the losses."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    rows = text[: len(text) // n_rows * n_rows].view(n_rows, -1)
    losses, state = [], None
    for start in range(0, rows.shape[1] - 1, n_steps):
        piece = rows[:, start : start + n_steps + 1]
        logits, state = model(piece[:, :-1], state)
        state = state.detach()
        loss = functional.cross_entropy(logits.transpose(1, 2), piece[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
