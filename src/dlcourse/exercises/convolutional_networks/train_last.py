"""Three bugs in fine-tuning."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

Batches: TypeAlias = Sequence[tuple[Tensor, Tensor]]


def faulty_train_last(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """Train the last layer of `model`, an `nn.Sequential`, with SGD. Three bugs to fix.

    All layers before it stay as they are, running averages included, and work as in use. `model`
    comes from a training run that was interrupted: it is in training mode, and the gradients of
    the last step are still there. `batches` is a list of pairs (X, y): a step for each of them.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model.train()
    for X, y in batches:
        loss = functional.cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def use(
    answer: Callable[..., object], model: nn.Sequential, batches: Batches, lr: float
) -> dict[str, object]:
    """Return what moved in the model, and what its last layer has learned."""
    before = {name: numbers.clone() for name, numbers in model.state_dict().items()}
    learned = [name for name, _ in model.named_parameters()]
    answer(model, batches, lr)
    last = f"{len(model) - 1}."
    seen: dict[str, object] = {}
    moved = {"weights": 0.0, "running averages": 0.0}
    for name, numbers in model.state_dict().items():
        kind = "weights" if name in learned else "running averages"
        if not name.startswith(last):
            moved[kind] = max(moved[kind], (numbers - before[name]).abs().max().item())
        else:
            seen[f"the last layer's {name.removeprefix(last)}"] = numbers.clone()
    for kind, distance in moved.items():
        seen[f"largest change of the {kind} before it"] = distance
    return seen


def inputs(rng: torch.Generator) -> Iterator[tuple[nn.Sequential, Batches, float]]:
    layers = nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)
    yield interrupted(rng, *layers), batches_of(rng, (4, 1, 3, 3), 1), 0.5
    wide = nn.Flatten(), nn.Linear(4, 6), nn.Dropout(0.5), nn.BatchNorm1d(6), nn.Linear(6, 3)
    yield interrupted(rng, *wide), batches_of(rng, (5, 1, 2, 2), 3), 0.2
    small = nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(6, 3)
    yield interrupted(rng, *small), batches_of(rng, (1, 2, 1, 2), 2), 0.1


def batches_of(rng: torch.Generator, shape: tuple[int, ...], n: int) -> Batches:
    """Return batches of pictures with three labels."""
    return [
        (torch.randn(shape, generator=rng), torch.randint(3, shape[:1], generator=rng))
        for _ in range(n)
    ]


def interrupted(rng: torch.Generator, *layers: nn.Module) -> nn.Sequential:
    """Return a network in training mode whose weights have gradients."""
    model = nn.Sequential(*layers)
    for weights in model.parameters():
        nn.init.normal_(weights, std=0.5, generator=rng)
    for weights in model.parameters():
        weights.grad = torch.randn(weights.shape, generator=rng)
    for layer in layers:
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, generator=rng)  # type: ignore[arg-type]
    return model


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Ask of each line which numbers it changes: weights, running averages, gradients?",
    "What does the optimizer move? What does a batch norm change by itself, in training mode?",
    "The first step uses whatever gradients are there when `backward` adds its own.",
    "`model[-1].parameters()` for the optimizer, `model.eval()`, and zero_grad before backward.",
)


def train(
    model: nn.Sequential,
    batches: Batches,
    moving: nn.Module,
    lr: float,
    *,
    clear_first: bool = True,
) -> None:
    optimizer = torch.optim.SGD(moving.parameters(), lr=lr)
    for X, y in batches:
        if clear_first:
            optimizer.zero_grad()
        functional.cross_entropy(model(X), y).backward()
        optimizer.step()
        if not clear_first:
            optimizer.zero_grad()


def all_three_left(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """All three bugs are still there. Start with the optimizer: which numbers does it get?"""
    model.train()
    train(model, batches, model, lr, clear_first=False)


def still_all_weights(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """One bug is left: the optimizer still moves all layers. Give it the last layer's only."""
    model.eval()
    train(model, batches, model, lr)


def still_in_training_mode(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """One bug is left: in training mode batch norm uses the batch's statistics and moves its
    running averages, and dropout drops, frozen or not. The layers should work as in use.
    """
    model.train()
    train(model, batches, model[-1], lr)


def still_left_over(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """One bug is left: the first step also uses the gradients of the training before. Clear them
    before `backward`, not after the step.
    """
    model.eval()
    train(model, batches, model[-1], lr, clear_first=False)


def mode_and_left_over(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """Two bugs are left. One: in training mode batch norm moves its running averages. The other:
    the first step also uses gradients that were there before.
    """
    model.train()
    train(model, batches, model[-1], lr, clear_first=False)


def weights_and_left_over(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """Two bugs are left. One: the optimizer still moves all layers. The other: the first step also
    uses gradients that were there before.
    """
    model.eval()
    train(model, batches, model, lr, clear_first=False)


def weights_and_mode(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """Two bugs are left. One: the optimizer still moves all layers. The other: in training mode
    batch norm moves its running averages.
    """
    model.train()
    train(model, batches, model, lr)


def frozen_with_gradients(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """The layers before the last are frozen, but they moved: `requires_grad = False` keeps the
    gradients that are there already, and the optimizer uses them. Clear them before the first
    step, or hand it only the last layer's parameters.
    """
    model.eval()
    model[:-1].requires_grad_(requires_grad=False)
    train(model, batches, model, lr, clear_first=False)


def nothing_learns(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """You froze the last layer as well, or it works under `no_grad`: nothing asks for slopes, and
    `backward` has nothing to do. Freeze `model[:-1]` only.
    """
    model.eval()
    model.requires_grad_(requires_grad=False)
    train(model, batches, model, lr)


def never_cleared(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """The gradients are never cleared between the batches now: each step uses those of all batches
    before it. Clear them in every round.
    """
    model.eval()
    optimizer = torch.optim.SGD(model[-1].parameters(), lr=lr)
    optimizer.zero_grad()
    for X, y in batches:
        functional.cross_entropy(model(X), y).backward()
        optimizer.step()


def nothing_moved(model: nn.Sequential, batches: Batches, lr: float) -> None:  # noqa: ARG001
    """The last layer has not moved. Are its gradients cleared between `backward` and `step`? Then
    nothing is left for the step.
    """
    model.eval()


def new_last_layer(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """You trained a new last layer. Train the one that the model has."""
    model.eval()
    weight, bias = model[-1].parameters()
    model[-1] = nn.Linear(weight.shape[1], len(bias))
    train(model, batches, model[-1], lr)


@exercise(
    "Three bugs in fine-tuning",
    minutes=7,
    difficulty=2,
    place=120,
    hints=HINTS,
    why="What is frozen must not get into the optimizer, and its statistics are no parameters.",
    inputs=inputs,
    use=use,
    template=faulty_train_last,
    mistakes=(
        all_three_left,
        still_all_weights,
        still_in_training_mode,
        still_left_over,
        mode_and_left_over,
        weights_and_left_over,
        weights_and_mode,
        frozen_with_gradients,
        nothing_learns,
        never_cleared,
        nothing_moved,
        new_last_layer,
    ),
    tolerance=Tolerance(absolute=1e-5),
    changes_arguments=True,
)
def train_last(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """Train the last layer of `model`, an `nn.Sequential`, with SGD, a step for each batch."""
    optimizer = torch.optim.SGD(model[-1].parameters(), lr=lr)
    model.eval()
    for X, y in batches:
        loss = functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
