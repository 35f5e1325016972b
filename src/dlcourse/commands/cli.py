"""The command line: `dlcourse doctor | grade | grade export | … | lab | progress | reset | run`.

Covers: what is typed, and the exit status: 0 if all is well, 1 if something must be fixed, 2 if the
command itself was mistyped, 130 after Ctrl-C. Whatever goes wrong is one line that says what to do.
Does not cover: the commands, which have a module each. Those import what takes long only when they
run, so that `dlcourse --help` answers at once.
"""

import argparse
import errno
import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import dlcourse
from dlcourse.advice import missing_module_advice
from dlcourse.commands import (
    doctor,
    grade,
    grade_export,
    grade_merge,
    grade_report,
    lab,
    progress,
    reset,
    run,
)
from dlcourse.commands.environment import forget_foreign_modules
from dlcourse.commands.lessons import UnknownLessonError
from dlcourse.commands.usage import UsageError, suggest
from dlcourse.errors import CourseError
from dlcourse.files import NO_ROOM, write_remedy

_COMMANDS: dict[str, Any] = {
    "doctor": doctor,
    "grade": grade,
    "grade export": grade_export,
    "grade merge": grade_merge,
    "grade report": grade_report,
    "lab": lab,
    "progress": progress,
    "reset": reset,
    "run": run,
}


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors of ours: one line, without the list of options."""

    def error(self, message: str) -> NoReturn:
        msg = f"{message}: `{self.prog} --help` tells more."
        raise UsageError(msg)


def _let_output_go() -> None:
    """Have what is still to be written go nowhere, or Python's end would try, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (else the process's own) give; return the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may not know all letters of a path
    try:
        _see_that_there_is_a_folder()
        forget_foreign_modules()
        status = _run_command(list(sys.argv[1:] if arguments is None else arguments))
        print(end="", flush=True)  # what could not be written is told here, not by Python's end
    except BrokenPipeError:  # whoever reads, such as `head`, has seen enough
        _let_output_go()
        return 1
    except CourseError as error:
        print(f"dlcourse: {error}", file=sys.stderr)
        return 2 if isinstance(error, (UsageError, UnknownLessonError)) else 1
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("dlcourse"):
            raise  # our own fault: its traceback is what we need
        print(f"dlcourse: {missing_module_advice(error.name)}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in {*NO_ROOM, errno.EACCES}:
            raise
        where = error.filename or "where the output goes"
        if not error.filename:
            _let_output_go()
        print(f"dlcourse: {error.strerror} ({where}): {write_remedy(error)}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return status


def _see_that_there_is_a_folder() -> None:
    """Raise CourseError where the current folder was deleted, in which not even PyTorch starts."""
    try:
        Path.cwd()
    except FileNotFoundError as error:
        msg = "the folder that you are in was deleted: go to another one, as with `cd`."
        raise CourseError(msg) from error


def _run_command(arguments: list[str]) -> int:
    """Parse `arguments` and run the command."""
    # argparse would mix what follows "--" with the command's own arguments.
    is_lab = arguments[:1] == ["lab"] and "--" in arguments
    end = arguments.index("--") if is_lab else len(arguments)
    arguments, jupyter_options = arguments[:end], arguments[end + 1 :]

    parser, parsers = _make_parser()
    if " ".join(arguments[:2]) in parsers:  # "grade export"; a folder of that name is ./export
        arguments[:2] = [" ".join(arguments[:2])]
    if arguments and arguments[0] not in parsers and not arguments[0].startswith("-"):
        remedy = suggest(arguments[0], parsers) or f"there are {', '.join(parsers)}."
        msg = f"there is no command {arguments[0]!r}: {remedy}"
        raise UsageError(msg)
    options, unknown = parser.parse_known_args(arguments)
    options.jupyter_options = jupyter_options
    if unknown:
        raise UsageError(_complain(unknown[0], parsers.get(options.command, parser)))
    if options.command is None:
        parser.print_help()
        return 0
    status: int = _COMMANDS[options.command].run(options)
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
    parsers = {}
    for name, command in _COMMANDS.items():
        text = command.SUMMARY
        parsers[name] = subparsers.add_parser(name, help=text, description=text, allow_abbrev=False)
        command.add_arguments(parsers[name])
    return parser, parsers


def _complain(unknown: str, parser: _Parser) -> str:
    """Return the line about an argument that `parser` does not know."""
    what = "option" if unknown.startswith("-") else "further argument"
    known = re.findall(r"--\w[\w-]*", parser.format_usage())
    remedy = suggest(unknown, known) or f"`{parser.prog} --help` lists what there is."
    if parser.prog == "dlcourse lab":
        remedy += f" JupyterLab's own follow after --: `dlcourse lab -- {unknown}`."
    return f"`{parser.prog}` knows no {what} {unknown!r}: {remedy}"
