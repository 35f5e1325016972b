"""The lessons' files, and the descriptions in them that must be found again on the page."""

import html
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIGURES = ".jp-OutputArea-output img"  # where they are on a page, in JupyterLab and nbconvert's

_IMAGE = re.compile(r'<img [^>]*alt="([^"]*)"')


def read_lesson(path: Path) -> NotebookNode:
    """Return the notebook in the file `path`."""
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    return notebook


def descriptions(notebook: NotebookNode) -> list[str]:
    """Return the descriptions of all figures, in order, in the outputs of `notebook`."""
    return [
        html.unescape(description)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for description in _IMAGE.findall(output.get("data", {}).get("text/html", ""))
    ]
