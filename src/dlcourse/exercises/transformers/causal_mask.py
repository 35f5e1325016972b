"""A mask for the newest tokens."""

from collections.abc import Iterator

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(_: torch.Generator) -> Iterator[tuple[int, int]]:
    yield 2, 4
    yield 3, 3
    yield 1, 5
    yield 1, 1
    yield 6, 7
    yield 4, 11


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Write the table for 2 queries and 4 keys on paper. Which token is query 0?",
    "Query 0 is token n_keys − n_queries. It may look at so many earlier keys, and at itself.",
    "`tril(k)` keeps a triangle whose edge is k columns further to the right. How large is k here?",
)


def ones(n_queries: int, n_keys: int) -> Tensor:
    """Return a table of True."""
    return torch.ones(n_queries, n_keys, dtype=torch.bool)


def from_the_corner(n_queries: int, n_keys: int) -> Tensor:
    """Your triangle starts in the upper left corner, as if the queries were the first tokens. They
    are the last ones: query 0 may look at all tokens before it, and at itself.
    """
    return ones(n_queries, n_keys).tril()


def without_itself(n_queries: int, n_keys: int) -> Tensor:
    """No token may look at itself in your mask. It may: it knows itself. And if there are as many
    queries as keys, the first would have nothing to look at, and softmax would give nan.
    """
    return ones(n_queries, n_keys).tril(n_keys - n_queries - 1)


def one_ahead(n_queries: int, n_keys: int) -> Tensor:
    """Each token may look one token ahead in your mask, at the very answer that it should guess."""
    return ones(n_queries, n_keys).tril(n_keys - n_queries + 1)


def future_marked(n_queries: int, n_keys: int) -> Tensor:
    """Your mask is True for the future. Here True means *may look*: the past, and itself."""
    return ~ones(n_queries, n_keys).tril(n_keys - n_queries)


def other_triangle(n_queries: int, n_keys: int) -> Tensor:
    """`triu` keeps the other triangle: each token looks at itself and at the future."""
    return ones(n_queries, n_keys).triu()


def other_triangle_shifted(n_queries: int, n_keys: int) -> Tensor:
    """`triu` keeps the other triangle, with the tokens themselves and the future. Take `tril`."""
    return ones(n_queries, n_keys).triu(n_keys - n_queries)


def shifted_to_the_left(n_queries: int, n_keys: int) -> Tensor:
    """You shifted the triangle to the left. The queries are the last tokens, so it has to be
    shifted to the right: n_keys − n_queries, and not the other way around.
    """
    return ones(n_queries, n_keys).tril(n_queries - n_keys)


def transposed(n_queries: int, n_keys: int) -> Tensor:
    """Your mask has a row for each key. It should have one for each query."""
    return ones(n_queries, n_keys).tril(n_keys - n_queries).T


def of_numbers(n_queries: int, n_keys: int) -> Tensor:
    """Your mask holds numbers, and they would be *added* to the scores. Make it of True and False:
    `dtype=torch.bool`, or `.bool()`.
    """
    return ones(n_queries, n_keys).tril(n_keys - n_queries).float()


def of_scores(n_queries: int, n_keys: int) -> Tensor:
    """You made a table of 0 and −∞ to be added to the scores. Here it should be of True (may look)
    and False.
    """
    return torch.full((n_queries, n_keys), float("-inf")).triu(n_keys - n_queries + 1)


def square(n_queries: int, n_keys: int) -> Tensor:  # noqa: ARG001
    """Your mask is square, as if all tokens asked. Only the last `n_queries` do: keep their
    rows.
    """
    return ones(n_keys, n_keys).tril()


@exercise(
    "A mask for the newest tokens",
    minutes=5,
    difficulty=2,
    place=20,
    hints=HINTS,
    why="The rows are the last ones of the large triangle, so the edge moves to the right.",
    inputs=inputs,
    mistakes=(
        from_the_corner,
        without_itself,
        one_ahead,
        future_marked,
        other_triangle,
        other_triangle_shifted,
        shifted_to_the_left,
        transposed,
        of_numbers,
        of_scores,
        square,
    ),
)
def causal_mask(n_queries: int, n_keys: int) -> Tensor:
    """Return a causal mask, (n_queries, n_keys): True where a query may look at a key.

    There are `n_keys` tokens in a sequence, and each has a key. Only the last `n_queries` of them
    ask. Each of these may look at itself and at all tokens before it.
    """
    return torch.ones(n_queries, n_keys, dtype=torch.bool).tril(n_keys - n_queries)
