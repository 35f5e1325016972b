"""`make everywhere` and `make soak`, on a small project whose suite takes no time."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import everywhere
import machines
from course_process import open_to_all
from everywhere import FAILED, NOT_RUN, PASSED, Result, combined, copy_course, random_row, run_row
from machines import Row, rows

# In the order of the table.
NAMES = [
    *("threads-1", "threads-2", "default", "avx2", "avx512", "oldest", "newest"),
    *("no-home", "read-only", "other-letters", "no-network", "zh_CN", "tr_TR", "one-core"),
    *("bare", "zip", "stranger", "lived-in", "full-home", "like-cuda", "like-mps"),
]

IDENTITY = ["-c", "user.name=A", "-c", "user.email=a@b.c"]

# Writes down what it sees of the machine.
PROBE = """
import json, os, pathlib, socket, sys

def told(action):
    try:
        action()
    except (OSError, RuntimeError) as error:  # the latter: there is no home to be found
        return str(error)
    return "done"

def away():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect(("192.0.2.1", 9))  # an address that belongs to nobody

def here():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()

def test_probe():
    seen = {
        "environment": dict(os.environ),
        "arguments": sys.argv,
        "folder": os.getcwd(),
        "writing": told(lambda: pathlib.Path("new").touch()),
        "home": told(lambda: pathlib.Path.home().mkdir(parents=True)),
        "away": told(away),
        "here": told(here),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else None,
    }
    pathlib.Path(os.environ["SEEN"]).write_text(json.dumps(seen))
