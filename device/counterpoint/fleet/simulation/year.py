"""A year of a fleet, week by week: what its devices send, what its sites count themselves, and who served where.

One rule: a site's week depends on the seed, its number and the week's alone, so that weeks can be drawn in any order
and on several cores, and the same command gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np

from counterpoint.disclosure.hours import week_end, week_start
from counterpoint.fleet.simulation import tiling
from counterpoint.fleet.simulation.crowds import LUNCH, NOBODY, draw_week
from counterpoint.fleet.simulation.faults import Faults, arrivals, is_deaf, is_off, plan_faults
from counterpoint.fleet.simulation.happenings import Happening, effects, plan_year
from counterpoint.fleet.simulation.places import DRAWN_COUNTERS, Place, build_large, build_places
from counterpoint.fleet.simulation.seasons import Week, weeks_until
from counterpoint.fleet.simulation.visits import draw_habits, draw_visits
from counterpoint.settings import PrivacyRules

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.fleet.simulation.crowds import SiteWeek
    from counterpoint.messages.schemas import Window

DEVICE_ONLY: Final = 1000
"""Up to so many counters every window is made by the device's own code; above, by sums that a test holds equal."""
WEEK_S: Final = 604_800
FACT_SHARE: Final = 0.6
"""Share of the sites that count their visitors themselves."""
Half = Literal["morning", "afternoon"]


@dataclass(frozen=True, slots=True)
class YearPlan:
    """What is asked for: so many counters over so many whole weeks, the last of which is `last`."""

    counters: int
    weeks: int
    last: Week
    seed: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A window as it reaches the fleet, and when (seconds since 1970, UTC)."""

    at_s: int
    device: str
    window: Window


@dataclass(frozen=True, slots=True)
class Shift:
    """Who served at a counter in half a day: for the roster, which is for the attack alone."""

    day: str
    half: Half
    device: str
    person: int


@dataclass(frozen=True, slots=True)
class SiteStory:
    """A site's week: what arrived, what the site counted itself, and who served.

    Attributes:
        site: The site's number.
        arrived: Windows, oldest first, by when they arrive.
        visitors: How many came.
        wait_min: How long they waited on average.
        shifts: Who served.
        visits: How many visits there were, left-out ones included.
    """

    site: int
    arrived: tuple[Arrived, ...]
    visitors: int
    wait_min: float
    shifts: tuple[Shift, ...]
    visits: int


class Year:
    """A fleet's year, planned and not yet drawn."""

    def __init__(self, plan: YearPlan) -> None:
        self.plan = plan
        self.weeks: tuple[Week, ...] = weeks_until(plan.last, plan.weeks)

    @property
    def is_large(self) -> bool:
        """So many counters that each site is drawn and told by itself, and only its last week is kept."""
        return self.plan.counters > DEVICE_ONLY

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The sites, by number."""
        build = build_large if self.is_large else build_places
        return build(self.plan.counters, self.plan.seed)

    @cached_property
    def drawn_sites(self) -> int:
        """How many sites, from the first on, have a year of their own; site n tells what site n modulo this tells."""
        seen = 0
        for place in self.places:
            if seen >= DRAWN_COUNTERS:
                return place.number
            seen += len(place.counters)
        return len(self.places)

    @cached_property
    def happenings(self) -> tuple[Happening, ...]:
        """What managers would note."""
        return plan_year(self.places, self.plan.weeks, self.plan.seed)

    @cached_property
    def faults(self) -> Faults:
        """What is wrong with which device."""
        return plan_faults(self.places, self.plan.weeks, self.plan.seed)

    @cached_property
    def counting_sites(self) -> frozenset[int]:
        """The sites that count visitors and waiting times themselves."""
        draws = np.random.default_rng([self.plan.seed, 5]).random(len(self.places))
        return frozenset(np.flatnonzero(draws < FACT_SHARE).tolist())

    def draw(self, site: int, week: int) -> SiteStory:
        """Draw the week of this number of the site of this number."""
        place = self.places[site]
        rng = np.random.default_rng([self.plan.seed, 3, site, week])
        effect = effects(self.happenings, site, week)
        drawn = draw_week(place, self.weeks[week], effect, rng)
        habits = draw_habits(place, effect.team, self.plan.seed)
        faults = [self.faults.get(device) for device in place.counters]
        deaf = np.array([is_deaf(fault, week) for fault in faults])
        visits = draw_visits(place, drawn, habits, effect, deaf, rng)
        span = self._span(place, week)
        arrived: list[Arrived] = []
        for counter, (device, fault) in enumerate(zip(place.counters, faults, strict=True)):
            if not is_off(fault, week, rng):
                windows = self._tile(visits, counter, span, PrivacyRules(pool=place.people), rng)
                arrived += [Arrived(at_s, device, window) for at_s, window in arrivals(windows, fault, week, rng)]
        return SiteStory(
            site=site,
            arrived=tuple(sorted(arrived, key=lambda each: each.at_s)),
            visitors=int(drawn.arrived.sum()),
            wait_min=float(np.average(drawn.wait_min, weights=np.maximum(drawn.arrived, 1e-9)))
            if len(drawn.hours)
            else 0.0,
            shifts=_shifts(place, drawn),
            visits=len(visits.hour),
        )

    @property
    def _tile(self) -> Callable[..., tuple[Window, ...]]:
        return tiling.by_columns if self.is_large else tiling.by_device

    def _span(self, place: Place, week: int) -> tiling.Span:
        zone = ZoneInfo(place.timezone)
        start = week_start(noon_s(self.weeks[week]), zone)
        return tiling.Span(start, week_end(start, zone), place.timezone)


def noon_s(week: Week) -> int:
    """Return noon of the Monday, UTC: the same Monday in every zone that we know."""
    return int(datetime(week.monday.year, week.monday.month, week.monday.day, 12, tzinfo=UTC).timestamp())


def _shifts(place: Place, drawn: SiteWeek) -> tuple[Shift, ...]:
    seen: dict[tuple[str, Half, int], int] = {}
    for day, hour, row in zip(drawn.days, drawn.clock, drawn.staff.tolist(), strict=True):
        half: Half = "morning" if hour < LUNCH else "afternoon"
        for counter, person in enumerate(row):
            if person != NOBODY:
                seen.setdefault((day.isoformat(), half, counter), person)
    return tuple(Shift(day, half, place.counters[counter], person) for (day, half, counter), person in seen.items())
