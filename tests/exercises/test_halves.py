"""Each exercise's file has two halves; what is asked runs where the closed half cannot be had."""

import ast
import json
import os
import subprocess
import sys
from inspect import getsource
from pathlib import Path
from typing import Any

import pytest
import torch

from dlcourse.checking.comparison import Tolerance, same
from dlcourse.checking.discovery import CLOSED_HALF, asked_half
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.record import call
from dlcourse.checking.record import given as plainly
from dlcourse.exercises import LESSONS, catalog

EVERY = list(catalog())
FOLDER = Path(sys.modules["dlcourse.exercises"].__path__[0])
FILES = sorted(path for path in FOLDER.glob("*/*.py") if not path.name.startswith("_"))
CLOSED_FILES = sorted(FOLDER.glob("*/_[!_]*.py"))  # mistakes, where they are many
CLOSED_WORDS = {"exercise", "question", "Exercise"}
LONGEST = 250  # lines; a file is read in one go


def by_id(one: Exercise) -> str:
    return one.id


def defined_in(code: str) -> set[str]:
    """Return the functions, classes and other names that the code sets at its top."""
    names: set[str] = set()
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            names |= {
                one.id
                for one in ast.walk(node)
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            }
    return names


def names_in(code: str) -> set[str]:
    """Return every name that the code sets or uses in its expressions."""
    return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_has_one_exercise_and_its_name(path: Path) -> None:
    here = [one for one in EVERY if one.answer.__module__.endswith(f".{path.stem}")]
    [exercise] = [one for one in here if one.id.startswith(f"{path.parent.name}.")]
    assert path.stem == "".join(
        f"_{letter.lower()}" if letter.isupper() else letter for letter in exercise.name
    ).lstrip("_")
    text = path.read_text(encoding="utf-8")
    assert text.count(CLOSED_HALF) == 1
    assert len(text.splitlines()) <= LONGEST


@pytest.mark.parametrize("path", CLOSED_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_with_mistakes_alone_is_short_and_serves_a_closed_half(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
    line = f"from dlcourse.exercises.{path.parent.name}.{path.stem} import "
    users = [one.read_text(encoding="utf-8") for one in FILES if line in one.read_text("utf-8")]
    assert len(users) == 1
    assert line in users[0].partition(CLOSED_HALF)[2]


def test_every_lesson_has_its_exercises_in_an_order_without_doubt() -> None:
    assert {path.parent.name for path in FILES} == set(LESSONS)
    for lesson in LESSONS:
        places = [one.place for one in EVERY if one.id.startswith(f"{lesson}.")]
        assert places == sorted(set(places)), lesson


@pytest.mark.parametrize("exercise", EVERY, ids=by_id)
def test_what_is_asked_says_nothing_of_what_is_closed(exercise: Exercise) -> None:
    asked = asked_half(exercise)
    closed = getsource(sys.modules[exercise.answer.__module__]).removeprefix(asked)
    assert {exercise.name, "HINTS"} <= defined_in(closed)
    assert not defined_in(asked) & defined_in(closed)
    # `use` calls the learner's answer by the name that the stub gives it
    assert not (names_in(asked) - set(exercise.names)) & (defined_in(closed) | CLOSED_WORDS)
    assert exercise.why not in asked
    assert not [hint for hint in exercise.hints if hint in asked]


@pytest.mark.parametrize("exercise", EVERY, ids=by_id)
def test_the_asked_half_alone_tries_an_answer(exercise: Exercise) -> None:
    """It is run by itself, and must give what the whole file gives for the solution as text."""
    alone: dict[str, Any] = {"__name__": "asked"}
    exec(asked_half(exercise), alone)  # noqa: S102 - our own text
    notebook: dict[str, Any] = {}
    exec(exercise.setup_source + exercise.solution_source, notebook)  # noqa: S102
    answers = tuple(notebook[name] for name in exercise.names)
    answer = answers[0] if len(answers) == 1 else answers
    inputs = alone.get("inputs", lambda _: [()])
    use = alone.get("use", plainly if exercise.is_question else call)
    seed = 7
    for given, expected in zip(
        inputs(torch.Generator().manual_seed(seed)),
        exercise.inputs(torch.Generator().manual_seed(seed)),
        strict=True,
    ):
        torch.manual_seed(seed)
        mine = use(answer, *given)
        torch.manual_seed(seed)
        right = exercise.answer() if exercise.is_question else exercise.answer
        assert same(mine, exercise.use(right, *expected), Tolerance(relative=1e-6)), given


def test_the_asked_half_is_enough_where_no_solution_can_be_imported() -> None:
    """A process that cannot import any exercise makes the inputs and tries answers as text."""
    code = """
import json, sys
import torch
sys.modules["dlcourse.exercises"] = None  # so that importing it fails
for half, answer_source, names in json.load(sys.stdin):
    alone, notebook = {"__name__": "asked"}, {}
    exec(half, alone)
    exec(answer_source, notebook)
    answers = [notebook[name] for name in names]
    if "inputs" not in alone:  # a question
        print(0)
        continue
    use = alone.get("use", lambda answer, *arguments: answer(*arguments))
    given = list(alone["inputs"](torch.Generator().manual_seed(7)))
    for arguments in given:
        use(*answers, *arguments)
    print(len(given))
"""
    tasks = [(asked_half(one), one.setup_source + one.solution_source, one.names) for one in EVERY]
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(tasks),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counts = [
        0 if one.is_question else sum(1 for _ in one.inputs(torch.Generator().manual_seed(7)))
        for one in EVERY
    ]
    assert list(map(int, done.stdout.split())) == counts
