"""A rate from a finder's curve."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

INFINITE, NO_NUMBER = float("inf"), float("nan")


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    rates = torch.tensor([0.001, 0.01, 0.1, 1.0, 10.0])
    yield rates.clone(), torch.tensor([2.0, 1.0, 1.0, 5.0, 9.0])
    yield rates.clone(), torch.tensor([2.0, 1.5, 0.1, 0.8, NO_NUMBER])
    yield rates.clone(), torch.tensor([2.0, 1.0, 3.0, INFINITE, NO_NUMBER])
    yield rates.clone(), torch.tensor([3.0, 1.0, 1.0, 2.0, 2.2])
    yield rates[:4].clone(), torch.tensor([1.0, 1.0, 1.0, 1.0])  # of equal ones the first
    yield rates[:3].clone(), torch.tensor([0.5, 0.7, 0.9])
    steps = torch.arange(60, dtype=torch.float64)
    curve = 2.3 - 0.05 * steps + 0.3 * torch.randn(60, generator=rng, dtype=torch.float64)
    curve[45:] = torch.tensor([2.0, 8.0, 50.0]).repeat(5)
    curve[20] = -5.0  # one lucky batch
    yield 10 ** (-5 + steps / 10), curve


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Walk along the losses once, and carry the smoothed loss with you. Where is it lowest?",
    "The smoothed loss starts as the first loss. Each new loss adds a tenth of itself.",
    "Remember the lowest so far, and its place. nan is never below anything: `nan < 1` is False.",
    "The result is `rates[place] / 10`.",
)


def smoothed(losses: Tensor) -> list[float]:
    """Return the smoothed losses."""
    smooth = [losses[0].item()]
    for loss in losses[1:].tolist():
        smooth.append(0.9 * smooth[-1] + 0.1 * loss)
    return smooth


def place_of_lowest(losses: list[float]) -> int:
    """Return the place of the lowest number, the first of several."""
    return min(range(len(losses)), key=lambda n: min(INFINITE, losses[n]))


def at_the_lowest(rates: Tensor, losses: Tensor) -> Tensor:
    """That is the rate where the smoothed loss is lowest. There it is about to explode: go back to
    a tenth of it.
    """
    return rates[place_of_lowest(smoothed(losses))]


def of_single_batches(rates: Tensor, losses: Tensor) -> Tensor:
    """You looked for the lowest loss of a single batch, which may just have been an easy one.
    Smooth the losses first.
    """
    return rates[place_of_lowest(losses.tolist())] / 10


def misled_by_nan(rates: Tensor, losses: Tensor) -> Tensor:
    """A nan misled you: for `argmin` and `min` it counts as the lowest. Leave out what is not
    finite, or compare with `<`, which is False for nan.
    """
    return rates[torch.tensor(smoothed(losses)).argmin()] / 10


def started_at_zero(rates: Tensor, losses: Tensor) -> Tensor:
    """You started the smoothed loss at 0. It is far too low at first; start with the first loss."""
    smooth = [0.0]
    for loss in losses.tolist():
        smooth.append(0.9 * smooth[-1] + 0.1 * loss)
    return rates[place_of_lowest(smooth[1:])] / 10


def smoothed_too_little(rates: Tensor, losses: Tensor) -> Tensor:
    """You exchanged 0.9 and 0.1: most of the smoothed loss stays, and a tenth of the new one comes
    in.
    """
    smooth = [losses[0].item()]
    for loss in losses[1:].tolist():
        smooth.append(0.1 * smooth[-1] + 0.9 * loss)
    return rates[place_of_lowest(smooth)] / 10


def ten_places_back(rates: Tensor, losses: Tensor) -> Tensor:
    """You went back ten places. How far that is depends on the list: divide the rate by 10."""
    return rates[max(0, place_of_lowest(smoothed(losses)) - 10)]


def largest_finite(rates: Tensor, losses: Tensor) -> Tensor:
    """You took a tenth of the largest rate with a finite loss. By then the loss has long been
    rising: take the rate where the smoothed loss is lowest.
    """
    return rates[losses.isfinite()][-1] / 10


def the_loss_itself(rates: Tensor, losses: Tensor) -> float:  # noqa: ARG001
    """You returned a tenth of the lowest smoothed loss. The rate at that place is asked for."""
    smooth = smoothed(losses)
    return smooth[place_of_lowest(smooth)] / 10


@exercise(
    "A rate from a finder's curve",
    minutes=6,
    difficulty=2,
    place=90,
    hints=HINTS,
    why="At the lowest point the loss is about to rise, so a good rate is well before it.",
    inputs=inputs,
    mistakes=(
        at_the_lowest,
        of_single_batches,
        misled_by_nan,
        started_at_zero,
        smoothed_too_little,
        ten_places_back,
        largest_finite,
        the_loss_itself,
    ),
)
def find_lr(rates: Tensor, losses: Tensor) -> Tensor:
    """Return a tenth of the rate at which the smoothed loss is lowest; the first, if several are.

    `rates` and `losses` are tensors (N,): the rates tried, rising, and the loss of one batch at
    each. The smoothed loss starts as the first loss; then each is 0.9 · the smoothed loss before
    + 0.1 · the new loss. The last losses may be infinite or nan, which is not low.
    """
    smooth = lowest = losses[0]
    place = 0
    for n, loss in enumerate(losses):
        smooth = 0.9 * smooth + 0.1 * loss
        if smooth < lowest:
            lowest, place = smooth, n
    return rates[place] / 10
