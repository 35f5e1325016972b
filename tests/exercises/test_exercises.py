"""What holds of every exercise in the catalogue."""

import importlib
import os
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Outcome
from dlcourse.checking.trial import differ
from dlcourse.errors import CourseError
from dlcourse.exercises import LESSONS, catalog, exercises_of_lesson, find_exercise
from dlcourse.grading.audit import (
    box_faults,
    defined,
    mistake_faults,
    solution_faults,
    stub_faults,
)

EXERCISES = list(catalog())
IDS = [one.id for one in EXERCISES]
FUNCTIONS = [one for one in EXERCISES if not one.is_question and not isinstance(one.answer, type)]


@pytest.fixture(params=EXERCISES, ids=IDS)
def exercise(request: pytest.FixtureRequest) -> Exercise:
    one: Exercise = request.param
    return one


def test_solution_passes_at_home_and_as_the_box_tells_it(exercise: Exercise) -> None:
    assert list(solution_faults(exercise._judge)) == []
    assert list(box_faults(exercise._judge)) == []


def test_stub_is_not_attempted(exercise: Exercise) -> None:
    assert list(stub_faults(exercise._judge)) == []
    in_one_script: dict[str, Any] = {}
    exec(exercise.setup_source + exercise.stub, in_one_script)  # noqa: S102
    verdict = exercise.judge(*[in_one_script[name] for name in exercise.names])
    assert verdict.outcome is Outcome.NOT_ATTEMPTED, verdict.message


def parts_of(argument: object) -> Iterator[object]:
    """Yield what of an argument an answer could change: memory, models, lists, other objects."""
    if isinstance(argument, torch.Tensor):
        yield argument.untyped_storage()._cdata  # which memory it is
    elif isinstance(argument, torch.nn.Module):
        yield from (part for one in argument.state_dict().values() for part in parts_of(one))
    elif isinstance(argument, list | tuple):
        yield from (part for one in argument for part in parts_of(one))
    elif isinstance(argument, dict):
        yield from (part for one in argument.values() for part in parts_of(one))
    elif not callable(argument) and not isinstance(
        argument, int | float | str | torch.dtype | None
    ):
        yield id(argument)


def test_no_input_shares_memory_with_another(exercise: Exercise) -> None:
    """What an answer changes in one must not reach the next: all are made before it runs."""
    inputs = list(exercise.inputs(torch.Generator().manual_seed(0)))
    parts = [part for one in inputs for part in set(parts_of(one))]
    assert len(parts) == len(set(parts))


def test_each_mistake_earns_its_own_message_and_no_other(exercise: Exercise) -> None:
    assert list(mistake_faults(exercise._judge)) == []


def test_record_is_complete(exercise: Exercise) -> None:
    assert len(exercise.hints) >= 3
    assert len(set(exercise.hints)) == len(exercise.hints)
    assert len(exercise.mistakes) >= 3
    assert len(exercise.why.split()) >= 6
    assert 1 <= exercise.minutes <= 30
    assert exercise.difficulty in {1, 2, 3}
    assert exercise.title[0].isupper()
    for text in (*exercise.hints, exercise.why):
        assert text.rstrip("`").endswith((".", "?", "!", ":", ")")), text
    compile(exercise.setup_source + exercise.stub, exercise.id, "exec")
    compile(exercise.setup_source + exercise.solution_source, exercise.id, "exec")


def _raises(*_: object) -> None:
    msg = "junk"
    raise ValueError(msg)


def _prints(*_: object) -> None:
    print("junk")  # noqa: T201


def _changes(*arguments: Any) -> Any:  # noqa: ANN401
    for argument in arguments:
        if isinstance(argument, torch.Tensor) and argument.is_floating_point():
            argument.detach().add_(1)
    return arguments


def _recurses(*arguments: object) -> object:
    return _recurses(*arguments)


class _Silent:
    """A class that has nothing to do with any task."""


class _Hostile:
    """An object that cannot even be looked at."""

    def __eq__(self, other: object) -> bool:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise ValueError


