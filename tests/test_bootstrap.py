"""The set-up: when it does nothing, when it starts anew, and what it says where it cannot go on.

`bootstrap.py` runs for real, in a small course of its own, and makes real environments. Only the
installer is a stand-in, since a real one needs the network: a program called `uv` that notes how
it was called, leaves a file in the environment, and fails where a test says so.
"""

import ast
import errno
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

from course_process import listen_to_ctrl_c, wait_for

ROOT = Path(__file__).resolve().parents[1]

INSTALLER = """
import json, os, pathlib, sys, time
if sys.argv[1:] == ["--version"]:
    sys.exit()
with open(os.environ["UV_CALLS"], "a") as calls:
    print(json.dumps(sys.argv[1:]), file=calls)
with open(os.environ["UV_CALLS"] + ".environment", "w") as file:
    json.dump(dict(os.environ), file)
step = "looking up" if "--dry-run" in sys.argv else "installing"
if step == "installing":
    pathlib.Path(".venv", os.environ["UV_LEAVES"]).touch()
    if os.environ["UV_FAILS"] == "never ends":
        time.sleep(60)
if os.environ["UV_FAILS"] in [step, *sys.argv]:
    sys.exit(os.environ["UV_SAYS"])
"""


PIP_WITHOUT_NETWORK = """WARNING: Retrying after connection broken by 'NewConnectionError(...)'
ERROR: No matching distribution found for uv"""


