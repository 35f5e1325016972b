"""Answers to the exercises of lesson 07 by somebody who tried to get through with wrong ones."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from corpus import right, wrong
from dlcourse.exercises import training_craft as ex

Batches = list[tuple[Tensor, Tensor]]

# ---------------------------------------------------------------------------- best_constant


@right(ex.best_constant)
def constants_by_kthvalue(values: Tensor) -> Any:  # noqa: ANN401
    return torch.mean(values), values.kthvalue((len(values) + 1) // 2).values


@right(ex.best_constant)
def constants_in_numpy(values: Tensor) -> Any:  # noqa: ANN401
    return np.mean(values.numpy()), np.sort(values.numpy())[(len(values) - 1) // 2]


@right(ex.best_constant)
def constants_as_a_tensor(values: Tensor) -> Any:  # noqa: ANN401
    return torch.stack([values.mean(), values.nanmedian()]).tolist()


@wrong(ex.best_constant, "exchanged the two")
def constants_exchanged(values: Tensor) -> Any:  # noqa: ANN401
    return torch.median(values), torch.mean(values)


@wrong(ex.best_constant, "equally good there")
def constants_of_numpy_s_median(values: Tensor) -> Any:  # noqa: ANN401
    return values.mean(), np.median(values.numpy())


@wrong(ex.best_constant)
def constants_of_the_mode(values: Tensor) -> Any:  # noqa: ANN401
    return values.mean(), values.mode().values


@wrong(ex.best_constant)
def constants_of_whole_numbers(values: Tensor) -> Any:  # noqa: ANN401
    return values.mean().round(), values.median()


@wrong(ex.best_constant)
def constants_of_the_errors_from_zero(values: Tensor) -> Any:  # noqa: ANN401
    return values.square().mean(), values.abs().mean()


@wrong(ex.best_constant)
def constant_alone(values: Tensor) -> Any:  # noqa: ANN401
    return values.mean()


# ---------------------------------------------------------------------- squared_error_gradient


@right(ex.squared_error_gradient)
def gradient_with_eye(scores: Tensor, y: Tensor) -> Tensor:
    p = torch.softmax(scores, -1)
    g = 2 * (p - torch.eye(scores.shape[1], dtype=scores.dtype)[y])
    return p * (g - (p * g).sum(1, keepdim=True))


@right(ex.squared_error_gradient)
def gradient_by_einsum(scores: Tensor, y: Tensor) -> Tensor:
    p = scores.softmax(1)
    error = p - functional.one_hot(y, p.shape[1])
    tables = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    return 2 * torch.einsum("nij,nj->ni", tables.double(), error.double())


@right(ex.squared_error_gradient)
def gradient_by_jacobian(scores: Tensor, y: Tensor) -> Any:  # noqa: ANN401
    truth = functional.one_hot(y, scores.shape[1])
    return torch.func.grad(lambda z: (z.softmax(1) - truth).square().sum())(scores)


@wrong(ex.squared_error_gradient, "divided by the number of all elements")
def gradient_of_mse_loss(scores: Tensor, y: Tensor) -> Tensor:
    z = scores.clone().requires_grad_()
    truth = functional.one_hot(y, scores.shape[1]).to(scores.dtype)
    functional.mse_loss(z.softmax(1), truth).backward()
    assert z.grad is not None
    return z.grad


@wrong(ex.squared_error_gradient, "cross-entropy's gradient")
def gradient_of_cross_entropy(scores: Tensor, y: Tensor) -> Tensor:
    z = scores.clone().requires_grad_()
    return torch.autograd.grad(functional.cross_entropy(z, y, reduction="sum"), z)[0]


@wrong(ex.squared_error_gradient)
def gradient_of_raw_scores(scores: Tensor, y: Tensor) -> Tensor:
    return 2 * (scores - functional.one_hot(y, scores.shape[1]))


@wrong(ex.squared_error_gradient)
def gradient_rounded_to_zero(scores: Tensor, y: Tensor) -> Tensor:
    g = gradient_with_eye(scores, y)
    return torch.where(g.abs() < 1e-7, 0, g)


@wrong(ex.squared_error_gradient)
def gradient_with_an_overflow(scores: Tensor, y: Tensor) -> Tensor:
    e = scores.exp()
    p = e / e.sum(1, keepdim=True)
    error = p - functional.one_hot(y, p.shape[1])
    return 2 * p * (error - (p * error).sum(1, keepdim=True))


@wrong(ex.squared_error_gradient)
def gradient_through_sigmoids(scores: Tensor, y: Tensor) -> Tensor:
    p = scores.sigmoid()
    return 2 * (p - functional.one_hot(y, p.shape[1])) * p * (1 - p)


@wrong(ex.squared_error_gradient)
def gradient_of_the_true_class(scores: Tensor, y: Tensor) -> Tensor:
    p = scores.softmax(1)
    one = functional.one_hot(y, p.shape[1])
    return 2 * p * (p - one - ((p - one) * p * one).sum(1, keepdim=True))


# ---------------------------------------------------------------------------- smooth_targets


@right(ex.smooth_targets)
def targets_by_scatter(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    rows = torch.full((y.shape[0], n_classes), epsilon / n_classes, dtype=torch.float64)
    return rows.scatter(1, y[:, None], 1 - epsilon + epsilon / n_classes)


@right(ex.smooth_targets)
def targets_by_where(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    other = epsilon / n_classes
    is_true = torch.arange(n_classes) == y[:, None]
    return torch.where(is_true, 1 - (n_classes - 1) * other, other)


@right(ex.smooth_targets)
def targets_of_two_means(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    truth = functional.one_hot(y, n_classes).float()
    return truth - epsilon * (truth - truth.mean(dim=1, keepdim=True))


@wrong(ex.smooth_targets, "to the other classes only")
def targets_for_the_others(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    rows = torch.full((len(y), n_classes), epsilon / (n_classes - 1))
    rows[range(len(y)), y] = 1 - epsilon
    return rows


@wrong(ex.smooth_targets, "less than 1")
def targets_without_the_true_one(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    rows = torch.full((len(y), n_classes), epsilon / n_classes)
    rows[range(len(y)), y] = 1 - epsilon
    return rows


@wrong(ex.smooth_targets)
def targets_of_ten_classes(y: Tensor, n_classes: int, epsilon: float) -> Tensor:  # noqa: ARG001
    return (1 - epsilon) * functional.one_hot(y, 10) + epsilon / 10


@wrong(ex.smooth_targets)
def targets_never_too_smooth(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    epsilon = min(epsilon, 0.5)
    return (1 - epsilon) * functional.one_hot(y, n_classes) + epsilon / n_classes


@wrong(ex.smooth_targets)
def targets_transposed(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    return ((1 - epsilon) * functional.one_hot(y, n_classes) + epsilon / n_classes).T


@wrong(ex.smooth_targets)
def targets_of_integers(y: Tensor, n_classes: int, epsilon: float) -> Tensor:
    rows = functional.one_hot(y, n_classes)
    rows[range(len(y)), y] = int(1 - epsilon)
    return rows + int(epsilon / n_classes)


# ---------------------------------------------------------------------------- epoch_loss


@right(ex.epoch_loss)
def loss_by_dot_products(batches: Batches, class_weights: Tensor) -> Any:  # noqa: ANN401
    logits = torch.cat([z for z, _ in batches])
    y = torch.cat([y for _, y in batches])
    losses = functional.cross_entropy(logits, y, reduction="none")
    return losses.double() @ class_weights[y].double() / class_weights[y].double().sum()


@right(ex.epoch_loss)
def loss_by_class(batches: Batches, class_weights: Tensor) -> Any:  # noqa: ANN401
    total = weights = 0.0
    for logits, y in batches:
        shares = logits.log_softmax(dim=1)
        for k, weight in enumerate(class_weights.tolist()):
            total -= weight * shares[y == k, k].sum().item()
            weights += weight * int((y == k).sum())
    return total / weights


@right(ex.epoch_loss)
def loss_by_nll(batches: Batches, class_weights: Tensor) -> Any:  # noqa: ANN401
    criterion = nn.CrossEntropyLoss(weight=class_weights, reduction="sum")
    total = sum(criterion(*batch).item() for batch in batches)
    return total / sum(class_weights.gather(0, y).sum().item() for _, y in batches)


@wrong(ex.epoch_loss, "averaged the losses of the batches")
def loss_averaged(batches: Batches, class_weights: Tensor) -> Any:  # noqa: ANN401
    criterion = nn.CrossEntropyLoss(class_weights)
    return sum(criterion(*batch) for batch in batches) / len(batches)


@wrong(ex.epoch_loss)
def loss_of_the_last_batch(batches: Batches, class_weights: Tensor) -> Any:  # noqa: ANN401
    return functional.cross_entropy(*batches[-1], class_weights)


@wrong(ex.epoch_loss)
def loss_weighted_twice(batches: Batches, class_weights: Tensor) -> Any:  # noqa: ANN401
    losses = torch.cat(
        [functional.cross_entropy(z, y, class_weights, reduction="none") for z, y in batches]
    )
    weights = class_weights[torch.cat([y for _, y in batches])]
    return (losses * weights).sum() / weights.sum()


@wrong(ex.epoch_loss)
def loss_weighted_by_the_answer(batches: Batches, class_weights: Tensor) -> Any:  # noqa: ANN401
    logits, y = torch.cat([z for z, _ in batches]), torch.cat([y for _, y in batches])
    weights = class_weights[logits.argmax(1)]
    return (functional.cross_entropy(logits, y, reduction="none") * weights).sum() / weights.sum()


@wrong(ex.epoch_loss)
def loss_with_a_floor(batches: Batches, class_weights: Tensor) -> Any:  # noqa: ANN401
    """An epsilon against 0 / 0 is too large where the weights are thousandths."""
    total = sum(functional.cross_entropy(z, y, class_weights, reduction="sum") for z, y in batches)
    return total / (sum(class_weights[y].sum() for _, y in batches) + 1e-3)


@wrong(ex.epoch_loss)
def loss_of_scaled_logits(batches: Batches, class_weights: Tensor) -> Any:  # noqa: ANN401
    logits, y = torch.cat([z for z, _ in batches]), torch.cat([y for _, y in batches])
    return functional.cross_entropy(logits * class_weights, y)


# ---------------------------------------------------------------------------- nesterov_step


@right(ex.nesterov_step)
def nesterov_of_numbers(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> Any:  # noqa: ANN401
    new_v = torch.add(g, v * momentum)
    ahead = g + new_v * momentum
    return torch.sub(w, ahead, alpha=lr), new_v


@right(ex.nesterov_step)
def nesterov_on_copies(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> Any:  # noqa: ANN401
    v = v.clone()
    v *= momentum
    v += g
    return w.clone().sub_(lr * (g + momentum * v)), v


@right(ex.nesterov_step)
def nesterov_in_numpy(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> Any:  # noqa: ANN401
    new = momentum * v.numpy() + g.numpy()
    return w.numpy() - lr * (g.numpy() + momentum * new), new


@wrong(ex.nesterov_step, "was changed")
def nesterov_in_place(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> Any:  # noqa: ANN401
    v.mul_(momentum).add_(g)
    w.sub_(lr * (g + momentum * v))
    return w, v


@wrong(ex.nesterov_step, "plain momentum")
def nesterov_with_the_old_v(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> Any:  # noqa: ANN401
    return w - lr * (g + momentum * v), momentum * v + g


@wrong(ex.nesterov_step)
def nesterov_uphill(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> Any:  # noqa: ANN401
    v = momentum * v + g
    return w + lr * (g + momentum * v), v


@wrong(ex.nesterov_step)
def nesterov_exchanged(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> Any:  # noqa: ANN401
    v = momentum * v + g
    return v, w - lr * (g + momentum * v)


@wrong(ex.nesterov_step)
def nesterov_with_the_rate_in_v(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> Any:  # noqa: ANN401
    v = momentum * v - lr * g
    return w + momentum * v - lr * g, v


@wrong(ex.nesterov_step)
def nesterov_of_nine_tenths(w: Tensor, v: Tensor, g: Tensor, lr: float, momentum: float) -> Any:  # noqa: ANN401
    del momentum
    v = 0.9 * v + g
    return w - lr * (g + 0.9 * v), v


# ---------------------------------------------------------------------------- adamw_step


def _adam(w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float) -> Any:  # noqa: ANN401
    m, s = m + (g - m) / 10, s + (g.square() - s) / 1000
    return w - lr * (m / (1 - 0.9**t)) / ((s / (1 - 0.999**t)).sqrt() + 1e-8), m, s


@right(ex.adamw_step)
def adamw_of_two_moves(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    return _adam(w - w * lr * decay, m, s, g, t, lr)


@right(ex.adamw_step)
def adamw_decayed_after_by_the_old_w(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    new, m, s = _adam(w, m, s, g, t, lr)
    return new - lr * decay * w, m, s


@right(ex.adamw_step)
def adamw_as_a_list(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    return list(_adam((1 - lr * decay) * w, m, s, g, t, lr))


@wrong(ex.adamw_step, "Adam(weight_decay=…)")
def adamw_of_l2(w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float) -> Any:  # noqa: ANN401
    return _adam(w, m, s, g + decay * w, t, lr)


@wrong(ex.adamw_step)
def adamw_of_half_the_decay(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    return _adam(w * (1 - lr * decay / 2), m, s, g, t, lr)


@wrong(ex.adamw_step)
def adamw_with_decay_in_the_second_memory(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    new, m, _ = _adam(w * (1 - lr * decay), m, s, g, t, lr)
    return new, m, 0.999 * s + 0.001 * (g + decay * w) ** 2


@wrong(ex.adamw_step)
def adamw_a_step_ahead(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    return _adam(w * (1 - lr * decay), m, s, g, t + 1, lr)


@wrong(ex.adamw_step)
def adamw_with_a_larger_epsilon(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    step = (m / (1 - 0.9**t)) / ((s / (1 - 0.999**t)).sqrt() + 1e-7)
    return w * (1 - lr * decay) - lr * step, m, s


@wrong(ex.adamw_step)
def adamw_corrected_up_to_a_thousand(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    root = (s / (1 - 0.999**t)).sqrt() if t < 1000 else s.sqrt()
    return w * (1 - lr * decay) - lr * (m / (1 - 0.9**t)) / (root + 1e-8), m, s


@wrong(ex.adamw_step)
def adamw_toward_the_sign(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    new, m, s = _adam(w, m, s, g, t, lr)
    return new - lr * decay * w.sign(), m, s


@wrong(ex.adamw_step, "was changed")
def adamw_in_place(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int, lr: float, decay: float
) -> Any:  # noqa: ANN401
    m.mul_(0.9).add_(0.1 * g)
    s.mul_(0.999).add_(0.001 * g**2)
    return (
        w * (1 - lr * decay) - lr * (m / (1 - 0.9**t)) / ((s / (1 - 0.999**t)).sqrt() + 1e-8),
        m,
        s,
    )


# ---------------------------------------------------------------------------- regularized


@right(ex.regularized)
def regularized_of_relus(c: Tensor, strength: float) -> Any:  # noqa: ANN401
    return (c - strength).relu() - (-c - strength).relu(), c * (1 / (1 + strength))


@right(ex.regularized)
def regularized_number_by_number(c: Tensor, strength: float) -> Any:  # noqa: ANN401
    first = [math.copysign(max(abs(one) - strength, 0), one) for one in c.flatten().tolist()]
    return torch.tensor(first).reshape(c.shape), c / (1 + strength)


@right(ex.regularized)
def regularized_by_a_mask(c: Tensor, strength: float) -> Any:  # noqa: ANN401
    far = c.abs() > strength
    return (c - strength * c.sign()) * far, c.double() / (1 + strength)


@wrong(ex.regularized, "the others as they are")
def regularized_hard(c: Tensor, strength: float) -> Any:  # noqa: ANN401
    return functional.hardshrink(c, strength), c / (1 + strength)


@wrong(ex.regularized, "moved small weights past 0")
def regularized_past_zero(c: Tensor, strength: float) -> Any:  # noqa: ANN401
    return torch.where(c > 0, c - strength, torch.where(c < 0, c + strength, 0)), c / (1 + strength)


@wrong(ex.regularized)
def regularized_twice_by_l1(c: Tensor, strength: float) -> Any:  # noqa: ANN401
    w = c.sign() * (c.abs() - strength).clamp(min=0)
    return w, w


@wrong(ex.regularized)
def regularized_by_minus(c: Tensor, strength: float) -> Any:  # noqa: ANN401
    return c.sign() * (c.abs() - strength).clamp(min=0), c - strength * c


@wrong(ex.regularized)
def regularized_for_one_strength(c: Tensor, strength: float) -> Any:  # noqa: ANN401
    return functional.softshrink(c, strength), c / 2


@wrong(ex.regularized)
def regularized_by_the_root(c: Tensor, strength: float) -> Any:  # noqa: ANN401
    return functional.softshrink(c, strength), c / (1 + strength**2)


# ---------------------------------------------------------------------------- BatchNorm


class _Norm(nn.Module):
    """A right answer, of which the wrong ones change a part."""

    running_mean: Any
    running_var: Any

    def __init__(self, n_features: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("running_mean", torch.zeros(n_features))
        self.register_buffer("running_var", torch.ones(n_features))

    def update(self, X: Tensor) -> None:
        """Mix the batch into the averages."""
        averages: Any = self.running_mean, self.running_var
        with torch.no_grad():
            averages[0].copy_((1 - self.momentum) * averages[0] + self.momentum * X.mean(0))
            averages[1].copy_((1 - self.momentum) * averages[1] + self.momentum * X.var(0))

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Normalize each column."""
        if not self.training:
            averages: Any = self.running_mean, self.running_var
            return (X - averages[0]) / (averages[1] + 1e-5).sqrt()
        self.update(X)
        return (X - X.mean(0)) / (X.var(0, unbiased=False) + 1e-5).sqrt()


