"""What a process may use is counted, not what the machine has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlcourse import machine
from dlcourse.machine import memory_limit, n_cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux's way to take cores away")
def test_cores_are_those_of_the_process_not_of_the_machine() -> None:
    code = "from dlcourse.machine import n_cores; print(n_cores())"
    one = f"import os; os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}}); {code}"
    done = subprocess.run([sys.executable, "-c", one], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
    assert 1 <= n_cores() <= len(os.sched_getaffinity(0))


class Groups:
    """Control groups to write, in place of the machine's; no file: no such group or limit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own = folder / "own_groups"

    def write(self, name: str, content: str) -> None:
        """Write a setting, such as "slurm/memory.max"."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Groups:
    made = Groups(tmp_path)
    monkeypatch.setattr(machine, "_GROUPS", made.folder)
    monkeypatch.setattr(machine, "_OWN_GROUPS", made.own)
    if hasattr(os, "process_cpu_count"):
        monkeypatch.setattr(os, "process_cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    return made


def test_without_control_groups_there_is_no_limit(groups: Groups) -> None:
    assert not groups.own.exists()
    assert memory_limit() is None
    assert n_cores() == 8


@pytest.mark.parametrize(
    ("told", "cores"), [("max 100000", 8), ("50000 100000", 1), ("350000 100000", 3)]
)
def test_a_quota_of_version_2_counts(told: str, cores: int, groups: Groups) -> None:
    groups.write("own_groups", "0::/")
    groups.write("cpu.max", told)
    assert n_cores() == cores


@pytest.mark.parametrize(("told", "cores"), [("-1", 8), ("50000", 1), ("350000", 3)])
def test_a_quota_of_version_1_counts(told: str, cores: int, groups: Groups) -> None:
    groups.write("own_groups", "2:cpu,cpuacct:/job\n1:memory:/")
    groups.write("cpu/job/cpu.cfs_quota_us", told)
    groups.write("cpu/job/cpu.cfs_period_us", "100000")
    assert n_cores() == cores


@pytest.mark.parametrize("smallest", ["", "slurm", "slurm/job"])
def test_the_smallest_limit_of_a_group_and_of_those_around_it_counts(
    smallest: str, groups: Groups
) -> None:
    groups.write("own_groups", "0::/slurm/job")
    for group in ("", "slurm", "slurm/job"):
        groups.write(f"{group}/memory.max".strip("/"), "9000000000")
    groups.write("slurm/job/memory.max", "max")
    groups.write("another/memory.max", "1000")
    assert memory_limit() == 9_000_000_000
    groups.write(f"{smallest}/memory.max".strip("/"), "3000000000")
    assert memory_limit() == 3_000_000_000


def test_a_limit_of_version_1_counts(groups: Groups) -> None:
    groups.write("own_groups", "3:cpu:/\n4:memory:/docker/abc\n0::/")
    groups.write("memory/memory.limit_in_bytes", "9223372036854771712")
    groups.write("memory/docker/abc/memory.limit_in_bytes", "2000000000")
    assert memory_limit() == 2_000_000_000


def test_in_a_container_that_does_not_see_its_own_group_the_root_counts(groups: Groups) -> None:
    groups.write("own_groups", "0::/../../of/the/host")
    groups.write("memory.max", "4000000000")
    assert memory_limit() == 4_000_000_000
