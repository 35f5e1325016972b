"""Tables that platforms exported: one column is filled, and all else stays, byte for byte."""

import csv
import io
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from dlcourse.commands.cli import main
from dlcourse.errors import CourseError
from dlcourse.grading import platforms
from dlcourse.grading.export import feedback, write_points
from dlcourse.grading.policy import Policy, grades
from dlcourse.grading.records import NAME, Record

CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Lesson 01 (77),Lesson 02 (78),"
    "Final Score\r\n"
    ",,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,10,20,(read only)\r\n"
    '"Byron, Ada",101,S1,ada,"01, Monday",,5,12.5\r\n'
    '"O""Neil, =1+1",102,S2,bob,01,EX,,\r\n'
    '"李, 雷\nJr.",103,S3,lei,01,,,\r\n'
    '"Student, Test",104,,test,01,,,\r\n'
)
MOODLE = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be '
    'changed","Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    '"Participant 101","Ada Byron",ada@example.org,"Submitted for grading - ",,20.00,Yes,"Friday, '
    '27 November 2026, 10:31 PM",-,\n'
    '"Participant 102","Bob ""=1"" O\'Neil",bob@example.org,"No submission - ",,20.00,Yes,-,-,\n'
)
ADA = Record(
    *("x_101_9_01.ipynb", "d", 2, "101", False, "2026-11-28T10:00:00+00:00", "tensors.bars"),
    *("passed", "", 0.1, 7, "Python"),
)
CLASS = [
    *(ADA, replace(ADA, exercise="tensors.table", outcome="not yet", message='<b>"no"</b>\nno')),
    replace(ADA, submission="y_109_9_01.ipynb", who="109", of=1),
    replace(ADA, submission="z_103_9_01.ipynb", who="103", of=1, exercise="", outcome="not graded"),
]


def write(folder: Path, text: str) -> Path:
    (folder / "in.csv").write_bytes(text.encode())
    return folder / "in.csv"


def rows(text: str, separator: str = ",") -> list[list[str]]:
    return list(
        csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator)
    )


# ---------------------------------------------------------------------------- tables


@pytest.mark.parametrize(
    "text",
    [
        *(
            CANVAS,
            MOODLE,
            "a",
            "a,b",
            "a,b\n",
            "a,b\r\n\r\nc,d",
            ",\n,",
            "a,\n",
            '"a",""\n""',
            "\n",
        ),
        *('a"b,5" pipe\n', '"a""b","c\r\nd"\rx,y', '"a"b,c\n', ' "a",b\n', '"a\n"";"",b"\n', ""),
    ],
)
def test_a_table_is_read_as_by_others_and_written_as_it_was(text: str) -> None:
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    table = platforms.split(text.removeprefix(mark), ",", mark)
    assert table.text() == text
    whole = [one for one in rows(text) if one]
    found = [[*map(platforms.content, row)] for row in table.rows if row != [""]]
    if '"a"b' not in text:  # which has no meaning, and stays as it is
        assert found == whole


def test_a_quote_that_does_not_end_is_told_at_once() -> None:
    with pytest.raises(CourseError, match="Line 2 of"):
        platforms.split('a,b\nc,"d' + '""' * 5000 + "\n", ",")


def test_what_is_no_text_and_what_is_no_export_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, "Name,Points\n")
    with pytest.raises(CourseError, match="no column 'ID'"):
        platforms.canvas(path)
    path.write_bytes("Zoë".encode("latin-1"))
    with pytest.raises(CourseError, match="is not UTF-8"):
        platforms.canvas(path)
    with pytest.raises(CourseError, match="cannot be read"):
        platforms.canvas(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("points", "text"),
    [
        *((10, "10"), (7.5, "7.5"), (0, "0"), (10 / 3, "3.33"), (100, "100"), (1e6, "1000000")),
        *((0.125, "0.13"), (10 * 5 / 16, "3.13"), (3 * 0.335, "1.01")),
    ],
)
def test_points_are_written_short(points: float, text: str) -> None:
    assert platforms.as_number(points) == text


# ---------------------------------------------------------------------------- Canvas


