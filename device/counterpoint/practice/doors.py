"""Who may come in: this machine's own browser, with the address that was printed; and what the page may do in it.

One rule: a request that is not from the practice page itself gets nothing, whatever it asks for.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST: Final = "127.0.0.1"
NAMES: Final = (HOST, "localhost")
FOREIGN_CLOSE: Final = 4403  # as HTTP's 403; closing before accepting makes it one
COME_AGAIN: Final = "This page opens from the address that `counterpoint practice` printed: open that one.\n"


class Doors:
    """Lets a request through if it names this machine, comes from the page's own origin and carries the secret.

    The printed address holds the secret once; it is exchanged for a cookie and leaves the address bar. A name other
    than this machine's in the Host header is DNS rebinding, and refused.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._secret = secrets.token_urlsafe(24)
        self._cookie = f"counterpoint-practice-{port}"  # cookies know no ports
        self._hosts = frozenset(f"{name}:{port}" for name in NAMES)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        sockets = " ".join(f"ws://{host}" for host in sorted(self._hosts))
        self._headers = _headers(sockets)
        self.address = f"http://{HOST}:{port}/?token={self._secret}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or refuse."""
        if scope["type"] not in ("http", "websocket"):
            return
        headers = Headers(scope=scope)
        answer = self._refusal(scope, headers)
        if answer is None:
            await self._app(scope, receive, self._with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": FOREIGN_CLOSE, "reason": ""})
        else:
            await answer(scope, receive, self._with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        origin = headers.get("origin")
        foreign = headers.get("host") not in self._hosts or (origin is not None and origin not in self._origins)
        if foreign or (scope["type"] == "websocket" and origin is None):
            return PlainTextResponse("Not from here.\n", 403)
        if self._has_cookie(headers):
            return None
        if scope["type"] == "http" and scope["path"] == "/" and self._names_secret(scope):
            return self._exchange()
        return PlainTextResponse(COME_AGAIN, 403)

    def _names_secret(self, scope: Scope) -> bool:
        named = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return secrets.compare_digest(named.encode(), self._secret.encode())

    def _has_cookie(self, headers: Headers) -> bool:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return morsel is not None and secrets.compare_digest(morsel.value.encode(), self._secret.encode())

    def _exchange(self) -> Response:
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._cookie, self._secret, httponly=True, samesite="lax")
        return answer

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        return sending


def _headers(sockets: str) -> dict[str, str]:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:;"
        f" connect-src 'self' {sockets}; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "permissions-policy": "microphone=(self), camera=(), geolocation=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
