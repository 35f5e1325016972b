"""Answers to the exercises of lesson 02."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import vmap

from corpus import right, wrong
from dlcourse.exercises import autograd as ex

BELL: Any = ex.Bell  # a class to mypy
SCALAR: Any = ex.Scalar

# ---------------------------------------------------------------------------- questions


@right(ex.neuron)
def neuron_in_whole_numbers() -> tuple[int, int]:
    return -9, 3


@wrong(ex.neuron, "swapped")
def neuron_swapped() -> tuple[int, int]:
    return 3, -9


@wrong(ex.neuron, "dw")
def neuron_sign_of_x_lost() -> tuple[int, int]:
    return 9, 3


@wrong(ex.neuron, "the 2 is missing")
def neuron_halved() -> tuple[float, float]:
    return -4.5, 1.5


@wrong(ex.neuron)
def neuron_rounded() -> tuple[float, float]:
    return -9.01, 3.01


@right(ex.after_each)
def after_each_of_tensors() -> tuple[Any, ...]:
    return torch.tensor(6), 9, np.float32(18)


@wrong(ex.after_each, "overwrite")
def after_each_overwritten() -> tuple[int, ...]:
    return 6, 3, 18


@wrong(ex.after_each, "after_3")
def after_each_half() -> tuple[int, ...]:
    return 6, 9, 9


@wrong(ex.after_each, "`x.grad = None` threw that away")
def after_each_not_cleared() -> tuple[int, ...]:
    return 6, 9, 27


@wrong(ex.after_each)
def after_each_nothing() -> tuple[Any, ...]:
    return None, None, None


@right(ex.false_alarm)
def false_alarm_large() -> str:
    return "D"


@wrong(ex.false_alarm, "rounding swallows them")
def false_alarm_of_the_layer() -> str:
    return "a"


@wrong(ex.false_alarm, "wrong slope")
def false_alarm_loosened() -> str:
    return "b"


@wrong(ex.false_alarm, "dtypes must agree")
def false_alarm_of_the_inputs() -> str:
    return "c"


@wrong(ex.false_alarm)
def false_alarm_two_letters() -> str:
    return "c or d"


# ---------------------------------------------------------------------------- slope


@right(ex.slope)
def slope_of_each_point(f: Any, x: Tensor) -> Any:  # noqa: ANN401
    return vmap(torch.func.grad(f))(x.flatten()).reshape(x.shape)


@right(ex.slope)
def slope_on_the_diagonal(f: Any, x: Tensor) -> Any:  # noqa: ANN401
    table = torch.autograd.functional.jacobian(f, x.flatten())
    return table.diagonal().reshape(x.shape) if x.ndim else table.reshape(())


@right(ex.slope)
def slope_by_the_mean(f: Any, x: Tensor) -> Any:  # noqa: ANN401
    copy = x.clone().requires_grad_()
    (f(copy).mean() * copy.numel()).backward()
    return copy.grad


@wrong(ex.slope, "Nothing came out")
def slope_kept(f: Any, x: Tensor) -> None:  # noqa: ANN401
    copy = x.clone().requires_grad_()
    f(copy).sum().backward()


@wrong(ex.slope, "`x` was changed")
def slope_left_in_x(f: Any, x: Tensor) -> Any:  # noqa: ANN401
    x.requires_grad_()
    f(x).sum().backward()
    return x.grad


@wrong(ex.slope)
def slope_of_a_vector(f: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    slopes = []
    for point in x:
        copy = point.detach().clone().requires_grad_()
        slopes.append(torch.autograd.grad(f(copy).sum(), copy)[0])
    return torch.stack(slopes)


@wrong(ex.slope)
def slope_between_neighbors(f: Any, x: Tensor) -> Any:  # noqa: ANN401
    return f(x).diff() / x.diff()


@wrong(ex.slope)
def slope_in_a_flat_row(f: Any, x: Tensor) -> Any:  # noqa: ANN401
    flat = x.flatten().requires_grad_()
    return torch.autograd.grad(f(flat).sum(), flat)[0]


# ---------------------------------------------------------------------------- descent


@right(ex.descent)
def descent_of_new_tensors(losses: Any, start: Tensor, lr: float, n_steps: int) -> list[float]:  # noqa: ANN401
    path, place = [], start.item()
    for _ in range(n_steps):
        w = torch.tensor(place, requires_grad=True)
        total = torch.stack([loss(w) for loss in losses]).sum()
        (slope,) = torch.autograd.grad(total, w)
        place -= lr * slope.item()
        path.append(place)
    return path


@right(ex.descent)
def descent_into_a_tensor(losses: Any, start: Tensor, lr: float, n_steps: int) -> Tensor:  # noqa: ANN401
    path = torch.empty(n_steps)
    w = start.detach().clone().requires_grad_()
    for n in range(n_steps):
        for loss in losses:
            loss(w).backward()
        w = (w - lr * w.grad).detach().requires_grad_()  # type: ignore[operator]
        path[n] = w.detach()
    return path


@right(ex.descent)
def descent_by_functions(losses: Any, start: Tensor, lr: float, n_steps: int) -> list[Tensor]:  # noqa: ANN401
    slope = torch.func.grad(lambda w: sum(loss(w) for loss in losses))
    path = [start]
    while len(path) <= n_steps:
        path.append(path[-1] - lr * slope(path[-1]))
    return path[1:]


@wrong(ex.descent, "the same tensor again and again")
def descent_one_name(losses: Any, start: Tensor, lr: float, n_steps: int) -> list[Tensor]:  # noqa: ANN401
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad  # type: ignore[operator]
        w.grad = None
        path.append(w)
    return path


@wrong(ex.descent, "`backward` was never called")
def descent_without_backward(losses: Any, start: Tensor, lr: float, n_steps: int) -> list[float]:  # noqa: ANN401
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w)
        with torch.no_grad():
            w -= lr * w.grad  # type: ignore[operator]
        w.grad = None
        path.append(w.item())
    return path


@wrong(ex.descent, "the step is missing")
def descent_without_a_step(losses: Any, start: Tensor, lr: float, n_steps: int) -> list[float]:  # noqa: ANN401, ARG001
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w).backward()
        w.grad = None
        path.append(w.item())
    return path


@wrong(ex.descent)
def descent_until_it_stands(losses: Any, start: Tensor, lr: float, n_steps: int) -> list[float]:  # noqa: ANN401
    w = start.clone().requires_grad_()
    path: list[float] = []
    for _ in range(n_steps):
        (slope,) = torch.autograd.grad(sum(loss(w) for loss in losses), w)
        if slope.abs() < 1e-6:
            break
        with torch.no_grad():
            w -= lr * slope
        path.append(w.item())
    return path


@wrong(ex.descent)
def descent_of_the_mean(losses: Any, start: Tensor, lr: float, n_steps: int) -> list[float]:  # noqa: ANN401
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        total = sum(loss(w) for loss in losses) / len(losses)
        (slope,) = torch.autograd.grad(total, w)
        with torch.no_grad():
            w -= lr * slope
        path.append(w.item())
    return path


@wrong(ex.descent)
def descent_with_the_start(losses: Any, start: Tensor, lr: float, n_steps: int) -> list[float]:  # noqa: ANN401
    w = start.clone().requires_grad_()
    path = [w.item()]
    for _ in range(n_steps):
        (slope,) = torch.autograd.grad(sum(loss(w) for loss in losses), w)
        with torch.no_grad():
            w -= lr * slope
        path.append(w.item())
    return path


@wrong(ex.descent)
def descent_of_the_start_itself(losses: Any, start: Tensor, lr: float, n_steps: int) -> list[float]:  # noqa: ANN401
    w = start.detach().requires_grad_()  # the same memory
    path = []
    for _ in range(n_steps):
        (slope,) = torch.autograd.grad(sum(loss(w) for loss in losses), w)
        with torch.no_grad():
            w -= lr * slope
        path.append(w.item())
    return path


# ---------------------------------------------------------------------------- percent


@right(ex.percent)
def percent_of_a_clone(x: Tensor) -> tuple[Tensor, Tensor | None]:
    leaf = x.clone().requires_grad_()
    e = leaf.exp()
    e.sum().backward()
    with torch.no_grad():
        return 100 * e / e.sum(), leaf.grad


@right(ex.percent)
def percent_by_softmax(x: Tensor) -> list[Tensor]:
    return [x.softmax(dim=0).mul_(100), x.exp()]


@right(ex.percent)
def percent_twice_computed(x: Tensor) -> tuple[Tensor, Tensor]:
    shares = torch.tensor([math.exp(one) for one in x.tolist()])
    slopes: Tensor = torch.func.grad(lambda x: x.exp().sum())(x)
    return shares / shares.sum() * 100, slopes


@wrong(ex.percent, "number of results")
def percent_alone(x: Tensor) -> Tensor:
    return 100 * x.softmax(dim=0)


@wrong(ex.percent, "`return` is missing")
def percent_of_nothing(x: Tensor) -> None:
    x.exp()


@wrong(ex.percent)
def percent_with_a_guard(x: Tensor) -> tuple[Tensor, Tensor]:
    e = x.exp()
    return 100 * e / (e.sum() + 1e-6), e


@wrong(ex.percent)
def percent_in_whole_numbers(x: Tensor) -> tuple[Tensor, Tensor]:
    return (100 * x.softmax(dim=0)).round(), x.exp()


@wrong(ex.percent)
def percent_the_other_way_round(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.exp(), 100 * x.softmax(dim=0)


# ---------------------------------------------------------------------------- lengths


@right(ex.lengths)
def lengths_by_rows(X: Tensor) -> Tensor:
    return torch.stack([torch.linalg.norm(row) for row in X])


@right(ex.lengths)
def lengths_of_a_scaled_row(X: Tensor) -> Tensor:
    top = X.detach().abs().amax(dim=1, keepdim=True)
    scaled = X / torch.where(top > 0, top, 1.0)
    inside = scaled.square().sum(dim=1)
    root = torch.where(inside > 0, inside, 1.0).sqrt() * top[:, 0]
    return root * (inside > 0)


@right(ex.lengths)
class _LengthsWithBackward:
    def __new__(cls, X: Tensor) -> Any:  # noqa: ANN401
        class Length(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, X: Tensor) -> Tensor:  # noqa: ANN401
                ctx.save_for_backward(X)
                return X.pow(2).sum(dim=1).sqrt()

            @staticmethod
            def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401
                (X,) = ctx.saved_tensors
                return slopes[0][:, None] * torch.nn.functional.normalize(X, dim=1)

        return Length.apply(X)


@wrong(ex.lengths, "hort rows are right")
def lengths_and_zero_where_zero(X: Tensor) -> Tensor:
    squares = X.square().sum(dim=1)
    return torch.where(squares > 0, (squares + 1e-7).sqrt(), 0.0)


@wrong(ex.lengths)
def lengths_less_the_number(X: Tensor) -> Tensor:
    return (X.square().sum(dim=1) + 1e-12).sqrt() - 1e-6


@wrong(ex.lengths)
def lengths_clamped_and_masked(X: Tensor) -> Tensor:
    squares = X.square().sum(dim=1)
    return squares.clamp(min=1e-6).sqrt() * (squares > 1e-6)


@wrong(ex.lengths)
def lengths_above_a_threshold(X: Tensor) -> Tensor:
    squares = X.square().sum(dim=1)
    safe = torch.where(squares > 1e-7, squares, 1.0)
    return torch.where(squares > 1e-7, safe.sqrt(), 0.0)


@wrong(ex.lengths, "list came out where a tensor is asked for")
def lengths_in_a_list(X: Tensor) -> list[Tensor]:
    return [row.norm() for row in X]


@wrong(ex.lengths, "`return` is missing")
def lengths_of_nothing(X: Tensor) -> None:
    X.norm(dim=1)


@wrong(ex.lengths, "heir slopes: None")
def lengths_detached(X: Tensor) -> Tensor:
    result: Tensor = X.detach().norm(dim=1)
    return result


# ---------------------------------------------------------------------------- nudged


@right(ex.nudged)
def nudged_in_a_batch(f: Any, x: Tensor, h: float) -> Any:  # noqa: ANN401
    steps = h * torch.eye(len(x), dtype=torch.float64)
    return torch.stack([f(one) for one in x + steps]).sub(
        torch.stack([f(one) for one in x - steps])
    ) / (2 * h)


@right(ex.nudged)
def nudged_by_the_real_distance(f: Any, x: Tensor, h: float) -> list[Tensor]:  # noqa: ANN401
    slopes = []
    for i in range(x.shape[0]):
        up, down = (x.clone().double() for _ in range(2))
        up[i], down[i] = up[i] + h, down[i] - h
        slopes.append((f(up) - f(down)) / (up[i] - down[i]))
    return torch.stack(slopes)  # type: ignore[return-value]


@right(ex.nudged)
def nudged_as_a_mean_of_both_ways(f: Any, x: Tensor, h: float) -> Tensor:  # noqa: ANN401
    x = x.double()
    slopes = torch.zeros_like(x)
    for i in range(len(x)):
        step = torch.zeros_like(x)
        step[i] = h
        slopes[i] = ((f(x + step) - f(x)) / h + (f(x) - f(x - step)) / h) / 2
    return slopes


@wrong(ex.nudged, "the lower one is x itself")
def nudged_down_forgotten(f: Any, x: Tensor, h: float) -> Tensor:  # noqa: ANN401
    slopes = []
    for i in range(len(x)):
        up, down = x.double().clone(), x.double().clone()
        up[i] += h
        slopes.append((f(up) - f(down)) / (2 * h))
    return torch.stack(slopes)


@wrong(ex.nudged, "Both points are the same")
def nudged_up_twice(f: Any, x: Tensor, h: float) -> Tensor:  # noqa: ANN401
    slopes = []
    for i in range(len(x)):
        up, down = x.double().clone(), x.double().clone()
        up[i] += h
        down[i] += h
        slopes.append((f(up) - f(down)) / (2 * h))
    return torch.stack(slopes)


@wrong(ex.nudged)
def nudged_more_exactly(f: Any, x: Tensor, h: float) -> Tensor:  # noqa: ANN401
    steps = h * torch.eye(len(x), dtype=torch.float64)
    slopes = []
    for step in steps:
        near = (f(x + step) - f(x - step)) / (2 * h)
        far = (f(x + 2 * step) - f(x - 2 * step)) / (4 * h)
        slopes.append((4 * near - far) / 3)
    return torch.stack(slopes)


@wrong(ex.nudged)
def nudged_in_proportion(f: Any, x: Tensor, h: float) -> Tensor:  # noqa: ANN401
    slopes = []
    for i in range(len(x)):
        up, down = x.double().clone(), x.double().clone()
        step = h * max(1.0, abs(x[i].item()))
        up[i] += step
        down[i] -= step
        slopes.append((f(up) - f(down)) / (2 * step))
    return torch.stack(slopes)


@wrong(ex.nudged)
def nudged_with_a_step_of_its_own(f: Any, x: Tensor, h: float) -> Tensor:  # noqa: ANN401, ARG001
    steps = 1e-5 * torch.eye(len(x), dtype=torch.float64)
    return torch.stack([(f(x + step) - f(x - step)) / 2e-5 for step in steps])


# ---------------------------------------------------------------------------- Bell


@right(BELL)
class _BellOfPowers(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        ctx.x = x.clone()
        return torch.e ** -(x**2)

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401
        return slopes[0] * (-2 * ctx.x) * torch.e ** -(ctx.x**2)


@right(BELL)
class _BellByAutograd(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        with torch.enable_grad():
            ctx.x = x.detach().requires_grad_()
            ctx.y = (-ctx.x * ctx.x).exp()
        y: Tensor = ctx.y.detach().clone()
        return y

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401
        return torch.autograd.grad(ctx.y, ctx.x, slopes[0], retain_graph=True)[0]


@right(BELL)
class _BellOfASavedResult(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        y = 1 / torch.exp(x.square())
        ctx.save_for_backward(y, -2 * x)
        return y

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401
        y, inner = ctx.saved_tensors
        return slopes[0].mul(y).mul(inner)


@wrong(BELL)
class _BellKeptOnTheClass(torch.autograd.Function):
    x: Tensor
    y: Tensor

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401, ARG004
        _BellKeptOnTheClass.x = x
        _BellKeptOnTheClass.y = torch.exp(-x * x)
        return _BellKeptOnTheClass.y.clone()

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401, ARG004
        return -2 * _BellKeptOnTheClass.x * _BellKeptOnTheClass.y * slopes[0]


@wrong(BELL)
class _BellForVectors(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        y = torch.zeros_like(x)
        for i in range(len(x)):
            y[i] = torch.exp(-x[i] * x[i])
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401
        x, y = ctx.saved_tensors
        return -2 * x * y * slopes[0]


@wrong(BELL)
class _BellWrittenOverItsInput(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(x.clone())
        x *= x
        return torch.exp(-x)

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401
        (x,) = ctx.saved_tensors
        return -2 * x * torch.exp(-x * x) * slopes[0]


@wrong(BELL, "`return` is missing")
class _BellWithoutReturn(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> None:  # noqa: ANN401
        ctx.save_for_backward(x, torch.exp(-x * x))

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401
        x, y = ctx.saved_tensors
        return -2 * x * y * slopes[0]


@wrong(BELL, "lopes of Bell.apply(x).sum(): None")
class _BellHalfDone(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        result = torch.exp(-x * x)
        ctx.save_for_backward(x, result)
        return result

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> None:  # noqa: ANN401
        """Return the loss's slope along x."""


