"""`dlcourse lab`: the learner's copies of the lessons, in JupyterLab.

JupyterLab listens to this machine only and asks for a token that is new each time. Both are given
on its command line, within this process: no file of settings can undo that, and no other user can
read it from the list of processes. The address is printed by us, whatever the settings.

Covers: the options, the server, its port, its protection, the browser.
Does not cover: the copies (`workspace`), the variables (`environment`).
"""

import argparse
import html
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Any
from urllib.parse import urljoin

from dlcourse.commands.environment import enter_course_environment, home_is_lent
from dlcourse.commands.lessons import list_lessons
from dlcourse.commands.usage import UsageError, add_folder, shorten, use_folder
from dlcourse.commands.workspace import Copies, copy_lessons
from dlcourse.errors import CourseError
from dlcourse.files import told_in_a_line
from dlcourse.machine import n_cores
from dlcourse.places import why_elsewhere

SUMMARY = "open your copies of the lessons in JupyterLab"

# What keeps JupyterLab to this machine and behind its token, with the only values we allow.
_PROTECTION = {
    "--ServerApp.ip": "127.0.0.1",
    "--ServerApp.allow_remote_access": "False",
    "--ServerApp.allow_origin": "",
    "--ServerApp.allow_origin_pat": "",
    "--ServerApp.disable_check_xsrf": "False",
    "--ServerApp.allow_credentials": "False",
    "--ServerApp.sock": "",
    "--ServerApp.login_handler_class": "jupyter_server.auth.login.LegacyLoginHandler",
    "--ServerApp.identity_provider_class": "jupyter_server.auth.identity.PasswordIdentityProvider",
    "--ServerApp.authorizer_class": "jupyter_server.auth.authorizer.AllowAllAuthorizer",
    "--PasswordIdentityProvider.hashed_password": "",
}
# The last parts of these names, and of other names for the same.
_PROTECTED = {name.rpartition(".")[2] for name in _PROTECTION} | {
    "allow_unauthenticated_access",
    "password",
    "token",
}
_PORT = 8888  # JupyterLab's own choice
_OPENER = "open-the-course.html"
_PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<title>The course</title>
<meta http-equiv="refresh" content="0; url={address}">
<p>If nothing happens, <a href="{address}">open the course</a>.</p>
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.usage = "dlcourse lab [-h] [--no-browser] [--folder FOLDER] [-- OPTION ...]"
    parser.epilog = "What follows after -- goes to JupyterLab: dlcourse lab -- --port=9000"
    parser.add_argument("--no-browser", action="store_true", help="only print the address to open")
    add_folder(parser)


def run(options: argparse.Namespace) -> int:
    """Serve the copies until Ctrl-C; return the exit status."""
    use_folder(options)
    learners_options: list[str] = options.jupyter_options
    _refuse_open_doors(learners_options)
    copies = copy_lessons()
    _describe(copies)
    if home_is_lent():
        print("Your home takes no files: JupyterLab forgets its settings when it ends.")
    print("Starting JupyterLab, which takes some seconds; Ctrl-C here stops it.", flush=True)

    enter_course_environment()
    token = secrets.token_hex(24)
    with _claim_port() as port:
        os.environ.setdefault("JUPYTER_PORT", f"{port}")  # where to look for a free port first
        # One core is left to the browser: where all compute and one is needed elsewhere for a
        # moment, the others wait for it at every step, and a lesson becomes many times slower.
        os.environ.setdefault("OMP_NUM_THREADS", f"{max(1, n_cores() - 1)}")
        server = _make_server(copies.folder, token, learners_options)
        signal.signal(signal.SIGINT, _stop_in_order)
        address = f"{urljoin(server.connection_url, server.default_url)}?token={token}"
        server.io_loop.add_callback(print, f"Open this address:\n\n    {address}\n", flush=True)
        if options.no_browser:
            server.start()
            return 0
        with _opener(copies.folder, address) as page:
            server.io_loop.add_callback(_open_browser, page)
            server.start()
    return 0


def _refuse_open_doors(options: list[str]) -> None:
    """Raise UsageError if an option for JupyterLab would undo its protection."""
    for option in options:
        name = option.partition("=")[0]
        if name.startswith("-") and re.split(r"[-.]+", name)[-1] in _PROTECTED:
            msg = (
                f"`dlcourse lab` takes no {option!r}: it keeps JupyterLab to this machine and "
                "behind its token. To serve it otherwise, run `jupyter lab` yourself."
            )
            raise UsageError(msg)


def _describe(copies: Copies) -> None:
    """Say where the copies are, which are new, and what is to be said of the others."""
    new = f" (new: {', '.join(copies.added)})" if copies.added else ""
    print(f"Your copies of the lessons are in {shorten(copies.folder)}{new}.")
    if reason := why_elsewhere(copies.folder):
        print(f"They are there, and so is your progress, since {reason}.")
    for stem in copies.changed:
        print(f"{stem} has changed since you copied it: {_advise_reset(stem)}")
    for stem in copies.damaged:
        print(f"Your copy of {stem} is damaged: {_advise_reset(stem)}")


def _advise_reset(stem: str) -> str:
    return f"`dlcourse reset {stem[:2]}` gives the new one and keeps yours."


# ---------------------------------------------------------------------------- the server


