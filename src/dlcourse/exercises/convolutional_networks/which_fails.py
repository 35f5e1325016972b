"""The one that nobody notices."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Write down the shapes from layer to layer. Where two do not fit, PyTorch raises an error.",
    "A convolution looks for its channels right after the batch. What does it find there?",
    "The right shape is not enough: is each number still in its row, column and color?",
)


def channel_where_rows_are() -> str:
    """(a) raises at once: after the batch come 28 rows, and the convolution wants 3 channels."""
    return "a"


def right_one() -> str:
    """(c) is right: `permute` brings the colors to the place of the channels, and each number
    keeps its row and column. 8 maps of 28 × 28 are flattened, as many as the linear layer takes.
    """
    return "c"


def size_without_border() -> str:
    """(d) raises: without padding the maps are 26 × 26, and the linear layer, which waits for
    8 · 28 · 28 numbers, gets 8 · 26 · 26.
    """
    return "d"


def batch_of_another_size() -> str:
    """(e) raises: `reshape(-1, 28 * 28)` makes 8 rows of each photo. The network gives 256 rows
    of scores, and `cross_entropy` complains that there are only 32 labels.
    """
    return "e"


@question(
    "The one that nobody notices",
    minutes=4,
    difficulty=1,
    place=130,
    hints=HINTS,
    why="`reshape` cuts anew: each channel of (b) is a third of the photo, its colors mixed.",
    mistakes=(channel_where_rows_are, right_one, size_without_border, batch_of_another_size),
)
def which_fails() -> str:
    """X holds 32 color photos, (32, 28, 28, 3): rows, columns, colors. y holds their 32 labels.

    conv is nn.Conv2d(3, 8, 3, padding=1); the loss is cross_entropy(scores, y).
    "a": scores = nn.Linear(8 * 28 * 28, 10)(conv(X).flatten(1))
    "b": scores = nn.Linear(8 * 28 * 28, 10)(conv(X.reshape(32, 3, 28, 28)).flatten(1))
    "c": scores = nn.Linear(8 * 28 * 28, 10)(conv(X.permute(0, 3, 1, 2)).flatten(1))
    "d": as "c", but conv has no padding
    "e": scores = nn.Linear(28 * 28, 10)(conv(X.permute(0, 3, 1, 2)).reshape(-1, 28 * 28))
    Which one is wrong, and raises no error?
    """
    return "b"
