"""The button, the microphone-state light and the mute sense, on mock pins."""

from __future__ import annotations

import logging
import os
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from counterpoint.edge import pins
from counterpoint.edge.pins import Button, MicrophoneStateLight, MuteSense, find_pins, pin_errors
from counterpoint.errors import PartMissing
from counterpoint.settings import ButtonSettings, StateLightSettings

SETTINGS = ButtonSettings(long_press_s=0.5, mute_pin=27)


@pytest.fixture
def mock_pins() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield Device.pin_factory
    Device.pin_factory.close()
    Device.pin_factory = None


@pytest.fixture
def no_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_pi() -> None:
        raise PartMissing("no pins: this is no Pi")

    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setattr(pins, "_lgpio_factory", no_pi)
    pins.say_once.cache_clear()


def pressed_for(factory: MockFactory, seconds: float) -> list[str]:
    heard: list[str] = []
    pin = factory.pin(SETTINGS.pin)
    with Button(SETTINGS, short_press=lambda: heard.append("short"), long_press=lambda: heard.append("long")):
        pin.drive_low()
        time.sleep(seconds)
        pin.drive_high()
        time.sleep(0.05)
    return heard


def test_a_short_press_is_heard_when_the_button_comes_up(mock_pins: MockFactory) -> None:
    assert pressed_for(mock_pins, 0.1) == ["short"]


def test_a_long_press_is_heard_once_and_is_no_short_press(mock_pins: MockFactory) -> None:
    assert pressed_for(mock_pins, 0.7) == ["long"]


def test_red_from_the_start_white_listening_red_off_never_both(mock_pins: MockFactory) -> None:
    settings = StateLightSettings()
    white, red = mock_pins.pin(settings.white_pin), mock_pins.pin(settings.red_pin)
    with MicrophoneStateLight(settings) as light:
        assert (white.state, red.state > 0) == (0, True)
        light.listening()
        assert (white.state > 0, red.state) == (True, 0)
        light.off()
        assert (white.state, red.state > 0) == (0, True)


def test_mute_is_the_line_pulled_low(mock_pins: MockFactory) -> None:
    line = mock_pins.pin(27)
    with MuteSense(SETTINGS) as mute:
        assert not mute.muted
        line.drive_low()
        assert mute.muted


def test_without_a_mute_pin_nothing_is_muted(mock_pins: MockFactory) -> None:
    assert mock_pins
    with MuteSense(ButtonSettings()) as mute:
        assert not mute.muted


def test_a_pin_used_twice_says_which_and_the_rest_runs_on(
    mock_pins: MockFactory, caplog: pytest.LogCaptureFixture
) -> None:
    assert mock_pins
    pins.say_once.cache_clear()
    state = StateLightSettings(white_pin=17, red_pin=24)
    with (
        caplog.at_level(logging.WARNING),
        MuteSense(ButtonSettings(mute_pin=17)),
        MicrophoneStateLight(state) as light,
    ):
        light.listening()
    assert "no microphone-state light on GPIO 17 and 24" in caplog.text


@pytest.mark.usefixtures("no_pins")
def test_without_pins_all_three_say_so_once_and_do_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.WARNING),
        Button(SETTINGS, short_press=lambda: None, long_press=lambda: None),
        MicrophoneStateLight(StateLightSettings()) as light,
        MuteSense(SETTINGS) as mute,
    ):
        light.listening()
        light.off()
        assert not mute.muted
    assert caplog.messages == ["no pins: this is no Pi"]


def test_every_pin_library_error_becomes_one_line_with_a_remedy() -> None:
    foreign = type("error", (Exception,), {"__module__": "lgpio"})
    for error, remedy in (
        (ImportError("No module named 'lgpio'"), "apt install python3-lgpio"),
        (foreign("'GPIO busy'"), "group gpio"),
        (PermissionError("/dev/gpiochip0"), "group gpio"),
    ):
        with pytest.raises(PartMissing, match=remedy), pin_errors("no light"):
            raise error


def test_our_own_mistakes_are_not_taken_for_missing_pins() -> None:
    with pytest.raises(ZeroDivisionError), pin_errors("no light"):
        raise ZeroDivisionError


def test_lgpio_leaves_no_trace_and_does_not_move_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The real lgpio 0.2.2.0 writes a FIFO into LG_WD and makes that the working directory."""
    seen: list[str] = []

    class Factory:
        pass

    def import_module(name: str) -> types.SimpleNamespace:
        assert name == "gpiozero.pins.lgpio"
        os.chdir(os.environ["LG_WD"])
        seen.append(os.environ["LG_WD"])
        os.mkfifo(".lgd-nfy0")
        return types.SimpleNamespace(LGPIOFactory=Factory)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LG_WD", "")
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setattr("importlib.import_module", import_module)
    assert isinstance(find_pins(), Factory)
    assert Path.cwd() == tmp_path
    assert list(tmp_path.iterdir()) == []
    assert not Path(seen[0]).exists()


@pytest.mark.skipif(Path("/proc/device-tree/model").exists(), reason="this is a Pi, or looks like one")
def test_on_a_machine_without_pins_the_real_libraries_end_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Device, "pin_factory", None)
    sys.modules.pop("gpiozero.pins.lgpio", None)
    with pytest.raises(PartMissing, match="no pins: "):
        find_pins()


@pytest.mark.parametrize(("seconds", "heard"), [(0.6, ["long"]), (1.0, ["long", "very long"]), (1.7, ["long"])])
def test_a_very_long_press_is_let_go_of_in_time(
    mock_pins: MockFactory, monkeypatch: pytest.MonkeyPatch, seconds: float, heard: list[str]
) -> None:
    monkeypatch.setattr(pins, "VERY_LONG_S", (0.8, 1.4))
    told: list[str] = []
    pin = mock_pins.pin(SETTINGS.pin)
    with Button(
        SETTINGS,
        short_press=lambda: told.append("short"),
        long_press=lambda: told.append("long"),
        very_long_press=lambda: told.append("very long"),
    ):
        pin.drive_low()
        time.sleep(seconds)
        pin.drive_high()
        time.sleep(0.05)
    assert told == heard


def test_the_white_light_breathes_without_ever_going_out_and_red_ends_it(mock_pins: MockFactory) -> None:
    settings = StateLightSettings()
    with MicrophoneStateLight(settings) as light:
        light.listening()
        light.breathe(on=True)
        light.listening()
        time.sleep(0.3)
        light.off()
        shown = [state.state for state in mock_pins.pin(settings.white_pin).states]
        assert len(set(shown)) > 5
        assert min(shown[2:-1]) >= pins.duty(settings.brightness * pins.BREATH_LOW) * 0.99
        assert (shown[-1], mock_pins.pin(settings.red_pin).state > 0) == (0, True)
        light.breathe(on=False)
        light.listening()
        steady = len(mock_pins.pin(settings.white_pin).states)
        time.sleep(0.1)
        assert len(mock_pins.pin(settings.white_pin).states) == steady
