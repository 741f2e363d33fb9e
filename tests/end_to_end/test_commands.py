"""From a person's signature to what a device does: real broker, real publisher, real caretaker, releases over HTTPS."""

from __future__ import annotations

import json
import ssl
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker_server import Authority, BrokerServer, Listener, wait_until
from commands_made import DEVICE, FIRST, NOW, SECOND, STRANGER, command, offer, release, trust
from counterpoint.app.caretaker import Caretaker, World
from counterpoint.app.forget import Ways, erase_device
from counterpoint.edge import commands_post
from counterpoint.edge.durable import RealDisk
from counterpoint.edge.keys import load_identity
from counterpoint.edge.outbox import write_whole
from counterpoint.edge.publisher import Publisher
from counterpoint.edge.publisher import World as PublisherWorld
from counterpoint.edge.releases import Releases
from counterpoint.messages.schemas import PublisherStatement, encode
from counterpoint.messages.sending import Pace
from counterpoint.settings import FolderSettings, Settings, SiteSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.real

SITE = "kiosk-7"
NAMES = "state", "outbox", "receipts", "inbox", "replies", "care", "releases"
QUICK = Pace(in_flight=4, first_s=0.2, longest_s=0.5, refused_s=0.3)
YEARS = "2099-01-01T00:00:00Z"


class Device:
    """A device but for its sensor; systemd's part, starting the caretaker, is a thread that looks all the time."""

    def __init__(self, folder: Path, server: BrokerServer) -> None:
        self.folder = folder
        for name in NAMES:
            (folder / name).mkdir(parents=True)
        trust(folder / "keys", FIRST, SECOND)
        folders = {name: str(folder / name) for name in NAMES}
        self.settings = Settings(
            site=SiteSettings(code=SITE),
            broker=server.settings(DEVICE),
            folders=FolderSettings(**folders, command_keys=str(folder / "keys")),  # type: ignore[arg-type] # paths
        )
        self.restarts = 0
        self.said: list[str] = []
        self.toml = folder / "counterpoint.toml"
        self.toml.write_text("# settings\n")

    def sensor_run(self) -> str:
        return ""

    def restart(self) -> None:
        """The publisher runs on here; a new one would say first of all whether it is connected."""
        self.restarts += 1
        write_whole(self.folder / "inbox/publisher.json", encode(PublisherStatement(connected=True, trouble="")))

    def stop(self) -> None:
        """In the test the publisher is stopped by the test."""

    def caretake(self) -> None:
        ways = Ways(self, homes=(), say=self.said.append)
        world = World(
            RealDisk(),
            self,
            lambda ours: erase_device(ours, self.toml, ways),
            now=lambda: NOW,
            boot=lambda: ("boot", 60.0),
            arch="amd64",
            package="0.1.0",
            say=self.said.append,
        )
        Caretaker(self.settings, world).run()

    @contextmanager
    def running(self) -> Iterator[None]:
        stop = threading.Event()
        world = PublisherWorld(say=self.said.append, clock_set=lambda: True, draw=lambda: 0.5, pace=QUICK)
        publisher = Publisher(self.settings, load_identity(self.settings.broker), world)
        threads = [
            threading.Thread(target=publisher.run, args=[stop.is_set]),
            threading.Thread(target=self._path_unit, args=[stop]),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(timeout=20)
                assert not thread.is_alive()

    def _path_unit(self, stop: threading.Event) -> None:
        while not stop.wait(0.2):
            waits = any((self.folder / "inbox").glob("command-*.json")) or (self.folder / "care/under-way").exists()
            if waits:
                self.caretake()


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands_post, "PACE_S", 0.2)
    monkeypatch.setattr("counterpoint.app.forget.one_folder_a_disk", lambda _folders: ())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BrokerServer]:
    with BrokerServer(tmp_path / "broker") as server:
        server.allow(SITE, DEVICE)
        yield server


@pytest.fixture
def device(tmp_path: Path, server: BrokerServer) -> Device:
    return Device(tmp_path / "device", server)


def send(listener: Listener, payload: bytes) -> None:
    kept = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho leaves it untyped
    kept.MessageExpiryInterval = 600
    listener._client.publish(f"counterpoint/v1/{SITE}/{DEVICE}/cmd", payload, qos=1, properties=kept)


def told(listener: Listener) -> tuple[int | None, str, str | None]:
    reply = json.loads(listener.next("reply", within_s=20).payload)
    return reply["counter"], reply["outcome"], reply["reason"]


def signed(counter: int, **changed: object) -> bytes:
    return command(counter=counter, not_after=YEARS, **changed)


