"""Answers to the exercises of lesson 08."""

import copy
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from corpus import right, wrong
from dlcourse.exercises import convolutional_networks as ex

# ---------------------------------------------------------------------------- which_fails


@right(ex.which_fails)
def which_fails_in_brackets() -> str:
    return "(B)"


@right(ex.which_fails)
def which_fails_with_a_stop() -> str:
    return "b."


@right(ex.which_fails)
def which_fails_in_quotes() -> str:
    return '"b"'


@wrong(ex.which_fails, "the convolution wants 3 channels")
def which_fails_at_once() -> str:
    return "A"


@wrong(ex.which_fails, "(c) is right")
def which_fails_is_right() -> str:
    return "c"


@wrong(ex.which_fails, "8 · 26 · 26")
def which_fails_at_the_border() -> str:
    return "d"


@wrong(ex.which_fails, "only 32 labels")
def which_fails_in_the_loss() -> str:
    return "e"


@wrong(ex.which_fails, "letter alone")
def which_fails_in_a_sentence() -> str:
    return "b is wrong"


# ---------------------------------------------------------------------------- output_size


@right(ex.output_size)
def size_of_places(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    starts = range(-padding, size + padding - dilation * (kernel_size - 1), stride)
    return len(starts)


@right(ex.output_size)
def size_of_unfold(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    row = torch.zeros(1, 1, 1, size)
    columns = functional.unfold(row, (1, kernel_size), (1, dilation), (0, padding), (1, stride))
    return columns.shape[-1]


@right(ex.output_size)
def size_in_floats(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> float:
    return float(np.floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride)) + 1


@wrong(ex.output_size)
def size_rounded(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    return round((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1


@wrong(ex.output_size)
def size_as_same(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:  # noqa: ARG001
    return -(-size // stride)


@wrong(ex.output_size, "You left out the dilation")
def size_by_the_lesson(
    size: int, kernel_size: int, stride: int, padding: int, dilation: int
) -> int:
    del dilation
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong(ex.output_size, "padded one side only")
def size_padded_once(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    return (size + padding - (dilation * (kernel_size - 1) + 1)) // stride + 1


@wrong(ex.output_size, "one pixel too short")
def size_of_a_short_filter(
    size: int, kernel_size: int, stride: int, padding: int, dilation: int
) -> int:
    return (size + 2 * padding - dilation * (kernel_size - 1)) // stride + 1


@wrong(ex.output_size, "You divide with `/`")
def size_of_parts(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> float:
    return 1 + (size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride


@wrong(ex.output_size, "before the division")
def size_with_an_early_one(
    size: int, kernel_size: int, stride: int, padding: int, dilation: int
) -> int:
    reach = dilation * (kernel_size - 1) + 1
    return (size + 2 * padding - reach + 1) // stride


@wrong(ex.output_size)
def size_dilated_gaps(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    """Takes the dilation for the number of pixels skipped."""
    return (size + 2 * padding - (kernel_size + (kernel_size - 1) * dilation)) // stride + 1


# ---------------------------------------------------------------------------- conv_by_hand


@right(ex.conv_by_hand)
def conv_row_by_row(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    p = functional.pad(picture, [padding] * 4)
    h, w = weight.shape
    rows = []
    for top in range(0, p.shape[0] - h + 1, stride):
        lefts = range(0, p.shape[1] - w + 1, stride)
        rows.append(torch.stack([(p[top : top + h, x : x + w] * weight).sum() for x in lefts]))
    return torch.stack(rows)


@right(ex.conv_by_hand)
def conv_in_float32(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    H, W = picture.shape
    framed = torch.zeros(H + 2 * padding, W + 2 * padding)
    framed[padding : H + padding, padding : W + padding] = picture
    h, w = weight.shape
    out = torch.zeros((H + 2 * padding - h) // stride + 1, (W + 2 * padding - w) // stride + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for a in range(h):
                for b in range(w):
                    out[i, j] += framed[i * stride + a, j * stride + b] * weight[a, b]
    return out


@right(ex.conv_by_hand)
def conv_with_slopes(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    layer = nn.Conv2d(1, 1, tuple(weight.shape), stride, padding, bias=False)  # type: ignore[arg-type]
    layer.weight = nn.Parameter(weight[None, None].clone())
    return layer(picture[None, None]).squeeze(0, 1)  # type: ignore[no-any-return]


@wrong(ex.conv_by_hand)
def conv_of_squares_only(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """As the lesson's: the filter is as wide as high."""
    picture = functional.pad(picture, (padding,) * 4)
    (H, W), k = picture.shape, len(weight)
    sums = torch.zeros((H - k) // stride + 1, (W - k) // stride + 1)
    for i in range(sums.shape[0]):
        for j in range(sums.shape[1]):
            i0, j0 = i * stride, j * stride
            sums[i, j] = (picture[i0 : i0 + k, j0 : j0 + k] * weight).sum()
    return sums


@wrong(ex.conv_by_hand, "padding")
def conv_without_padding(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:  # noqa: ARG001
    h, w = weight.shape
    sums = torch.zeros((picture.shape[0] - h) // stride + 1, (picture.shape[1] - w) // stride + 1)
    for i in range(sums.shape[0]):
        for j in range(sums.shape[1]):
            i0, j0 = i * stride, j * stride
            sums[i, j] = (picture[i0 : i0 + h, j0 : j0 + w] * weight).sum()
    return sums


@wrong(ex.conv_by_hand, "`picture` was changed")
def conv_in_place(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    result = functional.conv2d(picture[None, None], weight[None, None], None, stride, padding)
    picture *= 0
    return result[0, 0]


@wrong(ex.conv_by_hand, "The shape is")
def conv_with_its_batch(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    return functional.conv2d(picture[None, None], weight[None, None], None, stride, padding)


@wrong(ex.conv_by_hand, "flipped the filter")
def conv_of_the_textbook(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Any:  # noqa: ANN401
    padded = np.pad(picture.numpy(), padding)
    windows = np.lib.stride_tricks.sliding_window_view(padded, tuple(weight.shape))
    return (windows[::stride, ::stride] * weight.numpy()[::-1, ::-1]).sum((2, 3))


@wrong(ex.conv_by_hand)
def conv_transposed_filter(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    return functional.conv2d(picture[None, None], weight.T[None, None], None, stride, padding)[0, 0]


@wrong(ex.conv_by_hand)
def conv_in_whole_numbers(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    result = functional.conv2d(picture[None, None], weight[None, None], None, stride, padding)
    return result[0, 0].int()


@wrong(ex.conv_by_hand)
def conv_with_copied_edges(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    padded = functional.pad(picture[None, None], (padding,) * 4, mode="replicate")
    return functional.conv2d(padded, weight[None, None], stride=stride)[0, 0]


@wrong(ex.conv_by_hand, "a `return` is missing")
def conv_without_return(picture: Tensor, weight: Tensor, stride: int, padding: int) -> None:
    functional.conv2d(picture[None, None], weight[None, None], None, stride, padding)


# ---------------------------------------------------------------------------- n_parameters


@right(ex.n_parameters)
def parameters_by_a_table(layers: Sequence[tuple[Any, ...]]) -> int:
    counts = {
        "conv": lambda n_in, n_out, k: k * k * n_in * n_out + n_out,
        "linear": lambda n_in, n_out: n_in * n_out + n_out,
        "norm": lambda n: 2 * n,
    }
    return sum(counts[kind](*sizes) for kind, *sizes in layers if kind in counts)  # type: ignore[operator]


@right(ex.n_parameters)
def parameters_added_up(layers: Sequence[tuple[Any, ...]]) -> Tensor:
    total = torch.tensor(0)
    for layer in layers:
        kind = layer[0]
        if kind == "conv":
            total += nn.Conv2d(*layer[1:]).weight.numel() + layer[2]
        elif kind == "linear":
            total += (layer[1] + 1) * layer[2]
        elif kind == "norm":
            total += layer[1] * 2
    return total


@right(ex.n_parameters)
def parameters_of_state(layers: Sequence[tuple[Any, ...]]) -> int:
    total = 0
    for kind, *sizes in layers:
        if kind == "conv":
            total += sum(p.numel() for p in nn.Conv2d(*sizes).parameters())
        if kind == "linear":
            total += sum(p.numel() for p in nn.Linear(*sizes).parameters())
        if kind == "norm":
            total += sum(p.numel() for p in nn.BatchNorm2d(*sizes).parameters())
    return total


@wrong(ex.n_parameters, "one table of k · k weights")
def parameters_of_flat_filters(layers: Sequence[tuple[Any, ...]]) -> int:
    total = 0
    for kind, *sizes in layers:
        if kind == "conv":
            total += sizes[1] * (sizes[2] ** 2 + 1)
        elif kind == "linear":
            total += sizes[0] * sizes[1] + sizes[1]
        elif kind == "norm":
            total += 2 * sizes[0]
    return total


@wrong(ex.n_parameters, "running mean and variance")
def parameters_in_the_state(layers: Sequence[tuple[Any, ...]]) -> int:
    total = 0
    for kind, *sizes in layers:
        if kind == "conv":
            total += sizes[1] * (sizes[0] * sizes[2] ** 2 + 1)
        elif kind == "linear":
            total += sizes[0] * sizes[1] + sizes[1]
        elif kind == "norm":
            total += 4 * sizes[0]
    return total


@wrong(ex.n_parameters)
def parameters_of_the_first(layers: Sequence[tuple[Any, ...]]) -> int | None:
    for kind, *sizes in layers:
        if kind == "conv":
            return int(sizes[1] * (sizes[0] * sizes[2] ** 2 + 1))
        if kind == "linear":
            return int(sizes[0] * sizes[1] + sizes[1])
        if kind == "norm":
            return int(2 * sizes[0])
    return 0


@wrong(ex.n_parameters, "not enough values to unpack")
def parameters_of_four(layers: Sequence[tuple[Any, ...]]) -> int:
    total = 0
    for kind, n_in, n_out, k in layers:
        if kind == "conv":
            total += n_out * (n_in * k * k + 1)
        elif kind == "linear":
            total += n_out * (n_in + 1)
    return total


@wrong(ex.n_parameters, "forgot the biases")
def parameters_without_biases(layers: Sequence[tuple[Any, ...]]) -> int:
    return sum(
        2 * sizes[0] if kind == "norm" else math.prod(sizes) * (sizes[2] if len(sizes) == 3 else 1)
        for kind, *sizes in layers
        if kind != "pool"
    )


@wrong(ex.n_parameters)
def parameters_of_a_norm_once(layers: Sequence[tuple[Any, ...]]) -> int:
    total = 0
    for kind, *sizes in layers:
        if kind == "conv":
            total += sizes[1] * (sizes[0] * sizes[2] ** 2 + 1)
        elif kind == "linear":
            total += sizes[0] * sizes[1] + sizes[1]
        elif kind == "norm":
            total += sizes[0]
    return total


# ---------------------------------------------------------------------------- same_padding


@right(ex.same_padding)
def padding_by_bits(kernel_size: int, dilation: int) -> tuple[int, int]:
    total = dilation * (kernel_size - 1)
    return total >> 1, (total + 1) >> 1


@right(ex.same_padding)
def padding_in_numpy(kernel_size: int, dilation: int) -> Any:  # noqa: ANN401
    total = dilation * kernel_size - dilation
    return np.array([total // 2, total - total // 2])


@right(ex.same_padding)
def padding_by_trying(kernel_size: int, dilation: int) -> tuple[int, int]:
    before = after = 0
    while 10 + before + after - dilation * (kernel_size - 1) < 10:
        before, after = after, before + 1
    return before, after


@wrong(ex.same_padding, "28 pixels become 29")
def padding_of_the_trap(kernel_size: int, dilation: int) -> tuple[int, int]:  # noqa: ARG001
    return kernel_size // 2, kernel_size // 2


@wrong(ex.same_padding, "goes after the picture")
def padding_first(kernel_size: int, dilation: int) -> tuple[int, int]:
    total = dilation * (kernel_size - 1)
    return (total + 1) // 2, total // 2


@wrong(ex.same_padding, "a tuple of 2")
def padding_of_one(kernel_size: int, dilation: int) -> int:
    return dilation * (kernel_size - 1) // 2


@wrong(ex.same_padding, "You left out the dilation")
def padding_without_gaps(kernel_size: int, dilation: int) -> tuple[int, int]:  # noqa: ARG001
    return (kernel_size - 1) // 2, kernel_size // 2


@wrong(ex.same_padding)
def padding_of_all(kernel_size: int, dilation: int) -> tuple[int, int]:
    return dilation * (kernel_size - 1), dilation * (kernel_size - 1)


@wrong(ex.same_padding)
def padding_of_the_reach(kernel_size: int, dilation: int) -> tuple[int, int]:
    reach = dilation * (kernel_size - 1) + 1
    return reach // 2, reach - reach // 2


@wrong(ex.same_padding, "half pixels")
def padding_of_halves(kernel_size: int, dilation: int) -> tuple[float, float]:
    return (kernel_size - 1) * dilation / 2, (kernel_size - 1) * dilation / 2


# ---------------------------------------------------------------------------- conv_by_unfold


@right(ex.conv_by_unfold)
def unfolded_einsum(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    K, _, h, w = weight.shape
    columns = functional.unfold(X, kernel_size=(h, w))
    maps = torch.einsum("kp,bpn->bkn", weight.reshape(K, -1), columns)
    return (maps + bias.reshape(1, K, 1)).reshape(-1, K, X.size(2) - h + 1, X.size(3) - w + 1)


@right(ex.conv_by_unfold)
def unfolded_in_one_table(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """All pictures beside each other."""
    K, C, h, w = weight.shape
    B, _, H, W = X.shape
    columns = functional.unfold(X, (h, w)).permute(1, 0, 2).reshape(C * h * w, -1)
    maps = weight.reshape(K, -1) @ columns + bias[:, None]
    return maps.reshape(K, B, H - h + 1, W - w + 1).transpose(0, 1)


@right(ex.conv_by_unfold)
def unfolded_with_bias_inside(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    h, w = weight.shape[2:]
    columns = functional.pad(functional.unfold(X, (h, w)), (0, 0, 0, 1), value=1.0)
    table = torch.cat([weight.flatten(1), bias[:, None]], dim=1)
    return (table @ columns).unflatten(2, (X.shape[2] - h + 1, X.shape[3] - w + 1))  # type: ignore[no-any-return]


@wrong(ex.conv_by_unfold, "channels last")
def unfolded_channels_last(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    h, w = weight.shape[2:]
    rows = weight.permute(0, 2, 3, 1).flatten(1)
    maps = rows @ functional.unfold(X, (h, w)) + bias[:, None]
    return maps.view(len(X), len(weight), X.shape[2] - h + 1, X.shape[3] - w + 1)


@wrong(ex.conv_by_unfold, "cut it anew")
def unfolded_places_first(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    h, w = weight.shape[2:]
    maps = functional.unfold(X, (h, w)).transpose(1, 2) @ weight.flatten(1).T + bias
    return maps.reshape(len(X), len(weight), X.shape[2] - h + 1, X.shape[3] - w + 1)


@wrong(ex.conv_by_unfold, "lined up with the last dimension")
def unfolded_bias_in_a_row(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    h, w = weight.shape[2:]
    maps = weight.flatten(1) @ functional.unfold(X, (h, w)) + bias
    return maps.view(len(X), len(weight), X.shape[2] - h + 1, X.shape[3] - w + 1)


@wrong(ex.conv_by_unfold, "lined up with the columns")
def unfolded_bias_at_the_end(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    h, w = weight.shape[2:]
    maps = weight.flatten(1) @ functional.unfold(X, (h, w))
    return maps.view(len(X), len(weight), X.shape[2] - h + 1, X.shape[3] - w + 1) + bias


@right(ex.conv_by_unfold)
def unfolded_by_views(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    h, w = weight.shape[2:]
    maps = weight.view(len(weight), -1) @ functional.unfold(X, (h, w)) + bias[:, None]
    return maps.view(len(X), len(weight), X.shape[2] - h + 1, X.shape[3] - w + 1)


@wrong(ex.conv_by_unfold)
def unfolded_square(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    k = weight.shape[-1]
    maps = weight.flatten(1) @ functional.unfold(X, k) + bias[:, None]
    return maps.reshape(len(X), len(weight), X.shape[2] - k + 1, X.shape[3] - k + 1)


@wrong(ex.conv_by_unfold)
def unfolded_into_a_square(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    maps = weight.flatten(1) @ functional.unfold(X, tuple(weight.shape[2:])) + bias[:, None]
    side = math.isqrt(maps.shape[2])
    return maps.reshape(len(X), len(weight), side, -1)


@wrong(ex.conv_by_unfold)
def unfolded_first_bias(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return functional.conv2d(X, weight) + bias[0]


@wrong(ex.conv_by_unfold)
def unfolded_padded(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return functional.conv2d(X, weight, bias, padding=1)


@wrong(ex.conv_by_unfold, "are still in one row")
def unfolded_in_one_row(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    columns = functional.unfold(X, tuple(weight.shape[2:]))
    return weight.flatten(1) @ columns + bias[:, None]


# ---------------------------------------------------------------------------- max_pool


@right(ex.max_pool)
def pooled_by_unfold(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    B, C, H, W = X.shape
    padded = functional.pad(X, (padding,) * 4, value=-torch.inf)
    columns = functional.unfold(padded, size, stride=stride)
    n_rows, n_columns = ((n + 2 * padding - size) // stride + 1 for n in (H, W))
    windows = columns.view(B, C, size * size, n_rows * n_columns)
    return windows.max(dim=2).values.view(B, C, n_rows, n_columns)


@right(ex.max_pool)
def pooled_below_everything(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """Pads with a number below all that are there."""
    padded = functional.pad(X, (padding,) * 4, value=float(X.min()))
    return nn.MaxPool2d(size, stride)(padded)  # type: ignore[no-any-return]


@right(ex.max_pool)
def pooled_in_numpy(X: Tensor, size: int, stride: int, padding: int) -> Any:  # noqa: ANN401
    frame = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded = np.pad(X.numpy(), frame, constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(2, 3))
    return windows[:, :, ::stride, ::stride].max(axis=(4, 5))


@right(ex.max_pool)
def pooled_at_the_lowest_float(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    lowest = torch.finfo(X.dtype).min
    return functional.max_pool2d(functional.pad(X, (padding,) * 4, value=lowest), size, stride)


@wrong(ex.max_pool, "You padded with zeros")
def pooled_with_zeros(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    return functional.max_pool2d(functional.pad(X, (padding,) * 4), size, stride)


@wrong(ex.max_pool)
def pooled_at_minus_1000(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    return functional.max_pool2d(functional.pad(X, (padding,) * 4, value=-1000.0), size, stride)


@wrong(ex.max_pool)
def pooled_absolute(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    return functional.max_pool2d(X.abs(), size, stride, padding)


@wrong(ex.max_pool)
def pooled_per_picture(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    return functional.max_pool2d(X[0], size, stride, padding)


@wrong(ex.max_pool, "window that does not fit")
def pooled_rounded_up(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    return functional.max_pool2d(X, size, stride, padding, ceil_mode=True)


@wrong(ex.max_pool, "largest number")
def pooled_by_the_mean(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    return functional.avg_pool2d(X, size, stride, padding)


@wrong(ex.max_pool)
def pooled_by_the_honest_mean(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    return functional.avg_pool2d(X, size, stride, padding, count_include_pad=False)


@wrong(ex.max_pool)
def pooled_values_and_places(X: Tensor, size: int, stride: int, padding: int) -> Any:  # noqa: ANN401
    return functional.max_pool2d(X, size, stride, padding, return_indices=True)


# ---------------------------------------------------------------------------- receptive_field


@right(ex.receptive_field)
def field_in_torch(layers: Sequence[tuple[int, int]]) -> Tensor:
    if not layers:
        return torch.tensor(1)
    k, s = torch.tensor(layers).T
    steps = torch.cat([torch.ones(1, dtype=torch.int64), s.cumprod(0)[:-1]])
    return torch.sum((k - 1) * steps) + 1


@right(ex.receptive_field)
def field_by_ends(layers: Sequence[tuple[int, int]]) -> int:
    first = last = 0
    for k, stride in reversed(layers):
        first, last = first * stride, last * stride + k - 1
    return last - first + 1


@right(ex.receptive_field)
def field_by_sets(layers: Sequence[tuple[int, int]]) -> int:
    seen = {0}
    for k, stride in layers[::-1]:
        seen = {place * stride + offset for place in seen for offset in range(k)}
    return max(seen) + 1


@wrong(ex.receptive_field, "You mixed two ways")
def field_forward_by_the_rule_for_backward(layers: Sequence[tuple[int, int]]) -> int:
    field = 1
    for k, stride in layers:
        field = (field - 1) * stride + k
    return field


@wrong(ex.receptive_field)
def field_of_counted_pixels(layers: Sequence[tuple[int, int]]) -> int:
    """Counts the pixels that it depends on, and leaves out those that a stride skips."""
    seen = {0}
    for k, stride in layers[::-1]:
        seen = {place * stride + offset for place in seen for offset in range(k)}
    return len(seen)


@wrong(ex.receptive_field, "You left out the strides")
def field_of_kernels(layers: Sequence[tuple[int, int]]) -> int:
    return sum(k for k, _ in layers) - len(layers) + 1


@wrong(ex.receptive_field)
def field_in_powers_of_two(layers: Sequence[tuple[int, int]]) -> int:
    field, step = 1, 1
    for k, stride in layers:
        field += (k - 1) * step
        step *= 2 if stride > 1 else 1
    return field


@wrong(ex.receptive_field)
def field_of_at_least_three(layers: Sequence[tuple[int, int]]) -> int:
    field, step = 1, 1
    for k, stride in layers:
        field += (k - 1) * step
        step *= stride
    return max(field, 2)


@wrong(ex.receptive_field, "counts from the next layer on")
def field_stride_first(layers: Sequence[tuple[int, int]]) -> int:
    step, field = 1, 1
    for layer in layers:
        step = step * layer[1]
        field = field + (layer[0] - 1) * step
    return field


@wrong(ex.receptive_field)
def field_and_step(layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    field, step = 1, 1
    for k, stride in layers:
        field += (k - 1) * step
        step *= stride
    return field, step


# ---------------------------------------------------------------------------- occlusion_map


def look(model: nn.Module, covered: Tensor, label: int) -> Any:  # noqa: ANN401
    with torch.no_grad():
        return model(covered.unsqueeze(0)).softmax(dim=-1)[0, label]


@right(ex.occlusion_map)
def occlusion_by_where(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    H, W = picture.shape[-2:]
    rows, columns = torch.arange(H)[:, None], torch.arange(W)
    result = torch.zeros(H - size + 1, W - size + 1, dtype=torch.float64)
    for i in range(H - size + 1):
        for j in range(W - size + 1):
            inside = (rows >= i) & (rows < i + size) & (columns >= j) & (columns < j + size)
            result[i, j] = look(model, torch.where(inside, background, picture), label)
    return result


@right(ex.occlusion_map)
def occlusion_of_a_copied_model(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    own = copy.deepcopy(model)
    rows = []
    for i in range(picture.shape[1] - size + 1):
        row = []
        for j in range(picture.shape[2] - size + 1):
            covered = copy.deepcopy(picture)
            covered[:, i : i + size, j : j + size].fill_(background)
            row.append(torch.softmax(own(covered[None]), 1)[0][label])
        rows.append(torch.stack(row))
    return torch.stack(rows)


@right(ex.occlusion_map)
def occlusion_in_rows(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Any:  # noqa: ANN401
    result = []
    for i in range(picture.shape[1] - size + 1):
        batch = picture.repeat(picture.shape[2] - size + 1, 1, 1, 1)
        for j, covered in enumerate(batch):
            covered[:, i : i + size, j : j + size] = background
        e = model(batch).detach().exp()
        result.append((e[:, label] / e.sum(dim=1)).tolist())
    return np.array(result)


@wrong(ex.occlusion_map, "without a batch")
def occlusion_without_a_batch(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    result = torch.zeros([length - size + 1 for length in picture.shape[1:]])
    for i, j in np.ndindex(*result.shape):
        covered = picture.clone()
        covered[:, i : i + size, j : j + size] = background
        with torch.no_grad():
            result[i, j] = model(covered).softmax(dim=1)[0, label]
    return result


@wrong(ex.occlusion_map, "whichever class has it")
def occlusion_of_the_answer(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    del label
    result = torch.zeros([length - size + 1 for length in picture.shape[1:]])
    for i, j in np.ndindex(*result.shape):
        covered = picture.clone()
        covered[:, i : i + size, j : j + size] = background
        result[i, j] = model(covered[None]).softmax(dim=1).max().detach()
    return result


@wrong(ex.occlusion_map, "the caller's picture is lost")
def occlusion_of_the_picture_itself(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    result = torch.zeros([length - size + 1 for length in picture.shape[1:]])
    for i, j in np.ndindex(*result.shape):
        covered = picture
        covered[:, i : i + size, j : j + size] = background
        result[i, j] = look(model, covered, label)
    return result


@wrong(ex.occlusion_map)
def occlusion_of_one_channel(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    result = torch.zeros([length - size + 1 for length in picture.shape[1:]])
    for i, j in np.ndindex(*result.shape):
        covered = picture.clone()
        covered[0, i : i + size, j : j + size] = background
        result[i, j] = look(model, covered, label)
    return result


@wrong(ex.occlusion_map, "`model` was changed")
def occlusion_while_training(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    result = torch.zeros([length - size + 1 for length in picture.shape[1:]])
    for i, j in np.ndindex(*result.shape):
        covered = picture.clone()
        covered[:, i : i + size, j : j + size] = background
        result[i, j] = look(model, covered, label)
    model.train()
    return result


@wrong(ex.occlusion_map)
def occlusion_of_all_but_the_patch(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    result = torch.zeros([length - size + 1 for length in picture.shape[1:]])
    for i, j in np.ndindex(*result.shape):
        covered = torch.full_like(picture, background)
        covered[:, i : i + size, j : j + size] = picture[:, i : i + size, j : j + size]
        result[i, j] = look(model, covered, label)
    return result


@wrong(ex.occlusion_map)
def occlusion_of_the_first_class(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    del label
    return occlusion_by_where(model, picture, 0, size, background)


@wrong(ex.occlusion_map)
def occlusion_of_a_smaller_patch(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """A patch from i to i + size − 1, as if the end counted."""
    result = torch.zeros([length - size + 1 for length in picture.shape[1:]])
    for i, j in np.ndindex(*result.shape):
        covered = picture.clone()
        covered[:, i : i + size - 1, j : j + size - 1] = background
        result[i, j] = look(model, covered, label)
    return result


# ---------------------------------------------------------------------------- shift_pictures


@right(ex.shift_pictures)
def shifted_by_python_s_random(X: Tensor, most: int, background: float) -> Tensor:
    framed = functional.pad(X, (most, most, most, most), value=background)
    rows = []
    for x in framed:
        top, left = random.randint(0, 2 * most), random.randint(0, 2 * most)  # noqa: S311
        rows.append(x[:, top : top + X.shape[2], left : left + X.shape[3]])
    return torch.stack(rows)


@right(ex.shift_pictures)
def shifted_by_lists(X: Tensor, most: int, background: float) -> Tensor:
    """Shift rows, then columns."""
    moved = torch.full(X.shape, background, dtype=torch.float64)
    down = torch.randint(-most, most + 1, (len(X),)).tolist()
    right_ = torch.randint(-most, most + 1, (len(X),)).tolist()
    B, _, H, W = X.shape
    for n in range(B):
        for i in range(H):
            if 0 <= i - down[n] < H:
                for j in range(W):
                    if 0 <= j - right_[n] < W:
                        moved[n, :, i, j] = X[n, :, i - down[n], j - right_[n]]
    return moved


@right(ex.shift_pictures)
def shifted_by_rounding(X: Tensor, most: int, background: float) -> Tensor:
    amounts = (torch.rand(len(X), 2) * (2 * most + 1)).floor().long() - most
    out = X.clone().fill_(background)
    H, W = X.shape[-2:]
    for n, (i, j) in enumerate(amounts.tolist()):
        part = X[n, :, max(0, -i) : H - max(0, i), max(0, -j) : W - max(0, j)]
        out[n, :, max(0, i) : H + min(0, i), max(0, j) : W + min(0, j)] = part
    return out


@wrong(ex.shift_pictures, "You used `roll`")
def shifted_by_roll(X: Tensor, most: int, background: float) -> Tensor:
    del background
    moved = torch.empty_like(X)
    for n in range(len(X)):
        i, j = torch.randint(-most, most + 1, (2,)).tolist()
        moved[n] = X[n].roll((i, j), dims=(-2, -1))
    return moved


@wrong(ex.shift_pictures, "move alike")
def shifted_together(X: Tensor, most: int, background: float) -> Tensor:
    framed = functional.pad(X, (most, most, most, most), value=background)
    i, j = torch.randint(0, 2 * most + 1, (2,)).tolist()
    return framed[:, :, i : i + X.shape[2], j : j + X.shape[3]]


@wrong(ex.shift_pictures, "move alike")
def shifted_by_nothing(X: Tensor, most: int, background: float) -> Tensor:
    del most, background
    return X.clone()


@wrong(ex.shift_pictures, "upper end of `randint`")
def shifted_by_less(X: Tensor, most: int, background: float) -> Tensor:
    framed = functional.pad(X, (most, most, most, most), value=background)
    moved = torch.empty_like(X)
    for n in range(len(X)):
        i, j = (torch.randint(0, max(2 * most, 1), (1,)).item() for _ in range(2))
        moved[n] = framed[n, :, i : i + X.shape[2], j : j + X.shape[3]]
    return moved


@wrong(ex.shift_pictures, "same shifts in every call")
def shifted_by_a_generator_of_its_own(X: Tensor, most: int, background: float) -> Tensor:
    rng = np.random.default_rng(0)
    framed = functional.pad(X, (most, most, most, most), value=background)
    moved = torch.empty_like(X)
    for n in range(len(X)):
        i, j = rng.integers(0, 2 * most, 2, endpoint=True)
        moved[n] = framed[n, :, i : i + X.shape[2], j : j + X.shape[3]]
    return moved


@wrong(ex.shift_pictures)
def shifted_in_turns(X: Tensor, most: int, background: float) -> Tensor:
    """Every shift is there, and none is drawn."""
    side = 2 * most + 1
    framed = functional.pad(X, (most, most, most, most), value=background)
    moved = torch.empty_like(X)
    for n in range(len(X)):
        i, j = n // side % side, n % side
        moved[n] = framed[n, :, i : i + X.shape[2], j : j + X.shape[3]]
    return moved


@wrong(ex.shift_pictures)
def shifted_channels_apart(X: Tensor, most: int, background: float) -> Tensor:
    flat = X.reshape(-1, 1, *X.shape[2:])
    return shifted_by_rounding(flat, most, background).reshape(X.shape)


@wrong(ex.shift_pictures, "about equally often")
def shifted_seldom_by_most(X: Tensor, most: int, background: float) -> Tensor:
    """Rounds a number from −most to most: both ends get half as much as the others."""
    framed = functional.pad(X, (most, most, most, most), value=background)
    moved = torch.empty_like(X)
    for n in range(len(X)):
        i, j = (most + (2 * torch.rand(2) - 1) * most).round().int().tolist()
        moved[n] = framed[n, :, i : i + X.shape[2], j : j + X.shape[3]]
    return moved


@wrong(ex.shift_pictures)
def shifted_by_a_bell(X: Tensor, most: int, background: float) -> Tensor:
    """Most pictures hardly move."""
    out = torch.full_like(X, background)
    H, W = X.shape[-2:]
    for n in range(len(X)):
        i, j = (torch.randn(2) * 0.4).round().clamp(-most, most).int().tolist()
        part = X[n, :, max(0, -i) : H - max(0, i), max(0, -j) : W - max(0, j)]
        out[n, :, max(0, i) : H + min(0, i), max(0, j) : W + min(0, j)] = part
    return out


@wrong(ex.shift_pictures)
def shifted_in_another_order(X: Tensor, most: int, background: float) -> Tensor:
    return shifted_by_rounding(X, most, background).flip(0)


@wrong(ex.shift_pictures)
def shifted_too_far(X: Tensor, most: int, background: float) -> Tensor:
    return shifted_by_rounding(X, most + 1, background)


@wrong(ex.shift_pictures, "`X` was changed")
def shifted_in_place(X: Tensor, most: int, background: float) -> Tensor:
    return X.copy_(shifted_by_rounding(X, most, background))


@wrong(ex.shift_pictures)
def shifted_with_a_frame(X: Tensor, most: int, background: float) -> Tensor:
    """Always has background at the border."""
    moved = shifted_by_rounding(X, most, background)
    if most:
        moved[:, :, :1] = background
    return moved


# ---------------------------------------------------------------------------- make_vgg


@right(ex.make_vgg)
class VggWithFunctions(nn.Module):
    """It keeps blocks in a list."""

    def __init__(self, n_channels: int, widths: Sequence[int], n_classes: int) -> None:
        super().__init__()
        blocks = []
        for width in widths:
            first = nn.Conv2d(n_channels, width, 3, padding=1, padding_mode="zeros")
            blocks.append(nn.ModuleList([first, nn.Conv2d(width, width, 3, padding=1)]))
            n_channels = width
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(n_channels, n_classes)

    def forward(self, X: Tensor) -> Tensor:
        """Return the scores."""
        for block in self.blocks:
            for conv in block:  # type: ignore[attr-defined]
                X = conv(X).relu()
            X = functional.max_pool2d(X, kernel_size=2)
        return self.head(functional.adaptive_avg_pool2d(X, 1).flatten(1))  # type: ignore[no-any-return]


@right(ex.make_vgg)
def vgg_averaged_last(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """The mean and the linear layer may be swapped."""

    class Mean(nn.Module):
        def forward(self, X: Tensor) -> Tensor:
            return X.mean(dim=(1, 2))

    class Last(nn.Module):
        def forward(self, X: Tensor) -> Tensor:
            return X.movedim(1, -1)

    layers: list[nn.Module] = []
    for n, width in enumerate(widths):
        before = [n_channels, *widths][n]
        layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2)]
    return nn.Sequential(*layers, Last(), nn.Linear(widths[-1], n_classes), Mean())


@right(ex.make_vgg)
def vgg_added_by_name(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    model = nn.Sequential()
    for n, width in enumerate(widths, 1):
        for m in (1, 2):
            model.add_module(f"conv{n}{m}", nn.Conv2d(n_channels, width, 3, padding="same"))
            model.add_module(f"relu{n}{m}", nn.ReLU())
            n_channels = width
        model.add_module(f"pool{n}", nn.MaxPool2d(2))
    model.add_module("mean", nn.AdaptiveAvgPool2d(1))
    model.add_module("flat", nn.Flatten(start_dim=1))
    model.add_module("linear", nn.Linear(n_channels, n_classes))
    return model


def vgg_layers(n_channels: int, widths: Sequence[int], k: int = 3, *, bias: bool = True) -> Any:  # noqa: ANN401
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Conv2d(n_channels, width, k, padding=k // 2, bias=bias), nn.ReLU()]
        layers += [nn.Conv2d(width, width, k, padding=k // 2, bias=bias), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
        n_channels = width
    return layers


@wrong(ex.make_vgg)
def vgg_of_fives(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    end = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], n_classes)
    return nn.Sequential(*vgg_layers(n_channels, widths, 5), *end)


@wrong(ex.make_vgg)
def vgg_without_biases(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    end = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], n_classes)
    return nn.Sequential(*vgg_layers(n_channels, widths, bias=False), *end)


@wrong(ex.make_vgg)
def vgg_flattened(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """Made for maps of 2 × 2."""
    end = nn.Flatten(), nn.Linear(4 * widths[-1], n_classes)
    return nn.Sequential(*vgg_layers(n_channels, widths), *end)


@wrong(ex.make_vgg)
def vgg_lazily_flattened(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    layers = vgg_layers(n_channels, widths)
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(n_classes))


@wrong(ex.make_vgg, "in a plain list")
class VggInAList(nn.Module):
    """Its layers are hidden."""

    def __init__(self, n_channels: int, widths: Sequence[int], n_classes: int) -> None:
        super().__init__()
        self.layers = [*vgg_layers(n_channels, widths), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        self.layers.append(nn.Linear(widths[-1], n_classes))

    def forward(self, X: Tensor) -> Tensor:
        """Return the scores."""
        for layer in self.layers:
            X = layer(X)
        return X


@wrong(ex.make_vgg, "From the second block on")
def vgg_with_equal_starts(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    model = nn.Sequential()
    for width in widths:
        model.append(nn.Conv2d(n_channels, width, 3, padding=1)).append(nn.ReLU())
        model.append(nn.Conv2d(width, width, 3, padding=1)).append(nn.ReLU())
        model.append(nn.MaxPool2d(2))
    model.append(nn.AdaptiveAvgPool2d(1)).append(nn.Flatten())
    return model.append(nn.Linear(widths[-1], n_classes))


@wrong(ex.make_vgg, "ends with softmax")
def vgg_of_probabilities(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    end = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], n_classes), nn.Softmax(1)
    return nn.Sequential(*vgg_layers(n_channels, widths), *end)


@wrong(ex.make_vgg)
def vgg_without_flatten(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    end = nn.AdaptiveAvgPool2d(1), nn.Linear(widths[-1], n_classes)
    return nn.Sequential(*vgg_layers(n_channels, widths), *end)


@wrong(ex.make_vgg, "a `return` is missing")
def vgg_of_nothing(n_channels: int, widths: Sequence[int], n_classes: int) -> None:
    vgg_added_by_name(n_channels, widths, n_classes)


@wrong(ex.make_vgg, "no nn.Module")
def vgg_as_a_list(n_channels: int, widths: Sequence[int], n_classes: int) -> Any:  # noqa: ANN401
    end = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], n_classes)
    return [*vgg_layers(n_channels, widths), *end]


@wrong(ex.make_vgg)
def vgg_with_norms(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    layers: list[nn.Module] = []
    for layer in vgg_layers(n_channels, widths):
        layers.append(layer)
        if isinstance(layer, nn.Conv2d):
            layers.append(nn.BatchNorm2d(layer.out_channels))
    end = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], n_classes)
    return nn.Sequential(*layers, *end)


@wrong(ex.make_vgg)
def vgg_with_shared_convolutions(
    n_channels: int, widths: Sequence[int], n_classes: int
) -> nn.Module:
    """The second convolution of the first block serves in all blocks of its width."""
    layers: list[nn.Module] = []
    second: dict[int, nn.Module] = {}
    for width in widths:
        same = second.setdefault(width, nn.Conv2d(width, width, 3, padding=1))
        layers += [nn.Conv2d(n_channels, width, 3, padding=1), nn.ReLU(), same, nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
        n_channels = width
    end = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], n_classes)
    return nn.Sequential(*layers, *end)


# ---------------------------------------------------------------------------- ResidualBlock


class Path(nn.Module):
    """The two convolutions of a block, and its projection where one is needed."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1)
        self.bn2 = nn.BatchNorm2d(n_out)
        fits = n_in == n_out and stride == 1
        self.skip: nn.Module = nn.Identity() if fits else nn.Conv2d(n_in, n_out, 1, stride)


@right(ex.ResidualBlock)
class BlockWithAddition(Path):
    """It adds by `torch.add`."""

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        around = self.skip(X)
        path = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(X)))))
        return torch.relu(torch.add(around, path))


@right(ex.ResidualBlock)
class BlockAroundFirst(nn.Module):
    """It has a Sequential for each way, with the projection made first."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        needs = n_in != n_out or stride > 1
        self.ways = nn.ModuleDict(
            {
                "around": nn.Sequential(
                    *([nn.Conv2d(n_in, n_out, (1, 1), (stride, stride))] if needs else [])
                ),
                "through": nn.Sequential(
                    nn.Conv2d(n_in, n_out, (3, 3), stride, padding=1, bias=False),
                    nn.BatchNorm2d(n_out),
                    nn.ReLU(inplace=True),
                    nn.Conv2d(n_out, n_out, (3, 3), padding=1, bias=False),
                    nn.BatchNorm2d(n_out),
                ),
            }
        )

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        return sum(way(X) for way in self.ways.values()).relu()  # type: ignore[no-any-return]


@right(ex.ResidualBlock)
class BlockThatComparesShapes(Path):
    """It decides by the shapes that it meets."""

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        Y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(X)), inplace=True)))
        if X.shape != Y.shape:
            X = self.skip(X)
        Y += X
        return functional.relu_(Y)


@wrong(ex.ResidualBlock, "You always add X as it is")
class BlockWithoutProjection(Path):
    """It adds X."""

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        Y = self.bn2(self.conv2(self.bn1(self.conv1(X)).relu()))
        return torch.relu(Y + X)


@wrong(ex.ResidualBlock, "stride = 3")
class BlockForStridesOfTwo(Path):
    """It projects for a stride of 2."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__(n_in, n_out, stride)
        if n_in == n_out and stride != 2:
            self.skip = nn.Identity()

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        Y = self.bn2(self.conv2(self.bn1(self.conv1(X)).relu()))
        return torch.relu(Y + self.skip(X))


@wrong(ex.ResidualBlock)
class BlockThatWidensOnly(Path):
    """It projects where there are more channels than before."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__(n_in, n_out, stride)
        if n_in >= n_out and stride == 1:
            self.skip = nn.Identity()

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        Y = self.bn2(self.conv2(self.bn1(self.conv1(X)).relu()))
        return torch.relu(Y + self.skip(X))


@wrong(ex.ResidualBlock)
class BlockWithoutPadding(Path):
    """Its path cuts off the border."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__(n_in, n_out, stride)
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride)

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        Y = self.bn2(self.conv2(self.bn1(self.conv1(X)).relu()))
        return torch.relu(Y + self.skip(X))


@wrong(ex.ResidualBlock, "first in your `__init__`")
class BlockWithoutSuper(nn.Module):
    """It forgets its base."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        self.path = nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride, 1), nn.BatchNorm2d(n_out))

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        return X


@wrong(ex.ResidualBlock, "a `return` is missing")
class BlockThatReturnsNothing(Path):
    """It has no return."""

    def forward(self, X: Tensor) -> None:
        """Compute the maps."""
        self.bn2(self.conv2(self.bn1(self.conv1(X)).relu()))


@wrong(ex.ResidualBlock, "You change X itself")
class BlockInPlace(Path):
    """It adds into X."""

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        Y = self.bn2(self.conv2(self.bn1(self.conv1(X)).relu()))
        around = self.skip(X)
        around += Y
        return functional.relu(around)


@wrong(ex.ResidualBlock, "You change X itself")
class BlockInPlaceToTheEnd(Path):
    """It returns X itself, with the right numbers in it."""

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        Y = self.bn2(self.conv2(self.bn1(self.conv1(X)).relu()))
        around = self.skip(X)
        around += Y
        return torch.relu_(around)


@wrong(ex.ResidualBlock)
class BlockBentFirst(Path):
    """It bends X in place before anything else."""

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        X = X.relu()
        Y = self.bn2(self.conv2(self.bn1(self.conv1(X)).relu()))
        return torch.relu(Y + self.skip(X))


@wrong(ex.ResidualBlock)
class BlockWithoutNorms(Path):
    """It forgets its norms."""

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        return torch.relu(self.conv2(self.conv1(X).relu()) + self.skip(X))


@wrong(ex.ResidualBlock)
class BlockOfOneNorm(Path):
    """It uses its first norm twice."""

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        Y = self.bn1(self.conv2(self.bn1(self.conv1(X)).relu()))
        return torch.relu(Y + self.skip(X))


@wrong(ex.ResidualBlock)
class BlockOfOneConvolution(Path):
    """It leaves out the second convolution."""

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        return torch.relu(self.bn1(self.conv1(X)) + self.skip(X))


@wrong(ex.ResidualBlock)
class BlockProjectedByThree(Path):
    """It projects with a 3 × 3 convolution."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__(n_in, n_out, stride)
        if not isinstance(self.skip, nn.Identity):
            self.skip = nn.Conv2d(n_in, n_out, 3, stride, 1)

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        Y = self.bn2(self.conv2(self.bn1(self.conv1(X)).relu()))
        return torch.relu(Y + self.skip(X))


@wrong(ex.ResidualBlock)
class BlockAddedTwice(Path):
    """It adds X to both convolutions."""

    def forward(self, X: Tensor) -> Tensor:
        """Return the maps."""
        around = self.skip(X)
        h = (self.bn1(self.conv1(X)) + around).relu()
        return torch.relu(self.bn2(self.conv2(h)) + around)


@wrong(ex.ResidualBlock)
class BlockWithoutForward(Path):
    """It has no `forward`."""


# ---------------------------------------------------------------------------- train_last

Batches = Sequence[tuple[Tensor, Tensor]]


@right(ex.train_last)
def tuned_with_a_new_head(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """Trains a copy of the last layer and puts its numbers back."""
    head = copy.deepcopy(model[-1])
    head.zero_grad()
    optimizer = torch.optim.SGD(head.parameters(), lr=lr)
    for X, y in batches:
        features = model.eval()[:-1](X).detach()
        optimizer.zero_grad()
        functional.cross_entropy(head(features), y).backward()
        optimizer.step()
    model[-1].load_state_dict(head.state_dict())


@right(ex.train_last)
def tuned_in_eval_each_time(model: nn.Sequential, batches: Batches, lr: float) -> None:
    for p in model.parameters():
        p.requires_grad = False
        p.grad = None
    for p in model[-1].parameters():
        p.requires_grad_()
    optimizer = torch.optim.SGD((p for p in model.parameters() if p.requires_grad), lr)
    for X, y in batches:
        model.train()
        model[:-1].eval()
        functional.cross_entropy(model(X), y).backward()
        optimizer.step()
        optimizer.zero_grad()


@right(ex.train_last)
def tuned_with_a_rate_of_zero(model: nn.Sequential, batches: Batches, lr: float) -> None:
    groups: list[dict[str, Any]] = [
        {"params": model[:-1].parameters(), "lr": 0.0},
        {"params": model[-1].parameters()},
    ]
    optimizer = torch.optim.SGD(groups, lr=lr)
    model.eval()
    for X, y in batches:
        model.zero_grad()
        loss = nn.CrossEntropyLoss()(model(X), y)
        loss.backward()
        optimizer.step()


def tuned(model: nn.Sequential, batches: Batches, optimizer: torch.optim.Optimizer) -> None:
    for X, y in batches:
        optimizer.zero_grad()
        functional.cross_entropy(model(X), y).backward()
        optimizer.step()


@wrong(ex.train_last, "optimizer still moves all layers")
def tuned_all(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    tuned(model, batches, torch.optim.SGD(model.parameters(), lr=lr))


@wrong(ex.train_last, "in training mode")
def tuned_in_training_mode(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model[:-1].requires_grad_(requires_grad=False)
    tuned(model, batches, torch.optim.SGD(model[-1].parameters(), lr=lr))


@wrong(ex.train_last, "before `backward`, not after")
def tuned_with_left_overs(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    optimizer = torch.optim.SGD(model[-1].parameters(), lr=lr)
    for X, y in batches:
        functional.cross_entropy(model(X), y).backward()
        optimizer.step()
        optimizer.zero_grad()


@wrong(ex.train_last)
def tuned_norms_only_in_eval(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """Dropout is on."""
    for layer in model:
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.eval()
    tuned(model, batches, torch.optim.SGD(model[-1].parameters(), lr=lr))


@wrong(ex.train_last)
def tuned_with_norms_that_move(model: nn.Sequential, batches: Batches, lr: float) -> None:
    """Puts the running averages back at the end, but used the batches'."""
    kept = copy.deepcopy(model[:-1].state_dict())
    tuned(model, batches, torch.optim.SGD(model[-1].parameters(), lr=lr))
    model[:-1].load_state_dict(kept)


@wrong(ex.train_last, "backward` has nothing to do")
def tuned_under_no_grad(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    with torch.no_grad():
        tuned(model, batches, torch.optim.SGD(model[-1].parameters(), lr=lr))


@wrong(ex.train_last)
def tuned_weight_only(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    tuned(model, batches, torch.optim.SGD(list(model[-1].parameters())[:1], lr=lr))


@wrong(ex.train_last)
def tuned_last_two(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    tuned(model, batches, torch.optim.SGD(model[-2:].parameters(), lr=lr))


@wrong(ex.train_last)
def tuned_by_adam(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    tuned(model, batches, torch.optim.Adam(model[-1].parameters(), lr=lr))


@wrong(ex.train_last)
def tuned_with_momentum(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    tuned(model, batches, torch.optim.SGD(model[-1].parameters(), lr=lr, momentum=0.9))


@wrong(ex.train_last, "never cleared")
def tuned_with_sums(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    optimizer = torch.optim.SGD(model[-1].parameters(), lr=lr)
    model.zero_grad()
    for X, y in batches:
        functional.cross_entropy(model(X), y).backward()
        optimizer.step()


@wrong(ex.train_last)
def tuned_on_the_first_batch(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    tuned(model, batches[:1], torch.optim.SGD(model[-1].parameters(), lr=lr))


@wrong(ex.train_last, "between `backward` and `step`")
def tuned_with_nothing_left(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    optimizer = torch.optim.SGD(model[-1].parameters(), lr=lr)
    for X, y in batches:
        functional.cross_entropy(model(X), y).backward()
        optimizer.zero_grad()
        optimizer.step()


@wrong(ex.train_last)
def tuned_in_a_copy(model: nn.Sequential, batches: Batches, lr: float) -> nn.Module:
    own = copy.deepcopy(model).eval()
    tuned(own, batches, torch.optim.SGD(own[-1].parameters(), lr=lr))
    return own


@wrong(ex.train_last, "a new last layer")
def tuned_a_new_layer(model: nn.Sequential, batches: Batches, lr: float) -> None:
    weight, bias = model[-1].parameters()
    model[-1] = nn.Linear(weight.shape[1], len(bias))
    model.requires_grad_(requires_grad=False)
    model[-1].requires_grad_(requires_grad=True)
    model.eval()
    tuned(model, batches, torch.optim.SGD(model[-1].parameters(), lr=lr))


@wrong(ex.train_last)
def tuned_not_at_all(model: nn.Sequential, batches: Batches, lr: float) -> None:
    del batches, lr
    model.eval()
