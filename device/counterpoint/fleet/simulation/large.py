"""A large fleet's year for load: each site drawn and told on one core, and only its summaries and last week kept.

One rule: what is told is what the same windows would tell in life: in time, plausible, through the same filter. Windows
of earlier weeks would have been deleted by now, so they are never written.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec.structs import replace as renamed

from counterpoint.disclosure.all_sites import site_week
from counterpoint.disclosure.sites import SiteRules, SiteTelling, SiteWindow, summarise_site
from counterpoint.disclosure.sums import of_sites
from counterpoint.fleet.collector.intake import Arrival
from counterpoint.fleet.collector.plausible import implausible
from counterpoint.fleet.simulation.into_store import CLOSES_AFTER_S
from counterpoint.fleet.simulation.messages import facts, windows
from counterpoint.fleet.simulation.places import random_id
from counterpoint.fleet.simulation.year import Year, YearPlan, noon_s
from counterpoint.fleet.store.rows import Site
from counterpoint.messages.schemas import decode_window, encode
from counterpoint.messages.topics import topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from counterpoint.disclosure.sums import Sums
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
        weeks: The sums of each week, of this site and of all that tell the same; None where nobody was on. Those others
            have none.
        visits: Visits drawn.
        windows: Windows made.
    """

    site: int
    telling: SiteTelling
    recent: tuple[Arrival, ...]
    facts: tuple[Fact, ...]
    weeks: tuple[Sums | None, ...]
    visits: int
    windows: int


def site_years(plan: YearPlan, jobs: int | None = None) -> Iterator[SiteYear]:
    """Yield every site's year: that of each drawn site, and after it those of the sites that tell the same."""
    year = Year(plan)
    drawn = range(year.drawn_sites)
    blocks = [drawn[first : first + BLOCK] for first in range(0, len(drawn), BLOCK)]
    with ProcessPoolExecutor(jobs or os.cpu_count()) as pool:
        for one in chain.from_iterable(pool.map(_draw, [plan] * len(blocks), blocks)):
            yield one
            for site in range(one.site + len(drawn), len(year.places), len(drawn)):
                yield _the_same(year, one, site)


def _the_same(year: Year, one: SiteYear, site: int) -> SiteYear:
    """The year of a drawn site as another one's: other names and ids, the same numbers."""
    ours, theirs = year.places[one.site], year.places[site]
    rng = np.random.default_rng([year.plan.seed, 9, site])
    device = dict(zip(ours.counters, theirs.counters, strict=True))
    recent = (
        Arrival(
            topic(theirs.code, device[each.topic.split("/")[3]], "window"),
            encode(renamed(decode_window(each.payload), id=random_id(rng))),
            each.received_s,
        )
        for each in one.recent
    )
    telling = replace(
        one.telling,
        periods=tuple(renamed(each, site=theirs.code) for each in one.telling.periods),
        hours=tuple(renamed(each, site=theirs.code) for each in one.telling.hours),
    )
    facts_there = tuple(replace(each, site=theirs.code) for each in one.facts)
    return replace(one, site=site, telling=telling, recent=tuple(recent), facts=facts_there, weeks=())


def draw_site(year: Year, site: int) -> SiteYear:
    """Draw and tell the year of one site."""
    stories = [year.draw(site, week) for week in range(len(year.weeks))]
    in_time = [list(_in_time(year, story, week)) for week, story in enumerate(stories)]
    place, rules = year.places[site], SiteRules()
    weeks = (
        site_week(windows_then, place.timezone, week.name, rules)
        for windows_then, week in zip(in_time, year.weeks, strict=True)
    )
    alike = range(site, len(year.places), year.drawn_sites)
    known = Site(place.code, place.name, place.timezone, len(place.counters), place.people)
    return SiteYear(
        site=site,
        telling=summarise_site(known, list(chain.from_iterable(in_time)), None, year.weeks[-1].name, rules),
        recent=tuple(windows(year, stories[-1:])),
        facts=tuple(chain.from_iterable(facts(year, week, [story]) for week, story in enumerate(stories))),
        weeks=tuple(sums and _of_alike(sums, alike) for sums in weeks),
        visits=sum(story.visits for story in stories),
        windows=sum(len(story.arrived) for story in stories),
    )


def _of_alike(sums: Sums, sites: Sequence[int]) -> Sums:
    """The sums of sites that tell the same, as if each had windows with ids of its own."""
    return of_sites([replace(sums, ids=sha256(sums.ids + site.to_bytes(8)).digest()) for site in sites])


def _draw(plan: YearPlan, sites: range) -> list[SiteYear]:
    year = _drawn_here.setdefault(plan, Year(plan))
    return [draw_site(year, site) for site in sites]


def _in_time(year: Year, story: SiteStory, week: int) -> Iterator[SiteWindow]:
    """The windows of a week that came before it was told, each once, could be true, and are of no device set apart."""
    seen: set[str] = set()
    until_s = noon_s(year.weeks[week]) + CLOSES_AFTER_S
    for each in story.arrived:
        fault = year.faults.get(each.device)
        if fault is not None and fault.kind == "implausible" and week > fault.since:
            continue
        if each.at_s <= until_s and each.window.id not in seen and not implausible(each.window):
            seen.add(each.window.id)
            yield SiteWindow(each.device, each.window)
