"""ISO weeks as text ("2026-W48"), and the blocks of twelve in which a site is told.

One rule: week arithmetic goes by days of the calendar, never by seconds: clocks change.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MONTH_WEEKS: Final = 4
BLOCK_WEEKS: Final = 12
"""Three months of four weeks: holidays and rotas even out over so many weeks (the roster attack's curve)."""
_FIRST_MONDAY: Final = date(1970, 1, 5)


def week_at(at_s: float, zone: ZoneInfo) -> str:
    """Return the week in which a moment (seconds since 1970, UTC) lies, in a zone."""
    year, week, _ = datetime.fromtimestamp(at_s, zone).isocalendar()
    return f"{year:04d}-W{week:02d}"


def later(week: str, count: int) -> str:
    """Return the week `count` weeks after (before, where negative)."""
    year, number, _ = (_monday(week) + timedelta(weeks=count)).isocalendar()
    return f"{year:04d}-W{number:02d}"


def weeks_to(first: str, last: str) -> int:
    """Return how many weeks lie from `first` to `last`, both counted; 0 or less where `last` is earlier."""
    return (_monday(last) - _monday(first)).days // 7 + 1


def block_start(week: str) -> str:
    """Return the first week of the block of twelve in which a week lies: the same blocks for every site, for ever."""
    number = (_monday(week) - _FIRST_MONDAY).days // 7
    return later(week, -(number % BLOCK_WEEKS))


def ends_month(week: str) -> bool:
    """Tell whether a week is the last of one of the three months of its block."""
    return weeks_to(block_start(week), week) % MONTH_WEEKS == 0


def _monday(week: str) -> date:
    return date.fromisoformat(f"{week}-1")
