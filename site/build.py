"""Builds the course's site from the committed notebooks: `make site`, into build/site/.

Nothing is executed and nothing is loaded from anywhere. The pages are written into
build/site-pages/ first, where one can look at what Sphinx is given.
"""

import shutil
import sys
from pathlib import Path

import nbformat
from sphinx.cmd.build import build_main

from dlcourse.errors import CourseError
from glossary import read_glossary
from lesson_pages import lesson_page
from lessons import read_lessons
from overview_pages import exercises_page, glossary_page, lessons_page, map_page
from quizzes import read_quizzes
from teaching_pages import teaching_page

HERE = Path(__file__).parent
ROOT = HERE.parent


def write_pages(folder: Path) -> None:
    """Write all pages, as Sphinx reads them, into the new folder `folder`."""
    shutil.copytree(HERE / "pages", folder)
    lessons = read_lessons(ROOT / "notebooks")
    quizzes = read_quizzes(HERE / "teach")
    for lesson in lessons:
        nbformat.write(lesson_page(lesson), folder / f"{lesson.name}.ipynb")
        written = HERE / "teach" / f"{lesson.number}.md"
        written_part = written.read_text("utf-8") if written.exists() else ""
        text = teaching_page(lesson, written_part, quizzes.get(lesson.number, []))
        (folder / "teach" / f"{lesson.number}.md").write_text(text, encoding="utf-8")
    overviews = {
        "lessons": lessons_page(lessons),
        "exercises": exercises_page(lessons),
        "glossary": glossary_page(read_glossary(HERE / "glossary.toml"), lessons),
        "map": map_page(lessons),
    }
    for name, text in overviews.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def main() -> int:
    """Build the site; return 0, or another number after what is wrong with a page or a quiz."""
    pages, site = ROOT / "build" / "site-pages", ROOT / "build" / "site"
    for folder in (pages, site):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        write_pages(pages)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    options = ["--quiet", "--fail-on-warning", "--keep-going", "--fresh-env"]
    doctrees = ["--doctree-dir", str(ROOT / "build" / "site-doctrees")]
    return build_main([*options, *doctrees, "--conf-dir", str(HERE), str(pages), str(site)])


if __name__ == "__main__":
    sys.exit(main())
