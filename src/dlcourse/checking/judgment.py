"""The judgment of an answer: it is run on every input and compared with the solution.

If it differs, it is compared with each known mistake. If it does exactly what a mistake does, the
mistake's docstring is the message; else the smallest input that shows the difference is.

Covers: functions, classes and single values as answers; the verdict and its message.
Does not cover: running an answer on one input (`trial`), comparing two results (`comparison`).
"""

import inspect
import numbers
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

import torch

from dlcourse.checking import source
from dlcourse.checking.comparison import difference, shorten, without_marks
from dlcourse.checking.record import Answer, Record, call
from dlcourse.checking.state import GlobalState, start_afresh
from dlcourse.checking.trial import Behavior, attempt, explain, is_of_answer, name_error

_SEED = 2_147_483_647  # of the inputs; any number will do
_LINES_PRINTED = 5
_LONGEST_LINE, _MOST_LINES = 300, 20  # of a message; what a learner's code prints can be a book


class Outcome(StrEnum):
    """What can come of a check."""

    PASSED = "passed"
    NOT_YET = "not yet"
    NOT_ATTEMPTED = "not attempted"
    RAISED = "your code raised"


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


class Judge:
    """Judges the answers to one exercise."""

    def __init__(self, record: Record) -> None:
        """Make the judge of the exercise that `record` describes."""
        self.of = record
        self._known: dict[Answer, list[Behavior]] = {}  # what mistakes do, as far as was asked

    def judge(self, *answers: object) -> Verdict:
        """Return the verdict on an answer; print nothing, and leave everything as it was.

        Args:
            answers: as many as there are `names`: the learner's function, class or values.
        """
        if len(answers) != len(self.of.names):
            names = ", ".join(self.of.names)
            return Verdict(Outcome.NOT_YET, f"Hand your answer to the check: `check({names})`.")
        answer = answers[0] if len(answers) == 1 else answers
        if self._is_untouched(answer):
            thing = "an answer" if self.of.is_question else "your code"
            hint = f"`ex.{self.of.name}.hint()`"
            return Verdict(
                Outcome.NOT_ATTEMPTED, f"Put {thing} into the cell above and run it. Stuck? {hint}"
            )
        state = GlobalState()
        try:
            with torch.inference_mode(mode=False), torch.autocast("cpu", enabled=False):
                outcome, message = self._judge(answer)
        finally:
            state.restore()
        return Verdict(outcome, _cut(message))

    def _judge(self, answer: object) -> Verdict:
        if told := self._wrong_kind(answer):
            return Verdict(Outcome.NOT_YET, told)
        right = self._right  # known before the learner's code can change anything
        mine = self._behaviors(answer)
        faults = [self._fault(*pair) for pair in zip(mine, right, strict=True)]
        shown = next((number for number, fault in enumerate(faults) if fault), None)
        if shown is None:
            return Verdict(Outcome.PASSED, "")
        given = self._given(self._inputs[shown])
        diagnosis = self._diagnosis(mine)
        if (error := mine[shown].error) is not None:
            if is_of_answer(error, answer):
                parts = [diagnosis, explain(error, answer), given]
                return Verdict(Outcome.RAISED, "\n".join(filter(None, parts)))
            fault = f"What came out could not be used: {name_error(error)}"
            parts = [diagnosis, given, fault, _quote(mine[shown].printed)]
            return Verdict(Outcome.NOT_YET, "\n".join(filter(None, parts)))
        if self.of.is_question:  # what is right stays untold
            return Verdict(Outcome.NOT_YET, diagnosis or self._question_fault(mine[shown].value))
        parts = [diagnosis, given, faults[shown], _quote(mine[shown].printed)]
        return Verdict(Outcome.NOT_YET, "\n".join(filter(None, parts)))

    @cached_property
    def _right(self) -> list[Behavior]:
        """What the solution does on each input; not kept if it failed, which is our own fault."""
        behaviors = self._behaviors(self._handed_over(self.of.answer))
        for one in behaviors:
            if one.error is not None:
                raise one.error
        return behaviors

    def _behaviors(self, answer: object) -> list[Behavior]:
        start_afresh()
        pairs = zip(self._make_inputs(), self._inputs, strict=True)
        behaviors = [self._behavior(answer, *pair) for pair in pairs]
        start_afresh()  # an answer may have changed how numbers look in its message
        return behaviors

    def _behavior(
        self, answer: object, arguments: tuple[Any, ...], untouched: tuple[Any, ...]
    ) -> Behavior:
        try:
            return attempt(self.of.use, answer, arguments, untouched)
        except KeyboardInterrupt as stop:
            stop.add_note(self._given(untouched).rstrip(":"))
            raise

    def _handed_over(self, code: Answer) -> object:
        """Return what `use` gets of our own code."""
        return code() if self.of.is_question else code

    @cached_property
    def _inputs(self) -> list[tuple[Any, ...]]:
        """The arguments of every input; no answer ever gets these."""
        return self._make_inputs()

    def _make_inputs(self) -> list[tuple[Any, ...]]:
        """Return the arguments of every input, made anew."""
        # A model among them draws its first weights from PyTorch's own generator.
        torch.default_generator.manual_seed(_SEED)
        return list(self.of.inputs(torch.Generator().manual_seed(_SEED)))

    def _is_untouched(self, answer: object) -> bool:
        if self.of.is_question:
            return answer is Ellipsis or (
                isinstance(answer, tuple)
                and bool(answer)
                and all(one is Ellipsis for one in answer)
            )
        return source.fingerprint(answer) in self._untouched

    @cached_property
    def _untouched(self) -> set[tuple[object, ...]]:
        # Python compiles a call such as `torch.exp(x)` to other code where the import of `torch`
        # stands in the same text (a script) than where it does not (a notebook's cell).
        apart: dict[str, Any] = {}
        together: dict[str, Any] = {}
        exec(self.of.setup_source, apart)  # noqa: S102 - our own text
        exec(self.of.stub, apart)  # noqa: S102
        exec(self.of.setup_source + self.of.stub, together)  # noqa: S102
        name = self.of.names[0]
        return {source.fingerprint(apart[name]), source.fingerprint(together[name])}

    def _wrong_kind(self, answer: object) -> str:
        """Say what is wrong where the answer is no function, or no class."""
        name, kind = self.of.names[0], "class" if isinstance(self.of.answer, type) else "function"
        right = isinstance(answer, type) if kind == "class" else callable(answer)
        if self.of.is_question or right:
            return ""
        remedy = f"Hand over the {kind} itself, without calling it: `check({name})`."
        return f"`{name}` should be a {kind}, and {shorten(answer)} is none. {remedy}"

    def _fault(self, mine: Behavior, right: Behavior) -> str:
        """Say what is wrong with one behavior; "" if nothing is."""
        if mine.error is not None:
            return "It raised an error."
        if mine.value is None and not any(one.value is None for one in self._right):
            return "Nothing came out: a `return` is missing, or has nothing behind it."
        if told := difference(mine.value, right.value, self.of.tolerance):
            return told[0].upper() + told[1:]
        if mine.changed is not None and not self.of.changes_arguments:
            name = self._parameters[mine.changed]
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
                inputs = inputs or self._make_inputs()
                code = self._handed_over(mistake)
                known.append(self._behavior(code, inputs[number], self._inputs[number]))
                if (error := known[number].error) is not None:
                    error.__traceback__ = None  # and the frames that it holds on to
            if not one.is_like(known[number], self.of.tolerance):
                return False
        return True

    def _question_fault(self, value: object) -> str:
        """Say what kind of answer is asked for, without giving the answer away."""
        right = self._right[0].value
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

    def _given(self, arguments: tuple[Any, ...]) -> str:
        """Return an input, as the beginning of a sentence."""
        pairs = zip(self._parameters, arguments, strict=False)
        told = ", ".join(f"{name} = {shorten(value)}" for name, value in pairs)
        return f"For {told}:" if told else ""

    @cached_property
    def _parameters(self) -> list[str]:
        """The names of the inputs."""
        function = self.of.answer if self.of.use is call else self.of.use
        names = list(inspect.signature(function).parameters)
        return names if self.of.use is call else names[1:]


def _other_kind(value: object, right: object) -> str:
    """Return what kind of answer is asked for, if `value` is of another; else ""."""
    if type(value) is type(right) or value is Ellipsis:
        return ""
    if isinstance(right, int | float) and isinstance(value, numbers.Number | torch.Tensor):
        return ""
    return _KINDS.get(type(right), "")  # None is not told: it would give the answer away


def _cut(message: str) -> str:
    """Return a message that fits on a screen."""
    lines = message.splitlines()
    lines = [one if len(one) <= _LONGEST_LINE else f"{one[:_LONGEST_LINE]}…" for one in lines]
    more = [f"… and {len(lines) - _MOST_LINES} lines more"] if len(lines) > _MOST_LINES else []
    return "\n".join(lines[:_MOST_LINES] + more)


def _quote(printed: str) -> str:
    """Return what the learner's code printed, which a check hides; its first lines."""
    lines = without_marks(printed.strip()).splitlines()
    return "\n".join(["(Printed meanwhile:", *lines[:_LINES_PRINTED]]) + ")" if lines else ""
