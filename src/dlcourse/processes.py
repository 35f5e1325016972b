"""Starts a script in several processes of this machine, and leaves none of them running.

Covers: torchrun on the loopback address, its restarts, what each process printed, a time limit.
Does not cover: several machines, GPUs (each process chooses its device), what the script does.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from dlcourse.errors import CourseError

_SECONDS = 300.0  # far more than a start takes on a slow machine
_ENDING_SECONDS = 10.0  # how long a process that was killed may take to be gone
_LAST_LINES = 12  # of what a failed process said
_NOT_SAID = re.compile(r"^\[Gloo\] .*\n", re.MULTILINE)  # what older versions of PyTorch print

# The processes meet on the loopback address, whatever the machine is called and wherever its name
# leads to. Each start gets a store of its own: in torchrun's, a second start can find the addresses
# of processes that are gone. PyTorch for Windows may lack libuv, which its stores use otherwise.
_LOOPBACK = {"linux": "lo", "darwin": "lo0"}.get(sys.platform)
_SETTINGS = (
    {"OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    | ({"GLOO_SOCKET_IFNAME": _LOOPBACK} if _LOOPBACK else {})
    | ({"USE_LIBUV": "0"} if sys.platform == "win32" else {})
)


class ProcessError(CourseError):
    """A script that was started in several processes failed, or took too long."""


def torchrun(
    script: Path, *, n_processes: int, max_restarts: int = 0, seconds: float = _SECONDS
) -> str:
    """Run `script` in `n_processes` processes; return what they printed, one after the other.

    As `torchrun --nproc-per-node n_processes --max-restarts max_restarts script` does, with the
    script's folder as the current one. Each process computes with one thread. If one of them fails,
    all are stopped, and started again at most `max_restarts` times; what each start printed is
    returned in order. Whatever happens, none of the processes is left when this returns or raises:
    not when the cell is stopped, either.

    Raises:
        ProcessError: if the processes failed once too often, or were not done after `seconds`.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--local-addr", "127.0.0.1", "--nproc-per-node", str(n_processes)),
            *("--max-restarts", str(max_restarts), "--log-dir", folder, "--redirects", "3"),
            str(script.resolve()),
        ]
        with _started(command, script.resolve().parent) as process:
            try:
                _, log = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                msg = f"{script.name} was stopped after {seconds:g} s: give it more, or less to do."
                raise ProcessError(msg) from None
        if process.returncode != 0:
            said = _said(Path(folder), "stderr.log") or log
            last = "\n".join(said.strip().splitlines()[-_LAST_LINES:])
            msg = f"{script.name} failed; the last lines that its processes wrote:\n{last}"
            raise ProcessError(msg)
        return _said(Path(folder), "stdout.log")


@contextlib.contextmanager
def _started(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start `command` in `folder`; at the end kill what is left of it, and of what it started."""
    process = subprocess.Popen(  # noqa: S603
        command,
        cwd=folder,
        env=os.environ | _SETTINGS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        yield process
    finally:
        with process:  # waits for it, and closes its pipe
            _kill_tree(process.pid)


def _kill_tree(pid: int) -> None:
    """Kill the process `pid` and all that descend from it; return when they are gone."""
    try:
        parent = psutil.Process(pid)
        # The parent must not start others after its children were listed.
        parent.suspend()
        processes = [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:  # it has ended by itself, after its children
        return
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=_ENDING_SECONDS)


def _said(folder: Path, name: str) -> str:
    """Return the logs `name` of all processes, by the number of the start and of the process."""
    logs = sorted(
        folder.rglob(name),
        key=lambda log: (int(log.parent.parent.name.rpartition("_")[2]), int(log.parent.name)),
    )
    said = "".join(log.read_text(encoding="utf-8", errors="replace") for log in logs)
    return _NOT_SAID.sub("", said)
