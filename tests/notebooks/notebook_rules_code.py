"""What holds of every lesson's code."""

import ast
import math
import re
import statistics
import sys
from collections.abc import Iterator

from notebook_lesson import Lesson, Rule, filled_lines

_MEDIAN_LINES, _NINE_IN_TEN_LINES, _LONGEST_LINES = 5, 10, 30
_SETUP_LINES = 10
_FUNCTION_LINES = 25
_PACKAGES = {"torch", "torchvision", "numpy", "matplotlib", "dlcourse", "tqdm", "PIL"}
_NETWORK = {
    *("ftplib", "http", "imaplib", "poplib", "smtplib", "socket", "socketserver", "ssl"),
    *("subprocess", "urllib", "webbrowser", "xmlrpc"),
}
_NAMES = {
    "learning_rate": "lr",
    **dict.fromkeys(("num_epochs", "nb_epochs"), "n_epochs"),
    **dict.fromkeys(("opt", "optim", "optimiser"), "optimizer"),
    **dict.fromkeys(("y_pred", "yhat", "pred", "preds"), "y_hat"),
    **dict.fromkeys(("bs", "batchsize"), "batch_size"),
    **dict.fromkeys(("trainloader", "training_loader"), "train_loader"),
    "net": "model",
}


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
        arguments = {word.arg: ast.unparse(word.value) for word in node.keywords}
        if arguments.get("num_workers", "0") != "0":
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
        yield f"it imports {module}; lessons need {', '.join(sorted(_PACKAGES))} at most"
    if "torchvision" in modules and not re.search(r"\boptim\.\w+\(", lesson.code):
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
    lines = sorted(lesson.code_lines.values())
    if not lines:
        yield "it has no code"
        return
    nine_in_ten = lines[math.ceil(0.9 * len(lines)) - 1]
    if (median := statistics.median(lines)) > _MEDIAN_LINES:
        yield f"the median is {median:g} lines"
    if nine_in_ten > _NINE_IN_TEN_LINES:
        yield f"nine in ten have up to {nine_in_ten} lines"
    for number, count in lesson.code_lines.items():
        if count > _LONGEST_LINES:
            yield f"[{number}] has {count} lines"
    importing = [n for n, node in lesson.nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    if importing and (count := lesson.code_lines[importing[0]]) > _SETUP_LINES:
        yield f"the set-up [{importing[0]}] has {count} lines"


def functions_are_short(lesson: Lesson) -> Iterator[str]:
    """Keep a function within 25 lines, its docstring included."""
    for number, node in lesson.nodes:
        if isinstance(node, ast.FunctionDef) and number in lesson.code_lines:
            source = ast.get_source_segment(lesson.codes[number - 1].source, node) or ""
            if (count := filled_lines(source)) > _FUNCTION_LINES:
                yield f"[{number}] {node.name} has {count} lines"


RULES: tuple[Rule, ...] = (
    code_is_plain_python,
    imports_are_allowed,
    needs_no_network,
    names_are_the_house_s,
    cells_are_short,
    functions_are_short,
)
