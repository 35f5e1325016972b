"""The command line: `dlcourse doctor | lab | progress | reset LESSON | run [LESSON …] [--save]`.

Covers: what is typed, what is printed, and the exit status: 0 where all is well, 1 where something
must be put right, 2 where the command itself was mistyped, 130 after Ctrl-C. Whatever goes wrong
is one line that says what to do.
Does not cover: the work itself, which `workspace`, `execution` and `doctor` do. They are imported
by the commands that need them, so that `dlcourse --help` answers at once.
"""

import argparse
import atexit
import difflib
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import dlcourse
from dlcourse.errors import CourseError

# What keeps JupyterLab to this machine and behind its token: the last parts of options' names.
_PROTECTION = {
    "ip",
    "token",
    "password",
    "hashed_password",
    "allow_origin",
    "allow_origin_pat",
    "allow_remote_access",
    "allow_unauthenticated_access",
    "disable_check_xsrf",
}
_PORT = 8888  # JupyterLab's own choice


class UsageError(CourseError):
    """The command was mistyped."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors of ours: one line, without the list of options."""

    def error(self, message: str) -> NoReturn:
        msg = f"{message}: `{self.prog} --help` tells more."
        raise UsageError(msg)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (else the process's own) give; return the exit status."""
    try:
        return _run_command(list(sys.argv[1:] if arguments is None else arguments))
    except CourseError as error:
        from dlcourse.workspace import UnknownLessonError  # noqa: PLC0415

        print(f"dlcourse: {error}", file=sys.stderr)
        return 2 if isinstance(error, (UsageError, UnknownLessonError)) else 1
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("dlcourse"):
            raise  # our own fault: its traceback is what we need
        msg = f"dlcourse: the package {error.name} is missing: run `make setup`, which installs it."
        print(msg, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def _run_command(arguments: list[str]) -> int:
    """Parse `arguments` and call the function of the command."""
    # argparse would mix what follows "--" with the command's own arguments.
    is_lab = arguments[:1] == ["lab"] and "--" in arguments
    end = arguments.index("--") if is_lab else len(arguments)
    arguments, jupyter_options = arguments[:end], arguments[end + 1 :]

    parser, commands = _make_parser()
    if arguments and arguments[0] not in commands and not arguments[0].startswith("-"):
        remedy = _suggest(arguments[0], commands) or f"there are {', '.join(commands)}."
        msg = f"there is no command {arguments[0]!r}: {remedy}"
        raise UsageError(msg)
    options, unknown = parser.parse_known_args(arguments)
    options.jupyter_options = jupyter_options
    if unknown:
        raise UsageError(_complain(unknown[0], commands.get(options.command, parser)))
    if options.command is None:
        parser.print_help()
        return 0
    status: int = options.function(options)
    return status


def _make_parser() -> tuple[_Parser, dict[str, _Parser]]:
    """Return the parser, and those of the commands by name."""
    parser = _Parser(
        prog="dlcourse",
        description="Learn deep learning with PyTorch: open, run and reset the lessons.",
        epilog="A LESSON is a number or part of a name: 5, 05, mnist, 05_mnist_mlp.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"dlcourse {dlcourse.__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    commands = {}
    for name, function, text in (
        ("doctor", _doctor, "say what is wrong on this machine, with the remedy"),
        ("lab", _lab, "open your copies of the lessons in JupyterLab"),
        ("progress", _progress, "tell which exercises you have passed, and which are left"),
        ("reset", _reset, "put a fresh copy of a lesson beside your old one"),
        ("run", _run, "run lessons from top to bottom without a browser"),
    ):
        command = subparsers.add_parser(name, help=text, description=text, allow_abbrev=False)
        command.set_defaults(function=function)
        commands[name] = command

    commands["lab"].usage = "dlcourse lab [-h] [--no-browser] [-- OPTION ...]"
    commands["lab"].epilog = "What follows after -- goes to JupyterLab: dlcourse lab -- --port=9000"
    commands["lab"].add_argument(
        "--no-browser", action="store_true", help="only print the address to open"
    )
    commands["reset"].add_argument("lesson", metavar="LESSON", help="such as 5, 05 or mnist")
    commands["run"].add_argument(
        "lessons", metavar="LESSON", nargs="*", help="such as 5, 05 or mnist (none given: all)"
    )
    commands["run"].add_argument(
        "--save", action="store_true", help="run on the CPU and save the lessons with their outputs"
    )
    return parser, commands


def _complain(unknown: str, parser: _Parser) -> str:
    """Return the line about an argument that `parser` does not know."""
    what = "option" if unknown.startswith("-") else "further argument"
    known = re.findall(r"--\w[\w-]*", parser.format_usage())
    remedy = _suggest(unknown, known) or f"`{parser.prog} --help` lists what there is."
    if parser.prog == "dlcourse lab":
        remedy += f" JupyterLab's own follow after --: `dlcourse lab -- {unknown}`."
    return f"`{parser.prog}` knows no {what} {unknown!r}: {remedy}"


def _suggest(word: str, known: Iterable[str]) -> str:
    """Return the question whether the known word most like `word` was meant; "" if none is."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else ""


# ---------------------------------------------------------------------------- the commands


def _doctor(_: argparse.Namespace) -> int:
    from dlcourse.doctor import check_machine  # noqa: PLC0415

    findings = check_machine(thorough=True)
    for finding in findings:
        print(f"{'ok' if finding.ok else 'FAULT':5}  {finding.name}: {finding.detail}")
        if not finding.ok:
            print(f"       {finding.remedy}")
    n_faults = sum(not finding.ok for finding in findings)
    if n_faults:
        print(f"{n_faults} of {len(findings)} things must be put right: see FAULT above.")
    return 1 if n_faults else 0


def _lab(options: argparse.Namespace) -> int:
    from dlcourse.workspace import copy_lessons, list_lessons  # noqa: PLC0415

    arguments = _jupyter_arguments(options)
    copies = copy_lessons()
    print(f"Your copies of the lessons are in {_shorten(copies.folder)}", end="")
    print(f" (new: {', '.join(copies.added)})." if copies.added else ".")
    for stem in copies.changed:
        print(f"{stem} has changed since you copied it: {_advise_reset(stem)}")
    for stem in copies.damaged:
        print(f"Your copy of {stem} is damaged: {_advise_reset(stem)}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")
        print(
            "You are root, which JupyterLab refuses unless told otherwise: told (--allow-root). "
            "It listens on this machine only and asks for its token."
        )
    if _lend_folders():
        print("Your home cannot be written to: JupyterLab forgets its settings when it ends.")
    print("Starting JupyterLab, which takes some seconds; Ctrl-C here stops it.", flush=True)

    with _claim_port() as claim:
        _, port = claim.getsockname()
        os.environ |= _jupyter_environment(port)
        from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]  # noqa: PLC0415

        signal.signal(signal.SIGINT, _stop_in_order)
        LabApp.launch_instance(
            [
                *arguments,
                f"--ServerApp.root_dir={copies.folder}",
                f"--LabApp.default_url=/lab/tree/{list_lessons()[0].name}",
            ]
        )
    return 0


def _stop_in_order(number: int, frame: FrameType | None) -> None:
    """Stop as on SIGTERM if JupyterLab listens to that already, else at once.

    In a terminal it replaces this by its own answer to Ctrl-C. Started without one, it would end by
    a KeyboardInterrupt, in the middle of whatever it does, and could wait for ever for a thread.
    """
    stop = signal.getsignal(signal.SIGTERM)
    if not callable(stop):
        raise KeyboardInterrupt
    stop(number, frame)


def _claim_port() -> socket.socket:
    """Return a claim to a port on which nobody listens: as long as it is open, nobody else's.

    JupyterLab itself looks for a free port, and listens to it a moment later. Of two labs that are
    started at once, both could find the same one free, and the later one would have to end. So a
    lab claims its port's number, by a socket for UDP, which can be bound but once, too.
    """
    for port in (*range(_PORT, _PORT + 50), 0):  # 0: one that the system chooses
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
            socket.create_server(claim.getsockname()).close()
        except OSError:
            claim.close()
        else:
            break
    return claim


def _lend_folders() -> bool:
    """Give Jupyter folders to write to until this process ends, where the user's home is none.

    Some containers have users whose home does not exist or belongs to somebody else; without a
    folder for its connections, Jupyter does not start. Return whether that was needed.
    """
    from jupyter_core.paths import jupyter_runtime_dir  # noqa: PLC0415

    try:
        Path(jupyter_runtime_dir()).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="dlcourse-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["JUPYTER_RUNTIME_DIR"] = str(folder / "runtime")
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
            os.environ.setdefault(name, str(folder / name.lower()))
        return True
    return False


def _jupyter_arguments(options: argparse.Namespace) -> list[str]:
    """Return JupyterLab's arguments: the learner's, and ours where the learner gave none."""
    jupyter_options: list[str] = options.jupyter_options
    given = {option.partition("=")[0]: option for option in jupyter_options}
    for name, option in given.items():
        if name.startswith("-") and re.split(r"[-.]+", name)[-1] in _PROTECTION:
            msg = (
                f"`dlcourse lab` takes no {option!r}: it keeps JupyterLab to this machine and "
                "behind its token. To serve it otherwise, run `jupyter lab` in work/ yourself."
            )
            raise UsageError(msg)
    ours = {
        "--ServerApp.ip": "127.0.0.1",
        "--ServerApp.answer_yes": "True",  # one Ctrl-C is enough
        "--ServerApp.log_level": "ERROR",  # else the address drowns in other lines
        "--LabApp.log_level": "ERROR",
        **_encryption(),
    }
    arguments = [f"{name}={value}" for name, value in ours.items() if name not in given]
    return arguments + ["--no-browser"] * options.no_browser + jupyter_options


def _jupyter_environment(port: int) -> dict[str, str]:
    """Return the variables that JupyterLab and what it starts shall see changed."""

    def prepend(folder: Path, variable: str) -> str:
        return os.pathsep.join(filter(None, [str(folder), os.environ.get(variable)]))

    n_cores = os.cpu_count() or 1
    return {
        # one core is left to the browser: where all compute and one is needed elsewhere for a
        # moment, the others wait for it at every step, and a lesson becomes many times slower
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS") or f"{max(1, n_cores - 1)}",
        # where to look for a free port first; the learner's own settings win
        "JUPYTER_PORT": os.environ.get("JUPYTER_PORT") or f"{port}",
        # a terminal in JupyterLab knows `dlcourse`
        "PATH": prepend(Path(sys.executable).parent, "PATH"),
        # "Python 3" is the Python of here, whatever the user has installed elsewhere
        "JUPYTER_PREFER_ENV_PATH": "1",
        # no question about news, and so no use of the network; the learner's own settings win
        "JUPYTER_CONFIG_PATH": prepend(Path(__file__).parent / "jupyter", "JUPYTER_CONFIG_PATH"),
    }


def _encryption() -> dict[str, str]:
    """Return the option that encrypts the talk with kernels, where this version of Jupyter can.

    Without it, a kernel that could warns on the terminal, in words that would alarm a learner.
    """
    import zmq  # noqa: PLC0415
    from jupyter_client.manager import KernelManager  # noqa: PLC0415

    is_possible = hasattr(KernelManager, "transport_encryption") and zmq.has("curve")
    return {"--KernelManager.transport_encryption": "auto"} if is_possible else {}


def _advise_reset(stem: str) -> str:
    return f"`dlcourse reset {stem[:2]}` gives the new one and keeps yours."


def _reset(options: argparse.Namespace) -> int:
    from dlcourse.workspace import reset_lesson  # noqa: PLC0415

    reset = reset_lesson(options.lesson)
    print(f"{_shorten(reset.copy)} is a fresh copy", end="")
    if reset.kept is None:
        print(".")
    else:
        print(f"; your old one is now {reset.kept.name}.")
        print("If it is open in JupyterLab: File > Reload Notebook from Disk.")
    return 0


def _progress(_: argparse.Namespace) -> int:
    from dlcourse.exercises import describe_progress  # noqa: PLC0415

    print(describe_progress())
    return 0


def _run(options: argparse.Namespace) -> int:
    from dlcourse.workspace import find_lesson, list_lessons  # noqa: PLC0415

    lessons = [find_lesson(name) for name in options.lessons] or list_lessons()
    from dlcourse.execution import execute, save  # noqa: PLC0415

    _lend_folders()
    for lesson in lessons:
        print(f"{lesson.stem}: ", end="", flush=True)
        try:
            run = execute(lesson, on_cpu=options.save)
            if options.save and not run.failure:
                save(run, lesson)
        except CourseError:
            print("not run to its end")
            raise
        print(run.failure or f"{run.cells} cells, {run.seconds:.1f} s, ok", flush=True)
        if run.failure:
            return 1
    return 0


def _shorten(path: Path) -> str:
    """Return `path` as seen from the current folder, where it is inside that."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
