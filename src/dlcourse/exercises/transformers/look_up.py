"""A soft look-up."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    prices = torch.tensor([[10.0, 1.0], [20.0, 2.0], [30.0, 5.0]])
    yield torch.tensor([1.0, 0.0, 0.0]), torch.eye(3), prices
    yield torch.tensor([2.0, -1.0]), torch.tensor([[0.5, 3.0]]), torch.tensor([[7.0, -7.0, 1.0]])
    for n, d, m in ((4, 3, 1), (5, 5, 2), (3, 6, 3)):
        query = torch.randn(d, generator=rng)
        keys = torch.randn(d, n, generator=rng).T
        yield query, keys, torch.randn(n, m, generator=rng)
    double = torch.float64
    yield (
        torch.randn(3, generator=rng, dtype=double),
        torch.randn(2, 3, generator=rng, dtype=double),
        torch.randn(2, 4, generator=rng, dtype=double),
    )
    keys = torch.tensor([[6.0, 1.0], [5.9921875, 3.0], [-9.0, 0.0]])
    yield torch.tensor([256.0, 0.0]), keys, torch.eye(3)  # scores 1536, 1534 and −2304


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Three steps: a score for each key, a weight for each key, one mixture of the values.",
    "Which product of `keys`, (n, d), and `query`, (d,), gives n scores?",
    "`(keys @ query).softmax(dim=0)` are the weights, (n,). Multiply them with the values.",
)


def scores_as_weights(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """You used the scores themselves as weights. Softmax turns them into weights that add up to
    1.
    """
    return keys @ query @ values


def scores_over_their_sum(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """You divided the scores by their sum. Scores can be negative: take softmax, whose weights are
    all positive and add up to 1.
    """
    scores = keys @ query
    return scores / scores.sum() @ values


def best_only(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """You returned the value of the best key alone, as a dictionary does. A soft look-up mixes all
    values, each with its weight.
    """
    return values[(keys @ query).argmax()]


def exp_by_hand(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """You took exp by hand, and it overflows for large scores: inf / inf is nan. `softmax`
    subtracts the largest score first (lesson 03).
    """
    powers = (keys @ query).exp()
    return powers / powers.sum() @ values


def divided_by_root(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """You divided the scores by √d. That is a good idea for long vectors, and section 2 comes to
    it; here the scores are the dot products themselves.
    """
    return (keys @ query / len(query) ** 0.5).softmax(0) @ values  # type: ignore[no-any-return]


def by_distance(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """You scored each key by its distance from the query. Here a score is their dot product."""
    return (-(keys - query).norm(dim=1)).softmax(0) @ values  # type: ignore[no-any-return]


def by_angle(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """You scored each key by the cosine of its angle to the query. Here a score is their dot
    product, so that a longer query gives a sharper answer.
    """
    return torch.cosine_similarity(keys, query[None]).softmax(0) @ values


def weights_only(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:  # noqa: ARG001
    """You returned the weights. Now mix the values with them: the sum of all values, each times its
    weight.
    """
    return (keys @ query).softmax(0)


def mean_of_weighted(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """You took the mean of the weighted values. Take their sum: the weights already add up to 1."""
    return (keys @ query).softmax(0) @ values / len(keys)


@exercise(
    "A soft look-up",
    minutes=5,
    difficulty=1,
    place=10,
    hints=HINTS,
    why="Two products with a softmax between them are all that attention is.",
    inputs=inputs,
    mistakes=(
        scores_as_weights,
        scores_over_their_sum,
        best_only,
        exp_by_hand,
        divided_by_root,
        by_distance,
        by_angle,
        weights_only,
        mean_of_weighted,
    ),
    equivalent=(
        (
            "softmax(dim=0)",
            "softmax(dim=-1)",
            "The scores have one dimension: it is the first and the last.",
        ),
    ),
)
def look_up(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Return the answer to one query, (m,): a mixture of all values.

    The query is (d,), the keys are (n, d), the values (n, m): key i belongs to value i. The score
    of a key is its dot product with the query. Softmax turns the scores into weights.
    """
    weights = (keys @ query).softmax(dim=0)
    return weights @ values
