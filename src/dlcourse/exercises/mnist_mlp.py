"""The exercises of lesson 05: training and measuring."""

# mypy: allow-any-generics
# ruff: noqa: D105
# A stub that says `Dataset` is clearer than one that says `Dataset[Any]`; and what `__len__` and
# `__getitem__` return is told once, by the solution.

import io
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.exercise import exercise, question

Batches: TypeAlias = Sequence[tuple[Tensor, Tensor]]
Measure: TypeAlias = Callable[[nn.Module], float]
Transform: TypeAlias = Callable[[Tensor], Tensor]
Sample: TypeAlias = tuple[Tensor, Tensor]
Part: TypeAlias = Any  # a `Subset` of a data set that has a transform

# ---------------------------------------------------------------------------- rescale


def divided_only_bytes(pictures: Tensor) -> Tensor:
    """You left decimals undivided, as `ToTensor` does: it divides whole numbers (uint8) only, so
    a float picture stays between 0 and 255. Divide by 255 whatever the dtype.
    """
    unit = pictures / 255 if pictures.dtype == torch.uint8 else pictures
    return (unit - 0.1307) / 0.3081


def divided_only_whole_numbers(pictures: Tensor) -> Tensor:
    """You divided whole numbers and left decimals as they are: but these decimals run to 255, too,
    as the task says. Divide them as well.
    """
    unit = pictures if pictures.is_floating_point() else pictures / 255
    return (unit - 0.1307) / 0.3081


def guessed_from_the_largest(pictures: Tensor) -> Tensor:
    """You look at the largest value to guess whether to divide: a picture so dark that it holds
    no value above 1 is then left out. Here every picture runs from 0 to 255; divide them all.
    """
    unit = pictures / 255 if pictures.max() > 1 else pictures
    return (unit - 0.1307) / 0.3081


def numbers_of_imagenet(pictures: Tensor) -> Tensor:
    """You took ImageNet's numbers, 0.485 and 0.229: they belong to color photographs, and leave
    digits with a mean of −1.55. Take the numbers of the pictures that the network learned from.
    """
    return (pictures / 255 - 0.485) / 0.229


def numbers_of_these_pictures(pictures: Tensor) -> Tensor:
    """You standardized with the mean and deviation of the pictures at hand: the same picture then
    comes out differently in other company. The two numbers are fixed once, from training.
    """
    unit = pictures / 255
    return (unit - unit.mean()) / unit.std()


def only_divided(pictures: Tensor) -> Tensor:
    """You divided by 255 and stopped there: the network was trained on standardized pictures.
    The drop in accuracy is so small that it is easily overlooked; subtract and divide, too.
    """
    return pictures / 255


def rescale_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[[0, 255], [51, 102]]], dtype=torch.uint8),)
    yield (torch.tensor([[[0.0, 255.0], [51.0, 0.5]]]),)
    yield (torch.randint(256, (3, 4, 5), generator=rng, dtype=torch.uint8).transpose(1, 2),)
    yield (255 * torch.rand(2, 28, 28, generator=rng, dtype=torch.float64),)
    yield (torch.randint(256, (2, 3, 2), generator=rng),)
    yield (torch.tensor([[[0, 1]]], dtype=torch.uint8),)
    yield (torch.tensor([[[0.0, 1.0, 0.25]]]),)


@exercise(
    "Pictures of any dtype",
    minutes=3,
    difficulty=1,
    hints=(
        "There are two halves: bring 0 to 255 into 0 to 1, then standardize.",
        (
            "`ToTensor` looks at the dtype before it divides. Your function should not: the "
            "numbers run to 255 here, whatever their dtype."
        ),
        "Divide by 255, subtract the mean of the training pictures, divide by their deviation.",
    ),
    why="Arithmetic does not ask for the dtype, and the two numbers are those from training.",
    inputs=rescale_inputs,
    mistakes=(
        divided_only_bytes,
        divided_only_whole_numbers,
        guessed_from_the_largest,
        numbers_of_imagenet,
        numbers_of_these_pictures,
        only_divided,
    ),
)
def rescale(pictures: Tensor) -> Tensor:
    """Return `pictures` in the form that the network was trained on.

    They hold gray values from 0 to 255, as whole numbers or as decimals, in any dtype, shape
    (N, H, W). The result has the same shape: from 0 to 1 first, then standardized with MNIST's
    numbers, 0.1307 and 0.3081.
    """
    return (pictures / 255 - 0.1307) / 0.3081


# ---------------------------------------------------------------------------- cross_entropy_by_hand


def scores_for_logarithms(logits: Tensor, y: Tensor) -> Tensor:
    """You took minus the raw score of the truth (as `NLLLoss` does with logits): the loss goes
    below 0 without end. A loss below 0 means that the logarithm is missing.
    """
    return -logits[torch.arange(len(y)), y].mean()


def probabilities_for_logarithms(logits: Tensor, y: Tensor) -> Tensor:
    """You took minus the probability of the truth (as `NLLLoss` does after softmax): it lies
    between −1 and 0. Minus its logarithm is wanted.
    """
    return -logits.softmax(dim=1)[torch.arange(len(y)), y].mean()


def exponential_overflows(logits: Tensor, y: Tensor) -> Tensor:
    """You took e to the power of the scores as they are: in float32 it overflows from 89 on, and
    inf / inf is nan. Subtract each row's largest score first; softmax stays the same.
    """
    powers = logits.exp()
    probabilities = powers / powers.sum(dim=1, keepdim=True)
    return -probabilities[torch.arange(len(y)), y].log().mean()


def one_maximum_for_all(logits: Tensor, y: Tensor) -> Tensor:
    """You subtract the largest score of the whole batch: in a row far below it every power becomes
    0, and the loss inf or nan. Each row needs its own: `max(dim=1, keepdim=True).values`.
    """
    shifted = logits - logits.max()
    log_sums = shifted.exp().sum(dim=1).log()
    return (log_sums - shifted[torch.arange(len(y)), y]).mean()


def probability_underflows(logits: Tensor, y: Tensor) -> Tensor:
    """You took the logarithm after softmax: a tiny probability has become 0 by then, and the loss
    inf. Work out the logarithm of the quotient on paper: score minus the log of the sum.
    """
    return -logits.softmax(dim=1)[torch.arange(len(y)), y].log().mean()


