"""The pretended GPU fails where a GPU would, and computes what a CPU computes elsewhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "pretended_gpu"

# Reads expressions as JSON, writes what comes of each: its text, or its error's.
PROGRAM = """
import copy, io, json, os, sys
import matplotlib, torch
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from torch import nn
from dlcourse.device import choose_device, device_name, synchronize
from dlcourse.timing import benchmark

def outcome(expression):
    try:
        return str(eval(expression))
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def drawn(device):
    torch.manual_seed(0)
    return torch.rand(3, device=device).tolist()

def trained(device):
    torch.manual_seed(0)
    X, y = torch.rand(20, 4).to(device), torch.arange(20, device=device) % 3
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1, fused=True)
    for _ in range(5):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
    return copy.deepcopy(model), loss.item()

def scores_in_bfloat16(device):
    with torch.autocast(device.type, dtype=torch.bfloat16):
        scores = nn.Linear(2, 1).to(device)(torch.ones(1, 2, device=device))
    return scores.dtype, scores.device

def loaded(model):
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    return torch.load(file, weights_only=True, map_location="cpu")

gpu = choose_device()
on_cpu = torch.arange(2.0)
x = on_cpu.to(gpu)
print(json.dumps([outcome(expression) for expression in json.load(sys.stdin)]))
"""

TWO_DEVICES = "RuntimeError: Expected all tensors to be on the same device, but found at least two"
OUTCOMES = {  # of each expression; KIND stands for cuda or mps
    "gpu.type": "KIND",
    "x": "tensor([0., 1.], device='KIND:0')",
    "x.device, on_cpu.device": "(device(type='KIND', index=0), device(type='cpu'))",
    "x.is_cuda or x.is_mps, x.is_cpu": "(True, False)",
    "benchmark(lambda: x + x, gpu, min_seconds=0.01).median > 0": "True",
    "synchronize(gpu)": "None",
    "torch.compile(lambda x: x + 1, backend='eager')(x)": "tensor([1., 2.], device='KIND:0')",
    "scores_in_bfloat16(gpu)": "(torch.bfloat16, device(type='KIND', index=0))",
    # What a GPU refuses.
    "x + on_cpu": f"{TWO_DEVICES} devices, KIND:0 and cpu! (add)",
    "torch.cat([on_cpu, x])": f"{TWO_DEVICES} devices, KIND:0 and cpu! (cat)",
    "torch.equal(x, on_cpu)": f"{TWO_DEVICES} devices, KIND:0 and cpu! (equal)",
    "nn.Linear(2, 1)(x)": f"{TWO_DEVICES} devices, KIND:0 and cpu! (linear)",
    "nn.Linear(2, 1).to(gpu)(on_cpu)": f"{TWO_DEVICES} devices, KIND:0 and cpu! (linear)",
    "on_cpu[x.long()]": "RuntimeError: indices should be either on cpu or on the same device",
    "x.numpy()": "TypeError: can't convert KIND:0 device type tensor to numpy",
    "plt.plot(x)": "TypeError: can't convert KIND:0 device type tensor to numpy",
    "torch.rand(2, generator=torch.Generator(), device=gpu)": (
        "RuntimeError: Expected a 'KIND' device type for generator but found 'cpu'"
    ),
    "torch.testing.assert_close(x, on_cpu)": "AssertionError: The values for attribute 'device'",
    # What it does not.
    "x + torch.tensor(1.0)": "tensor([1., 2.], device='KIND:0')",
    "x[torch.tensor([1])]": "tensor([1.], device='KIND:0')",
    "x.cpu() + on_cpu": "tensor([0., 2.])",
    "x.to('cpu').numpy()": "[0. 1.]",
    "x.numpy(force=True)": "[0. 1.]",
    "on_cpu.copy_(x).device": "cpu",
    "x.tolist(), x.sum().item()": "([0.0, 1.0], 1.0)",
    "torch.ones(2, device='meta').device": "meta",
    # What it does besides.
    "on_cpu.to(gpu).data_ptr() == on_cpu.data_ptr()": "False",
    "x.to(gpu) is x": "True",
    "torch.zeros_like(x).device == x.new_zeros(1).device == x.device": "True",
    "torch.zeros(2, device=gpu, requires_grad=True).is_leaf": "True",
    "drawn(gpu) == drawn(gpu)": "True",
    "drawn(gpu) == drawn('cpu')": "False",
    "trained(gpu)[1] == trained('cpu')[1]": "True",
    "next(trained(gpu)[0].parameters()).device.type": "KIND",
    "next(nn.Linear(1, 1, device=gpu).parameters()).device.type": "KIND",
    "next(nn.Linear(1, 1).to(gpu).cpu().parameters()).device.type": "cpu",
    "{w.device.type for w in loaded(trained(gpu)[0]).values()}": "{'cpu'}",
}


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_it_does_what_a_gpu_does(kind: str) -> None:
    outcomes = dict(OUTCOMES)
    no_float64 = "TypeError: Cannot convert a MPS Tensor to float64 dtype"
    outcomes["x.double().dtype"] = no_float64 if kind == "mps" else "torch.float64"
    path = os.pathsep.join([str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])])
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(list(outcomes)),
        env=os.environ | {"DLCOURSE_DEVICE": kind, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answers = dict(zip(outcomes, json.loads(run.stdout), strict=True))
    wrong = [
        f"{expression} is {answers[expression]}"
        for expression, expected in outcomes.items()
        if not _fits(answers[expression], expected.replace("KIND", kind))
    ]
    assert not wrong, "\n".join(wrong)


def _fits(answer: str, expected: str) -> bool:
    """Tell whether it is what is expected; of an error, its beginning."""
    return answer.startswith(expected) if "Error: " in expected else answer == expected
