"""Steps of a GAN with one fault each: the known mistakes of `gan_step.py`; closed."""

from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

Run: TypeAlias = Any  # the six arguments
Losses: TypeAlias = list[float]


def loss_of(logits: Tensor, label: float) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def loss_of_all(on_real: Tensor, on_fake: Tensor) -> Tensor:
    """Return one mean over both sides."""
    sides = loss_of(on_real, 1.0) * len(on_real) + loss_of(on_fake, 0.0) * len(on_fake)
    return sides / (len(on_real) + len(on_fake))


def stepped(*run: Run, fault: str = "none") -> Losses:
    """Make the steps as the solution does, but for one fault."""
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run
    if fault == "G first":
        G_loss = step_of_g(G, D, G_optimizer, draw_noise(len(batches[-1])), fault)
        D_losses = [step_of_d(G, D, D_optimizer, one, draw_noise(len(one))) for one in batches]
        return [*D_losses, G_loss]
    for net in {"reached": [G], "zeroed once": [G, D]}.get(fault, []):
        net.zero_grad()
    losses, z = list[float](), None
    for real in batches:
        z = draw_noise(len(real)) if z is None or fault != "one noise" else z[: len(real)]
        losses.append(step_of_d(G, D, D_optimizer, real, z, fault))
        if fault == "a G step each":
            losses.append(step_of_g(G, D, G_optimizer, draw_noise(len(real)), fault))
    if fault == "a G step each":
        return losses
    z = z if fault in {"same noise", "one noise"} else draw_noise(len(batches[-1]))
    losses.append(step_of_g(G, D, G_optimizer, z, fault))
    if fault == "both move":
        D_optimizer.step()
    return losses


def step_of_d(G: Any, D: Any, optimizer: Any, real: Tensor, z: Tensor, fault: str = "") -> float:  # noqa: ANN401
    """Make one step of D; return its loss."""
    if fault not in {"D not zeroed", "zeroed once"}:
        optimizer.zero_grad()
    fake = G(z) if fault in {"reached", "reached and kept"} else G(z).detach()
    on_real, on_fake = D(real), D(fake)
    if fault == "sigmoids":
        on_real, on_fake = on_real.sigmoid(), on_fake.sigmoid()
    labels = (0.0, 1.0) if fault == "labels" else (1.0, 0.0)
    loss = loss_of(on_real, labels[0]) + loss_of(on_fake, labels[1])
    loss = loss_of_all(on_real, on_fake) if fault == "joined" else loss
    if fault != "no D step":
        loss.backward()
        optimizer.step()
    return loss.item()


def step_of_g(G: Any, D: Any, optimizer: Any, z: Any, fault: str) -> float:  # noqa: ANN401
    """Make G's step; return its loss."""
    if fault not in {"G not zeroed", "reached", "reached and kept", "zeroed once"}:
        optimizer.zero_grad()
    if fault == "both move":
        D.zero_grad()
    on_fake = D(G(z))
    on_fake = on_fake.sigmoid() if fault == "sigmoids" else on_fake
    loss = loss_of(on_fake, 0.0 if fault == "wish" else 1.0)
    loss = -loss_of(on_fake, 0.0) if fault == "saturating" else loss
    loss.backward()
    optimizer.step()
    return loss.item()


def step_of_g_forgotten(*run: Run, fault: str = "none") -> Losses:
    """G has its gradients, and does not move: after its `backward` comes `G_optimizer.step()`."""
    G, D, _, *rest = run
    return stepped(G, D, torch.optim.SGD(G.parameters(), lr=0.0), *rest, fault=fault)


def without_slopes_for_g(*run: Run, fault: str = "none") -> Losses:
    """Make the steps, but G has no gradients in the end, and has not moved."""
    losses = step_of_g_forgotten(*run, fault=fault)
    run[0].zero_grad()
    return losses


def g_never_moves(*run: Run) -> Losses:
    """G has not followed its loss: its samples were cut off from the graph (`detach` is for D's
    step only), or its gradients were cleared between `backward` and the step.
    """
    return without_slopes_for_g(*run)


def moved_by_old_gradients(*run: Run) -> Losses:
    """G moved by gradients from before only: its samples were cut off from the graph in its own
    step, and its old gradients were not cleared.
    """
    losses = without_slopes_for_g(*run)
    for one in run[0].parameters():
        one.grad = torch.ones_like(one)
    run[2].step()
    return losses


