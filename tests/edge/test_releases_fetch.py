"""The publisher brings the file of a release, whatever the server does; a byte that was not signed for is not kept."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from commands_made import offer
from counterpoint.edge.releases_fetch import ReleaseFetch
from counterpoint.fleet.enrolment.authority import make_authority
from counterpoint.messages.commands import ReleaseOffer
from counterpoint.messages.sending import BackOff, Pace
from counterpoint.settings import NetworkSettings

FILE = bytes(range(256)) * 1500  # six chunks
Answer = Callable[[socket.socket, str], None]


def whole(content: bytes, status: str = "200 OK", *more: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *more, "", ""]).encode() + content


def serves(content: bytes) -> Answer:
    """A server that knows ranges, as any does."""

    def answer(line: socket.socket, asked: str) -> None:
        begins = int(asked.split("bytes=")[1].split("-", maxsplit=1)[0]) if "bytes=" in asked else 0
        status = "206 Partial Content" if begins else "200 OK"
        line.sendall(whole(content[begins:], status))

    return answer


class Server:
    """HTTPS on loopback; it answers each request as it was told last."""

    def __init__(self, folder: Path, *, tls: bool = True) -> None:
        authority = make_authority(folder, "Authority of a test", None)
        issued, key = authority.make_server(["localhost"], datetime.now(UTC))
        (folder / "server.pem").write_text(issued.pem)
        (folder / "server.key").write_bytes(key)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if self._context is not None:
            self._context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self.asked: list[str] = []
        self.answer: Answer = serves(FILE)
        self._port = socket.create_server(("localhost", 0))
        self.url = f"https://localhost:{self._port.getsockname()[1]}/release.tar"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._port.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._port.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=[line], daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        try:
            secured = self._context.wrap_socket(line, server_side=True) if self._context else line
            with secured:
                self.asked.append(secured.recv(4096).decode("latin-1"))
                self.answer(secured, self.asked[-1])
        except OSError:
            line.close()


class Fetching:
    """A publisher's look, second by second, until something has come of it."""

    def __init__(self, folder: Path, server: Server, context: ssl.SSLContext | None) -> None:
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        self.offer = msgspec.convert(offer(FILE, url=server.url), ReleaseOffer)
        self.fetch = ReleaseFetch(self.inbox, context, NetworkSettings(), BackOff(Pace(), lambda: 0.5))
        self.at_s = 0.0

    def look(self, offered: ReleaseOffer | None = None) -> None:
        """Look till a try has begun, and let it come to its end."""
        for _ in range(2):  # the first look after a failure sets the wait
            self.at_s += 10_000.0  # longer than any
            self.fetch.look(offered or self.offer, self.at_s)
            running = [each for each in threading.enumerate() if each.name.endswith("(_fetch)")]
            if running:
                running[0].join(timeout=20)
                return

    def came(self) -> list[tuple[str, int]]:
        names = ((path.suffix, path.stat().st_size) for path in self.inbox.iterdir())
        return sorted(names)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "server"
    folder.mkdir()
    served = Server(folder)
    yield served
    served.close()


@pytest.fixture
def fetching(tmp_path: Path, server: Server) -> Fetching:
    return Fetching(tmp_path, server, server.trust)


def test_a_release_comes_whole(fetching: Fetching) -> None:
    fetching.look()
    assert (fetching.came(), fetching.fetch.trouble) == ([(".tar", len(FILE))], "")
    assert next(fetching.inbox.iterdir()).read_bytes() == FILE


def test_cut_off_it_goes_on_where_it_broke_off(fetching: Fetching, server: Server) -> None:
    half = 200_000
    server.answer = lambda line, _: line.sendall(whole(FILE)[:half])
    fetching.look()
    (suffix, size) = fetching.came()[0]
    assert (suffix, 0 < size < half) == (".part", True)
    assert "can't be fetched" in fetching.fetch.trouble
    server.answer = serves(FILE)
    fetching.look()
    assert f"bytes={size}-" in server.asked[-1]
    assert (fetching.came(), fetching.fetch.trouble) == ([(".tar", len(FILE))], "")


def test_a_server_without_ranges_begins_anew(fetching: Fetching, server: Server) -> None:
    server.answer = lambda line, _: line.sendall(whole(FILE)[:100_000])
    fetching.look()
    server.answer = lambda line, _: line.sendall(whole(FILE))
    fetching.look()
    assert next(fetching.inbox.iterdir()).read_bytes() == FILE


