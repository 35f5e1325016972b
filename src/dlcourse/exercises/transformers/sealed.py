"""Attention that leaks twice."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise


def leaks_twice(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """Return a batch of sequences after one layer of attention, (B, T, d). Two leaks to fix.

    `x` is the residual stream, (B, T, d), and what comes out is the stream with the answers added
    to it. Attention reads a normalized copy of it: each token, normalized on its own (without
    factors and offsets). `to_qkv` is a table (d, 3·d), `out` a table (d, d). There is one head, and
    no token sees a later one.
    """
    _, T, d = x.shape
    normed = functional.layer_norm(x, (T, d))
    q, k, v = (normed @ to_qkv).chunk(3, dim=2)
    may_look = torch.ones(T, T, dtype=torch.bool).tril()
    weights = (q @ k.transpose(1, 2) / math.sqrt(d)).softmax(dim=2)
    weights = weights.masked_fill(~may_look, 0.0)
    return x + weights @ v @ out


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    x = torch.tensor([[[1.0, 0.0], [2.0, 6.0], [0.0, 3.0]]])
    yield x, torch.eye(2).repeat(1, 3), torch.eye(2)
    for B, T, d in ((2, 4, 3), (1, 5, 6), (3, 1, 4)):
        x = 2 * torch.randn(T, B, d, generator=rng).transpose(0, 1)
        to_qkv = torch.randn(3 * d, d, generator=rng).T
        yield x, to_qkv, torch.randn(d, d, generator=rng)
    a, b, equal = [3.0, -3.0, 1.0, -1.0], [3.0, -3.0, -1.0, 1.0], [2.0, 2.0, 2.0, 2.0]
    to_q = torch.zeros(4, 4)
    to_q[:2, 0] = torch.tensor([9.0, -9.0])  # makes the same query, and the same key, of a and b
    tables = torch.cat([to_q, -to_q, torch.randn(4, 4, generator=rng)], dim=1)
    yield torch.tensor([[a, b, a], [equal, a, b]]), tables, torch.eye(4)  # scores far below 0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "The leak test: change the last token of `x`. What comes out before it may not change.",
    "Test the lines one by one. Does `normed[:, 0]` change with the last token?",
    "(T, d) are the dimensions to normalize over. Which of them are a token's own?",
    "A row of weights should add up to 1. Does it, with 0 in the place of some of them?",
)


def layered(
    x: Tensor,
    to_qkv: Tensor,
    out: Tensor,
    *,
    norm: str = "token",
    fill: float = float("-inf"),
    stream: str = "raw",
    after: bool = False,
) -> Tensor:
    """Do what the solution does, but for these faults."""
    _, T, d = x.shape
    shape = {"token": (d,), "bare": (d,), "time": (T, d), "all": tuple(x.shape)}.get(norm)
    normed = functional.layer_norm(x, shape, eps=1e-5 * (norm != "bare")) if shape else x
    q, k, v = (normed @ to_qkv).chunk(3, dim=2)
    scores, future = q @ k.transpose(1, 2) / math.sqrt(d), torch.ones(T, T).triu(1).bool()
    if after:
        weights = scores.softmax(2).masked_fill(future, fill)
    else:
        weights = scores.masked_fill(future, fill).softmax(2)
    return (normed if stream == "normed" else x * (stream == "raw")) + weights @ v @ out


def both_left(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """Both leaks are still there. Try the leak test on `normed`, and on `weights`."""
    return layered(x, to_qkv, out, norm="time", fill=0.0, after=True)


def norm_left(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """One leak is left: the norm. It takes a mean over time, which knows the end of the sequence.
    Normalize each token on its own.
    """
    return layered(x, to_qkv, out, norm="time")


def mask_left(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """One leak is left: the weights. When they are set to 0, softmax has already divided by a sum
    with the future in it. Set the *scores* to −∞, before softmax.
    """
    return layered(x, to_qkv, out, fill=0.0, after=True)


def infinite_weights(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """You set *weights* to −∞, after softmax, and a sum with −∞ in it is no answer. Set the scores
    to −∞, before softmax.
    """
    return layered(x, to_qkv, out, after=True)


def not_low_enough(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """Both leaks are closed for most tokens. But the number that you gave the scores of the future
    is not low enough: scores may be lower still. Set them to −∞: `float("-inf")`.
    """
    return layered(x, to_qkv, out, fill=-100.0)


def no_small_number(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """No leak is left, but you normalize without the 0.00001 that `layer_norm` adds to the
    variance, and a token of equal numbers becomes nan.
    """
    return layered(x, to_qkv, out, norm="bare")


def zeros_in_scores(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """You set the scores of the future to 0, and e⁰ is 1, so it has its share. Set them to −∞."""
    return layered(x, to_qkv, out, fill=0.0)


def zeros_in_scores_and_norm_left(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """The norm still leaks. And you set the scores of the future to 0, but e⁰ is 1, so that it has
    its share: set them to −∞.
    """
    return layered(x, to_qkv, out, fill=0.0, norm="time")


def norm_taken_out(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """You took the norm out. That stops the leak, but the tokens are not normalized any more:
    normalize each of them on its own.
    """
    return layered(x, to_qkv, out, norm="none")


def norm_over_batch(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """You normalize over batch, time and numbers together. Each token should be normalized on
    its own: over d.
    """
    return layered(x, to_qkv, out, norm="all")


def stream_normed(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """No leak is left, but you add the answers to the normalized tokens. Add them to `x`: the
    stream stays raw.
    """
    return layered(x, to_qkv, out, stream="normed")


def stream_lost(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """No leak is left, but you return the answers alone. Add them to `x`."""
    return layered(x, to_qkv, out, stream="none")


@exercise(
    "Attention that leaks twice",
    minutes=8,
    difficulty=2,
    place=70,
    hints=HINTS,
    why="What is taken over time knows the future: a mean, a variance, the sum under a softmax.",
    inputs=inputs,
    template=leaks_twice,
    mistakes=(
        both_left,
        norm_left,
        mask_left,
        infinite_weights,
        not_low_enough,
        no_small_number,
        zeros_in_scores,
        zeros_in_scores_and_norm_left,
        norm_taken_out,
        norm_over_batch,
        stream_normed,
        stream_lost,
    ),
    equivalent=(
        ("transpose(1, 2)", "transpose(2, 1)", "Two dimensions are exchanged, in either order."),
    ),
)
def sealed(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """Return a batch of sequences after one layer of attention, (B, T, d)."""
    _, T, d = x.shape
    normed = functional.layer_norm(x, (d,))
    q, k, v = (normed @ to_qkv).chunk(3, dim=2)
    may_look = torch.ones(T, T, dtype=torch.bool).tril()
    scores = q @ k.transpose(1, 2) / math.sqrt(d)
    weights = scores.masked_fill(~may_look, float("-inf")).softmax(dim=2)
    return x + weights @ v @ out
