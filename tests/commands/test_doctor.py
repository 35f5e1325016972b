"""Whatever is wrong with a machine becomes a finding with a remedy, and never an exception.

Packages that are missing, old or broken are folders with just enough in them to be found first.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from dlcourse import data, doctor
from dlcourse.device import choose_device
from dlcourse.doctor import Finding, check_machine

PAIR = "torch with torchvision"
AddPackage = Callable[..., None]


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    for finding in findings:
        assert "\n" not in finding.detail + finding.remedy
        assert finding.detail
        assert bool(finding.remedy) != finding.ok, "what is wrong has a remedy, what is right none"
    named = {finding.name: finding for finding in findings}
    assert len(named) == len(findings)
    return named


def faults() -> dict[str, Finding]:
    return {name: finding for name, finding in by_name(check_machine()).items() if not finding.ok}


def run(code: str, folder: Path) -> list[str]:
    """Run `code` in a fresh interpreter that looks into `folder` first; return what it prints."""
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    command, environment = [sys.executable, "-c", code], os.environ | {"PYTHONPATH": path}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout.splitlines()


@pytest.fixture
def add_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AddPackage:
    """Return a function that makes a package's metadata be found before those installed."""

    def add(name: str, version: str, *lines: str) -> None:
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        header = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines]
        (folder / "METADATA").write_text("\n".join(header) + "\n", encoding="utf-8")

    monkeypatch.syspath_prepend(tmp_path)
    return add


def test_on_this_machine_all_is_well() -> None:
    findings = by_name(check_machine())
    assert all(finding.ok for finding in findings.values()), findings
    assert findings["Python"].detail == sys.version.split()[0]
    for package in ("torch", "torchvision", "numpy", "matplotlib", "jupyterlab"):
        assert findings[package].detail == metadata.version(package)
    assert findings["device"].detail.startswith(f"{choose_device()} (")
    assert findings["MNIST"].detail == "70,000 images, verified"
    for name in ("memory", "disk"):
        assert re.fullmatch(r"\d+\.\d GB free", findings[name].detail)


def test_every_dependency_of_the_course_is_checked() -> None:
    required = [text for text in metadata.requires("dlcourse") or [] if "extra" not in text]
    names = {re.split("[<>=!~ ;]", text)[0] for text in required}
    assert len(names) > 5
    assert names <= by_name(check_machine()).keys()


# Versions


def test_a_package_outside_its_range_is_named_with_both_versions(add_package: AddPackage) -> None:
    add_package("numpy", "1.26.4")
    (fault,) = faults().values()
    assert fault.name == "numpy"
    assert fault.detail == "1.26.4, but the course needs numpy>=2.0"
    assert fault.remedy.startswith("Delete the folder .venv and run `make lab`")


def test_versions_between_releases_are_well(add_package: AddPackage) -> None:
    add_package("torch", "2.99.0a0+git1234.cpu")
    add_package("torchvision", "0.99.0", "Requires-Dist: torch>=2.98")
    assert faults() == {}


def test_a_missing_package_is_named(add_package: AddPackage) -> None:
    needs = ["not-there>=1.0", "for-developers>=2.0; extra == 'dev'"]
    lines = [f"Requires-Dist: {need}" for need in needs]
    add_package("dlcourse", "0.1.0", "Requires-Python: >=3.11", *lines)
    (fault,) = faults().values()
    assert (fault.name, fault.detail) == ("not-there", "not installed")


def test_an_old_python_is_named(add_package: AddPackage) -> None:
    add_package("dlcourse", "0.1.0", "Requires-Python: >=3.99")
    (fault,) = faults().values()
    assert fault.name == "Python"
    assert fault.detail.endswith(", but the course needs >=3.99")
    assert fault.remedy.startswith("Install a newer Python")


def test_a_torch_that_torchvision_was_not_made_for_is_named(add_package: AddPackage) -> None:
    add_package("torchvision", "0.99.0", "Requires-Dist: torch==2.98.0", "Requires-Dist: numpy")
    (fault,) = faults().values()
    assert fault.name == PAIR
    installed = metadata.version("torch")
    assert fault.detail == f"the installed torchvision needs torch==2.98.0, not {installed}"


