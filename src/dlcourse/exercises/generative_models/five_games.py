"""Five games that went wrong."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Small losses of both: can two opponents both have what they want?",
    "A network whose weights are as at the start has had no slopes. What may have cut them off?",
    "A coin would cost D 1.386. A D with a larger loss is moved by something besides that loss.",
    "A loss that stays at its value for “1/2 everywhere”: what keeps D from being sure?",
)

Five = tuple[str, str, str, str, str]


def wish_for_the_first() -> Five:
    """run_1 is wrong: a G that asks for 0 moves, and gets what it wants, with a loss near 0. Here
    its loss is 6.5, and it does not move.
    """
    return "a", "a", "f", "b", "e"


def tanh_for_the_first() -> Five:
    """run_1 is wrong: a G that ends with tanh still learns, as far as it gets. Here not one of its
    weights moves.
    """
    return "e", "a", "f", "b", "e"


def sigmoid_for_the_first() -> Five:
    """run_1 is wrong: with a sigmoid too many no loss could be 0.004. D is sure here, and right."""
    return "b", "a", "f", "b", "e"


def shared_for_the_second() -> Five:
    """run_2 is wrong: if G's step moved D to be fooled, D's own loss would not be small. Here both
    losses are.
    """
    return "d", "f", "f", "b", "e"


def ten_steps_for_the_second() -> Five:
    """run_2 is wrong: with ten steps G finds the point that D likes best, and D has a loss well
    above 0. Here D knows all of G's samples.
    """
    return "d", "c", "f", "b", "e"


def wish_for_the_third() -> Five:
    """run_3 is wrong: if G asked for 0, both would have what they want, and losses near 0."""
    return "d", "a", "a", "b", "e"


def ten_steps_for_the_third() -> Five:
    """run_3 is wrong: with ten steps the samples are in a clump. Here they lie all around the ring,
    and D says 0.62 even of real samples: something has moved it toward “real”.
    """
    return "d", "a", "c", "b", "e"


def ten_steps_for_the_fourth() -> Five:
    """run_4 is wrong: with ten steps D can be sure, of the place where the samples were a moment
    ago. Here it says 0.51 of everything.
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
    each, a letter from "a" to "f". In a good run D's loss is about 1.35 and G's about 0.7.

    run_1: D's loss is 0.004 and G's is 6.5. Every weight of G is as it was at the start.
    run_2: both losses are below 0.001. G's weights have moved, and no sample is near a mode.
    run_3: D's loss is 1.44, and stays there. D gives 0.62 to real samples and to G's, which lie all
        around the ring.
    run_4: D's loss is 1.385 and G's is 0.68. In the loss D's probability is 0.51, for real samples
        and for G's. Two modes are covered.
    run_5: D's loss is 0.02 and G's is 4.7. G's weights move, but no coordinate of its samples gets
        beyond 1, and those of the ring reach 2.

    a: G asks for the label 0.
    b: D ends with a sigmoid, and its loss takes logits.
    c: G makes ten steps for each of D's.
    d: G's samples are cut off from the graph in G's own step.
    e: G ends with tanh.
    f: The optimizer of G's step has the weights of both networks.
    """
    return "d", "a", "f", "b", "e"
