"""A home and variables such as people have, who use their machine for other things, too.

Covers: what is known to have broken courses: settings of Matplotlib, Jupyter, pip, git and Python.
Does not cover: running the suite among it (`everywhere`), what each setting did (the tests of the
module that withstands it).
"""

import json
import os
from pathlib import Path

_FILES = {
    ".config/matplotlib/matplotlibrc": """
        axes.facecolor: black
        figure.facecolor: black
        text.color: white
        axes.labelcolor: white
        xtick.color: white
        ytick.color: white
        lines.linewidth: 0.3
        savefig.transparent: True
        savefig.bbox: tight
        text.usetex: True
        backend: TkAgg
    """,
    ".jupyter/jupyter_server_config.py": """
        c.IdentityProvider.token = ""
        c.ServerApp.allow_origin = "*"
        c.ServerApp.disable_check_xsrf = True
        c.ServerApp.contents_manager_class = "jupytext_is_not_here.TextFileContentsManager"
        c.ServerApp.kernel_spec_manager_class = "nb_conda_is_not_here.CondaKernelSpecManager"
    """,
    ".jupyter/jupyter_server_config.json": json.dumps(
        {"PasswordIdentityProvider": {"hashed_password": "argon2:of-somebody"}}
    ),
    ".jupyter/migrated": "",
    ".config/pip/pip.conf": """
        [global]
        index-url = http://127.0.0.1:9/simple
        user = true
    """,
    ".gitconfig": """
        [filter "nbstripout"]
            clean = sed s/outputs/no_outputs/
            smudge = cat
        [core]
            attributesFile = ~/.gitattributes
            autocrlf = input
        [user]
            useConfigOnly = true
    """,
    ".gitattributes": "*.ipynb filter=nbstripout\n",
    "cluster/kernels/python3/kernel.json": json.dumps(
        {
            "argv": ["/usr/bin/python-of-the-cluster", "-f", "{connection_file}"],
            "display_name": "Python 3",
            "language": "python",
        }
    ),
    # an old NumPy, of another program
    "other-program/numpy/__init__.py": "raise ImportError('this is the numpy of another program')",
    "other-program/sitecustomize_of_it.py": "",
}


def furnish(home: Path, clone: Path) -> dict[str, str]:
    """Write such files into `home`, and one into the clone's `work/`; return such variables."""
    for name, text in _FILES.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(line.strip() for line in text.splitlines()), encoding="utf-8")
    (clone / "work").mkdir(exist_ok=True)
    (clone / "work" / "torch.py").write_text("x = 1  # a learner's own notes\n", encoding="utf-8")
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "JUPYTER_PATH": str(home / "cluster"),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "JUPYTER_TOKEN": "known-to-all",
        "MPLBACKEND": "module://backend_interagg",
        "PYTHONPATH": str(home / "other-program"),
        "PYTHONSTARTUP": str(home / "not-there.py"),
        "PIP_USER": "1",
        "PIP_TARGET": str(home / "packages"),
        "VIRTUAL_ENV": str(home / "of-another-project"),
        "EDITOR": "vi",
        "BROWSER": os.devnull,
    }
