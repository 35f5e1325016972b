"""The plugin that runs notebooks, run for real on small notebooks: each cell's verdict and words.

One run of pytest serves nearly all tests here, since each notebook needs a kernel of its own.
"""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

import notebook_plugin
from notebook_plugin import Kernel, KernelLostError
from notebook_samples import code, error, notebook, picture, shown, stream

ROOT = Path(__file__).parents[2]
_OUR_OWN = {"OMP_NUM_THREADS", "PYTEST_XDIST_WORKER"}  # what the run below shall choose itself
SHOW = """
from base64 import b64encode
from IPython.display import display
def show(alt):
    html = f'<img src="data:image/png;base64,bmV3" width="640" alt="{alt}">'
    display({"text/html": html, "text/plain": alt}, raw=True)
"""


@dataclass(frozen=True)
class Verdict:
    """What pytest said of one cell."""

    outcome: str  # passed, failed or skipped
    words: str = ""


@dataclass(frozen=True)
class Run:
    """One run of pytest over a folder of notebooks."""

    verdicts: dict[str, Verdict]  # by "file::cell"
    output: str
    status: int


def run_pytest(folder: Path, *arguments: str, **environment: str) -> Run:
    """Run pytest in `folder`, with the project's own settings."""
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml")]
    command += ["--rootdir", str(folder), "-p", "notebook_plugin", "-p", "no:cacheprovider"]
    command += ["--color=no", "--junitxml=verdicts.xml", *arguments]
    inherited = {name: text for name, text in os.environ.items() if name not in _OUR_OWN}
    done = subprocess.run(
        command,
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT / "tests"), "PYTHONUTF8": "1"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (folder / "verdicts.xml").exists(), done.stdout + done.stderr
    verdicts = {}
    for case in ET.parse(folder / "verdicts.xml").iter("testcase"):  # noqa: S314 - pytest wrote it
        told = [child for child in case if child.tag in {"failure", "skipped", "error"}]
        outcome = {"failure": "failed"}.get(told[0].tag, told[0].tag) if told else "passed"
        words = "\n".join(f"{child.get('message')}\n{child.text}" for child in told)
        verdicts[f"{case.get('classname')}::{case.get('name')}"] = Verdict(outcome, words)
    return Run(verdicts, done.stdout, done.returncode)


