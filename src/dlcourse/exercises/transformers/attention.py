"""Attention over padded sequences."""

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise
from dlcourse.checking.graph import slopes_of_squares

Four: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor]


def use(
    answer: Callable[..., Any], q: Tensor, k: Tensor, v: Tensor, is_real: Tensor
) -> dict[str, Any] | None:
    leaves = [one.clone().requires_grad_() for one in (q, k, v)]
    mixed = answer(*leaves, is_real)
    if mixed is None:
        return None
    if not isinstance(mixed, Tensor) or not mixed.requires_grad:
        return {"answers": mixed, "graph of the answers": "missing"}
    seen = {"answers": mixed.detach(), "graph of the answers": "there"}
    if q.abs().max() > 20:  # rounding would be magnified in slopes
        return seen
    slopes = slopes_of_squares(mixed, leaves)
    if slopes is None:
        return seen | {"graph of the answers": "broken, by numbers that were written over"}
    return seen | {
        f"slopes of the answers' squares along {name}": "none" if slope is None else slope
        for name, slope in zip("qkv", slopes, strict=True)
    }


def inputs(rng: torch.Generator) -> Iterator[Four]:
    x = torch.tensor([[[[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]]]])
    yield x, x.clone(), x.clone(), torch.tensor([[True, True, False]])
    for B, H, n_q, n_k, d, m in ((2, 3, 4, 5, 6, 2), (1, 2, 1, 7, 4, 4), (3, 1, 6, 2, 5, 3)):
        q = 2 * torch.randn(B, H, d, n_q, generator=rng).transpose(2, 3)
        k = torch.randn(B, n_k, H, d, generator=rng).transpose(1, 2)
        v = torch.randn(B, H, n_k, m, generator=rng)
        lengths = torch.randint(1, n_k, (B, 1), generator=rng)
        yield q, k, v, torch.arange(n_k) < lengths
    wide = torch.randn(2, 2, 3, 4, generator=rng, dtype=torch.float64)
    in_front = torch.tensor([[False, True, True], [True, True, True]])
    yield wide, wide.flip(2), wide.flip(3), in_front
    far = 40 * torch.randn(1, 1, 2, 4, generator=rng)
    keys = 40 * torch.randn(1, 1, 4, 4, generator=rng)
    yield far, keys, torch.randn(1, 1, 4, 2, generator=rng), torch.tensor([[True, False] * 2])
    far = 400 + 100 * torch.rand(1, 2, 2, 4, generator=rng)  # all scores are far below 0
    keys = -400 - 100 * torch.rand(1, 2, 3, 4, generator=rng)
    yield far, keys, torch.randn(1, 2, 3, 2, generator=rng), torch.tensor([[True, False, True]])


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Without padding it is softmax(Q·Kᵀ / √d)·V. What must a score be for its weight to be 0?",
    "`scores.masked_fill(mask, float('-inf'))` sets the scores where the mask is True.",
    "The scores are (B, H, Tq, Tk), and `is_real` is (B, Tk): `is_real[:, None, None, :]`.",
)


def scored(q: Tensor, k: Tensor, root: float | None = None) -> Tensor:
    """Return the scores, (B, H, Tq, Tk)."""
    return q @ k.transpose(2, 3) / (root or math.sqrt(q.shape[3]))


def masked(scores: Tensor, is_real: Tensor, fill: float = float("-inf")) -> Tensor:
    """Return the scores with those of padding set to `fill`."""
    return scores.masked_fill(~is_real[:, None, None, :], fill)


