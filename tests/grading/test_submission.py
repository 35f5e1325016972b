"""What a submitted notebook answers, and what that needs of its other cells."""

import json
from pathlib import Path

import pytest

from dlcourse.grading.submission import (
    SubmissionError,
    as_json,
    find_answers,
    from_json,
    read_cells,
    read_submission,
)

NAMES = {"slope", "pair", "other"}


def needed(*cells: str, exercise: str = "slope") -> str:
    """Return the code that is run for an exercise, its statements one below the other."""
    submission = find_answers(list(cells), NAMES)
    (answer,) = (one for one in submission.answers if one.exercise == exercise)
    lines = []
    for cell, number in answer.steps:
        parts = submission.cells[cell].split("\n\n")
        lines.append(parts[number].strip())
    return "\n".join(lines)


CHECK = "ex.slope.check(slope)"


def test_an_answer_needs_what_it_uses_and_what_that_uses() -> None:
    assert needed(
        "import torch\n\nimport os",
        "unused = 3\n\nfactor = 2\n\ntwice = factor + factor",
        f"def helper(x): return torch.sin(x) * twice\n\ndef slope(f): return helper(f)\n\n{CHECK}",
    ).splitlines() == [
        *("import torch", "factor = 2", "twice = factor + factor"),
        *("def helper(x): return torch.sin(x) * twice", "def slope(f): return helper(f)"),
    ]


def test_a_local_name_needs_nothing_of_the_notebook() -> None:
    code = "def slope(f):\n    loss = f(1)\n    return [x for x in loss]"
    assert needed("loss = train()\n\nx = 1", f"{code}\n\n{CHECK}") == code


def test_of_several_definitions_the_last_before_the_check_counts() -> None:
    cells = ("def slope(): return 1", f"def slope(): return 2\n\n{CHECK}", "def slope(): return 3")
    assert needed(*cells) == "def slope(): return 2"


def test_what_runs_at_once_meets_what_stood_before_it() -> None:
    cells = ("import math\n\nclass slope: n = math.pi", f"import math\n\n{CHECK}")
    assert needed(*cells).splitlines()[:2] == ["import math", "class slope: n = math.pi"]
    cells = ("k = 1\n\ndef f(): return k\n\nm = f()", f"k = 2\n\nslope = m + f()\n\n{CHECK}")
    assert needed(*cells).splitlines() == [
        *("k = 1", "def f(): return k", "m = f()", "k = 2", "slope = m + f()"),
    ]


def test_what_is_defined_below_is_taken_where_nothing_is_above() -> None:
    assert needed(CHECK, "def slope(): return 3") == "def slope(): return 3"


def test_what_adds_to_a_value_needs_the_value() -> None:
    cells = ("a = 1", "a = 2", "a += 3\n\nb = [0]\n\nb[0] = 1\n\nb[0] = 2")
    assert needed(*cells, f"slope = lambda: a + b[0]\n\n{CHECK}").splitlines() == [
        *("a = 2", "a += 3", "b = [0]", "b[0] = 1", "b[0] = 2", "slope = lambda: a + b[0]"),
    ]


def test_names_of_loops_classes_and_stars_are_found() -> None:
    assert needed("from math import *", "for k in range(3): pass", f"class slope: n = k\n\n{CHECK}"
                  ).splitlines() == [
        *("from math import *", "for k in range(3): pass", "class slope: n = k"),
    ]  # fmt: skip


def test_the_check_says_what_is_handed_over() -> None:
    cells = ("a, b = 1, 2", "mine = lambda: 0", "ex.pair.check(a, b)", "ex.slope.check(mine)")
    assert needed(*cells) == "mine = lambda: 0"
    assert needed(*cells, exercise="pair") == "a, b = 1, 2"


@pytest.mark.parametrize(
    "call",
    [
        "told = ex.slope.check(slope)",
        "if True: ex.slope.check(slope)",
        "print(ex.slope.check(slope))",
    ],
)
def test_a_check_is_found_wherever_it_is_called(call: str) -> None:
    assert needed("slope = 1", call) == "slope = 1"


