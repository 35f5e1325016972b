"""A class's files: whose they are, what is refused, and the records that are kept of them."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import pytest

import dlcourse
from dlcourse.commands.cli import main
from dlcourse.errors import CourseError
from dlcourse.grading import records
from dlcourse.grading.collect import MOST_PER_PERSON, Found, collect
from dlcourse.grading.export import write_grades, write_table

pytest.importorskip("fcntl", reason="Windows locks files otherwise")

ONE = records.Record(
    *("ada/01.ipynb", "d1", 2, "ada", False, "2026-11-28T10:00:00+00:00", "tensors.bars"),
    *("passed", "", 0.1, 7, "Python"),
)
TWO = replace(ONE, exercise="tensors.price_table", outcome="not yet", message="no\nno")
OTHER = replace(ONE, submission="bob/01.ipynb", digest="d2", who="bob", of=1)


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    return path


# ---------------------------------------------------------------------------- the files


@pytest.mark.parametrize(
    ("name", "who", "is_late"),
    [
        ("ada/01_tensors.ipynb", "ada", False),
        ("Ada Byron_1234567_assignsubmission_file_/01_tensors.ipynb", "1234567", False),
        ("Ada Byron_1234567_assignsubmission_file/01_tensors.ipynb", "1234567", False),
        ("Ada Byron_1234567_assignsubmission_file_01_tensors.ipynb", "1234567", False),
        ("Ada Byron_1234567_assignsubmission_file_my homework (1).ipynb", "1234567", False),
        ("李雷 O'Neil, Jr._1234567_assignsubmission_file_/a_LATE_b.ipynb", "1234567", False),
        ("byronada_12345_67890_01_tensors.ipynb", "12345", False),
        ("byronada_LATE_12345_67890_01_tensors-2.ipynb", "12345", True),
        ("byronada_12345_67890_my_LATE_work.ipynb", "12345", False),
        ("李雷_12345_67890_WORK.IPYNB", "12345", False),
        ("team_2026_1_red/01_tensors.ipynb", "team_2026_1_red", False),
        ("01_tensors.ipynb", "01_tensors", False),
    ],
)
def test_a_file_belongs_to_somebody(tmp_path: Path, name: str, who: str, is_late: bool) -> None:  # noqa: FBT001
    touch(tmp_path / name)
    ((found,), refused) = collect(tmp_path)
    assert (found.name, found.who, found.is_late, refused) == (name, who, is_late, [])


def test_other_files_are_not_looked_at(tmp_path: Path) -> None:
    names = ("ada/01.ipynb", "ada/notes.txt", "ada/.hidden.ipynb", "ada/deep/02.ipynb")
    for name in (*names, ".ipynb_checkpoints/01-checkpoint.ipynb"):
        touch(tmp_path / name)
    found, refused = collect(tmp_path)
    assert [one.name for one in found] == ["ada/01.ipynb"]
    assert refused == []


def test_who_has_no_notebook_is_told(tmp_path: Path) -> None:
    for name in ("ada/01.ipynb", "bob/work.py", "eve/my work/01.ipynb", "class.zip"):
        touch(tmp_path / name)
    assert sorted(collect(tmp_path)[1]) == [
        ("bob", "it has no notebook"),
        ("class.zip", "it is no notebook, or a link"),
        ("eve", "it has no notebook; move those of its folder 'my work' up"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there, and pipes are others")
def test_links_pipes_and_folders_are_refused(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "ada" / "01.ipynb")
    solutions = touch(tmp_path / "solutions.ipynb")
    (tmp_path / "in" / "ada" / "link.ipynb").symlink_to(solutions)
    (tmp_path / "in" / "eve").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "in" / "ada" / "pipe.ipynb")
    (tmp_path / "in" / "ada" / "folder.ipynb").mkdir()
    found, refused = collect(tmp_path / "in")
    assert [one.name for one in found] == ["ada/01.ipynb"]
    assert {one.name for one in refused} == {
        *("ada/link.ipynb", "ada/pipe.ipynb", "ada/folder.ipynb", "eve"),
    }


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"Jos\xe9\x1b[1m")
    touch(folder / "01.ipynb")
    (folder / "02.ipynb").symlink_to(folder / "01.ipynb")
    ((found,), (refused,)) = collect(tmp_path)
    assert (found.who, refused.name) == (r"Jos\udce9\x1b[1m", r"Jos\udce9\x1b[1m/02.ipynb")
    assert found.path.read_text() == "{}"


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_two_names_never_become_the_same(tmp_path: Path) -> None:
    touch(tmp_path / os.fsdecode(b"Jos\xe9") / "01.ipynb")
    touch(tmp_path / r"Jos\udce9" / "01.ipynb")
    assert len({one.who for one in collect(tmp_path)[0]}) == 2


def test_what_is_too_large_to_be_graded_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = touch(tmp_path / "ada" / "01.ipynb")
    with path.open("wb") as file:
        file.truncate(1 << 40)
    ((found,), _) = collect(tmp_path)
    assert len(found.digest) == 64


def test_who_hands_in_too_much_costs_nobody_else(tmp_path: Path) -> None:
    touch(tmp_path / "ada" / "01.ipynb")
    for number in range(MOST_PER_PERSON + 1):
        touch(tmp_path / "eve" / f"{number}.ipynb")
    found, refused = collect(tmp_path)
    assert [one.name for one in found] == ["ada/01.ipynb"]
    assert refused[0].name == "eve"


def test_no_folder_and_no_notebooks_are_told(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="There is no folder"):
        collect(tmp_path / "nowhere")
    with pytest.raises(CourseError, match="no notebook in"):
        collect(tmp_path)


# ---------------------------------------------------------------------------- the records


def test_records_are_there_when_added_and_come_back(tmp_path: Path) -> None:
    with records.RecordFile(tmp_path / "out") as file:
        file.add([ONE, TWO])
        assert records.read_records(file.path) == [ONE, TWO]
    with records.RecordFile(tmp_path / "out") as file:
        assert file.records == [ONE, TWO]


def test_what_is_recorded_is_not_done_again_unless_it_changed(tmp_path: Path) -> None:
    path = touch(tmp_path / "in" / "ada" / "01.ipynb")
    found = Found(path, ONE.submission, "ada", is_late=False)
    with records.RecordFile(tmp_path / "out") as file:
        assert not file.is_done(found)
        file.add([replace(ONE, digest=found.digest, of=1)])
        assert file.is_done(found)
        path.write_text("{ }")
        assert not file.is_done(found)


def test_what_could_not_be_graded_is_tried_again(tmp_path: Path) -> None:
    path = touch(tmp_path / "in" / "ada" / "01.ipynb")
    found = Found(path, ONE.submission, "ada", is_late=False)
    one, two = (replace(record, digest=found.digest) for record in (ONE, TWO))
    failed = replace(one, exercise="", of=1, outcome="not graded")
    for added, done in (([failed], False), ([failed], False), ([one, two], True)):
        with records.RecordFile(tmp_path / "out") as file:
            file.add(added)
            assert file.is_done(found) == done
            assert records.latest(file.records) == added
        assert records.read_class(tmp_path / "out") == added


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_grading_that_was_cut_off_loses_no_whole_submission(tmp_path: Path, cut: int) -> None:
    with records.RecordFile(tmp_path) as file:
        file.add([OTHER])
        file.add([ONE, TWO])
        content = file.path.read_bytes()
    (tmp_path / records.NAME).write_bytes(content[:-cut])
    with records.RecordFile(tmp_path) as file:
        assert file.records == [OTHER]
        file.add([ONE, TWO])
    assert records.read_records(tmp_path / records.NAME) == [OTHER, ONE, TWO]


def test_of_a_changed_submission_the_last_records_count(tmp_path: Path) -> None:
    changed = replace(ONE, digest="d3", of=1)
    with records.RecordFile(tmp_path) as file:
        file.add([ONE, TWO])
        file.add([OTHER])
        file.add([changed])
        assert records.latest(file.records) == [OTHER, changed]
        file.add([ONE, TWO])  # it is as it was
    with records.RecordFile(tmp_path) as file:
        assert records.latest(file.records) == [OTHER, ONE, TWO]


def test_of_a_changed_submission_the_first_counts_until_the_next_is_whole(tmp_path: Path) -> None:
    changed = [replace(one, digest="d3") for one in (ONE, TWO)]
    lines = "".join(json.dumps(asdict(one)) + "\n" for one in (ONE, TWO, changed[0]))
    (tmp_path / records.NAME).write_text(lines)
    assert records.read_class(tmp_path) == [ONE, TWO]


def test_a_disk_that_takes_a_part_is_full(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="no such limits on Windows")
    with records.RecordFile(tmp_path) as file:
        file.add([OTHER])
        most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.path.stat().st_size + 9, hard))
        try:
            with pytest.raises(CourseError, match="make room on the disk"):
                file.add([ONE, TWO])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
        assert file.records == [OTHER]
    with records.RecordFile(tmp_path) as file:
        assert file.records == [OTHER]


def test_one_grader_at_a_time(tmp_path: Path) -> None:
    with (
        records.RecordFile(tmp_path),
        pytest.raises(CourseError, match="Another grader is writing"),
    ):
        records.RecordFile(tmp_path)
    with records.RecordFile(tmp_path):
        pass


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    path = tmp_path / records.NAME
    naive, other = "2026-11-28T10:00:00", asdict(OTHER)
    less = {name: value for name, value in other.items() if name != "seed"}
    nonsense = [{**other, "of": "1"}, {**other, "who": None}, {**other, "handed_in": naive}]
    for line in ("nonsense", *map(json.dumps, [*nonsense, less, {**other, "more": 1}, [1], None])):
        path.write_text(f"{json.dumps(other)}\n{line}\n")
        with pytest.raises(CourseError, match="Line 2 of"):
            records.read_records(path)


def test_shards_are_put_together(tmp_path: Path) -> None:
    for number, one in ((1, [ONE, TWO]), (2, [OTHER])):
        with records.open_records(tmp_path, (number, 2)) as file:
            file.add(one)
    assert records.merge(tmp_path) == [ONE, TWO, OTHER]
    assert records.merge(tmp_path) == records.read_records(tmp_path / records.NAME)
    with pytest.raises(CourseError, match="with --shard first"):
        records.merge(tmp_path / "elsewhere")


def test_what_was_graded_without_a_shard_stays(tmp_path: Path) -> None:
    with records.RecordFile(tmp_path) as file:
        file.add([OTHER])
    with records.open_records(tmp_path, (1, 1)) as file:
        file.add([ONE, TWO])
    assert records.merge(tmp_path) == [ONE, TWO, OTHER]


def test_shards_that_do_not_fit_together_are_told(tmp_path: Path) -> None:
    with records.open_records(tmp_path, (1, 2)) as file:
        file.add([ONE, TWO])
    with pytest.raises(CourseError, match=r"A part is missing in .*: grade it with --shard 2/2"):
        records.merge(tmp_path)
    with records.open_records(tmp_path, (2, 2)) as file:
        file.add([replace(OTHER, seed=8)])
    with pytest.raises(CourseError, match="have different seeds"):
        records.merge(tmp_path)
    assert not (tmp_path / records.NAME).exists()


# ---------------------------------------------------------------------------- the table


def test_grades_are_read_by_others_as_they_are(tmp_path: Path) -> None:
    write_grades(tmp_path, [ONE, replace(TWO, message='a, "b"\n=1+1')])
    assert (tmp_path / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "Excel needs it"
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["submission", "exercise", "outcome", "message"],
            ["ada/01.ipynb", "tensors.bars", "passed", ""],
            ["ada/01.ipynb", "tensors.price_table", "not yet", 'a, "b"\n=1+1'],
        ]


@pytest.mark.parametrize(
    "field",
    [
        "=HYPERLINK(1)",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20x",
    ],
)
def test_no_field_is_a_formula(tmp_path: Path, field: str) -> None:
    write_table(tmp_path / "a.csv", [[field]])
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file))[0] == f"'{field}"


# ---------------------------------------------------------------------------- the command


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["grade", "nowhere", "--out", "out"], "There is no folder nowhere"),
        (["grade", "."], "the following arguments are required: --out"),
        (["grade", "merge", "--out", "out"], "with --shard first"),
        (["grade", ".", "--out", "out", "--shard", "5/4"], "is no shard such as 3/40"),
        (["grade", ".", "--out", "out", "--jobs", "0"], "is no number from 1"),
        (["grade", ".", "--out", "out", "--shard", "1/2"], "choose it with --seed"),
    ],
)
def test_what_is_mistyped_is_told_in_a_line(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) in {1, 2}
    complaint = capsys.readouterr().err
    assert told in complaint
    assert complaint.count("\n") == 1


def test_without_bubblewrap_nothing_is_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    touch(tmp_path / "in" / "ada" / "01_tensors.ipynb")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "Starting and testing the box takes up to a minute …"  # where the bar comes
    assert "Grading needs bubblewrap" in told[1]
    assert (tmp_path / "out" / records.NAME).read_bytes() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no box")
def test_a_course_that_the_box_would_hide_grades_nothing(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "ada" / "01_tensors.ipynb")
    (tmp_path / "bwrap").write_text("#!/bin/false\n")
    (tmp_path / "bwrap").chmod(0o755)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        shutil.copytree(Path(dlcourse.__file__).parent, Path(folder) / "dlcourse")
        graded = subprocess.run(
            [sys.executable, "-m", "dlcourse", "grade", tmp_path / "in", "--out", tmp_path / "out"],
            env={**os.environ, "PATH": str(tmp_path), "PYTHONPATH": folder},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    assert graded.returncode == 1
    assert "cannot be seen in the box, whose /tmp and /dev are" in graded.stderr
    assert (tmp_path / "out" / records.NAME).read_bytes() == b""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--seed 8", "has the seed 7: leave out --seed, or name another --out"),
        ("--seed 7", "has other exercises of the lesson tensors"),
        ("--lesson 02 --exercise tensors.bars", "tensors.bars is in none of the lessons"),
    ],
)
def test_a_class_is_not_graded_in_two_ways(
    arguments: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    touch(tmp_path / "in" / "ada" / "01.ipynb")
    with records.RecordFile(tmp_path / "out") as file:
        file.add([OTHER])
    folders = [str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    assert main(["grade", *folders, *arguments.split()]) == 2
    complaint = capsys.readouterr().err
    assert told in complaint
    assert complaint.count("\n") == 1
    assert records.read_class(tmp_path / "out") == [OTHER]


def test_what_is_graded_already_is_counted_again_without_a_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = touch(tmp_path / "in" / "ada" / "01.ipynb")
    digest = Found(path, "", "", is_late=False).digest
    monkeypatch.setenv("PATH", str(tmp_path))  # there is no box
    with records.RecordFile(tmp_path / "out") as file:
        file.add([replace(ONE, of=1, digest=digest)])
    command = ["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    assert main([*command, "--exercise", "tensors.bars", "--seed", "7"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("Notebooks: 1; students: 1.\n")
    assert printed.err == ""
