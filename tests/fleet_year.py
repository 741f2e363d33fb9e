"""A short year of a few counters, in a store: what pages, exports and telling are tested with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from counterpoint.disclosure.sites import SiteRules
from counterpoint.fleet.closing import close_due
from counterpoint.fleet.simulation.drawing import stories
from counterpoint.fleet.simulation.into_store import CLOSES_AFTER_S, IntoStore
from counterpoint.fleet.simulation.seasons import Week
from counterpoint.fleet.simulation.year import Year, YearPlan, noon_s
from counterpoint.fleet.store.opening import Store, open_store

WAIT_HOURS = 72
SHORT = YearPlan(counters=9, weeks=16, last=Week(date(2026, 11, 16)), seed=17)
"""A site of eight counters and one of a single counter; a block of twelve weeks, and the four after it."""


def year_in(where: Path | str, plan: YearPlan = SHORT) -> Store:
    """Return an open store with the year in it, told as in life; the caller closes it."""
    year, store = Year(plan), open_store(str(where))
    into = IntoStore(year, store, lambda now_s: close_due(store, now_s, WAIT_HOURS, SiteRules()))
    into.begin()
    for week, told in stories(plan, jobs=1):
        into.take(week, told)
    into.end(now_of(year))
    return store


def now_of(year: Year) -> int:
    """Return the moment at which the year is over and told (seconds since 1970, UTC)."""
    return noon_s(year.weeks[-1]) + CLOSES_AFTER_S
