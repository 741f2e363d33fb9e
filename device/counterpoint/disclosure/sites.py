"""A site's windows to what its readers see: runs of whole weeks, and the hours of twelve weeks.

One rule: runs tile the time of a site, as windows tile that of a device. A run begins where the one before ended, and
closes at the first week's end at which the thresholds hold; what is too little at the end of its block of twelve weeks
is told as "too little". Each is made once, from whole windows, and never again.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Protocol
from zoneinfo import ZoneInfo

from msgspec import Meta

from counterpoint.disclosure.hours_of_day import (
    Cell,
    HourOfWeek,
    Slot,
    by_part,
    by_weekday,
    hours_of_week,
    place,
    smallest_difference,
)
from counterpoint.disclosure.site_numbers import NumbersOf, Softness, Told
from counterpoint.disclosure.statistics import least_sure
from counterpoint.disclosure.weeks import BLOCK_WEEKS, MONTH_WEEKS, block_start, ends_month, later, week_at, weeks_to
from counterpoint.messages.summaries import HoursCell, HoursSummary, PeriodSummary
from counterpoint.settings import Rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.messages.schemas import Window

HALF: Final = 0.5
"""Where one person can have served more than half, a place is blurred as if it were theirs: two counters at once hide
nobody (the attack named the extreme person at 22 of 42 such places with less)."""
MOST_WEEKS: Final = 10
"""Of the twelve, in which a cell of the hours must have windows: no cell stands for a few days."""
COUNT_BLUR: Final = 0.25
"""Counts of visits are blurred by this share of what the other numbers are: people differ less in visits an hour."""


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


class SiteRules(Rules, frozen=True):
    """When a site's numbers can be told. The floors are hard; the defaults are what the roster attack left standing."""

    fewest_visits: Annotated[int, Meta(ge=30)] = 100
    """In a run of weeks, and in a cell of the hours."""
    fewest_people: Annotated[int, Meta(ge=3, le=5)] = 5
    """What a window must say of its counter, or it is refused."""
    bound: Annotated[float, Meta(gt=0, le=0.5)] = 0.5
    """A stretch at one counter counts as at most this share above or below the site's middle stretch."""
    blur_weeks: Annotated[float, Meta(ge=2, le=10)] = 4.0
    """How strongly numbers are blurred: this, times the busiest person's share to the power 1.5, by the run's weeks."""
    clear: Annotated[float, Meta(gt=0, le=1)] = 0.06
    """A run closes when its blur is at most this share of a number: after a week, or four; else after twelve."""
    hours_counters: Annotated[float, Meta(ge=5)] = 5.0
    """The parts of the day are told where the busiest person can have served one visit in so many at most."""
    hours_blur: Annotated[float, Meta(ge=0.5, le=5)] = 0.5
    """Their blur, as a share of what that person's work could move."""
    weekdays_counters: Annotated[float, Meta(ge=8)] = 8.0
    """The same as `hours_counters`, for the parts of each weekday by itself."""
    weekdays_blur: Annotated[float, Meta(ge=1, le=5)] = 1.5
    """Their blur."""

    def blur_of(self, share: float, weeks: int) -> float:
        """Return the blur of a run (of the bound, as a share of a number) where one person has at most this share."""
        seen = share if share <= HALF else 1.0
        return float(self.blur_weeks * seen**1.5 / weeks)


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
    site: TellingSite, windows: Sequence[SiteWindow], told_until: str | None, due_until: str, rules: SiteRules
) -> SiteTelling:
    """Tell what is due of a site and not yet told.

    Args:
        site: The site.
        windows: All windows of the site that came in time, in any order, of the weeks from `first_week_needed` to
            `due_until`; at the first telling (`told_until` None) from the very first on. Others are ignored.
        told_until: The last week that was told, None at the first telling.
        due_until: The last week that is closed: 72 hours after its end.
        rules: The thresholds.
    """
    return _Telling(site, ZoneInfo(site.timezone), rules, told_until or "", due_until).tell(windows)


def largest_share(windows: Sequence[Told]) -> float:
    """Return the largest share of the visits that one person can have served: nobody is at two counters at once.

    The most visits in windows of which no two overlap. For windows of one hour that is a bound; a longer window can
    hide a change of counters within it, so there it is close to one.
    """
    ends: list[int] = []
    best = [0]
    for told in sorted(windows, key=lambda told: told.end_s):
        before = bisect_right(ends, told.start_s)
        best.append(max(best[-1], best[before] + told.statistics.visit_count))
        ends.append(told.end_s)
    whole = sum(told.statistics.visit_count for told in windows)
    return best[-1] / whole if whole else 1.0


