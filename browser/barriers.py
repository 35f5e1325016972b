"""What axe finds on a page: what keeps a reader from using it.

axe spends nine tenths of its time on contrast, which depends on the theme and not on the width of
the window; so who looks at a page in several ways need not look for all each time.
"""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

COLORS = ("color-contrast", "link-in-text-block")  # the rules that depend on colors
_FAULTS = ("moderate", "serious", "critical")


def find_barriers(page: Page, *, only: Sequence[str] = (), but: Sequence[str] = ()) -> list[str]:
    """Return a line for each element that axe calls a moderate fault or worse.

    Args:
        page: as it is now.
        only: the rules to look for; else all.
        but: rules to leave out.
    """
    options: dict[str, Any] = {"resultTypes": ["violations"]}  # or it describes what is right, too
    if only:
        options["runOnly"] = list(only)
    options["rules"] = {rule: {"enabled": False} for rule in but}
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in Axe().run(page, options=options).response["violations"]
        if fault["impact"] in _FAULTS
        for node in fault["nodes"][:3]
    ]
