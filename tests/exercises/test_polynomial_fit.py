"""The exercises of lesson 04: right answers of many kinds, and the solutions against oracles."""

# The types of torch.linalg and of a called module are unknown.
# mypy: disable-error-code="no-any-return"
# ruff: noqa: D101, D102 - a learner's classes have no docstrings

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Outcome
from dlcourse.exercises import polynomial_fit as ex

Answer = Callable[..., Any]
Function = Callable[[Tensor], Tensor]
float64 = torch.float64

# ---------------------------------------------------------------------------- fit


def fit_by_hand(model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int) -> list[float]:
    losses = [functional.mse_loss(model(X).squeeze(1), y).item()]
    for _ in range(n_steps):
        model.zero_grad()
        functional.mse_loss(model(X).squeeze(1), y).backward()
        with torch.no_grad():
            for p in model.parameters():
                assert p.grad is not None
                p.sub_(p.grad, alpha=lr)
            losses.append(functional.mse_loss(model(X).squeeze(1), y).item())
    return losses


def fit_by_gradient_list(
    model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> list[Tensor]:
    losses = []
    for step in range(n_steps + 1):
        loss = (y - model(X)[:, 0]).pow(2).sum() / len(y)
        losses.append(loss.detach())
        if step < n_steps:
            slopes = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for p, slope in zip(model.parameters(), slopes, strict=True):
                    p.sub_(lr * slope)
    return losses


def fit_with_targets_as_a_column(
    model: nn.Module, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> list[float]:
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr), nn.MSELoss()
    model.zero_grad(set_to_none=False)
    losses = []
    for _ in range(n_steps):
        loss = loss_fn(model(X), y[:, None])
        loss.backward()
        losses.append(float(loss.detach()))
        optimizer.step()
        optimizer.zero_grad()
    with torch.no_grad():
        return [*losses, float(loss_fn(model(X), y[:, None]))]


# ---------------------------------------------------------------------------- Blend


class AppendedBlend(nn.Module):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.parts = nn.ModuleList()
        for layer in layers:
            self.parts.append(layer)
        self.factor = nn.Parameter(torch.tensor([scale.item()]))

    def forward(self, X: Tensor) -> Tensor:
        total = torch.zeros(len(X), 1)
        for layer in self.parts:
            total = total + layer(X)
        return total * self.factor


class RegisteredBlend(nn.Module):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.register_parameter("factor", nn.Parameter(scale.clone()))
        for number, layer in enumerate(layers):
            self.add_module(f"layer{number}", layer)

    def forward(self, X: Tensor) -> Tensor:
        outputs = [layer(X) for layer in self.children()]
        return self.get_parameter("factor") * torch.stack(outputs).sum(dim=0)


class DictionaryBlend(nn.Module):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.parts = nn.ModuleDict({str(number): layer for number, layer in enumerate(layers)})
        self.weights = nn.ParameterList([scale])

    def forward(self, X: Tensor) -> Tensor:
        columns = [part(X) for part in self.parts.values()]
        return torch.cat(columns, dim=1).sum(dim=1, keepdim=True) * self.weights[0]


class BlendOfParameters(nn.Module):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.weights = nn.ParameterList(p for layer in layers for p in layer.parameters())
        self.layers = list(layers)
        self.scale = nn.Parameter(scale)

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


class SequentialBlend(nn.Module):
    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.scale = nn.Parameter(torch.ones(()) * scale)

    def forward(self, X: Tensor) -> Tensor:
        return sum(self.scale * layer(X) for layer in self.layers)


# ---------------------------------------------------------------------------- largest_rate


def rate_by_norm(X: Tensor) -> Tensor:
    return len(X) / torch.linalg.matrix_norm(X, 2) ** 2


def rate_by_numpy(X: Tensor) -> float:
    return float(X.shape[0] / np.linalg.svd(X.double().numpy(), compute_uv=False)[0] ** 2)


def rate_by_hessian(X: Tensor) -> float:
    def loss(w: Tensor) -> Tensor:
        return (X @ w).square().mean()

    H = torch.autograd.functional.hessian(loss, X.new_zeros(X.shape[1]))
    return 2 / max(torch.linalg.eigvals(H).real.tolist())


def rate_by_products(X: Tensor) -> Tensor:
    return len(X) / torch.linalg.eigh(X @ X.T).eigenvalues.max()


class RateByPowers:
    def __call__(self, X: Tensor) -> float:
        H, v = 2 * X.double().T @ X.double() / len(X), torch.ones(X.shape[1], dtype=float64)
        for _ in range(300):
            v = functional.normalize(H @ v, dim=0)
        return 2 / (v @ H @ v).item()


# ---------------------------------------------------------------------------- share_left


def share_all_rates(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> Tensor:
    W = X.new_zeros(len(rates), X.shape[1])  # one row for each rate
    for _ in range(n_steps):
        W = W - rates[:, None] * 2 * (W @ X.T - y) @ X
    best = X @ torch.linalg.pinv(X) @ y
    return (W @ X.T - best).square().sum(1) / best.square().sum()


def share_by_factors(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> Tensor:
    curvatures, axes = torch.linalg.eigh(2 * X.T @ X)
    parts = curvatures * (axes.T @ torch.linalg.lstsq(X, y).solution) ** 2
    return ((1 - rates[:, None] * curvatures) ** (2 * n_steps) * parts).sum(1) / parts.sum()


def share_by_autograd(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[float]:
    def loss_of(w: Tensor) -> Tensor:
        return functional.mse_loss(X @ w, y, reduction="sum")

    lowest = loss_of(torch.linalg.lstsq(X, y).solution).item()
    first = loss_of(X.new_zeros(X.shape[1])).item()
    shares = []
    for lr in rates.tolist():
        w = X.new_zeros(X.shape[1]).requires_grad_()
        optimizer = torch.optim.SGD([w], lr=lr)
        for _ in range(n_steps):
            optimizer.zero_grad()
            loss_of(w).backward()
            optimizer.step()
        shares.append((loss_of(w).item() - lowest) / (first - lowest))
    return shares


def share_tensor_of_list(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> Tensor:
    return torch.tensor(share_by_autograd(X, y, rates, n_steps))


def share_numpy(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> np.ndarray[Any, Any]:
    A, b = X.numpy(), y.numpy()
    best = np.linalg.lstsq(A, b, rcond=None)[0]

    def loss(w: np.ndarray[Any, Any]) -> float:
        return float(((A @ w - b) ** 2).sum())

    shares = []
    for lr in rates.numpy():
        w = np.zeros(A.shape[1])
        for _ in range(n_steps):
            w -= lr * 2 * (A @ w - b) @ A
        shares.append((loss(w) - loss(best)) / (loss(0 * w) - loss(best)))
    return np.array(shares)


# ---------------------------------------------------------------------------- legendre_fit


def legendre_by_numpy(x: Tensor, y: Tensor, degree: int) -> np.ndarray[Any, Any]:
    fitted: np.ndarray[Any, Any] = np.polynomial.Legendre.fit(x.numpy(), y.numpy(), degree).coef
    return fitted


def legendre_by_vander(x: Tensor, y: Tensor, degree: int) -> Tensor:
    u = np.interp(x.numpy(), [x.min().item(), x.max().item()], [-1, 1])
    A = torch.from_numpy(np.polynomial.legendre.legvander(u, degree))
    return torch.linalg.solve(A.T @ A, A.T @ y)


def legendre_as_column(x: Tensor, y: Tensor, degree: int) -> Tensor:
    middle, half = (x.max() + x.min()) / 2, (x.max() - x.min()) / 2
    u = (x - middle) / half
    A = torch.ones(len(x), degree + 1, dtype=float64)
    A[:, 1] = u
    for k in range(2, degree + 1):
        A[:, k] = ((2 * k - 1) * u * A[:, k - 1] - (k - 1) * A[:, k - 2]) / k
    return (torch.linalg.pinv(A) @ y[:, None])[:, 0]


def legendre_by_descent(x: Tensor, y: Tensor, degree: int) -> Tensor:
    u = -1 + 2 * (x - x.min()) / (x.max() - x.min())
    A = torch.stack([torch.special.legendre_polynomial_p(u, k) for k in range(degree + 1)], 1)
    curvatures = torch.linalg.eigvalsh(2 * A.T @ A)
    w, lr = torch.zeros(degree + 1, dtype=float64), 2 / (curvatures[0] + curvatures[-1])
    for _ in range(400):
        w -= lr * 2 * A.T @ (A @ w - y)
    return w


# ---------------------------------------------------------------------------- momentum_path


def by_optimizer(
    make: Callable[[list[Tensor]], torch.optim.Optimizer], slope: Function, w: Tensor, n_steps: int
) -> Tensor:
    p = nn.Parameter(w.clone())
    optimizer = make([p])
    path = [w]
    for _ in range(n_steps):
        p.grad = slope(p.detach())
        optimizer.step()
        path.append(p.detach().clone())
    return torch.stack(path)


def momentum_by_torch(slope: Function, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    return by_optimizer(lambda p: torch.optim.SGD(p, lr, momentum=beta), slope, w, n_steps)


def momentum_of_steps(slope: Function, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    path = torch.empty(n_steps + 1, len(w), dtype=w.dtype)
    path[0], step = w, 0 * w
    for row in range(n_steps):
        step = beta * step - lr * slope(path[row])  # the rate inside the memory
        path[row + 1] = path[row] + step
    return path


def momentum_heavy_ball(slope: Function, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    before, path = w, [w.tolist()]
    for _ in range(n_steps):
        before, w = w, w - lr * slope(w) + beta * (w - before)
        path.append(w.tolist())
    return torch.tensor(path)


def momentum_in_place(slope: Function, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    w = w.clone()
    v, path = torch.zeros_like(w), w[None].clone()
    for _ in range(n_steps):
        v.mul_(beta).add_(slope(w))
        w.sub_(v, alpha=lr)
        path = torch.cat([path, w[None]])
    return path.double()


# ---------------------------------------------------------------------------- descend_until


def until_while(
    loss: Function, slope: Function, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    steps, largest = 0, float("inf")
    while True:
        if loss(w).item() <= goal:
            return w, steps, "loss"
        if largest <= tolerance:
            return w, steps, "weights"
        if steps == limit:
            return w, steps, "limit"
        w, before = w - lr * slope(w), w
        largest = (w - before).abs().max().item()
        steps += 1


def until_break(
    loss: Function, slope: Function, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> list[Any]:
    w, count, rule = w.clone(), 0, "limit" if loss(w) > goal else "loss"
    while count < limit and rule == "limit":
        change = -lr * slope(w)
        w += change
        count += 1
        if bool((change.abs() <= tolerance).all()):
            rule = "weights"
        if loss(w) <= goal:
            rule = "loss"
    return [w, torch.tensor(count), rule.upper()]


def until_recursive(
    loss: Function, slope: Function, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> tuple[Tensor, int, str]:
    def go_on(w: Tensor, step: int, largest: float) -> tuple[Tensor, int, str]:
        good, still = bool(loss(w) <= goal), largest <= tolerance
        if good or still or step >= limit:
            return w.double(), step, "loss" if good else "weights" if still else "limit"
        change = lr * slope(w)
        return go_on(w - change, step + 1, max(abs(one) for one in change.tolist()))

    return go_on(w, 0, torch.inf)


# ---------------------------------------------------------------------------- retrain


def retrain_mse(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    model[len(model) - 1] = last
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=lr), nn.MSELoss()
    for _ in range(n_steps):
        loss_fn(model(X), y[:, None]).backward()
        optimizer.step()
        optimizer.zero_grad()
    return model(X).flatten()


def retrain_by_hand(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    model[-1] = last
    for _ in range(n_steps):
        loss = functional.mse_loss(model(X).squeeze(1), y)
        slopes = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for p, slope in zip(model.parameters(), slopes, strict=True):
                p.sub_(slope, alpha=lr)
    return model(X).detach().squeeze(-1)


def retrain_new_sequential(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> np.ndarray[Any, Any]:
    model[-1] = last
    whole = nn.Sequential(*model)
    optimizer = torch.optim.SGD([{"params": part.parameters()} for part in whole], lr=lr)
    for _ in range(n_steps):
        whole.zero_grad()
        ((y - whole(X).view(-1)) ** 2).sum().div(len(y)).backward()
        optimizer.step()
    with torch.no_grad():
        return whole(X)[:, 0].numpy()


# ---------------------------------------------------------------------------- adam_path


def adam_by_torch(
    slope: Function, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    def make(p: list[Tensor]) -> torch.optim.Optimizer:
        return torch.optim.Adam(p, lr, (beta1, beta2))

    return by_optimizer(make, slope, w, n_steps)


def adam_rate_corrected(
    slope: Function, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    m, s, power1, power2 = 0 * w, 0 * w, 1.0, 1.0
    path = [w]
    for _ in range(n_steps):
        g = slope(w)
        power1, power2 = power1 * beta1, power2 * beta2
        m, s = m + (1 - beta1) * (g - m), s + (1 - beta2) * (g.square() - s)
        root = s.sqrt() / (1 - power2) ** 0.5
        w = w - lr / (1 - power1) * m / (root + 1e-8)
        path.append(w)
    return torch.stack(path)


def adam_sums(
    slope: Function, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    slopes: list[Tensor] = []  # all of them, and their weighted means anew in each step
    path = torch.zeros(n_steps + 1, len(w), dtype=w.dtype)
    path[0] = w
    for step in range(n_steps):
        slopes.append(slope(path[step]))
        ages = range(step, -1, -1)
        weights1, weights2 = [beta1**age for age in ages], [beta2**age for age in ages]
        m = sum(a * g for a, g in zip(weights1, slopes, strict=True)) / sum(weights1)
        s = sum(a * g**2 for a, g in zip(weights2, slopes, strict=True)) / sum(weights2)
        path[step + 1] = path[step] - lr * m / (torch.as_tensor(s) ** 0.5 + 1e-8)
    return path


BLEND: Any = ex.Blend  # to mypy the class that it was
ANSWERS: dict[Exercise, tuple[Answer, ...]] = {
    ex.fit: (fit_by_hand, fit_by_gradient_list, fit_with_targets_as_a_column),
    ex.largest_rate: (
        rate_by_norm,
        rate_by_numpy,
        rate_by_hessian,
        rate_by_products,
        RateByPowers(),
    ),
    ex.share_left: (
        share_all_rates,
        share_by_factors,
        share_by_autograd,
        share_tensor_of_list,
        share_numpy,
    ),
    ex.legendre_fit: (
        legendre_by_numpy,
        legendre_by_vander,
        legendre_as_column,
        legendre_by_descent,
    ),
    BLEND: (AppendedBlend, RegisteredBlend, DictionaryBlend, BlendOfParameters, SequentialBlend),
    ex.momentum_path: (
        momentum_by_torch,
        momentum_of_steps,
        momentum_heavy_ball,
        momentum_in_place,
    ),
    ex.descend_until: (until_while, until_break, until_recursive),
    ex.retrain: (retrain_mse, retrain_by_hand, retrain_new_sequential),
    ex.adam_path: (adam_by_torch, adam_rate_corrected, adam_sums),
}
CASES = [(exercise, answer) for exercise, answers in ANSWERS.items() for answer in answers]


@pytest.mark.parametrize(
    ("exercise", "answer"), CASES, ids=[getattr(one, "__name__", "object") for _, one in CASES]
)
def test_every_right_answer_passes(exercise: Exercise, answer: Answer) -> None:
    verdict = exercise.judge(answer)
    assert verdict.outcome is Outcome.PASSED, verdict.message


def test_every_exercise_that_takes_a_function_has_three_right_answers() -> None:
    takes = [one for one in ex.EXERCISES if not one.is_question]
    assert set(ANSWERS) == set(takes)
    assert all(len(answers) >= 3 for answers in ANSWERS.values())


# ---------------------------------------------------------------------------- oracles


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(4)


def test_the_new_rate_takes_the_same_steps() -> None:
    X, y = torch.linspace(-1, 1, 500, dtype=float64), torch.ones(500, dtype=float64)
    steps = []
    for loss_fn, lr in ((nn.MSELoss(reduction="sum"), 4e-6), (nn.MSELoss(), ex.new_rate.answer())):
        w = torch.tensor(3.0, dtype=float64, requires_grad=True)
        loss_fn(X * w, y).backward()
        assert w.grad is not None
        steps.append(lr * w.grad)
    torch.testing.assert_close(*steps)


def test_answers_to_the_question_that_are_written_differently() -> None:
    for rate in (0.002, torch.tensor(0.002), np.float32(0.002), 2e-3 + 1e-12):
        assert ex.new_rate.judge(rate).outcome is Outcome.PASSED
    for letter in ("b", "B", " b "):
        assert ex.backward_fault.judge(letter).outcome is Outcome.PASSED


def test_the_backward_that_forgets_is_right_alone_and_wrong_in_a_mean() -> None:
    class Forgetful(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, _: Tensor) -> Tensor:  # noqa: ANN401
            return 3 * ctx.saved_tensors[0] ** 2

    x = torch.linspace(1, 2, 2000, dtype=float64, requires_grad=True)
    (alone,) = torch.autograd.grad(Forgetful.apply(x[0]), x)
    assert alone[0] == 3
    (wrong,) = torch.autograd.grad(Forgetful.apply(x).mean(), x)
    (right,) = torch.autograd.grad((x**3).mean(), x)
    torch.testing.assert_close(wrong, 2000 * right)
    assert ex.backward_fault.answer() == "b"


def test_blend_has_all_its_numbers_and_trains_them() -> None:
    layers = [nn.Linear(2, 1) for _ in range(4)]
    model = BLEND.answer(layers, torch.tensor(2.0))
    assert sum(p.numel() for p in model.parameters()) == 4 * 3 + 1
    assert sum(value.numel() for value in model.state_dict().values()) == 4 * 3 + 1
    X = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    expected = 2 * torch.stack([X @ layer.weight.T + layer.bias for layer in layers]).sum(dim=0)
    torch.testing.assert_close(model(X), expected)
    model(X).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_the_largest_rate_is_a_cliff(rng: torch.Generator) -> None:
    X = torch.randn(30, 4, generator=rng, dtype=float64)
    limit = ex.largest_rate.answer(X).item()
    for lr, explodes in ((0.99 * limit, False), (1.01 * limit, True)):
        w = torch.ones(4, dtype=float64, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=lr)
        for _ in range(2000):
            optimizer.zero_grad()
            (X @ w).square().mean().backward()
            optimizer.step()
        assert ((X @ w).square().mean().item() > 1) == explodes


def test_share_left_is_numpys(rng: torch.Generator) -> None:
    X = torch.randn(12, 3, generator=rng, dtype=float64)
    y, rates = torch.randn(12, generator=rng, dtype=float64), torch.linspace(0, 0.05, 7).double()
    mine = ex.share_left.answer(X, y, rates, 20)
    np.testing.assert_allclose(mine, share_numpy(X, y, rates, 20), rtol=1e-8)
    assert mine[0] == 1


def test_legendre_fit_is_numpys(rng: torch.Generator) -> None:
    x = 7 * torch.rand(40, generator=rng, dtype=float64) - 2
    y = torch.randn(40, generator=rng, dtype=float64)
    for degree in (1, 2, 3, 6):
        mine = ex.legendre_fit.answer(x, y, degree)
        np.testing.assert_allclose(mine, legendre_by_numpy(x, y, degree), rtol=1e-8)


def test_momentum_and_adam_are_torchs_step_for_step(rng: torch.Generator) -> None:
    rows = torch.randn(5, 5, generator=rng, dtype=float64)
    H, w = rows @ rows.T / 5, torch.randn(5, generator=rng, dtype=float64)

    def slope(at: Tensor) -> Tensor:
        return H @ at + at**3

    mine = ex.momentum_path.answer(slope, w, 0.01, 0.9, 100)
    torch.testing.assert_close(mine, momentum_by_torch(slope, w, 0.01, 0.9, 100))
    mine = ex.adam_path.answer(slope, w, 0.1, 0.9, 0.999, 100)
    torch.testing.assert_close(mine, adam_by_torch(slope, w, 0.1, 0.9, 0.999, 100))


@pytest.mark.parametrize(
    ("goal", "tolerance", "limit", "steps", "rule"),
    [
        (1e-3, 0.0, 100, 5, "loss"),  # the loss is 4 ** -steps, the change 2 ** -steps
        (0.0, 1e-3, 100, 10, "weights"),
        (0.0, 0.0, 7, 7, "limit"),
        (1.0, 0.0, 100, 0, "loss"),
        (0.0, 9.0, 0, 0, "limit"),
    ],
)
def test_each_rule_stops_where_arithmetic_says(
    goal: float, tolerance: float, limit: int, steps: int, rule: str
) -> None:
    w, n_steps, reason = ex.descend_until.answer(
        lambda w: w.square().sum(), lambda w: 2 * w, torch.ones(1), 0.25, goal, tolerance, limit
    )
    assert (n_steps, reason) == (steps, rule)
    assert w.item() == 0.5**steps


def test_retrain_trains_every_layer_of_the_given_model() -> None:
    torch.manual_seed(0)
    first = nn.Linear(1, 4)
    model = nn.Sequential(first, nn.Tanh(), nn.Linear(4, 1))
    X = torch.linspace(-1, 1, 20)[:, None]
    y, last, before = 3 * X[:, 0] + 0.5, nn.Linear(4, 1), first.weight.detach().clone()
    y_hat = ex.retrain.answer(model, last, X, y, 0.1, 500)
    assert model[-1] is last
    assert (first.weight - before).abs().min() > 0
    assert (y_hat - y).square().mean() < 0.01 * y.var()


def test_fit_is_gradient_descent_as_numpy_does_it() -> None:
    torch.manual_seed(0)
    line = nn.Linear(2, 1, dtype=float64)
    X, y = torch.randn(7, 2, dtype=float64), torch.randn(7, dtype=float64)
    w = np.append(line.weight.detach().numpy(), line.bias.detach().numpy())
    rows = np.column_stack([X.numpy(), np.ones(7)])
    wanted = []
    for _ in range(21):
        error = rows @ w - y.numpy()
        wanted.append((error**2).mean())
        w = w - 0.1 * 2 * rows.T @ error / 7

    np.testing.assert_allclose(ex.fit.answer(line, X, y, 0.1, 20), wanted, rtol=1e-10)
