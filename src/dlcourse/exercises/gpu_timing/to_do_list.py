"""What does the clock report?"""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Draw two lines of time, one of Python and one of the GPU, and mark when each is busy.",
    "Without any waiting the clock is read when the call returns. What has happened by then?",
    "With the waiting at the end, the GPU finishes 30 ms of old work and then 20 ms of yours.",
)


def work_always_seen() -> tuple[int, int, int]:
    """You assumed that a call returns when its work is done. On a GPU it returns as soon as the task is on the list."""  # noqa: E501
    return 21, 51, 21


def waited_before_launching() -> tuple[int, int, int]:
    """You made the list wait during the launch: the GPU works at the earlier tasks meanwhile, so that the 1 ms is not added."""  # noqa: E501
    return 1, 51, 21


def forgot_earlier_tasks() -> tuple[int, int, int]:
    """You forgot the tasks that were on the list already: waiting at the end waits for them, too."""  # noqa: E501
    return 1, 21, 21


def forgot_the_launch() -> tuple[int, int, int]:
    """You left out the launch in `both`: the list is empty, so that the GPU can begin only after the 1 ms."""  # noqa: E501
    return 1, 50, 20


def launch_for_nothing() -> tuple[int, int, int]:
    """You took `neither` for no time at all: the clock sees the call itself, which puts the product on the list."""  # noqa: E501
    return 0, 50, 21


def launch_waits() -> tuple[int, int, int]:
    """You made the call wait for the earlier tasks in `neither`: adding to a list takes no longer because much is on it already."""  # noqa: E501
    return 31, 51, 21


def launch_in_the_wrong_place() -> tuple[int, int, int]:
    """You counted the launch where it runs beside the earlier tasks, in `after`, and left it out where the GPU must wait for it, in `both`."""  # noqa: E501
    return 1, 51, 20


@question(
    "What does the clock report?",
    minutes=5,
    difficulty=2,
    place=10,
    names=("neither", "after", "both"),
    hints=HINTS,
    why="Only `both` is the time of a product by itself: one launch, and then the work.",
    mistakes=(
        work_always_seen,
        waited_before_launching,
        forgot_earlier_tasks,
        forgot_the_launch,
        launch_for_nothing,
        launch_waits,
        launch_in_the_wrong_place,
    ),
)
def to_do_list() -> tuple[int, int, int]:
    """A GPU's list holds earlier tasks for 30 ms when you come to time one product. To put
    it on the list takes 1 ms, after which the call returns; to compute it takes the GPU 20 ms
    more, as soon as it is on the list and the earlier tasks are done.
    How many milliseconds does the clock report

    neither: if you never synchronize,
    after: if you synchronize only before the clock is read for the second time,
    both: if you also synchronize before the clock is read for the first time?
    """
    launch, compute, earlier = 1, 20, 30
    return launch, earlier + compute, launch + compute
