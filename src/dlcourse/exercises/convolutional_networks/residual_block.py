"""A block with a way around."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def use(
    answer: Callable[[int, int, int], nn.Module], n_in: int, n_out: int, stride: int, X: Tensor
) -> dict[str, object] | None:
    """Return what the block uses, and what it does with weights that all blocks get."""
    block = answer(n_in, n_out, stride)
    if not isinstance(block, nn.Module):
        return {"what comes out": f"no nn.Module: {type(block).__name__}"}
    called: list[nn.Module] = []
    if hasattr(block, "_modules"):  # else it says itself what it lacks
        for part in block.modules():
            part.register_forward_hook(lambda part, *_: called.append(part))
    if block(X.clone()) is None:
        return None
    parts = [part for part in called if isinstance(part, nn.Conv2d | nn.BatchNorm2d)]
    convs = [part for part in parts if isinstance(part, nn.Conv2d)]
    norms = [part for part in parts if isinstance(part, nn.BatchNorm2d)]
    fill(convs, norms)
    original = X.clone()
    return {
        "what comes out": "an nn.Module",
        "registered convolutions, by kernel size": sorted(one.kernel_size[0] for one in convs),
        "channels they take": sorted(one.in_channels for one in convs),
        "registered batch norms that are used": len(norms),
        "result": block(X),
        "result of the same X in eval mode": block.eval()(original),
    }


def fill(convs: Sequence[nn.Conv2d], norms: Sequence[nn.BatchNorm2d]) -> None:
    """Give the same weights to convolutions of the same size and place, and to norms."""
    rng = torch.Generator()
    for place, conv in enumerate(sorted(convs, key=lambda one: one.kernel_size[0])):
        rng.manual_seed(place + 10 * conv.kernel_size[0])
        nn.init.normal_(conv.weight, std=0.5, generator=rng)
        if conv.bias is not None:
            nn.init.zeros_(conv.bias)
    for place, norm in enumerate(norms):
        rng.manual_seed(100 + place)
        nn.init.normal_(norm.weight, mean=1, generator=rng)
        nn.init.normal_(norm.bias, generator=rng)
        norm.reset_running_stats()


def inputs(rng: torch.Generator) -> Iterator[tuple[int, int, int, Tensor]]:
    yield 2, 2, 1, torch.randn(2, 2, 3, 4, generator=rng)
    yield 4, 2, 1, torch.randn(2, 4, 4, 3, generator=rng)
    yield 3, 5, 2, torch.randn(1, 3, 5, 4, generator=rng)
    yield 4, 4, 3, torch.randn(1, 4, 7, 4, generator=rng)
    yield 1, 4, 1, torch.randn(3, 1, 3, 5, generator=rng)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Make the parts in `__init__`, after `super().__init__()`; use them in `forward`.",
    "The first convolution goes from n_in to n_out and has the stride; the second keeps both.",
    "X can be added as it is only if `n_in == n_out and stride == 1`. Else project it.",
    "Project by `nn.Conv2d(n_in, n_out, 1, stride=stride)`; `nn.Identity()` changes nothing.",
    "`forward` can be `return (self.path(X) + self.around(X)).relu()`.",
)


class Parts(nn.Module):
    """The right block in parts, of which each mistake below gets one wrong."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1)
        self.norm1, self.norm2 = nn.BatchNorm2d(n_out), nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, padding=1)
        self.around = self.way_around(n_in, n_out, stride)

    def way_around(self, n_in: int, n_out: int, stride: int) -> nn.Module:
        fits = n_in == n_out and stride == 1
        return nn.Identity() if fits else nn.Conv2d(n_in, n_out, 1, stride=stride)

    def forward(self, X: Tensor) -> Tensor:
        path = self.norm2(self.conv2(self.between(self.norm1(self.conv1(X)))))
        return self.joined(path, self.around(X))

    def between(self, maps: Tensor) -> Tensor:
        return maps.relu()

    def joined(self, path: Tensor, around: Tensor) -> Tensor:
        return (path + around).relu()


class NoProjection(Parts):
    """You always add X as it is. Where the channels differ, that raises an error, or one channel is
    added to all of them without a word; a stride makes the maps differ, too. Use a 1 × 1
    convolution there.
    """

    def way_around(self, *_: int) -> nn.Module:
        return nn.Identity()


class ProjectedForChannelsOnly(Parts):
    """You project only where the channels differ. With a stride, the path's maps are smaller than
    X even if the channels are as many: project then, too.
    """

    def way_around(self, n_in: int, n_out: int, stride: int) -> nn.Module:
        return nn.Identity() if n_in == n_out else nn.Conv2d(n_in, n_out, 1, stride=stride)


