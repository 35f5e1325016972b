"""No hostile submission gets a mark, or costs the next one a mark."""

import pytest

from box_fixtures import Grade
from dlcourse.checking.asked import Asked
from submissions import ANSWERS, HONEST, HOSTILE, IMPORT, LESSON


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_submission_gets_no_mark_and_costs_nobody_one(kind: str, grade: Grade) -> None:
    results = grade(HOSTILE[kind], *ANSWERS)
    assert {name for name, one in results.items() if one.outcome == "passed"} == set()
    assert {one.outcome for one in grade(*HONEST).values()} == {"passed"}


def test_what_is_right_for_one_seed_is_wrong_for_another(grade: Grade) -> None:
    """Answers kept from a check at home, whose inputs are the same each time."""
    exercise = next(one for one in LESSON if one.name == "standardize")
    kept = [one.value.tolist() for one in Asked.of(exercise).behaviors(exercise.answer)]
    cheat = f"""
import torch
kept = iter({kept!r})
def standardize(*_): return torch.tensor(next(kept))
"""
    results = grade(IMPORT, f"{cheat}\nex.standardize.check(standardize)")
    assert results["standardize"].outcome == "not yet"


def test_one_answer_that_ends_python_costs_no_other_answer(grade: Grade) -> None:
    cells = list(HONEST)
    name = "squared_error"
    place = next(n for n, cell in enumerate(cells) if f"ex.{name}.check" in cell)
    cells[place] = f"import os\ndef {name}(*a): os._exit(0)\nex.{name}.check({name})"
    outcomes = {exercise: one.outcome for exercise, one in grade(*cells).items()}
    assert outcomes.pop(name) == "stopped"
    assert set(outcomes.values()) == {"passed"}
