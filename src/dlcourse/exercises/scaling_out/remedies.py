"""What helps."""

from typing import TypeAlias

from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "First ask what is too large: the weights and what belongs to them, or what one batch leaves?",
    "Whatever splits the batch helps only if more than one sample fits.",
    "Adam's two averages have the size of the weights. Which remedy shares them out?",
    "A learning rate of 1e-5 changes a weight by about 1e-5. What is the gap of bfloat16 at 0.1?",
)

Six: TypeAlias = tuple[str, str, str, str, str, str]


def batch_split_for_one() -> Six:
    """one_sample is wrong: a batch of one sample cannot be split any further. What it leaves for
    the way back has to become less.
    """
    return "c", "c", "d", "e", "a", "f"


def shares_for_one() -> Six:
    """one_sample is wrong: FSDP shares out the weights and Adam's averages, and these fit
    already. It is what one sample leaves for the way back that does not.
    """
    return "d", "c", "d", "e", "a", "f"


def segments_for_the_batch() -> Six:
    """whole_batch is wrong: checkpointing is on already. The batch may come in parts."""
    return "b", "b", "d", "e", "a", "f"


def segments_for_adam() -> Six:
    """averages is wrong: checkpointing keeps fewer activations. Here weights, gradients and Adam's
    averages do not fit, and they are there without any batch.
    """
    return "b", "c", "b", "e", "a", "f"


def parts_for_adam() -> Six:
    """averages is wrong: a smaller part of the batch leaves less for the way back. The weights,
    gradients and averages stay as they are.
    """
    return "b", "c", "c", "e", "a", "f"


def quantized_for_adam() -> Six:
    """averages is wrong: small steps do not move whole numbers from −127 to 127. They are for a
    model that has been trained.
    """
    return "b", "c", "e", "e", "a", "f"


def exported_for_the_phone() -> Six:
    """phone is wrong: an exported model is as large as before. It is the numbers that have to
    become shorter.
    """
    return "b", "c", "d", "f", "a", "f"


def scaled_for_the_stuck() -> Six:
    """stuck is wrong: a scale of the loss helps gradients that become 0, and here they do not. The
    weights are too coarse for the steps.
    """
    return "b", "c", "d", "e", "g", "f"


def compiled_for_the_server() -> Six:
    """server is wrong: `torch.compile` makes the model faster where your Python code is. Here that
    code is not.
    """
    return "b", "c", "d", "e", "a", "h"


@question(
    "What helps",
    minutes=5,
    difficulty=2,
    place=160,
    names=("one_sample", "whole_batch", "averages", "phone", "stuck", "server"),
    hints=HINTS,
    why="Each remedy makes one thing smaller and leaves the others as they are: first measure "
    "which one is too large.",
    mistakes=(
        batch_split_for_one,
        shares_for_one,
        segments_for_the_batch,
        segments_for_adam,
        parts_for_adam,
        quantized_for_adam,
        exported_for_the_phone,
        scaled_for_the_stuck,
        compiled_for_the_server,
    ),
)
def remedies() -> tuple[str, str, str, str, str, str]:
    """Choose what helps in each of six cases, a letter from "a" to "h".

    one_sample: weights and averages fit on the GPU, but what a single sample leaves for the way
        back does not.
    whole_batch: a step is to be that of 512 samples, and 128 fit. Checkpointing is on already, and
        there is no batch norm.
    averages: weights, gradients and Adam's averages need 112 GB. There are 8 GPUs of 24 GB each.
    phone: the model is trained, in float32. Its file is to be a quarter as large as it is.
    stuck: weights are in bfloat16, the rate is 1e-5. No gradient is 0, but the weights stay.
    server: the trained model is to run where the Python code of its class is not.

    a: Keep the weights in float32, and compute under autocast.
    b: Checkpointing: keep the inputs of a few segments, and compute the rest again.
    c: Accumulation: backward for each part of the batch, then one step.
    d: FSDP: each process keeps a share of weights, gradients and averages.
    e: Store the weights as int8.
    f: `torch.export`.
    g: A `GradScaler`.
    h: `torch.compile`.
    """
    return "b", "c", "d", "e", "a", "f"
