"""Make `.venv`, the course's own Python environment; return at once where it is up to date.

    python3 bootstrap.py [--torch cpu|default] [--constraints FILE]

The Makefile calls it before every job; without make (Windows), call it yourself. Standard library
only. Progress goes to stderr. When something fails, stdout has one line that says what to do.

An installation that was cut off is never repaired but made anew: installers leave half-linked
packages that they later take for whole. So a stamp is written into `.venv` last; it holds all that
the environment was made from, and only where that is unchanged is nothing done. A finished
environment is set aside while a new one is made, and comes back if that fails.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must read this far
    print(
        f"Python {sys.version_info[0]}.{sys.version_info[1]} is too old, 3.11 or newer is needed: "
        "install it, then name it, as in `make lab PYTHON=python3.12` "
        "(without make: `python3.12 bootstrap.py`)"
    )
    sys.exit(1)

# The imports are here since an old Python lacks parts of them.
import argparse
import ast
import contextlib
import errno
import functools
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sysconfig
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
ASIDE = ROOT / ".venv.aside"  # the finished environment, while a new one is made
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "made-from.json"
LOCK = ROOT / ".venv.lock"

ROOM = "room (8 GB on Linux, 3 GB elsewhere)"  # .venv and the installer's cache, measured
LINES_SHOWN = 20  # of an installer that failed

# The parts of Python that a build from source leaves out where a library was missing, and what
# brings that library on Debian and Ubuntu.
PARTS = {
    "bz2": "libbz2-dev",
    "ctypes": "libffi-dev",
    "lzma": "liblzma-dev",
    "sqlite3": "libsqlite3-dev",
    "ssl": "libssl-dev",
    "zlib": "zlib1g-dev",
}

# Variables by which other programs would lead an installer astray.
MISLEADING = {
    "PYTHONPATH",
    "PYTHONHOME",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_REQUIRE_VIRTUALENV",
    "UV_SYSTEM_PYTHON",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
}

# What an installer says when it fails, in the words of uv and of pip, and what to do about it. For
# anything else, its own words have to do.
NO_VERSIONS = r"No solution found|No matching distribution|ResolutionImpossible|no wheels with"
REMEDIES = {
    r"No space left|os error 28|Disk quota exceeded|os error 122": (
        f"The disk, or your share of it, is full: make {ROOM}"
    ),
    r"invalid peer certificate|CERTIFICATE_VERIFY_FAILED|UnknownIssuer|SSLError": (
        "The certificate of the package registry is not trusted here: behind a proxy that reads "
        "along, set SSL_CERT_FILE to your organization's certificate file"
    ),
    r"\b40[137] (Client Error|Forbidden|Unauthorized|Proxy)": (
        "The package registry, or a proxy before it, refuses access: ask whoever runs it"
    ),
    NO_VERSIONS: (
        "No versions fit this Python and system, as it says above: name another Python, as in "
        "`make lab PYTHON=python3.12`"
    ),
}
NO_CONNECTION = (
    r"dns error|error sending request|Failed to (fetch|connect)|Could not connect|timed out"
    r"|NewConnectionError|ConnectTimeout|ProxyError|name resolution|is unreachable"
    r"|Connection refused"
)


class SetupError(Exception):
    """The set-up cannot go on; the text is one line that says what to do."""


class ConnectionLostError(SetupError):
    """The package registry cannot be reached."""


def say(text: str) -> None:
    """Tell the user how the set-up goes."""
    print(text, file=sys.stderr, flush=True)


# ---------------------------------------------------------------------------- the stamp


def read_stamp() -> dict[str, object]:
    """Return what the environment was made from; nothing where it is missing or unfinished."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(wanted: Mapping[str, object]) -> None:
    """Write the stamp whole or not at all."""
    unfinished = STAMP.with_suffix(".tmp")
    unfinished.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    unfinished.replace(STAMP)


