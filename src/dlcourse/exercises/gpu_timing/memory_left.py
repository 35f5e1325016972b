"""What is left on the GPU?"""

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "`memory_allocated` counts the bytes of the tensors that are alive. Which are, after each line?",  # noqa: E501
    "`empty_cache` only returns blocks that no tensor uses. Does it end the life of a tensor?",
    "`del x` takes away the only name of x, so that its 400 MB are in use no longer.",
)


def empties_tensors() -> tuple[int, int, int]:
    """You assumed that `empty_cache` frees tensors. It returns only blocks that no tensor uses: as long as `x` and `y` have their names, they stay."""  # noqa: E501
    return 0, 0, 0


def seen_from_outside() -> tuple[int, int, int]:
    """You answered what `nvidia-smi` sees: after `del x` PyTorch keeps the block for later. `memory_allocated` counts what tensors use, and no tensor uses it any more."""  # noqa: E501
    return 500, 500, 100


def deletes_all() -> tuple[int, int, int]:
    """You assumed that the last `empty_cache` frees `y`. Nobody deleted it: its block is in use."""
    return 500, 100, 0


@question(
    "What is left on the GPU?",
    minutes=3,
    difficulty=1,
    place=80,
    names=("after_empty", "after_del", "after_both"),
    hints=HINTS,
    why="Tensors live as long as something refers to them; `empty_cache` changes nothing in that.",
    mistakes=(empties_tensors, seen_from_outside, deletes_all),
)
def memory_left() -> tuple[int, int, int]:
    """On a GPU, x is a tensor of 400 MB and y one of 100 MB; there are no others. Three lines run:

    torch.cuda.empty_cache()  # after_empty
    del x                     # after_del
    torch.cuda.empty_cache()  # after_both

    How many MB does `torch.cuda.memory_allocated()` report after each of them?
    """
    gone, kept = 400, 100
    return gone + kept, kept, kept
