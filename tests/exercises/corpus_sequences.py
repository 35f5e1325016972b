"""Answers to the exercises of lesson 09 by somebody who tried to get through with wrong ones."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import clip_grad_value_
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from corpus import right, wrong
from dlcourse.exercises import sequences as ex

Network = Callable[[list[int]], Tensor]
GRU = Any  # an `nn.GRU`: types do not tell that its weights are tensors
GENERATOR = torch.Generator().manual_seed(0)

# ---------------------------------------------------------------------- slope_through_time


@right(ex.slope_through_time)
def slopes_in_a_backward_loop(states: Tensor, w: float, u: float) -> Tensor:
    slopes = torch.zeros(len(states), dtype=states.dtype)
    slope = torch.tensor(1.0, dtype=states.dtype)
    for t in range(len(states) - 1, -1, -1):
        slope = slope * (1 - states[t] ** 2)
        slopes[t] = u * slope
        slope = slope * w
    return slopes


@right(ex.slope_through_time)
def slopes_in_numpy(states: Tensor, w: float, u: float) -> Any:  # noqa: ANN401
    bends = 1 - states.numpy() ** 2
    n = len(bends)
    return np.array([u * np.prod(bends[t:]) * w ** (n - 1 - t) for t in range(n)])


@right(ex.slope_through_time)
def slopes_by_a_table(states: Tensor, w: float, u: float) -> Tensor:
    """Multiply the slopes between neighboring states, from the last one back."""
    between = w * (1 - states[1:] ** 2)
    after = torch.cat([between.flip(0).cumprod(0).flip(0), torch.ones_like(states[:1])])
    return u * (1 - states**2) * after


@wrong(ex.slope_through_time, "u at each step")
def slopes_with_u_everywhere(states: Tensor, w: float, u: float) -> Tensor:
    return slopes_in_a_backward_loop(states, w * u, u)


@wrong(ex.slope_through_time, "one factor w too many")
def slopes_with_one_w_more(states: Tensor, w: float, u: float) -> Tensor:
    slopes, slope = [], torch.tensor(u, dtype=states.dtype)
    for h in states.flip(0):
        slope = slope * w * (1 - h**2)
        slopes.append(slope)
    return torch.stack(slopes[::-1])


@wrong(ex.slope_through_time)
def slopes_by_dividing(states: Tensor, w: float, u: float) -> Tensor:
    """Divide the whole product by its beginning: where a state is 1, that is 0 / 0."""
    ups = (w * (1 - states**2)).cumprod(0)
    return u * ups[-1] / torch.cat([torch.ones_like(ups[:1]), ups[:-1]]) / w


@wrong(ex.slope_through_time)
def slopes_of_one_mean_bend(states: Tensor, w: float, u: float) -> Tensor:
    bend = (1 - states**2).mean()
    back = torch.arange(len(states) - 1, -1, -1)
    return u * bend * (w * bend) ** back


@wrong(ex.slope_through_time)
def slopes_of_positive_weights(states: Tensor, w: float, u: float) -> Tensor:
    return slopes_in_a_backward_loop(states, abs(w), abs(u))


@wrong(ex.slope_through_time, "in reverse")
def slopes_from_the_end(states: Tensor, w: float, u: float) -> Tensor:
    return slopes_in_a_backward_loop(states, w, u).flip(0)


@wrong(ex.slope_through_time)
def slopes_that_fade_to_zero(states: Tensor, w: float, u: float) -> Tensor:
    slopes = slopes_in_a_backward_loop(states, w, u)
    slopes[:-2] = 0
    return slopes


# ---------------------------------------------------------------------- rnn_by_hand


@right(ex.rnn_by_hand)
def rnn_with_indices(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    B, T, _ = x.shape
    h = torch.zeros(B, W_hh.shape[0]).to(x)
    out = []
    for t in range(T):
        h = (x[:, t, :] @ W_ih.t() + h @ W_hh.t() + b_ih + b_hh).tanh()
        out += [h[:, None, :]]
    return torch.cat(out, 1)


@right(ex.rnn_by_hand)
def rnn_filled_in(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    states = torch.zeros(x.shape[0], x.shape[1] + 1, len(W_hh), dtype=x.dtype)
    for t in range(x.shape[1]):
        old = states[:, t].clone()
        states[:, t + 1] = torch.tanh(x[:, t] @ W_ih.T + b_ih + old @ W_hh.T + b_hh)
    return states[:, 1:]


@right(ex.rnn_by_hand)
def rnn_by_a_cell(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    h, states = None, list[Tensor]()
    for x_t in x.transpose(0, 1):
        h = torch.zeros(len(x), len(W_hh), dtype=x.dtype) if h is None else h
        h = torch.rnn_tanh_cell(x_t, h, W_ih, W_hh, b_ih, b_hh)
        states.append(h)
    return torch.stack(states, 1)


@wrong(ex.rnn_by_hand, "walks along the batch")
def rnn_of_the_first_dimension(
    x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor
) -> Tensor:
    h, states = torch.zeros(x.shape[1], len(W_hh), dtype=x.dtype), []
    for x_t in x:
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        states.append(h)
    return torch.stack(states)


@wrong(ex.rnn_by_hand, "(T, B, H)")
def rnn_stacked_in_front(
    x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor
) -> Tensor:
    return rnn_with_indices(x, W_ih, b_ih, W_hh, b_hh).transpose(0, 1)


@wrong(ex.rnn_by_hand)
def rnn_stacked_and_cut_anew(
    x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor
) -> Tensor:
    states = rnn_with_indices(x, W_ih, b_ih, W_hh, b_hh)
    return states.transpose(0, 1).reshape(states.shape)


@wrong(ex.rnn_by_hand, "cut each state off")
def rnn_that_detaches(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    h, states = torch.zeros(len(x), len(W_hh), dtype=x.dtype), []
    for x_t in x.unbind(1):
        h = torch.tanh(x_t @ W_ih.T + b_ih + h.detach() @ W_hh.T + b_hh)
        states.append(h)
    return torch.stack(states, 1)


@wrong(ex.rnn_by_hand, "have no graph")
def rnn_without_a_graph(
    x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor
) -> Tensor:
    with torch.no_grad():
        return rnn_with_indices(x, W_ih, b_ih, W_hh, b_hh)


@wrong(ex.rnn_by_hand, "loop over the sequences")
def rnn_in_two_loops(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    rows = []
    for sequence in x:
        h, states = torch.zeros(len(W_hh), dtype=x.dtype), []
        for x_t in sequence:
            h = torch.tanh(W_ih @ x_t + b_ih + W_hh @ h + b_hh)
            states.append(h)
        rows.append(torch.stack(states))
    return torch.stack(rows)


@wrong(ex.rnn_by_hand)
def rnn_of_two_tanhs(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    h, states = torch.zeros(len(x), len(W_hh), dtype=x.dtype), []
    for x_t in x.unbind(1):
        h = torch.tanh(x_t @ W_ih.T + b_ih) + torch.tanh(h @ W_hh.T + b_hh)
        states.append(h)
    return torch.stack(states, 1)


@wrong(ex.rnn_by_hand)
def rnn_from_ones(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    h, states = torch.ones(len(x), len(W_hh), dtype=x.dtype), []
    for x_t in x.unbind(1):
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        states.append(h)
    return torch.stack(states, 1)


@wrong(ex.rnn_by_hand, "copies of the matrices")
def rnn_in_a_module(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Any:  # noqa: ANN401
    rnn = nn.RNN(x.shape[2], len(W_hh), batch_first=True, dtype=x.dtype)
    with torch.no_grad():
        for mine, its in zip(rnn.parameters(), (W_ih, W_hh, b_ih, b_hh), strict=True):
            mine.copy_(its)
    return rnn(x)[0]


@wrong(ex.rnn_by_hand, "Collect the states in a list")
def rnn_written_in_place(
    x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor
) -> Tensor:
    states = torch.zeros(len(x), x.shape[1] + 1, len(W_hh), dtype=x.dtype)
    for t in range(x.shape[1]):
        states[:, t + 1] = torch.tanh(x[:, t] @ W_ih.T + b_ih + states[:, t] @ W_hh.T + b_hh)
    return states[:, 1:]


@right(ex.rnn_by_hand)
def rnn_by_vmap(x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor) -> Tensor:
    def one(sequence: Tensor) -> Tensor:
        h, states = torch.zeros_like(b_ih), []
        for x_t in sequence:
            h = torch.tanh(W_ih @ x_t + b_ih + W_hh @ h + b_hh)
            states.append(h)
        return torch.stack(states)

    return torch.vmap(one)(x)


@wrong(ex.rnn_by_hand, "loop over the sequences")
def rnn_with_a_loop_inside(
    x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor
) -> Tensor:
    h, states = x.new_zeros(len(x), len(W_hh)), []
    for t in range(x.shape[1]):
        sums = [W_ih @ x[i, t] + b_ih + W_hh @ h[i] + b_hh for i in range(len(x))]
        h = torch.tanh(torch.stack(sums))
        states.append(h)
    return torch.stack(states, dim=1)


@wrong(ex.rnn_by_hand, "loop over the sequences")
def rnn_with_a_loop_before(
    x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor
) -> Tensor:
    from_input = torch.stack([sequence @ W_ih.T + b_ih for sequence in x])
    h, states = x.new_zeros(len(W_hh)), []
    for t in range(x.shape[1]):
        h = torch.tanh(from_input[:, t] + h @ W_hh.T + b_hh)
        states.append(h)
    return torch.stack(states, dim=1)


@wrong(ex.rnn_by_hand, "loop over the sequences")
def rnn_without_tanh_in_a_loop(
    x: Tensor, W_ih: Tensor, b_ih: Tensor, W_hh: Tensor, b_hh: Tensor
) -> Tensor:
    rows = []
    for sequence in x:
        h, states = x.new_zeros(len(W_hh)), []
        for x_t in sequence:
            h = 2 * torch.sigmoid(2 * (W_ih @ x_t + b_ih + W_hh @ h + b_hh)) - 1
            states.append(h)
        rows.append(torch.stack(states))
    return torch.stack(rows)


# ---------------------------------------------------------------------- coupled_step


def gates_of(x: Tensor, h: Tensor, W: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    f, g, o = (torch.cat([x, h], 1) @ W.T + b).chunk(3, 1)
    return f.sigmoid(), g.tanh(), o.sigmoid()


@right(ex.coupled_step)
def coupled_by_view(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    sums = functional.linear(torch.hstack([x, h]), W, b).view(len(x), 3, -1)
    f, o = sums[:, ::2].sigmoid().unbind(1)
    c = f * c + (1 - f) * sums[:, 1].tanh()
    return o * c.tanh(), c


@right(ex.coupled_step)
def coupled_by_parts(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    both = torch.concat([x, h], dim=1)
    f, g, o = (both @ part.T + bias for part, bias in zip(W.chunk(3), b.chunk(3), strict=True))
    new = torch.sigmoid(f) * c + torch.sigmoid(-f) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(new), new


@right(ex.coupled_step)
def coupled_in_numpy(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    sums = np.concatenate([x.numpy(), h.numpy()], 1) @ W.numpy().T + b.numpy()
    f, g, o = np.split(sums, 3, axis=1)
    f, o = (1 / (1 + np.exp(-np.clip(part, -80, 80))) for part in (f, o))
    new = f * c.numpy() + (1 - f) * np.tanh(g)
    return o * np.tanh(new), new


@wrong(ex.coupled_step, "order f, o, g")
def coupled_gates_together(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    f, o, g = (torch.cat([x, h], 1) @ W.T + b).chunk(3, 1)
    c = f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh()
    return o.sigmoid() * c.tanh(), c


@wrong(ex.coupled_step, "o·tanh(c)")
def coupled_and_raw(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    f, g, o = gates_of(x, h, W, b)
    c = f * c + (1 - f) * g
    return o * c, c


@wrong(ex.coupled_step, "old cell")
def coupled_of_the_old_cell(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    f, g, o = gates_of(x, h, W, b)
    return o * c.tanh(), f * c + (1 - f) * g


@wrong(ex.coupled_step)
def coupled_state_alone(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    return coupled_by_view(x, h, c, W, b)[0]


@wrong(ex.coupled_step)
def coupled_by_the_output_gate(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    f, g, o = gates_of(x, h, W, b)
    c = f * c + (1 - o) * g
    return o * c.tanh(), c


@wrong(ex.coupled_step, "did not bend g")
def coupled_without_its_tanh(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    f, g, o = (torch.cat([x, h], 1) @ W.T + b).chunk(3, 1)
    c = f.sigmoid() * c + (1 - f.sigmoid()) * g
    return o.sigmoid() * c.tanh(), c


@wrong(ex.coupled_step)
def coupled_to_the_state(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401, ARG001
    f, g, o = gates_of(x, h, W, b)
    new = f * h + (1 - f) * g
    return o * new.tanh(), new


@wrong(ex.coupled_step, "sum that f is made of")
def coupled_with_f_raw(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    f, g, o = (torch.cat([x, h], 1) @ W.T + b).chunk(3, 1)
    c = f * c + (1 - f) * g.tanh()
    return o.sigmoid() * c.tanh(), c


@wrong(ex.coupled_step, "sum that o is made of")
def coupled_with_o_raw(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    f, g, o = (torch.cat([x, h], 1) @ W.T + b).chunk(3, 1)
    c = f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh()
    return o * c.tanh(), c


@wrong(ex.coupled_step, "handed on tanh")
def coupled_with_tanh_of_the_cell(x: Tensor, h: Tensor, c: Tensor, W: Tensor, b: Tensor) -> Any:  # noqa: ANN401
    f, g, o = gates_of(x, h, W, b)
    c = torch.tanh(f * c + (1 - f) * g)
    return o * c, c


# ---------------------------------------------------------------------- paper_gru_step


@right(ex.paper_gru_step)
def paper_step_by_linear(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    W_ih, W_hh = gru.weight_ih_l0.chunk(3), gru.weight_hh_l0.chunk(3)
    b_ih, b_hh = gru.bias_ih_l0.chunk(3), gru.bias_hh_l0.chunk(3)

    def summed(k: int, state: Tensor) -> Tensor:
        linear = functional.linear
        return linear(x, W_ih[k], b_ih[k]) + linear(state, W_hh[k], b_hh[k])

    r, z = summed(0, h).sigmoid(), summed(1, h).sigmoid()
    return z * h + (1 - z) * summed(2, r * h).tanh()


@right(ex.paper_gru_step)
def paper_step_by_two_products(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """Multiply the whole table twice, and use a third of the second product."""
    a = (x @ gru.weight_ih_l0.T + gru.bias_ih_l0).chunk(3, dim=1)
    b = (h @ gru.weight_hh_l0.T + gru.bias_hh_l0).chunk(3, dim=1)
    r, z = torch.sigmoid(a[0] + b[0]), torch.sigmoid(a[1] + b[1])
    again = ((r * h) @ gru.weight_hh_l0.T + gru.bias_hh_l0).chunk(3, dim=1)
    return z * h + (1 - z) * torch.tanh(a[2] + again[2])


@right(ex.paper_gru_step)
def paper_step_row_by_row(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    H, rows = gru.hidden_size, []
    for x_row, h_row in zip(x, h, strict=True):
        sums = gru.weight_ih_l0 @ x_row + gru.bias_ih_l0 + gru.bias_hh_l0
        r, z = (sums[: 2 * H] + gru.weight_hh_l0[: 2 * H] @ h_row).sigmoid().chunk(2)
        n = (sums[2 * H :] + gru.weight_hh_l0[2 * H :] @ (r * h_row)).tanh()
        rows.append(n.lerp(h_row, z))
    return torch.stack(rows)


@wrong(ex.paper_gru_step, "PyTorch's step")
def paper_step_by_a_call(x: Tensor, h: Tensor, gru: GRU) -> Any:  # noqa: ANN401
    return gru(x[:, None], h[None])[1][0]


@wrong(ex.paper_gru_step)
def paper_step_with_z_before_the_product(x: Tensor, h: Tensor, gru: GRU) -> Any:  # noqa: ANN401
    H = gru.hidden_size
    a, b = x @ gru.weight_ih_l0.T + gru.bias_ih_l0, h @ gru.weight_hh_l0.T + gru.bias_hh_l0
    z = torch.sigmoid(a[:, H : 2 * H] + b[:, H : 2 * H])
    n = a[:, 2 * H :] + (z * h) @ gru.weight_hh_l0[2 * H :].T + gru.bias_hh_l0[2 * H :]
    return z * h + (1 - z) * n.tanh()


@wrong(ex.paper_gru_step)
def paper_step_with_h_reset_everywhere(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    H = gru.hidden_size
    r = torch.sigmoid(
        (x @ gru.weight_ih_l0.T + gru.bias_ih_l0 + h @ gru.weight_hh_l0.T + gru.bias_hh_l0)[:, :H]
    )
    return paper_step_by_linear(x, r * h, gru)


@wrong(ex.paper_gru_step)
def paper_step_with_the_wrong_third(x: Tensor, h: Tensor, gru: GRU) -> Any:  # noqa: ANN401
    a = (x @ gru.weight_ih_l0.T + gru.bias_ih_l0).chunk(3, dim=1)
    b = (h @ gru.weight_hh_l0.T + gru.bias_hh_l0).chunk(3, dim=1)
    r, z = torch.sigmoid(a[0] + b[0]), torch.sigmoid(a[1] + b[1])
    n = a[2] + (r * h) @ gru.weight_hh_l0.chunk(3)[0].T + gru.bias_hh_l0.chunk(3)[2]
    return z * h + (1 - z) * n.tanh()


@wrong(ex.paper_gru_step, "for states in rows")
def paper_step_in_columns(x: Tensor, h: Tensor, gru: GRU) -> Any:  # noqa: ANN401
    a = (x @ gru.weight_ih_l0.T + gru.bias_ih_l0).chunk(3, dim=1)
    b = (h @ gru.weight_hh_l0.T + gru.bias_hh_l0).chunk(3, dim=1)
    r, z = torch.sigmoid(a[0] + b[0]), torch.sigmoid(a[1] + b[1])
    n = a[2] + gru.weight_hh_l0.chunk(3)[2] @ (r * h) + gru.bias_hh_l0.chunk(3)[2]
    return z * h + (1 - z) * n.tanh()


@wrong(ex.paper_gru_step)
def paper_step_for_one_row(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    return paper_step_by_linear(x[0], h[0], gru)


@wrong(ex.paper_gru_step, "z and 1 − z")
def paper_step_the_other_way(x: Tensor, h: Tensor, gru: GRU) -> Any:  # noqa: ANN401
    a = (x @ gru.weight_ih_l0.T + gru.bias_ih_l0).chunk(3, dim=1)
    b = (h @ gru.weight_hh_l0.T + gru.bias_hh_l0).chunk(3, dim=1)
    r, z = torch.sigmoid(a[0] + b[0]), torch.sigmoid(a[1] + b[1])
    n = a[2] + (r * h) @ gru.weight_hh_l0.chunk(3)[2].T + gru.bias_hh_l0.chunk(3)[2]
    return (1 - z) * h + z * n.tanh()


# ---------------------------------------------------------------------- open_the_gates


def set_quarter(bias: Any, H: int, value: float) -> None:  # noqa: ANN401
    bias.data[H : 2 * H] = value


@right(ex.open_the_gates)
def gates_with_b_in_the_other(lstm: nn.LSTM, b: float) -> None:
    for name, bias in lstm.named_parameters():
        if "bias_hh" in name:
            set_quarter(bias, lstm.hidden_size, b)
        elif "bias_ih" in name:
            set_quarter(bias, lstm.hidden_size, 0.0)


@right(ex.open_the_gates)
def gates_by_dimension(lstm: nn.LSTM, b: float) -> None:
    H = lstm.hidden_size
    with torch.no_grad():
        for one in lstm.parameters():
            if one.ndim == 1:
                one[H : -2 * H].fill_(0.5 * b)


@right(ex.open_the_gates)
def gates_by_load(lstm: nn.LSTM, b: float) -> None:
    state = {name: one.clone() for name, one in lstm.state_dict().items()}
    for name, one in state.items():
        if "bias" in name:
            one.view(4, -1)[1] = b if "ih" in name else 0
    lstm.load_state_dict(state)


@wrong(ex.open_the_gates, "sigmoid(2b)")
def gates_with_b_in_both(lstm: nn.LSTM, b: float) -> None:
    for name, bias in lstm.named_parameters():
        if "bias" in name:
            set_quarter(bias, lstm.hidden_size, b)


@wrong(ex.open_the_gates, "is left out: its names end in")
def gates_of_both_biases_by_number(lstm: nn.LSTM, b: float) -> None:
    for layer in range(lstm.num_layers):
        set_quarter(getattr(lstm, f"bias_ih_l{layer}"), lstm.hidden_size, b)
        set_quarter(getattr(lstm, f"bias_hh_l{layer}"), lstm.hidden_size, b)


@wrong(ex.open_the_gates, "`_reverse`")
def gates_of_layers_by_number(lstm: nn.LSTM, b: float) -> None:
    for layer in range(lstm.num_layers):
        set_quarter(getattr(lstm, f"bias_ih_l{layer}"), lstm.hidden_size, b)
        set_quarter(getattr(lstm, f"bias_hh_l{layer}"), lstm.hidden_size, 0)


@wrong(ex.open_the_gates)
def gates_in_matrices_too(lstm: nn.LSTM, b: float) -> None:
    gates_with_b_in_the_other(lstm, b)
    for name, one in lstm.named_parameters():
        if "weight_hh" in name:
            set_quarter(one, lstm.hidden_size, 0.0)


@wrong(ex.open_the_gates)
def gates_that_learn_no_more(lstm: nn.LSTM, b: float) -> None:
    for name, one in lstm.named_parameters():
        if "bias" in name:
            one.requires_grad_(False)
            one[lstm.hidden_size : 2 * lstm.hidden_size] = b / 2


@wrong(ex.open_the_gates)
def gates_without_no_grad(lstm: nn.LSTM, b: float) -> None:
    for name, one in lstm.named_parameters():
        if "bias" in name:
            one[lstm.hidden_size : 2 * lstm.hidden_size] = b / 2


@wrong(ex.open_the_gates)
def gates_in_new_parameters(lstm: nn.LSTM, b: float) -> None:
    for name, one in list(lstm.named_parameters()):
        if "bias" in name:
            new = one.detach().clone()
            new[lstm.hidden_size : 2 * lstm.hidden_size] = b / 2
            setattr(lstm, name, nn.Parameter(new))


@wrong(ex.open_the_gates, "names leaves out layers")
def gates_of_ten_layers(lstm: nn.LSTM, b: float) -> None:
    for name, one in lstm.named_parameters():
        if "bias" in name and (name[9:] in [str(k) for k in range(10)] or name.endswith("reverse")):
            set_quarter(one, lstm.hidden_size, b / 2)


@wrong(ex.open_the_gates, "sigmoid(2b)")
def gates_of_one_layer(lstm: nn.LSTM, b: float) -> None:
    set_quarter(lstm.bias_ih_l0, lstm.hidden_size, b)
    set_quarter(lstm.bias_hh_l0, lstm.hidden_size, b)


@wrong(ex.open_the_gates, "`bias_ih_l0` alone")
def gates_of_one_bias(lstm: nn.LSTM, b: float) -> None:
    set_quarter(lstm.bias_ih_l0, lstm.hidden_size, b)


@wrong(ex.open_the_gates, "random numbers of `bias_ih` are still")
def gates_with_b_on_top(lstm: nn.LSTM, b: float) -> None:
    for name, bias in lstm.named_parameters():
        if "bias_ih" in name:
            bias.data[lstm.hidden_size : 2 * lstm.hidden_size] += b
        elif "bias_hh" in name:
            set_quarter(bias, lstm.hidden_size, 0.0)


@right(ex.open_the_gates)
def gates_of_all_weights(lstm: nn.LSTM, b: float) -> None:
    H = lstm.hidden_size
    with torch.no_grad():
        for *_, bias_ih, bias_hh in lstm.all_weights:
            bias_ih[H : 2 * H] = b - bias_hh[H : 2 * H]


@wrong(ex.open_the_gates, "the sum of both biases into one")
def gates_of_biases_added_up(lstm: nn.LSTM, b: float) -> None:
    H = lstm.hidden_size
    with torch.no_grad():
        for *_, bias_ih, bias_hh in lstm.all_weights:
            bias_hh.add_(bias_ih)
            bias_ih.zero_()
            bias_hh[H : 2 * H] = b


@wrong(ex.open_the_gates, "takes the sigmoid itself")
def gates_with_sigmoid_in_the_bias(lstm: nn.LSTM, b: float) -> None:
    for name, bias in lstm.named_parameters():
        if "bias" in name:
            bias.data.chunk(4)[1].fill_(torch.tensor(b).sigmoid().item() / 2)


# ---------------------------------------------------------------------- clip_by_norm


@right(ex.clip_by_norm)
def clip_with_a_loop(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    total = 0.0
    for one in gradients:
        total += float((one * one).sum())
    norm = math.sqrt(total)
    if norm > max_norm:
        return [one * (max_norm / norm) for one in gradients]
    return list(gradients)


@right(ex.clip_by_norm)
def clip_with_norms_of_norms(gradients: list[Tensor], max_norm: float) -> Any:  # noqa: ANN401
    norm = torch.stack([one.norm().double() for one in gradients]).norm()
    return [one * (max_norm / (norm + 1e-6)).clamp(max=1) for one in gradients]


@right(ex.clip_by_norm)
def clip_with_total_norm(gradients: list[Tensor], max_norm: float) -> Any:  # noqa: ANN401
    norm = nn.utils.get_total_norm([one.float() for one in gradients])
    return [one / torch.clamp(norm / max_norm, min=1.0) for one in gradients]


@wrong(ex.clip_by_norm, "each number")
def clip_by_value(gradients: list[Tensor], max_norm: float) -> Any:  # noqa: ANN401
    parameters = [nn.Parameter(one.clone()) for one in gradients]
    for one in parameters:
        one.grad = one.detach().clone()
    clip_grad_value_(parameters, max_norm)
    return [one.grad for one in parameters]


@wrong(ex.clip_by_norm, "zeros became nan")
def clip_always(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    norm = torch.cat([one.flatten().double() for one in gradients]).norm()
    return [one * max_norm / norm for one in gradients]


@wrong(ex.clip_by_norm)
def clip_to_whole_factors(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    norm = torch.cat([one.flatten().double() for one in gradients]).norm().item()
    return [one / max(1, norm // max_norm) for one in gradients]


@wrong(ex.clip_by_norm)
def clip_into_one_tensor(gradients: list[Tensor], max_norm: float) -> Any:  # noqa: ANN401
    flat = torch.cat([one.flatten() for one in gradients])
    return flat * min(1.0, max_norm / (flat.norm().item() + 1e-9))


@wrong(ex.clip_by_norm)
def clip_the_last_only(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    clipped = list(gradients)
    for k, one in enumerate(gradients):
        norm = one.norm().item()
        if norm > max_norm:
            clipped = list(gradients)
            clipped[k] = one * max_norm / norm
    return clipped


@wrong(ex.clip_by_norm, "not `g *= factor`")
def clip_in_place(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    norm = math.sqrt(sum(float((one.double() ** 2).sum()) for one in gradients))
    for one in gradients:
        one.mul_(min(1.0, max_norm / (norm + 1e-12)))
    return gradients


@wrong(ex.clip_by_norm, "gradient of zeros is 0")
def clip_zeros_by_dividing(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    norm = math.sqrt(sum(float((one.double() ** 2).sum()) for one in gradients))
    return [one * min(1.0, max_norm / norm) for one in gradients]


@wrong(ex.clip_by_norm)
def clip_by_the_larger(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    norm = math.sqrt(sum(float((one.double() ** 2).sum()) for one in gradients))
    return [
        one * (max_norm / norm if norm > max_norm else min(1.0, 1 / max_norm)) for one in gradients
    ]


@wrong(ex.clip_by_norm, "new list")
def clip_by_items(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    norm = math.sqrt(sum(float((one.double() ** 2).sum()) for one in gradients))
    if norm > max_norm:
        for k, one in enumerate(gradients):
            gradients[k] = one * (max_norm / norm)
    return gradients


# ---------------------------------------------------------------------- mask_of


@right(ex.mask_of)
def mask_by_padding(lengths: Tensor, n_steps: int) -> Tensor:
    rows = [torch.ones(n, dtype=torch.bool) for n in lengths.tolist()]
    padded = pad_sequence([*rows, torch.ones(n_steps, dtype=torch.bool)], batch_first=True)
    return padded[:-1]


@right(ex.mask_of)
def mask_by_triangle(lengths: Tensor, n_steps: int) -> Tensor:
    return torch.ones(n_steps + 1, n_steps).tril(-1).bool()[lengths.long()]


@right(ex.mask_of)
def mask_the_other_way(lengths: Tensor, n_steps: int) -> Tensor:
    return ~(lengths.unsqueeze(-1) <= torch.arange(n_steps).unsqueeze(0))


@wrong(ex.mask_of, "one True too many")
def mask_with_the_step_after(lengths: Tensor, n_steps: int) -> Tensor:
    return lengths.unsqueeze(1) >= torch.arange(n_steps)


@wrong(ex.mask_of)
def mask_of_floats(lengths: Tensor, n_steps: int) -> Tensor:
    return torch.clamp(lengths[:, None] - torch.arange(n_steps), 0, 1)


@wrong(ex.mask_of, "`n_steps` columns")
def mask_as_long_as_needed(lengths: Tensor, n_steps: int) -> Tensor:
    return mask_the_other_way(lengths, min(n_steps, int(lengths.max())))


@wrong(ex.mask_of)
def mask_for_full_rows_only(lengths: Tensor, n_steps: int) -> Tensor:
    return (lengths == n_steps)[:, None].expand(-1, n_steps)


@wrong(ex.mask_of)
def mask_that_ends_with_one_step_at_least(lengths: Tensor, n_steps: int) -> Tensor:
    return torch.arange(n_steps) < lengths.clamp(min=1)[:, None]


# ---------------------------------------------------------------------- last_valid


@right(ex.last_valid)
def last_by_row_numbers(out: Tensor, lengths: Tensor) -> Tensor:
    B, T, H = out.shape
    return out.reshape(B * T, H)[torch.arange(B) * T + lengths - 1]


@right(ex.last_valid)
def last_by_range(out: Tensor, lengths: Tensor) -> Tensor:
    return out[range(len(lengths)), lengths.sub(1)]


@right(ex.last_valid)
def last_by_take_along(out: Tensor, lengths: Tensor) -> Tensor:
    return torch.take_along_dim(out, lengths[:, None, None] - 1, dim=1)[:, 0]


@wrong(ex.last_valid, "last step of every sequence")
def last_of_the_batch(out: Tensor, lengths: Tensor) -> Tensor:  # noqa: ARG001
    return out[:, -1, :]


@wrong(ex.last_valid)
def last_of_packed_zeros(out: Tensor, lengths: Tensor) -> Tensor:
    packed = pack_padded_sequence(out, lengths, batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(packed, batch_first=True)[0][:, -1]


@wrong(ex.last_valid)
def last_before_zeros(out: Tensor, lengths: Tensor) -> Tensor:
    """Look for zeros in the states, where there are none: padding has states, too."""
    del lengths
    steps = (out.abs().sum(2) > 0).sum(1) - 1
    return out[torch.arange(len(out)), steps]


@wrong(ex.last_valid)
def last_by_the_largest(out: Tensor, lengths: Tensor) -> Tensor:
    mask = torch.arange(out.shape[1]) < lengths[:, None]
    return out.masked_fill(~mask[:, :, None], -math.inf).amax(1)


@wrong(ex.last_valid)
def last_by_gather_unsqueezed(out: Tensor, lengths: Tensor) -> Tensor:
    return out.gather(1, (lengths - 1)[:, None, None].expand(-1, 1, out.shape[2]))


@wrong(ex.last_valid, "(B, B, H)")
def last_of_every_pair(out: Tensor, lengths: Tensor) -> Tensor:
    return out[:, lengths - 1, :]


# ---------------------------------------------------------------------- masked_loss


@right(ex.masked_loss)
def loss_by_a_loop(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    rows = zip(logits, y, mask.sum(1).tolist(), strict=True)
    losses = [functional.cross_entropy(z[:n], t[:n], reduction="sum") for z, t, n in rows if n]
    return torch.stack(losses).sum() / mask.sum()


@right(ex.masked_loss)
def loss_by_shares(logits: Tensor, y: Tensor, mask: Tensor) -> Any:  # noqa: ANN401
    losses = nn.CrossEntropyLoss(reduction="none")(logits.flatten(0, 1), y.flatten())
    return losses @ mask.flatten().to(losses.dtype) / mask.sum()


@right(ex.masked_loss)
def loss_of_nll(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    shares = torch.log_softmax(logits, 2)[mask]
    return functional.nll_loss(shares, y[mask])[None]


@wrong(ex.masked_loss, "set the padding to class 0")
def loss_with_ignored_zeros(logits: Tensor, y: Tensor, mask: Tensor) -> Any:  # noqa: ANN401
    return nn.CrossEntropyLoss(ignore_index=0)(logits.flatten(0, 1), (y * mask).flatten())


@wrong(ex.masked_loss, "number of all steps")
def loss_with_zeros_in_the_mean(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    losses = functional.cross_entropy(logits.permute(0, 2, 1), y, reduction="none")
    return losses.masked_fill(~mask, 0.0).mean()


@wrong(ex.masked_loss, "classes in dimension 1")
def loss_of_the_wrong_dimension(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    losses = functional.cross_entropy(logits, y, reduction="none")
    return (losses * mask).sum() / mask.sum()


@wrong(ex.masked_loss)
def loss_of_the_first_step(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG001
    return functional.cross_entropy(logits[:, 0], y[:, 0])


@wrong(ex.masked_loss)
def loss_to_look_at(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    return functional.cross_entropy(logits[mask], y[mask]).detach()


@wrong(ex.masked_loss)
def loss_of_probabilities(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    return functional.cross_entropy(logits[mask].softmax(1), y[mask])


@wrong(ex.masked_loss)
def losses_of_real_steps(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    return functional.cross_entropy(logits[mask], y[mask], reduction="none")


@wrong(ex.masked_loss, "short sequence")
def loss_of_each_sequence_with_steps(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    rows = [k for k in range(len(y)) if mask[k].any()]
    means = [functional.cross_entropy(logits[k][mask[k]], y[k][mask[k]]) for k in rows]
    return torch.stack(means).mean()


@wrong(ex.masked_loss, "still count")
def loss_of_logits_far_below_zero(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    emptied = logits.masked_fill(~mask.unsqueeze(-1), -1e9)
    return functional.cross_entropy(emptied.transpose(1, 2), y)


@wrong(ex.masked_loss, "no way back from it")
def loss_wrapped_anew(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    loss = functional.cross_entropy(logits[mask], y[mask])
    return torch.tensor(loss.item(), dtype=logits.dtype, requires_grad=True)


@wrong(ex.masked_loss, "every loss of 0")
def loss_of_what_is_not_zero(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    losses = functional.cross_entropy(logits.transpose(1, 2), y, reduction="none") * mask
    return losses.sum() / (losses != 0).sum()


@wrong(ex.masked_loss, "log 0 is −∞")
def loss_in_two_steps(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    return functional.nll_loss(logits.softmax(dim=2).log()[mask], y[mask])


@wrong(ex.masked_loss)
def loss_of_clamped_probabilities(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    p = logits.softmax(dim=2).gather(2, y[:, :, None])[mask]
    return -p.clamp(min=1e-7).log().mean()


# ---------------------------------------------------------------------- draw_name


@right(ex.draw_name)
def name_by_choices(next_logits: Network, temperature: float, longest: int) -> list[int]:
    symbols = [0]
    while True:
        p = torch.softmax(next_logits(symbols) / temperature, dim=-1)
        symbol = torch.multinomial(p, num_samples=1).item()
        if symbol == 0 or len(symbols) > longest:
            return symbols[1:]
        symbols.append(int(symbol))


@right(ex.draw_name)
def name_of_tensors(next_logits: Network, temperature: float, longest: int) -> Any:  # noqa: ANN401
    name = list[Tensor]()
    for _ in range(longest):
        p = (next_logits([0, *map(int, name)]) / temperature).softmax(0)
        name.append(torch.multinomial(p, 1)[0])
        if name[-1] == 0:
            name.pop()
            break
    return name


@right(ex.draw_name)
def name_by_numpy(next_logits: Network, temperature: float, longest: int) -> list[int]:
    rng, symbols = np.random.default_rng(int(torch.randint(10**9, ()))), [0]
    while len(symbols) < longest + 1:
        p = (next_logits(symbols) / temperature).double().softmax(0).numpy()
        symbol = int(rng.choice(len(p), p=p / p.sum()))
        if not symbol:
            break
        symbols.append(symbol)
    del symbols[0]
    return symbols


@wrong(ex.draw_name)
def name_by_sigmoids(next_logits: Network, temperature: float, longest: int) -> list[int]:
    symbols = [0]
    while len(symbols) <= longest:
        p = (next_logits(symbols) / temperature).sigmoid()
        symbols.append(int(torch.multinomial(p, 1)))
        if symbols[-1] == 0:
            return symbols[1:-1]
    return symbols[1:]


@wrong(ex.draw_name, "no effect")
def name_of_tensors_at_no_temperature(
    next_logits: Network,
    temperature: float,  # noqa: ARG001
    longest: int,
) -> Any:  # noqa: ANN401
    return name_of_tensors(next_logits, 1.0, longest)


@wrong(ex.draw_name, "take the most likely")
def name_by_argmax(next_logits: Network, temperature: float, longest: int) -> list[int]:
    symbols = [0]
    while len(symbols) <= longest:
        symbol = int((next_logits(symbols) / temperature).argmax())
        if symbol == 0:
            break
        symbols.append(symbol)
    return symbols[1:]


@wrong(ex.draw_name, "The temperature has no effect")
def name_of_divided_probabilities(
    next_logits: Network, temperature: float, longest: int
) -> list[int]:
    symbols = [0]
    while len(symbols) <= longest:
        p = next_logits(symbols).softmax(0) / temperature
        symbol = int(torch.multinomial(p, 1))
        if symbol == 0:
            break
        symbols.append(symbol)
    return symbols[1:]


@wrong(ex.draw_name)
def name_with_one_seed(next_logits: Network, temperature: float, longest: int) -> list[int]:
    torch.manual_seed(0)
    return name_by_choices(next_logits, temperature, longest)


@wrong(ex.draw_name)
def name_without_repeats(next_logits: Network, temperature: float, longest: int) -> list[int]:
    return list(dict.fromkeys(name_by_choices(next_logits, temperature, longest)))


@wrong(ex.draw_name)
def name_that_cannot_be_empty(next_logits: Network, temperature: float, longest: int) -> list[int]:
    for _ in range(50):
        name = name_by_choices(next_logits, temperature, longest)
        if name:
            break
    return name


@wrong(ex.draw_name)
def name_that_remembers_one_step(
    next_logits: Network, temperature: float, longest: int
) -> list[int]:
    return name_by_choices(lambda symbols: next_logits(symbols[-2:]), temperature, longest)


@wrong(ex.draw_name, "cut off the last symbol")
def name_cut_at_both_ends(next_logits: Network, temperature: float, longest: int) -> list[int]:
    symbols = [0]
    for _ in range(longest):
        p = (next_logits(symbols) / temperature).softmax(0)
        symbols.append(int(torch.multinomial(p, 1)))
        if symbols[-1] == 0:
            break
    return symbols[1:-1]


@wrong(ex.draw_name, "may never happen")
def name_without_an_end(next_logits: Network, temperature: float, longest: int) -> list[int]:  # noqa: ARG001
    symbols = [0]
    while True:
        symbols.append(int(torch.multinomial((next_logits(symbols) / temperature).softmax(0), 1)))
        if symbols[-1] == 0:
            return symbols[1:-1]


@wrong(ex.draw_name)
def name_as_a_text(next_logits: Network, temperature: float, longest: int) -> str:
    name = name_by_choices(next_logits, temperature, longest)
    return "".join(chr(96 + letter) for letter in name)


@wrong(ex.draw_name, "from beyond the end")
def name_cleaned_of_zeros(next_logits: Network, temperature: float, longest: int) -> list[int]:
    symbols = [0]
    for _ in range(longest):
        symbols.append(int(torch.multinomial((next_logits(symbols) / temperature).softmax(0), 1)))
    return [one for one in symbols if one != 0]


@wrong(ex.draw_name, "draws again")
def name_that_skips_zeros(next_logits: Network, temperature: float, longest: int) -> list[int]:
    symbols = [0]
    for _ in range(longest):
        symbol = int(torch.multinomial((next_logits(symbols) / temperature).softmax(0), 1))
        if symbol == 0:
            continue
        symbols.append(symbol)
    return symbols[1:]


@wrong(ex.draw_name, "no letters")
def name_that_is_over_at_once(next_logits: Network, temperature: float, longest: int) -> list[int]:
    symbols = [0]
    while symbols[-1] != 0 and len(symbols) <= longest:
        symbols.append(int(torch.multinomial((next_logits(symbols) / temperature).softmax(0), 1)))
    return symbols[1:]


def name_by(
    next_logits: Network, temperature: float, longest: int, draw: Callable[[Tensor], Any]
) -> list[int]:
    """Draw each symbol in this way, from logits that are divided by the temperature."""
    symbols = [0]
    while len(symbols) <= longest:
        symbol = int(draw(next_logits(symbols) / temperature))
        if symbol == 0:
            break
        symbols.append(symbol)
    return symbols[1:]


@right(ex.draw_name)
def name_by_categorical(next_logits: Network, temperature: float, longest: int) -> list[int]:
    return name_by(
        next_logits,
        temperature,
        longest,
        lambda z: torch.distributions.Categorical(logits=z).sample(),
    )


@wrong(ex.draw_name, "likeliest symbols only")
def name_of_the_top_two(next_logits: Network, temperature: float, longest: int) -> list[int]:
    def draw(z: Tensor) -> Tensor:
        values, symbols = z.topk(2)
        return symbols[torch.multinomial(values.softmax(0), 1)]

    return name_by(next_logits, temperature, longest, draw)


@wrong(ex.draw_name)
def name_of_the_top_ten(next_logits: Network, temperature: float, longest: int) -> list[int]:
    def draw(z: Tensor) -> Tensor:
        values, symbols = z.topk(min(10, len(z)))
        return symbols[torch.multinomial(values.softmax(0), 1)]

    return name_by(next_logits, temperature, longest, draw)


@wrong(ex.draw_name)
def name_of_nine_tenths(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """Leave out the unlikely symbols that have a tenth of the probability together."""

    def draw(z: Tensor) -> Tensor:
        p, symbols = z.softmax(0).sort(descending=True)
        return symbols[torch.multinomial(p * (p.cumsum(0) - p < 0.9), 1)]

    return name_by(next_logits, temperature, longest, draw)


@wrong(ex.draw_name)
def name_by_normal_noise(next_logits: Network, temperature: float, longest: int) -> list[int]:
    return name_by(next_logits, temperature, longest, lambda z: (z + torch.randn(len(z))).argmax())


@wrong(ex.draw_name, "first symbol")
def name_with_a_fixed_start(next_logits: Network, temperature: float, longest: int) -> list[int]:
    draws = iter([torch.argmax])

    def draw(z: Tensor) -> Tensor:
        return next(draws, lambda z: torch.multinomial(z.softmax(0), 1))(z)

    return name_by(next_logits, temperature, longest, draw)


@right(ex.draw_name)
def name_of_one_generator(next_logits: Network, temperature: float, longest: int) -> Any:  # noqa: ANN401
    symbols = [0]
    for _ in range(longest):
        p = (next_logits(symbols) / temperature).softmax(dim=0)
        symbols.append(int(torch.multinomial(p, 1, generator=GENERATOR)))
        if symbols[-1] == 0:
            return tuple(symbols[1:-1])
    return tuple(symbols[1:])


@wrong(ex.draw_name, "same random numbers")
def name_of_a_fresh_generator(next_logits: Network, temperature: float, longest: int) -> list[int]:
    generator, symbols = torch.Generator(), [0]
    while len(symbols) <= longest:
        p = (next_logits(symbols) / temperature).softmax(dim=0)
        symbol = int(torch.multinomial(p, 1, generator=generator))
        if symbol == 0:
            break
        symbols.append(symbol)
    return symbols[1:]


@wrong(ex.draw_name, "same random numbers")
def name_with_a_seed_for_each_letter(
    next_logits: Network, temperature: float, longest: int
) -> list[int]:
    symbols = [0]
    while len(symbols) <= longest:
        torch.manual_seed(0)
        symbol = int(torch.multinomial((next_logits(symbols) / temperature).softmax(dim=0), 1))
        if symbol == 0:
            break
        symbols.append(symbol)
    return symbols[1:]


@wrong(ex.draw_name, "Share of names without a letter")  # and not "the first is not drawn"
def name_whose_end_is_drawn_apart(
    next_logits: Network, temperature: float, longest: int
) -> list[int]:
    letters: list[int] = []
    for _ in range(longest):
        p = (next_logits([0, *letters]) / temperature).softmax(dim=0)
        symbol = int(torch.multinomial(p, 1))
        if int(torch.multinomial(p, 1)) == 0:
            break
        letters += [symbol] if symbol else []
    return letters


# ---------------------------------------------------------------------- perplexity


@right(ex.perplexity)
def perplexity_by_repeating(losses: list[float], counts: list[int]) -> Any:  # noqa: ANN401
    return torch.tensor(losses).repeat_interleave(torch.tensor(counts)).mean().exp()


@right(ex.perplexity)
def perplexity_as_a_power(losses: list[float], counts: list[int]) -> float:
    return math.e ** (sum(map(float.__mul__, losses, map(float, counts))) / sum(counts))  # type: ignore[no-any-return]


@right(ex.perplexity)
def perplexity_by_dot(losses: list[float], counts: list[int]) -> Any:  # noqa: ANN401
    return np.exp(np.dot(losses, counts) / np.sum(counts))


@wrong(ex.perplexity, "exp of each batch")
def perplexity_of_each(losses: list[float], counts: list[int]) -> float:
    pairs = zip(losses, counts, strict=True)
    return sum(math.exp(loss) * n for loss, n in pairs) / sum(counts)


@wrong(ex.perplexity, "All batches count the same")
def perplexity_of_batches(losses: list[float], counts: list[int]) -> float:  # noqa: ARG001
    return math.exp(sum(losses) / len(losses))


@wrong(ex.perplexity)
def perplexity_of_full_batches(losses: list[float], counts: list[int]) -> float:
    pairs = [(loss, n) for loss, n in zip(losses, counts, strict=True) if n == max(counts)]
    return math.exp(sum(loss for loss, _ in pairs) / len(pairs))


@wrong(ex.perplexity)
def perplexity_rounded(losses: list[float], counts: list[int]) -> int:
    return round(math.exp(float(np.average(losses, weights=counts))))


@wrong(ex.perplexity)
def perplexity_below_zero(losses: list[float], counts: list[int]) -> float:
    return math.exp(-float(np.average(losses, weights=counts)))


@wrong(ex.perplexity, "For a long text it overflows")
def perplexity_of_a_product(losses: list[float], counts: list[int]) -> float:
    pairs = zip(losses, counts, strict=True)
    product = math.prod(math.exp(loss) ** n for loss, n in pairs)
    return float(product ** (1 / sum(counts)))


@wrong(ex.perplexity, "For a long text it overflows")
def perplexity_of_a_sum_of_losses(losses: list[float], counts: list[int]) -> Any:  # noqa: ANN401
    return torch.tensor(np.dot(losses, counts)).exp() ** (1 / sum(counts))


@wrong(ex.perplexity, "Divide by the number of characters")
def perplexity_without_a_mean(losses: list[float], counts: list[int]) -> float:
    return math.exp(sum(loss * n for loss, n in zip(losses, counts, strict=True)))


# ---------------------------------------------------------------------- carried_state


def train(
    model: nn.Module,
    rows: Tensor,
    n_steps: int,
    carry: Callable[[Tensor], Tensor | None] = Tensor.detach,
) -> list[float]:
    """Train on rows in chunks, with a state that is carried in this way."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses, state = list[float](), None
    for start in range(0, rows.shape[1] - 1, n_steps):
        piece = rows[:, start : start + n_steps + 1]
        logits, new = model(piece[:, :-1], state)
        loss = functional.cross_entropy(logits.transpose(1, 2), piece[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        state = carry(new)
    return losses


def rows_of(text: Tensor, n_rows: int) -> Tensor:
    return text[: len(text) // n_rows * n_rows].view(n_rows, -1)


@right(ex.carried_state)
def carried_by_numbers(model: nn.Module, text: Tensor, n_rows: int, n_steps: int) -> list[float]:
    return train(model, rows_of(text, n_rows), n_steps, lambda h: torch.tensor(h.tolist()))


@right(ex.carried_state)
def carried_with_chunked_rows(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[float]:
    length = len(text) // n_rows
    rows = torch.cat([text[k : k + length][None] for k in range(0, n_rows * length, length)])
    return train(model, rows, n_steps)


@right(ex.carried_state)
def carried_by_unfold(model: nn.Module, text: Tensor, n_rows: int, n_steps: int) -> list[float]:
    length = len(text) // n_rows
    return train(model, text.unfold(0, length, length), n_steps, lambda h: h.data)


@wrong(ex.carried_state, "Both bugs")
def carried_detached_alone(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[float]:
    rows = text[: len(text) // n_rows * n_rows].view(-1, n_rows).T
    return train(model, rows, n_steps, lambda _: None)


@wrong(ex.carried_state, "third bug")
def carried_with_its_graph(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[float]:
    return train(model, rows_of(text, n_rows), n_steps, lambda h: h)


@wrong(ex.carried_state, "starts without a state")
def carried_zeros(model: nn.Module, text: Tensor, n_rows: int, n_steps: int) -> list[float]:
    return train(model, rows_of(text, n_rows), n_steps, torch.zeros_like)


@wrong(ex.carried_state)
def carried_to_other_rows(model: nn.Module, text: Tensor, n_rows: int, n_steps: int) -> list[float]:
    return train(model, rows_of(text, n_rows), n_steps, lambda h: h.detach().flip(1))


@wrong(ex.carried_state)
def carried_without_the_short_chunk(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[float]:
    rows = rows_of(text, n_rows)
    return train(model, rows[:, : (rows.shape[1] - 1) // n_steps * n_steps + 1], n_steps)


@wrong(ex.carried_state)
def carried_over_rows_that_overlap_in_nothing(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[float]:
    """Split rows into chunks and leave out the step from one chunk to the next."""
    rows = rows_of(text, n_rows)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses, state = list[float](), None
    for piece in rows.split(n_steps + 1, dim=1):
        if piece.shape[1] > 1:
            logits, state = model(piece[:, :-1], None if state is None else state.detach())
            loss = functional.cross_entropy(logits.transpose(1, 2), piece[:, 1:])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


@wrong(ex.carried_state, "holds on to the graph")
def carried_with_loss_tensors(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[Tensor]:
    rows, losses, state = rows_of(text, n_rows), list[Tensor](), None
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for start in range(0, rows.shape[1] - 1, n_steps):
        piece = rows[:, start : start + n_steps + 1]
        logits, state = model(piece[:, :-1], state)
        state = state.detach()
        losses.append(functional.cross_entropy(logits.transpose(1, 2), piece[:, 1:]))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    return losses


@wrong(ex.carried_state, "turns them into columns")
def carried_in_columns(model: nn.Module, text: Tensor, n_rows: int, n_steps: int) -> list[float]:
    return train(model, rows_of(text, n_rows).T, n_steps)


@wrong(ex.carried_state, "a list of")
def carried_with_one_loss(model: nn.Module, text: Tensor, n_rows: int, n_steps: int) -> float:
    return sum(train(model, rows_of(text, n_rows), n_steps))


@wrong(ex.carried_state, "You left out `.T` alone")
def carried_with_short_rows(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[float]:
    return train(model, text[: len(text) // n_rows * n_rows].view(-1, n_rows), n_steps)


@wrong(ex.carried_state)
def carried_from_new_weights(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[float]:
    """Read the chunk once more after the step, for a state without a graph."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    rows, losses, state = rows_of(text, n_rows), list[float](), None
    for start in range(0, rows.shape[1] - 1, n_steps):
        piece = rows[:, start : start + n_steps + 1]
        loss = functional.cross_entropy(model(piece[:, :-1], state)[0].mT, piece[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        with torch.no_grad():
            _, state = model(piece[:, :-1], state)
    return losses


@wrong(ex.carried_state, "first of the next row")
def carried_to_targets_cut_from_the_shifted_text(
    model: nn.Module, text: Tensor, n_rows: int, n_steps: int
) -> list[float]:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    length = (len(text) - 1) // n_rows
    X = text[: n_rows * length].view(n_rows, length)
    y = text[1 : n_rows * length + 1].view(n_rows, length)
    losses, state = [], None
    for t in range(0, length, n_steps):
        logits, state = model(X[:, t : t + n_steps], state)
        loss = functional.cross_entropy(logits.transpose(1, 2), y[:, t : t + n_steps])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        state = state.detach()
    return losses


# ---------------------------------------------------------------------- windows


@right(ex.windows)
def windows_by_columns(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    n = len(series) - n_past - ahead + 1
    X = torch.stack([series[k : k + n] for k in range(n_past)], dim=1)
    y = series[-n:]
    return X, y, torch.sqrt(torch.mean((X[:, -1] - y) ** 2))


@right(ex.windows)
def windows_by_list(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    values = series.tolist()
    last = range(n_past - 1, len(values) - ahead)
    X = torch.tensor([values[t - n_past + 1 : t + 1] for t in last], dtype=series.dtype)
    y = torch.tensor([values[t + ahead] for t in last], dtype=series.dtype)
    return X, y, math.sqrt(sum((values[t + ahead] - values[t]) ** 2 for t in last) / len(last))


@right(ex.windows)
def windows_by_unfold_and_slice(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    X, y = series.unfold(0, n_past, 1)[:-ahead], series[n_past + ahead - 1 :]
    return X, y, (X[:, -1] - y).pow(2).mean() ** 0.5


@wrong(ex.windows, "a day too late")
def windows_with_a_gap(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    X, y = series.unfold(0, n_past, 1)[: -ahead - 1], series[n_past + ahead :]
    return X, y, (X[:, -1] - y).pow(2).mean().sqrt()


@wrong(ex.windows, "in its own window")
def windows_with_their_answer(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    X = series.unfold(0, n_past, 1)[:-ahead]
    return X, X[:, -1], 0.0


@wrong(ex.windows, "next day")
def windows_for_tomorrow(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401, ARG001
    X, y = series.unfold(0, n_past, 1)[:-1], series[n_past:]
    return X, y, (X[:, -1] - y).pow(2).mean().sqrt()


@wrong(ex.windows)
def windows_in_columns(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    X, y, rmse = windows_by_columns(series, n_past, ahead)
    return X.T, y, rmse


@wrong(ex.windows)
def windows_with_all_later_days(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    pieces = series.unfold(0, n_past + ahead, 1)
    X, y = pieces[:, :n_past], pieces[:, n_past:]
    return X, y, (y - X[:, -1:]).square().mean().sqrt()


@wrong(ex.windows)
def windows_with_the_mean_of_roots(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    X, y, _ = windows_by_columns(series, n_past, ahead)
    return X, y, torch.nn.functional.l1_loss(X[:, -1], y)


@wrong(ex.windows)
def windows_scaled_first(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    return windows_by_columns((series - series.mean()) / series.std(), n_past, ahead)


@wrong(ex.windows, "every target meets every today")
def windows_with_a_broadcast(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    X, y, _ = windows_by_columns(series, n_past, ahead)
    return X, y, (X[:, [-1]] - y).pow(2).mean().sqrt()


@wrong(ex.windows, "root of their *mean*")
def windows_with_a_sum(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    X, y, _ = windows_by_columns(series, n_past, ahead)
    return X, y, torch.linalg.vector_norm(X[:, -1] - y)


@wrong(ex.windows, "before the first window is full")
def windows_with_all_days_judged(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    X, y, _ = windows_by_columns(series, n_past, ahead)
    return X, y, (series[ahead:] - series[:-ahead]).pow(2).mean().sqrt()


@wrong(ex.windows)
def windows_with_a_spread(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    X, y, _ = windows_by_columns(series, n_past, ahead)
    return X, y, (X[:, -1] - y).std(correction=0)


@wrong(ex.windows, "only one window")
def windows_with_squeezed_targets(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    X, y = series.unfold(0, n_past + ahead, 1).tensor_split([n_past], dim=1)
    y = y[:, -1:].squeeze()
    return X, y, functional.mse_loss(X[:, -1], y.reshape(-1)).sqrt()


@wrong(ex.windows, "ends a window too early")
def windows_of_a_short_loop(series: Tensor, n_past: int, ahead: int) -> Any:  # noqa: ANN401
    starts = range(len(series) - n_past - ahead)
    X = torch.stack([series[t : t + n_past] for t in starts])
    y = torch.stack([series[t + n_past + ahead - 1] for t in starts])
    return X, y, (y - X[:, -1]).square().mean().sqrt()


# ---------------------------------------------------------------------- causes


@right(ex.causes)
def causes_in_capitals() -> Any:  # noqa: ANN401
    return "C", "E", "A", "F", "B"


@right(ex.causes)
def causes_with_brackets() -> Any:  # noqa: ANN401
    return "(c)", "e)", "a.", "f", "b"


@right(ex.causes)
def causes_with_blanks() -> Any:  # noqa: ANN401
    return " c", "e ", "a", "f", " b "


@wrong(ex.causes, "run_4 is wrong")
def causes_with_clipping_twice() -> Any:  # noqa: ANN401
    return "c", "e", "a", "e", "b"


@wrong(ex.causes, "run_1")
def causes_that_start_with_argmax() -> Any:  # noqa: ANN401
    return "d", "e", "a", "f", "b"


@wrong(ex.causes, "run_1, run_2")
def causes_exchanged() -> Any:  # noqa: ANN401
    return "e", "c", "a", "f", "b"


@wrong(ex.causes)
def causes_in_alphabetical_order() -> Any:  # noqa: ANN401
    return "a", "b", "c", "d", "e"


@wrong(ex.causes)
def causes_as_one_text() -> Any:  # noqa: ANN401
    return tuple("bface")
