"""The year's course: weeks, holidays, how many come on a day, how many are ill.

One rule: everything here follows from the date alone; chance comes in later, from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import cos, exp, pi
from typing import Final

FIXED_HOLIDAYS: Final = ((1, 1), (5, 1), (12, 25), (12, 26))
AFTER_EASTER_DAYS: Final = (-2, 1, 39, 50)
"""Good Friday, Easter Monday, Ascension, Whit Monday."""
WEEKDAY_DEMAND: Final = (1.15, 0.95, 0.9, 1.0, 1.1, 0.8, 0.0)
"""Mondays bring what the weekend left; a Saturday is short; Sundays are closed."""
WINTER_ILLNESS_WEEK: Final = 6
AUTUMN_ILLNESS_WEEK: Final = 44
DAYS_A_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO 8601 week by its Monday."""

    monday: date

    @property
    def name(self) -> str:
        """As in 2026-W14."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02}"

    def after(self, weeks: int) -> Week:
        """Return the week so many later."""
        return Week(self.monday + timedelta(weeks=weeks))

    def days(self) -> tuple[date, ...]:
        """Return its seven days, Monday first."""
        return tuple(self.monday + timedelta(days=each) for each in range(7))


def last_whole_week(today: date) -> Week:
    """Return the week before the one that this day lies in."""
    return Week(today - timedelta(days=today.weekday() + 7))


def weeks_until(last: Week, count: int) -> tuple[Week, ...]:
    """Return so many weeks, oldest first, the last one included."""
    return tuple(last.after(each - count + 1) for each in range(count))


@lru_cache(maxsize=8)
def holidays(year: int) -> frozenset[date]:
    """Return the days of a year on which every site is closed."""
    easter = _easter(year)
    fixed = {date(year, month, day) for month, day in FIXED_HOLIDAYS}
    return frozenset(fixed | {easter + timedelta(days=each) for each in AFTER_EASTER_DAYS})


def demand(day: date) -> float:
    """Return how many come on this day, as a factor; 0 where every site is closed."""
    if day in holidays(day.year):
        return 0.0
    year_part = day.timetuple().tm_yday / DAYS_A_YEAR
    summer = 0.16 * _hill(year_part, 0.58, 0.06)  # the weeks around the end of July
    advent = 0.14 * _hill(year_part, 0.94, 0.03)
    return WEEKDAY_DEMAND[day.weekday()] * (1 + 0.05 * cos(2 * pi * (year_part - 0.03)) - summer + advent)


def illness(week: Week) -> float:
    """Return the share of staff who are ill in this week."""
    number = week.monday.isocalendar().week
    return 0.03 + 0.11 * _hill(number, WINTER_ILLNESS_WEEK, 2.5) + 0.05 * _hill(number, AUTUMN_ILLNESS_WEEK, 2.0)


def _hill(at: float, centre: float, width: float) -> float:
    return exp(-(((at - centre) / width) ** 2))


def _easter(year: int) -> date:
    """Return Easter Sunday (the anonymous Gregorian rule, Meeus 1991, chapter 8)."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    leap_centuries, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap_centuries - correction + 15) % 30
    leaps, left = divmod(of_century, 4)
    to_sunday = (32 + 2 * rest + 2 * leaps - moon - left) % 7
    late = (golden + 11 * moon + 22 * to_sunday) // 451
    month, day = divmod(moon + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)