def wanted_stamp(torch: str | None, constraints: str | None) -> dict[str, object]:
    """Return all that the environment depends on, by name.

    Args:
        torch: "cpu", "default", or None for what was chosen last.
        constraints: a file of exact versions, "" for the newest, or None for what was chosen last.

    Raises:
        SetupError: if `torch` is another word or there is no such file.
    """
    last = read_stamp()
    torch = torch or str(last.get("torch", "default"))
    if torch not in {"cpu", "default"}:
        msg = f"TORCH={torch} is unknown: leave it out, or give TORCH=cpu or TORCH=default"
        raise SetupError(msg)
    if constraints is None:
        constraints = str(last.get("constraints", "constraints.txt"))
    if constraints and not (ROOT / constraints).is_file():
        msg = f"There is no file {constraints}: name another, or none for the newest versions"
        raise SetupError(msg)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    # Not the settings of the tests and checks, which change nothing of what is installed.
    installed = {name: project.get(name) for name in ("build-system", "project")}
    return {
        "folder": str(ROOT),  # an environment that was moved elsewhere does not work
        "torch": torch,
        "constraints": constraints,
        "pyproject.toml": installed,
        "versions": exact_versions(ROOT / constraints) if constraints else [],
    }


def exact_versions(constraints: Path) -> list[str]:
    """Return the lines of a file of versions, without comments."""
    lines = (line.partition("#")[0].strip() for line in constraints.read_text("utf-8").splitlines())
    return [line for line in lines if line]


def is_up_to_date(wanted: Mapping[str, object]) -> bool:
    """Tell whether `.venv` was finished, from `wanted`, and works."""
    return read_stamp() == wanted and works()


def works() -> bool:
    """Tell whether there is a finished environment whose Python can be run."""
    return bool(read_stamp()) and os.access(PYTHON, os.X_OK)


# ---------------------------------------------------------------------------- one at a time


def try_to_lock(file: IO[str]) -> bool:
    """Lock `file` for this process and its children, if no other has; the system unlocks it."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - Windows only

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - everywhere else

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # An installer that outlives this process keeps the next one out of its way.
            os.set_inheritable(file.fileno(), True)
    except OSError as error:
        taken = error.errno in {errno.EAGAIN, errno.EACCES}
        return not taken  # some network disks have no locks: go on without
    return True


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Wait until no other set-up runs in this folder, then keep others waiting."""
    with LOCK.open("w", encoding="utf-8") as file:
        if not try_to_lock(file):
            say("Another set-up is running in this folder: waiting until it ends.")
            while not try_to_lock(file):
                time.sleep(0.5)
        yield


# ---------------------------------------------------------------------------- destroy last


@contextlib.contextmanager
def old_one_set_aside() -> Iterator[None]:
    """Keep a finished environment until a new one is whole; put it back if that fails."""
    if not read_stamp():
        remove(VENV)  # it was cut off
    if VENV.exists():
        VENV.rename(ASIDE)
    try:
        yield
    except BaseException:
        put_back()
        raise
    remove(ASIDE)


def put_back() -> None:
    """Undo a renewal that has failed, or was cut off, and finish one that was not."""
    if not ASIDE.exists():
        return
    if read_stamp():
        remove(ASIDE)
    else:
        remove(VENV)
        ASIDE.rename(VENV)


def remove(folder: Path) -> None:
    """Remove `folder`, if it is there."""
    if folder.exists():
        shutil.rmtree(folder)


# ---------------------------------------------------------------------------- the installers


def run(command: Sequence[str | Path], *, quiet: bool) -> str | None:
    """Run `command` in the course's folder, without what other programs have set.

    Args:
        command: the program and its arguments.
        quiet: keep what it prints instead of showing it.

    Returns:
        None if it succeeded, else what it printed (nothing if that was shown).
    """
    done = subprocess.run(  # noqa: S603 - our own commands
        command,
        cwd=ROOT,
        env=installers_environment(),
        check=False,
        close_fds=False,  # they hold the lock too
        stdout=subprocess.PIPE if quiet else sys.stderr,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        errors="replace",
    )
    return None if done.returncode == 0 else done.stdout or ""


