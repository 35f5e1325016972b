"""How sure is it of a cat?"""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "How many answers can the network give, and is 'no digit' one of them?",
    "The ten probabilities add up to 1. What do they share out among them?",
    "The noise held no digit, and yet the network chose one. What did it compare?",
)


def nearly_certain() -> str:
    """You took a high probability for a correct answer. The ten add up to 1 whatever the picture shows, so one of them can be high for a cat, or for noise."""  # noqa: E501
    return "a"


def looks_alike() -> str:
    """You took the probability for a similarity. It is a share among the ten digits: it would be as high for a picture that is hardly like a 3, if it is even less like the others."""  # noqa: E501
    return "c"


def faulty() -> str:
    """You expect the network to notice what is not a digit. It has only ten answers, and nothing in its training asked it to be unsure: the noise above got high probabilities, too."""  # noqa: E501
    return "d"


@question(
    "How sure is it of a cat?",
    minutes=2,
    difficulty=1,
    place=20,
    hints=HINTS,
    why="A probability says how the ten digits compare, not whether the picture shows a digit.",
    mistakes=(nearly_certain, looks_alike, faulty),
)
def sure_of_a_cat() -> str:
    """You show the network the drawing of a cat, and it gives the digit 3 a probability of 0.97.
    What do you know now? Answer with a letter, "a" to "d".

    a: That it is a 3, nearly certainly: of 100 such answers, about 97 are right.
    b: That of the ten digits the 3 has by far the highest score, and no more.
    c: That the drawing is 97 % like a 3, whatever it shows.
    d: That the network is broken: it should have given a tenth to each digit.
    """
    return "b"
