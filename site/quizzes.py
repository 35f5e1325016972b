"""The lessons' quizzes: `teach/NN.quiz.toml`, read and checked, and how the site shows them.

Covers: what makes a question complete, and the part of the instructor's page that shows it.
Does not cover: the files that Moodle and Canvas import (`quiz_exports`).
"""

import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcourse.errors import CourseError
from lesson_pages import fold, plain

_ENDING = ".quiz.toml"
_FEWEST_ANSWERS = 3
_ABOUT = """Each fold holds a question, its answers (✓ marks the right one, ✗ the others), and what
a student is told after choosing one. `make editions` writes the quiz for Moodle (GIFT) and for
Canvas (QTI), into `build/editions/quizzes/`."""


@dataclass(frozen=True)
class Answer:
    """One of the answers to choose from.

    Attributes:
        text: the answer, in which only code in backticks is marked up.
        right: whether it is the right one.
        feedback: why it is right, or which idea leads to it.
    """

    text: str
    right: bool
    feedback: str


@dataclass(frozen=True)
class Question:
    """A question with exactly one right answer.

    Attributes:
        name: a few plain words, for lists of questions.
        text: the question, in which only code in backticks is marked up.
        answers: three or more, in the order in which they are shown.
    """

    name: str
    text: str
    answers: tuple[Answer, ...]


def read_quizzes(folder: Path) -> dict[str, list[Question]]:
    """Return the quizzes in `folder`, by the number of their lesson.

    Raises:
        CourseError: if one of them is not complete.
    """
    paths = sorted(folder.glob(f"*{_ENDING}"))
    return {path.name.removesuffix(_ENDING): read_quiz(path) for path in paths}


def read_quiz(path: Path) -> list[Question]:
    """Return the questions in the file `path`.

    Raises:
        CourseError: if it is no TOML, or if a question has not exactly one right answer, fewer
            than three answers, an answer without feedback, or a key that means nothing.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name} is not valid TOML: {error}."
        raise CourseError(msg) from error
    _allow(tables, {"question"}, path.name)
    questions = _tables(tables, "question", path.name)
    return [_question(table, place) for place, table in questions]


def _question(table: dict[str, Any], place: str) -> Question:
    _allow(table, {"name", "text", "answer"}, place)
    answers = tuple(_answer(each, at) for at, each in _tables(table, "answer", place))
    if len(answers) < _FEWEST_ANSWERS:
        msg = f"{place} has too few answers, {len(answers)}: give it {_FEWEST_ANSWERS} or more."
        raise CourseError(msg)
    n_right = sum(answer.right for answer in answers)
    if n_right != 1:
        msg = f"{place} has {n_right} right answers: give exactly one `right = true`."
        raise CourseError(msg)
    return Question(_text(table, "name", place), _text(table, "text", place), answers)


def _answer(table: dict[str, Any], place: str) -> Answer:
    _allow(table, {"text", "right", "feedback"}, place)
    right = table.get("right", False)
    if not isinstance(right, bool):
        msg = f"{place}: `right` is {right!r}: write true, or leave it out."
        raise CourseError(msg)
    return Answer(_text(table, "text", place), right, _text(table, "feedback", place))


def _tables(table: dict[str, Any], key: str, place: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the tables under `key`, each with where it is."""
    found = table.get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        msg = f"{place} has no {key}: begin each with [[{'question.' * (key == 'answer')}{key}]]."
        raise CourseError(msg)
    return [(f"{place}, {key} {number}", each) for number, each in enumerate(found, 1)]


def _text(table: dict[str, Any], key: str, place: str) -> str:
    text = table.get(key)
    if not isinstance(text, str) or not text.strip():
        msg = f"{place} has no {key}: write one, in quotation marks."
        raise CourseError(msg)
    return text.strip()


def _allow(table: dict[str, Any], known: set[str], place: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        msg = f"{place}: nobody reads `{unknown[0]}`: use {', '.join(sorted(known))}."
        raise CourseError(msg)


def quiz_section(questions: Sequence[Question]) -> str:
    """Return the questions for the instructor's page, each folded; "" where there are none."""
    if not questions:
        return ""
    folds = (fold(plain(question.name), "\n\n".join(_shown(question))) for question in questions)
    return "\n\n".join(["## Quiz", _ABOUT, *folds])


def _shown(question: Question) -> Iterator[str]:
    yield plain(question.text)
    for answer in question.answers:
        mark = "✓" if answer.right else "✗"
        text = f"{plain(answer.text)}\n\n{mark} {plain(answer.feedback)}"
        yield f"- {textwrap.indent(text, '  ').lstrip()}"
