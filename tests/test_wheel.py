"""The wheel is a whole course: built, installed and used in an empty folder, without a network.

What the course needs is taken from the environment that runs this test; the course itself is not:
the wheel is what is found first.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from course_process import address_of, get, needs_signals
from dlcourse.places import IS_INSTALLED

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 30_000_000  # bytes of the wheel
BUILT_FROM = ("src", "notebooks", "data/mnist", "data/measurements", "tests")
FILES = ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT", ".gitignore")

pytestmark = pytest.mark.skipif(IS_INSTALLED, reason="only the repository builds a wheel")


def build(source: Path, target: Path, *kinds: str) -> list[Path]:
    """Build wheel and sdist, or one of them; return the files."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(target)]
    command += [word for kind in kinds for word in ("-t", kind)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return sorted(target.iterdir())


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what the wheel is built from, and of some files that it must not have."""
    copy = tmp_path_factory.mktemp("source")
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in BUILT_FROM:
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    for name in FILES:
        shutil.copy(ROOT / name, copy)
    (copy / "work").mkdir()
    (copy / "work" / "progress.jsonl").touch()
    (copy / "data" / "unpacked").mkdir()
    (copy / "data" / "unpacked" / "large").touch()
    return copy


@pytest.fixture(scope="module")
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the sdist and the wheel."""
    sdist, wheel = sorted(
        build(source, tmp_path_factory.mktemp("dist")), key=lambda path: path.suffix
    )
    return sdist, wheel


class Installation:
    """A wheel that is installed in a folder of its own, and used by somebody with a home."""

    def __init__(self, wheel: Path, folder: Path, home: Path) -> None:
        self.packages, self.home, self.empty = folder / "packages", home, folder / "empty"
        self.empty.mkdir(parents=True)
        home.mkdir(exist_ok=True)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.packages)  # noqa: S202 - our own
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DLCOURSE_", "JUPYTER", "XDG_", "IPYTHON", "MPL"))
        } | {"HOME": str(home), "USERPROFILE": str(home)}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `dlcourse` in an empty folder; the wheel's modules are the first to be found."""
        [entry] = self.packages.glob("*.dist-info/entry_points.txt")
        module = entry.read_text().partition("dlcourse = ")[2].partition(":")[0]
        code = f"import sys; sys.path.insert(0, {str(self.packages)!r}); sys.argv[0] = 'dlcourse'\n"
        code += f"from {module} import main\nsys.exit(main())"
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=self.empty,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        """Return what `dlcourse` prints with these arguments; it must succeed."""
        process = self.start(*arguments)
        told, complaints = process.communicate(timeout=300)
        assert process.returncode == 0, told + complaints
        return told


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("installed")
    return Installation(built[1], folder, folder / "home")


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_all_lessons_and_data_and_nothing_else(built: tuple[Path, Path]) -> None:
    sdist, wheel = built
    assert wheel.stat().st_size < LARGEST
    names = names_in(wheel)
    for path in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("data/m*/*")]:
        name = f"dlcourse/course/{path.relative_to(ROOT).as_posix()}"
        assert name in names
    assert {"dlcourse/drawing/pad.js", "dlcourse/course.mplstyle"} <= names
    assert not [
        name
        for name in names
        if "unpacked" in name or ("progress" in name.split("/")[-1] and name.endswith(".jsonl"))
    ]
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "browser"))]
    with tarfile.open(sdist) as archive:
        tops = {name.split("/")[1] for name in archive.getnames()}
    assert tops == {*FILES, "PKG-INFO", "src", "notebooks", "data"}


def test_the_sdist_gives_the_same_wheel(built: tuple[Path, Path], tmp_path: Path) -> None:
    sdist, wheel = built
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):  # Python 3.11.4 and newer
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(tmp_path)  # noqa: S202 - our own
    [source] = tmp_path.iterdir()
    [again] = build(source, tmp_path / "dist", "wheel")
    assert names_in(again) == names_in(wheel)