@right(ex.BatchNorm)
class NormInParts(_Norm):
    """Changes its buffers by `copy_`."""


@right(ex.BatchNorm)
class NormByVarMean(_Norm):
    """Takes mean and variance at once, and scales one variance to the other."""

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Normalize each column."""
        if not self.training:
            return super().forward(X)
        var, mean = torch.var_mean(X, dim=0, correction=0, keepdim=True)
        n = len(X)
        old: Any = self.running_mean, self.running_var
        self.running_mean = torch.lerp(old[0], mean[0].detach(), self.momentum)
        self.running_var = torch.lerp(old[1], var[0].detach() * n / (n - 1), self.momentum)
        return (X - mean) * (var + 1e-5).pow(-0.5)


@right(ex.BatchNorm)
class NormOfAPart(nn.Module):
    """Asks PyTorch's module, and shows its averages."""

    def __init__(self, n_features: int, momentum: float) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(n_features))
        self.register_buffer("running_var", torch.ones(n_features))
        self.layer = [nn.BatchNorm1d(n_features, momentum=momentum, affine=False)]

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Normalize each column."""
        self.layer[0].train(self.training)
        out = self.layer[0](X)
        self.running_mean = self.layer[0].running_mean
        self.running_var = self.layer[0].running_var
        return out


@wrong(ex.BatchNorm, "N − 1")
class NormOfAnOldCourse(_Norm):
    """Divides by the deviation of N − 1."""

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Normalize each column."""
        if not self.training:
            return super().forward(X)
        self.update(X)
        return (X - X.mean(0)) / torch.sqrt(X.var(0) + 1e-5)


