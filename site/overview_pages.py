"""The pages that tie the lessons together: lessons, exercises, glossary, map.

Covers: Markdown made of the lessons' boxes, the exercises' records and the glossary.
Does not cover: the lessons' own pages (`lesson_pages`), the drawing of the map (`lesson_map`).
"""

from collections.abc import Iterator

from glossary import Term
from lesson_map import draw_map
from lesson_pages import plain
from lessons import Lesson


def lessons_page(lessons: list[Lesson]) -> str:
    """Return the page that lists the lessons, with what each is for and how long it takes."""
    listed = "\n".join(f"{lesson.number} {lesson.title} <{lesson.name}>" for lesson in lessons)
    minutes = [int(lesson.box["Minutes"].partition(":")[0]) for lesson in lessons]
    total = (
        f"Take them in order: each says what it needs. All {len(lessons)} take about "
        f"{round(sum(minutes) / 60)} hours, with all exercises and without hurry."
    )
    parts = ["# Lessons", "", total, ""]
    for lesson in lessons:
        parts += [
            f"## [{lesson.number} {lesson.title}]({lesson.name}.ipynb)",
            "",
            f"**You will learn** {lesson.box['You will learn']}",
            "",
            f"**Minutes:** {lesson.box['Minutes']}",
            "",
        ]
    return "\n".join([*parts, "```{toctree}", ":hidden:", "", listed, "```", ""])


def exercises_page(lessons: list[Lesson]) -> str:
    """Return the index of all exercises: by lesson, with minutes and difficulty."""
    total = sum(len(lesson.exercises) for lesson in lessons)
    parts = [
        "# Exercises",
        "",
        (
            f"The {total} exercises of the course, each with a check that says what is wrong. "
            "Difficulty 1 is one idea, 2 is two ideas, 3 is a small program."
        ),
        "",
    ]
    for lesson in filter(lambda one: one.exercises, lessons):
        parts += [f"## {lesson.number} {lesson.title}", "", *_exercise_table(lesson), ""]
    return "\n".join(parts)


def _exercise_table(lesson: Lesson) -> Iterator[str]:
    yield "| Exercise | Minutes | Difficulty |"
    yield "| --- | --- | --- |"
    for cell_id, exercise in lesson.exercises.items():
        link = f"[{plain(exercise.title)}](#{lesson.label(lesson.task(cell_id))})"
        yield f"| {link} | {exercise.minutes} | {exercise.difficulty} |"


def glossary_page(terms: list[Term], lessons: list[Lesson]) -> str:
    """Return the glossary: each term with its meaning, and a link to the cell that explains it."""
    by_number = {lesson.number: lesson for lesson in lessons}
    parts = [
        "# Glossary",
        "",
        (
            "The words of the course, in a sentence or two. Each link leads to where the word is "
            "explained."
        ),
        "",
    ]
    for term in terms:
        link = f"[lesson {term.lesson}](#{by_number[term.lesson].label(term.cell)})"
        parts += [f"**{term.name}**", f": {term.meaning} ({link})", ""]
    return "\n".join(parts)


def map_page(lessons: list[Lesson]) -> str:
    """Return the map: a drawing of what needs what, and the same as a table."""
    rows = [
        f"| [{lesson.number} {lesson.title}]({lesson.name}.ipynb) "
        f"| {', '.join(lesson.needs) or 'none'} | {lesson.box['You need']} |"
        for lesson in lessons
    ]
    parts = [
        "# Map of the lessons",
        "",
        "An arrow leads from a lesson to one that builds on it. The table below says the same.",
        "",
        draw_map(lessons),
        "",
        "| Lesson | Builds on | What it needs, in its own words |",
        "| --- | --- | --- |",
        *rows,
        "",
    ]
    return "\n".join(parts)
