"""A sigmoid with sound slopes."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def use(answer: Callable[[Tensor], Tensor], x: Tensor) -> object:
    """Return the values and the slopes that autograd finds; None where it finds none."""
    x = x.clone().requires_grad_()
    values = answer(x)
    if values is None:
        return None
    slopes = None
    if isinstance(values, Tensor) and values.requires_grad:
        (slopes,) = torch.autograd.grad(values.sum(), x, allow_unused=True)
    return {"values": values, "slopes": slopes}


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([0.5, -2.0]),)
    yield (torch.tensor([0.0]),)
    yield (torch.tensor([-1000.0, 1000.0]),)
    yield (torch.tensor([[-80.0, -20.0, 5.0, 89.0]]),)
    yield (torch.randn(4, 3, generator=rng, dtype=torch.float64).T,)
    yield (torch.tensor(-1.5),)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Keep exp from overflowing first; then look at the slopes at −1000, 0 and 1000.",
    "For x > 0 use 1 / (1 + e⁻ˣ), else eˣ / (1 + eˣ): in both, exp sees −|x|. Compute it once.",
    "`abs` has no slope at 0: autograd takes 0. `torch.where(x > 0, -x, x)` is −|x|, too.",
    "With e = exp of that: `torch.where(x > 0, 1, e) / (1 + e)`.",
)


def divided_by_infinity(x: Tensor) -> Tensor:
    """Your values are right, but at −1000 exp(1000) is infinite, and the slope is 0 · ∞ = nan. Let
    exp see no number above 0.
    """
    return 1 / (1 + (-x).exp())


def mirrored(x: Tensor) -> Tensor:
    """You wrote eˣ / (1 + eˣ) everywhere: right on the left, and infinity divided by infinity at
    1000. Each side needs its own form.
    """
    return x.exp() / (1 + x.exp())


def chose_too_late(x: Tensor) -> Tensor:
    """You choose between two results with `where`, and both are computed: the one that you drop is
    infinite, and its slope, 0 · ∞, is nan. Choose the number that goes into exp instead.
    """
    return torch.where(x > 0, 1 / (1 + (-x).exp()), x.exp() / (1 + x.exp()))


def with_a_corner(x: Tensor) -> Tensor:
    """All but one number is right: |x|, relu and clamp have a corner at 0, where autograd must
    choose a slope. Yours is 0 there, and not 0.25. Choose between x and −x with `where`, whose two
    sides have slopes.
    """
    e = (-x.abs()).exp()
    return torch.where(x > 0, 1, e) / (1 + e)


def cut_off(x: Tensor) -> Tensor:
    """You cut x off before exp: beyond the cut the values do not change and the slope is 0, which
    it is nowhere. No cut is needed if exp sees no number above 0.
    """
    return 1 / (1 + (-x.clamp(-20, 20)).exp())


def by_tanh(x: Tensor) -> Tensor:
    """Right on paper; but 1 + tanh(x/2) loses what is small: at −20 tanh is rounded to −1, and
    2e-9 becomes 0. Use the form with exp.
    """
    return (1 + (x / 2).tanh()) / 2


@exercise(
    "A sigmoid with sound slopes",
    minutes=6,
    difficulty=3,
    place=30,
    hints=HINTS,
    why="exp sees −|x| only, so nothing is infinite; and by `where`, x has a slope at 0 as well.",
    inputs=inputs,
    use=use,
    mistakes=(divided_by_infinity, mirrored, chose_too_late, with_a_corner, cut_off, by_tanh),
    tolerance=Tolerance(absolute=1e-37),
)
def safe_sigmoid(x: Tensor) -> Tensor:
    """Return 1 / (1 + exp(−x)) for every element of the tensor `x`, in the shape of `x`.

    The values are right everywhere, and so are the slopes that autograd finds: at 1000, −1000, 0.
    Small ones count: at −20 both are 2e-9, and not 0.
    """
    e = torch.where(x > 0, -x, x).exp()
    return torch.where(x > 0, 1, e) / (1 + e)