class Course:
    """A small course in `folder`, whose set-up finds the stand-in for uv in `tools`."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.folder = folder
        self.calls = tools / "calls"
        folder.mkdir()
        tools.mkdir()
        for name in ("bootstrap.py", "Makefile"):
            shutil.copy(ROOT / name, folder)
        (folder / "pyproject.toml").write_text('[project]\nname = "small"\n[tool.ruff]\n')
        (folder / "constraints.txt").write_text("torch==2.15.0\n")
        script = tools / "stand_in.py"
        script.write_text(INSTALLER)
        if os.name == "nt":
            (tools / "uv.bat").write_text(f'@"{sys.executable}" "{script}" %*\n')
        else:
            (tools / "uv").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
            (tools / "uv").chmod(0o755)
        self.environment = os.environ | {
            "PATH": os.pathsep.join([str(tools), os.environ["PATH"]]),
            "UV_CALLS": str(self.calls),
        }

    def start(
        self, *options: str, leaves: str = "installed", fails: str = "nowhere", says: str = ""
    ) -> "subprocess.Popen[str]":
        """Start the set-up.

        Args:
            options: for bootstrap.py.
            leaves: the file that the installer leaves in the environment.
            fails: "looking up", "installing", "never ends", or an argument with which the installer
                must fail.
            says: what it then says.
        """
        return subprocess.Popen(
            [sys.executable, "bootstrap.py", *options],
            cwd=self.folder,
            env=self.environment | {"UV_LEAVES": leaves, "UV_FAILS": fails, "UV_SAYS": says},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a job of its own, which can be killed as one
            preexec_fn=listen_to_ctrl_c,  # noqa: PLW1509
        )

    def set_up(self, *options: str, **installer: str) -> tuple[int, str, str]:
        """Run the set-up to its end; return its exit status, stdout and stderr."""
        process = self.start(*options, **installer)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def installer_calls(self) -> list[list[str]]:
        """Return the arguments of all the installer's calls so far."""
        if not self.calls.exists():
            return []
        return [json.loads(line) for line in self.calls.read_text().splitlines()]

    def installers_environment(self) -> dict[str, str]:
        """Return the variables that the installer's last call has seen."""
        seen: dict[str, str] = json.loads(Path(f"{self.calls}.environment").read_text())
        return seen

    def add_dependency(self) -> None:
        """Change what the course needs."""
        (self.folder / "pyproject.toml").write_text('[project]\ndependencies = ["more"]\n')

    def load(self) -> ModuleType:
        """Return its bootstrap.py as a module."""
        spec = importlib.util.spec_from_file_location("bootstrap", self.folder / "bootstrap.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Return a course in a folder whose name has a space, as many have."""
    return Course(tmp_path / "my course", tmp_path / "tools")


def finish(module: ModuleType, torch: str | None = None, constraints: str | None = None) -> None:
    """Leave what a complete set-up leaves, without making it."""
    module.PYTHON.parent.mkdir(parents=True, exist_ok=True)
    module.PYTHON.touch(mode=0o755)
    module.write_stamp(module.wanted_stamp(torch, constraints))


def start_without_end(course: Course) -> "subprocess.Popen[str]":
    """Start a set-up whose installer never ends; return when that has installed half."""
    process = course.start(leaves="half", fails="never ends")
    wait_for(lambda: "half" if (course.folder / ".venv" / "half").exists() else "")
    return process


needs_jobs = pytest.mark.skipif(os.name == "nt", reason="Windows has no jobs to be killed as one")


# ---------------------------------------------------------------------------- doing it once


def test_set_up_installs_the_tested_versions_and_then_has_nothing_to_do(course: Course) -> None:
    status, out, err = course.set_up()
    assert (status, out) == (0, "")
    assert "complete" in err
    look_up, install = course.installer_calls()
    assert look_up == [*install, "--dry-run"]
    assert install[-4:] == ["--editable", ".[dev]", "--constraint", "constraints.txt"]
    python = Path(install[install.index("--python") + 1])
    assert python == course.folder / ".venv" / python.relative_to(course.folder / ".venv")
    subprocess.run([python, "-c", "import sys; assert sys.prefix != sys.base_prefix"], check=True)

    assert course.set_up() == (0, "", "")
    assert len(course.installer_calls()) == 2


def test_an_installation_that_was_cut_off_is_made_anew(course: Course) -> None:
    status, out, _ = course.set_up(leaves="half", fails="installing", says="lost connection")
    assert status == 1
    assert "run the same command again" in out
    assert (course.folder / ".venv/half").exists()
    status, *_ = course.set_up(leaves="whole")
    assert status == 0
    assert [path.name for path in course.folder.glob(".venv/[hw]*")] == ["whole"]


@needs_jobs
@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("SIGKILL", ""),
        ("SIGINT", "The set-up was interrupted: run the same command again\n"),
    ],
)
def test_a_set_up_that_was_killed_while_it_installs_is_made_anew(
    course: Course, by: str, told: str
) -> None:
    killed = start_without_end(course)
    os.killpg(killed.pid, signal.Signals[by])
    out, err = killed.communicate(timeout=60)
    assert killed.returncode != 0
    assert out == ""
    assert err.endswith(told)

    status, out, err = course.set_up(leaves="whole")
    assert (status, out) == (0, "")
    assert err.startswith("Setting up the course in .venv anew: ")
    assert [path.name for path in course.folder.glob(".venv/[hw]*")] == ["whole"]
    assert course.set_up() == (0, "", "")


@needs_jobs
def test_an_installer_that_outlives_its_set_up_keeps_the_next_one_waiting(course: Course) -> None:
    killed = start_without_end(course)
    killed.kill()  # its installer goes on
    waiting = course.start(leaves="whole")
    assert waiting.stderr
    assert "Another set-up is running" in waiting.stderr.readline()
    assert not (course.folder / ".venv" / "whole").exists()
    os.killpg(killed.pid, signal.SIGKILL)
    _, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    assert err.startswith("Setting up the course in .venv anew: ")
    assert [path.name for path in course.folder.glob(".venv/[hw]*")] == ["whole"]
    killed.communicate(timeout=60)


def test_two_set_ups_at_once_install_once(course: Course) -> None:
    both = [course.start(), course.start()]
    told = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [out for out, _ in told] == ["", ""]
    assert sorted("The set-up is complete." in err for _, err in told) == [False, True]
    assert len(course.installer_calls()) == 2, "one looked up and installed"


# ---------------------------------------------------------------------------- destroy last


def folders_of(course: Course) -> list[str]:
    """Return what is in the course's folder of environments."""
    return sorted(path.name for path in course.folder.glob(".venv*") if path.is_dir())


