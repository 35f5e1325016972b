"""Judges what a submission's answers did, as the learner's own check would have at home.

Covers: what the box needs to know of an exercise, the verdict on what comes out of it.
Does not cover: the box (`box`), finding the submissions (`collect`), keeping the verdicts
(`records`).
"""

import json
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple

from dlcourse.checking.discovery import asked_half
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.failure import Failure
from dlcourse.checking.judgment import Judge, Outcome, Verdict, cut
from dlcourse.grading.box import ENDED, TOO_MUCH, TOO_SLOW, Box, Seen
from dlcourse.grading.submission import Submission, SubmissionError, from_json, printable
from dlcourse.grading.wire import (
    BEHAVIORS,
    COULD_NOT_RUN,
    OTHER_NUMBER,
    READ,
    UNTOUCHED,
    WRONG_KIND,
    UnreadableError,
    unpack,
)

MISSING = "missing"  # the outcome of an exercise whose check is not called
STOPPED = "stopped"  # that of an answer which the box had to end, or which ended itself


class Result(NamedTuple):
    """What came of one exercise of a submission: the outcome, the message, how long it took."""

    exercise: str
    outcome: str
    message: str
    seconds: float


class Grader:
    """Judges the submissions to a lesson's exercises, all with inputs from one seed."""

    def __init__(self, exercises: Sequence[Exercise], seed: int) -> None:
        """Make a grader of these exercises."""
        self.exercises = {one.name: one for one in exercises}
        self.seed = seed
        self._judges = {name: Judge(one, seed) for name, one in self.exercises.items()}
        self._alone = Lock()  # a judge runs solutions and mistakes, which want the process alone

    def read(self, cells: Sequence[str], box: Box) -> Submission:
        """Return what the code of these cells answers; the box reads it.

        Raises:
            SubmissionError: if that was not possible.
        """
        seen = box.read(list(cells), self.exercises)
        if seen.what != READ:
            told = self._stopped(box).get(seen.what, "")
            msg = f"its code could not be read. {told}".strip().removesuffix(".")
            raise SubmissionError(msg)
        return from_json(seen.content, self.exercises)

    def grade(self, submission: Submission, box: Box) -> Iterator[Result]:
        """Yield what comes of each exercise, in the lesson's order."""
        start, results = time.perf_counter(), dict[str, Result]()
        for seen in box.run(self._job(submission)):
            verdict = self._verdict(seen, box)
            end = time.perf_counter()
            results[seen.exercise] = self._result(seen.exercise, *verdict, end - start)
            start = end
        for name in self.exercises:
            told = submission.broken.get(name)
            if name in results:
                yield results[name]
            elif told:
                yield self._result(name, Outcome.RAISED, f"The cell is no Python: {told}", 0.0)
            else:
                yield self._result(name, MISSING, "Its check is not called in this notebook.", 0.0)

    def _result(self, name: str, outcome: str, message: str, seconds: float) -> Result:
        return Result(self.exercises[name].id, str(outcome), printable(message, "\n\t"), seconds)

    def _job(self, submission: Submission) -> dict[str, Any]:
        answers = [
            {
                "exercise": one.exercise,
                "steps": one.steps,
                "place": one.place,
                "asked": self._asked[one.exercise],
            }
            for one in submission.answers
        ]
        return {"cells": submission.cells, "answers": answers, "seed": self.seed}

    @cached_property
    def _asked(self) -> dict[str, dict[str, Any]]:
        """What the box is told of each exercise: the public half, and nothing of the other."""
        return {
            name: self._judges[name].asked.as_told(asked_half(one))
            for name, one in self.exercises.items()
        }

    def _verdict(self, seen: Seen, box: Box) -> tuple[str, str]:
        """Return the outcome and the message for what came out of the box."""
        judge = self._judges[seen.exercise]
        stopped = self._stopped(box)
        if seen.what in stopped:
            return STOPPED, stopped[seen.what]
        try:
            with self._alone:
                return _verdict_on(seen, judge)
        except UnreadableError as error:
            return STOPPED, f"The answer was not judged: {error}."

    @staticmethod
    def _stopped(box: Box) -> dict[str, str]:
        """Return what is told of what the box had to end, by its kind."""
        return {
            TOO_SLOW: f"It took more than {box.limits.seconds} seconds, and was stopped.",
            TOO_MUCH: "What came out was too large to be looked at.",
            ENDED: "It ended Python, or used more memory or time than it may.",
        }


def _verdict_on(seen: Seen, judge: Judge) -> Verdict:
    if seen.what == UNTOUCHED:
        return judge.not_attempted()
    if seen.what == OTHER_NUMBER:
        return judge.judge()
    if seen.what == WRONG_KIND:
        return Verdict(Outcome.NOT_YET, cut(seen.content.decode(errors="replace")))
    if seen.what == COULD_NOT_RUN:
        return Verdict(Outcome.RAISED, cut(_failure(seen.content).explain()))
    if seen.what != BEHAVIORS:
        msg = "it could not be looked at"
        raise UnreadableError(msg)
    behaviors = unpack(seen.content)
    inputs = judge.asked.untouched_inputs
    if len(behaviors) != len(inputs):
        msg = "it was not run on each input"
        raise UnreadableError(msg)
    pairs = zip(behaviors, inputs, strict=True)
    if any(one.changed is not None and one.changed not in range(len(its)) for one, its in pairs):
        msg = "it changed what it was not given"
        raise UnreadableError(msg)
    return judge.verdict_on(behaviors)


def _failure(content: bytes) -> Failure:
    try:
        told = json.loads(content)
        return Failure(str(told["kind"]), str(told["text"]), str(told["line"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        msg = "what came out of the box cannot be read"
        raise UnreadableError(msg) from None
