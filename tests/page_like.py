"""A practice page as its server sees it: a cookie, a WebSocket, the sound of both sides, what it says of its lines.

One rule: time is what is sent; after each fifth of a second it waits for the server's `voices`, so that nothing here
depends on how fast a machine is.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import numpy as np
import soundfile
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

RATE_HZ = 16_000
FIFTH = 3200  # samples: the server tells who speaks five times a second
ANSWERS_S = 60.0  # patience with a machine on which training has priority


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP request got."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Browser:
    """Requests with the cookie that the printed address gave."""

    port: int
    cookie: str = ""

    @classmethod
    def opened(cls, address: str) -> Self:
        """Open the printed address, as a browser does, and keep the cookie."""
        parts = urlsplit(address)
        assert parts.port is not None
        browser = cls(parts.port)
        answer = browser.get(f"{parts.path}?{parts.query}")
        morsels = SimpleCookie(answer.headers.get("set-cookie", ""))
        browser.cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in morsels.items())
        return browser

    def get(self, path: str, **headers: str) -> Answer:
        """GET a path; header names with underscores for hyphens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWERS_S)
        given = {"Cookie": self.cookie} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers=given)
        reply = connection.getresponse()
        answer = Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        connection.close()
        return answer

    def talk(self, origin: str | None = None) -> ClientConnection:
        """The WebSocket, as the page opens it."""
        return connect(
            f"ws://127.0.0.1:{self.port}/talk",
            origin=Origin(origin or f"http://127.0.0.1:{self.port}"),
            additional_headers={"Cookie": self.cookie},
            open_timeout=ANSWERS_S,
            close_timeout=5,
            compression=None,
            proxy=None,
        )


@dataclass
class Page:
    """Plays the lines that the server asks for, into the right channel; the left one is what the test says."""

    socket: ClientConnection
    roles: Path
    messages: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    at: int = 0  # samples sent
    _line: str = ""
    _sound: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    _from: int = 0

    @property
    def now_s(self) -> float:
        """Seconds of sound sent."""
        return self.at / RATE_HZ

    @property
    def is_playing(self) -> bool:
        """A line of the customer sounds."""
        return bool(self._line)

    def send(self, **message: Any) -> None:
        """Send a message."""
        self.socket.send(json.dumps(message))

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The messages of a kind so far."""
        return [message for _, message in self.messages if message["do"] == kind]

    def when(self, kind: str) -> float:
        """How much sound had been sent when the first message of a kind came, in seconds."""
        return next(at_s for at_s, message in self.messages if message["do"] == kind)

    def speak(self, agent: NDArray[np.float32]) -> None:
        """Send the agent's speech, with what the customer says meanwhile, until the card comes."""
        for first in range(0, len(agent), FIFTH):
            if self.of("card"):
                return
            piece = np.zeros(FIFTH, np.float32)
            piece[: len(agent[first : first + FIFTH])] = agent[first : first + FIFTH]
            self._send_fifth(piece)

    def listen(self, seconds: float) -> None:
        """Say nothing for a while, or until the card comes."""
        for _ in range(round(seconds * RATE_HZ / FIFTH)):
            if not self.of("card"):
                self._send_fifth(np.zeros(FIFTH, np.float32))

    def hear_out(self) -> None:
        """Say nothing until the line is over."""
        while self.is_playing:
            self.listen(0.2)

    def card(self) -> dict[str, Any]:
        """Wait for the card."""
        while not self.of("card"):
            self._take()
        card: dict[str, Any] = self.of("card")[0]["card"]
        return card

    def _send_fifth(self, agent: NDArray[np.float32]) -> None:
        customer = np.zeros(FIFTH, np.float32)
        part = self._sound[self._from : self._from + FIFTH]
        customer[: len(part)] = part
        both = np.clip(np.stack((agent, customer), axis=1) * 32767, -32768, 32767).astype("<i2")
        self.socket.send(both.tobytes())
        self.at += FIFTH
        if self._line:
            self._from += FIFTH
            if self._from >= len(self._sound):
                self.send(do="line_ended", line=self._fall_silent())
        while self._take()["do"] not in ("voices", "card"):
            pass

    def _fall_silent(self) -> str:
        line, self._line = self._line, ""
        self._sound = np.zeros(0, np.float32)
        return line

    def _take(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=ANSWERS_S))
        self.messages.append((self.now_s, message))
        if message["do"] == "say":
            _, _, role, file = message["audio"].split("/")
            self._line, self._sound = message["line"], sound_of(self.roles / role / file)
            self._from = round(message["from_s"] * RATE_HZ)
        elif message["do"] == "stop":
            at_s = self._from / RATE_HZ
            self.send(do="line_stopped", line=self._fall_silent(), at_s=at_s)
        return message


def sound_of(path: Path) -> NDArray[np.float32]:
    """The audio of a line, float32 mono at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE_HZ
    return np.asarray(samples, np.float32)
