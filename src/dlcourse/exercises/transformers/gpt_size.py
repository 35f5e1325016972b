"""How large is GPT-2?"""

from dlcourse.checking.comparison import Tolerance
from dlcourse.checking.exercise import question

# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Start with one block: four tables for attention, two for the MLP, and two norms.",
    "A block has 12·d² + 4·d parameters. What is there besides the 12 blocks?",
    "A row of d numbers for each token and each position, and a norm. The last layer is free.",
    "Which of these counts has `context` in it, and which the number of heads?",
)

Three = tuple[int, int, int]

D, BLOCKS, TOKENS, CONTEXT = 768, 12, 50257, 1024
ALL = TOKENS * D + CONTEXT * D + BLOCKS * (12 * D**2 + 4 * D) + 2 * D


def head_counted() -> Three:
    """n_parameters: you counted the last layer and the table of tokens, and here they are
    one and the same table.
    """
    return ALL + TOKENS * D, CONTEXT * D, 0


def places_forgotten() -> Three:
    """n_parameters: you forgot the table of positions: a row of d numbers for each of them."""
    return ALL - CONTEXT * D, CONTEXT * D, 0


def tokens_forgotten() -> Three:
    """n_parameters: you forgot the table of tokens. The last layer uses it, but it has to be
    counted once.
    """
    return ALL - TOKENS * D, CONTEXT * D, 0


def blocks_alone() -> Three:
    """n_parameters: these are the blocks alone. Tokens, positions and a last norm are missing."""
    return BLOCKS * (12 * D**2 + 4 * D), CONTEXT * D, 0


def last_norm_forgotten() -> Three:
    """n_parameters: nearly. Which norm is behind the last block?"""
    return ALL - 2 * D, CONTEXT * D, 0


def norms_forgotten() -> Three:
    """n_parameters: the tables are right; the norms have d factors and d offsets each, too."""
    return ALL - BLOCKS * 4 * D - 2 * D, CONTEXT * D, 0


def offsets_forgotten() -> Three:
    """n_parameters: you gave each norm d factors alone. It also has d offsets."""
    return ALL - BLOCKS * 2 * D - D, CONTEXT * D, 0


def bias_for_each_table() -> Three:
    """n_parameters: that is with biases in the linear layers, and here they have none."""
    return ALL + BLOCKS * 9 * D, CONTEXT * D, 0


def nothing_for_the_context() -> Three:
    """more_context: attention needs no parameters for more positions, but something else has a row
    for each position.
    """
    return ALL, 0, 0


def square_of_the_context() -> Three:
    """more_context: the square is in what attention *computes*, in the time and the memory. No
    table of parameters has it.
    """
    return ALL, (2 * CONTEXT) ** 2 - CONTEXT**2, 0


def all_places_counted() -> Three:
    """more_context: that is the whole table of 2,048 positions. How many parameters are new?"""
    return ALL, 2 * CONTEXT * D, 0


def heads_cost() -> Three:
    """more_heads: more heads cut the same tables into smaller pieces. Section 4 counted them."""
    return ALL, CONTEXT * D, BLOCKS * 4 * D**2


@question(
    "How large is GPT-2?",
    minutes=5,
    difficulty=2,
    place=90,
    names=("n_parameters", "more_context", "more_heads"),
    tolerance=Tolerance(relative=0.0, absolute=0.5),
    hints=HINTS,
    why="The blocks' tables and the tokens make up nearly all; heads cut them and add nothing.",
    mistakes=(
        head_counted,
        places_forgotten,
        tokens_forgotten,
        blocks_alone,
        last_norm_forgotten,
        norms_forgotten,
        offsets_forgotten,
        bias_for_each_table,
        nothing_for_the_context,
        square_of_the_context,
        all_places_counted,
        heads_cost,
    ),
)
def gpt_size() -> Three:
    """The smallest GPT-2 is built like this lesson's `GPT`: 12 blocks of 12 heads, d = 768, a
    context of 1,024 tokens, 50,257 different tokens. Its last layer uses the table of tokens as its
    own, so this table is there once. Let its linear layers have no biases, as in the lesson; its
    norms have d factors and d offsets each.

    n_parameters: how many parameters has it? Write the sum as Python, if you like.
    more_context: how many parameters more would it have with a context of 2,048?
    more_heads: and how many more with 24 heads in each block, and all else as it is?
    """
    d = 768
    block = 12 * d**2 + 4 * d
    return 50257 * d + 1024 * d + 12 * block + 2 * d, 1024 * d, 0
