"""A week as a grid of weekdays by parts of the day, darker where a number is higher in this place's own range.

One rule: cells that were told together are drawn as one, with a broken outline, so that nobody reads one of them alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.pages.charts.draw import percent, picture, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

DAYS: Final = 7
SHADES: Final = 5
GAP: Final = 0.006
"""Between two cells, as a share of the whole."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Some weekdays (0 is Monday) by some parts of the day (0 is the morning), told together.

    `text` is the number as it is written, "" where too little can be told; `shade` from 1 to SHADES; `says` in words.
    """

    weekdays: tuple[int, ...]
    parts: tuple[int, ...]
    text: str
    shade: int
    says: str


def hours_grid(label: str, days: Sequence[str], parts: Sequence[str], cells: Sequence[Cell]) -> Markup:
    """Return the drawing; `days` and `parts` are the words at its edges."""
    head = [
        tag("text", name, class_="time", x=percent((day + 0.5) / DAYS), y="0", dy="-10")
        for day, name in enumerate(days)
    ]
    side = [
        tag("text", name, class_="tick", x="0", dx="-10", y=percent((row + 0.5) / len(parts)), dy="4")
        for row, name in enumerate(parts)
    ]
    return picture("hours", label, *head, *side, *(block for cell in cells for block in _cell(cell, len(parts))))


def _cell(cell: Cell, rows: int) -> Iterator[Markup]:
    pooled = len(cell.weekdays) * len(cell.parts) > 1
    kind = f"cell shade-{cell.shade}" if cell.text else "cell untold"
    for first_day, last_day in _runs(cell.weekdays):
        for first_part, last_part in _runs(cell.parts):
            left, right = first_day / DAYS + GAP, (last_day + 1) / DAYS - GAP
            top, low = first_part / rows + GAP, (last_part + 1) / rows - GAP
            yield tag(
                "g",
                tag("title", cell.says),
                tag(
                    "rect",
                    x=percent(left),
                    width=percent(right - left),
                    y=percent(top),
                    height=percent(low - top),
                    rx="8",
                ),
                tag("text", cell.text, x=percent((left + right) / 2), y=percent((top + low) / 2), dy="5"),
                class_=kind + (" pooled" if pooled else ""),
            )


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return the runs of neighbours, each as its first and last."""
    runs: list[tuple[int, int]] = []
    for place in sorted(places):
        if runs and place == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def shades(values: Sequence[float | None]) -> list[int]:
    """Return a shade from 1 to SHADES for each value, over the range of all; the middle one where all are equal."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    span = high - low
    middle = (SHADES + 1) // 2
    return [
        middle if value is None or span == 0 else min(SHADES, 1 + int((value - low) / span * SHADES))
        for value in values
    ]
