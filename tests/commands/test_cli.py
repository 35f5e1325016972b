"""The command line: what is printed, on which stream, and the exit status."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

import dlcourse
from course_process import (
    make_checkout,
    needs_signals,
    nothing_is_left_running,  # noqa: F401 - a fixture that every test uses
    run,
    start,
    wait_for,
    write_lesson,
)
from dlcourse.checking.progress import BEGUN, PASSED, record_progress
from dlcourse.commands.cli import main
from dlcourse.commands.lessons import list_lessons
from dlcourse.exercises import LESSONS, catalog


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout of its own, with two small lessons."""
    return make_checkout(tmp_path)


# ---------------------------------------------------------------------------- help and mistakes


def test_the_command_alone_prints_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    helped = capsys.readouterr().out
    for command in ("doctor", "lab", "progress", "reset", "run"):
        assert re.search(rf"^    {command} +\w+", helped, re.MULTILINE)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"dlcourse {dlcourse.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        ("lba", "did you mean lab?"),
        ("open", "there are doctor, grade, grade export, grade merge, grade report, lab, progress"),
        ("grade report", "the following arguments are required: --out"),
        ("grade export --too csv", "required: --out, --to: `dlcourse grade export --help`"),
        ("--bogus", "`dlcourse --help` lists"),
        ("run --sav", "did you mean --save?"),
        ("run --bogus 5", "`dlcourse run --help` lists"),
        ("run 42", ", ".join(path.stem for path in list_lessons())),
        ("run 05 xyz", "the lessons are"),
        ("reset 99", "the lessons are"),
        ("reset mnits", "did you mean 05_mnist_mlp?"),
        ("reset", "`dlcourse reset --help` tells"),
        ("reset 0 5", "knows no further argument '5'"),
        ("doctor now", "knows no further argument 'now'"),
        ("lab --no-browsers", "did you mean --no-browser?"),
        ("lab --port=9000", "follow after --: `dlcourse lab -- --port=9000`"),
        ("lab 5", "knows no further argument '5'"),
        ("lab -- --ip=0.0.0.0", "run `jupyter lab` yourself"),
        ("lab -- --ServerApp.ip 0.0.0.0", "keeps JupyterLab to this machine"),
        ("lab -- --IdentityProvider.token=", "behind its token"),
        ("lab -- --ServerApp.allow_remote_access=True", "keeps JupyterLab to this machine"),
    ],
)
def test_a_mistake_is_answered_in_a_line_that_says_what_to_do(
    arguments: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("dlcourse: ")
    assert printed.err.count("\n") == 1
    assert remedy in printed.err


def test_help_and_reset_do_not_wait_for_torch_or_jupyter(checkout: Path) -> None:
    for arguments in (["--help"], ["reset", "5"]):
        command = [sys.executable, "-X", "importtime", "-m", "dlcourse", *arguments]
        environment = os.environ | {"PYTHONPATH": str(checkout / "src")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        imported = {line.rpartition("| ")[2].strip() for line in done.stderr.splitlines()}
        assert "dlcourse.commands.cli" in imported
        slow = {"torch", "numpy", "nbformat", "nbclient", "jupyter_client", "jupyterlab", "IPython"}
        assert not imported & slow


def test_a_missing_package_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nbclient", None)
    monkeypatch.delitem(sys.modules, "dlcourse.commands.execution", raising=False)
    assert main(["run", "5"]) == 1
    assert "the package nbclient is missing: run `make setup`" in capsys.readouterr().err


# ---------------------------------------------------------------------------- any machine


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no folder that a process is in")
@pytest.mark.parametrize("arguments", ["progress", "reset 5", "doctor"])
def test_a_folder_that_was_deleted_is_left(arguments: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f'rmdir "{gone}"; "{sys.executable}" -P -m dlcourse {arguments}'
    done = subprocess.run(command, shell=True, cwd=gone, capture_output=True, text=True)  # noqa: S602, PLW1510
    assert done.returncode == 1
    told = "dlcourse: the folder that you are in was deleted: go to another one, as with `cd`.\n"
    assert done.stderr == told


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither")
@pytest.mark.parametrize(
    ("goes_to", "told"),
    [
        ("| true", ""),
        (
            "> /dev/full",
            "dlcourse: No space left on device (where the output goes): make room on the disk.\n",
        ),
    ],
)
def test_output_that_nobody_takes_is_no_traceback(goes_to: str, told: str, checkout: Path) -> None:
    if goes_to == "> /dev/full" and not Path("/dev/full").exists():
        pytest.skip("only Linux has a full device")
    command = f'{{ sleep 0.2; "{sys.executable}" -m dlcourse reset 5; }} {goes_to}'
    environment = os.environ | {"PYTHONPATH": str(checkout / "src")}
    done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True)  # noqa: S602, PLW1510
    assert done.stderr == told


def test_letters_that_the_terminal_does_not_know_are_replaced(
    checkout: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "dlcourse", "reset", "5", "--folder", str(tmp_path / "für")]
    environment = os.environ | {
        "PYTHONPATH": str(checkout / "src"),
        "PYTHONIOENCODING": "ascii:strict",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True)  # noqa: PLW1510
    assert (done.returncode, done.stderr) == (0, "")
    assert "f?r" in done.stdout


# ---------------------------------------------------------------------------- doctor


def test_doctor_says_what_is_wrong_and_what_to_do(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DLCOURSE_DEVICE", raising=False)
    monkeypatch.setenv("DLCOURSE_WORK", str(tmp_path))  # the user's own may have anything in it
    assert main(["doctor"]) == 0
    well = capfd.readouterr().out
    assert re.search(r"^ok +Python: 3\.", well, re.MULTILINE)
    assert "FAULT" not in well

    monkeypatch.setenv("DLCOURSE_DEVICE", "abacus")
    assert main(["doctor"]) == 1
    ill = capfd.readouterr().out
    assert re.search(r"^FAULT  device: .*abacus.*\n       \w+.*cpu", ill, re.MULTILINE)
    assert ill.endswith("must be fixed: see FAULT above.\n")
    assert len(ill.splitlines()) == len(well.splitlines()) + 2


# ---------------------------------------------------------------------------- reset and run


def test_reset_says_what_it_did_and_where_the_old_copy_is(checkout: Path) -> None:
    new = Path("work", "05_mnist_mlp.ipynb")
    assert run(checkout, "reset", "mnist") == (0, f"{new} is a fresh copy.\n", "")
    (checkout / new).write_text("work of a day")
    status, told, _ = run(checkout, "reset", "5")
    assert status == 0
    first, second = told.splitlines()
    assert first == f"{new} is a fresh copy; your old one is now 05_mnist_mlp.old-1.ipynb."
    assert "Reload Notebook from Disk" in second
    assert (checkout / "work" / "05_mnist_mlp.old-1.ipynb").read_text() == "work of a day"


def notebook(checkout: Path, stem: str) -> bytes:
    return (checkout / "notebooks" / f"{stem}.ipynb").read_bytes()


def test_run_reports_and_saves_lesson_by_lesson_until_one_fails(checkout: Path) -> None:
    write_lesson(checkout, "01_tensors", "1", "raise ValueError('one\\ntwo')", "2")
    failing, later = notebook(checkout, "01_tensors"), notebook(checkout, "05_mnist_mlp")
    status, told, complaints = run(checkout, "run", "--save")
    assert (status, complaints) == (1, "")
    first, second = told.splitlines()
    assert re.fullmatch(r"00_start_here: 1 cells, \d+\.\d s, ok", first)
    assert second == "01_tensors: cell 2 raised ValueError: one"
    saved = json.loads(notebook(checkout, "00_start_here"))
    assert saved["cells"][0]["outputs"][0]["data"]["text/plain"] == ["2"]
    assert notebook(checkout, "01_tensors") == failing
    assert notebook(checkout, "05_mnist_mlp") == later


@needs_signals
def test_ctrl_c_ends_a_run_and_its_kernel_and_nothing_is_saved_unasked(
    checkout: Path, tmp_path: Path
) -> None:
    sign = tmp_path / "the kernel"
    tell = f"import os, pathlib, time\npathlib.Path({str(sign)!r}).write_text(str(os.getpid()))"
    write_lesson(checkout, "01_tensors", f"{tell}\ntime.sleep(60)")
    before = notebook(checkout, "05_mnist_mlp")
    process = start(checkout, "run", "5", "1")
    kernel = int(wait_for(lambda: sign.read_text() if sign.exists() else ""))
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert re.fullmatch(r"05_mnist_mlp: 2 cells, \d+\.\d s, ok\n01_tensors: ", stdout)
    assert stderr == "\nStopped.\n"
    assert not psutil.pid_exists(kernel)
    assert notebook(checkout, "05_mnist_mlp") == before


# ---------------------------------------------------------------------------- progress


def test_progress_tells_what_is_passed_begun_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(tmp_path / "progress.jsonl"))
    lesson = [one for one in catalog() if one.id.startswith("tensors.")]
    first, second, *rest = lesson
    record_progress(first.id, PASSED)
    record_progress(second.id, BEGUN)
    assert main(["progress"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(LESSONS)
    minutes = sum(one.minutes for one in (second, *rest))
    told = f"1 of {len(lesson)} passed, about {minutes} minutes left"
    assert re.fullmatch(rf"01 tensors +{told}; begun: {second.answer.__name__}", lines[1])


def test_a_report_to_hand_in_says_what_was_passed_when_and_what_it_is_worth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(tmp_path / "progress.jsonl"))
    first, second, *_ = catalog()
    record_progress(first.id, PASSED)
    record_progress(second.id, BEGUN)
    assert main(["progress", "--report"]) == 0
    assert f"Your report is in {tmp_path / 'report.txt'}" in capsys.readouterr().out

    report = json.loads((tmp_path / "report.json").read_text())
    rows = [row for lesson in report["lessons"].values() for row in lesson]
    assert [row["exercise"] for row in rows] == [one.id for one in catalog()]
    assert [row["exercise"] for row in rows if row["passed"]] == [first.id]
    assert (rows[0]["version"], rows[1]["at"]) == (report["version"], None)
    assert "receipt and no proof" in report["note"]
    text = (tmp_path / "report.txt").read_text()
    assert re.search(rf"passed  {re.escape(first.title)} \({first.id}\), \d{{4}}-", text)
    assert f"open    {second.title} ({second.id})\n" in text
    assert report["note"] in text


def test_progress_that_cannot_be_read_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DLCOURSE_PROGRESS", str(tmp_path))
    assert main(["progress"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"dlcourse: Your progress in {tmp_path} cannot be read")
    assert told.count("\n") == 1
