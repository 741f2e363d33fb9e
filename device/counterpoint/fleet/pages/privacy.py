"""The privacy page: the rules in force, what was left out, and what a place would see.

One rule: pure; the calculator answers from the same rules that tell a site, whoever asks and whatever is typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import asdict

from counterpoint.disclosure.calculator import Place, foresee
from counterpoint.disclosure.visit import to_step
from counterpoint.disclosure.weeks import BLOCK_WEEKS
from counterpoint.fleet.pages.freshness import first_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from counterpoint.disclosure.calculator import Foresight
    from counterpoint.disclosure.sites import SiteRules
    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.store.rows import Told

ASKED: Final = {"people": (6, 500), "counters": (3, 200), "visits": (120, 20_000), "hours": (8, 24), "days": (5, 7)}
"""What is typed into the calculator: for each what stands there first, and the most that it takes."""
LONGEST: Final = 6
"""Digits."""
TEN: Final = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a place would see, in sentences; `asked` are the numbers that it rests on."""

    asked: dict[str, int]
    told: str
    why: str
    hours: str
    error: str
    window: str
    first: str


def calculate(language: Language, query: Mapping[str, str], rules: SiteRules, today: date) -> Answer:
    """Return the calculator's answer to who begins today; what is no number, too low or too high is put right."""
    asked = {name: _number(query.get(name, ""), usual, most) for name, (usual, most) in ASKED.items()}
    place = Place(asked["people"], asked["counters"], asked["visits"], asked["hours"], asked["days"])
    seen = foresee(place, rules)
    return Answer(
        asked=asked,
        told=_told(language, seen),
        why=language.say(f"calculator.why.{seen.why_not}") if seen.why_not else "",
        hours=language.say("calculator.hours.yes" if seen.hours_told else "calculator.hours.no"),
        error=_error(language, seen),
        window=language.count("calculator.window", seen.window_hours) if seen.weeks else "",
        first=_first(language, seen, today),
    )


def _told(language: Language, seen: Foresight) -> str:
    if seen.weeks is None:
        return language.say("calculator.told.nothing")
    if seen.stands:
        return language.say("calculator.told.stands", first=BLOCK_WEEKS, weeks=seen.weeks)
    return language.count("calculator.told", seen.weeks)


def _first(language: Language, seen: Foresight, today: date) -> str:
    if seen.weeks is None or seen.first_after_days is None:
        return ""
    begin = first_day(today, BLOCK_WEEKS if seen.stands else seen.weeks)
    day = language.day(begin + timedelta(days=seen.first_after_days))
    if seen.stands:
        return language.say("calculator.first_block", day=day, weeks=BLOCK_WEEKS, begin=language.day(begin))
    return language.say("calculator.first", day=day)


def _error(language: Language, seen: Foresight) -> str:
    if seen.blur_percent is None or seen.change_seen_percent is None:
        return ""
    blur, change = language.number(seen.blur_percent, 1), language.number(seen.change_seen_percent)
    return language.say("calculator.error_stands" if seen.stands else "calculator.error", blur=blur, change=change)


def _number(text: str, usual: int, most: int) -> int:
    typed = text.strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= LONGEST):
        return usual
    return min(max(int(typed), 1), most)


def left_out(told: Told) -> dict[str, int]:
    """Return what the filter left out, rounded to ten: one more window tells nobody that customers came."""
    counts = {"merged": told.merged, "dropped": told.dropped, "late": told.late, "rejected": told.rejected}
    return {name: to_step(count, TEN) for name, count in counts.items()}


def rules_in_words(language: Language, rules: SiteRules) -> tuple[str, ...]:
    """Return the rules in force: the two that are no setting, and between them each setting with its value."""
    said = [language.say("privacy.rule.site")]
    for name, value in asdict(rules).items():
        if f"privacy.rule.{name}" not in language.texts:
            continue  # a test holds that each has words
        shown, percent = (language.number(each, 0 if each == int(each) else 1) for each in (value, 100 * value))
        said.append(language.say(f"privacy.rule.{name}", value=shown, percent=percent))
    return (*said, language.say("privacy.rule.once"))
