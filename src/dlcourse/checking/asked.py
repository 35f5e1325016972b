"""What is asked in an exercise, and what an answer to it does: all that its solver may see.

Covers: the inputs, calling an answer on each of them, telling a stub and a wrong kind of answer.
Does not cover: what is right, and what is known to be wrong (`judgment`). So grading can run this
part where no solution is.
"""

import inspect
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from dlcourse.checking import record as records
from dlcourse.checking import source
from dlcourse.checking.comparison import shorten
from dlcourse.checking.record import Inputs, Record, call
from dlcourse.checking.state import start_afresh
from dlcourse.checking.trial import Behavior, attempt

SEED = 2_147_483_647  # of the inputs; any number will do


def as_one(answers: tuple[Any, ...]) -> Any:  # noqa: ANN401 - whatever a learner handed over
    """Return what a check was handed as `use` gets it: the answer, or a tuple of several."""
    return answers[0] if len(answers) == 1 else answers


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked, as far as it takes to run an answer.

    Attributes:
        names: what the stub defines, in the order in which `check` takes it.
        is_question: whether the answer is a value, and not a function or class.
        is_class: whether it is a class.
        stub: the code that a learner starts from.
        setup_source: the imports that the stub needs.
        inputs: yields the arguments.
        use: calls the answer on the arguments.
        parameters: what the arguments are called.
        seed: of the inputs.
    """

    names: tuple[str, ...]
    is_question: bool
    is_class: bool
    stub: str
    setup_source: str
    inputs: Inputs
    use: Callable[..., Any]
    parameters: tuple[str, ...]
    seed: int = SEED

    @classmethod
    def of(cls, record: Record, seed: int = SEED) -> "Asked":
        """Return what is asked in the exercise that `record` describes."""
        function = record.answer if record.use is call else record.use
        parameters = tuple(inspect.signature(function).parameters)
        return cls(
            record.names,
            record.is_question,
            isinstance(record.answer, type),
            record.stub,
            record.stub_setup_source,
            record.inputs,
            record.use,
            parameters if record.use is call else parameters[1:],
            seed,
        )

    @classmethod
    def from_told(cls, told: Mapping[str, Any], seed: int = SEED) -> "Asked":
        """Return what `as_told` told; the code that it holds is run, and nothing else is needed."""
        module = types.ModuleType("asked")
        sys.modules[module.__name__] = module
        exec(compile(told["text"], "<asked>", "exec"), vars(module))  # noqa: S102 - our own text
        parts = vars(records) | vars(module)
        return cls(
            tuple(told["names"]),
            told["is_question"],
            told["is_class"],
            told["stub"],
            told["setup_source"],
            parts[told["inputs"]],
            parts[told["use"]],
            tuple(told["parameters"]),
            seed,
        )

    def as_told(self, text: str) -> dict[str, Any]:
        """Return what is asked as plain data, for where the exercise's file is not.

        Args:
            text: the public half of that file (`discovery.asked_half`).
        """
        return {
            "text": text,
            "names": self.names,
            "is_question": self.is_question,
            "is_class": self.is_class,
            "stub": self.stub,
            "setup_source": self.setup_source,
            "inputs": self.inputs.__name__,
            "use": self.use.__name__,
            "parameters": self.parameters,
        }

    def behaviors(self, answer: object) -> list[Behavior]:
        """Return what `answer` does on each input."""
        start_afresh()
        pairs = zip(self.make_inputs(), self.untouched_inputs, strict=True)
        behaviors = [self.behavior(answer, *pair) for pair in pairs]
        start_afresh()  # an answer may have changed how numbers look in its message
        return behaviors

    def behavior(
        self, answer: object, arguments: tuple[Any, ...], untouched: tuple[Any, ...]
    ) -> Behavior:
        """Return what `answer` does on one input; `untouched` is the same one, made again."""
        try:
            return attempt(self.use, answer, arguments, untouched)
        except KeyboardInterrupt as stop:
            stop.add_note(self.tell(untouched).rstrip(":"))
            raise

    def tell(self, arguments: tuple[Any, ...]) -> str:
        """Return an input, as the beginning of a sentence."""
        pairs = zip(self.parameters, arguments, strict=False)
        told = ", ".join(f"{name} = {shorten(value)}" for name, value in pairs)
        return f"For {told}:" if told else ""

    @cached_property
    def untouched_inputs(self) -> list[tuple[Any, ...]]:
        """The arguments of every input; no answer ever gets these."""
        return self.make_inputs()

    def make_inputs(self) -> list[tuple[Any, ...]]:
        """Return the arguments of every input, made anew."""
        # A model among them draws its first weights from PyTorch's own generator.
        torch.default_generator.manual_seed(self.seed)
        return list(self.inputs(torch.Generator().manual_seed(self.seed)))

    def is_untouched(self, answer: object) -> bool:
        """Tell whether `answer` is what the learner started from."""
        if self.is_question:
            return answer is Ellipsis or (
                isinstance(answer, tuple)
                and bool(answer)
                and all(one is Ellipsis for one in answer)
            )
        return source.fingerprint(answer) in self._fingerprints

    @cached_property
    def _fingerprints(self) -> set[tuple[object, ...]]:
        # Python compiles a call such as `torch.exp(x)` to other code where the import of `torch`
        # stands in the same text (a script) than where it does not (a notebook's cell).
        apart: dict[str, Any] = {}
        together: dict[str, Any] = {}
        exec(self.setup_source, apart)  # noqa: S102 - our own text
        exec(self.stub, apart)  # noqa: S102
        exec(self.setup_source + self.stub, together)  # noqa: S102
        name = self.names[0]
        return {source.fingerprint(apart[name]), source.fingerprint(together[name])}

    def wrong_kind(self, answer: object) -> str:
        """Say what is wrong where the answer is no function, or no class; else ""."""
        name, kind = self.names[0], "class" if self.is_class else "function"
        right = isinstance(answer, type) if self.is_class else callable(answer)
        if self.is_question or right:
            return ""
        remedy = f"Hand over the {kind} itself, without calling it: `check({name})`."
        return f"`{name}` should be a {kind}, and {shorten(answer)} is none. {remedy}"
