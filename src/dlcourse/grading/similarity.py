"""Pairs of students whose code is more similar than the class's, for people to read: no proof.

The method is that of MOSS (S. Schleimer, D. Wilkerson, A. Aiken, "Winnowing: Local Algorithms for
Document Fingerprinting", SIGMOD 2003). Code becomes tokens, without names, numbers, texts, comments
and layout; every run of tokens of one length has a hash, and of every few neighboring hashes the
smallest is a fingerprint. Fingerprints of what was given, and those that many students have, tell
nothing. So a short exercise that nearly all must solve in the same way counts for nothing.

Covers: finding what a student wrote for an exercise, fingerprints, ranking pairs.
Does not cover: running or parsing code; the page (`report`).
"""

import hashlib
import io
import keyword
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from dlcourse.grading.submission import printable

RUN, WINDOW = 12, 4  # tokens that are compared together, hashes of which one is kept
THRESHOLD = 0.5  # of the shorter one's own fingerprints: what is less similar is not shown
LEAST = 8  # fingerprints that a pair must share: fewer are soon the same by chance
_LONGEST = 20_000  # letters of an answer that are looked at
_LAYOUT = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENDMARKER, tokenize.ERRORTOKEN, tokenize.ENCODING),
}


class Part(NamedTuple):
    """An exercise in which two students' code is similar: its id, and what both wrote."""

    exercise: str
    first: str
    second: str


class Pair(NamedTuple):
    """Two students, the share of the shorter one's code that both have, and that code."""

    first: str
    second: str
    share: float
    parts: list[Part]


@dataclass(frozen=True)
class Class:
    """What a class wrote.

    Attributes:
        answers: of each student, the code of each exercise.
        given: of each exercise, code that was given, such as its stub.
    """

    answers: Mapping[str, Mapping[str, str]]
    given: Mapping[str, str]

    @property
    def limit(self) -> int:
        """How many students may have a fingerprint that tells something: a tenth, at least 3."""
        return max(3, len(self.answers) // 10)

    def pairs(self) -> list[Pair]:
        """Return the pairs that are similar, the most similar first."""
        own = self._own_fingerprints()
        holders: dict[tuple[str, int], list[str]] = {}
        for who, prints in own.items():
            for one in prints:
                holders.setdefault(one, []).append(who)
        shared = Counter[tuple[str, str]]()
        for students in holders.values():
            shared.update(combinations(students, 2))
        found = []
        for (first, second), count in shared.items():
            share = count / min(len(own[first]), len(own[second]))
            if count >= LEAST and share >= THRESHOLD:
                exercises = sorted({exercise for exercise, _ in own[first] & own[second]})
                found.append((share, count, first, second, exercises))
        found.sort(key=lambda one: (-one[0], -one[1], one[2], one[3]))
        return [self._pair(*one[2:4], one[0], one[4]) for one in found]

    def _pair(self, first: str, second: str, share: float, exercises: Iterable[str]) -> Pair:
        a, b = self.answers[first], self.answers[second]
        return Pair(first, second, share, [Part(one, a[one], b[one]) for one in exercises])

    def _own_fingerprints(self) -> dict[str, set[tuple[str, int]]]:
        """Return of each student the fingerprints, each with its exercise, that few others have."""
        given = {(one, mark) for one, code in self.given.items() for mark in fingerprints(code)}
        marks = {
            who: {(one, mark) for one, code in its.items() for mark in fingerprints(code)} - given
            for who, its in self.answers.items()
        }
        n_holders = Counter(one for its in marks.values() for one in its)
        few = {one for one, count in n_holders.items() if count <= self.limit}
        return {who: its & few for who, its in sorted(marks.items())}


def fingerprints(code: str) -> set[int]:
    """Return the fingerprints of a piece of code."""
    words = tokens(code)
    runs = ["\0".join(words[n : n + RUN]) for n in range(len(words) - RUN + 1)]
    hashes = [int.from_bytes(hashlib.blake2b(one.encode(), digest_size=8).digest()) for one in runs]
    windows = range(max(1, len(hashes) - WINDOW + 1)) if hashes else ()
    return {min(hashes[n : n + WINDOW]) for n in windows}


def tokens(code: str) -> list[str]:
    """Return the words and signs of code, with one word for all names, all numbers, all texts."""
    found = list[str]()
    read = tokenize.generate_tokens(io.StringIO(code[:_LONGEST]).readline)
    with suppress(tokenize.TokenError, SyntaxError):  # what comes before is compared all the same
        found.extend(_word(one) for one in read if one.type not in _LAYOUT)
    return found


def _word(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
        return "name"
    if token.type in {tokenize.NUMBER, tokenize.STRING}:
        return tokenize.tok_name[token.type]
    return token.string


def code_of(exercise: str, cells: Sequence[str]) -> str:
    """Return the cells of a notebook that define or check an exercise, by the exercise's id."""
    name = re.escape(exercise.partition(".")[2])
    about = re.compile(rf"\.{name}\.check\(|^(?:def|class) {name}\b", re.MULTILINE)
    code = "\n\n".join(one for one in cells if about.search(one))
    return printable(code, "\n\t")  # on a page, some letters turn the order of those after them
