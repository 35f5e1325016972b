"""Windows, and what costs nothing."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise

Three: TypeAlias = tuple[Tensor, Tensor, Tensor]


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int, int]]:
    yield torch.tensor([5.0, 6.0, 8.0, 7.0, 3.0]), 2, 1
    yield 10 + 3 * torch.randn(12, generator=rng), 3, 2
    yield torch.randn(7, generator=rng, dtype=torch.float64), 1, 4
    yield torch.tensor([1.0, -2.0, 4.0, 0.5, 9.0]), 3, 1
    yield (5 * torch.randn(9, 2, generator=rng))[:, 0], 4, 3
    yield torch.tensor([4.0, 7.0, 1.0, 2.5]), 3, 1  # one window


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Write down the first window, its target and the forecast “as today” for the numbers 0 to 9.",
    "The last day of a window is today. Its target is `ahead` days later.",
    "`series.unfold(0, n_past + ahead, 1)` are all pieces that hold a window and its target.",
    "The forecast “as today” is `X[:, -1]`, and the RMSE the root of the mean of the squares.",
)


def cut(
    series: Tensor,
    n_past: int,
    ahead: int,
    forecast: Callable[[Tensor], Tensor] = lambda X: X[:, -1],
) -> Three:
    """Return windows, targets, and the RMSE of a forecast."""
    pieces = series.unfold(0, n_past + ahead, 1)
    X, y = pieces[:, :n_past], pieces[:, -1]
    return X, y, (y - forecast(X)).square().mean().sqrt()


def target_inside(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your target is in its own window, as its last day: there is nothing to forecast. It should
    come `ahead` days later.
    """
    X, _, _ = cut(series, n_past, ahead)
    return X, X[:, -1], torch.tensor(0.0)


def one_day_early(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your target comes a day too early. Today is the last day of the window; count from there."""
    return cut(series, n_past, ahead - 1) if ahead > 1 else target_windows(series, n_past)


def target_windows(series: Tensor, n_past: int) -> Three:
    """Return all windows with their own last day as the target."""
    X = series.unfold(0, n_past, 1)
    return X, X[:, -1], torch.tensor(0.0)


def one_day_late(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your target comes a day too late. Today is the last day of the window; with `ahead` = 1 the
    target is the day after it.
    """
    X, y = series.unfold(0, n_past, 1)[: -ahead - 1], series[n_past + ahead :]
    return X, y, (y - X[:, -1]).square().mean().sqrt()


def always_tomorrow(series: Tensor, n_past: int, ahead: int) -> Three:  # noqa: ARG001
    """Your target is always the next day. It should come `ahead` days after today."""
    return cut(series, n_past, 1)


def last_pair_lost(series: Tensor, n_past: int, ahead: int) -> Three:
    """You have a window too few: the last target is the last day of the series."""
    X, y, _ = cut(series, n_past, ahead)
    X, y = X[:-1], y[:-1]
    return X, y, (y - X[:, -1]).square().mean().sqrt()


def loop_too_short(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your loop ends a window too early, and where there is only one, none is left to stack. The
    last target is the last day of the series.
    """
    X, y, rmse = last_pair_lost(series, n_past, ahead)
    return torch.stack(list(X)), y, rmse


def squeezed(series: Tensor, n_past: int, ahead: int) -> Three:
    """Where there is only one window, `squeeze` takes out its dimension, too. Say which one it
    should take, `squeeze(1)`, or pick with `[:, -1]`, which leaves none behind.
    """
    X, y, rmse = cut(series, n_past, ahead)
    return X, y.squeeze(), rmse


def no_overlap(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your windows do not overlap. Every day starts a window of its own."""
    pieces = series.unfold(0, n_past + ahead, n_past)
    X, y = pieces[:, :n_past], pieces[:, -1]
    return X, y, (y - X[:, -1]).square().mean().sqrt()


def mean_of_the_window(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your baseline is the mean of the window. Here it is “as today”: its last day."""
    return cut(series, n_past, ahead, lambda X: X.mean(dim=1))


def mean_of_all(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your baseline is the mean. Here it is “as today”: the last day of each window."""
    X, y, _ = cut(series, n_past, ahead)
    return X, y, y.std(correction=0)


def oldest_day(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your baseline is the first day of the window, the oldest. Today is the last one."""
    return cut(series, n_past, ahead, lambda X: X[:, 0])


def root_missing(series: Tensor, n_past: int, ahead: int) -> Three:
    """You left out the root: that is the mean of the squares, in other units than the series."""
    X, y, rmse = cut(series, n_past, ahead)
    return X, y, rmse**2


def absolute_error(series: Tensor, n_past: int, ahead: int) -> Three:
    """That is the mean absolute error. RMSE: the root of the mean of the squares."""
    X, y, _ = cut(series, n_past, ahead)
    return X, y, (y - X[:, -1]).abs().mean()


def mean_left_out(series: Tensor, n_past: int, ahead: int) -> Three:
    """You took the root of the sum of the squares. RMSE is the root of their *mean*."""
    X, y, rmse = cut(series, n_past, ahead)
    return X, y, rmse * len(y) ** 0.5


def broadcast(series: Tensor, n_past: int, ahead: int) -> Three:
    """You compared (M, 1) with (M,), so every target meets every today, (M, M). Take `X[:, -1]`,
    which is (M,).
    """
    X, y, _ = cut(series, n_past, ahead)
    return X, y, (X[:, -1:] - y).square().mean().sqrt()


def newest_first(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your windows have the newest day first. Keep the order of the series."""
    X, y, rmse = cut(series, n_past, ahead)
    return X.flip(1), y, rmse


def change_of_a_day(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your baseline compares each day with the next. It should be judged by the same targets as a
    network: `ahead` days after the last day of each window.
    """
    X, y, _ = cut(series, n_past, ahead)
    return X, y, series.diff().square().mean().sqrt()


def over_all_days(series: Tensor, n_past: int, ahead: int) -> Three:
    """Your baseline also covers days before the first window is full. It should be judged by the
    same targets as a network: `ahead` days after the last day of each window.
    """
    X, y, _ = cut(series, n_past, ahead)
    return X, y, (series[ahead:] - series[:-ahead]).square().mean().sqrt()


@exercise(
    "Windows, and what costs nothing",
    minutes=7,
    difficulty=2,
    place=130,
    hints=HINTS,
    why="Windows and baseline come from the same pieces, so both are judged by the same days.",
    inputs=inputs,
    equivalent=(
        ("unfold(0", "unfold(-1", "The series has one dimension: it is the first and the last."),
        ("y - X[:, -1]", "X[:, -1] - y", "The sign of the difference is lost in the square."),
    ),
    mistakes=(
        target_inside,
        one_day_early,
        one_day_late,
        always_tomorrow,
        last_pair_lost,
        loop_too_short,
        squeezed,
        no_overlap,
        mean_of_the_window,
        mean_of_all,
        oldest_day,
        root_missing,
        absolute_error,
        mean_left_out,
        broadcast,
        newest_first,
        change_of_a_day,
        over_all_days,
    ),
)
def windows(series: Tensor, n_past: int, ahead: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the windows (M, n_past), their targets (M,), and the RMSE of “as today”, a number.

    A window is `n_past` days of the series, (N,), that follow one another, the oldest first; its
    last day is today. Its target is the value `ahead` days after today. Windows start on every
    day, as long as their target is in the series. “As today” is the forecast that costs nothing:
    the target will be what today is.
    """
    pieces = series.unfold(0, n_past + ahead, 1)
    X, y = pieces[:, :n_past], pieces[:, -1]
    return X, y, (y - X[:, -1]).square().mean().sqrt()
