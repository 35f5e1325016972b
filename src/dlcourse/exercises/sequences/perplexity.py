"""Perplexity of a whole text."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def use(answer: Callable[..., Any], losses: list[float], counts: list[int]) -> Any:  # noqa: ANN401
    try:
        return answer(losses, counts)
    except OverflowError:  # Python's own exp raises where that of NumPy and PyTorch gives inf
        return math.inf


def inputs(rng: torch.Generator) -> Iterator[tuple[list[float], list[int]]]:
    yield [1.0, 3.0], [10, 10]
    yield [2.0, 1.0], [30, 10]
    yield (3 * torch.rand(5, generator=rng)).tolist(), [6400, 6400, 6400, 6400, 3]
    yield [0.0], [1]
    yield [2.5, 0.1, 6.0], [1000, 7, 1]


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "First the mean loss of all characters, then exp of it, once.",
    "A batch's mean loss times its number of characters is the sum of its losses.",
    "Sum of all losses / number of all characters: `sum(l * n for l, n in zip(losses, counts))`.",
)


def weighted(losses: list[float], counts: list[int]) -> float:
    """Return the mean loss of all characters."""
    return float(np.average(losses, weights=counts))


def _exp(loss: float) -> float:
    """Return e to that power; inf where it is too large."""
    return torch.tensor(loss, dtype=torch.float64).exp().item()


def mean_of_exps(losses: list[float], counts: list[int]) -> float:
    """You took exp of each batch, and then the mean. The batches with large losses then count for
    too much: first the mean of the losses, then exp.
    """
    return float(np.average(np.exp(losses), weights=counts))


def plain_mean_of_exps(losses: list[float], counts: list[int]) -> float:  # noqa: ARG001
    """You took exp of each batch, and then the plain mean. First the mean of the losses of all
    characters, then exp; and a batch counts with its number of characters.
    """
    return float(np.exp(losses).mean())


def batches_alike(losses: list[float], counts: list[int]) -> float:  # noqa: ARG001
    """All batches count the same for you. But it is the characters that do: weight each batch by
    its number of characters.
    """
    return float(np.exp(np.mean(losses)))


def exp_missing(losses: list[float], counts: list[int]) -> float:
    """That is the mean loss. Perplexity is exp of it."""
    return weighted(losses, counts)


def of_the_sum(losses: list[float], counts: list[int]) -> float:
    """You took exp of a sum of losses. Divide by the number of characters first."""
    return _exp(np.dot(losses, counts))


def product_of_exps(losses: list[float], counts: list[int]) -> float:
    """You multiplied the exps of all characters, or took exp of the sum of their losses, and the
    root of that. For a long text it overflows: take the mean of the losses first, then exp.
    """
    return float(_exp(np.dot(losses, counts)) ** (1 / sum(counts)))


def sum_of_batches(losses: list[float], counts: list[int]) -> float:  # noqa: ARG001
    """You took exp of the sum of the batches' losses. Take it of the mean over all characters."""
    return float(np.exp(np.sum(losses)))


def base_two(losses: list[float], counts: list[int]) -> float:
    """You took a power of 2. These losses are in nats, made with the natural logarithm: exp."""
    return float(2 ** weighted(losses, counts))


def one_batch_divided(losses: list[float], counts: list[int]) -> float:
    """You divided by the number of batches. Divide the sum of losses by that of characters."""
    return _exp(np.dot(losses, counts) / len(counts))


def means_over_characters(losses: list[float], counts: list[int]) -> float:
    """You divided a sum of means by the number of characters. Weight each mean first, by the number
    of characters in its batch: only then is it a sum of losses.
    """
    return float(np.exp(np.sum(losses) / np.sum(counts)))


@exercise(
    "Perplexity of a whole text",
    minutes=4,
    difficulty=1,
    place=110,
    hints=HINTS,
    why="The mean is taken where things add up, in the losses; exp comes last.",
    inputs=inputs,
    use=use,
    mistakes=(
        mean_of_exps,
        plain_mean_of_exps,
        batches_alike,
        exp_missing,
        of_the_sum,
        product_of_exps,
        sum_of_batches,
        base_two,
        one_batch_divided,
        means_over_characters,
    ),
)
def perplexity(losses: list[float], counts: list[int]) -> Tensor:
    """Return the perplexity of a text that was read in batches: exp of the mean loss per character.

    `losses` are the mean losses of the batches, in nats, and `counts` their numbers of characters.
    Each character counts the same.
    """
    means, n_characters = torch.tensor(losses), torch.tensor(counts)
    return torch.exp((means * n_characters).sum() / n_characters.sum())
