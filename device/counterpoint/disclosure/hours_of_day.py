"""Weekday by part of the day: where a window belongs, and which cells are told together.

One rule: cells tile the open week. What one cell is too small for is told with its neighbour; nothing is left out, so
that the total minus the cells is nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar, get_args

from counterpoint.disclosure.hours import HOUR_S
from counterpoint.messages.summaries import PartOfDay

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from counterpoint.disclosure.sums import Told

PARTS: Final[tuple[PartOfDay, ...]] = get_args(PartOfDay)
PART_STARTS: Final = (11, 14, 17)
"""Local hours at which midday, afternoon and evening begin."""
WEEKDAYS: Final = (1, 2, 3, 4, 5, 6, 7)
Passes = Callable[[Sequence["Told"]], bool]
Slot = tuple[int, PartOfDay]
"""Weekday (1 is Monday) and part of the day."""
HourOfWeek = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """Windows that are told together, and the weekdays and parts of the day that they come from."""

    weekdays: tuple[int, ...]
    parts: tuple[PartOfDay, ...]
    windows: tuple[Told, ...]


def hours_of_week(start_s: int, end_s: int, zone: ZoneInfo) -> list[HourOfWeek]:
    """Return the (weekday, hour) of each local hour of a window, oldest first."""
    moments = (datetime.fromtimestamp(at, zone) for at in range(start_s, end_s, HOUR_S))
    return [(local.isoweekday(), local.hour) for local in moments]


def place(hours: Sequence[HourOfWeek], open_hours: frozenset[HourOfWeek]) -> Slot:
    """Return where most of a window's open hours lie; of equals the last, since a window's last hour has a visit.

    `open_hours` are those in which some window of the site ended: hours in which somebody surely came.
    """
    counts: dict[Slot, int] = {}
    for weekday, hour in hours:
        if (weekday, hour) in open_hours:
            slot = weekday, PARTS[bisect_right(PART_STARTS, hour)]
            counts[slot] = counts.pop(slot, 0) + 1
    return max(reversed(counts), key=counts.__getitem__)


def by_weekday(slots: Mapping[Slot, Sequence[Told]], passes: Passes) -> list[Cell]:
    """Return cells that pass, together all windows of the slots; empty when even all of them together don't.

    From Monday on, weekdays are put together until they pass as a whole; in each group so the parts of the day, from
    the morning on. What is left at the end joins the cell before. Slots without any window are in no cell.
    """
    weekdays = [((weekday,), _of(slots, {weekday}, PARTS)) for weekday in WEEKDAYS]
    return [cell for group, _ in _together(weekdays, passes) for cell in by_part(slots, passes, group)]


def by_part(slots: Mapping[Slot, Sequence[Told]], passes: Passes, weekdays: tuple[int, ...] = WEEKDAYS) -> list[Cell]:
    """Return cells that pass, parts of the day over all these weekdays; empty when even the whole days don't."""
    parts = [((part,), _of(slots, set(weekdays), (part,))) for part in PARTS]
    there = {weekday for weekday, _ in slots}
    named = tuple(weekday for weekday in weekdays if weekday in there)
    return [Cell(named, group, tuple(windows)) for group, windows in _together(parts, passes)]


def smallest_difference(counts: Sequence[Sequence[int]]) -> int:
    """Return the fewest visits that any sums and differences of the rows' and the columns' totals can isolate.

    `counts` are visits by week (rows) and cell (columns). Whoever adds weeks with weights a and cells with weights b
    sees each group (week, cell) with the weight a + b, and it is hidden only where that is 0. So each cell chooses one
    class of weeks of equal weight; two classes are enough for the minimum, and every way of making two is tried.
    """
    smallest = sum(map(sum, counts))
    columns = list(zip(*counts, strict=True))
    for chosen in range(1 << max(len(counts) - 1, 0)):
        inside = [sum(column[at] for at in range(len(counts)) if chosen >> at & 1) for column in columns]
        pairs = [sorted((part, sum(column) - part)) for part, column in zip(inside, columns, strict=True)]
        shown = sum(low for low, _ in pairs)
        smallest = min([smallest, *([shown] if shown else [high for _, high in pairs])])
    return smallest


def _of(slots: Mapping[Slot, Sequence[Told]], weekdays: set[int], parts: Sequence[PartOfDay]) -> list[Told]:
    return [
        told for (weekday, part), windows in slots.items() if weekday in weekdays and part in parts for told in windows
    ]


_Key = TypeVar("_Key", int, PartOfDay)


def _together(
    units: Sequence[tuple[tuple[_Key, ...], list[Told]]], passes: Passes
) -> list[tuple[tuple[_Key, ...], list[Told]]]:
    made: list[tuple[tuple[_Key, ...], list[Told]]] = []
    names: tuple[_Key, ...] = ()
    windows: list[Told] = []
    for name, more in units:
        if not more:
            continue
        names, windows = names + name, windows + more
        if passes(windows):
            made.append((names, windows))
            names, windows = (), []
    if windows and made:
        last, before = made.pop()
        made.append((last + names, before + windows))
    return made
