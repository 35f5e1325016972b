"""A learner's own report to hand in: which exercises were passed, when, with what version.

It is a receipt and no proof: whoever can write the file of the progress can write anything into it.

Covers: the report as text for people and as JSON for programs.
Does not cover: judging somebody else's work.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlcourse import __version__
from dlcourse.checking.progress import progress_file, read_passes
from dlcourse.exercises import LESSONS, exercises_of_lesson
from dlcourse.files import write_atomically

NOTE = "This is a receipt and no proof: it says what the checks on the learner's own machine said."


def write_report() -> tuple[Path, Path]:
    """Write the report beside the learner's copies; return the files with text and JSON.

    Raises:
        CourseError: if the progress cannot be read, or a file not written.
    """
    report = make_report()
    folder = progress_file().parent
    folder.mkdir(parents=True, exist_ok=True)
    text, data = folder / "report.txt", folder / "report.json"
    write_atomically(text, as_text(report).encode())
    write_atomically(data, (json.dumps(report, indent=2) + "\n").encode())
    return text, data


def make_report() -> dict[str, Any]:
    """Return what there is to say: the course's version, the time, and every exercise's state."""
    passes = read_passes()
    lessons = {
        f"{number} {name}": [
            {
                "exercise": one.id,
                "title": one.title,
                "passed": one.id in passes,
                "at": passes[one.id].at if one.id in passes else None,
                "version": passes[one.id].version if one.id in passes else None,
            }
            for one in exercises_of_lesson(name)
        ]
        for name, number in LESSONS.items()
    }
    return {
        "course": "dlcourse",
        "version": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "note": NOTE,
        "lessons": lessons,
    }


def as_text(report: dict[str, Any]) -> str:
    """Return the report for people: a line for each exercise."""
    lines = [
        f"{report['course']} {report['version']}, report of {report['written']}",
        report["note"],
    ]
    for lesson, exercises in report["lessons"].items():
        passed = sum(one["passed"] for one in exercises)
        lines += ["", f"Lesson {lesson}: {passed} of {len(exercises)} passed"]
        lines += [
            f"  {'passed' if one['passed'] else 'open':6}  {one['title']} ({one['exercise']})"
            + (f", {one['at']}, version {one['version'] or 'not known'}" if one["passed"] else "")
            for one in exercises
        ]
    return "\n".join(lines) + "\n"
