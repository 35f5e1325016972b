"""Samples for use."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise


class _Rows(list[int]):
    """A list that a network shares with its copies."""

    def __deepcopy__(self, _: object) -> "_Rows":
        return self


class _Counting(nn.Module):
    """A generator that notes how many rows of noise come at once."""

    def __init__(self, n_z: int, rng: torch.Generator) -> None:
        super().__init__()
        self.inside = nn.Sequential(
            nn.Linear(n_z, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.3), nn.Linear(4, 3)
        )
        for one in self.parameters():
            nn.init.normal_(one, generator=rng)
        nn.init.normal_(self.inside[1].running_mean, generator=rng)  # type: ignore[arg-type]
        self.rows = _Rows()

    def forward(self, z: Tensor) -> Tensor:
        self.rows.append(len(z))
        samples: Tensor = self.inside(z)
        return samples


def use(
    answer: Callable[..., Any], n_samples: int, n_batch: int, mode: str
) -> dict[str, Any] | None:
    rng = torch.Generator().manual_seed(n_samples)
    G, z = _Counting(2, rng).train(mode == "train"), torch.randn(n_samples, 2, generator=rng)
    before = {name: values.clone() for name, values in G.state_dict().items()}
    n_learned = sum(one.requires_grad for one in G.parameters())
    samples = answer(G, z, n_batch)
    if samples is None:
        return None
    changed = [name for name, values in G.state_dict().items() if (values != before[name]).any()]
    hold = isinstance(samples, Tensor) and samples.requires_grad
    return {
        "samples": samples.detach() if isinstance(samples, Tensor) else samples,
        "most rows at once": max(G.rows, default=0),
        "running averages": "changed" if changed else "as before",
        "mode of G afterwards": "train" if G.training else "eval",
        "modes of its parts": sorted({"train" if one.training else "eval" for one in G.modules()}),
        "weights of G that were frozen": n_learned
        - sum(one.requires_grad for one in G.parameters()),
        "graph of the samples": "kept" if hold else "none",
        "graphs of what comes after": "kept" if torch.is_grad_enabled() else "none",
    }


def inputs(_: torch.Generator) -> Iterator[tuple[int, int, str]]:
    yield 3, 2, "train"
    yield 4, 4, "eval"
    yield 9, 4, "train"
    yield 1, 8, "train"


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Which layers of G behave differently in training and in use?",
    "`G.training` is True in training mode. Keep it, and set it again at the end: `G.train(mode)`.",
    "`z.split(n_batch)` gives the parts, the last as short as it has to be.",
    "Nothing is learned here: `torch.no_grad()`, and `torch.cat` for the parts.",
)


def in_parts(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """Make the samples, without a graph, in whatever mode G is."""
    with torch.no_grad():
        return torch.cat([G(part) for part in z.split(n_batch)])


def in_training_mode(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """G made the samples in the mode that it was in. In training mode batch norm makes each sample
    depend on its batch, dropout drops, and a batch of one raises an error: `G.eval()` first.
    """
    return in_parts(G, z, n_batch)


def always_training(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """The samples are right, but you left G in training mode, and it had been in eval mode before.
    Keep `G.training` at the start.
    """
    samples = in_parts(G.eval(), z, n_batch)
    G.train()
    return samples


def left_in_eval_mode(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """The samples are right, but you left G in eval mode, and its training may go on: batch norm
    would never move its averages again. Set the mode that it had.
    """
    return in_parts(G.eval(), z, n_batch)


def mode_of_the_top_only(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """You set `G.training` yourself, and that does not reach the layers inside. `G.train(mode)`
    does.
    """
    mode = G.training
    samples = in_parts(G.eval(), z, n_batch)
    G.training = mode
    return samples


def graph_kept(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """The samples are right, but they hold on to their graph, and with it to the memory of all
    layers. Make them under `torch.no_grad()`.
    """
    mode = G.training
    samples = torch.cat([G.eval()(part) for part in z.split(n_batch)])
    G.train(mode)
    return samples


def no_graphs_any_more(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """The samples are right, but `set_grad_enabled(False)` lasts: whatever comes after has no graph
    either, and nothing learns. `with torch.no_grad():` ends with its block.
    """
    torch.set_grad_enabled(mode=False)
    return draw_samples.answer(G, z, n_batch)  # type: ignore[no-any-return]


def all_at_once(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:  # noqa: ARG001
    """The samples are right, but G made them all at once. It should get at most `n_batch` rows."""
    return draw_samples.answer(G, z, len(z))  # type: ignore[no-any-return]


def one_by_one(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:  # noqa: ARG001
    """The samples are right, but G made them one by one, which is slow. Give it `n_batch` rows at a
    time.
    """
    return draw_samples.answer(G, z, 1)  # type: ignore[no-any-return]


def chunks_for_parts(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """The samples are right, but `z.chunk(n_batch)` makes that many parts. Parts of that many rows
    come from `z.split(n_batch)`.
    """
    mode = G.training
    with torch.no_grad():
        samples = torch.cat([G.eval()(part) for part in z.chunk(n_batch)])
    G.train(mode)
    return samples


def rest_lost(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """The rest is missing: where `n_batch` does not divide the number of rows, the last part is
    shorter.
    """
    parts = [z[k * n_batch : (k + 1) * n_batch] for k in range(len(z) // n_batch)]
    mode = G.training
    G.eval()
    with torch.no_grad():
        samples = torch.cat([G(part) for part in parts])
    G.train(mode)
    return samples


def left_frozen(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """The samples are right, but G's weights stay frozen, and its training may go on. Instead of
    `requires_grad_(False)`, which lasts, use `torch.no_grad()`.
    """
    samples: Tensor = draw_samples.answer(G, z, n_batch)
    G.requires_grad_(requires_grad=False)
    return samples


def parts_in_a_list(G: nn.Module, z: Tensor, n_batch: int) -> list[Tensor]:
    """You returned a list of parts. Put them together with `torch.cat`."""
    return list(draw_samples.answer(G, z, n_batch).split(n_batch))


@exercise(
    "Samples for use",
    minutes=6,
    difficulty=2,
    place=110,
    hints=HINTS,
    why="In use a sample depends on its own noise alone; and G goes back to where it was.",
    inputs=inputs,
    use=use,
    mistakes=(
        in_training_mode,
        always_training,
        left_in_eval_mode,
        mode_of_the_top_only,
        graph_kept,
        no_graphs_any_more,
        all_at_once,
        one_by_one,
        chunks_for_parts,
        rest_lost,
        left_frozen,
        parts_in_a_list,
    ),
)
def draw_samples(G: nn.Module, z: Tensor, n_batch: int) -> Tensor:
    """Return what G makes of the noise z, (N, n_z): a sample for each row, in their order.

    Each sample depends on its own row only, not on the others. G has layers that work differently
    in training and in use, and gets `n_batch` rows at a time, the last time what is left. The
    samples have no graph. Afterwards G is in the mode in which it was before, training or eval,
    with all its numbers as they were.
    """
    mode = G.training
    G.eval()
    with torch.no_grad():
        samples = torch.cat([G(part) for part in z.split(n_batch)])
    G.train(mode)
    return samples
