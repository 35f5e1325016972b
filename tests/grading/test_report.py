"""The pages about a class: what they count, whom they name, and that they are harmless."""

import json
import re
from collections import Counter
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dlcourse.commands.cli import main
from dlcourse.grading.figure import OUTCOMES, describe, draw
from dlcourse.grading.policy import Policy, grades
from dlcourse.grading.records import NAME, Record
from dlcourse.grading.report import file_name, mistake_of, write_report
from dlcourse.places import ROOT

EVIL = '"><script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)>\x1b[1m'
ADA = Record(
    *("ada.ipynb", "d", 2, "ada", False, "2026-11-28T10:00:00+00:00", "tensors.bars"),
    *("passed", "", 0.1, 7, "Python"),
)
NAMED = "You forgot the mean.\nFor x = 1:\nYou got 2.\n(Printed meanwhile:\nada)"


class Elements(HTMLParser):
    """The elements of a page, each (name, attributes), and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a piece of text."""
        self.text += data


def a_class() -> list[Record]:
    """Return the records of four students: two make the same mistake, one has an error."""
    told = {
        "ada": ("passed", ""),
        "bob": ("not yet", NAMED),
        "eve": ("not yet", NAMED.replace("ada", EVIL)),
        EVIL: ("your code raised", f"Your line {EVIL}\nraised NameError."),
    }
    records = []
    for who, (outcome, message) in told.items():
        head = replace(ADA, submission=f"{who}.ipynb", who=who)
        records.append(replace(head, outcome=outcome, message=message))
        records.append(replace(head, exercise="tensors.table", outcome="missing", message=""))
    return records


def write(folder: Path, records: list[Record]) -> str:
    """Write the report; return the page about the class."""
    write_report(folder, records, grades(records, Policy()))
    return (folder / "index.html").read_text(encoding="utf-8")


def test_the_class_is_counted(tmp_path: Path) -> None:
    page = write(tmp_path, a_class())
    cells = re.findall(r"<t[hd] [^>]*>(.*?)</t[hd]>", page)
    assert cells == [
        *("Exercise", "passed", "not yet", "your code raised", "missing"),
        *("tensors.bars", "1", "2", "1", "0"),
        *("tensors.table", "0", "0", "0", "4"),
    ]


def test_one_student_is_no_students(tmp_path: Path) -> None:
    page = write(tmp_path, a_class()[:2])
    assert "<p>1 student, counted" in page
    assert "tensors: 1 student<" in page


def test_mistakes_of_several_are_named_and_those_of_one_are_not(tmp_path: Path) -> None:
    text = Elements(write(tmp_path, a_class())).text
    assert "2 students: You forgot the mean." in text
    assert "Each by one student only: 1" in text
    for name in ("ada", "bob", "eve", "NameError", "evil.example"):
        assert name not in text


def test_only_the_submission_that_counts_is_counted(tmp_path: Path) -> None:
    passed = replace(a_class()[2], submission="bob-2.ipynb", outcome="passed", message="")
    page = write(tmp_path, [*a_class(), passed, replace(passed, exercise="tensors.table")])
    assert "tensors: 4 students" in page
    feedback = (tmp_path / "students" / file_name("bob")).read_text(encoding="utf-8")
    assert "2 of 2 exercises passed" in feedback
    assert "You forgot the mean" not in feedback


def test_a_student_reads_outcomes_and_messages(tmp_path: Path) -> None:
    write(tmp_path, a_class())
    page = (tmp_path / "students" / file_name("bob")).read_text(encoding="utf-8")
    text = Elements(page).text
    assert "Feedback for bob" in text
    assert "tensors: 0 of 2 exercises passed" in text
    assert NAMED in text


def test_who_could_not_be_graded_is_told_why(tmp_path: Path) -> None:
    broken = replace(ADA, who="dan", exercise="", outcome="not graded", message="No notebook.")
    assert "Files that could not be graded: 1." in write(tmp_path, [*a_class(), broken])
    page = (tmp_path / "students" / file_name("dan")).read_text(encoding="utf-8")
    assert "No notebook." in page


