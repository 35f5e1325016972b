"""What runs inside the box: a server that has PyTorch imported, and a jailed child a submission.

The server knows no solution, no score and no other submission. It forks a child for each job; the
child leaves the server's namespaces, gives up all rights, runs the answers, writes what they did to
a pipe, and ends, and with it all that it left running: it is the first process of a namespace of
its own. Nothing that comes out of the pipe is trusted (`wire`).

The protocol, on the socket that is the standard input: a message is JSON with the limits, with two
descriptors attached: the job to read, the pipe to write to. The next message, whatever it is, ends
the child. Then comes the reply, JSON, too: how the child ended.

Covers: reading a submission's code, running the statements that an answer needs, and the answer on
every input.
Does not cover: starting the box around this (`box`), the jail (`jail`).
"""

import array
import ast
import importlib
import json
import linecache
import os
import signal
import socket
import sys
import types
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import torch

from dlcourse.checking.asked import Asked, as_one
from dlcourse.checking.failure import Failure
from dlcourse.grading import jail
from dlcourse.grading.submission import as_json, calls_of_check, find_answers
from dlcourse.grading.wire import (
    BEHAVIORS,
    BROKE,
    COULD_NOT_RUN,
    OTHER_NUMBER,
    READ,
    READY,
    UNTOUCHED,
    WRONG_KIND,
    pack,
)

CONTROL = 0  # the file descriptor of the socket
# What lessons and answers import; the forked child need not do it again.
WARM = (
    *("torch.optim", "torch.nn.functional", "torch.utils.data", "torchvision", "numpy"),
    *("matplotlib.pyplot", "dlcourse.data", "dlcourse.device", "dlcourse.plotting"),
    *("dlcourse.training", "dlcourse.timing", "dlcourse.checking.exercise"),
)


# ---------------------------------------------------------------------------- the server


def serve() -> None:
    """Run jobs until the socket is closed."""
    torch.set_num_threads(1)  # a process with more threads cannot be forked
    for name in WARM:
        importlib.import_module(name)
    _hide_exercises()
    half = torch.ones(8, 8, dtype=torch.float16)
    _ = half @ half  # PyTorch reads in /proc now what processor this is; a child cannot
    control = socket.socket(fileno=CONTROL)
    control.send(b"ready")
    while True:
        message, attached, _, _ = control.recvmsg(1 << 16, socket.CMSG_SPACE(8))
        if not message:
            return
        descriptors = array.array("i")
        for _, _, data in attached:
            descriptors.frombytes(data)
        job, out = descriptors
        control.send(json.dumps(_run(job, out, json.loads(message), control)).encode())


def _hide_exercises() -> None:
    """Put a package without exercises in the place of the course's; its checks do nothing."""

    class Silent:
        def __getattr__(self, _: str) -> Any:  # noqa: ANN401
            return lambda *_: None

    class Lesson(types.ModuleType):
        def __getattr__(self, name: str) -> Silent:
            if name.startswith("__"):
                raise AttributeError(name)
            return Silent()

    class Exercises(types.ModuleType):
        def __getattr__(self, name: str) -> Lesson:
            if name.startswith("__"):
                raise AttributeError(name)
            return Lesson(name)

    sys.modules["dlcourse.exercises"] = Exercises("dlcourse.exercises")


def _run(job: int, out: int, limits: dict[str, int], control: socket.socket) -> dict[str, Any]:
    """Run a job in a jailed child; return how that ended."""
    child = os.fork()
    if child == 0:
        try:
            control.close()
            os.setsid()
            jail.leave_namespaces()
            _become_first_process(job, out, limits)
        except BaseException as error:  # noqa: BLE001 - nothing may come back into the server
            with suppress(OSError):
                _write(out, f"{error!r:.300}\n".encode())
        os._exit(111)
    os.close(job)
    os.close(out)
    watched: int = os.pidfd_open(child)
    control.recv(1 << 16)  # the order to end it, which comes in any case
    signal.pidfd_send_signal(watched, signal.SIGTERM)
    _, status, usage = os.wait4(child, 0)
    os.close(watched)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }


