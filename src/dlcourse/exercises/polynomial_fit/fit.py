"""The training loop, from a blank cell."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise
from dlcourse.checking.graph import n_with_graphs


def use(
    answer: Callable[..., object], n_hidden: int, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> object:
    """Train a straight line or, with hidden units, a small network; both have an old gradient."""
    model: nn.Module = nn.Linear(X.shape[1], 1)
    if n_hidden:
        model = nn.Sequential(nn.Linear(X.shape[1], n_hidden), nn.Tanh(), nn.Linear(n_hidden, 1))
    model(X).sum().backward()
    losses = answer(model, X, y, lr, n_steps)
    if not isinstance(losses, list):
        return losses
    return {
        "losses": losses,
        "how many of the losses hold on to a graph": n_with_graphs(losses),
        "weights afterwards": [p.detach().clone() for p in model.parameters()],
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[int, Tensor, Tensor, float, int]]:
    yield 0, torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([1.0, 2.0, 4.0]), 0.1, 2
    yield 2, torch.tensor([[1.0, -1.0]]), torch.tensor([2.0]), 0.1, 3  # one point
    X = torch.randn(3, 5, generator=rng).T  # not contiguous
    yield 4, X, torch.randn(5, generator=rng), 0.2, 4
    yield 2, X.clone(), torch.randn(5, generator=rng), 0.2, 0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Before the loop: an optimizer, which is given `model.parameters()`. In it: the four lines.",
    "`zero_grad`, loss, `backward`, `step`. The model's old gradients must be gone by the first.",
    "`model(X)` is (N, 1) and y is (N,): bring both to one shape before you subtract.",
    "Append `loss.item()` in each round, and once more after the loop for the last weights.",
)


def never_cleared(model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int) -> list[float]:
    """You never clear the gradients: each step uses those of all steps before it as well, and the
    one that the model came with.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    losses.append((model(X).flatten() - y).square().mean().item())
    return losses


def cleared_once(model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int) -> list[float]:
    """You clear the gradients once, before the loop: from the second step on they add up."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    optimizer.zero_grad()
    losses = []
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    losses.append((model(X).flatten() - y).square().mean().item())
    return losses


def cleared_at_the_end(
    model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> list[float]:
    """You clear the gradients after the step, so the first step still uses the one that the model
    came with. At the top of the loop, nothing can slip through.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    losses.append((model(X).flatten() - y).square().mean().item())
    return losses


def thrown_away(model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int) -> list[float]:
    """You clear the gradients between `backward` and `step`: no weight ever moves."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        losses.append(loss.item())
    losses.append((model(X).flatten() - y).square().mean().item())
    return losses


def every_pair(model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int) -> list[float]:
    """You subtract a row from a column: (N, 1) − (N,) compares each prediction with each target."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss = (model(X) - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    losses.append((model(X) - y).square().mean().item())
    return losses


def summed(model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int) -> list[float]:
    """You took the sum of the squares; the mean is asked for, and the rate is made for it."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss = (model(X).flatten() - y).square().sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    losses.append((model(X).flatten() - y).square().sum().item())
    return losses


def last_one_missing(
    model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> list[float]:
    """You have one loss a step, each from before the step. What the last step did is not among
    them: compute the loss once more after the loop.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss = (model(X).flatten() - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def graphs_kept(model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int) -> list[Tensor]:
    """You appended the loss itself, which holds on to the graph of its step, and to all of its
    memory. `loss.item()` is the number alone.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss = (model(X).flatten() - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss)
    losses.append((model(X).flatten() - y).square().mean())
    return losses


@exercise(
    "The loop, from a blank cell",
    minutes=10,
    difficulty=2,
    place=15,
    hints=HINTS,
    why="Clear, loss, backward, step: lesson 05 trains with this loop, batch by batch.",
    mistakes=(
        never_cleared,
        cleared_once,
        cleared_at_the_end,
        thrown_away,
        every_pair,
        summed,
        last_one_missing,
        graphs_kept,
    ),
    inputs=inputs,
    use=use,
    equivalent=(
        (
            "loss = loss_fn(model(X).flatten(), y)",
            "loss = loss_fn(y, model(X).flatten())",
            "a square does not see which of the two was subtracted",
        ),
        (
            "loss_fn(model(X).flatten(), y).item()",
            "loss_fn(y, model(X).flatten()).item()",
            "a square does not see which of the two was subtracted",
        ),
    ),
)
def fit(model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int) -> list[float]:
    """Train `model` in place by SGD on the mean squared error; return a list of its losses.

    `model` turns X, (N, D), into (N, 1); y is (N,). Take `n_steps` steps with the rate `lr`, each
    on all of X. The list has n_steps + 1 floats: the loss before each step, and after the last.
    The model may come with an old gradient, which must not count.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loss_fn = nn.MSELoss()
    losses = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss = loss_fn(model(X).flatten(), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    losses.append(loss_fn(model(X).flatten(), y).item())
    return losses
