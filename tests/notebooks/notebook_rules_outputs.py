"""What holds of every lesson's file, outputs and figures."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

import nbformat

from notebook_lesson import LINK, Lesson, Rule, descriptions_in, texts_of
from notebook_outputs import NUMBER, Promise

_LARGEST_FILE = 1_000_000  # bytes
_SHORTEST_ALT = 20  # letters
_FEWEST_ALT_WORDS = 5
_KNOWN_OUTPUTS = {"text/plain", "text/html"}

_HARDWARE = re.compile(r"device|machine|version|platform|threads|cores")
_FOLDER = re.compile(r"(?<![\w.:/<])/[A-Za-z][\w.-]*/[\w.-]+|\b[A-Z]:\\")
_ADDRESS = re.compile(r"\bat 0x[0-9A-Fa-f]+")
_PLAIN_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_RANDOM_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NO_SIGHT = re.compile(
    r"(?:an? |the )?(?:figure|plot|image|picture|chart)\s+(?:of|that|show)", re.IGNORECASE
)


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


def is_executed_in_order(lesson: Lesson) -> Iterator[str]:
    """Execute the notebook from the top (`make notebooks`): numbered from 1, without gaps."""
    for number, cell in lesson.numbered:
        if cell.execution_count != number:
            yield f"code cell {number} was executed as [{cell.execution_count}]"
            return  # those behind it are wrong as well


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
            text = "\n".join(texts_of(output))
            for pattern, what in (_FOLDER, "a folder of this machine"), (_ADDRESS, "an address"):
                if found := pattern.search(text):
                    yield f"[{number}] shows {what}: …{text[found.start() :][:50]!r}"


def tags_are_needed(lesson: Lesson) -> Iterator[str]:
    """Remove a tag that loosens the comparison where there is nothing to loosen.

    approx-1e-3 is for decimals, approx-inf for numbers, nbval-ignore-output for an output.
    """
    for number, cell in lesson.numbered:
        promise = Promise.of(cell)
        texts = [text for output in cell.outputs for text in texts_of(output)]
        numbers = NUMBER.findall("\n".join(texts))
        if promise.ignored and not cell.outputs:
            yield f"[{number}] is ignored and has no output"
        elif promise.free:
            if not numbers:
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


def _asserts(node: ast.AST) -> bool:
    """Tell whether `node` is an assert, or a call of `torch.testing.assert_close` and the like."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        return name.startswith("assert_")
    return isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant)


def figures_go_through_show(lesson: Lesson) -> Iterator[str]:
    """Show each figure with `show(fig, alt)` in the cell that makes it, never with plt.show()."""
    for number, cell in lesson.numbered:
        for output in cell.outputs:
            data = output.get("data", {})
            if other := set(data) - _KNOWN_OUTPUTS:
                yield f"[{number}] has an output of the kind {sorted(other)}"
            described = descriptions_in(data.get("text/html", ""))
            if described and described != [data.get("text/plain")]:
                yield f"[{number}] has a picture whose text is not its description"
    for number, node in lesson.nodes:
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "plt.show":
            yield f"[{number}] calls plt.show"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "plt.style.use":
            styles = ast.unparse(node.args[0])
            if styles != "['default', 'dlcourse.course']":  # else a matplotlibrc changes figures
                yield f"[{number}] uses the style {styles}, without the default one before it"


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
    for number, alt in lesson.descriptions:
        yield f"[{number}]", alt
    for mark, alt, target in LINK.findall(lesson.prose):
        if mark:
            yield target, alt


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
)
