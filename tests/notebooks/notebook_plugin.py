"""Runs every code cell of every notebook as a test, and compares its outputs with the file's.

A cell's name is its place among the code cells: `pytest notebooks/05_mnist_mlp.ipynb::cell7`
runs the first seven cells and judges the seventh. What is compared, and how, stands in
notebook_outputs.py; this module runs the cells, on top of nbval's file, cell and kernel:

- One fresh kernel a notebook, of the interpreter that runs pytest, in an empty folder and without
  anybody's start-up files. It sees pytest's environment (DLCOURSE_DEVICE, OMP_NUM_THREADS, …).
- An exercise's cell is run as it is, compared, and then run again with the solution filled in: the
  check must say that it passed, and the cells after it must do what they did without it.
- After a cell that raises unexpectedly, takes too long or kills the kernel, the notebook's other
  cells are skipped. After one that only differs they run on.
- A table at the end counts the cells of each notebook by how they were judged, so that nothing
  is skipped or ignored silently; the warnings that the lessons' libraries printed stand below it.
"""

import os
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbval.kernel import (  # type: ignore[import-untyped]
    CURRENT_ENV_KERNEL_NAME,
    RunningKernel,
    start_new_kernel,
)
from nbval.plugin import IPyNbCell, IPyNbFile  # type: ignore[import-untyped]

from dlcourse.commands.environment import (
    course_environment,
    enter_course_environment,
    forget_foreign_modules,
)
from notebook_lesson import Lesson
from notebook_outputs import Promise, TagError, difference, split_warnings

FOREIGN = pytest.StashKey[list[str]]()
KINDS = ("exact", "approximate", "free", "silent", "raising", "ignored", "skipped")
PASSED = "✓ Passed"  # how a check begins that found nothing wrong
_POLL_SECONDS = 1.0  # how soon a dead kernel is noticed
_INTERRUPT_SECONDS = 10.0  # how long a cell may take to stop after its time is up


class CellError(Exception):
    """The notebook as committed does not say what its code does."""


class KernelLostError(Exception):
    """The kernel died, or did not stop when it was told to."""


class Kernel(RunningKernel):  # type: ignore[misc]  # nbval has no types
    """A fresh IPython kernel that runs one cell after another, as Jupyter would."""

    def __init__(self, folder: Path, startup_timeout: float) -> None:
        """Start the kernel, with all that it writes below the empty `folder`."""
        (folder / "cwd").mkdir()
        environment = course_environment() | {
            "IPYTHONDIR": str(folder / "ipython"),  # nobody's start-up files, nobody's history
            "DLCOURSE_PROGRESS": str(folder / "progress.jsonl"),  # nobody's solved exercises
        }
        self.km, self.kc = start_new_kernel(
            startup_timeout=startup_timeout,
            kernel_name=CURRENT_ENV_KERNEL_NAME,
            stderr=subprocess.DEVNULL,
            cwd=str(folder / "cwd"),
            env=environment,
        )
        self._ensure_iopub_up()

    def run(self, source: str, timeout: float) -> list[NotebookNode]:
        """Run one cell and return its outputs; an exception in it is one of them.

        Raises:
            CellError: if the cell was interrupted after `timeout` seconds.
            KernelLostError: if the kernel died, or could not be interrupted.
        """
        # With its history stored, lines that end in `;` and the names `_` and `Out` work.
        message_id = self.kc.execute(source, allow_stdin=False, stop_on_error=False)
        screen, deadline, late = Screen(), time.monotonic() + timeout, False
        while True:
            message = self._next_message()
            if message and message["parent_header"].get("msg_id") == message_id:
                if message["content"].get("execution_state") == "idle":
                    break
                screen.receive(message)
            if time.monotonic() > deadline:
                if late:
                    msg = f"the cell took longer than {timeout:g} s and could not be interrupted"
                    raise KernelLostError(msg)
                late, deadline = True, time.monotonic() + _INTERRUPT_SECONDS
                self.interrupt()
        self.await_reply(message_id, timeout=_INTERRUPT_SECONDS)
        if late:
            msg = f"the cell took longer than {timeout:g} s and was interrupted"
            raise CellError(msg)
        return screen.outputs

    def _next_message(self) -> dict[str, Any] | None:
        """Return the next message about outputs; None if there is none for a moment."""
        try:
            return self.get_message("iopub", timeout=_POLL_SECONDS)  # type: ignore[no-any-return]
        except Empty:
            if not self.is_alive():
                msg = "the kernel died (out of memory?)"
                raise KernelLostError(msg) from None
            return None


