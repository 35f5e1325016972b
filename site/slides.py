"""A lesson's slides: its predictions, figures and exercises, one idea a slide, in one HTML file.

Covers: which cells become slides, and the file that shows them: by keyboard, offline, on paper.
Does not cover: the notebooks to hand out (`editions`).

What is shown, in the lesson's order: a slide for the title, for each section, for each
prediction (its answer appears at the next key), for each other figure, for each exercise, and for
what was learned. A cell tagged `slide` is shown, too; one tagged `no-slide` is not.

The code under a prediction is what computes. What would give the answer away is left out: asserts,
which are the answer where nothing is printed or drawn, and the drawing, which describes its figure.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from itertools import dropwhile, takewhile
from pathlib import Path

from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from lessons import Lesson

_HERE = Path(__file__).parent / "slides"
_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
_PREDICT = re.compile(r"\*\*Predict[^*]*\*\*")
_IMAGE = re.compile(r"<img\b[^>]*>")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_EXERCISE = re.compile(r"^\*\*Exercise: .*?\*\* \((.*?)\)\. ")
_FORMULA = re.compile(r"\$[^$\n]+\$")
_DRAWING = {"alt", "ax", "axes", "fig", "plt", "show", "show_images"}  # what the lessons draw with
_LAST_SECTION = "In this lesson you"
_MOST_LINES = 18  # of code or output that a room can read
_MATH = """<script>MathJax = { tex: { inlineMath: [["$", "$"]] } };</script>
<script src="mathjax.js"></script>"""


@dataclass(frozen=True)
class Slide:
    """One slide.

    Attributes:
        title: its heading, plain text.
        shown: HTML that is there from the start.
        revealed: HTML that the next key brings; none, if empty.
    """

    title: str
    shown: str
    revealed: str = ""


def slides_page(lesson: Lesson) -> str:
    """Return the HTML file with the lesson's slides.

    It needs no network, and no other file but `mathjax.js` beside it where it has formulas.
    """
    slides = list(_slides(lesson))
    parts = {
        "TITLE": escape(f"{lesson.number} {lesson.title}"),
        "STYLE": (_HERE / "slides.css").read_text("utf-8")
        + HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".code"),
        "SCRIPT": (_HERE / "slides.js").read_text("utf-8"),
        "SLIDES": "\n".join(
            _section(slide, "h2" if place else "h1") for place, slide in enumerate(slides)
        ),
    }
    parts["MATH"] = _MATH if _FORMULA.search(parts["SLIDES"]) else ""
    page = (_HERE / "slides.html").read_text("utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda name: parts[name[1]], page)


def mathjax() -> bytes:
    """Return MathJax in the one file that needs no fonts beside it."""
    return (files("sphinx-mathjax-offline") / "static" / "mathjax" / "tex-svg.js").read_bytes()


def _section(slide: Slide, level: str) -> str:
    revealed = f'<div class="revealed">{slide.revealed}</div>' if slide.revealed else ""
    title = f"<{level}>{escape(slide.title)}</{level}>"
    is_divider = level == "h1" or not (slide.shown or slide.revealed)
    kind = ' class="divider"' if is_divider else ""
    return f'<section tabindex="-1"{kind}>{title}{slide.shown}{revealed}</section>'


def _slides(lesson: Lesson) -> Iterator[Slide]:
    yield Slide(f"{lesson.number} {lesson.title}", _html(f"You will {lesson.box['You will do']}"))
    heading = ""
    answers: list[NotebookNode] = []
    cells = lesson.notebook.cells
    for place, cell in enumerate(cells[1:], 1):
        if "no-slide" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            if found := _HEADING.search(cell.source):
                heading = _plain(found[1])
                if cell.source.startswith("## "):
                    yield Slide(heading, _summary(cell.source, heading))
            following = list(takewhile(_is_code, cells[place + 1 :]))
            question = _prediction(cell)
            answers = following if question else []
            if following and following[0].id in lesson.exercises:
                yield _exercise_slide(cell, lesson.exercises[following[0].id].title)
            elif question:
                yield _prediction_slide(heading, question, following)
        elif cell not in answers and _has_figure(cell):
            yield Slide(heading, _figures(cell))
        elif "slide" in cell.metadata.get("tags", []):
            yield Slide(heading, _code(cell.source) + _outputs(cell))


def _is_code(cell: NotebookNode) -> bool:
    return bool(cell.cell_type == "code")


def _prediction_slide(heading: str, question: str, cells: list[NotebookNode]) -> Slide:
    answer = "".join(map(_outputs, cells)) or _code(_code_that("assert", cells))
    return Slide(heading, _html(question) + _code(_code_that("compute", cells)), answer)


def _code_that(kind: str, cells: list[NotebookNode]) -> str:
    """Return the statements of one kind, with an empty line between cells."""
    of_cells = ([text for text, its in _statements(one.source) if its == kind] for one in cells)
    return "\n\n".join("\n".join(texts).strip("\n") for texts in of_cells if texts)


def _statements(source: str) -> Iterator[tuple[str, str]]:
    """Yield each statement with the comments before it, and what it does: its kind."""
    lines, end = source.splitlines(), 0
    for statement in ast.parse(source).body:
        text = "\n".join(lines[end : statement.end_lineno])
        end = statement.end_lineno or end
        yield text, _kind(statement)


def _kind(statement: ast.stmt) -> str:
    """Return "assert", "draw" or "compute"; what draws and also prints computes."""
    names = {_name(node) for node in ast.walk(statement)}
    if isinstance(statement, ast.Assert) or (
        isinstance(statement, ast.Expr) and "assert_close" in names
    ):
        return "assert"
    return "draw" if names & _DRAWING and "print" not in names else "compute"


def _name(node: ast.AST) -> str:
    """Return the name of a variable, function or attribute; "" for all else."""
    return getattr(node, "id", "") or getattr(node, "attr", "")


def _exercise_slide(cell: NotebookNode, title: str) -> Slide:
    """Return the slide with an exercise's task, whose title need not be said twice."""
    return Slide(f"Exercise: {title}", _html(_EXERCISE.sub(r"\1. ", cell.source)))


