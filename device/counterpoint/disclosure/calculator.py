"""People, counters and visits in; what a place will see, and when, out: for the privacy page's calculator.

One rule: it answers from the same rules that tell a site, never from a table of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, Literal

from counterpoint.disclosure.changes import POWER
from counterpoint.disclosure.figures import NORMAL_95
from counterpoint.disclosure.weeks import BLOCK_WEEKS, MONTH_WEEKS

if TYPE_CHECKING:
    from counterpoint.disclosure.sites import SiteRules

CLOSING_DAYS: Final = 3
"""A week is told 72 hours after its end."""
RUN_WEEKS: Final = (1, MONTH_WEEKS)
"""When a run may close before its block ends."""
VISIT_VARIANCE: Final = 5.0
"""Of one visit's talk-overs, over their squared mean: 0.4 a visit, twice as uneven as chance (simulated)."""
_POWER_Z: Final = NormalDist().inv_cdf(POWER)


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
        weeks: Weeks of one run of its numbers; None when there are none.
        stands: Its numbers stand until they clearly move; else they are told anew each time.
        why_not: What stands in the way of numbers; None when there are some.
        hours_told: Its hours are told, by twelve weeks.
        window_hours: Opening hours until a counter's window closes.
        first_after_days: From the first Monday of a block to the first numbers.
        blur_percent: Standard deviation of the blur, in percent of the number.
        change_seen_percent: The change of talk-overs, in percent, that shows four times in five: between two runs, or
            against what stands.
    """

    weeks: int | None
    stands: bool
    why_not: Literal["people", "visits"] | None
    hours_told: bool
    window_hours: int
    first_after_days: int | None
    blur_percent: float | None
    change_seen_percent: int | None


def foresee(place: Place, rules: SiteRules, k: int = 10) -> Foresight:
    """Tell what a place will see; `k` is its devices' fewest visits of a window."""
    open_hours = place.counters * place.open_hours
    window_hours = ceil(k * open_hours / place.visits_a_day) if place.visits_a_day > 0 else 0
    if place.people < rules.fewest_people:
        return Foresight(None, False, "people", False, window_hours, None, None, None)
    a_week = place.visits_a_day * place.days
    if a_week * BLOCK_WEEKS < rules.fewest_visits or not 0 < window_hours <= place.open_hours * place.days:
        return Foresight(None, False, "visits", False, window_hours, None, None, None)
    share = _largest_share(place.counters)
    clear = [each for each in RUN_WEEKS if rules.blur_of(share, each) <= rules.clear]
    weeks = min((each for each in clear if a_week * each >= rules.fewest_visits), default=None)
    hours_told = share * rules.hours_counters <= 1
    if weeks is None:
        blur, seen = _standing(share, a_week, rules)
        first_days = 7 * BLOCK_WEEKS + CLOSING_DAYS
        return Foresight(
            MONTH_WEEKS, True, None, hours_told, window_hours, first_days, _percent(blur), ceil(100 * seen)
        )
    blur = rules.blur_of(share, weeks)
    seen = (NORMAL_95 + _POWER_Z) * sqrt(2) * hypot(blur, _error(a_week * weeks))
    first_days = 7 * weeks + CLOSING_DAYS
    return Foresight(weeks, False, None, hours_told, window_hours, first_days, _percent(blur), ceil(100 * seen))


def _standing(share: float, a_week: int, rules: SiteRules) -> tuple[float, float]:
    """Return the blur of numbers that stand, and the move that ends them four times in five."""
    blur = rules.standing_blur_of(share)
    half = NORMAL_95 * hypot(blur, _error(a_week * BLOCK_WEEKS))
    return blur, rules.stands * half + _POWER_Z * _error(a_week * MONTH_WEEKS)


def _error(visits: int) -> float:
    return sqrt(VISIT_VARIANCE / visits)


def _percent(blur: float) -> float:
    return round(100 * blur, 1)


def _largest_share(counters: int) -> float:
    """Return about what `largest_share` finds at so many equally busy counters (simulated: within 4 % from 1 to 20)."""
    return min(1.0, (1 + log(counters) / 4) / counters)
