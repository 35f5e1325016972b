"""The lab: this machine only, its token, its address, whatever settings people have."""

import json
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
import requests
import websocket

from course_process import (
    Address,
    address_of,
    get,
    make_checkout,
    needs_signals,
    nothing_is_left_running,  # noqa: F401 - a fixture that every test uses
    run,
    start,
    wait_for,
    write_lesson,
)

pytestmark = needs_signals


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout of its own, with two small lessons."""
    return make_checkout(tmp_path / "checkout")


# ---------------------------------------------------------------------------- the usual


@pytest.fixture
def busy_port() -> Iterator[int]:
    """Yield a port that another program listens to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_lab_opens_lesson_00_on_this_machine_alone_until_ctrl_c(
    checkout: Path, busy_port: int
) -> None:
    run(checkout, "reset", "5")
    write_lesson(checkout, "05_mnist_mlp", "a better lesson")
    lab = start(checkout, "lab", "--no-browser", "--", f"--port={busy_port}")
    _, port, path, token, said = address_of(lab)
    assert int(port) != busy_port
    assert path == "/lab/tree/00_start_here.ipynb"

    sockets = psutil.Process(lab.pid).net_connections(kind="inet")
    assert {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN} == {"127.0.0.1"}

    api = f"http://127.0.0.1:{port}/api/contents/00_start_here.ipynb"
    assert get(api)[0] == 403, "without the token"
    status, lesson = get(f"{api}?token={token}")
    assert status == 200
    assert json.loads(lesson)["content"]["cells"][0]["source"] == "1 + 1"

    lab.send_signal(signal.SIGINT)  # at once: the thread that read the lesson still waits for more
    _, complaints = lab.communicate(timeout=60)
    assert lab.returncode == 0
    assert "Traceback" not in complaints
    assert "Your copies of the lessons are in work (new: 00_start_here)." in said
    assert re.search(r"^05_mnist_mlp has changed .*`dlcourse reset 05`", said, re.MULTILINE)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    assert said.count("You are root") == is_root


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make the user one whose home cannot even be made; return the folder for temporary files."""
    for name in list(os.environ):
        if name.startswith(("XDG_", "JUPYTER_", "IPYTHONDIR", "MPLCONFIGDIR")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", os.devnull + "/home")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    return temporary


def test_without_a_home_lab_and_run_go_on_and_leave_nothing(checkout: Path, homeless: Path) -> None:
    assert run(checkout, "run", "5")[0::2] == (0, "")

    lab = start(checkout, "lab", "--no-browser")
    assert "Your home takes no files" in address_of(lab).said
    lab.send_signal(signal.SIGINT)
    _, complaints = lab.communicate(timeout=120)
    assert lab.returncode == 0, complaints
    assert list(homeless.iterdir()) == []


# ---------------------------------------------------------------------------- protection

OPEN_DOORS = """
c = get_config()
c.IdentityProvider.token = ""
c.ServerApp.token = ""
c.PasswordIdentityProvider.hashed_password = "argon2:$argon2id$v=19$m=10240,t=10,p=8$c2FsdA$aGFzaA"
c.ServerApp.password = ""
c.ServerApp.allow_origin = "*"
c.ServerApp.allow_credentials = True
c.ServerApp.disable_check_xsrf = True
c.ServerApp.allow_remote_access = True
c.ServerApp.ip = "0.0.0.0"
"""


def check_protection(lab: Address) -> None:
    """Check that the lab serves nobody without its token, and no page of another origin."""
    elsewhere = {"Origin": "http://elsewhere.example"}
    api = f"http://127.0.0.1:{lab.port}/api"
    with requests.Session() as stranger, requests.Session() as learner:
        stranger.trust_env = learner.trust_env = False  # no proxy
        for name in ("contents", "kernels", "terminals"):
            assert stranger.get(f"{api}/{name}").status_code == 403
            assert stranger.get(f"{api}/{name}?token=known-to-all").status_code == 403
        assert stranger.post(f"{api}/terminals").status_code == 403
        assert stranger.post(f"{api}/login", data={"password": ""}).status_code != 200

        assert learner.get(lab.url).status_code == 200  # and from now on has its cookies
        assert learner.get(f"{api}/contents").status_code == 200
        seen = learner.get(f"{api}/contents", headers=elsewhere)
        assert "Access-Control-Allow-Origin" not in seen.headers
        assert learner.post(f"{api}/terminals", headers=elsewhere).status_code in {403, 404}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the user one with a home of their own, and no settings by variables."""
    for name in list(os.environ):
        if name.startswith(("XDG_", "JUPYTER", "IPYTHONDIR", "MPLCONFIGDIR")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    (home / ".jupyter").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    return home


def test_no_file_and_no_variable_opens_the_door(
    checkout: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".jupyter" / "jupyter_server_config.py").write_text(OPEN_DOORS)
    monkeypatch.setenv("JUPYTER_TOKEN", "known-to-all")
    check_protection(address_of(start(checkout, "lab", "--no-browser")))

    given = tmp_path / "given.py"  # also stands for files of the whole machine, in /etc/jupyter
    given.write_text(OPEN_DOORS)
    process = start(checkout, "lab", "--no-browser", "--", f"--config={given}")
    check_protection(address_of(process))
    sockets = psutil.Process(process.pid).net_connections(kind="inet")
    assert {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def test_the_token_is_new_each_time_and_not_in_the_list_of_processes(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    browser = tmp_path / "browser"
    seen = tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{seen}"\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    process = start(checkout, "lab")
    lab = address_of(process)
    opened = wait_for(lambda: seen.read_text() if seen.exists() else "")
    page = checkout / "work" / "open-the-course.html"
    assert opened == page.as_uri()
    assert lab.url in page.read_text()
    assert page.stat().st_mode & 0o077 == 0, "nobody else's to read"
    arguments = [one.cmdline() for one in psutil.Process(process.pid).children(recursive=True)]
    assert not [words for words in arguments if lab.token in " ".join(words)]
    assert lab.token not in " ".join(psutil.Process(process.pid).cmdline())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert not page.exists()


# ---------------------------------------------------------------------------- settings of others


def test_settings_of_jupyter_that_cannot_work_are_left_out_or_named(
    checkout: Path, home: Path, tmp_path: Path
) -> None:
    broken = 'c.ServerApp.contents_manager_class = "jupytext_is_not_here.Manager"\n'
    (home / ".jupyter" / "jupyter_server_config.py").write_text(broken)
    assert address_of(start(checkout, "lab", "--no-browser")).token

    (tmp_path / "given.py").write_text(broken)
    status, _, complaints = run(
        checkout, "lab", "--no-browser", "--", f"--config={tmp_path / 'given.py'}"
    )
    assert status == 1
    last = complaints.splitlines()[-1]
    assert last.startswith("dlcourse: JupyterLab refuses its settings, as it says above: ")
    assert "jupytext_is_not_here" in complaints


SAY = """
import json, os, sys
import matplotlib
told = {
    "python": sys.executable,
    "backend": matplotlib.get_backend(),
    "numpy": __import__("numpy").__file__,
    "variables": dict(os.environ),
}
open(os.environ["SAID"], "w").write(json.dumps(told))
"""


@pytest.fixture
def lived_in(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set what other programs set; return the file into which a lesson says what it sees."""
    old = tmp_path / "old"
    (old / "numpy").mkdir(parents=True)
    (old / "numpy" / "__init__.py").write_text("raise ImportError('the numpy of another program')")
    foreign = home / "cluster" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    kernel = {"argv": ["/bin/false", "{connection_file}"], "display_name": "x", "language": "c"}
    (foreign / "kernel.json").write_text(json.dumps(kernel))
    monkeypatch.setenv("PYTHONPATH", str(old))
    monkeypatch.setenv("JUPYTER_PATH", str(home / "cluster"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    monkeypatch.setenv("MPLBACKEND", "module://backend_interagg")
    monkeypatch.setenv("VIRTUAL_ENV", str(old))
    monkeypatch.setenv("PYTHONSTARTUP", str(old / "none.py"))
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.setenv("SAID", str(tmp_path / "said.json"))
    return tmp_path / "said.json"


class Talk:
    """What a page of JupyterLab says to its server."""

    def __init__(self, lab: Address) -> None:
        self._server = f"127.0.0.1:{lab.port}"
        self._headers = {"Authorization": f"token {lab.token}"}

    def start(self, what: str, **options: str) -> Any:  # noqa: ANN401 - JSON
        """Start a kernel or a terminal."""
        reply = requests.post(
            f"http://{self._server}/api/{what}", headers=self._headers, json=options, timeout=60
        )
        return reply.json()

    def say(self, path: str, message: object) -> None:
        """Send a message to a kernel or a terminal."""
        line = websocket.create_connection(
            f"ws://{self._server}/{path}", header=self._headers, http_no_proxy=["*"], timeout=60
        )
        with closing(line):
            line.send(json.dumps(message))
            line.recv()


def run_in_kernel(lab: Address, code: str) -> None:
    """Start a kernel as a notebook does, and run `code` in it."""
    talk = Talk(lab)
    kernel = talk.start("kernels", name="python3")["id"]
    header = {"msg_id": "1", "msg_type": "execute_request", "session": "1", "username": ""}
    content = {"code": code, "silent": False}
    parts = {"parent_header": {}, "metadata": {}, "channel": "shell", "buffers": []}
    message = {"header": header | {"version": "5.3"}, "content": content, **parts}
    talk.say(f"api/kernels/{kernel}/channels", message)


UNWANTED = {"PYTHONSTARTUP", "PYTHONWARNINGS", "JUPYTER_TOKEN", "VIRTUAL_ENV"}


def test_a_lesson_sees_nothing_of_other_programs(checkout: Path, lived_in: Path) -> None:
    write_lesson(checkout, "05_mnist_mlp", SAY)
    status, told, complaints = run(checkout, "run", "5")
    assert (status, complaints) == (0, ""), told
    from_run = json.loads(lived_in.read_text())
    lived_in.unlink()

    run_in_kernel(address_of(start(checkout, "lab", "--no-browser")), SAY)
    from_lab = json.loads(wait_for(lambda: lived_in.read_text() if lived_in.exists() else ""))
    for seen in (from_run, from_lab):
        assert seen["python"] == sys.executable
        assert seen["backend"] == "module://matplotlib_inline.backend_inline"
        assert Path(seen["numpy"]).is_relative_to(sys.prefix)
        assert not UNWANTED & seen["variables"].keys()


def test_a_terminal_knows_the_command_also_if_the_lab_has_none(
    checkout: Path, tmp_path: Path
) -> None:
    lab = address_of(start(checkout, "lab", "--no-browser"))  # its output is a pipe
    talk = Talk(lab)
    name = talk.start("terminals")["name"]
    found = tmp_path / "found"
    talk.say(f"terminals/websocket/{name}", ["stdin", f"command -v dlcourse > '{found}'\n"])
    where = wait_for(lambda: found.read_text() if found.exists() else "")
    assert Path(where.strip()) == Path(sys.executable).with_name("dlcourse")
