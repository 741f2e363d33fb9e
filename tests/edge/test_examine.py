"""The doctor's looks, at real things."""

from __future__ import annotations

import os
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pytest

from counterpoint.care.checks import Check
from counterpoint.edge import examine
from counterpoint.edge.examine import (
    look_at_clock,
    look_at_folders,
    look_at_microphone,
    look_at_model,
    look_at_pins_and_light,
    look_at_placement,
    look_at_privacy,
    look_at_recogniser,
)
from counterpoint.edge.examine_broker import look_at_broker
from counterpoint.edge.examine_pins import look_at_pins
from counterpoint.edge.findings import Findings
from counterpoint.edge.inbox import Statements
from counterpoint.errors import MicrophoneMissing, ModelMissing
from counterpoint.messages.schemas import SensorHealth, encode
from counterpoint.settings import Settings
from counterpoint.values import Placement
from sound_server import Feeder, file_device, write_alsa

needs_pyaudio = pytest.mark.skipif(
    find_spec("pyaudio") is None, reason="needs PyAudio: apt-get install python3-pyaudio"
)


def of(**tables: dict[str, object]) -> Settings:
    return msgspec.convert(tables, Settings)


def states(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.state for check in checks}


def spool(folder: Path) -> Settings:
    for name in ("state", "outbox", "receipts", "inbox"):
        (folder / name).mkdir()
    return of(folders={name: str(folder / name) for name in ("state", "outbox", "receipts", "inbox")})


def noise(channels: int = 4) -> np.ndarray:
    return np.random.default_rng(1).integers(-3000, 3000, (32_000, channels)).astype(np.int16)


def listened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: np.ndarray) -> dict[str, Check]:
    """What the look says of an ALSA device that plays these frames in the room's time."""
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, {"counter": file_device(tmp_path / "fifo")})))
    monkeypatch.setattr(examine, "LISTEN_S", 2.6)
    geometry = tmp_path / "four.toml"
    geometry.write_text(
        'name = "four"\npositions_m = [[0.03, 0, 0], [0, 0.03, 0], [-0.03, 0, 0], [0, -0.03, 0]]\n', encoding="utf-8"
    )
    with Feeder(tmp_path / "fifo", frames):
        checks = look_at_microphone(of(array={"name": str(geometry), "device": "counter"}))
    return {check.name: check for check in checks}


@pytest.mark.real
@needs_pyaudio
def test_a_live_microphone_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = listened(tmp_path, monkeypatch, noise())
    assert {name: check.state for name, check in checks.items()} == {
        "sides": "ok",
        "microphone": "ok",
        "channels": "ok",
        "level": "ok",
    }


@pytest.mark.real
@needs_pyaudio
def test_two_channels_that_carry_the_same_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = noise()
    frames[:, 2] = frames[:, 1]
    assert listened(tmp_path, monkeypatch, frames)["channels"].what == "channels 1 and 2 carry the same"


@pytest.mark.real
@needs_pyaudio
def test_digital_silence_on_all_channels_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = listened(tmp_path, monkeypatch, np.zeros((32_000, 4), np.int16))["channels"]
    assert (check.state, check.what) == ("fail", "digital silence on every channel")


@pytest.mark.real
@needs_pyaudio
def test_no_microphone_is_to_be_mended_and_its_channels_are_skipped() -> None:
    checks = look_at_microphone(of(array={"device": "no such device"}))
    assert states(checks) == {"sides": "ok", "microphone": "fail", "channels": "skipped"}


def report(outbox: Path, microphone: Literal["fine", "fault"], minutes_ago: float) -> None:
    health = SensorHealth(microphone=microphone, words="on", light="pins", frames_lost_count=200, disk_free_mb=900)
    (outbox / "health.json").write_bytes(encode(health))
    then_s = time.time() - 60 * minutes_ago
    os.utime(outbox / "health.json", (then_s, then_s))


@pytest.mark.parametrize(("microphone", "state"), [("fine", "ok"), ("fault", "fail")])
def test_a_running_sensor_is_believed_and_keeps_its_microphone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, microphone: Literal["fine", "fault"], state: str
) -> None:
    settings = spool(tmp_path)
    report(tmp_path / "outbox", microphone, minutes_ago=20)
    monkeypatch.setattr(examine, "capture_in_use", lambda: True)
    monkeypatch.delattr(examine, "Microphone")
    checks = look_at_microphone(settings)
    assert states(checks) == {"sides": "ok", "microphone": "ok", "channels": state}
    assert "200 frames lost" in checks[1].what


@pytest.mark.parametrize(("minutes_ago", "in_use"), [(31, True), (20, False)])
def test_without_a_running_sensor_the_doctor_listens_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes_ago: float, *, in_use: bool
) -> None:
    settings = spool(tmp_path)
    report(tmp_path / "outbox", "fine", minutes_ago)
    monkeypatch.setattr(examine, "capture_in_use", lambda: in_use)

    def none(*_: object) -> None:
        raise MicrophoneMissing("no microphone: plug it in")

    monkeypatch.setattr(examine, "Microphone", none)
    assert states(look_at_microphone(settings))["microphone"] == "fail"


def test_what_the_sensor_found_in_minutes_of_speech_is_told(tmp_path: Path) -> None:
    settings = spool(tmp_path)
    assert states(look_at_placement(settings)) == {"placement": "skipped"}
    findings = Findings(tmp_path / "state")
    findings.keep(Placement(), None)
    assert states(look_at_placement(settings)) == {"placement": "ok", "hearing": "ok"}
    findings.keep(Placement(wrong_order=True), "customer")
    assert states(look_at_placement(settings)) == {"placement": "fail", "hearing": "fail"}


