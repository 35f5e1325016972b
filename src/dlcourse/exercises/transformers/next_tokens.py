"""A text becomes tasks."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.comparison import kind_of_numbers
from dlcourse.checking.exercise import exercise


def use(answer: Callable[..., Any], tokens: Tensor, T: int) -> dict[str, Any] | None:
    made = answer(tokens, T)
    return None if made is None else {"X and y": made, "numbers": kind_of_numbers(made)}


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int]]:
    yield torch.tensor([5, 3, 8, 0, 2, 7, 1]), 3
    yield torch.tensor([5, 3, 8, 0, 2, 7]), 3  # the last window lacks its target
    yield torch.randint(100, (11,), generator=rng), 4
    yield torch.randint(100, (9,), generator=rng), 1
    yield torch.randint(100, (5, 2), generator=rng)[:, 0], 4
    yield torch.tensor([4, 2, 9, 9]), 4  # too short for a window
    yield torch.randint(90_000, (31,), generator=rng, dtype=torch.int32), 5


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Write X and y on paper for the text 5 3 8 0 2 7 1 and T = 3.",
    "Each token but the last is an input once, and each but the first a target once.",
    "How many windows fit? N − 1 tokens have a next one: (N − 1) // T.",
    "`tokens[: n * T].view(n, T)` are the inputs. The targets begin one token later.",
)

Pair = tuple[Tensor, Tensor]


def cut(tokens: Tensor, first: int, n: int, T: int) -> Tensor:
    """Return n windows that begin at `first`."""
    return tokens[first : first + n * T].reshape(n, T)


def not_shifted(tokens: Tensor, T: int) -> Pair:
    """Your targets are the inputs themselves, so a model only has to copy. The target of position t
    is token t + 1.
    """
    n = (len(tokens) - 1) // T
    return cut(tokens, 0, n, T), cut(tokens, 0, n, T)


def not_shifted_all(tokens: Tensor, T: int) -> Pair:
    """Your targets are the inputs themselves, so a model only has to copy; and a last window that
    lacks its last target is kept. The target of position t is token t + 1.
    """
    n = len(tokens) // T
    return cut(tokens, 0, n, T), cut(tokens, 0, n, T)


def shifted_back(tokens: Tensor, T: int) -> Pair:
    """Your targets come *before* the inputs: you exchanged X and y."""
    n = (len(tokens) - 1) // T
    return cut(tokens, 1, n, T), cut(tokens, 0, n, T)


def two_ahead(tokens: Tensor, T: int) -> Pair:
    """Your targets are two tokens ahead. Take the next one."""
    n = (len(tokens) - 2) // T
    return cut(tokens, 0, n, T), cut(tokens, 2, n, T)


def rolled(tokens: Tensor, T: int) -> Pair:
    """You rolled the tokens, so that the first one comes after the last. Leave out a window that
    lacks its last target.
    """
    n = len(tokens) // T
    return cut(tokens, 0, n, T), cut(tokens.roll(-1), 0, n, T)


def rolled_in_each_window(tokens: Tensor, T: int) -> Pair:
    """You rolled each window: its last target is its own first token. It should be the first token
    of the next window.
    """
    n = (len(tokens) - 1) // T
    X = cut(tokens, 0, n, T)
    return X, X.roll(-1, 1)


def last_target_dropped(tokens: Tensor, T: int) -> Pair:
    """You cut windows of T tokens and shifted inside them, so that each has T − 1 tasks. A window
    of T inputs reaches one token further.
    """
    windows = cut(tokens, 0, len(tokens) // T, T)
    return windows[:, :-1], windows[:, 1:]


def one_lost_between(tokens: Tensor, T: int) -> Pair:
    """You cut the text into pieces of T + 1 tokens. Then the last token of each is never an input:
    the next window should begin with it.
    """
    windows = cut(tokens, 0, len(tokens) // (T + 1), T + 1)
    return windows[:, :-1], windows[:, 1:]


def one_at_every_token(tokens: Tensor, T: int) -> Pair:
    """You began a window at every token, so that they overlap. Here the next one begins T tokens
    later.
    """
    windows = tokens.unfold(0, T + 1, 1)
    return windows[:, :-1], windows[:, 1:]


def unfolded_with_gaps(tokens: Tensor, T: int) -> Pair:
    """Your windows of T + 1 tokens begin T + 1 tokens apart, so the last token of each is never an
    input. Begin one every T tokens; and a text that is too short for a window has no rows, (0, T).
    """
    windows = tokens.unfold(0, T + 1, T + 1)
    return windows[:, :-1], windows[:, 1:]


def too_short_to_unfold(tokens: Tensor, T: int) -> Pair:
    """The windows are right. But `unfold` needs T + 1 tokens at least: a shorter text should give
    no rows, (0, T), and no error.
    """
    windows = tokens.unfold(0, T + 1, T)
    return windows[:, :-1], windows[:, 1:]


def last_token_alone(tokens: Tensor, T: int) -> Pair:
    """You returned one target for each window, as for a forecast. Here every token of a window has
    one: y is (n, T).
    """
    n = (len(tokens) - 1) // T
    return cut(tokens, 0, n, T), tokens[T::T][:n]


def floats(tokens: Tensor, T: int) -> Pair:
    """The numbers are right, but they are floats, from `torch.zeros` perhaps. An embedding and
    `cross_entropy` want whole numbers: `dtype=torch.long`, or cut `tokens` itself.
    """
    n = (len(tokens) - 1) // T
    return cut(tokens, 0, n, T).float(), cut(tokens, 1, n, T).float()


def one_window_less(tokens: Tensor, T: int) -> Pair:
    """You left out the last window though it has all of its targets."""
    n = max(0, (len(tokens) - 1) // T - 1)
    return cut(tokens, 0, n, T), cut(tokens, 1, n, T)


@exercise(
    "A text becomes tasks",
    minutes=5,
    difficulty=1,
    place=100,
    hints=HINTS,
    why="Inputs and targets are the same text, cut at positions that are one token apart.",
    inputs=inputs,
    use=use,
    mistakes=(
        not_shifted,
        not_shifted_all,
        shifted_back,
        two_ahead,
        rolled,
        rolled_in_each_window,
        last_target_dropped,
        one_lost_between,
        one_at_every_token,
        unfolded_with_gaps,
        too_short_to_unfold,
        last_token_alone,
        one_window_less,
        floats,
    ),
)
def next_tokens(tokens: Tensor, T: int) -> tuple[Tensor, Tensor]:
    """Return inputs X and targets y for a model that predicts next tokens, (n, T) each.

    The text `tokens` is (N,). The first row of X is its first T tokens, the second row the next T,
    and so on. y has, for each position of X, the token that comes after it in the text. There are
    as many rows as have all of their T targets, perhaps none; what is left over is not used.
    """
    n = (len(tokens) - 1) // T
    return tokens[: n * T].reshape(n, T), tokens[1 : n * T + 1].reshape(n, T)