JUNK: dict[str, Any] = {
    "None": None,
    "a string": "junk",
    "nan": float("nan"),
    "a wrong shape": torch.full((3, 1, 2), 0.123),
    "a wrong dtype": torch.tensor([True, False]),
    "a wrong arity": lambda a, b, c, d, e, f, g, h, i: a,  # noqa: ARG005
    "no arity": lambda: None,
    "a class": _Silent,
    "raises": _raises,
    "prints": _prints,
    "changes": _changes,
    "hostile": _Hostile(),
    "returns hostile": lambda *_: _Hostile(),
    "exits": lambda *_: exit(1),  # noqa: PLR1722
    "recurses": _recurses,
    "empty": torch.empty(0),
    "a sequence": ["junk", None],
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_gets_a_verdict(
    exercise: Exercise, junk: object, capfd: pytest.CaptureFixture[str]
) -> None:
    verdict = exercise.judge(*[junk for _ in exercise.names])
    assert verdict.outcome in {Outcome.NOT_YET, Outcome.RAISED}
    assert verdict.message
    assert capfd.readouterr().out == ""


def state() -> Iterator[object]:
    yield torch.get_rng_state().tolist()
    yield repr(np.random.get_state())  # noqa: NPY002
    yield random.getstate()
    yield torch.get_default_dtype()
    yield torch.get_default_device()
    yield torch.is_grad_enabled()
    yield torch.get_num_threads()
    yield os.getcwd()  # noqa: PTH109
    yield np.geterr()


def _disturbs(*_: object) -> None:
    torch.manual_seed(1)
    torch.rand(3)
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.set_num_threads(torch.get_num_threads() + 1)
    np.seterr(all="ignore")
    os.chdir("/")


@pytest.mark.parametrize("grad", [True, False])
def test_global_state_is_as_before(exercise: Exercise, grad: bool) -> None:  # noqa: FBT001
    torch.set_grad_enabled(grad)
    try:
        before = list(state())
        for answer in (_disturbs, *defined(exercise, exercise.solution_source)):
            exercise.judge(*[answer for _ in exercise.names])
            assert list(state()) == before
    finally:
        torch.set_grad_enabled(True)


def test_inputs_are_the_same_whatever_the_seed_is(exercise: Exercise) -> None:
    """A model among the inputs, too: its first weights are drawn as it is made."""
    drawn = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        drawn.append(exercise._judge.asked.make_inputs())
    assert not differ(*drawn)


def test_equivalent_mutants_have_reasons(exercise: Exercise) -> None:
    for source, reason in exercise.equivalent_mutants.items():
        assert len(reason.split()) >= 5, source
        compile(source, exercise.id, "exec")


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_tab_key_offers_a_lesson_s_exercises_and_nothing_else(lesson: str) -> None:
    module = importlib.import_module(f"dlcourse.exercises.{lesson}")
    assert dir(module) == sorted(one.name for one in exercises_of_lesson(lesson))
    for one in exercises_of_lesson(lesson):
        assert getattr(module, one.name) is one  # and not the file of that name
    with pytest.raises(AttributeError, match=rf"no exercise 'slop': .*{one.name}"):
        module.slop  # noqa: B018


def test_an_exercise_is_found_by_its_id() -> None:
    assert all(find_exercise(one.id) is one for one in EXERCISES)
    for unknown in ("autograd.slop", "autograd", "elsewhere.slope", ""):
        with pytest.raises(CourseError, match=rf"no exercise '{unknown}': .*autograd\.slope"):
            find_exercise(unknown)
    with pytest.raises(CourseError) as told:
        find_exercise("attention")
    assert str(told.value) == "There is no exercise 'attention': transformers.attention."


def test_the_catalog_is_the_course_s() -> None:
    assert len(set(IDS)) == len(IDS) >= 40
    for lesson in LESSONS:
        count = sum(one.startswith(f"{lesson}.") for one in IDS)
        assert count >= (2 if lesson == "start_here" else 6), lesson
    assert [one.partition(".")[0] for one in IDS] == sorted(
        (one.partition(".")[0] for one in IDS), key=list(LESSONS).index
    )
