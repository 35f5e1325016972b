"""What holds of every lesson: each rule is a function from a lesson to its complaints.

A rule's docstring is what a writer reads when a lesson breaks it; each complaint says where.
The exceptions that a few rules allow are listed, with their reasons, in test_notebooks.py.
"""

import ast
import html
import math
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from notebook_outputs import NUMBER, Promise
from prose_numbers import printed, stated, written

_LARGEST_FILE = 1_000_000  # bytes
_SHORTEST_ALT = 20  # letters
_FEWEST_ALT_WORDS = 5
_MEDIAN_LINES, _NINE_IN_TEN_LINES, _LONGEST_LINES = 5, 10, 30
_FEWEST_WORDS_A_LINE, _MOST_WORDS_A_LINE = 8, 20
_SETUP_LINES = 10
_FUNCTION_LINES = 25
_FEWEST_WHY_WORDS = 8  # of a reading's line: its title alone is shorter

_PACKAGES = {"torch", "torchvision", "numpy", "matplotlib", "dlcourse", "tqdm", "PIL"}
_NETWORK = {
    *("ftplib", "http", "imaplib", "poplib", "smtplib", "socket", "socketserver", "ssl"),
    *("subprocess", "urllib", "webbrowser", "xmlrpc"),
}
_BOX = ("You will do", "You will learn", "You need", "Minutes")
_NAMES = {
    "learning_rate": "lr",
    **dict.fromkeys(("epochs", "num_epochs", "nb_epochs"), "n_epochs"),
    **dict.fromkeys(("opt", "optim", "optimiser"), "optimizer"),
    **dict.fromkeys(("y_pred", "yhat", "pred", "preds"), "y_hat"),
    **dict.fromkeys(("bs", "batchsize"), "batch_size"),
    **dict.fromkeys(("trainloader", "training_loader"), "train_loader"),
    "net": "model",
}
_KNOWN_OUTPUTS = {"text/plain", "text/html"}

_HARDWARE = re.compile(r"device|machine|version|platform|threads|cores")
_FOLDER = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|usr|opt|work|mnt|Users|private)/|\b[A-Z]:\\")
_ADDRESS = re.compile(r"\bat 0x[0-9A-Fa-f]+")
_PLAIN_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_RANDOM_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IMG = re.compile(r"<img\b[^>]*>")
_ALT = re.compile(r'\balt="([^"]*)"')
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_LESSON = re.compile(r"[Ll]essons?\s+(\d\d(?:(?:,| and| to|–|,? or)\s*\d\d)*)")
_NO_SIGHT = re.compile(
    r"(?:an? |the )?(?:figure|plot|image|picture|chart)\s+(?:of|that|show)", re.IGNORECASE
)
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
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Lesson:
    """A notebook as the rules see it.

    Attributes:
        path: where its file is; the other lessons lie beside it.
        node: the notebook.
    """

    path: Path
    node: NotebookNode = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "Lesson":
        """Read the lesson in the file `path`."""
        return cls(path, nbformat.read(path, as_version=4))

    @cached_property
    def codes(self) -> list[NotebookNode]:
        """The code cells."""
        return [cell for cell in self.node.cells if cell.cell_type == "code"]

    @cached_property
    def numbered(self) -> list[tuple[int, NotebookNode]]:
        """The code cells with their numbers, from 1."""
        return list(enumerate(self.codes, 1))

    @cached_property
    def texts(self) -> list[str]:
        """The sources of the Markdown cells."""
        return [cell.source for cell in self.node.cells if cell.cell_type == "markdown"]

    @cached_property
    def prose(self) -> str:
        """All Markdown, as one text."""
        return "\n\n".join(self.texts)

    @cached_property
    def title(self) -> str:
        """The heading that the first cell begins with."""
        return self.prose.partition("\n")[0].removeprefix("# ").strip()

    @cached_property
    def trees(self) -> dict[int, ast.Module]:
        """The syntax tree of each code cell that is plain Python, by the cell's number."""
        trees = {}
        for number, cell in self.numbered:
            try:
                trees[number] = ast.parse(cell.source)
            except SyntaxError:  # `code_is_plain_python` complains
                continue
        return trees

    @cached_property
    def nodes(self) -> list[tuple[int, ast.AST]]:
        """Every node of every syntax tree, with the number of its cell."""
        return [(number, node) for number, tree in self.trees.items() for node in ast.walk(tree)]

    @cached_property
    def code_lines(self) -> list[int]:
        """How many lines each code cell has, blank ones not counted."""
        return [_filled_lines(cell.source) for cell in self.codes]

    def box(self) -> dict[str, str]:
        """Return the box at the top: its bold words and what follows each."""
        quoted = re.findall(r"^> ?(.*)$", self.texts[0] if self.texts else "", re.MULTILINE)
        parts = re.split(r"\*\*([^*]+):\*\*", "\n".join(quoted))
        return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))

    def section(self, title: str) -> str | None:
        """Return the text under a heading (or bold line) that begins with `title`; None if none."""
        pattern = rf"^(?:#+ |\*\*){re.escape(title)}.*?$(.*?)(?=^#+ |^\*\*[A-Z]|\Z)"
        found = re.search(pattern, self.prose, re.MULTILINE | re.DOTALL)
        return found[1] if found else None


