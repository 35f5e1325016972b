"""A step in parts."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise
from dlcourse.checking.watched import WatchedLinear


def use(
    answer: Callable[..., Any], n_samples: int, n_part: int, max_norm: float
) -> dict[str, Any] | None:
    rng = torch.Generator().manual_seed(n_samples)
    model = WatchedLinear(3, 4, rng)
    X, y = 2 * torch.randn(n_samples, 3, generator=rng), torch.arange(n_samples) ** 2 % 4
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for one in model.parameters():
        one.grad = torch.ones_like(one)  # of an earlier step
    norms = []
    for _ in range(2):
        norm = answer(model, optimizer, X, y, n_part, max_norm)
        norms.append(norm.detach() if isinstance(norm, Tensor) else norm)
    if not model.most_rows:
        return None if norms[0] is None else {"the model got more than n_part rows at once": "none"}
    return {
        "the model got more than n_part rows at once": "yes" if model.most_rows > n_part else "no",
        "norms that two steps returned": norms,
        "biases after two steps": model.inside.bias.detach(),
        "weights after two steps": model.inside.weight.detach(),
        "graphs of parts in memory at once": model.most_graphs,
    }


def inputs(_: torch.Generator) -> Iterator[tuple[int, int, float]]:
    yield 4, 2, 100.0
    yield 5, 2, 0.5  # the last part is short, and the gradient is clipped
    yield 2, 1, 0.2
    yield 5, 3, 1e9
    yield 6, 8, 0.1  # a single part


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "One `zero_grad`, a `backward` for each part, and one `step`. Where does the clipping go?",
    "`X.split(n_part)` gives the parts, the last of them as short as it has to be.",
    "The whole loss is a mean over len(X) rows. How much of it comes from a part of 3 rows?",
    '`cross_entropy(…, reduction="sum") / len(X)` is a part\'s share of the mean.',
    "`nn.utils.clip_grad_norm_` returns the norm from before. Call it once, just before `step`.",
)


Run: TypeAlias = Any  # the six arguments
Norm: TypeAlias = Any  # a tensor of one number


def stepped(*run: Run, fault: str) -> Norm:
    """Make the step as the solution does, but for one fault."""
    model, optimizer, X, y, n_part, max_norm = run
    parts = list(zip(X.split(n_part), y.split(n_part), strict=True))
    clip = nn.utils.clip_grad_norm_
    if fault not in {"no zero", "no zero before"}:
        optimizer.zero_grad()
    norm: Norm = torch.tensor(0.0)
    for X_part, y_part in parts:
        if fault == "zeroed again":
            optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X_part), y_part)
        divisors = {"means": 1.0, "sums": 1 / len(y_part), "parts": len(parts)}
        share = loss / divisors.get(fault, len(X) / len(y_part))
        share.backward(retain_graph=fault == "retained")
        if fault in {"clipped in parts", "steps"}:
            norm = clip(model.parameters(), max_norm)
        if fault == "steps":
            optimizer.step()
    if fault == "clipped late":
        optimizer.step()
    if fault not in {"clipped in parts", "steps"}:
        norm = clip(model.parameters(), max_norm)
    if fault not in {"clipped late", "steps"}:
        optimizer.step()
    if fault == "no zero before":
        optimizer.zero_grad()
    return norm


def means_added(*run: Run) -> Norm:
    """You added up the gradients of the parts' means: with two parts, that is about twice the
    gradient of the whole batch. Give each part the share that it has in the whole mean.
    """
    return stepped(*run, fault="means")


def sums_added(*run: Run) -> Norm:
    """You added up the losses of all rows. The loss is their mean: divide each sum by `len(X)`."""
    return stepped(*run, fault="sums")


def divided_by_parts(*run: Run) -> Norm:
    """You divided by the number of parts, so the rows of a short last part count for more than
    others. Weight each part by its rows: `len(X_part) / len(X)`.
    """
    return stepped(*run, fault="parts")


def clipped_late(*run: Run) -> Norm:
    """Nothing clips the gradient between the last `backward` and the step, where it counts: first
    backward, then clip, then step.
    """
    return stepped(*run, fault="clipped late")


def clipped_in_parts(*run: Run) -> Norm:
    """You clipped after each part, while the gradient was not complete yet. Clip once, when all
    parts are in it.
    """
    return stepped(*run, fault="clipped in parts")


def a_step_for_each_part(*run: Run) -> Norm:
    """You made a step after each part, so that the later parts met other weights. Only `backward`
    is called for each part.
    """
    return stepped(*run, fault="steps")


def gradients_left(*run: Run) -> Norm:
    """You did not clear the gradients of the step before: `optimizer.zero_grad()` comes first."""
    return stepped(*run, fault="no zero")


def cleared_afterwards(*run: Run) -> Norm:
    """You clear the gradients after the step. But there may be some of an earlier step when your
    function is called. Clear them first.
    """
    return stepped(*run, fault="no zero before")


def zeroed_for_each_part(*run: Run) -> Norm:
    """You clear the gradients before each part, so only the last part is left. Clear them once,
    before the first.
    """
    return stepped(*run, fault="zeroed again")


def all_at_once(*run: Run) -> Norm:
    """The step is right, but the model got the whole batch at once. It has to come in parts of at
    most `n_part` rows.
    """
    model, optimizer, X, y, _, max_norm = run
    return stepped(model, optimizer, X, y, len(X), max_norm, fault="none")


def one_backward(*run: Run) -> Norm:
    """The step is right, but all parts go forward before the first `backward`: until then the
    graphs of all parts are in memory. Call `backward` for each part, right after its loss.
    """
    model, optimizer, X, y, n_part, max_norm = run
    optimizer.zero_grad()
    parts = torch.arange(len(X)).split(n_part)
    losses = [nn.functional.cross_entropy(model(X[i]), y[i], reduction="sum") for i in parts]
    (torch.stack(losses).sum() / len(X)).backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm


def graphs_retained(*run: Run) -> Norm:
    """The step is right, but `retain_graph=True` keeps a part's graph when the next part comes."""
    return stepped(*run, fault="retained")


