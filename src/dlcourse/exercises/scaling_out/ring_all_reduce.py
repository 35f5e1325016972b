"""All-reduce in a ring."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


class Ring:
    """Processes in a ring: what process k sends arrives at process k + 1, the last's at process 0.

    Args:
        world: the number of processes.
        n_arrive: how many messages arrive; those after them arrive as zeros.
    """

    def __init__(self, world: int, *, n_arrive: float = math.inf) -> None:
        self.world, self.n_arrive = world, n_arrive
        self.on_the_way: list[list[Tensor]] = [[] for _ in range(world)]
        self.numbers_sent = [0] * world

    def send(self, rank: int, piece: Tensor) -> None:
        """Send a tensor from process `rank` to the next one."""
        self.numbers_sent[rank] += piece.numel()
        message = piece.clone() if self.n_arrive > 0 else torch.zeros_like(piece)
        self.n_arrive -= 1
        self.on_the_way[(rank + 1) % self.world].append(message)

    def receive(self, rank: int) -> Tensor:
        """Return what has arrived at process `rank`, the oldest first.

        Raises:
            RuntimeError: if nothing has.
        """
        if not self.on_the_way[rank]:
            msg = f"process {rank} waits forever: nothing was sent to it"
            raise RuntimeError(msg)
        return self.on_the_way[rank].pop(0)

    def __repr__(self) -> str:
        return f"a ring of {self.world}"


def use(answer: Callable[..., Any], tables: list[Tensor]) -> dict[str, Any] | None:
    world = len(tables)
    right, ring = torch.stack(tables).sum(0), Ring(world)
    results = answer([one.clone() for one in tables], ring)
    if results is None:
        return None
    pieces = list(results)
    if not all(isinstance(one, Tensor) for one in pieces):
        return {"result": pieces}
    cheats = False
    for n_arrive in (0, world * (world - 1)) if world > 1 else ():  # none, or the first half
        without = answer([one.clone() for one in tables], Ring(world, n_arrive=n_arrive))
        cheats |= all(torch.allclose(one, right) for one in without)
    shared = len({one.data_ptr() for one in pieces}) < world
    return {
        "result": pieces,
        "numbers sent by each process": ring.numbers_sent,
        "messages that nobody received": sum(map(len, ring.on_the_way)),
        "the sums are there even if messages arrive empty": "yes" if cheats else "no",
        "processes whose results share their memory": "some" if shared else "none",
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[list[Tensor]]]:
    yield ([torch.tensor([1.0, 2.0]), torch.tensor([10.0, 20.0])],)
    yield (list(torch.randn(3, 6, generator=rng, dtype=torch.float64)),)
    yield (list(torch.randn(4, 4, generator=rng)),)
    yield (list(torch.randn(5, 15, generator=rng)),)
    yield ([torch.tensor([4.0, 5.0, 6.0])],)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Cut each table into as many pieces as there are processes. Each round sends one of them.",
    "Round t: k sends piece (k − t) % world, and adds what arrives to piece (k − 1 − t) % world.",
    "After world − 1 such rounds, process k has the complete sum of one piece: piece k + 1.",
    "In world − 1 more rounds these go around: k sends piece k + 1 − t, and replaces piece k − t.",
    "In each round, first let all processes send, and then let all receive.",
)


def in_rounds(tables: list[Tensor], ring: Ring, *, gather: bool = True, add: bool = False) -> Any:  # noqa: ANN401
    """Do what the solution does; `gather`: the second half, `add`: which adds to the old part."""
    pieces = [list(one.clone().chunk(ring.world)) for one in tables]
    for t in range(ring.world - 1):
        for k in range(ring.world):
            ring.send(k, pieces[k][(k - t) % ring.world])
        for k in range(ring.world):
            pieces[k][(k - 1 - t) % ring.world] += ring.receive(k)
    for t in range(ring.world - 1 if gather else 0):
        for k in range(ring.world):
            ring.send(k, pieces[k][(k + 1 - t) % ring.world])
        for k in range(ring.world):
            old = pieces[k][(k - t) % ring.world]
            pieces[k][(k - t) % ring.world] = ring.receive(k) + (old if add else 0)
    return [torch.cat(one) for one in pieces]


def whole_tables_passed(tables: list[Tensor], ring: Ring) -> list[Tensor]:
    """The sums are right, but whole tables go around, so each process sends world − 1 times all its
    numbers. In pieces, it is 2 · (world − 1) / world times, never more than twice.
    """
    sums, passing = [one.clone() for one in tables], [one.clone() for one in tables]
    for _ in range(ring.world - 1):
        for k in range(ring.world):
            ring.send(k, passing[k])
        for k in range(ring.world):
            passing[k] = ring.receive(k)
            sums[k] += passing[k]
    return sums


def first_adds_up(tables: list[Tensor], ring: Ring) -> list[Tensor]:
    """The sums are right, but one process after another adds to a whole table and sends it on:
    while one works, the others wait. In pieces, all work at once, and no process sends more
    than the others.
    """
    sums = [one.clone() for one in tables]
    for k in range(ring.world - 1):
        ring.send(k, sums[k])
        sums[k + 1] += ring.receive(k + 1)
    for k in range(ring.world - 1):
        sender = (k - 1) % ring.world
        ring.send(sender, sums[sender])
        sums[k] = ring.receive(k)
    return sums


def without_messages(tables: list[Tensor], ring: Ring) -> list[Tensor]:
    """You added up the tables directly. A process sees its own table, and what `ring.receive` gives
    it: the list of all of them is only there because the lesson plays all processes in one.
    """
    total = torch.stack(tables).sum(dim=0)
    return [total.clone() for _ in range(ring.world)]


def first_half_only(tables: list[Tensor], ring: Ring) -> Any:  # noqa: ANN401
    """Each process has the complete sum of one piece only. In as many rounds again, these pieces
    have to go around.
    """
    return in_rounds(tables, ring, gather=False)


def added_in_the_second_half(tables: list[Tensor], ring: Ring) -> Any:  # noqa: ANN401
    """In the second half what arrives is the complete sum of a piece. Put it in place of the old
    one; do not add it.
    """
    return in_rounds(tables, ring, add=True)


def means(tables: list[Tensor], ring: Ring) -> Any:  # noqa: ANN401
    """You divided by the number of processes. All-reduce is a sum."""
    return [one / ring.world for one in in_rounds(tables, ring)]


def received_too_soon(tables: list[Tensor], ring: Ring) -> Any:  # noqa: ANN401
    """A process receives before the one on its left has sent: it would wait forever. In each
    round, let all of them send first.
    """
    pieces = [list(one.clone().chunk(ring.world)) for one in tables]
    for t in range(ring.world - 1):
        for k in range(ring.world):
            ring.send(k, pieces[k][(k - t) % ring.world])
            pieces[k][(k - 1 - t) % ring.world] += ring.receive(k)
    return [torch.cat(one) for one in pieces]


@exercise(
    "All-reduce in a ring",
    minutes=15,
    difficulty=3,
    place=60,
    hints=HINTS,
    why="In each round every process sends one piece and receives one, so none has to wait, and "
    "each process sends less than twice its numbers, however many processes there are.",
    inputs=inputs,
    use=use,
    mistakes=(
        whole_tables_passed,
        first_adds_up,
        without_messages,
        first_half_only,
        added_in_the_second_half,
        means,
        received_too_soon,
    ),
)
def ring_all_reduce(tables: list[Tensor], ring: Ring) -> list[Tensor]:
    """Return what each process has after an all-reduce: for each one the sum of all `tables`.

    Table k, (L,), is that of process k. There are `ring.world` processes, and L is a multiple of
    their number. Process k sees the others' numbers only by messages: `ring.send(k, tensor)` sends
    from process k to process k + 1 (from the last to process 0), and `ring.receive(k)` returns what
    has arrived at process k, the oldest first. Each process sends 2 · (world − 1) · L / world
    numbers.
    """
    world = ring.world
    pieces = [list(table.chunk(world)) for table in tables]
    for t in range(2 * world - 2):
        for k in range(world):
            ring.send(k, pieces[k][(k - t) % world])
        for k in range(world):
            arrived, place = ring.receive(k), (k - 1 - t) % world
            pieces[k][place] = pieces[k][place] + arrived if t < world - 1 else arrived
    return [torch.cat(one) for one in pieces]
