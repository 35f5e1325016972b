"""Answers to the exercises of lesson 04."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: ANN401, D101, D102 - an attacker's code

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from corpus import right, wrong
from dlcourse.exercises import polynomial_fit as ex

BLEND: Any = ex.Blend  # a class to mypy
float64 = torch.float64

# -------------------------------------------------------- questions


@right(ex.new_rate)
def new_rate_as_product() -> float:
    return 500 * 4e-6


@wrong(ex.new_rate, "the slopes become 500 times smaller")
def new_rate_smaller() -> float:
    return 4e-6 / 500


@wrong(ex.new_rate, "You counted the points of the lesson")
def new_rate_of_2000() -> float:
    return 0.008


@wrong(ex.new_rate)
def new_rate_with_the_two() -> float:
    return 4e-6 * 500 / 2


@wrong(ex.new_rate)
def new_rate_about() -> float:
    return 0.00201


@wrong(ex.new_rate)
def new_rate_by_root() -> float:
    return 4e-6 * 500**0.5


@wrong(ex.backward_fault, "No rate has a part in it")
def blames_the_rate() -> str:
    return "a"


@wrong(ex.backward_fault, "cannot make a factor")
def blames_float32() -> str:
    return "d"


@wrong(ex.backward_fault)
def blames_the_name() -> str:
    return "grad_output"


@wrong(ex.backward_fault)
def blames_two() -> str:
    return "a and b"


# -------------------------------------------------------- Blend: its answers


class _Blend(nn.Module):
    def forward(self, X: Tensor) -> Any:
        return self.scale * sum(layer(X) for layer in self.layers)  # type: ignore[operator, union-attr]


@right(BLEND)
class SharedScale(_Blend):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(scale)


@wrong(BLEND)
class TwoLayersOnly(nn.Module):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.first, self.last = layers[0], layers[-1]
        self.layers = nn.ModuleList(layers)
        self.register_parameter("scale", nn.Parameter(torch.tensor(float(scale))))
        self.extra = nn.Parameter(torch.zeros(()))

    def forward(self, X: Tensor) -> Any:
        return self.scale * sum(layer(X) for layer in self.layers) + self.extra


@wrong(BLEND)
class ScaledOnce(_Blend):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(torch.ones_like(scale))


@wrong(BLEND, "cut")
class CutOff(nn.Module):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(scale.clone())

    def forward(self, X: Tensor) -> Any:
        return self.scale.item() * sum(layer(X) for layer in self.layers)


@wrong(BLEND, "comes out of `forward`")
class NoReturn(nn.Module):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(scale.clone())

    def forward(self, X: Tensor) -> Any:
        pass


@right(BLEND)
class DetachedScale(_Blend):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(scale.detach().clone())


@right(BLEND)
class ScaleOfNumber(_Blend):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((1,), scale.item()))
        self.layers = nn.Sequential(*layers)


@right(BLEND)
class CopyOfScale(_Blend):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(list(layers))
        self.scale = nn.Parameter(scale * 1)


# -------------------------------------------------------- largest_rate: its answers


@wrong(ex.largest_rate, "N times")
def rate_of_the_sum(X: Tensor) -> Tensor:
    return 1 / torch.linalg.matrix_norm(X, 2) ** 2


@wrong(ex.largest_rate)
def rate_by_frobenius(X: Tensor) -> Tensor:
    return len(X) / X.square().sum()


@wrong(ex.largest_rate)
def rate_in_few_powers(X: Tensor) -> float:
    H, v = 2 * X.double().T @ X.double() / len(X), torch.ones(X.shape[1], dtype=float64)
    for _ in range(3):
        v = functional.normalize(H @ v, dim=0)
    return 2 / (v @ H @ v).item()


@wrong(ex.largest_rate)
def rate_by_first_power(X: Tensor) -> float:
    H = 2 * X.double().T @ X.double() / len(X)
    v = torch.zeros(len(H), dtype=float64)
    v[0] = 1
    for _ in range(500):
        v = functional.normalize(H @ v, dim=0)
    return 2 / (v @ H @ v).item()


@wrong(ex.largest_rate)
def rate_by_diagonal(X: Tensor) -> Tensor:
    return 1 / (X * X).mean(dim=0).max()


@wrong(ex.largest_rate)
def rate_rounded(X: Tensor) -> float:
    return round(float(len(X) / torch.linalg.matrix_norm(X, 2) ** 2), 5)


@right(ex.largest_rate)
def rate_by_svdvals(X: Tensor) -> Tensor:
    return len(X) / torch.linalg.svdvals(X)[0].square()


@right(ex.largest_rate)
def rate_by_numpy_eigenvalues(X: Tensor) -> Any:
    A = X.numpy()
    return 2 / np.linalg.eigvalsh(2 / len(A) * A.T @ A).max()


@right(ex.largest_rate)
def rate_by_cov(X: Tensor) -> float:
    rows = X.double()
    return 1 / torch.linalg.eigvalsh(rows.T @ rows / rows.shape[0]).max().item()


# -------------------------------------------------------- share_left: its answers


def _shares(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> Tensor:
    best = torch.linalg.lstsq(X, y).solution
    H, shares = X.T @ X, []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - 2 * lr * (H @ (w - best))
        shares.append((X @ (w - best)).square().sum() / (X @ best).square().sum())
    return torch.stack(shares)


@wrong(ex.share_left)
def share_sorted(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> Tensor:
    return _shares(X, y, rates.sort().values, n_steps)


@wrong(ex.share_left)
def share_absolute(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> Tensor:
    return _shares(X, y, rates, n_steps).round(decimals=5)


@wrong(ex.share_left)
def share_of_one_axis(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> Tensor:  # noqa: ARG001
    steepest = torch.linalg.eigvalsh(2 * X.T @ X)[-1]
    return (1 - rates * steepest) ** (2 * n_steps)


@wrong(ex.share_left)
def share_of_some_rates(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> Tensor:
    return _shares(X, y, rates, n_steps)[:3]


@wrong(ex.share_left)
def share_in_a_column(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> Tensor:
    return _shares(X, y, rates, n_steps)[:, None]


@wrong(ex.share_left, "The shape is")
def share_of_vectors(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    return [X @ X.T @ y * n_steps for _ in rates]


@wrong(ex.share_left, "Nothing came out")
def share_of_nothing(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> None:
    _shares(X, y, rates, n_steps)


@right(ex.share_left)
def share_in_a_tuple(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> tuple[float, ...]:
    return tuple(_shares(X, y, rates, n_steps).tolist())


@right(ex.share_left)
def share_by_comprehension(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    return [_shares(X, y, rate[None], n_steps)[0] for rate in rates]


@right(ex.share_left)
def share_in_rows_of_one(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    return list(_shares(X, y, rates, n_steps).requires_grad_())


# -------------------------------------------------------- legendre_fit: its answers


def _scaled(x: Tensor) -> Tensor:
    return 2 * (x - x.min()) / (x.max() - x.min()) - 1


def _columns(u: Tensor, degree: int) -> Tensor:
    every = [torch.special.legendre_polynomial_p(u, k) for k in range(degree + 1)]
    return torch.stack(every, dim=1)


@wrong(ex.legendre_fit)
def legendre_of_a_table(x: Tensor, y: Tensor, degree: int) -> Tensor:
    u = _scaled(x)
    table = [
        u**0,
        u,
        (3 * u**2 - 1) / 2,
        (5 * u**3 - 3 * u) / 2,
        (35 * u**4 - 30 * u**2 + 3) / 8,
    ]
    return torch.linalg.lstsq(torch.stack(table[: degree + 1], dim=1), y).solution


@wrong(ex.legendre_fit)
def legendre_of_means(x: Tensor, y: Tensor, degree: int) -> Tensor:
    A = _columns(_scaled(x), degree)
    return A.T @ y / A.square().sum(dim=0)


@wrong(ex.legendre_fit)
def legendre_damped(x: Tensor, y: Tensor, degree: int) -> Tensor:
    A = _columns(_scaled(x), degree)
    return torch.linalg.solve(A.T @ A + 1e-3 * torch.eye(degree + 1, dtype=x.dtype), A.T @ y)


@wrong(ex.legendre_fit)
def legendre_for_increasing_x(x: Tensor, y: Tensor, degree: int) -> Tensor:
    A = _columns(_scaled(x.sort().values), degree)
    return torch.linalg.lstsq(A, y).solution


@wrong(ex.legendre_fit)
def legendre_of_even_points(x: Tensor, y: Tensor, degree: int) -> Tensor:
    u = torch.linspace(-1, 1, len(x), dtype=float64)[x.argsort().argsort()]
    return torch.linalg.lstsq(_columns(u, degree), y).solution


@right(ex.legendre_fit)
def legendre_by_lstsq_of_numpy(x: Tensor, y: Tensor, degree: int) -> Any:
    return np.linalg.lstsq(_columns(_scaled(x), degree).numpy(), y.numpy(), rcond=None)[0]


@right(ex.legendre_fit)
def legendre_by_qr(x: Tensor, y: Tensor, degree: int) -> Tensor:
    Q, R = torch.linalg.qr(_columns(_scaled(x), degree))
    return torch.linalg.solve_triangular(R, (Q.T @ y)[:, None], upper=True)[:, 0]


@right(ex.legendre_fit)
def legendre_with_two_names(x: Tensor, y: Tensor, degree: int) -> Tensor:
    u = _scaled(x)
    before, last = torch.ones_like(u), u
    A = before[:, None]
    for k in range(1, degree + 1):
        A = torch.hstack([A, last[:, None]])
        before, last = last, ((2 * k + 1) * u * last - k * before) / (k + 1)
    return torch.linalg.lstsq(A, y[:, None]).solution.squeeze(1)


# -------------------------------------------------------- momentum_path: its answers


@wrong(ex.momentum_path, "every row is the last")
def momentum_aliased(slope: Any, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    w, v = w.clone(), 0 * w
    path = [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w -= lr * v
        path.append(w)
    return torch.stack(path)


@wrong(ex.momentum_path, "copy")
def momentum_aliased_but_first(
    slope: Any, w: Tensor, lr: float, beta: float, n_steps: int
) -> Tensor:
    path, w, v = [w], w.clone(), 0 * w
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w -= lr * v
        path.append(w)
    return torch.stack(path)


@wrong(ex.momentum_path, "slope")
def momentum_starts_with_the_slope(
    slope: Any, w: Tensor, lr: float, beta: float, n_steps: int
) -> Tensor:
    v, path = slope(w), [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w = w - lr * v
        path.append(w)
    return torch.stack(path)


@wrong(ex.momentum_path)
def momentum_of_nesterov(slope: Any, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    v, path = 0 * w, [w]
    for _ in range(n_steps):
        v = beta * v + slope(w - lr * beta * v)
        w = w - lr * v
        path.append(w)
    return torch.stack(path)


@wrong(ex.momentum_path)
def momentum_of_a_line(slope: Any, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """Take the slope for a product with a matrix, as it is in the first inputs."""
    eye = torch.eye(len(w), dtype=w.dtype)
    H = torch.stack([slope(row) for row in eye], dim=1)
    v, path = 0 * w, [w]
    for _ in range(n_steps):
        v = beta * v + H @ w
        w = w - lr * v
        path.append(w)
    return torch.stack(path)


@wrong(ex.momentum_path)
def momentum_without_the_start(
    slope: Any, w: Tensor, lr: float, beta: float, n_steps: int
) -> Tensor:
    v, path = 0 * w, [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w = w - lr * v
        path.append(w)
    return torch.stack(path[1:] or path)


@right(ex.momentum_path)
def momentum_of_copies(slope: Any, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    w, v = w.clone(), torch.zeros_like(w)
    path = [w.clone()]
    for _ in range(n_steps):
        v = v * beta + slope(w)
        w -= lr * v
        path.append(w.clone())
    return torch.stack(path)


@right(ex.momentum_path)
def momentum_recursive(slope: Any, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    def walk(w: Tensor, v: Any, left: int) -> list[Tensor]:
        if not left:
            return [w]
        v = beta * v + slope(w)
        return [w, *walk(w - lr * v, v, left - 1)]

    return torch.stack(walk(w, 0, n_steps))


@right(ex.momentum_path)
def momentum_of_all_slopes(slope: Any, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    path, slopes = [w], list[Tensor]()
    for _ in range(n_steps):
        slopes = [*[beta * one for one in slopes], slope(path[-1])]
        path.append(path[-1] - lr * torch.stack(slopes).sum(dim=0))
    return torch.vstack(path)


# -------------------------------------------------------- descend_until: its answers


@wrong(ex.descend_until, "nan")
def until_no_longer_above(
    loss: Any, slope: Any, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    steps = 0
    while loss(w) > goal:
        if steps == limit:
            return w, steps, "limit"
        change = lr * slope(w)
        w = w - change
        steps += 1
        if change.abs().max() <= tolerance and loss(w) > goal:
            return w, steps, "weights"
    return w, steps, "loss"


@wrong(ex.descend_until, "at most")
def until_less_than_goal(
    loss: Any, slope: Any, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    if loss(w) < goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if loss(w) < goal:
            return w, step, "loss"
        if change.abs().max() < tolerance:
            return w, step, "weights"
    return w, limit, "limit"


@wrong(ex.descend_until)
def until_less_at_the_start(
    loss: Any, slope: Any, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    if loss(w) < goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


@wrong(ex.descend_until)
def until_not_above_tolerance(
    loss: Any, slope: Any, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if not change.abs().max() > tolerance:
            return w, step, "weights"
    return w, limit, "limit"


@wrong(ex.descend_until)
def until_loss_grows(
    loss: Any, slope: Any, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change, before = lr * slope(w), loss(w)
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().max() <= tolerance or loss(w) > before:
            return w, step, "weights"
    return w, limit, "limit"


@wrong(ex.descend_until, "changed on the way")
def until_in_place(
    loss: Any, slope: Any, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w -= change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


@wrong(ex.descend_until)
def until_own_slope(
    loss: Any, slope: Any, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    """Take the slope at the start for the slope everywhere but for the scale."""
    if loss(w) <= goal:
        return w, 0, "loss"
    ratio = slope(w) / w
    for step in range(1, limit + 1):
        change = lr * (ratio * w).nan_to_num()
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


@right(ex.descend_until)
def until_old_and_new(
    loss: Any, slope: Any, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    old = w
    for step in range(limit + 1):
        if loss(w) <= goal:
            return w, step, "loss"
        if step and (w - old).abs().amax() <= tolerance:
            return w, step, "weights"
        if step < limit:
            old, w = w, w - lr * slope(w)
    return w, limit, "limit"


@right(ex.descend_until)
def until_copies_in_place(
    loss: Any, slope: Any, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> list[Any]:
    w, steps = w.detach().clone(), 0
    if loss(w) <= goal:
        return [w, 0, "loss"]
    while steps < limit:
        change = slope(w).mul(lr)
        w -= change
        steps += 1
        if loss(w).item() <= goal:
            return [w, steps, "loss"]
        if torch.all(change.abs() <= tolerance):
            return [w, steps, "weights"]
    return [w, steps, "limit"]


@right(ex.descend_until)
def until_generator(
    loss: Any, slope: Any, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    rule, step, largest = "", 0, float("inf")
    while not rule:
        if loss(w) <= goal:
            rule = "loss"
        elif largest <= tolerance:
            rule = "weights"
        elif step >= limit:
            rule = "limit"
        else:
            step, change = step + 1, lr * slope(w)
            w, largest = w - change, max(change.abs().tolist())
            largest = float("inf") if change.isnan().any() else largest
    return w, step, rule


# -------------------------------------------------------- retrain: its answers


def _train(model: Any, X: Tensor, y: Tensor, lr: float, n_steps: int) -> Tensor:
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


@wrong(ex.retrain, "still ends with its old layer")
def retrain_another_model(
    model: Any, last: Any, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    model = nn.Sequential(*model[:-1], last)
    return _train(model, X, y, lr, n_steps)


@wrong(ex.retrain)
def retrain_third(model: Any, last: Any, X: Tensor, y: Tensor, lr: float, n_steps: int) -> Tensor:
    model[2] = last
    return _train(model, X, y, lr, n_steps)


@wrong(ex.retrain)
def retrain_appended(
    model: Any, last: Any, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    whole = nn.Sequential(model[0], model[1], last)
    model[-1] = last
    return _train(whole, X, y, lr, n_steps)


@wrong(ex.retrain)
def retrain_before_the_last_step(
    model: Any, last: Any, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    model[-1] = last
    y_hat = _train(model, X, y, lr, max(0, n_steps - 1))
    _train(model, X, y, lr, min(1, n_steps))
    return y_hat


@wrong(ex.retrain)
def retrain_with_weights_of_last(
    model: Any, last: Any, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    model[-1].load_state_dict(last.state_dict())
    return _train(model, X, y, lr, n_steps)


@wrong(ex.retrain)
def retrain_with_momentum(
    model: Any, last: Any, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    model[-1] = last
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.1)
    for _ in range(n_steps):
        optimizer.zero_grad()
        functional.mse_loss(model(X).squeeze(1), y).backward()
        optimizer.step()
    return model(X).flatten()


@wrong(ex.retrain, "Nothing came out")
def retrain_returns_nothing(
    model: Any, last: Any, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> None:
    model[-1] = last
    _train(model, X, y, lr, n_steps)


@right(ex.retrain)
def retrain_popped(model: Any, last: Any, X: Tensor, y: Tensor, lr: float, n_steps: int) -> Tensor:
    model.pop(-1)
    model.append(last)
    return _train(model, X, y, lr, n_steps)


@right(ex.retrain)
def retrain_by_length(
    model: Any, last: Any, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    model[len(model) - 1] = last
    return _train(model, X, y, lr, n_steps).detach()


@right(ex.retrain)
def retrain_in_columns(
    model: Any, last: Any, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    model[-1] = last
    optimizer = torch.optim.SGD(list(model.parameters()), lr)
    for _ in range(n_steps):
        model.zero_grad()
        nn.MSELoss()(model(X), y.unsqueeze(1)).backward()
        optimizer.step()
    with torch.no_grad():
        return model(X).reshape(-1)


# -------------------------------------------------------- adam_path: its answers


def _adam(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int, epsilon: float
) -> Tensor:
    m, s, path = 0 * w, 0 * w, [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**step)) / ((s / (1 - beta2**step)).sqrt() + epsilon)
        path.append(w)
    return torch.stack(path)


@wrong(ex.adam_path)
def adam_no_epsilon(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    return _adam(slope, w, lr, beta1, beta2, n_steps, 0).nan_to_num()


@wrong(ex.adam_path)
def adam_small_epsilon(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    return _adam(slope, w, lr, beta1, beta2, n_steps, 1e-10)


@wrong(ex.adam_path)
def adam_fixed_betas(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    first = n_steps == 3 and w.numel() == 1
    return _adam(slope, w, lr, beta1 if first else 0.9, beta2 if first else 0.999, n_steps, 1e-8)


@wrong(ex.adam_path, "copy")
def adam_aliased(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    w, m, s = w.clone(), 0 * w, 0 * w
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w -= lr * (m / (1 - beta1**step)) / ((s / (1 - beta2**step)).sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)


@wrong(ex.adam_path)
def adam_of_one_memory(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    m = s = 0 * w
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m.mul_(beta1).add_((1 - beta1) * g)
        s.mul_(beta2).add_((1 - beta2) * g**2)
        w = w - lr * (m / (1 - beta1**step)) / ((s / (1 - beta2**step)).abs().sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)


@wrong(ex.adam_path)
def adam_of_a_line(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    H = torch.stack([slope(row) for row in torch.eye(len(w), dtype=w.dtype)], dim=1)
    return _adam(lambda at: H @ at, w, lr, beta1, beta2, n_steps, 1e-8)


@wrong(ex.adam_path)
def adam_sum_of_squares(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    m, s, path = 0 * w, torch.zeros((), dtype=w.dtype), [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g.square().mean()
        w = w - lr * (m / (1 - beta1**step)) / ((s / (1 - beta2**step)).sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)


@right(ex.adam_path)
def adam_written_short(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    return _adam(slope, w, lr, beta1, beta2, n_steps, 1e-8)


@right(ex.adam_path)
def adam_in_place(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    w, m, s = w.clone(), torch.zeros_like(w), torch.zeros_like(w)
    path = w.new_empty(n_steps + 1, len(w))
    path[0] = w
    for t in range(1, n_steps + 1):
        g = slope(w)
        m.lerp_(g, 1 - beta1)
        s.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        w -= lr / (1 - beta1**t) * m / (s.div(1 - beta2**t).sqrt() + 1e-8)
        path[t] = w
    return path


@right(ex.adam_path)
def adam_of_the_optimizer(
    slope: Any, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    weights = w.clone().requires_grad_()
    optimizer = torch.optim.Adam([weights], lr=lr, betas=(beta1, beta2))
    path = [w]
    for _ in range(n_steps):
        weights.grad = slope(weights.detach())
        optimizer.step()
        path.append(weights.detach().clone())
    return torch.stack(path)
