"""The students' notebook of a homework: its prose, the stubs, and checks that know no solution.

Of an exercise's file the notebook has the part above the line of the closed half, as text, so that
its checks can run an answer on the inputs (`dlcourse.checking.rehearsal`); of the solution, which
kind of value it returns on each.

Covers: the notebook, the cell that its checks need.
Does not cover: whether the homework is in order (`audit`), where the notebook goes (`commands`).
"""

import ast
from contextlib import suppress
from typing import Any

from nbformat import NotebookNode, v4, writes

from dlcourse.checking.discovery import asked_half
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Judge
from dlcourse.checking.rehearsal import kind
from dlcourse.grading.homework import Homework

_ABOUT = """\
# What the checks need: the inputs of each exercise. What is right, they do not know.
# Leave this cell as it is."""


def make_notebook(homework: Homework) -> bytes:
    """Return the notebook that students get: the same for the same homework, to the last byte."""
    cells = [
        v4.new_markdown_cell(f"# {homework.title}"),
        v4.new_code_cell(_imports(homework)),
        v4.new_code_cell(_checks(homework), metadata={"jupyter": {"source_hidden": True}}),
        *(_cell(part) for part in homework.parts),
    ]
    for number, cell in enumerate(cells, 1):
        cell.id = f"cell-{number:03}"
    notebook = v4.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )
    return f"{writes(notebook)}\n".encode()


def _cell(part: str | Exercise) -> NotebookNode:
    if isinstance(part, Exercise):
        exercise: NotebookNode = v4.new_code_cell(part.cell_source)
        return exercise
    prose: NotebookNode = v4.new_markdown_cell(part)
    return prose


def _imports(homework: Homework) -> str:
    """Return the imports that the stubs need, and PyTorch's, which their authors will."""
    lines = "\n".join(one.stub_setup_source for one in homework.exercises).splitlines()
    return "\n".join(dict.fromkeys(["import torch", *filter(None, lines)]))


def _checks(homework: Homework) -> str:
    """Return the code that makes `ex`."""
    lines = [_ABOUT, "from dlcourse.checking.rehearsal import Rehearsals", ""]
    lines.append(f"ex = Rehearsals({_literal(homework.name)})")
    for exercise in homework.exercises:
        lines.append("ex.add(")
        lines += [
            f"    {name}={_literal(value)}," for name, value in as_arguments(exercise).items()
        ]
        lines.append(")")
    return "\n".join(lines)


def as_arguments(exercise: Exercise) -> dict[str, Any]:
    """Return what `Rehearsals.add` takes, as plain data."""
    judge = Judge(exercise)
    values = [one.value for one in judge.right]
    if exercise.is_question:  # how many answers there are would say too much
        values = [None if isinstance(one, list | tuple) else one for one in values]
    return {
        "name": exercise.name,
        "title": exercise.title,
        "kinds": [kind(one) for one in values],
        "changes_arguments": exercise.changes_arguments,
        **judge.asked.as_told(asked_half(exercise)),
    }


def _literal(value: object) -> str:
    """Return a value as Python code; lines of text stay lines, where that is the same text."""
    if isinstance(value, str):
        plain = f"r'''{value}'''" if "\n" in value else f'"{value}"'
        with suppress(SyntaxError):
            if ast.literal_eval(plain) == value:
                return plain
    return repr(value)
