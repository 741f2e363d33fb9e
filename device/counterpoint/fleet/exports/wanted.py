"""What an export asks for: sites and weeks; one rule: a foreign site is not there, and a strange week is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from counterpoint.fleet.access.people import ALL_SITES
from counterpoint.fleet.store.weeks import monday, week_of, weeks_later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams

    from counterpoint.fleet.access.people import Person
    from counterpoint.fleet.store.rows import Site

USUAL_WEEKS: Final = 53
WEEK: Final = re.compile(r"2\d{3}-W\d{2}")  # of years that the calendar can add and take away from


@dataclass(frozen=True, slots=True)
class Weeks:
    """A run of ISO weeks, both ends meant too."""

    since: str
    until: str


def weeks_wanted(query: QueryParams) -> Weeks:
    """The weeks that `since` and `until` name, the last year without them; HTTPException 400 for what is no week."""
    this = week_of(datetime.now(UTC).date())
    until = query.get("until") or this
    since = query.get("since") or (weeks_later(until, 1 - USUAL_WEEKS) if _is_week(until) else "")
    if not (_is_week(since) and _is_week(until)):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "since and until are ISO weeks such as 2026-W18")
    return Weeks(since, until)


def sites_wanted(query: QueryParams, somebody: Person, known: Sequence[Site]) -> list[str]:
    """The sites that the query names, without any those that are theirs; HTTPException 404 for any other."""
    codes = [*([ALL_SITES] if somebody.sees_figures_of(ALL_SITES) else []), *(site.code for site in known)]
    own = list(somebody.figures_of(codes))
    named = [code for code in query.getlist("site") if code]
    if not set(named) <= set(own):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return [code for code in own if code in named] if named else own


def _is_week(text: str) -> bool:
    try:
        return WEEK.fullmatch(text) is not None and week_of(monday(text)) == text
    except (ValueError, OverflowError):
        return False
