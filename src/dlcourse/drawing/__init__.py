"""A pad to draw a digit on, by mouse, finger or keys, beside what a network says to it.

The pad's page is pad.js and pad.css, which anywidget brings to JupyterLab.

Covers: drawing, the answer in words and as bars, a picture of both where no kernel runs.
Does not cover: bringing the drawing into MNIST's form and reading it, which lesson 05 builds.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import anywidget
import torch
import traitlets
from ipywidgets.widgets.trait_types import CByteMemoryView  # type: ignore[import-untyped]
from torch import Tensor

from dlcourse.plotting import as_output, draw_answer

SIDE = 280  # pixels of the drawing, as in pad.js

Read: TypeAlias = Callable[[Tensor], Tensor]


class DigitPad(anywidget.AnyWidget):
    """The pad; a notebook shows it where it is the value of a cell's last line."""

    _esm = Path(__file__).with_name("pad.js")
    _css = Path(__file__).with_name("pad.css")
    pixels = CByteMemoryView(bytes(SIDE * SIDE)).tag(sync=True)
    drawn = traitlets.Int(0).tag(sync=True)  # how many drawings came from the page
    answer = traitlets.Dict().tag(sync=True)  # text, and percents: ten numbers from 0 to 100

    def __init__(self, read: Read, drawing: Tensor | None = None) -> None:
        """Make a pad.

        Args:
            read: is given each drawing, uint8 of shape (280, 280), 0 for paper and 255 for ink;
                returns ten probabilities, shape (10,). If it raises, the pad shows the error.
            drawing: what is on the pad at first, of the same form; nothing if left out.
        """
        super().__init__()
        self._read = read
        if drawing is not None:
            self.pixels = drawing.to(torch.uint8).cpu().contiguous().numpy().tobytes()
        self._look()
        self.observe(self._look, "drawn")

    @property
    def drawing(self) -> Tensor:
        """What is on the pad, uint8 of shape (280, 280), 0 for paper and 255 for ink."""
        return torch.frombuffer(bytearray(self.pixels), dtype=torch.uint8).view(SIDE, SIDE)

    def _look(self, _: object = None) -> None:
        """Ask for the probabilities of what is drawn, and show them."""
        drawing, percents = self.drawing, [0.0] * 10
        if not drawing.any():
            text = "Draw a digit, 0 to 9."
        else:
            try:
                percents = _percents(self._read(drawing))
                text = _tell(percents)
            except Exception as error:  # noqa: BLE001 - the learner's own function may raise anything
                text = f"Reading the drawing raised {type(error).__name__}: {error}"
        # With the number, since an answer equal to the last one would not reach the page.
        self.answer = {"text": text, "percents": percents, "drawn": self.drawn}

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401
        """Return the pad for a page with a kernel, and a picture of it for any other."""
        live, metadata = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        text = self.answer["text"]
        fig = draw_answer(self.drawing, self.answer["percents"], text)
        picture = as_output(fig, f"A pad with a drawing, white on black. {text}")
        return live | picture, metadata


def _percents(probabilities: Tensor) -> list[float]:
    """Return ten probabilities as percentages; ValueError where they are something else."""
    if tuple(probabilities.shape) != (10,):
        msg = f"it returned shape {tuple(probabilities.shape)} and not (10,)"
        raise ValueError(msg)
    percents: list[float] = (100 * probabilities.detach().cpu().double()).tolist()
    return percents


def _tell(percents: list[float]) -> str:
    """Return the answer in a sentence, with the second choice where it is not negligible."""
    first, second = sorted(range(10), key=lambda digit: -percents[digit])[:2]
    text = f"The network says {first} ({percents[first]:.0f} %)"
    if percents[second] >= 1:
        text += f", or {second} ({percents[second]:.0f} %)"
    return text + "."
