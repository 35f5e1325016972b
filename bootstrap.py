"""Make `.venv`, the course's own Python environment; return at once where it is up to date.

    python3 bootstrap.py [--torch cpu|default] [--constraints FILE]

The Makefile calls it before every job; without make (Windows), call it yourself. Standard library
only. Progress goes to stderr. When something fails, stdout has one line that says what to do.

An installation that was cut off is never repaired but made anew: installers leave half-linked
packages that they later take for whole. So a stamp is written into `.venv` last; it holds all that
the environment was made from, and only where that is unchanged is nothing done. The environment
that a new one replaces waits in `.venv.old` until the new one has its stamp, and comes back if it
gets none.
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
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sysconfig
import time
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PLACE = VENV.resolve()  # on another disk, where `.venv` is a link
OLD = PLACE.with_name(PLACE.name + ".old")
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
BASE = getattr(sys, "_base_executable", sys.executable)  # not `.venv`'s own, which will be moved
STAMP = VENV / "made-from.json"
LOCK = ROOT / ".venv.lock"

Stamp = dict[str, Any]
Variables = dict[str, str]
Command = list[str | Path]

ROOM = "room (8 GB on Linux, 3 GB elsewhere)"  # .venv and the installer's cache, measured

# What an installer's words, uv's or pip's, tell of the cause; the first that fits is taken.
CAUSES = {
    "cache": r"Failed to initialize cache",
    "disk": r"No space left|Disk quota|os error (28|112|122)\b|Errno (28|122)\b",
    "certificate": r"certificate|UnknownIssuer",
    "refusal": r"Unauthorized|Forbidden|Proxy Authentication",
    "connection": r"dns error|error sending request|Could not connect|time(d )?out|NewConnection"
    r"|ProxyError|SSLError|name resolution|is unreachable|connection (closed|reset)|RemoteDisconn"
    r"|IncompleteRead|Bad Gateway|Service Unavailable|Internal Server Error",
    "gap": r"was not found in the package registry|from versions: none",
    "versions": r"No solution found|ResolutionImpossible|No matching distribution",
}
UNREACHABLE = {"certificate", "refusal", "connection"}
ADVICE = {
    "cache": "uv's cache cannot be written to: set UV_CACHE_DIR to a folder of your own",
    "disk": f"The disk is full: make {ROOM}, or set UV_CACHE_DIR to a folder on another disk",
    "certificate": "The certificate of the package registry is not trusted: log in to the network, "
    "or, where a company or school inspects the traffic, set SSL_CERT_FILE to its root certificate",
    "refusal": "The package registry, or a proxy, refused: log in to the network, "
    "or name a registry that you may use, as in UV_DEFAULT_INDEX=https://...",
    "connection": "The package registry cannot be reached: connect to the network "
    "(behind a proxy, set HTTPS_PROXY)",
    "gap": "The package registry lacks a package, as it says above: name one that has them all, "
    "as in UV_DEFAULT_INDEX=https://...",
    "versions": "No versions fit, as it says above: name another Python (PYTHON=python3.12)",
    "unknown": "The installer failed for the reason above: fix that",
}

# Those settings of pip that say where packages come from, and how to get there.
SOURCES = {"index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert"}
SOURCES |= {"client-cert", "proxy", "timeout", "retries", "keyring-provider"}

# The parts of Python that a build from source leaves out where these packages are missing.
PARTS = {
    "bz2": "libbz2-dev",
    "ctypes": "libffi-dev",
    "lzma": "liblzma-dev",
    "sqlite3": "libsqlite3-dev",
    "ssl": "libssl-dev",
    "zlib": "zlib1g-dev",
}


class SetupError(Exception):
    """The set-up cannot go on; the text is one line that says what to do."""


class UnreachableError(SetupError):
    """The packages cannot be loaded now, so an older environment will have to do."""


def say(text: str) -> None:
    """Tell the user how the set-up goes."""
    print(text, file=sys.stderr, flush=True)


# ---------------------------------------------------------------------------- the stamp


def read_stamp() -> Stamp:
    """Return what the environment was made from; nothing where it is missing or unfinished."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(wanted: Stamp) -> None:
    """Write the stamp whole or not at all."""
    unfinished = STAMP.with_suffix(".tmp")
    unfinished.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    unfinished.replace(STAMP)


