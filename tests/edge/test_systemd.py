"""What systemd hears of a service."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoint.edge.systemd import READY, WORKING, Watchdog, is_service, notify, status
from systemd_ear import SystemdEar, hear


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


def test_a_status_is_one_line_however_the_text_is_broken() -> None:
    assert status("no microphone:\n  plug one in") == "STATUS=no microphone: plug one in"


@pytest.fixture
def ear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SystemdEar]:
    with hear(tmp_path, monkeypatch, watchdog_s=30) as ear:
        yield ear


def test_a_program_that_systemd_started_knows_it(ear: SystemdEar, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_service()
    monkeypatch.delenv("NOTIFY_SOCKET")
    assert not is_service()
    assert ear.heard() == []


def test_work_feeds_the_watchdog(ear: SystemdEar) -> None:
    watchdog = Watchdog()
    watchdog.ready()
    watchdog.feed()
    assert ear.heard() == [READY, WORKING]


def test_who_waits_is_given_patience_from_the_last_work_on_and_work_ends_it(ear: SystemdEar) -> None:
    watchdog = Watchdog()
    watchdog.ready()
    watchdog.ask_for_patience()
    watchdog._fed_s -= 600
    watchdog.ask_for_patience()
    watchdog.feed()
    watchdog.feed()
    ready, first, later, *fed = ear.heard()
    assert ready == READY
    assert [round(int(line.removeprefix("WATCHDOG_USEC=")) / 1e6) for line in (first, later)] == [60, 660]
    assert fed == [WORKING, "WATCHDOG_USEC=30000000", WORKING]


def test_where_no_watchdog_watches_there_is_no_patience_to_ask_for(
    ear: SystemdEar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATCHDOG_USEC")
    Watchdog().ask_for_patience()
    assert ear.heard() == []


def test_a_systemd_that_does_not_listen_holds_nothing_up(ear: SystemdEar) -> None:
    started_s = time.monotonic()
    for _ in range(30):  # more than an unread socket keeps
        notify(WORKING)
    assert time.monotonic() - started_s < 5
    assert WORKING in ear.heard()
