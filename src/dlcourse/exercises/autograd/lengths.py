"""The length of nothing, in a batch."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def lengths_template(X: Tensor) -> Tensor:
    """Return the length of each row of X, (n, d): shape (n,).

    The slopes of a length along its row should be 0 where the row is all zeros.
    """
    return X.square().sum(dim=1).sqrt()


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[3.0, 4.0], [0.0, 0.0], [-6.0, 8.0]]),)
    yield (torch.randn(3, 4, generator=rng).T,)  # not contiguous
    yield (torch.zeros(1, 3, dtype=torch.float64),)


def use(answer: Callable[..., Any], X: Tensor) -> dict[str, object]:
    """Return the lengths, the slope of each along its row, and how many lengths are 0."""
    leaf = X.detach().clone().requires_grad_()
    result = answer(leaf)
    slopes = torch.autograd.grad(result.sum(), leaf)[0]
    zeros = int((result == 0).sum())
    return {"the lengths": result, "their slopes": slopes, "lengths that are exactly 0": zeros}


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "The root's slope at 0 is infinite, and 0 times that is nan. What must the root never see?",
    (
        "Either keep the 0 away from the root (under it, not after it), or let a function of "
        "torch do the whole that knows about this point."
    ),
    "`norm` takes `dim=1`; or use `where` twice, under the root and after it.",
)


def guarded_too_late(X: Tensor) -> Tensor:
    """The values were right before. The slope is still nan: the root has seen the 0, and what is
    chosen or added after it cannot undo that.
    """
    root = X.square().sum(dim=1).sqrt()
    return torch.where(root > 0, root, 0.0)


def too_large_a_number(X: Tensor) -> Tensor:
    """The number that you add under the root is so large that it changes the lengths."""
    return (X.square().sum(dim=1) + 0.01).sqrt()


def tiny_number(X: Tensor) -> Tensor:
    """The slopes are right, but you put a tiny number under the root, so that the row of zeros has
    its root for a length. Asked for is 0.
    """
    return (X.square().sum(dim=1) + 1e-12).sqrt()


def rows_left_out(X: Tensor) -> Any:  # noqa: ANN401
    """You left rows out: a row of zeros has a length as well, 0."""
    return X[X.any(dim=1)].norm(dim=1)


def along_the_columns(X: Tensor) -> Any:  # noqa: ANN401
    """You added up along the columns; the length of a row sums over dimension 1."""
    return X.norm(dim=0)


@exercise(
    "The length of nothing, in a batch",
    minutes=5,
    difficulty=2,
    place=60,
    template=lengths_template,
    hints=HINTS,
    why="`norm` gives the slope 0 at the point where the root itself has none.",
    inputs=inputs,
    use=use,
    tolerance=Tolerance(absolute=1e-3),  # so that all tiny numbers under the root look alike
    mistakes=(
        guarded_too_late,
        too_large_a_number,
        tiny_number,
        rows_left_out,
        along_the_columns,
    ),
)
def lengths(X: Tensor) -> Any:  # noqa: ANN401
    """Return the length of each row of X, (n, d): shape (n,).

    The slopes of a length along its row should be 0 where the row is all zeros.
    """
    return X.norm(dim=1)
