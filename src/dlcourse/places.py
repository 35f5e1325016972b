"""Where the course is on this machine, and where the learner's copies of the lessons are.

The course comes as a clone (or an unpacked ZIP) of the repository, or as an installed package that
carries the lessons and the data in it. `ROOT` is the folder with `notebooks/` and `data/` in
either case.

Covers: finding these folders, telling whose they are, the remedy for a damaged original.
Does not cover: making the copies (`commands.workspace`), reading the data (`data`).
"""

import errno
import os
from pathlib import Path

from dlcourse.errors import CourseError
from dlcourse.files import told_in_a_line

WORK_VARIABLE = "DLCOURSE_WORK"  # names another folder for the copies
_PACKAGE = Path(__file__).resolve().parent
_IN_PACKAGE = _PACKAGE / "course"  # what the wheel carries
IS_INSTALLED = _IN_PACKAGE.is_dir()
ROOT = _IN_PACKAGE if IS_INSTALLED else _PACKAGE.parents[1]


def work_folder(root: Path = ROOT) -> Path:
    """Return the folder of the learner's copies, made if needed.

    That is what the environment variable DLCOURSE_WORK names; else, in a clone, `work/`; else, or
    where that belongs to somebody else, `dlcourse` in the learner's home.

    Raises:
        CourseError: if there is no such folder, and it cannot be made.
    """
    named = os.environ.get(WORK_VARIABLE)
    if named:
        return _made(Path(named).expanduser().absolute())
    if root != _IN_PACKAGE:
        folder = root / "work"
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
                with told_in_a_line(folder):
                    raise
        if os.access(folder, os.W_OK):
            return folder
    return _home_folder()


def why_elsewhere(folder: Path, root: Path = ROOT) -> str:
    """Return why the copies are in `folder` and not in the clone's `work/`; "" if nobody asks."""
    work = root / "work"
    if root == _IN_PACKAGE or folder == work or os.environ.get(WORK_VARIABLE):
        return ""
    if not work.exists():
        return f"{root} cannot be written to"
    owner = _owner(work)
    remedy = (
        "; to have them here, `sudo chown -R $(id -u) .` in that clone" if owner == "root" else ""
    )
    return f"{work} belongs to {owner}{remedy}"


def restore_advice(part: str, root: Path = ROOT) -> str:
    """Return how to get back an original of the course, such as "data/mnist", as a clause."""
    if root == _IN_PACKAGE:
        return "install the package again (`pip install --force-reinstall --no-deps dlcourse`)"
    if (root / ".git").exists():
        return f"run `git checkout -- {part}` in {root}"
    return "unpack the course's ZIP file again (work/ is yours: keep it)"


def _made(folder: Path) -> Path:
    with told_in_a_line(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _home_folder() -> Path:
    """Return `dlcourse` in the learner's home, made; where that is a clone, its `work/`."""
    try:
        folder = Path.home() / "dlcourse"
        if (folder / "notebooks").is_dir():
            folder /= "work"
        folder.mkdir(parents=True, exist_ok=True)
    except (RuntimeError, OSError) as error:  # RuntimeError: no home, as in some containers
        reason = f"{folder}: {error.strerror}" if isinstance(error, OSError) else "you have no home"
        msg = (
            f"There is no folder for your copies of the lessons ({reason}): name one, "
            f"as in `dlcourse lab --folder FOLDER` or with {WORK_VARIABLE}."
        )
        raise CourseError(msg) from error
    return folder


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, NotImplementedError):  # a user without a name; Windows
        return "another user"
