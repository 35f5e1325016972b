"""The mutants are the small faults that people make, and no check lets one of them pass."""

import ast
import time
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from dlcourse.checking.exercise import Exercise, exercise
from dlcourse.exercises import catalog
from mutants import EQUIVALENT, MOST_EQUIVALENT, SURVIVED, fate_of, ids_of, main, mutants_of

EXERCISES = list(catalog())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y = a + b", {"y = a - b", "y = a * b"}),
        ("y = a - b", {"y = a + b", "y = b - a"}),
        ("y = a / b", {"y = a * b", "y = a // b", "y = b / a"}),
        ("y = a @ b", {"y = a * b", "y = b @ a"}),
        ("y += x", {"y -= x", "y *= x"}),
        ("y = a < b", {"y = a <= b", "y = a > b"}),
        ("y = a == b", {"y = a != b"}),
        ("y = a and b", {"y = a or b"}),
        ("y = -x", {"y = x"}),
        ("y = not x", {"y = x"}),
        ("y = 3", {"y = 4", "y = 2"}),
        ("y = 0.5", {"y = 1.5", "y = -0.5"}),
        ("y = True", {"y = False"}),
        ("y = f(a, b)", {"y = f(b)", "y = f(a)", "y = f(b, a)", "y = a"}),
        ("y = f(dim=a)", {"y = f()"}),
        ("y = x.mean()", {"y = x.sum()", "y = x"}),
        ("y = torch.exp(x)", {"y = torch.log(x)", "y = torch.exp()", "y = x"}),
        ("y = x[a:b]", {"y = x[:b]", "y = x[a:]"}),
        ("if a:\n    b()", {"if not a:\n    b()", "if a:\n    pass"}),
    ],
)
def test_each_kind_of_fault_is_made(source: str, expected: set[str]) -> None:
    assert expected <= set(mutants_of(source))


def test_exercises_are_named_by_lesson_or_by_id(capsys: pytest.CaptureFixture[str]) -> None:
    autograd = [one.id for one in EXERCISES if one.id.startswith("autograd.")]
    assert ids_of(["tensors.bars", "autograd"]) == ["tensors.bars", *autograd]
    assert ids_of([]) == [one.id for one in EXERCISES]
    assert main(["tensors.slop"]) == 2
    assert "no exercise 'tensors.slop': tensors.bars" in capsys.readouterr().err


def test_mutants_differ_from_the_solution_and_from_each_other() -> None:
    source = 'def f(x, n=2):\n    """Say 2."""\n    y = x * n\n    return y.sum() + 1'
    texts = list(mutants_of(source))
    assert len(set(texts)) == len(texts) >= 12
    assert ast.unparse(ast.parse(source)) not in texts
    for text in texts:
        assert text == "pass" or '"""Say 2."""' in text, "the docstring is no code"
        assert text == ast.unparse(ast.parse(text))


def clamped(x: Tensor) -> Tensor:
    """You clamped."""
    return x.clamp(min=0)


def weak_inputs(_: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([1.0, 1.0]),)


@exercise(
    "A weak check",
    minutes=1,
    difficulty=1,
    hints=(),
    why="",
    inputs=weak_inputs,
    mistakes=(clamped,),
    equivalent=(("x ** 2", "x ** 3", "the only input is one"),),
)
def square(x: Tensor) -> Tensor:
    """Return the squares."""
    return x**2


def test_a_weak_check_is_found_out() -> None:
    fate = fate_of(square)
    assert fate.counts[EQUIVALENT] == 1
    assert fate.counts[SURVIVED] == len(fate.survivors) >= 1
    assert any("return x ** 1" in text for text in fate.survivors)


def test_an_endless_mutant_is_killed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutants.SECONDS", 1)

    def inputs(_: torch.Generator) -> Iterator[tuple[int]]:
        yield (3,)

    count = exercise("T", minutes=1, difficulty=1, hints=(), why="", inputs=inputs, mistakes=())(
        counted
    )
    start = time.monotonic()
    fate = fate_of(count)
    assert fate.counts.total() >= 5
    assert time.monotonic() - start < 30


def counted(n: int) -> int:
    """Count to n."""
    i = 0
    while i < n:
        i += 1
    return i


@pytest.mark.parametrize("one", EXERCISES, ids=[one.id for one in EXERCISES])
def test_no_mutant_survives(one: Exercise) -> None:
    fate = fate_of(one)
    advice = (
        f"The check of {one.id} accepts the changed solutions below. Add an input that tells them "
        "apart; where none can, list the change under `equivalent`, with the reason."
    )
    assert not fate.survivors, "\n\n".join([advice, *fate.survivors])
    assert fate.counts.total() > 0 or one.is_question
    assert len(one.equivalent_mutants) == fate.counts[EQUIVALENT], "one of them is no mutant"


def test_few_mutants_are_equivalent() -> None:
    n_mutants = sum(sum(1 for _ in mutants_of(one.solution_source)) for one in EXERCISES)
    n_equivalent = sum(len(one.equivalent_mutants) for one in EXERCISES)
    assert n_equivalent <= MOST_EQUIVALENT * n_mutants
