"""How many products."""

from typing import TypeAlias

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "One layer is z = x @ W.T + b. Which gradients does backward compute from that of z?",
    "Two products for a layer: one for the gradient of W, and one for that of x. Are both needed?",
    "The gradient of the first layer's x is that of the pictures, which nobody asks for.",
    "With frozen layers: how far back is there a weight that still wants its gradient?",
)

Four: TypeAlias = tuple[int, int, int, int]


def one_each() -> Four:
    """backward is wrong: a layer has two gradients, that of its weights and that of its input, and
    each is a product of its own.
    """
    return 4, 4, 8, 3


def pictures_too() -> Four:
    """backward is wrong: nobody asks for the gradient of the pictures, so the first layer needs
    only one of the two products.
    """
    return 4, 8, 8, 3


def pictures_never() -> Four:
    """asked is wrong: now the gradient of the pictures is wanted, and that is one product more."""
    return 4, 7, 7, 3


def frozen_to_the_start() -> Four:
    """frozen is wrong: below the last weight that is to learn nobody needs a gradient, and backward
    stops there.
    """
    return 4, 7, 8, 5


def frozen_with_one_too_many() -> Four:
    """frozen is wrong: the third layer needs the gradient of its weights, but not that of its
    input, for nothing below it learns.
    """
    return 4, 7, 8, 4


def frozen_half() -> Four:
    """frozen is wrong: the last layer has to hand a gradient to the third, so it needs both."""
    return 4, 7, 8, 2


@question(
    "How many products",
    minutes=4,
    difficulty=2,
    place=120,
    names=("forward", "backward", "asked", "frozen"),
    hints=HINTS,
    why="Each layer costs one product forward and two backward, less what nobody asks for: that is "
    "why backward takes about twice as long, and why frozen layers are cheap.",
    mistakes=(
        one_each,
        pictures_too,
        pictures_never,
        frozen_to_the_start,
        frozen_with_one_too_many,
        frozen_half,
    ),
)
def products() -> tuple[int, int, int, int]:
    """A network has four linear layers with ReLUs between them, and reads a batch of pictures.
    How many matrix products does a profiler count in one step?

    forward: on the way forward.
    backward: on the way back.
    asked: on the way back, if the pictures have `requires_grad=True`.
    frozen: on the way back, if the pictures have not, and the weights and biases of the first two
        layers have `requires_grad=False`.
    """
    return 4, 7, 8, 3
