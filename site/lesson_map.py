"""The drawing of which lesson builds on which: an SVG in the page's own colors."""

from html import escape

from lessons import Lesson

_WIDTH, _ROW, _BOX_HEIGHT, _LEFT = 740, 66, 44, 150


def draw_map(lessons: list[Lesson]) -> str:
    """Return the map as SVG within HTML: a box a lesson, top to bottom, and arcs on the left.

    Arrows that another path of arrows already implies are left out.
    """
    needs = {lesson.number: set(lesson.needs) for lesson in lessons}
    rows = {lesson.number: row for row, lesson in enumerate(lessons)}
    arcs = [
        _arc(rows[first], rows[then])
        for then, before in needs.items()
        for first in sorted(before & rows.keys())
        if not _is_implied(first, then, needs)
    ]
    boxes = [_box(row, lesson) for row, lesson in enumerate(lessons)]
    height = _ROW * len(lessons) + 10
    return "\n".join([
        (f'<svg class="map" viewBox="0 0 {_WIDTH} {height}" role="group" '
        f'aria-label="{escape(_describe(lessons))}">'),
        ('<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 L10 5 L0 10 z"/></marker></defs>'),
        *arcs,
        *boxes,
        "</svg>",
    ])  # fmt: skip


def _is_implied(first: str, then: str, needs: dict[str, set[str]]) -> bool:
    """Return whether another lesson that `then` needs leads back to `first`."""

    def leads_back(number: str) -> bool:
        before = needs.get(number, set())
        return first in before or any(map(leads_back, before))

    return any(leads_back(other) for other in needs[then] - {first})


def _describe(lessons: list[Lesson]) -> str:
    said = [
        f"{lesson.number} builds on {' and '.join(lesson.needs) or 'none'}" for lesson in lessons
    ]
    return f"Map of the lessons: {'; '.join(said)}."


def _middle(row: int) -> int:
    return 5 + _ROW * row + _BOX_HEIGHT // 2


def _box(row: int, lesson: Lesson) -> str:
    top = 5 + _ROW * row
    return (
        f'<a href="{lesson.name}.html"><rect x="{_LEFT}" y="{top}" width="{_WIDTH - _LEFT - 5}" '
        f'height="{_BOX_HEIGHT}" rx="6"/><text x="{_LEFT + 14}" y="{top + 27}">{lesson.number} '
        f"{escape(lesson.title)}</text></a>"
    )


def _arc(first: int, then: int) -> str:
    """Return an arrow along the left side, the wider the farther it goes."""
    start, end = _middle(first) + 8, _middle(then) - 8
    reach = _LEFT - min(_LEFT - 10, 26 + 24 * (then - first))
    return (
        f'<path class="arc" marker-end="url(#tip)" '
        f'd="M{_LEFT} {start} C{reach} {start} {reach} {end} {_LEFT - 3} {end}"/>'
    )
