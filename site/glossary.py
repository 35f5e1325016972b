"""The words of the course: `glossary.toml`, read."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Term:
    """A word that the course uses.

    Attributes:
        name: the word.
        lesson: the number of the lesson that explains it.
        cell: the id of the cell that does.
        meaning: what it means, in a sentence or two.
    """

    name: str
    lesson: str
    cell: str
    meaning: str


def read_glossary(path: Path) -> list[Term]:
    """Return the terms in the file `path`, by name."""
    terms = tomllib.loads(path.read_text(encoding="utf-8"))["term"]
    return sorted((Term(**term) for term in terms), key=lambda term: term.name.lower())
