"""Every lesson, opened in JupyterLab and run from top to bottom."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab import Notebook, image_names, serious_faults
from lessons import FIGURES, LESSONS, descriptions, read_lesson


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_runs_without_an_error_and_shows_every_figure(
    path: Path, open_notebook: Callable[[str], Notebook]
) -> None:
    notebook, lesson = open_notebook(path.name), read_lesson(path)
    notebook.run_all()

    meant_to_fail = [
        number
        for number, cell in enumerate(lesson.cells)
        if "raises-exception" in cell.metadata.get("tags", [])
    ]
    assert notebook.failed() == meant_to_fail
    n_cells = sum(cell.cell_type == "code" for cell in lesson.cells)
    assert notebook.prompts() == [f"[{number}]:" for number in range(1, n_cells + 1)]

    images = notebook.page.locator(FIGURES)
    assert all(images.evaluate_all("all => all.map(one => one.naturalWidth)")), "a broken figure"
    # The pad is live here; its picture is for pages without a kernel.
    expected = [text for text in descriptions(lesson) if not text.startswith("A pad")]
    assert images.count() == len(expected)
    shown = images.evaluate_all("all => all.map(one => one.alt)")
    assert image_names(notebook.page, FIGURES) == [("image", text) for text in shown]
    assert serious_faults(notebook.page, ".jp-OutputArea-output") == []
    assert notebook.errors == []
