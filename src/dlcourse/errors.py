"""The course's own errors: each one says in a line "what is wrong: what to do about it"."""

import sys


class CourseError(Exception):
    """Something that the learner can fix; the command line prints it without a traceback."""


class DataError(CourseError):
    """A data file is missing or damaged and could not be restored from its original."""


class DeviceError(CourseError):
    """The device that was asked for is unknown or not in this machine."""


def missing_module_advice(name: str) -> str:
    """Return what to do about a module that cannot be found, in a line."""
    root = name.partition(".")[0]
    if root in sys.stdlib_module_names or root == "pysqlite2" or root.startswith("_"):
        return (
            f"this Python was built without its module {root}: "
            "set the course up with another Python (`make clean`, `make setup PYTHON=python3.12`)."
        )
    return f"the package {name} is missing: run `make setup`, which installs it."