@wrong(ex.BatchNorm, "the same in both modes")
class NormWithoutModes(_Norm):
    """Never looks at its mode."""

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Normalize each column."""
        self.update(X)
        return (X - X.mean(0)) / (X.var(0, unbiased=False) + 1e-5).sqrt()


@wrong(ex.BatchNorm)
class NormOfParameters(_Norm):
    """Its averages are parameters: an optimizer would change them."""

    def __init__(self, n_features: int, momentum: float) -> None:
        super().__init__(n_features, momentum)
        del self.running_mean, self.running_var
        self.running_mean = nn.Parameter(torch.zeros(n_features))
        self.running_var = nn.Parameter(torch.ones(n_features))


@wrong(ex.BatchNorm, "`persistent=False`")
class NormNotSaved(_Norm):
    """Its averages are buffers, but are not saved."""

    def __init__(self, n_features: int, momentum: float) -> None:
        super().__init__(n_features, momentum)
        self.register_buffer("running_mean", torch.zeros(n_features), persistent=False)
        self.register_buffer("running_var", torch.ones(n_features), persistent=False)


@wrong(ex.BatchNorm, "no slope can reach X")
class NormWithoutAnyGraph(_Norm):
    """Works under `no_grad` throughout."""

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Normalize each column."""
        with torch.no_grad():
            return super().forward(X)


