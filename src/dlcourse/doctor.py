"""What must be right on a machine before the lessons run, each with its remedy where it is not.

Covers: Python, the packages and their versions, torch beside torchvision, the device, MNIST,
memory, room on the disk.
Does not cover: the speed of the machine (lesson 06), repairs other than those of the data.
"""

import contextlib
import platform
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module, metadata
from pathlib import Path

from dlcourse.errors import CourseError

# Packages are imported inside the checks: that they can be is one of the things to find out.

_REINSTALL = "delete the folder .venv and run `make lab`, which installs everything anew."
_ROOM = 100_000_000  # bytes: MNIST unpacked, and a learner's copies of the lessons
_MEMORY = 2_000_000_000  # bytes: what the lesson that takes most occupies (`make bench` tells)
_MEMORY_OF_CONTAINER = Path("/sys/fs/cgroup/memory.max")  # bytes, or "max"; on Linux alone


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
            works beside the installed torch; else their version numbers have to do.
    """
    checks: dict[str, Callable[[], str]] = {"Python": _check_python}
    for requirement in _requirements("dlcourse"):
        name = re.split(r"[^\w.-]", requirement)[0]
        checks[name] = partial(_check_version, name, requirement)
    checks |= {
        "torch with torchvision": partial(_check_pair, thorough=thorough),
        "device": _check_device,
        "MNIST": _check_mnist,
        "memory": _check_memory,
        "disk": _check_disk,
    }
    return [_find(name, check) for name, check in checks.items()]


def _find(name: str, check: Callable[[], str]) -> Finding:
    """Run `check`, which returns what it found, or raises a CourseError "what is wrong: remedy"."""
    try:
        return Finding(name, ok=True, detail=check(), remedy="")
    except CourseError as error:
        detail, _, remedy = str(error).partition(": ")
    except Exception as error:  # noqa: BLE001 - whatever else is wrong is a finding as well
        first_line = str(error).partition("\n")[0]
        detail, remedy = f"{type(error).__name__}: {first_line}", _REINSTALL
    return Finding(name, ok=False, detail=detail, remedy=remedy[:1].upper() + remedy[1:])


def _requirements(package: str) -> list[str]:
    """Return what `package` needs, such as "torch<3,>=2.10"; nothing if it is not installed."""
    try:
        requirements = metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []
    return [text for text in requirements if "extra ==" not in text]


def _check_python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = metadata.metadata("dlcourse")["Requires-Python"]
    if not _fits(version, f"Python{wanted}"):
        msg = f"{version}, but the course needs {wanted}: install a newer Python, then {_REINSTALL}"
        raise CourseError(msg)
    return platform.python_version()


def _check_version(name: str, requirement: str) -> str:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        msg = f"not installed: {_REINSTALL}"
        raise CourseError(msg) from None
    if not _fits(version, requirement):
        msg = f"{version}, but the course needs {requirement}: {_REINSTALL}"
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
            msg = f"the installed torchvision needs {requirement}, not {torch}: {_REINSTALL}"
            raise CourseError(msg)
    if not thorough:
        return "their versions fit"
    import_module("torchvision")
    return "imported together"


def _check_device() -> str:
    import torch  # noqa: PLC0415

    from dlcourse.device import choose_device, device_name  # noqa: PLC0415

    device = choose_device()
    torch.ones(2, device=device).sum().item()  # a driver that does not fit shows only when used
    return f"{device} ({device_name(device)})"


def _check_mnist() -> str:
    from dlcourse.data import mnist_folder  # noqa: PLC0415

    mnist_folder()  # not named: the answer is printed on a page of the course, for every machine
    return "70,000 images, verified"


def _check_memory() -> str:
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415

    free: int = psutil.virtual_memory().available
    # A container's own limit, which ends a kernel although the machine has more.
    with contextlib.suppress(OSError, ValueError):
        free = min(free, int(_MEMORY_OF_CONTAINER.read_text(encoding="ascii")))
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
