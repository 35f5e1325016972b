"""AdamW by hand."""

from collections.abc import Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise

Three: TypeAlias = tuple[Tensor, Tensor, Tensor]


def inputs(
    rng: torch.Generator,
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor, int, float, float]]:
    zero = torch.zeros(2, dtype=torch.float64)
    w, g = torch.tensor([[1.0, -2.0], [4.0, 0.5]], dtype=torch.float64)
    yield w, zero, zero.clone(), g, 1, 0.1, 0.5
    w, m, g = torch.randn(3, 2, 3, generator=rng, dtype=torch.float64)
    s = torch.rand(2, 3, generator=rng, dtype=torch.float64)
    yield w.T, m.T, s.T, g.T, 3, 0.2, 0.3
    w, m, s = (torch.tensor([one], dtype=torch.float64) for one in (100.0, 1e-9, 1e-16))
    yield w, m, s, torch.tensor([2e-8], dtype=torch.float64), 2, 0.05, 0.0
    yield w / 100, m * 1e7, s * 1e12, torch.tensor([0.0], dtype=torch.float64), 5000, 0.01, 1.5


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Decay first: it knows nothing of the gradient. Then comes Adam, as in lesson 04.",
    "The decay makes w smaller by the part lr · decay of itself.",
    "Memories: m = 0.9 · m + 0.1 · g, and s = 0.999 · s + 0.001 · g². Keep them raw.",
    "For the step, divide m by 1 − 0.9ᵗ and s by 1 − 0.999ᵗ, and add 1e-8 after the root.",
)


def stepped(w: Tensor, memories: tuple[Tensor, Tensor], g: Tensor, t: int, lr: float) -> Three:
    """Make a step of Adam, without decay."""
    m, s = memories
    m = 0.9 * m + 0.1 * g
    s = 0.999 * s + 0.001 * g**2
    return w - lr * (m / (1 - 0.9**t)) / ((s / (1 - 0.999**t)).sqrt() + 1e-8), m, s


def decay_in_the_gradient(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Three:
    """You added decay · w to the gradient: that is `Adam(weight_decay=…)`, where the root divides
    the decay away. Take it off w directly, and leave g as it is.
    """
    return stepped(w, (m, s), g + decay * w, t, lr)


def decay_without_the_rate(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Three:
    """You took off decay · w. In PyTorch the rate is in it as well: lr · decay · w."""
    return stepped(w * (1 - decay), (m, s), g, t, lr)


def decayed_at_the_end(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Three:
    """You decayed after Adam's step, and so a part of the step was taken off, too. Decay first."""
    w, m, s = stepped(w, (m, s), g, t, lr)
    return w * (1 - lr * decay), m, s


def no_decay(
    w: Tensor,
    m: Tensor,
    s: Tensor,
    g: Tensor,
    t: int,
    lr: float,
    decay: float,  # noqa: ARG001
) -> Three:
    """That is Adam without decay. Before it, w loses the part lr · decay of itself."""
    return stepped(w, (m, s), g, t, lr)


def grown(w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float) -> Three:
    """Your decay makes the weights larger: w is multiplied by 1 − lr · decay."""
    return stepped(w * (1 + lr * decay), (m, s), g, t, lr)


def uncorrected(
    w: Tensor,
    m: Tensor,
    s: Tensor,
    g: Tensor,
    t: int,  # noqa: ARG001
    lr: float,
    decay: float,
) -> Three:
    """You left out the corrections: both memories start from 0 and are too small at first."""
    m = 0.9 * m + 0.1 * g
    s = 0.999 * s + 0.001 * g**2
    return w * (1 - lr * decay) - lr * m / (s.sqrt() + 1e-8), m, s


def corrected_for_good(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Three:
    """You returned the corrected memories. Correct them for the step only: the next one needs the
    raw ones.
    """
    w, m, s = stepped(w * (1 - lr * decay), (m, s), g, t, lr)
    return w, m / (1 - 0.9**t), s / (1 - 0.999**t)


def epsilon_inside(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Three:
    """You added 1e-8 under the root, where it counts as 1e-4: add it after the root."""
    m = 0.9 * m + 0.1 * g
    s = 0.999 * s + 0.001 * g**2
    root = (s / (1 - 0.999**t) + 1e-8).sqrt()
    return w * (1 - lr * decay) - lr * (m / (1 - 0.9**t)) / root, m, s


def memories_exchanged(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Three:
    """Each memory has the other's factor: 0.9 belongs to m, and 0.999 to s."""
    m = 0.999 * m + 0.001 * g
    s = 0.9 * s + 0.1 * g**2
    step = lr * (m / (1 - 0.999**t)) / ((s / (1 - 0.9**t)).sqrt() + 1e-8)
    return w * (1 - lr * decay) - step, m, s


@exercise(
    "AdamW by hand",
    minutes=8,
    difficulty=2,
    place=60,
    hints=HINTS,
    why="The decay goes past the root, so all weights lose the same part of themselves.",
    inputs=inputs,
    mistakes=(
        decay_in_the_gradient,
        decay_without_the_rate,
        decayed_at_the_end,
        no_decay,
        grown,
        uncorrected,
        corrected_for_good,
        epsilon_inside,
        memories_exchanged,
    ),
    tolerance=Tolerance(relative=1e-6, absolute=1e-20),
)
def adamw_step(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return w, m and s after step number `t` of AdamW, counted from 1: three new tensors.

    `w` are the weights, `m` and `s` Adam's running means of the gradient (factor 0.9) and of its
    square (0.999), and `g` is the gradient, all float64 and of one shape. The decay comes first:
    w loses the part lr · decay of itself. Then comes Adam's step, with ε = 1e-8 after the root.
    """
    m = 0.9 * m + 0.1 * g
    s = 0.999 * s + 0.001 * g**2
    step = (m / (1 - 0.9**t)) / ((s / (1 - 0.999**t)).sqrt() + 1e-8)
    return w - lr * decay * w - lr * step, m, s
