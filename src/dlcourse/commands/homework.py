"""`dlcourse homework new | test | release FOLDER`: exercises of an instructor's own.

Covers: what is typed and printed; the files that are made.
Does not cover: reading and testing a homework (`dlcourse.grading`), judging it (`grade`).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dlcourse.commands.usage import UsageError
from dlcourse.errors import CourseError
from dlcourse.files import told_in_a_line, write_new

if TYPE_CHECKING:  # what takes long to import, when it is needed
    from dlcourse.grading.homework import Homework

SUMMARY = "make a homework of your own: start one, test it, write the students' notebook"
_STARTER = Path(__file__).resolve().parents[1] / "grading" / "starter"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument(
        "what",
        metavar="WHAT",
        choices=("new", "test", "release"),
        help="new: a small homework to start from; test: what is wrong with it; release: the "
        "students' notebook, if nothing is",
    )
    parser.add_argument("folder", metavar="FOLDER", help="with homework.md and a file an exercise")
    parser.add_argument(
        "--out", metavar="FILE.ipynb", help="of `release` (else FOLDER's name, in this folder)"
    )


def run(options: argparse.Namespace) -> int:
    """Do what was asked for; return the exit status."""
    folder = Path(options.folder)
    if options.out and options.what != "release":
        msg = f"`dlcourse homework {options.what}` writes no notebook: --out is for `release`."
        raise UsageError(msg)
    if options.what == "new":
        return _start(folder)
    from dlcourse.grading.homework import read_homework  # noqa: PLC0415

    homework = read_homework(folder)
    n_faults = _print_faults(homework)
    if options.what == "test":
        return 1 if n_faults else 0
    if n_faults:
        msg = "Nothing was released: fix what is told above first."
        raise CourseError(msg)
    return _release(homework, Path(options.out or f"{homework.name}.ipynb"))


def _start(folder: Path) -> int:
    """Write a small homework that works."""
    from dlcourse.grading.homework import require_name  # noqa: PLC0415

    require_name(folder.resolve())
    with told_in_a_line(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            msg = f"{folder} is not empty: name a new folder."
            raise CourseError(msg)
    for path in sorted(_STARTER.glob("*.*")):
        write_new(folder / path.name, path.read_bytes())
        print(f"Wrote {folder / path.name}.")
    print("The example's solution is public: put exercises of your own in its place.")
    print(f"Then type `dlcourse homework test {folder}`.")
    return 0


def _print_faults(homework: "Homework") -> int:
    """Print what is wrong with each exercise; return how many faults there are."""
    from dlcourse.grading.audit import SEEDS, find_faults  # noqa: PLC0415

    n_faults = 0
    for exercise in homework.exercises:
        faults = find_faults(exercise)
        for fault in faults:
            print(f"FAULT  {fault}")
        n_faults += len(faults)
        if not faults:
            n_mistakes = len(exercise.mistakes)
            tried = f"solution, stub and {n_mistakes} mistake{'s' if n_mistakes != 1 else ''}"
            print(f"ok     {exercise.id}: {tried}, with inputs from {len(SEEDS)} seeds")
    return n_faults


def _release(homework: "Homework", path: Path) -> int:
    """Write the students' notebook."""
    from dlcourse.grading.release import make_notebook  # noqa: PLC0415

    if path.suffix != ".ipynb":
        msg = f"{path} is no name of a notebook: it ends with .ipynb."
        raise UsageError(msg)
    if not write_new(path, make_notebook(homework)):
        msg = f"{path} is there already: move it away, or name another file with --out."
        raise CourseError(msg)
    print(f"Wrote {path}. The solutions are in {homework.folder} alone: keep that to yourself.")
    return 0
