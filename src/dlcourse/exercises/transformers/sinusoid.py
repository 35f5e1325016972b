"""Positions without a table."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def inputs(_: torch.Generator) -> Iterator[tuple[int, int]]:
    yield 2, 4
    yield 1, 6
    yield 5, 2
    yield 7, 10
    yield 100, 16


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Make a table of angles first, (n, d / 2): a row for each position, a column for each pair.",
    "`torch.arange(n)[:, None]` is a column of positions, `10000 ** (2 * j / d)` a row of d / 2.",
    "Make a table of zeros, (n, d). `table[:, 0::2]` are its sines, `table[:, 1::2]` its cosines.",
)


def turned(n: int, d: int, rate: float = 2.0, base: float = 10000.0, start: int = 0) -> Tensor:
    """Return the angles, (n, d / 2)."""
    positions = torch.arange(start, n + start)[:, None]
    return positions / base ** (rate * torch.arange(d // 2) / d)


def paired(angles: Tensor) -> Tensor:
    """Return sine and cosine of each angle side by side, (n, d)."""
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


def angle_for_each(n: int, d: int) -> Tensor:
    """You gave each number an angle of its own. Both numbers of a pair have the same angle: only
    then does the dot product of two positions depend on their distance alone.
    """
    i = torch.arange(d)
    angles = torch.arange(n)[:, None] / 10000 ** (i / d)
    return torch.where(i % 2 == 0, angles.sin(), angles.cos())


def angle_of_twice_the_number(n: int, d: int) -> Tensor:
    """You took the number i for the pair j, so that the angles shrink twice as fast, and the two of
    a pair are not the same. Numbers 0 and 1 are pair 0, numbers 2 and 3 are pair 1.
    """
    i = torch.arange(d)
    angles = torch.arange(n)[:, None] / 10000 ** (2 * i / d)
    return torch.where(i % 2 == 0, angles.sin(), angles.cos())


def two_forgotten(n: int, d: int) -> Tensor:
    """Your exponent is j / d. It is 2·j / d: the pairs go from 1 nearly down to 1 / 10000."""
    return paired(turned(n, d, 1.0))


def doubled_twice(n: int, d: int) -> Tensor:
    """Your exponent is 4·j / d. It is 2·j / d: a count of 0, 2, 4, … has the 2 in it."""
    return paired(turned(n, d, 4.0))


def sines_first(n: int, d: int) -> Tensor:
    """You put all sines before all cosines. Here a pair's sine and cosine are neighbors."""
    angles = turned(n, d)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def cosine_first(n: int, d: int) -> Tensor:
    """You exchanged sine and cosine: the sine comes first in each pair."""
    return paired(turned(n, d)).unflatten(1, (-1, 2)).flip(2).flatten(1)  # type: ignore[no-any-return]


def base_of_1000(n: int, d: int) -> Tensor:
    """You took powers of 1000. It should be 10000."""
    return paired(turned(n, d, base=1000.0))


def counted_from_one(n: int, d: int) -> Tensor:
    """Your first position is 1. Positions are counted from 0: the first row is 0, 1, 0, 1, …"""
    return paired(turned(n, d, start=1))


def pairs_from_one(n: int, d: int) -> Tensor:
    """You counted pairs from 1. Pair 0 has the exponent 0, so its angle is the position itself."""
    return paired(turned(n, d) / 10000 ** (2 / d))


def multiplied(n: int, d: int) -> Tensor:
    """You multiplied the positions by the powers of 10000. Divide by them: later pairs turn more
    slowly.
    """
    return paired(turned(n, d, -2.0))


def turned_around(n: int, d: int) -> Tensor:
    """Your table is (d, n). It should have a row for each position: (n, d)."""
    return paired(turned(n, d)).T


def angles_alone(n: int, d: int) -> Tensor:
    """You returned the angles. The table holds their sines and cosines."""
    return turned(n, d).repeat_interleave(2, dim=1)


@exercise(
    "Positions without a table",
    minutes=8,
    difficulty=2,
    place=50,
    hints=HINTS,
    why="Each pair is a clock hand: two positions differ by an angle that tells their distance.",
    inputs=inputs,
    tolerance=Tolerance(relative=1e-4, absolute=1e-4),
    mistakes=(
        angle_for_each,
        angle_of_twice_the_number,
        two_forgotten,
        doubled_twice,
        sines_first,
        cosine_first,
        base_of_1000,
        counted_from_one,
        pairs_from_one,
        multiplied,
        turned_around,
        angles_alone,
    ),
    equivalent=(("d // 2", "d / 2", "d is even, so both are the same number."),),
)
def sinusoid(n: int, d: int) -> Tensor:
    """Return the sinusoids of the positions 0 to n − 1, (n, d); d is even.

    Numbers 2·j and 2·j + 1 of a row are pair j, counted from 0: the sine and the cosine of one
    angle. At position t the angle of pair j is t / 10000^(2·j / d).
    """
    angles = torch.arange(n)[:, None] / 10000 ** (2 * torch.arange(d // 2) / d)
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)