def _summary(source: str, heading: str) -> str:
    """Return what a section's first slide shows below its heading."""
    if heading.startswith(_LAST_SECTION):
        return _html(source.partition("\n")[2].partition("\n## ")[0])
    return ""


def _prediction(cell: NotebookNode) -> str:
    """Return the paragraph that asks for a prediction, and a list after it; "" if there is none."""
    paragraphs = cell.source.split("\n\n")
    for place, paragraph in enumerate(paragraphs):
        if _PREDICT.search(paragraph):
            rest = paragraphs[place + 1 :]
            return "\n\n".join([paragraph, *takewhile(_is_list, rest)])
    return ""


def _is_list(paragraph: str) -> bool:
    return paragraph.startswith(("- ", "1. ", "|", "```"))


def _has_figure(cell: NotebookNode) -> bool:
    return bool(_IMAGE.search(_rich(cell)))


def _figures(cell: NotebookNode) -> str:
    return "".join(_IMAGE.findall(_rich(cell)))


def _rich(cell: NotebookNode) -> str:
    """Return the HTML among a cell's outputs."""
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)


def _outputs(cell: NotebookNode) -> str:
    """Return a cell's outputs as HTML: its figures, and what it printed or raised."""
    if _has_figure(cell):
        return _figures(cell)
    said = "\n".join(filter(None, map(_said, cell.outputs)))
    return f'<pre class="output">{escape(_shortened(said))}</pre>' if said else ""


def _said(output: NotebookNode) -> str:
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return _ANSI.sub("", text).rstrip()


def _code(source: str) -> str:
    """Return code as HTML with colors; "" where there is none."""
    formatter = HtmlFormatter(cssclass="code")
    return str(highlight(_end_of_code(source), PythonLexer(), formatter)) if source else ""


def _end_of_code(source: str) -> str:
    """Return the last statements of long code, which say what is computed and printed."""
    lines = source.splitlines()
    if len(lines) <= _MOST_LINES:
        return source
    end = lines[-_MOST_LINES:]
    from_a_statement = list(dropwhile(lambda line: not line or line[0] in " )]}", end))
    return "\n".join(["# …", *(from_a_statement or end)])


def _shortened(text: str) -> str:
    lines = text.splitlines()
    return text if len(lines) <= _MOST_LINES else "\n".join([*lines[:_MOST_LINES], "…"])


def _html(markdown: str) -> str:
    return str(markdown2html(_LINK.sub(r"\1", markdown)))


def _plain(markdown: str) -> str:
    return markdown.replace("`", "").replace("*", "").strip()
