"""Time the lessons, the import and the training; print a table, write `.bench/results.json`.

    python -m benchmarks

The times are of this machine at this moment: compare them with others from the same machine only,
and let nothing else run meanwhile: `cores_of_others` says what did. Ratios travel better, but not
`epoch_over_limit` on a busy machine: an epoch on several threads waits at each of its many small
products for the slowest thread, the large products of the limit hardly ever do.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.checks import time_checks
from benchmarks.clocks import SIZES, error_percent
from benchmarks.grading import N_EXERCISES, time_grading
from benchmarks.imports import import_milliseconds
from benchmarks.limit import epoch_over_limit
from benchmarks.load import busy_seconds_of_others
from benchmarks.mnist import FAST_BATCH, FAST_EPOCHS, FAST_PEAK, TARGET, USUAL_EPOCHS, compare
from benchmarks.suite import suite_over_scripts
from dlcourse.commands.execution import execute
from dlcourse.commands.lessons import list_lessons
from dlcourse.device import choose_device, describe_machine
from dlcourse.errors import CourseError
from dlcourse.exercises import catalog
from dlcourse.files import write_atomically
from dlcourse.places import ROOT

RESULTS = ROOT / ".bench" / "results.json"
N_SUBMISSIONS = 1000  # of the class that is graded
_MUCH = 0.2  # cores; what a desktop that is left alone takes is less


class Metric(NamedTuple):
    """A row of the table: what `results.json` calls it, its value, and what that is."""

    name: str
    value: float
    meaning: str


@dataclass
class Results:
    """What `results.json` holds.

    Attributes:
        machine: what `describe_machine` says.
        to_do: the parts that are not measured yet.
        metrics: the values, by the metric's name.
        failed: why a part could not be measured, by the part's name.
        cores_of_others: how many cores other programs kept busy meanwhile, by the part's name.
    """

    machine: dict[str, str | int]
    to_do: list[str]
    metrics: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    cores_of_others: dict[str, float] = field(default_factory=dict)

    def write(self) -> None:
        """Write them to `RESULTS`, all or nothing."""
        RESULTS.parent.mkdir(exist_ok=True)
        write_atomically(RESULTS, (json.dumps(asdict(self), indent=2) + "\n").encode())


def parts() -> dict[str, Callable[[], Iterator[Metric]]]:
    """Return what measures each part, by its name; each may raise CourseError."""
    lessons = {lesson.stem: partial(measure_lesson, lesson) for lesson in list_lessons()}
    return {
        "import": measure_import,
        **lessons,
        "training": measure_training,
        "limit": measure_limit,
        "checks": measure_checks,
        "timing": measure_timing,
        "suite": measure_suite,
        "grading": measure_grading,
    }


def measure_import() -> Iterator[Metric]:
    """Yield what `import dlcourse` takes."""
    took = import_milliseconds("dlcourse")
    yield Metric("import_dlcourse_ms", took, "ms, on top of Python's own start")


def measure_timing() -> Iterator[Metric]:
    """Yield how far lesson 06's clock is from another one."""
    sizes = ", ".join(map(str, SIZES))
    meaning = f"% at most between timing.benchmark and the other clock, products of n = {sizes}"
    yield Metric("timing.error_percent", error_percent(choose_device()), meaning)


def measure_suite() -> Iterator[Metric]:
    """Yield what testing the lessons costs over running them."""
    ratio = suite_over_scripts(list_lessons())
    meaning = "times what the notebooks take as plain scripts: the same, run by pytest"
    yield Metric("suite.over_scripts", ratio, meaning)


def measure_grading() -> Iterator[Metric]:
    """Grade a class that is made up, and yield what a submission takes; needs bubblewrap."""
    grading = time_grading(N_SUBMISSIONS)
    what = f"s, one of {N_SUBMISSIONS}, {N_EXERCISES} exercises each, two boxes at once"
    yield Metric("grade.seconds_per_submission", grading.seconds, what)
    meaning = "times what the first half took: 2 if twice as many take twice as long"
    yield Metric("grade.doubling", grading.doubling, meaning)
    yield Metric("grade.peak_mb", grading.peak_mb, "MB, the most that all its processes occupied")


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
        msg = f"{lesson.stem} cannot be timed, since {run.failure}: fix it first."
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
    """Print the table row by row and write what is known so far; return the exit status.

    A part that fails is named, and the others are measured all the same.
    """
    argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__).parse_args()
    results = Results(describe_machine(choose_device()), to_do=list(parts()))
    for name, measure in parts().items():
        before = busy_seconds_of_others(), time.perf_counter()
        try:
            for metric in measure():
                print(f"{metric.name:29}{metric.value:10.2f}  {metric.meaning}", flush=True)
                results.metrics[metric.name] = metric.value
                results.write()
        except Exception as error:  # noqa: BLE001 - one part must not cost the others
            results.failed[name] = str(error) or type(error).__name__
            print(f"benchmarks: {name}: {results.failed[name]}", file=sys.stderr)
        taken = (busy_seconds_of_others() - before[0]) / (time.perf_counter() - before[1])
        results.cores_of_others[name] = round(max(0.0, taken), 2)
        if taken > _MUCH:
            print(f"Meanwhile other programs took {taken:.1f} cores: these times are too long.")
        results.to_do.remove(name)
        results.write()
    print(f"Written to {RESULTS}")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
