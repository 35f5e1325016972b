"""The suite under the settings that learners' machines have: `make everywhere`, `make soak`.

    everywhere.py                      # every row that this machine can run
    everywhere.py threads-1 no-network # these rows
    everywhere.py avx2+read-only+tr_TR # the settings of three rows in one run
    everywhere.py --soak 20            # random settings, twenty times; counts flakes
    everywhere.py --soak 1 --seed 17   # the one of them that is called seed-17

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
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from machines import HinderedError, NotMadeError, Row, rows

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 7200  # for one row: whoever hangs that long hangs for ever
MOST_NAMED = 10  # failed tests that a row names; all of them are in its log
SOAKED = ("threads", "cpu", "home", "folder", "language")  # what a soak draws from, and combines

_SUMMARY = re.compile(r"^=+ (.*) in [\d.]+s.*=+$", re.MULTILINE)
_FAILURE = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
_BARE_PATH = os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin"])
# What a copy of the repository without git lacks: all that .gitignore names.
_MADE = (".git", ".venv*", "work", "unpacked", ".bench", ".browser", "__pycache__", "*.egg-info")


@dataclass(frozen=True)
class Result:
    """What became of a row: its verdict, pytest's closing line, the tests that failed."""

    verdict: str
    told: str
    failures: tuple[str, ...] = ()


PASSED, FAILED, NOT_RUN = "passed", "FAILED", "not run"


# ---------------------------------------------------------------------------- running one


def run_row(row: Row, options: Sequence[str] = ()) -> Result:
    """Run the suite as `row` says, with more options of pytest's if there are any."""
    if row.hindrance:
        return Result(NOT_RUN, row.hindrance)
    log = ROOT / ".bench" / f"everywhere-{row.name}.log"
    log.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / row.folder
        copy_course(clone, with_git=not row.is_zip)
        try:
            is_green = _run_suite(row, row.python(clone), clone, log, options)
        except HinderedError as error:
            return Result(NOT_RUN, str(error))
        except NotMadeError as error:
            is_green = False
            log.write_text(str(error), encoding="utf-8")
    said = log.read_text(encoding="utf-8", errors="replace").strip()
    closing = _SUMMARY.findall(said)
    told = closing[-1] if closing else said.rpartition("\n")[2]
    if is_green:
        return Result(PASSED, told)
    return Result(FAILED, f"{told}: see {log}", tuple(sorted(set(_FAILURE.findall(said)))))


def copy_course(clone: Path, *, with_git: bool) -> None:
    """Make `clone` a clone of what is committed; or its files alone, where ROOT is no clone."""
    if not (ROOT / ".git").exists():
        shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(*_MADE))
        return
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    if not with_git:
        shutil.rmtree(clone / ".git")


