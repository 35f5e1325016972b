"""What grading a class takes: `dlcourse grade` itself, on submissions that are made up.

The time counts from the first submission that is done on: starting Python and the boxes is no part
of it. Each submission answers ten exercises of a lesson, some rightly, some wrongly, some not at
all.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil  # type: ignore[import-untyped]

from dlcourse.checking.exercise import Exercise
from dlcourse.errors import CourseError
from dlcourse.exercises import exercises_of_lesson
from dlcourse.grading.records import NAME

LESSON, N_EXERCISES = "tensors", 10
_WRONG = "answer = lambda *arguments, **options: None"
_PAUSE = 0.05  # seconds between two looks at what is done
_LOOKS = 20  # between two looks at the memory, which take longer


class Grading(NamedTuple):
    """What grading a class took.

    Attributes:
        seconds: for each submission.
        doubling: the time of all submissions over that of the first half.
        peak_mb: the most memory at once, of all processes, in units of 10^6 bytes; pages that
            several share count once.
    """

    seconds: float
    doubling: float
    peak_mb: float


def time_grading(n_submissions: int, n_boxes: int = 2) -> Grading:
    """Grade so many submissions with so many boxes at once.

    Raises:
        CourseError: if they could not be graded.
    """
    with tempfile.TemporaryDirectory() as folder:
        submissions, out = Path(folder, "class"), Path(folder, "out")
        write_class(submissions, n_submissions)
        command = [sys.executable, "-m", "dlcourse", "grade", str(submissions), "--out", str(out)]
        command += ["--jobs", str(n_boxes), "--seed", "7"]
        for exercise in exercises():
            command += ["--exercise", exercise.id]
        with Path(folder, "told").open("w+") as told:
            process = subprocess.Popen(command, stdout=told, stderr=told)  # noqa: S603 - our own
            times, peak = _watch(process, out / NAME)
            told.seek(0)
            if process.returncode != 0 or len(times) != n_submissions:
                last = told.read().strip().rpartition("\n")[2]
                msg = f"{len(times)} of {n_submissions} submissions were graded: {last}"
                raise CourseError(msg)
    half = times[: n_submissions // 2]
    return Grading(_seconds_each(times), 2 * _seconds_each(times) / _seconds_each(half), peak / 1e6)


def _seconds_each(times: Sequence[float]) -> float:
    """Return the seconds from one submission to the next, on average."""
    return (times[-1] - times[0]) / (len(times) - 1)


def exercises() -> tuple[Exercise, ...]:
    """Return the exercises that are graded."""
    return exercises_of_lesson(LESSON)[:N_EXERCISES]


def write_class(folder: Path, n_submissions: int) -> None:
    """Write a class's notebooks, all of them different."""
    for number in range(n_submissions):
        student = folder / f"student-{number:05}"
        student.mkdir(parents=True)
        sources = enumerate(_cells(number))
        cells = [nbformat.v4.new_code_cell(code, id=f"cell-{place}") for place, code in sources]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), student / "01_tensors.ipynb")


def _cells(number: int) -> Iterator[str]:
    """Yield the code of one submission."""
    yield f"# submission {number}\nfrom dlcourse.exercises import {LESSON} as ex"
    for place, one in enumerate(exercises()):
        names = ", ".join(one.names)
        kind = (number + place) % 4
        if kind == 0:
            yield one.cell_source
        elif kind == 1:
            yield f"{_WRONG}\nex.{one.name}.check({', '.join('answer' for _ in one.names)})"
        else:
            yield f"{one.setup_source}{one.solution_source}\nex.{one.name}.check({names})"


def _watch(process: "subprocess.Popen[bytes]", records: Path) -> tuple[list[float], int]:
    """Return when each submission was done, and the most memory in use, until the process ends."""
    times: list[float] = []
    looks, peak, n_lines = count(), 0, 0
    while not records.exists() and process.poll() is None:
        time.sleep(_PAUSE)
    with records.open("rb") as file:
        has_ended = False
        while not has_ended:
            has_ended = process.poll() is not None
            n_lines += file.read().count(b"\n")
            times += [time.perf_counter()] * (n_lines // N_EXERCISES - len(times))
            if next(looks) % _LOOKS == 0:
                peak = max(peak, _memory(process.pid))
            time.sleep(_PAUSE)
    return times, peak


def _memory(process_id: int) -> int:
    """Return the bytes that a process and all that it started occupy."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(process_id)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += one.memory_full_info().pss
    return total
