"""Every figure's description is its name for a screen reader, wherever the lesson is read.

Here: a file from elsewhere, opened in JupyterLab and not run (so it is not trusted), and the page
that nbconvert makes. Live figures: test_lab_lessons.py.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dlcourse.commands.lessons import list_lessons
from lab import FIGURES, Notebook, image_names
from notebook_lesson import Lesson

every_lesson = pytest.mark.parametrize("path", list_lessons(), ids=lambda path: path.stem)


def names_of_figures(path: Path) -> list[tuple[str, str]]:
    """Return what a screen reader shall be told of the figures of a lesson: role and name."""
    return [("image", text) for _, text in Lesson.read(path).descriptions]


@every_lesson
def test_descriptions_arrive_in_a_notebook_that_is_opened_and_not_trusted(
    path: Path, open_copy: Callable[[Path, str], Notebook]
) -> None:
    notebook = open_copy(path, f"from-elsewhere-{path.name}")
    expected = names_of_figures(path)
    # JupyterLab draws what is below the screen when it has time.
    expect(notebook.page.locator(FIGURES)).to_have_count(len(expected), timeout=60_000)
    assert image_names(notebook.page, FIGURES) == expected


@every_lesson
def test_descriptions_arrive_in_the_page_that_nbconvert_makes(
    path: Path, tmp_path: Path, new_page: Callable[[], Page]
) -> None:
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(tmp_path)]
    subprocess.run([*command, str(path)], check=True, capture_output=True)
    page = new_page()
    page.route("http*://**", lambda route: route.abort())  # it asks for MathJax, not needed here
    page.goto((tmp_path / f"{path.stem}.html").as_uri(), wait_until="domcontentloaded")
    assert image_names(page, FIGURES) == names_of_figures(path)
