"""What the commands share about what is typed: a mistake in it, a suggestion, a place to show.

Covers: the error, the word most like a mistyped one, a path as the user sees it, `--folder`, and
which records of a class count.
Does not cover: the parser (`cli`).
"""

import argparse
import difflib
import os
from collections.abc import Iterable
from pathlib import Path

from dlcourse.errors import CourseError
from dlcourse.places import WORK_VARIABLE


class UsageError(CourseError):
    """The command was mistyped."""


def suggest(word: str, known: Iterable[str]) -> str:
    """Return the question whether the known word most like `word` was meant; "" if none is."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else ""


def shorten(path: Path) -> str:
    """Return `path` as seen from the current folder, if it is inside that."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Let the command take `--folder`: another place for the learner's copies."""
    parser.add_argument(
        "--folder",
        metavar="FOLDER",
        help=f"where your copies of the lessons are, or will be (else {WORK_VARIABLE}, else work/ "
        "in a clone that is yours, else dlcourse/ in your home)",
    )


def use_folder(options: argparse.Namespace) -> None:
    """Let this process and those that it starts find the copies where `--folder` says."""
    if options.folder:
        os.environ[WORK_VARIABLE] = str(Path(options.folder).expanduser().absolute())


def add_records(parser: argparse.ArgumentParser) -> None:
    """Let the command take `--out`: where the records of a class are."""
    parser.add_argument("--out", metavar="OUT", required=True, help="the folder with the records")


def add_count(parser: argparse.ArgumentParser) -> None:
    """Let the command take `--count`: which of a student's files counts."""
    parser.add_argument(
        "--count",
        choices=("best", "last"),
        default="best",
        help="which of several files of a student (else best)",
    )
