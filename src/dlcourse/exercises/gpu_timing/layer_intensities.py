"""The two intensities of a layer."""

from collections.abc import Iterator

import torch

from dlcourse.checking.exercise import exercise


def inputs(_: torch.Generator) -> Iterator[tuple[int, int, int, int]]:
    yield 1, 2, 3, 4
    yield 2, 3, 5, 2
    yield 1, 784, 10, 4  # one picture
    yield 512, 784, 10, 8
    yield 1024, 1024, 1024, 1


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "For both steps count two things and divide: operations above, bytes below.",
    "Each of the m · n results of the product is a sum of k products: 2 · k operations.",
    "The product moves an (m, k), a (k, n) and an (m, n) matrix, `n_bytes` for each element.",
    "relu moves two numbers for each operation, so the sizes cancel: 1 / (2 · n_bytes).",
)


def square_only(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """You counted three matrices of one size: they have m · k, k · n and m · n elements."""
    return 2 * m * k * n / (3 * m * n * n_bytes), 1 / (2 * n_bytes)


def reads_only(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """You counted what the product reads and forgot its result: m · n numbers are written."""
    return 2 * m * k * n / ((m * k + k * n) * n_bytes), 1 / (2 * n_bytes)


def products_only(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """You counted the multiplications and forgot the additions: there are as many of them."""
    return m * k * n / ((m * k + k * n + m * n) * n_bytes), 1 / (2 * n_bytes)


def by_number(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:  # noqa: ARG001
    """You divided by the numbers that are moved: divide by bytes, `n_bytes` for each number."""
    return 2 * m * k * n / (m * k + k * n + m * n), 1 / 2


def always_float32(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:  # noqa: ARG001
    """You took 4 bytes for a number: that is float32, and others have `n_bytes`."""
    return 2 * m * k * n / ((m * k + k * n + m * n) * 4), 1 / 8


def relu_writes_nothing(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """The product is right. You counted what relu reads and forgot what it writes: as much."""
    return 2 * m * k * n / ((m * k + k * n + m * n) * n_bytes), 1 / n_bytes


def relu_like_an_addition(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """The product is right. An addition moves three numbers; relu reads one and writes one."""
    return 2 * m * k * n / ((m * k + k * n + m * n) * n_bytes), 1 / (3 * n_bytes)


def relu_first(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """Both numbers are right, in the wrong order: return that of the product first, then relu's."""
    return 1 / (2 * n_bytes), 2 * m * k * n / ((m * k + k * n + m * n) * n_bytes)


@exercise(
    "The two intensities of a layer",
    minutes=6,
    difficulty=2,
    place=40,
    hints=HINTS,
    why="A product uses each number many times, relu uses it once: so relu waits for memory.",
    inputs=inputs,
    mistakes=(
        square_only,
        reads_only,
        products_only,
        by_number,
        always_float32,
        relu_writes_nothing,
        relu_like_an_addition,
        relu_first,
    ),
)
def layer_intensities(m: int, k: int, n: int, n_bytes: int) -> tuple[float, float]:
    """Return the FLOP per byte of the two steps of a layer: of the product, and of relu.

    The product multiplies an (m, k) by a (k, n) matrix; relu, one operation an element, turns
    its result into another (m, n) matrix. Each step reads its inputs once from memory and
    writes its result once; a number takes `n_bytes`.
    """
    return 2 * m * k * n / ((m * k + k * n + m * n) * n_bytes), 1 / (2 * n_bytes)
