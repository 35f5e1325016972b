"""The exercises of lesson 04: rates, bases, optimizers and rules for stopping."""

# A comment that calms mypy would stand in the solution that a learner sees, and the types of
# torch.linalg and of a called module are unknown.
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.comparison import Tolerance
from dlcourse.exercise import exercise, question

Loss: TypeAlias = Callable[[Tensor], Tensor]
Slope: TypeAlias = Callable[[Tensor], Tensor]
Stopped: TypeAlias = tuple[Tensor, int, str]

# ---------------------------------------------------------------------------- new_rate


def rate_kept() -> float:
    """You kept the rate: the mean's slopes are 500 times smaller, and so would be each step."""
    return 4e-6


def rate_divided() -> float:
    """You divided: the slopes become 500 times smaller, and your rate makes them smaller again."""
    return 4e-6 / 500


def rate_squared() -> float:
    """You scaled by 500 twice: the errors are squared, but the mean divides by 500 only once."""
    return 4e-6 * 500**2


def rate_of_the_page() -> float:
    """You counted the points of the lesson: these are other points, so take their number."""
    return 4e-6 * 2000


@question(
    "The rate for the other loss",
    minutes=2,
    difficulty=1,
    hints=(
        "A step is the rate times the slope. What happens to the slope, sum against mean?",
        "The mean is the sum divided by the number of points, and so is each of its slopes.",
        "The slopes are 500 times smaller: what must the rate be, for the same product?",
    ),
    why="The mean's slopes are 1/500 of the sum's, so the rate has to be 500 times as large.",
    mistakes=(rate_kept, rate_divided, rate_squared, rate_of_the_page),
    tolerance=Tolerance(absolute=0),
)
def new_rate() -> float:
    """A fit to 500 points does well on the summed squared error at the rate 4e-6.

    Now the loss becomes the mean squared error. Which rate makes the very same steps?
    """
    return 4e-6 * 500


# ---------------------------------------------------------------------------- backward_fault


def blamed_the_rate() -> str:
    """No rate has a part in it: slopes are computed before any step is taken. Look inside."""
    return "a"


def blamed_the_sign() -> str:
    """A reversed sign would show for one number, too, and would change no size."""
    return "c"


def blamed_rounding() -> str:
    """Rounding costs the last digits of a slope; it cannot make a factor of 2,000."""
    return "d"


@question(
    "Right alone, wrong in a mean",
    minutes=2,
    difficulty=1,
    hints=(
        "Which part of the chain rule is 1 for the loss f(x), and something else for the mean?",
        "The mean hands 1/2,000 to each of its numbers. By what name does that reach `backward`?",
        "Read the trap above again: what does the forgetful version do with what comes in?",
    ),
    why="What comes in is 1 in the first case and 1/2,000 in the second; it was never used.",
    mistakes=(blamed_the_rate, blamed_the_sign, blamed_rounding),
)
def backward_fault() -> str:
    """A class has a `backward` written by hand. With one number x and the loss f(x), the slope
    is right. With 2,000 numbers X and the loss f(X).mean(), each slope is 2,000 times too large.
    Which fault explains both? Answer "a", "b", "c" or "d".

    a: The learning rate belongs to a sum, and the loss is a mean.
    b: `backward` does not multiply by the slope that comes in, `grad_output`.
    c: `backward` returns the slope with the wrong sign.
    d: The numbers are float32, and rounding errors add up over 2,000 of them.
    """
    return "b"


# ---------------------------------------------------------------------------- Blend


class BlendWithFaults(nn.Module):
    """A scale times the sum of some layers: (N, 2) → (N, 1).

    `layers` is a list of modules such as nn.Linear(2, 1), and `scale` is a tensor with one number,
    the one to start from. All of it shall be trained. `forward` is right; mend `__init__`.
    """

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = list(layers)
        self.scale = scale.clone().requires_grad_()

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


class BlendWithList(nn.Module):
    """You left the layers in a Python list, which hides them: they would never be trained."""

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = list(layers)
        self.scale = nn.Parameter(scale)

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


class BlendWithTensor(nn.Module):
    """You left the scale a plain tensor: it has a slope, but no optimizer is told of it."""

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = scale.clone().requires_grad_()

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


class BlendWithBuffer(nn.Module):
    """You made the scale a buffer: it is saved with the model, but only parameters are trained."""

    scale: Tensor

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.register_buffer("scale", scale)

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


class BlendFrozen(nn.Module):
    """You switched `requires_grad` off: the scale is registered, but no training changes it."""

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(scale, requires_grad=False)

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


