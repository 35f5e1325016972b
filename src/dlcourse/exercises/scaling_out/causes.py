"""Five runs on two processes."""

from typing import TypeAlias

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "DDP synchronizes in its own forward and backward. What do you call if you go around it?",
    "DDP adds up the gradients and divides by the number of processes, whatever your loss is.",
    "Compute the number of run_3 by hand: what is 0.45 the mean of?",
    "Weights are where they were in run_5. What else does an optimizer such as Adam read?",
)

Five: TypeAlias = tuple[str, str, str, str, str]


def shares_for_the_first() -> Five:
    """run_1 is wrong: with unequal shares both processes still make the same step, a wrong one, and
    their weights stay equal. Here nothing is exchanged.
    """
    return "e", "a", "f", "d", "b"


def sum_for_the_first() -> Five:
    """run_1 is wrong: with sums for means, both processes still make the same step, and their
    weights stay equal. Here nothing is exchanged.
    """
    return "a", "a", "f", "d", "b"


def shares_for_the_second() -> Five:
    """run_2 is wrong: unequal shares give some samples more weight, and others less. That turns the
    gradient; it does not make it shorter by the same factor everywhere.
    """
    return "c", "e", "f", "d", "b"


def module_for_the_second() -> Five:
    """run_2 is wrong: without synchronization each process has a gradient of its own, and not half
    of the common one.
    """
    return "c", "c", "f", "d", "b"


def shares_for_the_third() -> Five:
    """run_3 is wrong: unequal shares are there, but nothing is trained in a test. What is
    done with the two accuracies?
    """
    return "c", "a", "e", "d", "b"


def shares_for_the_fourth() -> Five:
    """run_4 is wrong: how long the shares are says nothing about the order of their samples."""
    return "c", "a", "f", "e", "b"


def weights_for_the_fourth() -> Five:
    """run_4 is wrong: nothing was restarted there. Who shuffles the samples, with which number?"""
    return "c", "a", "f", "b", "b"


def module_for_the_fifth() -> Five:
    """run_5 is wrong: all was well until the run was killed, so it does call the right model."""
    return "c", "a", "f", "d", "c"


def order_for_the_fifth() -> Five:
    """run_5 is wrong: the order of the samples cannot make a loss jump up and come back. What did
    the optimizer know before the kill?
    """
    return "c", "a", "f", "d", "d"


@question(
    "Five runs on two processes",
    minutes=5,
    difficulty=2,
    place=100,
    names=("run_1", "run_2", "run_3", "run_4", "run_5"),
    hints=HINTS,
    why="None of these raises an error: each is found by a number that one process would have had.",
    mistakes=(
        shares_for_the_first,
        sum_for_the_first,
        shares_for_the_second,
        module_for_the_second,
        shares_for_the_third,
        shares_for_the_fourth,
        weights_for_the_fourth,
        module_for_the_fifth,
        order_for_the_fifth,
    ),
)
def causes() -> tuple[str, str, str, str, str]:
    """Five programs ran on two processes, each with one fault and without an error. Choose the
    cause for each, a letter from "a" to "f".

    run_1: the weights are equal on both processes at the start. From the first step on they differ,
        and more with each step.
    run_2: the first gradient is exactly half of what one process with the whole batch computes.
    run_3: in a test of 11 samples process 0 has ten of them, nine of which are right, and process 1
        has one, which is wrong. The program prints an accuracy of 0.45.
    run_4: every epoch has the same batches, in the same order.
    run_5: it was killed, and started again from its file. The weights are those of the file, but
        the loss jumps up in the second step, and comes back only after 30.

    a: The loss is a sum over the samples of a process, with `reduction="sum"`.
    b: The file holds the weights and nothing else.
    c: The training calls `model.module(x)`.
    d: `set_epoch` of the sampler is never called.
    e: The shares are unequal, and each loss is the mean over one share.
    f: The accuracies of the processes are averaged.
    """
    return "c", "a", "f", "d", "b"
