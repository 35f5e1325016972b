"""Names drawn with one fault each: the known mistakes of the exercise in `draw_name.py`; closed."""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

Network: TypeAlias = Callable[[list[int]], Tensor]


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
    """All your names are the same. Do you take the most likely symbol? Draw one, each with its
    probability: `torch.multinomial`. Or do you draw with a seed or a generator that is set anew for
    each name? Then every name gets the same random numbers: leave it out.
    """
    return stripped(drawn(next_logits, longest, lambda z: int(z.argmax())))


def among_the_likeliest(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """You draw among the likeliest symbols only. An unlikely one is drawn, too, once in a while:
    leave all symbols in, each with its probability.
    """

    def draw(z: Tensor) -> int:
        p, symbols = (z / temperature).softmax(0).topk(2)
        return int(symbols[first_symbol(p)])

    return stripped(drawn(next_logits, longest, draw))


def first_not_drawn(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """Your names all start in the same way: the first symbol is not drawn. Draw it, too."""
    draw = right_draw(temperature)
    fixed = int(next_logits([0]).argmax())
    if fixed == 0:
        return []
    later = drawn(lambda symbols: next_logits([0, fixed, *symbols[1:]]), longest - 1, draw)
    return [fixed, *stripped(later)]


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


def cleaned_at_the_end(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """You took out the zeros at the end, but your loop goes on after the first of them: letters
    from beyond the end are in your name. The name is over when 0 is drawn.
    """
    return stripped(never_stopped(next_logits, temperature, longest))


def drawn_again(next_logits: Network, temperature: float, longest: int) -> list[int]:
    """Where 0 is drawn, your loop draws again (`continue`). The name is over then: `break`."""
    symbols, draw = [0], right_draw(temperature)
    for _ in range(longest):
        symbol = draw(next_logits(symbols))
        symbols += [symbol] if symbol else []
    return symbols[1:]


def never_begun(next_logits: Network, temperature: float, longest: int) -> list[int]:  # noqa: ARG001
    """Your name has no letters. Does your loop end before the first draw? The 0 from the start is
    no stop symbol: look at what was drawn.
    """
    return []


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


MISTAKES = (
    largest,
    among_the_likeliest,
    first_not_drawn,
    no_temperature,
    multiplied,
    logits_drawn,
    exponentials,
    stop_kept,
    start_kept,
    both_kept,
    never_stopped,
    cleaned_at_the_end,
    drawn_again,
    never_begun,
    without_limit,
    one_too_few,
    one_too_many,
    only_the_last,
    start_not_given,
    one_draw_for_all,
)
