"""A scaled run with three bugs."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise
from dlcourse.checking.graph import n_with_graphs


def run_with_faults(
    model: nn.Module, X: Tensor, y: Tensor, scaler: torch.amp.GradScaler, n_steps: int
) -> tuple[list[Any], list[Any]]:
    """Train `model` on one batch, in float16 where autocast takes it. Three bugs to fix.

    Return two lists: the loss before each step, and the learning rate after it. The loss is the
    plain one, without the scale. The gradient, without the scale, is clipped to a norm of 1. The
    rate is 0.5 at first, and each step that is made, and not skipped, multiplies it by 0.9.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    losses, rates = [], []
    for _ in range(n_steps):
        optimizer.zero_grad()
        with torch.autocast(X.device.type, dtype=torch.float16):
            loss = scaler.scale(nn.functional.cross_entropy(model(X), y))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        schedule.step()
        losses.append(loss.item())
        rates += schedule.get_last_lr()
    return losses, rates


def use(
    answer: Callable[..., Any], first_scale: float, growth_interval: int, n_steps: int
) -> dict[str, Any] | None:
    rng = torch.Generator().manual_seed(n_steps)
    X, y = 2 * torch.randn(5, 3, generator=rng), torch.randint(4, (5,), generator=rng)
    model = nn.Linear(3, 4)
    for one in model.parameters():
        nn.init.normal_(one, generator=rng)
    scaler = torch.amp.GradScaler("cpu", init_scale=first_scale, growth_interval=growth_interval)
    result = answer(model, X, y, scaler, n_steps)
    if not isinstance(result, tuple | list) or len(result) != 2:
        return None if result is None else {"losses and rates": result}
    return {
        "losses": [one.detach() if isinstance(one, Tensor) else one for one in result[0]],
        "losses that hold on to a graph": n_with_graphs(result[0]),
        "learning rates": result[1],
        "biases at the end": model.bias.detach(),
        "weights at the end": model.weight.detach(),
        "scale at the end": scaler.get_scale(),
    }


def inputs(_: torch.Generator) -> Iterator[tuple[float, int, int]]:
    yield 1024.0, 2000, 1
    yield 2.0**20, 2000, 4  # too high: the first steps are skipped
    yield 2.0**13, 2, 5  # grows, until it is too high
    yield 1.0, 2000, 4  # the last gradients are shorter than the limit


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "For each step write down: which numbers are multiplied by the scale, and which are not?",
    "Between `backward` and `unscale_`, the gradients are too long by the scale.",
    "`scaler.unscale_(optimizer)` divides them: backward, unscale, clip, step, update.",
    "A skipped step lowers the scale: compare `scaler.get_scale()` before and after `update`.",
)

Run: TypeAlias = Any  # the five arguments
Lists: TypeAlias = tuple[list[Any], list[Any]]


def trained(*run: Run, faults: str) -> Lists:
    """Train as the solution does, but for these faults."""
    model, X, y, scaler, n_steps = run
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    losses, rates = list[Any](), list[Any]()
    for _ in range(n_steps):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = nn.functional.cross_entropy(model(X), y)
        scaled = scaler.scale(loss)
        scaled.backward()
        before = scaler.get_scale()
        if "clip" in faults.split():
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.unscale_(optimizer)
        if not {"clip", "unclipped"} & set(faults.split()):
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        after = scaler.get_scale()
        same_is_made = "same scale" not in faults or after == before
        if "rate" in faults or (after >= before and same_is_made):
            schedule.step()
        losses.append((scaled if "loss" in faults else loss).item())
        rates += schedule.get_last_lr()
    return losses, rates


def clip_left(*run: Run) -> Lists:
    """The clipping is still in the wrong place: it sees gradients times the scale, and cuts nearly
    all of them off; divided by the scale, next to nothing is left. Unscale first, with
    `scaler.unscale_`: where you divide yourself, `scaler.step` divides once more.
    """
    return trained(*run, faults="clip")


def rate_left(*run: Run) -> Lists:
    """The schedule still moves on when a step is skipped. Step it only if one was made."""
    return trained(*run, faults="rate")


def loss_left(*run: Run) -> Lists:
    """The losses are still multiplied by the scale. It is for `backward` alone."""
    return trained(*run, faults="loss")


def clip_and_rate_left(*run: Run) -> Lists:
    """The losses are right. Two faults are left: where the clipping is, and when the rate falls."""
    return trained(*run, faults="clip rate")


def clip_and_loss_left(*run: Run) -> Lists:
    """The schedule is right. Two faults are left: where the clipping is, and which loss is kept."""
    return trained(*run, faults="clip loss")


def rate_and_loss_left(*run: Run) -> Lists:
    """The clipping is right. Two faults are left: when the rate falls, and which loss is kept."""
    return trained(*run, faults="rate loss")


def all_three_left(*run: Run) -> Lists:
    """All three bugs are left."""
    return trained(*run, faults="clip rate loss")


def not_clipped(*run: Run) -> Lists:
    """Nothing is clipped between `unscale_` and `scaler.step`. Clip there, to a norm of 1."""
    return trained(*run, faults="unclipped")


def growth_is_no_step(*run: Run) -> Lists:
    """You step the schedule only where the scale stayed the same. It also changes after many good
    steps, by growing. Only a scale that fell tells of a skipped step.
    """
    return trained(*run, faults="same scale")


@exercise(
    "A scaled run with three bugs",
    minutes=8,
    difficulty=2,
    place=30,
    hints=HINTS,
    why="The scale is for the way through float16 alone: whatever reads gradients or losses comes "
    "where it is not in them, and whatever counts steps counts those that were made.",
    inputs=inputs,
    use=use,
    tolerance=Tolerance(relative=1e-3, absolute=1e-3),  # float16 rounds each way to the loss anew
    template=run_with_faults,
    mistakes=(
        clip_left,
        rate_left,
        loss_left,
        clip_and_rate_left,
        clip_and_loss_left,
        rate_and_loss_left,
        all_three_left,
        not_clipped,
        growth_is_no_step,
    ),
)
def half_run(
    model: nn.Module, X: Tensor, y: Tensor, scaler: torch.amp.GradScaler, n_steps: int
) -> tuple[list[Any], list[Any]]:
    """Train `model` on one batch, in float16 where autocast takes it; return losses and rates."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    losses, rates = [], []
    for _ in range(n_steps):
        optimizer.zero_grad()
        with torch.autocast(X.device.type, dtype=torch.float16):
            loss = nn.functional.cross_entropy(model(X), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scale = scaler.get_scale()
        scaler.step(optimizer)
        scaler.update()
        if scaler.get_scale() >= scale:
            schedule.step()
        losses.append(loss.item())
        rates += schedule.get_last_lr()
    return losses, rates