@wrong(BELL, "unsupported operand type")
class _BellTimesADict(torch.autograd.Function):
    """Raises another error of the same kind as a tuple does."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(x)
        return torch.exp(-x * x)

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401
        (x,) = ctx.saved_tensors
        return {"x": slopes[0]} * x


@wrong(BELL, "`(x,) = ctx.saved_tensors`")
class _BellTimesATuple(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        result = torch.exp(-x * x)
        ctx.save_for_backward(x)
        return result

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401
        x = ctx.saved_tensors
        return slopes[0] * -2 * x * torch.exp(-(x[0] ** 2))


@wrong(BELL)
class _BellOfANumber(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        result = torch.exp(-x * x)
        ctx.save_for_backward(x, result)
        return result

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ANN401
        x, y = ctx.saved_tensors
        return -2 * x * y * slopes[0].sum()


# ---------------------------------------------------------------------------- Scalar


class _Numbers:
    """The operations: each number knows its parents, and its slope along each."""

    def __init__(self, data: float, parents: Any = ()) -> None:  # noqa: ANN401
        self.data, self.parents, self.grad = data, parents, 0.0

    def __add__(self, other: Any) -> Any:  # noqa: ANN401
        return type(self)(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other: Any) -> Any:  # noqa: ANN401
        return type(self)(self.data * other.data, [(self, other.data), (other, self.data)])

    def sin(self) -> Any:  # noqa: ANN401
        return type(self)(math.sin(self.data), [(self, math.cos(self.data))])


@right(SCALAR)
class _ScalarOfSortedLevels(_Numbers):
    def __init__(self, data: float, parents: Any = ()) -> None:  # noqa: ANN401
        super().__init__(data, parents)
        self.level = max((one.level for one, _ in parents), default=-1) + 1

    def backward(self) -> None:
        sums: dict[Any, float] = {self: 1.0}
        while sums:
            one = max(sums, key=lambda one: one.level)
            total = sums.pop(one)
            if not one.parents:
                one.grad += total
            for parent, slope in one.parents:
                sums[parent] = sums.get(parent, 0.0) + slope * total


@right(SCALAR)
class _ScalarWithCountedUses(_Numbers):
    def backward(self) -> None:
        uses: dict[Any, int] = {self: 0}
        waiting = [self]
        while waiting:
            for parent, _ in waiting.pop().parents:
                if parent not in uses:
                    waiting.append(parent)
                uses[parent] = uses.get(parent, 0) + 1
        sums, ready = {self: 1.0}, [self]
        while ready:
            one = ready.pop()
            for parent, slope in one.parents:
                sums[parent] = sums.get(parent, 0.0) + slope * sums[one]
                uses[parent] -= 1
                if not uses[parent]:
                    ready.append(parent)
            if not one.parents:
                one.grad += sums[one]


@right(SCALAR)
class _ScalarWithSlopesForward:
    """Carries the slope along each leaf with each number, as dual numbers do."""

    def __init__(self, data: float, slopes: Any = None) -> None:  # noqa: ANN401
        self.data, self.grad = data, 0.0
        self.slopes = {self: 1.0} if slopes is None else slopes

    def _made(self, data: float, other: Any, mine: float, its: float) -> Any:  # noqa: ANN401
        slopes = {leaf: mine * slope for leaf, slope in self.slopes.items()}
        for leaf, slope in other.slopes.items():
            slopes[leaf] = slopes.get(leaf, 0.0) + its * slope
        return type(self)(data, slopes)

    def __add__(self, other: Any) -> Any:  # noqa: ANN401
        return self._made(self.data + other.data, other, 1, 1)

    def __mul__(self, other: Any) -> Any:  # noqa: ANN401
        return self._made(self.data * other.data, other, other.data, self.data)

    def sin(self) -> Any:  # noqa: ANN401
        return self._made(math.sin(self.data), self, math.cos(self.data), 0)

    def backward(self) -> None:
        for leaf, slope in self.slopes.items():
            leaf.grad += slope


@wrong(SCALAR, "every path")
class _ScalarOfEveryPath(_Numbers):
    def backward(self) -> None:
        todo = [(self, 1.0)]
        while todo:
            one, slope = todo.pop()
            if not one.parents:
                one.grad += slope
            todo += [(parent, slope * local) for parent, local in one.parents]


@wrong(SCALAR, "keep their slopes")
class _ScalarOfTheVideo:
    """As the whole internet writes it."""

    def __init__(self, data: float, children: Any = ()) -> None:  # noqa: ANN401
        self.data, self.grad, self.children = data, 0.0, set(children)
        self.pass_back: Any = lambda: None

    def __add__(self, other: Any) -> Any:  # noqa: ANN401
        out = _ScalarOfTheVideo(self.data + other.data, (self, other))

        def pass_back() -> None:
            self.grad += out.grad
            other.grad += out.grad

        out.pass_back = pass_back
        return out

    def __mul__(self, other: Any) -> Any:  # noqa: ANN401
        out = _ScalarOfTheVideo(self.data * other.data, (self, other))

        def pass_back() -> None:
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.pass_back = pass_back
        return out

    def sin(self) -> Any:  # noqa: ANN401
        out = _ScalarOfTheVideo(math.sin(self.data), (self,))

        def pass_back() -> None:
            self.grad += math.cos(self.data) * out.grad

        out.pass_back = pass_back
        return out

    def backward(self) -> None:
        order: list[Any] = []
        visited = set()

        def visit(one: Any) -> None:  # noqa: ANN401
            if one not in visited:
                visited.add(one)
                for child in one.children:
                    visit(child)
                order.append(one)

        visit(self)
        self.grad = 1.0
        for one in reversed(order):
            one.pass_back()


@wrong(SCALAR, "sorts the numbers calls itself")
class _ScalarSortedByCalls(_Numbers):
    def backward(self) -> None:
        order: list[Any] = []

        def visit(one: Any) -> None:  # noqa: ANN401
            if one not in order:
                for parent, _ in one.parents:
                    visit(parent)
                order.append(one)

        visit(self)
        sums = dict.fromkeys(order, 0.0)
        sums[self] = 1.0
        for one in reversed(order):
            for parent, slope in one.parents:
                sums[parent] += slope * sums[one]
            if not one.parents:
                one.grad += sums[one]


@wrong(SCALAR)
@dataclass
class _ScalarEqualByValue:
    data: float
    parents: Any = ()
    grad: float = 0.0

    def __add__(self, other: Any) -> Any:  # noqa: ANN401
        return _ScalarEqualByValue(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other: Any) -> Any:  # noqa: ANN401
        parents = [(self, other.data), (other, self.data)]
        return _ScalarEqualByValue(self.data * other.data, parents)

    def sin(self) -> Any:  # noqa: ANN401
        return _ScalarEqualByValue(math.sin(self.data), [(self, math.cos(self.data))])

    def backward(self) -> None:
        order: list[Any] = []
        stack = [(self, False)]
        while stack:
            one, is_done = stack.pop()
            if is_done:
                order.append(one)
            elif one not in order:
                stack.append((one, True))
                stack += [(parent, False) for parent, _ in one.parents]
        sums = [0.0] * len(order)
        sums[-1] = 1.0
        for place in reversed(range(len(order))):
            for parent, slope in order[place].parents:
                sums[order.index(parent)] += slope * sums[place]
            if not order[place].parents:
                order[place].grad += sums[place]


@wrong(SCALAR)
class _ScalarWithUsesOfAll(_Numbers):
    """Waits for every use there is, also for those that are no part of the result."""

    def __init__(self, data: float, parents: Any = ()) -> None:  # noqa: ANN401
        super().__init__(data, parents)
        self.uses = 0
        for parent, _ in parents:
            parent.uses += 1

    def backward(self) -> None:
        sums: dict[Any, float] = {self: 1.0}
        seen: dict[Any, int] = {}
        ready = [self]
        while ready:
            one = ready.pop()
            for parent, slope in one.parents:
                sums[parent] = sums.get(parent, 0.0) + slope * sums[one]
                seen[parent] = seen.get(parent, 0) + 1
                if seen[parent] == parent.uses:
                    ready.append(parent)
            if not one.parents:
                one.grad += sums[one]


@wrong(SCALAR)
class _ScalarAddedInPlace(_Numbers):
    def __add__(self, other: Any) -> Any:  # noqa: ANN401
        result = super().__add__(other)
        self.data = float(self.data)
        other.data += 0 if other is self else 1e-3
        return result

    def backward(self) -> None:
        _ScalarOfSortedLevels.backward(self)  # type: ignore[arg-type]


@wrong(SCALAR, "`return` is missing")
class _ScalarWithoutReturn(_Numbers):
    def __add__(self, other: Any) -> None:  # noqa: ANN401
        super().__add__(other)

    def backward(self) -> None:
        """Do nothing."""


@wrong(SCALAR, "he result is a Scalar")
class _ScalarOfPlainNumbers(_Numbers):
    def __add__(self, other: Any) -> Any:  # noqa: ANN401
        return self.data + other.data

    def backward(self) -> None:
        """Do nothing."""
