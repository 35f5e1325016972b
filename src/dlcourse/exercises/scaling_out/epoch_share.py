"""A share for each process."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Samples: TypeAlias = Sequence[int] | Tensor

_MANY = 20  # pairs of neighbors: no pattern in as many comes by chance


def use(answer: Callable[..., Any], n: int, world: int) -> dict[str, Any] | None:
    epochs, untouched = list[list[list[int]]](), True
    for epoch in range(3):
        shares = []
        for rank in range(world):
            torch.default_generator.manual_seed(100 + rank)  # each process has one of its own
            torch.rand(1)  # and has used it
            before = torch.get_rng_state()
            shares.append(answer(n, rank, world, epoch))
            untouched &= torch.equal(torch.get_rng_state(), before)
        if all(one is None for one in shares):
            return None
        epochs.append([list(map(int, one)) for one in shares])
    counts = [Counter(k for share in shares for k in share) for shares in epochs]
    sizes = [len(share) for shares in epochs for share in shares]
    strange = any(set(one) - set(range(n)) for one in counts)
    return {
        "numbers that are no sample": "some" if strange else "none",
        "samples in no share": "some"
        if any(set(range(n)) - set(one) for one in counts)
        else "none",
        "samples that are there twice": "some" if max(map(max, _values(counts))) > 1 else "none",
        "sizes of the shares": "fair" if max(sizes) <= min(sizes) + 1 else "unfair",
        "order of the samples": "shuffled" if _are_shuffled(epochs) else "not shuffled",
        "orders of three epochs": "different" if _are_different(epochs) else "alike",
        "samples that come to one process together": (
            "change" if _are_mixed(epochs) else "always the same"
        ),
        "PyTorch's own generator": "as before" if untouched else "changed",
    }


def _values(counts: list[Counter[int]]) -> list[list[int]]:
    return [[*one.values(), 0] for one in counts]


def _are_shuffled(epochs: list[list[list[int]]]) -> bool:
    """Tell whether no distance between neighbors makes up most of them, nor in one long epoch."""
    together = [_neighbors(shares) for shares in epochs]
    every = [pair for pairs in together for pair in pairs]
    for pairs in (every, *map(_if_many, together)):
        distances = Counter(b - a for a, b in pairs)
        if max(distances.values(), default=0) > 0.6 * len(pairs):
            return False
    return True


def _are_different(epochs: list[list[list[int]]]) -> bool:
    """Tell whether no two epochs have one order, nor, if long, mostly the same neighbors."""
    for one, other in combinations(epochs, 2):
        pairs = [set(map(frozenset, _if_many(_neighbors(shares)))) for shares in (one, other)]
        if one == other or len(pairs[0] & pairs[1]) > len(pairs[0]) / 2:
            return False
    return True


def _are_mixed(epochs: list[list[list[int]]]) -> bool:
    """Tell whether samples share a process with others in another epoch; a single one has all."""
    groups = {frozenset(map(frozenset, shares)) for shares in epochs}
    return len(epochs[0]) == 1 or len(groups) > 1


def _neighbors(shares: list[list[int]]) -> list[tuple[int, int]]:
    """Return the pairs of samples that a process reads one after the other."""
    return [pair for share in shares for pair in pairwise(share)]


def _if_many(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the pairs, or none where there are so few that chance makes a pattern."""
    return pairs if len(pairs) >= _MANY else []


def inputs(_: torch.Generator) -> Iterator[tuple[int, int]]:
    yield 11, 2
    yield 12, 4
    yield 40, 3
    yield 14, 8  # the sizes must be 1 and 2
    yield 9, 1
    yield 101, 8


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "All processes must have the same order in mind, or a sample is in two shares, or in none.",
    "`torch.randperm(n, generator=…)` makes an order. Which seed do all processes agree on?",
    "Of that order, process `rank` takes the numbers at the places rank, rank + world, and so on.",
    "`torch.Generator().manual_seed(epoch)` makes the generator, and `[rank::world]` the share.",
)


