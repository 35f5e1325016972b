"""Draw a name, letter by letter."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function

Network: TypeAlias = Callable[[list[int]], Tensor]

MOST_CALLS = 200
FEW = 40  # fewer names may well start with the same letter by chance


def use(
    answer: Callable[..., Any], next_logits: Network, temperature: float, longest: int, n_names: int
) -> dict[str, Any] | None:
    names = []
    for _ in range(n_names):
        calls = list[int]()

        def counted(symbols: list[int], calls: list[int] = calls) -> Tensor:
            calls.append(1)
            if len(calls) > MOST_CALLS:
                msg = f"next_logits was called {MOST_CALLS} times for one name"
                raise RuntimeError(msg)
            return next_logits(symbols)

        names.append(answer(counted, temperature, longest))
    if names[0] is None:
        return None
    if n_names == 1:
        return {"name": names[0]}
    n_different = len({tuple(map(int, name)) for name in names})
    if n_different == 1:
        return {"names": "all the same"}
    letters = [int(letter) for name in names for letter in name]
    n_letters = len(next_logits([0])) - 1
    n_mixed = sum(len(set(map(int, name))) > 1 for name in names)
    n_starts = len({int(name[0]) for name in names if len(name)})
    return {
        "names": "not all the same",
        "first letters": "different ones" if n_starts > 1 or n_names < FEW else "all the same",
        "names that are too long": sum(len(name) > longest for name in names),
        "share of names without a letter": sum(len(name) == 0 for name in names) / n_names,
        "share of different names": n_different / n_names,
        "share of names with unlike letters": n_mixed / n_names,
        "share of the letters that occur": len(set(letters)) / n_letters,
        "share of letter 1": letters.count(1) / max(1, len(letters)),
    }


def inputs(_: torch.Generator) -> Iterator[tuple[Network, float, int, int]]:
    upward = "torch.where(torch.arange(6) == {}, 1e3, -1e3)"
    until_four = upward.format("(symbols[-1] + 1 if len(symbols) != 5 else 0)")
    one_two = upward.format("len(symbols) % 2 + 1")
    yield shown_function(f"lambda symbols: {until_four}"), 1.0, 9, 1
    yield shown_function(f"lambda symbols: {one_two}"), 2.0, 3, 1
    yield shown_function(f"lambda symbols: {upward.format('0')}"), 0.1, 5, 1
    yield shown_function(f"lambda symbols: {until_four}"), 1.0, 4, 1
    yield shown_function("lambda symbols: torch.tensor([-1e4, 3.9, 0.0])"), 4.0, 16, 14
    yield shown_function("lambda symbols: torch.tensor([-1e4, 6.0] + 20 * [0.0])"), 2.0, 8, 40
    yield shown_function("lambda symbols: torch.tensor([0.3, 0.0])"), 0.25, 6, 200


# ---------------------------------------------------------------------------- closed half

from dlcourse.exercises.sequences._wrong_draws import MISTAKES  # noqa: E402 - closed as well

HINTS = (
    "Keep a list of symbols that starts as [0]. In a loop: get logits, draw a symbol, append it.",
    "The probabilities are `(logits / temperature).softmax(dim=0)`.",
    "`torch.multinomial(probabilities, 1).item()` draws a number, each with its probability.",
    "Leave the loop when 0 is drawn, or when there are `longest` letters. The 0 in front is none.",
)


@exercise(
    "Draw a name",
    minutes=10,
    difficulty=3,
    place=100,
    hints=HINTS,
    why="The network only gives chances. The loop draws, and hands back what was drawn.",
    inputs=inputs,
    use=use,
    equivalent=(
        (
            "softmax(dim=0)",
            "softmax(dim=-1)",
            "The logits have one dimension: it is the first and the last.",
        ),
        (
            "int(torch.multinomial(p, 1))",
            "torch.multinomial(p, 1)",
            "A tensor of one number may stand for the number, in a list as well.",
        ),
    ),
    tolerance=Tolerance(relative=0.0, absolute=0.15),
    mistakes=MISTAKES,
)
def draw_name(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """Return the letters of a name that was drawn symbol by symbol, a list of whole numbers.

    `next_logits(symbols)` returns the logits of the next symbol, (C,); `symbols` is the list of
    all symbols so far. Its first is 0, for the start. Draw each symbol with the probabilities of
    softmax(logits / temperature). The name is over when 0 is drawn, or when it has `longest`
    letters. Neither 0 is part of the result.
    """
    symbols = [0]
    while len(symbols) <= longest:
        p = (next_logits(symbols) / temperature).softmax(dim=0)
        symbol = int(torch.multinomial(p, 1))
        if symbol == 0:
            break
        symbols.append(symbol)
    return symbols[1:]
