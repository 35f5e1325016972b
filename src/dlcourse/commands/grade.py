"""`dlcourse grade FOLDER --out OUT`: the exercises of a class, judged without trusting them.

Covers: what is typed and printed; which lessons and exercises count; going on after a stop.
Does not cover: the grading (`dlcourse.grading`).
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from dlcourse.commands.usage import UsageError
from dlcourse.machine import n_cores

if TYPE_CHECKING:  # what takes long to import, and what only Linux has, when it is needed
    from dlcourse.grading.records import Record, RecordFile
    from dlcourse.grading.session import Plan

SUMMARY = "judge the notebooks of a class, in a box that they cannot leave"
_WAIT = "Starting and testing the box takes up to a minute …"
_ORDER = ("passed", "not yet", "your code raised", "not attempted", "missing", "stopped")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("folder", metavar="FOLDER", help="with the notebooks")
    parser.add_argument("--out", metavar="OUT", required=True, help="the folder for the records")
    parser.add_argument("--lesson", metavar="NN", action="append", help="only this; repeatable")
    parser.add_argument(
        "--exercises",
        metavar="HOMEWORK",
        help="a folder with a homework of your own, not the lessons",
    )
    parser.add_argument("--exercise", metavar="ID", action="append", help="only this; repeatable")
    parser.add_argument(
        "--jobs", type=_natural, metavar="N", help="boxes at once (else one a core)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the inputs (else a new one)")
    parser.add_argument(
        "--seconds", type=_natural, metavar="N", default=30, help="for each answer (else 30)"
    )
    parser.add_argument("--shard", type=_shard, metavar="K/N", help="only this part of the class")


def run(options: argparse.Namespace) -> int:
    """Grade, and print what came of it; return the exit status."""
    from dlcourse.grading.export import write_grades  # noqa: PLC0415
    from dlcourse.grading.records import latest  # noqa: PLC0415

    out = Path(options.out)
    try:
        records = latest(_grade(options, out))
    except KeyboardInterrupt:
        print("\nWhat is graded is kept: type the same again to go on.", end="")
        raise
    if options.shard is None:
        write_grades(out, records)
    print_table(records)
    return 0


def _grade(options: argparse.Namespace, out: Path) -> "Sequence[Record]":
    """Grade what is not graded yet; return all records of this class, or of this shard.

    Raises:
        UsageError: if what is there was graded with another seed or other exercises.
    """
    from dlcourse.grading.collect import collect  # noqa: PLC0415
    from dlcourse.grading.records import open_records  # noqa: PLC0415
    from dlcourse.grading.session import Session, belongs_to, new_seed  # noqa: PLC0415

    if options.shard and options.seed is None:
        msg = "the parts of a class need one seed: choose it with --seed, the same for all."
        raise UsageError(msg)
    found, refused = collect(Path(options.folder))
    for one in refused:
        print(f"Not looked at: {one.name}: {one.reason}.")
    found = [one for one in found if options.shard is None or belongs_to(options.shard, one.who)]
    n_students = len({one.who for one in found})
    print(f"Notebooks: {len(found)}; students: {n_students}.", flush=True)  # grading takes long
    with open_records(out, options.shard) as file:
        used = {one.seed for one in file.records}  # the same for all, after a stop, too
        seed = next(iter(used), new_seed() if options.seed is None else options.seed)
        if options.seed not in {None, seed}:
            msg = f"{file.path} has the seed {seed}: leave out --seed, or name another --out."
            raise UsageError(msg)
        plan = _plan(options, seed)
        _see_that_exercises_are_the_same(file, plan)
        left = [one for one in found if not file.is_done(one)]
        if left:
            print(_WAIT, file=sys.stderr, flush=True)  # where the bar comes
            with Session(plan, options.jobs or n_cores()) as session:
                for records in tqdm(session.grade(left), total=len(left), unit="submission"):
                    file.add(records)
        return list(file.records)


def _see_that_exercises_are_the_same(file: "RecordFile", plan: "Plan") -> None:
    """Raise UsageError where some of a class were asked more of a lesson than others would be."""
    from dlcourse.grading.policy import lesson_of  # noqa: PLC0415
    from dlcourse.grading.records import by_submission, latest  # noqa: PLC0415

    graded = [one for one in latest(file.records) if one.exercise]
    for its in by_submission(graded).values():
        recorded, lesson = {one.exercise for one in its}, lesson_of(its[0])
        if lesson in plan.lessons and recorded != {one.id for one in plan.lessons[lesson]}:
            msg = (
                f"{file.path} has other exercises of the lesson {lesson}: name the same --exercise "
                "as then, or another --out."
            )
            raise UsageError(msg)


def _plan(options: argparse.Namespace, seed: int) -> "Plan":
    """Return what is to be graded.

    Raises:
        CourseError: if a lesson or an exercise that was named does not exist.
    """
    from dlcourse.exercises import LESSONS, exercises_of_lesson, find_exercise  # noqa: PLC0415
    from dlcourse.grading.box import Limits  # noqa: PLC0415
    from dlcourse.grading.homework import read_homework  # noqa: PLC0415
    from dlcourse.grading.session import Plan  # noqa: PLC0415

    limits = Limits(seconds=options.seconds)
    if options.exercises:
        if options.lesson or options.exercise:
            msg = "--exercises grades a whole homework: leave out --lesson and --exercise."
            raise UsageError(msg)
        homework = read_homework(Path(options.exercises))
        homework.require_judgeable(seed)
        return Plan({homework.name: homework.exercises}, {}, seed, limits, homework.folder)
    numbers = {number: name for name, number in LESSONS.items()}
    wanted = [one.zfill(2) for one in options.lesson or ()] or list(numbers)
    for number in wanted:
        if number not in numbers:
            msg = f"there is no lesson {number}: there are {', '.join(numbers)}."
            raise UsageError(msg)
    lessons = {numbers[number]: exercises_of_lesson(numbers[number]) for number in wanted}
    if options.exercise:
        named = [find_exercise(name) for name in options.exercise]
        offered = [one for all_ in lessons.values() for one in all_]
        for one in named:
            if one not in offered:
                msg = f"{one.id} is in none of the lessons that --lesson names."
                raise UsageError(msg)
        lessons = {
            lesson: kept
            for lesson, all_ in lessons.items()
            if (kept := tuple(one for one in all_ if one in named))
        }
    return Plan(lessons, numbers, seed, limits)


def print_table(records: "Sequence[Record]") -> None:
    """Print how many submissions reached which outcome in each exercise."""
    exercises = dict.fromkeys(one.exercise for one in records if one.exercise)
    outcomes = [name for name in _ORDER if any(one.outcome == name for one in records)]
    width = max([len("exercise"), *map(len, exercises)])
    print("  ".join([f"{'exercise':{width}}", *outcomes]))
    for exercise in exercises:
        of_it = [one.outcome for one in records if one.exercise == exercise]
        counts = [f"{of_it.count(name):{len(name)}}" for name in outcomes]
        print("  ".join([f"{exercise:{width}}", *counts]))
    for one in records:
        if not one.exercise:
            print(f"Not graded: {one.submission}: {one.message}")


def _natural(text: str) -> int:
    """Return a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        msg = f"{text!r} is no number from 1"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _shard(text: str) -> tuple[int, int]:
    """Return which shard of how many "K/N" names."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        msg = f"{text!r} is no shard such as 3/40: the third of forty"
        raise argparse.ArgumentTypeError(msg)
    return int(match[1]), int(match[2])
