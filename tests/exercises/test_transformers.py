"""The exercises of lesson 10: right answers of other kinds, and each solution by another way."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.exercise import Exercise
from dlcourse.exercises import transformers as ex

Right = tuple[Exercise, Callable[..., Any]]
Model = Any  # types do not tell what the parts of a module are


def inputs_of(exercise: Exercise) -> list[tuple[Any, ...]]:
    return list(exercise.inputs(torch.Generator().manual_seed(7)))


# ------------------------------------------------------------------ attention


def looked_up_by_torch(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(query[None], keys, values, scale=1.0)[0]


def looked_up_in_a_loop(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    scores = torch.stack([(key * query).sum() for key in keys])
    powers = (scores - scores.max()).exp()
    pairs = zip(powers / powers.sum(), values, strict=True)
    return torch.stack([weight * value for weight, value in pairs]).sum(dim=0)


def looked_up_in_numpy(query: Tensor, keys: Tensor, values: Tensor) -> Any:  # noqa: ANN401
    scores = np.einsum("nd,d->n", keys.numpy(), query.numpy())
    powers = np.exp(scores - scores.max())
    return powers @ values.numpy() / powers.sum()


def mask_by_places(n_queries: int, n_keys: int) -> Tensor:
    places = torch.arange(n_keys)
    return places <= places[n_keys - n_queries :, None]


def mask_of_lists(n_queries: int, n_keys: int) -> Any:  # noqa: ANN401
    return np.array(
        [[s <= n_keys - n_queries + t for s in range(n_keys)] for t in range(n_queries)]
    )


def mask_of_last_rows(n_queries: int, n_keys: int) -> Tensor:
    return torch.ones(n_keys, n_keys).tril()[-n_queries:].bool()


def attention_by_torch(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    may_look = is_real[:, None, None].expand(-1, 1, q.shape[2], -1)
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=may_look)


def attention_in_loops(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    def one(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return (q @ k.T / math.sqrt(k.shape[1])).softmax(dim=1) @ v

    batch = zip(q, k, v, is_real, strict=True)
    rows = [
        torch.stack([one(*head) for head in zip(q, k[:, real], v[:, real], strict=True)])
        for q, k, v, real in batch
    ]
    return torch.stack(rows)


def attention_by_einsum(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """Add −∞ to scores, and divide by the sum of the powers at the end."""
    closed = torch.zeros(is_real.shape).masked_fill(~is_real, -torch.inf)[:, None, None]
    scores = torch.einsum("bhqd,bhkd->bhqk", q, k) * q.shape[-1] ** -0.5 + closed
    powers = (scores - scores.amax(-1, keepdim=True)).exp()
    return torch.einsum("bhqk,bhkm->bhqm", powers, v.to(powers)) / powers.sum(-1, keepdim=True)  # type: ignore[no-any-return]


def heads_by_torch(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    q, k, v = (x.unflatten(2, (n_heads, -1)).transpose(1, 2) for x in (q, k, v))
    answers = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return answers.transpose(1, 2).flatten(2)


def heads_by_chunks(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    answers = []
    for q_h, k_h, v_h in zip(*(x.chunk(n_heads, dim=2) for x in (q, k, v)), strict=True):
        scores = q_h @ k_h.mT / math.sqrt(q_h.shape[2])
        future = torch.full(scores.shape[1:], -torch.inf, dtype=scores.dtype).triu(1)
        answers.append((scores + future).softmax(dim=-1) @ v_h)
    return torch.cat(answers, dim=2)


def heads_token_by_token(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    out = torch.empty_like(q)
    width = q.shape[2] // n_heads
    for t in range(q.shape[1]):
        for numbers in (slice(h * width, (h + 1) * width) for h in range(n_heads)):
            scores = torch.einsum("bd,bsd->bs", q[:, t, numbers], k[:, : t + 1, numbers])
            weights = (scores / width**0.5).softmax(dim=1)
            out[:, t, numbers] = torch.einsum("bs,bsd->bd", weights, v[:, : t + 1, numbers])
    return out


# ------------------------------------------------------------------ places, norms, leaks


def sinusoid_in_loops(n: int, d: int) -> Tensor:
    rows = []
    for t in range(n):
        angles = [t / 10000 ** (2 * j / d) for j in range(d // 2)]
        rows.append([f(angle) for angle in angles for f in (math.sin, math.cos)])
    return torch.tensor(rows)


def sinusoid_filled_in(n: int, d: int) -> Tensor:
    table = torch.zeros(n, d)
    rates = torch.exp(-math.log(10000.0) * torch.arange(0, d, 2) / d)
    table[:, 0::2] = torch.sin(torch.arange(n)[:, None] * rates)
    table[:, 1::2] = torch.cos(torch.arange(n)[:, None] * rates)
    return table


def sinusoid_of_shifted_sines(n: int, d: int) -> Any:  # noqa: ANN401
    i = np.arange(d)
    return np.sin(np.arange(n)[:, None] / 10000 ** (i // 2 * 2 / d) + np.pi / 2 * (i % 2))


def norm_by_torch(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return functional.layer_norm(x, weight.shape, weight, bias)


def norm_of_one_group(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    rows = functional.group_norm(x.reshape(-1, x.shape[-1]), 1, weight, bias)
    return rows.reshape(x.shape)


def norm_of_squares(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    x = x - x.mean(-1)[..., None]
    return bias + weight * x * torch.rsqrt((x * x).mean(-1)[..., None] + 1e-5)


def norm_of_rows(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    rows = x.reshape(-1, len(weight))
    normed = [(row - row.mean()) / (row.var(correction=0) + 1e-5) ** 0.5 for row in rows]
    return torch.stack(normed).view(x.shape) * weight + bias


def sealed_by_torch(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    q, k, v = (functional.layer_norm(x, x.shape[-1:]) @ to_qkv).chunk(3, dim=-1)
    return x + functional.scaled_dot_product_attention(q, k, v, is_causal=True) @ out


def sealed_and_made_to_add_up(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    """Set weights to 0 after softmax, and divide by what is left."""
    d = x.shape[2]
    q, k, v = (functional.layer_norm(x, (d,)) @ to_qkv).double().chunk(3, dim=2)
    weights = (q @ k.transpose(1, 2) / math.sqrt(d)).softmax(dim=2).tril()
    return x + (weights / weights.sum(dim=2, keepdim=True) @ v).to(x) @ out


def sealed_row_by_row(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    rows = [sealed_by_torch(x[:, : t + 1], to_qkv, out)[:, -1] for t in range(x.shape[1])]
    return torch.stack(rows, dim=1)


def induction_in_loops(tokens: Tensor) -> Tensor:
    guesses = torch.full_like(tokens, -1)
    for row, guess in zip(tokens, guesses, strict=True):
        for t in range(len(row)):
            for s in range(t):
                if row[s] == row[t]:
                    guess[t] = row[s + 1]
    return guesses


def induction_with_a_dict(tokens: Tensor) -> list[list[int]]:
    rows = []
    for row in tokens.tolist():
        after, guesses = dict[int, int](), []
        for t, token in enumerate(row):
            if t:
                after[row[t - 1]] = token
            # what came after this token is known unless it came just now for the first time
            guesses.append(after.get(token, -1))
        rows.append(guesses)
    return torch.tensor(rows)  # type: ignore[return-value]


def induction_by_search(tokens: Tensor) -> Any:  # noqa: ANN401
    rows = tokens.numpy()
    out = np.full(rows.shape, -1)
    for b, t in np.ndindex(*rows.shape):
        (earlier,) = np.nonzero(rows[b, :t] == rows[b, t])
        if len(earlier):
            out[b, t] = rows[b, earlier[-1] + 1]
    return out


# ------------------------------------------------------------------ texts


def tasks_by_unfold(tokens: Tensor, T: int) -> Any:  # noqa: ANN401
    if len(tokens) < T + 1:
        return tokens.new_empty(0, T), tokens.new_empty(0, T)
    windows = tokens.unfold(0, T + 1, T)
    return windows[:, :-1], windows[:, 1:]


def tasks_by_index(tokens: Tensor, T: int) -> list[Tensor]:
    first = torch.arange(0, len(tokens) - T, T)
    places = first[:, None] + torch.arange(T)
    return [tokens[places], tokens[places + 1]]


def tasks_in_numpy(tokens: Tensor, T: int) -> Any:  # noqa: ANN401
    text, n = tokens.numpy(), (len(tokens) - 1) // T
    return np.resize(text, (n, T)), np.resize(text[1:], (n, T))


def true_loss_by_logs(model: Model, windows: Tensor, places: list[int]) -> float:
    with torch.inference_mode():
        total = 0.0
        for t in places:
            p = model(windows[:, : t + 1])[:, t].softmax(dim=1)
            total -= p.gather(1, windows[:, t + 1, None]).log().mean().item()
    return total / len(places)


@torch.no_grad()
def true_loss_of_rows(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    losses = [
        functional.cross_entropy(model(row[None, : t + 1])[0, -1], row[t + 1])
        for row in windows
        for t in places
    ]
    return torch.stack(losses).mean()


@torch.no_grad()
def true_loss_of_all_rows(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    logits = torch.cat([model(windows[:, : t + 1])[:, -1] for t in places])
    return functional.cross_entropy(logits, torch.cat([windows[:, t + 1] for t in places]))


def next_by_sorting(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    order = logits.argsort(descending=True)
    k = len(logits) if top_k is None else top_k
    kept = order[: 1 if temperature == 0 else k]
    p = torch.zeros_like(logits)
    p[kept] = (logits[kept] / (temperature or 1.0)).softmax(dim=0)
    return p


def next_by_logarithms(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    if temperature == 0:
        return (logits == logits.max()).to(logits)
    log_p = logits.log_softmax(dim=0) / temperature
    if top_k:
        log_p[logits.argsort()[: max(0, len(logits) - top_k)]] = -torch.inf
    return log_p.softmax(dim=0)


def next_in_numpy(logits: Tensor, temperature: float, top_k: int | None) -> Any:  # noqa: ANN401
    z = logits.numpy().astype(np.float64)
    powers = np.exp((z - z.max()) / max(temperature, 1e-9))
    powers[np.argsort(-z)[top_k:]] = 0 if top_k else powers[np.argsort(-z)[top_k:]]
    return powers / powers.sum()


@torch.no_grad()
def written_in_one_go(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Read the prompt at once, with a mask; keep tables of keys and values."""
    cache: list[tuple[Tensor, Tensor] | None] = [None] * len(model.layers)
    written, new, n_before = list[int](), torch.tensor(prompt), 0
    while len(written) < n_more:
        places = torch.arange(n_before, n_before + len(new))
        x = model.token(new) + model.position(places)
        for i, layer in enumerate(model.layers):
            q, k, v = layer.to_qkv(x).chunk(3, dim=1)
            old = cache[i]
            if old is not None:
                k, v = torch.cat([old[0], k]), torch.cat([old[1], v])
            cache[i] = k, v
            may_look = torch.ones(len(q), len(k)).tril(n_before).bool()
            scores = (q @ k.T / math.sqrt(q.shape[1])).masked_fill(~may_look, -torch.inf)
            x = x + layer.out(scores.softmax(dim=1) @ v)
        n_before += len(new)
        new = model.answer(x[-1:]).argmax(dim=1)
        written += new.tolist()
    return written


