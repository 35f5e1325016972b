"""The exercises of lesson 12: right answers of other kinds, and each solution by another way."""

import io
import math
import os
import pickle
import random
import threading
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from dlcourse.checking.exercise import Exercise
from dlcourse.exercises import scaling_out as ex

Right = tuple[Exercise, Callable[..., Any]]
AllReduce = Callable[[Tensor], None]
Parts = list[tuple[Tensor, Tensor]]
Model = Any  # a module: types do not tell that its parameters have gradients
Dtype = torch.dtype


def inputs_of(exercise: Exercise) -> list[tuple[Any, ...]]:
    return list(exercise.inputs(torch.Generator().manual_seed(7)))


# ------------------------------------------------------------------ short numbers


def gap_by_nextafter(w: float, dtype: Dtype) -> float:
    here = torch.tensor(w, dtype=dtype)
    return (torch.nextafter(here, 2 * here) - here).item()


def gap_by_frexp(w: float, dtype: Dtype) -> Tensor:
    _, exponent = torch.frexp(torch.tensor(w, dtype=torch.float64))
    return torch.ldexp(torch.tensor(torch.finfo(dtype).eps), exponent - 1)


def gap_by_doubling(w: float, dtype: Dtype) -> float:
    power = 1.0
    while power > w:
        power /= 2
    while power * 2 <= w:
        power *= 2
    return power * torch.finfo(dtype).eps


def scale_by_streak_first(
    scale: float,
    streak: int,
    overflow: bool,  # noqa: FBT001
    interval: int,
) -> list[float]:
    streak = 0 if overflow else streak + 1
    if overflow:
        scale *= 0.5
    elif streak >= interval:
        scale, streak = scale * 2, 0
    return [scale, streak]


def scale_by_remainder(
    scale: float,
    streak: int,
    overflow: bool,  # noqa: FBT001
    interval: int,
) -> tuple[float, int]:
    after = (1 - overflow) * (streak + 1) % interval
    grows = not overflow and after == 0
    return scale * 2.0 ** (grows - overflow), after


def scale_in_tensors(
    scale: float,
    streak: int,
    overflow: bool,  # noqa: FBT001
    interval: int,
) -> tuple[Tensor, Tensor]:
    if overflow:
        return torch.tensor(scale) / 2, torch.tensor(0)
    full = torch.tensor(streak + 1 == interval)
    return torch.where(full, 2 * scale, scale), torch.where(full, 0, streak + 1)


def half_run_by_inf_checks(
    model: nn.Module, X: Tensor, y: Tensor, scaler: torch.amp.GradScaler, n_steps: int
) -> Any:  # noqa: ANN401
    """Look at the gradients to see whether a step is skipped."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses, n_made, rates = [], 0, []
    for _ in range(n_steps):
        model.zero_grad()
        with torch.autocast("cpu", torch.float16):
            loss = functional.cross_entropy(model(X), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        n_made += int(norm.isfinite())
        optimizer.param_groups[0]["lr"] = 0.5 * 0.9**n_made
        losses.append(loss.detach())
        rates.append(0.5 * 0.9**n_made)
    return torch.stack(losses), rates


def half_run_by_what_step_returns(
    model: nn.Module, X: Tensor, y: Tensor, scaler: torch.amp.GradScaler, n_steps: int
) -> Any:  # noqa: ANN401
    """Compare the weights to see whether a step is skipped."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 0.9**k)
    losses, rates = [], []
    for _ in range(n_steps):
        before = [one.detach().clone() for one in model.parameters()]
        with torch.autocast("cpu", dtype=torch.float16):
            loss = nn.CrossEntropyLoss()(model(X), y)
        optimizer.zero_grad(set_to_none=False)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1)
        scaler.step(optimizer)
        scaler.update()
        now = list(model.parameters())
        if any(not torch.equal(a, b) for a, b in zip(now, before, strict=True)):
            schedule.step()
        losses += [loss.item()]
        rates += [optimizer.param_groups[0]["lr"]]
    return losses, rates


