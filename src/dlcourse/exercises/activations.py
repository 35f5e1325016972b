"""The exercises of lesson 03: what stands between the layers."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.comparison import Tolerance
from dlcourse.exercise import exercise, question

# A small number counts, too: softplus of −20 is 2e-9, and 0 is wrong there.
SMALL_COUNTS = Tolerance(absolute=1e-12)

# ---------------------------------------------------------------------------- sigmoid_neuron


def fed_the_score() -> tuple[float, float, float]:
    """You put the score into s · (1 − s): that formula wants the sigmoid's output, here 0.8."""
    inner = math.log(4) * (1 - math.log(4))
    return 0.5 * inner, 2 * inner, inner


def squashed_twice() -> tuple[float, float, float]:
    """You squashed twice: 0.8 is the sigmoid's output already, so it goes in as it is."""
    again = 1 / (1 + math.exp(-0.8))
    return 0.5 * again * (1 - again), 2 * again * (1 - again), again * (1 - again)


def swapped_factors() -> tuple[float, float, float]:
    """You swapped two factors: the score w · x + b has the slope w along x, and x along w."""
    return 0.32, 0.08, 0.16


def left_out_the_inside() -> tuple[float, float, float]:
    """You stopped at the sigmoid: multiply by the score's slope, which is w along x, x along w."""
    return 0.16, 0.16, 0.16


@question(
    "The slopes of one sigmoid neuron",
    minutes=3,
    difficulty=1,
    names=("dx", "dw", "db"),
    hints=(
        "Two slopes are multiplied: that of the sigmoid, and that of the score w·x + b.",
        "The sigmoid's slope is s · (1 − s), where s is its output. Which of the numbers is that?",
        "The score's slope is w along x, x along w, and 1 along b: multiply each by 0.8 · 0.2.",
    ),
    why="The sigmoid's slope is 0.8 · 0.2 = 0.16; times w = 0.5 along x, times x = 2 along w.",
    mistakes=(fed_the_score, squashed_twice, swapped_factors, left_out_the_inside),
    tolerance=Tolerance(relative=2e-3),
)
def sigmoid_neuron() -> tuple[float, float, float]:
    """The slopes of a neuron's output, sigmoid(w·x + b), along x, w and b.

    Here x = 2 and w = 0.5; the score w·x + b is log 4 = 1.386, and the output 0.8.
    """
    x, w, s = 2, 0.5, 0.8
    slope = s * (1 - s)
    return w * slope, x * slope, slope


# ---------------------------------------------------------------------------- sharp_softplus


def by_definition(x: Tensor, beta: float) -> Tensor:
    """You wrote the formula as it stands: exp overflows where beta · x is large. Rewrite it so
    that exp sees only numbers below 0.
    """
    return (1 + (beta * x).exp()).log() / beta


def with_log1p_only(x: Tensor, beta: float) -> Tensor:
    """You have `log1p` for the small numbers; exp still overflows where beta · x is large."""
    return (beta * x).exp().log1p() / beta


def without_log1p(x: Tensor, beta: float) -> Tensor:
    """You keep exp from overflowing; but 1 + e⁻²⁰ is rounded to 1, so a small result becomes 0.
    `log1p(u)` is log(1 + u) without that sum.
    """
    z = beta * x
    return (z.clamp(min=0) + (1 + (-z.abs()).exp()).log()) / beta


def for_one_side(x: Tensor, beta: float) -> Tensor:
    """You took e to the power of z out of the logarithm for every z: that is right for z > 0,
    and makes exp overflow for z far below 0.
    """
    z = beta * x
    return (z + (-z).exp().log1p()) / beta


def undivided(x: Tensor, beta: float) -> Tensor:
    """You left out the division by beta: far to the right the result should be x itself."""
    z = beta * x
    return z.clamp(min=0) + (-z.abs()).exp().log1p()


def maximum_with_a_number(x: Tensor, beta: float) -> Tensor:
    """Other than NumPy's functions, `torch.maximum`, `torch.exp` and their like take no plain
    numbers. For the larger one of z and 0 write `z.clamp(min=0)`.
    """
    z = beta * x
    return (torch.maximum(z, 0) + (-z.abs()).exp().log1p()) / beta  # type: ignore[arg-type]


def maximum_along_a_dimension(x: Tensor, beta: float) -> Tensor:
    """In `torch.max(z, 0)` the 0 is a dimension: out come the maxima along it, with their places.
    Ask `z.clamp(min=0)` for the larger one of each number and 0.
    """
    z = beta * x
    larger: Any = torch.max(z, 0)
    result: Tensor = (larger + (-z.abs()).exp().log1p()) / beta
    return result