def softmax_before_and_within(logits: Tensor, y: Tensor) -> Tensor:
    """You applied softmax twice: `cross_entropy` does it itself, so give it the scores. As it
    stands, even perfect scores cannot bring the loss to 0.
    """
    return nn.functional.cross_entropy(logits.softmax(dim=1), y)


def losses_summed(logits: Tensor, y: Tensor) -> Tensor:
    """You summed over the batch: the loss, and with it every step, grows with the batch size.
    Take the mean.
    """
    return nn.functional.cross_entropy(logits, y, reduction="sum")


def cross_entropy_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([[2.0, 1.0, 0.0], [2.0, 1.0, 0.0]]), torch.tensor([0, 2])
    yield torch.randn(1, 4, generator=rng), torch.tensor([3])
    yield torch.tensor([[0.0, 200.0, 100.0]]), torch.tensor([0])
    yield torch.tensor([[1000.0, 0.0], [3.0, 1002.0], [999.0, 998.0]]), torch.tensor([0, 1, 1])
    yield torch.tensor([[-1000.0, -1001.0, -999.0]]), torch.tensor([1])
    yield torch.tensor([[0.0, 1.0], [500.0, 501.0]]), torch.tensor([0, 0])
    many = torch.randn(4, 6, generator=rng, dtype=torch.float64).T
    yield many, torch.randint(4, (6,), generator=rng)


@exercise(
    "Cross-entropy from logits",
    minutes=8,
    difficulty=2,
    hints=(
        "The logarithm of a quotient is a difference: log(eᵃ / sum) = a − log(sum).",
        (
            "If you subtract the largest score of a row from all of its scores, the "
            "probabilities stay the same, and no power of e is larger than 1."
        ),
        (
            "`logits.max(dim=1, keepdim=True).values` has shape (B, 1); `[torch.arange(len(y)),"
            " y]` picks the truth's place in each row."
        ),
        (
            "Per row: the log of the sum of e to the shifted scores, minus the shifted score of"
            " the truth. Then the mean."
        ),
    ),
    why="Once the row's largest score is subtracted, no power overflows and the sum is at least 1.",
    inputs=cross_entropy_inputs,
    mistakes=(
        scores_for_logarithms,
        probabilities_for_logarithms,
        exponential_overflows,
        one_maximum_for_all,
        probability_underflows,
        softmax_before_and_within,
        losses_summed,
    ),
)
def cross_entropy_by_hand(logits: Tensor, y: Tensor) -> Tensor:
    """Return the mean cross-entropy of the batch, one number, right for scores of any size.

    logits: (B, C), the scores. y: (B,), the number of each row's true class.
    """
    shifted = logits - logits.max(dim=1, keepdim=True).values
    log_sums = shifted.exp().sum(dim=1).log()  # (B,)
    return (log_sums - shifted[torch.arange(len(y)), y]).mean()


# ---------------------------------------------------------------------------- workers


def copied_state() -> str:
    """That was so in old versions, and is still told: each worker is a copy of your program, random
    state included. By now torch does something about it as a worker starts. What?
    """
    return "a"


def same_every_epoch() -> str:
    """That comes of seeding inside the epoch loop. Nobody does that here, and the loader draws a
    new base seed whenever you begin to go through it.
    """
    return "c"


def only_torch() -> str:
    """NumPy works in workers as anywhere; no error is raised. The question is where its random
    numbers start in each of them.
    """
    return "d"


@question(
    "Random numbers in several workers",
    minutes=2,
    difficulty=1,
    hints=(
        "A worker is a process of its own. What could torch do in it before the first sample?",
        "Answers on the web that are years old can be outdated: this one was mended.",
        "Each worker gets a seed made of a base seed, drawn for each epoch, and its own number.",
    ),
    why="As a worker starts, torch seeds Python's, torch's and NumPy's random numbers, each "
    "worker and each epoch differently.",
    mistakes=(copied_state, same_every_epoch, only_torch),
)
def workers() -> str:
    """A data set adds noise to each picture: its `__getitem__` calls `np.random.rand()`.

    Two workers fetch pictures (`num_workers=2`), with a current PyTorch. Their numbers are

    "a": the same in both workers, since each is a copy of your program
    "b": different in the two workers, and new in every epoch
    "c": different in the two workers, but the same again in every epoch
    "d": not to be had, since NumPy's random numbers raise an error in a worker
    """
    return "b"


# ---------------------------------------------------------------------------- DropoutByHand


class AlwaysOn(nn.Module):
    """Your layer still drops after `eval()`, as `nn.functional.dropout(X, p)` does in a `forward`:
    it cannot know the mode. Look at `self.training`, which `train()` and `eval()` set.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.dropout(X, self.p)


class NotScaled(nn.Module):
    """You set numbers to 0 and leave the others as they are: while training, the next layer then
    gets less in all than in use. Divide those that stay by 1 − p.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return X * (torch.rand_like(X) >= self.p) if self.training else X


class OneForAll(nn.Module):
    """You drop the same places in every sample of the batch: draw for each number on its own, with
    the shape of the whole X.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return X * (torch.rand_like(X[:1]) >= self.p) / (1 - self.p) if self.training else X


class Reversed(nn.Module):
    """You keep a number with probability p: p is the probability of dropping it."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return X * (torch.rand_like(X) < self.p) / (1 - self.p) if self.training else X


class ScaledInUse(nn.Module):
    """You leave the scaling to eval mode. That evens out, too, but the task (and PyTorch) wants it
    while training, so that eval mode hands X on unchanged.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return X * (torch.rand_like(X) >= self.p) if self.training else X * (1 - self.p)


class BaseNotMade(nn.Module):
    """Call `super().__init__()` first in your `__init__`: without it the module has no place for
    its parts, and `train()` and `eval()` cannot work.
    """

    def __init__(self, p: float) -> None:
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.dropout(X, self.p, self.training)


class InPlace(nn.Module):
    """You change X itself: whoever handed it over still needs it as it was. Return a new tensor
    (`X * kept`, say), and leave out `X[…] = 0`, `*=` and functions whose name ends in `_`.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.dropout(X, self.p, self.training, inplace=True)


