"""The exercises of lesson 05: right answers written differently pass; solutions meet an oracle."""

# mypy: allow-any-generics
# ruff: noqa: D101, D102, D105 - the name of a right answer says how it is made

import copy
import datetime as dt
import io
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judgment import Outcome
from dlcourse.exercises import mnist_mlp as ex
from parts import part_of

Batches: TypeAlias = Sequence[tuple[Tensor, Tensor]]
watch_stopping = part_of(ex.stop_early, "use")
Transform: TypeAlias = Callable[[Tensor], Tensor]

BY_NAME = {one.answer.__name__: one for one in ex.EXERCISES}
DROPOUT, CHECKPOINT = BY_NAME["DropoutByHand"], BY_NAME["Checkpoint"]  # mypy takes a decorated
WITH_TRANSFORM = BY_NAME["WithTransform"]  # class for what it was before

Losses = list[float]
Measure = Callable[[nn.Module], float]

# ---------------------------------------------------------------------------- right answers


def rescale_in_two_steps(pictures: Tensor) -> Tensor:
    unit = pictures.float().div(255)
    return unit.sub(0.1307).div(0.3081)


def rescale_with_numpy(pictures: Tensor) -> Any:  # noqa: ANN401
    return (pictures.numpy().astype(np.float64) / 255 - 0.1307) / 0.3081


def rescale_one_by_one(pictures: Tensor) -> Tensor:
    shift, scale = 255 * 0.1307, 255 * 0.3081
    return torch.stack([(picture.double() - shift) / scale for picture in pictures])


class Rescale:
    def __call__(self, pictures: Tensor) -> Tensor:
        return torch.true_divide(pictures, 255).add(-0.1307).mul(1 / 0.3081)


def cross_entropy_of_torch(logits: Tensor, y: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits, y)


def cross_entropy_in_a_loop(logits: Tensor, y: Tensor) -> float:
    total = 0.0
    for row, label in zip(logits.tolist(), y.tolist(), strict=True):
        top = max(row)
        total += math.log(sum(math.exp(score - top) for score in row)) + top - row[label]
    return total / len(y)


def cross_entropy_by_gather(logits: Tensor, y: Tensor) -> Tensor:
    return -logits.log_softmax(dim=1).gather(1, y[:, None]).mean()


def cross_entropy_by_one_hot(logits: Tensor, y: Tensor) -> Tensor:
    truth = nn.functional.one_hot(y, logits.shape[1]).double()
    return logits.double().logsumexp(1).mean() - (logits * truth).sum() / len(y)


def share_in_a_loop(batches: Batches) -> float:
    n_right, n_samples = 0, 0
    for logits, y in batches:
        n_right += int((logits.argmax(dim=1) == y).sum())
        n_samples += len(y)
    return n_right / n_samples


def share_of_all_at_once(batches: Batches) -> Tensor:
    answers = torch.cat([logits.argmax(1) for logits, _ in batches])
    return (answers == torch.cat([y for _, y in batches])).float().mean()


def share_with_numpy(batches: Batches) -> Any:  # noqa: ANN401
    right = [np.argmax(logits.numpy(), axis=1) == y.numpy() for logits, y in batches]
    return np.concatenate(right).mean()


def share_by_weighted_means(batches: Batches) -> float:
    sizes = [len(y) for _, y in batches]
    means = [(logits.max(1).indices == y).double().mean().item() for logits, y in batches]
    return sum(size * mean for size, mean in zip(sizes, means, strict=True)) / sum(sizes)


