"""The exercises of lesson 01: shapes, dtypes, views and products."""

# torch does not say what indexing, `@` and its linear algebra return.
# mypy: disable-error-code="no-any-return"

from collections.abc import Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from dlcourse.checking.comparison import Tolerance
from dlcourse.exercise import exercise, question

Shape: TypeAlias = tuple[int, ...] | None

# ---------------------------------------------------------------------------- bars


def members_of_a_set(labels: Tensor) -> tuple[Tensor, Tensor]:
    """You made a set of tensors: they hash by identity, so equal ones stay apart. Take the numbers
    out first, with `labels.tolist()`.
    """
    names = torch.tensor(sorted(label.item() for label in set(labels)))
    return names, torch.tensor([int((labels == name).sum()) for name in names])


def counted_at_positions(labels: Tensor) -> tuple[Tensor, Tensor]:
    """You counted with `+= 1` at a list of positions: one that comes twice is written once."""
    names, positions = labels.unique(return_inverse=True)
    counts = torch.zeros(len(names), dtype=torch.int64)
    counts[positions] += 1
    return names, counts


def gaps_counted(labels: Tensor) -> tuple[Tensor, Tensor]:
    """You made a bar for every number up to the largest. Only labels that occur get one."""
    counts = labels.bincount()
    return torch.arange(len(counts)), counts


def runs(labels: Tensor) -> tuple[Tensor, Tensor]:
    """You counted runs: `unique_consecutive` compares neighbors, and equal labels may lie apart."""
    names, counts = labels.unique_consecutive(return_counts=True)
    return names, counts


