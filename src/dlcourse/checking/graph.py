"""The graph that a result came with: what an exercise's `use` can look at besides its numbers.

Covers: whether there is one, the operations in it, slopes along what was given.
Does not cover: what a learner is told of it (`use` of each exercise).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor


def n_with_graphs(values: Iterable[object]) -> int:
    """Return how many of the values are tensors that hold on to a graph."""
    return sum(isinstance(one, Tensor) and one.requires_grad for one in values)


def operations_of(result: Tensor) -> set[Any]:
    """Return all operations in the graph of `result`; none if it has no graph."""
    nodes, found = [result.grad_fn], set[Any]()
    while nodes:
        node = nodes.pop()
        if node is not None and node not in found:
            found.add(node)
            nodes += [before for before, _ in node.next_functions]
    return found


def slopes_of_squares(result: Tensor, leaves: Sequence[Tensor]) -> Sequence[Tensor | None] | None:
    """Return the slopes of the sum of squares of `result` along `leaves`.

    None stands for a leaf on which it does not depend; or, in place of all slopes, for a graph
    that is broken, since numbers in it were written over.
    """
    try:
        return torch.autograd.grad(result.square().sum(), leaves, allow_unused=True)
    except RuntimeError as broken:
        if "inplace" not in str(broken):
            raise
        return None
