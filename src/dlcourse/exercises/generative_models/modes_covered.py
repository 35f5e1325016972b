"""How many modes are covered."""

from collections.abc import Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Result: TypeAlias = tuple[int, float]


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, float, int]]:
    samples = torch.tensor([[0.1, 0.0], [0.0, 0.2], [2.0, 0.1], [1.0, 0.0]])
    yield samples, torch.tensor([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]]), 0.5, 1
    angles = torch.arange(8) * torch.pi / 4
    ring = 2 * torch.stack([angles.cos(), angles.sin()], 1)
    places = torch.tensor([0, 0, 0, 3, 3, 5])
    yield ring[places] + 0.05 * torch.randn(6, 2, generator=rng), ring, 0.2, 2
    near = torch.tensor([[0.0, 0.0], [0.3, 0.0], [0.0, 0.3]])  # one sample may be near two centers
    yield torch.tensor([[0.1, 0.0], [0.28, 0.01], [5.0, 5.0]]), near, 0.25, 2
    centers = 2 * torch.randn(3, 5, generator=rng).T
    yield torch.randn(40, 3, generator=rng) + centers[0], centers, 1.5, 3
    edge = torch.tensor([[3.0, 4.0], [0.0, 6.0], [-4.0, 3.0]])  # two at a distance of 5
    yield edge, torch.tensor([[0.0, 0.0], [9.0, 9.0]]), 5.0, 2
    yield torch.tensor([[9.0], [8.0]]), torch.tensor([[0.0], [1.0]]), 0.5, 1


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Make a table first: is sample n within `radius` of center k?",
    "`torch.cdist(samples, centers)` has all distances, (N, K).",
    "Down a column: how many samples are near this center? Along a row: is any center near?",
    "`near.sum(dim=0) >= at_least` says which modes are covered.",
)


def table(samples: Tensor, centers: Tensor, radius: float) -> Tensor:
    """Return whether each sample is near each center, (N, K)."""
    return torch.cdist(samples, centers) <= radius


def share_of(near: Tensor) -> float:
    return near.any(dim=1).float().mean().item()


def samples_counted(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:  # noqa: ARG001
    """You counted the samples that are near a mode. The first number is that of the modes."""
    near = table(samples, centers, radius)
    return int(near.any(dim=1).sum()), share_of(near)


def any_sample_enough(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:  # noqa: ARG001
    """One sample is enough for a mode to be covered, as you count. It takes `at_least` of them: a
    single one may be there by chance.
    """
    near = table(samples, centers, radius)
    return int(near.any(dim=0).sum()), share_of(near)


def one_more_needed(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:
    """You ask for more than `at_least` samples. Exactly that many are enough."""
    near = table(samples, centers, radius)
    return int((near.sum(dim=0) > at_least).sum()), share_of(near)


def strictly_inside(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:
    """You left out samples exactly at the radius. A distance of at most `radius` is near: `<=`."""
    near = torch.cdist(samples, centers) < radius
    return int((near.sum(dim=0) >= at_least).sum()), share_of(near)


def without_a_radius(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:
    """You gave each sample to its nearest center, however far away that is. Only samples within
    `radius` count: otherwise noise would cover everything.
    """
    counts = torch.cdist(samples, centers).argmin(1).bincount(minlength=len(centers))
    return int((counts >= at_least).sum()), share_of(table(samples, centers, radius))


def nothing_far(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:  # noqa: ARG001
    """You gave each sample to its nearest center, however far away that is, so that every sample
    is near one. Only those within `radius` count.
    """
    counts = torch.cdist(samples, centers).argmin(1).bincount(minlength=len(centers))
    return int((counts >= at_least).sum()), 1.0


def only_the_nearest(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:
    """You counted each sample for its nearest center only. If two centers are within `radius`, it
    counts for both.
    """
    near = table(samples, centers, radius)
    nearest = torch.cdist(samples, centers).argmin(1)[near.any(dim=1)]
    counts = nearest.bincount(minlength=len(centers))
    return int((counts >= at_least).sum()), share_of(near)


def squares_compared(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:
    """You compared the squares of the distances with `radius`. Take the root, or square both."""
    near = torch.cdist(samples, centers) ** 2 <= radius
    return int((near.sum(dim=0) >= at_least).sum()), share_of(near)


def boxes(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:
    """You compared each coordinate with `radius`: that is a box. A distance is the root of the sum
    of the squares.
    """
    near = torch.cdist(samples, centers, p=torch.inf) <= radius
    return int((near.sum(dim=0) >= at_least).sum()), share_of(near)


def number_for_share(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:
    """The second number is how many samples are near a center. It should be their share of all."""
    near = table(samples, centers, radius)
    return int((near.sum(dim=0) >= at_least).sum()), float(near.any(dim=1).sum())


def share_of_modes(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:
    """The second number is the share of the modes that are covered. It should be the share of the
    samples that are near a center.
    """
    covered = table(samples, centers, radius).sum(dim=0) >= at_least
    return int(covered.sum()), covered.float().mean().item()


def neighbors_counted_twice(
    samples: Tensor, centers: Tensor, radius: float, at_least: int
) -> Result:
    """In the share, a sample that is near two centers counts twice. Each counts once."""
    near = table(samples, centers, radius)
    return int((near.sum(dim=0) >= at_least).sum()), near.sum().item() / len(samples)


def share_of_the_table(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:
    """You took the mean over the whole table of samples and centers. Ask of each sample whether
    any center is near, and take the mean over the samples.
    """
    near = table(samples, centers, radius)
    return int((near.sum(dim=0) >= at_least).sum()), near.float().mean().item()


def near_a_covered_one(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Result:
    """In the share you counted only samples near a mode that is covered. Those near any center
    count.
    """
    near = table(samples, centers, radius)
    covered = near.sum(dim=0) >= at_least
    return int(covered.sum()), share_of(near & covered)


@exercise(
    "How many modes are covered",
    minutes=6,
    difficulty=2,
    place=80,
    hints=HINTS,
    why="Columns of the table speak of modes, rows of samples; sharp samples may all be at one.",
    inputs=inputs,
    mistakes=(
        samples_counted,
        any_sample_enough,
        one_more_needed,
        strictly_inside,
        without_a_radius,
        nothing_far,
        only_the_nearest,
        squares_compared,
        boxes,
        number_for_share,
        share_of_modes,
        neighbors_counted_twice,
        share_of_the_table,
        near_a_covered_one,
    ),
)
def modes_covered(
    samples: Tensor, centers: Tensor, radius: float, at_least: int
) -> tuple[Tensor, Tensor]:
    """Return how many modes are covered, and the share of the samples that are near one.

    The samples are points, (N, d), and the modes have the centers (K, d). A sample is near a
    center if their distance is at most `radius`. A mode is covered if at least `at_least` samples
    are near its center.
    """
    near = torch.cdist(samples, centers) <= radius
    covered = near.sum(dim=0) >= at_least
    return covered.sum(), near.any(dim=1).float().mean()