class Screen:
    """The outputs below one cell, as the kernel's messages make, redraw and clear them."""

    def __init__(self) -> None:
        self.outputs: list[NotebookNode] = []
        self._displays: dict[str, NotebookNode] = {}
        self._clear_before_next = False

    def receive(self, message: dict[str, Any]) -> None:
        """Do what one of the kernel's messages asks for."""
        kind, content = message["msg_type"], message["content"]
        display_id = content.get("transient", {}).get("display_id")
        if kind == "clear_output":
            self._clear_before_next = True
            if not content["wait"]:
                self._clear()
        elif kind == "update_display_data":
            if display_id not in self._displays:
                msg = "the cell redraws an output of an earlier cell; draw and redraw in one cell"
                raise CellError(msg)
            self._displays[display_id].data = content["data"]
        elif kind in {"stream", "display_data", "execute_result", "error"}:
            self._clear()
            self.outputs.append(nbformat.v4.output_from_msg(message))
            if display_id:
                self._displays[display_id] = self.outputs[-1]

    def _clear(self) -> None:
        if self._clear_before_next:
            self.outputs.clear()
            self._clear_before_next = False


class LessonFile(IPyNbFile):  # type: ignore[misc]  # nbval has no types
    """One notebook: its code cells, its kernel, and how far it has run."""

    def collect(self) -> Iterator["LessonCell"]:
        """Read the file and yield its code cells; a file or tag that cannot be read is an error."""
        try:
            self.nb = nbformat.read(self.path, as_version=4)
        except (ValueError, nbformat.ValidationError) as error:
            msg = f"{self.path.name} is not a notebook: {error}"
            raise self.CollectError(msg) from error
        lesson = Lesson(self.path, self.nb)
        self.cells, self.exercises = lesson.codes, lesson.exercises
        self.solved: dict[int, str] = {}  # what each exercise's check said of its solution
        self.outputs: list[list[NotebookNode]] = []  # of the cells that have run
        self.stopped_at = 0  # the number of the cell that nothing runs after; 0 for none
        for number, cell in enumerate(self.cells, 1):
            try:
                promise = Promise.of(cell)
            except TagError as error:
                msg = f"{self.path.name} [{number}]: {error}"
                raise self.CollectError(msg) from error
            yield LessonCell.from_parent(
                self,
                name=f"cell{number}",
                cell_num=number,
                cell=cell,
                options={"promise": promise},
            )

    def setup(self) -> None:
        """Start the kernel, before the first selected cell."""
        # A lesson must not depend on the folder that it runs in: learners run copies elsewhere.
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        startup_timeout = self.config.option.nbval_kernel_startup_timeout
        self.kernel = Kernel(Path(self.folder.name), startup_timeout)

    def teardown(self) -> None:
        """Stop the kernel, after the last selected cell."""
        if self.kernel:
            self.kernel.stop()
        self.folder.cleanup()

    def run(self, number: int) -> list[NotebookNode]:
        """Return the outputs of a cell, running it and those before it if they have not run yet.

        Raises:
            CellError: if one of them raised unexpectedly, took too long or killed the kernel.
        """
        timeout = self.config.option.nbval_cell_timeout
        while len(self.outputs) < number:
            cell = self.cells[len(self.outputs)]
            self.stopped_at = len(self.outputs) + 1  # until the cell has ended well
            try:
                outputs = self.kernel.run(cell.source, timeout)
            except (CellError, KernelLostError) as error:
                raise CellError(self._blame(str(error), number)) from error
            errors = [output for output in outputs if output.output_type == "error"]
            if errors and not Promise.of(cell).raises:
                first = errors[0]
                told = f"the cell raised {first.ename}: {first.evalue}"
                told = "\n".join([told, *first.traceback])
                raise CellError(self._blame(told, number))
            self.outputs.append(outputs)
            if name := self.exercises.get(len(self.outputs)):
                filled_in = self.kernel.run(solved_source(name), timeout)
                self.solved[len(self.outputs)] = "\n".join(said(filled_in))
            self.stopped_at = 0
        return self.outputs[number - 1]

    def _blame(self, message: str, number: int) -> str:
        """Return `message`; it names its cell if it is about an earlier one than `number`."""
        at = self.stopped_at
        return message if at == number else f"in cell [{at}], which must run before: {message}"


def solved_source(name: str) -> str:
    """Return the cell of the exercise of that id, with its solution in the place of the stub."""
    from dlcourse.exercises import find_exercise  # noqa: PLC0415 - only lessons with exercises need it

    exercise = find_exercise(name)
    return exercise.cell_source.replace(exercise.stub, exercise.solution_source)


def said(outputs: list[NotebookNode]) -> Iterator[str]:
    """Yield what outputs say, as plain text."""
    for output in outputs:
        if output.output_type == "error":
            yield f"{output.ename}: {output.evalue}"
        yield output.get("text") or output.get("data", {}).get("text/plain", "")


