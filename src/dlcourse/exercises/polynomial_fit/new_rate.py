"""The rate for the other loss."""

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "A step is the rate times the slope. What happens to the slope, sum against mean?",
    "The mean is the sum divided by the number of points, and so is each of its slopes.",
    "The slopes are 500 times smaller: what must the rate be, for the same product?",
)


def rate_kept() -> float:
    """You kept the rate: the mean's slopes are 500 times smaller, and so would be each step."""
    return 4e-6


def rate_divided() -> float:
    """You divided: the slopes become 500 times smaller, and your rate makes them smaller again."""
    return 4e-6 / 500


def rate_squared() -> float:
    """You scaled by 500 twice: the errors are squared, but the mean divides by 500 only once."""
    return 4e-6 * 500**2


def rate_of_the_page() -> float:
    """You counted the points of the lesson: these are other points, so take their number."""
    return 4e-6 * 2000


@question(
    "The rate for the other loss",
    minutes=2,
    difficulty=1,
    place=10,
    hints=HINTS,
    why="The mean's slopes are 1/500 of the sum's, so the rate has to be 500 times as large.",
    mistakes=(rate_kept, rate_divided, rate_squared, rate_of_the_page),
    tolerance=Tolerance(absolute=0),
)
def new_rate() -> float:
    """A fit to 500 points does well on the summed squared error at the rate 4e-6.

    Now the loss becomes the mean squared error. Which rate makes the very same steps?
    """
    return 4e-6 * 500
