"""What `import dlcourse` costs on top of Python's own start."""

import re
import statistics
import subprocess
import sys


def import_milliseconds(package: str, runs: int = 9) -> float:
    """Return the median time that importing `package` takes a fresh Python, as it measures it."""
    command = [sys.executable, "-X", "importtime", "-c", f"import {package}"]
    times = []
    for _ in range(runs):
        # On stderr, a line for each module: its own microseconds | with all it imports | name.
        run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        line = re.search(rf"\|\s+(\d+) \| {re.escape(package)}$", run.stderr, re.MULTILINE)
        if line is None:
            msg = f"Python does not say how long it took to import {package}"
            raise RuntimeError(msg)
        times.append(int(line[1]) / 1000)
    return statistics.median(times)
