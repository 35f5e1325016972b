"""The exercises of lesson 11: right answers of other kinds, and each solution by another way."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, distributions, nn
from torch.nn import functional

from dlcourse.checking.exercise import Exercise
from dlcourse.exercises import generative_models as ex

Right = tuple[Exercise, Callable[..., Any]]
Run = Any  # the arguments of a step of a game
Game = Callable[[Tensor, Tensor], Tensor]
Velocity = Callable[[Tensor, float], Tensor]
bce = functional.binary_cross_entropy_with_logits


def inputs_of(exercise: Exercise) -> list[tuple[Any, ...]]:
    return list(exercise.inputs(torch.Generator().manual_seed(7)))


# ------------------------------------------------------------------ discriminator and losses


def best_by_distributions(x: Tensor, mu: float, sigma: float) -> Tensor:
    log_p = distributions.Normal(0.0, 1.0).log_prob(x)
    return torch.sigmoid(log_p - distributions.Normal(mu, sigma).log_prob(x))


def best_by_softmax(x: Tensor, mu: float, sigma: float) -> Tensor:
    logs = torch.stack([-(x**2) / 2, -((x - mu) ** 2) / 2 / sigma**2 - math.log(sigma)])
    return logs.softmax(dim=0)[0]


def best_by_numpy(x: Tensor, mu: float, sigma: float) -> Any:  # noqa: ANN401
    values = x.double().numpy()
    log_q_over_p = values**2 / 2 - ((values - mu) / sigma) ** 2 / 2 - np.log(sigma)
    return np.exp(-np.logaddexp(0, log_q_over_p))


def d_loss_by_softplus(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()


def d_loss_by_logsigmoid(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return -functional.logsigmoid(real_logits).mean() - functional.logsigmoid(-fake_logits).mean()


def d_loss_by_weights(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    logits = torch.cat([real_logits, fake_logits]).flatten()
    is_real = torch.arange(len(logits)) < len(real_logits)
    weights = torch.where(is_real, 1 / len(real_logits), 1 / len(fake_logits))
    return bce(logits, is_real.to(logits), weight=weights, reduction="sum")


def g_loss_by_softplus(fake_logits: Tensor) -> Tensor:
    return functional.softplus(-fake_logits).mean()


def g_loss_by_logsigmoid(fake_logits: Tensor) -> Tensor:
    return -functional.logsigmoid(fake_logits).sum() / fake_logits.numel()


def g_loss_by_logaddexp(fake_logits: Tensor) -> Tensor:
    return torch.logaddexp(-fake_logits, torch.zeros_like(fake_logits)).mean()


# ------------------------------------------------------------------ games


def ahead_by_backward(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    a, b = nn.Parameter(u.clone()), nn.Parameter(v.clone())
    f(a, b).backward()
    assert a.grad is not None
    assert b.grad is not None
    c = (u - rate * a.grad).requires_grad_()
    d = (v + rate * b.grad).requires_grad_()
    f(c, d).backward()
    assert c.grad is not None
    assert d.grad is not None
    return u - rate * c.grad, v + rate * d.grad


def ahead_by_func(f: Game, u: Tensor, v: Tensor, rate: float) -> list[Tensor]:
    slopes = torch.func.grad(f, argnums=(0, 1))
    along_u, along_v = slopes(u, v)
    along_u, along_v = slopes(u - rate * along_u, v + rate * along_v)
    return [u - rate * along_u, v + rate * along_v]


def ahead_by_optimizers(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    a, b = nn.Parameter(u.clone()), nn.Parameter(v.clone())
    down = torch.optim.SGD([a], lr=rate)
    up = torch.optim.SGD([b], lr=rate, maximize=True)
    f(a, b).backward()
    down.step()
    up.step()
    down.zero_grad()
    up.zero_grad()
    f(a, b).backward()
    a.data.copy_(u)
    b.data.copy_(v)
    down.step()
    up.step()
    return a.detach(), b.detach()


def round_with_one_forward(*run: Run) -> tuple[float, float]:
    G, D, G_optimizer, D_optimizer, real, z = run
    fake = G(z)
    D_loss = d_loss_by_softplus(D(real), D(fake.detach()))
    D.zero_grad()
    D_loss.backward()
    D_optimizer.step()
    G_loss = g_loss_by_softplus(D(fake))
    G.zero_grad()
    G_loss.backward()
    G_optimizer.step()
    return D_loss.item(), G_loss.item()


def round_cleared_by_hand(*run: Run) -> list[Tensor]:
    G, D, G_optimizer, D_optimizer, real, z = run
    for one in D.parameters():
        one.grad = None
    with torch.no_grad():
        fake = G(z)
    D_loss = bce(D(real), torch.ones(len(real), 1)) + bce(D(fake), torch.zeros(len(z), 1))
    D_loss.backward()
    D_optimizer.step()
    for one in G.parameters():
        one.grad = None
    G_loss = bce(D(G(z)), torch.ones(len(z), 1))
    G_loss.backward()
    G_optimizer.step()
    return [D_loss.detach(), G_loss.detach()]


def round_with_a_frozen_d(*run: Run) -> tuple[float, float]:
    """Freeze D in G's step, which is not needed, and go without a detach, which costs time only."""
    G, D, G_optimizer, D_optimizer, real, z = run
    D_optimizer.zero_grad()
    D_loss = d_loss_by_logsigmoid(D(real), D(G(z)))
    D_loss.backward()
    D_optimizer.step()
    D.requires_grad_(requires_grad=False)
    G_optimizer.zero_grad(set_to_none=False)
    G_loss = g_loss_by_logsigmoid(D(G(z)))
    G_loss.backward()
    G_optimizer.step()
    D.requires_grad_(requires_grad=True)
    return float(D_loss.detach()), float(G_loss.detach())


