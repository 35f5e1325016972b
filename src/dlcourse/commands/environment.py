"""The environment of every process that the course starts: JupyterLab, kernels, the doctor.

Machines that people live on have settings of other programs: a PYTHONPATH with an old NumPy, an
IDE's MPLBACKEND, a cluster's JUPYTER_PATH, a matplotlibrc, a Jupyter configuration from some
tutorial. Each of them can break a lesson, and none is about the course.

Covers: the variables, and folders for Jupyter where the user has none that can be written to.
Does not cover: what only one command needs (the port, the token); the installer, bootstrap.py,
which has to run before there is a package.
"""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from dlcourse.places import ROOT

# Of Python and of Jupyter; they would change what is imported, shown or asked for.
_NOT_OURS = (
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONWARNINGS",
    "PYTHONPATH",
    "VIRTUAL_ENV",  # IPython would look for modules there, too
    "JUPYTER_CONFIG_PATH",
    "JUPYTER_NO_CONFIG",
    "JUPYTER_TOKEN",
    "JUPYTERHUB_API_TOKEN",
)
_SETTINGS = Path(__file__).parent / "jupyter"  # no question about news, so no use of the network


def course_environment() -> dict[str, str]:
    """Return the environment for a process of the course: the user's, less what misleads it."""
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    if own := [entry for entry in _python_path() if _is_ours(entry)]:
        environment["PYTHONPATH"] = os.pathsep.join(own)
    bin_folder, shared = Path(sys.executable).parent, Path(sys.prefix, "share", "jupyter")
    return environment | {
        # the terminal in JupyterLab knows `dlcourse`
        "PATH": _prepend(bin_folder, "PATH"),
        # "Python 3" is the Python of here, whatever is installed elsewhere
        "JUPYTER_PATH": _prepend(shared, "JUPYTER_PATH"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_CONFIG_PATH": str(_SETTINGS),
        # figures are drawn into the notebook, in the course's style
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        # else a kernel warns on the terminal
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **_lent_folders(),
    }


def enter_course_environment() -> None:
    """Make `course_environment` that of this process, and so of all that it starts."""
    environment = course_environment()
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


def forget_foreign_modules(also: Sequence[str] = ()) -> list[str]:
    """Let this process import nothing from a PYTHONPATH that is not the course's.

    Args:
        also: entries of `sys.path` that another process has found to be foreign.

    Returns:
        the entries that are foreign.
    """
    foreign = [*also, *(entry for entry in _python_path() if not _is_ours(entry))]
    absolute = {os.path.abspath(entry) for entry in foreign}  # noqa: PTH100 - as in sys.path
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) not in absolute]  # noqa: PTH100
    return foreign


def _python_path() -> list[str]:
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def _is_ours(entry: str) -> bool:
    """Tell whether `entry` is in the repository, as when the tests run a clone of it."""
    return Path(entry).resolve().is_relative_to(ROOT)


def _prepend(folder: Path, variable: str) -> str:
    return os.pathsep.join(filter(None, [str(folder), os.environ.get(variable)]))


# ---------------------------------------------------------------------------- lent folders


def home_is_lent() -> bool:
    """Tell whether Jupyter's folders are lent, since the user's home takes no files."""
    return "JUPYTER_DATA_DIR" in _lent_folders()


@cache
def _lent_folders() -> dict[str, str]:
    """Return folders for Jupyter, by variable, that exist until this process ends.

    Its configuration and IPython's are always new, empty ones (a start-up file of IPython's that
    says `from pylab import *` gives lessons another `sum`); what JupyterLab's own menus set (theme,
    shortcuts) stays where the user has it. Where the home takes no files, since it does not exist,
    is full or is somebody else's, Jupyter gets folders for all that it writes, or it would not
    start.
    """
    from jupyter_core.paths import jupyter_config_dir, jupyter_runtime_dir  # noqa: PLC0415

    lent = Path(tempfile.mkdtemp(prefix="dlcourse-"))
    atexit.register(shutil.rmtree, lent, ignore_errors=True)
    config = lent / "config"
    config.mkdir()
    (config / "migrated").touch()  # there is nothing to take over from an IPython of 2014
    empty = {"JUPYTER_CONFIG_DIR": str(config), "IPYTHONDIR": str(lent / "ipython")}
    try:
        runtime = Path(jupyter_runtime_dir())
    except RuntimeError:  # a user whom this machine does not know, without HOME
        runtime = None
    if runtime is not None and _takes_files(runtime):
        menus = Path(jupyter_config_dir(), "lab")
        kept = {
            "JUPYTERLAB_SETTINGS_DIR": "user-settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }
        folders = {name: os.environ.get(name) or str(menus / part) for name, part in kept.items()}
        return empty | folders
    names = ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR")
    return empty | {name: str(lent / name.lower()) for name in names}


def _takes_files(folder: Path) -> bool:
    """Tell whether a file can be written to `folder`, which is made if needed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(bytes(1024))  # a full disk still makes names of files
            file.flush()
    except OSError:
        return False
    return True
