"""Weeks that are due: a site's windows through the filter into summaries, in one transaction a site.

One rule: a week is told once. It is due a while after its end in the site's own zone (late windows); that of all sites
when every site has closed it, from the same windows, as if they were one site.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from counterpoint.disclosure.all_sites import ZONE as ALL_ZONE
from counterpoint.disclosure.all_sites import AllSites, all_week, site_week, tell_all
from counterpoint.disclosure.sites import first_week_needed, summarise_site
from counterpoint.errors import MessageError
from counterpoint.fleet.store.reading import ALL
from counterpoint.fleet.store.weeks import week_at, weeks_between, weeks_later

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.disclosure.all_sites import AllWeek
    from counterpoint.disclosure.sites import SiteRules
    from counterpoint.disclosure.sums import Sums
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.rows import Site
    from counterpoint.fleet.store.writing import Writing
    from counterpoint.messages.summaries import Summary

    Alone = Callable[[str], AbstractContextManager[object]]

HOUR_S: Final = 3600
FIRST_WEEK: Final = "1970-W01"
LAST_WEEK: Final = "9999-W52"
WAITED_WEEKS: Final = 4
"""A site whose weeks can't be told (its trouble is on IT's page) holds up all sites so long; then it is left out."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What one look told: sites with something new, and summaries made, those of all sites among them."""

    sites: int
    summaries: int


def close_due(
    store: Store,
    now_s: int,
    wait_hours: int,
    rules: SiteRules,
    stopped: Callable[[], bool] = lambda: False,
    alone: Alone = nullcontext,
) -> Closed:
    """Tell every site what is due; what is told already stays as it is, so this can be run at any time.

    Each site, and then `all`, is told within `alone(code)`, which may take its errors: then the next one is told.

    Raises:
        StorageError: The store can't be used; the sites before this one are told.
    """
    with store.reading() as reading:
        sites = reading.sites()
    told = made = 0
    for site in sites:
        if stopped():
            return Closed(told, made)
        with alone(site.code):
            new = _close_site(store, site, _due(now_s, wait_hours, site.timezone), rules, now_s)
            told, made = told + (new > 0), made + new
    with alone(ALL):
        made += _close_all(store, now_s, rules, stopped)
    return Closed(told, made)


def _due(now_s: int, wait_hours: int, timezone: str) -> str:
    """The last week that ended long enough ago."""
    return weeks_later(week_at(now_s - wait_hours * HOUR_S, ZoneInfo(timezone)), -1)


def _close_site(store: Store, site: Site, due: str, rules: SiteRules, now_s: int) -> int:
    if site.closed_until is not None and site.closed_until >= due:
        return 0
    with store.writing() as writing:
        told, closed = writing.hold_site(site.code)
        if closed is not None and closed >= due:
            return 0  # another collector was faster
        return _tell(writing, site, told, due, rules, now_s)


def _tell(writing: Writing, site: Site, told: str | None, due: str, rules: SiteRules, now_s: int) -> int:
    first = first_week_needed(told, due) if told else writing.first_week(site.code)
    if first is None or first > due:
        writing.note_closed(site.code, due, told)
        return 0
    windows = writing.windows(site.code, first, weeks_between(first, due))
    before: list[Summary] = [*writing.periods([site.code], FIRST_WEEK, due)]
    before += writing.hours([site.code], FIRST_WEEK, due)
    telling = summarise_site(site, windows, told, due, rules, before)
    writing.put_summaries([*telling.periods, *telling.hours], now_s)
    writing.note_closed(site.code, due, telling.told_until)
    for kind, amount in (("merged", telling.merged), ("dropped", telling.dropped)):
        writing.count(kind, {site.code: amount})
    return len(telling.periods) + len(telling.hours)


def _close_all(store: Store, now_s: int, rules: SiteRules, stopped: Callable[[], bool]) -> int:
    """Pool each week that the sites have closed, and tell what closes with it; return how many summaries were made."""
    made = 0
    while True:
        with store.writing() as writing:
            sites = [site for site in writing.sites() if site.counter_count]
            if len(sites) == 1:
                return made + _tell_alike(writing, sites[0], now_s)
            week = _next_week(writing)
        if week is None:
            return made
        closed = (site for site in sites if site.closed_until and site.closed_until >= week)
        by_code = sorted(closed, key=lambda site: site.code)
        pooled = all_week(week, (_site_week(store, site, week, rules) for site in by_code if not stopped()))
        if stopped():
            return made
        with store.writing() as writing:
            made += tell_week(writing, pooled, sum(site.counter_count for site in sites), rules, now_s)


def _tell_alike(writing: Writing, site: Site, now_s: int) -> int:
    """A fleet of one site: all sites tell what it tells, or the same windows would be blurred twice."""
    told = writing.last_week(ALL) or ""
    if told >= (writing.last_week(site.code) or ""):
        return 0
    runs = [run for run in writing.periods([site.code], told or FIRST_WEEK, LAST_WEEK) if run.first_week > told]
    writing.put_summaries([replace(run, site=ALL, timezone=ALL_ZONE) for run in runs], now_s)
    return len(runs)


def _next_week(writing: Writing) -> str | None:
    """Return the next week of all sites, None while it is not due: every site has closed it, or most did long ago."""
    every, some = writing.closed_weeks()
    if some is None:
        return None
    last = max(every or "", weeks_later(some, -WAITED_WEEKS))
    week = writing.next_pooled_week()
    return week if week and week <= last else None


def _site_week(store: Store, site: Site, week: str, rules: SiteRules) -> Sums | None:
    """Only one site's windows are in memory, and no other writer waits for more than that."""
    with store.writing() as writing:
        windows = writing.windows(site.code, week, 1)
    return site_week(windows, site.timezone, week, rules)


def tell_week(writing: Writing, week: AllWeek, counters: int, rules: SiteRules, now_s: int) -> int:
    """Keep a week of all sites and tell what closes with it, once: return how many summaries were made.

    Weeks come in order. Two collectors can pool the same week: the one that comes second finds it here, and tells
    nothing. `counters` are those of all sites.
    """
    if not writing.put_pooled_week(week):
        return 0
    before = writing.periods([ALL], FIRST_WEEK, week.week)
    since = weeks_later(before[-1].first_week, before[-1].weeks) if before else FIRST_WEEK
    try:
        weeks = writing.pooled_weeks(since)
    except MessageError:  # of the version before an update
        writing.drop_pooled_weeks()
        return 0
    runs = tell_all(AllSites(ALL, counters), weeks, before, rules)
    writing.put_summaries(runs, now_s)
    return len(runs)
