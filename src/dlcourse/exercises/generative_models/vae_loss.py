"""Three bugs in the loss of a VAE."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise


def faulty_vae_loss(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the loss of a variational autoencoder, with its graph. Three bugs to fix.

    The decoder gives a logit for each pixel, (B, n_pixels); X are the pixels themselves, from 0 to
    1, of the same shape. The encoder gave `mean` and `log_variance`, (B, n_z). The loss of a
    picture is the sum of its pixels' binary cross-entropies, plus the KL divergence of its code,
    which is also a sum. The loss of a batch is the mean over its pictures.
    """
    pixels = functional.binary_cross_entropy_with_logits(logits.sigmoid(), X)
    kl = (mean**2 + log_variance.exp() - 1 - log_variance) / 2
    return pixels + kl.mean()


def use(
    answer: Callable[..., Any], logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor
) -> dict[str, Any] | None:
    given = [one.clone().requires_grad_() for one in (logits, mean, log_variance)]
    loss = answer(given[0], X, *given[1:])
    if loss is None:
        return None
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        return {"loss": loss, "graph of the loss": "missing"}
    if loss.numel() != 1:
        return {"loss": loss.detach()}
    slopes = torch.autograd.grad(loss.sum(), given, allow_unused=True)
    along = [
        torch.zeros_like(one) if slope is None else slope
        for one, slope in zip(given, slopes, strict=True)
    ]
    return {
        "loss": loss.detach(),
        "graph of the loss": "there",
        "slopes along logits": along[0],
        "slopes along mean": along[1],
        "slopes along log_variance": along[2],
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, ...]]:
    yield (
        torch.tensor([[2.0, -2.0, 1.0]]),
        torch.tensor([[1.0, 0.0, 0.5]]),
        torch.tensor([[1.0, 0.0]]),
        torch.tensor([[0.0, 0.0]]),
    )
    for n, n_pixels, n_z in ((3, 5, 2), (4, 4, 4), (2, 3, 6)):
        yield (
            4 * torch.randn(n, n_pixels, generator=rng),
            torch.rand(n, n_pixels, generator=rng),
            torch.randn(n, n_z, generator=rng),
            torch.randn(n, n_z, generator=rng),
        )
    large = torch.tensor([[90.0, -150.0], [-60.0, 3.0]])
    yield large, torch.tensor([[0.0, 0.0], [0.5, 1.0]]), torch.ones(2, 1), torch.zeros(2, 1)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Write down the shape after each line. Over what is summed, and over what averaged?",
    "What does `binary_cross_entropy_with_logits` do with its first argument, as its name says?",
    'With `reduction="sum"`, or `"none"` and `.sum(dim=1)`, the pixels of a picture add up.',
    "At the end: (sum over all pixels + sum over all kl) / len(X).",
)

binary_loss = functional.binary_cross_entropy_with_logits
Args = Tensor  # each of the four arguments


def computed(*given: Args, faults: str) -> Tensor:
    """Compute the loss as the solution does, but for these faults."""
    logits, X, mean, log_variance = given
    logits = logits.sigmoid() if "sigmoid" in faults else logits
    pixels = binary_loss(logits, X, reduction="none")
    kl = (mean**2 + log_variance.exp() - 1 - log_variance) / 2
    of_pixels = pixels.mean() if "pixels" in faults else pixels.sum(dim=1).mean()
    return of_pixels + (kl.mean() if "kl" in faults else kl.sum(dim=1).mean())


def all_left(*given: Args) -> Tensor:
    """All three bugs are still there. Start with the first line: what goes into a function
    “with logits”?
    """
    return computed(*given, faults="sigmoid, pixels, kl")


def sigmoid_left(*given: Args) -> Tensor:
    """One bug is left: the sigmoid is taken twice, so that no pixel can get darker than 0.5."""
    return computed(*given, faults="sigmoid")


def pixels_left(*given: Args) -> Tensor:
    """One bug is left: the pixels' mean is taken. With 196 pixels KL then weighs 196 times as much,
    and all pictures become one gray blur. Sum over the pixels.
    """
    return computed(*given, faults="pixels")


