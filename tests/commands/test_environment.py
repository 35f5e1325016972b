"""What a process of the course sees of the user's variables, and what it counts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from dlcourse.commands import environment
from dlcourse.commands.environment import course_environment
from dlcourse.places import ROOT


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Forget the folders that another test was lent."""
    environment._lent_folders.cache_clear()


def test_only_what_is_the_courses_own_stays_in_the_python_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = str(ROOT / "src")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), ours, "", str(ROOT.parent)]))
    assert course_environment()["PYTHONPATH"] == ours
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "PYTHONPATH" not in course_environment()


def test_a_process_forgets_the_modules_of_other_programs(tmp_path: Path) -> None:
    (tmp_path / "tqdm.py").write_text("raise ImportError('of another program')")
    code = "from dlcourse.commands.environment import forget_foreign_modules as forget\n"
    code += "forget()\nimport tqdm, dlcourse.places\nprint(dlcourse.places.ROOT)"
    path = os.pathsep.join([str(tmp_path), str(ROOT / "src")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(ROOT)


def test_the_users_menus_stay_and_their_configuration_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "own"))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "also"))
    seen = course_environment()
    menus = tmp_path / "own" / "lab" / "user-settings"
    assert seen["JUPYTERLAB_SETTINGS_DIR"] == str(menus)
    assert [path.name for path in Path(seen["JUPYTER_CONFIG_DIR"]).iterdir()] == ["migrated"]
    assert str(tmp_path) not in seen["JUPYTER_CONFIG_PATH"]
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(tmp_path / "chosen"))
    environment._lent_folders.cache_clear()
    assert course_environment()["JUPYTERLAB_SETTINGS_DIR"] == str(tmp_path / "chosen")


def test_a_home_whose_folders_are_there_but_take_no_files_is_lent_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("JUPYTER_DATA_DIR", raising=False)
    assert not environment.home_is_lent()
    environment._lent_folders.cache_clear()

    class FullDisk:
        def __init__(self, **_: object) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", FullDisk)
    assert environment.home_is_lent()
    seen = course_environment()
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        assert "dlcourse-" in seen[name]


def test_start_up_files_of_the_users_ipython_do_not_change_a_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("from numpy import *  # and with it another sum")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    manager, client = start_new_kernel(env=course_environment())
    try:
        reply = client.execute("", user_expressions={"sum": "sum.__module__"}, reply=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    told = reply["content"]["user_expressions"]["sum"]["data"]["text/plain"]
    assert told == "'builtins'"
