"""The practice server's side of the wall, played by a test: it gives the page, and says what the test tells it to say.

One rule: what goes over the wire are the types of `practice/protocol.py`, written and read by its own functions.
"""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from counterpoint.practice.protocol import FromPage, Offer, ToPage, read_message, write_message

PAGE: Final = Path(__file__).parents[1] / "device/counterpoint/practice/page"
KINDS: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
WAITS_S: Final = 10.0
LINES_HZ: Final = 24_000


class PageTalk:
    """One connection of the page: what it said, what it sounded like, and what is said to it."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._said: queue.Queue[FromPage] = queue.Queue()
        self.sound = bytearray()
        self.frame_bytes: set[int] = set()

    def listen(self) -> None:
        """Takes what the page sends until it goes."""
        try:
            for frame in self._connection:
                if isinstance(frame, bytes):
                    self.sound += frame
                    self.frame_bytes.add(len(frame))
                else:
                    self._said.put(read_message(frame))
        except ConnectionClosed:
            return

    def heard(self) -> FromPage:
        """The next message of the page."""
        return self._said.get(timeout=WAITS_S)

    def say(self, *messages: ToPage) -> None:
        for message in messages:
            self._connection.send(write_message(message))

    def samples(self) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
        """The sound until now: shape (frames, 2), int16, 16 kHz."""
        whole = len(self.sound) // 4 * 4
        return np.frombuffer(bytes(self.sound[:whole]), np.int16).reshape(-1, 2)

    def hang_up(self) -> None:
        self._connection.close()


class PageServer:
    """The server of a test.

    Attributes:
        offer: What can be chosen.
        lines: The customer's lines by address: mono float samples at LINES_HZ.
        address: Where the page is.
    """

    def __init__(self, offer: Offer, lines: dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]]) -> None:
        self.offer = offer
        self.lines = lines
        self.address = ""
        self._talks: queue.Queue[PageTalk] = queue.Queue()

    def talk(self) -> PageTalk:
        """The next connection of the page."""
        return self._talks.get(timeout=WAITS_S)

    def answer(self, _: ServerConnection, request: Request) -> Response | None:
        path = request.path.partition("?")[0]
        if path == "/talk":
            return None
        if path == "/roles":
            return _response("application/json", write_message(self.offer).encode())
        if path in self.lines:
            return _response("audio/ogg", _ogg(self.lines[path]))
        file = PAGE / ("index.html" if path == "/" else path.removeprefix("/static/"))
        if not file.is_file():
            return _response("text/plain", b"", HTTPStatus.NOT_FOUND)
        return _response(KINDS[file.suffix], file.read_bytes())

    def take(self, connection: ServerConnection) -> None:
        talk = PageTalk(connection)
        self._talks.put(talk)
        talk.listen()


def _response(kind: str, body: bytes, status: HTTPStatus = HTTPStatus.OK) -> Response:
    headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
    headers |= {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Response(status.value, status.phrase, Headers(headers), body)


def _ogg(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> bytes:
    written = io.BytesIO()
    soundfile.write(written, samples, LINES_HZ, format="OGG")
    return written.getvalue()


@contextmanager
def serving(
    offer: Offer, lines: dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]] | None = None
) -> Iterator[PageServer]:
    """A server for as long as the block lasts, on a free port of this machine."""
    page = PageServer(offer, lines or {})
    server: Server = serve(page.take, "127.0.0.1", 0, process_request=page.answer)
    page.address = f"http://127.0.0.1:{server.socket.getsockname()[1]}/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield page
    finally:
        server.shutdown()
        thread.join()
