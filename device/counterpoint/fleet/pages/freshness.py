"""How old the numbers are, when the next ones come, and which weeks brought any.

One rule: pure; it goes by the calendar that tells sites and by how this place was told so far, and promises no day:
whether a stretch is enough is known when it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.calculator import CLOSING_DAYS
from counterpoint.disclosure.runs import LONG_WEEKS, standing
from counterpoint.disclosure.weeks import BLOCK_WEEKS, MONTH_WEEKS, block_start, ends_month, later, weeks_to
from counterpoint.fleet.pages.stretches import date_of_end, last_day
from counterpoint.fleet.store.weeks import monday, week_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from counterpoint.disclosure.runs import Standing
    from counterpoint.fleet.pages.language import Language
    from counterpoint.messages.summaries import PeriodSummary

REMEMBERED: Final = 6
"""Runs by which a place's pace is known: a holiday makes one of them longer, and some places are looked at every four
weeks once they have been told by twelve."""
AIR: Final = timedelta(days=7)
"""So much later than the only day on which numbers could come, something stands still."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """When the last numbers were told, and when the next come; `is_late` where they should have come by now.

    Attributes:
        told: The day on which the last run with numbers was told; None where there is none.
        is_same: It told that earlier numbers still stand.
        due: The day about which the next ones come.
        is_late: It is past that day by more than air.
        is_look: On that day it is only looked at whether the numbers still stand.
    """

    told: date | None
    is_same: bool
    due: date
    is_late: bool
    is_look: bool = False


def freshness(runs: Sequence[PeriodSummary], today: date) -> Fresh | None:
    """Return how fresh a place's numbers are; `runs` are its last ones, oldest first. None where there are none."""
    if not runs:
        return None
    told = [run for run in runs if run.numbers is not None]
    lately = told[-REMEMBERED:]
    stands = standing(runs) if any(run.held_since or run.weeks >= LONG_WEEKS for run in lately) else None
    weeks = _weeks(runs, min((run.weeks for run in lately), default=BLOCK_WEEKS), stands)
    days = [told_day(week) for week in weeks]
    due = next((day for day in days if day >= today), days[-1])
    late = days[1] if len(days) > 1 else days[0] + AIR  # one stretch that was too little by itself is no fault
    if not told:
        return Fresh(None, False, due, today > late)
    is_look = stands is not None and stands.lasts_to(weeks[days.index(due)])
    return Fresh(told_on(told[-1]), told[-1].held_since is not None, due, today > late, is_look)


def told_on(run: PeriodSummary) -> date:
    """Return the day on which a run was told, as soon as it could be."""
    return told_day(later(run.first_week, run.weeks - 1))


def told_day(week: str) -> date:
    """Return the day on which what ends with this week is told."""
    return date_of_end(week, 1) + timedelta(days=1 + CLOSING_DAYS)


def told_week(today: date) -> str:
    """Return the last week that is over for so long that it has been told."""
    return later(week_of(today - timedelta(days=CLOSING_DAYS)), -1)


def block_days(today: date) -> tuple[date, date]:
    """Return the days on which small places are told next: the block that is open now, and the one after it."""
    first = block_start(later(told_week(today), 1))
    return told_day(later(first, BLOCK_WEEKS - 1)), told_day(later(first, 2 * BLOCK_WEEKS - 1))


def told_line(language: Language, fresh: Fresh | None) -> str:
    """Return when the numbers were told; nothing where none were."""
    if fresh is None or fresh.told is None:
        return ""
    return language.say("fresh.same" if fresh.is_same else "fresh.told", day=language.day(fresh.told))


def due_line(language: Language, fresh: Fresh | None) -> str:
    """Return when the next numbers come, or are looked at; nothing where they are late, which `staleness` says."""
    if fresh is None or fresh.is_late:
        return ""
    return language.say("fresh.look" if fresh.is_look else "fresh.due", day=language.day(fresh.due))


def first_day(today: date, weeks: int) -> date:
    """Return the first Monday of the first run of a place that begins now, where it is told by so many weeks."""
    week = later(week_of(today), 1)
    while (weeks_to(block_start(week), week) - 1) % weeks:
        week = later(week, 1)
    return monday(week)


def fresh_line(language: Language, fresh: Fresh | None) -> str:
    """Return both."""
    return f"{told_line(language, fresh)} {due_line(language, fresh)}".strip()


def staleness(language: Language, fresh: Fresh | None, runs: Sequence[PeriodSummary], today: date) -> str:
    """Return a sentence where the next numbers should have come by now, else nothing."""
    if fresh is None or not fresh.is_late:
        return ""
    end = last_day(runs[-1])
    return language.say("overview.stale", day=language.day(end), days=language.number((today - end).days))


def _weeks(runs: Sequence[PeriodSummary], pace: int, stands: Standing | None) -> list[str]:
    """Return the weeks of the block after these runs with which the next one can end."""
    begin = later(runs[-1].first_week, runs[-1].weeks)
    block = block_start(begin)
    weeks = [later(block, number) for number in range(BLOCK_WEEKS)]

    def closes(week: str) -> bool:
        if stands is not None:
            return ends_month(week) and stands.lasts_to(week)
        return pace == 1 or (pace <= MONTH_WEEKS and ends_month(week))

    return [week for week in weeks if week >= begin and (week == weeks[-1] or closes(week))]
