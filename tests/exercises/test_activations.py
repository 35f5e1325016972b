"""The exercises of lesson 03: right answers of other kinds, and each solution by another way."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Outcome
from dlcourse.exercises import activations as ex
from parts import part_of

values_and_slopes = part_of(ex.safe_sigmoid, "use")

Right = tuple[Exercise, Callable[..., Any]]


def inputs_of(exercise: Exercise) -> list[tuple[Any, ...]]:
    return list(exercise.inputs(torch.Generator().manual_seed(7)))


# ------------------------------------------------------------------ softplus


def softplus_by_torch(x: Tensor, beta: float) -> Tensor:
    return functional.softplus(x, beta)


def softplus_by_logaddexp(x: Tensor, beta: float) -> Tensor:
    return torch.logaddexp(torch.zeros_like(x), beta * x) / beta


def softplus_in_a_loop(x: Tensor, beta: float) -> Tensor:
    values = []
    for value in x.flatten().tolist():
        z = beta * value
        values.append((max(z, 0) + math.log1p(math.exp(-abs(z)))) / beta)
    return torch.tensor(values, dtype=torch.float64).reshape(x.shape)


def softplus_by_log_sigmoid(x: Tensor, beta: float) -> Tensor:
    return -functional.logsigmoid(-beta * x) / beta


def softplus_by_where(x: Tensor, beta: float) -> Tensor:
    z = beta * x
    return torch.where(z > 0, z + (-z).exp().log1p(), z.exp().log1p()) / beta


def softplus_in_numpy(x: Tensor, beta: float) -> Any:  # noqa: ANN401 - an array for a tensor
    return np.logaddexp(0, beta * x.numpy()) / beta


# ------------------------------------------------------------------ sigmoid


class SigmoidByLogarithm:
    """PyTorch's logarithm of the sigmoid, undone."""

    def __call__(self, x: Tensor) -> Tensor:
        """Return the sigmoid of each element."""
        return functional.logsigmoid(x).exp()


def sigmoid_by_softmax(x: Tensor) -> Tensor:
    return torch.stack([x, torch.zeros_like(x)]).softmax(dim=0)[0]


def sigmoid_in_a_loop(x: Tensor) -> Tensor:
    values = [
        1 / (1 + (-value).exp()) if value > 0 else value.exp() / (1 + value.exp())
        for value in x.flatten()
    ]
    return torch.stack(values).reshape(x.shape)


def sigmoid_made_safe_inside(x: Tensor) -> Tensor:
    """Choose between two forms, each fed with numbers that it can bear."""
    right = 1 / (1 + (-torch.where(x > 0, x, 0)).exp())
    e = torch.where(x > 0, 0, x).exp()
    return torch.where(x > 0, right, e / (1 + e))


def sigmoid_by_logaddexp(x: Tensor) -> Tensor:
    return torch.exp(-torch.logaddexp(torch.zeros_like(x), -x))


