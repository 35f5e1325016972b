"""Recorded timings of matrix products: what lesson 06 shows of machines other than the reader's.

Each file in `data/measurements/` was written by `python -m benchmarks.record` on the machine that
it names, and says where it comes from: machine, versions, date and command. None is typed in.

Covers: reading them, checking their form.
Does not cover: measuring (`timing` does that), writing (`benchmarks/record.py`), drawing.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlcourse.errors import DataError
from dlcourse.places import ROOT

FOLDER = ROOT / "data" / "measurements"


@dataclass(frozen=True)
class Recording:
    """The times of products of two square matrices on one device.

    Attributes:
        machine: what `dlcourse.device.describe_machine` said there.
        date: the day, as 2026-11-21.
        command: what was typed.
        seconds: for each dtype ("float32"), the median seconds by size n of the (n, n) matrices.
    """

    machine: dict[str, Any]
    date: str
    command: str
    seconds: dict[str, dict[int, float]]

    @property
    def label(self) -> str:
        """Return where the times come from, for a figure: device, version of torch, date."""
        name = self.machine["device_name"]
        if self.machine["device"] == "cpu":
            name += f", {self.machine['threads']} threads"
        return f"{name}, torch {self.machine['torch']}, {self.date}"

    def curve(self, dtype: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the sizes of one dtype, in ascending order, and the seconds: both (sizes,)."""
        by_size = sorted(self.seconds[dtype].items())
        return np.array([n for n, _ in by_size]), np.array([seconds for _, seconds in by_size])


def load_recordings(folder: Path = FOLDER) -> list[Recording]:
    """Return all recordings in `folder`, in the order of their file names; without any, none.

    Raises:
        DataError: if a file is not what `python -m benchmarks.record` writes.
    """
    return [_load(path) for path in sorted(folder.glob("*.json"))]


def _load(path: Path) -> Recording:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        seconds: dict[str, dict[int, float]] = {}
        for product in content["products"]:
            seconds.setdefault(product["dtype"], {})[int(product["n"])] = _time(product["seconds"])
        recording = Recording(content["machine"], content["date"], content["command"], seconds)
        _ = recording.label  # says what is missing from the machine
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no recording ({error!r}): delete it, or restore it with `git checkout`."
        raise DataError(msg) from error
    return recording


def _time(seconds: Any) -> float:  # noqa: ANN401 - whatever the file holds
    if not (isinstance(seconds, float) and 0 < seconds < math.inf):
        msg = f"{seconds!r} is no time"
        raise ValueError(msg)
    return seconds
