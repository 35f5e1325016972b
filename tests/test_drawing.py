"""The pad without a browser: what it asks, what it says, and what stands for it without a kernel.

Drawing on it is tested in browser/, in a real one. Lesson 05's `to_mnist` is tested here, too.
"""

import ast
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import cosine_similarity
from torchvision.transforms.functional import pil_to_tensor, to_pil_image  # type: ignore[import-untyped]

from dlcourse.commands.lessons import find_lesson
from dlcourse.data import load_mnist
from dlcourse.drawing import SIDE, DigitPad
from notebook_lesson import Lesson

WIDGET = "application/vnd.jupyter.widget-view+json"


def stripe() -> Tensor:
    """A drawing whose every row and column differs from the others of its kind."""
    drawing = torch.zeros(SIDE, SIDE, dtype=torch.uint8)
    drawing[20:200, 100:110] = 255
    return drawing


def sure_of(digit: int, other: int) -> Tensor:
    probabilities = torch.zeros(10)
    probabilities[digit], probabilities[other] = 0.9, 0.1
    return probabilities


@pytest.fixture(autouse=True)
def no_widgets_left() -> Iterator[None]:
    yield
    DigitPad.close_all()


def draw(pad: DigitPad, drawing: Tensor) -> None:
    """Do what the page does after a stroke: send the dots and the number of the drawing."""
    buffer = memoryview(drawing.numpy().tobytes())
    pad.set_state({"pixels": buffer, "drawn": pad.drawn + 1})


def test_the_answer_is_in_words_and_in_ten_numbers() -> None:
    pad = DigitPad(lambda _: sure_of(4, 9), stripe())
    assert pad.answer["text"] == "The network says 4 (90 %), or 9 (10 %)."
    expected = [0, 0, 0, 0, 90, 0, 0, 0, 0, 10]
    assert pad.answer["percents"] == pytest.approx(expected)


def test_a_second_choice_below_one_percent_is_not_told() -> None:
    pad = DigitPad(lambda _: torch.eye(10)[3], stripe())
    assert pad.answer["text"] == "The network says 3 (100 %)."


def test_the_function_sees_each_drawing_as_it_was_drawn() -> None:
    seen = []

    def read(drawing: Tensor) -> Tensor:
        seen.append(drawing)
        return sure_of(1, 7)

    pad = DigitPad(read)
    draw(pad, stripe())
    (drawing,) = seen
    assert drawing.dtype == torch.uint8
    assert torch.equal(drawing, stripe())
    assert torch.equal(pad.drawing, stripe())


def test_an_empty_pad_is_not_read() -> None:
    def read(_: Tensor) -> Tensor:
        pytest.fail("there is nothing to read")

    pad = DigitPad(read)
    assert pad.answer["text"] == "Draw a digit, 0 to 9."
    draw(pad, torch.zeros_like(stripe()))
    assert pad.answer["percents"] == [0.0] * 10


def test_the_same_drawing_again_is_answered_again() -> None:
    pad = DigitPad(lambda _: sure_of(4, 9), stripe())
    answers: list[Any] = []
    pad.observe(lambda change: answers.append(change["new"]), "answer")
    draw(pad, stripe())
    assert len(answers) == 1, "the page would wait for ever"


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda _: 1 / 0, "Reading the drawing raised ZeroDivisionError: division by zero"),
        (lambda _: torch.zeros(1, 10), "it returned shape (1, 10) and not (10,)"),
        (lambda _: None, "AttributeError"),
    ],
)
def test_a_function_that_fails_is_told_on_the_pad(
    read: Callable[[Tensor], Tensor], told: str
) -> None:
    pad = DigitPad(read, stripe())
    assert told in pad.answer["text"]
    assert pad.answer["percents"] == [0.0] * 10


def test_a_page_without_a_kernel_has_a_picture_with_a_description() -> None:
    pad = DigitPad(lambda _: sure_of(4, 9), stripe())
    output, _ = pad._repr_mimebundle_()
    assert output[WIDGET]["model_id"] == pad.model_id
    told = "A pad with a drawing, white on black. The network says 4 (90 %), or 9 (10 %)."
    assert output["text/plain"] == told
    assert output["text/html"].startswith("<img ")
    assert f'alt="{told}"' in output["text/html"]


def function_of_lesson(name: str) -> Callable[[Tensor], Tensor]:
    """Return the function that a cell of lesson 05 defines."""
    nodes = Lesson.read(find_lesson("05")).nodes
    (found,) = [n for _, n in nodes if isinstance(n, ast.FunctionDef) and n.name == name]
    names = {"torch": torch, "pil_to_tensor": pil_to_tensor, "to_pil_image": to_pil_image}
    exec(ast.unparse(found), names)  # noqa: S102 - our own lesson
    function: Callable[[Tensor], Tensor] = names[name]
    return function


to_mnist = function_of_lesson("to_mnist")


def test_mnists_own_pictures_enlarged_and_moved_come_back_as_they_were() -> None:
    images, _ = load_mnist(train=False)
    for number, image in enumerate(images[:50]):
        large = to_pil_image(image).resize((140, 140), Image.Resampling.BICUBIC)
        canvas = Image.new("L", (SIDE, SIDE))
        canvas.paste(large, (2 * number, 140 - 2 * number))
        again = to_mnist(pil_to_tensor(canvas)[0])
        shifts = [again.roll((down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        alike = [
            cosine_similarity(image.float().flatten(), one.float().flatten(), dim=0)
            for one in shifts
        ]
        assert max(alike) > 0.75, f"test picture {number} came back as another one"
        # The center of mass is where it was, within a dot: it was rounded there as well.
        torch.testing.assert_close(center(again), center(image), atol=1.0, rtol=0)


def center(picture: Tensor) -> Tensor:
    """Return the mean row and the mean column of the ink, by its definition."""
    rows, columns = picture.nonzero(as_tuple=True)
    weights = picture[rows, columns].double()
    return torch.stack([(weights * rows).sum(), (weights * columns).sum()]) / weights.sum()


@pytest.mark.parametrize(
    "box",
    [(0, 280, 0, 280), (0, 1, 0, 1), (279, 280, 0, 280), (0, 280, 5, 6), (100, 130, 20, 260)],
    ids=["all", "a dot", "the lowest row", "a thin line", "a flat box"],
)
def test_every_drawing_with_ink_finds_room(box: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = box
    drawing = torch.zeros(SIDE, SIDE, dtype=torch.uint8)
    drawing[top:bottom, left:right] = 255
    picture = to_mnist(drawing)
    assert picture.shape == (28, 28)
    assert picture.dtype == torch.uint8
    rows, columns = picture.nonzero(as_tuple=True)
    longer = max(rows.max() - rows.min(), columns.max() - columns.min()) + 1
    assert longer == 20
