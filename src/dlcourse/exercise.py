"""The exercise: one record with a task, its solution, its hints and the mistakes that it knows.

A learner's answer is judged by what it does. On every input it is compared with the solution; if
it differs, with each known mistake. If it does exactly what a mistake does, the mistake's docstring
is the message; else the smallest input that shows the difference is.

Covers: functions, classes and single values as answers; verdicts, hints, solutions, progress.
Does not cover: the exercises themselves, which are in `dlcourse.exercises`, one module a lesson.
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from itertools import cycle, islice
from typing import Any, NamedTuple, TypeAlias

import torch

from dlcourse.checking import source
from dlcourse.checking.box import show_box
from dlcourse.checking.comparison import Tolerance, difference, shorten
from dlcourse.checking.progress import BEGUN, PASSED, read_progress, record_progress
from dlcourse.checking.trial import Behavior, GlobalState, attempt, explain, line_of
from dlcourse.errors import CourseError

Answer: TypeAlias = Callable[..., Any]
Inputs: TypeAlias = Callable[[torch.Generator], Iterable[tuple[Any, ...]]]

_SEED = 2_147_483_647  # of the inputs; any number will do
_LINES_PRINTED = 5


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


# What stands on the box for each outcome, and its mood. A sign and words: never color alone.
_TITLES = {
    Outcome.PASSED: ("✓ Passed", "good"),
    Outcome.NOT_YET: ("✗ Not yet", "bad"),
    Outcome.NOT_ATTEMPTED: ("… Not attempted yet", "neutral"),
    Outcome.RAISED: ("✗ Your code raised an error", "bad"),
}


# How a question says what kind of answer it asks for.
_KINDS = {
    str: 'a string, in quotes: "a"',
    int: "a number, without quotes",
    float: "a number, without quotes",
    tuple: "a tuple: (2, 3)",
    bool: "True or False",
}


def call(answer: Answer, *arguments: Any) -> Any:  # noqa: ANN401 - whatever an exercise is about
    """Return what the learner's function returns: how most answers are looked at."""
    return answer(*arguments)


def _no_inputs(_: torch.Generator) -> Iterator[tuple[Any, ...]]:
    yield ()


