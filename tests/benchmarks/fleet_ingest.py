"""How many windows and health messages a second one collector process brings into a durable store.

Use: python tests/benchmarks/fleet_ingest.py [--messages 20000] [--devices 400]
A real Mosquitto with TLS holds the messages in the collector's session; then `counterpoint fleet serve --no-pages` runs
as in life, with every commit on the medium (SQLite synchronous=FULL; PostgreSQL fsync on), and the time is taken from
its connection to its last row. The broker's own persistence is not measured: here it saves now and then.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from sqlalchemy import func, select

from broker_server import COLLECTOR, BrokerServer
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.tables import device, window
from fleet_messages import health, health_messages, window_messages
from postgresql_server import PostgresqlServer

if TYPE_CHECKING:
    from collections.abc import Sequence

READY_S = 30.0
LONGEST_S = 180.0
AT_ONCE = 2000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--devices", type=int, default=400)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), action="append")
    order = parser.parse_args()
    with ExitStack() as stack:
        for kind in order.store or ("sqlite", "postgresql"):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ingest-")))
            server = stack.enter_context(PostgresqlServer(durable=True)) if kind == "postgresql" else None
            for what in ("windows", "health", "both"):
                where = server.database() if server else str(folder / f"{what}.db")
                report(kind, what, where, folder / what, order)
    return 0


def report(kind: str, what: str, where: str, folder: Path, order: argparse.Namespace) -> None:
    rounds = order.messages // order.devices
    windows = window_messages(order.devices, rounds) if what != "health" else []
    health = health_messages(order.devices, rounds) if what != "windows" else []
    mixed = (
        [each for pair in zip(windows, health, strict=True) for each in pair] if what == "both" else windows + health
    )
    took_s, cpu_s = drain(where, folder, mixed, order.devices)
    rate = len(mixed) / took_s
    print(
        f"{kind:>10}  {what:>8}  {len(mixed):>6} messages  {took_s:6.2f} s  {rate:7.0f}/s  collector {cpu_s:5.2f} CPU s"
    )


def drain(where: str, folder: Path, messages: Sequence[tuple[str, bytes]], devices: int) -> tuple[float, float]:
    """Return how long the collector took to bring everything in, and its processor time, in seconds."""
    with BrokerServer(folder) as broker:
        broker.kill()
        config = folder / "mosquitto.conf"
        kept = config.read_text().replace("autosave_on_changes true", "max_queued_messages 0")
        config.write_text(kept.replace("autosave_interval 1\n", "autosave_interval 1800\n"))
        broker.start()
        settings = write_settings(folder, broker, where)
        stop(start(settings))  # so that the broker keeps a session for it
        send(broker, messages)
        store = open_store(where)
        try:
            return timed(store, settings, messages, devices)
        finally:
            store.close()


def timed(store: Store, settings: Path, messages: Sequence[tuple[str, bytes]], devices: int) -> tuple[float, float]:
    windows = sum(topic.endswith("/window") for topic, _ in messages)
    healthy = devices if any(topic.endswith("/health") for topic, _ in messages) else 0
    before = os.times()
    collector = start(settings)
    began = time.perf_counter()
    while not is_done(store, windows, healthy):
        if time.perf_counter() > began + LONGEST_S:
            raise SystemExit("the collector did not finish")
        time.sleep(0.05)
    took_s = time.perf_counter() - began
    stop(collector)
    after = os.times()
    return took_s, after.children_user + after.children_system - before.children_user - before.children_system


def is_done(store: Store, windows: int, healthy: int) -> bool:
    """Every window is in, and every device's last health."""
    with store.unchecked() as line:
        if (line.scalar(select(func.count()).select_from(window)) or 0) < windows:
            return False
        last = select(func.count()).select_from(device).where(device.c.health == health(1))
        return (line.scalar(last) or 0) >= healthy


def write_settings(folder: Path, broker: BrokerServer, where: str) -> Path:
    certificate, key = broker.authority.issue(COLLECTOR)
    path = folder / "fleet.toml"
    path.write_text(
        f'[store]\nwhere = "{where}"\n[broker]\nhost = "127.0.0.1"\nport = {broker.port}\n'
        f'ca_file = "{broker.authority.file}"\ncertificate_file = "{certificate}"\nkey_file = "{key}"\n'
    )
    return path


def start(settings: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "counterpoint", "fleet", "serve", "--no-pages", "--settings", str(settings)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("collector: connected"):
            return process
        if not line.startswith("fleet:"):
            print(line, end="", flush=True)
    raise SystemExit(f"the collector did not connect (exit code {process.wait()})")


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=READY_S)


def send(broker: BrokerServer, messages: Sequence[tuple[str, bytes]]) -> None:
    client = Client(CallbackAPIVersion.VERSION2, client_id="load", protocol=MQTTProtocolVersion.MQTTv5)
    certificate, key = broker.authority.issue(COLLECTOR)
    client.tls_set(str(broker.authority.file), str(certificate), str(key))
    client.max_inflight_messages_set(AT_ONCE)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    sent = [client.publish(topic, payload, qos=1) for topic, payload in messages]
    for one in sent:
        one.wait_for_publish(LONGEST_S)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    raise SystemExit(main())
