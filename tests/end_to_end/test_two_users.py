"""Sensor and publisher as two users: a window crosses, each outlives the other, neither can reach into the other."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from broker_server import BrokerServer, Listener, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become two other users"),
    pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv (util-linux) is not installed"),
]

SENSOR, PUBLISHER, SPOOL_GROUP = 64001, 64002, 64000
DEVICE, SITE = "c0ffee00-1111-4222-8333-444455556666", "kiosk-7"
K = 10

TESTS = Path(__file__).parents[1]
SENSOR_LIKE = "sensor_like.py"
OURS = TESTS / "visits_at.py", TESTS / "end_to_end" / SENSOR_LIKE
IMPORTED = "counterpoint", "msgspec", "numpy", "paho"
PYTHON = str(Path(sys.executable).resolve())  # the venv's own is a link, and may lie where no other user can go


def as_user(user: int, *command: str) -> list[str]:
    return ["setpriv", f"--reuid={user}", f"--regid={user}", f"--groups={SPOOL_GROUP}", "--", *command]


def copy_program(folder: Path) -> None:
    """Copy what the two processes import, so that any user can read it: the checkout may lie under /root.

    A copy and no bind mount: a mount that a killed test leaves behind leads whoever clears up into the checkout.
    """
    for name in IMPORTED:
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        package = Path(found.origin).parent
        shutil.copytree(package, folder / name)
        libraries = package.with_name(f"{name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name)
    for file in OURS:
        shutil.copy(file, folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)  # a checkout made with umask 077 has files for its owner only


def skip_unless_reachable(program: Path) -> None:
    attempt = as_user(SENSOR, PYTHON, "-c", "import sys; open(sys.argv[1])", str(program / SENSOR_LIKE))
    tried = subprocess.run(attempt, cwd="/", capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        reason = tried.stderr.strip().splitlines()[-1]
        pytest.skip(f"no other user can start {PYTHON} and read below {program.parent}: {reason}")


@pytest.fixture(scope="module")
def program() -> Iterator[Path]:
    """A folder with the program, for every user."""
    folder = Path(tempfile.mkdtemp(prefix="two-users-program-"))
    copy_program(folder)
    skip_unless_reachable(folder)
    yield folder
    shutil.rmtree(folder)


class Station:
    """The folders of a device, made as systemd-tmpfiles makes them, and its two processes."""

    def __init__(self, folder: Path, server: BrokerServer, program: Path) -> None:
        self.folder = folder
        self.server = server
        self._program = program
        folder.chmod(0o755)
        self._make("sensor", SENSOR, SENSOR, 0o700)
        self._make("outbox", SENSOR, SPOOL_GROUP, 0o2750)
        self._make("receipts", PUBLISHER, SPOOL_GROUP, 0o2750)
        self._make("inbox", PUBLISHER, SPOOL_GROUP, 0o2750)
        self.settings_file = folder / "counterpoint.toml"
        self._write_settings()
        self.said = folder / "publisher.log"
        self._processes: list[subprocess.Popen[str]] = []

    def start_publisher(self) -> subprocess.Popen[str]:
        command = (PYTHON, "-m", "counterpoint", "publish", "--settings", str(self.settings_file))
        with self.said.open("a") as said:
            return self._start(PUBLISHER, command, stdout=said, stderr=said)

    def start_sensor(self, start: str = "2026-11-23 09:10") -> subprocess.Popen[str]:
        command = (PYTHON, str(self._program / SENSOR_LIKE), str(self.settings_file), start)
        return self._start(SENSOR, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()

    def receipts(self) -> list[str]:
        return [path.name for path in (self.folder / "receipts").iterdir() if not path.name.startswith(".")]

    def heard(self, words: str) -> bool:
        return words in self.said.read_text()

    def _start(self, user: int, command: tuple[str, ...], **pipes: object) -> subprocess.Popen[str]:
        environment = {
            "PYTHONPATH": str(self._program),
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        process: subprocess.Popen[str] = subprocess.Popen(  # type: ignore[call-overload] # the pipes differ
            as_user(user, *command), text=True, umask=0o027, env=environment, cwd=self.folder, **pipes
        )
        self._processes.append(process)
        return process

    def _make(self, name: str, user: int, group: int, mode: int) -> None:
        (self.folder / name).mkdir()
        os.chown(self.folder / name, user, group)
        (self.folder / name).chmod(mode)

    def _write_settings(self) -> None:
        broker = self.server.settings(DEVICE)
        os.chown(broker.key_file, PUBLISHER, PUBLISHER)
        Path(broker.key_file).chmod(0o400)
        self.settings_file.write_text(
            f"""
            [site]
            code = "{SITE}"
            timezone = "UTC"
            [privacy]
            k = {K}
            jitter_s = 0.0
            [broker]
            host = "127.0.0.1"
            port = {broker.port}
            ca_file = "{broker.ca_file}"
            certificate_file = "{broker.certificate_file}"
            key_file = "{broker.key_file}"
            [folders]
            state = "{self.folder}/sensor"
            outbox = "{self.folder}/outbox"
            receipts = "{self.folder}/receipts"
            inbox = "{self.folder}/inbox"
            """
        )


def tell(sensor: subprocess.Popen[str], line: str) -> tuple[int, int]:
    """Tell the sensor one thing; return how many visits wait and how many messages lie in the outbox."""
    assert sensor.stdin is not None
    assert sensor.stdout is not None
    sensor.stdin.write(line + "\n")
    sensor.stdin.flush()
    visits, messages = sensor.stdout.readline().split()
    return int(visits), int(messages)


@pytest.fixture
def station(program: Path) -> Iterator[Station]:
    folder = Path(tempfile.mkdtemp(prefix="two-users-"))
    with BrokerServer(folder / "broker") as server:
        server.allow(SITE, DEVICE)
        (folder / "broker").chmod(0o755)
        station = Station(folder, server, program)
        yield station
        station.close()
    shutil.rmtree(folder)


def test_a_window_crosses_from_one_user_to_the_other_and_its_receipt_back(station: Station) -> None:
    with Listener(station.server) as listener:
        sensor = station.start_sensor()
        station.start_publisher()
        assert tell(sensor, f"visits {K}") == (K, 0)
        assert tell(sensor, "hours 1") == (0, 1)
        arrived = json.loads(listener.next("window").payload)
        assert (arrived["start_utc"], arrived["statistics"]["visit_count"]) == ("2026-11-23T09:00:00Z", K)
        wait_until(lambda: station.receipts() == ["0000000001"], "the receipt")
        assert tell(sensor, "tick 0") == (0, 0)


def test_the_publisher_is_killed_and_the_sensor_goes_on(station: Station) -> None:
    with Listener(station.server) as listener:
        sensor = station.start_sensor()
        publisher = station.start_publisher()
        listener.next("birth")
        publisher.kill()
        publisher.wait()
        tell(sensor, f"visits {K}")
        assert tell(sensor, "hours 1") == (0, 1)
        station.start_publisher()
        assert json.loads(listener.next("window").payload)["schema"] == "window.v1"


def test_the_sensor_is_killed_and_the_publisher_goes_on(station: Station) -> None:
    sensor = station.start_sensor()
    tell(sensor, f"visits {K}")
    assert tell(sensor, "hours 1") == (0, 1)
    sensor.kill()
    with Listener(station.server) as listener:
        station.start_publisher()
        listener.next("window")
        wait_until(lambda: station.receipts() == ["0000000001"], "the receipt")


def test_a_restart_with_k_minus_one_waiting_visits_loses_none_and_publishes_none(station: Station) -> None:
    with Listener(station.server) as listener:
        station.start_publisher()
        sensor = station.start_sensor()
        assert tell(sensor, f"visits {K - 1}") == (K - 1, 0)
        sensor.kill()
        sensor.wait()
        sensor = station.start_sensor("2026-11-23 11:30")
        assert tell(sensor, "tick 0") == (K - 1, 0)
        tell(sensor, "visits 1")
        assert tell(sensor, "hours 1") == (0, 1)
        assert json.loads(listener.next("window").payload)["statistics"]["visit_count"] == K


def test_the_broker_is_killed_and_comes_back(station: Station) -> None:
    with Listener(station.server) as listener:
        sensor = station.start_sensor()
        station.start_publisher()
        listener.next("birth")
        station.server.kill()
        tell(sensor, f"visits {K}")
        tell(sensor, "hours 1")
        wait_until(lambda: station.heard("it is opened again"), "the loss")
        station.server.start()
        listener.next("window", within_s=30)
        wait_until(lambda: station.receipts() == ["0000000001"], "the receipt")


def test_a_window_waits_until_somebody_subscribes(station: Station) -> None:
    sensor = station.start_sensor()
    station.start_publisher()
    tell(sensor, f"visits {K}")
    tell(sensor, "hours 1")
    wait_until(lambda: station.heard("nobody subscribes"), "the word about 0x10")
    assert tell(sensor, "tick 0") == (0, 1)
    with Listener(station.server) as listener:
        listener.next("window", within_s=30)


@pytest.mark.parametrize(
    ("user", "attempt"),
    [
        (PUBLISHER, "open('outbox/0000000009.json', 'w')"),
        (PUBLISHER, "open('outbox/0000000001.json', 'a')"),
        (PUBLISHER, "os.unlink('outbox/0000000001.json')"),
        (PUBLISHER, "os.listdir('sensor')"),
        (PUBLISHER, "open('sensor/ledger.db', 'rb')"),
        (SENSOR, "open('receipts/0000000001', 'w')"),
        (SENSOR, "open('inbox/clock.json', 'w')"),
        (SENSOR, "open('broker/keys/" + DEVICE + ".key')"),
    ],
)
def test_neither_reaches_into_the_other(station: Station, user: int, attempt: str) -> None:
    sensor = station.start_sensor()
    tell(sensor, f"visits {K}")
    tell(sensor, "hours 1")
    tried = subprocess.run(
        as_user(user, PYTHON, "-c", f"import os; {attempt}"),
        cwd=station.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "PermissionError" in tried.stderr


def test_the_publisher_may_read_what_it_sends(station: Station) -> None:
    sensor = station.start_sensor()
    tell(sensor, f"visits {K}")
    tell(sensor, "hours 1")
    tried = subprocess.run(
        as_user(PUBLISHER, "cat", "outbox/0000000001.json"),
        cwd=station.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(tried.stdout)["schema"] == "window.v1"


def test_a_key_that_can_not_be_read_ends_the_publisher_with_one_clear_line(station: Station) -> None:
    settings = station.settings_file.read_text()
    station.settings_file.write_text(settings.replace(".key", ".missing"))
    publisher = station.start_publisher()
    assert publisher.wait(timeout=20) == 2
    said = station.said.read_text()
    assert "broker.key_file" in said
    assert "Traceback" not in said
