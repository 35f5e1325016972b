"""`dlcourse grade report --out OUT`: pages about a class, and one for each student.

Covers: what is typed and printed; which code is compared where `--similarity` asks for it.
Does not cover: the pages (`dlcourse.grading.report`), comparing (`dlcourse.grading.similarity`).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlcourse.commands.usage import add_count, add_records
from dlcourse.errors import CourseError

if TYPE_CHECKING:  # what takes long to import, when it is needed
    from dlcourse.grading.policy import Grade

SUMMARY = "make pages about a class: what was solved, which mistakes were made, feedback"
_MOST_PAIRS = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    add_records(parser)
    add_count(parser)
    parser.add_argument(
        "--similarity",
        metavar="FOLDER",
        help="compare the notebooks there: a page to read, no proof",
    )


def run(options: argparse.Namespace) -> int:
    """Write the pages, and print where they are; return the exit status."""
    from dlcourse.grading.policy import Policy, grades  # noqa: PLC0415
    from dlcourse.grading.records import by_submission, read_class  # noqa: PLC0415
    from dlcourse.grading.report import write_report  # noqa: PLC0415

    records, folder = read_class(Path(options.out)), Path(options.out, "report")
    counting = grades(records, Policy(counts_best=options.count == "best"))
    n_students = write_report(folder, records, counting)
    print(f"{folder / 'index.html'} is about the class, without names.")
    print(f"{folder / 'students'} has a page for each of {n_students} students.")
    if options.similarity:
        files = by_submission(records).items()
        exercises = {name: [one.exercise for one in its] for name, its in files}
        _write_similarity(folder, Path(options.similarity), counting, exercises)
    return 0


def _write_similarity(
    folder: Path, submissions: Path, counting: "Sequence[Grade]", exercises: dict[str, list[str]]
) -> None:
    """Write the page about similar code."""
    from dlcourse.grading.collect import collect  # noqa: PLC0415
    from dlcourse.grading.report import write_page  # noqa: PLC0415
    from dlcourse.grading.similarity import THRESHOLD, Class, code_of  # noqa: PLC0415
    from dlcourse.grading.submission import SubmissionError, read_cells  # noqa: PLC0415

    paths = {one.name: one.path for one in collect(submissions)[0]}
    answers: dict[str, dict[str, str]] = {}
    for grade in counting:
        if grade.submission not in paths:
            print(f"Not compared: {grade.submission} is not in {submissions}.")
            continue
        try:
            cells = read_cells(paths[grade.submission])
        except SubmissionError as error:
            print(f"Not compared: {grade.submission}: {error}.")
            continue
        written = {one: code_of(one, cells) for one in exercises[grade.submission]}
        answers.setdefault(grade.who, {}).update(written)
    named = {one for its in answers.values() for one in its}
    compared = Class(answers, {one: given for one in named if (given := _given(one))})
    pairs = compared.pairs()
    content = {
        "title": "Similar code",
        "limit": compared.limit,
        "n_students": len(answers),
        "threshold": THRESHOLD,
        "pairs": pairs[:_MOST_PAIRS],
        "n_left_out": max(0, len(pairs) - _MOST_PAIRS),
    }
    write_page(folder / "similarity.html", "similarity", content)
    count = f"{len(pairs)} {'pair' if len(pairs) == 1 else 'pairs'}"
    print(f"{folder / 'similarity.html'} has {count}, for people to read: no proof.")


def _given(exercise: str) -> str:
    """Return the code of an exercise that each student was given; "" if that is not known."""
    from dlcourse.exercises import find_exercise  # noqa: PLC0415

    try:
        return find_exercise(exercise).cell_source
    except CourseError:
        return ""
