"""A year straight into a fleet's store: through the collector's own judgement, weeks told as they close.

One rule: time passes here as it does in life: a window that arrives after its week was told is late.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.all_sites import AllWeek, all_week
from counterpoint.disclosure.sites import SiteRules
from counterpoint.fleet.closing import tell_week
from counterpoint.fleet.collector.collecting import keep
from counterpoint.fleet.simulation.messages import births, facts, last_words, notes, windows
from counterpoint.fleet.simulation.year import WEEK_S, noon_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from counterpoint.fleet.collector.intake import Arrival
    from counterpoint.fleet.simulation.large import SiteYear
    from counterpoint.fleet.simulation.year import SiteStory, Year
    from counterpoint.fleet.store.opening import Store

BATCH: Final = 2000
"""Messages a commit: a live collector's are smaller, since it does not wait."""
CLOSES_AFTER_S: Final = WEEK_S - 43_200 + 5 * 86_400
"""From the Monday's noon to a moment at which its week has closed in every zone: 72 hours after its end, and more."""


class IntoStore:
    """Brings a year into a store, week by week; `close` tells what is due at a moment (seconds since 1970, UTC)."""

    def __init__(self, year: Year, store: Store, close: Callable[[int], object]) -> None:
        self._year = year
        self._store = store
        self._close = close
        self._waiting: list[Arrival] = []

    def begin(self) -> None:
        """Name the sites, let every device say what it is, and note what happens."""
        with self._store.writing() as writing:
            for place in self._year.places:
                writing.name_site(place.code, place.name, place.timezone)
            for note in notes(self._year):
                writing.annotate(note)
        self.keep(births(self._year))

    def take(self, week: int, told: Sequence[SiteStory]) -> None:
        """Bring a week in, and tell what has closed before the next one is over."""
        now_s = noon_s(self._year.weeks[week]) + CLOSES_AFTER_S
        self._waiting = sorted([*self._waiting, *windows(self._year, told)], key=lambda each: each.received_s)
        due = sum(each.received_s <= now_s for each in self._waiting)
        arrived, self._waiting = self._waiting[:due], self._waiting[due:]
        self._quarantine(week)
        self.keep(arrived)
        with self._store.writing() as writing:
            writing.put_facts(list(facts(self._year, week, told)))
        self._close(now_s)

    def end(self, now_s: int) -> None:
        """Bring in what came late, and what every device says of itself at `now_s`: a fleet looked at then is alive."""
        self.keep(self._waiting)
        self.keep(last_words(self._year, now_s))

    def _quarantine(self, week: int) -> None:
        """Somebody looks after a week at a device that sends what can't be."""
        found = [name for name, fault in self._year.faults.items() if fault.kind == "implausible"]
        with self._store.writing() as writing:
            for name in found:
                if self._year.faults[name].since + 1 == week:
                    writing.quarantine(name, on=True)

    def keep(self, arrivals: Iterable[Arrival]) -> None:
        """Bring messages in, as the collector does."""
        for batch in _batches(arrivals):
            keep(self._store, batch)


def bring_large(
    year: Year, store: Store, years: Iterable[SiteYear], close: Callable[[int], object], seen_s: int
) -> Iterator[SiteYear]:
    """Bring a large fleet's year into a store, site by site; yield each site's year when it is in.

    `seen_s` is when its devices say how they are (seconds since 1970, UTC).
    """
    into = IntoStore(year, store, close)
    into.begin()
    now_s, last = noon_s(year.weeks[-1]) + CLOSES_AFTER_S, year.weeks[-1].name
    together = [AllWeek(week.name, None) for week in year.weeks]
    for one in years:
        if one.weeks:
            both = zip(together, one.weeks, strict=True)
            together = [all_week(before.week, (before.sums, sums)) for before, sums in both]
        into.keep(one.recent)
        code, telling = year.places[one.site].code, one.telling
        with store.writing() as writing:
            writing.put_facts(one.facts)
            writing.put_summaries([*telling.periods, *telling.hours], now_s)
            writing.note_closed(code, last, telling.told_until)
            for kind, amount in (("merged", telling.merged), ("dropped", telling.dropped)):
                writing.count(kind, {code: amount})
        yield one
    into.end(seen_s)
    counters = sum(len(place.counters) for place in year.places)
    for week in together:
        with store.writing() as writing:
            tell_week(writing, week, counters, SiteRules(), now_s)
    close(now_s)


def _batches(arrivals: Iterable[Arrival]) -> Iterator[list[Arrival]]:
    rest = iter(arrivals)
    while batch := list(islice(rest, BATCH)):
        yield batch
