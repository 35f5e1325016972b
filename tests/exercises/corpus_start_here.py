"""Answers to the questions of lesson 00."""

from corpus import right, wrong
from dlcourse.exercises import start_here as ex


@right(ex.elsewhere)
def elsewhere_plain() -> str:
    return "c"


@right(ex.elsewhere)
def elsewhere_large() -> str:
    return " C "


@wrong(ex.elsewhere, "used to fit the weights")
def elsewhere_needs_the_pictures() -> str:
    return "a"


@wrong(ex.elsewhere, "Only the optimizer's step changes a weight")
def elsewhere_learns_on() -> str:
    return "b"


@wrong(ex.elsewhere, "never seen")
def elsewhere_knows_by_heart() -> str:
    return "d"


@wrong(ex.elsewhere)
def elsewhere_two_letters() -> str:
    return "b and c"


@wrong(ex.elsewhere, "a string, in quotes")
def elsewhere_the_place_of_the_letter() -> int:
    return 3


@right(ex.sure_of_a_cat)
def cat_large() -> str:
    return "B"


@wrong(ex.sure_of_a_cat, "add up to 1")
def cat_is_a_three() -> str:
    return "a"


@wrong(ex.sure_of_a_cat, "a share among the ten digits")
def cat_looks_alike() -> str:
    return "c"


@wrong(ex.sure_of_a_cat, "only ten answers")
def cat_is_a_fault() -> str:
    return "d"


@wrong(ex.sure_of_a_cat)
def cat_beyond() -> str:
    return "e"
