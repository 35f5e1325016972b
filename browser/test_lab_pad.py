"""The pad of lesson 05: drawn on with the mouse, a finger and the keys, read by the network."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, expect

from dlcourse.commands.lessons import find_lesson
from lab import Notebook, serious_faults
from notebook_lesson import Lesson
from strokes import DIGITS, Stroke

PAD = ".dlcourse-pad"
SAYS = re.compile(r"The network says (\d) \((\d+) %\)")


@pytest.fixture(scope="module")
def lesson(open_copy: Callable[[Path, str], Notebook]) -> Notebook:
    """Lesson 05 after all its cells have run, in a copy of its own."""
    notebook = open_copy(find_lesson("05"), "pad.ipynb")
    notebook.run_all()
    return notebook


@pytest.fixture
def pad(lesson: Notebook) -> Locator:
    """The pad, empty and in view."""
    pad = lesson.page.locator(PAD)
    pad.scroll_into_view_if_needed()
    clear(pad)
    return pad


def clear(pad: Locator) -> None:
    """Press the pad's button, and wait until it is empty."""
    pad.get_by_role("button", name="Clear").click()
    expect(pad.get_by_role("status")).to_have_text("Draw a digit, 0 to 9.")


def on_page(pad: Locator, stroke: Stroke) -> Stroke:
    """Return the points of a stroke in the coordinates of the page."""
    box = pad.locator("canvas").bounding_box()
    assert box is not None
    return [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in stroke]


def draw_with_mouse(pad: Locator, strokes: list[Stroke]) -> None:
    mouse = pad.page.mouse
    for stroke in strokes:
        first, *others = on_page(pad, stroke)
        mouse.move(*first)
        mouse.down()
        for point in others:
            mouse.move(*point)
        mouse.up()


def draw_with_finger(pad: Locator, strokes: list[Stroke]) -> None:
    session = pad.page.context.new_cdp_session(pad.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    for stroke in strokes:
        first, *others = on_page(pad, stroke)
        touch("touchStart", first)
        for point in others:
            touch("touchMove", point)
        touch("touchEnd")
    session.detach()


def answer(pad: Locator) -> tuple[int, int]:
    """Return the digit that the network says, and its percentage, once the answer is there."""
    status = pad.get_by_role("status")
    expect(status).to_have_text(SAYS, timeout=20_000)
    found = SAYS.search(status.text_content() or "")
    assert found is not None
    return int(found[1]), int(found[2])


def bars(pad: Locator) -> list[int]:
    """Return the percentages beside the ten bars."""
    rows = pad.get_by_role("row").all()
    return [
        int((row.get_by_role("cell").last.text_content() or "").removesuffix(" %")) for row in rows
    ]


def test_the_pad_opens_with_the_four_of_the_lesson(lesson: Notebook) -> None:
    pad = lesson.page.locator(PAD)
    pad.scroll_into_view_if_needed()
    digit, percent = answer(pad)
    assert digit == 4
    assert bars(pad)[4] == percent > 90
    assert pad.page.locator(f"{PAD} canvas").evaluate("canvas => canvas.width") == 280
    assert lesson.errors == []


def test_ten_digits_drawn_with_the_mouse_are_read(
    pad: Locator, capsys: pytest.CaptureFixture[str]
) -> None:
    read = {}
    for digit, strokes in DIGITS.items():
        clear(pad)
        draw_with_mouse(pad, strokes)
        pad.page.wait_for_timeout(500)  # the answer to the last of several strokes
        read[digit], percent = answer(pad)
        shown = bars(pad)
        assert shown.index(max(shown)) == read[digit]
        assert abs(max(shown) - percent) <= 1
    n_right = sum(said == digit for digit, said in read.items())
    with capsys.disabled():
        print(f"\nten digits drawn, {n_right} of 10 read right: {read}")
    assert n_right >= 8


def test_a_finger_draws_and_does_not_scroll_the_page(pad: Locator) -> None:
    before = pad.bounding_box()
    draw_with_finger(pad, DIGITS[7])
    assert answer(pad)[0] == 7
    assert pad.bounding_box() == before


def test_the_keys_draw_and_do_not_move_the_notebooks_cursor(pad: Locator, lesson: Notebook) -> None:
    page = pad.page
    active = """[...document.querySelectorAll('.jp-Notebook .jp-Cell')].findIndex(
        cell => cell.classList.contains('jp-mod-active'))"""
    page.keyboard.press("Shift+Tab")  # from the button to the square before it
    expect(pad.locator("canvas")).to_be_focused()
    cell = page.evaluate(active)
    for key, times in (("ArrowUp", 9), (" ", 1), ("ArrowDown", 18), (" ", 1)):  # a 1
        for _ in range(times):
            page.keyboard.press(key)
    digit, _ = answer(pad)
    assert digit == 1
    assert page.evaluate(active) == cell
    page.keyboard.press("Delete")
    expect(pad.get_by_role("status")).to_have_text("Draw a digit, 0 to 9.")
    assert bars(pad) == [0] * 10
    page.keyboard.press("Tab")
    expect(pad.get_by_role("button", name="Clear")).to_be_focused()
    assert lesson.errors == []


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_axe_finds_no_serious_fault_in_the_pad(theme: str, pad: Locator, lesson: Notebook) -> None:
    draw_with_mouse(pad, DIGITS[3])
    answer(pad)
    lesson.choose_theme(theme)
    assert serious_faults(lesson.page, PAD) == []


@pytest.fixture
def small(course: Path, open_notebook: Callable[[str], Notebook]) -> Notebook:
    """A notebook with a pad and a network that takes every drawing for a 7."""
    source = (
        "import torch\nfrom dlcourse.drawing import DigitPad\nDigitPad(lambda _: torch.eye(10)[7])"
    )
    cells = [nbformat.v4.new_code_cell(source)]
    kernel = Lesson.read(find_lesson("00")).node.metadata
    path = course / "work" / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    notebook = open_notebook(path.name)
    notebook.run_all()
    return notebook


def ink(pad: Locator) -> int:
    """Return how many dots of the drawing are not black."""
    colors = "canvas => [...canvas.getContext('2d').getImageData(0, 0, 280, 280).data]"
    return sum(red > 0 for red in pad.locator("canvas").evaluate(colors)[::4])


def test_a_drawing_outlives_the_page_and_the_kernel(small: Notebook) -> None:
    page = small.page
    pad = page.locator(PAD)
    draw_with_mouse(pad, DIGITS[0])
    assert answer(pad) == (7, 100)
    drawn = ink(pad)
    assert drawn > 1000
    small.menu("File", "Save Notebook")
    page.wait_for_timeout(1000)

    page.reload()  # the kernel still runs
    small.wait_until_idle()
    assert answer(pad) == (7, 100)
    assert ink(pad) == drawn
    draw_with_mouse(pad, DIGITS[1])
    assert answer(pad) == (7, 100)
    drawn = ink(pad)

    small.menu("File", "Save Notebook")
    page.wait_for_timeout(1000)
    small.menu("Kernel", "Shut Down Kernel")
    page.wait_for_timeout(1000)
    page.reload()
    assert answer(pad) == (7, 100)
    assert ink(pad) == drawn
    draw_with_mouse(pad, DIGITS[4])
    expect(pad.get_by_role("status")).to_contain_text("No answer yet", timeout=20_000)
