"""What an answer did, as bytes that need no trust: plain values in a closed format.

The box is where a student's code runs, so whatever comes out of it may be forged. It is read as
JSON for the structure and raw numbers for tensors, each of a bounded size; nothing is executed and
no class is looked up. What is no plain value comes as a name and a text.

Covers: numbers, strings, None, lists, tuples, dicts, tensors, arrays, dtypes, failures.
Does not cover: sending them (`box`), what they are worth (`dlcourse.checking.judgment`).
"""

import json
import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlcourse.checking.comparison import shorten
from dlcourse.checking.failure import Failure
from dlcourse.checking.trial import Behavior

# What a child says before it runs anything of a submission; another line is why it cannot.
READY = b"ready\n"
READ = "read"  # what a job that only reads a submission's code says
# What an answer can turn out to be.
BEHAVIORS, UNTOUCHED, WRONG_KIND = "behaviors", "untouched", "wrong kind"
OTHER_NUMBER, COULD_NOT_RUN, BROKE = "other number of answers", "could not run", "broke"

MOST_BYTES = 4 << 20  # of what one answer does on all inputs
_MOST_DIMENSIONS = 16
_MOST_KEYS = 10_000  # of a dict: keys may be chosen so that each costs a look at all others
_LONGEST_NAME, _LONGEST_TEXT, _LONGEST_PRINT = 60, 300, 10_000
_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.complex64, torch.complex128),
    )
}


class UnreadableError(Exception):
    """The bytes are not what the box sends when nobody has tampered with it."""


class Foreign:
    """What stands for an object that is no plain value: it equals nothing, and shows its text."""

    def __init__(self, text: str) -> None:
        """Make one that is shown as `text`."""
        self._text = text

    def __repr__(self) -> str:
        """Return how the object was shown where it was made."""
        return self._text


# ---------------------------------------------------------------------------- in the box


def pack(behaviors: Sequence[Behavior]) -> bytes:
    """Return what an answer did on each input, as bytes."""
    numbers_of_tensors: list[bytes] = []
    told = [
        {
            "value": _plain_or_foreign(one.value, numbers_of_tensors),
            "failure": asdict(one.failure) if one.failure else None,
            "changed": one.changed,
            "printed": one.printed[:_LONGEST_PRINT],
        }
        for one in behaviors
    ]
    header = json.dumps(told).encode()
    return b"%d\n" % len(header) + header + b"".join(numbers_of_tensors)


def _plain_or_foreign(value: object, blobs: list[bytes]) -> Any:  # noqa: ANN401
    """Return `value` as JSON; what cannot be looked at without an error is no plain value."""
    found: list[bytes] = []
    try:
        plain = _plain(value, found)
    except Exception:  # noqa: BLE001 - a learner's object may do anything when looked at
        return _foreign(value)
    blobs += found
    return plain


def _plain(value: object, blobs: list[bytes]) -> Any:  # noqa: ANN401, C901, PLR0911 - one case a kind
    """Return `value` as JSON; the numbers of tensors are added to `blobs`."""
    if value is None or isinstance(value, bool | str):
        return value if value is None or isinstance(value, bool) else {"text": str(value)}
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, Tensor):
        return _plain_tensor(value, blobs)
    if isinstance(value, np.ndarray | np.generic):
        kind = "scalar" if isinstance(value, np.generic) else "array"
        array = np.asarray(value)
        if array.dtype.kind not in "biufc":
            return _foreign(value)
        return _plain_tensor(torch.from_numpy(np.array(array, order="C")), blobs) | {"is": kind}
    if isinstance(value, numbers.Integral):
        return {"int": hex(int(value))}
    if isinstance(value, complex):
        return {"complex": [value.real.hex(), value.imag.hex()]}
    if isinstance(value, numbers.Number):  # a fraction and a decimal, too
        return {"float": float(value).hex()}  # type: ignore[arg-type]
    if isinstance(value, torch.dtype):
        return {"dtype": str(value).removeprefix("torch.")}
    if isinstance(value, Mapping):
        pairs = [[_plain(key, blobs), _plain(value[key], blobs)] for key in value]
        return {"dict": pairs}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_plain(one, blobs) for one in value]}
    return _foreign(value)


def _plain_tensor(tensor: Tensor, blobs: list[bytes]) -> dict[str, Any]:
    try:
        dense = tensor.detach().cpu().resolve_conj().resolve_neg()
        dense = dense.clone(memory_format=torch.contiguous_format)
        raw = dense.reshape(-1).view(torch.uint8).numpy().tobytes() if dense.numel() else b""
    except (RuntimeError, NotImplementedError, TypeError):  # sparse, quantized, on no device
        return _foreign(tensor)
    name = str(dense.dtype).removeprefix("torch.")
    if name not in _DTYPES:
        return _foreign(tensor)
    blobs.append(raw)
    return {"is": "tensor", "dtype": name, "shape": list(dense.shape)}