def test_canvas_gets_one_column_and_keeps_all_else(tmp_path: Path) -> None:
    sheet = platforms.canvas(write(tmp_path, CANVAS), "lesson 01")
    assert (sheet.points, len(sheet.students)) == (10, 4)
    assert sheet.fill({"101": 7.5, "103": 10, "999": 1}, {}) == ["999"]
    expected = CANVAS.replace('"01, Monday",,5', '"01, Monday","7.5",5')
    expected = expected.replace("lei,01,,", 'lei,01,"10",')
    assert sheet.table.text() == expected


def test_the_rows_above_the_students_are_nobody(tmp_path: Path) -> None:
    sheet = platforms.canvas(write(tmp_path, CANVAS), "01")
    assert sheet.fill({"": 1.0, "ID": 1.0, "Points Possible": 1.0}, {})
    assert sheet.table.text() == CANVAS


def test_canvas_with_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    text = "Student;ID;Section;Lesson 01 (77)\n  Points Possible;;;10,00\nByron, Ada;101;1;\n"
    sheet = platforms.canvas(write(tmp_path, text))
    assert sheet.points == 10
    sheet.fill({"101": 7.5}, {})
    assert sheet.table.text() == text.replace("101;1;", '101;1;"7,5"')


def test_students_are_found_by_another_column(tmp_path: Path) -> None:
    sheet = platforms.canvas(write(tmp_path, CANVAS), "01", who="SIS Login ID")
    assert sheet.fill({"ada": 1.0}, {}) == []


def test_two_students_who_cannot_be_told_apart_get_no_points(tmp_path: Path) -> None:
    for read, text in ((platforms.canvas, CANVAS), (platforms.moodle, MOODLE)):
        path = write(tmp_path, text.replace("102", "101"))
        with pytest.raises(CourseError, match="'101' is twice in the column"):
            read(path, "01" if text is CANVAS else None)


@pytest.mark.parametrize(("text", "name"), [(CANVAS, "SIS User ID"), (MOODLE, "Full name")])
def test_two_columns_that_cannot_be_told_apart_get_no_points(
    text: str, name: str, tmp_path: Path
) -> None:
    read = platforms.canvas if text is CANVAS else platforms.moodle
    key = "ID" if text is CANVAS else "Grade"
    twice = write(tmp_path, text.replace(name, key, 1).replace(f'"{key}"', key, 1))
    with pytest.raises(CourseError, match=f"two columns '{key}'"):
        read(twice, "Lesson 01" if text is CANVAS else None)


def test_points_that_differ_from_row_to_row_are_asked_for(tmp_path: Path) -> None:
    assert platforms.moodle(write(tmp_path, MOODLE.replace("20.00", "9.00", 1))).points is None


@pytest.mark.parametrize("possible", ["nan", "inf", "1e999", ""])
def test_points_that_are_no_number_are_asked_for(possible: str, tmp_path: Path) -> None:
    text = f"Student,ID,Lesson 01 (77)\nPoints Possible,,{possible}\nAda,101,\n"
    assert platforms.canvas(write(tmp_path, text)).points is None


def test_a_name_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    sheet = platforms.moodle(write(tmp_path, MOODLE.replace("Ada", "J\u00fcr ")), None, "Full name")
    assert sheet.fill({"Ju\u0308r  Byron": 1}, {}) == []


def test_a_comma_between_thousands_is_no_decimal_comma(tmp_path: Path) -> None:
    text = 'Student,ID,Lesson 01 (77)\nPoints Possible,,"1,000.00"\nAda,101,\n'
    sheet = platforms.canvas(write(tmp_path, text))
    assert sheet.points is None, "it is asked for, not guessed"
    sheet.fill({"101": 7.5}, {})
    assert sheet.table.text() == text.replace("101,", '101,"7.5"')


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (None, r"there are several: Lesson 01 \(77\); Lesson 02 \(78\)"),
        ("lesson", "2 assignments match 'lesson'"),
        ("final", r"no assignment matches: Lesson 01 \(77\)"),
    ],
)
def test_a_column_that_is_not_clear_is_asked_for(
    column: str | None, told: str, tmp_path: Path
) -> None:
    with pytest.raises(CourseError, match=told):
        platforms.canvas(write(tmp_path, CANVAS), column)


def test_a_whole_name_is_not_taken_for_a_part_of_another(tmp_path: Path) -> None:
    text = CANVAS.replace("Lesson 02 (78)", "New Lesson 01 (77)")
    assert platforms.canvas(write(tmp_path, text), "Lesson 01 (77)").column == 5