def _make_server(folder: Path, token: str, learners_options: list[str]) -> Any:  # noqa: ANN401 - Jupyter has no types
    """Return a server of `folder` that is ready to be started.

    Raises:
        CourseError: if JupyterLab refuses its settings; it has said why on the terminal.
    """
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]  # noqa: PLC0415 - takes seconds

    ours = {
        "--ServerApp.answer_yes": "True",  # one Ctrl-C is enough
        "--ServerApp.log_level": "ERROR",  # else the address drowns in other lines
        "--LabApp.log_level": "ERROR",
        **_encryption(),
        **_shell(),
    }
    given = {option.partition("=")[0] for option in learners_options}
    defaults = [f"{name}={value}" for name, value in ours.items() if name not in given]
    fixed = {
        **_PROTECTION,
        "--IdentityProvider.token": token,
        "--ServerApp.root_dir": str(folder),
        "--LabApp.default_url": f"/lab/tree/{list_lessons()[0].name}",
    }
    arguments = [*defaults, *learners_options, "--no-browser", *_allow_root()]
    arguments += [f"{name}={value}" for name, value in fixed.items()]
    try:
        return LabApp.initialize_server(arguments)
    except SystemExit as error:
        if not error.code:
            raise  # `dlcourse lab -- --help`
        msg = f"JupyterLab refuses its settings, as it says above: {_settings_advice()}."
        raise CourseError(msg) from error


def _settings_advice() -> str:
    """Return what to do about settings of Jupyter that keep it from starting, as a clause."""
    from jupyter_core.paths import jupyter_config_path  # noqa: PLC0415 - as above

    ours = os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    folders = [Path(folder) for folder in jupyter_config_path() if folder not in ours]
    patterns = ("jupyter_*config.*", "jupyter_server_config.d/*")
    files = [str(path) for folder in folders for one in patterns for path in folder.glob(one)]
    foreign = [path for path in files if not Path(path).is_relative_to(sys.prefix)]
    if not foreign:
        return "leave out what you gave after `--`"
    return f"see what is wrong in {', '.join(foreign)}, or ask whoever looks after this machine"


def _allow_root() -> list[str]:
    """Return the option that root needs, and say so."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return []
    print(
        "You are root, which JupyterLab refuses unless told otherwise: told (--allow-root). "
        "It listens on this machine only and asks for its token."
    )
    return ["--allow-root"]


def _encryption() -> dict[str, str]:
    """Return the option that encrypts the talk with kernels, where this version of Jupyter can.

    Without it, a kernel that could warns on the terminal, in words that would alarm a learner.
    """
    import zmq  # noqa: PLC0415 - as above
    from jupyter_client.manager import KernelManager  # noqa: PLC0415

    is_possible = hasattr(KernelManager, "transport_encryption") and zmq.has("curve")
    return {"--KernelManager.transport_encryption": "auto"} if is_possible else {}


def _shell() -> dict[str, str]:
    """Return the option for the shell of JupyterLab's terminals.

    Left alone, a server that was started without a terminal opens login shells. Their start-up
    files set PATH anew, and then no terminal knows `dlcourse`.
    """
    if os.name == "nt":
        return {}
    shell = os.environ.get("SHELL") or shutil.which("sh") or "/bin/sh"
    return {"--ServerApp.terminado_settings": f"shell_command={shlex.quote(shell)}"}


@contextmanager
def _claim_port() -> Iterator[int]:
    """Claim a port on which nobody listens, and yield it: until the end it is nobody else's.

    JupyterLab itself looks for a free port, and listens to it a moment later. Of two labs that are
    started at once, both could find the same one free, and the later one would have to end. So a
    lab claims its port's number, by a socket for UDP, which can be bound only once, too.
    """
    for port in (*range(_PORT, _PORT + 50), 0):  # 0: one that the system chooses
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with claim:
            try:
                claim.bind(("127.0.0.1", port))
                socket.create_server(claim.getsockname()).close()
            except OSError:
                continue
            yield claim.getsockname()[1]
            return


def _stop_in_order(number: int, frame: FrameType | None) -> None:
    """Stop as on SIGTERM if JupyterLab listens to that already, else at once.

    In a terminal it replaces this by its own answer to Ctrl-C. Started without one, it would end by
    a KeyboardInterrupt, in the middle of whatever it does, and could wait for ever for a thread.
    """
    stop = signal.getsignal(signal.SIGTERM)
    if not callable(stop):
        raise KeyboardInterrupt
    stop(number, frame)


# ---------------------------------------------------------------------------- the browser


@contextmanager
def _opener(folder: Path, address: str) -> Iterator[Path]:
    """Write a page that leads to `address`, and yield it; it is gone in the end.

    A browser is sent to this page and not to the address: the list of processes, which other users
    can see, shows what a browser was started with. The page lies among the copies, since browsers
    in a box of their own (Ubuntu's) may read neither hidden folders nor the temporary one.
    """
    page = folder / _OPENER
    try:
        with told_in_a_line(page):
            page.unlink(missing_ok=True)
            page.touch(mode=0o600, exist_ok=False)  # nobody else's to read, before it is written
            page.write_text(_PAGE.format(address=html.escape(address)), encoding="utf-8")
        yield page
    finally:
        page.unlink(missing_ok=True)


def _open_browser(page: Path) -> None:
    """Open `page` in the user's browser; where there is none, the printed address has to do."""
    Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()
