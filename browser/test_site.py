"""The course's site, as its readers meet it: every page, in both themes, wide and on a phone.

It is opened as files, without a server, in a browser that is offline.
"""

import io
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import ConsoleMessage, Page
from pypdf import PdfReader

from barriers import COLORS, find_barriers
from dlcourse.exercises import catalog
from dlcourse.places import ROOT

SITE = ROOT / "build" / "site"
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
MEGABYTE = 1_000_000
LARGEST_SITE, LARGEST_LESSON = 60 * MEGABYTE, 1.5 * MEGABYTE
WIDE, PHONE = 1280, 375


@pytest.fixture(scope="module", autouse=True)  # no test looks at what was built before
def pages() -> dict[str, BeautifulSoup]:
    """Build the site, with no network where that can be taken away; return its pages, parsed."""
    command = [sys.executable, str(ROOT / "site" / "build.py")]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and _can_unshare():
        command = ["unshare", "--net", *command]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    return {
        path.relative_to(SITE).as_posix(): BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in sorted(SITE.rglob("*.html"))
    }


def _can_unshare() -> bool:
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return tried.returncode == 0


def test_it_is_small(pages: dict[str, BeautifulSoup]) -> None:
    assert sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file()) < LARGEST_SITE
    for lesson in LESSONS:
        assert (SITE / f"{lesson}.html").stat().st_size < LARGEST_LESSON
    assert {f"{lesson}.html" for lesson in LESSONS} <= pages.keys()


def test_every_link_leads_somewhere_within_the_site(pages: dict[str, BeautifulSoup]) -> None:
    names = {page: _anchors(soup) for page, soup in pages.items()}
    broken = []
    for page, soup in pages.items():
        for link in soup.find_all("a", href=True):
            address = urlsplit(str(link["href"]))
            if address.scheme in {"http", "https"}:
                continue  # further reading, which a reader chooses to open
            path = (SITE / page).parent / unquote(address.path) if address.path else SITE / page
            target = path.resolve().relative_to(SITE).as_posix()
            anchor = unquote(address.fragment)
            if not path.exists() or (anchor and anchor not in names.get(target, set())):
                broken.append(f"{page}: {link['href']}")
    assert not broken


def _anchors(soup: BeautifulSoup) -> set[str]:
    return {str(tag["id"]) for tag in soup.find_all(id=True)}


def test_nothing_is_loaded_from_another_host(pages: dict[str, BeautifulSoup]) -> None:
    loaded = re.compile(r"https?:|//")
    for page, soup in pages.items():
        for tag in soup.find_all(["script", "img", "link", "iframe", "source"]):
            address = str(tag.get("src") or tag.get("href") or "")
            assert not loaded.match(address), f"{page} loads {address}"


def test_every_figure_has_its_description(pages: dict[str, BeautifulSoup]) -> None:
    for page, soup in pages.items():
        for image in soup.select("article img"):
            assert str(image.get("alt", "")).strip(), f"{page}: {str(image)[:80]}"


def test_every_exercise_has_its_hints_and_solution_behind_folds(
    pages: dict[str, BeautifulSoup],
) -> None:
    folds = {lesson: pages[f"{lesson}.html"].select("article details") for lesson in LESSONS}
    expected = sum(len(exercise.hints) + 1 for exercise in catalog())
    assert sum(map(len, folds.values())) == expected
    assert not any(fold.has_attr("open") for found in folds.values() for fold in found)
    shown = "\n".join(fold.get_text() for found in folds.values() for fold in found)
    for exercise in catalog():
        assert exercise.solution_source.rstrip() in shown


