"""Processes are started together, told apart, stopped in time, and never left behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from course_process import listen_to_ctrl_c, needs_signals
from dlcourse.processes import ProcessError, torchrun

# A worker needs no torch to be one: torchrun tells it its rank in the environment.
HELLO = """
import os
print("process", os.environ["RANK"], "of", os.environ["WORLD_SIZE"])
"""
KILLED_ONCE = """
import os
attempt = os.environ["TORCHELASTIC_RESTART_COUNT"]
print("start", attempt, flush=True)
if attempt == "0":
    os.kill(os.getpid(), 9)
"""
ENDLESS = """
import os, pathlib, time
pathlib.Path(f"pid_{os.environ['RANK']}").write_text(str(os.getpid()))
time.sleep(600)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.py"


def workers_of(folder: Path) -> list[int]:
    """Return the ids of both processes of ENDLESS, as soon as they run."""
    files = [folder / f"pid_{rank}" for rank in range(2)]
    deadline = time.monotonic() + 120
    while not all(file.exists() and file.read_text() for file in files):
        assert time.monotonic() < deadline, "the processes did not start"
        time.sleep(0.05)
    return [int(file.read_text()) for file in files]


def assert_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 30
    while left := [pid for pid in pids if psutil.pid_exists(pid)]:
        assert time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.05)


def test_what_the_processes_print_comes_in_their_order(script: Path) -> None:
    script.write_text(HELLO)
    said = torchrun(script, n_processes=2)
    assert said == "process 0 of 2\nprocess 1 of 2\n"
    assert list(script.parent.iterdir()) == [script]  # nothing is left in the script's folder


def test_what_only_older_versions_of_pytorch_print_is_left_out(script: Path) -> None:
    script.write_text(f"print('[Gloo] Rank 0 is connected to 1 peer ranks.'){HELLO}")
    assert torchrun(script, n_processes=2) == "process 0 of 2\nprocess 1 of 2\n"


def test_a_killed_process_is_started_again(script: Path) -> None:
    script.write_text(KILLED_ONCE)
    assert torchrun(script, n_processes=1, max_restarts=1) == "start 0\nstart 1\n"


def test_a_failure_is_told_in_the_words_of_the_script(script: Path) -> None:
    script.write_text("raise ValueError('no such number')")
    with pytest.raises(ProcessError, match=r"script\.py failed(?s:.*)no such number"):
        torchrun(script, n_processes=1)


def test_a_kill_without_a_restart_is_told_by_torchrun(script: Path) -> None:
    script.write_text(KILLED_ONCE)
    with pytest.raises(ProcessError, match=r"(?s)script\.py failed.*exitcode"):
        torchrun(script, n_processes=1)


def test_time_that_is_up_stops_all(script: Path) -> None:
    script.write_text(ENDLESS)
    before = set(psutil.pids())
    with pytest.raises(ProcessError, match="stopped after 1 s"):
        torchrun(script, n_processes=2, seconds=1)
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    assert not children - before


@needs_signals
def test_a_stopped_cell_leaves_no_process(script: Path) -> None:
    """The stop button sends SIGINT, which Python turns into KeyboardInterrupt."""
    script.write_text(ENDLESS)
    code = "import sys, pathlib, dlcourse.processes as p; "
    code += "p.torchrun(pathlib.Path(sys.argv[1]), n_processes=2)"
    cell = subprocess.Popen(
        [sys.executable, "-c", code, str(script)],
        stderr=subprocess.PIPE,
        preexec_fn=listen_to_ctrl_c,  # noqa: PLW1509
    )
    with cell:
        pids = workers_of(script.parent)
        pids += [child.pid for child in psutil.Process(cell.pid).children()]
        cell.send_signal(signal.SIGINT)
        _, error = cell.communicate(timeout=60)
    assert b"KeyboardInterrupt" in error
    assert_gone(pids)
