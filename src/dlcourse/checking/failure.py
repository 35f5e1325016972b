"""What a learner's code raised, in words that can be compared and told, in another process too.

Covers: the kind of an error, its text, the learner's own line, what such an error usually means.
Does not cover: running the code (`trial`).
"""

import re
import traceback
from dataclasses import dataclass

from dlcourse.checking.comparison import without_marks

_LONGEST_TEXT = 2000  # letters of an error's text: it can be a book
_TERMINAL_COLORS = re.compile(r"\x1b\[[\d;]*m")
# What an error's text holds, and what that usually means.
_MEANINGS = {
    "must be Tensor, not": "a tensor is needed here, not a plain number or a list",
    "torch.return_types": "max, min and sort return pairs: take .values (or .indices)",
    "non-empty TensorList": "there was nothing to stack: the input has no elements",
    "batch2": "the inner sizes of the product differ: print both shapes",
    "is not iterable": "a loop or an unpacking got one object where it needs several",
    "must match the size of tensor": "the two shapes do not broadcast: print both shapes",
    "shapes cannot be multiplied": "the inner sizes of the product differ: print both shapes",
    "same dtype": "the two have different dtypes: convert one of them",
    "expected scalar type": "the two have different dtypes: convert one of them",
    "same device": "the two are on different devices: move one of them with `.to(…)`",
    "does not require grad": "the graph was cut before this, by detach, item or no_grad",
    "backward through the graph a second time": "a graph can be used once: compute the result anew",
    "modified by an inplace operation": "an operation like += changed a number that backward needs",
    "a view of a leaf Variable": "a tensor that asks for gradients was changed in place",
    "a leaf Variable that requires grad": "a tensor that asks for gradients was changed in place",
    "Can't call numpy()": "a tensor in a graph has no NumPy form: detach() it first",
    "can be converted to Python scalars": "one number is needed here, and the tensor has several",
    "cannot be converted to Scalar": "one number is needed here, and the tensor has several",
    "with more than one value is ambiguous": "`if` and `and` need one truth value, not a tensor",
    "can be implicitly created only for scalar": "backward starts from one number: take a sum",
    "view size is not compatible": "the numbers do not lie in this order in memory: use reshape",
    "is invalid for input of size": "the new shape has another number of elements than the old one",
    "Dimension out of range": "the tensor has fewer dimensions than this number asks for",
    "must be either a floating point": "the numbers are integers: call .float() first",
    "math range error": "a result is larger than any number that a float can hold",
    "(34, '": "a result is larger than any number that a float can hold",
    "out of bounds": "an index is larger than the last place",
    "out of range": "an index is larger than the last place",
    "positional argument": "the function takes another number of arguments",
    "unexpected keyword argument": "the function has no argument of this name",
    "'NoneType'": "something is None: a function without return, or a .grad before backward",
    "is not callable": "round brackets follow something that is not a function",
    "is not defined": "a name is misspelled, or its import or cell has not been run",
    "has no attribute": "the object has nothing of this name: look for a typing error",
    "not subscriptable": "square brackets follow something that has no elements",
    "maximum recursion depth": "the function calls itself without an end, or too often",
}  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """An error that ended an answer.

    Attributes:
        kind: the name of its class, with that of its module before it.
        text: what it says.
        line: the learner's own line that it came from, as far as it can be known.
        is_of_answer: whether the learner's code raised it, and not the check that looked at a
            result. A call with other arguments than the answer takes counts as the answer's, and
            so does whatever comes from an answer that is not written in Python.
    """

    kind: str
    text: str = ""
    line: str = ""
    is_of_answer: bool = True

    @classmethod
    def of(cls, error: BaseException, answer: object) -> "Failure":
        """Return what `answer`, a learner's function, class or value, raised."""
        kind, text = type(error), _text_of(error)
        is_elsewhere = _file_of(answer) is not None and not _frames_of(error, answer)
        return cls(
            f"{kind.__module__}.{kind.__qualname__}",
            text[:_LONGEST_TEXT],
            line_of(error, answer),
            is_of_answer=not is_elsewhere or "positional argument" in text,
        )

    def is_like(self, other: "Failure") -> bool:
        """Tell whether both are of one kind and say the same, but for numbers."""
        return self.kind == other.kind and _gist(self.text) == _gist(other.text)

    def explain(self) -> str:
        """Return the learner's own line, the error, and what such an error usually means."""
        meaning = next((meaning for sign, meaning in _MEANINGS.items() if sign in self.text), "")
        usually = f"This usually means: {meaning}." if meaning else ""
        return "\n".join(filter(None, [self.line, self.name(), usually]))

    def name(self) -> str:
        """Return the kind of the error and the first line of its text."""
        text = next(iter(_TERMINAL_COLORS.sub("", self.text).splitlines()), "")
        return without_marks(f"{self.kind.rpartition('.')[2]}: {text}".rstrip(": "))


def line_of(error: BaseException, answer: object) -> str:
    """Return the learner's own line that an error came from, as far as it can be known."""
    frames = _frames_of(error, answer)
    return f"line {frames[-1].lineno}: {frames[-1].line}" if frames and frames[-1].line else ""


def _gist(text: str) -> str:
    """Return the first line without what differs from one input or program to the next."""
    return re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?", "N", text.partition("\n")[0])


def _frames_of(error: BaseException, answer: object) -> list[traceback.FrameSummary]:
    """Return the frames of a traceback that are in the file, or the cell, of the answer."""
    own = _file_of(answer)
    return [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except (Exception, SystemExit, GeneratorExit):  # noqa: BLE001 - a learner's own kind of error
        return ""


def _file_of(answer: object) -> str | None:
    """Return the file, or the cell, that the learner's code stands in."""
    parts = vars(answer).values() if isinstance(answer, type) else [answer]
    for part in [*parts, getattr(type(answer), "__call__", None)]:  # noqa: B004 - not whether, but where
        code = getattr(getattr(part, "__func__", part), "__code__", None)  # of a static method, too
        if code is not None:
            return str(code.co_filename)
    return None
