"""Four sums."""

from typing import TypeAlias

from dlcourse.checking.exercise import question

Shape: TypeAlias = tuple[int, ...] | None


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Write each pair on paper, one shape below the other, aligned at the right.",
    "Go from right to left. Equal sizes stay; a 1, or a missing size, takes the other's size.",
    "If two sizes differ and neither is 1, the answer is `None`. That happens once here.",
)


def aligned_left() -> tuple[Shape, Shape, Shape, Shape]:
    """You aligned the shapes at the left. Write one below the other, aligned at the right."""
    return None, None, (6, 4), None


def same_rank_only() -> tuple[Shape, Shape, Shape, Shape]:
    """You ruled out shapes of different lengths. A missing size counts as 1, and is stretched."""
    return None, None, None, None


def only_one_is_stretched() -> tuple[Shape, Shape, Shape, Shape]:
    """You let only one of the two be stretched, and took the other's shape. Both may be."""
    return (4, 1), (3, 5), None, (5, 1, 2)


def one_size_of_one() -> tuple[Shape, Shape, Shape, Shape]:
    """You ruled out the last pair. Look at it size by size: any number of them may be 1."""
    return (4, 3), (2, 3, 5), None, None


def sixes_matched() -> tuple[Shape, Shape, Shape, Shape]:
    """In the third pair you matched the two sixes. The last sizes meet each other: 4 and 6."""
    return (4, 3), (2, 3, 5), (6, 4), (5, 4, 2)


@question(
    "Four sums",
    minutes=3,
    difficulty=1,
    place=30,
    names=("shape_1", "shape_2", "shape_3", "shape_4"),
    hints=HINTS,
    why="Aligned at the right, every pair of sizes but the third's 4 and 6 is equal or has a 1.",
    mistakes=(aligned_left, same_rank_only, only_one_is_stretched, one_size_of_one, sixes_matched),
)
def sum_shapes() -> tuple[Shape, Shape, Shape, Shape]:
    """Which shape does the sum have? In your head: a tuple such as (2, 3), or None for "no fit".

    shape_1: of (4, 1) and (3,)
    shape_2: of (2, 3, 1) and (3, 5)
    shape_3: of (6, 4) and (6,)
    shape_4: of (5, 1, 2) and (4, 1)
    """
    return (4, 3), (2, 3, 5), None, (5, 4, 2)