@functools.cache
def installers_environment() -> dict[str, str]:
    """Return the variables that an installer is to see: where it looks is what pip was told.

    uv does not read pip's settings. Who has set a mirror for pip, as in many countries and firms,
    may have no other way to any package.
    """
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    settings = pip_settings()
    environment["PIP_USER"] = "0"  # else a `user = true` in pip's settings
    if any(name.startswith("UV_") and "INDEX" in name for name in environment):
        return environment  # uv was told as well
    handed_on = {
        "UV_DEFAULT_INDEX": settings.get("index-url"),
        "UV_INDEX": settings.get("extra-index-url"),
        "UV_INDEX_STRATEGY": settings.get("extra-index-url") and "unsafe-best-match",  # as pip
        "UV_NO_INDEX": settings.get("no-index"),
        "UV_FIND_LINKS": ",".join(settings.get("find-links", "").split()),
        "UV_INSECURE_HOST": settings.get("trusted-host"),
        "SSL_CERT_FILE": settings.get("cert"),
        "HTTPS_PROXY": settings.get("proxy"),
    }
    return {name: value for name, value in handed_on.items() if value} | environment


def pip_settings() -> dict[str, str]:
    """Return what pip's own files say about where packages come from; nothing without pip."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    lines = re.findall(r"^(global|install|:env:)\.([\w-]+)=(.*)$", done.stdout, re.MULTILINE)
    # The later sections win.
    ordered = sorted(lines, key=lambda line: ("global", "install", ":env:").index(line[0]))
    return {name: str(ast.literal_eval(value)) for _, name, value in ordered}


def find_uv() -> str | None:
    """Return the uv of this machine, if it has one that works and will outlive `.venv`."""
    uv = shutil.which("uv")
    if uv is None or VENV in Path(uv).parents or run([uv, "--version"], quiet=True) is not None:
        return None
    return uv


def make_venv(*, with_pip: bool) -> None:
    """Make `.venv`."""
    if with_pip and importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        msg = (
            "This Python lacks the part that makes environments: install it "
            f"(on Debian and Ubuntu with `sudo apt install python{version}-venv`)"
        )
        raise SetupError(msg)
    options = [] if with_pip else ["--without-pip"]
    failure = run([sys.executable, "-m", "venv", *options, VENV], quiet=True)
    if failure is not None:
        raise failed(failure, "default")


def install_uv() -> str | None:
    """Install uv into `.venv` and return it; None where there is none for this machine."""
    say("Installing uv, which installs the rest two to five times faster than pip.")
    # five retries take two minutes
    pip_install: list[str | Path] = [PYTHON, "-m", "pip", "install", "--retries", "1"]
    failure = run([*pip_install, "--quiet", "uv"], quiet=True)
    if failure is None:
        return str(PYTHON.with_stem("uv")) if os.name == "nt" else str(PYTHON.with_name("uv"))
    if cause_of(failure) != NO_VERSIONS:
        raise failed(failure, "default")
    return None


def install_course(uv: str | None, torch: str, constraints: str) -> None:
    """Install the course and all that it needs into `.venv`.

    Where the versions in the file `constraints` do not fit this Python and system, take the newest.
    """
    if uv:
        install: list[str | Path] = [uv, "pip", "install", "--python", PYTHON, "pip"]
    elif torch == "default":
        install = [PYTHON, "-m", "pip", "install"]
    else:
        msg = "TORCH=cpu needs uv, which could not be installed: install uv, or leave TORCH out"
        raise SetupError(msg)
    if torch == "cpu":
        install += ["--torch-backend", "cpu"]
    install += ["--editable", ".[dev]"]

    say("Looking up the versions to install.")
    tested = ["--constraint", constraints] if constraints else []
    failure = run([*install, *tested, "--dry-run"], quiet=True)
    if failure and tested and cause_of(failure) == NO_VERSIONS:
        say(f"The versions in {constraints} do not fit this Python and system: taking the newest.")
        tested = []
        failure = run([*install, "--dry-run"], quiet=True)
    if failure is None:
        failure = run([*install, *tested], quiet=False)
    if failure is not None:
        raise failed(failure, torch)
    name_folder_in_ascii()


def name_folder_in_ascii() -> None:
    """Let Python find the course also where it reads the folder's name in another encoding.

    The installer writes the name in UTF-8. Before 3.13, Python reads it in the system's encoding,
    and does not even start where that has no such letters.
    """
    if str(ROOT).isascii():
        return
    code = "import os, sys; sys.path.append(os.path.join(os.path.dirname(sys.prefix), 'src'))\n"
    for path in VENV.glob("**/site-packages/*dlcourse*.pth"):
        path.write_text(code, encoding="ascii")


# ---------------------------------------------------------------------------- the set-up


def set_up(torch: str | None, constraints: str | None) -> None:
    """Make `.venv` as `wanted_stamp` says, unless it is up to date.

    Raises:
        SetupError: if it cannot be made; a finished one that was there is still there.
    """
    if is_up_to_date(wanted_stamp(torch, constraints)):
        return
    try:
        with only_one():
            put_back()
            wanted = wanted_stamp(torch, constraints)
            if not is_up_to_date(wanted):  # as after the other process, or what was put back
                renew(str(wanted["torch"]), str(wanted["constraints"]), wanted)
    except ConnectionLostError:
        if not works():
            raise
        say(
            "What the course needs has changed, and the package registry cannot be reached: going "
            "on with what is installed. Connect to the network and repeat the command to renew it."
        )
    except PermissionError:
        if os.name == "nt" or os.access(ROOT, os.W_OK) or not works():
            raise
        say(
            f"What the course needs has changed, and {ROOT} belongs to {owner(ROOT)}: going on "
            "with what is installed. Ask them to run `make setup` there."
        )


def renew(torch: str, constraints: str, wanted: Mapping[str, object]) -> None:
    """Make `.venv` new; only when it is whole does the old one go."""
    check_python()
    anew = " anew" * VENV.exists()  # where it was cut off, or what it is made from has changed
    say(f"Setting up the course in .venv{anew}: a few minutes, and up to 6 GB on Linux.")
    with old_one_set_aside():
        uv = find_uv()
        make_venv(with_pip=uv is None)
        install_course(uv or install_uv(), torch, constraints)
        write_stamp(wanted)
    say("The set-up is complete.")


def check_python() -> None:
    """Raise SetupError where the course cannot work with this Python, before 6 GB are loaded."""
    if os.pathsep in str(ROOT):
        msg = f"Python cannot work in {ROOT}: give the folder a name without {os.pathsep}"
        raise SetupError(msg)
    missing = [name for name in PARTS if not is_built_in(name)]
    if missing:
        libraries = " ".join(PARTS[name] for name in missing)
        msg = (
            f"This Python ({sys.executable}) was built without {', '.join(missing)}: name another, "
            f"as in `make lab PYTHON=python3.12`, or build it anew after `apt install {libraries}`"
        )
        raise SetupError(msg)
    system = system_without_torch()
    if system:
        msg = f"There is no PyTorch of today for {system}"
        raise SetupError(msg)


def system_without_torch() -> str:
    """Return the name of this system, and what to use instead, if PyTorch does not support it."""
    machine = platform.machine().lower()
    if sys.platform == "darwin" and machine == "x86_64":
        return "Macs with an Intel chip: on one with a chip of Apple's, install Python for arm64"
    if sys.platform == "win32" and machine == "arm64":
        return "Python for ARM on Windows: install Python for x64, which runs there, too"
    if "musl" in str(sysconfig.get_config_var("SOABI")):
        return "systems with musl, such as Alpine: use one with glibc, such as Debian"
    if sys.maxsize < 2**32:
        return "a Python of 32 bits: install one of 64 bits"
    return ""


def is_built_in(part: str) -> bool:
    """Tell whether this Python was built with one of its `PARTS`."""
    try:
        importlib.import_module(part)
    except ImportError:
        return False
    return True


# ---------------------------------------------------------------------------- what to do


def failed(said: str, torch: str) -> SetupError:
    """Return the error for an installer that failed, after showing its own last words."""
    say("".join(said.splitlines(keepends=True)[-LINES_SHOWN:]).rstrip())
    cause = cause_of(said)
    if cause == NO_CONNECTION:
        remedy = "connect to the network" + " or leave out TORCH=cpu" * (torch == "cpu")
        return ConnectionLostError(f"The package registry cannot be reached: {remedy}")
    unknown = full_disk() or "The reason is above: see what you can do about it"
    return SetupError(REMEDIES.get(cause, unknown))


def cause_of(said: str) -> str:
    """Return the pattern of what an installer failed at; "" if it is none that is known."""
    # Without a connection, pip says as well that there is no such package.
    patterns = (*(known for known in REMEDIES if known != NO_VERSIONS), NO_CONNECTION, NO_VERSIONS)
    return next((known for known in patterns if re.search(known, said, re.IGNORECASE)), "")


def full_disk() -> str | None:
    """Return the advice for a full disk, if a disk that the set-up writes to is nearly full."""
    # An installer that fails removes what it was unpacking, so some room is left again.
    too_little = 3e9 if sys.platform == "linux" else 1e9
    for folder in (ROOT, Path.home()):
        free = shutil.disk_usage(folder).free if folder.exists() else too_little
        if free < too_little:
            return f"The disk of {folder} has only {free / 1e9:.1f} GB left: make {ROOM}"
    return None


def advice(error: OSError) -> str:
    """Return what to do about a file or folder that could not be used."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk is full: make {ROOM}"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return no_right(error.filename or ROOT)
    return f"{error}: see what is wrong with it"