def read_project() -> Stamp:
    """Return what in pyproject.toml changes the installation, and nothing else.

    Raises:
        SetupError: if the file is damaged.
    """
    try:
        content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"pyproject.toml is damaged ({error}): get the original from the course again"
        raise SetupError(msg) from None
    project = content.get("project", {})
    names = ("name", "requires-python", "dependencies", "scripts")
    return {
        **{name: project.get(name) for name in names},
        "dev": project.get("optional-dependencies", {}).get("dev"),
        "build-system": content.get("build-system"),
        "hatch": content.get("tool", {}).get("hatch"),
    }


def read_versions(constraints: str) -> dict[str, str]:
    """Return the lines of the file `constraints`, without comments, by the package's name.

    Raises:
        SetupError: if there is no such file, or it is not UTF-8.
    """
    if not constraints:
        return {}
    try:
        text = (ROOT / constraints).read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        msg = f"There is no file {constraints}: name another, or none for the newest versions"
        raise SetupError(msg) from None
    except UnicodeDecodeError:
        msg = f"{constraints} is not UTF-8 text: save it as UTF-8"
        raise SetupError(msg) from None
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return {plain_name(re.split(r"[^\w.-]", line)[0]): line for line in lines if line}


def plain_name(name: str) -> str:
    """Return a package's name in the form in which names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def site_packages() -> Path:
    """Return the folder of `.venv` that holds the packages."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(VENV), "platbase": str(VENV)}))


def installed() -> Iterable[str]:
    """Return the names of the packages in `.venv`."""
    found = importlib.metadata.distributions(path=[str(site_packages())])
    return sorted({plain_name(package.name) for package in found})


def wanted_stamp(
    torch: str | None, constraints: str | None, packages: Iterable[str] | None = None
) -> Stamp:
    """Return all that the environment depends on, by name.

    Args:
        torch: "cpu", "default", or None for what was chosen last.
        constraints: a file of exact versions, "" for the newest, or None for what was chosen last.
        packages: those whose versions matter; None for those that were installed last.

    Raises:
        SetupError: if `torch` is another word, there is no such file, or a file is damaged.
    """
    last = read_stamp()
    torch = torch or last.get("torch", "default")
    if torch not in {"cpu", "default"}:
        msg = f"TORCH={torch} is unknown: leave it out, or give TORCH=cpu or TORCH=default"
        raise SetupError(msg)
    if constraints is None:
        constraints = last.get("constraints", "constraints.txt")
    versions = read_versions(constraints)
    packages = last.get("versions", ()) if packages is None else packages
    return {
        **here(),
        "torch": torch,
        "constraints": constraints,
        "versions": {name: versions.get(name) for name in packages},
        "project": read_project(),
    }


def has_python() -> bool:
    """Tell whether the Python of `.venv` is there.

    Raises:
        SetupError: if this user may not look, and may not make another `.venv` either.
    """
    try:
        PYTHON.stat()
    except PermissionError:
        if is_mine(ROOT):
            return False
        msg = (
            f"The Python of .venv, {PYTHON.resolve()}, cannot be read by you: ask {owner(ROOT)} to "
            "make .venv with one that all may read (`make clean`, `make setup PYTHON=...`)"
        )
        raise SetupError(msg) from None
    except OSError:
        return False
    return True


def is_up_to_date(wanted: Stamp) -> bool:
    """Tell whether `.venv` was finished, from `wanted`, and its Python is still there."""
    return has_python() and read_stamp() == wanted


def here() -> Stamp:
    """Return where `.venv` works: in this folder, on this kind of machine, with this Python."""
    return {
        "folder": str(ROOT),
        "system": sysconfig.get_platform(),  # machines of two kinds may share a disk
        "python": PYTHON.resolve().name,  # which an upgrade of the system may point elsewhere
    }


