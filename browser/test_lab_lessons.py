"""Every lesson, opened in JupyterLab and run from top to bottom."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dlcourse.commands.lessons import list_lessons
from lab import FIGURES, Notebook, image_names, serious_faults
from notebook_lesson import Lesson


@pytest.mark.parametrize("path", list_lessons(), ids=lambda path: path.stem)
def test_lesson_runs_without_an_error_and_shows_every_figure(
    path: Path, open_notebook: Callable[[str], Notebook]
) -> None:
    notebook, lesson = open_notebook(path.name), Lesson.read(path)
    notebook.run_all()

    meant_to_fail = [
        number
        for number, cell in enumerate(lesson.node.cells)
        if "raises-exception" in cell.metadata.get("tags", [])
    ]
    assert notebook.failed() == meant_to_fail
    assert notebook.prompts() == [f"[{number}]:" for number, _ in lesson.numbered]

    images = notebook.page.locator(FIGURES)
    assert all(images.evaluate_all("all => all.map(one => one.naturalWidth)")), "a broken figure"
    # The pad is live here; its picture is for pages without a kernel.
    expected = [text for _, text in lesson.descriptions if not text.startswith("A pad")]
    assert images.count() == len(expected)
    shown = images.evaluate_all("all => all.map(one => one.alt)")
    assert image_names(notebook.page, FIGURES) == [("image", text) for text in shown]
    notebook.show_whole()
    for theme in ("JupyterLab Dark", "JupyterLab Light"):  # the light one for the tests after this
        notebook.choose_theme(theme)
        assert serious_faults(notebook.page, ".jp-OutputArea-output") == [], theme
    assert notebook.errors == []
    notebook.close()
