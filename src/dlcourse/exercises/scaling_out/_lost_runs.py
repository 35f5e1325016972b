"""Mistakes of the exercise `run_keeper`: what a file can lack, and how it can be lost."""

import io
from pathlib import Path
from typing import Any

import torch
from torch import nn


class Right:
    """A right answer in parts, so that each mistake can spoil one of them."""

    skipped = ""

    def __init__(self, path: Path, *parts: Any) -> None:  # noqa: ANN401
        self.path = path
        self.model, self.optimizer, self.schedule, self.generator = parts
        self.plain = getattr(self.model, "module", self.model)

    def save(self, step: int) -> None:
        named = ("plain", "optimizer", "schedule")
        state = {name: getattr(self, name).state_dict() for name in named}
        state |= {"generator": self.generator.get_state(), "torch": torch.get_rng_state()}
        self.write({**state, "step": step})

    def write(self, state: dict[str, Any]) -> None:
        new = self.path.with_suffix(".new")
        torch.save(state, new)
        new.replace(self.path)

    def load(self) -> int:
        if not self.path.exists():
            return 0
        state = torch.load(self.path)
        for name in {"plain", "optimizer", "schedule"} - {self.skipped}:
            getattr(self, name).load_state_dict(state[name])
        if self.skipped != "generator":
            self.generator.set_state(state["generator"])
        if self.skipped != "torch":
            torch.set_rng_state(state["torch"])
        return int(state["step"])


class OptimizerForgotten(Right):
    """You left out the optimizer's state. After a restart its averages begin at 0 again, and the
    next steps are others.
    """

    skipped = "optimizer"


class ScheduleForgotten(Right):
    """You left out the schedule's state. After a restart it counts from 0 again, and the rate falls
    too late.
    """

    skipped = "schedule"


class GeneratorForgotten(Right):
    """The generator is not as it was, so other batches come than would have come without the kill.
    Save `generator.get_state()`, and put it back with `self.generator.set_state(…)`, into the
    generator that you were given.
    """

    skipped = "generator"


class OwnGeneratorForgotten(Right):
    """You left out PyTorch's own generator: dropout now leaves out other units than it would have.
    Save `torch.get_rng_state()`, and put it back with `torch.set_rng_state`.
    """

    skipped = "torch"


class SeedsKept(Right):
    """You saved the generator's seed, and the run draws its first batches again. The state of a
    generator, `get_state()`, also says how far it has come.
    """

    def load(self) -> int:
        step = super().load()
        if step:
            self.generator.manual_seed(1)
        return step


class WrittenInPlace(Right):
    """You wrote straight to `path`. Killed in the middle of that, a run leaves half a file, and the
    good one is gone. Write to another name, then rename.
    """

    def write(self, state: dict[str, Any]) -> None:
        torch.save(state, self.path)


class CopiedInPlace(Right):
    """You made the new file elsewhere, and then wrote its bytes over the old one. A kill in the
    middle of that leaves half a file. Only a rename (`Path.replace`, `os.replace`) is in one
    stroke.
    """

    def write(self, state: dict[str, Any]) -> None:
        memory = io.BytesIO()
        torch.save(state, memory)
        self.path.write_bytes(memory.getvalue())


class GoneForAMoment(Right):
    """You take the old file away before the new one has its name. Killed between the two, a run
    finds no file at `path`. `replace` puts the new one over the old in one stroke.
    """

    def write(self, state: dict[str, Any]) -> None:
        new = self.path.with_suffix(".new")
        torch.save(state, new)
        self.path.unlink(missing_ok=True)
        new.rename(self.path)


class LeavesAFile(Right):
    """Your `load` saves where there is no file. It should change nothing then, and return 0."""

    def load(self) -> int:
        if not self.path.exists():
            self.save(0)
        return super().load()


class FileExpected(Right):
    """Your `load` needs a file. At the very first start there is none: return 0 then."""

    def load(self) -> int:
        torch.load(self.path)
        return super().load()


class WrapperSaved(Right):
    """You saved the wrapper's state dict: each name in it begins with "module.", and the model
    itself does not know such names. Save and load that of `model.module` where there is one.
    """

    def __init__(self, path: Path, *parts: Any) -> None:  # noqa: ANN401
        super().__init__(path, *parts)
        self.plain = self.model


class WrapperExpected(Right):
    """You took `model.module` in every case. Only a model that is wrapped by DDP has it."""

    def __init__(self, path: Path, *parts: Any) -> None:  # noqa: ANN401
        super().__init__(path, *parts)
        self.plain: nn.Module = self.model.module


class NextStep(Right):
    """You returned the step after the one that was saved. `load` returns the number that `save`
    was given.
    """

    def load(self) -> int:
        step = super().load()
        return step + 1 if step else 0
