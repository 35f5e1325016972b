"""The slopes of one sigmoid neuron."""

import math

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two slopes are multiplied: that of the sigmoid, and that of the score w·x + b.",
    "The sigmoid's slope is s · (1 − s), where s is its output. Which of the numbers is that?",
    "The score's slope is w along x, x along w, and 1 along b: multiply each by 0.8 · 0.2.",
)


def fed_the_score() -> tuple[float, float, float]:
    """You put the score into s · (1 − s). That formula takes the sigmoid's output, here 0.8."""
    inner = math.log(4) * (1 - math.log(4))
    return 0.5 * inner, 2 * inner, inner


def squashed_twice() -> tuple[float, float, float]:
    """You squashed twice: 0.8 is already the sigmoid's output, so it goes in as it is."""
    again = 1 / (1 + math.exp(-0.8))
    return 0.5 * again * (1 - again), 2 * again * (1 - again), again * (1 - again)


def swapped_factors() -> tuple[float, float, float]:
    """You swapped two factors: the score w · x + b has the slope w along x, and x along w."""
    return 0.32, 0.08, 0.16


def left_out_the_inside() -> tuple[float, float, float]:
    """You stopped at the sigmoid: multiply by the score's slope, which is w along x, x along w."""
    return 0.16, 0.16, 0.16


def output_for_slope() -> tuple[float, float, float]:
    """You multiplied by the sigmoid's output, 0.8. Its slope is s · (1 − s), here 0.8 · 0.2."""
    return 0.4, 1.6, 0.8


def slopes_of_the_score() -> tuple[float, float, float]:
    """These are the slopes of the score alone. Multiply each by the sigmoid's slope, 0.8 · 0.2."""
    return 0.5, 2.0, 1.0


@question(
    "The slopes of one sigmoid neuron",
    minutes=3,
    difficulty=1,
    place=10,
    names=("dx", "dw", "db"),
    hints=HINTS,
    why="The sigmoid's slope is 0.8 · 0.2 = 0.16; times w = 0.5 along x, times x = 2 along w.",
    mistakes=(
        fed_the_score,
        squashed_twice,
        swapped_factors,
        left_out_the_inside,
        output_for_slope,
        slopes_of_the_score,
    ),
    tolerance=Tolerance(relative=2e-3),
)
def sigmoid_neuron() -> tuple[float, float, float]:
    """The slopes of a neuron's output, sigmoid(w·x + b), along x, w and b.

    Here x = 2 and w = 0.5; the score w·x + b is log 4 = 1.386, and the output 0.8.
    """
    x, w, s = 2, 0.5, 0.8
    slope = s * (1 - s)
    return w * slope, x * slope, slope