def test_not_a_byte_more_than_was_signed_for_is_kept(fetching: Fetching, server: Server) -> None:
    server.answer = lambda line, _: line.sendall(whole(FILE + b"and more" * 100_000))
    fetching.look()
    assert fetching.came() == [(".tar", len(FILE))]


def test_a_shorter_file_never_becomes_a_release(fetching: Fetching, server: Server) -> None:
    server.answer = serves(FILE[:-1])
    for _ in range(3):
        fetching.look()
    assert len(server.asked) > 1
    assert fetching.came() == [(".part", len(FILE) - 1)]
    assert "broke off" in fetching.fetch.trouble


def test_another_file_of_the_same_length_is_deleted(fetching: Fetching, server: Server) -> None:
    server.answer = serves(FILE[:-1] + b"x")
    fetching.look()
    assert fetching.came() == []
    assert "another file than the one that was signed for" in fetching.fetch.trouble


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "404 Not Found"])
def test_a_redirection_is_not_followed(fetching: Fetching, server: Server, status: str) -> None:
    server.answer = lambda line, _: line.sendall(whole(FILE, status, f"Location: {server.url}"))
    fetching.look()
    assert (fetching.came(), len(server.asked)) == ([], 1)
    assert f"the server says {status}" in fetching.fetch.trouble


def test_what_is_no_http_is_told(fetching: Fetching, server: Server) -> None:
    server.answer = lambda line, _: line.sendall(b"\x00" * 4000)
    fetching.look()
    assert (fetching.came(), "can't be fetched" in fetching.fetch.trouble) == ([], True)


def test_without_tls_nothing_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    server = Server(tmp_path / "server", tls=False)
    server.answer = lambda line, _: line.sendall(whole(FILE))
    fetching = Fetching(tmp_path, server, server.trust)
    fetching.look()
    server.close()
    assert fetching.came() == []
    assert "SSL" in fetching.fetch.trouble
    assert not any("GET" in asked for asked in server.asked)


def test_a_server_of_another_authority_gets_no_question(tmp_path: Path, server: Server) -> None:
    fetching = Fetching(tmp_path, server, ssl.create_default_context())
    fetching.look()
    assert (fetching.came(), server.asked) == ([], [])
    assert "CERTIFICATE_VERIFY_FAILED" in fetching.fetch.trouble


def test_an_address_without_tls_is_no_address() -> None:
    with pytest.raises(msgspec.ValidationError, match="url"):
        msgspec.convert(offer(FILE, url="http://localhost/release.tar"), ReleaseOffer)


def test_a_silent_server_is_left(fetching: Fetching, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("counterpoint.edge.releases_fetch.PATIENCE_S", 0.3)
    server.answer = lambda _line, _asked: time.sleep(2)
    began_s = time.monotonic()
    fetching.look()
    assert time.monotonic() - began_s < 2
    assert "TimeoutError" in fetching.fetch.trouble


@pytest.mark.parametrize("next_one", [None, "another"])
def test_a_slow_server_is_left_at_once_when_nobody_wants_it_any_more(
    fetching: Fetching, server: Server, next_one: str | None
) -> None:
    ended = threading.Event()

    def drips(line: socket.socket, _: str) -> None:
        line.sendall(whole(FILE)[:200])
        try:
            while not ended.wait(0.02):
                line.sendall(b"x")
        except OSError:
            ended.set()

    server.answer = drips
    fetching.fetch.look(fetching.offer, 1.0)
    thread = next(each for each in threading.enumerate() if each.name.endswith("(_fetch)"))
    while not server.asked:
        time.sleep(0.01)
    another = msgspec.structs.replace(fetching.offer, sha256="ab" * 32) if next_one else None
    fetching.fetch.look(another, 2.0)
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert ended.wait(5)
    fetching.fetch.look(None, 3.0)
    assert fetching.came() == []


def test_after_a_failure_it_waits_before_it_asks_again(fetching: Fetching, server: Server) -> None:
    server.answer = lambda line, _: line.sendall(whole(b"", "503 Service Unavailable"))
    fetching.look()
    for _ in range(5):
        fetching.fetch.look(fetching.offer, fetching.at_s)
    assert len(server.asked) == 1
    fetching.look()
    assert len(server.asked) == 2
