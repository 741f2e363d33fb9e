"""What a page asks about the person in front of it; one rule: a page behind `signed_in` never runs for anybody else.

Route("/hours", signed_in(hours, MANAGER))      nobody: to /sign-in; another role: 403
person(request).figures_of(codes)               the sites that this person may see
own_site(request, code)                         the code, or 404: a foreign site does not exist
csrf_field(request)                             the hidden field that every form that posts carries
"""

from __future__ import annotations

import inspect
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.access.people import Person, Role

    Answer = Callable[[Request], Awaitable[Response]]
    Endpoint = Callable[[Request], Awaitable[Response] | Response]

PERSON: Final = "counterpoint.person"
"""Where the doors put the person into the request's scope."""
FORM_TOKEN: Final = "counterpoint.form_token"  # noqa: S105 - the name of a place, no secret
CSRF_FIELD: Final = "form_token"
SIGN_IN: Final = "/sign-in"


def person_or_none(request: Request) -> Person | None:
    """Who signed in, None for nobody."""
    return cast("Person | None", request.scope.get(PERSON))


def person(request: Request) -> Person:
    """Who signed in; HTTPException 401 for nobody, which a page behind `signed_in` never meets."""
    found = person_or_none(request)
    if found is None:
        raise HTTPException(HTTPStatus.UNAUTHORIZED)
    return found


def signed_in(endpoint: Endpoint, *roles: Role) -> Answer:
    """The endpoint for people who have one of these roles (none named: anybody who signed in).

    Nobody is sent to the sign-in page and back; another role gets 403. A plain function runs in a thread of its own.
    """

    async def answer(request: Request) -> Response:
        somebody = person_or_none(request)
        if somebody is None:
            return RedirectResponse(sign_in_address(request), HTTPStatus.SEE_OTHER)
        if roles and not somebody.roles.intersection(roles):
            raise HTTPException(HTTPStatus.FORBIDDEN)
        if inspect.iscoroutinefunction(endpoint):
            return cast("Response", await endpoint(request))
        return cast("Response", await run_in_threadpool(endpoint, request))

    return answer


def own_site(request: Request, site: str) -> str:
    """The code of a site whose figures this person may see; HTTPException 404 for any other, real or not."""
    if not person(request).sees_figures_of(site):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return site


def csrf_field(request: Request) -> Markup:
    """The hidden field that binds a form to this session."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, request.scope.get(FORM_TOKEN, ""))


def sign_in_address(request: Request) -> str:
    """Where to sign in, and come back from if this was a page that was only read."""
    if request.method not in ("GET", "HEAD") or request.url.path == "/":
        return SIGN_IN
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{SIGN_IN}?next={quote(wanted, safe='/')}"
