"""He's start for a whole model."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise


def use(he_start: Callable[[nn.Module], object], model: nn.Module) -> dict[str, object]:
    """Return what can be seen of a start without knowing in which order it drew its numbers."""
    before = [(one, one.requires_grad) for one in model.parameters()]
    others = {name: value.clone() for name, value in state_of_others(model).items()}
    he_start(model)
    seen: dict[str, object] = {
        "the model has the same parameters as before": [
            (id(one), one.requires_grad) for one in model.parameters()
        ]
        == [(id(one), asked) for one, asked in before],
        "what is no nn.Linear is as it was": all(
            torch.equal(value, others[name]) for name, value in state_of_others(model).items()
        ),
    }
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear):
            weights, root = layer.weight.detach(), layer.in_features**0.5
            key = f"layer {name}".strip()
            seen[f"{key}: dtype"] = str(weights.dtype)
            seen[f"{key}: mean × √n_in"] = _rounded(weights.mean() * root)
            seen[f"{key}: spread × √n_in"] = _rounded(weights.std() * root)
            seen[f"{key}: spread between units × √n_in"] = _rounded(weights.std(0).mean() * root)
            if layer.bias is not None:
                seen[f"{key}: biases that are not 0"] = int(layer.bias.count_nonzero())
    return seen


def state_of_others(model: nn.Module) -> dict[str, Tensor]:
    """Return the numbers of all parts that are no `nn.Linear`."""
    return {
        f"{name}.{key}": value.detach()
        for name, part in model.named_modules()
        if not isinstance(part, nn.Linear)
        for of_part in (part.named_parameters(recurse=False), part.named_buffers(recurse=False))
        for key, value in of_part
    }


def _rounded(value: Tensor) -> float:
    return round(value.item(), 2)


def inputs(_: torch.Generator) -> Iterator[tuple[nn.Module]]:
    yield (nn.Linear(50, 200),)
    inside = nn.Sequential(nn.Linear(200, 50, bias=False), nn.ReLU())
    yield (nn.Sequential(nn.Linear(64, 200), nn.PReLU(), inside),)
    yield (nn.ModuleDict({"body": nn.Sequential(nn.Linear(100, 80)), "head": nn.Linear(80, 150)}),)
    others = nn.Conv2d(1, 3, 5), nn.BatchNorm2d(3), nn.Embedding(9, 4)
    yield (nn.Sequential(*others, nn.Linear(60, 200, dtype=torch.float64)),)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Loop over `model.modules()`. Containers and activations are among them: which are wanted?",
    "`isinstance(part, nn.Linear)` tells. Its number of inputs is `part.in_features`.",
    "`nn.init.normal_(part.weight, std=…)` fills the weights; the spread is √(2 / n_in).",
    "`nn.init.zeros_(part.bias)`, but only `if part.bias is not None`.",
)


def start_each(model: nn.Module, start: Callable[[nn.Linear], object]) -> None:
    """Call `start` on every linear layer in `model`, and set its biases to 0."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            start(layer)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def xavier_start(model: nn.Module) -> None:
    """That is Xavier's spread, √(2 / (n_in + n_out)), which fits tanh. He's counts only the inputs:
    √(2 / n_in).
    """
    start_each(model, lambda layer: nn.init.xavier_normal_(layer.weight))


def outputs_counted(model: nn.Module) -> None:
    """You counted the outputs. `weight` has the shape (outputs, inputs), and a score is a sum over
    the inputs.
    """
    start_each(model, lambda one: nn.init.normal_(one.weight, std=(2 / one.out_features) ** 0.5))


def without_the_two(model: nn.Module) -> None:
    """Your spread is √(1 / n_in): the 2 is missing, which makes up for the half that ReLU cuts."""
    start_each(model, lambda one: nn.init.normal_(one.weight, std=(1 / one.in_features) ** 0.5))


def without_the_root(model: nn.Module) -> None:
    """You took 2 / n_in for the spread, but that is its square, the variance. Take the root."""
    start_each(model, lambda layer: nn.init.normal_(layer.weight, std=2 / layer.in_features))


def biases_left(model: nn.Module) -> None:
    """The weights are right; the biases are still as PyTorch made them. Set them to 0."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)


def bias_everywhere(model: nn.Module) -> None:
    """A layer without a bias has None in its place, and nothing can be set to 0 there. Ask first:
    `if part.bias is not None`.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)


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
    """All weights are 0, so no slope reaches the layers before, and only the last biases can move.
    Draw the weights at random.
    """
    start_each(model, lambda layer: nn.init.zeros_(layer.weight))


def by_dimension(model: nn.Module) -> None:
    """You chose by the number of dimensions, and so PReLU's slope became 0: not everything with one
    dimension is a bias. Ask each part whether it is an `nn.Linear`.
    """
    for weights in model.parameters():
        if weights.ndim == 1:
            nn.init.zeros_(weights)
        else:
            nn.init.kaiming_normal_(weights)


def by_name(model: nn.Module) -> None:
    """You changed a part that is no `nn.Linear`: an embedding has weights with two dimensions, too,
    and a convolution has a bias. Choose by `isinstance(part, nn.Linear)`, not by shape or by name.
    """
    for name, weights in model.named_parameters():
        if weights.ndim == 2:
            nn.init.kaiming_normal_(weights)
        elif name.endswith("bias"):
            nn.init.zeros_(weights)


def over_the_model(model: nn.Module) -> None:
    """A loop over the model itself works only for `nn.Sequential`, and sees only its outermost
    parts. Loop over `model.modules()`: the model and every part, however deep.
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
    """You only look into `nn.Sequential`. A model may have containers of other kinds, or be a class
    of its own. `model.modules()` goes into all of them, so no function needs to call itself.
    """
    if isinstance(model, nn.Sequential):
        for part in model:
            into_sequential_only(part)
    elif isinstance(model, nn.Linear):
        nn.init.kaiming_normal_(model.weight)
        if model.bias is not None:
            nn.init.zeros_(model.bias)


def down_from_sequential(model: nn.Module) -> None:
    """You loop over the model, but it need not be an `nn.Sequential`: it may be a single
    `nn.Linear`, or hold its parts in another way. `model.modules()` gives it and every part in it.
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
        bias_everywhere,
        equal_units,
        all_at_zero,
        by_dimension,
        by_name,
        over_the_model,
        one_level_deep,
        into_sequential_only,
        down_from_sequential,
    ),
    tolerance=Tolerance(relative=0, absolute=0.1),  # of a spread of 1.41, of the number 0 of biases
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
