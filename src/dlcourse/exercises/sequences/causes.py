"""Five runs that went wrong."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Sequences of a batch should know nothing of one another. Which cause lets them?",
    "How much of a cell is left after 100 steps if each step halves it?",
    "In one of the runs all numbers are right. What is kept there that nobody needs?",
    "A number that is far too good was counted in a friendly way. What is easy to predict?",
)

Five = tuple[str, str, str, str, str]


def gates_for_the_first() -> Five:
    """run_1 is wrong: half-open gates make a network forget its own sequence, but they carry
    nothing from one sequence to another.
    """
    return "f", "e", "a", "f", "b"


def padding_for_the_first() -> Five:
    """run_1 is wrong: padding belongs to its own sequence, too. What could make one sequence depend
    on another?
    """
    return "a", "e", "a", "f", "b"


def gates_for_the_second() -> Five:
    """run_2 is wrong: gates that forget make slopes vanish. Here a norm jumps up by many powers of
    ten.
    """
    return "c", "f", "a", "f", "b"


def graph_for_the_second() -> Five:
    """run_2 is wrong: a graph that is kept costs memory from the start. Here all was well until one
    single step.
    """
    return "c", "b", "a", "f", "b"


def clipping_for_the_third() -> Five:
    """run_3 is wrong: nothing here explodes. The same network is better or worse, depending on how
    it is measured.
    """
    return "c", "e", "e", "f", "b"


def argmax_for_the_third() -> Five:
    """run_3 is wrong: a perplexity comes from the losses. Nothing is drawn for it."""
    return "c", "e", "d", "f", "b"


def clipping_for_the_fourth() -> Five:
    """run_4 is wrong: clipping only shortens gradients. It cannot bring back slopes that have
    vanished.
    """
    return "c", "e", "a", "e", "b"


def batch_first_for_the_fourth() -> Five:
    """run_4 is wrong: a network that walks along the batch could not learn the last 20 steps
    either.
    """
    return "c", "e", "a", "c", "b"


def gates_for_the_fifth() -> Five:
    """run_5 is wrong: half-open gates need no more memory than others. What grows from chunk to
    chunk?
    """
    return "c", "e", "a", "f", "f"


def padding_for_the_fifth() -> Five:
    """run_5 is wrong: one long text, cut into chunks of equal length, has no padding. What grows
    from chunk to chunk?
    """
    return "c", "e", "a", "f", "a"


def exploding_for_the_fifth() -> Five:
    """run_5 is wrong: a loss is measured here, and no step is made that could go too far. What
    grows from chunk to chunk?
    """
    return "c", "e", "a", "f", "e"


@question(
    "Five runs that went wrong",
    minutes=5,
    difficulty=2,
    place=140,
    names=("run_1", "run_2", "run_3", "run_4", "run_5"),
    hints=HINTS,
    why="No error names any of these causes; each leaves a trace in some number.",
    mistakes=(
        gates_for_the_first,
        padding_for_the_first,
        gates_for_the_second,
        graph_for_the_second,
        clipping_for_the_third,
        argmax_for_the_third,
        clipping_for_the_fourth,
        batch_first_for_the_fourth,
        gates_for_the_fifth,
        padding_for_the_fifth,
        exploding_for_the_fifth,
    ),
)
def causes() -> Five:
    """Five recurrent networks were trained, and each run went wrong for one reason. Choose the
    cause of each, a letter from "a" to "f".

    run_1: its answers are no better than chance. And the answer to a sequence changes with the
        other sequences of its batch.
    run_2: its loss falls for 410 steps, and is huge from then on. The norms of the gradient around
        that step: 0.8, 1.1, 0.9, 60,000,000.
    run_3: on a batch of names, its perplexity is 2.7. On the same names, given one at a time, it
        is 9.
    run_4: an LSTM that learns what depends on the last 20 steps, but never what depends on a step
        100 steps back. The norm of its gradient is between 0.1 and 1 all the time.
    run_5: its loss is measured on one long text, in chunks of 30 characters, with the state
        carried on. After each chunk more memory is in use than before, until there is none left.

    a: Padding counts in the loss.
    b: The state is carried on together with its graph.
    c: The network was made without `batch_first=True`, and its input is (B, T, D).
    d: The most likely symbol is taken in place of a draw.
    e: The gradient is not clipped.
    f: The forget gates start half open.
    """
    return "c", "e", "a", "f", "b"
