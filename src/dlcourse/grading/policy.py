"""What the records of a class are worth: a pure function of records and policy.

So a policy can change after the grading, and nothing is graded again.

Covers: which of several submissions counts, late days, points for a share or for completion.
Does not cover: reading records (`records`), writing points where a platform reads them
(`platforms`).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from dlcourse.grading.records import Record

_DAY = 24 * 60 * 60
_PASSED = "passed"


@dataclass(frozen=True)
class Policy:
    """What an instructor decides.

    Attributes:
        at_least: full points from so many passed exercises, and none below; None for the share
            of the exercises that passed.
        counts_best: whether the best of a student's submissions counts, and not the last.
        due: when the lesson was due; None if there is no such time.
        free_days: how many days late cost nothing.
        penalty: percent of the points that each further day costs.
    """

    at_least: int | None = None
    counts_best: bool = True
    due: datetime | None = None
    free_days: int = 0
    penalty: float = 0.0


class Grade(NamedTuple):
    """What a student reached in a lesson.

    Attributes:
        who: the student.
        lesson: its name, as in "autograd.slope".
        submission: the file that counts.
        handed_in: when.
        passed: how many of its exercises passed.
        of: how many exercises were graded.
        late_days: how many days late it was, begun ones included.
        share: of the points, 0 to 1, after what late days cost.
    """

    who: str
    lesson: str
    submission: str
    handed_in: datetime
    passed: int
    of: int
    late_days: int
    share: float


def grades(records: Iterable[Record], policy: Policy) -> list[Grade]:
    """Return the grade of each student in each lesson, by student and lesson.

    A file that could not be graded has none: `not_graded` returns those.
    """
    files: dict[tuple[str, str, str], list[Record]] = {}
    for one in records:
        if one.exercise:
            files.setdefault((one.who, lesson_of(one), one.submission), []).append(one)
    handed_in: dict[tuple[str, str], list[Grade]] = {}
    for (who, lesson, _), its in files.items():
        handed_in.setdefault((who, lesson), []).append(_grade(its, policy))
    counting = _best if policy.counts_best else _last
    return [counting(handed_in[key]) for key in sorted(handed_in)]


def not_graded(records: Iterable[Record]) -> list[Record]:
    """Return the records of files that could not be graded."""
    return [one for one in records if not one.exercise]


def lesson_of(record: Record) -> str:
    """Return the name of the lesson that a record's exercise is in."""
    return record.exercise.partition(".")[0]


def days_late(record: Record, due: datetime | None) -> int:
    """Return how many days late a submission was; a day that has begun counts.

    What the platform marked late was so by a day at least, whatever the file's time is.
    """
    least = int(record.is_late)
    if due is None:
        return least
    late = _time_of(record) - due
    return max(least, math.ceil(late.total_seconds() / _DAY))


def _time_of(record: Record) -> datetime:
    """Return when a submission was handed in; of a file that was gone, the earliest time."""
    known = record.handed_in
    return datetime.fromisoformat(known) if known else datetime.min.replace(tzinfo=UTC)


def _grade(records: Sequence[Record], policy: Policy) -> Grade:
    """Return the grade of one submission to one lesson."""
    first = records[0]
    passed = sum(one.outcome == _PASSED for one in records)
    late = days_late(first, policy.due)
    reached = passed / len(records)
    if policy.at_least is not None:
        reached = float(passed >= policy.at_least)
    kept = max(0.0, 1 - policy.penalty / 100 * max(0, late - policy.free_days))
    whose = first.who, lesson_of(first), first.submission, _time_of(first)
    return Grade(*whose, passed, len(records), late, share=reached * kept)


def _best(handed_in: Sequence[Grade]) -> Grade:
    return max(handed_in, key=lambda one: (one.share, one.passed, one.submission))


def _last(handed_in: Sequence[Grade]) -> Grade:
    return max(handed_in, key=lambda one: (one.handed_in, one.submission))
