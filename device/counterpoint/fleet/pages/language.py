"""Every sentence of the pages, in the reader's language, and how that language writes numbers and days.

One rule: nothing that people read is written in a template or in code; it stands in `texts/<language>.toml`, and what
stands there in {braces} is filled in.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.access.marks import person_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from starlette.requests import Request

FLEET: Final = Path(__file__).resolve().parents[1]
PARTS: Final = ("pages", "access", "exports", "notes")
"""Folders of the fleet that have texts and templates of their own."""
LANGUAGES: Final = ("en", "de")
COOKIE: Final = "language"
MINUS: Final = "\N{MINUS SIGN}"
NARROW: Final = "\N{NARROW NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its code (ISO 639-1) and its sentences by dotted name."""

    code: str
    texts: Mapping[str, str]

    def say(self, name: str, /, **filled: object) -> str:
        """Return the sentence of this name, its braces filled; KeyError where there is none."""
        return self.texts[name].format_map(filled)

    def count(self, name: str, number: int) -> str:
        """Return `name.one` for 1 and else `name.other`, with {count} filled in."""
        form = "one" if number == 1 else "other"
        return self.say(f"{name}.{form}", count=self.number(number))

    def number(self, value: float, decimals: int = 0) -> str:
        """Return the number as this language writes it: 1,250.5 or 1 250,5."""
        plain = f"{abs(value):,.{decimals}f}"
        sign = MINUS if value < 0 and plain.strip("0.,") else ""
        grouped = plain.replace(",", NARROW).replace(".", self.say("number.point"))
        return sign + grouped

    def signed(self, value: float, decimals: int = 0) -> str:
        """Return the number with its sign, as a difference is written; no sign for what rounds to 0."""
        text = self.number(value, decimals)
        return f"+{text}" if value > 0 and text.strip("0.,") else text

    def day(self, day: date, *, year: bool = True) -> str:
        """Return a day: "5 October 2026" or "5. Oktober 2026"."""
        form = "day.with_year" if year else "day.short"
        return self.say(form, day=day.day, month=self.month(day), year=day.year)

    def month(self, day: date) -> str:
        """Return the name of the day's month."""
        return self.say(f"month.m{day.month}")

    def days(self, first: date, last: date) -> str:
        """Return a run of days: "5 October to 1 November 2026", "9 to 15 November 2026"."""
        alone = (first.year, first.month) == (last.year, last.month)
        begin = self.say("day.alone", day=first.day) if alone else self.day(first, year=first.year != last.year)
        return self.say("day.run", first=begin, last=self.day(last))


@cache
def language(code: str) -> Language:
    """Return a language by its code; one of LANGUAGES."""
    files = [FLEET / part / "texts" / f"{code}.toml" for part in PARTS]
    texts = (_flat(tomllib.loads(path.read_text(encoding="utf-8"))) for path in files if path.is_file())
    return Language(code, {name: text for flat in texts for name, text in flat})


def language_of(request: Request) -> Language:
    """Return what the reader chose for their account, else by the link, else what their browser asks for."""
    person = person_or_none(request)
    chosen = (person.language if person else "", request.cookies.get(COOKIE, ""))
    asked = preferred(request.headers.get("accept-language", ""))
    return language(next((code for code in chosen if code in LANGUAGES), asked))


def preferred(accepted: str) -> str:
    """Return the language that an Accept-Language header ranks first of those that we have."""
    best, weight = LANGUAGES[0], 0.0
    for wish in accepted[:200].split(","):
        name, _, rest = wish.partition(";")
        code = name.strip().lower().partition("-")[0]
        heard = _weight(rest)
        if code in LANGUAGES and heard > weight:
            best, weight = code, heard
    return best


def _weight(rest: str) -> float:
    text = rest.strip().removeprefix("q=")
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def _flat(table: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", str(value)
