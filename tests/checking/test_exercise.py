"""What a learner calls shows the verdict, hints and the solution, and keeps the progress."""

import os
import random
from pathlib import Path

import pytest
import torch

from dlcourse.checking.judgment import Outcome
from dlcourse.checking.progress import BEGUN, PASSED, VARIABLE, read_progress
from dlcourse.exercises import start_here
from exercise_samples import average, distance, summed


@pytest.fixture(autouse=True)
def progress_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "progress.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_the_line_about_an_exercise_says_what_it_is_and_has() -> None:
    assert repr(average) == (
        "Exercise exercise_samples.average: An average (5 minutes, difficulty 1 of 3); "
        "it has check, hint and solution."
    )


def test_check_shows_the_verdict_and_keeps_the_progress(
    capsys: pytest.CaptureFixture[str],
) -> None:
    average.check(summed)
    assert shown(capsys).startswith("✗ Not yet: An average\nYou returned the sum")
    assert read_progress() == {average.id: BEGUN}
    average.check(average.answer)
    assert shown(capsys) == "✓ Passed: An average\n1 of 1 exercises of this lesson passed.\n"
    assert read_progress() == {average.id: PASSED}
    start_here.elsewhere.check("c")
    assert shown(capsys).endswith("\n1 of 2 exercises of this lesson passed.\n")


def test_an_untouched_stub_leaves_no_trace(
    capsys: pytest.CaptureFixture[str], progress_file: Path
) -> None:
    distance.check(...)
    assert shown(capsys).startswith("… Not attempted yet: A distance\n")
    assert not progress_file.exists()


def test_progress_that_cannot_be_kept_is_told_beside_the_verdict(
    capsys: pytest.CaptureFixture[str], progress_file: Path
) -> None:
    progress_file.mkdir()
    average.check(average.answer)
    told = shown(capsys)
    assert told.startswith("✓ Passed: An average")
    assert "Your progress" in told


def test_a_corrupt_progress_file_loses_nothing_else(
    capsys: pytest.CaptureFixture[str], progress_file: Path
) -> None:
    progress_file.write_bytes(b"\x00\xff{{{")
    average.check(average.answer)
    assert shown(capsys).startswith("✓ Passed: An average")
    assert read_progress() == {average.id: PASSED}


def test_hints_come_one_at_a_time_and_then_again(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for _ in range(5):
        average.hint()
        told.append(shown(capsys))
    assert told[0] == "Hint 1 of 3\nThink.\n"
    assert told[2] == "Hint 3 of 3\nDivide by the count.\n"
    assert told[3].startswith("That was the last hint\n`ex.average.solution()`")
    assert told[4] == told[0]


def test_solution_comes_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    average.solution()
    told = shown(capsys)
    assert told.startswith(
        "One solution: An average\nThe mean is the sum over the count.\ndef average"
    )
    assert told.endswith("return scale * total / x.numel()\n")


def test_the_stop_button_is_told_with_the_line_and_goes_on_to_the_notebook(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def endless(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        average.check(endless)
    assert shown(capsys).startswith("■ Stopped: An average\nYour code was at line ")
    assert [entry.name for entry in stopped.traceback][1:] == ["check"], "a short traceback"


def test_the_stop_button_leaves_everything_as_it_was() -> None:
    def endless(*_: object) -> None:
        torch.manual_seed(5)
        torch.set_default_dtype(torch.float64)
        random.seed(5)
        os.chdir("/")
        raise KeyboardInterrupt

    before = torch.get_rng_state(), random.getstate(), os.getcwd()  # noqa: PTH109
    with pytest.raises(KeyboardInterrupt):
        average.check(endless)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (random.getstate(), os.getcwd())  # noqa: PTH109
    assert torch.get_default_dtype() is torch.float32
    assert average.judge(average.answer).outcome is Outcome.PASSED