Rule = Callable[[Lesson], Iterator[str]]


def _filled_lines(source: str) -> int:
    return sum(bool(line.strip()) for line in source.splitlines())


# --- The file


def is_a_valid_notebook(lesson: Lesson) -> Iterator[str]:
    """Keep the file valid in nbformat 4.5, and under 1 MB (smaller figures, fewer of them)."""
    try:
        nbformat.validate(lesson.node)
    except nbformat.ValidationError as error:
        yield f"invalid: {error.message}"
    version = (lesson.node.nbformat, lesson.node.nbformat_minor)
    if version != (4, 5):
        yield f"it is in format {version}, not (4, 5)"
    size = len(nbformat.writes(lesson.node).encode())
    if size >= _LARGEST_FILE:
        yield f"the file has {size:,} bytes"


def is_named_by_its_number(lesson: Lesson) -> Iterator[str]:
    """Name the file by two digits and a word or two: 05_mnist_mlp.ipynb."""
    if not re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", lesson.path.name):
        yield f"the name is {lesson.path.name}"


def cell_ids_are_plain_and_unique(lesson: Lesson) -> Iterator[str]:
    """Give each cell an id of plain words, such as cell-012, in place of the editor's random one.

    Links and the differences of git stay readable, and executing again changes none.
    """
    for cell_id, count in Counter(cell.get("id", "") for cell in lesson.node.cells).items():
        if count > 1:
            yield f"{count} cells have the id {cell_id!r}"
        if not _PLAIN_ID.fullmatch(cell_id) or _RANDOM_ID.fullmatch(cell_id):
            yield f"the id {cell_id!r} is not made of plain words and hyphens"


def metadata_are_minimal(lesson: Lesson) -> Iterator[str]:
    """Save with `make notebooks`: no metadata but the kernel's name and cells' tags."""
    metadata = lesson.node.metadata
    if set(metadata) != {"kernelspec", "language_info"}:
        yield f"the notebook's metadata have the keys {sorted(metadata)}"
    if metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not python3"
    if metadata.get("language_info") != {"name": "python"}:
        yield f"language_info says {metadata.get('language_info')}"
    for cell in lesson.node.cells:
        if extra := set(cell.metadata) - {"tags"}:
            yield f"the cell {cell.id} has the metadata {sorted(extra)}"


def cells_are_not_empty(lesson: Lesson) -> Iterator[str]:
    """Delete empty cells."""
    for cell in lesson.node.cells:
        if not cell.source.strip():
            yield f"the {cell.cell_type} cell {cell.id} is empty"


# --- The outputs


def is_executed_in_order(lesson: Lesson) -> Iterator[str]:
    """Execute the notebook from the top (`make notebooks`): numbered from 1, without gaps."""
    for number, cell in lesson.numbered:
        if cell.execution_count != number:
            yield f"code cell {number} was executed as [{cell.execution_count}]"


