"""Run a lesson from top to bottom in a fresh kernel, without a browser.

Covers: what `dlcourse run` and `make notebooks` need: timing, memory, the first cell that fails,
and the executed notebook, in a form that is the same whenever and wherever it is made.
Does not cover: comparing outputs with the committed ones; the tests do that.
"""

import asyncio
import atexit
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NoReturn

import nbformat
import psutil  # type: ignore[import-untyped]
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from dlcourse.checking.progress import VARIABLE as PROGRESS_VARIABLE
from dlcourse.commands.environment import course_environment
from dlcourse.errors import CourseError
from dlcourse.files import write_atomically

_SECONDS_PER_CELL = 600  # more than any cell takes on a slow machine
_SECONDS_TO_START = 60  # a kernel, likewise
_LONGEST_REASON = 200  # letters; an exception's message can be a page
_WIDGET = "application/vnd.jupyter.widget-view+json"
_NO_MEMORY = re.compile(  # in the words of Python, NumPy and PyTorch, which has one for each device
    r"MemoryError|can't allocate memory|(?:out of|not enough) memory", re.IGNORECASE
)
_MAKE_ROOM = "close other programs and other lessons, then run it again"
_FOLDERS = re.compile(
    r"""(?:~|[A-Z]:)?[/\\](?:[^\s\x1b"'(]*[/\\])?"""  # all that stands before …
    r"(?=(?:site-packages|python3\.\d+|src[/\\]dlcourse)[/\\])"  # … what is the same everywhere
)


@dataclass
class Run:
    """What became of a notebook's run.

    Attributes:
        notebook: the executed notebook.
        cells: how many code cells were run, a failed one included.
        seconds: from the moment the kernel was ready to the end of the last cell.
        first_output_seconds: from that moment to the end of the first cell that showed something.
        peak_mb: the most memory that the kernel's process occupied, in units of 10^6 bytes. Pages
            of libraries are counted in, even if other processes share them. On macOS it is
            looked at after each cell only, so it may be too low.
        failure: which cell raised what, in a line; empty where all ran.
    """

    notebook: NotebookNode
    cells: int = 0
    seconds: float = 0.0
    first_output_seconds: float | None = None
    peak_mb: float = 0.0
    failure: str = ""


@dataclass
class _Watch:
    """Keeps `run` up to date, as nbclient calls it back."""

    run: Run
    client: NotebookClient = field(init=False)
    start: float = 0.0

    def kernel_is_ready(self, **_: Any) -> None:  # noqa: ANN401 - nbclient's protocol
        self.start = time.perf_counter()

    def cell_starts(self, **_: Any) -> None:  # noqa: ANN401
        self.run.cells += 1

    def cell_ended(self, cell: NotebookNode, **_: Any) -> None:  # noqa: ANN401
        self.run.seconds = time.perf_counter() - self.start
        if cell.outputs and self.run.first_output_seconds is None:
            self.run.first_output_seconds = self.run.seconds
        process: Any = self.client.km.provisioner  # type: ignore[union-attr]  # the kernel is there
        self.run.peak_mb = max(self.run.peak_mb, _peak_mb(process.pid))


class _Loop(asyncio.SelectorEventLoop):
    """An event loop in which Ctrl-C stays what it is.

    nbclient asks to answer it itself, by ending the kernel: that would look like a lesson's fault.
    """

    def add_signal_handler(self, *_: object) -> NoReturn:
        raise NotImplementedError


