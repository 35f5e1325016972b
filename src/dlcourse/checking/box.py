"""Shows a verdict, hint or solution: a box in a notebook, plain text in a terminal.

The box is a group with a name, readable by keyboard and screen reader; its state is told by words
and a sign, never by color alone; its colors are JupyterLab's own, so it follows the theme.

Covers: how a title, a text and code are shown.
Does not cover: what they say (`exercise`, `judgment`).
"""

import html
import sys

# JupyterLab's variable for the edge of the box, and the color where there is no JupyterLab.
_EDGES = {
    "good": "var(--jp-success-color1, #009E73)",
    "bad": "var(--jp-warn-color0, #D55E00)",
    "neutral": "var(--jp-info-color1, #56B4E9)",
}


def show_box(title: str, text: str, *, mood: str = "neutral", code: str = "") -> None:
    """Show `title`, `text` and then `code`, for people and screen readers.

    Args:
        title: what has happened, in a few words.
        text: what there is to say about it; lines stay lines, `code` in backticks is set as code.
        mood: "good", "bad" or "neutral": the color of the edge, which repeats what `title` says.
        code: Python code to be copied, or a table in columns.
    """
    plain = "\n".join(part for part in (title, text, code) if part)
    notebook = sys.modules.get("IPython")
    if notebook is None or notebook.get_ipython() is None:
        sys.stdout.write(plain + "\n")
        return
    from IPython.display import display  # noqa: PLC0415 - loaded already where this is reached

    box = {"text/plain": plain, "text/html": _as_html(title, text, mood, code)}
    display(box, raw=True)  # type: ignore[no-untyped-call]


def _as_html(title: str, text: str, mood: str, code: str) -> str:
    style = f"border-left: 5px solid {_EDGES[mood]}; padding: 0.3em 1em; margin: 0.3em 0"
    parts = [f"<strong>{html.escape(title)}</strong>"]
    if text:
        parts.append(f'<div style="white-space: pre-wrap">{_mark_code(text)}</div>')
    if code:
        style_of_code = "white-space: pre-wrap; word-break: normal; margin-top: 0.5em"
        parts.append(f'<pre style="{style_of_code}"><code>{html.escape(code)}</code></pre>')
    # `status` makes screen readers say what appeared, without taking the focus from the cell
    return f'<div role="status" style="{style}">{"".join(parts)}</div>'


def _mark_code(text: str) -> str:
    """Return `text` as HTML, with what stands between backticks as code."""
    parts = html.escape(text).split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner is only a backtick
        return html.escape(text)
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
