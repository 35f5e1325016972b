"""Attacks on one's own box, before any submission gets in: harmless ones, of each kind.

What kernels, containers and distributions allow differs. So a box shows that it holds, every time;
where one attack reaches its goal, nothing is graded.

Covers: files, processes, network, rights, other submissions, the course's solutions.
Does not cover: what ends an answer, such as time and memory: an honest answer after it shows that.
"""

import os
import socket
from pathlib import Path
from typing import Any

from dlcourse.grading.box import REMEDY, VARIABLES, Box, BoxError
from dlcourse.grading.wire import UnreadableError, unpack

# Each leaves in `reached` what it should not have reached; nothing, if the box holds.
ATTACKS = {
    "read the solutions": """
import importlib.util, os, dlcourse
package, reached = os.path.dirname(dlcourse.__file__), []
for folder in ("exercises", "grading/starter"):
    reached += os.listdir(os.path.join(package, folder))
""",
    "read files of this machine": """
import os
reached = [path for path in {files} if os.path.exists(path)]
""",
    "write where others read": """
import os, sys, dlcourse
reached = []
for folder in ("/", "/usr", "/etc", "/dev", sys.prefix, os.path.dirname(dlcourse.__file__)):
    try:
        with open(os.path.join(folder, "written"), "w"):
            reached.append(folder)
    except OSError:
        pass
""",
    "leave something for the next": """
import os
reached = []
for folder in ("/tmp", "/dev/shm", "/var/tmp"):
    path = os.path.join(folder, "left")
    if os.path.exists(path):
        reached.append(path)
    try:
        with open(path, "w") as file:
            file.write("here")
    except OSError:
        pass
""",
    "see other processes": """
import os
reached = []
if os.path.isdir("/proc"):
    reached = [one for one in os.listdir("/proc") if one.isdecimal() and int(one) != os.getpid()]
""",
    "end other processes": """
import os
reached = []
for number in range(2, 400):
    try:
        os.kill(number, 0)
        reached.append(number)
    except OSError:
        pass
""",
    "be root, or become it": """
import os
reached = []
if os.getuid() == 0 or os.geteuid() == 0:
    reached.append("is root")
for become in (os.setuid, os.setgid):
    try:
        become(0)
        reached.append(become.__name__)
    except OSError:
        pass
""",
    "make namespaces or disks of its own": """
import ctypes
libc, reached = ctypes.CDLL(None, use_errno=True), []
for name, flag in (("users", 0x10000000), ("mounts", 0x20000), ("processes", 0x20000000)):
    if libc.unshare(flag) == 0:
        reached.append(name)
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0:
    reached.append("mount")
""",
    "make processes or memory that no limit counts": """
import ctypes, os
libc, reached = ctypes.CDLL(None, use_errno=True), []
if hasattr(os, "memfd_create"):
    try:
        reached.append(os.memfd_create("memory"))
    except OSError:
        pass
if libc.shmget(0, 4096, 0o1600) >= 0:
    reached.append("shared memory")
try:
    if os.fork() == 0:
        os._exit(0)
    reached.append("process")
except OSError:
    pass
""",
    "reach the network": """
import socket
reached = []
for address in (("127.0.0.1", {port}), ("192.0.2.1", 9)):
    try:
        socket.create_connection(address, timeout=1).close()
        reached.append(address)
    except OSError:
        pass
if len(socket.if_nameindex()) > 1:
    reached.append(socket.if_nameindex())
""",
    "use what was left open": """
import os, stat
reached = []
for number in range(1024):
    try:
        kind = os.fstat(number).st_mode
    except OSError:
        continue
    if not (stat.S_ISFIFO(kind) or (stat.S_ISCHR(kind) and number < 3)):
        reached.append(number)
""",
    "read the environment": """
import os
reached = [name for name in os.environ if name in {variables}]
""",
    "lift its limits": """
import resource
reached = []
for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_NPROC):
    try:
        resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        reached.append(kind)
    except (OSError, ValueError):
        pass
""",
}

AGAIN = "leave something for the next"  # the second time, what the first has left would be found
_ASKED = {
    "text": "def look(answer): return answer",
    "names": ("reached",),
    "is_question": True,
    "is_class": False,
    "stub": "reached = ...",
    "setup_source": "",
    "inputs": "no_inputs",
    "use": "look",
    "parameters": (),
}


_SET_INSIDE = {"PWD", "LC_CTYPE", "TORCHINDUCTOR_CACHE_DIR"}  # by bubblewrap, Python and PyTorch


def attack(box: Box, hidden: Path | None = None) -> None:
    """Attack the box; return if it holds.

    Args:
        box: the box.
        hidden: a folder with solutions, which it must not show.

    Raises:
        BoxError: if an attack reached something; the text says which.
    """
    if hidden and run_alone(box, f"import os\nreached = os.path.exists({str(hidden)!r})"):
        where = f"{hidden} is where the box shows files, and nothing was graded"
        msg = f"{where}: move it elsewhere, such as to your home."
        raise BoxError(msg)
    with socket.create_server(("127.0.0.1", 0)) as server:
        known = {
            "{files}": repr(_files()),
            "{variables}": repr(sorted(os.environ.keys() - VARIABLES.keys() - _SET_INSIDE)),
            "{port}": str(server.getsockname()[1]),
        }
        for name in (*ATTACKS, AGAIN):
            code = ATTACKS[name]
            for place, value in known.items():
                code = code.replace(place, value)
            if reached := run_alone(box, code):
                msg = f"The box does not hold: it was possible to {name} ({reached}). {REMEDY}"
                raise BoxError(msg)


def run_alone(box: Box, code: str) -> Any:  # noqa: ANN401 - any plain value
    """Run code in the box; return what it leaves in `reached`.

    Raises:
        BoxError: if it leaves nothing.
    """
    answer = {"exercise": "attack", "steps": [(0, 0)], "place": (1, 0), "asked": _ASKED}
    cells = {"0": f"exec({code!r})", "1": "ex.attack.check(reached)"}
    (seen,) = box.run({"cells": cells, "answers": [answer], "seed": 0})
    try:
        (behavior,) = unpack(seen.content)
    except (UnreadableError, ValueError):
        told = seen.content[:300].decode(errors="replace")
        msg = f"The box is broken ({seen.what}: {told}). {REMEDY}"
        raise BoxError(msg) from None
    return behavior.value


def _files() -> list[str]:
    """Return files of this machine that nobody needs who runs an answer."""
    home = Path.home() if "HOME" in os.environ else Path("/root")
    places = [Path("/etc/passwd"), Path("/etc/shadow"), Path("/var/log"), home / ".ssh"]
    here = [Path(__file__).resolve().parents[3] / name for name in ("pyproject.toml", "tests")]
    return [str(place) for place in (*places, *here) if place != Path("/")]
