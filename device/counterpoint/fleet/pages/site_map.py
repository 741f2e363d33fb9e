"""Which address leads to which page.

One rule: a page is asked for with GET, and its address says all that it shows (site, period), so that it can be kept
and passed on.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import Route

from counterpoint.fleet.access.guard import signed_in
from counterpoint.fleet.access.people import MANAGER
from counterpoint.fleet.pages.figures import Figures
from counterpoint.fleet.pages.language import COOKIE, LANGUAGES
from counterpoint.fleet.pages.layout import STILL

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.store.opening import Store

YEAR_S: Final = 31_536_000
FOR_GOOD: Final = {"Cache-Control": f"public, max-age={YEAR_S}, immutable"}
KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def today_utc() -> date:
    """Return the day it is, UTC."""
    return datetime.now(UTC).date()


def page_routes(store: Store, today: Callable[[], date] = today_utc) -> list[Route]:
    """Return every page, each behind the roles that may open it, and what needs no account."""
    figures = Figures(store, today)
    return [
        *open_routes(),
        Route("/", signed_in(figures.overview, MANAGER)),
    ]


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