@pytest.mark.parametrize("options", [(), ("--torch", "cpu")])
def test_without_a_network_a_finished_environment_is_used_and_kept(
    course: Course, options: tuple[str, ...]
) -> None:
    course.set_up(leaves="old")
    before = (course.folder / "pyproject.toml").read_text()
    course.add_dependency()
    no_network = {"fails": "looking up", "says": "error: dns error: no such host"}
    status, out, err = course.set_up(*options, **no_network)
    assert (status, out) == (0, "")
    assert "dns error: no such host" in err
    assert "going on with what is installed. Connect to the network" in err
    assert (course.folder / ".venv" / "old").exists()
    assert folders_of(course) == [".venv"]

    (course.folder / "pyproject.toml").write_text(before)
    assert course.set_up() == (0, "", ""), "undone, it is up to date as before"
    course.add_dependency()
    assert course.set_up(leaves="new")[0] == 0
    assert [path.name for path in course.folder.glob(".venv/[on]*")] == ["new"]
    assert folders_of(course) == [".venv"]


@pytest.mark.parametrize("step", ["looking up", "installing"])
def test_a_renewal_that_fails_leaves_the_old_environment(course: Course, step: str) -> None:
    course.set_up(leaves="old")
    course.add_dependency()
    status, out, _ = course.set_up(leaves="half", fails=step, says="No solution found")
    assert status == 1
    assert "run the same command again" in out
    assert [path.name for path in course.folder.glob(".venv/[oh]*")] == ["old"]
    assert folders_of(course) == [".venv"]


@needs_jobs
@pytest.mark.parametrize("by", ["SIGKILL", "SIGINT"])
def test_a_renewal_that_is_killed_ends_whole_the_second_time(course: Course, by: str) -> None:
    course.set_up(leaves="old")
    before = (course.folder / "pyproject.toml").read_text()
    course.add_dependency()
    killed = start_without_end(course)
    os.killpg(killed.pid, signal.Signals[by])
    killed.communicate(timeout=60)

    no_network = {"fails": "looking up", "says": "dns error"}
    assert course.set_up(**no_network)[:2] == (0, "")
    assert [path.name for path in course.folder.glob(".venv/[oh]*")] == ["old"]
    (course.folder / "pyproject.toml").write_text(before)
    assert course.set_up() == (0, "", "")
    course.add_dependency()
    assert course.set_up(leaves="whole")[0] == 0
    assert [path.name for path in course.folder.glob(".venv/[ohw]*")] == ["whole"]
    assert folders_of(course) == [".venv"]


def test_a_renewal_that_was_killed_when_it_was_whole_is_finished(course: Course) -> None:
    module = course.load()
    finish(module)
    (course.folder / ".venv.aside").mkdir()
    module.put_back()
    assert module.is_up_to_date(module.wanted_stamp(None, None))
    assert folders_of(course) == [".venv"]


def test_what_changes_no_installation_costs_none(course: Course) -> None:
    course.set_up()
    text = (course.folder / "pyproject.toml").read_text()
    (course.folder / "pyproject.toml").write_text(f"# a comment\n{text}line-length = 90\n")
    (course.folder / "constraints.txt").write_text("# why\n\ntorch==2.15.0  # tested\n")
    assert course.set_up() == (0, "", "")


# ---------------------------------------------------------------------------- one at a time


def test_a_second_set_up_waits_for_the_first(course: Course) -> None:
    module = course.load()
    with module.only_one():
        waiting = course.start()
        assert waiting.stderr
        assert "Another set-up is running" in waiting.stderr.readline()
        finish(module)
    assert waiting.communicate(timeout=60) == ("", "")
    assert waiting.returncode == 0
    assert course.installer_calls() == []


# ---------------------------------------------------------------------------- up to date or not


