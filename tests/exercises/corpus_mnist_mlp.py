"""Answers to the exercises of lesson 05."""

# ruff: noqa: ANN401, D101, D102, D105 - an attacker's code

import copy
import io
import math
import os
import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset

from corpus import right, wrong
from dlcourse.exercises import mnist_mlp as ex

CHECKPOINT: Any = ex.Checkpoint  # a class to mypy
DROPOUT: Any = ex.DropoutByHand
WITH_TRANSFORM: Any = ex.WithTransform

# ---------------------------------------------------------------------------- questions


@right(ex.workers)
def workers_in_brackets() -> str:
    return "(b)"


@right(ex.workers)
def workers_large() -> str:
    return "B."


@wrong(ex.workers, "old versions")
def workers_alike() -> str:
    return "a"


@wrong(ex.workers, "inside the epoch loop")
def workers_every_epoch() -> str:
    return "c)"


@wrong(ex.workers, "no error is raised")
def workers_without_numpy() -> str:
    return "d"


@wrong(ex.workers)
def workers_two_letters() -> str:
    return "b or c"


@wrong(ex.workers)
def workers_in_words() -> str:
    return "different in the two workers"


@wrong(ex.workers)
def workers_as_number() -> int:
    return 2


@right(ex.neighbors)
def neighbors_large() -> str:
    return " C "


@right(ex.neighbors)
def neighbors_quoted() -> str:
    return '"c"'


@wrong(ex.neighbors, "weights are the same")
def neighbors_by_weights() -> str:
    return "(a)"


@wrong(ex.neighbors, "`no_grad` only says")
def neighbors_without_graph() -> str:
    return "b"


@wrong(ex.neighbors, "nobody could use such a network")
def neighbors_always() -> str:
    return "D"


@wrong(ex.neighbors)
def neighbors_two_letters() -> str:
    return "bc"


@wrong(ex.neighbors)
def neighbors_true() -> bool:
    return True


@wrong(ex.neighbors)
def neighbors_in_a_list() -> list[str]:
    return ["b", "c"]


# ---------------------------------------------------------------------------- rescale


@right(ex.rescale)
def rescale_by_one_line(pictures: Tensor) -> Tensor:
    return pictures.double() / 78.5655 - 0.1307 / 0.3081


@right(ex.rescale)
def rescale_with_a_table(pictures: Tensor) -> Tensor:
    scale, shift = torch.tensor(255), torch.tensor([0.1307])
    return (pictures.to(torch.float32) / scale - shift) / torch.tensor(0.3081)


@right(ex.rescale)
def rescale_in_place_of_a_copy(pictures: Tensor) -> Tensor:
    unit = pictures.to(torch.float64, copy=True)
    unit /= 255
    unit -= 0.1307
    unit /= 0.3081
    return unit


@wrong(ex.rescale, "`pictures` was changed")
def rescale_in_place(pictures: Tensor) -> Tensor:
    unit = pictures.float()
    unit /= 255
    return (unit - 0.1307) / 0.3081


@wrong(ex.rescale)
def rescale_whole_numbers_first(pictures: Tensor) -> Tensor:
    return (pictures.to(torch.uint8) / 255 - 0.1307) / 0.3081


@wrong(ex.rescale)
def rescale_by_the_mean(pictures: Tensor) -> Tensor:
    unit = pictures / 255 if pictures.double().mean() > 1 else pictures
    return (unit - 0.1307) / 0.3081


@wrong(ex.rescale)
def rescale_by_each_maximum(pictures: Tensor) -> Tensor:
    top = pictures.double().amax(dim=(1, 2), keepdim=True)
    return (pictures / top - 0.1307) / 0.3081


@wrong(ex.rescale)
def rescale_in_half(pictures: Tensor) -> Tensor:
    return (pictures.half() / 255 - 0.1307) / 0.3081


@wrong(ex.rescale)
def rescale_from_256(pictures: Tensor) -> Tensor:
    return (pictures / 256 - 0.1307) / 0.3081


@wrong(ex.rescale)
def rescale_by_bits(pictures: Tensor) -> Tensor:
    """Divides what fits into eight bits, and floats that exceed them."""
    largest = 1.0 if pictures.is_floating_point() and pictures.max() < 2 else 255.0
    return (pictures / largest - 0.1307) / 0.3081


@wrong(ex.rescale)
def rescale_one_picture(pictures: Tensor) -> Tensor:
    return (pictures[0] / 255 - 0.1307) / 0.3081


@wrong(ex.rescale)
def rescale_with_channels(pictures: Tensor) -> Tensor:
    return ((pictures / 255 - 0.1307) / 0.3081)[:, None]


# ---------------------------------------------------------------------------- loss


@right(ex.cross_entropy_by_hand)
def loss_by_logsumexp(logits: Tensor, y: Tensor) -> Tensor:
    return (logits.logsumexp(dim=1) - logits.gather(1, y[:, None]).squeeze(1)).mean()


@right(ex.cross_entropy_by_hand)
def loss_of_the_module(logits: Tensor, y: Tensor) -> Any:
    return nn.CrossEntropyLoss()(logits, y)


@right(ex.cross_entropy_by_hand)
def loss_with_numpy(logits: Tensor, y: Tensor) -> Any:
    scores = logits.numpy().astype(float)
    top = scores.max(axis=1, keepdims=True)
    sums = np.log(np.exp(scores - top).sum(axis=1)) + top[:, 0]
    return np.mean(sums - scores[range(len(y)), y])


