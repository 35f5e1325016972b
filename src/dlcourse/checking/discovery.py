"""Finds the exercises of a lesson: each has a file of its own in the lesson's folder.

Covers: finding them and putting them in order; the public half of such a file.
Does not cover: which lessons there are (`dlcourse.exercises`).
"""

import importlib
import inspect
import pkgutil
import sys
from types import ModuleType

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.record import Record

# Above this line of an exercise's file is what is asked: the inputs, how the answer is called, a
# faulty program to start from. Below it is what is closed: hints, known mistakes, the solution.
CLOSED_HALF = "# " + 76 * "-" + " closed half\n"


def exercises_in(package: str) -> tuple[Exercise, ...]:
    """Return the exercises whose files are in the package of that name, in their order."""
    names = [found.name for found in pkgutil.iter_modules(sys.modules[package].__path__)]
    modules = [importlib.import_module(f"{package}.{name}") for name in names]
    found = [one for module in modules for one in exercises_of_module(module)]
    return tuple(sorted(found, key=_place))


def exercises_of_module(module: ModuleType) -> list[Exercise]:
    """Return the exercises that a file has; there should be one."""
    return [one for one in vars(module).values() if isinstance(one, Exercise)]


def asked_half(exercise: Record) -> str:
    """Return the part of the exercise's file that whoever solves it may see.

    It runs alone, and has what it takes to try an answer: `inputs` and, where the answer is not
    simply called, `use`.
    """
    text = inspect.getsource(sys.modules[exercise.answer.__module__])
    return text.partition(CLOSED_HALF)[0]


def _place(exercise: Exercise) -> int:
    return exercise.place
