"""Stub, solution and cell are made of the solution's real code."""

import ast

import pytest

from dlcourse.checking.exercise import exercise
from exercise_samples import (
    COUNTER,
    RECORD,
    average,
    average_inputs,
    distance,
    given,
    largest,
    numbers,
)


def test_stub_is_the_signature_and_the_docstring_without_annotations() -> None:
    assert (
        average.stub
        == '''def average(x, scale=1.0):
    """Return the mean of `x`, times `scale`.

    `x` has any shape.
    """
    # your code here
'''
    )


def test_solution_keeps_its_comments_and_loses_annotations_and_decorator() -> None:
    assert average.solution_source.endswith(
        "    total = x.sum()  # all of it\n    return scale * total / x.numel()\n"
    )
    assert average.solution_source.startswith("def average(x, scale=1.0):\n")


def test_stub_of_a_class_has_its_methods() -> None:
    assert (
        COUNTER.stub
        == '''class Counter:
    """Counts by `size`."""

    def __init__(self, size):
        pass  # your code here

    def step(self):
        """Add `size` to the total and return that."""
        # your code here
'''
    )


def test_stub_of_a_question_is_a_comment_and_a_gap() -> None:
    assert distance.stub == (
        "# Which is the distance?\n#\n# a: 3 m; b: 3 m/s; c: 3 s; d: 0.\ndistance = ...\n"
    )
    assert numbers.stub == "# The first two numbers.\nfirst, second = ..., ...\n"


def test_solution_of_a_question_is_an_assignment() -> None:
    assert distance.solution_source == 'distance = "a"\n'
    assert numbers.solution_source == "one = 1\nfirst, second = one, one + 1\n"


def test_stub_of_a_mending_task_is_the_faulty_code() -> None:
    assert largest.stub.startswith("def largest(xs):\n")
    assert "min(best, x)" in largest.stub


def test_setup_has_the_imports_that_are_used_and_no_others() -> None:
    assert average.setup_source == ""
    assert given.setup_source == "import torch\nfrom torch import nn\n"


def test_cell_ends_with_the_check() -> None:
    assert average.cell_source.endswith("    # your code here\n\n\nex.average.check(average)")
    assert numbers.cell_source.endswith("..., ...\n\nex.numbers.check(first, second)")


def test_the_id_has_the_place_and_the_name_of_the_solution() -> None:
    assert average.id == "exercise_samples.average"
    assert average.name == "average"


def test_equivalent_mutants_are_made_of_their_changes() -> None:
    record = RECORD | {"inputs": average_inputs, "mistakes": ()}
    reason = "the order of a product does not matter"
    same = exercise("T", equivalent=(("scale * total", "total * scale", reason),), **record)(
        average.answer
    )
    ((text, told),) = same.equivalent_mutants.items()
    assert told == reason
    assert "return total * scale / x.numel()" in text
    assert text == ast.unparse(ast.parse(text))
    absent = exercise("T", equivalent=(("nothing", "else", reason),), **record)(average.answer)
    with pytest.raises(ValueError, match="'nothing' stands 0 times"):
        _ = absent.equivalent_mutants
