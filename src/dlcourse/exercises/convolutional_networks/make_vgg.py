"""A network of blocks."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def use(
    answer: Callable[[int, Sequence[int], int], nn.Module],
    n_channels: int,
    widths: Sequence[int],
    n_classes: int,
    X: Tensor,
) -> dict[str, object] | None:
    """Return how the network is made, and what it does with weights that all networks get."""
    model = answer(n_channels, widths, n_classes)
    if model is None:
        return None
    if not isinstance(model, nn.Module):
        return {"what comes out": f"no nn.Module: {type(model).__name__}"}
    parts = list(model.modules())
    seen: dict[str, object] = {
        "what comes out": "an nn.Module",
        "convolutions": [
            f"{one.kernel_size[0]} × {one.kernel_size[1]}, {one.in_channels} to {one.out_channels}"
            for one in parts
            if isinstance(one, nn.Conv2d)
        ],
        "linear layers": [
            f"{one.in_features} to {one.out_features}"
            for one in parts
            if isinstance(one, nn.Linear)
        ],
        "numbers learned": sum(one.numel() for one in model.parameters()),
    }
    if seen["numbers learned"]:
        fill(model)
        with torch.no_grad():
            seen[f"scores of pictures {tuple(X.shape)}"] = model(X)
    return seen


def fill(model: nn.Module) -> None:
    """Give the same weights to every network of the same layers."""
    rng = torch.Generator().manual_seed(5)
    for weights in model.parameters():
        spread = (2 / weights[0].numel()) ** 0.5 if weights.ndim > 1 else 0.1
        nn.init.normal_(weights, std=spread, generator=rng)


def inputs(rng: torch.Generator) -> Iterator[tuple[int, Sequence[int], int, Tensor]]:
    yield 1, [4], 10, torch.randn(2, 1, 4, 4, generator=rng)
    yield 1, [4, 6], 3, torch.randn(1, 1, 9, 12, generator=rng)
    yield 3, [2, 5, 4], 2, torch.randn(2, 3, 16, 8, generator=rng)
    yield 2, (3, 3), 5, torch.randn(3, 2, 4, 6, generator=rng)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Start with `model = nn.Sequential()`, and `model.append(…)` one layer after the other.",
    "The first convolution of a block has as many input channels as the block before gave out.",
    "Each convolution is 3 × 3 with `padding=1`, so that only pooling makes the maps smaller.",
    "`nn.AdaptiveAvgPool2d(1)` takes the mean of each map; `nn.Flatten()` leaves (B, channels).",
    "After a block, set `n_channels = width`: the next block, and the linear layer, need it.",
)


def blocks(
    n_channels: int,
    widths: Sequence[int],
    *,
    padding: int = 1,
    between: Sequence[nn.Module] = (nn.ReLU(),),
    after: Sequence[nn.Module] = (nn.ReLU(), nn.MaxPool2d(2)),
) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Conv2d(n_channels, width, 3, padding=padding), *between]
        layers += [nn.Conv2d(width, width, 3, padding=padding), *after]
        n_channels = width
    return layers


def head(width: int, n_classes: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, n_classes)]


def without_padding(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """Your convolutions cut off the border: without `padding=1` a map loses two rows and columns
    each time, and after a few blocks nothing is left.
    """
    return nn.Sequential(*blocks(n_channels, widths, padding=0), *head(widths[-1], n_classes))


def one_bend_a_block(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """There is no ReLU between the two convolutions of a block: without a bend, two convolutions
    are one. Each of them has its own.
    """
    return nn.Sequential(*blocks(n_channels, widths, between=()), *head(widths[-1], n_classes))


def not_bent_before_pooling(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """The ReLU after the second convolution of a block is missing: both have one."""
    layers = blocks(n_channels, widths, after=[nn.MaxPool2d(2)])
    return nn.Sequential(*layers, *head(widths[-1], n_classes))


def never_bent(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """There is no ReLU in your blocks: one follows each convolution."""
    layers = blocks(n_channels, widths, between=(), after=[nn.MaxPool2d(2)])
    return nn.Sequential(*layers, *head(widths[-1], n_classes))


def pooled_by_the_mean(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """Your blocks end with an average. Max pooling is asked for; the mean comes after them all."""
    layers = blocks(n_channels, widths, after=[nn.ReLU(), nn.AvgPool2d(2)])
    return nn.Sequential(*layers, *head(widths[-1], n_classes))


def pooled_twice_a_block(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """You pool after each convolution. A block pools once, at its end."""
    layers = blocks(n_channels, widths, between=[nn.ReLU(), nn.MaxPool2d(2)])
    return nn.Sequential(*layers, *head(widths[-1], n_classes))


def never_pooled(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """Your blocks do not pool: each of them ends with `nn.MaxPool2d(2)`."""
    layers = blocks(n_channels, widths, after=[nn.ReLU()])
    return nn.Sequential(*layers, *head(widths[-1], n_classes))


def largest_of_each_map(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """You take the largest number of each map. Its mean is asked for: `AdaptiveAvgPool2d(1)`."""
    end = nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(widths[-1], n_classes)
    return nn.Sequential(*blocks(n_channels, widths), *end)


def softmax_at_the_end(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """Your network ends with softmax. It should return the scores, which `cross_entropy` takes."""
    last = head(widths[-1], n_classes)
    return nn.Sequential(*blocks(n_channels, widths), *last, nn.Softmax(dim=1))


def one_convolution_a_block(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """Your blocks have one convolution each. The second one goes from `width` to `width`."""
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Conv2d(n_channels, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        n_channels = width
    return nn.Sequential(*layers, *head(n_channels, n_classes))


def widened_late(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """Only the second convolution of your blocks widens. The first one does: from what comes in to
    `width`; the second keeps it.
    """
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Conv2d(n_channels, n_channels, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(n_channels, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        n_channels = width
    return nn.Sequential(*layers, *head(n_channels, n_classes))


class HiddenLayers(nn.Module):
    """Layers in a plain list, which the network does not know."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = list(layers)