def as_they_come(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Your bars stand in the order in which the labels come. Sort them by label."""
    names = list(dict.fromkeys(labels.tolist()))
    return torch.tensor(names), torch.tensor([labels.tolist().count(name) for name in names])


def shares(labels: Tensor) -> tuple[Tensor, Tensor]:
    """You divided by the number of labels: the bars are as high as the counts, not the shares."""
    names, counts = labels.unique(return_counts=True)
    return names, counts / len(labels)


def bars_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([5, 5, 7]),)
    yield (torch.tensor([4, 0, 4, 1, 4]),)
    yield (torch.randint(3, 12, (2, 20), generator=rng).T[:, 1],)  # not contiguous
    yield (torch.tensor([9]),)


@exercise(
    "The bars of a chart",
    minutes=4,
    difficulty=1,
    hints=(
        (
            "First find out which labels occur. Python's `set` removes equal members; "
            "does it see that two tensors hold equal numbers?"
        ),
        "`labels.unique()` returns the different labels, in ascending order.",
        (
            "You may count each with `(labels == label).sum()`. Or look up `unique`: "
            "`help(torch.unique)`."
        ),
        "`return_counts=True` makes `unique` return the counts as well.",
    ),
    why="`unique` compares the numbers themselves, sorts them, and counts them on the way.",
    inputs=bars_inputs,
    mistakes=(
        members_of_a_set,
        counted_at_positions,
        gaps_counted,
        runs,
        as_they_come,
        shares,
    ),
)
def bars(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return where the bars stand and how high they are: a tuple of two equally long tensors.

    The first holds the labels that occur, in ascending order, the second how often each occurs.
    For [5, 5, 7] they are [5, 7] and [2, 1]. `labels` is a vector of whole numbers from 0 up.
    """
    return labels.unique(return_counts=True)


# ---------------------------------------------------------------------------- channels_first


def cut_again() -> str:
    """`reshape` keeps the row of numbers and cuts it again: red, green and blue get mixed up."""
    return "a"


def mirrored() -> str:
    """`transpose(0, 2)` swaps first and last: it makes (3, W, H), and rows become columns."""
    return "b"


def wrong_way() -> str:
    """`permute(1, 2, 0)` is the way back: it makes (W, 3, H) of this. It lists old dimensions."""
    return "d"


@question(
    "Channels first",
    minutes=2,
    difficulty=1,
    hints=(
        "Two things must be right: the shape, and that each number keeps its row, column, color.",
        "In the lesson, the right shape with the wrong method gave six small fives.",
        "`permute` lists, for each new place, which old dimension goes there. Old: H is 0, W is 1.",
    ),
    why="The old dimension 2, the color, comes first; then rows (0) and columns (1), in order.",
    mistakes=(cut_again, mirrored, wrong_way),
)
def channels_first() -> str:
    """`photo` is (H, W, 3), as a camera gives it. PyTorch wants (3, H, W). Which line does it?

    "a": photo.reshape(3, H, W)
    "b": photo.transpose(0, 2)
    "c": photo.permute(2, 0, 1)
    "d": photo.permute(1, 2, 0)
    """
    return "c"


# ---------------------------------------------------------------------------- sum_shapes


def aligned_left() -> tuple[Shape, Shape, Shape, Shape]:
    """You aligned the shapes at the left. Write them below each other so that the ends meet."""
    return None, None, (6, 4), None


def same_rank_only() -> tuple[Shape, Shape, Shape, Shape]:
    """You refused tensors of unlike rank. A missing size counts as 1, and is stretched."""
    return None, None, None, None


def only_one_is_stretched() -> tuple[Shape, Shape, Shape, Shape]:
    """You let one of the two be stretched, and took the other's shape. Both may be stretched."""
    return (4, 1), (3, 5), None, (5, 1, 2)


def one_size_of_one() -> tuple[Shape, Shape, Shape, Shape]:
    """You refused the last pair. Look at it size by size: any number of them may be 1."""
    return (4, 3), (2, 3, 5), None, None


def sixes_matched() -> tuple[Shape, Shape, Shape, Shape]:
    """In the third pair you matched the two sixes. The last size of one meets the other's last."""
    return (4, 3), (2, 3, 5), (6, 4), (5, 4, 2)


@question(
    "Four sums",
    minutes=3,
    difficulty=1,
    names=("shape_1", "shape_2", "shape_3", "shape_4"),
    hints=(
        "Write each pair on paper, one shape below the other, aligned at the right.",
        "Go from right to left. Equal sizes stay; a 1, or a missing size, takes the other's size.",
        "If two sizes differ and neither is 1, the answer is `None`. That happens once here.",
    ),
    why="Aligned at the right, every pair of sizes but the third's 4 and 6 is equal or has a 1.",
    mistakes=(aligned_left, same_rank_only, only_one_is_stretched, one_size_of_one, sixes_matched),
)
def sum_shapes() -> tuple[Shape, Shape, Shape, Shape]:
    """Which shape has the sum? Answer by head, with tuples such as (2, 3), or None for "no fit".

    shape_1: of (4, 1) and (3,)
    shape_2: of (2, 3, 1) and (3, 5)
    shape_3: of (6, 4) and (6,)
    shape_4: of (5, 1, 2) and (4, 1)
    """
    return (4, 3), (2, 3, 5), None, (5, 4, 2)


# ---------------------------------------------------------------------------- holds_row


def any_number(t: Tensor, row: Tensor) -> bool:
    """You let any single number decide: that is also what `in` means for a tensor. All of a row's
    numbers must match.
    """
    return row in t


def by_identity(t: Tensor, row: Tensor) -> bool:
    """You never find a row. `set(t)` does not: tensors hash by identity. A list of lists does not:
    it holds no tensor. Compare the numbers with `==`.
    """
    return row in set(t)


def in_a_list(t: Tensor, row: Tensor) -> bool:
    """You need one answer a row, and `==` between tensors gives one a number. So `in` on a list
    of tensors fails, and `if`, too. Add `all`.
    """
    return row in list(t)


def down_the_columns(t: Tensor, row: Tensor) -> Tensor:
    """You asked down the columns: `all` has to go along the rows, which is the other dimension."""
    return (t == row).all(dim=0).any()


def every_row(t: Tensor, row: Tensor) -> Tensor:
    """You asked whether every row is this one. One such row is enough."""
    return (t == row).all()


def sums_compared(t: Tensor, row: Tensor) -> Tensor:
    """You compared sums, and unlike rows can have the same sum. Compare number by number."""
    return (t.sum(dim=1) == row.sum()).any()


def in_several_rows(t: Tensor, row: Tensor) -> Tensor:
    """You asked each column whether its number occurs: the matches may lie in different rows. First
    make one answer a row.
    """
    return (t == row).any(dim=0).all()


def holds_row_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([[1, 2], [3, 4]]), torch.tensor([1, 4])  # in different rows
    yield torch.tensor([[1, 2], [3, 4]]), torch.tensor([3, 4])
    yield torch.tensor([[1, 3], [5, 6]]), torch.tensor([3, 1])  # same sum, same product
    yield torch.tensor([[1, 3], [5, 6]]), torch.tensor([2, 2])  # the gaps cancel
    yield torch.tensor([[1, 2], [1, 4], [1, 6]]), torch.tensor([1, 5])
    t = torch.randint(0, 3, (3, 6), generator=rng).T  # (6, 3), not contiguous
    yield t, t[4].clone()
    one_row = torch.tensor([[0.5, 1.5, 2.5]], dtype=torch.float64)
    yield one_row, one_row[0].clone()
    yield torch.empty(0, 3), torch.tensor([1.0, 2.0, 3.0])


@exercise(
    "Is this row in the table?",
    minutes=4,
    difficulty=1,
    hints=(
        "Broadcasting compares the row with every row of `t` at once. Which shape has `t == row`?",
        (
            "A row is found where all its comparisons are True. "
            "`all` and `any` take a `dim`, as `sum` does."
        ),
        "First `all` along the numbers of a row, `dim=1`; then `any` over the answers, one a row.",
    ),
    why="`==` asks number by number; `all(dim=1)` makes one answer a row, `any` one for the table.",
    inputs=holds_row_inputs,
    mistakes=(
        any_number,
        by_identity,
        in_a_list,
        down_the_columns,
        every_row,
        sums_compared,
        in_several_rows,
    ),
)
def holds_row(t: Tensor, row: Tensor) -> Tensor:
    """Return True if one of the rows of `t` equals `row` in every number, else False.

    Shapes: t is (N, D), row is (D,). N may be 0.
    """
    return (t == row).all(dim=1).any()


# ---------------------------------------------------------------------------- squared_error


def squared_error_with_a_bug(y_hat: Tensor, y: Tensor) -> Tensor:
    """Return the mean of the squared errors, one number.

    Shapes: y_hat, the predictions, is (N, 1); y, the targets, is (N,).
    """
    return ((y_hat - y) ** 2).mean()


def still_a_square(y_hat: Tensor, y: Tensor) -> Tensor:
    """Your shapes still broadcast to (N, N): (N, 1) against (1, N). Make both (N,)."""
    return ((y_hat - y.unsqueeze(0)) ** 2).mean()


def square_added_up(y_hat: Tensor, y: Tensor) -> Tensor:
    """You divide by N, but add up N · N squares: (N, 1) against (N,) still broadcasts. Make both
    (N,) before you subtract.
    """
    return ((y_hat - y) ** 2).sum() / len(y)


def first_prediction(y_hat: Tensor, y: Tensor) -> Tensor:
    """You kept the first prediction only: `y_hat[0]` is one row. The column is `y_hat[:, 0]`."""
    return ((y_hat[0] - y) ** 2).mean()


def canceled(y_hat: Tensor, y: Tensor) -> Tensor:
    """You took the mean before the square: errors above and below cancel. Square each one first."""
    return (y_hat.squeeze(1) - y).mean() ** 2


def added_up(y_hat: Tensor, y: Tensor) -> Tensor:
    """The shapes are mended, but you added the squares up. Asked for is their mean."""
    return ((y_hat.squeeze(1) - y) ** 2).sum()


def divided_twice(y_hat: Tensor, y: Tensor) -> Tensor:
    """You took the mean and divided by N once more: the mean has done that already."""
    return ((y_hat.squeeze(1) - y) ** 2).mean() / len(y)


def squared_error_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([[1.0], [2.0], [5.0]]), torch.tensor([1.0, 3.0, 3.0])
    yield torch.tensor([[2.5]]), torch.tensor([4.0])
    yield torch.randn(5, 3, generator=rng)[:, 1:2], torch.randn(5, generator=rng)
    table = torch.randn(4, 4, generator=rng, dtype=torch.float64)
    yield table[:, :1], table[:, 3]


@exercise(
    "Mend the squared error",
    minutes=4,
    difficulty=1,
    hints=(
        "Print the shape of `y_hat - y` for three predictions.",
        "(N, 1) and (N,): aligned at the right, both get stretched. Nothing needs to be.",
        "Take the spare dimension of `y_hat` away, or give `y` one. Name the dimension.",
    ),
    why="Once both are (N,), each prediction meets its own target, and nothing is stretched.",
    template=squared_error_with_a_bug,
    inputs=squared_error_inputs,
    mistakes=(
        still_a_square,
        square_added_up,
        first_prediction,
        canceled,
        added_up,
        divided_twice,
    ),
    equivalent=(("y_hat.flatten() - y", "y - y_hat.flatten()", "a square does not know the sign"),),
)
def squared_error(y_hat: Tensor, y: Tensor) -> Tensor:
    """Return the mean of the squared errors, one number.

    Shapes: y_hat, the predictions, is (N, 1); y, the targets, is (N,).
    """
    return ((y_hat.flatten() - y) ** 2).mean()


# ---------------------------------------------------------------------------- price_table


def price_table_with_bugs(prices: Tensor, rises: Tensor) -> Tensor:
    """Return a table of price lists: row i holds the `prices`, with `rises[i]` added to each.

    The price 10 and the rise 0.5 give 10.5. Shapes: prices is (D,), of whole numbers or decimals;
    rises is (N,), of decimals; the result is (N, D), of decimals.
    """
    table = prices.expand(len(rises), -1)  # (N, D)
    table += rises[:, None]
    return table


def still_integers(prices: Tensor, rises: Tensor) -> Tensor:
    """The rows are real copies now, but `+=` keeps the type: whole numbers take no fractions."""
    table = prices.expand(len(rises), -1).clone()
    table += rises[:, None]
    return table


def still_one_row(prices: Tensor, rises: Tensor) -> Tensor:
    """You write into expanded rows, and they are one row in memory: `clone` before you write."""
    table = prices.float().expand(len(rises), -1)
    table += rises[:, None]
    return table


def one_row_by_row(prices: Tensor, rises: Tensor) -> Tensor:
    """You write row by row, but expanded rows are one row: each write shows in all of them."""
    table = torch.zeros(len(prices)).expand(len(rises), -1)
    for i in range(len(rises)):
        table[i] = prices + rises[i]
    return table


def fractions_cut(prices: Tensor, rises: Tensor) -> Tensor:
    """You cut the fractions off: a whole-number type turns 0.5 into 0. Convert the prices."""
    table = prices.expand(len(rises), -1).clone()
    table += rises[:, None].long()
    return table


def as_a_percentage(prices: Tensor, rises: Tensor) -> Tensor:
    """You multiplied: a rise is no percentage here. Add it: 10 raised by 0.5 is 10.5."""
    return prices * (1 + rises[:, None])


def on_its_side(prices: Tensor, rises: Tensor) -> Tensor:
    """Your table lies on its side: a row belongs to a rise, a column to a price."""
    return prices[:, None] + rises


def price_table_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([10, 20]), torch.tensor([0.0, 0.5, 1.0])
    yield torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0.5, 2.5])
    yield torch.tensor([1.5, 3.0]), torch.tensor([0.75])  # a write reaches the argument
    yield torch.rand(6, generator=rng, dtype=torch.float64)[::2], torch.randn(3, generator=rng)


