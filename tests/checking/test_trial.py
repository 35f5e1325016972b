"""A learner's code can do what it likes: it is looked at, and nothing stays changed."""

import math
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.failure import Failure
from dlcourse.checking.trial import Behavior, attempt


def apply(answer: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
    return answer(*arguments)


def behavior(answer: Callable[..., Any], *makers: Callable[[], Any]) -> Behavior:
    return attempt(apply, answer, [make() for make in makers], [make() for make in makers])


def ones() -> torch.Tensor:
    return torch.ones(2)


def test_value_and_print_are_kept_and_nothing_reaches_the_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def answer(x: torch.Tensor) -> torch.Tensor:
        print("hello")  # noqa: T201
        print("trouble", file=sys.stderr)  # noqa: T201
        return x + 1

    seen = behavior(answer, ones)
    assert seen.value.tolist() == [2, 2]
    assert seen.printed == "hello\ntrouble\n"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", [ValueError, SystemExit, RecursionError, GeneratorExit])
def test_whatever_is_raised_is_kept(kind: type[BaseException]) -> None:
    def answer() -> None:
        raise kind

    failure = behavior(answer).failure
    assert failure is not None
    assert failure.kind == f"builtins.{kind.__name__}"


def test_the_stop_button_goes_through_and_the_terminal_is_back() -> None:
    def answer() -> None:
        raise KeyboardInterrupt

    terminal = sys.stdout, sys.stderr
    with pytest.raises(KeyboardInterrupt):
        behavior(answer)
    assert (sys.stdout, sys.stderr) == terminal


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.add_(1),
        lambda x: x.requires_grad_(),
        lambda x: x.resize_(3),
        lambda x: setattr(x, "grad", torch.zeros(2)),
    ],
    ids=["values", "requires_grad", "shape", "grad"],
)
def test_changed_tensors_are_noticed(change: Callable[[torch.Tensor], object]) -> None:
    assert behavior(lambda _, x: change(x), list, ones).changed == 1


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda: [1, 2], lambda x: x.append(3)),
        (lambda: [ones()], lambda x: x[0].zero_()),
        (lambda: {"a": 1}, lambda x: x.update(a=2)),
        (lambda: {"a": 1}, lambda x: x.update(b=2)),
        (lambda: np.ones(2), lambda x: x.fill(0)),
        (torch.nn.Dropout, lambda x: x.eval()),
        (lambda: torch.nn.Linear(1, 1), lambda x: x.weight.data.zero_()),
    ],
)
def test_changed_containers_and_models_are_noticed(
    make: Callable[[], Any], change: Callable[[Any], object]
) -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()

    def made() -> object:
        torch.set_rng_state(state)
        return make()

    assert behavior(change, made).changed == 0
    assert behavior(lambda _: None, made).changed is None


def test_nan_that_stays_nan_is_no_change() -> None:
    assert behavior(lambda *_: 0, lambda: torch.tensor([float("nan")]), lambda: float("nan")) == (
        Behavior(0)
    )


def test_each_attempt_starts_from_the_same_seed_and_with_gradients() -> None:
    torch.set_grad_enabled(False)  # as an interrupted `with torch.no_grad()` leaves it
    state = torch.get_rng_state()
    try:
        first, second = (behavior(lambda: torch.rand(3)) for _ in range(2))
        assert first.is_like(second, Tolerance())
        assert behavior(torch.is_grad_enabled).value is True
    finally:
        torch.set_grad_enabled(True)
        torch.set_rng_state(state)


def test_behaviors_are_alike_in_value_error_and_change() -> None:
    here = Tolerance()
    assert Behavior(1.0).is_like(Behavior(1), here)
    assert not Behavior(1.0).is_like(Behavior(2), here)
    assert not Behavior(1.0).is_like(Behavior(1.0, changed=0), here)
    sizes = [failed("ValueError", f"size {n} for 3") for n in (4, 5)]
    assert sizes[0].is_like(sizes[1], here)
    assert not failed("ValueError", "a").is_like(failed("ValueError", "b"), here)
    assert not failed("ValueError").is_like(failed("TypeError"), here)
    shapes, graph = "shapes cannot be multiplied", "same dtype"
    assert not failed("RuntimeError", shapes).is_like(failed("RuntimeError", graph), here)
    assert not failed("ValueError").is_like(Behavior(None), here)


def failed(kind: str, text: str = "") -> Behavior:
    return Behavior(failure=Failure(f"builtins.{kind}", text))


def raised_by(answer: Callable[[], object]) -> str:
    failure = behavior(answer).failure
    assert failure is not None
    return failure.explain()


def test_an_error_is_told_with_the_learner_s_line_and_its_usual_meaning() -> None:
    def answer() -> torch.Tensor:
        return torch.ones(2, 3) @ torch.ones(2, 3)

    line, error, meaning = raised_by(answer).splitlines()
    assert line.startswith("line ")
    assert line.endswith(": return torch.ones(2, 3) @ torch.ones(2, 3)")
    assert error.startswith("RuntimeError: ")
    assert "mat1 and mat2 shapes cannot be multiplied" in error
    assert meaning == (
        "This usually means: the inner sizes of the product differ: print both shapes."
    )


def test_colors_of_a_terminal_are_left_out() -> None:
    def answer() -> None:
        msg = "\x1b[31mred\x1b[0m alert"
        raise ValueError(msg)

    assert raised_by(answer).endswith("ValueError: red alert")


def leaf_in_place() -> None:
    w = torch.ones(2, requires_grad=True)
    w += 1


def backward_twice() -> None:
    y = torch.ones(2, requires_grad=True).exp().sum()
    y.backward()
    y.backward()


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (lambda: torch.ones(2) + torch.ones(3), "do not broadcast"),
        (lambda: torch.ones(2, 2) @ torch.ones(2, 2).double(), "different dtypes"),
        (torch.ones(1).backward, "the graph was cut"),
        (backward_twice, "a graph can be used once"),
        (leaf_in_place, "was changed in place"),
        (torch.ones(2, requires_grad=True).numpy, "detach() it first"),
        (torch.ones(2).item, "one number is needed"),
        (lambda: 1 if torch.ones(2) > 0 else 0, "one truth value"),
        (lambda: torch.ones(2, requires_grad=True).exp().backward(), "take a sum"),
        (lambda: torch.ones(2, 3).T.view(6), "use reshape"),
        (lambda: torch.ones(2, 3).reshape(5), "another number of elements"),
        (lambda: torch.ones(2).sum(dim=3), "fewer dimensions"),
        (lambda: torch.ones(2)[5], "larger than the last place"),
        (lambda: list(range(2))[5], "larger than the last place"),
        (lambda: math.exp(800), "larger than any number"),
        (lambda: 2.5**1000, "larger than any number"),
        (apply, "another number of arguments"),
        (lambda: torch.ones(2, colour=1), "no argument of this name"),  # type: ignore[call-overload]
        (lambda: None + 1, "something is None"),  # type: ignore[operator]
        (len([]), "not a function"),
        (lambda: unknown, "misspelled"),  # type: ignore[name-defined]  # noqa: F821
        (lambda: (3).shape, "typing error"),  # type: ignore[attr-defined]
    ],
)
def test_usual_errors_have_a_meaning(answer: Callable[[], object], meaning: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert meaning in raised_by(answer)
