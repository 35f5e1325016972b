"""The length of nothing, in a batch."""

import math
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
    yield (torch.tensor([[3.0, 4.0], [5e-5, 12e-5]]),)  # a short row is no row of zeros


def use(answer: Callable[..., Any], X: Tensor) -> dict[str, object] | None:
    """Return the lengths, the slopes of each along its row, and what becomes of small ones."""
    leaf = X.detach().clone().requires_grad_()
    result = answer(leaf)
    if result is None:
        return None
    if not isinstance(result, Tensor) or not result.requires_grad:
        return {"the lengths": result, "their slopes": None}
    (slopes,) = torch.autograd.grad(result.sum(), leaf, allow_unused=True)
    right = torch.tensor([math.hypot(*row) for row in X.tolist()], dtype=torch.float64)
    if slopes is None or result.shape != right.shape:
        return {"the lengths": result, "their slopes": slopes}
    short = (right > 0) & (right < 1e-3)
    gap = (result - right)[short].abs() / right[short]
    gaps = (slopes * right[:, None] - X)[short].abs() / right[short, None]
    return {
        "the lengths": result,
        "their slopes": slopes.masked_fill(short[:, None], 0.0),  # for short rows see below
        "the number of lengths that are exactly 0": int((result == 0).sum()),
        "short rows are right within a thousandth": bool(
            (gap < 1e-3).all() and (gaps < 1e-3).all()
        ),
    }


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "The root's slope at 0 is infinite, and 0 times infinity is nan. What must the root never see?",
    (
        "Either keep the 0 away from the root (under it, not after it), or leave it all to a "
        "function of PyTorch that knows about this point."
    ),
    "`norm` takes `dim=1`; or use `where` twice, under the root and after it.",
)


def guarded_too_late(X: Tensor) -> Tensor:
    """The values are right, as they were before. The slope is still nan: the root has seen the 0,
    and nothing that is chosen or added after it can undo that.
    """
    root = X.square().sum(dim=1).sqrt()
    return torch.where(root > 0, root, 0.0)


def too_large_a_number(X: Tensor) -> Tensor:
    """The number under the root is so large that it changes all lengths."""
    return (X.square().sum(dim=1) + 0.01).sqrt()


def tiny_number(X: Tensor) -> Tensor:
    """The slopes are right, but there is a tiny number under the root, so the row of zeros has its
    root for a length. Asked for is 0.
    """
    return (X.square().sum(dim=1) + 1e-12).sqrt()


def number_that_counts(X: Tensor) -> Tensor:
    """You put a tiny number under the root. The row of zeros gets its root for a length, where 0 is
    asked for, and in a short row it counts as well. The root must not see the 0, with nothing
    added to the other rows.
    """
    return (X.square().sum(dim=1) + 1e-8).sqrt()


def rows_left_out(X: Tensor) -> Any:  # noqa: ANN401
    """You left out rows: a row of zeros has a length as well, 0."""
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
        number_that_counts,
        rows_left_out,
        along_the_columns,
    ),
)
def lengths(X: Tensor) -> Any:  # noqa: ANN401
    """Return the length of each row of X, (n, d): shape (n,).

    The slopes of a length along its row should be 0 where the row is all zeros.
    """
    return X.norm(dim=1)
