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
# The rooms, from the bottom to the top: a module imports of its own room and of those that are
# named with it. `doctor`, which looks at the whole machine, is a helper that lesson 00 shows.
GROUND = {"dlcourse"} | {
    f"dlcourse.{name}" for name in ("advice", "errors", "files", "machine", "places")
}
COMMANDS = {name for name in FILES if name.startswith("dlcourse.commands")} | {"dlcourse.__main__"}
EXERCISES = {name for name in FILES if name.startswith("dlcourse.exercises")}
CHECKING = {name for name in FILES if name.startswith("dlcourse.checking")}
GRADING = {name for name in FILES if name.startswith("dlcourse.grading")}
DRAWING = {"dlcourse.drawing"}
# What lessons import, besides the exercises.
HELPERS = FILES.keys() - GROUND - COMMANDS - EXERCISES - CHECKING - GRADING
ROOMS = {
    "ground": (GROUND, GROUND),
    "helpers": (HELPERS, GROUND | HELPERS),
    "checking": (CHECKING, GROUND | CHECKING),
    "exercises": (EXERCISES, GROUND | HELPERS | CHECKING | EXERCISES),
    "grading": (GRADING, GROUND | CHECKING | EXERCISES | GRADING),
    "commands": (COMMANDS, FILES.keys()),
}
# What only lessons import, since it draws; the second draws with the first.
FIGURES = {"dlcourse.plotting"} | DRAWING
LONGEST = 350  # lines of a module
MOST_PUBLIC_NAMES = 31  # functions and classes of all helpers together


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


@pytest.mark.parametrize("room", ROOMS)
def test_the_arrows_between_the_rooms_go_down(room: str) -> None:
    inside, allowed = ROOMS[room]
    assert inside
    upward = {module: (imports(module) & FILES.keys()) - allowed for module in inside}
    assert not {module: names for module, names in upward.items() if names}


@pytest.mark.parametrize("module", sorted(HELPERS - FIGURES))
def test_no_helper_draws_but_those_for_figures(module: str) -> None:
    assert not imports(module) & FIGURES


def test_an_exercise_needs_nothing_of_another() -> None:
    files = [name for name in EXERCISES if name.count(".") > 2]
    assert len(files) > 60
    mistakes_alone = {name for name in files if "._" in name}  # each serves one exercise
    for module in files:
        assert not imports(module) & (EXERCISES - mistakes_alone), module


@pytest.mark.parametrize("module", FILES)
def test_a_module_is_read_in_one_go(module: str) -> None:
    assert len(FILES[module].read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("module", FILES)
def test_slow_packages_are_imported_only_by_the_module_that_needs_them(module: str) -> None:
    roots = {name.partition(".")[0] for name in imports(module)}
    assert "torchvision" not in roots, "lessons without an optimizer need not wait for it"
    assert "matplotlib" not in roots or module in {"dlcourse.plotting", "dlcourse.grading.figure"}


def test_the_public_surface_is_small() -> None:
    surface = {module: public_names(module) for module in HELPERS}
    count = sum(map(len, surface.values()))
    assert count <= MOST_PUBLIC_NAMES, (
        f"The helpers have {count} public functions and classes; {MOST_PUBLIC_NAMES} are allowed. "
        "Begin the names that no lesson imports with an underscore. If two lessons need them all, "
        f"raise MOST_PUBLIC_NAMES in the same commit. {surface}"
    )


@pytest.mark.parametrize("module", sorted(FILES.keys() - EXERCISES - {"dlcourse.errors"}))
def test_each_module_says_what_it_covers_and_what_it_does_not(module: str) -> None:
    if public_names(module):
        docstring = ast.get_docstring(tree(module)) or ""
        for line in ("Covers: ", "Does not cover: "):
            assert f"\n{line}" in docstring, f'begin a line of the module docstring with "{line}"'
