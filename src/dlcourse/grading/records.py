"""The records of a grading: one line of JSON a submission and exercise, written as they come.

A grading that was stopped goes on where it was: what is recorded of a submission is not done again,
and a submission whose lines are not all there is done anew.

Covers: writing, reading, going on, one grader at a time, putting shards together.
Does not cover: what the lines are worth (`export`).
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Self

from dlcourse.errors import CourseError
from dlcourse.files import told_in_a_line, write_atomically
from dlcourse.grading.collect import Found

NAME = "records.jsonl"


@dataclass(frozen=True)
class Record:
    """What came of one exercise of a submission.

    Attributes:
        submission: the file's name, seen from the folder of submissions.
        digest: SHA-256 of the file: a file that was changed since is another submission.
        of: how many records the submission has.
        who: handed it in.
        is_late: whether the platform says so.
        handed_in: when, as ISO 8601: the time of the file.
        exercise: its id; of a file that could not be graded, "".
        outcome: "passed", "not yet", "your code raised", "not attempted", "missing", "stopped";
            "not graded" for such a file.
        message: what the student reads.
        seconds: that it took.
        seed: of the inputs.
        versions: of Python, PyTorch and the course.
    """

    submission: str
    digest: str
    of: int
    who: str
    is_late: bool
    handed_in: str
    exercise: str
    outcome: str
    message: str
    seconds: float
    seed: int
    versions: str


class RecordFile:
    """The file of records in a folder, open for one grader at a time. Use it in a `with`."""

    def __init__(self, folder: Path, name: str = NAME) -> None:
        """Open `folder`/`name`, made if needed; read what is there.

        Raises:
            CourseError: if another grader is at work there, or it cannot be written or read.
        """
        import fcntl  # noqa: PLC0415 - grading runs on Linux, reading what came of it everywhere

        self.path = folder / name
        with told_in_a_line(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / f".{name}.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            msg = (
                f"Another grader is writing {self.path}: wait until it ends, or name another --out."
            )
            raise CourseError(msg) from None
        self.records = self._recovered()
        self._last = {one.submission: one for one in self.records}
        self._file: IO[bytes] = self.path.open("ab", buffering=0)

    def __enter__(self) -> Self:
        """Return the file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it, and let others in."""
        self._file.close()
        self._lock.close()

    def add(self, records: Sequence[Record]) -> None:
        """Write the records of one submission; they are on the disk when this returns."""
        left = memoryview(_as_lines(records))
        with told_in_a_line(self.path):
            while left:  # a disk that is nearly full takes a part, and says no more than how much
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        self.records += records
        self._last |= {one.submission: one for one in records}

    def is_done(self, found: Found) -> bool:
        """Tell whether that submission was graded; one that could not be is to be tried again."""
        last = self._last.get(found.name)
        return last is not None and bool(last.exercise) and last.digest == found.digest

    def _recovered(self) -> list[Record]:
        """Return the records of submissions that are whole; remove what is left of others."""
        if not self.path.exists():
            return []
        whole = list(_whole(read_records(self.path, may_break_off=True)))
        text = _as_lines(whole)
        if text != self.path.read_bytes():
            write_atomically(self.path, text)
        return whole


def read_records(path: Path, *, may_break_off: bool = False) -> list[Record]:
    """Return the records in a file.

    Args:
        path: the file.
        may_break_off: whether the last line may be cut off, as by a crash; it is left out.

    Raises:
        CourseError: if it cannot be read, or has other lines than records.
    """
    with told_in_a_line(path):
        lines = path.read_bytes().split(b"\n")
    lines = lines[:-1] if may_break_off or not lines[-1] else lines
    records = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(_record(json.loads(line)))
        except (ValueError, TypeError):
            msg = (
                f"Line {number} of {path} is no record of this version: remove the line, and its "
                "submission is graded again; or name another --out."
            )
            raise CourseError(msg) from None
    return records


def _record(told: dict[str, Any]) -> Record:
    """Return a record; raise TypeError or ValueError if it is none."""
    record = Record(**told)
    for one in fields(record):
        if not isinstance(getattr(record, one.name), one.type):  # type: ignore[arg-type]
            raise TypeError(one.name)
    if record.handed_in and datetime.fromisoformat(record.handed_in).tzinfo is None:
        raise ValueError(record.handed_in)
    return record


def read_class(folder: Path) -> list[Record]:
    """Return the records in a folder that count.

    Raises:
        CourseError: if there are none, or the file is damaged.
    """
    if not (folder / NAME).exists():
        msg = f"There is no {NAME} in {folder}: `dlcourse grade` writes it, or `grade merge`."
        raise CourseError(msg)
    return latest(read_records(folder / NAME, may_break_off=True))


def merge(folder: Path) -> list[Record]:
    """Put the files of all shards in `folder` together in one; return its records.

    What was graded there without a shard stays.

    Raises:
        CourseError: if a shard is missing or damaged, or was graded with other inputs.
    """
    parts = sorted(path for path in folder.glob("records-*.jsonl"))
    if not parts:
        msg = f"There are no files records-K-of-N.jsonl in {folder}: grade with --shard first."
        raise CourseError(msg)
    for number in {path.stem.rpartition("-")[2] for path in parts}:
        for shard in range(1, int(number) + 1):
            if not (folder / _shard_name((shard, int(number)))).exists():
                msg = f"A part is missing in {folder}: grade it with --shard {shard}/{number}."
                raise CourseError(msg)
    if (folder / NAME).exists():
        parts.insert(0, folder / NAME)
    known = [one for part in parts for one in read_records(part, may_break_off=True)]
    if len({one.seed for one in known}) > 1:
        msg = f"Parts in {folder} have different seeds: grade all with one --seed, and a new --out."
        raise CourseError(msg)
    merged = sorted(_whole(known), key=lambda one: one.submission)
    write_atomically(folder / NAME, _as_lines(merged))
    return merged


def _whole(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records of those submissions of which all are there, as they were last graded."""
    groups: dict[tuple[str, str], dict[str, Record]] = {}
    for one in records:
        of_it = groups.pop((one.submission, one.digest), {})  # what was written last comes last
        if len(of_it) == one.of or "" in of_it:  # it was whole: now it was graded again
            of_it = {}
        groups[one.submission, one.digest] = {**of_it, one.exercise: one}
    for group in groups.values():
        if all(one.of == len(group) for one in group.values()):
            yield from group.values()


def latest(records: Sequence[Record]) -> list[Record]:
    """Return the records that count: of each submission those of its last file, last graded."""
    whole = list(_whole(records))
    digests = _digests(whole)
    return [one for one in whole if digests[one.submission] == one.digest]


def by_submission(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Return the records of each submission, in their order."""
    groups: dict[str, list[Record]] = {}
    for one in records:
        groups.setdefault(one.submission, []).append(one)
    return groups


def _digests(records: Iterable[Record]) -> dict[str, str]:
    """Return the digest of each submission's file that was recorded last."""
    return {one.submission: one.digest for one in records}


def _as_lines(records: Iterable[Record]) -> bytes:
    """Return what a file of these records holds."""
    return "".join(f"{json.dumps(asdict(one))}\n" for one in records).encode()


def open_records(folder: Path, shard: tuple[int, int] | None) -> RecordFile:
    """Open the records in `folder`, or those of a shard: (which, of how many)."""
    return RecordFile(folder, NAME if shard is None else _shard_name(shard))


def _shard_name(shard: tuple[int, int]) -> str:
    return f"records-{shard[0]}-of-{shard[1]}.jsonl"
