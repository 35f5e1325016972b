"""Answers to the exercises of lesson 10 by somebody who tried to get through with wrong ones."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from corpus import right, wrong
from dlcourse.exercises import transformers as ex

Model = Any  # types do not tell what the parts of a module are
Pair = tuple[Tensor, Tensor]
Table = Callable[[Any, Tensor], Tensor]

# ---------------------------------------------------------------------- look_up


@right(ex.look_up)
def look_up_by_einsum(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    weights = torch.einsum("nd,d->n", keys, query).softmax(-1)
    return torch.einsum("n,nm->m", weights, values)


@right(ex.look_up)
def look_up_of_products(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    scores = (keys * query).sum(dim=1)
    weights = functional.softmax(scores, dim=0)
    return (weights.unsqueeze(1) * values).sum(dim=0)


@right(ex.look_up)
def look_up_in_columns(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    return values.T @ torch.softmax(query @ keys.T, 0)


@wrong(ex.look_up, "best key alone")
def look_up_of_a_dict(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    scores = keys @ query
    return values[scores == scores.max()][0]


@wrong(ex.look_up)
def look_up_without_a_sum(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    return (keys * query).softmax(dim=0).mean(dim=1) @ values


@wrong(ex.look_up, "overflows")
def look_up_by_powers_of_e(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    powers = torch.exp(keys @ query)
    return (powers[:, None] * values).sum(0) / powers.sum()


@wrong(ex.look_up)
def look_up_of_absolute_scores(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    return (keys @ query).abs().softmax(0) @ values


@wrong(ex.look_up, "√d")
def look_up_as_attention(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(query[None], keys, values)[0]


@wrong(ex.look_up)
def look_up_of_equal_weights(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:  # noqa: ARG001
    return values.mean(0)


@wrong(ex.look_up, "overflows")
def look_up_by_powers_in_double(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    powers = (keys.double() @ query.double()).exp()
    return powers / powers.sum() @ values.double()


@wrong(ex.look_up)
def look_up_less_the_mean_score(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    scores = keys @ query
    powers = (scores - scores.mean()).exp()
    return powers / powers.sum() @ values


# ---------------------------------------------------------------------- causal_mask


@right(ex.causal_mask)
def mask_of_counted_places(n_queries: int, n_keys: int) -> Tensor:
    t = torch.arange(n_keys - n_queries, n_keys)
    return t.view(-1, 1) >= torch.arange(n_keys).view(1, -1)


@right(ex.causal_mask)
def mask_of_two_parts(n_queries: int, n_keys: int) -> Tensor:
    before = torch.ones(n_queries, n_keys - n_queries)
    return torch.cat([before, torch.ones(n_queries, n_queries).tril()], dim=1).bool()


@right(ex.causal_mask)
def mask_without_the_future(n_queries: int, n_keys: int) -> Tensor:
    future = torch.ones(n_queries, n_keys).triu(n_keys - n_queries + 1)
    return future == 0


@wrong(ex.causal_mask, "upper left corner")
def mask_in_the_corner(n_queries: int, n_keys: int) -> Tensor:
    return torch.arange(n_keys) <= torch.arange(n_queries)[:, None]


@wrong(ex.causal_mask)
def mask_of_everything(n_queries: int, n_keys: int) -> Tensor:
    return torch.ones(n_queries, n_keys).bool()


@wrong(ex.causal_mask, "look at itself")
def mask_of_the_past(n_queries: int, n_keys: int) -> Tensor:
    t = torch.arange(n_keys - n_queries, n_keys)
    return torch.arange(n_keys) < t[:, None]


@wrong(ex.causal_mask, "added")
def mask_of_ints(n_queries: int, n_keys: int) -> Tensor:
    return mask_without_the_future(n_queries, n_keys).int()


@wrong(ex.causal_mask)
def mask_in_reverse(n_queries: int, n_keys: int) -> Tensor:
    return mask_without_the_future(n_queries, n_keys).flip(0)


@wrong(ex.causal_mask)
def mask_with_a_batch(n_queries: int, n_keys: int) -> Tensor:
    return mask_without_the_future(n_queries, n_keys)[None]


# ---------------------------------------------------------------------- attention


@right(ex.attention)
def attention_with_a_bias(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    bias = torch.zeros(len(q), 1, 1, k.shape[2], dtype=q.dtype)
    bias[~is_real[:, None, None]] = float("-inf")
    return ((q / math.sqrt(q.size(-1))) @ k.mT + bias).softmax(-1) @ v


@right(ex.attention)
def attention_of_the_least_number(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    least = torch.finfo(scores.dtype).min
    return functional.softmax(torch.where(is_real[:, None, None], scores, least), dim=-1) @ v


@right(ex.attention)
def attention_head_by_head(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    answers = []
    for h in range(q.shape[1]):
        scores = torch.bmm(q[:, h], k[:, h].transpose(1, 2)) / math.sqrt(q.shape[3])
        scores = scores.masked_fill(is_real.logical_not().unsqueeze(1), -math.inf)
        answers.append(torch.bmm(scores.softmax(2), v[:, h]))
    return torch.stack(answers, dim=1)


@wrong(ex.attention)
def attention_of_minus_ten(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """Take a number that is not low enough for high scores."""
    scores = q @ k.mT / math.sqrt(q.shape[3])
    return scores.masked_fill(~is_real[:, None, None], -10.0).softmax(3) @ v


@wrong(ex.attention)
def attention_less_a_hundred(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[3])
    return (scores - 100.0 * ~is_real[:, None, None]).softmax(3) @ v


@wrong(ex.attention, "after softmax")
def attention_masked_too_late(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    weights = (q @ k.mT / math.sqrt(q.shape[3])).softmax(3)
    return torch.where(is_real[:, None, None], weights, 0.0) @ v


@wrong(ex.attention, "e⁰ is 1")
def attention_of_scores_times_mask(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    return (q @ k.mT / math.sqrt(q.shape[3]) * is_real[:, None, None]).softmax(3) @ v


@wrong(ex.attention, "all heads together")
def attention_by_the_wrong_root(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    d = q.transpose(1, 2).flatten(2).shape[2]
    scores = q @ k.mT / math.sqrt(d)
    return scores.masked_fill(~is_real[:, None, None], -math.inf).softmax(-1) @ v


@wrong(ex.attention)
def attention_of_added_truth(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    mask = is_real[:, None, None].expand(-1, 1, q.shape[2], -1)
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask.to(q))


@wrong(ex.attention)
def attention_cut_for_the_first(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    """Take the padding of the first sequence for that of all."""
    real = is_real[0]
    scores = q @ k[:, :, real].mT / math.sqrt(q.shape[3])
    return scores.softmax(3) @ v[:, :, real]


@wrong(ex.attention, "way back")
def attention_without_a_graph(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    with torch.no_grad():
        return attention_with_a_bias(q, k, v, is_real)


@right(ex.attention)
def attention_sequence_by_sequence(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    answers = []
    for query, key, value, real in zip(q, k, v, is_real, strict=True):
        scores = query @ key[:, real].mT / math.sqrt(q.shape[-1])
        answers.append(scores.softmax(-1) @ value[:, real])
    return torch.stack(answers)


@wrong(ex.attention, "real scores may be lower still")
def attention_of_minus_ten_thousand(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return scores.masked_fill(~is_real[:, None, None], -10_000.0).softmax(-1) @ v


@wrong(ex.attention, "0 / 0")
def attention_made_to_add_up_again(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    weights = (q @ k.mT / math.sqrt(q.shape[-1])).softmax(-1) * is_real[:, None, None]
    return functional.normalize(weights, p=1.0, dim=-1, eps=0.0) @ v


@wrong(ex.attention, "way back from them to the keys and values")
def attention_of_frozen_keys(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    mask = is_real[:, None, None]
    return functional.scaled_dot_product_attention(q, k.data, v.data, attn_mask=mask)


@wrong(ex.attention, "Slopes of the answers' squares along q")
def attention_of_frozen_weights(q: Tensor, k: Tensor, v: Tensor, is_real: Tensor) -> Tensor:
    with torch.no_grad():
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        weights = scores.masked_fill(~is_real[:, None, None], float("-inf")).softmax(-1)
    return weights @ v


# ---------------------------------------------------------------------- in_heads


@right(ex.in_heads)
def heads_by_einsum(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    q, k, v = (one.unflatten(-1, (n_heads, -1)) for one in (q, k, v))  # (B, T, H, d / H)
    scores = torch.einsum("bthd,bshd->bhts", q, k) / q.shape[-1] ** 0.5
    scores += torch.full(scores.shape[2:], -math.inf, dtype=q.dtype).triu(1)
    return torch.einsum("bhts,bshd->bthd", scores.softmax(-1), v).flatten(2)


@right(ex.in_heads)
def heads_as_a_batch(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    """Cut, and put the heads of all sequences into one batch."""
    B = len(q)
    q, k, v = (torch.cat(one.chunk(n_heads, dim=2)) for one in (q, k, v))
    answers = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return torch.cat(answers.split(B), dim=2)


@right(ex.in_heads)
def heads_by_permute(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    B, T, d = q.shape
    q, k, v = (one.reshape(B, T, n_heads, d // n_heads).permute(0, 2, 1, 3) for one in (q, k, v))
    scores = q.matmul(k.permute(0, 1, 3, 2)) / math.sqrt(d / n_heads)
    scores[..., torch.ones(T, T).triu(1).bool()] = -math.inf
    return scores.softmax(-1).matmul(v).permute(0, 2, 1, 3).reshape(B, T, d)


@wrong(ex.in_heads, "without `transpose`")
def heads_joined_by_reshape(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    B, T, d = q.shape
    q, k, v = (one.reshape(B, T, n_heads, -1).transpose(1, 2) for one in (q, k, v))
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True).reshape(B, T, d)


@wrong(ex.in_heads, "cut through time")
def heads_of_parts_of_the_sequence(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    B, T, d = q.shape
    q, k, v = (one.reshape(B, n_heads, T, -1) for one in (q, k, v))
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True).reshape(B, T, d)


@wrong(ex.in_heads, "one head")
def heads_forgotten(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:  # noqa: ARG001
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True)


@wrong(ex.in_heads, "see the future")
def heads_without_a_mask(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    q, k, v = (one.unflatten(2, (n_heads, -1)).transpose(1, 2) for one in (q, k, v))
    return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


@wrong(ex.in_heads)
def heads_that_all_use_the_first_weights(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    q, k, v = (one.unflatten(2, (n_heads, -1)).transpose(1, 2) for one in (q, k, v))
    scores = q @ k.mT / math.sqrt(q.shape[3])
    weights = (scores + torch.full_like(scores, -math.inf).triu(1)).softmax(3)
    return (weights[:, :1] @ v).transpose(1, 2).flatten(2)


@wrong(ex.in_heads)
def heads_in_reverse(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    answers = heads_by_einsum(q, k, v, n_heads)
    return answers.unflatten(2, (n_heads, -1)).flip(2).flatten(2)  # type: ignore[no-any-return]


@wrong(ex.in_heads, "length of a whole token")
def heads_by_the_wrong_root(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    scale = q.shape[2] ** -0.5
    q, k, v = (one.unflatten(2, (n_heads, -1)).transpose(1, 2) for one in (q, k, v))
    answers = functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)
    return answers.transpose(1, 2).flatten(2)


@wrong(ex.in_heads, "scores may be lower still")
def heads_of_minus_a_thousand(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    q, k, v = (x.unflatten(2, (n_heads, -1)).transpose(1, 2) for x in (q, k, v))
    future = torch.ones(q.shape[2], q.shape[2]).triu(1).bool()
    scores = (q @ k.mT / math.sqrt(q.shape[3])).masked_fill(future, -1000.0)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


@wrong(ex.in_heads, "0 / 0")
def heads_made_to_add_up_again(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    q, k, v = (x.unflatten(2, (n_heads, -1)).transpose(1, 2) for x in (q, k, v))
    weights = (q @ k.mT / math.sqrt(q.shape[3])).softmax(-1).tril()
    weights = weights / weights.sum(-1, keepdim=True)
    return (weights @ v).transpose(1, 2).flatten(2)


@wrong(ex.in_heads)
def heads_of_powers(q: Tensor, k: Tensor, v: Tensor, n_heads: int) -> Tensor:
    q, k, v = (x.unflatten(2, (n_heads, -1)).transpose(1, 2) for x in (q, k, v))
    powers = (q @ k.mT / math.sqrt(q.shape[3])).exp().tril()
    return (powers / powers.sum(-1, keepdim=True) @ v).transpose(1, 2).flatten(2)


# ---------------------------------------------------------------------- sinusoid


@right(ex.sinusoid)
def sinusoid_by_columns(n: int, d: int) -> Tensor:
    table = torch.empty(n, d)
    t = torch.arange(n, dtype=torch.float64)
    for i in range(d):
        angle = t / 10000 ** (2 * (i // 2) / d)
        table[:, i] = angle.cos() if i % 2 else angle.sin()
    return table


@right(ex.sinusoid)
def sinusoid_of_complex_numbers(n: int, d: int) -> Tensor:
    angles = torch.outer(torch.arange(n).double(), 1e4 ** (-torch.arange(0, d, 2).double() / d))
    turned = torch.polar(torch.ones_like(angles), angles)  # cosine and sine
    return torch.view_as_real(turned).flip(2).reshape(n, d)


@right(ex.sinusoid)
def sinusoid_in_numpy(n: int, d: int) -> Any:  # noqa: ANN401
    angles = np.arange(n)[:, None] / np.power(10000, np.arange(0, d, 2) / d)
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(n, d)


@wrong(ex.sinusoid, "before all cosines")
def sinusoid_in_halves(n: int, d: int) -> Tensor:
    angles = torch.outer(torch.arange(n), 1e4 ** (-torch.arange(0, d, 2) / d))
    return torch.cat((torch.sin(angles), torch.cos(angles)), 1)


@wrong(ex.sinusoid)
def sinusoid_of_sines_alone(n: int, d: int) -> Tensor:
    angles = torch.outer(torch.arange(n), 1e4 ** (-torch.arange(0, d, 2) / d))
    return angles.sin().repeat_interleave(2, dim=1)


@wrong(ex.sinusoid)
def sinusoid_that_ends_at_one_ten_thousandth(n: int, d: int) -> Tensor:
    """Let the last pair turn 10000 times as slowly as the first; newer programs do."""
    pairs = max(1, d // 2 - 1)
    angles = torch.arange(n)[:, None] / 10000 ** (torch.arange(d // 2) / pairs)
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)


@wrong(ex.sinusoid)
def sinusoid_of_whole_exponents(n: int, d: int) -> Tensor:
    angles = torch.arange(n)[:, None] / 10000 ** (torch.arange(0, d, 2) // d)
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)


@wrong(ex.sinusoid)
def sinusoid_of_degrees(n: int, d: int) -> Tensor:
    angles = torch.arange(n)[:, None] / 10000 ** (torch.arange(0, d, 2) / d) * math.pi / 180
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)


# ---------------------------------------------------------------------- layer_norm


@right(ex.layer_norm)
def norm_by_std(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    deviations = x - x.mean(-1, True)
    return weight * deviations / (deviations.pow(2).mean(-1, keepdim=True) + 1e-5) ** 0.5 + bias


@right(ex.layer_norm)
def norm_by_var_mean(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    var, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
    return torch.addcmul(bias, weight, (x - mean) * torch.rsqrt(var + 1e-5))


@right(ex.layer_norm)
def norm_by_sums(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    d = x.shape[-1]
    x = x - x.sum(dim=-1).unsqueeze(-1) / d
    return x / torch.sqrt((x * x).sum(dim=-1).unsqueeze(-1) / d + 1e-5) * weight + bias


@wrong(ex.layer_norm, "a famous implementation")
def norm_of_the_annotated_paper(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
    return weight * (x - mean) / (std + 1e-5) + bias


@wrong(ex.layer_norm, "nan")
def norm_that_may_divide_by_zero(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    var, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
    return weight * (x - mean) / var.sqrt() + bias


@wrong(ex.layer_norm)
def norm_of_another_epsilon(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return functional.layer_norm(x, weight.shape, weight, bias, eps=1e-8)


@wrong(ex.layer_norm)
def norm_of_length(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Divide by the root of the mean square, mean and all (RMS norm)."""
    return x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt() * weight + bias


