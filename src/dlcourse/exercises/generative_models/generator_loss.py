"""The generator's loss."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise


def use(answer: Callable[..., Any], fake_logits: Tensor) -> dict[str, Any] | None:
    given = fake_logits.clone().requires_grad_()
    loss = answer(given)
    if loss is None:
        return None
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        return {"loss": loss, "graph of the loss": "missing"}
    if loss.numel() != 1:
        return {"loss": loss.detach()}
    (slopes,) = torch.autograd.grad(loss.sum(), given, allow_unused=True)
    return {
        "loss": loss.detach(),
        "graph of the loss": "there",
        "slopes": torch.zeros_like(given) if slopes is None else slopes,
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([-7.0, 0.5]),)
    yield (3 * torch.randn(5, 1, generator=rng),)
    yield (torch.tensor([-1000.0, -40.0, 90.0]),)
    yield (torch.randn(1, generator=rng, dtype=torch.float64),)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "What should D say of G's samples, if G had its way?",
    "G asks for the label 1, so its loss is −log D, where D is the sigmoid of the logit.",
    "Binary cross-entropy from logits, against `torch.ones_like(fake_logits)`.",
)

binary_loss = functional.binary_cross_entropy_with_logits


def saturating(fake_logits: Tensor) -> Tensor:
    """That is log(1 − D), the loss of the first paper's formula. Where D has found a sample out,
    its slope is nearly 0: G learns least where it is worst. Use −log D.
    """
    return functional.logsigmoid(-fake_logits).mean()


def saturating_with_logarithms(fake_logits: Tensor) -> Tensor:
    """That is log(1 − D), the loss of the first paper's formula. Where D has found a sample out,
    its slope is nearly 0, and where D rounds to 1, it is infinite. Use −log D.
    """
    return (1 - fake_logits.sigmoid()).log().mean()


def label_zero(fake_logits: Tensor) -> Tensor:
    """You asked for label 0, since the samples are fake. That is D's wish: G would learn to be
    found out, and both losses would fall to 0 together. G asks for 1.
    """
    return binary_loss(fake_logits, torch.zeros_like(fake_logits))


def sigmoid_before(fake_logits: Tensor) -> Tensor:
    """You took the sigmoid twice: `binary_cross_entropy_with_logits` takes it, too."""
    return binary_loss(fake_logits.sigmoid(), torch.ones_like(fake_logits))


def sum_of_losses(fake_logits: Tensor) -> Tensor:
    """You summed the losses. Take their mean."""
    return functional.softplus(-fake_logits).sum()


def log_of_sigmoid(fake_logits: Tensor) -> Tensor:
    """The formula is right, but for a logit of −1,000 the sigmoid rounds to 0, in float64 as well,
    and its logarithm is infinite. Compute the loss from the logits.
    """
    return -fake_logits.sigmoid().log().mean()


def softened_log(fake_logits: Tensor) -> Tensor:
    """A small number inside the logarithm avoids the infinite loss, but where D rounds to 0, the
    loss stops growing, and its slope is 0. Compute it from the logits.
    """
    return -(fake_logits.sigmoid() + 1e-8).log().mean()


def clamped_log(fake_logits: Tensor) -> Tensor:
    """`binary_cross_entropy` after a sigmoid is right for small logits. At −1,000 the sigmoid
    rounds to 0, the loss ends at 100, and its slope is 0. Compute it from the logits.
    """
    return functional.binary_cross_entropy(fake_logits.sigmoid(), torch.ones_like(fake_logits))


def probability_as_loss(fake_logits: Tensor) -> Tensor:
    """You took −D, without a logarithm. Its slope, too, is nearly 0 where D has found a sample
    out. Use −log D.
    """
    return -fake_logits.sigmoid().mean()


def logit_as_loss(fake_logits: Tensor) -> Tensor:
    """You took minus the logit, as a Wasserstein GAN does. Here the loss is −log D."""
    return -fake_logits.mean()


def log_without_minus(fake_logits: Tensor) -> Tensor:
    """Your loss has the other sign: a step downhill would lower D's opinion of the samples."""
    return functional.logsigmoid(fake_logits).mean()


def cut_off(fake_logits: Tensor) -> float:
    """The loss is right, but there is no way back from it to the logits, so G would not move.
    Return the tensor itself, without `item()` or `detach()`.
    """
    return functional.softplus(-fake_logits).mean().item()


def used_up(fake_logits: Tensor) -> Tensor:
    """You called `backward` in here, so the loss's graph is used up. Return the loss, and leave
    `backward` to whoever trains with it.
    """
    loss: Tensor = generator_loss.answer(fake_logits)
    loss.backward()
    return loss


@exercise(
    "The generator's loss",
    minutes=4,
    difficulty=1,
    place=40,
    hints=HINTS,
    why="The same loss as D's, with the label that G wants: strong slopes where it is found out.",
    inputs=inputs,
    use=use,
    mistakes=(
        saturating,
        saturating_with_logarithms,
        label_zero,
        sigmoid_before,
        sum_of_losses,
        log_of_sigmoid,
        softened_log,
        clamped_log,
        probability_as_loss,
        logit_as_loss,
        log_without_minus,
        cut_off,
        used_up,
    ),
)
def generator_loss(fake_logits: Tensor) -> Tensor:
    """Return G's loss −log D, the mean over its samples: a tensor of one number with its graph.

    The logits are D's answers to generated samples, (M,) or (M, 1), from which D is made with
    sigmoid. The slope should be strong where D has found a sample out. Logits may be large.
    """
    return functional.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))
