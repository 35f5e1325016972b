"""The pages about a class, as instructors and students meet them: files, offline, no barrier."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from barriers import find_barriers
from dlcourse.grading.policy import Policy, grades
from dlcourse.grading.records import Record
from dlcourse.grading.report import file_name, write_page, write_report
from dlcourse.grading.similarity import Pair, Part

WIDE, PHONE = 1280, 375
LONG = "x" * 300
EVIL = (
    f"<script>document.title = 'harmed'</script><img src=x onerror=document.title='harmed'>{LONG}"
)
OUTCOMES = ("passed", "not yet", "your code raised", "not attempted", "missing", "stopped")


def records() -> list[Record]:
    """Return the records of six students in two lessons."""
    time = "2026-11-28T10:00:00+00:00"
    return [
        Record(
            *(f"{who}-{lesson}.ipynb", "d", 6, who, False, time, f"{lesson}.exercise_{number}"),
            OUTCOMES[(number + place) % 6],
            "" if number == place else f"Line 1\n{EVIL}",
            *(0.1, 7, "Python"),
        )
        for lesson in ("tensors", "autograd")
        for place, who in enumerate(("ada", "bob", "eve", EVIL, "李雷", LONG))
        for number in range(6)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all pages."""
    folder = tmp_path_factory.mktemp("report")
    all_ = records()
    write_report(folder, all_, grades(all_, Policy()))
    code = f"def f(x):\n    return '{EVIL}'\n" * 5
    pairs = [Pair("ada", EVIL, 0.9, [Part("tensors.bars", code, code)])] * 2
    content = {"title": "Similar code", "limit": 3, "n_students": 6, "threshold": 0.5}
    pairs_told = {"pairs": pairs, "n_left_out": 1}
    write_page(folder / "similarity.html", "similarity", {**content, **pairs_told})
    return folder


@pytest.mark.parametrize(
    "name", ["index.html", f"students/{file_name(EVIL)}", "similarity.html"], ids=str
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_has_no_barrier_is_harmless_and_fits_a_phone(
    name: str, scheme: str, folder: Path, new_page: Callable[[], Page]
) -> None:
    page = new_page()
    page.context.set_offline(True)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.on(
        "request",
        lambda one: None if one.url.startswith(("file:", "data:")) else pytest.fail(one.url),
    )
    page.goto((folder / name).as_uri())
    assert page.title() in {"What the class solved", f"Feedback for {EVIL}", "Similar code"}
    for width in (WIDE, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert not find_barriers(page)
    for image in page.locator("img").all():
        assert image.evaluate("one => one.naturalWidth") > 100


def test_print_shows_the_whole_table(folder: Path, new_page: Callable[[], Page]) -> None:
    page = new_page()
    page.goto((folder / "index.html").as_uri())
    page.emulate_media(media="print")
    overflow = "getComputedStyle(document.querySelector('.scroll')).overflowX"
    assert page.evaluate(overflow) == "visible"
    assert page.locator("table").first.is_visible()
