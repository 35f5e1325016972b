"""The graph of a result: its operations, its slopes, and that it is broken."""

import pytest
import torch

from dlcourse.checking.graph import n_with_graphs, operations_of, slopes_of_squares


def test_tensors_that_hold_on_to_a_graph_are_counted_and_numbers_are_none() -> None:
    x = torch.ones(2, requires_grad=True)
    assert n_with_graphs([x.sum(), 1.0, x.sum().detach(), None, x.sum().item(), x]) == 2


def test_each_operation_counts_once() -> None:
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    names = sorted(one.name() for one in operations_of(y + y))
    assert names == ["AddBackward0", "ExpBackward0", "torch::autograd::AccumulateGrad"]
    assert operations_of(torch.ones(3)) == set()


def test_the_slopes_are_those_of_the_squares() -> None:
    x, other = torch.tensor([1.0, -2.0], requires_grad=True), torch.ones(1, requires_grad=True)
    slopes = slopes_of_squares(3 * x, [x, other])
    assert slopes is not None
    of_x, of_other = slopes
    assert of_x is not None
    assert of_x.tolist() == [18.0, -36.0]  # of 9·x²
    assert of_other is None


def test_a_graph_whose_numbers_were_written_over_has_none() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    z = y * 2
    y.zero_()  # of which the slope of exp is made
    assert slopes_of_squares(z, [x]) is None
    with pytest.raises(RuntimeError, match="does not require grad"):
        slopes_of_squares(torch.ones(2), [x])
