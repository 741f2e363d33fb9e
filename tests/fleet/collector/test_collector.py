"""The collector at a real Mosquitto with TLS: acknowledged after the commit, and nothing lost whatever goes away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from msgspec.structs import replace
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from sqlalchemy import func, select, text

from broker_server import COLLECTOR, BrokerServer, wait_until
from counterpoint.edge.keys import load_identity
from counterpoint.fleet.collector.again import take_again
from counterpoint.fleet.collector.collecting import Collector, World, keep
from counterpoint.fleet.collector.intake import Arrival
from counterpoint.fleet.collector.line import MOST_FLEETING, Line, Waiting
from counterpoint.fleet.settings import CollectorSettings, FleetSettings
from counterpoint.fleet.store.device_rows import accept_device
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.revisions import revisions
from counterpoint.fleet.store.rows import Taken
from counterpoint.fleet.store.tables import window
from counterpoint.messages.schemas import State, encode
from counterpoint.messages.sending import Pace
from counterpoint.messages.topics import topic
from fleet_messages import birth_messages, health_messages, hour_window, window_messages
from postgresql_server import PostgresqlServer

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]
LONG_S = 90.0  # a busy machine
KILLS = 3
SOON = Pace(first_s=0.2, longest_s=1.0)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerServer]:
    with BrokerServer(tmp_path / "broker") as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "fleet.db")) as opened:
        yield opened


class Sender:
    """A device that may write every topic; as a real one, it sends again what the broker did not take for somebody."""

    def __init__(self, broker: BrokerServer) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="sender", protocol=MQTTProtocolVersion.MQTTv5)
        certificate, key = broker.authority.issue(COLLECTOR)
        self._client.tls_set(str(broker.authority.file), str(certificate), str(key))
        self._codes: dict[int, int] = {}
        self._client.on_publish = lambda _client, _data, number, code, _given: self._codes.update({number: code.value})
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, messages: list[tuple[str, bytes]], *, retain: bool = False) -> None:
        while messages:
            sent = [self._client.publish(where, payload, qos=1, retain=retain) for where, payload in messages]
            wait_until(lambda: all(one.mid in self._codes for one in sent), "the broker answers", LONG_S)  # noqa: B023 - called here
            taken = [retain or self._codes[one.mid] == 0 for one in sent]
            messages = [each for each, was_taken in zip(messages, taken, strict=True) if not was_taken]

    def throw(self, where: str, payload: bytes) -> None:
        """Publishes and asks for no acknowledgement."""
        self._client.publish(where, payload, qos=0)


class Running:
    """A collector in a thread; what it said is in `said`."""

    def __init__(self, broker: BrokerServer, store: Store, rules: CollectorSettings | None = None) -> None:
        settings = FleetSettings(broker=broker.settings(COLLECTOR), collector=rules or CollectorSettings())
        self.said: list[str] = []
        world = World(say=self.said.append, pace=SOON)
        self._stop = threading.Event()
        collector = Collector(store, settings, load_identity(settings.broker), world)
        self._thread = threading.Thread(target=collector.run, args=(self._stop.is_set,))

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self.said, "it says something", LONG_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(LONG_S)
        assert not self._thread.is_alive()


def count(store: Store) -> int:
    with store.unchecked() as line:
        return line.scalar(select(func.count()).select_from(window)) or 0


def test_windows_and_what_devices_say_reach_the_store(broker: BrokerServer, store: Store) -> None:
    messages = window_messages(8, 5)
    with Sender(broker) as sender:
        sender.send(birth_messages(8), retain=True)  # kept by the broker for whoever comes later
        with Running(broker, store):
            sender.send([*messages, *messages[:10], *health_messages(8, 2)])
            sender.send([(topic("site-0000", "dev-00000", "window"), b'{"schema": "window.v2"}')])
            sender.send([(topic("site-0000", "dev-00001", "state"), encode(State(state="online")))], retain=True)
            wait_until(lambda: count(store) == 40, "all windows are in", LONG_S)
            wait_until(lambda: told(store)[1] == 1, "what is no window is kept apart", LONG_S)
            wait_until(lambda: all(told(store)[0]), "births and health are in", LONG_S)
    with store.reading() as reading:
        states = {device.id: device.state for device in reading.devices(None)}
        assert (len(states), states["dev-00001"]) == (8, "online")
        assert {site.timezone for site in reading.sites()} == {"Europe/Zurich"}


def told(store: Store) -> tuple[list[bool], int]:
    with store.reading() as reading:
        devices = reading.devices(None)
        return [one.birth is not None and one.health is not None for one in devices], reading.told().rejected


def test_what_came_while_the_collector_was_away_waits_for_it(broker: BrokerServer, store: Store) -> None:
    with Running(broker, store):
        pass
    with Sender(broker) as sender:
        sender.send(window_messages(4, 25))
    with Running(broker, store):
        wait_until(lambda: count(store) == 100, "all windows are in", LONG_S)


def test_a_broker_that_dies_loses_nothing_of_what_it_took(broker: BrokerServer, store: Store) -> None:
    with Running(broker, store):
        with Sender(broker) as sender:
            sender.send(window_messages(4, 10))
        time.sleep(1.5)  # Mosquitto saves every second what it answered for
        broker.kill()
        broker.start()
        with Sender(broker) as sender:
            sender.send([(where, payload) for where, payload in window_messages(4, 30)[:40]])
        wait_until(lambda: count(store) == 80, "all windows are in", LONG_S)


def test_a_database_that_goes_away_and_comes_back(broker: BrokerServer) -> None:
    with PostgresqlServer() as server, open_store(server.database()) as store, Running(broker, store) as running:
        with Sender(broker) as sender:
            sender.send(window_messages(4, 5))
            wait_until(lambda: count(store) == 20, "the first windows are in", LONG_S)
            server.stop("immediate")
            sender.send([(where, payload) for where, payload in window_messages(4, 30)[:40]])
            wait_until(lambda: any("can't be used" in line for line in running.said), "it says so", LONG_S)
        server.start()
        wait_until(lambda: is_back(store, 60), "all windows are in", LONG_S)
        assert running.said[-1] == "collecting"


def is_back(store: Store, windows: int) -> bool:
    try:
        return count(store) == windows
    except OSError:
        return False


def test_a_full_disk_is_waited_out(broker: BrokerServer, store: Store) -> None:
    with Running(broker, store) as running, Sender(broker) as sender:
        sender.send(window_messages(2, 2))
        wait_until(lambda: count(store) == 4, "the first windows are in", LONG_S)
        limit_pages(store, 1)  # SQLite's own word for a full disk: no page more than there are
        sender.send([(where, payload) for where, payload in window_messages(8, 40)[:240]])
        wait_until(lambda: any("full" in line for line in running.said), "it says so", LONG_S)
        limit_pages(store, 1_000_000)
        wait_until(lambda: count(store) == 244, "all windows are in", LONG_S)


def limit_pages(store: Store, pages: int) -> None:
    """On the one connection that the writer uses."""
    with store.writing() as writing:
        writing.line.execute(text(f"PRAGMA max_page_count={pages}"))


def test_a_collector_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(
    broker: BrokerServer, tmp_path: Path
) -> None:
    where = tmp_path / "killed.db"
    settings = tmp_path / "fleet.toml"
    of_broker = broker.settings(COLLECTOR)
    lines = [f"{name} = {json.dumps(getattr(of_broker, name))}" for name in ("host", "port", "ca_file")]
    lines += [f"{name} = {json.dumps(getattr(of_broker, name))}" for name in ("certificate_file", "key_file")]
    settings.write_text(f'[store]\nwhere = "{where}"\n[collector]\nbatch_messages = 20\n[broker]\n' + "\n".join(lines))
    messages = window_messages(20, 40)  # fewer than the 1000 that this broker keeps for who is away
    with open_store(str(where)) as store, Sender(broker) as sender:
        kill(start(settings))  # now there is a session
        sending = threading.Thread(target=lambda: sender.send(messages))
        sending.start()
        for _ in range(KILLS):
            collector = start(settings)
            before = count(store)
            wait_until(lambda had=before: count(store) != had, "it works", LONG_S)
            kill(collector)
        at_last_kill = count(store)
        collector = start(settings)
        wait_until(lambda: count(store) == len(messages), "all windows are in", LONG_S)
        collector.terminate()
        collector.communicate(timeout=LONG_S)
        assert collector.returncode == 0
        sending.join(LONG_S)
        with store.reading() as reading:
            assert all(not device.gaps and not device.apart_count for device in reading.devices(None))
    assert at_last_kill < len(messages)


def start(settings: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "counterpoint", "fleet", "serve", "--no-pages", "--settings", str(settings)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("collector: connected"):
            return process
    raise AssertionError("".join(said))


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=LONG_S)


def test_a_message_that_the_store_refuses_does_not_hold_up_the_others(store: Store) -> None:
    now = int(time.time())
    messages = window_messages(1, 3)
    poison = messages[1][1]
    refusal = f"NEW.id = '{json.loads(poison)['id']}' BEGIN SELECT RAISE(ABORT, 'no'); END"
    with store.engine.begin() as line:  # whatever a database may refuse that nobody thought of
        line.execute(text(f"CREATE TRIGGER no BEFORE INSERT ON device_window WHEN {refusal}"))
    keep(store, [Arrival(where, payload, now) for where, payload in messages])
    assert count(store) == 2
    with store.writing() as writing:
        (apart,) = writing.kept_apart(10)
    assert apart.payload == poison


def test_what_was_kept_apart_is_taken_once_somebody_mended_it(store: Store) -> None:
    now = int(time.time())
    first, second = hour_window(2), hour_window(1)
    keep(store, [Arrival("counterpoint/v1/hall-3/dev-1/window", encode(first), now)])
    keep(store, [Arrival("counterpoint/v1/hall-4/dev-1/window", encode(second), now)])
    keep(store, [Arrival("counterpoint/v1/hall-4/dev-1/window", encode(replace(second, id=first.id)), now)])
    assert take_again(store) == (0, 2)
    with store.writing() as writing:
        assert writing.move_device("dev-1", "hall-4")
    assert take_again(store) == (1, 1)  # the other one uses the id of another window
    assert count(store) == 2


def test_a_window_that_was_fine_when_it_came_does_not_become_too_old_by_waiting(store: Store) -> None:
    came = int(time.time()) - 50 * 86_400
    sent = encode(hour_window(1, came))
    with store.writing() as writing:
        writing.take_windows([Taken("hall-3", "dev-1", hour_window(3, came), came)])
        writing.quarantine("dev-1", on=True)
    keep(store, [Arrival("counterpoint/v1/hall-3/dev-1/window", sent, came)])
    keep(store, [Arrival("counterpoint/v1/hall-3/dev-1/window", sent, int(time.time()))])  # a broker that lost the ack
    with store.writing() as writing:
        writing.quarantine("dev-1", on=False)
    assert take_again(store) == (1, 0)
    assert count(store) == 2


@pytest.mark.parametrize("off_days", [-200, 90])
def test_what_came_while_our_own_clock_was_wrong_is_taken_once_it_is_set(store: Store, off_days: int) -> None:
    wrong_s = int(time.time()) + off_days * 86_400
    keep(store, [Arrival("counterpoint/v1/hall-3/dev-1/window", encode(hour_window(1)), wrong_s)])
    assert count(store) == 0
    assert take_again(store) == (1, 0)
    assert count(store) == 1


def test_where_only_known_devices_are_taken_a_stranger_waits_for_it(store: Store) -> None:
    now = int(time.time())
    window, state, birth = (topic("hall-3", "dev-1", leaf) for leaf in ("window", "state", "birth"))
    stranger = [
        (birth, birth_messages(1)[0][1]),
        (state, encode(State(state="online"))),
        (window, encode(hour_window(1))),
    ]
    keep(store, [Arrival(where, payload, now) for where, payload in stranger], only_known=True)
    with store.reading() as reading:
        assert reading.sites() == ()
        assert reading.devices(None) == []
    with store.writing() as writing:
        assert {one.reason.partition(":")[0] for one in writing.kept_apart(9)} == {"nobody has accepted the device"}
    assert take_again(store, only_known=True) == (0, 3)
    with store.writing() as writing:
        assert accept_device(writing.line, "dev-1", "hall-3", now)
    assert take_again(store, only_known=True) == (3, 0)
    with store.reading() as reading:
        (known,) = reading.devices(None)
    assert known.birth is not None, "it comes with the device's next start only"
    assert known.state == "unknown", "that comes anew by itself, and an old one may be wrong by now"
    keep(store, [Arrival(window, encode(hour_window(0)), now)], only_known=True)
    assert count(store) == 2


def test_what_asks_for_no_acknowledgement_does_not_pile_up_while_the_store_is_away(broker: BrokerServer) -> None:
    sent = [Waiting(0, 0, Arrival(where, payload, 0)) for where, payload in health_messages(MOST_FLEETING + 500, 1)]
    settings = FleetSettings(broker=broker.settings(COLLECTOR))
    line = Line(settings, load_identity(settings.broker))
    with Sender(broker) as sender:
        sender.send(window_messages(20, 1))
        for one in sent:
            sender.throw(one.arrival.topic, one.arrival.payload)
        until = time.monotonic() + LONG_S
        while line.dropped < 500 and time.monotonic() < until:
            line.step()
    assert line.waiting == MOST_FLEETING + 20
    first = line.take(16)
    assert [one.qos for one in first].count(0) == 4, "neither kind keeps the other waiting"
    rest = first + line.take(5000)
    kept = [one.arrival.topic for one in rest if not one.qos]
    assert kept == [one.arrival.topic for one in sent[500:]]
    assert line.waiting == 0
    line.close()


def test_the_collector_says_how_much_was_dropped_while_the_store_was_away(broker: BrokerServer, store: Store) -> None:
    with store.engine.begin() as line:
        line.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with Sender(broker) as sender, Running(broker, store) as running:
        for where, payload in health_messages(MOST_FLEETING + 500, 1):
            sender.throw(where, payload)
        wait_until(lambda: any("newer version" in one for one in running.said), "the store is away", LONG_S)
        time.sleep(2.0)
        with store.engine.begin() as line:
            line.execute(text("UPDATE alembic_version SET version_num = :own"), {"own": revisions()[-1]})
        wait_until(lambda: any("messages of QoS 0 were dropped" in one for one in running.said), "it says so", LONG_S)


def test_a_collector_that_takes_known_devices_only(broker: BrokerServer, store: Store) -> None:
    with store.writing() as writing:
        accept_device(writing.line, "dev-00000", "site-0000", 1)
    with Sender(broker) as sender, Running(broker, store, CollectorSettings(accept="known")):
        sender.send(window_messages(3, 4))
        wait_until(lambda: told(store)[1] == 8, "the strangers' windows are kept apart", LONG_S)
        wait_until(lambda: count(store) == 4, "the known one's are in", LONG_S)
    with store.reading() as reading:
        assert [device.id for device in reading.devices(None)] == ["dev-00000"]