@wrong(ex.layer_norm)
def norm_of_three_dimensions_alone(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    var, mean = torch.var_mean(x, dim=2, correction=0, keepdim=True)
    return weight * (x - mean) / (var + 1e-5).sqrt() + bias


@wrong(ex.layer_norm)
def norm_without_its_bias(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:  # noqa: ARG001
    return functional.layer_norm(x, weight.shape, weight)


@wrong(ex.layer_norm, "nearly equal")
def norm_of_large_squares(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / (
        x.square().mean(-1, keepdim=True) - mean.square() + 1e-5
    ).sqrt() * weight + bias


@wrong(ex.layer_norm, "cut the mean and the variance off")
def norm_of_frozen_statistics(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    with torch.no_grad():
        variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    return (x - mean) * (variance + 1e-5).rsqrt() * weight + bias


@wrong(ex.layer_norm, "that `backward` still")
def norm_divided_in_place(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    x = x - x.mean(-1, keepdim=True)
    x /= (x.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    return x * weight + bias


@wrong(ex.layer_norm, "no way back from it to the tokens")
def norm_without_a_way_back(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    with torch.no_grad():
        variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
        normed = (x - mean) * (variance + 1e-5).rsqrt()
    return normed * weight + bias


@wrong(ex.layer_norm, "Slopes of the result's squares along bias")
def norm_with_a_frozen_bias(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    return (x - mean) * (variance + 1e-5).rsqrt() * weight + bias.data


@wrong(ex.layer_norm, "PyTorch's own")
def norm_by_a_module(x: Tensor, weight: Tensor, bias: Tensor) -> Any:  # noqa: ANN401
    norm = torch.nn.LayerNorm(x.shape[-1], elementwise_affine=False, dtype=x.dtype)
    return norm(x) * weight + bias


@wrong(ex.layer_norm, "RMS norm")
def norm_by_the_root_mean_square(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return x * (x.square().mean(-1, keepdim=True) + 1e-5).rsqrt() * weight + bias


# ---------------------------------------------------------------------- sealed


@right(ex.sealed)
def sealed_with_a_bias(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    T, d = x.shape[1:]
    normed = (x - x.mean(2, keepdim=True)) / (x.var(2, correction=0, keepdim=True) + 1e-5).sqrt()
    q, k, v = normed @ to_qkv[:, :d], normed @ to_qkv[:, d : 2 * d], normed @ to_qkv[:, 2 * d :]
    scores = torch.baddbmm(
        torch.full((T, T), -torch.inf).triu(1)[None].expand(len(x), -1, -1), q, k.mT, alpha=d**-0.5
    )
    return x + scores.softmax(-1) @ v @ out


@right(ex.sealed)
def sealed_with_a_module(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    norm = torch.nn.LayerNorm(x.shape[2], elementwise_affine=False)
    q, k, v = (norm(x) @ to_qkv).split(x.shape[2], dim=2)
    look = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return torch.add(x, look @ out)


@right(ex.sealed)
def sealed_in_pieces(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    return torch.cat([sealed_with_a_module(one[None], to_qkv, out) for one in x])


@wrong(ex.sealed, "One leak is left: the weights")
def sealed_norm_alone(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    d = x.shape[2]
    q, k, v = (functional.layer_norm(x, (d,)) @ to_qkv).chunk(3, 2)
    return x + (q @ k.mT / math.sqrt(d)).softmax(2).tril() @ v @ out


@wrong(ex.sealed, "One leak is left: the norm")
def sealed_mask_alone(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    q, k, v = (functional.layer_norm(x, x.shape[1:]) @ to_qkv).chunk(3, 2)
    return x + functional.scaled_dot_product_attention(q, k, v, is_causal=True) @ out


@wrong(ex.sealed, "took the norm out")
def sealed_without_a_norm(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    q, k, v = (x @ to_qkv).chunk(3, 2)
    return x + functional.scaled_dot_product_attention(q, k, v, is_causal=True) @ out


@wrong(ex.sealed)
def sealed_that_cannot_see_itself(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    d = x.shape[2]
    q, k, v = (functional.layer_norm(x, (d,)) @ to_qkv).chunk(3, 2)
    scores = (q @ k.mT / math.sqrt(d)).masked_fill(
        torch.ones(x.shape[1], x.shape[1]).triu() > 0, -torch.inf
    )
    return x + scores.softmax(2).nan_to_num() @ v @ out


@wrong(ex.sealed)
def sealed_over_time_alone(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    normed = (x - x.mean(1, keepdim=True)) / (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    q, k, v = (normed @ to_qkv).chunk(3, 2)
    return x + functional.scaled_dot_product_attention(q, k, v, is_causal=True) @ out


@wrong(ex.sealed, "scores may be lower still")
def sealed_with_minus_a_hundred(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    _, T, d = x.shape
    q, k, v = (functional.layer_norm(x, (d,)) @ to_qkv).chunk(3, dim=2)
    scores = (q @ k.mT / math.sqrt(d)).masked_fill(torch.ones(T, T).triu(1).bool(), -100.0)
    return x + scores.softmax(dim=2) @ v @ out


@wrong(ex.sealed, "without the 0.00001")
def sealed_with_a_bare_norm(x: Tensor, to_qkv: Tensor, out: Tensor) -> Tensor:
    variance, mean = torch.var_mean(x, dim=2, correction=0, keepdim=True)
    q, k, v = ((x - mean) / variance.sqrt() @ to_qkv).chunk(3, dim=2)
    return x + functional.scaled_dot_product_attention(q, k, v, is_causal=True) @ out


# ---------------------------------------------------------------------- induction


@right(ex.induction)
def induction_from_the_end(tokens: Tensor) -> Tensor:
    rows = []
    for row in tokens.tolist():
        guesses = []
        for t, token in enumerate(row):
            before = row[:t][::-1]
            guesses.append(row[t - before.index(token)] if token in before else -1)
        rows.append(guesses)
    return torch.tensor(rows)


@right(ex.induction)
def induction_by_attention(tokens: Tensor) -> Tensor:
    """Do it as two layers would: find the latest slate that says "before me came you"."""
    T = tokens.shape[1]
    before = torch.cat([torch.full_like(tokens[:, :1], -1), tokens[:, :-1]], dim=1)
    fits = (tokens[:, :, None] == before[:, None]) & torch.ones(T, T).tril().bool()
    scores = torch.where(fits, torch.arange(T) + 1.0, 0.0)
    best, place = scores.max(dim=2)
    return torch.where(best > 0, tokens.gather(1, place), -1)


@right(ex.induction)
def induction_with_a_table(tokens: Tensor) -> Any:  # noqa: ANN401
    B, T = tokens.shape
    after = torch.full((B, int(tokens.max()) + 1), -1)
    out, rows = [], torch.arange(B)
    for t in range(T):
        if t:
            after[rows, tokens[:, t - 1]] = tokens[:, t]
        out.append(after[rows, tokens[:, t]])
    return torch.stack(out, dim=1)


@wrong(ex.induction, "the first position")
def induction_by_index(tokens: Tensor) -> Tensor:
    rows = [
        [row[row.index(token) + 1] if token in row[:t] else -1 for t, token in enumerate(row)]
        for row in tokens.tolist()
    ]
    return torch.tensor(rows)


@wrong(ex.induction)
def induction_of_the_most_frequent(tokens: Tensor) -> Tensor:
    rows = []
    for row in tokens.tolist():
        guesses = []
        for t, token in enumerate(row):
            after = Counter(row[s + 1] for s in range(t) if row[s] == token)
            guesses.append(after.most_common(1)[0][0] if after else -1)
        rows.append(guesses)
    return torch.tensor(rows)


@wrong(ex.induction)
def induction_that_sees_the_future(tokens: Tensor) -> Tensor:
    """Look for the latest other place in the whole sequence, later ones too."""
    rows = []
    for row in tokens.tolist():
        guesses = []
        for t, token in enumerate(row):
            places = [s for s in range(len(row) - 1) if s != t and row[s] == token]
            guesses.append(row[places[-1] + 1] if places else -1)
        rows.append(guesses)
    return torch.tensor(rows)


@wrong(ex.induction)
def induction_of_the_whole_batch(tokens: Tensor) -> Tensor:
    after, out = dict[int, int](), []
    for row in tokens.tolist():
        guesses = []
        for t, token in enumerate(row):
            if t:
                after[row[t - 1]] = token
            guesses.append(after.get(token, -1))
        out.append(guesses)
    return torch.tensor(out)


@wrong(ex.induction)
def induction_not_beside_itself(tokens: Tensor) -> Tensor:
    """Overlook that the token right before may be the same."""
    rows = []
    for row in tokens.tolist():
        guesses = []
        for t, token in enumerate(row):
            places = [s for s in range(t - 1) if row[s] == token]
            guesses.append(row[places[-1] + 1] if places else -1)
        rows.append(guesses)
    return torch.tensor(rows)


@wrong(ex.induction, "the present one")
def induction_that_copies_itself(tokens: Tensor) -> Tensor:
    return torch.where(induction_from_the_end(tokens) >= 0, tokens, -1)


@wrong(ex.induction, "out of range")
def induction_with_a_table_of_the_lesson_s_size(tokens: Tensor) -> Tensor:
    guesses = torch.full_like(tokens, -1)
    for row, guess in zip(tokens.tolist(), guesses, strict=True):
        last = [-1] * 16
        for t, token in enumerate(row):
            if last[token] >= 0:
                guess[t] = row[last[token] + 1]
            last[token] = t
    return guesses


@wrong(ex.induction, "they are floats")
def induction_in_floats(tokens: Tensor) -> Tensor:
    guesses = torch.full(tokens.shape, -1.0)
    for row, guess in zip(tokens.tolist(), guesses, strict=True):
        last = dict[int, int]()
        for t, token in enumerate(row):
            if token in last:
                guess[t] = row[last[token] + 1]
            last[token] = t
    return guesses


# ---------------------------------------------------------------------- gpt_size


@right(ex.gpt_size)
def size_in_one_sum() -> Any:  # noqa: ANN401
    d, n = 768, 12
    return (50257 + 1024 + 4 * n + 2 + 12 * n * d) * d, 1024 * d, 0


@right(ex.gpt_size)
def size_as_a_number() -> Any:  # noqa: ANN401
    return 124356864, 786432, 0


@right(ex.gpt_size)
def size_of_floats() -> Any:  # noqa: ANN401
    return 124356864.0, 786432.0, 0.0


@wrong(ex.gpt_size, "one and the same")
def size_with_a_head() -> Any:  # noqa: ANN401
    return 124356864 + 50257 * 768, 786432, 0


@wrong(ex.gpt_size)
def size_that_everybody_quotes() -> Any:  # noqa: ANN401
    return 124_000_000, 786432, 0


@wrong(ex.gpt_size, "biases in the linear layers")
def size_of_the_original() -> Any:  # noqa: ANN401
    return 124_439_808, 786432, 0


@wrong(ex.gpt_size, "more_context")
def size_that_grows_with_the_square() -> Any:  # noqa: ANN401
    return 124356864, 1024 * 1024, 0


@wrong(ex.gpt_size, "more_heads")
def size_that_grows_with_heads() -> Any:  # noqa: ANN401
    return 124356864, 786432, 1


# ---------------------------------------------------------------------- next_tokens


@right(ex.next_tokens)
def tasks_in_a_loop(tokens: Tensor, T: int) -> Any:  # noqa: ANN401
    starts = range(0, len(tokens) - T, T)
    X = [tokens[s : s + T] for s in starts]
    y = [tokens[s + 1 : s + T + 1] for s in starts]
    return (torch.stack(X), torch.stack(y)) if X else (tokens.new_zeros(0, T),) * 2


@right(ex.next_tokens)
def tasks_of_views(tokens: Tensor, T: int) -> list[Tensor]:
    inputs, targets = tokens[:-1], tokens[1:]
    used = len(inputs) - len(inputs) % T
    return [inputs[:used].unflatten(0, (used // T, T)), targets[:used].reshape(used // T, T)]


@right(ex.next_tokens)
def tasks_of_arrays(tokens: Tensor, T: int) -> Any:  # noqa: ANN401
    n = (len(tokens) - 1) // T
    places = np.arange(n * T).reshape(n, T)
    return tokens.numpy()[places], tokens.numpy()[places + 1]


@wrong(ex.next_tokens, "only has to copy")
def tasks_without_a_shift(tokens: Tensor, T: int) -> Pair:
    X, _ = tasks_in_a_loop(tokens, T)
    return X, X.clone()


@wrong(ex.next_tokens, "rolled")
def tasks_of_a_ring(tokens: Tensor, T: int) -> Pair:
    n = len(tokens) // T
    shifted = torch.cat([tokens[1:], tokens[:1]])
    return tokens[: n * T].reshape(n, T), shifted[: n * T].reshape(n, T)


@wrong(ex.next_tokens, "T − 1 tasks")
def tasks_shifted_inside(tokens: Tensor, T: int) -> Pair:
    n = len(tokens) // T
    windows = tokens[: n * T].reshape(n, T)
    return windows[:, :-1], windows[:, 1:]


@wrong(ex.next_tokens)
def tasks_in_columns(tokens: Tensor, T: int) -> Pair:
    n = (len(tokens) - 1) // T
    return tokens[: n * T].reshape(T, n).T, tokens[1 : n * T + 1].reshape(T, n).T


@wrong(ex.next_tokens)
def tasks_of_chunks(tokens: Tensor, T: int) -> Any:  # noqa: ANN401
    """Keep a last window that is shorter than the others."""
    return list(tokens[:-1].split(T)), list(tokens[1:].split(T))


@wrong(ex.next_tokens)
def tasks_of_at_least_one(tokens: Tensor, T: int) -> Pair:
    n = max(1, (len(tokens) - 1) // T)
    y = functional.pad(tokens[1:], (0, T))[: n * T]
    return functional.pad(tokens, (0, T))[: n * T].view(n, T), y.view(n, T)


@wrong(ex.next_tokens, "they are floats")
def tasks_filled_in(tokens: Tensor, T: int) -> Pair:
    n = (len(tokens) - 1) // T
    X, y = torch.zeros(2, n, T).double()
    for i in range(n):
        X[i], y[i] = tokens[i * T : i * T + T], tokens[i * T + 1 : i * T + T + 1]
    return X, y


@wrong(ex.next_tokens)
def tasks_of_short_integers(tokens: Tensor, T: int) -> Pair:
    n = (len(tokens) - 1) // T
    X, y = tokens[: n * T].reshape(n, T), tokens[1 : n * T + 1].reshape(n, T)
    return X.short(), y.short()


@wrong(ex.next_tokens, "so that they overlap")
def tasks_that_overlap(tokens: Tensor, T: int) -> Pair:
    windows = tokens.unfold(0, T + 1, 1)
    return windows[:, :T], windows[:, 1:]


@wrong(ex.next_tokens, "T + 1 tokens apart")
def tasks_with_gaps(tokens: Tensor, T: int) -> Pair:
    windows = tokens.unfold(0, T + 1, T + 1)
    return windows[:, :T], windows[:, 1:]


@wrong(ex.next_tokens, "`unfold` needs")
def tasks_of_unfolded_text(tokens: Tensor, T: int) -> Pair:
    windows = tokens.unfold(0, T + 1, T)
    return windows[:, :T], windows[:, 1:]


# ---------------------------------------------------------------------- too_good


@right(ex.too_good)
def too_good_in_capitals() -> Any:  # noqa: ANN401
    return "B", "Y", "D", "X", "E", "Z"


@right(ex.too_good)
def too_good_in_brackets() -> Any:  # noqa: ANN401
    return "(b)", "y", "d)", "x", "e.", "z"


@wrong(ex.too_good, "run_1")
def too_good_to_be_a_copy() -> Any:  # noqa: ANN401
    return "c", "y", "d", "x", "e", "z"


@wrong(ex.too_good, "proof_1")
def too_good_for_the_leak_test() -> Any:  # noqa: ANN401
    return "b", "w", "d", "x", "e", "z"


@wrong(ex.too_good, "run_3")
def too_good_to_overlap() -> Any:  # noqa: ANN401
    return "b", "y", "d", "x", "c", "z"


@wrong(ex.too_good)
def too_good_with_a_guess() -> Any:  # noqa: ANN401
    return "b", "b", "b", "b", "b", "b"


@wrong(ex.too_good)
def too_good_in_the_wrong_order() -> Any:  # noqa: ANN401
    return "e", "z", "d", "x", "b", "y"


# ---------------------------------------------------------------------- true_loss


@right(ex.true_loss)
@torch.no_grad()
def true_loss_summed(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    total = torch.zeros(())
    for t in places:
        logits = model(windows[:, : t + 1])
        total += functional.cross_entropy(logits[:, t, :], windows[:, t + 1], reduction="sum")
    return total / (len(places) * len(windows))


@right(ex.true_loss)
def true_loss_of_numbers(model: Model, windows: Tensor, places: list[int]) -> float:
    losses = []
    for t in places:
        known, target = windows[:, : t + 1], windows[:, t + 1]
        with torch.no_grad():
            log_p = model(known)[:, -1].log_softmax(dim=1)
        losses.append(-log_p[torch.arange(len(target)), target].mean().item())
    return sum(losses) / len(losses)  # type: ignore[no-any-return]


@right(ex.true_loss)
def true_loss_stacked(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    with torch.inference_mode():
        logits = torch.stack([model(windows[:, : t + 1])[:, -1] for t in places], dim=2)
        y = torch.stack([windows[:, t + 1] for t in places], dim=1)
        return functional.cross_entropy(logits, y)


@wrong(ex.true_loss, "whole windows")
@torch.no_grad()
def true_loss_as_reported(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    logits = model(windows[:, :-1]).transpose(1, 2)
    losses = functional.cross_entropy(logits, windows[:, 1:], reduction="none")
    return losses[:, places].mean()


@wrong(ex.true_loss)
@torch.no_grad()
def true_loss_of_the_furthest(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    """Cut once, behind the last of the places."""
    logits = model(windows[:, : max(places) + 1])
    losses = [functional.cross_entropy(logits[:, t], windows[:, t + 1]) for t in places]
    return torch.stack(losses).mean()


@wrong(ex.true_loss, "a graph")
def true_loss_with_a_graph(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    losses = [
        functional.cross_entropy(model(windows[:, : t + 1])[:, -1], windows[:, t + 1])
        for t in places
    ]
    return (sum(losses) / len(losses)).detach()  # type: ignore[union-attr]


@wrong(ex.true_loss)
@torch.no_grad()
def true_loss_of_zeroed_windows(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    """Set the future to token 0 in place of cutting it off."""
    losses = []
    for t in places:
        known = windows.clone()
        known[:, t + 1 :] = 0
        losses.append(functional.cross_entropy(model(known)[:, t], windows[:, t + 1]))
    return torch.stack(losses).mean()


@wrong(ex.true_loss)
@torch.no_grad()
def true_loss_of_the_last_token(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    """Show the model the token at the place and none before it."""
    losses = [
        functional.cross_entropy(model(windows[:, t : t + 1])[:, 0], windows[:, t + 1])
        for t in places
    ]
    return torch.stack(losses).mean()


@wrong(ex.true_loss, "gradients stay off")
def true_loss_that_switches_gradients_off(
    model: Model, windows: Tensor, places: list[int]
) -> Tensor:
    torch.set_grad_enabled(False)
    losses = [
        functional.cross_entropy(model(windows[:, : t + 1])[:, -1], windows[:, t + 1])
        for t in places
    ]
    return torch.stack(losses).mean()


@right(ex.true_loss)
@torch.inference_mode()
def true_loss_in_inference_mode(model: Model, windows: Tensor, places: list[int]) -> float:
    total = 0.0
    for t in places:
        log_p = model(windows[:, : t + 1])[:, -1].log_softmax(dim=1)
        total -= log_p.gather(1, windows[:, t + 1 : t + 2]).mean().item()
    return total / len(places)


@wrong(ex.true_loss, "position t alone")
@torch.no_grad()
def true_loss_after_one_token(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    losses = [
        functional.cross_entropy(model(windows[:, [t]])[:, 0], windows[:, t + 1]) for t in places
    ]
    return sum(losses, torch.zeros(())) / len(places)


@wrong(ex.true_loss, "wrote zeros over")
@torch.no_grad()
def true_loss_before_zeros(model: Model, windows: Tensor, places: list[int]) -> Tensor:
    losses = []
    for t in places:
        given = windows.clone()
        given[:, t + 1 :] = 0
        losses.append(functional.cross_entropy(model(given)[:, t], windows[:, t + 1]))
    return torch.stack(losses).mean()


# ---------------------------------------------------------------------- choose_next


@right(ex.choose_next)
def next_of_a_branch_each(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    if temperature == 0:
        return torch.arange(len(logits)).eq(logits.argmax()).to(logits.dtype)
    z = logits / temperature
    if top_k is not None:
        best, places = z.topk(min(top_k, len(z)))
        return torch.zeros_like(z).scatter(0, places, best.softmax(0))
    return z.softmax(0)


@right(ex.choose_next)
def next_cut_after_softmax(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """Cut the probabilities, and divide by what is left: the same."""
    if not temperature:
        return functional.one_hot(logits.argmax(), len(logits))
    p = (logits.double() / temperature).softmax(0)
    if top_k is not None:
        p[logits.argsort(descending=True)[top_k:]] = 0
    return p / p.sum()


@right(ex.choose_next)
def next_by_powers(logits: Tensor, temperature: float, top_k: int | None) -> Any:  # noqa: ANN401
    k = len(logits) if top_k is None else min(top_k, len(logits))
    best = sorted(logits.tolist())[-k:]
    if temperature == 0:
        return torch.tensor([float(z == best[-1]) for z in logits.tolist()])
    powers = [math.exp((z - best[-1]) / temperature) if z in best else 0.0 for z in logits.tolist()]
    return torch.tensor([power / sum(powers) for power in powers])


@wrong(ex.choose_next, "divided the probabilities")
def next_cooled_too_late(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    if temperature == 0:
        return next_of_a_branch_each(logits, 0.0, None)
    p = next_of_a_branch_each(logits, 1.0, top_k) / temperature
    return p / p.sum()


@wrong(ex.choose_next)
def next_of_roots(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """Raise probabilities to the power T, where 1 / T is right."""
    if temperature == 0:
        return next_of_a_branch_each(logits, 0.0, None)
    p = next_of_a_branch_each(logits, 1.0, top_k) ** temperature
    return p / p.sum()


@wrong(ex.choose_next, "e⁰ is 1")
def next_with_zeros(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    if temperature == 0:
        return next_of_a_branch_each(logits, 0.0, None)
    if top_k is not None:
        keep = torch.zeros_like(logits).bool()
        keep[logits.topk(min(top_k, len(logits))).indices] = True
        logits = logits * keep
    return (logits / temperature).softmax(0)


@wrong(ex.choose_next, "divide by 0")
def next_without_a_branch(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    k = len(logits) if top_k is None else min(top_k, len(logits))
    z = logits.masked_fill(logits < logits.topk(k).values[-1], -math.inf)
    return torch.softmax(z / temperature, dim=0)


@wrong(ex.choose_next)
def next_of_a_low_temperature(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    return next_of_a_branch_each(logits, max(temperature, 0.5), top_k)


@wrong(ex.choose_next)
def next_that_writes_over_the_logits(
    logits: Tensor, temperature: float, top_k: int | None
) -> Tensor:
    p = next_of_a_branch_each(logits, temperature, top_k)
    logits[p == 0] = -math.inf
    return p


@wrong(ex.choose_next)
def next_of_the_k_shuffled(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    """Return the probabilities of the k best in their own order, (k,)."""
    if temperature == 0:
        return next_of_a_branch_each(logits, 0.0, None)
    k = len(logits) if top_k is None else min(top_k, len(logits))
    return (logits.topk(k).values / temperature).softmax(0)


@wrong(ex.choose_next, "logits may be lower still")
def next_with_minus_a_thousand(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    if temperature == 0:
        return functional.one_hot(logits.argmax(), len(logits)).float()
    if top_k is not None:
        least = logits.topk(min(top_k, len(logits))).values[-1]
        logits = torch.where(logits < least, -1000.0, logits)
    return (logits / temperature).softmax(0)


@wrong(ex.choose_next)
def next_of_a_tiny_temperature(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    return next_of_a_branch_each(logits, max(temperature, 1e-6), top_k)


@wrong(ex.choose_next)
def next_without_randomness_when_it_is_cool(
    logits: Tensor, temperature: float, top_k: int | None
) -> Tensor:
    return next_of_a_branch_each(logits, temperature if temperature > 0.1 else 0.0, top_k)


# ---------------------------------------------------------------------- write


@right(ex.write)
def write_with_growing_tables(model: Model, prompt: list[int], n_more: int) -> list[int]:
    d = model.token.embedding_dim
    keys = [torch.zeros(0, d) for _ in model.layers]
    values = [torch.zeros(0, d) for _ in model.layers]
    text = list(prompt)
    t = 0
    while len(text) < len(prompt) + n_more:
        x = model.token(torch.tensor([text[t]])) + model.position(torch.tensor([t]))
        for i, layer in enumerate(model.layers):
            q, k, v = layer.to_qkv(x).split(d, dim=1)
            keys[i], values[i] = torch.cat([keys[i], k]), torch.cat([values[i], v])
            x = x + layer.out((q @ keys[i].T / math.sqrt(d)).softmax(1) @ values[i])
        t += 1
        if t >= len(prompt):
            text.append(int(model.answer(x).argmax(1)))
    return text[len(prompt) :]


@right(ex.write)
def write_after_a_prompt(model: Model, prompt: list[int], n_more: int) -> tuple[Tensor, ...]:
    """Have a function that reads a batch of new tokens, and call it for the prompt and each one."""
    cache: list[Tensor] = []

    def read(new: list[int]) -> Tensor:
        n_before = cache[0].shape[0] if cache else 0
        t = torch.arange(n_before, n_before + len(new))
        x = model.token(torch.tensor(new)) + model.position(t)
        for i, layer in enumerate(model.layers):
            rows = layer.to_qkv(x)
            if n_before:
                cache[i] = torch.cat([cache[i], rows])
            else:
                cache.append(rows)
            _, k, v = cache[i].chunk(3, 1)
            mask = torch.arange(len(k)) <= t[:, None]
            q = rows.chunk(3, 1)[0]
            x = x + layer.out(functional.scaled_dot_product_attention(q, k, v, attn_mask=mask))
        return model.answer(x[-1]).argmax()  # type: ignore[no-any-return]

    written = list[Tensor]()
    new = read(prompt)
    while len(written) < n_more:
        written.append(new)
        if len(written) < n_more:
            new = read([int(new)])
    return tuple(written)


@right(ex.write)
def write_with_a_dict(model: Model, prompt: list[int], n_more: int) -> list[int]:
    cache: dict[Any, list[Any]] = {}
    text, last = list(prompt), None
    for t in range(len(prompt) + n_more - 1):
        x = model.token.weight[text[t]] + model.position.weight[t]
        for layer in model.layers:
            q, k, v = layer.to_qkv(x).unflatten(0, (3, -1))
            cache.setdefault(layer, []).append((k, v))
            weights = torch.stack([k @ q for k, _ in cache[layer]]).div(len(q) ** 0.5).softmax(0)
            x = x + layer.out(sum(w * v for w, (_, v) in zip(weights, cache[layer], strict=True)))
        last = int(model.answer(x).argmax())
        text += [last] if t + 1 == len(text) else []
    return text[len(prompt) :]


def write_with(
    model: Model,
    prompt: list[int],
    n_more: int,
    place: Callable[[int], int] = lambda t: t,
    n_seen: int = 99,
) -> list[int]:
    """Write as is right, but with other places, or with the latest few tokens seen alone."""
    kept: list[list[Tensor]] = [[] for _ in model.layers]
    text = list(prompt)
    for t in range(len(prompt) + n_more - 1):
        x = model.token.weight[text[t]] + model.position.weight[place(t)]
        for layer, rows in zip(model.layers, kept, strict=True):
            rows.append(layer.to_qkv(x))
            q = rows[-1].chunk(3)[0]
            _, k, v = torch.stack(rows[-n_seen:]).chunk(3, dim=1)
            x = x + layer.out((k @ q / len(q) ** 0.5).softmax(0) @ v)
        if t + 1 == len(text):
            text.append(int(model.answer(x).argmax()))
    return text[len(prompt) :]


@wrong(ex.write, "position 0")
def write_at_place_zero(model: Model, prompt: list[int], n_more: int) -> list[int]:
    return write_with(model, prompt, n_more, lambda t: t if t < len(prompt) else 0)


@wrong(ex.write, "themselves only")
def write_without_memory(model: Model, prompt: list[int], n_more: int) -> list[int]:
    return write_with(model, prompt, n_more, n_seen=1)


@wrong(ex.write)
def write_with_a_short_memory(model: Model, prompt: list[int], n_more: int) -> list[int]:
    return write_with(model, prompt, n_more, n_seen=3)


def reread(
    model: Model, prompt: list[int], n_more: int, project: Callable[[nn.Linear, Tensor], Tensor]
) -> list[int]:
    """Write rightly, but read all for each token; `project` applies the table of q, k and v."""
    text = list(prompt)
    for _ in range(n_more):
        x = model.token(torch.tensor(text)) + model.position(torch.arange(len(text)))
        for layer in model.layers:
            q, k, v = project(layer.to_qkv, x)[None].chunk(3, 2)
            x = x + layer.out(functional.scaled_dot_product_attention(q, k, v, is_causal=True)[0])
        text.append(int(model.answer(x[-1]).argmax()))
    return text[len(prompt) :]


@wrong(ex.write, "again for each new token")
def write_without_a_cache(model: Model, prompt: list[int], n_more: int) -> list[int]:
    return reread(model, prompt, n_more, lambda table, x: table(x))


@wrong(ex.write, "again for each new token")
def write_without_a_cache_by_keyword(model: Model, prompt: list[int], n_more: int) -> list[int]:
    def project(table: nn.Linear, x: Tensor) -> Tensor:
        return functional.linear(x, weight=table.weight, bias=table.bias)

    return reread(model, prompt, n_more, project)


@wrong(ex.write)
def write_with_a_prompt_that_sees_its_future(
    model: Model, prompt: list[int], n_more: int
) -> list[int]:
    """Read the prompt at once, and forget its mask."""
    kept: list[list[Tensor]] = [[] for _ in model.layers]
    new, t, text = list(prompt), 0, list[int]()
    while len(text) < n_more:
        x = model.token(torch.tensor(new)) + model.position(torch.arange(t, t + len(new)))
        t += len(new)
        for layer, rows in zip(model.layers, kept, strict=True):
            rows.append(layer.to_qkv(x))
            q = rows[-1].chunk(3, 1)[0]
            _, k, v = torch.cat(rows).chunk(3, 1)
            x = x + layer.out(functional.scaled_dot_product_attention(q[None], k[None], v[None])[0])
        new = [int(model.answer(x[-1]).argmax())]
        text += new
    return text


@wrong(ex.write)
def write_with_one_cache_for_all(model: Model, prompt: list[int], n_more: int) -> list[int]:
    rows, text = list[Tensor](), list(prompt)
    for t in range(len(prompt) + n_more - 1):
        x = model.token.weight[text[t]] + model.position.weight[t]
        for layer in model.layers:
            rows.append(layer.to_qkv(x))
            q = rows[-1].chunk(3)[0]
            _, k, v = torch.stack(rows).chunk(3, dim=1)
            x = x + layer.out((k @ q / len(q) ** 0.5).softmax(0) @ v)
        if t + 1 == len(text):
            text.append(int(model.answer(x).argmax()))
    return text[len(prompt) :]


@wrong(ex.write)
def write_by_drawing(model: Model, prompt: list[int], n_more: int) -> list[int]:
    right = write_with(model, prompt, n_more)
    return [int(torch.randint(30, ())) for _ in right]


@wrong(ex.write, "begins with the prompt")
def write_all(model: Model, prompt: list[int], n_more: int) -> list[int]:
    return prompt + write_with(model, prompt, n_more)


def written_again(model: Model, prompt: list[int], n_more: int, table: Table) -> list[int]:
    """Write without a cache; `table` makes queries, keys and values of all tokens so far."""
    tokens = list(prompt)
    for _ in range(n_more):
        x = model.token.weight[tokens] + model.position.weight[: len(tokens)]
        for layer in model.layers:
            q, k, v = table(layer.to_qkv, x)[None].chunk(3, dim=2)
            mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + layer.out(mixed[0])
        tokens.append(int(model.answer(x[-1]).argmax()))
    return tokens[len(prompt) :]


@wrong(ex.write, "again for each new token")
def write_again_by_weights(model: Model, prompt: list[int], n_more: int) -> list[int]:
    return written_again(model, prompt, n_more, lambda to_qkv, x: x @ to_qkv.weight.T)


@wrong(ex.write, "again for each new token")
def write_again_by_thirds_of_weights(model: Model, prompt: list[int], n_more: int) -> list[int]:
    def table(to_qkv: Model, x: Tensor) -> Tensor:
        thirds = [functional.linear(x, third) for third in to_qkv.weight.chunk(3)]
        return torch.cat(thirds, dim=1)

    return written_again(model, prompt, n_more, table)


@wrong(ex.write, "again for each new token")
def write_again_by_forward(model: Model, prompt: list[int], n_more: int) -> list[int]:
    return written_again(model, prompt, n_more, lambda to_qkv, x: to_qkv.forward(x))


def written_once(model: Model, prompt: list[int], n_more: int, root: float | None) -> list[int]:
    """Write with a cache, by the weights of the tables; divide the scores by `root`."""
    tokens, cache = list(prompt), [(list[Tensor](), list[Tensor]()) for _ in model.layers]
    for t in range(len(prompt) + n_more - 1):
        x = model.token.weight[tokens[t]] + model.position.weight[t]
        for layer, (keys, values) in zip(model.layers, cache, strict=True):
            q, k, v = (third @ x for third in layer.to_qkv.weight.chunk(3))
            keys.append(k)
            values.append(v)
            weights = (torch.stack(keys) @ q / (root or len(q) ** 0.5)).softmax(0)
            x = x + layer.out(weights @ torch.stack(values))
        tokens.append(int(model.answer(x).argmax())) if t + 1 == len(tokens) else None
    return tokens[len(prompt) :]


@right(ex.write)
def write_once_by_weights(model: Model, prompt: list[int], n_more: int) -> list[int]:
    return written_once(model, prompt, n_more, None)


@wrong(ex.write)
def write_for_sixteen_numbers(model: Model, prompt: list[int], n_more: int) -> list[int]:
    return written_once(model, prompt, n_more, 4.0)


# ---------------------------------------------------------------------- hide


@right(ex.hide)
def hidden_in_loops(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Any:  # noqa: ANN401
    X, y = tokens.clone(), tokens.clone()
    for place in np.ndindex(*tokens.shape):
        if is_hidden[place]:
            X[place] = symbol
        else:
            y[place] = -100
    return X, y


@right(ex.hide)
def hidden_in_arrays(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Any:  # noqa: ANN401
    text, mask = tokens.numpy(), is_hidden.numpy()
    return np.where(mask, symbol, text), np.where(mask, text, -100)


@right(ex.hide)
def hidden_by_masks(tokens: Tensor, is_hidden: Tensor, symbol: int) -> list[Tensor]:
    return [tokens.masked_fill(is_hidden, symbol), tokens.clone().masked_fill_(~is_hidden, -100)]


@wrong(ex.hide, "copying them is no")
def hidden_and_all_asked(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    return tokens.masked_fill(is_hidden, symbol), tokens.clone()


@wrong(ex.hide, "*not* hidden")
def hidden_and_the_rest_asked(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    return tokens.masked_fill(is_hidden, symbol), tokens.masked_fill(is_hidden, -100)


@wrong(ex.hide)
def hidden_by_comparing(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """Tell the hidden ones by the symbol, which may also be a token that is seen."""
    X = tokens.masked_fill(is_hidden, symbol)
    return X, tokens.masked_fill(X.ne(symbol), -100)


@wrong(ex.hide, "lost for")
def hidden_in_place(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    y = tokens.masked_fill(~is_hidden, -100)
    return tokens.masked_fill_(is_hidden, symbol), y


@wrong(ex.hide)
def hidden_but_zero(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    """Take token 0 for padding, and ask nothing about it."""
    y = tokens.masked_fill(~is_hidden | tokens.eq(0), -100)
    return tokens.masked_fill(is_hidden, symbol), y


@wrong(ex.hide)
def hidden_behind_a_smaller_symbol(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:  # noqa: ARG001
    return tokens.masked_fill(is_hidden, -1), tokens.masked_fill(~is_hidden, -100)


@wrong(ex.hide, "they are floats")
def hidden_with_a_float(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    y = torch.full(tokens.shape, -100.0)
    y[is_hidden] = tokens[is_hidden].float()
    return tokens.masked_fill(is_hidden, symbol), y


@wrong(ex.hide)
def hidden_in_bytes(tokens: Tensor, is_hidden: Tensor, symbol: int) -> Pair:
    X, y = torch.where(is_hidden, symbol, tokens), torch.where(is_hidden, tokens, -100)
    return X.short(), y.to(torch.int8)