def open_page(new_page: Callable[[], Page], name: str, theme: str, width: int) -> Page:
    """Open a page of the site offline; whatever it asks another host for fails the test."""
    page = new_page()
    page.context.set_offline(True)
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(f"localStorage.setItem('mode', '{theme}')")
    faults: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error":
            faults.append(said.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.goto((SITE / name).as_uri())
    page.wait_for_load_state("load")
    if page.locator("mjx-container, .math").count():
        page.wait_for_selector("mjx-container svg", state="attached")
    assert not faults
    return page


KINDS = [*(f"{lesson}.html" for lesson in LESSONS), *(
    f"{name}.html"
    for name in (
        "index", "lessons", "exercises", "glossary", "map", "reference", "accessibility", "report",
        "search", "teach/index", "teach/03",
    )
)]  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_no_barrier_and_nothing_is_wider_than_a_phone(
    name: str, pages: dict[str, BeautifulSoup], new_page: Callable[[], Page]
) -> None:
    assert name in pages
    page = open_page(new_page, name, "light", WIDE)
    set_up(page, "light", WIDE)
    assert not find_barriers(page)
    set_up(page, "dark", WIDE)
    assert not find_barriers(page, only=COLORS)
    set_up(page, "dark", PHONE)
    assert not find_barriers(page, but=COLORS)
    set_up(page, "light", PHONE)
    page.close()  # a browser with all pages open is slow


def set_up(page: Page, theme: str, width: int) -> None:
    """Show a page in a theme, in a window so many pixels wide; nothing may be wider."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    page.wait_for_timeout(600)  # colors fade, and the theme looks at widths 300 ms later
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{theme}: {wide} pixels wide on a window of {width}"


def test_the_keyboard_opens_every_fold(
    pages: dict[str, BeautifulSoup], new_page: Callable[[], Page]
) -> None:
    name = "02_autograd.html"
    page = open_page(new_page, name, "light", WIDE)
    folds = page.locator("article details")
    assert folds.count() == len(pages[name].select("article details"))
    for number in range(folds.count()):
        folds.nth(number).locator("summary").focus()
        page.keyboard.press("Enter")
        assert folds.nth(number).get_attribute("open") is not None


def test_a_search_finds_the_lesson_that_explains_a_word(new_page: Callable[[], Page]) -> None:
    page = open_page(new_page, "search.html", "light", WIDE)
    page.goto((SITE / "search.html").as_uri() + "?q=broadcasting")
    page.wait_for_selector("#search-results li a")
    assert "01_tensors.html" in str(page.inner_html("#search-results"))


def test_a_report_says_where_the_reader_was(new_page: Callable[[], Page]) -> None:
    page = open_page(new_page, "03_activations.html", "light", WIDE)
    page.locator("p.report a").nth(2).click()
    page.wait_for_function("document.getElementById('report-text')?.value")
    said = page.input_value("#report-text")
    assert said.startswith("Lesson: 03_activations\nSection: 3. Where the formulas break\nCell: ")
    assert f"\nVersion: {metadata.version('dlcourse')}\n" in said
    page.click("#report-copy")
    page.wait_for_function("document.getElementById('report-said').textContent !== ''")


def test_print_leaves_out_what_only_a_screen_can_use(new_page: Callable[[], Page]) -> None:
    page = open_page(new_page, "01_tensors.html", "light", WIDE)
    page.emulate_media(media="print")
    for selector in (".bd-header", ".bd-sidebar-primary", "p.report", ".prev-next-area", "details"):
        assert not page.locator(selector).first.is_visible()
    assert page.locator("article img").first.is_visible()
    pages = page.pdf(format="Letter").count(b"/Type /Page\n")
    assert 10 < pages < 35, "a lesson is a handout, not a book"


@pytest.mark.parametrize("name", ["05_mnist_mlp", "08_convolutional_networks", "teach/08"])
def test_paper_has_all_of_a_page(name: str, new_page: Callable[[], Page]) -> None:
    page = open_page(new_page, f"{name}.html", "light", WIDE)
    printed = PdfReader(io.BytesIO(page.pdf(format="Letter")))
    on_paper = _letters("".join(sheet.extract_text() for sheet in printed.pages))
    page.emulate_media(media="print")
    ends = page.locator("article section > :last-child:not(section)").filter(visible=True)
    texts = ends.all_inner_texts()
    assert len(texts) > 5
    missing = [text for text in texts if _letters(text)[-30:] not in on_paper]
    assert not missing


def _letters(text: str) -> str:
    """Return the letters alone: paper breaks lines elsewhere, and joins some letters."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(one for one in text if one.isascii() and one.isalpha())


def test_two_builds_are_the_same(pages: dict[str, BeautifulSoup], tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in SITE.rglob("*.html")}
    subprocess.run([sys.executable, ROOT / "site" / "build.py"], cwd=tmp_path, check=True)
    assert {path: path.read_bytes() for path in SITE.rglob("*.html")} == before
    assert pages
