"""Early stopping that keeps the best."""

from collections.abc import Callable, Iterator
from math import nan
from typing import Any, TypeAlias

import torch
from torch import nn

from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function

Measure: TypeAlias = Callable[[nn.Module], float]


def use(
    answer: Callable[..., Any],
    model: nn.Module,
    train_once: Callable[[nn.Module], object],
    measure: Measure,
    n_epochs: int,
    patience: int,
) -> dict[str, Any] | None:
    epochs = 0

    def train_and_count(model: nn.Module) -> None:
        nonlocal epochs
        epochs += 1
        if epochs > n_epochs:
            msg = f"you trained for more than n_epochs = {n_epochs} epochs"
            raise RuntimeError(msg)
        train_once(model)

    before = [numbers.clone() for numbers in model.state_dict().values()]
    result = answer(model, train_and_count, measure, n_epochs, patience)
    if result is None:
        return None
    pairs = zip(model.state_dict().items(), before, strict=True)
    ends = {name: (numbers - old).item() for (name, numbers), old in pairs}  # an epoch adds 1
    return {
        "it returns": result,
        "epochs trained": epochs,
        **{f"at the end, {name} is that of epoch": epoch for name, epoch in ends.items()},
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[nn.Module, Any, Measure, int, int]]:
    train_once = "lambda model: [numbers.add_(1) for numbers in model.state_dict().values()]"
    for losses, patience in (
        ([3.0, 2.0, 2.5, 2.6, 1.0], 2),
        ([3.0, 2.0, 1.0], 1),
        ([2.0, 2.0, 2.0, 1.0], 2),
        ([3.0, 2.0, 2.5, 1.5, 1.8, 1.6, 1.7, 1.0], 3),
        ([2.0, 1.0, 3.0], 5),
        ([4e9], 1),
        ([3.0, nan, nan, 1.0], 2),  # nan is not lower
        ([2.0, 1.99999, 1.99998, 3.0, 1.99997], 2),  # lower by little is lower
        (torch.randn(12, generator=rng).mul(100).round().tolist(), 4),
    ):
        numbers = str(losses).replace("nan", "float('nan')")
        measure = shown_function(f"lambda model: {numbers}[int(model.bias.item()) - 1]")
        model = shown_function(
            "torch.nn.BatchNorm1d(1)"
        )  # its bias is 0 at first, and so is the number of the epoch
        yield model, shown_function(train_once), measure, len(losses), patience


# ---------------------------------------------------------------------------- closed half

HINTS = (
    (
        "Keep three things: the lowest loss so far, the weights of that epoch, and how many"
        " epochs have gone by since."
    ),
    "`model.state_dict()` moves along with the training, as you saw. Clone each tensor.",
    (
        "A new lowest loss: keep it, keep the clones, set the count to 0. Otherwise add 1 "
        "to the count, and `break` when it reaches the patience."
    ),
    "After the loop, `model.load_state_dict(…)` with the clones; return the lowest loss.",
)


