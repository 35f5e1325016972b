"""The data of the lessons, offline and verified: pictures, texts, a series of temperatures.

The course holds the four original files of MNIST, compressed, in `data/mnist/`. The first use
unpacks them into `data/unpacked/`; where that cannot be written to, as in an installed package,
into the user's cache folder; where not even that can, into the folder that DLCOURSE_WORK names.
The other sets are small: they are read from where they are, and nothing is unpacked.

Covers: unpacking, checking every file's SHA-256 at each use, repairing what is missing or damaged,
several processes at once, a read-only checkout, a full disk.
Does not cover: downloads, transforms and batches (torchvision and torch do those).
"""

import contextlib
import csv
import gzip
import hashlib
import io
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import platformdirs
import torch
from PIL import Image

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

# Of the small sets' files as they are in `data/`, compressed or not.
_SMALL_SETS_SHA256 = {
    "pictures/fashion900.png": "daf4f118cf1c721f5fc20d3f017938b6d56ba9386dec0f3fe81870733d1bb198",
    "pictures/optdigits-8x8.csv.gz": (
        "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
    ),
    "texts/alice.txt.gz": "f944f9419c78d2a6975b0220c907fc1f2d2c2f57126ef886241043b819b53a77",
    "texts/names.txt.gz": "419e00da92be69938b6e189a95b624acfc6bc71edfd1d7b15d8e0f631d0904c6",
    "texts/shakespeare.txt.gz": "bed00f18e91cda6838950656f0a95e07e0f4dbe8649a4b959f7602a7e53fbc6e",
    "texts/tang_quatrains.txt.gz": (
        "16403883e9d45d39cb89bf275ee9fa10a5944bd312a75090d2f28c0148554247"
    ),
    "series/seattle-weather.csv": (
        "0845078a290b48e3149ab8639966824110a251db4e06fc144c06ebb534af23be"
    ),
}
_TEXTS = ("alice", "shakespeare", "tang_quatrains")
_WEATHER_COLUMNS = {
    "rain": "precipitation",
    "temp_max": "temp_max",
    "temp_min": "temp_min",
    "wind": "wind",
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


def load_fashion900() -> tuple[torch.Tensor, torch.Tensor]:
    """Return 900 pictures of Fashion-MNIST and their labels, 90 of each class, in class order.

    Pictures are uint8 of shape (900, 28, 28), 0 for the background; labels are int64 of shape
    (900,): 0 T-shirt, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag,
    9 ankle boot. `data/pictures/README.md` has their source.

    Raises:
        DataError: if the file is missing or damaged.
    """
    grid = np.asarray(Image.open(io.BytesIO(_read_small_set("pictures/fashion900.png"))))
    pictures = grid.reshape(30, 28, 30, 28).swapaxes(1, 2).reshape(900, 28, 28)
    return torch.from_numpy(pictures), torch.arange(10).repeat_interleave(90)


def load_optdigits() -> tuple[torch.Tensor, torch.Tensor]:
    """Return 1,797 small digits that 13 people wrote who are not in MNIST, and their labels.

    Pictures are uint8 of shape (1797, 8, 8), 0 for paper and 16 for ink; labels are int64 of shape
    (1797,), 0 to 9. `data/pictures/README.md` has their source.

    Raises:
        DataError: if the file is missing or damaged.
    """
    lines = io.BytesIO(_read_small_set("pictures/optdigits-8x8.csv.gz"))
    table = torch.from_numpy(np.loadtxt(lines, delimiter=",", dtype=np.int64))
    return table[:, :64].reshape(-1, 8, 8).to(torch.uint8), table[:, 64].clone()


def load_names() -> list[str]:
    """Return 32,033 first names of 2 to 15 small letters, a to z; some occur more than once.

    `data/texts/README.md` has their source.

    Raises:
        DataError: if the file is missing or damaged.
    """
    return _read_small_set("texts/names.txt.gz").decode().split()


def load_text(name: str) -> str:
    """Return the text "alice", "shakespeare" or "tang_quatrains", with its line breaks.

    `data/texts/README.md` says what they are and where they come from.

    Raises:
        DataError: if there is no such text, or its file is missing or damaged.
    """
    if name not in _TEXTS:
        msg = f"There is no text {name!r}: ask for one of {', '.join(map(repr, _TEXTS))}."
        raise DataError(msg)
    return _read_small_set(f"texts/{name}.txt.gz").decode()


def load_weather() -> dict[str, torch.Tensor]:
    """Return Seattle's weather on the 1,461 days from January 1, 2012 to December 31, 2015.

    Each column is float32 of shape (1461,), a number a day: "rain" in mm, "temp_max" and "temp_min"
    in °C, "wind" in m/s. `data/series/README.md` has their source.

    Raises:
        DataError: if the file is missing or damaged.
    """
    days = list(csv.DictReader(io.StringIO(_read_small_set("series/seattle-weather.csv").decode())))
    return {
        name: torch.tensor([float(day[column]) for day in days])
        for name, column in _WEATHER_COLUMNS.items()
    }


def _read_small_set(name: str) -> bytes:
    """Return the content of a small set's file, unpacked where it is compressed."""
    path = _DATA / name
    try:
        content = path.read_bytes()
    except OSError as error:
        fault = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
        msg = f"{path} is {fault}: {_remedy(path.parent)}."
        raise DataError(msg) from None
    if hashlib.sha256(content).hexdigest() != _SMALL_SETS_SHA256[name]:
        msg = f"{path} is damaged: {_remedy(path.parent)}."
        raise DataError(msg)
    return gzip.decompress(content) if path.suffix == ".gz" else content


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
        print(f"Repaired the MNIST data in {raw}: {named}.")  # noqa: T201 - the learner is told


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
        msg = f"There is no folder {_ORIGINALS}: {_remedy(_ORIGINALS)}."
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
        msg = f"{path} is {'damaged' if path.exists() else 'missing'}: {_remedy(_ORIGINALS)}."
        raise DataError(msg)
    return content


def _remedy(folder: Path) -> str:
    return restore_advice(f"data/{folder.name}", folder.parents[1])