def sharp_softplus_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float]]:
    yield torch.tensor([0.0, 2.0]), 1.0
    yield torch.tensor([-1000.0, 1000.0]), 1.0
    yield torch.tensor([[-10.0, 10.0, 44.5]]), 2.0  # quiet: 1 + e⁻²⁰ is 1 in float32
    yield torch.randn(5, 3, generator=rng).T, 3.0  # not contiguous
    yield torch.tensor([-2000.0, -0.3, 1e4], dtype=torch.float64), 0.5
    yield torch.empty(0, 3), 1.0


@exercise(
    "A softplus that cannot overflow",
    minutes=4,
    difficulty=2,
    hints=(
        "Let z be beta · x. The lesson's stable form takes care of log(1 + e to the power of z).",
        "For z > 0, take z out: z + log(1 + e to the power of −z). For z ≤ 0, leave it as it is.",
        "In one line for both: max(z, 0) + log1p(exp(−|z|)). The division by beta comes last.",
    ),
    why="exp sees only −|z|, which cannot overflow, and log1p keeps what is small.",
    inputs=sharp_softplus_inputs,
    mistakes=(
        by_definition,
        with_log1p_only,
        without_log1p,
        for_one_side,
        undivided,
        maximum_with_a_number,
        maximum_along_a_dimension,
    ),
    tolerance=SMALL_COUNTS,
)
def sharp_softplus(x: Tensor, beta: float) -> Tensor:
    """Return log(1 + exp(beta · x)) / beta for every element of the tensor `x`.

    The result is a tensor of the shape of `x`, which may be empty. It is right for numbers of
    any size: 1000, −1000, −20.
    """
    z = beta * x
    return (z.clamp(min=0) + (-z.abs()).exp().log1p()) / beta


# ---------------------------------------------------------------------------- safe_sigmoid


def values_and_slopes(answer: Callable[[Tensor], Tensor], x: Tensor) -> object:
    """Return the values and the slopes that autograd finds; what is no tensor as it is."""
    x = x.clone().requires_grad_()
    values = answer(x)
    if values is None:
        return None
    if not isinstance(values, Tensor):
        return {"values": values}
    return {"values": values, "slopes": torch.autograd.grad(values.sum(), x)[0]}


def divided_by_infinity(x: Tensor) -> Tensor:
    """Your values are right; but at −1000 exp(1000) is infinite, and the slope is 0 · ∞ = nan.
    Let exp see no number above 0.
    """
    return 1 / (1 + (-x).exp())


def mirrored(x: Tensor) -> Tensor:
    """You wrote eˣ / (1 + eˣ) everywhere: right on the left, and infinity divided by infinity at
    1000. Each side needs its own form.
    """
    return x.exp() / (1 + x.exp())


def chose_too_late(x: Tensor) -> Tensor:
    """You choose between two results with `where`, and both are computed: the one you drop is
    infinite, and its slope, 0 · ∞, is nan. Choose the number that goes into exp instead.
    """
    return torch.where(x > 0, 1 / (1 + (-x).exp()), x.exp() / (1 + x.exp()))


def with_a_corner(x: Tensor) -> Tensor:
    """Right but at one number: |x|, relu and clamp have a corner at 0, where autograd must choose
    a slope; yours comes to 0 there, and not to 0.25. Choose between x and −x with `where`, whose
    two sides have slopes.
    """
    e = (-x.abs()).exp()
    return torch.where(x > 0, 1, e) / (1 + e)


def cut_off(x: Tensor) -> Tensor:
    """You cut x off before exp: beyond the cut the values stand still and the slope is 0, which
    it is nowhere. No cut is needed if exp sees no number above 0.
    """
    return 1 / (1 + (-x.clamp(-20, 20)).exp())


def by_tanh(x: Tensor) -> Tensor:
    """Right on paper; but 1 + tanh(x/2) loses what is small: at −20 tanh is rounded to −1, and
    2e-9 becomes 0. Use the form with exp.
    """
    return (1 + (x / 2).tanh()) / 2


def safe_sigmoid_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([0.5, -2.0]),)
    yield (torch.tensor([0.0]),)
    yield (torch.tensor([-1000.0, 1000.0]),)
    yield (torch.tensor([[-80.0, -20.0, 5.0, 89.0]]),)
    yield (torch.randn(4, 3, generator=rng, dtype=torch.float64).T,)


