"""Each rule for lessons accepts a sound lesson, and complains of a faulty one in words that help.

The sound lesson is small; each faulty one differs from it in one thing, made by a function below.
"""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

import notebook_rules_code
import notebook_rules_outputs
import notebook_rules_prose
from notebook_lesson import Lesson, Rule
from notebook_rules_code import (
    cells_are_short,
    code_is_plain_python,
    functions_are_short,
    imports_are_allowed,
    names_are_the_house_s,
    needs_no_network,
)
from notebook_rules_outputs import (
    cell_ids_are_plain_and_unique,
    cells_are_not_empty,
    figures_are_described,
    figures_go_through_show,
    ignored_cells_name_hardware,
    is_a_valid_notebook,
    is_executed_in_order,
    is_named_by_its_number,
    loose_cells_are_followed_by_an_assert,
    metadata_are_minimal,
    nothing_is_on_stderr,
    only_marked_cells_raise,
    outputs_are_the_same_everywhere,
    tags_are_needed,
)
from notebook_rules_prose import (
    asks_for_predictions,
    ends_with_practice_and_reading,
    has_prose_for_its_code,
    is_in_american_english,
    lessons_are_called_by_their_names,
    links_lead_somewhere,
    numbers_in_prose_are_printed,
    opens_with_title_and_box,
    promises_are_kept,
    talks_to_the_reader_as_an_equal,
)
from notebook_samples import code, error, notebook, picture, prose, shown, stream

ALL_RULES = {
    *notebook_rules_outputs.RULES,
    *notebook_rules_code.RULES,
    *notebook_rules_prose.RULES,
}
OPENING = """# Weigh two apples

> **You will do:** compute the weight of apples, on paper and with one call.
>
> **You will learn:** to multiply weights; to measure a time honestly.
>
> **You need:** lesson 01 and a pencil.
>
> **Minutes:** 40 to read and run.

Each apple weighs 0.25 kg, as a table in the year 1998 says. There are 1,250 of them in a box,
and 3.56 × 10⁻⁶ of those are bad; see [the heading](#What-they-weigh) below and lesson 01.
**Predict:** how much do they weigh together?
"""
CLOSING = """## In this lesson you …

- computed the weight of apples on paper and with one call: 312.5 kg;
- multiplied weights;
- measured a time honestly.

## In practice

Weigh them, then believe the sum. A scale is right more often than a guess, and a guess is made
before the scale is read: that order is the whole art of weighing.

## Further reading

- [Weights](https://example.org/7): how the kilogram was measured, by those who measured it.
"""
ALT = "A bar that ends at 312.5 kg."


