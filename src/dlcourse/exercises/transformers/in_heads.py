"""Attention in heads."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor, int]]:
    x = torch.tensor([[[1.0, 0.0, 2.0, 1.0], [0.0, 1.0, 1.0, -1.0], [2.0, 1.0, 0.0, 3.0]]])
    yield x, x.flip(2), x + 1, 2
    for B, T, d, n_heads in ((2, 5, 6, 3), (3, 4, 8, 2), (1, 6, 12, 4), (2, 3, 5, 1), (2, 1, 6, 2)):
        q, k, v = (2 * torch.randn(T, B, d, generator=rng).transpose(0, 1) for _ in range(3))
        yield q, k, v, n_heads
    q, k, v = torch.randn(3, 2, 4, 6, generator=rng, dtype=torch.float64).clone().unbind(0)
    yield q.clone(), k.clone(), v.clone(), 6
    q = 200 + 100 * torch.rand(1, 3, 4, generator=rng)  # all scores are far below 0
    k = -200 - 100 * torch.rand(1, 3, 4, generator=rng)
    yield q, k, torch.randn(1, 3, 4, generator=rng), 2


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Cut q, k and v into heads, (B, heads, T, d / heads). Then products work on all heads at once.",
    "`x.view(B, T, n_heads, -1)` cuts each token's numbers. Which two dimensions to exchange next?",
    "On the way back, put time before the heads again. `flatten(2)` then joins the last two.",
    "The scores are divided by √(d / n_heads), and where the future is they become −∞.",
)

Cut = Callable[[Tensor, int], Tensor]


def cut_right(x: Tensor, n_heads: int) -> Tensor:
    """Return (B, heads, T, d / heads)."""
    return x.unflatten(2, (n_heads, -1)).transpose(1, 2)  # type: ignore[no-any-return]


def cut_through_time(x: Tensor, n_heads: int) -> Tensor:
    """Return the same shape with the wrong numbers."""
    B, T, _ = x.shape
    return x.reshape(B, n_heads, T, -1)


def cut_like_cards(x: Tensor, n_heads: int) -> Tensor:
    """Give head h every `n_heads`-th number."""
    return x.unflatten(2, (-1, n_heads)).movedim(3, 1)  # type: ignore[no-any-return]


def join_right(y: Tensor) -> Tensor:
    """Return (B, T, d)."""
    return y.transpose(1, 2).flatten(2)


def join_without_transpose(y: Tensor) -> Tensor:
    """Return the same shape with the wrong numbers."""
    B, _, T, _ = y.shape
    return y.reshape(B, T, -1)


def weighed(q: Tensor, k: Tensor, root: float | None = None, fill: float = float("-inf")) -> Tensor:
    """Return the weights, (B, heads, T, T)."""
    T = q.shape[2]
    scores = q @ k.transpose(2, 3) / (root or math.sqrt(q.shape[3]))
    return scores.masked_fill(torch.ones(T, T).triu(1).bool(), fill).softmax(3)


def mixed(
    q: Tensor, k: Tensor, v: Tensor, n_heads: int, cut: Cut = cut_right, root: float | None = None
) -> Tensor:
    """Return the answers of all heads, (B, heads, T, d / heads)."""
    q, k, v = (cut(x, n_heads) for x in (q, k, v))
    return weighed(q, k, root) @ v


def time_cut_and_joined(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """You cut through time: `view(B, n_heads, T, -1)` has the right shape, but the first head gets
    the first part of the sequence. Cut each token's numbers, and then exchange two dimensions.
    """
    return join_without_transpose(mixed(q, k, v, n_heads, cut_through_time))


def time_cut(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """You cut through time: `view(B, n_heads, T, -1)` has the right shape, not the right numbers.
    Your way back is right: the way there should be its reverse.
    """
    return join_right(mixed(q, k, v, n_heads, cut_through_time))


def joined_without_transpose(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """You joined the heads without `transpose`: the shape is right, but numbers of different times
    are mixed, and so the future leaks. Put the heads behind time first.
    """
    return join_without_transpose(mixed(q, k, v, n_heads))


def like_cards(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """You dealt the numbers out like cards, one to each head in turn. Head 0 should have the first
    d / n_heads numbers: the heads come before the numbers in `view(B, T, n_heads, -1)`.
    """
    y = mixed(q, k, v, n_heads, cut_like_cards)
    return y.movedim(1, 3).flatten(2)


def root_of_all(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """You divided by √d, the length of a whole token. The vectors in a head's dot product have
    d / n_heads numbers.
    """
    return join_right(mixed(q, k, v, n_heads, root=q.shape[2] ** 0.5))


def not_divided(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """You did not divide the scores by the root of d / n_heads."""
    return join_right(mixed(q, k, v, n_heads, root=1.0))


def one_head(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:  # noqa: ARG001
    """You worked with one head: all numbers of a token in one dot product."""
    return join_right(mixed(q, k, v, 1))


def future_seen(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """Your tokens see the future. Set those scores to −∞ before softmax."""
    q, k, v = (cut_right(x, n_heads) for x in (q, k, v))
    return join_right((q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(3) @ v)


def not_low_enough(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """The number that you gave the scores of the future is low, but scores may be lower still, and
    then the future takes all the weight. Set them to −∞: `float("-inf")`.
    """
    q, k, v = (cut_right(x, n_heads) for x in (q, k, v))
    return join_right(weighed(q, k, fill=-1e4) @ v)


def divided_again(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """You set weights to 0 after softmax, and divided by the sum of the others. Where the future
    has taken all the weight, that is 0 / 0, nan. Set the scores to −∞ before softmax.
    """
    q, k, v = (cut_right(x, n_heads) for x in (q, k, v))
    weights = (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(dim=3).tril()
    return join_right(weights / weights.sum(dim=3, keepdim=True) @ v)


def masked_afterwards(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """You set weights to 0 after softmax, so that the future is still in its sum. Set the scores to
    −∞ before.
    """
    q, k, v = (cut_right(x, n_heads) for x in (q, k, v))
    weights = (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(3)
    return join_right(weights.tril() @ v)


def heads_left_apart(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """Your heads are right, but still apart. Put their answers side by side: (B, T, d)."""
    return mixed(q, k, v, n_heads)


@exercise(
    "Attention in heads",
    minutes=10,
    difficulty=3,
    place=40,
    hints=HINTS,
    why="The way back is the way there in reverse, so a shape alone proves nothing.",
    inputs=inputs,
    mistakes=(
        time_cut_and_joined,
        time_cut,
        joined_without_transpose,
        like_cards,
        root_of_all,
        not_divided,
        one_head,
        future_seen,
        not_low_enough,
        divided_again,
        masked_afterwards,
        heads_left_apart,
    ),
    equivalent=(
        (
            "n_heads, -1).transpose(1, 2)",
            "n_heads, -1).transpose(2, 1)",
            "Two dimensions are exchanged, in either order.",
        ),
        (
            "k.transpose(2, 3)",
            "k.transpose(3, 2)",
            "Two dimensions are exchanged, in either order.",
        ),
        (
            "(weights @ v).transpose(1, 2)",
            "(weights @ v).transpose(2, 1)",
            "Two dimensions are exchanged, in either order.",
        ),
    ),
)
def in_heads(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """Return the answers of causal attention with several heads, (B, T, d).

    The queries, keys and values are (B, T, d) each, and not yet cut. Head 0 works on the first
    d / n_heads numbers of every token, head 1 on the next, and so on; `n_heads` divides d. The
    answers of the heads come side by side, in the same order. No token sees the future.
    """
    B, T, _ = q.shape
    q, k, v = (x.view(B, T, n_heads, -1).transpose(1, 2) for x in (q, k, v))
    may_look = torch.ones(T, T, dtype=torch.bool).tril()
    scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
    weights = scores.masked_fill(~may_look, float("-inf")).softmax(dim=3)
    return (weights @ v).transpose(1, 2).flatten(2)
