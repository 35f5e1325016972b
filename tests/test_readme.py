"""What README.md keeps by hand, against the files, lessons, minutes and commands themselves."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ["README.md", "CONTRIBUTING.md"]


def section(title: str) -> str:
    """Return what stands under the heading `title` of the README."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def paths_of_tree() -> list[str]:
    """Return the paths that the tree names: "src/dlcourse/", "src/dlcourse/data.py" and so on."""
    paths: list[str] = []
    folders: list[str] = []  # that the line is in, by its indentation
    for line in section("What is where").split("```")[1].strip("\n").splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        folders[depth:] = [name] if name.endswith("/") else []
        paths.append("".join([*folders[:depth], name]))
    return paths


def committed_files() -> list[str]:
    """Return the repository's files; where it is no clone, all that the tree could mean."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return listed.stdout.splitlines() or [path for path in paths_of_tree() if path[-1] != "/"]


def markdown_of(notebook: Path) -> str:
    """Return the prose of a notebook."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def course_map() -> list[tuple[str, str, str]]:
    """Return title, file and minutes of each lesson in the course map."""
    return re.findall(
        r"^\| \[(.+?)\]\((.+?)\) \|.*\| (.+?) \|$", section("The course"), re.MULTILINE
    )


def test_all_that_the_tree_names_is_there() -> None:
    paths = paths_of_tree()
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_tree_names_every_file_at_the_top_and_every_module() -> None:
    files = committed_files()
    tops = {path.partition("/")[0] for path in files if not path.startswith(".")}
    modules = {
        path for path in files if re.fullmatch(r"src/dlcourse/(commands/|checking/)?\w+\.py", path)
    }
    in_tree = paths_of_tree()
    assert tops - {path.partition("/")[0] for path in in_tree} == set()
    unnamed = modules - set(in_tree) - {"src/dlcourse/__main__.py"}
    missing = {path for path in unnamed if not re.search(r"/\w+/__init__\.py", path[12:])}
    assert missing == set(), "add a line for each to the tree in README.md"


def test_the_course_map_has_every_lesson_in_order() -> None:
    lessons = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("notebooks/*.ipynb"))
    assert [file for _, file, _ in course_map()] == lessons


@pytest.mark.parametrize(("title", "file", "minutes"), course_map())
def test_the_course_map_has_each_lessons_title_and_minutes(
    title: str, file: str, minutes: str
) -> None:
    prose = markdown_of(ROOT / file)
    heading = prose.partition("\n")[0].removeprefix("# ")
    assert title == f"{Path(file).name[:2]} {heading}"
    in_box = re.search(r"^> \*\*Minutes:\*\*(.*)$", prose, re.MULTILINE)
    assert in_box
    in_map, in_lesson = re.findall(r"\d+", minutes), re.findall(r"\d+", in_box[1])
    assert in_map == in_lesson, "correct the minutes in the course map in README.md"


def test_the_course_map_says_how_long_the_course_takes() -> None:
    totals = [int(minutes.partition(" ")[0]) for *_, minutes in course_map()]
    assert f"{round(sum(totals) / 60)} hours in all" in section("The course")


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^|[A-Z]=\w+ )make ([a-z-]+)", text, re.MULTILINE))
    targets = re.findall(
        r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {"test"} <= named <= set(targets)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_the_repository_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", text)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {"#" + heading.lower().replace(" ", "-") for heading in headings}
    assert [link for link in links if link not in anchors and not (ROOT / link).exists()] == []


def test_the_two_ways_to_begin_come_first() -> None:
    blocks = README.split("```")[1:4:2]
    commands = [[line.split(" #")[0].strip() for line in b.strip().splitlines()] for b in blocks]
    assert commands == [["pip install dlcourse", "dlcourse lab"], ["make lab", "make test"]]
