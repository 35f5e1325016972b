"""A shard for each process."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch

from dlcourse.checking.exercise import exercise


def use(answer: Callable[..., Any], n: int, world: int) -> dict[str, Any] | None:
    shards = [answer(n, rank, world) for rank in range(world)]
    if all(one is None for one in shards):
        return None
    plain = [list(map(int, one)) for one in shards]
    seen = Counter(number for one in plain for number in one)
    sizes = [len(one) for one in plain]
    return {
        "numbers that are no sample": _listed(set(seen) - set(range(n))),
        "samples in no shard": _listed(set(range(n)) - set(seen)),
        "samples that are there more than once": _listed(k for k in seen if seen[k] > 1),
        "sizes of the shards": "fair" if max(sizes) <= min(sizes) + 1 else str(sizes),
    }


def _listed(samples: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(samples))) or "none"


def inputs(_: torch.Generator) -> Iterator[tuple[int, int]]:
    yield 3, 2
    yield 4, 2
    yield 11, 2
    yield 6, 4  # the sizes must be 2, 2, 1, 1
    yield 10, 3
    yield 5, 1
    yield 2, 3  # one process has nothing to do
    yield 101, 8


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Write down the shards of 11 samples on 2 processes by hand. How long is each?",
    "Deal the samples out like cards: the first to process 0, the next to process 1, and so on.",
    "Process `rank` starts with sample `rank`, and takes every sample that is `world` further on.",
    "`range` has a third argument, the step.",
)


def padded(n: int, rank: int, world: int) -> list[int]:
    """You filled the shards up to the same length with samples that are in another one, as
    `DistributedSampler` does. For a test those count twice.
    """
    each = -(-n // world)
    return [(rank + world * k) % n for k in range(each)]


def last_dropped(n: int, rank: int, world: int) -> list[int]:
    """You gave each process `n // world` samples, so what is left over is in no shard. In a test
    each sample counts.
    """
    return list(range(rank, n - n % world, world))


def rest_to_the_last(n: int, rank: int, world: int) -> list[int]:
    """You gave the last process all that is left over. The others then wait for it: no shard may
    have more than one sample more than another.
    """
    each = n // world
    end = n if rank == world - 1 else (rank + 1) * each
    return list(range(rank * each, end))


def blocks_rounded_up(n: int, rank: int, world: int) -> list[int]:
    """Your blocks are as long as the longest has to be, so the last process gets what remains, or
    nothing. No shard may have more than one sample more than another.
    """
    each = -(-n // world)
    return list(range(n))[rank * each : (rank + 1) * each]


def everything(n: int, rank: int, world: int) -> list[int]:  # noqa: ARG001
    """Each of your processes has all samples. Together they should hold each one once."""
    return list(range(n))


def counted_from_one(n: int, rank: int, world: int) -> list[int]:
    """You counted from 1. Samples and processes are counted from 0."""
    return list(range(rank + 1, n + 1, world))


@exercise(
    "A shard for each process",
    minutes=5,
    difficulty=1,
    place=80,
    hints=HINTS,
    why="Dealt out in turn, no sample is lost and none comes twice, whatever n and world are.",
    inputs=inputs,
    use=use,
    mistakes=(
        padded,
        last_dropped,
        rest_to_the_last,
        blocks_rounded_up,
        everything,
        counted_from_one,
    ),
)
def shard(n: int, rank: int, world: int) -> Sequence[int]:
    """Return the samples, out of 0 to n − 1, that process number `rank` of `world` tests.

    Each process calls this for itself. Together, their shards hold each sample exactly once, and no
    shard has more than one sample more than another. Processes are counted from 0.
    """
    return range(rank, n, world)
