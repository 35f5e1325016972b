"""A homework of an instructor's own is judged, and no submission finds its solutions."""

import json
from pathlib import Path

import pytest

from dlcourse.commands.cli import main
from dlcourse.grading.box import Box, BoxError
from dlcourse.grading.homework import Homework, read_homework
from dlcourse.grading.judge import Grader, Result
from dlcourse.grading.records import NAME, read_records
from dlcourse.grading.release import make_notebook
from dlcourse.grading.selftest import attack, run_alone
from dlcourse.grading.submission import find_answers
from homework_samples import write_homework

RIGHT = {
    "sum_of_squares": "def sum_of_squares(x): return (x**2).sum()",
    "weekday": "weekday = 'B'",
    "Tally": """
class Tally:
    total = 0
    def __call__(self, x):
        self.total = self.total + x.sum()
        return self.total
""",
}
WRONG = {
    "sum_of_squares": "def sum_of_squares(x): return x.sum()",
    "weekday": "weekday = 'a'",
    "Tally": "class Tally:\n    def __call__(self, x): return x.sum()",
}
# Looks for solutions in all places that Python code can see; leaves what it found in `reached`.
SEARCH = """
import gc, os, sys
reached = [{folder!r}] if os.path.exists({folder!r}) else []
for folder, folders, files in os.walk("/"):
    if folder in ("/proc", "/sys", "/dev", "/usr", sys.prefix, sys.base_prefix):
        folders.clear()
    names = ("homework3", "sum_of_squares.py", "tally.py", "weekday.py")
    reached += [os.path.join(folder, one) for one in (*folders, *files) if one in names]
reached += [one for one in sys.modules if "homework3" in one or "sum_of_squares" in one]
secrets = [one[::-1] for one in {secrets!r}]  # so that this text is not found
for one in gc.get_objects():
    texts = one.values() if isinstance(one, dict) else one if isinstance(one, (list, tuple)) else ()
    if texts is not secrets:
        reached += [text for text in list(texts) if isinstance(text, str)
                    and any(secret in text for secret in secrets)]
for name in ("homework3", "homework3.tally", "tally", "dlcourse_homework_0.homework3"):
    try:
        __import__(name)
        reached.append(name)
    except ImportError:
        pass
"""
SECRETS = ("nobody should read", "nobody wanted", "hidden_helper", "a day early", "concealed_total")


@pytest.fixture
def homework(tmp_path: Path) -> Homework:
    """Return the homework, in a folder of its own."""
    return read_homework(write_homework(tmp_path / "homework3"))


def submission(homework: Homework, answers: dict[str, str]) -> str:
    """Return the students' notebook with these answers in their cells."""
    notebook = json.loads(make_notebook(homework))
    for cell in notebook["cells"]:
        for name, code in answers.items():
            if f"ex.{name}.check" in "".join(cell["source"]):
                cell["source"] = f"{code}\nex.{name}.check({name})"
    return json.dumps(notebook)


def results(homework: Homework, box: Box, answers: dict[str, str], seed: int = 5) -> list[Result]:
    notebook = json.loads(submission(homework, answers))
    cells = ["".join(one["source"]) for one in notebook["cells"] if one["cell_type"] == "code"]
    grader = Grader(homework.exercises, seed)
    return list(grader.grade(find_answers(cells, grader.exercises), box))


def test_right_answers_pass_and_wrong_ones_earn_their_messages(
    homework: Homework, box: Box
) -> None:
    assert [one[:3] for one in results(homework, box, RIGHT)] == [
        ("homework3.sum_of_squares", "passed", ""),
        ("homework3.weekday", "passed", ""),
        ("homework3.Tally", "passed", ""),
    ]
    wrong = results(homework, box, WRONG)
    assert {one.outcome for one in wrong} == {"not yet"}
    assert [one.message.splitlines()[0] for one in wrong] == [
        "You added the numbers as they are.",
        "You were a day early, dear.",
        "You forgot what came before.",
    ]
    assert {one.outcome for one in results(homework, box, {})} == {"not attempted"}


def test_answers_recorded_with_the_notebook_s_own_inputs_are_wrong(
    homework: Homework, box: Box
) -> None:
    exercise = homework.exercises[0]
    kept = [one.value.item() for one in exercise._judge.right]
    code = f"kept = iter({kept!r})\ndef sum_of_squares(x): return next(kept)"
    assert results(homework, box, {"sum_of_squares": code})[0].outcome == "not yet"


def test_no_submission_finds_the_solutions(homework: Homework, box: Box) -> None:
    """Neither on a disk, nor among the modules, nor in what was told of the exercises."""
    files = "".join(path.read_text() for path in homework.folder.iterdir())
    assert all(one in files for one in SECRETS)
    search = SEARCH.replace("{secrets!r}", repr([one[::-1] for one in SECRETS]))
    search = search.replace("{folder!r}", repr(str(homework.folder)))
    assert run_alone(box, search) == []
    code = f"{search}\nweekday = repr(reached)"
    found = {one.exercise: one for one in results(homework, box, {**RIGHT, "weekday": code})}
    assert "You answered '[]': answer with the letter alone" in found["homework3.weekday"].message


def test_a_homework_where_the_box_shows_files_is_refused(box: Box, tmp_path: Path) -> None:
    attack(box, tmp_path)
    with pytest.raises(BoxError, match="/usr/share is where the box shows files"):
        attack(box, Path("/usr/share"))


def test_a_class_is_graded(homework: Homework, tmp_path: Path) -> None:
    """With one fresh seed for all; what is no notebook of this homework is told."""
    folder = tmp_path / "in"
    lesson = json.dumps(
        {"cells": [{"cell_type": "code", "source": "from dlcourse.exercises import tensors as ex"}]}
    )
    texts = {
        "ada/homework3.ipynb": submission(homework, RIGHT),
        "bob/my answers.ipynb": submission(homework, WRONG),
        "cid/01_tensors.ipynb": lesson,
        "byronada_12345_67890_homework3-1.ipynb": json.dumps(
            {"cells": [{"cell_type": "code", "source": "ex.weekday.check('b')"}]}
        ),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    arguments = ["grade", str(folder), "--exercises", str(homework.folder), "--jobs", "1"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    records = read_records(tmp_path / "out" / NAME)
    outcomes = {name: [one.outcome for one in records if one.submission == name] for name in texts}
    assert outcomes == {
        "ada/homework3.ipynb": ["passed"] * 3,
        "bob/my answers.ipynb": ["not yet"] * 3,
        "cid/01_tensors.ipynb": ["not graded"],
        "byronada_12345_67890_homework3-1.ipynb": ["missing", "passed", "missing"],
    }
    assert len({one.seed for one in records}) == 1
    assert main([*arguments, "--out", str(tmp_path / "again"), "--seed", "7"]) == 0
    assert {one.seed for one in read_records(tmp_path / "again" / NAME)} == {7}
