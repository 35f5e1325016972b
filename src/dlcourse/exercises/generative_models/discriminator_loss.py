"""The discriminator's loss."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise


def use(
    answer: Callable[..., Any], real_logits: Tensor, fake_logits: Tensor
) -> dict[str, Any] | None:
    given = [one.clone().requires_grad_() for one in (real_logits, fake_logits)]
    loss = answer(*given)
    if loss is None:
        return None
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        return {"loss": loss, "graph of the loss": "missing"}
    if loss.numel() != 1:
        return {"loss": loss.detach()}
    slopes = torch.autograd.grad(loss.sum(), given, allow_unused=True)
    real, fake = (
        torch.zeros_like(one) if slope is None else slope
        for one, slope in zip(given, slopes, strict=True)
    )
    return {
        "loss": loss.detach(),
        "graph of the loss": "there",
        "slopes along real_logits": real,
        "slopes along fake_logits": fake,
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([2.0, -1.0]), torch.tensor([0.5, 1.0])
    yield torch.tensor([[3.0], [1.0], [-2.0]]), torch.tensor([[0.5]])
    yield torch.randn(2, generator=rng), 3 * torch.randn(5, generator=rng)
    yield torch.tensor([-1000.0, 40.0]), torch.tensor([-250.0, 2000.0, 200.0])
    yield torch.randn(4, 1, generator=rng).double(), torch.randn(4, 1, generator=rng).double()


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two questions with known answers: 1 for every real sample, 0 for every one of G's.",
    "Binary cross-entropy from logits, once against ones and once against zeros.",
    "`functional.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))`",
    "Add the two means. Joined into one batch, the side with more samples would count for more.",
)

binary_loss = functional.binary_cross_entropy_with_logits


def against(logits: Tensor, label: float) -> Tensor:
    """Return the mean loss of logits that all have this label."""
    return binary_loss(logits, torch.full_like(logits, label))


def sigmoid_before(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """You took the sigmoid twice: `binary_cross_entropy_with_logits` takes it, too. This D can
    never be sure, and its loss stays between 0.31 and 1.31 for each side.
    """
    return against(real_logits.sigmoid(), 1.0) + against(fake_logits.sigmoid(), 0.0)


def labels_exchanged(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """You exchanged the labels: 1 means real in this course, for D's step and for G's."""
    return against(real_logits, 0.0) + against(fake_logits, 1.0)


def one_mean(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """You took one mean over both sides together. Where one has more samples than the other, it
    counts for more: take a mean for each, and add them.
    """
    labels = torch.cat([torch.ones_like(real_logits), torch.zeros_like(fake_logits)])
    return binary_loss(torch.cat([real_logits, fake_logits]), labels)


def twice_one_mean(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Twice the mean over all samples is the sum of the two means only where both sides have
    equally many. Take a mean for each side.
    """
    return 2 * one_mean(real_logits, fake_logits)


def halved(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """You returned half of the sum. Some programs do; here the loss is the sum of the two means."""
    return discriminator_loss.answer(real_logits, fake_logits) / 2  # type: ignore[no-any-return]


def summed(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """You summed the losses of a side. Take their mean, so that a larger batch has no larger
    loss.
    """
    return functional.softplus(-real_logits).sum() + functional.softplus(fake_logits).sum()


def logs_of_sigmoids(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The formula is right, but for large logits the sigmoid rounds to 0 or 1, in float64 as well,
    and its logarithm is infinite. Compute the loss from the logits.
    """
    return -real_logits.sigmoid().log().mean() - (1 - fake_logits.sigmoid()).log().mean()


def clamped_logs(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """`binary_cross_entropy` after a sigmoid is right for small logits. For large ones the sigmoid
    rounds to 0 or 1, the loss ends at 100, and its slope is 0. Compute it from the logits.
    """
    real, fake = real_logits.sigmoid(), fake_logits.sigmoid()
    loss = functional.binary_cross_entropy(real, torch.ones_like(real))
    return loss + functional.binary_cross_entropy(fake, torch.zeros_like(fake))


def real_side_only(real_logits: Tensor, fake_logits: Tensor) -> Tensor:  # noqa: ARG001
    """Only the real samples count in your loss. D would learn to call everything real."""
    return against(real_logits, 1.0)


def fake_side_only(real_logits: Tensor, fake_logits: Tensor) -> Tensor:  # noqa: ARG001
    """Only G's samples count in your loss. D would learn to call nothing real."""
    return against(fake_logits, 0.0)


def both_real(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """You asked for label 1 on both sides. That is what G wants of its samples; D should give
    them 0.
    """
    return against(real_logits, 1.0) + against(fake_logits, 1.0)


def sign_forgotten(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Your loss has the other sign: a step downhill would make D worse."""
    return -discriminator_loss.answer(real_logits, fake_logits)  # type: ignore[no-any-return]


def cut_off(real_logits: Tensor, fake_logits: Tensor) -> float:
    """The loss is right, but there is no way back from it to the logits. Return the tensor itself,
    without `item()` or `detach()`.
    """
    return discriminator_loss.answer(real_logits, fake_logits).item()  # type: ignore[no-any-return]


def used_up(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """You called `backward` in here, so the loss's graph is used up. Return the loss, and leave
    `backward` to whoever trains with it.
    """
    loss: Tensor = discriminator_loss.answer(real_logits, fake_logits)
    loss.backward()
    return loss


@exercise(
    "The discriminator's loss",
    minutes=5,
    difficulty=1,
    place=30,
    hints=HINTS,
    why="A mean for each side lets both count the same, and logits keep every slope alive.",
    inputs=inputs,
    use=use,
    mistakes=(
        sigmoid_before,
        labels_exchanged,
        one_mean,
        twice_one_mean,
        halved,
        summed,
        logs_of_sigmoids,
        clamped_logs,
        real_side_only,
        fake_side_only,
        both_real,
        sign_forgotten,
        cut_off,
        used_up,
    ),
)
def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return D's loss, a tensor of one number with its graph.

    The logits are D's answers to real samples and to generated ones, (N,) and (M,), or (N, 1) and
    (M, 1); N and M may differ. The label 1 means real. The loss is the mean binary cross-entropy
    of the real samples plus that of the generated ones. Logits may be large.
    """
    loss = functional.binary_cross_entropy_with_logits
    real = loss(real_logits, torch.ones_like(real_logits))
    fake = loss(fake_logits, torch.zeros_like(fake_logits))
    return real + fake