def _become_first_process(job: int, out: int, limits: dict[str, int]) -> None:
    """Run the job in the first process of the new namespace; end it when told to, or with it.

    A submission could keep that process from ending with its parent. So the parent waits for the
    order, ends it, and with it all that it started.
    """
    ends = {signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    first = os.fork()
    if first == 0:
        jail.end_with_parent()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
        size = jail.address_space()
        jail.hide_disks()
        jail.limit(limits, size)
        jail.give_up_rights()
        with os.fdopen(job, "rb") as file:
            told = json.load(file)
        jail.keep_only(out)
        _write(out, READY)
        _run_job(told, out)
        os._exit(0)
    os.close(out)
    signal.sigwait(ends)
    os.kill(first, signal.SIGKILL)
    _, status = os.waitpid(first, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 255)


# ---------------------------------------------------------------------------- the answers


def _run_job(job: dict[str, Any], out: int) -> None:
    """Read a submission, or look at each of its answers; write what that gave when it is known."""
    if "sources" in job:
        submission = find_answers(job["sources"], job["names"])
        _write_frame(out, "", READ, as_json(submission))
        return
    cells = {int(number): ast.parse(source) for number, source in job["cells"].items()}
    for number, source in job["cells"].items():
        linecache.cache[f"<cell {number}>"] = (
            *(len(source), None),
            *(source.splitlines(keepends=True), f"<cell {number}>"),
        )
    for answer in job["answers"]:
        try:
            what, content = _look_at(answer, cells, job["seed"])
        except BaseException as error:  # noqa: BLE001 - what came out may raise when looked at
            what, content = BROKE, type(error).__name__.encode()
        _write_frame(out, answer["exercise"], what, content)


def _look_at(answer: dict[str, Any], cells: dict[int, ast.Module], seed: int) -> tuple[str, bytes]:
    """Return what an answer turned out to be, and more about that."""
    try:
        handed_over = _made(answer, cells)
    except BaseException as error:  # noqa: BLE001 - a submission may raise anything
        return COULD_NOT_RUN, json.dumps(asdict(_failure_of(error))).encode()
    asked = Asked.from_told(answer["asked"], seed)
    if len(handed_over) != len(asked.names):
        return OTHER_NUMBER, b""
    value = as_one(handed_over)
    if asked.is_untouched(value):
        return UNTOUCHED, b""
    if told := asked.wrong_kind(value):
        return WRONG_KIND, told.encode()
    with torch.autocast("cpu", enabled=False, cache_enabled=False):
        return BEHAVIORS, pack(asked.behaviors(value))


def _made(answer: dict[str, Any], cells: dict[int, ast.Module]) -> tuple[Any, ...]:
    """Run what an answer needs; return what its check would be handed.

    As in a notebook, an error ends its own cell. Only where the answer is not there in the end does
    it count.
    """
    notebook = types.ModuleType("__main__")
    sys.modules["__main__"] = notebook
    space = vars(notebook)
    space["display"] = print  # which IPython gives to every notebook
    errors: dict[int, Exception] = {}
    for cell, number in answer["steps"]:
        if cell not in errors:
            statement = ast.Module([cells[cell].body[number]], type_ignores=[])
            try:
                exec(compile(statement, f"<cell {cell}>", "exec"), space)  # noqa: S102 - in the jail
            except Exception as error:  # noqa: BLE001 - a submission may raise anything
                errors[cell] = error
    cell, number = answer["place"]
    call = calls_of_check(cells[cell].body[number])[answer["exercise"]]
    expression = ast.Expression(ast.Tuple(call.args, ast.Load()))
    code = compile(ast.fix_missing_locations(expression), f"<cell {cell}>", "eval")
    try:
        handed_over: tuple[Any, ...] = eval(code, space)  # noqa: S307 - in the jail
    except Exception as error:  # noqa: BLE001 - as above
        raise next(iter(errors.values()), error) from None
    return handed_over


def _failure_of(error: BaseException) -> Failure:
    """Return what ended a submission before its answer was there, with its own line."""
    frames = Failure.of(error, None)
    place = error.__traceback__
    line = ""
    while place is not None:
        name, number = place.tb_frame.f_code.co_filename, place.tb_lineno
        if name.startswith("<cell "):
            line = f"line {number}: {linecache.getline(name, number).strip()}"
        place = place.tb_next
    return Failure(frames.kind, frames.text, line)


def _write_frame(out: int, exercise: str, what: str, content: bytes) -> None:
    header = {"exercise": exercise, "what": what, "size": len(content)}
    _write(out, json.dumps(header).encode() + b"\n" + content)


def _write(out: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(out, view) :]
