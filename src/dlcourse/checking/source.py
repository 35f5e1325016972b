"""Makes what a learner sees out of the code of an exercise: the stub, the solution, the imports.

The solution is one function or class in `dlcourse.exercises`. Its signature and its docstring make
the stub, so the two cannot drift apart. Annotations are left out: they name types that a notebook
has not imported.

Covers: the texts, and what tells one piece of code from another.
Does not cover: running them (`trial`).
"""

import ast
import copy
import functools
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

_PLACE = "# your code here"


def solution_source(answer: Callable[..., Any], name: str) -> str:
    """Return the code of a function or class without decorators and annotations, as `name`."""
    source, node = _parse(answer)
    lines = source.splitlines()
    for function in sorted(_functions(node), key=lambda found: -found.lineno):
        header = _header(function, " " * function.col_offset)
        lines[function.lineno - 1 : function.body[0].lineno - 1] = [header]
    source = "\n".join(lines[node.lineno - 1 :]) + "\n"
    return re.sub(rf"\b{answer.__name__}\b", name, source)


def stub_source(answer: Callable[..., Any]) -> str:
    """Return the function or class with its docstrings and without its bodies."""
    source, node = _parse(answer)
    lines = source.splitlines()
    if isinstance(node, ast.FunctionDef):
        return _stub(node, lines) + "\n"
    methods = [_stub(part, lines) for part in node.body if isinstance(part, ast.FunctionDef)]
    header = _class_header(node)
    return "\n\n".join(["\n".join([header, *_docstring(node, lines)]), *methods]) + "\n"


def assignment_source(answer: Callable[..., Any], names: tuple[str, ...]) -> str:
    """Return the body of a function as plain code that assigns what it returns to `names`."""
    source, node = _parse(answer)
    body = node.body[1:]  # without the docstring
    last = body[-1]
    if not isinstance(last, ast.Return) or last.value is None:
        msg = f"{answer.__name__} must end with the return of its value"
        raise TypeError(msg)
    lines = source.splitlines()[body[0].lineno - 1 :]
    before = lines[: last.lineno - body[0].lineno]
    value = ast.get_source_segment(source, last.value)
    return textwrap.dedent("\n".join([*before, f"    {', '.join(names)} = {value}"])) + "\n"


def question_source(answer: Callable[..., Any], names: tuple[str, ...]) -> str:
    """Return the stub of a question: its docstring as a comment, and a place for the answer."""
    question = inspect.cleandoc(answer.__doc__ or "").splitlines()
    comments = [f"# {line}".rstrip() for line in question]
    return "\n".join([*comments, f"{', '.join(names)} = {', '.join('...' for _ in names)}"]) + "\n"


def imports_for(module: str, *sources: str) -> str:
    """Return those of the module's import statements whose names the sources use."""
    used = {
        node.id
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name)
    }
    statements = []
    for node in _read(module)[1]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [one for one in node.names if (one.asname or one.name.split(".")[0]) in used]
            kept = copy.copy(node)
            kept.names = names
            statements += [ast.unparse(kept)] if names else []
    return "".join(f"{statement}\n" for statement in statements)


def fingerprint(code: object) -> tuple[object, ...]:
    """Return what tells one piece of code from another, its docstring and its lines left out.

    `code` is a function, a class, or what holds neither; then it is empty.
    """
    if isinstance(code, type):
        return tuple((name, *fingerprint(part)) for name, part in _methods(code))
    compiled = getattr(code, "__code__", None)
    if not isinstance(compiled, CodeType):
        return ()
    docstring = getattr(code, "__doc__", None)
    return _code_fingerprint(compiled, docstring)


def _methods(kind: type) -> Iterator[tuple[str, object]]:
    for name, part in vars(kind).items():
        function = part.__func__ if isinstance(part, staticmethod | classmethod) else part
        if inspect.isfunction(function):
            yield name, function


def _code_fingerprint(code: CodeType, docstring: str | None) -> tuple[object, ...]:
    constants = tuple(
        _code_fingerprint(constant, None) if isinstance(constant, CodeType) else repr(constant)
        for constant in code.co_consts
        if docstring is None or constant != docstring
    )
    constants = tuple(constant for constant in constants if constant != "None")
    return code.co_code, constants, code.co_names, code.co_varnames


@functools.cache
def _read(module: str) -> tuple[list[str], list[ast.stmt]]:
    """Return the lines of a module and its syntax tree; read once, for the speed of checks."""
    text = inspect.getsource(sys.modules[module])
    return text.splitlines(), ast.parse(text).body


def _parse(answer: Callable[..., Any]) -> tuple[str, ast.FunctionDef | ast.ClassDef]:
    """Return the code of a function or class at the top of its module, and its syntax tree."""
    lines, body = _read(answer.__module__)
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        if node.name == answer.__name__:
            source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            (own,) = ast.parse(source).body
            return source, own  # type: ignore[return-value]  # it is what `node` is
    msg = f"{answer.__name__} is no function or class at the top of {answer.__module__}"
    raise TypeError(msg)


def _functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    return (part for part in ast.walk(node) if isinstance(part, ast.FunctionDef))


def _header(function: ast.FunctionDef, indent: str) -> str:
    """Return the line `def name(arguments):` without annotations."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for argument in [*every, arguments.vararg, arguments.kwarg]:
        if argument is not None:
            argument.annotation = None
    return f"{indent}def {function.name}({ast.unparse(arguments)}):"


def _class_header(node: ast.ClassDef) -> str:
    """Return the line `class Name(bases):` without comments and decorators."""
    header = copy.copy(node)
    header.decorator_list, header.body = [], [ast.Pass()]
    return ast.unparse(header).removesuffix("\n    pass")


def _docstring(node: ast.FunctionDef | ast.ClassDef, lines: list[str]) -> list[str]:
    if ast.get_docstring(node) is None:
        return []
    return lines[node.body[0].lineno - 1 : node.body[0].end_lineno]


def _stub(function: ast.FunctionDef, lines: list[str]) -> str:
    indent = " " * function.col_offset
    decorators = [f"{indent}@{ast.unparse(part)}" for part in function.decorator_list]
    if not indent:
        decorators = []  # a function's own is that of the exercise
    docstring = _docstring(function, lines)
    place = f"{indent}    {_PLACE}" if docstring else f"{indent}    pass  {_PLACE}"
    return "\n".join([*decorators, _header(function, indent), *docstring, place])


def changed_sources(source: str, changes: tuple[tuple[str, str, str], ...]) -> dict[str, str]:
    """Return the source with each change made alone, and the reason that belongs to it.

    Args:
        source: the code of a solution.
        changes: (part, what it becomes, reason); the parts as `ast.unparse` prints them.

    Raises:
        ValueError: if a part does not stand in the source exactly once.
    """
    text = ast.unparse(ast.parse(source))
    changed = {}
    for part, new, reason in changes:
        if text.count(part) != 1:
            msg = f"{part!r} stands {text.count(part)} times in\n{text}"
            raise ValueError(msg)
        changed[text.replace(part, new)] = reason
    return changed