@exercise(
    "Mend the price table",
    minutes=5,
    difficulty=2,
    hints=(
        "There are two faults. Mend the one that the error names, then call the function again.",
        "One fault is the memory of the expanded rows, the other the type of the numbers.",
        "`+=` writes into what is there, and keeps its type. A plain `+` makes a new tensor.",
        "With a plain `+` you need no `expand`: (D,) and (N, 1) broadcast by themselves.",
    ),
    why="A plain `+` makes a new tensor: of a type with room for fractions, with rows of its own.",
    template=price_table_with_bugs,
    inputs=price_table_inputs,
    mistakes=(
        still_integers,
        still_one_row,
        one_row_by_row,
        fractions_cut,
        as_a_percentage,
        on_its_side,
    ),
)
def price_table(prices: Tensor, rises: Tensor) -> Tensor:
    """Return a table of price lists: row i holds the `prices`, with `rises[i]` added to each.

    The price 10 and the rise 0.5 give 10.5. Shapes: prices is (D,), of whole numbers or decimals;
    rises is (N,), of decimals; the result is (N, D), of decimals.
    """
    return prices + rises[:, None]


# ---------------------------------------------------------------------------- compress


def transposed_again(images: Tensor, k: int) -> Tensor:
    """You transposed the third factor: it comes transposed already. Leave the `T` out."""
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :, :k] * S[:, None, :k]) @ Vh.mT[:, :k]


