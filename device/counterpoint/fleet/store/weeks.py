"""ISO weeks as text, and where they begin and end in a zone.

One rule: "2026-W48" sorts as it should, and week arithmetic goes by days, never by seconds: clocks change.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def week_of(day: date) -> str:
    """Return the ISO week of a day."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def monday(week: str) -> date:
    """Return the first day of a week; ValueError when there is no such week."""
    return date.fromisoformat(f"{week}-1")


def weeks_later(week: str, count: int) -> str:
    """Return the week that comes `count` weeks after (before, where negative)."""
    return week_of(monday(week) + timedelta(weeks=count))


def weeks_between(first: str, last: str) -> int:
    """Return how many weeks lie from `first` to `last`, both counted; 0 or less where `last` is earlier."""
    return (monday(last) - monday(first)).days // 7 + 1


def start_s(week: str, zone: ZoneInfo) -> int:
    """Return the first second of a week in a zone (seconds since 1970, UTC)."""
    first = monday(week)
    return int(datetime(first.year, first.month, first.day, tzinfo=zone).timestamp())


def week_at(at_s: float, zone: ZoneInfo) -> str:
    """Return the week in which a moment lies, in a zone."""
    return week_of(datetime.fromtimestamp(at_s, zone).date())
