"""Time the lessons, the import and the training; print a table, write `.bench/results.json`.

    python -m benchmarks

The times are of this machine at this moment: compare them with others from the same machine only,
and let nothing else run meanwhile. Ratios travel better.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.checks import time_checks
from benchmarks.clocks import SIZES, error_percent
from benchmarks.imports import import_milliseconds
from benchmarks.limit import epoch_over_limit
from benchmarks.mnist import FAST_BATCH, FAST_EPOCHS, FAST_PEAK, TARGET, USUAL_EPOCHS, compare
from benchmarks.record import is_busy
from benchmarks.suite import suite_over_scripts
from dlcourse.commands.execution import execute
from dlcourse.commands.lessons import list_lessons
from dlcourse.device import choose_device, describe_machine
from dlcourse.errors import CourseError
from dlcourse.exercises import catalog
from dlcourse.files import write_atomically
from dlcourse.places import ROOT

RESULTS = ROOT / ".bench" / "results.json"


class Metric(NamedTuple):
    """A row of the table: what `results.json` calls it, its value, and what that is."""

    name: str
    value: float
    meaning: str


def measure() -> Iterator[Metric]:
    """Yield every metric, as soon as it is known.

    Raises:
        CourseError: if a lesson fails, or the fast training misses its accuracy.
    """
    yield Metric(
        "import_dlcourse_ms", import_milliseconds("dlcourse"), "ms, on top of Python's own start"
    )
    for lesson in list_lessons():
        yield from measure_lesson(lesson)
    yield from measure_training()
    yield from measure_limit()
    yield from measure_checks()
    sizes = ", ".join(map(str, SIZES))
    meaning = f"% at most between timing.benchmark and the other clock, products of n = {sizes}"
    yield Metric("timing.error_percent", error_percent(choose_device()), meaning)
    ratio = suite_over_scripts(list_lessons())
    yield Metric("suite.over_scripts", ratio, "times what the same notebooks take as plain scripts")


def measure_checks() -> Iterator[Metric]:
    """Time the checks of all exercises and yield how long a learner waits for one."""
    waits = time_checks(list(catalog()))
    yield Metric("check.p50_ms", waits.p50, "ms, half of all checks of exercises take less")
    yield Metric("check.p95_ms", waits.p95, "ms, 95 % of them take less")
    yield Metric("check.first_ms", waits.first, "ms, the slowest first check of a fresh process")


def measure_lesson(lesson: Path) -> Iterator[Metric]:
    """Run the notebook `lesson` once and yield its time and memory."""
    run = execute(lesson)
    if run.failure:
        msg = f"{lesson.stem} cannot be timed, since {run.failure}: mend it first."
        raise CourseError(msg)
    name = f"lesson.{lesson.stem[:2]}"
    yield Metric(f"{name}.seconds", run.seconds, f"s, all {run.cells} cells, once the kernel runs")
    if lesson.stem.startswith("00"):
        meaning = "s, from the kernel's being ready to the first output"
        yield Metric(f"{name}.first_output_seconds", run.first_output_seconds or 0.0, meaning)
    yield Metric(f"{name}.peak_mb", run.peak_mb, "MB, the most that its kernel occupied")


def measure_training() -> Iterator[Metric]:
    """Yield the times of the usual and the fast training, and their ratio."""
    result = compare(choose_device())
    usual = f"{USUAL_EPOCHS} usual epochs, computed from two that were timed"
    fast = f"{FAST_EPOCHS} epochs of one cycle, batches of {FAST_BATCH}, peak rate {FAST_PEAK}"
    reached = f"{len(result.accuracies)} seeds, each right on {min(result.accuracies):.2%} or more"
    yield Metric("mnist.plain_epoch_seconds", result.usual_epoch, "s, an epoch of the usual run")
    yield Metric(f"mnist.seconds_to_{100 * TARGET:.1f}", result.fast, f"s, {fast}; {reached}")
    yield Metric("mnist.speedup", result.speedup, f"times sooner than {usual}")


def measure_limit() -> Iterator[Metric]:
    """Yield how far an epoch of the fast training is from the limit, on one core and on all."""
    device = choose_device()
    for n_threads in sorted({1, torch.get_num_threads()}):
        ratio = epoch_over_limit(device, n_threads)
        meaning = f"times the limit: an epoch in batches of {FAST_BATCH}, threads: {n_threads}"
        yield Metric(f"mnist.epoch_over_limit_{n_threads}", ratio, meaning)


def main() -> int:
    """Print the table row by row, write the results when all are there; return the exit status."""
    argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__).parse_args()
    machine = describe_machine(choose_device()) | {"busy": is_busy()}
    if machine["busy"]:
        print("Other programs keep this machine busy: all times will be too long.")
    metrics = {}
    try:
        for metric in measure():
            print(f"{metric.name:27}{metric.value:10.2f}  {metric.meaning}", flush=True)
            metrics[metric.name] = metric.value
        results = {"machine": machine, "metrics": metrics}
        RESULTS.parent.mkdir(exist_ok=True)
        write_atomically(RESULTS, (json.dumps(results, indent=2) + "\n").encode())
    except CourseError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    print(f"Written to {RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