# Each of these cells is judged alone: claim → the cell, and the words of its failure or None.
Sample = tuple[NotebookNode, str | None]
CELLS: dict[str, Sample] = {
    "an equal stream passes": (code("print(1.25)", stream("1.25\n")), None),
    "an equal result passes": (code("_1 = 5; _1", shown("5")), None),
    "a changed digit fails": (code("print(1.25)", stream("1.26\n")), "-1.26\n+1.25"),
    "a changed word fails": (code("print('new')", stream("old\n")), "-old\n+new"),
    "a missing output fails": (code("2", shown("2"), stream("a\n")), "--- now, text/plain:\n2"),
    "an extra output fails": (code("print(3)"), "--- committed: no output"),
    "prints in many chunks pass": (
        code(
            "import sys\nfor i in range(3):\n    print(i, end=' ')\n    sys.stdout.flush()",
            stream("0 1 2 "),
        ),
        None,
    ),
    "a close decimal passes where approximate": (
        code("0.50000", shown("0.50040"), tags=["approx-1e-3"]),
        None,
    ),
    "a far decimal fails where approximate": (
        code("0.5", shown("0.502"), tags=["approx-1e-3"]),
        "0.502 is now 0.5",
    ),
    "a changed integer fails where approximate": (
        code("60000", shown("60001"), tags=["approx-1e-2"]),
        "60001 is now 60000",
    ),
    "any number passes where numbers are free": (
        code("print('12.5 ms')", stream("980.1 ms\n"), tags=["approx-inf"]),
        None,
    ),
    "a changed word fails where numbers are free": (
        code("print('12.5 ms')", stream("12.5 s\n"), tags=["approx-inf"]),
        "-12.5 s\n+12.5 ms",
    ),
    "anything passes where ignored": (
        code("'Xeon'", shown("'Epyc'"), tags=["nbval-ignore-output"]),
        None,
    ),
    "a cell without output passes": (code(SHOW), None),
    "a figure with other pixels passes": (
        code("show('Falls to 0.5')", picture("Falls to 0.5")),
        None,
    ),
    "a figure with another description fails": (
        code("show('Falls to 0.5')", picture("Falls to 0.6")),
        "-Falls to 0.6\n+Falls to 0.5",
    ),
    "an expected exception passes": (
        code("1 / 0", error("ZeroDivisionError", "division by zero"), tags=["raises-exception"]),
        None,
    ),
    "an exception with another message fails": (
        code(
            "raise ValueError('b')",
            error("ValueError", "a"),
            tags=["raises-exception"],
        ),
        "-ValueError: a\n+ValueError: b",
    ),
    "an exception of another type fails": (
        code("raise ValueError('a')", error("TypeError", "a"), tags=["raises-exception"]),
        "-TypeError: a\n+ValueError: a",
    ),
    "an exception of the type that older versions of torch raise passes": (
        code(
            "raise RuntimeError('a')", error("NotImplementedError", "a"), tags=["raises-exception"]
        ),
        None,
    ),
    "an exception that does not come fails": (
        code("'fine'", shown("'fine'"), tags=["raises-exception"]),
        "tagged raises-exception and raised nothing",
    ),
    "a cell that was not executed fails": (
        code("7", shown("7"), count=0),
        "the file has it executed as [None]",
    ),
    "a cell executed out of order fails": (
        code("7", shown("7"), count=99),
        "executed as [99]",
    ),
    "a memory address passes": (code("object()", shown("<object at 0x1f>")), None),
    "a progress bar passes": (
        code("print('0%\\r50%\\r100%')", stream("100%\n")),
        None,
    ),
    "a redrawn output passes": (
        code("shown = display(1, display_id=True)\nshown.update(2)", shown("2")),
        None,
    ),
    "a cleared output passes": (
        code(
            "from IPython.display import clear_output\nprint(1); clear_output(wait=True); print(2)",
            stream("2\n"),
        ),
        None,
    ),
    "an output that is cleared for good is gone": (code("print(1); clear_output()"), None),
    "a line that ends in a semicolon shows nothing": (code("4 + 4;"), None),
    "the names _ and Out work": (code("8 + 0\n", shown("8")), None),
    "the names _ and Out work, with the next cell": (code("_ + Out[max(Out)]", shown("16")), None),
    "a warning is not compared": (code("import warnings; warnings.warn('worn out')"), None),
    "other text on stderr is compared": (
        code("import sys; print('noise', file=sys.stderr)"),
        "--- now, stderr:\nnoise",
    ),
    "the kernel is of pytest's own interpreter": (
        code("import sys; sys.executable", shown(repr(sys.executable))),
        None,
    ),
    "the kernel works in an empty folder": (code("import os; os.listdir()", shown("[]")), None),
    "the kernel sees pytest's environment": (
        code(
            "[os.environ[n] for n in ['DLCOURSE_DEVICE', 'ATEN_CPU_CAPABILITY']]",
            shown("['cpu', 'default']"),
        ),
        None,
    ),
    "a worker's kernel has one thread": (
        code("os.environ['OMP_NUM_THREADS']", shown("'1'")),
        None,
    ),
    "nobody's start-up files are run": (
        code("[n for n in ('from_ipython', 'from_python') if n in globals()]", shown("[]")),
        None,
    ),
    "MPLBACKEND is Jupyter's": (code("'inline' in os.environ['MPLBACKEND']", shown("True")), None),
    "warnings are not errors for the kernel": (
        code("os.environ.get('PYTHONWARNINGS', 'unset')", shown("'unset'")),
        None,
    ),
    "an earlier cell's output that is redrawn fails": (
        code("shown.update(3)"),
        "redraws an output of an earlier cell",
    ),
}


