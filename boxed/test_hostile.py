"""No hostile submission gets a mark, or costs the next one a mark."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Timer

import pytest

from box_fixtures import LIMITS, Grade
from dlcourse.checking.asked import Asked
from dlcourse.grading.box import Box, BoxError, Limits
from dlcourse.grading.judge import Grader
from dlcourse.grading.selftest import attack, run_alone
from dlcourse.grading.submission import SubmissionError
from submissions import ANSWERS, HONEST, HOSTILE, IMPORT, LESSON, WAITED_FOR


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_submission_gets_no_mark_and_costs_nobody_one(kind: str, grade: Grade) -> None:
    answers = ANSWERS[:3] if kind in WAITED_FOR else ANSWERS  # the import, and two of ten
    results = grade(HOSTILE[kind], *answers)
    assert {name for name, one in results.items() if one.outcome == "passed"} == set()
    assert {one.outcome for one in grade(*HONEST).values()} == {"passed"}


def test_the_box_holds_what_it_must_hold_wherever_it_runs(box: Box) -> None:
    attack(box)


def test_what_pytorch_sets_in_the_box_is_no_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/home/ada/compiled")
    monkeypatch.setenv("OF_THE_INSTRUCTOR", "secret")  # which a box would hold that cleared nothing
    with Box(LIMITS) as box:
        attack(box)


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


def test_nothing_that_a_submission_started_outlives_it(box: Box) -> None:
    """Nor may it keep itself alive, by not wanting to end with its parent."""
    before = set(_processes())
    code = "import ctypes, time\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\ntime.sleep(1000)"
    with pytest.raises(BoxError, match="too slow"):
        run_alone(box, code)
    assert set(_processes()) <= before


def _processes() -> Iterator[str]:
    """Yield the processes on this machine that run the box's server, or come of it."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            if b"dlcourse.grading.inside" in path.read_bytes():
                yield path.parent.name


# Code that costs a parser, or whoever looks at what it found, time and memory.
SLOW = {
    "empty lines": "\n" * 9_000_000 + "(",
    "statements": "\n".join(f"a{n} = a{n - 1}" for n in range(1, 200_000)),
    "sums": "x = " + "+".join("x" * 2_000_000),
    "lists": f"x = {'[' * 90 + ']' * 90}," * 20_000,
    "questions": "(" + "? " * 2_000_000,
}


@pytest.mark.parametrize("kind", SLOW)
def test_code_that_is_slow_to_read_costs_nobody_else(
    kind: str, box: Box, grader: Grader, grade: Grade
) -> None:
    start = time.process_time()
    outcomes = set()
    with suppress(SubmissionError):
        submission = grader.read([SLOW[kind], "ex.bars.check(a199999)"], box)
        outcomes = {one.outcome for one in grader.grade(submission, box)}
    assert "passed" not in outcomes
    assert time.process_time() - start < 5  # of the process that must go on for all
    assert {one.outcome for one in grade(*HONEST).values()} == {"passed"}


def test_a_box_that_is_killed_ends_what_is_in_it_at_once() -> None:
    before = set(_processes())
    with Box(Limits(seconds=100)) as box:
        Timer(2, box.kill).start()
        start = time.monotonic()
        with pytest.raises(BoxError, match="broke"):
            run_alone(box, "while True: pass")
        assert time.monotonic() - start < 60
    assert set(_processes()) <= before
