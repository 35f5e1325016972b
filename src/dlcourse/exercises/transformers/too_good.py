"""Too good to be true."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Which of the bugs can make a loss too low? And which of them touch validation only?",
    "A loss near 0 is out of reach for any honest model of a text. What is easy to predict?",
    "Which run would a leak test find? And which test costs nothing, before the first step?",
    "What do windows know of one another that begin at every eighth character?",
)

Six = tuple[str, str, str, str, str, str]
RIGHT = ("b", "y", "d", "x", "e", "z")


def but(**others: str) -> Six:
    """Return the right answers with some others in their places."""
    names = ("run_1", "proof_1", "run_2", "proof_2", "run_3", "proof_3")
    first, second, third, fourth, fifth, sixth = (
        others.get(name, letter) for name, letter in zip(names, RIGHT, strict=True)
    )
    return first, second, third, fourth, fifth, sixth


def good_model() -> Six:
    """run_1 is wrong: no text is so easy that a small network knows its next character for sure
    after 100 steps.
    """
    return but(run_1="a")


def leak_in_the_first() -> Six:
    """run_1 is wrong: the leak test is passed, so the model sees nothing later. And what is it that
    "eeeee" repeats?
    """
    return but(run_1="c")


def leak_for_the_second() -> Six:
    """run_2 is wrong: the leak test is passed. And a leak would make a loss too low; here the first
    one is far too high.
    """
    return but(run_2="c")


def overlap_for_the_second() -> Six:
    """run_2 is wrong: overlapping windows make a validation loss too low. Here it is the *first*
    loss that is strange, and far too high.
    """
    return but(run_2="e")


def leak_for_the_third() -> Six:
    """run_3 is wrong: a leak from the future would show in the leak test, which this run has
    passed.
    """
    return but(run_3="c")


def good_for_the_third() -> Six:
    """run_3 is wrong: on a new book it is worse than a table of counts. It has learned the first
    book by heart, and validation did not notice. Why not?
    """
    return but(run_3="a")


def leak_test_for_the_first() -> Six:
    """proof_1 is wrong: a model that copies its input looks at the present token only, so it passes
    the leak test. Look at what it is trained on.
    """
    return but(proof_1="w")


def leak_test_for_the_second() -> Six:
    """proof_2 is wrong: nothing leaks here. Which number should the first loss have, whatever the
    text?
    """
    return but(proof_2="w")


def first_loss_for_the_third() -> Six:
    """proof_3 is wrong: before training, no model has learned anything by heart."""
    return but(proof_3="x")


def leak_test_for_the_third() -> Six:
    """proof_3 is wrong: the leak test looks at the model. Here the model is right, and the split
    into training and validation is not.
    """
    return but(proof_3="w")


@question(
    "Too good to be true",
    minutes=6,
    difficulty=2,
    place=110,
    names=("run_1", "proof_1", "run_2", "proof_2", "run_3", "proof_3"),
    hints=HINTS,
    why="Each bug has a test of its own, and a falling loss is none of them.",
    mistakes=(
        good_model,
        leak_in_the_first,
        leak_for_the_second,
        overlap_for_the_second,
        leak_for_the_third,
        good_for_the_third,
        leak_test_for_the_first,
        leak_test_for_the_second,
        first_loss_for_the_third,
        leak_test_for_the_third,
    ),
)
def too_good() -> Six:
    """Three small GPTs were trained on a book of 73 different characters. For each, choose the
    cause of what was seen, "a" to "e", and the test that would prove it, "w" to "z".

    run_1, proof_1: after 100 steps its loss is 0.02, in training and in validation. Its code passes
        the leak test. After "Alice" it expects "eeeee".
    run_2, proof_2: its first loss is 42. After that the loss falls quickly, but remains behind that
        of a friend's model. Its code passes the leak test.
    run_3, proof_3: its validation loss is 1.2, much lower than a friend's. Its code passes the leak
        test. On another book of the same author it is worse than a table of counts.

    a: Nothing is wrong. The model is good.
    b: The targets are not shifted.
    c: The mask lets tokens see the future.
    d: The last layer uses the table of tokens, which starts with a spread of 1.
    e: Training and validation windows overlap in the text.

    w: Change the last token, and see whether anything before it changes.
    x: Compare the loss before the first step with ln 73.
    y: Print one row of the inputs, and below it the same row of the targets.
    z: Cut the text in two first, make windows of each part, and train again.
    """
    return "b", "y", "d", "x", "e", "z"
