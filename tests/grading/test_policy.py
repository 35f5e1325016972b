"""What records are worth: the points that a policy gives, against tables worked out by hand."""

from dataclasses import replace
from datetime import datetime

import pytest

from dlcourse.grading.policy import Policy, days_late, grades, not_graded
from dlcourse.grading.records import Record

DUE = datetime.fromisoformat("2026-11-27T23:59:00-05:00")  # 04:59 on the next day in UTC
ON_TIME, A_MINUTE, A_DAY = "2026-11-28T04:59:00", "2026-11-28T05:00:00", "2026-11-29T04:59:00"
BASE = Record(
    *("ada.ipynb", "d", 4, "ada", False, f"{ON_TIME}+00:00", "", "passed", "", 0.1, 7, "Python"),
)


def submit(
    passed: int, *, time: str = ON_TIME, who: str = "ada", file: str = "a.ipynb", late: bool = False
) -> list[Record]:
    """Return a submission to a lesson of four exercises, of which the first `passed` passed."""
    rest = ("not yet", "missing", "stopped", "your code raised")
    outcomes = [*["passed"] * passed, *rest[passed:]]
    head = replace(BASE, submission=file, who=who, handed_in=f"{time}+00:00", is_late=late)
    return [
        replace(head, exercise=f"tensors.e{number}", outcome=outcome)
        for number, outcome in enumerate(outcomes)
    ]


@pytest.mark.parametrize(("passed", "share"), [(0, 0), (1, 0.25), (3, 0.75), (4, 1)])
def test_points_are_the_share_of_what_passed(passed: int, share: float) -> None:
    (grade,) = grades(submit(passed), Policy())
    assert (grade.who, grade.lesson, grade.passed, grade.of) == ("ada", "tensors", passed, 4)
    assert grade.share == share


@pytest.mark.parametrize(("passed", "share"), [(2, 0), (3, 1), (4, 1)])
def test_enough_exercises_are_all_points(passed: int, share: float) -> None:
    assert grades(submit(passed), Policy(at_least=3))[0].share == share


@pytest.mark.parametrize(
    ("time", "late", "days"),
    [
        ("2026-11-20T00:00:00", False, 0),
        (ON_TIME, False, 0),
        (A_MINUTE, False, 1),
        (A_DAY, False, 1),
        ("2026-11-29T04:59:01", False, 2),
        (ON_TIME, True, 1),
        ("2026-12-01T00:00:00", True, 3),
    ],
)
def test_a_day_late_begins_when_the_time_is_over(time: str, late: bool, days: int) -> None:  # noqa: FBT001
    assert days_late(submit(1, time=time, late=late)[0], DUE) == days


def test_without_a_time_only_what_the_platform_marked_is_late() -> None:
    assert days_late(submit(1, time="2027-01-01T00:00:00")[0], None) == 0
    assert days_late(submit(1, late=True)[0], None) == 1


def test_a_file_without_a_time_is_not_late() -> None:
    assert days_late(replace(BASE, handed_in=""), DUE) == 0


@pytest.mark.parametrize(
    ("free", "penalty", "share"),
    [(0, 0, 1), (0, 10, 0.7), (1, 10, 0.8), (3, 10, 1), (9, 10, 1), (0, 50, 0), (0, 100, 0)],
)
def test_each_day_late_costs_after_the_free_ones(free: int, penalty: float, share: float) -> None:
    policy = Policy(due=DUE, free_days=free, penalty=penalty)
    (grade,) = grades(submit(4, time="2026-12-01T04:59:00"), policy)
    assert grade.late_days == 3
    assert grade.share == pytest.approx(share)


def test_of_several_files_the_best_or_the_last_counts() -> None:
    both = [*submit(1, time=A_MINUTE, file="a.ipynb"), *submit(3, file="b.ipynb")]
    assert grades(both, Policy())[0].submission == "b.ipynb"
    assert grades(both, Policy(counts_best=False))[0].submission == "a.ipynb"


def test_the_best_is_so_after_what_late_days_cost() -> None:
    both = [*submit(2, file="a.ipynb"), *submit(3, time=A_DAY, file="b.ipynb")]
    assert grades(both, Policy(due=DUE, penalty=10))[0].submission == "b.ipynb"
    assert grades(both, Policy(due=DUE, penalty=50))[0].submission == "a.ipynb"


def test_of_two_that_are_worth_the_same_the_one_with_more_passed_counts() -> None:
    both = [*submit(4, file="a.ipynb"), *submit(3, file="b.ipynb")]
    assert grades(both, Policy(at_least=2))[0].submission == "a.ipynb"


def test_each_student_has_a_grade_in_each_lesson_whatever_the_order() -> None:
    other = [replace(one, exercise="autograd.slope", of=1) for one in submit(1, file="c.ipynb")[:1]]
    records = [*submit(2, who="bob", file="b.ipynb"), *submit(1), *other]
    found = grades(records, Policy())
    assert [(one.who, one.lesson, one.share) for one in found] == [
        *(("ada", "autograd", 1), ("ada", "tensors", 0.25), ("bob", "tensors", 0.5)),
    ]
    assert grades(records[::-1], Policy()) == found


def test_what_could_not_be_graded_is_no_zero() -> None:
    broken = replace(BASE, who="eve", outcome="not graded", of=1)
    assert [one.who for one in grades([broken, *submit(1)], Policy())] == ["ada"]
    assert not_graded([broken, *submit(1)]) == [broken]
