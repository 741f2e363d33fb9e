"""A site's summaries as the stretch that is looked at and the one before it.

One rule: runs of weeks are taken whole, newest first, until there are enough; a stretch says itself how long it became.
What could not be told at the end hides no numbers that were told earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from counterpoint.disclosure.figures import pool_runs
from counterpoint.fleet.store.weeks import monday, weeks_later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.messages.schemas import PublishedAct, Sureness
    from counterpoint.messages.summaries import FiveNumbers, PeriodSummary


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some runs of a site next to each other, oldest first; at least one."""

    runs: tuple[PeriodSummary, ...]

    @property
    def weeks(self) -> int:
        """From the first week to the last, both counted."""
        return sum(run.weeks for run in self.runs)

    @property
    def first_day(self) -> date:
        """Its first Monday."""
        return monday(self.runs[0].first_week)

    @property
    def last_day(self) -> date:
        """Its last Sunday."""
        return last_day(self.runs[-1])

    @property
    def untold_weeks(self) -> int:
        """Weeks of it that could not be told."""
        return sum(run.weeks for run in self.runs if run.numbers is None)

    @property
    def numbers(self) -> FiveNumbers | None:
        """The five numbers of all its runs together; None where none of them could be told."""
        return pool_runs(self.runs)

    @property
    def tellings(self) -> frozenset[str]:
        """The first weeks of the runs whose numbers it rests on: later runs may say that these still stand."""
        return frozenset(run.held_since or run.first_week for run in self.runs if run.numbers is not None)

    @property
    def acts(self) -> dict[PublishedAct, int] | None:
        """Share of visits with each act (percent), over the runs that know it, by their visits."""
        known = [
            (run.act_visits_percent, run.numbers.visit_count)
            for run in self.runs
            if run.act_visits_percent and run.numbers
        ]
        visits = sum(count for _, count in known)
        if not visits:
            return None
        kinds = dict.fromkeys(kind for acts, _ in known for kind in acts)
        return {kind: round(sum(acts.get(kind, 0) * count for acts, count in known) / visits) for kind in kinds}

    @property
    def sureness(self) -> Sureness | None:
        """The measured error of the last run that says one."""
        return next((run.uncertainty for run in reversed(self.runs) if run.uncertainty is not None), None)


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked at: the last stretch that has numbers, the one before it, and what could not be told since.

    Attributes:
        now: The last stretch that ends with a run with numbers.
        before: The stretch before it, as long; None where there is none without a gap, or it has no numbers.
        since: The runs after it that could not be told; None where there are none.
        stands: The days over which its numbers were measured, where it says that earlier ones still stand; else None.
    """

    now: Stretch
    before: Stretch | None
    since: Stretch | None
    stands: tuple[date, date] | None = None


def look(runs: Sequence[PeriodSummary], weeks: int, weeks_before: int = 0) -> Looked | None:
    """Return the last stretch of at least so many weeks that has numbers; None where no run has any.

    `runs` are of one site, oldest first. The stretch before is at least `weeks_before` long, and as long as the last.
    """
    told = _to_the_last_told(runs)
    now = _take(told, weeks)
    if now is None:
        return None
    since = Stretch(tuple(runs[len(told) :])) if len(runs) > len(told) else None
    earlier = _to_the_last_told(told[: len(told) - len(now.runs)])
    before = _take(earlier, max(now.weeks, weeks_before))
    between = runs[len(earlier) : len(told) - len(now.runs) + 1]
    if before is None or before.weeks < now.weeks or not _tile([before.runs[-1], *between]):
        before = None
    stands = measured(runs, now)
    if stands and before and before.tellings == now.tellings:
        before = None  # the same numbers: nothing to hold them against
    return Looked(now, before, since, stands if before is None else None)


def measured(runs: Sequence[PeriodSummary], stretch: Stretch) -> tuple[date, date] | None:
    """Return the days over which a stretch's numbers were measured, where it only says that they still stand."""
    if len(stretch.tellings) > 1 or stretch.runs[-1].held_since is None:
        return None
    since = stretch.runs[-1].held_since
    told = next((run for run in runs if run.first_week == since), stretch.runs[-1])
    return monday(since), last_day(told)


def _to_the_last_told(runs: Sequence[PeriodSummary]) -> Sequence[PeriodSummary]:
    last = max((number for number, run in enumerate(runs, start=1) if run.numbers is not None), default=0)
    return runs[:last]


def _tile(runs: Sequence[PeriodSummary]) -> bool:
    return all(follow(earlier, later) for earlier, later in pairwise(runs))


def follow(earlier: PeriodSummary, later: PeriodSummary) -> bool:
    """Return whether the later run begins where the earlier ends."""
    return weeks_later(earlier.first_week, earlier.weeks) == later.first_week


def last_day(run: PeriodSummary) -> date:
    """Return the Sunday with which a run ends."""
    return date_of_end(run.first_week, run.weeks)


def date_of_end(first_week: str, weeks: int) -> date:
    """Return the Sunday with which so many weeks end."""
    return date.fromordinal(monday(weeks_later(first_week, weeks)).toordinal() - 1)


def _take(runs: Sequence[PeriodSummary], weeks: int) -> Stretch | None:
    """The last runs, next to each other, until there are so many weeks; it begins with one that could be told."""
    taken: list[PeriodSummary] = []
    for run in reversed(runs):
        if taken and not follow(run, taken[-1]):
            break
        taken.append(run)
        if sum(run.weeks for run in taken) >= weeks:
            break
    while taken and taken[-1].numbers is None:
        taken.pop()
    return Stretch(tuple(reversed(taken))) if taken else None