class LessonCell(IPyNbCell):  # type: ignore[misc]  # nbval has no types
    """One code cell: it passes if it does again what the notebook says it did."""

    def runtest(self) -> None:
        """Run the cell, and those before it that have not run yet, and judge it."""
        lesson, promise = self.parent, self.options["promise"]
        if lesson.stopped_at:
            self._count_as("skipped")
            pytest.skip(f"{lesson.path.name} stopped at cell [{lesson.stopped_at}]")
        self._count_as(_kind(promise, self.cell))
        if self.cell.execution_count != self.cell_num:
            msg = f"the file has it executed as [{self.cell.execution_count}], not as"
            msg += f" [{self.cell_num}]: execute the notebook from the top and save it"
            raise CellError(msg)
        outputs, warnings = split_warnings(lesson.run(self.cell_num))
        if warnings:
            self.user_properties.append(("warnings", warnings))
        if promise.raises and not any(output.output_type == "error" for output in outputs):
            msg = "the cell is tagged raises-exception and raised nothing"
            raise CellError(msg)
        committed, _ = split_warnings(self.cell.outputs)
        if not promise.ignored and (found := difference(committed, outputs, promise.tolerance)):
            msg = f"{found}\n(If the new output is right, save it with `make notebooks`.)"
            raise CellError(msg)
        told = lesson.solved.get(self.cell_num, PASSED)
        if PASSED not in told:
            msg = f"with the solution filled in, the check says: {told}"
            raise CellError(msg)

    def _count_as(self, kind: str) -> None:
        self.user_properties.append(("cell", kind))

    def setup(self) -> None:
        """Need nothing: the kernel belongs to the file."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> object:
        """Return what pytest prints about a failure: notebook, cell, what differs, the cell."""
        if not isinstance(excinfo.value, CellError):
            return pytest.Item.repr_failure(self, excinfo)
        return (
            f"{self.parent.path.name} [{self.cell_num}] ({self.options['promise']}):"
            f" {excinfo.value}\n--- the cell\n{self.cell.source}"
        )

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the cell is and how pytest calls it."""
        return self.path, 0, f"{self.parent.path.name} [{self.cell_num}]"


def _kind(promise: Promise, cell: NotebookNode) -> str:
    """Return the one of `KINDS` that a cell counts as when it is judged."""
    if promise.ignored:
        return "ignored"
    if promise.raises:
        return "raising"
    if not cell.outputs:
        return "silent"
    if promise.tolerance is None:
        return "exact"
    return "free" if promise.free else "approximate"


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the process, before anything imports NumPy, PyTorch or matplotlib."""
    # A worker's sys.path is what its controller's was at the start, so that tells what to forget.
    config.stash[FOREIGN] = forget_foreign_modules(
        getattr(config, "workerinput", {}).get("foreign", ())
    )
    enter_course_environment()
    os.environ["MPLBACKEND"] = "Agg"  # for the tests in tests/: no window, anywhere
    settings = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # and nobody's settings
    config.add_cleanup(settings.cleanup)
    os.environ["IPYTHONDIR"] = settings.name
    os.environ["MATPLOTLIBRC"] = str(Path(settings.name, "matplotlibrc"))
    Path(settings.name, "matplotlibrc").touch()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Workers with as many threads as cores each are slower than a single one.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    # The notebooks are collected here, even if somebody asks nbval for them too.
    config.option.nbval = config.option.nbval_lax = False


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - xdist's
    """Tell a worker of xdist which entries of its sys.path are not the course's."""
    node.workerinput["foreign"] = node.config.stash[FOREIGN]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> LessonFile | None:
    """Collect notebooks; pytest knows Python files."""
    if file_path.suffix != ".ipynb":
        return None
    return LessonFile.from_parent(parent, path=file_path)  # type: ignore[no-any-return]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many cells of each notebook were judged in which way, and what they warned of."""
    counts: dict[str, Counter[str]] = {}
    warnings = []
    for report in (r for reports in terminalreporter.stats.values() for r in reports):
        if not isinstance(report, pytest.TestReport) or report.when != "call":
            continue
        for name, value in report.user_properties:
            if name == "cell":
                path = report.nodeid.partition("::")[0]
                counts.setdefault(path, Counter())[str(value)] += 1
            elif name == "warnings":
                warnings.append(f"{report.nodeid}: {value}")
    if counts:
        terminalreporter.section("notebook cells")
        for line in _table(counts):
            terminalreporter.write_line(line)
    if warnings:
        terminalreporter.section("warnings in notebooks (not compared)")
        for line in warnings:
            terminalreporter.write_line(line)


def _table(counts: dict[str, Counter[str]]) -> Iterator[str]:
    """Yield the lines of a table with a row a notebook and a column a kind of cell."""
    width = max(map(len, counts))
    yield " ".join([" " * width, *(f"{kind:>11}" for kind in KINDS)])
    for path, count in sorted(counts.items()):
        yield " ".join([f"{path:{width}}", *(f"{count[kind]:11}" for kind in KINDS)])
