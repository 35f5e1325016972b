"""Write with a cache."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise

Model: TypeAlias = Any  # types do not tell what the parts of a module are

D, N_TOKENS, CONTEXT = 16, 30, 20


class _Layer(nn.Module):
    """The tables of a layer of attention."""

    def __init__(self) -> None:
        super().__init__()
        self.to_qkv = nn.Linear(D, 3 * D, bias=False)
        self.out = nn.Linear(D, D, bias=False)


class _Model(nn.Module):
    """A network of attention only; it has no `forward`, which is the task."""

    def __init__(self, seed: int, n_layers: int) -> None:
        super().__init__()
        self.token = nn.Embedding(N_TOKENS, D)
        self.position = nn.Embedding(CONTEXT, D)
        self.layers = nn.ModuleList(_Layer() for _ in range(n_layers))
        self.answer = nn.Linear(D, N_TOKENS, bias=False)
        rng = torch.Generator().manual_seed(seed)
        for one in self.parameters():
            nn.init.normal_(one, std=0.4, generator=rng)
        self.__name__ = f"a model of {n_layers} layers, d = {D}"


def use(
    answer: Callable[..., Any], model: Model, prompt: list[int], n_more: int
) -> dict[str, Any] | None:
    read = [0] * len(model.layers)
    for i, layer in enumerate(model.layers):

        def count(_: object, given: tuple[Tensor], __: object, i: int = i) -> None:
            read[i] += given[0].numel() // D

        layer.to_qkv.register_forward_hook(count)
    with torch.no_grad():
        more = answer(model, prompt, n_more)
    if more is None:
        return None
    is_long = isinstance(more, list | tuple | Tensor)
    once = max(read) <= len(prompt) + n_more
    return {
        "tokens": [int(one) for one in more] if is_long else more,
        "each layer reads each token": "once" if once else "several times",
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[Any, list[int], int]]:
    yield _Model(10, 1), [4, 2], 3
    for seed, n_layers, n, n_more in ((62, 2, 5, 8), (58, 2, 1, 12), (10, 3, 6, 1), (39, 1, 9, 7)):
        prompt = torch.randint(N_TOKENS, (n,), generator=rng).tolist()
        yield _Model(seed, n_layers), prompt, n_more
    yield _Model(6, 2), [0, 8, 1], 0


# ---------------------------------------------------------------------------- closed half

from dlcourse.exercises.transformers._wrong_writing import MISTAKES  # noqa: E402 - closed as well

HINTS = (
    "Go through the tokens one by one, those of the prompt, too: then no mask is needed.",
    "Keep two lists for each layer, of keys and of values. A new token adds one to each of them.",
    "For one token x, (d,): `q, k, v = layer.to_qkv(x).chunk(3)`. All keys: `torch.stack(keys)`.",
    "From the last token of the prompt on, `model.answer(x).argmax()` is what comes next.",
)


@exercise(
    "Write with a cache",
    minutes=15,
    difficulty=3,
    place=140,
    hints=HINTS,
    why="In a causal network, what comes later changes nothing earlier: it can be kept.",
    inputs=inputs,
    use=use,
    mistakes=MISTAKES,
    equivalent=(
        (
            "softmax(dim=0)",
            "softmax(dim=-1)",
            "The scores of one query have one dimension: it is the first and the last.",
        ),
        ("cache, strict=True", "cache, strict=False", "The cache has a pair for each layer."),
        ("cache, strict=True", "cache", "The cache has a pair for each layer."),
        (
            "int(model.answer(x).argmax())",
            "model.answer(x).argmax()",
            "A tensor of one number may stand for the number, in a list as well.",
        ),
    ),
)
def write(model: Model, prompt: list[int], n_more: int) -> list[int]:
    """Return the `n_more` tokens that the model writes after the prompt, the likeliest each time.

    The model is causal attention and nothing else, without norms, with one head in each layer. A
    token starts as its row of `model.token` plus the row of its position, from 0, of
    `model.position`. Each of `model.layers` has `to_qkv`, which makes query, key and value of a
    token, (d,), side by side, (3·d,), and `out`, (d,) to (d,): its answers are added to the
    stream. The scores are divided by √d. After the last layer, `model.answer` makes the logits. The
    prompt has at least one token. Each layer may read each token only once.
    """
    tokens = list(prompt)
    cache: list[tuple[list[torch.Tensor], list[torch.Tensor]]] = [([], []) for _ in model.layers]
    for position in range(len(prompt) + n_more - 1):
        x = model.token.weight[tokens[position]] + model.position.weight[position]
        for layer, (keys, values) in zip(model.layers, cache, strict=True):
            q, k, v = layer.to_qkv(x).chunk(3)
            keys.append(k)
            values.append(v)
            weights = (torch.stack(keys) @ q / len(q) ** 0.5).softmax(dim=0)
            x = x + layer.out(weights @ torch.stack(values))
        if position >= len(prompt) - 1:
            tokens.append(int(model.answer(x).argmax()))
    return tokens[len(prompt) :]
