"""A corpus of answers to the exercises: right ones in other words, wrong ones by an attacker.

Mutants are the small faults that a program makes of a solution; what they do not reach is here. A
file `corpus_LESSON.py` has the answers of a lesson, each a function or class under one of:

    @right(ex.slope)                      # must pass
    @wrong(ex.slope)                      # must not
    @wrong(ex.slope, "a piece of text")   # must not, and its message must have this in it

For a question, the function returns what a learner would hand over.

Covers: collecting them.
Does not cover: judging them (`test_corpus.py`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from dlcourse.checking.exercise import Exercise

Code = TypeVar("Code", bound=Callable[..., Any])


class Entry(NamedTuple):
    """One answer: to which exercise, whether it is right, and what its message must say."""

    exercise: Exercise
    answer: Callable[..., Any]
    is_right: bool
    says: str

    @property
    def name(self) -> str:
        """Return what pytest calls it."""
        return f"{self.exercise.id}: {self.answer.__name__}"


CORPUS: list[Entry] = []


def right(exercise: Exercise) -> Callable[[Code], Code]:
    """Take the function or class below into the corpus, as a right answer."""
    return _taken(exercise, is_right=True, says="")


def wrong(exercise: Exercise, says: str = "") -> Callable[[Code], Code]:
    """Take the function or class below into the corpus, as a wrong answer.

    Args:
        exercise: what it answers.
        says: what the message must have in it, if anything.
    """
    return _taken(exercise, is_right=False, says=says)


def _taken(exercise: Exercise, *, is_right: bool, says: str) -> Callable[[Code], Code]:
    def take(code: Code) -> Code:
        CORPUS.append(Entry(exercise, code, is_right, says))
        return code

    return take
