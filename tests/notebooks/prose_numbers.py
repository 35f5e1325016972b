"""Finds the numbers that prose states, and those that code prints or contains.

A number that prose states must be printed, or stand in the code, with the same value: 97.4 is
not supported by a printed 97.43, since a reader would look for it in vain. The forms that count
as the same: 60,000 and 60000 and 60_000; 0.10 and 0.1; −2 and -2; 3.56e-6, 3.56 × 10⁻⁶ and
0.00000356; 97.4 % and 0.974; 1.5 million and 1500000. An unsigned number in prose ("falls by
0.3") is supported by the negative one.

What is no result, and so is not looked for:

- whole numbers from −10 to 10, powers of ten (10⁻⁶), and numbers inside names (float32, x_12);
- years and dates, numbered lists and headings, lesson numbers (lesson 05, 01 to 06, layers (03));
- the *Minutes* line, targets of links and web addresses, HTML tags;
- versions of software that is named (Python 3.11), licenses, numbers of papers, sizes in bits;
- a shape or call that is a code span of its own: `(60000, 28, 28)`, `view(-1, 784)`;
- the sections *Try it yourself* (numbers to put in) and *Further reading* (citations).
"""

import io
import re
import tokenize
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

_LARGEST_SMALL = 10
_SPACES = "\u00a0\u2009\u202f"  # those that typographers put between thousands
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SCALES = {"thousand": 3, "million": 6, "billion": 9}
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_PROGRAMS = "Python|PyTorch|torch|torchvision|NumPy|matplotlib|JupyterLab|CUDA|cuDNN|macOS|Windows"

_UNCHECKED_SECTION = re.compile(
    r"^(?:#+ |\*\*)(?:Try it yourself|Further reading)\b.*?(?=^#|^\*\*[A-Z]|\Z)",
    re.MULTILINE | re.DOTALL,
)
_NO_RESULT = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^>? ?\*\*Minutes:\*\*.*$",
        r"^\s*(?:#+\s+)?\d+[.)]\s",  # a list's or a heading's number
        r"(?<=\])\([^)\s]*\)|https?://\S+|<[^>]+>",
        r"[Ll]essons?\s+\d\d(?:(?:,| and| to|–|,? or)\s*\d\d)*",
        r"(?<![\w.,-])0\d(?![\d.])",
        r"\b(?:19|20)\d\d(?:-\d\d-\d\d)?s?\b(?!\.\d)",
        rf"\b\d{{1,2}} (?:{_MONTHS})\b|\b(?:{_MONTHS}) \d{{1,2}}\b",
        rf"\b(?:{_PROGRAMS})[ -]\d+(?:\.\d+)*",
        r"\bCC[ -]BY(?:[ -]SA)?[ -]\d\.\d|\barXiv:\S+",
        r"\b\d+[- ]bits?\b",
        r"`[\w.]*\((?:-?\w+(?:\s*[*·×]\s*\w+)?(?:,\s*)?)*\)`",
        r"(?<![\d.,])10\^?\{?[-−]?\d+\}(?!\d)|(?<![\d.,])10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+",
    )
]
_TIMES_POWER = re.compile(
    r"(?<=\d)\s*(?:×|\\times|·|\\cdot)\s*10(?:\^?\{?([-−]?\d+)\}?|([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))"
)
_STATED = re.compile(
    rf"""(?<![\w.])                     # not inside a name or a version
    (?P<sign> [-−] (?=[\d.]) )?
    (?P<digits> \d{{1,3}} (?:[,{_SPACES}]\d{{3}})+ (?!\d) | \d+ )
    (?P<fraction> \.\d+ )?
    (?P<exponent> [eE][-−+]?\d+ )?
    (?P<percent> [\s{_SPACES}]?(?:\\?%|percent\b) )?
    (?: [ ](?P<scale> thousand | million | billion )\b )?
    """,
    re.VERBOSE,
)
_PRINTED = re.compile(
    r"(?P<sign>[-−])?(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:_\d{3})*|(?=\.\d))"
    r"(?P<fraction>\.\d*)?(?P<exponent>[eE][-−+]?\d+)?"
)


class Stated(NamedTuple):
    """A number that prose states: its words, and the values that would support it."""

    words: str
    values: frozenset[Decimal]


def stated(prose: str) -> Iterator[Stated]:
    """Yield the numbers in a lesson's whole Markdown text that must be supported."""
    prose = _UNCHECKED_SECTION.sub("", prose)
    prose = prose.replace("{,}", ",").replace(r"\,", "\u2009")
    prose = _TIMES_POWER.sub(_as_exponent, prose)
    for pattern in _NO_RESULT:
        prose = pattern.sub(" ", prose)
    for found in _STATED.finditer(prose):
        value = _value(found)
        whole = not found["fraction"] and not found["exponent"]
        if whole and not found["scale"] and abs(value) <= _LARGEST_SMALL:
            continue
        values = {value}
        if found["percent"]:
            values.add(value / 100)
        if found["scale"]:
            values.add(value.scaleb(_SCALES[found["scale"]]))
        if not found["sign"]:
            values |= {-value for value in values}
        yield Stated(found[0].strip(), frozenset(values))


def printed(text: str) -> set[Decimal]:
    """Return the values of the numbers in an output."""
    return {_value(found) for found in _PRINTED.finditer(text)}


def written(source: str) -> set[Decimal]:
    """Return the values of the numbers in code; comments are prose, so they support nothing."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return printed("\n".join(lines))


def _as_exponent(found: re.Match[str]) -> str:
    return "e" + (found[1] or found[2].translate(_SUPERSCRIPTS))


def _value(found: re.Match[str]) -> Decimal:
    digits = re.sub(rf"[,_{_SPACES}]", "", found["digits"])
    text = f"{found['sign'] or ''}{digits}{found['fraction'] or ''}{found['exponent'] or ''}"
    return Decimal(text.replace("−", "-"))