def test_dropped_messages_are_told(tmp_path: Path) -> None:
    settings = spool(tmp_path)
    (tmp_path / "outbox" / "dropped").write_text("12")
    found = {check.name: check for check in look_at_folders(settings)}
    assert "12 were dropped" in found["outbox"].what


def test_an_unknown_array_is_to_be_mended() -> None:
    checks = look_at_microphone(of(array={"name": "ear"}))
    assert states(checks) == {"sides": "fail", "microphone": "skipped", "channels": "skipped"}
    assert "respeaker-usb-v2" in checks[0].what + checks[0].remedy


def test_a_good_spool_is_fine_and_looking_changes_nothing(tmp_path: Path) -> None:
    settings = spool(tmp_path)
    for name in ("0000000001.json", ".0000000002.json.part", "health.json"):
        (tmp_path / "outbox" / name).touch()
    checks = look_at_folders(settings)
    assert states(checks) == {"disk": "ok", "folders": "ok", "outbox": "ok", "inbox": "ok", "publisher": "skipped"}
    assert checks[2].what.startswith("1 messages")
    assert len(list((tmp_path / "outbox").iterdir())) == 3


def test_missing_folders_are_named_and_their_disk_is_still_looked_at(tmp_path: Path) -> None:
    settings = of(folders={"state": str(tmp_path / "none" / "deep")})
    disk, folders = look_at_folders(settings)
    assert str(tmp_path) in disk.what
    assert folders.state == "fail"
    assert f"state ({tmp_path}/none/deep)" in folders.what


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    settings = spool(tmp_path)
    (tmp_path / "state").chmod(0o500)
    assert "can't use state" in look_at_folders(settings)[1].what


def test_without_a_broker_there_is_a_doubt_and_no_fault() -> None:
    assert states(look_at_broker(Settings())) == {"broker": "warn"}


def test_a_broker_that_is_not_there_is_to_be_mended() -> None:
    (check,) = look_at_broker(of(broker={"host": "127.0.0.1", "port": 1, "tls": False}))
    assert check.state == "fail"
    assert "127.0.0.1:1 can't be reached" in check.what


def test_the_clock_is_looked_at() -> None:
    assert look_at_clock(Settings())[0].name == "clock"


def test_a_clock_that_was_set_in_this_boot_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = spool(tmp_path)
    monkeypatch.setattr(examine, "clock_is_set", lambda: False)
    assert states(look_at_clock(settings)) == {"clock": "fail"}
    Statements(tmp_path / "inbox").clock(is_set=True)
    assert states(look_at_clock(settings)) == {"clock": "ok"}


def test_the_privacy_rules_are_looked_at() -> None:
    assert states(look_at_privacy(Settings())) == {"privacy": "ok"}


def test_the_publisher_s_own_words_and_foreign_files_are_told(tmp_path: Path) -> None:
    settings = spool(tmp_path)
    Statements(tmp_path / "inbox").fares(connected=False, trouble="the broker refuses the certificate")
    (tmp_path / "inbox" / "clock.json").write_text("not a clock")
    (tmp_path / "inbox" / "stranger").touch()
    publisher = {check.name: check for check in look_at_folders(settings)}
    assert publisher["publisher"].what == "the broker refuses the certificate"
    assert publisher["inbox"].what == "1 files refused, 1 of unknown names"


def test_a_missing_model_is_to_be_mended(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").touch()
    (check,) = look_at_model(of(folders={"models": str(tmp_path)}))
    assert (check.name, check.state) == ("model", "fail")
    assert check.remedy


def test_words_that_are_off_are_skipped() -> None:
    assert states(look_at_recogniser(of(words={"enabled": False}))) == {"recogniser": "skipped"}


def test_no_speech_model_is_a_doubt_since_everything_else_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_settings: Settings) -> Path:
        raise ModelMissing("no speech model small: run `counterpoint models pull`")

    monkeypatch.setattr(examine, "vosk_folder", none)
    (check,) = look_at_recogniser(Settings())
    assert (check.state, check.remedy) == ("warn", "run `counterpoint models pull`")


def test_a_corrupt_speech_model_is_to_be_mended(tmp_path: Path) -> None:
    (check,) = look_at_recogniser(of(words={"model": str(tmp_path)}))
    assert (check.name, check.state) == ("recogniser", "fail")


@pytest.mark.parametrize(("kind", "state"), [("pins", "fail"), ("none", "warn")])
def test_missing_pins_are_a_fault_of_a_light_on_pins_and_else_a_doubt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, state: str
) -> None:
    here = partial(look_at_pins, root=tmp_path)
    monkeypatch.setattr(examine, "look_at_pins", here)
    found = states(look_at_pins_and_light(of(light={"kind": kind})))
    assert found == {"pins": state, "light": "skipped" if kind == "pins" else "warn"}


def test_another_program_that_has_the_microphone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise MicrophoneMissing("it can't be opened: is another program using it?")

    monkeypatch.setattr(examine, "Microphone", none)
    monkeypatch.setattr(examine, "capture_holder", lambda: ("pulseaudio", 812))
    check = {check.name: check for check in look_at_microphone(Settings())}["microphone"]
    assert check.what == "pulseaudio (process 812) has it"


def test_a_service_that_runs_keeps_its_microphone_also_before_its_first_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(examine, "ask_systemd", lambda _unit: {"ActiveState": "active"})
    monkeypatch.delattr(examine, "Microphone")
    assert states(look_at_microphone(Settings())) == {"sides": "ok", "microphone": "skipped", "channels": "skipped"}
