"""Fix the price table."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def price_table_with_bugs(prices: Tensor, rises: Tensor) -> Tensor:
    """Return a table of price lists: row i holds the `prices`, with `rises[i]` added to each.

    The price 10 and the rise 0.5 give 10.5. Shapes: prices is (D,), of whole numbers or decimals;
    rises is (N,), of decimals; the result is (N, D), of decimals.
    """
    table = prices.expand(len(rises), -1)  # (N, D)
    table += rises[:, None]
    return table


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([10, 20]), torch.tensor([0.0, 0.5, 1.0])
    yield torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0.5, 2.5])
    yield torch.tensor([1.5, 3.0]), torch.tensor([0.75])  # a write reaches the argument
    yield torch.rand(6, generator=rng, dtype=torch.float64)[::2], torch.randn(3, generator=rng)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "There are two bugs. Fix the one that the error names, then call the function again.",
    "One bug is the memory of the expanded rows, the other the dtype of the numbers.",
    "`+=` writes into what is there, and keeps its dtype. A plain `+` makes a new tensor.",
    "With a plain `+` you need no `expand`: (D,) and (N, 1) broadcast by themselves.",
)


def still_integers(prices: Tensor, rises: Tensor) -> Tensor:
    """The rows are real copies now, but `+=` keeps the dtype: integers take no fractions."""
    table = prices.expand(len(rises), -1).clone()
    table += rises[:, None]
    return table


def still_one_row(prices: Tensor, rises: Tensor) -> Tensor:
    """You write into expanded rows, and they are one row in memory: `clone` before you write."""
    table = prices.float().expand(len(rises), -1)
    table += rises[:, None]
    return table


def one_row_by_row(prices: Tensor, rises: Tensor) -> Tensor:
    """You write row by row, but expanded rows are one row: each write shows in all of them."""
    table = torch.zeros(len(prices)).expand(len(rises), -1)
    for i in range(len(rises)):
        table[i] = prices + rises[i]
    return table


def fractions_cut(prices: Tensor, rises: Tensor) -> Tensor:
    """You cut off the fractions: an integer dtype turns 0.5 into 0. Convert the prices."""
    table = prices.expand(len(rises), -1).clone()
    table += rises[:, None].long()
    return table


def as_a_percentage(prices: Tensor, rises: Tensor) -> Tensor:
    """You multiplied, but a rise is not a percentage here. Add it: 10 raised by 0.5 is 10.5."""
    return prices * (1 + rises[:, None])


def on_its_side(prices: Tensor, rises: Tensor) -> Tensor:
    """Your table lies on its side: a row belongs to a rise, a column to a price."""
    return prices[:, None] + rises


@exercise(
    "Fix the price table",
    minutes=5,
    difficulty=2,
    place=60,
    hints=HINTS,
    why="A plain `+` makes a new tensor: its dtype has room for fractions, its rows are separate.",
    template=price_table_with_bugs,
    inputs=inputs,
    mistakes=(
        still_integers,
        still_one_row,
        one_row_by_row,
        fractions_cut,
        as_a_percentage,
        on_its_side,
    ),
)
def price_table(prices: Tensor, rises: Tensor) -> Tensor:
    """Return a table of price lists: row i holds the `prices`, with `rises[i]` added to each.

    The price 10 and the rise 0.5 give 10.5. Shapes: prices is (D,), of whole numbers or decimals;
    rises is (N,), of decimals; the result is (N, D), of decimals.
    """
    return prices + rises[:, None]
