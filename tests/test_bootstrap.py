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
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement

from course_process import listen_to_ctrl_c, wait_for

ROOT = Path(__file__).resolve().parents[1]

INSTALLER = """
import json, os, pathlib, sys, sysconfig, time
if sys.argv[-1] == "--help":
    sys.exit()
with open(os.environ["UV_CALLS"], "a") as calls:
    print(json.dumps({"arguments": sys.argv[1:], "variables": dict(os.environ)}), file=calls)
step = "looking up" if "--dry-run" in sys.argv else "installing"
if step == "installing":
    pathlib.Path(".venv", os.environ["UV_LEAVES"]).touch()
    base = {"base": ".venv", "platbase": ".venv"}
    packages = pathlib.Path(sysconfig.get_path("purelib", "venv", base))
    source = pathlib.Path("src").resolve()
    (packages / "_editable_impl_dlcourse.pth").write_text(str(source), encoding="utf-8")
    (packages / "torch-2.15.0.dist-info").mkdir()
    (packages / "torch-2.15.0.dist-info" / "METADATA").write_text("Name: torch")
    if os.environ["UV_FAILS"] == "never ends":
        time.sleep(60)
if os.environ["UV_FAILS"] in [step, *sys.argv, *os.environ]:
    sys.exit(os.environ["UV_SAYS"])
"""


PROJECT = """
[build-system]
requires = ["hatchling"]

[project]
name = "dlcourse"
dependencies = ["torch>=2"]

[project.optional-dependencies]
dev = ["ruff"]
browser = ["playwright"]
"""