def step_with_two_backwards(*run: Run) -> list[float]:
    """Go backward for each half of D's loss: gradients add up."""
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run
    losses = list[float]()
    for real in batches:
        D_optimizer.zero_grad()
        of_real = bce(D(real), torch.ones(len(real), 1))
        of_real.backward()
        with torch.no_grad():
            fake = G(draw_noise(len(real)))
        of_fake = bce(D(fake), torch.zeros(len(real), 1))
        of_fake.backward()
        D_optimizer.step()
        losses.append(of_real.item() + of_fake.item())
    G_optimizer.zero_grad()
    loss = bce(D(G(draw_noise(len(batches[-1])))), torch.ones(len(batches[-1]), 1))
    loss.backward()
    G_optimizer.step()
    losses.append(loss.item())
    return losses


def step_with_autograd_grad(*run: Run) -> Tensor:
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run

    def move(net: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> float:
        parameters = list(net.parameters())
        for one, slope in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            one.grad = slope
        optimizer.step()
        return loss.item()

    losses = [
        move(D, D_optimizer, d_loss_by_softplus(D(real), D(G(draw_noise(len(real))))))
        for real in batches
    ]
    loss = g_loss_by_softplus(D(G(draw_noise(len(batches[-1])))))
    return torch.tensor([*losses, move(G, G_optimizer, loss)])


def step_with_one_pass_of_d(*run: Run) -> tuple[float, ...]:
    """Give D both sides in one batch, each with its own mean."""
    G, D, G_optimizer, D_optimizer, batches, draw_noise = run
    losses = list[float]()
    for real in batches:
        D_optimizer.zero_grad()
        both = D(torch.cat([real, G(draw_noise(len(real))).data]))
        loss = d_loss_by_logsigmoid(both[: len(real)], both[len(real) :])
        loss.backward()
        D_optimizer.step()
        losses.append(float(loss.detach()))
    G.zero_grad()
    D.zero_grad()
    loss = g_loss_by_logsigmoid(D(G(draw_noise(real.shape[0]))))
    loss.backward()
    G_optimizer.step()
    return (*losses, loss.item())


# ------------------------------------------------------------------ modes and measures


def modes_in_loops(
    samples: Tensor, centers: Tensor, radius: float, at_least: int
) -> tuple[int, float]:
    near = [[math.dist(s, c) <= radius for c in centers.tolist()] for s in samples.tolist()]
    counts = [sum(column) for column in zip(*near, strict=True)]
    return sum(n >= at_least for n in counts), sum(map(any, near)) / len(near)


def modes_by_broadcasting(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Any:  # noqa: ANN401
    near = (samples[:, None] - centers).square().sum(dim=2) <= radius**2
    share = (near.sum(1) > 0).double().mean()
    return [(near.sum(0) >= at_least).sum(), share]


def modes_by_numpy(samples: Tensor, centers: Tensor, radius: float, at_least: int) -> Any:  # noqa: ANN401
    gaps = samples.numpy()[:, None] - centers.numpy()[None]
    near = np.linalg.norm(gaps, axis=-1) <= radius
    return int(np.sum(np.sum(near, 0) >= at_least)), np.mean(np.any(near, 1))


def drawn_in_inference_mode(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    was_training = G.training
    G.train(mode=False)
    with torch.inference_mode():
        parts = [G(z[k : k + n_batch]) for k in range(0, len(z), n_batch)]
    if was_training:
        G.train()
    return torch.vstack(parts)


@torch.no_grad()
def drawn_with_finally(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    mode = G.training
    try:
        return torch.cat([G.eval()(part) for part in torch.split(z, n_batch)])
    finally:
        G.train(mode)


def drawn_and_detached(G: nn.Module, z: Tensor, n_batch: int) -> Any:  # noqa: ANN401
    modes = [(part, part.training) for part in G.modules()]
    G.eval()
    samples = [G(part).detach() for part in z.split(n_batch)]
    for part, mode in modes:
        part.training = mode
    return torch.cat(samples).numpy()


def covariance(features: Tensor) -> Tensor:
    around = features.double() - features.double().mean(dim=0)
    return around.T @ around / (len(features) - 1)


def frechet_by_singular_values(features_a: Tensor, features_b: Tensor) -> Any:  # noqa: ANN401
    """The trace of the root is the sum of the singular values of A·Bᵀ, both without their means."""
    a, b = (one.double() - one.double().mean(dim=0) for one in (features_a, features_b))
    root = torch.linalg.svdvals(a @ b.T).sum() / ((len(a) - 1) * (len(b) - 1)) ** 0.5
    traces = a.square().sum() / (len(a) - 1) + b.square().sum() / (len(b) - 1)
    return (features_a.mean(0) - features_b.mean(0)).square().sum() + traces - 2 * root


def frechet_by_symmetric_roots(features_a: Tensor, features_b: Tensor) -> float:
    values, vectors = torch.linalg.eigh(covariance(features_a))
    root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    inside = torch.linalg.eigvalsh(root @ covariance(features_b) @ root).clamp(min=0)
    gap = (features_a.mean(dim=0) - features_b.mean(dim=0)).norm() ** 2
    trace = torch.trace(covariance(features_a) + covariance(features_b))
    return float(gap + trace - 2 * inside.sqrt().sum())


def frechet_by_numpy(features_a: Tensor, features_b: Tensor) -> Any:  # noqa: ANN401
    a, b = features_a.numpy(), features_b.numpy()
    S_a, S_b = np.cov(a, rowvar=False), np.cov(b.T)
    roots = np.sqrt(np.linalg.eigvals(S_a @ S_b).astype(complex)).real.sum()
    return np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(S_a + S_b) - 2 * roots


def copies_by_pixels(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    def gaps(pictures: Tensor) -> Any:  # noqa: ANN401
        return (pictures.flatten(1)[:, None] - train.flatten(1)[None]).norm(dim=2)

    copied = gaps(samples).eq(0).any(dim=1)
    nearest = [gaps(one).min(dim=1).values.mean() for one in (samples, test)]
    return [*nearest, copied.double().mean()]


def copies_in_a_loop(samples: Tensor, train: Tensor, test: Tensor) -> Any:  # noqa: ANN401
    def nearest(picture: Tensor) -> Any:  # noqa: ANN401
        return min((picture - one).square().sum().sqrt().item() for one in train)

    of_samples = [nearest(one) for one in samples]
    of_test = [nearest(one) for one in test]
    share = sum(distance == 0 for distance in of_samples) / len(samples)
    return sum(of_samples) / len(samples), sum(of_test) / len(test), share


def copies_by_equality(samples: Tensor, train: Tensor, test: Tensor) -> tuple[Tensor, ...]:
    rows = train.reshape(len(train), -1)
    nearest = [
        torch.cdist(one.reshape(len(one), -1), rows).amin(1).mean() for one in (samples, test)
    ]
    equal = [any(torch.equal(one, other) for other in train) for one in samples]
    return *nearest, torch.tensor(equal).float().mean()


# ------------------------------------------------------------------ autoencoders


def noise_by_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    noise = torch.normal(torch.zeros_like(mean), torch.ones_like(mean))
    return mean + torch.exp(0.5 * log_variance) * noise


def noise_by_rsample(mean: Tensor, log_variance: Tensor) -> Tensor:
    return distributions.Normal(mean, log_variance.exp().sqrt()).rsample()


def noise_by_box_and_muller(mean: Tensor, log_variance: Tensor) -> Any:  # noqa: ANN401
    """Make normal numbers of uniform ones."""
    one, other = 1 - torch.rand(2, *mean.shape)
    noise = (-2 * one.log()).sqrt() * (2 * math.pi * other).cos()
    return mean + log_variance.exp() ** 0.5 * noise


def kl_by_torch(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Use float64, so that a variance of exp(−200) is not 0."""
    curves = distributions.Normal(mean.double(), (log_variance.double() / 2).exp())
    standard = distributions.Normal(torch.zeros_like(mean).double(), 1.0)
    return distributions.kl_divergence(curves, standard).sum(dim=1)


def kl_by_parts(mean: Tensor, log_variance: Tensor) -> Tensor:
    from_means = (mean * mean).sum(-1) / 2
    return from_means + 0.5 * (torch.expm1(log_variance) - log_variance).sum(-1)


def kl_by_numpy(mean: Tensor, log_variance: Tensor) -> Any:  # noqa: ANN401
    m, logs = mean.numpy(), log_variance.numpy()
    return -0.5 * np.sum(1 + logs - m**2 - np.exp(logs), axis=1)


def vae_by_pictures(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    pixels = bce(logits, X, reduction="none").sum(dim=1)
    return (pixels + kl_by_parts(mean, log_variance)).mean()


def vae_by_softplus(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    pixels = functional.softplus(logits) - X * logits
    kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
    return pixels.sum(1).mean() + kl / mean.shape[0]


def vae_by_means_scaled(logits: Tensor, X: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    kl = (mean**2 + log_variance.exp() - 1 - log_variance) / 2
    return X.shape[1] * bce(logits, X) + mean.shape[1] * kl.mean()


# ------------------------------------------------------------------ flows and diffusion


def line_by_lerp(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    return torch.lerp(x0, x1, t[(...,) + (None,) * (x0.dim() - 1)]), x1 - x0


def line_by_einsum(x0: Tensor, x1: Tensor, t: Tensor) -> list[Tensor]:
    velocity = x1 - x0
    return [x0 + torch.einsum("b,b...->b...", t, velocity), velocity]


def line_by_rows(x0: Tensor, x1: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    points = [a + s * (b - a) for a, b, s in zip(x0, x1, t, strict=True)]
    return torch.stack(points), x1 - x0


@torch.no_grad()
def walk_with_tensors(velocity: Velocity, x: Tensor, n_steps: int) -> Tensor:
    """Take the times from a tensor."""
    for t in torch.arange(n_steps) / n_steps:
        half = x + 0.5 / n_steps * velocity(x, t.item())
        x = x + velocity(half, t.item() + 0.5 / n_steps) / n_steps
    return x


def walk_by_recursion(velocity: Velocity, x: Tensor, n_steps: int, done: int = 0) -> Tensor:
    if done == n_steps:
        return x
    h = 1.0 / n_steps
    first = velocity(x, done * h).detach()
    second = velocity(x + first * (h / 2), (done + 0.5) * h).detach()
    return walk_by_recursion(velocity, x + second * h, n_steps, done + 1)


def walk_on_a_copy(velocity: Velocity, x: Tensor, n_steps: int) -> Any:  # noqa: ANN401
    places, t = x.clone(), 0.0
    with torch.inference_mode():
        for _ in range(n_steps):
            there = places + velocity(places, t) / (2 * n_steps)
            places = places + velocity(there, t + 1 / (2 * n_steps)) / n_steps
            t += 1 / n_steps
    return places


def noised_one_by_one(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    rows = []
    for x, steps, extra in zip(X, t.tolist(), noise, strict=True):
        left = float((1 - betas[:steps].double()).prod())
        rows.append(left**0.5 * x + (1 - left) ** 0.5 * extra)
    return torch.stack(rows)


def noised_by_steps(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Any:  # noqa: ANN401
    """Follow both factors from step to step."""
    factors = [(1.0, 0.0)]
    for beta in betas.tolist():
        of_x, variance = factors[-1]
        factors.append((of_x * (1 - beta) ** 0.5, variance * (1 - beta) + beta))
    shape = (-1, *[1] * (X.dim() - 1))
    of_x, variance = torch.tensor(factors, dtype=X.dtype)[t].T
    return of_x.view(shape) * X + variance.view(shape).sqrt() * noise


def noised_by_logs(X: Tensor, t: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    logs = functional.pad((1 - betas.double()).log().cumsum(0), (1, 0))[t]
    a = logs.exp().reshape(t.shape + (1,) * (X.ndim - 1)).to(X.dtype)
    return torch.sqrt(a) * X + torch.sqrt(1 - a) * noise


RIGHT: list[Right] = [
    (ex.optimal_discriminator, best_by_distributions),
    (ex.optimal_discriminator, best_by_softmax),
    (ex.optimal_discriminator, best_by_numpy),
    (ex.discriminator_loss, d_loss_by_softplus),
    (ex.discriminator_loss, d_loss_by_logsigmoid),
    (ex.discriminator_loss, d_loss_by_weights),
    (ex.generator_loss, g_loss_by_softplus),
    (ex.generator_loss, g_loss_by_logsigmoid),
    (ex.generator_loss, g_loss_by_logaddexp),
    (ex.look_ahead, ahead_by_backward),
    (ex.look_ahead, ahead_by_func),
    (ex.look_ahead, ahead_by_optimizers),
    (ex.play_round, round_with_one_forward),
    (ex.play_round, round_cleared_by_hand),
    (ex.play_round, round_with_a_frozen_d),
    (ex.gan_step, step_with_two_backwards),
    (ex.gan_step, step_with_autograd_grad),
    (ex.gan_step, step_with_one_pass_of_d),
    (ex.modes_covered, modes_in_loops),
    (ex.modes_covered, modes_by_broadcasting),
    (ex.modes_covered, modes_by_numpy),
    (ex.draw_samples, drawn_in_inference_mode),
    (ex.draw_samples, drawn_with_finally),
    (ex.draw_samples, drawn_and_detached),
    (ex.frechet_distance, frechet_by_singular_values),
    (ex.frechet_distance, frechet_by_symmetric_roots),
    (ex.frechet_distance, frechet_by_numpy),
    (ex.copy_check, copies_by_pixels),
    (ex.copy_check, copies_in_a_loop),
    (ex.copy_check, copies_by_equality),
    (ex.reparameterize, noise_by_normal),
    (ex.reparameterize, noise_by_rsample),
    (ex.reparameterize, noise_by_box_and_muller),
    (ex.kl_to_standard_normal, kl_by_torch),
    (ex.kl_to_standard_normal, kl_by_parts),
    (ex.kl_to_standard_normal, kl_by_numpy),
    (ex.vae_loss, vae_by_pictures),
    (ex.vae_loss, vae_by_softplus),
    (ex.vae_loss, vae_by_means_scaled),
    (ex.flow_target, line_by_lerp),
    (ex.flow_target, line_by_einsum),
    (ex.flow_target, line_by_rows),
    (ex.walk_by_midpoint, walk_with_tensors),
    (ex.walk_by_midpoint, walk_by_recursion),
    (ex.walk_by_midpoint, walk_on_a_copy),
    (ex.noised, noised_one_by_one),
    (ex.noised, noised_by_steps),
    (ex.noised, noised_by_logs),
]


# ------------------------------------------------------------------ solutions, by another way


def test_best_discriminator_is_what_counting_finds() -> None:
    """Draw from both curves, and count in narrow bins which share of the numbers is real."""
    rng, n = np.random.default_rng(0), 400_000
    edges = np.linspace(-1, 2, 7)
    real, _ = np.histogram(rng.normal(0, 1, n), edges)
    fake, _ = np.histogram(rng.normal(1, 0.5, n), edges)
    fine = torch.linspace(-1, 2, 6001, dtype=torch.float64)
    answers = ex.optimal_discriminator.answer(fine, 1.0, 0.5)
    density = torch.exp(-(fine**2) / 2) / answers  # p / D is p + q, the weight of a number
    for k in range(6):
        bin_ = slice(1000 * k, 1000 * (k + 1))
        wanted = (answers[bin_] * density[bin_]).sum() / density[bin_].sum()
        assert real[k] / (real[k] + fake[k]) == pytest.approx(wanted.item(), abs=0.005)


def test_perfect_generator_s_answers_are_the_lowest_losses() -> None:
    says, loss, with_one_mean = ex.perfect_generator.answer()
    d = torch.linspace(0.001, 0.999, 9981, dtype=torch.float64)
    two_means = -d.log() - (1 - d).log()
    one_mean = -(300 * d.log() + 100 * (1 - d).log()) / 400
    assert d[two_means.argmin()].item() == pytest.approx(says, abs=1e-3)
    assert two_means.min().item() == pytest.approx(loss, abs=1e-6)
    assert d[one_mean.argmin()].item() == pytest.approx(with_one_mean, abs=1e-3)


def test_losses_of_small_logits_are_minus_the_logs_of_probabilities() -> None:
    real, fake = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 0.0, 3.0])
    wanted = -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()
    torch.testing.assert_close(ex.discriminator_loss.answer(real, fake), wanted)
    torch.testing.assert_close(ex.generator_loss.answer(fake), -fake.sigmoid().log().mean())


def test_looking_ahead_leads_inward_where_plain_steps_lead_outward() -> None:
    """On u·v the new point is a fixed matrix times the old one: its length is known."""
    u, v, rate = torch.tensor(1.0), torch.tensor(1.0), 0.1
    for _ in range(50):
        u, v = ex.look_ahead.answer(lambda u, v: u * v, u, v, rate)
    wanted = math.sqrt(2) * ((1 - rate**2) ** 2 + rate**2) ** 25
    assert math.hypot(u, v) == pytest.approx(wanted, rel=1e-4)
    assert wanted < math.sqrt(2)


def test_a_whole_game_of_the_solution_finds_where_the_real_numbers_are() -> None:
    torch.manual_seed(0)
    G, D = nn.Linear(1, 1), nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    G_optimizer, D_optimizer = (torch.optim.Adam(one.parameters(), lr=0.02) for one in (G, D))
    for _ in range(300):
        batches = [3 + torch.randn(32, 1) for _ in range(2)]
        ex.gan_step.answer(G, D, G_optimizer, D_optimizer, batches, lambda n: torch.randn(n, 1))
    assert abs(G.bias.item() - 3) < 1


def test_the_faulty_round_moves_d_and_not_g() -> None:
    torch.manual_seed(0)
    G, D = nn.Linear(2, 2), nn.Linear(2, 1)
    before = [G.weight.detach().clone(), D.weight.detach().clone()]
    optimizers = [torch.optim.SGD(one.parameters(), lr=0.1) for one in (G, D)]
    assert ex.play_round.template is not None
    ex.play_round.template(G, D, *optimizers, torch.randn(4, 2), torch.randn(4, 2))
    assert torch.equal(G.weight, before[0])
    assert not torch.equal(D.weight, before[1])


def test_modes_of_a_collapsed_and_of_a_full_ring() -> None:
    angles = torch.arange(8) * math.pi / 4
    ring = 2 * torch.stack([angles.cos(), angles.sin()], dim=1)
    full, one = ring.repeat(20, 1), ring[:1].repeat(160, 1)
    assert ex.modes_covered.answer(full, ring, 0.2, 20) == (8, 1.0)
    assert ex.modes_covered.answer(one, ring, 0.2, 20) == (1, 1.0)


def test_sizes_of_transposed_convolutions_are_torch_s() -> None:
    z = torch.randn(64, 100, 1, 1)
    layers = (
        nn.ConvTranspose2d(100, 32, kernel_size=7),
        nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),
        nn.ConvTranspose2d(16, 1, kernel_size=3, stride=2, padding=1),
    )
    sizes = []
    for layer in layers:
        z = layer(z)
        sizes.append(z.shape[-1])
    assert tuple(sizes) == ex.growing_pictures.answer()
    back = [nn.Conv2d(1, 1, 3, stride=2, padding=1)(torch.zeros(1, 1, n, n)) for n in (27, 28)]
    assert [one.shape[-1] for one in back] == [14, 14]  # as hint and message say


@pytest.mark.parametrize("arguments", inputs_of(ex.frechet_distance))
def test_frechet_distance_is_that_of_singular_values(arguments: tuple[Tensor, Tensor]) -> None:
    wanted = frechet_by_singular_values(*arguments).item()
    assert ex.frechet_distance.answer(*arguments).item() == pytest.approx(
        wanted, rel=1e-3, abs=2e-3
    )


def test_frechet_distance_of_features_that_do_not_vary_together() -> None:
    """It is the squared gap of means plus that of standard deviations, feature by feature."""
    square = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], dtype=torch.float64)
    other = 3 * square + torch.tensor([1.0, 2.0])
    spread = math.sqrt(4 / 3)
    wanted = 5 + 2 * (3 * spread - spread) ** 2
    assert ex.frechet_distance.answer(square, other).item() == pytest.approx(wanted)


def test_reparameterized_slopes_are_finite_differences_with_the_same_noise() -> None:
    mean, log_variance = torch.tensor([[0.5, -1.0]]), torch.tensor([[0.3, 2.0]])

    def drawn(mean: Tensor, log_variance: Tensor) -> Tensor:
        torch.manual_seed(1)
        z: Tensor = ex.reparameterize.answer(mean.double(), log_variance.double())
        return z

    slopes = torch.autograd.functional.jacobian(drawn, (mean.double(), log_variance.double()))
    step = 1e-6
    for k, slope in enumerate(slopes):
        arguments = [mean.double(), log_variance.double()]
        up = [one + step * (k == n) for n, one in enumerate(arguments)]
        found = (drawn(*up) - drawn(*arguments)) / step
        torch.testing.assert_close(slope.squeeze().diagonal()[None], found, rtol=1e-4, atol=1e-6)


def test_reparameterized_numbers_with_a_variance_of_4_have_a_standard_deviation_of_2() -> None:
    torch.manual_seed(0)
    z = ex.reparameterize.answer(torch.full((40_000, 1), 3.0), torch.full((40_000, 1), math.log(4)))
    assert z.mean().item() == pytest.approx(3, abs=0.05)
    assert z.std().item() == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("arguments", inputs_of(ex.kl_to_standard_normal))
def test_kl_is_torch_s(arguments: tuple[Tensor, Tensor]) -> None:
    mine = ex.kl_to_standard_normal.answer(*arguments)
    torch.testing.assert_close(mine.double(), kl_by_torch(*arguments), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("arguments", inputs_of(ex.vae_loss))
def test_vae_loss_is_minus_the_logs_of_probabilities(arguments: tuple[Tensor, ...]) -> None:
    logits, X, mean, log_variance = (one.double() for one in arguments)
    pixels = X * functional.softplus(-logits) + (1 - X) * functional.softplus(logits)
    wanted = (pixels.sum() + kl_by_torch(mean, log_variance).sum()) / len(X)
    assert ex.vae_loss.answer(*arguments).item() == pytest.approx(wanted.item(), rel=1e-5)


@pytest.mark.parametrize("arguments", inputs_of(ex.flow_target))
def test_velocity_is_the_slope_of_the_point_along_the_time(
    arguments: tuple[Tensor, Tensor, Tensor],
) -> None:
    x0, x1, t = (one.double() for one in arguments)
    _, velocity = ex.flow_target.answer(x0, x1, t)
    before, after = (ex.flow_target.answer(x0, x1, t + step)[0] for step in (-0.5, 0.5))
    torch.testing.assert_close(velocity, after - before)


def test_the_midpoint_is_ten_times_nearer_than_plain_steps_with_as_many_looks() -> None:
    """Where x grows by itself, x = e at the end."""
    start = torch.ones(1, 1, dtype=torch.float64)
    end = ex.walk_by_midpoint.answer(lambda x, _: x, start, 10).item()
    assert end == pytest.approx((1 + 0.1 + 0.1**2 / 2) ** 10)
    assert abs(end - math.e) < abs((1 + 1 / 20) ** 20 - math.e) / 10


def test_noise_in_one_go_is_noise_step_by_step() -> None:
    torch.manual_seed(0)
    X, betas = torch.full((200_000, 1), 2.0), torch.tensor([0.1, 0.3, 0.5])
    walked = X
    for beta in betas:
        walked = (1 - beta).sqrt() * walked + beta.sqrt() * torch.randn_like(X)
    t = torch.full((len(X),), 3)
    at_once = ex.noised.answer(X, t, betas, torch.randn_like(X))
    assert walked.mean().item() == pytest.approx(at_once.mean().item(), abs=0.02)
    assert walked.std().item() == pytest.approx(at_once.std().item(), abs=0.02)


def test_what_is_left_of_a_picture_is_as_the_reason_of_noised_says() -> None:
    kept = (1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)).cumprod(0).sqrt()
    assert kept[-1].item() == pytest.approx(0.006, abs=5e-4)
    assert kept[249].item() == pytest.approx(0.72, abs=5e-3)
    assert "0.006" in ex.noised.why
    assert "0.72" in ex.noised.why
