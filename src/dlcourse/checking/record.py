"""What an exercise is: one record with a task, its solution, its hints and its known mistakes.

Covers: the parts of the record, and the texts that are made of them: stub, solution, cell.
Does not cover: judging an answer (`judgment`), what a learner calls (`exercise`), the exercises
themselves (`dlcourse.exercises`).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import torch

from dlcourse.checking import source
from dlcourse.checking.comparison import Tolerance

Answer: TypeAlias = Callable[..., Any]
Inputs: TypeAlias = Callable[[torch.Generator], Iterable[tuple[Any, ...]]]


def call(answer: Answer, *arguments: Any) -> Any:  # noqa: ANN401 - whatever an exercise is about
    """Return what the learner's function returns: how most answers are looked at."""
    return answer(*arguments)


def given(answer: Any) -> Any:  # noqa: ANN401 - as above
    """Return the value that answers a question; a letter is a letter, however it is written.

    Of several values, each is treated so.
    """
    if type(answer) is tuple:
        return tuple(map(given, answer))
    if isinstance(answer, str) and (letter := re.fullmatch(r"\W*([A-Za-z])\W*", answer)):
        return letter[1].lower()
    return answer


def shown_function(text: str) -> Any:  # noqa: ANN401 - as above
    """Return what that text makes, such as "lambda w: 2 * w"; a message shows it by its text.

    For inputs that are functions, models or data sets: a learner can make and call them again.
    """
    made = eval(text, {"torch": torch})  # noqa: S307 - our own text
    made.__name__ = text
    return made


def no_inputs(_: torch.Generator) -> Iterator[tuple[Any, ...]]:
    """Yield no arguments, once: what a question is given."""
    yield ()


@dataclass(frozen=True, eq=False)
class Record:
    """One exercise: what is asked, and what is right and wrong.

    Attributes:
        answer: the solution, a function or class; of a question, a function that returns it.
        title: what it is about, in a few words.
        minutes: how long a learner needs.
        difficulty: 1 (one idea, a line or two), 2 (two ideas) or 3 (a small program).
        place: where it is among the exercises of its lesson: they are sorted by it.
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
    place: int
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

    @property
    def id(self) -> str:
        """The lesson's folder and the name of the solution: "autograd.slope"."""
        return f"{self.answer.__module__.split('.')[-2:][0]}.{self.name}"

    @property
    def name(self) -> str:
        """The name of the solution, by which a lesson calls the exercise: "slope"."""
        return self.answer.__name__

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

    @cached_property
    def stub_setup_source(self) -> str:
        """The imports that the stub needs, alone: they tell nothing of the solution."""
        return source.imports_for(self.answer.__module__, self.stub)

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

    def answers_of(self, code: Answer) -> tuple[Any, ...]:
        """Return what a learner would hand to `check` who had written `code` (a mistake, say)."""
        if not self.is_question:
            return (code,)
        value = code()
        return (value,) if len(self.names) == 1 else tuple(value)
