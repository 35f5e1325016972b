"""`dlcourse reset LESSON`: a fresh copy of a lesson, beside the old one.

Covers: what is printed.
Does not cover: the copy (`workspace`).
"""

import argparse

from dlcourse.commands.usage import add_folder, shorten, use_folder
from dlcourse.commands.workspace import reset_lesson

SUMMARY = "put a fresh copy of a lesson beside your old one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("lesson", metavar="LESSON", help="such as 5, 05 or mnist")
    add_folder(parser)


def run(options: argparse.Namespace) -> int:
    """Make the copy and say where the old one is; return the exit status."""
    use_folder(options)
    reset = reset_lesson(options.lesson)
    if reset.kept is None:
        print(f"{shorten(reset.copy)} is a fresh copy.")
    else:
        print(f"{shorten(reset.copy)} is a fresh copy; your old one is now {reset.kept.name}.")
        print("If it is open in JupyterLab: File > Reload Notebook from Disk.")
    return 0
