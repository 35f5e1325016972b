"""A transform for one part only."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function

Transform: TypeAlias = Callable[[Tensor], Tensor]


Sample: TypeAlias = tuple[Tensor, Tensor]


Part: TypeAlias = Any  # a data set of pairs


class _Pictures(torch.utils.data.Dataset):
    """A data set with a transform of its own, as those of torchvision are; it counts its calls."""

    def __init__(self, n_samples: int, transform: Transform | None = None) -> None:
        self.X = torch.arange(4.0 * n_samples).reshape(n_samples, 2, 2) + 1
        self.y = torch.arange(n_samples) + 3
        self.transform = transform
        self.calls = 0
        self.__name__ = f"a data set of {n_samples} samples that is no Subset"  # for messages

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, i: int) -> Sample:
        self.calls += 1
        picture = self.X[i] if self.transform is None else self.transform(self.X[i])
        return picture, self.y[i]


def _end_of(data: _Pictures, n_samples: int, told: str) -> Part:
    part: Part = torch.utils.data.Subset(data, range(len(data) - n_samples, len(data)))
    part.__name__ = f"a Subset, the last {n_samples} of {len(data)} samples of a data set {told}"
    return part


def use(answer: Callable[..., Any], part: Part, transform: Transform) -> dict[str, Any] | None:
    calls = 0

    def counted(picture: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return transform(picture)

    behind: Part = getattr(part, "dataset", part)
    wrapped = answer(part, counted)
    length = len(wrapped)
    samples = [wrapped[i] for i in range(len(part))]
    calls_before = getattr(behind, "calls", 0)
    samples.append(wrapped[0])
    if any(sample is None for sample in samples):
        return None
    names = [*(f"sample {i}" for i in range(len(part))), "sample 0, asked for again"]
    pairs = [list(sample) if isinstance(sample, tuple) else sample for sample in samples]
    return {
        "length": length,
        **dict(zip(names, pairs, strict=True)),
        "it is read from the part again": getattr(behind, "calls", 1) > calls_before,
        "calls of transform, for each sample once and the first again": calls,
        "first sample of the data behind": list(behind[0]),
    }


def inputs(_: torch.Generator) -> Iterator[tuple[Part, Transform]]:
    negative = shown_function("lambda picture: -picture")
    plain = "torch.utils.data.TensorDataset(torch.arange(6.0).view(3, 1, 2), torch.arange(3))"
    yield shown_function(f"torch.utils.data.Subset({plain}, [1, 2])"), negative
    yield shown_function(plain), negative
    without = "whose transform is None"
    yield _end_of(_Pictures(5), 2, without), negative
    yield _end_of(_Pictures(2), 1, without), shown_function("lambda picture: picture.flatten()")
    halved = _Pictures(7, lambda picture: picture / 2)
    told = "whose own transform halves them"
    yield _end_of(halved, 5, told), shown_function("lambda picture: picture.t()")
    yield _Pictures(2, lambda picture: picture / 2), negative


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


class ReadAtTheStart(torch.utils.data.Dataset):
    """You keep what you once read from the part. Whatever is random in it would be the same in
    every epoch, and a large data set would not fit. Ask the part in `__getitem__`, each time.
    """

    def __init__(self, part: Part, transform: Transform) -> None:
        self.samples, self.transform = list(part), transform

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, i: int) -> Sample:
        picture, label = self.samples[i]
        return self.transform(picture), label


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
    mistakes=(
        SharedTransform,
        TransformedOnce,
        ReadAtTheStart,
        OnlyOfASubset,
        LabelsToo,
        LengthOfAll,
    ),
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
