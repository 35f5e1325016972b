"""The 70,000 handwritten digits of MNIST, offline and verified.

The repository holds the four original files, compressed, in `data/mnist/`. The first use unpacks
them into `data/unpacked/`; where that cannot be written to, as in an installed package, into the
user's cache folder; where not even that can, into the folder that DLCOURSE_WORK names.

Covers: unpacking, checking every file's SHA-256 at each use, mending what is missing or damaged,
several processes at once, a read-only checkout, a full disk.
Does not cover: downloads, other data sets, transforms and batches (torchvision and torch do those).
"""

import contextlib
import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import platformdirs
import torch

from dlcourse.errors import DataError
from dlcourse.places import IS_INSTALLED, ROOT, WORK_VARIABLE, restore_advice

_DATA = ROOT / "data"
_ORIGINALS = _DATA / "mnist"

# Of the unpacked files; sha256sum gives the same.
_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def mnist_folder() -> Path:
    """Return the folder to hand to `torchvision.datasets.MNIST(root, train=…)`.

    All four files in it are whole: what is missing or damaged is unpacked again first. Mending
    prints one line; the first use, which has nothing to mend, prints nothing.

    Raises:
        DataError: if an original is missing or damaged, or no folder has room for the files.
    """
    problems = []
    for root in _candidates():
        try:
            _make_whole(root / "MNIST" / "raw")
        except OSError as error:
            problems.append(f"{root} ({error.strerror or error})")
        else:
            return root
    msg = (
        f"MNIST could not be unpacked into {' or into '.join(problems)}: "
        "free 60 MB in one of these folders, or make it writable."
    )
    raise DataError(msg)


def load_mnist(*, train: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the images and labels of the training set (N = 60,000) or the test set (N = 10,000).

    Images are uint8 of shape (N, 28, 28), 0 for paper and 255 for ink; labels are int64 of shape
    (N,), 0 to 9. Both are the caller's own: writing to them changes nothing for anyone else.

    Raises:
        DataError: as `mnist_folder` does.
    """
    raw = mnist_folder() / "MNIST" / "raw"
    part = "train" if train else "t10k"
    # The bytes that are left out hold the sizes, which the verified files cannot have wrong.
    images = np.fromfile(raw / f"{part}-images-idx3-ubyte", dtype=np.uint8, offset=16)
    labels = np.fromfile(raw / f"{part}-labels-idx1-ubyte", dtype=np.uint8, offset=8)
    return torch.from_numpy(images.reshape(-1, 28, 28)), torch.from_numpy(labels.astype(np.int64))


def _candidates() -> Iterator[Path]:
    """Yield the folders for the unpacked files, best first."""
    if not IS_INSTALLED:  # what is put beside a package's files would stay when it is removed
        yield _DATA / "unpacked"
    with contextlib.suppress(RuntimeError):  # a user without a home, as in some containers
        yield platformdirs.user_cache_path("dlcourse")
    if named := os.environ.get(WORK_VARIABLE):  # may be on another disk than a home that is full
        yield Path(named).expanduser().absolute() / ".data"


def _make_whole(raw: Path) -> None:
    """Unpack into the folder `raw` whatever it lacks, or raise OSError if that cannot be done."""
    is_first_use = not raw.exists()
    faults = _find_faults(raw)
    if not faults:
        return
    try:
        _unpack(faults, raw)
    except OSError:
        if _find_faults(raw):
            raise
        return  # another process has just put the same files there
    if not is_first_use:
        named = ", ".join(f"{name} ({fault})" for name, fault in faults.items())
        print(f"Mended the MNIST data in {raw}: {named}.")  # noqa: T201 - the learner is told


def _find_faults(raw: Path) -> dict[str, str]:
    """Return the name of every file in `raw` that cannot be used as it is, with its fault."""
    faults = {}
    for name, sha256 in _SHA256.items():
        try:
            with (raw / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    faults[name] = "was damaged"
        except FileNotFoundError:
            faults[name] = "was missing"
        except OSError:
            faults[name] = "was unreadable"
    return faults


def _unpack(names: Iterable[str], raw: Path) -> None:
    """Unpack the originals of `names` into the folder `raw`, each wholly or not at all.

    A `raw` that does not exist yet appears with all its files at once: no other process sees half.
    """
    if not _ORIGINALS.is_dir():
        msg = f"There is no folder {_ORIGINALS}: {_remedy()}."
        raise DataError(msg)
    raw.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=raw.parent, prefix="unpacking-") as temporary:
        new = Path(temporary, "raw")
        new.mkdir()
        for name in names:
            (new / name).write_bytes(_read_original(name))
        if raw.exists():
            for name in names:
                (new / name).replace(raw / name)
        else:
            new.rename(raw)


def _read_original(name: str) -> bytes:
    """Return the unpacked content of the original of `name`, or raise DataError."""
    path = _ORIGINALS / f"{name}.gz"
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error):  # it cannot be read, ends too early or is no gzip
        content = b""
    if hashlib.sha256(content).hexdigest() != _SHA256[name]:
        msg = f"{path} is {'damaged' if path.exists() else 'missing'}: {_remedy()}."
        raise DataError(msg)
    return content


def _remedy() -> str:
    return restore_advice("data/mnist", _ORIGINALS.parents[1])
