"""Right answers in other words than the solution's, which each lesson's tests list, pass."""

from collections.abc import Callable
from typing import Any

import pytest

import test_convolutional_networks
import test_generative_models
import test_scaling_out
import test_sequences
import test_training_craft
import test_transformers
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Outcome
from dlcourse.exercises import exercises_of_lesson
from parts import rehearsal_of

LISTS = {
    "training_craft": test_training_craft.RIGHT,
    "convolutional_networks": test_convolutional_networks.RIGHT,
    "sequences": test_sequences.RIGHT,
    "transformers": test_transformers.RIGHT,
    "generative_models": test_generative_models.RIGHT,
    "scaling_out": test_scaling_out.RIGHT,
}
RIGHT = [pair for pairs in LISTS.values() for pair in pairs]


@pytest.mark.parametrize(
    ("exercise", "answer"), RIGHT, ids=[f"{one.id}-{a.__name__}" for one, a in RIGHT]
)
def test_right_answer_written_differently_passes(
    exercise: Exercise, answer: Callable[..., Any]
) -> None:
    verdict = exercise.judge(answer)
    assert verdict.outcome is Outcome.PASSED, verdict.message


@pytest.mark.parametrize(
    ("exercise", "answer"), RIGHT, ids=[f"{one.id}-{a.__name__}" for one, a in RIGHT]
)
def test_a_check_that_knows_no_solution_refuses_no_right_answer(
    exercise: Exercise, answer: Callable[..., Any]
) -> None:
    verdict = rehearsal_of(exercise).judge(answer)
    assert verdict.outcome is Outcome.RUNS, verdict.message


@pytest.mark.parametrize("lesson", LISTS)
def test_every_function_is_answered_in_three_ways(lesson: str) -> None:
    functions = {one.id for one in exercises_of_lesson(lesson) if not one.is_question}
    for name in functions:
        assert sum(one.id == name for one, _ in LISTS[lesson]) >= 3, name