def kl_left(*given: Args) -> Tensor:
    """One bug is left: the mean of KL over the numbers of a code. They add up, as pixels do."""
    return computed(*given, faults="kl")


def sigmoid_and_pixels_left(*given: Args) -> Tensor:
    """Two bugs are left, both in the line of the pixels."""
    return computed(*given, faults="sigmoid, pixels")


def sigmoid_and_kl_left(*given: Args) -> Tensor:
    """Two bugs are left. One: the sigmoid is taken twice. The other: over what is the mean of KL
    taken?
    """
    return computed(*given, faults="sigmoid, kl")


def pixels_and_kl_left(*given: Args) -> Tensor:
    """Two bugs are left: pixels and codes should be summed. Only over the batch is a mean taken."""
    return computed(*given, faults="pixels, kl")


def batch_summed(*given: Args) -> Tensor:
    """You summed over the batch as well. Divide by the number of pictures, in both parts."""
    return len(given[0]) * computed(*given, faults="none")


def pixels_of_the_batch_summed(*given: Args) -> Tensor:
    """The pixels of all pictures are summed. Divide that sum by the number of pictures."""
    logits, X, *_ = given
    rest = computed(*given, faults="none") - binary_loss(logits, X, reduction="sum") / len(X)
    return rest + binary_loss(logits, X, reduction="sum")


def kl_of_the_batch_summed(*given: Args) -> Tensor:
    """KL is summed over all pictures. Divide that sum by the number of pictures."""
    logits, X, *_ = given
    pixels = binary_loss(logits, X, reduction="sum") / len(X)
    return pixels + len(X) * (computed(*given, faults="none") - pixels)


def pixels_summed_and_kl_left(*given: Args) -> Tensor:
    """`reduction="sum"` adds up the pixels of all pictures: divide by their number. And KL is still
    a mean over the numbers of a code: they add up.
    """
    logits, X, *_ = given
    total = binary_loss(logits, X, reduction="sum")
    return computed(*given, faults="kl") - total / len(X) + total


def clamped(*given: Args) -> Tensor:
    """`binary_cross_entropy` after a sigmoid is right for small logits. For large ones the sigmoid
    rounds to 0 or 1, the loss ends at 100, and its slope is 0. Keep the logits.
    """
    logits, X, *_ = given
    kl = computed(*given, faults="none") - binary_loss(logits, X, reduction="sum") / len(X)
    return kl + functional.binary_cross_entropy(logits.sigmoid(), X, reduction="sum") / len(X)


def kl_subtracted(*given: Args) -> Tensor:
    """You subtract KL. It is a price: it is added to the loss."""
    logits, X, *_ = given
    return 2 * binary_loss(logits, X, reduction="sum") / len(X) - computed(*given, faults="none")


def used_up(*given: Args) -> Tensor:
    """You called `backward` in here, so the loss's graph is used up. Return the loss, and leave
    `backward` to whoever trains with it.
    """
    loss: Tensor = computed(*given, faults="none")
    loss.backward()
    return loss


@exercise(
    "Three bugs in the loss of a VAE",
    minutes=6,
    difficulty=2,
    place=170,
    hints=HINTS,
    why="Sums over pixels and codes, a mean over pictures: both parts then count in one unit.",
    inputs=inputs,
    use=use,
    template=faulty_vae_loss,
    mistakes=(
        all_left,
        sigmoid_left,
        pixels_left,
        kl_left,
        sigmoid_and_pixels_left,
        sigmoid_and_kl_left,
        pixels_and_kl_left,
        batch_summed,
        pixels_of_the_batch_summed,
        kl_of_the_batch_summed,
        pixels_summed_and_kl_left,
        clamped,
        kl_subtracted,
        used_up,
    ),
)
def vae_loss(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the loss of a variational autoencoder, with its graph."""
    pixels = functional.binary_cross_entropy_with_logits(logits, X, reduction="sum")
    kl = (mean**2 + log_variance.exp() - 1 - log_variance) / 2
    return (pixels + kl.sum()) / len(X)
