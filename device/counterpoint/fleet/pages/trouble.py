"""What a reader sees where no page can be shown: what happened and what to do, calmly.

One rule: it reads nothing of the store, which may be what is away, and tells nothing of the inside.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.pages.layout import render

if TYPE_CHECKING:
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import Response

TOLD: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
"""Each has words of its own; the others share theirs."""


def refuse(request: Request, error: HTTPException) -> Response:
    """Return the page for what went wrong, with its status and headers."""
    kind = str(int(error.status_code)) if error.status_code in TOLD else "other"
    page = render(request, "trouble.html", status=error.status_code, kind=kind, number=error.status_code)
    for name, value in (error.headers or {}).items():
        page.headers[name] = value
    return page