def test_what_students_write_stays_text(tmp_path: Path) -> None:
    write(tmp_path, a_class())
    for path in tmp_path.rglob("*.html"):
        page = Elements(path.read_text(encoding="utf-8"))
        for tag, attributes in page.found:
            assert tag not in {"script", "link", "iframe", "a", "object", "form"}
            assert not [name for name in attributes if name.startswith("on")]
            assert (attributes.get("src") or "data:").startswith("data:")
        policy = {"http-equiv": "Content-Security-Policy"}.items()
        (allowed,) = [one["content"] for _, one in page.found if policy <= one.items()]
        assert allowed == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    evil = (tmp_path / "students" / file_name(EVIL)).read_text(encoding="utf-8")
    assert EVIL in Elements(evil).text


@pytest.mark.parametrize(
    "who", ["../../etc/passwd", "..", "", "CON", "a/b", "李雷", "x" * 5000, "\ud800", "\n", "-"]
)
def test_a_page_never_leaves_the_folder(who: str, tmp_path: Path) -> None:
    name = file_name(who)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{,60}\.html", name)
    write(tmp_path, [replace(ADA, who=who)])
    assert [path.name for path in (tmp_path / "students").iterdir()] == [name]


def test_no_two_students_have_the_same_page() -> None:
    names = ["ada", "Ada", "a da", "a-da", "ADA", "adá", "ada ", "x" * 50, "x" * 51]
    assert len({file_name(who).casefold() for who in names}) == len(names)


def test_pages_of_students_who_are_gone_are_removed_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, a_class())
    (tmp_path / "students" / "notes.txt").write_text("mine")
    write(tmp_path, a_class()[:2])
    left = sorted(path.name for path in (tmp_path / "students").iterdir())
    assert left == sorted([file_name("ada"), "notes.txt"])


def test_two_reports_are_the_same(tmp_path: Path) -> None:
    assert write(tmp_path / "a", a_class()) == write(tmp_path / "b", a_class())


@pytest.mark.parametrize(
    ("message", "mistake"),
    [
        (NAMED, "You forgot the mean."),
        ("For x = 1:\nYou got 2.\n(Printed meanwhile:\nada)", "For x = 1:\nYou got 2."),
        ("You answered 3, and that is not it.", "You answered 3, and that is not it."),
        ("", ""),
    ],
)
def test_a_message_names_a_mistake(message: str, mistake: str) -> None:
    assert mistake_of(message) == mistake


def test_the_figure_has_a_description_and_needs_no_other_file() -> None:
    counts = {"tensors.a": Counter({"passed": 3, "missing": 1}), "tensors.b": Counter(passed=1)}
    assert draw(counts).startswith("data:image/svg+xml;base64,")
    assert "tensors.a was passed by the most students (3), tensors.b by the fewest (1)" in describe(
        counts
    )
    from dlcourse.commands.grade import _ORDER  # noqa: PLC0415

    assert set(OUTCOMES) == set(_ORDER)


def test_the_instructors_page_explains_each_outcome_of_the_table_of_grades() -> None:
    text = (ROOT / "site" / "pages" / "teach" / "grading.md").read_text(encoding="utf-8")
    table = text.partition("| Outcome | What happened |\n")[2].partition("\n\n")[0]
    explained = re.findall(r"^\| ([\w ]+) \|", table, re.MULTILINE)
    assert sorted(explained) == sorted([*OUTCOMES, "not graded"])


def test_the_command_writes_the_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "".join(json.dumps(asdict(one)) + "\n" for one in a_class())
    (tmp_path / NAME).write_text(lines, encoding="utf-8")
    assert main(["grade", "report", "--out", str(tmp_path)]) == 0
    assert "a page for each of 4 students" in capsys.readouterr().out
    assert not (tmp_path / "report" / "similarity.html").exists()