def hidden_in_a_list(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """Your layers are in a plain list: the network does not know that they are its parts, and an
    optimizer would get no weights. Put them into `nn.Sequential` or `nn.ModuleList`.
    """
    return HiddenLayers(*blocks(n_channels, widths), *head(widths[-1], n_classes))


def channels_not_carried(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """All your blocks start with as many channels as the picture has. From the second block on it
    is the width of the block before: set `n_channels = width` at the end of each.
    """
    layers: list[nn.Module] = []
    for width in widths:
        layers += blocks(n_channels, [width])
    return nn.Sequential(*layers, *head(widths[-1], n_classes))


def channels_never_carried(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """Your linear layer, or a second block, starts with as many channels as the picture has. It
    gets those of the last block: set `n_channels = width` at the end of each.
    """
    layers: list[nn.Module] = []
    for width in widths:
        layers += blocks(n_channels, [width])
    return nn.Sequential(*layers, *head(n_channels, n_classes))


@exercise(
    "A network of blocks",
    minutes=8,
    difficulty=3,
    place=100,
    hints=HINTS,
    why="Each block starts where the one before ended: one variable carries the channels along.",
    inputs=inputs,
    use=use,
    mistakes=(
        without_padding,
        one_bend_a_block,
        not_bent_before_pooling,
        never_bent,
        pooled_by_the_mean,
        pooled_twice_a_block,
        never_pooled,
        largest_of_each_map,
        softmax_at_the_end,
        one_convolution_a_block,
        widened_late,
        hidden_in_a_list,
        channels_not_carried,
        channels_never_carried,
    ),
    tolerance=Tolerance(absolute=1e-5),
)
def make_vgg(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """Return a network in the manner of VGG: pictures (B, n_channels, H, W) to scores.

    It has a block for each number in the list `widths`: a 3 × 3 convolution to that many channels,
    ReLU, another 3 × 3 convolution that keeps them, ReLU, and max pooling by 2. All convolutions
    have biases, and a padding that keeps the size. After the blocks come the mean of each map and
    one linear layer. So H and W need not be known.
    """
    model = nn.Sequential()
    for width in widths:
        for n_in in (n_channels, width):
            model.extend([nn.Conv2d(n_in, width, 3, padding=1), nn.ReLU()])
        model.append(nn.MaxPool2d(2))
        n_channels = width
    model.extend([nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n_channels, n_classes)])
    return model
