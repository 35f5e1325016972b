"""A learner's progress survives what files go through."""

import json
import multiprocessing
import signal
import subprocess
import sys
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

import dlcourse
from dlcourse.checking.progress import (
    BEGUN,
    PASSED,
    VARIABLE,
    read_passes,
    read_progress,
    record_progress,
)
from dlcourse.errors import CourseError


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "new folder" / "progress.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line]


def test_what_is_recorded_is_read_again(file: Path) -> None:
    assert read_progress() == {}
    record_progress("a.x", BEGUN)
    record_progress("a.y", BEGUN)
    record_progress("a.x", PASSED)
    assert read_progress() == {"a.x": PASSED, "a.y": BEGUN}
    assert file.is_file()


def test_what_was_passed_stays_passed_and_is_written_once(file: Path) -> None:
    for state in (PASSED, BEGUN, PASSED):
        record_progress("a.x", state)
    assert read_progress() == {"a.x": PASSED}
    assert len(_lines(file)) == 1


def test_nothing_personal_is_kept(file: Path) -> None:
    record_progress("a.x", PASSED)
    assert json.loads(file.read_text()).keys() == {"exercise", "reached", "at", "version"}


@pytest.mark.parametrize(
    "damage",
    [b"", b"\x00\xff\xfe", b"{", b"[]\n", b'{"exercise": 3, "reached": "passed"}\n', b"null\n"],
)
@pytest.mark.parametrize("before", [True, False])
def test_damaged_lines_are_passed_over(file: Path, damage: bytes, before: bool) -> None:  # noqa: FBT001
    record_progress("a.x", PASSED)
    whole = file.read_bytes()
    file.write_bytes(damage + b"\n" + whole if before else whole + damage)
    assert read_progress() == {"a.x": PASSED}
    record_progress("a.y", PASSED)
    assert read_progress() == {"a.x": PASSED, "a.y": PASSED}
    assert whole.strip() in file.read_bytes(), "nothing is lost"


def test_a_line_that_was_cut_off_does_not_swallow_the_next(file: Path) -> None:
    record_progress("a.x", PASSED)
    file.write_bytes(file.read_bytes()[:-5])
    record_progress("a.y", PASSED)
    assert read_progress() == {"a.y": PASSED}


def test_a_file_that_cannot_be_written_is_told_in_a_line(file: Path) -> None:
    file.parent.write_text("a file where the folder should be")
    with pytest.raises(CourseError, match=r"could not be saved|cannot be read") as caught:
        record_progress("a.x", PASSED)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk to try")
def test_a_full_disk_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/dev/full")
    monkeypatch.setattr("dlcourse.checking.progress.read_progress", dict)
    with pytest.raises(CourseError, match=r"No space left.*free some space"):
        record_progress("a.x", PASSED)


def _record_many(name: str, start: Barrier) -> None:
    start.wait()
    for number in range(200):
        record_progress(f"{name}.{number}", PASSED)


def test_two_notebooks_write_at_once_and_no_line_is_lost_or_torn(file: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    both = [context.Process(target=_record_many, args=(name, start)) for name in "ab"]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    names = [json.loads(line)["exercise"] for line in _lines(file)]
    assert sorted(names) == sorted(f"{name}.{number}" for name in "ab" for number in range(200))


DIE_WHILE_IT_WRITES = """
import resource, signal, sys
from pathlib import Path
from dlcourse.checking.progress import PASSED, record_progress

record_progress("a.1", PASSED)
most = Path(sys.argv[1]).stat().st_size + 20
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))  # the system kills who writes more
record_progress("a.2", PASSED)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing of the line is written")
def test_a_kernel_killed_in_the_middle_of_a_line_loses_that_line_only(file: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DIE_WHILE_IT_WRITES, file], check=False)
    assert done.returncode == -signal.SIGXFSZ
    with pytest.raises(json.JSONDecodeError):  # half a line
        json.loads(_lines(file)[-1])
    record_progress("a.3", PASSED)
    assert read_progress() == {"a.1": PASSED, "a.3": PASSED}


def test_a_pass_keeps_its_first_time_and_version(file: Path) -> None:
    file.parent.mkdir()
    events = [
        {"exercise": "a.x", "reached": "passed", "at": "2026-01-01T00:00:00+00:00"},
        {"exercise": "a.y", "reached": "begun", "at": "2026-01-02T00:00:00+00:00", "version": "1"},
        {"exercise": "a.x", "reached": "passed", "at": "2026-01-03T00:00:00+00:00", "version": "1"},
    ]
    file.write_text("\n".join(map(json.dumps, events)))
    assert read_passes() == {"a.x": ("a.x", PASSED, "2026-01-01T00:00:00+00:00", "")}
    record_progress("a.y", PASSED)
    assert read_passes()["a.y"].version == dlcourse.__version__
