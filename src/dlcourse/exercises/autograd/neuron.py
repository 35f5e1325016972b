"""A neuron's two slopes."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Compute ŷ = w·x + b first, then how far it is from y.",
    "The loss is a square: its slope along ŷ is 2 · (ŷ − y).",
    "Multiply that by the slope of ŷ: by x along w, by 1 along b.",
)


def reversed_sign() -> tuple[float, float]:
    """The signs are reversed. This neuron's output is too large, so a larger b raises the loss."""
    return 9.0, -3.0


def forgot_the_input() -> tuple[float, float]:
    """The slope along w has the factor x, which multiplies w. You gave that along b twice."""
    return 3.0, 3.0


def swapped() -> tuple[float, float]:
    """dw and db are swapped. The slope along w is the one with the factor x."""
    return 3.0, -9.0


def forgot_the_two() -> tuple[float, float]:
    """The slope of a square is 2 · (ŷ − y): the 2 is missing."""
    return -4.5, 1.5


def weight_for_input() -> tuple[float, float]:
    """You multiplied by w. Along w the slope of w·x is the other factor, x."""
    return 1.5, 3.0


@question(
    "A neuron's two slopes",
    minutes=4,
    difficulty=1,
    place=10,
    names=("dw", "db"),
    hints=HINTS,
    why="ŷ = −0.5 is 1.5 too large, so the slope along ŷ is 3: times x = −3 for w, times 1 for b.",
    mistakes=(reversed_sign, swapped, forgot_the_input, forgot_the_two, weight_for_input),
)
def neuron() -> tuple[float, float]:
    """The slopes of the loss (w·x + b − y)² along w and along b, worked out on paper,
    at x = -3, w = 0.5, b = 1, y = -2: two numbers, dw and db.
    """
    x, w, b, y = -3.0, 0.5, 1.0, -2.0
    outer = 2 * (w * x + b - y)
    return outer * x, outer