def test_a_restart_is_asked_for_done_and_told(device: Device, server: BrokerServer) -> None:
    with Listener(server) as operator, device.running():
        operator.next("birth")
        send(operator, signed(1))
        assert told(operator) == (1, "done", None)
        assert device.restarts == 1
        send(operator, signed(1))
        assert told(operator) == (1, "refused", "replayed")
        wait_until(lambda: not any((device.folder / "inbox").glob("command-*")), "the inbox to be empty")
    assert device.restarts == 1


def test_what_the_device_does_not_believe_is_told(device: Device, server: BrokerServer) -> None:
    with Listener(server) as operator, device.running():
        operator.next("birth")
        for payload, expected in [
            (b"garbage \xff", (None, "refused", "unreadable")),
            (b"x" * 20_000, (None, "refused", "unreadable")),
            (command(STRANGER, counter=3, not_after=YEARS), (3, "refused", "signed_by_others")),
            (command(FIRST, counter=4, not_after=YEARS, do="forget"), (4, "refused", "too_few_keys")),
        ]:
            send(operator, payload)
            assert told(operator) == expected
        send(operator, b"x" * 1_000_000)  # the broker keeps it from the device
        send(operator, signed(5))
        assert told(operator) == (5, "done", None)


def test_a_command_waits_for_a_device_that_is_off(device: Device, server: BrokerServer) -> None:
    with Listener(server) as operator:
        with device.running():
            operator.next("birth")
        operator.next("state")
        send(operator, signed(1))
        time.sleep(0.5)
        with device.running():
            assert told(operator) == (1, "done", None)


def test_answers_wait_for_somebody_who_listens(device: Device, server: BrokerServer) -> None:
    (device.folder / "inbox/command-1.json").write_bytes(signed(1))
    with device.running():
        wait_until((device.folder / "replies/1-done.json").exists, "the answer")
        time.sleep(1.5)
        assert not list((device.folder / "receipts").glob("reply-*"))  # 0x10 is no delivery
        with Listener(server) as operator:
            assert told(operator) == (1, "done", None)
            receipt = device.folder / "receipts/reply-1-done.json"
            wait_until(receipt.exists, "the receipt")


class Shop(SimpleHTTPRequestHandler):
    """A server of releases that breaks off once in the middle of each file."""

    broke_off: set[str]

    def do_GET(self) -> None:
        content = (Path(self.directory) / self.path.lstrip("/")).read_bytes()
        asked = self.headers.get("Range")
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        if self.path not in self.broke_off:
            self.broke_off.add(self.path)
            self.wfile.write(content[begin : begin + 1000])
            self.close_connection = True
            return
        self.wfile.write(content[begin:])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def shop(folder: Path, authority: Authority) -> Iterator[int]:
    certificate, key = authority.issue("shop")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler = type("OneShop", (Shop,), {"broke_off": set()})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as http:
        http.socket = context.wrap_socket(http.socket, server_side=True)
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield http.server_address[1]
        http.shutdown()
        thread.join()


def test_an_update_is_fetched_staged_and_run(device: Device, server: BrokerServer, tmp_path: Path) -> None:
    archive = release()
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/new.tar").write_bytes(archive)
    with shop(tmp_path / "shop", server.authority) as port, Listener(server) as operator, device.running():
        operator.next("birth")
        url = f"https://localhost:{port}/new.tar"
        send(operator, signed(1, do="update", release=offer(archive, url=url)))
        assert told(operator) == (1, "accepted", None)
        releases = Releases(RealDisk(), device.folder / "releases")
        wait_until(lambda: releases.current() == "0.2.0", "the release to run", within_s=20)
        heard = device.folder / "state/heard.json"
        for frames in range(3000, 33_001, 3000):
            heard.write_bytes(msgspec.json.encode({"frames": frames, "boot": "boot"}))
            time.sleep(0.3)
        assert told(operator) == (1, "done", None)
    assert device.restarts == 1
    assert list((device.folder / "inbox").glob("release-*")) == []


def test_forget_takes_back_what_the_broker_retains(device: Device, server: BrokerServer) -> None:
    with Listener(server) as operator, device.running():
        operator.next("birth")
        send(operator, signed(1, do="forget"))
        assert told(operator) == (1, "accepted", None)
        assert operator.next("birth").payload == b""
        wait_until(lambda: not (device.folder / "care/state.json").exists(), "all to be erased", within_s=20)
    assert any("the broker has forgotten" in line for line in device.said)
    assert not Path(device.settings.broker.key_file).exists()
    with Listener(server, name="late") as late:
        time.sleep(0.5)
        assert late.arrived.qsize() == 0
