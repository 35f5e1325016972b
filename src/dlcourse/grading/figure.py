"""The figure of a class: of each exercise, how many students reached which outcome.

Covers: bars as SVG in the page itself, a sentence that says what they show.
Does not cover: the numbers (`report`), which the page has as a table, too.
"""

import base64
import io
from collections.abc import Mapping, Sequence

from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

# Colors of Okabe and Ito, which people with color blindness tell apart; hatches for gray paper.
_LOOKS = {
    "passed": ("#009E73", ""),
    "not yet": ("#E69F00", "//"),
    "your code raised": ("#D55E00", "xx"),
    "stopped": ("#CC79A7", "++"),
    "not attempted": ("#BBBBBB", ""),
    "missing": ("#FFFFFF", ".."),
}
OUTCOMES = tuple(_LOOKS)
_SETTINGS = {"hatch.linewidth": 0.5, "text.parse_math": False}


def draw(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Return the address of a picture, the picture itself in it, for an `<img>`.

    Args:
        counts: of each exercise, how many students reached which of the `OUTCOMES`.
    """
    with style.context(["default", "dlcourse.course", _SETTINGS]):
        figure = Figure(figsize=(8, 1.2 + 0.3 * len(counts)), layout="constrained")
        axes = figure.add_subplot()
        left = [0] * len(counts)
        names = [name.partition(".")[2] for name in counts]
        for outcome in _reached(counts):
            widths = [its[outcome] for its in counts.values()]
            color, hatch = _LOOKS[outcome]
            bars = axes.barh(range(len(counts)), widths, left=left, label=outcome, hatch=hatch)
            for bar in bars:
                bar.set(facecolor=color, edgecolor="#333333", linewidth=0.5)
            left = [a + b for a, b in zip(left, widths, strict=True)]
        axes.set_yticks(range(len(counts)), names)
        axes.invert_yaxis()
        axes.set_xlabel("students")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(loc="outside upper center", ncols=6, fontsize="small", frameon=False)
        svg = io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(svg.getvalue()).decode()


def describe(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Return what the figure shows, in a sentence."""
    passed = {name: its["passed"] for name, its in counts.items()}
    most, least = max(passed, key=passed.__getitem__), min(passed, key=passed.__getitem__)
    return (
        f"Bars of the outcomes in {len(counts)} exercises: {most} was passed by the most students "
        f"({passed[most]}), {least} by the fewest ({passed[least]}). The table has all numbers."
    )


def _reached(counts: Mapping[str, Mapping[str, int]]) -> Sequence[str]:
    return [name for name in OUTCOMES if any(its[name] for its in counts.values())]
