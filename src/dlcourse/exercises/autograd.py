"""The exercises of lesson 02: slopes by hand, by autograd, and by an engine of your own."""

import itertools
import math
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.exercise import exercise, question

Function: TypeAlias = Callable[[Tensor], Tensor]

# ---------------------------------------------------------------------------- neuron


def reversed_sign() -> tuple[float, float]:
    """The signs are reversed. This neuron says too much, so a larger b makes the loss rise."""
    return 9.0, -3.0


def forgot_the_input() -> tuple[float, float]:
    """The slope along w has the factor x, since w is multiplied by it; yours is that of b twice."""
    return 3.0, 3.0


def swapped() -> tuple[float, float]:
    """dw and db are swapped. The slope along w is the one with the factor x."""
    return 3.0, -9.0


def forgot_the_two() -> tuple[float, float]:
    """The slope of a square is 2 · (ŷ − y): the 2 is missing."""
    return -4.5, 1.5


def weight_for_input() -> tuple[float, float]:
    """You multiplied by w; along w the slope of w·x is the other factor, x."""
    return 1.5, 3.0


@question(
    "A neuron's two slopes",
    minutes=4,
    difficulty=1,
    names=("dw", "db"),
    hints=(
        "Compute ŷ = w·x + b first, then how far it is from y.",
        "The loss is a square: its slope along ŷ is 2 · (ŷ − y).",
        "Multiply that by the slope of ŷ: by x along w, by 1 along b.",
    ),
    why="ŷ = −0.5 is 1.5 too much, so the slope along ŷ is 3; times x = −3 for w, times 1 for b.",
    mistakes=(reversed_sign, swapped, forgot_the_input, forgot_the_two, weight_for_input),
)
def neuron() -> tuple[float, float]:
    """The slopes of the loss (w·x + b − y)² along w and along b, worked out on paper,
    at x = -3, w = 0.5, b = 1, y = -2: two numbers, dw and db.
    """
    x, w, b, y = -3.0, 0.5, 1.0, -2.0
    outer = 2 * (w * x + b - y)
    return outer * x, outer


# ---------------------------------------------------------------------------- slope


def averaged(f: Function, x: Tensor) -> Tensor:
    """You took the gradient of the mean: each slope is divided by the number of points. Sum."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x).mean(), x)[0]


def doubled(f: Function, x: Tensor) -> Tensor | None:
    """You ran `backward` twice and kept `x.grad`: the second run was added to the first."""
    x = x.detach().requires_grad_()
    f(x).sum().backward()
    f(x).sum().backward()
    return x.grad


def height(f: Function, x: Tensor) -> Tensor:
    """You returned f(x), the height of the curve; the slope is how fast the height changes."""
    return f(x)


def total_slope(f: Function, x: Tensor) -> Tensor:
    """You added the slopes up. The sum belongs around f(x), before the gradient is taken."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0].sum()


def by_nudging(f: Function, x: Tensor) -> Tensor:
    """You nudged x. In float32 that leaves two to four right digits; autograd is exact."""
    return (f(x + 1e-3) - f(x - 1e-3)) / 2e-3


def slope_inputs(rng: torch.Generator) -> Iterator[tuple[Function, Tensor]]:
    yield torch.square, torch.tensor([1.0, 300.0])  # a nudge in float32 is wrong in digits shown
    yield torch.exp, torch.randn(4, 3, generator=rng).T  # not contiguous
    yield torch.sin, torch.tensor(3.0)
    yield torch.tanh, torch.tensor([0.5, -1.5], dtype=torch.float64)


@exercise(
    "The slope at every point",
    minutes=5,
    difficulty=1,
    hints=(
        "`backward` starts from one number, and f(x) has many. How can you make one of them?",
        "If you add up all f(x), the slope of the sum along one x is the slope of f there.",
        (
            "`torch.autograd.grad(f(x).sum(), x)` returns a tuple of one tensor; x must ask for "
            "slopes, so start with `x = x.detach().requires_grad_()`."
        ),
    ),
    why="No point's height depends on another point, so the sum's slopes are all the single ones.",
    inputs=slope_inputs,
    tolerance=Tolerance(relative=1e-5),
    mistakes=(averaged, doubled, height, total_slope, by_nudging),
)
def slope(f: Function, x: Tensor) -> Tensor:
    """Return the slope of `f`, which treats each element alone, at every element of `x`.

    The result has the shape of `x`. `x` does not ask for slopes yet, and stays as it was.
    """
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(f(x).sum(), x)
    return slopes


# ---------------------------------------------------------------------------- descent

Loss: TypeAlias = Callable[[Tensor], Tensor]


def bowl_at(place: float, width: float) -> Loss:
    """Return a parabola with its lowest point at `place`."""

    def bowl(w: Tensor) -> Tensor:
        return (w - place) ** 2 / width

    bowl.__name__ = f"(w - {place:g})² / {width:g}"  # what the learner is shown
    return bowl


