"""The tests of the notebooks against the same notebooks run as plain scripts.

A script runs the code of a notebook's cells and nothing else: no kernel, no messages, no outputs
to compare.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import nbformat

from dlcourse.checking.progress import VARIABLE as PROGRESS_VARIABLE
from dlcourse.errors import CourseError
from dlcourse.places import ROOT

# Each cell is a file of its own, as in a notebook: a lesson looks up what its cells say.
_SCRIPT = """
def run(cells):
    for number, (source, raises) in enumerate(cells, 1):
        name = f"<cell {number}>"
        linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
        try:
            exec(compile(source, name, "exec"), globals())
        except Exception:
            if not raises:
                raise

import json, linecache, sys
run(json.load(open(sys.argv[1], encoding="utf-8")))
"""


def suite_over_scripts(notebooks: Sequence[Path], tests: Sequence[str] = ("notebooks",)) -> float:
    """Return how many times longer the tests take than the scripts one after the other.

    Args:
        notebooks: what becomes scripts.
        tests: what pytest runs, as on its command line; else the notebooks, as `make test` does.

    Raises:
        CourseError: if a script or a test fails.
    """
    scripts = sum(script_seconds(notebook) for notebook in notebooks)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", *tests]
    return _seconds(command, ROOT, "The test of the notebooks") / scripts


def script_seconds(notebook: Path) -> float:
    """Return the seconds that the code of `notebook` takes in a Python of its own.

    Raises:
        CourseError: if it fails.
    """
    cells = [
        (cell.source, "raises-exception" in cell.metadata.get("tags", []))
        for cell in nbformat.read(notebook, as_version=4).cells
        if cell.cell_type == "code"
    ]
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "cells.json"
        code.write_text(json.dumps(cells), encoding="utf-8")
        return _seconds([sys.executable, "-c", _SCRIPT, code.name], Path(folder), notebook.stem)


def _seconds(command: Sequence[str], folder: Path, name: str) -> float:
    """Run `command` in `folder` and return its seconds; what it prints is shown if it fails."""
    with tempfile.TemporaryDirectory() as settings:
        environment = os.environ | {
            "MPLBACKEND": "Agg",
            PROGRESS_VARIABLE: str(Path(settings) / "progress.jsonl"),
        }
        start = perf_counter()
        run = subprocess.run(  # noqa: S603 - our own commands
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        seconds = perf_counter() - start
    if run.returncode != 0:
        msg = f"{name} fails, so its time means nothing:\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
        raise CourseError(msg)
    return seconds
