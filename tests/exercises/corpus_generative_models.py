"""Answers to the exercises of lesson 11 by somebody who tried to get through with wrong ones."""

import copy
import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from corpus import right, wrong
from dlcourse.exercises import generative_models as ex

Run = Any  # the arguments of a step of a game
Game = Callable[[Tensor, Tensor], Tensor]
Velocity = Callable[[Tensor, float], Tensor]
bce = functional.binary_cross_entropy_with_logits

# ---------------------------------------------------------------------- optimal_discriminator


@right(ex.optimal_discriminator)
def best_by_one_over(x: Tensor, mu: float, sigma: float) -> Tensor:
    log_q_over_p = x.square() / 2 - ((x - mu) / sigma).square() / 2 - math.log(sigma)
    return 1 / (1 + log_q_over_p.exp())


@right(ex.optimal_discriminator)
def best_by_polynomial(x: Tensor, mu: float, sigma: float) -> Tensor:
    a = (1 / sigma**2 - 1) / 2
    b = -mu / sigma**2
    c = mu**2 / (2 * sigma**2) + math.log(sigma)
    return torch.sigmoid(a * x**2 + b * x + c)


@right(ex.optimal_discriminator)
def best_by_logaddexp(x: Tensor, mu: float, sigma: float) -> Tensor:
    log_p = -0.5 * x**2
    log_q = -0.5 * ((x - mu) / sigma) ** 2 - torch.log(torch.tensor(sigma))
    return (log_p - torch.logaddexp(log_p, log_q)).exp()


@wrong(ex.optimal_discriminator, "removes the nan")
def best_with_a_guard(x: Tensor, mu: float, sigma: float) -> Any:  # noqa: ANN401
    def height(x: Tensor, mu: float, sigma: float) -> Any:  # noqa: ANN401
        return torch.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * (2 * math.pi) ** 0.5)

    p, q = height(x, 0.0, 1.0), height(x, mu, sigma)
    return p / (p + q + 1e-8)


@wrong(ex.optimal_discriminator)
def best_with_nan_to_num(x: Tensor, mu: float, sigma: float) -> Tensor:
    p, q = torch.exp(-(x**2) / 2), torch.exp(-(((x - mu) / sigma) ** 2) / 2) / sigma
    return (p / (p + q)).nan_to_num(0.5)


@wrong(ex.optimal_discriminator, "a straight line")
def best_of_the_lesson(x: Tensor, mu: float, sigma: float) -> Tensor:  # noqa: ARG001
    return ((mu**2 - 2 * mu * x) / 2).sigmoid()


@wrong(ex.optimal_discriminator)
def best_by_distance(x: Tensor, mu: float, sigma: float) -> Tensor:
    """Say which mean is nearer, measured in standard deviations, and nothing else."""
    return (x.abs() < ((x - mu) / sigma).abs()).to(x)


@wrong(ex.optimal_discriminator, "comes from the generator")
def best_turned(x: Tensor, mu: float, sigma: float) -> Tensor:
    return 1 - best_by_polynomial(x, mu, sigma)


@wrong(ex.optimal_discriminator)
def best_with_a_clamped_logit(x: Tensor, mu: float, sigma: float) -> Tensor:
    return best_by_polynomial(x, mu, sigma).clamp(0.01, 0.99)


def log_ratio_of(x: Tensor, mu: float, sigma: float) -> Tensor:
    return ((x - mu) / sigma).square() / 2 + math.log(sigma) - x.square() / 2


@right(ex.optimal_discriminator)
def best_by_softmax(x: Tensor, mu: float, sigma: float) -> Tensor:
    ratio = log_ratio_of(x, mu, sigma)
    return torch.stack([ratio, torch.zeros_like(ratio)]).softmax(dim=0)[0]


@wrong(ex.optimal_discriminator, "∞ / ∞ is nan")
def best_of_a_quotient(x: Tensor, mu: float, sigma: float) -> Tensor:
    times = log_ratio_of(x, mu, sigma).exp()
    return times / (times + 1)


@wrong(ex.optimal_discriminator)
def best_with_the_lesson_far_out(x: Tensor, mu: float, sigma: float) -> Tensor:
    """Where both densities round to 0, take the formula for a standard deviation of 1."""
    x = x.double()
    p, q = torch.exp(-(x**2) / 2), torch.exp(-(((x - mu) / sigma) ** 2) / 2) / sigma
    return torch.where(p + q > 0, p / (p + q), best_of_the_lesson(x, mu, sigma))


# ---------------------------------------------------------------------- perfect_generator


@right(ex.perfect_generator)
def perfect_rounded() -> Any:  # noqa: ANN401
    return 0.5, 1.386, 0.75


@right(ex.perfect_generator)
def perfect_to_two_decimals() -> Any:  # noqa: ANN401
    return 1 / 2, 1.39, 3 / 4


@right(ex.perfect_generator)
def perfect_as_tensors() -> Any:  # noqa: ANN401
    return torch.tensor(0.5), torch.tensor(4.0).log(), torch.tensor(0.75)


@wrong(ex.perfect_generator, "only one of the two means")
def perfect_with_ln_two() -> Any:  # noqa: ANN401
    return 0.5, 0.693, 0.75


@wrong(ex.perfect_generator, "The last one is wrong")
def perfect_with_half_twice() -> Any:  # noqa: ANN401
    return 0.5, 1.386, 0.5


@wrong(ex.perfect_generator, "says")
def perfect_in_percent() -> Any:  # noqa: ANN401
    return 50, 1.386, 75


@wrong(ex.perfect_generator)
def perfect_as_zero() -> Any:  # noqa: ANN401
    return 0.5, 0, 0.75


# ---------------------------------------------------------------------- discriminator_loss


