"""Which requests come in at all; one rule: what is refused here cost no more than reading its headers.

A name in Host that is not ours is DNS rebinding or a mistake in a proxy. A request that changes something must come
from our own pages: browsers say so in Sec-Fetch-Site, and in Origin. Behind both stands the token of every form.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    Refuse = Callable[[Request, HTTPException], Response]

READING: Final = frozenset({"GET", "HEAD"})
CHANGING: Final = frozenset({"POST"})
OWN_FETCH: Final = frozenset({"same-origin", "none"})
"""What browsers say of a form on our own page, and of an address that a person typed."""
OPAQUE: Final = "null"
FOREIGN_CLOSE: Final = 4403
LONGEST_ADDRESS: Final = 4096
"""Characters of path and query: our longest address names some sites and two weeks."""


@dataclass(frozen=True, slots=True)
class DoorRules:
    """Where the pages are.

    Attributes:
        hosts: What Host may say: names with their port, as browsers send them (without it for 80 and 443).
        secure: Whether browsers reach us by TLS, be it ours or a proxy's.
    """

    hosts: frozenset[str]
    secure: bool = False

    @property
    def origins(self) -> frozenset[str]:
        """What Origin may say."""
        return frozenset(f"{'https' if self.secure else 'http'}://{host}" for host in self.hosts)


class Doors:
    """Lets a request in, or refuses it."""

    def __init__(self, app: ASGIApp, rules: DoorRules, refuse: Refuse) -> None:
        self._app = app
        self._rules = DoorRules(frozenset(host.lower() for host in rules.hosts), rules.secure)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or refuse."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": FOREIGN_CLOSE, "reason": ""})
        elif scope["type"] == "http":
            status = self._refusal(scope)
            if status is None:
                await self._app(scope, receive, send)
            else:
                answer = self._refuse(Request(scope), HTTPException(status))
                await answer(scope, receive, send)

    def _refusal(self, scope: Scope) -> HTTPStatus | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._rules.hosts:
            return HTTPStatus.MISDIRECTED_REQUEST
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            return HTTPStatus.REQUEST_URI_TOO_LONG
        if scope["method"] in CHANGING:
            return None if _is_own(headers, self._rules) else HTTPStatus.FORBIDDEN
        return None if scope["method"] in READING else HTTPStatus.METHOD_NOT_ALLOWED


def _is_own(headers: Headers, rules: DoorRules) -> bool:
    """Whether a request that changes something comes from our own page.

    Since our pages send no referrer, browsers write "null" into the Origin of our own forms too. Over TLS and on this
    machine Sec-Fetch-Site then tells us from others; over plain HTTP from elsewhere browsers don't send it, and the
    form's token alone decides.
    """
    fetch, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if fetch is not None and fetch not in OWN_FETCH:
        return False
    if origin is None or origin in rules.origins:
        return True
    return origin == OPAQUE and (fetch is not None or not rules.secure)
