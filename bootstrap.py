"""Make `.venv`, the course's own Python environment; return at once where it is up to date.

    python3 bootstrap.py [--torch cpu|default] [--constraints FILE]

The Makefile calls it before every job; without make (Windows), call it yourself. Standard library
only. Progress goes to stderr. When something fails, stdout has one line that says what to do.

An installation that was cut off is never repaired but made anew: installers leave half-linked
packages that they later take for whole. So a stamp is written into `.venv` last and removed first;
it holds all that the environment was made from, and only where that is unchanged is nothing done.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must read this far
    print(
        f"Python {sys.version_info[0]}.{sys.version_info[1]} is too old, 3.11 or newer is needed: "
        "install it, then name it, as in `make lab PYTHON=python3.12` "
        "(without make: `python3.12 bootstrap.py`)"
    )
    sys.exit(1)

# The imports stand here since an old Python lacks parts of them.
import argparse
import contextlib
import errno
import importlib.util
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "made-from.json"
LOCK = ROOT / ".venv.lock"

ROOM = "room (8 GB on Linux, 3 GB elsewhere)"  # .venv and the installer's cache, measured

# What tells a failed connection from other failures, in the words of uv and of pip.
NO_CONNECTION = re.compile(
    r"dns error|error sending request|Failed to (fetch|connect)|Could not connect|timed out"
    r"|NewConnectionError|ConnectTimeout|ProxyError|SSLError|name resolution|is unreachable",
    re.IGNORECASE,
)


class SetupError(Exception):
    """The set-up cannot go on; the text is one line that says what to do."""


def say(text: str) -> None:
    """Tell the user how the set-up goes."""
    print(text, file=sys.stderr, flush=True)


# ---------------------------------------------------------------------------- the stamp


def read_stamp() -> dict[str, str]:
    """Return what the environment was made from; nothing where it is missing or unfinished."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(wanted: dict[str, str]) -> None:
    """Write the stamp whole or not at all."""
    unfinished = STAMP.with_suffix(".tmp")
    unfinished.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    unfinished.replace(STAMP)


def wanted_stamp(torch: str | None, constraints: str | None) -> dict[str, str]:
    """Return all that the environment depends on, by name.

    Args:
        torch: "cpu", "default", or None for what was chosen last.
        constraints: a file of exact versions, "" for the newest, or None for what was chosen last.

    Raises:
        SetupError: if `torch` is another word or there is no such file.
    """
    last = read_stamp()
    torch = torch or last.get("torch", "default")
    if torch not in {"cpu", "default"}:
        msg = f"TORCH={torch} is unknown: leave it out, or give TORCH=cpu or TORCH=default"
        raise SetupError(msg)
    if constraints is None:
        constraints = last.get("constraints", "constraints.txt")
    if constraints and not (ROOT / constraints).is_file():
        msg = f"There is no file {constraints}: name another, or none for the newest versions"
        raise SetupError(msg)
    return {
        "folder": str(ROOT),  # an environment that was moved elsewhere does not work
        "torch": torch,
        "constraints": constraints,
        "pyproject.toml": (ROOT / "pyproject.toml").read_text(encoding="utf-8"),
        "versions": (ROOT / constraints).read_text(encoding="utf-8") if constraints else "",
    }


def is_up_to_date(wanted: dict[str, str]) -> bool:
    """Tell whether `.venv` was finished, from `wanted`, and its Python is still there."""
    return read_stamp() == wanted and PYTHON.exists()


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


# ---------------------------------------------------------------------------- the installation


def run(command: Sequence[str | Path], *, quiet: bool) -> str | None:
    """Run `command` in the course's folder.

    Args:
        command: the program and its arguments.
        quiet: keep what it prints instead of showing it.

    Returns:
        None if it succeeded, else what it printed (nothing if that was shown).
    """
    done = subprocess.run(  # noqa: S603 - our own commands
        command,
        cwd=ROOT,
        check=False,
        close_fds=False,  # they hold the lock too
        stdout=subprocess.PIPE if quiet else sys.stderr,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        errors="replace",
    )
    return None if done.returncode == 0 else done.stdout or ""


def find_uv() -> str | None:
    """Return the uv of this machine, if it has one that works and will outlive `.venv`."""
    uv = shutil.which("uv")
    if uv is None or VENV in Path(uv).parents or run([uv, "--version"], quiet=True) is not None:
        return None
    return uv


def make_venv(*, with_pip: bool) -> None:
    """Make `.venv` empty, whatever was there."""
    if with_pip and importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        msg = (
            "This Python lacks the part that makes environments: install it "
            f"(on Debian and Ubuntu with `sudo apt install python{version}-venv`)"
        )
        raise SetupError(msg)
    options = ["--clear"] if with_pip else ["--clear", "--without-pip"]
    failure = run([sys.executable, "-m", "venv", *options, VENV], quiet=True)
    if failure is not None:
        say(failure)
        msg = "Python could not make .venv, as it says above: close JupyterLab and all that uses it"
        raise SetupError(full_disk() or msg)


def install_uv() -> str | None:
    """Install uv into `.venv` and return it; None where there is none for this machine."""
    say("Installing uv, which installs the rest two to five times faster than pip.")
    failure = run([PYTHON, "-m", "pip", "install", "--quiet", "uv"], quiet=True)
    if failure is None:
        return str(PYTHON.with_stem("uv")) if os.name == "nt" else str(PYTHON.with_name("uv"))
    if NO_CONNECTION.search(failure):
        raise SetupError(no_connection("default"))
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
    if failure and tested and not NO_CONNECTION.search(failure):
        say(f"The versions in {constraints} do not fit this Python and system: taking the newest.")
        tested = []
        failure = run([*install, "--dry-run"], quiet=True)
    if failure is not None:
        if NO_CONNECTION.search(failure):
            raise SetupError(no_connection(torch))
        say(failure)
        msg = "The reason stands above: put it right, or name another Python (PYTHON=python3.12)"
        raise SetupError(full_disk() or msg)

    if run([*install, *tested], quiet=False) is not None:
        msg = "The reason stands above (often it is the network): put it right"
        raise SetupError(full_disk() or msg)


def set_up(torch: str | None, constraints: str | None) -> None:
    """Make `.venv` as `wanted_stamp` says, unless it is up to date."""
    if is_up_to_date(wanted_stamp(torch, constraints)):
        return
    with only_one():
        wanted = wanted_stamp(torch, constraints)
        if is_up_to_date(wanted):  # the other process made it
            return
        anew = " anew" * VENV.exists()  # where it was cut off, or what it is made from has changed
        say(f"Setting up the course in .venv{anew}: a few minutes, and up to 6 GB on Linux.")
        STAMP.unlink(missing_ok=True)
        uv = find_uv()
        make_venv(with_pip=uv is None)
        install_course(uv or install_uv(), wanted["torch"], wanted["constraints"])
        write_stamp(wanted)
        say("The set-up is complete.")


# ---------------------------------------------------------------------------- what to do


def no_connection(torch: str) -> str:
    """Return the advice for a registry that cannot be reached."""
    if torch == "cpu":
        return (
            "The package registry or PyTorch's own index cannot be reached: "
            "connect to the network, or leave out TORCH=cpu"
        )
    return "The package registry cannot be reached: connect to the network"


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
        path = error.filename or ROOT
        return f"{path} cannot be written to: put the course into a folder of your own"
    return f"{error}: put this right"


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
