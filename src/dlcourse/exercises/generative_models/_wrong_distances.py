"""Fréchet distances with one fault each: the known mistakes of `frechet_distance.py`; closed."""

import torch
from torch import Tensor


def covariance(features: Tensor, lost: int = 1) -> Tensor:
    """Return the covariance of the columns, with sums divided by N − `lost`."""
    around = features - features.mean(dim=0)
    return around.T @ around / (len(features) - lost)


def trace_of_root(product: Tensor) -> Tensor:
    eigenvalues: Tensor = torch.linalg.eig(product).eigenvalues
    return eigenvalues.real.clamp(min=0).sqrt().sum()


def parts(a: Tensor, b: Tensor, lost: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """Return the squared gap of the means, and both covariances."""
    return (a.mean(0) - b.mean(0)).square().sum(), covariance(a, lost), covariance(b, lost)


def gap_not_squared(features_a: Tensor, features_b: Tensor) -> Tensor:
    """You took the length of the gap between the means. It should be squared."""
    gap, S_a, S_b = parts(features_a, features_b)
    return gap.sqrt() + S_a.trace() + S_b.trace() - 2 * trace_of_root(S_a @ S_b)


def mean_of_the_squares(features_a: Tensor, features_b: Tensor) -> Tensor:
    """You took the mean of the squared gaps over the features. |m_a − m_b|² is their sum."""
    gap, S_a, S_b = parts(features_a, features_b)
    gap = gap / features_a.shape[1]
    return gap + S_a.trace() + S_b.trace() - 2 * trace_of_root(S_a @ S_b)


def means_left_out(features_a: Tensor, features_b: Tensor) -> Tensor:
    """The gap between the means is missing."""
    _, S_a, S_b = parts(features_a, features_b)
    return S_a.trace() + S_b.trace() - 2 * trace_of_root(S_a @ S_b)


def means_only(features_a: Tensor, features_b: Tensor) -> Tensor:
    """You compared the means only. The covariances count as well: a collapsed generator may have
    the right mean.
    """
    return parts(features_a, features_b)[0]


def root_left_out(features_a: Tensor, features_b: Tensor) -> Tensor:
    """You took the trace of the product S_a·S_b. It is the trace of its root that counts."""
    gap, S_a, S_b = parts(features_a, features_b)
    return gap + S_a.trace() + S_b.trace() - 2 * (S_a @ S_b).trace()


def root_of_each_number(features_a: Tensor, features_b: Tensor) -> Tensor:
    """`sqrt` takes the root of each number, and that is not the root of a matrix: where a number is
    negative, it is even nan. Take the roots of the eigenvalues.
    """
    gap, S_a, S_b = parts(features_a, features_b)
    return gap + S_a.trace() + S_b.trace() - 2 * (S_a @ S_b).sqrt().trace()


def root_of_each_factor(features_a: Tensor, features_b: Tensor) -> Tensor:
    """You multiplied the sums of the roots of each covariance's eigenvalues. It takes the
    eigenvalues of the product S_a·S_b.
    """
    gap, S_a, S_b = parts(features_a, features_b)
    return gap + S_a.trace() + S_b.trace() - 2 * trace_of_root(S_a) * trace_of_root(S_b)


def root_of_the_trace(features_a: Tensor, features_b: Tensor) -> Tensor:
    """You took the root of the trace. With more than one feature, that is not the trace of the
    root: take the root of each eigenvalue, and then the sum.
    """
    gap, S_a, S_b = parts(features_a, features_b)
    return gap + S_a.trace() + S_b.trace() - 2 * (S_a @ S_b).trace().sqrt()


def features_apart(features_a: Tensor, features_b: Tensor) -> Tensor:
    """You compared each feature's mean and standard deviation by itself. That leaves out how the
    features vary together.
    """
    gap = parts(features_a, features_b)[0]
    return gap + (features_a.std(dim=0) - features_b.std(dim=0)).square().sum()


def divided_by_n(features_a: Tensor, features_b: Tensor) -> Tensor:
    """Your covariances are divided by N. Divide by N − 1."""
    gap, S_a, S_b = parts(features_a, features_b, lost=0)
    return gap + S_a.trace() + S_b.trace() - 2 * trace_of_root(S_a @ S_b)


def not_divided(features_a: Tensor, features_b: Tensor) -> Tensor:
    """Your covariances are sums. Divide each by N − 1."""
    gap, S_a, S_b = parts(features_a, features_b)
    S_a, S_b = S_a * (len(features_a) - 1), S_b * (len(features_b) - 1)
    return gap + S_a.trace() + S_b.trace() - 2 * trace_of_root(S_a @ S_b)


def not_centered(features_a: Tensor, features_b: Tensor) -> Tensor:
    """You did not subtract the means before the covariances."""
    gap, n_a, n_b = parts(features_a, features_b)[0], len(features_a) - 1, len(features_b) - 1
    S_a, S_b = features_a.T @ features_a / n_a, features_b.T @ features_b / n_b
    return gap + S_a.trace() + S_b.trace() - 2 * trace_of_root(S_a @ S_b)


def one_root_only(features_a: Tensor, features_b: Tensor) -> Tensor:
    """You took off the trace of the root once. Take it off twice: without that, a set has a
    distance from itself.
    """
    gap, S_a, S_b = parts(features_a, features_b)
    return gap + S_a.trace() + S_b.trace() - trace_of_root(S_a @ S_b)


def root_of_all(features_a: Tensor, features_b: Tensor) -> Tensor:
    """You took the root at the end. Here, as usual in reports, the distance stays squared."""
    gap, S_a, S_b = parts(features_a, features_b)
    squared = gap + S_a.trace() + S_b.trace() - 2 * trace_of_root(S_a @ S_b)
    return squared.clamp(min=0).sqrt()


def negative_eigenvalues(features_a: Tensor, features_b: Tensor) -> Tensor:
    """Rounding made an eigenvalue of 0 slightly negative, and its root is nan. Clamp at 0 before
    the root.
    """
    gap, S_a, S_b = parts(features_a, features_b)
    values: Tensor = torch.linalg.eig(S_a @ S_b).eigenvalues.real
    return gap + S_a.trace() + S_b.trace() - 2 * values.sqrt().sum()


def taken_for_symmetric(features_a: Tensor, features_b: Tensor) -> Tensor:
    """`eigvalsh` is for symmetric matrices, and reads one half only. S_a·S_b is not symmetric,
    though both factors are: `eigvals`.
    """
    gap, S_a, S_b = parts(features_a, features_b)
    values: Tensor = torch.linalg.eigvalsh(S_a @ S_b)
    return gap + S_a.trace() + S_b.trace() - 2 * values.clamp(min=0).sqrt().sum()


def complex_result(features_a: Tensor, features_b: Tensor) -> Tensor:
    """The result is right, but a complex number, as `eigvals` makes them. Their imaginary parts are
    0: take `.real`.
    """
    gap, S_a, S_b = parts(features_a, features_b)
    roots: Tensor = torch.linalg.eigvals(S_a @ S_b).sqrt()
    return gap + S_a.trace() + S_b.trace() - 2 * roots.sum()


def cov_of_rows(features_a: Tensor, features_b: Tensor) -> Tensor:
    """`torch.cov` takes each row for a feature. Here the features are columns:
    `features.T.cov()`.
    """
    S_a, S_b = features_a.cov(), features_b.cov()
    gap = (features_a.mean(0) - features_b.mean(0)).square().sum()
    return gap + S_a.trace() + S_b.trace() - 2 * trace_of_root(S_a @ S_b)


MISTAKES = (
    gap_not_squared,
    mean_of_the_squares,
    means_left_out,
    means_only,
    root_left_out,
    root_of_each_number,
    root_of_each_factor,
    root_of_the_trace,
    features_apart,
    divided_by_n,
    not_divided,
    not_centered,
    one_root_only,
    root_of_all,
    negative_eigenvalues,
    taken_for_symmetric,
    complex_result,
    cov_of_rows,
)