def look_at_blend(
    answer: Callable[..., nn.Module], n_layers: int, scale: Tensor, X: Tensor
) -> object:
    layers = [nn.Linear(2, 1) for _ in range(n_layers)]
    model = answer(layers, scale)
    return {
        "how many numbers `parameters()` finds": sum(p.numel() for p in model.parameters()),
        "how many of them get a slope": sum(
            p.numel() for p in model.parameters() if p.requires_grad
        ),
        "how many numbers `state_dict()` holds": sum(
            value.numel() for value in model.state_dict().values()
        ),
        "the output": model(X),
    }


def blend_inputs(rng: torch.Generator) -> Iterator[tuple[int, Tensor, Tensor]]:
    yield 2, torch.tensor(1.0), torch.tensor([[1.0, 2.0]])
    yield 1, torch.tensor(-0.5), torch.randn(3, 2, generator=rng)
    yield 3, torch.tensor(2.0), torch.randn(2, 4, generator=rng).T


@exercise(
    "Find what the module hides",
    minutes=5,
    difficulty=2,
    hints=(
        "Make one and count: how many numbers does `parameters()` find, and how many are there?",
        "There are two faults. You met both as traps, in version 4 and just above.",
        "Layers belong into an `nn.ModuleList`; a tensor that is trained is an `nn.Parameter`.",
    ),
    why="A module registers modules, module lists and parameters; lists and tensors stay unseen.",
    mistakes=(BlendWithList, BlendWithTensor, BlendWithBuffer, BlendFrozen),
    inputs=blend_inputs,
    use=look_at_blend,
    template=BlendWithFaults,
)
class Blend(nn.Module):
    """A scale times the sum of some layers: (N, 2) → (N, 1).

    `layers` is a list of modules such as nn.Linear(2, 1), and `scale` is a tensor with one number,
    the one to start from. All of it shall be trained.
    """

    def __init__(self, layers: list[nn.Module], scale: Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scale = nn.Parameter(scale)

    def forward(self, X: Tensor) -> Tensor:
        return self.scale * sum(layer(X) for layer in self.layers)


# ---------------------------------------------------------------------------- largest_rate


def of_the_sum(X: Tensor) -> Tensor:
    """You took the Hessian of the sum: the mean's is divided by N, so its limit is N times this."""
    return 2 / torch.linalg.eigvalsh(2 * X.T @ X)[-1]


def without_the_two(X: Tensor) -> Tensor:
    """You took XᵀX / N for the Hessian: the square's second derivative puts a 2 in front."""
    return 2 / torch.linalg.eigvalsh(X.T @ X / len(X))[-1]


def half_the_limit(X: Tensor) -> Tensor:
    """You gave 1 / λ, where the factor 1 − lr·λ is 0: the steep axis still shrinks up to −1."""
    return 1 / torch.linalg.eigvalsh(2 * X.T @ X / len(X))[-1]


def by_the_flat_axis(X: Tensor) -> Tensor:
    """You took the smallest curvature: the steepest axis is the first that explodes."""
    return 2 / torch.linalg.eigvalsh(2 * X.T @ X / len(X))[0]


def by_the_trace(X: Tensor) -> Tensor:
    """You added up the curvatures: safe, but too cautious. The largest alone decides."""
    return 2 / (2 * X.T @ X / len(X)).trace()


def best_rate(X: Tensor) -> Tensor:
    """You gave the best rate, 2 / (λ₁ + λ_K); the limit comes from the steepest axis alone."""
    curvatures = torch.linalg.eigvalsh(2 * X.T @ X / len(X))
    return 2 / (curvatures[0] + curvatures[-1])


def divided_instead(X: Tensor) -> Tensor:
    """You divided the limit by N: what the mean divides is the curvature, below the line."""
    return 2 / torch.linalg.eigvalsh(2 * X.T @ X)[-1] / len(X)


def data_matrices(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]),)
    yield (torch.tensor([[1.0, -1.0, 1.0, -1.0], [1.0, 2.0, 4.0, 8.0]]),)  # N < K
    yield (torch.randn(7, 3, generator=rng, dtype=torch.float64),)
    yield (torch.randn(2, 5, generator=rng, dtype=torch.float64).T,)  # not contiguous
    yield (torch.tensor([[3.0, 4.0, 0.5]]),)  # one point
    yield (torch.tensor([[1.0, 97.0], [1.0, 98.0], [1.0, 99.0]]),)  # inputs that count


