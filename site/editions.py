"""Makes editions of the lessons: `make editions`, into build/editions/.

- student/: the notebooks without outputs, to be handed out.
- solved/: the notebooks with every exercise filled in, and passed.
- slides/: each lesson's predictions, figures and exercises, to be projected or printed.
- quizzes/: each lesson's quiz from teach/, for Moodle and for Canvas.

All but the quizzes come from the committed notebooks; there is no second text. No network is
needed.

Covers: which cells and outputs an edition has.
Does not cover: running a lesson (`dlcourse.commands.execution`), what is on a slide (`slides`),
the formats of quizzes (`quiz_exports`), web pages (`build`).
"""

import copy
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from dlcourse.commands.execution import execute
from dlcourse.errors import CourseError
from lessons import Lesson, read_lessons
from quiz_exports import write_quiz
from quizzes import Question, read_quizzes
from slides import mathjax, slides_page

ROOT = Path(__file__).parents[1]


def student_edition(lesson: Lesson) -> NotebookNode:
    """Return the lesson without outputs and without what a run leaves behind."""
    edition = copy.deepcopy(lesson.notebook)
    for cell in edition.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    return edition


def solved_edition(lesson: Lesson) -> NotebookNode:
    """Return the lesson with all exercises filled in, and with what their checks then say.

    Only the exercises are run: no other cell needs their answers, so its output is the committed
    one.

    Raises:
        CourseError: if a solution does not run.
    """
    edition = copy.deepcopy(lesson.notebook)
    cells = {cell.id: cell for cell in edition.cells}
    for cell_id, exercise in lesson.exercises.items():
        cells[cell_id].source = exercise.cell_source.replace(
            exercise.stub, exercise.solution_source.rstrip()
        )
    for answered in _run([cells[cell_id] for cell_id in lesson.exercises], lesson):
        cells[answered.id].outputs = answered.outputs
    return edition


def _run(cells: list[NotebookNode], lesson: Lesson) -> list[NotebookNode]:
    """Return the solved cells of a lesson, after a run with nothing before them but imports."""
    if not cells:
        return []
    needed = "\n".join(exercise.setup_source for exercise in lesson.exercises.values())
    imports = nbformat.v4.new_code_cell(f"{needed}\n{lesson.import_of_exercises}", id="imports")
    notebook = nbformat.v4.new_notebook(cells=[imports, *cells])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{lesson.name}.ipynb")
        nbformat.write(notebook, path)
        run = execute(path, on_cpu=True)
    if run.failure:
        msg = f"The solutions of lesson {lesson.number} do not run: {run.failure}."
        raise CourseError(msg)
    return list(run.notebook.cells[1:])


EDITIONS: dict[str, Callable[[Lesson], NotebookNode]] = {
    "student": student_edition,
    "solved": solved_edition,
}


def write_editions(folder: Path) -> None:
    """Write all editions of all lessons into `folder`, in place of what is there."""
    lessons = read_lessons(ROOT / "notebooks")
    quizzes = read_quizzes(ROOT / "site" / "teach")  # first: what is wrong is told at once
    shutil.rmtree(folder, ignore_errors=True)
    for name, make in EDITIONS.items():
        (folder / name).mkdir(parents=True)
        for lesson in lessons:
            nbformat.write(make(lesson), folder / name / lesson.path.name)
    (folder / "slides").mkdir()
    (folder / "slides" / "mathjax.js").write_bytes(mathjax())
    for lesson in lessons:
        page = slides_page(lesson)
        (folder / "slides" / f"{lesson.name}.html").write_text(page, encoding="utf-8")
    write_quizzes(folder / "quizzes", lessons, quizzes)


def write_quizzes(folder: Path, lessons: list[Lesson], quizzes: dict[str, list[Question]]) -> None:
    """Write the quiz of each lesson that has one into the new folder `folder`."""
    folder.mkdir()
    for lesson in lessons:
        if lesson.number in quizzes:
            write_quiz(folder, lesson.number, lesson.title, quizzes[lesson.number])


def main() -> int:
    """Write the editions; return 0, or 1 after a line that says why not."""
    try:
        write_editions(ROOT / "build" / "editions")
    except (CourseError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
