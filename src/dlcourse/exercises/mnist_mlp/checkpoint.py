"""Save a training run, and go on."""

import contextlib
import io
import pickle
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function

File: TypeAlias = Any  # a path, or a file that is open


class _OpenFile(io.BytesIO):
    """A file in memory; a message shows how a learner makes one."""

    def __repr__(self) -> str:
        return "io.BytesIO()"


def _one_step(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    X = torch.arange(12.0).reshape(4, 3).sin()
    optimizer.zero_grad()
    (model(X) - X[:, :2]).square().mean().backward()
    optimizer.step()


def _numbers_in(model: nn.Module) -> Tensor:
    return torch.cat([numbers.flatten().float() for numbers in model.state_dict().values()])


def _taken_away(file: File) -> File | None:
    """Return what is in `file`, in another one of its kind; nothing is left in its place."""
    if isinstance(file, io.BytesIO):
        return _OpenFile(file.getvalue())
    return type(file)(Path(file).rename(f"{file}.taken")) if Path(file).exists() else None


def _loaded_epoch(checkpoint: Any, file: File) -> object:  # noqa: ANN401 - the learner's class
    try:
        return checkpoint.load(file)
    except pickle.UnpicklingError as error:
        # Its first line, which is all that a message shows, does not say what cannot be read.
        if unread := re.search(r"GLOBAL (\S+)", str(error)):
            error.args = (f"Weights only load failed: {unread[1]} was not an allowed global",)
        raise


def use(
    answer: Callable[..., Any],
    make_model: Callable[[], nn.Module],
    make_optimizer: Callable[[nn.Module, float], torch.optim.Optimizer],
    file: File,
    epoch: int,
    make_model_that_loads: Callable[[], nn.Module] | None = None,
) -> dict[str, Any]:
    model, other = make_model(), (make_model_that_loads or make_model)()
    optimizer, other_optimizer = make_optimizer(model, 0.1), make_optimizer(other, 0.3)
    keeper = answer(model, optimizer)  # made before the first step
    _one_step(model, optimizer)
    with tempfile.TemporaryDirectory() as folder:
        place = file if isinstance(file, io.BytesIO) else type(file)(Path(folder) / file)
        keeper.save(place, epoch)
        taken = _taken_away(place)
        if taken is None:
            return {"what `save` leaves at the path": "no file"}
        if make_model_that_loads:
            with contextlib.suppress(Exception):  # whatever error says that it does not fit
                answer(other, other_optimizer).load(taken)
                return {"load, where the layers have other names": "raises no error"}
            return {"load, where the layers have other names": "raises an error"}
        if isinstance(file, io.BytesIO):  # training goes on, and is saved again; `taken` stays
            _one_step(model, optimizer)
            keeper.save(_OpenFile(), epoch + 1)
        as_made = _numbers_in(other)
        loaded_epoch = _loaded_epoch(answer(other, other_optimizer), taken)
    right_after = _numbers_in(other)
    if torch.equal(right_after, as_made):
        return {"load changes the network that it was given": "no"}
    _one_step(other, other_optimizer)
    return {
        "save leaves the network in": "train mode" if model.training else "eval mode",
        "load changes the network that it was given": "yes",
        "from the first save, load returns": loaded_epoch,
        "the network's numbers after load": right_after,
        "the same numbers a step later": _numbers_in(other),
    }


def inputs(_: torch.Generator) -> Iterator[tuple[Any, ...]]:
    names = "torch.nn.Linear(3, 2, bias=False), torch.nn.BatchNorm1d(2)"  # its slope would be 0
    model = shown_function(f"lambda: torch.nn.Sequential({names})")
    adam = shown_function("lambda model, lr: torch.optim.Adam(model.parameters(), lr)")
    yield model, adam, _OpenFile(), 5
    sgd = shown_function("lambda model, lr: torch.optim.SGD(model.parameters(), lr)")
    yield model, sgd, "run.pt", 3
    other = shown_function(f"lambda: torch.nn.Sequential(torch.nn.Sequential({names}))")
    yield model, sgd, Path("run.pt"), 2, other


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "What do the next steps depend on? On the weights; and with Adam on what else?",
    "The network and the optimizer each have a `state_dict()` and a `load_state_dict(…)`.",
    "`torch.save` takes a dict of dicts: put both state dicts and the epoch into one.",
    "`load` reads that dict with `torch.load(file)`, hands each state dict to its `load_state_dict`, and returns the epoch.",  # noqa: E501
)


class _Right:
    """A right answer: each mistake spoils one part of it."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def states(self) -> tuple[Any, Any]:
        return self.model.state_dict(), self.optimizer.state_dict()

    def put_back(self, weights: Any, state: Any) -> None:  # noqa: ANN401 - what `states` returned
        self.model.load_state_dict(weights)
        self.optimizer.load_state_dict(state)

    def save(self, file: File, epoch: int) -> None:
        torch.save((*self.states(), epoch), file)

    def load(self, file: File) -> int:
        weights, state, epoch = torch.load(file)
        self.put_back(weights, state)
        return int(epoch)


class OptimizerForgotten(_Right):
    """You kept the weights and forgot the optimizer's state: after loading, its running averages
    start at 0 again, and the next steps differ. `optimizer.state_dict()` holds them.
    """

    def put_back(self, weights: Any, state: Any) -> None:  # noqa: ANN401, ARG002
        self.model.load_state_dict(weights)


class NotStrict(_Right):
    """A network whose layers have other names is passed over, or filled by place, in silence. Load
    with `load_state_dict`, and leave out `strict=False`: then names that do not fit are an error.
    """

    def put_back(self, weights: Any, state: Any) -> None:  # noqa: ANN401
        self.model.load_state_dict(weights, strict=False)
        self.optimizer.load_state_dict(state)


class ParametersOnly(_Right):
    """You kept `parameters()` only. A network has more: batch norm's running averages are buffers,
    in the state dict but no parameters, and they started anew.
    """

    def put_back(self, weights: Any, state: Any) -> None:  # noqa: ANN401
        with torch.no_grad():
            for name, mine in self.model.named_parameters():
                mine.copy_(weights[name])
        self.optimizer.load_state_dict(state)


class WholeNetwork(_Right):
    """You saved the network itself, and `torch.load` reads tensors and plain containers only, since
    anything else can run a program on your machine. Save state dicts, of the optimizer as well.
    """

    def states(self) -> tuple[Any, Any]:
        return self.model, self.optimizer


class WholeOptimizer(_Right):
    """You saved the optimizer itself, and `torch.load` reads tensors and plain containers only,
    since anything else can run a program on your machine. Save its state dict.
    """

    def states(self) -> tuple[Any, Any]:
        return self.model.state_dict(), self.optimizer


class TakenAtTheStart(_Right):
    """You took the state dicts in `__init__`: an optimizer's averages begin with its first step, so
    they are not in there yet. Call `state_dict()` in `save`, for the state at that time.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        super().__init__(model, optimizer)
        self.kept = model.state_dict(), optimizer.state_dict()

    def states(self) -> tuple[Any, Any]:
        return self.kept


class ModelReplaced(_Right):
    """Your `load` leaves the network as it was made. Load into the one that you were given, with
    `self.model.load_state_dict(…)`; `self.model = …` only gives its name to something else.
    """

    def put_back(self, weights: Any, state: Any) -> None:  # noqa: ANN401
        self.model, self.optimizer = weights, state


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
        WholeNetwork,
        WholeOptimizer,
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