@exercise(
    "The largest rate that works",
    minutes=5,
    difficulty=2,
    hints=(
        "The limit is 2 divided by a curvature. Which of them, and of which loss?",
        "The curvatures are the eigenvalues of the Hessian: `torch.linalg.eigvalsh`, rising.",
        "The sum's Hessian is 2·XᵀX. The mean is the sum divided by N, and so is its Hessian.",
    ),
    why="Along the steepest axis a step multiplies by 1 − lr·λ, which reaches −1 at lr = 2 / λ.",
    mistakes=(
        of_the_sum,
        without_the_two,
        half_the_limit,
        by_the_flat_axis,
        by_the_trace,
        best_rate,
        divided_instead,
    ),
    inputs=data_matrices,
    tolerance=Tolerance(absolute=0),
    equivalent=(
        (
            "2 * X.T @ X",
            "X @ (2 * X.T)",
            "X·Xᵀ and Xᵀ·X have the same eigenvalues but for zeros, so the largest is the same",
        ),
    ),
)
def largest_rate(X: Tensor) -> Tensor:
    """Return the rate beyond which gradient descent on the MEAN squared error explodes.

    The loss is ((X @ w - y) ** 2).mean() with X of shape (N, K), float32 or float64. The
    rate is one number, and the targets have no part in it.
    """
    curvatures = torch.linalg.eigvalsh(2 * X.T @ X / len(X))
    return 2 / curvatures[-1]


# ---------------------------------------------------------------------------- share_left


