"""`dlcourse doctor`: what is wrong on this machine, with the remedy.

The checks run in a process of their own, with the environment and in the folder of a lesson's
kernel: what is wrong there need not be wrong here. They can also end it.

Covers: printing the findings, the process that they are made in.
Does not cover: the checks (`dlcourse.doctor`).
"""

import argparse
import dataclasses
import json
import signal
import subprocess
import sys

from dlcourse.advice import UNKNOWN
from dlcourse.commands.environment import course_environment, home_is_lent
from dlcourse.commands.usage import add_folder, use_folder
from dlcourse.doctor import Finding, check_machine
from dlcourse.places import work_folder

SUMMARY = "say what is wrong on this machine, with the remedy"

_DEATHS = {  # by the name of the signal, since Windows has not all of them
    "SIGILL": "this processor is too old for the installed packages: use another machine.",
    "SIGKILL": "most likely for want of memory: close other programs, and other lessons.",
}
_MARK = "findings: "
_CHECK = "from dlcourse.commands.doctor import print_findings; print_findings()"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    add_folder(parser)


def run(options: argparse.Namespace) -> int:
    """Print what was found, good and bad; return 1 if anything must be fixed, else 0."""
    use_folder(options)
    findings = _examine()
    if home_is_lent():
        forgets = "it takes no files, so JupyterLab forgets its settings when it ends"
        findings.append(Finding("home", ok=True, detail=forgets, remedy=""))
    for finding in findings:
        print(f"{'ok' if finding.ok else 'FAULT':5}  {finding.name}: {finding.detail}")
        if not finding.ok:
            print(f"       {finding.remedy}")
    n_faults = sum(not finding.ok for finding in findings)
    if n_faults:
        print(f"{n_faults} of {len(findings)} things must be fixed: see FAULT above.")
    return 1 if n_faults else 0


def _examine() -> list[Finding]:
    """Return what `check_machine` finds in a process like a kernel, or how that process ended."""
    # -P: files of the learner must not end it at its start, as they would end a kernel.
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-P", "-c", _CHECK],
        cwd=work_folder(),
        env=course_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        # What other programs make Python print, at its start or end, may be around our line.
        line = next(line for line in done.stdout.splitlines() if line.startswith(_MARK))
        return [Finding(**fields) for fields in json.loads(line.removeprefix(_MARK))]
    try:
        end = signal.Signals(-done.returncode).name
    except ValueError:
        end = f"with status {done.returncode}"
    remedy = _DEATHS.get(end, UNKNOWN)
    return [
        Finding("packages", ok=False, detail=f"importing them ended Python ({end})", remedy=remedy)
    ]


def print_findings() -> None:
    """Print what was found here as a line of JSON; what the process of its own runs."""
    look_where_kernels_look()
    findings = [dataclasses.asdict(finding) for finding in check_machine(thorough=True)]
    print(f"\n{_MARK}{json.dumps(findings)}")


def look_where_kernels_look() -> None:
    """Let this process find modules in its folder after Python's own, before the packages."""
    is_packages = [entry.endswith(("site-packages", "dist-packages")) for entry in sys.path]
    sys.path.insert(is_packages.index(True) if any(is_packages) else 0, "")  # as IPython does
