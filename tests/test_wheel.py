"""The wheel is a whole course: built, installed and used as a learner would, without a network.

pip installs it into an environment of its own. What the course needs is borrowed from the
environment that runs this test; the course itself is not, neither by the command nor by the
processes that this starts: kernels and the doctor's. Nobody may write to the installation.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import nbformat
import pytest

from course_process import address_of, get, listen_to_ctrl_c, needs_signals, open_to_all
from dlcourse.places import IS_INSTALLED

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 30_000_000  # bytes of the wheel
DATA_FOLDERS = ("measurements", "mnist", "pictures", "series", "texts")
BUILT_FROM = ("src", "notebooks", *(f"data/{folder}" for folder in DATA_FOLDERS), "tests")
FILES = ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT", ".gitignore")
MISLEADING = ("DLCOURSE_", "IPYTHON", "JUPYTER", "MPL", "PYTHONPATH", "VIRTUAL_ENV", "XDG_")
NOWHERE = str(Path(os.devnull, "home"))  # nobody can make it, not even root
IS_ROOT = getattr(os, "geteuid", int)() == 0 and os.name != "nt"
STRANGERS = (54321, 54322) if IS_ROOT else (None, None)  # who is not root plays both, in turn

pytestmark = pytest.mark.skipif(IS_INSTALLED, reason="only the repository builds a wheel")


# ---------------------------------------------------------------------------- built


def build(source: Path, target: Path, *kinds: str) -> list[Path]:
    """Build sdist and wheel, or one of them; return the files, the sdist first."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(target)]
    command += [word for kind in kinds for word in ("-t", kind)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return sorted(target.iterdir(), key=lambda path: path.suffix)


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
    sdist, wheel = build(source, tmp_path_factory.mktemp("dist"))
    return sdist, wheel


def checksums_in(wheel: Path) -> dict[str, int]:
    """Return the checksum of each file in `wheel`, by its name."""
    with zipfile.ZipFile(wheel) as archive:
        return {info.filename: info.CRC for info in archive.infolist()}


# ---------------------------------------------------------------------------- installed


def install(wheel: Path, folder: Path) -> Path:
    """Install `wheel` into a new environment in `folder`, write-protect it; return its `dlcourse`.

    Dependencies are found where this process finds them, after the wheel. A line in a .pth file
    does not do what the .pth files of the folder that it names say, so an editable installation of
    the course stays out of sight.
    """
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    paths = {key: Path(path) for key, path in _paths_of(folder).items()}
    python = paths["scripts"] / ("python.exe" if os.name == "nt" else "python")
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--python", python, "install", "--no-deps", "--no-index", "--quiet", wheel],
        env=os.environ | {"HOME": str(folder)},  # without one, pip ends where the user has no name
        check=True,
    )
    borrowed = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    paths["purelib"].joinpath("borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")
    for part in ("share", "etc"):
        if Path(sys.prefix, part, "jupyter").is_dir():
            shutil.copytree(Path(sys.prefix, part, "jupyter"), folder / part / "jupyter")
    for path in folders_of(folder):
        path.chmod(0o555)
    return paths["scripts"] / "dlcourse"


def _paths_of(folder: Path) -> dict[str, str]:
    """Return the paths of the environment in `folder`, by sysconfig's names."""
    variables = dict.fromkeys(("base", "platbase", "installed_base"), str(folder))
    return sysconfig.get_paths("venv", vars=variables)


def folders_of(folder: Path) -> list[Path]:
    """Return `folder` and all folders in it, but none behind a link."""
    return [Path(path) for path, _, _ in os.walk(folder)]


@dataclass
class Learner:
    """Somebody with a home who uses an installed course in an empty folder.

    Attributes:
        dlcourse: the command.
        home: the home, which exists.
        user: the user's number; None for whoever runs the tests.
        variables: what the learner's environment has besides.
    """

    dlcourse: Path
    home: Path
    user: int | None = None
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the folders, the user's own."""
        self.empty = self.home / "empty"
        self.empty.mkdir(parents=True, exist_ok=True)
        if self.user is not None:
            os.chown(self.home, self.user, self.user)
            os.chown(self.empty, self.user, self.user)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `dlcourse` with these arguments in the empty folder."""
        users = {name: value for name, value in os.environ.items() if not is_misleading(name)}
        own = {"HOME": str(self.home), "USERPROFILE": str(self.home)}
        return subprocess.Popen(
            [self.dlcourse, *arguments],
            cwd=self.empty,
            env=users | own | self.variables,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=listen_to_ctrl_c,  # noqa: PLW1509
        )

    def run(self, *arguments: str) -> str:
        """Return what `dlcourse` prints with these arguments; it must succeed."""
        process = self.start(*arguments)
        told, complaints = process.communicate(timeout=300)
        assert process.returncode == 0, told + complaints
        assert list(self.empty.iterdir()) == []
        return told

    def fail(self, *arguments: str) -> str:
        """Return the one line that `dlcourse` complains with; it must fail."""
        process = self.start(*arguments)
        told, complaints = process.communicate(timeout=300)
        assert process.returncode == 1, told + complaints
        assert complaints.count("\n") == 1, complaints
        return complaints


def is_misleading(variable: str) -> bool:
    """Tell whether a variable of this process could lead away from the installed course."""
    return variable.startswith(MISLEADING)


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """Return a folder that other users can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory(dir=open_to_all()) as name:
        Path(name).chmod(0o755)
        yield Path(name)
        for folder in folders_of(Path(name)):
            folder.chmod(0o755)


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], shared: Path) -> Path:
    """Return the command `dlcourse` of an installed wheel."""
    return install(built[1], shared / "installed")


