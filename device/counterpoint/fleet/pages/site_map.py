"""Which address leads to which page.

One rule: a page is asked for with GET, and its address says all that it shows (site, period), so that it can be kept
and passed on.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import Route

from counterpoint.disclosure.sites import SiteRules
from counterpoint.fleet.access.guard import person, signed_in
from counterpoint.fleet.access.people import IT, MANAGER
from counterpoint.fleet.pages.figures import Figures
from counterpoint.fleet.pages.house import House
from counterpoint.fleet.pages.language import COOKIE, LANGUAGES
from counterpoint.fleet.pages.layout import STILL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.store.opening import Store

YEAR_S: Final = 31_536_000
FOR_GOOD: Final = {"Cache-Control": f"public, max-age={YEAR_S}, immutable"}
KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def today_utc() -> date:
    """Return the day it is, UTC."""
    return datetime.now(UTC).date()


def whole_seconds() -> int:
    """Return the time, in seconds since 1970, UTC."""
    return int(time.time())


def page_routes(
    store: Store,
    rules: SiteRules | None = None,
    today: Callable[[], date] = today_utc,
    now_s: Callable[[], int] = whole_seconds,
) -> list[Route]:
    """Return every page, each behind the roles that may open it, and what needs no account.

    `rules` are those that sites are told by (None: the usual ones); `now_s` tells seconds since 1970, UTC.
    """
    rules = rules or SiteRules()
    figures, house = Figures(store, today, rules), House(store, rules, today, now_s)
    return [
        *open_routes(),
        Route("/", first_page(figures.overview)),
        Route("/hours", signed_in(figures.hours, MANAGER)),
        Route("/trends", signed_in(figures.trends, MANAGER)),
        Route("/listening", signed_in(figures.listening, MANAGER)),
        Route("/try", signed_in(figures.practise, MANAGER)),
        Route("/report", signed_in(figures.report, MANAGER)),
        Route("/sites", signed_in(figures.sites, MANAGER, IT)),
        Route("/devices", signed_in(house.devices, IT)),
        Route("/privacy", signed_in(house.privacy)),
    ]


def first_page(overview: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """Return the overview for managers; who has another role only is led to the first page that is theirs."""

    def lead(request: Request) -> Response:
        roles = person(request).roles
        if MANAGER in roles:
            return overview(request)
        return RedirectResponse("/devices" if IT in roles else "/privacy", status_code=303)

    return signed_in(lead)


def open_routes() -> list[Route]:
    """Return what needs no account: our own style, script and mark, and the choice of a language."""
    return [
        Route("/static/{fingerprint}/{name}", still_file),
        Route("/language/{code}", choose_language),
    ]


async def still_file(request: Request) -> Response:
    """One of our own files; any fingerprint gets the file that there is."""
    path = STILL / request.path_params["name"]
    if path.parent != STILL or path.suffix not in KINDS or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, headers=FOR_GOOD, media_type=KINDS[path.suffix])


async def choose_language(request: Request) -> Response:
    """Keep the language in a cookie, and go back to where the reader was."""
    code = request.path_params["code"]
    if code not in LANGUAGES:
        raise HTTPException(404)
    answer = RedirectResponse(inside(request.query_params.get("back", "/")), status_code=303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, code, max_age=YEAR_S, httponly=True, samesite="lax", secure=secure)
    return answer


def inside(address: str) -> str:
    """Return the address if it is a path of ours, else the start: nobody is sent elsewhere by a link to us."""
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if own else "/"