def written_by_torch(model: Model, prompt: list[int], n_more: int) -> Tensor:
    """Keep what comes out of `to_qkv`, and use the fused function."""
    kept: list[list[Tensor]] = [[] for _ in model.layers]
    tokens = list(prompt)
    for t in range(len(prompt) + n_more):
        x = (model.token(torch.tensor(tokens[t])) + model.position(torch.tensor(t)))[None]
        for layer, rows in zip(model.layers, kept, strict=True):
            rows.append(layer.to_qkv(x))
            q, k, v = torch.cat(rows).chunk(3, dim=1)
            x = x + layer.out(functional.scaled_dot_product_attention(q[-1:], k, v))
        if t == len(tokens) - 1:
            tokens.append(int(model.answer(x[0]).argmax()))
    return torch.tensor(tokens[len(prompt) : len(prompt) + n_more])


def written_from_a_full_table(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Fill tables that are as long as the text will be."""
    n, d = len(prompt) + n_more, model.token.embedding_dim
    keys, values = torch.zeros(2, len(model.layers), n, d)
    tokens = [*prompt, *[0] * n_more]
    for t in range(n - 1):
        x = model.token.weight[tokens[t]] + model.position.weight[t]
        for i, layer in enumerate(model.layers):
            q, keys[i, t], values[i, t] = layer.to_qkv(x).split(d)
            weights = (keys[i, : t + 1] @ q / math.sqrt(d)).softmax(0)
            x = x + layer.out(weights @ values[i, : t + 1])
        if t + 1 >= len(prompt):
            tokens[t + 1] = int(model.answer(x).argmax())
    return tokens[len(prompt) :]


def hidden_by_filling(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Any:  # noqa: ANN401
    return tokens.masked_fill(is_hidden, symbol), tokens.masked_fill(~is_hidden, -100)


def hidden_by_index(tokens: Tensor, is_hidden: Tensor, symbol: int) -> list[Tensor]:
    X, y = tokens.clone(), torch.full_like(tokens, -100)
    y[is_hidden] = X[is_hidden]
    X[is_hidden] = symbol
    return [X, y]


def hidden_by_products(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Any:  # noqa: ANN401
    hidden = is_hidden.long()
    return tokens * (1 - hidden) + symbol * hidden, tokens * hidden - 100 * (1 - hidden)


RIGHT: list[Right] = [
    (ex.look_up, looked_up_by_torch),
    (ex.look_up, looked_up_in_a_loop),
    (ex.look_up, looked_up_in_numpy),
    (ex.causal_mask, mask_by_places),
    (ex.causal_mask, mask_of_lists),
    (ex.causal_mask, mask_of_last_rows),
    (ex.attention, attention_by_torch),
    (ex.attention, attention_in_loops),
    (ex.attention, attention_by_einsum),
    (ex.in_heads, heads_by_torch),
    (ex.in_heads, heads_by_chunks),
    (ex.in_heads, heads_token_by_token),
    (ex.sinusoid, sinusoid_in_loops),
    (ex.sinusoid, sinusoid_filled_in),
    (ex.sinusoid, sinusoid_of_shifted_sines),
    (ex.layer_norm, norm_of_one_group),
    (ex.layer_norm, norm_of_squares),
    (ex.layer_norm, norm_of_rows),
    (ex.sealed, sealed_by_torch),
    (ex.sealed, sealed_and_made_to_add_up),
    (ex.sealed, sealed_row_by_row),
    (ex.induction, induction_in_loops),
    (ex.induction, induction_with_a_dict),
    (ex.induction, induction_by_search),
    (ex.next_tokens, tasks_by_unfold),
    (ex.next_tokens, tasks_by_index),
    (ex.next_tokens, tasks_in_numpy),
    (ex.true_loss, true_loss_by_logs),
    (ex.true_loss, true_loss_of_rows),
    (ex.true_loss, true_loss_of_all_rows),
    (ex.choose_next, next_by_sorting),
    (ex.choose_next, next_by_logarithms),
    (ex.choose_next, next_in_numpy),
    (ex.write, written_in_one_go),
    (ex.write, written_by_torch),
    (ex.write, written_from_a_full_table),
    (ex.hide, hidden_by_filling),
    (ex.hide, hidden_by_index),
    (ex.hide, hidden_by_products),
]


# ------------------------------------------------------------------ solutions, by another way


def test_look_up_of_the_lesson_s_prices_is_16_36() -> None:
    answer = ex.look_up.answer(
        torch.eye(3)[0], torch.eye(3), torch.tensor([[10.0], [20.0], [30.0]])
    )
    assert answer.item() == pytest.approx((10 * math.e + 50) / (math.e + 2), abs=1e-4)
    assert answer.item() == pytest.approx(16.36, abs=0.005)


@pytest.mark.parametrize(("n_queries", "n_keys"), [(1, 4), (3, 5), (4, 4)])
def test_mask_lets_each_query_see_one_token_more(n_queries: int, n_keys: int) -> None:
    mask = ex.causal_mask.answer(n_queries, n_keys)
    assert mask.sum(dim=1).tolist() == list(range(n_keys - n_queries + 1, n_keys + 1))
    assert all(row[:n].all() for row, n in zip(mask, mask.sum(dim=1), strict=True))


@pytest.mark.parametrize("arguments", inputs_of(ex.attention))
def test_attention_is_torch_s(arguments: tuple[Tensor, ...]) -> None:
    torch.testing.assert_close(
        ex.attention.answer(*arguments), attention_by_torch(*arguments), rtol=1e-4, atol=1e-5
    )


def test_heads_are_those_of_torch_s_module() -> None:
    torch.manual_seed(0)
    theirs, x = nn.MultiheadAttention(12, 3, bias=False, batch_first=True), torch.randn(2, 5, 12)
    q, k, v = (x @ theirs.in_proj_weight.T).chunk(3, dim=2)
    mine = theirs.out_proj(ex.in_heads.answer(q, k, v, 3))
    mask = torch.ones(5, 5).triu(1).bool()
    torch.testing.assert_close(mine, theirs(x, x, x, attn_mask=mask)[0], rtol=1e-4, atol=1e-5)


def test_products_of_sinusoids_depend_on_the_distance_alone() -> None:
    table = ex.sinusoid.answer(40, 32).double()
    products = [float(table[t] @ table[t + 5]) for t in range(35)]
    wanted = sum(math.cos(5 / 10000 ** (j / 16)) for j in range(16))
    np.testing.assert_allclose(products, wanted, atol=1e-4)
    fault = next(one for one in ex.sinusoid.mistakes if one.__name__ == "angle_for_each")
    table = fault(40, 32)
    assert np.ptp([float(table[t] @ table[t + 5]) for t in range(35)]) > 0.5


@pytest.mark.parametrize("arguments", inputs_of(ex.layer_norm))
def test_layer_norm_is_torch_s(arguments: tuple[Tensor, ...]) -> None:
    wanted = norm_by_torch(*arguments)
    torch.testing.assert_close(ex.layer_norm.answer(*arguments), wanted, rtol=1e-4, atol=2e-4)


def test_layer_norm_of_the_lesson_s_token() -> None:
    normed = ex.layer_norm.answer(torch.tensor([1.0, 2.0, 3.0, 6.0]), torch.ones(4), torch.zeros(4))
    np.testing.assert_allclose(normed, [-1.069, -0.5345, 0, 1.6036], atol=1e-4)


def test_sealed_attention_passes_the_leak_test_and_its_faults_do_not() -> None:
    torch.manual_seed(0)
    x, to_qkv, out = torch.randn(2, 6, 4), torch.randn(4, 12), torch.randn(4, 4)
    changed = x.clone()
    changed[:, -1] *= -1

    def leak(answer: Callable[..., Any]) -> float:
        difference = answer(changed, to_qkv, out) - answer(x, to_qkv, out)
        return float(difference[:, :-1].abs().max())

    assert leak(ex.sealed.answer) == 0
    leaking = ("both_left", "norm_left", "mask_left", "zeros_in_scores")
    for fault in ex.sealed.mistakes:
        if fault.__name__ in leaking:
            assert leak(fault) > 0.01, fault.__name__


def test_induction_knows_a_repeating_sequence_from_its_second_round_on() -> None:
    tokens = torch.tensor([[3, 1, 4, 5] * 3])
    guesses = ex.induction.answer(tokens)
    assert guesses[0, :4].tolist() == [-1] * 4
    assert torch.equal(guesses[0, 4:-1], tokens[0, 5:])


def test_gpt_s_size_is_counted_on_a_model_of_small_parts() -> None:
    """Count the parameters of PyTorch's own blocks, and put the numbers of GPT-2 in."""

    def size(n_tokens: int, context: int, d: int, n_heads: int, n_blocks: int) -> int:
        block = nn.TransformerEncoderLayer(d, n_heads, 4 * d, bias=False, device="meta")
        in_block = sum(one.numel() for one in block.parameters()) + 2 * d  # norms with offsets
        return (n_tokens + context) * d + n_blocks * in_block + 2 * d

    n_weights, more_context, more_heads = ex.gpt_size.answer()
    assert n_weights == size(50257, 1024, 768, 12, 12) == 124_356_864
    assert n_weights + more_context == size(50257, 2048, 768, 12, 12)
    assert n_weights + more_heads == size(50257, 1024, 768, 24, 12)


def test_every_target_is_the_token_after_its_input() -> None:
    X, y = ex.next_tokens.answer(torch.arange(23), 5)
    assert torch.equal(y, X + 1)
    assert X.flatten().tolist() == list(range(20))


def test_true_loss_of_an_honest_model_is_that_of_whole_windows_and_of_a_leaking_one_is_not() -> (
    None
):
    windows = torch.randint(6, (50, 8), generator=torch.Generator().manual_seed(0))
    table = torch.randn(6, 6, generator=torch.Generator().manual_seed(1))

    def honest(tokens: Tensor) -> Tensor:
        return table[tokens]

    def leaking(tokens: Tensor) -> Tensor:
        return 9.0 * functional.one_hot(tokens.roll(-1, 1), 6)

    def reported(model: Model) -> float:
        logits = model(windows[:, :-1])[:, [1, 4]]
        return float(functional.cross_entropy(logits.flatten(0, 1), windows[:, [2, 5]].flatten()))

    assert ex.true_loss.answer(honest, windows, [1, 4]).item() == pytest.approx(reported(honest))
    assert reported(leaking) < 0.01
    assert ex.true_loss.answer(leaking, windows, [1, 4]) > 1


def test_next_tokens_of_the_lesson_s_four_logits() -> None:
    logits = torch.tensor([3.0, 2.0, 1.0, 0.0])
    for temperature, wanted in (
        (0.5, [0.8650, 0.1171, 0.0158, 0.0021]),
        (2.0, [0.4551, 0.2760, 0.1674, 0.1015]),
    ):
        p = ex.choose_next.answer(logits, temperature, None)
        np.testing.assert_allclose(p, wanted, atol=1e-4)
    p = ex.choose_next.answer(logits, 1.0, 2)
    np.testing.assert_allclose(p, [0.7311, 0.2689, 0, 0], atol=1e-4)


def test_writing_is_that_of_reading_everything_again() -> None:
    for model, prompt, n_more in inputs_of(ex.write):
        tokens = list(prompt)
        with torch.no_grad():
            for _ in range(n_more):
                x = model.token(torch.tensor(tokens)) + model.position.weight[: len(tokens)]
                for layer in model.layers:
                    q, k, v = layer.to_qkv(x)[None].chunk(3, dim=2)
                    look = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
                    x = x + layer.out(look[0])
                tokens.append(int(model.answer(x[-1]).argmax()))
            assert ex.write.answer(model, prompt, n_more) == tokens[len(prompt) :]


def test_a_bert_is_asked_for_the_hidden_tokens_alone() -> None:
    """Logits that are sure of all that is hidden cost nothing, whatever they say elsewhere."""
    rng = torch.Generator().manual_seed(0)
    tokens, is_hidden = (
        torch.randint(8, (4, 9), generator=rng),
        torch.rand(4, 9, generator=rng) < 0.3,
    )
    X, y = ex.hide.answer(tokens, is_hidden, 8)
    logits = torch.randn(4, 9, 8, generator=rng)
    logits[is_hidden] = 100.0 * functional.one_hot(tokens[is_hidden], 8)
    assert functional.cross_entropy(logits.flatten(0, 1), y.flatten()) < 1e-6
    assert torch.equal(X == 8, is_hidden)
