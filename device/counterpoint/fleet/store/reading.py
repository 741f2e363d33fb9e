"""What may be read of the store: summaries, sites, devices, notes and accounts.

One rule: no window and no message that is kept apart is read here, so that no page, export or report can show one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from sqlalchemy import func, select

from counterpoint.fleet.store.access_rows import AccessReading
from counterpoint.fleet.store.device_rows import device_states
from counterpoint.fleet.store.rows import Annotation, Fact, Site, SiteName, Told
from counterpoint.fleet.store.service_rows import troubles
from counterpoint.fleet.store.tables import annotation, device, fact, retained, site, summary, tally
from counterpoint.messages.summaries import HoursSummary, PeriodSummary, Summary, decode_summary

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from counterpoint.fleet.store.rows import DeviceState, ServiceTrouble

ALL: str = "all"
"""The site that is every site together; no site has this code."""


class Reading:
    """One snapshot of the store; from `Store.reading`, or within a transaction of `Store.writing`.

    Attributes:
        access: Accounts, sessions and the audit log.
    """

    def __init__(self, line: Connection) -> None:
        self._line = line
        self.access = AccessReading(line)

    def sites(self) -> tuple[Site, ...]:
        """Return every site, by name; never `all`."""
        people = func.min(func.nullif(device.c.fewest_people, 0)).label("people")
        counters = func.count(device.c.id).label("counters")
        of_site = select(device.c.site, counters, people).group_by(device.c.site).subquery()
        rows = self._line.execute(
            select(
                site.c.code,
                site.c.name,
                func.coalesce(func.nullif(site.c.timezone, ""), "UTC"),
                func.coalesce(of_site.c.counters, 0),
                func.coalesce(of_site.c.people, 0),
                site.c.told_until,
                site.c.closed_until,
            )
            .outerjoin(of_site, of_site.c.site == site.c.code)
            .order_by(func.lower(site.c.name), site.c.code)
        )
        return tuple(Site(*row) for row in rows)

    def site_names(self) -> tuple[SiteName, ...]:
        """Return the name of every site, by name; never `all`. Counting thousands of devices takes longer."""
        columns = (site.c.code, site.c.name, site.c.told_until)
        rows = self._line.execute(select(*columns).order_by(func.lower(site.c.name), site.c.code))
        return tuple(SiteName(*row) for row in rows)

    def some_sites(self, codes: Collection[str] | None, limit: int) -> tuple[Site, ...]:
        """Return at most so many of these sites (None: of all), by name: what a page needs when there are thousands."""
        wanted = select(site).order_by(func.lower(site.c.name), site.c.code).limit(limit)
        rows = self._line.execute(wanted if codes is None else wanted.where(site.c.code.in_(codes))).all()
        people = func.min(func.nullif(device.c.fewest_people, 0))
        asked = select(device.c.site, func.count(device.c.id), people).group_by(device.c.site)
        found = self._line.execute(asked.where(device.c.site.in_([row.code for row in rows])))
        of_site = {code: (counters, fewest or 0) for code, counters, fewest in found}
        return tuple(
            Site(
                row.code,
                row.name,
                row.timezone or "UTC",
                *of_site.get(row.code, (0, 0)),
                row.told_until,
                row.closed_until,
            )
            for row in rows
        )

    def periods(self, sites: Sequence[str], since: str, until: str) -> list[PeriodSummary]:
        """Return the sites' summaries that touch these ISO weeks, by site and week; both ends are meant too."""
        return cast("list[PeriodSummary]", self._summaries("period", sites, since, until))

    def hours(self, sites: Sequence[str], since: str, until: str) -> list[HoursSummary]:
        """Return the sites' hours that touch these ISO weeks, by site and week; both ends are meant too."""
        return cast("list[HoursSummary]", self._summaries("hours", sites, since, until))

    def devices(self, sites: Sequence[str] | None) -> list[DeviceState]:
        """Return the devices of these sites (None: of all), those longest silent first."""
        return device_states(self._line, sites)

    def troubles(self) -> list[ServiceTrouble]:
        """Return what the service itself can't do now, the oldest first."""
        return troubles(self._line)

    def last_week(self, code: str) -> str | None:
        """Return the last week that a site's runs tell, `all` too; None before the first."""
        asked = select(func.max(summary.c.last_week)).where(summary.c.kind == "period", summary.c.site == code)
        found: str | None = self._line.scalar(asked)
        return found

    def annotations(self, sites: Sequence[str], since: str, until: str) -> list[Annotation]:
        """Return what was noted for these sites, and for all of them, in these ISO weeks, by day."""
        rows = self._line.execute(
            select(annotation)
            .where(annotation.c.site.in_([*sites, ALL]), annotation.c.week.between(since, until))
            .order_by(annotation.c.day, annotation.c.id)
        )
        return [Annotation(row.site, row.day, row.text, row.made_by, row.made_s, row.id) for row in rows]

    def facts(self, sites: Sequence[str], since: str, until: str) -> list[Fact]:
        """Return the sites' own figures for these ISO weeks, by site, kind and week."""
        rows = self._line.execute(
            select(fact)
            .where(fact.c.site.in_(sites), fact.c.week.between(since, until))
            .order_by(fact.c.site, fact.c.kind, fact.c.week)
        )
        return [Fact(row.site, row.week, row.kind, row.value) for row in rows]

    def told(self) -> Told:
        """Return what the filter left out, over all sites, and how far they are told."""
        amounts: dict[str, int] = {
            row.kind: int(row.amount)
            for row in self._line.execute(
                select(tally.c.kind, func.sum(tally.c.amount).label("amount")).group_by(tally.c.kind)
            )
        }
        last = self._line.scalar(select(func.min(site.c.told_until)))
        late = self._line.scalar(select(func.sum(device.c.late_count))) or 0
        return Told(last, amounts.get("merged", 0), amounts.get("dropped", 0), int(late), amounts.get("rejected", 0))

    def summary_mark(self) -> tuple[int, int]:
        """Return two numbers that change whenever a summary comes or goes."""
        row = self._line.execute(
            select(func.count(), func.coalesce(func.max(summary.c.told_s), 0)).select_from(summary)
        )
        count, last_s = row.one()
        return int(count), int(last_s)

    def retained(self) -> frozenset[str]:
        """Return the topics that telling has left on the broker."""
        return frozenset(self._line.scalars(select(retained.c.topic)))

    def _summaries(
        self, kind: Literal["period", "hours"], sites: Sequence[str], since: str, until: str
    ) -> list[Summary]:
        rows = self._line.scalars(
            select(summary.c.message)
            .where(
                summary.c.kind == kind,
                summary.c.site.in_(sites),
                summary.c.first_week <= until,
                summary.c.last_week >= since,
            )
            .order_by(summary.c.site, summary.c.first_week)
        )
        return [decode_summary(message) for message in rows]
