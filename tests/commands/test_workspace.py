"""Finding lessons, and the learners' copies: made without outputs, and never lost."""

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import nbformat
import pytest

from course_process import open_to_all
from dlcourse.commands.lessons import UnknownLessonError, find_lesson, list_lessons
from dlcourse.commands.workspace import copy_lessons, reset_lesson
from dlcourse.errors import CourseError
from dlcourse.files import write_atomically

LESSONS = ["00_start_here", "01_tensors", "05_mnist_mlp"]


def write_lesson(path: Path, source: str, output: str = "2") -> None:
    """Write an executed notebook with a line of prose and a tagged cell."""
    result = nbformat.v4.new_output("execute_result", {"text/plain": output}, execution_count=1)
    cells = [
        nbformat.v4.new_markdown_cell("Guess first.", id="prose"),
        nbformat.v4.new_code_cell(
            source, id="sum", execution_count=1, outputs=[result], metadata={"tags": ["approx-inf"]}
        ),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with three lessons."""
    (tmp_path / "notebooks").mkdir()
    for stem in LESSONS:
        write_lesson(tmp_path / "notebooks" / f"{stem}.ipynb", "1 + 1")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(path: Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads(path.read_text(encoding="utf-8"))


# ---------------------------------------------------------------------------- finding


@pytest.mark.parametrize(
    "name",
    [
        *("5", "05", "005", "mnist", "MNIST", "05_mnist_mlp", "05_mnist_mlp.ipynb"),
        *("notebooks/05_mnist_mlp.ipynb", "..\\notebooks\\05_mnist_mlp.ipynb"),
    ],
)
def test_a_lesson_is_found_by_whatever_names_it_alone(checkout: Path, name: str) -> None:
    assert find_lesson(name, checkout) == checkout / "notebooks" / "05_mnist_mlp.ipynb"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("mnits", "did you mean 05_mnist_mlp?"),
        ("tenors", "did you mean 01_tensors?"),
        ("7", "the lessons are 00_start_here, 01_tensors, 05_mnist_mlp."),
        ("", "the lessons are 00_start_here"),
        ("st", "could be 00_start_here or 05_mnist_mlp: give more of the name."),
        ("²", "the lessons are"),
        ("a\nb", r"'a\\nb'.*the lessons are"),
    ],
)
def test_what_names_no_lesson_alone_is_told_what_there_is(
    checkout: Path, name: str, remedy: str
) -> None:
    with pytest.raises(UnknownLessonError, match=remedy) as error:
        find_lesson(name, checkout)
    assert "\n" not in str(error.value)


def test_the_repository_has_lessons_in_order() -> None:
    stems = [path.stem for path in list_lessons()]
    assert stems == sorted(stems)
    assert stems[0] == "00_start_here"


def test_an_installation_without_the_repository_is_told_to_clone_it(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="unpack the course's ZIP"):
        list_lessons(tmp_path)


# ---------------------------------------------------------------------------- copies


def test_a_copy_is_the_lesson_without_its_outputs(checkout: Path) -> None:
    copies = copy_lessons(checkout)
    assert (copies.folder, copies.added) == (checkout / "work", LESSONS)
    assert sorted(contents(checkout / "work")) == [f"{stem}.ipynb" for stem in LESSONS]
    for stem in LESSONS:
        original = read(checkout / "notebooks" / f"{stem}.ipynb")
        copy = read(checkout / "work" / f"{stem}.ipynb")
        nbformat.validate(copy)
        assert original["cells"][1].pop("outputs")
        assert copy["cells"][1].pop("outputs") == []
        assert original["cells"][1].pop("execution_count") == 1
        assert copy["cells"][1].pop("execution_count") is None
        assert copy["cells"] == original["cells"]  # ids and tags too
        assert original["metadata"].items() <= copy["metadata"].items()


def test_a_copy_that_is_there_is_never_touched(checkout: Path) -> None:
    (checkout / "work").mkdir()
    (checkout / "work" / "01_tensors.ipynb").write_bytes(b"a learner's work, damaged or not")
    copies = copy_lessons(checkout)
    assert copies.added == ["00_start_here", "05_mnist_mlp"]
    assert copies.damaged == ["01_tensors"]
    before = contents(checkout / "work")
    assert before["01_tensors.ipynb"] == b"a learner's work, damaged or not"
    assert copy_lessons(checkout).added == []
    assert contents(checkout / "work") == before


def test_only_a_lesson_that_says_something_else_than_its_copy_has_changed(checkout: Path) -> None:
    copy_lessons(checkout)
    edited = checkout / "work" / "00_start_here.ipynb"
    edited.write_text(edited.read_text().replace("1 + 1", "my own"))
    write_lesson(checkout / "notebooks" / "01_tensors.ipynb", "1 + 1", output="executed anew")
    write_lesson(checkout / "notebooks" / "05_mnist_mlp.ipynb", "1 + 2")
    assert copy_lessons(checkout).changed == ["05_mnist_mlp"]
    reset_lesson("5", checkout)
    assert copy_lessons(checkout).changed == []


def test_labs_that_start_at_once_copy_every_lesson_once(checkout: Path) -> None:
    code = "import sys, pathlib; from dlcourse.commands.workspace import *;"
    code += "print(*copy_lessons(pathlib.Path(sys.argv[1])).added)"
    command = [sys.executable, "-c", code, str(checkout)]
    labs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    added = " ".join(lab.communicate()[0] for lab in labs).split()
    assert sorted(added) == LESSONS
    assert sorted(contents(checkout / "work")) == [f"{stem}.ipynb" for stem in LESSONS]


def test_a_file_that_appears_while_its_copy_is_written_stays(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = checkout / "work" / "05_mnist_mlp.ipynb"
    monkeypatch.setattr(os, "fsync", lambda _: mine.write_bytes(b"appeared"))
    assert copy_lessons(checkout).added == ["00_start_here", "01_tensors"]
    assert mine.read_bytes() == b"appeared"
    assert len(contents(checkout / "work")) == len(LESSONS)


@pytest.fixture
def readable_by_all(checkout: Path) -> Iterator[Path]:
    """Return a checkout that another user, who cannot enter pytest's folders, can read."""
    with tempfile.TemporaryDirectory(dir=open_to_all()) as folder:
        Path(folder).chmod(0o755)
        yield checkout.rename(Path(folder, "checkout"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_read_only_checkout_has_its_copies_in_a_folder_of_the_users(
    readable_by_all: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout, home = readable_by_all, readable_by_all.parent / "home"
    home.mkdir()
    home.chmod(0o777)
    checkout.chmod(0o555)
    for variable, folder in (("HOME", home), ("XDG_DATA_HOME", home / "data")):
        monkeypatch.setenv(variable, str(folder))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # nobody, since permissions do not stop root
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            copies = copy_lessons(checkout)
            reset_lesson("1", checkout)
            told = f"{copies.folder}\n{copies.added}"
        except BaseException as error:  # noqa: BLE001 - the parent must hear of it
            told = repr(error)
        finally:  # or the child would go on with the tests
            os.write(writer, told.encode())
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    checkout.chmod(0o755)
    with os.fdopen(reader) as pipe:
        lines = pipe.read().split("\n")
    if lines == [repr(OSError(errno.EINVAL, os.strerror(errno.EINVAL)))]:
        pytest.skip("this root can become no other user, as in containers without privileges")
    assert lines[1:] == [str(LESSONS)], lines
    assert Path(lines[0]).is_relative_to(home)
    assert not (checkout / "work").exists()
    assert "01_tensors.old-1.ipynb" in contents(Path(lines[0]))


def test_a_damaged_original_is_named_with_its_remedy(checkout: Path) -> None:
    (checkout / "notebooks" / "01_tensors.ipynb").write_text('{"cells": [')
    with pytest.raises(CourseError, match=r"01_tensors.ipynb is damaged: unpack the course's ZIP"):
        copy_lessons(checkout)


# ---------------------------------------------------------------------------- reset


def test_reset_keeps_every_earlier_copy_under_a_name_of_its_own(checkout: Path) -> None:
    copy_lessons(checkout)
    work = checkout / "work"
    fresh = (work / "01_tensors.ipynb").read_bytes()
    (work / "01_tensors.old-2.ipynb").write_bytes(b"not to be overwritten")
    kept = []
    for text in (b"first", b"second", b"third"):
        (work / "01_tensors.ipynb").write_bytes(text)
        reset = reset_lesson("tensors", checkout)
        assert reset.copy.read_bytes() == fresh
        assert reset.kept is not None
        kept.append((reset.kept.name, reset.kept.read_bytes()))
    assert kept == [
        ("01_tensors.old-1.ipynb", b"first"),
        ("01_tensors.old-3.ipynb", b"second"),
        ("01_tensors.old-4.ipynb", b"third"),
    ]
    assert (work / "01_tensors.old-2.ipynb").read_bytes() == b"not to be overwritten"
    reset_lesson("tensors", checkout).copy.write_bytes(b"later work")
    assert (work / "01_tensors.old-4.ipynb").read_bytes() == b"third", "the two names are one file"


def test_reset_without_a_copy_makes_one(checkout: Path) -> None:
    reset = reset_lesson("1", checkout)
    assert reset.kept is None
    assert list(contents(checkout / "work")) == ["01_tensors.ipynb"]


def test_reset_works_where_a_file_cannot_have_two_names(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")  # as on FAT

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    copy_lessons(checkout)
    copy = checkout / "work" / "01_tensors.ipynb"
    copy.write_bytes(b"work")
    assert [reset_lesson("1", checkout).kept, reset_lesson("1", checkout).kept] == [
        checkout / "work" / "01_tensors.old-1.ipynb",
        checkout / "work" / "01_tensors.old-2.ipynb",
    ]
    assert contents(checkout / "work")["01_tensors.old-1.ipynb"] == b"work"
    assert len(contents(checkout / "work")) == len(LESSONS) + 2


STOPPED = """
    import os, sys
    from pathlib import Path
    from dlcourse.commands.workspace import reset_lesson

    left = int(sys.argv[2])

    def stop(event, _):
        global left
        if event == "open" or event.startswith("os."):
            left -= 1
            if left < 0:
                os._exit(9)  # as if killed, before it happens

    sys.addaudithook(stop)
    reset_lesson("1", Path(sys.argv[1]))
"""


def test_reset_killed_before_any_of_its_steps_loses_nothing(checkout: Path) -> None:
    work = checkout / "work"
    for step in range(100):
        copy_lessons(checkout)
        (work / "01_tensors.ipynb").write_bytes(b"a learner's work")
        command = [sys.executable, "-c", dedent(STOPPED), str(checkout), str(step)]
        status = subprocess.run(command, check=False).returncode
        assert b"a learner's work" in contents(work).values()
        if status == 0:
            break
        assert status == 9
        shutil.rmtree(work)
    assert status == 0
    assert step > 5, "it was not stopped in the middle"


NO_ROOM = """
    import resource, sys
    from pathlib import Path
    from dlcourse.commands.workspace import copy_lessons, reset_lesson
    from dlcourse.errors import CourseError

    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # no file longer than 100 bytes
    root = Path(sys.argv[1])
    for job in (lambda: reset_lesson("1", root), lambda: copy_lessons(root)):
        try:
            job()
        except CourseError as error:
            print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limits")
def test_a_full_disk_leaves_all_as_it_was(checkout: Path) -> None:
    copy_lessons(checkout)
    (checkout / "work" / "01_tensors.ipynb").write_bytes(b"work")
    (checkout / "work" / "05_mnist_mlp.ipynb").unlink()
    before = contents(checkout / "work")
    command = [sys.executable, "-c", dedent(NO_ROOM), str(checkout)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert contents(checkout / "work") == before
    told = run.stdout.splitlines()
    assert [line.split(" could not be written (")[0] for line in told] == [
        str(checkout / "work" / "01_tensors.ipynb"),
        str(checkout / "work" / "05_mnist_mlp.ipynb"),
    ]
    assert all(line.endswith("nothing was lost: make room on the disk.") for line in told)


# ---------------------------------------------------------------------------- safe writing


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_rewritten_file_keeps_its_permissions_and_a_new_one_gets_the_usual(
    tmp_path: Path,
) -> None:
    (tmp_path / "old").write_bytes(b"1")
    (tmp_path / "old").chmod(0o640)
    (tmp_path / "usual").touch()
    for name in ("old", "new"):
        write_atomically(tmp_path / name, b"2")
        assert (tmp_path / name).read_bytes() == b"2"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"old": 0o640, "new": modes["usual"], "usual": modes["usual"]}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"nowhere.x could not be written .*see who may write"):
        write_atomically(tmp_path / "nowhere" / "x", b"")
