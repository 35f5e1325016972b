"""The settings that learners' machines have: each a row of `make everywhere`.

Covers: the variables, users, folders and versions of each row, and why it cannot be run here.
Does not cover: running one, the table, the soak (`everywhere`).
"""

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name

import lived_in

N_CORES = os.cpu_count() or 1
# Where programs are looked for: beside this interpreter first.
PROGRAMS = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
IS_ROOT = getattr(os, "geteuid", int)() == 0
STRANGER = 61234  # a user that no machine knows, as in some containers
OLDEST_PYTHON = (3, 11)
_NO_CONNECTION = re.compile(r"cannot be reached|error sending request|dns error|Failed to fetch")


class HinderedError(Exception):
    """This machine cannot run the row; the text says why."""


class NotMadeError(Exception):
    """The row's environment cannot be made, though the machine is not to blame."""


def _this_python(_: Path) -> Path:
    return Path(sys.executable)


@dataclass(frozen=True)
class Row:
    """One setting of the machine.

    Attributes:
        name: how it is called on the command line and in the table.
        kind: what of the machine it changes; rows of different kinds can be combined.
        environment: the variables that differ from those of here; "" for one that is not set.
        folder: the clone's name; learners have spaces and other letters in theirs.
        prefix: the command that the suite is started with.
        path: folders of the clone, besides src, in which Python looks for modules.
        n_workers: how many processes run the suite at once; 1 for pytest's own process alone.
        order: the files with tests, in the order to run them; none: as pyproject.toml says.
        is_bare: whether it has none of the variables of here but a PATH of the system's programs.
        is_zip: whether the clone is none, but a copy without `.git`, as GitHub's ZIP file is.
        user: the number of another user, who is to run the suite; None: whoever runs it.
        furnish: given the home and the clone, writes files and returns variables.
        python: given the clone, returns the interpreter to use; raises HinderedError or
            NotMadeError where there can be none.
        hindrance: why this machine cannot run the row; empty where it can, as far as one can tell
            without running it.
        note: what the table says of the row besides its name.
    """

    name: str
    kind: str
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "dlcourse"
    prefix: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    n_workers: int = N_CORES
    order: tuple[str, ...] = ()
    is_bare: bool = False
    is_zip: bool = False
    user: int | None = None
    furnish: Callable[[Path, Path], dict[str, str]] | None = None
    python: Callable[[Path], Path] = _this_python
    hindrance: str = ""
    note: str = ""


# ---------------------------------------------------------------------------- the rows