def sigmoid_with_its_own_backward(x: Tensor) -> Tensor:
    class Sigmoid(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401
            s: Tensor = torch.special.expit(x)
            ctx.save_for_backward(s)
            return s

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Tensor:  # noqa: ANN401
            (s,) = ctx.saved_tensors
            slope: Tensor = grads[0] * s * (1 - s)
            return slope

    result: Tensor = Sigmoid.apply(x)
    return result


# ------------------------------------------------------------------ softmax and log-sum-exp


def softmax_by_torch(scores: Tensor, temperature: float) -> Tensor:
    return functional.softmax((scores - scores.amax(-1, keepdim=True)) / temperature, dim=-1)


def softmax_by_logsumexp(scores: Tensor, temperature: float) -> Tensor:
    z = scores.double() / temperature
    return (z - z.logsumexp(1, keepdim=True)).exp()


def softmax_in_a_loop(scores: Tensor, temperature: float) -> Tensor:
    result = torch.empty_like(scores)
    for n, row in enumerate(scores.tolist()):
        top = max(row)
        e = [math.exp((score - top) / temperature) for score in row]
        for place, value in enumerate(e):
            result[n, place] = value / sum(e)
    return result


def softmax_in_numpy(scores: Tensor, temperature: float) -> Any:  # noqa: ANN401
    z = scores.numpy()
    e = np.exp((z - z.max(axis=1, keepdims=True)) / temperature)
    return e / e.sum(axis=1, keepdims=True)


def log_sum_exp_by_torch(scores: Tensor) -> Tensor:
    return torch.logsumexp(scores, dim=-1)


def log_sum_exp_in_a_loop(scores: Tensor) -> Tensor:
    rows = []
    for row in scores:
        top = row.max()
        rows.append(top + sum((score - top).exp() for score in row).log())
    return torch.stack(rows)


def log_sum_exp_by_log_softmax(scores: Tensor) -> Tensor:
    return scores[:, 0] - scores.log_softmax(dim=1)[:, 0]


def log_sum_exp_pair_by_pair(scores: Tensor) -> Any:  # noqa: ANN401
    return np.logaddexp.reduce(scores.numpy(), axis=1)


def log_sum_exp_as_a_list(scores: Tensor) -> Tensor:
    columns = scores.double().T
    total = columns[0]
    for column in columns[1:]:
        total = torch.logaddexp(total, column)
    return total


# ------------------------------------------------------------------ the lamp


def lamp_of_differences() -> Any:  # noqa: ANN401
    """On if the switches differ in one way or in the other."""
    return (
        torch.tensor([[1.0, -1.0], [-1.0, 1.0]]),
        torch.zeros(2),
        torch.ones(2),
        torch.tensor(0.0),
    )


def lamp_scaled() -> Any:  # noqa: ANN401
    return np.array([[2, 2], [4, 4]]), np.array([0, -4]), np.array([[0.5, -0.5]]), [0]


def lamp_from_above() -> Any:  # noqa: ANN401
    """Start from 1, and take away both ends."""
    return [[-1, -1], [1, 1]], (1, -1), (-1, -1), 1.0


def lamp_of_three_units() -> Any:  # noqa: ANN401
    return [[1, 0], [0, 1], [1, 1]], [0, 0, -1], [1, 1, -2], 0


# ------------------------------------------------------------------ fading slopes


def fading_by_autograd(x: Tensor, n: int) -> Tensor:
    x = x.clone().requires_grad_()
    h, rows = x, []
    for _ in range(n):
        h = h.sigmoid()
        rows.append(torch.autograd.grad(h.sum(), x, retain_graph=True)[0])
    return torch.stack(rows)


def fading_by_cumprod(x: Tensor, n: int) -> Tensor:
    values = [x]
    for _ in range(n):
        values.append(1 / (1 + (-values[-1]).exp()))
    s = torch.stack(values[1:])
    return (s * (1 - s)).cumprod(dim=0)


def fading_number_by_number(x: Tensor, n: int) -> Tensor:
    result = torch.zeros(n, len(x), dtype=torch.float64)
    for column, value in enumerate(x.tolist()):
        slope = 1.0
        for row in range(n):
            value = 1 / (1 + math.exp(-value))
            slope *= value * (1 - value)
            result[row, column] = slope
    return result


# ------------------------------------------------------------------ the network with three faults


def network_by_relu_method(X: Tensor, layers: list[nn.Linear]) -> Tensor:
    *blocks, last = layers
    for block in blocks:
        X = X + block(X.relu())
    return functional.softmax(last(X), dim=-1)


def network_by_hand(X: Tensor, layers: list[nn.Linear]) -> Tensor:
    h = X
    for layer in layers[:-1]:
        h = h + h.clamp(min=0) @ layer.weight.T + layer.bias
    scores = h @ layers[-1].weight.T + layers[-1].bias
    return (scores - scores.logsumexp(1, keepdim=True)).exp()


def network_with_copies(X: Tensor, layers: list[nn.Linear]) -> Tensor:
    h = X.clone()
    for layer in layers[:-1]:
        h = h + layer(functional.relu(h.clone(), inplace=True))
    with torch.no_grad():
        return nn.Softmax(dim=1)(layers[-1](h))  # type: ignore[no-any-return]


def network_row_by_row(X: Tensor, layers: list[nn.Linear]) -> Tensor:
    rows = []
    for h in X:
        for layer in layers[:-1]:
            h = h + layer(torch.maximum(h, torch.zeros_like(h)))
        rows.append(layers[-1](h).softmax(dim=0))
    return torch.stack(rows)


# ------------------------------------------------------------------ He's start


def start_by_kaiming(model: nn.Module) -> nn.Module:
    """Return the model, which nobody asked for."""
    for part in model.modules():
        if type(part) is nn.Linear:
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                part.bias.data.fill_(0)
    return model


def start_uniform(model: nn.Module) -> None:
    for part in model.modules():
        if isinstance(part, nn.Linear):
            nn.init.kaiming_uniform_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                nn.init.constant_(part.bias, 0.0)


def start_by_apply(model: nn.Module) -> None:
    def start(part: nn.Module) -> None:
        if isinstance(part, nn.Linear):
            with torch.no_grad():
                n_out, n_in = part.weight.shape
                part.weight.copy_(torch.randn(n_out, n_in) * math.sqrt(2 / n_in))
                if part.bias is not None:
                    part.bias.zero_()

    model.apply(start)


def start_backwards(model: nn.Module) -> None:
    """Walk from the last layer to the first, with a generator of its own."""
    rng = np.random.default_rng(1)
    for part in reversed(list(model.modules())):
        if isinstance(part, nn.Linear):
            weights = rng.normal(0, (2 / part.in_features) ** 0.5, tuple(part.weight.shape))
            part.weight.data = torch.tensor(weights, dtype=part.weight.dtype)
            if part.bias is not None:
                part.bias.data *= 0


def start_by_recursion(model: nn.Module) -> None:
    if isinstance(model, nn.Linear):
        nn.init.normal_(model.weight, 0, math.sqrt(2 / model.in_features))
        if model.bias is not None:
            nn.init.zeros_(model.bias)
    for part in model.children():
        start_by_recursion(part)


RIGHT: list[Right] = [
    (ex.sharp_softplus, softplus_by_torch),
    (ex.sharp_softplus, softplus_by_logaddexp),
    (ex.sharp_softplus, softplus_in_a_loop),
    (ex.sharp_softplus, softplus_by_log_sigmoid),
    (ex.sharp_softplus, softplus_by_where),
    (ex.sharp_softplus, softplus_in_numpy),
    (ex.safe_sigmoid, torch.sigmoid),
    (ex.safe_sigmoid, SigmoidByLogarithm()),
    (ex.safe_sigmoid, sigmoid_by_softmax),
    (ex.safe_sigmoid, sigmoid_in_a_loop),
    (ex.safe_sigmoid, sigmoid_made_safe_inside),
    (ex.safe_sigmoid, sigmoid_by_logaddexp),
    (ex.safe_sigmoid, sigmoid_with_its_own_backward),
    (ex.softmax_rows, softmax_by_torch),
    (ex.softmax_rows, softmax_by_logsumexp),
    (ex.softmax_rows, softmax_in_a_loop),
    (ex.softmax_rows, softmax_in_numpy),
    (ex.log_sum_exp, log_sum_exp_by_torch),
    (ex.log_sum_exp, log_sum_exp_in_a_loop),
    (ex.log_sum_exp, log_sum_exp_by_log_softmax),
    (ex.log_sum_exp, log_sum_exp_pair_by_pair),
    (ex.log_sum_exp, log_sum_exp_as_a_list),
    (ex.lamp_weights, lamp_of_differences),
    (ex.lamp_weights, lamp_scaled),
    (ex.lamp_weights, lamp_from_above),
    (ex.lamp_weights, lamp_of_three_units),
    (ex.fading_slopes, fading_by_autograd),
    (ex.fading_slopes, fading_by_cumprod),
    (ex.fading_slopes, fading_number_by_number),
    (ex.skip_network, network_by_relu_method),
    (ex.skip_network, network_by_hand),
    (ex.skip_network, network_with_copies),
    (ex.skip_network, network_row_by_row),
    (ex.he_start, start_by_kaiming),
    (ex.he_start, start_uniform),
    (ex.he_start, start_by_apply),
    (ex.he_start, start_backwards),
    (ex.he_start, start_by_recursion),
]


@pytest.mark.parametrize(
    ("exercise", "answer"), RIGHT, ids=[getattr(a, "__name__", type(a).__name__) for _, a in RIGHT]
)
def test_right_answer_written_differently_passes(
    exercise: Exercise, answer: Callable[..., Any]
) -> None:
    verdict = exercise.judge(answer)
    assert verdict.outcome is Outcome.PASSED, verdict.message


def test_every_function_is_answered_in_three_ways() -> None:
    functions = {one.id for one in ex.EXERCISES if not one.is_question}
    for name in functions:
        assert sum(one.id == name for one, _ in RIGHT) >= 3, name


# ------------------------------------------------------------------ solutions, by another way


def test_slopes_of_the_neuron_are_autograd_s() -> None:
    x, w = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (2.0, 0.5))
    b = torch.tensor(math.log(4) - 1, dtype=torch.float64, requires_grad=True)
    output = (w * x + b).sigmoid()
    slopes = torch.autograd.grad(output, (x, w, b))

    assert output.item() == pytest.approx(0.8)
    assert ex.sigmoid_neuron.answer() == pytest.approx([float(slope) for slope in slopes])
    assert ex.sigmoid_neuron.judge(*slopes).outcome is Outcome.PASSED


