"""Whatever is wrong with a machine becomes a finding with a remedy, and never an exception.

A remedy is for a known cause; `test_advice.py` has those of errors. Packages that are missing, old
or broken are folders with just enough in them to be found first.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
import torch

from dlcourse import data, doctor
from dlcourse.advice import reinstall_advice
from dlcourse.commands.cli import main
from dlcourse.commands.doctor import look_where_kernels_look
from dlcourse.commands.execution import execute
from dlcourse.device import choose_device
from dlcourse.doctor import Finding, check_machine

PAIR = "torch with torchvision"
AddPackage = Callable[..., None]


@pytest.fixture(autouse=True)
def without_a_pretended_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes start without it: it imports PyTorch before a file can hide a module."""
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kept = [folder for folder in folders if Path(folder).name != "pretended_gpu"]
    if kept != folders:
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(kept))
        monkeypatch.delenv("DLCOURSE_DEVICE", raising=False)


def capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


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
    assert fault.remedy.startswith("It comes from ")


def test_a_package_of_the_course_outside_its_range_is_installed_anew(
    add_package: AddPackage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_package("numpy", "1.26.4")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert faults()["numpy"].remedy == capitalized(reinstall_advice())


def test_a_module_in_front_of_the_installed_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "tqdm.py").write_text("")
    lines = run(
        "from dlcourse.doctor import check_machine\n"
        "for f in check_machine():\n"
        "    if not f.ok: print(f.name, '|', f.detail, '|', f.remedy)",
        tmp_path,
    )
    installed = metadata.version("tqdm")
    remedy = f"It comes from {tmp_path / 'tqdm.py'}: unset PYTHONPATH."
    assert lines == [f"tqdm | {installed} is installed, but not imported | {remedy}"]


def test_versions_between_releases_are_well(add_package: AddPackage) -> None:
    add_package("torch", "2.99.0a0+git1234.cpu")
    add_package("torchvision", "0.99.0", "Requires-Dist: torch>=2.98")
    assert faults() == {}


def test_a_missing_package_is_named(add_package: AddPackage) -> None:
    needs = ["not-there>=1.0", "for-developers>=2.0; extra == 'dev'"]
    lines = [f"Requires-Dist: {need}" for need in needs]
    add_package("dlcourse", "0.1.0", "Requires-Python: >=3.11", *lines)
    (fault,) = faults().values()
    assert (fault.name, fault.detail) == ("not-there", "the package not-there is missing")
    assert fault.remedy.startswith("Run `")


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


@pytest.mark.parametrize("part", ["bz2", "ctypes", "lzma", "sqlite3", "ssl", "zlib"])
def test_a_python_that_was_built_without_a_part_is_named(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, part, None)
    fault = faults()["Python"]
    assert fault.detail == f"this Python was built without its module {part}"
    assert "another Python" in fault.remedy


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
    assert names == ["torch", PAIR, "device", "MNIST"]
    assert all("libtorch_cpu.so: cannot open" in line for line in lines[1:])
    assert all(f"It comes from {tmp_path / 'torch.py'}" in line for line in lines)


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
    assert lines[0] == "['torchvision'] False"
    other, fault = lines[1:]
    assert other.startswith("torchvision | ")
    nms = "RuntimeError: operator torchvision::nms does not exist"
    assert fault.startswith(f"{PAIR} | {nms} | It comes from {tmp_path / 'torchvision'}")


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


