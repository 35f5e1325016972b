"""Reads a submitted notebook, without running any of it: what it answers, and what that needs.

At home an answer runs in a kernel in which the cells above it have run, some for minutes. Here it
gets the statements that it uses, and those that they use: imports, functions, classes, values.

Covers: finding the calls of `check`, the statements that they depend on, names bound by them.
Does not cover: running them (`inside`), finding the files (`collect`).
"""

import ast
import builtins
import json
import re
import symtable
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dlcourse.errors import CourseError

MOST_BYTES = 10_000_000  # of a notebook: with the outputs of a lesson it has less than 2 MB
# What IPython alone understands: `!ls`, `x = !ls`, `%time f()`, `torch.sum?`, `?torch.sum`.
_NOT_PYTHON = re.compile(
    r"^([ \t]*)(?:(?:[\w, ]+=[ \t]*)?[%!].*|\?.*|[\w.*]+\?\??[ \t]*)$", re.MULTILINE
)
_OTHER_LANGUAGE = re.compile(r"[ \t]*%%(?!time|capture|prun|python)")  # `%%bash`, `%%html`
_COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}
_UNSURE = ast.If | ast.For | ast.While | ast.Try | ast.With | ast.Match


class SubmissionError(CourseError):
    """The file is no notebook that can be graded; the text says why."""


def printable(text: str, kept: str = "") -> str:
    """Return a stranger's text without what acts on a terminal, or is no text; escapes show it.

    That is all but letters, signs and spaces: half letters, marks that turn the direction of
    reading, and what moves the cursor. The letters in `kept` stay, such as line ends.
    """
    return "".join(one if one.isprintable() or one in kept else ascii(one)[1:-1] for one in text)


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
        binds: the names that it gives a value.
        changes: those whose value it changes in part: `x.a = 1`, `x += 1`, `x.append(1)`.
        uses: those that it takes from the notebook as it runs.
        uses_later: those that a function in it takes when it is called.
        is_sure: whether it binds its names whatever happens, as no `if` and no `for` does.
        imports: whether it is an import.
        imports_all: whether it binds what nobody can know without running it.
        checks: the exercises whose check it calls; of each, what the arguments take.
    """

    place: tuple[int, int]
    binds: frozenset[str]
    changes: frozenset[str]
    uses: frozenset[str]
    uses_later: frozenset[str]
    is_sure: bool
    imports: bool
    imports_all: bool
    checks: Mapping[str, frozenset[str]]


def read_submission(path: Path, exercises: Iterable[str]) -> Submission:
    """Return what the notebook `path` answers to these exercises.

    Raises:
        SubmissionError: if it is no notebook.
    """
    return find_answers(read_cells(path), exercises)


def read_cells(path: Path) -> list[str]:
    """Return the code cells of a notebook.

    Raises:
        SubmissionError: if it is too large, or no notebook.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            most = MOST_BYTES // 1_000_000
            msg = f"the file has more than {most} MB: hand it in again, with its outputs cleared"
            raise SubmissionError(msg)
        cells = json.loads(path.read_bytes())["cells"]
        return [_source_of(cell) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        msg = "the file is no notebook: hand it in again"
        raise SubmissionError(msg) from None
    except OSError as error:
        msg = f"the file cannot be read ({error.strerror})"
        raise SubmissionError(msg) from None


def find_answers(cells: Iterable[str], exercises: Iterable[str]) -> Submission:
    """Return what the code of these cells answers to these exercises.

    What code can do to a parser it does here, too: of strangers, run it in the box (`inside`).
    """
    wanted = set(exercises)
    sources: dict[int, str] = {}
    statements: list[_Statement] = []
    broken: dict[str, str] = {}
    for number, source in enumerate(cells):
        try:
            sources[number], nodes = _parse(source)
            statements += [_statement(node, (number, n)) for n, node in enumerate(nodes)]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            told = f"line {getattr(error, 'lineno', 0)}: {getattr(error, 'msg', error)}"
            named = re.findall(r"\.(\w+)\.check\(", source)
            broken |= {name: told for name in named if name in wanted}
    calls = {name: one for one in statements for name in one.checks}  # the last counts
    notebook = _Notebook(statements)
    answers = tuple(
        Answer(name, tuple(notebook.needed(name, call)), call.place)
        for name, call in calls.items()
        if name in wanted
    )
    used = {cell for one in answers for cell, _ in (*one.steps, one.place)}
    return Submission(
        {number: sources[number] for number in sorted(used)},
        answers,
        {name: told for name, told in broken.items() if name not in calls},
    )


def calls_of_check(statement: ast.stmt) -> dict[str, ast.Call]:
    """Return the calls of checks, `ex.NAME.check(...)`, in a statement: the last of each NAME."""
    return {
        node.func.value.attr: node
        for node in _walk(statement)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "check"
        and isinstance(node.func.value, ast.Attribute)
    }


def as_json(submission: Submission) -> bytes:
    """Return a submission as bytes that need no trust."""
    return json.dumps(asdict(submission)).encode()


def from_json(content: bytes, exercises: Iterable[str]) -> Submission:
    """Return the submission that `as_json` told.

    Raises:
        SubmissionError: if the bytes are anything else, or are about other exercises.
    """
    known = set(exercises)
    try:
        told = json.loads(content)
        cells = {int(number): str(source) for number, source in told["cells"].items()}
        answers = tuple(
            Answer(
                str(one["exercise"]),
                tuple((int(cell), int(number)) for cell, number in one["steps"]),
                (int(one["place"][0]), int(one["place"][1])),
            )
            for one in told["answers"]
        )
        broken = {str(name): str(reason) for name, reason in told["broken"].items()}
        names = [one.exercise for one in answers]
        is_right = len(names) == len(set(names)) and {*names, *broken} <= known
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError):
        is_right = False
    if not is_right:
        msg = "its code could not be read"
        raise SubmissionError(msg)
    return Submission(cells, answers, broken)