# ---------------------------------------------------------------------------- Moodle


def test_moodle_gets_grade_and_feedback_and_keeps_all_else(tmp_path: Path) -> None:
    sheet = platforms.moodle(write(tmp_path, MOODLE))
    assert (sheet.points, set(sheet.students)) == (20, {"101", "102"})
    assert sheet.fill({"101": 12.25, "103": 1}, {"101": 'a "b", c'}) == ["103"]
    expected = MOODLE.replace('for grading - ",,20', 'for grading - ","12.25",20')
    assert sheet.table.text() == expected.replace('10:31 PM",-,', '10:31 PM",-,"a ""b"", c"')


def test_moodle_in_another_language(tmp_path: Path) -> None:
    text = 'ID,Name,Bewertung,Bestwertung\n"Teilnehmer/in101",Ada,,"20,00"\n'
    sheet = platforms.moodle(write(tmp_path, text), "Bewertung", who="ID")
    sheet.fill({"101": 5}, {})
    assert sheet.table.text() == text.replace("Ada,,", 'Ada,"5",')
    assert sheet.points is None
    with pytest.raises(CourseError, match="with --column: ID; Name; Bewertung"):
        platforms.moodle(write(tmp_path, text), who="ID")


def test_feedback_is_harmless_on_a_page_and_in_a_spreadsheet() -> None:
    (grade, _) = grades(CLASS, Policy())
    assert feedback(grade, CLASS) == (
        "1 of 2 exercises passed.<br>tensors.bars: passed.<br>"
        "tensors.table: not yet. &lt;b&gt;&quot;no&quot;&lt;/b&gt;<br>no"
    )


# ---------------------------------------------------------------------------- our own table


def test_who_could_not_be_graded_has_a_line_without_points(tmp_path: Path) -> None:
    evil = replace(CLASS[2], who="=1+1")
    records = [*CLASS, evil]
    path = write_points(tmp_path, grades(records, Policy()), records, points=50)
    header, *lines = rows(path.read_text(encoding="utf-8"))
    assert header == ["who", "lesson", "submission", "passed", "of", "late days", "points"]
    assert lines == [
        ["101", "tensors", "x_101_9_01.ipynb", "1", "2", "0", "25"],
        ["109", "tensors", "y_109_9_01.ipynb", "1", "1", "0", "50"],
        ["'=1+1", "tensors", "y_109_9_01.ipynb", "1", "1", "0", "50"],
        ["103", "", "z_103_9_01.ipynb", "", "", "", ""],
    ]


# ---------------------------------------------------------------------------- the command


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the records of a class; the current folder has tables of platforms."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "canvas.csv").write_bytes(CANVAS.encode())
    (tmp_path / "moodle.csv").write_bytes(MOODLE.encode())
    (tmp_path / "bare.csv").write_bytes(b"Identifier,Grade\nParticipant 101,\n")
    (tmp_path / "out").mkdir()
    lines = "".join(json.dumps(asdict(one)) + "\n" for one in CLASS)
    (tmp_path / "out" / NAME).write_text(lines, encoding="utf-8")
    return tmp_path / "out"


def export(arguments: str) -> int:
    return main(["grade", "export", "--out", "out", *arguments.split()])


