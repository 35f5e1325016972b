"""How Sphinx turns the pages that `build.py` has prepared into the course's site.

Covers: the theme, MyST, the notebooks, MathJax from this site's own files.
Does not cover: what is on the pages (`lesson_pages`, `overview_pages`, `pages/`).
"""

import importlib.metadata
import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from slides import mathjax  # noqa: E402 - Sphinx runs this file with another path

project = "dlcourse"
author = "the authors of dlcourse"
copyright = "the authors of dlcourse; text and figures CC BY 4.0, code MIT"  # noqa: A001 - Sphinx's name
release = version = importlib.metadata.version("dlcourse")
html_title = "dlcourse"  # short, or the page's header is wider than a phone
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
nb_execution_mode = "off"  # the lessons are committed with their outputs, which tests compare
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings: list[str] = []
autodoc_typehints = "signature"

html_theme = "pydata_sphinx_theme"
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
html_js_files = [("report.js", {"defer": "defer", "data-version": version})]
html_sidebars: dict[str, list[str]] = {  # where a page has no others beside it
    name: []
    for name in ("accessibility", "exercises", "glossary", "index", "map", "reference", "report")
}
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None  # the same text gives the same site
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "show_prev_next": True,
    "show_nav_level": 1,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
copybutton_prompt_text = ""
copybutton_selector = "div.cell_input pre, details pre"
mathjax_path = "mathjax.js"


def write_mathjax(app: Sphinx) -> None:
    """Put MathJax among the site's own files."""
    target = Path(app.outdir, "_static", mathjax_path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(mathjax())


def setup(app: Sphinx) -> None:
    """Have MathJax copied once the site's folder is there."""
    app.connect("build-finished", lambda app, error: None if error else write_mathjax(app))
