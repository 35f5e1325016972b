"""What BERT is asked."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.comparison import kind_of_numbers
from dlcourse.checking.exercise import exercise


def use(
    answer: Callable[..., Any], tokens: Tensor, is_hidden: Tensor, symbol: int
) -> dict[str, Any] | None:
    made = answer(tokens, is_hidden, symbol)
    return None if made is None else {"X and y": made, "numbers": kind_of_numbers(made)}


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, int]]:
    hidden = torch.tensor([[False, True, False, False], [True, False, False, True]])
    yield torch.tensor([[3, 1, 0, 2], [0, 0, 2, 1]]), hidden, 4
    for B, T, n_tokens in ((1, 6, 5), (3, 4, 30), (2, 1, 3)):
        tokens = torch.randint(n_tokens, (T, B), generator=rng).T
        yield tokens, torch.rand(B, T, generator=rng) < 0.4, n_tokens
    yield torch.tensor([[2, 0, 1]]), torch.tensor([[False, False, False]]), 7
    yield torch.tensor([[5, 0, 9]]), torch.tensor([[True, True, False]]), 9  # a token, too
    yield torch.tensor([[50_000, 7, 300, 0]]), torch.tensor([[True, False, True, False]]), 50_257


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Write X and y on paper for the tokens 3 1 0 2 of which the second is hidden.",
    "X differs from the tokens where they are hidden, y is a real target only there.",
    "`torch.where(mask, a, b)` takes a where the mask is True, b elsewhere; both may be numbers.",
)

Pair = tuple[Tensor, Tensor]


def asked_everywhere(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """Your targets are all tokens. Those that are not hidden stand in the input: copying them is no
    task. They should be −100, which the loss leaves out.
    """
    return torch.where(is_hidden, symbol, tokens), tokens


def targets_reversed(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """Your targets are the tokens that are *not* hidden. It is the hidden ones that BERT should
    name.
    """
    return torch.where(is_hidden, symbol, tokens), torch.where(is_hidden, -100, tokens)


def both_reversed(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """You hid the tokens that should be seen: `is_hidden` is True where a token is hidden."""
    return torch.where(is_hidden, tokens, symbol), torch.where(is_hidden, -100, tokens)


def hidden_in_the_target(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """The target of a hidden token is the token itself, not the symbol that hides it. Make y from
    the tokens as they came.
    """
    X = torch.where(is_hidden, symbol, tokens)
    return X, torch.where(is_hidden, X, -100)


def nothing_hidden(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:  # noqa: ARG001
    """Nothing is hidden in your inputs, so each answer stands where it is asked for."""
    return tokens, torch.where(is_hidden, tokens, -100)


def shifted(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """You shifted the targets by one, as for a GPT. A BERT names the token at the very position
    where it is hidden.
    """
    y = torch.where(is_hidden, tokens, -100)
    return torch.where(is_hidden, symbol, tokens), y.roll(-1, 1)


def symbol_as_target(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """Your targets have the symbol where nothing is hidden, so the loss counts it as an answer.
    Only −100 is left out.
    """
    return torch.where(is_hidden, symbol, tokens), torch.where(is_hidden, tokens, symbol)


def zero_as_target(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """Your targets are 0 where nothing is hidden, and 0 is a token like any other. Only −100 is
    left out of the loss.
    """
    return torch.where(is_hidden, symbol, tokens), tokens * is_hidden


def tokens_changed(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """X and y are right, but you wrote the symbol into `tokens` themselves, which would be lost for
    the next epoch. Work on a copy: `tokens.clone()`.
    """
    y = torch.where(is_hidden, tokens, -100)
    tokens[is_hidden] = symbol
    return tokens, y


def changed_before_use(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """You wrote the symbol into `tokens` first, and then took the targets from there: each is the
    symbol. Work on a copy: `tokens.clone()`.
    """
    tokens[is_hidden] = symbol
    return tokens, torch.where(is_hidden, tokens, -100)


def no_copy(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """Your targets are X itself: without a copy, the symbol is written into `tokens`, too. Take
    `tokens.clone()`; and where nothing is hidden, y is −100.
    """
    tokens[is_hidden] = symbol
    return tokens, tokens


def floats(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """The numbers are right, but they are floats, from `torch.full` or −100.0 perhaps. An embedding
    and `cross_entropy` want whole numbers: `.long()`, or `torch.full_like(tokens, -100)`.
    """
    X, y = torch.where(is_hidden, symbol, tokens), torch.where(is_hidden, tokens, -100)
    return X.float(), y.float()


def hidden_alone(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """Your targets are the hidden tokens alone, one after another. y has the shape of X, and −100
    where nothing is hidden.
    """
    return torch.where(is_hidden, symbol, tokens), tokens[is_hidden]


@exercise(
    "What BERT is asked",
    minutes=4,
    difficulty=1,
    place=150,
    hints=HINTS,
    why="What is seen is no task, and what is a task must not be seen.",
    inputs=inputs,
    use=use,
    mistakes=(
        asked_everywhere,
        targets_reversed,
        both_reversed,
        hidden_in_the_target,
        nothing_hidden,
        shifted,
        symbol_as_target,
        zero_as_target,
        tokens_changed,
        changed_before_use,
        no_copy,
        floats,
        hidden_alone,
    ),
)
def hide(tokens: Tensor, is_hidden: Tensor, symbol: int) -> tuple[Tensor, Tensor]:
    """Return inputs X and targets y for a BERT, (B, T) each, whole numbers.

    The tokens are (B, T), and `is_hidden`, (B, T), is True where one is to be hidden. In X, the
    number `symbol` is in the place of each hidden token. y has the hidden tokens, at their
    positions, and −100 elsewhere, which `cross_entropy` leaves out.
    """
    return torch.where(is_hidden, symbol, tokens), torch.where(is_hidden, tokens, -100)
