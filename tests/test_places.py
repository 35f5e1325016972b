"""Where the course and the learner's copies are, for a clone, a package and a shared folder."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from course_process import open_to_all
from dlcourse import places
from dlcourse.errors import CourseError
from dlcourse.places import WORK_VARIABLE, restore_advice, why_elsewhere, work_folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the user one with an empty home, who has named no folder."""
    monkeypatch.delenv(WORK_VARIABLE, raising=False)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return an empty folder that stands for a clone."""
    (tmp_path / "clone").mkdir()
    return tmp_path / "clone"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the course in an installed package."""
    folder = tmp_path / "site-packages" / "dlcourse" / "course"
    folder.mkdir(parents=True)
    monkeypatch.setattr(places, "_IN_PACKAGE", folder)
    return folder


def test_the_copies_are_in_the_clone_in_the_home_or_where_the_learner_says(
    clone: Path, package: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert work_folder(clone) == clone / "work"
    assert why_elsewhere(clone / "work", clone) == ""
    assert work_folder(package) == home / "dlcourse"
    assert why_elsewhere(home / "dlcourse", package) == ""
    assert list(package.iterdir()) == []
    monkeypatch.setenv(WORK_VARIABLE, str(tmp_path / "mine" / "too"))
    for root in (clone, package):
        assert work_folder(root) == tmp_path / "mine" / "too"
        assert work_folder(root).is_dir()
        assert why_elsewhere(work_folder(root), root) == ""
    monkeypatch.setenv(WORK_VARIABLE, "~/of a class")
    assert work_folder(clone) == home / "of a class"


def test_a_clone_in_the_home_is_not_littered_by_a_package(package: Path, home: Path) -> None:
    (home / "dlcourse" / "notebooks").mkdir(parents=True)
    assert work_folder(package) == home / "dlcourse" / "work"


def test_what_is_no_folder_is_told_with_what_to_do(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clone / "work").write_text("a file")
    with pytest.raises(CourseError, match=r"work could not be written .*has this name; move it"):
        work_folder(clone)
    (clone / "work").unlink()
    (clone / "work").symlink_to(clone / "nowhere")
    with pytest.raises(CourseError, match="has this name; move it"):
        work_folder(clone)
    monkeypatch.setenv(WORK_VARIABLE, str(clone / "file" / "in it"))
    (clone / "file").write_text("")
    with pytest.raises(CourseError, match="has this name; move it"):
        work_folder(clone)


def test_without_a_home_a_package_asks_for_a_folder(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        msg = "Could not determine home directory."
        raise RuntimeError(msg)

    monkeypatch.setattr("pathlib.Path.home", no_home)
    with pytest.raises(CourseError, match=r"no home\): name one, .*--folder FOLDER"):
        work_folder(package)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such owners")
def test_a_work_folder_of_another_user_is_told_with_its_owner() -> None:
    with tempfile.TemporaryDirectory(dir=open_to_all()) as clone:
        told = told_to_another_user(Path(clone))
    where, reason = told.split("|")
    assert where == "True"
    assert "work belongs to root" in reason
    assert "sudo chown -R" in reason


def told_to_another_user(clone: Path) -> str:
    """Return what a user who is not root hears of root's `clone/work`, and if it is not used."""
    code = f"""
        import os, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(places.__file__).parents[1])!r})
        from dlcourse.places import why_elsewhere, work_folder
        clone = Path({str(clone)!r})
        clone.chmod(0o755)
        (clone / "home").mkdir()
        (clone / "home").chmod(0o777)
        os.environ["HOME"] = str(clone / "home")
        if os.geteuid() == 0:
            (clone / "work").mkdir(mode=0o755)
            os.setgroups([])
            os.setuid(65534)
        else:
            (clone / "work").symlink_to("/usr")  # a folder of root's
        folder = work_folder(clone)
        print(folder == clone / "home" / "dlcourse", why_elsewhere(folder, clone), sep="|")
    """
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(line[8:] for line in code.splitlines())],
        capture_output=True,
        text=True,
        check=False,
    )
    if "Operation not permitted" in done.stderr or "Invalid argument" in done.stderr:
        pytest.skip("this root can become no other user, as in containers without privileges")
    assert not done.returncode, done.stderr
    return done.stdout


def test_an_original_comes_back_as_it_came(clone: Path, package: Path) -> None:
    assert restore_advice("data/mnist", clone).startswith("unpack the course's ZIP file again")
    assert "pip install --force-reinstall" in restore_advice("data/mnist", package)
    (clone / ".git").write_text("gitdir: elsewhere")  # a worktree
    assert restore_advice("notebooks", clone) == f"run `git checkout -- notebooks` in {clone}"
