"""A loss that no leak can lower."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function

Model: TypeAlias = Callable[[Tensor], Tensor]


def use(
    answer: Callable[..., Any], model: Model, windows: Tensor, positions: list[int]
) -> dict[str, Any] | None:
    graphs = []

    def watched(tokens: Tensor) -> Tensor:
        graphs.append(torch.is_grad_enabled())
        return model(tokens)

    with torch.enable_grad():  # what the answer leaves behind ends here
        loss = answer(watched, windows, positions)
        is_on = torch.is_grad_enabled()
    if loss is None:
        return None
    return {
        "loss": loss.detach() if isinstance(loss, Tensor) else loss,
        "the model runs": "with a graph" if any(graphs) else "without a graph",
        "gradients are afterwards": "on" if is_on else "off",
    }


def inputs(rng: torch.Generator) -> Iterator[tuple[Model, Tensor, list[int]]]:
    honest = "torch.nn.functional.one_hot(tokens, 5) * 1.5"
    # what it answers at a position depends on the whole window
    leaky = "(torch.nn.functional.one_hot(tokens.roll(-1, 1), 5) * 4.0)"
    mean = "torch.nn.functional.one_hot(tokens, 5).float().mean(1, keepdim=True)"
    both = f"{mean} * tokens[:, :, None] + {honest}"
    yield shown_function(f"lambda tokens: {honest}"), torch.tensor([[0, 0, 1, 1]]), [0]
    yield shown_function(f"lambda tokens: {leaky}"), torch.tensor([[3, 0, 2, 4]]), [1]
    windows = torch.randint(5, (4, 7), generator=rng)
    yield shown_function(f"lambda tokens: {both}"), windows, [0, 2, 5]
    windows = torch.randint(5, (9, 3), generator=rng).T
    yield shown_function(f"lambda tokens: {both}"), windows, [6, 3]
    yield shown_function(f"lambda tokens: {leaky}"), windows.clone()[:, :4], [2, 1]


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "What may the model know when it is asked what comes after position t? Nothing later than t.",
    "For each position t: `model(windows[:, : t + 1])`. Which of its answers do you need?",
    "The last answer, `[:, -1]`, (B, C), is for the target `windows[:, t + 1]`, (B,).",
    "`with torch.no_grad():` around it all, or `@torch.no_grad()` above the function.",
)


@torch.no_grad()
def asked(model: Model, windows: Tensor, positions: list[int], *, shift: int = 1) -> list[Tensor]:
    """Return the loss at each of the positions, of windows that end there."""
    return [
        functional.cross_entropy(model(windows[:, : t + 1])[:, -1], windows[:, t + shift])
        for t in positions
    ]


@torch.no_grad()
def whole_windows(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """You gave the model whole windows. There it can see what comes after the position that it is
    asked about, and if it leaks, its loss is too low. Cut the windows off behind position t.
    """
    logits = model(windows[:, :-1])
    losses = [functional.cross_entropy(logits[:, t], windows[:, t + 1]) for t in positions]
    return torch.stack(losses).mean()


@torch.no_grad()
def with_the_target(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """You cut the windows off one token too late: they end with the target itself."""
    losses = [
        functional.cross_entropy(model(windows[:, : t + 2])[:, t], windows[:, t + 1])
        for t in positions
    ]
    return torch.stack(losses).mean()


@torch.no_grad()
def cut_too_early(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """You cut the windows off one token too early: position t itself belongs to them, and is the
    last that the model may know. A slice ends *before* its end: `[:, : t + 1]`.
    """
    losses = [
        functional.cross_entropy(model(windows[:, :t])[:, -1], windows[:, t + 1]) for t in positions
    ]
    return torch.stack(losses).mean()


@torch.no_grad()
def all_answers(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """You counted the answers at all positions of the short windows. Only the last one is asked:
    the earlier ones have seen the future again.
    """
    losses = [
        functional.cross_entropy(model(windows[:, : t + 1]).transpose(1, 2), windows[:, 1 : t + 2])
        for t in positions
    ]
    return torch.stack(losses).mean()


@torch.no_grad()
def one_token_given(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """You gave the model the token at position t alone. It may know all tokens up to there:
    `windows[:, : t + 1]`.
    """
    losses = [
        functional.cross_entropy(model(windows[:, t : t + 1])[:, -1], windows[:, t + 1])
        for t in positions
    ]
    return torch.stack(losses).mean()


@torch.no_grad()
def zeros_given(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """You wrote zeros over what comes later, and 0 is a token like any other: a model that leaks
    looks at it. Cut the windows off behind position t.
    """
    losses = []
    for t in positions:
        known = torch.arange(windows.shape[1]) <= t
        losses.append(functional.cross_entropy(model(windows * known)[:, t], windows[:, t + 1]))
    return torch.stack(losses).mean()


def not_shifted(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """You compared with the token at position t, which the model was given. The target is the next
    one.
    """
    return torch.stack(asked(model, windows, positions, shift=0)).mean()


def summed(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """You returned the sum over the positions. Return their mean."""
    return torch.stack(asked(model, windows, positions)).sum()


def last_place_alone(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """You returned the loss of the last of the positions. Return the mean over all of them."""
    return asked(model, windows, positions)[-1]


def one_for_each(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """You returned a loss for each position. Return their mean, one number."""
    return torch.stack(asked(model, windows, positions))


def left_off(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """The loss is right, but gradients stay off after your function, and nothing in the notebook
    could be trained any more. Use `with torch.no_grad():`, which ends.
    """
    torch.set_grad_enabled(False)
    return torch.stack(asked(model, windows, positions)).mean()


def with_graph(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """The loss is right. But nothing is trained here, and your code builds a graph: `torch.no_grad`
    saves its time and memory.
    """
    losses = [
        functional.cross_entropy(model(windows[:, : t + 1])[:, -1], windows[:, t + 1])
        for t in positions
    ]
    return torch.stack(losses).mean()


@exercise(
    "A loss that no leak can lower",
    minutes=8,
    difficulty=2,
    place=120,
    hints=HINTS,
    why="A window that ends at position t has no future, so no leak can show it to the model.",
    inputs=inputs,
    use=use,
    mistakes=(
        whole_windows,
        with_the_target,
        cut_too_early,
        all_answers,
        one_token_given,
        zeros_given,
        not_shifted,
        summed,
        last_place_alone,
        one_for_each,
        left_off,
        with_graph,
    ),
)
def true_loss(model: Model, windows: Tensor, positions: list[int]) -> Tensor:
    """Return the mean loss of the next token after some positions, one number, without a graph.

    `model(tokens)` returns logits, (B, T, C), for tokens (B, T) of any length T, at least 1. It may
    leak. The windows are tokens, (B, L). For each position t of `positions`, give the model only
    what it would have when it writes: the tokens up to position t. Each position counts the same.
    """
    losses = []
    with torch.no_grad():
        for t in positions:
            logits = model(windows[:, : t + 1])[:, -1]
            losses.append(functional.cross_entropy(logits, windows[:, t + 1]))
    return torch.stack(losses).mean()