def rows_of_u(images: Tensor, k: int) -> Tensor:
    """You took the first k rows of each `U`. A layer owns a column of `U`: the last dimension."""
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :k] * S[:, None]) @ Vh


def cut_as_one_image(images: Tensor, k: int) -> Tensor:
    """You cut as for one image: in a batch, `[:, :k]` cuts dimension 1, which is the rows now. Each
    index needs a `:` for the batch in front.
    """
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :k] * S[:k]) @ Vh[:k]


def weights_not_aligned(images: Tensor, k: int) -> Tensor:
    """Your weights are (N, k): aligned at the right, N meets the rows H. Make them (N, 1, k)."""
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :, :k] * S[:, :k]) @ Vh[:, :k]


def columns_of_vh(images: Tensor, k: int) -> Tensor:
    """You took the first k columns of each `Vh`. A layer owns a row of `Vh`: dimension 1."""
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :, :k] * S[:, None, :k]) @ Vh[:, :, :k]


def without_weights(images: Tensor, k: int) -> Tensor:
    """You left the weights `S` out: every layer counts as much as the strongest."""
    U, _, Vh = torch.linalg.svd(images, full_matrices=False)
    return U[:, :, :k] @ Vh[:, :k]


def weakest_layers(images: Tensor, k: int) -> Tensor:
    """You kept the weakest layers: the SVD lists the strongest first, so take the first k."""
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    first = max(S.shape[1] - k, 0)
    return (U[:, :, first:] * S[:, None, first:]) @ Vh[:, first:]


