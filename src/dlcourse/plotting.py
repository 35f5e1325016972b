"""Figures that everyone can read: each is shown with a sentence that says what it shows.

The look of the figures is in `course.mplstyle`: `plt.style.use(["default", "dlcourse.course"])`,
which first undoes what a matplotlibrc of the learner's own has set.
Covers: one still picture with its description, a grid of images, a digit beside what it is read as.
Does not cover: the plots themselves; lessons draw those with matplotlib's own functions.
"""

import base64
import html
import io
import math
from collections.abc import Iterable, Sequence

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

_DOTS_PER_INCH = 144  # sharp on today's screens
_PIXELS_PER_INCH = 100  # the width on the page
_SHORTEST_DESCRIPTION = 20  # letters; less than this is a title, not a description


def show(fig: Figure, alt: str) -> None:
    """Show `fig` in the notebook, with the sentence `alt` for readers who cannot see it.

    Raises:
        ValueError: if `alt` is too short to say what the figure shows.
    """
    display(as_output(fig, alt), raw=True)  # type: ignore[no-untyped-call]


def as_output(fig: Figure, alt: str) -> dict[str, str]:
    """Return what a notebook shows for `fig`, as a text for each MIME type, and close `fig`.

    The picture travels as an HTML image, since JupyterLab, nbconvert and MyST-NB all ignore the
    descriptions of plain image outputs; `alt` is also the output's plain text. `fig` is closed,
    or the notebook would show it a second time, without a description.

    Raises:
        ValueError: if `alt` is too short to say what the figure shows.
    """
    alt = " ".join(alt.split())
    if len(alt) < _SHORTEST_DESCRIPTION:
        msg = f"alt={alt!r} must say in a sentence what the figure shows"
        raise ValueError(msg)
    data = base64.b64encode(_small_png(fig)).decode()
    width = round(fig.get_figwidth() * _PIXELS_PER_INCH)
    plt.close(fig)
    image = f'<img src="data:image/png;base64,{data}" width="{width}" alt="{html.escape(alt)}">'
    return {"text/html": image, "text/plain": alt}


def _small_png(fig: Figure) -> bytes:
    """Return `fig` as a PNG of at most 256 colors, about a third of its usual size."""
    png, small = io.BytesIO(), io.BytesIO()
    # As drawn, whatever the learner's own settings do to files.
    as_drawn = plt.rc_context(
        {"savefig.transparent": False, "savefig.facecolor": "auto", "savefig.bbox": "standard"}
    )
    with as_drawn:
        fig.savefig(png, format="png", dpi=_DOTS_PER_INCH)
    # The default method of `quantize` draws bands into color bars; this one does not.
    picture = Image.open(png).convert("RGB")
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(small, "PNG", optimize=True)
    return small.getvalue()


def show_images(
    images: Sequence[Tensor] | Tensor, titles: Iterable[object], alt: str, *, columns: int = 5
) -> None:
    """Show gray images side by side, each with its title.

    Args:
        images: each of shape (H, W); an image's smallest value is drawn black, its largest white.
        titles: one for each image; anything that `str` accepts.
        alt: what the pictures show, in a sentence.
        columns: the number of images in a row.

    Raises:
        ValueError: if there are more images than titles, or fewer, or `alt` is too short.
    """
    pairs = list(zip(images, titles, strict=True))
    rows = math.ceil(len(pairs) / columns)
    fig, axes = plt.subplots(rows, columns, figsize=(1.4 * columns, 1.65 * rows), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, (image, title) in zip(axes.flat, pairs, strict=False):
        ax.imshow(image.detach().cpu().numpy(), cmap="gray")
        ax.set_title(str(title), fontsize=11, fontweight="normal", loc="center")
    show(fig, alt)


def draw_answer(picture: Tensor, percents: Sequence[float], answer: str) -> Figure:
    """Return a figure of a gray picture beside ten bars, what a network says to it.

    Args:
        picture: shape (H, W), 0 for black to 255 for white.
        percents: of the digits 0 to 9.
        answer: the title above the bars.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3), width_ratios=[1, 2.2])
    left.imshow(picture.detach().cpu().numpy(), cmap="gray", vmin=0, vmax=255)
    left.set(title="The drawing", xticks=[], yticks=[])
    right.bar_label(right.bar(range(10), percents), fmt="%.0f", fontsize=9)
    right.set(title=answer, xlabel="digit", ylabel="probability (%)")
    right.set(xticks=range(10), yticks=range(0, 101, 20), ylim=(0, 112))  # room for a label
    return fig