def test_a_statement_gets_what_a_name_meant_at_its_time() -> None:
    cells = ("a = 1\n\nb = a\n\na = 2\n\nif b:\n    b = b + a\n\na = 3", "slope = lambda: b * a")
    assert needed(*cells, CHECK).replace("\n    ", " ").splitlines() == [
        *("a = 1", "b = a", "a = 2", "if b: b = b + a", "a = 3", "slope = lambda: b * a"),
    ]


def test_what_python_has_is_not_taken_from_below() -> None:
    assert needed("slope = lambda: sum([1])", CHECK, "sum = 3") == "slope = lambda: sum([1])"


def test_of_several_checks_the_last_counts() -> None:
    cells = (f"slope = 1\n\n{CHECK}", f"slope = 2\n\n{CHECK}")
    assert needed(*cells) == "slope = 2"


@pytest.mark.parametrize("magic", ["%matplotlib inline", "!pip install x", "torch.sum?", "%%time"])
def test_what_only_ipython_understands_is_left_out(magic: str) -> None:
    (answer,) = find_answers([f"{magic}\nslope = 1\nex.slope.check(slope)"], NAMES).answers
    assert answer.steps == ((0, 1),)


def test_text_that_looks_like_magic_stays() -> None:
    submission = find_answers(['slope = """\n%d of\n!x\n"""\nex.slope.check(slope)'], NAMES)
    assert "%d of" in submission.cells[0]


def test_a_cell_that_is_no_python_is_told_and_costs_no_other() -> None:
    cells = ["def slope(:\nex.slope.check(slope)", "other = 1\nex.other.check(other)"]
    submission = find_answers(cells, NAMES)
    assert [one.exercise for one in submission.answers] == ["other"]
    assert submission.broken == {"slope": "line 1: invalid syntax"}


@pytest.mark.parametrize("code", ["print(1)", "ex.unknown.check(1)", "check(1)", "ex.slope.hint()"])
def test_what_calls_no_check_answers_nothing(code: str) -> None:
    assert find_answers([code], NAMES).answers == ()


def test_a_submission_comes_back_as_it_was_told() -> None:
    submission = find_answers(["a = 1", "def slope(: 3", "ex.pair.check(a, 2)"], NAMES)
    assert from_json(as_json(submission), NAMES) == submission
    with pytest.raises(SubmissionError, match="its code could not be read"):
        from_json(as_json(submission), {"slope"})


def test_hostile_code_is_read_and_not_run(tmp_path: Path) -> None:
    made = tmp_path / "made"
    deep = "(" * 5000 + ")" * 5000
    cells = [f"open({str(made)!r}, 'w')", "\0", deep, "-" * 200_000 + "1", "x" * 10**6]
    find_answers(cells, NAMES)
    assert not made.exists()


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_notebook_s_code_is_read_in_either_form(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["a = 1\n", "b = 2"]},
        {"cell_type": "markdown", "source": "text"},
        {"cell_type": "code", "source": "c = 3"},
    ]
    assert read_cells(write(tmp_path / "a.ipynb", {"cells": cells})) == ["a = 1\nb = 2", "c = 3"]


@pytest.mark.parametrize(
    "content", [[], {}, 3, None, {"cells": 3}, {"cells": [3]}, {"cells": [{"cell_type": "code"}]}]
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(SubmissionError, match="no notebook"):
        read_submission(write(tmp_path / "a.ipynb", content), NAMES)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.ipynb").write_text("[" * 10**6)
    (tmp_path / "binary.ipynb").write_bytes(b"\xff\x00\xfe")
    for name in ("deep", "binary"):
        with pytest.raises(SubmissionError, match="no notebook"):
            read_submission(tmp_path / f"{name}.ipynb", NAMES)
    with (tmp_path / "large.ipynb").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(SubmissionError, match="more than 10 MB"):
        read_submission(tmp_path / "large.ipynb", NAMES)