"""


class Project:
    """A small project in `folder` with a suite of its own, which stands for the course."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen = folder.with_name("seen.json")
        (folder / "tests").mkdir(parents=True)
        (folder / "pyproject.toml").write_text('[project]\nname = "small"\n', encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        (self.folder / path).write_text(text, encoding="utf-8")

    def what_is_seen(self, row: Row) -> Any:  # noqa: ANN401 - JSON
        """Run the row; return what its suite saw of the machine."""
        result = run_row(row)
        assert result.verdict == PASSED, result
        return json.loads(self.seen.read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project that everywhere.py takes for the course, with the probe as its suite."""
    small = Project(tmp_path / "small")
    small.write("tests/test_probe.py", PROBE)
    monkeypatch.setattr(everywhere, "ROOT", small.folder)
    monkeypatch.setenv("SEEN", str(small.seen))
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):  # of the suite that this test is in
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take seconds to load
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin")
    return small


@pytest.fixture(scope="module")
def known() -> dict[str, Row]:
    """Return every row by its name."""
    return {row.name: row for row in rows()}


@pytest.fixture
def table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> "Table":
    """Return what runs the script on a CPU that has no avx512."""
    monkeypatch.setattr(machines, "_cpu_levels", lambda: ["default", "avx2"])
    return Table(capsys)


class Table:
    """What the script prints."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def of(self, *arguments: str) -> tuple[int, list[str]]:
        """Run the script; return its exit status, and its lines without the two of the head."""
        status = everywhere.main(arguments)
        commit, head, *lines = self._capsys.readouterr().out.splitlines()
        assert commit.endswith(", which is no clone.")
        assert head.startswith("setting ")
        return status, lines


# ---------------------------------------------------------------------------- the rows


def test_the_rows_are_those_that_were_asked_for(known: dict[str, Row]) -> None:
    assert [row.name for row in rows()] == NAMES
    kinds = {row.kind for row in known.values()}
    assert len(kinds) == 13
    assert set(everywhere.SOAKED) < kinds


def test_the_levels_of_the_cpu_are_its_own_whatever_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    machines._cpu_levels.cache_clear()
    levels = machines._cpu_levels()
    assert levels == ["default", "avx2", "avx512"][: len(levels)]
    if sys.platform == "linux":
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
        assert ("avx2" in levels) == ("avx2" in flags)


def test_the_settings_reach_the_suite(project: Project, known: dict[str, Row]) -> None:
    parts = [known[name] for name in ("threads-2", "avx2", "no-home", "other-letters", "tr_TR")]
    row = replace(combined(parts, "all"), hindrance="")  # the variables, not the locale or the CPU
    seen = project.what_is_seen(row)
    environment = seen["environment"]
    assert environment["OMP_NUM_THREADS"] == "2"
    assert environment["ATEN_CPU_CAPABILITY"] == "avx2"
    assert environment["LC_ALL"] == environment["LANG"] == "tr_TR.UTF-8"
    assert "XDG_CACHE_HOME" not in environment
    assert seen["home"] != "done", "there is a home, or one can be made"
    assert Path(seen["folder"]).name == "мой курс 深度学习 ü"
    assert environment["PYTHONPATH"] == str(Path(seen["folder"], "src"))
    assert not Path(environment["TORCHINDUCTOR_CACHE_DIR"]).exists(), "it is not the row's own"


def test_a_bare_machine_has_nothing_of_ours(
    project: Project, known: dict[str, Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The probe needs the way to its answer, and the fixture's three to be quick.
    kept = {
        name: value for name, value in os.environ.items() if name.startswith(("SEEN", "PYTEST"))
    }
    monkeypatch.setenv("OF_OURS", "1")
    row = replace(known["bare"], environment={**known["bare"].environment, **kept})
    seen = project.what_is_seen(row)["environment"]
    assert "OF_OURS" not in seen
    assert seen["LC_ALL"] == "C"
    assert ".venv" not in seen["PATH"]
    assert not {"LANG", "USER", "CI", "VIRTUAL_ENV", "SSL_CERT_FILE"} & seen.keys()


@pytest.fixture
def folder_of_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder that every user can enter, and let temporary ones be made there."""
    with tempfile.TemporaryDirectory(dir=open_to_all()) as name:
        Path(name).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


@pytest.mark.usefixtures("project")
def test_a_stranger_is_a_user_whom_nobody_knows(known: dict[str, Row], folder_of_all: Path) -> None:
    if not machines.IS_ROOT:
        only_root = Result(NOT_RUN, "only root can become another user")
        assert run_row(known["stranger"]) == only_root
        return
    seen = folder_of_all / "seen"
    seen.touch(mode=0o666)
    seen.chmod(0o666)

    def python(clone: Path) -> Path:  # stands for an interpreter that every user may run
        stand_in = clone / "python"
        source = f'#!/bin/sh\necho "$(id -u) $(touch new && echo may write) ($HOME)" > "{seen}"\n'
        stand_in.write_text(source, encoding="utf-8")
        stand_in.chmod(0o755)
        return stand_in

    assert run_row(replace(known["stranger"], python=python)).verdict == PASSED
    assert seen.read_text(encoding="utf-8") == f"{machines.STRANGER} may write ()\n"


def test_the_furniture_of_others_reaches_the_suite(project: Project, known: dict[str, Row]) -> None:
    seen = project.what_is_seen(known["lived-in"])
    environment = seen["environment"]
    assert environment["JUPYTER_TOKEN"] == "known-to-all"  # noqa: S105 - no secret
    old, ours = environment["PYTHONPATH"].split(os.pathsep)
    assert ours == str(Path(seen["folder"], "src"))
    assert Path(old).parent == Path(environment["HOME"])
    assert environment["HOME"] != os.environ.get("HOME")


def test_a_zip_has_no_git_and_nothing_that_was_made(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("work", ".venv", ".venv.old", ".git"):
        (project.folder / name).mkdir()
    shutil.rmtree(project.folder / ".git")
    copy_course(tmp_path / "copy", with_git=False)
    names = {path.name for path in (tmp_path / "copy").iterdir()}
    assert names == {"tests", "pyproject.toml"}
    if not shutil.which("git"):
        return
    monkeypatch.setattr(everywhere, "ROOT", tmp_path / "copy")
    for words in (["init", "-q"], ["add", "."], [*IDENTITY, "commit", "-qm", "All"]):
        subprocess.run(["git", "-C", str(tmp_path / "copy"), *words], check=True)
    (tmp_path / "copy" / "not committed").touch()
    for with_git in (True, False):
        copy_course(tmp_path / f"clone-{with_git}", with_git=with_git)
        names = {path.name for path in (tmp_path / f"clone-{with_git}").iterdir()}
        assert names == {"tests", "pyproject.toml"} | ({".git"} if with_git else set())


def test_a_pretended_device_is_where_python_finds_it(
    project: Project, known: dict[str, Row]
) -> None:
    seen = project.what_is_seen(combined([known["like-mps"], known["threads-1"]], "both"))
    folders = [
        Path(seen["folder"], *parts) for parts in (["src"], ["tests", "settings", "pretended_gpu"])
    ]
    assert seen["environment"]["PYTHONPATH"].split(os.pathsep) == [str(one) for one in folders]
    assert seen["environment"]["DLCOURSE_DEVICE"] == "mps"
    assert Path(__file__).with_name("pretended_gpu").joinpath("sitecustomize.py").is_file()


@pytest.mark.parametrize(("n_cores", "n_workers"), [(1, 0), (2, 0), (4, 2), (9, 4)])
def test_two_threads_have_two_cores(
    n_cores: int, n_workers: int, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "N_CORES", n_cores)
    [row] = [row for row in rows() if row.name == "threads-2"]
    assert row.n_workers == max(1, n_workers)
    if n_workers == 0:
        assert "PYTEST_XDIST_WORKER" not in project.what_is_seen(row)["environment"]


def test_read_only_no_network_and_one_core_are_what_they_say(
    project: Project, known: dict[str, Row]
) -> None:
    parts = [known["read-only"], known["no-network"], known["one-core"]]
    for part in parts:
        if part.hindrance:
            pytest.skip(f"this machine cannot run {part.name}: {part.hindrance}")
    seen = project.what_is_seen(combined(parts, "cut-off"))
    assert "Read-only file system" in seen["writing"]
    assert "unreachable" in seen["away"]
    assert seen["here"] == "done", "a notebook's kernel is reached through the loopback"
    assert seen["cores"] == 1
    seen = project.what_is_seen(known["threads-1"])
    assert seen["writing"] == "done"


# ---------------------------------------------------------------------------- other versions


@pytest.mark.parametrize(
    ("says", "verdict", "told"),
    [
        ("The package registry cannot be reached: …", NOT_RUN, "registry cannot be reached"),
        ("There is no such package", FAILED, "There is no such package: see "),
    ],
)
def test_an_environment_that_cannot_be_made_is_told(
    says: str, verdict: str, told: str, project: Project, known: dict[str, Row]
) -> None:
    project.write("bootstrap.py", f"print({says!r})\nraise SystemExit(1)")
    result = run_row(known["newest"])
    assert result.verdict == verdict
    assert told in result.told


def test_without_a_network_the_oldest_versions_cannot_be_found(
    project: Project, known: dict[str, Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("uv", path=machines.PROGRAMS):
        pytest.skip("uv, which finds the oldest versions, is not installed here")
    text = '[project]\nname = "small"\nversion = "1"\ndependencies = ["torch>=2.10"]\n'
    project.write("pyproject.toml", text + "optional-dependencies = { dev = [] }\n")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        for variable in (name, name.lower()):
            monkeypatch.setenv(variable, "http://127.0.0.1:9")  # where nobody listens
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    result = run_row(known["oldest"])
    assert (result.verdict, result.told) == (NOT_RUN, "the package registry cannot be reached")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for an interpreter is a shell script")
def test_other_versions_than_those_asked_for_are_refused(project: Project, tmp_path: Path) -> None:
    (tmp_path / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    source = "import pathlib, shutil\npathlib.Path('.venv/bin').mkdir(parents=True)\n"
    source += f"shutil.copy({str(tmp_path / 'python')!r}, '.venv/bin')\n"
    project.write("bootstrap.py", source)
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(f"# all\npytest=={pytest.__version__}\nlacking-here==1\n")
    python = machines._own_environment(project.folder, str(constraints))
    assert python == project.folder / ".venv" / "bin" / "python"

    shutil.rmtree(project.folder / ".venv")
    constraints.write_text("pytest==8.3.0\n")
    told = f"pytest {pytest.__version__} was installed instead of 8.3.0"
    with pytest.raises(machines.NotMadeError, match=told):
        machines._own_environment(project.folder, str(constraints))


# ---------------------------------------------------------------------------- the table

PICKY = """
import os, pytest

@pytest.mark.parametrize("number", range(12))
def test_picky(number):
    assert os.environ.get("ATEN_CPU_CAPABILITY") != "default"

def test_plain():
    pass
"""


def test_failures_are_told_by_name_and_end_in_status_1(project: Project, table: Table) -> None:
    project.write("tests/test_probe.py", PICKY)
    status, (default, *failed, more, avx512, counts) = table.of("default", "avx512")
    assert status == 1
    assert default.startswith("default        FAILED ")
    assert "12 failed, 1 passed" in default
    log = Path(default.partition(": see ")[2])
    assert "test_picky[11]" in log.read_text(encoding="utf-8")
    names = sorted(f"    tests/test_probe.py::test_picky[{number}]" for number in range(12))
    assert failed == names[:10]
    assert more == "    and 2 more"
    assert avx512.split() == ["avx512", "not", "run", "this", "CPU", "has", "no", "avx512"]
    assert counts == "0 passed, 1 FAILED, 1 not run"

    status, (default, counts) = table.of("default", "--only", "plain")
    assert status == 0
    assert default.startswith("default        passed ")
    assert default.endswith("  1 passed")
    assert counts == "1 passed, 0 FAILED, 0 not run"


def test_what_cannot_be_run_is_no_failure_but_not_passed_either(
    project: Project, table: Table
) -> None:
    status, lines = table.of("avx512")
    assert status == 0
    assert lines[-1] == "0 passed, 0 FAILED, 1 not run"
    assert not project.seen.exists()


def test_a_suite_that_hangs_is_ended(
    project: Project, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("tests/test_probe.py", "import time\ndef test_slow(): time.sleep(60)")
    monkeypatch.setattr(everywhere, "SECONDS", 1)
    status, (line, _) = table.of("threads-2")
    assert status == 1
    assert "it took longer than 1 s: see " in line


def test_several_rows_can_be_one_run(project: Project, table: Table) -> None:
    status, (line, note, _) = table.of("default+threads-2")
    assert status == 0
    assert line.startswith("default+threads-2 passed ")
    assert note.startswith("    default threads-2, ")
    seen = json.loads(project.seen.read_text(encoding="utf-8"))
    assert seen["environment"]["ATEN_CPU_CAPABILITY"] == "default"
    assert seen["environment"]["OMP_NUM_THREADS"] == "2"

    status, lines = table.of("no-home+avx512")
    assert lines[-1] == "0 passed, 0 FAILED, 1 not run"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("threads-9", "there is no row 'threads-9'; there are threads-1, threads-2, default"),
        ("avx2+bogus", "there is no row 'bogus'; there are threads-1"),
        ("default+avx2", "no machine can be all of default+avx2"),
    ],
)
@pytest.mark.usefixtures("project")
def test_what_is_no_row_is_refused_in_a_line(
    name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        everywhere.main([name])
    assert told in capsys.readouterr().err.splitlines()[-1]


# ---------------------------------------------------------------------------- the soak


def test_a_random_row_is_its_seeds_and_its_parts_go_together(known: dict[str, Row]) -> None:
    able = [row for row in known.values() if row.kind in everywhere.SOAKED and not row.hindrance]
    never = {kind: Row(kind, kind, hindrance="never") for kind in everywhere.SOAKED}
    known = {**known, **never}
    drawn = set()
    for seed in range(100):
        row = random_row(seed, list(known.values()))
        assert row == random_row(seed, list(known.values()))
        names = [name for name in row.note.split(" ") if name in known]
        kinds = [known[name].kind for name in names]
        assert len(set(kinds)) == len(kinds), f"two of a kind: {names}"
        assert all(known[name] in able for name in names)
        for name in names:
            assert known[name].environment.items() <= row.environment.items()
        n_threads = int(row.environment.get("OMP_NUM_THREADS", 1))
        assert row.n_workers == 1 or row.n_workers * n_threads <= machines.N_CORES
        drawn |= set(names)
    assert drawn == {row.name for row in able}


def test_a_random_row_has_every_file_in_an_order_of_its_own(known: dict[str, Row]) -> None:
    orders = [random_row(seed, list(known.values())).order for seed in (0, 1)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])
    assert {"notebooks/01_tensors.ipynb", "tests/test_data.py"} <= set(orders[0])


def test_a_soak_counts_what_failed_how_often(
    project: Project, known: dict[str, Row], table: Table
) -> None:
    second = random_row(6, list(known.values())).environment["PYTHONHASHSEED"]
    source = f"import os\ndef test_hash(): assert os.environ['PYTHONHASHSEED'] != '{second}'"
    project.write("tests/test_probe.py", source)
    status, lines = table.of("--soak", "2", "--seed", "5")
    assert status == 1
    assert [line.split()[:2] for line in lines if line.startswith("seed")] == [
        ["seed-5", "passed"],
        ["seed-6", "FAILED"],
    ]
    assert lines[-2:] == [
        "1 passed, 1 FAILED, 0 not run",
        "failed in 1 of 2: tests/test_probe.py::test_hash",
    ]