def test_the_commands_work_in_an_empty_folder(installed: Installation) -> None:
    assert installed.run("--version").startswith("dlcourse ")
    told = installed.run("reset", "3")
    assert str(installed.home / "dlcourse" / "03_activations.ipynb") in told
    assert "elsewhere" not in installed.run("progress")
    doctor = installed.run("doctor")
    assert "MNIST: 70,000 images, verified" in doctor
    assert list(installed.empty.iterdir()) == []


def test_a_lesson_runs_and_the_data_are_unpacked_for_the_user(installed: Installation) -> None:
    assert "ok" in installed.run("run", "00")
    packed = {path.name for path in (installed.packages / "dlcourse" / "course" / "data").iterdir()}
    assert packed == {"mnist", "measurements"}, "nothing is written beside the package's files"


@needs_signals
def test_the_lab_opens_lesson_00_from_the_home_of_the_learner(installed: Installation) -> None:
    lab = installed.start("lab", "--no-browser")
    try:
        address = address_of(lab)
        assert address.path == "/lab/tree/00_start_here.ipynb"
        api = f"http://127.0.0.1:{address.port}/api/contents/00_start_here.ipynb"
        status, text = get(f"{api}?token={address.token}")
        assert status == 200
        lesson = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
        assert json.loads(text)["content"]["cells"][0]["source"] == lesson.cells[0].source
        assert f"lessons are in {installed.home / 'dlcourse'}" in address.said
    finally:
        lab.terminate()
        lab.communicate(timeout=60)


@pytest.fixture
def read_only(installed: Installation) -> Iterator[Installation]:
    """Return the installation when nobody may write to it, root apart."""
    folders = [path for path in installed.packages.rglob("*") if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    yield installed
    for folder in folders:
        folder.chmod(0o755)


def test_two_users_share_a_read_only_installation(read_only: Installation, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        read_only.environment["HOME"] = str(tmp_path / name)
        read_only.environment["USERPROFILE"] = str(tmp_path / name)
        read_only.run("reset", "1")
    read_only.environment["HOME"] = read_only.environment["USERPROFILE"] = str(read_only.home)
    copies = [tmp_path / name / "dlcourse" / "01_tensors.ipynb" for name in ("a", "b")]
    assert all(path.is_file() for path in copies)


@needs_signals
def test_another_version_keeps_the_copies_and_says_which_lessons_have_changed(
    source: Path, installed: Installation, tmp_path: Path
) -> None:
    lesson = source / "notebooks" / "01_tensors.ipynb"
    before = lesson.read_bytes()
    notebook = nbformat.read(lesson, as_version=4)
    notebook.cells[0].source += " Second edition."
    nbformat.write(notebook, lesson)
    try:
        [wheel] = build(source, tmp_path / "dist", "wheel")
    finally:
        lesson.write_bytes(before)
    installed.run("reset", "1")
    copy = installed.home / "dlcourse" / "01_tensors.ipynb"
    mine = copy.read_bytes()
    newer = Installation(wheel, tmp_path / "newer", installed.home)
    lab = newer.start("lab", "--no-browser")
    try:
        said = address_of(lab).said
    finally:
        lab.terminate()
        lab.communicate(timeout=60)
    assert "01_tensors has changed since you copied it: `dlcourse reset 01`" in said
    assert "00_start_here has changed" not in said
    assert copy.read_bytes() == mine


@pytest.mark.parametrize("way", ["option", "variable"])
def test_the_copies_go_where_the_learner_says(
    installed: Installation, tmp_path: Path, way: str
) -> None:
    mine = tmp_path / "my course"
    if way == "option":
        installed.run("reset", "2", "--folder", str(mine))
    else:
        installed.environment["DLCOURSE_WORK"] = str(mine)
        installed.run("reset", "2")
        del installed.environment["DLCOURSE_WORK"]
    assert [path.name for path in mine.iterdir()] == ["02_autograd.ipynb"]
