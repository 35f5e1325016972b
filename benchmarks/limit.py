"""An epoch of the fast training against what its multiplications alone would take.

The limit is the machine's: the rate at which it multiplies two 2048 × 2048 matrices, which is the
work that it does best. What an epoch takes beyond that goes into smaller, less square products,
into cutting batches, ReLU, softmax and the optimizer, and into Python between them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from benchmarks.mnist import (
    FAST_BATCH,
    FAST_PEAK,
    make_network,
    one_cycle,
    seconds_of,
    standardize,
)
from dlcourse.data import load_mnist
from dlcourse.training import TensorLoader, train_epoch

_N = 2048


def epoch_over_limit(
    device: torch.device, n_threads: int, *, n_train: int = 60_000, rounds: int = 7
) -> float:
    """Return how many times longer an epoch takes than its multiplications at the best rate.

    Each round times both, so that a change of the machine's speed meets both. The fastest of each
    counts: other programs can only slow them down.

    Args:
        device: where both compute.
        n_threads: the threads of the CPU that both may use.
        n_train: use the first so many of the training images only.
        rounds: how often both are timed.
    """
    images, y = load_mnist(train=True)
    X, y = standardize(images[:n_train].to(device)), y[:n_train].to(device)
    a = torch.rand(_N, _N, device=device)
    model = make_network().to(device)
    loader = TensorLoader(X, y, FAST_BATCH)
    optimizer = torch.optim.Adam(model.parameters(), lr=FAST_PEAK, fused=True)
    scheduler = one_cycle(optimizer, (rounds + 1) * len(loader))

    def train() -> float:
        return train_epoch(model, loader, optimizer, scheduler)

    with _threads(n_threads):
        seconds_of(train, device)  # the warm-up
        products, epochs = [], []
        for _ in range(rounds):
            products.append(min(seconds_of(lambda: a @ a, device) for _ in range(3)))
            epochs.append(seconds_of(train, device))
    limit = min(products) / _N**3 * multiplications(model, n_train)
    return min(epochs) / limit


def multiplications(model: nn.Module, n_samples: int) -> int:
    """Return how many products of two numbers an epoch of `model`, a chain of layers, takes.

    A linear layer takes one for each weight and sample on the way forward, one for the gradient
    of the weights and one for that of its input, which the first layer does not need.
    """
    weights = [layer.weight.numel() for layer in model.modules() if isinstance(layer, nn.Linear)]
    return n_samples * (3 * sum(weights) - weights[0])


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