def only_marked_cells_raise(lesson: Lesson) -> Iterator[str]:
    """Tag a cell that shall fail with raises-exception, and no other cell."""
    for number, cell in lesson.numbered:
        raised = any(output.output_type == "error" for output in cell.outputs)
        if raised != Promise.of(cell).raises:
            yield f"[{number}] " + ("raised without the tag" if raised else "has the tag; no error")


def nothing_is_on_stderr(lesson: Lesson) -> Iterator[str]:
    """Mend what a warning is about, or catch it and show the one line that matters."""
    for number, cell in lesson.numbered:
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                yield f"[{number}] prints to stderr: {output.text.strip()[:80]}"


def outputs_are_the_same_everywhere(lesson: Lesson) -> Iterator[str]:
    """Print nothing that names this machine or changes from run to run: folders, addresses."""
    for number, cell in lesson.numbered:
        for output in cell.outputs:
            text = "\n".join(_texts(output))
            for pattern, what in (_FOLDER, "a folder of this machine"), (_ADDRESS, "an address"):
                if found := pattern.search(text):
                    yield f"[{number}] shows {what}: …{text[found.start() :][:50]!r}"


def tags_are_needed(lesson: Lesson) -> Iterator[str]:
    """Remove a tag that loosens the comparison where there is nothing to loosen.

    approx-1e-3 is for decimals, approx-inf for numbers, nbval-ignore-output for an output.
    """
    for number, cell in lesson.numbered:
        promise = Promise.of(cell)
        numbers = [
            n for text in map("\n".join, map(_texts, cell.outputs)) for n in NUMBER.findall(text)
        ]
        if promise.ignored and not cell.outputs:
            yield f"[{number}] is ignored and has no output"
        elif promise.free and not numbers:
            yield f"[{number}] has free numbers and prints none"
        elif promise.tolerance and not any(re.search("[.eE]", number) for number in numbers):
            yield f"[{number}] is approximate and prints no decimal"


def loose_cells_are_followed_by_an_assert(lesson: Lesson) -> Iterator[str]:
    """Assert what must hold of numbers that are not compared, in their cell or the next one."""
    for number, cell in lesson.numbered:
        promise = Promise.of(cell)
        if not (promise.free or promise.ignored):
            continue
        trees = [lesson.trees[n] for n in (number, number + 1) if n in lesson.trees]
        if not any(_asserts(node) for tree in trees for node in ast.walk(tree)):
            yield f"[{number}] is {promise}, and no assert follows"


def ignored_cells_name_hardware(lesson: Lesson) -> Iterator[str]:
    """Ignore only outputs that name hardware or versions; tag timings approx-inf."""
    for number, cell in lesson.numbered:
        if Promise.of(cell).ignored and not _HARDWARE.search(cell.source):
            yield f"[{number}] is ignored, but is not about the machine"


def _texts(output: NotebookNode) -> list[str]:
    """Return all that an output says, without the bytes of pictures."""
    if output.output_type == "stream":
        return [output.text]
    if output.output_type == "error":
        return [f"{output.ename}: {output.evalue}", *output.traceback]
    return [re.sub(r"data:image/[^\"']+", "", str(text)) for text in output.data.values()]