class Course:
    """A small course in `folder`, whose set-up finds the stand-in for uv in `tools`."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.folder = folder
        self.python = Path(sys.executable)
        self.calls = tools / "calls"
        folder.mkdir()
        tools.mkdir()
        for name in ("bootstrap.py", "Makefile"):
            shutil.copy(ROOT / name, folder)
        (folder / "pyproject.toml").write_text(PROJECT)
        (folder / "constraints.txt").write_text("torch==2.15.0\n")
        script = tools / "stand_in.py"
        script.write_text(INSTALLER)
        if os.name == "nt":
            (tools / "uv.bat").write_text(f'@"{sys.executable}" "{script}" %*\n')
        else:
            (tools / "uv").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
            (tools / "uv").chmod(0o755)
        # The suite may itself be run by make, whose variables make another one talk.
        ours = {
            name: value
            for name, value in os.environ.items()
            if "MAKE" not in name and name != "MFLAGS"
        }
        self.environment = ours | {
            "HOME": str(tools),  # the user's own may be full
            "USERPROFILE": str(tools),
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
            fails: "looking up", "installing", "never ends", or an argument or a variable with
                which the installer must fail.
            says: what it then says.
        """
        return subprocess.Popen(
            [self.python, "bootstrap.py", *options],
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
        return [call["arguments"] for call in self._calls()]

    def installer_variables(self) -> dict[str, str]:
        """Return the environment variables of the installer's last call."""
        return dict(self._calls()[-1]["variables"])

    def _calls(self) -> list[dict[str, Any]]:
        if not self.calls.exists():
            return []
        return [json.loads(line) for line in self.calls.read_text().splitlines()]

    def left(self) -> list[str]:
        """Return what installers have left, and whether an environment is still aside."""
        paths = [*self.folder.glob(".venv/[hw]*"), *self.folder.glob(".venv.old*")]
        return [path.name for path in paths]

    def change(self) -> None:
        """Change what the environment is made from, as an update of the course does."""
        (self.folder / "constraints.txt").write_text("torch==2.16.0\n")

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
    module.PYTHON.touch()
    module.write_stamp(module.wanted_stamp(torch, constraints, ["torch"]))


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
    assert course.left() == ["whole"]


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
    assert course.left() == ["whole"]
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
    assert course.left() == ["whole"]
    killed.communicate(timeout=60)


def test_two_set_ups_at_once_install_once(course: Course) -> None:
    both = [course.start(), course.start()]
    told = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [out for out, _ in told] == ["", ""]
    assert sorted("The set-up is complete." in err for _, err in told) == [False, True]
    assert len(course.installer_calls()) == 2, "one looked up and installed"


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


# ---------------------------------------------------------------------------- the old one


@pytest.mark.parametrize(
    "says", ["dns error", "invalid peer certificate", "returned a 403 Forbidden error"]
)
def test_without_a_connection_the_course_goes_on_in_the_environment_that_it_had(
    course: Course, says: str
) -> None:
    course.set_up(leaves="whole")
    course.change()
    status, out, err = course.set_up(leaves="half", fails="looking up", says=says)
    assert (status, out) == (0, "")
    assert says in err
    assert err.endswith("Until then, the course runs in the environment that it had.\n")
    assert course.left() == ["whole"]
    assert course.set_up(leaves="half2")[0] == 0, "it is made as soon as there is a connection"
    assert course.left() == ["half2"]


def test_nothing_is_moved_before_the_new_versions_were_found(course: Course) -> None:
    course.set_up()
    before = (course.folder / ".venv").stat().st_ino
    course.change()
    course.set_up(fails="looking up", says="dns error")
    assert (course.folder / ".venv").stat().st_ino == before
    assert "--target" in course.installer_calls()[-1], "what is installed now does not count"


@pytest.mark.parametrize("step", ["looking up", "installing"])
def test_what_fails_brings_the_old_environment_back(course: Course, step: str) -> None:
    course.set_up(leaves="whole")
    course.change()
    status, out, err = course.set_up(leaves="half", fails=step, says="cannot be built")
    assert status == 1
    assert "for the reason above" in out
    assert "cannot be built" in err
    assert course.left() == ["whole"]
    (course.folder / "constraints.txt").write_text("torch==2.15.0\n")
    assert course.set_up() == (0, "", ""), "the change undone, it is up to date"


@needs_jobs
@pytest.mark.parametrize("by", ["SIGKILL", "SIGINT"])
def test_a_renewal_that_was_killed_keeps_the_old_environment(course: Course, by: str) -> None:
    course.set_up(leaves="whole")
    course.change()
    killed = start_without_end(course)
    os.killpg(killed.pid, signal.Signals[by])
    killed.communicate(timeout=60)
    status, out, err = course.set_up(fails="looking up", says="dns error")
    assert (status, out) == (0, "")
    assert "Until then, the course runs" in err
    assert course.left() == ["whole"]


def test_the_old_environment_is_removed_where_only_that_was_cut_off(course: Course) -> None:
    module = course.load()
    finish(module)
    shutil.copytree(module.VENV, module.OLD)
    (module.VENV / "whole").touch()
    course.change()
    course.set_up(fails="looking up", says="dns error")
    assert course.left() == ["whole"]


@pytest.mark.skipif(os.name == "nt", reason="Windows moves no program that runs, and says so")
def test_an_activated_environment_can_be_made_anew(course: Course) -> None:
    course.set_up(leaves="half")
    course.change()
    course.python = course.load().PYTHON
    status, out, _ = course.set_up(leaves="whole")
    assert (status, out) == (0, "")
    assert course.left() == ["whole"]


def test_an_environment_that_does_not_work_here_is_no_substitute(course: Course) -> None:
    course.set_up(leaves="whole")
    course.folder = course.folder.rename(course.folder.with_name("elsewhere"))
    status, out, _ = course.set_up(fails="looking up", says="dns error")
    assert status == 1
    assert "cannot be reached" in out


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for administrators only")
def test_an_environment_on_another_disk_stays_there(course: Course, tmp_path: Path) -> None:
    (course.folder / ".venv").symlink_to(tmp_path / "other disk" / "venv")
    assert course.set_up(leaves="half")[0] == 0
    course.change()
    assert course.set_up(leaves="whole")[0] == 0
    assert course.left() == ["whole"]
    assert [path.name for path in (tmp_path / "other disk").iterdir()] == ["venv"]


# ---------------------------------------------------------------------------- up to date or not


def test_a_finished_environment_is_up_to_date(course: Course) -> None:
    module = course.load()
    assert not module.is_up_to_date(module.wanted_stamp(None, None))
    finish(module)
    assert module.is_up_to_date(module.wanted_stamp(None, None))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pyproject.toml", "torch>=2", "torch>=3"),
        ("pyproject.toml", "ruff", "mypy"),
        ("pyproject.toml", "hatchling", "setuptools"),
        ("pyproject.toml", "[project]", '[project]\nscripts = {a = "b:c"}'),
        ("pyproject.toml", "[project]", '[project]\nrequires-python = ">=3.12"'),
        ("constraints.txt", "torch==2.15.0", "torch==2.16.0"),
        ("constraints.txt", "torch==2.15.0", ""),
    ],
)
def test_another_content_is_not_up_to_date_though_its_time_is_the_same_until_it_is_undone(
    course: Course, name: str, old: str, new: str
) -> None:
    module = course.load()
    finish(module)
    path = course.folder / name
    before = path.stat()
    content = path.read_text()
    path.write_text(content.replace(old, new))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not module.is_up_to_date(module.wanted_stamp(None, None))
    path.write_text(content)
    assert module.is_up_to_date(module.wanted_stamp(None, None))


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("pyproject.toml", "# a comment"),
        ("pyproject.toml", "[tool.ruff]\nline-length = 100"),
        ("constraints.txt", "# a comment"),
        ("constraints.txt", "playwright==1.50  # which is not installed"),
    ],
)
def test_what_changes_no_installation_leaves_it_up_to_date(
    course: Course, name: str, more: str
) -> None:
    module = course.load()
    finish(module)
    path = course.folder / name
    path.write_text(f"{path.read_text()}\n{more}\n")
    assert module.is_up_to_date(module.wanted_stamp(None, None))


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


