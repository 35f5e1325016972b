"""The digits are those of the original files, whatever happened to the unpacked ones.

Faults are made in copies of the repository's data, each with a copy of data.py beside it, which
finds its files by its own place.
"""

import gzip
import hashlib
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import dlcourse.data as data_module
from dlcourse.data import (
    load_fashion900,
    load_mnist,
    load_names,
    load_optdigits,
    load_text,
    load_weather,
    mnist_folder,
)
from dlcourse.errors import DataError

REPOSITORY = Path(__file__).parents[1]
ORIGINALS = REPOSITORY / "data" / "mnist"
NAMES = [path.stem for path in sorted(ORIGINALS.glob("*.gz"))]
TEST_LABELS = "t10k-labels-idx1-ubyte"


def unpacked(name: str) -> bytes:
    return gzip.decompress((ORIGINALS / f"{name}.gz").read_bytes())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="session")
def whole() -> dict[str, bytes]:
    """Every file that the folder for torchvision must hold in the end, and no other."""
    return {str(Path("MNIST", "raw", name)): unpacked(name) for name in NAMES}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder in place of the user's own."""
    for variable in ("XDG_CACHE_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(variable, str(tmp_path / "cache"))
    monkeypatch.delenv("DLCOURSE_WORK", raising=False)  # where they may go, too
    return tmp_path / "cache"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the repository, as far as the data go, before their first use."""
    folder = tmp_path / "clone"
    shutil.copytree(ORIGINALS, folder / "data" / "mnist")
    (folder / ".git").mkdir()
    package = REPOSITORY / "src" / "dlcourse"
    (folder / "src" / "dlcourse").mkdir(parents=True)
    for name in ("__init__.py", "data.py", "errors.py", "files.py", "places.py"):
        shutil.copy(package / name, folder / "src" / "dlcourse")
    return folder


@pytest.fixture
def data(clone: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`dlcourse.data` with the clone's files."""
    monkeypatch.setattr(data_module, "_DATA", clone / "data")
    monkeypatch.setattr(data_module, "_ORIGINALS", clone / "data" / "mnist")
    return data_module


@pytest.fixture
def raw(clone: Path, data: ModuleType) -> Path:
    """The clone's unpacked files, after the first use."""
    folder = Path(data.mnist_folder(), "MNIST", "raw")
    assert folder == clone / "data" / "unpacked" / "MNIST" / "raw"
    return folder


# What the lessons get


PARTS = {"train": 60_000, "t10k": 10_000}


@pytest.mark.parametrize("part", PARTS)
def test_images_and_labels_are_those_of_the_idx_files(part: str) -> None:
    image_file = unpacked(f"{part}-images-idx3-ubyte")
    label_file = unpacked(f"{part}-labels-idx1-ubyte")
    assert struct.unpack(">4I", image_file[:16]) == (2051, PARTS[part], 28, 28)
    assert struct.unpack(">2I", label_file[:8]) == (2049, PARTS[part])

    images, labels = load_mnist(train=part == "train")

    assert images.dtype == torch.uint8
    assert images.shape == (PARTS[part], 28, 28)
    assert images.numpy().tobytes() == image_file[16:]
    assert labels.dtype == torch.int64
    assert labels.shape == (PARTS[part],)
    assert labels.tolist() == list(label_file[8:])


@pytest.mark.parametrize(
    ("part", "counts"),
    [
        ("train", [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
        ("t10k", [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
    ],
)
def test_each_digit_occurs_as_often_as_is_published(part: str, counts: list[int]) -> None:
    _, labels = load_mnist(train=part == "train")
    assert np.bincount(labels.numpy()).tolist() == counts


@pytest.mark.parametrize("part", PARTS)
def test_torchvision_reads_the_same_from_the_folder(part: str) -> None:
    # Imported here, since it takes seconds, which no other test needs.
    from torchvision.datasets import MNIST  # type: ignore[import-untyped]  # noqa: PLC0415

    theirs = MNIST(mnist_folder(), train=part == "train", download=False)
    images, labels = load_mnist(train=part == "train")
    assert torch.equal(theirs.data, images)
    assert torch.equal(theirs.targets, labels)


def test_tensors_are_the_callers_own(
    data: ModuleType, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    images, labels = data.load_mnist(train=False)
    images.fill_(7)
    labels.fill_(7)
    assert contents(data.mnist_folder()) == whole
    again, labels_again = data.load_mnist(train=False)
    assert again.max() == 255
    assert labels_again.unique().tolist() == list(range(10))
    assert capsys.readouterr().out == "", "nothing had to be repaired"


def test_readme_names_each_file_with_its_size_and_sums() -> None:
    readme = (ORIGINALS / "README.md").read_text(encoding="utf-8")
    sums = {
        name: sha256
        for sha256, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", readme, re.MULTILINE)
    }
    sizes = dict(re.findall(r"^\| `(\S+)\.gz` \| .* \| ([\d,]+) bytes \|$", readme, re.MULTILINE))

    files = {name: unpacked(name) for name in NAMES}
    assert sizes == {name: f"{len(content):,}" for name, content in files.items()}
    files |= {f"{name}.gz": (ORIGINALS / f"{name}.gz").read_bytes() for name in NAMES}
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


# Unpacked files with a fault


def test_first_use_unpacks_every_file_and_prints_nothing(
    clone: Path, data: ModuleType, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert data.mnist_folder() == clone / "data" / "unpacked"
    assert contents(clone / "data" / "unpacked") == whole
    assert data.mnist_folder() == clone / "data" / "unpacked"
    assert capsys.readouterr() == ("", "")


def change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))  # what some file systems leave after a power cut


def delete(path: Path) -> None:
    path.unlink()


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


@pytest.mark.parametrize("fault", [change_a_byte, cut, empty, lengthen, zero, delete, loop])
@pytest.mark.parametrize("name", [NAMES[0], TEST_LABELS])
def test_a_fault_is_named_in_one_line_and_repaired(
    name: str,
    fault: Callable[[Path], None],
    data: ModuleType,
    raw: Path,
    whole: dict[str, bytes],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fault(raw / name)
    untouched = {other: (raw / other).stat().st_mtime_ns for other in NAMES if other != name}

    data.mnist_folder()

    assert contents(raw.parents[1]) == whole
    assert untouched == {other: (raw / other).stat().st_mtime_ns for other in untouched}
    was = "missing" if fault is delete else "unreadable" if fault is loop else "damaged"
    assert capsys.readouterr().out == f"Repaired the MNIST data in {raw}: {name} (was {was}).\n"
    data.mnist_folder()
    assert capsys.readouterr().out == "", "the second use has nothing to repair"


def test_two_faults_are_both_named(
    data: ModuleType, raw: Path, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    cut(raw / NAMES[0])
    delete(raw / NAMES[3])
    data.load_mnist(train=True)
    assert contents(raw.parents[1]) == whole
    line = capsys.readouterr().out
    assert f"{NAMES[0]} (was damaged)" in line
    assert f"{NAMES[3]} (was missing)" in line
    assert line.count("\n") == 1


def test_what_cannot_be_replaced_in_its_place_is_unpacked_into_the_cache(
    data: ModuleType, raw: Path, cache: Path, whole: dict[str, bytes]
) -> None:
    delete(raw / TEST_LABELS)
    (raw / TEST_LABELS).mkdir()
    folder = data.mnist_folder()
    assert folder.is_relative_to(cache)
    assert contents(folder) == whole


# Originals with a fault


def other_content(path: Path) -> None:
    path.write_bytes(gzip.compress(b"not MNIST"))


def no_deflate(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[10] = 0b111  # a block of the type that does not exist, right after the gzip header
    path.write_bytes(content)


def no_gzip(path: Path) -> None:
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")


@pytest.mark.parametrize(
    "fault", [change_a_byte, cut, empty, zero, delete, other_content, no_deflate, no_gzip]
)
def test_a_fault_of_the_original_is_an_error_with_its_remedy(
    fault: Callable[[Path], None], clone: Path, data: ModuleType
) -> None:
    original = clone / "data" / "mnist" / f"{TEST_LABELS}.gz"
    fault(original)
    with pytest.raises(DataError) as info:
        data.load_mnist(train=True)
    was = "missing" if fault is delete else "damaged"
    assert str(info.value) == (f"{original} is {was}: run `git checkout -- data/mnist` in {clone}.")
    assert contents(clone / "data" / "unpacked") == {}, "nothing half-unpacked is left"


def test_originals_matter_only_for_what_is_repaired_from_them(
    data: ModuleType, clone: Path, raw: Path
) -> None:
    change_a_byte(clone / "data" / "mnist" / f"{NAMES[0]}.gz")
    data.mnist_folder()
    cut(raw / TEST_LABELS)
    data.mnist_folder()
    assert (raw / TEST_LABELS).read_bytes() == unpacked(TEST_LABELS)


def test_a_package_without_its_repository_says_so(data: ModuleType, clone: Path) -> None:
    shutil.rmtree(clone / "data")
    with pytest.raises(DataError, match=r"There is no folder .*mnist: run `git checkout -- "):
        data.mnist_folder()
    assert not (clone / "data").exists()


# Folders that cannot be written to


def test_a_checkout_that_cannot_be_written_to_unpacks_into_the_cache(
    clone: Path,
    data: ModuleType,
    cache: Path,
    whole: dict[str, bytes],
    capsys: pytest.CaptureFixture[str],
) -> None:
    (clone / "data" / "unpacked").write_text(
        "a file where the folder would be, which stops root too"
    )
    folder = data.mnist_folder()
    assert folder.is_relative_to(cache)
    assert contents(folder) == whole
    assert capsys.readouterr().out == ""

    cut(folder / "MNIST" / "raw" / TEST_LABELS)
    assert data.mnist_folder() == folder
    assert contents(folder) == whole
    assert f"{TEST_LABELS} (was damaged)" in capsys.readouterr().out


def test_without_a_folder_to_write_to_the_error_names_those_that_were_tried(
    clone: Path, data: ModuleType, cache: Path
) -> None:
    for folder in (clone / "data" / "unpacked", cache):
        folder.write_text("a file where the folder would be")
    with pytest.raises(DataError) as info:
        data.mnist_folder()
    message = str(info.value)
    assert message.startswith(f"MNIST could not be unpacked into {clone / 'data' / 'unpacked'} (")
    assert f" or into {cache}" in message
    assert message.endswith("): free 60 MB in one of these folders, or make it writable.")
    assert "\n" not in message


def test_where_the_home_is_full_the_folder_that_the_learner_names_will_do(
    clone: Path,
    data: ModuleType,
    cache: Path,
    whole: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for folder in (clone / "data" / "unpacked", cache):
        folder.write_text("a file where the folder would be")
    monkeypatch.setenv("DLCOURSE_WORK", str(tmp_path / "other disk"))
    assert data.mnist_folder() == tmp_path / "other disk" / ".data"
    assert contents(data.mnist_folder()) == whole


def test_a_full_disk_is_an_error_that_leaves_nothing_behind(
    clone: Path, data: ModuleType, cache: Path
) -> None:
    resource = pytest.importorskip("resource")  # not on Windows
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (20_000_000, before[1])
    )  # bytes in a file, then EFBIG
    try:
        with pytest.raises(DataError, match=r"too large.*free 60 MB"):
            data.mnist_folder()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert contents(clone / "data" / "unpacked") == contents(cache) == {}
    data.mnist_folder()  # there is room again


# Several processes


def test_many_at_once_all_get_whole_files_and_leave_no_others(
    clone: Path, data: ModuleType, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = clone / "data" / "unpacked"
    for _ in range(3):
        with ThreadPoolExecutor(4) as pool:
            roots = list(pool.map(lambda _: data.mnist_folder(), range(4)))
        assert roots == [folder] * 4
        assert contents(folder) == whole
        assert capsys.readouterr().out == "", "a first use has nothing to mend, nor has its rival"
        shutil.rmtree(folder)


@pytest.mark.parametrize("fault", [None, cut])
def test_a_rival_that_was_faster_does_no_harm(
    fault: Callable[[Path], None] | None,
    clone: Path,
    data: ModuleType,
    whole: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if fault:
        fault(Path(data.mnist_folder(), "MNIST", "raw", TEST_LABELS))

    def too_late(source: Path, target: Path) -> None:
        (shutil.copy if fault else shutil.copytree)(source, target)
        raise PermissionError(13, "what Windows says while the rival has the file open")

    monkeypatch.setattr(Path, "replace" if fault else "rename", too_late)
    assert data.mnist_folder() == clone / "data" / "unpacked"
    assert contents(clone / "data" / "unpacked") == whole


def test_no_other_process_ever_sees_a_half_unpacked_folder(
    clone: Path, data: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, seen = clone / "data" / "unpacked" / "MNIST" / "raw", set()

    def watch(operation: str) -> Callable[..., object]:
        real = getattr(Path, operation)

        def watched(*args: object, **kwargs: object) -> object:
            result = real(*args, **kwargs)
            seen.add(len(list(raw.iterdir())) if raw.exists() else 0)
            return result

        return watched

    for operation in ("mkdir", "write_bytes", "replace", "rename"):
        monkeypatch.setattr(Path, operation, watch(operation))
    data.mnist_folder()
    assert seen == {0, len(NAMES)}


LOAD_WHEN_TOLD = """
import hashlib, os, sys
sys.path.insert(0, sys.argv[1])
from dlcourse import data

def die_before_the_last_file(event, args):
    if event == "open" and "unpacking-" in str(args[0]) and str(args[0]).endswith(sys.argv[2]):
        os._exit(9)

if sys.argv[2:]:
    sys.addaudithook(die_before_the_last_file)
print("ready", flush=True)
sys.stdin.readline()
images, labels = data.load_mnist(train=True)
print(hashlib.sha256(images.numpy()).hexdigest(), labels.sum().item())
"""


def start_process(clone: Path, *last_file: str) -> subprocess.Popen[str]:
    """Start a process that imports all it needs, then waits for a line before it loads the data."""
    command = [sys.executable, "-c", LOAD_WHEN_TOLD, str(clone / "src"), *last_file]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_two_processes_at_once_get_whole_files_also_after_one_that_died_halfway(
    clone: Path, data: ModuleType, whole: dict[str, bytes]
) -> None:
    victim, rival = start_process(clone, TEST_LABELS), start_process(clone)
    for process in (victim, rival):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    victim.communicate("go\n", timeout=60)
    assert victim.returncode == 9
    left_behind = contents(clone / "data" / "unpacked")
    assert len(left_behind) == len(NAMES) - 1, "it died halfway"

    assert rival.stdin is not None
    rival.stdin.write("go\n")
    rival.stdin.flush()
    data.mnist_folder()
    answer, _ = rival.communicate(timeout=60)

    images, labels = unpacked("train-images-idx3-ubyte"), unpacked("train-labels-idx1-ubyte")
    assert answer == f"{hashlib.sha256(images[16:]).hexdigest()} {sum(labels[8:])}\n"
    assert contents(clone / "data" / "unpacked") == whole | left_behind


# The small sets, which are read from where they are


SMALL_SETS = {
    "pictures/fashion900.png": "load_fashion900",
    "pictures/optdigits-8x8.csv.gz": "load_optdigits",
    "series/seattle-weather.csv": "load_weather",
    "texts/names.txt.gz": "load_names",
}


def test_fashion_pictures_are_those_of_the_grid_in_class_order() -> None:
    pictures, labels = load_fashion900()
    grid = plt.imread(REPOSITORY / "data" / "pictures" / "fashion900.png")
    assert pictures.dtype == torch.uint8
    assert pictures.shape == (900, 28, 28)
    assert np.bincount(labels.numpy()).tolist() == [90] * 10
    for place in (0, 29, 30, 457, 899):
        row, column = divmod(place, 30)
        cell = grid[28 * row : 28 * row + 28, 28 * column : 28 * column + 28]
        assert np.array_equal(pictures[place].numpy(), np.round(cell * 255))
    means = torch.stack([pictures[labels == label].float().mean(0) for label in range(10)])
    nearest = torch.cdist(pictures.float().flatten(1), means.flatten(1)).argmin(1)
    assert (nearest == labels).float().mean() > 0.6, "labels in another order would be near 0.1"


def test_small_digits_have_sixteen_levels_and_the_published_labels() -> None:
    pictures, labels = load_optdigits()
    assert pictures.dtype == torch.uint8
    assert pictures.shape == (1797, 8, 8)
    assert pictures.unique().tolist() == list(range(17))
    assert labels.dtype == torch.int64
    # As the set's own description gives them.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert pictures[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_names_are_words_of_small_letters() -> None:
    names = load_names()
    assert len(names) == 32_033
    assert len(set(names)) == 29_494
    assert {len(name) for name in names} == set(range(2, 16))
    assert set("".join(names)) == set("abcdefghijklmnopqrstuvwxyz")


@pytest.mark.parametrize(
    ("name", "n_characters", "n_different", "beginning"),
    [
        (
            "alice",
            144_396,
            73,
            "[Alice's Adventures in Wonderland by Lewis Carroll 1865]\n\nCHAPTER",
        ),
        ("shakespeare", 1_115_394, 65, "First Citizen:\nBefore we proceed any further"),
        ("tang_quatrains", 3_707 * 25, 3_730, "四時運灰琯"),
    ],
)
def test_a_text_is_whole(name: str, n_characters: int, n_different: int, beginning: str) -> None:
    text = load_text(name)
    assert text.startswith(beginning)
    assert (len(text), len(set(text))) == (n_characters, n_different)


def test_the_weather_is_one_row_a_day() -> None:
    weather = load_weather()
    assert list(weather) == ["rain", "temp_max", "temp_min", "wind"]
    for days_of_it in weather.values():
        assert (tuple(days_of_it.shape), days_of_it.dtype) == ((1461,), torch.float32)
    lines = (REPOSITORY / "data" / "series" / "seattle-weather.csv").read_text().splitlines()[1:]
    days = np.arange("2012-01-01", "2016-01-01", dtype="datetime64[D]")
    assert [line.split(",")[0] for line in lines] == days.astype(str).tolist()
    for column, days_of_it in enumerate(weather.values(), start=1):
        expected = [float(line.split(",")[column]) for line in lines]
        assert days_of_it.tolist() == pytest.approx(expected)
    assert (weather["temp_min"] <= weather["temp_max"]).all()


def test_what_is_loaded_is_the_callers_own() -> None:
    for load in (load_fashion900, load_optdigits):
        for part in load():
            part.fill_(7)
        assert all(not (part == 7).all() for part in load())


def test_a_text_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(DataError, match=r"no text 'alise': ask for one of 'alice', 'shakesp"):
        load_text("alise")
    with pytest.raises(DataError, match="no text"):
        load_text("../mnist/README")


@pytest.mark.parametrize("fault", [change_a_byte, cut, empty, lengthen, zero, delete, loop])
@pytest.mark.parametrize("name", [*SMALL_SETS, "texts/alice.txt.gz"])
def test_a_fault_of_a_small_set_is_an_error_with_its_remedy(
    name: str, fault: Callable[[Path], None], data: ModuleType, clone: Path
) -> None:
    path = clone / "data" / name
    path.parent.mkdir()
    shutil.copy(REPOSITORY / "data" / name, path)
    load = getattr(data, SMALL_SETS.get(name, "load_text"))
    arguments = () if name in SMALL_SETS else ("alice",)
    load(*arguments)
    fault(path)
    with pytest.raises(DataError) as info:
        load(*arguments)
    was = "missing" if fault is delete else "unreadable" if fault is loop else "damaged"
    folder = Path(name).parent
    assert str(info.value) == f"{path} is {was}: run `git checkout -- data/{folder}` in {clone}."


@pytest.mark.parametrize("folder", ["pictures", "series", "texts"])
def test_readmes_name_each_small_set_with_its_sum(folder: str) -> None:
    here = REPOSITORY / "data" / folder
    files = {path.name: path for path in here.iterdir() if path.name != "README.md"}
    readme = (here / "README.md").read_text(encoding="utf-8")
    sums = {name: sha for sha, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", readme, re.MULTILINE)}
    assert sums == {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()
    }
    assert set(re.findall(r"^\| `(\S+)` \|", readme, re.MULTILINE)) == files.keys()