def _source_of(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _parse(source: str) -> tuple[str, list[ast.stmt]]:
    """Return the cell, without what IPython alone understands, and its statements."""
    try:
        return source, ast.parse(source).body
    except SyntaxError:
        plain = "" if _OTHER_LANGUAGE.match(source) else _NOT_PYTHON.sub(r"\1pass", source)
        return plain, ast.parse(plain).body


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a statement that run when it does: not what is in its functions."""
    left = [node]
    while left:
        one = left.pop()
        yield one
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            left += reversed(list(ast.iter_child_nodes(one)))


def _statement(node: ast.stmt, place: tuple[int, int]) -> _Statement:
    table = _table(node)
    used = set(_used(table))
    calls = calls_of_check(node)
    is_bare_call = isinstance(node, ast.Expr) and node.value in calls.values()
    arguments = {
        name: _table(ast.Expr(ast.Tuple(one.args, ast.Load()))) for name, one in calls.items()
    }
    return _Statement(
        place,
        binds=frozenset(
            one.get_name() for one in table.get_symbols() if one.is_assigned() or one.is_imported()
        ),
        changes=frozenset() if is_bare_call else frozenset(_changed(node)),
        uses=frozenset(name for name, is_now in used if is_now),
        uses_later=frozenset(name for name, is_now in used if not is_now),
        is_sure=not isinstance(node, _UNSURE),
        imports=isinstance(node, ast.Import | ast.ImportFrom),
        imports_all=isinstance(node, ast.ImportFrom) and node.names[0].name == "*",
        checks={name: frozenset(n for n, _ in _used(one)) for name, one in arguments.items()},
    )


def _table(node: ast.stmt) -> symtable.SymbolTable:
    module = ast.Module([node], type_ignores=[])
    return symtable.symtable(ast.unparse(module), "<statement>", "exec")


def _used(table: symtable.SymbolTable, *, is_now: bool = True) -> Iterator[tuple[str, bool]]:
    """Yield the names that a statement takes from the notebook, and whether it does as it runs.

    Else a function in it does, when it is called.
    """
    is_top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() if is_top else symbol.is_global():
            yield symbol.get_name(), is_now
    for inner in table.get_children():
        runs = inner.get_type() == "class" or inner.get_name() in _COMPREHENSIONS
        yield from _used(inner, is_now=is_now and runs)


def _changed(statement: ast.stmt) -> Iterator[str]:
    """Yield the names whose value a statement changes in part.

    A method that is called for nothing that it returns is taken to do so, too.
    """
    for node in _walk(statement):
        part: ast.AST | None = None
        if isinstance(node, ast.AugAssign):
            part = node.target
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            part = node.value
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            part = function.value if isinstance(function, ast.Attribute) else None
        while isinstance(part, ast.Attribute | ast.Subscript):
            part = part.value
        if isinstance(part, ast.Name):
            yield part.id


class _Notebook:
    """The statements of a notebook, by what they bind and change."""

    def __init__(self, statements: Iterable[_Statement]) -> None:
        self._stars = [one for one in statements if one.imports_all]
        imported = {name for one in statements if one.imports for name in one.binds}
        self._of: dict[str, list[_Statement]] = {}
        for one in statements:
            for name in one.binds | (one.changes - imported):
                self._of.setdefault(name, []).append(one)

    def needed(self, exercise: str, call: _Statement) -> list[tuple[int, int]]:
        """Return what must run before the check of an exercise is called, in order.

        What a statement uses as it runs must be there by then; what a function uses, when it is
        called.
        """
        cell, number = call.place
        end = call.place if call.is_sure else (cell, number + 1)  # a block may bind the answer
        needed = {one.place for one in self._stars if one.place < end}
        left = [(name, end) for name in call.checks[exercise]]
        seen = set(left)
        while left:
            name, time = left.pop()
            for one in self._giving(name, time):
                needed.add(one.place)
                more = {(used, one.place) for used in one.uses | one.changes}
                more |= {(used, time) for used in one.uses_later}
                left += more - seen
                seen |= more
        return sorted(needed)

    def _giving(self, name: str, time: tuple[int, int]) -> Iterator[_Statement]:
        """Yield the statements that give a name the value that it has at that time.

        They are the last that surely binds it, and what changes it after that; where there is
        nothing before that time, the first after it.
        """
        found = self._of.get(name, [])
        before = [one for one in found if one.place < time]
        for one in reversed(before):
            yield one
            if one.is_sure and name in one.binds and name not in one.changes:
                return
        is_known = hasattr(builtins, name) or any(one.place < time for one in self._stars)
        if not before and not is_known:
            yield from found[:1]
