"""The slides, as an instructor meets them: opened from a folder, offline, by keyboard, on paper."""

import copy
import dataclasses
import re
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
READABLE = 19.5  # pixels, of code in a window of that size: below, the last row reads it no longer


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
def test_question_and_answer_are_above_the_bar_and_their_code_is_large_enough(
    name: str, open_slides: Callable[[str], Page]
) -> None:
    page = open_slides(name)
    for number in range(1, page.locator("section").count() + 1):
        question, answer, smallest, bar = page.evaluate(
            """number => {
              const bottoms = (which) => Math.max(0, ...[...document.querySelectorAll(
                `section.current > ${which}`)].map((one) => one.getBoundingClientRect().bottom));
              location.hash = `#${number}`;
              window.dispatchEvent(new Event("hashchange"));
              const question = bottoms(":not(.revealed)");
              if (document.querySelector("section.current .revealed"))
                document.getElementById("next").click();
              const sizes = [...document.querySelectorAll("section.current pre")].map(
                (one) => parseFloat(getComputedStyle(one).fontSize));
              const bar = document.querySelector("nav").getBoundingClientRect();
              return [question, bottoms(".revealed"), Math.min(99, ...sizes), bar];
            }""",
            number,
        )
        assert question <= bar["top"], f"slide {number}"
        assert answer < bar["top"] + 1, f"slide {number}"
        assert (bar["left"], bar["right"], bar["bottom"]) == (0, WIDTH, HEIGHT), "all else is above"
        assert smallest > READABLE, f"slide {number}"


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


def test_a_line_of_code_that_wraps_goes_on_to_the_right_of_its_start(
    open_slides: Callable[[str], Page],
) -> None:
    page = open_slides("08_convolutional_networks")
    page.set_viewport_size({"width": WIDTH // 2, "height": HEIGHT})
    page.evaluate("document.body.classList.remove('js')")  # all slides at once
    starts = page.evaluate(
        """() => [...document.querySelectorAll(".code pre")].flatMap((code) => {
          const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
          const lines = [[]]; // of each line, where its characters are
          while (walker.nextNode()) {
            [...walker.currentNode.data].forEach((character, at) => {
              const range = document.createRange();
              range.setStart(walker.currentNode, at);
              range.setEnd(walker.currentNode, at + 1);
              if (character === "\\n") lines.push([]);
              else if (character !== " ") lines.at(-1).push(range.getBoundingClientRect());
            });
          }
          return lines.filter((line) => line.length).map((line) => [
            line[0].left,
            Math.min(...line.filter((one) => one.top > line[0].top + 5).map((one) => one.left)),
          ]);
        })"""
    )
    wrapped = [(first, second) for first, second in starts if second < WIDTH]
    assert len(wrapped) > 20
    assert all(second > first for first, second in wrapped)


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
def test_on_paper_a_slide_fills_a_page_that_is_wider_than_high(
    name: str, open_slides: Callable[[str], Page]
) -> None:
    page = open_slides(name)
    printed = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(boxes) == page.locator("section").count()
    assert all(float(width) > float(height) for width, height in boxes)
    assert page.locator("section.current").count() == 1
    assert not page.locator("section:not(.current)").first.is_visible(), "the screen is as before"


@pytest.mark.parametrize("name", LESSONS)
def test_axe_finds_no_barrier(name: str, open_slides: Callable[[str], Page]) -> None:
    page = open_slides(name)
    page.evaluate("document.body.classList.remove('js')")  # all slides at once
    assert not find_barriers(page)
