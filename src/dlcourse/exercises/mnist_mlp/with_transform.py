"""A transform for one part only."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Transform: TypeAlias = Callable[[Tensor], Tensor]


Sample: TypeAlias = tuple[Tensor, Tensor]


Part: TypeAlias = Any  # a data set of pairs


class _Pictures(torch.utils.data.Dataset):
    """A data set with a transform of its own, as those of torchvision are."""

    def __init__(self, n_samples: int, transform: Transform | None = None) -> None:
        self.X = torch.arange(4.0 * n_samples).reshape(n_samples, 2, 2) + 1
        self.y = torch.arange(n_samples) + 3
        self.transform = transform

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, i: int) -> Sample:
        picture = self.X[i] if self.transform is None else self.transform(self.X[i])
        return picture, self.y[i]


def _plain(n_samples: int) -> torch.utils.data.TensorDataset:
    data = _Pictures(n_samples)
    return torch.utils.data.TensorDataset(data.X, data.y)


def _halved(n_samples: int) -> _Pictures:
    """Return a data set that has a transform already, and keeps it."""
    return _Pictures(n_samples, lambda picture: picture / 2)


def use(
    answer: Callable[..., Any],
    kind_of_data: Callable[[int], Part],
    other_samples: int,
    samples_of_part: int,
    transform: Transform,
) -> dict[str, Any] | None:
    calls = 0

    def counted(picture: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return transform(picture)

    data = kind_of_data(other_samples + samples_of_part)
    places = range(other_samples, other_samples + samples_of_part)
    given = torch.utils.data.Subset(data, places) if other_samples else data
    part = answer(given, counted)
    length = len(part)
    samples = [part[i] for i in range(samples_of_part)]
    if any(sample is None for sample in samples):
        return None
    return {
        "length": length,
        "samples": [list(sample) if isinstance(sample, tuple) else sample for sample in samples],
        "first sample of the data behind": list(data[0]),
        "calls of transform, for each sample once and the first again": (part[0], calls)[1],
    }


def inputs(_: torch.Generator) -> Iterator[tuple[Any, int, int, Transform]]:
    yield _Pictures, 3, 2, torch.neg
    yield _Pictures, 1, 1, torch.flatten
    yield _halved, 2, 5, torch.t
    yield _plain, 2, 3, torch.neg
    yield _plain, 0, 3, torch.neg  # no `Subset`
    yield _halved, 0, 2, torch.neg


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Which two questions must a data set answer? `EvenDigits` above shows their names.",
    "Keep the part and the transform in `__init__`; transform nothing there.",
    (
        "In `__getitem__`, unpack the pair `self.part[i]`, and return a new pair whose "
        "picture went through the transform."
    ),
)


class SharedTransform(torch.utils.data.Dataset):
    """You set the transform of the data set behind the part, and the training part has the same
    one behind it: now that is transformed, too. Apply it here, to the samples of this part.
    """

    def __init__(self, part: Part, transform: Transform) -> None:
        self.part = part
        self.part.dataset.transform = transform

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> Sample:
        picture, label = self.part[i]
        return picture, label


class TransformedOnce(torch.utils.data.Dataset):
    """You transformed all samples in `__init__`. A transform with randomness in it would then give
    the same picture in every epoch, and a large data set would not fit. Do it in `__getitem__`.
    """

    def __init__(self, part: Part, transform: Transform) -> None:
        self.samples = [(transform(picture), label) for picture, label in part]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, i: int) -> Sample:
        return self.samples[i]


class OnlyOfASubset(torch.utils.data.Dataset):
    """You reached through the part to the data set behind it: only a `Subset` has `dataset` and
    `indices`. The part may be any data set; ask it for its samples, `self.part[i]`.
    """

    def __init__(self, part: Part, transform: Transform) -> None:
        self.part, self.transform = part, transform

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> Sample:
        picture, label = self.part.dataset[self.part.indices[i]]
        return self.transform(picture), label


class LabelsToo(torch.utils.data.Dataset):
    """You transformed the label as well: only the picture is to be changed."""

    def __init__(self, part: Part, transform: Transform) -> None:
        self.part, self.transform = part, transform

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> Sample:
        picture, label = self.part[i]
        return self.transform(picture), self.transform(label)


class LengthOfAll(torch.utils.data.Dataset):
    """Your length is that of the whole data set behind the part: a loader would ask for samples
    that the part does not have. Count the part's own.
    """

    def __init__(self, part: Part, transform: Transform) -> None:
        self.part, self.transform = part, transform

    def __len__(self) -> int:
        return len(self.part.dataset)

    def __getitem__(self, i: int) -> Sample:
        picture, label = self.part[i]
        return self.transform(picture), label


@exercise(
    "A transform for one part only",
    minutes=6,
    difficulty=2,
    place=100,
    hints=HINTS,
    why="The transform belongs to the wrapper, so the data that both parts share stay untouched.",
    inputs=inputs,
    use=use,
    mistakes=(SharedTransform, TransformedOnce, OnlyOfASubset, LabelsToo, LengthOfAll),
)
class WithTransform(torch.utils.data.Dataset):
    """The samples of `part`, a data set of pairs (picture, label), with transformed pictures.

    `part` may be one of several parts of a data set, as `Subset` and `random_split` make them;
    the others stay as they are. `transform(picture)` runs whenever a sample is asked for.
    """

    def __init__(self, part: Part, transform: Transform) -> None:
        self.part, self.transform = part, transform

    def __len__(self) -> int:
        """Return how many samples there are."""
        return len(self.part)

    def __getitem__(self, i: int) -> Sample:
        """Return sample number `i`, a pair."""
        picture, label = self.part[i]
        return self.transform(picture), label
