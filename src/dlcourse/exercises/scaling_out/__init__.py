"""The exercises of lesson 12: short numbers, several processes, and runs that survive."""

from dlcourse.checking.discovery import exercises_in
from dlcourse.checking.exercise import Exercise

EXERCISES = exercises_in(__name__)
globals().update({one.name: one for one in EXERCISES})


def __getattr__(name: str) -> Exercise:
    """Say which exercises there are, where somebody asks for another one."""
    msg = f"there is no exercise {name!r}: {', '.join(one.name for one in EXERCISES)}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    """Name the exercises and nothing else: what the tab key offers."""
    return [one.name for one in EXERCISES]
