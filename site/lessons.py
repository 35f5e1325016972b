"""The lessons as the site sees them: their texts, boxes, sections and cells.

Covers: the committed notebooks, and what their first box says of each.
Does not cover: the pages that are made of them (`lesson_pages`, `overview_pages`).
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from dlcourse.checking.exercise import Exercise
from dlcourse.exercises import LESSONS, exercises_of_lesson

_BOX_LINE = re.compile(r"^> \*\*([^*]+):\*\* (.+)$", re.MULTILINE)
_LESSON_NUMBERS = re.compile(r"\b(\d\d)(?: to (\d\d))?\b")
_CHECK = re.compile(r"^ex\.(\w+)\.check\(", re.MULTILINE)
_IMPORT = re.compile(r"^from dlcourse\.exercises import \w+ as ex$", re.MULTILINE)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_NUMBERED = re.compile(r"(\d+)\. ")


@dataclass(frozen=True)
class Lesson:
    """A lesson: its committed notebook, and the exercises that are checked in it.

    Attributes:
        path: the notebook, such as `notebooks/03_activations.ipynb`.
        notebook: its content; it is shared, so copy a cell before you change it.
    """

    path: Path
    notebook: NotebookNode = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "Lesson":
        """Read the lesson in the file `path`."""
        return cls(path, nbformat.read(path, as_version=4))

    @property
    def name(self) -> str:
        """The file's name without its ending: "03_activations"."""
        return self.path.stem

    @property
    def number(self) -> str:
        """The two digits that its name begins with."""
        return self.name[:2]

    @cached_property
    def title(self) -> str:
        """The first heading: what the reader will be able to do."""
        return str(self.notebook.cells[0].source).partition("\n")[0].removeprefix("# ")

    @cached_property
    def box(self) -> dict[str, str]:
        """The lines of the first box: "You will do", "You will learn", "You need", "Minutes"."""
        return dict(_BOX_LINE.findall(self.notebook.cells[0].source))

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """The numbers of the lessons that the box says are needed, in order."""
        found: set[int] = set()
        needed = re.split(r"[;.]", self.box["You need"])[0]  # what comes after says: for a part
        for first, last in _LESSON_NUMBERS.findall(needed):
            found.update(range(int(first), int(last or first) + 1))
        return tuple(f"{number:02}" for number in sorted(found))

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises by the id of the cell that checks each."""
        checks = {
            found[1]: cell.id
            for cell in self.notebook.cells
            if cell.cell_type == "code" and (found := _CHECK.search(cell.source))
        }
        names = [name for name, number in LESSONS.items() if number == self.number]
        exercises = [one for name in names for one in exercises_of_lesson(name)]
        return {checks[one.name]: one for one in exercises}

    @cached_property
    def import_of_exercises(self) -> str:
        """The line with which the lesson imports its exercises."""
        sources = (cell.source for cell in self.notebook.cells if cell.cell_type == "code")
        return next(found[0] for source in sources if (found := _IMPORT.search(source)))

    def task(self, cell_id: str) -> str:
        """Return the id of the text before a cell: of an exercise's cell, what is to be done."""
        ids = [cell.id for cell in self.notebook.cells]
        return str(ids[ids.index(cell_id) - 1])

    @cached_property
    def sections(self) -> dict[str, str]:
        """The heading of each section by the id of the cell in which it begins, in order."""
        return {
            cell.id: heading[1]
            for cell in self.notebook.cells
            if cell.cell_type == "markdown" and (heading := _HEADING.search(cell.source))
        }

    def label(self, cell_id: str) -> str:
        """Return the name by which other pages link to a cell."""
        return f"cell-{self.number}-{cell_id}".lower()  # as Sphinx writes it

    def section_label(self, cell_id: str) -> str:
        """Return the name by which other pages link to the numbered heading in a cell, or ""."""
        number = _NUMBERED.match(self.sections.get(cell_id, ""))
        return f"section-{self.number}-{number[1]}" if number else ""


def read_lessons(folder: Path) -> list[Lesson]:
    """Return the lessons in `folder`, in the course's order."""
    return [Lesson.read(path) for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))]
