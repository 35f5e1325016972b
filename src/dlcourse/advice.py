"""What to do about a package, a module or a library that does not work here.

A remedy is given only where the cause is known: an installation of 6 GB, made anew, does not help
against a file that hides a package.

Covers: how this installation is made anew, modules that are missing or come from elsewhere, errors
of imports.
Does not cover: finding out what is wrong (`doctor`), damaged lessons and data (`places`).
"""

import os
import re
import site
import sys
import traceback
from pathlib import Path

import dlcourse
from dlcourse.places import IS_INSTALLED, ROOT

UNKNOWN = "no remedy is known: show this line where you ask for help."
_OTHER_PYTHON = (
    "install the course with another Python."
    if IS_INSTALLED
    else "set the course up with another Python (`make clean`, `make setup PYTHON=python3.12`)."
)
_OURS = re.compile(r"lib(torch|c10|cu|nv|shm|gomp|mkl|openblas|scipy_openblas)")  # in the wheels
_MADE_FOR_OTHERS = re.compile(r"undefined symbol|operator torchvision::\w+ does not exist")
_KNOWN = {  # by words of the linker, of NumPy and of PyTorch
    r"version `\w+_[\d.]+' not found": (
        "this system is older than the installed packages need: use a newer one, or conda."
    ),
    "built with baseline optimizations": (
        "this processor is older than the installed packages need: use another machine."
    ),
    "can only be initialized once": "this follows from the fault before: see there.",
}


def reinstall_advice() -> str:
    """Return how to make anew what is installed here."""
    if IS_INSTALLED:
        return "run `pip install --force-reinstall dlcourse`."
    if Path(sys.prefix) == ROOT / ".venv":
        return "delete the folder .venv and run `make lab`, which installs everything anew."
    return f"run `pip install --force-reinstall --editable .` in {ROOT}."


def missing_module_advice(name: str) -> str:
    """Return what is wrong and what to do where the module `name` cannot be found, in a line."""
    root = name.partition(".")[0]
    if root in sys.stdlib_module_names or root == "pysqlite2":  # what Jupyter tries after sqlite3
        return f"this Python was built without its module {root}: {_OTHER_PYTHON}"
    if IS_INSTALLED:
        return f"the package {name} is missing: {reinstall_advice()}"
    again = "if it does not, delete the folder .venv first"
    return f"the package {name} is missing: run `make setup`, which installs it; {again}."


def advice_on(error: BaseException) -> str:
    """Return what to do about `error`, raised as a package was imported or tried."""
    if file := _foreign_file(error):
        return foreign_advice(file)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return missing_module_advice(error.name)
    text = str(error)
    if library := re.search(r"(\S+\.so[\d.]*): cannot open shared object file", text):
        name = Path(library[1]).name
        return reinstall_advice() if _OURS.match(name) else f"install the system's library {name}."
    if _MADE_FOR_OTHERS.search(text):
        return reinstall_advice()
    if isinstance(error, MemoryError) or "failed to map segment" in text:
        return _advice_on_mapping()
    return next((advice for words, advice in _KNOWN.items() if re.search(words, text)), UNKNOWN)


def _advice_on_mapping() -> str:
    """Return what to do where the system refuses to load a library that is there."""
    if os.name == "posix":
        import resource  # noqa: PLC0415 - not on Windows

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            allowed = f"{limit / 1e9:.1f} GB of addresses"
            return f"a program gets only {allowed} here: type `ulimit -v unlimited`."
    return "the disk that it is on may forbid programs (noexec): move the course to another one."


def is_foreign(path: Path) -> bool:
    """Tell whether `path` belongs neither to this Python and its packages nor to the course."""
    homes = (sys.prefix, sys.base_prefix, Path(dlcourse.__file__).parents[1])
    return not any(path.is_relative_to(home) for home in homes)


def foreign_advice(file: Path) -> str:
    """Return how to get rid of a module from elsewhere that was imported from `file`."""
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if any(entry and file.is_relative_to(Path(entry).absolute()) for entry in entries):
        return f"it comes from {file}: unset PYTHONPATH."
    if site.ENABLE_USER_SITE and file.is_relative_to(site.getusersitepackages()):
        return f"it comes from {file}: set PYTHONNOUSERSITE=1, or uninstall it there."
    return f"it comes from {file}, which is none of the course's: rename or remove it."


def _foreign_file(error: BaseException) -> Path | None:
    """Return the file outside of the course and its packages that `error` came from, if any."""
    module = getattr(error, "obj", None)  # of an AttributeError
    if isinstance(error, ImportError) and error.name:
        module = sys.modules.get(error.name.partition(".")[0])
    frames = traceback.extract_tb(error.__traceback__)
    names = [getattr(module, "__file__", None), *(frame.filename for frame in frames)]
    files = [Path(name) for name in names if name]
    return next((file for file in files if file.is_absolute() and is_foreign(file)), None)
