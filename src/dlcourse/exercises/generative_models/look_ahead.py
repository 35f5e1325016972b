"""A step that looks ahead."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise
from dlcourse.checking.record import shown_function

Game: TypeAlias = Callable[[Tensor, Tensor], Tensor]
Two: TypeAlias = tuple[Tensor, Tensor]


def inputs(rng: torch.Generator) -> Iterator[tuple[Game, Tensor, Tensor, float]]:
    yield shown_function("lambda u, v: u * v"), torch.tensor(1.0), torch.tensor(2.0), 0.1
    f = shown_function("lambda u, v: u**2 + 3 * u * v - v**2 / 2")
    yield f, torch.tensor(-0.5), torch.tensor(1.5), 0.2
    f = shown_function("lambda u, v: (u.sin() * v).sum() + u.sum() * v.prod()")
    yield f, torch.randn(3, generator=rng), torch.randn(3, generator=rng), 0.5
    f = shown_function("lambda u, v: (u.exp().mean() * v).sum()")
    yield f, torch.randn(2, 2, generator=rng), torch.randn(1, generator=rng).double(), 0.3


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Each player asks for its slope twice: at the point where both are, and a step ahead.",
    "The point ahead: u − rate · slope along u, and v + rate · slope along v, both at once.",
    "Take the slopes at the point ahead, but step with them from the old u and v.",
    "`torch.autograd.grad(f(a, b), (a, b))`, with a and b cut off and asking for slopes.",
)


def slopes(f: Game, u: Tensor, v: Tensor) -> Two:
    """Return the slopes of f along u and along v."""
    a, b = u.detach().clone().requires_grad_(), v.detach().clone().requires_grad_()
    return torch.autograd.grad(f(a, b), (a, b))  # type: ignore[return-value]


def plain(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """That is one plain step of both. It does not look ahead: on u·v it leads outward."""
    along_u, along_v = slopes(f, u, v)
    return u - rate * along_u, v + rate * along_v


def two_plain_steps(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """Those are two plain steps: you stepped on from the point ahead, or the slopes of both places
    are added up. Step from the old u and v, with the slopes ahead alone.
    """
    return plain(f, *plain(f, u, v, rate), rate)


def one_after_the_other(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """Those are plain steps, u first and then v. Nobody looks ahead: take the slopes at the point
    where both players would be.
    """
    u = u - rate * slopes(f, u, v)[0]
    return u, v + rate * slopes(f, u, v)[1]


def both_down(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """Both players step downhill. v wants f to be large: it steps uphill, in both places."""
    along_u, along_v = slopes(f, u, v)
    along_u, along_v = slopes(f, u - rate * along_u, v - rate * along_v)
    return u - rate * along_u, v - rate * along_v


def sides_exchanged(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """u steps uphill and v downhill. It is the other way around: u wants f to be small."""
    return look_ahead.answer(f, u, v, -rate)  # type: ignore[no-any-return]


def down_at_the_point_ahead(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """The point ahead is right, but from the old point v steps downhill. It goes uphill there,
    too.
    """
    _, v_new = look_ahead.answer(f, u, v, rate)
    return look_ahead.answer(f, u, v, rate)[0], 2 * v - v_new


def down_on_the_way_ahead(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """For the point ahead, v stepped downhill. It goes uphill, there as well."""
    along_u, along_v = slopes(f, u, v)
    along_u, along_v = slopes(f, u - rate * along_u, v - rate * along_v)
    return u - rate * along_u, v + rate * along_v


def half_ahead(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """You looked only half a step ahead. Look a whole one ahead."""
    along_u, along_v = slopes(f, *plain(f, u, v, rate / 2))
    return u - rate * along_u, v + rate * along_v


def only_the_other_ahead(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """Each player's slope has only the other one ahead, and itself at the old point. Move both,
    and ask for both slopes there.
    """
    u_ahead, v_ahead = plain(f, u, v, rate)
    return u - rate * slopes(f, u, v_ahead)[0], v + rate * slopes(f, u_ahead, v)[1]


def both_slopes_added(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """You followed the slopes of both places, half and half. Only those ahead count: the first
    ones just show where that is.
    """
    (u_1, v_1), (u_2, v_2) = plain(f, u, v, rate), look_ahead.answer(f, u, v, rate)
    return (u_1 + u_2) / 2, (v_1 + v_2) / 2


def point_ahead_of_mixed_age(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """For the point ahead you moved u first, and v with the slope at the new u. Both take their
    slopes at the old point.
    """
    along_u, along_v = slopes(f, *one_after_the_other(f, u, v, rate))
    return u - rate * along_u, v + rate * along_v


def slopes_of_the_whole_way(f: Game, u: Tensor, v: Tensor, rate: float) -> Two:
    """You asked for slopes along the old u and v, through the step ahead itself. Take the slopes
    along the point ahead: cut it off first, and let it ask for slopes of its own.
    """
    a, b = u.detach().clone().requires_grad_(), v.detach().clone().requires_grad_()
    along_u, along_v = torch.autograd.grad(f(a, b), (a, b), create_graph=True)
    ahead = f(a - rate * along_u, b + rate * along_v)
    along_u, along_v = torch.autograd.grad(ahead, (a, b))
    return u - rate * along_u, v + rate * along_v


@exercise(
    "A step that looks ahead",
    minutes=7,
    difficulty=2,
    place=50,
    hints=HINTS,
    why="Slopes from a step ahead know the other player's answer: on u·v they lead inward.",
    inputs=inputs,
    mistakes=(
        plain,
        two_plain_steps,
        one_after_the_other,
        both_down,
        sides_exchanged,
        down_at_the_point_ahead,
        down_on_the_way_ahead,
        half_ahead,
        only_the_other_ahead,
        both_slopes_added,
        point_ahead_of_mixed_age,
        slopes_of_the_whole_way,
    ),
)
def look_ahead(f: Game, u: Tensor, v: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    """Return the new u and v after one step of a game in which both players look ahead.

    u steps downhill on f(u, v), v uphill, both at once. But each follows the slope from a place
    ahead: the point where one such step, with the slopes at u and v, would take both of them. The
    step itself starts from u and v. f returns a tensor of one number; u and v are left as they
    are, and need not have the same shape.
    """
    u_new, v_new = u, v
    for _ in range(2):  # first to the place ahead, then with its slopes
        a, b = u_new.detach().requires_grad_(), v_new.detach().requires_grad_()
        along_u, along_v = torch.autograd.grad(f(a, b), (a, b))
        u_new, v_new = u - rate * along_u, v + rate * along_v
    return u_new, v_new