@exercise(
    "A sigmoid with sound slopes",
    minutes=6,
    difficulty=3,
    hints=(
        "Keep exp from overflowing first; then look at the slopes at −1000, 0 and 1000.",
        "For x > 0 use 1 / (1 + e⁻ˣ), else eˣ / (1 + eˣ): in both, exp sees −|x|. Compute it once.",
        "`abs` has no slope at 0: autograd takes 0. `torch.where(x > 0, -x, x)` is −|x|, too.",
        "With e = exp of that: `torch.where(x > 0, 1, e) / (1 + e)`.",
    ),
    why="exp sees −|x| only, so nothing is infinite; and by `where`, x has a slope at 0 as well.",
    inputs=safe_sigmoid_inputs,
    use=values_and_slopes,
    mistakes=(divided_by_infinity, mirrored, chose_too_late, with_a_corner, cut_off, by_tanh),
    tolerance=Tolerance(absolute=1e-37),
)
def safe_sigmoid(x: Tensor) -> Tensor:
    """Return 1 / (1 + exp(−x)) for every element of the tensor `x`, in the shape of `x`.

    The values are right everywhere, and so are the slopes that autograd finds: at 1000, −1000, 0.
    Small ones count: at −20 both are 2e-9, and not 0.
    """
    e = torch.where(x > 0, -x, x).exp()
    return torch.where(x > 0, 1, e) / (1 + e)


# ---------------------------------------------------------------------------- softmax_rows


def no_maximum(scores: Tensor, temperature: float) -> Tensor:
    """Infinity divided by infinity: subtract each row's maximum before exp; the shares stay."""
    e = (scores / temperature).exp()
    return e / e.sum(dim=1, keepdim=True)


def down_the_batch(scores: Tensor, temperature: float) -> Tensor:
    """Your columns add up to 1: dimension 0 runs down the batch. Each row must: `dim=1`."""
    return (scores / temperature).softmax(dim=0)


def one_maximum_for_all(scores: Tensor, temperature: float) -> Tensor:
    """You subtracted one maximum from all rows: in a row far below it every exp is 0, and 0 / 0
    is nan. Each row needs its own: `amax(dim=1, keepdim=True)`.
    """
    z = scores / temperature
    e = (z - z.max()).exp()
    return e / e.sum(dim=1, keepdim=True)


def heated_wrongly(scores: Tensor, temperature: float) -> Tensor:
    """You multiplied by the temperature: a high one should make the shares more equal. Divide."""
    return (scores * temperature).softmax(dim=1)


def heated_late(scores: Tensor, temperature: float) -> Tensor:
    """You divided the shares by the temperature, so a row adds up to something else than 1:
    divide the scores, before exp.
    """
    return scores.softmax(dim=1) / temperature


def softmax_rows_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, float]]:
    yield torch.tensor([[1.0, 2.0, 3.0], [3.0, 3.0, 0.0]]), 1.0
    yield torch.tensor([[1000.0, 0.0]]), 1.0  # a batch of one
    yield torch.tensor([[900.0, 901.0], [-901.0, -900.0], [2.0, 4.0]]), 2.0
    yield torch.randn(3, 4, generator=rng, dtype=torch.float64).T, 0.001
    yield torch.tensor([[5.0], [-3.0]]), 3.0  # one class: always 1
    yield torch.empty(0, 3), 1.0


@exercise(
    "Softmax with a temperature",
    minutes=4,
    difficulty=2,
    hints=(
        "Divide the scores by the temperature first; the rest is a softmax along each row.",
        "Subtract a maximum so that exp cannot overflow. One for the table, or one for each row?",
        "`z.amax(dim=1, keepdim=True)` has the shape (N, 1), so it can be subtracted from (N, C).",
        "With e = exp(z − that), the shares are e / e.sum(dim=1, keepdim=True).",
    ),
    why="Only differences within a row count, so each row may lose its own maximum before exp.",
    inputs=softmax_rows_inputs,
    mistakes=(no_maximum, down_the_batch, one_maximum_for_all, heated_wrongly, heated_late),
)
def softmax_rows(scores: Tensor, temperature: float) -> Tensor:
    """Return the softmax of scores / temperature along each row: tensors (N, C) to (N, C).

    Each row adds up to 1, whatever the size of the scores. N may be 0.
    """
    z = scores / temperature
    e = (z - z.amax(dim=1, keepdim=True)).exp()
    return e / e.sum(dim=1, keepdim=True)


# ---------------------------------------------------------------------------- log_sum_exp


def in_three_steps(scores: Tensor) -> Tensor:
    """You took exp of the scores as they are: it overflows at 1000, and at −1000 all are 0, whose
    logarithm is −∞. Subtract each row's maximum before exp, and add it again after the logarithm.
    """
    return scores.exp().sum(dim=1).log()