@right(ex.cross_entropy_by_hand)
def loss_from_gaps(logits: Tensor, y: Tensor) -> Tensor:
    gaps = logits - logits.take_along_dim(y.reshape(-1, 1), dim=1)
    return torch.logsumexp(gaps, dim=1).mean()


@wrong(ex.cross_entropy_by_hand, "745")
def loss_in_float64(logits: Tensor, y: Tensor) -> Tensor:
    return -logits.double().softmax(1)[torch.arange(len(y)), y].log().mean()


@wrong(ex.cross_entropy_by_hand, "`[:, y]`")
def loss_of_columns(logits: Tensor, y: Tensor) -> Tensor:
    return -logits.log_softmax(dim=1)[:, y].mean()


@wrong(ex.cross_entropy_by_hand)
def loss_clamped(logits: Tensor, y: Tensor) -> Tensor:
    return -logits.softmax(1).clamp_min(1e-38)[torch.arange(len(y)), y].log().mean()


@wrong(ex.cross_entropy_by_hand)
def loss_of_clamped_scores(logits: Tensor, y: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits.clamp(-88, 88), y)


@wrong(ex.cross_entropy_by_hand)
def loss_shifted_by_the_mean(logits: Tensor, y: Tensor) -> Tensor:
    shifted = (logits - logits.mean(dim=1, keepdim=True)).double()
    return (shifted.exp().sum(1).log() - shifted[torch.arange(len(y)), y]).mean()


@wrong(ex.cross_entropy_by_hand)
def loss_over_classes(logits: Tensor, y: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits, y, reduction="sum") / logits.shape[1]


@wrong(ex.cross_entropy_by_hand)
def loss_without_infinities(logits: Tensor, y: Tensor) -> Tensor:
    losses = -logits.softmax(1)[torch.arange(len(y)), y].log()
    return losses[losses.isfinite()].sum() / len(y)


@wrong(ex.cross_entropy_by_hand)
def loss_of_each(logits: Tensor, y: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits, y, reduction="none")


@wrong(ex.cross_entropy_by_hand)
def loss_base_two(logits: Tensor, y: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits, y) / math.log(2)


@wrong(ex.cross_entropy_by_hand)
def loss_with_a_truth_by_value(logits: Tensor, y: Tensor) -> Tensor:
    """The largest score counts as the truth."""
    return -logits.log_softmax(1).max(dim=1).values.mean() + 0 * y.sum()


# ---------------------------------------------------------------------------- dropout


@right(DROPOUT)
class DropoutByChoice(nn.Module):
    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.register_buffer("p", torch.tensor(p, dtype=torch.float64))

    def forward(self, X: Tensor) -> Tensor:
        if not self.training:
            return X
        p: Any = self.p
        dropped = torch.rand_like(X) < p
        return torch.where(dropped, 0.0, X / (1 - p.item()))


