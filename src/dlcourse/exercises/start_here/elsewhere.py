"""A network on another computer."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "What is in the file? Not everything that was used for the training.",
    "Reading a picture is one line, `X @ W`. What does it need, and what does it change?",
    "Count the weights that had changed after the 1,000 uses above.",
)


def needs_the_pictures() -> str:
    """You assumed that the network looks things up in the pictures. They were used to fit the weights. To read, it multiplies by the weights, and needs nothing else."""  # noqa: E501
    return "a"


def goes_on_learning() -> str:
    """You assumed that the network learns while it is used. Only the optimizer's step changes a weight: look for one in your friend's program."""  # noqa: E501
    return "b"


def knows_by_heart() -> str:
    """You assumed that the network recalls the pictures that it has seen. The lesson counts 6,000 pixels for each weight, and tests on pictures that it has never seen."""  # noqa: E501
    return "d"


@question(
    "A network on another computer",
    minutes=2,
    difficulty=1,
    place=10,
    hints=HINTS,
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
    d: It works only for pictures that are the same as one of your 60,000.
    """
    return "c"
