"""Three bugs in a game."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.exercise import exercise
from dlcourse.checking.graph import n_with_graphs

Optimizer: TypeAlias = torch.optim.Optimizer


def faulty_round(
    G: nn.Module,
    D: nn.Module,
    G_optimizer: Optimizer,
    D_optimizer: Optimizer,
    real: Tensor,
    z: Tensor,
) -> tuple[float, float]:
    """Play one round: a step of D, and then a step of G. Return D's loss and G's. Three bugs to
    fix.

    G makes samples of the noise z, and D gives each sample a logit, where 1 means real. D's loss
    is the sum of two means. In D's step G stays as it is, in G's step D does; gradients from before
    do not count, wherever they come from. G uses the same noise in both steps.
    """
    loss = functional.binary_cross_entropy_with_logits
    ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
    fake = G(z).detach()
    D_loss = loss(D(real), zeros) + loss(D(fake), ones)
    D_loss.backward()
    D_optimizer.step()
    G_loss = loss(D(fake), ones)
    G_optimizer.zero_grad()
    G_loss.backward()
    G_optimizer.step()
    return D_loss.item(), G_loss.item()


def use(answer: Callable[..., Any], n_samples: int) -> dict[str, Any] | None:
    rng = torch.Generator().manual_seed(n_samples)
    G = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))
    D = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    for one in (*G.parameters(), *D.parameters()):
        nn.init.normal_(one, generator=rng)
        one.grad = torch.ones_like(one)  # of an earlier round
    start = [nn.utils.parameters_to_vector(net.parameters()).detach().clone() for net in (G, D)]
    optimizers = [torch.optim.SGD(net.parameters(), lr=0.5) for net in (G, D)]
    losses = []
    for _ in range(2):
        real, z = 3 + torch.randn(2, n_samples, 2, generator=rng)
        losses.append(answer(G, D, *optimizers, real, z - 3))
    if losses[0] is None:
        return None
    first = losses[0] if isinstance(losses[0], list | tuple) else losses
    end = [nn.utils.parameters_to_vector(net.parameters()).detach() for net in (G, D)]
    moved = ["no" if torch.equal(*pair) else "yes" for pair in zip(start, end, strict=True)]
    has_slopes = any(one.grad is not None and one.grad.any() for one in G.parameters())
    return {
        "G moved": moved[0],
        "slopes that did not move G": "some" if moved[0] == "no" and has_slopes else "none",
        "D moved": moved[1],
        "losses of two rounds": losses,
        "D's weights after them": end[1],
        "G's weights after them": end[0],
        "losses that hold on to their graph": "some" if n_with_graphs(first) else "none",
    }


def inputs(_: torch.Generator) -> Iterator[tuple[int]]:
    yield (1,)
    yield (5,)
    yield (4,)


# ---------------------------------------------------------------------------- closed half

from dlcourse.exercises.generative_models._wrong_rounds import MISTAKES  # noqa: E402 - closed too

HINTS = (
    "Which weights does each `backward` reach, and what do they hold before it?",
    "Through what must a slope of G's loss pass on its way from D to G's weights?",
    "In D's loss, which label does a real sample get? And in G's?",
    "`D_optimizer.zero_grad()` before D's `backward`, `D(G(z))` for G's loss, ones for `real`.",
)


@exercise(
    "Three bugs in a game",
    minutes=8,
    difficulty=2,
    place=60,
    hints=HINTS,
    why="Each step reaches one player's weights, starts from clean gradients, and 1 means real.",
    inputs=inputs,
    use=use,
    template=faulty_round,
    equivalent=(
        (
            "D(G(z).detach())",
            "D(G(z))",
            "G's gradients are cleared before its own backward, so what D's leaves there is lost.",
        ),
    ),
    mistakes=MISTAKES,
)
def play_round(
    G: nn.Module,
    D: nn.Module,
    G_optimizer: Optimizer,
    D_optimizer: Optimizer,
    real: Tensor,
    z: Tensor,
) -> tuple[float, float]:
    """Play one round: a step of D, and then a step of G. Return D's loss and G's."""
    loss = functional.binary_cross_entropy_with_logits
    ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
    D_loss = loss(D(real), ones) + loss(D(G(z).detach()), zeros)
    D_optimizer.zero_grad()
    D_loss.backward()
    D_optimizer.step()
    G_loss = loss(D(G(z)), ones)
    G_optimizer.zero_grad()
    G_loss.backward()
    G_optimizer.step()
    return D_loss.item(), G_loss.item()