def test_canvas_is_filled_and_who_is_left_out_is_told(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export("--to canvas --from canvas.csv --column 01") == 0
    filled = (out / "canvas.csv").read_bytes().decode()
    assert filled == CANVAS.replace('"01, Monday",,5', '"01, Monday","5",5')
    told = capsys.readouterr().out
    assert "Students with points: 1; without: 3." in told
    assert "Not in canvas.csv: 109" in told
    assert "Not graded: z_103_9_01.ipynb" in told


def test_points_that_are_replaced_are_told(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = CANVAS.replace('"01, Monday",,5', '"01, Monday",EX\x1b,5.00')
    Path("canvas.csv").write_bytes(table.encode())
    assert export("--to canvas --from canvas.csv --column 01") == 0
    assert "Replaced: 101 had EX\\x1b\n" in capsys.readouterr().out
    assert export("--to canvas --from canvas.csv --column 02 --points 10") == 0
    assert "Replaced" not in capsys.readouterr().out, "5.00 are 5"
    assert (out / "canvas.csv").read_bytes().decode() == table.replace("5.00", '"5"')


def test_who_was_asked_less_than_others_is_told(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export("--to csv") == 0
    assert "Not all were asked the same in tensors, but 1 or 2" in capsys.readouterr().out
    one = "".join(json.dumps(asdict(one)) + "\n" for one in CLASS[:2])
    (out / NAME).write_text(one, encoding="utf-8")
    assert export("--to csv") == 0
    assert "Not all" not in capsys.readouterr().out


def test_moodle_is_filled_with_feedback(out: Path) -> None:
    assert export("--to moodle --from moodle.csv --feedback --by completion --at-least 1") == 0
    header, ada, bob = rows((out / "moodle.csv").read_bytes().decode())
    assert ada[header.index("Grade")] == "20"
    assert ada[-1].startswith("1 of 2 exercises passed.<br>")
    assert bob == rows(MOODLE)[2]


def test_a_policy_changes_without_grading_anew(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export("--to csv --due 2026-11-28T09:00Z --late-penalty 10 --points 10") == 0
    assert [line[-2:] for line in rows((out / "points.csv").read_text())[1:3]] == [
        *(["1", "4.5"], ["1", "9"]),
    ]
    assert "do not rely on --due" in capsys.readouterr().out
    assert export("--to csv --lesson 01") == 0
    assert [line[-1] for line in rows((out / "points.csv").read_text())[1:3]] == ["50", "100"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--to canvas", "name it with --from FILE"),
        ("--to canvas --from canvas.csv", "Name the assignment with --column"),
        ("--to csv --lesson 02", "have nothing of lesson 02; they have 01"),
        ("--to csv --by completion", "need each other"),
        ("--to csv --at-least 3", "need each other"),
        ("--to csv --due 2026-11-27T23:59", "is no time with its zone"),
        ("--to csv --points -1", "is no number from 0"),
        ("--to csv --late-penalty inf", "is no number from 0"),
        ("--to csv --late-days 1.5", "is no whole number from 0"),
        ("--to csv --points 1e300", "is no number from 0 to 1000000"),
        ("--to csv --late-penalty -5", "is no number from 0"),
        ("--to csv --by completion --at-least 2", "2 exercises cannot pass: tensors has 1"),
        ("--to csv --feedback", "goes into Moodle's table only"),
        ("--to canvas --from canvas.csv --column 01 --feedback", "goes into Moodle's table only"),
        ("--to csv --from canvas.csv", "fills no table"),
        ("--to csv --who ID", "fills no table"),
        ("--to moodle --from bare.csv", "does not say how many points"),
        ("--to moodle --from bare.csv --points 5 --feedback", "no column for feedback"),
        ("--to blackboard", "invalid choice"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(
    arguments: str, told: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(arguments) in {1, 2}
    complaint = capsys.readouterr().err
    assert told in complaint
    assert complaint.count("\n") == 1
    assert [one.name for one in out.iterdir()] == [NAME]


def test_a_column_is_for_one_lesson(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = replace(ADA, submission="b.ipynb", exercise="autograd.slope", of=1)
    with (out / NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(other)) + "\n")
    assert export("--to canvas --from canvas.csv --column 01") == 2
    assert "name it with --lesson (01, 02)" in capsys.readouterr().err
    assert export("--to canvas --from canvas.csv --column 01 --lesson 2") == 0
    assert "Of another lesson: y_109_9_01.ipynb: tensors\n" in capsys.readouterr().out


def test_a_penalty_that_meets_nobody_is_told(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("--to csv --late-penalty 10") == 0
    assert "Nothing is late: no file is marked so" in capsys.readouterr().out
    late = replace(ADA, submission="b.ipynb", who="110", of=1, is_late=True)
    with (out / NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(late)) + "\n")
    assert export("--to csv --late-penalty 10") == 0
    assert "Nothing is late" not in capsys.readouterr().out


def test_without_records_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["export", "--to", "csv"], ["report"]):
        assert main(["grade", *command, "--out", "nowhere"]) == 1
        assert "There is no records.jsonl in nowhere" in capsys.readouterr().err


def test_a_folder_may_be_called_as_a_command_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "export").mkdir()
    assert main(["grade", "./export", "--out", "out"]) == 1
    assert "There is no notebook in export" in capsys.readouterr().err
