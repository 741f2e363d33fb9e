"""Export: the page that explains it, CSV of periods and hours, and the API; one rule: each export stands in the log.

A file is written some sites at a time, so that a chain's year needs no more memory than a shop's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import StreamingResponse
from starlette.routing import Route

from counterpoint.fleet.access.guard import person, signed_in
from counterpoint.fleet.access.people import ALL_SITES, IT, MANAGER
from counterpoint.fleet.exports.api import Api
from counterpoint.fleet.exports.asked import ASKED
from counterpoint.fleet.exports.columns import HOURS_COLUMNS, PERIOD_COLUMNS, hours_rows, period_row
from counterpoint.fleet.exports.csv_lines import MARK, csv_lines
from counterpoint.fleet.exports.wanted import Weeks, sites_wanted, weeks_wanted
from counterpoint.fleet.pages.layout import render
from counterpoint.fleet.store.rows import AuditLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.exports.columns import Cell
    from counterpoint.fleet.store.opening import Store

AT_ONCE: Final = 50
"""Sites read together."""
MOST_NAMED: Final = 10
"""Sites that a line of the log names; more are counted."""
SEMICOLON: Final = "semicolon"
CSV: Final = "text/csv; charset=utf-8; header=present"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file is made of."""

    kind: str
    sites: tuple[str, ...]
    names: dict[str, str]
    weeks: Weeks
    decimal_comma: bool


class Exports:
    """The page and the files."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/export", signed_in(self.show, MANAGER, IT)),
            Route("/export/periods.csv", signed_in(self.periods, MANAGER)),
            Route("/export/hours.csv", signed_in(self.hours, MANAGER)),
        ]

    def show(self, request: Request) -> Response:
        """What there is, and how a program gets it."""
        somebody = person(request)
        with self._store.reading() as reading:
            sites = [(one.code, one.name) for one in reading.sites() if somebody.sees_figures_of(one.code)]
        weeks = weeks_wanted(request.query_params)
        return render(
            request,
            "export.html",
            sites=[(ALL_SITES, ""), *sites] if somebody.sees_figures_of(ALL_SITES) else sites,
            chosen=request.query_params.get("site", ""),
            weeks=weeks,
            sees_figures=somebody.sees_figures,
            asked=[(one.path, one.answer.__name__.lower()) for one in ASKED],
            address=str(request.base_url).rstrip("/"),
        )

    def periods(self, request: Request) -> Response:
        """The runs of weeks as CSV."""
        return self._file(self._wanted(request, "periods"))

    def hours(self, request: Request) -> Response:
        """The hours as CSV."""
        return self._file(self._wanted(request, "hours"))

    def _wanted(self, request: Request, kind: str) -> Wanted:
        query, somebody = request.query_params, person(request)
        weeks = weeks_wanted(query)
        with self._store.reading() as reading:
            known = reading.sites()
        sites = tuple(sites_wanted(query, somebody, known))
        named = " ".join(sites) if len(sites) <= MOST_NAMED else f"{len(sites)} sites"
        about = f"{kind} of {named}, {weeks.since} to {weeks.until}"
        with self._store.writing() as writing:
            writing.access.note(AuditLine(int(time.time()), somebody.name, "exported", about))
        names = {site.code: site.name for site in known}
        return Wanted(kind, sites, names, weeks, query.get("form") == SEMICOLON)

    def _file(self, wanted: Wanted) -> Response:
        name = f"counterpoint-{wanted.kind}-{wanted.weeks.since}-{wanted.weeks.until}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(self._lines(wanted), headers=headers, media_type=CSV)

    def _lines(self, wanted: Wanted) -> Iterator[str]:
        columns = PERIOD_COLUMNS if wanted.kind == "periods" else HOURS_COLUMNS
        yield MARK + csv_lines([columns], decimal_comma=wanted.decimal_comma)
        for start in range(0, len(wanted.sites), AT_ONCE):
            rows = self._rows(wanted, wanted.sites[start : start + AT_ONCE])
            yield csv_lines(rows, decimal_comma=wanted.decimal_comma)

    def _rows(self, wanted: Wanted, sites: tuple[str, ...]) -> list[tuple[Cell, ...]]:
        weeks, names = wanted.weeks, wanted.names
        with self._store.reading() as reading:
            if wanted.kind == "periods":
                return [period_row(one, names) for one in reading.periods(sites, weeks.since, weeks.until)]
            return [row for one in reading.hours(sites, weeks.since, weeks.until) for row in hours_rows(one, names)]


def export_routes(store: Store) -> list[Route]:
    """Export's page, its files and the API."""
    return [*Exports(store).routes(), *Api(store).routes()]
