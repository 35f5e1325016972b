"""What a check puts back, and what it sets aside while it runs."""

import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Outcome
from dlcourse.checking.state import GlobalState, start_afresh
from dlcourse.exercises import catalog, find_exercise


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Put everything back after each test, as far as it can be."""
    before = GlobalState()
    yield
    before.restore()


def looks() -> dict[str, object]:
    """Return the state as a learner could look at it."""
    return {
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "grad": torch.is_grad_enabled(),
        "anomaly": torch.is_anomaly_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "precision": torch.get_float32_matmul_precision(),
        "threads": torch.get_num_threads(),
        "torch prints": str(torch.tensor(1 / 3)),
        "numpy prints": str(np.array([1 / 3])),
        "numpy errors": np.geterr(),
        "recursion": sys.getrecursionlimit(),
        "folder": os.getcwd(),  # noqa: PTH109
        "variable": os.environ.get("OF_A_TEST"),
        "filters": list(warnings.filters),
        "figures": plt.get_fignums(),
        "lines": mpl.rcParams["lines.linewidth"],
    }


def change_everything(folder: Path) -> None:
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    torch.set_grad_enabled(False)
    torch.autograd.set_detect_anomaly(True)
    torch.use_deterministic_algorithms(True)
    torch.set_float32_matmul_precision("medium")
    torch.set_num_threads(torch.get_num_threads() + 1)
    torch.set_printoptions(precision=2)
    np.set_printoptions(precision=2)
    np.seterr(all="ignore")
    sys.setrecursionlimit(sys.getrecursionlimit() + 100)
    os.chdir(folder)
    os.environ["OF_A_TEST"] = "1"
    warnings.simplefilter("ignore")
    plt.figure()
    mpl.rcParams["lines.linewidth"] = 9.0


@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_everything_is_put_back(tmp_path: Path) -> None:
    before, seen = GlobalState(), looks()
    drawn = torch.rand(1), np.random.rand(), random.random()  # noqa: NPY002, S311
    before.restore()
    change_everything(tmp_path)
    changed = looks()
    assert not [name for name in seen if changed[name] == seen[name]]
    before.restore()
    assert looks() == seen
    assert (torch.rand(1), np.random.rand(), random.random()) == drawn  # noqa: NPY002, S311


@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_code_starts_as_in_a_fresh_notebook(tmp_path: Path) -> None:
    fresh = looks()
    change_everything(tmp_path)
    start_afresh()
    now = looks()
    for name in ("dtype", "device", "grad", "anomaly", "torch prints"):
        assert now[name] == fresh[name], name


def test_a_deleted_folder_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    os.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    GlobalState().restore()
    os.chdir(tmp_path)


def test_a_folder_that_an_answer_deletes_keeps_nothing_else_from_being_put_back(
    tmp_path: Path,
) -> None:
    (tmp_path / "gone").mkdir()
    os.chdir(tmp_path / "gone")
    before = GlobalState()
    os.environ["OF_A_TEST"] = "1"
    os.chdir(tmp_path)
    (tmp_path / "gone").rmdir()
    before.restore()
    assert "OF_A_TEST" not in os.environ


STATES: dict[str, Callable[[], object]] = {
    "float64": lambda: torch.set_default_dtype(torch.float64),
    "meta": lambda: torch.set_default_device("meta"),
    "no_grad": lambda: torch.set_grad_enabled(False),
}


@pytest.mark.parametrize("state", STATES)
def test_what_a_notebook_has_set_weakens_no_check(state: str) -> None:
    STATES[state]()
    names = ("autograd.slope", "autograd.nudged", "activations.sharp_softplus")
    for exercise in map(find_exercise, (*names, "mnist_mlp.cross_entropy_by_hand")):
        assert exercise.judge(exercise.answer).outcome is Outcome.PASSED
        for mistake in exercise.mistakes:
            assert exercise.judge(mistake).outcome is not Outcome.PASSED, mistake


def fresh(name: str) -> Exercise:
    """Return an exercise that remembers nothing of what was judged before."""
    exercise = find_exercise(name)
    vars(exercise).pop("_judge", None)
    return exercise


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
def test_a_check_within_another_mode_spoils_nothing(mode: Callable[[], torch.no_grad]) -> None:
    slope = fresh("autograd.slope")
    with mode():
        assert slope.judge(slope.answer).outcome is Outcome.PASSED
    assert slope.judge(slope.answer).outcome is Outcome.PASSED


def test_what_is_right_is_known_before_the_learners_code_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slope = fresh("autograd.slope")

    def vandal(f: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        monkeypatch.setattr("torch.autograd.grad", lambda *_, **__: (x,))
        return f(x)

    assert slope.judge(vandal).outcome is not Outcome.PASSED
    monkeypatch.undo()
    assert slope.judge(slope.answer).outcome is Outcome.PASSED
    fresh("autograd.slope")  # the mistakes were tried by the vandal's `grad`


def test_no_check_leaves_anything_changed() -> None:
    seen = looks()
    for exercise in catalog():
        exercise.judge(*exercise.answers_of(exercise.answer))
    assert looks() == seen


def test_a_message_looks_the_same_whatever_the_answer_has_set() -> None:
    slope = find_exercise("autograd.slope")

    def height(f: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        return f(x)

    def vandal(f: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        torch.set_default_dtype(torch.float64)
        torch.set_printoptions(precision=1)
        return f(x)

    assert slope.judge(vandal) == slope.judge(height)
