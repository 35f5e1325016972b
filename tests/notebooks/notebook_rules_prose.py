"""What holds of every lesson's prose: its anatomy, its words, its links, its numbers."""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from notebook_lesson import FENCE, LINK, Lesson, Rule, texts_of
from notebook_outputs import Promise
from prose_numbers import printed, stated, written

_FEWEST_WORDS_A_LINE, _MOST_WORDS_A_LINE = 8, 20
_FEWEST_WHY_WORDS = 8  # of a reading's line: its title alone is shorter
_BOX = ("You will do", "You will learn", "You need", "Minutes")

_LESSON = re.compile(r"[Ll]essons?\s+(\d\d(?:(?:,| and| to|–|,? or)\s*\d\d)*)")
_TALKING_DOWN = re.compile(
    r"\b(?:simply|obviously|trivial(?:ly)?|needless to say)\b", re.IGNORECASE
)
_BRITISH = re.compile(
    r"""\b(?:
    \w*(?:optim|normal|standard|regular|initial|visual|general|summar|organ|real|recogn|minim|maxim
        |vector|token|parallel|serial|penal|util|emphas|memor|categor|discret|synchron|random
        |special|character|custom|final|stabil|parameter|equal)is(?:e|es|ed|er|ers|ing|ation|able)
    | (?:anal|paral)ys(?:e|es|ed|ing)
    | (?:col|behavi|fav|neighb|flav|hon|lab|hum|endeav)our\w*
    | (?:label|model|travel|cancel|signal|channel|level)l(?:ed|ing)
    | (?:kilo|milli|centi)?(?:met|lit)res? | (?:cent|fib|theat)re[sd]?
    | grey\w* | licence | defence | catalogue | programmes? | artefacts? | learnt | whilst | maths
    | judgement | practis\w+
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def opens_with_title_and_box(lesson: Lesson) -> Iterator[str]:
    """Open with one title and one box: You will do, You will learn, You need, Minutes."""
    headings = re.findall(r"^# .*$", FENCE.sub("", lesson.prose), re.MULTILINE)
    if len(headings) != 1 or not lesson.prose.startswith("# "):
        yield f"it has the titles {headings}; the first line shall be the only one"
    if tuple(lesson.box()) != _BOX:
        yield f"the first cell's box has {list(lesson.box())}, not {list(_BOX)}"
    if re.search(r"^> .*\n> \*\*", lesson.texts[0], re.MULTILINE):
        yield "put a line with a bare > between the box's four, or they run into one paragraph"
    if any(re.search(r"^>.*\*\*You ", text, re.MULTILINE) for text in lesson.texts[1:]):
        yield "there is a second box"
    minutes = lesson.box().get("Minutes", "")
    found = re.fullmatch(r"(?:(\d+): )?(\d+) to read and run(?:, (\d+) for .+)?\.", minutes)
    if not found:
        yield f"write `**Minutes:** 40 to read and run.`, not {minutes!r}"
    elif found[3] and int(found[1] or 0) != int(found[2]) + int(found[3]):
        yield f"the sum is wrong: {minutes!r}"


def promises_are_kept(lesson: Lesson) -> Iterator[str]:
    """Close with "In this lesson you …": the box's promises in the past tense, item by item.

    One item for *You will do* and one for each "to …" of *You will learn*, in the same words.
    """
    closing = lesson.section("In this lesson you")
    if closing is None:
        yield 'there is no "In this lesson you …"'
        return
    items = re.findall(r"^[-*] (.*(?:\n(?:  .*))*)", closing, re.MULTILINE)
    promises = _promises(lesson)
    if len(items) != len(promises):
        yield f"{len(promises)} promises and {len(items)} items"
    said = _stems("\n".join(items))
    for promise in promises:
        wanted = _stems(promise)
        if len(wanted & said) < len(wanted) / 2:
            yield f"no item says of {promise!r}: {sorted(wanted - said)}"


def _promises(lesson: Lesson) -> list[str]:
    """Return what the box promises: to do, as one, and what to learn, one by one."""
    box = lesson.box()
    learn = box.get("You will learn", "")
    separator = r";\s*" if ";" in learn else r",\s*(?:and\s+)?(?=to\s)"
    return [box.get("You will do", ""), *re.split(separator, learn)]


def _stems(text: str) -> set[str]:
    """Return the beginnings of the long words, which survive a change of tense."""
    return {word[:4].lower() for word in re.findall(r"[^\W\d_]{5,}", text)}


def asks_for_predictions(lesson: Lesson) -> Iterator[str]:
    """Ask the reader to **Predict** before a result is shown."""
    if not re.search(r"\*\*Predict", lesson.prose):
        yield "it never asks"


def ends_with_practice_and_reading(lesson: Lesson) -> Iterator[str]:
    """End with In practice and Further reading, each reading with a line on why to read it."""
    titles = ("In this lesson you", "In practice", "Further reading")
    places = [re.search(rf"^(?:#+ |\*\*){title}", lesson.prose, re.MULTILINE) for title in titles]
    found = [place.start() for place in places if place]
    if len(found) < len(titles) or found != sorted(found):
        yield f"it does not end with {', '.join(titles)}, in this order"
    for item in re.findall(r"^[-*] (.*)$", lesson.section("Further reading") or "", re.MULTILINE):
        if len(LINK.sub(r"\2", item).split()) < _FEWEST_WHY_WORDS:
            yield f"say why to read {item!r}"


def has_prose_for_its_code(lesson: Lesson) -> Iterator[str]:
    """Write 8 to 20 words of prose for each line of code."""
    prose = FENCE.sub("", lesson.prose)
    words = len(re.findall(r"[A-Za-z][\w'\u2019-]*", prose)) / max(
        1, sum(lesson.code_lines.values())
    )
    if not _FEWEST_WORDS_A_LINE <= round(words) <= _MOST_WORDS_A_LINE:
        yield f"there are {words:.1f} words for a line"


def is_in_american_english(lesson: Lesson) -> Iterator[str]:
    """Spell as the API does: optimizer, normalize, color, behavior, gray, center, license."""
    text = LINK.sub(r"\2", lesson.prose) + "\n" + lesson.code
    for word, count in Counter(_BRITISH.findall(text)).items():
        yield f"{word!r} ({count})"


def talks_to_the_reader_as_an_equal(lesson: Lesson) -> Iterator[str]:
    """Leave out words that make a reader feel slow: simply, obviously, trivial."""
    for word in _TALKING_DOWN.findall(lesson.prose):
        yield f"{word!r}"


def links_lead_somewhere(lesson: Lesson) -> Iterator[str]:
    """Link to files beside the notebook that exist, to its own headings, or to https addresses."""
    headings = re.findall(r"^#+ (.*)$", lesson.prose, re.MULTILINE)
    anchors = {heading.strip().replace(" ", "-") for heading in headings}
    for _, text, target in LINK.findall(FENCE.sub("", lesson.prose)):
        file, _, anchor = target.partition("#")
        if target.startswith("https://"):
            continue
        if file and not (lesson.path.parent / file).is_file():
            yield f"[{text}]({target}): there is no such file"
        if anchor and not file and anchor not in anchors:
            yield f"[{text}]({target}): there is no such heading"


def lessons_are_called_by_their_names(lesson: Lesson) -> Iterator[str]:
    """Refer to lessons that exist, by their numbers, and link to them under their own titles."""
    files = {path.name[:2]: path for path in lesson.path.parent.glob("[0-9][0-9]_*.ipynb")}
    for numbers in _LESSON.findall(lesson.prose):
        for number in re.findall(r"\d\d", numbers):
            if number not in files:
                yield f"there is no lesson {number}"
    for mark, text, target in LINK.findall(lesson.prose):
        if mark or not re.fullmatch(r"\d\d_\w+\.ipynb", target):
            continue
        if (number := re.search(r"\b0\d\b", text)) and number[0] != target[:2]:
            yield f"[{text}] leads to {target}"
        words = re.sub(r"^\W*(?:[Ll]esson )?\d\d\W*", "", text)
        path = lesson.path.parent / target
        if len(words.split()) > 2 and path.is_file() and words != Lesson.read(path).title:
            yield f"[{text}] is not the title of {target}: {Lesson.read(path).title!r}"


def numbers_in_prose_are_printed(lesson: Lesson) -> Iterator[str]:
    """Print every number that the prose states, with the same digits, or have it in the code.

    Outputs that are free or ignored support nothing: they differ on each machine. What counts
    as no result, or as the same number, stands at the top of prose_numbers.py.
    """
    supported = _supported_numbers(lesson)
    for number in stated(lesson.prose):
        if not number.values & supported:
            yield f"{number.words!r} is printed nowhere"


def _supported_numbers(lesson: Lesson) -> set[Decimal]:
    """Return the values of all numbers in the code and in its compared outputs."""
    supported: set[Decimal] = set()
    for number, cell in lesson.numbered:
        if number in lesson.trees:
            supported |= written(cell.source)
        promise = Promise.of(cell)
        if promise.free or promise.ignored:
            continue
        for output in cell.outputs:
            error = [output.evalue] if output.output_type == "error" else texts_of(output)
            supported |= printed("\n".join(error))
    return supported


RULES: tuple[Rule, ...] = (
    opens_with_title_and_box,
    promises_are_kept,
    asks_for_predictions,
    ends_with_practice_and_reading,
    has_prose_for_its_code,
    is_in_american_english,
    talks_to_the_reader_as_an_equal,
    links_lead_somewhere,
    lessons_are_called_by_their_names,
    numbers_in_prose_are_printed,
)
