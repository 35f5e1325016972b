"""The instructor's page of a lesson: what was written for it, and what the lesson itself can say.

Covers: minutes, the places to predict, the exercises, and the mistakes that their checks know.
Does not cover: the written part (`teach/`), its quiz (`quizzes`), the page that lists these pages.
"""

import inspect
import re
from collections.abc import Iterator, Sequence

from dlcourse.checking.exercise import Exercise
from lesson_pages import plain
from lessons import Lesson
from quizzes import Question, quiz_section

_PREDICT = re.compile(r"\*\*Predict[^*]*\*\*")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def teaching_page(lesson: Lesson, written: str, quiz: Sequence[Question]) -> str:
    """Return the page; `written` is the part that a person wrote, as Markdown."""
    return "\n".join([
        f"# Teaching lesson {lesson.number}: {lesson.title}",
        "",
        f"[The lesson](../{lesson.name}.ipynb). **Minutes:** {lesson.box['Minutes']}",
        "",
        written,
        "",
        "## Where the lesson asks for a prediction",
        "",
        "Let the room answer before the cell runs: by a show of hands, or on paper.",
        "",
        *_predictions(lesson),
        "",
        "## The exercises, and what goes wrong in them",
        "",
        "Under each exercise: the mistakes that its check knows, in a learner's words.",
        "",
        *_exercises(lesson),
        quiz_section(quiz),
        "",
    ])  # fmt: skip


def _predictions(lesson: Lesson) -> Iterator[str]:
    section = ""
    for cell in lesson.notebook.cells:
        section = lesson.sections.get(cell.id, section)
        if cell.cell_type != "markdown" or not section:
            continue
        for paragraph in _FENCE.sub("", cell.source).split("\n\n"):
            if _PREDICT.search(paragraph) and not paragraph.startswith(("- ", "1. ", "|")):
                where = f"[{plain(section)}](#{lesson.label(cell.id)})"
                yield f"- {where}: {' '.join(paragraph.split())}"


def _exercises(lesson: Lesson) -> Iterator[str]:
    for cell_id, exercise in lesson.exercises.items():
        link = f"[{plain(exercise.title)}](#{lesson.label(lesson.task(cell_id))})"
        yield f"### {link}"
        yield ""
        yield f"{exercise.minutes} minutes, difficulty {exercise.difficulty} of 3."
        yield ""
        yield from (f"- {plain(message)}" for message in _messages(exercise))
        yield ""


def _messages(exercise: Exercise) -> Iterator[str]:
    """Yield what each known mistake earns."""
    for mistake in exercise.mistakes:
        yield " ".join((inspect.getdoc(mistake) or "").split())
