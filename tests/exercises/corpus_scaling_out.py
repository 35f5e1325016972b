"""Answers to the exercises of lesson 12 by somebody who tried to get through with wrong ones."""

import io
import math
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from corpus import right, wrong
from dlcourse.exercises import scaling_out as ex

AllReduce = Callable[[Tensor], None]
Parts = list[tuple[Tensor, Tensor]]
Dtype = torch.dtype
Model = Any  # a module: types do not tell that its parameters have gradients
Scaler = torch.amp.GradScaler

# ---------------------------------------------------------------------- gap


@right(ex.gap)
def gap_by_numpy(w: float, dtype: Dtype) -> float:
    return float(2.0 ** np.floor(np.log2(w)) * torch.finfo(dtype).eps)


@right(ex.gap)
def gap_by_bits(w: float, dtype: Dtype) -> float:
    """Add one to the number's bits."""
    number = torch.tensor(w, dtype=dtype)
    whole = torch.int32 if dtype is torch.float32 else torch.int16
    return ((number.view(whole) + 1).view(dtype) - number).item()


@right(ex.gap)
def gap_by_digits(w: float, dtype: Dtype) -> Any:  # noqa: ANN401
    digits = {torch.bfloat16: 7, torch.float16: 10, torch.float32: 23}[dtype]
    return math.ldexp(1, math.frexp(w)[1] - 1 - digits)


@wrong(ex.gap, "the gap at 1")
def gap_at_one(w: float, dtype: Dtype) -> float:  # noqa: ARG001
    return 2.0 ** -{torch.bfloat16: 7, torch.float16: 10, torch.float32: 23}[dtype]


@wrong(ex.gap)
def gap_of_float64(w: float, dtype: Dtype) -> float:  # noqa: ARG001
    return math.ulp(w)


@wrong(ex.gap)
def gap_below(w: float, dtype: Dtype) -> float:
    """The distance to the number before: half as wide at a power of two."""
    here = torch.tensor(w, dtype=dtype)
    return (here - torch.nextafter(here, torch.zeros_like(here))).item()


@wrong(ex.gap)
def gap_by_adding_eps(w: float, dtype: Dtype) -> float:
    here = torch.tensor(w, dtype=dtype)
    return (here + torch.finfo(dtype).eps - here).item()


@wrong(ex.gap, "w itself")
def gap_by_a_factor(w: float, dtype: Dtype) -> float:
    return w * (1 + torch.finfo(dtype).eps) - w


@wrong(ex.gap)
def gap_of_large_numbers(w: float, dtype: Dtype) -> float:
    return max(gap_by_numpy(w, dtype), torch.finfo(dtype).eps)


@right(ex.gap)
def gap_by_halving(w: float, dtype: Dtype) -> float:
    step = torch.finfo(dtype).eps
    while w >= 2:
        w, step = w / 2, step * 2
    while w < 1:
        w, step = w * 2, step / 2
    return step


@wrong(ex.gap, "one rounded logarithm by another")
def gap_by_log_to_the_base_2(w: float, dtype: Dtype) -> float:
    return torch.finfo(dtype).eps * 2.0 ** math.floor(math.log(w, 2))  # noqa: FURB163


@wrong(ex.gap, "has the digits of float32")
def gap_by_a_tensors_logarithm(w: float, dtype: Dtype) -> float:
    return torch.finfo(dtype).eps * 2.0 ** torch.tensor(w).log2().floor().item()


@wrong(ex.gap)
def gap_by_whole_numbers(w: float, dtype: Dtype) -> float:
    """Cut the logarithm's decimals off: below 1 that is rounding up."""
    return torch.finfo(dtype).eps * 2.0 ** int(math.log2(w))


# ---------------------------------------------------------------------- scale_update


@right(ex.scale_update)
def scale_by_cases(scale: float, streak: int, overflow: bool, interval: int) -> Any:  # noqa: ANN401, FBT001
    match overflow, streak + 1 == interval:
        case True, _:
            return scale / 2, 0
        case _, True:
            return scale * 2, 0
    return scale, streak + 1


@right(ex.scale_update)
def scale_by_powers(scale: float, streak: int, overflow: bool, interval: int) -> Any:  # noqa: ANN401, FBT001
    good = 0 if overflow else streak + 1
    full = good == interval
    return scale * 2.0 ** (int(full) - int(overflow)), good * (not full)


@right(ex.scale_update)
def scale_in_a_list(scale: float, streak: int, overflow: bool, interval: int) -> Any:  # noqa: ANN401, FBT001
    result = [scale / 2, 0] if overflow else [scale, streak + 1]
    if result[1] == interval:
        result = [2 * scale, 0]
    return result


@wrong(ex.scale_update, "one good step too late")
def scale_before_counting(scale: float, streak: int, overflow: bool, interval: int) -> Any:  # noqa: ANN401, FBT001
    if overflow:
        return scale / 2, 0
    if streak == interval:
        return scale * 2, 0
    return scale, streak + 1


@wrong(ex.scale_update)
def scale_of_2000(scale: float, streak: int, overflow: bool, interval: int) -> Any:  # noqa: ANN401, ARG001, FBT001
    return scale_by_cases(scale, streak, overflow, 2000)


@wrong(ex.scale_update)
def scale_in_whole_numbers(scale: float, streak: int, overflow: bool, interval: int) -> Any:  # noqa: ANN401, FBT001
    if overflow:
        return scale // 2, 0
    return scale_by_cases(scale, streak, overflow, interval)


@wrong(ex.scale_update)
def scale_and_a_new_streak_of_one(
    scale: float,
    streak: int,
    overflow: bool,  # noqa: FBT001
    interval: int,
) -> Any:  # noqa: ANN401
    scale, streak = scale_by_cases(scale, streak, overflow, interval)
    return scale, streak or 1


@wrong(ex.scale_update)
def scale_doubled_first(scale: float, streak: int, overflow: bool, interval: int) -> Any:  # noqa: ANN401, FBT001
    """Look at the streak before the overflow."""
    if streak + 1 == interval:
        return scale * 2, 0
    return (scale / 2, 0) if overflow else (scale, streak + 1)


@wrong(ex.scale_update)
def scale_alone(scale: float, streak: int, overflow: bool, interval: int) -> float:  # noqa: FBT001
    return float(scale_by_cases(scale, streak, overflow, interval)[0])


@wrong(ex.scale_update)
def scale_with_a_ceiling(scale: float, streak: int, overflow: bool, interval: int) -> Any:  # noqa: ANN401, FBT001
    scale, streak = scale_by_cases(scale, streak, overflow, interval)
    return min(scale, 2.0**24), streak


# ---------------------------------------------------------------------- half_run


