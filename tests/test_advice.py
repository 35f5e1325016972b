"""A remedy is given where the cause is known, and fits the installation."""

import os
import site
import sys
from pathlib import Path
from types import ModuleType

import pytest

from dlcourse import advice
from dlcourse.advice import UNKNOWN, advice_on, is_foreign, missing_module_advice, reinstall_advice
from dlcourse.places import ROOT

CLONE = "delete the folder .venv and run `make lab`, which installs everything anew."


@pytest.fixture(autouse=True)
def in_a_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(ROOT / ".venv"))
    monkeypatch.setattr(advice, "IS_INSTALLED", False)


def test_the_course_is_installed_anew_as_it_was_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reinstall_advice() == CLONE
    monkeypatch.setattr(sys, "prefix", "/opt/conda")
    assert reinstall_advice() == f"run `pip install --force-reinstall --editable .` in {ROOT}."
    monkeypatch.setattr(advice, "IS_INSTALLED", True)
    assert reinstall_advice() == "run `pip install --force-reinstall dlcourse`."


@pytest.mark.parametrize("name", ["_sqlite3", "_ssl", "pysqlite2", "lzma", "ctypes.wintypes"])
def test_a_module_of_pythons_own_is_no_package(name: str) -> None:
    told = missing_module_advice(name)
    assert told.startswith(f"this Python was built without its module {name.partition('.')[0]}: ")
    assert "another Python" in told


def test_a_missing_package_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_module_advice("_cffi_backend").startswith("the package _cffi_backend is missing")
    assert missing_module_advice("tqdm").startswith(
        "the package tqdm is missing: run `make setup`, which installs it; if it does not, "
    )
    monkeypatch.setattr(advice, "IS_INSTALLED", True)
    assert missing_module_advice("tqdm") == (
        "the package tqdm is missing: run `pip install --force-reinstall dlcourse`."
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("odd"), UNKNOWN),
        (OSError("libtorch_cpu.so: cannot open shared object file: No such file"), CLONE),
        (
            ImportError("libGL.so.1: cannot open shared object file: No such file or directory"),
            "install the system's library libGL.so.1.",
        ),
        (
            ImportError("/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.28' not found"),
            "this system is older than the installed packages need: use a newer one, or conda.",
        ),
        (RuntimeError("NumPy was built with baseline optimizations: (X86_V2)"), "another machine."),
        (RuntimeError("operator torchvision::nms does not exist"), CLONE),
        (ImportError("/a/_C.so: undefined symbol: _ZN2at"), CLONE),
        (ModuleNotFoundError("No module named 'tokens'", name="tokens"), "the package tokens is"),
        (ModuleNotFoundError("No module named '_lzma'", name="_lzma"), "without its module _lzma"),
    ],
)
def test_a_remedy_is_for_a_known_cause(error: Exception, told: str) -> None:
    assert told in advice_on(error)


# Modules from elsewhere


def raised_in(file: Path, code: str) -> Exception:
    """Return what `code` raises as if it were in `file`."""
    with pytest.raises(Exception) as info:  # noqa: PT011
        exec(compile(code, str(file), "exec"), {})  # noqa: S102
    # Without the frame of this test, which is foreign to the course as well.
    return info.value.with_traceback(info.tb.tb_next)


def test_what_is_installed_here_is_not_foreign(tmp_path: Path) -> None:
    assert not is_foreign(Path(sys.prefix, "lib", "site-packages", "torch", "__init__.py"))
    assert not is_foreign(Path(sys.base_prefix, "lib", "lzma.py"))
    assert not is_foreign(Path(advice.__file__))
    assert is_foreign(tmp_path / "torch.py")
    assert is_foreign(ROOT / "work" / "torch.py")


def test_a_file_that_raised_is_named(tmp_path: Path) -> None:
    error = raised_in(tmp_path / "torch.py", "1 / 0")
    assert advice_on(error) == (
        f"it comes from {tmp_path / 'torch.py'}, which is none of the course's: "
        "rename or remove it."
    )


def test_a_module_that_lacks_something_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ModuleType("tokens")
    own.__file__ = str(tmp_path / "tokens.py")
    monkeypatch.setitem(sys.modules, "tokens", own)
    for code in ("import tokens; tokens.read", "import tokens.bytes", "from tokens import Bytes"):
        error = raised_in(Path(advice.__file__), code)
        assert str(tmp_path / "tokens.py") in advice_on(error)


def test_what_put_it_on_the_path_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = raised_in(tmp_path / "numpy" / "__init__.py", "1 / 0")
    file = tmp_path / "numpy" / "__init__.py"
    monkeypatch.setattr(site, "ENABLE_USER_SITE", True)
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(tmp_path))
    assert advice_on(error).startswith(f"it comes from {file}: set PYTHONNOUSERSITE=1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert advice_on(error) == f"it comes from {file}: unset PYTHONPATH."


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no addresses")
@pytest.mark.parametrize(
    "error",
    [MemoryError(), ImportError("libtorch_cpu.so: failed to map segment from shared object")],
)
def test_a_library_that_may_not_be_loaded_is_told_from_one_that_has_no_room(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = "resource.getrlimit"
    monkeypatch.setattr(limit, lambda _: (1_500_000_000, -1))
    told = "a program gets only 1.5 GB of addresses here: type `ulimit -v unlimited`."
    assert advice_on(error) == told
    monkeypatch.setattr(limit, lambda _: (-1, -1))
    assert "noexec" in advice_on(error)
