"""Weeks that are due: a site's windows through the filter into summaries, in one transaction a site.

One rule: a week is told once. It is due a while after its end in the site's own zone (late windows); all sites together
are pooled from the sites' own summaries, so that they hold nothing that the sites don't.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from counterpoint.disclosure.sites import first_week_needed, summarise_site
from counterpoint.fleet.pooling import AllSites, next_run
from counterpoint.fleet.store.reading import ALL
from counterpoint.fleet.store.weeks import week_at, weeks_between, weeks_later

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from counterpoint.disclosure.sites import SiteRules
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.rows import Site
    from counterpoint.fleet.store.writing import Writing

    Alone = Callable[[str], AbstractContextManager[object]]

HOUR_S: Final = 3600


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
        made += _close_all(store, sites, now_s, wait_hours, rules)
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
    telling = summarise_site(site, windows, told, due, rules)
    writing.put_summaries([*telling.periods, *telling.hours], now_s)
    writing.note_closed(site.code, due, telling.told_until)
    for kind, amount in (("merged", telling.merged), ("dropped", telling.dropped)):
        writing.count(kind, {site.code: amount})
    return len(telling.periods) + len(telling.hours)


def _close_all(store: Store, sites: Sequence[Site], now_s: int, wait_hours: int, rules: SiteRules) -> int:
    """Pool what the sites told, run by run; return how many summaries were made."""
    if not sites:
        return 0
    due = min(_due(now_s, wait_hours, site.timezone) for site in sites)
    counters = sum(site.counter_count for site in sites)
    for made in count():
        with store.writing() as writing:
            last = writing.last_week(ALL)
            first = weeks_later(last, 1) if last else writing.first_told_week()
            if first is None or first > due:
                return made
            run = next_run(AllSites(ALL, due, counters), first, writing.site_periods(first), rules)
            if run is None:
                return made
            writing.put_summaries([run], now_s)
    return 0
