"""A site's windows to what its readers see: runs of whole weeks, and the hours of twelve weeks.

One rule: runs tile the time of a site, as windows tile that of a device. A run begins where the one before ended, and
closes at the first week's end at which the thresholds hold; what is too little at the end of its block of twelve weeks
is told as "too little". Each is made once, from whole windows, and never again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Protocol
from zoneinfo import ZoneInfo

from msgspec import Meta

from counterpoint.disclosure.hours_of_day import (
    Cell,
    Slot,
    by_part,
    by_weekday,
    hours_of_week,
    place,
    smallest_difference,
)
from counterpoint.disclosure.runs import RunRules, runs_of, standing
from counterpoint.disclosure.site_numbers import NumbersOf, Softness
from counterpoint.disclosure.sums import Sums, Told, most_visits_of_one, sums_of
from counterpoint.disclosure.weeks import BLOCK_WEEKS, block_start, later, week_at, weeks_to
from counterpoint.messages.summaries import HoursCell, HoursSummary, PeriodSummary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.disclosure.runs import Run
    from counterpoint.messages.schemas import Window
    from counterpoint.messages.summaries import Summary

HOURS_STAND_WEEKS: Final = 48
"""The hours that were told stand for so long: told each twelve weeks they named the extreme person at 38 % of places
with ten counters (6 % by chance)."""
COUNT_BLUR: Final = 0.25
"""Counts of visits in the hours are blurred by this share of what the other numbers are."""
MOST_WEEKS: Final = 10
"""Of the twelve, in which a cell of the hours must have windows: no cell stands for a few days."""


class TellingSite(Protocol):
    """What must be known of a site: the store's own value has more."""

    @property
    def code(self) -> str:
        """As in topics."""

    @property
    def timezone(self) -> str:
        """IANA name."""

    @property
    def counter_count(self) -> int:
        """Devices of the site that were heard of."""


class SiteRules(RunRules, frozen=True):
    """The rules of runs, and when the hours can be told."""

    hours_counters: Annotated[float, Meta(ge=8)] = 8.0
    """The parts of the day are told where the busiest person can have served one visit in so many at most."""
    hours_blur: Annotated[float, Meta(ge=1, le=5)] = 1.0
    """Their blur, as a share of what that person's work could move."""
    weekdays_counters: Annotated[float, Meta(ge=10)] = 10.0
    """The same as `hours_counters`, for the parts of each weekday by itself."""
    weekdays_blur: Annotated[float, Meta(ge=1.5, le=5)] = 1.5
    """Their blur."""


@dataclass(frozen=True, slots=True)
class SiteWindow:
    """A window and the device that sent it."""

    device: str
    window: Window


@dataclass(frozen=True, slots=True)
class SiteTelling:
    """What a site's readers may see now.

    Attributes:
        periods: The runs that closed, oldest first.
        hours: The hours of the blocks that closed, oldest first.
        told_until: The last week that is told; None while nothing is.
        used: Windows in runs with numbers.
        dropped: Windows with statistics in runs without: too little.
        refused: Windows that break a rule: fewer people than the floor, or not within one week of the site.
        merged: Cells of the hours that are told together with others.
    """

    periods: tuple[PeriodSummary, ...]
    hours: tuple[HoursSummary, ...]
    told_until: str | None
    used: int
    dropped: int
    refused: int
    merged: int


def first_week_needed(told_until: str | None, due_until: str) -> str:
    """Return the first week whose windows `summarise_site` needs: that of the block which is open, told or not."""
    return block_start(later(told_until, 1) if told_until else due_until)


def summarise_site(
    site: TellingSite,
    windows: Sequence[SiteWindow],
    told_until: str | None,
    due_until: str,
    rules: SiteRules,
    before: Sequence[Summary] = (),
) -> SiteTelling:
    """Tell what is due of a site and not yet told.

    Args:
        site: The site.
        windows: All windows of the site that came in time, in any order, of the weeks from `first_week_needed` to
            `due_until`; at the first telling (`told_until` None) from the very first on. Others are ignored.
        told_until: The last week that was told, None at the first telling.
        due_until: The last week that is closed: 72 hours after its end.
        rules: The thresholds.
        before: The site's summaries that were told so far, oldest first: what stands, and which weeks of the block.
    """
    runs = tuple(one for one in before if isinstance(one, PeriodSummary))
    hours = [one.first_week for one in before if isinstance(one, HoursSummary) and one.cells]
    telling = _Telling(site, ZoneInfo(site.timezone), rules, told_until or "", due_until, runs, max(hours, default=""))
    return telling.tell(windows)


