"""A site's week hour by hour: who is at which counter, how many come, how many are served, how long the rest wait.

One rule: nobody is served at a closed counter, and whoever was not served by closing time goes home.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from counterpoint.fleet.simulation.seasons import demand, illness

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from counterpoint.fleet.simulation.happenings import Effects
    from counterpoint.fleet.simulation.places import Opening, Place
    from counterpoint.fleet.simulation.seasons import Week

    Ints = NDArray[np.int64]
    Reals = NDArray[np.float64]

NOBODY: Final = -1
SATURDAY: Final = 5
LUNCH: Final = 12
"""At this hour half of the counters are closed; with it the second shift begins."""
HOUR_DEMAND: Final = {7: 0.7, 8: 0.9, 9: 1.1, 10: 1.25, 11: 1.2, 12: 1.0, 13: 0.9, 14: 0.95, 15: 1.0, 16: 1.1, 17: 1.05}
EVENING_DEMAND: Final = 0.7
BETWEEN_VISITS_S: Final = 30.0
MEAN_OVER_MEDIAN: Final = 1.1
FULL_CROWD: Final = 4.0
"""Waiting customers a counter at which it is as crowded as it gets to be counted."""
ILL: Final = 2.0
"""Sorts behind every draw of [0, 1)."""


@dataclass(frozen=True, slots=True)
class SiteWeek:
    """One week of a site; H open hours, C counters.

    Attributes:
        hours: Shape (H,): the local hours as seconds since 1970, UTC.
        days: The local day of each hour.
        clock: What the clock on the wall shows at each of them, 0 to 23.
        staff: Shape (H, C): who is at the counter, NOBODY where it is closed.
        served: Shape (H, C): visits that took place.
        arrived: Shape (H,): customers who came.
        crowd: Shape (H,): 0 nobody waits, 1 it is crowded; never above 1.5.
        wait_min: Shape (H,): how long who came then waited, in minutes.
    """

    hours: Ints
    days: tuple[date, ...]
    clock: tuple[int, ...]
    staff: Ints
    served: Ints
    arrived: Ints
    crowd: Reals
    wait_min: Reals


def draw_week(place: Place, week: Week, effects: Effects, rng: np.random.Generator) -> SiteWeek:
    """Draw a week of a site."""
    open_hours = [(day, hour) for day in week.days() for hour in _hours(place.opening, day)]
    zone = ZoneInfo(place.timezone)
    starts = [int(datetime(day.year, day.month, day.day, hour, tzinfo=zone).timestamp()) for day, hour in open_hours]
    staff = _staff(place, open_hours, illness(week), rng)
    counters_open = (staff != NOBODY).sum(axis=1)
    arrived = _arrivals(place, open_hours, rng)
    can_serve = rng.poisson(counters_open * 3600 / (place.length_s * MEAN_OVER_MEDIAN + BETWEEN_VISITS_S))
    served, waiting = _queue([day for day, _ in open_hours], arrived, can_serve)
    per_counter = np.maximum(counters_open, 1)
    crowd = np.minimum(waiting / (per_counter * FULL_CROWD), 1.5) * effects.crowd
    wait_min = effects.crowd * waiting * (place.length_s * MEAN_OVER_MEDIAN + BETWEEN_VISITS_S) / 60 / per_counter
    return SiteWeek(
        hours=np.array(starts, dtype=np.int64),
        days=tuple(day for day, _ in open_hours),
        clock=tuple(hour for _, hour in open_hours),
        staff=staff,
        served=_spread(served, staff, rng),
        arrived=arrived,
        crowd=crowd,
        wait_min=wait_min,
    )


def _hours(opening: Opening, day: date) -> range:
    if demand(day) == 0:
        return range(0)
    return range(opening.opens, opening.saturday_closes if day.weekday() == SATURDAY else opening.closes)


def _staff(place: Place, open_hours: list[tuple[date, int]], ill: float, rng: np.random.Generator) -> Ints:
    """Who serves where: shifts of half a day, drawn anew for each, from those who are well this week."""
    counters = len(place.counters)
    well = rng.random(place.people) >= ill
    well[: min(2, place.people)] = True  # a site with nobody at all would be another story
    draw = np.where(well, rng.random((14, place.people)), ILL)
    order = np.argsort(draw, axis=1)
    present = min(int(well.sum()), counters)
    shifts = np.full((14, counters), NOBODY, dtype=np.int64)
    shifts[:, :present] = order[:, :present]
    rows = [2 * day.weekday() + (hour >= LUNCH) for day, hour in open_hours]
    staff = shifts[np.array(rows, dtype=np.int64)]
    at_lunch = np.array([hour == LUNCH for _, hour in open_hours], dtype=bool)
    staff[np.ix_(at_lunch, np.arange(counters) >= (counters + 1) // 2)] = NOBODY
    return staff


def _arrivals(place: Place, open_hours: list[tuple[date, int]], rng: np.random.Generator) -> Ints:
    ordinary = place.arrivals * len(place.counters)
    expected = np.array([demand(day) * HOUR_DEMAND.get(hour, EVENING_DEMAND) for day, hour in open_hours])
    weather = float(rng.lognormal(0, 0.06))
    return rng.poisson(ordinary * weather * expected)


def _queue(days: list[date], arrived: Ints, can_serve: Ints) -> tuple[Ints, Reals]:
    """Return who was served in each hour, and how many waited at its end."""
    served: list[int] = []
    waiting: list[int] = []
    line, today = 0, None
    for day, come, room in zip(days, arrived.tolist(), can_serve.tolist(), strict=True):
        line = come + (line if day == today else 0)
        today = day
        served.append(min(line, room))
        line -= served[-1]
        waiting.append(line)
    return np.array(served, dtype=np.int64), np.array(waiting, dtype=np.float64)


def _spread(served: Ints, staff: Ints, rng: np.random.Generator) -> Ints:
    """Share the visits of each hour among its open counters."""
    is_open = staff != NOBODY
    chances = is_open / np.maximum(is_open.sum(axis=1, keepdims=True), 1)
    chances[~is_open.any(axis=1), 0] = 1.0  # nobody is served then: any chances will do
    return rng.multinomial(served, chances)