def confusion_by_index_put(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    counts = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    return counts.index_put_((y, y_hat), torch.tensor(1), accumulate=True)


def confusion_in_a_loop(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    counts = torch.zeros(n_classes, n_classes)
    for truth, answer in zip(y, y_hat, strict=True):
        counts[truth, answer] += 1
    return counts


def confusion_by_one_hot(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    eye = torch.eye(n_classes, dtype=torch.float64)
    return eye[y].T @ eye[y_hat]


def confusion_with_numpy(y: Tensor, y_hat: Tensor, n_classes: int) -> Any:  # noqa: ANN401
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (y.numpy(), y_hat.numpy()), 1)
    return counts


def bars_in_a_loop(confusion: Tensor) -> Tensor:
    return torch.tensor([100 * row[k].item() / row.sum().item() for k, row in enumerate(confusion)])


def bars_with_numpy(confusion: Tensor) -> Any:  # noqa: ANN401
    counts = confusion.numpy()
    return counts.diagonal() / counts.sum(axis=1) * 100


def bars_by_einsum(confusion: Tensor) -> Tensor:
    return torch.einsum("kk->k", confusion).double() / confusion.sum(-1).double() * 100


class DropoutOfTorch(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.layer = nn.Dropout(p)

    def forward(self, X: Tensor) -> Tensor:
        return self.layer(X)  # type: ignore[no-any-return]


class DropoutOfTheFunction(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.dropout(X, self.p, training=self.training)


class DropoutByComparison(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.probability = p

    def forward(self, X: Tensor) -> Tensor:
        if self.training:
            dropped = torch.rand(X.shape) < self.probability
            return X.masked_fill(dropped, 0) / (1 - self.probability)
        return X.clone()


class CheckpointOfTuple:
    def __init__(self, network: nn.Module, adam: torch.optim.Optimizer) -> None:
        self.parts: tuple[Any, ...] = (network, adam)

    def save(self, file: io.BytesIO, epoch: int) -> None:
        torch.save(([part.state_dict() for part in self.parts], epoch), file)

    def load(self, file: io.BytesIO) -> int:
        states, epoch = torch.load(file, weights_only=True, map_location="cpu")
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)
        return int(epoch)


class CheckpointWithCopies:
    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model = model
        self.optimizer = optimizer

    def save(self, file: io.BytesIO, epoch: int) -> None:
        state = copy.deepcopy({"weights": self.model.state_dict(), "epoch": torch.tensor(epoch)})
        state["optimizer"] = self.optimizer.state_dict()
        torch.save(state, file)

    def load(self, file: io.BytesIO) -> Tensor:
        state = torch.load(file)
        self.model.load_state_dict(state["weights"], strict=True)
        self.optimizer.load_state_dict(state["optimizer"])
        epoch: Tensor = state["epoch"]
        return epoch


class CheckpointOfBytes:
    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: io.BytesIO, epoch: int) -> None:
        stream = io.BytesIO()
        torch.save((self.model.state_dict(), self.optimizer.state_dict(), epoch), stream)
        torch.save(list(stream.getvalue()), file)

    def load(self, file: io.BytesIO) -> int:
        weights, state, epoch = torch.load(io.BytesIO(bytes(torch.load(file))))
        mine = self.model.state_dict()
        if mine.keys() != weights.keys():
            raise KeyError
        for name, numbers in weights.items():
            mine[name].copy_(numbers)
        self.optimizer.load_state_dict(state)
        return int(epoch)


class PlainWithTransform:
    def __init__(self, part: Subset, transform: Transform) -> None:
        self.pair = part, transform

    def __len__(self) -> int:
        return len(self.pair[0])

    def __getitem__(self, i: int) -> list[Tensor]:
        part, transform = self.pair
        sample = list(part[i])
        sample[0] = transform(sample[0])
        return sample


class LambdaWithTransform(Dataset):
    def __init__(self, part: Subset, transform: Transform) -> None:
        self.get = lambda i: (transform(part[i][0]), part[i][1])
        self.n = len(part)

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.get(i)  # type: ignore[no-untyped-call]


class IndexWithTransform(Dataset):
    def __init__(self, part: Subset, transform: Transform) -> None:
        self.part, self.indices, self.transform = part, list(range(len(part))), transform

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        picture, label = self.part[self.indices[i]]
        return self.transform(picture), int(label)


Trained = tuple[Losses, Losses]


def train_with_a_loader(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()
    losses: Losses = []
    scores: Losses = []
    for _ in range(n_epochs):
        model.train()
        of_epoch = []
        for X_batch, y_batch in loader:
            loss = criterion(model(X_batch), y_batch)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            of_epoch += [loss.item()] * len(y_batch)
        losses.append(statistics.fmean(of_epoch))
        scores.append(validate(model))
    return losses, scores


def train_by_hand(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Any:  # noqa: ANN401
    rng = torch.Generator().manual_seed(5)
    losses: list[Tensor] = []
    scores = []
    for _ in range(n_epochs):
        model.train()
        order = torch.randperm(len(X), generator=rng)
        total = torch.zeros((), dtype=torch.float64)
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            log_probabilities = model(X[rows]).log_softmax(dim=1)
            loss = nn.functional.nll_loss(log_probabilities, y[rows], reduction="sum")
            slopes = torch.autograd.grad(loss / len(rows), list(model.parameters()))
            with torch.no_grad():
                for weight, slope in zip(model.parameters(), slopes, strict=True):
                    weight.sub_(0.1 * slope)
            total += loss.detach()
        losses.append(total / len(X))
        scores.append(validate(model))
    return [losses, scores]


def train_seeded_once(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    torch.manual_seed(0)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    history = []
    for _ in range(n_epochs):
        batches = torch.randperm(len(X)).split(batch_size)
        total = 0.0
        model.train()
        for batch in batches:
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            model.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch) / len(X)
        history.append((total, validate(model)))
    return [loss for loss, _ in history], [score for _, score in history]


Train = Callable[[nn.Module], None]


def stop_with_deepcopy(
    model: nn.Module, train_once: Train, measure: Measure, n_epochs: int, patience: int
) -> float:
    best, waited = math.inf, 0
    for _ in range(n_epochs):
        train_once(model)
        loss = measure(model)
        if loss < best:
            best, waited, kept = loss, 0, copy.deepcopy(model.state_dict())
        else:
            waited += 1
        if waited >= patience:
            break
    model.load_state_dict(kept)
    return best


def stop_with_a_file(
    model: nn.Module, train_once: Train, measure: Measure, n_epochs: int, patience: int
) -> float:
    best, best_epoch, epoch = float("inf"), 0, 0
    while epoch < n_epochs and epoch - best_epoch < patience:
        epoch += 1
        train_once(model)
        loss = measure(model)
        if loss < best:
            best, best_epoch, file = loss, epoch, io.BytesIO()
            torch.save(model.state_dict(), file)
    file.seek(0)
    model.load_state_dict(torch.load(file))
    return best


def stop_with_a_second_model(
    model: nn.Module, train_once: Train, measure: Measure, n_epochs: int, patience: int
) -> Tensor:
    losses: Losses = []
    for _ in range(n_epochs):
        train_once(model)
        losses += [measure(model)]
        if losses[-1] < min(losses[:-1], default=math.inf):
            best = copy.deepcopy(model)
        if len(losses) > patience and not min(losses[-patience:]) < min(losses[:-patience]):
            break
    model.load_state_dict(best.state_dict())
    return torch.tensor(min(losses), dtype=torch.float64)


RIGHT: list[tuple[Exercise, tuple[Any, ...]]] = [
    (ex.rescale, (rescale_in_two_steps, rescale_with_numpy, rescale_one_by_one, Rescale())),
    (
        ex.cross_entropy_by_hand,
        (
            cross_entropy_of_torch,
            cross_entropy_in_a_loop,
            cross_entropy_by_gather,
            cross_entropy_by_one_hot,
        ),
    ),
    (DROPOUT, (DropoutOfTorch, DropoutOfTheFunction, DropoutByComparison)),
    (
        ex.share_right,
        (share_in_a_loop, share_of_all_at_once, share_with_numpy, share_by_weighted_means),
    ),
    (
        ex.count_answers,
        (confusion_by_index_put, confusion_in_a_loop, confusion_by_one_hot, confusion_with_numpy),
    ),
    (ex.bar_heights, (bars_in_a_loop, bars_with_numpy, bars_by_einsum)),
    (CHECKPOINT, (CheckpointOfTuple, CheckpointWithCopies, CheckpointOfBytes)),
    (WITH_TRANSFORM, (PlainWithTransform, LambdaWithTransform, IndexWithTransform)),
    (ex.train_epochs, (train_with_a_loader, train_by_hand, train_seeded_once)),
    (ex.stop_early, (stop_with_deepcopy, stop_with_a_file, stop_with_a_second_model)),
]


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [(exercise, answer) for exercise, answers in RIGHT for answer in answers],
    ids=[getattr(answer, "__name__", "a callable") for _, some in RIGHT for answer in some],
)
def test_right_answers_of_another_kind_pass(exercise: Exercise, answer: object) -> None:
    verdict = exercise.judge(answer)
    assert verdict.outcome is Outcome.PASSED, verdict.message


def test_every_exercise_with_a_function_has_three_right_answers() -> None:
    taking_code = {one.id for one in BY_NAME.values() if not one.is_question}
    assert {one.id for one, answers in RIGHT if len(answers) >= 3} == taking_code


# ---------------------------------------------------------------------------- oracles


def inputs_of(exercise: Exercise) -> Iterable[tuple[Any, ...]]:
    return exercise.inputs(torch.Generator().manual_seed(3))


def test_rescaled_pictures_are_those_of_torchvision() -> None:
    transforms = pytest.importorskip("torchvision.transforms")

    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (28, 28), dtype=np.uint8)
    usual = transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.1307, 0.3081)])
    torch.testing.assert_close(ex.rescale.answer(torch.from_numpy(picture)[None]), usual(picture))


