"""The slides, as an instructor meets them: opened from a folder, offline, by keyboard, on paper."""

import copy
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from barriers import find_barriers
from dlcourse.places import ROOT
from lessons import read_lessons
from slides import mathjax, slides_page

LESSONS = {lesson.name: lesson for lesson in read_lessons(ROOT / "notebooks")}
WIDTH, HEIGHT = 1280, 720


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the slides of all lessons."""
    folder = tmp_path_factory.mktemp("slides")
    (folder / "mathjax.js").write_bytes(mathjax())
    for name, lesson in LESSONS.items():
        (folder / f"{name}.html").write_text(slides_page(lesson), encoding="utf-8")
    return folder


@pytest.fixture
def open_slides(folder: Path, new_page: Callable[[], Page]) -> Iterator[Callable[[str], Page]]:
    """What opens a lesson's slides; an error on the page fails the test."""
    pages = []

    def open_one(name: str) -> Page:
        page = new_page()
        page.context.set_offline(True)
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.on("requestfailed", lambda request: pytest.fail(request.url))
        page.goto((folder / f"{name}.html").as_uri())
        pages.append(page)
        return page

    yield open_one
    for page in pages:
        page.close()  # a browser with all pages open is slow


@pytest.mark.parametrize("name", LESSONS)
def test_the_keyboard_leads_through_all_slides_and_none_is_too_wide(
    name: str, open_slides: Callable[[str], Page]
) -> None:
    page = open_slides(name)
    total = page.locator("section").count()
    reveals = page.locator(".revealed").count()
    assert total > 20
    assert reveals > 5
    seen = []
    for _ in range(total + reveals - 1):
        current = page.locator("section.current")
        assert current.count() == 1
        seen.append(current.locator("h1, h2").inner_text())
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#place") == f"{total} of {total}"
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#place") == f"{total} of {total}", "the end stays the end"
    for exercise in LESSONS[name].exercises.values():
        assert f"Exercise: {exercise.title}" in seen
    page.keyboard.press("Home")
    assert page.inner_text("#place") == f"1 of {total}"


@pytest.mark.parametrize("name", LESSONS)
def test_question_and_answer_are_in_the_window_without_scrolling(
    name: str, open_slides: Callable[[str], Page]
) -> None:
    page = open_slides(name)
    for number in range(1, page.locator("section").count() + 1):
        question, answer = page.evaluate(
            """number => {
              const bottoms = (which) => Math.max(0, ...[...document.querySelectorAll(
                `section.current > ${which}`)].map((one) => one.getBoundingClientRect().bottom));
              location.hash = `#${number}`;
              window.dispatchEvent(new Event("hashchange"));
              const question = bottoms(":not(.revealed)");
              if (document.querySelector("section.current .revealed"))
                document.getElementById("next").click();
              return [question, bottoms(".revealed")];
            }""",
            number,
        )
        assert question <= HEIGHT, f"slide {number}"
        assert answer < HEIGHT + 1, f"slide {number}"


def test_an_answer_appears_at_the_next_key_and_not_before(
    open_slides: Callable[[str], Page],
) -> None:
    page = open_slides("03_activations")
    while not page.locator("section.current .revealed").count():
        page.keyboard.press("PageDown")
    place = page.inner_text("#place")
    assert "Predict" in page.locator("section.current").inner_text()
    assert not page.locator("section.current .revealed").is_visible()
    page.keyboard.press(" ")
    assert page.inner_text("#place") == place
    assert page.locator("section.current .revealed").is_visible()
    page.click("#next")
    assert page.inner_text("#place") != place
    page.click("#back")
    assert page.inner_text("#place") == place
    assert page.locator("section.current .revealed").is_visible(), "who goes back has seen it"


def test_an_address_with_a_number_opens_that_slide(open_slides: Callable[[str], Page]) -> None:
    page = open_slides("01_tensors")
    page.goto(f"{page.url.partition('#')[0]}#5")
    page.reload()
    assert page.inner_text("#place").startswith("5 of ")


def test_formulas_are_drawn(folder: Path, open_slides: Callable[[str], Page]) -> None:
    lesson = LESSONS["02_autograd"]
    changed = copy.deepcopy(lesson.notebook)
    cell = next(cell for cell in changed.cells if "**Predict:**" in cell.source)
    cell.source = "**Predict:** what is $x^2$ at 3?"
    page = slides_page(dataclasses.replace(lesson, notebook=changed))
    (folder / "formula.html").write_text(page, encoding="utf-8")
    open_slides("formula").wait_for_selector("mjx-container svg", state="attached")


def test_tags_put_a_cell_on_a_slide_or_keep_it_off() -> None:
    lesson = LESSONS["03_activations"]
    changed = copy.deepcopy(lesson.notebook)
    plain = next(cell for cell in changed.cells if cell.source.startswith("import "))
    asking = next(cell for cell in changed.cells if "**Predict:**" in cell.source)
    plain.source, asking.source = "shown = 'on request'", "**Predict:** is this on a slide?"
    before = slides_page(dataclasses.replace(lesson, notebook=changed))
    assert ("on request" in before, "is this on a slide?" in before) == (False, True)
    plain.metadata["tags"], asking.metadata["tags"] = ["slide"], ["no-slide"]
    after = slides_page(dataclasses.replace(lesson, notebook=changed))
    assert ("on request" in after, "is this on a slide?" in after) == (True, False)


def test_on_paper_every_slide_is_there_with_its_answer(open_slides: Callable[[str], Page]) -> None:
    page = open_slides("03_activations")
    page.emulate_media(media="print")
    sections = page.locator("section")
    assert all(sections.nth(number).is_visible() for number in range(sections.count()))
    answers = page.locator(".revealed")
    assert all(answers.nth(number).is_visible() for number in range(answers.count()))
    assert not page.locator("nav").is_visible()


@pytest.mark.parametrize("name", LESSONS)
def test_axe_finds_no_barrier(name: str, open_slides: Callable[[str], Page]) -> None:
    page = open_slides(name)
    page.evaluate("document.body.classList.remove('js')")  # all slides at once
    assert not find_barriers(page)
