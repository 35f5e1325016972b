"""`dlcourse grade export --to canvas|moodle|csv --out OUT`: the points of a class, as a table.

Covers: what is typed and printed, the policy that it means.
Does not cover: what the policy makes of the records (`dlcourse.grading.policy`), the platforms'
tables (`dlcourse.grading.platforms`).
"""

import argparse
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dlcourse.commands.usage import UsageError, add_count, add_records
from dlcourse.files import write_atomically

if TYPE_CHECKING:  # what takes long to import, when it is needed
    from dlcourse.grading.policy import Grade, Policy
    from dlcourse.grading.records import Record

SUMMARY = "write the points of a class as a table, or into one that a platform exported"
_POINTS = 100.0  # where no platform says how many there are
_MOST = 1e6  # points or percent: more is mistyped


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    add_records(parser)
    parser.add_argument(
        "--to", choices=("canvas", "moodle", "csv"), required=True, help="which table"
    )
    parser.add_argument(
        "--from", dest="table", metavar="FILE", help="the table that the platform exported"
    )
    parser.add_argument("--column", metavar="NAME", help="the assignment's column in it")
    parser.add_argument(
        "--who",
        metavar="NAME",
        help="the column in it that says whose a file is (else ID, Identifier)",
    )
    parser.add_argument("--lesson", metavar="NN", help="only this one of several")
    parser.add_argument(
        "--points", type=_amount, metavar="N", help="for all (else the platform's, or 100)"
    )
    parser.add_argument(
        "--feedback", action="store_true", help="fill Moodle's feedback comments, too"
    )
    _add_policy(parser)


def _add_policy(parser: argparse.ArgumentParser) -> None:
    """Add what an instructor decides."""
    parser.add_argument(
        "--by",
        choices=("share", "completion"),
        default="share",
        help="a share for each exercise passed, or all points for enough of them (else share)",
    )
    parser.add_argument(
        "--at-least", type=_count, metavar="M", help="how many passed exercises are enough"
    )
    add_count(parser)
    parser.add_argument(
        "--due", type=_time, metavar="TIME", help="when it was due, such as 2026-11-27T23:59-05:00"
    )
    parser.add_argument(
        "--late-days", type=_count, metavar="N", default=0, help="how many cost nothing (else 0)"
    )
    parser.add_argument(
        "--late-penalty",
        type=_amount,
        metavar="P",
        default=0.0,
        help="percent of the points for each further day (else 0)",
    )


def run(options: argparse.Namespace) -> int:
    """Write the table, and print who has no points and why; return the exit status."""
    from dlcourse.grading.export import write_points  # noqa: PLC0415
    from dlcourse.grading.policy import grades, not_graded  # noqa: PLC0415
    from dlcourse.grading.records import read_class  # noqa: PLC0415

    _see_that_options_fit(options)
    out = Path(options.out)
    records = read_class(out)
    everything = grades(records, _policy(options))
    found = _of_lesson(everything, options)
    _see_that_enough_can_pass(found, options)
    _warn(found, options)
    if options.to == "csv":
        most = _POINTS if options.points is None else options.points
        path = write_points(out, found, records, most)
        print(f"{path} is written. Lines with points: {len(found)}.")
    else:
        _fill(found, records, options)
    for one in not_graded(records):
        print(f"Not graded: {one.submission}: {one.message}")
    with_points = {one.who for one in found}
    for grade in everything:
        if grade.who not in with_points:
            print(f"Of another lesson: {grade.submission}: {grade.lesson}")
    return 0


def _see_that_options_fit(options: argparse.Namespace) -> None:
    """Raise UsageError for an option that would do nothing with the table that is asked for."""
    if options.feedback and options.to != "moodle":
        msg = "--feedback goes into Moodle's table only; for others, `dlcourse grade report`."
        raise UsageError(msg)
    if options.to == "csv" and (options.table or options.column or options.who):
        msg = "--to csv fills no table: leave out --from, --column and --who, or name a platform."
        raise UsageError(msg)


def _see_that_enough_can_pass(found: "list[Grade]", options: argparse.Namespace) -> None:
    """Raise UsageError where a lesson has fewer exercises than full points need."""
    for one in found:
        if options.at_least is not None and one.of < options.at_least:
            msg = f"{options.at_least} exercises cannot pass: {one.lesson} has {one.of}."
            raise UsageError(msg)