def is_usable() -> bool:
    """Tell whether `.venv` was finished and works here, whatever it was made from."""
    stamp = read_stamp()
    return has_python() and all(stamp.get(name) == value for name, value in here().items())


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


# ---------------------------------------------------------------------------- old and new


def keep_one() -> None:
    """Keep the new environment if it was finished, else bring back the one that it replaces."""
    if not OLD.exists():
        return
    if not STAMP.exists():
        if PLACE.exists():
            shutil.rmtree(PLACE)
        OLD.rename(PLACE)
        say("The environment in .venv is again as it was before.")
        return
    shutil.rmtree(OLD)


@contextlib.contextmanager
def replacing() -> Iterator[None]:
    """Move a usable `.venv` aside, and keep it if no new one is finished."""
    if is_usable():
        PLACE.rename(OLD)
    STAMP.unlink(missing_ok=True)  # of one that is not usable
    try:
        yield
    finally:
        keep_one()


# ---------------------------------------------------------------------------- the installation


def run(command: Command, variables: Variables, *, quiet: bool = True) -> str | None:
    """Run `command` in the course's folder.

    Args:
        command: the program and its arguments.
        variables: its environment variables.
        quiet: keep what it prints instead of showing it.

    Returns:
        None if it succeeded, else what it printed, or its exit status if that was shown.
    """
    done = subprocess.run(  # noqa: S603 - our own commands
        command,
        cwd=ROOT,
        env=variables,
        check=False,
        close_fds=False,  # they hold the lock too
        stdout=subprocess.PIPE if quiet else sys.stderr,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        errors="replace",
    )
    if done.returncode == 0:
        return None
    return done.stdout or f"{Path(command[0]).name} ended with status {done.returncode}"


