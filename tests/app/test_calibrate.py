"""`calibrate` with a real capture device: alone, and through a sensor that runs; the lights guide two people."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import numpy as np
import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from counterpoint.app import calibrate as module
from counterpoint.app.calibrate import calibrate
from counterpoint.app.sensor import Sensor
from counterpoint.care import calibrating
from counterpoint.edge import pins as pins_module
from counterpoint.edge.calibration import NAME, calibration_in_force
from counterpoint.edge.calibration_lights import CalibrationLights
from counterpoint.edge.calibration_request import BUTTON, ask_sensor, read_progress
from counterpoint.errors import CalibrationRefused, MicrophoneMissing, StorageError
from counterpoint.hearing.geometry import BUILT_IN
from counterpoint.settings import Settings
from counterpoint.values import SAMPLE_RATE_HZ, Samples
from sound_server import Feeder, file_device, write_alsa
from two_talkers import from_bearing, voice

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(120),  # in the room's time, and a busy machine needs more of it
    pytest.mark.skipif(find_spec("pyaudio") is None, reason="needs PyAudio: apt-get install python3-pyaudio"),
]
XVF = BUILT_IN["respeaker-xvf3800"]
WHITE, RED, AMBER, GREEN, BUTTON_PIN = 23, 24, 18, 13, 17


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield Device.pin_factory
    Device.pin_factory.close()
    Device.pin_factory = None


@pytest.fixture(autouse=True)
def _quicker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same steps, in less time; and a program's signals are the test runner's again afterwards."""
    for name, seconds in (("READY_S", 0.5), ("PAUSE_S", 0.3), ("SPEECH_S", 1.2), ("FEWEST_S", 0.5), ("LONGEST_S", 9)):
        monkeypatch.setattr(calibrating, name, seconds)
    monkeypatch.setattr(module, "SHOWN_S", 0.3)
    monkeypatch.setattr(calibrating, "LOST_SHARE", 0.5)  # a busy machine feeds its pipe with gaps
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, action in before.items():
        signal.signal(number, action)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    names = ("state", "outbox", "receipts", "inbox")
    for name in names:
        (tmp_path / name).mkdir()
    tables: dict[str, Any] = {
        "array": {"name": XVF.name, "device": "counter"},
        "light": {"ramp_s": 0.3},
        "words": {"enabled": False},
        "folders": {name: f"{tmp_path}/{name}" for name in names},
    }
    return msgspec.convert(tables, Settings)


def frames(raw: Samples) -> np.ndarray:
    """The six channels of the array, as it gives them: two that are processed, then the raw ones."""
    six = np.zeros((6, raw.shape[1]), np.float32)
    six[list(XVF.raw)] = raw
    return (six.T * 32767).astype(np.int16)


class Counter(Feeder):
    """A counter at which whoever is asked to speaks, from where they stand."""

    def __init__(self, path: Path, agent_deg: float, customer_deg: float) -> None:
        noise = np.random.default_rng(5).normal(0, 1e-3, (4, SAMPLE_RATE_HZ)).astype(np.float32)
        self.says = {
            "agent": frames(from_bearing(voice("agent"), XVF, agent_deg)),
            "customer": frames(from_bearing(voice("customer"), XVF, customer_deg)),
        }
        self.silence = frames(noise)
        super().__init__(path, self.silence)

    def asked(self, step: str) -> None:
        self._frames = self.says.get(step, self.silence)


def counter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agent_deg: float = 20, customer_deg: float = 170
) -> Counter:
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, {"counter": file_device(tmp_path / "fifo")})))
    people = Counter(tmp_path / "fifo", agent_deg, customer_deg)
    show = CalibrationLights.show

    def seen(lights: CalibrationLights, step: Any, at_s: float) -> None:
        people.asked(step)
        show(lights, step, at_s)

    monkeypatch.setattr(CalibrationLights, "show", seen)
    return people


def states(factory: Any, pin: int) -> list[float]:
    return [state.state for state in factory.pin(pin).states]


