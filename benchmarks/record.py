"""Time matrix products on this machine's device and record them in data/measurements/.

    python -m benchmarks.record

Lesson 06 shows the recordings to readers who have no such machine. Run it on a quiet machine;
`data/measurements/README.md` says what the file holds. `DLCOURSE_DEVICE=cpu` records the CPU of a
machine that has a GPU.
"""

import datetime as dt
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dlcourse.device import choose_device, describe_machine
from dlcourse.files import write_atomically
from dlcourse.measurements import FOLDER
from dlcourse.timing import Timing, benchmark

SIZES = [2**k for k in range(4, 12)]  # 16 to 2048
GPU_SIZES = [*SIZES, 4096, 8192]  # a GPU is busy only with large ones
DTYPES = {
    "cpu": (torch.float64, torch.float32),
    "cuda": (torch.float64, torch.float32, torch.bfloat16),
    "mps": (torch.float32, torch.float16),  # it has no float64
}


def main() -> int:
    """Measure, write the file and print its name; on a busy machine, say so and do nothing."""
    if is_busy():
        print("This machine is busy: end what else is running, wait a minute, try again.")
        return 1
    device = choose_device()
    record = {
        "machine": describe_machine(device),
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "command": "python -m benchmarks.record",
        "products": measure(device, SIZES if device.type == "cpu" else GPU_SIZES),
    }
    print(f"Written to {write(record, FOLDER)}")
    return 0


def is_busy() -> bool:
    """Tell whether other programs took half of the cores in the last minute; Windows says no.

    A product on all cores then waits for them in every call, so the spread shows nothing.
    """
    if not hasattr(os, "getloadavg"):
        return False
    return os.getloadavg()[0] > (os.cpu_count() or 1) / 2


def measure(device: torch.device, sizes: list[int]) -> list[dict[str, Any]]:
    """Return dtype, n, median and spread in seconds, and number of samples, for each product."""
    generator = torch.Generator().manual_seed(0)
    products = []
    for dtype in DTYPES[device.type]:
        for n in sizes:
            timing = _time_product(torch.rand(n, n, generator=generator).to(device, dtype))
            row = {
                "dtype": str(dtype).removeprefix("torch."),
                "n": n,
                "seconds": timing.median,
                "spread": timing.spread,
                "samples": timing.n_samples,
            }
            print(row, flush=True)
            products.append(row)
    return products


def _time_product(a: Tensor) -> Timing:
    return benchmark(lambda: a @ a, a.device, min_seconds=1)


def write(record: dict[str, Any], folder: Path) -> Path:
    """Write the record into `folder` under the name of its machine and date; return the path."""
    machine = record["machine"]
    name = f"{machine['device_name']} {machine['device']} {record['date']}"
    path = folder / (re.sub(r"\W+", "-", name).strip("-").lower() + ".json")
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps(record, indent=1) + "\n").encode())
    return path


if __name__ == "__main__":
    sys.exit(main())
