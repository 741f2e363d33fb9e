"""The privacy page: the rules in force, what was left out, and what a place would see.

One rule: pure; the calculator answers from the same rules that tell a site, whoever asks and whatever is typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.calculator import Place, foresee

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.disclosure.sites import SiteRules
    from counterpoint.fleet.pages.language import Language

ASKED: Final = {"people": (6, 500), "counters": (3, 200), "visits": (120, 20_000), "hours": (8, 24), "days": (5, 7)}
"""What is typed into the calculator: for each what stands there first, and the most that it takes."""
LONGEST: Final = 6
"""Digits."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a place would see, in sentences; `asked` are the numbers that it rests on."""

    asked: dict[str, int]
    told: str
    why: str
    hours: str
    window: str
    first: str


def calculate(language: Language, query: Mapping[str, str], rules: SiteRules) -> Answer:
    """Return the calculator's answer; what is no number, too low or too high is put right."""
    asked = {name: _number(query.get(name, ""), usual, most) for name, (usual, most) in ASKED.items()}
    place = Place(asked["people"], asked["counters"], asked["visits"], asked["hours"], asked["days"])
    seen = foresee(place, rules)
    return Answer(
        asked=asked,
        told=language.say(f"calculator.told.{seen.told}"),
        why=language.say(f"calculator.why.{seen.why_not}") if seen.why_not else "",
        hours=language.say("calculator.hours.yes" if seen.hours_told else "calculator.hours.no"),
        window=language.count("calculator.window", seen.window_hours) if seen.window_hours else "",
        first="" if seen.first_after_days is None else language.count("calculator.first", seen.first_after_days),
    )


def _number(text: str, usual: int, most: int) -> int:
    typed = text.strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= LONGEST):
        return usual
    return min(max(int(typed), 1), most)


def rules_in_words(language: Language, rules: SiteRules) -> tuple[str, ...]:
    """Return the rules in force, in the order of their effect."""
    return (
        language.say("privacy.rule.site"),
        language.say("privacy.rule.people", people=language.number(rules.fewest_people)),
        language.say("privacy.rule.visits", visits=language.number(rules.fewest_visits)),
        language.say("privacy.rule.week", counters=language.number(rules.week_counters, 1)),
        language.say("privacy.rule.hours", counters=language.number(rules.hours_counters, 1)),
        language.say("privacy.rule.bound", percent=language.number(100 * rules.bound)),
        language.say("privacy.rule.blur" if rules.blur else "privacy.rule.no_blur"),
        language.say("privacy.rule.once"),
    )
