"""The code that a lesson builds, held against the module that later lessons import."""

import ast
import inspect
from pathlib import Path
from types import ModuleType

import nbformat

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def check_lesson_builds(module: ModuleType, notebook: str) -> set[str]:
    """Assert that the lesson defines what `module` defines, word for word; return the names.

    Docstrings and annotations may differ, since a lesson shows less of both.
    """
    cells = nbformat.read(NOTEBOOKS / notebook, as_version=4).cells
    source = "\n\n".join(cell.source for cell in cells if cell.cell_type == "code")
    lesson = code_of(ast.parse(source))
    wanted = code_of(ast.parse(inspect.getsource(module)))
    for name, code in wanted.items():
        assert lesson.get(name) == code, f"{notebook} and {module.__name__} differ in {name}"
    return set(wanted)


def code_of(tree: ast.Module) -> dict[str, str]:
    """Return every top-level function, class and constant as code, by its name."""
    definitions = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            definitions[node.name] = ast.unparse(_Bare().visit(node))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).isupper():
            definitions[ast.unparse(node.targets[0])] = ast.unparse(node)
    return definitions


class _Bare(ast.NodeTransformer):
    """Removes docstrings, and the annotations of functions and of the variables in them."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        # A dataclass is made of annotations, so they stay.
        node.body = [
            self.visit(part) if isinstance(part, ast.FunctionDef) else part
            for part in _without_docstring(node)
        ]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        for argument in [*node.args.args, *node.args.kwonlyargs]:
            argument.annotation = None
        node.body = [self.visit(part) for part in _without_docstring(node)]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is None:
            return node
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def _without_docstring(node: ast.FunctionDef | ast.ClassDef) -> list[ast.stmt]:
    return node.body if ast.get_docstring(node) is None else node.body[1:]
