"""What people at the counters do to listen: each act as the share of visits in which it came at least once.

One rule: pure; acts are sorted as the texts have them, never by their share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.pages.charts.range_dot import share_dot
from counterpoint.fleet.pages.charts.scale import Scale
from counterpoint.fleet.pages.stretches import last_day
from counterpoint.fleet.store.weeks import monday

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from markupsafe import Markup

    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.pages.stretches import Looked, Stretch
    from counterpoint.messages.schemas import PublishedAct
    from counterpoint.messages.summaries import PeriodSummary

SKILLS: Final[dict[PublishedAct, str]] = {
    "open_question": "open-questions",
    "closed_question": "open-questions",
    "follow_up": "open-questions",
    "clarification": "say-it-back",
    "paraphrase": "say-it-back",
    "summary": "sum-up",
    "acknowledgement": "say-it-back",
    "empathy": "say-it-back",
    "promise": "note-a-promise",
    "call_back": "offer-a-call-back",
    "ease": "offer-a-call-back",
}
"""Every act that may be published, in the order of the page, and what is practised for it."""
WHOLE: Final = Scale(0, 100, (0, 50, 100), 0)


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act: how often now and before, as it is written, and its drawing."""

    name: str
    skill: str
    now: str
    before: str
    drawing: Markup


def acts_days(seen: Looked, runs: Sequence[PeriodSummary]) -> tuple[date, date] | None:
    """Return the days over which the acts were heard, where the last run only says them again; else None.

    Acts can be told later than the numbers that they stand with: so the first run that says these shares counts.
    """
    last = seen.now.runs[-1]
    since = last.held_since
    if seen.stands is None or since is None:
        return None
    told = (run for run in runs if since in (run.first_week, run.held_since))
    first = next((run for run in told if run.act_visits_percent == last.act_visits_percent), last)
    return monday(first.first_week), last_day(first)


def acts(language: Language, now: Stretch, before: Stretch | None) -> tuple[ActRow, ...]:
    """Return a row for each act that is known; none where words were not listened to."""
    shares = now.acts
    then = before.acts if before else None
    if shares is None:
        return ()
    return tuple(
        _row(language, act, shares[act], None if then is None else then.get(act)) for act in SKILLS if act in shares
    )


def _row(language: Language, act: PublishedAct, now: int, before: int | None) -> ActRow:
    written = language.say("unit.percent", value=now)
    then = "" if before is None else language.say("unit.percent", value=before)
    label = language.say("listening.label", act=language.say(f"act.{act}.title"), now=written)
    return ActRow(act, SKILLS[act], written, then, share_dot(label, WHOLE, now, before))
