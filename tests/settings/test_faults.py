"""A kernel is killed, a disk is full, memory is short, two courses start at once.

Each fault is a real one, done to the command line, to a kernel or to a whole process; what one
module alone has to withstand is in that module's tests.
"""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from course_process import (
    address_of,
    get,
    make_checkout,
    needs_signals,
    nothing_is_left_running,  # noqa: F401 - a fixture that every test uses
    start,
    wait_for,
    write_lesson,
)
from dlcourse.checking.progress import PASSED, VARIABLE, read_progress, record_progress
from dlcourse.commands.workspace import copy_lessons
from dlcourse.places import ROOT
from notebook_plugin import Kernel, KernelLostError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout of its own, with two small lessons."""
    return make_checkout(tmp_path / "checkout")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# ---------------------------------------------------------------------------- a kernel is killed


TRAINING = """
import os, pathlib, torch
X = torch.rand(256, 8)
y = X.sum(dim=1)
w = torch.zeros(8, requires_grad=True)
step = 0
while True:
    ((X @ w - y) ** 2).mean().backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad.zero_()
    step += 1
    if step == 100:
        pathlib.Path({sign!r}).write_text(str(os.getpid()))
"""


@pytest.fixture
def sign(tmp_path: Path) -> Path:
    """Return the file into which a kernel that trains writes its process's number."""
    return tmp_path / "the kernel"


