"""`dlcourse progress`: which exercises are passed, and which are left.

Covers: printing the table, and writing a report to hand in.
Does not cover: how the table is made (`dlcourse.exercises`), what is in a report (`report`).
"""

import argparse

from dlcourse.commands.usage import add_folder, use_folder

SUMMARY = "tell which exercises you have passed, and which are left"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    add_folder(parser)
    parser.add_argument(
        "--report",
        action="store_true",
        help="also write a report to hand in, as text and as JSON, beside your copies",
    )


def run(options: argparse.Namespace) -> int:
    """Print the table; return the exit status."""
    use_folder(options)
    from dlcourse.exercises import describe_progress  # noqa: PLC0415 - takes seconds

    print(describe_progress())
    if options.report:
        from dlcourse.commands.report import write_report  # noqa: PLC0415 - as above

        text, data = write_report()
        print(f"Your report is in {text} and, for programs, in {data}.")
    return 0
