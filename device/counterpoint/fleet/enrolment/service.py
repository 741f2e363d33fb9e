"""The HTTPS door of the enrolment: devices ask here for certificates, and nobody else has anything to ask.

One rule: it reads small JSON objects, hands them to the desk and writes the answer; a request that is anything else is
refused before it costs more than reading it.
"""

from __future__ import annotations

import logging
import signal
import socket
import ssl
import threading
import traceback
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
import uvicorn
from cryptography import x509
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from counterpoint.errors import AuthorityError, MessageError, StorageError, UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.requests import Request

    from counterpoint.fleet.enrolment.desk import Desk, Reply

LARGEST_BYTES: Final = 16_384
"""A request with an EC key is below 1 kB."""
CONNECTIONS: Final = 1000
"""Three hundred devices that get their power back at once, three times over."""
LONGEST_S: Final = 60.0
"""A question is a connection of its own, and a device waits 30 s for its answer; who dawdles would keep others out."""
PEER: Final = "peer"
AGAIN_S: Final = "30"
log: Final = logging.getLogger(__name__)


class EnrolQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What POST /enrol takes."""

    token: str
    csr: str


class RenewQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What POST /renew takes."""

    csr: str


class _Protocol(H11Protocol):
    """HTTP/1.1 that keeps the certificate which the other side has proven, and ends a connection after a minute."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Take a connection whose handshake is over."""
        super().connection_made(transport)
        secured = transport.get_extra_info("ssl_object")
        shown = secured.getpeercert(binary_form=True) if secured is not None else None
        self.app_state = {**self.app_state, PEER: shown}
        self._end = self.loop.call_later(LONGEST_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of a connection."""
        self._end.cancel()
        super().connection_lost(exc)


class _Server(uvicorn.Server):
    """Uvicorn that ends well on a signal: it would send the signal to itself again, and end by it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGTERM and Ctrl-C; outside the main thread, only as `should_exit` says."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self.handle_exit)
        yield


def build_app(desk: Desk, authority: str) -> Starlette:
    """The three routes; `authority` is the site's certificate in PEM."""

    async def enrol(request: Request) -> Response:
        return await _answer(request, lambda body: _enrol(desk, body), authority)

    async def renew(request: Request) -> Response:
        serial = _serial(request.scope.get("state", {}).get(PEER))
        return await _answer(request, lambda body: _renew(desk, serial, body), authority)

    async def trust(_: Request) -> Response:
        return PlainTextResponse(authority)

    return Starlette(
        routes=[
            Route("/enrol", enrol, methods=["POST"]),
            Route("/renew", renew, methods=["POST"]),
            Route("/ca", trust, methods=["GET"]),
        ],
        exception_handlers={Exception: _own_failure},
    )


def open_port(host: str, port: int) -> socket.socket:
    """Listen; UsageError where the port can't be used."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=CONNECTIONS, dualstack_ipv6=host == "::")
    except OSError as error:
        raise UsageError(f"{host} port {port} can't be used ({error.strerror}): name another with --port") from error


def build_server(app: Starlette, pair: tuple[Path, Path], authority: Path) -> uvicorn.Server:
    """The server, TLS and all, not started; a client's certificate is asked for, and judged if it shows one.

    Raises:
        AuthorityError: A certificate file can't be used.
    """
    certificate, key = pair
    config = uvicorn.Config(
        app,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_ca_certs=str(authority),
        ssl_cert_reqs=ssl.CERT_OPTIONAL,
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=5,
    )
    try:
        config.load()
    except OSError as error:
        raise AuthorityError(f"{certificate} can't be used ({error}): run counterpoint fleet enrolment init") from error
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return _Server(config)


async def _own_failure(_: Request, error: Exception) -> Response:
    """Our own failure is one line with its place, never its message; the device asks again."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error("our own failure, %s in %s:%s: please report it", type(error).__name__, place.name, place.lineno)
    return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "our own failure: ask again")


async def _answer(request: Request, ask: Callable[[bytes], Reply], authority: str) -> Response:
    try:
        reply = await run_in_threadpool(ask, await _body(request))
    except (MessageError, msgspec.DecodeError) as error:
        return _refusal(HTTPStatus.BAD_REQUEST, str(error))
    except StorageError:
        busy = _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "nothing can be written down now: ask again")
        busy.headers["Retry-After"] = AGAIN_S
        return busy
    if reply.refused:
        return _refusal(HTTPStatus.FORBIDDEN, reply.refused)
    if not reply.certificate:
        return _json(HTTPStatus.ACCEPTED, {"waits": "for approval"})
    return _json(HTTPStatus.OK, {"certificate": reply.certificate, "ca": authority, "site": reply.site})


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BYTES:
            raise MessageError(f"the request is larger than {LARGEST_BYTES} bytes")
    return bytes(body)


def _enrol(desk: Desk, body: bytes) -> Reply:
    question = msgspec.json.decode(body, type=EnrolQuestion)
    return desk.enrol(question.token, question.csr)


def _renew(desk: Desk, serial: str | None, body: bytes) -> Reply:
    return desk.renew(serial, msgspec.json.decode(body, type=RenewQuestion).csr)


def _serial(certificate: bytes | None) -> str | None:
    return None if certificate is None else f"{x509.load_der_x509_certificate(certificate).serial_number:x}"


def _refusal(status: HTTPStatus, reason: str) -> Response:
    return _json(status, {"error": reason})


def _json(status: HTTPStatus, content: dict[str, str]) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")