@pytest.fixture
def learner(installed: Path, tmp_path: Path) -> Learner:
    """Return somebody with an empty home."""
    return Learner(installed, tmp_path / "home")


# ---------------------------------------------------------------------------- the tests


def test_the_wheel_has_all_lessons_and_data_and_nothing_else(built: tuple[Path, Path]) -> None:
    sdist, wheel = built
    assert wheel.stat().st_size < LARGEST
    names = checksums_in(wheel).keys()
    for path in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("data/[!u]*/*")]:
        assert f"dlcourse/course/{path.relative_to(ROOT).as_posix()}" in names
    assert {"dlcourse/drawing/pad.js", "dlcourse/course.mplstyle"} <= names
    assert {str(PurePosixPath(name).parent) for name in names if "/course/" in name} == {
        f"dlcourse/course/{part}"
        for part in ("notebooks", *(f"data/{folder}" for folder in DATA_FOLDERS))
    }
    assert {re.split("[-/]", name)[0] for name in names} == {"dlcourse"}
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
    assert checksums_in(again) == checksums_in(wheel)


def test_the_commands_work_in_an_empty_folder(learner: Learner) -> None:
    assert learner.run("--version").startswith("dlcourse ")
    told = learner.run("reset", "3")
    assert str(learner.home / "dlcourse" / "03_activations.ipynb") in told
    assert "0 of " in learner.run("progress")
    assert "MNIST: 70,000 images, verified" in learner.run("doctor")


@needs_signals
def test_the_lab_opens_lesson_00_from_the_home_of_the_learner(learner: Learner) -> None:
    with learner.start("lab", "--no-browser") as lab:
        address = address_of(lab)
        api = f"http://127.0.0.1:{address.port}/api/contents/00_start_here.ipynb"
        status, text = get(f"{api}?token={address.token}")
        lab.terminate()
    assert address.path == "/lab/tree/00_start_here.ipynb"
    assert f"lessons are in {learner.home / 'dlcourse'}" in address.said
    assert status == 200
    lesson = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    assert json.loads(text)["content"]["cells"][0]["source"] == lesson.cells[0].source


def test_two_users_share_a_read_only_installation(installed: Path, shared: Path) -> None:
    users = STRANGERS if can_reach(installed, STRANGERS[0]) else (None, None)
    learners = [Learner(installed, shared / f"home-{n}", user) for n, user in enumerate(users)]
    before = set((shared / "installed").rglob("*"))
    for learner in learners:
        learner.run("reset", "1")
        assert (learner.home / "dlcourse" / "01_tensors.ipynb").is_file()
    assert ", ok" in learners[0].run("run", "00")
    unpacked = [path.name for path in learners[0].home.rglob("train-images*")]
    assert unpacked == ["train-images-idx3-ubyte"], "the kernel, too, has the wheel's data.py"
    assert set((shared / "installed").rglob("*")) == before


def can_reach(command: Path, user: int | None) -> bool:
    """Tell whether a user may run `command`; in root's home, for example, only root may."""
    try:
        done = subprocess.run([command, "--version"], user=user, capture_output=True, check=False)
    except PermissionError:
        return False
    return done.returncode == 0


@needs_signals
def test_another_version_keeps_the_copies_and_says_which_lessons_have_changed(
    source: Path, learner: Learner, shared: Path, tmp_path: Path
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
    for name in ("0", "1"):
        learner.run("reset", name)
    copy = learner.home / "dlcourse" / "01_tensors.ipynb"
    mine = copy.read_bytes()
    newer = Learner(install(wheel, shared / "newer"), learner.home)
    with newer.start("lab", "--no-browser") as lab:
        said = address_of(lab).said
        lab.terminate()
    assert "01_tensors has changed since you copied it: `dlcourse reset 01`" in said
    assert "00_start_here has changed" not in said
    assert copy.read_bytes() == mine


@pytest.mark.parametrize("way", ["option", "variable"])
def test_the_copies_go_where_the_learner_says(learner: Learner, tmp_path: Path, way: str) -> None:
    mine = tmp_path / "my course"
    if way == "option":
        learner.run("reset", "2", "--folder", str(mine))
    else:
        learner.variables["DLCOURSE_WORK"] = str(mine)
        learner.run("reset", "2")
    assert [path.name for path in mine.iterdir()] == ["02_autograd.ipynb"]
    assert not (learner.home / "dlcourse").exists()


def test_a_clone_in_the_home_keeps_its_own_files(learner: Learner) -> None:
    clone = learner.home / "dlcourse"
    (clone / "notebooks").mkdir(parents=True)
    learner.run("reset", "2")
    assert (clone / "work" / "02_autograd.ipynb").is_file()
    assert {path.name for path in clone.iterdir()} == {"notebooks", "work"}


def test_who_has_no_home_names_a_folder_for_copies_and_data(
    learner: Learner, tmp_path: Path
) -> None:
    learner.variables |= {"HOME": NOWHERE, "USERPROFILE": NOWHERE}
    assert "--folder" in learner.fail("reset", "2")
    learner.variables["DLCOURSE_WORK"] = str(tmp_path / "mine")
    learner.run("reset", "2")
    assert "MNIST: 70,000 images, verified" in learner.run("doctor")


def test_what_is_installed_is_not_saved_to(learner: Learner) -> None:
    process = learner.start("run", "00", "--save")
    assert "only in a clone" in process.communicate(timeout=60)[1]
    assert process.returncode == 2
