"""He's start for a whole model."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def use(he_start: Callable[[nn.Module], object], model: nn.Module) -> dict[str, object]:
    """Return what can be seen of a start without knowing in which order it drew its numbers."""
    he_start(model)
    seen: dict[str, object] = {}
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear):
            weights, root = layer.weight.detach(), layer.in_features**0.5
            key = f"layer {name}".strip()
            seen[f"{key}: mean × √n_in"] = _rounded(weights.mean() * root)
            seen[f"{key}: spread × √n_in"] = _rounded(weights.std() * root)
            seen[f"{key}: spread between units × √n_in"] = _rounded(weights.std(0).mean() * root)
            if layer.bias is not None:
                seen[f"{key}: largest bias"] = layer.bias.detach().abs().max()
        elif isinstance(layer, nn.PReLU):
            seen["the slope of PReLU, which no Linear is"] = layer.weight.detach()
    return seen


def _rounded(value: Tensor) -> float:
    return round(value.item(), 2)


def inputs(_: torch.Generator) -> Iterator[tuple[nn.Module]]:
    yield (nn.Linear(50, 200),)
    inside = nn.Sequential(nn.Linear(200, 50, bias=False), nn.ReLU())
    yield (nn.Sequential(nn.Linear(64, 200), nn.PReLU(), inside),)
    yield (nn.ModuleDict({"body": nn.Sequential(nn.Linear(100, 80)), "head": nn.Linear(80, 50)}),)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Loop over `model.modules()`. Containers and activations are among them: which are wanted?",
    "`isinstance(part, nn.Linear)` tells. Its number of inputs is `part.in_features`.",
    "`nn.init.normal_(part.weight, std=…)` fills the weights; the spread is √(2 / n_in).",
    "`nn.init.zeros_(part.bias)`, but only `if part.bias is not None`.",
)


def xavier_start(model: nn.Module) -> None:
    """That is Xavier's spread, √(2 / (n_in + n_out)): right for tanh, too small or too large for
    ReLU. He counts the inputs alone.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def outputs_counted(model: nn.Module) -> None:
    """You counted the outputs. `weight` has the shape (outputs, inputs), and a score is a sum over
    the inputs.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=(2 / layer.out_features) ** 0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def without_the_two(model: nn.Module) -> None:
    """The spread is √(1 / n_in): the 2 is missing, which makes up for the half that ReLU cuts."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=(1 / layer.in_features) ** 0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def without_the_root(model: nn.Module) -> None:
    """You took 2 / n_in for the spread: that is its square, the variance. Take the root."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=2 / layer.in_features)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def biases_left(model: nn.Module) -> None:
    """The weights are right; the biases are still as PyTorch made them. Set them to 0."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)


def equal_units(model: nn.Module) -> None:
    """You gave all units of a layer the same weights: equal units get equal slopes and stay equal.
    Draw a number for every weight.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            row = torch.randn(layer.in_features) * (2 / layer.in_features) ** 0.5
            layer.weight.data[:] = row
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def all_at_zero(model: nn.Module) -> None:
    """All weights are 0: no slope reaches the layers before, and nothing moves. Draw them at
    random.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def by_dimension(model: nn.Module) -> None:
    """You set everything with one dimension to 0; that is not always a bias: PReLU's slope went,
    too. Ask each part whether it is an `nn.Linear`.
    """
    for weights in model.parameters():
        if weights.ndim == 1:
            nn.init.zeros_(weights)
        else:
            nn.init.kaiming_normal_(weights)


def over_the_model(model: nn.Module) -> None:
    """A loop over the model itself works for `nn.Sequential` alone, and sees its outermost parts
    only. Loop over `model.modules()`: the model and every part, however deep.
    """
    for layer in model:  # type: ignore[attr-defined]
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def one_level_deep(model: nn.Module) -> None:
    """You went one level deep: neither the model itself nor the parts of its parts were reached.
    `model.modules()` gives them all.
    """
    for layer in model.children():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def into_sequential_only(model: nn.Module) -> None:
    """You go into `nn.Sequential` alone; a model may have containers of other kinds, or be a class
    of its own. `model.modules()` goes into all of them, so no function need call itself.
    """
    if isinstance(model, nn.Sequential):
        for part in model:
            into_sequential_only(part)
    elif isinstance(model, nn.Linear):
        nn.init.kaiming_normal_(model.weight)
        if model.bias is not None:
            nn.init.zeros_(model.bias)


def down_from_sequential(model: nn.Module) -> None:
    """You loop over the model, which need be no `nn.Sequential`: it may be a single `nn.Linear`,
    or hold its parts in another way. `model.modules()` gives the model and every part in it.
    """
    for part in model:  # type: ignore[attr-defined]
        if isinstance(part, nn.Sequential):
            down_from_sequential(part)
        elif isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


@exercise(
    "He's start for a whole model",
    minutes=7,
    difficulty=3,
    place=100,
    hints=HINTS,
    why="A sum of n products has √n times their spread, and the 2 makes up for what ReLU cuts off.",
    inputs=inputs,
    use=use,
    mistakes=(
        xavier_start,
        outputs_counted,
        without_the_two,
        without_the_root,
        biases_left,
        equal_units,
        all_at_zero,
        by_dimension,
        over_the_model,
        one_level_deep,
        into_sequential_only,
        down_from_sequential,
    ),
    tolerance=Tolerance(relative=0.08, absolute=0.1),
    changes_arguments=True,
)
def he_start(model: nn.Module) -> None:
    """Give every `nn.Linear` in `model` He's start: random weights of spread √(2 / n_in) around 0.

    Set its biases to 0; it may have none (`bias` is None then). `model` may be nested, and is
    changed in place; its other parts stay as they are.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
