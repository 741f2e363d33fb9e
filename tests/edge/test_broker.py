"""The publisher against a real Mosquitto with TLS, client certificates and one rule a device."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from paho.mqtt.client import MQTTMessage

from broker_server import Authority, BrokerServer, Listener, free_port, wait_until
from counterpoint.edge.broker import Broker
from counterpoint.edge.inbox import Inbox
from counterpoint.edge.keys import Identity, load_identity
from counterpoint.edge.outbox import Outbox
from counterpoint.edge.publisher import Publisher, World
from counterpoint.errors import BrokerRefused, BrokerUnreachable, ClockNotSet, SettingsError
from counterpoint.messages import contract
from counterpoint.messages.schemas import SensorHealth, encode
from counterpoint.messages.sending import Pace
from counterpoint.settings import BrokerSettings, FolderSettings, Settings, SiteSettings
from windows_made import window

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.real,
    # paho forgets the socket of a handshake that failed; the interpreter closes it.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"),
]

SITE = "kiosk-7"
DEVICE = "0f3c8a52-7b1e-4d0a-9c55-2f6f6c1f0a11"
QUICK = Pace(in_flight=4, first_s=0.2, longest_s=0.5, refused_s=0.3)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BrokerServer]:
    with BrokerServer(tmp_path / "broker") as server:
        server.allow(SITE, DEVICE)
        yield server


class Desk:
    """A publisher of our own in a thread, with its folders and the lines that it says."""

    def __init__(self, folder: Path, broker: BrokerSettings) -> None:
        for name in ("outbox", "receipts", "inbox"):
            (folder / name).mkdir()
        self.folders = FolderSettings(
            **{name: str(folder / name) for name in ("outbox", "receipts", "inbox")}  # type: ignore[arg-type] # paths
        )
        self.settings = Settings(
            site=SiteSettings(code=SITE, timezone="Europe/Zurich"), broker=broker, folders=self.folders
        )
        self.outbox = Outbox(folder / "outbox", folder / "receipts", files=100, days=30)
        self.inbox = Inbox(folder / "inbox")
        self.said: list[str] = []
        self.clock_set = True

    def receipts(self) -> list[str]:
        return sorted(path.name for path in Path(self.folders.receipts).iterdir() if path.name[0] != ".")

    def heard(self, words: str) -> bool:
        return any(words in line for line in self.said)

    def publisher(self) -> Publisher:
        broker = self.settings.broker
        identity: Identity | None = load_identity(broker) if broker.host else None
        world = World(say=self.said.append, clock_set=lambda: self.clock_set, draw=lambda: 0.5, pace=QUICK)
        return Publisher(self.settings, identity, world)

    def one_round(self) -> None:
        self.publisher().once()

    @contextmanager
    def publishing(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.publisher().run, args=[stop.is_set])
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=20)
            assert not thread.is_alive()


@pytest.fixture
def desk(tmp_path: Path, server: BrokerServer) -> Desk:
    return Desk(tmp_path, server.settings(DEVICE))


def test_a_window_arrives_as_it_was_written_and_gets_its_receipt(desk: Desk, server: BrokerServer) -> None:
    message = window()
    with Listener(server) as listener, desk.publishing():
        desk.outbox.put(1, encode(message))
        arrived = listener.next("window")
        assert arrived.topic == f"counterpoint/v1/{SITE}/{DEVICE}/window"
        assert arrived.payload == encode(message)
        wait_until(lambda: desk.receipts() == ["0000000001"], "the receipt")
        desk.outbox.sweep(None)
        assert desk.outbox.waiting() == 0


def test_what_is_sent_is_what_the_contract_says(desk: Desk, server: BrokerServer) -> None:
    written = json.loads(json.dumps(contract.asyncapi()))
    with Listener(server) as listener, desk.publishing():
        desk.outbox.put(1, encode(window()))
        for leaf in ("birth", "state", "health", "window"):
            arrived = listener.next(leaf)
            address = written["channels"][leaf]["address"].format(site=SITE, device=DEVICE)
            binding = written["operations"][f"send_{leaf}"]["bindings"]["mqtt"]
            message = written["components"]["messages"][leaf]
            assert arrived.topic == address
            assert arrived.qos == binding["qos"]
            properties = arrived.properties
            assert properties is not None
            told = properties.json()  # type: ignore[no-untyped-call] # paho leaves it untyped
            assert told["ContentType"] == message["contentType"]
            assert told["UserProperty"] == [("schema", message["name"])]
            assert ("MessageExpiryInterval" in told) is ("messageExpiryInterval" in binding)
            schema = json.loads(contract.contract_files()[f"{message['name']}.json"])
            assert set(json.loads(arrived.payload)) == set(schema["$defs"][schema["$ref"].split("/")[-1]]["properties"])
    with Listener(server, name="late") as late:
        time.sleep(0.5)
        kept = [late.arrived.get_nowait() for _ in range(late.arrived.qsize())]
    expected = {leaf for leaf, each in written["operations"].items() if each["bindings"]["mqtt"]["retain"]}
    assert {"send_" + each.topic.rsplit("/", 1)[1] for each in kept} == expected


def test_nothing_but_the_window_tells_of_people(desk: Desk, server: BrokerServer) -> None:
    health = SensorHealth(microphone="fine", words="on", light="pins", frames_lost_count=0, disk_free_mb=900)
    desk.outbox.put_health(encode(health))
    with Listener(server) as listener, desk.publishing():
        told = {leaf: json.loads(listener.next(leaf).payload) for leaf in ("birth", "state", "health")}
    assert told["state"] == {"schema": "state.v1", "state": "online"}
    assert told["health"] | {"certificate_left_days": 0} == {
        "schema": "health.v1",
        "sensor": json.loads(encode(health)),
        "waiting_file_count": 0,
        "clock_set": True,
        "certificate_left_days": 0,
    }
    assert told["birth"]["fewest_visits"] == 10


def test_without_a_subscriber_the_file_is_kept_until_there_is_one(desk: Desk, server: BrokerServer) -> None:
    with desk.publishing():
        desk.outbox.put(1, encode(window()))
        wait_until(lambda: desk.heard("nobody subscribes"), "the word about 0x10")
        assert desk.receipts() == []
        told = desk.inbox.publisher()
        assert told is not None
        assert (told.connected, "start the collector" in told.trouble) == (True, True)
        with Listener(server) as listener:
            listener.next("window")
            wait_until(lambda: desk.receipts() == ["0000000001"], "the receipt")


def test_a_window_that_is_refused_is_kept_until_the_rule_is_there(desk: Desk, server: BrokerServer) -> None:
    rule = f"topic write counterpoint/v1/{SITE}/{DEVICE}/window"
    server.forbid(rule)
    with Listener(server) as listener, desk.publishing():
        desk.outbox.put(1, encode(window()))
        wait_until(lambda: desk.heard("refuses the windows (0x87)"), "the word about 0x87")
        assert desk.receipts() == []
        server.allow(SITE, DEVICE)
        listener.next("window")
        wait_until(lambda: desk.receipts() == ["0000000001"], "the receipt")


def test_a_device_may_write_only_its_own_site(tmp_path: Path, server: BrokerServer) -> None:
    desk = Desk(tmp_path, server.settings(DEVICE))
    desk.settings = msgspec.structs.replace(desk.settings, site=SiteSettings(code="elsewhere"))
    with Listener(server), desk.publishing():
        wait_until(lambda: desk.heard("state, birth or health is refused (0x87)"), "the refusal")


def test_a_broker_that_is_killed_is_found_again_and_nothing_is_lost_or_doubled(
    desk: Desk, server: BrokerServer
) -> None:
    sent = [window() for _ in range(30)]
    with Listener(server) as listener, desk.publishing():
        for number, message in enumerate(sent, 1):
            desk.outbox.put(number, encode(message))
            if number == 10:  # all that the broker took is with the listener: what a killed broker holds, nobody has
                arrived = {_id_of(listener) for _ in range(10)}
                server.kill()
                wait_until(lambda: desk.heard("lost") or desk.heard("no broker answers"), "the loss")
            if number == 20:
                server.start()
        while len(arrived) < len(sent):
            arrived.add(_id_of(listener))
        wait_until(lambda: len(desk.receipts()) == 30, "30 receipts")
    assert arrived == {message.id for message in sent}


def _id_of(listener: Listener) -> str:
    """Id of the next window that arrives."""
    return str(json.loads(listener.next("window", within_s=20).payload)["id"])


def test_a_broker_that_is_not_there_is_said_and_tried_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BrokerSettings(host="127.0.0.1", port=free_port(), tls=False, device_id="demo"))
    with desk.publishing():
        wait_until(lambda: desk.heard("no broker answers at 127.0.0.1"), "the word")
        wait_until(desk.inbox.clock_set, "the clock is told all the same")
    assert desk.said.count(desk.said[0]) == 1


def test_a_certificate_of_another_authority_is_refused(tmp_path: Path, server: BrokerServer) -> None:
    certificate, key = Authority(tmp_path / "stranger").issue(DEVICE)
    ours = server.settings(DEVICE)
    desk = Desk(tmp_path, msgspec.structs.replace(ours, certificate_file=str(certificate), key_file=str(key)))
    with desk.publishing():
        wait_until(lambda: desk.heard("does not accept our certificate"), "the word")


def test_a_broker_of_another_authority_is_not_trusted(tmp_path: Path, server: BrokerServer) -> None:
    stranger = Authority(tmp_path / "stranger").file
    desk = Desk(tmp_path, msgspec.structs.replace(server.settings(DEVICE), ca_file=str(stranger)))
    with desk.publishing():
        wait_until(lambda: desk.heard("set broker.ca_file to the authority"), "the word")


def test_plain_talk_to_a_tls_broker_is_said(tmp_path: Path, server: BrokerServer) -> None:
    desk = Desk(tmp_path, BrokerSettings(host="127.0.0.1", port=server.port, tls=False, device_id="demo"))
    with desk.publishing():
        wait_until(lambda: desk.heard("it is no MQTT 5 broker"), "the word")


def test_when_the_publisher_dies_the_will_says_lost(
    desk: Desk, server: BrokerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counterpoint.edge.broker.WILL_DELAY_S", 1)
    line = Broker(desk.settings.broker, SITE, load_identity(desk.settings.broker))
    with Listener(server) as listener:
        socket = line._client.socket()
        assert socket is not None
        socket.close()
        assert json.loads(listener.next("state").payload)["state"] == "lost"


def test_who_stops_says_so(desk: Desk, server: BrokerServer) -> None:
    with Listener(server) as listener:
        with desk.publishing():
            assert json.loads(listener.next("state").payload)["state"] == "online"
        assert json.loads(listener.next("state").payload)["state"] == "stopped"
        retained: list[MQTTMessage] = []
        with Listener(server, name="late") as late:
            retained.append(late.next("state"))
    assert json.loads(retained[0].payload)["state"] == "stopped"


def test_a_file_that_is_no_window_is_skipped_and_said(desk: Desk, server: BrokerServer) -> None:
    words = json.loads(encode(window())) | {"words": "the customer said"}
    with Listener(server) as listener, desk.publishing():
        (Path(desk.folders.outbox) / "0000000001.json").write_text(json.dumps(words))
        (Path(desk.folders.outbox) / "0000000002.json").symlink_to("/etc/hostname")
        (Path(desk.folders.outbox) / "notes.txt").write_text("not ours")
        desk.outbox.put(3, encode(window()))
        listener.next("window")
        wait_until(lambda: desk.receipts() == ["0000000003"], "the receipt")
        assert desk.heard("message 1 in the outbox is not sent")
        assert desk.heard("message 2 in the outbox is not sent")


def test_what_the_broker_took_is_not_sent_again_while_its_receipt_can_not_be_written(
    desk: Desk, server: BrokerServer
) -> None:
    receipts = Path(desk.folders.receipts)
    blocked = receipts / ".0000000001.part"
    blocked.mkdir()
    with Listener(server) as listener, desk.publishing():
        desk.outbox.put(1, encode(window()))
        listener.next("window")
        wait_until(lambda: desk.heard("can't be written"), "the word")
        with pytest.raises(AssertionError, match="no window"):
            listener.next("window", within_s=2.5)
        blocked.rmdir()
        wait_until(lambda: desk.receipts() == ["0000000001"], "the receipt")


def test_one_round_brings_what_waits_and_ends(desk: Desk, server: BrokerServer) -> None:
    for number in range(1, 8):
        desk.outbox.put(number, encode(window()))
    with Listener(server) as listener:
        desk.one_round()
        assert [listener.next("window").topic for _ in range(7)]
    assert len(desk.receipts()) == 7


def test_one_round_says_what_was_not_taken(desk: Desk, server: BrokerServer) -> None:
    desk.outbox.put(1, encode(window()))
    with pytest.raises(BrokerRefused, match="nobody subscribes"):
        desk.one_round()
    server.forbid(f"topic write counterpoint/v1/{SITE}/{DEVICE}/window")
    with pytest.raises(BrokerRefused, match="refuses the windows"):
        desk.one_round()
    server.kill()
    with pytest.raises(BrokerUnreachable, match="no broker answers"):
        desk.one_round()
    assert desk.receipts() == []


def test_one_round_needs_a_clock_and_a_broker(desk: Desk, tmp_path: Path) -> None:
    desk.clock_set = False
    with pytest.raises(ClockNotSet, match="time server"):
        desk.one_round()
    (tmp_path / "no_broker").mkdir()
    with pytest.raises(SettingsError, match=r"broker\.host is empty"):
        Desk(tmp_path / "no_broker", BrokerSettings()).one_round()


def test_a_clock_that_was_set_stays_set_though_its_time_server_is_lost(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BrokerSettings())
    with desk.publishing():
        wait_until(desk.inbox.clock_set, "the clock")
        desk.clock_set = False
        time.sleep(1.5)
        assert desk.inbox.clock_set()
    with desk.publishing():
        time.sleep(0.5)
        assert desk.inbox.clock_set()


def test_the_demo_talks_plainly_on_loopback(tmp_path: Path) -> None:
    with BrokerServer(tmp_path / "plain", tls=False) as plain:
        desk = Desk(tmp_path, plain.settings("demo"))
        with Listener(plain) as listener, desk.publishing():
            desk.outbox.put(1, encode(window()))
            assert listener.next("window").topic.endswith("/demo/window")


def test_without_a_broker_the_sensor_still_learns_the_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BrokerSettings())
    desk.clock_set = False
    with desk.publishing():
        wait_until(lambda: desk.heard("broker.host is empty"), "the word")
        assert not desk.inbox.clock_set()
        desk.clock_set = True
        wait_until(desk.inbox.clock_set, "the clock")
