"""Single-edit mutants of every solution, each through its own check: `make mutants`.

A mutant is a solution with one small fault. One that its check passes is a survivor: either the
check is too weak, or nothing can tell the mutant from the solution; then it stands beside the
exercise as equivalent, with the reason. There may be no survivors, and few equivalents.

    python tests/mutants.py [LESSON …]      # tensors, autograd, …; none: all lessons
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
from multiprocessing import get_context
from types import FrameType
from typing import Any

import torch

from dlcourse.exercise import Exercise, Outcome
from dlcourse.exercises import LESSONS, catalog

SECONDS = 5  # for one mutant: a lost `i += 1` makes an endless loop
MOST_EQUIVALENT = 0.05  # of all mutants
KILLED, EQUIVALENT, SURVIVED = "killed", "equivalent", "survived"

Edit = Callable[[Any], None]  # changes a node in place

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
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for other in _OPERATORS.get(type(node.op), ()):
            yield lambda n, other=other: setattr(n, "op", other())
    if isinstance(node, ast.BinOp) and isinstance(node.op, _ONE_WAY):
        yield _reverse
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for kind in _COMPARISONS[type(operator)]:
                yield lambda n, place=place, kind=kind: n.ops.__setitem__(place, kind())
    if isinstance(node, ast.BoolOp):
        kind_of_bool = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield lambda n: setattr(n, "op", kind_of_bool())
    if isinstance(node, ast.Constant):
        yield from _changed_constants(node.value)
    if isinstance(node, ast.Call):
        yield from _changed_calls(node)
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    if isinstance(node, ast.Attribute) and node.attr in _METHODS:
        yield lambda n: setattr(n, "attr", _METHODS[n.attr])
    if isinstance(node, ast.Slice):
        for bound in ("lower", "upper", "step"):
            if getattr(node, bound) is not None:
                yield lambda n, bound=bound: setattr(n, bound, None)
    yield from _unwrapped(node)


def _dropped_statements(node: ast.AST) -> Iterator[Edit]:
    """Drop each statement of a block; the docstring is none, and an empty block is `pass`."""

    def drop(n: Any, block: str, place: int) -> None:  # noqa: ANN401 - any node with a block
        statements = getattr(n, block)
        del statements[place]
        if not statements:
            statements.append(ast.Pass())

    for block in ("body", "orelse", "finalbody"):
        statements = getattr(node, block, None)
        if not isinstance(statements, list) or isinstance(node, ast.Module) and len(statements) == 1:
            continue
        for place, statement in enumerate(statements):
            is_docstring = isinstance(statement, ast.Expr) and isinstance(
                statement.value, ast.Constant
            )
            if not is_docstring:
                yield lambda n, block=block, place=place: drop(n, block, place)


def _reverse(node: ast.BinOp) -> None:
    node.left, node.right = node.right, node.left


def _changed_constants(value: object) -> Iterator[Edit]:
    if isinstance(value, bool):
        yield lambda n: setattr(n, "value", not value)
    elif isinstance(value, int | float):
        for step in (1, -1):
            yield lambda n, step=step: setattr(n, "value", value + step)


def _changed_calls(node: ast.Call) -> Iterator[Edit]:
    """Drop or swap arguments, and drop keywords."""

    def swap(n: ast.Call, place: int) -> None:
        n.args[place], n.args[place + 1] = n.args[place + 1], n.args[place]

    for place in range(len(node.args)):
        yield lambda n, place=place: n.args.__delitem__(place)
    for place in range(len(node.args) - 1):
        yield lambda n, place=place: swap(n, place)
    for place in range(len(node.keywords)):
        yield lambda n, place=place: n.keywords.__delitem__(place)


def _unwrapped(node: ast.AST) -> Iterator[Edit]:
    """Drop a negation or a call: `-x` and `x.relu()` and `torch.relu(x)` become `x`."""
    for name, value in ast.iter_fields(node):
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            inner: ast.AST | None = None
            if isinstance(child, ast.UnaryOp):
                inner = child.operand
            elif isinstance(child, ast.Call):
                is_method = isinstance(child.func, ast.Attribute) and not _is_module(child.func)
                if is_method and isinstance(child.func, ast.Attribute):
                    inner = child.func.value
                elif child.args:
                    inner = child.args[0]
            if inner is not None:
                yield lambda n, name=name, place=place: _replace_by_inner(n, name, place)


def _is_module(function: ast.Attribute) -> bool:
    """Tell whether `function` is looked up in a module, as far as its name tells."""
    root = ast.unparse(function.value).partition(".")[0]
    return root in {"torch", "nn", "np", "math", "F", "statistics", "copy", "io", "random"}


def _replace_by_inner(node: ast.AST, name: str, place: int) -> None:
    value = getattr(node, name)
    child = value[place] if isinstance(value, list) else value
    if isinstance(child, ast.UnaryOp):
        inner: ast.AST = child.operand
    elif isinstance(child.func, ast.Attribute) and not _is_module(child.func):
        inner = child.func.value
    else:
        inner = child.args[0]
    if isinstance(value, list):
        value[place] = inner
    else:
        setattr(node, name, inner)


# ---------------------------------------------------------------------------- judging them


@dataclass(frozen=True)
class Fate:
    """What became of the mutants of one exercise: how many of each, and the survivors' code."""

    counts: Counter[str]
    survivors: list[str]


def fate_of(exercise: Exercise) -> Fate:
    """Judge every mutant of an exercise's solution by the exercise's own check."""
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
    return name, fate_of(next(one for one in catalog() if one.id == name))


def main(lessons: list[str]) -> int:
    """Print a table with a row an exercise, then the survivors; return the exit status."""
    start = time.perf_counter()
    lessons = lessons or list(LESSONS)
    names = [one.id for one in catalog() if one.id.partition(".")[0] in lessons]
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
