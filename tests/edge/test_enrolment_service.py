"""The enrolment service as a device asks it, when what answers is strange."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from broker_server import Authority, free_port
from counterpoint.edge.enrolment_service import EnrolmentService, fetch_authority
from counterpoint.errors import EnrolmentRefused, EnrolmentUnreachable
from counterpoint.settings import NetworkSettings

STRAIGHT = NetworkSettings()


class Strange:
    """An HTTPS server that answers everything in the same way, and keeps what it was sent."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.answer = (200, b"{}")
        self.asked: list[bytes] = []
        strange = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                strange.asked.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.do_GET()

            def do_GET(self) -> None:
                status, content = strange.answer
                self.send_response(status)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.authority.issue("localhost"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}"

    def service(self, network: NetworkSettings = STRAIGHT) -> EnrolmentService:
        return EnrolmentService(self.url, network, self.authority.file)


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[Strange]:
    strange = Strange(tmp_path / "keys")
    threading.Thread(target=strange.server.serve_forever, args=(0.05,), daemon=True).start()
    yield strange
    strange.server.shutdown()
    strange.server.server_close()


@pytest.mark.parametrize(
    ("status", "content", "kind", "said"),
    [
        (200, b"hello", EnrolmentUnreachable, "something else"),
        (200, b"{}", EnrolmentUnreachable, "something else"),
        (200, b"x" * 1_000_000, EnrolmentUnreachable, "something else"),
        (302, b"", EnrolmentUnreachable, "can't answer now"),
        (403, b'{"error": "no"}', EnrolmentRefused, "refuses this device: no"),
        (403, b'{"error": "a\\u001b[31mb"}', EnrolmentRefused, r"a \[31mb"),
        (404, b"<html>", EnrolmentRefused, "404"),
        (503, b'{"error": "busy"}', EnrolmentUnreachable, "busy"),
    ],
)
def test_each_answer_ends_in_one_of_two_errors(
    strange: Strange, status: int, content: bytes, kind: type[Exception], said: str
) -> None:
    strange.answer = status, content
    with pytest.raises(kind, match=said):
        strange.service().enrol("token", "request")


def test_waiting_is_no_error(strange: Strange) -> None:
    strange.answer = 202, b""
    assert strange.service().enrol("token", "request") is None
    assert strange.asked == [b'{"token":"token","csr":"request"}']


def test_nothing_is_sent_to_who_the_authority_has_not_signed(strange: Strange, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", "another authority")
    with pytest.raises(EnrolmentRefused, match="has not signed"):
        EnrolmentService(strange.url, STRAIGHT, other.file).enrol("token", "request")
    assert strange.asked == []


def test_another_host_of_the_same_authority_is_not_trusted(strange: Strange) -> None:
    strange.url = strange.url.replace("localhost", "127.0.0.2")
    with pytest.raises((EnrolmentRefused, EnrolmentUnreachable), match=r"has not signed|does not answer"):
        strange.service().enrol("token", "request")
    assert strange.asked == []


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\xff\xfe"])
def test_an_authority_that_is_none_is_asked_for_again(strange: Strange, content: bytes) -> None:
    strange.answer = 200, content
    with pytest.raises(EnrolmentUnreachable, match="gives no authority"):
        fetch_authority(strange.url, "0" * 64, STRAIGHT)


def test_an_authority_behind_the_pinned_one_is_not_taken(strange: Strange, tmp_path: Path) -> None:
    certificate = ssl.PEM_cert_to_DER_cert(strange.authority.file.read_text())
    padded = certificate + bytes(len(certificate) % 3 == 0)  # its base64 ends in "=", where Python stops reading
    pinned, other = ssl.DER_cert_to_PEM_cert(padded), Authority(tmp_path / "other", "in between").file.read_text()
    strange.answer = 200, (pinned + other).encode()
    assert fetch_authority(strange.url, sha256(padded).hexdigest(), STRAIGHT) == pinned


def test_a_proxy_that_is_away_is_told_as_such(strange: Strange) -> None:
    proxy = NetworkSettings(proxy_host="127.0.0.1", proxy_port=free_port())
    with pytest.raises(EnrolmentUnreachable, match="the proxy"):
        strange.service(proxy).enrol("token", "request")
    assert strange.asked == []


def test_through_a_proxy_the_service_sees_the_same_question(strange: Strange) -> None:
    strange.answer = 202, b""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=connect_once, args=(door, strange.server.server_port, asked), daemon=True).start()
        proxy = NetworkSettings(proxy_host="127.0.0.1", proxy_port=door.getsockname()[1])
        assert strange.service(proxy).enrol("token", "request") is None
    assert asked[0].startswith(f"CONNECT localhost:{strange.server.server_port} ".encode())
    assert b"token" not in b"".join(asked)
    assert strange.asked == [b'{"token":"token","csr":"request"}']


def connect_once(door: socket.socket, port: int, asked: list[bytes]) -> None:
    """A proxy: answers one CONNECT, then carries bytes both ways, and keeps those of the device."""
    near, _ = door.accept()
    with near, socket.create_connection(("127.0.0.1", port)) as far:
        asked.append(near.recv(4096))
        near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        other = {near: far, far: near}
        while True:
            for side in select.select([near, far], [], [])[0]:
                carried = side.recv(65_536)
                if not carried:
                    return
                asked.extend([carried] if side is near else [])
                other[side].sendall(carried)


def test_nobody_there(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with pytest.raises(EnrolmentUnreachable, match="does not answer"):
        EnrolmentService(f"https://localhost:{free_port()}", STRAIGHT, authority.file).enrol("token", "request")


def test_trust_that_is_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("half a")
    with pytest.raises(EnrolmentRefused, match="put them there again"):
        EnrolmentService("https://localhost", STRAIGHT, tmp_path / "ca.pem")


def test_a_name_that_nobody_knows_is_told(strange: Strange, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> socket.socket:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    with pytest.raises(EnrolmentUnreachable, match=r"no known name: .* DNS") as told:
        strange.service().enrol("token", "request")
    assert "firewall" not in str(told.value)