class SameNumberEachTime(nn.Module):
    """You drop equally many numbers in every call. Each is to be dropped on its own, so that their
    number varies a little, as it does with coins. Draw once for each number: `rand_like`.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        if not self.training:
            return X
        order = torch.randperm(X.numel()).reshape(X.shape)
        return X * (order >= round(self.p * X.numel())) / (1 - self.p)


def watch_dropout(answer: Callable[[float], nn.Module], X: Tensor, p: float) -> dict[str, Any]:
    layer = answer(p)
    if isinstance(layer, nn.Module) and not hasattr(layer, "_modules"):
        return {"the call of super().__init__()": "missing"}
    layer.train()
    given = X.clone()
    out = layer(given)
    first, second, third, fourth = out == 0, *(layer(X.clone()) == 0 for _ in range(3))
    counts = {int(dropped.sum()) for dropped in (first, second, third, fourth)}
    factors = (out / X).round(decimals=4).unique()
    layer.eval()
    used = layer(X.clone())
    share = first.double().mean().item()
    return {
        "the call of super().__init__()": "there",
        "shape": list(out.shape),
        "X after the call": "as it was" if torch.equal(given, X) else "changed",
        "share set to 0 while training": p if abs(share - p) < 0.06 else share,
        "the others are multiplied by": factors[factors != 0].tolist(),
        "every row loses the same": bool((first == first[0]).all()),
        "the second call drops the same": bool((first == second).all()),
        "every call drops equally many": len(counts) == 1,
        "share changed after eval()": (used != X).double().mean().item(),
        "factor after eval()": (used / X).max().item(),
    }


def dropout_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float]]:
    yield 1 + torch.rand(60, 40, generator=rng), 0.2
    yield -1 - torch.rand(1, 3000, generator=rng, dtype=torch.float64), 0.5
    yield 2 + torch.rand(12, 20, 10, generator=rng).transpose(0, 2), 0.75
    yield 1 + torch.rand(2, 3, generator=rng), 0.0


@exercise(
    "Dropout that obeys eval()",
    minutes=7,
    difficulty=2,
    hints=(
        (
            "Every `nn.Module` knows its mode: `self.training` is True after `train()`, False "
            "after `eval()`."
        ),
        (
            "`torch.rand_like(X)` draws a number between 0 and 1 for each number of X. How "
            "often is it below p?"
        ),
        (
            "Multiply X by 0 where the draw is below p and by 1 elsewhere, and divide by 1 − p."
            " In eval mode return X."
        ),
    ),
    why="`self.training` is set by train() and eval(), in every layer of a network at once.",
    inputs=dropout_inputs,
    use=watch_dropout,
    mistakes=(
        AlwaysOn,
        NotScaled,
        OneForAll,
        Reversed,
        ScaledInUse,
        BaseNotMade,
        InPlace,
        SameNumberEachTime,
    ),
)
class DropoutByHand(nn.Module):
    """A layer that drops each number with probability p, but only while training.

    In training mode each number of X (any shape) is set to 0 with probability p, on its own, and
    anew in each call; those that stay are divided by 1 − p. In eval mode X comes out unchanged.
    p is at least 0 and below 1.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        if not self.training:
            return X
        kept = torch.full_like(X, 1 - self.p).bernoulli()
        return X * kept / (1 - self.p)


# ---------------------------------------------------------------------------- neighbors


def only_weights_count() -> str:
    """The weights are the same both times, but batch norm does not compute from them alone: read
    what it subtracts in training mode.
    """
    return "a"


def no_grad_will_do() -> str:
    """`no_grad` only says that nobody will ask for gradients. It changes no layer's mode, so what
    the layers compute stays as it was.
    """
    return "b"


def neighbors_always_count() -> str:
    """Then nobody could use such a network: the answer for one picture would depend on who else
    asks. One of the two modes does without the batch's own mean.
    """
    return "d"


@question(
    "One picture in two batches",
    minutes=2,
    difficulty=1,
    hints=(
        "In which mode does a picture's result depend on the batch's mean?",
        "The mean of 64 pictures of a 3 differs from the mean of 64 mixed digits.",
        "Only one call switches batch norm to the averages that it remembered.",
    ),
    why="In eval mode batch norm uses remembered averages, so that neighbors play no part.",
    mistakes=(only_weights_count, no_grad_will_do, neighbors_always_count),
)
def neighbors() -> str:
    """Batch norm is another layer that works in two ways. In training mode it subtracts the mean
    of the batch from each number (and divides by its spread); in eval mode it uses averages that
    it remembered from training.

    A trained network with batch norm gets a picture of a 3 twice: among 63 other pictures of a 3,
    and among 63 pictures of all digits. The ten scores of that picture are

    "a": the same both times in either mode, since the weights are the same
    "b": different in training mode; the same under `torch.no_grad()`, in either mode
    "c": different in training mode, even under `torch.no_grad()`; the same after `eval()`
    "d": different in either mode
    """
    return "c"


# ---------------------------------------------------------------------------- share_right


def batches_counted(batches: Batches) -> Tensor:
    """You divided by the number of batches, so the result is right answers per batch, and no
    share. Divide by the number of samples.
    """
    return sum_right(batches) / len(batches)


def batches_taken_for_full(batches: Batches) -> Tensor:
    """You counted every batch as full, but the last one is short: `len(y)` says how many samples
    a batch really has. Add these up.
    """
    return sum_right(batches) / (len(batches) * len(batches[0][1]))


def shares_averaged(batches: Batches) -> Tensor:
    """You averaged the batches' shares: a picture in the short last batch then counts more than
    another. Count right answers and samples, and divide once, at the end.
    """
    shares = [(logits.argmax(dim=1) == y).double().mean() for logits, y in batches]
    return torch.stack(shares).mean()


def every_answer_with_every_label(batches: Batches) -> Tensor:
    """You compared every answer with every label: shapes (B, 1) and (B,) broadcast to (B, B).
    Leave out `keepdim`, so that both have shape (B,).
    """
    pairs = [(logits.argmax(dim=1, keepdim=True) == y).sum() for logits, y in batches]
    return torch.stack(pairs).sum() / sum(len(y) for _, y in batches)


