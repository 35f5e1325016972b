"""Fix the squared error."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def squared_error_with_a_bug(y_hat: Tensor, y: Tensor) -> Tensor:
    """Return the mean of the squared errors, one number.

    Shapes: y_hat, the predictions, is (N, 1); y, the targets, is (N,).
    """
    return ((y_hat - y) ** 2).mean()


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([[1.0], [2.0], [5.0]]), torch.tensor([1.0, 3.0, 3.0])
    yield torch.tensor([[2.5]]), torch.tensor([4.0])
    yield torch.randn(5, 3, generator=rng)[:, 1:2], torch.randn(5, generator=rng)
    table = torch.randn(4, 4, generator=rng, dtype=torch.float64)
    yield table[:, :1], table[:, 3]


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Print the shape of `y_hat - y` for three predictions.",
    "(N, 1) and (N,): aligned at the right, both get stretched. Neither needs to be.",
    "Remove the extra dimension of `y_hat`, or give `y` one. Name the dimension.",
)


def still_a_square(y_hat: Tensor, y: Tensor) -> Tensor:
    """Your shapes still broadcast to (N, N): (N, 1) against (1, N). Make both (N,)."""
    return ((y_hat - y.unsqueeze(0)) ** 2).mean()


def square_added_up(y_hat: Tensor, y: Tensor) -> Tensor:
    """You divide by N, but you add up N · N squares: (N, 1) and (N,) still broadcast. Make both
    (N,) before you subtract.
    """
    return ((y_hat - y) ** 2).sum() / len(y)


def first_prediction(y_hat: Tensor, y: Tensor) -> Tensor:
    """You kept only the first prediction: `y_hat[0]` is one row. The column is `y_hat[:, 0]`."""
    return ((y_hat[0] - y) ** 2).mean()


def canceled(y_hat: Tensor, y: Tensor) -> Tensor:
    """You took the mean before the square: errors above and below cancel. Square each one first."""
    return (y_hat.squeeze(1) - y).mean() ** 2


def added_up(y_hat: Tensor, y: Tensor) -> Tensor:
    """The shapes are right now, but you added the squares up. Asked for is their mean."""
    return ((y_hat.squeeze(1) - y) ** 2).sum()


def divided_twice(y_hat: Tensor, y: Tensor) -> Tensor:
    """You took the mean and then divided by N again: the mean has already done that."""
    return ((y_hat.squeeze(1) - y) ** 2).mean() / len(y)


@exercise(
    "Fix the squared error",
    minutes=4,
    difficulty=1,
    place=50,
    hints=HINTS,
    why="Once both are (N,), each prediction meets its own target, and nothing is stretched.",
    template=squared_error_with_a_bug,
    inputs=inputs,
    mistakes=(
        still_a_square,
        square_added_up,
        first_prediction,
        canceled,
        added_up,
        divided_twice,
    ),
    equivalent=(("y_hat.flatten() - y", "y - y_hat.flatten()", "a square does not know the sign"),),
)
def squared_error(y_hat: Tensor, y: Tensor) -> Tensor:
    """Return the mean of the squared errors, one number.

    Shapes: y_hat, the predictions, is (N, 1); y, the targets, is (N,).
    """
    return ((y_hat.flatten() - y) ** 2).mean()
