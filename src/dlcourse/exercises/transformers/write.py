"""Write with a cache."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from dlcourse.checking.exercise import exercise

Model: TypeAlias = Any  # types do not tell what the parts of a module are

N_TOKENS, CONTEXT = 30, 20


class _Layer(nn.Module):
    """The tables of a layer of attention."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.to_qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)


class _Model(nn.Module):
    """A network of attention only; it has no `forward`, which is the task."""

    def __init__(self, seed: int, n_layers: int, d: int = 16) -> None:
        super().__init__()
        self.token = nn.Embedding(N_TOKENS, d)
        self.position = nn.Embedding(CONTEXT, d)
        self.layers = nn.ModuleList(_Layer(d) for _ in range(n_layers))
        self.answer = nn.Linear(d, N_TOKENS, bias=False)
        rng = torch.Generator().manual_seed(seed)
        for one in self.parameters():
            nn.init.normal_(one, std=0.4, generator=rng)
        self.__name__ = f"a model of {n_layers} layers, d = {d}"


class _Counter(TorchFunctionMode):
    """Counts the tokens that are multiplied with each layer's `to_qkv`: its call, or its weight."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.d = model.token.weight.shape[1]
        self.read = {_memory(layer.to_qkv.weight): 0.0 for layer in model.layers}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the operation makes
        given = *args, *(kwargs or {}).values()
        tensors = [one for one in given if isinstance(one, Tensor)]
        for table in tensors:
            if (memory := _memory(table)) in self.read:
                tokens = sum(one.numel() for one in tensors if one is not table) / self.d
                self.read[memory] += tokens * table.numel() / (3 * self.d**2)  # a part of it counts
        return func(*args, **(kwargs or {}))


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def use(
    answer: Callable[..., Any], model: Model, prompt: list[int], n_more: int
) -> dict[str, Any] | None:
    with torch.no_grad(), _Counter(model) as counter:
        more = answer(model, prompt, n_more)
    if more is None:
        return None
    is_long = isinstance(more, list | tuple | Tensor)
    once = max(counter.read.values()) <= len(prompt) + n_more + 0.5  # sums of parts are rounded
    return {
        "tokens": [int(one) for one in more] if is_long else more,
        "each layer reads each token": "once" if once else "several times",
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[Any, list[int], int]]:
    yield _Model(10, 1), [4, 2], 3
    models = _Model(62, 2), _Model(58, 2), _Model(10, 3), _Model(240, 1, 24)
    for model, n, n_more in zip(models, (3, 1, 6, 4), (4, 6, 1, 4), strict=True):
        prompt = torch.randint(N_TOKENS, (n,), generator=rng).tolist()
        yield model, prompt, n_more
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
