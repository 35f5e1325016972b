"""The device that a lesson computes on, and a description of the machine around it.

Covers: CUDA, Apple's MPS and the CPU, chosen in this order or by `DLCOURSE_DEVICE`.
Does not cover: several GPUs, mixed precision, timing (lesson 06 builds that).
"""

import contextlib
import logging
import os
import platform
import subprocess
import sys
from pathlib import Path

import torch

from dlcourse.errors import DeviceError
from dlcourse.machine import n_cores

_VARIABLE = "DLCOURSE_DEVICE"

# Where a CUDA toolkit is installed and no GPU is found, PyTorch warns about it in the middle of a
# lesson, as soon as it looks for a compiler. `dlcourse doctor` tells which device is used.
logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)


def _is_available(kind: str) -> bool:
    if kind == "cpu":
        return True
    return torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()


def choose_device() -> torch.device:
    """Return the best device here: CUDA, else MPS, else the CPU.

    The environment variable `DLCOURSE_DEVICE` (`cpu`, `cuda` or `mps`) overrides the choice.

    Raises:
        DeviceError: if that variable names an unknown device, or one that is not in this machine.
    """
    kinds = ("cuda", "mps", "cpu")
    wanted = os.environ.get(_VARIABLE, "").strip().lower()
    if not wanted:
        return torch.device(next(kind for kind in kinds if _is_available(kind)))
    if wanted not in kinds:
        msg = f"{_VARIABLE}={wanted!r} is no device: set it to cpu, cuda or mps, or unset it."
        raise DeviceError(msg)
    if not _is_available(wanted):
        msg = f"{_VARIABLE}={wanted}, but PyTorch finds no such device here: unset it, or set cpu."
        raise DeviceError(msg)
    return torch.device(wanted)


def synchronize(device: torch.device) -> None:
    """Wait until `device` has done all the work given to it; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def device_name(device: torch.device) -> str:
    """Return the device's name as its maker gives it, as far as the system tells."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return _processor_name() or platform.processor() or platform.machine()


def _processor_name() -> str:
    """Return the marketing name of the CPU, and of a Mac's GPU with it; empty if it is not told."""
    # `platform.processor()` knows it on Windows; elsewhere it says "x86_64", "arm" or nothing.
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        return run.stdout.strip()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return ""


def describe_machine(device: torch.device) -> dict[str, str | int]:
    """Return what a reader needs in order to judge a timing: system, versions, threads, device."""
    return {
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "cores": n_cores(),
        "threads": torch.get_num_threads(),
        "device": str(device),
        "device_name": device_name(device),
    }
