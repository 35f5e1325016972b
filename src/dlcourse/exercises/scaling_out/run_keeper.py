"""A run that survives a kill."""

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise


class Killed(BaseException):
    """Ends a save in the middle, as if the process had been killed."""


class _Bomb(Tensor):
    """A tensor that ends whatever wants to write it to a file."""

    def __reduce_ex__(self, protocol: object) -> Any:  # noqa: ANN401
        raise Killed


class _Net(nn.Module):
    """A small network with dropout; `armed`, it cannot be saved."""

    armed = False

    def __init__(self) -> None:
        super().__init__()
        self.inside = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2, bias=False))

    def forward(self, X: Tensor) -> Tensor:
        out: Tensor = self.inside(X)
        return out

    def get_extra_state(self) -> Tensor:
        return torch.zeros(1).as_subclass(_Bomb) if self.armed else torch.zeros(1)

    def set_extra_state(self, state: object) -> None:
        pass


class _Wrapped(nn.Module):
    """Holds a model as `module`, as DDP does."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.module = model

    def forward(self, X: Tensor) -> Tensor:
        out: Tensor = self.module(X)
        return out


class _Run:
    """A training run: model, optimizer, schedule and generator, with a class to keep them."""

    def __init__(self, seed: int, make: Callable[..., Any], path: Path, *, wrapped: bool) -> None:
        torch.default_generator.manual_seed(seed)
        self.net = _Net()
        model: nn.Module = _Wrapped(self.net) if wrapped else self.net
        self.optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        self.schedule = torch.optim.lr_scheduler.StepLR(self.optimizer, step_size=2, gamma=0.5)
        self.rng = torch.Generator().manual_seed(seed)
        self.keeper = make(path, model, self.optimizer, self.schedule, self.rng)

    def train(self, n_steps: int) -> None:
        for _ in range(n_steps):
            X = torch.randn(4, 3, generator=self.rng)
            self.optimizer.zero_grad()
            (self.net(X) - X[:, :2]).square().mean().backward()
            self.optimizer.step()
            self.schedule.step()

    def random_states(self) -> Tensor:
        return torch.cat([self.rng.get_state(), torch.get_rng_state()])

    def numbers(self) -> Tensor:
        return torch.cat([one.detach().flatten() for one in self.net.parameters()])


def _is_there_throughout(path: Path, save: Callable[[], None]) -> bool:
    """Save, and tell whether the file was there all the time: a kill may come at any moment."""
    is_there = True

    def look(_: object, event: str, called: Any) -> None:  # noqa: ANN401
        nonlocal is_there
        if event == "c_return" and called.__name__ in {"unlink", "remove", "rename", "replace"}:
            is_there &= path.exists()

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        save()
    finally:
        sys.setprofile(before)
    return is_there


def use(
    answer: Callable[..., Any],
    wrapped_when_saved: bool,  # noqa: FBT001
    wrapped_when_loaded: bool,  # noqa: FBT001
    n_before: int,
    n_after: int,
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "run.pt"
        first = _Run(1, answer, path, wrapped=wrapped_when_saved)
        before = first.random_states()
        try:
            seen = {"what `load` returns without a file": first.keeper.load()}
        except FileNotFoundError:
            return {"what `load` returns without a file": "nothing: it raised FileNotFoundError"}
        stays = not path.exists() and torch.equal(first.random_states(), before)
        seen["what `load` changes without a file"] = "nothing" if stays else "something"
        first.train(n_before)
        first.keeper.save(n_before)
        seen["the file at `path` after a save"] = "there" if path.exists() else "missing"
        if not path.exists():
            return seen
        inode = path.stat().st_ino
        is_there = _is_there_throughout(path, partial(first.keeper.save, n_before))
        in_place = path.stat().st_ino == inode
        first.train(n_after)
        first.net.armed = True
        with contextlib.suppress(Killed):
            first.keeper.save(n_before + n_after)
        later = _Run(2, answer, path, wrapped=wrapped_when_loaded)
        try:
            step = later.keeper.load()
        except (RuntimeError, EOFError, OSError) as error:
            if "Missing key" in str(error) or "Error(s) in loading" in str(error):
                raise
            return {**seen, "the file after a kill": "broken"}
        later.train(n_after)
    return {
        **seen,
        "the file after a kill": "whole",
        "the file during a save": "there all the time" if is_there else "gone for a moment",
        "a second save writes into the file of the first": "yes" if in_place else "no",
        "what `load` returns": step,
        "weights of the run that was saved, at its end": first.numbers(),
        "weights of the run that went on from the file, at its end": later.numbers(),
    }


def inputs(_: torch.Generator) -> Iterator[tuple[bool, bool, int, int]]:
    yield False, True, 3, 2
    yield True, False, 1, 1


# ---------------------------------------------------------------------------- closed half

from dlcourse.exercises.scaling_out._lost_runs import (  # noqa: E402 - of the closed half
    CopiedInPlace,
    FileExpected,
    GeneratorForgotten,
    GoneForAMoment,
    LeavesAFile,
    NextStep,
    OptimizerForgotten,
    OwnGeneratorForgotten,
    ScheduleForgotten,
    SeedsKept,
    WrapperExpected,
    WrapperSaved,
    WrittenInPlace,
)

HINTS = (
    "List what the next step reads. Where do the rate, the batch and the dropout mask come from?",
    "Five states: model, optimizer, schedule, `generator.get_state()` and `torch.get_rng_state()`.",
    'Write to `new = self.path.with_suffix(".new")`, then rename: `new.replace(self.path)`.',
    '`getattr(model, "module", model)` is the model itself, wrapped or not.',
)


@exercise(
    "A run that survives a kill",
    minutes=15,
    difficulty=3,
    place=110,
    hints=HINTS,
    why="What the next step reads is in the file, and the file changes in one stroke: a rename "
    "happens, or it does not.",
    inputs=inputs,
    use=use,
    mistakes=(
        OptimizerForgotten,
        ScheduleForgotten,
        GeneratorForgotten,
        OwnGeneratorForgotten,
        SeedsKept,
        WrittenInPlace,
        CopiedInPlace,
        GoneForAMoment,
        FileExpected,
        LeavesAFile,
        WrapperSaved,
        WrapperExpected,
        NextStep,
    ),
)
class RunKeeper:
    """Keeps a training run in the file `path`, so that it goes on after a kill as if undisturbed.

    `save` writes all that the next steps depend on. Killed in the middle of it, at any moment, it
    leaves the file of the save before as it was.
    `load` reads the file into the objects that this one was made with, and returns the step that
    was saved. Without a file it changes nothing, and returns 0.

    Batches are drawn with `generator`, dropout draws from PyTorch's own generator. `model` may be
    wrapped by DDP, which holds the model itself as `model.module`. What was saved with the wrapper
    can be loaded without it, and the other way around. `path` is a `Path`.
    """

    def __init__(
        self,
        path: Path,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        generator: torch.Generator,
    ) -> None:
        self.path, self.generator = path, generator
        model = getattr(model, "module", model)
        self.parts = {"model": model, "optimizer": optimizer, "schedule": schedule}

    def save(self, step: int) -> None:
        state = {name: part.state_dict() for name, part in self.parts.items()}
        drawn = {"generator": self.generator.get_state(), "torch": torch.get_rng_state()}
        new = self.path.with_suffix(".new")
        torch.save({**state, **drawn, "step": step}, new)
        new.replace(self.path)

    def load(self) -> int:
        if not self.path.exists():
            return 0
        state = torch.load(self.path)
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch"])
        return state["step"]  # type: ignore[no-any-return]
