"""The weekly report: one printed page of a site, the same numbers as on the screen, and whether they are new.

One rule: pure; it rests on the last run with numbers that was told by the asked week, and says first of all whether
that week brought any: who prints each week must not take old numbers for news.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.changes import compare
from counterpoint.fleet.pages.cards import dial, pause_card, visits_card
from counterpoint.fleet.pages.freshness import due_line, freshness, staleness, told_day, told_line
from counterpoint.fleet.pages.measures import CUT_OFFS, MEASURES, OPENINGS, SHARE, TALK_OVERS, measure_of
from counterpoint.fleet.pages.overview import days_of, gap, headline, is_wide, measured_days, sure, too_little_since
from counterpoint.fleet.pages.stretches import date_of_end, look
from counterpoint.fleet.pages.trends import Axis, drawing, fact_title, fact_value, happened
from counterpoint.fleet.store.weeks import monday, weeks_later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from counterpoint.fleet.pages.cards import Dial, PauseCard, VisitsCard
    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.pages.overview import Sure
    from counterpoint.fleet.pages.trends import Happened
    from counterpoint.fleet.store.rows import Annotation, Fact
    from counterpoint.messages.summaries import FiveNumbers, PeriodSummary

WEEKS_BEFORE: Final = 4
"""A single week is held against the four before it: one week against one is mostly chance."""
SPAN: Final = 26
MOST_EVENTS: Final = 4
"""On one sheet, and so many of the site's own figures; the page of trends has them all."""


@dataclass(frozen=True, slots=True)
class Own:
    """One of the site's own figures of the week, and of the week before."""

    title: str
    now: str
    before: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the page shows.

    Attributes:
        week_days: The week of the report.
        days: The days that the numbers are of.
        before_days: Those that they are held against; "" for none.
        is_new: The week brought them.
        is_same: The week brought the word that earlier ones still stand.
        told: When they were told.
        due: When the next ones come; "" where they are late, which `stale` says then.
        then: What the numbers said when they were told; "" where they only stand.
        visits_of: Of when the visits are, where they are of other days than the numbers.
        own: What the site counted itself in this week.
    """

    week_days: str
    days: str
    before_days: str
    is_new: bool
    is_same: bool
    told: str
    due: str
    stale: str
    since: str
    gap: str
    wide: bool
    sentence: str
    then: str
    visits_of: str
    dials: tuple[Dial, ...]
    pauses: PauseCard | None
    visits: VisitsCard | None
    trend: Markup
    events: tuple[Happened, ...]
    own: tuple[Own, ...]
    skill: str
    sure: Sure | None


@dataclass(frozen=True, slots=True)
class Noted:
    """What a site itself says of the time of a report: its notes, and its own figures of the last weeks."""

    notes: Sequence[Annotation]
    facts: Sequence[Fact]


def report(language: Language, runs: Sequence[PeriodSummary], until: str, noted: Noted) -> Report | None:
    """Return the report of a week as it stood when that week had been told; None where there were no numbers by then.

    `runs` are oldest first, none of them later than `until`.
    """
    seen = look(runs, 1, WEEKS_BEFORE)
    numbers = seen.now.numbers if seen else None
    if seen is None or numbers is None:
        return None
    then = seen.before.numbers if seen.before else None
    notes, on = noted.notes[-MOST_EVENTS:], told_day(until) + timedelta(days=1)
    fresh = freshness(runs, on)
    return Report(
        week_days=language.days(monday(until), date_of_end(until, 1)),
        days=measured_days(language, seen),
        before_days=days_of(language, seen.before) if seen.before else "",
        is_new=until in new_weeks(runs),
        is_same=seen.stands is not None and until == weeks_later(runs[-1].first_week, runs[-1].weeks - 1),
        told=told_line(language, fresh),
        due=due_line(language, fresh),
        stale=staleness(language, fresh, runs, on),
        since=too_little_since(language, seen),
        gap=gap(language, seen.now),
        wide=is_wide(numbers.talk_overs_per_100_min),
        sentence=headline(language, seen, runs),
        then="" if seen.stands else language.say("report.then", sentence=headline(language, seen, runs)),
        visits_of=days_of(language, seen.now) if seen.stands else "",
        dials=tuple(dial(language, measure, numbers, then) for measure in (OPENINGS, TALK_OVERS, CUT_OFFS, SHARE)),
        pauses=pause_card(language, numbers, then),
        visits=visits_card(language, numbers, then),
        trend=drawing(language, Axis(weeks_later(until, 1 - SPAN), SPAN), runs, OPENINGS, notes),
        events=happened(language, notes),
        own=own_figures(language, noted.facts, until),
        skill=skill_for(then, numbers),
        sure=sure(language, seen.now.sureness),
    )


def new_weeks(runs: Sequence[PeriodSummary]) -> frozenset[str]:
    """Return the weeks that brought new numbers: those with which a run ended that was told anew."""
    told = (run for run in runs if run.numbers is not None and run.held_since is None)
    return frozenset(weeks_later(run.first_week, run.weeks - 1) for run in told)


def own_figures(language: Language, facts: Sequence[Fact], week: str) -> tuple[Own, ...]:
    """Return what the site counted itself in a week, and in the one before it."""
    values = {(fact.kind, fact.week): fact_value(language, fact.value) for fact in facts}
    kinds = [kind for kind, of_week in values if of_week == week]
    earlier = weeks_later(week, -1)
    return tuple(
        Own(fact_title(language, kind), values[kind, week], values.get((kind, earlier), ""))
        for kind in kinds[:MOST_EVENTS]
    )


def skill_for(before: FiveNumbers | None, now: FiveNumbers) -> str:
    """Return what to practise: what goes with the number that changed most surely, else letting customers finish."""
    foremost = compare(before, now).foremost if before else None
    return measure_of(foremost.name).skill if foremost else next(iter(MEASURES.values())).skill
