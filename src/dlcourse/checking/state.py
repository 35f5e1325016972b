"""The global state that a check leaves as it was, and sets aside while it runs.

A learner's code may change it, and the notebook may have changed it before: a default dtype of
float64 would let answers pass that are wrong in float32.

Covers: random numbers, defaults and modes of torch, NumPy's and torch's way of printing, figures,
warnings, the folder, the recursion limit, environment variables.
Does not cover: threads that go on, hooks on modules, what is written to files.
"""

import os
import random
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import torch


class _Setting(NamedTuple):
    """One part of the state: how it is read and written, and what it is during a check."""

    read: Callable[[], Any]
    write: Callable[[Any], object]
    during: Callable[[], object] = lambda: None  # makes it what it is in a fresh notebook


class GlobalState:
    """The state at one moment.

    It is put back by a call, in a `finally`, and not by a `with`: the stop button, pressed as a
    `with` ends, would leave its change in force.
    """

    def __init__(self) -> None:
        """Take the state as it is now."""
        self._values = [setting.read() for setting in _SETTINGS]
        self._figures = _figures()

    def restore(self) -> None:
        """Put everything back, and close the figures that were made since."""
        for setting, value in zip(_SETTINGS, self._values, strict=True):
            setting.write(value)
        _close(_figures() - self._figures)


def start_afresh() -> None:
    """Make the state that of a fresh notebook, as far as it could change what an answer does."""
    for setting in _SETTINGS:
        setting.during()


def _read_folder() -> str | None:
    with suppress(OSError):  # it has been deleted
        return os.getcwd()  # noqa: PTH109 - chdir wants what getcwd gave
    return None


def _write_folder(folder: str | None) -> None:
    if folder is not None:
        with suppress(OSError):  # it has been deleted since
            os.chdir(folder)


def _write_threads(n_threads: int) -> None:
    if torch.get_num_threads() != n_threads:  # setting them takes time
        torch.set_num_threads(n_threads)


def _read_device() -> torch.device | None:
    device = torch.get_default_device()
    return None if device.type == "cpu" else device


def _write_device(device: torch.device | None) -> None:
    if _read_device() != device:
        torch.set_default_device(device)


def _read_variables() -> dict[str, str]:
    return dict(os.environ)


def _write_variables(variables: dict[str, str]) -> None:
    if dict(os.environ) != variables:
        for name in os.environ.keys() - variables.keys():
            del os.environ[name]
        os.environ.update(variables)


def _write_filters(filters: list[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]


def _read_torch_print() -> dict[str, Any]:
    return dict(vars(torch._tensor_str.PRINT_OPTS))  # noqa: SLF001 - there is no public way


def _write_torch_print(options: dict[str, Any]) -> None:
    vars(torch._tensor_str.PRINT_OPTS).update(options)  # noqa: SLF001


def _print_as_usual() -> None:
    torch.set_printoptions(profile="default")


def _read_deterministic() -> tuple[bool, bool]:
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    return torch.are_deterministic_algorithms_enabled(), warns


def _write_deterministic(modes: tuple[bool, bool]) -> None:
    if _read_deterministic() != modes:
        torch.use_deterministic_algorithms(modes[0], warn_only=modes[1])


def _write_precision(precision: str) -> None:
    if torch.get_float32_matmul_precision() != precision:
        torch.set_float32_matmul_precision(precision)


def _read_style() -> dict[str, Any]:
    matplotlib = sys.modules.get("matplotlib")
    return dict(matplotlib.rcParams) if matplotlib else {}


def _write_style(style: dict[str, Any]) -> None:
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib and style and dict(matplotlib.rcParams) != style:
        dict.update(matplotlib.rcParams, style)


def _figures() -> set[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


def _close(figures: set[int]) -> None:
    for number in figures:
        sys.modules["matplotlib.pyplot"].close(number)


_SETTINGS = (
    _Setting(torch.get_rng_state, torch.set_rng_state),
    _Setting(lambda: np.random.get_state(legacy=False), np.random.set_state),  # noqa: NPY002
    _Setting(random.getstate, random.setstate),
    _Setting(
        torch.get_default_dtype,
        torch.set_default_dtype,
        lambda: torch.set_default_dtype(torch.float32),
    ),
    _Setting(_read_device, _write_device, lambda: _write_device(None)),
    _Setting(torch.is_grad_enabled, torch.set_grad_enabled, lambda: torch.set_grad_enabled(True)),
    _Setting(
        torch.is_anomaly_enabled,
        torch.autograd.set_detect_anomaly,
        lambda: torch.autograd.set_detect_anomaly(False),
    ),
    _Setting(_read_deterministic, _write_deterministic),
    _Setting(torch.get_float32_matmul_precision, _write_precision),
    _Setting(torch.get_num_threads, _write_threads),
    _Setting(_read_torch_print, _write_torch_print, _print_as_usual),
    _Setting(np.get_printoptions, lambda options: np.set_printoptions(**options)),
    _Setting(np.geterr, lambda errors: np.seterr(**errors)),
    _Setting(sys.getrecursionlimit, sys.setrecursionlimit),
    _Setting(_read_folder, _write_folder),
    _Setting(_read_variables, _write_variables),
    _Setting(lambda: list(warnings.filters), _write_filters),
    _Setting(_read_style, _write_style),
)
