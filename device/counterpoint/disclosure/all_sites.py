"""All sites together, straight from windows: told by the rules of one big site.

One rule: sums are made site by site and week by week, and only sums are added up: no two sites' windows are ever held
together. What is left when a site that is told is subtracted from all is hidden by the blur of all: where runs are told
each time, it is as large as all that the busiest person did; where numbers stand, they are subtracted once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from counterpoint.disclosure.runs import RunRules, runs_of, standing
from counterpoint.disclosure.sites import admit, summary_of
from counterpoint.disclosure.sums import Sums, of_sites, of_weeks, sums_of
from counterpoint.disclosure.weeks import later

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from counterpoint.disclosure.sites import SiteWindow
    from counterpoint.messages.summaries import PeriodSummary

ZONE: Final = "UTC"
"""Weeks of all sites are those of each site's own calendar, under one name."""


class AllRules(RunRules, frozen=True):
    """The rules of runs of all sites: subtracting leaves nobody else's chances for one counter to hide among."""

    def blur_of(self, share: float, weeks: int) -> float:
        """Return the blur of a run that is told each time: at least one person's share."""
        return max(RunRules.blur_of(self, share, weeks), share)

    def count_blur_of(self, share: float, weeks: int) -> float:
        """Return the blur of counts of visits: at least that of one counter alone."""
        return max(RunRules.count_blur_of(self, share, weeks), share / weeks)


@dataclass(frozen=True, slots=True)
class AllSites:
    """All sites, as if they were one.

    Attributes:
        code: The code that stands for them.
        counter_count: How many counters they have.
        timezone: None of theirs.
    """

    code: str
    counter_count: int
    timezone: str = ZONE


@dataclass(frozen=True, slots=True)
class AllWeek:
    """A week of all sites.

    Attributes:
        week: ISO week.
        sums: Of all sites; None where no device was on.
    """

    week: str
    sums: Sums | None


def site_week(windows: Sequence[SiteWindow], timezone: str, week: str, rules: RunRules) -> Sums | None:
    """Return the sums of a site's week; None where no device was on.

    `windows` are those that came in time; what breaks a rule or is of another week is left out.
    """
    admitted, _ = admit(windows, ZoneInfo(timezone), week, rules)
    return sums_of(admitted[week], rules.bound) if week in admitted else None


def all_week(week: str, sites: Iterable[Sums | None]) -> AllWeek:
    """Return the week of all sites; `sites` are their sums, taken one after the other, each time in the same order."""
    on = (sums for sums in sites if sums is not None)
    first = next(on, None)
    return AllWeek(week, first and reduce(lambda whole, site: of_sites([whole, site]), on, first))


def tell_all(
    sites: AllSites, weeks: Sequence[AllWeek], before: Sequence[PeriodSummary], rules: RunRules
) -> list[PeriodSummary]:
    """Return the runs of all sites that close with the last of these weeks, or closed before it and are not yet told.

    Args:
        sites: All sites.
        weeks: Every week since the last that was told, oldest first.
        before: The runs that were told so far, oldest first.
        rules: When a run can be told: those of a site.
    """
    on = {each.week: each.sums for each in weeks if each.sums is not None}
    if not on:
        return []
    since = later(before[-1].first_week, before[-1].weeks) if before else min(on)
    of_all = AllRules(*(getattr(rules, name) for name in RunRules.__struct_fields__))
    runs, _ = runs_of(_AllWork(on), since, weeks[-1].week, standing(before), of_all)
    return [summary_of(sites, run, rules) for run in runs]


@dataclass(frozen=True, slots=True)
class _AllWork:
    """The weeks of all sites, as runs ask for them."""

    weeks: Mapping[str, Sums]

    def is_on(self, week: str) -> bool:
        return week in self.weeks

    def visits(self, first: str, weeks: int) -> tuple[int, float]:
        sums = self.sums(first, weeks)
        return sums.visit_count, sums.largest_share

    def sums(self, first: str, weeks: int) -> Sums:
        run = (later(first, number) for number in range(weeks))
        return of_weeks([self.weeks[week] for week in run if week in self.weeks])