def _asserts(node: ast.AST) -> bool:
    """Tell whether `node` is an assert, or a call of `torch.testing.assert_close` and the like."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        return name.startswith("assert_")
    return isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant)


# --- The figures


def figures_go_through_show(lesson: Lesson) -> Iterator[str]:
    """Show each figure with `show(fig, alt)` in the cell that makes it, never with plt.show()."""
    for number, cell in lesson.numbered:
        for output in cell.outputs:
            data = output.get("data", {})
            if other := set(data) - _KNOWN_OUTPUTS:
                yield f"[{number}] has an output of the kind {sorted(other)}"
            images = _IMG.findall(data.get("text/html", ""))
            described = [html.unescape(alt) for image in images for alt in _ALT.findall(image)]
            if images and described != [data.get("text/plain")]:
                yield f"[{number}] has a picture whose text is not its description"
    for number, node in lesson.nodes:
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "plt.show":
            yield f"[{number}] calls plt.show"


def figures_are_described(lesson: Lesson) -> Iterator[str]:
    """Describe each figure in a sentence of its own: what it shows, the numbers that matter."""
    seen: set[str] = set()
    for where, alt in _descriptions(lesson):
        if len(alt) < _SHORTEST_ALT or len(alt.split()) < _FEWEST_ALT_WORDS:
            yield f"{where} {alt!r} is too short to say what the figure shows"
        if not re.search(r"[.!?][\"”)]?$", alt):
            yield f"{where} {alt!r} does not end as a sentence"
        if _NO_SIGHT.match(alt):
            yield f"{where} {alt!r} says that there is a figure; say what can be seen in it"
        if alt in seen:
            yield f"{where} {alt!r} describes another figure, too"
        seen.add(alt)


def _descriptions(lesson: Lesson) -> Iterator[tuple[str, str]]:
    """Yield where a picture is, and its description: those of code, then those of the text."""
    for number, cell in lesson.numbered:
        for output in cell.outputs:
            for image in _IMG.findall(output.get("data", {}).get("text/html", "")):
                yield f"[{number}]", html.unescape("".join(_ALT.findall(image)))
    for mark, alt, target in _LINK.findall(lesson.prose):
        if mark:
            yield target, alt


# --- The code


def code_is_plain_python(lesson: Lesson) -> Iterator[str]:
    """Write plain Python: no %magic, no !command, nothing that hides a fault."""
    for number, cell in lesson.numbered:
        if number not in lesson.trees:
            yield f"[{number}] is not plain Python: {cell.source.splitlines()[0]}"
    for number, node in lesson.nodes:
        if not isinstance(node, ast.Call):
            continue
        call = ast.unparse(node)
        if re.match(r"(globals|locals|exec|eval|get_ipython|os\.system)\(", call):
            yield f"[{number}] calls {call}"
        if re.match(r"(warnings\.)?(filterwarnings|simplefilter)\(['\"]ignore", call):
            yield f"[{number}] hides warnings: {call}"
        if any(
            word.arg == "num_workers" and ast.unparse(word.value) != "0" for word in node.keywords
        ):
            yield f"[{number}] sets num_workers, which fails on Windows and is slower here"


def imports_are_allowed(lesson: Lesson) -> Iterator[str]:
    """Import by name, from the course's few packages and the standard library.

    torchvision takes seconds to load, which an optimizer needs anyway: so only lessons that
    train with an optimizer import it.
    """
    modules = set()
    for number, node in lesson.nodes:
        if isinstance(node, ast.ImportFrom):
            if any(alias.name == "*" for alias in node.names):
                yield f"[{number}] imports * from {node.module}"
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            if any(alias.name == "torch" and alias.asname for alias in node.names):
                yield f"[{number}] imports torch under another name"
        else:
            continue
        modules |= {name.partition(".")[0] for name in names}
    for module in sorted(modules - _PACKAGES - (sys.stdlib_module_names - _NETWORK)):
        why = (
            "which reaches out of the notebook" if module in _NETWORK else "which is not installed"
        )
        yield f"it imports {module}, {why}"
    if "torchvision" in modules and not re.search(r"\boptim\.\w+\(", _all_code(lesson)):
        yield "it imports torchvision and has no optimizer"


def needs_no_network(lesson: Lesson) -> Iterator[str]:
    """Read data with dlcourse.data: a lesson runs without a network."""
    for number, cell in lesson.numbered:
        if found := re.search(r"download\s*=\s*True|\bhub\.\w+|_from_url|https?://", cell.source):
            yield f"[{number}] has {found[0]!r}"


def names_are_the_house_s(lesson: Lesson) -> Iterator[str]:
    """Use the course's names, so that the same thing is called the same in every lesson."""
    for number, node in lesson.nodes:
        name = node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else None
        name = node.arg if isinstance(node, ast.arg) else name
        if name in _NAMES:
            yield f"[{number}] {name}: call it {_NAMES[name]}"


