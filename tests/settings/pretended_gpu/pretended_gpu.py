"""A GPU for machines without one: its tensors lie on the CPU and behave as if they did not.

With this folder on PYTHONPATH and DLCOURSE_DEVICE=cuda (or mps), PyTorch finds such a device.
Pretended is what makes code that works on a CPU fail on a GPU, or print something else there:

- A calculation with a tensor there and one on the CPU is an error, unless that one has rank 0.
- NumPy, and with it Matplotlib, cannot read a tensor there.
- A tensor there names its device when it is printed.
- Random numbers that are drawn there are others than on the CPU, with the same seed.
- A generator of the CPU cannot draw there, and MPS has no float64.

Not pretended are rounding, memory, speed, and that the device works while Python goes on.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import nan
from time import perf_counter
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

_MARK = "_is_on_the_pretended_gpu"
# What may be given tensors of both devices.
_BETWEEN = {"to", "copy_", "type_as", "data", "grad", "__getitem__", "__setitem__"}
_BETWEEN |= {"_has_compatible_shallow_copy_type"}  # asked before a layer's weights are moved


def install(kind: str) -> None:
    """Let PyTorch find a device of the kind `cuda` or `mps`, as long as this process lives."""
    gpu = _PretendedGPU(kind)
    replaced: list[tuple[Any, str, Callable[..., Any]]] = [
        # A mode is not told of these two.
        (torch, "manual_seed", gpu.seeded_with(torch.manual_seed)),
        (nn.Parameter, "__new__", _keeping_the_mark(nn.Parameter.__new__)),
        # These would ask the real device.
        (Tensor, "pin_memory", Tensor.clone),
        (torch.accelerator, "synchronize", lambda: None),
        (torch, "autocast", _Autocast),
        (torch.optim.Optimizer, "_accelerator_graph_capture_health_check", lambda _: None),
    ]
    if kind == "cuda":
        replaced += [
            (torch.cuda, "is_available", lambda: True),
            (torch.cuda, "get_device_name", lambda _: "pretended GPU"),
            (torch.cuda, "synchronize", lambda _: None),
            (torch.cuda, "Event", _Event),
            (torch.cuda, "is_current_stream_capturing", lambda: False),
            (torch, "compile", _for_the_cpu(torch.compile)),
        ]
    else:
        replaced += [
            # A cached function, as PyTorch's own: torch.compile looks at what is inside.
            (torch.backends.mps, "is_available", functools.lru_cache(lambda: True)),
            (torch.mps, "synchronize", lambda: None),
        ]
    for owner, name, replacement in replaced:
        setattr(owner, name, replacement)
    gpu.__enter__()  # type: ignore[no-untyped-call]


class _PretendedGPU(TorchFunctionMode):
    """Is told of each call of PyTorch's functions and methods, and each look at an attribute."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.device = torch.device(kind, 0)
        self.random_state = torch.Generator().get_state()
        self.answers: dict[str, Callable[..., Any]] = {
            "device": lambda _: self.device,
            "is_cuda": lambda _: kind == "cuda",
            "is_mps": lambda _: kind == "mps",
            "is_cpu": lambda _: False,
            "__repr__": self._text_of,
            "__array__": self._cannot_be_read,
            "numpy": self._cannot_be_read,
            "__reduce_ex__": lambda tensor, protocol: tensor.detach().__reduce_ex__(protocol),
        }

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        """Do what PyTorch would do if some of the tensors were on a GPU."""
        kwargs = kwargs or {}
        name = _name_of(function)
        if name == "__deepcopy__":  # the mark is copied with the tensor
            return function(*args, **kwargs)
        tensors = _tensors_in((args, kwargs))
        is_there = any(_is_there(tensor) for tensor in tensors)
        if is_there and name in self.answers:
            return self.answers[name](*args, **kwargs)
        goes_there = self._goes_there(name, args, kwargs, is_there=is_there)
        if is_there:
            self._complain_of_two_devices(name, args, tensors)
        if goes_there:
            result = self._compute_there(function, args, kwargs)
        else:
            result = function(*args, **kwargs)
        if is_there != goes_there and name in ("to", "cpu") and result is args[0]:
            result = result.clone()  # the device has changed, which always makes a copy
        if goes_there:
            for tensor in _tensors_in(result):
                self._mark(tensor)
        if name == "data" and len(args) > 1:  # x.data = y moves x to the device of y
            setattr(args[0], _MARK, _is_there(args[1]))
        return result

    def seeded_with(self, manual_seed: Callable[[int], Any]) -> Callable[[int], Any]:
        """Return `manual_seed` as a function that seeds this device, too."""

        @functools.wraps(manual_seed)
        def seed_both(seed: int) -> object:
            self.random_state = torch.Generator().manual_seed(int(seed) + 1).get_state()
            return manual_seed(seed)

        return seed_both

    def _goes_there(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, is_there: bool
    ) -> bool:
        """Tell whether the result is there: if that is asked for, or nothing and the input is."""
        if name == "cpu":
            return False
        if name in ("copy_", "__setitem__"):
            return _is_there(args[0])
        wishes = [kwargs.get("device"), *(args[1:] if name == "to" else [])]
        for wish in wishes:
            if isinstance(wish, Tensor):
                return _is_there(wish)
            if isinstance(wish, str | torch.device):
                return self._is_this_device(wish)
        return is_there

    def _compute_there(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:  # noqa: ANN401
        if kwargs.get("generator"):
            msg = f"Expected a '{self.device.type}' device type for generator but found 'cpu'"
            raise RuntimeError(msg)
        on_cpu = ["cpu" if self._is_this_device(value) else value for value in args]
        named = {name: "cpu" if name == "device" else value for name, value in kwargs.items()}
        with self._random_numbers():
            return function(*on_cpu, **named)

    def _is_this_device(self, value: object) -> bool:
        return isinstance(value, str | torch.device) and str(value).startswith(self.device.type)

    @contextmanager
    def _random_numbers(self) -> Iterator[None]:
        """Draw from this device's sequence of random numbers instead of the CPU's."""
        on_cpu = torch.get_rng_state()
        torch.set_rng_state(self.random_state)
        try:
            yield
        finally:
            self.random_state = torch.get_rng_state()
            torch.set_rng_state(on_cpu)

    def _complain_of_two_devices(
        self, name: str, args: tuple[Any, ...], tensors: list[Tensor]
    ) -> None:
        if name in ("__getitem__", "__setitem__") and not _is_there(args[0]):
            if any(_is_there(index) and index.dim() for index in _tensors_in(args[1])):
                msg = "indices should be either on cpu or on the same device as the indexed tensor"
                raise RuntimeError(msg)
        elif name not in _BETWEEN:
            for tensor in tensors:
                if not _is_there(tensor) and tensor.dim() and tensor.device.type == "cpu":
                    msg = "Expected all tensors to be on the same device, but found at least two "
                    msg += f"devices, {self.device} and cpu! ({name})"
                    raise RuntimeError(msg)

    def _mark(self, tensor: Tensor) -> None:
        if self.device.type == "mps" and tensor.dtype == torch.float64:
            msg = "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't "
            msg += "support float64. Please use float32 instead."
            raise TypeError(msg)
        setattr(tensor, _MARK, True)

    def _text_of(self, tensor: Tensor, **settings: object) -> str:
        with self:  # the printing asks for the device
            return str(torch._tensor_str._str(tensor, **settings))

    def _cannot_be_read(
        self, tensor: Tensor, *_: object, force: bool = False, **__: object
    ) -> object:
        if force:
            return tensor.numpy(force=True)
        msg = f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to "
        msg += "copy the tensor to host memory first."
        raise TypeError(msg)


class _Event:
    """What is used of `torch.cuda.Event`, with the clock of the CPU."""

    def __init__(self, *, enable_timing: bool) -> None:
        self.seconds = 0.0 if enable_timing else nan

    def record(self) -> None:
        self.seconds = perf_counter()

    def synchronize(self) -> None:
        """All work is done already."""

    def elapsed_time(self, end: "_Event") -> float:
        return 1000 * (end.seconds - self.seconds)


class _Autocast(torch.autocast):
    """`torch.autocast` of the CPU, where the tensors really are."""

    def __init__(self, device_type: str, *settings: Any, **named: Any) -> None:  # noqa: ANN401, ARG002
        super().__init__("cpu", *settings, **named)


def _name_of(function: Callable[..., Any]) -> str:
    """Return the name of a function or a method, or of the attribute that is read or set."""
    name = getattr(function, "__name__", "")
    if name in ("__get__", "__set__"):
        name = function.__self__.__name__  # type: ignore[attr-defined]
    return name


def _tensors_in(values: object) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]


def _is_there(tensor: Tensor) -> bool:
    return getattr(tensor, _MARK, False)


def _for_the_cpu(translate: Callable[..., Callable[..., Any]]) -> Callable[..., Any]:
    """Return `torch.compile` as one whose results find no CUDA: it has far too many questions."""

    @functools.wraps(translate)
    def translate_for_the_cpu(work: Callable[..., Any], **settings: object) -> Callable[..., Any]:
        translated = translate(work, **settings)

        @functools.wraps(work)
        def run(*args: object) -> object:
            with patch.object(torch.cuda, "is_available", lambda: False):
                return translated(*args)

        return run

    return translate_for_the_cpu


def _keeping_the_mark(new: Callable[..., nn.Parameter]) -> Callable[..., nn.Parameter]:
    """Return `new` as a function that makes parameters on the device of their data."""

    @functools.wraps(new)
    def new_there(
        cls: type,
        data: Tensor | None = None,
        requires_grad: bool = True,  # noqa: FBT001, FBT002
    ) -> nn.Parameter:
        parameter = new(cls, data, requires_grad)
        if data is not None and _is_there(data):
            setattr(parameter, _MARK, True)
        return parameter

    return new_there
