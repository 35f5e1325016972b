"""Pictures of any dtype."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[[0, 255], [51, 102]]], dtype=torch.uint8),)
    yield (torch.tensor([[[0.0, 255.0], [51.0, 0.5]]]),)
    yield (torch.randint(256, (3, 4, 5), generator=rng, dtype=torch.uint8).transpose(1, 2),)
    yield (255 * torch.rand(2, 28, 28, generator=rng, dtype=torch.float64),)
    yield (torch.randint(256, (2, 3, 2), generator=rng),)
    yield (torch.tensor([[[0, 1]]], dtype=torch.uint8),)
    yield (torch.tensor([[[0.0, 1.0, 0.25]]]),)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "There are two halves: bring 0 to 255 into 0 to 1, then standardize.",
    (
        "`ToTensor` looks at the dtype before it divides. Your function should not: the "
        "numbers run to 255 here, whatever their dtype."
    ),
    "Divide by 255, subtract the mean of the training pictures, divide by their deviation.",
)


def divided_only_bytes(pictures: Tensor) -> Tensor:
    """You left decimals undivided, as `ToTensor` does: it divides whole numbers (uint8) only, so
    a float picture stays between 0 and 255. Divide by 255 whatever the dtype.
    """
    unit = pictures / 255 if pictures.dtype == torch.uint8 else pictures
    return (unit - 0.1307) / 0.3081


def divided_only_whole_numbers(pictures: Tensor) -> Tensor:
    """You divided whole numbers and left decimals as they are: but these decimals run to 255, too,
    as the task says. Divide them as well.
    """
    unit = pictures if pictures.is_floating_point() else pictures / 255
    return (unit - 0.1307) / 0.3081


def guessed_from_the_largest(pictures: Tensor) -> Tensor:
    """You look at the largest value to guess whether to divide: a picture so dark that it holds
    no value above 1 is then left out. Here every picture runs from 0 to 255; divide them all.
    """
    unit = pictures / 255 if pictures.max() > 1 else pictures
    return (unit - 0.1307) / 0.3081


def numbers_of_imagenet(pictures: Tensor) -> Tensor:
    """You took ImageNet's numbers, 0.485 and 0.229: they belong to color photographs, and leave
    digits with a mean of −1.55. Take the numbers of the pictures that the network learned from.
    """
    return (pictures / 255 - 0.485) / 0.229


def numbers_of_these_pictures(pictures: Tensor) -> Tensor:
    """You standardized with the mean and deviation of the pictures at hand: the same picture then
    comes out differently in other company. The two numbers are fixed once, from training.
    """
    unit = pictures / 255
    return (unit - unit.mean()) / unit.std()


def only_divided(pictures: Tensor) -> Tensor:
    """You divided by 255 and stopped there: the network was trained on standardized pictures.
    The drop in accuracy is so small that it is easily overlooked; subtract and divide, too.
    """
    return pictures / 255


@exercise(
    "Pictures of any dtype",
    minutes=3,
    difficulty=1,
    place=10,
    hints=HINTS,
    why="Arithmetic does not ask for the dtype, and the two numbers are those from training.",
    inputs=inputs,
    mistakes=(
        divided_only_bytes,
        divided_only_whole_numbers,
        guessed_from_the_largest,
        numbers_of_imagenet,
        numbers_of_these_pictures,
        only_divided,
    ),
)
def rescale(pictures: Tensor) -> Tensor:
    """Return `pictures` in the form that the network was trained on.

    They hold gray values from 0 to 255, as whole numbers or as decimals, in any dtype, shape
    (N, H, W). The result has the same shape: from 0 to 1 first, then standardized with MNIST's
    numbers, 0.1307 and 0.3081.
    """
    return (pictures / 255 - 0.1307) / 0.3081