def cells_are_short(lesson: Lesson) -> Iterator[str]:
    """Keep code cells short: median 5 lines, nine in ten within 10, none over 30; set-up 10."""
    lines = sorted(lesson.code_lines)
    if not lines:
        yield "it has no code"
        return
    nine_in_ten = lines[math.ceil(0.9 * len(lines)) - 1]
    if (median := statistics.median(lines)) > _MEDIAN_LINES:
        yield f"the median is {median:g} lines"
    if nine_in_ten > _NINE_IN_TEN_LINES:
        yield f"nine in ten have up to {nine_in_ten} lines"
    for number, count in enumerate(lesson.code_lines, 1):
        if count > _LONGEST_LINES:
            yield f"[{number}] has {count} lines"
    setup = next(
        (n for n, node in lesson.nodes if isinstance(node, ast.Import | ast.ImportFrom)), 0
    )
    if setup and lesson.code_lines[setup - 1] > _SETUP_LINES:
        yield f"the set-up [{setup}] has {lesson.code_lines[setup - 1]} lines"


def functions_are_short(lesson: Lesson) -> Iterator[str]:
    """Keep a function within 25 lines, its docstring included."""
    for number, cell in lesson.numbered:
        for node in ast.walk(lesson.trees.get(number, ast.Module([], []))):
            if isinstance(node, ast.FunctionDef):
                count = _filled_lines(ast.get_source_segment(cell.source, node) or "")
                if count > _FUNCTION_LINES:
                    yield f"[{number}] {node.name} has {count} lines"


def _all_code(lesson: Lesson) -> str:
    return "\n".join(cell.source for cell in lesson.codes)


# --- The prose


def opens_with_title_and_box(lesson: Lesson) -> Iterator[str]:
    """Open with one title and one box: You will do, You will learn, You need, Minutes."""
    headings = re.findall(r"^# .*$", _FENCE.sub("", lesson.prose), re.MULTILINE)
    if len(headings) != 1 or not lesson.prose.startswith("# "):
        yield f"it has the titles {headings}; the first line shall be the only one"
    if tuple(lesson.box()) != _BOX:
        yield f"the first cell's box has {list(lesson.box())}, not {list(_BOX)}"
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
        if len(_LINK.sub(r"\2", item).split()) < _FEWEST_WHY_WORDS:
            yield f"say why to read {item!r}"


def has_prose_for_its_code(lesson: Lesson) -> Iterator[str]:
    """Write 8 to 20 words of prose for each line of code."""
    prose = _FENCE.sub("", lesson.prose)
    words = len(re.findall(r"[A-Za-z][\w'-]*", prose)) / max(1, sum(lesson.code_lines))
    if not _FEWEST_WORDS_A_LINE <= round(words) <= _MOST_WORDS_A_LINE:
        yield f"there are {words:.1f} words for a line"


def is_in_american_english(lesson: Lesson) -> Iterator[str]:
    """Spell as the API does: optimizer, normalize, color, behavior, gray, center, license."""
    text = _LINK.sub(r"\2", lesson.prose) + "\n" + _all_code(lesson)
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
    for _, text, target in _LINK.findall(_FENCE.sub("", lesson.prose)):
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
    for mark, text, target in _LINK.findall(lesson.prose):
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
            error = [output.evalue] if output.output_type == "error" else _texts(output)
            supported |= printed("\n".join(error))
    return supported


RULES: tuple[Rule, ...] = (
    is_a_valid_notebook,
    is_named_by_its_number,
    cell_ids_are_plain_and_unique,
    metadata_are_minimal,
    cells_are_not_empty,
    is_executed_in_order,
    only_marked_cells_raise,
    nothing_is_on_stderr,
    outputs_are_the_same_everywhere,
    tags_are_needed,
    loose_cells_are_followed_by_an_assert,
    ignored_cells_name_hardware,
    figures_go_through_show,
    figures_are_described,
    code_is_plain_python,
    imports_are_allowed,
    needs_no_network,
    names_are_the_house_s,
    cells_are_short,
    functions_are_short,
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