def test_metadata_that_an_interrupted_install_left_empty_are_a_finding(
    tmp_path: Path, add_package: AddPackage
) -> None:
    add_package("matplotlib", "3.9.0")
    (tmp_path / "matplotlib-3.9.0.dist-info" / "METADATA").write_text("")
    assert faults().keys() == {"matplotlib"}


def test_without_any_metadata_it_is_still_a_list_of_findings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", [])
    assert faults().keys() == {"Python", PAIR}


# Packages that do not import


def test_a_torch_that_does_not_import_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise OSError('libtorch_cpu.so: cannot open\\nit')")
    lines = run(
        "from dlcourse.doctor import check_machine\n"
        "for f in check_machine(thorough=True):\n"
        "    if not f.ok: print(f.name, '|', f.detail, '|', f.remedy)",
        tmp_path,
    )
    names = [line.split(" | ")[0] for line in lines]
    assert names == [PAIR, "device", "MNIST"]
    assert all("libtorch_cpu.so: cannot open" in line for line in lines)
    assert all("Delete the folder .venv" in line for line in lines)


def test_only_a_thorough_check_imports_torchvision_and_sees_that_it_does_not_fit(
    tmp_path: Path,
) -> None:
    spec = find_spec("torchvision")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    # Without its compiled part torchvision fails as it does beside a torch from elsewhere.
    compiled = shutil.ignore_patterns("*.so", "*.pyd", "*.dylib", "*.dll")
    shutil.copytree(spec.submodule_search_locations[0], tmp_path / "torchvision", ignore=compiled)
    lines = run(
        "import sys\n"
        "from dlcourse.doctor import check_machine\n"
        "print([f.name for f in check_machine() if not f.ok], 'torchvision' in sys.modules)\n"
        "for f in check_machine(thorough=True):\n"
        "    if not f.ok: print(f.name, '|', f.detail, '|', f.remedy)",
        tmp_path,
    )
    assert lines[0] == "[] False"
    (fault,) = lines[1:]
    nms = "RuntimeError: operator torchvision::nms does not exist"
    assert fault.startswith(f"{PAIR} | {nms} | Delete the folder .venv")


def test_a_thorough_check_of_this_machine_is_well() -> None:
    findings = by_name(check_machine(thorough=True))
    assert findings[PAIR].detail == "imported together"
    assert "torchvision" in sys.modules


# The rest of the machine


def test_a_device_that_is_not_here_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DLCOURSE_DEVICE", "tpu")
    (fault,) = faults().values()
    assert fault.name == "device"
    assert fault.detail == "DLCOURSE_DEVICE='tpu' is no device"
    assert fault.remedy == "Set it to cpu, cuda or mps, or unset it."


def test_damaged_originals_are_named_with_their_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    originals = tmp_path / "data" / "mnist"
    originals.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(data, "_DATA", originals.parent)
    monkeypatch.setattr(data, "_ORIGINALS", originals)
    (fault,) = faults().values()
    assert fault.name == "MNIST"
    assert fault.detail.endswith("ubyte.gz is missing")
    assert fault.remedy.startswith("Run `git checkout -- data/mnist`")


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_ROOM", 10**18)
    (fault,) = faults().values()
    assert fault.name == "disk"
    assert re.fullmatch(r"only \d+ MB are free", fault.detail)
    assert fault.remedy.startswith("Make room")


def test_too_little_memory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_MEMORY", 10**18)
    (fault,) = faults().values()
    assert fault.name == "memory"
    assert fault.detail.startswith("only ")
    assert fault.remedy.startswith("Close other programs, and other lessons")


@pytest.mark.parametrize(("limit", "is_well"), [("1000000000", False), ("max", True)])
def test_memory_is_what_a_container_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, *, is_well: bool
) -> None:
    monkeypatch.setattr(doctor, "_MEMORY_OF_CONTAINER", tmp_path / "memory.max")
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    finding = by_name(check_machine())["memory"]
    assert finding.ok == is_well
    assert finding.detail.startswith("only 1.0 GB are free") != is_well


def test_a_finding_cannot_be_changed() -> None:
    finding = Finding("torch", ok=True, detail=torch.__version__, remedy="")
    with pytest.raises(AttributeError):
        finding.ok = False  # type: ignore[misc]
