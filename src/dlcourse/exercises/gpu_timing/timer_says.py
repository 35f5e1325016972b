"""Ten milliseconds or thirty-eight?"""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Both times can be right: they may answer different questions.",
    "Which argument of `Timer` did `product_ms` set, and what does `Timer` do without it?",
    "Look at `len(ten_calls.times)` above: how many samples are left of ten calls?",
)


def precise() -> str:
    """You read the 0.0 as a sign of precision: `timeit` divides one total by 100, and one sample has no spread. Nor does a spread say that a time is the right one."""  # noqa: E501
    return "a"


def overhead_of_timer() -> str:
    """You blame the tool's overhead: around a call of milliseconds it hardly counts. 38 is not far from 4 times 10: what is there four of?"""  # noqa: E501
    return "b"


def not_waited() -> str:
    """You blame a missing `synchronize`: on a CPU there is nothing to wait for, a call returns when its work is done."""  # noqa: E501
    return "c"


def both_spreads() -> str:
    """You are right about the threads, and read the 0.0 as a spread: how many samples does `timeit` keep?"""  # noqa: E501
    return "e"


@question(
    "Ten milliseconds or thirty-eight?",
    minutes=3,
    difficulty=1,
    place=20,
    hints=HINTS,
    why="`Timer` takes one thread unless you set more; one total divided by 100 is one sample.",
    mistakes=(precise, overhead_of_timer, not_waited, both_spreads),
)
def timer_says() -> str:
    """On the CPU of a laptop with four cores, a clock around each of 100 calls of `a @ a`, after
    a warm-up, gives a median of 10 ms and a spread of 0.4 ms. On the same laptop,
    `Timer("a @ a", globals={"a": a}).timeit(100)` gives 38 ms and an iqr of 0.0.
    What do you report? Answer with a letter, "a" to "e".

    a: 38 ms: its spread is 0, so it is the more precise of the two.
    b: 10 ms: the other 28 ms are the overhead of `Timer`.
    c: 38 ms: the clock was read before the work was done.
    d: 10 ms on four threads, spread 0.4 ms; 38 ms on one thread, spread unknown.
    e: 10 ms on four threads, spread 0.4 ms; 38 ms on one thread, spread 0.0 ms.
    """
    return "d"
