"""A run with three bugs."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise
from dlcourse.checking.graph import n_with_graphs


def run_with_bugs(
    model: nn.Module, X: Tensor, y: Tensor, X_val: Tensor, y_val: Tensor, n_epochs: int
) -> list[float]:
    """Train `model` with SGD; return the validation loss after each epoch. Three bugs to fix.

    The first two epochs have the rate 0.5, the next two 0.25, and so on, half as much each time. A
    batch has 4 samples; its gradient is clipped to a norm of 1. Training smooths the labels by
    0.1. The validation loss is plain cross-entropy, so that runs can be compared.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    loss_function = nn.CrossEntropyLoss(label_smoothing=0.1)
    losses = []
    for _ in range(n_epochs):
        for rows in torch.arange(len(X)).split(4):
            optimizer.zero_grad()
            loss = loss_function(model(X[rows]), y[rows])
            loss.backward()
            optimizer.step()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            schedule.step()
        with torch.no_grad():
            losses.append(loss_function(model(X_val), y_val).item())
    return losses


def use(answer: Callable[..., Any], n_samples: int, n_epochs: int) -> dict[str, Any] | None:
    rng = torch.Generator().manual_seed(n_samples)
    X, X_val = (3 * torch.randn(n, 3, generator=rng) for n in (n_samples, 5))
    y, y_val = (torch.randint(4, (n,), generator=rng) for n in (n_samples, 5))
    model = nn.Linear(3, 4)
    for one in model.parameters():
        nn.init.normal_(one, generator=rng)
    result = answer(model, X, y, X_val, y_val, n_epochs)
    if result is None:
        return None
    losses = result if isinstance(result, list | tuple) else []
    return {
        "losses": result,
        "losses that hold on to a graph": n_with_graphs(losses),
        "biases at the end": model.bias.detach(),
        "weights at the end": model.weight.detach(),
    }


def inputs(_: torch.Generator) -> Iterator[tuple[int, int]]:
    yield 6, 1
    yield 6, 3
    yield 3, 5  # the rate falls twice


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Read the task sentence by sentence, and look for the line that does it. Is it in its place?",
    "The schedule's 2 counts calls of `schedule.step()`. What should be counted: batches, epochs?",
    "A gradient is clipped before it is followed: backward, clip, step.",
    "`nn.functional.cross_entropy(model(X_val), y_val)` has no smoothing.",
)


Run: TypeAlias = Any  # the six arguments


def trained(*run: Run, bugs: str) -> list[float]:
    """Train as the solution does, but for these bugs."""
    model, X, y, X_val, y_val, n_epochs = run
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    losses = list[float]()
    for _ in range(n_epochs):
        if "early" in bugs:
            schedule.step()
        for rows in torch.arange(len(X)).split(4):
            optimizer.zero_grad()
            z = model(X[rows])
            smoothing = 0.0 if "plain training" in bugs else 0.1
            nn.functional.cross_entropy(z, y[rows], label_smoothing=smoothing).backward()
            if "clip" not in bugs:
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if "batch" in bugs:
                schedule.step()
        if not any(bug in bugs for bug in ("batch", "never", "early")):
            schedule.step()
        smoothing = 0.1 if "smooth" in bugs else 0.0
        with torch.no_grad():
            z = model(X_val)
            losses.append(nn.functional.cross_entropy(z, y_val, label_smoothing=smoothing).item())
    return losses


def clip_left(*run: Run) -> list[float]:
    """One of the three is left: nothing clips the gradient between `backward` and `step`, where it
    counts.
    """
    return trained(*run, bugs="clip")


def batch_left(*run: Run) -> list[float]:
    """One of the three is left: the schedule is stepped after each batch, so that its 2 means two
    batches. The task counts epochs.
    """
    return trained(*run, bugs="batch")


def smooth_left(*run: Run) -> list[float]:
    """One of the three is left: the validation loss has smoothed labels. It cannot come near 0, and
    cannot be compared with that of other runs.
    """
    return trained(*run, bugs="smooth")


def clip_and_batch_left(*run: Run) -> list[float]:
    """Two of the three are left, both in the inner loop. When is the gradient clipped, and after
    what is the schedule stepped?
    """
    return trained(*run, bugs="clip, batch")


def clip_and_smooth_left(*run: Run) -> list[float]:
    """Two of the three are left. One: nothing clips the gradient between `backward` and `step`. The
    other is in the validation loss.
    """
    return trained(*run, bugs="clip, smooth")


def batch_and_smooth_left(*run: Run) -> list[float]:
    """Two of the three are left. One: the schedule is stepped too often. The other is in the
    validation loss.
    """
    return trained(*run, bugs="batch, smooth")


def all_three_left(*run: Run) -> list[float]:
    """All three bugs are still there. Start with the order of backward, step and clip."""
    return trained(*run, bugs="clip, batch, smooth")


def plain_training(*run: Run) -> list[float]:
    """You took the smoothing out of the training as well. Only the validation loss is plain."""
    return trained(*run, bugs="plain training")


def never_stepped(*run: Run) -> list[float]:
    """Now the rate stays at 0.5 in all epochs. Step the schedule once after each epoch."""
    return trained(*run, bugs="never")


def stepped_early(*run: Run) -> list[float]:
    """You step the schedule at the start of each epoch, so the first rate lasts only one of them.
    Step it at the end.
    """
    return trained(*run, bugs="early")


@exercise(
    "A run with three bugs",
    minutes=8,
    difficulty=2,
    place=120,
    hints=HINTS,
    why="Backward, clip, step; the schedule in the unit in which its numbers are meant; and one "
    "plain loss to judge by.",
    inputs=inputs,
    use=use,
    template=run_with_bugs,
    mistakes=(
        clip_left,
        batch_left,
        smooth_left,
        clip_and_batch_left,
        clip_and_smooth_left,
        batch_and_smooth_left,
        all_three_left,
        plain_training,
        never_stepped,
        stepped_early,
    ),
)
def scheduled_run(
    model: nn.Module, X: Tensor, y: Tensor, X_val: Tensor, y_val: Tensor, n_epochs: int
) -> list[float]:
    """Train `model` with SGD; return the validation loss after each epoch."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    loss_function = nn.CrossEntropyLoss(label_smoothing=0.1)
    losses = []
    for _ in range(n_epochs):
        for rows in torch.arange(len(X)).split(4):
            optimizer.zero_grad()
            loss = loss_function(model(X[rows]), y[rows])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        schedule.step()
        with torch.no_grad():
            losses.append(nn.functional.cross_entropy(model(X_val), y_val).item())
    return losses