def wave(w: Tensor) -> Tensor:
    """Return a loss that is no parabola."""
    return torch.cos(w) + w**2 / 4


def never_cleared(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """You never clear the slope: each step adds it to those of all steps before, and w swings."""
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.item())
    return path


def cleared_between(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """You cleared the slope after `backward`, before the step could use it: w never moves."""
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w).backward()
        w.grad.zero_()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.item())
    return path


def last_part_only(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """You clear the slope before every part, so only the last part's slope reaches the step."""
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            w.grad = None
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.item())
    return path


def step_for_each_part(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """You step after every part: the later parts see another w. Add up all parts, then step."""
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            w.grad = None
            loss(w).backward()
            with torch.no_grad():
                w -= lr * w.grad
        path.append(w.item())
    return path


def one_tensor_many_times(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[Tensor]:
    """Your list holds the same tensor again and again, so each entry shows the last place.
    Append the number: `w.item()`.
    """
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        w.grad = None
        for loss in losses:
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.detach())
    return path


def uphill(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """You walk uphill: the step goes against the slope, so subtract it."""
    w = start.clone().requires_grad_()
    lr = -lr
    path = []
    for _ in range(n_steps):
        w.grad = None
        for loss in losses:
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.item())
    return path


def without_a_history(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """The slope was None when the step needed it. `w = w - …` makes a new tensor, a result, which
    keeps no slope: write `w -= …` inside `torch.no_grad()`. (Or you cleared it before the step.)
    """
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w).backward()
        w = w - lr * w.grad
        path.append(w.item())
    return path


def descent_inputs(_: torch.Generator) -> Iterator[tuple[list[Loss], Tensor, float, int]]:
    yield [bowl_at(2.0, 1.0)], torch.tensor(1.0), 0.1, 3
    yield [bowl_at(2.0, 1.0), bowl_at(-1.0, 4.0)], torch.tensor(1.0), 0.05, 4
    yield [wave, bowl_at(3.0, 2.0), wave], torch.tensor(-2.0), 0.2, 5
    yield [wave], torch.tensor(0.5), 0.1, 0


@exercise(
    "Add up, step, clear",
    minutes=7,
    difficulty=2,
    hints=(
        "Two loops: one over the steps; inside it one over the losses, with a `backward` for each.",
        (
            "`backward` adds to `w.grad`, which is just what the inner loop needs. "
            "And then the sum must be gone before the next step adds its own."
        ),
        (
            "After the inner loop, inside `with torch.no_grad():`, write `w -= lr * w.grad`; "
            "then `w.grad = None`, and append `w.item()`."
        ),
    ),
    why="Slopes add up by themselves over the parts of one step; between two steps you clear them.",
    inputs=descent_inputs,
    mistakes=(
        never_cleared,
        cleared_between,
        last_part_only,
        step_for_each_part,
        one_tensor_many_times,
        uphill,
        without_a_history,
    ),
)
def descent(
    losses: Sequence[Loss],
    start: Any,  # noqa: ANN401
    lr: float,
    n_steps: int,
) -> list[float]:
    """Return w after each of `n_steps` steps downhill: a list of `n_steps` numbers.

    losses: functions of w; the whole loss is the sum of what they return.
    start: a tensor with one number, where w starts; it stays as it was.
    lr: a step takes `lr` times the whole loss's slope away from w.
    """
    w = start.clone().requires_grad_()
    path = []
    for _ in range(n_steps):
        for loss in losses:
            loss(w).backward()
        with torch.no_grad():
            w -= lr * w.grad
        w.grad = None
        path.append(w.item())
    return path


# ---------------------------------------------------------------------------- after_each


def overwritten() -> tuple[float, float, float]:
    """You let the second `backward` overwrite the first: it adds, until somebody clears."""
    return 6.0, 3.0, 18.0


def detach_ignored() -> tuple[float, float, float]:
    """You gave c a slope along x. What `detach` returns is a constant: no path leads through it."""
    return 6.0, 12.0, 27.0


def not_cleared() -> tuple[float, float, float]:
    """You added the third slope to the old sum, but `x.grad = None` threw that away."""
    return 6.0, 9.0, 27.0


def values_of_products() -> tuple[float, float, float]:
    """You gave the values of the products; asked for is what `x.grad` holds."""
    return 9.0, 9.0, 27.0


@question(
    "What the slope holds now",
    minutes=4,
    difficulty=1,
    names=("after_1", "after_2", "after_3"),
    hints=(
        "c is a constant for autograd: the number 3, whatever x does.",
        "The slope of x · x is 2x; that of c · x is c; that of c · x · x is 2cx.",
        "The second `backward` adds to what the first one left; the third starts from nothing.",
    ),
    why="2 · 3 = 6; then c = 3 is added, 9; then, cleared, 2 · 3 · 3 = 18, since c is a constant.",
    mistakes=(overwritten, detach_ignored, not_cleared, values_of_products),
)
def after_each() -> tuple[float, float, float]:
    """These lines run in order. What does `x.grad` hold at each of the three marks?

    x = torch.tensor(3.0, requires_grad=True)
    c = x.detach()
    (x * x).backward()      # mark 1
    (c * x).backward()      # mark 2
    x.grad = None
    (c * x * x).backward()  # mark 3
    """
    x = c = 3.0
    first = 2 * x
    return first, first + c, 2 * c * x


# ---------------------------------------------------------------------------- percent


def behind_its_back(x: Tensor) -> tuple[Tensor, Tensor]:
    """`.data` only hides the change from autograd: the slopes now come from the changed numbers.
    Work on a copy.
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e.data
    share *= 100 / share.sum()
    return share, torch.autograd.grad(e.sum(), x)[0]


def of_the_percents(x: Tensor) -> tuple[Tensor, Tensor]:
    """You took the slopes of the sum of the percents. That sum is always 100, so they are 0
    but for rounding: take those of exp(x).sum().
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e * (100 / e.sum())
    return share.detach(), torch.autograd.grad(share.sum(), x)[0]


def of_the_recorded_percents(x: Tensor) -> tuple[Tensor, Tensor]:
    """Two things: the slopes should be those of exp(x).sum(), not of the percents, whose sum is
    always 100; and the percents are still in the graph: `detach` them.
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e * (100 / e.sum())
    return share, torch.autograd.grad(share.sum(), x, retain_graph=True)[0]


def still_recorded(x: Tensor) -> tuple[Tensor, Tensor]:
    """The percents are right, but they are still in the graph, and a plot refuses them:
    keep the `detach`, and make a copy besides.
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e.clone()
    share *= 100 / e.detach().sum()
    return share, torch.autograd.grad(e.sum(), x)[0]


def fractions(x: Tensor) -> tuple[Tensor, Tensor]:
    """These are fractions of 1; percents are a hundred times as much."""
    x = x.detach().requires_grad_()
    e = x.exp()
    return (e / e.sum()).detach(), torch.autograd.grad(e.sum(), x)[0]


def percent_template(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return exp(x) in percent of exp(x).sum(), for a plot, and the slopes of exp(x).sum().

    x: shape (n,), stays as it was.
    Two results, both of shape (n,): the percents, outside any graph; the slope along each x.
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e.detach()
    share *= 100 / share.sum()
    (slopes,) = torch.autograd.grad(e.sum(), x)
    return share, slopes


def percent_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([0.0, 1.0]),)
    yield (torch.randn(5, 2, generator=rng)[:, 1],)  # not contiguous
    yield (torch.tensor([-1.5]),)
    yield (torch.tensor([2.0, -3.0, 0.5], dtype=torch.float64),)


def use_percent(answer: Callable[..., Any], x: Tensor) -> dict[str, object]:
    """Return both results, and whether the first could be plotted."""
    share, slopes = answer(x)
    recorded = getattr(share, "requires_grad", False)
    return {"the percents": share, "the slopes": slopes, "the percents ask for slopes": recorded}


@exercise(
    "A change that backward notices",
    minutes=5,
    difficulty=2,
    template=percent_template,
    hints=(
        "Call it once in a cell of your own, and read the error: which number was changed?",
        "`share` is e without its history, in the same memory; and exp's slope needs e as it was.",
        "Give `share` memory of its own: `e.detach().clone()`.",
    ),
    why="`detach` shares memory with the original; `detach().clone()` is a copy of your own.",
    inputs=percent_inputs,
    use=use_percent,
    tolerance=Tolerance(absolute=1e-4),  # slopes of a sum that is always 100 are about 1e-5
    mistakes=(
        behind_its_back,
        of_the_percents,
        of_the_recorded_percents,
        still_recorded,
        fractions,
    ),
)
def percent(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return exp(x) in percent of exp(x).sum(), for a plot, and the slopes of exp(x).sum().

    x: shape (n,), stays as it was.
    Two results, both of shape (n,): the percents, outside any graph; the slope along each x.
    """
    x = x.detach().requires_grad_()
    e = x.exp()
    share = e.detach().clone()
    share *= 100 / share.sum()
    (slopes,) = torch.autograd.grad(e.sum(), x)
    return share, slopes


# ---------------------------------------------------------------------------- lengths


def guarded_too_late(X: Tensor) -> Tensor:
    """The values were right before. The slope is still nan: the root has seen the 0, and what is
    chosen or added after it cannot undo that.
    """
    root = X.square().sum(dim=1).sqrt()
    return torch.where(root > 0, root, 0.0)


def too_large_a_number(X: Tensor) -> Tensor:
    """The number that you add under the root is so large that it changes the lengths."""
    return (X.square().sum(dim=1) + 0.01).sqrt()


def tiny_number(X: Tensor) -> Tensor:
    """The slopes are right, but you put a tiny number under the root, so that the row of zeros has
    its root for a length. Asked for is 0.
    """
    return (X.square().sum(dim=1) + 1e-12).sqrt()


def rows_left_out(X: Tensor) -> Any:  # noqa: ANN401
    """You left rows out: a row of zeros has a length as well, 0."""
    return X[X.any(dim=1)].norm(dim=1)


def along_the_columns(X: Tensor) -> Any:  # noqa: ANN401
    """You added up along the columns; the length of a row sums over dimension 1."""
    return X.norm(dim=0)


def lengths_template(X: Tensor) -> Tensor:
    """Return the length of each row of X, (n, d): shape (n,).

    The slopes of a length along its row should be 0 where the row is all zeros.
    """
    return X.square().sum(dim=1).sqrt()


def lengths_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[3.0, 4.0], [0.0, 0.0], [-6.0, 8.0]]),)
    yield (torch.randn(3, 4, generator=rng).T,)  # not contiguous
    yield (torch.zeros(1, 3, dtype=torch.float64),)


def use_lengths(answer: Callable[..., Any], X: Tensor) -> dict[str, object]:
    """Return the lengths, the slope of each along its row, and how many lengths are 0."""
    leaf = X.detach().clone().requires_grad_()
    result = answer(leaf)
    slopes = torch.autograd.grad(result.sum(), leaf)[0]
    zeros = int((result == 0).sum())
    return {"the lengths": result, "their slopes": slopes, "lengths that are exactly 0": zeros}


@exercise(
    "The length of nothing, in a batch",
    minutes=5,
    difficulty=2,
    template=lengths_template,
    hints=(
        "The root's slope at 0 is infinite, and 0 times that is nan. What must the root never see?",
        (
            "Either keep the 0 away from the root (under it, not after it), or let a function of "
            "torch do the whole that knows about this point."
        ),
        "`norm` takes `dim=1`; or use `where` twice, under the root and after it.",
    ),
    why="`norm` gives the slope 0 at the point where the root itself has none.",
    inputs=lengths_inputs,
    use=use_lengths,
    tolerance=Tolerance(absolute=1e-3),  # so that all tiny numbers under the root look alike
    mistakes=(
        guarded_too_late,
        too_large_a_number,
        tiny_number,
        rows_left_out,
        along_the_columns,
    ),
)
def lengths(X: Tensor) -> Any:  # noqa: ANN401
    """Return the length of each row of X, (n, d): shape (n,).

    The slopes of a length along its row should be 0 where the row is all zeros.
    """
    return X.norm(dim=1)


# ---------------------------------------------------------------------------- false_alarm


def blames_the_layer() -> str:
    """The slopes of nn.Linear are right. The nudges are not: in float32 rounding swallows them."""
    return "a"


def loosens_the_check() -> str:
    """With so much room the check would say True of many a wrong slope as well."""
    return "b"


def doubles_the_inputs_only() -> str:
    """Then the product of float64 inputs and float32 weights raises an error: dtypes must agree."""
    return "c"


@question(
    "A false alarm",
    minutes=3,
    difficulty=1,
    names=("false_alarm",),
    hints=(
        "What did the plot of this section say about nudges in float32?",
        "The layer multiplies X by its weights. Which dtypes may meet in a product?",
        "Everything that takes part in the calculation should have about 16 digits.",
    ),
    why="A check by nudging needs float64 all through: the inputs and the layer's own numbers.",
    mistakes=(blames_the_layer, loosens_the_check, doubles_the_inputs_only),
)
def false_alarm() -> str:
    """`gradcheck(torch.nn.Linear(3, 2), X, raise_exception=False)`, with random X of shape (4, 3)
    that ask for slopes, returns False, and warns. What do you do? (nn.Linear is a ready-made layer
    of neurons: it multiplies X by weights of its own and adds biases.)

    a: report a fault, since nn.Linear has wrong slopes
    b: leave all in float32, and pass atol=0.1 and so on until it returns True
    c: make X float64, and leave the layer as it is
    d: make X float64, and the layer with `.double()` as well

    Answer with a letter, such as "a".
    """
    return "d"


# ---------------------------------------------------------------------------- nudged


def in_float32(f: Function, x: Tensor, h: float) -> Tensor:
    """You nudge in the dtype that x came in: in float32 rounding swallows the difference.
    Begin with `x.double()`.
    """
    slopes = []
    for i in range(len(x)):
        up, down = x.clone(), x.clone()
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return torch.stack(slopes)


def one_way(f: Function, x: Tensor, h: float) -> Tensor:
    """You nudge one way only, up: the error is about as large as h. Nudge both ways."""
    x = x.double()
    slopes = []
    for i in range(len(x)):
        up = x.clone()
        up[i] += h
        slopes.append((f(up) - f(x)) / h)
    return torch.stack(slopes)


def half_the_distance(f: Function, x: Tensor, h: float) -> Tensor:
    """You divide by h; from h to the left to h to the right it is 2h."""
    return 2 * two_ways(f, x, h)


def all_at_once(f: Function, x: Tensor, h: float) -> Tensor:
    """You nudge all elements at once, which gives the sum of all slopes: nudge one at a time."""
    x = x.double()
    return ((f(x + h) - f(x - h)) / (2 * h)).expand(len(x))


def one_number(f: Function, x: Tensor, h: float) -> Tensor:
    """You nudge the whole of x, so one number comes out, the sum of all slopes: take the elements
    one at a time, in a loop.
    """
    x = x.double()
    return (f(x + h) - f(x - h)) / (2 * h)


def one_tensor(f: Function, x: Tensor, h: float) -> Tensor:
    """All slopes are 0, since up and down are two names of one tensor: `u = y` copies nothing.
    Write `u = y.clone()`.
    """
    slopes = []
    for i in range(len(x)):
        up = down = x.double().clone()
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return torch.stack(slopes)


def back_at_the_start(f: Function, x: Tensor, h: float) -> Tensor:
    """The element that you raised by h and then lowered by h is back at its start, not below it.
    Take away 2h, or begin with a copy: `d = y` is the same tensor, `d = y.clone()` another one.
    """
    slopes = []
    for i in range(len(x)):
        y = x.double().clone()
        y[i] += h
        above = f(y)
        y[i] -= h
        slopes.append((above - f(y)) / (2 * h))
    return torch.stack(slopes)


def left_lowered(f: Function, x: Tensor, h: float) -> Tensor:
    """An element that you lowered stays so when the next one's turn comes: put it back, += h."""
    y = x.double().clone()
    slopes = []
    for i in range(len(y)):
        y[i] += h
        above = f(y)
        y[i] -= 2 * h
        slopes.append((above - f(y)) / (2 * h))
    return torch.stack(slopes)


def x_left_lowered(f: Function, x: Tensor, h: float) -> Tensor:
    """A lowered element is not put back before the next one's turn; and where x is float64,
    `x.double()` is x itself, which stays changed: `x.double().clone()`.
    """
    y = x.double()
    slopes = []
    for i in range(len(y)):
        y[i] += h
        above = f(y)
        y[i] -= 2 * h
        slopes.append((above - f(y)) / (2 * h))
    return torch.stack(slopes)


def left_nudged(f: Function, x: Tensor, h: float) -> Tensor:
    """A nudged element stays nudged when the next one's turn comes: start from x each time."""
    up, down = x.double().clone(), x.double().clone()
    slopes = []
    for i in range(len(x)):
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return torch.stack(slopes)


def believes_autograd(f: Function, x: Tensor, h: float) -> Tensor:  # noqa: ARG001
    """You asked autograd, which is what this function should be able to check. The first f holds a
    `detach`, which hides a part of the slope from autograd: use values of f only.
    """
    x = x.detach().double().requires_grad_()
    return torch.autograd.grad(f(x), x)[0]


def two_ways(f: Function, x: Tensor, h: float) -> Tensor:
    """Return what is asked for; mistakes spoil it."""
    x = x.double()
    steps = h * torch.eye(len(x), dtype=torch.float64)
    return torch.stack([(f(x + step) - f(x - step)) / (2 * h) for step in steps])


def cube_sum(x: Tensor) -> Tensor:
    """Return a sum whose slope is 3x²; with a part that autograd cannot see."""
    return (x * x * x.detach()).sum()


def crossed(x: Tensor) -> Tensor:
    """Return a number in which the elements meet."""
    return x.prod() ** 2 + torch.exp(x[0])


cube_sum.__name__ = "(x * x * x.detach()).sum()"  # what the learner is shown
crossed.__name__ = "x.prod() ** 2 + torch.exp(x[0])"


def nudged_inputs(rng: torch.Generator) -> Iterator[tuple[Function, Tensor, float]]:
    yield cube_sum, torch.tensor([2.0, -1.0]), 1e-6
    yield crossed, torch.tensor([2.0, 0.5, 3.0]), 0.1
    yield crossed, torch.rand(4, 2, generator=rng)[:, 0] + 1, 1e-5  # not contiguous
    yield cube_sum, torch.tensor([1.5], dtype=torch.float64), 0.01


@exercise(
    "Slopes from values alone",
    minutes=8,
    difficulty=2,
    hints=(
        "For one element: make two copies of x, one with h more there and one with h less.",
        (
            "The slope along that element is the difference of f at the two, divided by their "
            "distance, 2h. In which dtype should the copies be?"
        ),
        (
            "`x = x.double()`; for each i: `up, down = x.clone(), x.clone()`, `up[i] += h`, "
            "`down[i] -= h`; collect the slopes in a list, and `torch.stack` it."
        ),
    ),
    why="Nudging both ways makes the error of the order h², and float64 leaves it digits enough.",
    inputs=nudged_inputs,
    tolerance=Tolerance(relative=1e-6),
    mistakes=(
        in_float32,
        one_way,
        half_the_distance,
        all_at_once,
        one_number,
        one_tensor,
        back_at_the_start,
        left_lowered,
        x_left_lowered,
        left_nudged,
        believes_autograd,
    ),
)
def nudged(f: Function, x: Tensor, h: float) -> Tensor:
    """Return the slope of `f` along each element of `x`, by nudging it by h up and by h down.

    f: takes a tensor of shape (n,) and returns a tensor with one number.
    x: shape (n,), float32 or float64; stays as it was. Compute in float64 in either case.
    The result: a tensor of shape (n,).
    """
    x = x.double()
    slopes = []
    for i in range(len(x)):
        up, down = x.clone(), x.clone()
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return torch.stack(slopes)


# ---------------------------------------------------------------------------- Bell


class BellForward(torch.autograd.Function):
    """exp(−x²) without a backward: the mistakes have one each."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        result = torch.exp(-x * x)
        ctx.save_for_backward(x, result)
        return result


class OwnSlopeOnly(BellForward):
    """You return your own slope and leave out `grad_output`, the slope of what comes after: right
    for the sum of all f(x), wrong for everything else. Multiply by it.
    """

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401, ARG004
        x, result = ctx.saved_tensors
        return -2 * x * result


class InnerLeftOut(BellForward):
    """The inner slope is missing: exp's slope is taken at −x², and then times the slope of −x²."""

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        _, result = ctx.saved_tensors
        return result * grad_output


class OuterLeftOut(BellForward):
    """The outer slope is missing: that of exp, which is the result itself."""

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        x, _ = ctx.saved_tensors
        return -2 * x * grad_output


class SignLost(BellForward):
    """The sign is reversed: the slope of −x² is −2x. Right of 0 the bell falls."""

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        x, result = ctx.saved_tensors
        return 2 * x * result * grad_output


class NotUnpacked(BellForward):
    """Is a tuple where you expect a tensor? `ctx.saved_tensors` is a tuple, even of one tensor:
    unpack it, `(x,) = ctx.saved_tensors`.
    """

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        x = ctx.saved_tensors
        return -2 * x * torch.exp(-x * x) * grad_output


class ChangesGradOutput(BellForward):
    """The slope is right, but you changed `grad_output` in place: others still need that tensor.
    Return a new one.
    """

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        x, result = ctx.saved_tensors
        grad_output *= -2 * x * result
        return grad_output


def bell_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([0.5, -1.0]), torch.tensor([1.0, 10.0])
    yield torch.randn(3, 2, generator=rng).T, torch.randn(2, 3, generator=rng)
    wide = torch.tensor([0.25, 1.5, -2.0], dtype=torch.float64)
    yield wide, torch.tensor([3.0, -2.0, 0.5], dtype=torch.float64)
    yield torch.empty(0), torch.empty(0)


def use_bell(answer: Any, x: Tensor, v: Tensor) -> dict[str, object]:  # noqa: ANN401
    """Return the function's values, two of its slopes, and whether nudges say the same."""
    leaf = x.detach().clone().requires_grad_()
    values = answer.apply(leaf)
    (plain,) = torch.autograd.grad(values, leaf, torch.ones_like(values), retain_graph=True)
    (weighted,) = torch.autograd.grad(values, leaf, v)
    wide, step = x.double(), 1e-6
    with torch.no_grad():
        rise = answer.apply(wide + step * v) - answer.apply(wide - step * v)
    agree = torch.allclose(rise / (2 * step), plain.double() * v, rtol=1e-4, atol=1e-6)
    return {
        "Bell.apply(x)": values,
        "slopes of Bell.apply(x).sum()": plain,
        "slopes of (v * Bell.apply(x)).sum()": weighted,
        "nudges say the same": agree,
    }


@exercise(
    "A slope rule of your own",
    minutes=8,
    difficulty=2,
    hints=(
        "On paper first: the slope of exp(u) is exp(u), that of u = −x² is −2x. Multiply.",
        (
            "`backward` needs x and the result: let `forward` keep them, "
            "`ctx.save_for_backward(x, result)`; it gets them back from `ctx.saved_tensors`."
        ),
        (
            "`grad_output` is the slope of the final loss along your result. Along a path slopes "
            "are multiplied, so return −2 · x · result · grad_output."
        ),
    ),
    why="backward continues a path: the slope that comes in, times the slope of your own step.",
    inputs=bell_inputs,
    use=use_bell,
    mistakes=(
        OwnSlopeOnly,
        InnerLeftOut,
        OuterLeftOut,
        SignLost,
        NotUnpacked,
        ChangesGradOutput,
    ),
    equivalent=(
        (
            "ctx.save_for_backward(x, result)",
            "ctx.save_for_backward(result, x)",
            "x and the result are only multiplied, so either may come first",
        ),
    ),
)
class Bell(torch.autograd.Function):
    """The bell curve exp(−x²), element by element, with its own rule for the slope.

    Used as `Bell.apply(x)`, for x of any shape.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        """Return exp(−x²); keep in `ctx` what `backward` will need."""
        result = torch.exp(-x * x)
        ctx.save_for_backward(x, result)
        return result

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        """Return the loss's slope along x; `grad_output` is its slope along the result."""
        x, result = ctx.saved_tensors
        return -2 * x * result * grad_output


# ---------------------------------------------------------------------------- Scalar

N_LINKS = 300  # of a chain, too many for an engine that calls itself once for each
N_CALLS = 200  # unfinished, for which the chain's check leaves room; Python's own limit varies


class Engine:
    """A right engine: each mistake spoils one part of it."""

    numbers = itertools.count()

    def __init__(self, data: float, parents: tuple[tuple[Any, float], ...] = ()) -> None:
        self.data, self.parents, self.grad = data, parents, 0.0
        self.number = next(self.numbers)

    def __add__(self, other: Any) -> Any:  # noqa: ANN401, D105
        return type(self)(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Any) -> Any:  # noqa: ANN401, D105
        return type(self)(self.data * other.data, ((self, other.data), (other, self.data)))

    def sin(self) -> Any:  # noqa: ANN401
        return type(self)(math.sin(self.data), ((self, math.cos(self.data)),))

    def history(self) -> list[Any]:
        """Return everything that this number was made from, itself included, the latest first."""
        found, waiting = {self}, [self]
        while waiting:
            new = {parent for parent, _ in waiting.pop().parents} - found
            found |= new
            waiting += new
        return sorted(found, key=lambda one: one.number, reverse=True)

    def backward(self) -> None:
        history = self.history()
        sums = dict.fromkeys(history, 0.0)
        sums[self] = 1.0
        for one in history:
            for parent, slope in one.parents:
                sums[parent] += sums[one] * slope
            if not one.parents:
                one.grad += sums[one]


class LastPathOnly(Engine):
    """A number that is used twice gets the slope of one use only. Where paths join, add: `+=`."""

    def backward(self) -> None:
        history = self.history()
        sums = dict.fromkeys(history, 0.0)
        sums[self] = 1.0
        for one in history:
            for parent, slope in one.parents:
                sums[parent] = sums[one] * slope
            if not one.parents:
                one.grad += sums[one]


class InnerSumsKept(Engine):
    """A second `backward` starts from what the first one left in the numbers between, and counts
    that once more. Only leaves may keep their sum; the others begin each time at 0.
    """

    def backward(self) -> None:
        self.grad = 1.0
        for one in self.history():
            for parent, slope in one.parents:
                parent.grad += one.grad * slope


class Overwrites(Engine):
    """The second `backward` overwrites the slope that the first one left. In torch it is added:
    `+=` for the leaves.
    """

    def backward(self) -> None:
        history = self.history()
        sums = dict.fromkeys(history, 0.0)
        sums[self] = 1.0
        for one in history:
            for parent, slope in one.parents:
                sums[parent] += sums[one] * slope
            one.grad = sums[one]


class TooEarly(Engine):
    """You pass a number's slope on before all its uses have added theirs. Go through the numbers
    in the order in which they were made, the latest first.
    """

    def backward(self) -> None:
        sums, waiting, done = {self: 1.0}, [self], set()
        while waiting:
            one = waiting.pop(0)
            if one in done:
                continue
            done.add(one)
            for parent, slope in one.parents:
                sums[parent] = sums.get(parent, 0.0) + sums[one] * slope
                waiting.append(parent)
        for one, total in sums.items():
            if not one.parents:
                one.grad += total


class TooEarlyInGrad(Engine):
    """A number passed its sum on before all had arrived; and the numbers between keep their sums
    for the next `backward`. The latest first; and sums in a dictionary of their own.
    """

    def backward(self) -> None:
        self.grad, waiting, seen = 1.0, [self], {self}
        while waiting:
            one = waiting.pop(0)
            for parent, slope in one.parents:
                parent.grad += one.grad * slope
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)


class TooEarlyInDepth(Engine):
    """In your walk a number's sum went on before all parts of it had arrived. The order in which
    the numbers were made is safe, from the latest back.
    """

    def backward(self) -> None:
        sums, waiting, seen = {self: 1.0}, [self], {self}
        while waiting:
            one = waiting.pop()
            for parent, slope in one.parents:
                sums[parent] = sums.get(parent, 0.0) + sums[one] * slope
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        for one, total in sums.items():
            if not one.parents:
                one.grad += total


class OwnFactor(Engine):
    """Along a factor the slope of a product is the *other* factor; you took the factor itself."""

    def __mul__(self, other: Any) -> Any:  # noqa: ANN401, D105
        return type(self)(self.data * other.data, ((self, self.data), (other, other.data)))


class OuterAtTheResult(Engine):
    """You took the cosine of the sine. The outer slope is taken at the inner value: cos(u) for
    sin(u).
    """

    def sin(self) -> Any:  # noqa: ANN401
        result = math.sin(self.data)
        return type(self)(result, ((self, math.cos(result)),))


class CallsItself(Engine):
    """Your `backward` (or its helper) calls itself once for each link of a chain. Python keeps room
    for a thousand or so of unfinished calls, and this check for 200: keep a list of numbers that
    wait, and loop.
    """

    def backward(self, slope: float = 1.0) -> None:
        if not self.parents:
            self.grad += slope
        for parent, local in self.parents:
            parent.backward(slope * local)


def scalar_inputs(_: torch.Generator) -> Iterator[tuple[str, float, float, int, int]]:
    yield "a + b", 2.0, 3.0, 1, 1
    yield "a * b", 2.0, 3.0, 1, 1
    yield "a.sin()", 0.5, 3.0, 1, 1
    yield "a + a", 2.0, 3.0, 1, 1
    yield "(a * b).sin() + b", 0.75, -2.0, 1, 1
    yield "(a * a) * b", 3.0, 2.0, 1, 2
    yield "c + c * b.sin()", 0.5, 1.25, 6, 1
    yield "(c * b + a) * (c.sin() + c)", 0.5, -0.75, 3, 2
    yield "a", 2.0, 3.0, 1, 2
    yield "c + b", 2.0, 3.0, N_LINKS, 1


def use_scalar(
    answer: Any,  # noqa: ANN401
    expression: str,
    a: float,
    b: float,
    rounds: int,
    backwards: int,
) -> dict[str, object]:
    """Start with c = a, then `rounds` times c = expression; at last c.backward()."""
    leaf_a, leaf_b = answer(a), answer(b)
    c, code = leaf_a, compile(expression, "expression", "eval")
    for _ in range(rounds):
        c = eval(code, {"a": leaf_a, "b": leaf_b, "c": c})  # noqa: S307 - our own text
    limit = sys.getrecursionlimit()
    if rounds == N_LINKS:
        sys.setrecursionlimit(sum(1 for _ in traceback.walk_stack(None)) + N_CALLS)
    try:
        for _ in range(backwards):
            c.backward()
    finally:
        sys.setrecursionlimit(limit)
    return {"value of c": c.data, "slope along a": leaf_a.grad, "slope along b": leaf_b.grad}


@exercise(
    "An engine of your own",
    minutes=15,
    difficulty=3,
    hints=(
        (
            "Let each Scalar remember its parents, the numbers it was made from, and its slope "
            "along each: (self, 1.0) and (other, 1.0) for a sum. A leaf has none."
        ),
        (
            "Number the Scalars as they are made: `next(counter)`, where `itertools.count()` made "
            "the counter, once. Then the highest number comes first on the way back."
        ),
        (
            "`backward`, part one: collect everything that `self` was made from, with a list of "
            "numbers that wait; take one out, and put in those of its parents that are new."
        ),
        (
            "Part two: a dictionary of sums: 1 for `self`, else 0. From the highest number down, "
            "for each parent: `sums[parent] += sums[one] * slope`. A leaf adds its sum to `grad`."
        ),
    ),
    why="Each number is visited once, after all its uses, when its own sum of slopes is complete.",
    inputs=scalar_inputs,
    use=use_scalar,
    mistakes=(
        OwnFactor,
        OuterAtTheResult,
        LastPathOnly,
        TooEarly,
        TooEarlyInGrad,
        TooEarlyInDepth,
        Overwrites,
        InnerSumsKept,
        CallsItself,
    ),
)
class Scalar:
    """A number that knows how it was made; `data` is its value, `grad` its slope so far."""

    numbers = itertools.count()

    def __init__(self, data: float, parents: tuple[tuple["Scalar", float], ...] = ()) -> None:
        """Start with `data`, a number; `grad` is 0.0. (Use `parents` as you like, or drop it.)"""
        self.data, self.parents, self.grad = data, parents, 0.0
        self.number = next(self.numbers)

    def __add__(self, other: "Scalar") -> "Scalar":
        """Return the sum of two Scalars, as a new Scalar."""
        return type(self)(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: "Scalar") -> "Scalar":
        """Return the product of two Scalars."""
        return type(self)(self.data * other.data, ((self, other.data), (other, self.data)))

    def sin(self) -> "Scalar":
        """Return the sine of this Scalar."""
        return type(self)(math.sin(self.data), ((self, math.cos(self.data)),))

    def backward(self) -> None:
        """Add the slope of this number along each leaf to that leaf's `grad`, as torch does.

        Leaves are Scalars made from a number. A second call adds the same once more. Chains of
        thousands of operations are no problem.
        """
        found, waiting = {self}, [self]
        while waiting:
            new = {parent for parent, _ in waiting.pop().parents} - found
            found |= new
            waiting += new
        sums = dict.fromkeys(found, 0.0)
        sums[self] = 1.0
        for one in sorted(found, key=lambda one: one.number, reverse=True):
            for parent, slope in one.parents:
                sums[parent] += sums[one] * slope
            if not one.parents:
                one.grad += sums[one]