def wait_for_kernel(sign: Path) -> psutil.Process:
    """Return the kernel's process, when it is in the middle of its training."""
    return psutil.Process(int(wait_for(lambda: sign.read_text() if sign.exists() else "", 180)))


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_run_whose_kernel_is_killed_says_so_at_once_and_leaves_all_as_it_was(
    checkout: Path, tmp_path: Path, sign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lesson(checkout, "05_mnist_mlp", "1", TRAINING.format(sign=str(sign)), "2")
    for variable in ("TMPDIR", "TEMP", "TMP", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    notebooks = contents(checkout / "notebooks")

    process = start(checkout, "run", "--save", "5")
    kernel = wait_for_kernel(sign)
    kernel.kill()
    killed = time.monotonic()
    told, complaints = process.communicate(timeout=120)

    assert time.monotonic() - killed < 60, "a second or two, if nothing else runs"
    assert (process.returncode, complaints) == (1, "")
    assert re.fullmatch(r"05_mnist_mlp: cell 2 ended the kernel .*: close other .*\n", told)
    assert contents(checkout / "notebooks") == notebooks
    assert contents(tmp_path / "temporary") == {}
    assert has_ended(kernel)


def test_a_run_that_is_killed_leaves_no_kernel_and_no_half_a_lesson(
    checkout: Path, sign: Path
) -> None:
    write_lesson(checkout, "05_mnist_mlp", TRAINING.format(sign=str(sign)))
    notebooks = contents(checkout / "notebooks")
    process = start(checkout, "run", "--save", "5")
    kernel = wait_for_kernel(sign)
    process.kill()
    try:
        wait_for(lambda: "ended" if has_ended(kernel) else "")
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            kernel.kill()
        process.communicate(timeout=60)
    assert contents(checkout / "notebooks") == notebooks


def test_a_learners_kernel_that_is_killed_loses_neither_progress_nor_copies(
    checkout: Path, tmp_path: Path, sign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = copy_lessons(checkout).folder
    copies = contents(work)
    kernel = Kernel(tmp_path, startup_timeout=60)
    killed_at = []

    def kill() -> None:
        wait_for_kernel(sign).kill()
        killed_at.append(time.monotonic())

    killer = threading.Thread(target=kill)
    try:
        check = "from dlcourse.exercises import start_here as ex\nex.elsewhere.check('c')"
        (verdict,) = kernel.run(check, timeout=180)
        assert verdict["data"]["text/plain"].startswith("✓ Passed")
        killer.start()
        with pytest.raises(KernelLostError, match="the kernel died"):
            kernel.run(TRAINING.format(sign=str(sign)), timeout=300)
        told_at = time.monotonic()
    finally:
        kernel.stop()
    killer.join()
    assert told_at - killed_at[0] < 60, "at once, not when the cell's time is up"

    monkeypatch.setenv(VARIABLE, str(tmp_path / "progress.jsonl"))
    record_progress("start_here.sure_of_a_cat", PASSED)
    names = ["start_here.elsewhere", "start_here.sure_of_a_cat"]
    assert read_progress() == dict.fromkeys(names, PASSED)
    assert contents(work) == copies


# ---------------------------------------------------------------------------- no way to itself


def _cannot_unshare(*words: str) -> bool:
    """Tell whether `unshare --map-root-user` does not run these options and this program here."""
    command = ["unshare", "--map-root-user", *words]
    return (
        sys.platform != "linux"
        or shutil.which("unshare") is None
        or subprocess.run(command, capture_output=True, check=False).returncode != 0
    )


@pytest.mark.skipif(
    _cannot_unshare("--net", "true"), reason="only Linux cuts off 127.0.0.1, and not for everybody"
)
def test_a_machine_that_cannot_reach_itself_is_told_so(checkout: Path) -> None:
    cut_off = ["unshare", "--map-root-user", "--net"]  # where 127.0.0.1 is down, too
    code = (
        "import sys; from dlcourse.commands import execution;"
        "execution._SECONDS_TO_START = 3; from dlcourse.commands.cli import main;"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = []
    for command in ("run 00", "doctor"):
        words = [*cut_off, sys.executable, "-c", code, *command.split()]
        done.append(subprocess.run(words, capture_output=True, text=True, cwd=checkout))  # noqa: PLW1510
    run, doctor = done
    told = "dlcourse: No kernel could be started (Kernel didn't respond in 3 seconds): `dlcourse"
    assert (run.returncode, run.stderr) == (1, f"{told} doctor` says what may be wrong.\n")
    assert doctor.returncode == 1
    [fault] = re.findall(r"^FAULT +.*$", doctor.stdout, re.MULTILINE)
    assert "cannot talk to each other ([Errno 101] Network is unreachable)" in fault


# ---------------------------------------------------------------------------- a disk is full


def run_on_small_disk(disk: Path, size: str, code: str) -> list[str]:
    """Run Python `code`, with the path of a disk of that size; return the lines that it printed."""
    disk.mkdir()
    mount = f'mount -t tmpfs -o size={size} none "$0" && exec "$@"'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, str(disk)]
    done = subprocess.run(
        [*command, sys.executable, "-c", code, str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


needs_small_disk = pytest.mark.skipif(
    _cannot_unshare("--mount", "mount", "-t", "tmpfs", "none", "/mnt"),
    reason="only Linux makes a small disk, and not for everybody",
)

UNPACK = """
import subprocess, sys
from pathlib import Path
from dlcourse import data
from dlcourse.errors import DataError

data._DATA = disk = Path(sys.argv[1])
def files():
    return [path.name for path in disk.rglob("*") if path.is_file()]
try:
    data.mnist_folder()
except DataError as error:
    print(error)
print(files())
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "none", disk], check=True)
data.mnist_folder()
print(len(files()))
"""


@needs_small_disk
def test_a_disk_that_is_too_small_for_mnist_is_told_and_left_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk / "cache"))
    told, left, n_files = run_on_small_disk(disk, "20m", UNPACK)
    full = "(No space left on device)"
    places = f"{disk / 'unpacked'} {full} or into {disk / 'cache' / 'dlcourse'} {full}"
    assert told.startswith(f"MNIST could not be unpacked into {places}: free 60 MB in one of")
    assert (left, n_files) == ("[]", "4")


CHECK_TWICE = """
import json, os, sys
from pathlib import Path
from dlcourse.checking.progress import read_progress
from dlcourse.exercises import start_here as ex

disk = Path(sys.argv[1])
file = disk / "progress.jsonl"
old = json.dumps({"exercise": "old", "reached": "passed", "at": "%s"})
file.write_text(old % ("x" * (4096 - 20 - len(old % "") - 1)) + "\\n")
other = disk / "other"
other.write_bytes(bytes(4096))

os.environ["DLCOURSE_PROGRESS"] = str(file)
before = file.read_bytes()
ex.elsewhere.check("c")
print(file.read_bytes().startswith(before), file.stat().st_size - len(before))
other.unlink()
ex.sure_of_a_cat.check("b")
print(*read_progress().items())
"""


@needs_small_disk
def test_progress_on_a_full_disk_costs_one_line_and_neither_verdict_nor_other_lines(
    tmp_path: Path,
) -> None:
    disk = tmp_path / "disk"
    told = run_on_small_disk(disk, "8k", CHECK_TWICE)  # one page for progress, and one for another
    first, *_, complaint, left, second, _, read = told
    assert first == "✓ Passed: A network on another computer"
    full = f"could not be saved in {disk / 'progress.jsonl'} (No space left on device)"
    assert complaint == f"(Your progress {full}: free some space.)"
    assert left == "True 20", "the old is whole, and the line has been cut off"
    assert second.startswith("✓ Passed")
    assert read == "('old', 'passed') ('start_here.sure_of_a_cat', 'passed')"


# ---------------------------------------------------------------------------- memory is short


LIMIT = 2_000_000_000

# Without swap, what a process itself writes (RLIMIT_DATA) has to stay in memory; the pages of
# libraries need not, they can be read again. Address space (RLIMIT_AS) is no memory at all.
limits_memory = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux limits what a process may write"
)


@pytest.fixture
def without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have lessons compute on the CPU: a GPU's driver has memory of its own, which also counts."""
    monkeypatch.setenv("DLCOURSE_DEVICE", "cpu")


def run_in_2_gb(checkout: Path, *arguments: str) -> tuple[int, str, str]:
    """Return what `run` does, for a `dlcourse` that has 2 GB, as has each of its kernels."""
    import resource  # noqa: PLC0415 - not on Windows

    process = start(checkout, *arguments)
    resource.prlimit(process.pid, resource.RLIMIT_DATA, (LIMIT, LIMIT))
    stdout, stderr = process.communicate(timeout=600)
    return process.returncode, stdout, stderr


@limits_memory
@pytest.mark.usefixtures("without_gpu")
def test_a_lesson_runs_whole_in_2_gb() -> None:
    status, told, complaints = run_in_2_gb(ROOT, "run", "00")
    assert (status, complaints) == (0, ""), told
    assert told.endswith(" s, ok\n")


@limits_memory
@pytest.mark.usefixtures("without_gpu")
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("bytes(LIMIT)", "MemoryError"),
        ("import numpy\nnumpy.ones(LIMIT // 8)", "MemoryError"),
        ("import torch\ntorch.ones(LIMIT // 4)", "RuntimeError"),
    ],
)
def test_memory_that_runs_out_is_told_in_a_line_with_what_to_do(
    checkout: Path, code: str, error: str
) -> None:
    write_lesson(checkout, "05_mnist_mlp", "1", f"LIMIT = {LIMIT}\n{code}", "2")
    status, told, complaints = run_in_2_gb(checkout, "run", "5")
    assert (status, complaints) == (1, "")
    end = r"close other programs and other lessons, then run it again"
    assert re.fullmatch(rf"05_mnist_mlp: cell 2 ran out of memory \(\w*{error}\): {end}\n", told)


