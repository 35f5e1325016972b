"""Several processes, played by one: what an exercise on `all_reduce` runs an answer in.

Covers: ranks that add tensors up together, and telling when one would wait forever.
Does not cover: real processes (`dlcourse.processes`).
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

AllReduce: TypeAlias = Callable[[Tensor], None]
WAIT = "wait forever: they do not call all_reduce equally often, or with other shapes or dtypes"


class _Sums:
    """The `all_reduce` of one process: sums that are known already, then a sum that is not yet."""

    class NotYet(BaseException):
        """Stops a process at its first call whose sum is not known yet."""

    def __init__(self, known: list[Tensor]) -> None:
        self.known = iter(known)
        self.given: Tensor | None = None

    def __call__(self, tensor: Tensor) -> None:
        if not isinstance(tensor, Tensor):
            msg = f"all_reduce takes a tensor, and got {type(tensor).__name__!r}"
            raise TypeError(msg)
        total = next(self.known, None)
        if total is None:
            self.given = tensor.detach().clone()
            raise self.NotYet
        tensor.data.copy_(total)


def in_step(work: Callable[[int, AllReduce], Any], world: int) -> list[Any] | None:
    """Run `work(rank, all_reduce)` for each rank; None if one would wait for another forever.

    They run one after the other, and again from the start for each sum that they ask for.
    """
    known = list[Tensor]()
    while True:
        sums, results = [_Sums(known) for _ in range(world)], []
        for rank, one in enumerate(sums):
            try:
                results.append(work(rank, one))
            except _Sums.NotYet:
                continue
        given = [one.given for one in sums if one.given is not None]
        if not given:
            return results
        if len(given) < world or len({(one.shape, one.dtype) for one in given}) > 1:
            return None
        known.append(torch.stack(given).sum(dim=0))
