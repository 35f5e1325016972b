"""What is wrong with an exercise itself, found before any student sees it.

Its solution, its mistakes and its stub are judged as a student's answers would be, with inputs from
several seeds.

Covers: inputs that are not repeatable, or are the same for every class; a solution that is refused,
at home or in the box; a stub or a mistake that passes; a mistake without its own message.
Does not cover: small faults in a solution that no input shows (`make mutants`), the text around an
exercise (`homework`).
"""

import ast
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dlcourse.checking.asked import SEED, Asked, as_one
from dlcourse.checking.discovery import asked_half
from dlcourse.checking.judgment import Judge, Outcome, Verdict
from dlcourse.checking.record import Record
from dlcourse.checking.trial import differ
from dlcourse.grading.wire import MOST_BYTES, pack, unpack

SEEDS = (SEED, 1, 2, 3)  # the first is that of the checks at home


class Fault(NamedTuple):
    """What is wrong with an exercise.

    Attributes:
        of: the function or class that it is about.
        text: what is wrong, and what to do, in a line.
    """

    of: Callable[..., Any]
    text: str

    def __str__(self) -> str:
        """Return it in a line, with the file and the line that it is about."""
        path, line = Path(inspect.getfile(self.of)), inspect.getsourcelines(self.of)[1]
        return f"{path.parent.name}/{path.name}, line {line}: {self.text}"


def find_faults(exercise: Record, seeds: Sequence[int] = SEEDS) -> list[Fault]:
    """Return what is wrong; where no answer can be judged, the reason for that alone."""
    if found := blocking_faults(exercise, seeds):
        return found
    judges = [Judge(exercise, seed) for seed in seeds]
    found = [fault for judge in judges for fault in (*stub_faults(judge), *mistake_faults(judge))]
    found += [fault for judge in judges[1:] for fault in recording_faults(judges[0], judge)]
    return list({(one.of, one.text): one for one in found}.values())  # once, whatever the seed


def blocking_faults(exercise: Record, seeds: Sequence[int]) -> list[Fault]:
    """Return why no answer can be judged with inputs from these seeds; [] if all can be."""
    if found := list(half_faults(exercise)):
        return found
    judges = [Judge(exercise, seed) for seed in seeds]
    for look in (input_faults, solution_faults, box_faults):
        for judge in judges:
            if found := list(look(judge)):
                return found
    return []