@dataclass(frozen=True, eq=False)
class Exercise:
    """One exercise; a decorator below makes it of its solution.

    Attributes:
        answer: the solution, a function or class; of a question, a function that returns it.
        title: what it is about, in a few words.
        minutes: how long a learner needs.
        difficulty: 1 (one idea, a line or two), 2 (two ideas) or 3 (a small program).
        hints: from a nudge to nearly the answer.
        why: the sentence that comes with the solution.
        mistakes: wrong answers with one fault each; the docstring is the message it earns.
        inputs: yields the arguments, smallest first; seeded, so that each call yields the same.
        use: calls the learner's answer on the arguments; its result is what is compared.
        template: a stub of its own, for tasks that start from faulty code.
        equivalent: (part of the solution, its change, the reason why nothing can tell them apart),
            written as `ast.unparse` prints them.
        tolerance: how near is right.
        changes_arguments: whether the task is to change an argument in place.
        is_question: whether the answer is a value, and not a function or class.
        names: what the stub defines, in the order in which `check` takes it.
    """

    answer: Answer
    title: str
    minutes: int
    difficulty: int
    hints: tuple[str, ...]
    why: str
    mistakes: tuple[Answer, ...]
    inputs: Inputs
    use: Callable[..., Any]
    template: Answer | None
    equivalent: tuple[tuple[str, str, str], ...]
    tolerance: Tolerance
    changes_arguments: bool
    is_question: bool
    names: tuple[str, ...]

    # ------------------------------------------------------------------------ what it is

    @property
    def id(self) -> str:
        """The lesson's module and the name of the solution: "autograd.slope"."""
        return f"{self.answer.__module__.rpartition('.')[2]}.{self.answer.__name__}"

    @cached_property
    def stub(self) -> str:
        """The code that a learner starts from."""
        if self.template is not None:
            return source.solution_source(self.template, self.names[0])
        if self.is_question:
            return source.question_source(self.answer, self.names)
        return source.stub_source(self.answer)

    @cached_property
    def solution_source(self) -> str:
        """The code of the solution; it runs after `setup_source`."""
        if self.is_question:
            return source.assignment_source(self.answer, self.names)
        return source.solution_source(self.answer, self.names[0])

    @cached_property
    def setup_source(self) -> str:
        """The imports that the stub and the solution need; all of them stand in the notebook."""
        return source.imports_for(self.answer.__module__, self.stub, self.solution_source)

    @property
    def cell_source(self) -> str:
        """The exercise's cell in the notebook: the stub, and the check of it."""
        gap = "\n" if self.is_question else "\n\n"
        call_of_check = f"ex.{self.answer.__name__}.check({', '.join(self.names)})"
        return f"{self.stub}{gap}{call_of_check}"

    @cached_property
    def equivalent_mutants(self) -> dict[str, str]:
        """Changed solutions that no input can tell from the original, each with the reason."""
        return source.changed_sources(self.solution_source, self.equivalent)

    def __repr__(self) -> str:
        """Return a line for those who look at the object."""
        level = f"{self.minutes} minutes, difficulty {self.difficulty} of 3"
        return f"Exercise {self.id}: {self.title} ({level}); it has check, hint and solution."

    # ------------------------------------------------------------------------ what a learner calls

    def check(self, *answers: object) -> None:
        """Judge your answer, show the verdict, and keep your progress."""
        try:
            verdict = self.judge(*answers)
        except KeyboardInterrupt as stop:
            line = line_of(stop, answers[0])
            show_box(f"■ Stopped: {self.title}", f"Your code was at {line}" if line else "")
            raise KeyboardInterrupt from None  # stops "Run All", too, in a line or two
        title, mood = _TITLES[verdict.outcome]
        lines = [verdict.message]
        if verdict.outcome is Outcome.NOT_ATTEMPTED:
            show_box(f"{title}: {self.title}", verdict.message, mood=mood)
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
        end = f"`ex.{self.answer.__name__}.solution()` shows one way."
        return cycle([*hints, ("That was the last hint", end)])

    def solution(self) -> None:
        """Show one right answer, and why it is right."""
        show_box(f"One solution: {self.title}", self.why, code=self.solution_source.rstrip())

    def _count_passed(self) -> str:
        """Return how many of the lesson's exercises are passed, in words."""
        lesson = [one.id for one in exercises_of(self.answer.__module__)]
        reached = read_progress()
        passed = sum(reached.get(name) == PASSED for name in lesson)
        return f"{passed} of {len(lesson)} exercises of this lesson passed."

    # ------------------------------------------------------------------------ the judgment

    def judge(self, *answers: object) -> Verdict:
        """Return the verdict on an answer; print nothing, and leave everything as it was.

        Args:
            answers: as many as there are `names`: the learner's function, class or values.
        """
        if len(answers) != len(self.names):
            names = ", ".join(self.names)
            return Verdict(Outcome.NOT_YET, f"Hand your answer to the check: `check({names})`.")
        answer = answers[0] if len(answers) == 1 else answers
        if self._is_untouched(answer):
            thing = "an answer" if self.is_question else "your code"
            hint = f"`ex.{self.answer.__name__}.hint()`"
            return Verdict(
                Outcome.NOT_ATTEMPTED, f"Put {thing} into the cell above and run it. Stuck? {hint}"
            )
        state = GlobalState.now()
        try:
            return self._judge(answer)
        finally:
            state.restore()

    def _judge(self, answer: object) -> Verdict:
        if told := self._wrong_kind(answer):
            return Verdict(Outcome.NOT_YET, told)
        mine = self._behaviors(answer)
        faults = [self._fault(*pair) for pair in zip(mine, self._right, strict=True)]
        shown = next((number for number, fault in enumerate(faults) if fault), None)
        if shown is None:
            return Verdict(Outcome.PASSED, "")
        diagnosis = self._diagnosis(mine)
        if (error := mine[shown].error) is not None:
            parts = [diagnosis, explain(error, answer), self._given(shown)]
            return Verdict(Outcome.RAISED, "\n".join(filter(None, parts)))
        if self.is_question:  # what is right stays untold
            return Verdict(Outcome.NOT_YET, diagnosis or self._question_fault(mine[shown].value))
        parts = [diagnosis, self._given(shown), faults[shown], _quote(mine[shown].printed)]
        return Verdict(Outcome.NOT_YET, "\n".join(filter(None, parts)))

    def answers_of(self, code: Answer) -> tuple[Any, ...]:
        """Return what a learner would hand to `check` who had written `code` (a mistake, say)."""
        if not self.is_question:
            return (code,)
        value = code()
        return (value,) if len(self.names) == 1 else tuple(value)

    @cached_property
    def _right(self) -> list[Behavior]:
        """What the solution does on each input."""
        return self._remembered(self.answer)

    @cached_property
    def _known(self) -> list[tuple[str, list[Behavior]]]:
        """The message of each mistake, and what the mistake does on each input."""
        return [(inspect.getdoc(one) or "", self._remembered(one)) for one in self.mistakes]

    def _behaviors(self, answer: object) -> list[Behavior]:
        n_inputs = sum(1 for _ in self.inputs(_generator()))
        return [attempt(self.use, answer, partial(self._input, n)) for n in range(n_inputs)]

    def _remembered(self, code: Answer) -> list[Behavior]:
        """Return the behaviors of our own code, without the frames that an error holds on to."""
        behaviors = self._behaviors(code() if self.is_question else code)
        for one in behaviors:
            if one.error is not None:
                one.error.__traceback__ = None
        return behaviors

    def _input(self, number: int) -> tuple[Any, ...]:
        """Return the arguments of a number, made anew."""
        return next(islice(self.inputs(_generator()), number, None))

    def _is_untouched(self, answer: object) -> bool:
        if self.is_question:
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
        exec(self.setup_source, apart)  # noqa: S102 - our own text
        exec(self.stub, apart)  # noqa: S102
        exec(self.setup_source + self.stub, together)  # noqa: S102
        name = self.names[0]
        return {source.fingerprint(apart[name]), source.fingerprint(together[name])}

    def _wrong_kind(self, answer: object) -> str:
        """Say what is wrong where the answer is no function, or no class."""
        name, kind = self.names[0], "class" if isinstance(self.answer, type) else "function"
        right = isinstance(answer, type) if kind == "class" else callable(answer)
        if self.is_question or right:
            return ""
        remedy = f"Hand over the {kind} itself, without calling it: `check({name})`."
        return f"`{name}` should be a {kind}, and {shorten(answer)} is none. {remedy}"

    def _fault(self, mine: Behavior, right: Behavior) -> str:
        """Say what is wrong with one behavior; "" if nothing is."""
        if mine.error is not None:
            return "It raised an error."
        if mine.value is None and right.value is not None:
            return "Nothing came out: a `return` is missing, or has nothing behind it."
        if told := difference(mine.value, right.value, self.tolerance):
            return told[0].upper() + told[1:]
        if mine.changed is not None and not self.changes_arguments:
            name = self._parameters[mine.changed]
            return f"The result is right, but `{name}` was changed on the way: work on a copy."
        return ""

    def _diagnosis(self, mine: Sequence[Behavior]) -> str:
        """Return the message of the mistake that does the same on every input; "" if none does."""
        for message, theirs in self._known:
            pairs = zip(mine, theirs, strict=True)
            if all(one.is_like(other, self.tolerance) for one, other in pairs):
                return message
        return ""

    def _question_fault(self, value: object) -> str:
        """Say what kind of answer is asked for, without giving the answer away."""
        right = self._right[0].value
        is_number = isinstance(right, int | float) and isinstance(value, int | float | torch.Tensor)
        if type(value) is not type(right) and not is_number:
            kind = _KINDS.get(type(right), f"a {type(right).__name__}")
            return f"You answered {shorten(value)}; the answer is {kind}."
        wrong = self._wrong_parts(value, right)
        if 0 < len(wrong) < len(self.names):
            return f"Still missing or wrong: {', '.join(wrong)}. The rest is right."
        return f"You answered {shorten(value)}, and that is not it."

    def _wrong_parts(self, value: object, right: object) -> list[str]:
        """Return which of a question's several names are not right yet."""
        if not isinstance(value, tuple) or not isinstance(right, tuple):
            return []
        parts = zip(self.names, value, right, strict=False)
        return [name for name, mine, its in parts if difference(mine, its, self.tolerance)]

    def _given(self, number: int) -> str:
        """Return an input, as the beginning of a sentence."""
        arguments = self._input(number)
        pairs = zip(self._parameters, arguments, strict=False)
        told = ", ".join(f"{name} = {shorten(value)}" for name, value in pairs)
        return f"For {told}:" if told else ""

    @cached_property
    def _parameters(self) -> list[str]:
        """The names of the inputs."""
        function = self.answer if self.use is call else self.use
        names = list(inspect.signature(function).parameters)
        return names if self.use is call else names[1:]


