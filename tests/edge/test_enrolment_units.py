"""Services take up a new certificate where systemd runs, and nothing is asked where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoint.edge import enrolment_units
from counterpoint.edge.enrolment_units import PUBLISHER, SENSOR, restart_units


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl that notes what it is asked, and fails."""
    program, noted = tmp_path / "systemctl", tmp_path / "asked"
    program.write_text(f'#!/bin/sh\necho "$@" >>{noted}\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return noted


def test_running_services_are_restarted_and_nobody_waits(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment_units, "SYSTEMD", tmp_path)
    restart_units(SENSOR, PUBLISHER)
    assert asked.read_text() == "--no-block try-restart counterpoint-sensor.service counterpoint-publisher.service\n"


def test_without_systemd_nobody_is_asked(asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment_units, "SYSTEMD", tmp_path / "nothing")
    restart_units(PUBLISHER)
    assert not asked.exists()


def test_a_missing_systemctl_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment_units, "SYSTEMD", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    restart_units(PUBLISHER)
