"""The pages' HTTP server: one socket, until it is told to stop.

One rule: it knows nothing of what it serves, logs no address and no path, and speaks plain HTTP: TLS is a proxy's.
"""

from __future__ import annotations

import errno
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

from counterpoint.errors import UsageError
from counterpoint.fleet.access.patience import IDLE_S, LARGEST_HEADERS, LimitedProtocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

CONNECTIONS: Final = 512
"""At once; more wait in the socket's own queue."""
LAST_PORT: Final = 65_535
FAREWELL_S: Final = 5
"""For answers that are under way when it is told to stop."""
PROXIES: Final = ["127.0.0.1", "::1"]
"""On this machine: their X-Forwarded-For and -Proto are believed, so that tries are counted by browsers' addresses."""


class WebServer(uvicorn.Server):
    """Uvicorn without a hand on the process's signals: whoever runs it sets `should_exit`."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                http=LimitedProtocol,
                h11_max_incomplete_event_size=LARGEST_HEADERS,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                forwarded_allow_ips=PROXIES,
                server_header=False,
                timeout_graceful_shutdown=FAREWELL_S,
                timeout_keep_alive=IDLE_S,
                limit_concurrency=CONNECTIONS,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to the supervisor."""
        yield


def listen(where: str) -> socket.socket:
    """Listen at "address:port"; UsageError where that can't be used."""
    host, _, port = where.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if not (port.isascii() and port.isdigit() and int(port) <= LAST_PORT):
        raise UsageError(f"can't listen at {where}: the port must be a number from 0 to {LAST_PORT}")
    try:
        server = socket.create_server((host, int(port)), family=family, backlog=CONNECTIONS)
    except OSError as error:
        reason = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise UsageError(
            f"can't listen at {where} ({reason}): name another place with --listen address:port"
        ) from error
    # Taken lines inherit it. asyncio sets it on sockets of proto TCP alone, and here proto is 0: without it the end of
    # each answer but a line's first waits 40 ms for the browser's acknowledgement.
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return server
