"""The exercises of lesson 02: right answers of every kind pass; the solutions agree with others."""

import math
import sys
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pytest
import torch
from torch import Tensor

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Outcome
from dlcourse.exercises import autograd as ex
from dlcourse.exercises.autograd._wrong_engines import CallsItself, InnerSumsKept
from parts import part_of

InnerLeftOut = part_of(ex.Bell, "InnerLeftOut")
OuterLeftOut = part_of(ex.Bell, "OuterLeftOut")
OwnSlopeOnly = part_of(ex.Bell, "OwnSlopeOnly")
SignLost = part_of(ex.Bell, "SignLost")
bowl_at = part_of(ex.descent, "bowl_at")
crossed = part_of(ex.nudged, "crossed")

BELL: Any = ex.Bell  # a class to mypy
SCALAR: Any = ex.Scalar

RIGHT: list[tuple[Exercise, Any]] = []


def right(exercise: Exercise) -> Callable[[Any], Any]:
    """Mark an answer as one that the exercise must accept."""

    def mark(answer: Any) -> Any:  # noqa: ANN401
        RIGHT.append((exercise, answer))
        return answer

    return mark


# ---------------------------------------------------------------------------- slope


@right(ex.slope)
def slope_with_backward(f: Any, x: Tensor) -> Any:  # noqa: ANN401
    copy = x.clone().requires_grad_(True)
    f(copy).backward(gradient=torch.ones_like(copy))
    return copy.grad


