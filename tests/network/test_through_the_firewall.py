"""A counter behind a firewall that lets nothing out but HTTPS through a proxy: its windows arrive."""

from __future__ import annotations

import http.server
import json
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from broker_server import Authority, Listener, wait_until
from counterpoint.edge.broker import Broker
from counterpoint.edge.broker_reach import reach_broker
from counterpoint.edge.keys import load_identity
from counterpoint.edge.outbox import Outbox
from counterpoint.edge.publisher import Publisher, World
from counterpoint.errors import BrokerRefused
from counterpoint.messages.schemas import encode
from counterpoint.settings import BrokerSettings, FolderSettings, NetworkSettings, Settings, SiteSettings
from firewalled import Proxy, WebSocketServer
from network_room import OUTSIDE, Room
from windows_made import window

pytestmark = [
    pytest.mark.real,
    # paho forgets the socket of a handshake that failed; the interpreter closes it.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"),
]

SITE = "kiosk-7"
DEVICE = "0f3c8a52-7b1e-4d0a-9c55-2f6f6c1f0a11"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebSocketServer]:
    with WebSocketServer(tmp_path / "broker") as server:
        server.allow(SITE, DEVICE)
        yield server


@pytest.fixture
def proxy(tmp_path: Path, server: WebSocketServer) -> Iterator[Proxy]:
    with Proxy(tmp_path / "proxy", (server.web_port,)) as proxy:
        yield proxy


def counter(folder: Path, broker: BrokerSettings, network: NetworkSettings) -> tuple[Settings, bytes]:
    """A counter's settings and folders, with one window in the outbox."""
    places = {name: str(folder / name) for name in ("outbox", "receipts", "inbox")}
    for place in places.values():
        Path(place).mkdir()
    outbox = Outbox(Path(places["outbox"]), Path(places["receipts"]), files=100, days=30)
    message = encode(window())
    outbox.put(1, message)
    folders = FolderSettings(**places)  # type: ignore[arg-type] # paths
    site = SiteSettings(code=SITE, timezone="Europe/Zurich")
    return Settings(site=site, broker=broker, network=network, folders=folders), message


def through(proxy: Proxy) -> NetworkSettings:
    return NetworkSettings(proxy_host=proxy.address, proxy_port=proxy.port)


def connect(broker: BrokerSettings, network: NetworkSettings) -> None:
    Broker(broker, SITE, load_identity(broker), network).close()


def test_a_window_arrives_by_websocket_through_the_proxy(tmp_path: Path, server: WebSocketServer, proxy: Proxy) -> None:
    settings, message = counter(tmp_path, server.through_web(DEVICE), through(proxy))
    with Listener(server) as collector:
        Publisher(settings, load_identity(settings.broker), World(say=print, clock_set=lambda: True)).once()
        assert collector.next("window").payload == message
    assert proxy.passed_on() == [f"localhost:{server.web_port}"]


def test_plain_mqtt_goes_through_a_proxy_too(tmp_path: Path, server: WebSocketServer) -> None:
    with Proxy(tmp_path / "proxy-2", (server.port,)) as proxy:
        connect(server.settings(DEVICE), through(proxy))
        assert proxy.passed_on() == [f"127.0.0.1:{server.port}"]


def test_doctor_goes_the_same_way_as_the_publisher(server: WebSocketServer, proxy: Proxy) -> None:
    assert reach_broker(server.through_web(DEVICE), through(proxy)) == "TLSv1.3"
    assert proxy.passed_on() == [f"localhost:{server.web_port}"]


def test_by_websocket_too_a_foreign_certificate_is_refused(tmp_path: Path, server: WebSocketServer) -> None:
    certificate, key = Authority(tmp_path / "stranger").issue(DEVICE)
    foreign = msgspec.structs.replace(server.through_web(DEVICE), certificate_file=str(certificate), key_file=str(key))
    with pytest.raises(BrokerRefused, match="certificate"):
        connect(foreign, NetworkSettings())


