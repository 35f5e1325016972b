"""A schedule: warm-up and half a cosine."""

import math
from collections.abc import Callable, Iterator

import torch

from dlcourse.checking.exercise import exercise


def use(
    answer: Callable[[int, int, int, float], float], n_warmup: int, n_steps: int, peak: float
) -> dict[str, float] | None:
    rates = [answer(step, n_warmup, n_steps, peak) for step in range(n_steps + 3)]
    if rates[0] is None:
        return None
    return {f"step {step}": rate for step, rate in enumerate(rates)}


def inputs(_: torch.Generator) -> Iterator[tuple[int, int, float]]:
    yield 2, 6, 1.0
    yield 0, 4, 0.1
    yield 3, 4, 8.0
    yield 5, 18, 0.05


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Three parts: `step < n_warmup`, then the cosine, and 0 from `n_steps` on.",
    "Step 0 is the first of the warm-up's steps, so it gets a whole part: peak · 1 / n_warmup.",
    "How far has the cosine come, from 0 to 1? (step − n_warmup) / (n_steps − n_warmup).",
    "peak · (1 + cos(π · far)) / 2; `min(far, 1)` keeps it from rising again after the end.",
)


def cosine_from(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """Return the rate after the warm-up."""
    far = min((step - n_warmup) / (n_steps - n_warmup), 1)
    return peak * (1 + math.cos(math.pi * far)) / 2


def first_step_wasted(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """Your warm-up starts at 0, so the first step does nothing. Steps are counted from 0: use
    step + 1 in the warm-up.
    """
    if step < n_warmup:
        return peak * step / n_warmup
    return cosine_from(step, n_warmup, n_steps, peak)


def rises_again(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """After the end your rate rises again: the cosine has no end of its own. From `n_steps` on it
    is 0.
    """
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    far = (step - n_warmup) / (n_steps - n_warmup)
    return peak * (1 + math.cos(math.pi * far)) / 2


def whole_wave(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """Your cosine runs through a whole wave: it is at 0 half-way and back at the peak at the end.
    Half a wave goes from 0 to π.
    """
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    far = min((step - n_warmup) / (n_steps - n_warmup), 1)
    return peak * (1 + math.cos(2 * math.pi * far)) / 2


def below_zero(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """Your rate becomes negative: a cosine goes from 1 to −1. (1 + cosine) / 2 goes from 1 to 0."""
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    far = min((step - n_warmup) / (n_steps - n_warmup), 1)
    return peak * math.cos(math.pi * far)


def quarter_wave(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """Yours is a quarter of a wave: it comes down to 0 at full speed. Half a wave, moved up, levels
    out at both ends.
    """
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    far = min((step - n_warmup) / (n_steps - n_warmup), 1)
    return peak * math.cos(math.pi / 2 * far)


def cosine_from_the_start(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """Your cosine counts the warm-up's steps, too, so the rate jumps down after the warm-up. It
    starts at step `n_warmup`, with the peak.
    """
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    return peak * (1 + math.cos(math.pi * min(step / n_steps, 1))) / 2


def too_long(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """Your cosine takes `n_steps` steps of its own. The warm-up is a part of them: it has
    n_steps − n_warmup.
    """
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    return peak * (1 + math.cos(math.pi * min((step - n_warmup) / n_steps, 1))) / 2


def straight_line(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """Your rate comes down in a straight line. The task asks for half a cosine."""
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    return peak * (1 - min((step - n_warmup) / (n_steps - n_warmup), 1))


def no_warmup(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """Your rate is at the peak from the start. Up to step `n_warmup` it should rise to it."""
    return cosine_from(max(step, n_warmup), n_warmup, n_steps, peak)


@exercise(
    "A schedule: warm-up and half a cosine",
    minutes=5,
    difficulty=2,
    place=100,
    hints=HINTS,
    why="Each part meets the next at the peak or at 0, and the first step is not wasted.",
    inputs=inputs,
    use=use,
    mistakes=(
        first_step_wasted,
        rises_again,
        whole_wave,
        below_zero,
        quarter_wave,
        cosine_from_the_start,
        too_long,
        straight_line,
        no_warmup,
    ),
    equivalent=(
        (
            "min((step - n_warmup) / (n_steps - n_warmup), 1)",
            "min(1, (step - n_warmup) / (n_steps - n_warmup))",
            "the smaller of two numbers, in whichever order",
        ),
    ),
)
def warmup_cosine(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    """Return the learning rate of a step, counted from 0.

    The first `n_warmup` steps rise in a straight line: step 0 has peak / n_warmup, the last of
    them the peak. From step n_warmup, which has the peak, half a cosine wave leads down to 0 at
    step `n_steps`, and there the rate stays. 0 ≤ n_warmup < n_steps; there may be no warm-up.
    """
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    far = min((step - n_warmup) / (n_steps - n_warmup), 1)
    return peak * (1 + math.cos(math.pi * far)) / 2
