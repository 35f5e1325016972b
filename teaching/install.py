"""Install the course from the kit that this file is in, without a network: `python3 install.py`.

    python3 install.py [FOLDER]      # of the environment; without one: dlcourse-env in your home

It needs Python alone: it runs in rooms where nothing else can be had.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

KIT = Path(__file__).resolve().parent


def main() -> None:
    """Make the environment; say how to start the course."""
    refuse_other_machines()
    folder = Path(sys.argv[1] if sys.argv[1:] else Path.home() / "dlcourse-env").absolute()
    if folder.exists() and not (folder / "pyvenv.cfg").exists() and any(folder.iterdir()):
        sys.exit(f"{folder} holds other things: name an empty folder, or one that does not exist.")
    print(f"Installing into {folder}: some minutes.", flush=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    venv.create(folder, with_pip=False, clear=True)
    if not install(programs / "python"):
        sys.exit("It failed, for the reason above. Fix that, then run this again.")
    print(f"Done. Start the course with:\n\n    {programs / 'dlcourse'} lab\n")


def refuse_other_machines() -> None:
    """End with one line where the kit was made for another Python or system than this one's."""
    made_for = json.loads((KIT / "kit.json").read_text(encoding="utf-8"))
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if made_for["python"] != here:
        sys.exit(f"This kit is for Python {made_for['python']}; this is Python {here}.")
    if made_for["system"].split("-")[0] != sysconfig.get_platform().split("-")[0]:
        sys.exit(f"This kit is for {made_for['system']}; this is {sysconfig.get_platform()}.")


def install(python: Path) -> bool:
    """Install the course with the kit's pip, run out of its wheel; return whether that worked."""
    (pip,) = KIT.glob("wheels/pip-*.whl")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if os.path.expanduser("~") == "~":  # noqa: PTH111 - a user without a name or a home
        environment["HOME"] = os.devnull  # pip 26.3 ends without one
    options = ["install", "--no-index", "--find-links", str(KIT / "wheels"), "dlcourse"]
    command = [str(python), "-E", str(pip / "pip"), *options]
    return subprocess.run(command, env=environment, check=False).returncode == 0  # noqa: S603


if __name__ == "__main__":
    main()
