"""A verdict is words first: the same in a terminal, in a notebook and for a screen reader."""

import html.parser

import nbformat
import pytest

from dlcourse.checking.box import show_box
from dlcourse.commands.execution import execute

TITLE, TEXT, CODE = "✗ Not yet: A & B", "You wrote `x < 1`.\nLook at `<`.", 'y = "<b>"'
CALL = f"show_box({TITLE!r}, {TEXT!r}, mood='bad', code={CODE!r})"


class Words(html.parser.HTMLParser):
    """What a browser makes of a box: its words, and the attributes of its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words = ""
        self.codes: list[str] = []
        self.attributes: list[dict[str, str | None]] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102
        self._open.append(tag)
        self.attributes.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:  # noqa: D102
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:  # noqa: D102
        self.words += data
        if self._open and self._open[-1] == "code":
            self.codes.append(data)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a notebook gets to show."""
    path = tmp_path_factory.mktemp("notebook") / "box.ipynb"
    source = f"from dlcourse.checking.box import show_box\n{CALL}"
    cells = [nbformat.v4.new_code_cell(source)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    run = execute(path)
    assert not run.failure
    (output,) = run.notebook.cells[0].outputs
    return dict(output.data)


def test_terminal_and_notebook_say_the_same(
    data: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    show_box(TITLE, TEXT, mood="bad", code=CODE)
    assert capsys.readouterr().out == f"{TITLE}\n{TEXT}\n{CODE}\n" == data["text/plain"] + "\n"


def test_the_box_has_the_words_of_the_text(data: dict[str, str]) -> None:
    box = Words(data["text/html"])
    assert box.words == TITLE + TEXT.replace("`", "") + CODE
    assert box.codes == ["x < 1", "<", CODE]


def test_a_screen_reader_is_told_that_something_appeared(data: dict[str, str]) -> None:
    box = Words(data["text/html"])
    assert box.attributes[0]["role"] == "status"


def test_the_text_has_the_colors_of_the_theme(data: dict[str, str]) -> None:
    styles = " ".join(str(one.get("style")) for one in Words(data["text/html"]).attributes)
    assert "var(--jp-" in styles
    assert "background" not in styles
    assert not any(part.strip().startswith("color") for part in styles.split(";"))


def test_a_lonely_backtick_is_only_a_backtick(capsys: pytest.CaptureFixture[str]) -> None:
    show_box("A", "one ` here")
    assert capsys.readouterr().out == "A\none ` here\n"
