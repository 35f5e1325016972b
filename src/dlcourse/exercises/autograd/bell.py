"""A slope rule of your own."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([0.5, -1.0]), torch.tensor([1.0, 10.0])
    yield torch.randn(3, 2, generator=rng).T, torch.randn(2, 3, generator=rng)
    wide = torch.tensor([0.25, 1.5, -2.0], dtype=torch.float64)
    yield wide, torch.tensor([3.0, -2.0, 0.5], dtype=torch.float64)
    yield torch.empty(0), torch.empty(0)
    yield torch.tensor(0.75), torch.tensor(2.0)


def use(answer: Any, x: Tensor, v: Tensor) -> dict[str, object] | None:  # noqa: ANN401
    """Return the function's values, some of its slopes, and whether nudges say the same."""
    leaf = x.detach().clone().requires_grad_()
    values = answer.apply(leaf)
    if values is None:
        return None
    if not isinstance(values, Tensor) or values.shape != x.shape:
        return {"Bell.apply(x)": values}
    plain = slopes(values, leaf, torch.ones_like(values))
    return {
        "Bell.apply(x)": values,
        "slopes of Bell.apply(x).sum()": plain,
        "slopes of (v * Bell.apply(x)).sum()": slopes(values, leaf, v),
        "slopes of Bell.apply(Bell.apply(x)).sum()": slopes(
            answer.apply(answer.apply(leaf)), leaf, torch.ones_like(values)
        ),
        "x afterwards": leaf.detach(),
        "nudges say the same": nudges_agree(answer, x, v, plain),
    }


def slopes(values: Tensor, leaf: Tensor, weights: Tensor) -> Any:  # noqa: ANN401
    """Return the slopes of (weights * values).sum() along `leaf`; None where there are none."""
    return torch.autograd.grad(values, leaf, weights, retain_graph=True, allow_unused=True)[0]


def nudges_agree(answer: Any, x: Tensor, v: Tensor, plain: Tensor | None) -> bool:  # noqa: ANN401
    """Tell whether nudges along `v`, in float64, find the same slopes."""
    if plain is None:
        return False
    wide, step = x.double(), 1e-6
    with torch.no_grad():
        rise = answer.apply(wide + step * v) - answer.apply(wide - step * v)
    return torch.allclose(rise / (2 * step), plain.double() * v, rtol=1e-4, atol=1e-6)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "On paper first: the slope of exp(u) is exp(u), that of u = −x² is −2x. Multiply.",
    (
        "`backward` needs x and the result: let `forward` keep them, "
        "`ctx.save_for_backward(x, result)`; it gets them back from `ctx.saved_tensors`."
    ),
    (
        "`grad_output` is the slope of the final loss along your result. Along a path slopes "
        "are multiplied, so return −2 · x · result · grad_output."
    ),
)


class BellForward(torch.autograd.Function):
    """exp(−x²) without a backward: the mistakes have one each."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        result = torch.exp(-x * x)
        ctx.save_for_backward(x, result)
        return result


class OwnSlopeOnly(BellForward):
    """You return your own slope and leave out `grad_output`, the slope of what comes after. That is
    right for the sum of all f(x), and wrong for everything else: multiply by it.
    """

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401, ARG004
        x, result = ctx.saved_tensors
        return -2 * x * result


class InnerLeftOut(BellForward):
    """The inner slope is missing: multiply the slope of exp, taken at −x², by the slope of −x²."""

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        _, result = ctx.saved_tensors
        return result * grad_output


class OuterLeftOut(BellForward):
    """The outer slope is missing: the slope of exp, which is the result itself."""

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        x, _ = ctx.saved_tensors
        return -2 * x * grad_output


class SignLost(BellForward):
    """The sign is reversed: the slope of −x² is −2x. To the right of 0 the bell falls."""

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        x, result = ctx.saved_tensors
        return 2 * x * result * grad_output


class NotUnpacked(BellForward):
    """`ctx.saved_tensors` is a tuple, even of one tensor, and a tuple has no minus sign. Unpack it:
    `(x,) = ctx.saved_tensors`.
    """

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        x = ctx.saved_tensors
        return -2 * x * torch.exp(-x * x) * grad_output


class MultipliesTheTuple(BellForward):
    """You multiplied by a tuple: `ctx.saved_tensors` is one, even for one tensor. Unpack it:
    `(x,) = ctx.saved_tensors`.
    """

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        x = ctx.saved_tensors
        return -2 * x * grad_output


class ChangesGradOutput(BellForward):
    """The slope is right, but you changed `grad_output` in place, and others still need that
    tensor. Return a new one.
    """

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        x, result = ctx.saved_tensors
        grad_output *= -2 * x * result
        return grad_output


@exercise(
    "A slope rule of your own",
    minutes=8,
    difficulty=2,
    place=90,
    hints=HINTS,
    why="`backward` continues a path: it multiplies the slope that comes in by its own slope.",
    inputs=inputs,
    use=use,
    mistakes=(
        OwnSlopeOnly,
        InnerLeftOut,
        OuterLeftOut,
        SignLost,
        NotUnpacked,
        MultipliesTheTuple,
        ChangesGradOutput,
    ),
    equivalent=(
        (
            "ctx.save_for_backward(x, result)",
            "ctx.save_for_backward(result, x)",
            "x and the result are only multiplied, so either may come first",
        ),
    ),
)
class Bell(torch.autograd.Function):
    """The bell curve exp(−x²), element by element, with its own rule for the slope.

    Used as `Bell.apply(x)`, for x of any shape.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
        """Return exp(−x²); keep in `ctx` what `backward` will need."""
        result = torch.exp(-x * x)
        ctx.save_for_backward(x, result)
        return result

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:  # noqa: ANN401
        """Return the loss's slope along x; `grad_output` is its slope along the result."""
        x, result = ctx.saved_tensors
        return -2 * x * result * grad_output
