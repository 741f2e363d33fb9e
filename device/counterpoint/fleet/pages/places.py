"""The list of sites: by name, each told against itself alone.

One rule: pure; no figure stands beside another site's, and nothing can be sorted by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.pages.charts.sparkline import sparkline
from counterpoint.fleet.pages.measures import OPENINGS
from counterpoint.fleet.pages.overview import headline
from counterpoint.fleet.pages.stretches import last_day, look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.store.rows import Site, SiteName
    from counterpoint.messages.summaries import PeriodSummary

ON_A_PAGE: Final = 24
LOOKED_BACK: Final = 26
"""Weeks of the small line."""
LONGEST_SEARCH: Final = 60


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list of sites: those on it, and which pages there are around it."""

    sites: tuple[SiteName, ...]
    searched: str
    page: int
    pages: int
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """A site of the list; all but name and counters is empty for who may not see its figures."""

    code: str
    name: str
    counters: int
    told: str
    line: Markup | None
    sentence: str


def find(sites: Sequence[SiteName], searched: str, page: str) -> Found:
    """Return the sites whose name or code holds what was searched for; a page too high is the last one."""
    wanted = searched[:LONGEST_SEARCH].strip().casefold()
    found = [site for site in sites if wanted in site.name.casefold() or wanted in site.code]
    pages = max(1, -(-len(found) // ON_A_PAGE))
    number = min(max(int(page) if page.isdecimal() and len(page) < 6 else 1, 1), pages)  # noqa: PLR2004 - no list has 100,000 pages
    shown = tuple(found[(number - 1) * ON_A_PAGE : number * ON_A_PAGE])
    return Found(shown, searched[:LONGEST_SEARCH], number, pages, len(found))


def place(language: Language, site: Site, runs: Sequence[PeriodSummary] | None, weeks: int) -> Place:
    """Return a row of the list; `runs` are the site's summaries, None for who may not see its figures."""
    if runs is None:  # how far it is told says whether enough customers came
        return Place(site.code, site.name, site.counter_count, "", None, "")
    seen = look(runs, weeks)
    if seen is None or seen.now.numbers is None:
        return Place(site.code, site.name, site.counter_count, "", None, language.say("sites.too_little"))
    told = language.say("sites.told", day=language.day(last_day(seen.now.runs[-1])))
    values = [None if (figure := OPENINGS.of(run.numbers)) is None else figure.value for run in runs]
    label = language.say("sites.line", site=site.name)
    sentence = headline(language, seen, runs)
    return Place(site.code, site.name, site.counter_count, told, sparkline(label, values), sentence)


def by_site(runs: Sequence[PeriodSummary]) -> Mapping[str, list[PeriodSummary]]:
    """Return the summaries of each site, in their order."""
    found: dict[str, list[PeriodSummary]] = {}
    for run in runs:
        found.setdefault(run.site, []).append(run)
    return found
