"""Two collectors on one shared subscription into one PostgreSQL, and a load during which one of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from sqlalchemy import func, select

from broker_server import BrokerServer
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.tables import apart, window
from fleet_messages import window_messages

NAMES = ("collector", "collector-2")
READY_S = 40.0
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a load.

    Attributes:
        sent: Windows that the broker took, each with an id of its own.
        kept: Rows in the store.
        lost: Ids that were sent and are not there.
        doubled: Rows more than ids.
        apart: Messages kept apart.
        took_s: From the first window sent to the last row, in seconds.
        at_kill: Rows when the collector was killed.
        while_dead: Rows that the other one brought in before the killed one was started again.
    """

    sent: int
    kept: int
    lost: int
    doubled: int
    apart: int
    took_s: float
    at_kill: int
    while_dead: int


def kill_one(folder: Path, where: str, devices: int, rounds: int, dead_s: float) -> Outcome:
    """Send windows, kill one of two collectors with SIGKILL half-way, start it again after `dead_s`; wait for all."""
    messages = window_messages(devices, rounds)
    with BrokerServer(folder / "broker") as broker:
        _both_may_read(broker)
        with (
            closing(open_store(where)) as store,
            collecting(folder, broker, where, NAMES[0]),
            collecting(folder, broker, where, NAMES[1]) as second,
        ):
            began_s = time.monotonic()
            load = threading.Thread(target=send, args=(broker, messages))
            load.start()
            at_kill = _wait_for_rows(store, len(messages) // 3)
            second.kill()
            second.wait()
            time.sleep(dead_s)
            while_dead = _rows(store) - at_kill
            with collecting(folder, broker, where, NAMES[1]):  # as systemd starts it again
                load.join()
                _wait_for_rows(store, len(messages))
                took_s = time.monotonic() - began_s
                time.sleep(1.0)  # whatever comes twice comes now
                return _outcome(store, messages, took_s, at_kill, while_dead)


@contextmanager
def collecting(folder: Path, broker: BrokerServer, where: str, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A collector of this name in a process of its own, until the block ends; its session has begun."""
    certificate, key = broker.authority.issue(name)
    settings, log = folder / f"{name}.toml", folder / f"{name}.log"
    settings.write_text(
        f'[store]\nwhere = "{where}"\n[broker]\nhost = "127.0.0.1"\nport = {broker.port}\n'
        f'ca_file = "{broker.authority.file}"\ncertificate_file = "{certificate}"\nkey_file = "{key}"\n'
    )
    command = [sys.executable, "-m", "counterpoint", "fleet", "serve", "--no-pages", "--settings", str(settings)]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stderr=said, stdout=said)
    try:
        _wait_for(lambda: b"collector: connected" in log.read_bytes(), f"{name} connects")
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(READY_S)


def send(broker: BrokerServer, messages: Sequence[tuple[str, bytes]]) -> None:
    """Publish all of them with QoS 1, as fast as the broker answers."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="load", protocol=MQTTProtocolVersion.MQTTv5)
    certificate, key = broker.authority.issue("load")
    client.tls_set(str(broker.authority.file), str(certificate), str(key))
    client.max_inflight_messages_set(AT_ONCE)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for one in [client.publish(topic, payload, qos=1) for topic, payload in messages]:
        one.wait_for_publish(READY_S)
    client.disconnect()
    client.loop_stop()


def _both_may_read(broker: BrokerServer) -> None:
    rules = [f"user {NAMES[1]}", "topic read counterpoint/#", "user load", "topic write counterpoint/#"]
    with (broker.folder / "acl").open("a") as file:
        file.write("\n".join([*rules, ""]))
    config = broker.folder / "mosquitto.conf"
    seldom = config.read_text().replace("autosave_on_changes true", "max_queued_messages 0")
    config.write_text(seldom.replace("autosave_interval 1\n", "autosave_interval 1800\n"))
    broker.kill()
    broker.start()


def _outcome(
    store: Store, messages: Sequence[tuple[str, bytes]], took_s: float, at_kill: int, while_dead: int
) -> Outcome:
    sent = {UUID(payload.split(b'"id":"')[1][:36].decode()) for _, payload in messages}
    with store.unchecked() as line:
        kept = [UUID(each) for each in line.scalars(select(window.c.id))]
        kept_apart = line.scalar(select(func.count()).select_from(apart)) or 0
    return Outcome(
        sent=len(messages),
        kept=len(kept),
        lost=len(sent - set(kept)),
        doubled=len(kept) - len(set(kept)),
        apart=kept_apart,
        took_s=took_s,
        at_kill=at_kill,
        while_dead=while_dead,
    )


def _rows(store: Store) -> int:
    with store.unchecked() as line:
        return line.scalar(select(func.count()).select_from(window)) or 0


def _wait_for_rows(store: Store, count: int) -> int:
    _wait_for(lambda: _rows(store) >= count, f"{count} windows arrive", 10 * READY_S)
    return _rows(store)


def _wait_for(true: object, what: str, within_s: float = READY_S) -> None:
    assert callable(true)
    until_s = time.monotonic() + within_s
    while not true():
        if time.monotonic() > until_s:
            raise AssertionError(f"not within {within_s:g} s: {what}; load {os.getloadavg()[0]:.1f}")
        time.sleep(0.05)
