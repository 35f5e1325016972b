"""What `make bench` says of grading, on a small class."""

import os
import time

import pytest
from benchmarks.grading import time_grading

from dlcourse.errors import CourseError


def test_a_submission_takes_a_part_of_what_the_class_takes() -> None:
    start = time.perf_counter()
    grading = time_grading(8)
    seconds = time.perf_counter() - start
    assert 0 < 7 * grading.seconds < seconds
    assert 0 < grading.doubling < 100
    assert 200 < grading.peak_mb < 4000


def test_what_is_not_graded_has_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(
        CourseError, match="0 of 2 submissions were graded: dlcourse: Grading needs"
    ):
        time_grading(2)
