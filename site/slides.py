"""A lesson's slides: its predictions, figures and exercises, one idea a slide, in one HTML file.

Covers: which cells become slides, and the file that shows them: by keyboard, offline, on paper.
Does not cover: how code is shown (`slide_code`), the notebooks to hand out (`editions`).

What is shown, in the lesson's order: a slide for the title, for each section that has slides, for
each prediction (its answer appears at the next key), for each other figure, for each exercise, for
what to try, and for what was learned. Where text and code have no room together, the code has the
next slide. A cell tagged `slide` is shown, too; one tagged `no-slide` is not.

With an exercise comes its cell if that says something: the letters to choose from, the bug to find.
Where all of it is to be written, the slide sends people to the notebook.

The code under a prediction is what computes. What would give the answer away is left out: asserts,
which are the answer where nothing is printed or drawn, and the drawing, which describes its figure.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from itertools import takewhile
from pathlib import Path

from nbconvert.filters import markdown2html
from nbformat import NotebookNode

from dlcourse.checking.exercise import Exercise
from lessons import Lesson
from slide_code import code_html, code_in_parts, code_style, end_of_code, have_room, output_html

_HERE = Path(__file__).parent / "slides"
_TEACH = Path(__file__).parent / "teach"
_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_PREDICT = re.compile(r"\*\*Predict[^*]*\*\*")
_IMAGE = re.compile(r"<img\b[^>]*>")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_EXERCISE = re.compile(r"^\*\*Exercise: .*?\*\* \((.*?)\)\. ")
_FORMULA = re.compile(r"\$[^$\n]+\$")
_DRAWING = {"alt", "ax", "axes", "fig", "plt", "show", "show_images"}  # what the lessons draw with
_IN_CLASS = re.compile(r"Exercises? in class: (.+?) \|")  # in the plan of a lesson
_CHECK = re.compile(r"\n+ex\.\w+\.check\(.*\)\s*$")
_WITH_A_BLOCK = ast.For | ast.While | ast.With | ast.If | ast.FunctionDef
_TO_WRITE = "# your code here"
_IN_THE_NOTEBOOK = "Work in the notebook: there, the cell below this text says what is asked."
_SHOWN_SECTIONS = ("Try it yourself", "In this lesson you")
_MATH = """<script>MathJax = { tex: { inlineMath: [["$", "$"]] } };</script>
<script src="mathjax.js"></script>"""


@dataclass(frozen=True)
class Slide:
    """One slide.

    Attributes:
        title: its heading, plain text.
        shown: HTML that is there from the start.
        revealed: HTML that the next key brings; none, if empty.
        begins_section: whether it belongs to the slides after it.
    """

    title: str
    shown: str
    revealed: str = ""
    begins_section: bool = False


def slides_page(lesson: Lesson) -> str:
    """Return the HTML file with the lesson's slides.

    It needs no network, and no other file but `mathjax.js` beside it where it has formulas.
    """
    slides = _without_bare_dividers(list(_slides(lesson)))
    parts = {
        "TITLE": escape(f"{lesson.number} {lesson.title}"),
        "STYLE": (_HERE / "slides.css").read_text("utf-8") + code_style(),
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


def _without_bare_dividers(slides: list[Slide]) -> list[Slide]:
    """Return the slides without those that have a heading only, and nothing behind them."""
    ends = [following.begins_section for following in slides[1:]] + [True]
    return [
        slide
        for slide, ends_here in zip(slides, ends, strict=True)
        if slide.shown or slide.revealed or not (slide.begins_section and ends_here)
    ]


def _slides(lesson: Lesson) -> Iterator[Slide]:
    yield Slide(f"{lesson.number} {lesson.title}", _html(f"You will {lesson.box['You will do']}"))
    heading, in_class = "", _in_class(lesson)
    answers: list[NotebookNode] = []
    cells = lesson.notebook.cells
    for place, cell in enumerate(cells[1:], 1):
        if "no-slide" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            yield from _section_slides(cell.source)
            heading = _plain([heading, *_HEADING.findall(cell.source)][-1])
            following = list(takewhile(_is_code, cells[place + 1 :]))
            question = _prediction(cell)
            answers = following if question else []
            if following and following[0].id in lesson.exercises:
                exercise = lesson.exercises[following[0].id]
                where = "In class" if exercise.title in in_class else "At home"
                yield from _exercise_slides(exercise, where, cell.source, following[0].source)
            elif question:
                yield from _prediction_slides(heading, question, following)
        elif cell not in answers and _has_figure(cell):
            yield Slide(heading, _figures(cell))
        elif "slide" in cell.metadata.get("tags", []):
            yield Slide(heading, code_html(end_of_code(cell.source)) + _outputs(cell))


def _is_code(cell: NotebookNode) -> bool:
    return bool(cell.cell_type == "code")


def _section_slides(source: str) -> Iterator[Slide]:
    """Yield the first slide of each section that begins in a cell."""
    _, *parts = _SECTION.split(source)
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        shown = _html(text) if heading.startswith(_SHOWN_SECTIONS) else ""
        yield Slide(_plain(heading), shown, begins_section=True)


def _prediction_slides(heading: str, question: str, cells: list[NotebookNode]) -> Iterator[Slide]:
    answer = "".join(map(_outputs, cells)) or code_html(end_of_code(_code_that("assert", cells)))
    code = end_of_code(_code_that("compute", cells))
    if have_room(question, code):
        yield Slide(heading, _html(question) + code_html(code), answer)
    else:
        yield Slide(heading, _html(question))
        yield Slide(heading, code_html(code), answer)


def _code_that(kind: str, cells: list[NotebookNode]) -> str:
    """Return the statements of one kind, with an empty line between cells."""
    of_cells = ([text for text, its in _statements(one.source) if its == kind] for one in cells)
    return "\n\n".join("\n".join(texts).strip("\n") for texts in of_cells if texts)


def _statements(source: str) -> Iterator[tuple[str, str]]:
    """Yield each statement with the comments before it, and what it does: its kind."""
    lines, end = source.splitlines(), 0
    for statement in ast.parse(source).body:
        before, end = end, statement.end_lineno or end
        left_out = set(_lines_of_inner_asserts(statement))
        text = "\n".join(lines[at] for at in range(before, end) if at not in left_out)
        yield text, _kind(statement)


def _lines_of_inner_asserts(statement: ast.stmt) -> Iterator[int]:
    """Yield the lines of asserts in a statement, of a loop say, that are not all of their block."""
    for node in ast.walk(statement):
        block = node.body if isinstance(node, _WITH_A_BLOCK) else []
        asserts = list(filter(_is_assert, block))
        if len(asserts) < len(block):
            for one in asserts:
                yield from range(one.lineno - 1, one.end_lineno or one.lineno)


def _kind(statement: ast.stmt) -> str:
    """Return "assert", "draw" or "compute"; what draws and also prints computes."""
    if _is_assert(statement):
        return "assert"
    names = _names(statement)
    return "draw" if names & _DRAWING and "print" not in names else "compute"


def _is_assert(statement: ast.stmt) -> bool:
    """Tell whether a statement does nothing but assert: in a loop, perhaps."""
    if isinstance(statement, _WITH_A_BLOCK):
        return all(map(_is_assert, statement.body))
    return isinstance(statement, ast.Assert) or (
        isinstance(statement, ast.Expr) and "assert_close" in _names(statement)
    )


def _names(statement: ast.stmt) -> set[str]:
    return {_name(node) for node in ast.walk(statement)}


def _name(node: ast.AST) -> str:
    """Return the name of a variable, function or attribute; "" for all else."""
    return getattr(node, "id", "") or getattr(node, "attr", "")


def _exercise_slides(exercise: Exercise, where: str, task: str, source: str) -> Iterator[Slide]:
    """Yield an exercise's task, whose title need not be said twice, and its cell."""
    title = f"Exercise: {exercise.title}"
    text = _EXERCISE.sub(rf"**{where}**, \1. ", task)
    if _TO_WRITE in source:
        yield Slide(title, _html(f"{text}\n\n{_IN_THE_NOTEBOOK}"))
        return
    code = _CHECK.sub("", source)
    if have_room(text, code):
        yield Slide(title, _html(text) + code_html(code))
    else:
        yield Slide(title, _html(text))
        yield from (Slide(title, part) for part in code_in_parts(code))


def _in_class(lesson: Lesson) -> str:
    """Return what the lesson's plan says of exercises in class: titles, links, "in pairs"."""
    return "; ".join(_IN_CLASS.findall((_TEACH / f"{lesson.number}.md").read_text("utf-8")))


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
    return output_html(said)


def _said(output: NotebookNode) -> str:
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return _ANSI.sub("", text).rstrip()


def _html(markdown: str) -> str:
    return str(markdown2html(_LINK.sub(r"\1", markdown)))


def _plain(markdown: str) -> str:
    return markdown.replace("`", "").replace("*", "").strip()
