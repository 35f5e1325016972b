"""A model that notes what goes through it, for exercises in which a batch comes in parts.

Covers: how many rows come at once, and how many graphs are in memory at once.
Does not cover: bytes; graphs that are made outside the model.
"""

from weakref import ref

import torch
from torch import Tensor, nn


class WatchedLinear(nn.Module):
    """A linear layer with random weights that notes rows and graphs, as a memory would feel them.

    Args:
        n_in: numbers in each row.
        n_out: scores for each row.
        rng: the weights come from it, each from a standard normal distribution.

    Attributes:
        inside: the layer.
        most_rows: the most rows that came at once; 0 before the first.
        most_graphs: the most graphs of calls, each with its input, that were in memory at once.
    """

    def __init__(self, n_in: int, n_out: int, rng: torch.Generator) -> None:
        super().__init__()
        self.inside = nn.Linear(n_in, n_out)
        for one in self.parameters():
            nn.init.normal_(one, generator=rng)
        self.most_rows = self.most_graphs = 0
        self._saved = list[ref[Tensor]]()

    def forward(self, X: Tensor) -> Tensor:
        """Return the scores (N, n_out) of the rows X, (N, n_in)."""
        self.most_rows = max(self.most_rows, len(X))
        with torch.autograd.graph.saved_tensors_hooks(self._save, lambda saved: saved):
            scores: Tensor = self.inside(X)
        n_graphs = sum(one() is not None for one in self._saved)
        self.most_graphs = max(self.most_graphs, n_graphs)
        return scores

    def _save(self, tensor: Tensor) -> Tensor:
        saved = tensor.detach()  # lives as long as the graph needs it
        self._saved.append(ref(saved))
        return saved
