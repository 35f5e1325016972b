"""Runs a learner's code on one input, and keeps what came of it.

Covers: exceptions of every kind but KeyboardInterrupt (the notebook's stop button), arguments that
were changed, what was printed; each run starts from the state of a fresh notebook.
Does not cover: a time limit. Code in another thread could not be stopped with the stop button.
"""

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance, same
from dlcourse.checking.failure import Failure
from dlcourse.checking.state import start_afresh

_SEED = 0


@dataclass(frozen=True)
class Behavior:
    """What an answer did on one input.

    Attributes:
        value: what came out; None where it raised.
        failure: what it raised, if it did.
        changed: the number of the first argument that is not as it was before; None: all are.
        printed: what it wrote to the terminal.
    """

    value: Any = None
    failure: Failure | None = None
    changed: int | None = None
    printed: str = ""

    def is_like(self, other: "Behavior", tolerance: Tolerance) -> bool:
        """Tell whether both did the same: the same value or kind of error, the same change."""
        if self.changed != other.changed or (self.failure is None) != (other.failure is None):
            return False
        if self.failure is not None and other.failure is not None:
            return self.failure.is_like(other.failure)
        return same(self.value, other.value, tolerance)


def attempt(
    use: Callable[..., Any],
    answer: Any,  # noqa: ANN401
    arguments: Sequence[Any],
    untouched: Sequence[Any],
) -> Behavior:
    """Call `use(answer, *arguments)`, seeded, and return what came of it.

    Args:
        use: calls the answer; what it returns is what is compared.
        answer: a learner's function, class or value.
        arguments: may be changed by the answer.
        untouched: the same arguments, made a second time, to tell whether they were.
    """
    start_afresh()  # an interrupted `with torch.no_grad()`, say, may still be in force
    torch.default_generator.manual_seed(_SEED)
    terminal = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = paper = io.StringIO()
    value, failure = None, None
    try:  # no `with`: the stop button, pressed as one ends, would leave its change in force
        value = use(answer, *arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as raised:  # noqa: BLE001 - SystemExit, too: `exit()` is a learner's slip
        failure = Failure.of(raised, answer)
    finally:
        sys.stdout, sys.stderr = terminal
    changed = (n for n, pair in enumerate(zip(arguments, untouched, strict=True)) if differ(*pair))
    return Behavior(value, failure, next(changed, None), paper.getvalue())


def differ(now: object, before: object) -> bool:
    """Tell whether an argument is not as it was: its numbers, its place in a graph, its length."""
    if type(now) is not type(before):
        return True
    if isinstance(before, torch.nn.Module) and isinstance(now, torch.nn.Module):
        now, before = [_what_counts(model) for model in (now, before)]
    if isinstance(before, Tensor) and isinstance(now, Tensor):
        return _tensors_differ(now, before)
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        return list(now) != list(before) or any(differ(now[key], before[key]) for key in before)
    if isinstance(before, list | tuple) and isinstance(now, list | tuple):
        pairs = zip(now, before, strict=False)
        return len(now) != len(before) or any(differ(*pair) for pair in pairs)
    if isinstance(before, np.ndarray | int | float | str):
        return not _same_values(np.asarray(now), np.asarray(before))
    return False  # a function, or an object that the course knows nothing about


def _what_counts(model: torch.nn.Module) -> tuple[object, ...]:
    """Return the mode of a model, its numbers, and which of them it learns."""
    learned = [name for name, one in model.named_parameters() if one.requires_grad]
    return model.training, dict(model.state_dict()), learned


def _tensors_differ(now: Tensor, before: Tensor) -> bool:
    if now.requires_grad != before.requires_grad:
        return True
    if before.is_leaf and now.is_leaf and differ(now.grad, before.grad):
        return True
    now, before = now.detach(), before.detach()
    if now.shape != before.shape or now.dtype != before.dtype or now.device != before.device:
        return True
    if torch.equal(now, before):
        return False
    same = (now == before) | (now.isnan() & before.isnan())
    return not bool(same.all())


def _same_values(now: np.ndarray, before: np.ndarray) -> bool:
    if now.shape != before.shape or now.dtype != before.dtype:
        return False
    return np.array_equal(now, before, equal_nan=before.dtype.kind in "fc")
