"""What this process may use of the machine, which can be less than the machine has.

Slurm, containers and `taskset` give a process some of the cores and a part of the memory; whoever
counts those of the machine computes with too many threads, or is ended for want of memory.

Covers: cores and memory, on Linux also what control groups (cgroups, versions 1 and 2) allow.
Does not cover: GPUs (`device`).
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")  # lines such as "4:memory:/slurm/job_7" and "0::/slurm"


def n_cores() -> int:
    """Return how many cores this process may use, at least 1."""
    if sys.version_info >= (3, 13):
        cores = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min([cores, *_quotas()]))


def memory_limit() -> int | None:
    """Return how many bytes the control groups of this process may occupy; None: no limit."""
    texts = [*_settings("", "memory.max"), *_settings("memory", "memory.limit_in_bytes")]
    return min((int(text) for text in texts if text.isdigit()), default=None)  # it may be "max"


def _quotas() -> Iterator[int]:
    """Yield the cores that each control group may keep busy, rounded down."""
    texts = [*_settings("", "cpu.max")]  # microseconds of each period, such as "150000 100000"
    periods = _settings("cpu", "cpu.cfs_period_us")
    texts += map(" ".join, zip(_settings("cpu", "cpu.cfs_quota_us"), periods, strict=False))
    for text in texts:
        with contextlib.suppress(ValueError):  # "max 100000"
            quota, period = map(int, text.split())
            if quota > 0:  # version 1 says -1 where there is no limit
                yield quota // period


def _settings(controller: str, name: str) -> Iterator[str]:
    """Yield what the file `name` says for this process's control group and all around it.

    Args:
        controller: as version 1 calls it, such as "memory"; "" for version 2, which has no such.
        name: of the file.
    """
    try:
        lines = _OWN_GROUPS.read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return
    root = _GROUPS / controller
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controller not in controllers.split(","):
            continue
        group = root / path.lstrip("/")
        for folder in (group, *group.parents):
            with contextlib.suppress(OSError):  # a container sees only what is around it
                yield (folder / name).read_text(encoding="ascii").strip()
            if folder == root:
                break
