"""An exercise as a learner meets it: check, hint and solution; and the decorators that make one.

Covers: what is shown, in which box, and what is written down as progress.
Does not cover: the record (`record`), the verdict (`judgment`).
"""

import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import cycle
from typing import Any

from dlcourse.checking.box import show_box
from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.failure import line_of
from dlcourse.checking.judgment import Checker, Judge, Outcome, Verdict
from dlcourse.checking.progress import BEGUN, PASSED, read_progress, record_progress
from dlcourse.checking.record import Answer, Inputs, Record, call, given, no_inputs
from dlcourse.errors import CourseError

# What stands on the box for each outcome, and its mood. A sign and words: never color alone.
TITLES = {
    Outcome.PASSED: ("✓ Passed", "good"),
    Outcome.NOT_YET: ("✗ Not yet", "bad"),
    Outcome.NOT_ATTEMPTED: ("… Not attempted yet", "neutral"),
    Outcome.RAISED: ("✗ Your code raised an error", "bad"),
    Outcome.RUNS: ("… It runs", "neutral"),
}


def judge_until_stopped(
    title: str, checker: Checker, answers: tuple[object, ...]
) -> Verdict | None:
    """Return the verdict on an answer; show where it was, and return None, if it was stopped."""
    try:
        return checker.judge(*answers)
    except KeyboardInterrupt as stop:
        line = line_of(stop, answers[0])
        told = [f"Your code was at {line}"] if line else []
        show_box(f"■ Stopped: {title}", "\n".join([*told, *getattr(stop, "__notes__", [])]))
        return None


class Exercise(Record):
    """One exercise; a decorator below makes it of its solution."""

    def __repr__(self) -> str:
        """Return a line for those who look at the object."""
        level = f"{self.minutes} minutes, difficulty {self.difficulty} of 3"
        return f"Exercise {self.id}: {self.title} ({level}); it has check, hint and solution."

    def check(self, *answers: object) -> None:
        """Judge your answer, show the verdict, and keep your progress."""
        verdict = judge_until_stopped(self.title, self._judge, answers)
        if verdict is None:
            raise KeyboardInterrupt  # stops "Run All", too, in a line or two
        title, mood = TITLES[verdict.outcome]
        lines = [verdict.message]
        if verdict.outcome is Outcome.NOT_ATTEMPTED:
            told = f"{verdict.message} Stuck? `ex.{self.name}.hint()`"
            show_box(f"{title}: {self.title}", told, mood=mood)
            return
        try:
            passed = verdict.outcome is Outcome.PASSED
            record_progress(self.id, PASSED if passed else BEGUN)
            if passed:
                lines.append(self._count_passed())
        except CourseError as error:
            lines.append(f"({error})")
        show_box(f"{title}: {self.title}", "\n".join(filter(None, lines)), mood=mood)

    def hint(self) -> None:
        """Show the next hint; each call says a little more, and after the last comes the first."""
        show_box(*next(self._hint_boxes))

    @cached_property
    def _hint_boxes(self) -> Iterator[tuple[str, str]]:
        """The title and text of each hint, and then where the solution is; round and round."""
        total = len(self.hints)
        hints = [(f"Hint {number} of {total}", text) for number, text in enumerate(self.hints, 1)]
        end = f"`ex.{self.name}.solution()` shows one way."
        return cycle([*hints, ("That was the last hint", end)])

    def solution(self) -> None:
        """Show one right answer, and why it is right."""
        show_box(f"One solution: {self.title}", self.why, code=self.solution_source.rstrip())

    def _count_passed(self) -> str:
        """Return how many of the lesson's exercises are passed, in words."""
        lesson = [one.id for one in _lesson_of(self)]
        reached = read_progress()
        passed = sum(reached.get(name) == PASSED for name in lesson)
        return f"{passed} of {len(lesson)} exercises of this lesson passed."

    # ------------------------------------------------------------------------ the judgment

    def judge(self, *answers: object) -> Verdict:
        """Return the verdict on an answer; print nothing, and leave everything as it was.

        Args:
            answers: as many as there are `names`: the learner's function, class or values.
        """
        return self._judge.judge(*answers)

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self)


def _lesson_of(exercise: Exercise) -> tuple[Exercise, ...]:
    """Return the exercises of the lesson that `exercise` belongs to."""
    lesson = sys.modules.get(exercise.answer.__module__.rpartition(".")[0])
    return getattr(lesson, "EXERCISES", (exercise,))


def exercise(  # noqa: PLR0913 - a record with many parts, all of them named
    title: str,
    *,
    minutes: int,
    difficulty: int,
    place: int = 0,
    hints: tuple[str, ...],
    why: str,
    mistakes: tuple[Answer, ...],
    inputs: Inputs,
    use: Callable[..., Any] = call,
    template: Answer | None = None,
    equivalent: tuple[tuple[str, str, str], ...] = (),
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - frozen
    changes_arguments: bool = False,
) -> Callable[[Answer], Exercise]:
    """Make an exercise of the function or class below: that is the solution.

    The arguments are the attributes of `Record`.
    """

    def make(answer: Answer) -> Exercise:
        return Exercise(
            answer, title, minutes, difficulty, place, hints, why, mistakes, inputs, use, template,
            equivalent, tolerance, changes_arguments, is_question=False, names=(answer.__name__,),
        )  # fmt: skip

    return make


def question(  # noqa: PLR0913 - as above
    title: str,
    *,
    minutes: int,
    difficulty: int,
    place: int = 0,
    hints: tuple[str, ...],
    why: str,
    mistakes: tuple[Answer, ...],
    names: tuple[str, ...] = (),
    use: Callable[..., Any] = given,
    equivalent: tuple[tuple[str, str, str], ...] = (),
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - frozen
) -> Callable[[Answer], Exercise]:
    """Make an exercise that asks for a value: the function below returns the right one.

    Its docstring is the question; `names` are the variables to be set (else the function's own
    name); the mistakes are functions without arguments that return wrong values.
    """

    def make(answer: Answer) -> Exercise:
        return Exercise(
            answer, title, minutes, difficulty, place, hints, why, mistakes, no_inputs, use, None,
            equivalent, tolerance, changes_arguments=False, is_question=True,
            names=names or (answer.__name__,),
        )  # fmt: skip

    return make