def half_trained(
    model: nn.Module,
    X: Tensor,
    y: Tensor,
    scaler: Scaler,
    n_steps: int,
    **change: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Train rightly, but for what is changed."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    losses, rates = [], []
    for _ in range(n_steps):
        if change.get("zero", True):
            optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16, enabled=change.get("short", True)):
            loss = change.get("loss_of", functional.cross_entropy)(model(X), y)
        scaler.scale(loss).backward()
        if change.get("rate_first"):
            rates.append(schedule.get_last_lr()[0])
        scaler.unscale_(optimizer)
        change.get("clip", nn.utils.clip_grad_norm_)(model.parameters(), 1.0)
        before = scaler.get_scale()
        (optimizer if change.get("bare") else scaler).step(
            *([] if change.get("bare") else [optimizer])
        )
        scaler.update()
        if change.get("is_made", lambda a, b: a <= b)(before, scaler.get_scale()):
            schedule.step()
        losses.append(loss.item() * change.get("factor", 1))
        if not change.get("rate_first"):
            rates.append(schedule.get_last_lr()[0])
    return losses, rates


@right(ex.half_run)
def half_run_by_the_book(*run: Any) -> Any:  # noqa: ANN401
    return half_trained(*run)


@right(ex.half_run)
def half_run_by_not_smaller(*run: Any) -> Any:  # noqa: ANN401
    return half_trained(*run, is_made=lambda before, after: not after < before)


@right(ex.half_run)
def half_run_by_hand_clipping(*run: Any) -> Any:  # noqa: ANN401
    def clip(parameters: Any, most: float) -> None:  # noqa: ANN401
        gradients = [one.grad for one in parameters]
        norm = torch.cat([one.flatten() for one in gradients]).norm()
        for one in gradients:
            one *= (most / (norm + 1e-6)).clamp(max=1)

    return half_trained(*run, clip=clip)


@right(ex.half_run)
def half_run_with_the_losses_by_hand(*run: Any) -> Any:  # noqa: ANN401
    """Round to float16 elsewhere than `cross_entropy` does."""
    return half_trained(*run, loss_of=lambda z, y: functional.nll_loss(z.log_softmax(1), y))


@wrong(ex.half_run)
def half_run_that_makes_all_gradients_as_long(*run: Any) -> Any:  # noqa: ANN401
    def stretch(parameters: Any, norm: float) -> None:  # noqa: ANN401
        gradients = [one.grad for one in parameters]
        length = nn.utils.get_total_norm(gradients)
        for one in gradients:
            one *= norm / length

    return half_trained(*run, clip=stretch)


@wrong(ex.half_run)
def half_run_that_collects_gradients(*run: Any) -> Any:  # noqa: ANN401
    return half_trained(*run, zero=False)


@wrong(ex.half_run)
def half_run_in_float32(*run: Any) -> Any:  # noqa: ANN401
    return half_trained(*run, short=False)


@wrong(ex.half_run)
def half_run_that_clips_values(*run: Any) -> Any:  # noqa: ANN401
    return half_trained(*run, clip=nn.utils.clip_grad_value_)


@wrong(ex.half_run)
def half_run_that_steps_anyway(*run: Any) -> Any:  # noqa: ANN401
    """Step past the scaler, so an overflow reaches the weights."""
    return half_trained(*run, bare=True)


@wrong(ex.half_run, "Only a scale that fell")
def half_run_by_equal_scales(*run: Any) -> Any:  # noqa: ANN401
    return half_trained(*run, is_made=lambda before, after: before == after)


@wrong(ex.half_run)
def half_run_with_the_rates_before(*run: Any) -> Any:  # noqa: ANN401
    return half_trained(*run, rate_first=True)


@wrong(ex.half_run, "Nothing is clipped")
def half_run_unclipped(*run: Any) -> Any:  # noqa: ANN401
    return half_trained(*run, clip=lambda *_: None)


@wrong(ex.half_run)
def half_run_with_the_losses_alone(*run: Any) -> Any:  # noqa: ANN401
    return half_trained(*run)[0]


# ---------------------------------------------------------------------- accumulated_step


def step_of_shares(share: Callable[[Tensor, Tensor, Parts], Tensor], *run: Any) -> float:  # noqa: ANN401
    model, optimizer, schedule, parts = run
    optimizer.zero_grad()
    total = 0.0
    for X, y in parts:
        loss = share(model(X), y, parts)
        loss.backward()
        total += loss.item()
    optimizer.step()
    schedule.step()
    return total


def n_counted(parts: Parts) -> int:
    return sum(int((y != -100).sum()) for _, y in parts)


def summed(z: Tensor, y: Tensor) -> Tensor:
    return functional.cross_entropy(z, y, reduction="sum")


@right(ex.accumulated_step)
def step_of_sums(*run: Any) -> float:  # noqa: ANN401
    return step_of_shares(lambda z, y, parts: summed(z, y) / n_counted(parts), *run)


@right(ex.accumulated_step)
def step_of_real_rows(*run: Any) -> float:  # noqa: ANN401
    def share(z: Tensor, y: Tensor, parts: Parts) -> Tensor:
        return summed(z[y >= 0], y[y >= 0]) / n_counted(parts)

    return step_of_shares(share, *run)


@right(ex.accumulated_step)
def step_of_single_losses(*run: Any) -> float:  # noqa: ANN401
    def share(z: Tensor, y: Tensor, parts: Parts) -> Tensor:
        losses = functional.cross_entropy(z, y, reduction="none")
        return (losses / n_counted(parts)).sum()

    return step_of_shares(share, *run)


@wrong(ex.accumulated_step, "averaged the means")
def step_of_means_over_parts(*run: Any) -> float:  # noqa: ANN401
    """Average the means: where nothing counts, that is nan."""
    return step_of_shares(lambda z, y, parts: functional.cross_entropy(z, y) / len(parts), *run)


@wrong(ex.accumulated_step, "its mean is 0 / 0")
def step_of_weighted_means(*run: Any) -> float:  # noqa: ANN401
    def share(z: Tensor, y: Tensor, parts: Parts) -> Tensor:
        return functional.cross_entropy(z, y) * (y != -100).sum() / n_counted(parts)

    return step_of_shares(share, *run)


@wrong(ex.accumulated_step, "Those with the label −100 do not count")
def step_over_all_rows(*run: Any) -> float:  # noqa: ANN401
    return step_of_shares(
        lambda z, y, parts: summed(z, y) / sum(len(labels) for _, labels in parts), *run
    )


@wrong(ex.accumulated_step)
def step_with_padding_as_class_0(*run: Any) -> float:  # noqa: ANN401
    def share(z: Tensor, y: Tensor, parts: Parts) -> Tensor:
        return summed(z, y.clamp(min=0)) / sum(len(labels) for _, labels in parts)

    return step_of_shares(share, *run)