def write(folder: Path, name: str, *cells: NotebookNode) -> None:
    nbformat.write(notebook(*cells), folder / f"{name}.ipynb")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run pytest in two workers: over notebooks, chosen cells, and files that cannot be read."""
    folder = tmp_path_factory.mktemp("notebooks")
    one = code("1", shown("1"))
    write(folder, "alone", *(cell for cell, _ in CELLS.values()))
    write(folder, "raises", code("a = 1"), code("a / 0"), code("a", shown("1")), code("a"))
    write(folder, "dies", code("import os; os._exit(1)"), one)
    write(folder, "endless", code("while True: pass"), one)
    write(folder, "chosen", code("a = 1"), code("a += 1"), code("a", shown("2")), code("a"))
    write(folder, "broken", code("a = 1"), code("a / 0"), code("a", shown("1")))
    write(folder, "mistyped", code("1", tags=["aprox-1e-3"]))
    (folder / "torn.ipynb").write_text('{"cells": [')
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "1.py").write_text("from_ipython = True\n")
    (folder / "startup.py").write_text("from_python = True\n")
    return run_pytest(
        folder,
        *("-n", "2", "--continue-on-collection-errors"),
        "--nbval-cell-timeout=5",
        *("alone.ipynb", "raises.ipynb", "dies.ipynb", "endless.ipynb"),
        *("chosen.ipynb::cell3", "broken.ipynb::cell3"),
        *("mistyped.ipynb", "torn.ipynb"),
        DLCOURSE_DEVICE="cpu",
        ATEN_CPU_CAPABILITY="default",
        IPYTHONDIR=str(folder / "ipython"),
        PYTHONSTARTUP=str(folder / "startup.py"),
        MPLBACKEND="agg",
        PYTHONWARNINGS="ignore::UserWarning",
    )


def number_of(claim: str) -> int:
    """Return the number, in the notebook `alone`, of the cell that shows `claim`."""
    return 1 + list(CELLS).index(claim)


@pytest.mark.parametrize("claim", CELLS)
def test_in_a_notebook(claim: str, run: Run) -> None:
    number, (_, words) = number_of(claim), CELLS[claim]
    verdict = run.verdicts[f"alone.ipynb::cell{number}"]

    assert verdict.outcome == ("passed" if words is None else "failed"), verdict.words
    if words is not None:
        assert f"alone.ipynb [{number}] " in verdict.words
        assert words in verdict.words


def test_failure_shows_the_rule_and_the_cell(run: Run) -> None:
    number = number_of("a far decimal fails where approximate")

    words = run.verdicts[f"alone.ipynb::cell{number}"].words

    assert "(compared within 0.001)" in words
    assert "--- the cell\n0.5" in words


def test_unexpected_exception_skips_the_rest_and_fails_the_run(run: Run) -> None:
    assert run.verdicts["raises.ipynb::cell1"].outcome == "passed"
    assert run.verdicts["raises.ipynb::cell2"].outcome == "failed"
    assert "raised ZeroDivisionError: division by zero" in run.verdicts["raises.ipynb::cell2"].words
    for name in "raises.ipynb::cell3", "raises.ipynb::cell4":
        assert run.verdicts[name].outcome == "skipped"
        assert "raises.ipynb stopped at cell [2]" in run.verdicts[name].words
    assert run.status == pytest.ExitCode.TESTS_FAILED


def test_dead_kernel_fails_its_cell_and_skips_the_rest(run: Run) -> None:
    assert run.verdicts["dies.ipynb::cell1"].outcome == "failed"
    assert "the kernel died" in run.verdicts["dies.ipynb::cell1"].words
    assert run.verdicts["dies.ipynb::cell2"].outcome == "skipped"


def test_table_counts_every_cell_by_how_it_was_judged(run: Run) -> None:
    kinds = notebook_plugin.KINDS
    rows = [line.split() for line in run.output.splitlines()]
    rows = [row for row in rows if len(row) == 1 + len(kinds) and row[0].endswith(".ipynb")]
    table = {row[0]: dict(zip(kinds, map(int, row[1:]), strict=True)) for row in rows}

    assert sum(table["alone.ipynb"].values()) == len(CELLS)
    tags = [cell.metadata.get("tags", [""])[0] for cell, _ in CELLS.values()]
    assert table["alone.ipynb"]["approximate"] == sum("approx-1" in tag for tag in tags)
    assert table["alone.ipynb"]["free"] == tags.count("approx-inf")
    assert table["alone.ipynb"]["ignored"] == tags.count("nbval-ignore-output")
    assert table["alone.ipynb"]["raising"] == tags.count("raises-exception")
    assert table["raises.ipynb"]["skipped"] == 2
    assert table["dies.ipynb"] == dict.fromkeys(notebook_plugin.KINDS, 0) | {
        "silent": 1,
        "skipped": 1,
    }


def test_warnings_are_listed_at_the_end(run: Run) -> None:
    _, _, end = run.output.partition("warnings in notebooks (not compared)")
    assert "UserWarning: worn out" in end


def test_selected_cell_runs_the_earlier_ones_first_and_no_later_one(run: Run) -> None:
    assert run.verdicts["chosen.ipynb::cell3"].outcome == "passed"
    assert not {"chosen.ipynb::cell1", "chosen.ipynb::cell4"} & set(run.verdicts)


def test_selected_cell_fails_if_an_earlier_one_raises(run: Run) -> None:
    verdict = run.verdicts["broken.ipynb::cell3"]

    assert verdict.outcome == "failed"
    assert "in cell [2], which must run before: the cell raised ZeroDivisionError" in verdict.words


def test_endless_cell_is_interrupted_and_the_rest_skipped(run: Run) -> None:
    verdict = run.verdicts["endless.ipynb::cell1"]

    assert verdict.outcome == "failed"
    assert "the cell took longer than 5 s and was interrupted" in verdict.words
    assert run.verdicts["endless.ipynb::cell2"].outcome == "skipped"


def test_mistyped_tag_is_an_error_that_names_notebook_cell_and_tag(run: Run) -> None:
    assert "mistyped.ipynb [1]: unknown tags ['aprox-1e-3']" in run.output
    assert run.status != 0


def test_torn_file_is_an_error_that_names_it(run: Run) -> None:
    assert "torn.ipynb is not a notebook" in run.output


def test_cell_that_cannot_be_interrupted_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook_plugin, "_INTERRUPT_SECONDS", 0.5)
    kernel = Kernel(tmp_path, startup_timeout=60)
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
    try:
        with pytest.raises(
            KernelLostError, match=r"longer than 0.5 s and could not be interrupted"
        ):
            kernel.run(deaf, timeout=0.5)
    finally:
        kernel.stop()


def test_bare_pytest_runs_the_lessons_too(pytestconfig: pytest.Config) -> None:
    assert "notebooks" in pytestconfig.getini("testpaths")
    assert pytestconfig.pluginmanager.has_plugin("notebook_plugin")
