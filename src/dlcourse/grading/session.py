"""A grading: each submission of a class goes through a box, and its records are kept.

Covers: which submissions are left to do, several boxes at once, what cannot be graded.
Does not cover: the command line (`commands.grade`), one submission (`judge`), the file (`records`).
"""

import hashlib
import platform
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Self

import torch

import dlcourse
from dlcourse.checking.exercise import Exercise
from dlcourse.grading.box import Box, BoxError, Limits
from dlcourse.grading.collect import Found
from dlcourse.grading.judge import Grader
from dlcourse.grading.records import Record
from dlcourse.grading.selftest import attack
from dlcourse.grading.submission import SubmissionError, read_cells

NOT_GRADED = "not graded"  # the outcome of a file that is no submission to any lesson here
# What says in a notebook's code of which lesson, or homework, it is.
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+dlcourse\.exercises[ \t]+import[ \t]+|import[ \t]+dlcourse\.exercises\.)"
    r"(\w+)",
    re.MULTILINE,
)
_HOMEWORK = re.compile(r"^ex = Rehearsals\(\"(\w+)\"\)", re.MULTILINE)
VERSIONS = f"Python {platform.python_version()}, PyTorch {torch.__version__}, dlcourse "
VERSIONS += dlcourse.__version__


@dataclass(frozen=True)
class Plan:
    """What is to be graded.

    Attributes:
        lessons: the exercises of each lesson that counts, by the lesson's name ("autograd"), or of
            a homework, by its folder's.
        numbers: the lessons' names by the number that a notebook's name has in it ("02").
        seed: of all inputs, the same for the whole class.
        limits: of each submission.
        hidden: a folder with solutions, which no box may show.
    """

    lessons: Mapping[str, Sequence[Exercise]]
    numbers: Mapping[str, str]
    seed: int
    limits: Limits
    hidden: Path | None = None


def new_seed() -> int:
    """Return a seed that nobody can know beforehand."""
    return secrets.randbelow(2**31 - 1)


class Session:
    """Grades submissions with several boxes at once. Use it in a `with`."""

    def __init__(self, plan: Plan, n_boxes: int) -> None:
        """Start the boxes.

        Raises:
            BoxError: if there can be none here, or one does not hold.
        """
        self._plan = plan
        torch.set_num_threads(1)  # as in the box: what is written last can depend on it
        self._graders = {name: Grader(all_, plan.seed) for name, all_ in plan.lessons.items()}
        self._stack = ExitStack()
        self._boxes: SimpleQueue[Box] = SimpleQueue()
        self._all_boxes: list[Box] = []
        with ExitStack() as stack:
            for _ in range(n_boxes):
                box = stack.enter_context(Box(plan.limits))
                attack(box, plan.hidden)
                self._boxes.put(box)
                self._all_boxes.append(box)
            self._pool = stack.enter_context(ThreadPoolExecutor(n_boxes))
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        """Return the session."""
        return self

    def __exit__(self, error: object, *_: object) -> None:
        """End the boxes; what is being graded is thrown away, at once after an error or Ctrl-C."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if error is not None:
            for box in self._all_boxes:
                box.kill()
        self._stack.close()

    def grade(self, found: Sequence[Found]) -> Iterator[list[Record]]:
        """Yield the records of each submission, in their order."""
        yield from self._pool.map(self._graded, found)

    def _graded(self, found: Found) -> list[Record]:
        """Return the records of one submission; whatever it is, it does not end the grading."""
        digest, time = found.digest, found.time  # before: a file that changes now is done anew
        box = self._boxes.get()
        try:
            results = list(self._results(found, box))
        except SubmissionError as error:
            results = [("", NOT_GRADED, f"{error}.", 0.0)]
        except BoxError:
            raise
        except Exception as error:  # noqa: BLE001 - a file that is gone, an error of our own
            results = [("", NOT_GRADED, f"it could not be judged ({error!r:.300}).", 0.0)]
        finally:
            self._boxes.put(box)
        head = found.name, digest, len(results), found.who, found.is_late, time
        return [Record(*head, *result, self._plan.seed, VERSIONS) for result in results]

    def _results(self, found: Found, box: Box) -> Iterator[tuple[str, str, str, float]]:
        cells = read_cells(found.path)
        lesson = self._lesson_of(found, cells)
        grader = self._graders[lesson]
        for result in grader.grade(grader.read(cells, box), box):
            yield result.exercise, result.outcome, result.message, round(result.seconds, 4)

    def _lesson_of(self, found: Found, cells: Sequence[str]) -> str:
        """Return the lesson that a notebook is of: as its code says, else as its name does."""
        names: list[str] = [
            name for one in (_IMPORT, _HOMEWORK) for source in cells for name in one.findall(source)
        ]
        number = re.search(r"(?<!\d)\d\d(?=_[a-z])", found.path.name)
        if number:
            names.append(self._plan.numbers.get(number[0], ""))
        names += [name for name in self._graders if name in found.path.name]
        for name in names:
            if name in self._graders:
                return name
        msg = (
            "neither its name, such as 05_mnist_mlp.ipynb, nor its code says that it is of what is "
            f"graded: {', '.join(self._graders)}"
        )
        raise SubmissionError(msg)


def belongs_to(shard: tuple[int, int], who: str) -> bool:
    """Tell whether a person's submissions are in that shard: (which, from 1; of how many)."""
    number = int.from_bytes(hashlib.sha256(who.encode()).digest()[:8], "big")
    return number % shard[1] == shard[0] - 1