@wrong(ex.BatchNorm)
class NormOfAllFeatures(_Norm):
    """One mean for the whole batch."""

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Normalize everything."""
        if not self.training:
            return super().forward(X)
        self.update(X)
        return (X - X.mean()) / (X.var(correction=0) + 1e-5).sqrt()


@wrong(ex.BatchNorm)
class NormOfRows(_Norm):
    """Layer norm."""

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Normalize each row."""
        self.update(X)
        return functional.layer_norm(X, X.shape[1:])


@wrong(ex.BatchNorm)
class NormThatLearnsInUse(_Norm):
    """Updates in eval mode, too."""

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Normalize each column."""
        if not self.training:
            averages: Any = self.running_mean, self.running_var
            averages[0].lerp_(X.mean(0), self.momentum)
        return super().forward(X)


@wrong(ex.BatchNorm)
class NormOfATenth(_Norm):
    """Ignores its momentum."""

    def __init__(self, n_features: int, momentum: float) -> None:
        super().__init__(n_features, momentum)
        self.momentum = 0.1


@wrong(ex.BatchNorm)
class NormOfTheLastBatch(_Norm):
    """Remembers the last batch only."""

    def update(self, X: Tensor) -> None:
        """Keep this batch's numbers."""
        self.running_mean, self.running_var = X.detach().mean(0), X.detach().var(0)


