"""The instructor's page of a lesson: what was written for it, and what the lesson itself can say.

Covers: minutes, the places to predict, the exercises, and the mistakes that their checks know; in
which of them a recorded answer passes, whatever the seed of a grading is.
Does not cover: the written part (`teach/`), its quiz (`quizzes`), the page that lists these pages.
"""

import inspect
import re
from collections.abc import Iterator, Sequence

from dlcourse.checking.asked import Asked
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Judge, Outcome
from lesson_pages import plain
from lessons import Lesson
from quizzes import Question, quiz_section

_PREDICT = re.compile(r"\*\*Predict[^*]*\*\*")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_SEEDS = 1, 2, 3  # of inputs; any will do


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
        _recorded(lesson),
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


def _recorded(lesson: Lesson) -> str:
    """Return in which exercises a class must not be graded by what it answers."""
    fixed = [f"`{one.name}`" for one in lesson.exercises.values() if takes_recorded_answers(one)]
    if not fixed:
        return "In a [graded](grading.md) class, recorded answers pass nowhere: all inputs are new."
    return (
        f"In a [graded](grading.md) class, recorded answers pass in {len(fixed)} of "
        f"{len(lesson.exercises)}, since what is asked is the same for every class: "
        f"{', '.join(fixed)}."
    )


def takes_recorded_answers(exercise: Exercise) -> bool:
    """Tell whether what the solution answers with one seed is right with the others, too."""
    first, *others = _SEEDS
    answer = exercise.answer() if exercise.is_question else exercise.answer
    recorded = Asked.of(exercise, first).behaviors(answer)
    judges = [Judge(exercise, seed) for seed in others]
    return all(
        len(one.asked.untouched_inputs) == len(recorded)
        and one.verdict_on(recorded).outcome is Outcome.PASSED
        for one in judges
    )


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
