"""The device is the best one here or the one asked for, and is described truthfully."""

import platform
import sys
from pathlib import Path

import pytest
import torch

from dlcourse.device import choose_device, describe_machine, device_name, synchronize
from dlcourse.errors import DeviceError
from dlcourse.machine import n_cores

CPU = torch.device("cpu")
CUDA, MPS = torch.cuda.is_available(), torch.backends.mps.is_available()
IS_HERE = {"cuda": CUDA, "mps": MPS, "cpu": True}


def test_the_best_device_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLCOURSE_DEVICE", raising=False)
    assert choose_device().type == ("cuda" if CUDA else "mps" if MPS else "cpu")


@pytest.mark.parametrize(
    ("here", "best"), [("cuda mps", "cuda"), ("cuda", "cuda"), ("mps", "mps"), ("", "cpu")]
)
def test_cuda_comes_before_mps_and_both_before_the_cpu(
    here: str, best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DLCOURSE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in here)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in here)
    assert choose_device().type == best


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_wish_is_none(blank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLCOURSE_DEVICE", raising=False)
    unasked = choose_device()
    monkeypatch.setenv("DLCOURSE_DEVICE", blank)
    assert choose_device() == unasked


@pytest.mark.parametrize("kind", IS_HERE)
def test_a_wish_is_granted_where_the_device_is_here(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLCOURSE_DEVICE", kind)
    if IS_HERE[kind]:
        assert choose_device() == torch.device(kind)
    else:
        remedy = f"DLCOURSE_DEVICE={kind}, but .*: unset it, or set cpu"
        with pytest.raises(DeviceError, match=remedy):
            choose_device()


@pytest.mark.parametrize("spelling", ["CPU", " cpu ", "Cpu"])
def test_a_wish_may_be_spelled_in_capitals(spelling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLCOURSE_DEVICE", spelling)
    assert choose_device() == CPU


@pytest.mark.parametrize("wish", ["gpu", "cuda:0", "tpu", "cpu,cuda", "0"])
def test_an_unknown_device_is_an_error_that_names_those_it_could_be(
    wish: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLCOURSE_DEVICE", wish)
    with pytest.raises(DeviceError) as info:
        choose_device()
    assert str(info.value) == (
        f"DLCOURSE_DEVICE='{wish}' is no device: set it to cpu, cuda or mps, or unset it."
    )


def test_a_device_has_done_its_work_after_synchronize() -> None:
    device = choose_device()
    x = torch.ones(100, 100, device=device)
    product = x @ x
    synchronize(device)
    assert product.cpu().unique().tolist() == [100.0]


def test_the_name_of_a_cpu_is_its_model_where_the_system_tells_it() -> None:
    name = device_name(CPU)
    cpuinfo = Path("/proc/cpuinfo")
    told = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    if "model name" in told:
        assert f": {name}\n" in told
        assert name != platform.machine()
    assert name
    assert name == name.strip()
    assert "\n" not in name


def test_the_description_says_what_a_timing_depends_on() -> None:
    device = choose_device()
    assert describe_machine(device) == {
        "system": platform.platform(terse=True),
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "cores": n_cores(),
        "threads": torch.get_num_threads(),
        "device": str(device),
        "device_name": device_name(device),
    }
