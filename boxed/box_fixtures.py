"""One box for all tests. They need Linux and bubblewrap, which learners need not have."""

from collections.abc import Callable, Iterator

import pytest
import torch

from dlcourse.exercises import exercises_of_lesson
from dlcourse.grading.box import Box, Limits
from dlcourse.grading.judge import Grader, Result
from dlcourse.grading.submission import find_answers

Grade = Callable[..., dict[str, Result]]

# As little as the tests can do with: they wait until what is endless is stopped.
LIMITS = Limits(seconds=5, cpu_seconds=60, memory=1 << 30, file_size=8 << 20, threads=32)
LESSON = exercises_of_lesson("tensors")


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    """The box in which all submissions run."""
    torch.set_num_threads(1)  # as `Session` does
    with Box(LIMITS) as box:
        yield box


@pytest.fixture(scope="session")
def grader() -> Grader:
    """A grader of lesson 01, with a seed that no submission knows."""
    return Grader(LESSON, seed=123)


@pytest.fixture
def grade(box: Box, grader: Grader) -> Grade:
    """Return a function that grades cells of code: the result by exercise."""

    def results(*cells: str) -> dict[str, Result]:
        submission = find_answers(list(cells), set(grader.exercises))
        return {one.exercise.partition(".")[2]: one for one in grader.grade(submission, box)}

    return results
