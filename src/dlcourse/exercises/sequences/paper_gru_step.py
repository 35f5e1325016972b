"""The GRU of the paper."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise


def _gru(n_in: int, n_units: int, rng: torch.Generator, dtype: torch.dtype) -> nn.GRU:
    gru = nn.GRU(n_in, n_units, batch_first=True, dtype=dtype)
    for one in gru.parameters():
        nn.init.normal_(one, generator=rng)
    return gru


def use(answer: Callable[..., Any], x: Tensor, h: Tensor, gru: nn.GRU) -> Any:  # noqa: ANN401
    new = answer(x, h, gru)
    return new.detach() if isinstance(new, Tensor) else new


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, nn.GRU]]:
    yield torch.tensor([[1.0]]), torch.tensor([[0.5]]), _gru(1, 1, rng, torch.float32)
    for n, n_in, n_units in ((2, 3, 2), (1, 4, 5), (5, 2, 3)):
        x = torch.randn(n_in, n, generator=rng).T
        yield x, torch.randn(n, n_units, generator=rng), _gru(n_in, n_units, rng, torch.float32)
    x, h = torch.randn(2, 3, 2, generator=rng, dtype=torch.float64)
    yield x, h, _gru(2, 2, rng, torch.float64)


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Only n differs from PyTorch's step in the lesson. So r and z can stay as they are there.",
    "`chunk(3)` cuts a matrix of (3·H, H) into three of (H, H): the last of them is for n.",
    "n is tanh of two parts: what comes from x, as before, and (r * h) @ W.T plus its bias.",
    "The last third: `W = gru.weight_hh_l0.chunk(3)[2]`, and the same of `gru.bias_hh_l0`.",
)


GRU: TypeAlias = Any  # an `nn.GRU`: types do not tell that its weights are tensors


def stepped(
    x: Tensor,
    h: Tensor,
    gru: GRU,
    content: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda r, h, W, b: (
        (r * h) @ W.T + b
    ),
    order: tuple[int, int] = (0, 1),
) -> tuple[Tensor, Tensor]:
    """Return z and n, where `content` is what comes from h into n."""
    from_x = (x @ gru.weight_ih_l0.T + gru.bias_ih_l0).chunk(3, dim=1)
    from_h = (h @ gru.weight_hh_l0.T + gru.bias_hh_l0).chunk(3, dim=1)
    r, z = ((from_x[k] + from_h[k]).sigmoid() for k in order)
    W, b = gru.weight_hh_l0.chunk(3)[2], gru.bias_hh_l0.chunk(3)[2]
    return z, (from_x[2] + content(r, h, W, b)).tanh()


def of_torch(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """That is PyTorch's step: r multiplies after the product with the matrix. In the paper, it
    multiplies h before it.
    """
    z, n = stepped(x, h, gru, lambda r, h, W, b: r * (h @ W.T + b))
    return z * h + (1 - z) * n


def bias_outside(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """You multiplied by r after the product with the matrix. It belongs before it: W·(r·h)."""
    z, n = stepped(x, h, gru, lambda r, h, W, b: r * (h @ W.T) + b)
    return z * h + (1 - z) * n


def bias_reset(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """You multiplied the bias by r as well. It is added after the product, as it is."""
    z, n = stepped(x, h, gru, lambda r, h, W, b: (r * h) @ W.T + r * b)
    return z * h + (1 - z) * n


def bias_forgotten(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """In n you left out the last third of `bias_hh_l0`."""
    z, n = stepped(x, h, gru, lambda r, h, W, _: (r * h) @ W.T)
    return z * h + (1 - z) * n


def not_transposed(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """In n you did not transpose the matrix, and since it is square, no error says so: for states
    in rows, `(r * h) @ W.T`.
    """
    z, n = stepped(x, h, gru, lambda r, h, W, b: (r * h) @ W + b)
    return z * h + (1 - z) * n


def matrix_on_the_left(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """You multiplied `W @ (r * h)`. That is for one state; for states in rows it is
    `(r * h) @ W.T`. Where B and H are equal, no error says so.
    """
    z, n = stepped(x, h, gru, lambda r, h, W, b: W @ (r * h) + b)
    return z * h + (1 - z) * n


def no_reset(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """You did not use r: n looks at r·h, not at all of h."""
    z, n = stepped(x, h, gru, lambda _, h, W, b: h @ W.T + b)
    return z * h + (1 - z) * n


def z_reversed(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """You exchanged z and 1 − z. As in the lesson, z is the part of the old state that stays."""
    z, n = stepped(x, h, gru)
    return (1 - z) * h + z * n


def gates_exchanged(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """You exchanged r and z. PyTorch's matrices are stacked in the order r, z, n."""
    z, n = stepped(x, h, gru, order=(1, 0))
    return z * h + (1 - z) * n


def reset_in_the_mix(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """You also kept z·(r·h) of the old state. The reset gate is for n alone: what stays is z·h."""
    z, n = stepped(x, h, gru)
    from_x = (x @ gru.weight_ih_l0.T + gru.bias_ih_l0).chunk(3, dim=1)
    from_h = (h @ gru.weight_hh_l0.T + gru.bias_hh_l0).chunk(3, dim=1)
    mixed: Tensor = z * (from_x[0] + from_h[0]).sigmoid() * h + (1 - z) * n
    return mixed


@exercise(
    "The GRU of the paper",
    minutes=7,
    difficulty=2,
    place=40,
    hints=HINTS,
    why="The gates need the product of the matrix with h, the new content that with r·h: so the "
    "last third of the matrix is used in a product of its own.",
    inputs=inputs,
    use=use,
    mistakes=(
        of_torch,
        bias_outside,
        bias_reset,
        bias_forgotten,
        not_transposed,
        matrix_on_the_left,
        no_reset,
        z_reversed,
        gates_exchanged,
        reset_in_the_mix,
    ),
)
def paper_gru_step(x: Tensor, h: Tensor, gru: GRU) -> Tensor:
    """Return the next h, (B, H), of a GRU whose reset gate multiplies before the product.

    All is as in the step by hand of the lesson, and the weights are those of `gru`, an `nn.GRU`
    with one layer; but in n, W·(r·h) + b takes the place of r·(W·h + b). x is (B, D), h (B, H).
    """
    from_x = (x @ gru.weight_ih_l0.T + gru.bias_ih_l0).chunk(3, dim=1)
    from_h = (h @ gru.weight_hh_l0.T + gru.bias_hh_l0).chunk(3, dim=1)
    r = (from_x[0] + from_h[0]).sigmoid()
    z = (from_x[1] + from_h[1]).sigmoid()
    W, b = gru.weight_hh_l0.chunk(3)[2], gru.bias_hh_l0.chunk(3)[2]
    n = torch.tanh(from_x[2] + (r * h) @ W.T + b)
    return torch.lerp(n, h, z)  # n + z * (h - n), which is z * h + (1 - z) * n
