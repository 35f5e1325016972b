"""What must be right on a machine before the lessons run, each with its remedy where it is not.

Covers: Python, the packages and their versions, torch beside torchvision, the device, MNIST,
files of the learner that hide modules, memory, room on the disk, the network inside the machine; if
asked to be thorough, also torchvision, the figures and the kernel.
Does not cover: the speed of the machine (lesson 06), repairs other than those of the data, the
process that must find what a kernel finds (`commands.doctor`).
"""

import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module, metadata
from importlib.machinery import PathFinder
from inspect import getmodulename
from pathlib import Path

from dlcourse.advice import (
    advice_on,
    foreign_advice,
    is_foreign,
    missing_module_advice,
    reinstall_advice,
)
from dlcourse.errors import CourseError
from dlcourse.machine import memory_limit

# Packages are imported inside the checks: that they can be is one of the things to find out.

_ROOM = 100_000_000  # bytes: MNIST unpacked, and a learner's copies of the lessons
_MEMORY = 2_000_000_000  # bytes: what the lesson that takes most occupies (`make bench` tells)
_OPTIONAL_PARTS = ("bz2", "ctypes", "lzma", "sqlite3", "ssl", "zlib")  # of Python's own library
_IMPORTED_AS = {"pillow": "PIL"}  # where a package and its module differ
# A kernel looks into its folder first until it has imported these; later, after Python's library.
_KERNEL_START = """
import sys
before = set(sys.modules)
import runpy, pathlib
specs = [sys.modules[name].__spec__ for name in set(sys.modules) - before]
print(*(spec.name for spec in specs if spec.has_location))
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Attributes:
        name: what was checked.
        ok: whether it is as the lessons need it.
        detail: what was found.
        remedy: what to do about it; empty if `ok`.
    """

    name: str
    ok: bool
    detail: str
    remedy: str


def check_machine(*, thorough: bool = False) -> list[Finding]:
    """Return what was found on this machine, good and bad. Never raises.

    Args:
        thorough: also import torchvision, which takes some seconds and is the only proof that it
            works beside the installed torch (else their version numbers have to do), draw a figure
            and look for the kernel that `dlcourse lab` starts.
    """
    checks: dict[str, Callable[[], str]] = {"Python": _check_python}
    for requirement in _requirements("dlcourse"):
        name = re.split(r"[^\w.-]", requirement)[0]
        checks[name] = partial(_check_package, name, requirement)
    checks |= {
        "torch with torchvision": partial(_check_pair, thorough=thorough),
        "device": _check_device,
        "MNIST": _check_mnist,
        "your files": _check_files,
        "memory": _check_memory,
        "disk": _check_disk,
        "this machine's own network": _check_loopback,
    }
    if thorough:
        checks |= {"figures": _check_figures, "kernel": _check_kernel}
    return [_find(name, check) for name, check in checks.items()]


def _find(name: str, check: Callable[[], str]) -> Finding:
    """Run `check`, which returns what it found, or raises a CourseError "what is wrong: remedy"."""
    try:
        return Finding(name, ok=True, detail=check(), remedy="")
    except CourseError as error:
        detail, _, remedy = str(error).partition(": ")
    except Exception as error:  # noqa: BLE001 - whatever else is wrong is a finding as well
        detail, remedy = f"{type(error).__name__}: {_first_line(error)}", advice_on(error)
    return Finding(name, ok=False, detail=detail, remedy=remedy[:1].upper() + remedy[1:])


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _clause(error: Exception) -> str:
    """Return the first line of `error` without ": ", which is what comes before a remedy."""
    return _first_line(error).replace(": ", " - ")


def _requirements(package: str) -> list[str]:
    """Return what `package` needs, such as "torch<3,>=2.10"; nothing if it is not installed."""
    try:
        requirements = metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []
    return [text for text in requirements if "extra ==" not in text]


# ---------------------------------------------------------------------------- what is installed


def _check_python() -> str:
    for part in _OPTIONAL_PARTS:
        try:
            import_module(part)
        except ModuleNotFoundError as error:
            raise CourseError(missing_module_advice(error.name or part)) from error
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        wanted = metadata.metadata("dlcourse")["Requires-Python"]
    except metadata.PackageNotFoundError:
        msg = f"{version}, in which the course is not installed: {reinstall_advice()}"
        raise CourseError(msg) from None
    if not _fits(version, f"Python{wanted}"):
        remedy = f"install a newer Python, then {reinstall_advice()}"
        msg = f"{version}, but the course needs {wanted}: {remedy}"
        raise CourseError(msg)
    return platform.python_version()


def _check_package(name: str, requirement: str) -> str:
    """Check the version of an installed package, and that its module is not another one."""
    try:
        package = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise CourseError(missing_module_advice(name)) from None
    version, folder = package.version, Path(str(package.locate_file("")))
    if not _fits(version, requirement):
        remedy = foreign_advice(folder) if is_foreign(folder) else reinstall_advice()
        msg = f"{version}, but the course needs {requirement}: {remedy}"
        raise CourseError(msg)
    file = _file_of(_IMPORTED_AS.get(name, name)) or folder
    # What the folder of the copies hides is found by `_check_files`.
    if is_foreign(file) and not is_foreign(folder) and not file.is_relative_to(Path.cwd()):
        msg = f"{version} is installed, but not imported: {foreign_advice(file)}"
        raise CourseError(msg)
    return version


def _fits(version: str, requirement: str) -> bool:
    from packaging.requirements import Requirement  # noqa: PLC0415

    return Requirement(requirement).specifier.contains(version, prereleases=True)