def test_neuron_s_slopes_may_be_rounded() -> None:
    assert ex.sigmoid_neuron.judge(0.08, 0.32, 0.16).outcome is Outcome.PASSED
    z = 1.386  # as the question prints it: the mistake is known from rounded numbers, too
    slope = z * (1 - z)
    verdict = ex.sigmoid_neuron.judge(slope / 2, slope * 2, slope)
    assert verdict.message.startswith("You put the score into")


@pytest.mark.parametrize("arguments", inputs_of(ex.sharp_softplus))
def test_softplus_is_numpy_s_logaddexp(arguments: tuple[Tensor, float]) -> None:
    x, beta = arguments
    wide = np.logaddexp(0, beta * x.double().numpy()) / beta
    np.testing.assert_allclose(ex.sharp_softplus.answer(x, beta), wide, rtol=1e-5)


def test_sigmoid_and_its_slope_are_those_of_the_formula() -> None:
    x = torch.linspace(-30, 30, 61, dtype=torch.float64)  # with 0 among them
    seen = values_and_slopes(ex.safe_sigmoid.answer, x)
    assert isinstance(seen, dict)
    s = 1 / (1 + np.exp(-x.numpy()))
    h = 1e-4
    differences = (1 / (1 + np.exp(-x.numpy() - h)) - 1 / (1 + np.exp(-x.numpy() + h))) / (2 * h)
    np.testing.assert_allclose(seen["values"].detach(), s, rtol=1e-12)
    np.testing.assert_allclose(seen["slopes"], differences, atol=1e-8)