def not_added_again(scores: Tensor) -> Tensor:
    """You subtracted the maximum and did not add it again: here, other than in a softmax, it does
    not cancel.
    """
    top = scores.amax(dim=1, keepdim=True)
    return (scores - top).exp().sum(dim=1).log()


def the_largest(scores: Tensor) -> Tensor:
    """You returned the maximum: near the result where one score leads, but two equal scores of 0
    give log 2.
    """
    return scores.amax(dim=1)


def a_column_for_a_row(scores: Tensor) -> Tensor:
    """The numbers are right, and the shape is (N, 1): drop the last dimension, one number a row."""
    return scores.logsumexp(dim=1, keepdim=True)


def along_the_batch(scores: Tensor) -> Tensor:
    """You added down the batch, along dimension 0: one number for each class came out. One for
    each row is asked for: `dim=1`.
    """
    return scores.logsumexp(dim=0)


def maximum_of_the_batch(scores: Tensor) -> Tensor:
    """You subtracted the maximum of the whole batch: in a row far below it every exp is 0, whose
    logarithm is −∞. Take each row's own: `amax(dim=1)`.
    """
    return (scores - scores.max()).exp().sum(dim=1).log() + scores.max()


def log_sum_exp_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[0.0, 0.0], [1.0, 3.0], [2.0, -1.0]]),)
    yield (torch.tensor([[1000.0, 1000.0, 0.0]]),)  # a batch of one
    yield (torch.tensor([[-1000.0, -1001.0], [1000.0, 999.0], [0.0, 7.0]], dtype=torch.float64),)
    yield (torch.randn(3, 5, generator=rng).T,)
    yield (torch.tensor([[-400.0], [2.5]]),)  # one score: itself


@exercise(
    "Log-sum-exp without overflow",
    minutes=4,
    difficulty=2,
    hints=(
        "What becomes of the result if you add 10 to all scores of a row? e¹⁰ is a factor.",
        "So log(sum of exp(scores)) = m + log(sum of exp(scores − m)) for any m. Which m is safe?",
        "Take each row's maximum, m = `scores.amax(dim=1)`, of shape (N,). `m[:, None]` is (N, 1).",
        "`(scores - m[:, None]).exp().sum(dim=1).log()`, and the maximum added again.",
    ),
    why="With the maximum taken out, the largest exp is 1: no overflow, and no logarithm of 0.",
    inputs=log_sum_exp_inputs,
    mistakes=(
        in_three_steps,
        not_added_again,
        the_largest,
        a_column_for_a_row,
        along_the_batch,
        maximum_of_the_batch,
    ),
)
def log_sum_exp(scores: Tensor) -> Tensor:
    """Return log(sum of exp(score)) of each row: tensors (N, C) to (N,); right at ±1000, too."""
    top = scores.amax(dim=1)
    return (scores - top[:, None]).exp().sum(dim=1).log() + top


# ---------------------------------------------------------------------------- lamp_weights

Weights: TypeAlias = tuple[list[list[float]], list[float], list[float], float]


def run_lamp(answer: Callable[[], Weights], X: Tensor) -> object:
    """Return what a network of ReLUs with these weights gives for each case; None for None."""
    weights = answer()
    if weights is None:
        return None
    W1, b1, w2, b2 = (torch.as_tensor(part, dtype=torch.float64) for part in weights)
    return (X @ W1.T + b1).relu() @ w2.reshape(-1) + b2.reshape(())


def made_for_steps() -> Weights:
    """These are the weights of the lesson's lamp, which is made of steps. A ReLU does not stop
    at 1: look at its two hidden values for (0, 1) and (1, 1), and begin with them.
    """
    return [[1, 1], [1, 1]], [-0.5, -1.5], [1, -1], -0.5


def an_or() -> Weights:
    """That is "or": for (1, 1) the two hidden units come to 1, and should cancel out. The second
    one must take away more.
    """
    return [[1, 1], [1, 1]], [0, -1], [1, -1], 0


def an_and() -> Weights:
    """That is "and": only (1, 1) gives 1. It is what must be taken away from a sum."""
    return [[1, 1], [1, 1]], [0, -1], [0, 1], 0


def twins() -> Weights:
    """The lamp adds up its switches: (1, 1) gives 2. Two equal units are worth one, and so is a
    unit without a part in the result: give the second one a bias of its own, so that it is
    silent until both switches are on.
    """
    return [[1, 1], [1, 1]], [0, 0], [0.5, 0.5], 0


def half_everywhere() -> Weights:
    """0.5 everywhere is the best that a network without a bend can do; yours has bends to use."""
    return [[1, 1], [1, 1]], [0, -1], [0, 0], 0.5


