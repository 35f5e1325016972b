"""Where a network looks."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from dlcourse.checking.exercise import exercise


def inputs(rng: torch.Generator) -> Iterator[tuple[nn.Module, Tensor, int, int, float]]:
    small = network_of(rng, nn.Flatten(), nn.Linear(6, 2))
    yield small, torch.tensor([[[1.0, 2.0, 0.0], [0.0, 3.0, 1.0]]]), 1, 1, -0.4
    colored = nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(40, 4)
    yield network_of(rng, *colored), torch.randn(3, 5, 4, generator=rng), 2, 2, -2.0
    normed = nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(18, 3)
    picture = torch.randn(3, 2, 4, generator=rng).double().transpose(0, 1)
    yield network_of(rng, *normed).double(), picture, 0, 1, 1.5
    last = network_of(rng, nn.Flatten(), nn.Dropout(0.5), nn.Linear(15, 3))
    yield last, torch.randn(1, 3, 5, generator=rng), 2, 3, -0.4


def network_of(rng: torch.Generator, *layers: nn.Module) -> nn.Module:
    """Return a network in eval mode, with weights of `rng` and a batch norm that has seen some."""
    network = nn.Sequential(*layers)
    for weights in network.parameters():
        nn.init.normal_(weights, std=0.7, generator=rng)
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, generator=rng)  # type: ignore[arg-type]
    return network.eval()


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Two loops over the places of the patch; in each, a copy of the picture is covered there.",
    "`covered = picture.clone()`, then `covered[:, i : i + size, j : j + size] = background`.",
    "The network wants a batch: `model(covered[None])`. Softmax makes probabilities of the scores.",
    "Result [i, j] is `model(covered[None]).softmax(dim=1)[0, label]`, with no_grad around it.",
)


def covered_at(picture: Tensor, i: int, j: int, size: int, value: float) -> Tensor:
    covered = picture.clone()
    covered[:, i : i + size, j : j + size] = value
    return covered


def scores_of(model: nn.Module, picture: Tensor, size: int, value: float) -> Tensor:
    """Return the scores for each place of the patch: (rows, columns, classes)."""
    n_rows, n_columns = (length - size + 1 for length in picture.shape[1:])
    rows = [
        torch.cat([model(covered_at(picture, i, j, size, value)[None]) for j in range(n_columns)])
        for i in range(n_rows)
    ]
    return torch.stack(rows).detach()


def without_softmax(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """Your map holds scores. Probabilities are asked for: put the row of scores through softmax."""
    return scores_of(model, picture, size, background)[..., label]


def logarithms(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """Your map holds logarithms of probabilities: use `softmax`, and not `log_softmax`."""
    return scores_of(model, picture, size, background).log_softmax(dim=-1)[..., label]


def covered_with_zero(
    model: nn.Module,
    picture: Tensor,
    label: int,
    size: int,
    background: float,  # noqa: ARG001
) -> Tensor:
    """You covered the picture with 0. In a standardized picture 0 is gray, and not the background:
    the patch itself is then something to see. Use `background`.
    """
    return scores_of(model, picture, size, 0).softmax(dim=-1)[..., label]


def probability_of_the_answer(
    model: nn.Module,
    picture: Tensor,
    label: int,  # noqa: ARG001
    size: int,
    background: float,
) -> Tensor:
    """You took the largest probability, whichever class has it. The map should tell how sure the
    network still is of the truth, `label`.
    """
    return scores_of(model, picture, size, background).softmax(dim=-1).amax(dim=-1)


def loss_of_probability(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """Your map shows how much the probability falls. The probability itself is asked for."""
    seen: Tensor = model(picture[None]).detach().softmax(dim=1)[0, label]
    return seen - scores_of(model, picture, size, background).softmax(dim=-1)[..., label]


def without_batch(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """You gave the network a picture without a batch. It takes (B, C, H, W), and what it makes of
    (C, H, W) is an error, or worse: `covered[None]` makes a batch of one.
    """
    rows = []
    for i in range(picture.shape[1] - size + 1):
        places = range(picture.shape[2] - size + 1)
        covered = [covered_at(picture, i, j, size, background) for j in places]
        rows.append(torch.stack([model(one).softmax(dim=1)[0, label] for one in covered]))
    return torch.stack(rows).detach()


def softmax_of_one_picture(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """Your softmax runs along the batch, which has one picture: every probability is 1. Take
    `dim=1`, the classes.
    """
    return torch.ones_like(scores_of(model, picture, size, background)[..., label])


def never_uncovered(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """Your patches pile up: what one has covered stays covered. Make a new copy of the picture for
    each place.
    """
    return piled_up(model, picture.clone(), label, size, background)


def picture_overwritten(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """You cover the picture itself: the patches pile up, and the caller's picture is lost. Make a
    new copy for each place: `picture.clone()`.
    """
    return piled_up(model, picture, label, size, background)


def piled_up(model: nn.Module, picture: Tensor, label: int, size: int, background: float) -> Tensor:
    n_rows, n_columns = (length - size + 1 for length in picture.shape[1:])
    result = picture.new_zeros(n_rows, n_columns)
    for i in range(n_rows):
        for j in range(n_columns):
            picture[:, i : i + size, j : j + size] = background
            result[i, j] = model(picture[None]).detach().softmax(dim=1)[0, label]
    return result


def side_by_side(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """Your patches lie side by side. The patch moves by one pixel each time."""
    scores = scores_of(model, picture, size, background)[::size, ::size]
    return scores.softmax(dim=-1)[..., label]


def one_too_few(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """The last row and column of your map are missing: there are H − size + 1 places, and W − size
    + 1 to the right.
    """
    return scores_of(model, picture, size, background).softmax(dim=-1)[:-1, :-1, label]


def columns_for_rows(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """Your map is transposed: [i, j] belongs to the patch whose top row is i."""
    return scores_of(model, picture, size, background).softmax(dim=-1)[..., label].T


def over_the_edge(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """Your patch goes beyond the edge. It lies wholly in the picture: H − size + 1 places."""
    rows = [
        [
            model(covered_at(picture, i, j, size, background)[None]).softmax(dim=1)[0, label]
            for j in range(picture.shape[2])
        ]
        for i in range(picture.shape[1])
    ]
    return torch.stack([torch.stack(row) for row in rows])


@exercise(
    "Where a network looks",
    minutes=6,
    difficulty=2,
    place=80,
    hints=HINTS,
    why="Where covering makes the truth improbable, the network needs what was there.",
    inputs=inputs,
    mistakes=(
        without_softmax,
        logarithms,
        covered_with_zero,
        probability_of_the_answer,
        loss_of_probability,
        without_batch,
        softmax_of_one_picture,
        never_uncovered,
        picture_overwritten,
        side_by_side,
        one_too_few,
        columns_for_rows,
        over_the_edge,
    ),
)
def occlusion_map(
    model: nn.Module, picture: Tensor, label: int, size: int, background: float
) -> Tensor:
    """Return how probable the truth, `label`, stays when a patch covers a part of the picture.

    Result [i, j] belongs to a patch of size × size pixels, all `background`, whose top left pixel
    is in row i and column j: (H − size + 1, W − size + 1) for a picture (C, H, W). `model` is in
    eval mode; it takes a batch, (B, C, H, W), and returns scores. The picture stays as it was.
    """
    n_rows, n_columns = picture.shape[1] - size + 1, picture.shape[2] - size + 1
    result = torch.empty(n_rows, n_columns)
    for i in range(n_rows):
        for j in range(n_columns):
            covered = picture.clone()
            covered[:, i : i + size, j : j + size] = background
            with torch.no_grad():
                (probabilities,) = model(covered[None]).softmax(dim=1)
            result[i, j] = probabilities[label]
    return result
