"""The exercises of lesson 00: what a network keeps, and how sure it is."""

from dlcourse.exercise import question

# ---------------------------------------------------------------------------- elsewhere


def needs_the_pictures() -> str:
    """You took it that the network looks things up in the pictures. They served to fit the weights; to read, it multiplies by the weights, and needs nothing else."""  # noqa: E501
    return "a"


def goes_on_learning() -> str:
    """You took it that the network learns while it is used. Only the optimizer's step changes a weight: look for one in your friend's program."""  # noqa: E501
    return "b"


def knows_by_heart() -> str:
    """You took it that the network recalls the pictures that it has seen. The lesson counts 6,000 pixels for each weight, and tests on pictures that it has never seen."""  # noqa: E501
    return "d"


@question(
    "A network on another computer",
    minutes=2,
    difficulty=1,
    hints=(
        "What is in the file? Not everything that was used for the training.",
        "Reading a picture is one line, `X @ W`. What does it need, and what does it change?",
        "Count the weights that had changed after the 1,000 uses above.",
    ),
    why="The weights are all that reading needs, and only an optimizer's step changes them.",
    mistakes=(needs_the_pictures, goes_on_learning, knows_by_heart),
)
def elsewhere() -> str:
    """You save `W` in a file and send it to a friend, who has none of your 60,000 pictures.
    Your friend's program computes `X_new @ W` for 1,000 new pictures of digits, day after day.
    What happens? Answer with a letter, "a" to "d".

    a: It cannot work: the pictures that the network was trained on are missing.
    b: It works, and better every day, since the network learns from the new pictures.
    c: It works as well as it did for you, on the last day as on the first.
    d: It works for those pictures only that are the same as one of your 60,000.
    """
    return "c"


# ---------------------------------------------------------------------------- sure_of_a_cat


def nearly_certain() -> str:
    """You took a high probability for a right answer. The ten add up to 1 whatever the picture shows, so one of them can be high for a cat, or for noise."""  # noqa: E501
    return "a"


def looks_alike() -> str:
    """You took the probability for a likeness. It is a share among the ten digits: it would be as high for a picture that is hardly like a 3, if it is still less like the others."""  # noqa: E501
    return "c"


def faulty() -> str:
    """You expect that the network notices what is no digit. It has only ten answers, and nothing in its training asked it to be unsure: the noise above got high probabilities, too."""  # noqa: E501
    return "d"


@question(
    "How sure is it of a cat?",
    minutes=2,
    difficulty=1,
    hints=(
        "How many answers can the network give, and is 'no digit' one of them?",
        "The ten probabilities add up to 1. What do they share out among them?",
        "The noise held no digit, and the network was sure of one. What did it compare?",
    ),
    why="A probability tells how the ten digits compare, not whether the picture shows a digit.",
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
