"""Batch normalization with a memory."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise

AVERAGES = "running_mean", "running_var"


def use(
    answer: Callable[..., nn.Module], X: Tensor, momentum: float, n_batches: int
) -> dict[str, Any] | None:
    layer = answer(X.shape[1], momentum)
    if isinstance(layer, nn.Module) and not hasattr(layer, "_modules"):
        return {"the call of super().__init__()": "missing"}
    network = nn.Sequential(layer)  # whose modes reach all its parts
    network.train()
    given = X.clone().requires_grad_()
    outs = [layer(given * (1 + n) + n) for n in range(n_batches)]
    if not all(isinstance(out, Tensor) for out in outs):
        return None if outs[0] is None else {"in training mode": outs[0]}
    state = {name: value.clone() for name, value in network.state_dict().items()}
    seen: dict[str, Any] = {
        "the call of super().__init__()": "there",
        "in training mode": outs[0].detach(),
        "the output's graph": "there" if outs[0].requires_grad else "none: no slope can reach X",
        "slopes of the output's sum of cubes": _slopes(outs[0], given),
        "in training mode, the last batch": outs[-1].detach(),
    }
    buffers = dict(layer.named_buffers())
    saved = sum(f"0.{name}" in state and name in buffers for name in AVERAGES)
    seen["number of averages that are buffers and in the state dict"] = saved
    seen |= {f"the average {name}": _plain(getattr(layer, name, None)) for name in AVERAGES}
    network.eval()
    used = layer(X[:1].clone())
    seen["in eval mode, for the first row alone"] = _plain(used)
    later = network.state_dict()
    kept = all(torch.equal(later[one], state[one]) for one in state if "running_" in one)
    seen["running averages after that"] = "as before" if kept else "changed"
    hold = any(one.requires_grad for one in buffers.values())
    seen["running averages that hold on to the graph of a batch"] = "some" if hold else "none"
    return seen


def _plain(value: object) -> object:
    return value.detach().clone() if isinstance(value, Tensor) else value


def _slopes(out: Tensor, X: Tensor) -> object:
    cubes = (out**3).sum()
    return torch.autograd.grad(cubes, X, retain_graph=True)[0] if out.requires_grad else None


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float, int]]:
    yield torch.tensor([[1.0], [3.0]]), 0.1, 1
    yield torch.tensor([[1.0, -2.0, 10.0], [3.0, 0.0, 70.0], [8.0, 5.0, 10.5]]), 0.25, 2
    yield torch.randn(3, 7, generator=rng).T * torch.tensor([1.0, 0.01, 30.0]), 0.9, 3


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two variances: `var(dim=0, correction=0)` divides by N, and plain `var(dim=0)` by N − 1.",
    '`self.register_buffer("running_mean", torch.zeros(n_features))` makes the first buffer.',
    "`if self.training:` take the batch's mean and variance, and update the averages as well.",
    "The update: average = (1 − momentum) · average + momentum · new, with `new.detach()`.",
)


class ByTheBook(nn.Module):
    """A right answer in parts, so that each mistake below can change one of them."""

    running_mean: Any
    running_var: Any
    correction_now, correction_kept = 0, 1

    def __init__(self, n_features: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.keep("running_mean", torch.zeros(n_features))
        self.keep("running_var", torch.ones(n_features))

    def keep(self, name: str, value: Tensor) -> None:
        self.register_buffer(name, value)

    def forward(self, X: Tensor) -> Tensor:
        if not self.training:
            return self.normalized(X, self.running_mean, self.running_var)
        self.remember(X.detach().mean(0), X.detach().var(0, correction=self.correction_kept))
        return self.normalized(X, X.mean(0), X.var(0, correction=self.correction_now))

    def remember(self, mean: Tensor, var: Tensor) -> None:
        self.running_mean = self.mixed(self.running_mean, mean)
        self.running_var = self.mixed(self.running_var, var)

    def mixed(self, old: Any, new: Tensor) -> Any:  # noqa: ANN401
        return (1 - self.momentum) * old + self.momentum * new

    def normalized(self, X: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return (X - mean) / (var + 1e-5).sqrt()


class UnbiasedInBoth(ByTheBook):
    """You divide by the root of the variance with N − 1. Take the one with N: `correction=0`."""

    correction_now = 1


class BiasedInBoth(ByTheBook):
    """You remember the variance that divides by N. That one is for the batch itself. The one
    with N − 1 is remembered: on average, it is that of all data.
    """

    correction_kept = 0


class MomentumReversed(ByTheBook):
    """Your momentum is the part of the old average. In PyTorch it is the part of the new batch."""

    def mixed(self, old: Any, new: Tensor) -> Any:  # noqa: ANN401
        return self.momentum * old + (1 - self.momentum) * new


class NothingRemembered(ByTheBook):
    """The running averages stay as they were made. Update both in each call in training mode."""

    def remember(self, mean: Tensor, var: Tensor) -> None:
        pass


class BatchInUse(ByTheBook):
    """In eval mode you take the mean and the variance of what comes in: a row by itself becomes 0.
    Take the running averages there.
    """

    def forward(self, X: Tensor) -> Tensor:
        if self.training:
            self.remember(X.detach().mean(0), X.detach().var(0))
        return self.normalized(X, X.mean(0), X.var(0, correction=0))


class ModeForgotten(ByTheBook):
    """Your layer does the same in both modes. Where `self.training` is False, use the averages, and
    leave them as they are.
    """

    def forward(self, X: Tensor) -> Tensor:
        self.remember(X.detach().mean(0), X.detach().var(0))
        return self.normalized(X, X.mean(0), X.var(0, correction=0))


class EpsilonOutside(ByTheBook):
    """You added 1e-5 after the root. Here it belongs under it, to the variance."""

    def normalized(self, X: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return (X - mean) / (var.sqrt() + 1e-5)


class NoBuffers(ByTheBook):
    """`state_dict()` does not save your averages. As plain attributes they are not moved by
    `to(device)` either; as buffers, they have `persistent=False`. Make them with `register_buffer`
    and nothing else.
    """

    def keep(self, name: str, value: Tensor) -> None:
        setattr(self, name, value)


class GraphKept(ByTheBook):
    """Your running averages hold on to the graph of every batch so far, and memory grows. Detach
    what you remember, or update under `torch.no_grad()`.
    """

    def forward(self, X: Tensor) -> Tensor:
        if self.training:
            self.remember(X.mean(0), X.var(0))
            return self.normalized(X, X.mean(0), X.var(0, correction=0))
        return super().forward(X)


class CutOff(ByTheBook):
    """You cut the output's own mean and variance off from the graph. Only what is remembered may be
    detached: the batch's mean and variance depend on X, and the slopes go through them.
    """

    def normalized(self, X: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return super().normalized(X, mean.detach(), var.detach())


class BaseNotMade(ByTheBook):
    """Call `super().__init__()` first in your `__init__`. It makes the place for buffers."""

    def __init__(self, n_features: int, momentum: float) -> None:
        self.sizes = n_features, momentum


@exercise(
    "Batch normalization with a memory",
    minutes=10,
    difficulty=3,
    place=80,
    hints=HINTS,
    why="While training, each batch has a mean and variance of its own. In use a row may come "
    "alone, so the averages take their place.",
    inputs=inputs,
    use=use,
    mistakes=(
        UnbiasedInBoth,
        BiasedInBoth,
        MomentumReversed,
        NothingRemembered,
        BatchInUse,
        ModeForgotten,
        EpsilonOutside,
        NoBuffers,
        GraphKept,
        CutOff,
        BaseNotMade,
    ),
)
class BatchNorm(nn.Module):
    """Does what `nn.BatchNorm1d(n_features, momentum=momentum, affine=False)` does, by hand.

    In training mode each column of X, (N, n_features) with N > 1, gets mean 0 and variance 1:
    subtract its mean, and divide by √(variance + 1e-5), where the variance divides by N. Two
    buffers remember: `running_mean`, which starts as zeros, and `running_var`, which starts as
    ones. Each call mixes the batch's mean, and its variance divided by N − 1, into them;
    `momentum` is the part of the new value. In eval mode they are used, and stay as they are.
    """

    def __init__(self, n_features: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("running_mean", torch.zeros(n_features))
        self.register_buffer("running_var", torch.ones(n_features))

    def forward(self, X: Tensor) -> Tensor:
        mean, var = self.buffers()  # in the order in which they were made
        if self.training:  # lerp(a, b, m) is (1 - m) * a + m * b
            self.running_mean = torch.lerp(mean, X.detach().mean(dim=0), self.momentum)
            self.running_var = torch.lerp(var, X.detach().var(dim=0), self.momentum)
            mean, var = X.mean(dim=0), X.var(dim=0, correction=0)
        return (X - mean) / (var + 1e-5).sqrt()