def test_with_the_sensor_stopped_it_listens_itself_and_keeps_what_it_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    pins: MockFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(module, "PICKED_UP_S", 0.2)
    with counter(tmp_path, monkeypatch):
        assert calibrate(settings) == 0
    said = capsys.readouterr()
    assert [line.split(":")[0] for line in said.err.splitlines() if ": " in line] == ["ready", "AGENT", "CUSTOMER"]
    in_force = calibration_in_force(settings, XVF)
    assert in_force.origin == "measured"
    assert (in_force.bearings.agent_deg, in_force.bearings.customer_deg) == pytest.approx((20, 170), abs=2)
    assert f"agent at {in_force.bearings.agent_deg:g} degrees" in said.out
    assert [path.name for path in (tmp_path / "state").iterdir()] == [NAME]
    white = states(pins, WHITE)
    assert len({round(state, 3) for state in white}) > 10, "it breathes"
    assert max(states(pins, AMBER)) > 0
    assert max(states(pins, GREEN)) > 0, "at the end"


def test_two_that_stand_together_are_refused_and_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, pins: MockFactory
) -> None:
    assert pins
    monkeypatch.setattr(module, "PICKED_UP_S", 0.2)
    with (
        counter(tmp_path, monkeypatch, 20, 50),
        pytest.raises(CalibrationRefused, match=r"nothing was changed: the two can't be told apart.*60 degrees"),
    ):
        calibrate(settings)
    assert list((tmp_path / "state").iterdir()) == []


def test_without_a_microphone_or_a_folder_it_says_so(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, pins: MockFactory
) -> None:
    assert pins
    monkeypatch.setattr(module, "PICKED_UP_S", 0.1)
    with pytest.raises(MicrophoneMissing):
        calibrate(settings)
    nowhere = msgspec.convert({"folders": {"state": "/nowhere/at/all"}}, Settings)
    with pytest.raises(StorageError):
        calibrate(nowhere)


def stop_when(sensor: Sensor, done: Callable[[], bool]) -> None:
    """End the sensor a second after it is done; a machine that is busy may take its time."""
    give_up_s = time.monotonic() + 30
    while not done() and time.monotonic() < give_up_s:
        time.sleep(0.1)
    time.sleep(1.0)
    sensor._microphone.close()


def test_a_running_sensor_is_asked_measures_and_has_the_new_bearings_at_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    pins: MockFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert pins
    codes: list[int] = []
    with counter(tmp_path, monkeypatch), ExitStack() as stack:
        sensor = Sensor(settings, stack)
        before = sensor._pipeline

        def ask() -> None:
            try:
                codes.append(calibrate(settings))
            finally:
                stop_when(sensor, lambda: True)

        asking = Thread(target=ask)
        asking.start()
        sensor.run()
        asking.join()
        assert sensor._pipeline is not before
        assert sensor._pipeline._zones._calibration == calibration_in_force(settings, XVF).bearings
    assert codes == [0]
    assert "kept, and in force" in capsys.readouterr().out
    assert calibration_in_force(settings, XVF).origin == "measured"


def test_a_very_long_press_starts_it_and_a_thing_on_the_button_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, pins: MockFactory
) -> None:
    monkeypatch.setattr(pins_module, "VERY_LONG_S", (0.8, 1.6))
    quick = msgspec.structs.replace(settings, button=msgspec.structs.replace(settings.button, long_press_s=0.5))
    button = pins.pin(BUTTON_PIN)

    def press(seconds: float) -> None:
        button.drive_low()
        time.sleep(seconds)
        button.drive_high()

    with counter(tmp_path, monkeypatch), ExitStack() as stack:
        sensor = Sensor(quick, stack)

        def people() -> None:
            press(2.0)
            time.sleep(0.2)
            assert not (tmp_path / "state" / "calibrating.json").exists()
            press(0.1)  # ends the pause
            press(1.1)
            stop_when(sensor, (tmp_path / "state" / NAME).exists)

        hands = Thread(target=people)
        hands.start()
        sensor.run()
        hands.join()
    assert calibration_in_force(quick, XVF).origin == "measured", read_progress(tmp_path / "state", BUTTON)
    assert not (tmp_path / "state" / "calibrating.json").exists(), "nobody waits for it"


def test_a_paused_sensor_does_not_listen_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, pins: MockFactory
) -> None:
    assert pins
    with counter(tmp_path, monkeypatch), ExitStack() as stack:
        sensor = Sensor(settings, stack)
        sensor._presses.put("long")
        number = ask_sensor(tmp_path / "state")
        stopping = Thread(
            target=stop_when, args=(sensor, lambda: read_progress(tmp_path / "state", number) is not None)
        )
        stopping.start()
        sensor.run()
        stopping.join()
    told = read_progress(tmp_path / "state", number)
    assert told is not None
    assert (told.step, told.what) == ("refused", "the microphone is muted or paused")
