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
    yield torch.tensor([[2, 10_000_000_000]]), torch.tensor([2, 10_000_000_001])
    yield torch.tensor([[1.0, 0.0, 3.0]]), torch.tensor([1.0, 2.0, 3.0])  # the ends match
    yield torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([1.0, 2.0, 4.0])  # all but the last
    yield torch.tensor([[21, 4]]), torch.tensor([1, 4])  # also as text
    for number in (1e-9, 2.00001):  # near 0, and near 2
        row = torch.tensor([0.5, number], dtype=torch.float64)
        yield row.round()[None] + torch.tensor([0.5, 0.0]), row


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Broadcasting compares the row with every row of `t` at once. Which shape has `t == row`?",
    (
        "A row is found where all its comparisons are True. "
        "`all` and `any` take a `dim`, as `sum` does."
    ),
    "First `all` along the numbers of a row, `dim=1`; then `any` over the answers, one per row.",
)


def any_number(t: Tensor, row: Tensor) -> bool:
    """You let any single number decide, and so does `in` with a tensor. All numbers of a row must
    match.
    """
    return row in t


def by_identity(t: Tensor, row: Tensor) -> bool:
    """You never find a row. A `set` of tensors does not find one, since tensors hash by identity,
    and a list of lists does not, since it holds no tensors. Compare the numbers with `==`.
    """
    return row in set(t)


def in_a_list(t: Tensor, row: Tensor) -> bool:
    """You need one answer per row, and `==` between tensors gives one per number. That is why `in`
    with a list of tensors fails, and `if` as well. Add `all`.
    """
    return row in list(t)


def nearly_equal(t: Tensor, row: Tensor) -> bool:
    """You let nearly equal numbers pass, as `allclose` does. Asked for are equal ones: `==`."""
    return any(torch.allclose(one, row) for one in t)


def down_the_columns(t: Tensor, row: Tensor) -> Tensor:
    """You asked down the columns: `all` has to go along the rows, which is the other dimension."""
    return (t == row).all(dim=0).any()


def every_row(t: Tensor, row: Tensor) -> Tensor:
    """You asked whether every row is this one. One such row is enough."""
    return (t == row).all()


def sums_compared(t: Tensor, row: Tensor) -> Tensor:
    """You compared sums, and different rows can have the same sum. Compare number by number."""
    return (t.sum(dim=1) == row.sum()).any()


def in_several_rows(t: Tensor, row: Tensor) -> Tensor:
    """You asked each column whether its number occurs: the matches may be in different rows. First
    reduce to one answer per row.
    """
    return (t == row).any(dim=0).all()


@exercise(
    "Is this row in the table?",
    minutes=4,
    difficulty=1,
    place=40,
    hints=HINTS,
    why="`==` asks about each number; `all(dim=1)` gives one answer per row, `any` one for all.",
    inputs=inputs,
    mistakes=(
        any_number,
        by_identity,
        in_a_list,
        nearly_equal,
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
