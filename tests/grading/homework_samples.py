"""Homeworks for the tests: one that is in order, and the parts to spoil it."""

from pathlib import Path

from dlcourse.checking.discovery import CLOSED_HALF

TEXT = """# Homework 3: sums

Read chapter 3 first.

{exercise} sum_of_squares

Then say when.

{exercise} weekday
{exercise} Tally

That is all.
"""
FUNCTION = f'''"""A sum."""

import torch
from torch import Tensor

from dlcourse.checking.exercise import exercise


def inputs(rng):
    yield (torch.tensor([1.0, 2.0]),)
    yield (torch.randn(4, 3, generator=rng),)


{CLOSED_HALF}
import math

HINTS = ("Square each number in secret.",)
KEPT_SECRET = 3  # a comment that nobody should read


def root_taken(x):
    """You took a root that nobody wanted."""
    return (x**2).sum().sqrt()


def not_squared(x):
    """You added the numbers as they are."""
    return x.sum()


@exercise(
    "Sum of squares",
    minutes=3,
    difficulty=1,
    hints=HINTS,
    why="Because the solution says so, secretly.",
    inputs=inputs,
    mistakes=(root_taken, not_squared),
)
def sum_of_squares(x):
    """Return the sum of the squares of `x`."""
    hidden_helper = x * x  # the trick
    return hidden_helper.sum() * math.cos(0)
'''
QUESTION = f'''"""A day."""

from dlcourse.checking.exercise import question

{CLOSED_HALF}

def too_soon():
    """You were a day early, dear."""
    return "a"


@question(
    "The day", minutes=1, difficulty=1, hints=("Look at the plan.",), why="It is on the plan.",
    mistakes=(too_soon,),
)
def weekday():
    """When is the test? a: on Monday; b: on Tuesday."""
    return "b"
'''
CLASS = f'''"""A tally."""

import torch
from torch import nn

from dlcourse.checking.exercise import exercise


def inputs(rng):
    yield (torch.randn(3, generator=rng),)


def use(answer, x):
    tally = answer()
    return [tally(x), tally(2 * x)]


{CLOSED_HALF}
from ._many import Forgetful


@exercise(
    "A tally", minutes=5, difficulty=2, hints=("Keep a private total.",), why="State stays.",
    inputs=inputs, use=use, mistakes=(Forgetful,),
)
class Tally(nn.Module):  # remembers covertly
    """Adds up all that it is given."""

    def __init__(self):
        """Begin with nothing."""
        super().__init__()
        self.concealed_total = 0

    def forward(self, x):
        """Add the sum of `x`; return the total."""
        self.concealed_total = self.concealed_total + x.sum()
        return self.concealed_total
'''
MANY = '''"""Mistakes."""


class Forgetful:
    """You forgot what came before."""

    def __call__(self, x):
        return x.sum()
'''
FILES = {
    "homework.md": TEXT,
    "sum_of_squares.py": FUNCTION,
    "weekday.py": QUESTION,
    "tally.py": CLASS,
    "_many.py": MANY,
}
# What only the closed halves have: nothing of it may reach a student.
CLOSED = (
    *("in secret", "KEPT_SECRET", "nobody should read", "root_taken", "nobody wanted", "sqrt"),
    *("not_squared", "as they are", "secretly", "hidden_helper", "the trick", "math", "cos(0)"),
    *("too_soon", "a day early", 'return "b"', "on the plan", "Look at the plan", "Forgetful"),
    *("covertly", "concealed", "private total", "State stays", "what came before", "_many"),
)


def write_homework(folder: Path, **changes: str | None) -> Path:
    """Write a homework into a new folder; return that.

    Args:
        folder: to be made.
        changes: by a file's name without its ending: its text, or None for no such file.
    """
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        changed = changes.pop(name.partition(".")[0], text)
        if changed is not None:
            (folder / name).write_text(changed, encoding="utf-8")
    for name, added in changes.items():
        (folder / f"{name}.py").write_text(str(added), encoding="utf-8")
    return folder
