"""The overview of a site: the five numbers against the site's own period before, and what changed.

One rule: pure; a site's summaries and a day in, what the page says out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.pages.cards import dial, pause_card, visits_card
from counterpoint.fleet.pages.measures import CUT_OFFS, OPENINGS, QUICK, SHARE, TALK_OVERS
from counterpoint.fleet.pages.sentences import what_changed
from counterpoint.fleet.pages.stretches import last_day, last_stretches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from counterpoint.fleet.pages.cards import Dial, PauseCard, VisitsCard
    from counterpoint.fleet.pages.choice import Choice
    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.pages.stretches import Stretch
    from counterpoint.messages.schemas import Sureness
    from counterpoint.messages.summaries import PeriodSummary

FEWEST_PEOPLE: Final = 3
TENTHS: Final = 10
LATE: Final = timedelta(days=11)
"""When a run of the same length has passed, the next is told after three days for late messages, and some air."""


@dataclass(frozen=True, slots=True)
class Sure:
    """The detector's measured error in words: of ten talk-overs it finds so many; of ten found so many are none."""

    source: str
    found: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows; `why` is set where nothing is told, and then the numbers are None."""

    days: str
    stale: str
    why: str
    sentence: str
    now_key: str
    before_key: str
    openings: Dial | None = None
    talk_overs: Dial | None = None
    cut_offs: Dial | None = None
    quick: Dial | None = None
    share: Dial | None = None
    pauses: PauseCard | None = None
    visits: VisitsCard | None = None
    sure: Sure | None = None

    @property
    def is_told(self) -> bool:
        """Whether there are numbers."""
        return self.visits is not None


def overview(language: Language, choice: Choice, runs: Sequence[PeriodSummary], today: date) -> Overview:
    """Return the page of a site; `runs` are its summaries, oldest first, at least twice the chosen weeks of them."""
    now, before = last_stretches(runs, choice.weeks)
    if now is None:
        return Overview("", "", why_nothing(language, choice, None), "", "", "")
    days = days_told(language, now, choice.weeks)
    stale = staleness(language, now, today)
    numbers = now.numbers
    if numbers is None:
        return Overview(days, stale, why_nothing(language, choice, now), "", "", "")
    then = before.numbers if before else None
    return Overview(
        days=days,
        stale=stale,
        why="",
        sentence=what_changed(language, then, numbers),
        now_key=language.say("overview.now_key", days=days_of(language, now)),
        before_key=language.say("overview.before_key", days=days_of(language, before)) if before and then else "",
        openings=dial(language, OPENINGS, numbers, then),
        talk_overs=dial(language, TALK_OVERS, numbers, then),
        cut_offs=dial(language, CUT_OFFS, numbers, then),
        quick=dial(language, QUICK, numbers, then),
        share=dial(language, SHARE, numbers, then),
        pauses=pause_card(language, numbers, then),
        visits=visits_card(language, numbers, then),
        sure=sure(language, now.sureness),
    )


def days_of(language: Language, stretch: Stretch) -> str:
    """Return the stretch's days in words."""
    return language.days(stretch.first_day, stretch.last_day)


def days_told(language: Language, stretch: Stretch, asked_weeks: int) -> str:
    """Return the stretch's days; where it is longer than asked for, also how many weeks are told at a time."""
    days, at_a_time = days_of(language, stretch), stretch.runs[-1].weeks
    if stretch.weeks <= asked_weeks or at_a_time == 1:
        return days
    return language.say("overview.at_a_time", days=days, weeks=language.number(at_a_time))


def staleness(language: Language, now: Stretch, today: date) -> str:
    """Return a sentence where the next run should have been told by now, else nothing."""
    last = now.runs[-1]
    due = last_day(last) + timedelta(weeks=last.weeks) + LATE
    if today <= due:
        return ""
    end = last_day(last)
    return language.say("overview.stale", day=language.day(end), days=language.number((today - end).days))


def why_nothing(language: Language, choice: Choice, now: Stretch | None) -> str:
    """Return why there are no numbers, and when there will be."""
    if now is not None:
        return language.say("overview.why.too_few", days=days_of(language, now))
    if choice.site.counter_count == 0:
        return language.say("overview.why.no_counters")
    if 0 < choice.site.people < FEWEST_PEOPLE:
        return language.say("overview.why.one_person")
    return language.say("overview.why.first")


def sure(language: Language, measured: Sureness | None) -> Sure | None:
    """Return the measured error in words; None where none was measured."""
    if measured is None:
        return None
    found, right = (of.get("talk_over") for of in (measured.event_recall_ratio, measured.event_precision_ratio))
    if found is None or right is None:
        return None
    return Sure(
        language.say(f"sure.source.{measured.source}") if measured.source == "simulation" else measured.source,
        language.number(TENTHS * found),
        language.number(TENTHS * (1 - right)),
    )
