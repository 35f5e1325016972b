"""`dlcourse progress`: which exercises are passed, and which are left.

Covers: printing the table.
Does not cover: how it is made (`dlcourse.exercises`).
"""

import argparse

from dlcourse.commands.usage import add_folder, use_folder

SUMMARY = "tell which exercises you have passed, and which are left"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    add_folder(parser)


def run(options: argparse.Namespace) -> int:
    """Print the table; return the exit status."""
    use_folder(options)
    from dlcourse.exercises import describe_progress  # noqa: PLC0415 - takes seconds

    print(describe_progress())
    return 0