def admit(
    windows: Sequence[SiteWindow], zone: ZoneInfo, due_until: str, rules: RunRules
) -> tuple[dict[str, list[Told]], int]:
    """Return a site's windows that keep the rules and are due, by week, and how many break one.

    A week in which a device was on is there, also where none of its windows has statistics.
    """
    by_week: dict[str, list[Told]] = {}
    refused = 0
    for each in windows:
        start_s, end_s = (int(at.timestamp()) for at in (each.window.start_utc, each.window.end_utc))
        week = week_at(start_s, zone)
        if week > due_until:
            continue
        if each.window.fewest_people < rules.fewest_people or week_at(end_s - 1, zone) != week:
            refused += 1
            continue
        told = by_week.setdefault(week, [])
        if each.window.statistics is not None:
            day = datetime.fromtimestamp(end_s - 1, zone).toordinal()
            told.append(Told(each.window.id, each.device, start_s, end_s, day, each.window.statistics))
    return by_week, refused


def summary_of(site: TellingSite, run: Run, rules: RunRules) -> PeriodSummary:
    """Return a run as the site's readers see it."""
    return PeriodSummary(
        site=site.code,
        first_week=run.first,
        weeks=run.weeks,
        timezone=site.timezone,
        counter_count=site.counter_count,
        fewest_visits=rules.fewest_visits,
        fewest_people=rules.fewest_people,
        numbers=run.numbers,
        act_visits_percent=run.acts,
        uncertainty=run.uncertainty,
        held_since=run.held_since,
    )


@dataclass(frozen=True, slots=True)
class _SiteWork:
    """A site's windows by week, as runs ask for them."""

    admitted: dict[str, list[Told]]
    bound: float

    def is_on(self, week: str) -> bool:
        return week in self.admitted

    def visits(self, first: str, weeks: int) -> tuple[int, float]:
        told = self._told(first, weeks)
        count = sum(each.statistics.visit_count for each in told)
        return count, most_visits_of_one(told) / count if count else 1.0

    def sums(self, first: str, weeks: int) -> Sums:
        return sums_of(self._told(first, weeks), self.bound)

    def _told(self, first: str, weeks: int) -> list[Told]:
        run = (later(first, number) for number in range(weeks))
        return [told for week in run for told in self.admitted.get(week, ())]


