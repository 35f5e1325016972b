"""Has it learned by heart?"""

from collections.abc import Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

Three: TypeAlias = tuple[float, float, float]


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    train = torch.tensor([[[0.0, 0.0]], [[3.0, 4.0]]])  # two pictures of a row and two columns
    test = torch.tensor([[[0.0, 1.0]], [[3.0, 3.0]], [[2.0, 4.0]]])
    yield torch.tensor([[[3.0, 4.0]], [[0.0, 2.0]], [[0.0, 0.0]]]), train, test
    for n, n_train, n_test, shape in ((4, 6, 5, (1, 3, 3)), (7, 3, 2, (2, 2)), (1, 1, 1, (4,))):
        train, copied = torch.rand(n_train, *shape, generator=rng), n // 3
        samples = torch.rand(n, *shape, generator=rng)
        samples[:copied] = samples[n - copied :] = train[:copied]  # each of them twice
        yield samples, train, torch.rand(n_test, *shape, generator=rng) + 0.2
    train = torch.rand(40, 16, generator=rng)
    nearly = train[:3].clone()
    nearly[:, 7] += 0.01
    mixed = train[20:22].flip(1)
    samples = torch.cat([train[5:15], nearly, mixed, torch.rand(17, 16, generator=rng)])
    yield samples, train, torch.rand(30, 16, generator=rng)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Pictures first become rows: `flatten(1)`.",
    "`torch.cdist(a, b)` has the distance of each row of a from each row of b.",
    "The nearest training picture of each sample: the smallest distance along its row.",
    "A copy is at a distance of 0. Take the mean of the comparisons `== 0`.",
    "For many rows `torch.cdist` has a fast formula that rounds; `compute_mode` turns that off.",
)


def nearest(samples: Tensor, train: Tensor) -> Tensor:
    """Return each sample's distance from the nearest training picture."""
    return (samples.flatten(1)[:, None] - train.flatten(1)).square().sum(-1).sqrt().amin(1)


def compared(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    of_samples, of_test = nearest(samples, train), nearest(test, train)
    share = (of_samples == 0).float().mean()
    return of_samples.mean().item(), of_test.mean().item(), share.item()


def copies_lost_in_rounding(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """For more than 25 rows `torch.cdist` has a faster formula that rounds, and a copy gets a
    distance like 0.0005. Ask for `compute_mode="donot_use_mm_for_euclid_dist"`, or compare the
    pixels themselves.
    """
    first, second, _ = compared(samples, train, test)
    near = torch.cdist(samples.flatten(1), train.flatten(1)).amin(1)
    return first, second, (near == 0).float().mean().item()


def mean_of_all_distances(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """You took the mean of all distances. Each sample's nearest one counts: most training pictures
    are far from a copy, too.
    """
    far = [torch.cdist(one.flatten(1), train.flatten(1)).mean().item() for one in (samples, test)]
    return far[0], far[1], compared(samples, train, test)[2]


def nearest_sample(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """You looked for the nearest sample of each training picture. Look for the nearest training
    picture of each sample.
    """
    share = compared(samples, train, test)[2]
    return nearest(train, samples).mean().item(), nearest(train, test).mean().item(), share


def squares(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """You took the squares of the distances. Take their roots before the mean."""
    of_samples, of_test = nearest(samples, train) ** 2, nearest(test, train) ** 2
    return of_samples.mean().item(), of_test.mean().item(), compared(samples, train, test)[2]


def test_against_samples(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """Your second number compares the test pictures with the samples. Compare them with the
    training pictures: they show how near a new picture is that nobody has copied.
    """
    first, _, share = compared(samples, train, test)
    return first, nearest(test, samples).mean().item(), share


def samples_against_test(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """Your first number compares the samples with the test pictures. A generator could only copy
    what it has seen: the training pictures.
    """
    _, second, share = compared(samples, train, test)
    return nearest(samples, test).mean().item(), second, share


def smallest_of_all(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """You took the smallest distance of all. Take the smallest for each sample, and the mean of
    those.
    """
    share = compared(samples, train, test)[2]
    return nearest(samples, train).min().item(), nearest(test, train).min().item(), share


def copies_counted(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """The last one is the number of copies. It should be their share of the samples."""
    first, second, share = compared(samples, train, test)
    return first, second, share * len(samples)


def share_of_train(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """The last one is the share of the training pictures that have been copied. It should be the
    share of the samples that are copies.
    """
    first, second, _ = compared(samples, train, test)
    return first, second, (nearest(train, samples) == 0).float().mean().item()


def copied_pictures_counted(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """You counted the training pictures that have been copied. Where two samples copy the same one,
    both are copies: count the samples.
    """
    first, second, _ = compared(samples, train, test)
    return first, second, (nearest(train, samples) == 0).sum().item() / len(samples)


def nearly_copies_too(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """You also counted samples that are nearly copies: of three, one pixel differs by 0.01. Exact
    copies have a distance of 0.
    """
    first, second, _ = compared(samples, train, test)
    return first, second, (nearest(samples, train) < 0.05).float().mean().item()


def mean_per_pixel(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """You took the mean over the pixels under the root. A distance has their sum."""
    first, second, share = compared(samples, train, test)
    n_pixels: int = samples[0].numel()
    return first / n_pixels**0.5, second / n_pixels**0.5, share


def absolute_differences(samples: Tensor, train: Tensor, test: Tensor) -> Three:
    """You summed absolute differences. The distance is the root of the sum of their squares."""
    far = [
        torch.cdist(one.flatten(1), train.flatten(1), p=1).amin(1).mean().item()
        for one in (samples, test)
    ]
    return far[0], far[1], compared(samples, train, test)[2]


@exercise(
    "Has it learned by heart?",
    minutes=6,
    difficulty=2,
    place=140,
    hints=HINTS,
    why="“Near” needs a measure: that of real pictures that nobody can have copied.",
    inputs=inputs,
    tolerance=Tolerance(absolute=1e-3),
    mistakes=(
        copies_lost_in_rounding,
        mean_of_all_distances,
        nearest_sample,
        squares,
        test_against_samples,
        samples_against_test,
        smallest_of_all,
        copies_counted,
        share_of_train,
        copied_pictures_counted,
        nearly_copies_too,
        mean_per_pixel,
        absolute_differences,
    ),
)
def copy_check(samples: Tensor, train: Tensor, test: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return three numbers that tell whether a generator's samples are copies.

    All three tensors hold pictures of one shape, in batches that may differ in size. First, the
    mean distance of a sample from the nearest training picture. Second, to compare with, the same
    for the test pictures. Third, the share of the samples that are exact copies. A distance is the
    root of the sum of the squared differences of all pixels.
    """
    rows = train.flatten(1)
    exact = "donot_use_mm_for_euclid_dist"  # else a copy's distance may be rounded to 0.0005
    of_samples = torch.cdist(samples.flatten(1), rows, compute_mode=exact).amin(dim=1)
    of_test = torch.cdist(test.flatten(1), rows).amin(dim=1)
    return of_samples.mean(), of_test.mean(), (of_samples == 0).float().mean()
