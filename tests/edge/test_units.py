"""systemd is asked for our two services and for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoint.edge.units import SERVICES, SystemdUnits
from counterpoint.errors import PartMissing


def systemctl(folder: Path, monkeypatch: pytest.MonkeyPatch, *, ends: int = 0) -> Path:
    """A systemctl of our own that writes down what it was asked for."""
    said = folder / "said"
    program = folder / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$*" >> {said}\necho "Unit not loaded." >&2\nexit {ends}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return said


def test_it_restarts_and_stops_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = systemctl(tmp_path, monkeypatch)
    SystemdUnits().restart()
    SystemdUnits().stop()
    both = " ".join(SERVICES)
    assert said.read_text().splitlines() == [f"restart --no-block {both}", f"stop {both}"]


@pytest.mark.parametrize(
    ("state", "run"), [("active", "5f3a"), ("activating", ""), ("failed", ""), ("active\nno such line", "5f3a")]
)
def test_a_run_of_the_sensor_has_a_name_once_it_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, run: str
) -> None:
    systemctl(tmp_path, monkeypatch)
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\necho "ActiveState={state}"\necho InvocationID=5f3a\n')
    assert SystemdUnits().sensor_run() == run


def test_what_systemd_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    systemctl(tmp_path, monkeypatch, ends=5)
    with pytest.raises(PartMissing, match=r"Unit not loaded.*systemctl status"):
        SystemdUnits().stop()


def test_a_machine_without_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PartMissing, match="a machine with systemd"):
        SystemdUnits().restart()
    assert SystemdUnits().sensor_run() == ""