def right_in_percent(batches: Batches) -> Tensor:
    """You answer in percent, and a number from 0 to 1 is asked for: leave out the factor of 100."""
    return 100 * sum_right(batches) / sum(len(y) for _, y in batches)


def sum_right(batches: Batches) -> Tensor:
    return torch.stack([(logits.argmax(dim=1) == y).sum() for logits, y in batches]).sum()


def share_right_inputs(rng: torch.Generator) -> Iterator[tuple[Batches]]:
    first = torch.tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 4.0]]), torch.tensor([0, 1, 0])
    last = torch.tensor([[5.0, 0.0]]), torch.tensor([0])
    yield ([first, last],)
    logits, y = torch.randn(11, 5, generator=rng), torch.randint(5, (11,), generator=rng)
    y[:7] = logits[:7].argmax(dim=1)
    yield (list(zip(logits.split(4), y.split(4), strict=True)),)
    yield (list(zip((-logits.double()).split(3), y.split(3), strict=True)),)
    yield ([(torch.randn(3, 4, generator=rng).T, torch.tensor([2, 0, 1, 1]))],)


@exercise(
    "Accuracy over unequal batches",
    minutes=4,
    difficulty=1,
    hints=(
        "Every picture should count the same, whichever batch it is in.",
        "Keep two counts that grow from batch to batch: right answers, and samples.",
        (
            "`(logits.argmax(dim=1) == y).sum()` right answers in a batch, `len(y)` samples; "
            "divide the two sums after the loop."
        ),
    ),
    why="Two sums and one division: no picture weighs more than another, whatever the batches.",
    inputs=share_right_inputs,
    mistakes=(
        batches_counted,
        batches_taken_for_full,
        shares_averaged,
        every_answer_with_every_label,
        right_in_percent,
    ),
)
def share_right(batches: Batches) -> Tensor | float:
    """Return the share of right answers over all samples, a number from 0 to 1.

    batches: a list of pairs: logits (B, C) and labels (B,). B may differ from pair to pair.
    """
    n_right = sum((logits.argmax(dim=1) == y).sum() for logits, y in batches)
    return n_right / sum(len(y) for _, y in batches)


# ---------------------------------------------------------------------------- count_answers


def transposed(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """Rows and columns are exchanged: the row is the truth, the column is what the network said."""
    return count_pairs(y_hat, y, n_classes)


def repeats_lost(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """You wrote `counts[y, y_hat] += 1`: a pair that occurs several times is written only once.
    Use `index_put_` with `accumulate=True`, `bincount`, or a loop.
    """
    counts = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    counts[y, y_hat] += 1
    return counts


def last_class_missing(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """You made the matrix as large as the largest class that occurs: if the last one is missing,
    so are its row and column. `n_classes` says how large.
    """
    size = int(torch.cat([y, y_hat, y.new_zeros(1)]).max()) + 1
    return count_pairs(y, y_hat, n_classes)[:size, :size]


def shares_of_rows(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """You divided each row by its sum: these are shares, and counts are asked for. A class without
    pictures would give 0 / 0.
    """
    counts = count_pairs(y, y_hat, n_classes)
    return counts / counts.sum(dim=1, keepdim=True)


def count_pairs(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    ones = torch.ones(len(y), dtype=torch.int64)
    counts = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    return counts.index_put_((y, y_hat), ones, accumulate=True)


def count_answers_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, int]]:
    yield torch.tensor([0, 1, 1, 2, 1]), torch.tensor([0, 0, 1, 2, 0]), 3
    yield torch.tensor([0, 0, 1]), torch.tensor([1, 0, 0]), 4
    yield torch.randint(7, (40,), generator=rng), torch.randint(7, (40,), generator=rng), 7
    yield torch.tensor([2]), torch.tensor([0]), 3
    yield torch.empty(0, dtype=torch.int64), torch.empty(0, dtype=torch.int64), 2


@exercise(
    "A confusion matrix",
    minutes=5,
    difficulty=2,
    hints=(
        "Start with a matrix of zeros, and go through the pairs of truth and answer one by one.",
        (
            "Without a loop: give each pair one number, such as truth · n_classes + answer, and"
            " count how often each number occurs."
        ),
        (
            "`bincount(minlength=…)` counts, and includes numbers that never occur; `reshape` "
            "makes rows and columns of the counts."
        ),
    ),
    why="Each pair of truth and answer is one number from 0 to n² − 1, and bincount counts those.",
    inputs=count_answers_inputs,
    mistakes=(transposed, repeats_lost, last_class_missing, shares_of_rows),
)
def count_answers(y: Tensor, y_hat: Tensor, n_classes: int) -> Tensor:
    """Return the confusion matrix, (n_classes, n_classes): counts, in any dtype.

    In row t and column a stands how many samples of the true class t were answered with a.
    y, y_hat: (N,), the true classes and the answers, from 0 to n_classes − 1; N may be 0.
    """
    pairs = y * n_classes + y_hat
    return pairs.bincount(minlength=n_classes * n_classes).reshape(n_classes, n_classes)


# ---------------------------------------------------------------------------- bar_heights


def of_the_answers(confusion: Tensor) -> Tensor:
    """You divided by the sums of the columns: that is how many of the answers "4" were a 4. Asked
    is how many of the fours were read as 4: a row holds the fours.
    """
    return 100 * confusion.diagonal() / confusion.sum(dim=0)


def of_all(confusion: Tensor) -> Tensor:
    """You divided by the number of all pictures, so that a rare digit has a low bar however well
    it is read. Divide by the number of pictures of that digit.
    """
    return 100 * confusion.diagonal() / confusion.sum()


def not_in_percent(confusion: Tensor) -> Tensor:
    """Your heights are shares from 0 to 1, and the axis says percent."""
    return confusion.diagonal() / confusion.sum(dim=1)


def bar_heights_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[3, 1], [0, 5]]),)
    yield (torch.tensor([[0, 2, 1], [4, 8, 0], [1, 1, 6]]),)
    yield (torch.randint(1, 50, (10, 10), generator=rng).T,)
    yield (torch.tensor([[7]]),)


