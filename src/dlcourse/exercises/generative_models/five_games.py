"""Five games that went wrong."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Small losses of both: can two opponents both have what they want?",
    "A network whose weights are as at the start has had no slopes. What may have cut them off?",
    "D is to tell the samples apart. Who would make it say 1.00 of samples that are no good?",
    "A loss that stays at its value for “1/2 everywhere”: what keeps D from being sure?",
)

Five = tuple[str, str, str, str, str]


def wish_for_the_first() -> Five:
    """run_1 is wrong: a G that asks for 0 moves, and gets what it wants, with a loss near 0. Here
    its loss is 7.0, and it does not move.
    """
    return "a", "a", "f", "b", "e"


def tanh_for_the_first() -> Five:
    """run_1 is wrong: a G that ends with tanh still learns, as far as it gets. Here not one of its
    weights moves.
    """
    return "e", "a", "f", "b", "e"


def sigmoid_for_the_first() -> Five:
    """run_1 is wrong: with a sigmoid too many no loss could be 0.001. D is sure here, and right."""
    return "b", "a", "f", "b", "e"


def shared_for_the_second() -> Five:
    """run_2 is wrong: if G's step moved D to be fooled, D's own loss would be large. Here both
    losses are small.
    """
    return "d", "f", "f", "b", "e"


def ten_steps_for_the_second() -> Five:
    """run_2 is wrong: with ten steps G finds the point that D likes best, near a mode. Here no
    sample is near one, and D knows it, with a loss of 0.001.
    """
    return "d", "c", "f", "b", "e"


def wish_for_the_third() -> Five:
    """run_3 is wrong: if G asked for 0, it would not lead D to say 1.00 of its samples."""
    return "d", "a", "a", "b", "e"


def ten_steps_for_the_third() -> Five:
    """run_3 is wrong: ten steps of G can fool D for a moment, with samples near a mode. Here none
    is near one, and D still says 1.00: somebody has moved D that way.
    """
    return "d", "a", "c", "b", "e"


def ten_steps_for_the_fourth() -> Five:
    """run_4 is wrong: with ten steps the losses go up and down, since D can be sure. Here D says
    0.50 of everything, to two decimals.
    """
    return "d", "a", "f", "c", "e"


def cut_for_the_fifth() -> Five:
    """run_5 is wrong: G's weights move. What can its samples never be?"""
    return "d", "a", "f", "b", "d"


def shared_for_the_fifth() -> Five:
    """run_5 is wrong: D is not fooled at all. How does it know G's samples, whatever G learns?"""
    return "d", "a", "f", "b", "f"


@question(
    "Five games that went wrong",
    minutes=5,
    difficulty=2,
    place=115,
    names=("run_1", "run_2", "run_3", "run_4", "run_5"),
    hints=HINTS,
    why="No error names any of these faults. Look at weights, at D's answers and at samples, and "
    "not at losses alone.",
    mistakes=(
        wish_for_the_first,
        tanh_for_the_first,
        sigmoid_for_the_first,
        shared_for_the_second,
        ten_steps_for_the_second,
        wish_for_the_third,
        ten_steps_for_the_third,
        ten_steps_for_the_fourth,
        cut_for_the_fifth,
        shared_for_the_fifth,
    ),
)
def five_games() -> Five:
    """Five GANs were trained on the ring of eight modes, each with one fault. Choose the cause for
    each, a letter from "a" to "f". In a good run D's loss is about 1.3 and G's about 0.8.

    run_1: D's loss is 0.001 and G's is 7.0. Every weight of G is as it was at the start.
    run_2: both losses are 0.001. G's weights have moved, and no sample is near a mode.
    run_3: D's loss is 7.7. D says 1.00 of G's samples, and none of them is near a mode.
    run_4: D's loss is 1.386 and G's is 0.693. D says 0.50 of real samples and of G's. Two modes are
        covered.
    run_5: D's loss is 0.008 and G's is 5.5. G's weights move, but none of its coordinates gets
        beyond 1, and those of the ring reach 2.

    a: G asks for the label 0.
    b: D ends with a sigmoid, and its loss takes logits.
    c: G makes ten steps for each of D's.
    d: G's samples are cut off from the graph in G's own step.
    e: G ends with tanh.
    f: The optimizer of G's step has the weights of both networks.
    """
    return "d", "a", "f", "b", "e"