def upside_down() -> Weights:
    """Your lamp is on when both switches are equal: upside down. Swap the signs at the end."""
    return [[1, 1], [1, 1]], [0, -1], [-1, 2], 1


def lamp_weights_inputs(_: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64),)


@exercise(
    "The staircase lamp from two ReLUs",
    minutes=7,
    difficulty=2,
    hints=(
        "Let both hidden units look at the sum of the switches, which is 0, 1, 1 or 2.",
        "One unit passes the sum on as it is. The other should be silent until the sum exceeds 1.",
        "relu(sum) is 0, 1, 1, 2 and relu(sum − 1) is 0, 0, 0, 1. What must be taken from what?",
        "Rows [1, 1] twice, biases 0 and −1; the second layer takes the second value away twice.",
    ),
    why="relu(sum) − 2 · relu(sum − 1) rises to 1 and comes down again: one bend makes the turn.",
    inputs=lamp_weights_inputs,
    use=run_lamp,
    mistakes=(made_for_steps, an_or, an_and, twins, half_everywhere, upside_down),
)
def lamp_weights() -> Weights:
    """Return W1, b1, w2, b2 such that relu(X @ W1.T + b1) @ w2 + b2 is 0, 1, 1, 0.

    X are the cases (0, 0), (0, 1), (1, 0), (1, 1). Lists or tensors: W1 has a row for each of
    two hidden units, (2, 2); b1 and w2 have two numbers; b2 is one.
    """
    return [[1, 1], [1, 1]], [0, -1], [1, -2], 0


# ---------------------------------------------------------------------------- last_layer


def letter(answer: object) -> object:
    """Return "c" for "(C)" as well."""
    return answer.strip("() .").lower() if isinstance(answer, str) else answer


def twice_a_sigmoid() -> str:
    """With (a) the sigmoid is applied twice, since the loss has its own: only probabilities from
    0.5 to 0.73 come out, so the loss cannot fall below 0.31, or 0.69 where the truth is "off".
    """
    return "a"


def softmax_of_one() -> str:
    """In (b) the single score has nothing to be compared with: its share is always 1, the loss
    of "on" always 0, and no slope comes back.
    """
    return "b"


def bend_at_the_end() -> str:
    """In (d) no score is ever below 0, so the lamp cannot say "off" with more than 50 percent."""
    return "d"


def log_of_a_probability() -> str:
    """(e) is right on paper; but at the score −200 the sigmoid is 0 in float32, its logarithm −∞
    and the slope nan. One function should do both.
    """
    return "e"


@question(
    "How a network should end",
    minutes=3,
    difficulty=1,
    hints=(
        "Which numbers can come out of each last layer, and which does its loss expect?",
        "A loss whose name ends in `with_logits` applies the sigmoid itself.",
        "One of them hands the raw score to a loss that takes raw scores; the others do not.",
    ),
    why="The loss takes the raw score and does sigmoid and logarithm in one stable step.",
    use=letter,
    mistakes=(twice_a_sigmoid, softmax_of_one, bend_at_the_end, log_of_a_probability),
)
def last_layer() -> str:
    """The lamp's network shall learn when to be on. Which end trains well, for every score?

    (a) nn.Linear(8, 1), nn.Sigmoid(); the loss is binary_cross_entropy_with_logits
    (b) nn.Linear(8, 1), nn.Softmax(dim=1); the loss is −log of the truth's share
    (c) nn.Linear(8, 1); the loss is binary_cross_entropy_with_logits
    (d) nn.Linear(8, 1), nn.ReLU(); the loss is binary_cross_entropy_with_logits
    (e) nn.Linear(8, 1), nn.Sigmoid(); the loss is −log(p) for "on", −log(1 − p) for "off"
    Answer with a letter in quotes.
    """
    return "c"


# ---------------------------------------------------------------------------- fading_slopes


def slope_of_the_input(x: Tensor, n: int) -> Tensor:
    """You put each sigmoid's input into s · (1 − s); it wants the output."""
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        slope = slope * x * (1 - x)
        x = x.sigmoid()
        rows.append(slope)
    return torch.stack(rows)


def slope_of_the_next(x: Tensor, n: int) -> Tensor:
    """You squashed once more before s · (1 − s): each factor is the next sigmoid's slope."""
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope = slope * x.sigmoid() * (1 - x.sigmoid())
        rows.append(slope)
    return torch.stack(rows)


def one_link_each(x: Tensor, n: int) -> Tensor:
    """Each of your rows is the slope of one sigmoid alone. Along a path the slopes multiply: from
    the first input to the k-th output there are k of them.
    """
    rows = []
    for _ in range(n):
        x = x.sigmoid()
        rows.append(x * (1 - x))
    return torch.stack(rows)