def one_large_matrix(images: Tensor, k: int) -> Tensor:
    """You took the batch for one matrix, a row per image. Each image has layers of its own."""
    U, S, Vh = torch.linalg.svd(images.flatten(1), full_matrices=False)
    return ((U[:, :k] * S[:k]) @ Vh[:k]).reshape(images.shape)


def compress_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, int]]:
    yield torch.tensor([[[3.0, 0.0], [4.0, 5.0]]]), 1
    yield torch.randn(3, 5, 4, generator=rng), 2
    yield torch.randn(2, 3, 6, generator=rng), 7
    yield torch.randn(4, 3, 2, generator=rng, dtype=torch.float64).mT, 1  # not contiguous


@exercise(
    "Compress a batch of images",
    minutes=8,
    difficulty=2,
    hints=(
        "`torch.linalg.svd` takes a batch as it is, and so does `@`. Print the three shapes.",
        "`keep` of this section has all the steps; each index needs a `:` for the batch in front.",
        (
            "The columns in use are `U[:, :, :k]`, (N, H, k), the weights `S[:, :k]`, (N, k). "
            "Which shape must the weights have to be broadcast over the rows?"
        ),
        "`S[:, None, :k]` is (N, 1, k). The rows in use are `Vh[:, :k]`.",
    ),
    why="Every dimension in front of the last two is a batch, for the SVD as for `@`.",
    inputs=compress_inputs,
    mistakes=(
        cut_as_one_image,
        weights_not_aligned,
        transposed_again,
        rows_of_u,
        columns_of_vh,
        without_weights,
        weakest_layers,
        one_large_matrix,
    ),
    tolerance=Tolerance(absolute=1e-4),
)
def compress(images: Tensor, k: int) -> Tensor:
    """Return each image as the sum of its own k strongest layers.

    Shapes: images is (N, H, W), of decimals, and so is the result. If an image has fewer than
    k layers, all of them are kept.
    """
    U, S, Vh = torch.linalg.svd(images, full_matrices=False)
    return (U[:, :, :k] * S[:, None, :k]) @ Vh[:, :k]


# ---------------------------------------------------------------------------- attention_scores


def not_scaled(q: Tensor, k: Tensor) -> Tensor:
    """The products are right, but not divided by √D: they grow with the number of features."""
    return torch.einsum("bthd,bshd->bhts", q, k)


def divided_by_d(q: Tensor, k: Tensor) -> Tensor:
    """You divided by D. Asked for is its root, √D."""
    return torch.einsum("bthd,bshd->bhts", q, k) / q.shape[-1]


def divided_by_the_positions(q: Tensor, k: Tensor) -> Tensor:
    """You divided by the root of T, the number of positions. D is the last size, `q.shape[-1]`."""
    return torch.einsum("bthd,bshd->bhts", q, k) / q.shape[1] ** 0.5


def one_letter(q: Tensor, k: Tensor) -> Tensor:
    """You used the letter t for both: so each query meets one key only. Call the keys' position s,
    and keep both letters on the right.
    """
    return torch.einsum("bthd,bthd->bht", q, k) / q.shape[-1] ** 0.5


def keys_ask(q: Tensor, k: Tensor) -> Tensor:
    """Your table is transposed: each row should belong to a query, each column to a key."""
    return torch.einsum("bthd,bshd->bhst", q, k) / q.shape[-1] ** 0.5


def heads_added(q: Tensor, k: Tensor) -> Tensor:
    """You summed over the heads: a letter that is missing on the right is added up. Keep the h."""
    return torch.einsum("bthd,bshd->bts", q, k) / q.shape[-1] ** 0.5


def heads_torn(q: Tensor, k: Tensor) -> Tensor:
    """You moved the heads forward with `reshape`, which mixes them with the positions. Permute."""
    B, T, H, D = q.shape
    queries, keys = q.reshape(B, H, T, D), k.reshape(B, H, k.shape[1], D)
    return queries @ keys.mT / D**0.5


def keys_torn(q: Tensor, k: Tensor) -> Tensor:
    """You turned the keys round with `reshape`, which tears them. Use `permute(0, 2, 3, 1)`."""
    B, S, H, D = k.shape
    return q.permute(0, 2, 1, 3) @ k.reshape(B, H, D, S) / D**0.5


