"""The exercises of lesson 09: right answers of other kinds, and each solution by another way."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.graph import operations_of
from dlcourse.exercises import sequences as ex

Right = tuple[Exercise, Callable[..., Any]]
Network = Callable[[list[int]], Tensor]
GRU = Any  # an `nn.GRU`: types do not tell that its weights are tensors


def inputs_of(exercise: Exercise) -> list[tuple[Any, ...]]:
    return list(exercise.inputs(torch.Generator().manual_seed(7)))


# ------------------------------------------------------------------ slopes through time


def slopes_by_products(states: Tensor, w: float, u: float) -> Tensor:
    bends, last = 1 - states**2, len(states) - 1
    return torch.stack([u * w ** (last - t) * bends[t:].prod() for t in range(last + 1)])


def slopes_by_cumprod(states: Tensor, w: float, u: float) -> Tensor:
    bends = (1 - states.square()).flip(0)
    return u * (bends.cumprod(0) * w ** torch.arange(len(states))).flip(0)


def slopes_backward(states: Tensor, w: float, u: float) -> Tensor:
    slopes, slope = list[float](), 1.0
    for h in reversed(states.tolist()):
        slope *= 1 - h * h
        slopes.append(slope * u)
        slope *= w
    return torch.tensor(slopes[::-1])


def slopes_by_autograd(states: Tensor, w: float, u: float) -> Tensor:
    """Add nothing to each sum, and ask for the slopes along that."""
    nothing = torch.zeros_like(states).requires_grad_()
    h = torch.zeros((), dtype=states.dtype)
    for state, extra in zip(states, nothing, strict=True):
        bend = 1 - state**2
        h = state + bend * (u * extra + w * (h - h.detach()))
    return torch.autograd.grad(h, nothing)[0]


# ------------------------------------------------------------------ the networks by hand


def rnn_by_torch(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    rnn = nn.RNN(W_ih.shape[1], len(W_hh), batch_first=True, dtype=x.dtype)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    weights = dict(zip(names, (W_ih, W_hh, b_ih, b_hh), strict=True))
    out, _ = torch.func.functional_call(rnn, weights, (x,))
    return out  # type: ignore[no-any-return]


def rnn_from_all_inputs(
    x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor
) -> Tensor:
    from_inputs = functional.linear(x, W_ih, b_ih + b_hh)
    states = [torch.tanh(from_inputs[:, 0])]
    for t in range(1, x.shape[1]):
        states.append(torch.tanh(from_inputs[:, t] + functional.linear(states[-1], W_hh)))
    return torch.cat([h.unsqueeze(1) for h in states], dim=1)


def rnn_in_columns(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    h = x.new_zeros(len(W_hh), len(x))
    columns = []
    for t in range(x.shape[1]):
        h = (W_ih @ x[:, t].T + W_hh @ h + (b_ih + b_hh)[:, None]).tanh()
        columns.append(h)
    return torch.stack(columns).permute(2, 0, 1)


def coupled_with_slices(
    x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    H, D = h.shape[1], x.shape[1]
    sums = x @ W[:, :D].T + h @ W[:, D:].T + b
    f, g, o = sums[:, :H], sums[:, H : 2 * H], sums[:, 2 * H :]
    new = g.tanh() + f.sigmoid() * (c - g.tanh())
    return new.tanh() * o.sigmoid(), new


def coupled_with_lerp(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> list[Tensor]:
    f, g, o = functional.linear(torch.cat((x, h), dim=-1), W, b).split(h.shape[1], dim=-1)
    new = torch.lerp(torch.tanh(g), c, torch.sigmoid(f))
    return [torch.sigmoid(o) * torch.tanh(new), new]


def coupled_by_lstm_cell(
    x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Use PyTorch's cell: sigmoid(−z) is 1 − sigmoid(z), so i has the rows of f, negative."""
    D = x.shape[1]
    cell = nn.LSTMCell(D, h.shape[1], dtype=x.dtype)
    (f, g, o), (f_bias, g_bias, o_bias) = W.chunk(3), b.chunk(3)
    rows, bias = torch.cat([-f, f, g, o]), torch.cat([-f_bias, f_bias, g_bias, o_bias])
    weights = {"weight_ih": rows[:, :D], "weight_hh": rows[:, D:]}
    weights |= {"bias_ih": bias, "bias_hh": torch.zeros_like(bias)}
    return torch.func.functional_call(cell, weights, (x, (h, c)))  # type: ignore[no-any-return]