def a_quarter_each(x: Tensor, n: int) -> Tensor:
    """You took a quarter for each sigmoid: that is the most it can be, and holds at 0 only."""
    return torch.stack([0.25**k * torch.ones_like(x) for k in range(1, n + 1)])


def one_too_early(x: Tensor, n: int) -> Tensor:
    """Your curve begins with 1, before the first sigmoid: the first row belongs after it."""
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        rows.append(slope)
        x = x.sigmoid()
        slope = slope * x * (1 - x)
    return torch.stack(rows)


def overwritten_rows(x: Tensor, n: int) -> Tensor:
    """All your rows are one and the same tensor: `*=` changes it in place, also where you have
    put it into the list. Write `slope = slope * …`, which makes a new one.
    """
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope *= x * (1 - x)
        rows.append(slope)
    return torch.stack(rows)


def a_column_for_each_sigmoid(x: Tensor, n: int) -> Tensor:
    """Your table lies on its side: it should have a row for each sigmoid and a column for each
    curve. `torch.stack(rows)` makes rows.
    """
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope = slope * x * (1 - x)
        rows.append(slope)
    return torch.stack(rows, dim=1)


def fading_slopes_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int]]:
    yield torch.tensor([0.0, 2.0]), 1
    yield torch.tensor([0.0, 3.0, -3.0]), 4
    yield torch.tensor([1.5]), 10
    yield torch.randn(6, generator=rng, dtype=torch.float64)[::2], 3


@exercise(
    "The data of a fading curve",
    minutes=6,
    difficulty=2,
    hints=(
        "Go from sigmoid to sigmoid, and carry two things along: the value, and the slope so far.",
        "Each sigmoid multiplies the slope by s · (1 − s), where s is what it has just given out.",
        "Start with a slope of 1; in each round squash x, multiply the slope, and keep the row.",
        "`torch.stack(rows)` makes the table of the n rows.",
    ),
    why="Along a path the slopes multiply, and each factor is at most a quarter.",
    inputs=fading_slopes_inputs,
    mistakes=(
        slope_of_the_input,
        slope_of_the_next,
        one_link_each,
        a_quarter_each,
        one_too_early,
        overwritten_rows,
        a_column_for_each_sigmoid,
    ),
    tolerance=SMALL_COUNTS,
)
def fading_slopes(x: Tensor, n: int) -> Tensor:
    """Return the slopes, along `x`, of sigmoid(x), sigmoid(sigmoid(x)) and so on, `n` of them.

    `x` is a tensor (N,), for N curves. The result is a tensor (n, N): its first row holds the
    slopes after one sigmoid, the next those after two.
    """
    rows, slope = [], torch.ones_like(x)
    for _ in range(n):
        x = x.sigmoid()
        slope = slope * x * (1 - x)
        rows.append(slope)
    return torch.stack(rows)


# ---------------------------------------------------------------------------- skip_network


Layers: TypeAlias = Sequence[Callable[[Tensor], Tensor]]  # each a nn.Linear


def faulty_skip_network(X: Tensor, layers: Layers) -> Tensor:
    """Return the shares of the classes for each row of X: (N, C) to (N, K). Three faults to mend.

    `layers` is a list of `nn.Linear`. Each but the last turns h, which starts as X, into
    h + layer(relu(h)). The last, C to K, gives the scores, and softmax makes shares of each row.
    X stays as it was.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu_())
    scores = layers[-1](h).relu()
    return scores.softmax(dim=0)


def still_in_place(X: Tensor, layers: Layers) -> Tensor:
    """The ReLU still works in place: it overwrites h before h is added again, and X with it."""
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu_())
    return layers[-1](h).softmax(dim=1)


def copied_first(X: Tensor, layers: Layers) -> Tensor:
    """Your copy saves X, and not h: the in-place ReLU overwrites h before h is added again. Write
    `relu`, without the underscore.
    """
    h = X.clone()
    for layer in layers[:-1]:
        h = h + layer(h.relu_())
    return layers[-1](h).softmax(dim=1)


def still_bent_at_the_end(X: Tensor, layers: Layers) -> Tensor:
    """There is still a ReLU after the last layer: all scores below 0 become equal, and so do
    their shares. The scores go into softmax as they are.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu())
    return layers[-1](h).relu().softmax(dim=1)