@dataclass(frozen=True, slots=True)
class _Telling:
    site: TellingSite
    zone: ZoneInfo
    rules: SiteRules
    told_until: str
    due_until: str
    before: Sequence[PeriodSummary]
    hours_before: str

    def tell(self, windows: Sequence[SiteWindow]) -> SiteTelling:
        admitted, refused = admit(windows, self.zone, self.due_until, self.rules)
        if not admitted:
            return SiteTelling((), (), self.due_until if self.told_until else None, 0, 0, refused, 0)
        since = later(self.told_until, 1) if self.told_until else min(admitted)
        work = _SiteWork(admitted, self.rules.bound)
        runs, open_from = runs_of(work, since, self.due_until, standing(self.before), self.rules)
        periods = tuple(summary_of(self.site, run, self.rules) for run in runs)
        hours = self._hours_due(since, periods, admitted)
        # What was told stays told, even where a device was forgotten or a rule changed since: no run begins within it.
        settled = max(self.told_until, self.due_until if open_from is None else later(open_from, -1))
        return SiteTelling(
            periods=periods,
            hours=tuple(summary for summary, _ in hours),
            told_until=settled,
            used=sum(run.windows for run in runs if run.numbers),
            dropped=sum(run.windows for run in runs if not run.numbers),
            refused=refused,
            merged=sum(together for _, together in hours),
        )

    def _hours_due(
        self, since: str, periods: Sequence[PeriodSummary], admitted: dict[str, list[Told]]
    ) -> list[tuple[HoursSummary, int]]:
        """Return the hours of the blocks that end from `since` on, but of those in which earlier ones still stand."""
        made: list[tuple[HoursSummary, int]] = []
        last = self.hours_before
        for block in sorted({block_start(week) for week in admitted}):
            is_due = since <= later(block, BLOCK_WEEKS - 1) <= self.due_until
            if not is_due or (last and block < later(last, HOURS_STAND_WEEKS)):
                continue
            made.append(self._hours(block, periods, admitted))
            if made[-1][0].cells:
                last = block
        return made

    def _hours(
        self, block: str, periods: Sequence[PeriodSummary], admitted: dict[str, list[Told]]
    ) -> tuple[HoursSummary, int]:
        """Return the hours of a block, and how many of its cells are told together with others."""
        end = later(block, BLOCK_WEEKS - 1)
        told = [run for run in (*self.before, *periods) if block <= run.first_week <= end and run.numbers is not None]
        whole = sum(run.weeks for run in told) == BLOCK_WEEKS
        cells, blur = self._cells(block, admitted) if whole else ([], 0.0)
        summary = HoursSummary(
            site=self.site.code,
            first_week=block,
            weeks=BLOCK_WEEKS,
            timezone=self.site.timezone,
            fewest_visits=self.rules.fewest_visits,
            fewest_people=self.rules.fewest_people,
            cells=tuple(self._tell_cell(cell, blur) for cell in cells),
        )
        return summary, sum(len(cell.weekdays) * len(cell.parts) > 1 for cell in cells)

    def _cells(self, block: str, admitted: dict[str, list[Told]]) -> tuple[list[Cell], float]:
        """Return the cells that can be told, and their blur; none where a difference would show too few visits."""
        weeks = (later(block, number) for number in range(BLOCK_WEEKS))
        every = [
            (window, tuple(hours_of_week(window.start_s, window.end_s, self.zone)))
            for week in weeks
            for window in admitted.get(week, ())
        ]
        open_hours = frozenset(hours[-1] for _, hours in every)
        slots: dict[Slot, list[Told]] = {}
        for window, hours in every:
            slots.setdefault(place(hours, open_hours), []).append(window)
        rules = self.rules
        fine = by_weekday(slots, lambda windows: self._passes(block, windows, rules.weekdays_counters))
        if len(fine) > 1 and self._hides_differences(block, fine):
            return fine, rules.weekdays_blur
        coarse = by_part(slots, lambda windows: self._passes(block, windows, rules.hours_counters))
        told = len(coarse) > 1 and self._hides_differences(block, coarse)
        return (coarse if told else []), rules.hours_blur

    def _hides_differences(self, block: str, cells: Sequence[Cell]) -> bool:
        counts = [[0] * len(cells) for _ in range(BLOCK_WEEKS)]
        for column, cell in enumerate(cells):
            for told in cell.windows:
                counts[self._row(block, told)][column] += told.statistics.visit_count
        return smallest_difference(counts) >= self.rules.fewest_visits

    def _row(self, block: str, told: Told) -> int:
        return weeks_to(block, week_at(told.start_s, self.zone)) - 1

    def _passes(self, block: str, windows: Sequence[Told], counters: float) -> bool:
        """Tell whether a cell can be told: enough visits and counters, and in most of the weeks."""
        weeks = {self._row(block, told) for told in windows}
        visits = sum(told.statistics.visit_count for told in windows)
        few = visits < self.rules.fewest_visits or len(weeks) < MOST_WEEKS
        return not few and most_visits_of_one(windows) * counters <= visits

    def _tell_cell(self, cell: Cell, blur: float) -> HoursCell:
        sums = sums_of(cell.windows, self.rules.bound)
        numbers = NumbersOf(sums, Softness(blur * sums.largest_share, COUNT_BLUR * blur * sums.largest_share))
        return HoursCell(weekdays=cell.weekdays, parts=cell.parts, numbers=numbers.five())