def half_faults(exercise: Record) -> Iterator[Fault]:
    """Yield what of the closed half is in the asked one, which goes to the students."""
    nodes = list(ast.walk(ast.parse(asked_half(exercise))))
    names = {one.name for one in nodes if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    texts = {one.value for one in nodes if isinstance(one, ast.Constant)}
    remedy = "is above the line of the closed half, which goes to the students: move it below."
    for one in (exercise.answer, *exercise.mistakes):
        if one.__name__ in names and one.__module__ == exercise.answer.__module__:
            yield Fault(one, f"{one.__name__} {remedy}")
    if texts & {*exercise.hints, exercise.why}:
        yield Fault(exercise.answer, f"a hint, or the reason, {remedy}")


def input_faults(judge: Judge) -> Iterator[Fault]:
    """Yield what is wrong with the inputs, for one seed."""
    inputs = judge.of.inputs
    try:
        first, second = judge.asked.make_inputs(), judge.asked.make_inputs()
    except Exception as error:  # noqa: BLE001 - an instructor's code may raise anything
        yield Fault(inputs, f"the inputs cannot be made: {_told(error)}")
        return
    if not first:
        yield Fault(inputs, "there are no inputs, so any answer would pass: yield some.")
    elif differ(first, second):
        told = "the inputs are not the same when they are made again with the same seed"
        yield Fault(inputs, f"{told}: draw them with `rng` alone.")


def solution_faults(judge: Judge) -> Iterator[Fault]:
    """Yield why the solution is refused, typed into a notebook by a student."""
    exercise = judge.of
    try:
        verdict = judge.judge(*defined(exercise, exercise.solution_source))
    except Exception as error:  # noqa: BLE001 - as above
        alone = "; it must run alone, after the file's imports" if _is_unknown(error) else ""
        told = _told(error).removeprefix(f"RuntimeError: the solution of {exercise.id} failed: ")
        yield Fault(exercise.answer, f"the solution fails: {told}{alone}.")
        return
    if verdict.outcome is not Outcome.PASSED:
        yield Fault(exercise.answer, f"the solution is refused: {_told(verdict)}")


def box_faults(judge: Judge) -> Iterator[Fault]:
    """Yield why the solution is refused in the box, which has the asked half of the file alone."""
    exercise = judge.of
    try:
        asked = Asked.from_told(judge.asked.as_told(asked_half(exercise)), judge.asked.seed)
        answers = defined(exercise, exercise.solution_source)
        content = pack(asked.behaviors(as_one(tuple(answers))))
        if len(content) > MOST_BYTES:
            told = f"{len(content)} bytes come out, and the box lets {MOST_BYTES} through"
            yield Fault(exercise.answer, f"{told}: make the inputs smaller.")
            return
        verdict = judge.verdict_on(unpack(content))
    except Exception as error:  # noqa: BLE001 - as above
        missing = f"there is no {error} in it" if isinstance(error, KeyError) else _told(error)
        told = f"the part above the line of the closed half does not run alone: {missing}"
        yield Fault(exercise.answer, told)
        return
    if verdict.outcome is not Outcome.PASSED:
        told = "the solution is refused in the box, which has the asked half alone"
        yield Fault(exercise.answer, f"{told}: {_told(verdict)}")


def stub_faults(judge: Judge) -> Iterator[Fault]:
    """Yield why the stub does not count as not attempted."""
    exercise = judge.of
    try:
        verdict = judge.judge(*defined(exercise, exercise.stub))
    except Exception as error:  # noqa: BLE001 - as above
        yield Fault(exercise.answer, f"the stub cannot be run: {_told(error)}")
        return
    if verdict.outcome is not Outcome.NOT_ATTEMPTED:
        told = f"the stub counts as {verdict.outcome}, and not as not attempted"
        yield Fault(exercise.answer, f"{told}: {_told(verdict)}")


def mistake_faults(judge: Judge) -> Iterator[Fault]:
    """Yield which mistakes pass, or do not earn their own message and no other."""
    mistakes = judge.of.mistakes
    messages = [_in_a_line(one.__doc__ or "") for one in mistakes]
    for mistake, message in zip(mistakes, messages, strict=True):
        name = mistake.__name__
        if not message:
            yield Fault(mistake, f"the mistake {name} has no message: give it a docstring.")
            continue
        if messages.count(message) > 1:
            yield Fault(mistake, f"the mistake {name} has the message of another one.")
            continue
        try:
            verdict = judge.judge(*judge.of.answers_of(mistake))
        except Exception as error:  # noqa: BLE001 - as above
            yield Fault(mistake, f"the mistake {name} cannot be judged: {_told(error)}")
            continue
        told = _in_a_line(verdict.message)
        earned = [mistakes[n].__name__ for n, other in enumerate(messages) if other in told]
        if verdict.outcome is Outcome.PASSED:
            remedy = "add an input that tells it from the solution."
            yield Fault(mistake, f"the mistake {name} passes: {remedy}")
        elif verdict.outcome not in {Outcome.NOT_YET, Outcome.RAISED}:
            yield Fault(mistake, f"the mistake {name} counts as {verdict.outcome}.")
        elif others := [one for one in earned if one != name]:
            told = f"the mistake {name} earns the message of {', '.join(others)}"
            yield Fault(mistake, f"{told}: add an input that tells them apart.")
        elif not earned:
            told = f"the mistake {name} does not earn its own message"
            yield Fault(mistake, f"{told}: {_told(verdict)}")


def recording_faults(judge: Judge, other: Judge) -> Iterator[Fault]:
    """Yield whether answers that were recorded for one seed pass with another one."""
    if judge.of.is_question or len(judge.right) != len(other.right):
        return
    if other.verdict_on(judge.right).outcome is Outcome.PASSED:
        told = "answers that a student recorded at home would pass in the grading"
        yield Fault(judge.of.inputs, f"{told}: draw the inputs with `rng`, so that results differ.")


def defined(exercise: Record, code: str) -> list[Any]:
    """Run code as in a notebook, after the exercise's imports; return what the check is handed."""
    notebook: dict[str, Any] = {}
    exec(exercise.setup_source, notebook)  # noqa: S102 - an instructor's own text
    exec(code, notebook)  # noqa: S102 - in a cell of its own
    return [notebook[name] for name in exercise.names]


def _is_unknown(error: Exception) -> bool:
    """Tell whether a name was not there, as where a solution needs a helper of its file."""
    return "is not defined" in str(error)


def _told(found: Verdict | Exception) -> str:
    """Return a message, or an error, in a line."""
    if isinstance(found, Verdict):
        return _in_a_line(found.message)
    return _in_a_line(f"{type(found).__name__}: {found}").rstrip(".")


def _in_a_line(text: str) -> str:
    return " ".join(text.split())
