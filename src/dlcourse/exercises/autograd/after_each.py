"""What the slope holds now."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "c is a constant for autograd: the number 3, whatever x does.",
    "The slope of x · x is 2x; that of c · x is c; that of c · x · x is 2cx.",
    "The second `backward` adds to what the first one left; the third starts from nothing.",
)


def overwritten() -> tuple[float, float, float]:
    """You let the second `backward` overwrite the first. It adds, until the slope is cleared."""
    return 6.0, 3.0, 18.0


def detach_ignored() -> tuple[float, float, float]:
    """You gave c a slope along x. What `detach` returns is a constant: no path leads through it."""
    return 6.0, 12.0, 27.0


def not_cleared() -> tuple[float, float, float]:
    """You added the third slope to the old sum, but `x.grad = None` threw that away."""
    return 6.0, 9.0, 27.0


def values_of_products() -> tuple[float, float, float]:
    """You gave the values of the products. Asked for is what `x.grad` holds."""
    return 9.0, 9.0, 27.0


@question(
    "What the slope holds now",
    minutes=4,
    difficulty=1,
    place=40,
    names=("after_1", "after_2", "after_3"),
    hints=HINTS,
    why="2 · 3 = 6; then c = 3 is added, 9; then, cleared, 2 · 3 · 3 = 18, since c is a constant.",
    mistakes=(overwritten, detach_ignored, not_cleared, values_of_products),
)
def after_each() -> tuple[float, float, float]:
    """These lines run in order. What does `x.grad` hold at each of the three marks?

    x = torch.tensor(3.0, requires_grad=True)
    c = x.detach()
    (x * x).backward()      # mark 1
    (c * x).backward()      # mark 2
    x.grad = None
    (c * x * x).backward()  # mark 3
    """
    x = c = 3.0
    first = 2 * x
    return first, first + c, 2 * c * x