@right(DROPOUT)
class DropoutOfCoins(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.coin = torch.distributions.Bernoulli(1 - p)
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        mask = self.coin.sample(X.shape).to(X) if self.training else torch.ones_like(X)
        return X * mask / (1 - self.p if self.training else 1)


@right(DROPOUT)
class DropoutWithAnIndex(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        out = X.clone()
        if self.training:
            out[torch.rand(X.shape) < self.p] = 0
            out /= 1 - self.p
        return out


@wrong(DROPOUT)
class OwnSwitches(nn.Module):
    """Its own `train` and `eval` are called only by name, not by those of a network."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p, self.on = p, True

    def train(self, mode: bool = True) -> Any:  # noqa: ARG002, FBT001, FBT002
        self.on = True
        return self

    def eval(self) -> Any:
        self.on = False
        return self

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.dropout(X, self.p, training=self.on)


@wrong(DROPOUT, "Nothing came out")
class NothingReturned(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Any:
        pass


@wrong(DROPOUT, "Nothing came out")
class NothingInUse(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Any:
        return nn.functional.dropout(X, self.p) if self.training else None


class _Masked(nn.Module):
    """Right, but for what `mask` and `cut` do."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def mask(self, X: Tensor) -> Tensor:
        return torch.rand(X.shape) >= self.p

    def cut(self, X: Tensor) -> Tensor:
        return X

    def forward(self, X: Tensor) -> Tensor:
        if not self.training:
            return X
        return self.cut(X) * self.mask(X) / (1 - self.p)


@wrong(DROPOUT, "outside the graph")
class OutOfTheGraph(_Masked):
    def cut(self, X: Tensor) -> Tensor:
        return X.detach()


@wrong(DROPOUT, "outside the graph")
class ByNumpy(_Masked):
    def cut(self, X: Tensor) -> Tensor:
        return torch.tensor(X.tolist(), dtype=X.dtype)


@wrong(DROPOUT)
class TenSides(_Masked):
    def mask(self, X: Tensor) -> Tensor:
        return torch.randint(10, X.shape) >= int(10 * self.p)


@wrong(DROPOUT)
class WholeRows(_Masked):
    def mask(self, X: Tensor) -> Tensor:
        return torch.rand(*X.shape[:-1], 1) >= self.p


@wrong(DROPOUT)
class OneForTheMiddle(_Masked):
    def mask(self, X: Tensor) -> Tensor:
        shape = (X.shape[0], *[1] * (X.ndim - 2), X.shape[-1])
        return torch.rand(shape) >= self.p


@wrong(DROPOUT)
class OneMask(_Masked):
    def mask(self, X: Tensor) -> Tensor:
        if not hasattr(self, "kept"):
            self.kept = torch.rand(X.shape) >= self.p
        return self.kept


@wrong(DROPOUT)
class NeverOnAgain(_Masked):
    def forward(self, X: Tensor) -> Tensor:
        if not self.training:
            self.p = 0
            return X
        return super().forward(X)


@wrong(DROPOUT)
class ScaledByTheShare(_Masked):
    def forward(self, X: Tensor) -> Tensor:
        kept = self.mask(X)
        return X * kept / kept.double().mean().item() if self.training else X


@wrong(DROPOUT)
class GradientUnmasked(_Masked):
    """The numbers are right; the way back goes past the mask."""

    def forward(self, X: Tensor) -> Tensor:
        return X + (super().forward(X) - X).detach()


# ---------------------------------------------------------------------------- share_right


@right(ex.share_right)
def share_of_pairs(batches: Any) -> float:
    pairs = [(row.argmax(), label) for logits, y in batches for row, label in zip(logits, y)]  # noqa: B905
    return sum(bool(answer == label) for answer, label in pairs) / len(pairs)


@right(ex.share_right)
def share_of_the_best_one(batches: Any) -> Tensor:
    right_ones = [logits.topk(1).indices == y[:, None] for logits, y in batches]
    return torch.cat(right_ones).double().mean(dim=0)


@right(ex.share_right)
def share_of_the_wrong(batches: Any) -> float:
    n, n_wrong = 0, 0.0
    for logits, y in batches:
        n_wrong += torch.count_nonzero(logits.softmax(-1).argmax(-1) - y).item()
        n += y.numel()
    return 1 - n_wrong / n


@wrong(ex.share_right, "for all but the last")
def share_of_equal_batches_and_a_last(batches: Any) -> Any:
    n = (len(batches) - 1) * len(batches[0][1]) + len(batches[-1][1])
    return sum((logits.argmax(1) == y).sum() for logits, y in batches) / n


@wrong(ex.share_right)
def share_with_the_size_of_the_first(batches: Any) -> Any:
    """Weights all but the last with the first one's size."""
    sizes = [len(batches[0][1])] * (len(batches) - 1) + [len(batches[-1][1])]
    shares = [(logits.argmax(1) == y).float().mean() for logits, y in batches]
    return sum(n * share for n, share in zip(sizes, shares, strict=True)) / sum(sizes)


@wrong(ex.share_right)
def share_without_short_ones(batches: Any) -> Any:
    size = max(len(y) for _, y in batches)
    full = [(logits, y) for logits, y in batches if len(y) == size]
    return sum((logits.argmax(1) == y).sum() for logits, y in full) / (size * len(full))


@wrong(ex.share_right)
def share_of_the_sure(batches: Any) -> Any:
    n = sum(len(y) for _, y in batches)
    return sum((logits.softmax(1)[range(len(y)), y] > 0.5).sum() for logits, y in batches) / n


@wrong(ex.share_right)
def share_above_zero(batches: Any) -> float:
    """Its own argmax begins at 0: a row of negative scores has none."""
    n_right = n = 0
    for logits, y in batches:
        for row, label in zip(logits.tolist(), y.tolist(), strict=True):
            best, answer = 0.0, 0
            for k, score in enumerate(row):
                if score > best:
                    best, answer = score, k
            n_right += answer == label
            n += 1
    return n_right / n


@wrong(ex.share_right)
def share_of_absolute_scores(batches: Any) -> Any:
    n = sum(len(y) for _, y in batches)
    return sum((logits.abs().argmax(1) == y).sum() for logits, y in batches) / n


@wrong(ex.share_right)
def share_running(batches: Any) -> Any:
    share: Any = None
    for logits, y in batches:
        new = (logits.argmax(1) == y).double().mean()
        share = new if share is None else (share + new) / 2
    return share


@wrong(ex.share_right)
def share_in_bytes(batches: Any) -> Any:
    n_right = torch.zeros((), dtype=torch.uint8)
    for logits, y in batches:
        n_right += (logits.argmax(1) == y).sum().byte()
    return n_right / sum(len(y) for _, y in batches)


@wrong(ex.share_right)
def share_by_columns(batches: Any) -> Any:
    n = sum(logits.shape[1] for logits, _ in batches)
    return sum((logits.argmax(1) == y).sum() for logits, y in batches) / n


@wrong(ex.share_right)
def share_rounded(batches: Any) -> Any:
    n = sum(len(y) for _, y in batches)
    return round(float(sum((logits.argmax(1) == y).sum() for logits, y in batches) / n), 2)


# ---------------------------------------------------------------------------- count_answers


@right(ex.count_answers)
def counted_by_a_counter(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    counts = torch.zeros(n_classes, n_classes)
    for (truth, answer), n in Counter(zip(y.tolist(), y_hat.tolist(), strict=True)).items():
        counts[truth, answer] = n
    return counts


@right(ex.count_answers)
def counted_class_by_class(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    rows = [[((y == t) & (y_hat == a)).sum() for a in range(n_classes)] for t in range(n_classes)]
    return torch.stack([torch.stack(row) for row in rows])


@right(ex.count_answers)
def counted_by_adding(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    counts = torch.zeros(n_classes**2)
    counts.index_add_(0, n_classes * y + y_hat, torch.ones(len(y)))
    return counts.view(n_classes, n_classes)


@right(ex.count_answers)
def counted_in_a_histogram(y: Tensor, y_hat: Tensor, n_classes: int) -> Any:
    ends = [[-0.5, n_classes - 0.5]] * 2
    return np.histogram2d(y.numpy(), y_hat.numpy(), bins=n_classes, range=ends)[0]


@wrong(ex.count_answers)
def ten_classes(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    counts = (10 * y + y_hat).bincount(minlength=100).reshape(10, 10)
    return counts[:n_classes, :n_classes]


@wrong(ex.count_answers)
def bytes_for_counts(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    pairs = y * n_classes + y_hat
    return pairs.bincount(minlength=n_classes**2).reshape(n_classes, n_classes).byte()


@wrong(ex.count_answers)
def classes_that_occur(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:  # noqa: ARG001
    names = torch.cat([y, y_hat]).unique()
    return torch.stack(
        [torch.stack([((y == t) & (y_hat == a)).sum() for a in names]) for t in names]
    )


@wrong(ex.count_answers)
def histogram_between_what_occurs(y: Tensor, y_hat: Tensor, n_classes: int) -> Any:
    return np.histogram2d(y.numpy(), y_hat.numpy(), bins=n_classes)[0]


@wrong(ex.count_answers)
def bfloats_for_counts(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    counts = torch.zeros(n_classes, n_classes, dtype=torch.bfloat16)
    for truth, answer in zip(y, y_hat, strict=True):
        counts[truth, answer] += 1
    return counts


@wrong(ex.count_answers)
def halves_for_counts(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    pairs = y * n_classes + y_hat
    return pairs.bincount(minlength=n_classes**2).reshape(n_classes, n_classes).half()


@wrong(ex.count_answers)
def only_the_wrong_ones(y: Tensor, y_hat: Tensor, n_classes: int) -> Any:
    counts: Any = ex.count_answers.answer(y, y_hat, n_classes)
    return counts - torch.diag(counts.diagonal())


@wrong(ex.count_answers)
def empty_not_thought_of(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    places = [n_classes * t + a for t, a in zip(y, y_hat, strict=True)]
    pairs = torch.stack([nn.functional.one_hot(place, n_classes**2) for place in places])
    return pairs.sum(dim=0).reshape(n_classes, n_classes)


@wrong(ex.count_answers)
def same_both_ways(y: Tensor, y_hat: Tensor, n_classes: int) -> Any:
    counts: Any = ex.count_answers.answer(y, y_hat, n_classes)
    return (counts + counts.T) / 2


# ---------------------------------------------------------------------------- bar_heights


@right(ex.bar_heights)
def bars_of_shares(confusion: Tensor) -> Tensor:
    shares = confusion / confusion.sum(dim=1, keepdim=True)
    return shares.diag() * 100


@right(ex.bar_heights)
def bars_by_eye(confusion: Tensor) -> Tensor:
    eye = torch.eye(len(confusion), dtype=torch.bool)
    return confusion[eye].div(confusion.sum(1)).mul(100)


@right(ex.bar_heights)
def bars_of_errors(confusion: Tensor) -> Tensor:
    totals = confusion.double().sum(1)
    return 100 - 100 * (totals - confusion.diagonal()) / totals


@wrong(ex.bar_heights)
def bars_whole(confusion: Tensor) -> Tensor:
    return 100 * confusion.diagonal() // confusion.sum(1)


@wrong(ex.bar_heights)
def bars_rounded(confusion: Tensor) -> Tensor:
    return (100 * confusion.diagonal() / confusion.sum(1)).round(decimals=2)


@wrong(ex.bar_heights)
def bars_in_order(confusion: Tensor) -> Tensor:
    return (100 * confusion.diagonal() / confusion.sum(1)).sort().values


@wrong(ex.bar_heights)
def bars_of_the_largest(confusion: Tensor) -> Tensor:
    return 100 * confusion.max(dim=1).values / confusion.sum(1)


@wrong(ex.bar_heights)
def bars_of_the_errors(confusion: Tensor) -> Tensor:
    return 100 * (confusion.sum(1) - confusion.diagonal()) / confusion.sum(1)


@wrong(ex.bar_heights)
def bars_of_ten(confusion: Tensor) -> Tensor:
    digits = confusion[:10, :10]
    return 100 * digits.diagonal() / digits.sum(1)


@wrong(ex.bar_heights)
def bars_in_half(confusion: Tensor) -> Tensor:
    return 100 * confusion.half().diagonal() / confusion.half().sum(1)


@wrong(ex.bar_heights)
def bars_of_equal_classes(confusion: Tensor) -> Tensor:
    return 100 * confusion.diagonal() * len(confusion) / confusion.sum()


@wrong(ex.bar_heights)
def bars_with_epsilon(confusion: Tensor) -> Tensor:
    return 100 * confusion.diagonal() / (confusion.sum(1) + 1)


@wrong(ex.bar_heights)
def bars_of_bytes(confusion: Tensor) -> Tensor:
    return 100.0 * confusion.byte().diagonal() / confusion.byte().sum(1)


@wrong(ex.bar_heights, "`confusion` was changed")
def bars_in_place(confusion: Tensor) -> Tensor:
    heights = 100 * confusion.diagonal() / confusion.sum(1)
    confusion.fill_diagonal_(0)
    return heights


# ---------------------------------------------------------------------------- checkpoint


class _States:
    """Right: what the answers below have in common."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def states(self) -> Any:
        return self.model.state_dict(), self.optimizer.state_dict()

    def put(self, states: Any) -> None:
        self.model.load_state_dict(states[0])
        self.optimizer.load_state_dict(states[1])

    def save(self, file: Any, epoch: int) -> None:
        torch.save((self.states(), epoch), file)

    def load(self, file: Any) -> Any:
        states, epoch = torch.load(file)
        self.put(states)
        return epoch


@right(CHECKPOINT)
class WithTheGenerator(_States):
    def save(self, file: io.BytesIO, epoch: int) -> None:
        torch.save((self.states(), torch.get_rng_state(), epoch), file)

    def load(self, file: io.BytesIO) -> Any:
        states, random, epoch = torch.load(file, weights_only=True)
        self.put(states)
        torch.set_rng_state(random)
        return epoch


@right(CHECKPOINT)
class PickledAnywhere(_States):
    def save(self, file: Any, epoch: int) -> None:
        data = pickle.dumps((*self.states(), epoch))
        if hasattr(file, "write"):
            file.write(data)
        else:
            Path(file).write_bytes(data)

    def load(self, file: Any) -> Any:
        data = file.read() if hasattr(file, "read") else Path(file).read_bytes()
        *states, epoch = pickle.loads(data)  # noqa: S301
        self.put(states)
        return epoch


@right(CHECKPOINT)
class WrittenAnew(_States):
    def save(self, file: Any, epoch: int) -> None:
        if isinstance(file, str | os.PathLike):
            new = Path(file).with_suffix(".new")
            super().save(new, epoch)
            new.replace(file)
        else:
            super().save(file, epoch)


@right(CHECKPOINT)
class WholeNetworkTrusted(_States):
    def save(self, file: Any, epoch: int) -> None:
        torch.save({"model": self.model, "rest": (self.optimizer.state_dict(), epoch)}, file)

    def load(self, file: Any) -> Any:
        saved = torch.load(file, weights_only=False)
        self.put((saved["model"].state_dict(), saved["rest"][0]))
        return saved["rest"][1]


@wrong(CHECKPOINT)
class PickledIntoTheFile(_States):
    def save(self, file: Any, epoch: int) -> None:
        pickle.dump((self.states(), epoch), file)

    def load(self, file: Any) -> Any:
        states, epoch = pickle.load(file)  # noqa: S301
        self.put(states)
        return epoch


@wrong(CHECKPOINT)
class Rewound(_States):
    def load(self, file: Any) -> Any:
        file.seek(0)
        return super().load(file)


@wrong(CHECKPOINT)
class OnlyOfPathlib(_States):
    def save(self, file: Any, epoch: int) -> None:
        if hasattr(file, "write"):
            super().save(file, epoch)
        else:
            with file.open("wb") as stream:
                super().save(stream, epoch)


@wrong(CHECKPOINT)
class OnlyOfStrings(_States):
    def save(self, file: Any, epoch: int) -> None:
        data = pickle.dumps((self.states(), epoch))
        if isinstance(file, str):
            Path(file).write_bytes(data)
        else:
            file.write(data)

    def load(self, file: Any) -> Any:
        data = Path(file).read_bytes() if isinstance(file, str) else file.read()
        states, epoch = pickle.loads(data)  # noqa: S301
        self.put(states)
        return epoch


class _Kept(_States):
    kept: Any = None

    def save(self, file: Any, epoch: int) -> None:
        type(self).kept = copy.deepcopy((*self.states(), epoch))
        torch.save({}, file)

    def load(self, file: Any) -> Any:
        torch.load(file)
        *states, epoch = self.kept
        self.put(states)
        return epoch


@wrong(CHECKPOINT, "From the first save")
class KeptInTheClass(_Kept):
    pass


KEPT: dict[Any, Any] = {}


@wrong(CHECKPOINT)
class KeptByName(_Kept):
    def save(self, file: Any, epoch: int) -> None:
        KEPT[str(file)] = copy.deepcopy((*self.states(), epoch))

    def load(self, file: Any) -> Any:
        *states, epoch = KEPT[str(file)]
        self.put(states)
        return epoch


@wrong(CHECKPOINT)
class EpochKeptInTheClass(_States):
    epoch = 0

    def save(self, file: Any, epoch: int) -> None:
        type(self).epoch = epoch
        super().save(file, epoch)

    def load(self, file: Any) -> int:
        super().load(file)
        return self.epoch


@wrong(CHECKPOINT)
class AveragesKeptInTheClass(_States):
    averages: Any = None

    def save(self, file: Any, epoch: int) -> None:
        type(self).averages = copy.deepcopy(self.optimizer.state_dict())
        torch.save((self.model.state_dict(), epoch), file)

    def load(self, file: Any) -> Any:
        weights, epoch = torch.load(file)
        self.put((weights, self.averages))
        return epoch


@wrong(CHECKPOINT)
class SavedForUse(_States):
    """Its `save` leaves the network in eval mode."""

    def save(self, file: Any, epoch: int) -> None:
        self.model.eval()
        super().save(file, epoch)


@wrong(CHECKPOINT)
class LoadedForUse(_States):
    def load(self, file: Any) -> Any:
        epoch = super().load(file)
        self.model.eval()
        return epoch


@wrong(CHECKPOINT)
class Assigned(_States):
    """The optimizer still has the old weights."""

    def put(self, states: Any) -> None:
        self.model.load_state_dict(states[0], assign=True)
        self.optimizer.load_state_dict(states[1])


@wrong(CHECKPOINT)
class RateForgotten(_States):
    def put(self, states: Any) -> None:
        self.model.load_state_dict(states[0])
        mine = self.optimizer.state_dict()
        self.optimizer.load_state_dict({**states[1], "param_groups": mine["param_groups"]})


@wrong(CHECKPOINT, "filled by place")
class ByPlace(_States):
    """Loads number by number, whatever the names are."""

    def put(self, states: Any) -> None:
        pairs = zip(self.model.state_dict().values(), states[0].values(), strict=True)
        for mine, saved in pairs:
            mine.copy_(saved)
        self.optimizer.load_state_dict(states[1])


@wrong(CHECKPOINT)
class SavedInHalf(_States):
    def states(self) -> Any:
        weights = {name: one.half() for name, one in self.model.state_dict().items()}
        return weights, self.optimizer.state_dict()


@wrong(CHECKPOINT)
class Halved(_States):
    """Its `save` changes the network that goes on training."""

    def states(self) -> Any:
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.copy_(parameter.bfloat16())
        return super().states()


@wrong(CHECKPOINT)
class NextEpoch(_States):
    def load(self, file: Any) -> Any:
        return super().load(file) + 1


class _Dated(_States):
    def save(self, file: Any, epoch: int) -> None:
        torch.save((self.states(), epoch, np.datetime64("2026-01-01")), file)

    def load(self, file: Any) -> Any:
        states, epoch, _ = torch.load(file)
        self.put(states)
        return epoch


@wrong(CHECKPOINT, "was not an allowed global")
class WithADate(_Dated):
    pass


# ---------------------------------------------------------------------------- transform


class _Wrapped:
    """Right, and no `Dataset`."""

    def __init__(self, part: Any, transform: Any) -> None:
        self.part, self.transform = part, transform

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> Any:
        x, y = self.part[i]
        return self.transform(x), y


@right(WITH_TRANSFORM)
class OfTwoParts(Dataset[Any]):
    def __init__(self, part: Any, transform: Any) -> None:
        self.both: Any = ConcatDataset([part])
        self.transform = transform

    def __len__(self) -> int:
        return len(self.both)

    def __getitem__(self, i: int) -> Any:
        picture, *rest = self.both[i]
        return (self.transform(picture), *rest)


@right(WITH_TRANSFORM)
class OfALoader(_Wrapped):
    def __getitem__(self, i: int) -> Any:
        [(x, y)] = DataLoader(Subset(self.part, [i]), batch_size=None)
        return self.transform(x), y


@right(WITH_TRANSFORM)
class ReachesWherePossible(_Wrapped):
    def __getitem__(self, i: int) -> Any:
        data = getattr(self.part, "dataset", self.part)
        x, y = data[getattr(self.part, "indices", range(len(self.part)))[i]]
        return self.transform(x), y


@wrong(WITH_TRANSFORM, "only a `Subset`")
class OfASubset(_Wrapped):
    def __getitem__(self, i: int) -> Any:
        x, y = self.part.dataset[self.part.indices[i]]
        return self.transform(x), y


@wrong(WITH_TRANSFORM)
class CopyWithTransform(_Wrapped):
    def __init__(self, part: Any, transform: Any) -> None:
        self.part = copy.deepcopy(part)
        self.part.dataset.transform = transform

    def __getitem__(self, i: int) -> Any:
        return self.part[i]


@wrong(WITH_TRANSFORM)
class SetAndReset(_Wrapped):
    def __getitem__(self, i: int) -> Any:
        self.part.dataset.transform = self.transform
        sample = self.part[i]
        self.part.dataset.transform = None
        return sample


@wrong(WITH_TRANSFORM, "what you once read")
class ReadAtTheStart(_Wrapped):
    """Whatever is random in the part stays what it was."""

    def __init__(self, part: Any, transform: Any) -> None:
        super().__init__([part[i] for i in range(len(part))], transform)


@wrong(WITH_TRANSFORM)
class ReadOnce(_Wrapped):
    def __init__(self, part: Any, transform: Any) -> None:
        super().__init__(part, transform)
        self.read: dict[int, Any] = {}

    def __getitem__(self, i: int) -> Any:
        if i not in self.read:
            self.read[i] = self.part[i]
        x, y = self.read[i]
        return self.transform(x), y


@wrong(WITH_TRANSFORM)
class TransformedTwice(_Wrapped):
    def __getitem__(self, i: int) -> Any:
        x, y = super().__getitem__(i)
        return self.transform(x), y


@wrong(WITH_TRANSFORM)
class Composed(_Wrapped):
    """Puts its transform after that of the data, which all parts share."""

    def __init__(self, part: Any, transform: Any) -> None:
        self.part = part
        data = getattr(part, "dataset", part)
        old = getattr(data, "transform", None) or (lambda x: x)
        data.transform = lambda x: transform(old(x))

    def __getitem__(self, i: int) -> Any:
        return self.part[i]


@wrong(WITH_TRANSFORM)
class OnlyPictures(_Wrapped):
    def __getitem__(self, i: int) -> Any:
        return self.transform(self.part[i][0])


@wrong(WITH_TRANSFORM)
class InPlaceOfThePicture(_Wrapped):
    def __getitem__(self, i: int) -> Any:
        x, y = self.part[i]
        new = self.transform(x)
        return (x.copy_(new) if new.shape == x.shape else new), y


# ---------------------------------------------------------------------------- training


@right(ex.train_epochs)
def trained_by_indices(*run: Any) -> Any:
    model, X, y, n_epochs, batch_size, validate = run
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = [], []
    for _ in range(n_epochs):
        order = np.random.permutation(len(X))  # noqa: NPY002
        model.train()
        total, n = 0.0, 0
        for rows in np.array_split(order, range(batch_size, len(X), batch_size)):
            loss = nn.CrossEntropyLoss()(model(X[rows]), y[rows])
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            optimizer.step()
            total, n = total + float(loss.detach()) * len(rows), n + len(rows)
        losses += [total / n]
        scores += [validate(model)]
    return losses, scores


@right(ex.train_epochs)
def trained_from_a_shuffled_copy(*run: Any) -> Any:
    model, X, y, n_epochs, batch_size, validate = run
    losses, scores = [], []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.0)
    for epoch in range(n_epochs):
        model.train(mode=True)
        order = torch.rand(len(X), generator=torch.Generator().manual_seed(epoch)).argsort()
        sums = torch.zeros(())
        for X_b, y_b in zip(X[order].split(batch_size), y[order].split(batch_size), strict=True):
            each = nn.functional.cross_entropy(model(X_b), y_b, reduction="none")
            optimizer.zero_grad()
            each.mean().backward()
            optimizer.step()
            sums += each.detach().sum()
        losses.append((sums / len(y)).item())
        scores.append(validate(model))
    return losses, scores


@right(ex.train_epochs)
def trained_with_a_sampler(*run: Any) -> Any:
    model, X, y, n_epochs, batch_size, validate = run
    sampler = torch.utils.data.RandomSampler(range(len(X)))
    batches = torch.utils.data.BatchSampler(sampler, batch_size, drop_last=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = [], []
    for _ in range(n_epochs):
        model.train()
        weighted = []
        for rows in batches:
            model.zero_grad()
            loss = nn.functional.cross_entropy(model(X[rows]), y[rows])
            loss.backward()
            optimizer.step()
            weighted.append(loss.item() * len(rows) / len(X))
        losses.append(sum(weighted))
        scores.append(validate(model))
    return losses, scores


def _trained(run: Any, orders: Any, **options: Any) -> Any:
    """Train on the batches that `orders(X, batch_size, epoch)` gives."""
    model, X, y, n_epochs, batch_size, validate = run
    rate, momentum = options.get("rate", 0.1), options.get("momentum", 0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=momentum)
    losses, scores = [], []
    for epoch in range(n_epochs):
        model.train()
        total = 0.0
        for batch in orders(X, batch_size, epoch):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            if "norm" in options:
                nn.utils.clip_grad_norm_(model.parameters(), options["norm"])
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
        scores.append(validate(model))
    return losses, scores


def _shuffled(X: Tensor, batch_size: int, _: int) -> Any:
    return torch.randperm(len(X)).split(batch_size)


@wrong(ex.train_epochs, "another rate")
def ten_times_slower(*run: Any) -> Any:
    return _trained(run, _shuffled, rate=0.01)


@wrong(ex.train_epochs)
def with_momentum(*run: Any) -> Any:
    return _trained(run, _shuffled, momentum=0.9)


@wrong(ex.train_epochs)
def with_clipped_gradients(*run: Any) -> Any:
    return _trained(run, _shuffled, norm=1.0)


@wrong(ex.train_epochs, "Calls of validate")
def validated_twice(*run: Any) -> Any:
    answer = ex.train_epochs.answer(*run)
    run[-1](run[0])
    return answer


@wrong(ex.train_epochs, "Calls of validate")
def never_validated(*run: Any) -> Any:
    answer: Any = ex.train_epochs.answer(*run[:5], lambda model: model.eval() and 0.5)
    return answer


@wrong(ex.train_epochs, "not each once")
def no_batches(*run: Any) -> Any:
    model, _, _, n_epochs, _, validate = run
    return [0.0] * n_epochs, [validate(model) for _ in range(n_epochs)]


@wrong(ex.train_epochs)
def batches_shuffled(*run: Any) -> Any:
    """The order of the batches is new, not what is in them."""

    def orders(X: Tensor, batch_size: int, _: int) -> Any:
        batches = torch.arange(len(X)).split(batch_size)
        return [batches[i] for i in torch.randperm(len(batches))]

    return _trained(run, orders)


@wrong(ex.train_epochs)
def shuffled_within(*run: Any) -> Any:
    def orders(X: Tensor, batch_size: int, _: int) -> Any:
        batches = torch.arange(len(X)).split(batch_size)
        return [batch[torch.randperm(len(batch))] for batch in batches]

    return _trained(run, orders)


@wrong(ex.train_epochs)
def shuffled_from_the_second_on(*run: Any) -> Any:
    def orders(X: Tensor, batch_size: int, epoch: int) -> Any:
        order = torch.randperm(len(X)) if epoch else torch.arange(len(X))
        return order.split(batch_size)

    return _trained(run, orders)


@wrong(ex.train_epochs)
def turned_around(*run: Any) -> Any:
    def orders(X: Tensor, batch_size: int, epoch: int) -> Any:
        return torch.arange(len(X)).roll(epoch + 1).split(batch_size)

    return _trained(run, orders)


@wrong(ex.train_epochs, "two lists")
def three_things(*run: Any) -> Any:
    return (*_trained(run, _shuffled), run[0])


@wrong(ex.train_epochs, "not each once")
def with_replacement(*run: Any) -> Any:
    return _trained(run, lambda X, size, _: torch.randint(len(X), (len(X),)).split(size))


@wrong(ex.train_epochs, "not each once")
def last_batch_dropped(*run: Any) -> Any:
    return _trained(
        run, lambda X, size, _: [b for b in torch.randperm(len(X)).split(size) if len(b) == size]
    )


@wrong(ex.train_epochs)
def losses_of_the_last_batch(*run: Any) -> Any:
    model, X, y, n_epochs, batch_size, validate = run
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = [], []
    for _ in range(n_epochs):
        model.train()
        for batch in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
        scores.append(validate(model))
    return losses, scores


# ---------------------------------------------------------------------------- stopping


@right(ex.stop_early)
def stopped_by_counting(*run: Any) -> Any:
    model, train_once, measure, n_epochs, patience = run
    best, waited = math.inf, 0
    while n_epochs and waited < patience:
        n_epochs -= 1
        train_once(model)
        loss = measure(model)
        waited += 1
        if loss < best:
            best, waited = loss, 0
            kept = pickle.dumps(model.state_dict())
    model.load_state_dict(pickle.loads(kept))  # noqa: S301
    return best


@right(ex.stop_early)
def measured_once_more(*run: Any) -> Any:
    """What it returns is what the network that it leaves really has."""
    model, train_once, measure, n_epochs, patience = run
    best, epoch_of_best = math.inf, 0
    for epoch in range(1, n_epochs + 1):
        train_once(model)
        loss = measure(model)
        if loss < best:
            best, epoch_of_best = loss, epoch
            kept = copy.deepcopy(model)
        elif epoch - epoch_of_best >= patience:
            break
    model.load_state_dict(kept.state_dict())
    return measure(model)


@right(ex.stop_early)
def measured_twice_an_epoch(*run: Any) -> Any:
    model, train_once, measure, n_epochs, patience = run
    best, waited, kept = float("inf"), 0, {}
    for _ in range(n_epochs):
        train_once(model)
        if measure(model) < best:
            best, waited = float(measure(model)), 0
            kept = {k: v.detach().clone() for k, v in model.state_dict().items()}
        elif (waited := waited + 1) == patience:
            break
    print(model.load_state_dict(kept))  # noqa: T201
    return best


@right(ex.stop_early)
def stopped_with_a_copy_of_each(*run: Any) -> Any:
    model, train_once, measure, n_epochs, patience = run
    history: list[Any] = []
    for _ in range(n_epochs):
        train_once(model)
        history.append((measure(model), len(history), copy.deepcopy(model.state_dict())))
        best = min(history, key=lambda one: one[:2])
        if len(history) - 1 - best[1] == patience:
            break
    model.load_state_dict(best[2])
    return best[0]


def _stopped(run: Any, is_better: Any, *, first: float = math.inf, restore: Any = None) -> Any:
    model, train_once, measure, n_epochs, patience = run
    best, waited, kept = first, 0, copy.deepcopy(model.state_dict())
    for _ in range(n_epochs):
        train_once(model)
        loss = measure(model)
        if is_better(loss, best):
            best, waited, kept = loss, 0, copy.deepcopy(model.state_dict())
        else:
            waited += 1
            if waited == patience:
                break
    if restore is None:
        model.load_state_dict(kept)
    else:
        restore(model, kept)
    return best


@wrong(ex.stop_early, "only a little lower")
def better_by_a_margin(*run: Any) -> Any:
    return _stopped(run, lambda loss, best: loss < best - 1e-4)


@wrong(ex.stop_early, "only a little lower")
def better_by_a_share(*run: Any) -> Any:
    return _stopped(run, lambda loss, best: loss < 0.999 * best)


@wrong(ex.stop_early, "only a little lower")
def better_when_rounded(*run: Any) -> Any:
    return _stopped(run, lambda loss, best: best == math.inf or round(loss, 3) < round(best, 3))


@wrong(ex.stop_early)
def starts_from_a_thousand(*run: Any) -> Any:
    return _stopped(run, lambda loss, best: loss < best, first=1000.0)


@wrong(ex.stop_early)
def starts_from_the_untrained(*run: Any) -> Any:
    model, _, measure, *_ = run
    return _stopped(run, lambda loss, best: loss < best, first=measure(model))


@wrong(ex.stop_early)
def averages_alone(*run: Any) -> Any:
    def restore(model: Any, kept: Any) -> None:
        names = ["running_mean", "weight"]
        model.load_state_dict({k: kept[k] for k in names}, strict=False)

    return _stopped(run, lambda loss, best: loss < best, restore=restore)


@wrong(ex.stop_early)
def given_back_as_copy(*run: Any) -> Any:
    model, *rest = run
    return _stopped((copy.deepcopy(model), *rest), lambda loss, best: loss < best)


@wrong(ex.stop_early)
def restored_only_when_stopped(*run: Any) -> Any:
    model, train_once, measure, n_epochs, patience = run
    best, waited = math.inf, 0
    for _ in range(n_epochs):
        train_once(model)
        loss = measure(model)
        if loss < best:
            best, waited, kept = loss, 0, copy.deepcopy(model.state_dict())
        else:
            waited += 1
        if waited == patience:
            model.load_state_dict(kept)
            break
    return best


@wrong(ex.stop_early)
def shallow_copies(*run: Any) -> Any:
    model, train_once, measure, n_epochs, patience = run
    best, waited = math.inf, 0
    for _ in range(n_epochs):
        train_once(model)
        loss = measure(model)
        if loss < best:
            best, waited, kept = loss, 0, copy.copy(model.state_dict())
        else:
            waited += 1
        if waited == patience:
            break
    model.load_state_dict(kept)
    return best


@wrong(ex.stop_early)
def trained_again_to_the_best(*run: Any) -> Any:
    """Looks for the best epoch, and then trains that often from the start."""
    model, train_once, measure, n_epochs, patience = run
    start = copy.deepcopy(model.state_dict())
    losses: list[float] = []
    for _ in range(n_epochs):
        train_once(model)
        losses.append(measure(model))
        if len(losses) - 1 - losses.index(min(losses)) >= patience:
            break
    model.load_state_dict(start)
    for _ in range(losses.index(min(losses)) + 1):
        train_once(model)
    return min(losses)
