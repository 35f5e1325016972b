"""What a user's own git does to files leaves those of the course as they are."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = {"lesson.ipynb": "{}\n", ".ci/run": "set -e\n", "Makefile": "all:\n", "a.py": "x = 1\n"}
SETTINGS = """
[core]
    autocrlf = true
    attributesFile = {attributes}
[filter "nbstripout"]
    clean = sed s/outputs/stripped/
    smudge = cat
[user]
    name = A
    email = a@b.c
"""


@pytest.mark.skipif(shutil.which("git") is None, reason="without git nothing of this can happen")
def test_filters_and_line_ends_of_a_users_git_do_not_reach_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "attributes").write_text("*.ipynb filter=nbstripout\n")
    (tmp_path / "settings").write_text(SETTINGS.format(attributes=tmp_path / "attributes"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "settings"))

    def git(folder: Path, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, check=True
        )
        return done.stdout

    course = tmp_path / "course"
    (course / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".gitattributes", course)
    for name, text in FILES.items():
        (course / name).write_bytes(text.encode())
    (course / "lesson.ipynb").write_text('{"outputs": []}\n')
    git(course, "init", "-q")
    git(course, "add", ".")
    git(course, "commit", "-q", "-m", "All")
    assert "outputs" in git(course, "show", "HEAD:lesson.ipynb")

    git(tmp_path, "clone", "-q", str(course), "clone")
    for name in FILES:
        assert b"\r" not in (tmp_path / "clone" / name).read_bytes()
        os.utime(tmp_path / "clone" / name, (0, 0))  # so that git looks into it
    assert git(tmp_path / "clone", "status", "--short") == ""