class ProjectedForStridesOnly(Parts):
    """You project only where there is a stride. Where the channels differ, X does not fit either;
    a single one is even added to all of them without a word. Project then, too.
    """

    def way_around(self, n_in: int, n_out: int, stride: int) -> nn.Module:
        return nn.Identity() if stride == 1 else nn.Conv2d(n_in, n_out, 1, stride=stride)


class ProjectedWithoutStride(Parts):
    """With a stride, your two ways give maps of different sizes. The first 3 × 3 convolution and
    the projection both have the stride; the second 3 × 3 convolution has none.
    """

    def way_around(self, n_in: int, n_out: int, stride: int) -> nn.Module:
        fits = n_in == n_out and stride == 1
        return nn.Identity() if fits else nn.Conv2d(n_in, n_out, 1)


class AlwaysProjected(Parts):
    """You project always. Where the shapes agree, X goes around as it is: that is what keeps the
    slope alive through many blocks.
    """

    def way_around(self, n_in: int, n_out: int, stride: int) -> nn.Module:
        return nn.Conv2d(n_in, n_out, 1, stride=stride)


class NormAround(Parts):
    """A norm follows your projection. Many networks have that; here it is asked for without."""

    def way_around(self, n_in: int, n_out: int, stride: int) -> nn.Module:
        around = super().way_around(n_in, n_out, stride)
        fits = isinstance(around, nn.Identity)
        return around if fits else nn.Sequential(around, nn.BatchNorm2d(n_out))


class AddedAfterTheBend(Parts):
    """You add X after the last ReLU: the path can then only add to X, never take away, and what
    comes out may be negative. Add first, then bend.
    """

    def joined(self, path: Tensor, around: Tensor) -> Tensor:
        return path.relu() + around


class BentThreeTimes(Parts):
    """There is a ReLU between the second norm and the addition: the path can only add to X, never
    take away. Only the sum is bent.
    """

    def joined(self, path: Tensor, around: Tensor) -> Tensor:
        return (path.relu() + around).relu()


class NotBentAtTheEnd(Parts):
    """The ReLU after the addition is missing."""

    def joined(self, path: Tensor, around: Tensor) -> Tensor:
        return path + around


class NotBentBetween(Parts):
    """The ReLU between the convolutions is missing: without a bend, two do little more than one."""

    def between(self, maps: Tensor) -> Tensor:
        return maps


class InPlace(Parts):
    """You change X itself, by `+=` or `relu_`. Whoever handed it over may still need it."""

    def joined(self, path: Tensor, around: Tensor) -> Tensor:
        around.detach().add_(path.detach())  # this is X, where the shapes agree
        return around.relu()


class BaseNotMade(nn.Module):
    """Call `super().__init__()` first in your `__init__`: only then can the block hold parts."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1)


@exercise(
    "A block with a way around",
    minutes=8,
    difficulty=3,
    place=110,
    hints=HINTS,
    why="An addition needs equal shapes: where the block changes them, a 1 × 1 convolution does.",
    inputs=inputs,
    use=use,
    mistakes=(
        NoProjection,
        ProjectedForChannelsOnly,
        ProjectedForStridesOnly,
        ProjectedWithoutStride,
        AlwaysProjected,
        NormAround,
        AddedAfterTheBend,
        BentThreeTimes,
        NotBentAtTheEnd,
        NotBentBetween,
        InPlace,
        BaseNotMade,
    ),
    tolerance=Tolerance(absolute=1e-5),
)
class ResidualBlock(nn.Module):
    """A residual block: maps (B, n_in, H, W) to (B, n_out, …), smaller if the stride is above 1.

    Its path: a 3 × 3 convolution with `stride`, batch norm, ReLU, a 3 × 3 convolution, batch norm.
    Both convolutions have a padding of 1. X is added to what the path makes of it, and the sum
    goes through ReLU. If X has another shape than the path's result, and only then, a 1 × 1
    convolution with the stride brings it to that shape first.
    """

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1),
            nn.BatchNorm2d(n_out),
            nn.ReLU(),
            nn.Conv2d(n_out, n_out, 3, padding=1),
            nn.BatchNorm2d(n_out),
        )
        fits = n_in == n_out and stride == 1
        self.around = nn.Identity() if fits else nn.Conv2d(n_in, n_out, 1, stride=stride)

    def forward(self, X: Tensor) -> Tensor:
        return functional.relu(self.path(X) + self.around(X))
