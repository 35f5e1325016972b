"""A lesson's page on the site: what it leaves out of the notebook, which stays as it is."""

import copy
import re

import pytest
from nbformat import NotebookNode

from dlcourse.places import ROOT
from lesson_pages import lesson_page
from lessons import Lesson, read_lessons

LESSONS = read_lessons(ROOT / "notebooks")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def tracebacks(cells: list[NotebookNode]) -> list[str]:
    """Return what Python says of each error among the outputs, without colors."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    errors = [output.traceback for output in outputs if output.output_type == "error"]
    return [ANSI.sub("", "\n".join(parts)) for parts in errors]


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.number for lesson in LESSONS])
def test_a_traceback_shows_the_cells_and_the_message_alone(lesson: Lesson) -> None:
    before = copy.deepcopy(lesson.notebook)
    shown, whole = tracebacks(lesson_page(lesson).cells), tracebacks(before.cells)
    assert lesson.notebook == before
    for short, long in zip(shown, whole, strict=True):
        assert not re.search("^File ", short, re.MULTILINE)
        cells = re.findall(r"^Cell In\[.*", long, re.MULTILINE)
        first, last = long.splitlines()[1], long.splitlines()[-1]
        assert [line for line in [first, *cells, last] if line not in short.splitlines()] == []
        assert len(short.splitlines()) <= 20
