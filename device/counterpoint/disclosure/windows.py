"""Waiting visits to anonymous windows.

One rule: windows tile the time of a device. Each begins where the one before ended, lasts whole local hours (days or
weeks, where set so), and says something only when at least k visits came in it; a run that has too few at the week's
end says "fewer than k", no more. So no difference of windows ever shows fewer than k visits.

A week without any visit reads the same as a week with one: only the weeks in which the device was off are not told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.hours import day_end, hour_end, hour_of, week_end, week_start
from counterpoint.disclosure.statistics import summarise
from counterpoint.disclosure.visit import Visit
from counterpoint.messages.schemas import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from counterpoint.settings import PrivacyRules

FLOOR_VISITS: Final = 5
"""No setting goes below this: Viva Insights' smallest group is 5 too."""
FLOOR_PEOPLE: Final = 3
"""Fewer people at a desk and a window is a statement about one of them."""
MOST_PEOPLE_TOLD: Final = 5
ENDS: Final = {"hour": hour_end, "day": day_end, "week": week_end}
"""Where a window may close, by `privacy.window`."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What may leave now, and how far the time of the device is told.

    Attributes:
        windows: The windows made, oldest first.
        told_until: End of the last of them (seconds since 1970, UTC): visits of earlier hours are used up.
        used: Visits in windows with statistics, left-out ones included.
        dropped: Visits told only as "fewer than k", or not at all because the pool is too small.
    """

    windows: tuple[Window, ...]
    told_until: int
    used: int
    dropped: int


def disclose(
    waiting: Sequence[Visit],
    told_until: int | None,
    now_s: float,
    rules: PrivacyRules,
    zone: ZoneInfo,
    new_id: Callable[[], str],
) -> Disclosure:
    """Make the windows that are complete now.

    A visit without an hour counts for this hour; one of an hour that was told already counts for the next that is not.
    `told_until` is that of the last disclosure, None at the first. `new_id` gives a random UUIDv4.
    """
    this_hour = hour_of(now_s, zone)
    dated = [(this_hour if visit.hour is None else visit.hour, visit) for visit in waiting]
    begin = min([this_hour, *map(_hour_of_row, dated)]) if told_until is None else told_until
    rows = sorted(((max(hour, begin), visit) for hour, visit in dated), key=_hour_of_row)
    if rules.pool < FLOOR_PEOPLE:
        told_until = max(begin, this_hour)
        return Disclosure((), told_until, 0, sum(hour < told_until for hour, _ in rows))
    return _tile(rows, begin, now_s, _Teller(rules, zone, new_id))


def release_s(now_s: float, rules: PrivacyRules, draw: float) -> float:
    """Return when a window made now may go; `draw` is uniform in [0, 1)."""
    return now_s + draw * rules.jitter_s


_Row = tuple[int, Visit]


def _hour_of_row(row: _Row) -> int:
    return row[0]


def _tile(rows: Sequence[_Row], begin: int, now_s: float, teller: _Teller) -> Disclosure:
    windows: list[Window] = []
    used = dropped = 0
    while True:
        week = week_end(begin, teller.zone)
        end = teller.first_end(rows, begin, min(now_s, week))
        if end is None and week > now_s:
            return Disclosure(tuple(windows), begin, used, dropped)
        run = [visit for hour, visit in rows if hour < (end or week)]
        rows = rows[len(run) :]
        windows.append(teller.tell(begin, end or week, run if end else None))
        used, dropped = (used + len(run), dropped) if end else (used, dropped + len(run))
        begin = end or _next_week_on(rows, week, now_s, teller.zone)


def _next_week_on(rows: Sequence[_Row], week: int, now_s: float, zone: ZoneInfo) -> int:
    return max(week, week_start(rows[0][0] if rows else now_s, zone))


@dataclass(frozen=True, slots=True)
class _Teller:
    rules: PrivacyRules
    zone: ZoneInfo
    new_id: Callable[[], str]

    @property
    def fewest(self) -> int:
        return max(self.rules.k, FLOOR_VISITS)

    def first_end(self, rows: Sequence[_Row], begin: int, limit_s: float) -> int | None:
        """Return the first end of an hour (day, week), not after the limit, by which k visits came since `begin`."""
        counted = [hour for hour, visit in rows if not visit.left_out]
        if len(counted) < self.fewest:
            return None
        end = ENDS[self.rules.window](hour_of(max(counted[self.fewest - 1], begin), self.zone), self.zone)
        return end if end <= limit_s else None

    def tell(self, begin: int, end: int, run: Sequence[Visit] | None) -> Window:
        return Window(
            id=self.new_id(),
            start_utc=datetime.fromtimestamp(begin, UTC),
            end_utc=datetime.fromtimestamp(end, UTC),
            timezone=self.zone.key,
            fewest_visits=self.fewest,
            fewest_people=min(self.rules.pool, MOST_PEOPLE_TOLD),
            statistics=None if run is None else summarise(run, self.fewest),
        )
