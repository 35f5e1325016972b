"""What a loss of 1.386 says."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "2 ln 2 is 1.386. What does D answer, on average, for such a loss?",
    "The lesson has several games with this loss. Were the samples good in all of them?",
    "Whether there is something to tell is a question about the samples. Who else could be asked?",
    "A judge that was not part of the game, and has seen none of its steps, owes nothing to it.",
)

Two = tuple[str, str]


def converged() -> Two:
    """known is wrong: the lesson's game with a sigmoid too many had this loss, with two modes of
    eight at most. A D that cannot tell does not mean that there is nothing to tell.
    """
    return "a", "g"


def collapsed() -> Two:
    """known is wrong: a collapsed game may have this loss, but so may a perfect one."""
    return "b", "g"


def overpowered() -> Two:
    """known is wrong: a D that wins has a loss near 0. Here it does no better than a coin."""
    return "d", "g"


def stopped() -> Two:
    """known is wrong: a loss that stands still says nothing about the weights. Both may move on,
    each answering the other.
    """
    return "e", "g"


def watch_the_loss() -> Two:
    """next_step is wrong: the same loss, for longer, says no more than before."""
    return "c", "f"


def faster_generator() -> Two:
    """next_step is wrong: more steps of G make it run after a D that knows nothing. In the lesson
    that led to a collapse.
    """
    return "c", "h"


def loss_of_the_generator() -> Two:
    """next_step is wrong: if D answers 1/2 everywhere, G's loss is ln 2, whatever its samples are.
    It follows from what you know already.
    """
    return "c", "i"


def both_from_the_losses() -> Two:
    """Both are wrong: the losses are D's opinion, and this D may be a bad judge."""
    return "a", "f"


@question(
    "What a loss of 1.386 says",
    minutes=4,
    difficulty=2,
    place=100,
    names=("known", "next_step"),
    hints=HINTS,
    why="D's loss is the opinion of one judge: ask another one before you believe it.",
    mistakes=(
        converged,
        collapsed,
        overpowered,
        stopped,
        watch_the_loss,
        faster_generator,
        loss_of_the_generator,
        both_from_the_losses,
    ),
)
def what_is_known() -> Two:
    """D's loss, the sum of two means, has been 1.386 for 500 steps.

    What is known? Choose one letter from "a" to "e".
    a: G's samples are distributed like the real ones.
    b: G's samples are all near one mode.
    c: This D cannot tell G's samples from real ones.
    d: D has won, and G's slopes have vanished.
    e: No weight moves any more.

    What should be done next, to find out how good the samples are? Choose one from "f" to "i".
    f: Go on for 5,000 steps, and see whether the loss stays.
    g: Keep G as it is. Train a new, larger network to tell its samples from real ones, and look at
       its accuracy on samples that it has not seen.
    h: Give G ten steps for each of D's.
    i: Look at G's loss.
    """
    return "c", "g"
