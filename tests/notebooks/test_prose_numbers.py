"""Which numbers prose states, and what supports them."""

from decimal import Decimal

import pytest

from prose_numbers import printed, stated, written

STATED = {
    "the error is 0.25": ["0.25"],
    "97.4 % of them": ["97.4 %"],
    r"$97.4\%$ of them": [r"97.4\%"],
    "60,000 images of 28 × 28": ["60,000", "28", "28"],
    "60\u202f000 images": ["60\u202f000"],
    r"$60{,}000$ or $60\,000$": ["60,000", "60\u2009000"],
    "1.5 million and 60 thousand": ["1.5 million", "60 thousand"],
    "−1.7714 and -0.25": ["−1.7714", "-0.25"],
    "20-30 and x-18 and 0.5−0.2": ["20", "30", "18", "0.5", "0.2"],
    "3.56e-6, 3.56 × 10⁻⁶ and $3.56 \\times 10^{-6}$": ["3.56e-6"] * 3,
    "5a² + 33b³, the 16th of 1/255": ["33", "16", "255"],
    "**98.0** and *12* and (784, 128)": ["98.0", "12", "784", "128"],
    "`lr=0.01` and `x[12]`": ["0.01", "12"],
}
NOT_STATED = [
    "two, 2, −2, 10 and 0",
    "10⁻⁶ and $10^{-6}$ and 10^{12}",
    "float32, x_12, conv2d, w12",
    "in 1998, in the 1990s, on 2026-11-21, on 21 November, on November 21, 2026",
    "1. first\n12. twelfth",
    "## 12. A heading",
    "lesson 05, lessons 02 to 12, Lesson 11, lessons 02, 03 and 12, layers (03), | 04 |",
    "> **Minutes:** 75: 50 to read and run, 25 for exercises.",
    "[a page](https://example.org/12/34.5) and https://example.org/56 and <b id='77'>",
    "Python 3.11, PyTorch 2.10 and CUDA 12",
    "CC BY-SA 3.0, arXiv:1502.01852, a 32-bit number of 64 bits",
    "`(60000, 28, 28)`, `view(-1, 784)`, `(N, 28 * 28)`",
    "## Try it yourself\n\n1. Take 77 steps\n\n2. or 0.5",
    "**Further reading.**\n- Nature 521, pages 436 to 444",
]


@pytest.mark.parametrize(("prose", "words"), STATED.items(), ids=STATED)
def test_stated_finds(prose: str, words: list[str]) -> None:
    assert [number.words for number in stated(prose)] == words


@pytest.mark.parametrize("prose", NOT_STATED)
def test_stated_passes_over(prose: str) -> None:
    assert list(stated(prose)) == []


def test_stated_reads_on_after_a_section_that_is_passed_over() -> None:
    prose = "## Try it yourself\n\n77 steps\n\n## In this lesson you\n\n- saw 55\n"

    assert [number.words for number in stated(prose)] == ["55"]


@pytest.mark.parametrize(
    ("prose", "output"),
    [
        ("97.4 %", "accuracy 97.4"),
        ("97.4 %", "accuracy 0.974"),
        ("60,000", "60000 images"),
        ("0.10", "0.1"),
        ("12.0", "tensor([12.])"),
        ("−0.25", "tensor([-0.2500])"),
        ("it falls by 0.25", "-0.25"),
        ("3.56 × 10⁻⁶", "3.56e-06"),
        ("3.56e-6", "0.00000356"),
        ("1.5 million", "1500000"),
        ("562,122", "562,122"),
    ],
)
def test_number_is_supported_by(prose: str, output: str) -> None:
    (number,) = stated(prose)

    assert number.values & printed(output)


@pytest.mark.parametrize(
    ("prose", "output"),
    [("97.4 %", "97.43"), ("0.25", "0.26"), ("−0.25", "0.25"), ("25", "0.25"), ("12", "float12.5")],
)
def test_number_is_not_supported_by(prose: str, output: str) -> None:
    (number,) = stated(prose)

    assert not number.values & printed(output)


def test_written_reads_code_and_not_its_comments() -> None:
    source = "n = 60_000  # not 77\nx = -2.5e-3  # 88\nprint('12.5 # 13')"

    assert written(source) == {Decimal(60000), Decimal("-2.5e-3"), Decimal("12.5"), Decimal(13)}