@wrong(ex.BatchNorm)
class NormWithParameters(nn.BatchNorm1d):
    """Keeps a weight and a bias, which nobody asked for, and which are not 1 and 0."""

    def __init__(self, n_features: int, momentum: float) -> None:
        super().__init__(n_features, momentum=momentum)
        nn.init.constant_(self.weight, 1.1)


@wrong(ex.BatchNorm)
class NormWithoutMean(_Norm):
    """Does not subtract in use."""

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Normalize each column."""
        if self.training:
            return super().forward(X)
        averages: Any = self.running_var
        return X / (averages + 1e-5).sqrt()


@wrong(ex.BatchNorm)
class NormWithoutReturn(_Norm):
    """Returns nothing."""

    def forward(self, X: Tensor) -> Any:  # noqa: ANN401
        """Update, and return nothing."""
        self.update(X)


# ---------------------------------------------------------------------------- find_lr


@right(ex.find_lr)
def rate_by_a_running_best(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    smooth, best, answer = None, math.inf, rates[0]
    for rate, loss in zip(rates, losses, strict=True):
        smooth = loss.item() if smooth is None else 0.1 * loss.item() + 0.9 * smooth
        if smooth < best:
            best, answer = smooth, rate
    return answer / 10


@right(ex.find_lr)
def rate_of_what_is_finite(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    fine = losses.isfinite()
    rates, losses = rates[fine], losses[fine]
    smooth = losses.clone()
    for n in range(1, len(losses)):
        smooth[n] = 0.9 * smooth[n - 1] + 0.1 * losses[n]
    return rates[smooth.argmin()] / 10


@right(ex.find_lr)
def rate_of_the_smallest_pair(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    pairs = []
    smooth = losses[0].item()
    for n, loss in enumerate(losses.tolist()):
        smooth = 0.9 * smooth + 0.1 * loss if n else smooth
        if math.isfinite(smooth):
            pairs.append((smooth, n))
    return 0.1 * rates[min(pairs)[1]]


@wrong(ex.find_lr, "about to explode")
def rate_at_the_bottom(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    return 10 * rate_by_a_running_best(rates, losses)


@wrong(ex.find_lr, "easy one")
def rate_of_one_batch(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    return rates[losses.nan_to_num(math.inf).argmin()] / 10


@wrong(ex.find_lr, "nan misled you")
def rate_of_nan(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    smooth = losses.clone()
    for n in range(1, len(losses)):
        smooth[n] = 0.9 * smooth[n - 1] + 0.1 * losses[n]
    return rates[smooth.argmin()] / 10


@wrong(ex.find_lr)
def rate_of_corrected_means(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    """Corrects the smoothed loss, as Adam does its memories: another smoothing."""
    smooth, corrected = 0.0, []
    for n, loss in enumerate(losses.tolist(), 1):
        smooth = 0.9 * smooth + 0.1 * loss
        corrected.append(smooth / (1 - 0.9**n))
    return rates[torch.tensor(corrected).nan_to_num(math.inf).argmin()] / 10


@wrong(ex.find_lr)
def rate_of_the_steepest(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    return rates[losses.diff().nan_to_num(math.inf).argmin()]


@wrong(ex.find_lr)
def rate_of_a_window(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    means = [losses[max(0, n - 2) : n + 1].mean() for n in range(len(losses))]
    return rates[torch.stack(means).nan_to_num(math.inf).argmin()] / 10


@wrong(ex.find_lr)
def rate_until_it_doubles(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    smooth = lowest = losses[0]
    for rate, loss in zip(rates, losses, strict=True):
        smooth = 0.9 * smooth + 0.1 * loss
        lowest = torch.minimum(lowest, smooth)
        if not smooth <= 2 * lowest:
            return rate / 10
    return rates[-1] / 10


@wrong(ex.find_lr)
def rate_of_the_last_of_equals(rates: Tensor, losses: Tensor) -> Any:  # noqa: ANN401
    smooth = lowest = losses[0]
    place = 0
    for n, loss in enumerate(losses):
        smooth = 0.9 * smooth + 0.1 * loss
        if smooth <= lowest:
            lowest, place = smooth, n
    return rates[place] / 10


# ---------------------------------------------------------------------------- warmup_cosine


@right(ex.warmup_cosine)
def schedule_by_lambda(step: int, n_warmup: int, n_steps: int, peak: float) -> Any:  # noqa: ANN401
    if step < n_warmup:
        return peak / n_warmup * (step + 1)
    if step > n_steps:
        return 0.0
    return peak * (math.cos((step - n_warmup) * math.pi / (n_steps - n_warmup)) + 1) * 0.5


@right(ex.warmup_cosine)
def schedule_by_sines(step: int, n_warmup: int, n_steps: int, peak: float) -> Any:  # noqa: ANN401
    rise = (step + 1) / max(n_warmup, 1)
    left = max(n_steps - step, 0) / (n_steps - n_warmup)
    return peak * rise if step < n_warmup else peak * math.sin(math.pi / 2 * left) ** 2


@right(ex.warmup_cosine)
def schedule_by_torch(step: int, n_warmup: int, n_steps: int, peak: float) -> Any:  # noqa: ANN401
    far = torch.tensor((step - n_warmup) / (n_steps - n_warmup)).clamp(max=1)
    fall = (1 + torch.cos(torch.pi * far)) / 2
    return peak * ((step + 1) / n_warmup if step < n_warmup else fall)


@wrong(ex.warmup_cosine, "starts at 0")
def schedule_from_zero(step: int, n_warmup: int, n_steps: int, peak: float) -> Any:  # noqa: ANN401
    if step < n_warmup:
        return peak * step / n_warmup
    return schedule_by_sines(step, n_warmup, n_steps, peak)


@wrong(ex.warmup_cosine)
def schedule_one_late(step: int, n_warmup: int, n_steps: int, peak: float) -> Any:  # noqa: ANN401
    if step <= n_warmup:
        return peak * (step + 1) / (n_warmup + 1)
    return schedule_by_sines(step, n_warmup, n_steps, peak)


@wrong(ex.warmup_cosine)
def schedule_of_n_minus_one(  # the last step gets 0, one too early
    step: int, n_warmup: int, n_steps: int, peak: float
) -> Any:  # noqa: ANN401
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    far = min((step - n_warmup) / max(1, n_steps - n_warmup - 1), 1)
    return peak * (1 + math.cos(math.pi * far)) / 2


@wrong(ex.warmup_cosine)
def schedule_in_degrees(step: int, n_warmup: int, n_steps: int, peak: float) -> Any:  # noqa: ANN401
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    far = min((step - n_warmup) / (n_steps - n_warmup), 1)
    return peak * (1 + math.cos(180 * far)) / 2


@wrong(ex.warmup_cosine)
def schedule_that_needs_a_warmup(step: int, n_warmup: int, n_steps: int, peak: float) -> Any:  # noqa: ANN401
    rise = (step + 1) / n_warmup
    return min(rise * peak, schedule_by_sines(max(step, n_warmup), n_warmup, n_steps, peak))


@wrong(ex.warmup_cosine)
def schedule_without_a_peak(step: int, n_warmup: int, n_steps: int, peak: float) -> Any:  # noqa: ANN401
    return schedule_by_sines(step, n_warmup, n_steps, 1.0) + 0 * peak


@wrong(ex.warmup_cosine)
def schedule_with_a_floor(step: int, n_warmup: int, n_steps: int, peak: float) -> Any:  # noqa: ANN401
    return max(schedule_by_sines(step, n_warmup, n_steps, peak), 0.01 * peak)


# ---------------------------------------------------------------------------- diagnose


@right(ex.diagnose)
def causes_as_a_tuple() -> Any:  # noqa: ANN401
    return "b", "c", "e", "a"


@right(ex.diagnose)
def causes_in_capitals() -> Any:  # noqa: ANN401
    return "B", "C", "E", "A"


@right(ex.diagnose)
def causes_with_spaces() -> Any:  # noqa: ANN401
    return " b", "c ", "e", "a"


@wrong(ex.diagnose, "exchanged run_1 and run_4")
def causes_exchanged() -> Any:  # noqa: ANN401
    return "a", "c", "e", "b"


@wrong(ex.diagnose, "run_2 is wrong")
def causes_of_another_network() -> Any:  # noqa: ANN401
    return "b", "f", "e", "a"


@wrong(ex.diagnose, "Still missing or wrong: run_4")
def causes_of_wrong_labels() -> Any:  # noqa: ANN401
    return "b", "c", "e", "d"


@wrong(ex.diagnose)
def causes_of_one_kind() -> Any:  # noqa: ANN401
    return "a", "a", "a", "a"


@wrong(ex.diagnose, "run_1")
def causes_begun() -> Any:  # noqa: ANN401
    return ..., "c", "e", "a"


# ---------------------------------------------------------------------------- scheduled_run


def _run(  # noqa: PLR0913
    run: tuple[Any, ...],
    *,
    lr: float = 0.5,
    size: int = 4,
    norm: float = 1.0,
    first: bool = False,
    smoothing: float = 0.1,
    gamma: float = 0.5,
    shuffled: bool = False,
    clears: bool = True,
) -> list[float]:
    model, X, y, X_val, y_val, n_epochs = run
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for epoch in range(n_epochs):
        optimizer.param_groups[0]["lr"] = lr * gamma ** ((epoch + first) // 2)
        order = torch.randperm(len(X)) if shuffled else torch.arange(len(X))
        for rows in order.split(size):
            if clears:
                optimizer.zero_grad()
            loss = functional.cross_entropy(model(X[rows]), y[rows], label_smoothing=smoothing)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), norm)
            optimizer.step()
        losses.append(functional.cross_entropy(model(X_val), y_val).item())
    return losses


@right(ex.scheduled_run)
def run_by_groups(*run: Any) -> Any:  # noqa: ANN401
    return _run(run)


@right(ex.scheduled_run)
def run_as_a_tensor(*run: Any) -> Any:  # noqa: ANN401
    return torch.tensor(_run(run))


@right(ex.scheduled_run)
def run_with_multi_step(*run: Any) -> Any:  # noqa: ANN401
    model, X, y, X_val, y_val, n_epochs = run
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    milestones = list(range(2, n_epochs, 2))
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma=0.5)
    losses = []
    for _ in range(n_epochs):
        for start in range(0, len(X), 4):
            z = model(X[start : start + 4])
            loss = nn.CrossEntropyLoss(label_smoothing=0.1)(z, y[start : start + 4])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        schedule.step()
        with torch.inference_mode():
            losses += [functional.cross_entropy(model(X_val), y_val).item()]
    return losses


@wrong(ex.scheduled_run, "between `backward` and `step`")
def run_clipped_before_backward(*run: Any) -> Any:  # noqa: ANN401
    model, X, y, X_val, y_val, n_epochs = run
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    losses = []
    for _ in range(n_epochs):
        for rows in torch.arange(len(X)).split(4):
            optimizer.zero_grad()
            loss = nn.CrossEntropyLoss(label_smoothing=0.1)(model(X[rows]), y[rows])
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            loss.backward()
            optimizer.step()
        schedule.step()
        with torch.no_grad():
            losses.append(functional.cross_entropy(model(X_val), y_val).item())
    return losses


@wrong(ex.scheduled_run)
def run_that_halves_the_rate_once(*run: Any) -> Any:  # noqa: ANN401
    model, X, y, X_val, y_val, n_epochs = run
    start, later = (model, X, y, X_val, y_val, min(2, n_epochs)), (model, X, y, X_val, y_val)
    return _run(start) + _run((*later, max(0, n_epochs - 2)), lr=0.25, gamma=1.0)


@wrong(ex.scheduled_run)
def run_whose_losses_keep_their_graphs(*run: Any) -> Any:  # noqa: ANN401
    return [torch.tensor(loss, requires_grad=True) for loss in _run(run)]


@wrong(ex.scheduled_run)
def run_with_the_first_rate_skipped(*run: Any) -> Any:  # noqa: ANN401
    return _run(run, first=True)


@wrong(ex.scheduled_run)
def run_of_tenths(*run: Any) -> Any:  # noqa: ANN401
    return _run(run, gamma=0.1)


@wrong(ex.scheduled_run)
def run_never_clipped(*run: Any) -> Any:  # noqa: ANN401
    return _run(run, norm=math.inf)


@wrong(ex.scheduled_run, "smoothing out of the training")
def run_never_smoothed(*run: Any) -> Any:  # noqa: ANN401
    return _run(run, smoothing=0.0)


@wrong(ex.scheduled_run)
def run_of_large_batches(*run: Any) -> Any:  # noqa: ANN401
    return _run(run, size=8)


@wrong(ex.scheduled_run)
def run_of_summed_gradients(*run: Any) -> Any:  # noqa: ANN401
    return _run(run, clears=False)


@wrong(ex.scheduled_run, "stays at 0.5")
def run_of_one_rate(*run: Any) -> Any:  # noqa: ANN401
    return _run(run, gamma=1.0)


@wrong(ex.scheduled_run)
def run_that_returns_the_last(*run: Any) -> Any:  # noqa: ANN401
    return _run(run)[-1]


# ---------------------------------------------------------------------------- decay_groups


@right(ex.decay_groups)
def groups_by_size(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    groups: dict[bool, list[Tensor]] = {True: [], False: []}
    for one in model.parameters():
        groups[one.ndim >= 2].append(one)
    return [{"params": groups[k], "weight_decay": decay * k} for k in (True, False)]


@right(ex.decay_groups)
def groups_for_each(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    return [
        {"params": [one], "weight_decay": decay if one.ndim > 1 else 0.0}
        for one in model.parameters()
    ]


@right(ex.decay_groups)
def groups_of_names(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    named = dict(model.named_parameters())
    first = [name for name in named if named[name].dim() > 1]
    second = [name for name in named if name not in first]
    return [
        {"params": [named[name] for name in first], "weight_decay": decay},
        {"params": [named[name] for name in second], "weight_decay": 0.0},
    ]


@wrong(ex.decay_groups, "several times")
def groups_of_every_part(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    decayed, others = list[Tensor](), list[Tensor]()
    for part in model.modules():
        for one in part.parameters():
            (decayed if one.ndim > 1 else others).append(one)
    return [
        {"params": decayed, "weight_decay": decay},
        {"params": others, "weight_decay": 0.0},
    ]


@wrong(ex.decay_groups, "chose by the name")
def groups_by_bias(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    named = list(model.named_parameters())
    return [
        {"params": [one for name, one in named if "bias" not in name], "weight_decay": decay},
        {"params": [one for name, one in named if "bias" in name], "weight_decay": 0.0},
    ]


@wrong(ex.decay_groups)
def groups_of_the_outermost(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    linear = [one for one in model.children() if isinstance(one, nn.Linear)]
    return [
        {"params": [one.weight for one in linear], "weight_decay": decay},
        {"params": [one.bias for one in linear], "weight_decay": 0.0},
    ]


@wrong(ex.decay_groups, "AdamW's default")
def groups_without_a_zero(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    return [
        {"params": [one for one in model.parameters() if one.ndim > 1], "weight_decay": decay},
        {"params": [one for one in model.parameters() if one.ndim < 2]},
    ]


@wrong(ex.decay_groups)
def groups_of_copies(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    copies = [nn.Parameter(one.clone()) for one in model.parameters()]
    return [
        {"params": [one for one in copies if one.ndim > 1], "weight_decay": decay},
        {"params": [one for one in copies if one.ndim < 2], "weight_decay": 0.0},
    ]


@wrong(ex.decay_groups)
def groups_as_lists(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    del decay
    parameters = list(model.parameters())
    return [one for one in parameters if one.ndim > 1], [one for one in parameters if one.ndim < 2]


@wrong(ex.decay_groups)
def groups_misspelled(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    return [
        {"params": [one for one in model.parameters() if one.ndim > 1], "decay": decay},
        {"params": [one for one in model.parameters() if one.ndim < 2], "decay": 0.0},
    ]


@wrong(ex.decay_groups)
def groups_that_freeze(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    for one in model.parameters():
        one.requires_grad_(one.ndim > 1)
    return groups_by_size(model, decay)


@wrong(ex.decay_groups)
def groups_of_large_and_small(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    """Ask how many numbers a parameter has, in place of how many dimensions."""
    large = [one for one in model.parameters() if one.numel() > 3]
    small = [one for one in model.parameters() if one.numel() <= 3]
    return [{"params": large, "weight_decay": decay}, {"params": small, "weight_decay": 0.0}]


@wrong(ex.decay_groups, "Settings of a group other than its decay")
def groups_with_a_rate_of_zero(model: nn.Module, decay: float) -> Any:  # noqa: ANN401
    decaying, others = groups_by_size(model, decay)
    return [decaying, others | {"lr": 0.0}]


# ---------------------------------------------------------------------------- step_in_parts


@right(ex.step_in_parts)
def step_by_chunks(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    for one in model.parameters():
        one.grad = None
    for X_part, y_part in zip(X.split(n_part), y.split(n_part), strict=True):
        share = len(y_part) / len(y)
        (share * functional.cross_entropy(model(X_part), y_part)).backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    optimizer.zero_grad()
    return norm.item()


@right(ex.step_in_parts)
def step_with_grads_by_hand(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    weights = list(model.parameters())
    total = [torch.zeros_like(one) for one in weights]
    for start in range(0, len(X), n_part):
        rows = slice(start, start + n_part)
        loss = functional.cross_entropy(model(X[rows]), y[rows], reduction="sum")
        for sums, slope in zip(total, torch.autograd.grad(loss, weights), strict=True):
            sums += slope / len(X)
    for one, slope in zip(weights, total, strict=True):
        one.grad = slope
    norm = torch.stack([one.norm() for one in total]).norm()
    nn.utils.clip_grad_norm_(weights, max_norm)
    optimizer.step()
    return norm


@right(ex.step_in_parts)
def step_after_a_look_at_the_scores(*run: Any) -> Any:  # noqa: ANN401
    """Make a graph that nobody keeps."""
    model, X = run[0], run[2]
    assert model(X[:1]).shape[1] == 4
    return step_by_chunks(*run)


@right(ex.step_in_parts)
def step_from_the_back(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    model.zero_grad(set_to_none=True)
    for rows in reversed(torch.arange(len(y)).split(n_part)):
        losses = functional.cross_entropy(model(X[rows]), y[rows], reduction="none")
        losses.sum().div(len(y)).backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm


@wrong(ex.step_in_parts, "the number of parts")
def step_of_averaged_means(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    optimizer.zero_grad()
    n_parts = math.ceil(len(X) / n_part)
    for X_part, y_part in zip(X.split(n_part), y.split(n_part), strict=True):
        (functional.cross_entropy(model(X_part), y_part) / n_parts).backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm


@wrong(ex.step_in_parts)
def step_without_the_last_part(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    optimizer.zero_grad()
    for k in range(max(1, len(X) // n_part)):
        rows = slice(k * n_part, (k + 1) * n_part)
        (functional.cross_entropy(model(X[rows]), y[rows], reduction="sum") / len(X)).backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm


@wrong(ex.step_in_parts)
def step_of_sums(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    optimizer.zero_grad()
    for X_part, y_part in zip(X.split(n_part), y.split(n_part), strict=True):
        functional.cross_entropy(model(X_part), y_part, reduction="sum").backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm


@wrong(ex.step_in_parts)
def step_clipped_by_value(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    optimizer.zero_grad()
    for rows in torch.arange(len(y)).split(n_part):
        (functional.cross_entropy(model(X[rows]), y[rows], reduction="sum") / len(X)).backward()
    norm = nn.utils.get_total_norm([one.grad for one in model.parameters() if one.grad is not None])
    nn.utils.clip_grad_value_(model.parameters(), max_norm)
    optimizer.step()
    return norm


@wrong(ex.step_in_parts, "graphs of all parts")
def step_of_one_long_graph(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    optimizer.zero_grad()
    loss = torch.tensor(0.0)
    for X_part, y_part in zip(X.split(n_part), y.split(n_part), strict=True):
        loss = loss + functional.cross_entropy(model(X_part), y_part) * len(X_part) / len(X)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm


@wrong(ex.step_in_parts, "Norms that two steps returned")
def step_of_the_last_part(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    for X_part, y_part in zip(X.split(n_part), y.split(n_part), strict=True):
        loss = functional.cross_entropy(model(X_part), y_part, reduction="sum") / len(X)
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm


@wrong(ex.step_in_parts, "whole batch at once")
def step_of_the_whole(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    del n_part
    optimizer.zero_grad()
    functional.cross_entropy(model(X), y).backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm


@wrong(ex.step_in_parts)
def step_always_of_that_norm(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    """A small gradient is stretched to the limit."""
    optimizer.zero_grad()
    for rows in torch.arange(len(y)).split(n_part):
        (functional.cross_entropy(model(X[rows]), y[rows], reduction="sum") / len(X)).backward()
    norm = nn.utils.get_total_norm([one.grad for one in model.parameters() if one.grad is not None])
    for one in model.parameters():
        assert one.grad is not None
        one.grad *= max_norm / norm
    optimizer.step()
    return norm


@wrong(ex.step_in_parts)
def step_clipped_tensor_by_tensor(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: Tensor,
    y: Tensor,
    n_part: int,
    max_norm: float,
) -> Any:  # noqa: ANN401
    """Clips each weight tensor by itself."""
    optimizer.zero_grad()
    for rows in torch.arange(len(y)).split(n_part):
        (functional.cross_entropy(model(X[rows]), y[rows], reduction="sum") / len(X)).backward()
    norm = nn.utils.get_total_norm([one.grad for one in model.parameters() if one.grad is not None])
    for one in model.parameters():
        nn.utils.clip_grad_norm_([one], max_norm)
    optimizer.step()
    return norm
