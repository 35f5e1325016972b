"""One slow sample."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Only one of the 98 calls is slow. What is different about it?",
    "When does `torch.compile` translate: at its own line, at each call, or at some calls?",
    "The last batch has another shape than all before it.",
)


def outlier() -> str:
    """You treated it as a disturbance and threw it away. Other programs cost a call some milliseconds, not most of a second; and what was different about that call?"""  # noqa: E501
    return "a"


def warm_up_forgotten() -> str:
    """You blame the missing warm-up of the first shape. It was there: the slow sample is the last one, not the first."""  # noqa: E501
    return "c"


def small_is_slow() -> str:
    """You assumed that compiled code is slow for small batches. Call it a second time with 336 pictures: that call is as fast as the others."""  # noqa: E501
    return "d"


@question(
    "One slow sample",
    minutes=3,
    difficulty=1,
    place=70,
    hints=HINTS,
    why="A new shape is a new first call: warm up with every shape that you are going to measure.",
    mistakes=(outlier, warm_up_forgotten, small_is_slow),
)
def slow_sample() -> str:
    """`compiled = torch.compile(network)` is warmed up with a batch of 512 pictures. Then each
    call of an epoch is timed: 97 batches of 512 take 3 ms each; the last, with 336 pictures,
    takes 900 ms. What do you do? Answer with a letter, "a" to "d".

    a: I leave the 900 ms out: some other program was in the way.
    b: I warm up with batches of both sizes, and measure again.
    c: I warm up with more batches of 512, and measure again.
    d: I do not compile: for small batches the compiled code is slow.
    """
    return "b"
