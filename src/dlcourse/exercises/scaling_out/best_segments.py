"""How many segments."""

import math
from collections.abc import Iterator
from typing import TypeAlias

import torch

from dlcourse.checking.exercise import exercise

Pair: TypeAlias = tuple[int, int]


def inputs(_: torch.Generator) -> Iterator[tuple[int]]:
    yield (1,)
    yield (2,)
    yield (4,)
    yield (9,)
    yield (32,)
    yield (7,)
    yield (100,)
    yield (56,)
    yield (1000,)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Try 4 layers by hand: with 1 segment, with 2, with 4. How many tensors are kept with each?",
    "With s segments: s inputs, and the outputs of the longest segment, n / s, rounded up.",
    "Try every s from 1 to n, and keep the first with the smallest sum.",
    "`min(range(1, n + 1), key=…)` returns the first of those that are equally good.",
)


def kept_with(n: int, s: int) -> int:
    """Return how many tensors are kept at most."""
    return s + math.ceil(n / s)


def root_cut(n_layers: int) -> Pair:
    """You took the root of n, rounded down. That is near the best number, and not always the
    smallest of the best: try the numbers around it, or all.
    """
    s = math.isqrt(n_layers)
    return s, kept_with(n_layers, s)


def root_rounded(n_layers: int) -> Pair:
    """You took the root of n, rounded. That is near the best number, and not always the smallest
    of the best: try the numbers around it, or all.
    """
    s = round(math.sqrt(n_layers))
    return s, kept_with(n_layers, s)


def largest_of_the_best(n_layers: int) -> Pair:
    """You took the largest of the numbers that are equally good. Asked for is the smallest."""
    s = min(range(n_layers, 0, -1), key=lambda s: kept_with(n_layers, s))
    return s, kept_with(n_layers, s)


def shortest_segment(n_layers: int) -> Pair:
    """You rounded n / s down: that is the length of the shortest segment. The longest one says how
    much is kept at most.
    """
    s = min(range(1, n_layers + 1), key=lambda s: s + n_layers // s)
    return s, s + n_layers // s


def inputs_forgotten(n_layers: int) -> Pair:
    """You counted the outputs in one segment alone, and so the best is a segment for each layer.
    The inputs of all segments are kept, too.
    """
    return n_layers, 1


def all_kept(n_layers: int) -> Pair:
    """You counted the outputs of all layers. They are thrown away on the way forward; on the way
    back, those of one segment at a time are there again.
    """
    return 1, 1 + n_layers


def exchanged(n_layers: int) -> Pair:
    """You exchanged the two numbers: first comes that of the segments, then that of the tensors."""
    kept = [kept_with(n_layers, s) for s in range(1, n_layers + 1)]
    return min(kept), kept.index(min(kept)) + 1


@exercise(
    "How many segments",
    minutes=5,
    difficulty=2,
    place=50,
    hints=HINTS,
    why="More segments mean more inputs to keep and fewer outputs in each; near the root of the "
    "number of layers both are about equal, and their sum is least.",
    inputs=inputs,
    mistakes=(
        root_cut,
        root_rounded,
        largest_of_the_best,
        shortest_segment,
        inputs_forgotten,
        all_kept,
        exchanged,
    ),
    equivalent=(
        ("n_layers + 1", "n_layers + 2", "one segment more than there are layers keeps one more"),
    ),
)
def best_segments(n_layers: int) -> tuple[int, int]:
    """Return the best number of segments for checkpointing, and how many tensors are then kept.

    The layers are cut into segments, the longest of which has at most one layer more than the
    shortest. Kept are the input of each segment and, on the way back, what all layers in the
    segment at work gave out. Count the moment at which most tensors are kept. With the best number
    of segments they are fewest; if several numbers are equally good, return the smallest.
    """
    kept = [s + math.ceil(n_layers / s) for s in range(1, n_layers + 1)]
    return kept.index(min(kept)) + 1, min(kept)
