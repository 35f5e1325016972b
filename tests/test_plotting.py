"""Figures reach the page as small pictures with their description, and in the course's style."""

import base64
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from matplotlib.figure import Figure
from PIL import Image
from traitlets.config import Config

from dlcourse import plotting
from dlcourse.plotting import show, show_images

ALT = 'A line rises from 0 to 4 & a "second" one, <dashed>, isn\'t drawn.'


@pytest.fixture(autouse=True)
def page() -> Iterator[CapturedIO]:
    """What was displayed in the notebook, which IPython's own shell collects."""
    plt.switch_backend("agg")
    InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    with capture_output() as captured:
        yield captured
    InteractiveShell.clear_instance()
    plt.close("all")


def line() -> Figure:
    fig, ax = plt.subplots(figsize=(4, 2))
    ax.plot([0, 1, 2], [0, 1, 4])
    return fig


class Images(HTMLParser):
    """The attributes of every image in a piece of HTML, read as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the attributes; nothing but images is expected."""
        assert tag == "img"
        self.found.append(dict(attrs))


def shown(page: CapturedIO) -> tuple[dict[str, str | None], Any]:
    """The attributes of the only image on the page, and its pixels as float RGB."""
    (output,) = page.outputs
    assert output.data.keys() == {"text/html", "text/plain"}
    (attributes,) = Images(output.data["text/html"]).found
    kind, _, data = (attributes["src"] or "").partition(",")
    assert kind == "data:image/png;base64"
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert picture.format == "PNG"
    return attributes, np.asarray(picture.convert("RGB"), dtype=float)


def test_a_figure_is_an_image_with_its_description_for_every_reader(page: CapturedIO) -> None:
    show(line(), ALT)
    attributes, _ = shown(page)
    assert attributes["alt"] == ALT
    assert attributes["width"] == "400"
    assert page.outputs[0].data["text/plain"] == ALT


def test_the_picture_is_the_figure_but_smaller(page: CapturedIO) -> None:
    fig, png = line(), io.BytesIO()
    fig.savefig(png, dpi=144)
    original = np.asarray(Image.open(png).convert("RGB"), dtype=float)

    show(fig, ALT)

    attributes, pixels = shown(page)
    assert pixels.shape == original.shape
    assert np.abs(pixels - original).mean() < 0.5  # of 255
    assert len(base64.b64decode((attributes["src"] or "").partition(",")[2])) < png.tell() / 2


@pytest.mark.parametrize(
    "setting", ["savefig.transparent: True", "savefig.facecolor: black", "savefig.bbox: tight"]
)
def test_settings_for_files_do_not_change_the_picture(
    setting: str, tmp_path: Path, page: CapturedIO
) -> None:
    show(line(), ALT)
    (tmp_path / "matplotlibrc").write_text(setting)
    with plt.rc_context(fname=tmp_path / "matplotlibrc"):
        show(line(), ALT)
    first, second = (output.data["text/html"] for output in page.outputs)
    assert first == second


def test_a_figure_is_closed_so_that_the_notebook_does_not_show_it_again() -> None:
    show(line(), ALT)
    assert plt.get_fignums() == []


def test_a_description_of_several_source_lines_becomes_one(page: CapturedIO) -> None:
    show(line(), "A line that rises\n        from 0 to 4.")
    assert shown(page)[0]["alt"] == "A line that rises from 0 to 4."


@pytest.mark.parametrize("alt", ["", "A plot", "x                                    y"])
def test_a_figure_needs_a_description(alt: str, page: CapturedIO) -> None:
    with pytest.raises(ValueError, match="must say in a sentence what the figure shows"):
        show(line(), alt)
    assert page.outputs == []


