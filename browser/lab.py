"""JupyterLab as a learner has it: started with `make lab`, used through its page.

Covers: a copy of the course to start it in, opening a notebook, running it, its cells and outputs,
what a screen reader is told, what axe finds.
Does not cover: what should be on a page; the tests say that.
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import CDPSession, Locator, Page

from course_process import get, wait_for
from dlcourse.places import ROOT

_ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)\S*\?token=(\w+)")
FIGURES = ".jp-OutputArea-output img"  # in JupyterLab, and on the pages of nbconvert
_CELLS = ".jp-Notebook .jp-Cell"
_PROMPTS = ".jp-Notebook .jp-CodeCell .jp-InputArea-prompt"
_SETTINGS = (  # the folders in which Jupyter keeps them
    "IPYTHONDIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
)
_TRACEBACKS = "pre:has([class^=ansi-])"  # nothing else has such colors
_AXE_OPTIONS = {"resultTypes": ["violations", "incomplete"]}
_RUN_SECONDS = 600  # of a whole lesson, on a slow machine


def copy_course(folder: Path) -> Path:
    """Make `folder` what a clone would be with all that is not committed yet; return it.

    What was set up there by an earlier call stays, so that it need not be set up again.
    """
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for old in folder.glob("*"):
        if old.name != ".venv":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for name in listing.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@contextmanager
def start_lab(course: Path, settings: Path) -> Iterator[tuple[str, str]]:
    """Run `make lab` in `course`, with nobody's settings; yield its address and its token."""
    environment = os.environ | {name: str(settings / name.lower()) for name in _SETTINGS}
    told = settings / "told.txt"
    with told.open("w") as output:
        lab = subprocess.Popen(
            ["make", "lab", "ARGS=--no-browser"],
            cwd=course,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(lambda: _ADDRESS.search(told.read_text()) or lab.poll() is not None, seconds=900)
        found = _ADDRESS.search(told.read_text())
        assert found, told.read_text()
        wait_for(lambda: get(f"{found[1]}/lab?token={found[2]}")[0] == 200)
        yield found[1], found[2]
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        lab.wait(timeout=60)


class Notebook:
    """A notebook that is open in JupyterLab, alone on its page."""

    def __init__(self, page: Page, lab: tuple[str, str], name: str) -> None:
        """Open the notebook `name`; wait until its kernel is idle."""
        self.page = page
        self._lab, self._name = lab, name
        self.errors: list[str] = []  # that the page's own code raised
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        address, token = lab
        workspace = secrets.token_hex(4)  # else JupyterLab opens what another test had open
        page.goto(f"{address}/lab/workspaces/{workspace}/tree/{name}?token={token}")
        page.locator(f"{_CELLS}:visible").first.wait_for(timeout=120_000)
        self.wait_until_idle()

    def close(self) -> None:
        """End the kernel, and close the page: as long as they live they hold a gigabyte or two."""
        address, token = self._lab
        headers = {"Authorization": f"token {token}"}
        sessions = self.page.request.get(f"{address}/api/sessions", headers=headers).json()
        (number,) = (one["id"] for one in sessions if one["path"] == self._name)
        self.page.request.delete(f"{address}/api/sessions/{number}", headers=headers)
        self.page.close()

    def wait_until_idle(self, seconds: float = 120) -> None:
        """Wait until the status bar says that the kernel has nothing to do."""
        self.page.wait_for_function(
            "/Idle/.test(document.querySelector('#jp-main-statusbar')?.textContent ?? '')",
            timeout=1000 * seconds,
            polling=200,
        )

    def menu(self, *path: str) -> None:
        """Choose an entry of a menu, such as "Run", "Run All Cells"."""
        first, *others = path
        self.page.locator(f".lm-MenuBar-item:has-text('{first}')").first.click()
        for entry in others[:-1]:
            self.page.locator(f".lm-Menu-item:has-text('{entry}')").first.hover()
        self.page.locator(f".lm-Menu-item:has-text('{others[-1]}')").first.click()

    def choose_theme(self, theme: str) -> None:
        """Choose a theme from the menu, and wait until the page has it."""
        self.menu("Settings", "Theme", theme)
        has_it = f"document.body.dataset.jpThemeName === '{theme}'"
        self.page.wait_for_function(has_it, timeout=20_000)
        # Meanwhile a picture covers the page, as at the start.
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def show_whole(self) -> None:
        """Make the window as high as the notebook: axe judges no colors of what is out of view."""
        inner = self.page.locator(".jp-WindowedPanel-inner:visible")
        width = self.page.evaluate("innerWidth")
        height = 0
        while height < (needed := inner.evaluate("inner => inner.scrollHeight")):
            height = needed  # what comes into view may turn out to be higher than it was taken for
            self.page.set_viewport_size({"width": width, "height": height + 200})
            self.page.wait_for_timeout(500)
        self.page.locator(".jp-WindowedPanel-outer:visible").evaluate("it => it.scrollTo(0, 0)")

    def run_all(self) -> None:
        """Run all cells, and wait until the last one has run or one has failed."""
        self.menu("Run", "Run All Cells")
        self.page.wait_for_function(
            """selector => {
                const prompts = [...document.querySelectorAll(selector)].map(e => e.textContent);
                return !prompts.some(text => text.includes('*')) && prompts.at(-1) !== '[ ]:';
            }""",
            arg=_PROMPTS,
            timeout=1000 * _RUN_SECONDS,
            polling=500,
        )
        self.wait_until_idle()

    def prompts(self) -> list[str]:
        """Return the number in front of each code cell, as the page shows it."""
        return self.page.locator(_PROMPTS).all_text_contents()

    def cell(self, number: int) -> Locator:
        """Return the cell with that number; the first one is 0, text cells count."""
        return self.page.locator(_CELLS).nth(number)

    def outputs(self, number: int) -> Locator:
        """Return what stands below a cell."""
        return self.cell(number).locator(".jp-OutputArea-output")

    def failed(self) -> list[int]:
        """Return the numbers of the cells with an exception below them."""
        has_error = """cells => cells.map(cell => [...cell.querySelectorAll(
            "[data-mime-type='application/vnd.jupyter.stderr']"
        )].some(output => /Error\\b/.test(output.textContent)))"""
        found: list[bool] = self.page.locator(_CELLS).evaluate_all(has_error)
        return [number for number, failed in enumerate(found) if failed]

    def write_and_start(self, number: int, source: str) -> None:
        """Replace the text of a cell and start it."""
        editor = self.cell(number).locator(".cm-content")
        editor.scroll_into_view_if_needed()
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")

    def write_and_run(self, number: int, source: str) -> None:
        """Replace the text of a cell and run it; wait until it has run."""
        self.write_and_start(number, source)
        self.page.wait_for_timeout(300)
        self.wait_until_idle()


def image_names(page: Page, selector: str) -> list[tuple[str, str]]:
    """Return the role and name of each image, as a screen reader gets them from the browser."""
    session = page.context.new_cdp_session(page)
    found = []
    for number, image in enumerate(page.locator(selector).all()):
        element = f"document.querySelectorAll({json.dumps(selector)})[{number}]"
        handle = session.send("Runtime.evaluate", {"expression": element})["result"]["objectId"]
        found.append(_role_and_name(image, session, handle))
    session.detach()
    return found


def _role_and_name(image: Locator, session: CDPSession, handle: str) -> tuple[str, str]:
    """Ask the browser how it presents an element; give it some seconds to lay out the page."""
    for _ in range(100):
        # What is not drawn yet has no name yet; as more is drawn, what is in view moves.
        image.scroll_into_view_if_needed()
        answer = session.send(
            "Accessibility.getPartialAXTree", {"objectId": handle, "fetchRelatives": False}
        )
        node = answer["nodes"][0]
        if not node["ignored"]:
            return node["role"]["value"], " ".join(node["name"]["value"].split())
        image.page.wait_for_timeout(100)
    return "hidden", ""


def serious_faults(page: Page, selector: str) -> list[str]:
    """Return what axe calls serious or critical within `selector`, a line for each element.

    A text of which axe cannot tell the contrast is among them, and so is that it looked at none.
    The colors of tracebacks are JupyterLab's.
    """
    # JupyterLab's body has no height and hides what overflows: to axe, nothing in it is visible.
    page.add_style_tag(content="body { height: 100vh }")
    where = {"include": [[selector]], "exclude": [[_TRACEBACKS]]}
    found: dict[str, Any] = Axe().run(page, where, _AXE_OPTIONS).response
    if any(rule["id"] == "color-contrast" for rule in found["inapplicable"]):
        return [f"color-contrast: axe saw no text in {selector}"]
    unsure = [rule for rule in found["incomplete"] if rule["id"] == "color-contrast"]
    return [
        f"{fault['id']}: {fault['help']}: {node['html'][:200]}"
        for fault in (*found["violations"], *unsure)
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]
