"""Right alone, wrong in a mean."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Which part of the chain rule is 1 for the loss f(x), and something else for the mean?",
    "The mean hands 1/2,000 to each of its numbers. By what name does that reach `backward`?",
    "Read the trap above again: what does the forgetful version do with what comes in?",
)


def blamed_the_rate() -> str:
    """No rate has a part in it: slopes are computed before any step is taken. Look inside."""
    return "a"


def blamed_the_sign() -> str:
    """A reversed sign would show for one number, too, and would change no size."""
    return "c"


def blamed_rounding() -> str:
    """Rounding costs the last digits of a slope; it cannot make a factor of 2,000."""
    return "d"


@question(
    "Right alone, wrong in a mean",
    minutes=2,
    difficulty=1,
    place=62,
    hints=HINTS,
    why="What comes in is 1 in the first case and 1/2,000 in the second; it was never used.",
    mistakes=(blamed_the_rate, blamed_the_sign, blamed_rounding),
)
def backward_fault() -> str:
    """A class has a `backward` written by hand. With one number x and the loss f(x), the slope
    is right. With 2,000 numbers X and the loss f(X).mean(), each slope is 2,000 times too large.
    Which bug explains both? Answer "a", "b", "c" or "d".

    a: The learning rate belongs to a sum, and the loss is a mean.
    b: `backward` does not multiply by the slope that comes in, `grad_output`.
    c: `backward` returns the slope with the wrong sign.
    d: The numbers are float32, and rounding errors add up over 2,000 of them.
    """
    return "b"
