"""The checks of a homework at home: they run an answer, and do not know what is right.

A released notebook has what is asked (`asked`), and of the solution no more than which kind of
value it returns on each input. So a check says whether an answer runs on all inputs and returns
values of that kind and shape. Whether they are right, the grading says.

Covers: the `ex` of such a notebook, the kind and shape of a value.
Does not cover: writing the notebook (`dlcourse.grading.release`), judging it (`judgment`).
"""

import numbers
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from dlcourse.checking.asked import Asked
from dlcourse.checking.box import show_box
from dlcourse.checking.comparison import as_tensor, shorten
from dlcourse.checking.exercise import TITLES, judge_until_stopped
from dlcourse.checking.judgment import Checker, Outcome, verdict_on_failure
from dlcourse.checking.trial import Behavior


class Rehearsals:
    """The exercises of a homework: `ex.NAME.check(answer)`."""

    def __init__(self, homework: str) -> None:
        """Begin with none; `add` adds them."""
        self._homework = homework
        self.rehearsals: dict[str, Rehearsal] = {}

    def add(
        self,
        name: str,
        *,
        title: str,
        kinds: Sequence[str],
        changes_arguments: bool,
        **told: object,
    ) -> None:
        """Add an exercise.

        Args:
            name: by which it is called.
            title: what it is about, in a few words.
            kinds: which kind of value is asked for, for each input (`kind`).
            changes_arguments: whether the task is to change an argument in place.
            told: what is asked, as `Asked.as_told` tells it.
        """
        asked = Asked.from_told(told)
        self.rehearsals[name] = Rehearsal(asked, title, kinds, changes_arguments=changes_arguments)

    def __getattr__(self, name: str) -> "Rehearsal":
        """Return the exercise of that name, or say which ones there are."""
        known = vars(self).get("rehearsals", {})
        if name in known:
            rehearsal: Rehearsal = known[name]
            return rehearsal
        msg = f"there is no exercise {name!r} in {self._homework}: {', '.join(known)}"
        raise AttributeError(msg)

    def __dir__(self) -> list[str]:
        """Name the exercises: what the tab key offers."""
        return list(self.rehearsals)


class Rehearsal(Checker):
    """An exercise whose solution is not known: its check tries an answer."""

    def __init__(
        self, asked: Asked, title: str, kinds: Sequence[str], *, changes_arguments: bool
    ) -> None:
        """Make one of what is asked; the other arguments are those of `Rehearsals.add`."""
        super().__init__(asked)
        self._title, self._kinds, self._changes_arguments = title, kinds, changes_arguments

    def check(self, *answers: object) -> None:
        """Try your answer on every input, and show what came of it."""
        verdict = judge_until_stopped(self._title, self, answers)
        if verdict is None:
            raise KeyboardInterrupt  # stops "Run All", too, in a line or two
        title, mood = TITLES[verdict.outcome]
        show_box(f"{title}: {self._title}", verdict.message, mood=mood)

    def prepare(self) -> None:
        """Make the inputs that no answer gets."""
        _ = self.asked.untouched_inputs

    def _verdict_on(self, mine: Sequence[Behavior]) -> tuple[Outcome, str]:
        for number, (one, asked_for) in enumerate(zip(mine, self._kinds, strict=True)):
            given = self._given(number)
            if one.failure is not None:
                return verdict_on_failure(one.failure, one.printed, given)
            if fault := self._fault(one, asked_for):
                return Outcome.NOT_YET, "\n".join(filter(None, [given, fault]))
        return Outcome.RUNS, self._praise(len(mine))

    def _fault(self, one: Behavior, asked_for: str) -> str:
        """Say what can be known to be wrong with one behavior; "" if nothing can."""
        if one.value is Ellipsis:
            return "`...` is still in the place of an answer."
        if asked_for and asked_for not in _kinds(one.value):
            if one.value is None:
                return "Nothing came out: a `return` is missing, or has nothing behind it."
            came_out = kind(one.value) or shorten(one.value)
            return f"What came out is {came_out}; asked for is {asked_for}."
        if one.changed is not None and not self._changes_arguments:
            return f"`{self.asked.parameters[one.changed]}` was changed on the way: work on a copy."
        return ""

    def _praise(self, n_inputs: int) -> str:
        """Say what is known of an answer without a fault, and no more."""
        if self.asked.is_question:
            return "Your answer is there. Whether it is right, the grading says."
        inputs = f"all {n_inputs} inputs" if n_inputs > 1 else "the input"
        known = f"It runs on {inputs}"
        if all(self._kinds):
            known += ", and what comes out has the kind and shape that is asked for"
        return f"{known}. Whether it is right, the grading says."


def kind(value: object) -> str:
    """Return the kind and shape of a value, in words; "" where nobody is told, as of None."""
    return next(iter(_kinds(value)), "")


def _kinds(value: object) -> list[str]:
    """Return the kinds that a value may stand for, its own first, as the judge takes them."""
    try:
        return list(_find_kinds(value))
    except Exception:  # noqa: BLE001 - a learner's object may do anything when looked at
        return []


def _find_kinds(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield "a string"
    elif isinstance(value, Mapping):
        yield "a dict"
    elif isinstance(value, Sequence):
        yield f"a list or tuple of {len(value)}"
    elif isinstance(value, Tensor | np.ndarray | np.generic | numbers.Number):
        tensor = as_tensor(value)
        shape = tuple(tensor.shape)
        number, plural = "a number", ""
        if tensor.dtype == torch.bool:
            number, plural = "True or False", " of truth values"
        elif tensor.is_complex():
            number, plural = "a complex number", " of complex numbers"
        names = [number, f"a tensor of shape {shape}{plural}"]
        if shape in {(), (1,)}:  # one number is one number
            yield from names[:: -1 if shape else 1]
        else:
            yield names[1]
        if len(shape) == 1:
            yield f"a list or tuple of {shape[0]}"
