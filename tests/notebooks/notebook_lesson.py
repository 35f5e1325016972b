"""A lesson as the tests see it: its notebook, and what can be asked of its text and its code."""

import ast
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")  # ! where it is a picture, text, target
CHECK = re.compile(r"^ex\.(\w+)\.check\(.*\)", re.MULTILINE)  # what makes a cell an exercise's
_IMG = re.compile(r"<img\b[^>]*>")
_ALT = re.compile(r'\balt="([^"]*)"')
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Lesson:
    """A notebook as the rules see it.

    Attributes:
        path: where its file is; the other lessons lie beside it.
        node: the notebook.
    """

    path: Path
    node: NotebookNode = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "Lesson":
        """Read the lesson in the file `path`."""
        return cls(path, nbformat.read(path, as_version=4))

    @cached_property
    def codes(self) -> list[NotebookNode]:
        """The code cells."""
        return [cell for cell in self.node.cells if cell.cell_type == "code"]

    @cached_property
    def numbered(self) -> list[tuple[int, NotebookNode]]:
        """The code cells with their numbers, from 1."""
        return list(enumerate(self.codes, 1))

    @cached_property
    def texts(self) -> list[str]:
        """The sources of the Markdown cells."""
        return [cell.source for cell in self.node.cells if cell.cell_type == "markdown"]

    @cached_property
    def prose(self) -> str:
        """All Markdown, as one text."""
        return "\n\n".join(self.texts)

    @cached_property
    def code(self) -> str:
        """The source of all code cells, as one text."""
        return "\n".join(cell.source for cell in self.codes)

    @cached_property
    def title(self) -> str:
        """The heading that the first cell begins with."""
        return self.prose.partition("\n")[0].removeprefix("# ").strip()

    @cached_property
    def trees(self) -> dict[int, ast.Module]:
        """The syntax tree of each code cell that is plain Python, by the cell's number."""
        trees = {}
        for number, cell in self.numbered:
            try:
                trees[number] = ast.parse(cell.source)
            except SyntaxError:  # `code_is_plain_python` complains
                continue
        return trees

    @cached_property
    def nodes(self) -> list[tuple[int, ast.AST]]:
        """Every node of every syntax tree, with the number of its cell."""
        return [(number, node) for number, tree in self.trees.items() for node in ast.walk(tree)]

    @cached_property
    def code_lines(self) -> dict[int, int]:
        """How many lines each code cell has, blank ones not counted; exercises are left out.

        An exercise's cell is a task, as long as it needs to be; the learner writes the code.
        """
        told = [(number, cell.source) for number, cell in self.numbered]
        return {number: filled_lines(source) for number, source in told if not CHECK.search(source)}

    @cached_property
    def descriptions(self) -> list[tuple[int, str]]:
        """The description of each picture in the outputs, with the number of its code cell."""
        return [
            (number, description)
            for number, cell in self.numbered
            for output in cell.outputs
            for description in descriptions_in(output.get("data", {}).get("text/html", ""))
        ]

    @cached_property
    def exercises(self) -> dict[int, str]:
        """The id of the exercise in each code cell that is one's: {12: "autograd.slope"}."""
        module = re.search(
            r"^from dlcourse\.exercises import (\w+) as ex$", self.code, re.MULTILINE
        )
        found = ((number, CHECK.search(cell.source)) for number, cell in self.numbered)
        return {n: f"{module[1] if module else '?'}.{call[1]}" for n, call in found if call}

    def box(self) -> dict[str, str]:
        """Return the box at the top: its bold words and what follows each."""
        quoted = re.findall(r"^> ?(.*)$", self.texts[0] if self.texts else "", re.MULTILINE)
        parts = re.split(r"\*\*([^*]+):\*\*", "\n".join(quoted))
        return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))

    def section(self, title: str) -> str | None:
        """Return the text under a heading (or bold line) that begins with `title`; None if none."""
        pattern = rf"^(?:#+ |\*\*){re.escape(title)}.*?$(.*?)(?=^#+ |^\*\*[A-Z]|\Z)"
        found = re.search(pattern, self.prose, re.MULTILINE | re.DOTALL)
        return found[1] if found else None


# From a lesson to its complaints. A rule's docstring is what a writer reads when a lesson breaks
# it; each complaint says where.
Rule = Callable[[Lesson], Iterator[str]]


def filled_lines(source: str) -> int:
    """Return how many lines of `source` are not blank."""
    return sum(bool(line.strip()) for line in source.splitlines())


def descriptions_in(text: str) -> list[str]:
    """Return the description of each picture in a piece of HTML; "" where it has none."""
    return [html.unescape("".join(_ALT.findall(image))) for image in _IMG.findall(text)]


def texts_of(output: NotebookNode) -> list[str]:
    """Return all that an output says, without the bytes of pictures."""
    if output.output_type == "stream":
        return [output.text]
    if output.output_type == "error":
        return [f"{output.ename}: {output.evalue}", *output.traceback]
    return [re.sub(r"data:image/[^\"']+", "", str(text)) for text in output.data.values()]
