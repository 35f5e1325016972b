"""How likely is each next token?"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float, int | None]]:
    yield torch.tensor([3.0, 2.0, 1.0, 0.0]), 0.5, None
    yield torch.tensor([1.0, -1.0, 4.0, 0.5]), 1.0, 2
    yield torch.tensor([1.0, -1.0, 4.0, 0.5]), 0.0, None
    yield torch.randn(5, generator=rng), 2.0, 9  # more than there are tokens
    yield torch.randn(5, generator=rng), 1.5, 5
    yield -20 + torch.randn(7, generator=rng), 0.7, 3
    yield torch.tensor([-3.0, -1.0, -2.0]), 0.0, 2
    yield torch.randn(6, generator=rng, dtype=torch.float64), 3.0, 1
    yield torch.tensor([900.0, 899.0, 880.0]), 2.0, 2
    yield -30_000 + torch.tensor([1.0, 3.0, 0.0, 2.0]), 2.0, 2
    yield torch.tensor([0.1, -0.2, 0.0]), 0.05, None
    yield torch.tensor([2.0, 2.0 + 2**-22, 1.0]), 0.0, None  # two that are hardly apart


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two things are done to the logits, and then comes one softmax. T = 0 is a branch of its own.",
    "`logits.topk(k).values[-1]` is the k-th highest. What about the lower ones?",
    "`masked_fill(logits < least, float('-inf'))`. k may be None, or more than `len(logits)`.",
    "At T = 0 all probability is on `logits.argmax()`: zeros, and a 1 at that position.",
)
Chosen = tuple[Tensor, float, int | None]


def kept(logits: Tensor, k: int | None, fill: float = float("-inf")) -> Tensor:
    """Return the logits with all but the k highest set to `fill`."""
    if k is None:
        return logits
    return logits.masked_fill(logits < logits.topk(min(k, len(logits))).values[-1], fill)


def surest(logits: Tensor) -> Tensor:
    return functional.one_hot(logits.argmax(), len(logits)).to(logits)


def divided_afterwards(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """You divided the probabilities by the temperature. Made to add up to 1 again, they are what
    they were. Divide the logits, before softmax.
    """
    return kept(logits, top_k).softmax(0) if temperature else surest(logits)


def not_adding_up(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """You divided the probabilities by the temperature, so they do not add up to 1. Divide the
    logits, before softmax.
    """
    return kept(logits, top_k).softmax(0) / temperature if temperature else surest(logits)


def multiplied(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """You multiplied by the temperature. Divide by it: a high one makes all tokens more alike."""
    return (kept(logits, top_k) * temperature).softmax(0) if temperature else surest(logits)


def others_to_zero(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """You set the logits of the others to 0, which is a score like any other: e⁰ is 1. Set them to
    −∞.
    """
    if not temperature:
        return surest(logits)
    return (kept(logits, top_k, 0.0) / temperature).softmax(0)


def not_low_enough(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """The number that you gave the logits of the others is low, but logits may be lower still, and
    then the others take all the probability. Set them to −∞: `float("-inf")`.
    """
    if not temperature:
        return surest(logits)
    return (kept(logits, top_k, -1e4) / temperature).softmax(0)


def cut_afterwards(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """You set the probabilities of the others to 0, and what is left does not add up to 1. Set the
    logits to −∞ before softmax, or divide by the sum.
    """
    if not temperature:
        return surest(logits)
    p = (logits / temperature).softmax(0)
    return p * (kept(logits, top_k) > float("-inf"))


def k_too_large(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """`topk` was asked for more tokens than there are. If k is larger than the number of tokens,
    all of them stay.
    """
    if top_k is not None:
        logits = logits.masked_fill(logits < logits.topk(top_k).values[-1], float("-inf"))
    return (logits / temperature).softmax(0) if temperature else surest(logits)


def divided_by_zero(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """At T = 0 you divide by 0, and softmax of ±∞ is nan. It needs a branch of its own: all
    probability is on the largest logit.
    """
    return (kept(logits, top_k) / temperature).softmax(0)


def nearly_zero(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """You took T = 0 for T = 1, so a model that was asked for no randomness draws as ever. At T = 0
    all probability is on the largest logit.
    """
    return (kept(logits, top_k) / (temperature or 1.0)).softmax(0)


def k_ignored(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:  # noqa: ARG001
    """`top_k` has no effect. Set all logits but the k highest to −∞, before softmax."""
    return (logits / temperature).softmax(0) if temperature else surest(logits)


def one_too_few(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """You kept one token too few: the k-th itself belongs to the k highest. Compare with `<`, not
    `<=`.
    """
    if not temperature:
        return surest(logits)
    if top_k is not None:
        least = logits.topk(min(top_k, len(logits))).values[-1]
        logits = logits.masked_fill(logits <= least, float("-inf"))
    return (logits / temperature).softmax(0)


def place_of_the_largest(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """At T = 0 you returned the token itself. Return probabilities there, too: 1 for this token, 0
    for all others.
    """
    return (kept(logits, top_k) / temperature).softmax(0) if temperature else logits.argmax()


@exercise(
    "How likely is each next token?",
    minutes=8,
    difficulty=2,
    place=130,
    hints=HINTS,
    why="Everything is done to the logits; a single softmax at the end makes them add up to 1.",
    inputs=inputs,
    mistakes=(
        divided_afterwards,
        not_adding_up,
        multiplied,
        others_to_zero,
        not_low_enough,
        cut_afterwards,
        k_too_large,
        divided_by_zero,
        nearly_zero,
        k_ignored,
        one_too_few,
        place_of_the_largest,
    ),
    equivalent=(
        (
            "softmax(dim=0)",
            "softmax(dim=-1)",
            "The logits have one dimension: it is the first and the last.",
        ),
        (
            "top_k < len(logits)",
            "top_k <= len(logits)",
            "If k is the number of tokens, no logit is lower than the k-th highest.",
        ),
    ),
)
def choose_next(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """Return the probability of each next token, (C,), from its logits, (C,).

    They are softmax(logits / temperature). A temperature of 0 stands for no randomness: then the
    token with the largest logit has the probability 1. If `top_k` is not None, only the `top_k`
    tokens with the highest logits are possible, or all, if there are fewer. No two logits are
    equal.
    """
    if temperature == 0:
        p = torch.zeros_like(logits)
        p[logits.argmax()] = 1.0
        return p
    if top_k is not None and top_k < len(logits):
        least = logits.topk(top_k).values[-1]
        logits = logits.masked_fill(logits < least, float("-inf"))
    return (logits / temperature).softmax(dim=0)