@wrong(ex.accumulated_step)
def step_of_the_parts_that_count(*run: Any) -> float:  # noqa: ANN401
    """Average the means, without the parts in which nothing counts."""
    model, optimizer, schedule, parts = run
    kept = [(X, y) for X, y in parts if (y != -100).any()]
    return step_of_means_over_parts(model, optimizer, schedule, kept)


@wrong(ex.accumulated_step)
def step_with_the_last_loss(*run: Any) -> float:  # noqa: ANN401
    """Return the last part's share in place of the whole loss."""
    kept = list[float]()

    def share(z: Tensor, y: Tensor, parts: Parts) -> Tensor:
        loss = functional.cross_entropy(z, y, reduction="sum") / n_counted(parts)
        kept.append(loss.item())
        return loss

    step_of_shares(share, *run)
    return kept[-1]


@wrong(ex.accumulated_step, "graphs of all")
def step_of_the_whole_batch(*run: Any) -> float:  # noqa: ANN401
    model, optimizer, schedule, parts = run
    optimizer.zero_grad()
    z = torch.cat([model(X) for X, _ in parts])
    loss = functional.cross_entropy(z, torch.cat([y for _, y in parts]))
    loss.backward()
    optimizer.step()
    schedule.step()
    return float(loss.detach())


@wrong(ex.accumulated_step)
def step_with_the_schedule_first(*run: Any) -> float:  # noqa: ANN401
    model, optimizer, schedule, parts = run
    schedule.step()
    idle = torch.optim.lr_scheduler.LambdaLR(torch.optim.SGD([torch.zeros(1)]), lambda _: 1.0)
    return step_of_sums(model, optimizer, idle, parts)


@right(ex.accumulated_step)
def step_divided_at_the_end(*run: Any) -> float:  # noqa: ANN401
    model, optimizer, schedule, parts = run
    optimizer.zero_grad()
    total = 0.0
    for X, y in parts:
        loss = summed(model(X), y)
        loss.backward()
        total += loss.item()
    for one in model.parameters():
        one.grad /= n_counted(parts)
    optimizer.step()
    schedule.step()
    return total / n_counted(parts)


@wrong(ex.accumulated_step, "`retain_graph=True`")
def step_with_graphs_retained(*run: Any) -> float:  # noqa: ANN401
    model, optimizer, schedule, parts = run
    optimizer.zero_grad()
    total = 0.0
    for X, y in parts:
        loss = summed(model(X), y) / n_counted(parts)
        loss.backward(retain_graph=True)
        total += loss.item()
    optimizer.step()
    schedule.step()
    return total


@wrong(ex.accumulated_step, "graphs of all")
def step_with_all_parts_forward(*run: Any) -> float:  # noqa: ANN401
    """Call `backward` for each part, after all of them have gone forward."""
    model, optimizer, schedule, parts = run
    optimizer.zero_grad()
    losses = [summed(model(X), y) / n_counted(parts) for X, y in parts]
    for one in losses:
        one.backward()
    optimizer.step()
    schedule.step()
    return sum(one.item() for one in losses)


@wrong(ex.accumulated_step)
def step_with_a_loss_from_afterwards(*run: Any) -> float:  # noqa: ANN401
    step_of_sums(*run)
    model, _, _, parts = run
    with torch.no_grad():
        return sum(summed(model(X), y).item() for X, y in parts) / n_counted(parts)


# ---------------------------------------------------------------------- best_segments


@right(ex.best_segments)
def segments_by_sorting(n_layers: int) -> tuple[int, int]:
    pairs = sorted((s + math.ceil(n_layers / s), s) for s in range(1, n_layers + 1))
    return pairs[0][1], pairs[0][0]