def both_torn(q: Tensor, k: Tensor) -> Tensor:
    """You reshaped queries and keys: `reshape` keeps the order of the numbers in memory, and here
    the dimensions must change places. `permute` does that.
    """
    B, T, H, D = q.shape
    return q.reshape(B, H, T, D) @ k.reshape(B, H, D, k.shape[1]) / D**0.5


def attention_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.tensor([[[[1.0, 2.0]]]]), torch.tensor([[[[3.0, 1.0]], [[0.0, 2.0]]]])
    yield torch.randn(2, 3, 2, 5, generator=rng), torch.randn(2, 4, 2, 5, generator=rng)
    q = torch.randn(4, 1, 2, 3, generator=rng, dtype=torch.float64).transpose(0, 2)
    yield q, torch.randn(2, 3, 4, 3, generator=rng, dtype=torch.float64)


@exercise(
    "Attention scores",
    minutes=8,
    difficulty=2,
    hints=(
        "Give each dimension a letter: b, t, h, d for `q`. Which letters does `k` share with it?",
        "t and s are two different positions. Only d is summed over, so d is missing on the right.",
        "The letters are `bthd,bshd->` and then what the result's shape says.",
        "Divide by the root of the last size: `q.shape[-1] ** 0.5`.",
    ),
    why="The letters that both share and that stay, b and h, are matched; d is summed over.",
    inputs=attention_inputs,
    mistakes=(
        not_scaled,
        divided_by_d,
        divided_by_the_positions,
        one_letter,
        keys_ask,
        heads_added,
        heads_torn,
        keys_torn,
        both_torn,
    ),
    tolerance=Tolerance(absolute=1e-5),
)
def attention_scores(q: Tensor, k: Tensor) -> Tensor:
    """Return, in each head, how well each query fits each key.

    Query t and key s are multiplied number by number and added up over d, then divided by √D.
    Shapes: q is (B, T, H, D), k is (B, S, H, D), the result is (B, H, T, S).
    """
    return torch.einsum("bthd,bshd->bhts", q, k) / q.shape[-1] ** 0.5


# ---------------------------------------------------------------------------- standardize


def all_channels_together(images: Tensor) -> Tensor:
    """You used one mean for all channels. Each channel has its own: average over the other dims."""
    X = images.float()
    return (X - X.mean()) / X.std(correction=0)


def each_image_alone(images: Tensor) -> Tensor:
    """You standardized each image by itself. The batch belongs to a channel, too: add dim 0."""
    X = images.float()
    mean, std = X.mean(dim=(2, 3), keepdim=True), X.std(dim=(2, 3), correction=0, keepdim=True)
    return (X - mean) / std


def each_pixel_alone(images: Tensor) -> Tensor:
    """You averaged over the batch only, pixel by pixel. Rows and columns are summed over, too."""
    X = images.float()
    return (X - X.mean(dim=0)) / X.std(dim=0, correction=0)


def over_the_channels(images: Tensor) -> Tensor:
    """You averaged over the channels: the dim that you name disappears. Name the other three."""
    X = images.float()
    return (X - X.mean(dim=1, keepdim=True)) / X.std(dim=1, correction=0, keepdim=True)


def only_shifted(images: Tensor) -> Tensor:
    """The means are 0 now; the squares have the mean 1 only after you divide by the spread."""
    X = images.float()
    return X - X.mean(dim=(0, 2, 3), keepdim=True)


def one_less(images: Tensor) -> Tensor:
    """You divided by N − 1: that is what `std` does by itself. Pass `correction=0`."""
    X = images.float()
    mean, std = X.mean(dim=(0, 2, 3), keepdim=True), X.std(dim=(0, 2, 3), keepdim=True)
    return (X - mean) / std


def by_the_variance(images: Tensor) -> Tensor:
    """You divided by the variance. The spread is its root, the standard deviation."""
    X = images.float()
    mean = X.mean(dim=(0, 2, 3), keepdim=True)
    return (X - mean) / X.var(dim=(0, 2, 3), correction=0, keepdim=True)


def keepdim_forgotten(images: Tensor) -> Tensor:
    """You left `keepdim=True` out: (C,) is aligned with the width W, not with the channels."""
    X = images.float()
    return (X - X.mean(dim=(0, 2, 3))) / X.std(dim=(0, 2, 3), correction=0)


