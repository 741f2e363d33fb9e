"""Whole local hours and weeks, as seconds of UTC.

One rule: hours tile the time line. Each moment lies in exactly one local hour, whatever the zone's offset (30 and 45
minutes too) and on the days when the clocks change. An hour is named by its first second since 1970, UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

HOUR_S: Final = 3600
QUARTER_S: Final = 900
"""Every zone in use since 1972 changes its offset on a quarter of an hour, and by quarters."""


def hour_of(at_s: float, zone: ZoneInfo) -> int:
    """Return the local hour in which this moment lies (both in seconds since 1970, UTC).

    Where the clocks change within an hour by half an hour (Lord Howe), a new hour begins with the change.
    """
    quarter = int(at_s // QUARTER_S) * QUARTER_S
    offset = _offset_s(quarter, zone)
    start = quarter - (quarter + offset) % HOUR_S
    while _offset_s(start, zone) != offset:
        start += QUARTER_S
    return start


def hour_end(hour: int, zone: ZoneInfo) -> int:
    """Return where the next local hour begins."""
    end = hour + QUARTER_S
    while hour_of(end, zone) == hour:
        end += QUARTER_S
    return end


def day_end(at_s: float, zone: ZoneInfo) -> int:
    """Return the first local midnight after this moment."""
    return _midnight(datetime.fromtimestamp(at_s, zone) + timedelta(days=1), zone)


def week_start(at_s: float, zone: ZoneInfo) -> int:
    """Return the last local Monday, 0:00, not after this moment."""
    local = datetime.fromtimestamp(at_s, zone)
    return _midnight(local - timedelta(days=local.weekday()), zone)


def week_end(at_s: float, zone: ZoneInfo) -> int:
    """Return the first local Monday, 0:00, after this moment."""
    local = datetime.fromtimestamp(at_s, zone)
    return _midnight(local + timedelta(days=7 - local.weekday()), zone)


def _midnight(day: datetime, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def _offset_s(at_s: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(at_s, UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
