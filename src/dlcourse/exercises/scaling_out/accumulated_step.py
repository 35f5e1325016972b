"""A step from unequal parts."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise
from dlcourse.checking.graph import n_with_graphs
from dlcourse.checking.watched import WatchedLinear

Parts: TypeAlias = list[tuple[Tensor, Tensor]]


def use(answer: Callable[..., Any], labels: list[list[int]], n_steps: int) -> dict[str, Any] | None:
    rng = torch.Generator().manual_seed(len(labels))
    model = WatchedLinear(3, 4, rng)
    parts = [(2 * torch.randn(len(y), 3, generator=rng), torch.tensor(y)) for y in labels]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)
    for one in model.parameters():
        one.grad = torch.ones_like(one)  # of an earlier step
    losses = [answer(model, optimizer, schedule, parts) for _ in range(n_steps)]
    if losses[0] is None and not model.most_rows:
        return None
    return {
        "biases afterwards": model.inside.bias.detach(),
        "weights afterwards": model.inside.weight.detach(),
        "learning rate afterwards": optimizer.param_groups[0]["lr"],
        "losses": [one.detach() if isinstance(one, Tensor) else one for one in losses],
        "losses with a graph": n_with_graphs(losses),
        "graphs of parts in memory at once": model.most_graphs,
        "most rows at once": "a part" if model.most_rows <= max(map(len, labels)) else "more",
    }


def inputs(_: torch.Generator) -> Iterator[tuple[list[list[int]], int]]:
    yield [[0, 1], [2, -100]], 1
    yield [[3, 1, 2, 0, 1], [-100, 0, -100]], 1
    yield [[1, 3]], 1
    yield [[-100, -100], [0, 3, 3], [2, -100, 1, 1]], 1  # a part in which nothing counts
    yield [[0], [-100], [3, 1, 1, 1, 2, 0]], 2


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "The whole batch's loss is one sum over the rows that count, divided once by their number.",
    "How many rows count is known from the labels, before any row goes through the model.",
    '`cross_entropy(model(X), y, reduction="sum")` leaves out the rows with −100 by itself.',
    "Divide each part's sum by the count of the whole batch, and call `backward` on it.",
)

Run: TypeAlias = Any  # the four arguments


def stepped(*run: Run, fault: str) -> float:
    """Make the step as the solution does, but for one fault."""
    model, optimizer, schedule, parts = run
    count = sum(int((y >= 0).sum()) for _, y in parts)
    if fault != "no zero":
        optimizer.zero_grad()
    total = 0.0
    for X, y in parts:
        if fault == "zeroed again":
            optimizer.zero_grad()
        z = model(X)
        loss = nn.functional.cross_entropy(z, y, reduction="sum")
        mean = nn.functional.cross_entropy(z, y)  # nan where nothing counts
        mine, rows = (y >= 0).sum(), sum(len(y) for _, y in parts)
        shares = {"means": mean, "parts": mean / len(parts), "sums": loss, "rows": loss / rows}
        shares |= {"mean by rows": mean * len(y) / rows, "mean by counts": mean * mine / count}
        share = shares.get(fault, loss / count)
        share.backward(retain_graph=fault == "retained")
        total += share.item()
        if fault == "steps":
            optimizer.step()
        if fault in {"steps", "schedule"}:
            schedule.step()
    if fault != "steps":
        optimizer.step()
    if fault not in {"steps", "schedule", "no schedule"}:
        schedule.step()
    return total


def means_averaged(*run: Run) -> float:
    """You averaged the means of the parts. A part in which few rows count then has as much to say
    as any other. Divide each part's sum by the number of rows that count in the whole batch.
    """
    return stepped(*run, fault="parts")


def means_added(*run: Run) -> float:
    """You added up the gradients of the parts' means: with four parts of equal size that would be
    four times the gradient. Divide each part's sum by the number of all rows that count.
    """
    return stepped(*run, fault="means")


def sums_added(*run: Run) -> float:
    """You added up the sums. Divide by the number of rows that count: the loss is their mean."""
    return stepped(*run, fault="sums")


def divided_by_rows(*run: Run) -> float:
    """You divided by the number of all rows. Those with the label −100 do not count, neither in
    the sum nor in the number to divide by.
    """
    return stepped(*run, fault="rows")


def weighted_by_rows(*run: Run) -> float:
    """You weighted the mean of each part by its rows. Weight it by those that count."""
    return stepped(*run, fault="mean by rows")


def weighted_by_counts(*run: Run) -> float:
    """Your loss is nan if no row of a part counts: its mean is 0 / 0. Take sums: that one is 0."""
    return stepped(*run, fault="mean by counts")


def schedule_in_parts(*run: Run) -> float:
    """You stepped the schedule for each part, so the rate falls too fast. It counts the steps of
    the optimizer.
    """
    return stepped(*run, fault="schedule")


def schedule_forgotten(*run: Run) -> float:
    """The schedule was not stepped. Step it once, after the optimizer."""
    return stepped(*run, fault="no schedule")


def steps_in_parts(*run: Run) -> float:
    """You made a step after each part. Only `backward` is called for each part; the steps, of the
    optimizer and the schedule, come once, at the end.
    """
    return stepped(*run, fault="steps")


def gradients_left(*run: Run) -> float:
    """You did not clear the gradients of the step before: `optimizer.zero_grad()` comes first."""
    return stepped(*run, fault="no zero")


def zeroed_for_each_part(*run: Run) -> float:
    """You cleared the gradients before each part, so only those of the last part are left."""
    return stepped(*run, fault="zeroed again")


def one_backward(*run: Run) -> float:
    """The step is right, but the graphs of all parts are in memory at once, and that is what parts
    should save you. Call `backward` on each part's loss before the next part comes.
    """
    model, parts = run[0], run[3]
    graphs = [model(X) for X, _ in parts[1:]]  # with that of the part at work, as many as parts
    total = stepped(*run, fault="none")
    del graphs
    return total


def joined_parts(*run: Run) -> float:
    """The step is right, but you joined the parts, and the model got all rows at once. They come in
    parts since the memory is too small for that: let each part through the model on its own.
    """
    model, optimizer, schedule, parts = run
    whole = tuple(torch.cat(rows) for rows in zip(*parts, strict=True))
    return stepped(model, optimizer, schedule, [whole], fault="none")


def graphs_retained(*run: Run) -> float:
    """The step is right, but `retain_graph=True` keeps a part's graph when the next part comes."""
    return stepped(*run, fault="retained")