def test_an_environment_whose_python_was_upgraded_is_not_up_to_date(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = course.load()
    finish(module)
    newer = module.PYTHON.with_name("python3.99")
    newer.touch()
    monkeypatch.setattr(module, "PYTHON", newer)  # where the link .venv/bin/python leads now
    assert not module.is_up_to_date(module.wanted_stamp(None, None))
    assert not module.is_usable()


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
    assert err.count("do not fit this machine") == 1
    assert ["--constraint" in call for call in course.installer_calls()] == [True, False, False]


# ---------------------------------------------------------------------------- what to do


@pytest.mark.parametrize(
    ("options", "fails", "says", "advice"),
    [
        ((), "looking up", "error sending request for url", "cannot be reached: connect to the"),
        (("--torch", "cpu"), "looking up", "dns error", "or leave out TORCH=cpu"),
        ((), "looking up", "invalid peer certificate: UnknownIssuer", "set SSL_CERT_FILE"),
        ((), "looking up", "No solution found: returned a 403 Forbidden error", "refused"),
        (
            (),
            "looking up",
            "No solution found: x was not found in the package registry",
            "has them all",
        ),
        ((), "looking up", "No space left on device (os error 28)", "The disk is full"),
        ((), "looking up", "No solution found", "name another Python"),
        ((), "looking up", "something else", "for the reason above: fix that, then"),
        ((), "installing", "something else", "often it is the network"),
        (("--torch", "gpu"), "nowhere", "", "TORCH=gpu is unknown"),
        (("--constraints", "none.txt"), "nowhere", "", "There is no file none.txt"),
    ],
)
def test_every_failure_ends_in_one_line_that_says_what_to_do(
    course: Course, options: tuple[str, ...], fails: str, says: str, advice: str
) -> None:
    status, out, err = course.set_up(*options, fails=fails, says=says)
    assert status == 1
    assert says in err, "its own words are always shown"
    assert ("do not fit" in err) == (says == "No solution found")
    assert advice in out
    assert len(out.splitlines()) == 1
    assert "Traceback" not in err


@pytest.mark.skipif(shutil.which("make") is None, reason="Windows has no make")
@pytest.mark.parametrize(
    ("variables", "advice"),
    [
        ([f"PYTHON={sys.executable}", "TORCH=gpu"], "TORCH=gpu is unknown: leave it out"),
        (["PYTHON=no-python"], "The set-up did not start or was cut off: run the same"),
        (["PYTHON=false"], "The set-up did not start or was cut off: run the same"),
    ],
)
def test_under_make_that_line_is_the_last_one(
    course: Course, variables: list[str], advice: str
) -> None:
    make = ["make", "setup", *variables]
    done = subprocess.run(make, cwd=course.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert advice in done.stderr.splitlines()[-1]


@pytest.mark.skipif(shutil.which("make") is None, reason="Windows has no make")
def test_make_keeps_other_programs_settings_of_python_away(course: Course) -> None:
    finish(course.load())
    misled = course.environment | {"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"}
    make = ["make", "setup", f"PYTHON={sys.executable}"]
    done = subprocess.run(
        make, cwd=course.folder, env=misled, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_python_without_ensurepip_is_told_what_to_install(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = course.load()
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(module.SetupError, match=r"apt install python3\.\d+-venv"):
        module.make_venv(with_pip=True)


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EBUSY, "is in use (Device or resource busy): close JupyterLab"),
        (errno.ENOSPC, "The disk is full: make room"),
        (errno.EROFS, "cannot be written to: put the course into a folder of your own"),
        (errno.EIO, "fix this"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_to_do(
    course: Course, number: int, advice: str
) -> None:
    error = OSError(number, os.strerror(number), "a file")
    text = course.load().advice(error)
    assert advice in text
    assert number == errno.ENOSPC or "a file" in text


needs_users = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights and no sudo")


@needs_users
def test_a_file_of_another_user_is_told_by_whom_and_how_to_take_it_back(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = course.load()
    error = PermissionError(errno.EACCES, "Permission denied", str(module.LOCK))
    assert "may not be written to: allow it with `chmod" in module.advice(error)

    monkeypatch.setattr(module, "owner", lambda path: "root" if path == module.LOCK else "ada")
    text = module.advice(error)
    assert ".venv.lock belongs to root, as after a `sudo make`" in text
    assert f"`sudo chown -R {os.geteuid()} '{course.folder}'`" in text

    monkeypatch.setattr(os, "geteuid", lambda: 54321)  # a student, in the teacher's folder
    assert "ask ada to run `make setup` there" in module.advice(error)


@needs_users
def test_a_python_that_cannot_be_read_is_not_said_to_be_written_to(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = course.load()
    finish(module)

    class Unreadable(type(module.PYTHON)):  # type: ignore[misc]
        def stat(self) -> None:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(module, "PYTHON", Unreadable(module.PYTHON))
    assert not module.has_python(), "where it is one's own, another one is made"
    monkeypatch.setattr(module, "is_mine", lambda _: False)
    monkeypatch.setattr(module, "owner", lambda _: "ada")
    with pytest.raises(module.SetupError, match=r"cannot be read by you: ask ada to make .venv"):
        module.set_up(None, None)


@needs_users
def test_sudo_is_refused_in_a_folder_of_ones_own_only(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = course.load()
    module.check_sudo()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", "54321")
    module.check_sudo()  # an installation for all, say in /opt
    monkeypatch.setattr(type(module.ROOT), "stat", lambda _: os.stat_result([0] * 4 + [54321] * 6))
    with pytest.raises(module.SetupError, match="leave out `sudo`"):
        module.check_sudo()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("pyproject.toml", b"<<<<<<< HEAD", "pyproject.toml is damaged"),
        ("constraints.txt", "torch==2.15.0".encode("utf-16"), "save it as UTF-8"),
    ],
)
def test_a_damaged_file_is_named(course: Course, name: str, content: bytes, says: str) -> None:
    (course.folder / name).write_bytes(content)
    status, out, err = course.set_up()
    assert status == 1
    assert says in out
    assert err == ""


# ---------------------------------------------------------------------------- other machines


@pytest.mark.parametrize(
    ("system", "machine", "says"),
    [
        ("macosx-10.9-universal2", "x86_64", "a Mac with an Intel processor"),
        ("win-arm64", "ARM64", "Windows on ARM: set up the course in WSL"),
        ("linux-riscv64", "riscv64", "Linux on riscv64"),
        ("linux-x86_64", "x86_64", ""),
        ("linux-aarch64", "aarch64", ""),
        ("macosx-11.0-arm64", "arm64", ""),
        ("win-amd64", "AMD64", ""),
    ],
)
def test_machines_without_pytorch_are_named(
    course: Course, monkeypatch: pytest.MonkeyPatch, system: str, machine: str, says: str
) -> None:
    module = course.load()
    monkeypatch.setattr(module.sysconfig, "get_config_var", lambda _: "x86_64-linux-gnu")
    if says:
        with pytest.raises(module.SetupError, match=says):
            module.check_machine(system, machine)
    else:
        module.check_machine(system, machine)


@pytest.mark.parametrize(
    ("owner", "name", "value", "says"),
    [
        ("sys", "maxsize", 2**31 - 1, "a 32-bit Python"),
        ("sysconfig", "get_config_var", lambda _: "x86_64-alpine-linux-musl", "Linux with musl"),
    ],
)
def test_pythons_without_pytorch_are_named(
    course: Course,
    monkeypatch: pytest.MonkeyPatch,
    owner: str,
    name: str,
    value: object,
    says: str,
) -> None:
    module = course.load()
    monkeypatch.setattr(getattr(module, owner), name, value)
    with pytest.raises(module.SetupError, match=says):
        module.check_machine("linux-x86_64", "x86_64")


def test_a_python_built_without_a_part_is_told_which(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = course.load()
    monkeypatch.setitem(sys.modules, "lzma", None)
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    with pytest.raises(module.SetupError, match=r"without lzma, sqlite3: .*liblzma-dev libsqlite3"):
        module.set_up(None, None)
    assert not (course.folder / ".venv").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such paths")
def test_a_folder_that_cannot_hold_an_environment_is_told_so(tmp_path: Path) -> None:
    course = Course(tmp_path / "a:b", tmp_path / "tools")
    status, out, _ = course.set_up()
    assert status == 1
    assert "rename the folder that has a ':'" in out


def test_an_environment_in_a_folder_with_other_letters_works_in_every_locale(
    tmp_path: Path,
) -> None:
    course = Course(tmp_path / "Jürgen Müller", tmp_path / "tools")
    (course.folder / "src").mkdir()
    (course.folder / "src" / "dlcourse.py").write_text("print('found')")
    assert course.set_up()[0] == 0
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [course.load().PYTHON, "-c", "import dlcourse"],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | plain,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("found\n", "")


# ---------------------------------------------------------------------------- the user's settings


def test_uv_loads_from_where_pip_does(course: Course, tmp_path: Path) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://mirror.example/simple\nproxy = http://proxy:1\n"
        "user = yes\nfind-links =\n    /one\n    /two\n"
        "[install]\nextra-index-url = https://more.example\n"
    )
    for name in [name for name in course.environment if name.startswith(("PIP_", "UV_I"))]:
        del course.environment[name]
    course.environment["PIP_CONFIG_FILE"] = str(settings)
    course.environment["PIP_TRUSTED_HOST"] = "mirror.example"
    assert course.set_up()[0] == 0
    uv = course.installer_variables()
    assert uv["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert uv["UV_INDEX"] == "https://more.example"
    assert uv["UV_FIND_LINKS"] == "/one,/two"
    assert uv["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert uv["UV_INSECURE_HOST"] == "mirror.example"
    assert uv["HTTPS_PROXY"] == course.environment.get("HTTPS_PROXY", "http://proxy:1")
    assert "PIP_USER" not in uv


def test_uvs_own_settings_come_first(course: Course) -> None:
    course.environment["PIP_INDEX_URL"] = "https://mirror.example/simple"
    course.environment["UV_DEFAULT_INDEX"] = "https://own.example/simple"
    course.set_up()
    assert course.installer_variables()["UV_DEFAULT_INDEX"] == "https://own.example/simple"


def test_a_uv_that_is_too_old_is_not_used(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    module = course.load()

    def old_uv(command: list[str], _: object) -> str | None:
        return "error: unexpected argument" if "--torch-backend" in command else None

    monkeypatch.setattr(module.shutil, "which", lambda _: "/usr/bin/uv")
    monkeypatch.setattr(module, "run", old_uv)
    assert module.find_uv() is None


def test_a_user_without_a_home_is_told_the_reason_too(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where the system knows none
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1))
    assert "has only 0.0 GB left" in course.load().full_disk()


def test_an_extra_index_of_pips_that_cannot_be_reached_is_left_out(course: Course) -> None:
    course.environment["PIP_EXTRA_INDEX_URL"] = "https://only-at-work.example"
    status, _, err = course.set_up(fails="UV_INDEX", says="dns error")
    assert status == 0
    assert "going on without it" in err


def test_where_uv_has_no_place_for_its_cache_it_gets_one(course: Course) -> None:
    course.environment.pop("UV_CACHE_DIR", None)
    says = "Failed to initialize cache at `/root/.cache/uv`"
    status, out, _ = course.set_up(fails="looking up", says=says)
    assert (status, "set UV_CACHE_DIR" in out) == (1, True)
    assert course.installer_variables()["UV_CACHE_DIR"] == str(course.folder / ".venv" / "cache")


def test_a_certificate_that_uv_does_not_know_is_looked_for_in_the_system(course: Course) -> None:
    says = "invalid peer certificate: UnknownIssuer"
    status, out, _ = course.set_up(fails="looking up", says=says)
    assert (status, "SSL_CERT_FILE" in out) == (1, True)
    calls = course.installer_calls()
    assert len(calls) == 2
    assert course.installer_variables()["UV_SYSTEM_CERTS"] == "true"


def test_what_leads_packages_elsewhere_does_not_reach_the_installer(
    course: Course, tmp_path: Path
) -> None:
    """The real pip installs a uv of our own, from a folder."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    info = {"METADATA": "Metadata-Version: 2.1\nName: uv\nVersion: 99.0\n"}
    info["WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    info["entry_points.txt"] = "[console_scripts]\nuv = stand_in:main\n"
    info["RECORD"] = ""
    body = "".join(f"    {line}\n" for line in INSTALLER.splitlines())
    with zipfile.ZipFile(wheels / "uv-99.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("stand_in.py", f"def main():\n{body}")
        for name, content in info.items():
            wheel.writestr(f"uv-99.0.dist-info/{name}", content)
    other = tmp_path / "other"
    (other / "uv-99.0.dist-info").mkdir(parents=True)
    (other / "uv-99.0.dist-info" / "METADATA").write_text(info["METADATA"])
    course.environment |= {
        "PATH": os.defpath,
        "PYTHONPATH": str(other),
        "PIP_TARGET": str(other),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }
    status, out, err = course.set_up()
    assert (status, out) == (0, ""), err
    assert "--no-index" in course.installer_calls()[-1]
    assert {"PYTHONPATH", "PIP_TARGET"}.isdisjoint(course.installer_variables())
    assert [path.name for path in other.iterdir()] == ["uv-99.0.dist-info"]


@pytest.mark.skipif(os.name == "nt", reason="Windows finds a home in another way")
def test_a_user_without_a_name_and_a_home_has_one_for_the_installer(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = course.load()
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)  # whom nobody knows
    assert module.installer_variables()["HOME"] == os.devnull


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
    with_help = re.findall(r"^([a-z-]+):.*## \w", text, re.MULTILINE)
    assert sorted(phony[1].split()) == sorted([*with_help, "help"])
    assert re.findall(r"^([a-z-]+):", text, re.MULTILINE)[0] == "help"


def test_the_tested_versions_are_exact_name_no_place_and_lie_within_the_ranges() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==\d[\w.]*", line) for line in lines)
    tested = dict(line.split("==") for line in lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for requirement in map(Requirement, ranges):
        assert tested[requirement.name] in requirement.specifier


@pytest.mark.skipif(shutil.which("git") is None, reason="the course is also used without git")
def test_neither_a_filter_nor_the_line_ends_of_windows_change_a_clone(tmp_path: Path) -> None:
    """As `nbstripout --install --global` sets up, and Git for Windows by default."""
    (tmp_path / "attributes").write_text("*.ipynb filter=strip\n")
    (tmp_path / "settings").write_text(
        "[core]\nautocrlf = true\n[user]\nname = A\nemail = a@example.org\n"
        f'[core]\nattributesFile = "{(tmp_path / "attributes").as_posix()}"\n'
        '[filter "strip"]\nclean = "echo stripped"\n'
    )
    settings = {"GIT_CONFIG_GLOBAL": str(tmp_path / "settings"), "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*arguments: str | Path, **variables: str) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=tmp_path,
            env=os.environ | settings | variables,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    original, clone = tmp_path / "original", tmp_path / "clone"
    git("init", "-q", original)
    shutil.copy(ROOT / ".gitattributes", original)
    for name in ("Makefile", "run.sh", "lesson.ipynb"):
        (original / name).write_bytes(b"one\ntwo\n")
    git("-C", original, "add", ".", GIT_CONFIG_GLOBAL=os.devnull)
    git("-C", original, "commit", "-qm", "all")
    git("clone", "-q", original, clone)
    for name in ("Makefile", "run.sh", "lesson.ipynb"):
        assert (clone / name).read_bytes() == b"one\ntwo\n"
        (clone / name).touch()
    assert git("-C", clone, "status", "--short") == ""
