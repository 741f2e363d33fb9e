"""Which bearings are in force: what was measured, until somebody changes the settings by hand."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from counterpoint.edge.calibration import NAME, InForce, calibration_in_force, hearing_of, keep_calibration
from counterpoint.edge.calibration_request import (
    Progress,
    ask_sensor,
    read_progress,
    take_request,
    tell_progress,
    withdraw,
)
from counterpoint.errors import StorageError
from counterpoint.hearing.geometry import BUILT_IN
from counterpoint.settings import Settings
from counterpoint.values import Calibration

USB = BUILT_IN["respeaker-usb-v2"]
XVF = BUILT_IN["respeaker-xvf3800"]
FOUND = Calibration(12.5, 171)


def settings(state: Path, agent_deg: float = 0.0, customer_deg: float = 180.0) -> Settings:
    tables = {"array": {"agent_deg": agent_deg, "customer_deg": customer_deg}, "folders": {"state": str(state)}}
    return msgspec.convert(tables, Settings)


def test_without_a_measurement_the_settings_are_in_force(tmp_path: Path) -> None:
    assert calibration_in_force(settings(tmp_path), USB) == InForce(Calibration(), "assumed")
    assert calibration_in_force(settings(tmp_path, 10), USB) == InForce(Calibration(10, 180), "settings")


def test_what_was_measured_is_in_force_at_once(tmp_path: Path) -> None:
    keep_calibration(settings(tmp_path, 5), USB.name, FOUND)
    assert calibration_in_force(settings(tmp_path, 5), USB) == InForce(FOUND, "measured")


def test_who_changes_the_settings_afterwards_has_the_newer_word(tmp_path: Path) -> None:
    keep_calibration(settings(tmp_path), USB.name, FOUND)
    in_force = calibration_in_force(settings(tmp_path, customer_deg=165), USB)
    assert (in_force.bearings, in_force.origin) == (Calibration(0, 165), "settings")
    assert "changed after the measurement" in in_force.passed_over
    keep_calibration(settings(tmp_path, customer_deg=165), USB.name, FOUND)
    assert calibration_in_force(settings(tmp_path, customer_deg=165), USB).bearings == FOUND


def test_a_measurement_of_another_array_is_passed_over(tmp_path: Path) -> None:
    keep_calibration(settings(tmp_path), USB.name, FOUND)
    assert calibration_in_force(settings(tmp_path), XVF).passed_over == "what was measured is of respeaker-usb-v2"


def test_an_array_of_that_name_that_has_become_another_one_is_passed_over(tmp_path: Path) -> None:
    keep_calibration(settings(tmp_path), USB.name, Calibration(90, 270))
    line = replace(BUILT_IN["respeaker-2mic"], name=USB.name)
    assert calibration_in_force(settings(tmp_path), line).bearings == Calibration()


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"array": "respeaker-usb-v2", "agent_deg": 1e9}', b"[1]"])
def test_a_file_that_is_none_is_as_if_there_were_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert calibration_in_force(settings(tmp_path), USB) == InForce(Calibration(), "assumed")


def test_the_file_says_nothing_but_the_bearings(tmp_path: Path) -> None:
    keep_calibration(settings(tmp_path), USB.name, FOUND)
    assert json.loads((tmp_path / NAME).read_text()) == {
        "array": "respeaker-usb-v2",
        "agent_deg": 12.5,
        "customer_deg": 171.0,
        "instead_of_agent_deg": 0.0,
        "instead_of_customer_deg": 180.0,
    }
    assert [path.name for path in tmp_path.iterdir()] == [NAME], "written whole: nothing half is left"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for another user")
def test_what_root_measures_belongs_to_the_sensor(tmp_path: Path) -> None:
    state = tmp_path / "sensor"
    state.mkdir()
    os.chown(state, 12345, 12345)
    keep_calibration(settings(state), USB.name, FOUND)
    assert (state / NAME).stat().st_uid == 12345


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="can't be written"):
        keep_calibration(settings(tmp_path / "none"), USB.name, FOUND)
    with pytest.raises(StorageError, match="can't be written"):
        ask_sensor(tmp_path / "none")


def test_an_array_gives_what_a_measurement_needs() -> None:
    assert hearing_of(USB, 6).raw == (1, 2, 3, 4)
    assert hearing_of(USB, 4).raw == (0, 1, 2, 3)
    assert hearing_of(BUILT_IN["stereo"], 2).early_s is None
    early_s = hearing_of(USB, 6).early_s
    assert early_s is not None
    assert early_s.shape == (3, 90, 4)
    assert early_s[0, 0, 0] > 0 > early_s[0, 45, 0], "the first microphone stands at bearing 0"


def test_a_request_is_taken_once_and_answered_under_its_number(tmp_path: Path) -> None:
    assert take_request(tmp_path) is None
    number = ask_sensor(tmp_path)
    assert take_request(tmp_path) == number
    assert take_request(tmp_path) is None
    assert read_progress(tmp_path, number) is None
    tell_progress(tmp_path, Progress(number, "agent"))
    assert read_progress(tmp_path, number) == Progress(number, "agent")
    assert read_progress(tmp_path, "another") is None
    withdraw(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_request_that_is_no_plain_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "calibrate.request").symlink_to("/etc/passwd")
    assert take_request(tmp_path) is None
    (tmp_path / "calibrating.json").write_bytes(b"{}")
    assert read_progress(tmp_path, "x") is None
