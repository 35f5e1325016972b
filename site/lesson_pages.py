"""A lesson's page: the notebook with its outputs, and after each exercise its hints and solution.

Covers: labels that other pages link to, folds, the link that reports a mistake.
Does not cover: what the page looks like (`conf`, `static/`).
"""

import copy
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import nbformat
from nbformat import NotebookNode

from dlcourse.checking.exercise import Exercise
from lessons import Lesson

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_CODE_OR_SPECIAL = re.compile(r"(`[^`]*`)|([\\*_<>$\[\]{}#|~^])")


def lesson_page(lesson: Lesson) -> NotebookNode:
    """Return the notebook that becomes the lesson's page; the lesson itself stays as it is."""
    page = copy.copy(lesson.notebook)
    page.cells = list(_cells(lesson))
    return page


def plain(text: str) -> str:
    """Return `text` for Markdown: nothing in it but code in backticks has a meaning there."""
    return _CODE_OR_SPECIAL.sub(lambda found: found[1] or f"\\{found[2]}", text)


def folds(exercise: Exercise) -> str:
    """Return the hints, one by one, and the solution with its reason, each behind a fold."""
    total = len(exercise.hints)
    parts = [
        fold(f"Hint {number} of {total}", plain(hint))
        for number, hint in enumerate(exercise.hints, 1)
    ]
    code = f"```python\n{exercise.solution_source.rstrip()}\n```\n\n{plain(exercise.why)}"
    return "\n\n".join([*parts, fold("One solution, and why", code)])


def fold(title: str, text: str) -> str:
    """Return `text`, Markdown, behind a fold with the given title."""
    return f"::::{{dropdown}} {title}\n{text}\n::::"


def _cells(lesson: Lesson) -> Iterator[NotebookNode]:
    section = ""
    for original in lesson.notebook.cells:
        if original.id in lesson.sections:
            if section:
                yield _report_link(lesson, section)
            section = original.id
        cell = copy.deepcopy(original)
        if cell.cell_type == "markdown":
            cell.source = f"({lesson.label(cell.id)})=\n{_with_label(lesson, original)}"
        exercise = lesson.exercises.get(cell.id)
        if exercise:
            cell.outputs = []  # "Not attempted yet", which helps only where one can attempt it
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = list(_without_libraries(output.traceback))
        yield cell
        if exercise:
            yield _markdown(f"{cell.id}-help", folds(exercise))
    yield _report_link(lesson, section)


def _with_label(lesson: Lesson, cell: NotebookNode) -> str:
    """Return a cell's text; a numbered heading, which need not come first, has its own label."""
    text, label = str(cell.source), lesson.section_label(cell.id)
    heading = f"## {lesson.sections[cell.id]}" if label else ""
    return text.replace(heading, f"({label})=\n{heading}", 1) if label else text


def _without_libraries(traceback: list[str]) -> Iterator[str]:
    """Yield the parts of a traceback, with ... for those in PyTorch's and Python's own files."""
    in_library = False
    for part in traceback:
        was_in_library = in_library
        in_library = _ANSI.sub("", part).startswith("File ")
        if not in_library:
            yield part
        elif not was_in_library:
            yield "..."  # which the colors of a traceback know


def _report_link(lesson: Lesson, cell_id: str) -> NotebookNode:
    """Return the link under a section; the page that it leads to fills in where the reader was."""
    place = {"lesson": lesson.name, "section": lesson.sections[cell_id], "cell": cell_id}
    query = urlencode(place)
    link = f'<a href="report.html?{query}">Report a mistake in this section</a>'
    return _markdown(f"{cell_id}-report", f'<p class="report">{link}</p>')


def _markdown(cell_id: str, text: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_markdown_cell(text, id=cell_id)
    return cell
