"""The files in teaching/ that grade on several machines: what they run exists."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from dlcourse.commands.cli import main
from dlcourse.places import ROOT

FILES = sorted((ROOT / "teaching").glob("grade_*"))
SCRIPTS = [path for path in FILES if path.suffix == ".sh"]


def commands(path: Path) -> dict[str, list[str]]:
    """Return what a file runs, comments included: the options, by the command that has them."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    text = re.sub(r"\n +(?=--shard)", " ", text)  # YAML's long line
    lines = re.findall(r"^[^`\n]*dlcourse (grade(?: merge)?) (.*)$", text, re.MULTILINE)
    return {command: re.findall(r"--[a-z-]+", rest) for command, rest in lines}


def test_there_are_three_ways() -> None:
    assert [path.name for path in FILES] == [
        *("grade_kubernetes.yaml", "grade_parallel.sh", "grade_slurm.sh"),
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_its_commands_have_the_options_that_it_gives(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = commands(path)
    assert options.keys() == {"grade", "grade merge"}
    for command, given in options.items():
        with pytest.raises(SystemExit):
            main([*command.split(), "--help"])
        assert set(given) <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert {"--out", "--shard", "--seed"} <= set(options["grade"]), "one seed for the whole class"


@pytest.mark.skipif(shutil.which("bash") is None, reason="Windows may have no bash")
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_bash_can_read_it(path: Path) -> None:
    subprocess.run(["bash", "-n", path], check=True)


def test_the_job_is_indexed_and_its_parts_are_all() -> None:
    job = yaml.safe_load((ROOT / "teaching" / "grade_kubernetes.yaml").read_text(encoding="utf-8"))
    assert job["spec"]["completionMode"] == "Indexed"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    shard = container["args"][0].split("--shard ")[1]
    assert shard == f'"$((JOB_COMPLETION_INDEX + 1))/{job["spec"]["completions"]}"'
