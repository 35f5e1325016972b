"""A homework of an instructor's own: read, found faulty, released without its solutions."""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dlcourse.checking.discovery import CLOSED_HALF
from dlcourse.commands.cli import main
from dlcourse.errors import CourseError
from dlcourse.exercises import catalog
from dlcourse.grading.homework import read_homework
from dlcourse.grading.release import _literal, make_notebook
from homework_samples import CLOSED, FUNCTION, QUESTION, TEXT, write_homework

STUB = """\
def sum_of_squares(x):
    \"""Return the sum of the squares of `x`.\"""
    # your code here
"""
NEEDS_LOCKS = pytest.mark.skipif(os.name == "nt", reason="Windows locks files otherwise")


def notebook_of(folder: Path) -> Any:  # noqa: ANN401 - as nbformat gives it
    return nbformat.reads(make_notebook(read_homework(folder)).decode(), as_version=4)


def run_cells(notebook: Any, replaced: dict[str, str] | None = None) -> dict[str, Any]:  # noqa: ANN401
    """Run a notebook's cells; of those that have a key of `replaced`, the text there instead."""
    space: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            texts = [text for key, text in (replaced or {}).items() if key in cell.source]
            exec("\n".join(texts) or cell.source, space)  # noqa: S102 - our own text
    return space


# ---------------------------------------------------------------------------- reading


def test_the_order_is_the_text_s(tmp_path: Path) -> None:
    homework = read_homework(write_homework(tmp_path / "homework3"))
    assert homework.title == "Homework 3: sums"
    assert [one if isinstance(one, str) else one.id for one in homework.parts] == [
        "Read chapter 3 first.",
        "homework3.sum_of_squares",
        "Then say when.",
        "homework3.weekday",
        "homework3.Tally",
        "That is all.",
    ]


def test_a_folder_that_changed_is_read_anew_and_nothing_is_left_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    folder = write_homework(tmp_path / "homework3")
    before = sorted(folder.iterdir())
    first = read_homework(folder).exercises[0].solution_source
    (folder / "sum_of_squares.py").write_text(FUNCTION.replace("cos(0)", "cos(1)"))
    second = read_homework(folder).exercises[0].solution_source
    assert "cos(0)" in first
    assert "cos(1)" in second
    assert sorted(folder.iterdir()) == before