@exercise(
    "A bar for each digit",
    minutes=3,
    difficulty=1,
    hints=(
        "All pictures of a digit stand in one line of the matrix. Is it a row or a column?",
        "The right answers are on the diagonal: `confusion.diagonal()`.",
        "Divide the diagonal by the sums of the rows, `confusion.sum(dim=1)`, and take percent.",
    ),
    why="A row holds all pictures of one digit, and its part on the diagonal was read right.",
    inputs=bar_heights_inputs,
    mistakes=(of_the_answers, of_all, not_in_percent),
)
def bar_heights(confusion: Tensor) -> Tensor:
    """Return the heights of a bar chart: what percent of each true class was read right.

    The result is a tensor (C,).
    confusion: (C, C), counts; rows are the truth, columns what the network said. Each class
    occurs at least once.
    """
    return 100 * confusion.diagonal() / confusion.sum(dim=1)


# ---------------------------------------------------------------------------- Checkpoint


class OptimizerForgotten:
    """You kept the weights and forgot the optimizer's state: after loading, its running averages
    start at 0 again, and the next steps differ. `optimizer.state_dict()` holds them.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: io.BytesIO, epoch: int) -> None:
        torch.save({"model": self.model.state_dict(), "epoch": epoch}, file)

    def load(self, file: io.BytesIO) -> int:
        state = torch.load(file)
        self.model.load_state_dict(state["model"])
        epoch: int = state["epoch"]
        return epoch


class NotStrict:
    """You loaded with `strict=False`: names that do not fit are passed over in silence, so that a
    network with other layers stays as random as it was. Leave `strict` as it is.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: io.BytesIO, epoch: int) -> None:
        states = self.model.state_dict(), self.optimizer.state_dict()
        torch.save((*states, epoch), file)

    def load(self, file: io.BytesIO) -> int:
        weights, state, epoch = torch.load(file)
        self.model.load_state_dict(weights, strict=False)
        self.optimizer.load_state_dict(state)
        return int(epoch)


class ParametersOnly:
    """You kept `parameters()` only. A network has more: batch norm's running averages are buffers,
    in the state dict but no parameters, and they started anew.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: io.BytesIO, epoch: int) -> None:
        torch.save((list(self.model.parameters()), self.optimizer.state_dict(), epoch), file)

    def load(self, file: io.BytesIO) -> int:
        weights, state, epoch = torch.load(file)
        with torch.no_grad():
            for mine, saved in zip(self.model.parameters(), weights, strict=True):
                mine.copy_(saved)
        self.optimizer.load_state_dict(state)
        return int(epoch)


class WholeObjects:
    """You saved the network and the optimizer themselves, and `torch.load` reads tensors and plain
    containers only, since anything else can run a program on your machine. Save state dicts.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: io.BytesIO, epoch: int) -> None:
        torch.save((self.model, self.optimizer, epoch), file)

    def load(self, file: io.BytesIO) -> int:
        model, optimizer, epoch = torch.load(file)
        self.model.load_state_dict(model.state_dict())
        self.optimizer.load_state_dict(optimizer.state_dict())
        return int(epoch)


class TakenAtTheStart:
    """You took the state dicts in `__init__`: an optimizer's averages begin with its first step, so
    they are not in there yet. Call `state_dict()` in `save`, for the state at that time.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer
        self.states = model.state_dict(), optimizer.state_dict()

    def save(self, file: io.BytesIO, epoch: int) -> None:
        torch.save((*self.states, epoch), file)

    def load(self, file: io.BytesIO) -> int:
        weights, state, epoch = torch.load(file)
        self.model.load_state_dict(weights)
        self.optimizer.load_state_dict(state)
        return int(epoch)


class ModelReplaced:
    """Your `load` leaves the network as it was made. Load into the one that you were given, with
    `self.model.load_state_dict(…)`; `self.model = …` only gives its name to something else.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: io.BytesIO, epoch: int) -> None:
        torch.save((self.model.state_dict(), self.optimizer.state_dict(), epoch), file)

    def load(self, file: io.BytesIO) -> int:
        self.model, self.optimizer, epoch = torch.load(file)
        return int(epoch)


def _small_network(seed: int, names: tuple[str, str]) -> nn.Module:
    rng = torch.Generator().manual_seed(seed)
    layers = nn.Linear(3, 2), nn.BatchNorm1d(2)
    nn.init.normal_(layers[0].weight, generator=rng)
    return nn.Sequential(OrderedDict(zip(names, layers, strict=True)))


