"""An exercise as a learner meets it: its verdicts on the page, by mouse and by keys alone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from dlcourse.commands.lessons import find_lesson
from dlcourse.exercises import autograd, start_here
from lab import Notebook, serious_faults
from notebook_lesson import Lesson
from notebook_plugin import solved_source

AUTOGRAD = Lesson.read(find_lesson("02")).node
WRONG = "def slope(f, x):\n    return f(x)\n\n\nex.slope.check(slope)"
RIGHT = solved_source("autograd.slope")


def number_of(text: str) -> int:
    """Return the number of the first cell of lesson 02 that contains `text`."""
    return next(n for n, cell in enumerate(AUTOGRAD.cells) if text in cell.source)


def verdict(notebook: Notebook, cell: int) -> Locator:
    """Return the box below a cell that says how the answer was judged."""
    return notebook.outputs(cell).locator("[role=status]")


@pytest.fixture(scope="module")
def lesson(open_copy: Callable[[Path, str], Notebook]) -> Notebook:
    """A copy of lesson 02, in which only what its first exercise needs has run."""
    notebook = open_copy(find_lesson("02"), "exercises.ipynb")
    for text in ("import torch", "from dlcourse.exercises import autograd"):
        number = number_of(text)
        notebook.write_and_run(number, AUTOGRAD.cells[number].source)
    return notebook


def test_a_wrong_answer_is_told_what_is_wrong_and_a_right_one_passes(lesson: Notebook) -> None:
    cell = number_of("ex.slope.check(")
    lesson.write_and_run(cell, WRONG)
    expect(verdict(lesson, cell)).to_contain_text("Not yet")
    wrong = verdict(lesson, cell).inner_text()
    assert len(wrong.splitlines()) > 1, "no word on what is wrong"
    lesson.write_and_run(cell, RIGHT)
    expect(verdict(lesson, cell)).to_contain_text("✓ Passed")
    assert lesson.errors == []


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_axe_finds_no_serious_fault_in_any_kind_of_verdict(theme: str, lesson: Notebook) -> None:
    lesson.choose_theme(theme)
    cell = number_of("ex.slope.check(")
    untouched = autograd.slope.cell_source
    raising = WRONG.replace("return f(x)", "return g(x)")
    asking = ("ex.slope.hint()", "ex.slope.solution()")
    for source in (untouched, WRONG, raising, RIGHT, *asking):
        lesson.write_and_run(cell, source)
        expect(verdict(lesson, cell).first).to_be_visible()
        verdict(lesson, cell).first.scroll_into_view_if_needed()
        assert serious_faults(lesson.page, "[role=status]") == [], source


def test_the_stop_button_ends_an_answer_that_never_ends(lesson: Notebook) -> None:
    cell = number_of("ex.slope.check(")
    lesson.write_and_start(cell, WRONG.replace("return f(x)", "while True: pass"))
    lesson.page.wait_for_timeout(1500)
    lesson.page.locator("[data-jp-item-name='interrupt']").first.click()
    lesson.wait_until_idle()
    lesson.write_and_run(cell, RIGHT)
    expect(verdict(lesson, cell)).to_contain_text("✓ Passed")


def test_lesson_00_can_be_worked_through_with_the_keys_alone(
    open_copy: Callable[[Path, str], Notebook],
) -> None:
    original = find_lesson("00")
    notebook = open_copy(original, "keys.ipynb")
    keyboard, cells = notebook.page.keyboard, Lesson.read(original).node.cells
    _enter_notebook(notebook)
    exercise = next(n for n, cell in enumerate(cells) if ".check(" in cell.source)
    for number in range(exercise):
        keyboard.press("Shift+Enter")
        if cells[number].cell_type == "code":
            expect(notebook.cell(number).locator(".jp-InputArea-prompt")).to_have_text(
                re.compile(r"\[\d+\]:"), timeout=120_000
            )
    name = cells[exercise].source.partition("ex.")[2].partition(".check")[0]
    record = getattr(start_here, name)
    answers = {"Not yet": record.stub.replace("...", '"a"'), "✓ Passed": record.solution_source}
    for told, answer in answers.items():
        keyboard.press("Enter")
        keyboard.press("Control+A")
        keyboard.insert_text(record.cell_source.replace(record.stub, answer))
        keyboard.press("Control+Enter")
        expect(verdict(notebook, exercise)).to_contain_text(told, timeout=20_000)
    assert notebook.errors == []


def _enter_notebook(notebook: Notebook) -> None:
    """Press Tab until a cell of the notebook has the focus, then go to its first cell."""
    in_cell = "document.activeElement.closest('.jp-Notebook .jp-Cell') !== null"
    for _ in range(100):
        if notebook.page.evaluate(in_cell):
            break
        notebook.page.keyboard.press("Tab")
    else:
        pytest.fail("Tab does not lead into the notebook")
    notebook.page.keyboard.press("Escape")
    for _ in range(100):
        notebook.page.keyboard.press("ArrowUp")
