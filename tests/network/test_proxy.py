"""Through a company's HTTP proxy: what is asked of it, and each way in which it can be in the way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from counterpoint.edge.proxy import open_line
from counterpoint.errors import BrokerUnreachable, ProxyRefused
from counterpoint.settings import NetworkSettings
from firewalled import Proxy

PATIENCE_S = 5.0
USER = "counter:secret"


@pytest.fixture
def beyond() -> Iterator[int]:
    """A service behind the proxy; says hello first, as no broker would."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=_greet, args=[door], daemon=True)
        thread.start()
        yield door.getsockname()[1]


def _greet(door: socket.socket) -> None:
    while True:
        try:
            line, _ = door.accept()
        except OSError:
            return
        with line:
            line.sendall(b"hello")


@contextmanager
def answering(answer: bytes) -> Iterator[NetworkSettings]:
    """Something that gives one answer to whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=_answer, args=[door, answer], daemon=True)
        thread.start()
        yield through(door.getsockname()[1])
        thread.join(PATIENCE_S)


def _answer(door: socket.socket, answer: bytes) -> None:
    line, _ = door.accept()
    with line:
        line.recv(4096)
        line.sendall(answer)


def through(port: int, credentials: str = "") -> NetworkSettings:
    return NetworkSettings(proxy_host="127.0.0.1", proxy_port=port, proxy_credentials_file=credentials)


def refusal(network: NetworkSettings, host: str = "broker.example", port: int = 443) -> str:
    with pytest.raises((ProxyRefused, BrokerUnreachable)) as caught:
        open_line(host, port, network, PATIENCE_S).close()
    return str(caught.value)


def test_without_a_proxy_the_line_goes_straight(beyond: int) -> None:
    with open_line("127.0.0.1", beyond, NetworkSettings(), PATIENCE_S) as line:
        assert line.recv(5, socket.MSG_WAITALL) == b"hello"


def test_the_environment_is_not_asked_for_a_proxy(beyond: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mqtt_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with open_line("127.0.0.1", beyond, NetworkSettings(), PATIENCE_S) as line:
        assert line.recv(5, socket.MSG_WAITALL) == b"hello"


@pytest.mark.real
def test_the_first_byte_after_the_proxys_answer_is_the_hosts(beyond: int, tmp_path: Path) -> None:
    with Proxy(tmp_path, (beyond,)) as proxy, open_line("localhost", beyond, through(proxy.port), PATIENCE_S) as line:
        assert line.recv(5, socket.MSG_WAITALL) == b"hello"
    assert proxy.passed_on() == [f"localhost:{beyond}"]


@pytest.mark.real
def test_a_proxy_that_forbids_the_port_is_named(beyond: int, tmp_path: Path) -> None:
    with Proxy(tmp_path, (443,)) as proxy:
        said = refusal(through(proxy.port), "localhost", beyond)
    assert said == (
        f"the proxy 127.0.0.1:{proxy.port} does not allow localhost:{beyond} (403 Access violation):"
        " have it allow CONNECT to it"
    )


@pytest.mark.real
def test_a_host_that_the_proxy_does_not_find_is_the_brokers_trouble(tmp_path: Path) -> None:
    with Proxy(tmp_path, (443,)) as proxy:
        said = refusal(through(proxy.port), "127.0.0.1", 443)
    assert "can't reach 127.0.0.1:443 (500 " in said
    assert said.endswith("check broker.host and broker.port")


@pytest.mark.real
def test_a_proxy_that_wants_a_password_gets_it_from_a_file(beyond: int, tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    with Proxy(tmp_path, (beyond,), password=USER) as proxy:
        assert "wants a user and a password: put user:password into a file" in refusal(through(proxy.port))
        file.write_text("counter:wrong\n")
        assert f"refuses the user and password: correct {file}" in refusal(through(proxy.port, str(file)))
        file.write_text(f"{USER}\n")
        with open_line("localhost", beyond, through(proxy.port, str(file)), PATIENCE_S) as line:
            assert line.recv(5, socket.MSG_WAITALL) == b"hello"


@pytest.mark.parametrize("written", ["", "nobody", "user:password\nand more"])
def test_a_file_without_user_and_password_is_told(written: str, tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text(written)
    with answering(b"") as network:
        assert "holds no user:password on one line" in refusal(through(network.proxy_port, str(file)))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with answering(b"") as network:
        said = refusal(through(network.proxy_port, str(tmp_path / "none")))
    assert "can't be read (No such file or directory): check network.proxy_credentials_file" in said


def test_no_proxy_there_and_no_such_name_are_told() -> None:
    assert "does not answer (Connection refused): check network.proxy_host" in refusal(through(1))
    unknown = NetworkSettings(proxy_host="no-such-host.invalid")
    assert refusal(unknown) == (
        "the proxy no-such-host.invalid:3128 is no known name: check network.proxy_host and the network's DNS"
    )


def test_a_password_that_is_not_basic_is_told() -> None:
    with answering(b"HTTP/1.1 407 Authenticate\r\nProxy-Authenticate: Negotiate\r\n\r\n") as network:
        assert "wants a password in a way that is not Basic" in refusal(network)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "is no HTTP proxy"),
        (b"220 mail.example ESMTP\r\n\r\n", "is no HTTP proxy"),
        (b"HTTP/1.1 200", "is no HTTP proxy"),
        (b"HTTP/1.1 \xb2\xb3 OK\r\n\r\n", "is no HTTP proxy"),
        (b"HTTP/1.1 200 OK\r\n" + b"x" * 20_000, "is no HTTP proxy"),
        (b"HTTP/1.1 302 go\x1b[2J\x07on\r\n\r\n", "(302 go[2Jon)"),
        (b"HTTP/1.1 502 " + b"y" * 500 + b"\r\n\r\n", f"(502 {'y' * 60})"),
    ],
)
def test_whatever_answers_ends_in_one_clear_line(answer: bytes, told: str) -> None:
    with answering(answer) as network:
        said = refusal(network)
    assert told in said
    assert said.isprintable()


def test_a_proxy_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(ProxyRefused, match="said nothing"):
        open_line("broker.example", 443, through(mute.getsockname()[1]), 0.2)


@pytest.mark.parametrize(
    ("host", "asked"), [("broker.example", "broker.example:443"), ("2001:db8::1", "[2001:db8::1]:443")]
)
def test_what_is_asked_is_the_standards(host: str, asked: str) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=_listen(door, heard))
        thread.start()
        open_line(host, 443, through(door.getsockname()[1]), PATIENCE_S).close()
        thread.join(PATIENCE_S)
    assert heard == [f"CONNECT {asked} HTTP/1.1\r\nHost: {asked}\r\n\r\n".encode()]


def _listen(door: socket.socket, heard: list[bytes]) -> Callable[[], None]:
    def once() -> None:
        line, _ = door.accept()
        with line:
            heard.append(line.recv(4096))
            line.sendall(b"HTTP/1.0 200 Connection established\r\n\r\n")

    return once
