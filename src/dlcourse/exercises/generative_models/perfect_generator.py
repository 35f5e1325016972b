"""A perfect generator."""

import math

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "No sample tells where it came from. What is left for D to go by?",
    "Call its one answer d. The loss is −ln d for a real sample, and −ln(1 − d) for one of G's.",
    "The sum of the two means is −ln d − ln(1 − d). At which d is it smallest?",
    "In one mean over 400 samples, 300 want a large d and 100 a small one.",
)

Three = tuple[float, float, float]


def loss_of_one_half() -> Three:
    """The loss is that of only one of the two means. D's loss is their sum."""
    return 0.5, math.log(2), 0.75


def loss_of_nothing() -> Three:
    """A loss of 0 would mean that D is sure, and right. Here it cannot know: what is −ln d for the
    d that you answered?
    """
    return 0.5, 0.0, 0.75


def value_of_the_game() -> Three:
    """You gave the loss the other sign. It is −ln d − ln(1 − d), and both parts are above 0."""
    return 0.5, -2 * math.log(2), 0.75


def counts_ignored() -> Three:
    """The last one is wrong: in one mean over all samples, three of four are real, and D should say
    what is true of a sample about which nothing else is known.
    """
    return 0.5, 2 * math.log(2), 0.5


def share_of_the_generator() -> Three:
    """The last one is wrong: that is the share of G's samples. D gives the probability that a
    sample is real.
    """
    return 0.5, 2 * math.log(2), 0.25


def counts_in_both() -> Three:
    """The first is wrong: a mean does not depend on how many samples it is of, so each side counts
    for half.
    """
    return 0.75, -math.log(0.75) - math.log(0.25), 0.75


def all_called_real() -> Three:
    """If D called everything real, each of G's samples would cost it a huge loss. Which one answer
    costs least?
    """
    return 1.0, 0.0, 1.0


@question(
    "A perfect generator",
    minutes=4,
    difficulty=1,
    place=33,
    names=("says", "loss", "says_with_one_mean"),
    hints=HINTS,
    why="With nothing to go by, D says what share is real, as the loss weighs it: with two means "
    "half, whatever the counts.",
    mistakes=(
        loss_of_one_half,
        loss_of_nothing,
        value_of_the_game,
        counts_ignored,
        share_of_the_generator,
        counts_in_both,
        all_called_real,
    ),
    tolerance=Tolerance(relative=0.0, absolute=0.006),
)
def perfect_generator() -> Three:
    """G has become perfect: nothing tells its samples from real ones. A batch has 300 real samples
    and 100 of G's, and D is as good as it can be.

    says: D's loss is the sum of two means, one over the real samples, one over G's. Which
        probability does D give to "real", whatever the sample?
    loss: what is D's loss then?
    says_with_one_mean: now D's loss is one mean over all 400 samples. Which probability does it
        give to "real"?
    """
    return 0.5, 2 * math.log(2), 3 / 4