def walked_on(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You let each walk start where the one before ended: set the weights to zero for each rate."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    w = torch.zeros_like(best)
    for lr in rates:
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        shares.append(((X @ w - y).square().sum() - lowest) / (y.square().sum() - lowest))
    return shares


def above_zero(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You measured the loss from 0: what the best weights leave over is no excess. Subtract it."""
    shares = []
    for lr in rates:
        w = X.new_zeros(X.shape[1])
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        shares.append((X @ w - y).square().sum() / y.square().sum())
    return shares


def before_the_last_step(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You used the loss computed before the last step: it is that of one step fewer."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        loss = y.square().sum()
        for _ in range(n_steps):
            loss = (X @ w - y).square().sum()
            w = w - lr * (2 * X.T @ (X @ w - y))
        shares.append((loss - lowest) / (y.square().sum() - lowest))
    return shares


def walked_on_the_mean(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You walked down the mean: its steps are N times shorter. The rates belong to the sum."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y)) / len(y)
        shares.append(((X @ w - y).square().sum() - lowest) / (y.square().sum() - lowest))
    return shares


def climbed(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You reversed the sign and climb: with the error y − ŷ, the slopes have to be added."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (y - X @ w))
        shares.append(((X @ w - y).square().sum() - lowest) / (y.square().sum() - lowest))
    return shares


def cut_off(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You cut the shares off at 1: past its limit a rate does worse than nothing, without end."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        excess = (X @ w - y).square().sum() - lowest
        shares.append((excess / (y.square().sum() - lowest)).clamp(max=1))
    return shares


def not_divided(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You returned the excess itself: for the share, divide it by the excess of zero weights."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        shares.append((X @ w - y).square().sum() - lowest)
    return shares


def divided_by_the_loss(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """You divided by the whole loss at the start: below the line, too, only the excess counts."""
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        shares.append(((X @ w - y).square().sum() - lowest) / y.square().sum())
    return shares


def draw_curve(
    answer: Callable[..., object], X: Tensor, y: Tensor, rates: Tensor, n_steps: int
) -> object:
    curve = answer(X, y, rates, n_steps)
    return torch.as_tensor(curve) if isinstance(curve, list) else curve  # matplotlib takes both


def walks(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor, int]]:
    float64 = torch.float64
    two_columns = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], dtype=float64)
    y = torch.tensor([1.0, 2.0, 3.0], dtype=float64)
    rates = torch.tensor([0.1, 0.25, 0.26], dtype=float64)  # 0.25 is the limit
    yield two_columns, y, rates, 1
    yield two_columns, y, rates, 3
    rates = torch.tensor([0.01, 0.03], dtype=float64)
    X = torch.randn(3, 6, generator=rng, dtype=float64).T  # not contiguous
    yield X, torch.randn(6, generator=rng, dtype=float64), rates, 4
    one_point = torch.tensor([[2.0]], dtype=float64)
    yield one_point, torch.tensor([3.0], dtype=float64), torch.tensor([0.3], dtype=float64), 2
    yield two_columns, y, rates, 0


@exercise(
    "Match the picture of the cliff",
    minutes=7,
    difficulty=2,
    hints=(
        "One point of a curve is one whole walk, from zero weights, with one rate.",
        "The lowest possible loss is that of least squares; the walk starts at the loss of zeros.",
        "(loss after the walk − lowest) / (loss of zero weights − lowest), for each rate.",
    ),
    why="What is left is counted from the bottom: so 1 means no progress, and 0 arrival.",
    mistakes=(
        walked_on,
        above_zero,
        before_the_last_step,
        walked_on_the_mean,
        climbed,
        cut_off,
        not_divided,
        divided_by_the_loss,
    ),
    inputs=walks,
    use=draw_curve,
    equivalent=(
        (
            "(X @ best - y).square()",
            "(y - X @ best).square()",
            "a square does not see which of the two was subtracted",
        ),
        (
            "(X @ w - y).square()",
            "(y - X @ w).square()",
            "a square does not see which of the two was subtracted",
        ),
    ),
)
def share_left(X: Tensor, y: Tensor, rates: Tensor, n_steps: int) -> list[Tensor]:
    """Return one curve of the picture: for each rate, the share of the excess loss that is left.

    X is (N, K), y (N,), rates (R,), all float64; return R numbers, in a list or a tensor. Each walk
    takes `n_steps` steps down the summed squared error, from zero weights. Excess is the loss
    above the lowest possible one: 1 means that nothing is gained, 0 that the walk has arrived.
    """
    best = torch.linalg.lstsq(X, y).solution
    lowest = (X @ best - y).square().sum()
    shares = []
    for lr in rates:
        w = torch.zeros_like(best)
        for _ in range(n_steps):
            w = w - lr * (2 * X.T @ (X @ w - y))
        excess = (X @ w - y).square().sum() - lowest
        shares.append(excess / (y.square().sum() - lowest))
    return shares


# ---------------------------------------------------------------------------- legendre_fit


def unscaled(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You left x as it is: Legendre's polynomials are made for −1 to 1, and grow fast outside."""
    columns = [torch.ones_like(x), x]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * x * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def half_scaled(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You divided by the largest |x|: u fills −1 to 1 only where x is symmetric. Shift it, too."""
    u = x / x.abs().max()
    columns = [torch.ones_like(u), u]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * u * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def scaled_to_one(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You scaled x to 0 and 1, half of the range: u has to begin at −1."""
    u = (x - x.min()) / (x.max() - x.min())
    columns = [torch.ones_like(u), u]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * u * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def by_first_and_last(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You took the first and the last x for the ends: x need not be sorted. Use min and max."""
    u = 2 * (x - x[0]) / (x[-1] - x[0]) - 1
    columns = [torch.ones_like(u), u]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * u * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def in_chebyshev(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You used Chebyshev's rule, 2·u·Tₖ − Tₖ₋₁; Legendre's has weights that depend on k."""
    u = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    columns = [torch.ones_like(u), u]
    for k in range(1, degree):
        columns.append(2 * u * columns[k] - columns[k - 1])
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def in_powers(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You fitted powers of u: the same curve, but other weights. Build Legendre's columns."""
    u = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    columns = [u**power for power in range(degree + 1)]
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def index_slipped(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """You gave k to the new column: in the rule the new one is Pₖ₊₁, so k begins at 1, not 2."""
    u = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    columns = [torch.ones_like(u), u]
    for k in range(2, degree + 1):
        columns.append(((2 * k + 1) * u * columns[k - 1] - k * columns[k - 2]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


def curves(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, int]]:
    x = torch.tensor([0.0, 1.0, 2.0, 4.0], dtype=torch.float64)
    yield x, x.square(), 2
    yield x, torch.tensor([1.0, 2.0, 0.0, 5.0], dtype=torch.float64), 1
    x = torch.tensor([3.0, -1.0, 0.5, 2.0, 5.0, 4.0], dtype=torch.float64)  # not sorted
    yield x, x.sin(), 3
    x = torch.rand(20, generator=rng, dtype=torch.float64)[::2] * 99  # not contiguous
    yield x, torch.randn(10, generator=rng, dtype=torch.float64), 4
    x = torch.linspace(-torch.pi, torch.pi, 9, dtype=torch.float64)
    yield x, x.sin(), 3


@exercise(
    "A fit in the Legendre basis",
    minutes=7,
    difficulty=2,
    hints=(
        "Three parts: scale x, build the columns, solve for the weights as in section 7.",
        "For u: subtract the smallest x, divide by the whole range, and stretch 0…1 to −1…1.",
        "Start with the columns 1 and u; `torch.stack(columns, dim=1)` makes the matrix of them.",
    ),
    why="In u the columns hardly disturb each other, so any method finds these weights fast.",
    mistakes=(
        unscaled,
        half_scaled,
        scaled_to_one,
        by_first_and_last,
        in_chebyshev,
        in_powers,
        index_slipped,
    ),
    inputs=curves,
)
def legendre_fit(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """Return the weights of P₀, P₁, … in the best fit, a tensor, (degree + 1,).

    x and y are (N,), float64. The polynomials take u, which is x shifted and scaled so that its
    smallest value is −1 and its largest 1. P₀ is 1, P₁ is u, and each of the following is made of
    the two before it: Pₖ₊₁ = ((2k + 1)·u·Pₖ − k·Pₖ₋₁) / (k + 1). Best means the smallest summed
    squared error. The degree is at least 1, and N is larger than the degree.
    """
    u = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    columns = [torch.ones_like(u), u]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * u * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.linalg.lstsq(torch.stack(columns, dim=1), y).solution


# ---------------------------------------------------------------------------- momentum_path


def averaged_velocity(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You averaged, (1 − β)·g; this rule adds all of g. So your steps are too short."""
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        v = beta * v + (1 - beta) * slope(w)
        w = w - lr * v
        path.append(w)
    return torch.stack(path)


def one_step_late(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You stepped with the old v: first bring v up to date with the new slope, then step."""
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        v, w = beta * v + slope(w), w - lr * v
        path.append(w)
    return torch.stack(path)


def forgot_velocity(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You set v to zero in every round: it has to remember, so set it once, before the loop."""
    path = [w]
    for _ in range(n_steps):
        v = beta * torch.zeros_like(w) + slope(w)
        w = w - lr * v
        path.append(w)
    return torch.stack(path)


def uphill(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You added the step: slopes point uphill, so the step is subtracted."""
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w = w + lr * v
        path.append(w)
    return torch.stack(path)


def same_tensor(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You kept one tensor and changed it in place: every row is the last. Append a copy."""
    v = torch.zeros_like(w)
    w = w.clone()
    path = [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w -= lr * v
        path.append(w)
    return torch.stack(path)


def given_tensor(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You changed the given `w` in place, and all rows are that one tensor: use w = w - lr * v."""
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w -= lr * v
        path.append(w)
    return torch.stack(path)


def velocity_afterwards(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """You changed v after the step, so that the first step goes nowhere: v comes first."""
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        w = w - lr * v
        v = beta * v + slope(w)
        path.append(w)
    return torch.stack(path)


def walk_with_momentum(
    answer: Callable[..., object], H: Tensor, w: Tensor, lr: float, beta: float, n_steps: int
) -> object:
    return answer(lambda at: H @ at, w, lr, beta, n_steps)


def bowls_for_momentum(
    rng: torch.Generator,
) -> Iterator[tuple[Tensor, Tensor, float, float, int]]:
    yield torch.tensor([[2.0]]), torch.tensor([1.0]), 0.25, 0.5, 3
    yield torch.tensor([[1.0, 0.0], [0.0, 10.0]]), torch.tensor([1.0, -1.0]), 0.1, 0.9, 4
    rows = torch.randn(3, 3, generator=rng, dtype=torch.float64)
    yield rows @ rows.T, torch.randn(3, generator=rng, dtype=torch.float64), 0.05, 0.8, 5
    yield torch.tensor([[2.0]]), torch.tensor([1.0]), 0.25, 0.0, 2  # plain descent
    yield torch.tensor([[1.0, 0.5], [0.5, 3.0]]), torch.tensor([4.0, 2.0]), 0.1, 0.9, 0


@exercise(
    "Momentum by hand",
    minutes=5,
    difficulty=2,
    hints=(
        "Take version 2 of the fit. Which one line is new, and what has to be set before the loop?",
        "v starts at zeros and survives from step to step: `v = beta * v + slope(w)`.",
        "Then `w = w - lr * v`, a new tensor, which you append; in the end `torch.stack` the path.",
    ),
    why="This is what `torch.optim.SGD(…, momentum=beta)` does; a test compares them step by step.",
    mistakes=(
        averaged_velocity,
        one_step_late,
        forgot_velocity,
        uphill,
        same_tensor,
        given_tensor,
        velocity_afterwards,
    ),
    inputs=bowls_for_momentum,
    use=walk_with_momentum,
    tolerance=Tolerance(relative=1e-5),
)
def momentum_path(slope: Slope, w: Tensor, lr: float, beta: float, n_steps: int) -> Tensor:
    """Return the path of gradient descent with momentum, a tensor, (n_steps + 1, K).

    `slope` is a function: slope(w) returns the loss's slopes at w, (K,). In each step
    v ← beta·v + slope, then w ← w − lr·v; v starts at 0. The first row is `w`, (K,), as it is.
    """
    v = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        v = beta * v + slope(w)
        w = w - lr * v
        path.append(w)
    return torch.stack(path)


# ---------------------------------------------------------------------------- descend_until


def looked_after_a_step(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """You never look at the loss before the first step: weights that are good need no step."""
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


def one_weight_stands(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """You stopped as soon as one weight stood still: the largest change of all has to be small."""
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().min() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


def forgot_the_sign(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """You compared the change with its sign: −5 is less than any tolerance. Take `abs` first."""
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = -lr * slope(w)
        w = w + change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


def asked_the_slope(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """You compared the slope with the tolerance: wiser, but the task says the change, lr·slope."""
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        g = slope(w)
        w = w - lr * g
        if loss(w) <= goal:
            return w, step, "loss"
        if g.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


def rules_swapped(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """You asked about the weights before the loss: where both rules hold, say "loss"."""
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if change.abs().max() <= tolerance:
            return w, step, "weights"
        if loss(w) <= goal:
            return w, step, "loss"
    return w, limit, "limit"


def climbed_until(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """You walk uphill: a slope says where the loss grows, so subtract lr times the slope."""
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w + change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


def whole_length(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """You measured the change as a whole, its length: the rule looks at each weight by itself."""
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.norm() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


def total_change(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """You added up the changes of all weights: the rule looks only at the largest of them."""
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().sum() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


def looked_at_the_top(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """You look at the loss only before a step: look after it, too, before you ask the weights."""
    for step in range(limit):
        if loss(w) <= goal:
            return w, step, "loss"
        change = lr * slope(w)
        w = w - change
        if change.abs().max() <= tolerance:
            return w, step + 1, "weights"
    return w, limit, "limit"


def counted_the_next(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """You count a step before it is taken: at the top of the loop, step - 1 are done. And look at
    the loss after each step, too: the rule for the weights comes second.
    """
    for step in range(1, limit + 1):
        if loss(w) <= goal:
            return w, step, "loss"
        change = lr * slope(w)
        w = w - change
        if change.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


def walk_until(
    answer: Callable[..., object],
    curvatures: Tensor,
    w: Tensor,
    lr: float,
    goal: float,
    tolerance: float,
    limit: int,
) -> object:
    def loss(at: Tensor) -> Tensor:
        return (curvatures * at.square()).sum() / 2

    def slope(at: Tensor) -> Tensor:
        return curvatures * at

    return answer(loss, slope, w, lr, goal, tolerance, limit)


def bowls_to_stop_in(
    _: torch.Generator,
) -> Iterator[tuple[Tensor, Tensor, float, float, float, int]]:
    one, start = torch.tensor([2.0]), torch.tensor([1.0])  # the loss is w², each step halves w
    yield one, start, 0.25, 0.0625, 0.0, 9  # "loss", where it equals the goal
    yield one, start, 0.25, 0.0, 0.125, 9  # "weights", where the change equals the tolerance
    yield one, start, 0.25, 0.0, 0.0, 3  # "limit"
    yield one, -start, 0.25, 1.0, 0.0, 9  # no step is needed
    yield one, start, 0.25, 0.25, 0.5, 9  # both rules hold after one step
    yield one, start, 0.25, 0.0, 0.0, 0  # no step is allowed
    yield one, start, 0.25, 0.0625, 0.0, 2  # "loss" with the last step allowed
    yield one, start, 0.25, 0.0, 0.25, 2  # "weights" with the last step allowed
    two = torch.tensor([1.0, 8.0], dtype=torch.float64)
    yield two, torch.tensor([8.0, -1.0], dtype=torch.float64), 0.125, 0.0, 0.75, 9
    yield two, torch.tensor([8.0, -1.0], dtype=torch.float64), 0.125, 0.0, 1.0, 9  # both by 1
    yield two, torch.tensor([8.0, -0.75], dtype=torch.float64), 0.125, 0.0, 1.25, 9  # length 1.25
    yield two, torch.tensor([-8.0, 0.0], dtype=torch.float64), 0.25, 0.5, 0.1, 7


@exercise(
    "Three rules for stopping",
    minutes=8,
    difficulty=3,
    hints=(
        "How many returns does it need? Which of them stand in the loop, which before or after?",
        "Keep the change in a variable: you need it for the step and for the second rule.",
        "In the loop: change, step, `if loss(w) <= goal`, `if change.abs().max() <= tolerance`.",
    ),
    why="Each rule is one return, and the step limit is what comes after the loop.",
    mistakes=(
        looked_after_a_step,
        one_weight_stands,
        forgot_the_sign,
        asked_the_slope,
        rules_swapped,
        climbed_until,
        whole_length,
        total_change,
        looked_at_the_top,
        counted_the_next,
    ),
    inputs=bowls_to_stop_in,
    use=walk_until,
)
def descend_until(
    loss: Loss, slope: Slope, w: Tensor, lr: float, goal: float, tolerance: float, limit: int
) -> Stopped:
    """Descend from `w`, (K,), until a rule holds; return (weights, number of steps, rule).

    `loss` and `slope` are functions: loss(w) is one number, slope(w) is (K,). The rules, in the
    order in which they are asked: "loss", the loss is `goal` or less (ask before the first step,
    too); "weights", the last step changed no weight by more than `tolerance`; "limit", `limit`
    steps have been taken. The rule's name is returned as a string.
    """
    if loss(w) <= goal:
        return w, 0, "loss"
    for step in range(1, limit + 1):
        change = lr * slope(w)
        w = w - change
        if loss(w) <= goal:
            return w, step, "loss"
        if change.abs().max() <= tolerance:
            return w, step, "weights"
    return w, limit, "limit"


# ---------------------------------------------------------------------------- retrain


def retrain_with_faults(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """Put `last` in the place of the model's last layer, train, and return the predictions, (N,).

    `last` is an nn.Linear with one output, X is (N, D), y is (N,). Every layer shall take
    `n_steps` steps of plain SGD on the mean squared error. Three faults are hidden here.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model[-1] = last
    for _ in range(n_steps):
        loss = (model(X) - y).square().mean()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def optimizer_too_early(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You make the optimizer before the layer is replaced: it still holds the old layer."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model[-1] = last
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        model.zero_grad()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def column_against_row(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You subtract a row from a column: (N, 1) − (N,) compares each prediction with each target."""
    model[-1] = last
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(n_steps):
        loss = (model(X) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def slopes_add_up(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You never clear the slopes: each step takes those of all steps before it as well."""
    model[-1] = last
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def too_early_and_column(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You mended `zero_grad`; two faults are left. Print last.weight before and after."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model[-1] = last
    for _ in range(n_steps):
        loss = (model(X) - y).square().mean()
        model.zero_grad()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def too_early_and_adding_up(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You mended the shapes; two faults are left. Who is told of the new layer, and when?"""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model[-1] = last
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def column_and_adding_up(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You mended the order; two faults are left. Print the shape of `model(X) - y`."""
    model[-1] = last
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(n_steps):
        loss = (model(X) - y).square().mean()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def only_the_new_layer(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You gave the optimizer the new layer only: the task is to train every layer."""
    model[-1] = last
    optimizer = torch.optim.SGD(last.parameters(), lr=lr)
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        model.zero_grad()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def summed_by_mistake(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """You train on the sum: its slopes are N times those of the mean that the rate is made for."""
    model[-1] = last
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


def train_again(
    answer: Callable[..., object], X: Tensor, y: Tensor, lr: float, n_steps: int
) -> object:
    last = nn.Linear(2, 1)
    first = nn.Linear(X.shape[1], 2)
    y_hat = answer(nn.Sequential(first, nn.Tanh(), nn.Linear(2, 1)), last, X, y, lr, n_steps)
    return {
        "predictions": y_hat,
        "weights of `last` after the training": last.weight,
        "weights of the first layer after the training": first.weight,
    }


def data_to_train_on(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, float, int]]:
    yield torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([1.0, 2.0, 3.0]), 0.1, 2
    yield torch.tensor([[1.0, -1.0]]), torch.tensor([2.0]), 0.1, 2  # one point
    X = torch.randn(3, 5, generator=rng).T  # not contiguous
    yield X, torch.randn(5, generator=rng), 0.2, 2
    yield X, torch.randn(5, generator=rng), 0.2, 0


@exercise(
    "Three faults in a training",
    minutes=7,
    difficulty=3,
    hints=(
        "None raises an error. Print the shape inside the loss, and the weights before and after.",
        "Two were traps of versions 4 and 5. For the third, say the four parts of the loop aloud.",
        "The optimizer comes after the replacement, `zero_grad` is missing, and (N, 1) − (N,).",
    ),
    why="Make the optimizer last, clear the slopes each time, and compare (N,) with (N,).",
    mistakes=(
        optimizer_too_early,
        column_against_row,
        slopes_add_up,
        too_early_and_column,
        too_early_and_adding_up,
        column_and_adding_up,
        only_the_new_layer,
        summed_by_mistake,
    ),
    inputs=data_to_train_on,
    use=train_again,
    template=retrain_with_faults,
    equivalent=(
        (
            "(model(X).flatten() - y).square()",
            "(y - model(X).flatten()).square()",
            "a square does not see which of the two was subtracted",
        ),
    ),
)
def retrain(
    model: nn.Sequential, last: nn.Linear, X: Tensor, y: Tensor, lr: float, n_steps: int
) -> Tensor:
    """Put `last` in the place of the model's last layer, train, and return the predictions, (N,).

    `last` is an nn.Linear with one output, X is (N, D), y is (N,). Every layer shall take
    `n_steps` steps of plain SGD on the mean squared error.
    """
    model[-1] = last
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(n_steps):
        loss = (model(X).flatten() - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model(X).flatten()


# ---------------------------------------------------------------------------- adam_path


def uncorrected(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """You left out the correction: both memories start empty and are too small at first."""
    m = s = torch.zeros_like(w)
    path = [w]
    for _ in range(n_steps):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * m / (s.sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)


def corrected_for_good(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """You stored the corrected memories: correct them for the step only, and keep the raw ones."""
    m = s = torch.zeros_like(w)
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**step)
        s = (beta2 * s + (1 - beta2) * g**2) / (1 - beta2**step)
        w = w - lr * m / (s.sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)


def epsilon_inside(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """You added 1e-8 under the root, where it counts as 1e-4: add it after the root."""
    m = s = torch.zeros_like(w)
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**step)) / (s / (1 - beta2**step) + 1e-8).sqrt()
        path.append(w)
    return torch.stack(path)


def no_root(slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int) -> Tensor:
    """You divided by the mean of g² itself: without the root the units do not cancel."""
    m = s = torch.zeros_like(w)
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**step)) / (s / (1 - beta2**step) + 1e-8)
        path.append(w)
    return torch.stack(path)


def counted_from_zero(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """You counted the steps from 0: then 1 − β⁰ is 0, and you divide by it. The first step is 1."""
    m = s = torch.zeros_like(w)
    path = [w]
    for step in range(n_steps):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**step)) / ((s / (1 - beta2**step)).sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)


def walk_with_adam(
    answer: Callable[..., object],
    H: Tensor,
    w: Tensor,
    lr: float,
    beta1: float,
    beta2: float,
    n_steps: int,
) -> object:
    return answer(lambda at: H @ at, w, lr, beta1, beta2, n_steps)


def bowls_for_adam(
    rng: torch.Generator,
) -> Iterator[tuple[Tensor, Tensor, float, float, float, int]]:
    yield torch.tensor([[2.0]]), torch.tensor([1.0]), 0.1, 0.5, 0.75, 3
    rows = torch.randn(3, 3, generator=rng, dtype=torch.float64)
    w = torch.randn(3, generator=rng, dtype=torch.float64)
    yield rows @ rows.T, w, 0.05, 0.9, 0.999, 5
    yield torch.tensor([[1e-8, 0.0], [0.0, 0.0]]), torch.tensor([1.0, 3.0]), 0.1, 0.9, 0.999, 2
    yield torch.tensor([[1.0, 0.5], [0.5, 3.0]]), torch.tensor([4.0, 2.0]), 0.1, 0.9, 0.999, 0


@exercise(
    "Adam by hand",
    minutes=8,
    difficulty=3,
    hints=(
        "Two memories, m and s, as momentum and RMSprop have them; set both before the loop.",
        "For the step, divide each by 1 − βᵗ, where t counts the steps from 1; keep m and s raw.",
        "w ← w − lr · (m / (1 − β₁ᵗ)) / (√(s / (1 − β₂ᵗ)) + 1e-8), then append and stack.",
    ),
    why="This is what `torch.optim.Adam` does; a test compares them step by step.",
    mistakes=(uncorrected, corrected_for_good, epsilon_inside, no_root, counted_from_zero),
    inputs=bowls_for_adam,
    use=walk_with_adam,
    tolerance=Tolerance(relative=1e-5),
)
def adam_path(
    slope: Slope, w: Tensor, lr: float, beta1: float, beta2: float, n_steps: int
) -> Tensor:
    """Return the path of Adam, a tensor, (n_steps + 1, K); its first row is `w`, (K,), as it is.

    `slope` is a function: g = slope(w) are the loss's slopes at w, (K,). In each step
    m ← beta1·m + (1 − beta1)·g and s ← beta2·s + (1 − beta2)·g², both from 0. After t steps they
    are too small by the factors 1 − beta1ᵗ and 1 − beta2ᵗ: divide by these, but do not store it.
    The step is −lr · corrected m / (√(corrected s) + 1e-8).
    """
    m = s = torch.zeros_like(w)
    path = [w]
    for step in range(1, n_steps + 1):
        g = slope(w)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**step)) / ((s / (1 - beta2**step)).sqrt() + 1e-8)
        path.append(w)
    return torch.stack(path)
