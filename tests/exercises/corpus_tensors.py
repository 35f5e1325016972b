"""Answers to the exercises of lesson 01."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from corpus import right, wrong
from dlcourse.exercises import tensors as ex

# ---------------------------------------------------------------------------- bars


@right(ex.bars)
def bars_of_a_dict(labels: Tensor) -> tuple[Tensor, Tensor]:
    counts: dict[int, int] = {}
    for label in labels.tolist():
        counts[label] = counts.get(label, 0) + 1
    names = sorted(counts)
    return torch.tensor(names), torch.tensor([counts[name] for name in names])


@right(ex.bars)
def bars_of_a_row_of_questions(labels: Tensor) -> tuple[Tensor, Tensor]:
    candidates = torch.arange(int(labels.max()) + 1)
    counts = torch.stack(
        [(labels == name).sum() for name in candidates[torch.isin(candidates, labels)]]
    )
    return candidates[torch.isin(candidates, labels)], counts


@right(ex.bars)
def bars_between_the_steps(labels: Tensor) -> tuple[Tensor, Tensor]:
    ordered = np.sort(labels.numpy())
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    return torch.from_numpy(ordered[first]), torch.from_numpy(np.diff(first, append=len(ordered)))


@wrong(ex.bars, "A set has no order")
def bars_of_an_unsorted_set(labels: Tensor) -> tuple[Tensor, Tensor]:
    names = list(set(labels.tolist()))
    return torch.tensor(names), torch.tensor([int((labels == name).sum()) for name in names])


@wrong(ex.bars)
def bars_up_to_99(labels: Tensor) -> tuple[Tensor, Tensor]:
    names = [name for name in range(100) if name in labels]
    return torch.tensor(names), torch.tensor([int((labels == name).sum()) for name in names])


@wrong(ex.bars)
def bars_counted_in_a_byte(labels: Tensor) -> tuple[Tensor, Tensor]:
    names, counts = labels.unique(return_counts=True)
    return names, counts.to(torch.uint8)


@wrong(ex.bars)
def bars_sorted_as_text(labels: Tensor) -> tuple[Tensor, Tensor]:
    names = sorted(set(labels.tolist()), key=str)
    return torch.tensor(names), torch.tensor([labels.tolist().count(name) for name in names])


@wrong(ex.bars)
def bars_named_in_a_byte(labels: Tensor) -> tuple[Tensor, Tensor]:
    names, counts = labels.byte().unique(return_counts=True)
    return names, counts


# ---------------------------------------------------------------------------- channels_first


@right(ex.channels_first)
def channels_first_large() -> str:
    return "C"


@wrong(ex.channels_first, "mixed up")
def channels_first_cut() -> str:
    return "a"


@wrong(ex.channels_first, "rows become columns")
def channels_first_mirrored() -> str:
    return "b"


@wrong(ex.channels_first, "the other way")
def channels_first_back() -> str:
    return "d"


@wrong(ex.channels_first)
def channels_first_two_letters() -> str:
    return "c, d"


# ---------------------------------------------------------------------------- sum_shapes


@right(ex.sum_shapes)
def sum_shapes_of_torch() -> tuple[Any, ...]:
    return torch.Size((4, 3)), [2, 3, 5], None, (5, 4, 2)


@wrong(ex.sum_shapes)
def sum_shapes_two_wrong() -> tuple[Any, ...]:
    return (4,), (2, 3, 5), (6, 6), (5, 4, 2)


@wrong(ex.sum_shapes, "Still missing or wrong: shape_2.")
def sum_shapes_second_ruled_out() -> tuple[Any, ...]:
    return (4, 3), None, None, (5, 4, 2)


@wrong(ex.sum_shapes, "matched the two sixes")
def sum_shapes_sixes() -> tuple[Any, ...]:
    return (4, 3), (2, 3, 5), (6, 4), (5, 4, 2)


@wrong(ex.sum_shapes, "shape_4")
def sum_shapes_sizes_added() -> tuple[Any, ...]:
    return (4, 3), (2, 3, 5), None, (5, 5, 2)


@wrong(ex.sum_shapes, "shape_2")
def sum_shapes_number_of_elements() -> tuple[Any, ...]:
    return (4, 3), 30, None, (5, 4, 2)


# ---------------------------------------------------------------------------- holds_row


@right(ex.holds_row)
def holds_row_by_the_largest_gap(t: Tensor, row: Tensor) -> bool:
    return len(t) > 0 and bool(((t - row).abs().amax(dim=1) == 0).any())


@right(ex.holds_row)
def holds_row_left_over(t: Tensor, row: Tensor) -> bool:
    for i in range(row.shape[0]):
        t = t[t[:, i] == row[i]]
    return len(t) > 0


@right(ex.holds_row)
def holds_row_of_tuples(t: Tensor, row: Tensor) -> bool:
    return tuple(row.tolist()) in {tuple(one) for one in t.tolist()}


@wrong(ex.holds_row, "nearly equal")
def holds_row_all_close(t: Tensor, row: Tensor) -> bool:
    return any(torch.allclose(one, row) for one in t)


@wrong(ex.holds_row)
def holds_row_within_a_millionth(t: Tensor, row: Tensor) -> Tensor:
    return ((t - row).abs() < 1e-6).all(dim=1).any()


@wrong(ex.holds_row)
def holds_row_in_float32(t: Tensor, row: Tensor) -> Tensor:
    return (t.float() == row.float()).all(dim=1).any()


@wrong(ex.holds_row)
def holds_row_of_two_numbers(t: Tensor, row: Tensor) -> Tensor:
    return ((t[:, 0] == row[0]) & (t[:, 1] == row[1])).any()


@wrong(ex.holds_row)
def holds_row_returned_in_the_loop(t: Tensor, row: Tensor) -> bool:
    for one in t:
        return bool((one == row).all())
    return False


@wrong(ex.holds_row)
def holds_row_by_a_product(t: Tensor, row: Tensor) -> Tensor:
    return (t.double() @ row.double() == row.double() @ row.double()).any()


@wrong(ex.holds_row)
def holds_row_whose_first_and_last_match(t: Tensor, row: Tensor) -> Tensor:
    return ((t[:, 0] == row[0]) & (t[:, -1] == row[-1])).any()


@wrong(ex.holds_row)
def holds_row_by_the_text(t: Tensor, row: Tensor) -> bool:
    return str(row) in [str(one) for one in t]


@wrong(ex.holds_row)
def holds_row_as_a_piece_of_text(t: Tensor, row: Tensor) -> bool:
    return str(row.tolist()).strip("[]") in str(t.tolist())


# ---------------------------------------------------------------------------- squared_error


@right(ex.squared_error)
def squared_error_by_pairs(y_hat: Tensor, y: Tensor) -> float:
    pairs = list(zip(y_hat.flatten().tolist(), y.tolist(), strict=True))
    return float(sum((a - b) ** 2 for a, b in pairs) / len(pairs))


@right(ex.squared_error)
def squared_error_on_the_diagonal(y_hat: Tensor, y: Tensor) -> Tensor:
    return ((y_hat - y) ** 2).diagonal().mean()


@right(ex.squared_error)
def squared_error_by_the_length(y_hat: Tensor, y: Tensor) -> Tensor:
    result: Tensor = (y_hat[:, 0] - y).norm() ** 2 / len(y)
    return result


@wrong(ex.squared_error)
def squared_error_rooted(y_hat: Tensor, y: Tensor) -> Tensor:
    return ((y_hat.squeeze(1) - y) ** 2).mean().sqrt()


@wrong(ex.squared_error)
def squared_error_of_sizes(y_hat: Tensor, y: Tensor) -> Tensor:
    return (y_hat.squeeze(1) - y).abs().mean()


@wrong(ex.squared_error)
def squared_error_sorted(y_hat: Tensor, y: Tensor) -> Tensor:
    return ((y_hat.squeeze(1).sort().values - y.sort().values) ** 2).mean()


@wrong(ex.squared_error)
def squared_error_of_whole_numbers(y_hat: Tensor, y: Tensor) -> Tensor:
    return ((y_hat.flatten().round() - y.round()) ** 2).mean()


@wrong(ex.squared_error, "`y_hat` was changed")
def squared_error_written_over(y_hat: Tensor, y: Tensor) -> Tensor:
    gaps = y_hat[:, 0]
    gaps -= y
    return gaps.square().mean()


# ---------------------------------------------------------------------------- price_table


@right(ex.price_table)
def price_table_of_lists(prices: Tensor, rises: Tensor) -> Tensor:
    return torch.tensor([[p + r for p in prices.tolist()] for r in rises.tolist()])


@right(ex.price_table)
def price_table_by_outer(prices: Tensor, rises: Tensor) -> Tensor:
    return torch.outer(torch.ones(len(rises)), prices.float()) + rises.unsqueeze(-1)


@right(ex.price_table)
def price_table_row_by_row(prices: Tensor, rises: Tensor) -> Tensor:
    return torch.stack([prices + rise for rise in rises])


@wrong(ex.price_table)
def price_table_rounded(prices: Tensor, rises: Tensor) -> Tensor:
    return (prices + rises[:, None]).round(decimals=2)


@wrong(ex.price_table)
def price_table_never_below(prices: Tensor, rises: Tensor) -> Tensor:
    return torch.maximum(prices + rises[:, None], prices.float())


@wrong(ex.price_table)
def price_table_in_the_prices(prices: Tensor, rises: Tensor) -> Tensor:
    return (prices + rises[:, None]).to(prices.dtype)


@wrong(ex.price_table, "`prices` was changed")
def price_table_raised_in_place(prices: Tensor, rises: Tensor) -> Tensor:
    table = torch.stack([prices + rise for rise in rises])
    prices += 1
    return table


@wrong(ex.price_table)
def price_table_growing(prices: Tensor, rises: Tensor) -> Tensor:
    return prices + rises.cumsum(dim=0)[:, None]


# ---------------------------------------------------------------------------- compress


@right(ex.compress)
def compress_added_up(images: Tensor, k: int) -> Tensor:
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    pieces = [
        S[:, i, None, None] * U[:, :, i, None] * Vh[:, i, None] for i in range(min(k, S.shape[1]))
    ]
    return torch.stack(pieces).sum(dim=0)


@right(ex.compress)
def compress_masked(images: Tensor, k: int) -> Tensor:
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    S = S * (torch.arange(S.shape[1]) < k)
    result: Tensor = (U * S.unsqueeze(1)) @ Vh
    return result


@right(ex.compress)
def compress_stacked(images: Tensor, k: int) -> Tensor:
    done = []
    for image in images:
        U, S, Vh = torch.linalg.svd(image, full_matrices=False)
        done.append(U[:, :k] @ S[:k].diag() @ Vh[:k])
    return torch.stack(done)


@wrong(ex.compress, "keep its first k rows")
def compress_uncut(images: Tensor, k: int) -> Tensor:
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    result: Tensor = (U[:, :, :k] * S[:, None, :k]) @ Vh
    return result


@wrong(ex.compress)
def compress_with_pieces_of_the_batch(images: Tensor, k: int) -> Tensor:
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    least = S.flatten().topk(min(k * len(S), S.numel())).values[-1]
    result: Tensor = (U * (S * (least <= S))[:, None]) @ Vh
    return result


@wrong(ex.compress)
def compress_roughly(images: Tensor, k: int) -> Tensor:
    U, S, V = torch.svd_lowrank(images, q=min(k, *images.shape[1:]), niter=0)
    result: Tensor = (U * S[:, None]) @ V.mT
    return result


@wrong(ex.compress)
def compress_without_all_of_them(images: Tensor, k: int) -> Tensor:
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    k = min(k, S.shape[1] - 1)
    result: Tensor = (U[:, :, :k] * S[:, None, :k]) @ Vh[:, :k]
    return result


@wrong(ex.compress)
def compress_the_first_for_all(images: Tensor, k: int) -> Tensor:
    _, _, Vh = torch.linalg.svd(images[0], full_matrices=False)
    result: Tensor = images @ Vh[:k].T @ Vh[:k]
    return result


# ---------------------------------------------------------------------------- attention_scores


@right(ex.attention_scores)
def attention_scores_by_heads(q: Tensor, k: Tensor) -> Tensor:
    heads = [q[:, :, h] @ k[:, :, h].mT for h in range(q.shape[2])]
    result: Tensor = torch.stack(heads, dim=1) / q.shape[3] ** 0.5
    return result


@right(ex.attention_scores)
def attention_scores_in_one_batch(q: Tensor, k: Tensor) -> Tensor:
    B, T, H, D = q.shape
    queries = q.movedim(2, 1).reshape(B * H, T, D)
    keys = k.movedim(2, 1).reshape(B * H, -1, D)
    result: Tensor = torch.bmm(queries, keys.transpose(1, 2)).view(B, H, T, -1) * D**-0.5
    return result


@right(ex.attention_scores)
def attention_scores_in_numpy(q: Tensor, k: Tensor) -> Any:  # noqa: ANN401
    return np.einsum("bthd,bshd->bhts", q.numpy(), k.numpy()) / np.sqrt(q.shape[-1])


@wrong(ex.attention_scores)
def attention_scores_as_shares(q: Tensor, k: Tensor) -> Tensor:
    result: Tensor = (torch.einsum("bthd,bshd->bhts", q, k) / q.shape[-1] ** 0.5).softmax(dim=-1)
    return result


@wrong(ex.attention_scores)
def attention_scores_among_heads(q: Tensor, k: Tensor) -> Tensor:
    result: Tensor = torch.einsum("bthd,bsgd->bhts", q, k) / q.shape[-1] ** 0.5
    return result


@wrong(ex.attention_scores)
def attention_scores_of_the_past(q: Tensor, k: Tensor) -> Tensor:
    scores = torch.einsum("bthd,bshd->bhts", q, k) / q.shape[-1] ** 0.5
    result: Tensor = scores.tril(k.shape[1] - q.shape[1])
    return result


@wrong(ex.attention_scores)
def attention_scores_of_directions(q: Tensor, k: Tensor) -> Tensor:
    q, k = functional.normalize(q, dim=-1), functional.normalize(k, dim=-1)
    return torch.einsum("bthd,bshd->bhts", q, k)


@wrong(ex.attention_scores)
def attention_scores_mixed_batches(q: Tensor, k: Tensor) -> Tensor:
    result: Tensor = torch.einsum("bthd,cshd->bhts", q, k) / q.shape[-1] ** 0.5
    return result


# ---------------------------------------------------------------------------- standardize


@right(ex.standardize)
def standardize_by_the_spread(images: Tensor) -> Tensor:
    X = images.double().clone()
    X -= X.mean(dim=[0, -1, -2], keepdim=True)
    return X / X.square().mean(dim=[0, -1, -2], keepdim=True).sqrt()


@right(ex.standardize)
def standardize_by_einops_of_sorts(images: Tensor) -> Tensor:
    X = images.float().movedim(1, -1)  # channels last: they broadcast by themselves
    std, mean = torch.std_mean(X, dim=(0, 1, 2), correction=0)
    return ((X - mean) / std).movedim(-1, 1)


@right(ex.standardize)
def standardize_as_fractions(images: Tensor) -> Tensor:
    X = images / 255
    mean, var = X.mean((0, 2, 3)), X.var((0, 2, 3), correction=0)
    return (X - mean.view(1, -1, 1, 1)) / var.view(1, -1, 1, 1) ** 0.5


@wrong(ex.standardize, "as a batch norm does")
def standardize_by_a_batch_norm(images: Tensor) -> Tensor:
    norm: Tensor = nn.BatchNorm2d(images.shape[1])(images.float()).detach()
    return norm


@wrong(ex.standardize)
def standardize_and_a_little_more(images: Tensor) -> Tensor:
    X = images.float()
    std, mean = torch.std_mean(X, dim=(0, 2, 3), correction=0, keepdim=True)
    return (X - mean) / (std + 1e-5)


@wrong(ex.standardize)
def standardize_by_mean_squares(images: Tensor) -> Tensor:
    X = images.float()
    mean = X.mean(dim=(0, 2, 3), keepdim=True)
    return (X - mean) / (X.square().mean(dim=(0, 2, 3), keepdim=True) - mean.square()).sqrt()


@wrong(ex.standardize, "`images` was changed")
def standardize_in_place(images: Tensor) -> Tensor:
    X = images.float()  # the same tensor where the images are float32
    std, mean = torch.std_mean(X, dim=(0, 2, 3), correction=0, keepdim=True)
    X -= mean
    X /= std
    return X


@wrong(ex.standardize)
def standardize_to_one(images: Tensor) -> Tensor:
    X = images.float()
    X = X - X.mean(dim=(0, 2, 3), keepdim=True)
    return X / X.abs().amax(dim=(0, 2, 3), keepdim=True)


@wrong(ex.standardize)
def standardize_bytes_only(images: Tensor) -> Tensor:
    if images.dtype != torch.uint8:
        return images
    X = images.float()
    std, mean = torch.std_mean(X, dim=(0, 2, 3), correction=0, keepdim=True)
    return (X - mean) / std


# ---------------------------------------------------------------------------- nearest_mean


@right(ex.nearest_mean)
def nearest_mean_of_a_dict(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    means = {int(one): known[labels == one].float().mean(dim=0) for one in labels}
    answers = [min(means, key=lambda one: (image - means[one]).norm().item()) for image in new]
    return torch.tensor(answers)


@right(ex.nearest_mean)
def nearest_mean_by_products(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    names = labels.unique()
    means = torch.stack([known[labels == one].double().mean(dim=0).flatten() for one in names])
    fit = new.double().flatten(1) @ means.T - means.square().sum(dim=1) / 2
    result: Tensor = names[fit.argmax(dim=1)]
    return result


@right(ex.nearest_mean)
def nearest_mean_in_numpy(known: Tensor, labels: Tensor, new: Tensor) -> Any:  # noqa: ANN401
    names = np.unique(labels.numpy())
    means = np.stack([known.numpy()[labels.numpy() == one].mean(axis=0) for one in names])
    gaps = new.numpy()[:, None] - means
    return names[(gaps**2).sum(axis=(2, 3)).argmin(axis=1)]


@wrong(ex.nearest_mean)
def nearest_mean_of_medians(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == one].median(dim=0).values for one in names])
    result: Tensor = names[torch.cdist(new.flatten(1).float(), means).argmin(dim=1)]
    return result


@wrong(ex.nearest_mean)
def nearest_mean_by_the_angle(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == one].mean(dim=0) for one in names])
    fit = functional.normalize(new.flatten(1).float()) @ functional.normalize(means).T
    result: Tensor = names[fit.argmax(dim=1)]
    return result


@wrong(ex.nearest_mean)
def nearest_mean_by_the_largest_gap(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == one].mean(dim=0) for one in names])
    gaps = torch.cdist(new.flatten(1).float(), means, p=float("inf"))
    result: Tensor = names[gaps.argmin(dim=1)]
    return result


@wrong(ex.nearest_mean)
def nearest_mean_within_1000(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    answers = torch.zeros(len(new), dtype=labels.dtype)
    for i, image in enumerate(new):
        best = 1000.0
        for label in labels.unique():
            gap = (image - known[labels == label].float().mean(dim=0)).norm().item()
            if gap < best:
                best, answers[i] = gap, label
    return answers


@wrong(ex.nearest_mean)
def nearest_mean_among_small_labels(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    X = known.flatten(1).float()
    names = torch.tensor([one for one in range(-100, 100) if one in labels])
    means = torch.stack([X[labels == one].mean(dim=0) for one in names])
    result: Tensor = names[torch.cdist(new.flatten(1).float(), means).argmin(dim=1)]
    return result


@wrong(ex.nearest_mean)
def nearest_mean_in_small_integers(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    X, names = known.flatten(1).float(), labels.to(torch.int8).unique()
    means = torch.stack([X[labels.to(torch.int8) == one].mean(dim=0) for one in names])
    result: Tensor = names[torch.cdist(new.flatten(1).float(), means).argmin(dim=1)]
    return result