def _policy(options: argparse.Namespace) -> "Policy":
    """Return the policy that was typed.

    Raises:
        UsageError: if parts of it do not fit together.
    """
    from dlcourse.grading.policy import Policy  # noqa: PLC0415

    if (options.by == "completion") != (options.at_least is not None):
        msg = "`--by completion` and `--at-least M` need each other: M passed exercises are enough."
        raise UsageError(msg)
    return Policy(
        at_least=options.at_least,
        counts_best=options.count == "best",
        due=options.due,
        free_days=options.late_days,
        penalty=options.late_penalty,
    )


def _of_lesson(found: "list[Grade]", options: argparse.Namespace) -> "list[Grade]":
    """Return the grades in the lesson that was named, if one was.

    Raises:
        UsageError: if it is not in the records, or one must be named.
    """
    from dlcourse.exercises import LESSONS  # noqa: PLC0415

    lessons = {one.lesson: LESSONS.get(one.lesson, one.lesson) for one in found}
    told = ", ".join(sorted(set(lessons.values())))
    if options.lesson is None:
        if options.to != "csv" and len(lessons) > 1:
            msg = f"a platform's column is for one lesson: name it with --lesson ({told})."
            raise UsageError(msg)
        return found
    wanted = options.lesson.zfill(2)
    kept = [one for one in found if wanted in {lessons[one.lesson], one.lesson}]
    if not kept:
        msg = f"the records have nothing of lesson {wanted}; they have {told or 'no lesson'}."
        raise UsageError(msg)
    return kept


def _fill(found: "list[Grade]", records: "Sequence[Record]", options: argparse.Namespace) -> None:
    """Write the platform's table with the points in it."""
    from dlcourse.grading import platforms  # noqa: PLC0415
    from dlcourse.grading.export import feedback  # noqa: PLC0415
    from dlcourse.grading.records import by_submission  # noqa: PLC0415
    from dlcourse.grading.submission import printable  # noqa: PLC0415

    if options.table is None:
        msg = "a platform's own table is filled: export it there, and name it with --from FILE."
        raise UsageError(msg)
    read = platforms.canvas if options.to == "canvas" else platforms.moodle
    who = {"who": options.who} if options.who else {}
    sheet = read(Path(options.table), options.column, **who)
    most = sheet.points if options.points is None else options.points
    if most is None:
        msg = f"{options.table} does not say how many points there are: name them with --points."
        raise UsageError(msg)
    if options.feedback and sheet.feedback is None:
        msg = f"{options.table} has no column for feedback: switch feedback comments on in Moodle."
        raise UsageError(msg)
    files = by_submission(records)
    told = {one.who: feedback(one, files[one.submission]) for one in found if options.feedback}
    unknown = sheet.fill({one.who: most * one.share for one in found}, told)
    path = Path(options.out, f"{options.to}.csv")
    write_atomically(path, sheet.table.text().encode())
    filled = len(found) - len(unknown)
    left = len(sheet.students) - filled
    print(f"{path} is filled. Students with points: {filled}; without: {left}.")
    for one in unknown:
        print(f"Not in {options.table}: {one}")
    for student, before in sheet.replaced.items():
        print(f"Replaced: {student} had {printable(before)}")


def _warn(found: "list[Grade]", options: argparse.Namespace) -> None:
    """Say so if points are not fair: other exercises, times of unpacking, unknown late days."""
    for lesson in dict.fromkeys(one.lesson for one in found):
        if len(counts := {one.of for one in found if one.lesson == lesson}) > 1:
            either = " or ".join(map(str, sorted(counts)))
            print(f"Not all were asked the same in {lesson}, but {either} exercises: grade anew.")
    late = options.late_penalty or options.late_days
    if late and options.due is None and not any(one.late_days for one in found):
        print("Nothing is late: no file is marked so, and no time is named with --due.")
    times = [one.handed_in for one in found]
    if options.due and len(times) > 1 and max(times) - min(times) < timedelta(minutes=1):
        print(
            "All files were written within a minute, perhaps when they were unpacked: "
            "do not rely on --due here."
        )


def _amount(text: str) -> float:
    """Return a number from 0."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= _MOST:
        msg = f"{text!r} is no number from 0 to {_MOST:.0f}"
        raise argparse.ArgumentTypeError(msg)
    return number


def _count(text: str) -> int:
    """Return a whole number from 0."""
    if not (text.isascii() and text.isdecimal()):
        msg = f"{text!r} is no whole number from 0"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _time(text: str) -> datetime:
    """Return a time with its time zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        msg = f"{text!r} is no time with its zone, such as 2026-11-27T23:59-05:00"
        raise argparse.ArgumentTypeError(msg)
    return time
