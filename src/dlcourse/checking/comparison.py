"""Says in a sentence how a learner's result differs from the right one.

Covers: numbers, tensors, arrays, strings, sequences and mappings of these, whatever mixture of
Python, NumPy and PyTorch a learner returns. The shape is part of the answer: nothing is broadcast
or reshaped to fit.
Does not cover: why they differ; `judgment` finds that out by trying known mistakes.
"""

import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

_SHOWN_IN_FULL = 12  # elements of a tensor
_LONGEST_TEXT = 300  # letters of anything else


@dataclass(frozen=True)
class Tolerance:
    """How near is right: |got − wanted| ≤ absolute + relative · |wanted|, element by element.

    Attributes:
        relative: a different order of summation costs float32 about 1e-6; 1e-4 leaves room.
        absolute: what counts as 0.
        dtype: whether the dtype must be the same, too. Else only truth values, real and complex
            numbers are told apart, so that float64 may answer for float32 and 3.0 for 3.
    """

    relative: float = 1e-4
    absolute: float = 1e-6
    dtype: bool = False


def difference(got: object, wanted: object, tolerance: Tolerance) -> str:
    """Say in a sentence how `got` differs from `wanted`; "" where it does not.

    Whatever a learner returns, nothing is raised but KeyboardInterrupt.
    """
    return _Comparison(tolerance, _shorten).safely(got, wanted)


def same(got: object, wanted: object, tolerance: Tolerance) -> bool:
    """Tell whether `got` may stand for `wanted`."""
    # A tensor's text takes longer than all comparing, and nobody reads it here.
    return not _Comparison(tolerance, show=_kind).safely(got, wanted)


def without_marks(text: str) -> str:
    """Return `text` without backticks, which mark code in the messages of checks."""
    return text.replace("`", "'")


def shorten(value: object) -> str:
    """Return `value` as a learner would recognize it, in one line where possible."""
    try:
        return without_marks(_shorten(value))
    except Exception:  # noqa: BLE001 - as above: its __repr__ may raise
        return _kind(value)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


@dataclass(frozen=True)
class _Comparison:
    """Compares results, and says in a sentence how they differ.

    Attributes:
        tolerance: how near is right.
        show: returns a value's text for that sentence.
    """

    tolerance: Tolerance
    show: Callable[[object], str]

    def safely(self, got: object, wanted: object) -> str:
        """Say how `got` differs from `wanted`; "" where it does not. Nothing is raised."""
        try:
            return self.difference(got, wanted)
        except Exception as error:  # noqa: BLE001 - a learner's object may do anything when looked at
            return f"{_kind(got)} came out, which cannot be compared ({type(error).__name__})."

    def difference(self, got: object, wanted: object) -> str:
        if got is Ellipsis:
            return "`...` is still in the place of an answer."
        if isinstance(wanted, Mapping):
            return self.of_mappings(got, wanted)
        if isinstance(wanted, str) or wanted is None:
            right = (
                got is None
                if wanted is None
                else isinstance(got, str) and _plain(got) == _plain(wanted)
            )
            return "" if right else self.told(got, wanted)
        if isinstance(wanted, Sequence):
            return self.of_sequences(got, wanted)
        if isinstance(wanted, Tensor | np.ndarray | np.generic | numbers.Number):
            return self.of_numbers(got, wanted)
        return "" if bool(got == wanted) else self.told(got, wanted)

    def of_mappings(self, got: object, wanted: Mapping[Any, Any]) -> str:
        if not isinstance(got, Mapping):
            return f"{_kind(got)} came out where a dict is asked for."
        for key, value in wanted.items():
            if key not in got:
                return f"The dict lacks {key!r}."
            if told := self.difference(got[key], value):
                return f"{key}: {told}" if isinstance(key, str) else f"[{key!r}]: {told}"
        if extra := [key for key in got if key not in wanted]:
            return f"The dict has {extra[0]!r}, which nobody asked for."
        return ""

    def of_sequences(self, got: object, wanted: Sequence[Any]) -> str:
        are_numbers = all(isinstance(x, numbers.Number) for x in wanted)
        if isinstance(got, Tensor | np.ndarray) and are_numbers:
            got = got.tolist()  # a tensor for a list of numbers
        if isinstance(got, str | bytes) or not isinstance(got, Sequence):
            kind = "list" if isinstance(wanted, list) else "tuple"
            return f"{_kind(got)} came out where a {kind} of {len(wanted)} is asked for."
        if len(got) != len(wanted):
            there_should_be = f"there should be {len(wanted)}: {self.show(wanted)}"
            return f"{len(got)} values came out; {there_should_be}."
        for place, (mine, right) in enumerate(zip(got, wanted, strict=True)):
            if told := self.difference(mine, right):
                where = f"Of the {len(wanted)} values, number {place + 1}"
                return f"{where if len(wanted) > 1 else 'The only value'}: {told}"
        return ""

    def of_numbers(self, got: object, wanted: object) -> str:
        if _are_equal(got, wanted):
            return ""
        if not isinstance(got, Tensor | np.ndarray | np.generic | numbers.Number):
            kind = "a tensor" if isinstance(wanted, Tensor) and wanted.ndim else "a number"
            if isinstance(wanted, bool | np.bool_):
                kind = "True or False"
            return f"{_kind(got)} came out where {kind} is asked for."
        mine, right = as_tensor(got), as_tensor(wanted)
        if right.ndim == 0 and mine.shape == (1,):
            mine = mine[0]  # one number is one number
        if mine.shape != right.shape:
            return f"The shape is {tuple(mine.shape)}; it should be {tuple(right.shape)}."
        if self.tolerance.dtype and isinstance(got, Tensor) and mine.dtype != right.dtype:
            return f"The dtype is {mine.dtype}; it should be {right.dtype}."
        for is_kind, name in ((_is_bool, "True or False"), (torch.is_complex, "complex numbers")):
            if is_kind(mine) != is_kind(right):
                verb = "should be" if is_kind(right) else "should not be"
                return f"The result is {self.show(got)}; it {verb} {name}."
        right_places = _near(mine, right, self.tolerance)
        return "" if right_places.all() else self.of_values(mine, right, ~right_places)

    def of_values(self, mine: Tensor, right: Tensor, wrong: Tensor) -> str:
        if mine.ndim == 0 or mine.numel() <= _SHOWN_IN_FULL:
            return self.told(mine, right)
        place = tuple(wrong.nonzero()[0].tolist())
        count = f"{int(wrong.sum())} of {wrong.numel()} values are wrong"
        values = f"is {self.show(mine[place])}; it should be {self.show(right[place])}"
        return f"{count}: [{', '.join(map(str, place))}] {values}."

    def told(self, got: object, wanted: object) -> str:
        return f"The result is {self.show(got)}; it should be {self.show(wanted)}."


