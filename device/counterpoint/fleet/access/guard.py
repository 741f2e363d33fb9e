"""What a page asks about the person in front of it; one rule: a page behind `signed_in` never runs for anybody else.

Route("/hours", signed_in(hours, MANAGER))      nobody: to /sign-in; another role: 403
person(request).figures_of(codes)               the sites that this person may see
own_site(request, code)                         the code, or 404: a foreign site does not exist
csrf_field(request)                             the hidden field that every form that posts carries
form_of(request)                                what was posted, its token checked
guard(routes, store, rules)                     the whole server behind its doors
"""

from __future__ import annotations

import inspect
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from counterpoint.errors import StorageError
from counterpoint.fleet.access.doors import DoorRules, Doors
from counterpoint.fleet.access.forms import Form, Forms, form_of
from counterpoint.fleet.access.headers import Headers
from counterpoint.fleet.access.marks import CSRF_FIELD, FORM_TOKEN, person_or_none
from counterpoint.fleet.access.refusals import own_failure, plainly, unreachable
from counterpoint.fleet.access.sessions import Sessions, sign_in_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from counterpoint.fleet.access.doors import Refuse
    from counterpoint.fleet.access.people import Person, Role
    from counterpoint.fleet.store.opening import Store

    Answer = Callable[[Request], Awaitable[Response]]
    Endpoint = Callable[[Request], Awaitable[Response] | Response]

__all__: Final = (
    "DoorRules",
    "Form",
    "csrf_field",
    "form_of",
    "guard",
    "own_site",
    "person",
    "person_or_none",
    "signed_in",
)


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


def guard(routes: Sequence[BaseRoute], store: Store, rules: DoorRules, refuse: Refuse = plainly) -> ASGIApp:
    """The routes behind their doors: headers, host and origin, session, form; `refuse` draws what goes wrong."""
    app = Starlette(routes=list(routes), exception_handlers=_handlers(refuse))
    forms = Forms(app, refuse)
    return Headers(Doors(Sessions(forms, store, rules, refuse), rules, refuse), secure=rules.secure)


def _handlers(refuse: Refuse) -> dict[Any, Callable[[Request, Any], Response]]:
    return {
        HTTPException: refuse,
        StorageError: lambda request, _: refuse(request, unreachable()),
        Exception: lambda request, error: refuse(request, own_failure(error)),
    }
