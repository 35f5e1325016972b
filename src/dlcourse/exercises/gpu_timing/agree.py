"""Do two devices agree?"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def bit_by_bit(result: Tensor, reference: Tensor, tolerance: float) -> bool:  # noqa: ARG001
    """Return whether the results of two devices, tensors of one shape, agree.

    They agree if the length (`norm`) of their difference is at most `tolerance` times
    the length of `reference`. A result with a nan agrees with nothing.
    """
    return result.equal(reference)


def inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, float]]:
    yield torch.tensor([1025.0]), torch.tensor([1024.5]), 1e-3  # what TF32 made of 1024.5
    yield torch.tensor([1025.0]), torch.tensor([1024.5]), 1e-5
    yield torch.tensor([3.0, 4.0]), torch.tensor([4.0, 3.0]), 0.1  # of one length and one sum
    yield torch.tensor([4.0]), torch.tensor([1.0]), 0.8  # much too large
    yield torch.tensor([1000.0, 0.002]), torch.tensor([1000.0, 0.001]), 1e-4
    yield torch.tensor([0.5, 3.0]), torch.tensor([0.5, 4.0]), 0.125  # too small
    yield torch.tensor([0.0, 0.003]), torch.tensor([0.0, 0.004]), 0.01
    yield torch.tensor([[3.0], [4.0]]), torch.tensor([[3.0], [4.0]]), 0.0
    yield torch.tensor([1.0, float("nan")]), torch.tensor([1.0, 1.0]), 0.5
    yield torch.tensor([1.0, 1.0]), torch.tensor([1.0, float("nan")]), 0.5
    yield torch.zeros(3), torch.zeros(3), 0.1  # a reference of length 0
    yield torch.tensor([0.0, 1e-12]), torch.zeros(2), 0.5
    yield torch.tensor([1.75 * 2.0**-40]), torch.tensor([2.0**-40]), 0.5  # small, and far apart
    ones, spike = torch.ones(16), torch.eye(16)[3]
    yield ones + 0.125, ones.clone(), 0.15  # small errors, near enough
    yield ones + 0.25, ones.clone(), 0.15  # small errors, too many of them
    yield ones + 1.5 * spike, ones, 0.15  # a single error
    yield 10 * spike + 0.5, 10 * spike, 0.1  # no error as large as the spike allows
    wide = torch.randn(3, 4, generator=rng, dtype=torch.float64).T
    yield wide + 1e-9, wide, 1e-7
    yield wide + 1e-9, wide.clone(), 1e-11
    yield wide + 1e8 + 1, wide + 1e8, 1e-9  # beyond float32
    yield torch.tensor([[100.0, 0.002]]), torch.tensor([[100.0, 0.001]]), 1e-3  # one bad column
    yield torch.tensor([[3.25, 0.0], [0.0, 0.25]]), torch.tensor([[3.0, 0.0], [0.0, 0.0]]), 0.1


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two devices add in different orders, so equal bits are too much to ask. What is enough?",
    "`(result - reference).norm()` is the length of the difference.",
    "Compare it, by `<=`, with `tolerance * reference.norm()`.",
)


def each_by_itself(result: Tensor, reference: Tensor, tolerance: float) -> Tensor:
    """You measured each element against itself: one near 0 among large ones then fails for a rounding of the large ones. Compare the lengths."""  # noqa: E501
    return torch.all((result - reference).abs() <= tolerance * reference.abs())


def not_relative(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You compared the length of the difference with the tolerance itself: it must grow with the numbers, so multiply it by the length of `reference`."""  # noqa: E501
    return bool((result - reference).norm() <= tolerance)


def default_tolerance(result: Tensor, reference: Tensor, tolerance: float) -> bool:  # noqa: ARG001
    """You left `allclose` its own tolerance, which fits float32 and not TF32: use the one that is handed in."""  # noqa: E501
    return torch.allclose(result, reference)


def with_sign(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You compared the differences with their signs: a result that is far too small passes. Take the length."""  # noqa: E501
    return bool((result - reference).sum() <= tolerance * reference.norm())


def nan_agrees(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You asked whether it is too far and reversed the answer: every comparison with nan is False, so nan agrees with anything."""  # noqa: E501
    return not bool((result - reference).norm() > tolerance * reference.norm())


def strictly_less(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You asked for less than the bound, and "at most" includes the bound itself: equal results agree even if the tolerance is 0."""  # noqa: E501
    return bool((result - reference).norm() < tolerance * reference.norm())


def handed_to_allclose(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You handed the tolerance to `allclose`: it looks at each element by itself, and forgives a little (`atol`) besides. Compare the lengths."""  # noqa: E501
    return torch.allclose(result, reference, rtol=tolerance)


def lengths_differ(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You subtracted the lengths: two results of one length can point anywhere. Take the length of the difference."""  # noqa: E501
    return bool((result.norm() - reference.norm()).abs() <= tolerance * reference.norm())


def relative_to_the_result(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You measured by the length of `result`, which may be the one that is wrong: if it is far too large, so is what you allow. Measure by `reference`."""  # noqa: E501
    return bool((result - reference).norm() <= tolerance * result.norm())


def largest_error(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You looked at the largest error alone: many small ones add up. Take the length of the whole difference."""  # noqa: E501
    return bool((result - reference).abs().max() <= tolerance * reference.norm())


def averages(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You averaged the errors: among many elements a single large error disappears. Take the length of the difference."""  # noqa: E501
    return bool((result - reference).abs().mean() <= tolerance * reference.abs().mean())


def divided(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You divided by the length of `reference`. If it is 0, so is that of equal results, and 0 / 0 is nan: they do not agree any more. Multiply the tolerance by the length instead."""  # noqa: E501
    return bool((result - reference).norm() / reference.norm() <= tolerance)


def cancelling(result: Tensor, reference: Tensor, tolerance: float) -> bool:
    """You added up the errors before you dropped the sign, so that they cancel. Take the length of the difference."""  # noqa: E501
    return bool((result - reference).sum().abs() <= tolerance * reference.norm())


@exercise(
    "Do two devices agree?",
    minutes=5,
    difficulty=1,
    place=30,
    hints=HINTS,
    why="Rounding errors grow with the numbers, so a tolerance must be relative to them.",
    inputs=inputs,
    template=bit_by_bit,
    mistakes=(
        each_by_itself,
        not_relative,
        default_tolerance,
        with_sign,
        nan_agrees,
        strictly_less,
        handed_to_allclose,
        lengths_differ,
        relative_to_the_result,
        largest_error,
        averages,
        divided,
        cancelling,
    ),
    equivalent=(
        (
            "result - reference",
            "reference - result",
            "The other direction of a difference has the same length.",
        ),
    ),
)
def agree(result: Tensor, reference: Tensor, tolerance: float) -> Any:  # noqa: ANN401 - nor is norm
    """Return whether the results of two devices, tensors of one shape, agree.

    They agree if the length (`norm`) of their difference is at most `tolerance` times
    the length of `reference`. A result with a nan agrees with nothing.
    """
    return (result - reference).norm() <= tolerance * reference.norm()
