"""The loss of an epoch, with class weights."""

from collections.abc import Iterator
from typing import TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise

Batches: TypeAlias = list[tuple[Tensor, Tensor]]  # each with logits (N, C) and labels (N,)


def batch_of(labels: list[int], n_classes: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return a batch with these labels."""
    return torch.randn(len(labels), n_classes, generator=rng) * 2, torch.tensor(labels)


def inputs(rng: torch.Generator) -> Iterator[tuple[Batches, Tensor]]:
    two = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([0, 0])
    one = torch.tensor([[3.0, 0.0]]), torch.tensor([1])
    yield [two, one], torch.tensor([1.0, 9.0])
    yield [batch_of([2, 0, 0], 3, rng)], torch.tensor([0.5, 2.0, 1.0])
    batches = [batch_of(labels, 4, rng) for labels in ([0, 1, 2, 3], [3, 3, 0, 1], [3])]
    yield batches, torch.tensor([1.0, 0.2, 3.0, 7.0])
    yield [batch_of([1, 1], 2, rng), batch_of([0, 1], 2, rng)], torch.tensor([0.0, 4.0])
    batches = [batch_of(labels, 3, rng) for labels in ([0, 1], [1, 2], [2, 2, 1, 0, 1], [0])]
    yield batches, torch.tensor([0.001, 0.003, 0.002])


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Of one batch, PyTorch's loss is a weighted mean. What was its sum divided by?",
    "By the sum of the weights of the batch's labels, `class_weights[y].sum()`.",
    "Undo the division for each batch, add up the sums and the weights, and divide at the end.",
)


def means_averaged(batches: Batches, class_weights: Tensor) -> Tensor:
    """You averaged the losses of the batches. Each was divided by the weights of its own labels, so
    a batch of light labels, or a short one, now counts as much as any other.
    """
    losses = [nn.functional.cross_entropy(*batch, class_weights) for batch in batches]
    return torch.stack(losses).mean()


def counted_by_samples(batches: Batches, class_weights: Tensor) -> Tensor:
    """You counted each batch's loss by its number of samples. That is right without class weights;
    here it was divided by the sum of its labels' weights.
    """
    total = sum(len(y) * nn.functional.cross_entropy(z, y, class_weights) for z, y in batches)
    return torch.as_tensor(total / sum(len(y) for _, y in batches))


def divided_by_samples(batches: Batches, class_weights: Tensor) -> Tensor:
    """You divided the weighted sum by the number of samples. PyTorch divides it by the sum of their
    weights, so that a factor in all weights changes nothing.
    """
    logits, y = torch.cat([z for z, _ in batches]), torch.cat([y for _, y in batches])
    return nn.functional.cross_entropy(logits, y, class_weights, reduction="none").mean()


def unweighted(batches: Batches, class_weights: Tensor) -> Tensor:  # noqa: ARG001
    """You left out the class weights."""
    logits, y = torch.cat([z for z, _ in batches]), torch.cat([y for _, y in batches])
    return nn.functional.cross_entropy(logits, y)


def all_weights_in_every_batch(batches: Batches, class_weights: Tensor) -> Tensor:
    """You divided by the sum of all class weights, once a batch. A weight counts as often as its
    class occurs: `class_weights[y]` has one for each sample.
    """
    total = sum(
        nn.functional.cross_entropy(z, y, class_weights, reduction="sum") for z, y in batches
    )
    return torch.as_tensor(total / (len(batches) * class_weights.sum()))


def sum_only(batches: Batches, class_weights: Tensor) -> Tensor:
    """You returned the weighted sum. Divide it by the sum of the weights of all labels."""
    sums = [nn.functional.cross_entropy(*one, class_weights, reduction="sum") for one in batches]
    return torch.stack(sums).sum()


@exercise(
    "The loss of an epoch, with class weights",
    minutes=5,
    difficulty=2,
    place=40,
    hints=HINTS,
    why="A weighted mean is two sums; over several batches, add up both before you divide.",
    inputs=inputs,
    mistakes=(
        means_averaged,
        counted_by_samples,
        divided_by_samples,
        unweighted,
        all_weights_in_every_batch,
        sum_only,
    ),
)
def epoch_loss(batches: Batches, class_weights: Tensor) -> Tensor:
    """Return the loss that `cross_entropy` with `class_weights`, (C,), has for all samples at once.

    `batches` is a list of pairs: logits (N, C) and labels (N,), and N may differ from pair to pair.
    """
    sums = [nn.functional.cross_entropy(*one, class_weights, reduction="sum") for one in batches]
    weights = [class_weights[y].sum() for _, y in batches]
    return torch.stack(sums).sum() / torch.stack(weights).sum()
