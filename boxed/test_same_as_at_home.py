"""What a submission is told is what its author was told at home, for every exercise."""

import ast
import inspect
import linecache
import re
import sys
import warnings

import pytest

from dlcourse.checking.asked import SEED
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Judge, Verdict
from dlcourse.exercises import catalog
from dlcourse.grading.box import Box
from dlcourse.grading.judge import Grader
from dlcourse.grading.submission import find_answers

EXERCISES = list(catalog())
JUNK = ("None", "3.5", '"a"', "[]", "lambda *a, **k: None", "lambda: 0", "object()", "int", "print")


def in_the_box(exercise: Exercise, handed_over: str, box: Box, *cells: str) -> Verdict:
    """Return the verdict on a submission whose check is handed `handed_over`, after `cells`."""
    submission = find_answers([*cells, f"ex.{exercise.name}.check({handed_over})"], {exercise.name})
    (result,) = Grader([exercise], SEED).grade(submission, box)
    return Verdict(result.outcome, result.message)  # type: ignore[arg-type]


def in_a_kernel(cells: list[str], expression: str) -> tuple[object, ...]:
    """Return what an expression is where these cells have run."""
    space: dict[str, object] = {"__name__": "__main__"}
    for number, source in enumerate(cells):
        name = f"<cell {number}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        exec(compile(source, name, "exec"), space)  # noqa: S102 - our own text
    values: tuple[object, ...] = eval(expression, space)  # noqa: S307
    return values


def file_and_helpers(exercise: Exercise) -> list[str]:
    """Return the exercise's file, and those files beside it that it imports from, before it."""
    source = inspect.getsource(sys.modules[exercise.answer.__module__])
    lines, cells = source.splitlines(keepends=True), []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("dlcourse.exercises."):
            cells.append(inspect.getsource(sys.modules[str(node.module)]))
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = "\n"  # so that all other lines keep their numbers
    return [*cells, "".join(lines)]


def names(exercise: Exercise) -> str:
    return ", ".join(exercise.names)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.id)
def test_solution_and_stub(exercise: Exercise, box: Box) -> None:
    for source in (exercise.solution_source, exercise.stub):
        space: dict[str, object] = {}
        exec(exercise.setup_source + source, space)  # noqa: S102 - our own text
        at_home = Judge(exercise).judge(*(space[name] for name in exercise.names))
        assert in_the_box(exercise, names(exercise), box, exercise.setup_source + source) == at_home


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.id)
def test_mistakes(exercise: Exercise, box: Box) -> None:
    """The exercise's own file, as a cell, in a kernel at home and in the box."""
    cells = file_and_helpers(exercise)
    judge = Judge(exercise)
    for number, mistake in enumerate(exercise.mistakes):
        made = f"{exercise.name}.mistakes[{number}]"
        if exercise.is_question:
            made = f"{made}()" if len(exercise.names) == 1 else f"*{made}()"
        with warnings.catch_warnings():  # which are no errors in a kernel, nor where grading runs
            warnings.simplefilter("default")
            at_home = judge.judge(*in_a_kernel(cells, f"({made},)"))
            told = in_the_box(exercise, made, box, *cells)
        assert told.outcome == at_home.outcome, mistake.__name__
        assert what_counts(told.message) == what_counts(at_home.message), mistake.__name__


def what_counts(message: str) -> str:
    """Return a message without last digits, which differ with the number of threads.

    Nor does it have what was printed: a kernel shows a warning once.
    """
    told = message.partition("\n(Printed meanwhile:")[0]
    return re.sub(r"-?\d+\.\d+(e[-+]\d+)?", lambda found: f"{float(found[0]):.3g}", told)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.id)
def test_junk(exercise: Exercise, box: Box) -> None:
    judge = Judge(exercise)
    for junk in JUNK:
        space: dict[str, object] = {}
        exec(compile(f"junk = {junk}", "<cell 0>", "exec"), space)  # noqa: S102 - our own text
        handed_over = ", ".join("junk" for _ in exercise.names)
        told = in_the_box(exercise, handed_over, box, f"junk = {junk}")
        at_home = judge.judge(*(space["junk"] for _ in exercise.names))
        assert told.outcome == at_home.outcome, junk
