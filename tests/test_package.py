"""What holds of the package as a whole: it costs nothing to import, and its arrows go one way."""

import ast
import graphlib
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import dlcourse

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "src" / "dlcourse"
FILES = {
    ".".join(("dlcourse", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
COMMANDS = {name for name in FILES if name.startswith("dlcourse.commands")} | {"dlcourse.__main__"}
# What the lessons may import, besides the exercises.
HELPERS = (
    {name for name in FILES if name.count(".") == 1}
    - COMMANDS
    - {
        "dlcourse.exercises",
        "dlcourse.checking",
    }
)
# What everything stands on.
GROUND = {"dlcourse.errors", "dlcourse.files", "dlcourse.places"}
# What only lessons import, since it draws; the second draws with the first.
FIGURES = {"dlcourse.plotting", "dlcourse.drawing"}
# What only those import who write exercises.
AUTHORS = {"dlcourse.exercise"}


def tree(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def imports(module: str) -> set[str]:
    """Everything that `module` imports anywhere in its code: modules, and names in them."""
    found = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def public_names(module: str) -> list[str]:
    """The functions and classes that `module` defines for others."""
    kinds = ast.FunctionDef | ast.ClassDef
    names = [node.name for node in tree(module).body if isinstance(node, kinds)]
    return [name for name in names if not name.startswith("_")]


def modules_after(statement: str) -> set[str]:
    """What `statement` adds to the modules of a fresh interpreter."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_costs_nothing() -> None:
    assert modules_after("import dlcourse") == {"dlcourse"}


def test_images_are_read_without_torchvision_or_matplotlib() -> None:
    loaded = modules_after("from dlcourse.data import load_mnist; load_mnist(train=False)")
    assert "torch" in loaded
    assert not loaded & {"torchvision", "torch._dynamo", "matplotlib", "IPython"}


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert dlcourse.__version__ == project["version"] == metadata.version("dlcourse")


def test_no_module_imports_itself_by_a_detour() -> None:
    arrows = {module: imports(module) & FILES.keys() - {module} for module in FILES}
    graphlib.TopologicalSorter(arrows).prepare()  # raises CycleError


@pytest.mark.parametrize("module", FILES)
def test_no_module_imports_the_lessons_or_the_tests(module: str) -> None:
    roots = {name.partition(".")[0] for name in imports(module)}
    assert not roots & {"notebooks", "tests", "conftest", "pytest", "nbval"}


@pytest.mark.parametrize("module", sorted(HELPERS))
def test_no_helper_imports_an_exercise_or_a_command_or_the_figures(module: str) -> None:
    assert not imports(module) & COMMANDS
    assert module in FIGURES or not imports(module) & FIGURES
    assert not {name for name in imports(module) if name.startswith("dlcourse.exercises")}


def test_exercises_need_nothing_of_the_course_but_its_helpers() -> None:
    lessons = [module for module in FILES if module.startswith("dlcourse.exercises.")]
    assert len(lessons) == 7
    for module in lessons:
        ours = {name for name in imports(module) if name in FILES}
        assert ours <= HELPERS | {"dlcourse.checking.comparison"}, module


def test_the_machinery_knows_no_lesson() -> None:
    machinery = [m for m in FILES if m == "dlcourse.exercise" or ".checking" in m]
    for module in machinery:
        assert not {name for name in imports(module) if name.startswith("dlcourse.exercises")}


@pytest.mark.parametrize("module", FILES)
def test_slow_packages_are_imported_only_by_the_module_that_needs_them(module: str) -> None:
    roots = {name.partition(".")[0] for name in imports(module)}
    assert "torchvision" not in roots, "lessons without an optimizer need not wait for it"
    assert "matplotlib" not in roots or module == "dlcourse.plotting"


def test_the_public_surface_is_small() -> None:
    surface = {module: public_names(module) for module in HELPERS - AUTHORS - GROUND}
    assert sum(map(len, surface.values())) <= 24, surface


@pytest.mark.parametrize("module", sorted((HELPERS | COMMANDS) - {"dlcourse.errors"}))
def test_each_module_says_what_it_covers_and_what_it_does_not(module: str) -> None:
    if public_names(module):
        docstring = ast.get_docstring(tree(module)) or ""
        assert "\nCovers: " in docstring
        assert "\nDoes not cover: " in docstring
