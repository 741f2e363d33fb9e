"""A line without an axis: how a number went, for a reader who looks closer elsewhere.

One rule: it has its own scale, so that two places can't be held against each other by it; a gap stays a gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from counterpoint.fleet.pages.charts.draw import WHOLE, percent, picture, stretched, tag
from counterpoint.fleet.pages.charts.scale import fitting

if TYPE_CHECKING:
    from collections.abc import Sequence


def sparkline(label: str, values: Sequence[float | None]) -> Markup:
    """Return the drawing of values at equal distances, oldest first; nothing where no value is known."""
    known = [value for value in values if value is not None]
    if not known:
        return Markup("")
    scale = fitting(known)
    places = [
        None if value is None else (number / max(len(values) - 1, 1), 1 - scale.share(value))
        for number, value in enumerate(values)
    ]
    last = next(place for place in reversed(places) if place is not None)
    dot = tag("circle", class_="dot now", cx=percent(last[0]), cy=percent(last[1]), r="3.5")
    return picture("sparkline", label, stretched(tag("path", class_="line", d=line_through(places))), dot)


def line_through(places: Sequence[tuple[float, float] | None]) -> str:
    """Return the path through these places (shares of width and height); None lifts the pen."""
    steps, pen = [], "M"
    for place in places:
        if place is None:
            pen = "M"
            continue
        steps.append(f"{pen}{place[0] * WHOLE:.0f} {place[1] * WHOLE:.0f}")
        pen = "L"
    return "".join(steps)
