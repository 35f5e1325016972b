"""A false alarm."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "What did the plot of this section say about nudges in float32?",
    "The layer multiplies X by its weights. Which dtypes may meet in a product?",
    "Everything that takes part in the calculation should have about 16 digits.",
)


def blames_the_layer() -> str:
    """The slopes of nn.Linear are right. The nudges are not: in float32, rounding swallows them."""
    return "a"


def loosens_the_check() -> str:
    """With so much tolerance the check would return True for many a wrong slope as well."""
    return "b"


def doubles_the_inputs_only() -> str:
    """Then the product of float64 inputs and float32 weights raises an error: dtypes must agree."""
    return "c"


@question(
    "A false alarm",
    minutes=3,
    difficulty=1,
    place=70,
    names=("false_alarm",),
    hints=HINTS,
    why="A check by nudging needs float64 throughout: the inputs and the layer's own numbers.",
    mistakes=(blames_the_layer, loosens_the_check, doubles_the_inputs_only),
)
def false_alarm() -> str:
    """`gradcheck(torch.nn.Linear(3, 2), X, raise_exception=False)`, with a random X of shape (4, 3)
    that asks for slopes, returns False, and warns. What do you do? (nn.Linear is a ready-made layer
    of neurons: it multiplies X by weights of its own and adds biases.)

    a: report a bug, since nn.Linear has wrong slopes
    b: leave all in float32, and pass atol=0.1 and so on until it returns True
    c: make X float64, and leave the layer as it is
    d: make X float64, and the layer with `.double()` as well

    Answer with a letter, such as "a".
    """
    return "d"
