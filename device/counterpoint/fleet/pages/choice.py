"""What a reader looks at, from the page's address: which site, how many weeks, until when.

One rule: what the address asks for and this person may not see does not exist (404); what is no week or no number falls
back to the usual.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from counterpoint.fleet.access.guard import own_site, person
from counterpoint.fleet.access.people import ALL_SITES
from counterpoint.fleet.store.rows import Site
from counterpoint.fleet.store.weeks import monday, week_of, weeks_later

if TYPE_CHECKING:
    from datetime import date

    from starlette.requests import Request

    from counterpoint.fleet.store.reading import Reading

PERIODS: Final = (1, 4, 13, 52)
"""Weeks that can be looked at together: a week, about a month, a quarter, a year."""
USUAL: Final = 4
MOST_LISTED: Final = 40
"""Sites in the list of the page's head; where there are more, the page of sites finds one by its name."""
WEEK: Final = re.compile(r"2\d{3}-W\d{2}")  # of years that the calendar can add and take away from


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked at.

    Attributes:
        site: The place; its code is `all` for every site together.
        weeks: How many weeks together.
        until: The last ISO week looked at.
        listed: The sites of the list in the page's head, `all` among them; empty where they are too many for a list.
        newest: The last ISO week that was told of the place; None before the first.
    """

    site: Site
    weeks: int
    until: str
    listed: tuple[Site, ...]
    newest: str | None = None

    @property
    def is_past(self) -> bool:
        """Whether later weeks were told than those looked at."""
        return self.newest is not None and self.until < self.newest

    def since(self, weeks: int) -> str:
        """Return the first of so many weeks that end with the last one looked at."""
        return weeks_later(self.until, 1 - weeks)


def chosen(request: Request, reading: Reading, all_sites: str, today: date) -> Choice | None:
    """Return what the address asks for, None where this person has no site to look at yet.

    `all_sites` is what every site together is called.

    Raises:
        HTTPException: 404, for a site that is not there or not theirs.
    """
    reader = person(request)
    if not reader.sees_figures:
        return None
    own = reading.some_sites(reader.sites, MOST_LISTED + 1)
    offered = with_all(own, all_sites) if reader.sees_figures_of(ALL_SITES) else own
    if not offered:
        return None
    code = own_site(request, request.query_params.get("site") or offered[0].code)
    site = next((site for site in offered if site.code == code), None)
    if site is None and len(own) > MOST_LISTED:
        site = next(iter(reading.some_sites([code], 1)), None)
    if site is None:
        raise HTTPException(404)
    listed = offered if len(own) <= MOST_LISTED else ()
    newest = reading.last_week(code)
    return Choice(site, _weeks(request), asked_week(request) or newest or week_of(today), listed, newest)


def with_all(sites: tuple[Site, ...], name: str) -> tuple[Site, ...]:
    """Return the sites, and before them all of them together, where there are several to pool."""
    if len(sites) < 2:  # noqa: PLR2004 - one site pools nothing
        return sites
    counters = max(site.counter_count for site in sites)  # whether there are any: no page says how many all have
    return (Site(ALL_SITES, name, sites[0].timezone, counters, 0), *sites)


def _weeks(request: Request) -> int:
    asked = request.query_params.get("weeks", "")
    return int(asked) if asked in map(str, PERIODS) else USUAL


def asked_week(request: Request) -> str | None:
    """Return the week that the address names; None where it names none."""
    asked = request.query_params.get("until", "")
    return asked if is_week(asked) else None


def is_week(text: str) -> bool:
    """Return whether this text is an ISO week."""
    if not WEEK.fullmatch(text):
        return False
    try:
        monday(text)
    except ValueError:
        return False
    return True
