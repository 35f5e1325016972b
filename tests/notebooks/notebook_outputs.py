"""What a code cell's tags promise about its outputs, and whether new outputs keep the promise.

The tags of a code cell, at most one of the first three:

approx-1e-3          Words and integers as committed; decimals within 1e-3 of the committed
                     value, or within one unit of its last printed digit, whichever is more.
approx-inf           Words as committed, numbers free: timings.
nbval-ignore-output  Run, not compared: names of hardware.
raises-exception     The cell must raise, with the committed type and message. (Up to version 2.14,
                     torch raises RuntimeError where it now raises its subclass
                     NotImplementedError, with the same words: the two count as one.)

A cell without a tag is compared exactly. In an approximate cell, one unit of the last digit is
always accepted: two machines that agree to a part in 10^6 can still round 0.34499 and 0.34501
to 0.34 and 0.35. A decimal that is printed without digits after the point (`tensor([1., 2.])`)
gets no such unit, only the tolerance. A decimal is not an integer: 2.0 and 2 differ. `inf` and
`nan` are words. How much white space stands between words does not matter where the cell is
approximate, since PyTorch pads columns to the longest number.

Never compared, in any cell: the bytes of pictures (their descriptions are compared), memory
addresses, how a stream was cut into chunks, and what a carriage return has overwritten.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from nbformat import NotebookNode

Outputs = Sequence[NotebookNode]  # the outputs of one cell, as nbformat keeps them

IGNORE = "nbval-ignore-output"
RAISES = "raises-exception"
SLIDES = {"slide", "no-slide"}  # what a lesson's slides show; nothing about outputs
_TOLERANCE = re.compile(r"approx-([1-9]e-\d+|inf)")
_COMMENT_MARKER = re.compile(r"#\s*(?:NBVAL|PYTEST_VALIDATE)_\w+")

NUMBER = re.compile(
    r"""(
    [-+−]?
    (?: (?: \d{1,3}(?:,\d{3})+(?!\d) | \d+ )          # 1,234 or 1234
        (?: \.\d+ | \.(?=[],)e] | \s+[]\d.+−-]) )?    # .5, or the bare point of `[1., 2.]`
      | (?<![\w.])\.\d+ )                             # .5 alone
    (?: [eE][-+−]?\d+ )?
    )""",
    re.VERBOSE,
)
_DIFFERENT_NUMBERS_SHOWN = 8
_PICTURE_DATA = re.compile(r"data:image/[^\"')\s]+")
_ADDRESS = re.compile(r"\bat 0x[0-9A-Fa-f]+")
_OVERWRITTEN = re.compile(r".*\r(?=[^\n])")  # the same as nbclient, which writes the files
_WARNING = re.compile(r"\S+:\d+: \w*Warning: |\[?W\d{4} ")  # Python's own, PyTorch's log


class TagError(ValueError):
    """A tag is mistyped, or contradicts another one."""


@dataclass(frozen=True)
class Promise:
    """What the tags of a code cell say about its outputs.

    Attributes:
        tolerance: None for an exact comparison, else relative to the committed number;
            infinite where the numbers are free.
        ignored: whether the outputs are not compared at all.
        raises: whether the cell must raise.
    """

    tolerance: float | None = None
    ignored: bool = False
    raises: bool = False

    @classmethod
    def of(cls, cell: NotebookNode) -> Self:
        """Read the promise from the tags of `cell`.

        Raises:
            TagError: if a tag is unknown, if two contradict each other, or if a comment in the
                cell is a marker of nbval's (a second way to skip, which nobody would count).
        """
        tags = list(cell.metadata.get("tags", []))
        tolerances = [found[1] for tag in tags if (found := _TOLERANCE.fullmatch(tag))]
        unknown = [tag for tag in tags if tag not in {IGNORE, RAISES, *SLIDES}]
        unknown = [tag for tag in unknown if not _TOLERANCE.fullmatch(tag)]
        if unknown:
            msg = f"unknown tags {unknown}; there are approx-1e-3 (or 2e-2 …), approx-inf, {IGNORE}"
            msg += f" and {RAISES}"
            raise TagError(msg)
        if len(tolerances) + (IGNORE in tags) > 1:
            msg = f"the tags {tags} contradict each other; choose one"
            raise TagError(msg)
        if marker := _COMMENT_MARKER.search(cell.source):
            msg = f"the comment {marker[0]!r} is not read here; use a tag"
            raise TagError(msg)
        tolerance = float(tolerances[0]) if tolerances else None
        return cls(tolerance, ignored=IGNORE in tags, raises=RAISES in tags)

    @property
    def free(self) -> bool:
        """Whether any number will do (timings)."""
        return self.tolerance == float("inf")

    def __str__(self) -> str:
        """Return how the outputs are compared, for people to read."""
        if self.ignored:
            return "not compared"
        if self.tolerance is None:
            return "compared exactly"
        return "numbers free" if self.free else f"compared within {self.tolerance:g}"


def difference(committed: Outputs, now: Outputs, tolerance: float | None) -> str:
    """Say what differs between the outputs of two runs of a cell; "" where nothing does.

    Args:
        committed: the outputs in the notebook's file.
        now: the outputs of running the cell again.
        tolerance: as in `Promise`.
    """
    old, new = list(_pieces(committed)), list(_pieces(now))
    if [kind for kind, _ in old] != [kind for kind, _ in new]:
        told = ["the number or the kind of the outputs differs"]
        return "\n".join([*told, *_listed("committed", old), *_listed("now", new)])
    found = [
        _text_difference(kind, was, text, tolerance)
        for (kind, was), (_, text) in zip(old, new, strict=True)
    ]
    return "\n".join(filter(None, found))


def split_warnings(outputs: Outputs) -> tuple[list[NotebookNode], str]:
    """Split the warnings that a library printed from the outputs.

    Next year's PyTorch will warn where this year's does not, and a lesson is not wrong for it.
    So warnings are reported, not compared; anything else on stderr stays among the outputs.
    """
    text = "".join(out.text for out in outputs if _is_stderr(out))
    if not _WARNING.match(text):
        return list(outputs), ""
    return [out for out in outputs if not _is_stderr(out)], text


def _is_stderr(output: NotebookNode) -> bool:
    return bool(output.output_type == "stream" and output.name == "stderr")


def _pieces(outputs: Outputs) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) for all that is compared: whole streams first, then what was shown."""
    for name in ("stdout", "stderr"):
        chunks = [out.text for out in outputs if out.output_type == "stream" and out.name == name]
        if text := "".join(chunks):
            yield name, _ADDRESS.sub("at 0x…", _OVERWRITTEN.sub("", text))
    for out in outputs:
        if out.output_type == "error":
            kind = "RuntimeError" if out.ename == "NotImplementedError" else out.ename
            yield "exception", _ADDRESS.sub("at 0x…", f"{kind}: {out.evalue}")
        for mime, value in sorted(out.get("data", {}).items()):
            if "widget" not in mime:  # it is of its kernel only, so the file has none
                yield mime, _comparable(mime, value)


