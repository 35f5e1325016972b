"""Texts written with one fault each: the known mistakes of the exercise in `write.py`; closed."""

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

Model: TypeAlias = Any  # types do not tell what the parts of a module are


class Reader:
    """Reads a text token by token, with a cache, and may do it wrong."""

    def __init__(self, model: Model, faults: str, place_of: Callable[[int], int]) -> None:
        self.model, self.faults, self.place_of = model, faults, place_of
        self.cache: list[tuple[list[Tensor], list[Tensor]]] = [([], []) for _ in model.layers]
        self.n_read = 0

    def read(self, token: int) -> Tensor:
        """Return the logits after the token."""
        x = self.model.token.weight[token]
        if "places" not in self.faults:
            x = x + self.model.position.weight[self.place_of(self.n_read)]
        self.n_read += 1
        for layer, (keys, values) in zip(self.model.layers, self.cache, strict=True):
            q, k, v = layer.to_qkv(x).chunk(3)
            keys.append(k)
            values.append(v)
            mixture = self.mixture(q, keys, values)
            answer = mixture if "out" in self.faults else layer.out(mixture)
            x = answer if "stream" in self.faults else x + answer
        logits: Tensor = self.model.answer(x)
        return logits

    def mixture(self, q: Tensor, keys: list[Tensor], values: list[Tensor]) -> Tensor:
        """Return what a query reads of the values."""
        seen = slice(None)
        if "itself" in self.faults and len(keys) > 1:
            seen = slice(-1)
        elif "first" in self.faults:
            seen = slice(1)
        elif "last" in self.faults:
            seen = slice(-1, None)
        root = 1.0 if "root" in self.faults else len(q) ** 0.5
        weights = (torch.stack(keys[seen]) @ q / root).softmax(dim=0)
        return weights @ torch.stack(values[seen])


def written(
    model: Model,
    prompt: list[int],
    n_more: int,
    faults: str = "",
    place_of: Callable[[int], int] = lambda t: t,
) -> list[int]:
    """Return the tokens that are written, each read once."""
    reader, more, coming = Reader(model, faults, place_of), list[int](), list(prompt)
    while len(more) < n_more:
        logits = [reader.read(token) for token in coming]
        coming = [int(logits[-1].argmax())]
        more += coming
    return more


def read_again(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """The tokens are right, but your layers read the whole text again for each new token. Keep the
    keys and values, and give `to_qkv` the new token alone.
    """
    tokens = list(prompt)
    for _ in range(n_more):
        tokens += written(model, tokens, 1)
    return tokens[len(prompt) :]


def place_zero(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Each new token gets position 0, as if it were the first. Its position is the number of tokens
    before it, which is the length of the cache.
    """
    n = len(prompt)
    return written(model, prompt, n_more, place_of=lambda t: t if t < n else 0)


def always_place_zero(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Every token gets position 0, those of the prompt, too. The position of a token is the number
    of tokens before it.
    """
    return written(model, prompt, n_more, place_of=lambda _: 0)


def one_place_late(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Your positions begin with 1. The first token's position is 0."""
    return written(model, prompt, n_more, place_of=lambda t: t + 1)


def new_places_late(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Your new tokens are one position too far. The first of them has position `len(prompt)`."""
    n = len(prompt)
    return written(model, prompt, n_more, place_of=lambda t: t if t < n else t + 1)


def new_places_early(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Your first new token has the position of the prompt's last one. It is one further: its
    position is the number of tokens before it.
    """
    n = len(prompt)
    return written(model, prompt, n_more, place_of=lambda t: t if t < n else t - 1)


def first_key_only(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Your tokens look at the first token only: `is_causal=True` with one query does that, since
    its triangle starts in the upper left corner. One new query may see everything.
    """
    return written(model, prompt, n_more, "first")


def nothing_kept(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Your tokens look at themselves only. Keep the keys and values of all tokens, in lists that
    are made once, before the loop.
    """
    return written(model, prompt, n_more, "last")


def itself_not_seen(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Your tokens do not look at themselves. Put the new key and value into the cache first."""
    return written(model, prompt, n_more, "itself")


def not_divided(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """You did not divide the scores by √d."""
    return written(model, prompt, n_more, "root")


def no_places(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """You did not add the positions. A token starts as its row of `model.token` plus a row of
    `model.position`.
    """
    return written(model, prompt, n_more, "places")


def no_last_table(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Your layers add the mixture of values as it is. It passes through `layer.out` first."""
    return written(model, prompt, n_more, "out")


def stream_lost(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Your layers replace the stream. Each *adds* its answer to it: `x = x + …`."""
    return written(model, prompt, n_more, "stream")


def prompt_returned(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Your list begins with the prompt. Return the new tokens only."""
    return [*prompt, *written(model, prompt, n_more)]


def last_of_prompt_read_twice(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """The last token of the prompt is in your cache twice: read with the prompt, and again to get
    the first new token. Reading it once gives its logits already.
    """
    twice = [*prompt, prompt[-1]]
    return written(model, twice, n_more)


def one_too_few(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """You wrote one token too few."""
    return written(model, prompt, max(0, n_more - 1))


def one_too_many(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """You wrote one token too many."""
    return written(model, prompt, n_more + 1)


MISTAKES = (
    read_again,
    place_zero,
    always_place_zero,
    one_place_late,
    new_places_late,
    new_places_early,
    first_key_only,
    nothing_kept,
    itself_not_seen,
    not_divided,
    no_places,
    no_last_table,
    stream_lost,
    prompt_returned,
    last_of_prompt_read_twice,
    one_too_few,
    one_too_many,
)
