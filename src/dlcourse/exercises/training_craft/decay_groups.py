"""Which weights decay."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise

Groups: TypeAlias = list[dict[str, Any]]


class _Scaled(nn.Module):
    """A model with a parameter of its own, a single number, and parts in parts."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleDict({"body": nn.Sequential(nn.Linear(2, 3), nn.PReLU())})
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.shifts = nn.Parameter(torch.ones(2, 3))

    def forward(self, X: Tensor) -> Tensor:
        scores: Tensor = self.scale * self.parts["body"](X)
        return scores


def use(
    answer: Callable[[nn.Module, float], Groups], model: nn.Module, decay: float
) -> dict[str, Any] | None:
    groups = answer(model, decay)
    if groups is None:
        return None
    names = {one: name for name, one in model.named_parameters()}
    with warnings.catch_warnings(action="ignore"):  # of a parameter that is there twice: see below
        optimizer = torch.optim.AdamW(groups, lr=0.1)
    entries = [one for group in optimizer.param_groups for one in group["params"]]
    found = {
        names.get(one): group["weight_decay"]
        for group in optimizer.param_groups
        for one in group["params"]
    }
    settings = [
        key
        for group in optimizer.param_groups
        for key, own in optimizer.defaults.items()
        if key != "weight_decay" and group[key] != own
    ]
    return {
        "number of parameters in no group": len(set(names.values()) - set(found)),
        "number of entries too many": len(entries) - len(found),
        "tensors that are no parameters of the model": "some" if None in found else "none",
        "settings of a group other than its decay": ", ".join(settings) or "none",
        **{f"decay of {name}": found.get(name) for name in names.values()},
    }


def inputs(_: torch.Generator) -> Iterator[tuple[nn.Module, float]]:
    yield nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2)), 0.1
    yield _Scaled(), 0.05
    yield nn.Linear(4, 1, bias=False), 0.3
    yield nn.Sequential(nn.Embedding(5, 2), nn.Sequential(nn.Linear(2, 9), nn.LayerNorm(9))), 0.2


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "`model.parameters()` gives every parameter once. Which property tells the two kinds apart?",
    "Biases and the weights of norms have one dimension: `parameter.ndim`.",
    'A group is a dict: `{"params": [...], "weight_decay": ...}`. Return a list of two.',
    "In the second group set the decay to 0: without an entry it gets the optimizer's default.",
)


def by_test(model: nn.Module, decay: float, test: Callable[[str, nn.Parameter], bool]) -> Groups:
    """Make two groups: those that pass the test decay."""
    named = list(model.named_parameters())
    return [
        {"params": [one for name, one in named if test(name, one)], "weight_decay": decay},
        {"params": [one for name, one in named if not test(name, one)], "weight_decay": 0.0},
    ]


def everything(model: nn.Module, decay: float) -> Groups:
    """You let all parameters decay. Biases and the weights of norms are not to."""
    return [{"params": list(model.parameters()), "weight_decay": decay}]


def by_name(model: nn.Module, decay: float) -> Groups:
    """You chose by the name: batch norm has a `weight`, too, and it has one dimension. Ask for
    `ndim`.
    """
    return by_test(model, decay, lambda name, _: not name.endswith("bias"))


def weights_by_name(model: nn.Module, decay: float) -> Groups:
    """You chose by the name, and a parameter can have any: a `weight` of one dimension is not to
    decay, and a parameter of two dimensions is, whatever its name. Ask for `ndim`.
    """
    return by_test(model, decay, lambda name, _: name.endswith("weight"))


def exchanged(model: nn.Module, decay: float) -> Groups:
    """You exchanged the groups: those with two or more dimensions decay."""
    return by_test(model, decay, lambda _, one: one.ndim <= 1)


def single_numbers(model: nn.Module, decay: float) -> Groups:
    """A parameter that is a single number has no dimension at all, `ndim` 0: it is not to decay
    either. Ask for `ndim > 1`.
    """
    return by_test(model, decay, lambda _, one: one.ndim != 1)


def default_decay(model: nn.Module, decay: float) -> Groups:
    """Your second group does not name its decay, so it gets AdamW's default, 0.01. Write
    `"weight_decay": 0.0`.
    """
    groups = by_test(model, decay, lambda _, one: one.ndim > 1)
    del groups[1]["weight_decay"]
    return groups


def second_group_lost(model: nn.Module, decay: float) -> Groups:
    """The parameters that do not decay are in no group, so they would never be trained."""
    return by_test(model, decay, lambda _, one: one.ndim > 1)[:1]


def twice(model: nn.Module, decay: float) -> Groups:
    """Some parameters are in both groups. Each may be in one only."""
    groups = by_test(model, decay, lambda _, one: one.ndim > 1)
    groups[1]["params"] = list(model.parameters())
    return groups


def part_by_part(model: nn.Module, decay: float) -> Groups:
    """Some parameters are in a group several times, and would be stepped as often: a part's
    parameters include those of its parts. `model.parameters()` gives each of them once.
    """
    every = [one for part in model.modules() for one in part.parameters()]
    return [
        {"params": [one for one in every if one.ndim > 1], "weight_decay": decay},
        {"params": [one for one in every if one.ndim <= 1], "weight_decay": 0.0},
    ]


def linear_weights(model: nn.Module, decay: float) -> Groups:
    """You chose the weights of `nn.Linear`. Other parts have weights of two or more dimensions,
    too, and so may the model itself. Ask each parameter for its `ndim`.
    """
    chosen = {id(one.weight) for one in model.modules() if isinstance(one, nn.Linear)}
    return by_test(model, decay, lambda _, one: id(one) in chosen)


@exercise(
    "Which weights decay",
    minutes=5,
    difficulty=2,
    place=130,
    hints=HINTS,
    why="Weights that multiply inputs have two dimensions or more; biases and norms are few, and "
    "are usually left alone.",
    inputs=inputs,
    use=use,
    mistakes=(
        everything,
        by_name,
        weights_by_name,
        exchanged,
        single_numbers,
        default_decay,
        second_group_lost,
        twice,
        part_by_part,
        linear_weights,
    ),
)
def decay_groups(model: nn.Module, decay: float) -> Groups:
    """Return two parameter groups for `torch.optim.AdamW`, a list of two dicts.

    Parameters with two or more dimensions are in the first, with weight decay `decay`. All others,
    such as biases and the weights of norms, are in the second, with weight decay 0.
    """
    parameters = list(model.parameters())
    return [
        {"params": [one for one in parameters if one.ndim > 1], "weight_decay": decay},
        {"params": [one for one in parameters if one.ndim <= 1], "weight_decay": 0.0},
    ]
