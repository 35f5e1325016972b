"""The gradient of the whole batch."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise
from dlcourse.checking.ranks import WAIT, AllReduce, in_step


def use(answer: Callable[..., Any], sizes: list[int]) -> object:
    def work(rank: int, all_reduce: AllReduce) -> object:
        rng = torch.Generator().manual_seed(len(sizes))
        layer = nn.Linear(2, 3)
        model = nn.Sequential(layer) if len(sizes) > 2 else layer  # other names of the parameters
        for one in model.parameters():
            nn.init.normal_(one, generator=rng)
            one.grad = torch.ones_like(one)  # of the step before
        X, y = 2 * torch.randn(sum(sizes), 2, generator=rng), torch.arange(sum(sizes)) % 3
        mine = slice(sum(sizes[:rank]), sum(sizes[: rank + 1]))
        before = [one.detach().clone() for one in model.parameters()]
        answer(model, X[mine], y[mine], all_reduce)
        gradients = {name: one.grad for name, one in model.named_parameters()}
        seen = {f"on process {rank}, the gradient of {k}": v for k, v in gradients.items()}
        stay = all(torch.equal(*pair) for pair in zip(model.parameters(), before, strict=True))
        return {**seen, f"on process {rank}, the weights": "as before" if stay else "moved"}

    results = in_step(work, len(sizes))
    if results is None:
        return {"the processes": WAIT}
    return {"the processes": "come to an end", **{k: v for one in results for k, v in one.items()}}


def inputs(_: torch.Generator) -> Iterator[tuple[list[int]]]:
    yield ([3, 1],)
    yield ([1, 4, 0],)  # one process has no sample in this step


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "What do all processes need to add up, so that one division gives the gradient of the mean?",
    'The gradient of the sum of the losses: `cross_entropy(…, reduction="sum")`. And the counts.',
    "`n = torch.tensor(len(y))`, then `all_reduce(n)`: now n is the size of the whole batch.",
    "For each parameter: `all_reduce(parameter.grad)`, and then divide it by n, in place.",
)

Run: TypeAlias = Any  # the four arguments
Model: TypeAlias = Any  # an `nn.Module`: types do not tell that there are gradients


def synchronized(*run: Run, fault: str) -> None:
    """Do what the solution does, but for one fault."""
    model, X, y, all_reduce = run
    world, n = torch.tensor(1), torch.tensor(len(y))
    all_reduce(world)
    all_reduce(n)
    if fault != "no zero":
        model.zero_grad()
    reduction = "mean" if fault in {"means", "added"} else "sum"
    loss = nn.functional.cross_entropy(model(X), y, reduction=reduction)
    (loss / (n if fault == "early" else 1)).backward()
    divisors = {"added": 1, "early": n, "sums": 1, "means": world, "sums by world": world}
    divisor = divisors.get(fault, len(y) if fault == "own count" else n)
    for one in model.parameters():
        if fault != "alone":
            all_reduce(one.grad)
        one.grad /= divisor


def means_averaged(*run: Run) -> None:
    """You averaged the gradients of the processes, each of them that of a mean. That is what DDP
    does, and it is the whole batch's gradient only if all have equally many samples.
    """
    synchronized(*run, fault="means")


def means_added(*run: Run) -> None:
    """You added up the gradients of the processes: `all_reduce` is a sum, not a mean. With two
    equal halves, the gradient is twice as long as it should be.
    """
    synchronized(*run, fault="added")


def sums_added(*run: Run) -> None:
    """You added up the gradients of all samples' losses, and never divided by their number."""
    synchronized(*run, fault="sums")


def sums_by_processes(*run: Run) -> None:
    """You divided the sum over all samples by the number of processes, as DDP does it with
    `reduction="sum"`. Divide it by the number of samples.
    """
    synchronized(*run, fault="sums by world")


def own_count(*run: Run) -> None:
    """You divided by the number of the process's own samples. Divide by that of all processes:
    `all_reduce` adds counts, too.
    """
    synchronized(*run, fault="own count")


def each_alone(*run: Run) -> None:
    """The gradients of the other processes are missing. Hand each gradient to `all_reduce`: the
    gradient itself and no copy, since the sum is written into what it gets.
    """
    synchronized(*run, fault="alone")


def old_gradients(*run: Run) -> None:
    """The gradients of the step before are in yours. Clear them first: `model.zero_grad()`."""
    synchronized(*run, fault="no zero")


def divided_twice(*run: Run) -> None:
    """You divided twice by the number of samples: in the loss, and once more after the sum."""
    synchronized(*run, fault="early")


def moved_as_well(*run: Run) -> None:
    """The gradients are right, but you moved the weights as well. Leave the step to the
    optimizer.
    """
    synchronized(*run, fault="none")
    for one in run[0].parameters():
        one.data -= one.grad


def without_samples_no_call(*run: Run) -> None:
    """A process without samples does not call `all_reduce`, and all the others wait for it. It
    takes part as well, with gradients of 0.
    """
    if len(run[2]):
        synchronized(*run, fault="none")


@exercise(
    "The gradient of the whole batch",
    minutes=10,
    difficulty=3,
    place=70,
    hints=HINTS,
    why="Sums of gradients and sums of counts can be added up, and one division at the end makes "
    "the mean over all samples.",
    inputs=inputs,
    use=use,
    mistakes=(
        means_averaged,
        means_added,
        sums_added,
        sums_by_processes,
        own_count,
        each_alone,
        old_gradients,
        divided_twice,
        moved_as_well,
        without_samples_no_call,
    ),
)
def average_gradients(
    model: Model, X: Tensor, y: Tensor, all_reduce: Callable[[Tensor], None]
) -> None:
    """Leave in each parameter's `grad` the gradient of the mean loss over all processes' samples.

    Each process calls this with the same weights and its own samples, X (N, D) with labels y (N,).
    N differs from process to process, and may be 0. The loss is the mean cross-entropy of all
    samples of all processes. Gradients of earlier steps do not count. `all_reduce(tensor)` changes
    the tensor in place, into the sum of what all processes handed to it. Each process must call it
    equally often, with tensors of the same shapes.
    """
    n = torch.tensor(len(y))
    all_reduce(n)
    model.zero_grad()
    nn.functional.cross_entropy(model(X), y, reduction="sum").backward()
    for parameter in model.parameters():
        all_reduce(parameter.grad)
        parameter.grad /= n
