"""Find what the module hides."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function


class BlendWithBugs(nn.Module):
    """A scale times the sum of some layers: (N, 2) → (N, 1).

    `layers` is a list of modules such as nn.Linear(2, 1), and `scale` is a tensor with one number,
    the one to start from. All of it is to be trained. `forward` is right; fix `__init__`.
    """

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = list(layers)
        self.scale = scale.clone().requires_grad_()

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


def use(
    answer: Callable[..., nn.Module], layers: list[nn.Module], scale: Tensor, X: Tensor
) -> object:
    model = answer(layers, scale)
    if not isinstance(model, nn.Module):
        return model
    y_hat = model(X)
    if isinstance(y_hat, Tensor) and y_hat.requires_grad:
        y_hat.sum().backward()
    return {
        "what comes out of `forward`": y_hat,
        "how many numbers `parameters()` finds": sum(p.numel() for p in model.parameters()),
        "how many of them ask for a slope": sum(
            p.numel() for p in model.parameters() if p.requires_grad
        ),
        "how many of them get a slope from `backward`": sum(
            p.numel() for p in model.parameters() if p.grad is not None
        ),
        "how many numbers `state_dict()` holds": sum(
            value.numel() for value in model.state_dict().values()
        ),
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[list[nn.Module], Tensor, Tensor]]:
    yield _layers(2, rng), torch.tensor(1.0), torch.tensor([[1.0, 2.0]])
    yield _layers(1, rng), torch.tensor(-0.5), torch.randn(3, 2, generator=rng)
    yield _layers(3, rng), torch.tensor(2.0), torch.randn(2, 4, generator=rng).T


def _layers(number: int, rng: torch.Generator) -> list[nn.Module]:
    layers = [shown_function("torch.nn.Linear(2, 1)") for _ in range(number)]
    for layer in layers:
        nn.init.normal_(layer.weight, generator=rng)
        nn.init.normal_(layer.bias, generator=rng)
    return layers


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Make one and count: how many numbers does `parameters()` find, and how many are there?",
    "There are two bugs. You met both as traps, in version 4 and just above.",
    "Layers belong in an `nn.ModuleList`; a tensor that is trained is an `nn.Parameter`.",
)


class BlendWithList(nn.Module):
    """You left the layers in a Python list, which hides them: they would never be trained."""

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = list(layers)
        self.scale = nn.Parameter(scale.clone())

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


class BlendWithTensor(nn.Module):
    """You left the scale a plain tensor: it has a slope, but no optimizer ever sees it."""

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = scale.clone().requires_grad_()

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


class BlendWithBuffer(nn.Module):
    """You made the scale a buffer: it is saved with the model, but only parameters are trained."""

    scale: Tensor

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.register_buffer("scale", scale)

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


class BlendWithNumber(nn.Module):
    """Your `forward` computes with a number and not with the parameter: `item` and `detach` cut
    the graph, so the scale gets no slope. Multiply by the parameter itself.
    """

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(scale.clone())

    def forward(self, X: Tensor) -> Tensor:
        return self.scale.item() * sum(layer(X) for layer in self.layers)


class BlendFrozen(nn.Module):
    """You switched `requires_grad` off: the scale is registered, but no training changes it."""

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(scale.clone(), requires_grad=False)

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


@exercise(
    "Find what the module hides",
    minutes=5,
    difficulty=2,
    place=64,
    hints=HINTS,
    why="A module registers modules, module lists and parameters; lists and tensors stay unseen.",
    mistakes=(BlendWithList, BlendWithTensor, BlendWithBuffer, BlendFrozen, BlendWithNumber),
    equivalent=(
        ("scale.clone()", "scale", "a parameter that shares memory with `scale` trains as well"),
    ),
    inputs=inputs,
    use=use,
    template=BlendWithBugs,
)
class Blend(nn.Module):
    """A scale times the sum of some layers: (N, 2) → (N, 1).

    `layers` is a list of modules such as nn.Linear(2, 1), and `scale` is a tensor with one number,
    the one to start from. All of it is to be trained.
    """

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(scale.clone())

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)
