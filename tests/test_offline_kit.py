"""The folder that a room without a network installs from: its installer, with a kit of nothing.

`make offline-kit` itself needs a network. Here pip's wheel is made of the pip that is installed,
and the course's wheel has no content: what is tested is how they are put together.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

INSTALLER = Path(__file__).parents[1] / "teaching" / "install.py"
HERE = {
    "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
    "system": sysconfig.get_platform(),
}
PROGRAM = "def main():\n    print('the lab')\n"
METADATA = "Metadata-Version: 2.1\nName: dlcourse\nVersion: 0.1.0\n"
TAG = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
COMMAND = "[console_scripts]\ndlcourse = dlcourse:main\n"


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """Return a kit for this machine, of pip and of a course without content."""
    wheels = tmp_path / "kit" / "wheels"
    wheels.mkdir(parents=True)
    shutil.copy2(INSTALLER, wheels.parent)
    (wheels.parent / "kit.json").write_text(json.dumps(HERE), encoding="utf-8")
    pip = distribution("pip")
    with zipfile.ZipFile(wheels / f"pip-{pip.version}-py3-none-any.whl", "w") as wheel:
        for file in pip.files or ():
            if file.parts[0].startswith("pip") and file.suffix != ".pyc":
                wheel.write(str(file.locate()), str(file))
    with zipfile.ZipFile(wheels / "dlcourse-0.1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("dlcourse/__init__.py", PROGRAM)
        for name, text in (("METADATA", METADATA), ("WHEEL", TAG), ("entry_points.txt", COMMAND)):
            wheel.writestr(f"dlcourse-0.1.0.dist-info/{name}", text)
        wheel.writestr("dlcourse-0.1.0.dist-info/RECORD", "")
    return wheels.parent


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing but `variables` in its environment: no PYTHONPATH, say."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        command, env=kept | variables, capture_output=True, text=True, check=False
    )


def install(kit: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the kit's installer."""
    return run(sys.executable, str(kit / "install.py"), *arguments, **variables)


def test_the_course_is_installed_and_the_line_that_starts_it_is_told(
    kit: Path, tmp_path: Path
) -> None:
    # Settings of pip that would send it to a network are not heard.
    done = install(kit, HOME=str(tmp_path), USERPROFILE=str(tmp_path), PIP_INDEX_URL="https://a.b")
    assert not done.returncode, done.stderr
    told = done.stdout.strip().rpartition("\n")[2].split()
    assert Path(told[0]).parents[1] == tmp_path / "dlcourse-env"
    assert run(*told).stdout == "the lab\n"


def test_a_second_time_replaces_the_first_and_what_is_no_environment_stays(
    kit: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        assert not install(kit, str(tmp_path / "mine")).returncode
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "thesis.txt").touch()
    done = install(kit, str(tmp_path / "texts"))
    assert "holds other things" in done.stderr
    assert [path.name for path in (tmp_path / "texts").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("other", "told"),
    [({"python": "3.9"}, "kit is for Python 3.9"), ({"system": "vax-vms"}, "kit is for vax-vms")],
)
def test_a_kit_for_another_machine_says_so_and_makes_nothing(
    kit: Path, tmp_path: Path, other: dict[str, str], told: str
) -> None:
    (kit / "kit.json").write_text(json.dumps(HERE | other), encoding="utf-8")
    done = install(kit, str(tmp_path / "mine"))
    assert done.returncode == 1
    assert told in done.stderr
    assert not (tmp_path / "mine").exists()


def test_a_wheel_that_is_missing_is_named(kit: Path, tmp_path: Path) -> None:
    next(kit.glob("wheels/dlcourse-*")).unlink()
    done = install(kit, str(tmp_path / "mine"))
    assert done.returncode == 1
    assert "No matching distribution found for dlcourse" in done.stderr
    assert "Fix that, then run this again." in done.stderr
