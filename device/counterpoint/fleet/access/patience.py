"""How long a connection may keep us waiting; one rule: who is slow or silent costs one connection, and not for long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

LOOKS_S: Final = 10.0
SILENT_LOOKS: Final = 2
"""A connection that has brought no request after two looks (10 to 20 s) is cut."""
LONGEST_LOOKS: Final = 9
"""And one whose answer is not taken, or that brings no other request, after nine (a minute and a half)."""
IDLE_S: Final = 75
"""A connection is kept so long after an answer: longer than a proxy keeps its own (nginx: 60 s), so that it is the
proxy that closes, and no request is sent into a connection that we are closing."""
LARGEST_HEADERS: Final = 16_384
"""Bytes: our cookies and a proxy's lines are below 2 kB."""


class LimitedProtocol(H11Protocol):
    """HTTP/1.1 that cuts connections which bring no whole request, or take no answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Take a connection, and look after it."""
        super().connection_made(transport)
        self._silent = 0
        self._watched: object = None
        self._look = self.loop.call_later(LOOKS_S, self._look_after)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of a connection."""
        self._look.cancel()
        super().connection_lost(exc)

    def _look_after(self) -> None:
        if self.cycle is not self._watched:
            self._watched, self._silent = self.cycle, 0
        self._silent += 1
        if self._silent >= (SILENT_LOOKS if self.cycle is None else LONGEST_LOOKS):
            self.transport.abort()
            return
        self._look = self.loop.call_later(LOOKS_S, self._look_after)
