"""A large fleet's year for load: each site drawn and told on one core, and only its summaries and last week kept.

One rule: what is told is what the same windows would tell in life: in time, plausible, through the same filter. Windows
of earlier weeks would have been deleted by now, so they are never written.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.sites import SiteRules, SiteTelling, SiteWindow, summarise_site
from counterpoint.fleet.collector.plausible import implausible
from counterpoint.fleet.simulation.into_store import CLOSES_AFTER_S
from counterpoint.fleet.simulation.messages import facts, windows
from counterpoint.fleet.simulation.year import Year, YearPlan, noon_s
from counterpoint.fleet.store.rows import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.fleet.collector.intake import Arrival
    from counterpoint.fleet.simulation.year import SiteStory
    from counterpoint.fleet.store.rows import Fact

BLOCK: Final = 4
"""Sites in one piece of work."""
_drawn_here: dict[YearPlan, Year] = {}


@dataclass(frozen=True, slots=True)
class SiteYear:
    """A site's whole year.

    Attributes:
        site: The site's number.
        telling: What its readers see.
        recent: The windows of the last week, as they arrived.
        facts: What the site counted itself.
        visits: Visits drawn.
        windows: Windows made.
    """

    site: int
    telling: SiteTelling
    recent: tuple[Arrival, ...]
    facts: tuple[Fact, ...]
    visits: int
    windows: int


def site_years(plan: YearPlan, jobs: int | None = None) -> Iterator[SiteYear]:
    """Yield every site's year, in the order of the sites."""
    sites = range(len(Year(plan).places))
    blocks = [sites[first : first + BLOCK] for first in range(0, len(sites), BLOCK)]
    with ProcessPoolExecutor(jobs or os.cpu_count()) as pool:
        yield from chain.from_iterable(pool.map(_draw, [plan] * len(blocks), blocks))


def draw_site(year: Year, site: int) -> SiteYear:
    """Draw and tell the year of one site."""
    stories = [year.draw(site, week) for week in range(len(year.weeks))]
    in_time = [each for week, story in enumerate(stories) for each in _in_time(year, story, week)]
    place = year.places[site]
    known = Site(place.code, place.name, place.timezone, len(place.counters), place.people)
    return SiteYear(
        site=site,
        telling=summarise_site(known, in_time, None, year.weeks[-1].name, SiteRules()),
        recent=tuple(windows(year, stories[-1:])),
        facts=tuple(chain.from_iterable(facts(year, week, [story]) for week, story in enumerate(stories))),
        visits=sum(story.visits for story in stories),
        windows=sum(len(story.arrived) for story in stories),
    )


def _draw(plan: YearPlan, sites: range) -> list[SiteYear]:
    year = _drawn_here.setdefault(plan, Year(plan))
    return [draw_site(year, site) for site in sites]


def _in_time(year: Year, story: SiteStory, week: int) -> Iterator[SiteWindow]:
    """The windows of a week that came before it was told, each once, and could be true."""
    seen: set[str] = set()
    until_s = noon_s(year.weeks[week]) + CLOSES_AFTER_S
    for each in story.arrived:
        if each.at_s <= until_s and each.window.id not in seen and not implausible(each.window):
            seen.add(each.window.id)
            yield SiteWindow(each.device, each.window)