def samples_of_d_reused(*run: Run) -> Losses:
    """In its own step G used D's last samples, which were cut off from the graph: so it did not
    follow its loss. Make new samples there, from new noise, and without `detach`.
    """
    return without_slopes_for_g(*run, fault="same noise")


def wish_for_zero(*run: Run) -> Losses:
    """G asks for label 0, and learns to be found out. D should take its samples for real: 1."""
    return stepped(*run, fault="wish")


def labels_exchanged(*run: Run) -> Losses:
    """In D's loss the labels are exchanged, though G asks for 1: the two work together now. Real
    samples have the label 1.
    """
    return stepped(*run, fault="labels")


def d_not_zeroed(*run: Run) -> Losses:
    """D's gradients are not cleared before its step: those that G's `backward` left in D count,
    and those of the batch before.
    """
    return stepped(*run, fault="D not zeroed")


def g_not_zeroed(*run: Run) -> Losses:
    """G's gradients are not cleared before its step: those of the turn before count, too."""
    return stepped(*run, fault="G not zeroed")


def zeroed_once(*run: Run) -> Losses:
    """You clear the gradients once, at the start. Each step needs clean ones: clear them right
    before each `backward`.
    """
    return stepped(*run, fault="zeroed once")


def reached_by_d(*run: Run) -> Losses:
    """D's `backward` reaches G, and G's gradients were cleared before it, not after: G also follows
    D's loss. Detach in D's step, or clear G's gradients right before its own `backward`.
    """
    return stepped(*run, fault="reached")


def reached_and_kept(*run: Run) -> Losses:
    """D's `backward` reaches G, and nobody clears G's gradients: G follows D's loss, too, and those
    of the turns before. Detach in D's step, and clear right before G's own `backward`.
    """
    return stepped(*run, fault="reached and kept")


def same_noise(*run: Run) -> Losses:
    """In its own step G used the noise of D's last step. Draw new noise."""
    return stepped(*run, fault="same noise")


def one_noise(*run: Run) -> Losses:
    """You drew noise once for all steps. G should learn from all noise: draw new noise in each."""
    return stepped(*run, fault="one noise")


def g_after_each(*run: Run) -> Losses:
    """You made a step of G after each batch. Its one step comes when D has seen all of them."""
    return stepped(*run, fault="a G step each")


def g_first(*run: Run) -> Losses:
    """You made G's step first. D comes first, with a step for each batch."""
    return stepped(*run, fault="G first")


def one_mean(*run: Run) -> Losses:
    """D's loss is half of what it should be: one mean over both sides, or the sum halved. Take a
    mean for each side, and add them.
    """
    return stepped(*run, fault="joined")


def sigmoids_twice(*run: Run) -> Losses:
    """You took the sigmoid twice: `binary_cross_entropy_with_logits` takes it, too."""
    return stepped(*run, fault="sigmoids")


def saturating(*run: Run) -> Losses:
    """G's loss is log(1 − D), and hardly has a slope where G is found out. Use −log D, that is
    binary cross-entropy with the label 1.
    """
    return stepped(*run, fault="saturating")


def both_move(*run: Run) -> Losses:
    """D moves in G's step as well, and learns to be fooled. Only `G_optimizer` steps there."""
    return stepped(*run, fault="both move")


def d_never_steps(*run: Run) -> Losses:
    """D does not move: right after its `backward` comes `D_optimizer.step()`."""
    return stepped(*run, fault="no D step")


def nothing_returned(*run: Run) -> None:
    """The steps are right. Return the losses, too: those of D, and then that of G."""
    stepped(*run)


def g_loss_left_out(*run: Run) -> Losses:
    """The steps are right, but the loss of G is missing at the end of the list."""
    return stepped(*run)[:-1]


def losses_with_graphs(*run: Run) -> list[Tensor]:
    """The steps are right, but the losses hold on to their graphs. Keep numbers, with `item()`."""
    return [torch.tensor(one, requires_grad=True) for one in stepped(*run)]


MISTAKES = (
    g_never_moves,
    step_of_g_forgotten,
    moved_by_old_gradients,
    samples_of_d_reused,
    wish_for_zero,
    labels_exchanged,
    d_not_zeroed,
    g_not_zeroed,
    zeroed_once,
    reached_by_d,
    reached_and_kept,
    same_noise,
    one_noise,
    g_after_each,
    g_first,
    one_mean,
    sigmoids_twice,
    saturating,
    both_move,
    d_never_steps,
    nothing_returned,
    g_loss_left_out,
    losses_with_graphs,
)
