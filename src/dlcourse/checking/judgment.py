"""The judgment of an answer: it is run on every input and compared with the solution.

If it differs, it is compared with each known mistake. If it does exactly what a mistake does, the
mistake's docstring is the message; else the smallest input that shows the difference is.

Covers: functions, classes and single values as answers; the verdict and its message.
Does not cover: what an answer does on the inputs (`asked`), comparing two results (`comparison`).
"""

import inspect
import numbers
from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import torch

from dlcourse.checking.asked import SEED, Asked, as_one
from dlcourse.checking.comparison import difference, shorten, without_marks
from dlcourse.checking.failure import Failure
from dlcourse.checking.record import Answer, Record
from dlcourse.checking.state import GlobalState
from dlcourse.checking.trial import Behavior

_LINES_PRINTED = 5
_LONGEST_LINE, _MOST_LINES = 300, 20  # of a message; what a learner's code prints can be a book


class Outcome(StrEnum):
    """What can come of a check."""

    PASSED = "passed"
    NOT_YET = "not yet"
    NOT_ATTEMPTED = "not attempted"
    RAISED = "your code raised"
    RUNS = "it runs"  # where it is not known what is right


class Verdict(NamedTuple):
    """What a check found: the outcome, and what there is to say about it."""

    outcome: Outcome
    message: str


# How a question says what kind of answer it asks for.
_KINDS = {
    str: 'a string, in quotes: "a"',
    int: "a number, without quotes",
    float: "a number, without quotes",
    tuple: "a tuple, such as (4, 3)",
    bool: "True or False",
}


class Checker(ABC):
    """Looks at the answers to one exercise; what is found there, a kind of checker says."""

    def __init__(self, asked: Asked) -> None:
        """Make one of what is asked."""
        self.asked = asked

    def judge(self, *answers: object) -> Verdict:
        """Return the verdict on an answer; print nothing, and leave everything as it was.

        Args:
            answers: as many as there are `names`: the learner's function, class or values.
        """
        if len(answers) != len(self.asked.names):
            names = ", ".join(self.asked.names)
            return Verdict(Outcome.NOT_YET, f"Hand your answer to the check: `check({names})`.")
        answer = as_one(answers)
        if self.asked.is_untouched(answer):
            return self.not_attempted()
        if told := self.asked.wrong_kind(answer):
            return Verdict(Outcome.NOT_YET, cut(told))
        state = GlobalState()
        try:
            with (
                torch.inference_mode(mode=False),
                torch.autocast("cpu", enabled=False, cache_enabled=False),
            ):
                self.prepare()
                return self.verdict_on(self.asked.behaviors(answer))
        finally:
            state.restore()

    def not_attempted(self) -> Verdict:
        """Return the verdict on what the learner started from."""
        thing = "an answer" if self.asked.is_question else "your code"
        return Verdict(Outcome.NOT_ATTEMPTED, f"Put {thing} into the cell above and run it.")

    def verdict_on(self, mine: Sequence[Behavior]) -> Verdict:
        """Return the verdict on what an answer did on each input."""
        outcome, message = self._verdict_on(mine)
        return Verdict(outcome, cut(message))

    @abstractmethod
    def prepare(self) -> None:
        """Find out what must be known before a learner's code can change anything."""

    @abstractmethod
    def _verdict_on(self, mine: Sequence[Behavior]) -> tuple[Outcome, str]:
        """Return the outcome, and the message in full length."""

    def _given(self, number: int) -> str:
        """Return an input, as the beginning of a sentence."""
        return self.asked.tell(self.asked.untouched_inputs[number])


def verdict_on_failure(
    failure: Failure, printed: str, given: str, diagnosis: str = ""
) -> tuple[Outcome, str]:
    """Return the outcome and the message where an answer failed.

    Args:
        failure: what it raised.
        printed: what it wrote to the terminal.
        given: the input, as the beginning of a sentence.
        diagnosis: which mistake it is, if that is known.
    """
    if failure.is_of_answer:
        return Outcome.RAISED, _lines(diagnosis, failure.explain(), given)
    fault = f"What came out could not be used: {failure.name()}"
    return Outcome.NOT_YET, _lines(diagnosis, given, fault, _quote(printed))