def _check_pair(*, thorough: bool) -> str:
    """Hold what torchvision demands against the installed torch; if `thorough`, import it too."""
    torch = metadata.version("torch")
    for requirement in _requirements("torchvision"):
        if re.match(r"torch\b", requirement) and not _fits(torch, requirement):
            needs = f"the installed torchvision needs {requirement}, not {torch}"
            msg = f"{needs}: {reinstall_advice()}"
            raise CourseError(msg)
    if not thorough:
        return "their versions fit"
    import_module("torchvision")
    return "imported together"


def _check_files() -> str:
    """Look for files in the current folder that a kernel there would import for others."""
    here = Path.cwd()
    own = _importable_files(here)
    others = [entry for entry in sys.path if Path(entry).absolute() != here]
    hiding = {name for name in own if _file_of(name) == own[name] and _file_of(name, others)}
    if own.keys() & sys.stdlib_module_names:
        hiding |= own.keys() & _imported_at_start()
    if hiding:
        files = ", ".join(sorted(own[name].relative_to(here).parts[0] for name in hiding))
        hide = "hides a module" if len(hiding) == 1 else "hide modules"
        msg = f"{files} in {here} {hide} of the same name: rename or remove what is yours."
        raise CourseError(msg)
    return "none hides a module"


def _importable_files(folder: Path) -> dict[str, Path]:
    """Return the files of modules and packages in `folder`, by the name to import them by."""
    names = {getmodulename(path.name) or path.name for path in folder.iterdir()}
    found = {name: _file_of(name, [str(folder)]) for name in names if name.isidentifier()}
    return {name: file for name, file in found.items() if file is not None}


def _file_of(module: str, path: list[str] | None = None) -> Path | None:
    """Return the file that `module` is found in, on sys.path if no other `path` is given."""
    spec = PathFinder.find_spec(module, path)
    # a folder that is no package has no file, and hides nothing
    return Path(spec.origin) if spec is not None and spec.origin is not None else None


def _imported_at_start() -> set[str]:
    """Return the modules of Python's library that a kernel looks for in its own folder first."""
    command = [sys.executable, "-P", "-c", _KERNEL_START]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return set(done.stdout.split())


# ---------------------------------------------------------------------------- what is used


def _check_device() -> str:
    import torch  # noqa: PLC0415

    from dlcourse.device import choose_device, device_name  # noqa: PLC0415

    with warnings.catch_warnings(record=True) as caught:  # PyTorch's, on a GPU it cannot use
        warnings.simplefilter("always")
        device = choose_device()
    reasons = [_first_line(one.message) for one in caught if isinstance(one.message, Exception)]
    try:
        torch.ones(2, device=device).sum().item()  # a driver that does not fit shows only when used
    except RuntimeError as error:
        if device.type == "cpu":
            raise
        end = "end the programs that fill it, or " if "out of memory" in str(error) else ""
        remedy = f"{end}set DLCOURSE_DEVICE=cpu, which suffices."
        msg = f"{device} does not work ({_clause(error)}): {remedy}"
        raise CourseError(msg) from error
    return "; ".join([f"{device} ({device_name(device)})", *reasons])


def _check_mnist() -> str:
    from dlcourse.data import mnist_folder  # noqa: PLC0415

    mnist_folder()  # not named: the answer is printed on a page of the course, for every machine
    return "70,000 images, verified"


def _check_memory() -> str:
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415

    free: int = psutil.virtual_memory().available
    limit = memory_limit()  # beyond it a kernel is ended although the machine has more
    free = free if limit is None else min(free, limit)
    if free < _MEMORY:
        msg = (
            f"only {free / 1e9:.1f} GB are free, of the {_MEMORY / 1e9:.0f} GB that a lesson may "
            "take: close other programs, and other lessons (Kernel > Shut Down All Kernels)."
        )
        raise CourseError(msg)
    return f"{free / 1e9:.1f} GB free"


def _check_disk() -> str:
    free = shutil.disk_usage(Path(__file__)).free
    if free < _ROOM:
        msg = f"only {free / 1e6:.0f} MB are free: make room for {_ROOM / 1e6:.0f} MB."
        raise CourseError(msg)
    return f"{free / 1e9:.1f} GB free"


def _check_loopback() -> str:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
    except OSError as error:
        msg = (
            f"JupyterLab and its kernels cannot talk to each other ({_clause(error)}): let "
            "programs reach 127.0.0.1, in the settings of your firewall, sandbox or container."
        )
        raise CourseError(msg) from error
    return "programs reach 127.0.0.1"


def _check_figures() -> str:
    plt = import_module("matplotlib.pyplot")
    try:
        plt.close(plt.figure())
    except Exception as error:
        backend = os.environ.get("MPLBACKEND")
        if not backend:
            raise
        msg = f"MPLBACKEND={backend} does not work ({_clause(error)}): unset MPLBACKEND."
        raise CourseError(msg) from error
    return "can be drawn"


def _check_kernel() -> str:
    """Check that "Python 3" in JupyterLab is the Python that has the course."""
    from jupyter_client.kernelspec import KernelSpecManager  # noqa: PLC0415

    spec = KernelSpecManager().get_kernel_spec("python3")
    program = Path(spec.argv[0])
    here = Path(sys.executable).parent
    if program.is_absolute() and program.parent != here:
        msg = f"it starts {program}, which is not in {here}: remove the folder {spec.resource_dir}."
        raise CourseError(msg)
    return "starts this Python"
