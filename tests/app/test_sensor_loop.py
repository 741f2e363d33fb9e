"""The sensor's loop on a real capture device and mock pins: what it lets through, shows and writes."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from counterpoint.app.sensor import Sensor
from counterpoint.edge import stream_time
from counterpoint.errors import MicrophoneMissing
from counterpoint.settings import (
    ArraySettings,
    BrokerSettings,
    ButtonSettings,
    FolderSettings,
    LightSettings,
    Settings,
    StateLightSettings,
    WordsSettings,
)
from counterpoint.values import BLOCK_SAMPLES, Block
from sound_server import Feeder, file_device, write_alsa
from systemd_ear import hear
from visits_at import session

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(find_spec("pyaudio") is None, reason="needs PyAudio: apt-get install python3-pyaudio"),
]
MUTE_PIN = 27


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield Device.pin_factory
    Device.pin_factory.close()
    Device.pin_factory = None


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """The loop takes over the signals of a program; they are the test runner's again afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, action in before.items():
        signal.signal(number, action)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("state", "outbox", "receipts", "inbox"):
        (tmp_path / name).mkdir()
    return Settings(
        array=ArraySettings(device="counter"),
        button=ButtonSettings(mute_pin=MUTE_PIN),
        words=WordsSettings(enabled=False),
        light=LightSettings(kind="none"),
        folders=FolderSettings(
            state=f"{tmp_path}/state",
            outbox=f"{tmp_path}/outbox",
            receipts=f"{tmp_path}/receipts",
            inbox=f"{tmp_path}/inbox",
        ),
    )


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Feeder:
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, {"counter": file_device(tmp_path / "fifo")})))
    return Feeder(tmp_path / "fifo", np.tile(np.arange(1, 7, dtype=np.int16) * 1000, (16_000, 1)))


@pytest.fixture
def sensor(pins: MockFactory, settings: Settings, room: Feeder) -> Iterator[Sensor]:
    assert pins
    with room, ExitStack() as stack:
        yield Sensor(settings, stack)


def run_for(sensor: Sensor, blocks: int, at_each: Callable[[int], None] = lambda _: None) -> str:
    """Run the sensor's own loop; `at_each` sees how many blocks it has taken."""
    heard = sensor._heard

    def counted(block: Block) -> Block:
        at_each(sensor._blocks)
        if sensor._blocks == blocks:
            sensor._microphone.close()
        return heard(block)

    sensor._heard = counted  # type: ignore[method-assign] # to look on
    return sensor.run()


def loud() -> Block:
    return Block(np.ones((6, BLOCK_SAMPLES), np.float32), 0)


def test_while_muted_no_sample_gets_through_and_the_light_is_red(sensor: Sensor, pins: MockFactory) -> None:
    white, red = (pins.pin(pin) for pin in (StateLightSettings().white_pin, StateLightSettings().red_pin))
    assert (white.state, red.state > 0) == (0, True)
    run_for(sensor, 5)
    sensor._microphone.is_listening = True
    assert sensor._heard(loud()).samples.all()
    assert (white.state > 0, red.state) == (True, 0)
    pins.pin(MUTE_PIN).drive_low()
    assert not sensor._heard(loud()).samples.any()
    assert (white.state, red.state > 0) == (0, True)


def test_the_light_is_red_again_when_the_loop_has_ended(sensor: Sensor, pins: MockFactory) -> None:
    seen: list[bool] = []
    white = pins.pin(StateLightSettings().white_pin)
    run_for(sensor, 20, lambda _: seen.append(white.state > 0))
    assert seen[-1]
    assert white.state == 0


def test_time_without_the_microphone_is_in_no_health(sensor: Sensor) -> None:
    sensor._microphone.lost_samples = 3600 * 16_000
    sensor._microphone.lost_while_open = 7 * BLOCK_SAMPLES
    assert sensor._health().frames_lost == 7


def test_a_folder_that_can_not_be_written_stops_nothing_and_is_tried_again(
    sensor: Sensor, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Path(settings.folders.outbox)
    shutil.rmtree(outbox)
    sensor._write()
    said = len(caplog.messages)
    assert said
    sensor._write()
    assert len(caplog.messages) == said
    outbox.mkdir()
    sensor._write()
    assert json.loads((outbox / "health.json").read_text())["schema"] == "sensor-health.v1"


def test_health_is_told_again_when_it_is_due(sensor: Sensor, settings: Settings) -> None:
    sensor._settings = msgspec.structs.replace(settings, broker=BrokerSettings(health_minutes=1))
    health = Path(settings.folders.outbox) / "health.json"
    told = []
    for sensor._blocks in (0, 2999, 3000, 5000, 6000):
        sensor._write()
        told.append(health.exists())
        health.unlink(missing_ok=True)
    assert told == [True, False, True, False, True]


def test_a_visits_hour_is_fixed_when_it_is_over_however_late_it_is_written(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int | None] = []
    monkeypatch.setattr(sensor._spool, "hour_of_start", lambda visit, at_s: round(at_s - visit.start_s))
    monkeypatch.setattr(sensor._spool, "add", lambda _visit, hour: kept.append(hour))
    sensor._at_s = session().end_s + 45
    sensor._keep(session())
    sensor._at_s += 7200
    sensor._write()
    assert kept == [round(session().end_s + 45 - session().start_s)]


def test_a_capture_that_never_gives_a_frame_is_no_sign_of_life(
    pins: MockFactory,
    settings: Settings,
    room: Feeder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert pins
    monkeypatch.setattr(stream_time, "START_S", 0.3)
    caplog.set_level("INFO")
    with hear(tmp_path, monkeypatch, watchdog_s=30) as ear, ExitStack() as stack:
        sensor = Sensor(settings, stack)
        assert "READY=1" not in ear.heard()
        run_for(sensor, 3)
        stack.enter_context(room)  # or the capture thread, which waits in ALSA, can't end
        said = ear.heard()
    assert said[0] == "READY=1"
    assert not any(line.startswith("WATCHDOG") for line in said)
    assert "the microphone gives no sound yet" in caplog.text
    assert "listening" not in caplog.text


def test_as_a_service_it_waits_for_a_microphone_that_is_missing(
    pins: MockFactory, settings: Settings, room: Feeder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pins
    there = os.environ["ALSA_CONFIG_PATH"]
    monkeypatch.setenv("ALSA_CONFIG_PATH", "/usr/share/alsa/alsa.conf")
    monkeypatch.setattr("counterpoint.app.sensor.time.sleep", lambda _: os.environ.update(ALSA_CONFIG_PATH=there))
    with hear(tmp_path, monkeypatch, watchdog_s=30) as ear, room, ExitStack() as stack:
        sensor = Sensor(settings, stack)
        statuses = ear.statuses()
        run_for(sensor, 20)
        assert "WATCHDOG=1" in ear.heard()
    assert "no microphone is called counter" in statuses[-1]


def test_without_systemd_a_missing_microphone_is_told_at_once(
    pins: MockFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pins
    monkeypatch.setenv("ALSA_CONFIG_PATH", "/usr/share/alsa/alsa.conf")
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with ExitStack() as stack, pytest.raises(MicrophoneMissing, match="counter"):
        Sensor(settings, stack)