def shuffled(n: int, epoch: int) -> Tensor:
    """Return the order of an epoch."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(epoch))


def padded(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """You filled the shares up to the same length with samples that are in another one, as
    `DistributedSampler` does. Those count twice.
    """
    order = shuffled(n, epoch)
    return torch.cat([order, order])[: -(-n // world) * world][rank::world]


def rest_dropped(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """You gave each process `n // world` samples, so what is left over is in no share."""
    return shuffled(n, epoch)[: n // world * world][rank::world]


def rounded_up(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """Your shares are blocks of the same length, and the last process has what remains, which can
    be far more or far less, or nothing. The others then wait for it, or it for them.
    """
    each = -(-n // world)
    return shuffled(n, epoch)[rank * each : (rank + 1) * each]


def each_its_own_order(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """Your processes do not agree on the order: each shuffles for itself, so some samples are in
    two shares, and others in none. The seed may depend on the epoch, but not on the process.
    """
    return shuffled(n, epoch + 1000 * rank)[rank::world]


def unseeded(n: int, rank: int, world: int, epoch: int) -> Tensor:  # noqa: ARG001
    """You shuffled with PyTorch's own generator, which is in another state in each process. So they
    do not agree on the order. Make a generator of your own, with a seed that all of them know.
    """
    return torch.randperm(n)[rank::world]


def same_order(n: int, rank: int, world: int, epoch: int) -> Tensor:  # noqa: ARG001
    """Your order is the same in every epoch: that is `DistributedSampler` without `set_epoch`. Let
    the seed depend on the epoch.
    """
    return shuffled(n, 0)[rank::world]


def shuffled_within(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """Each process shuffles a group of samples that is always the same. Shuffle all samples, and
    then deal them out.
    """
    mine = torch.arange(rank, n, world)
    return mine[shuffled(len(mine), epoch)]


def first_not_shuffled(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """In epoch 0 your samples are not shuffled: epochs are counted from 0."""
    order = shuffled(n, epoch) if epoch else torch.arange(n)
    return order[rank::world]


def not_shuffled(n: int, rank: int, world: int, epoch: int) -> Tensor:  # noqa: ARG001
    """The shares are right for a test. For training, shuffle the samples first, differently in
    each epoch.
    """
    return torch.arange(n)[rank::world]


def own_generator_seeded(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """The shares are right, but PyTorch's own generator has been seeded on the way. So dropout and
    distortions draw the same numbers in all processes, and again in each epoch. Use a generator
    of your own: `torch.Generator()`.
    """
    torch.manual_seed(epoch)
    return torch.randperm(n)[rank::world]


def everything(n: int, rank: int, world: int, epoch: int) -> Tensor:  # noqa: ARG001
    """Each of your processes has all samples. Together they should hold each one once."""
    return shuffled(n, epoch)


@exercise(
    "A share for each process",
    minutes=6,
    difficulty=2,
    place=80,
    hints=HINTS,
    why="A seed that all processes know gives them one order without a message, and dealing it out "
    "in turn loses no sample and repeats none.",
    inputs=inputs,
    use=use,
    mistakes=(
        padded,
        rest_dropped,
        rounded_up,
        each_its_own_order,
        unseeded,
        same_order,
        shuffled_within,
        first_not_shuffled,
        not_shuffled,
        own_generator_seeded,
        everything,
    ),
)
def epoch_share(n: int, rank: int, world: int, epoch: int) -> Samples:
    """Return the samples, out of 0 to n − 1, that process number `rank` of `world` reads.

    Each process calls this for itself, at the start of each epoch, and they exchange no messages.
    In every epoch their shares hold each sample exactly once, and no share has more than one sample
    more than another. The samples are shuffled before they are dealt out, differently in each
    epoch. PyTorch's own generator stays as it is. Processes and epochs are counted from 0.
    """
    order = torch.randperm(n, generator=torch.Generator().manual_seed(epoch))
    return order[rank::world]
