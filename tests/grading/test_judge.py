"""What comes out of the box is judged, whatever it is, and costs no other submission its grade."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, Self, cast

import pytest

from dlcourse.checking.judgment import Judge
from dlcourse.checking.trial import Behavior
from dlcourse.exercises import exercises_of_lesson
from dlcourse.grading.collect import collect
from dlcourse.grading.submission import Answer, Submission, SubmissionError
from dlcourse.grading.wire import BEHAVIORS, COULD_NOT_RUN, pack

box = pytest.importorskip("dlcourse.grading.box", reason="no box on Windows")
judge = pytest.importorskip("dlcourse.grading.judge", reason="no box on Windows")
session = pytest.importorskip("dlcourse.grading.session", reason="no box on Windows")

LESSON = exercises_of_lesson("tensors")
EXERCISE = next(one for one in LESSON if one.name == "squared_error")
ANSWERED = Submission({0: ""}, (Answer(EXERCISE.name, (), (0, 0)),))
SEED = 5


class _Told:
    """In the place of a box: it says what it was told to say."""

    limits = box.Limits()

    def __init__(self, what: str, content: bytes) -> None:
        self._seen = box.Seen(EXERCISE.name, what, content)

    def run(self, _: object) -> Iterator[Any]:
        yield self._seen

    def read(self, *_: object) -> Any:  # noqa: ANN401
        return self._seen


def verdict(what: str, content: bytes) -> tuple[str, str]:
    (result,) = judge.Grader([EXERCISE], SEED).grade(ANSWERED, cast("Any", _Told(what, content)))
    return result.outcome, result.message


def right() -> list[Behavior]:
    return Judge(EXERCISE, SEED).asked.behaviors(EXERCISE.answer)


def test_what_is_right_passes() -> None:
    assert verdict(BEHAVIORS, pack(right())) == ("passed", "")


@pytest.mark.parametrize("changed", [-1, 2, 99])
def test_an_argument_that_there_is_not_was_not_changed(changed: int) -> None:
    content = pack([replace(one, changed=changed) for one in right()])
    assert verdict(BEHAVIORS, content)[0] == "stopped"


def test_half_a_letter_can_be_written_to_a_table() -> None:
    told = {"kind": "builtins.ValueError", "text": "\ud800", "line": ""}
    outcome, message = verdict(COULD_NOT_RUN, json.dumps(told).encode())
    assert (outcome, message.encode()) == ("your code raised", b"ValueError: \\ud800")


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    told = {"kind": "builtins.ValueError", "text": "\x1b]0;a\x07\u202eb\x00 Ö 雷", "line": ""}
    _, message = verdict(COULD_NOT_RUN, json.dumps(told).encode())
    assert message == "ValueError: \\x1b]0;a\\x07\\u202eb\\x00 Ö 雷"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"[" * 100_000, b'{"cells": 3}'])
def test_what_reading_gave_may_be_anything(content: bytes) -> None:
    with pytest.raises(SubmissionError, match="its code could not be read"):
        judge.Grader(LESSON, SEED).read([], cast("Any", _Told("read", content)))


def test_reading_that_was_stopped_is_told() -> None:
    with pytest.raises(SubmissionError, match="It took more than 30 seconds, and was st"):
        judge.Grader(LESSON, SEED).read([], cast("Any", _Told(box.TOO_SLOW, b"")))


# ---------------------------------------------------------------------------- a box's pipe


@pytest.mark.parametrize(
    "header",
    [
        *(b"[]", b"3", b"nonsense", b'{"exercise": "a"}', b"[" * 900),
        *(
            b'{"exercise": "a", "what": "behaviors", "size": %s}' % size
            for size in (b"1e999", b"-1")
        ),
    ],
)
def test_a_forged_header_ends_that_answer_alone(header: bytes) -> None:
    class Pipe:
        def line(self, _: float) -> bytes:
            return header

    with pytest.raises(box._BrokenOffError):
        box._read_frame(cast("Any", Pipe()), "a", 0.0)


# ---------------------------------------------------------------------------- a class


class _NoBox(_Told):
    """A box that breaks our own code."""

    def __init__(self, _: object) -> None:
        super().__init__("", b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, *_: object) -> Any:  # noqa: ANN401
        msg = "our own mistake"
        raise IndexError(msg)


def test_no_file_ends_the_grading_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "Box", _NoBox)
    monkeypatch.setattr(session, "attack", lambda *_: None)
    cell = {"cell_type": "code", "source": "from dlcourse.exercises import tensors as ex"}
    there = tmp_path / "ada" / "01_tensors.ipynb"
    there.parent.mkdir()
    there.write_text(json.dumps({"cells": [cell]}))
    (ada,) = collect(tmp_path)[0]
    files = [ada, ada._replace(path=tmp_path / "gone.ipynb", name="gone")]
    plan = session.Plan({"tensors": LESSON}, {"01": "tensors"}, SEED, box.Limits())
    with session.Session(plan, 1) as grading:
        told = [one.message for records in grading.grade(files) for one in records]
    assert told == [
        "it could not be judged (IndexError('our own mistake')).",
        "the file cannot be read (No such file or directory).",
    ]


class _Endless(_NoBox):
    """A box with a submission that does not end by itself."""

    def __init__(self, _: object) -> None:
        super().__init__(None)
        self.begun, self._killed = Event(), Event()

    def kill(self) -> None:
        self._killed.set()

    def read(self, *_: object) -> Any:  # noqa: ANN401
        self.begun.set()
        self._killed.wait(20)
        msg = "it broke"
        raise box.BoxError(msg)


def test_a_grading_that_is_stopped_waits_for_no_submission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = list[_Endless]()
    monkeypatch.setattr(session, "Box", _Endless)
    monkeypatch.setattr(session, "attack", lambda box, _: boxes.append(box))
    (tmp_path / "01_tensors.ipynb").write_text('{"cells": []}')
    plan = session.Plan({"tensors": LESSON}, {"01": "tensors"}, SEED, box.Limits())

    def grade_until_it_is_stopped() -> None:
        with session.Session(plan, 1) as grading:
            grading._pool.submit(grading._graded, collect(tmp_path)[0][0])
            boxes[0].begun.wait(20)
            raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        grade_until_it_is_stopped()
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("line", "lesson"),
    [
        ("from dlcourse.exercises import tensors as ex", "tensors"),
        ("import dlcourse.exercises.tensors as ex", "tensors"),
        ("    import dlcourse.exercises.tensors", "tensors"),
        ("import dlcourse", None),
    ],
)
def test_the_imports_say_which_lesson_it_is(line: str, lesson: str | None) -> None:
    assert session._IMPORT.findall(f"1\n{line}\n") == ([lesson] if lesson else [])


def test_a_notebook_of_empty_lines_is_looked_through_at_once() -> None:
    start = time.process_time()
    assert session._IMPORT.findall("\n" * 1_000_000) == []
    assert time.process_time() - start < 5