def execute(path: Path, *, on_cpu: bool = False) -> Run:
    """Run the notebook `path` in a fresh kernel, in its own folder; the file stays as it is.

    A cell that raises ends the run, unless it is tagged raises-exception.

    Args:
        path: the notebook.
        on_cpu: use the CPU even where there is a GPU, as the committed outputs do.

    Raises:
        CourseError: if `path` cannot be read as a notebook, or no kernel could be started.
    """
    watch = _Watch(Run(_read(path)))
    watch.client = NotebookClient(
        watch.run.notebook,
        kernel_name="python3",
        extra_arguments=["--log-level=CRITICAL"],  # else its log lands between our lines
        timeout=_SECONDS_PER_CELL,
        startup_timeout=_SECONDS_TO_START,
        resources={"metadata": {"path": str(path.parent)}},
        coalesce_streams=True,
        store_widget_state=False,
        on_notebook_start=watch.kernel_is_ready,
        on_cell_execute=watch.cell_starts,
        on_cell_executed=watch.cell_ended,
    )
    with tempfile.TemporaryDirectory() as nobodys_settings, tempfile.TemporaryFile() as last_words:
        environment = course_environment() | {
            "IPYTHONDIR": nobodys_settings,
            PROGRESS_VARIABLE: str(Path(nobodys_settings) / "progress.jsonl"),
        }
        if on_cpu:
            environment["DLCOURSE_DEVICE"] = "cpu"
        try:
            with asyncio.Runner(loop_factory=_Loop) as runner:
                runner.run(_execute(watch.client, environment, last_words))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            if isinstance(error, DeadKernelError):
                last_words.seek(0)
                print(last_words.read().decode(errors="replace"), end="", file=sys.stderr)
            watch.run.failure = f"cell {watch.run.cells} {_describe(error)}"
    _make_reproducible(watch.run.notebook)
    return watch.run


async def _execute(client: NotebookClient, environment: dict[str, str], words: IO[bytes]) -> None:
    """Run the notebook of `client` with these environment variables for its kernel.

    What the kernel's process says beside the notebook goes to `words`: libraries of a kernel that
    ends well may complain, too, in the midst of our lines.
    """
    try:
        await client.async_execute(env=environment, stderr=words)
    except DeadKernelError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # Ctrl-C, which nbclient takes for a death
            raise asyncio.CancelledError from None
        raise
    except RuntimeError as error:  # before the first cell
        atexit.unregister(client._cleanup_kernel)  # noqa: SLF001 - it is cleaned up, and would fail
        msg = f"No kernel could be started ({error}): `dlcourse doctor` says what may be wrong."
        raise CourseError(msg) from error


def save(run: Run, path: Path) -> None:
    """Write the executed notebook of `run` to `path`, all or nothing.

    Raises:
        CourseError: if it could not be written; then the file is as before.
    """
    text: str = nbformat.writes(run.notebook)
    write_atomically(path, f"{text.rstrip()}\n".encode())


def _read(path: Path) -> NotebookNode:
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises what its parts happen to raise
        reason = str(error).partition("\n")[0]
        msg = f"{path} cannot be read as a notebook ({reason}): put the committed one back."
        raise CourseError(msg) from error
    return notebook


def _describe(error: Exception) -> str:
    if isinstance(error, CellExecutionError):
        if _NO_MEMORY.search(f"{error.ename}: {error.evalue}"):
            return f"ran out of memory ({error.ename}): {_MAKE_ROOM}"
        reason = f"raised {error.ename}: {error.evalue}".partition("\n")[0]
        return reason[:_LONGEST_REASON]
    if isinstance(error, CellTimeoutError):
        return f"took more than {_SECONDS_PER_CELL} s"
    return f"ended the kernel (out of memory?): {_MAKE_ROOM}"


def _peak_mb(process_id: int) -> float:
    """Return the most memory that a process has occupied so far, in units of 10^6 bytes."""
    if sys.platform == "linux":
        # Not getrusage: what it tells includes the process that started this one.
        status = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8")
        most = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(most[1]) * 1024 / 1e6 if most else 0.0
    memory = psutil.Process(process_id).memory_info()
    return getattr(memory, "peak_wset", memory.rss) / 1e6  # the former on Windows alone


def _make_reproducible(notebook: NotebookNode) -> None:
    """Remove what differs from machine to machine or from run to run."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key == "tags"}
        )
        for output in cell.get("outputs", []):
            # a widget is of its kernel only; what stands for it elsewhere is in the other types
            output.get("data", {}).pop(_WIDGET, None)
            if output.output_type == "error":
                output.traceback = [_without_folders(line) for line in output.traceback]


def _without_folders(text: str) -> str:
    """Return a line of a traceback without the folders that Python and the course are in here."""
    return _FOLDERS.sub("", text)
