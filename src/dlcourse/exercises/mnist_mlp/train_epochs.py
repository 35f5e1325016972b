"""A training loop with five faults."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise

Measure: TypeAlias = Callable[[nn.Module], float]


class _Observed(nn.Module):
    """A linear model without bias that takes notes while somebody trains it."""

    def __init__(self, X: Tensor, y: Tensor, rng: torch.Generator) -> None:
        super().__init__()
        self.X, self.y = X, y
        self.weight = nn.Parameter(torch.randn(X.shape[1], 3, generator=rng))
        self.rows: list[list[int]] = []  # which samples each batch had
        self.weights: list[Tensor] = []  # before each step
        self.modes: list[bool] = []
        self.losses: list[float] = []  # of each batch, added up
        self.scores: list[float] = []
        self.ends: list[int] = []  # of the epochs, as numbers of batches

    def forward(self, X: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            self.rows.append((X[:, None] == self.X).all(dim=2).nonzero()[:, 1].tolist())
            self.weights.append(self.weight.detach().clone())
            self.modes.append(self.training)
            truth = self.y[self.rows[-1]]
            sum_of_losses = nn.functional.cross_entropy(X @ self.weight, truth, reduction="sum")
            self.losses.append(sum_of_losses.item())
        return X @ self.weight

    def validate(self, _: nn.Module) -> float:
        self.eval()
        self.ends.append(len(self.rows))
        self.scores.append(1 / (2 + len(self.scores)))
        return self.scores[-1]

    def epochs(self) -> list[range]:
        return [range(*ends) for ends in zip([0, *self.ends], self.ends, strict=False)]

    def what_steps_follow(self) -> str:
        """Return the first thing but its own gradient that a step follows, if there is any."""
        afterwards = [*self.weights, self.weight.detach()][1:]
        so_far = torch.zeros_like(self.weight)
        for rows, before, after in zip(self.rows, self.weights, afterwards, strict=False):
            X, y = self.X[rows], self.y[rows]
            errors = (X @ before).softmax(dim=1) - nn.functional.one_hot(y, 3)
            own = X.T @ errors / len(y)
            so_far = so_far + own
            moved = (before - after) / 0.1
            if (moved - own).abs().max() < 1e-4:
                continue
            if not moved.any():
                return "nothing: the weights stay as they are"
            if nn.functional.cosine_similarity(moved.flatten(), own.flatten(), dim=0) > 1 - 1e-6:
                return "its own gradient, at another rate than 0.1"
            same = (moved - so_far).abs().max() < 1e-4
            return "the sum of all gradients so far" if same else "the gradient of another loss"
        return "the gradient of its own batch"

    def mean_loss(self, epoch: range) -> float:
        n_samples = sum(len(self.rows[n]) for n in epoch)
        return sum(self.losses[n] for n in epoch) / max(1, n_samples)


def use(
    answer: Callable[..., Any], n_samples: int, n_epochs: int, batch_size: int
) -> dict[str, Any] | None:
    rng = torch.Generator().manual_seed(n_samples)
    X, y = torch.randn(n_samples, 2, generator=rng), torch.randint(3, (n_samples,), generator=rng)
    model = _Observed(X, y, rng)
    result = answer(model, X, y, n_epochs, batch_size, model.validate)
    if result is None:
        return None
    lists = (
        [one for one in result if isinstance(one, list)] if isinstance(result, tuple | list) else []
    )
    if [len(one) for one in lists] != [n_epochs, n_epochs]:
        return {"what it returns": "not two lists with a number an epoch"}
    losses, scores = lists
    epochs = model.epochs()
    orders = [[row for n in epoch for row in model.rows[n]] for epoch in epochs]
    complete = all(sorted(order) == list(range(n_samples)) for order in orders)
    unlike = len({tuple(order) for order in orders}) == len(orders)
    truth = [model.mean_loss(epoch) for epoch in epochs]
    graphs = any(isinstance(loss, Tensor) and loss.requires_grad for loss in losses)
    pairs = zip(losses, truth, strict=False)
    return {
        "what it returns": "two lists with a number an epoch",
        "calls of validate": len(model.scores),
        "samples of an epoch": "each once" if complete else "not each once",
        "largest batch": max(map(len, model.rows), default=0),
        "order": "new in every epoch" if unlike else "the same in several epochs",
        "mode while training": "train()" if all(model.modes) else "eval() in some epochs",
        "each step follows": model.what_steps_follow(),
        "losses, relative to the true means": [float(loss) / (mean or 1) for loss, mean in pairs],
        "losses": "with a graph: use item() or detach()" if graphs else "plain numbers",
        "scores": "of validate" if list(scores) == model.scores else "not those of validate",
    }


def inputs(_: torch.Generator) -> Iterator[tuple[int, int, int]]:
    yield 8, 2, 3
    yield 9, 3, 5
    yield 10, 1, 20


Trained: TypeAlias = tuple[list[float], list[float]]


def training_with_faults(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    """Train `model` with SGD at a rate of 0.1; return two lists, losses and scores.

    Each epoch takes every sample of X (N, D) and y (N,) once, in batches, in a new random order;
    the last batch may be short. The model returns logits. The epoch's loss is the mean over its
    samples, measured while training; its score is what `validate(model)` returns at its end.
    `validate` calls `model.eval()`, as it should, and does not undo it.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    scores = []
    model.train()
    for _ in range(n_epochs):
        torch.manual_seed(0)
        batches = torch.randperm(len(X)).split(batch_size)
        total = 0.0
        for batch in batches:
            probabilities = model(X[batch]).softmax(dim=1)
            loss = nn.functional.cross_entropy(probabilities, y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() / batch_size
        losses.append(total / len(batches))
        scores.append(validate(model))
    return losses, scores


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Go through the five actions of a step: zero, forward, loss, backward, step. Two faults are among them. The other three stand around them.",  # noqa: E501
    "What does `cross_entropy` want: scores or probabilities? And which of the five actions is missing?",  # noqa: E501
    "What runs again in every epoch and should not, and what runs once and should run again, since `validate` calls `eval()`?",  # noqa: E501
    "`loss` is a mean over the batch already. To get the mean over all samples, weight it by `len(batch)` and divide the total by `len(X)`.",  # noqa: E501
)


