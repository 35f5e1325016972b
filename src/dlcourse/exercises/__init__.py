"""The exercises, a file each, a folder a lesson: `from dlcourse.exercises import tensors as ex`.

Covers: the catalog of all exercises, in the course's order.
Does not cover: how an answer is judged; `dlcourse.checking` does that, and knows no lesson.
"""

import importlib
from collections.abc import Iterator

from dlcourse.checking.box import show_box
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.progress import BEGUN, PASSED, read_progress
from dlcourse.errors import CourseError

LESSONS = {
    "start_here": "00",
    "tensors": "01",
    "autograd": "02",
    "activations": "03",
    "polynomial_fit": "04",
    "mnist_mlp": "05",
    "gpu_timing": "06",
    "training_craft": "07",
    "convolutional_networks": "08",
    "sequences": "09",
    "transformers": "10",
    "generative_models": "11",
    "scaling_out": "12",
}


def catalog() -> Iterator[Exercise]:
    """Yield every exercise, in the order of the lessons."""
    for name in LESSONS:
        yield from exercises_of_lesson(name)


def find_exercise(name: str) -> Exercise:
    """Return the exercise of an id such as "autograd.slope".

    Raises:
        CourseError: if there is none.
    """
    lesson = name.partition(".")[0]
    known = exercises_of_lesson(lesson) if lesson in LESSONS else ()
    for one in known:
        if one.id == name:
            return one
    meant = known or [one for one in catalog() if one.id.endswith(f".{name}")]
    example = "an id is a lesson's name, a dot and the exercise's name, as in autograd.slope"
    msg = f"There is no exercise {name!r}: {', '.join(one.id for one in meant) or example}."
    raise CourseError(msg)


def exercises_of_lesson(name: str) -> tuple[Exercise, ...]:
    """Return the exercises of one of the `LESSONS`, in their order."""
    exercises: tuple[Exercise, ...] = importlib.import_module(f"{__name__}.{name}").EXERCISES
    return exercises


def describe_progress() -> str:
    """Return a table: for each lesson how many exercises are passed, and which are left.

    Raises:
        CourseError: if the file of your progress cannot be read.
    """
    reached = read_progress()
    width = max(map(len, LESSONS))
    lines = []
    for name, number in LESSONS.items():
        lesson = exercises_of_lesson(name)
        passed = sum(reached.get(one.id) == PASSED for one in lesson)
        left = sum(one.minutes for one in lesson if reached.get(one.id) != PASSED)
        line = f"{number} {name:{width}} {passed:2} of {len(lesson):2} passed"
        begun = [one.name for one in lesson if reached.get(one.id) == BEGUN]
        line += f", about {left} minutes left" if left else ", done"
        lines.append(line + (f"; begun: {', '.join(begun)}" if begun else ""))
    return "\n".join(lines)


def progress() -> None:
    """Show how far you are in all lessons."""
    show_box("Your exercises", "", code=describe_progress())
