"""Adam by hand."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function

Slope: TypeAlias = Callable[[Tensor], Tensor]


def inputs(
    rng: torch.Generator,
) -> Iterator[tuple[Slope, Tensor, float, float, float, int]]:
    yield shown_function("lambda w: 2 * w"), torch.tensor([1.0]), 0.1, 0.5, 0.75, 3
    w = torch.randn(3, generator=rng, dtype=torch.float64)
    yield shown_function("lambda w: w**3 - w"), w, 0.05, 0.9, 0.999, 5
    flat = shown_function("lambda w: torch.tensor([1e-8, 0.0]) * w")
    yield flat, torch.tensor([1.0, 3.0]), 0.1, 0.9, 0.999, 2
    bowl = shown_function("lambda w: torch.tensor([[1.0, 0.5], [0.5, 3.0]]) @ w")
    yield bowl, torch.tensor([4.0, 2.0]), 0.1, 0.6, 0.9, 4
    yield bowl, torch.tensor([4.0, 2.0]), 0.1, 0.9, 0.999, 0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two memories, m and s, as momentum and RMSprop have them; set both before the loop.",
    "For the step, divide each by 1 − βᵗ, where t counts the steps from 1; keep m and s raw.",
    "w ← w − lr · (m / (1 − β₁ᵗ)) / (√(s / (1 − β₂ᵗ)) + 1e-8), then append and stack.",
)


def uncorrected(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """You left out the correction: both memories start empty and are too small at first."""
    m = s = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * m / (s.sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)


def corrected_for_good(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """You stored the corrected memories: correct them for the step only, and keep the raw ones."""
    m = s = torch.zeros_like(w)
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**step)
        s = (beta2 * s + (1 - beta2) * g**2) / (1 - beta2**step)
        w = w - lr * m / (s.sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)


def epsilon_inside(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """You added 1e-8 under the root, where it counts as 1e-4: add it after the root."""
    m = s = torch.zeros_like(w)
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**step)) / (s / (1 - beta2**step) + 1e-8).sqrt()
        path.append(w)
    return torch.stack(path)


def no_root(slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int) -> Tensor:
    """You divided by the mean of g² itself: without the root the units do not cancel."""
    m = s = torch.zeros_like(w)
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**step)) / (s / (1 - beta2**step) + 1e-8)
        path.append(w)
    return torch.stack(path)


def rows_shared(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """You change one tensor in place and append it again and again: every row is the last. Append
    a copy, or write w = w - …, which makes a new tensor.
    """
    m = s = torch.zeros_like(w)
    w = w.clone()
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w -= lr * (m / (1 - beta1**step)) / ((s / (1 - beta2**step)).sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)


def counted_from_zero(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """You counted the steps from 0: then 1 − β⁰ is 0, and you divide by it. The first step is 1."""
    m = s = torch.zeros_like(w)
    path = [w]
    for step in range(n_steps):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**step)) / ((s / (1 - beta2**step)).sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)


@exercise(
    "Adam by hand",
    minutes=8,
    difficulty=3,
    place=100,
    hints=HINTS,
    why="This is what `torch.optim.Adam` does; a test compares them step by step.",
    mistakes=(
        uncorrected,
        corrected_for_good,
        epsilon_inside,
        no_root,
        counted_from_zero,
        rows_shared,
    ),
    inputs=inputs,
    tolerance=Tolerance(relative=1e-5),
)
def adam_path(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """Return the path of Adam, a tensor, (n_steps + 1, K); its first row is `w`, (K,), as it is.

    `slope` is a function: g = slope(w) are the loss's slopes at w, (K,). In each step
    m ← beta1·m + (1 − beta1)·g and s ← beta2·s + (1 − beta2)·g², both from 0. After t steps they
    are too small by the factors 1 − beta1ᵗ and 1 − beta2ᵗ: divide by these, but do not store it.
    The step is −lr · corrected m / (√(corrected s) + 1e-8).
    """
    m = s = torch.zeros_like(w)
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**step)) / ((s / (1 - beta2**step)).sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)