def test_to_tensor_leaves_floats_undivided_as_the_mistake_says() -> None:
    transforms = pytest.importorskip("torchvision.transforms")

    assert transforms.ToTensor()(np.full((1, 1), 255, np.float32)).item() == 255
    assert transforms.ToTensor()(np.full((1, 1), 255, np.uint8)).item() == 1


def test_cross_entropy_is_the_one_of_numpy_in_float64() -> None:
    for logits, y in inputs_of(ex.cross_entropy_by_hand):
        scores = logits.numpy().astype(np.float64)
        truth = scores[np.arange(len(y)), y.numpy()]
        wanted = np.mean(np.logaddexp.reduce(scores, axis=1) - truth)
        assert ex.cross_entropy_by_hand.answer(logits, y).item() == pytest.approx(wanted)


def test_cross_entropy_has_the_right_gradient() -> None:
    logits = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    y = torch.tensor([0, 3, 1])
    assert torch.autograd.gradcheck(lambda z: ex.cross_entropy_by_hand.answer(z, y), logits)


def test_share_is_that_of_scores_compared_one_by_one() -> None:
    for (batches,) in inputs_of(ex.share_right):
        right = [
            row.index(max(row)) == label
            for logits, y in batches
            for row, label in zip(logits.tolist(), y.tolist(), strict=True)
        ]
        assert float(ex.share_right.answer(batches)) == pytest.approx(statistics.fmean(right))


