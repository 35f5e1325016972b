"""`dlcourse` in a process of its own, and small checkouts for it to run in."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import nbformat
import pytest

import dlcourse

T = TypeVar("T")

_PACKAGE = Path(dlcourse.__file__).parent

_STARTED: list["subprocess.Popen[str]"] = []

# For a process to call at its start: pytest may itself have been started so that it ignores Ctrl-C.
listen_to_ctrl_c = (
    None if os.name == "nt" else partial(signal.signal, signal.SIGINT, signal.default_int_handler)
)

needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows sends no Ctrl-C to one process")


def make_checkout(folder: Path) -> Path:
    """Make `folder` a checkout with two small lessons, 00 and 05, and return it."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_PACKAGE, folder / "src" / "dlcourse", ignore=ignored)
    (folder / "notebooks").mkdir()
    write_lesson(folder, "00_start_here", "1 + 1")
    write_lesson(folder, "05_mnist_mlp", "2 + 2", "print(3)")
    return folder


def write_lesson(checkout: Path, stem: str, *sources: str) -> None:
    """Write the lesson `stem`, whose cells have these sources and were never run."""
    cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(notebook, checkout / "notebooks" / f"{stem}.ipynb")


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """End what a test that failed has left; for test files that import it."""
    yield
    while _STARTED:
        with _STARTED.pop() as process:
            process.kill()


def start(checkout: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start `dlcourse` in a checkout, as from a terminal that listens to Ctrl-C."""
    path = os.pathsep.join([str(checkout / "src"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", "dlcourse", *arguments],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listen_to_ctrl_c,  # noqa: PLW1509
    )
    _STARTED.append(process)
    return process


def run(checkout: Path, *arguments: str) -> tuple[int, str, str]:
    """Return the exit status of `dlcourse` with these arguments, its stdout and its stderr."""
    process = start(checkout, *arguments)
    stdout, stderr = process.communicate(timeout=120)
    return process.returncode, stdout, stderr


def wait_for(found: Callable[[], T], seconds: float = 60) -> T:
    """Return what `found` returns, as soon as that is something."""
    for _ in range(round(seconds / 0.05)):
        if value := found():
            return value
        time.sleep(0.05)
    pytest.fail(f"nothing after {seconds} s")


class Address(NamedTuple):
    """The address that a lab printed, in whole and in parts, and what it had printed before."""

    url: str
    port: str
    path: str
    token: str
    said: str


def address_of(lab: "subprocess.Popen[str]") -> Address:
    """Return the address that `dlcourse lab` prints; by then its page can be opened."""
    assert lab.stdout is not None
    said = ""
    while True:
        line = lab.stdout.readline()
        assert line, f"the lab ended after {said}{lab.stderr.read() if lab.stderr else ''}"
        if found := re.search(r"http://127\.0\.0\.1:(\d+)(\S*)\?token=(\w+)", line):
            assert wait_for(lambda: get(found[0])[0]) == 200
            port, path, token = found.groups()
            return Address(found[0], port, path, token, said)
        said += line


def get(address: str) -> tuple[int, str]:
    """Return the status and the text that `address` answers with."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=10) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""
    except urllib.error.URLError:
        return 0, ""  # nobody listens


def open_to_all() -> Path | None:
    """Return a folder for temporary files that every user can enter; None: the usual one."""
    for folder in (Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/tmp")):  # noqa: S108
        if all(one.stat().st_mode & stat.S_IXOTH for one in (folder, *folder.parents)):
            return folder
    return None
