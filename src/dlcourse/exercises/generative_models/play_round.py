"""Three bugs in a game."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.exercise import exercise

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
    do not count, whatever they are from. G uses the same noise in both steps.
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
    end = [nn.utils.parameters_to_vector(net.parameters()).detach() for net in (G, D)]
    moved = ["no" if torch.equal(*pair) else "yes" for pair in zip(start, end, strict=True)]
    return {
        "G moved": moved[0],
        "D moved": moved[1],
        "losses of two rounds": losses,
        "D's weights after them": end[1],
        "G's weights after them": end[0],
    }


def inputs(_: torch.Generator) -> Iterator[tuple[int]]:
    yield (1,)
    yield (5,)
    yield (4,)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Which weights does each `backward` reach, and what do they hold before it?",
    "Through what must a slope of G's loss pass on its way from D to G's weights?",
    "In D's loss, which label does a real sample get? And in G's?",
    "`D_optimizer.zero_grad()` before D's `backward`, `D(G(z))` for G's loss, ones for `real`.",
)

Run: TypeAlias = Any  # the six arguments
Losses: TypeAlias = tuple[float, float]


def played(*run: Run, faults: str) -> Losses:
    """Play the round as the solution does, but for these faults."""
    G, D, G_optimizer, D_optimizer, real, z = run
    loss = functional.binary_cross_entropy_with_logits
    ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
    fake = G(z)
    of_real, of_fake = (zeros, ones) if "labels" in faults else (ones, zeros)
    if "leftover" not in faults:
        D_optimizer.zero_grad()
    if "early" in faults:
        G_optimizer.zero_grad()
    seen = fake if "early" in faults or "reached" in faults else fake.detach()
    D_loss = loss(D(real), of_real) + loss(D(seen), of_fake)
    D_loss.backward(retain_graph=True)
    D_optimizer.step()
    if "own" in faults:
        D_optimizer.zero_grad()
    if "early" not in faults and "kept" not in faults:
        G_optimizer.zero_grad()
    fake = fake.detach() if "cut" in faults else G(z)
    G_loss = loss(D(fake), zeros if "wish" in faults else ones)
    G_loss.backward()
    G_optimizer.step()
    return D_loss.item(), G_loss.item()


def all_left(*run: Run) -> Losses:
    """All three bugs are still there. Start with G: why does it not move?"""
    return played(*run, faults="cut, labels, leftover")


def cut_left(*run: Run) -> Losses:
    """One bug is left: G does not move. Its samples were cut off from the graph, so no slope gets
    back to its weights. `detach` is for D's step only.
    """
    return played(*run, faults="cut")


def labels_left(*run: Run) -> Losses:
    """One bug is left: D learns to give 0 to real samples, and G asks for 1. So G already has what
    it wants, and both losses fall together. Give `real` the ones in D's loss.
    """
    return played(*run, faults="labels")


def leftover_left(*run: Run) -> Losses:
    """One bug is left: D's gradients are never cleared, and G's `backward` leaves some in D, too.
    Clear them before D's own `backward`.
    """
    return played(*run, faults="leftover")


def cut_and_labels_left(*run: Run) -> Losses:
    """Two bugs are left. One: G's samples are cut off from the graph in G's own step. The other is
    in the labels of D's loss.
    """
    return played(*run, faults="cut, labels")


def cut_and_leftover_left(*run: Run) -> Losses:
    """Two bugs are left. One: G's samples are cut off from the graph in G's own step. The other:
    what is in D's gradients before its `backward`?
    """
    return played(*run, faults="cut, leftover")


def labels_and_leftover_left(*run: Run) -> Losses:
    """Two bugs are left, both in D's step. One is in the labels. The other: what is in D's
    gradients before `backward`?
    """
    return played(*run, faults="labels, leftover")


def label_of_the_wish(*run: Run) -> Losses:
    """Now G asks for 0, and 0 means generated: it learns to be found out. G asks for 1."""
    return played(*run, faults="wish")


def wish_turned_instead(*run: Run) -> Losses:
    """You gave G the zeros, so that both steps agree that 0 means real. That is a fair game, but
    the task says 1: change D's labels, and leave G's.
    """
    return played(*run, faults="labels, wish")


def cleared_after_the_step(*run: Run) -> Losses:
    """You clear D's gradients after its step, but G's `backward` leaves new ones in D: they count
    in the next round. Clear them before D's `backward`.
    """
    return played(*run, faults="leftover, own")


def reached_by_both(*run: Run) -> Losses:
    """D's `backward` now reaches G as well, and G's gradients were cleared before it: G also
    follows D's loss. Detach in D's step, or clear G's gradients after it.
    """
    return played(*run, faults="early")


def gradients_of_g_left(*run: Run) -> Losses:
    """G's gradients are not cleared any more: each step also follows those of earlier rounds."""
    return played(*run, faults="kept")


def reached_and_kept(*run: Run) -> Losses:
    """D's `backward` now reaches G as well, and nobody clears G's gradients: it follows D's loss,
    too, and those of earlier rounds. Detach in D's step, and clear before G's `backward`.
    """
    return played(*run, faults="reached, kept")


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
    mistakes=(
        all_left,
        cut_left,
        labels_left,
        leftover_left,
        cut_and_labels_left,
        cut_and_leftover_left,
        labels_and_leftover_left,
        label_of_the_wish,
        wish_turned_instead,
        cleared_after_the_step,
        reached_by_both,
        gradients_of_g_left,
        reached_and_kept,
    ),
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
