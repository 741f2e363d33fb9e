"""What is said where nothing else is left to say; one rule: a reader learns what to do, never what is inside."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

log: Final = logging.getLogger(__name__)
AGAIN_S: Final = "30"


def plainly(_: Request, error: HTTPException) -> Response:
    """The refusal as one plain line: for doors that have no page to show it on."""
    text = f"{error.status_code} {HTTPStatus(error.status_code).phrase}\n"
    return PlainTextResponse(text, error.status_code, headers=error.headers)


def unreachable() -> HTTPException:
    """The store can't be read or written now."""
    return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, headers={"retry-after": AGAIN_S})


def own_failure(error: Exception) -> HTTPException:
    """Our own failure: its place goes into the log, its message, which may hold what somebody typed, nowhere."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error("our own failure, %s in %s:%s: please report it", type(error).__name__, place.name, place.lineno)
    return HTTPException(HTTPStatus.INTERNAL_SERVER_ERROR)
