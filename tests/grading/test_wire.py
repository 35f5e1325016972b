"""What comes out of the box: plain values go through unchanged, and nothing else gets in."""

import json
from collections import namedtuple
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from dlcourse.checking.comparison import Tolerance, difference
from dlcourse.checking.failure import Failure
from dlcourse.checking.judgment import Judge
from dlcourse.checking.trial import Behavior
from dlcourse.exercises import exercises_of_lesson
from dlcourse.grading.wire import MOST_BYTES, UnreadableError, pack, unpack

Pair = namedtuple("Pair", "first second")  # noqa: PYI024 - as a learner would write it


def through(value: object) -> Any:  # noqa: ANN401 - whatever comes out
    (behavior,) = unpack(pack([Behavior(value)]))
    return behavior.value


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0, -7, 2**70, 0.1, float("inf"), -0.0, 1 + 2j, "", "a\n`b`", ...),
        *([], (), {}, [1, [2.5, (3, "x")]], {"a": 1, 2: {"b": None}, (1, 2): True}),
    ],
    ids=repr,
)
def test_plain_values_come_out_as_they_went_in(value: object) -> None:
    out = through(value)
    assert type(out) is type(value)
    assert out == value
    assert repr(out) == repr(value)


@pytest.mark.parametrize(
    "dtype",
    [
        *(torch.bool, torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.float64),
        torch.complex64,
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (3, 0, 2), (2, 1, 4)], ids=str)
def test_tensors_keep_shape_dtype_and_bits(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = (torch.randn(shape, generator=torch.Generator().manual_seed(1)) * 9).to(dtype)
    for one in (tensor, tensor.T if tensor.ndim == 2 else tensor, tensor.expand(shape)):
        out = through(one)
        assert out.dtype is dtype
        assert out.shape == one.shape
        assert torch.equal(out, one)


def test_nan_conjugates_gradients_and_parameters_are_but_numbers() -> None:
    assert through(torch.tensor([float("nan"), 1.0])).isnan().tolist() == [True, False]
    assert torch.equal(through(torch.tensor([1 + 2j]).conj()), torch.tensor([1 - 2j]))
    assert through(torch.nn.Parameter(torch.ones(2))).tolist() == [1, 1]


def test_arrays_and_numbers_of_numpy_stay_what_they_are() -> None:
    array = np.arange(6.0).reshape(2, 3).T
    assert type(through(array)) is np.ndarray
    assert np.array_equal(through(array), array)
    assert type(through(np.float32(1.5))) is np.float32
    assert through(np.True_) is np.True_ or bool(through(np.True_)) is True


def test_what_is_nearly_plain_becomes_plain() -> None:
    assert through(Fraction(1, 4)) == 0.25
    assert through(Pair(1, 2)) == (1, 2)
    assert through(range(3)) == [0, 1, 2]
    assert through(torch.Size([2, 3])) == (2, 3)
    assert through(torch.float32) is torch.float32


@pytest.mark.parametrize(
    "value",
    [object(), {1}, b"x", int, lambda: 0, torch.nn.ReLU()],
    ids=lambda value: type(value).__name__,
)
def test_other_objects_are_told_as_at_home_and_equal_nothing(value: object) -> None:
    out = through(value)
    for wanted in (1, 1.5, "a", [1], (1,), {"a": 1}, None, torch.ones(2)):
        at_home = difference(value, wanted, Tolerance())
        told = difference(out, wanted, Tolerance())
        assert told
        assert "class" in at_home or told == at_home


def test_failures_changes_and_prints_go_through() -> None:
    failure = Failure("builtins.ValueError", "a\nb", "line 3: x", is_of_answer=False)
    behaviors = [Behavior(None, failure, None, "hello"), Behavior(1, None, 2, "")]
    assert unpack(pack(behaviors)) == behaviors


def test_the_verdict_on_what_went_through_is_the_verdict() -> None:
    for exercise in exercises_of_lesson("tensors"):
        judge = Judge(exercise)
        for code in (exercise.answer, *exercise.mistakes):
            answers = exercise.answers_of(code)
            behaviors = judge.asked.behaviors(answers[0] if len(answers) == 1 else answers)
            assert judge.verdict_on(unpack(pack(behaviors))) == judge.verdict_on(behaviors)


def forged(value: object, blob: bytes = b"") -> bytes:
    told = {"value": value, "failure": None, "changed": None, "printed": ""}
    header = json.dumps([told]).encode()
    return b"%d\n" % len(header) + header + blob


def tensor(shape: object, dtype: object = "float32", kind: object = "tensor") -> dict[str, object]:
    return {"is": kind, "dtype": dtype, "shape": shape}


@pytest.mark.parametrize(
    "data",
    [
        forged({"dict": [[{"int": hex(n)}, None] for n in range(10_001)]}),
        *(b"", b"\n", b"-1\n", b"5\n[", b"99999\n[]", b"2\n{}", b"2\n[]x", b"9" * 5000 + b"\n[]"),
        *(b"\xff\xfe\n[]", b"2\n42", b"4\n[42]", b"6\n[null]", b"[" * 100_000),
        b"200001\n" + b"[" * 100_001 + b"]" * 100_000,
        *(forged(5), forged("text"), forged([1]), forged({}), forged({"is": "tensor"})),
        *(forged({"int": 5}), forged({"float": "x"}), forged({"float": 1.0}), forged({"no": 1})),
        *(forged({"text": "a", "int": "1"}), forged({"dtype": "object"}), forged({"list": 3})),
        *(forged({"dict": [[1]]}), forged({"dict": [[{"list": []}, None]]}), forged({"int": "g"})),
        *(forged(tensor([10**12])), forged(tensor([2])), forged(tensor([1], "object"), b"1234")),
        *(forged(tensor([-1]), b"1234"), forged(tensor([True]), b"1234"), forged(tensor("a"))),
        *(forged(tensor([0, 2**62, 2**62])), forged(tensor([1] * 100)), forged(tensor([1.0]))),
        *(forged(None, b"left over"), forged(tensor(None))),
        *(forged({"foreign": "a b", "shown": ""}), forged({"foreign": "x" * 99, "shown": ""})),
        *(forged({"foreign": "X"}), forged({"foreign": 3, "shown": ""})),
        forged({"text": "x" * MOST_BYTES}),
    ],
    ids=lambda data: repr(data[:60]),
)
def test_what_is_forged_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        unpack(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("printed"),
        lambda told: told.update(printed=3),
        lambda told: told.update(changed="x"),
        lambda told: told.update(changed=True),
        lambda told: told.update(failure="x"),
        lambda told: told.update(failure={}),
        lambda told: told.update(failure={"kind": 1, "text": "", "line": "", "is_of_answer": True}),
    ],
)
def test_what_is_forged_around_a_value_is_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    told: dict[str, Any] = {"value": None, "failure": None, "changed": None, "printed": ""}
    change(told)
    header = json.dumps([told]).encode()
    with pytest.raises(UnreadableError):
        unpack(b"%d\n" % len(header) + header)