def live_weights(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """The network ends with its last weights, not its best. Either you kept `model.state_dict()`,
    which refers to the live weights (and so does its `.copy()`): clone each tensor, or use
    `copy.deepcopy`. Or you never loaded what you kept into the `model` that was handed in.
    """
    losses = list[float]()
    for _ in range(n_epochs):
        train_once(model)
        losses.append(measure(model))
        best = losses.index(min(losses))
        if best == len(losses) - 1:
            weights = model.state_dict()
        elif len(losses) - best > patience:
            break
    model.load_state_dict(weights)
    return losses[best]


def stopped(
    *run: Any,  # noqa: ANN401 - the five arguments
    is_new_best: Callable[[float, float], bool] = lambda loss, best: loss < best,
    renews: bool = True,
) -> float:
    """Stop early as the solution does, but for what counts as best and what that does."""
    model, train_once, measure, n_epochs, patience = run
    best, waited = float("inf"), 0
    for _ in range(n_epochs):
        train_once(model)
        loss = measure(model)
        if is_new_best(loss, best):
            best, waited = loss, 0 if renews else waited
            weights = {name: numbers.clone() for name, numbers in model.state_dict().items()}
        else:
            waited += 1
            if waited == patience:
                break
    model.load_state_dict(weights)
    return best


def patience_never_renewed(*run: Any) -> float:  # noqa: ANN401
    """You count all epochs without a new best together: a new best should renew the patience.
    Set the count back to 0.
    """
    return stopped(*run, renews=False)


def last_of_equals(*run: Any) -> float:  # noqa: ANN401
    """You take a loss that equals the lowest so far for a new best one (`<=`). Of equal losses the
    first counts: only a lower one renews the patience.
    """
    return stopped(*run, is_new_best=lambda loss, best: loss <= best)


def lower_by_a_margin(*run: Any) -> float:  # noqa: ANN401
    """A loss that is only a little lower does not count with you. It is a new lowest loss."""
    return stopped(*run, is_new_best=lambda loss, best: loss < best - 1e-4)


def compared_with_the_last(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """You compare each loss with the one before it: a loss that falls a little after a rise looks
    like progress. Compare with the lowest so far.
    """
    best, waited, last = float("inf"), 0, float("inf")
    for _ in range(n_epochs):
        train_once(model)
        loss = measure(model)
        waited, last = (0 if loss < last else waited + 1), loss
        if loss < best:
            best = loss
            weights = {name: numbers.clone() for name, numbers in model.state_dict().items()}
        if waited == patience:
            break
    model.load_state_dict(weights)
    return best


def one_epoch_late(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """You stop an epoch too late: with a patience of 2, the second epoch in a row without a new
    best is the last. Stop when the count reaches the patience.
    """
    losses = list[float]()
    for _ in range(n_epochs):
        train_once(model)
        losses.append(measure(model))
        best = losses.index(min(losses))
        if best == len(losses) - 1:
            weights = {name: numbers.clone() for name, numbers in model.state_dict().items()}
        elif len(losses) - best > patience + 1:
            break
    model.load_state_dict(weights)
    return losses[best]


def buffers_forgotten(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """You keep and restore the parameters alone: batch norm's running averages are buffers, and
    they stay those of the last epoch. The state dict holds both.
    """
    losses = list[float]()
    for _ in range(n_epochs):
        train_once(model)
        losses.append(measure(model))
        best = losses.index(min(losses))
        if best == len(losses) - 1:
            weights = [parameter.detach().clone() for parameter in model.parameters()]
        elif len(losses) - best > patience:
            break
    with torch.no_grad():
        for parameter, kept in zip(model.parameters(), weights, strict=True):
            parameter.copy_(kept)
    return losses[best]


@exercise(
    "Early stopping that keeps the best",
    minutes=10,
    difficulty=3,
    place=120,
    hints=HINTS,
    why="Clones of the whole state dict stay what they were, so the best epoch can come back.",
    inputs=inputs,
    use=use,
    changes_arguments=True,
    mistakes=(
        live_weights,
        patience_never_renewed,
        compared_with_the_last,
        last_of_equals,
        lower_by_a_margin,
        one_epoch_late,
        buffers_forgotten,
    ),
)
def stop_early(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """Train until `patience` epochs in a row bring no new lowest loss, or for n_epochs.

    `train_once(model)` trains for one epoch, `measure(model)` then returns the validation loss.
    At the end, put the weights (the whole state dict) of the epoch with the lowest loss back
    into `model`, and return that loss. Of several equal losses the first counts; nan is never
    lower. The first loss is a number; n_epochs and patience are at least 1.
    """
    losses = []
    for _ in range(n_epochs):
        train_once(model)
        losses.append(measure(model))
        best = losses.index(min(losses))
        if best == len(losses) - 1:
            weights = {name: numbers.clone() for name, numbers in model.state_dict().items()}
        elif len(losses) - best > patience:
            break
    model.load_state_dict(weights)
    return losses[best]
