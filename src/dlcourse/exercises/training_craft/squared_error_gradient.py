"""The gradient of the wrong loss."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

# Tiny slopes are what this is about: 0 is no answer where 4e-9 is right.
SMALL_COUNTS = Tolerance(absolute=1e-13)


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([1])
    yield torch.tensor([[1.0, -1.0], [0.0, 2.0]]), torch.tensor([0, 0])
    yield torch.tensor([[20.0, 0.0, 0.0]], dtype=torch.float64), torch.tensor([1])
    scores = torch.randn(4, 5, generator=rng, dtype=torch.float64).T
    yield scores, torch.tensor([3, 0, 0, 2, 1])
    yield torch.tensor([[1000.0, 0.0, 998.0]]), torch.tensor([2])


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two steps back: from the squares to the shares p, then through softmax to the scores.",
    "Along share i the slope is 2·(pᵢ − yᵢ), with y the row of zeros and a one. Call it gᵢ.",
    "Score j changes every share: pⱼ·(1 − pⱼ) for its own, −pᵢ·pⱼ for each other share i.",
    "Summed up, that is pⱼ·(gⱼ − Σᵢ pᵢ·gᵢ), with the sum over the classes of the row.",
)


def shares(scores: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the shares p and their differences from the rows of zeros and a one."""
    p = scores.softmax(dim=1)
    return p, p - nn.functional.one_hot(y, scores.shape[1])


def of_cross_entropy(scores: Tensor, y: Tensor) -> Tensor:
    """That is cross-entropy's gradient, p − y. Here the loss is the squared error of the shares."""
    return shares(scores, y)[1]


def softmax_forgotten(scores: Tensor, y: Tensor) -> Tensor:
    """You stopped at the shares: 2·(p − y) are the slopes along them. Go on through softmax, to the
    scores.
    """
    return 2 * shares(scores, y)[1]


def without_the_two(scores: Tensor, y: Tensor) -> Tensor:
    """Your slopes are half of the right ones: the square brings a factor of 2."""
    p, error = shares(scores, y)
    return p * (error - (p * error).sum(dim=1, keepdim=True))


def own_share_only(scores: Tensor, y: Tensor) -> Tensor:
    """You took only p·(1 − p), the slope of a share along its own score. A score changes the other
    shares of its row as well, since they add up to 1.
    """
    p, error = shares(scores, y)
    return 2 * error * p * (1 - p)


def averaged_over_the_batch(scores: Tensor, y: Tensor) -> Tensor:
    """You divided by the number of rows. The task is about the sum."""
    p, error = shares(scores, y)
    return 2 * p * (error - (p * error).sum(dim=1, keepdim=True)) / len(y)


def averaged_over_everything(scores: Tensor, y: Tensor) -> Tensor:
    """You divided by the number of all elements, as `mse_loss` does unless told otherwise. The task
    is about the sum.
    """
    p, error = shares(scores, y)
    return 2 * p * (error - (p * error).sum(dim=1, keepdim=True)) / scores.numel()


def summed_over_the_batch(scores: Tensor, y: Tensor) -> Tensor:
    """The sum in softmax's slope runs over all rows. The rows have nothing to do with each other:
    sum along `dim=1`, with `keepdim=True`.
    """
    p, error = shares(scores, y)
    return 2 * p * (error - (p * error).sum())


def without_keepdim(scores: Tensor, y: Tensor) -> Tensor:
    """Your sum over the classes has the shape (N,), which broadcasting puts along the classes.
    With `keepdim=True` it is (N, 1), a number for each row.
    """
    p, error = shares(scores, y)
    return 2 * p * (error - (p * error).sum(dim=1))


def overflowing(scores: Tensor, y: Tensor) -> Tensor:
    """Infinity divided by infinity: exp overflows for a score of 1000. Take PyTorch's `softmax`, or
    subtract each row's maximum first.
    """
    p = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    error = p - nn.functional.one_hot(y, scores.shape[1])
    return 2 * p * (error - (p * error).sum(dim=1, keepdim=True))


def as_many_classes_as_occur(scores: Tensor, y: Tensor) -> Tensor:
    """`one_hot` makes as many columns as the largest label needs. Tell it the number of classes,
    `scores.shape[1]`.
    """
    p = scores.softmax(dim=1)
    error = p - nn.functional.one_hot(y)
    return 2 * p * (error - (p * error).sum(dim=1, keepdim=True))


def asked_of_the_argument(scores: Tensor, y: Tensor) -> Tensor:
    """Your gradient is right. But `requires_grad_()` changes the caller's `scores`. Use it on a
    copy, `scores.clone().requires_grad_()`.
    """
    truth = nn.functional.one_hot(y, scores.shape[1])
    loss = (scores.requires_grad_().softmax(dim=1) - truth).square().sum()
    return torch.autograd.grad(loss, scores)[0]


@exercise(
    "The gradient of the wrong loss",
    minutes=8,
    difficulty=3,
    place=20,
    hints=HINTS,
    why="Softmax's own slopes are p·(1 − p), and −p·p for two classes: where the network is sure, "
    "rightly or wrongly, all of them are nearly 0.",
    inputs=inputs,
    mistakes=(
        of_cross_entropy,
        softmax_forgotten,
        without_the_two,
        own_share_only,
        averaged_over_the_batch,
        averaged_over_everything,
        summed_over_the_batch,
        without_keepdim,
        overflowing,
        as_many_classes_as_occur,
        asked_of_the_argument,
    ),
    tolerance=SMALL_COUNTS,
)
def squared_error_gradient(scores: Tensor, y: Tensor) -> Tensor:
    """Return the gradient, along the scores, of the squared error of their softmax.

    The loss is the sum, over all rows and classes, of (p − one-hot)², where p is the softmax of a
    row of `scores`, (N, C), and one-hot has a 1 at the row's class `y`, (N,), and 0 elsewhere.
    The result is a tensor (N, C).
    """
    p = scores.softmax(dim=1)
    error = p - nn.functional.one_hot(y, scores.shape[1])
    return 2 * p * (error - (p * error).sum(dim=1, keepdim=True))