def no_right(path: str | Path) -> str:
    """Return what to do about a file or folder that the user has no right to use."""
    whose = owner(ROOT)
    if os.name == "nt":
        return f"{path} cannot be changed: close JupyterLab and all that uses it"
    if read_stamp() and not os.access(PYTHON, os.X_OK):
        python = os.path.realpath(PYTHON)
        return f"You may not run {python}: ask {whose} to set the course up with a Python for all"
    if whose == "root":
        return f"{path} is root's, as after a `sudo make`: `sudo chown -R $(id -u) {ROOT}`"
    if not os.access(ROOT, os.W_OK):
        return f"{ROOT} belongs to {whose}: ask them to run `make setup`, or make your own copy"
    return f"{path} cannot be written to: see whose it is"


def owner(path: Path) -> str:
    """Return the name of the user whose `path` is."""
    try:
        return path.owner()
    except (KeyError, NotImplementedError):  # a user without a name; Windows
        return "another user"


def main() -> int:
    """Set up the course; print what to do if that fails, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--torch",
        help="cpu: the small PyTorch without CUDA; default: the registry's (else: as last time)",
    )
    parser.add_argument(
        "--constraints",
        metavar="FILE",
        help="exact versions; '' for the newest ones (else: as last time)",
    )
    options = parser.parse_args()
    try:
        set_up(options.torch, options.constraints)
    except KeyboardInterrupt:
        say("The set-up was interrupted: run the same command again")  # make no longer listens
        return 130
    except SetupError as error:
        print(f"{error}, then run the same command again")
    except OSError as error:
        print(f"{advice(error)}, then run the same command again")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
