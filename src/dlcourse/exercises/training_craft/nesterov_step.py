"""Momentum that looks ahead."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor, float, float]]:
    yield torch.tensor([1.0, 2.0]), torch.tensor([4.0, 0.0]), torch.tensor([1.0, -3.0]), 0.1, 0.5
    w, v, g = torch.randn(3, 2, 4, generator=rng, dtype=torch.float64)
    yield w.T, v.T, g.T, 0.3, 0.9
    yield torch.tensor(5.0), torch.tensor(-2.0), torch.tensor(3.0), 0.2, 0.0
    yield torch.tensor([1.0]), torch.tensor([0.0]), torch.tensor([8.0]), 1.5, 0.99


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "First make the new v, exactly as momentum does. Only the step is another one.",
    "The step follows the gradient plus a part of the *new* v. Which part?",
    "v = momentum * v + g, then w − lr · (g + momentum · v). Return both.",
)


def plain_momentum(
    w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float
) -> tuple[Tensor, Tensor]:
    """That is plain momentum. Here the step follows g + momentum · v with the *new* v. With the old
    one, that sum is the new v itself, and the step is that of plain momentum.
    """
    v = momentum * v + g
    return w - lr * v, v


def whole_v(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> tuple[Tensor, Tensor]:
    """Your step follows g + v. Only the part `momentum` of v is added."""
    v = momentum * v + g
    return w - lr * (g + v), v


def step_kept_as_v(
    w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float
) -> tuple[Tensor, Tensor]:
    """You kept what the step followed, g + momentum · v, as the new v. The v to keep is the one
    before: momentum · v + g.
    """
    v = momentum * v + g
    v = g + momentum * v
    return w - lr * v, v


def v_not_kept(
    w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float
) -> tuple[Tensor, Tensor]:
    """You returned the v that came in. Without the new one, the next step knows nothing of g."""
    return w - lr * (g + momentum * (momentum * v + g)), v


def faded_gradient(
    w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float
) -> tuple[Tensor, Tensor]:
    """You made v a running mean, with a factor 1 − momentum for g. Here g is added whole."""
    v = momentum * v + (1 - momentum) * g
    return w - lr * (g + momentum * v), v


def only_the_weights(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> Tensor:
    """You returned only the weights. Return two tensors, `return w, v`: the next step needs v."""
    v = momentum * v + g
    return w - lr * (g + momentum * v)


@exercise(
    "Momentum that looks ahead",
    minutes=4,
    difficulty=1,
    place=50,
    hints=HINTS,
    why="This is what `torch.optim.SGD` does with `nesterov=True`; a test compares them.",
    inputs=inputs,
    mistakes=(
        plain_momentum,
        whole_v,
        step_kept_as_v,
        v_not_kept,
        faded_gradient,
        only_the_weights,
    ),
)
def nesterov_step(
    w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float
) -> tuple[Tensor, Tensor]:
    """Return the weights and v after a step of Nesterov's momentum: two new tensors.

    `w` are the weights, `v` is momentum's memory, and `g` the gradient, all of one shape. As in
    plain momentum, the new v is momentum · v + g. But the step looks ahead, to where the new v
    will lead: it is −lr · (g + momentum · new v).
    """
    v = momentum * v + g
    return w - lr * (g + momentum * v), v
