"""Small notebooks, built beside the assertions of the tests that need them."""

from collections.abc import Iterable

import nbformat
from nbformat import NotebookNode


def stream(text: str, name: str = "stdout") -> NotebookNode:
    """Return the output of a `print`."""
    node: NotebookNode = nbformat.v4.new_output("stream", name=name, text=text)
    return node


def shown(text: str, mime: str = "text/plain") -> NotebookNode:
    """Return the output of `display`, in one representation."""
    node: NotebookNode = nbformat.v4.new_output("display_data", data={mime: text})
    return node


def picture(alt: str, *, pixels: str = "aGVsbG8=") -> NotebookNode:
    """Return the output of `dlcourse.plotting.show`."""
    html = f'<img src="data:image/png;base64,{pixels}" width="640" alt="{alt}">'
    data = {"text/html": html, "text/plain": alt}
    node: NotebookNode = nbformat.v4.new_output("display_data", data=data)
    return node


def error(name: str, message: str) -> NotebookNode:
    """Return the output of a cell that raised."""
    content = {"ename": name, "evalue": message, "traceback": [f"{name}: {message}"]}
    node: NotebookNode = nbformat.v4.new_output("error", **content)
    return node


def code(
    source: str, *outputs: NotebookNode, tags: Iterable[str] = (), count: int | None = None
) -> NotebookNode:
    """Return a code cell, executed as `count` (0: never; None: `notebook` counts it)."""
    metadata = {"tags": list(tags)} if tags else {}
    cell: NotebookNode = nbformat.v4.new_code_cell(
        source, outputs=list(outputs), metadata=metadata, execution_count=count
    )
    return cell


def prose(source: str) -> NotebookNode:
    """Return a Markdown cell."""
    cell: NotebookNode = nbformat.v4.new_markdown_cell(source)
    return cell


def notebook(*cells: NotebookNode) -> NotebookNode:
    """Return a notebook as the course commits them: executed in order, with plain ids."""
    codes = [cell for cell in cells if cell.cell_type == "code"]
    for count, cell in enumerate(codes, 1):
        cell.execution_count = count if cell.execution_count is None else cell.execution_count
        cell.execution_count = cell.execution_count or None
    for number, cell in enumerate(cells, 1):
        cell.id = f"cell-{number:03d}"
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    node: NotebookNode = nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)
    return node