def variables_without(*beginnings: str) -> Variables:
    """Return this process's environment variables, less those whose names begin so.

    A user without a name and a home gets one that holds nothing.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(beginnings)}
    if os.path.expanduser("~") == "~":  # noqa: PTH111 - as it is where there is none
        kept["HOME"] = os.devnull  # pip 26.3 ends without one
    return kept


def pip_settings() -> dict[str, str]:
    """Return pip's settings by name, from its files and variables; nothing where pip is missing."""
    for python in filter(Path.exists, (PYTHON, Path(BASE))):
        listing = subprocess.run(  # noqa: S603 - our own command
            [python, "-m", "pip", "config", "list"],
            env=variables_without("PYTHON") | {"PIP_USER": "0"},  # else only the user's own file
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        found = re.findall(r"^(global|install|:env:)\.(\S+?)=(.*)$", listing.stdout, re.MULTILINE)
        if listing.returncode == 0:
            # What is set for `pip install` outdoes what is set for all, and a variable both.
            found.sort(key=lambda setting: ["global", "install", ":env:"].index(setting[0]))
            return {name: ast.literal_eval(value) for _, name, value in found}
    return {}


def installer_variables() -> Variables:
    """Return the environment variables for pip and uv.

    They are the user's own, less those of PYTHON and PIP, which may lead packages elsewhere (as
    PYTHONPATH and PIP_TARGET do). What pip knows of where packages come from holds for uv too.
    """
    pip = {name: value for name, value in pip_settings().items() if name in SOURCES}
    for_pip = {"PIP_" + name.upper().replace("-", "_"): value for name, value in pip.items()}
    for_pip |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for_uv = {
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
        "SSL_CERT_FILE": pip.get("cert", ""),
        "HTTPS_PROXY": pip.get("proxy", ""),
        "HTTP_PROXY": pip.get("proxy", ""),
    }
    if not has_settings_of_uv():
        for_uv["UV_DEFAULT_INDEX"] = pip.get("index-url", "")
        for_uv["UV_INDEX"] = " ".join(pip.get("extra-index-url", "").split())
        for_uv["UV_FIND_LINKS"] = ",".join(pip.get("find-links", "").split())
        # Which is pip's way: the best version in any of them.
        for_uv["UV_INDEX_STRATEGY"] = "unsafe-best-match" if for_uv["UV_INDEX"] else ""
    for_uv = {name: value for name, value in for_uv.items() if value}
    return for_uv | variables_without("PYTHON", "PIP_") | for_pip


def has_settings_of_uv() -> bool:
    """Tell whether the user has told uv itself where packages come from."""
    variables = {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"}
    variables |= {"UV_FIND_LINKS", "UV_CONFIG_FILE"}
    own = os.environ.get("APPDATA" if os.name == "nt" else "XDG_CONFIG_HOME") or "~/.config"
    files = [Path(os.path.expanduser(own), "uv", "uv.toml"), Path("/etc/uv/uv.toml")]  # noqa: PTH111
    return not variables.isdisjoint(os.environ) or any(file.exists() for file in files)


def find_uv() -> str | None:
    """Return the uv of this machine, if it has one that is new enough and will outlive `.venv`."""
    uv = shutil.which("uv")
    if uv is None or VENV in Path(uv).parents:
        return None
    newest_option: Command = [uv, "pip", "install", "--torch-backend", "cpu", "--help"]
    return None if run(newest_option, variables_without("PYTHON")) else uv


def uv_in_venv() -> str:
    """Return where pip puts uv."""
    return str(PYTHON.with_name("uv" + PYTHON.suffix))


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
    command: Command = [BASE, "-m", "venv", *options, PLACE]
    failure = run(command, variables_without("PYTHON", "PIP_"))
    if failure:
        show(failure)
        in_use = ", and close JupyterLab and all that uses it" if os.name == "nt" else ""
        msg = f"Python could not make .venv for the reason above: fix that{in_use}"
        raise SetupError(full_disk() or msg)


def install_uv() -> str | None:
    """Install uv into `.venv` and return it; None where there is none for this machine."""
    say("Installing uv, which installs the rest two to five times faster than pip.")
    install: Command = [PYTHON, "-m", "pip", "install", "--quiet", "--only-binary", "uv", "uv"]
    failure = run(install, installer_variables())
    if failure is None:
        return uv_in_venv()
    show(failure)
    if cause_of(failure) in UNREACHABLE:
        raise explain(failure, "default")
    say("There is no uv for this machine: going on with pip.")
    return None


def look_up(install: Command, torch: str, constraints: str) -> tuple[Command, Variables]:
    """Find out what there is to install, without installing it.

    Where the versions in the file `constraints` do not fit this Python and system, take the newest.

    Args:
        install: the beginning of the command that installs.
        torch: "cpu" or "default".
        constraints: the file of exact versions, or "".

    Returns:
        the whole command that installs, and its environment variables.

    Raises:
        SetupError: if that cannot be installed; UnreachableError if it is the connection's fault.
    """
    variables = installer_variables()
    no_index = variables.get("PIP_NO_INDEX") in {"1", "true"}  # uv has no variable for it
    install = [*install, *["--no-index"] * no_index]
    install += [*["--torch-backend", "cpu"] * (torch == "cpu"), "--editable", ".[dev]"]
    tested = ["--constraint", constraints] if constraints else []

    say("Looking up the versions to install.")
    while True:
        failure = run([*install, *tested, "--dry-run"], variables)
        if failure is None:
            return [*install, *tested], variables
        cause = cause_of(failure)
        if cause == "versions" and tested:
            say(f"The versions in {constraints} do not fit this machine: taking the newest.")
            tested = []
        elif cause == "cache" and "UV_CACHE_DIR" not in variables:
            variables["UV_CACHE_DIR"] = str(PLACE / "cache")  # there is no home, or it is full
        elif cause == "certificate" and "UV_SYSTEM_CERTS" not in variables:
            variables["UV_SYSTEM_CERTS"] = "true"  # the company's own may be there
        elif cause == "connection" and "UV_INDEX" in variables.keys() - os.environ.keys():
            say("pip's extra index cannot be reached: going on without it.")
            del variables["UV_INDEX"]
        else:
            show(failure)
            raise explain(failure, torch)


def install_course(uv: str | None, torch: str, constraints: str) -> None:
    """Install the course and all that it needs into `.venv`."""
    install: Command = [PYTHON, "-m", "pip", "install"]
    if uv:
        install = [uv, "pip", "install", "--python", PYTHON, "pip"]
    elif torch == "cpu":
        msg = "TORCH=cpu needs uv, which could not be installed: install uv, or leave TORCH out"
        raise SetupError(msg)
    install, variables = look_up(install, torch, constraints)
    if run(install, variables, quiet=False):
        msg = "The installation stopped for the reason above (often it is the network): fix that"
        raise SetupError(full_disk() or msg)
    write_paths_in_ascii()


def write_paths_in_ascii() -> None:
    """Let `.venv` find the course in a folder with other letters than ASCII, in every locale.

    Installers write the files that name such folders in UTF-8. In another locale, Python before
    3.13 cannot read them and does not even start, and a newer one finds no course.
    """
    line = "import os, sys; sys.path.append(os.path.join(os.path.dirname(sys.prefix), 'src'))\n"
    for file in site_packages().glob("*.pth"):
        if not file.read_bytes().isascii():
            file.write_text(line, encoding="ascii")


def make_anew(torch: str, constraints: str) -> None:
    """Make `.venv` from nothing; if that fails, keep the one that was there."""
    anew = " anew" * VENV.exists()  # where it was cut off, or what it is made from has changed
    say(f"Setting up the course in .venv{anew}: a few minutes, and up to 6 GB on Linux.")
    uv = find_uv()
    any_uv = uv or uv_in_venv()
    if is_usable() and Path(any_uv).exists():  # look before anything is moved
        nowhere = PLACE / "nowhere"  # where nothing is installed yet
        command: Command = [any_uv, "pip", "install", "--python", BASE, "--target", nowhere]
        look_up(command, torch, constraints)
    with replacing():
        make_venv(with_pip=uv is None)
        install_course(uv or install_uv(), torch, constraints)
        write_stamp(wanted_stamp(torch, constraints, installed()))
    say("The set-up is complete.")


def set_up(torch: str | None, constraints: str | None) -> None:
    """Make `.venv` as `wanted_stamp` says, unless it is up to date."""
    if is_up_to_date(wanted_stamp(torch, constraints)):
        return
    check_machine(sysconfig.get_platform(), platform.machine())
    check_python()
    with only_one():
        keep_one()  # where a set-up was cut off
        wanted = wanted_stamp(torch, constraints)
        if is_up_to_date(wanted):  # the other process made it
            return
        try:
            make_anew(wanted["torch"], wanted["constraints"])
        except UnreachableError as error:
            if not is_usable():
                raise
            say(f"{error}. Until then, the course runs in the environment that it had.")


# ---------------------------------------------------------------------------- what to do


def check_machine(system: str, machine: str) -> None:
    """Refuse a machine for which PyTorch has no packages.

    Args:
        system: its name for `sysconfig.get_platform`.
        machine: its name for `platform.machine`.

    Raises:
        SetupError: if this is one.
    """
    libc = f"{sysconfig.get_config_var('SOABI')} {sysconfig.get_config_var('HOST_GNU_TYPE')}"
    if sys.maxsize < 2**32:
        kind, remedy = "a 32-bit Python", "install a 64-bit one"
    elif sys.implementation.name != "cpython":
        kind, remedy = sys.implementation.name, "install the Python of python.org"
    elif system.startswith("macosx") and machine == "x86_64":
        kind = "a Mac with an Intel processor, or for a Python made for one"
        remedy = "on Apple silicon, install a Python for arm64; else use another machine"
    elif system == "win-arm64":
        kind, remedy = "Windows on ARM", "set up the course in WSL (Ubuntu)"
    elif "musl" in libc:
        kind, remedy = "Alpine and other Linux with musl", "use one with glibc, such as Debian"
    elif system.startswith("linux") and machine not in {"x86_64", "aarch64"}:
        kind, remedy = f"Linux on {machine}", "use a machine with x86-64 or ARM (aarch64)"
    else:
        return
    msg = f"PyTorch has no packages for {kind}: {remedy}"
    raise SetupError(msg)


def check_python() -> None:
    """Refuse a Python, or a folder, in which the course would be installed but not work.

    Raises:
        SetupError: if a part of Python is missing, or the path cannot hold an environment.
    """
    missing = []
    for part in PARTS:
        try:
            importlib.import_module(part)
        except ImportError:
            missing.append(part)
    if missing:
        libraries = " ".join(PARTS[part] for part in missing)
        msg = (
            f"This Python was built without {', '.join(missing)}: name another one "
            f"(PYTHON=python3.12), or install {libraries} and build it again"
        )
        raise SetupError(msg)
    if os.pathsep in str(PLACE):
        where = PLACE.parent
        msg = f"No environment can be made in {where}: rename the folder that has a {os.pathsep!r}"
        raise SetupError(msg)


def check_sudo() -> None:
    """Refuse `sudo` in a folder of the user's own, where root's files would later be in the way."""
    user = os.environ.get("SUDO_UID", "0")
    if os.name != "nt" and os.geteuid() == 0 and user != "0" and str(ROOT.stat().st_uid) == user:
        msg = "With sudo, files that belong to root would block your own later: leave out `sudo`"
        raise SetupError(msg)


def cause_of(words: str) -> str:
    """Return the name of the cause that an installer's words tell."""
    found = (name for name, tell in CAUSES.items() if re.search(tell, words, re.IGNORECASE))
    return next(found, "unknown")


def explain(words: str, torch: str) -> SetupError:
    """Return the error for an installer that failed with these words."""
    cause = cause_of(words)
    if cause in UNREACHABLE:
        return UnreachableError(ADVICE[cause] + ", or leave out TORCH=cpu" * (torch == "cpu"))
    return SetupError(ADVICE[cause])


def show(words: str) -> None:
    """Show the end of what an installer said."""
    for line in words.strip().splitlines()[-15:]:
        say(f"  {line[:300]}")


def full_disk() -> str | None:
    """Return the advice for a full disk, if a disk that the set-up writes to is nearly full."""
    # An installer that fails removes what it was unpacking, so some room is left again.
    too_little = 3e9 if sys.platform == "linux" else 1e9
    for folder in (PLACE.parent, Path(os.path.expanduser("~"))):  # noqa: PTH111 - there may be none
        free = shutil.disk_usage(folder).free if folder.exists() else too_little
        if free < too_little:
            return f"The disk of {folder} has only {free / 1e9:.1f} GB left: make {ROOM}"
    return None


def is_mine(path: Path) -> bool:
    """Tell whether a path belongs to this user, as far as the system has owners."""
    return os.name == "nt" or path.stat().st_uid == os.geteuid()


def owner(path: Path) -> str:
    """Return the name of the user to whom a path belongs, or its folder where it is missing."""
    while not os.path.lexists(path):
        path = path.parent
    try:
        return path.owner()
    except (KeyError, NotImplementedError):
        return f"user {path.stat().st_uid}"


def advice(error: OSError) -> str:
    """Return what to do about a file or folder that could not be used."""
    path = Path(error.filename or ROOT)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk is full: make {ROOM}"
    if error.errno == errno.EROFS:
        return f"{path} cannot be written to: put the course into a folder of your own"
    if error.errno == errno.EBUSY:
        return f"{path} is in use ({error.strerror}): close JupyterLab, or `make clean` first"
    if error.errno not in {errno.EACCES, errno.EPERM}:
        return f"{error}: fix this"
    if os.name == "nt":
        return f"{path} is in use, or not yours: close JupyterLab and all that uses the course"
    return no_right(path)


def no_right(path: Path) -> str:
    """Return what to do about a path that this user has no right to change."""
    if not is_mine(ROOT):
        who = owner(ROOT)
        return (
            f"The course in {ROOT} belongs to {who}, and its set-up is out of date: ask {who} to "
            "run `make setup` there, or put the course into a folder of your own"
        )
    if owner(path) != owner(ROOT):
        return (
            f"{path} belongs to {owner(path)}, as after a `sudo make`: take it back with "
            f"`sudo chown -R {os.geteuid()} {shlex.quote(str(ROOT))}`"
        )
    return f"{path} may not be written to: allow it with `chmod -R u+rwX {shlex.quote(str(ROOT))}`"


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
        check_sudo()
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
