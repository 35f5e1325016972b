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
    letters = [int(letter) for name in names for letter in name]
    return {
        "longest name": max(len(name) for name in names),
        "share of names without a letter": sum(len(name) == 0 for name in names) / n_names,
        "share of different names": len({tuple(map(int, name)) for name in names}) / n_names,
        "share of names with unlike letters": sum(len(set(name)) > 1 for name in names) / n_names,
        "share of letter 2": letters.count(2) / max(1, len(letters)),
    }


def inputs(_: torch.Generator) -> Iterator[tuple[Network, float, int, int]]:
    upward = "torch.where(torch.arange(6) == {}, 1e3, -1e3)"
    until_four = upward.format("(symbols[-1] + 1 if len(symbols) < 5 else 0)")
    one_two = upward.format("len(symbols) % 2 + 1")
    yield shown_function(f"lambda symbols: {until_four}"), 1.0, 9, 1
    yield shown_function(f"lambda symbols: {one_two}"), 2.0, 3, 1
    yield shown_function(f"lambda symbols: {upward.format('0')}"), 0.1, 5, 1
    yield shown_function(f"lambda symbols: {until_four}"), 1.0, 4, 1
    yield shown_function("lambda symbols: torch.tensor([-1e4, 3.9, 0.0])"), 4.0, 20, 12
    yield shown_function("lambda symbols: torch.tensor([0.5, 0.0])"), 0.25, 1, 100


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Keep a list of symbols that starts as [0]. In a loop: get logits, draw a symbol, append it.",
    "The probabilities are `(logits / temperature).softmax(dim=0)`.",
    "`torch.multinomial(probabilities, 1).item()` draws a number, each with its probability.",
    "Leave the loop when 0 is drawn, or when there are `longest` letters. The 0 in front is none.",
)


def first_symbol(p: Tensor) -> int:
    """Draw a symbol."""
    return int(torch.multinomial(p, 1).item())


def drawn(
    next_logits: Network,
    longest: int,
    draw: Callable[[Tensor], int],
    seen: Callable[[list[int]], list[int]] = lambda symbols: symbols,
) -> list[int]:
    """Return 0, what was drawn, and a 0 at the end if it was drawn."""
    symbols = [0]
    while len(symbols) <= longest:
        symbols.append(draw(next_logits(seen(symbols))))
        if symbols[-1] == 0:
            break
    return symbols


def stripped(symbols: list[int]) -> list[int]:
    """Return the letters alone."""
    return [one for one in symbols if one]


def largest(next_logits: Network, temperature: float, longest: int) -> list[int]:  # noqa: ARG001
    """You always take the most likely symbol, so that all names are the same. Draw one, each with
    its probability: `torch.multinomial`.
    """
    return stripped(drawn(next_logits, longest, lambda z: int(z.argmax())))


def no_temperature(next_logits: Network, temperature: float, longest: int) -> list[int]:  # noqa: ARG001
    """The temperature has no effect. Divide the *logits* by it, before softmax: dividing the
    probabilities does nothing, for only their proportions count in a draw.
    """
    return stripped(drawn(next_logits, longest, lambda z: first_symbol(z.softmax(0))))


def multiplied(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """You multiplied by the temperature. Divide by it: a high one makes the draw more even."""
    return stripped(
        drawn(next_logits, longest, lambda z: first_symbol((z * temperature).softmax(0)))
    )


def logits_drawn(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """You drew with the logits themselves, and some are negative. Make probabilities of them first,
    with softmax.
    """
    return stripped(drawn(next_logits, longest, lambda z: first_symbol(z / temperature)))


def exponentials(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """You took exp by hand, and it overflows for large logits. `softmax` is safe (lesson 03)."""
    return stripped(drawn(next_logits, longest, lambda z: first_symbol((z / temperature).exp())))


def right_draw(temperature: float) -> Callable[[Tensor], int]:
    """Return how a symbol is drawn from logits."""
    return lambda z: first_symbol((z / temperature).softmax(0))


def stop_kept(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """The stop symbol is in your name. It says that the name is over; it is no letter."""
    return drawn(next_logits, longest, right_draw(temperature))[1:]


def start_kept(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """The 0 from the start is in your name. It is what the network reads first; it is no letter."""
    return [0, *stripped(drawn(next_logits, longest, right_draw(temperature)))]


def both_kept(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """The zeros from the start and the end are in your name. They are no letters."""
    return drawn(next_logits, longest, right_draw(temperature))


def never_stopped(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """Your loop goes on after the stop symbol. The name is over when 0 is drawn."""
    symbols, draw = [0], right_draw(temperature)
    for _ in range(longest):
        symbols.append(draw(next_logits(symbols)))
    return symbols[1:]


def without_limit(next_logits: Network, temperature: float, longest: int) -> list[int]:  # noqa: ARG001
    """Your loop ends only when 0 is drawn, and that may never happen. Stop after `longest` letters
    at the latest.
    """
    return stripped(drawn(next_logits, 10**9, right_draw(temperature)))


def one_too_few(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """Your longest name has a letter too few. Does your count include the 0 from the start, or do
    you cut off the last symbol even where it is no 0?
    """
    return stripped(drawn(next_logits, longest - 1, right_draw(temperature)))


def one_too_many(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """Your longest name has a letter too many: `longest` are allowed."""
    return stripped(drawn(next_logits, longest + 1, right_draw(temperature)))


def only_the_last(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """You gave `next_logits` the last symbol only. It needs all symbols so far, from the 0 on."""
    symbols = drawn(next_logits, longest, right_draw(temperature), lambda symbols: symbols[-1:])
    return stripped(symbols)


def start_not_given(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """You called `next_logits` with an empty list. The first symbol of all is 0: start with [0]."""
    return stripped(
        drawn(next_logits, longest, right_draw(temperature), lambda symbols: symbols[1:])
    )


def one_draw_for_all(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """You gave `next_logits` only the 0 from the start, again and again. Give it all symbols so
    far.
    """
    return stripped(drawn(next_logits, longest, right_draw(temperature), lambda _: [0]))


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
    mistakes=(
        largest,
        no_temperature,
        multiplied,
        logits_drawn,
        exponentials,
        stop_kept,
        start_kept,
        both_kept,
        never_stopped,
        without_limit,
        one_too_few,
        one_too_many,
        only_the_last,
        start_not_given,
        one_draw_for_all,
    ),
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