def graph_returned(*run: Run) -> Tensor:
    """The step is right, but your loss still has its graph. Return a number: `.item()`."""
    return torch.tensor(stepped(*run, fault="none"), requires_grad=True)


def nothing_returned(*run: Run) -> None:
    """The step is right. Return the loss of the whole batch, too."""
    stepped(*run, fault="none")


@exercise(
    "A step from unequal parts",
    minutes=10,
    difficulty=3,
    place=40,
    hints=HINTS,
    why="Sums can be added up whatever the parts' sizes; the one division takes the count of the "
    "whole batch.",
    inputs=inputs,
    use=use,
    mistakes=(
        means_averaged,
        means_added,
        sums_added,
        divided_by_rows,
        weighted_by_rows,
        weighted_by_counts,
        schedule_in_parts,
        schedule_forgotten,
        steps_in_parts,
        gradients_left,
        zeroed_for_each_part,
        one_backward,
        joined_parts,
        graphs_retained,
        graph_returned,
        nothing_returned,
    ),
)
def accumulated_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    parts: list[tuple[Tensor, Tensor]],
) -> float:
    """Make one step, for a batch that comes as a list of parts; return its loss, a number.

    Each part is a pair X (N, D), y (N,), and N differs from part to part. Rows whose label is −100
    do not count. The loss is the mean cross-entropy of all rows that count, of all parts together,
    as if the batch had come in one. One part at a time has a graph in memory. Gradients of earlier
    steps do not count. `schedule` sets the learning rate for each step of the optimizer.
    """
    count = sum((y != -100).sum() for _, y in parts)
    optimizer.zero_grad()
    total = 0.0
    for X, y in parts:
        loss = nn.functional.cross_entropy(model(X), y, reduction="sum") / count
        loss.backward()
        total += loss.item()
    optimizer.step()
    schedule.step()
    return total
