"""What a flow learns."""

from collections.abc import Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Two: TypeAlias = tuple[Tensor, Tensor]


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    noise = torch.tensor([[0.0, 2.0], [1.0, -1.0]])
    yield noise, torch.tensor([[4.0, 2.0], [3.0, 3.0]]), torch.tensor([0.25, 0.5])
    for shape in ((5, 2), (1, 3), (3, 3), (2, 1, 4, 3), (4, 4, 4)):
        x0, x1 = torch.randn(2, *shape, generator=rng)
        yield x0, 3 + x1.clone(), torch.rand(shape[0], generator=rng)
    x0, x1 = torch.randn(2, 3, 2, generator=rng, dtype=torch.float64)
    yield x0, x1.clone(), torch.tensor([0.0, 1.0, 0.1], dtype=torch.float64)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "At t = 0 the point is the noise, at t = 1 the sample, and halfway it is their mean.",
    "On a straight line, how far does one get from t = 0 to t = 1? That is the velocity.",
    "(1 − t) · x0 + t · x1, and x1 − x0: but t is (B,), and x0 may have more dimensions.",
    "`t.view(-1, *[1] * (x0.ndim - 1))` gives t a dimension of 1 for each that it lacks.",
)


def shaped(t: Tensor, like: Tensor) -> Tensor:
    """Return t with as many dimensions as `like`: (B, 1, …)."""
    return t.reshape(len(t), *[1] * (like.ndim - 1))


def point(x0: Tensor, x1: Tensor, t: Tensor) -> Tensor:
    return x0 + shaped(t, x0) * (x1 - x0)


def back_to_the_noise(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """Your velocity leads from the sample back to the noise. It should be x1 − x0."""
    return point(x0, x1, t), x0 - x1


def time_reversed(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """Your point goes the wrong way: at t = 0 it should be the noise x0."""
    return point(x1, x0, t), x1 - x0


def both_reversed(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """Point and velocity go from the sample to the noise, as in some papers. Here t = 0 is the
    noise.
    """
    return point(x1, x0, t), x0 - x1


def last_dimension(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """You multiplied by t as it is, (B,), and broadcasting lays it along the last dimension. Where
    B happens to be the size of that, no error tells: give it the shape (B, 1, …).
    """
    return (1 - t) * x0 + t * x1, x1 - x0


def one_dimension_too_few(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """`t[:, None]` is right for samples (B, d). Pictures have more dimensions: give t one of size 1
    for each.
    """
    t = t[:, None]
    return (1 - t) * x0 + t * x1, x1 - x0


def one_time_for_all(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """You used one time for the whole batch. Each sample has its own."""
    return point(x0, x1, t[:1].expand(len(t))), x1 - x0


def noise_added(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """Your point is x0 + t · x1. The noise has to make room: (1 − t) · x0 + t · x1."""
    return x0 + shaped(t, x0) * x1, x1 - x0


def velocity_scaled(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """Your velocity is what has been covered until t. It should be the same all along the line:
    x1 − x0.
    """
    return point(x0, x1, t), shaped(t, x0) * (x1 - x0)


def rest_of_the_way(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """Your velocity is the rest of the way, from the point to the sample. It should be the same all
    along the line: x1 − x0.
    """
    return point(x0, x1, t), x1 - point(x0, x1, t)


def sample_itself(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """You returned the sample in place of the velocity. The velocity is x1 − x0."""
    return point(x0, x1, t), x1.clone()


def velocity_first(x0: Tensor, x1: Tensor, t: Tensor) -> Two:
    """You returned the velocity first. The point comes first."""
    return x1 - x0, point(x0, x1, t)


@exercise(
    "What a flow learns",
    minutes=5,
    difficulty=1,
    place=180,
    hints=HINTS,
    why="A straight line has one velocity; only the place on it depends on the time.",
    inputs=inputs,
    mistakes=(
        back_to_the_noise,
        time_reversed,
        both_reversed,
        last_dimension,
        one_dimension_too_few,
        one_time_for_all,
        noise_added,
        velocity_scaled,
        rest_of_the_way,
        sample_itself,
        velocity_first,
    ),
)
def flow_target(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Return the points that a flow network sees, and the velocities that it should answer.

    x0 is noise and x1 are samples, both of shape (B, …): points (B, d), or pictures with more
    dimensions. Each pair is joined by a straight line, on which one is at x0 for t = 0 and at x1
    for t = 1, and moves evenly. t, (B,), has a time for each pair. Both results have x0's shape.
    """
    t = t.view(-1, *[1] * (x0.ndim - 1))
    return (1 - t) * x0 + t * x1, x1 - x0
