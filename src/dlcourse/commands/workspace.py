"""The learners' copies of the lessons, which leave the originals as they are.

A copy is its lesson without the outputs: a prediction is worth something only while the answer is
out of sight. (The originals keep theirs, for those who read without running.)

Covers: copying what is missing, telling which lessons have changed since, a fresh copy beside the
old one.
Does not cover: where the copies are (`places`), merging a learner's work into a changed lesson.
"""

import hashlib
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcourse.commands.lessons import find_lesson, list_lessons
from dlcourse.errors import CourseError
from dlcourse.files import give_second_name, temporary_beside, told_in_a_line, write_new
from dlcourse.places import ROOT, restore_advice, work_folder


@dataclass(frozen=True)
class Copies:
    """What `copy_lessons` did and saw; all but `folder` are names of lessons.

    Attributes:
        folder: where the copies are.
        added: copied just now.
        changed: the original differs from what it was when it was copied.
        damaged: the learner's file is there, but is no notebook.
    """

    folder: Path
    added: list[str]
    changed: list[str]
    damaged: list[str]


@dataclass(frozen=True)
class Reset:
    """A fresh copy of a lesson, and where the one before it was kept (None: there was none)."""

    copy: Path
    kept: Path | None


def copy_lessons(root: Path = ROOT) -> Copies:
    """Copy to `work/` every lesson that is not there yet; what is there is never touched.

    Raises:
        CourseError: if a copy could not be written.
    """
    copies = Copies(work_folder(root), [], [], [])
    for original in list_lessons(root):
        fresh = _make_copy(original)
        copy = copies.folder / original.name
        if not copy.exists() and write_new(copy, fresh):
            copies.added.append(original.stem)
            continue
        try:
            copied_from = _read_notebook(copy)["metadata"].get("dlcourse")
        except (ValueError, KeyError, OSError):
            copies.damaged.append(original.stem)
            continue
        if copied_from is not None and copied_from != json.loads(fresh)["metadata"]["dlcourse"]:
            copies.changed.append(original.stem)
    return copies


def reset_lesson(name: str, root: Path = ROOT) -> Reset:
    """Put a fresh copy of a lesson into `work/`; keep the old one as `01_tensors.old-1.ipynb`.

    At every moment, the old copy exists under one of the two names, whole: whoever stops this in
    the middle, or has no room left on the disk, loses nothing.

    Raises:
        UnknownLessonError: if `name` is no lesson.
        CourseError: if the copy could not be written; then all is as before.
    """
    original = find_lesson(name, root)
    copy = work_folder(root) / original.name
    with told_in_a_line(copy), temporary_beside(copy, _make_copy(original)) as fresh:
        kept = _keep(copy)
        fresh.replace(copy)
    return Reset(copy, kept)


def _read_notebook(path: Path) -> dict[str, Any]:
    """Return the content of the notebook `path`, or raise ValueError where it is none."""
    notebook = json.loads(path.read_bytes())
    if not isinstance(notebook, dict) or not isinstance(notebook.get("metadata"), dict):
        msg = f"{path} is not a notebook"
        raise ValueError(msg)  # noqa: TRY004 - the content is wrong, not the call
    return notebook


def _make_copy(original: Path) -> bytes:
    """Return the lesson without outputs, marked with the version that it was copied from."""
    try:
        notebook = _read_notebook(original)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        text = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    except (ValueError, KeyError, OSError) as error:
        advice = restore_advice("notebooks", original.parents[1])
        msg = f"{original} is damaged: {advice}."
        raise CourseError(msg) from error
    version = hashlib.sha256(json.dumps(text).encode()).hexdigest()
    notebook["metadata"]["dlcourse"] = {"copied_from": version}
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _keep(copy: Path) -> Path | None:
    """Give `copy` a second name that was free, and return that; None where there is no copy."""
    for number in itertools.count(1):
        kept = copy.with_name(f"{copy.stem}.old-{number}.ipynb")
        try:
            give_second_name(copy, kept)
        except FileExistsError:
            continue
        except FileNotFoundError:
            return None
        return kept
    raise AssertionError  # the numbers do not end
