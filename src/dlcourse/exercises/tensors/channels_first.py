"""Channels first."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two things must be right: the shape, and that each number keeps its row, column, color.",
    "In the lesson, the right shape with the wrong method gave six small fives.",
    "`permute` lists, for each new place, which old dimension goes there. Old: H is 0, W is 1.",
)


def cut_again() -> str:
    """`reshape` keeps the order of the numbers and cuts it anew: the colors get mixed up."""
    return "a"


def mirrored() -> str:
    """`transpose(0, 2)` swaps first and last: the result is (3, W, H), and rows become columns."""
    return "b"


def wrong_way() -> str:
    """`permute(1, 2, 0)` goes the other way; here it makes (W, 3, H). It lists old dimensions."""
    return "d"


@question(
    "Channels first",
    minutes=2,
    difficulty=1,
    place=20,
    hints=HINTS,
    why="The old dimension 2, the color, comes first; then rows (0) and columns (1), in order.",
    mistakes=(cut_again, mirrored, wrong_way),
)
def channels_first() -> str:
    """`photo` is (H, W, 3), as a camera gives it. PyTorch wants (3, H, W). Which line does it?

    "a": photo.reshape(3, H, W)
    "b": photo.transpose(0, 2)
    "c": photo.permute(2, 0, 1)
    "d": photo.permute(1, 2, 0)
    """
    return "c"
