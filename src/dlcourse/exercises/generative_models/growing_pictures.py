"""Sizes of transposed convolutions."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "A convolution makes (n + 2·padding − kernel) / stride + 1 of n, rounded down (lesson 08).",
    "Ask it backward: of which n does the convolution with these numbers make the input's size?",
    "Solve for n: (size − 1) · stride − 2 · padding + kernel.",
    "Where two n fit because of the rounding, the smaller one comes out.",
)

Three = tuple[int, int, int]


def rounded_up() -> Three:
    """third is wrong, and nearly right: the convolution makes 14 of 27 and of 28, since it rounds
    down. The smaller one comes out, unless you ask for more with `output_padding=1`.
    """
    return 7, 14, 28


def first_stays() -> Three:
    """first is wrong: each place of the input becomes a patch of the size of the kernel. A single
    place becomes one patch.
    """
    return 1, 2, 3


def padding_forgotten() -> Three:
    """You forgot the padding: a convolution adds it to its input, so here it is taken from the
    result, at both ends.
    """
    return 7, 16, 33


def padding_once() -> Three:
    """You took the padding off once. It is at both ends."""
    return 7, 15, 30


def padding_added() -> Three:
    """You added the padding. A convolution adds it to its input, so here it is taken off."""
    return 7, 18, 39


def kernel_forgotten() -> Three:
    """You multiplied by the stride only. The last place of the input becomes a whole patch, as
    large as the kernel, and the padding is taken off.
    """
    return 1, 2, 4


def plain_convolution() -> Three:
    """Those are sizes of plain convolutions, which shrink. A transposed one grows: what size would
    the convolution shrink to this input?
    """
    return 7, 3, 2


@question(
    "Sizes of transposed convolutions",
    minutes=5,
    difficulty=2,
    place=210,
    names=("first", "second", "third"),
    hints=HINTS,
    why="A transposed convolution has the sizes of a convolution backward, the smaller of two.",
    mistakes=(
        rounded_up,
        first_stays,
        padding_forgotten,
        padding_once,
        padding_added,
        kernel_forgotten,
        plain_convolution,
    ),
)
def growing_pictures() -> Three:
    """A generator of pictures has to make large maps of small ones. A transposed convolution does:
    its output has the size from which a convolution with the same kernel, stride and padding would
    get back to the size of the input. If two sizes would do, it makes the smaller one.

    The noise is (64, 100, 1, 1). After each layer the maps are squares. How many rows does a map
    have?
    first: nn.ConvTranspose2d(100, 32, kernel_size=7)
    second: nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1)
    third: nn.ConvTranspose2d(16, 1, kernel_size=3, stride=2, padding=1)
    """
    return 7, 14, 27
