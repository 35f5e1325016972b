"""A training loop with five bugs."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise

Measure: TypeAlias = Callable[[nn.Module], float]


class _Batch(NamedTuple):
    """What is known of a batch when the model gets it."""

    rows: list[int]
    is_training: bool
    loss: float  # summed
    gradient: Tensor
    weight: Tensor  # before the step


class _Observed(nn.Module):
    """A linear model without bias that takes notes while somebody trains it."""

    def __init__(self, X: Tensor, y: Tensor, rng: torch.Generator) -> None:
        super().__init__()
        self.X, self.y = X, y
        self.weight = nn.Parameter(torch.randn(X.shape[1], 3, generator=rng))
        self.batches: list[_Batch] = []
        self.scores: list[float] = []
        self.ends: list[int] = []  # of the epochs, as numbers of batches

    def forward(self, X: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            rows = (X[:, None] == self.X).all(dim=2).nonzero()[:, 1].tolist()
            self.batches.append(self.note(rows, self.weight.detach().clone()))
        return X @ self.weight

    def note(self, rows: list[int], weight: Tensor) -> _Batch:
        X, y = self.X[rows], self.y[rows]
        log_shares = (X @ weight).log_softmax(dim=1)
        loss = -log_shares[range(len(y)), y].sum().item()
        errors = log_shares.exp() - nn.functional.one_hot(y, 3)
        return _Batch(rows, self.training, loss, X.T @ errors / len(y), weight)

    def validate(self, _: nn.Module) -> float:
        self.eval()
        self.ends.append(len(self.batches))
        self.scores.append(1 / (2 + len(self.scores)))
        return self.scores[-1]

    def epochs(self) -> list[list[_Batch]]:
        pairs = zip([0, *self.ends], self.ends, strict=False)
        return [self.batches[start:end] for start, end in pairs]

    def what_steps_follow(self) -> str:
        """Return the first thing but its own gradient that a step follows, if there is any."""
        afterwards = [*(batch.weight for batch in self.batches), self.weight.detach()][1:]
        so_far = torch.zeros_like(self.weight)
        for batch, after in zip(self.batches, afterwards, strict=False):
            own = batch.gradient
            so_far = so_far + own
            moved = (batch.weight - after) / 0.1
            if (moved - own).abs().max() < 1e-4:
                continue
            if not moved.any():
                return "nothing: the weights stay as they are"
            if nn.functional.cosine_similarity(moved.flatten(), own.flatten(), dim=0) > 1 - 1e-6:
                return "its own gradient, at another rate than 0.1"
            same = (moved - so_far).abs().max() < 1e-4
            return "the sum of all gradients so far" if same else "the gradient of another loss"
        return "the gradient of its own batch"


def _what_order(epochs: list[list[_Batch]], orders: list[tuple[int, ...]], n_samples: int) -> str:
    given = range(n_samples)
    if {tuple((k + first) % n_samples for k in given) for first in given} & set(orders):
        return "that of X in some epoch, perhaps from another start"
    if len(set(orders)) < len(orders):
        return "the same in several epochs"
    mixtures = {frozenset(frozenset(batch.rows) for batch in epoch) for epoch in epochs}
    return "new in every epoch" if len(mixtures) > 1 or len(epochs) < 3 else "batches stay together"


def use(
    answer: Callable[..., Any], n_samples: int, n_epochs: int, batch_size: int
) -> dict[str, Any] | None:
    rng = torch.Generator().manual_seed(n_samples)
    X, y = torch.randn(n_samples, 2, generator=rng), torch.randint(3, (n_samples,), generator=rng)
    model = _Observed(X, y, rng)
    result = answer(model, X, y, n_epochs, batch_size, model.validate)
    if result is None:
        return None
    lists = result if isinstance(result, tuple | list) else ()
    if [isinstance(one, list) and len(one) for one in lists] != [n_epochs, n_epochs]:
        return {"what it returns": "not two lists with a number an epoch"}
    losses, scores = lists
    epochs = model.epochs()
    orders = [tuple(row for batch in epoch for row in batch.rows) for epoch in epochs]
    complete = all(sorted(order) == list(range(n_samples)) for order in orders)
    truth = [sum(batch.loss for batch in epoch) / n_samples for epoch in epochs]
    graphs = any(isinstance(loss, Tensor) and loss.requires_grad for loss in losses)
    in_training = all(batch.is_training for batch in model.batches)
    pairs = zip(losses, truth, strict=False)
    return {
        "what it returns": "two lists with a number an epoch",
        "calls of validate": len(model.scores),
        "samples of an epoch": "each once" if complete else "not each once",
        "largest batch": max((len(batch.rows) for batch in model.batches), default=0),
        "order": _what_order(epochs, orders, n_samples),
        "mode while training": "train()" if in_training else "eval() in some epochs",
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


def training_with_bugs(
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
    "Go through the five actions of a step: zero, forward, loss, backward, step. Two bugs are among them. The other three stand around them.",  # noqa: E501
    "What does `cross_entropy` want: scores or probabilities? And which of the five actions is missing?",  # noqa: E501
    "What runs again in every epoch and should not, and what runs once and should run again, since `validate` calls `eval()`?",  # noqa: E501
    "`loss` is a mean over the batch already. To get the mean over all samples, weight it by `len(batch)` and divide the total by `len(X)`.",  # noqa: E501
)


def trained(*run: Any, bug: str) -> Trained:  # noqa: ANN401 - the six arguments
    """Train as the solution does, but for one bug."""
    model, X, y, n_epochs, batch_size, validate = run
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = list[float](), list[float]()
    weights = {"divided": 1 / batch_size, "averaged": 1.0, "full": batch_size}
    for epoch in range(n_epochs):
        if bug == "seed":
            torch.manual_seed(0)
        if bug != "eval" or epoch == 0:
            model.train()
        batches = torch.randperm(len(X)).split(batch_size)
        total = 0.0
        for batch in batches:
            if bug not in {"no zero", "late zero"}:
                optimizer.zero_grad()
            logits = model(X[batch])
            y_hat = logits.softmax(dim=1) if bug == "softmax" else logits
            loss = nn.functional.cross_entropy(y_hat, y[batch])
            loss.backward()
            if bug == "late zero":
                optimizer.zero_grad()
            optimizer.step()
            total += loss.item() * weights.get(bug, len(batch))
        losses.append(total / len(batches if bug in {"divided", "averaged"} else X))
        scores.append(validate(model))
    return losses, scores


BUGS = {
    "softmax": "One of the five is left: softmax stands before `cross_entropy`, which applies it itself. Twice, it flattens the gradient, and the loss cannot come near 0.",  # noqa: E501
    "no zero": "One of the five is left: nobody zeroes the gradients, so each step follows the sum of all gradients so far. Put `optimizer.zero_grad()` before `backward`.",  # noqa: E501
    "late zero": "No weight ever moves. Either `zero_grad` is between `backward` and `step` and throws the gradient away before the step can use it, or `backward` or `step` is missing.",  # noqa: E501
    "seed": "One of the five is left: the seed is set anew in every epoch, so every epoch has the same order. Seed once, before the loop, or leave that to whoever calls the function.",  # noqa: E501
    "eval": "One of the five is left: `validate` calls `eval()`, and from the second epoch on you train in that mode, without dropout. Call `train()` at the start of every epoch.",  # noqa: E501
    "divided": "One of the five is left: the batch's loss is a mean already, and you divide it by the batch size once more. Multiply by the samples of the batch instead, and divide by N at the end.",  # noqa: E501
    "averaged": "The second division by the batch size is gone, but you average the batches' means: the short last batch counts as much as a full one. Weight each mean by the samples of its batch.",  # noqa: E501
    "full": "You multiply each mean by `batch_size`, and the last batch is short: `len(batch)` says how many samples a batch really has.",  # noqa: E501
}


def with_bug(bug: str) -> Callable[..., Trained]:
    """Return the mistake of that name; its docstring is the message, as of any mistake."""

    def mistake(*run: Any) -> Trained:  # noqa: ANN401
        return trained(*run, bug=bug)

    mistake.__name__, mistake.__doc__ = bug, BUGS[bug]
    return mistake


@exercise(
    "A training loop with five bugs",
    minutes=12,
    difficulty=3,
    place=110,
    hints=HINTS,
    why="Logits for the loss, zeroed gradients, one seed, train() in each epoch, weighted means.",
    inputs=inputs,
    use=use,
    template=training_with_bugs,
    mistakes=tuple(map(with_bug, BUGS)),
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
