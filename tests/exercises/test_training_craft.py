"""The exercises of lesson 07: right answers of other kinds, and each solution by another way."""

import copy
import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.exercise import Exercise
from dlcourse.exercises import training_craft as ex

Right = tuple[Exercise, Callable[..., Any]]
Batches = list[tuple[Tensor, Tensor]]


def inputs_of(exercise: Exercise) -> list[tuple[Any, ...]]:
    return list(exercise.inputs(torch.Generator().manual_seed(7)))


# ------------------------------------------------------------------ the best constant


def constants_by_sorting(values: Tensor) -> tuple[float, float]:
    ordered = sorted(values.tolist())
    return sum(ordered) / len(ordered), ordered[(len(ordered) - 1) // 2]


def constants_by_trying(values: Tensor) -> tuple[Tensor, Tensor]:
    """Try each value as the constant: one of them is best for the absolute error."""
    ordered = values.double().sort().values
    errors = (ordered[:, None] - ordered).abs().sum(dim=1)
    near = errors <= errors.min() * (1 + 1e-12)
    return values.sum() / values.numel(), ordered[near][0]


def constants_by_quantile(values: Tensor) -> list[Tensor]:
    return [values.mean(), values.quantile(0.5, interpolation="lower")]


# ------------------------------------------------------------------ the gradient


def gradient_by_autograd(scores: Tensor, y: Tensor) -> Tensor:
    z = scores.double().clone().requires_grad_()
    truth = functional.one_hot(y, scores.shape[1]).double()
    loss = functional.mse_loss(z.softmax(1), truth, reduction="sum")
    return torch.autograd.grad(loss, z)[0]


def gradient_by_the_whole_table(scores: Tensor, y: Tensor) -> Tensor:
    """Multiply each row by its table of slopes, (C, C)."""
    rows = []
    for row, label in zip(scores.double(), y.tolist(), strict=True):
        p = row.softmax(0)
        table = torch.diag(p) - torch.outer(p, p)
        g = 2 * p
        g[label] -= 2
        rows.append(table @ g)
    return torch.stack(rows)


def gradient_by_indexing(scores: Tensor, y: Tensor) -> Tensor:
    p = scores.softmax(dim=-1)
    g = 2 * p
    g[torch.arange(len(y)), y] -= 2
    return p * g - p * (p * g).sum(-1, keepdim=True)


# ------------------------------------------------------------------ smoothed labels


def targets_by_full(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    rows = torch.full((len(y), n_classes), epsilon / n_classes)
    rows[torch.arange(len(y)), y] += 1 - epsilon
    return rows


def targets_by_lerp(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    truth = torch.eye(n_classes, dtype=torch.float64)[y]
    return truth.lerp(torch.full_like(truth, 1 / n_classes), epsilon)


def targets_of_lists(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    return torch.tensor(
        [
            [epsilon / n_classes + (1 - epsilon if k == label else 0) for k in range(n_classes)]
            for label in y.tolist()
        ]
    )


# ------------------------------------------------------------------ the loss of an epoch


def loss_of_all_at_once(batches: Batches, class_weights: Tensor) -> Tensor:
    logits, y = (torch.cat(part) for part in zip(*batches, strict=True))
    return functional.cross_entropy(logits, y, weight=class_weights)


def loss_of_weighted_means(batches: Batches, class_weights: Tensor) -> float:
    total, weights = 0.0, 0.0
    for logits, y in batches:
        weight = class_weights[y].sum().item()
        if weight:
            total += functional.cross_entropy(logits, y, class_weights).item() * weight
        weights += weight
    return total / weights


def loss_sample_by_sample(batches: Batches, class_weights: Tensor) -> Any:  # noqa: ANN401
    total, weights = torch.tensor(0.0), torch.tensor(0.0)
    for logits, y in batches:
        for row, label in zip(logits, y, strict=True):
            total += class_weights[label] * (row.logsumexp(0) - row[label])
            weights += class_weights[label]
    return (total / weights)[None]


# ------------------------------------------------------------------ optimizers


def nesterov_by_torch(
    w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float
) -> tuple[Tensor, Tensor]:
    parameter = w.clone().requires_grad_()
    optimizer = torch.optim.SGD([parameter], lr, momentum or 1e-12, nesterov=True)
    optimizer.state[parameter]["momentum_buffer"] = v.clone()
    parameter.grad = g.clone()
    optimizer.step()
    return parameter.detach(), optimizer.state[parameter]["momentum_buffer"]


def nesterov_in_two_moves(
    w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float
) -> tuple[Tensor, Tensor]:
    new = v * momentum + g
    w = w - lr * g
    return w - lr * momentum * new, new


def nesterov_written_out(
    w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float
) -> list[Tensor]:
    return [w - lr * ((1 + momentum) * g + momentum**2 * v), torch.add(g, v, alpha=momentum)]


def adamw_by_torch(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> tuple[Tensor, Tensor, Tensor]:
    parameter = w.clone().requires_grad_()
    optimizer = torch.optim.AdamW([parameter], lr, weight_decay=decay)
    optimizer.state[parameter] = {
        "step": torch.tensor(t - 1.0),
        "exp_avg": m.clone(),
        "exp_avg_sq": s.clone(),
    }
    parameter.grad = g.clone()
    optimizer.step()
    state = optimizer.state[parameter]
    return parameter.detach(), state["exp_avg"], state["exp_avg_sq"]


def adamw_in_numpy(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    new_m = m.numpy() + 0.1 * (g.numpy() - m.numpy())
    new_s = s.numpy() + 0.001 * (g.numpy() ** 2 - s.numpy())
    step = new_m / (1 - 0.9**t) / (np.sqrt(new_s / (1 - 0.999**t)) + 1e-8)
    return w.numpy() - lr * (step + decay * w.numpy()), new_m, new_s


def adamw_in_place_on_copies(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> tuple[Tensor, ...]:
    w, m, s = w.clone(), m.clone(), s.clone()
    w.mul_(1 - lr * decay)
    m.lerp_(g, 0.1)
    s.mul_(0.999).addcmul_(g, g, value=0.001)
    w.addcdiv_(m, s.sqrt() / math.sqrt(1 - 0.999**t) + 1e-8, value=-lr / (1 - 0.9**t))
    return w, m, s


# ------------------------------------------------------------------ L1 and L2


def regularized_by_softshrink(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    return functional.softshrink(c, strength), c / (strength + 1)


def regularized_by_clamp(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    return c - c.clamp(-strength, strength), c - c * strength / (1 + strength)


def regularized_by_where(c: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    toward = torch.where(c > 0, c - strength, c + strength)
    return torch.where(c.abs() <= strength, 0, toward), torch.div(c, 1 + strength)


# ------------------------------------------------------------------ batch norm


class NormByTorch(nn.BatchNorm1d):
    """PyTorch's own."""

    def __init__(self, n_features: int, momentum: float) -> None:
        super().__init__(n_features, momentum=momentum, affine=False)


class NormWithNoGrad(nn.Module):
    """Changes its buffers in place, from plain numbers."""

    def __init__(self, n_features: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(n_features))
        self.register_buffer("running_var", torch.ones(n_features))
        self.momentum = momentum

    def forward(self, X: Tensor) -> Tensor:
        """Normalize each column."""
        mean, var = self.running_mean, self.running_var
        assert isinstance(mean, Tensor)
        assert isinstance(var, Tensor)
        if not self.training:
            return (X - mean) * torch.rsqrt(var + 1e-5)
        n = X.shape[0]
        now = X.sum(dim=0) / n
        spread = ((X - now) ** 2).sum(dim=0)
        with torch.no_grad():
            mean += self.momentum * (now - mean)
            var *= 1 - self.momentum
            var += self.momentum * spread / (n - 1)
        return (X - now) / (spread / n + 1e-5) ** 0.5


class NormByFunction(nn.Module):
    """Leaves the work to PyTorch's function; has another buffer of its own."""

    def __init__(self, n_features: int, momentum: float) -> None:
        super().__init__()
        self.share = momentum
        self.register_buffer("running_mean", torch.zeros(n_features))
        self.register_buffer("running_var", torch.full((n_features,), 1.0))
        self.register_buffer("seen", torch.tensor(0))

    def forward(self, X: Tensor) -> Tensor:
        """Normalize each column."""
        buffers: Any = dict(self.named_buffers())
        buffers["seen"] += 1
        return functional.batch_norm(
            X,
            buffers["running_mean"],
            buffers["running_var"],
            training=self.training,
            momentum=self.share,
        )


# ------------------------------------------------------------------ rates


def rate_by_finite_part(rates: Tensor, losses: Tensor) -> float:
    smooth, best = losses[0].item(), (losses[0].item(), rates[0].item())
    for rate, loss in zip(rates.tolist(), losses.tolist(), strict=True):
        if not math.isfinite(loss):
            break
        smooth += 0.1 * (loss - smooth)
        best = min(best, (smooth, rate))
    return best[1] / 10


def rate_by_argmin(rates: Tensor, losses: Tensor) -> Tensor:
    smooth = [losses[0]]
    for loss in losses[1:]:
        smooth.append(0.9 * smooth[-1] + 0.1 * loss)
    return 0.1 * rates[torch.stack(smooth).nan_to_num(torch.inf).argmin()]


def rate_by_numpy(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    smooth = losses.double().numpy().copy()
    for n in range(1, len(smooth)):
        smooth[n] = 0.9 * smooth[n - 1] + 0.1 * smooth[n]
    return rates.numpy()[np.nanargmin(smooth)] / 10


def schedule_with_zero_at_the_end(step: int, n_warmup: int, n_steps: int, peak: float) -> float:
    if step >= n_steps:
        return 0
    if step >= n_warmup:
        return peak * math.cos(math.pi / 2 * (step - n_warmup) / (n_steps - n_warmup)) ** 2
    return (step + 1) / n_warmup * peak


def schedule_of_tensors(step: int, n_warmup: int, n_steps: int, peak: float) -> Tensor:
    rise = torch.linspace(0, peak, n_warmup + 1)[1:]
    fall = peak * (torch.linspace(0, torch.pi, n_steps - n_warmup + 1).cos() + 1) / 2
    return torch.cat([rise, fall])[min(step, n_steps)]


def schedule_in_numpy(step: int, n_warmup: int, n_steps: int, peak: float) -> Any:  # noqa: ANN401
    if step + 1 <= n_warmup:
        return np.float64(peak) * (step + 1) / n_warmup
    far = np.clip((step - n_warmup) / (n_steps - n_warmup), 0, 1)
    return peak * (0.5 + 0.5 * np.cos(np.pi * far))


# ------------------------------------------------------------------ loops


def run_with_zip(
    model: nn.Module, X: Tensor, y: Tensor, X_val: Tensor, y_val: Tensor, n_epochs: int
) -> list[Tensor]:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5 ** (epoch // 2))
    losses = []
    for _ in range(n_epochs):
        for X_batch, y_batch in zip(X.split(4), y.split(4), strict=True):
            optimizer.zero_grad()
            functional.cross_entropy(model(X_batch), y_batch, label_smoothing=0.1).backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=1)
            optimizer.step()
        schedule.step()
        losses.append(functional.cross_entropy(model(X_val), y_val).detach())
    return losses


def run_with_a_rate_by_hand(
    model: nn.Module, X: Tensor, y: Tensor, X_val: Tensor, y_val: Tensor, n_epochs: int
) -> list[float]:
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    data = torch.utils.data.TensorDataset(X, y)
    losses = []
    for epoch in range(n_epochs):
        optimizer.param_groups[0]["lr"] = 0.5 / 2 ** (epoch // 2)
        for X_batch, y_batch in torch.utils.data.DataLoader(data, batch_size=4):
            loss = nn.CrossEntropyLoss(label_smoothing=0.1)(model(X_batch), y_batch)
            model.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(list(model.parameters()), 1)
            optimizer.step()
        model.eval()
        with torch.no_grad():
            losses.append(nn.CrossEntropyLoss()(model(X_val), y_val).item())
        model.train()
    return losses


def run_without_an_optimizer(
    model: nn.Module, X: Tensor, y: Tensor, X_val: Tensor, y_val: Tensor, n_epochs: int
) -> list[float]:
    weights, lr, losses = list(model.parameters()), 0.5, []
    for epoch in range(1, n_epochs + 1):
        for start in range(0, len(X), 4):
            rows = slice(start, start + 4)
            loss = functional.cross_entropy(model(X[rows]), y[rows], label_smoothing=0.1)
            slopes = torch.autograd.grad(loss, weights)
            norm = torch.cat([one.flatten() for one in slopes]).norm()
            with torch.no_grad():
                for weight, slope in zip(weights, slopes, strict=True):
                    weight.sub_(lr * slope / norm.clamp(min=1))
        lr = lr if epoch % 2 else lr / 2
        losses.append(functional.cross_entropy(model(X_val), y_val).item())
    return losses


def groups_by_sets(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    decayed = {one for one in model.parameters() if one.dim() >= 2}
    return [
        {"params": list(set(model.parameters()) - decayed), "weight_decay": 0},
        {"params": list(decayed), "weight_decay": decay},
    ]


def groups_in_a_loop(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    first: dict[str, Any] = {"params": [], "weight_decay": decay, "lr": 0.1}
    second: dict[str, Any] = {"params": [], "weight_decay": 0.0}
    for _, one in model.named_parameters():
        (first if len(one.shape) > 1 else second)["params"].append(one)
    return [first, second]


def groups_of_generators(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    return (
        {"params": filter(lambda one: one.ndim > 1, model.parameters()), "weight_decay": decay},
        {"params": (one for one in model.parameters() if one.ndim < 2), "weight_decay": 0.0},
    )


def parts_of_a_loader(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> float:
    optimizer.zero_grad(set_to_none=False)
    data = torch.utils.data.TensorDataset(X, y)
    for X_part, y_part in torch.utils.data.DataLoader(data, batch_size=n_part):
        loss = functional.cross_entropy(model(X_part), y_part)
        (loss * len(X_part) / len(X)).backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm).item()
    optimizer.step()
    return norm


def parts_summed_first(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Tensor:
    """Add up sums, and divide the gradient at the end; clip by hand."""
    model.zero_grad()
    for start in range(0, len(X), n_part):
        rows = slice(start, start + n_part)
        functional.cross_entropy(model(X[rows]), y[rows], reduction="sum").backward()
    slopes = [one.grad for one in model.parameters() if one.grad is not None]
    norm = torch.cat([one.flatten() for one in slopes]).norm() / len(X)
    for one in slopes:
        one *= min(1.0, max_norm / norm.item()) / len(X)
    optimizer.step()
    return torch.as_tensor(norm)


def parts_row_by_row(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Tensor:
    del n_part  # one row is never too many
    optimizer.zero_grad()
    for row, label in zip(X, y, strict=True):
        functional.cross_entropy(model(row[None]), label[None]).div(len(X)).backward()
    norm = nn.utils.get_total_norm([one.grad for one in model.parameters() if one.grad is not None])
    nn.utils.clip_grads_with_norm_(model.parameters(), max_norm, norm)
    optimizer.step()
    return norm


RIGHT: list[Right] = [
    (ex.best_constant, constants_by_sorting),
    (ex.best_constant, constants_by_trying),
    (ex.best_constant, constants_by_quantile),
    (ex.squared_error_gradient, gradient_by_autograd),
    (ex.squared_error_gradient, gradient_by_the_whole_table),
    (ex.squared_error_gradient, gradient_by_indexing),
    (ex.smooth_targets, targets_by_full),
    (ex.smooth_targets, targets_by_lerp),
    (ex.smooth_targets, targets_of_lists),
    (ex.epoch_loss, loss_of_all_at_once),
    (ex.epoch_loss, loss_of_weighted_means),
    (ex.epoch_loss, loss_sample_by_sample),
    (ex.nesterov_step, nesterov_by_torch),
    (ex.nesterov_step, nesterov_in_two_moves),
    (ex.nesterov_step, nesterov_written_out),
    (ex.adamw_step, adamw_by_torch),
    (ex.adamw_step, adamw_in_numpy),
    (ex.adamw_step, adamw_in_place_on_copies),
    (ex.regularized, regularized_by_softshrink),
    (ex.regularized, regularized_by_clamp),
    (ex.regularized, regularized_by_where),
    (ex.BatchNorm, NormByTorch),
    (ex.BatchNorm, NormWithNoGrad),
    (ex.BatchNorm, NormByFunction),
    (ex.find_lr, rate_by_finite_part),
    (ex.find_lr, rate_by_argmin),
    (ex.find_lr, rate_by_numpy),
    (ex.warmup_cosine, schedule_with_zero_at_the_end),
    (ex.warmup_cosine, schedule_of_tensors),
    (ex.warmup_cosine, schedule_in_numpy),
    (ex.scheduled_run, run_with_zip),
    (ex.scheduled_run, run_with_a_rate_by_hand),
    (ex.scheduled_run, run_without_an_optimizer),
    (ex.decay_groups, groups_by_sets),
    (ex.decay_groups, groups_in_a_loop),
    (ex.decay_groups, groups_of_generators),
    (ex.step_in_parts, parts_of_a_loader),
    (ex.step_in_parts, parts_summed_first),
    (ex.step_in_parts, parts_row_by_row),
]


# ------------------------------------------------------------------ solutions, by another way


@pytest.mark.parametrize("arguments", inputs_of(ex.best_constant))
def test_no_other_constant_is_better(arguments: tuple[Tensor]) -> None:
    values = arguments[0].double().numpy()
    square, absolute = (float(one) for one in ex.best_constant.answer(*arguments))
    others = np.concatenate([np.linspace(values.min() - 1, values.max() + 1, 2001), values])
    squares = ((others[:, None] - values) ** 2).sum(axis=1)
    sizes = np.abs(others[:, None] - values).sum(axis=1)
    slack = 1 + 1e-9
    assert ((square - values) ** 2).sum() <= squares.min() * slack
    assert np.abs(absolute - values).sum() <= sizes.min() * slack
    assert not any(others[sizes <= sizes.min() * (1 - 1e-9)] < absolute)


def test_lesson_s_five_numbers() -> None:
    square, absolute = ex.best_constant.answer(torch.tensor([1.0, 2.0, 3.0, 4.0, 100.0]))
    assert (square, absolute) == (22, 3)


@pytest.mark.parametrize("arguments", inputs_of(ex.squared_error_gradient))
def test_gradient_is_finite_differences(arguments: tuple[Tensor, Tensor]) -> None:
    scores, y = arguments[0].double().numpy(), arguments[1].numpy()

    def loss(z: np.ndarray[Any, Any]) -> float:
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        p[np.arange(len(y)), y] -= 1
        return float((p**2).sum())

    wanted, h = np.zeros_like(scores), 1e-5
    for place in np.ndindex(*scores.shape):
        step = np.zeros_like(scores)
        step[place] = h
        wanted[place] = (loss(scores + step) - loss(scores - step)) / (2 * h)
    np.testing.assert_allclose(
        ex.squared_error_gradient.answer(*arguments), wanted, rtol=1e-4, atol=1e-9
    )


def test_surely_wrong_scores_have_hardly_a_slope() -> None:
    scores = torch.tensor([[10.0, 0.0, 0.0]], dtype=torch.float64)
    norm = ex.squared_error_gradient.answer(scores, torch.tensor([1])).norm().item()
    assert norm == pytest.approx(3.4e-4, rel=0.01)


@pytest.mark.parametrize("arguments", inputs_of(ex.smooth_targets))
def test_smoothed_labels_are_those_of_torch_s_loss(arguments: tuple[Tensor, int, float]) -> None:
    y, n_classes, epsilon = arguments
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(len(y), n_classes, generator=rng)
    targets = ex.smooth_targets.answer(*arguments)
    torch.testing.assert_close(
        functional.cross_entropy(logits, targets),
        functional.cross_entropy(logits, y, label_smoothing=epsilon),
    )
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(len(y)))


@pytest.mark.parametrize("arguments", inputs_of(ex.epoch_loss))
def test_loss_of_an_epoch_is_numpy_s_weighted_mean(arguments: tuple[Batches, Tensor]) -> None:
    batches, class_weights = arguments
    losses, weights = list[float](), list[float]()
    for logits, y in batches:
        for row, label in zip(logits.double().numpy(), y.tolist(), strict=True):
            losses.append(np.logaddexp.reduce(row) - row[label])
            weights.append(class_weights[label].item())
    assert ex.epoch_loss.answer(*arguments) == pytest.approx(
        np.average(losses, weights=weights), rel=1e-5
    )


def bowl(w: Tensor) -> Tensor:
    return torch.tensor([[1.0, 0.5], [0.5, 3.0]], dtype=torch.float64) @ w


def path_of(make: Callable[[list[Tensor]], torch.optim.Optimizer]) -> Iterator[Tensor]:
    """Yield 20 steps of PyTorch's optimizer down the bowl."""
    w = torch.tensor([4.0, -2.0], dtype=torch.float64, requires_grad=True)
    optimizer = make([w])
    for _ in range(20):
        w.grad = bowl(w.detach())
        optimizer.step()
        yield w.detach().clone()


def test_nesterov_is_torch_s_for_twenty_steps() -> None:
    w, v = torch.tensor([4.0, -2.0], dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
    for wanted in path_of(lambda ws: torch.optim.SGD(ws, 0.1, 0.9, nesterov=True)):
        w, v = ex.nesterov_step.answer(w, v, bowl(w), 0.1, 0.9)
        torch.testing.assert_close(w, wanted)


def test_adamw_is_torch_s_for_twenty_steps() -> None:
    w = torch.tensor([4.0, -2.0], dtype=torch.float64)
    m = s = torch.zeros_like(w)
    for t, wanted in enumerate(path_of(lambda ws: torch.optim.AdamW(ws, 0.1, weight_decay=0.5)), 1):
        w, m, s = ex.adamw_step.answer(w, m, s, bowl(w), t, 0.1, 0.5)
        torch.testing.assert_close(w, wanted)


def test_decay_in_the_gradient_is_torch_s_adam_as_its_message_says() -> None:
    fault = next(one for one in ex.adamw_step.mistakes if one.__name__ == "decay_in_the_gradient")
    w = torch.tensor([4.0, -2.0], dtype=torch.float64)
    m = s = torch.zeros_like(w)
    for t, wanted in enumerate(path_of(lambda ws: torch.optim.Adam(ws, 0.1, weight_decay=0.5)), 1):
        w, m, s = fault(w, m, s, bowl(w), t, 0.1, 0.5)
        torch.testing.assert_close(w, wanted)


@pytest.mark.parametrize("arguments", inputs_of(ex.regularized))
def test_no_other_weight_is_better(arguments: tuple[Tensor, float]) -> None:
    c, strength = arguments[0].double().numpy(), arguments[1]
    lasso, ridge = (one.double().numpy() for one in ex.regularized.answer(*arguments))

    def first(w: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401
        return (w - c) ** 2 / 2 + strength * np.abs(w)

    def second(w: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401
        return (w - c) ** 2 / 2 + strength * w**2 / 2

    for step in (*np.linspace(-8, 8, 401), 1e-3, -1e-3):
        assert (first(lasso) <= first(lasso + step) + 1e-12).all()
        assert (second(ridge) <= second(ridge + step) + 1e-12).all()


def test_batch_norm_is_torch_s_in_training_and_in_use() -> None:
    rng = torch.Generator().manual_seed(0)
    mine, theirs = ex.BatchNorm.answer(4, 0.3), nn.BatchNorm1d(4, momentum=0.3, affine=False)
    for n in range(5):
        X = torch.randn(3 + n, 4, generator=rng) * 3 + n
        torch.testing.assert_close(mine(X), theirs(X))
    mine.eval(), theirs.eval()
    torch.testing.assert_close(mine(X[:1]), theirs(X[:1]))
    for name in ("running_mean", "running_var"):
        torch.testing.assert_close(mine.state_dict()[name], theirs.state_dict()[name])


def test_batch_norm_of_one_and_three() -> None:
    layer = ex.BatchNorm.answer(1, 0.1)
    out = layer(torch.tensor([[1.0], [3.0]]))
    torch.testing.assert_close(out, torch.tensor([[-1.0], [1.0]]), rtol=1e-4, atol=1e-4)
    assert layer.running_mean.item() == pytest.approx(0.2)
    assert layer.running_var.item() == pytest.approx(1.1)


@pytest.mark.parametrize("arguments", inputs_of(ex.find_lr))
def test_rate_is_a_tenth_of_one_where_the_smoothed_loss_is_lowest(
    arguments: tuple[Tensor, Tensor],
) -> None:
    rates, losses = (one.double().numpy() for one in arguments)
    factors = 0.1 * 0.9 ** np.arange(len(losses))
    smooth = []
    for n in range(len(losses)):
        own = factors[: n + 1][::-1].copy()
        own[0] = 0.9**n
        smooth.append((own * losses[: n + 1]).sum())
    place = np.nanargmin(np.round(smooth, 9))
    assert ex.find_lr.answer(*arguments) == pytest.approx(rates[place] / 10)


@pytest.mark.parametrize("arguments", inputs_of(ex.warmup_cosine))
def test_schedule_is_made_of_torch_s_two(arguments: tuple[int, int, float]) -> None:
    n_warmup, n_steps, peak = arguments
    schedules = torch.optim.lr_scheduler
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=peak)
    cosine = schedules.CosineAnnealingLR(optimizer, n_steps - n_warmup)
    wanted = [peak * (n + 1) / n_warmup for n in range(n_warmup)]
    for _ in range(n_steps - n_warmup):
        wanted.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        cosine.step()
    rates = [ex.warmup_cosine.answer(step, *arguments) for step in range(n_steps + 50)]
    assert rates[:n_steps] == pytest.approx(wanted)
    assert rates[n_steps:] == pytest.approx([0] * 50)
    falls = rates[n_warmup:n_steps]
    assert all(later < earlier for earlier, later in pairwise(falls))


def test_run_s_rates_are_halved_every_second_epoch() -> None:
    """Steps of a clipped gradient are as long as the rate, whatever the loss."""
    model = nn.Linear(2, 2, bias=False)
    nn.init.zeros_(model.weight)
    X, y = torch.tensor([[1e6, 0.0]]), torch.tensor([0])
    lengths, before = list[float](), model.weight.detach().clone()

    def validation(*_: object) -> None:
        lengths.append((model.weight.detach() - before).norm().item())
        before.copy_(model.weight.detach())

    model.register_forward_hook(lambda *_: None if torch.is_grad_enabled() else validation())
    ex.scheduled_run.answer(model, X, y, X, y, 5)
    assert lengths[0] == pytest.approx(0.5, rel=1e-4)
    assert lengths[1:] == pytest.approx([0.5, 0.25, 0.25, 0.125], rel=1e-3)


def test_decay_groups_decay_what_they_should() -> None:
    linear, norm = nn.Linear(3, 4), nn.LayerNorm(4)
    nn.init.ones_(linear.bias)
    model = nn.Sequential(linear, norm)
    before = linear.weight.detach().clone()
    for one in model.parameters():
        one.grad = torch.zeros_like(one)
    torch.optim.AdamW(ex.decay_groups.answer(model, 0.5), lr=0.1).step()
    torch.testing.assert_close(linear.weight.detach(), before * 0.95)
    assert (linear.bias == 1).all()
    assert (norm.weight == 1).all()


def test_step_in_parts_is_the_step_of_the_whole_batch() -> None:
    rng = torch.Generator().manual_seed(0)
    X, y = torch.randn(11, 3, generator=rng), torch.randint(2, (11,), generator=rng)
    model = nn.Linear(3, 2)
    twin = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    norm = ex.step_in_parts.answer(model, optimizer, X, y, 4, 0.01)
    functional.cross_entropy(twin(X), y).backward()
    whole = nn.utils.clip_grad_norm_(twin.parameters(), 0.01)
    torch.testing.assert_close(norm, whole)
    for mine, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        assert theirs.grad is not None
        torch.testing.assert_close(mine, theirs - 0.5 * theirs.grad)


# ------------------------------------------------------------------ the choice


def test_what_is_right_of_a_diagnosis_is_told() -> None:
    assert "Still missing or wrong: run_2." in ex.diagnose.judge("b", "a", "e", "a").message


def _first_losses(*, rate: float, last: float = 1.0, zero: bool = False) -> tuple[Any, Any]:
    torch.manual_seed(0)
    output = nn.Linear(64, 10)
    model = nn.Sequential(nn.Linear(50, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), output)
    with torch.no_grad():
        output.weight.mul_(last)
        for one in model.parameters():
            one.mul_(0.0 if zero else 1.0)
    X, y = torch.randn(640, 50), torch.arange(640) % 10
    X += functional.one_hot(y, 50) * 6
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, [
        one.grad.abs().max().item() for one in model.parameters() if one.grad is not None
    ]


def test_each_right_cause_has_the_signs_of_its_run() -> None:
    large, _ = _first_losses(rate=0.01, last=60)
    assert large[0] > 5
    assert large[20] < large[0] / 2
    nothing, slopes = _first_losses(rate=0.1, zero=True)
    assert nothing == pytest.approx([math.log(10)] * 30, abs=0.01)
    assert slopes[:-1] == [0] * 5
    fast, _ = _first_losses(rate=300)
    assert fast[0] == pytest.approx(math.log(10), abs=0.3)
    assert fast[1] > 1000


@pytest.mark.parametrize("written", ["{}", "({})", " {}. "])
def test_several_letters_are_letters_however_they_are_written(written: str) -> None:
    right = ex.diagnose.answers_of(ex.diagnose.answer)
    answers = [written.format(letter.upper()) for letter in right]
    assert ex.diagnose.judge(*answers).outcome == "passed"
    assert ex.diagnose.judge(*answers[1:], answers[0]).outcome == "not yet"