def test_files_from_windows_are_read(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "homework3")
    for path in folder.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    plain = write_homework(tmp_path / "plain" / "homework3")
    assert make_notebook(read_homework(folder)) == make_notebook(read_homework(plain))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"homework": None}, "homework3/homework.md, the text of the homework, cannot be read"),
        ({"homework": ""}, "homework.md, line 1: the text begins with a title"),
        ({"homework": "\n\nprose"}, "homework.md, line 3: the text begins with a title"),
        (
            {"homework": TEXT.replace("sum_of", "sums_of")},
            "homework3/homework.md, line 5: there is no exercise 'sums_of_squares': did you mean",
        ),
        (
            {"homework": f"{TEXT}\n{{exercise}} weekday"},
            "line 14: the exercise weekday is in line 9 a",
        ),
        ({"homework": TEXT.replace("{exercise} weekday", "")}, "the exercise weekday is nowhere"),
        ({"homework": TEXT.replace("} weekday", " weekday}")}, "line 9: write `{exercise} NAME`"),
        ({"homework": TEXT.replace("{exercise} w", "{Exercises} w")}, "line 9: write `{exercise}"),
        (
            {"weekday": "import torhc\n"},
            "homework3/weekday.py, line 1: ModuleNotFoundError: No module",
        ),
        (
            {"weekday": "\nx = (\n"},
            "homework3/weekday.py, line 2: SyntaxError: '(' was never closed",
        ),
        ({"weekday": "\n\nprint(nmae)\n"}, "weekday.py, line 3: NameError: name 'nmae' is not"),
        ({"weekday": "exit()"}, "homework3/weekday.py, line 1: "),
        (
            {"weekday": QUESTION.replace("minutes=1, ", "")},
            "weekday.py, line 13: TypeError: question() missing 1 required keyword-only arg",
        ),
        (
            {"weekday": "x = 1\n"},
            "homework3/weekday.py has no exercise: let its name begin with _.",
        ),
        ({"weekday": QUESTION + "\nanother = weekday\n"}, "exercises weekday, weekday: give each"),
        ({"again": QUESTION}, "homework3/weekday.py has the same exercise as homework3/again.py"),
        (
            {"weekday": QUESTION.replace(CLOSED_HALF, "")},
            "homework3/weekday.py: one line must be `# ---",
        ),
        (
            {"weekday": QUESTION.replace("- closed", " closed")},
            "weekday.py, line 5: one line must be",
        ),
        ({"weekday": QUESTION + CLOSED_HALF}, "one line must be"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_with_its_place(
    changes: dict[str, str | None], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_homework(tmp_path / "homework3", **changes)
    assert main(["homework", "test", str(folder)]) == 1
    printed = capsys.readouterr()
    assert told in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("name", ["homework-3", "3", "autograd", "Homework 3"])
def test_a_folder_s_name_begins_ids(name: str, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=f"'{name}' is none.*call it homework3"):
        read_homework(write_homework(tmp_path / name))


# ---------------------------------------------------------------------------- the notebook


def test_the_notebook_has_nothing_of_the_closed_halves(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "homework3")
    files = "".join(path.read_text() for path in folder.iterdir())
    content = make_notebook(read_homework(folder)).decode()
    decoded = "\n".join("".join(one["source"]) for one in json.loads(content)["cells"])
    for secret in CLOSED:
        assert secret in files
        assert secret not in content
        assert secret not in decoded
        for start in range(3):  # wherever it begins in a group of three bytes
            coded = base64.b64encode(b"x" * start + secret.encode())[4:-4]
            assert coded.decode() not in content or len(coded) < 8
    for path in folder.glob("*.py"):
        asked, _, closed = path.read_text().partition(CLOSED_HALF)
        told = {line.strip() for line in (asked + TEXT).splitlines()}
        stubs = {'"""Return the sum of the squares of `x`."""', "def sum_of_squares(x):"}
        lines = {line.strip() for line in closed.splitlines()} - told - stubs
        kept = {
            one for one in lines & {line.strip() for line in decoded.splitlines()} if one != ")"
        }
        assert all(one.startswith(("def ", '"""')) for one in kept), kept
        assert not {one for one in kept if "You " in one}


def test_the_notebook_is_prose_stubs_and_checks_in_the_text_s_order(tmp_path: Path) -> None:
    notebook = notebook_of(write_homework(tmp_path / "homework3"))
    nbformat.validate(notebook)
    sources = [cell.source for cell in notebook.cells]
    assert sources[0] == "# Homework 3: sums"
    assert sources[1] == "import torch\nfrom torch import nn"
    assert sources[2].startswith("# What the checks need")
    assert sources[3:5] == [
        "Read chapter 3 first.",
        f"{STUB}\n\nex.sum_of_squares.check(sum_of_squares)",
    ]
    assert sources[7].startswith('class Tally(nn.Module):\n    """Adds up')


def test_the_notebook_runs_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_cells(notebook_of(write_homework(tmp_path / "homework3")))
    assert capsys.readouterr().out.count("… Not attempted yet") == 3


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        (
            "sum_of_squares",
            "def sum_of_squares(x): return x.norm() ** 2",
            "… It runs: Sum of squares",
        ),
        ("sum_of_squares", "def sum_of_squares(x): return 3", "It runs on all 2 inputs, and what"),
        (
            "sum_of_squares",
            "def sum_of_squares(x): return x",
            "of shape (2,); asked for is a number",
        ),
        ("sum_of_squares", "def sum_of_squares(x): return y", "NameError: name 'y' is not defined"),
        (
            "weekday",
            "weekday = 'a'",
            "Your answer is there. Whether it is right, the grading says.",
        ),
        ("weekday", "weekday = 1", "What came out is a number; asked for is a string."),
        (
            "Tally",
            "class Tally:\n    n = 0\n    def __call__(self, x):\n        return self.n",
            "It runs on the input, and what comes out has the kind and shape",
        ),
    ],
)
def test_checks_at_home_say_no_more_than_they_know(
    name: str, code: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = notebook_of(write_homework(tmp_path / "homework3"))
    space = run_cells(notebook)
    capsys.readouterr()
    exec(f"{code}\nex.{name}.check({name})", space)  # noqa: S102 - our own text
    printed = capsys.readouterr().out
    assert told in printed
    assert "Passed" not in printed


@pytest.mark.parametrize(
    "text", ["a", "", "it's", "'''", "a\n'", "a\\\n", '"""\n', "\\n\n", 'a"', "é\n"]
)
def test_a_text_as_code_is_the_same_text(text: str) -> None:
    assert eval(_literal(text)) == text  # noqa: S307 - what is tested


# ---------------------------------------------------------------------------- the command


def test_a_new_homework_is_in_order_and_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["homework", "new", "homework3"]) == 0
    assert main(["homework", "test", "homework3"]) == 0
    assert "ok     homework3.largest_jump: solution, stub and 3 mist" in capsys.readouterr().out
    assert main(["homework", "release", "homework3"]) == 0
    released = (tmp_path / "homework3.ipynb").read_bytes()
    assert released == make_notebook(read_homework(tmp_path / "homework3"))
    assert "largest_jump" not in {one.name for one in catalog()}