def norm_after_clipping(*run: Run) -> Norm:
    """You returned the norm after clipping, or the limit. Before clipping it tells more:
    `clip_grad_norm_` returns that one.
    """
    return stepped(*run, fault="none").clamp(max=run[-1])


def nothing_returned(*run: Run) -> None:
    """The step is right. Return the norm, too: it is what `clip_grad_norm_` returns."""
    stepped(*run, fault="none")


@exercise(
    "A step in parts",
    minutes=8,
    difficulty=3,
    place=140,
    hints=HINTS,
    why="Gradients add up, so shares of the mean give its gradient; then clip once, then step.",
    inputs=inputs,
    use=use,
    mistakes=(
        means_added,
        sums_added,
        divided_by_parts,
        clipped_late,
        clipped_in_parts,
        a_step_for_each_part,
        gradients_left,
        cleared_afterwards,
        zeroed_for_each_part,
        all_at_once,
        one_backward,
        graphs_retained,
        norm_after_clipping,
        nothing_returned,
    ),
)
def step_in_parts(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Tensor:
    """Make one step for a batch that is too large for the memory; return the gradient's norm.

    The batch, X with labels y, goes through the model in parts of at most `n_part` rows. The step
    is that of the whole batch: its loss is the mean cross-entropy of all rows, and its gradient is
    clipped to the norm `max_norm`. Gradients of earlier steps do not count. The result is the norm
    of the whole gradient before clipping.
    """
    optimizer.zero_grad()
    for rows in torch.arange(len(X)).split(n_part):
        loss = nn.functional.cross_entropy(model(X[rows]), y[rows], reduction="sum") / len(X)
        loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm
