"""Rounds of a game with faults left in them: the known mistakes of `play_round.py`; closed."""

from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

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
    noise = torch.randn_like(z) if "fresh" in faults else z
    fake = fake.detach() if "cut" in faults else G(noise)
    G_loss = loss(D(fake), zeros if "wish" in faults else ones)
    G_loss.backward()
    if "still" not in faults:
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


def step_of_g_forgotten(*run: Run) -> Losses:
    """G has its gradients, and does not move: after its `backward` comes `G_optimizer.step()`."""
    return played(*run, faults="still")


def fresh_noise(*run: Run) -> Losses:
    """In its own step G got new noise. That is a good game as well, but the task says: the same
    noise in both steps. Use z again.
    """
    return played(*run, faults="fresh")


def losses_with_graphs(*run: Run) -> tuple[Tensor, Tensor]:
    """The round is right, but the losses hold on to their graphs. Return plain numbers, with
    `item()`.
    """
    D_loss, G_loss = (torch.tensor(one, requires_grad=True) for one in played(*run, faults=""))
    return D_loss, G_loss


MISTAKES = (
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
    step_of_g_forgotten,
    fresh_noise,
    losses_with_graphs,
)