def _comparable(mime: str, value: Any) -> str:  # noqa: ANN401 - JSON of any shape
    """Return what is compared of one representation; of a picture, that it is there."""
    if mime.startswith("image/"):
        return ""
    return _ADDRESS.sub("at 0x…", _PICTURE_DATA.sub("data:image", str(value)))


def _listed(title: str, pieces: list[tuple[str, str]]) -> list[str]:
    """Return the lines that show one side of a comparison in a message."""
    shown = [line for kind, text in pieces for line in (f"--- {title}, {kind}:", text.rstrip("\n"))]
    return shown or [f"--- {title}: no output"]


def _text_difference(kind: str, committed: str, now: str, tolerance: float | None) -> str:
    """Say what differs between two texts; "" where they are the same within `tolerance`."""
    if committed == now:
        return ""
    lines = [f"{kind} differs"]
    if tolerance is not None:
        old, new = NUMBER.split(committed), NUMBER.split(now)
        if [words.split() for words in old[::2]] == [words.split() for words in new[::2]]:
            numbers = zip(old[1::2], new[1::2], strict=True)
            far = [f"{a} is now {b}" for a, b in numbers if not _close(a, b, tolerance)]
            if not far:
                return ""
            lines += far[:_DIFFERENT_NUMBERS_SHOWN]
    diff = difflib.unified_diff(
        committed.split("\n"), now.split("\n"), "committed", "now", n=1, lineterm=""
    )
    return "\n".join([*lines, *diff])


def _close(committed: str, now: str, tolerance: float) -> bool:
    """Tell whether two printed numbers are the same within the rule at the top of this file."""
    if committed == now or tolerance == float("inf"):
        return True
    if not (_is_decimal(committed) and _is_decimal(now)):
        return False
    old, new = _value(committed), _value(now)
    return abs(new - old) <= max(Decimal(str(tolerance)) * abs(old), _last_digit(committed))


def _is_decimal(number: str) -> bool:
    return bool(re.search("[.eE]", number))


def _value(number: str) -> Decimal:
    return Decimal(number.replace(",", "").replace("−", "-"))


def _last_digit(number: str) -> Decimal:
    """Return one unit of the last digit after the point; 0 where none is printed."""
    mantissa, _, exponent = number.replace("−", "-").lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return Decimal(1).scaleb(int(exponent or 0) - decimals) if decimals else Decimal(0)