def test_confusion_matrix_counts_as_a_counter_does() -> None:
    for y, y_hat, n_classes in inputs_of(ex.count_answers):
        pairs = Counter(zip(y.tolist(), y_hat.tolist(), strict=True))
        counts = ex.count_answers.answer(y, y_hat, n_classes)
        wanted = [[pairs[t, a] for a in range(n_classes)] for t in range(n_classes)]
        assert counts.tolist() == wanted


def test_bars_are_the_recall_of_each_class() -> None:
    y, y_hat = torch.tensor([0, 0, 0, 1, 1]), torch.tensor([0, 1, 0, 1, 1])
    heights = ex.bar_heights.answer(ex.count_answers.answer(y, y_hat, 2))
    shares = [100 * np.mean(y_hat.numpy()[y.numpy() == k] == k) for k in range(2)]
    assert heights.tolist() == pytest.approx(shares)


def test_dropout_keeps_the_mean_and_has_the_spread_of_a_scaled_coin() -> None:
    torch.manual_seed(0)
    layer = DROPOUT.answer(0.2)
    out = layer(torch.ones(200, 200))
    assert out.mean().item() == pytest.approx(1, abs=0.02)
    assert out.var().item() == pytest.approx(0.2 / 0.8, abs=0.02)  # p / (1 − p)
    layer.eval()
    assert torch.equal(layer(out), out)


def test_checkpoint_goes_on_in_a_file_as_if_never_stopped(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = torch.from_numpy(rng.normal(size=(8, 3)).astype(np.float32))

    def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        (model(X) ** 4).mean().backward()
        optimizer.step()

    def make() -> tuple[nn.Module, torch.optim.Optimizer]:
        model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
        return model, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    model, optimizer = make()
    for _ in range(3):
        step(model, optimizer)
    CHECKPOINT.answer(model, optimizer).save(tmp_path / "run.pt", 3)
    again, its_optimizer = make()
    assert CHECKPOINT.answer(again, its_optimizer).load(tmp_path / "run.pt") == 3
    for _ in range(3):
        step(model, optimizer)
        step(again, its_optimizer)
    for name, numbers in model.state_dict().items():
        assert torch.equal(numbers, again.state_dict()[name]), name


def test_dataset_with_transform_fits_a_loader_and_leaves_the_other_part() -> None:
    X, y = torch.arange(10.0)[:, None], torch.arange(10)
    train, val = torch.utils.data.random_split(TensorDataset(X, y), [7, 3])
    part = WITH_TRANSFORM.answer(val, torch.neg)
    batch, labels = next(iter(DataLoader(part, batch_size=3)))
    assert torch.equal(batch[:, 0], -labels.float())
    assert all(picture.item() == label.item() for picture, label in (train[i] for i in range(7)))


def test_training_reaches_the_optimum_of_gradient_descent_in_numpy() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(12, 2)), rng.integers(3, size=12)
    model = nn.Linear(2, 3, bias=False).double()
    W = model.weight.detach().numpy().T.copy()
    losses, scores = ex.train_epochs.answer(
        model, torch.from_numpy(X), torch.from_numpy(y), 5, 12, lambda _: 0.5
    )
    assert scores == [0.5] * 5
    for loss in losses:
        powers = np.exp(X @ W)
        shares = powers / powers.sum(axis=1, keepdims=True)
        assert loss == pytest.approx(-np.log(shares[np.arange(12), y]).mean())
        W -= 0.1 * X.T @ (shares - np.eye(3)[y]) / 12