Run: TypeAlias = Any  # the six arguments


def trained(*run: Run, fault: str) -> Trained:
    """Train as the solution does, but for one fault."""
    model, X, y, n_epochs, batch_size, validate = run
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = list[float](), list[float]()
    weights = {"divided": 1 / batch_size, "averaged": 1.0, "full": batch_size}
    for epoch in range(n_epochs):
        if fault == "seed":
            torch.manual_seed(0)
        if fault != "eval" or epoch == 0:
            model.train()
        batches = torch.randperm(len(X)).split(batch_size)
        total = 0.0
        for batch in batches:
            if fault not in {"no zero", "late zero"}:
                optimizer.zero_grad()
            logits = model(X[batch])
            y_hat = logits.softmax(dim=1) if fault == "softmax" else logits
            loss = nn.functional.cross_entropy(y_hat, y[batch])
            loss.backward()
            if fault == "late zero":
                optimizer.zero_grad()
            optimizer.step()
            total += loss.item() * weights.get(fault, len(batch))
        losses.append(total / len(batches if fault in {"divided", "averaged"} else X))
        scores.append(validate(model))
    return losses, scores


def softmax_left(*run: Run) -> Trained:
    """One of the five is left: softmax stands before `cross_entropy`, which applies it itself.
    Twice, it flattens the gradient, and the loss cannot come near 0.
    """
    return trained(*run, fault="softmax")


def zero_left(*run: Run) -> Trained:
    """One of the five is left: nobody zeroes the gradients, so each step follows the sum of all
    gradients so far. Put `optimizer.zero_grad()` before `backward`.
    """
    return trained(*run, fault="no zero")


def zeroed_too_late(*run: Run) -> Trained:
    """No weight ever moves. Either `zero_grad` is between `backward` and `step` and throws the
    gradient away before the step can use it, or `backward` or `step` is missing.
    """
    return trained(*run, fault="late zero")


def seed_left(*run: Run) -> Trained:
    """One of the five is left: the seed is set anew in every epoch, so every epoch has the same
    order. Seed once, before the loop, or leave that to whoever calls the function.
    """
    return trained(*run, fault="seed")


def eval_left(*run: Run) -> Trained:
    """One of the five is left: `validate` calls `eval()`, and from the second epoch on you train
    in that mode, without dropout. Call `train()` at the start of every epoch.
    """
    return trained(*run, fault="eval")


def divided_twice(*run: Run) -> Trained:
    """One of the five is left: the batch's loss is a mean already, and you divide it by the batch
    size once more. Multiply by the samples of the batch instead, and divide by N at the end.
    """
    return trained(*run, fault="divided")


def means_averaged(*run: Run) -> Trained:
    """The second division by the batch size is gone, but you average the batches' means: the short
    last batch counts as much as a full one. Weight each mean by the samples of its batch.
    """
    return trained(*run, fault="averaged")


def taken_for_full(*run: Run) -> Trained:
    """You multiply each mean by `batch_size`, and the last batch is short: `len(batch)` says how
    many samples a batch really has.
    """
    return trained(*run, fault="full")


@exercise(
    "A training loop with five faults",
    minutes=12,
    difficulty=3,
    place=110,
    hints=HINTS,
    why="Logits into the loss, gradients zeroed, one seed for the run, train() in every epoch, "
    "and each batch's mean weighted by its size.",
    inputs=inputs,
    use=use,
    template=training_with_faults,
    mistakes=(
        softmax_left,
        zero_left,
        zeroed_too_late,
        seed_left,
        eval_left,
        divided_twice,
        means_averaged,
        taken_for_full,
    ),
)
def train_epochs(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    """Train `model` with SGD at a rate of 0.1; return two lists, losses and scores."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    scores = []
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
