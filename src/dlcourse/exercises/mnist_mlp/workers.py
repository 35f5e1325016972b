"""Random numbers in several workers."""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "A worker is a process of its own. What could torch do in it before the first sample?",
    "Answers on the web that are years old can be outdated: this problem has been fixed.",
    "Each worker gets a seed made of a base seed, drawn for each epoch, and its own number.",
)


def copied_state() -> str:
    """That was so in old versions, and is still told: each worker is a copy of your program, random
    state included. By now torch does something about it as a worker starts. What?
    """
    return "a"


def same_every_epoch() -> str:
    """That comes of seeding inside the epoch loop. Nobody does that here, and the loader draws a
    new base seed whenever you begin to go through it.
    """
    return "c"


def only_torch() -> str:
    """NumPy works in workers as anywhere; no error is raised. The question is where its random
    numbers start in each of them.
    """
    return "d"


@question(
    "Random numbers in several workers",
    minutes=2,
    difficulty=1,
    place=30,
    hints=HINTS,
    why="As a worker starts, torch seeds Python's, torch's and NumPy's random numbers, each "
    "worker and each epoch differently.",
    mistakes=(copied_state, same_every_epoch, only_torch),
)
def workers() -> str:
    """A data set adds noise to each picture: its `__getitem__` calls `np.random.rand()`.

    Two workers fetch pictures (`num_workers=2`), with a current PyTorch. Their numbers are

    "a": the same in both workers, since each is a copy of your program
    "b": different in the two workers, and new in every epoch
    "c": different in the two workers, but the same again in every epoch
    "d": not to be had, since NumPy's random numbers raise an error in a worker
    """
    return "b"
