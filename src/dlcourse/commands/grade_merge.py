"""`dlcourse grade merge --out OUT`: the records of all shards, put together.

Covers: what is typed and printed.
Does not cover: the records (`dlcourse.grading.records`).
"""

import argparse
from pathlib import Path

from dlcourse.commands.grade import print_table
from dlcourse.commands.usage import add_records

SUMMARY = "put the records of all shards together"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    add_records(parser)


def run(options: argparse.Namespace) -> int:
    """Put the records together, and print what came of the grading; return the exit status."""
    from dlcourse.grading.export import write_grades  # noqa: PLC0415
    from dlcourse.grading.records import latest, merge  # noqa: PLC0415

    out = Path(options.out)
    records = latest(merge(out))
    write_grades(out, records)
    print_table(records)
    return 0