@right(ex.discriminator_loss)
def d_loss_of_two_labels(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    pairs = ((real_logits, 1.0), (fake_logits, 0.0))
    return torch.stack([bce(one, torch.full_like(one, label)) for one, label in pairs]).sum()


@right(ex.discriminator_loss)
def d_loss_of_logaddexp(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    nothing = torch.zeros(1, dtype=real_logits.dtype)
    real = torch.logaddexp(nothing, -real_logits).mean()
    return real + torch.logaddexp(nothing, fake_logits).mean()


@right(ex.discriminator_loss)
def d_loss_of_a_module(real_logits: Tensor, fake_logits: Tensor) -> Any:  # noqa: ANN401
    criterion = nn.BCEWithLogitsLoss()
    loss: Tensor = criterion(real_logits, real_logits.detach() * 0 + 1)
    return loss + criterion(fake_logits, fake_logits.detach() * 0)


@wrong(ex.discriminator_loss, "the sigmoid twice")
def d_loss_of_probabilities(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return d_loss_of_two_labels(real_logits.sigmoid(), fake_logits.sigmoid())


@wrong(ex.discriminator_loss, "ends at 100")
def d_loss_of_bce(real_logits: Tensor, fake_logits: Tensor) -> Any:  # noqa: ANN401
    criterion = nn.BCELoss()
    loss: Tensor = criterion(real_logits.sigmoid(), torch.ones_like(real_logits))
    return loss + criterion(fake_logits.sigmoid(), torch.zeros_like(fake_logits))


@wrong(ex.discriminator_loss)
def d_loss_with_an_epsilon(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    D_real, D_fake = real_logits.sigmoid(), fake_logits.sigmoid()
    return -(D_real + 1e-8).log().mean() - (1 - D_fake + 1e-8).log().mean()


@wrong(ex.discriminator_loss)
def d_loss_with_smooth_labels(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    real = bce(real_logits, torch.full_like(real_logits, 0.9))
    return real + bce(fake_logits, torch.zeros_like(fake_logits))


@wrong(ex.discriminator_loss)
def d_loss_broadcast(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Meet every real sample with every one of G's, but weigh nothing: a sum, not two means."""
    pairs = functional.softplus(fake_logits.flatten() - real_logits.flatten()[:, None])
    return pairs.mean()


@wrong(ex.discriminator_loss)
def d_loss_of_hinges(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return (1 - real_logits).relu().mean() + (1 + fake_logits).relu().mean()


def loss_of_a_stable_formula(z: Tensor, label: float) -> Tensor:
    """Return the formula of many handbooks, which has no right slope at a logit of 0 alone."""
    return (z.relu() - z * label + (-z.abs()).exp().log1p()).mean()


@right(ex.discriminator_loss)
def d_loss_of_a_stable_formula(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return loss_of_a_stable_formula(real_logits, 1.0) + loss_of_a_stable_formula(fake_logits, 0.0)


@wrong(ex.discriminator_loss)
def d_loss_in_float64(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    real, not_fake = real_logits.double().sigmoid(), (-fake_logits.double()).sigmoid()
    return -real.log().mean() - not_fake.log().mean()


@wrong(ex.discriminator_loss, "called `backward`")
def d_loss_after_backward(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    loss = d_loss_of_two_labels(real_logits, fake_logits)
    loss.backward()
    return loss


@wrong(ex.discriminator_loss)
def d_loss_over_the_real_ones(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Divide both sums by the number of real samples."""
    real, fake = functional.softplus(-real_logits).sum(), functional.softplus(fake_logits).sum()
    return (real + fake) / len(real_logits)


# ---------------------------------------------------------------------- generator_loss


@right(ex.generator_loss)
def g_loss_of_labels(fake_logits: Tensor) -> Tensor:
    return bce(fake_logits, fake_logits.new_ones(fake_logits.shape))


@right(ex.generator_loss)
def g_loss_of_a_log_softmax(fake_logits: Tensor) -> Tensor:
    pairs = torch.stack([fake_logits, torch.zeros_like(fake_logits)], dim=-1)
    return -pairs.log_softmax(dim=-1)[..., 0].mean()


@right(ex.generator_loss)
def g_loss_in_a_loop(fake_logits: Tensor) -> Tensor:
    losses = [functional.softplus(-one) for one in fake_logits.flatten()]
    return torch.stack(losses).mean().reshape(1)


@wrong(ex.generator_loss, "learns least where it is worst")
def g_loss_that_saturates(fake_logits: Tensor) -> Tensor:
    return -bce(fake_logits, torch.zeros_like(fake_logits))


@wrong(ex.generator_loss, "label 0")
def g_loss_of_a_fake(fake_logits: Tensor) -> Tensor:
    return functional.softplus(fake_logits).mean()


@wrong(ex.generator_loss)
def g_loss_with_an_epsilon(fake_logits: Tensor) -> Tensor:
    return -(fake_logits.sigmoid() + 1e-12).log().mean()


@wrong(ex.generator_loss)
def g_loss_detached(fake_logits: Tensor) -> Tensor:
    """Give the right number, with slopes that were made up."""
    loss = functional.softplus(-fake_logits.detach()).mean()
    return loss + 0 * fake_logits.sum()


@wrong(ex.generator_loss)
def g_loss_of_clamped_logits(fake_logits: Tensor) -> Tensor:
    return functional.softplus(-fake_logits.clamp(-30, 30)).mean()


@right(ex.generator_loss)
def g_loss_of_a_stable_formula(fake_logits: Tensor) -> Tensor:
    return loss_of_a_stable_formula(fake_logits, 1.0)


@wrong(ex.generator_loss, "in float64 as well")
def g_loss_in_float64(fake_logits: Tensor) -> Tensor:
    return -fake_logits.double().sigmoid().log().mean()


@wrong(ex.generator_loss, "called `backward`")
def g_loss_after_backward(fake_logits: Tensor) -> Tensor:
    loss = g_loss_of_labels(fake_logits)
    loss.backward()
    return loss


@wrong(ex.generator_loss, "Slopes")
def g_loss_with_a_new_leaf(fake_logits: Tensor) -> Tensor:
    return g_loss_of_labels(fake_logits).detach().requires_grad_()


# ---------------------------------------------------------------------- look_ahead


@right(ex.look_ahead)
def ahead_with_a_helper(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    def slopes(u: Tensor, v: Tensor) -> tuple[Tensor, ...]:
        u, v = u.clone().detach().requires_grad_(), v.clone().detach().requires_grad_()
        return torch.autograd.grad(f(u, v), [u, v])

    first = slopes(u, v)
    second = slopes(u - rate * first[0], v + rate * first[1])
    return u - rate * second[0], v + rate * second[1]


@right(ex.look_ahead)
def ahead_with_a_graph(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    """Keep everything in one graph: it changes no number."""
    a, b = u.clone().requires_grad_(), v.clone().requires_grad_()
    du, dv = torch.autograd.grad(f(a, b), (a, b))
    c, d = a - rate * du, b + rate * dv
    du, dv = torch.autograd.grad(f(c, d), (c, d))
    return a - rate * du, b + rate * dv


@right(ex.look_ahead)
def ahead_with_two_games(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    """Ask each player alone."""

    def step(u_at: Tensor, v_at: Tensor) -> tuple[Tensor, Tensor]:
        along_u = torch.func.grad(lambda one: f(one, v_at))(u_at)
        along_v = torch.func.grad(lambda one: -f(u_at, one))(v_at)
        return u - rate * along_u, v - rate * along_v

    return step(*step(u, v))


@wrong(ex.look_ahead, "two plain steps")
def ahead_and_stayed(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    slopes = torch.func.grad(f, argnums=(0, 1))
    for _ in range(2):
        du, dv = slopes(u, v)
        u, v = u - rate * du, v + rate * dv
    return u, v


@wrong(ex.look_ahead)
def ahead_by_momentum(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    slopes = torch.func.grad(f, argnums=(0, 1))
    du, dv = slopes(u, v)
    eu, ev = slopes(u - rate * du, v + rate * dv)
    return u - rate * (2 * eu - du), v + rate * (2 * ev - dv)


@wrong(ex.look_ahead)
def ahead_on_u_times_v(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:  # noqa: ARG001
    """Write down the answer for u·v, and hope that there is no other game."""
    return u - rate * (v + rate * u), v + rate * (u - rate * v)


@wrong(ex.look_ahead)
def ahead_with_v_alone(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    slopes = torch.func.grad(f, argnums=(0, 1))
    du, dv = slopes(u, v)
    return u - rate * du, v + rate * slopes(u - rate * du, v + rate * dv)[1]


@wrong(ex.look_ahead, "was changed on the way")
def ahead_in_place(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    new = ahead_with_a_helper(f, u, v, rate)
    u.copy_(new[0])
    v.copy_(new[1])
    return u, v


@wrong(ex.look_ahead, "the slopes of both places")
def ahead_with_slopes_that_add_up(
    f: Game, u: Tensor, v: Tensor, rate: float
) -> tuple[Tensor, Tensor]:
    """Clear no gradients between the two calls of `backward`."""
    a, b = u.clone().requires_grad_(), v.clone().requires_grad_()
    f(a, b).backward()
    with torch.no_grad():
        a -= rate * cast("Tensor", a.grad)
        b += rate * cast("Tensor", b.grad)
    f(a, b).backward()
    return u - rate * cast("Tensor", a.grad), v + rate * cast("Tensor", b.grad)


@wrong(ex.look_ahead)
def ahead_for_u_alone(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    slopes = torch.func.grad(f, argnums=(0, 1))
    du, dv = slopes(u, v)
    return u - rate * slopes(u - rate * du, v + rate * dv)[0], v + rate * dv


# ---------------------------------------------------------------------- play_round


def d_value(D: Any, real: Tensor, fake: Tensor) -> Tensor:  # noqa: ANN401
    on_real, on_fake = D(real), D(fake)
    return bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))


def g_value(D: Any, fake: Tensor) -> Tensor:  # noqa: ANN401
    on_fake = D(fake)
    return bce(on_fake, torch.ones_like(on_fake))


@right(ex.play_round)
def round_in_short(*run: Run) -> tuple[float, float]:
    G, D, G_optimizer, D_optimizer, real, z = run
    D_optimizer.zero_grad()
    D_loss = d_value(D, real, G(z).detach())
    D_loss.backward()
    D_optimizer.step()
    G_optimizer.zero_grad()
    G_loss = g_value(D, G(z))
    G_loss.backward()
    G_optimizer.step()
    return D_loss.item(), G_loss.item()


@right(ex.play_round)
def round_that_clears_both(*run: Run) -> list[float]:
    """Clear all gradients before each step: more than needed."""
    G, D, G_optimizer, D_optimizer, real, z = run
    losses = []
    for optimizer in (D_optimizer, G_optimizer):
        G.zero_grad()
        D.zero_grad()
        loss = d_value(D, real, G(z)) if optimizer is D_optimizer else g_value(D, G(z))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@right(ex.play_round)
def round_from_one_set_of_samples(*run: Run) -> tuple[float, float]:
    G, D, G_optimizer, D_optimizer, real, z = run
    fake = G(z)
    D_optimizer.zero_grad()
    D_loss = d_value(D, real, fake.detach())
    D_loss.backward()
    D_optimizer.step()
    G_loss = g_value(D, fake)
    G_optimizer.zero_grad()
    G_loss.backward()
    G_optimizer.step()
    return D_loss.item(), G_loss.item()


@wrong(ex.play_round, "leaves new ones in D")
def round_cleared_late(*run: Run) -> tuple[float, float]:
    G, D, G_optimizer, D_optimizer, real, z = run
    D_loss = d_value(D, real, G(z).detach())
    D_loss.backward()
    D_optimizer.step()
    D_optimizer.zero_grad()
    G_loss = g_value(D, G(z))
    G_optimizer.zero_grad()
    G_loss.backward()
    G_optimizer.step()
    return D_loss.item(), G_loss.item()


@wrong(ex.play_round)
def round_cleared_at_the_end(*run: Run) -> tuple[float, float]:
    """Forget that there may be gradients from before."""
    G, D, G_optimizer, D_optimizer, real, z = run
    D_loss = d_value(D, real, G(z).detach())
    D_loss.backward()
    D_optimizer.step()
    G_optimizer.zero_grad()
    G_loss = g_value(D, G(z))
    G_loss.backward()
    G_optimizer.step()
    D_optimizer.zero_grad()
    return D_loss.item(), G_loss.item()


@wrong(ex.play_round)
def round_with_one_backward(*run: Run) -> tuple[float, float]:
    """Add both losses: each player then follows both."""
    G, D, G_optimizer, D_optimizer, real, z = run
    G_optimizer.zero_grad()
    D_optimizer.zero_grad()
    fake = G(z)
    D_loss, G_loss = d_value(D, real, fake.detach()), g_value(D, fake)
    (D_loss + G_loss).backward()
    D_optimizer.step()
    G_optimizer.step()
    return D_loss.item(), G_loss.item()


@wrong(ex.play_round, "0 means real")
def round_the_other_way_round(*run: Run) -> tuple[float, float]:
    G, D, G_optimizer, D_optimizer, real, z = run
    ones = torch.ones(len(real), 1)
    D_optimizer.zero_grad()
    D_loss = bce(D(real), 0 * ones) + bce(D(G(z).detach()), ones)
    D_loss.backward()
    D_optimizer.step()
    G_optimizer.zero_grad()
    G_loss = bce(D(G(z)), 0 * ones)
    G_loss.backward()
    G_optimizer.step()
    return D_loss.item(), G_loss.item()


@wrong(ex.play_round)
def round_with_new_noise(*run: Run) -> tuple[float, float]:
    G, D, G_optimizer, D_optimizer, real, z = run
    D_optimizer.zero_grad()
    D_loss = d_value(D, real, G(torch.randn_like(z)).detach())
    D_loss.backward()
    D_optimizer.step()
    G_optimizer.zero_grad()
    G_loss = g_value(D, G(torch.randn_like(z)))
    G_loss.backward()
    G_optimizer.step()
    return D_loss.item(), G_loss.item()


@wrong(ex.play_round, "`G_optimizer.step()`")
def round_without_a_step_of_g(*run: Run) -> tuple[float, float]:
    G, D, G_optimizer, D_optimizer, real, z = run
    D_optimizer.zero_grad()
    D_loss = d_value(D, real, G(z).detach())
    D_loss.backward()
    D_optimizer.step()
    G_optimizer.zero_grad()
    G_loss = g_value(D, G(z))
    G_loss.backward()
    return D_loss.item(), G_loss.item()


# ---------------------------------------------------------------------- gan_step


@right(ex.gan_step)
def step_in_short(*run: Run) -> list[float]:
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run
    losses = []
    for real in batches:
        D_optimizer.zero_grad()
        loss = d_value(D, real, G(draw_noise(len(real))).detach())
        loss.backward()
        D_optimizer.step()
        losses += [loss.item()]
    G_optimizer.zero_grad()
    loss = g_value(D, G(draw_noise(len(real))))
    loss.backward()
    G_optimizer.step()
    return [*losses, loss.item()]


@right(ex.gan_step)
def step_with_noise_drawn_first(*run: Run) -> Tensor:
    """Draw all noise at the start: the numbers are the same, in the same order."""
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run
    noise = [draw_noise(len(one)) for one in [*batches, batches[-1]]]
    losses = torch.zeros(len(noise))
    for k, real in enumerate(batches):
        loss = d_value(D, real, G(noise[k]).detach())
        D_optimizer.zero_grad(set_to_none=False)
        loss.backward()
        D_optimizer.step()
        losses[k] = loss.detach()
    loss = g_value(D, G(noise[-1]))
    G_optimizer.zero_grad(set_to_none=False)
    loss.backward()
    G_optimizer.step()
    losses[-1] = loss.detach()
    return losses


@right(ex.gan_step)
def step_with_a_frozen_opponent(*run: Run) -> list[float]:
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run
    losses = []
    G.requires_grad_(requires_grad=False)
    for real in batches:
        D.zero_grad()
        loss = d_value(D, real, G(draw_noise(len(real))))
        loss.backward()
        D_optimizer.step()
        losses.append(loss.item())
    G.requires_grad_(requires_grad=True)
    D.requires_grad_(requires_grad=False)
    G.zero_grad()
    loss = g_value(D, G(draw_noise(len(batches[-1]))))
    loss.backward()
    G_optimizer.step()
    D.requires_grad_(requires_grad=True)
    return [*losses, loss.item()]


@wrong(ex.gan_step, "noise of D's last step")
def step_with_the_same_samples(*run: Run) -> list[float]:
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run
    losses = []
    for real in batches:
        fake = G(draw_noise(len(real)))
        loss = d_value(D, real, fake.detach())
        D_optimizer.zero_grad()
        loss.backward()
        D_optimizer.step()
        losses.append(loss.item())
    loss = g_value(D, fake)
    G_optimizer.zero_grad()
    loss.backward()
    G_optimizer.step()
    return [*losses, loss.item()]


@wrong(ex.gan_step)
def step_with_one_large_batch(*run: Run) -> list[float]:
    """Put all batches into one."""
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run
    every = torch.cat(batches)
    return step_in_short(G, D, G_optimizer, D_optimizer, [every], draw_noise)


@wrong(ex.gan_step)
def step_with_one_step_of_d(*run: Run) -> list[float]:
    """Collect D's gradients over the batches, and step once."""
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run
    losses = []
    D_optimizer.zero_grad()
    for real in batches:
        loss = d_value(D, real, G(draw_noise(len(real))).detach())
        loss.backward()
        losses.append(loss.item())
    D_optimizer.step()
    G_optimizer.zero_grad()
    loss = g_value(D, G(draw_noise(len(real))))
    loss.backward()
    G_optimizer.step()
    return [*losses, loss.item()]


@wrong(ex.gan_step)
def step_with_its_own_noise(*run: Run) -> list[float]:
    G, D, G_optimizer, D_optimizer, batches, _ = run
    return step_in_short(G, D, G_optimizer, D_optimizer, batches, lambda n: torch.randn(n, 3))


@wrong(ex.gan_step)
def step_on_copies(*run: Run) -> list[float]:
    """Train copies of both networks, and give back their losses."""
    G, D, _, _, batches, draw_noise = run
    G, D = copy.deepcopy(G), copy.deepcopy(D)
    optimizers = [torch.optim.SGD(one.parameters(), lr=0.3) for one in (G, D)]
    return step_in_short(G, D, *optimizers, batches, draw_noise)


@wrong(ex.gan_step, "hold on to their graphs")
def step_that_keeps_tensors(*run: Run) -> list[Any]:
    losses = step_in_short(*run)
    return [torch.tensor(one, requires_grad=True) * 1 for one in losses]


def stepped_with(*run: Run, half: float = 1.0, step_of_g: bool = True) -> list[float]:
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run
    losses = []
    for real in batches:
        D_optimizer.zero_grad()
        loss = half * d_value(D, real, G(draw_noise(len(real))).detach())
        loss.backward()
        D_optimizer.step()
        losses += [loss.item()]
    G_optimizer.zero_grad()
    loss = g_value(D, G(draw_noise(len(batches[-1]))))
    loss.backward()
    if step_of_g:
        G_optimizer.step()
    return [*losses, loss.item()]


@wrong(ex.gan_step, "missing in the list")
def step_that_uses_up_its_batches(*run: Run) -> list[float]:
    *rest, batches, draw_noise = run
    taken = [batches.pop(0) for _ in range(len(batches))]
    return stepped_with(*rest, taken, draw_noise)


@wrong(ex.gan_step, "or the sum halved")
def step_with_half_a_loss(*run: Run) -> list[float]:
    return stepped_with(*run, half=0.5)


@wrong(ex.gan_step, "`G_optimizer.step()`")
def step_without_a_step_of_g(*run: Run) -> list[float]:
    return stepped_with(*run, step_of_g=False)


@wrong(ex.gan_step)
def step_with_noise_from_a_stock(*run: Run) -> list[float]:
    """Draw noise once, and deal it out again and again."""
    *rest, batches, draw_noise = run
    stock = draw_noise(max(map(len, batches)))
    return stepped_with(*rest, batches, lambda n: stock[torch.randperm(len(stock))[:n]])


# ---------------------------------------------------------------------- modes_covered


@right(ex.modes_covered)
def modes_by_norm(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Any:  # noqa: ANN401
    far = (samples.unsqueeze(1) - centers.unsqueeze(0)).norm(dim=-1)
    counts = (far <= radius).long().sum(0)
    return int(sum(counts >= at_least)), (far.amin(1) <= radius).float().mean().item()


@right(ex.modes_covered)
def modes_one_by_one(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Any:  # noqa: ANN401
    n_covered, found = 0, torch.zeros(len(samples), dtype=torch.bool)
    for center in centers:
        here = (samples - center).pow(2).sum(1).sqrt() <= radius
        found |= here
        n_covered += int(here.sum() >= at_least)
    return n_covered, found.sum() / len(samples)


@right(ex.modes_covered)
def modes_in_a_set(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Any:  # noqa: ANN401
    pairs = (torch.cdist(samples, centers) <= radius).nonzero().tolist()
    modes = [mode for _, mode in pairs]
    n_covered = sum(modes.count(one) >= at_least for one in set(modes))
    return n_covered, len({sample for sample, _ in pairs}) / len(samples)


@wrong(ex.modes_covered, "to its nearest center")
def modes_by_argmin(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Any:  # noqa: ANN401
    nearest = torch.cdist(samples, centers).argmin(dim=1)
    counts = torch.stack([(nearest == k).sum() for k in range(len(centers))])
    near = torch.cdist(samples, centers) <= radius
    return int((counts >= at_least).sum()), near.any(dim=1).float().mean().item()


@wrong(ex.modes_covered, "may be there by chance")
def modes_by_any(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Any:  # noqa: ANN401, ARG001
    near = torch.cdist(samples, centers) <= radius
    return int(near.any(dim=0).sum()), near.any(dim=1).float().mean().item()


@wrong(ex.modes_covered)
def modes_along_the_wrong_dimension(
    samples: Tensor, centers: Tensor, radius: float, at_least: int
) -> Any:  # noqa: ANN401
    near = torch.cdist(samples, centers) <= radius
    return int((near.sum(dim=1) >= at_least).sum()), near.any(dim=0).float().mean().item()


@wrong(ex.modes_covered)
def modes_of_twenty(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Any:  # noqa: ANN401, ARG001
    near = torch.cdist(samples, centers) <= radius
    return int((near.sum(dim=0) >= 20).sum()), near.any(dim=1).float().mean().item()


@wrong(ex.modes_covered)
def modes_of_a_ring(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Any:  # noqa: ANN401
    """Know only points in the plane."""
    gaps = samples[:, None] - centers
    near = (gaps[..., 0] ** 2 + gaps[..., -1] ** 2) ** 0.5 <= radius
    return int((near.sum(dim=0) >= at_least).sum()), near.any(dim=1).float().mean().item()


@wrong(ex.modes_covered)
def modes_by_root_mean_square(
    samples: Tensor, centers: Tensor, radius: float, at_least: int
) -> Any:  # noqa: ANN401
    near = (samples[:, None] - centers).square().mean(dim=-1).sqrt() <= radius
    return int((near.sum(dim=0) >= at_least).sum()), near.any(dim=1).float().mean().item()


# ---------------------------------------------------------------------- draw_samples


@right(ex.draw_samples)
def drawn_by_chunks(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    training = G.training
    G.eval()
    samples = list[Tensor]()
    with torch.set_grad_enabled(False):
        while len(z):
            samples.append(G(z[:n_batch]))
            z = z[n_batch:]
    G.train(training)
    return torch.cat(samples, dim=0)


@right(ex.draw_samples)
def drawn_into_a_table(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    training, G = G.training, G.eval()
    samples = torch.empty(0)
    for part in z.split(n_batch):
        samples = torch.cat([samples, G(part).detach()])
    G.train(training)
    return samples


@right(ex.draw_samples)
def drawn_from_a_loader(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    mode = G.training
    G.train(False)
    with torch.no_grad():
        loader: Any = torch.utils.data.DataLoader(z, batch_size=n_batch)  # type: ignore[arg-type]
        samples = [G(part) for part in loader]
    G.train(mode)
    return torch.concatenate(samples)


@right(ex.draw_samples)
def drawn_from_a_copy(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """Take a copy for it: that costs memory, and leaves G alone."""
    G = copy.deepcopy(G).eval().requires_grad_(requires_grad=False)
    return torch.cat([G(part) for part in z.split(n_batch)])


@wrong(ex.draw_samples, "left G in eval mode")
def drawn_and_left(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    G.eval()
    with torch.no_grad():
        return torch.cat([G(part) for part in z.split(n_batch)])


@wrong(ex.draw_samples)
def drawn_in_train_mode_without_averages(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """Put the running averages back, but make the samples in training mode."""
    state = {name: values.clone() for name, values in G.state_dict().items()}
    with torch.no_grad():
        samples = torch.cat([G(torch.cat([part, part])) for part in z.split(n_batch)])[: len(z)]
    G.load_state_dict(state)
    return samples


@wrong(ex.draw_samples)
def drawn_in_equal_parts(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """Cut into parts of equal size: right samples, in other parts than asked for."""
    mode = G.training
    G.eval()
    with torch.no_grad():
        samples = torch.cat([G(part) for part in z.chunk(len(z) // n_batch + 2)])
    G.train(mode)
    return samples


@wrong(ex.draw_samples)
def drawn_in_reverse(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    return drawn_by_chunks(G, z.flip(0), n_batch)


def drawn_in(parts: Any, G: nn.Module) -> Tensor:  # noqa: ANN401
    mode = G.training
    G.eval()
    with torch.no_grad():
        samples = torch.cat([G(part) for part in parts])
    G.train(mode)
    return samples


@wrong(ex.draw_samples, "`z.chunk(n_batch)` makes that many parts")
def drawn_in_chunks(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    return drawn_in(z.chunk(n_batch), G)


@wrong(ex.draw_samples)
def drawn_in_as_many_chunks_as_needed(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """Make parts of one size: of 9 rows in fours, three parts of three."""
    return drawn_in(z.chunk(math.ceil(len(z) / n_batch)), G)


@wrong(ex.draw_samples, "The rest is missing")
def drawn_from_a_loader_that_drops(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    loader: Any = torch.utils.data.DataLoader(z, batch_size=n_batch, drop_last=True)  # type: ignore[arg-type]
    return drawn_in(loader, G)


@wrong(ex.draw_samples, "ends with its block")
def drawn_with_graphs_off(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    torch.set_grad_enabled(mode=False)
    return drawn_in(z.split(n_batch), G)


@wrong(ex.draw_samples, "stay frozen")
def drawn_and_frozen(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    G.requires_grad_(requires_grad=False)
    return drawn_in(z.split(n_batch), G)


# ---------------------------------------------------------------------- frechet_distance


def numpy_parts(a: Tensor, b: Tensor) -> tuple[Any, Any, Any]:
    x, y = a.double().numpy(), b.double().numpy()
    gap = x.mean(axis=0) - y.mean(axis=0)
    return gap @ gap, np.cov(x, rowvar=False), np.cov(y, rowvar=False)


@right(ex.frechet_distance)
def frechet_in_float64(features_a: Tensor, features_b: Tensor) -> Any:  # noqa: ANN401
    a, b = features_a.double(), features_b.double()
    S_a, S_b = torch.cov(a.T), torch.cov(b.T)
    values = torch.linalg.eig(S_a @ S_b)[0].real.relu()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + torch.trace(S_a + S_b) - 2 * values.sqrt().sum()


@right(ex.frechet_distance)
def frechet_of_complex_roots(features_a: Tensor, features_b: Tensor) -> Any:  # noqa: ANN401
    """Take complex roots: those of slightly negative numbers have no real part."""
    gap, S_a, S_b = numpy_parts(features_a, features_b)
    roots = np.emath.sqrt(np.linalg.eigvals(S_a @ S_b))
    return gap + np.trace(S_a) + np.trace(S_b) - 2 * np.sum(roots.real)


@right(ex.frechet_distance)
def frechet_by_svd(features_a: Tensor, features_b: Tensor) -> Any:  # noqa: ANN401
    gap, S_a, S_b = numpy_parts(features_a, features_b)
    (U_a, s_a, _), (U_b, s_b, _) = np.linalg.svd(S_a), np.linalg.svd(S_b)
    both = (U_a * np.sqrt(s_a)).T @ (U_b * np.sqrt(s_b))
    return gap + s_a.sum() + s_b.sum() - 2 * np.linalg.svd(both, compute_uv=False).sum()


@wrong(ex.frechet_distance, "vary together")
def frechet_of_each_feature(features_a: Tensor, features_b: Tensor) -> Tensor:
    gap = (features_a.mean(0) - features_b.mean(0)) ** 2
    return (gap + (features_a.std(0) - features_b.std(0)) ** 2).sum()


@wrong(ex.frechet_distance, "not the root of a matrix")
def frechet_by_sqrt(features_a: Tensor, features_b: Tensor) -> Tensor:
    S_a, S_b = features_a.T.cov(), features_b.T.cov()
    gap = (features_a.mean(0) - features_b.mean(0)).square().sum()
    return gap + (S_a + S_b - 2 * (S_a @ S_b).sqrt()).trace()


@wrong(ex.frechet_distance)
def frechet_of_absolute_eigenvalues(features_a: Tensor, features_b: Tensor) -> Any:  # noqa: ANN401
    """Forget the roots of the eigenvalues."""
    gap, S_a, S_b = numpy_parts(features_a, features_b)
    return gap + np.trace(S_a + S_b) - 2 * np.abs(np.linalg.eigvals(S_a @ S_b)).sum()


@wrong(ex.frechet_distance)
def frechet_by_eigvalsh(features_a: Tensor, features_b: Tensor) -> Any:  # noqa: ANN401
    """Use the function for symmetric tables on a product that is not symmetric."""
    S_a, S_b = features_a.T.cov(), features_b.T.cov()
    gap = (features_a.mean(0) - features_b.mean(0)).square().sum()
    roots = torch.linalg.eigvalsh(S_a @ S_b).clamp(min=0).sqrt()
    return gap + S_a.trace() + S_b.trace() - 2 * roots.sum()


@wrong(ex.frechet_distance)
def frechet_with_a_ridge(features_a: Tensor, features_b: Tensor) -> Any:  # noqa: ANN401
    ridge = 0.1 * torch.eye(features_a.shape[1])
    S_a, S_b = features_a.T.cov() + ridge, features_b.T.cov()
    gap = (features_a.mean(0) - features_b.mean(0)).square().sum()
    roots = torch.linalg.eig(S_a.double() @ S_b.double())[0].real.clamp(min=0).sqrt()
    return gap + S_a.trace() + S_b.trace() - 2 * roots.sum()


def root_of(S: Tensor) -> Any:  # noqa: ANN401
    """Return the symmetric root of a covariance."""
    values, axes = torch.linalg.eigh(S)
    return axes * values.clamp(min=0).sqrt() @ axes.T


@right(ex.frechet_distance)
def frechet_of_a_symmetric_product(features_a: Tensor, features_b: Tensor) -> Any:  # noqa: ANN401
    S_a, S_b = features_a.T.cov(), features_b.T.cov()
    gap = (features_a.mean(0) - features_b.mean(0)).square().sum()
    roots = torch.linalg.eigvalsh(root_of(S_a) @ S_b @ root_of(S_a)).clamp(min=0).sqrt()
    return gap + S_a.trace() + S_b.trace() - 2 * roots.sum()


@wrong(ex.frechet_distance)
def frechet_of_two_roots(features_a: Tensor, features_b: Tensor) -> Any:  # noqa: ANN401
    """Multiply the roots: that is the root of the product only if the order does not matter."""
    S_a, S_b = features_a.T.cov(), features_b.T.cov()
    gap = (features_a.mean(0) - features_b.mean(0)).square().sum()
    return gap + S_a.trace() + S_b.trace() - 2 * (root_of(S_a) @ root_of(S_b)).trace()


# ---------------------------------------------------------------------- copy_check


@right(ex.copy_check)
def copies_by_exact_cdist(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    def nearest(pictures: Tensor) -> Tensor:
        mode = "donot_use_mm_for_euclid_dist"
        return torch.cdist(pictures.flatten(1), train.flatten(1), compute_mode=mode).min(1)[0]

    of_samples = nearest(samples)
    return (
        of_samples.mean().item(),
        nearest(test).mean().item(),
        float((of_samples == 0).sum()) / len(samples),
    )


@right(ex.copy_check)
def copies_by_numpy(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    s, r, t = (one.numpy().reshape(len(one), -1) for one in (samples, train, test))
    near = [np.sqrt(((one[:, None] - r[None]) ** 2).sum(-1)).min(1) for one in (s, t)]
    return near[0].mean(), near[1].mean(), np.mean(near[0] == 0)


@right(ex.copy_check)
def copies_by_a_small_threshold(samples: Tensor, train: Tensor, test: Tensor) -> list[float]:
    rows = train.flatten(1).double()
    near = [torch.cdist(one.flatten(1).double(), rows).amin(1) for one in (samples, test)]
    return [near[0].mean().item(), near[1].mean().item(), (near[0] < 1e-5).double().mean().item()]


@wrong(ex.copy_check, "faster formula that rounds")
def copies_by_cdist(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    near, of_test = (
        torch.cdist(one.flatten(1), train.flatten(1)).amin(1) for one in (samples, test)
    )
    return near.mean(), of_test.mean(), (near == 0).float().mean()


@wrong(ex.copy_check)
def copies_of_rows(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    """Forget to flatten: distances between rows of pixels."""
    near, of_test = (torch.cdist(one, train).flatten(1).amin(1) for one in (samples, test))
    return near.mean(), of_test.mean(), (near == 0).float().mean()


@wrong(ex.copy_check)
def copies_without_test(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401, ARG001
    first, _, share = copies_by_numpy(samples, train, samples)
    return first, share


@wrong(ex.copy_check)
def copies_of_half(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    """Call everything a copy that is nearer than a test picture usually is."""
    near = [torch.cdist(one.flatten(1), train.flatten(1)).amin(1) for one in (samples, test)]
    return near[0].mean(), near[1].mean(), (near[0] < near[1].mean()).float().mean()


@wrong(ex.copy_check, "smallest distance of all")
def copies_by_min(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    near = [torch.cdist(one.flatten(1), train.flatten(1)) for one in (samples, test)]
    share = copies_by_numpy(samples, train, test)[2]
    return near[0].min(), near[1].min(), share


def nearest_of(pictures: Tensor, train: Tensor) -> Tensor:
    return torch.stack([(train - one).flatten(1).norm(dim=1).min() for one in pictures])


@right(ex.copy_check)
def copies_by_equal_pixels(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    equal = (samples[:, None] == train).flatten(2).all(dim=2).any(dim=1)
    near = [nearest_of(one, train).mean() for one in (samples, test)]
    return [*near, equal.float().mean()]


@wrong(ex.copy_check, "nearly copies")
def copies_and_near_ones(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    near = nearest_of(samples, train)
    return near.mean(), nearest_of(test, train).mean(), (near < 0.1).float().mean()


@wrong(ex.copy_check, "copy the same one")
def copies_without_doubles(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    n_copied = (nearest_of(train, samples) == 0).sum()
    near = [nearest_of(one, train).mean() for one in (samples, test)]
    return [*near, n_copied / len(samples)]


@wrong(ex.copy_check)
def copies_of_single_pixels(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    """Ask whether each pixel is in any training picture, at any place."""
    share = torch.isin(samples.flatten(1), train).all(dim=1).float().mean()
    return [*(nearest_of(one, train).mean() for one in (samples, test)), share]


@wrong(ex.copy_check)
def copies_by_their_sums(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    same = torch.isclose(samples.flatten(1).sum(1)[:, None], train.flatten(1).sum(1)).any(dim=1)
    return [*(nearest_of(one, train).mean() for one in (samples, test)), same.float().mean()]


# ---------------------------------------------------------------------- reparameterize


@right(ex.reparameterize)
def noise_by_randn(mean: Tensor, log_variance: Tensor) -> Tensor:
    std = torch.exp(0.5 * log_variance)
    eps = torch.randn(mean.size(), dtype=mean.dtype, device=mean.device)
    return eps.mul(std).add(mean)


@right(ex.reparameterize)
def noise_by_numpy(mean: Tensor, log_variance: Tensor) -> Tensor:
    noise = torch.from_numpy(np.random.default_rng().standard_normal(mean.shape)).float()
    return mean + noise * log_variance.exp().sqrt()


@right(ex.reparameterize)
def noise_of_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    noise = torch.distributions.Normal(0.0, 1.0).sample(mean.shape)
    return torch.addcmul(mean, noise, (log_variance / 2).exp())


@wrong(ex.reparameterize, "lets no slope through")
def noise_by_torch_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    return torch.normal(mean, torch.exp(log_variance / 2))


@wrong(ex.reparameterize, "by the variance")
def noise_times_variance(mean: Tensor, log_variance: Tensor) -> Tensor:
    return mean + torch.randn_like(mean) * torch.exp(log_variance)


@wrong(ex.reparameterize)
def noise_of_two_values(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Draw −1 and 1: mean 0 and standard deviation 1, and no bell."""
    return mean + (log_variance / 2).exp() * (2 * torch.randint(2, mean.shape) - 1)


@wrong(ex.reparameterize)
def noise_of_a_uniform_with_the_right_spread(mean: Tensor, log_variance: Tensor) -> Tensor:
    return mean + (log_variance / 2).exp() * 12**0.5 * (torch.rand_like(mean) - 0.5)


@wrong(ex.reparameterize)
def noise_that_is_repeated(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Draw half of it, and use it twice."""
    half = torch.randn(len(mean) // 2, mean.shape[1]).repeat_interleave(2, dim=0)
    return mean + (log_variance / 2).exp() * half


@wrong(ex.reparameterize)
def noise_by_sample(mean: Tensor, log_variance: Tensor) -> Any:  # noqa: ANN401
    return torch.distributions.Normal(mean, (log_variance / 2).exp()).sample()


@right(ex.reparameterize)
def noise_by_rsample(mean: Tensor, log_variance: Tensor) -> Any:  # noqa: ANN401
    return torch.distributions.Normal(mean, (log_variance / 2).exp()).rsample()


@wrong(ex.reparameterize, "far from each other")
def noise_that_comes_again(mean: Tensor, log_variance: Tensor) -> Tensor:
    half = torch.randn(len(mean) // 2, mean.shape[1]).repeat(2, 1)
    return mean + (log_variance / 2).exp() * half


@wrong(ex.reparameterize, "far from each other")
def noise_and_its_mirror(mean: Tensor, log_variance: Tensor) -> Tensor:
    half = torch.randn(len(mean) // 2, mean.shape[1])
    return mean + (log_variance / 2).exp() * torch.cat([half, -half])


# ---------------------------------------------------------------------- kl_to_standard_normal


@right(ex.kl_to_standard_normal)
def kl_of_the_paper(mean: Tensor, log_variance: Tensor) -> Tensor:
    return -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp(), dim=1)


@right(ex.kl_to_standard_normal)
def kl_in_a_loop(mean: Tensor, log_variance: Tensor) -> Tensor:
    rows = zip(mean.tolist(), log_variance.tolist(), strict=True)
    return torch.tensor(
        [sum((m * m + math.exp(v) - 1 - v) / 2 for m, v in zip(*row, strict=True)) for row in rows]
    )


@right(ex.kl_to_standard_normal)
def kl_with_einsum(mean: Tensor, log_variance: Tensor) -> Tensor:
    rest = (log_variance.exp() - 1 - log_variance).sum(dim=-1)
    return (torch.einsum("bz,bz->b", mean, mean) + rest) / 2


@wrong(ex.kl_to_standard_normal, "mean over the numbers")
def kl_averaged(mean: Tensor, log_variance: Tensor) -> Tensor:
    return -0.5 * torch.mean(1 + log_variance - mean.pow(2) - log_variance.exp(), dim=1)


@wrong(ex.kl_to_standard_normal, "keeps its own, (B,)")
def kl_of_the_batch(mean: Tensor, log_variance: Tensor) -> Tensor:
    return kl_of_the_paper(mean, log_variance).mean()


@wrong(ex.kl_to_standard_normal, "exp(−200) rounds to 0")
def kl_by_distributions(mean: Tensor, log_variance: Tensor) -> Tensor:
    variance = log_variance.exp()
    return 0.5 * (mean.square() + variance - 1 - variance.log()).sum(dim=1)


@wrong(ex.kl_to_standard_normal)
def kl_that_is_never_negative(mean: Tensor, log_variance: Tensor) -> Tensor:
    return (kl_of_the_paper(mean, log_variance) - 0.5).relu()


@wrong(ex.kl_to_standard_normal)
def kl_with_free_bits(mean: Tensor, log_variance: Tensor) -> Tensor:
    each = (mean**2 + log_variance.exp() - 1 - log_variance) / 2
    return each.clamp(min=0.1).sum(dim=1)


@wrong(ex.kl_to_standard_normal)
def kl_of_the_means(mean: Tensor, log_variance: Tensor) -> Tensor:  # noqa: ARG001
    return mean.square().sum(dim=1) / 2


# ---------------------------------------------------------------------- vae_loss


def kl_of(mean: Tensor, log_variance: Tensor) -> Tensor:
    return (mean.square() + log_variance.exp() - 1 - log_variance) / 2


@right(ex.vae_loss)
def vae_in_parts(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    pixels = bce(logits, X, reduction="none").sum(-1).mean(0)
    return pixels + kl_of(mean, log_variance).sum(-1).mean(0)


@right(ex.vae_loss)
def vae_in_a_loop(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    rows = zip(logits, X, mean, log_variance, strict=True)
    losses = [bce(a, b, reduction="sum") + kl_of(c, d).sum() for a, b, c, d in rows]
    return torch.stack(losses).mean()


@right(ex.vae_loss)
def vae_by_logsigmoid(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    logs = X * functional.logsigmoid(logits) + (1 - X) * functional.logsigmoid(-logits)
    return (kl_of(mean, log_variance).sum() - logs.sum()) / X.shape[0]


@wrong(ex.vae_loss, "pixels' mean")
def vae_with_a_mean_of_pixels(
    logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor
) -> Tensor:
    return bce(logits, X) + kl_of(mean, log_variance).sum() / len(X)


@wrong(ex.vae_loss, "summed over the batch")
def vae_of_the_whole_batch(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    return bce(logits, X, reduction="sum") + kl_of(mean, log_variance).sum()


@wrong(ex.vae_loss)
def vae_with_squared_errors(
    logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor
) -> Tensor:
    pixels = (logits.sigmoid() - X).square().sum()
    return (pixels + kl_of(mean, log_variance).sum()) / len(X)


@wrong(ex.vae_loss)
def vae_without_kl(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:  # noqa: ARG001
    return bce(logits, X, reduction="sum") / len(X)


@wrong(ex.vae_loss)
def vae_with_half_of_kl(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    return (bce(logits, X, reduction="sum") + kl_of(mean, log_variance).sum() / 2) / len(X)


@wrong(ex.vae_loss)
def vae_with_detached_codes(
    logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor
) -> Tensor:
    kl = kl_of(mean.detach(), log_variance.detach()).sum()
    return (bce(logits, X, reduction="sum") + kl) / len(X)


@right(ex.vae_loss)
def vae_of_a_stable_formula(
    logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor
) -> Tensor:
    pixels = logits.clamp(min=0) - logits * X + (-logits.abs()).exp().log1p()
    return pixels.sum(dim=1).mean() + kl_of(mean, log_variance).sum(dim=1).mean()


@wrong(ex.vae_loss, "called `backward`")
def vae_after_backward(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    loss = vae_in_parts(logits, X, mean, log_variance)
    loss.backward()
    return loss


# ---------------------------------------------------------------------- flow_target


@right(ex.flow_target)
def line_by_reshape(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    while t.ndim < x0.ndim:
        t = t.unsqueeze(-1)
    return t * x1 + (1 - t) * x0, x1 - x0


@right(ex.flow_target)
def line_by_transposing(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    velocity = x1 - x0
    back = torch.arange(x0.ndim - 1, -1, -1).tolist()
    return x0 + (velocity.permute(back) * t).permute(back), velocity


@right(ex.flow_target)
def line_by_flat_rows(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    a, b = x0.flatten(1), x1.flatten(1)
    return (a + t[:, None] * (b - a)).reshape(x0.shape), (b - a).reshape(x0.shape)


@wrong(ex.flow_target, "Pictures have more dimensions")
def line_for_points(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    t = t.unsqueeze(1)
    return (1 - t) * x0 + t * x1, x1 - x0


@wrong(ex.flow_target, "back to the noise")
def line_backward(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    return line_by_reshape(x0, x1, t)[0], x0 - x1


@wrong(ex.flow_target)
def line_of_diffusion(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Mix with roots, as diffusion does."""
    t = t.reshape(-1, *[1] * (x0.ndim - 1))
    return (1 - t).sqrt() * x0 + t.sqrt() * x1, x1 - x0


@wrong(ex.flow_target)
def line_at_its_middle(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ARG001
    return (x0 + x1) / 2, x1 - x0


@wrong(ex.flow_target)
def line_at_random(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    return line_by_reshape(x0, x1, torch.rand_like(t))


# ---------------------------------------------------------------------- walk_by_midpoint


@right(ex.walk_by_midpoint)
@torch.no_grad()
def walk_in_short(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    for k in range(n_steps):
        half = x + velocity(x, k / n_steps) * 0.5 / n_steps
        x = x + velocity(half, (k + 0.5) / n_steps) / n_steps
    return x


@right(ex.walk_by_midpoint)
def walk_and_detach(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    x, h = x.clone(), 1 / n_steps
    for t in np.linspace(0, 1, n_steps, endpoint=False).tolist():
        x += h * velocity(x + h / 2 * velocity(x, t).detach(), t + h / 2).detach()
    return x


@right(ex.walk_by_midpoint)
def walk_with_half_steps_counted(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    start = x
    for k in range(2 * n_steps):
        there = velocity(x, k / (2 * n_steps)).detach()
        if k % 2 == 0:
            x = start + there / (2 * n_steps)
        else:
            x = start = start + there / n_steps
    return x


@wrong(ex.walk_by_midpoint, "plain steps, with the velocity at the start")
@torch.no_grad()
def walk_of_the_lesson(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    for k in range(n_steps):
        x = x + velocity(x, k / n_steps) / n_steps
    return x


@wrong(ex.walk_by_midpoint, "of half the size")
@torch.no_grad()
def walk_of_twice_as_many(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    return walk_of_the_lesson(velocity, x, 2 * n_steps)


@wrong(ex.walk_by_midpoint, "Heun")
@torch.no_grad()
def walk_by_heun(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    for k in range(n_steps):
        first = velocity(x, k / n_steps)
        second = velocity(x + first / n_steps, (k + 1) / n_steps)
        x = x + (first + second) / (2 * n_steps)
    return x


@wrong(ex.walk_by_midpoint)
@torch.no_grad()
def walk_with_a_thousand_steps(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:  # noqa: ARG001
    """Be more exact than asked for."""
    return walk_in_short(velocity, x, 200)


@wrong(ex.walk_by_midpoint)
def walk_with_a_graph(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    for k in range(n_steps):
        half = x + velocity(x, k / n_steps) * 0.5 / n_steps
        x = x + velocity(half, (k + 0.5) / n_steps) / n_steps
    return x


@wrong(ex.walk_by_midpoint)
@torch.no_grad()
def walk_one_step_short(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    for k in range(n_steps - 1):
        half = x + velocity(x, k / n_steps) * 0.5 / n_steps
        x = x + velocity(half, (k + 0.5) / n_steps) / n_steps
    return x


@wrong(ex.walk_by_midpoint, "ends with its block")
def walk_with_graphs_off(velocity: Velocity, x: Tensor, n_steps: int) -> Any:  # noqa: ANN401
    torch.set_grad_enabled(mode=False)
    return walk_in_short(velocity, x, n_steps)


@wrong(ex.walk_by_midpoint, "when the step ends")
@torch.no_grad()
def walk_with_the_time_of_the_end(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    h = 1 / n_steps
    for k in range(n_steps):
        x = x + velocity(x + velocity(x, k * h) * h / 2, (k + 1) * h) * h
    return x


@wrong(ex.walk_by_midpoint)
@torch.no_grad()
def walk_with_velocities_kept(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    """Spare a call: begin each step with the velocity of the last middle."""
    h, first = 1 / n_steps, velocity(x, 0.0)
    for k in range(n_steps):
        first = velocity(x + first * h / 2, (k + 0.5) * h)
        x = x + first * h
    return x


# ---------------------------------------------------------------------- noised


@right(ex.noised)
def noised_in_short(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    kept = functional.pad((1 - betas).cumprod(0), (1, 0), value=1.0)[t]
    kept = kept.reshape([-1] + [1] * (X.ndim - 1))
    return kept**0.5 * X + (1 - kept) ** 0.5 * noise


@right(ex.noised)
def noised_by_masks(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    taken = torch.arange(len(betas)) < t[:, None]
    kept = torch.where(taken, 1 - betas, torch.ones_like(betas)).prod(dim=1)
    kept = kept[(...,) + (None,) * (X.ndim - 1)]
    return kept.sqrt() * X + (1 - kept).sqrt() * noise


@right(ex.noised)
def noised_by_rows(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    rows = list[Tensor]()
    for k, n in enumerate(t.tolist()):
        a = torch.prod(1 - betas[:n])
        rows.append(torch.sqrt(a) * X[k] + torch.sqrt(1 - a) * noise[k])
    return torch.stack(rows)


@wrong(ex.noised, "Variances add up, deviations do not")
def noised_without_roots(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    kept = functional.pad((1 - betas).cumprod(0), (1, 0), value=1.0)[t]
    kept = kept.reshape([-1] + [1] * (X.ndim - 1))
    return kept * X + (1 - kept) * noise


@wrong(ex.noised)
def noised_by_a_mean_beta(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """Take all steps for equally large."""
    kept = ((1 - betas.mean()) ** t).reshape([-1] + [1] * (X.ndim - 1))
    return kept.sqrt() * X + (1 - kept).sqrt() * noise


@wrong(ex.noised)
def noised_from_step_one(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """Forget that there may be no step at all."""
    kept = (1 - betas).cumprod(0)[(t - 1).clamp(min=0)].reshape([-1] + [1] * (X.ndim - 1))
    return kept.sqrt() * X + (1 - kept).sqrt() * noise


@wrong(ex.noised)
def noised_with_its_own_noise(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    return noised_in_short(X, t, betas, torch.randn_like(noise))


@wrong(ex.noised)
def noised_by_the_first_order(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """Take exp(−sum) for the product: right for tiny betas only."""
    kept = (-functional.pad(betas.cumsum(0), (1, 0))[t]).exp()
    kept = kept.reshape([-1] + [1] * (X.ndim - 1))
    return kept.sqrt() * X + (1 - kept).sqrt() * noise


# ---------------------------------------------------------------------- the questions


@right(ex.five_games)
def games_in_capitals() -> Any:  # noqa: ANN401
    return "D", "A", "F", "B", "E"


@right(ex.five_games)
def games_with_brackets() -> Any:  # noqa: ANN401
    return "(d)", "a)", "f.", "b", "e"


@right(ex.five_games)
def games_with_blanks() -> Any:  # noqa: ANN401
    return " d", "a ", "f", " b ", "e"


@wrong(ex.five_games, "run_1 is wrong")
def games_with_a_wish_first() -> Any:  # noqa: ANN401
    return "a", "a", "f", "b", "e"


@wrong(ex.five_games, "run_4 is wrong")
def games_with_ten_steps() -> Any:  # noqa: ANN401
    return "d", "a", "f", "c", "e"


@wrong(ex.five_games, "run_1, run_2")
def games_exchanged() -> Any:  # noqa: ANN401
    return "a", "d", "f", "b", "e"


@wrong(ex.five_games)
def games_as_one_text() -> Any:  # noqa: ANN401
    return tuple("abcde")


@right(ex.what_is_known)
def known_in_capitals() -> Any:  # noqa: ANN401
    return "C", "G"


@right(ex.what_is_known)
def known_with_brackets() -> Any:  # noqa: ANN401
    return "(c)", "(g)"


@right(ex.what_is_known)
def known_with_blanks() -> Any:  # noqa: ANN401
    return " c", "g."


@wrong(ex.what_is_known, "known is wrong")
def known_as_converged() -> Any:  # noqa: ANN401
    return "a", "g"


@wrong(ex.what_is_known, "next_step is wrong")
def known_and_more_steps() -> Any:  # noqa: ANN401
    return "c", "h"


@wrong(ex.what_is_known)
def known_exchanged() -> Any:  # noqa: ANN401
    return "g", "c"


@wrong(ex.what_is_known)
def known_in_words() -> Any:  # noqa: ANN401
    return "D cannot tell", "ask another network"


@right(ex.growing_pictures)
def sizes_as_floats() -> Any:  # noqa: ANN401
    return 7.0, 14.0, 27.0


@right(ex.growing_pictures)
def sizes_computed() -> Any:  # noqa: ANN401
    sizes = [1]
    for kernel, stride, padding in ((7, 1, 0), (4, 2, 1), (3, 2, 1)):
        sizes.append((sizes[-1] - 1) * stride - 2 * padding + kernel)
    return tuple(sizes[1:])


@right(ex.growing_pictures)
def sizes_as_tensors() -> Any:  # noqa: ANN401
    return tuple(torch.tensor([7, 14, 27]))


@wrong(ex.growing_pictures, "output_padding=1")
def sizes_doubled() -> Any:  # noqa: ANN401
    return 7, 14, 28


@wrong(ex.growing_pictures, "third")
def sizes_of_a_guess() -> Any:  # noqa: ANN401
    return 7, 14, 26


@wrong(ex.growing_pictures)
def sizes_as_shapes() -> Any:  # noqa: ANN401
    return (64, 32, 7, 7), (64, 16, 14, 14), (64, 1, 27, 27)


@wrong(ex.growing_pictures, "plain convolutions")
def sizes_that_shrink() -> Any:  # noqa: ANN401
    return 7, 3, 2


def grown(kernels: Any) -> tuple[int, ...]:  # noqa: ANN401
    """Return the sizes after transposed convolutions that go wrong in one way, one by one."""
    sizes = [1]
    for kernel, stride, taken in kernels:
        sizes.append((sizes[-1] - 1) * stride + kernel - taken)
    return tuple(sizes[1:])


@wrong(ex.growing_pictures, "You forgot the padding")
def sizes_without_padding() -> Any:  # noqa: ANN401
    return grown([(7, 1, 0), (4, 2, 0), (3, 2, 0)])


@wrong(ex.growing_pictures, "off once")
def sizes_with_padding_once() -> Any:  # noqa: ANN401
    return grown([(7, 1, 0), (4, 2, 1), (3, 2, 1)])


@wrong(ex.growing_pictures, "You added the padding")
def sizes_with_padding_added() -> Any:  # noqa: ANN401
    return grown([(7, 1, 0), (4, 2, -2), (3, 2, -2)])


@wrong(ex.growing_pictures, "by the stride only")
def sizes_by_the_stride() -> Any:  # noqa: ANN401
    return 1, 2, 4


@wrong(ex.growing_pictures, "first is wrong")
def sizes_from_a_first_layer_that_stays() -> Any:  # noqa: ANN401
    return 1, *grown([(4, 2, 2), (3, 2, 2)])