def not_converted(images: Tensor) -> Tensor:
    """You took the mean of whole numbers, which torch refuses. Convert the images first."""
    mean = images.mean(dim=(0, 2, 3), keepdim=True)
    return (images - mean) / images.std(dim=(0, 2, 3), correction=0, keepdim=True)


def wrapped_round(images: Tensor) -> Tensor:
    """You subtracted in the images' own type: uint8 wraps round below 0. Call `float()` first."""
    X = images.float()
    mean = X.mean(dim=(0, 2, 3), keepdim=True).to(images.dtype)
    return (images - mean) / X.std(dim=(0, 2, 3), correction=0, keepdim=True)


def standardize_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor]]:
    yield (torch.tensor([[[[1.0, 3.0]], [[10.0, 50.0]]]]),)
    yield (torch.randint(0, 256, (3, 2, 2, 3), generator=rng, dtype=torch.uint8),)
    X = torch.randn(2, 4, 5, 3, generator=rng) * torch.tensor([1.0, 2.0, 5.0])
    yield (X.permute(0, 3, 1, 2),)  # (2, 3, 4, 5), not contiguous
    yield (torch.rand(4, 3, 2, 3, generator=rng, dtype=torch.float64),)  # W is C, too


@exercise(
    "Standardize each channel",
    minutes=8,
    difficulty=2,
    hints=(
        "One channel is all its pixels, in all images. Which three dimensions does that leave?",
        (
            "`mean` and `std` take several dimensions: `dim=(…, …, …)`. With `keepdim=True` the "
            "result is (1, C, 1, 1), which broadcasts."
        ),
        (
            "Pictures come as uint8: convert before any arithmetic. "
            "And `std` divides by N − 1 unless told otherwise; then the mean square is not 1."
        ),
        (
            "Divide `X - X.mean(dim=(0, 2, 3), keepdim=True)` by the `std` over the same three, "
            "with `correction=0` and `keepdim=True`."
        ),
    ),
    why="(1, C, 1, 1) against (N, C, H, W): each channel gets its own two numbers.",
    inputs=standardize_inputs,
    mistakes=(
        all_channels_together,
        each_image_alone,
        each_pixel_alone,
        over_the_channels,
        only_shifted,
        one_less,
        by_the_variance,
        keepdim_forgotten,
        not_converted,
        wrapped_round,
    ),
    tolerance=Tolerance(absolute=1e-4),
)
def standardize(images: Tensor) -> Tensor:
    """Return the images shifted and scaled, channel by channel.

    In the result each channel, over the whole batch, has the mean 0, and its squares the mean 1.
    Shapes: images is (N, C, H, W), uint8 or decimals; the result is (N, C, H, W), decimals.
    """
    X = images.float()
    mean = X.mean(dim=(0, 2, 3), keepdim=True)
    std = X.std(dim=(0, 2, 3), correction=0, keepdim=True)
    return (X - mean) / std


# ---------------------------------------------------------------------------- nearest_mean


def by_one_image(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You took the label of the nearest single image. Compare with the mean of each label's."""
    gaps = torch.cdist(new.flatten(1).float(), known.flatten(1).float())
    return labels[gaps.argmin(dim=1)]


def positions(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You returned positions among the means. Asked for are the labels that stand there."""
    X = known.flatten(1).float()
    means = torch.stack([X[labels == label].mean(dim=0) for label in labels.unique()])
    return torch.cdist(new.flatten(1).float(), means).argmin(dim=1)


def labels_that_do_not_occur(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You took a mean for every number up to the largest label: a label without an image has the
    mean nan, which `argmin` prefers to all numbers. Use the labels that occur.
    """
    X = known.flatten(1).float()
    every = range(int(labels.max()) + 1)
    means = torch.stack([X[labels == label].mean(dim=0) for label in every])
    return torch.cdist(new.flatten(1).float(), means).argmin(dim=1)


def labels_below_0_left_out(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You counted the labels from 0 up, and they may be negative, too. Use those that occur."""
    X = known.flatten(1).float()
    every = range(int(labels.max()) + 1)
    means = torch.stack([X[labels == label].mean(dim=0) for label in every])
    gaps = torch.cdist(new.flatten(1).float(), means)
    return gaps.nan_to_num(nan=float("inf")).argmin(dim=1)


def other_way_round(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You looked for the nearest new image of each mean: `argmin` took the wrong dim."""
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0) for label in names])
    nearest = torch.cdist(new.flatten(1).float(), means).argmin(dim=0)
    return names[nearest % len(names)]