def test_a_finished_environment_is_up_to_date(course: Course) -> None:
    module = course.load()
    assert not module.is_up_to_date(module.wanted_stamp(None, None))
    finish(module)
    assert module.is_up_to_date(module.wanted_stamp(None, None))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pyproject.toml", '[build-system]\nrequires = ["another"]\n'),
        ("constraints.txt", "numpy==2.4.6\n"),
    ],
)
def test_another_content_is_not_up_to_date_though_its_time_is_the_same(
    course: Course, name: str, line: str
) -> None:
    module = course.load()
    finish(module)
    path = course.folder / name
    before = path.stat()
    path.write_text(path.read_text() + line)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not module.is_up_to_date(module.wanted_stamp(None, None))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "\xff"])
def test_a_damaged_stamp_is_not_up_to_date(course: Course, content: str) -> None:
    module = course.load()
    finish(module)
    module.STAMP.write_text(content, encoding="latin-1")
    assert not module.is_up_to_date(module.wanted_stamp(None, None))


def test_an_environment_whose_python_is_gone_is_not_up_to_date(course: Course) -> None:
    module = course.load()
    finish(module)
    module.PYTHON.unlink()
    assert not module.is_up_to_date(module.wanted_stamp(None, None))


def test_a_moved_course_is_not_up_to_date(course: Course) -> None:
    finish(course.load())
    course.folder = course.folder.rename(course.folder.with_name("elsewhere"))
    module = course.load()
    assert not module.is_up_to_date(module.wanted_stamp(None, None))


def test_options_hold_until_others_are_given(course: Course) -> None:
    module = course.load()
    finish(module, torch="cpu", constraints="")
    assert module.is_up_to_date(module.wanted_stamp(None, None))
    assert not module.is_up_to_date(module.wanted_stamp("default", None))
    assert not module.is_up_to_date(module.wanted_stamp(None, "constraints.txt"))


# ---------------------------------------------------------------------------- options


def test_torch_cpu_is_uvs_own_option_and_no_constraints_means_the_newest(course: Course) -> None:
    status, *_ = course.set_up("--torch", "cpu", "--constraints", "")
    assert status == 0
    _, install = course.installer_calls()
    assert install[install.index("--torch-backend") + 1] == "cpu"
    assert "--constraint" not in install


def test_where_the_tested_versions_do_not_fit_the_newest_are_taken(course: Course) -> None:
    status, out, err = course.set_up(fails="--constraint", says="No solution found")
    assert (status, out) == (0, "")
    assert err.count("do not fit this Python and system") == 1
    assert ["--constraint" in call for call in course.installer_calls()] == [True, False, False]


# ---------------------------------------------------------------------------- what to do


@pytest.mark.parametrize(
    ("options", "fails", "says", "advice"),
    [
        ((), "looking up", "error sending request for url", "cannot be reached: connect to the"),
        (("--torch", "cpu"), "looking up", "dns error", "or leave out TORCH=cpu"),
        ((), "looking up", "No solution found", "No versions fit this Python and system"),
        ((), "looking up", "something else", "The reason is above"),
        ((), "looking up", f"{PIP_WITHOUT_NETWORK}", "cannot be reached: connect to the"),
        ((), "looking up", "invalid peer certificate: UnknownIssuer", "set SSL_CERT_FILE"),
        ((), "looking up", "HTTP status client error (403 Forbidden)", "refuses access: ask"),
        ((), "looking up", "No space left on device (os error 28)", "is full: make room"),
        ((), "looking up", "Disk quota exceeded (os error 122)", "your share of it, is full"),
        ((), "installing", "something else", "The reason is above"),
        (("--torch", "gpu"), "nowhere", "", "TORCH=gpu is unknown"),
        (("--constraints", "none.txt"), "nowhere", "", "There is no file none.txt"),
    ],
)
def test_every_failure_ends_in_one_line_that_says_what_to_do(
    course: Course, options: tuple[str, ...], fails: str, says: str, advice: str
) -> None:
    status, out, err = course.set_up(*options, fails=fails, says=says)
    assert status == 1
    assert advice in out
    assert len(out.splitlines()) == 1
    assert says in err, "the installer's own words are shown"
    assert "do not fit" not in err or says == "No solution found"
    assert "Traceback" not in err


