"""The training loop that lesson 05 builds, ready for the lessons after it.

Covers: classifiers that return logits, trained with cross-entropy on batches `(X, y)`.
Does not cover: other losses, several GPUs, mixed precision, checkpoints.
The definitions are those of lesson 05; `tests/test_training.py` holds the two together.
"""

import math
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from tqdm import tqdm

Batches: TypeAlias = Iterable[tuple[Tensor, ...]]


class Evaluation(NamedTuple):
    """How a model does on a data set: the mean loss, and the share of right answers in [0, 1]."""

    loss: float
    accuracy: float


class History:
    """What `fit` saw, one entry per epoch; the validation lists stay empty without such data."""

    def __init__(self) -> None:
        """Start with three empty lists."""
        self.train_loss: list[float] = []
        self.val_loss: list[float] = []
        self.val_accuracy: list[float] = []


class TensorLoader:
    """Cuts whole batches out of tensors, instead of stacking single samples.

    Loop over it once an epoch; `len` tells the number of batches.
    """

    def __init__(
        self, X: Tensor, y: Tensor, batch_size: int, *, shuffle: bool = True, seed: int = 0
    ) -> None:
        """Keep the tensors and how to cut them.

        Args:
            X: inputs, shape (N, ...), on any device; the batches stay on it.
            y: targets, shape (N,), on the same device.
            batch_size: samples per batch; the last batch may be shorter.
            shuffle: draw a new order for every epoch.
            seed: of the loader's own generator, so that the orders depend on nothing else.
        """
        self.X, self.y = X, y
        self.batch_size, self.shuffle = batch_size, shuffle
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return math.ceil(len(self.y) / self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the batches of one epoch, inputs (B, ...) and targets (B,)."""
        n = len(self.y)
        order = torch.randperm(n, generator=self.generator) if self.shuffle else torch.arange(n)
        for batch in order.to(self.X.device).split(self.batch_size):  # rows of X
            yield self.X.index_select(0, batch), self.y.index_select(0, batch)


def train_epoch(
    model: nn.Module, loader: Batches, optimizer: Optimizer, scheduler: LRScheduler | None = None
) -> float:
    """Train `model` on every batch once; return the loss averaged over the samples.

    A `scheduler` is stepped after every batch.
    """
    model.train()
    device = next(model.parameters()).device
    total, n_samples = torch.zeros((), device=device), 0
    for X, y in loader:
        X, y = X.to(device), y.to(device)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += loss.detach() * len(y)  # a sum on the device: `.item()` here would wait for it
        n_samples += len(y)
    return total.item() / n_samples


@torch.no_grad()
def evaluate(model: nn.Module, loader: Batches) -> Evaluation:
    """Return the model's mean loss and accuracy over all samples; its mode is left as it was."""
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    total, n_correct, n_samples = 0.0, 0, 0
    for X, y in loader:
        X, y = X.to(device), y.to(device)
        logits = model(X)
        total += nn.functional.cross_entropy(logits, y, reduction="sum").item()
        n_correct += (logits.argmax(dim=1) == y).sum().item()
        n_samples += len(y)
    model.train(was_training)
    return Evaluation(total / n_samples, n_correct / n_samples)


def fit(
    model: nn.Module,
    train_loader: Batches,
    optimizer: Optimizer,
    n_epochs: int,
    *,
    val_loader: Batches | None = None,
    scheduler: LRScheduler | None = None,
) -> History:
    """Train for `n_epochs` with a progress bar; look at the validation data after each epoch."""
    history = History()
    layout = "{n_fmt}/{total_fmt} epochs |{bar:20}| {desc}"  # no timings: they never print alike
    bar = tqdm(range(n_epochs), file=sys.stdout, bar_format=layout)
    for _ in bar:
        history.train_loss.append(train_epoch(model, train_loader, optimizer, scheduler))
        text = f"training loss {history.train_loss[-1]:.3f}"
        if val_loader is not None:
            result = evaluate(model, val_loader)
            history.val_loss.append(result.loss)
            history.val_accuracy.append(result.accuracy)
            text += f", validation accuracy {result.accuracy:.1%}"
        bar.set_description_str(text, refresh=False)  # shown as {desc}
    return history
