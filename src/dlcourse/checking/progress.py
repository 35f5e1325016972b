"""Which exercises a learner has begun and solved, in a file of their own; no server, no name.

The file has one line of JSON for each event and only grows at its end: so two notebooks can write
at once, a full disk loses the last event at most, and a damaged line is passed over. An event
begins and ends its line itself: so it stands apart from one that was cut off, whoever else writes.
Covers: reading and writing that file, wherever the learners' copies of the lessons are.
Does not cover: what is shown of it (`dlcourse progress`, and the verdicts in the notebook).
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from dlcourse.errors import CourseError
from dlcourse.places import ROOT, work_folder

VARIABLE = "DLCOURSE_PROGRESS"  # the tests of the lessons keep their hands off the learner's file
_NAME = "progress.jsonl"
BEGUN, PASSED = "begun", "passed"


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
    path = progress_file()
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        msg = f"Your progress in {path} cannot be read ({error.strerror}): move that file away."
        raise CourseError(msg) from error
    reached: dict[str, str] = {}
    for line in lines:
        try:
            event = json.loads(line)
            exercise, state = event["exercise"], event["reached"]
        except (ValueError, KeyError, TypeError):
            continue  # a line that was cut off or damaged
        if (
            isinstance(exercise, str)
            and state in {BEGUN, PASSED}
            and reached.get(exercise) != PASSED
        ):
            reached[exercise] = state
    return reached


def record_progress(exercise: str, state: str) -> None:
    """Write down that `exercise` was "begun" or "passed", unless that is known already.

    Raises:
        CourseError: if it could not be written; what was in the file still is.
    """
    if read_progress().get(exercise) in {state, PASSED}:
        return
    now = datetime.now(UTC).isoformat(timespec="seconds")
    line = json.dumps({"exercise": exercise, "reached": state, "at": now})
    path = progress_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(b"\n" + line.encode() + b"\n")
    except OSError as error:
        msg = f"Your progress could not be saved in {path} ({error.strerror}): free some space."
        raise CourseError(msg) from error
