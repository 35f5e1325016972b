"""Is this row in the table?"""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([[1, 2], [3, 4]]), torch.tensor([1, 4])  # in different rows
    yield torch.tensor([[1, 2], [3, 4]]), torch.tensor([3, 4])
    yield torch.tensor([[1, 3], [5, 6]]), torch.tensor([3, 1])  # same sum, same product
    yield torch.tensor([[1, 3], [5, 6]]), torch.tensor([2, 2])  # the gaps cancel
    yield torch.tensor([[1, 2], [1, 4], [1, 6]]), torch.tensor([1, 5])
    t = torch.randint(0, 3, (3, 6), generator=rng).T  # (6, 3), not contiguous
    yield t, t[4].clone()
    one_row = torch.tensor([[0.5, 1.5, 2.5]], dtype=torch.float64)
    yield one_row, one_row[0].clone()
    yield torch.empty(0, 3), torch.tensor([1.0, 2.0, 3.0])


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Broadcasting compares the row with every row of `t` at once. Which shape has `t == row`?",
    (
        "A row is found where all its comparisons are True. "
        "`all` and `any` take a `dim`, as `sum` does."
    ),
    "First `all` along the numbers of a row, `dim=1`; then `any` over the answers, one a row.",
)


def any_number(t: Tensor, row: Tensor) -> bool:
    """You let any single number decide: that is also what `in` means for a tensor. All of a row's
    numbers must match.
    """
    return row in t


def by_identity(t: Tensor, row: Tensor) -> bool:
    """You never find a row. `set(t)` does not: tensors hash by identity. A list of lists does not:
    it holds no tensor. Compare the numbers with `==`.
    """
    return row in set(t)


def in_a_list(t: Tensor, row: Tensor) -> bool:
    """You need one answer a row, and `==` between tensors gives one a number. So `in` on a list
    of tensors fails, and `if`, too. Add `all`.
    """
    return row in list(t)


def down_the_columns(t: Tensor, row: Tensor) -> Tensor:
    """You asked down the columns: `all` has to go along the rows, which is the other dimension."""
    return (t == row).all(dim=0).any()


def every_row(t: Tensor, row: Tensor) -> Tensor:
    """You asked whether every row is this one. One such row is enough."""
    return (t == row).all()


def sums_compared(t: Tensor, row: Tensor) -> Tensor:
    """You compared sums, and unlike rows can have the same sum. Compare number by number."""
    return (t.sum(dim=1) == row.sum()).any()


def in_several_rows(t: Tensor, row: Tensor) -> Tensor:
    """You asked each column whether its number occurs: the matches may lie in different rows. First
    make one answer a row.
    """
    return (t == row).any(dim=0).all()


@exercise(
    "Is this row in the table?",
    minutes=4,
    difficulty=1,
    place=40,
    hints=HINTS,
    why="`==` asks number by number; `all(dim=1)` makes one answer a row, `any` one for the table.",
    inputs=inputs,
    mistakes=(
        any_number,
        by_identity,
        in_a_list,
        down_the_columns,
        every_row,
        sums_compared,
        in_several_rows,
    ),
)
def holds_row(t: Tensor, row: Tensor) -> Tensor:
    """Return True if one of the rows of `t` equals `row` in every number, else False.

    Shapes: t is (N, D), row is (D,). N may be 0.
    """
    return (t == row).all(dim=1).any()
