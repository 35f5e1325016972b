"""`dlcourse doctor`: what is wrong on this machine, with the remedy.

The checks run in a process of their own, with the environment and in the folder of a lesson's
kernel: what is wrong there need not be wrong here.

Covers: printing the findings, the process that they are made in.
Does not cover: the checks (`dlcourse.doctor`).
"""

import argparse
import subprocess
import sys

from dlcourse.commands.environment import course_environment
from dlcourse.commands.usage import add_folder, use_folder
from dlcourse.places import work_folder

SUMMARY = "say what is wrong on this machine, with the remedy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    add_folder(parser)


def run(options: argparse.Namespace) -> int:
    """Print what was found; return the exit status."""
    use_folder(options)
    # A kernel finds what is in its folder before all packages, and so must this process.
    command = [
        sys.executable,
        "-c",
        "import sys; from dlcourse.commands.doctor import report; sys.exit(report())",
    ]
    environment = course_environment()
    done = subprocess.run(command, cwd=work_folder(), env=environment, check=False)  # noqa: S603
    return done.returncode


def report() -> int:
    """Print what was found, good and bad; return 1 if anything must be fixed, else 0."""
    from dlcourse.doctor import check_machine  # noqa: PLC0415 - in the other process only

    findings = check_machine(thorough=True)
    for finding in findings:
        print(f"{'ok' if finding.ok else 'FAULT':5}  {finding.name}: {finding.detail}")
        if not finding.ok:
            print(f"       {finding.remedy}")
    n_faults = sum(not finding.ok for finding in findings)
    if n_faults:
        print(f"{n_faults} of {len(findings)} things must be fixed: see FAULT above.")
    return 1 if n_faults else 0