class Judge(Checker):
    """Judges the answers to one exercise: it knows what is right."""

    def __init__(self, record: Record, seed: int = SEED) -> None:
        """Make the judge of the exercise that `record` describes, with inputs from that seed."""
        super().__init__(Asked.of(record, seed))
        self.of = record
        self._known: dict[Answer, list[Behavior]] = {}  # what mistakes do, as far as was asked

    def prepare(self) -> None:
        """Find out what is right."""
        _ = self.right

    def _verdict_on(self, mine: Sequence[Behavior]) -> tuple[Outcome, str]:
        faults = (self._fault(*pair) for pair in zip(mine, self.right, strict=True))
        shown, fault = next(((n, fault) for n, fault in enumerate(faults) if fault), (None, ""))
        if shown is None:
            return Outcome.PASSED, ""
        given, diagnosis = self._given(shown), self._diagnosis(mine)
        if (failure := mine[shown].failure) is not None:
            return verdict_on_failure(failure, mine[shown].printed, given, diagnosis)
        if self.of.is_question:  # what is right stays untold
            return Outcome.NOT_YET, diagnosis or self._question_fault(mine[shown].value)
        told = _lines(diagnosis, given, fault, _quote(mine[shown].printed))
        return Outcome.NOT_YET, told

    @cached_property
    def right(self) -> list[Behavior]:
        """What the solution does on each input.

        Raises:
            RuntimeError: if it failed, which is our own fault; nothing is kept then.
        """
        behaviors = self.asked.behaviors(self._handed_over(self.of.answer))
        for one in behaviors:
            if one.failure is not None:
                msg = f"the solution of {self.of.id} failed:\n{one.failure.explain()}"
                raise RuntimeError(msg)
        return behaviors

    def _handed_over(self, code: Answer) -> object:
        """Return what `use` gets of our own code."""
        return code() if self.of.is_question else code

    def _fault(self, mine: Behavior, right: Behavior) -> str:
        """Say what is wrong with one behavior; "" if nothing is."""
        if mine.failure is not None:
            return "It raised an error."
        if mine.value is None and not any(one.value is None for one in self.right):
            return "Nothing came out: a `return` is missing, or has nothing behind it."
        if told := difference(mine.value, right.value, self.of.tolerance):
            return told[0].upper() + told[1:]
        if mine.changed is not None and not self.of.changes_arguments:
            name = self.asked.parameters[mine.changed]
            return f"The result is right, but `{name}` was changed on the way: work on a copy."
        return ""

    def _diagnosis(self, mine: Sequence[Behavior]) -> str:
        """Return the message of the mistake that does the same on every input; "" if none does."""
        found = (one for one in self.of.mistakes if self._does_the_same(one, mine))
        return next((inspect.getdoc(one) or "" for one in found), "")

    def _does_the_same(self, mistake: Answer, mine: Sequence[Behavior]) -> bool:
        """Tell whether a mistake does what was seen; it runs on no more inputs than that takes."""
        known, inputs = self._known.setdefault(mistake, []), None
        for number, one in enumerate(mine):
            if number == len(known):
                inputs = inputs or self.asked.make_inputs()
                pair = inputs[number], self.asked.untouched_inputs[number]
                known.append(self.asked.behavior(self._handed_over(mistake), *pair))
            if not one.is_like(known[number], self.of.tolerance):
                return False
        return True

    def _question_fault(self, value: object) -> str:
        """Say what kind of answer is asked for, without giving the answer away."""
        right = self.right[0].value
        if kind := _other_kind(value, right):
            return f"You answered {shorten(value)}; the answer is {kind}."
        if isinstance(value, tuple) and isinstance(right, tuple):
            pairs = zip(self.of.names, value, right, strict=False)
            none_is_an_answer = any(its is None for its in right)
            for name, mine, its in pairs:
                if mine is None and none_is_an_answer:
                    continue
                if kind := _other_kind(mine, its):
                    return f"`{name}` is {shorten(mine)}; the answer is {kind}."
        if isinstance(right, str) and len(right) == 1 and len(str(value)) > 1:
            return f"You answered {shorten(value)}: answer with the letter alone."
        wrong = self._wrong_parts(value, right)
        if 0 < len(wrong) < len(self.of.names):
            return f"Still missing or wrong: {', '.join(wrong)}. The rest is right."
        return f"You answered {shorten(value)}, and that is not it."

    def _wrong_parts(self, value: object, right: object) -> list[str]:
        """Return which of a question's several names are not right yet."""
        if not isinstance(value, tuple) or not isinstance(right, tuple):
            return []
        parts = zip(self.of.names, value, right, strict=False)
        return [name for name, mine, its in parts if difference(mine, its, self.of.tolerance)]


def _other_kind(value: object, right: object) -> str:
    """Return what kind of answer is asked for, if `value` is of another; else ""."""
    if type(value) is type(right) or value is Ellipsis:
        return ""
    if isinstance(right, int | float) and isinstance(value, numbers.Number | torch.Tensor):
        return ""
    return _KINDS.get(type(right), "")  # None is not told: it would give the answer away


def _lines(*parts: str) -> str:
    """Return the parts of a message that say something, one below the other."""
    return "\n".join(filter(None, parts))


def cut(message: str) -> str:
    """Return a message that fits on a screen."""
    lines = message.splitlines()
    lines = [one if len(one) <= _LONGEST_LINE else f"{one[:_LONGEST_LINE]}…" for one in lines]
    more = [f"… and {len(lines) - _MOST_LINES} lines more"] if len(lines) > _MOST_LINES else []
    return "\n".join(lines[:_MOST_LINES] + more)


def _quote(printed: str) -> str:
    """Return what the learner's code printed, which a check hides; its first lines."""
    lines = without_marks(printed.strip()).splitlines()
    return "\n".join(["(Printed meanwhile:", *lines[:_LINES_PRINTED]]) + ")" if lines else ""