def _are_equal(got: object, wanted: object) -> bool:
    """Tell at little cost whether both are of one kind and equal, as most right results are."""
    if isinstance(got, Tensor) and isinstance(wanted, Tensor):
        return (
            got.dtype == wanted.dtype and got.device == wanted.device and torch.equal(got, wanted)
        )
    return type(got) is type(wanted) and isinstance(got, bool | int | float) and got == wanted


def kind_of_numbers(made: object) -> str:
    """Return "floats" or "whole": what a tensor holds, or any of several; `use` may look at it."""
    parts = made if isinstance(made, list | tuple) else [made]
    has_floats = any("float" in str(getattr(part, "dtype", "")) for part in parts)
    return "floats" if has_floats else "whole"


def as_tensor(value: object) -> Tensor:
    """Return a number, array or tensor as a tensor on the CPU, without a graph."""
    if isinstance(value, Tensor):
        return value.detach().cpu()
    if isinstance(value, numbers.Number) and not isinstance(
        value, int | float | complex | np.generic
    ):
        value = float(value)  # type: ignore[arg-type]  # a fraction or a decimal
    return torch.as_tensor(np.array(value))


def _is_bool(values: Tensor) -> bool:
    return values.dtype == torch.bool


def _near(mine: Tensor, right: Tensor, tolerance: Tolerance) -> Tensor:
    """Return where two tensors of one shape agree; in float64, since integers may be compared."""
    wide = torch.complex128 if right.is_complex() else torch.float64
    return torch.isclose(
        mine.to(wide),
        right.to(wide),
        rtol=tolerance.relative,
        atol=tolerance.absolute,
        equal_nan=True,
    )


def _kind(value: object) -> str:
    """Return what `value` is, with its article."""
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, bool | np.bool_):
        return f"the truth value {value}"
    if isinstance(value, Tensor) and issubclass(type(value), Tensor):  # objects may lie
        return f"a tensor of shape {tuple(value.shape)}"
    names = {"int": "an integer", "float": "a number", "ndarray": "an array", "str": "a string"}
    name = type(value).__name__
    return names.get(name, f"{'an' if name[0] in 'AEIOUaeio' else 'a'} {name}")


def _shorten(value: object) -> str:
    if isinstance(value, Tensor):
        text = _shorten_tensor(value)
    elif isinstance(value, float | np.floating):
        text = f"{value:.6g}"
    elif isinstance(value, torch.nn.Module):
        text = getattr(value, "__name__", "") or " ".join(repr(value).split())
    elif type(value) is list or type(value) is tuple:
        inside = _join(value)
        text = f"[{inside}]" if isinstance(value, list) else f"({inside})"
    else:
        text = getattr(value, "__name__", "") or repr(value)
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"


def _join(items: Sequence[object]) -> str:
    """Return the items as text; what would be cut off is not looked at."""
    text = ""
    for number, item in enumerate(items):
        if len(text) > _LONGEST_TEXT:
            break
        text += (", " if number else "") + _shorten(item)
    return text


def _shorten_tensor(value: Tensor) -> str:
    if value.ndim == 0 and not value.is_meta:
        return _shorten(value.item()) if value.is_floating_point() else str(value.item())
    if value.numel() > _SHOWN_IN_FULL:
        dtype = str(value.dtype).removeprefix("torch.")
        article = "an" if dtype.startswith("int") else "a"
        return f"{article} {dtype} tensor of shape {tuple(value.shape)}"
    return " ".join(str(value.detach()).split())
