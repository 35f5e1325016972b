"""Runs a learner's code on one input, and keeps what came of it.

Covers: exceptions of every kind but KeyboardInterrupt (the notebook's stop button), arguments that
were changed, what was printed; each run starts from the state of a fresh notebook.
Does not cover: a time limit. Code in another thread could not be stopped with the stop button.
"""

import io
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance, same, without_marks
from dlcourse.checking.state import start_afresh

_SEED = 0


@dataclass(frozen=True)
class Behavior:
    """What an answer did on one input.

    Attributes:
        value: what came out; None where it raised.
        error: what it raised, if it did.
        changed: the number of the first argument that is not as it was before; None: all are.
        printed: what it wrote to the terminal.
    """

    value: Any = None
    error: BaseException | None = None
    changed: int | None = None
    printed: str = ""

    def is_like(self, other: "Behavior", tolerance: Tolerance) -> bool:
        """Tell whether both did the same: the same value or kind of error, the same change."""
        if self.changed != other.changed or (self.error is None) != (other.error is None):
            return False
        if self.error is not None and other.error is not None:
            same_kind = type(self.error) is type(other.error)
            return same_kind and _gist(self.error) == _gist(other.error)
        return same(self.value, other.value, tolerance)


def attempt(
    use: Callable[..., Any],
    answer: Any,  # noqa: ANN401
    arguments: Sequence[Any],
    untouched: Sequence[Any],
) -> Behavior:
    """Call `use(answer, *arguments)`, seeded, and return what came of it.

    Args:
        use: calls the answer; what it returns is what is compared.
        answer: a learner's function, class or value.
        arguments: may be changed by the answer.
        untouched: the same arguments, made a second time, to tell whether they were.
    """
    start_afresh()  # an interrupted `with torch.no_grad()`, say, may still be in force
    torch.default_generator.manual_seed(_SEED)
    terminal = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = paper = io.StringIO()
    value, error = None, None
    try:  # no `with`: the stop button, pressed as one ends, would leave its change in force
        value = use(answer, *arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as raised:  # noqa: BLE001 - SystemExit, too: `exit()` is a learner's slip
        error = raised
    finally:
        sys.stdout, sys.stderr = terminal
    changed = (n for n, pair in enumerate(zip(arguments, untouched, strict=True)) if _differ(*pair))
    return Behavior(value, error, next(changed, None), paper.getvalue())


def _differ(now: object, before: object) -> bool:
    """Tell whether an argument is not as it was: its numbers, its place in a graph, its length."""
    if type(now) is not type(before):
        return True
    if isinstance(before, torch.nn.Module) and isinstance(now, torch.nn.Module):
        now, before = [_what_counts(model) for model in (now, before)]
    if isinstance(before, Tensor) and isinstance(now, Tensor):
        return _tensors_differ(now, before)
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        return list(now) != list(before) or any(_differ(now[key], before[key]) for key in before)
    if isinstance(before, list | tuple) and isinstance(now, list | tuple):
        pairs = zip(now, before, strict=False)
        return len(now) != len(before) or any(_differ(*pair) for pair in pairs)
    if isinstance(before, np.ndarray | int | float | str):
        return not _same_values(np.asarray(now), np.asarray(before))
    return False  # a function, or an object that the course knows nothing about


def _what_counts(model: torch.nn.Module) -> tuple[object, ...]:
    """Return the mode of a model, its numbers, and which of them it learns."""
    learned = [name for name, one in model.named_parameters() if one.requires_grad]
    return model.training, dict(model.state_dict()), learned


def _tensors_differ(now: Tensor, before: Tensor) -> bool:
    if now.requires_grad != before.requires_grad:
        return True
    if before.is_leaf and now.is_leaf and _differ(now.grad, before.grad):
        return True
    now, before = now.detach(), before.detach()
    if now.shape != before.shape or now.dtype != before.dtype or now.device != before.device:
        return True
    if torch.equal(now, before):
        return False
    same = (now == before) | (now.isnan() & before.isnan())
    return not bool(same.all())


def _same_values(now: np.ndarray, before: np.ndarray) -> bool:
    if now.shape != before.shape or now.dtype != before.dtype:
        return False
    return np.array_equal(now, before, equal_nan=before.dtype.kind in "fc")


_TERMINAL_COLORS = re.compile(r"\x1b\[[\d;]*m")
# What an error's message begins with or holds, and what it usually means.
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


def explain(error: BaseException, answer: object) -> str:
    """Return the learner's own line, the error, and what such an error usually means."""
    meaning = _meaning(error)
    usually = f"This usually means: {meaning}." if meaning else ""
    return "\n".join(filter(None, [line_of(error, answer), name_error(error), usually]))


def name_error(error: BaseException) -> str:
    """Return the kind of an error and the first line of its text."""
    text = next(iter(_TERMINAL_COLORS.sub("", _text_of(error)).splitlines()), "")
    return without_marks(f"{type(error).__name__}: {text}".rstrip(": "))


def is_of_answer(error: BaseException, answer: object) -> bool:
    """Tell whether the learner's code raised `error`, and not the check that looked at a result.

    A call with other arguments than the answer takes counts as the answer's, and so does whatever
    comes from an answer that is not written in Python.
    """
    own = _file_of(answer)
    if own is None or "positional argument" in _text_of(error):
        return True
    return any(frame.filename == own for frame in traceback.extract_tb(error.__traceback__))


def line_of(error: BaseException, answer: object) -> str:
    """Return the learner's own line that an error came from, as far as it can be known."""
    own = _file_of(answer)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]
    return f"line {frames[-1].lineno}: {frames[-1].line}" if frames and frames[-1].line else ""


def _meaning(error: BaseException) -> str:
    text = _text_of(error)
    return next((meaning for sign, meaning in _MEANINGS.items() if sign in text), "")


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a learner's own kind of error may do anything
        return ""


def _gist(error: BaseException) -> str:
    """Return the text of an error without what differs from one input or program to the next."""
    return re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?", "N", _text_of(error).partition("\n")[0])


def _file_of(answer: object) -> str | None:
    """Return the file, or the cell, that the learner's code stands in."""
    parts = vars(answer).values() if isinstance(answer, type) else [answer]
    for part in [*parts, getattr(type(answer), "__call__", None)]:  # noqa: B004 - not whether, but where
        code = getattr(getattr(part, "__func__", part), "__code__", None)  # of a static method, too
        if code is not None:
            return str(code.co_filename)
    return None
