"""Reads a submitted notebook, without running any of it: what it answers, and what that needs.

At home an answer runs in a kernel in which the cells above it have run, some for minutes. Here it
gets the statements that it uses, and those that they use: imports, functions, classes, values.

Covers: finding the calls of `check`, the statements that they depend on, names bound by them.
Does not cover: running them (`inside`), finding the files (`collect`).
"""

import ast
import json
import re
import symtable
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlcourse.errors import CourseError

MOST_BYTES = 10_000_000  # of a notebook: with the outputs of a lesson it has less than 2 MB
_NOT_PYTHON = re.compile(r"^\s*[%!].*$|^.*\?\s*$", re.MULTILINE)  # what IPython alone understands


class SubmissionError(CourseError):
    """The file is no notebook that can be graded; the text says why."""


@dataclass(frozen=True)
class Answer:
    """What a submission answers to one exercise.

    Attributes:
        exercise: its name, as in `ex.NAME.check`.
        steps: the statements to run before: (number of the cell, number of the statement in it).
        place: that of the call of `check`, in the same way.
    """

    exercise: str
    steps: tuple[tuple[int, int], ...]
    place: tuple[int, int]


@dataclass(frozen=True)
class Submission:
    """A notebook's code and its answers.

    Attributes:
        cells: the code of each cell that is needed, by its number.
        answers: one for each exercise whose check is called.
        broken: exercises whose cell is no Python: the exercise's name, and what is wrong.
    """

    cells: dict[int, str]
    answers: tuple[Answer, ...]
    broken: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Statement:
    """A statement at the top of a cell.

    Attributes:
        place: the number of its cell, and its own in it.
        binds: the names that it gives a value, or whose value it changes.
        uses: the names that it takes from the notebook.
        adds: whether it changes what a name stood for, instead of binding it anew.
        imports_all: whether it binds what nobody can know without running it.
        checks: the exercise whose check it calls, if any.
    """

    place: tuple[int, int]
    binds: frozenset[str]
    uses: frozenset[str]
    adds: bool
    imports_all: bool
    checks: str


def read_submission(path: Path, exercises: Iterable[str]) -> Submission:
    """Return what the notebook `path` answers to these exercises.

    Raises:
        SubmissionError: if it is no notebook.
    """
    return find_answers(read_cells(path), set(exercises))


def read_cells(path: Path) -> list[str]:
    """Return the code cells of a notebook.

    Raises:
        SubmissionError: if it is too large, or no notebook.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            msg = f"the file has more than {MOST_BYTES // 1_000_000} MB"
            raise SubmissionError(msg)
        cells = json.loads(path.read_bytes())["cells"]
        return [_source_of(cell) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        msg = "the file is no notebook"
        raise SubmissionError(msg) from None
    except OSError as error:
        msg = f"the file cannot be read ({error.strerror})"
        raise SubmissionError(msg) from None


def find_answers(cells: list[str], exercises: set[str]) -> Submission:
    """Return what the code of these cells answers to these exercises."""
    sources: dict[int, str] = {}
    statements: list[_Statement] = []
    broken: dict[str, str] = {}
    for number, source in enumerate(cells):
        try:
            sources[number], nodes = _parse(source)
            statements += _statements(nodes, number)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            told = f"line {getattr(error, 'lineno', 0)}: {getattr(error, 'msg', error)}"
            named = re.findall(r"\.(\w+)\.check\(", source)
            broken |= {name: told for name in named if name in exercises}
    calls = {one.checks: one for one in statements if one.checks in exercises}  # the last counts
    answers = tuple(
        Answer(name, tuple(_needed(call, statements)), call.place) for name, call in calls.items()
    )
    used = {cell for one in answers for cell, _ in (*one.steps, one.place)}
    return Submission(
        {number: sources[number] for number in sorted(used)},
        answers,
        {name: told for name, told in broken.items() if name not in calls},
    )


def _source_of(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _parse(source: str) -> tuple[str, list[ast.stmt]]:
    """Return the cell, without what IPython alone understands, and its statements."""
    try:
        return source, ast.parse(source).body
    except SyntaxError:
        plain = _NOT_PYTHON.sub("pass", source)
        return plain, ast.parse(plain).body


def _statements(nodes: list[ast.stmt], cell: int) -> Iterator[_Statement]:
    for number, node in enumerate(nodes):
        table = _table(node)
        checked, arguments = _call_of_check(node)
        yield _Statement(
            (cell, number),
            binds=frozenset({*_bound(table), *_roots(node)}),
            uses=frozenset(_used(_table(ast.Expr(arguments)) if checked else table)),
            adds=isinstance(node, ast.AugAssign) or bool(_roots(node)),
            imports_all=isinstance(node, ast.ImportFrom) and node.names[0].name == "*",
            checks=checked,
        )


def _table(node: ast.stmt) -> symtable.SymbolTable:
    module = ast.Module([node], type_ignores=[])
    return symtable.symtable(ast.unparse(module), "<statement>", "exec")


def _bound(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the names that a statement binds: by an assignment, an import, a def or a class."""
    for one in table.get_symbols():
        if one.is_assigned() or one.is_imported():
            yield one.get_name()


def _used(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the names that a statement, or a function in it, takes from the notebook."""
    is_top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (is_top or symbol.is_global()):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _used(inner)


def _roots(node: ast.stmt) -> set[str]:
    """Return the names whose value a statement changes in part: `x.a = 1`, `x[0] = 1`."""
    roots = set()
    for target in node.targets if isinstance(node, ast.Assign) else []:
        root: ast.expr = target
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if root is not target and isinstance(root, ast.Name):
            roots.add(root.id)
    return roots


def _call_of_check(node: ast.stmt) -> tuple[str, ast.expr]:
    """Return the exercise whose check a statement calls, and with what; else "", and anything."""
    nothing = ast.Tuple([], ast.Load())
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return "", nothing
    exercise = call.func.value
    if call.func.attr != "check" or not isinstance(exercise, ast.Attribute):
        return "", nothing
    return exercise.attr, ast.Tuple(call.args, ast.Load())


def _needed(call: _Statement, statements: list[_Statement]) -> list[tuple[int, int]]:
    """Return what must run before `call`, in order."""
    needed = {one.place for one in statements if one.imports_all and one.place < call.place}
    open_uses, seen = {(name, call.place) for name in call.uses}, set[tuple[str, tuple[int, int]]]()
    while open_uses:
        seen.add(use := open_uses.pop())
        name, place = use
        for one in _binding(name, place, call, statements):
            needed.add(one.place)
            open_uses |= {(name, one.place) for name in one.uses} - seen
    return sorted(needed)


def _binding(
    name: str, place: tuple[int, int], call: _Statement, statements: list[_Statement]
) -> list[_Statement]:
    """Return the statements that give `name` the values that a statement at `place` may meet.

    That is the last one before `place`, for what runs there at once; the last one before the
    call, for what a function looks up when it is called; else the first of all. Where a statement
    only adds to a value, the ones before it are needed, too.
    """
    found = [one for one in statements if name in one.binds]
    needed = []
    for end in (place, call.place):
        before = [one for one in found if one.place < end]
        start = next((n for n in range(len(before) - 1, -1, -1) if not before[n].adds), 0)
        needed += before[start:]
    return needed or found[:1]