def gru_with_slices(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    H = gru.hidden_size
    W_ih, W_hh, b_ih, b_hh = gru.all_weights[0]
    gates = torch.sigmoid(x @ W_ih[: 2 * H].T + h @ W_hh[: 2 * H].T + (b_ih + b_hh)[: 2 * H])
    r, z = gates[:, :H], gates[:, H:]
    n = torch.tanh(x @ W_ih[2 * H :].T + (r * h) @ W_hh[2 * H :].T + (b_ih + b_hh)[2 * H :])
    return n + z * (h - n)


def gru_in_two_calls(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    def table(of: str, k: int) -> nn.Linear:
        weight = getattr(gru, f"weight_{of}_l0").chunk(3)[k]
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        linear.weight = nn.Parameter(weight)
        linear.bias = nn.Parameter(getattr(gru, f"bias_{of}_l0").chunk(3)[k])
        return linear

    r, z = (torch.sigmoid(table("ih", k)(x) + table("hh", k)(h)) for k in (0, 1))
    n = torch.tanh(table("ih", 2)(x) + table("hh", 2)(r * h))
    return (1 - z) * n + z * h


def gru_in_numpy(x: Tensor, h: Tensor, gru: GRU) -> Any:  # noqa: ANN401
    W_ih, W_hh, b_ih, b_hh = (one.detach().numpy() for one in gru.parameters())
    X, H = x.numpy(), h.numpy()
    ih, hh = np.split(X @ W_ih.T + b_ih, 3, axis=1), np.split(H @ W_hh.T + b_hh, 3, axis=1)
    r, z = (1 / (1 + np.exp(-(ih[k] + hh[k]))) for k in (0, 1))
    n = np.tanh(ih[2] + (r * H) @ np.split(W_hh, 3)[2].T + np.split(b_hh, 3)[2])
    return z * H + (1 - z) * n


# ------------------------------------------------------------------ gates and clipping


def open_in_one(lstm: nn.LSTM, b: float) -> nn.LSTM:
    H = lstm.hidden_size
    for name, parameter in lstm.named_parameters():
        if name.startswith("bias"):
            parameter.data[H : 2 * H].fill_(b * name.startswith("bias_hh"))
    return lstm


def open_by_all_weights(lstm: nn.LSTM, b: float) -> None:
    for part in lstm.all_weights:
        ih, hh = part[2:4]
        ih.detach().chunk(4)[1].copy_(b - hh.detach().chunk(4)[1])


def open_by_names(lstm: nn.LSTM, b: float) -> None:
    H, ends = lstm.hidden_size, ["", "_reverse"] if lstm.bidirectional else [""]
    with torch.no_grad():
        for layer in range(lstm.num_layers):
            for end in ends:
                getattr(lstm, f"bias_ih_l{layer}{end}")[H : 2 * H] = b
                nn.init.zeros_(getattr(lstm, f"bias_hh_l{layer}{end}")[H : 2 * H])


def clipped_by_torch(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    parameters = [nn.Parameter(one.clone()) for one in gradients]
    for parameter, one in zip(parameters, gradients, strict=True):
        parameter.grad = one.clone()
    nn.utils.clip_grad_norm_(parameters, max_norm)
    return [one.grad for one in parameters if one.grad is not None]


def clipped_by_cat(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    norm = torch.cat([one.flatten().double() for one in gradients]).norm()
    if norm <= max_norm:
        return [one.clone() for one in gradients]
    return [one / norm * max_norm for one in gradients]


def clipped_in_a_tuple(gradients: list[Tensor], max_norm: float) -> tuple[Tensor, ...]:
    norm = math.hypot(*(one.norm().item() for one in gradients))
    return tuple(one * min(1.0, max_norm / (norm + 1e-12)) for one in gradients)


# ------------------------------------------------------------------ padding


def mask_by_cumsum(lengths: Tensor, n_steps: int) -> Tensor:
    return torch.ones(len(lengths), n_steps).cumsum(dim=1) <= lengths.unsqueeze(1)


def mask_of_lists(lengths: Tensor, n_steps: int) -> Any:  # noqa: ANN401
    return np.array([[t < length for t in range(n_steps)] for length in lengths.tolist()])


def mask_filled(lengths: Tensor, n_steps: int) -> Tensor:
    mask = torch.zeros(len(lengths), n_steps, dtype=torch.bool)
    for row, length in zip(mask, lengths.tolist(), strict=True):
        row[:length] = True
    return mask


def last_by_gather(out: Tensor, lengths: Tensor) -> Tensor:
    steps = (lengths - 1)[:, None, None].expand(-1, 1, out.shape[2])
    return out.gather(1, steps).squeeze(1)


def last_by_loop(out: Tensor, lengths: Tensor) -> Tensor:
    return torch.stack([states[n - 1] for states, n in zip(out, lengths.tolist(), strict=True)])


def last_by_mask(out: Tensor, lengths: Tensor) -> Tensor:
    is_last = torch.arange(out.shape[1]) == lengths[:, None] - 1
    return out[is_last]


def loss_by_minus_100(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    return functional.cross_entropy(logits.transpose(1, 2), y.masked_fill(~mask, -100))


def loss_by_weights(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    losses = functional.cross_entropy(logits.movedim(2, 1), y, reduction="none")
    return (losses * mask).sum() / mask.sum()


def loss_by_gather(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    shares = logits.log_softmax(dim=-1).gather(2, y.unsqueeze(2)).squeeze(2)
    return -shares.masked_select(mask).mean()


# ------------------------------------------------------------------ letters


def name_by_cumsum(next_logits: Network, temperature: float, longest: int) -> list[int]:
    letters = list[int]()
    for _ in range(longest):
        p = torch.softmax(next_logits([0, *letters]) / temperature, dim=0)
        symbol = min(int((torch.rand(()) > p.cumsum(0)).sum()), len(p) - 1)
        if not symbol:
            return letters
        letters.append(symbol)
    return letters


def name_by_gumbel(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """Take the largest of the logits with noise: that is a draw, too."""
    symbols = [0]
    for _ in range(longest):
        z = next_logits(symbols) / temperature
        noise = -torch.log(-torch.log(torch.rand(z.shape).clamp(1e-9, 1 - 1e-7)))
        symbols += [int((z + noise).argmax())]
        if symbols[-1] == 0:
            return symbols[1:-1]
    return symbols[1:]


def name_by_recursion(
    next_logits: Network, temperature: float, longest: int, so_far: tuple[int, ...] = (0,)
) -> Any:  # noqa: ANN401
    if len(so_far) > longest:
        return so_far[1:]
    logits = next_logits(list(so_far))
    symbol = torch.distributions.Categorical(logits=logits / temperature).sample().item()
    if symbol == 0:
        return so_far[1:]
    return name_by_recursion(next_logits, temperature, longest, (*so_far, int(symbol)))


def perplexity_in_a_loop(losses: list[float], counts: list[int]) -> float:
    total, n_letters = 0.0, 0
    for loss, n in zip(losses, counts, strict=True):
        total += loss * n
        n_letters += n
    return math.exp(total / n_letters)


def perplexity_by_numpy(losses: list[float], counts: list[int]) -> Any:  # noqa: ANN401
    return np.exp(np.average(losses, weights=counts))


def perplexity_of_products(losses: list[float], counts: list[int]) -> float:
    """Take the geometric mean of the batches' perplexities."""
    shares = torch.tensor(counts, dtype=torch.float64) / sum(counts)
    return torch.tensor(losses).double().exp().pow(shares).prod().item()


# ------------------------------------------------------------------ texts and series


def trained_by_split(model: nn.Module, text: Tensor, n_rows: int, n_steps: int) -> list[Tensor]:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    rows = text[: len(text) - len(text) % n_rows].reshape(n_rows, -1)
    chunks = zip(rows[:, :-1].split(n_steps, 1), rows[:, 1:].split(n_steps, 1), strict=True)
    losses, h = list[Tensor](), None
    for x, y in chunks:
        logits, h = model(x, None if h is None else h.detach())
        loss = functional.cross_entropy(logits.flatten(0, 1), y.flatten())
        model.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses


def trained_with_stacked_rows(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[float]:
    length = len(text) // n_rows
    rows = torch.stack([text[k * length : (k + 1) * length] for k in range(n_rows)])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses, state = list[float](), None
    for start in range(0, length - 1, n_steps):
        end = min(start + n_steps, length - 1)
        logits, state = model(rows[:, start:end], state)
        state = state.clone().detach()
        loss = functional.cross_entropy(logits.mT, rows[:, start + 1 : end + 1])
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        optimizer.step()
        losses += [loss.item()]
    return losses


def trained_from_zeros(model: Any, text: Tensor, n_rows: int, n_steps: int) -> Tensor:  # noqa: ANN401
    """Start from a state of zeros, and step by hand."""
    state = torch.zeros(1, n_rows, model.gru.hidden_size)
    rows = text[: len(text) // n_rows * n_rows].unflatten(0, (n_rows, -1))
    losses = []
    for start in range(0, rows.shape[1] - 1, n_steps):
        piece = rows[:, start : start + n_steps + 1]
        logits, state = model(piece[:, :-1], state.data)
        loss = functional.cross_entropy(logits.transpose(1, 2), piece[:, 1:])
        slopes = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for weight, slope in zip(model.parameters(), slopes, strict=True):
                weight -= 0.5 * slope
        losses.append(loss.item())
    return torch.tensor(losses)


def windows_in_a_loop(series: Tensor, n_past: int, ahead: int) -> tuple[Tensor, Tensor, float]:
    starts = range(len(series) - n_past - ahead + 1)
    X = torch.stack([series[k : k + n_past] for k in starts])
    y = torch.stack([series[k + n_past - 1 + ahead] for k in starts])
    return X, y, functional.mse_loss(X[:, -1], y).item() ** 0.5


def windows_by_index(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    first = torch.arange(len(series) - n_past - ahead + 1)
    X, y = series[first[:, None] + torch.arange(n_past)], series[first + n_past + ahead - 1]
    return [X, y, (X[:, n_past - 1] - y).norm() / len(y) ** 0.5]


def windows_in_numpy(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    values = series.numpy()
    X = np.lib.stride_tricks.sliding_window_view(values, n_past)[: len(values) - n_past - ahead + 1]
    y = values[n_past + ahead - 1 :]
    return X, y, np.sqrt(np.mean((values[n_past - 1 : -ahead] - y) ** 2))


RIGHT: list[Right] = [
    (ex.slope_through_time, slopes_by_products),
    (ex.slope_through_time, slopes_by_cumprod),
    (ex.slope_through_time, slopes_backward),
    (ex.slope_through_time, slopes_by_autograd),
    (ex.rnn_by_hand, rnn_by_torch),
    (ex.rnn_by_hand, rnn_from_all_inputs),
    (ex.rnn_by_hand, rnn_in_columns),
    (ex.coupled_step, coupled_with_slices),
    (ex.coupled_step, coupled_with_lerp),
    (ex.coupled_step, coupled_by_lstm_cell),
    (ex.paper_gru_step, gru_with_slices),
    (ex.paper_gru_step, gru_in_two_calls),
    (ex.paper_gru_step, gru_in_numpy),
    (ex.open_the_gates, open_in_one),
    (ex.open_the_gates, open_by_all_weights),
    (ex.open_the_gates, open_by_names),
    (ex.clip_by_norm, clipped_by_torch),
    (ex.clip_by_norm, clipped_by_cat),
    (ex.clip_by_norm, clipped_in_a_tuple),
    (ex.mask_of, mask_by_cumsum),
    (ex.mask_of, mask_of_lists),
    (ex.mask_of, mask_filled),
    (ex.last_valid, last_by_gather),
    (ex.last_valid, last_by_loop),
    (ex.last_valid, last_by_mask),
    (ex.masked_loss, loss_by_minus_100),
    (ex.masked_loss, loss_by_weights),
    (ex.masked_loss, loss_by_gather),
    (ex.draw_name, name_by_cumsum),
    (ex.draw_name, name_by_gumbel),
    (ex.draw_name, name_by_recursion),
    (ex.perplexity, perplexity_in_a_loop),
    (ex.perplexity, perplexity_by_numpy),
    (ex.perplexity, perplexity_of_products),
    (ex.carried_state, trained_by_split),
    (ex.carried_state, trained_with_stacked_rows),
    (ex.carried_state, trained_from_zeros),
    (ex.windows, windows_in_a_loop),
    (ex.windows, windows_by_index),
    (ex.windows, windows_in_numpy),
]


# ------------------------------------------------------------------ solutions, by another way


@pytest.mark.parametrize(("w", "u"), [(0.5, 1.0), (-1.5, 0.25), (0.9, 3.0)])
def test_slopes_through_time_are_finite_differences(w: float, u: float) -> None:
    inputs = np.array([1.0, 0.0, -0.5, 2.0, 0.3])

    def states(x: np.ndarray[Any, Any]) -> list[float]:
        h, kept = 0.0, list[float]()
        for value in x:
            h = math.tanh(w * h + u * value)
            kept.append(h)
        return kept

    wanted, step = [], 1e-6
    for t in range(len(inputs)):
        up, down = (inputs + sign * step * (np.arange(len(inputs)) == t) for sign in (1, -1))
        wanted.append((states(up)[-1] - states(down)[-1]) / (2 * step))
    slopes = ex.slope_through_time.answer(torch.tensor(states(inputs), dtype=torch.float64), w, u)
    np.testing.assert_allclose(slopes, wanted, rtol=1e-6, atol=1e-9)


def test_slopes_of_the_lesson_s_three_steps() -> None:
    slopes = ex.slope_through_time.answer(torch.tensor([0.7616, 0.3634, 0.1797]), 0.5, 1.0)
    np.testing.assert_allclose(slopes, [0.0882, 0.4200, 0.9677], atol=1e-4)


@pytest.mark.parametrize("arguments", inputs_of(ex.rnn_by_hand))
def test_rnn_is_torch_s(arguments: tuple[Tensor, ...]) -> None:
    torch.testing.assert_close(ex.rnn_by_hand.answer(*arguments), rnn_by_torch(*arguments))


@pytest.mark.parametrize("arguments", inputs_of(ex.coupled_step))
def test_coupled_step_is_a_cell_of_torch_with_negative_rows(arguments: tuple[Tensor, ...]) -> None:
    wanted = coupled_by_lstm_cell(*arguments)
    torch.testing.assert_close(ex.coupled_step.answer(*arguments), wanted)


@pytest.mark.parametrize("arguments", inputs_of(ex.paper_gru_step))
def test_gru_of_the_paper_is_numpy_s(arguments: tuple[Tensor, Tensor, nn.GRU]) -> None:
    new = ex.paper_gru_step.answer(*arguments).detach()
    np.testing.assert_allclose(new, gru_in_numpy(*arguments), rtol=1e-5, atol=1e-6)


def test_the_gru_s_first_mistake_is_torch_s_step_as_its_message_says() -> None:
    fault = next(one for one in ex.paper_gru_step.mistakes if one.__name__ == "of_torch")
    for x, h, gru in inputs_of(ex.paper_gru_step):
        torch.testing.assert_close(fault(x, h, gru), gru(x[:, None], h[None])[1][0])


@pytest.mark.parametrize("bidirectional", [False, True])
def test_open_gates_keep_a_cell_for_many_steps(bidirectional: bool) -> None:  # noqa: FBT001
    """With weights of 0, only the biases decide: a cell of 1 becomes sigmoid(b)ᵀ."""
    lstm = nn.LSTM(2, 3, num_layers=2, bidirectional=bidirectional)
    for one in lstm.parameters():
        nn.init.zeros_(one)
    ex.open_the_gates.answer(lstm, 3.0)
    n_cells = 4 if bidirectional else 2
    start = torch.zeros(n_cells, 1, 3), torch.ones(n_cells, 1, 3)
    _, (_, c) = lstm(torch.zeros(10, 1, 2), start)
    torch.testing.assert_close(c, torch.full_like(c, (1 / (1 + math.exp(-3.0))) ** 10))


@pytest.mark.parametrize("arguments", inputs_of(ex.clip_by_norm))
def test_clipped_gradient_is_torch_s(arguments: tuple[list[Tensor], float]) -> None:
    mine, theirs = ex.clip_by_norm.answer(*arguments), clipped_by_torch(*arguments)
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)


def test_mask_is_true_where_pad_sequence_put_the_real_steps() -> None:
    lengths = torch.tensor([3, 1, 5])
    padded = pad_sequence([torch.ones(n) for n in lengths.tolist()], batch_first=True)
    assert torch.equal(ex.mask_of.answer(lengths, 5), padded.bool())


def test_last_valid_state_is_that_of_a_packed_batch() -> None:
    torch.manual_seed(0)
    gru, x, lengths = (
        nn.GRU(2, 3, batch_first=True),
        torch.randn(4, 6, 2),
        torch.tensor([2, 6, 1, 4]),
    )
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    torch.testing.assert_close(ex.last_valid.answer(gru(x)[0], lengths), gru(packed)[1][0])


@pytest.mark.parametrize("arguments", inputs_of(ex.masked_loss))
def test_masked_loss_is_numpy_s_mean(arguments: tuple[Tensor, Tensor, Tensor]) -> None:
    logits, y, mask = (one.numpy() for one in arguments)
    losses = [
        np.logaddexp.reduce(logits[place]) - logits[place][y[place]]
        for place in np.ndindex(*y.shape)
        if mask[place]
    ]
    assert ex.masked_loss.answer(*arguments).item() == pytest.approx(np.mean(losses), rel=1e-5)


def test_names_come_as_often_as_their_probabilities_say() -> None:
    """All names of at most two of the letters 1 and 2, with probabilities worked out by hand."""
    torch.manual_seed(0)
    logits = torch.tensor([0.0, 1.0, 2.0])
    stop, one, two = (2 * logits).softmax(0).tolist()  # at a temperature of 0.5
    wanted = {(): stop, (1,): one * stop, (2,): two * stop}
    wanted |= {(1, 1): one * one, (1, 2): one * two, (2, 1): two * one, (2, 2): two * two}
    n_names = 4000
    names = Counter(tuple(ex.draw_name.answer(lambda _: logits, 0.5, 2)) for _ in range(n_names))
    assert set(names) <= set(wanted)
    for name, p in wanted.items():
        assert abs(names[name] / n_names - p) < 5 * math.sqrt(p * (1 - p) / n_names), name


def test_perplexity_of_equally_likely_letters_is_their_number() -> None:
    assert ex.perplexity.answer([math.log(27)] * 3, [5, 2, 1]) == pytest.approx(27)
    assert ex.perplexity.answer([1.0, 3.0], [1, 1]) == pytest.approx(7.39, abs=0.01)


def test_a_carried_state_gives_the_losses_of_one_long_reading() -> None:
    """With a rate of nearly 0, chunks change nothing: the losses are those of the whole text."""

    class Reader(nn.Module):
        """A GRU that hands its slopes on a million times smaller."""

        def __init__(self) -> None:
            super().__init__()
            self.embed, self.gru = nn.Embedding(5, 4), nn.GRU(4, 4, batch_first=True)
            for one in self.parameters():
                one.register_hook(lambda slope: slope * 1e-9)

        def forward(self, x: Tensor, state: Tensor | None = None) -> Any:  # noqa: ANN401
            out, state = self.gru(self.embed(x), state)
            return out @ self.embed.weight.T, state

    torch.manual_seed(0)
    model, text = Reader(), torch.randint(5, (42,))
    rows = torch.stack([text[:21], text[21:]])
    logits, _ = model(rows[:, :-1])
    each = functional.cross_entropy(logits.transpose(1, 2), rows[:, 1:], reduction="none")
    wanted = [part.mean().item() for part in each.split(6, dim=1)]
    np.testing.assert_allclose(ex.carried_state.answer(model, text, 2, 6), wanted, rtol=1e-5)


def test_windows_and_targets_of_a_straight_line() -> None:
    X, y, rmse = ex.windows.answer(torch.arange(10.0), 3, 2)
    assert X.tolist() == [[k, k + 1, k + 2] for k in range(6)]
    assert y.tolist() == [4, 5, 6, 7, 8, 9]
    assert rmse == pytest.approx(2)


def test_a_graph_that_is_carried_on_grows_as_the_fifth_run_says() -> None:
    """Count the nodes behind the state after each chunk that is only measured."""
    gru, x = nn.GRU(2, 3, batch_first=True), torch.randn(1, 40, 2)

    def nodes_after_each_chunk(*, detach: bool) -> list[int]:
        state, counts = torch.zeros(1, 1, 3), list[int]()
        for chunk in x.split(10, dim=1):
            _, state = gru(chunk, state.detach() if detach else state)
            counts.append(len(operations_of(state)))
        return counts

    first, *_, last = nodes_after_each_chunk(detach=False)
    assert last > 3 * first
    assert len(set(nodes_after_each_chunk(detach=True))) == 1
