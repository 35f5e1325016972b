"""Which exercises a learner has begun and solved, in a file of their own; no server, no name.

The file has one line of JSON for each event and only grows at its end: so two notebooks can write
at once, a full disk loses the last event at most, and a damaged line is passed over. An event
begins and ends its line itself: so it stands apart from one that was cut off, whoever else writes.
Covers: reading and writing that file, wherever the learners' copies of the lessons are.
Does not cover: what is shown of it (`dlcourse progress`, and the verdicts in the notebook).
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from dlcourse import __version__
from dlcourse.errors import CourseError
from dlcourse.places import ROOT, work_folder

VARIABLE = "DLCOURSE_PROGRESS"  # the tests of the lessons keep their hands off the learner's file
_NAME = "progress.jsonl"
BEGUN, PASSED = "begun", "passed"


class Event(NamedTuple):
    """One line of the file.

    Attributes:
        exercise: the exercise's id.
        reached: "begun" or "passed".
        at: when, in UTC, as ISO 8601 writes it; "" where the line does not say.
        version: of the course; "" where the line does not say.
    """

    exercise: str
    reached: str
    at: str
    version: str


def progress_file() -> Path:
    """Return where the file is, or will be: beside the learner's copies of the lessons.

    Raises:
        CourseError: if that folder cannot be made.
    """
    return Path(os.environ.get(VARIABLE) or work_folder(ROOT) / _NAME)


def read_progress() -> dict[str, str]:
    """Return what has been reached, "begun" or "passed", by the exercise's id.

    Raises:
        CourseError: if the file is there and cannot be opened.
    """
    reached: dict[str, str] = {}
    for event in _events():
        if reached.get(event.exercise) != PASSED:
            reached[event.exercise] = event.reached
    return reached


def read_passes() -> dict[str, Event]:
    """Return for each exercise that was passed, by its id, when that was first.

    Raises:
        CourseError: as `read_progress` does.
    """
    passes: dict[str, Event] = {}
    for event in _events():
        if event.reached == PASSED:
            passes.setdefault(event.exercise, event)
    return passes


def _events() -> Iterator[Event]:
    """Yield what was written down, without the lines that were cut off or damaged."""
    path = progress_file()
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        msg = f"Your progress in {path} cannot be read ({error.strerror}): move that file away."
        raise CourseError(msg) from error
    for line in lines:
        try:
            found = json.loads(line)
            exercise, state = found["exercise"], found["reached"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(exercise, str) and state in {BEGUN, PASSED}:
            yield Event(exercise, state, str(found.get("at", "")), str(found.get("version", "")))


def record_progress(exercise: str, state: str) -> None:
    """Write down that `exercise` was "begun" or "passed", unless that is known already.

    Raises:
        CourseError: if it could not be written; what was in the file still is.
    """
    if read_progress().get(exercise) in {state, PASSED}:
        return
    now = datetime.now(UTC).isoformat(timespec="seconds")
    event = {"exercise": exercise, "reached": state, "at": now, "version": __version__}
    line = json.dumps(event)
    path = progress_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(b"\n" + line.encode() + b"\n")
    except OSError as error:
        msg = f"Your progress could not be saved in {path} ({error.strerror}): free some space."
        raise CourseError(msg) from error
