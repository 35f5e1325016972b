"""Save a training run, and go on."""

import io
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise

File: TypeAlias = Any  # a path, or a file that is open


def _small_network(seed: int, names: tuple[str, str]) -> nn.Module:
    rng = torch.Generator().manual_seed(seed)
    layers = nn.Linear(3, 2), nn.BatchNorm1d(2)
    nn.init.normal_(layers[0].weight, generator=rng)
    return nn.Sequential(OrderedDict(zip(names, layers, strict=True)))


def _one_step(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    X = torch.arange(12.0).reshape(4, 3).sin()
    optimizer.zero_grad()
    (model(X) - X[:, :2]).square().mean().backward()
    optimizer.step()


def _numbers_in(model: nn.Module) -> Tensor:
    return torch.cat([numbers.flatten().float() for numbers in model.state_dict().values()])


def use(
    answer: Callable[..., Any],
    optimizer_class: Callable[..., torch.optim.Optimizer],
    epoch: int,
    layers_saved: tuple[str, str],
    layers_loading: tuple[str, str],
    kind_of_file: str,
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = io.BytesIO() if kind_of_file == "open file" else Path(folder) / "run.pt"
        return _resumed(answer, file, optimizer_class, epoch, layers_saved, layers_loading)


def _resumed(answer: Callable[..., Any], file: File, *run: Any) -> dict[str, Any]:  # noqa: ANN401
    optimizer_class, epoch, layers_saved, layers_loading = run
    model, other = _small_network(1, layers_saved), _small_network(2, layers_loading)
    optimizer = optimizer_class(model.parameters(), lr=0.1)
    other_optimizer = optimizer_class(other.parameters(), lr=0.3)  # the file brings the rate, too
    keeper = answer(model, optimizer)  # made before the first step
    _one_step(model, optimizer)
    keeper.save(file, epoch)
    _one_step(model, optimizer)  # training goes on; the file stays as it is
    if isinstance(file, io.BytesIO):
        file.seek(0)
    checkpoint = answer(other, other_optimizer)
    if layers_saved != layers_loading:
        try:
            checkpoint.load(file)
        except Exception:  # noqa: BLE001 - whatever error says that it does not fit
            return {"load, where the layers have other names": "raises an error"}
        return {"load, where the layers have other names": "raises no error"}
    as_made = _numbers_in(other)
    loaded_epoch = checkpoint.load(file)
    right_after = _numbers_in(other)
    if torch.equal(right_after, as_made):
        return {"load changes the network that it was given": "no"}
    _one_step(other, other_optimizer)
    return {
        "load changes the network that it was given": "yes",
        "load returns": loaded_epoch,
        "the network's numbers after load": right_after,
        "the same numbers a step later": _numbers_in(other),
    }


def inputs(_: torch.Generator) -> Iterator[tuple[Any, int, Any, Any, str]]:
    same = "hidden", "norm"
    yield torch.optim.Adam, 5, same, same, "open file"
    yield torch.optim.Adam, 3, same, same, "path"
    yield torch.optim.SGD, 2, same, ("layer", "batch_norm"), "open file"


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "What do the next steps depend on? On the weights; and with Adam on what else?",
    "The network and the optimizer each have a `state_dict()` and a `load_state_dict(…)`.",
    "`torch.save` takes a dict of dicts: put both state dicts and the epoch into one.",
    (
        "`load` reads that dict with `torch.load(file)`, hands each state dict to its "
        "`load_state_dict`, and returns the epoch."
    ),
)


class OptimizerForgotten:
    """You kept the weights and forgot the optimizer's state: after loading, its running averages
    start at 0 again, and the next steps differ. `optimizer.state_dict()` holds them.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: File, epoch: int) -> None:
        torch.save({"model": self.model.state_dict(), "epoch": epoch}, file)

    def load(self, file: File) -> int:
        state = torch.load(file)
        self.model.load_state_dict(state["model"])
        epoch: int = state["epoch"]
        return epoch


class NotStrict:
    """You loaded with `strict=False`: names that do not fit are passed over in silence, so that a
    network with other layers stays as random as it was. Leave `strict` as it is.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: File, epoch: int) -> None:
        states = self.model.state_dict(), self.optimizer.state_dict()
        torch.save((*states, epoch), file)

    def load(self, file: File) -> int:
        weights, state, epoch = torch.load(file)
        self.model.load_state_dict(weights, strict=False)
        self.optimizer.load_state_dict(state)
        return int(epoch)


class ParametersOnly:
    """You kept `parameters()` only. A network has more: batch norm's running averages are buffers,
    in the state dict but no parameters, and they started anew.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: File, epoch: int) -> None:
        torch.save((list(self.model.parameters()), self.optimizer.state_dict(), epoch), file)

    def load(self, file: File) -> int:
        weights, state, epoch = torch.load(file)
        with torch.no_grad():
            for mine, saved in zip(self.model.parameters(), weights, strict=True):
                mine.copy_(saved)
        self.optimizer.load_state_dict(state)
        return int(epoch)


class WholeObjects:
    """You saved the network and the optimizer themselves, and `torch.load` reads tensors and plain
    containers only, since anything else can run a program on your machine. Save state dicts.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: File, epoch: int) -> None:
        torch.save((self.model, self.optimizer, epoch), file)

    def load(self, file: File) -> int:
        model, optimizer, epoch = torch.load(file)
        self.model.load_state_dict(model.state_dict())
        self.optimizer.load_state_dict(optimizer.state_dict())
        return int(epoch)


class TakenAtTheStart:
    """You took the state dicts in `__init__`: an optimizer's averages begin with its first step, so
    they are not in there yet. Call `state_dict()` in `save`, for the state at that time.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer
        self.states = model.state_dict(), optimizer.state_dict()

    def save(self, file: File, epoch: int) -> None:
        torch.save((*self.states, epoch), file)

    def load(self, file: File) -> int:
        weights, state, epoch = torch.load(file)
        self.model.load_state_dict(weights)
        self.optimizer.load_state_dict(state)
        return int(epoch)


class ModelReplaced:
    """Your `load` leaves the network as it was made. Load into the one that you were given, with
    `self.model.load_state_dict(…)`; `self.model = …` only gives its name to something else.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: File, epoch: int) -> None:
        torch.save((self.model.state_dict(), self.optimizer.state_dict(), epoch), file)

    def load(self, file: File) -> int:
        self.model, self.optimizer, epoch = torch.load(file)
        return int(epoch)


@exercise(
    "Save a training run, and go on",
    minutes=8,
    difficulty=2,
    place=90,
    hints=HINTS,
    why="The next step depends on the weights, on batch norm's averages and on Adam's; the two "
    "state dicts hold all of them.",
    inputs=inputs,
    use=use,
    mistakes=(
        OptimizerForgotten,
        NotStrict,
        ParametersOnly,
        WholeObjects,
        TakenAtTheStart,
        ModelReplaced,
    ),
)
class Checkpoint:
    """Keeps a training run in a file, so that it goes on later as if it had never stopped.

    `save` writes what is needed to `file` (a path, or a file open for writing bytes).
    `load` reads it back into the network and the optimizer that this object was made with, and
    returns the epoch. If the network in the file has layers of other names, it raises an error.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: File, epoch: int) -> None:
        states = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save({**states, "epoch": epoch}, file)

    def load(self, file: File) -> int:
        state = torch.load(file)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        return state["epoch"]  # type: ignore[no-any-return]