def test_a_loop_that_returns_only_the_losses_is_told_so() -> None:
    verdict = ex.train_epochs.judge(lambda *arguments: ex.train_epochs.answer(*arguments)[0])
    assert verdict.outcome is Outcome.NOT_YET
    assert "two lists" in verdict.message


def test_early_stopping_ends_where_a_look_at_all_losses_says() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        losses, patience = rng.integers(1, 9, 10).tolist(), int(rng.integers(1, 5))
        ends = [
            n
            for n in range(patience + 1, 11)
            if min(losses[n - patience : n]) >= min(losses[: n - patience])
        ]
        seen = losses[: min(ends, default=10)]
        model = nn.BatchNorm1d(1)
        found = watch_stopping(
            ex.stop_early.answer,
            model,
            lambda model: [numbers.add_(1) for numbers in model.state_dict().values()],
            lambda model: losses[int(model.bias.item()) - 1],  # noqa: B023 - called in this round
            10,
            patience,
        )
        assert found is not None
        best = seen.index(min(seen)) + 1
        assert list(found.values()) == [min(seen), len(seen), *[best] * len(model.state_dict())]


class Noise(Dataset):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, _: int) -> float:
        return np.random.rand()  # noqa: NPY002 - what the question is about


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:This DataLoader will create 2 worker")  # on a single core
def test_workers_differ_and_each_epoch_is_new() -> None:
    loader = DataLoader(Noise(), batch_size=1, num_workers=2)
    numbers = [x.item() for _ in range(2) for x in loader]
    assert len(set(numbers)) == len(numbers) == 8
    assert ex.workers.answer() == "b"


def test_batch_norm_looks_at_its_neighbors_only_in_training_mode() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    picture, threes, mixed = torch.randn(1, 3), torch.randn(5, 3) + 2, 3 * torch.randn(5, 3)
    seen = {}
    for training in (True, False):
        model.train(training)
        with torch.no_grad():
            outs = [model(torch.cat([picture, others]))[0] for others in (threes, mixed)]
        seen[training] = torch.allclose(*outs)
    assert seen == {True: False, False: True}
    assert ex.neighbors.answer() == "c"


# ---------------------------------------------------------------------------- wrong answers


class OnlyTheModelReplaced(CheckpointOfBytes):
    def load(self, file: io.BytesIO) -> int:
        weights, state, epoch = torch.load(io.BytesIO(bytes(torch.load(file))))
        self.model = weights
        self.optimizer.load_state_dict(state)
        return int(epoch)


class PMisnamed(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.rate = p

    def forward(self, X: Tensor) -> Tensor:
        p: Any = self.p  # another name
        return nn.functional.dropout(X, p, self.training)


def stop_with_a_new_name(
    model: nn.Module, train_once: Train, measure: Measure, n_epochs: int, patience: int
) -> float:
    best, waited, best_model = math.inf, 0, model
    for _ in range(n_epochs):
        train_once(model)
        loss = measure(model)
        waited += 1
        if loss < best:
            best, waited, best_model = loss, 0, copy.deepcopy(model)
        if waited == patience:
            break
    model = best_model
    return best


class DateAdded(CheckpointOfTuple):
    def save(self, file: io.BytesIO, epoch: int) -> None:
        states = [part.state_dict() for part in self.parts]
        torch.save(([*states, dt.date(2026, 1, 1)], epoch), file)


def test_what_torch_load_refuses_is_named_and_no_network_where_there_is_none() -> None:
    message = CHECKPOINT.judge(DateAdded).message
    assert "datetime.date was not an allowed global" in message
    assert "You saved" not in message


@pytest.mark.parametrize(
    ("exercise", "answer", "told"),
    [
        (CHECKPOINT, OnlyTheModelReplaced, "Load into the one that you were given"),
        (DROPOUT, PMisnamed, "has no attribute 'p'"),
        (ex.stop_early, stop_with_a_new_name, "you never loaded what you kept"),
    ],
)
def test_a_likely_slip_is_told_what_it_is(exercise: Exercise, answer: object, told: str) -> None:
    verdict = exercise.judge(answer)
    assert verdict.outcome in {Outcome.NOT_YET, Outcome.RAISED}
    assert told in verdict.message
    assert "super().__init__()" not in verdict.message