@pytest.mark.parametrize(("limit", "is_well"), [(1_000_000_000, False), (None, True)])
def test_memory_is_what_a_container_may_take(
    monkeypatch: pytest.MonkeyPatch, limit: int | None, *, is_well: bool
) -> None:
    monkeypatch.setattr(doctor, "memory_limit", lambda: limit)
    finding = by_name(check_machine())["memory"]
    assert finding.ok == is_well
    assert finding.detail.startswith("only 1.0 GB are free") != is_well


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        (
            "CUDA error: no kernel image is available for execution on the device\nCompile with",
            "Set DLCOURSE_DEVICE=cpu, which suffices.",
        ),
        (
            "CUDA out of memory. Tried to allocate 2.00 MiB",
            "End the programs that fill it, or set DLCOURSE_DEVICE=cpu, which suffices.",
        ),
    ],
)
def test_a_gpu_that_does_not_work_is_left_alone(
    message: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr("dlcourse.device.choose_device", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch, "ones", refuse)
    (fault,) = faults().values()
    reason = message.partition("\n")[0].replace(": ", " - ")
    assert fault == Finding(
        "device", ok=False, detail=f"cuda does not work ({reason})", remedy=remedy
    )


def test_a_gpu_that_pytorch_cannot_use_is_told_and_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def choose() -> torch.device:
        warnings.warn("The NVIDIA driver on your system is too old\n(found 11040)", stacklevel=1)
        return torch.device("cpu")

    monkeypatch.setattr("dlcourse.device.choose_device", choose)
    finding = by_name(check_machine())["device"]
    assert finding.ok
    assert finding.detail.endswith("; The NVIDIA driver on your system is too old")


# Files of the learner


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of copies, in which this process looks for modules as a kernel does."""
    folder = tmp_path / "copies"
    folder.mkdir()
    monkeypatch.chdir(folder)
    path = [entry for entry in sys.path if entry not in {"", str(Path.cwd())}]
    monkeypatch.setattr(sys, "path", path)
    look_where_kernels_look()
    return folder


@pytest.mark.parametrize(
    "name",
    [
        *("torch.py", "numpy.py", "tqdm.py", "matplotlib.py", "sympy.py"),
        *("types.py", "enum.py", "re.py", "collections.py"),
    ],
)
def test_a_file_that_hides_a_module_is_named(name: str, copies: Path) -> None:
    (copies / name).write_text("")
    (fault,) = faults().values()
    assert fault.name == "your files"
    assert fault.detail == f"{name} in {copies} hides a module of the same name"
    assert fault.remedy == "Rename or remove what is yours."


def test_a_folder_hides_a_module_if_it_is_a_package(copies: Path) -> None:
    (copies / "tqdm").mkdir()
    assert faults() == {}
    (copies / "tqdm" / "__init__.py").write_text("")
    (copies / "types.py").write_text("")
    assert faults()["your files"].detail == (
        f"tqdm, types.py in {copies} hide modules of the same name"
    )


def test_files_of_other_names_or_behind_pythons_own_hide_nothing(copies: Path) -> None:
    for name in ("random.py", "string.py", "statistics.py", "data.py", "torch.txt", "my-torch.py"):
        (copies / name).write_text("")
    assert faults() == {}


def test_a_kernel_finds_what_the_doctor_says(copies: Path) -> None:
    for name in ("tqdm.py", "random.py"):
        (copies / name).write_text("")
    named = faults()["your files"].detail
    cell = nbformat.v4.new_code_cell("import random, tqdm; print(random.__file__, tqdm.__file__)")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), copies / "some.ipynb")
    (output,) = execute(copies / "some.ipynb").notebook.cells[0].outputs
    found = [Path(file) for file in output.text.split()]
    assert [file.name for file in found if file.parent == copies] == ["tqdm.py"]
    assert "tqdm.py" in named
    assert "random.py" not in named


@pytest.mark.parametrize(("name", "starts"), [("types.py", False), ("random.py", True)])
def test_a_kernel_starts_unless_the_doctor_names_a_file_of_pythons_own(
    name: str, copies: Path, *, starts: bool
) -> None:
    (copies / name).write_text("")
    command = [sys.executable, "-m", "ipykernel_launcher", "--version"]
    done = subprocess.run(command, cwd=copies, capture_output=True, check=False)
    assert (done.returncode == 0) == starts
    assert ("your files" not in faults()) == starts


# What JupyterLab needs


def thorough_faults(monkeypatch: pytest.MonkeyPatch) -> dict[str, Finding]:
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))  # spares seconds
    return {f.name: f for f in check_machine(thorough=True) if not f.ok}


def test_a_backend_of_another_program_is_named() -> None:
    backend = "module://backend_interagg"
    code = "from dlcourse.doctor import _check_figures; _check_figures()"
    command, environment = [sys.executable, "-c", code], os.environ | {"MPLBACKEND": backend}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        f"dlcourse.errors.CourseError: MPLBACKEND={backend} does not work "
        "(No module named 'backend_interagg'): unset MPLBACKEND."
    )


@pytest.mark.parametrize("program", ["python", sys.executable])
def test_a_kernel_of_this_python_is_well(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_kernel(tmp_path, program)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert thorough_faults(monkeypatch) == {}


def test_a_kernel_of_another_python_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_kernel(tmp_path, "/opt/other/bin/python3")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    (fault,) = thorough_faults(monkeypatch).values()
    assert fault.name == "kernel"
    assert fault.detail.startswith("it starts /opt/other/bin/python3, which is not in ")
    assert fault.remedy == f"Remove the folder {folder}."


def write_kernel(folder: Path, program: str) -> Path:
    kernel = folder / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [program, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    return kernel


# The command


def test_the_command_finds_what_ends_python_and_prints_it_on_any_terminal(tmp_path: Path) -> None:
    copies = tmp_path / "Kopien für mich"
    copies.mkdir()
    for name in ("types.py", "tqdm.py"):
        (copies / name).write_text("")
    command = [sys.executable, "-m", "dlcourse", "doctor", "--folder", str(copies)]
    done = subprocess.run(
        command,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    told = f"tqdm.py, types.py in {copies} hide modules of the same name"
    assert f"FAULT  your files: {told.replace('ü', '?')}\n" in done.stdout
    assert done.returncode == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows ends no process by a signal")
@pytest.mark.parametrize(
    ("end", "told", "remedy"),
    [
        ("os.kill(os.getpid(), signal.SIGILL)", "SIGILL", "processor is too old"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL", "want of memory"),
        ("os._exit(3)", "with status 3", "where you ask for help"),
    ],
)
def test_packages_that_end_python_are_a_fault(
    end: str,
    told: str,
    remedy: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("dlcourse.commands.doctor._CHECK", f"import os, signal; {end}")
    assert main(["doctor"]) == 1
    fault, advice, count = capsys.readouterr().out.splitlines()
    assert fault == f"FAULT  packages: importing them ended Python ({told})"
    assert remedy in advice
    assert count == "1 of 1 things must be fixed: see FAULT above."


def test_a_home_without_room_is_told_and_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dlcourse.commands.doctor._CHECK", "print('other'); print('findings: []')")
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("dlcourse.commands.doctor.home_is_lent", lambda: True)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.startswith("ok     home: it takes no files, so JupyterLab")


def test_a_finding_cannot_be_changed() -> None:
    finding = Finding("torch", ok=True, detail=torch.__version__, remedy="")
    with pytest.raises(AttributeError):
        finding.ok = False  # type: ignore[misc]
