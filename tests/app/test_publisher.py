"""`counterpoint publish` as a person meets it: it stops when asked, and a wrong setting ends it with one line."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from broker_server import wait_until


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    folders = ("outbox", "receipts", "inbox")
    for name in folders:
        (tmp_path / name).mkdir()
    lines = ["[folders]", *(f'{name} = "{tmp_path / name}"' for name in folders)]
    (tmp_path / "counterpoint.toml").write_text("\n".join(lines) + "\n")
    return tmp_path / "counterpoint.toml"


def start(settings_file: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "counterpoint", "publish", "--settings", str(settings_file)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_without_a_broker_it_tells_the_clock_and_stops_when_asked(settings_file: Path) -> None:
    with start(settings_file) as publisher:
        told = settings_file.parent / "inbox" / "clock.json"
        wait_until(told.exists, "the clock statement")
        publisher.send_signal(signal.SIGTERM)
        _, said = publisher.communicate(timeout=20)
    assert publisher.returncode == 0
    assert "no broker is set" in said


@pytest.mark.parametrize(
    ("broker", "words"),
    [
        ('host = "broker.example"\ntls = false\ndevice_id = "a1"', "broker.tls"),
        ('host = "broker.example"', "broker.certificate_file"),
        ('host = "broker.example"\ncertificate_file = "/nonexistent"\nkey_file = "/nonexistent"', "/nonexistent"),
    ],
)
def test_a_wrong_setting_ends_it_with_one_line(settings_file: Path, broker: str, words: str) -> None:
    settings_file.write_text(settings_file.read_text() + f"[broker]\n{broker}\n")
    with start(settings_file) as publisher:
        _, said = publisher.communicate(timeout=20)
    assert publisher.returncode == 2
    assert len(said.strip().splitlines()) == 1
    assert words in said


@pytest.mark.parametrize(
    ("broker", "words"),
    [
        ('host = "127.0.0.1"\nport = 1\ntls = false\ndevice_id = "a1"', ("no broker answers", "clock is not known")),
        ("", ("broker.host is empty",)),
    ],
)
def test_one_round_that_can_not_be_made_is_one_line_and_exit_code_2(
    settings_file: Path, broker: str, words: tuple[str, ...]
) -> None:
    settings_file.write_text(settings_file.read_text() + f"[broker]\n{broker}\n")
    command = [sys.executable, "-m", "counterpoint", "publish", "--once", "--settings", str(settings_file)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert any(word in ended.stderr.splitlines()[-1] for word in words)
    assert "Traceback" not in ended.stderr