def not_divided(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You did not divide the scores by √d."""
    return masked(scored(q, k, 1.0), is_real).softmax(3) @ v


def divided_by_d(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You divided the scores by d. Divide by its root."""
    return masked(scored(q, k, q.shape[3]), is_real).softmax(3) @ v


def root_of_all(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You divided by the root of the numbers of all heads together. Take the length of the two
    vectors in the dot product: the numbers of one head.
    """
    return masked(scored(q, k, (q.shape[1] * q.shape[3]) ** 0.5), is_real).softmax(3) @ v


def root_of_tokens(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You divided by the root of the number of keys. Take d, the length of the two vectors in the
    dot product: the last dimension.
    """
    return masked(scored(q, k, k.shape[2] ** 0.5), is_real).softmax(3) @ v


def multiplied_by_root(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You multiplied by √d: dividing by d to the power −0.5 does the same. Divide by it."""
    return masked(scored(q, k, q.shape[3] ** -0.5), is_real).softmax(3) @ v


def masked_afterwards(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You set weights to 0 after softmax, so those that are left do not add up to 1. Set the
    scores to −∞ before softmax.
    """
    return scored(q, k).softmax(3) * is_real[:, None, None, :] @ v


def divided_again(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You set weights to 0 after softmax, and divided by the sum of the others. Where padding has
    taken all the weight, that is 0 / 0, nan. Set the scores to −∞ before softmax.
    """
    weights = scored(q, k).softmax(3) * is_real[:, None, None, :]
    return weights / weights.sum(3, keepdim=True) @ v


def scores_to_zero(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You set the scores of padding to 0, and e⁰ is 1: padding gets its share. Set them to −∞."""
    return masked(scored(q, k), is_real, 0.0).softmax(3) @ v


def not_low_enough(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """The number that you gave the scores of padding is low, but real scores may be lower still,
    and then padding takes all the weight. Set them to −∞: `float("-inf")`.
    """
    return masked(scored(q, k), is_real, -1e4).softmax(3) @ v


def values_to_zero(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You set the vectors of padding to 0. Then its scores are 0, and e⁰ is 1: it takes weight away
    from the real tokens. Set the scores to −∞.
    """
    real = is_real[:, None, :, None]
    return scored(q, k * real).softmax(3) @ (v * real)


def real_masked(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You looked at the padding and left out the real tokens: `masked_fill` sets the places where
    its mask is True, and `is_real` is True at real tokens. Put `~` before it.
    """
    return masked(scored(q, k), ~is_real).softmax(3) @ v


def real_masked_fused(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You looked at the padding and left out the real tokens: for `scaled_dot_product_attention`,
    True means *may look*. Take `is_real` as it is, without `~`.
    """
    may_look = ~is_real[:, None, None, :]
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=may_look)


def padding_seen(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:  # noqa: ARG001
    """Padding counts in your answers, as if its tokens were real."""
    return scored(q, k).softmax(3) @ v


def softmax_of_queries(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """You took softmax over the queries. Each query's weights must add up to 1 over the *keys*, the
    last dimension of the scores.
    """
    return masked(scored(q, k), is_real).softmax(2) @ v


def keys_and_values_cut_off(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """Your answers are right, but there is no way back from them to the keys and values: leave out
    `detach()` and `.data`. All three are learned.
    """
    return masked(scored(q, k.detach()), is_real).softmax(3) @ v.detach()


def cut_off(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """Your answers are right, but there is no way back from them to the queries, and training needs
    one. Return the tensor itself, without `detach()` or `no_grad`.
    """
    return (masked(scored(q, k), is_real).softmax(3) @ v).detach()


@exercise(
    "Attention over padded sequences",
    minutes=10,
    difficulty=2,
    place=30,
    hints=HINTS,
    why="A score of −∞ gives a weight of exactly 0, and softmax divides by the real ones alone.",
    inputs=inputs,
    use=use,
    mistakes=(
        not_divided,
        divided_by_d,
        root_of_all,
        root_of_tokens,
        multiplied_by_root,
        masked_afterwards,
        divided_again,
        scores_to_zero,
        not_low_enough,
        values_to_zero,
        real_masked,
        real_masked_fused,
        padding_seen,
        softmax_of_queries,
        keys_and_values_cut_off,
        cut_off,
    ),
    equivalent=(
        ("transpose(2, 3)", "transpose(3, 2)", "Two dimensions are exchanged, in either order."),
    ),
)
def attention(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """Return the answers of attention, (B, H, Tq, m), where padding may not be looked at.

    The queries q are (B, H, Tq, d), the keys k are (B, H, Tk, d), the values v (B, H, Tk, m): a
    batch of B sequences, and H heads for each. The formula is softmax(Q·Kᵀ / √d)·V. `is_real`,
    (B, Tk), is True at the real tokens of a sequence, of which there is at least one, and False
    where there is padding.
    """
    scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
    scores = scores.masked_fill(~is_real[:, None, None, :], float("-inf"))
    return scores.softmax(dim=3) @ v
