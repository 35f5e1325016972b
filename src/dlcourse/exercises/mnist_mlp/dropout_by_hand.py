"""Dropout that obeys eval()."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise


def use(answer: Callable[[float], nn.Module], X: Tensor, p: float) -> dict[str, Any] | None:
    layer = answer(p)
    if isinstance(layer, nn.Module) and not hasattr(layer, "_modules"):
        return {"the call of super().__init__()": "missing"}
    network = nn.Sequential(layer, nn.Identity())  # whose modes reach all its parts
    network.train()
    leaf = X.clone().requires_grad_()
    given = leaf.clone()
    out = layer(given)
    if not isinstance(out, Tensor) or out.shape != X.shape:
        return _no_such_tensor(out)
    slopes = _slopes(out, leaf)
    factors = out.detach() / X
    draws = [factors == 0, *(layer(X.clone()) == 0 for _ in range(3))]
    network.eval()
    used = layer(X.clone())
    if not isinstance(used, Tensor) or used.shape != X.shape:
        return _no_such_tensor(used)
    share = torch.stack(draws).double().mean().item()
    network.train()
    return {
        "the call of super().__init__()": "there",
        "shape": list(out.shape),
        "X after the call": "as it was" if torch.equal(given, leaf) else "changed",
        "share set to 0 while training": p if abs(share - p) < 0.025 else share,
        "the others are multiplied by": factors[factors != 0].round(decimals=4).unique().tolist(),
        "one draw decides for several numbers": _is_shared(draws[0]),
        "the second call drops the same": torch.equal(draws[0], draws[1]),
        "every call drops equally many": len({int(one.sum()) for one in draws}) == 1,
        "backward drops and scales as forward does": torch.allclose(slopes, factors, rtol=1e-3),
        "share changed after eval()": (used != X).double().mean().item(),
        "factor after eval()": (used / X).max().item(),
        "it drops again after train()": bool((layer(X.clone()) == 0).any()),
    }


def _is_shared(dropped: Tensor) -> bool:
    """Tell whether all that differs in one index alone, such as a column, is dropped together."""
    sides = [n for n, size in enumerate(dropped.shape) if size > 1]
    return any(torch.equal(dropped, dropped.narrow(n, 0, 1).expand_as(dropped)) for n in sides)


def _slopes(out: Tensor, X: Tensor) -> Tensor:
    """Return the slopes of the sum of `out`: 0 where nothing leads back to X."""
    if not out.requires_grad:
        return torch.zeros_like(X)
    (slopes,) = torch.autograd.grad(out.sum(), X, allow_unused=True)
    return torch.zeros_like(X) if slopes is None else slopes


def _no_such_tensor(out: object) -> dict[str, Any] | None:
    """Return what came out of `forward` where it cannot be compared with X; None for nothing."""
    if out is None:
        return None
    shape = list(out.shape) if isinstance(out, Tensor) else f"none: a {type(out).__name__} came out"
    return {"the call of super().__init__()": "there", "shape": shape}


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float]]:
    yield 1 + torch.rand(60, 40, generator=rng), 0.2
    yield -1 - torch.rand(1, 3000, generator=rng, dtype=torch.float64), 0.5
    yield 2 + torch.rand(12, 20, 10, generator=rng).transpose(0, 2), 0.75
    yield 1 + torch.rand(2, 3, generator=rng), 0.0


# ---------------------------------------------------------------------------- closed half

HINTS = (
    (
        "Every `nn.Module` knows its mode: `self.training` is True after `train()`, False "
        "after `eval()`."
    ),
    (
        "`torch.rand_like(X)` draws a number between 0 and 1 for each number of X. How "
        "often is it below p?"
    ),
    (
        "Multiply X by 0 where the draw is below p and by 1 elsewhere, and divide by 1 − p."
        " In eval mode return X."
    ),
)


class AlwaysOn(nn.Module):
    """Your layer still drops after `eval()`, as `nn.functional.dropout(X, p)` does in a `forward`:
    it cannot know the mode. Look at `self.training`, which `train()` and `eval()` set.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.dropout(X, self.p)


class NotScaled(nn.Module):
    """You set numbers to 0 and leave the others as they are: while training, the next layer then
    gets less in all than in use. Divide those that stay by 1 − p.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return X * (torch.rand_like(X) >= self.p) if self.training else X


class OneForAll(nn.Module):
    """You drop the same places in every sample of the batch: draw for each number on its own, with
    the shape of the whole X.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return X * (torch.rand_like(X[:1]) >= self.p) / (1 - self.p) if self.training else X


class Reversed(nn.Module):
    """You keep a number with probability p: p is the probability of dropping it."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return X * (torch.rand_like(X) < self.p) / (1 - self.p) if self.training else X


class ScaledInUse(nn.Module):
    """You leave the scaling to eval mode. That evens out, too, but the task (and PyTorch) wants it
    while training, so that eval mode hands X on unchanged.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return X * (torch.rand_like(X) >= self.p) if self.training else X * (1 - self.p)


class BaseNotMade(nn.Module):
    """Call `super().__init__()` first in your `__init__`: without it the module has no place for
    its parts, and `train()` and `eval()` cannot work.
    """

    def __init__(self, p: float) -> None:
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.dropout(X, self.p, self.training)


class InPlace(nn.Module):
    """You change X itself: whoever handed it over still needs it as it was. Return a new tensor
    (`X * kept`, say), and leave out `X[…] = 0`, `*=` and functions whose name ends in `_`.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.dropout(X, self.p, self.training, inplace=True)


class OutOfTheGraph(nn.Module):
    """You compute outside the graph (`detach`, `.data`, NumPy, `torch.tensor(…)`), so `backward`
    ends here, and the layers before this one never learn. Compute with X itself.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.dropout(X.detach(), self.p) if self.training else X


class SameNumberEachTime(nn.Module):
    """You drop equally many numbers in every call. Each is to be dropped on its own, so that their
    number varies a little, as it does with coins. Draw once for each number: `rand_like`.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        if not self.training:
            return X
        order = torch.randperm(X.numel()).reshape(X.shape)
        return X * (order >= round(self.p * X.numel())) / (1 - self.p)


@exercise(
    "Dropout that obeys eval()",
    minutes=7,
    difficulty=2,
    place=40,
    hints=HINTS,
    why="`self.training` is set by train() and eval(), in every layer of a network at once.",
    inputs=inputs,
    use=use,
    mistakes=(
        AlwaysOn,
        NotScaled,
        OneForAll,
        Reversed,
        ScaledInUse,
        BaseNotMade,
        InPlace,
        OutOfTheGraph,
        SameNumberEachTime,
    ),
)
class DropoutByHand(nn.Module):
    """A layer that drops each number with probability p, but only while training.

    In training mode each number of X (any shape) is set to 0 with probability p, on its own, and
    anew in each call; those that stay are divided by 1 − p. In eval mode X comes out unchanged.
    p is at least 0 and below 1.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        if not self.training:
            return X
        kept = torch.full_like(X, 1 - self.p).bernoulli()
        return X * kept / (1 - self.p)
