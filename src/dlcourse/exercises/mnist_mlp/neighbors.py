"""One picture in two batches."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "In which mode does a picture's result depend on the batch's mean?",
    "The mean of 64 pictures of a 3 differs from the mean of 64 mixed digits.",
    "Only one call switches batch norm to the averages that it remembered.",
)


def only_weights_count() -> str:
    """The weights are the same both times, but batch norm does not compute from them alone: read
    what it subtracts in training mode.
    """
    return "a"


def no_grad_will_do() -> str:
    """`no_grad` only says that nobody will ask for gradients. It changes no layer's mode, so what
    the layers compute stays as it was.
    """
    return "b"


def neighbors_always_count() -> str:
    """Then nobody could use such a network: the answer for one picture would depend on who else
    asks. One of the two modes does without the batch's own mean.
    """
    return "d"


@question(
    "One picture in two batches",
    minutes=2,
    difficulty=1,
    place=50,
    hints=HINTS,
    why="In eval mode batch norm uses remembered averages, so that neighbors play no part.",
    mistakes=(only_weights_count, no_grad_will_do, neighbors_always_count),
)
def neighbors() -> str:
    """Batch norm is another layer that works in two ways. In training mode it subtracts the mean
    of the batch from each number (and divides by its spread); in eval mode it uses averages that
    it remembered from training.

    A trained network with batch norm gets a picture of a 3 twice: among 63 other pictures of a 3,
    and among 63 pictures of all digits. The ten scores of that picture are

    "a": the same both times in either mode, since the weights are the same
    "b": different in training mode; the same under `torch.no_grad()`, in either mode
    "c": different in training mode, even under `torch.no_grad()`; the same after `eval()`
    "d": different in either mode
    """
    return "c"
