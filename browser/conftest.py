"""One JupyterLab for all tests of a worker, and a fresh page for each."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from dlcourse.places import ROOT
from lab import Notebook, copy_course, start_lab

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = [  # it starts no services of its own and needs no network
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


class _ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Gives the tests of a file to one worker, and each lesson to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", maxsplit=1)[0]
        return nodeid if file.endswith("test_lab_lessons.py") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Say how pytest-xdist shares out the tests: a file's tests share a lab, a site, slides."""
    return _ByFile(config, log)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium or Chrome without a window."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    assert path, "There is no Chromium here: install it, or name one with CHROMIUM=/path/to/it."
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # whom Chromium gives no sandbox
    with sync_playwright() as playwright:
        flags = [*_FLAGS, *["--no-sandbox"] * is_root]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def course(worker_id: str) -> Path:
    """Return the copy of the course that the lab of this worker is started in."""
    folder = ROOT / ".browser" / f"course-{worker_id}"
    folder.mkdir(parents=True, exist_ok=True)
    return copy_course(folder)


@pytest.fixture(scope="session")
def lab(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address and the token of a running lab."""
    with start_lab(course, tmp_path_factory.mktemp("settings")) as lab:
        yield lab


@pytest.fixture(scope="module")
def new_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    """What opens a page of a fresh browser, with a mouse and a touch screen."""
    contexts = []

    def open_page() -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def open_notebook(new_page: Callable[[], Page], lab: tuple[str, str]) -> Callable[[str], Notebook]:
    """What opens the notebook of that name in the lab, on a page of its own."""
    return lambda name: Notebook(new_page(), lab, name)


@pytest.fixture(scope="module")
def open_copy(
    course: Path, open_notebook: Callable[[str], Notebook]
) -> Callable[[Path, str], Notebook]:
    """What opens a copy of a notebook's file, under that name, which no other test has run."""

    def open_it(original: Path, name: str) -> Notebook:
        shutil.copy(original, course / "work" / name)
        return open_notebook(name)

    return open_it