@dataclass(frozen=True, slots=True)
class _Admitted:
    told: Told | None
    hours: tuple[HourOfWeek, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    first: str
    weeks: int
    windows: tuple[Told, ...]
    softness: Softness | None

    @property
    def last(self) -> str:
        return later(self.first, self.weeks - 1)


@dataclass(frozen=True, slots=True)
class _Telling:
    site: TellingSite
    zone: ZoneInfo
    rules: SiteRules
    told_until: str
    due_until: str

    def tell(self, windows: Sequence[SiteWindow]) -> SiteTelling:
        admitted, refused = self._admit(windows)
        if not admitted:
            return SiteTelling((), (), self.due_until if self.told_until else None, 0, 0, refused, 0)
        runs: list[_Run] = []
        hours: list[HoursSummary] = []
        merged = 0
        open_from: str | None = None
        block = block_start(min(admitted))
        while block <= self.due_until:
            of_block, open_from = self._tile(block, admitted)
            new = [run for run in of_block if run.first > self.told_until]
            runs += new
            if self.told_until < later(block, BLOCK_WEEKS - 1) <= self.due_until and of_block:
                summary, together = self._hours(block, of_block, admitted)
                hours.append(summary)
                merged += together
            block = later(block, BLOCK_WEEKS)
        # What was told stays told, even where a device was forgotten or a rule changed since: no run begins within it.
        settled = max(self.told_until, self.due_until if open_from is None else later(open_from, -1))
        return SiteTelling(
            periods=tuple(map(self._summarise, runs)),
            hours=tuple(hours),
            told_until=settled,
            used=sum(len(run.windows) for run in runs if run.softness),
            dropped=sum(len(run.windows) for run in runs if not run.softness),
            refused=refused,
            merged=merged,
        )

    def _admit(self, windows: Sequence[SiteWindow]) -> tuple[dict[str, list[_Admitted]], int]:
        """Return the windows that keep the rules, by week, and how many don't."""
        by_week: dict[str, list[_Admitted]] = {}
        refused = 0
        for each in windows:
            start_s, end_s = (int(at.timestamp()) for at in (each.window.start_utc, each.window.end_utc))
            week = week_at(start_s, self.zone)
            if week > self.due_until:
                continue
            if each.window.fewest_people < self.rules.fewest_people or week_at(end_s - 1, self.zone) != week:
                refused += 1
                continue
            by_week.setdefault(week, []).append(self._of(each, start_s, end_s))
        return by_week, refused

    def _of(self, each: SiteWindow, start_s: int, end_s: int) -> _Admitted:
        statistics = each.window.statistics
        if statistics is None:
            return _Admitted(None, ())
        day = datetime.fromtimestamp(end_s - 1, self.zone).toordinal()
        told = Told(each.window.id, each.device, start_s, end_s, day, statistics)
        return _Admitted(told, tuple(hours_of_week(start_s, end_s, self.zone)))

    def _tile(self, block: str, admitted: dict[str, list[_Admitted]]) -> tuple[list[_Run], str | None]:
        """Return the runs of a block that have closed, and the first week of the one that is open.

        Weeks at a run's beginning in which no device was on are in no run.
        """
        runs: list[_Run] = []
        first: str | None = None
        for week in (later(block, number) for number in range(BLOCK_WEEKS)):
            if week > self.due_until:
                break
            first = first or (week if week in admitted else None)
            if first is None:
                continue
            weeks = weeks_to(first, week)
            told = tuple(_told(admitted, first, weeks))
            softness = self._softness(told, weeks, week)
            if softness or weeks_to(block, week) == BLOCK_WEEKS:
                runs.append(_Run(first, weeks, told, softness))
                first = None
        return runs, first

    def _softness(self, windows: Sequence[Told], weeks: int, week: str) -> Softness | None:
        """Return how the numbers of a run that ends with this week are to be made; None where it is too little yet."""
        blur = self.rules.blur_of(largest_share(windows), weeks)
        closes = (
            weeks == 1 or (weeks <= MONTH_WEEKS and ends_month(week)) or later(week, 1) == block_start(later(week, 1))
        )
        if not self._has_enough(windows) or not (weeks == BLOCK_WEEKS or (closes and blur <= self.rules.clear)):
            return None
        return self._soft(blur)

    def _soft(self, blur: float) -> Softness:
        return Softness(self.rules.bound, blur, blur * COUNT_BLUR)

    def _has_enough(self, windows: Sequence[Told]) -> bool:
        return sum(told.statistics.visit_count for told in windows) >= self.rules.fewest_visits

    def _summarise(self, run: _Run) -> PeriodSummary:
        made = run.softness and NumbersOf(run.windows, run.softness)
        return PeriodSummary(
            site=self.site.code,
            first_week=run.first,
            weeks=run.weeks,
            timezone=self.site.timezone,
            counter_count=self.site.counter_count,
            fewest_visits=self.rules.fewest_visits,
            fewest_people=self.rules.fewest_people,
            numbers=made.five() if made else None,
            act_visits_percent=made.acts() if made else None,
            uncertainty=least_sure([told.statistics.uncertainty for told in run.windows]) if made else None,
        )

    def _hours(
        self, block: str, runs: Sequence[_Run], admitted: dict[str, list[_Admitted]]
    ) -> tuple[HoursSummary, int]:
        """Return the hours of a block, and how many of its cells are told together with others."""
        whole = all(run.softness for run in runs) and sum(run.weeks for run in runs) == BLOCK_WEEKS
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

    def _cells(self, block: str, admitted: dict[str, list[_Admitted]]) -> tuple[list[Cell], float]:
        """Return the cells that can be told, and their blur; none where a difference would show too few visits."""
        every = [each for number in range(BLOCK_WEEKS) for each in admitted.get(later(block, number), ()) if each.told]
        open_hours = frozenset(each.hours[-1] for each in every)
        slots: dict[Slot, list[Told]] = {}
        for each in every:
            if each.told:
                slots.setdefault(place(each.hours, open_hours), []).append(each.told)
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
        return self._has_enough(windows) and len(weeks) >= MOST_WEEKS and largest_share(windows) * counters <= 1

    def _tell_cell(self, cell: Cell, blur: float) -> HoursCell:
        softness = self._soft(blur * largest_share(cell.windows))
        return HoursCell(weekdays=cell.weekdays, parts=cell.parts, numbers=NumbersOf(cell.windows, softness).five())


def _told(admitted: dict[str, list[_Admitted]], first: str, weeks: int) -> list[Told]:
    run = (later(first, number) for number in range(weeks))
    return [each.told for week in run for each in admitted.get(week, ()) if each.told]
