"""Code and outputs on a slide: as HTML, and no more of them than a room can read.

Covers: how many rows they take, where long code is cut, what of a long output is shown.
Does not cover: which code is on a slide (`slides`).
"""

from html import escape
from itertools import accumulate, dropwhile
from math import ceil

from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

_MOST_ROWS = 20  # of code or output that a room can read, at the smallest size of slides.js
_CHARACTERS_OF_CODE = 100  # in a row, at that size
_WIDE = 88  # characters, with which a row is full at the largest size
_CHARACTERS_OF_TEXT = 105
_ROWS_OF_A_LINE = 1.25  # text is larger than code, and has space between its paragraphs
_ENDS = {"", "#", '"""'}  # lines after which code may be cut
_STYLE = "a11y-high-contrast-light"


def code_style() -> str:
    """Return the CSS of the colors."""
    return str(HtmlFormatter(style=_STYLE).get_style_defs(".code"))


def code_html(source: str) -> str:
    """Return code as HTML with colors; "" where there is none."""
    return _block(_lines(source)) if source else ""


def code_in_parts(source: str) -> list[str]:
    """Return code as HTML, in as many parts as a room can read one after another."""
    return list(map(_block, _parts(_lines(source))))


def _lines(source: str) -> list[tuple[str, str]]:
    """Return each line of code, and its HTML."""
    colored = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return list(zip(source.splitlines(), colored.splitlines(), strict=False))


def _block(lines: list[tuple[str, str]]) -> str:
    kind = "code wide" if max(len(source) for source, _ in lines) > _WIDE else "code"
    return f'<div class="{kind}"><pre>{"".join(_line(*line) for line in lines)}</pre></div>'


def _line(source: str, colored: str) -> str:
    """Return a line that knows its indent: where it wraps, it goes on to the right of that."""
    indent = len(source) - len(source.lstrip())
    return f'<span class="line" style="--indent: {indent}">{colored}\n</span>'


def _parts(lines: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Cut lines where something ends, if that is near the middle; in the middle, if it is not."""
    if sum(_rows_of_line(source) for source, _ in lines) <= _MOST_ROWS:
        return [lines]
    middle = len(lines) // 2
    near = range(middle // 2, len(lines) - middle // 2)
    ends = [at for at in near if lines[at - 1][0].strip() in _ENDS]
    cut = min(ends, key=lambda at: abs(at - middle), default=middle)
    return _parts(lines[:cut]) + _parts(lines[cut:])


def output_html(text: str) -> str:
    """Return what a cell printed, at most as many lines as a room can read; "" if nothing."""
    lines = text.splitlines()
    shown = text if len(lines) <= _MOST_ROWS else "\n".join([*lines[:_MOST_ROWS], "…"])
    return f'<pre class="output">{escape(shown)}</pre>' if text else ""


def end_of_code(source: str) -> str:
    """Return the last statements of long code, which say what is computed and printed."""
    if _rows_of_code(source) <= _MOST_ROWS:
        return source
    lines = source.splitlines()
    rows = accumulate(map(_rows_of_line, reversed(lines)))
    end = lines[-sum(number <= _MOST_ROWS for number in rows) :]
    from_a_statement = list(dropwhile(lambda line: not line or line[0] in " )]}", end))
    return "\n".join(["# …", *(from_a_statement or end)])


def have_room(text: str, source: str) -> bool:
    """Tell whether a text and the code below it are few enough to be on one slide."""
    lines = [ceil(len(line) / _CHARACTERS_OF_TEXT) for line in text.splitlines() if line]
    return sum(lines) * _ROWS_OF_A_LINE + _rows_of_code(source) <= _MOST_ROWS - 1


def _rows_of_code(source: str) -> int:
    return sum(map(_rows_of_line, source.splitlines()))


def _rows_of_line(line: str) -> int:
    """Return how many rows a line takes, as a long one wraps."""
    return max(ceil(len(line) / _CHARACTERS_OF_CODE), 1)
