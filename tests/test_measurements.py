"""Recordings: written and read back for real, and refused where their form is not right."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from benchmarks import record

from dlcourse.device import describe_machine
from dlcourse.errors import DataError
from dlcourse.measurements import FOLDER, load_recordings

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    """What `python -m benchmarks.record` writes, but for two small sizes only."""
    return {
        "machine": describe_machine(CPU),
        "date": "2026-11-21",
        "command": "python -m benchmarks.record",
        "products": record.measure(CPU, [256, 8]),
    }


def test_a_recording_is_read_as_it_was_written(content: dict[str, Any], tmp_path: Path) -> None:
    path = record.write(content, tmp_path / "new")

    [recording] = load_recordings(path.parent)

    assert (recording.machine, recording.date) == (content["machine"], "2026-11-21")
    assert recording.command == "python -m benchmarks.record"
    assert set(recording.seconds) == {"float64", "float32"}
    for row in content["products"]:
        assert recording.seconds[row["dtype"]][row["n"]] == row["seconds"]


def test_every_type_and_size_is_measured_and_the_larger_takes_longer(
    content: dict[str, Any],
) -> None:
    rows = {(row["dtype"], row["n"]): row for row in content["products"]}
    assert list(rows) == [(t, n) for t in ("float64", "float32") for n in (256, 8)]
    for dtype in ("float64", "float32"):
        assert rows[dtype, 256]["seconds"] > 10 * rows[dtype, 8]["seconds"] > 0
    assert all(row["samples"] >= 5 and row["spread"] >= 0 for row in content["products"])


def test_a_busy_machine_is_not_recorded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    monkeypatch.setattr("os.getloadavg", lambda: (1000.0, 0.0, 0.0), raising=False)
    assert record.main() == 1
    assert "busy" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_curve_is_in_ascending_order_of_n(content: dict[str, Any], tmp_path: Path) -> None:
    record.write(content, tmp_path)
    n, seconds = load_recordings(tmp_path)[0].curve("float32")
    written = {row["n"]: row["seconds"] for row in content["products"] if row["dtype"] == "float32"}
    np.testing.assert_array_equal(n, [8, 256])
    np.testing.assert_array_equal(seconds, [written[8], written[256]])


def test_the_label_says_on_what_when_and_with_which_torch(
    content: dict[str, Any], tmp_path: Path
) -> None:
    record.write(content, tmp_path)
    label = load_recordings(tmp_path)[0].label
    assert content["machine"]["device_name"] in label
    assert f"{torch.get_num_threads()} threads" in label
    assert torch.__version__ in label
    assert "2026-11-21" in label


def test_recordings_come_in_the_order_of_their_names(
    content: dict[str, Any], tmp_path: Path
) -> None:
    for date in ("2027-01-02", "2026-12-31", "2027-01-01"):
        record.write(content | {"date": date}, tmp_path)
    dates = [recording.date for recording in load_recordings(tmp_path)]
    assert dates == ["2026-12-31", "2027-01-01", "2027-01-02"]


def test_a_folder_without_recordings_and_a_missing_one_give_none(tmp_path: Path) -> None:
    assert load_recordings(tmp_path) == load_recordings(tmp_path / "missing") == []


def without(content: dict[str, Any], key: str) -> dict[str, Any]:
    """Return `content` without one of its keys."""
    return {name: value for name, value in content.items() if name != key}


@pytest.mark.parametrize("missing", ["machine", "date", "command", "products"])
def test_a_file_without_its_origin_is_refused(
    content: dict[str, Any], missing: str, tmp_path: Path
) -> None:
    path = tmp_path / "some.json"
    path.write_text(json.dumps(without(content, missing)), encoding="utf-8")
    with pytest.raises(DataError, match=r"some\.json is no recording.*delete it"):
        load_recordings(tmp_path)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("inf"), float("nan"), "0.1", None, 1])
def test_what_is_no_measured_time_is_refused(
    content: dict[str, Any], seconds: object, tmp_path: Path
) -> None:
    product = {"dtype": "float32", "n": 8, "seconds": seconds}
    record.write(content | {"products": [product]}, tmp_path)
    with pytest.raises(DataError, match="is no time"):
        load_recordings(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", '"words"', "\ufeff{}"])
def test_a_damaged_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "some.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"some\.json is no recording"):
        load_recordings(tmp_path)


def test_the_course_s_own_recordings_were_measured_not_typed() -> None:
    for path in FOLDER.glob("*.json"):
        products = json.loads(path.read_text(encoding="utf-8"))["products"]
        assert all(row["samples"] >= 5 and row["spread"] > 0 for row in products)
        # A float that was measured and divided has far more digits than anyone types.
        assert all(len(f"{row['seconds']!r}".replace("0", "")) > 8 for row in products)
    assert all(recording.machine["torch"] for recording in load_recordings())
