"""None of the corpus' wrong answers is accepted, and none of its right ones refused."""

import importlib
from pathlib import Path

import pytest

from corpus import CORPUS, Entry
from dlcourse.checking.judgment import Outcome

for path in sorted(Path(__file__).parent.glob("corpus_*.py")):
    importlib.import_module(path.stem)


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry.name)
def test_every_answer_of_the_corpus_gets_its_verdict(entry: Entry) -> None:
    verdict = entry.exercise.judge(*entry.exercise.answers_of(entry.answer))
    assert (verdict.outcome is Outcome.PASSED) == entry.is_right, verdict.message
    assert entry.says in verdict.message
