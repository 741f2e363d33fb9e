"""What systemd hears, and that its units are sound."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from counterpoint.edge.microphone import PRIORITY
from counterpoint.edge.model_manifest import SYSTEM
from counterpoint.edge.systemd import READY, WORKING, notify

UNITS = Path(__file__).parents[2] / "systemd"


def test_systemd_hears_each_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify(READY)
        notify(WORKING)
        assert (listener.recv(64), listener.recv(64)) == (b"READY=1", b"WATCHDOG=1")


def test_an_abstract_socket_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0counterpoint-test-notify")
        monkeypatch.setenv("NOTIFY_SOCKET", "@counterpoint-test-notify")
        notify(READY)
        assert listener.recv(64) == b"READY=1"


@pytest.mark.parametrize("address", ["", "/nonexistent/notify"])
def test_without_systemd_nothing_happens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify(READY)


def unit(name: str) -> RawConfigParser:
    parsed = RawConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign] # systemd's names have capitals
    parsed.read(UNITS / name)
    return parsed


def test_the_two_processes_are_two_users() -> None:
    sensor, publisher = (
        unit("counterpoint-sensor.service")["Service"],
        unit("counterpoint-publisher.service")["Service"],
    )
    assert sensor["User"] != publisher["User"]


def test_the_sensor_has_no_network_and_the_publisher_no_devices() -> None:
    sensor, publisher = (
        unit("counterpoint-sensor.service")["Service"],
        unit("counterpoint-publisher.service")["Service"],
    )
    assert sensor["PrivateNetwork"] == "yes"
    assert sensor["RestrictAddressFamilies"] == "AF_UNIX"
    assert publisher["PrivateDevices"] == "yes"


def test_each_may_write_only_its_own_folders() -> None:
    sensor, publisher = (
        unit("counterpoint-sensor.service")["Service"],
        unit("counterpoint-publisher.service")["Service"],
    )
    assert sensor["ReadWritePaths"].split() == ["/var/lib/counterpoint/sensor", "/var/lib/counterpoint/outbox"]
    assert publisher["ReadWritePaths"].split() == ["/var/lib/counterpoint/receipts", "/var/lib/counterpoint/inbox"]
    assert publisher["InaccessiblePaths"] == "/var/lib/counterpoint/sensor"


def test_the_capture_thread_may_rise_as_far_as_it_asks_for() -> None:
    assert int(unit("counterpoint-sensor.service")["Service"]["LimitRTPRIO"]) == PRIORITY


def test_the_sensor_may_read_where_models_are_pulled_to() -> None:
    assert unit("counterpoint-sensor.service")["Service"]["ReadOnlyPaths"] == f"-{SYSTEM}"


def test_the_sensor_and_all_that_it_starts_sends_no_telemetry() -> None:
    lines = (UNITS / "counterpoint-sensor.service").read_text().splitlines()
    assert "Environment=ORT_DISABLE_TELEMETRY=1" in lines


@pytest.mark.real
@pytest.mark.parametrize("name", ["counterpoint-sensor.service", "counterpoint-publisher.service"])
def test_systemd_finds_nothing_to_say_about_the_units(name: str, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / name
    copy.write_text((UNITS / name).read_text().replace("/usr/bin/counterpoint", sys.executable))
    said = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    about_it = [line for line in (said.stdout + said.stderr).splitlines() if name in line]
    assert (said.returncode, about_it) == (0, [])


@pytest.mark.real
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to other users")
@pytest.mark.skipif(not shutil.which("systemd-sysusers"), reason="systemd-sysusers is not installed")
def test_each_user_owns_its_folders_and_the_group_only_reads(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"]):
        kind = command[0].removeprefix("systemd-")
        subprocess.run(
            [*command, f"--root={tmp_path}", UNITS / f"counterpoint.{kind}"], check=True, capture_output=True
        )
    accounts = (tmp_path / "etc" / "passwd").read_text().splitlines()
    users = {"0": "root"} | {account.split(":")[2]: account.split(":")[0] for account in accounts}
    spool = tmp_path / "var" / "lib" / "counterpoint"
    owners = {path.name: (users[str(path.stat().st_uid)], oct(path.stat().st_mode)[-4:]) for path in spool.iterdir()}
    assert owners == {
        "models": ("root", "0755"),
        "sensor": ("counterpoint-sensor", "0700"),
        "outbox": ("counterpoint-sensor", "2750"),
        "receipts": ("counterpoint-publisher", "2750"),
        "inbox": ("counterpoint-publisher", "2750"),
    }
