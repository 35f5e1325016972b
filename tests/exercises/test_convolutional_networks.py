"""The exercises of lesson 08: right answers of other kinds, and each solution by another way."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Outcome
from dlcourse.exercises import convolutional_networks as ex
from parts import part_of

Right = tuple[Exercise, Callable[..., Any]]


def inputs_of(exercise: Exercise) -> list[tuple[Any, ...]]:
    return list(exercise.inputs(torch.Generator().manual_seed(7)))


# ------------------------------------------------------------------ sizes and counts


def size_of_a_real_one(
    size: int, kernel_size: int, stride: int, padding: int, dilation: int
) -> int:
    conv = nn.Conv1d(1, 1, kernel_size, stride, padding, dilation)
    return len(conv(torch.zeros(1, 1, size))[0, 0])


def size_by_counting(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    count, start = 0, -padding
    while start + (kernel_size - 1) * dilation < size + padding:
        count += 1
        start += stride
    return count


def size_by_floor(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> float:
    return math.floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1)


def size_of_a_range(
    size: int, kernel_size: int, stride: int, padding: int, dilation: int
) -> Tensor:
    last = size + 2 * padding - (kernel_size + (kernel_size - 1) * (dilation - 1))
    return torch.tensor(len(range(0, last + 1, stride)))


def count_real_layers(layers: Sequence[tuple[Any, ...]]) -> int:
    kinds: dict[str, Any] = {
        "conv": nn.Conv2d, "linear": nn.Linear, "norm": nn.BatchNorm2d, "pool": nn.MaxPool2d,
    }  # fmt: skip
    model = nn.Sequential(*[kinds[kind](*sizes) for kind, *sizes in layers])
    return sum(one.numel() for one in model.parameters())


def count_by_match(layers: Sequence[tuple[Any, ...]]) -> int:
    total = 0
    for layer in layers:
        match layer:
            case ("conv", n_in, n_out, k):
                total += n_in * n_out * k**2 + n_out
            case ("linear", n_in, n_out):
                total += (n_in + 1) * n_out
            case ("norm", n):
                total += n + n
    return total


def count_by_index(layers: Sequence[tuple[Any, ...]]) -> float:
    counts = [0.0]
    for layer in layers:
        if layer[0] == "norm":
            counts.append(2 * layer[1])
        if layer[0] in ("conv", "linear"):
            counts.append(math.prod(layer[1:]) * (layer[-1] if len(layer) == 4 else 1) + layer[2])
    return sum(counts)


def padding_as_a_list(kernel_size: int, dilation: int) -> list[int]:
    reach = dilation * (kernel_size - 1) + 1
    return [(reach - 1) // 2, reach // 2]


def padding_by_divmod(kernel_size: int, dilation: int) -> tuple[int, int]:
    half, rest = divmod(dilation * (kernel_size - 1), 2)
    return half, half + rest


def padding_in_torch(kernel_size: int, dilation: int) -> Tensor:
    total = torch.tensor(dilation * (kernel_size - 1))
    return torch.stack([(total / 2).floor(), (total / 2).ceil()])


def field_backward(layers: Sequence[tuple[int, int]]) -> int:
    field = 1
    for kernel_size, stride in reversed(layers):
        field = (field - 1) * stride + kernel_size
    return field


def field_by_slopes(layers: Sequence[tuple[int, int]]) -> int:
    """Which pixels has the middle number a slope along? With weights that reach every pixel."""
    if any(k < stride for k, stride in layers):  # then some pixels are skipped
        return field_backward(layers)
    x = torch.zeros(1, 1, 400, dtype=torch.float64, requires_grad=True)
    h = x
    for k, stride in layers:
        h = functional.conv1d(h, torch.ones(1, 1, k, dtype=torch.float64), stride=stride)
    (slopes,) = torch.autograd.grad(h[0, 0, 3], x)
    return int(slopes.count_nonzero())


def field_by_products(layers: Sequence[tuple[int, int]]) -> int:
    strides = [stride for _, stride in layers]
    return 1 + sum((k - 1) * math.prod(strides[:n]) for n, (k, _) in enumerate(layers))


def field_by_calling_itself(layers: Sequence[tuple[int, int]]) -> int:
    if not layers:
        return 1
    (kernel_size, stride), *rest = layers
    return kernel_size + (field_by_calling_itself(rest) - 1) * stride


# ------------------------------------------------------------------ convolutions


def conv_by_torch(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    return functional.conv2d(picture[None, None], weight[None, None], None, stride, padding)[0, 0]


def conv_in_four_loops(picture: Tensor, weight: Tensor, stride: int, padding: int) -> list[Any]:
    (H, W), (h, w) = picture.shape, weight.shape

    def pixel(i: int, j: int) -> float:
        return float(picture[i, j]) if 0 <= i < H and 0 <= j < W else 0.0

    tops = range(-padding, H + padding - h + 1, stride)
    lefts = range(-padding, W + padding - w + 1, stride)
    places = itertools.product(range(h), range(w))
    cells = list(places)
    return torch.tensor(  # type: ignore[return-value]
        [
            [sum(pixel(i + a, j + b) * float(weight[a, b]) for a, b in cells) for j in lefts]
            for i in tops
        ],
        dtype=picture.dtype,
    )


def conv_by_shifted_copies(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """Go over the weights, not over the windows."""
    padded = functional.pad(picture, (padding,) * 4)
    h, w = weight.shape
    H, W = padded.shape
    result = torch.zeros(H - h + 1, W - w + 1, dtype=picture.dtype)
    for a in range(h):
        for b in range(w):
            result += weight[a, b] * padded[a : a + H - h + 1, b : b + W - w + 1]
    return result[::stride, ::stride]


def conv_in_numpy(picture: Tensor, weight: Tensor, stride: int, padding: int) -> Any:  # noqa: ANN401
    padded = np.pad(picture.numpy(), padding)
    windows = np.lib.stride_tricks.sliding_window_view(padded, tuple(weight.shape))
    return np.einsum("ijab,ab->ij", windows[::stride, ::stride], weight.numpy())


def convs_by_torch(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return functional.conv2d(X, weight, bias)


def convs_by_tensor_unfold(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    h, w = weight.shape[2:]
    windows = X.unfold(2, h, 1).unfold(3, w, 1)
    return torch.einsum("bcijuv,kcuv->bkij", windows, weight) + bias[:, None, None]


def convs_places_first(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    h, w = weight.shape[2:]
    rows = functional.unfold(X, (h, w)).transpose(1, 2)
    result = (rows @ weight.reshape(len(weight), -1).T + bias).transpose(1, 2)
    return result.reshape(len(X), len(weight), X.shape[2] - h + 1, -1)


def convs_picture_by_picture(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    results = []
    for x in X:
        columns = functional.unfold(x[None], tuple(weight.shape[2:]))[0]
        maps = weight.flatten(1) @ columns + bias.view(-1, 1)
        results.append(maps.view(len(weight), x.shape[1] - weight.shape[2] + 1, -1))
    return torch.stack(results)


def convs_folded(X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    size = X.shape[2] - weight.shape[2] + 1, X.shape[3] - weight.shape[3] + 1
    columns = functional.unfold(X, tuple(weight.shape[2:]))
    return functional.fold(weight.flatten(1) @ columns + bias[:, None], size, (1, 1))


# ------------------------------------------------------------------ pooling


def pool_by_torch(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    return functional.max_pool2d(X, size, stride, padding)


def pool_by_tensor_unfold(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    padded = functional.pad(X, (padding,) * 4, value=-math.inf)
    return padded.unfold(2, size, stride).unfold(3, size, stride).amax((-1, -2))


def pool_of_what_is_there(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    """No padding: the windows are cut at the border."""
    H, W = X.shape[2:]
    tops = range(-padding, H + padding - size + 1, stride)
    lefts = range(-padding, W + padding - size + 1, stride)
    result = torch.zeros(*X.shape[:2], len(tops), len(lefts), dtype=X.dtype)
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            window = X[:, :, max(top, 0) : top + size, max(left, 0) : left + size]
            result[:, :, i, j] = window.flatten(2).max(dim=2).values
    return result


def pool_rows_then_columns(X: Tensor, size: int, stride: int, padding: int) -> Tensor:
    padded = functional.pad(X, (padding,) * 4, value=float("-inf"))
    rows = torch.stack([padded[:, :, k:][:, :, : padded.shape[2] - size + 1] for k in range(size)])
    half = rows.amax(dim=0)
    width = half.shape[3] - size + 1
    both = torch.stack([half[..., k : k + width] for k in range(size)]).amax(dim=0)
    return both[:, :, ::stride, ::stride]


# ------------------------------------------------------------------ occlusion


def occlusion_in_one_batch(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    n_rows, n_columns = (length - size + 1 for length in picture.shape[1:])
    copies = picture.repeat(n_rows, n_columns, 1, 1, 1)
    for i in range(n_rows):
        for j in range(n_columns):
            copies[i, j, :, i : i + size, j : j + size] = background
    scores = model(copies.flatten(0, 1))
    return functional.softmax(scores, dim=-1)[:, label].reshape(n_rows, n_columns)


def occlusion_by_masks(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    rows = []
    for i in range(picture.shape[1] - size + 1):
        row = []
        for j in range(picture.shape[2] - size + 1):
            mask = torch.zeros(picture.shape, dtype=torch.bool)
            mask[..., i : i + size, j : j + size] = True
            with torch.inference_mode():
                scores = model.eval()(picture.masked_fill(mask, background).unsqueeze(0))[0]
            row.append(scores.softmax(0)[label].item())
        rows.append(row)
    return torch.tensor(rows)


def occlusion_with_a_way_back(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Any:  # noqa: ANN401
    """One copy, put right after each look."""
    canvas = picture.clone()
    result = np.zeros([length - size + 1 for length in picture.shape[1:]])
    for i, j in np.ndindex(*result.shape):
        canvas[:, i : i + size, j : j + size] = background
        e = model(canvas[None])[0].detach().exp()
        result[i, j] = e[label] / e.sum()
        canvas.copy_(picture)
    return result


# ------------------------------------------------------------------ shifts


def shift_by_roll_and_fill(X: Tensor, most: int, background: float) -> Tensor:
    moved = torch.empty_like(X)
    for n, x in enumerate(X):
        down, right = (int(torch.randint(-most, most + 1, ())) for _ in range(2))
        rolled = x.roll((down, right), dims=(1, 2))
        rolled[:, : max(down, 0)] = background
        rolled[:, rolled.shape[1] + min(down, 0) :] = background
        rolled[:, :, : max(right, 0)] = background
        rolled[:, :, rolled.shape[2] + min(right, 0) :] = background
        moved[n] = rolled
    return moved


def shift_by_gather(X: Tensor, most: int, background: float) -> Tensor:
    B, _, H, W = X.shape
    padded = functional.pad(X, (most,) * 4, value=background)
    rows = torch.arange(H) + torch.randint(2 * most + 1, (B, 1))
    columns = torch.arange(W) + torch.randint(2 * most + 1, (B, 1))
    places = torch.arange(B)[:, None, None], rows[:, :, None], columns[:, None, :]
    return padded.permute(0, 2, 3, 1)[places].permute(0, 3, 1, 2)


def shift_by_uneven_padding(X: Tensor, most: int, background: float) -> Tensor:
    """A frame with negative numbers cuts."""
    rng = np.random.default_rng()
    pictures = []
    for x in X:
        down, right = rng.integers(-most, most, 2, endpoint=True).tolist()
        pictures.append(functional.pad(x, (right, -right, down, -down), value=background))
    return torch.stack(pictures)


def shift_by_copying(X: Tensor, most: int, background: float) -> Tensor:
    H, W = X.shape[2:]
    moved = torch.full_like(X, background)
    for n in range(len(X)):
        i, j = torch.randint(0, 2 * most + 1, (2,)).sub(most).tolist()
        to_rows, to_columns = slice(max(i, 0), H + min(i, 0)), slice(max(j, 0), W + min(j, 0))
        from_rows, from_columns = slice(max(-i, 0), H - max(i, 0)), slice(max(-j, 0), W - max(j, 0))
        moved[n, :, to_rows, to_columns] = X[n, :, from_rows, from_columns]
    return moved


# ------------------------------------------------------------------ networks


class VggAsAClass(nn.Module):
    """Its last mean is taken by hand."""

    def __init__(self, n_channels: int, widths: Sequence[int], n_classes: int) -> None:
        super().__init__()
        ends = [n_channels, *widths]
        self.first = nn.ModuleList()
        for n_in, n_out in itertools.pairwise(ends):
            self.first.append(nn.Conv2d(n_in, n_out, 3, padding="same"))
            self.first.append(nn.Conv2d(n_out, n_out, (3, 3), padding=1))
        self.last = nn.Linear(ends[-1], n_classes)

    def forward(self, X: Tensor) -> Tensor:
        """Return the result."""
        for n, conv in enumerate(self.first):
            X = functional.relu(conv(X))
            if n % 2:
                X = functional.max_pool2d(X, 2)
        scores: Tensor = self.last(X.mean(dim=(2, 3)))
        return scores


def vgg_of_blocks(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    def block(n_in: int, n_out: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(n_in, n_out, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(n_out, n_out, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )

    ends = [n_channels, *widths]
    blocks = [block(ends[n], ends[n + 1]) for n in range(len(widths))]
    last = nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(ends[-1], n_classes)
    return nn.Sequential(*blocks, *last)


def vgg_pooled_before_the_bend(n_channels: int, widths: Sequence[int], n_classes: int) -> nn.Module:
    """The largest number, bent, is the largest of the bent ones."""
    model = nn.Sequential()
    for n, width in enumerate(widths):
        n_in = widths[n - 1] if n else n_channels
        model.append(nn.Conv2d(n_in, width, 3, 1, 1)).append(nn.ReLU())
        model.append(nn.Conv2d(width, width, 3, 1, 1)).append(nn.MaxPool2d(2)).append(nn.ReLU())
    return model.extend([nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], n_classes)])


class BlockWithoutBiases(nn.Module):
    """As most libraries write it."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.shortcut = nn.Sequential()
        if stride != 1 or n_in != n_out:
            self.shortcut.append(nn.Conv2d(n_in, n_out, 1, stride, bias=False))
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)

    def forward(self, X: Tensor) -> Tensor:
        """Return the result."""
        out = functional.relu(self.bn1(self.conv1(X)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(X)
        return functional.relu(out)


class BlockThatAsksLater(nn.Module):
    """It has no projection where none is needed."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.bn2, self.bn1 = nn.BatchNorm2d(n_out), nn.BatchNorm2d(n_out)  # made in another order
        self.conv2 = nn.Conv2d(n_out, n_out, 3, padding=1)
        self.conv1 = nn.Conv2d(n_in, n_out, 3, padding=1, stride=stride)
        self.projection = None
        if (n_in, stride) != (n_out, 1):
            self.projection = nn.Conv2d(n_in, n_out, kernel_size=1, stride=stride)

    def forward(self, X: Tensor) -> Tensor:
        """Return the result."""
        around = X if self.projection is None else self.projection(X)
        h = self.bn1(self.conv1(X)).relu_()
        total: Tensor = around + self.bn2(self.conv2(h))
        return total.clamp(min=0)


class BlockOfLists(nn.Module):
    """It always makes a projection, and uses it where it must."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        conv = nn.Conv2d(n_in, n_out, 3, stride, 1), nn.Conv2d(n_out, n_out, 3, 1, 1)
        self.path = nn.ModuleList([conv[0], nn.BatchNorm2d(n_out), nn.ReLU(inplace=True)])
        self.path.extend([conv[1], nn.BatchNorm2d(n_out)])
        self.fits = n_in == n_out and stride == 1
        self.one = nn.Conv2d(n_in, n_out, 1, stride)  # not always used

    def forward(self, X: Tensor) -> Tensor:
        """Return the result."""
        h = X
        for layer in self.path:
            h = layer(h)
        return nn.ReLU()(h + (X if self.fits else self.one(X)))  # type: ignore[no-any-return]


# ------------------------------------------------------------------ fine-tuning

Batches = Sequence[tuple[Tensor, Tensor]]


def tune_on_features(model: nn.Sequential, batches: Batches, lr: float) -> None:
    body, head = model[:-1].eval(), model[-1]
    optimizer = torch.optim.SGD(head.parameters(), lr)
    for X, y in batches:
        with torch.no_grad():
            features = body(X)
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(head(features), y).backward()
        optimizer.step()


def tune_frozen(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.zero_grad()
    for layer in model[:-1]:
        layer.eval()
        layer.requires_grad_(requires_grad=False)
    optimizer = torch.optim.SGD([one for one in model.parameters() if one.requires_grad], lr=lr)
    for X, y in batches:
        functional.cross_entropy(model(X), y).backward()
        optimizer.step()
        optimizer.zero_grad()


def tune_all_but_without_slopes(model: nn.Sequential, batches: Batches, lr: float) -> nn.Module:
    """The optimizer gets everything; what has no gradient stays."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model.eval()
    for one in model[:-1].parameters():
        one.requires_grad = False
    for X, y in batches:
        optimizer.zero_grad()
        functional.cross_entropy(model(X), y).backward()
        optimizer.step()
    return model.train()


def tune_by_hand(model: nn.Sequential, batches: Batches, lr: float) -> None:
    model.eval()
    weight, bias = model[-1].parameters()
    for X, y in batches:
        loss = functional.cross_entropy(model(X), y)
        slopes = torch.autograd.grad(loss, [weight, bias])
        with torch.no_grad():
            weight.sub_(lr * slopes[0])
            bias.sub_(lr * slopes[1])


RIGHT: list[Right] = [
    (ex.output_size, size_of_a_real_one),
    (ex.output_size, size_by_counting),
    (ex.output_size, size_by_floor),
    (ex.output_size, size_of_a_range),
    (ex.conv_by_hand, conv_by_torch),
    (ex.conv_by_hand, conv_in_four_loops),
    (ex.conv_by_hand, conv_by_shifted_copies),
    (ex.conv_by_hand, conv_in_numpy),
    (ex.n_parameters, count_real_layers),
    (ex.n_parameters, count_by_match),
    (ex.n_parameters, count_by_index),
    (ex.same_padding, padding_as_a_list),
    (ex.same_padding, padding_by_divmod),
    (ex.same_padding, padding_in_torch),
    (ex.conv_by_unfold, convs_by_torch),
    (ex.conv_by_unfold, convs_by_tensor_unfold),
    (ex.conv_by_unfold, convs_places_first),
    (ex.conv_by_unfold, convs_picture_by_picture),
    (ex.conv_by_unfold, convs_folded),
    (ex.max_pool, pool_by_torch),
    (ex.max_pool, pool_by_tensor_unfold),
    (ex.max_pool, pool_of_what_is_there),
    (ex.max_pool, pool_rows_then_columns),
    (ex.receptive_field, field_backward),
    (ex.receptive_field, field_by_slopes),
    (ex.receptive_field, field_by_products),
    (ex.receptive_field, field_by_calling_itself),
    (ex.occlusion_map, occlusion_in_one_batch),
    (ex.occlusion_map, occlusion_by_masks),
    (ex.occlusion_map, occlusion_with_a_way_back),
    (ex.shift_pictures, shift_by_roll_and_fill),
    (ex.shift_pictures, shift_by_gather),
    (ex.shift_pictures, shift_by_uneven_padding),
    (ex.shift_pictures, shift_by_copying),
    (ex.make_vgg, VggAsAClass),
    (ex.make_vgg, vgg_of_blocks),
    (ex.make_vgg, vgg_pooled_before_the_bend),
    (ex.ResidualBlock, BlockWithoutBiases),
    (ex.ResidualBlock, BlockThatAsksLater),
    (ex.ResidualBlock, BlockOfLists),
    (ex.train_last, tune_on_features),
    (ex.train_last, tune_frozen),
    (ex.train_last, tune_all_but_without_slopes),
    (ex.train_last, tune_by_hand),
]


# ------------------------------------------------------------------ solutions, by another way


@pytest.mark.parametrize(
    "arguments", list(itertools.product(range(6, 9), (1, 2, 3), (1, 2), (0, 2), (1, 2)))
)
def test_size_is_that_of_a_real_convolution(arguments: tuple[int, ...]) -> None:
    assert ex.output_size.answer(*arguments) == size_of_a_real_one(*arguments)


@pytest.mark.parametrize("arguments", inputs_of(ex.conv_by_hand))
def test_convolution_is_torch_s(arguments: tuple[Any, ...]) -> None:
    torch.testing.assert_close(
        ex.conv_by_hand.answer(*arguments), conv_by_torch(*arguments), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("arguments", inputs_of(ex.conv_by_unfold))
def test_convolution_by_a_product_is_torch_s(arguments: tuple[Tensor, ...]) -> None:
    mine, theirs = ex.conv_by_unfold.answer(*arguments), convs_by_torch(*arguments)
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("arguments", inputs_of(ex.max_pool))
def test_pooling_is_torch_s(arguments: tuple[Any, ...]) -> None:
    assert torch.equal(ex.max_pool.answer(*arguments), functional.max_pool2d(*arguments))


def test_parameters_are_those_of_real_layers() -> None:
    for (layers,) in inputs_of(ex.n_parameters):
        assert ex.n_parameters.answer(layers) == count_real_layers(layers)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize(
    ("kernel_size", "dilation"), list(itertools.product(range(1, 8), range(1, 4)))
)
def test_padding_keeps_the_size_as_torch_s_does(kernel_size: int, dilation: int) -> None:
    before, after = ex.same_padding.answer(kernel_size, dilation)
    x, weight = torch.randn(1, 1, 30), torch.randn(1, 1, kernel_size)
    mine = functional.conv1d(functional.pad(x, (before, after)), weight, dilation=dilation)
    theirs = functional.conv1d(x, weight, padding="same", dilation=dilation)
    torch.testing.assert_close(mine, theirs)


def test_field_is_the_width_of_the_slopes() -> None:
    for (layers,) in inputs_of(ex.receptive_field):
        x = torch.zeros(1, 1, 900, dtype=torch.float64, requires_grad=True)
        h = x
        for k, stride in layers:
            h = functional.conv1d(h, torch.ones(1, 1, k, dtype=torch.float64), stride=stride)
        (slopes,) = torch.autograd.grad(h[0, 0, 3], x)
        seen = slopes[0, 0].nonzero()
        assert ex.receptive_field.answer(layers) == int(seen.max() - seen.min()) + 1


def test_occlusion_of_a_network_that_looks_at_one_pixel() -> None:
    linear = nn.Linear(12, 2, bias=False)
    linear.weight.data = torch.zeros(2, 12)
    linear.weight.data[1, 6] = 1  # row 1, column 2 of 3 × 4
    model = nn.Sequential(nn.Flatten(), linear).eval()
    picture = torch.full((1, 3, 4), 5.0)
    wanted = torch.full((2, 3), 1 / (1 + math.exp(-5)))
    wanted[:2, 1:3] = 1 / (1 + math.exp(1))
    torch.testing.assert_close(ex.occlusion_map.answer(model, picture, 1, 2, -1.0), wanted)


def test_shifts_are_all_equally_likely() -> None:
    X = torch.zeros(9000, 1, 3, 3)
    X[:, 0, 1, 1] = 1
    torch.manual_seed(0)
    moved = ex.shift_pictures.answer(X, 1, 0.0)
    counts = Counter(moved.flatten(1).argmax(dim=1).tolist())
    assert sorted(counts) == list(range(9))
    assert all(abs(count - 1000) < 150 for count in counts.values())


@pytest.mark.parametrize("seed", range(25))
def test_any_draw_of_shifts_is_right(seed: int) -> None:
    seeds = itertools.count(1000 * seed)

    def shift(X: Tensor, most: int, background: float) -> Tensor:
        torch.manual_seed(next(seeds))
        return shift_by_copying(X, most, background)

    verdict = ex.shift_pictures.judge(shift)
    assert verdict.outcome is Outcome.PASSED, verdict.message


def test_a_random_crop_of_each_picture_is_right_and_one_of_the_batch_is_not() -> None:
    transforms = pytest.importorskip("torchvision.transforms")

    def crop_each(X: Tensor, most: int, background: float) -> Tensor:
        framed = functional.pad(X, (most, most, most, most), value=background)
        crop = transforms.RandomCrop(tuple(X.shape[2:]))
        return torch.stack([crop(x) for x in framed])

    def crop_all(X: Tensor, most: int, background: float) -> Any:  # noqa: ANN401
        framed = functional.pad(X, (most, most, most, most), value=background)
        return transforms.RandomCrop(tuple(X.shape[2:]))(framed)

    verdict = ex.shift_pictures.judge(crop_each)
    assert verdict.outcome is Outcome.PASSED, verdict.message
    assert "move alike" in ex.shift_pictures.judge(crop_all).message


def test_vgg_has_as_many_weights_as_the_other_exercise_counts() -> None:
    model = ex.make_vgg.answer(3, [8, 16], 10)
    convs = [(3, 8), (8, 8), (8, 16), (16, 16)]
    layers = [("conv", *pair, 3) for pair in convs] + [("linear", 16, 10)]
    assert sum(one.numel() for one in model.parameters()) == ex.n_parameters.answer(layers)
    assert model(torch.zeros(2, 3, 20, 12)).shape == (2, 10)


def test_block_without_its_path_lets_the_maps_through() -> None:
    block = ex.ResidualBlock.answer(3, 3, 1)
    nn.init.zeros_(block.path[4].weight)  # the last norm
    X = torch.randn(2, 3, 5, 4)
    torch.testing.assert_close(block.forward(X), X.relu())
    assert ex.ResidualBlock.answer(3, 5, 2)(X).shape == (2, 5, 3, 2)


def test_last_layer_moves_by_the_slope_of_the_formula() -> None:
    [model, batches, lr] = inputs_of(ex.train_last)[0]
    [(X, y)] = batches
    model.eval()
    features = model[:-1](X).detach().numpy().astype(float)
    W, b = (one.detach().numpy().astype(float) for one in model[-1].parameters())
    scores = features @ W.T + b
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    difference = (p - np.eye(3)[y]) / len(y)
    ex.train_last.answer(model, batches, lr)
    weight, bias = (one.detach().numpy() for one in model[-1].parameters())
    np.testing.assert_allclose(weight, W - lr * difference.T @ features, atol=1e-5)
    np.testing.assert_allclose(bias, b - lr * difference.sum(axis=0), atol=1e-5)


# ------------------------------------------------------------------ the question


def test_each_net_does_what_the_messages_say() -> None:
    X, y = torch.randn(32, 28, 28, 3), torch.randint(10, (32,))
    conv, linear = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8 * 28 * 28, 10)
    first = X.permute(0, 3, 1, 2)
    with pytest.raises(RuntimeError, match="to have 3 channels, but got 28"):
        conv(X)
    mixed = linear(conv(X.reshape(32, 3, 28, 28)).flatten(1))
    right = linear(conv(first).flatten(1))
    assert mixed.shape == right.shape
    assert not torch.allclose(mixed, right)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        linear(nn.Conv2d(3, 8, 3)(first).flatten(1))
    scores = nn.Linear(28 * 28, 10)(conv(first).reshape(-1, 28 * 28))
    assert len(scores) == 8 * 32 == 256
    with pytest.raises(ValueError, match=r"input batch_size \(256\) to match target"):
        functional.cross_entropy(scores, y)


# ------------------------------------------------------------------ messages


def test_untouched_training_with_a_comment_is_told_where_to_begin() -> None:
    def train_last(model: nn.Sequential, batches: Batches, lr: float) -> None:
        every = model.parameters()
        optimizer = torch.optim.SGD(every, lr=lr)
        model.train()
        for X, y in batches:
            loss = functional.cross_entropy(model(X), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

    assert ex.train_last.judge(train_last).message.startswith("All three bugs")


def test_padding_of_minus_infinity_is_told_apart_from_a_low_number() -> None:
    mistake = part_of(ex.max_pool, "padded_with_a_large_number")
    assert "Your padding is not low enough" in ex.max_pool.judge(mistake).message
