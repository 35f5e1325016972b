"""One box for all tests. They need Linux and bubblewrap, which learners need not have."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from dlcourse.exercises import exercises_of_lesson
from dlcourse.grading.box import Box, Limits
from dlcourse.grading.judge import Grader, Result
from dlcourse.grading.submission import find_answers
from dlcourse.grading.wire import unpack

Grade = Callable[..., dict[str, Result]]
Probe = Callable[[str], Any]

# As little as the tests can do with: they wait until what is endless is stopped.
LIMITS = Limits(seconds=5, cpu_seconds=60, memory=1 << 30, file_size=8 << 20, threads=32)
LESSON = exercises_of_lesson("tensors")
QUESTION = {
    "text": "",
    "names": ("found",),
    "is_question": True,
    "is_class": False,
    "stub": "found = ...",
    "setup_source": "",
    "inputs": "no_inputs",
    "use": "call",
    "parameters": (),
}


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


@pytest.fixture
def probe(box: Box) -> Probe:
    """Return a function that runs code in the box, and returns what it left in `found`."""

    def look(code: str) -> Any:  # noqa: ANN401
        asked = QUESTION | {"text": "def look(answer): return answer", "use": "look"}
        answer = {"exercise": "probe", "steps": [(0, 0)], "place": (1, 0), "asked": asked}
        # One statement, so that what it binds is there for the call.
        cells = {"0": f"exec({code!r})", "1": "ex.probe.check(found)"}
        job = {"cells": cells, "answers": [answer], "seed": 1}
        (seen,) = box.run(json.loads(json.dumps(job)))
        assert seen.what == "behaviors", (seen.what, seen.content[:500])
        (behavior,) = unpack(seen.content)
        return behavior.value

    return look
