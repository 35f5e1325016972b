"""What an induction head does."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.comparison import kind_of_numbers
from dlcourse.checking.exercise import exercise


def use(answer: Callable[..., Any], tokens: Tensor) -> dict[str, Any] | None:
    made = answer(tokens)
    return None if made is None else {"guesses": made, "numbers": kind_of_numbers(made)}


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[2, 0, 5, 2, 0]]),)
    yield (torch.tensor([[1, 4, 1, 3, 1, 2], [0, 0, 0, 1, 1, 0]]),)
    yield (torch.tensor([[7], [0]]),)
    yield (torch.tensor([[0, 1, 2, 3]]),)  # nothing comes twice
    yield (torch.tensor([[70_000, 12, 300, 70_000, 12, 9_999, 12]]),)
    yield (torch.randint(4, (3, 12), generator=rng),)
    yield (torch.randint(3, (9, 2), generator=rng).T,)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Do it on paper, for 2 0 5 2 0. What do you look for at position 3, and what do you take?",
    "Two loops, over the sequences and over the positions t, and a search back from t − 1 will do.",
    "Without loops: `tokens[:, :, None] == tokens[:, None, :]` compares all pairs, (B, t, s).",
    "If s is the position that you found, take token s + 1. It is never later than t.",
)


def found(tokens: Tensor, *, latest: bool = True, with_itself: bool = False) -> Tensor:
    """Return an earlier position of each token, −1 if there is none, (B, T)."""
    T = tokens.shape[1]
    same = (tokens[:, :, None] == tokens[:, None]) & torch.ones(T, T).tril(with_itself - 1).bool()
    if latest:
        return torch.where(same, torch.arange(T), -1).amax(2)
    first = torch.where(same, torch.arange(T), T).amin(2)
    return torch.where(first == T, -1, first)


def taken(tokens: Tensor, positions: Tensor, shift: int = 1, unknown: int = -1) -> Tensor:
    """Return the tokens `shift` after these positions."""
    T = tokens.shape[1]
    return torch.where(
        positions < 0, unknown, tokens.gather(1, (positions + shift).clamp(0, T - 1))
    )


def first_place(tokens: Tensor) -> Tensor:
    """You took the first position where the token occurs. If it has come several times before, take
    the latest of these.
    """
    return taken(tokens, found(tokens, latest=False))


def itself(tokens: Tensor) -> Tensor:
    """You copied the token that you found, which is the present one. Copy the one *after* it."""
    return taken(tokens, found(tokens), 0)


def before_it(tokens: Tensor) -> Tensor:
    """You copied the token *before* the earlier position. Copy the one after it."""
    return taken(tokens, found(tokens), -1)


def future_taken(tokens: Tensor) -> Tensor:
    """You found the present token at its own position, and copied what comes after it. That is the
    future, the very answer. Look at earlier positions only.
    """
    return taken(tokens, found(tokens, with_itself=True))


def unknown_is_zero(tokens: Tensor) -> Tensor:
    """Where a token has not come before, your answer is 0. That is a token like any other: the
    answer should be −1.
    """
    return taken(tokens, found(tokens), unknown=0)


def unknown_is_itself(tokens: Tensor) -> Tensor:
    """Where a token has not come before, you copied something all the same. The answer should be
    −1: nothing is known yet.
    """
    return tokens.gather(1, found(tokens) + 1)


def place_returned(tokens: Tensor) -> Tensor:
    """You returned positions. Return the tokens that stand there."""
    return torch.where(found(tokens) < 0, -1, found(tokens) + 1)


def floats(tokens: Tensor) -> Tensor:
    """The guesses are right, but they are floats, from `torch.full` or −1.0 perhaps. Tokens are
    whole numbers: `dtype=torch.long`, or `torch.full_like(tokens, -1)`.
    """
    return taken(tokens, found(tokens)).float()


def one_late(tokens: Tensor) -> Tensor:
    """Your answers are one position too late. The answer at position t is a guess for token t + 1,
    made from tokens 0 to t.
    """
    right = taken(tokens, found(tokens))
    return torch.cat([torch.full_like(right[:, :1], -1), right[:, :-1]], dim=1)


@exercise(
    "What an induction head does",
    minutes=10,
    difficulty=2,
    place=80,
    hints=HINTS,
    why="Layer 1 writes next to each token what came before it; layer 2 can then search for it.",
    inputs=inputs,
    use=use,
    mistakes=(
        first_place,
        itself,
        before_it,
        future_taken,
        unknown_is_zero,
        unknown_is_itself,
        place_returned,
        one_late,
        floats,
    ),
)
def induction(tokens: Tensor) -> Tensor:
    """Return a guess for the next token after each position, (B, T), as an induction head makes it.

    The tokens are whole numbers from 0 up, (B, T). At position t, find the latest position before t
    that has the same token as position t. The guess is the token that came right after it there; it
    is −1 if the token has not come before.
    """
    t = torch.arange(tokens.shape[1])
    same = tokens[:, :, None] == tokens[:, None, :]  # (B, t, s)
    positions = torch.where(same & (t[:, None] > t), t, -1).amax(dim=2)
    return torch.where(positions >= 0, tokens.gather(1, positions + 1), -1)
