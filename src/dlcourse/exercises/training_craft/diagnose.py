"""Four runs that went wrong."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "ln 10 is 2.303: that is the loss of a network that gives all ten classes equal scores.",
    "A first loss far above 2.3 is there before any step. What was set before the training?",
    "Which causes would leave the gradients as they are, and only the weights unmoved?",
    "A loss near 0 on the training pictures means that they are read right, whatever is counted.",
)


def rate_for_the_first() -> tuple[str, str, str, str]:
    """run_1 is wrong: its first loss is measured before the first step, so no rate can have
    anything to do with it. The network starts sure of wrong answers.
    """
    return "a", "c", "e", "a"


def labels_for_the_second() -> tuple[str, str, str, str]:
    """run_2 is wrong: with labels that belong to other pictures the gradients are not 0. Something
    is the same for all units.
    """
    return "b", "d", "e", "a"


def optimizer_for_the_second() -> tuple[str, str, str, str]:
    """run_2 is wrong: with another network's weights in the optimizer the weights would stay, but
    their gradients would not be 0.
    """
    return "b", "f", "e", "a"


def labels_for_the_third() -> tuple[str, str, str, str]:
    """run_3 is wrong: the loss uses the same labels, and it is nearly 0. So the labels have been
    learned, right or wrong. What is left is the counting.
    """
    return "b", "c", "d", "a"


def optimizer_for_the_third() -> tuple[str, str, str, str]:
    """run_3 is wrong: its loss falls, so the weights do move. What is left is the counting."""
    return "b", "c", "f", "a"


def start_for_the_fourth() -> tuple[str, str, str, str]:
    """run_4 is wrong: it starts well, near 2.3, so its first weights are fine. It is the steps that
    go too far.
    """
    return "b", "c", "e", "b"


def exchanged() -> tuple[str, str, str, str]:
    """You exchanged run_1 and run_4. The first loss comes before the first step: a bad one is the
    start's fault, and a good one that explodes is the rate's.
    """
    return "a", "c", "e", "b"


@question(
    "Four runs that went wrong",
    minutes=5,
    difficulty=2,
    place=110,
    names=("run_1", "run_2", "run_3", "run_4"),
    hints=HINTS,
    why="The first loss tells of the start, the gradients of what can move, and the loss and the "
    "accuracy watch each other.",
    mistakes=(
        rate_for_the_first,
        labels_for_the_second,
        optimizer_for_the_second,
        labels_for_the_third,
        optimizer_for_the_third,
        start_for_the_fourth,
        exchanged,
    ),
)
def diagnose() -> tuple[str, str, str, str]:
    """Four networks with two hidden layers learn to read the ten digits, with cross-entropy, SGD
    and batches of 10 pictures. Each has one fault: choose its cause, a letter from "a" to "f".

    run_1: its loss is 11.2 in the first step; after 20 steps it is below 2, and falling.
    run_2: its loss stays near 2.30. From the first step on, all gradients but that of the last
        bias are exactly 0.
    run_3: the loss on the training pictures falls to 0.02. The accuracy on them stays near 10 %.
    run_4: its losses are 2.3, 13,000, 7e12, and soon nan.

    a: The learning rate is far too high.
    b: The weights of the last layer were far too large at the start.
    c: All weights were 0 at the start.
    d: The labels belong to other pictures.
    e: The accuracy looks for the largest score along the wrong dimension.
    f: The optimizer was given the weights of another network.
    """
    return "b", "c", "e", "a"