def rows() -> Iterator[Row]:
    """Yield every row; those that cannot be run here say why."""
    for n_threads in (1, 2):
        # More threads than cores wait for each other, and take up to 25 times as long.
        n_workers = max(1, N_CORES // n_threads)
        environment = {"OMP_NUM_THREADS": str(n_threads)}
        yield Row(f"threads-{n_threads}", "threads", environment, n_workers=n_workers)
    for level in ("default", "avx2", "avx512"):
        environment = {"ATEN_CPU_CAPABILITY": level}
        hindrance = "" if level in _cpu_levels() else f"this CPU has no {level}"
        yield Row(level, "cpu", environment, hindrance=hindrance)
    yield Row("oldest", "versions", python=_oldest_versions)
    yield Row("newest", "versions", python=functools.partial(_own_environment, constraints=""))
    nowhere = str(Path(os.devnull, "home"))  # nobody can make it, not even root
    homes = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    environment = {"HOME": nowhere, "USERPROFILE": nowhere} | dict.fromkeys(homes, "")
    yield Row("no-home", "home", environment)
    yield Row("read-only", "checkout", prefix=_READ_ONLY, hindrance=_cannot(_READ_ONLY))
    yield Row("other-letters", "folder", folder="мой курс 深度学习 ü")
    yield Row("no-network", "network", prefix=_OFFLINE, hindrance=_cannot(_OFFLINE))
    for language in ("zh_CN", "tr_TR"):
        locale = f"{language}.UTF-8"
        hindrance = "" if _has_locale(locale) else f"the locale {locale} is not installed"
        environment = {"LC_ALL": locale, "LANG": locale, "LANGUAGE": ""}
        yield Row(language, "language", environment, hindrance=hindrance)
    yield Row("one-core", "cores", prefix=_ONE_CORE, n_workers=1, hindrance=_cannot(_ONE_CORE))
    yield Row("bare", "variables", {"LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1"}, is_bare=True)
    yield Row("zip", "copy", is_zip=True)
    hindrance = "" if IS_ROOT else "only root can become another user"
    yield Row("stranger", "user", user=STRANGER, python=_python_for_all, hindrance=hindrance)
    yield Row("lived-in", "variables", furnish=lived_in.furnish)
    hindrance = _cannot(_FULL_HOME)
    yield Row("full-home", "home", prefix=_FULL_HOME, furnish=_home_only, hindrance=hindrance)
    for kind in ("cuda", "mps"):
        environment = {"DLCOURSE_DEVICE": kind}
        yield Row(f"like-{kind}", "device", environment, path=("tests/settings/pretended_gpu",))


# In namespaces of their own, which end with the command: nothing stays cut off or mounted. Who is
# not root must be so in there; who is keeps the other users, whom some tests turn into.
_ALONE = ("unshare",) if IS_ROOT else ("unshare", "--map-root-user")
_LOOPBACK = 'ip link set lo up && exec "$@"'
_OFFLINE = (*_ALONE, "--net", "sh", "-c", _LOOPBACK, "sh")
_MOUNT = 'mount --bind "$PWD" "$PWD" && mount -o remount,ro,bind "$PWD" && cd "$PWD" && exec "$@"'
_READ_ONLY = (*_ALONE, "--mount", "sh", "-c", _MOUNT, "sh")


def _home_only(home: Path, _: Path) -> dict[str, str]:
    return {"HOME": str(home)}


# A home of 64 kB, with nothing left: what a used-up quota looks like.
_FILL = 'mount -t tmpfs -o size=64k none "$HOME" && mkdir -p "$HOME/.local/share/jupyter/runtime"'
_FILL += '; cat /dev/zero > "$HOME/full" 2> /dev/null; exec "$@"'
_FULL_HOME = (*_ALONE, "--mount", "sh", "-c", _FILL, "sh")

_ONE_CORE = ("taskset", "--cpu-list", "0")


def _cannot(prefix: tuple[str, ...]) -> str:
    """Return why commands cannot be started with `prefix`, or nothing if they can."""
    if not shutil.which(prefix[0]):
        return f"needs the program {prefix[0]}, which Linux has"
    run = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    return f"not allowed here: {run.stderr.strip()}" if run.returncode else ""


@functools.cache
def _cpu_levels() -> list[str]:
    """Return the values of ATEN_CPU_CAPABILITY that this CPU can run."""
    code = "import torch; print(torch.backends.cpu.get_cpu_capability())"
    environment = os.environ.copy()
    environment.pop("ATEN_CPU_CAPABILITY", None)  # torch would repeat that instead of looking
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    levels = ["default", "avx2", "avx512"]
    best = run.stdout.strip().lower()
    return levels[: levels.index(best) + 1] if best in levels else ["default"]


def _has_locale(name: str) -> bool:
    if not shutil.which("locale"):
        return False
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    return name.lower().replace("-", "") in known.lower().replace("-", "").split()


# ---------------------------------------------------------------------------- other Pythons


def _python_for_all(clone: Path) -> Path:
    """Return an interpreter that every user of this machine may run; of an own environment."""
    if _is_for_all(Path(sys.base_prefix)) and _is_for_all(Path(sys.prefix)):
        return Path(sys.executable)
    for python in map(Path, ("/usr/bin/python3", "/usr/local/bin/python3")):
        if python.exists() and _is_for_all(python.resolve()) and _has_all(python):
            return _own_environment(clone, "constraints.txt", str(python))
    msg = f"other users may not run the Python of {sys.base_prefix}, and there is no other"
    raise HinderedError(msg)


def _is_for_all(path: Path) -> bool:
    """Tell whether every user may read `path` and enter the folders above it."""
    return all(one.stat().st_mode & 0o005 == 0o005 for one in (path, *path.parents))


def _has_all(python: Path) -> bool:
    """Tell whether `python` is new enough, and has the parts that a set-up needs."""
    code = f"import ensurepip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


# ---------------------------------------------------------------------------- other versions


def _oldest_versions(clone: Path) -> Path:
    """Make an environment with the oldest versions that pyproject.toml allows."""
    uv = shutil.which("uv", path=PROGRAMS)
    if uv is None:
        msg = "needs uv, which finds the oldest versions: install it"
        raise HinderedError(msg)
    constraints = clone.with_name("oldest.txt")
    oldest = ("--extra", "dev", "--resolution", "lowest-direct", "--python", sys.executable)
    _install(clone, uv, "pip", "compile", "pyproject.toml", *oldest, "-o", str(constraints))
    return _own_environment(clone, str(constraints))


def _own_environment(clone: Path, constraints: str, base: str = sys.executable) -> Path:
    """Make the clone an environment of its own, as learners do, and return its interpreter.

    Args:
        clone: where it is made.
        constraints: the file with the versions; "" for the newest.
        base: the Python to make it with.

    Raises:
        HinderedError: if the package registry cannot be reached.
        NotMadeError: if something else is wrong, or other versions came than `constraints` says.
    """
    _install(clone, base, "bootstrap.py", "--constraints", constraints)
    [python] = (path for path in clone.glob(".venv/*/python*") if path.stem == "python")
    if constraints:
        # bootstrap.py takes the newest where the wanted ones do not fit, as learners need.
        wanted = _versions((clone / constraints).read_text(encoding="utf-8"))
        freeze = [str(python), "-m", "pip", "freeze"]
        # A user's PIP_USER or PIP_TARGET would have another place looked at.
        own = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        own["PIP_CONFIG_FILE"] = os.devnull
        own.setdefault("HOME", os.devnull)  # without one, pip ends where the user has no name
        run = subprocess.run(freeze, cwd=clone, env=own, capture_output=True, text=True, check=True)
        installed = _versions(run.stdout)
        for name in wanted.keys() & installed.keys():
            if installed[name] != wanted[name]:
                msg = f"{name} {installed[name]} was installed instead of {wanted[name]}"
                raise NotMadeError(msg)
    return python


def _install(clone: Path, *command: str) -> None:
    run = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    if run.returncode:
        said = run.stderr + run.stdout
        if _NO_CONNECTION.search(said):
            msg = "the package registry cannot be reached"
            raise HinderedError(msg)
        raise NotMadeError(said)


def _versions(text: str) -> dict[str, str]:
    """Return the versions that lines such as `torch==2.10.0` give, by name."""
    lines = (line.strip().split("==") for line in text.splitlines() if re.match(r"[\w.-]+==", line))
    return {canonicalize_name(name): version for name, version in lines}
