"""How long a learner waits for the verdict on an exercise."""

import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
import torch

from dlcourse.checking.exercise import Exercise
from dlcourse.exercises import find_exercise


class Waits(NamedTuple):
    """Milliseconds that a check takes: the median, the 95th percentile, the slowest first one."""

    p50: float
    p95: float
    first: float


def time_checks(exercises: Sequence[Exercise]) -> Waits:
    """Time the check of each of the exercises, on its solution and on each of its mistakes.

    Nothing is warmed up but PyTorch: an exercise's first check, which also runs the solution, and
    the first mistake, which runs all mistakes, count like the others.
    """
    # Where there is a GPU, a process that has computed slopes must not be forked. So what forks for
    # the first checks is a fresh process, not this one.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        first = pool.submit(_first_checks, [one.id for one in exercises]).result()
    _load_compiler()
    waits = [wait for one in exercises for wait in _waits(one)]
    median, high = np.quantile(waits, [0.5, 0.95]).tolist()
    return Waits(median, high, max(first))


def _load_compiler() -> None:
    """Make an optimizer: a process's first one loads PyTorch's compiler, which takes seconds.

    A lesson that uses optimizers has made one before its first exercise: it is no part of a check.
    """
    torch.optim.SGD([torch.zeros(1)], lr=0.1)


def _first_checks(names: Sequence[str]) -> list[float]:
    """Return the milliseconds of each exercise's first check, each in a process of its own."""
    _load_compiler()
    # Forked, a process starts where this one is, with PyTorch imported and no check made.
    method = "fork" if sys.platform == "linux" else "spawn"
    with multiprocessing.get_context(method).Pool(1, maxtasksperchild=1) as pool:
        return pool.map(_first_check, names, chunksize=1)


def _first_check(name: str) -> float:
    """Return the milliseconds of the first check that this process makes."""
    torch.set_num_threads(1)
    return next(_waits(find_exercise(name)))


def _waits(exercise: Exercise) -> Iterator[float]:
    for code in (exercise.answer, *exercise.mistakes):
        answers = exercise.answers_of(code)
        start = time.perf_counter()
        exercise.judge(*answers)
        yield (time.perf_counter() - start) * 1000
