"""Three bugs in a network."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise

Layers: TypeAlias = Sequence[Callable[[Tensor], Tensor]]  # each a nn.Linear


def faulty_skip_network(X: Tensor, layers: Layers) -> Tensor:
    """Return the shares of the classes for each row of X: (N, C) to (N, K). Three bugs to fix.

    `layers` is a list of `nn.Linear`. Each but the last turns h, which starts as X, into
    h + layer(relu(h)). The last, C to K, gives the scores, and softmax makes shares of each row.
    X stays as it was.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu_())
    scores = layers[-1](h).relu()
    return scores.softmax(dim=0)


def linear_of(
    n_in: int, n_out: int, rng: torch.Generator, dtype: torch.dtype = torch.float64
) -> nn.Linear:
    """Return a layer with weights of `rng`."""
    layer = nn.Linear(n_in, n_out, dtype=dtype)
    for weights in layer.parameters():
        nn.init.normal_(weights, std=0.5, generator=rng)
    return layer


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, list[nn.Linear]]]:
    X = torch.tensor([[-2.0, 3.0], [1.0, -1.0]], dtype=torch.float64)
    yield X, [linear_of(2, 2, rng), linear_of(2, 3, rng)]
    yield X[:1].clone(), [linear_of(2, 2, rng), linear_of(2, 2, rng), linear_of(2, 3, rng)]
    yield torch.randn(5, 3, generator=rng).double(), [linear_of(3, 4, rng)]  # no block at all
    blocks = [linear_of(2, 2, rng, torch.float32) for _ in range(3)]
    yield torch.tensor([[8.0, -2.0]]), [*blocks, linear_of(2, 4, rng, torch.float32)]


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Go through it line by line: which numbers does it change, and along which dimension?",
    "One bug changes the caller's X, one makes scores equal, one mixes the rows of the batch.",
    "The −2 of `h` must survive until it is added; scores may be negative; rows add up to 1.",
    "Write `relu` for `relu_`, leave out the second ReLU, and take the softmax along `dim=1`.",
)


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
    """The softmax still runs down the batch: a row's shares depend on its neighbors, and a batch of
    one gets 1 for every class. Each row must add up to 1: `dim=1`.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu())
    return layers[-1](h).softmax(dim=0)


def bent_before_the_end(X: Tensor, layers: Layers) -> Tensor:
    """You bend h before the last layer, but that one gets h as it is. Only blocks have a ReLU."""
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu())
    return layers[-1](h.relu()).softmax(dim=1)


def in_place_and_bent(X: Tensor, layers: Layers) -> Tensor:
    """Two of the three bugs are left. One: `relu_` writes over h, which is still to be added. The
    other comes right after the last layer.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu_())
    return layers[-1](h).relu().softmax(dim=1)


def in_place_and_down(X: Tensor, layers: Layers) -> Tensor:
    """Two of the three bugs are left. One: `relu_` writes over h, which is still to be added. The
    other is the direction of the softmax.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu_())
    return layers[-1](h).softmax(dim=0)


def bent_and_down(X: Tensor, layers: Layers) -> Tensor:
    """Two of the three bugs are left, both after the last layer. The first: a ReLU there makes all
    scores below 0 equal.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu())
    return layers[-1](h).relu().softmax(dim=0)


def all_three_left(X: Tensor, layers: Layers) -> Tensor:
    """All three bugs are still there. Start with `relu_`: its underscore means "in place", so it
    writes over h, which is still to be added, and over the caller's X.
    """
    h = X
    for layer in layers[:-1]:
        h = h + layer(h.relu_())
    return layers[-1](h).relu().softmax(dim=0)


def unbent(X: Tensor, layers: Layers) -> Tensor:
    """You removed the ReLU itself along with the bug: without a bend, all layers are one."""
    h = X
    for layer in layers[:-1]:
        h = h + layer(h)
    return layers[-1](h).softmax(dim=1)


@exercise(
    "Three bugs in a network",
    minutes=6,
    difficulty=2,
    place=90,
    hints=HINTS,
    why="h is needed twice, scores may have any sign, and the shares of a row belong together.",
    inputs=inputs,
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