# ---------------------------------------------------------------------------- two at once


@needs_signals
def test_two_labs_started_at_once_both_work_on_one_set_of_copies(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("CONFIG", "DATA", "RUNTIME"):  # as on the first start of all
        monkeypatch.setenv(f"JUPYTER_{kind}_DIR", str(tmp_path / "jupyter" / kind))
    labs = [start(checkout, "lab", "--no-browser") for _ in range(2)]
    try:
        addresses = [address_of(lab) for lab in labs]
        assert addresses[0].port != addresses[1].port, "each has its own port"
        for one in addresses:
            lesson_05 = "api/contents/05_mnist_mlp.ipynb"
            api = f"http://127.0.0.1:{one.port}/{lesson_05}?token={one.token}"
            status, lesson = get(api)
            assert status == 200
            assert json.loads(lesson)["content"]["cells"][0]["source"] == "2 + 2"
    finally:
        for lab in labs:
            lab.kill()
        complaints = [lab.communicate(timeout=60)[1] for lab in labs]
    added = [re.search(r"\(new: (.*)\)\.$", one.said, re.MULTILINE) for one in addresses]
    names = [name for found in added if found for name in found[1].split(", ")]
    assert sorted(names) == ["00_start_here", "05_mnist_mlp"], "made once"
    assert sorted(contents(checkout / "work")) == ["00_start_here.ipynb", "05_mnist_mlp.ipynb"]
    assert "Traceback" not in "".join(complaints)
