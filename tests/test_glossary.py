"""The glossary leads to cells that are there and that explain the word."""

import re

import pytest

from dlcourse.places import ROOT
from glossary import Term, read_glossary
from lessons import read_lessons

TERMS = read_glossary(ROOT / "site" / "glossary.toml")
CELLS = {
    (lesson.number, cell.id): cell.source
    for lesson in read_lessons(ROOT / "notebooks")
    for cell in lesson.notebook.cells
    if cell.cell_type == "markdown"
}


@pytest.mark.parametrize("term", TERMS, ids=[term.name for term in TERMS])
def test_the_cell_of_a_term_speaks_of_it(term: Term) -> None:
    text = CELLS[term.lesson, term.cell].lower()
    stem = re.sub(r"(ing|ed|s)$", "", term.name.lower().split()[0])
    assert stem in text, f"{term.name} is not in cell {term.cell} of lesson {term.lesson}"


def test_each_term_is_there_once_in_order() -> None:
    names = [term.name.lower() for term in TERMS]
    assert names == sorted(set(names))


@pytest.mark.parametrize("term", TERMS, ids=[term.name for term in TERMS])
def test_a_meaning_is_a_sentence(term: Term) -> None:
    assert term.meaning[0].isupper()
    assert term.meaning.endswith(".")
    assert len(term.meaning.split()) >= 5