@right(ex.best_segments)
def segments_by_a_formula(n_layers: int) -> tuple[int, int]:
    """The least is the root times two, rounded up; the first s that reaches it is near the root."""
    held = math.isqrt(4 * n_layers - 1) + 1
    s = 1
    while s + -(-n_layers // s) > held:
        s += 1
    return s, held


@right(ex.best_segments)
def segments_in_numpy(n_layers: int) -> list[int]:
    s = np.arange(1, n_layers + 1)
    held = s + np.ceil(n_layers / s).astype(int)
    return [int(s[held.argmin()]), int(held.min())]


@wrong(ex.best_segments, "root of n")
def segments_of_the_root(n_layers: int) -> tuple[int, int]:
    s = int(n_layers**0.5)
    return s, s + math.ceil(n_layers / s)


@wrong(ex.best_segments)
def segments_of_the_root_up(n_layers: int) -> tuple[int, int]:
    s = math.ceil(math.sqrt(n_layers))
    return s, s + math.ceil(n_layers / s)


@wrong(ex.best_segments)
def segments_that_divide(n_layers: int) -> tuple[int, int]:
    """Only numbers of segments of one length."""
    divisors = [s for s in range(1, n_layers + 1) if n_layers % s == 0]
    s = min(divisors, key=lambda s: s + n_layers // s)
    return s, s + n_layers // s


@wrong(ex.best_segments)
def segments_with_fractions(n_layers: int) -> tuple[int, float]:
    s = min(range(1, n_layers + 1), key=lambda s: s + n_layers / s)
    return s, s + n_layers / s


@wrong(ex.best_segments, "You exchanged the two")
def segments_exchanged(n_layers: int) -> tuple[int, int]:
    s, held = segments_by_sorting(n_layers)
    return held, s


@wrong(ex.best_segments)
def segments_whose_input_is_an_output(n_layers: int) -> tuple[int, int]:
    s, held = segments_by_sorting(n_layers)
    return s, held - 1


# ---------------------------------------------------------------------- ring_all_reduce


@right(ex.ring_all_reduce)
def ring_of_slices(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    n = ring.world
    size = len(tables[0]) // n
    out = [one.clone() for one in tables]
    for t in range(2 * (n - 1)):
        for k in range(n):
            start = (k - t) % n * size
            ring.send(k, out[k][start : start + size])
        for k in range(n):
            start = (k - 1 - t) % n * size
            new = ring.receive(k)
            out[k][start : start + size] = out[k][start : start + size] + new if t < n - 1 else new
    return out


@right(ex.ring_all_reduce)
def ring_process_by_process(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    """Write each process as a generator that stops after each message it sends."""

    def process(k: int) -> Any:  # noqa: ANN401
        parts = list(tables[k].clone().chunk(ring.world))
        for t in range(2 * ring.world - 2):
            ring.send(k, parts[(k - t) % ring.world])
            yield None
            place = (k - t - 1) % ring.world
            got = ring.receive(k)
            parts[place] = parts[place] + got if t < ring.world - 1 else got
        yield torch.cat(parts)

    running = [process(k) for k in range(ring.world)]
    results: list[Any] = [None] * ring.world
    while any(one is None for one in results):
        results = [next(one) for one in running]
    return results


@right(ex.ring_all_reduce)
def ring_in_a_tuple(tables: list[Tensor], ring: Any) -> Any:  # noqa: ANN401
    return tuple(ring_of_slices(tables, ring))


@wrong(ex.ring_all_reduce, "directly")
def ring_that_is_none(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    total = sum(tables[1:], tables[0])
    return [total.clone() for _ in range(ring.world)]


@wrong(ex.ring_all_reduce)
def ring_that_pretends(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    """Send as many numbers as it should, and add up directly."""
    ring_of_slices(tables, ring)
    return [torch.stack(tables).sum(dim=0) for _ in range(ring.world)]


@wrong(ex.ring_all_reduce, "whole tables")
def ring_of_whole_tables(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    out, last = [one.clone() for one in tables], list(tables)
    for _ in range(ring.world - 1):
        for k in range(ring.world):
            ring.send(k, last[k])
        last = [ring.receive(k) for k in range(ring.world)]
        out = [one + new for one, new in zip(out, last, strict=True)]
    return out


@wrong(ex.ring_all_reduce)
def ring_of_one_round_less(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    n = ring.world
    parts = [list(one.clone().chunk(n)) for one in tables]
    for t in range(2 * n - 3):
        for k in range(n):
            ring.send(k, parts[k][(k - t) % n])
        for k in range(n):
            new, place = ring.receive(k), (k - 1 - t) % n
            parts[k][place] = parts[k][place] + new if t < n - 1 else new
    return [torch.cat(one) for one in parts]


@wrong(ex.ring_all_reduce, "a list came out")
def ring_of_pieces(tables: list[Tensor], ring: Any) -> Any:  # noqa: ANN401
    """Leave the results in pieces."""
    return [list(one.chunk(ring.world)) for one in ring_of_slices(tables, ring)]


@wrong(ex.ring_all_reduce)
def ring_with_one_result(tables: list[Tensor], ring: Any) -> Tensor:  # noqa: ANN401
    return ring_of_slices(tables, ring)[0]


@wrong(ex.ring_all_reduce)
def ring_with_one_memory(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    return [ring_of_slices(tables, ring)[0]] * ring.world


@wrong(ex.ring_all_reduce)
def ring_that_leaves_messages(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    out = ring_of_slices(tables, ring)
    for k in range(ring.world):
        ring.send(k, torch.empty(0))
    return out


@wrong(ex.ring_all_reduce, "if messages arrive empty")
def ring_that_looks_around(tables: list[Tensor], ring: Any) -> list[Tensor]:  # noqa: ANN401
    """Take the complete pieces from the other process's memory, and not from its message."""
    n = ring.world
    parts = [list(one.clone().chunk(n)) for one in tables]
    for t in range(2 * n - 2):
        for k in range(n):
            ring.send(k, parts[k][(k - t) % n])
        for k in range(n):
            new, place = ring.receive(k), (k - 1 - t) % n
            parts[k][place] = (
                parts[k][place] + new if t < n - 1 else parts[place - 1][place].clone()
            )
    return [torch.cat(one) for one in parts]


# ---------------------------------------------------------------------- average_gradients


@right(ex.average_gradients)
def gradients_of_sums(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    model.zero_grad(set_to_none=False)
    functional.cross_entropy(model(X), y, reduction="sum").backward()
    n = torch.tensor(float(len(y)))
    all_reduce(n)
    for one in model.parameters():
        all_reduce(one.grad)
        one.grad.div_(n)


@right(ex.average_gradients)
def gradients_of_scaled_losses(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    n = torch.tensor([len(y)])
    all_reduce(n)
    model.zero_grad()
    (nn.CrossEntropyLoss(reduction="none")(model(X), y) / n).sum().backward()
    for one in model.parameters():
        all_reduce(one.grad)


@right(ex.average_gradients)
def gradients_and_counts_together(
    model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce
) -> None:
    """Hand over gradient and count as one tensor, for each parameter."""
    loss = functional.cross_entropy(model(X), y, reduction="sum")
    parameters = list(model.parameters())
    for one, slope in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        both = torch.cat([slope.reshape(-1), slope.new_tensor([len(y)])])
        all_reduce(both)
        one.grad = both[:-1].reshape(one.shape) / both[-1]


@wrong(ex.average_gradients)
def gradients_as_ddp(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    """Average the processes' means; one without samples has nan."""
    world = torch.tensor(1.0)
    all_reduce(world)
    model.zero_grad()
    functional.cross_entropy(model(X), y).backward()
    for one in model.parameters():
        all_reduce(one.grad)
        one.grad /= world


@wrong(ex.average_gradients)
def gradients_as_ddp_with_two(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    model.zero_grad()
    functional.cross_entropy(model(X), y, reduction="sum").backward()
    for one in model.parameters():
        all_reduce(one.grad)
        one.grad /= 2 * max(len(y), 1)


@wrong(ex.average_gradients)
def gradients_of_weights_alone(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    """Leave the biases to each process."""
    n = torch.tensor(len(y))
    all_reduce(n)
    model.zero_grad()
    functional.cross_entropy(model(X), y, reduction="sum").backward()
    for one in model.parameters():
        if one.ndim > 1:
            all_reduce(one.grad)
        one.grad /= n


@wrong(ex.average_gradients, "wait")
def gradients_of_a_process_that_stays_away(
    model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce
) -> None:
    if len(y) == 0:
        return
    gradients_of_sums(model, X, y, all_reduce)


@wrong(ex.average_gradients, "wait forever")
def gradients_that_stop_short(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    """Exchange only where there is more than one sample."""
    n = torch.tensor(len(y))
    all_reduce(n)
    model.zero_grad()
    functional.cross_entropy(model(X), y, reduction="sum").backward()
    for one in model.parameters():
        if len(y) > 1:
            all_reduce(one.grad)
        one.grad /= n


@wrong(ex.average_gradients, "of the step before")
def gradients_on_top(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    n = torch.tensor(len(y))
    all_reduce(n)
    functional.cross_entropy(model(X), y, reduction="sum").backward()
    for one in model.parameters():
        all_reduce(one.grad)
        one.grad /= n


@wrong(ex.average_gradients)
def gradients_returned(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> Any:  # noqa: ANN401
    """Return the gradients, and leave those of the step before where they are."""
    n = torch.tensor(len(y))
    all_reduce(n)
    loss = functional.cross_entropy(model(X), y, reduction="sum")
    slopes = torch.autograd.grad(loss, list(model.parameters()))
    for one in slopes:
        all_reduce(one)
    return [one / n for one in slopes]


@right(ex.average_gradients)
def gradients_in_one_message(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    model.zero_grad()
    functional.cross_entropy(model(X), y, reduction="sum").backward()
    slopes = nn.utils.parameters_to_vector([one.grad for one in model.parameters()])
    both = torch.cat([slopes, torch.tensor([float(len(y))])])
    all_reduce(both)
    sizes = [one.numel() for one in model.parameters()]
    parts = (both[:-1] / both[-1]).split(sizes)
    for one, part in zip(model.parameters(), parts, strict=True):
        one.grad = part.view_as(one)


@wrong(ex.average_gradients, "has no attribute 'weight'")
def gradients_by_name(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    """Know one kind of model."""
    n = torch.tensor(len(y))
    all_reduce(n)
    model.zero_grad()
    functional.cross_entropy(model(X), y, reduction="sum").backward()
    for one in (model.weight, model.bias):
        all_reduce(one.grad)
        one.grad /= n


@wrong(ex.average_gradients, "moved the weights as well")
def gradients_and_a_step(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    gradients_of_sums(model, X, y, all_reduce)
    torch.optim.SGD(model.parameters(), lr=1.0).step()


@wrong(ex.average_gradients, "all_reduce takes a tensor")
def gradients_that_are_missing(model: Model, X: Tensor, y: Tensor, all_reduce: AllReduce) -> None:
    """Call no `backward` where there is no sample: the gradients are None then."""
    n = torch.tensor(len(y))
    all_reduce(n)
    model.zero_grad()
    if len(y):
        (functional.cross_entropy(model(X), y) * len(y) / n).backward()
    for one in model.parameters():
        all_reduce(one.grad)


# ---------------------------------------------------------------------- epoch_share


def order_of(n: int, seed: int) -> Tensor:
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


@right(ex.epoch_share)
def share_by_slicing(n: int, rank: int, world: int, epoch: int) -> Any:  # noqa: ANN401
    return order_of(n, 17 * epoch + 3)[rank::world].tolist()


@right(ex.epoch_share)
def share_with_the_rest_first(n: int, rank: int, world: int, epoch: int) -> Any:  # noqa: ANN401
    each, rest = divmod(n, world)
    start = rank * each + min(rank, rest)
    return order_of(n, epoch)[start : start + each + (rank < rest)]


@right(ex.epoch_share)
def share_by_tensor_split(n: int, rank: int, world: int, epoch: int) -> Any:  # noqa: ANN401
    return order_of(n, epoch).tensor_split(world)[rank]


@right(ex.epoch_share)
def share_with_a_forked_generator(n: int, rank: int, world: int, epoch: int) -> Any:  # noqa: ANN401
    """Seed PyTorch's own generator, and put it back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(epoch)
        return torch.randperm(n)[rank::world]


@wrong(ex.epoch_share, "DistributedSampler")
def share_of_the_sampler(n: int, rank: int, world: int, epoch: int) -> list[int]:
    data = torch.utils.data.TensorDataset(torch.zeros(n))
    sampler: Any = torch.utils.data.DistributedSampler(data, num_replicas=world, rank=rank)
    sampler.set_epoch(epoch)
    return list(sampler)


@wrong(ex.epoch_share, "left over")
def share_of_the_sampler_that_drops(n: int, rank: int, world: int, epoch: int) -> list[int]:
    data = torch.utils.data.TensorDataset(torch.zeros(n))
    sampler: Any = torch.utils.data.DistributedSampler(data, world, rank, drop_last=True)
    sampler.set_epoch(epoch)
    return list(sampler)


@wrong(ex.epoch_share)
def share_by_chunk(n: int, rank: int, world: int, epoch: int) -> list[int]:
    """PyTorch's `chunk` rounds up: the last piece may be short, or missing."""
    pieces = order_of(n, epoch).chunk(world)
    return pieces[rank].tolist() if rank < len(pieces) else []


@wrong(ex.epoch_share, "do not agree")
def share_by_rank(n: int, rank: int, world: int, epoch: int) -> Tensor:
    return order_of(n, epoch * world + rank)[rank::world]


@wrong(ex.epoch_share, "the same in every epoch")
def share_of_one_order(n: int, rank: int, world: int, epoch: int) -> Tensor:  # noqa: ARG001
    return order_of(n, 42)[rank::world]


@wrong(ex.epoch_share)
def share_turned_by_the_epoch(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """Begin elsewhere in each epoch, and shuffle nothing."""
    return torch.arange(n).roll(epoch)[rank::world]


@wrong(ex.epoch_share, "that is always the same")
def share_of_the_same_samples(n: int, rank: int, world: int, epoch: int) -> Tensor:
    mine = torch.arange(n).tensor_split(world)[rank]
    return mine[order_of(len(mine), epoch + 5)]


@wrong(ex.epoch_share)
def share_shuffled_within(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """Give each process the same samples in every epoch, in another order, with the rest lost."""
    mine = torch.arange(rank, n - n % world, world)
    return mine[order_of(len(mine), epoch)]


@wrong(ex.epoch_share)
def share_from_one(n: int, rank: int, world: int, epoch: int) -> Tensor:
    return order_of(n, epoch)[rank::world] + 1


@right(ex.epoch_share)
def share_in_python(n: int, rank: int, world: int, epoch: int) -> list[int]:
    return random.Random(epoch).sample(range(n), n)[rank::world]  # noqa: S311


@wrong(ex.epoch_share, "epochs are counted from 0")
def share_shuffled_once_an_epoch(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """Shuffle what came of the epoch before: at the first there is nothing yet."""
    order = torch.arange(n)
    for k in range(epoch):
        order = order[order_of(n, k)]
    return order[rank::world]


@wrong(ex.epoch_share)
def share_of_two_orders(n: int, rank: int, world: int, epoch: int) -> Tensor:
    return order_of(n, epoch % 2)[rank::world]


@wrong(ex.epoch_share)
def share_of_one_order_turned(n: int, rank: int, world: int, epoch: int) -> Tensor:
    return order_of(n, 5).roll(epoch)[rank::world]


@wrong(ex.epoch_share, "always the same")
def share_of_groups_that_wander(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """Hand a group of samples on from process to process: the same ones stay together."""
    mine = torch.arange(n).tensor_split(world)[(rank + epoch) % world]
    return mine[order_of(len(mine), epoch)]


@wrong(ex.epoch_share, "own generator")
def share_with_the_first_seed_again(n: int, rank: int, world: int, epoch: int) -> Tensor:
    """Seed PyTorch's own generator, and seed it as it was at first: what it drew comes again."""
    seed = torch.initial_seed()
    torch.manual_seed(epoch)
    share = torch.randperm(n)[rank::world]
    torch.manual_seed(seed)
    return share


# ---------------------------------------------------------------------- pooled_accuracy


@right(ex.pooled_accuracy)
def pooled_by_mask(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> Any:  # noqa: ANN401
    is_right = (logits.argmax(-1) == y).double()
    sums = torch.stack([is_right.sum(), torch.ones_like(is_right).sum()])
    all_reduce(sums)
    n_right, n = sums.tolist()
    return n_right / n


@right(ex.pooled_accuracy)
def pooled_in_numpy(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> Any:  # noqa: ANN401
    n_right = int(np.sum(logits.numpy().argmax(1) == y.numpy()))
    sums = torch.tensor([n_right, y.numel()], dtype=torch.float64)
    all_reduce(sums)
    return np.float64(sums[0] / sums[1])


@right(ex.pooled_accuracy)
def pooled_with_two_calls(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> Any:  # noqa: ANN401
    n, n_right = torch.tensor([len(y)]), (logits.argmax(1) == y).sum()
    all_reduce(n)
    all_reduce(n_right)
    return (n_right / n).item()


@wrong(ex.pooled_accuracy, "one with few samples counts")
def pooled_as_a_mean(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    accuracy, world = (logits.argmax(1) == y).float().mean(), torch.tensor(1)
    all_reduce(accuracy)
    all_reduce(world)
    return (accuracy / world).item()


@wrong(ex.pooled_accuracy)
def pooled_for_two(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    accuracy = (logits.argmax(1) == y).float().mean()
    all_reduce(accuracy)
    return accuracy.item() / 2


@wrong(ex.pooled_accuracy)
def pooled_in_bytes(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    sums = torch.tensor([int((logits.argmax(1) == y).sum()) % 256, len(y) % 256]).byte()
    all_reduce(sums)
    return (sums[0] / sums[1]).item()


@wrong(ex.pooled_accuracy, "all the others wait")
def pooled_where_there_is_something(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    if len(y) == 0:
        return 0.0
    return float(pooled_with_two_calls(logits, y, all_reduce))


@wrong(ex.pooled_accuracy)
def pooled_by_what_all_reduce_returns(logits: Tensor, y: Tensor, all_reduce: Any) -> Any:  # noqa: ANN401
    return all_reduce((logits.argmax(1) == y).sum()) / all_reduce(torch.tensor(len(y)))


@wrong(ex.pooled_accuracy)
def pooled_of_copies(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    n_right, n = (logits.argmax(1) == y).sum(), torch.tensor(len(y))
    all_reduce(n_right.clone())
    all_reduce(n.clone())
    return (n_right / n).item()


@wrong(ex.pooled_accuracy)
def pooled_above_a_half(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> Tensor:
    """Call an answer right whose probability is above 0.5."""
    is_right = logits.softmax(dim=1)[torch.arange(len(y)), y] > 0.5
    numbers = torch.stack([is_right.sum(), torch.tensor(len(y))])
    all_reduce(numbers)
    return numbers[0] / numbers[1]


@wrong(ex.pooled_accuracy)
def pooled_above_zero(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> Tensor:
    numbers = torch.stack([(logits[torch.arange(len(y)), y] > 0).sum(), torch.tensor(len(y))])
    all_reduce(numbers)
    return numbers[0] / numbers[1]


@wrong(ex.pooled_accuracy, "all_reduce takes a tensor")
def pooled_as_a_list(logits: Tensor, y: Tensor, all_reduce: Any) -> float:  # noqa: ANN401
    numbers = [int((logits.argmax(dim=1) == y).sum()), len(y)]
    all_reduce(numbers)
    return numbers[0] / numbers[1]


@wrong(ex.pooled_accuracy, "shapes or dtypes")
def pooled_in_two_dtypes(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> Tensor:
    """Hand over whole numbers where there is no sample, and others elsewhere."""
    n_right = (logits.argmax(dim=1) == y).sum().float()
    numbers = (
        torch.stack([n_right, torch.tensor(float(len(y)))]) if len(y) else torch.tensor([0, 0])
    )
    all_reduce(numbers)
    return numbers[0] / numbers[1]


# ---------------------------------------------------------------------- causes, remedies, products


@wrong(ex.causes)
def causes_with_one_letter() -> tuple[str, ...]:
    return ("c",) * 5


@wrong(ex.causes, "run_3")
def causes_with_shards_in_the_test() -> tuple[str, ...]:
    return "c", "a", "e", "d", "b"


@right(ex.causes)
def causes_in_capitals() -> tuple[str, ...]:
    return "(C)", "A.", "F", " d ", "b)"


@wrong(ex.remedies)
def remedies_by_the_alphabet() -> tuple[str, ...]:
    return "a", "b", "c", "d", "e", "f"


@wrong(ex.remedies, "phone")
def remedies_that_export_for_the_phone() -> tuple[str, ...]:
    return "b", "c", "d", "f", "a", "f"


@wrong(ex.products)
def products_of_the_lesson() -> tuple[int, ...]:
    return 3, 5, 6, 3


@wrong(ex.products, "backward")
def products_two_a_layer() -> tuple[int, ...]:
    return 4, 8, 8, 3


@right(ex.products)
def products_as_floats() -> tuple[float, ...]:
    return 4.0, 7.0, 8.0, 3.0


# ---------------------------------------------------------------------- RunKeeper


class _Kept:
    """A right answer, of which each part can be replaced."""

    def __init__(self, path: Path, *parts: Any) -> None:  # noqa: ANN401
        self.path = path
        self.model, self.optimizer, self.schedule, self.rng = parts
        self.plain = getattr(self.model, "module", self.model)

    def state(self, step: int) -> dict[str, Any]:
        return {
            "weights": self.plain.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "rng": self.rng.get_state(),
            "own": torch.get_rng_state(),
            "step": step,
        }

    def put(self, state: dict[str, Any]) -> None:
        self.plain.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.rng.set_state(state["rng"])
        torch.set_rng_state(state["own"])

    def save(self, step: int) -> None:
        new = Path(f"{self.path}.tmp")
        torch.save(self.state(step), new)
        os.replace(new, self.path)  # noqa: PTH105

    def load(self) -> int:
        if not self.path.is_file():
            return 0
        state = torch.load(self.path, weights_only=True)
        self.put(state)
        return int(state["step"])


@right(ex.RunKeeper)
class _KeptByTheBook(_Kept):
    """Changes nothing."""


@right(ex.RunKeeper)
class _KeptOnTheCPU(_Kept):
    """Reads the file to the CPU, and moves the new file with shutil."""

    def save(self, step: int) -> None:
        new = self.path.with_suffix(".half")
        torch.save(self.state(step), new)
        shutil.move(new, self.path)


@right(ex.RunKeeper)
class _KeptFlat(_Kept):
    """Strips the wrapper's names instead of asking for the model itself."""

    def state(self, step: int) -> dict[str, Any]:
        weights = self.model.state_dict()
        plain = {name.removeprefix("module."): one for name, one in weights.items()}
        return {**super().state(step), "weights": plain}


@wrong(ex.RunKeeper, "after a kill: The result is 'broken'")
class _KeptInPlace(_Kept):
    """Writes to the path itself."""

    def save(self, step: int) -> None:
        torch.save(self.state(step), self.path)


@wrong(ex.RunKeeper)
class _KeptAfterDeleting(_Kept):
    """Deletes the old file first."""

    def save(self, step: int) -> None:
        self.path.unlink(missing_ok=True)
        super().save(step)


@wrong(ex.RunKeeper, "wrote its bytes over")
class _KeptByCopying(_Kept):
    """Copies the new file over the old one."""

    def save(self, step: int) -> None:
        new = self.path.with_suffix(".new")
        torch.save(self.state(step), new)
        shutil.copyfile(new, self.path)


@wrong(ex.RunKeeper, "after a save: The result is 'missing'")
class _KeptInMemory(_Kept):
    """Has no file at all."""

    kept: dict[str, Any]

    def save(self, step: int) -> None:
        type(self).kept = self.state(step)

    def load(self) -> int:
        return int(getattr(self, "kept", {"step": 0})["step"])


@wrong(ex.RunKeeper)
class _KeptOnce(_Kept):
    """Never replaces a file that is there: later saves are lost."""

    def save(self, step: int) -> None:
        if not self.path.exists():
            super().save(step)


@wrong(ex.RunKeeper, "other batches")
class _KeptWithAnotherGenerator(_Kept):
    """Makes a new generator in place of the one that it was given."""

    def put(self, state: dict[str, Any]) -> None:
        given = self.rng
        self.rng = torch.Generator()
        super().put(state)
        self.rng, given = given, self.rng


@wrong(ex.RunKeeper, "dropout")
class _KeptWithoutDropout(_Kept):
    """Leaves PyTorch's own generator as it is."""

    def put(self, state: dict[str, Any]) -> None:
        own = torch.get_rng_state()
        super().put(state)
        torch.set_rng_state(own)


@wrong(ex.RunKeeper)
class _KeptWithTheMomentsAlone(_Kept):
    """Loads the optimizer's averages, but not its count of steps."""

    def put(self, state: dict[str, Any]) -> None:
        for one in state["optimizer"]["state"].values():
            one["step"].zero_()
        super().put(state)


@wrong(ex.RunKeeper)
class _KeptBytesInPlace(_Kept):
    """Writes into memory, and then over the file."""

    def save(self, step: int) -> None:
        memory = io.BytesIO()
        torch.save(self.state(step), memory)
        with self.path.open("wb") as file:
            file.write(memory.getvalue())


@wrong(ex.RunKeeper)
class _KeptWhole(_Kept):
    """Saves objects, which `torch.load` does not read."""

    def state(self, step: int) -> dict[str, Any]:
        return {**super().state(step), "optimizer": self.optimizer}


@wrong(ex.RunKeeper, "before the new one has its name")
class _KeptAfterDeletingLate(_Kept):
    """Deletes the old file when the new one is complete, and then renames."""

    def save(self, step: int) -> None:
        new = self.path.with_suffix(".new")
        torch.save(self.state(step), new)
        if os.path.exists(self.path):  # noqa: PTH110
            os.remove(self.path)  # noqa: PTH107
        new.rename(self.path)


@wrong(ex.RunKeeper, "before the new one has its name")
class _KeptWithABackup(_Kept):
    """Gives the old file another name first."""

    def save(self, step: int) -> None:
        new = self.path.with_suffix(".new")
        torch.save(self.state(step), new)
        if self.path.exists():
            self.path.rename(self.path.with_suffix(".old"))
        new.rename(self.path)


@wrong(ex.RunKeeper, "`load` saves where there is no file")
class _KeptFromTheStart(_Kept):
    """Saves at once where there is nothing to load."""

    def load(self) -> int:
        if not self.path.exists():
            self.save(0)
            return 0
        return super().load()


@wrong(ex.RunKeeper, "changes without a file")
class _KeptWithASeed(_Kept):
    """Seeds the generators where there is nothing to load."""

    def load(self) -> int:
        if not self.path.exists():
            self.rng.manual_seed(0)
            torch.manual_seed(0)
        return super().load()


# ---------------------------------------------------------------------- quantize


@right(ex.quantize)
def quantized_by_the_norm(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    most = 2 ** (bits - 1) - 1
    scales = torch.linalg.vector_norm(W, ord=math.inf, dim=1) / most
    scales[scales == 0] = 1
    return torch.round(W / scales[:, None]).to(torch.int8), scales


@right(ex.quantize)
def quantized_with_factors(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    """Multiply by most / largest in place of dividing by the scale."""
    most, largest = 2 ** (bits - 1) - 1, W.abs().amax(1)
    factor = torch.where(largest == 0, 1.0, most / largest)
    return (W * factor[:, None]).round().char(), 1 / factor


@right(ex.quantize)
def quantized_half_away(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    most = 2 ** (bits - 1) - 1
    scales = torch.maximum(W.amax(1), -W.amin(1)) / most
    scales = scales + (scales == 0).to(W)
    numbers = W / scales[:, None]
    return (numbers.sign() * (numbers.abs() + 0.5).floor()).to(torch.int8), scales


@wrong(ex.quantize, "2ᵇ⁻¹ as the most")
def quantized_by_128(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    largest = W.abs().amax(1)
    scales = torch.where(largest > 0, largest / 2 ** (bits - 1), 1.0)
    return (W / scales[:, None]).round().to(torch.int8), scales


@wrong(ex.quantize)
def quantized_with_clamp_at_127(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    """The scale of 128 steps, and the largest clamped."""
    largest = W.abs().amax(1)
    scales = torch.where(largest > 0, largest / 2 ** (bits - 1), 1.0)
    most = 2 ** (bits - 1) - 1
    return (W / scales[:, None]).round().clamp(-most - 1, most).to(torch.int8), scales


@wrong(ex.quantize)
def quantized_from_min_to_max(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    """Spread the numbers from the row's least to its largest: zero moves."""
    scales = (W.amax(1) - W.amin(1)) / (2**bits - 1)
    scales = torch.where(scales > 0, scales, 1.0)
    shifted = (W - W.amin(1, keepdim=True)) / scales[:, None] - 2 ** (bits - 1)
    return shifted.round().to(torch.int8), scales


@wrong(ex.quantize)
def quantized_by_the_spread(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    most = 2 ** (bits - 1) - 1
    scales = 3 * W.std(1) / most + 1e-9
    return (W / scales[:, None]).round().clamp(-most, most).to(torch.int8), scales


@wrong(ex.quantize)
def quantized_with_a_little_more(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    """Add a little to each scale, so that none is 0."""
    scales = W.abs().amax(1) / (2 ** (bits - 1) - 1) + 1e-8
    return (W / scales[:, None]).round().to(torch.int8), scales


@wrong(ex.quantize)
def quantized_with_a_column_of_scales(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    table, scales = quantized_by_the_norm(W, bits)
    return table, scales[:, None]


@wrong(ex.quantize, "int8")
def quantized_as_floats(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    table, scales = quantized_by_the_norm(W, bits)
    return table.to(W.dtype), scales


@right(ex.quantize)
def quantized_in_a_loop(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    table, scales = [], []
    for row in W.tolist():
        scales.append((max(map(abs, row)) or 2 ** (bits - 1) - 1) / (2 ** (bits - 1) - 1))
        table.append([round(one / scales[-1]) for one in row])
    return torch.tensor(table, dtype=torch.int8), torch.tensor(scales, dtype=W.dtype)


@wrong(ex.quantize, "a row of small numbers")
def quantized_with_a_threshold(W: Tensor, bits: int) -> Any:  # noqa: ANN401
    largest = W.abs().amax(1)
    scales = torch.where(largest > 1e-6, largest / (2 ** (bits - 1) - 1), 1.0)
    return (W / scales[:, None]).round().to(torch.int8), scales


# ---------------------------------------------------------------------- fit_power_law


def line_of(x: Tensor, y: Tensor) -> tuple[float, float]:
    slope, start = np.polyfit(x.numpy(), y.numpy(), 1)
    return float(start), float(slope)


@right(ex.fit_power_law)
def law_with_log10(n: Tensor, error: Tensor, floor: float, n_new: float) -> Any:  # noqa: ANN401
    start, b = line_of(n.log10(), (error - floor).log10())
    return 10**start, b, floor + 10**start * n_new**b


@right(ex.fit_power_law)
def law_by_pinv(n: Tensor, error: Tensor, floor: float, n_new: float) -> Any:  # noqa: ANN401
    X = torch.stack([n.log(), torch.ones_like(n)], dim=1).double()
    b, start = torch.linalg.pinv(X) @ (error.double() - floor).log()
    return torch.stack([start.exp(), b, floor + (start + b * math.log(n_new)).exp()])


@right(ex.fit_power_law)
def law_in_a_list(n: Tensor, error: Tensor, floor: float, n_new: float) -> Any:  # noqa: ANN401
    x, y = n.log().double(), (error.double() - floor).log()
    b = torch.cov(torch.stack([x, y]))[0, 1] / x.var()
    a = math.exp(y.mean() - b * x.mean())
    return [a, b.item(), floor + a * n_new ** b.item()]


@wrong(ex.fit_power_law, "left out the floor")
def law_without_a_floor(n: Tensor, error: Tensor, floor: float, n_new: float) -> Any:  # noqa: ANN401, ARG001
    return law_with_log10(n, error, 0.0, n_new)


@wrong(ex.fit_power_law)
def law_through_the_first_two(n: Tensor, error: Tensor, floor: float, n_new: float) -> Any:  # noqa: ANN401
    return law_with_log10(n[:2], error[:2], floor, n_new)


@wrong(ex.fit_power_law)
def law_of_mean_slopes(n: Tensor, error: Tensor, floor: float, n_new: float) -> Any:  # noqa: ANN401
    """Average the slopes between neighbors: that is the line from the first point to the last."""
    x, y = n.log(), (error - floor).log()
    b = ((y[1:] - y[:-1]) / (x[1:] - x[:-1])).mean().item()
    a = math.exp(y.mean() - b * x.mean())
    return a, b, floor + a * n_new**b


@wrong(ex.fit_power_law)
def law_with_rounded_exponent(n: Tensor, error: Tensor, floor: float, n_new: float) -> Any:  # noqa: ANN401
    a, b, _ = law_with_log10(n, error, floor, n_new)
    return a, round(b, 2), floor + a * n_new ** round(b, 2)


@wrong(ex.fit_power_law)
def law_that_must_fall(n: Tensor, error: Tensor, floor: float, n_new: float) -> Any:  # noqa: ANN401
    a, b, _ = law_with_log10(n, error, floor, n_new)
    return a, -abs(b), floor + a * n_new ** -abs(b)


@wrong(ex.fit_power_law, "−b")
def law_with_a_positive_exponent(n: Tensor, error: Tensor, floor: float, n_new: float) -> Any:  # noqa: ANN401
    a, b, predicted = law_with_log10(n, error, floor, n_new)
    return a, -b, predicted


# ---------------------------------------------------------------------- devices_needed


@right(ex.devices_needed)
def devices_by_bits(n: int, n_layer: int, memory: int) -> int:
    room = memory - 4 * n_layer
    return (16 * n + room - 1) // room


@right(ex.devices_needed)
def devices_by_numpy(n: int, n_layer: int, memory: int) -> Any:  # noqa: ANN401
    return np.ceil(16 * n / (memory - 4 * n_layer))


@right(ex.devices_needed)
def devices_in_a_loop(n: int, n_layer: int, memory: int) -> int:
    devices, room = 0, 0
    while room < 16 * n:
        devices, room = devices + 1, room + memory - 4 * n_layer
    return devices


@wrong(ex.devices_needed, "weights alone")
def devices_for_use(n: int, n_layer: int, memory: int) -> int:
    return math.ceil(4 * n / (memory - 4 * n_layer))


@wrong(ex.devices_needed)
def devices_of_half_numbers(n: int, n_layer: int, memory: int) -> int:
    return math.ceil(8 * n / (memory - 2 * n_layer))


@wrong(ex.devices_needed)
def devices_in_powers_of_two(n: int, n_layer: int, memory: int) -> int:
    return 1 << math.ceil(math.log2(max(16 * n / (memory - 4 * n_layer), 1)))


@wrong(ex.devices_needed, "rounded down")
def devices_rounded_down(n: int, n_layer: int, memory: int) -> int:
    return int(16 * n / (memory - 4 * n_layer))


@wrong(ex.devices_needed)
def devices_as_a_fraction(n: int, n_layer: int, memory: int) -> float:
    return 16 * n / (memory - 4 * n_layer)


@wrong(ex.devices_needed)
def devices_without_the_layer_in_the_shards(n: int, n_layer: int, memory: int) -> int:
    """Take the layer at work out of what is in shards."""
    return max(math.ceil(16 * (n - n_layer) / (memory - 4 * n_layer)), 1)


@right(ex.devices_needed)
def devices_until_they_do(n: int, n_layer: int, memory: int) -> int:
    devices = 1
    while 16 * n + 4 * n_layer * devices > memory * devices:
        devices += 1
    return devices


@wrong(ex.devices_needed, "one GPU too many")
def devices_with_room_to_spare(n: int, n_layer: int, memory: int) -> int:
    devices = 1
    while 16 * n / devices + 4 * n_layer >= memory:
        devices += 1
    return devices


@wrong(ex.devices_needed)
def devices_nearly_rounded_up(n: int, n_layer: int, memory: int) -> int:
    return max(int(16 * n / (memory - 4 * n_layer) + 0.999), 1)
