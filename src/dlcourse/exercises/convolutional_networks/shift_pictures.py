"""Pictures moved at random."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise


def use(
    answer: Callable[[Tensor, int, float], Tensor], X: Tensor, most: int, background: float
) -> dict[str, object] | None:
    """Return what can be seen of the shifts without knowing which numbers were drawn."""
    original = X.clone()
    moved = answer(X, most, background)
    if moved is None:
        return None
    if not isinstance(moved, Tensor):
        return {"what comes out": type(moved).__name__}
    if moved.shape != original.shape:
        return {"what comes out": "Tensor", "shape": tuple(moved.shape)}
    is_copy, shifts, is_gap, rolled = compared_with_copies(original, moved, most)
    seen: dict[str, object] = {
        "what comes out": "Tensor",
        "shape": tuple(original.shape),
        "every picture is itself, moved by at most `most`": bool(is_copy.all()),
        "what fills the gaps": filling(moved[is_gap], rolled[is_gap], background),
    }
    if len(original) == 1:
        return seen
    seen |= spread_of(shifts[is_copy], most)
    if most > 0 and len(shifts.unique(dim=0)) > 1:
        again = answer(original.clone(), most, background)
        seen["the next call draws the same"] = torch.equal(again, moved)
    return seen


def compared_with_copies(X: Tensor, moved: Tensor, most: int) -> tuple[Tensor, ...]:
    """Try all shifts: return which pictures were moved (B,), by how much, down and right (B, 2),
    where this leaves a gap, and what a roll would have made, like X.
    """
    frame = (most,) * 4
    copies = windows(functional.pad(X, frame), X)
    gaps = windows(functional.pad(torch.ones_like(X[:1]), frame), X) == 0
    rolled = windows(functional.pad(X, frame, mode="circular"), X)
    same = (copies - moved.unsqueeze(1)).abs() < 1e-5  # in float32 as well
    is_this = (same | gaps).flatten(2).all(dim=2)  # (B, shifts)
    one, each = is_this.int().argmax(dim=1), torch.arange(len(X))
    shifts = most - torch.stack([one // (2 * most + 1), one % (2 * most + 1)], dim=1)
    return is_this.any(dim=1), shifts, gaps[0, one], rolled[each, one]


def windows(framed: Tensor, X: Tensor) -> Tensor:
    """Return all windows of X's size in pictures with a frame, (B, windows, C, H, W)."""
    H, W = X.shape[2:]
    return framed.unfold(2, H, 1).unfold(3, W, 1).flatten(2, 3).transpose(1, 2)


def filling(gaps: Tensor, rolled: Tensor, background: float) -> str:
    """Return what is in the gaps, in words."""
    for name, numbers in {"the background": background, "0": 0}.items():
        if torch.isclose(gaps, torch.full_like(gaps, numbers)).all():
            return name
    return "what was pushed out opposite" if torch.equal(gaps, rolled) else "other numbers"


def spread_of(shifts: Tensor, most: int) -> dict[str, object]:
    """Return which shifts were drawn, (B, 2), and whether it is about equally often."""
    n_pairs = len(shifts.unique(dim=0))
    if most > 0 and n_pairs == 1:
        return {"shifts in the batch": "one for all pictures"}
    down, right = (column.unique().tolist() for column in shifts.T)
    shares, p = shifts.unique(return_counts=True)[1] / shifts.numel(), 1 / (2 * most + 1)
    chance = 4.2 * (p * (1 - p) / shifts.numel()) ** 0.5  # right draws are beyond it once in 5,000
    return {
        "shifts in the batch": "one for each picture",
        "shifts down that occur": down,
        "shifts to the right that occur": right,
        "down and right are drawn apart": n_pairs > 0.7 * len(down) * len(right),
        "all occur about equally often": bool(((shares - p).abs() <= chance).all()),
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int, float]]:
    yield torch.randn(200, 1, 3, 4, generator=rng), 1, -0.42
    yield torch.randn(3, 2, 4, 3, generator=rng), 0, -0.42
    yield torch.randn(1, 1, 4, 5, generator=rng), 2, 1.5
    yield torch.randn(120, 5, 4, 2, generator=rng).double().permute(0, 3, 1, 2), 2, -1.25


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Each picture needs two numbers of its own: how far down, and how far to the right.",
    "Put a frame of background around each picture, and cut a window of the old size out of it.",
    "`functional.pad(X, (most, most, most, most), value=background)` puts the frame around.",
    "Its first row and its first column are from 0 to 2 · most: `torch.randint(2 * most + 1, ())`.",
)


def moved_by(X: Tensor, most: int, background: float, shifts: Tensor) -> Tensor:
    """Return the pictures, moved by shifts (B, 2) that are counted from −most."""
    padded = functional.pad(X, (most,) * 4, value=background)
    H, W = X.shape[2:]
    pairs = zip(padded, (most - shifts).tolist(), strict=True)
    return torch.stack([one[:, top : top + H, left : left + W] for one, (top, left) in pairs])


