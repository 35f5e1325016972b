"""Make `build/offline-kit/`, from which a classroom without a network installs the course.

    offline_kit.py [pip's own options, such as --index-url ADDRESS]

The kit holds the course's wheel, those of all that it needs, in the tested versions, pip itself,
and `install.py`, which puts them together there with Python alone. It is for machines of the kind
it was made on: what a package needs may differ between systems and between versions of Python.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KIT = ROOT / "build" / "offline-kit"
INSTALLER = Path(__file__).with_name("install.py")

README = """\
dlcourse, for machines without a network: {system}, Python {python}.

Copy this folder to the machine, or leave it on the stick, and run in it

    python3 install.py              (on Windows: py install.py)

It makes an environment in the folder dlcourse-env of your home, or where you say:
python3 install.py /another/folder. At its end it says how to start the course.
"""


def main(for_pip: list[str]) -> None:
    """Make the kit; say where it is and how large."""
    unfinished = KIT.with_name("offline-kit.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    wheels = unfinished / "wheels"
    wheels.mkdir(parents=True)
    run(["-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)])
    download(wheels, for_pip)

    shutil.copy2(INSTALLER, unfinished)
    made_for = {
        "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "system": sysconfig.get_platform(),
    }
    (unfinished / "kit.json").write_text(json.dumps(made_for), encoding="utf-8")
    (unfinished / "README.txt").write_text(README.format(**made_for), encoding="utf-8")
    shutil.rmtree(KIT, ignore_errors=True)
    unfinished.rename(KIT)
    sizes = [path.stat().st_size for path in (KIT / "wheels").iterdir()]
    print(f"{KIT}: {len(sizes)} wheels, {sum(sizes) / 1e9:.1f} GB")


def download(wheels: Path, for_pip: list[str]) -> None:
    """Put the wheels of pip, and of all that the course's wheel needs, beside it."""
    run([
        *("-m", "pip", "download", "--progress-bar", "off", "--disable-pip-version-check"),
        *("--dest", str(wheels), "--only-binary=:all:"),
        *("--constraint", str(ROOT / "constraints.txt")),
        *(*for_pip, "pip", *map(str, wheels.glob("dlcourse-*.whl"))),
    ])  # fmt: skip


def run(options: list[str]) -> None:
    """Run Python with `options` in the course's folder; end where it fails, as it has said why."""
    done = subprocess.run([sys.executable, *options], cwd=ROOT, check=False)  # noqa: S603
    if done.returncode:
        sys.exit("The kit was not made, for the reason above; the last one is still as it was.")


if __name__ == "__main__":
    main(sys.argv[1:])
