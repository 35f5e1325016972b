"""The accuracy over all processes."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise
from dlcourse.checking.ranks import WAIT, AllReduce, in_step


def use(answer: Callable[..., Any], counts: list[int], n_right: list[int]) -> object:
    def work(rank: int, all_reduce: AllReduce) -> object:
        labels = torch.arange(counts[rank]) % 3
        said = (labels + (torch.arange(counts[rank]) >= n_right[rank])) % 3
        logits = torch.eye(3)[said] / 2 + 4 * torch.arange(counts[rank])[:, None].sin()
        return answer(logits, labels, all_reduce)  # no sign, no probability tells which is largest

    results = in_step(work, len(counts))
    if results is None:
        return {"the processes": WAIT}
    if all(one is None for one in results):
        return None
    return {"the processes": "come to an end", "what each returned": results}


def inputs(_: torch.Generator) -> Iterator[tuple[list[int], list[int]]]:
    yield [4, 1], [4, 0]
    yield [10, 1], [9, 0]
    yield [3, 3], [1, 2]
    yield [5], [2]
    yield [7, 0, 2], [3, 0, 2]  # one process has no sample
    yield [300, 200, 1], [299, 1, 1]  # more than bytes can count


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "9 right of 10, and 0 right of 1: 9 of 11 are right. What did you add up to see it?",
    "`all_reduce` takes one tensor: put both numbers, right answers and samples, into one.",
    "`numbers = torch.tensor([n_right, n])`, then `all_reduce(numbers)`, which returns nothing.",
    "After the call `numbers` holds the sums over all processes: divide the first by the second.",
)


def rights_in(logits: Tensor, y: Tensor) -> Tensor:
    """Return the number of right answers."""
    return (logits.argmax(dim=1) == y).sum()


def mean_of_accuracies(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    """You averaged the accuracies of the processes: one with few samples counts as much as one
    with many, and one with none makes it nan. Add up right answers and samples, then divide.
    """
    numbers = torch.stack([(logits.argmax(1) == y).float().mean(), torch.tensor(1.0)])
    all_reduce(numbers)
    return (numbers[0] / numbers[1]).item()


def mean_of_accuracies_or_zero(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    """You averaged the accuracies of the processes, with 0 for one without samples. Each sample
    should count the same: add up right answers and samples, then divide.
    """
    numbers = torch.stack([rights_in(logits, y) / max(len(y), 1), torch.tensor(1.0)])
    all_reduce(numbers)
    return (numbers[0] / numbers[1]).item()


def sum_of_accuracies(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    """You added up the accuracies: `all_reduce` is a sum, not a mean. Give it the right answers
    and the samples, and divide afterwards.
    """
    accuracy = (logits.argmax(1) == y).float().mean()
    all_reduce(accuracy)
    return accuracy.item()


def own_accuracy(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:  # noqa: ARG001
    """Each process returned the accuracy on its own samples. Only `all_reduce` tells it about
    those of the others.
    """
    return (logits.argmax(1) == y).float().mean().item()


def own_count(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    """You added up the right answers of all processes, but divided by the samples of one. Add up
    the samples, too.
    """
    n_right = rights_in(logits, y)
    all_reduce(n_right)
    return (n_right / len(y)).item()


def counted_only(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> Tensor:
    """You returned the number of right answers. Divide it by the number of samples."""
    n_right = rights_in(logits, y)
    all_reduce(n_right)
    return n_right


def only_where_there_are_samples(logits: Tensor, y: Tensor, all_reduce: AllReduce) -> float:
    """A process without samples does not call `all_reduce`, and all the others wait for it. Every
    process calls it, equally often.
    """
    if not len(y):
        return 0.0
    numbers = torch.stack([rights_in(logits, y), torch.tensor(len(y))])
    all_reduce(numbers)
    return (numbers[0] / numbers[1]).item()


@exercise(
    "The accuracy over all processes",
    minutes=4,
    difficulty=1,
    place=90,
    hints=HINTS,
    why="Counts can be added up over processes, and quotients cannot.",
    inputs=inputs,
    use=use,
    mistakes=(
        mean_of_accuracies,
        mean_of_accuracies_or_zero,
        sum_of_accuracies,
        own_accuracy,
        own_count,
        counted_only,
        only_where_there_are_samples,
    ),
)
def pooled_accuracy(logits: Tensor, y: Tensor, all_reduce: Callable[[Tensor], None]) -> Tensor:
    """Return the share of right answers among the samples of all processes, a number.

    Each process calls this with its own samples: logits (N, C) and labels y (N,), where N differs
    from process to process, and may be 0. `all_reduce(tensor)` changes the tensor in place, into
    the sum of what all processes handed to it. Each process must call it equally often.
    """
    numbers = torch.stack([(logits.argmax(dim=1) == y).sum(), torch.tensor(len(y))])
    all_reduce(numbers)
    return numbers[0] / numbers[1]