@pytest.mark.parametrize("arguments", inputs_of(ex.softmax_rows))
def test_softmax_is_torch_s(arguments: tuple[Tensor, float]) -> None:
    scores, temperature = arguments
    wanted = torch.softmax(scores.double() / temperature, dim=1)
    np.testing.assert_allclose(ex.softmax_rows.answer(*arguments), wanted, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("arguments", inputs_of(ex.log_sum_exp))
def test_log_sum_exp_is_numpy_s(arguments: tuple[Tensor]) -> None:
    (scores,) = arguments
    wanted = np.logaddexp.reduce(scores.double().numpy(), axis=1)
    np.testing.assert_allclose(ex.log_sum_exp.answer(scores), wanted, rtol=1e-5)


def test_lamp_is_on_for_exactly_one_switch() -> None:
    W1, b1, w2, b2 = ex.lamp_weights.answer()
    for first in (0, 1):
        for second in (0, 1):
            hidden = [max(0, a * first + b * second + c) for (a, b), c in zip(W1, b1, strict=True)]
            output = sum(w * h for w, h in zip(w2, hidden, strict=True)) + b2
            assert output == (first ^ second)


@pytest.mark.parametrize("cut", [4, 15, 20, 30, 50])
def test_sigmoid_of_a_number_that_was_cut_off_is_wrong(cut: float) -> None:
    verdict = ex.safe_sigmoid.judge(lambda x: 1 / (1 + torch.exp(-x.clamp(-cut, cut))))
    assert verdict.outcome is Outcome.NOT_YET


def test_untouched_network_with_a_comment_is_told_where_to_begin() -> None:
    def skip_network(X: Tensor, layers: list[nn.Linear]) -> Tensor:
        h = X
        for layer in layers[:-1]:
            h = h + layer(h.relu_())
        scores: Tensor = layers[-1](h)
        return scores.relu().softmax(0)

    assert ex.skip_network.judge(skip_network).message.startswith("All three bugs")


def test_pair_of_max_is_told_to_take_the_values() -> None:
    def softmax_rows(scores: Tensor, temperature: float) -> Any:  # noqa: ANN401
        z = scores / temperature
        return (z - z.max(dim=1)).exp()  # type: ignore[operator]

    assert "take .values" in ex.softmax_rows.judge(softmax_rows).message


def test_each_rejected_end_is_as_bad_as_its_message_says() -> None:
    scores = torch.tensor([[-200.0], [0.3], [200.0]])
    on, off = torch.ones(3, 1), torch.zeros(3, 1)
    loss = functional.binary_cross_entropy_with_logits
    assert loss(scores.sigmoid(), on, reduction="none").min() > 0.31
    assert loss(scores.sigmoid(), off, reduction="none").min() > 0.69
    assert scores.softmax(dim=1).eq(1).all()
    assert scores.relu().sigmoid().min() == 0.5
    assert scores.sigmoid().log().min() == -torch.inf
    assert loss(scores, on, reduction="none").isfinite().all()
    assert loss(scores, off, reduction="none").isfinite().all()


@pytest.mark.parametrize("answer", ["c", "C", "(c)", " c. "])
def test_letter_may_be_written_in_several_ways(answer: str) -> None:
    assert ex.last_layer.judge(answer).outcome is Outcome.PASSED


@pytest.mark.parametrize("arguments", inputs_of(ex.fading_slopes))
def test_fading_slopes_are_finite_differences(arguments: tuple[Tensor, int]) -> None:
    x, n = arguments

    def after(value: np.ndarray[Any, Any], times: int) -> np.ndarray[Any, Any]:
        for _ in range(times):
            value = 1 / (1 + np.exp(-value))
        return value

    wide, h = x.double().numpy(), 1e-5
    wanted = [(after(wide + h, k) - after(wide - h, k)) / (2 * h) for k in range(1, n + 1)]
    np.testing.assert_allclose(ex.fading_slopes.answer(x, n), wanted, rtol=1e-4, atol=1e-10)


@pytest.mark.parametrize("arguments", inputs_of(ex.skip_network))
def test_mended_network_is_that_of_numpy(arguments: tuple[Tensor, list[nn.Linear]]) -> None:
    X, layers = arguments
    h = X.numpy().copy()
    tables = [(one.weight.detach().numpy(), one.bias.detach().numpy()) for one in layers]
    for W, b in tables[:-1]:
        h = h + np.where(h > 0, h, 0) @ W.T + b
    e = np.exp(h @ tables[-1][0].T + tables[-1][1])
    np.testing.assert_allclose(
        ex.skip_network.answer(X, layers).detach(),
        e / e.sum(axis=1, keepdims=True),
        rtol=1e-5,
    )


@pytest.mark.parametrize("seed", range(25))
def test_any_order_of_random_numbers_is_right(seed: int) -> None:
    def start(model: nn.Module) -> None:
        torch.manual_seed(seed)
        (start_by_kaiming if seed % 2 else start_uniform)(model)

    verdict = ex.he_start.judge(start)
    assert verdict.outcome is Outcome.PASSED, verdict.message


def test_he_start_keeps_the_size_through_relus() -> None:
    layers = [nn.Linear(400, 400) if n % 2 == 0 else nn.ReLU() for n in range(20)]
    model = nn.Sequential(*layers)
    torch.manual_seed(0)
    ex.he_start.answer(model)
    x = torch.randn(100, 400)
    with torch.no_grad():
        assert 0.5 < (model(x).square().mean() / x.relu().square().mean()).item() < 2
