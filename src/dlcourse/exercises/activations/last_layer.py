"""How a network should end."""

from dlcourse.checking.exercise import question


def use(answer: object) -> object:
    """Return "c" for "(C)" as well."""
    return answer.strip("() .").lower() if isinstance(answer, str) else answer


# ---------------------------------------------------------------------------- closed half

HINTS = (
    "Which numbers can come out of each last layer, and which does its loss expect?",
    "A loss whose name ends in `with_logits` applies the sigmoid itself.",
    "One of them hands the raw score to a loss that takes raw scores; the others do not.",
)


def twice_a_sigmoid() -> str:
    """With (a) the sigmoid is applied twice, since the loss has its own. The probabilities are all
    from 0.5 to 0.73, so the loss cannot fall below 0.31, or 0.69 where the truth is "off".
    """
    return "a"


def softmax_of_one() -> str:
    """In (b) the single score has nothing to compare with: its share is always 1, the loss of "on"
    is always 0, and no slope comes back.
    """
    return "b"


def bend_at_the_end() -> str:
    """In (d) no score is ever below 0, so the lamp cannot say "off" with more than 50 percent."""
    return "d"


def log_of_a_probability() -> str:
    """(e) is right on paper; but at the score −200 the sigmoid is 0 in float32, its logarithm −∞
    and the slope nan. One function should do both.
    """
    return "e"


@question(
    "How a network should end",
    minutes=3,
    difficulty=1,
    place=70,
    hints=HINTS,
    why="The loss takes the raw score and does sigmoid and logarithm in one stable step.",
    use=use,
    mistakes=(twice_a_sigmoid, softmax_of_one, bend_at_the_end, log_of_a_probability),
)
def last_layer() -> str:
    """The lamp's network should learn when to be on. Which end trains well, for every score?

    (a) nn.Linear(8, 1), nn.Sigmoid(); the loss is binary_cross_entropy_with_logits
    (b) nn.Linear(8, 1), nn.Softmax(dim=1); the loss is −log of the truth's share
    (c) nn.Linear(8, 1); the loss is binary_cross_entropy_with_logits
    (d) nn.Linear(8, 1), nn.ReLU(); the loss is binary_cross_entropy_with_logits
    (e) nn.Linear(8, 1), nn.Sigmoid(); the loss is −log(p) for "on", −log(1 − p) for "off"
    Answer with a letter in quotes.
    """
    return "c"