def half_run_by_growth(
    model: nn.Module, X: Tensor, y: Tensor, scaler: torch.amp.GradScaler, n_steps: int
) -> Any:  # noqa: ANN401
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    losses, rates = [], []
    for _ in range(n_steps):
        optimizer.zero_grad()
        with torch.autocast(device_type="cpu", dtype=torch.float16):
            loss = functional.cross_entropy(model(X), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(list(model.parameters()), 1.0)
        old = scaler.get_scale()
        scaler.step(optimizer)
        scaler.update()
        fell = scaler.get_scale() < old
        if not fell:
            schedule.step()
        losses.append(float(loss.detach()))
        rates.append(schedule.get_last_lr()[-1])
    return losses, rates


# ------------------------------------------------------------------ parts and segments


def step_by_scaled_gradients(
    model: Model,
    optimizer: torch.optim.Optimizer,
    schedule: Any,  # noqa: ANN401
    parts: Parts,
) -> float:
    """Add up the gradients of sums, and divide them once."""
    optimizer.zero_grad()
    total, count = 0.0, 0
    for X, y in parts:
        loss = functional.cross_entropy(model(X), y, reduction="sum")
        loss.backward()
        total, count = total + loss.item(), count + int((y >= 0).sum())
    for one in model.parameters():
        one.grad /= count
    optimizer.step()
    schedule.step()
    return total / count


def step_by_masks(
    model: Model,
    optimizer: torch.optim.Optimizer,
    schedule: Any,  # noqa: ANN401
    parts: Parts,
) -> Any:  # noqa: ANN401
    counts = [(y != -100).sum() for _, y in parts]
    model.zero_grad()
    losses = []
    for X, y in parts:
        log_p = model(X).log_softmax(1)
        real = y != -100
        share = -log_p[real].gather(1, y[real][:, None]).sum() / sum(counts)
        share.backward()
        losses.append(share.detach())
    optimizer.step()
    schedule.step()
    return torch.stack(losses).sum()


def step_by_weighted_means(
    model: Model,
    optimizer: torch.optim.Optimizer,
    schedule: Any,  # noqa: ANN401
    parts: Parts,
) -> float:
    """Leave out parts in which nothing counts, and weight the means of the others."""
    for one in model.parameters():
        one.grad = None
    counted = [(X, y, int((y != -100).sum())) for X, y in parts]
    n, total = sum(k for *_, k in counted), 0.0
    for X, y, k in counted:
        if k:
            loss = functional.cross_entropy(model(X), y) * k / n
            loss.backward()
            total += float(loss.detach())
    optimizer.step()
    schedule.step()
    return total


def segments_in_a_loop(n_layers: int) -> tuple[int, int]:
    best, fewest = 0, n_layers + 2
    for s in range(1, n_layers + 1):
        held = s + -(-n_layers // s)
        if held < fewest:
            best, fewest = s, held
    return best, fewest


def segments_by_min(n_layers: int) -> tuple[int, int]:
    held, s = min((s + (n_layers + s - 1) // s, s) for s in range(1, n_layers + 1))
    return s, held


def segments_in_tensors(n_layers: int) -> list[Tensor]:
    s = torch.arange(1, n_layers + 1)
    held = s + torch.ceil(n_layers / s.double())
    return [s[held == held.min()][0], held.min().long()]


# ------------------------------------------------------------------ several processes


def ring_in_two_halves(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    n = ring.world
    sums = torch.stack(tables).clone().reshape(n, n, -1)
    for t in range(n - 1):
        for k in range(n):
            ring.send(k, sums[k, (k - t) % n])
        for k in range(n):
            sums[k, (k - t - 1) % n] += ring.receive(k)
    for t in range(n - 1):
        for k in range(n):
            ring.send(k, sums[k, (k + 1 - t) % n])
        for k in range(n):
            sums[k, (k - t) % n] = ring.receive(k)
    return [one.flatten().clone() for one in sums]


def ring_the_other_way_round(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    """Begin with other parts: process k ends with the sum of part k."""
    n = ring.world
    size = len(tables[0]) // n
    out = [one.clone() for one in tables]

    def part(k: int) -> slice:
        return slice(k % n * size, k % n * size + size)

    for t in range(n - 1):
        for k in range(n):
            ring.send(k, out[k][part(k - 1 - t)])
        for k in range(n):
            out[k][part(k - 2 - t)] += ring.receive(k)
    for t in range(n - 1):
        for k in range(n):
            ring.send(k, out[k][part(k - t)])
        for k in range(n):
            out[k][part(k - 1 - t)] = ring.receive(k)
    return out


def ring_in_single_numbers(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    """Send a part as messages of one number each."""
    n, size = ring.world, len(tables[0]) // ring.world
    numbers = [one.tolist() for one in tables]
    for t in range(2 * n - 2):
        for k in range(n):
            start = (k - t) % n * size
            for value in numbers[k][start : start + size]:
                ring.send(k, torch.tensor([value], dtype=tables[0].dtype))
        for k in range(n):
            start = (k - 1 - t) % n * size
            for place in range(start, start + size):
                old = numbers[k][place] if t < n - 1 else 0
                numbers[k][place] = old + ring.receive(k).item()
    return [torch.tensor(one, dtype=tables[0].dtype) for one in numbers]


def gradients_by_weighted_means(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    """Weight the gradient of each mean by its share of the samples."""
    n = torch.tensor(float(len(y)))
    all_reduce(n)
    model.zero_grad()
    if len(y):
        loss = functional.cross_entropy(model(X), y) * len(y) / n
        loss.backward()
    for one in model.parameters():
        if one.grad is None:
            one.grad = torch.zeros_like(one)
        all_reduce(one.grad)


def gradients_in_one_message(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    """Send all gradients and the count as one tensor."""
    loss = functional.cross_entropy(model(X), y, reduction="none").sum()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    message = torch.cat([*[one.flatten() for one in gradients], torch.tensor([float(len(y))])])
    all_reduce(message)
    start = 0
    for one in model.parameters():
        one.grad = (message[start : start + one.numel()] / message[-1]).view_as(one)
        start += one.numel()


def gradients_copied_back(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    for one in model.parameters():
        one.grad = None
    (-model(X).log_softmax(1)[torch.arange(len(y)), y]).sum().backward()
    copies = [one.grad.clone() for one in model.parameters()]
    for copy in copies:
        all_reduce(copy)
    count = torch.tensor([len(y)])
    all_reduce(count)
    for one, copy in zip(model.parameters(), copies, strict=True):
        one.grad = copy / count


def share_of_a_list(n: int, rank: int, world: int, epoch: int) -> list[int]:
    order = list(range(n))
    random.Random(epoch).shuffle(order)  # noqa: S311
    return order[rank::world]


def share_in_blocks(n: int, rank: int, world: int, epoch: int) -> Any:  # noqa: ANN401
    order = np.random.default_rng([epoch, 7]).permutation(n)
    return np.array_split(order, world)[rank]


def share_by_random_numbers(n: int, rank: int, world: int, epoch: int) -> Tensor:
    rng = torch.Generator()
    rng.manual_seed(1234 + epoch)
    order = torch.rand(n, generator=rng).argsort()
    return order[torch.arange(n) % world == rank]


def pooled_in_two_sums(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    n_right, n = (logits.argmax(1) == y).sum().float(), torch.tensor(float(len(y)))
    all_reduce(n_right)
    all_reduce(n)
    return float(n_right / n)


def pooled_by_errors(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> Tensor:
    wrong = logits.max(dim=1).indices != y
    both = torch.tensor([[wrong.sum()], [len(wrong)]], dtype=torch.float64)
    all_reduce(both)
    return 1 - both[0] / both[1]


def pooled_by_each_process(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    correct = sum(int(row.argmax()) == int(label) for row, label in zip(logits, y, strict=True))
    total = torch.tensor([correct, len(y) - correct])
    all_reduce(total)
    return total[0].item() / total.sum().item()


# ------------------------------------------------------------------ a run that survives


class _KeeperOfOneTuple:
    """Saves a tuple, through a file that is renamed by `os.replace`."""

    def __init__(self, path: Path, *parts: Any) -> None:  # noqa: ANN401
        self.path = path
        self.model, self.optimizer, self.schedule, self.generator = parts
        if hasattr(self.model, "module"):
            self.model = self.model.module

    def save(self, step: int) -> None:
        states = [one.state_dict() for one in (self.model, self.optimizer, self.schedule)]
        drawn = [self.generator.get_state(), torch.random.get_rng_state()]
        name = f"{self.path}.tmp"
        with open(name, "wb") as file:  # noqa: PTH123
            torch.save((step, states, drawn), file)
        os.replace(name, self.path)  # noqa: PTH105

    def load(self) -> int:
        try:
            step, states, drawn = torch.load(self.path)
        except FileNotFoundError:
            return 0
        for one, state in zip((self.model, self.optimizer, self.schedule), states, strict=True):
            one.load_state_dict(state)
        self.generator.set_state(drawn[0])
        torch.random.set_rng_state(drawn[1])
        return step  # type: ignore[no-any-return]


class _KeeperOfBytes:
    """Pickles into memory, then writes a new file and renames it."""

    def __init__(self, path: Path, *parts: Any) -> None:  # noqa: ANN401
        self.path, self.parts = path, parts

    def save(self, step: int) -> None:
        model, optimizer, schedule, generator = self.parts
        memory = io.BytesIO()
        weights = {k.removeprefix("module."): v for k, v in model.state_dict().items()}
        rest = optimizer.state_dict(), schedule.state_dict()
        pickle.dump((weights, *rest, generator.get_state(), torch.get_rng_state(), step), memory)
        new = self.path.parent / "new"
        new.write_bytes(memory.getvalue())
        new.rename(self.path)

    def load(self) -> int:
        model, optimizer, schedule, generator = self.parts
        if not os.path.exists(self.path):  # noqa: PTH110
            return 0
        with self.path.open("rb") as file:
            weights, averages, count, own, torchs, step = pickle.load(file)  # noqa: S301
        getattr(model, "module", model).load_state_dict(weights)
        optimizer.load_state_dict(averages)
        schedule.load_state_dict(count)
        generator.set_state(own)
        torch.set_rng_state(torchs)
        return int(step)


class _KeeperOfFiles(_KeeperOfOneTuple):
    """Takes copies of all states before anything is written."""

    def save(self, step: int) -> None:
        weights = {name: value.clone() for name, value in self.model.state_dict().items()}
        states = [weights, self.optimizer.state_dict(), self.schedule.state_dict()]
        new = self.path.with_name("half-written")
        drawn = [self.generator.get_state(), torch.default_generator.get_state()]
        torch.save([step, states, drawn], new)
        new.replace(self.path)


# ------------------------------------------------------------------ few bits, and laws


def quantized_in_numpy(W: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    values, most = W.numpy(), 2 ** (bits - 1) - 1
    scales = np.max(np.abs(values), axis=1) / most
    scales[scales == 0] = 1
    table = np.rint(values / scales[:, None]).astype(np.int8)
    return torch.from_numpy(table), torch.from_numpy(scales)


def quantized_by_rows(W: Tensor, bits: int) -> list[Tensor]:
    most, rows, scales = (1 << bits - 1) - 1, [], []
    for row in W:
        largest = max(row.max().item(), -row.min().item())
        scale = largest / most if largest else 1.0
        rows.append([round(value / scale) for value in row.tolist()])
        scales.append(scale)
    return [torch.tensor(rows, dtype=torch.int8), torch.tensor(scales)]


def quantized_with_clamp(W: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    most = 2 ** (bits - 1) - 1
    scales = W.abs().max(dim=1).values / most
    scales = scales.masked_fill(scales == 0, 1)
    numbers = torch.clamp(torch.floor(W / scales.unsqueeze(1) + 0.5), -most, most)
    return numbers.to(torch.int8), scales


def law_by_polyfit(n: Tensor, error: Tensor, floor: float, n_new: float) -> Any:  # noqa: ANN401
    slope, start = np.polyfit(np.log(n.numpy()), np.log(error.numpy() - floor), 1)
    return np.exp(start), slope, floor + np.exp(start) * n_new**slope


def law_by_covariance(n: Tensor, error: Tensor, floor: float, n_new: float) -> list[Tensor]:
    x, y = n.double().log2(), (error.double() - floor).log2()
    b = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    a = 2 ** (y.mean() - b * x.mean())
    return [a, b, floor + a * n_new**b]


def law_by_sums(n: Tensor, error: Tensor, floor: float, n_new: float) -> tuple[float, float, float]:
    x = [math.log10(one) for one in n.tolist()]
    y = [math.log10(one - floor) for one in error.tolist()]
    k, xy, xx = len(x), sum(a * b for a, b in zip(x, y, strict=True)), sum(a * a for a in x)
    b = (k * xy - sum(x) * sum(y)) / (k * xx - sum(x) ** 2)
    start = (sum(y) - b * sum(x)) / k
    return 10**start, b, floor + 10 ** (start + b * math.log10(n_new))


def devices_in_whole_numbers(n: int, n_layer: int, memory: int) -> int:
    return -(-16 * n // (memory - 4 * n_layer))


def devices_by_trying(n: int, n_layer: int, memory: int) -> int:
    p = 1
    while 16 * n / p + 4 * n_layer > memory:
        p += 1
    return p


def devices_by_divmod(n: int, n_layer: int, memory: int) -> int:
    whole, rest = divmod(16 * n, memory - 4 * n_layer)
    return whole + (rest > 0)


RIGHT: list[Right] = [
    (ex.gap, gap_by_nextafter),
    (ex.gap, gap_by_frexp),
    (ex.gap, gap_by_doubling),
    (ex.scale_update, scale_by_streak_first),
    (ex.scale_update, scale_by_remainder),
    (ex.scale_update, scale_in_tensors),
    (ex.half_run, half_run_by_inf_checks),
    (ex.half_run, half_run_by_what_step_returns),
    (ex.half_run, half_run_by_growth),
    (ex.accumulated_step, step_by_scaled_gradients),
    (ex.accumulated_step, step_by_masks),
    (ex.accumulated_step, step_by_weighted_means),
    (ex.best_segments, segments_in_a_loop),
    (ex.best_segments, segments_by_min),
    (ex.best_segments, segments_in_tensors),
    (ex.ring_all_reduce, ring_in_two_halves),
    (ex.ring_all_reduce, ring_the_other_way_round),
    (ex.ring_all_reduce, ring_in_single_numbers),
    (ex.average_gradients, gradients_by_weighted_means),
    (ex.average_gradients, gradients_in_one_message),
    (ex.average_gradients, gradients_copied_back),
    (ex.epoch_share, share_of_a_list),
    (ex.epoch_share, share_in_blocks),
    (ex.epoch_share, share_by_random_numbers),
    (ex.pooled_accuracy, pooled_in_two_sums),
    (ex.pooled_accuracy, pooled_by_errors),
    (ex.pooled_accuracy, pooled_by_each_process),
    (ex.RunKeeper, _KeeperOfOneTuple),
    (ex.RunKeeper, _KeeperOfBytes),
    (ex.RunKeeper, _KeeperOfFiles),
    (ex.quantize, quantized_in_numpy),
    (ex.quantize, quantized_by_rows),
    (ex.quantize, quantized_with_clamp),
    (ex.fit_power_law, law_by_polyfit),
    (ex.fit_power_law, law_by_covariance),
    (ex.fit_power_law, law_by_sums),
    (ex.devices_needed, devices_in_whole_numbers),
    (ex.devices_needed, devices_by_trying),
    (ex.devices_needed, devices_by_divmod),
]


# ------------------------------------------------------------------ solutions, by another way


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_the_gap_is_what_the_next_number_is_away(dtype: Dtype) -> None:
    for w in torch.rand(50, generator=torch.Generator().manual_seed(0)).mul(100).to(dtype):
        after = (w.view(torch.int32 if dtype is torch.float32 else torch.int16) + 1).view(dtype)
        assert ex.gap.answer(w.item(), dtype) == (after - w).item()


def test_the_scale_moves_as_a_grad_scaler_moves_it() -> None:
    weight = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=0.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=64.0, growth_interval=3)
    scaler.scale(torch.ones(1))  # makes its scale
    scale, streak = 64.0, 0
    for overflow in map(int, "000100000010000000110000"):
        weight.grad = torch.full((1,), math.inf if overflow else 1.0)
        scaler.step(optimizer)
        scaler.update()
        scale, streak = ex.scale_update.answer(scale, streak, bool(overflow), 3)
        state = scaler.state_dict()
        assert (scale, streak) == (state["scale"], state["_growth_tracker"])


def test_a_scaled_run_is_nearly_the_run_in_float32() -> None:
    torch.manual_seed(0)
    X, y = torch.randn(6, 3), torch.arange(6) % 4
    model, plain = nn.Linear(3, 4), nn.Linear(3, 4)
    plain.load_state_dict(model.state_dict())
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**19)
    losses, rates = ex.half_run.answer(model, X, y, scaler, 8)
    n_skipped = rates.count(0.5)
    assert n_skipped > 0
    wanted = []
    for k in range(8 - n_skipped):
        loss = functional.cross_entropy(plain(X), y)
        slopes = torch.autograd.grad(loss, list(plain.parameters()))
        norm = torch.cat([one.flatten() for one in slopes]).norm()
        with torch.no_grad():
            for one, slope in zip(plain.parameters(), slopes, strict=True):
                one.sub_(slope, alpha=0.5 * 0.9**k / max(1.0, norm.item()))
        wanted.append(loss.item())
    np.testing.assert_allclose(losses, [wanted[0]] * n_skipped + wanted, rtol=0.01)
    torch.testing.assert_close(model.weight, plain.weight, rtol=0.01, atol=0.01)


def test_a_step_from_parts_is_the_step_of_the_whole_batch() -> None:
    torch.manual_seed(0)
    labels = [torch.tensor(one) for one in ([0, 2, -100], [1], [-100], [3, 3, 3, 0, 1])]
    parts = [(torch.randn(len(y), 3), y) for y in labels]
    model, whole = nn.Linear(3, 4), nn.Linear(3, 4)
    whole.load_state_dict(model.state_dict())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.1)
    loss = ex.accumulated_step.answer(model, optimizer, schedule, parts)
    X, y = (torch.cat(one) for one in zip(*parts, strict=True))
    wanted = functional.cross_entropy(whole(X), y, ignore_index=-100)
    (slope,) = torch.autograd.grad(wanted, whole.weight)
    assert loss == pytest.approx(wanted.item())
    torch.testing.assert_close(model.weight, whole.weight - 0.3 * slope)
    assert schedule.get_last_lr() == [pytest.approx(0.03)]


def test_the_best_segments_hold_about_two_roots() -> None:
    assert ex.best_segments.answer(4) == (2, 4)
    assert ex.best_segments.answer(32) == (4, 12)
    for n in range(1, 300):
        s, held = ex.best_segments.answer(n)
        longest = max(map(len, np.array_split(np.arange(n), s)))
        assert held == s + longest
        assert held == math.ceil(2 * math.sqrt(n))


def in_threads(work: Callable[[int, AllReduce], Any], world: int) -> list[Any]:
    """Run `work(rank, all_reduce)` in as many threads, which meet at each sum."""
    given: list[Any] = [None] * world
    results: list[Any] = [None] * world
    barrier = threading.Barrier(world, timeout=20)

    def run(rank: int) -> None:
        def all_reduce(tensor: Tensor) -> None:
            given[rank] = tensor.detach().clone()
            barrier.wait()
            total = torch.stack(given).sum(dim=0)
            barrier.wait()
            tensor.data.copy_(total)

        results[rank] = work(rank, all_reduce)

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(world)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return results


def test_gradients_of_three_threads_are_those_of_the_whole_batch() -> None:
    torch.manual_seed(0)
    X, y = torch.randn(9, 4), torch.arange(9) % 3
    whole = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))
    loss = functional.cross_entropy(whole(X), y)
    wanted = torch.autograd.grad(loss, list(whole.parameters()))
    pieces = [slice(0, 2), slice(2, 8), slice(8, 9)]

    def work(rank: int, all_reduce: AllReduce) -> list[Any]:
        model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))
        model.load_state_dict(whole.state_dict())
        ex.average_gradients.answer(model, X[pieces[rank]], y[pieces[rank]], all_reduce)
        return [one.grad for one in model.parameters()]

    for gradients in in_threads(work, 3):
        for mine, right in zip(gradients, wanted, strict=True):
            torch.testing.assert_close(mine, right)


def test_the_accuracy_of_two_threads_is_9_of_11() -> None:
    y = torch.zeros(11, dtype=torch.int64)
    logits = torch.tensor([[1.0, 0.0]] * 9 + [[0.0, 1.0]] * 2)
    pieces = [slice(0, 10), slice(10, 11)]
    answer = ex.pooled_accuracy.answer
    found = in_threads(lambda k, sums: answer(logits[pieces[k]], y[pieces[k]], sums), 2)
    assert found == pytest.approx([9 / 11] * 2)


def test_each_process_of_a_ring_sends_less_than_twice_its_numbers() -> None:
    for (tables,) in inputs_of(ex.ring_all_reduce):
        world, sent = len(tables), dict.fromkeys(range(len(tables)), 0)
        posts: list[list[Tensor]] = [[] for _ in tables]

        class Ring:
            """A ring that counts."""

            world = len(tables)

            def send(self, rank: int, part: Tensor) -> None:
                sent[rank] += len(part)  # noqa: B023 - used in this round only
                posts[(rank + 1) % self.world].append(part.clone())  # noqa: B023

            def receive(self, rank: int) -> Tensor:
                return posts[rank].pop(0)  # noqa: B023

        for one in ex.ring_all_reduce.answer(tables, Ring()):
            torch.testing.assert_close(one, torch.stack(tables).sum(dim=0))
        assert set(sent.values()) == {2 * (world - 1) * len(tables[0]) // world}


@pytest.mark.parametrize(("n", "world"), [(11, 2), (0, 3), (7, 7), (50, 8)])
def test_shares_hold_every_sample_once_in_each_epoch(n: int, world: int) -> None:
    orders = []
    for epoch in range(4):
        shares = [ex.epoch_share.answer(n, rank, world, epoch).tolist() for rank in range(world)]
        orders.append([k for one in shares for k in one])
        assert sorted(orders[-1]) == list(range(n))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert n == 0 or all(a != b for a, b in pairwise(orders))


def test_a_kept_run_goes_on_as_if_undisturbed(tmp_path: Path) -> None:
    X = torch.randn(6, 2, generator=torch.Generator().manual_seed(0))

    def make(seed: int) -> tuple[nn.Module, Any, Any, torch.Generator]:
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.3), nn.Linear(8, 2))
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 12)
        return model, optimizer, schedule, torch.Generator().manual_seed(seed)

    def train(run: tuple[nn.Module, Any, Any, torch.Generator], n_steps: int) -> Tensor:
        model, optimizer, schedule, rng = run
        for _ in range(n_steps):
            rows = torch.randperm(6, generator=rng)[:3]
            optimizer.zero_grad()
            functional.mse_loss(model(X[rows]), X[rows]).backward()
            optimizer.step()
            schedule.step()
        return torch.cat([one.detach().flatten() for one in model.parameters()])

    path = tmp_path / "run.pt"
    first = make(1)
    assert ex.RunKeeper.answer(path, *first).load() == 0
    train(first, 5)
    ex.RunKeeper.answer(path, *first).save(5)
    wanted = train(first, 7)
    later = make(2)
    assert ex.RunKeeper.answer(path, *later).load() == 5
    assert torch.equal(train(later, 7), wanted)
    assert [one.name for one in tmp_path.iterdir()] == ["run.pt"]


def n_products(model: nn.Module, X: Tensor) -> tuple[int, int]:
    """Return how many matrix products a profiler counts, forward and backward."""

    def count(work: Callable[[], Any]) -> tuple[int, Any]:
        with profile(activities=[ProfilerActivity.CPU]) as profiler:
            result = work()
        calls = {one.key: one.count for one in profiler.key_averages()}
        return calls.get("aten::mm", 0) + calls.get("aten::addmm", 0), result

    forward, loss = count(lambda: model(X).sum())
    backward, _ = count(loss.backward)
    return forward, backward


def test_a_profiler_counts_the_products() -> None:
    sizes = [nn.Linear(6, 5), nn.Linear(5, 4), nn.Linear(4, 3), nn.Linear(3, 2)]
    first, second, third, last = sizes
    model = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third, nn.ReLU(), last)
    X = torch.rand(7, 6)
    forward, backward = n_products(model, X)
    _, asked = n_products(model, X.clone().requires_grad_())
    for one in (*first.parameters(), *second.parameters()):
        one.requires_grad_(False)
    _, frozen = n_products(model, X)
    assert ex.products.answer() == (forward, backward, asked, frozen)


@pytest.mark.parametrize("bits", range(2, 9))
def test_weights_in_few_bits_are_at_most_half_a_step_off(bits: int) -> None:
    W = torch.randn(6, 50, generator=torch.Generator().manual_seed(0))
    table, scales = ex.quantize.answer(W, bits)
    assert table.abs().amax(dim=1).tolist() == [2 ** (bits - 1) - 1] * 6
    assert ((table * scales[:, None] - W).abs() <= 0.5001 * scales[:, None]).all()


def test_no_weight_is_halfway_between_two_numbers() -> None:
    """Else a right answer that rounds in another way would be refused."""
    for W, bits in inputs_of(ex.quantize):
        numbers = W.double() / quantized_in_numpy(W.double(), bits)[1][:, None]
        assert ((numbers.abs() % 1 - 0.5).abs() > 1e-4).all()


@pytest.mark.parametrize("arguments", inputs_of(ex.fit_power_law))
def test_the_law_is_numpy_s_line(arguments: tuple[Tensor, Tensor, float, float]) -> None:
    n, error, floor, n_new = arguments
    found = ex.fit_power_law.answer(*arguments)
    np.testing.assert_allclose(found, law_by_polyfit(n, error, floor, n_new), rtol=1e-4)


def test_the_law_of_the_lesson_s_points() -> None:
    n = torch.tensor([500.0, 1000, 2000, 4000, 8000])
    error = 1.34 * n**-0.347
    a, b, predicted = ex.fit_power_law.answer(n, error, 0.0, 32_000.0)
    assert a == pytest.approx(1.34, rel=1e-3)
    assert b == pytest.approx(-0.347, abs=1e-4)
    assert predicted == pytest.approx(1.34 * 32_000**-0.347, rel=1e-3)


@pytest.mark.parametrize("arguments", inputs_of(ex.devices_needed))
def test_one_gpu_less_would_not_do(arguments: tuple[int, int, int]) -> None:
    n, n_layer, memory = arguments
    p = ex.devices_needed.answer(*arguments)
    assert Fraction(16 * n, p) + 4 * n_layer <= memory
    assert p == 1 or Fraction(16 * n, p - 1) + 4 * n_layer > memory


def test_seven_billion_parameters_need_two_large_gpus() -> None:
    assert ex.devices_needed.answer(7_000_000_000, 0, 80_000_000_000) == 2