def still_down_the_batch(X: Tensor, layers: Layers) -> Tensor:
    """Softmax still runs down the batch: a row's shares depend on its neighbors, and a batch of
    one gets 1 for every class. Each row must add up to 1: `dim=1`.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu())
    return layers[-1](h).softmax(dim=0)


def bent_before_the_end(X: Tensor, layers: Layers) -> Tensor:
    """You bend h before the last layer: that one gets h as it is. Only the blocks have a ReLU."""
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu())
    return layers[-1](h.relu()).softmax(dim=1)


def in_place_and_bent(X: Tensor, layers: Layers) -> Tensor:
    """Two of the three faults are left. One: `relu_` writes over h, which is still to be added.
    The other comes right after the last layer.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu_())
    return layers[-1](h).relu().softmax(dim=1)


def in_place_and_down(X: Tensor, layers: Layers) -> Tensor:
    """Two of the three faults are left. One: `relu_` writes over h, which is still to be added.
    The other is the direction of the softmax.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu_())
    return layers[-1](h).softmax(dim=0)


def bent_and_down(X: Tensor, layers: Layers) -> Tensor:
    """Two of the three faults are left, both after the last layer. The first: a ReLU there makes
    all scores below 0 equal.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu())
    return layers[-1](h).relu().softmax(dim=0)


def all_three_left(X: Tensor, layers: Layers) -> Tensor:
    """All three faults are still there. Begin with `relu_`: its underscore means "in place", so it
    writes over h, which is still to be added, and over the caller's X.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu_())
    return layers[-1](h).relu().softmax(dim=0)


def unbent(X: Tensor, layers: Layers) -> Tensor:
    """With the fault you threw out the ReLU itself: without a bend, all layers are one."""
    h = X
    for layer in layers[:-1]:
        h = h + layer(h)
    return layers[-1](h).softmax(dim=1)


def linear_of(n_in: int, n_out: int, rng: torch.Generator) -> nn.Linear:
    """Return a layer with weights of `rng` in float64."""
    layer = nn.Linear(n_in, n_out, dtype=torch.float64)
    for weights in layer.parameters():
        nn.init.normal_(weights, std=0.5, generator=rng)
    return layer


def skip_network_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, list[nn.Linear]]]:
    X = torch.tensor([[-2.0, 3.0], [1.0, -1.0]], dtype=torch.float64)
    yield X, [linear_of(2, 2, rng), linear_of(2, 3, rng)]
    yield X[:1].clone(), [linear_of(2, 2, rng), linear_of(2, 2, rng), linear_of(2, 3, rng)]
    yield torch.randn(5, 3, generator=rng).double(), [linear_of(3, 4, rng)]  # no block at all


@exercise(
    "Three faults in a network",
    minutes=6,
    difficulty=2,
    hints=(
        "Go through it line by line: which numbers does it change, and along which dimension?",
        "One fault changes the caller's X, one makes scores equal, one mixes the batch's rows.",
        "The −2 of `h` must survive until it is added; scores may be negative; rows add up to 1.",
        "Write `relu` for `relu_`, leave out the second ReLU, and let softmax run along `dim=1`.",
    ),
    why="h is needed twice, scores may have any sign, and the shares of a row belong together.",
    inputs=skip_network_inputs,
    template=faulty_skip_network,
    mistakes=(
        still_in_place,
        copied_first,
        still_bent_at_the_end,
        still_down_the_batch,
        bent_before_the_end,
        in_place_and_bent,
        in_place_and_down,
        bent_and_down,
        all_three_left,
        unbent,
    ),
)
def skip_network(X: Tensor, layers: Layers) -> Tensor:
    """Return the shares of the classes for each row of X: (N, C) to (N, K)."""
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu())
    return layers[-1](h).softmax(dim=1)


# ---------------------------------------------------------------------------- he_start


def look_at_start(he_start: Callable[[nn.Module], object], model: nn.Module) -> dict[str, object]:
    """Return what can be seen of a start without knowing in which order it drew its numbers."""
    he_start(model)
    seen: dict[str, object] = {}
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear):
            weights, root = layer.weight.detach(), layer.in_features**0.5
            key = f"layer {name}".strip()
            seen[f"{key}: mean × √n_in"] = _rounded(weights.mean() * root)
            seen[f"{key}: spread × √n_in"] = _rounded(weights.std() * root)
            seen[f"{key}: spread between units × √n_in"] = _rounded(weights.std(0).mean() * root)
            if layer.bias is not None:
                seen[f"{key}: largest bias"] = layer.bias.detach().abs().max()
        elif isinstance(layer, nn.PReLU):
            seen["the slope of PReLU, which no Linear is"] = layer.weight.detach()
    return seen


def _rounded(value: Tensor) -> float:
    return round(value.item(), 2)


def xavier_start(model: nn.Module) -> None:
    """That is Xavier's spread, √(2 / (n_in + n_out)): right for tanh, too small or too large for
    ReLU. He counts the inputs alone.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def outputs_counted(model: nn.Module) -> None:
    """You counted the outputs. `weight` has the shape (outputs, inputs), and a score is a sum over
    the inputs.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=(2 / layer.out_features) ** 0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def without_the_two(model: nn.Module) -> None:
    """The spread is √(1 / n_in): the 2 is missing, which makes up for the half that ReLU cuts."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=(1 / layer.in_features) ** 0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def without_the_root(model: nn.Module) -> None:
    """You took 2 / n_in for the spread: that is its square, the variance. Take the root."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=2 / layer.in_features)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def biases_left(model: nn.Module) -> None:
    """The weights are right; the biases are still as PyTorch made them. Set them to 0."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)


