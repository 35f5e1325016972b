"""`dlcourse run [LESSON …] [--save]`: lessons from top to bottom, without a browser.

Covers: which lessons, and what is printed of each.
Does not cover: running one (`execution`).
"""

import argparse

from dlcourse.commands.environment import enter_course_environment
from dlcourse.commands.lessons import find_lesson, list_lessons
from dlcourse.commands.usage import UsageError
from dlcourse.errors import CourseError
from dlcourse.places import IS_INSTALLED

SUMMARY = "run lessons from top to bottom without a browser"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument(
        "lessons", metavar="LESSON", nargs="*", help="such as 5, 05 or mnist (none given: all)"
    )
    parser.add_argument(
        "--save", action="store_true", help="run on the CPU and save the lessons with their outputs"
    )


def run(options: argparse.Namespace) -> int:
    """Run the lessons until one fails, a line each; return the exit status."""
    if options.save and IS_INSTALLED:
        msg = "`--save` renews the course's own lessons, which is done only in a clone."
        raise UsageError(msg)
    lessons = [find_lesson(name) for name in options.lessons] or list_lessons()
    enter_course_environment()  # here, too, since the kernel is looked for here
    from dlcourse.commands.execution import execute, save  # noqa: PLC0415 - takes a second

    for lesson in lessons:
        print(f"{lesson.stem}: ", end="", flush=True)
        try:
            outcome = execute(lesson, on_cpu=options.save)
            if options.save and not outcome.failure:
                save(outcome, lesson)
        except CourseError:
            print("not run to its end")
            raise
        told = f"{outcome.cells} cells, {outcome.seconds:.1f} s, ok"
        print(outcome.failure or told, flush=True)
        if outcome.failure:
            return 1
    return 0