def test_nothing_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_homework(tmp_path / "homework3")
    (tmp_path / "homework3.ipynb").write_text("mine")
    assert main(["homework", "new", "homework3"]) == 1
    assert main(["homework", "release", "homework3"]) == 1
    complaints = capsys.readouterr().err
    assert "homework3 is not empty: name a new folder." in complaints
    assert "homework3.ipynb is there already" in complaints
    assert (tmp_path / "homework3.ipynb").read_text() == "mine"
    assert main(["homework", "release", "homework3", "--out", "other.ipynb"]) == 0
    assert (tmp_path / "other.ipynb").exists()


def test_a_faulty_homework_is_not_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    faulty = FUNCTION.replace("return x.sum()\n", "return (x * x).sum()\n")
    write_homework(tmp_path / "homework3", sum_of_squares=faulty)
    assert main(["homework", "release", "homework3"]) == 1
    printed = capsys.readouterr()
    line = faulty.splitlines().index("def not_squared(x):") + 1
    assert (
        f"FAULT  homework3/sum_of_squares.py, line {line}: the mistake not_squared" in printed.out
    )
    assert "Nothing was released" in printed.err
    assert not (tmp_path / "homework3.ipynb").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("homework", "the following arguments are required: WHAT, FOLDER"),
        ("homework relaese homework3", "invalid choice: 'relaese'"),
        ("homework test nowhere", "There is no folder"),
        ("homework new homework-3", "call it homework3"),
        ("homework test homework3 --out a.ipynb", "--out is for `release`"),
        ("homework release homework3 --out a.txt", "a.txt is no name of a notebook"),
        *(
            pytest.param(f"grade in --out out {options}", told, marks=NEEDS_LOCKS)
            for options, told in (
                ("--exercises nowhere", "There is no folder"),
                ("--exercises homework3 --lesson 5", "leave out --lesson and --exercise"),
            )
        ),
    ],
)
def test_what_is_mistyped_is_told_in_a_line(
    arguments: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_homework(tmp_path / "homework3")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "homework3.ipynb").write_text("{}")
    assert main(arguments.split()) in {1, 2}
    complaint = capsys.readouterr().err
    assert told in complaint
    assert complaint.count("\n") == 1
