"""The suite under the settings that learners' machines have: `make everywhere`, `make soak`.

    python tests/everywhere.py                      # every row that this machine can run
    python tests/everywhere.py threads-1 no-network # these rows
    python tests/everywhere.py --soak 20            # random settings, twenty times; counts flakes

A row is the whole suite, run in a clone of what is committed, with one thing about the machine
changed. A row that cannot be run here is named with the reason, and is not counted as passed.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
_SUMMARY = re.compile(r"^=+ (.*) in [\d.]+s.*=+$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One setting of the machine.

    Attributes:
        name: how it is called on the command line and in the table.
        environment: the variables that differ from those of here.
        folder: the clone's name; learners have spaces and other letters in theirs.
        prefix: the command that the suite is started with.
        prepare: what is done to the clone before.
        hindrance: why this machine cannot run the row; empty where it can.
    """

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "dlcourse"
    prefix: tuple[str, ...] = ()
    prepare: Callable[[Path], None] = lambda _: None
    hindrance: str = ""


def rows() -> Iterator[Row]:
    """Yield every row; those that cannot be run here say why."""
    for n_threads in ("1", "2"):
        yield Row(f"threads-{n_threads}", {"OMP_NUM_THREADS": n_threads})
    best = torch.backends.cpu.get_cpu_capability().lower()
    order = ["default", "avx2", "avx512"]
    for level in order:
        can = best in order and order.index(level) <= order.index(best)
        yield Row(
            level,
            {"ATEN_CPU_CAPABILITY": level, "OMP_NUM_THREADS": "1"},
            hindrance="" if can else f"this CPU has {best}",
        )
    yield Row("no-home", {"HOME": "/nonexistent/home", "XDG_CACHE_HOME": "", "XDG_DATA_HOME": ""})
    yield Row("other-letters", folder="мой курс 深度学习 ü")
    yield Row("read-only", prepare=_make_read_only, hindrance=_no_mount())
    yield Row("no-network", prefix=_OFFLINE, hindrance=_no_namespace())
    for language in ("zh_CN.UTF-8", "tr_TR.UTF-8"):
        yield Row(
            language.partition(".")[0],
            {"LC_ALL": language, "LANG": language},
            hindrance="" if _has_locale(language) else f"the locale {language} is not installed",
        )


# A network namespace with nothing in it but the way back to this machine.
_OFFLINE = ("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")


def _no_namespace() -> str:
    run = _quietly(*_OFFLINE, "true") if shutil.which("unshare") and shutil.which("ip") else 1
    return "unshare or ip is missing, or not allowed" if run else ""


def _no_mount() -> str:
    return (
        ""
        if hasattr(os, "geteuid") and os.geteuid() == 0 and sys.platform == "linux"
        else ("needs root on Linux, which mounts the clone read-only")
    )


def _has_locale(name: str) -> bool:
    if sys.platform != "linux":
        return False
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    return name.lower().replace("-", "") in known.lower().replace("-", "")


def _make_read_only(clone: Path) -> None:
    for command in (["--bind", str(clone), str(clone)], ["-o", "remount,ro,bind", str(clone)]):
        subprocess.run(["mount", *command], check=True)


def _quietly(*command: str) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode


def run_row(row: Row, options: list[str]) -> tuple[bool, str]:
    """Run the suite as `row` says; return whether it is green, and its closing line."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / row.folder
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        row.prepare(clone)
        environment = os.environ | row.environment | {"PYTHONPATH": str(clone / "src")}
        command = [*row.prefix, sys.executable, "-m", "pytest", "-n", "auto", *options]
        try:
            run = subprocess.run(
                [*command, "-p", "no:cacheprovider"],
                cwd=clone,
                env={name: value for name, value in environment.items() if value},
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            while os.path.ismount(clone):
                subprocess.run(["umount", str(clone)], check=True)
    log = ROOT / ".bench" / f"everywhere-{row.name}.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text(run.stdout + run.stderr, encoding="utf-8")
    closing = _SUMMARY.findall(run.stdout)
    return run.returncode == 0, closing[-1] if closing else f"no summary: see {log}"


def random_row(generator: random.Random) -> Row:
    """Return a row with settings drawn at random from those that this machine has."""
    able = [row for row in rows() if not row.hindrance and not row.prefix]
    drawn = generator.sample(able, 2)
    environment = drawn[0].environment | drawn[1].environment
    environment |= {"PYTHONHASHSEED": str(generator.randrange(10_000))}
    return Row("+".join(row.name for row in drawn), environment, drawn[0].folder)


def main() -> int:
    """Run the rows that were asked for, print the matrix; return the exit status."""
    parser = argparse.ArgumentParser(description="Run the suite under many settings.")
    parser.add_argument("names", nargs="*", metavar="ROW", help="none given: all")
    parser.add_argument("--soak", type=int, metavar="N", help="N times, with random settings")
    parser.add_argument("--only", default="", help="pytest's -k: a part of the suite")
    parser.add_argument("--seed", type=int, default=0, help="of the random settings")
    options = parser.parse_args()
    known = {row.name: row for row in rows()}
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"there is no row {unknown[0]!r}; there are {', '.join(known)}")
    chosen = [known[name] for name in options.names] or list(known.values())
    if options.soak:
        generator = random.Random(options.seed)  # noqa: S311 - nothing secret
        chosen = [random_row(generator) for _ in range(options.soak)]

    failed = 0
    print(f"{'setting':24} {'':7} {'minutes':>7}  what pytest said")
    for row in chosen:
        if row.hindrance:
            print(f"{row.name:24} {'not run':7} {'':7}  {row.hindrance}", flush=True)
            continue
        start = time.monotonic()
        green, told = run_row(row, ["-k", options.only] if options.only else [])
        failed += not green
        minutes = (time.monotonic() - start) / 60
        verdict = "passed" if green else "FAILED"
        print(f"{row.name:24} {verdict:7} {minutes:7.1f}  {told}", flush=True)
    print(f"{failed} of {len(chosen)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
