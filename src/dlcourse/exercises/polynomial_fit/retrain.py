"""Three bugs in a training loop."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise


def retrain_with_bugs(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """Put `last` in the place of the model's last layer, train, and return the predictions, (N,).

    `last` is an nn.Linear with one output, X is (N, D), y is (N,). Every layer is to take
    `n_steps` steps of plain SGD on the mean squared error. Three bugs are hidden here.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model[-1] = last
    for _ in range(n_steps):
        loss = (model(X) - y).square().mean()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def use(
    answer: Callable[..., object],
    model: Callable[[], nn.Sequential],
    X: Tensor,
    y: Tensor,
    lr: float,
    n_steps: int,
) -> object:
    given, last = model(), nn.Linear(2, 1)
    first = given[0]
    y_hat = answer(given, last, X, y, lr, n_steps)
    if y_hat is None:
        return None
    return {
        "predictions": y_hat,
        "weights of `last` after the training": last.weight,
        "weights of the first layer after the training": first.weight,
        "last part of `model`": "`last`" if given[-1] is last else "another layer",
        "number of parts of `model`": len(given),
    }


def _model(text: str) -> Any:  # noqa: ANN401
    """Return a function that makes the model of that text; its name, the text, is shown."""
    make = eval(f"lambda: {text}", {"nn": nn})  # noqa: S307 - our own text
    make.__name__ = text
    return make


def inputs(rng: torch.Generator) -> Iterator[tuple[Any, Tensor, Tensor, float, int]]:
    three = _model("nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 1))")
    yield three, torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([1.0, 2.0, 3.0]), 0.1, 2
    two = _model("nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))")
    yield two, torch.tensor([[1.0, -1.0]]), torch.tensor([2.0]), 0.1, 2  # one point
    four = _model("nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), nn.Linear(2, 3))")
    X = torch.randn(3, 5, generator=rng).T  # not contiguous
    yield four, X, torch.randn(5, generator=rng), 0.2, 2
    yield four, X.clone(), torch.randn(5, generator=rng), 0.2, 0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "None raises an error. Print the shape inside the loss, and the weights before and after.",
    "Two were traps of versions 4 and 5. For the third, say the four parts of the loop aloud.",
    "The optimizer comes after the replacement, `zero_grad` is missing, and (N, 1) − (N,).",
)


def trained(
    model: nn.Sequential,
    X: Tensor,
    y: Tensor,
    lr: float,
    n_steps: int,
    *,
    optimizer: torch.optim.Optimizer | None = None,
    bug: str = "",
) -> Tensor:
    """Train as the solution does, but for one bug or another."""
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(n_steps):
        y_hat = model(X) if "column" in bug else model(X).flatten()
        errors = (y_hat - y).square()
        loss = errors.sum() if "sum" in bug else errors.mean()
        if "adding up" not in bug:
            model.zero_grad()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def optimizer_too_early(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You make the optimizer before the layer is replaced: it still holds the old layer."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model[-1] = last
    return trained(model, X, y, lr, n_steps, optimizer=optimizer)


def column_against_row(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You subtract a row from a column: (N, 1) − (N,) compares each prediction with each target."""
    model[-1] = last
    return trained(model, X, y, lr, n_steps, bug="column")


def slopes_add_up(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You never clear the slopes: each step takes those of all steps before it as well."""
    model[-1] = last
    return trained(model, X, y, lr, n_steps, bug="adding up")


def too_early_and_column(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You fixed `zero_grad`; two bugs are left. Print last.weight before and after."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model[-1] = last
    return trained(model, X, y, lr, n_steps, optimizer=optimizer, bug="column")


def too_early_and_adding_up(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You fixed the shapes; two bugs are left. Does the optimizer hold the new layer?"""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model[-1] = last
    return trained(model, X, y, lr, n_steps, optimizer=optimizer, bug="adding up")


def column_and_adding_up(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You fixed the order; two bugs are left. Print the shape of `model(X) - y`."""
    model[-1] = last
    return trained(model, X, y, lr, n_steps, bug="column, adding up")


def another_model(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You trained a new model, and the one that was handed in still ends with its old layer: set
    `model[-1] = last`.
    """
    return trained(nn.Sequential(*model[:-1], last), X, y, lr, n_steps)


def third_part(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You replaced `model[2]`, which is the last part only of a model with three parts: `model[-1]`
    is the last one of any model.
    """
    model[2] = last
    return trained(model, X, y, lr, n_steps)


def only_the_new_layer(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You gave the optimizer the new layer only: the task is to train every layer."""
    model[-1] = last
    optimizer = torch.optim.SGD(last.parameters(), lr=lr)
    return trained(model, X, y, lr, n_steps, optimizer=optimizer)


def summed_by_mistake(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You train on the sum: its slopes are N times those of the mean that the rate is made for."""
    model[-1] = last
    return trained(model, X, y, lr, n_steps, bug="sum")


@exercise(
    "Three bugs in a training loop",
    minutes=7,
    difficulty=3,
    place=90,
    hints=HINTS,
    why="Make the optimizer last, clear the slopes each time, and compare (N,) with (N,).",
    mistakes=(
        optimizer_too_early,
        column_against_row,
        slopes_add_up,
        too_early_and_column,
        too_early_and_adding_up,
        column_and_adding_up,
        only_the_new_layer,
        summed_by_mistake,
        another_model,
        third_part,
    ),
    inputs=inputs,
    use=use,
    template=retrain_with_bugs,
    equivalent=(
        (
            "(model(X).flatten() - y).square()",
            "(y - model(X).flatten()).square()",
            "a square does not see which of the two was subtracted",
        ),
    ),
)
def retrain(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """Put `last` in the place of the model's last layer, train, and return the predictions, (N,).

    `last` is an nn.Linear with one output, X is (N, D), y is (N,). Every layer is to take
    `n_steps` steps of plain SGD on the mean squared error.
    """
    model[-1] = last
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model(X).flatten()
