"""The box: submissions run in it, with nothing that could help or be harmed.

bubblewrap gives the process inside (`inside`) a read-only view of Python and of the course's
package without its exercises, its own small disks, and no network, no other process and no
variable of ours. The process is not root; as root we give that up as it starts.

Covers: whether there can be a box, starting it, handing it a job, reading what comes out within
limits of time and size.
Does not cover: what comes out (`wire`), what runs inside (`inside`).
"""

import array
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from dlcourse.errors import CourseError
from dlcourse.grading.wire import MOST_BYTES, READY
from dlcourse.places import ROOT

NOBODY = 65534  # the user and group of the box where we are root
_PACKAGE = Path(__file__).resolve().parents[1]
_LONGEST_HEADER = 1000
# The package that runs here, wherever it is, and not another one that Python would find.
_SERVER = f"""
import sys
sys.path.insert(0, {str(_PACKAGE.parent)!r})
from dlcourse.grading.inside import serve
serve()
"""
_START_SECONDS = 120
ENDED, TOO_SLOW, TOO_MUCH = "ended", "too slow", "too much"  # what may become of an answer
MISSING = (
    "Grading needs bubblewrap, which makes the box that submissions run in, and it is not here: "
    "on Debian and Ubuntu, `sudo apt install bubblewrap`; elsewhere grade on a Linux machine."
)
REMEDY = (
    "Nothing was graded. `bwrap --unshare-all --ro-bind / / true` tells whether this machine "
    "allows such boxes; where it refuses, grade on another Linux machine."
)
_EMPTY = (Path("/tmp"), Path("/dev"))  # noqa: S108 - each submission finds them empty
VARIABLES = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 - a disk of the box
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": "/tmp",  # noqa: S108
    "DLCOURSE_DEVICE": "cpu",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class BoxError(CourseError):
    """There can be no box here, or it broke; nothing was graded."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Attributes:
        seconds: for each answer, by the clock.
        cpu_seconds: for all answers together.
        memory: bytes, more than Python and PyTorch take.
        file_size: bytes of a file.
        threads: at once.
        open_files: at once.
    """

    seconds: int = 30
    cpu_seconds: int = 300
    memory: int = 2 << 30
    file_size: int = 64 << 20
    threads: int = 64
    open_files: int = 64


class Seen(NamedTuple):
    """What came out of the box about one answer; all of it may be forged.

    `what` is a word that `inside` uses, or `ENDED`, `TOO_SLOW`, `TOO_MUCH`.
    """

    exercise: str
    what: str
    content: bytes = b""


class Box:
    """A box with a server in it. Use it in a `with`."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Start the server; wait until it is ready.

        Raises:
            BoxError: if there can be none here; the text says why and what to do.
        """
        self.limits = limits or Limits()
        program = [*command(), sys.executable, "-I", "-W", "ignore", "-c", _SERVER]
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the box
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - our own command
                program,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                env={"PATH": os.environ.get("PATH", "")},
                start_new_session=True,
            )
        self._socket.settimeout(_START_SECONDS)
        try:
            self._receive()  # that it is ready
        except BoxError:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        """Return the box."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the server, and with it all that it started."""
        self._socket.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._complaints.close()

    def kill(self) -> None:
        """End what runs in it now, from another thread: what waits for it gets a BoxError."""
        self._process.kill()

    def run(self, job: Mapping[str, Any]) -> Iterator[Seen]:
        """Run a job; yield what comes out of it, answer by answer, in their order.

        An answer that ends the process, or is too slow, costs no other answer: those after it are
        run in a new one.

        Args:
            job: "cells", "seed", and "answers", a list; `inside` says what is in them.
        """
        left = list(job["answers"])
        while left:
            for seen in self._run_until_one_breaks({**job, "answers": left}):
                left = left[1:]
                yield seen

    def read(self, cells: list[str], exercises: Iterable[str]) -> Seen:
        """Return what comes out of reading a submission's code: `submission.from_json` takes it."""
        job = {"sources": cells, "names": list(exercises), "answers": [{"exercise": ""}]}
        (seen,) = self.run(job)
        return seen

    def _run_until_one_breaks(self, job: dict[str, Any]) -> Iterator[Seen]:
        """Yield what one process does, up to the first answer that ends it."""
        with self._child(job) as pipe:
            for answer in job["answers"]:
                end = time.monotonic() + self.limits.seconds
                try:
                    seen = _read_frame(pipe, answer["exercise"], end)
                except _BrokenOffError as reason:
                    yield Seen(answer["exercise"], str(reason))
                    return
                yield seen

    @contextmanager
    def _child(self, job: dict[str, Any]) -> Iterator["_Pipe"]:
        """Start a child with a job; yield the pipe that it writes to; end it."""
        reading, writing = os.pipe()
        with os.fdopen(os.memfd_create("job"), "wb") as file:
            file.write(json.dumps(job).encode())
            file.seek(0)
            file.flush()
            self._send(json.dumps(asdict(self.limits)).encode(), file.fileno(), writing)
        os.close(writing)
        try:
            pipe = _Pipe(reading)
            self._wait_until_ready(pipe)
            yield pipe
        finally:
            os.close(reading)
            self._send(b"end it")
            self._receive()

    def _wait_until_ready(self, pipe: "_Pipe") -> None:
        """Wait until the child is in its jail; nothing of a submission has run until then."""
        try:
            told = pipe.line(time.monotonic() + _START_SECONDS) + b"\n"
        except _BrokenOffError as reason:
            told = str(reason).encode()
        if told != READY:
            msg = f"The box is broken ({told[:300].decode(errors='replace').strip()}). {REMEDY}"
            raise BoxError(msg)

    def _send(self, message: bytes, *descriptors: int) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        try:
            self._socket.sendmsg([message], rights if descriptors else [])
        except OSError:
            raise BoxError(self._why_it_failed()) from None

    def _receive(self) -> bytes:
        with suppress(OSError):
            if message := self._socket.recv(1 << 16):
                return message
        raise BoxError(self._why_it_failed())

    def _why_it_failed(self) -> str:
        """Return why the server does not answer, and what to do."""
        self._process.kill()
        self._process.wait()
        self._complaints.seek(0)
        said = self._complaints.read().decode(errors="replace").strip().rpartition("\n")[2]
        return f"The box did not start, or broke ({said[:300] or 'it said nothing'}). {REMEDY}"


