"""Single-edit mutants of every solution, each through its own check: `make mutants`.

A mutant is a solution with one small fault. One that its check passes is a survivor: either the
check is too weak, or nothing can tell the mutant from the solution; then it is listed with the
exercise as equivalent, with the reason. There may be no survivors, and few equivalents.

    python tests/exercises/mutants.py [NAME …]    # tensors, autograd.slope, …; none: all lessons
"""

import ast
import copy
import itertools
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from types import FrameType
from typing import Any

import torch

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Outcome
from dlcourse.errors import CourseError
from dlcourse.exercises import LESSONS, catalog, exercises_of_lesson, find_exercise

SECONDS = 5  # for one mutant: a lost `i += 1` makes an endless loop
MOST_EQUIVALENT = 0.05  # of all mutants
KILLED, EQUIVALENT, SURVIVED = "killed", "equivalent", "survived"

Edit = Callable[[ast.AST], None]  # changes a node in place

_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_ONE_WAY = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_PAIRS = (
    ("mean", "sum"),
    ("max", "min"),
    ("amax", "amin"),
    ("argmax", "argmin"),
    ("maximum", "minimum"),
    ("any", "all"),
    ("exp", "log"),
    ("log1p", "log"),
    ("sin", "cos"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("train", "eval"),
    ("var", "std"),
    ("cumsum", "cumprod"),
    ("eigvalsh", "eigvals"),
    ("floor", "ceil"),
    ("softmax", "log_softmax"),
)
_METHODS = {**dict(_PAIRS), **{second: first for first, second in _PAIRS}}


# ---------------------------------------------------------------------------- making them


def mutants_of(source: str) -> Iterator[str]:
    """Yield every mutant of `source` once, as `ast.unparse` prints it; `source` must be valid."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for place, node in enumerate(ast.walk(tree)):
        for edit in _edits(node):
            changed = copy.deepcopy(tree)
            edit(next(itertools.islice(ast.walk(changed), place, None)))
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in seen and _compiles(text):
                seen.add(text)
                yield text


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _edits(node: ast.AST) -> Iterator[Edit]:
    yield from _dropped_statements(node)
    yield from _changed_operators(node)
    if isinstance(node, ast.Constant):
        yield from _changed_constants(node.value)
    if isinstance(node, ast.Call):
        yield from _changed_calls(node)
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield _negate_test
    if isinstance(node, ast.Attribute) and node.attr in _METHODS:
        yield partial(_set, field="attr", value=_METHODS[node.attr])
    if isinstance(node, ast.Slice):
        for bound in ("lower", "upper", "step"):
            yield partial(_set, field=bound, value=None)
    yield from _dropped_calls(node)


def _changed_operators(node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for kind in _OPERATORS.get(type(node.op), ()):
            yield partial(_set, field="op", value=kind())
    if isinstance(node, ast.BinOp) and isinstance(node.op, _ONE_WAY):
        yield partial(_swap, field=("left", "right"))
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for comparison in _COMPARISONS[type(operator)]:
                yield partial(_put, field="ops", place=place, value=comparison())
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield partial(_set, field="op", value=other)


def _dropped_calls(node: ast.AST) -> Iterator[Edit]:
    """Drop each negation and each call in `node`: `x.relu()` becomes `x`."""
    for name, value in ast.iter_fields(node):
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and _inside(child) is not None:
                yield partial(_unwrap, field=name, place=place)


def _dropped_statements(node: ast.AST) -> Iterator[Edit]:
    """Drop each statement of a block, but no docstring; an empty block becomes `pass`."""
    for block in ("body", "orelse", "finalbody"):
        statements = getattr(node, block, None)
        if isinstance(statements, list):
            for place, statement in enumerate(statements):
                value = statement.value if isinstance(statement, ast.Expr) else None
                if not isinstance(value, ast.Constant):
                    yield partial(_drop, field=block, place=place)


def _changed_constants(value: object) -> Iterator[Edit]:
    if isinstance(value, bool):
        yield partial(_set, field="value", value=not value)
    elif isinstance(value, int | float):
        for step in (1, -1):
            yield partial(_set, field="value", value=value + step)


def _changed_calls(node: ast.Call) -> Iterator[Edit]:
    """Drop or swap arguments, and drop keywords."""
    for place in range(len(node.args)):
        yield partial(_drop, field="args", place=place)
    for place in range(len(node.args) - 1):
        yield partial(_swap_places, field="args", place=place)
    for place in range(len(node.keywords)):
        yield partial(_drop, field="keywords", place=place)


def _inside(node: ast.AST) -> ast.AST | None:
    """Return what is left without a negation or call: `x` of `-x`, `x.relu()`, `torch.relu(x)`."""
    if isinstance(node, ast.UnaryOp):
        return node.operand
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute) and not _is_in_a_module(node.func):
        return node.func.value
    return node.args[0] if node.args else None


def _is_in_a_module(function: ast.Attribute) -> bool:
    """Tell whether `function` is looked up in a module, as far as its name tells."""
    root = ast.unparse(function.value).partition(".")[0]
    return root in {"torch", "nn", "np", "math", "statistics", "copy", "io", "random"}


# The edits themselves; each changes the node in place.


def _set(node: ast.AST, field: str, value: object) -> None:
    setattr(node, field, value)


def _put(node: ast.AST, field: str, place: int, value: object) -> None:
    getattr(node, field)[place] = value


def _drop(node: ast.AST, field: str, place: int) -> None:
    block = getattr(node, field)
    del block[place]
    if not block and field == "body":
        block.append(ast.Pass())


def _swap(node: ast.AST, field: tuple[str, str]) -> None:
    first, second = field
    old = getattr(node, first)
    setattr(node, first, getattr(node, second))
    setattr(node, second, old)


def _swap_places(node: ast.AST, field: str, place: int) -> None:
    values = getattr(node, field)
    values[place], values[place + 1] = values[place + 1], values[place]


def _negate_test(node: ast.AST) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)  # type: ignore[attr-defined]


def _unwrap(node: ast.AST, field: str, place: int) -> None:
    value = getattr(node, field)
    if isinstance(value, list):
        value[place] = _inside(value[place])
    else:
        setattr(node, field, _inside(value))


# ---------------------------------------------------------------------------- judging them


@dataclass(frozen=True)
class Fate:
    """What became of the mutants of one exercise: how many of each, and the survivors' code."""

    counts: Counter[str]
    survivors: list[str]


def fate_of(exercise: Exercise) -> Fate:
    """Judge every mutant of an exercise's solution by the exercise's own check."""
    # A process's first optimizer loads PyTorch's compiler, which takes longer than a mutant may.
    torch.optim.SGD([torch.zeros(1)], lr=0.1)
    counts: Counter[str] = Counter()
    survivors = []
    for text in mutants_of(exercise.solution_source):
        if not _passes(exercise, text):
            counts[KILLED] += 1
        elif text in exercise.equivalent_mutants:
            counts[EQUIVALENT] += 1
        else:
            counts[SURVIVED] += 1
            survivors.append(text)
    return Fate(counts, survivors)


def _passes(exercise: Exercise, source: str) -> bool:
    namespace: dict[str, Any] = {}
    previous = signal.signal(signal.SIGALRM, _interrupt)
    signal.alarm(SECONDS)
    try:
        exec(exercise.setup_source + source, namespace)  # noqa: S102 - a mutant of our own text
        answers = [namespace[name] for name in exercise.names]
        return exercise.judge(*answers).outcome is Outcome.PASSED
    except (Exception, KeyboardInterrupt):  # noqa: BLE001 - it fails in whatever way
        return False
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fate_of_id(name: str) -> tuple[str, Fate]:
    torch.set_num_threads(1)
    return name, fate_of(find_exercise(name))


def ids_of(names: list[str]) -> list[str]:
    """Return the ids of the exercises that are named by lesson or by id; of all, for no names.

    Raises:
        CourseError: if there is no such lesson or exercise.
    """
    if not names:
        return [one.id for one in catalog()]
    return [
        one.id
        for name in names
        for one in (exercises_of_lesson(name) if name in LESSONS else [find_exercise(name)])
    ]


def main(arguments: list[str]) -> int:
    """Print a table with a row an exercise, then the survivors; return the exit status."""
    start = time.perf_counter()
    try:
        names = ids_of(arguments)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    workers = min(len(names), os.cpu_count() or 1)
    total: Counter[str] = Counter()
    survivors = []
    print(f"{'exercise':40} {'mutants':>8} {'killed':>8} {'equivalent':>11} {'survivors':>10}")
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for name, fate in pool.map(_fate_of_id, names):
            total += fate.counts
            survivors += [f"{name}:\n{text}\n" for text in fate.survivors]
            print(_row(name, fate.counts), flush=True)
    print(_row("all", total), f"in {time.perf_counter() - start:.0f} s")
    for text in survivors:
        print(f"\nsurvived in {text}")
    too_many = total[EQUIVALENT] > MOST_EQUIVALENT * total.total()
    return 1 if survivors or too_many else 0


def _row(name: str, counts: Counter[str]) -> str:
    numbers = counts.total(), counts[KILLED], counts[EQUIVALENT], counts[SURVIVED]
    return f"{name:40} {numbers[0]:8} {numbers[1]:8} {numbers[2]:11} {numbers[3]:10}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