def bytes_subtracted(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You subtracted in uint8: below 0 and above 255 it wraps round. Convert with `float()`."""
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0) for label in names]).to(new.dtype)
    gaps = new.flatten(1)[:, None] - means
    return names[gaps.square().sum(dim=2).argmin(dim=1)]


def means_cut(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You made whole numbers of the means: that takes their fractions. Leave them decimals."""
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0).byte() for label in names])
    return names[torch.cdist(new.flatten(1).float(), means.float()).argmin(dim=1)]


def signed_gaps(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You added the gaps up with their signs: those above and below cancel. Square them first."""
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0) for label in names])
    gaps = new.flatten(1)[:, None] - means
    return names[gaps.sum(dim=2).abs().argmin(dim=1)]


def sizes_added_up(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You added up the sizes of the gaps. Near is meant by their squares, as in `distances`."""
    X, names = known.flatten(1).float(), labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0) for label in names])
    return names[torch.cdist(new.flatten(1).float(), means, p=1).argmin(dim=1)]


def written_once(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """You summed with `+=` at repeated positions: each is written once, not added up. Select with
    a mask, or use `index_add_`.
    """
    names, place = labels.unique(return_inverse=True)
    sums = torch.zeros(len(names), known[0].numel())
    sums[place] += known.flatten(1).float()
    means = sums / place.bincount()[:, None]
    return names[torch.cdist(new.flatten(1).float(), means).argmin(dim=1)]


def nearest_mean_inputs(rng: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    known = torch.tensor([[[0, 40]], [[90, 120]], [[200, 10]], [[20, 60]]], dtype=torch.uint8)
    labels = torch.tensor([3, 7, 7, 3])
    yield known, labels, torch.tensor([[[100, 90]], [[30, 10]], [[240, 0]]], dtype=torch.uint8)
    known = torch.tensor([[[0, 9]], [[80, 90]], [[70, 60]]], dtype=torch.uint8)
    new = torch.tensor([[[3, 9]], [[70, 70]]], dtype=torch.uint8)
    yield known, torch.tensor([-4, 3, 3]), new
    for n, m, rows, columns, classes in ((9, 7, 2, 3, 3), (12, 5, 4, 2, 5)):
        shapes = (n, rows, columns), (m, rows, columns)
        known, new = (
            torch.randint(0, 256, shape, generator=rng, dtype=torch.uint8) for shape in shapes
        )
        labels = 2 * torch.randint(0, classes, (n,), generator=rng) + 1
        yield known.mT, labels, new.mT  # not contiguous
    # The means are (13⅓, 13⅓) and (11⅓, 10⅓): cut or rounded, the other one is nearer.
    pairs = [[13, 13], [13, 14], [14, 13], [11, 10], [11, 10], [12, 11]]
    known = torch.tensor(pairs, dtype=torch.uint8)[:, None]
    yield known, torch.tensor([4, 4, 4, 9, 9, 9]), torch.tensor([[[12, 12]]], dtype=torch.uint8)


@exercise(
    "Name a digit by the nearest mean",
    minutes=12,
    difficulty=3,
    hints=(
        "Three steps: a mean image for each label that occurs, the distances, the nearest.",
        (
            "`labels.unique()` lists the labels that occur; `known[labels == label]` are the "
            "images of one. Convert before you take a mean."
        ),
        (
            "`torch.stack` makes one tensor of the means. Flattened to (M, H·W) and (C, H·W), "
            "images and means go into `torch.cdist`, which returns (M, C)."
        ),
        (
            "`argmin(dim=1)` gives positions among the labels that occur; "
            "use them as an index into `labels.unique()`."
        ),
    ),
    why="One mean a label, one table of distances, one `argmin`: five of this lesson's ideas.",
    inputs=nearest_mean_inputs,
    mistakes=(
        by_one_image,
        positions,
        labels_that_do_not_occur,
        labels_below_0_left_out,
        other_way_round,
        bytes_subtracted,
        means_cut,
        signed_gaps,
        sizes_added_up,
        written_once,
    ),
    equivalent=(
        ("labels.unique()", "labels", "a label that comes twice gives the same mean twice"),
    ),
)
def nearest_mean(known: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """Return for each new image the label whose mean image is nearest to it.

    The mean image of a label is the mean of all known images that have this label. Near is meant
    as in the lesson: the root of the sum of the squared differences of all pixels.
    Shapes: known is (N, H, W), uint8, with labels (N,), any whole numbers, also below 0; new is
    (M, H, W), uint8; the result is a tensor (M,): labels.
    """
    X = known.flatten(1).float()
    names = labels.unique()
    means = torch.stack([X[labels == label].mean(dim=0) for label in names])
    return names[torch.cdist(new.flatten(1).float(), means).argmin(dim=1)]
