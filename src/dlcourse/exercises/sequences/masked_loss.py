"""A loss without padding."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise


def use(
    answer: Callable[..., Any], logits: Tensor, y: Tensor, mask: Tensor
) -> dict[str, Any] | None:
    given = logits.clone().requires_grad_()
    loss = answer(given, y, mask)
    if loss is None:
        return None
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        return {"loss": loss, "graph of the loss": "missing"}
    if loss.numel() != 1:
        return {"loss": loss.detach()}
    (slopes,) = torch.autograd.grad(loss.sum(), given, allow_unused=True)
    if slopes is None:  # a new tensor that asks for slopes, without the way to the logits
        return {"loss": loss.detach(), "graph of the loss": "missing"}
    return {"loss": loss.detach(), "graph of the loss": "there", "slopes": slopes}


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    mask = torch.tensor([[True, True, True], [True, False, False]])
    logits = torch.tensor([[[2.0, 0], [0, 2], [0, 0]], [[0, 3], [9, 0], [9, 0]]])
    yield logits, torch.tensor([[0, 1, 0], [1, 0, 0]]), mask
    for n, n_steps, n_classes in ((4, 5, 3), (1, 7, 4), (3, 2, 6)):
        lengths = torch.randint(1, n_steps + 1, (n, 1), generator=rng)
        mask = torch.arange(n_steps) < lengths
        logits = 3 * torch.randn(n_classes, n_steps, n, generator=rng).transpose(0, 2)
        y = torch.randint(n_classes, (n, n_steps), generator=rng)
        yield logits, torch.where(mask, y, n_steps % n_classes), mask
    so_wrong = torch.tensor([[[0.0, 200.0, 0.0], [1.0, 2.0, 3.0], [1.0, 0.0, 0.0]]])
    yield so_wrong, torch.tensor([[0, 2, 1]]), torch.tensor([[True, True, False]])
    logits = torch.randn(3, 4, 5, generator=rng, dtype=torch.float64)
    logits[2, 1, 0] = 900.0  # so sure, and right, that the loss of a real step is 0
    yield (
        logits,
        torch.zeros(3, 4, dtype=torch.int64),
        torch.arange(4) < torch.tensor([[2], [0], [4]]),
    )


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Take out the real steps first, and then compute a loss as you know it.",
    "`logits[mask]` is (number of real steps, C): a mask (B, T) picks along two dimensions.",
    "`y[mask]` are the right answers in the same order. What remains is lesson 05.",
)


def padding_counted(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG001
    """Your loss counts the padding, which is easy to get right: the result looks better than the
    network is, or worse.
    """
    return functional.cross_entropy(logits.flatten(0, 1), y.flatten())


def each(logits: Tensor, y: Tensor) -> Tensor:
    """Return the loss of each step, (B, T)."""
    return functional.cross_entropy(logits.transpose(1, 2), y, reduction="none")


def divided_by_all(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You set the losses of the padding to 0, and then divided by the number of all steps. Divide
    by the number of real ones.
    """
    return (each(logits, y) * mask).mean()


def not_divided(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You returned the sum over the real steps. Divide it by their number."""
    return each(logits, y)[mask].sum()


def divided_by_sequences(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You divided by the number of sequences. Divide by the number of real steps."""
    return each(logits, y)[mask].sum() / len(y)


def mean_of_means(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You took the mean of each sequence, and then the mean of these: a step of a short sequence
    counts for more than one of a long sequence. Each real step should count the same.
    """
    return ((each(logits, y) * mask).sum(1) / mask.sum(1)).mean()


def mean_of_means_that_exist(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You took the mean of each sequence that is not empty, and then the mean of these: a step of a
    short sequence counts for more. Each real step should count the same.
    """
    rows = mask.any(dim=1)
    return mean_of_means(logits[rows], y[rows], mask[rows])


def mean_of_means_or_zero(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You took the mean of each sequence, and then the mean of these, with 0 for an empty one: a
    step of a short sequence counts for more. Each real step should count the same.
    """
    return ((each(logits, y) * mask).sum(1) / mask.sum(1).clamp(min=1)).mean()


def zeros_ignored(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG001
    """You ignored class 0. It may be a real answer, and padding may have any class: the mask says
    which steps are real.
    """
    return functional.cross_entropy(logits.transpose(1, 2), y, ignore_index=0)


def padding_as_class_0(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You set the padding to class 0, and ignored that class. But 0 is also a right answer at real
    steps, which are then left out. A number that is no class will do: −100, the default.
    """
    return functional.cross_entropy(logits.transpose(1, 2), y * mask, ignore_index=0)


def classes_last(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """`cross_entropy` expects the classes in dimension 1, and here they are in dimension 2. Where T
    and C are equal, that would even raise no error. Use the rows `logits[mask]`, (N, C).
    """
    return functional.cross_entropy(logits, y, reduction="none")[mask].mean()


def cut_anew(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You made (B, C, T) with `view` or `reshape`, which mixes steps and classes. Use
    `transpose(1, 2)`, or the rows `logits[mask]`.
    """
    B, T, C = logits.shape
    losses = functional.cross_entropy(logits.reshape(B, C, T), y, reduction="none")
    return losses[mask].mean()


def logits_emptied(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You changed the logits at the padding, but their losses still count. Equal logits are an
    answer, too, with a loss of ln C: leave the losses out, not the logits.
    """
    return functional.cross_entropy((logits * mask[:, :, None]).transpose(1, 2), y)


def log_of_softmax(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You took the log of softmax in two steps. Where the network is sure and wrong, the right
    class has a probability of 0, and log 0 is −∞. `cross_entropy` does both at once, safely.
    """
    p = logits.softmax(dim=2)
    return -p.log()[mask].gather(1, y[mask][:, None]).mean()


def zeros_dropped(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You left out every loss of 0. A real step may have that loss, too, and it counts: the mask
    says which steps are real.
    """
    losses = each(logits, y) * mask
    return losses[losses > 0].mean()


def padding_only(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """You took the padding and left out the real steps: the mask is True where steps are real."""
    return each(logits, y)[~mask].mean()


def cut_off(logits: Tensor, y: Tensor, mask: Tensor) -> float:
    """The loss is right, but there is no way back from it to the logits, and training needs one.
    Return the tensor itself, without `item()`, `detach()` or a new tensor around it.
    """
    return functional.cross_entropy(logits[mask], y[mask]).item()


@exercise(
    "A loss without padding",
    minutes=5,
    difficulty=2,
    place=90,
    hints=HINTS,
    why="Whatever is not picked cannot count: neither in the sum nor in the number to divide by.",
    inputs=inputs,
    use=use,
    mistakes=(
        padding_counted,
        divided_by_all,
        not_divided,
        divided_by_sequences,
        mean_of_means,
        mean_of_means_that_exist,
        mean_of_means_or_zero,
        zeros_ignored,
        padding_as_class_0,
        classes_last,
        cut_anew,
        logits_emptied,
        log_of_softmax,
        zeros_dropped,
        padding_only,
        cut_off,
    ),
)
def masked_loss(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Return the mean cross-entropy over all real steps of a batch, a tensor to train with.

    The logits are (B, T, C), the right classes y (B, T). The mask, (B, T), is True at real steps.
    Each real step counts the same. At the others, y holds any class.
    """
    return functional.cross_entropy(logits[mask], y[mask])
