"""When it is hard: weekdays by parts of the day, over the last weeks that were told by hours.

One rule: pure; an hours summary in, a grid and the same as a table out. Nothing is compared with another place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

from counterpoint.disclosure.sites import HOURS_STAND_WEEKS
from counterpoint.fleet.pages.charts.hours_grid import Cell, hours_grid, shades
from counterpoint.fleet.pages.freshness import told_day
from counterpoint.fleet.pages.stretches import date_of_end
from counterpoint.fleet.store.weeks import monday, weeks_later
from counterpoint.messages.summaries import HoursCell, PartOfDay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from markupsafe import Markup

    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.pages.measures import Measure
    from counterpoint.messages.summaries import HoursSummary

PARTS: Final[tuple[PartOfDay, ...]] = get_args(PartOfDay)
WEEKDAYS: Final = range(1, 8)


@dataclass(frozen=True, slots=True)
class Row:
    """A cell in words."""

    days: str
    parts: str
    says: str
    is_pooled: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """What the page shows; `differs` where the two ends are apart by more than their intervals."""

    days: str
    visits: str
    drawing: Markup
    rows: tuple[Row, ...]
    highest: str
    lowest: str
    has_pooled: bool
    has_empty: bool
    differs: bool


def hours(language: Language, summary: HoursSummary, measure: Measure) -> Hours:
    """Return the page of one number."""
    figures = [measure.of(cell.numbers) for cell in summary.cells]
    values = [None if figure is None else figure.value for figure in figures]
    there = [figure for figure in figures if figure]
    differs = bool(there) and max(figure.low for figure in there) > min(figure.high for figure in there)
    shown = shades(values if differs else [None] * len(values))
    drawn = [_drawn(language, measure, cell, shade) for cell, shade in zip(summary.cells, shown, strict=True)]
    rows = tuple(_row(language, measure, cell) for cell in summary.cells)
    known = [(figure.value, place) for place, figure in enumerate(figures) if figure]
    high, low = (_named(language, summary, measure, known, of) for of in (max, min))
    title = language.say(f"numbers.{measure.name}.title")
    day_names = [language.say(f"weekday.short{day}") for day in WEEKDAYS]
    part_names = [language.say(f"part.{part}") for part in PARTS]
    return Hours(
        days=language.days(monday(summary.first_week), date_of_end(summary.first_week, summary.weeks)),
        visits=language.number(summary.fewest_visits),
        drawing=hours_grid(language.say("hours.label", title=title, high=high, low=low), day_names, part_names, drawn),
        rows=rows,
        highest=high,
        lowest=low,
        has_pooled=any(row.is_pooled for row in rows),
        has_empty=sum(len(cell.weekdays) * len(cell.parts) for cell in summary.cells) < len(WEEKDAYS) * len(PARTS),
        differs=differs,
    )


def last_told(told: Sequence[HoursSummary]) -> HoursSummary | None:
    """Return the last hours of a site that say something; `told` are oldest first."""
    return next((one for one in reversed(told) if any(cell.numbers for cell in one.cells)), None)


def next_hours(language: Language, last: HoursSummary, today: date) -> str:
    """Return when hours come next; nothing where they should have come."""
    stand = HOURS_STAND_WEEKS if last_told([last]) else last.weeks
    due = told_day(weeks_later(last.first_week, stand + last.weeks - 1))
    return language.say("hours.due", day=language.day(due)) if due >= today else ""


def _named(
    language: Language, summary: HoursSummary, measure: Measure, known: list[tuple[float, int]], of: object
) -> str:
    if not known or not callable(of):
        return language.say("chart.unknown")
    _, place = of(known)
    cell = summary.cells[place]
    return language.say("hours.extreme", when=cell_name(language, cell), value=_value(language, measure, cell))


def _drawn(language: Language, measure: Measure, cell: HoursCell, shade: int) -> Cell:
    figure = measure.of(cell.numbers)
    text = "" if figure is None else language.number(figure.value, measure.decimals)
    says = language.say("hours.cell", when=cell_name(language, cell), value=_value(language, measure, cell))
    days = tuple(day - 1 for day in cell.weekdays)
    return Cell(days, tuple(PARTS.index(part) for part in cell.parts), text, shade, says)


def _row(language: Language, measure: Measure, cell: HoursCell) -> Row:
    return Row(
        days=days_name(language, cell.weekdays),
        parts=parts_name(language, cell.parts),
        says=_value(language, measure, cell),
        is_pooled=len(cell.weekdays) * len(cell.parts) > 1,
    )


def _value(language: Language, measure: Measure, cell: HoursCell) -> str:
    figure = measure.of(cell.numbers)
    return language.say("dial.untold") if figure is None else measure.says(language, figure)


def cell_name(language: Language, cell: HoursCell) -> str:
    """Return a cell's name: "Monday to Wednesday, midday"."""
    return f"{days_name(language, cell.weekdays)}, {parts_name(language, cell.parts)}"


def days_name(language: Language, weekdays: tuple[int, ...]) -> str:
    """Return weekdays in words, a run of three and more by its ends."""
    names = [language.say(f"weekday.long{day}") for day in sorted(weekdays)]
    is_run = max(weekdays) - min(weekdays) == len(weekdays) - 1
    if is_run and len(names) > 2:  # noqa: PLR2004 - two days have no run between them
        return language.say("weekday.run", first=names[0], last=names[-1])
    return ", ".join(names)


def parts_name(language: Language, parts: tuple[PartOfDay, ...]) -> str:
    """Return parts of the day in words."""
    if set(parts) == set(PARTS):
        return language.say("part.whole")
    return ", ".join(language.say(f"part.{part}").lower() for part in parts)