@right(ex.slope)
def slope_in_a_loop(f: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    slopes = []
    for number in x.flatten().tolist():
        point = torch.tensor(number, dtype=torch.float64, requires_grad=True)
        f(point).backward()
        slopes.append(point.grad.item())  # type: ignore[union-attr]
    return torch.tensor(slopes).reshape(x.shape)


@right(ex.slope)
class SlopeWithFunc:
    """A callable class (right with its instance)."""

    def __new__(cls, f: Any, x: Tensor) -> Any:  # noqa: ANN401, D102
        return torch.func.grad(lambda x: f(x).sum())(x)


@right(ex.slope)
def slope_in_a_loop_stacked(f: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    """Rejected once, for an empty tensor that nobody had mentioned."""
    slopes = []
    for point in x.flatten():
        copy = point.detach().clone().requires_grad_()
        slopes.append(torch.autograd.grad(f(copy), copy)[0])
    return torch.stack(slopes).reshape(x.shape)


@right(ex.slope)
def slope_by_nudging(f: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    x = x.double()
    result: Tensor = (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
    return result


# ---------------------------------------------------------------------------- descent


@right(ex.descent)
def descent_cleared_first(losses: Any, start: Any, lr: float, n_steps: int) -> list[float]:  # noqa: ANN401
    w = start.clone().requires_grad_()
    optimizer = torch.optim.SGD([w], lr=lr)
    path = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        for loss in losses:
            loss(w).backward()
        optimizer.step()
        path.append(w.item())
    return path


@right(ex.descent)
def descent_cleared_last(losses: Any, start: Any, lr: float, n_steps: int) -> list[Tensor]:  # noqa: ANN401
    """After the step: A3, which some people call a bug."""
    w = start.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([w], lr=lr)
    path = []
    for _ in range(n_steps):
        sum(loss(w) for loss in losses).backward()
        optimizer.step()
        optimizer.zero_grad()
        path.append(w.detach().clone())
    return path


@right(ex.descent)
def descent_zeroed_in_place(losses: Any, start: Any, lr: float, n_steps: int) -> list[float]:  # noqa: ANN401
    w = torch.tensor(start.item(), requires_grad=True)
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w).backward()
        w.data -= lr * w.grad  # type: ignore[operator]
        w.grad.zero_()  # type: ignore[union-attr]
        path.append(float(w.detach()))
    return path


@right(ex.descent)
def descent_by_nudging(losses: Any, start: Any, lr: float, n_steps: int) -> list[np.float64]:  # noqa: ANN401
    w, h, path = start.double(), 1e-6, []
    for _ in range(n_steps):
        w = w - lr * sum((loss(w + h) - loss(w - h)) / (2 * h) for loss in losses)
        path.append(np.float64(w.item()))
    return path


# ---------------------------------------------------------------------------- percent


@right(ex.percent)
def percent_out_of_place(x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e.detach()
    share = 100 * share / share.sum()
    return share, torch.autograd.grad(e.sum(), x)[0]


@right(ex.percent)
def percent_after_backward(x: Tensor) -> list[Tensor | None]:
    x = x.detach().clone().requires_grad_()
    e = x.exp()
    e.sum().backward()
    share = e.detach()
    share *= 100 / share.sum()
    return [share, x.grad]


@right(ex.percent)
def percent_by_rule(x: Tensor) -> tuple[Any, Tensor]:
    return (100 * x.double().softmax(dim=0)).numpy(), x.exp()


# ---------------------------------------------------------------------------- lengths


@right(ex.lengths)
def lengths_with_linalg(X: Tensor) -> Any:  # noqa: ANN401
    return torch.linalg.vector_norm(X, dim=-1)


@right(ex.lengths)
def lengths_guarded_inside(X: Tensor) -> Tensor:
    squares = X.square().sum(dim=1)
    safe = torch.where(squares > 0, squares, 1.0)
    return torch.where(squares > 0, safe.sqrt(), 0.0)


@right(ex.lengths)
def lengths_with_a_one_for_a_zero(X: Tensor) -> Tensor:
    squares = X.pow(2).sum(1)
    return (squares + (squares == 0)).sqrt() * (squares > 0)


@right(ex.lengths)
def lengths_in_a_loop(X: Tensor) -> Tensor:
    result = X.new_zeros(len(X))
    for i, row in enumerate(X):
        result[i] = row.norm()
    return result


# ---------------------------------------------------------------------------- nudged


@right(ex.nudged)
def nudged_with_rows(f: Any, x: Tensor, h: float) -> Tensor:  # noqa: ANN401
    steps = h * torch.eye(len(x), dtype=torch.float64)
    return torch.stack([f(x + step) - f(x - step) for step in steps]) / (2 * h)


@right(ex.nudged)
def nudged_and_put_back(f: Any, x: Tensor, h: float) -> list[float]:  # noqa: ANN401
    copy = x.to(torch.float64, copy=True)
    slopes = []
    for i in range(copy.numel()):
        copy[i] += h
        up = f(copy).item()
        copy[i] -= 2 * h
        slopes.append((up - f(copy).item()) / (2 * h))
        copy[i] += h
    return torch.tensor(slopes, dtype=torch.float64)  # type: ignore[return-value]


@right(ex.nudged)
def nudged_in_numpy(f: Any, x: Tensor, h: float) -> Any:  # noqa: ANN401
    start = x.numpy().astype(np.float64)
    result = np.empty(len(start))
    for i in range(len(start)):
        step = np.zeros_like(start)
        step[i] = h
        up, down = (float(f(torch.from_numpy(start + sign * step))) for sign in (1, -1))
        result[i] = (up - down) / (2 * h)
    return result


# ---------------------------------------------------------------------------- Bell


@right(BELL)
class BellFromTheInput(torch.autograd.Function):
    """Saves only x, and computes the bell anew."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401, D102
        ctx.save_for_backward(x)
        return (-x.square()).exp()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # noqa: ANN401, D102
        (x,) = ctx.saved_tensors
        return grad * torch.exp(-(x**2)) * -2 * x


@right(BELL)
class BellWithItsSlopeSaved(torch.autograd.Function):
    """Computes the slope on the way there, and keeps it as an attribute."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401, D102
        y = math.e ** (-x * x)
        ctx.slope = -2 * x * y
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any]:  # noqa: ANN401, D102
        return (torch.mul(ctx.slope, grads[0]),)


@right(BELL)
class BellWithSetupContext(torch.autograd.Function):
    """The newer form, with the saving in a method of its own."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:  # noqa: D102
        return torch.exp(-x.pow(2))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:  # noqa: ANN401, D102
        ctx.save_for_backward(*inputs, output)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401, D102
        x, y = ctx.saved_tensors
        return grad_output * (-2 * x * y)


# ---------------------------------------------------------------------------- Scalar


@right(SCALAR)
class ScalarWithClosures:
    """Each result knows how to pass its slope on; the order comes from a walk with a stack."""

    def __init__(self, data: float) -> None:
        self.data, self.grad, self.sum = data, 0.0, 0.0
        self.inputs: tuple[ScalarWithClosures, ...] = ()
        self.pass_on: Callable[[], None] = self.keep

    def keep(self) -> None:
        """Add the sum to the slope: what a leaf does."""
        self.grad += self.sum

    def _made(self, data: float, *pairs: "tuple[ScalarWithClosures, float]") -> Any:  # noqa: ANN401
        result = ScalarWithClosures(data)
        result.inputs = tuple(one for one, _ in pairs)

        def pass_on() -> None:
            for one, slope in pairs:
                one.sum += slope * result.sum

        result.pass_on = pass_on
        return result

    def __add__(self, other: Self) -> Any:  # noqa: ANN401, D105
        return self._made(self.data + other.data, (self, 1), (other, 1))

    def __mul__(self, other: Self) -> Any:  # noqa: ANN401, D105
        return self._made(self.data * other.data, (self, other.data), (other, self.data))

    def sin(self) -> Any:  # noqa: ANN401, D102
        return self._made(math.sin(self.data), (self, math.cos(self.data)))

    def backward(self) -> None:  # noqa: D102
        order, seen = [], set()
        stack = [(self, False)]
        while stack:
            one, is_done = stack.pop()
            if is_done:
                order.append(one)
            elif one not in seen:
                seen.add(one)
                stack.append((one, True))
                stack += [(part, False) for part in one.inputs]
        for one in order:
            one.sum = 0.0
        self.sum = 1.0
        for one in reversed(order):
            one.pass_on()


@right(SCALAR)
class ScalarWithDepth:
    """Ordered by depth; the sums of the numbers between are kept in `grad`, and cleared."""

    def __init__(self, data: float, parents: Any = ()) -> None:  # noqa: ANN401
        self.data, self.parents, self.grad = np.float64(data), parents, 0
        self.depth = 1 + max((one.depth for one, _ in parents), default=0)

    def __add__(self, other: Self) -> Self:  # noqa: D105
        return type(self)(self.data + other.data, [(self, 1), (other, 1)])

    def __mul__(self, other: Self) -> Self:  # noqa: D105
        return type(self)(self.data * other.data, [(self, other.data), (other, self.data)])

    def sin(self) -> Self:  # noqa: D102
        return type(self)(np.sin(self.data), [(self, np.cos(self.data))])

    def backward(self) -> None:  # noqa: D102
        levels: dict[int, set[Any]] = {self.depth: {self}}
        self.grad += 1
        for depth in range(self.depth, 0, -1):
            for one in levels.pop(depth, ()):
                for parent, slope in one.parents:
                    parent.grad += one.grad * slope
                    levels.setdefault(parent.depth, set()).add(parent)
                if one.parents:
                    one.grad = 0


@right(SCALAR)
class ScalarOnTorch:
    """Cheating with torch is right as well, in float64."""

    def __init__(self, data: Any) -> None:  # noqa: ANN401
        is_leaf = not isinstance(data, Tensor)
        self.t = torch.tensor(data, dtype=torch.float64, requires_grad=True) if is_leaf else data

    data = property(lambda self: self.t.item())
    grad = property(lambda self: 0.0 if self.t.grad is None else self.t.grad)

    def __add__(self, other: Self) -> Self:  # noqa: D105
        return type(self)(self.t + other.t)

    def __mul__(self, other: Self) -> Self:  # noqa: D105
        return type(self)(self.t * other.t)

    def sin(self) -> Self:  # noqa: D102
        return type(self)(self.t.sin())

    def backward(self) -> None:  # noqa: D102
        self.t.backward(retain_graph=True)


@pytest.mark.parametrize(
    ("exercise", "answer"), RIGHT, ids=[f"{one.id}-{answer.__name__}" for one, answer in RIGHT]
)
def test_right_answers_written_otherwise_pass(exercise: Exercise, answer: object) -> None:
    verdict = exercise.judge(answer)
    assert verdict.outcome is Outcome.PASSED, verdict.message


def test_there_are_three_right_answers_for_each_function_and_class() -> None:
    wanted = [one for one in vars(ex).values() if isinstance(one, Exercise) and not one.is_question]
    for exercise in wanted:
        assert sum(one is exercise for one, _ in RIGHT) >= 3, exercise.id


# ---------------------------------------------------------------------------- values for questions


@pytest.mark.parametrize("answer", [(-9, 3), (torch.tensor(-9.0), np.float32(3.0))])
def test_whole_numbers_and_tensors_answer_the_neuron(answer: tuple[Any, Any]) -> None:
    assert ex.neuron.judge(*answer).outcome is Outcome.PASSED


@pytest.mark.parametrize("answer", ["d", "D", " d "])
def test_a_letter_in_either_case_answers_the_false_alarm(answer: str) -> None:
    assert ex.false_alarm.judge(answer).outcome is Outcome.PASSED


# ---------------------------------------------------------------------------- oracles


def test_neuron_agrees_with_autograd() -> None:
    w, b = (torch.tensor(number, requires_grad=True) for number in (0.5, 1.0))
    ((w * -3.0 + b + 2.0) ** 2).backward()
    assert ex.neuron.answer() == (w.grad, b.grad)


def test_slope_agrees_with_a_formula() -> None:
    x = torch.linspace(-2, 2, 7, dtype=torch.float64)
    torch.testing.assert_close(ex.slope.answer(lambda x: torch.sin(x**2), x), (x**2).cos() * 2 * x)


def test_descent_agrees_with_the_closed_form() -> None:
    path = ex.descent.answer([bowl_at(2.0, 1.0)], torch.tensor(1.0), 0.1, 10)
    assert path == pytest.approx([2 - 0.8**n for n in range(1, 11)], rel=1e-5)


def test_after_each_is_what_torch_does() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    c = x.detach()
    seen = []
    (x * x).backward()
    seen += [x.grad.item()]  # type: ignore[union-attr]
    (c * x).backward()
    seen += [x.grad.item()]  # type: ignore[union-attr]
    x.grad = None
    (c * x * x).backward()
    seen += [x.grad.item()]  # type: ignore[attr-defined]
    assert tuple(seen) == ex.after_each.answer()


def test_percent_agrees_with_numpy() -> None:
    x = np.array([0.3, -2.0, 1.0])
    share, slopes = ex.percent.answer(torch.from_numpy(x))
    np.testing.assert_allclose(share, 100 * np.exp(x) / np.exp(x).sum())
    np.testing.assert_allclose(slopes, np.exp(x))


def test_percent_s_stub_raises_what_the_lesson_says() -> None:
    assert ex.percent.template is not None
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        ex.percent.template(torch.tensor([0.0, 1.0]))


def test_lengths_agree_with_hypot_and_the_stub_s_slopes_are_nan() -> None:
    X = torch.tensor([[3.0, -4.0], [0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    result = ex.lengths.answer(X)
    np.testing.assert_allclose(result.detach(), np.hypot(*X.detach().numpy().T))
    (slopes,) = torch.autograd.grad(result.sum(), X)
    assert slopes.tolist() == [[0.6, -0.8], [0.0, 0.0]]
    assert ex.lengths.template is not None
    (slopes,) = torch.autograd.grad(ex.lengths.template(X).sum(), X)
    assert slopes[1].isnan().all()


@pytest.mark.parametrize("tiny", [1e-12, 1e-10, 1e-8, 1e-6])
@pytest.mark.parametrize("clamps", [True, False])
def test_a_tiny_number_under_the_root_is_told_apart_from_0(tiny: float, clamps: bool) -> None:  # noqa: FBT001
    def answer(X: Tensor) -> Tensor:
        squares = X.square().sum(dim=1)
        return (squares.clamp(min=tiny) if clamps else squares + tiny).sqrt()

    verdict = ex.lengths.judge(answer)
    assert verdict.outcome is Outcome.NOT_YET
    assert "tiny number under the root" in " ".join(verdict.message.split())


@pytest.mark.parametrize("h", [1e-2, 1e-3, 1e-4])
def test_nudges_in_float32_do_not_pass_for_slopes(h: float) -> None:
    verdict = ex.slope.judge(lambda f, x: (f(x + h) - f(x - h)) / (2 * h))
    assert verdict.outcome is Outcome.NOT_YET
    assert ("You nudged x" in verdict.message) == (h == 1e-3)


def test_slopes_of_the_percents_are_named_in_spite_of_rounding() -> None:
    def answer(x: Tensor) -> tuple[Tensor, Tensor | None]:
        x = x.clone().requires_grad_()
        share = 100 * x.exp() / x.exp().sum()
        share.sum().backward()
        return share.detach(), x.grad

    assert "slopes of the sum of the percents" in ex.percent.judge(answer).message


def test_saved_tensors_left_packed_is_named_in_other_words_too() -> None:
    class Packed(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
            ctx.save_for_backward(x)
            return torch.exp(-x * x)

        @staticmethod
        def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
            x = ctx.saved_tensors
            return grad_output * -2 * x

    assert "`(x,) = ctx.saved_tensors`" in BELL.judge(Packed).message


@pytest.mark.parametrize("room", [1000, 3000])
def test_calls_without_end_are_too_many_whatever_python_s_limit(room: int) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(room)
    try:
        verdict = SCALAR.judge(CallsItself)
        assert sys.getrecursionlimit() == room
    finally:
        sys.setrecursionlimit(before)
    assert verdict.outcome is Outcome.RAISED
    assert "calls itself once for each link" in verdict.message


@pytest.mark.filterwarnings("ignore:Input #0 requires gradient and is not a double")
def test_false_alarm_s_options_do_what_their_messages_say() -> None:
    torch.manual_seed(12)  # the outputs are below 0.5: rounding stays far below the room of 0.1
    layer = torch.nn.Linear(3, 2)
    X = torch.randn(4, 3, requires_grad=True)
    check = torch.autograd.gradcheck
    assert not check(layer, X, raise_exception=False)
    assert check(layer, X, atol=0.1, raise_exception=False)
    wrong = check(lambda X: X * X.detach() / 20, X / 20, atol=0.1, raise_exception=False)
    assert wrong, "b: such room hides a wrong slope"
    wide = X.detach().double().requires_grad_()
    with pytest.raises(RuntimeError, match="same dtype"):
        check(layer, wide, raise_exception=False)
    assert check(layer.double(), wide, raise_exception=False)


def test_nudged_agrees_with_autograd_within_the_square_of_the_step() -> None:
    x = torch.tensor([0.5, 1.5, -2.0])
    exact = torch.autograd.functional.jacobian(crossed, x.double())
    for h in (1e-2, 1e-3, 1e-5):
        error = (ex.nudged.answer(crossed, x, h) - exact).abs().max()
        assert error < 20 * h**2 + 1e-9


def test_bell_passes_gradcheck_and_the_mistakes_do_not() -> None:
    x = torch.tensor([[0.5, -1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(BELL.answer.apply, x)
    for mistake in (InnerLeftOut, OuterLeftOut, SignLost):
        assert not torch.autograd.gradcheck(mistake.apply, x, raise_exception=False)
    scaled = torch.autograd.gradcheck(lambda x: 5 * OwnSlopeOnly.apply(x), x, raise_exception=False)
    assert not scaled


def test_bell_is_held_to_float64() -> None:
    class Narrow(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
            result = torch.exp(-(x.float() ** 2))
            ctx.save_for_backward(x, result)
            return result.to(x.dtype)

        @staticmethod
        def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
            x, result = ctx.saved_tensors
            return -2 * x * result * grad_output

    verdict = BELL.judge(Narrow)
    assert verdict.outcome is Outcome.NOT_YET
    assert "udges say the same" in verdict.message


def test_scalar_agrees_with_torch_on_expressions_and_on_a_second_backward() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        recipe = [(rng.integers(3), *rng.integers(n, size=2)) for n in range(2, 12)]
        start = rng.uniform(-1, 1, size=2).tolist()
        results = []
        kinds = (
            SCALAR.answer,
            lambda n: torch.tensor(n, dtype=torch.float64, requires_grad=True),
        )
        for kind in kinds:
            numbers = [kind(number) for number in start]
            for rule, i, j in recipe:
                a, b = numbers[i], numbers[j]
                numbers.append([a + b, a * b, a.sin()][rule])
            total = numbers[0] + numbers[1] + numbers[-1]
            for _ in range(2):
                total.backward(**({"retain_graph": True} if isinstance(total, Tensor) else {}))
            results.append(torch.tensor([one.grad for one in numbers[:2]]).tolist())
        assert results[0] == pytest.approx(results[1], rel=1e-5)


def test_inner_sums_kept_gives_the_36_of_the_lesson() -> None:
    v = InnerSumsKept(3.0)
    result = InnerSumsKept(2.0) * (v * v)
    result.backward()
    result.backward()
    assert v.grad == 36
