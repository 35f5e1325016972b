"""The staircase lamp from two ReLUs."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Weights: TypeAlias = tuple[list[list[float]], list[float], list[float], float]


def use(answer: Callable[[], Weights], X: Tensor) -> object:
    """Return what a network of ReLUs with these weights gives for each case; None for None."""
    weights = answer()
    if weights is None:
        return None
    parts = weights if isinstance(weights, tuple | list) else (weights,)
    if len(parts) != 4:
        return {"the number of parts": len(parts)}
    W1, b1, w2, b2 = (torch.as_tensor(part, dtype=torch.float64) for part in parts)
    result = (X @ W1.T + b1).relu() @ w2.reshape(-1) + b2.reshape(())
    return {"the number of parts": len(parts), "the lamp": result}


def inputs(_: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64),)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Let both hidden units look at the sum of the switches, which is 0, 1, 1 or 2.",
    "One unit passes the sum on as it is. The other should be silent until the sum exceeds 1.",
    "relu(sum) is 0, 1, 1, 2 and relu(sum − 1) is 0, 0, 0, 1. What must be taken from what?",
    "Rows [1, 1] twice, biases 0 and −1; the second layer takes the second value away twice.",
)


def made_for_steps() -> Weights:
    """These are the weights of the lesson's lamp, which is made of steps. A ReLU does not stop
    at 1: start from its two hidden values for (0, 1) and for (1, 1).
    """
    return [[1, 1], [1, 1]], [-0.5, -1.5], [1, -1], -0.5


def an_or() -> Weights:
    """That is "or": for (1, 1) the two hidden units come to 1, and should cancel out. The second
    one must take away more.
    """
    return [[1, 1], [1, 1]], [0, -1], [1, -1], 0


def an_and() -> Weights:
    """That is "and": only (1, 1) gives 1. It is what must be taken away from a sum."""
    return [[1, 1], [1, 1]], [0, -1], [0, 1], 0


def twins() -> Weights:
    """The lamp adds up its switches: (1, 1) gives 2. Two equal units do no more than one, and one
    whose weight is 0 does nothing: give the second one a bias of its own, so that it is silent
    until both switches are on.
    """
    return [[1, 1], [1, 1]], [0, 0], [0.5, 0.5], 0


def half_everywhere() -> Weights:
    """0.5 everywhere is the best that a network without a bend can do. Use your two bends."""
    return [[1, 1], [1, 1]], [0, -1], [0, 0], 0.5


def upside_down() -> Weights:
    """Your lamp is on when both switches are equal: upside down. Swap the signs at the end."""
    return [[1, 1], [1, 1]], [0, -1], [-1, 2], 1


@exercise(
    "The staircase lamp from two ReLUs",
    minutes=7,
    difficulty=2,
    place=60,
    hints=HINTS,
    why="relu(sum) − 2 · relu(sum − 1) rises to 1 and comes down again: one bend makes the turn.",
    inputs=inputs,
    use=use,
    mistakes=(made_for_steps, an_or, an_and, twins, half_everywhere, upside_down),
)
def lamp_weights() -> Weights:
    """Return W1, b1, w2, b2 such that relu(X @ W1.T + b1) @ w2 + b2 is 0, 1, 1, 0.

    X are the cases (0, 0), (0, 1), (1, 0), (1, 1). Lists or tensors: W1 has a row for each of
    two hidden units, (2, 2); b1 and w2 have two numbers; b2 is one.
    """
    return [[1, 1], [1, 1]], [0, -1], [1, -2], 0