def equal_units(model: nn.Module) -> None:
    """You gave all units of a layer the same weights: equal units get equal slopes and stay equal.
    Draw a number for every weight.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            row = torch.randn(layer.in_features) * (2 / layer.in_features) ** 0.5
            layer.weight.data[:] = row
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def all_at_zero(model: nn.Module) -> None:
    """All weights are 0: no slope reaches the layers before, and nothing moves. Draw them at
    random.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def by_dimension(model: nn.Module) -> None:
    """You set everything with one dimension to 0; that is not always a bias: PReLU's slope went,
    too. Ask each part whether it is an `nn.Linear`.
    """
    for weights in model.parameters():
        if weights.ndim == 1:
            nn.init.zeros_(weights)
        else:
            nn.init.kaiming_normal_(weights)


def over_the_model(model: nn.Module) -> None:
    """A loop over the model itself works for `nn.Sequential` alone, and sees its outermost parts
    only. Loop over `model.modules()`: the model and every part, however deep.
    """
    for layer in model:  # type: ignore[attr-defined]
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def one_level_deep(model: nn.Module) -> None:
    """You went one level deep: neither the model itself nor the parts of its parts were reached.
    `model.modules()` gives them all.
    """
    for layer in model.children():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def into_sequential_only(model: nn.Module) -> None:
    """You go into `nn.Sequential` alone; a model may have containers of other kinds, or be a class
    of its own. `model.modules()` goes into all of them, so no function need call itself.
    """
    if isinstance(model, nn.Sequential):
        for part in model:
            into_sequential_only(part)
    elif isinstance(model, nn.Linear):
        nn.init.kaiming_normal_(model.weight)
        if model.bias is not None:
            nn.init.zeros_(model.bias)


def down_from_sequential(model: nn.Module) -> None:
    """You loop over the model, which need be no `nn.Sequential`: it may be a single `nn.Linear`,
    or hold its parts in another way. `model.modules()` gives the model and every part in it.
    """
    for part in model:  # type: ignore[attr-defined]
        if isinstance(part, nn.Sequential):
            down_from_sequential(part)
        elif isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def he_start_inputs(_: torch.Generator) -> Iterator[tuple[nn.Module]]:
    yield (nn.Linear(50, 200),)
    inside = nn.Sequential(nn.Linear(200, 50, bias=False), nn.ReLU())
    yield (nn.Sequential(nn.Linear(64, 200), nn.PReLU(), inside),)
    yield (nn.ModuleDict({"body": nn.Sequential(nn.Linear(100, 80)), "head": nn.Linear(80, 50)}),)


@exercise(
    "He's start for a whole model",
    minutes=7,
    difficulty=3,
    hints=(
        "Loop over `model.modules()`. Containers and activations are among them: which are wanted?",
        "`isinstance(part, nn.Linear)` tells. Its number of inputs is `part.in_features`.",
        "`nn.init.normal_(part.weight, std=…)` fills the weights; the spread is √(2 / n_in).",
        "`nn.init.zeros_(part.bias)`, but only `if part.bias is not None`.",
    ),
    why="A sum of n products has √n times their spread, and the 2 makes up for what ReLU cuts off.",
    inputs=he_start_inputs,
    use=look_at_start,
    mistakes=(
        xavier_start,
        outputs_counted,
        without_the_two,
        without_the_root,
        biases_left,
        equal_units,
        all_at_zero,
        by_dimension,
        over_the_model,
        one_level_deep,
        into_sequential_only,
        down_from_sequential,
    ),
    tolerance=Tolerance(relative=0.08, absolute=0.1),
    changes_arguments=True,
)
def he_start(model: nn.Module) -> None:
    """Give every `nn.Linear` in `model` He's start: random weights of spread √(2 / n_in) around 0.

    Set its biases to 0; it may have none (`bias` is None then). `model` may be nested, and is
    changed in place; its other parts stay as they are.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
