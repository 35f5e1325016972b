"""What the launches cost."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def inputs(_: torch.Generator) -> Iterator[tuple[int, int, float, float]]:
    yield 10, 4, 1.0, 0.1  # 4, 4 and 2
    yield 8, 4, 1.0, 0.5  # no rest
    yield 50_000, 512, 2e-4, 3e-7
    yield 50_000, 1, 2e-4, 3e-7
    yield 3, 100, 5.0, 1.0  # less than a batch
    yield 12, 4, 1.0, 0.5  # an odd number of batches, no rest
    yield 10_001, 10_000, 2.0, 1e-3  # a rest of one sample
    yield 1, 1, 2.0, 0.25


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two things add up: the launches, and the work for the samples.",
    "How many batches do 10 samples make, 4 at a time? The last one is short, but it is launched.",
    "`np.ceil` rounds up: `np.ceil(n_samples / batch_size)` batches.",
)


def drops_the_rest(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    """You left out the last, shorter batch: it has fewer samples, but needs a launch as well."""
    return n_samples // batch_size * launch + n_samples * seconds_each


def fills_the_rest(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    """You computed full batches only: the last one has fewer samples, and there are `n_samples` in all."""  # noqa: E501
    n_batches = np.ceil(n_samples / batch_size)
    return float(n_batches * (launch + batch_size * seconds_each))


def one_launch(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:  # noqa: ARG001
    """You counted one launch for the epoch: each batch needs one."""
    return launch + n_samples * seconds_each


def launch_for_each(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:  # noqa: ARG001
    """You counted a launch for each sample: samples of one batch share theirs, which is why batches pay."""  # noqa: E501
    return n_samples * (launch + seconds_each)


def one_too_many(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    """You added a batch for the rest even where there is none: if all batches are full, `n_samples // batch_size` is right."""  # noqa: E501
    return (n_samples // batch_size + 1) * launch + n_samples * seconds_each


def part_of_a_launch(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    """You gave the short last batch only a part of a launch: it costs a whole one, so round the number of batches up."""  # noqa: E501
    return n_samples / batch_size * launch + n_samples * seconds_each


def rounded(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    """You rounded to the nearest whole number of batches: a rest of less than half a batch needs a launch as well. Round up."""  # noqa: E501
    return round(n_samples / batch_size) * launch + n_samples * seconds_each


def half_added(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> float:
    """You added a half and rounded: if there is no rest, the sum is halfway between two numbers, and `round` takes the even one, not always the lower. Round up: `np.ceil`."""  # noqa: E501
    return round(n_samples / batch_size + 0.5) * launch + n_samples * seconds_each


@exercise(
    "What the launches cost",
    minutes=4,
    difficulty=1,
    place=60,
    hints=HINTS,
    why="The work depends on the samples, the overhead on the number of calls: large batches save it.",  # noqa: E501
    inputs=inputs,
    mistakes=(
        drops_the_rest,
        fills_the_rest,
        one_launch,
        launch_for_each,
        one_too_many,
        part_of_a_launch,
        rounded,
        half_added,
    ),
    tolerance=Tolerance(absolute=0.0),
)
def epoch_seconds(n_samples: int, batch_size: int, launch: float, seconds_each: float) -> Any:  # noqa: ANN401 - NumPy's ceil is not annotated
    """Return how many seconds an epoch takes in batches of `batch_size`, the last one maybe short.

    Each batch costs `launch` seconds of overhead, and each sample `seconds_each` of work.
    """
    return np.ceil(n_samples / batch_size) * launch + n_samples * seconds_each
