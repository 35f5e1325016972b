"""Attention scores."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([[[[1.0, 2.0]]]]), torch.tensor([[[[3.0, 1.0]], [[0.0, 2.0]]]])
    yield torch.randn(2, 3, 2, 5, generator=rng), torch.randn(2, 4, 2, 5, generator=rng)
    q = torch.randn(4, 1, 2, 3, generator=rng, dtype=torch.float64).transpose(0, 2)
    yield q, torch.randn(2, 3, 4, 3, generator=rng, dtype=torch.float64)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Give each dimension a letter: b, t, h, d for `q`. Which letters does `k` share with it?",
    "t and s are two different positions. Only d is summed over, so d is missing on the right.",
    "The letters are `bthd,bshd->` and then what the result's shape says.",
    "Divide by the root of the last size: `q.shape[-1] ** 0.5`.",
)


def not_scaled(q: Tensor, k: Tensor) -> Tensor:
    """The products are right, but they are not divided by √D, so they grow with D."""
    return torch.einsum("bthd,bshd->bhts", q, k)


def divided_by_d(q: Tensor, k: Tensor) -> Tensor:
    """You divided by D. Asked for is its root, √D."""
    return torch.einsum("bthd,bshd->bhts", q, k) / q.shape[-1]


def divided_by_the_positions(q: Tensor, k: Tensor) -> Tensor:
    """You divided by the root of T, the number of positions. D is the last size, `q.shape[-1]`."""
    return torch.einsum("bthd,bshd->bhts", q, k) / q.shape[1] ** 0.5


def one_letter(q: Tensor, k: Tensor) -> Tensor:
    """You used the letter t for both, so each query meets only one key. Call the keys' position s,
    and keep both letters on the right.
    """
    return torch.einsum("bthd,bthd->bht", q, k) / q.shape[-1] ** 0.5


def keys_ask(q: Tensor, k: Tensor) -> Tensor:
    """Your table is transposed: each row should belong to a query, each column to a key."""
    return torch.einsum("bthd,bshd->bhst", q, k) / q.shape[-1] ** 0.5


def heads_added(q: Tensor, k: Tensor) -> Tensor:
    """You summed over the heads: a letter that is missing on the right is added up. Keep the h."""
    return torch.einsum("bthd,bshd->bts", q, k) / q.shape[-1] ** 0.5


def heads_torn(q: Tensor, k: Tensor) -> Tensor:
    """You moved the heads forward with `reshape`, which mixes them with the positions. Use
    `permute(0, 2, 1, 3)`.
    """
    B, T, H, D = q.shape
    queries, keys = q.reshape(B, H, T, D), k.reshape(B, H, k.shape[1], D)
    return queries @ keys.mT / D**0.5


def keys_torn(q: Tensor, k: Tensor) -> Tensor:
    """You swapped the keys' dimensions with `reshape`, which mixes their numbers. Use
    `permute(0, 2, 3, 1)`.
    """
    B, S, H, D = k.shape
    return q.permute(0, 2, 1, 3) @ k.reshape(B, H, D, S) / D**0.5


def both_torn(q: Tensor, k: Tensor) -> Tensor:
    """You reshaped queries and keys: `reshape` keeps the order of the numbers in memory, but here
    the dimensions must change places. `permute` does that.
    """
    B, T, H, D = q.shape
    return q.reshape(B, H, T, D) @ k.reshape(B, H, D, k.shape[1]) / D**0.5


@exercise(
    "Attention scores",
    minutes=8,
    difficulty=2,
    place=80,
    hints=HINTS,
    why="The letters that both share and that stay, b and h, are matched; d is summed over.",
    inputs=inputs,
    mistakes=(
        not_scaled,
        divided_by_d,
        divided_by_the_positions,
        one_letter,
        keys_ask,
        heads_added,
        heads_torn,
        keys_torn,
        both_torn,
    ),
    tolerance=Tolerance(absolute=1e-5),
)
def attention_scores(q: Tensor, k: Tensor) -> Tensor:
    """Return, in each head, how well each query fits each key.

    Query t and key s are multiplied number by number and added up over d, then divided by √D.
    Shapes: q is (B, T, H, D), k is (B, S, H, D), the result is (B, H, T, S).
    """
    return torch.einsum("bthd,bshd->bhts", q, k) / q.shape[-1] ** 0.5
