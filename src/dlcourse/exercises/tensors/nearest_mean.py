"""Name a digit by the nearest mean."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    known = torch.tensor([[[0, 40]], [[90, 120]], [[200, 10]], [[20, 60]]], dtype=torch.uint8)
    labels = torch.tensor([3, 7, 7, 3])
    yield known, labels, torch.tensor([[[100, 90]], [[30, 10]], [[240, 0]]], dtype=torch.uint8)
    known = torch.tensor([[[0, 9]], [[80, 90]], [[70, 60]]], dtype=torch.uint8)
    new = torch.tensor([[[3, 9]], [[70, 70]]], dtype=torch.uint8)
    yield known, torch.tensor([-4, 3, 3]), new
    for n, m, rows, columns, classes in ((9, 7, 2, 3, 3), (12, 5, 4, 2, 5)):
        shapes = (n, rows, columns), (m, rows, columns)
        known, new = (
            torch.randint(0, 256, shape, generator=rng, dtype=torch.uint8) for shape in shapes
        )
        labels = 2 * torch.randint(0, classes, (n,), generator=rng) + 1
        yield known.mT, labels, new.mT  # not contiguous
    # The means are (13⅓, 13⅓) and (11⅓, 10⅓): cut or rounded, the other one is nearer.
    pairs = [[13, 13], [13, 14], [14, 13], [11, 10], [11, 10], [12, 11]]
    known = torch.tensor(pairs, dtype=torch.uint8)[:, None]
    yield known, torch.tensor([4, 4, 4, 9, 9, 9]), torch.tensor([[[12, 12]]], dtype=torch.uint8)
    known, new = (
        torch.randint(0, 256, (n, 28, 28), generator=rng, dtype=torch.uint8) for n in (4, 3)
    )  # as large as MNIST's: the distances are above 1000
    yield known, torch.tensor([1000, -1000, 1000, 252]), new


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Three steps: a mean image for each label that occurs, the distances, the nearest.",
    (
        "`labels.unique()` lists the labels that occur; `known[labels == label]` are the "
        "images of one. Convert before you take a mean."
    ),
    (
        "`torch.stack` makes one tensor of the means. Flattened to (M, H·W) and (C, H·W), "
        "images and means go into `torch.cdist`, which returns (M, C)."
    ),
    (
        "`argmin(dim=1)` gives positions among the labels that occur; "
        "use them as an index into `labels.unique()`."
    ),
)


def by_one_image(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You took the label of the nearest single image. Compare with the mean image of each label."""
    gaps = torch.cdist(new.flatten(1).float(), known.flatten(1).float())
    return labels[gaps.argmin(dim=1)]


def positions(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You returned positions among the means. Asked for are the labels at these positions."""
    X = known.flatten(1).float()
    means = torch.stack([X[labels == label].mean(dim=0) for label in labels.unique()])
    return torch.cdist(new.flatten(1).float(), means).argmin(dim=1)


def labels_that_do_not_occur(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You took a mean for every number up to the largest label: a label without an image has the
    mean nan, and `argmin` prefers nan to every number. Use only the labels that occur.
    """
    X = known.flatten(1).float()
    every = range(int(labels.max()) + 1)
    means = torch.stack([X[labels == label].mean(dim=0) for label in every])
    return torch.cdist(new.flatten(1).float(), means).argmin(dim=1)


def labels_below_0_left_out(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You counted the labels from 0 up, but they may be negative. Use the labels that occur."""
    X = known.flatten(1).float()
    every = range(int(labels.max()) + 1)
    means = torch.stack([X[labels == label].mean(dim=0) for label in every])
    gaps = torch.cdist(new.flatten(1).float(), means)
    return gaps.nan_to_num(nan=float("inf")).argmin(dim=1)


def other_way_round(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You looked for the new image nearest to each mean: `argmin` took the wrong dimension."""
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0) for label in names])
    nearest = torch.cdist(new.flatten(1).float(), means).argmin(dim=0)
    return names[nearest % len(names)]


def bytes_subtracted(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You subtracted in uint8, which wraps around below 0. Convert with `float()` first."""
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0) for label in names]).to(new.dtype)
    gaps = new.flatten(1)[:, None] - means
    return names[gaps.square().sum(dim=2).argmin(dim=1)]


def means_cut(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You turned the means into whole numbers, which drops their fractions. Keep the decimals."""
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0).byte() for label in names])
    return names[torch.cdist(new.flatten(1).float(), means.float()).argmin(dim=1)]


def signed_gaps(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You added up the differences with their signs: those above and below cancel. Square them
    first.
    """
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0) for label in names])
    gaps = new.flatten(1)[:, None] - means
    return names[gaps.sum(dim=2).abs().argmin(dim=1)]


def sizes_added_up(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You added up absolute differences. Near means the root of the sum of their squares here."""
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0) for label in names])
    return names[torch.cdist(new.flatten(1).float(), means, p=1).argmin(dim=1)]


def written_once(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You summed with `+=` at repeated positions: each position is written only once. Select with a
    mask, or use `index_add_`.
    """
    names, place = labels.unique(return_inverse=True)
    sums = torch.zeros(len(names), known[0].numel())
    sums[place] += known.flatten(1).float()
    means = sums / place.bincount()[:, None]
    return names[torch.cdist(new.flatten(1).float(), means).argmin(dim=1)]


@exercise(
    "Name a digit by the nearest mean",
    minutes=12,
    difficulty=3,
    place=100,
    hints=HINTS,
    why="One mean per label, one table of distances, one `argmin`: five of this lesson's ideas.",
    inputs=inputs,
    mistakes=(
        by_one_image,
        positions,
        labels_that_do_not_occur,
        labels_below_0_left_out,
        other_way_round,
        bytes_subtracted,
        means_cut,
        signed_gaps,
        sizes_added_up,
        written_once,
    ),
    equivalent=(
        ("labels.unique()", "labels", "a label that comes twice gives the same mean twice"),
    ),
)
def nearest_mean(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """Return for each new image the label whose mean image is nearest to it.

    The mean image of a label is the mean of all known images that have this label. The distance is
    that of the lesson: the root of the sum of the squared differences of all pixels.
    Shapes: known is (N, H, W), uint8, with labels (N,), any whole numbers, negative ones too; new
    is (M, H, W), uint8; the result is a tensor (M,): labels.
    """
    X = known.flatten(1).float()
    names = labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0) for label in names])
    return names[torch.cdist(new.flatten(1).float(), means).argmin(dim=1)]