@pytest.mark.skipif(shutil.which("make") is None, reason="Windows has no make")
def test_under_make_that_line_is_the_last_one(course: Course) -> None:
    make = ["make", "setup", "TORCH=gpu", f"PYTHON={sys.executable}"]
    done = subprocess.run(make, cwd=course.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "TORCH=gpu is unknown: leave it out" in done.stderr.splitlines()[-1]


def test_a_python_without_ensurepip_is_told_what_to_install(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = course.load()
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(module.SetupError, match=r"apt install python3\.\d+-venv"):
        module.make_venv(with_pip=True)


def test_a_python_built_without_a_part_is_named_before_anything_is_loaded(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = course.load()
    for name in ("lzma", "sqlite3"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(module.SetupError, match=r"without lzma, sqlite3: .*PYTHON=python3\.12"):
        module.set_up(None, None)
    with pytest.raises(module.SetupError, match=r"`apt install liblzma-dev libsqlite3-dev`"):
        module.set_up(None, None)
    assert course.installer_calls() == []
    assert folders_of(course) == []


@pytest.mark.parametrize(
    ("system", "machine", "libraries", "told"),
    [
        ("darwin", "x86_64", "cpython-311-darwin", "Intel chip: .* Python for arm64"),
        ("win32", "ARM64", "", "ARM on Windows: install Python for x64"),
        ("linux", "x86_64", "cpython-311-x86_64-linux-musl", "Alpine: use one with glibc"),
        ("darwin", "arm64", "cpython-311-darwin", ""),
        ("linux", "aarch64", "cpython-311-aarch64-linux-gnu", ""),
        ("win32", "AMD64", "", ""),
    ],
)
def test_systems_without_pytorch_are_named(
    course: Course,
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    machine: str,
    libraries: str,
    told: str,
) -> None:
    module = course.load()
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("sysconfig.get_config_var", lambda _: libraries)
    assert re.search(told, module.system_without_torch())
    assert bool(told) == bool(module.system_without_torch())
    monkeypatch.setattr("sys.maxsize", 2**31 - 1)
    assert module.system_without_torch()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such folders")
def test_a_folder_that_python_cannot_work_in_is_named(tmp_path: Path) -> None:
    course = Course(tmp_path / "a:b", tmp_path / "tools")
    status, out, _ = course.set_up()
    assert status == 1
    assert "give the folder a name without :" in out


# ---------------------------------------------------------------------------- settings of others


def test_the_installer_sees_nothing_that_would_lead_it_astray(course: Course) -> None:
    astray = ("PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV")
    course.environment |= dict.fromkeys(astray, str(course.folder)) | {"PIP_USER": "1"}
    assert course.set_up()[0] == 0
    seen = course.installers_environment()
    assert not seen.keys() & set(astray)
    assert seen["PIP_USER"] == "0"


PIP_SETTINGS = """
[global]
index-url = https://mirror.example/simple
trusted-host = mirror.example
cert = /etc/certificate.pem
[install]
extra-index-url =
    https://one.example/simple
    https://two.example/simple
find-links = /wheels /more
user = true
"""


def test_a_mirror_of_pips_is_uvs(course: Course, tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text(PIP_SETTINGS)
    for name in list(course.environment):
        if (name.startswith(("PIP_", "UV_")) and name != "UV_CALLS") or name == "SSL_CERT_FILE":
            del course.environment[name]
    course.environment["PIP_CONFIG_FILE"] = str(tmp_path / "pip.conf")
    assert course.set_up()[0] == 0
    seen = course.installers_environment()
    assert seen["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert seen["UV_INDEX"].split() == ["https://one.example/simple", "https://two.example/simple"]
    assert seen["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert seen["UV_FIND_LINKS"] == "/wheels,/more"
    assert seen["UV_INSECURE_HOST"] == "mirror.example"
    assert seen["SSL_CERT_FILE"] == "/etc/certificate.pem"

    course.environment["UV_DEFAULT_INDEX"] = "https://own.example/simple"
    course.add_dependency()
    assert course.set_up()[0] == 0
    seen = course.installers_environment()
    assert seen["UV_DEFAULT_INDEX"] == "https://own.example/simple"
    assert "UV_INDEX" not in seen


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locale")
def test_the_course_is_found_in_a_folder_whose_letters_the_system_does_not_know(
    tmp_path: Path,
) -> None:
    course = Course(tmp_path / "Jürgen Müller", tmp_path / "tools")
    assert course.set_up()[0] == 0
    (course.folder / "src").mkdir()
    (course.folder / "src" / "found.py").write_text("")
    [packages] = course.folder.glob(".venv/lib/*/site-packages")
    link = packages / "_editable_impl_dlcourse.pth"
    link.write_text(str(course.folder / "src"), encoding="utf-8")
    old = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    command = [str(course.folder / ".venv" / "bin" / "python"), "-c", "import found"]
    found = subprocess.run(command, env=old, capture_output=True, check=False).returncode == 0
    assert not found or sys.version_info >= (3, 13), "the fault that is fixed below"
    course.load().name_folder_in_ascii()
    subprocess.run(command, env=old, check=True)


# ---------------------------------------------------------------------------- whose it is


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "The disk is full: make room"),
        (errno.EDQUOT, "The disk is full: make room"),
        (errno.EIO, "see what is wrong with it"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_what_to_do(
    course: Course, number: int, advice: str
) -> None:
    assert advice in course.load().advice(OSError(number, os.strerror(number), "a file"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such owners")
@pytest.mark.parametrize(
    ("whose", "may_write", "told"),
    [
        ("root", False, "root's, as after a `sudo make`: `sudo chown -R $(id -u) "),
        ("teacher", False, "belongs to teacher: ask them to run `make setup`"),
        ("me", True, "a file cannot be written to: see whose it is"),
    ],
)
def test_who_has_no_right_is_told_whose_it_is(
    course: Course, monkeypatch: pytest.MonkeyPatch, whose: str, told: str, *, may_write: bool
) -> None:
    module = course.load()
    monkeypatch.setattr(module, "owner", lambda _: whose)
    monkeypatch.setattr("os.access", lambda *_: may_write)
    error = OSError(errno.EACCES, os.strerror(errno.EACCES), "a file")
    assert told in module.advice(error)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such owners")
def test_a_student_on_a_teachers_course_goes_on_with_what_is_installed(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = course.load()
    finish(module)
    course.add_dependency()

    def no_right() -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(module.LOCK))

    monkeypatch.setattr(module, "only_one", no_right)
    monkeypatch.setattr("os.access", lambda path, _: path == module.PYTHON)
    monkeypatch.setattr(module, "owner", lambda _: "teacher")
    module.set_up(None, None)
    assert (
        "belongs to teacher: going on with what is installed. Ask them" in capsys.readouterr().err
    )

    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(PermissionError) as raised:
        module.set_up(None, None)
    assert re.match(
        r"You may not run .*: ask teacher to set .*for all", module.advice(raised.value)
    )


def test_an_old_python_is_told_so_and_can_read_that_far() -> None:
    text = (ROOT / "bootstrap.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 7))
    pretend = f"import sys; sys.version_info = (3, 8, 1); exec({text!r})"
    done = subprocess.run(
        [sys.executable, "-c", pretend], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("Python 3.8 is too old, 3.11 or newer is needed")


# ---------------------------------------------------------------------------- the files beside it


def test_the_makefile_has_a_line_of_help_for_each_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony
    with_help = re.findall(r"^([a-z]+):.*## \w", text, re.MULTILINE)
    assert sorted(phony[1].split()) == sorted([*with_help, "help"])
    assert re.findall(r"^([a-z]+):", text, re.MULTILINE)[0] == "help"


def test_the_tested_versions_are_exact_name_no_place_and_lie_within_the_ranges() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==\d[\w.]*", line) for line in lines)
    tested = dict(line.split("==") for line in lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for requirement in map(Requirement, ranges):
        assert tested[requirement.name] in requirement.specifier
