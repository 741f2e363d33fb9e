"""What every answer says to the browser about itself; one rule: it is written here once, for pages and refusals alike.

Nothing of another origin is loaded, framed or told; nothing that shows figures is kept by the browser or a proxy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
POWERS: Final = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(),"
    " midi=(), payment=(), usb=()"
)
"""None of them is needed, a microphone least of all."""
HALF_YEAR_S: Final = 15_552_000
HEADERS: Final = {
    "content-security-policy": CONTENT_POLICY,
    "permissions-policy": POWERS,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
NO_STORE: Final = "no-store"


class Headers:
    """Puts the headers on every answer; an answer that names its own cache rule keeps it."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        hsts = {"strict-transport-security": f"max-age={HALF_YEAR_S}"} if secure else {}
        self._headers = HEADERS | hsts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("cache-control", NO_STORE)
            await send(message)

        await self._app(scope, receive, sending)
