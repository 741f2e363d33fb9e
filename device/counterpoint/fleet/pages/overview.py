"""The overview of a site: the five numbers against the site's own period before, and what changed.

One rule: pure; a site's summaries and a day in, what the page says out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.figures import half_width
from counterpoint.disclosure.weeks import BLOCK_WEEKS
from counterpoint.fleet.pages.cards import dial, pause_card, visits_card
from counterpoint.fleet.pages.freshness import block_days, fresh_line, freshness, staleness
from counterpoint.fleet.pages.measures import CUT_OFFS, OPENINGS, QUICK, SHARE, TALK_OVERS
from counterpoint.fleet.pages.sentences import what_changed
from counterpoint.fleet.pages.stretches import last_day, look
from counterpoint.fleet.store.weeks import monday

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from counterpoint.fleet.pages.cards import Dial, PauseCard, VisitsCard
    from counterpoint.fleet.pages.choice import Choice
    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.pages.stretches import Looked, Stretch
    from counterpoint.fleet.store.rows import Site
    from counterpoint.messages.schemas import Sureness
    from counterpoint.messages.summaries import Figure, PeriodSummary

PUBLISHED_PEOPLE: Final = 3
"""With fewer a device publishes nothing."""
TENTHS: Final = 10
WIDE: Final = 0.25
"""An interval that reaches so far (as a share of the number) hides all but large changes."""


@dataclass(frozen=True, slots=True)
class Sure:
    """The detector's measured error in words: of ten talk-overs it finds so many; of ten found so many are none."""

    source: str
    found: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows; `why` is set where nothing was ever told, and then the numbers are None.

    Sentences, "" where they have nothing to say: `fresh`, when the numbers were told and when the next come; `since`,
    why there are none of later weeks; `gap`, how many weeks are not in them; `stands`, that they are earlier ones;
    `visits_of`, of when the visits are, where these are not; `wide`, that their ranges are; `stale`, that the next
    should have come.
    """

    why: str = ""
    days: str = ""
    fresh: str = ""
    since: str = ""
    gap: str = ""
    stands: str = ""
    visits_of: str = ""
    wide: str = ""
    stale: str = ""
    sentence: str = ""
    now_key: str = ""
    before_key: str = ""
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


def overview(
    language: Language, choice: Choice, runs: Sequence[PeriodSummary], today: date, fewest_people: int
) -> Overview:
    """Return the page of a site; `runs` are its summaries, oldest first, at least twice the chosen weeks of them."""
    seen = look(runs, choice.weeks)
    numbers = seen.now.numbers if seen else None
    if seen is None or numbers is None:
        return Overview(why=why_nothing(language, choice.site, runs, today, fewest_people))
    then = seen.before.numbers if seen.before else None
    fresh = None if choice.is_past else freshness(runs, today)
    return Overview(
        days=days_told(language, seen.now, choice.weeks),
        fresh=fresh_line(language, fresh),
        since=too_little_since(language, seen),
        gap=gap(language, seen.now),
        wide=language.say("overview.wide") if is_wide(numbers.talk_overs_per_100_min) else "",
        stale=staleness(language, fresh, runs, today),
        stands=language.say("overview.stands", days=language.days(*seen.stands)) if seen.stands else "",
        visits_of=days_of(language, seen.now) if seen.stands else "",
        sentence=headline(language, seen, runs),
        now_key=language.say("overview.now_key", days=measured_days(language, seen)),
        before_key=language.say("overview.before_key", days=days_of(language, seen.before)) if seen.before else "",
        openings=dial(language, OPENINGS, numbers, then),
        talk_overs=dial(language, TALK_OVERS, numbers, then),
        cut_offs=dial(language, CUT_OFFS, numbers, then),
        quick=dial(language, QUICK, numbers, then),
        share=dial(language, SHARE, numbers, then),
        pauses=pause_card(language, numbers, then),
        visits=visits_card(language, numbers, then),
        sure=sure(language, seen.now.sureness),
    )


def headline(language: Language, seen: Looked, runs: Sequence[PeriodSummary]) -> str:
    """Return the one sentence that says what changed, or that nothing did."""
    numbers = seen.now.numbers
    if seen.stands or numbers is None:
        return language.say("sentence.stands")
    then = seen.before.numbers if seen.before else None
    return what_changed(language, then, numbers, is_first=seen.now.runs[0] is runs[0])


def measured_days(language: Language, seen: Looked) -> str:
    """Return the days over which the numbers were measured."""
    return language.days(*seen.stands) if seen.stands else days_of(language, seen.now)


def days_of(language: Language, stretch: Stretch) -> str:
    """Return the stretch's days in words."""
    return language.days(stretch.first_day, stretch.last_day)


def days_told(language: Language, stretch: Stretch, asked_weeks: int) -> str:
    """Return the stretch's days; where it is longer than asked for, also how many weeks are told at a time."""
    days, at_a_time = days_of(language, stretch), stretch.runs[-1].weeks
    if stretch.weeks <= asked_weeks or at_a_time == 1:
        return days
    return language.say("overview.at_a_time", days=days, weeks=language.number(at_a_time))


def too_little_since(language: Language, seen: Looked) -> str:
    """Return why there are no numbers of the weeks since the last ones; nothing where there are no such weeks."""
    return "" if seen.since is None else language.say("overview.since", days=days_of(language, seen.since))


def gap(language: Language, stretch: Stretch) -> str:
    """Return how many weeks of a stretch could not be told; nothing where all could."""
    return language.count("overview.gap", stretch.untold_weeks) if stretch.untold_weeks else ""


def is_wide(figure: Figure | None) -> bool:
    """Return whether an interval hides all but large changes."""
    return figure is not None and half_width(figure) > WIDE * figure.value


def why_nothing(language: Language, site: Site, runs: Sequence[PeriodSummary], today: date, fewest_people: int) -> str:
    """Return why there are no numbers at all, and when there will be."""
    if 0 < site.people < PUBLISHED_PEOPLE:
        return language.say("overview.why.one_person")
    if 0 < site.people < fewest_people:
        return language.say("overview.why.few_people", people=fewest_people)
    days = dict(zip(("present", "following"), map(language.day, block_days(today)), strict=True))
    if runs:
        untold = language.days(monday(runs[0].first_week), last_day(runs[-1]))
        return language.say("overview.why.too_few", days=untold, present=days["present"])
    kind = "first" if site.counter_count else "no_counters"
    return language.say(f"overview.why.{kind}", weeks=BLOCK_WEEKS, **days)


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
