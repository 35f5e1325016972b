"""Answers to the exercises of lesson 05."""

# ruff: noqa: ANN401, D101, D102, D105 - an attacker's code

import copy
import io
import pickle
from typing import Any

import torch
from torch import Tensor, nn

from corpus import right, wrong
from dlcourse.exercises import mnist_mlp as ex

CHECKPOINT: Any = ex.Checkpoint  # a class to mypy
DROPOUT: Any = ex.DropoutByHand
WITH_TRANSFORM: Any = ex.WithTransform


@wrong(ex.cross_entropy_by_hand, "745")
def loss_in_float64(logits: Tensor, y: Tensor) -> Tensor:
    return -logits.double().softmax(1)[torch.arange(len(y)), y].log().mean()


@wrong(ex.cross_entropy_by_hand, "`[:, y]`")
def loss_of_columns(logits: Tensor, y: Tensor) -> Tensor:
    return -logits.log_softmax(dim=1)[:, y].mean()


@wrong(ex.count_answers)
def ten_classes(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    counts = (10 * y + y_hat).bincount(minlength=100).reshape(10, 10)
    return counts[:n_classes, :n_classes]


@wrong(ex.count_answers)
def bytes_for_counts(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    pairs = y * n_classes + y_hat
    return pairs.bincount(minlength=n_classes**2).reshape(n_classes, n_classes).byte()


@wrong(WITH_TRANSFORM, "only a `Subset`")
class OfASubset:
    def __init__(self, part: Any, transform: Any) -> None:
        self.part, self.transform = part, transform

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> Any:
        x, y = self.part.dataset[self.part.indices[i]]
        return self.transform(x), y


@wrong(WITH_TRANSFORM)
class CopyWithTransform:
    def __init__(self, part: Any, transform: Any) -> None:
        self.part = copy.deepcopy(part)
        self.part.dataset.transform = transform

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> Any:
        return self.part[i]


@wrong(WITH_TRANSFORM)
class SetAndReset:
    def __init__(self, part: Any, transform: Any) -> None:
        self.part, self.transform = part, transform

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> Any:
        self.part.dataset.transform = self.transform
        sample = self.part[i]
        self.part.dataset.transform = None
        return sample


@wrong(CHECKPOINT)
class PickledIntoTheFile:
    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.parts: Any = (model, optimizer)

    def save(self, file: Any, epoch: int) -> None:
        pickle.dump(([part.state_dict() for part in self.parts], epoch), file)

    def load(self, file: Any) -> int:
        states, epoch = pickle.load(file)  # noqa: S301
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)
        return int(epoch)


@wrong(CHECKPOINT)
class Rewound(PickledIntoTheFile):
    def save(self, file: Any, epoch: int) -> None:
        torch.save(([part.state_dict() for part in self.parts], epoch), file)

    def load(self, file: Any) -> int:
        file.seek(0)
        states, epoch = torch.load(file)
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)
        return int(epoch)


@right(CHECKPOINT)
class WithTheGenerator:
    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: io.BytesIO, epoch: int) -> None:
        states = self.model.state_dict(), self.optimizer.state_dict(), torch.get_rng_state()
        torch.save((states, epoch), file)

    def load(self, file: io.BytesIO) -> int:
        (weights, state, random), epoch = torch.load(file, weights_only=True)
        self.model.load_state_dict(weights)
        self.optimizer.load_state_dict(state)
        torch.set_rng_state(random)
        return int(epoch)


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


@wrong(ex.train_epochs, "another rate")
def ten_times_slower(*run: Any) -> Any:
    model, X, y, n_epochs, batch_size, validate = run
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    losses, scores = [], []
    for _ in range(n_epochs):
        model.train()
        total = 0.0
        for batch in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
        scores.append(validate(model))
    return losses, scores


@wrong(ex.train_epochs, "Calls of validate")
def validated_twice(*run: Any) -> Any:
    answer = ex.train_epochs.answer(*run)
    run[-1](run[0])
    return answer


@wrong(ex.train_epochs, "not each once")
def no_batches(*run: Any) -> Any:
    model, _, _, n_epochs, _, validate = run
    return [0.0] * n_epochs, [validate(model) for _ in range(n_epochs)]
