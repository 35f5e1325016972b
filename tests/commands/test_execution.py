"""Running notebooks in fresh kernels: what is saved, what is reported, what is measured."""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest

from dlcourse.commands.execution import Run, execute, save
from dlcourse.errors import CourseError

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
RAISES = "raises-exception"


def write_notebook(path: Path, *sources: str, tags: dict[int, str] | None = None) -> Path:
    """Write a notebook that was never run; `tags` gives the tags of cells by their index."""
    cells = []
    for number, source in enumerate(sources):
        metadata: dict[str, Any] = {"collapsed": True, "ExecuteTime": {"start_time": "now"}}
        if tags and number in tags:
            metadata["tags"] = [tags[number]]
        cells.append(nbformat.v4.new_code_cell(source, id=f"cell-{number}", metadata=metadata))
    metadata = {"kernelspec": KERNEL | {"display_name": "that of my machine"}, "widgets": {}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


def texts(cell: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Return what a cell of a notebook's file printed, showed or raised."""
    found = []
    for output in cell["outputs"]:
        text = output.get("text") or output.get("data", {}).get("text/plain")
        found.append("".join(text or [output.get("evalue")]))
    return found


# ---------------------------------------------------------------------------- what is saved


class Saved(NamedTuple):
    """The file of a notebook after one run, and after another; its permissions."""

    files: list[bytes]
    mode: int


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """Run and save a notebook twice."""
    path = write_notebook(
        tmp_path_factory.mktemp("folder") / "lesson.ipynb",
        "import os, sys\nprint('a')\nprint('told', file=sys.stderr)\nprint('b')",
        "import json\njson.loads('{')",
        "import numpy as np\nnp.linalg.inv(np.zeros((2, 2)))",
        "os.environ.get('DLCOURSE_DEVICE'), os.path.basename(os.getcwd())[:6]",
        "",
        "print('1 of 2', end='\\r')\nprint('2 of 2')",
        tags={1: RAISES, 2: RAISES},
    )
    path.chmod(0o640)
    files = []
    for _ in range(2):
        run = execute(path, on_cpu=True)
        assert (run.failure, run.cells) == ("", 5)
        save(run, path)
        files.append(path.read_bytes())
    return Saved(files, path.stat().st_mode)


def test_running_again_changes_not_a_byte(saved: Saved) -> None:
    first, second = saved.files
    assert first == second
    assert first.endswith(b"}\n")


def test_only_what_is_the_same_everywhere_is_saved(saved: Saved) -> None:
    notebook = json.loads(saved.files[0])
    nbformat.validate(notebook)
    assert notebook["metadata"] == {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    assert [cell["id"] for cell in notebook["cells"]] == [f"cell-{n}" for n in range(6)]
    tagged = [{}, {"tags": [RAISES]}, {"tags": [RAISES]}, {}, {}, {}]
    assert [cell["metadata"] for cell in notebook["cells"]] == tagged


def test_the_outputs_are_those_of_a_run_from_the_top_on_the_cpu(saved: Saved) -> None:
    cells = json.loads(saved.files[0])["cells"]
    assert [cell["execution_count"] for cell in cells] == [1, 2, 3, 4, None, 5]
    assert texts(cells[0]) == ["a\nb\n", "told\n"]  # a stream is one piece
    assert texts(cells[3]) == ["('cpu', 'folder')"]
    assert texts(cells[5]) == ["2 of 2\n"]


def test_tracebacks_name_no_folder_of_this_machine(saved: Saved) -> None:
    tracebacks = [
        "\n".join(json.loads(saved.files[0])["cells"][n]["outputs"][0]["traceback"]) for n in (1, 2)
    ]
    assert "/json/__init__.py:" in tracebacks[0]
    assert "site-packages/numpy/linalg/" in tracebacks[1]
    for traceback in tracebacks:
        assert "Cell" in traceback
        assert str(Path(os.__file__).parents[2]) not in traceback
        assert str(Path(nbformat.__file__).parents[2]) not in traceback
        assert not [word for word in traceback.split() if word.startswith(("/", "~"))]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_notebook_keeps_its_permissions(saved: Saved) -> None:
    assert saved.mode & 0o777 == 0o640


# ---------------------------------------------------------------------------- what is reported


def test_a_kernel_that_dies_ends_the_run_and_leaves_the_file(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "lesson.ipynb", "import os", "", "os._exit(1)", "1")
    before = path.read_bytes()
    run = execute(path)
    told = "cell 2 ended the kernel (out of memory?): close other programs and other lessons"
    assert (run.failure, run.cells) == (f"{told}, then run it again", 2)
    assert path.read_bytes() == before


def test_what_a_library_says_beside_the_notebook_is_told_only_if_the_kernel_dies(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # As at the end of a kernel, when nobody catches what its libraries say any more.
    complains = "import os, sys\nos.write(sys.__stderr__.fileno(), b'Assertion failed\\n')"
    execute(write_notebook(tmp_path / "a.ipynb", complains))
    assert capfd.readouterr() == ("", "")
    execute(write_notebook(tmp_path / "b.ipynb", complains, "os._exit(1)"))
    assert capfd.readouterr() == ("", "Assertion failed\n")


def test_what_is_no_notebook_is_named(tmp_path: Path) -> None:
    for content in ("{", "[]", '{"cells": 1}'):
        (tmp_path / "x.ipynb").write_text(content)
        with pytest.raises(CourseError, match=r"x.ipynb cannot be read as a notebook \(.+\): put"):
            execute(tmp_path / "x.ipynb")


# ---------------------------------------------------------------------------- what is measured


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a notebook of known cost from a larger process, for a user with start-up files."""
    ipython = tmp_path_factory.mktemp("ipython")
    startup = ipython / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("mine = True")
    path = write_notebook(
        tmp_path_factory.mktemp("folder") / "lesson.ipynb",
        "assert 'mine' not in globals()",
        "import time\nx = b'1' * 200_000_000\ndel x\ntime.sleep(0.5)",
        "print('there')",
        "time.sleep(0.3)",
    )
    ours = b"1" * 400_000_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(ipython))
        run = execute(path)
    assert len(ours) == 400_000_000  # it was there all the time
    return run


def test_memory_is_the_most_that_the_kernel_had_and_not_that_of_this_process(measured: Run) -> None:
    assert 200 < measured.peak_mb < 350, "in MB"


def test_the_time_is_that_of_the_cells(measured: Run) -> None:
    assert 0.5 <= measured.seconds < 60  # a lot, for a busy machine; a clock shows far more


def test_the_first_output_is_timed_when_it_is_there(measured: Run) -> None:
    assert measured.first_output_seconds is not None
    assert 0.5 <= measured.first_output_seconds <= measured.seconds - 0.3


def test_nobodys_start_up_files_are_run(measured: Run) -> None:
    assert measured.failure == ""