@contextmanager
def serving(authority: Authority, handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[int]:
    """An HTTPS server with a certificate of the authority given, where a broker should be."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("localhost"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        web.socket = context.wrap_socket(web.socket, server_side=True)
        web.handle_error = lambda *_: None  # type: ignore[method-assign] # a refused handshake is the test
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        try:
            yield web.server_port
        finally:
            web.shutdown()
            thread.join()


class Quiet(http.server.BaseHTTPRequestHandler):
    """Knows no page at all."""

    asked: list[str] = []  # noqa: RUF012 - one server at a time, emptied by its test

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)

    def log_message(self, *_: object) -> None: ...


def test_a_wrong_path_is_told(server: WebSocketServer) -> None:
    with serving(server.authority, Quiet) as port:
        broker = msgspec.structs.replace(server.through_web(DEVICE), port=port, path="/wrong")
        with pytest.raises(BrokerRefused, match=r"not as MQTT over WebSocket at /wrong: check broker\.path and port"):
            connect(broker, NetworkSettings())


def test_websocket_at_a_plain_port_is_told(server: WebSocketServer) -> None:
    broker = msgspec.structs.replace(server.through_web(DEVICE), port=server.port)
    with pytest.raises(BrokerRefused, match=r"not as MQTT over WebSocket"):
        connect(broker, NetworkSettings())


def test_a_firewall_that_opens_tls_is_refused_and_named(tmp_path: Path, server: WebSocketServer) -> None:
    gateway = Authority(tmp_path / "gateway", "Acme Web Gateway")
    Quiet.asked.clear()
    with serving(gateway, Quiet) as port, Proxy(tmp_path / "proxy-2", (port,)) as proxy:
        broker = msgspec.structs.replace(server.through_web(DEVICE), port=port)
        for reach in (connect, reach_broker):
            with pytest.raises(BrokerRefused, match=r"not trusted .*, signed by 'Acme Web Gateway'; have a firewall"):
                reach(broker, through(proxy))
    assert Quiet.asked == []


@pytest.fixture
def room() -> Iterator[Room]:
    with Room() as room:
        yield room


def write_settings(folder: Path, settings: Settings) -> Path:
    """The settings as the TOML file that a counter has; its strings and numbers are JSON's too."""
    lines = []
    for table in ("site", "broker", "network", "folders"):
        values = msgspec.to_builtins(getattr(settings, table)).items()
        lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in values)]
    file = folder / "counterpoint.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def in_use(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def publishing(file: Path) -> list[str]:
    return [sys.executable, "-m", "counterpoint", "publish", "--settings", str(file)]


@pytest.mark.skipif(in_use(443), reason="something else has port 443 here")
def test_with_all_else_dropped_a_window_goes_out_over_443(tmp_path: Path, room: Room) -> None:
    server = WebSocketServer(tmp_path / "broker", port=443)
    server.allow(SITE, DEVICE)
    with server, Proxy(tmp_path / "proxy", (443,), address=OUTSIDE) as proxy, Listener(server) as collector:
        room.shut(proxy.port)
        settings, message = counter(tmp_path, server.through_web(DEVICE), through(proxy))
        with room.start(publishing(write_settings(tmp_path, settings))) as publisher:
            assert collector.next("window", within_s=30).payload == message
            wait_until(lambda: any(Path(settings.folders.receipts).iterdir()), "the receipt")
            publisher.terminate()
    assert set(proxy.passed_on()) == {"localhost:443"}
    assert room.dropped() == 0, "it asked for a name, a time or another port"


def test_straight_out_nothing_passes_that_filter(tmp_path: Path, server: WebSocketServer, room: Room) -> None:
    room.shut(proxy_port=1)
    broker = msgspec.structs.replace(server.settings(DEVICE), host=OUTSIDE)
    settings, _ = counter(tmp_path, broker, NetworkSettings())
    with room.start(publishing(write_settings(tmp_path, settings))) as publisher:
        wait_until(lambda: room.dropped() > 0, "a packet that is dropped", within_s=20)
        publisher.kill()
    assert not any(Path(settings.folders.receipts).glob("0*"))
