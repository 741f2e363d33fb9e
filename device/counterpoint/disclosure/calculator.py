"""Staff, counters and visits in; what a place will see, and when, out: for the privacy page's calculator.

One rule: it answers from the same rules that tell a site, never from a table of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final, Literal

from counterpoint.disclosure.weeks import BLOCK_WEEKS

if TYPE_CHECKING:
    from counterpoint.disclosure.sites import SiteRules

CLOSING_DAYS: Final = 3
"""A week is told 72 hours after its end."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is asked about.

    Attributes:
        people: Who take turns at its counters.
        counters: How many are open at once, mostly.
        visits_a_day: At the whole place.
        open_hours: A day.
        days: A week.
    """

    people: int
    counters: int
    visits_a_day: int
    open_hours: int = 8
    days: int = 5


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a place will see.

    Attributes:
        told: Its numbers are told by week, by four weeks, or not at all.
        why_not: What keeps it from more; None when it is told by week with its hours.
        hours_told: Its hours are told, by four weeks.
        window_hours: Opening hours until a counter's window closes.
        first_after_days: From the first Monday to the first numbers, at most; None when there are none.
    """

    told: Literal["week", "four_weeks", "nothing"]
    why_not: Literal["people", "visits", "counters"] | None
    hours_told: bool
    window_hours: int
    first_after_days: int | None


def foresee(place: Place, rules: SiteRules, k: int = 10) -> Foresight:
    """Tell what a place will see; `k` is its devices' fewest visits of a window."""
    open_hours = place.counters * place.open_hours
    window_hours = ceil(k * open_hours / place.visits_a_day) if place.visits_a_day > 0 else 0
    if place.people < rules.fewest_people:
        return Foresight("nothing", "people", False, window_hours, None)
    a_week = place.visits_a_day * place.days
    if a_week * BLOCK_WEEKS < rules.fewest_visits or not 0 < window_hours <= place.open_hours * place.days:
        return Foresight("nothing", "visits", False, window_hours, None)
    if place.counters < rules.week_counters or a_week < rules.fewest_visits:
        why_not: Literal["visits", "counters"] = "visits" if place.counters >= rules.week_counters else "counters"
        return Foresight("four_weeks", why_not, False, window_hours, _days(2 * BLOCK_WEEKS - 1))
    hours_told = place.counters >= rules.hours_counters
    return Foresight("week", None if hours_told else "counters", hours_told, window_hours, _days(1))


def _days(weeks: int) -> int:
    return 7 * weeks + CLOSING_DAYS
