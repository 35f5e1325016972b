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
import functools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
N_CORES = os.cpu_count() or 1
SECONDS = 7200  # for one row: whoever hangs that long hangs for ever
MOST_NAMED = 10  # failed tests that a row names; all of them are in its log
# Where programs are looked for: beside this interpreter first.
PROGRAMS = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
SOAKED = ("threads", "cpu", "home", "folder", "language")  # what a soak draws from, and combines

_SUMMARY = re.compile(r"^=+ (.*) in [\d.]+s.*=+$", re.MULTILINE)
_FAILURE = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
_NO_CONNECTION = re.compile(r"cannot be reached|error sending request|dns error|Failed to fetch")


class HinderedError(Exception):
    """This machine cannot run the row; the text says why."""


class NotMadeError(Exception):
    """The row's environment cannot be made, though the machine is not to blame."""


def _this_python(_: Path) -> Path:
    return Path(sys.executable)


@dataclass(frozen=True)
class Row:
    """One setting of the machine.

    Attributes:
        name: how it is called on the command line and in the table.
        kind: what of the machine it changes; rows of different kinds can be combined.
        environment: the variables that differ from those of here; "" for one that is not set.
        folder: the clone's name; learners have spaces and other letters in theirs.
        prefix: the command that the suite is started with.
        path: folders of the clone, besides src, in which Python looks for modules.
        n_workers: how many processes run the suite at once; 1 for pytest's own process alone.
        order: the files with tests, in the order to run them; none: as pyproject.toml says.
        python: given the clone, returns the interpreter to use; raises HinderedError or
            NotMadeError where there can be none.
        hindrance: why this machine cannot run the row; empty where it can, as far as one can tell
            without running it.
        note: what the table says of the row besides its name.
    """

    name: str
    kind: str
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "dlcourse"
    prefix: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    n_workers: int = N_CORES
    order: tuple[str, ...] = ()
    python: Callable[[Path], Path] = _this_python
    hindrance: str = ""
    note: str = ""


@dataclass(frozen=True)
class Result:
    """What became of a row: its verdict, pytest's closing line, the tests that failed."""

    verdict: str
    told: str
    failures: tuple[str, ...] = ()


PASSED, FAILED, NOT_RUN = "passed", "FAILED", "not run"


# ---------------------------------------------------------------------------- the rows