def drawn(X: Tensor, most: int, lowest: int, n: int = 2) -> Tensor:
    return torch.randint(lowest, most + 1, (len(X), n))


def rolled_around(X: Tensor, most: int, background: float) -> Tensor:  # noqa: ARG001
    """You used `roll`: what leaves on one side comes back on the other. Fill the gap with the
    background.
    """
    shifts = drawn(X, most, -most).tolist()
    return torch.stack([one.roll(shift, dims=(1, 2)) for one, shift in zip(X, shifts, strict=True)])


def filled_with_zero(X: Tensor, most: int, background: float) -> Tensor:  # noqa: ARG001
    """You filled the gap with 0. In standardized pictures the background is another number, and 0
    is a gray stripe: pad with `value=background`.
    """
    return moved_by(X, most, 0, drawn(X, most, -most))


def filled_with_the_edge(X: Tensor, most: int, background: float) -> Tensor:  # noqa: ARG001
    """You filled the gap with other numbers than the background: copies of the edge, a reflection,
    a mean? Fill it with `background`.
    """
    H, W = X.shape[2:]
    rows, columns = torch.arange(H), torch.arange(W)
    copies = []
    for one, (down, right) in zip(X, drawn(X, most, -most).tolist(), strict=True):
        rows_from = (rows - down).clamp(0, H - 1)
        copies.append(one[:, rows_from][:, :, (columns - right).clamp(0, W - 1)])
    return torch.stack(copies)


def one_for_all(X: Tensor, most: int, background: float) -> Tensor:
    """All pictures of your batch move alike, or none moves. Draw a shift for each of them."""
    return moved_by(X, most, background, drawn(X[:1], most, -most).expand(len(X), 2))


def down_and_right_only(X: Tensor, most: int, background: float) -> Tensor:
    """Your pictures move down and to the right only: draw from −most on."""
    return moved_by(X, most, background, drawn(X, most, 0))


def up_and_left_only(X: Tensor, most: int, background: float) -> Tensor:
    """Your pictures move up and to the left only: the window must start before the middle of the
    frame as well, from 0 to 2 · most.
    """
    return moved_by(X, most, background, -drawn(X, most, 0))


def end_never_drawn(X: Tensor, most: int, background: float) -> Tensor:
    """Your largest shift never occurs: the upper end of `randint` is left out. Add 1 to it."""
    return moved_by(X, most, background, drawn(X, max(most - 1, -most), -most))


def end_never_drawn_by_the_window(X: Tensor, most: int, background: float) -> Tensor:
    """One end of your shifts never occurs: the upper end of `randint` is left out, and the window
    starts at most at 2 · most. Add 1.
    """
    return moved_by(X, most, background, -drawn(X, max(most - 1, -most), -most))


def both_alike(X: Tensor, most: int, background: float) -> Tensor:
    """Your pictures move on a diagonal: one number serves both ways. Draw two for each picture."""
    return moved_by(X, most, background, drawn(X, most, -most, n=1).expand(len(X), 2))


def sideways_only(X: Tensor, most: int, background: float) -> Tensor:
    """Your pictures move to the left and right only. Move them up and down, too."""
    return moved_by(X, most, background, drawn(X, most, -most) * torch.tensor([0, 1]))


def same_in_each_call(X: Tensor, most: int, background: float) -> Tensor:
    """Your function draws the same shifts in every call: in all epochs, a picture moves in the same
    way. Leave the seed to the caller.
    """
    torch.manual_seed(0)
    return moved_by(X, most, background, drawn(X, most, -most))


@exercise(
    "Pictures moved at random",
    minutes=6,
    difficulty=2,
    place=90,
    hints=HINTS,
    why="The label stays true, each picture counts as many, and nothing new appears at the edge.",
    inputs=inputs,
    use=use,
    mistakes=(
        rolled_around,
        filled_with_zero,
        filled_with_the_edge,
        one_for_all,
        down_and_right_only,
        up_and_left_only,
        end_never_drawn,
        end_never_drawn_by_the_window,
        both_alike,
        sideways_only,
        same_in_each_call,
    ),
)
def shift_pictures(X: Tensor, most: int, background: float) -> Tensor:
    """Return the pictures X, (B, C, H, W), each moved at random; all of its channels move together.

    For each picture, two whole numbers are drawn anew in each call, from −most to most, all equally
    likely: how many pixels it moves down, and how many to the right. The gap that this leaves is
    filled with `background`; what leaves the picture is lost. X stays as it was.
    """
    padded = functional.pad(X, (most, most, most, most), value=background)
    H, W = X.shape[2:]
    starts = torch.randint(2 * most + 1, (len(X), 2)).tolist()
    moved = torch.empty_like(X)
    for n, (top, left) in enumerate(starts):
        moved[n] = padded[n, :, top : top + H, left : left + W]
    return moved
