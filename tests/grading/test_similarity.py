"""Similar code: what counts, what does not, and that it is shown as what it is."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import nbformat
import pytest

from dlcourse.commands.cli import main
from dlcourse.grading.records import NAME, Record
from dlcourse.grading.similarity import RUN, Class, code_of, fingerprints, tokens

# Ways to standardize the columns of X, as different students would write them.
WAYS = [
    """
def scale(X):
    mean = X.mean(dim=0, keepdim=True)
    spread = X.std(dim=0, keepdim=True)
    return (X - mean) / spread.clamp(min=1e-8)
""",
    """
def scale(X):
    columns = []
    for j in range(X.shape[1]):
        column = X[:, j]
        if column.std() == 0:
            columns.append(torch.zeros_like(column))
        else:
            columns.append((column - column.mean()) / column.std())
    return torch.stack(columns, dim=1)
""",
    """
def scale(X):
    n = len(X)
    m = sum(row for row in X) / n
    variance = sum((row - m) ** 2 for row in X) / (n - 1)
    result = X.clone()
    result -= m
    result /= variance ** 0.5
    return result
""",
    """
def scale(X):
    with torch.no_grad():
        moments = {name: getattr(X, name)(0) for name in ("mean", "std")}
        assert all(torch.isfinite(one).all() for one in moments.values()), "no numbers"
        return torch.where(moments["std"] > 0, (X - moments["mean"]) / moments["std"], 0.0)
""",
]
RENAMED = WAYS[1].replace("columns", "parts").replace("column", "c").replace("range", "span")
DISGUISED = RENAMED.replace("    ", "  # as we learned\n    ", 1).replace("(c - ", "( c\n - ")


def a_class(**answers: str) -> Class:
    return Class({who: {"tensors.scale": code} for who, code in answers.items()}, {})


def test_names_numbers_comments_and_layout_do_not_count() -> None:
    assert tokens("x = f(a, 1)  # call\n") == tokens("total=g(b,\n\n  22)\n")
    assert fingerprints(WAYS[1]) == fingerprints(DISGUISED)
    assert tokens("x = 1") != tokens("x += 1")


def test_a_copy_with_other_names_is_found_and_nobody_else() -> None:
    (pair,) = a_class(a=WAYS[0], b=WAYS[1], c=DISGUISED, d=WAYS[2], e=WAYS[3]).pairs()
    assert (pair.first, pair.second, pair.share) == ("b", "c", 1.0)
    assert pair.parts == [("tensors.scale", WAYS[1], DISGUISED)]


def test_a_copy_within_more_code_is_found() -> None:
    (pair,) = a_class(a=WAYS[1], b=WAYS[2] + WAYS[1].replace("scale", "other")).pairs()
    assert pair.share > 0.8


def test_what_many_wrote_tells_nothing() -> None:
    few = {f"s{n}": WAYS[1] for n in range(3)}
    assert len(a_class(**few).pairs()) == 3
    assert a_class(**few, s4=WAYS[1]).pairs() == []
    others = {f"o{n}": WAYS[0] for n in range(40)}
    assert {one.first[0] for one in a_class(**few, s4=WAYS[1], **others).pairs()} == {"s"}


def test_what_was_given_tells_nothing() -> None:
    answers = {who: {"tensors.scale": WAYS[1]} for who in "ab"}
    assert Class(answers, {"tensors.scale": WAYS[1]}).pairs() == []
    assert len(Class(answers, {"tensors.other": WAYS[1]}).pairs()) == 1


@pytest.mark.parametrize("result", ["x + 1", "(x - x.min()) / x.max()"])
def test_short_answers_tell_nothing(result: str) -> None:
    code = f"def f(x):\n    return {result}\n"
    assert a_class(a=code, b=code).pairs() == []


def test_a_run_that_both_have_is_always_seen() -> None:
    """What winnowing promises: a common passage of RUN + WINDOW - 1 tokens shares a fingerprint."""
    common = "while a < b[c]: d = e(f, g) ** h - i"
    assert len(tokens(common)) >= RUN + 3
    for before, after in (("x = 1\n", "\ny = [2]\n"), ("if u:\n  v()\n", "\nw @= z\n")):
        assert fingerprints(common) & fingerprints(before + common + after)


@pytest.mark.parametrize(
    "code", ["", "def f(:\n  'open", "(((((" * 5000, "\x00", "  x\n y", "é = 1"]
)
def test_code_that_is_none_harms_nobody(code: str) -> None:
    fingerprints(code)


def test_the_cells_of_an_exercise_are_those_that_define_or_check_it() -> None:
    cells = [
        "import torch",
        "def scale(X): ...",
        "y = 1\nex.scale.check(scale)",
        "def scale_all(X): ...",
    ]
    assert code_of("tensors.scale", cells) == f"{cells[1]}\n\n{cells[2]}"


def test_code_is_shown_in_its_own_order() -> None:
    code = "x = 1  # \u202e\x1b[1m\n\tex.scale.check(x)"
    assert code_of("tensors.scale", [code]) == "x = 1  # \\u202e\\x1b[1m\n\tex.scale.check(x)"


def test_the_page_is_made_only_when_asked_for_and_says_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = Record(
        *("a.ipynb", "d", 1, "ada", False, "2026-11-28T10:00:00+00:00", "homework.scale"),
        *("passed", "", 0.1, 7, "Python"),
    )
    codes = {"ada": WAYS[1], "bob<b>": DISGUISED, "eve": WAYS[2]}
    records = [replace(record, submission=f"{who}.ipynb", who=who) for who in [*codes, "gone"]]
    for who, code in codes.items():
        cells = [nbformat.v4.new_code_cell(f"{code}\nex.scale.check(scale)  # <script>")]
        path = tmp_path / "in" / f"{who}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    lines = "".join(json.dumps(asdict(one)) + "\n" for one in records)
    (tmp_path / NAME).write_text(lines, encoding="utf-8")
    command = ["grade", "report", "--out", str(tmp_path), "--similarity", str(tmp_path / "in")]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "Not compared: gone.ipynb" in printed
    assert "similarity.html has 1 pair, for people to read: no proof." in printed
    page = (tmp_path / "report" / "similarity.html").read_text(encoding="utf-8")
    assert "For people to read; no proof" in page
    assert "1. ada and bob&lt;b&gt;: 100 %" in page
    assert "eve" not in page
    assert "<script" not in page