def _run_suite(row: Row, python: Path, clone: Path, log: Path, options: Sequence[str]) -> bool:
    """Run the suite, with all that it prints in the file `log`; return whether it is green."""
    options = ["-n", str(row.n_workers if row.n_workers > 1 else 0), *options, *row.order]
    suite = [str(python), "-m", "pytest", "-p", "no:cacheprovider", *options]
    environment = _environment(row, clone)
    prefix = [*row.prefix]
    if row.user is not None:
        user = str(row.user)
        prefix += ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        subprocess.run(["chown", "-R", f"{user}:{user}", str(clone.parent)], check=True)
        for name in ("USER", "LOGNAME", *(() if row.furnish else ("HOME",))):
            environment.pop(name, None)
    with log.open("w", encoding="utf-8") as file:
        try:
            run = subprocess.run(
                [*prefix, *suite],
                cwd=clone,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            print(f"\nit took longer than {SECONDS} s", file=file)
            return False
    return run.returncode == 0


def _environment(row: Row, clone: Path) -> dict[str, str]:
    """Return the variables that the row's suite is to see."""
    home = clone.with_name("home")
    home.mkdir(exist_ok=True)
    own = {"HOME": str(home), "PATH": _BARE_PATH} if row.is_bare else os.environ
    furniture = row.furnish(home, clone) if row.furnish else {}
    path = [str(clone / folder) for folder in ("src", *row.path)]
    if "PYTHONPATH" in furniture:
        path.insert(0, furniture["PYTHONPATH"])
    environment = {**own, **furniture, **row.environment, "PYTHONPATH": os.pathsep.join(path)}
    # torch.compile takes what it translated for another ATEN_CPU_CAPABILITY, and computes nonsense.
    environment["TORCHINDUCTOR_CACHE_DIR"] = str(clone.with_name("compiled"))
    # Else pytest may meet a folder that another user without a name has left.
    temporary = clone.with_name("temporary")
    temporary.mkdir(exist_ok=True)
    environment["TMPDIR"] = str(temporary)
    return {name: value for name, value in environment.items() if value}


# ---------------------------------------------------------------------------- the soak


def random_row(seed: int, known: Sequence[Row]) -> Row:
    """Return a row with settings drawn at random from those `known` rows that can be run here.

    Of each kind in `SOAKED` it has one row's setting or none, so that all go together; besides,
    it has its own number of workers, its own order of the files and its own hashes of strings.
    """
    generator = random.Random(seed)  # noqa: S311 - nothing secret
    drawn: list[Row] = []
    for kind in SOAKED:
        able = [row for row in known if row.kind == kind and not row.hindrance]
        drawn += generator.choice([[], *([row] for row in able)])
    row = combined(drawn, f"seed-{seed}")
    order = _test_files()
    generator.shuffle(order)
    return replace(
        row,
        environment=row.environment | {"PYTHONHASHSEED": str(generator.randrange(10_000))},
        n_workers=generator.randint(1, row.n_workers),
        order=tuple(order),
    )


def combined(parts: Sequence[Row], name: str) -> Row:
    """Return a row with the settings of all `parts`, which are of different kinds."""
    row = Row(name, "several", note=" ".join(part.name for part in parts) or "nothing changed")
    for part in parts:
        row = replace(
            row,
            environment=row.environment | part.environment,
            folder=part.folder if part.kind == "folder" else row.folder,
            prefix=(*row.prefix, *part.prefix),
            path=(*row.path, *part.path),
            n_workers=min(row.n_workers, part.n_workers),
            is_bare=row.is_bare or part.is_bare,
            is_zip=row.is_zip or part.is_zip,
            user=row.user if part.user is None else part.user,
            furnish=part.furnish or row.furnish,
            python=part.python if part.kind in {"versions", "user"} else row.python,
            hindrance=row.hindrance or part.hindrance,
        )
    return row


def _test_files() -> list[str]:
    """Return the files with tests."""
    patterns = ("notebooks/*.ipynb", "tests/**/test_*.py")
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


# ---------------------------------------------------------------------------- the table


def main(arguments: Sequence[str]) -> int:
    """Run the rows that were asked for, print the matrix; return the exit status."""
    parser = argparse.ArgumentParser(description="Run the suite under many settings.")
    parser.add_argument("names", nargs="*", metavar="ROW", help="none given: all")
    parser.add_argument("--soak", type=int, metavar="N", help="N times, with random settings")
    parser.add_argument("--seed", type=int, default=0, help="of the first random settings")
    parser.add_argument("--only", default="", help="pytest's -k: a part of the suite")
    options = parser.parse_args(arguments)
    known = {row.name: row for row in rows()}
    try:
        chosen = [_named(name, known) for name in options.names] or list(known.values())
    except ValueError as error:
        parser.error(str(error))
    if options.soak:
        seeds = range(options.seed, options.seed + options.soak)
        chosen = [random_row(seed, list(known.values())) for seed in seeds]

    print(_version())
    print(f"{'setting':14} {'':7} {'minutes':>7}  what pytest said")
    results = [_run_and_print(row, options.only) for row in chosen]
    counts = Counter(result.verdict for result in results)
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in (PASSED, FAILED, NOT_RUN)))
    if options.soak:
        times = Counter(test for result in results for test in result.failures)
        for test, n_times in times.most_common():
            print(f"failed in {n_times} of {len(results)}: {test}")
    return 1 if counts[FAILED] else 0


def _version() -> str:
    """Return what the rows run, in a line."""
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    if not (ROOT / ".git").exists():
        return f"The files of {ROOT}, which is no clone."
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return f"Commit {commit}; what is not committed is not in it."


def _named(name: str, known: dict[str, Row]) -> Row:
    """Return the row of that name, or those whose names it joins with +, as one.

    Raises:
        ValueError: if there is no such row, or two of them change the same thing.
    """
    parts = []
    for part in name.split("+"):
        if part not in known:
            msg = f"there is no row {part!r}; there are {', '.join(known)}"
            raise ValueError(msg)
        parts.append(known[part])
    if len({part.kind for part in parts}) < len(parts):
        msg = f"no machine can be all of {name}"
        raise ValueError(msg)
    return combined(parts, name) if len(parts) > 1 else parts[0]


def _run_and_print(row: Row, only: str) -> Result:
    start = time.monotonic()
    result = run_row(row, ["-k", only] if only else [])
    minutes = "" if result.verdict == NOT_RUN else f"{(time.monotonic() - start) / 60:.1f}"
    print(f"{row.name:14} {result.verdict:7} {minutes:>7}  {result.told}")
    if row.note:
        print(f"    {row.note}, {row.n_workers} worker{'s' * (row.n_workers > 1)}")
    for test in result.failures[:MOST_NAMED]:
        print(f"    {test}")
    if len(result.failures) > MOST_NAMED:
        print(f"    and {len(result.failures) - MOST_NAMED} more")
    sys.stdout.flush()
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
