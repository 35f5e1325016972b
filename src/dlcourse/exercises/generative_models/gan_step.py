"""One turn of the game."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.exercise import exercise
from dlcourse.checking.graph import n_with_graphs

Optimizer: TypeAlias = torch.optim.Optimizer


def use(answer: Callable[..., Any], sizes: list[int], n_turns: int) -> dict[str, Any] | None:
    rng = torch.Generator().manual_seed(sum(sizes))
    G = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    D = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    for one in (*G.parameters(), *D.parameters()):
        nn.init.normal_(one, generator=rng)
        one.grad = torch.ones_like(one)  # of an earlier turn
    optimizers = [torch.optim.SGD(net.parameters(), lr=0.3) for net in (G, D)]
    drawn, start = list[int](), [one.detach().clone() for one in G.parameters()]

    def draw_noise(n: int) -> Tensor:
        drawn.append(n)
        return torch.randn(n, 3, generator=rng)

    results, n_lost = [], 0
    for turn in range(n_turns):
        batches = [2 + turn + torch.randn(n, 2, generator=rng) for n in sizes]
        results.append(answer(G, D, *optimizers, batches, draw_noise))
        n_lost += len(sizes) - len(batches)
    if results[0] is None and not drawn:
        return None
    stays = all(torch.equal(*pair) for pair in zip(G.parameters(), start, strict=True))
    has_slopes = any(one.grad is not None and one.grad.any() for one in G.parameters())
    seen: dict[str, Any] = {
        "sizes of the noise that was drawn": drawn,
        "slopes that did not move G": "some" if stays and has_slopes else "none",
        "D's weights": nn.utils.parameters_to_vector(D.parameters()).detach(),
        "G's weights": nn.utils.parameters_to_vector(G.parameters()).detach(),
    }
    if results[0] is None:
        return {**seen, "what was returned": "nothing"}
    first = results[0] if isinstance(results[0], list | tuple) else results
    seen["losses that hold on to their graph"] = "some" if n_with_graphs(first) else "none"
    seen["batches that are missing in the list afterwards"] = n_lost
    return {**seen, "what was returned": "something", "losses": results}


def inputs(_: torch.Generator) -> Iterator[tuple[list[int], int]]:
    yield [2], 1
    yield [4, 1], 2


# ---------------------------------------------------------------------------- closed half

from dlcourse.exercises.generative_models._wrong_steps import MISTAKES  # noqa: E402 - closed as well

HINTS = (
    "A loop over the batches for D; after the loop, one step for G.",
    "A step is always zero_grad, backward, step, here with the optimizer of one player.",
    "In D's step, `G(draw_noise(len(real))).detach()`: its slopes are not for G.",
    "G's loss: `loss(D(fake), torch.ones_like(…))`, new noise, and no detach.",
    "`loss.item()` for each step; collect them in a list.",
)


@exercise(
    "A whole step of a GAN",
    minutes=12,
    difficulty=3,
    place=70,
    hints=HINTS,
    why="Each player's step clears, fills and uses its own gradients, with new noise each time.",
    inputs=inputs,
    equivalent=(
        (
            "D(G(draw_noise(len(real))).detach())",
            "D(G(draw_noise(len(real))))",
            "G's gradients are cleared before its own backward, so what D's leaves there is lost.",
        ),
    ),
    use=use,
    mistakes=MISTAKES,
)
def gan_step(
    G: nn.Module,
    D: nn.Module,
    G_optimizer: Optimizer,
    D_optimizer: Optimizer,
    batches: list[Tensor],
    draw_noise: Callable[[int], Tensor],
) -> list[float]:
    """Make a step of D for each batch, and then one step of G. Return the losses of all steps.

    `batches` is a list of real samples, (N, d) each; N may differ. For each, D also sees N new
    samples of G; `draw_noise(n)` draws what G makes n samples from. D returns logits, (n, 1), and 1
    means real. D's loss is the mean over the real samples plus the mean over G's. In its own step,
    G makes as many samples as the last batch has, from new noise, and asks D for the label 1. Each
    step moves one player, and gradients from before it do not count.
    """
    loss = functional.binary_cross_entropy_with_logits
    losses = []
    for real in batches:
        on_real, on_fake = D(real), D(G(draw_noise(len(real))).detach())
        D_loss = loss(on_real, torch.ones_like(on_real))
        D_loss = D_loss + loss(on_fake, torch.zeros_like(on_fake))
        D_optimizer.zero_grad()
        D_loss.backward()
        D_optimizer.step()
        losses.append(D_loss.item())
    on_fake = D(G(draw_noise(len(batches[-1]))))
    G_loss = loss(on_fake, torch.ones_like(on_fake))
    G_optimizer.zero_grad()
    G_loss.backward()
    G_optimizer.step()
    return [*losses, G_loss.item()]