def sound() -> nbformat.NotebookNode:
    """Return a lesson that keeps every rule; its code cells are numbered in comments."""
    return notebook(
        prose(OPENING),
        code("import torch\nfrom dlcourse.plotting import show"),  # 1
        code("weight = torch.tensor([0.25]) * 1_250\nweight", shown("tensor([312.5000])")),  # 2
        code("bad = 3.56e-6\nprint(bad)", stream("3.56e-06\n"), tags=["approx-1e-3"]),  # 3
        prose("## What they weigh\n\nThe bar shows it, and the time that it took is printed."),
        code("show(bar, alt)", picture(ALT)),  # 4
        code("print(f'{seconds:.1f} s')", stream("41.7 s\n"), tags=["approx-inf"]),  # 5
        code("assert seconds > 0"),  # 6
        code("print(device)", stream("cpu\n"), tags=["nbval-ignore-output"]),  # 7
        code("assert device.type in {'cpu', 'cuda', 'mps'}"),  # 8
        code("1 / 0", error("ZeroDivisionError", "division by zero"), tags=["raises-exception"]),
        prose(CLOSING),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of the sound lesson, with a lesson 01 beside it."""
    first = notebook(prose("# Count the apples, one by one"))
    nbformat.write(first, tmp_path / "01_counting.ipynb")
    nbformat.write(sound(), tmp_path / "02_apples.ipynb")
    return tmp_path / "02_apples.ipynb"


Fault = Callable[[nbformat.NotebookNode], object]


def cells(node: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the code cells, the first of them at 1 as in their numbers."""
    return [None, *(cell for cell in node.cells if cell.cell_type == "code")]


def replaced(old: str, new: str) -> Fault:
    """Replace a text in all sources and outputs."""

    def fault(node: nbformat.NotebookNode) -> None:
        for cell in node.cells:
            cell.source = cell.source.replace(old, new)
            for output in cell.get("outputs", []):
                if "text" in output:
                    output.text = output.text.replace(old, new)
                for kind, text in output.get("data", {}).items():
                    output.data[kind] = text.replace(old, new)

    return fault


def source(number: int, text: str) -> Fault:
    """Give a code cell another source."""
    return lambda node: cells(node)[number].update(source=text)


def every_source(text: str) -> Fault:
    """Give each code cell the same source."""
    return lambda node: [cell.update(source=text) for cell in cells(node)[1:]]


def tagged(number: int, *tags: str) -> Fault:
    """Give a code cell other tags."""
    return lambda node: cells(node)[number].metadata.update(tags=list(tags))


def outputs(number: int, *new: nbformat.NotebookNode) -> Fault:
    """Give a code cell other outputs."""
    return lambda node: cells(node)[number].update(outputs=list(new))


def cell_id(place: int, text: str) -> Fault:
    """Give a cell another id."""
    return lambda node: node.cells[place].update(id=text)


LONG_FUNCTION = "def f():\n" + "    x = 1\n" * 25
FAULTS: list[tuple[Rule, Fault, str]] = [
    (is_a_valid_notebook, lambda node: cells(node)[1].update(execution_count="one"), "invalid: "),
    (is_a_valid_notebook, lambda node: node.update(nbformat_minor=4), "format (4, 4)"),
    (is_a_valid_notebook, outputs(2, stream("x" * 1_000_000)), "bytes"),
    (cell_ids_are_plain_and_unique, cell_id(2, "cell-002"), "2 cells have the id 'cell-002'"),
    (cell_ids_are_plain_and_unique, cell_id(2, "8f3a1c2d"), "the id '8f3a1c2d'"),
    (
        cell_ids_are_plain_and_unique,
        cell_id(2, "c0ffee11-1111-4111-8111-111111111111"),
        "is not made of plain words",
    ),
    (metadata_are_minimal, lambda node: node.metadata.update(widgets={}), "widgets"),
    (
        metadata_are_minimal,
        lambda node: node.metadata.kernelspec.update(name="my-env"),
        "not python3",
    ),
    (
        metadata_are_minimal,
        lambda node: node.metadata.language_info.update(version="3.11.7"),
        "3.11.7",
    ),
    (
        metadata_are_minimal,
        lambda node: node.cells[1].metadata.update(execution={}),
        "the cell cell-002 has the metadata ['execution']",
    ),
    (cells_are_not_empty, source(3, " \n"), "the code cell cell-004 is empty"),
    (is_executed_in_order, lambda node: cells(node)[3].update(execution_count=None), "[None]"),
    (is_executed_in_order, lambda node: cells(node)[3].update(execution_count=9), "[9]"),
    (only_marked_cells_raise, tagged(9), "[9] raised without the tag"),
    (only_marked_cells_raise, tagged(8, "raises-exception"), "[8] has the tag"),
    (nothing_is_on_stderr, outputs(2, stream("Warning: old\n", "stderr")), "[2] prints to stderr"),
    (
        outputs_are_the_same_everywhere,
        outputs(2, stream("saved in /home/me/x\n")),
        "[2] shows a folder of this machine",
    ),
    (
        outputs_are_the_same_everywhere,
        outputs(2, shown("<Adam object at 0x7f1c>")),
        "[2] shows an address",
    ),
    (tags_are_needed, outputs(3, stream("3\n")), "[3] is approximate and prints no decimal"),
    (tags_are_needed, outputs(5, stream("done\n")), "[5] has free numbers and prints none"),
    (tags_are_needed, outputs(7), "[7] is ignored and has no output"),
    (loose_cells_are_followed_by_an_assert, source(6, "seconds"), "[5] is numbers free"),
    (loose_cells_are_followed_by_an_assert, source(6, "assert True"), "[5] is numbers free"),
    (loose_cells_are_followed_by_an_assert, source(8, "device"), "[7] is not compared"),
    (ignored_cells_name_hardware, source(7, "print(loss)"), "[7] is ignored"),
    (figures_go_through_show, outputs(4, shown("aGk=", "image/png")), "['image/png']"),
    (figures_go_through_show, outputs(4, shown("<img alt='x'>", "text/html")), "not its descr"),
    (figures_go_through_show, source(4, "plt.show()"), "[4] calls plt.show"),
    (figures_go_through_show, source(4, "plt.style.use('dlcourse.course')"), "without the default"),
    (figures_are_described, replaced(ALT, "A bar."), "too short"),
    (figures_are_described, replaced(ALT, "Aaaaaaaaaaaaaaaaaaaaaaaaa bar."), "too short"),
    (figures_are_described, replaced(ALT, "A bar that ends at 312.5 kg"), "as a sentence"),
    (figures_are_described, replaced(ALT, "A figure showing a bar of apples."), "say what can be"),
    (figures_are_described, outputs(2, picture(ALT)), "describes another figure, too"),
    (figures_are_described, replaced("Each apple", "![a map](map.png) Each apple"), "too short"),
    (code_is_plain_python, source(2, "%matplotlib inline"), "[2] is not plain Python: %matpl"),
    (code_is_plain_python, source(2, "!pip install x"), "[2] is not plain Python: !pip"),
    (code_is_plain_python, source(2, "globals()['x']"), "[2] calls globals()"),
    (
        code_is_plain_python,
        source(2, "warnings.filterwarnings('ignore', module='x')"),
        "[2] hides warnings",
    ),
    (code_is_plain_python, source(2, "DataLoader(x, num_workers=2)"), "[2] sets num_workers"),
    (imports_are_allowed, source(1, "from torch import *"), "[1] imports * from torch"),
    (imports_are_allowed, source(1, "import torch as T"), "under another name"),
    (imports_are_allowed, source(1, "import pandas as pd"), "it imports pandas"),
    (imports_are_allowed, source(1, "from urllib.request import urlopen"), "it imports urllib"),
    (imports_are_allowed, source(1, "from torchvision import datasets"), "no optimizer"),
    (needs_no_network, source(2, "MNIST('x', download=True)"), "[2] has 'download=True'"),
    (needs_no_network, source(2, "torch.hub.load('a/b', 'c')"), "[2] has 'hub.load'"),
    (names_are_the_house_s, source(2, "learning_rate = 0.1"), "learning_rate: call it lr"),
    (names_are_the_house_s, source(2, "def f(y_pred): ..."), "y_pred: call it y_hat"),
    (
        cells_are_short,
        every_source("x = 1\n" * 6),
        "median",
    ),
    (cells_are_short, source(3, "x = 1\n" * 11), "nine in ten have up to 11"),
    (cells_are_short, source(3, "x = 1\n" * 31), "[3] has 31 lines"),
    (cells_are_short, source(1, "import torch\n" * 11), "the set-up [1] has 11 lines"),
    (functions_are_short, source(2, LONG_FUNCTION), "[2] f has 26 lines"),
    (opens_with_title_and_box, replaced("# Weigh", "Weigh"), "it has the titles []"),
    (opens_with_title_and_box, replaced("## What", "# What"), "the only one"),
    (opens_with_title_and_box, replaced("You need", "Needed"), "'Needed'"),
    (opens_with_title_and_box, replaced("## What", "> **You will:** go\n\n## W"), "a second box"),
    (opens_with_title_and_box, replaced(">\n> **Minutes", "> **Minutes"), "one paragraph"),
    (opens_with_title_and_box, replaced("40 to read", "forty to read"), "not 'forty"),
    (
        opens_with_title_and_box,
        replaced("40 to read and run", "60: 40 to read and run, 25 for ten exercises"),
        "the sum is wrong",
    ),
    (promises_are_kept, replaced("## In this lesson you", "## You"), 'no "In this lesson you …"'),
    (promises_are_kept, replaced("- multiplied weights;\n", ""), "3 promises and 2 items"),
    (promises_are_kept, replaced("measured a time honestly", "slept"), "['hone', 'meas']"),
    (asks_for_predictions, replaced("**Predict:**", "Well,"), "it never asks"),
    (ends_with_practice_and_reading, replaced("## In practice", "## So"), "does not end with"),
    (
        ends_with_practice_and_reading,
        replaced(": how the kilogram was measured, by those who measured it", ""),
        "say why to read",
    ),
    (
        has_prose_for_its_code,
        replaced("Weigh them", "them " * 300),
        "words for a line",
    ),
    (has_prose_for_its_code, source(2, "x = 1\n" * 99), "words for a line"),
    (is_in_american_english, replaced("one call", "one colour, normalised"), "'colour' (2)"),
    (is_in_american_english, replaced("one call", "one colour, normalised"), "'normalised' (2)"),
    (is_in_american_english, source(2, "# the optimiser"), "'optimiser' (1)"),
    (talks_to_the_reader_as_an_equal, replaced("Weigh them", "Simply weigh"), "'Simply'"),
    (links_lead_somewhere, replaced("#What-they-weigh", "#Nothing"), "no such heading"),
    (links_lead_somewhere, replaced("#What-they-weigh", "09_x.ipynb"), "no such file"),
    (links_lead_somewhere, replaced("https://example", "http://example"), "no such file"),
    (lessons_are_called_by_their_names, replaced("and lesson 01", "lesson 07"), "no lesson 07"),
    (
        lessons_are_called_by_their_names,
        replaced("and lesson 01", "[lesson 02](01_counting.ipynb)"),
        "[lesson 02] leads to 01_counting.ipynb",
    ),
    (
        lessons_are_called_by_their_names,
        replaced("and lesson 01", "[01 Count all the apples](01_counting.ipynb)"),
        "is not the title of 01_counting.ipynb: 'Count the apples, one by one'",
    ),
    (numbers_in_prose_are_printed, replaced("312.5 kg;", "312.6 kg;"), "'312.6' is printed"),
    (numbers_in_prose_are_printed, replaced("1,250", "1,251 of them"), "'1,251'"),
    (numbers_in_prose_are_printed, replaced("- multiplied", "- in 41.7 s multiplied"), "'41.7'"),
    (numbers_in_prose_are_printed, replaced("3.56e-", "3.5e-"), "'3.56e-6'"),
]


def test_sound_lesson_keeps_every_rule(path: Path) -> None:
    lesson = Lesson.read(path)

    assert [complaint for rule in ALL_RULES for complaint in rule(lesson)] == []


@pytest.mark.parametrize(
    ("rule", "fault", "words"),
    FAULTS,
    ids=[f"{rule.__name__}: {re.sub(r'[^ -~]', '', words)}" for rule, _, words in FAULTS],
)
def test_rule_complains(rule: Rule, fault: Fault, words: str, path: Path) -> None:
    node = nbformat.read(path, as_version=4)
    fault(node)

    complaints = list(rule(Lesson(path, node)))

    assert any(words in complaint for complaint in complaints), complaints


def test_rule_complains_of_a_file_s_name(path: Path) -> None:
    lesson = Lesson(path.with_name("apples.ipynb"), sound())

    assert list(is_named_by_its_number(lesson)) == ["the name is apples.ipynb"]


def test_every_rule_has_a_fault_that_it_finds() -> None:
    assert {rule for rule, _, _ in FAULTS} | {is_named_by_its_number} == ALL_RULES