# Grids of images


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were shown, kept to look into."""
    kept: list[Figure] = []

    def keep(fig: Figure, alt: str) -> None:
        kept.append(fig)
        show(fig, alt)

    monkeypatch.setattr(plotting, "show", keep)
    return kept


def test_each_image_stands_under_its_title_and_the_rest_of_the_grid_is_empty(
    figures: list[Figure], page: CapturedIO
) -> None:
    images = torch.arange(3 * 4 * 6, dtype=torch.uint8).reshape(3, 4, 6)
    show_images(images, [5, "cat", None], ALT, columns=2)

    (fig,) = figures
    assert [ax.get_title() for ax in fig.axes] == ["5", "cat", "None", ""]
    drawn = [[np.asarray(image.get_array()).tolist() for image in ax.images] for ax in fig.axes]
    assert drawn == [[image.tolist()] for image in images] + [[]]
    assert not any(ax.axison for ax in fig.axes)
    assert shown(page)[0]["alt"] == ALT


def test_the_smallest_value_is_black_and_the_largest_white_without_any_style(
    figures: list[Figure],
) -> None:
    show_images([torch.tensor([[-3.0, 0.0, 3.0]])], ["a row"], ALT)
    (image,) = figures[0].axes[0].images
    colors = image.to_rgba(np.array([[-3.0, 3.0]]))
    assert colors.tolist() == [[[0, 0, 0, 1], [1, 1, 1, 1]]]


def test_images_may_be_weights_that_are_being_trained(page: CapturedIO) -> None:
    show_images([torch.eye(4, requires_grad=True)], ["identity"], ALT)
    assert len(page.outputs) == 1


@pytest.mark.parametrize("titles", [["one"], ["one", "two", "three"]])
def test_images_without_titles_are_not_dropped_in_silence(
    titles: list[str], page: CapturedIO
) -> None:
    with pytest.raises(ValueError, match="zip"):
        show_images(torch.zeros(2, 3, 3), titles, ALT)
    assert page.outputs == []
    assert plt.get_fignums() == []


# The style


def test_the_style_tells_lines_apart_by_color_and_by_dashes() -> None:
    with plt.style.context(["default", "dlcourse.course"]):
        cycle = list(plt.rcParams["axes.prop_cycle"])
    okabe_ito = ["#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7", "#000000"]
    assert sorted(line["color"] for line in cycle) == sorted(okabe_ito)
    assert len({str(line["linestyle"]) for line in cycle}) == len(cycle)


SETTINGS = """
import matplotlib as mpl
import matplotlib.pyplot as plt

plt.style.use(["default", "dlcourse.course"])
untouched = ("date.epoch", "savefig.directory", "timezone", "tk.window_focus", "toolbar")
print({key: value for key, value in mpl.rcParams.items() if key not in untouched})
"""


def test_a_matplotlibrc_of_the_learners_own_changes_nothing_in_a_lesson(tmp_path: Path) -> None:
    dark = Path(mpl.get_data_path(), "stylelib", "dark_background.mplstyle").read_text()
    own = ["text.usetex: True", "savefig.transparent: True", "axes.labelsize: 30", "font.size: 3"]
    rc = tmp_path / "matplotlibrc"
    rc.write_text("\n".join([dark, *own, "xtick.direction: in", "path.sketch: 1, 100, 2"]))

    def settings_under(folder: Path) -> str:
        environment = os.environ | {"MATPLOTLIBRC": str(folder), "MPLBACKEND": "agg"}
        command = [sys.executable, "-c", SETTINGS]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    clean = settings_under(Path(mpl.get_data_path()))
    assert "'text.usetex': False" in clean
    assert settings_under(tmp_path) == clean


def test_an_answer_is_drawn_as_its_picture_and_its_ten_bars() -> None:
    picture = torch.arange(12).reshape(3, 4)
    left, right = plotting.draw_answer(picture, [100.0, *[0.0] * 9], "It says 0.").axes
    np.testing.assert_array_equal(left.images[0].get_array(), picture)
    assert left.images[0].get_clim() == (0, 255), "a pale drawing would look like a strong one"
    heights = [
        bar.get_path().get_extents(bar.get_patch_transform()).height for bar in right.patches
    ]
    assert heights == [100.0, *[0.0] * 9]
    assert right.get_title(loc="left") + right.get_title() == "It says 0."
    plt.gcf().draw_without_rendering()
    highest = max(label.get_window_extent().y1 for label in right.texts)
    assert highest < right.get_window_extent().y1, "the label reaches into the title"