def _foreign(value: object) -> dict[str, Any]:
    return {"foreign": type(value).__name__, "shown": shorten(value)}


# ---------------------------------------------------------------------------- outside


def unpack(data: bytes) -> list[Behavior]:
    """Return what `pack` packed.

    Raises:
        UnreadableError: if the bytes are anything else.
    """
    try:
        return _unpack(data)
    except UnreadableError:
        raise
    except Exception as error:  # noqa: BLE001 - forged bytes may be wrong in any way
        msg = f"what came out of the box cannot be read ({type(error).__name__})"
        raise UnreadableError(msg) from None


def _unpack(data: bytes) -> list[Behavior]:
    length, _, rest = data.partition(b"\n")
    _require(length.isdigit() and len(data) <= MOST_BYTES)
    _require(int(length) <= len(rest))
    told = json.loads(rest[: int(length)])
    _require(type(told) is list)
    reader = _Reader(rest[int(length) :])
    behaviors = [_behavior(one, reader) for one in told]
    _require(reader.is_at_end)
    return behaviors


def _behavior(told: dict[str, Any], reader: "_Reader") -> Behavior:
    value, changed = reader.value(told["value"]), told["changed"]
    _require(changed is None or type(changed) is int)
    failure = None if told["failure"] is None else _failure(told["failure"])
    return Behavior(value, failure, changed, _checked(told["printed"], str)[:_LONGEST_PRINT])


def _failure(told: dict[str, Any]) -> Failure:
    kind, text, line = (_checked(told[name], str) for name in ("kind", "text", "line"))
    return Failure(kind, text, line, is_of_answer=_checked(told["is_of_answer"], bool))


class _Reader:
    """Makes values of JSON, and of the bytes that follow it."""

    def __init__(self, blobs: bytes) -> None:
        self._blobs, self._place = blobs, 0

    @property
    def is_at_end(self) -> bool:
        return self._place == len(self._blobs)

    def value(self, told: Any) -> Any:  # noqa: ANN401 - any plain value
        """Return the value that `_plain` told."""
        if told is None or type(told) is bool:
            return told
        _require(type(told) is dict)
        if "is" in told:
            return self._tensor(told)
        if "foreign" in told:
            return _make_foreign(told)
        ((kind, content),) = told.items()
        return self._KINDS[kind](self, content)

    def _tensor(self, told: dict[str, Any]) -> Any:  # noqa: ANN401
        dtype, shape = _DTYPES[told["dtype"]], told["shape"]
        _require(len(shape) <= _MOST_DIMENSIONS and all(type(n) is int and n >= 0 for n in shape))
        size = math.prod(shape) * dtype.itemsize
        _require(self._place + size <= len(self._blobs) and max(shape, default=0) <= MOST_BYTES)
        raw = bytearray(self._blobs[self._place : self._place + size])
        self._place += size
        tensor = torch.frombuffer(raw, dtype=dtype) if size else torch.empty(0, dtype=dtype)
        tensor = tensor.reshape(shape)
        if told["is"] == "tensor":
            return tensor
        array = tensor.numpy()
        return array[()] if told["is"] == "scalar" else array

    def _sequence(self, content: list[Any]) -> list[Any]:
        _require(type(content) is list)
        return [self.value(one) for one in content]

    def _mapping(self, content: list[Any]) -> dict[Any, Any]:
        _require(len(content) <= _MOST_KEYS)
        pairs = [(self.value(key), self.value(value)) for key, value in content]
        return {key: value for key, value in pairs if _is_key(key)}

    _KINDS = {  # noqa: RUF012 - a table of ours
        "text": lambda _, content: _checked(content, str),
        "ellipsis": lambda *_: Ellipsis,
        "int": lambda _, content: int(_checked(content, str), 16),
        "float": lambda _, content: float.fromhex(_checked(content, str)),
        "complex": lambda _, content: complex(*(float.fromhex(part) for part in content)),
        "dtype": lambda _, content: _DTYPES[content],
        "list": _sequence,
        "tuple": lambda self, content: tuple(self._sequence(content)),
        "dict": _mapping,
    }


def _is_key(key: object) -> bool:
    _require(isinstance(key, str | int | float | tuple | None))
    hash(key)
    return True


def _make_foreign(told: dict[str, Any]) -> Foreign:
    """Return an object whose class has the name that the original's has, for the messages."""
    name, text = _checked(told["foreign"], str), _checked(told["shown"], str)
    _require(name.isidentifier() and len(name) <= _LONGEST_NAME)
    kind: type[Foreign] = type(name, (Foreign,), {})
    return kind(text[: _LONGEST_TEXT + 1])


def _checked(value: Any, kind: type) -> Any:  # noqa: ANN401
    _require(type(value) is kind)
    return value


def _require(condition: bool) -> None:  # noqa: FBT001
    if not condition:
        msg = "what came out of the box is not in its format"
        raise UnreadableError(msg)