def _one_step(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    X = torch.arange(12.0).reshape(4, 3).sin()
    optimizer.zero_grad()
    (model(X) - X[:, :2]).square().mean().backward()
    optimizer.step()


def _numbers_in(model: nn.Module) -> Tensor:
    return torch.cat([numbers.flatten().float() for numbers in model.state_dict().values()])


def watch_checkpoint(
    answer: Callable[..., Any],
    optimizer_class: Callable[..., torch.optim.Optimizer],
    epoch: int,
    layers_saved: tuple[str, str],
    layers_loading: tuple[str, str],
) -> dict[str, Any]:
    model, other = _small_network(1, layers_saved), _small_network(2, layers_loading)
    optimizer = optimizer_class(model.parameters(), lr=0.1)
    other_optimizer = optimizer_class(other.parameters(), lr=0.3)  # the file brings the rate, too
    keeper = answer(model, optimizer)  # made before the first step
    _one_step(model, optimizer)
    file = io.BytesIO()
    keeper.save(file, epoch)
    _one_step(model, optimizer)  # training goes on; the file stays as it is
    file.seek(0)
    checkpoint = answer(other, other_optimizer)
    if layers_saved != layers_loading:
        try:
            checkpoint.load(file)
        except Exception:  # noqa: BLE001 - whatever error says that it does not fit
            return {"load, where the layers have other names": "raises an error"}
        return {"load, where the layers have other names": "raises no error"}
    as_made = _numbers_in(other)
    loaded_epoch = checkpoint.load(file)
    right_after = _numbers_in(other)
    if torch.equal(right_after, as_made):
        return {"load changes the network that it was given": "no"}
    _one_step(other, other_optimizer)
    return {
        "load changes the network that it was given": "yes",
        "load returns": loaded_epoch,
        "the network's numbers after load": right_after,
        "the same numbers a step later": _numbers_in(other),
    }


def checkpoint_inputs(_: torch.Generator) -> Iterator[tuple[Any, int, Any, Any]]:
    yield torch.optim.Adam, 5, ("hidden", "norm"), ("hidden", "norm")
    yield torch.optim.SGD, 2, ("hidden", "norm"), ("layer", "batch_norm")


@exercise(
    "Save a training run, and go on",
    minutes=8,
    difficulty=2,
    hints=(
        "What do the next steps depend on? On the weights; and with Adam on what else?",
        "The network and the optimizer each have a `state_dict()` and a `load_state_dict(…)`.",
        "`torch.save` takes a dict of dicts: put both state dicts and the epoch into one.",
        (
            "`load` reads that dict with `torch.load(file)`, hands each state dict to its "
            "`load_state_dict`, and returns the epoch."
        ),
    ),
    why="The next step depends on the weights, on batch norm's averages and on Adam's; the two "
    "state dicts hold all of them.",
    inputs=checkpoint_inputs,
    use=watch_checkpoint,
    mistakes=(
        OptimizerForgotten,
        NotStrict,
        ParametersOnly,
        WholeObjects,
        TakenAtTheStart,
        ModelReplaced,
    ),
)
class Checkpoint:
    """Keeps a training run in a file, so that it goes on later as if it had never stopped.

    `save` writes what is needed to `file` (a path, or a file open for writing bytes).
    `load` reads it back into the network and the optimizer that this object was made with, and
    returns the epoch. If the network in the file has layers of other names, it raises an error.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def save(self, file: io.BytesIO, epoch: int) -> None:
        states = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save({**states, "epoch": epoch}, file)

    def load(self, file: io.BytesIO) -> int:
        state = torch.load(file)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        return state["epoch"]  # type: ignore[no-any-return]


# ---------------------------------------------------------------------------- WithTransform


class SharedTransform(torch.utils.data.Dataset):
    """You set the transform of the data set behind the part, and the training part has the same
    one behind it: now that is transformed, too. Apply it here, to the samples of this part.
    """

    def __init__(self, part: Part, transform: Transform) -> None:
        self.part = part
        self.part.dataset.transform = transform

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> Sample:
        picture, label = self.part[i]
        return picture, label


class TransformedOnce(torch.utils.data.Dataset):
    """You transformed all samples in `__init__`. A transform with randomness in it would then give
    the same picture in every epoch, and a large data set would not fit. Do it in `__getitem__`.
    """

    def __init__(self, part: Part, transform: Transform) -> None:
        self.samples = [(transform(picture), label) for picture, label in part]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, i: int) -> Sample:
        return self.samples[i]


class LabelsToo(torch.utils.data.Dataset):
    """You transformed the label as well: only the picture is to be changed."""

    def __init__(self, part: Part, transform: Transform) -> None:
        self.part, self.transform = part, transform

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> Sample:
        picture, label = self.part[i]
        return self.transform(picture), self.transform(label)


class LengthOfAll(torch.utils.data.Dataset):
    """Your length is that of the whole data set behind the part: a loader would ask for samples
    that the part does not have. Count the part's own.
    """

    def __init__(self, part: Part, transform: Transform) -> None:
        self.part, self.transform = part, transform

    def __len__(self) -> int:
        return len(self.part.dataset)

    def __getitem__(self, i: int) -> Sample:
        picture, label = self.part[i]
        return self.transform(picture), label


class _Pictures(torch.utils.data.Dataset):
    """A data set with a transform of its own, as those of torchvision are."""

    def __init__(self, n_samples: int) -> None:
        self.X = torch.arange(4.0 * n_samples).reshape(n_samples, 2, 2) + 1
        self.y = torch.arange(n_samples) + 3
        self.transform: Transform | None = None

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, i: int) -> Sample:
        picture = self.X[i] if self.transform is None else self.transform(self.X[i])
        return picture, self.y[i]


def watch_dataset(
    answer: Callable[..., Any], n_train: int, n_val: int, transform: Transform
) -> dict[str, Any]:
    calls = 0

    def counted(picture: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return transform(picture)

    data = _Pictures(n_train + n_val)
    train = torch.utils.data.Subset(data, range(n_train))
    part = answer(torch.utils.data.Subset(data, range(n_train, n_train + n_val)), counted)
    length = len(part)
    samples = [part[i] for i in range(n_val)]
    return {
        "length": length,
        "samples": [list(sample) for sample in samples],
        "first sample of the training part": list(train[0]),
        "calls of transform, for each sample once and the first again": (part[0], calls)[1],
    }


def dataset_inputs(_: torch.Generator) -> Iterator[tuple[int, int, Transform]]:
    yield 3, 2, torch.neg
    yield 1, 1, torch.flatten
    yield 2, 5, torch.t


@exercise(
    "A transform for one part only",
    minutes=6,
    difficulty=2,
    hints=(
        "Which two questions must a data set answer? `EvenDigits` above shows their names.",
        "Keep the part and the transform in `__init__`; transform nothing there.",
        (
            "In `__getitem__`, unpack the pair `self.part[i]`, and return a new pair whose "
            "picture went through the transform."
        ),
    ),
    why="The transform belongs to the wrapper, so the data that both parts share stay untouched.",
    inputs=dataset_inputs,
    use=watch_dataset,
    mistakes=(SharedTransform, TransformedOnce, LabelsToo, LengthOfAll),
)
class WithTransform(torch.utils.data.Dataset):
    """The samples of `part`, a data set of pairs (picture, label), with transformed pictures.

    `part` may be one of several parts of a data set, as `Subset` and `random_split` make them;
    the others stay as they are. `transform(picture)` runs whenever a sample is asked for.
    """

    def __init__(self, part: Part, transform: Transform) -> None:
        self.part, self.transform = part, transform

    def __len__(self) -> int:
        """Return how many samples there are."""
        return len(self.part)

    def __getitem__(self, i: int) -> Sample:
        """Return sample number `i`, a pair."""
        picture, label = self.part[i]
        return self.transform(picture), label


# ---------------------------------------------------------------------------- train_epochs


class _Observed(nn.Module):
    """A linear model without bias that takes notes while somebody trains it."""

    def __init__(self, X: Tensor, y: Tensor, rng: torch.Generator) -> None:
        super().__init__()
        self.X, self.y = X, y
        self.weight = nn.Parameter(torch.randn(X.shape[1], 3, generator=rng))
        self.rows: list[list[int]] = []  # which samples each batch had
        self.weights: list[Tensor] = []  # before each step
        self.modes: list[bool] = []
        self.scores: list[float] = []
        self.ends: list[int] = []  # of the epochs, as numbers of batches

    def forward(self, X: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            self.rows.append((X[:, None] == self.X).all(dim=2).nonzero()[:, 1].tolist())
            self.weights.append(self.weight.detach().clone())
            self.modes.append(self.training)
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
        afterwards = [*self.weights[1:], self.weight.detach()]
        so_far = torch.zeros_like(afterwards[0])
        for rows, before, after in zip(self.rows, self.weights, afterwards, strict=True):
            X, y = self.X[rows], self.y[rows]
            errors = (X @ before).softmax(dim=1) - nn.functional.one_hot(y, 3)
            own = X.T @ errors / len(y)
            so_far = so_far + own
            moved = (before - after) / 0.1
            if (moved - own).abs().max() < 1e-4:
                continue
            if not moved.any():
                return "nothing: the weights stay as they are"
            same = (moved - so_far).abs().max() < 1e-4
            return "the sum of all gradients so far" if same else "the gradient of another loss"
        return "the gradient of its own batch"

    def mean_loss(self, epoch: range) -> float:
        losses = [
            nn.functional.cross_entropy(
                self.X[self.rows[n]] @ self.weights[n], self.y[self.rows[n]], reduction="sum"
            ).item()
            for n in epoch
        ]
        return sum(losses) / max(1, sum(len(self.rows[n]) for n in epoch))


def watch_training(
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
        "losses, relative to the true means": [float(loss) / mean for loss, mean in pairs],
        "losses": "with a graph: use item() or detach()" if graphs else "plain numbers",
        "scores": "of validate" if list(scores) == model.scores else "not those of validate",
    }


def train_epochs_inputs(_: torch.Generator) -> Iterator[tuple[int, int, int]]:
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


def softmax_left(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    """One of the five is left: softmax stands before `cross_entropy`, which applies it itself.
    Twice, it flattens the gradient, and the loss cannot come near 0.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = list[float](), list[float]()
    for _ in range(n_epochs):
        model.train()
        total = 0.0
        for batch in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(X[batch]).softmax(dim=1), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
        scores.append(validate(model))
    return losses, scores


def zero_left(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    """One of the five is left: nobody zeroes the gradients, so each step follows the sum of all
    gradients so far. Put `optimizer.zero_grad()` before `backward`.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = list[float](), list[float]()
    for _ in range(n_epochs):
        model.train()
        total = 0.0
        for batch in torch.randperm(len(X)).split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
        scores.append(validate(model))
    return losses, scores


def zeroed_too_late(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    """Your `zero_grad` stands between `backward` and `step`: it throws the gradient away before
    the step can use it, and no weight ever moves. Put it before `backward` or after `step`.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = list[float](), list[float]()
    for _ in range(n_epochs):
        model.train()
        total = 0.0
        for batch in torch.randperm(len(X)).split(batch_size):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimizer.zero_grad()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
        scores.append(validate(model))
    return losses, scores


def seed_left(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    """One of the five is left: the seed is set anew in every epoch, so every epoch has the same
    order. Seed once, before the loop, or leave that to whoever calls the function.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = list[float](), list[float]()
    for _ in range(n_epochs):
        torch.manual_seed(0)
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


def eval_left(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    """One of the five is left: `validate` calls `eval()`, and from the second epoch on you train
    in that mode, without dropout. Call `train()` at the start of every epoch.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = list[float](), list[float]()
    model.train()
    for _ in range(n_epochs):
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


def divided_twice(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    """One of the five is left: the batch's loss is a mean already, and you divide it by the batch
    size once more. Multiply by the samples of the batch instead, and divide by N at the end.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = list[float](), list[float]()
    for _ in range(n_epochs):
        model.train()
        batches = torch.randperm(len(X)).split(batch_size)
        total = 0.0
        for batch in batches:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() / batch_size
        losses.append(total / len(batches))
        scores.append(validate(model))
    return losses, scores


def means_averaged(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    """The second division by the batch size is gone, but you average the batches' means: the short
    last batch counts as much as a full one. Weight each mean by the samples of its batch.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = list[float](), list[float]()
    for _ in range(n_epochs):
        model.train()
        batches = torch.randperm(len(X)).split(batch_size)
        total = 0.0
        for batch in batches:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(batches))
        scores.append(validate(model))
    return losses, scores


def taken_for_full(
    model: nn.Module, X: Tensor, y: Tensor, n_epochs: int, batch_size: int, validate: Measure
) -> Trained:
    """You multiply each mean by `batch_size`, and the last batch is short: `len(batch)` says how
    many samples a batch really has.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, scores = list[float](), list[float]()
    for _ in range(n_epochs):
        model.train()
        total = 0.0
        for batch in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * batch_size
        losses.append(total / len(X))
        scores.append(validate(model))
    return losses, scores


@exercise(
    "A training loop with five faults",
    minutes=12,
    difficulty=3,
    hints=(
        (
            "Go through the five actions of a step: zero, forward, loss, backward, step. Two "
            "faults are among them. The other three stand around them."
        ),
        (
            "What does `cross_entropy` want: scores or probabilities? And which of the five "
            "actions is missing?"
        ),
        (
            "What runs again in every epoch and should not, and what runs once and should run "
            "again, since `validate` calls `eval()`?"
        ),
        (
            "`loss` is a mean over the batch already. To get the mean over all samples, weight "
            "it by `len(batch)` and divide the total by `len(X)`."
        ),
    ),
    why="Logits into the loss, gradients zeroed, one seed for the run, train() in every epoch, "
    "and each batch's mean weighted by its size.",
    inputs=train_epochs_inputs,
    use=watch_training,
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


# ---------------------------------------------------------------------------- stop_early


def live_weights(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """The network ends with its last weights, not its best. Either you kept `model.state_dict()`,
    which refers to the live weights (and so does its `.copy()`): clone each tensor, or use
    `copy.deepcopy`. Or you never loaded what you kept into the `model` that was handed in.
    """
    losses = list[float]()
    for _ in range(n_epochs):
        train_once(model)
        losses.append(measure(model))
        best = losses.index(min(losses))
        if best == len(losses) - 1:
            weights = model.state_dict()
        elif len(losses) - best > patience:
            break
    model.load_state_dict(weights)
    return losses[best]


def patience_never_renewed(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """You count all epochs without a new best together: a new best should renew the patience.
    Set the count back to 0.
    """
    best, waited = float("inf"), 0
    for _ in range(n_epochs):
        train_once(model)
        loss = measure(model)
        if loss < best:
            best = loss
            weights = {name: numbers.clone() for name, numbers in model.state_dict().items()}
        else:
            waited += 1
            if waited == patience:
                break
    model.load_state_dict(weights)
    return best


def compared_with_the_last(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """You compare each loss with the one before it: a loss that falls a little after a rise looks
    like progress. Compare with the lowest so far.
    """
    best, waited, last = float("inf"), 0, float("inf")
    for _ in range(n_epochs):
        train_once(model)
        loss = measure(model)
        waited, last = (0 if loss < last else waited + 1), loss
        if loss < best:
            best = loss
            weights = {name: numbers.clone() for name, numbers in model.state_dict().items()}
        if waited == patience:
            break
    model.load_state_dict(weights)
    return best


def last_of_equals(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """You take a loss that equals the lowest so far for a new best one (`<=`). Of equal losses the
    first counts: only a lower one renews the patience.
    """
    best, waited = float("inf"), 0
    for _ in range(n_epochs):
        train_once(model)
        loss = measure(model)
        if loss <= best:
            best, waited = loss, 0
            weights = {name: numbers.clone() for name, numbers in model.state_dict().items()}
        else:
            waited += 1
            if waited == patience:
                break
    model.load_state_dict(weights)
    return best


def one_epoch_late(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """You stop an epoch too late: with a patience of 2, the second epoch in a row without a new
    best is the last. Stop when the count reaches the patience.
    """
    losses = list[float]()
    for _ in range(n_epochs):
        train_once(model)
        losses.append(measure(model))
        best = losses.index(min(losses))
        if best == len(losses) - 1:
            weights = {name: numbers.clone() for name, numbers in model.state_dict().items()}
        elif len(losses) - best > patience + 1:
            break
    model.load_state_dict(weights)
    return losses[best]


def buffers_forgotten(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """You keep and restore the parameters alone: batch norm's running averages are buffers, and
    they stay those of the last epoch. The state dict holds both.
    """
    losses = list[float]()
    for _ in range(n_epochs):
        train_once(model)
        losses.append(measure(model))
        best = losses.index(min(losses))
        if best == len(losses) - 1:
            weights = [parameter.detach().clone() for parameter in model.parameters()]
        elif len(losses) - best > patience:
            break
    with torch.no_grad():
        for parameter, kept in zip(model.parameters(), weights, strict=True):
            parameter.copy_(kept)
    return losses[best]


def watch_stopping(
    answer: Callable[..., Any], losses: list[float], patience: int
) -> dict[str, Any] | None:
    model = nn.BatchNorm1d(1)
    epochs = 0

    def train_once(model: nn.BatchNorm1d) -> None:
        nonlocal epochs
        epochs += 1
        if epochs > len(losses):
            msg = f"you trained for more than n_epochs = {len(losses)} epochs"
            raise RuntimeError(msg)
        nn.init.constant_(model.weight, epochs)
        nn.init.constant_(model.running_mean, epochs)  # type: ignore[arg-type]

    result = answer(model, train_once, lambda _: losses[epochs - 1], len(losses), patience)
    if result is None:
        return None
    return {
        "it returns": result,
        "epochs trained": epochs,
        "at the end the weights are those of epoch": model.weight.item(),
        "at the end the running averages are those of epoch": model.running_mean.item(),  # type: ignore[union-attr]
    }


def stop_early_inputs(rng: torch.Generator) -> Iterator[tuple[list[float], int]]:
    yield [3.0, 2.0, 2.5, 2.6, 1.0], 2
    yield [3.0, 2.0, 1.0], 1
    yield [2.0, 2.0, 2.0, 1.0], 2
    yield [3.0, 2.0, 2.5, 1.5, 1.8, 1.6, 1.7, 1.0], 3
    yield [2.0, 1.0, 3.0], 5
    yield [4e9], 1
    yield torch.randn(12, generator=rng).tolist(), 4


@exercise(
    "Early stopping that keeps the best",
    minutes=10,
    difficulty=3,
    hints=(
        (
            "Keep three things: the lowest loss so far, the weights of that epoch, and how many"
            " epochs have gone by since."
        ),
        "`model.state_dict()` moves along with the training, as you saw. Clone each tensor.",
        (
            "A new lowest loss: keep it, keep the clones, set the count to 0. Otherwise add 1 "
            "to the count, and `break` when it reaches the patience."
        ),
        "After the loop, `model.load_state_dict(…)` with the clones; return the lowest loss.",
    ),
    why="Clones of the whole state dict stay what they were, so the best epoch can come back.",
    inputs=stop_early_inputs,
    use=watch_stopping,
    mistakes=(
        live_weights,
        patience_never_renewed,
        compared_with_the_last,
        last_of_equals,
        one_epoch_late,
        buffers_forgotten,
    ),
)
def stop_early(
    model: nn.Module, train_once: Measure, measure: Measure, n_epochs: int, patience: int
) -> float:
    """Train until `patience` epochs in a row bring no new lowest loss, or for n_epochs.

    `train_once(model)` trains for one epoch, `measure(model)` then returns the validation loss.
    At the end, put the weights (the whole state dict) of the epoch with the lowest loss back
    into `model`, and return that loss. Of several equal losses the first counts. n_epochs and
    patience are at least 1.
    """
    losses = []
    for _ in range(n_epochs):
        train_once(model)
        losses.append(measure(model))
        best = losses.index(min(losses))
        if best == len(losses) - 1:
            weights = {name: numbers.clone() for name, numbers in model.state_dict().items()}
        elif len(losses) - best > patience:
            break
    model.load_state_dict(weights)
    return losses[best]