def rows() -> Iterator[Row]:
    """Yield every row; those that cannot be run here say why."""
    for n_threads in (1, 2):
        # More threads than cores wait for each other, and take up to 25 times as long.
        n_workers = max(1, N_CORES // n_threads)
        environment = {"OMP_NUM_THREADS": str(n_threads)}
        yield Row(f"threads-{n_threads}", "threads", environment, n_workers=n_workers)
    for level in ("default", "avx2", "avx512"):
        environment = {"ATEN_CPU_CAPABILITY": level}
        hindrance = "" if level in _cpu_levels() else f"this CPU has no {level}"
        yield Row(level, "cpu", environment, hindrance=hindrance)
    yield Row("oldest", "versions", python=_oldest_versions)
    yield Row("newest", "versions", python=functools.partial(_own_environment, constraints=""))
    nowhere = str(Path(os.devnull, "home"))  # nobody can make it, not even root
    homes = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    environment = {"HOME": nowhere, "USERPROFILE": nowhere} | dict.fromkeys(homes, "")
    yield Row("no-home", "home", environment)
    yield Row("read-only", "checkout", prefix=_READ_ONLY, hindrance=_cannot(_READ_ONLY))
    yield Row("other-letters", "folder", folder="мой курс 深度学习 ü")
    yield Row("no-network", "network", prefix=_OFFLINE, hindrance=_cannot(_OFFLINE))
    for language in ("zh_CN", "tr_TR"):
        locale = f"{language}.UTF-8"
        hindrance = "" if _has_locale(locale) else f"the locale {locale} is not installed"
        environment = {"LC_ALL": locale, "LANG": locale, "LANGUAGE": ""}
        yield Row(language, "language", environment, hindrance=hindrance)
    yield Row("one-core", "cores", prefix=_ONE_CORE, n_workers=1, hindrance=_cannot(_ONE_CORE))
    for kind in ("cuda", "mps"):
        environment = {"DLCOURSE_DEVICE": kind}
        yield Row(f"like-{kind}", "device", environment, path=("tests/settings/pretended_gpu",))


# In namespaces of their own, which end with the command: nothing stays cut off or mounted. Who is
# not root must be so in there; who is keeps the other users, whom some tests turn into.
_ALONE = ("unshare",) if getattr(os, "geteuid", int)() == 0 else ("unshare", "--map-root-user")
_LOOPBACK = 'ip link set lo up && exec "$@"'
_OFFLINE = (*_ALONE, "--net", "sh", "-c", _LOOPBACK, "sh")
_MOUNT = 'mount --bind "$PWD" "$PWD" && mount -o remount,ro,bind "$PWD" && cd "$PWD" && exec "$@"'
_READ_ONLY = (*_ALONE, "--mount", "sh", "-c", _MOUNT, "sh")

_ONE_CORE = ("taskset", "--cpu-list", "0")


def _cannot(prefix: tuple[str, ...]) -> str:
    """Return why commands cannot be started with `prefix`, or nothing if they can."""
    if not shutil.which(prefix[0]):
        return f"needs the program {prefix[0]}, which Linux has"
    run = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    return f"not allowed here: {run.stderr.strip()}" if run.returncode else ""


@functools.cache
def _cpu_levels() -> list[str]:
    """Return the values of ATEN_CPU_CAPABILITY that this CPU can run."""
    code = "import torch; print(torch.backends.cpu.get_cpu_capability())"
    environment = os.environ.copy()
    environment.pop("ATEN_CPU_CAPABILITY", None)  # torch would repeat that instead of looking
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    levels = ["default", "avx2", "avx512"]
    best = run.stdout.strip().lower()
    return levels[: levels.index(best) + 1] if best in levels else ["default"]


def _has_locale(name: str) -> bool:
    if not shutil.which("locale"):
        return False
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    return name.lower().replace("-", "") in known.lower().replace("-", "").split()


# ---------------------------------------------------------------------------- other versions


def _oldest_versions(clone: Path) -> Path:
    """Make an environment with the oldest versions that pyproject.toml allows."""
    uv = shutil.which("uv", path=PROGRAMS)
    if uv is None:
        msg = "needs uv, which finds the oldest versions: install it"
        raise HinderedError(msg)
    constraints = clone.with_name("oldest.txt")
    oldest = ("--extra", "dev", "--resolution", "lowest-direct", "--python", sys.executable)
    _install(clone, uv, "pip", "compile", "pyproject.toml", *oldest, "-o", str(constraints))
    return _own_environment(clone, str(constraints))


def _own_environment(clone: Path, constraints: str) -> Path:
    """Make the clone an environment of its own, as learners do, and return its interpreter.

    Raises:
        HinderedError: if the package registry cannot be reached.
        NotMadeError: if something else is wrong, or other versions came than `constraints` says.
    """
    _install(clone, sys.executable, "bootstrap.py", "--constraints", constraints)
    [python] = (path for path in clone.glob(".venv/*/python*") if path.stem == "python")
    if constraints:
        # bootstrap.py takes the newest where the wanted ones do not fit, as learners need.
        wanted = _versions(Path(constraints).read_text(encoding="utf-8"))
        freeze = [str(python), "-m", "pip", "freeze"]
        run = subprocess.run(freeze, cwd=clone, capture_output=True, text=True, check=True)
        installed = _versions(run.stdout)
        for name in wanted.keys() & installed.keys():
            if installed[name] != wanted[name]:
                msg = f"{name} {installed[name]} was installed instead of {wanted[name]}"
                raise NotMadeError(msg)
    return python


def _install(clone: Path, *command: str) -> None:
    run = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    if run.returncode:
        said = run.stderr + run.stdout
        if _NO_CONNECTION.search(said):
            msg = "the package registry cannot be reached"
            raise HinderedError(msg)
        raise NotMadeError(said)


def _versions(text: str) -> dict[str, str]:
    """Return the versions that lines such as `torch==2.10.0` give, by name."""
    lines = (line.strip().split("==") for line in text.splitlines() if re.match(r"[\w.-]+==", line))
    return {canonicalize_name(name): version for name, version in lines}


# ---------------------------------------------------------------------------- running one


def run_row(row: Row, options: Sequence[str] = ()) -> Result:
    """Run the suite as `row` says, with more options of pytest's if there are any."""
    if row.hindrance:
        return Result(NOT_RUN, row.hindrance)
    log = ROOT / ".bench" / f"everywhere-{row.name}.log"
    log.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / row.folder
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
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


def _run_suite(row: Row, python: Path, clone: Path, log: Path, options: Sequence[str]) -> bool:
    """Run the suite, with all that it prints in the file `log`; return whether it is green."""
    options = ["-n", str(row.n_workers if row.n_workers > 1 else 0), *options, *row.order]
    suite = [str(python), "-m", "pytest", "-p", "no:cacheprovider", *options]
    path = os.pathsep.join(str(clone / folder) for folder in ("src", *row.path))
    environment = os.environ | row.environment | {"PYTHONPATH": path}
    # torch.compile takes what it translated for another ATEN_CPU_CAPABILITY, and computes nonsense.
    environment["TORCHINDUCTOR_CACHE_DIR"] = str(clone.with_name("compiled"))
    with log.open("w", encoding="utf-8") as file:
        try:
            run = subprocess.run(
                [*row.prefix, *suite],
                cwd=clone,
                env={name: value for name, value in environment.items() if value},
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
            python=part.python if part.kind == "versions" else row.python,
            hindrance=row.hindrance or part.hindrance,
        )
    return row


def _test_files() -> list[str]:
    """Return the committed files with tests."""
    patterns = ("notebooks/*.ipynb", "tests/**/test_*.py", "tests/test_*.py")
    return _git("ls-files", *patterns).splitlines()


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), "-c", "core.quotePath=false", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


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

    print(f"Commit {_git('rev-parse', '--short', 'HEAD')}; what is not committed is not in it.")
    print(f"{'setting':14} {'':7} {'minutes':>7}  what pytest said")
    results = [_run_and_print(row, options.only) for row in chosen]
    counts = Counter(result.verdict for result in results)
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in (PASSED, FAILED, NOT_RUN)))
    if options.soak:
        times = Counter(test for result in results for test in result.failures)
        for test, n_times in times.most_common():
            print(f"failed in {n_times} of {len(results)}: {test}")
    return 1 if counts[FAILED] else 0


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
