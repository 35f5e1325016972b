"""Answers to the exercises of lesson 03."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from corpus import right, wrong
from dlcourse.exercises import activations as ex

# ---------------------------------------------------------------------------- questions


@right(ex.sigmoid_neuron)
def sigmoid_neuron_rounded() -> tuple[Any, ...]:
    return 0.08, np.float32(0.32), torch.tensor(0.16)


@wrong(ex.sigmoid_neuron, "swapped two factors")
def sigmoid_neuron_swapped() -> tuple[float, ...]:
    return 0.32, 0.08, 0.16


@wrong(ex.sigmoid_neuron, "db")
def sigmoid_neuron_without_the_slope_along_b() -> tuple[float, ...]:
    return 0.08, 0.32, 1.0


@wrong(ex.sigmoid_neuron)
def sigmoid_neuron_of_the_output() -> tuple[float, ...]:
    return 0.4, 1.6, 0.8


@wrong(ex.sigmoid_neuron, "stopped at the sigmoid")
def sigmoid_neuron_half_way() -> tuple[float, ...]:
    return 0.16, 0.16, 0.16


@right(ex.last_layer)
def last_layer_in_brackets() -> str:
    return "(C)"


@wrong(ex.last_layer, "applied twice")
def last_layer_twice() -> str:
    return "a"


@wrong(ex.last_layer, "its share is always 1")
def last_layer_of_one() -> str:
    return "b"


@wrong(ex.last_layer, "no score is ever below 0")
def last_layer_bent() -> str:
    return "d"


@wrong(ex.last_layer, "right on paper")
def last_layer_on_paper() -> str:
    return "e"


@wrong(ex.last_layer)
def last_layer_beyond() -> str:
    return "f"


# ---------------------------------------------------------------------------- sharp_softplus


@right(ex.sharp_softplus)
def softplus_of_halves(x: Tensor, beta: float) -> Tensor:
    z = beta * x
    return ((z + z.abs()) / 2 + torch.log1p(torch.exp(-z.abs()))) / beta


@right(ex.sharp_softplus)
def softplus_with_masks(x: Tensor, beta: float) -> Tensor:
    z = beta * x
    result = z.clone()
    result[z <= 0] = z[z <= 0].exp().log1p()
    result[z > 0] += (-z[z > 0]).exp().log1p()
    return result / beta


@right(ex.sharp_softplus)
def softplus_linear_from_50(x: Tensor, beta: float) -> Tensor:
    return torch.where(beta * x > 50, x, (beta * x).clamp(max=50).exp().log1p() / beta)


@wrong(ex.sharp_softplus)
def softplus_in_float64_without_log1p(x: Tensor, beta: float) -> Tensor:
    z = beta * x.double()
    return (z.clamp(min=0) + (1 + (-z.abs()).exp()).log()) / beta


@wrong(ex.sharp_softplus)
def softplus_cut_at_minus_30(x: Tensor, beta: float) -> Tensor:
    z = (beta * x).clamp(min=-30)
    return (z.clamp(min=0) + (-z.abs()).exp().log1p()) / beta


@wrong(ex.sharp_softplus)
def softplus_zero_below_minus_30(x: Tensor, beta: float) -> Tensor:
    z = beta * x
    stable = (z.clamp(min=0) + (-z.abs()).exp().log1p()) / beta
    return torch.where(z < -30, 0.0, stable)


@wrong(ex.sharp_softplus)
def softplus_by_logsumexp(x: Tensor, beta: float) -> Tensor:
    return torch.stack([torch.zeros_like(x), beta * x]).logsumexp(dim=0) / beta


@wrong(ex.sharp_softplus)
def softplus_row_by_row(x: Tensor, beta: float) -> Tensor:
    rows = [functional.softplus(beta * row) / beta for row in x]
    return torch.stack(rows) if rows else x.clone()


@wrong(ex.sharp_softplus)
def softplus_with_beta_inside_only(x: Tensor, beta: float) -> Tensor:
    return x.clamp(min=0) + (-(beta * x).abs()).exp().log1p() * beta


# ---------------------------------------------------------------------------- safe_sigmoid


@wrong(ex.safe_sigmoid)
def sigmoid_cut_below_minus_88(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x.clamp(min=-88)))


@right(ex.safe_sigmoid)
def sigmoid_of_torch(x: Tensor) -> Any:  # noqa: ANN401
    return torch.special.expit(x)


@right(ex.safe_sigmoid)
def sigmoid_with_masks(x: Tensor) -> Tensor:
    result = torch.zeros_like(x)
    up = x > 0
    result[up] = 1 / (1 + torch.exp(-x[up]))
    e = torch.exp(x[~up])
    result[~up] = e / (1 + e)
    return result


@right(ex.safe_sigmoid)
def sigmoid_by_softplus(x: Tensor) -> Tensor:
    return torch.exp(-functional.softplus(-x))


@wrong(ex.safe_sigmoid, "lopes: None")
def sigmoid_in_numpy(x: Tensor) -> Any:  # noqa: ANN401
    return 1 / (1 + np.exp(-x.detach().double().numpy().clip(-700)))


@wrong(ex.safe_sigmoid, "lopes: None")
def sigmoid_detached(x: Tensor) -> Tensor:
    return torch.sigmoid(x.detach())


@wrong(ex.safe_sigmoid, "`return` is missing")
def sigmoid_of_nothing(x: Tensor) -> None:
    torch.sigmoid(x)


@wrong(ex.safe_sigmoid, "Choose the number that goes into exp")
def sigmoid_chosen_too_late(x: Tensor) -> Tensor:
    return torch.where(x >= 0, 1 / (1 + torch.exp(-x)), torch.exp(x) / (1 + torch.exp(x)))


@wrong(ex.safe_sigmoid)
def sigmoid_zero_below_minus_50(x: Tensor) -> Tensor:
    return torch.where(x < -50, torch.zeros_like(x), torch.sigmoid(x.clamp(min=-50)))


@wrong(ex.safe_sigmoid)
def sigmoid_for_vectors(x: Tensor) -> Tensor:
    return torch.stack([torch.sigmoid(one) for one in x])


@wrong(ex.safe_sigmoid)
def sigmoid_of_float64_alone(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x.double()))


# ---------------------------------------------------------------------------- softmax_rows


@right(ex.softmax_rows)
def softmax_of_differences(scores: Tensor, temperature: float) -> Tensor:
    gaps = scores[:, None] - scores[:, :, None]
    return 1 / (gaps / temperature).exp().sum(dim=2)


@right(ex.softmax_rows)
def softmax_by_log_softmax(scores: Tensor, temperature: float) -> Tensor:
    return scores.double().div(temperature).log_softmax(dim=1).exp()


@right(ex.softmax_rows)
def softmax_sorted_first(scores: Tensor, temperature: float) -> Tensor:
    z = scores.double() / temperature
    order = z.argsort(dim=1)
    e = (z.gather(1, order) - z.gather(1, order[:, -1:])).exp()
    e = e / e.sum(dim=1, keepdim=True)
    return torch.zeros_like(e).scatter(1, order, e)


@wrong(ex.softmax_rows)
def softmax_less_the_first(scores: Tensor, temperature: float) -> Tensor:
    z = scores / temperature
    e = (z - z[:, :1]).exp()
    return e / e.sum(dim=1, keepdim=True)


@wrong(ex.softmax_rows)
def softmax_less_the_mean_in_float64(scores: Tensor, temperature: float) -> Tensor:
    z = scores.double() / temperature
    e = (z - z.mean(dim=1, keepdim=True)).exp()
    return e / e.sum(dim=1, keepdim=True)


@wrong(ex.softmax_rows)
def softmax_cut_at_500(scores: Tensor, temperature: float) -> Tensor:
    z = (scores.double() / temperature).clamp(-500, 500)
    return z.softmax(dim=1)


@wrong(ex.softmax_rows)
def softmax_in_float64(scores: Tensor, temperature: float) -> Tensor:
    e = (scores.double() / temperature).exp()
    return e / e.sum(dim=1, keepdim=True)


@wrong(ex.softmax_rows, "`scores` was changed")
def softmax_in_place(scores: Tensor, temperature: float) -> Tensor:
    scores /= temperature
    return scores.softmax(dim=1)


@wrong(ex.softmax_rows)
def softmax_with_a_guard(scores: Tensor, temperature: float) -> Tensor:
    z = scores / temperature
    e = (z - z.amax(dim=1, keepdim=True)).exp()
    return e / (e.sum(dim=1, keepdim=True) + 1e-3)


# ---------------------------------------------------------------------------- log_sum_exp


@right(ex.log_sum_exp)
def log_sum_exp_of_the_rest(scores: Tensor) -> Tensor:
    ordered = scores.sort(dim=1).values
    rest = (ordered[:, :-1] - ordered[:, -1:]).exp().sum(dim=1)
    return ordered[:, -1] + rest.log1p()


@right(ex.log_sum_exp)
def log_sum_exp_by_cross_entropy(scores: Tensor) -> Tensor:
    first = torch.zeros(len(scores), dtype=torch.int64)
    return functional.cross_entropy(scores, first, reduction="none") + scores[:, 0]


@right(ex.log_sum_exp)
def log_sum_exp_in_python(scores: Tensor) -> list[float]:
    results = []
    for row in scores.tolist():
        top = max(row)
        results.append(top + math.log(math.fsum(math.exp(one - top) for one in row)))
    return torch.tensor(results)  # type: ignore[return-value]


@wrong(ex.log_sum_exp, "the first score of each row")
def log_sum_exp_less_the_first(scores: Tensor) -> Tensor:
    first = scores[:, 0]
    return (scores - first[:, None]).exp().sum(dim=1).log() + first


@wrong(ex.log_sum_exp)
def log_sum_exp_less_the_mean_in_float64(scores: Tensor) -> Tensor:
    middle = scores.double().mean(dim=1)
    return (scores - middle[:, None]).exp().sum(dim=1).log() + middle


@wrong(ex.log_sum_exp)
def log_sum_exp_in_float64(scores: Tensor) -> Tensor:
    return scores.double().exp().sum(dim=1).log()


@wrong(ex.log_sum_exp)
def log_sum_exp_less_the_smallest(scores: Tensor) -> Tensor:
    least = scores.amin(dim=1)
    return (scores - least[:, None]).exp().sum(dim=1).log() + least


@wrong(ex.log_sum_exp)
def log_sum_exp_of_the_largest_two(scores: Tensor) -> Tensor:
    return scores.topk(min(2, scores.shape[1]), dim=1).values.logsumexp(dim=1)


@wrong(ex.log_sum_exp, "whole batch")
def log_sum_exp_less_one_for_all(scores: Tensor) -> Tensor:
    top = torch.max(scores)
    return top + torch.exp(scores - top).sum(1).log()


# ---------------------------------------------------------------------------- lamp_weights


@right(ex.lamp_weights)
def lamp_of_one_column() -> Any:  # noqa: ANN401
    return [[1, -1], [-1, 1]], [0, 0], [[1], [1]], 0


@right(ex.lamp_weights)
def lamp_far_from_simple() -> Any:  # noqa: ANN401
    return np.array([[3.0, 3.0], [0.5, 0.5]]), [0, -0.5], torch.tensor([1 / 3, -4]), (0,)


@right(ex.lamp_weights)
def lamp_all_on() -> Any:  # noqa: ANN401
    return [[1, 1], [-1, -1]], [-1, 1], [-1, -1], 1


@wrong(ex.lamp_weights, "number of parts")
def lamp_of_three_parts() -> Any:  # noqa: ANN401
    return [[1, 1], [1, 1]], [0, -1], [1, -2]


@wrong(ex.lamp_weights, "number of parts")
def lamp_of_one_number() -> Any:  # noqa: ANN401
    return 3.0


@wrong(ex.lamp_weights, "`return` is missing")
def lamp_of_nothing() -> None:
    lamp_all_on()


@wrong(ex.lamp_weights)
def lamp_nearly() -> Any:  # noqa: ANN401
    return [[1, 1], [1, 1]], [0, -1], [1, -1.99], 0


@wrong(ex.lamp_weights)
def lamp_of_one_direction() -> Any:  # noqa: ANN401
    return [[1, -1], [1, -1]], [0, 0], [1, 0], 0


@wrong(ex.lamp_weights, "upside down")
def lamp_upside_down() -> Any:  # noqa: ANN401
    return [[1, -1], [-1, 1]], [0, 0], [-1, -1], 1


# ---------------------------------------------------------------------------- fading_slopes


@right(ex.fading_slopes)
def fading_by_jvp(x: Tensor, n: int) -> Tensor:
    rows = []
    for k in range(1, n + 1):
        copy = x.detach().clone().requires_grad_()
        h = copy
        for _ in range(k):
            h = torch.sigmoid(h)
        rows.append(torch.autograd.grad(h, copy, torch.ones_like(h))[0])
    return torch.vstack(rows)


@right(ex.fading_slopes)
def fading_into_a_table(x: Tensor, n: int) -> Tensor:
    table = x.new_zeros(n, len(x))
    slope = torch.ones_like(x)
    for k in range(n):
        e = torch.exp(-x)
        slope = slope * e / (1 + e) ** 2
        x = 1 / (1 + e)
        table[k] = slope
    return table


@right(ex.fading_slopes)
def fading_in_numpy(x: Tensor, n: int) -> Any:  # noqa: ANN401
    value, slope, rows = x.numpy(), 1.0, []
    for _ in range(n):
        value = 1 / (1 + np.exp(-value))
        slope = slope * value * (1 - value)
        rows.append(slope)
    return np.stack(rows)


@wrong(ex.fading_slopes, "our rows are sums")
def fading_never_cleared(x: Tensor, n: int) -> Tensor:
    x = x.clone().requires_grad_()
    h, rows = x, []
    for _ in range(n):
        h = h.sigmoid()
        h.sum().backward(retain_graph=True)
        rows.append(x.grad.clone())  # type: ignore[union-attr]
    return torch.stack(rows)


@wrong(ex.fading_slopes, "rows are sums of slopes")
def fading_all_in_one_tensor(x: Tensor, n: int) -> Any:  # noqa: ANN401
    x = x.detach().clone().requires_grad_()
    h = x
    rows: list[Any] = []
    for _ in range(n):
        h = torch.sigmoid(h)
        h.sum().backward(retain_graph=True)
        rows += [x.grad]
    return torch.stack(rows)


@wrong(ex.fading_slopes)
def fading_rounded(x: Tensor, n: int) -> Tensor:
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope = (slope * x * (1 - x)).round(decimals=4)
        rows.append(slope)
    return torch.stack(rows)


@wrong(ex.fading_slopes)
def fading_up_to_ten(x: Tensor, n: int) -> Tensor:
    rows, slope = [], torch.ones_like(x)
    for _ in range(min(n, 10)):
        x = x.sigmoid()
        slope = slope * x * (1 - x)
        rows.append(slope)
    return torch.stack(rows)


@wrong(ex.fading_slopes)
def fading_to_zero(x: Tensor, n: int) -> Tensor:
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope = slope * x * (1 - x)
        rows.append(torch.where(slope < 1e-9, 0.0, slope))
    return torch.stack(rows)


@wrong(ex.fading_slopes, "`x` was changed")
def fading_in_place(x: Tensor, n: int) -> Tensor:
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x.sigmoid_()
        slope = slope * x * (1 - x)
        rows.append(slope)
    return torch.stack(rows)


@wrong(ex.fading_slopes)
def fading_backwards(x: Tensor, n: int) -> Tensor:
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope = slope * x * (1 - x)
        rows.append(slope)
    return torch.stack(rows[::-1])


# ---------------------------------------------------------------------------- skip_network


@right(ex.skip_network)
def network_of_functions(X: Tensor, layers: list[nn.Linear]) -> Tensor:
    h = X
    for layer in layers[:-1]:
        bent = h * (h > 0)
        h = functional.linear(bent, layer.weight, layer.bias) + h
    return nn.functional.log_softmax(layers[-1](h), dim=1).exp()


@right(ex.skip_network)
def network_by_calling_itself(X: Tensor, layers: list[nn.Linear]) -> Tensor:
    first, *rest = layers
    if not rest:
        return torch.softmax(first(X), -1)
    return network_by_calling_itself(X + first(torch.relu(X)), rest)


@right(ex.skip_network)
def network_with_modules(X: Tensor, layers: list[nn.Linear]) -> Any:  # noqa: ANN401
    h = X.clone()
    for i in range(len(layers) - 1):
        h += layers[i](nn.ReLU()(h))
    return nn.Softmax(dim=1)(layers[len(layers) - 1](h))


@wrong(ex.skip_network)
def network_in_float64(X: Tensor, layers: list[nn.Linear]) -> Any:  # noqa: ANN401
    h = X.double()
    for layer in layers[:-1]:
        h = h + layer(h.relu())
    return layers[-1](h).softmax(dim=1)


@wrong(ex.skip_network)
def network_of_two_blocks(X: Tensor, layers: list[nn.Linear]) -> Any:  # noqa: ANN401
    h = X
    for layer in layers[:-1][:2]:
        h = h + layer(h.relu())
    return layers[-1](h).softmax(dim=1)


@wrong(ex.skip_network, "`layers` was changed")
def network_that_takes_the_last(X: Tensor, layers: list[nn.Linear]) -> Any:  # noqa: ANN401
    last = layers.pop()
    h = X
    for layer in layers:
        h = h + layer(h.relu())
    return last(h).softmax(dim=1)


@wrong(ex.skip_network)
def network_bent_after_the_layer(X: Tensor, layers: list[nn.Linear]) -> Any:  # noqa: ANN401
    h = X
    for layer in layers[:-1]:
        h = h + layer(h).relu()
    return layers[-1](h).softmax(dim=1)


@wrong(ex.skip_network)
def network_without_the_path_around(X: Tensor, layers: list[nn.Linear]) -> Any:  # noqa: ANN401
    h = X
    for layer in layers[:-1]:
        h = layer(h.relu())
    return layers[-1](h).softmax(dim=1)


@wrong(ex.skip_network)
def network_of_sigmoids(X: Tensor, layers: list[nn.Linear]) -> Any:  # noqa: ANN401
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu())
    return layers[-1](h).sigmoid()


@wrong(ex.skip_network)
def network_bent_at_six(X: Tensor, layers: list[nn.Linear]) -> Any:  # noqa: ANN401
    h = X
    for layer in layers[:-1]:
        h = h + layer(functional.relu6(h))
    return layers[-1](h).softmax(dim=1)


# ---------------------------------------------------------------------------- he_start


def _linears(model: nn.Module) -> list[nn.Linear]:
    return [one for one in model.modules() if isinstance(one, nn.Linear)]


@right(ex.he_start)
def he_start_of_small_uniforms(model: nn.Module) -> None:
    for layer in _linears(model):
        bound = (6 / layer.weight.shape[1]) ** 0.5
        layer.weight.data.uniform_(-bound, bound)
        if layer.bias is not None:
            layer.bias.data.mul_(0)


@right(ex.he_start)
def he_start_truncated(model: nn.Module) -> None:
    for layer in _linears(model):
        nn.init.trunc_normal_(layer.weight, std=(2 / layer.in_features) ** 0.5)
        if layer.bias is not None:
            nn.init.constant_(layer.bias, 0)


@right(ex.he_start)
@torch.no_grad()
def he_start_scaled(model: nn.Module) -> None:
    for _, layer in model.named_modules():
        if isinstance(layer, nn.Linear):
            layer.weight.normal_().mul_(math.sqrt(2 / layer.in_features))
            if layer.bias is not None:
                layer.bias.fill_(0.0)


@wrong(ex.he_start, "not by shape or by name")
def he_start_by_names(model: nn.Module) -> None:
    for name, weights in model.named_parameters():
        if weights.ndim == 2:
            nn.init.kaiming_normal_(weights)
        elif name.endswith("bias"):
            nn.init.zeros_(weights)


@wrong(ex.he_start, "not by shape or by name")
def he_start_and_every_bias(model: nn.Module) -> None:
    for layer in _linears(model):
        nn.init.kaiming_normal_(layer.weight)
    for name, weights in model.named_parameters():
        if "bias" in name:
            nn.init.zeros_(weights)


@wrong(ex.he_start)
def he_start_with_biases_of_a_hundredth(model: nn.Module) -> None:
    for layer in _linears(model):
        nn.init.kaiming_normal_(layer.weight)
        if layer.bias is not None:
            nn.init.constant_(layer.bias, 0.01)


@wrong(ex.he_start)
def he_start_for_a_leaky_relu(model: nn.Module) -> None:
    for layer in _linears(model):
        nn.init.kaiming_normal_(layer.weight, a=0.5)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


@wrong(ex.he_start)
def he_start_a_little_small(model: nn.Module) -> None:
    for layer in _linears(model):
        nn.init.normal_(layer.weight, std=1.25 / layer.in_features**0.5)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


@wrong(ex.he_start)
def he_start_in_float32(model: nn.Module) -> None:
    for layer in _linears(model):
        n_out, n_in = layer.weight.shape
        layer.weight.data = torch.randn(n_out, n_in) * (2 / n_in) ** 0.5
        if layer.bias is not None:
            layer.bias.data = torch.zeros(n_out)


@wrong(ex.he_start)
def he_start_of_new_parameters(model: nn.Module) -> None:
    for layer in _linears(model):
        weights = torch.randn_like(layer.weight) * (2 / layer.in_features) ** 0.5
        layer.weight = nn.Parameter(weights)
        if layer.bias is not None:
            layer.bias = nn.Parameter(torch.zeros_like(layer.bias))


@wrong(ex.he_start)
def he_start_that_freezes(model: nn.Module) -> None:
    model.requires_grad_(False)
    for layer in _linears(model):
        layer.weight.normal_(std=(2 / layer.in_features) ** 0.5)
        if layer.bias is not None:
            layer.bias.zero_()


@wrong(ex.he_start)
def he_start_without_biases(model: nn.Module) -> None:
    for layer in _linears(model):
        nn.init.kaiming_normal_(layer.weight)
        layer.bias = None  # type: ignore[assignment]


@wrong(ex.he_start, "no `nn.Linear`")
def he_start_of_convolutions_as_well(model: nn.Module) -> None:
    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


@wrong(ex.he_start)
def he_start_and_reset_the_rest(model: nn.Module) -> None:
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Conv2d | nn.Embedding):
            layer.reset_parameters()