def _quote(printed: str) -> str:
    """Return what the learner's code printed, which a check hides; its first lines."""
    lines = printed.strip().splitlines()
    return "\n".join(["(Printed meanwhile:", *lines[:_LINES_PRINTED]]) + ")" if lines else ""


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(_SEED)


def exercises_of(module: str) -> list[Exercise]:
    """Return the exercises that a module defines, in its order."""
    found = [one for one in vars(sys.modules[module]).values() if isinstance(one, Exercise)]
    return list(dict.fromkeys(found))  # once, even if it has two names


def exercise(  # noqa: PLR0913 - a record with many parts, all of them named
    title: str,
    *,
    minutes: int,
    difficulty: int,
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

    The arguments are the attributes of `Exercise`.
    """

    def make(answer: Answer) -> Exercise:
        return Exercise(
            answer, title, minutes, difficulty, hints, why, mistakes, inputs, use, template,
            equivalent, tolerance, changes_arguments, is_question=False, names=(answer.__name__,),
        )  # fmt: skip

    return make


def question(  # noqa: PLR0913 - as above
    title: str,
    *,
    minutes: int,
    difficulty: int,
    hints: tuple[str, ...],
    why: str,
    mistakes: tuple[Answer, ...],
    names: tuple[str, ...] = (),
    use: Callable[..., Any] = lambda answer: answer,
    equivalent: tuple[tuple[str, str, str], ...] = (),
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - frozen
) -> Callable[[Answer], Exercise]:
    """Make an exercise that asks for a value: the function below returns the right one.

    Its docstring is the question; `names` are the variables to be set (else the function's own
    name); the mistakes are functions without arguments that return wrong values.
    """

    def make(answer: Answer) -> Exercise:
        return Exercise(
            answer, title, minutes, difficulty, hints, why, mistakes, _no_inputs, use, None,
            equivalent, tolerance, changes_arguments=False, is_question=True,
            names=names or (answer.__name__,),
        )  # fmt: skip

    return make
