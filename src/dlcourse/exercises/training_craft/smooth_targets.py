"""Smoothed labels."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int, float]]:
    yield torch.tensor([2, 0]), 3, 0.3
    yield torch.tensor([1, 0, 1]), 4, 0.2  # the largest class does not occur
    yield torch.tensor([5]), 10, 0.1
    yield torch.randint(17, (6,), generator=rng)[::2], 17, 0.05
    yield torch.tensor([1, 0]), 2, 0.0
    yield torch.tensor([3]), 5, 1.0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Start from rows of zeros with a one: `nn.functional.one_hot(y, n_classes)`.",
    "Take the part epsilon away from the one, and deal it out. To how many classes?",
    "(1 − ε) of the row, plus ε / K for each of the K classes, the true one included.",
)


def dealt_to_the_others(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    """You dealt epsilon out to the other classes only, ε / (K − 1) for each. The task, like
    PyTorch, deals it to all K classes: the true one gets its ε / K back.
    """
    truth = nn.functional.one_hot(y, n_classes)
    return (1 - epsilon) * truth + epsilon / (n_classes - 1) * (1 - truth)


def true_class_left_out(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    """Your rows add up to less than 1: you dealt out K parts, and the true class did not get its
    own. It has 1 − ε + ε / K.
    """
    truth = nn.functional.one_hot(y, n_classes)
    return (1 - epsilon) * truth + epsilon / n_classes * (1 - truth)


def columns_of_all_labels(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    """You set the columns of all labels in every row: that is what `targets[:, y]` means. Give each
    row its own label with `targets[torch.arange(len(y)), y]`.
    """
    targets = torch.full((len(y), n_classes), epsilon / n_classes)
    targets[:, y] = 1 - epsilon + epsilon / n_classes
    return targets


def nothing_taken_away(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    """Your rows add up to more than 1: you dealt epsilon out and did not take it from the 1."""
    return nn.functional.one_hot(y, n_classes) + epsilon / n_classes


def epsilon_each(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    """You gave every class the whole epsilon. It is dealt out: ε / K for each."""
    return (1 - epsilon) * nn.functional.one_hot(y, n_classes) + epsilon


def exchanged(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    """You exchanged the shares: ε is what is dealt out, and 1 − ε is what stays."""
    return epsilon * nn.functional.one_hot(y, n_classes) + (1 - epsilon) / n_classes


def as_many_classes_as_occur(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    """You made as many columns as the largest label needs. There are `n_classes`, whether all of
    them occur or not: hand that to `one_hot` as well.
    """
    return (1 - epsilon) * nn.functional.one_hot(y) + epsilon / n_classes


@exercise(
    "Smoothed labels",
    minutes=4,
    difficulty=1,
    place=30,
    hints=HINTS,
    why="A row stays a set of shares: what is taken from the 1 comes back in K equal parts.",
    inputs=inputs,
    mistakes=(
        dealt_to_the_others,
        true_class_left_out,
        columns_of_all_labels,
        nothing_taken_away,
        epsilon_each,
        exchanged,
        as_many_classes_as_occur,
    ),
)
def smooth_targets(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    """Return the smoothed labels: a row of shares for each label of `y`, (N,) to (N, n_classes).

    Of each 1 at the true class the part `epsilon` is taken away, and dealt out to all classes in
    equal parts, the true one included. So each row adds up to 1.
    """
    truth = nn.functional.one_hot(y, n_classes)
    return (1 - epsilon) * truth + epsilon / n_classes