class _BrokenOffError(Exception):
    """An answer ended the process, or was too slow, or said too much: the text says which."""


class _Pipe:
    """What a child writes, read within limits."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._buffer = descriptor, b""

    def line(self, end: float) -> bytes:
        """Return the next line, without its end."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > _LONGEST_HEADER:
                raise _BrokenOffError(TOO_MUCH)
            self._fill(end)
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def exactly(self, size: int, end: float) -> bytes:
        """Return the next `size` bytes."""
        while len(self._buffer) < size:
            self._fill(end)
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def _fill(self, end: float) -> None:
        ready, _, _ = select.select([self._descriptor], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            raise _BrokenOffError(TOO_SLOW)
        more = os.read(self._descriptor, 1 << 16)
        if not more:
            raise _BrokenOffError(ENDED)
        self._buffer += more


def _read_frame(pipe: _Pipe, exercise: str, end: float) -> Seen:
    """Return what comes out about the answer to `exercise`, until the time `end`."""
    try:
        header = json.loads(pipe.line(end))
        size, what = int(header["size"]), str(header["what"])
        is_expected = header["exercise"] == exercise
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        raise _BrokenOffError(ENDED) from None
    if not is_expected or size < 0:
        raise _BrokenOffError(ENDED)
    if size > MOST_BYTES:
        raise _BrokenOffError(TOO_MUCH)
    return Seen(exercise, what, pipe.exactly(size, end))


def command() -> list[str]:
    """Return the command that makes the box, up to the program that runs in it.

    Raises:
        BoxError: if bubblewrap is missing, or the course is where the box has nothing.
    """
    bubblewrap = shutil.which("bwrap")
    if sys.platform != "linux" or bubblewrap is None:
        raise BoxError(MISSING)
    for place in _places():
        if any(place.is_relative_to(folder) for folder in _EMPTY):
            msg = (
                f"{place} cannot be seen in the box, whose /tmp and /dev are each submission's "
                "own: install the course in another folder, such as your home. Nothing was graded."
            )
            raise BoxError(msg)
    is_root = os.geteuid() == 0
    rights = ["--unshare-all"]
    if is_root:  # then user namespaces are for the children alone, and the rights go in the box
        rights = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
        rights += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    drop += ["--bounding-set=-all", "--no-new-privs"]
    return [
        *(bubblewrap, *rights, "--die-with-parent", "--new-session", "--hostname", "box"),
        *(part for mount in _mounts() for part in mount),
        *("--dev", "/dev", "--proc", "/proc", "--perms", "1777", "--tmpfs", "/tmp", "--clearenv"),  # noqa: S108
        *(part for pair in VARIABLES.items() for part in ("--setenv", *pair)),
        *("--remount-ro", "/", "--chdir", "/"),
        *(drop if is_root else ()),
    ]


def _places() -> list[Path]:
    """Return where Python, its packages, the course's package and its data are."""
    paths = sysconfig.get_paths()
    python = [sys.prefix, sys.base_prefix, *(paths[name] for name in ("stdlib", "purelib"))]
    return [*map(Path, python), _PACKAGE, ROOT / "data"]


def _mounts() -> Iterator[tuple[str, ...]]:
    """Yield what is seen in the box: programs, Python, the course's package without exercises."""
    for name in ("usr", "bin", "lib", "lib32", "lib64", "etc/ld.so.cache"):
        place = Path("/", name)
        if place.is_symlink():
            yield "--symlink", str(place.readlink()), str(place)
        elif place.exists():
            yield "--ro-bind", str(place), str(place)
    cores = Path("/sys/devices/system/cpu")  # else PyTorch knows no processor, and no half numbers
    if cores.exists():
        yield "--ro-bind", str(cores), str(cores)
    seen: list[Path] = [Path("/usr")]
    for place in _places():
        if place.exists() and not any(place.is_relative_to(one) for one in seen):
            for folder in reversed(place.parents[:-1]):  # else nobody but root may enter them
                yield "--perms", "0755", "--dir", str(folder)
            yield "--ro-bind", str(place), str(place)
            seen.append(place)
    for name in ("exercises", "grading/starter"):  # which have solutions
        yield "--tmpfs", str(_PACKAGE / name)
