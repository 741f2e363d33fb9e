"""The weekly report: one printed page of a site, the same numbers as on the screen.

One rule: pure; it rests on the last run that was told by the asked week, and on the weeks before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.changes import compare
from counterpoint.fleet.pages.cards import dial, pause_card, visits_card
from counterpoint.fleet.pages.measures import CUT_OFFS, MEASURES, OPENINGS, SHARE, TALK_OVERS, measure_of
from counterpoint.fleet.pages.overview import days_of, sure
from counterpoint.fleet.pages.sentences import what_changed
from counterpoint.fleet.pages.stretches import last_stretches
from counterpoint.fleet.pages.trends import Axis, drawing, happened
from counterpoint.fleet.store.weeks import weeks_later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from counterpoint.fleet.pages.cards import Dial, PauseCard, VisitsCard
    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.pages.overview import Sure
    from counterpoint.fleet.pages.trends import Happened
    from counterpoint.fleet.store.rows import Annotation
    from counterpoint.messages.summaries import FiveNumbers, PeriodSummary

WEEKS_BEFORE: Final = 4
"""A single week is held against the four before it: one week against one is mostly chance."""
SPAN: Final = 26


@dataclass(frozen=True, slots=True)
class Report:
    """What the page shows."""

    days: str
    before_days: str
    sentence: str
    dials: tuple[Dial, ...]
    pauses: PauseCard | None
    visits: VisitsCard | None
    trend: Markup
    events: tuple[Happened, ...]
    skill: str
    sure: Sure | None


def report(language: Language, runs: Sequence[PeriodSummary], until: str, notes: Sequence[Annotation]) -> Report | None:
    """Return the report of the last run told by `until`; None where it has no numbers. `runs` are oldest first."""
    now, _ = last_stretches(runs, 1)
    if now is None or now.numbers is None:
        return None
    before, _ = last_stretches(runs[: len(runs) - len(now.runs)], max(WEEKS_BEFORE, now.weeks))
    then = before.numbers if before else None
    axis = Axis(weeks_later(until, 1 - SPAN), SPAN)
    dials = [dial(language, measure, now.numbers, then) for measure in (OPENINGS, TALK_OVERS, CUT_OFFS, SHARE)]
    return Report(
        days=days_of(language, now),
        before_days=days_of(language, before) if before and then else "",
        sentence=what_changed(language, then, now.numbers),
        dials=tuple(dials),
        pauses=pause_card(language, now.numbers, then),
        visits=visits_card(language, now.numbers, then),
        trend=drawing(language, axis, runs, OPENINGS, notes),
        events=happened(language, notes),
        skill=skill_for(then, now.numbers),
        sure=sure(language, now.sureness),
    )


def skill_for(before: FiveNumbers | None, now: FiveNumbers) -> str:
    """Return what to practise: what goes with the number that changed most surely, else letting customers finish."""
    foremost = compare(before, now).foremost if before else None
    return measure_of(foremost.name).skill if foremost else next(iter(MEASURES.values())).skill
