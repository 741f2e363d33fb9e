"""The agent's light: on pins, in a terminal, or none."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from counterpoint.edge import pins
from counterpoint.edge.lights import light_kinds, open_light
from counterpoint.edge.lights.terminal import TerminalLight
from counterpoint.errors import PartMissing, SettingsError
from counterpoint.settings import LightSettings
from counterpoint.values import Cue, CueKind

QUICK = LightSettings(ramp_s=0.3)


@pytest.fixture
def mock_pins() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield Device.pin_factory
    Device.pin_factory.close()
    Device.pin_factory = None


def cue(kind: CueKind) -> Cue:
    return Cue(1.0, kind, "a test")


def states(factory: Any, pin: int) -> list[float]:
    return [state.state for state in factory.pin(pin).states]


def test_a_light_is_a_file_in_the_folder() -> None:
    assert {"none", "pins", "terminal"} <= set(light_kinds())


def test_an_unknown_light_names_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"'disco'.*none, pins, rgb, terminal, usb_v2_ring, xvf3800_ring"):
        open_light(LightSettings(kind="disco"))


def test_none_shows_nothing() -> None:
    light = open_light(LightSettings(kind="none"))
    light.show(cue("talk_over"))
    light.close()
    assert light.kind == "none"


def test_the_pin_changes_within_50_ms_of_being_told(mock_pins: MockFactory) -> None:
    light = open_light(QUICK)
    told_s = time.monotonic()
    light.show(cue("talk_over"))
    while states(mock_pins, 18)[-1] == 0 and time.monotonic() < told_s + 1:
        time.sleep(0.001)
    assert time.monotonic() - told_s < 0.05
    light.close()


def test_the_pin_ramps_to_the_brightness_of_the_settings_stays_and_fades(mock_pins: MockFactory) -> None:
    light = open_light(QUICK)
    light.show(cue("talk_over"))
    time.sleep(0.4)
    risen = states(mock_pins, 18)
    assert risen == sorted(risen)
    assert len(risen) > 6
    assert risen[-1] == pytest.approx(pins.duty(QUICK.brightness), rel=0.01)
    assert states(mock_pins, 13) == [0.0]
    light.show(cue("off"))
    time.sleep(0.4)
    assert states(mock_pins, 18)[-1] == 0
    light.close()


def test_green_is_another_pin_and_fainter(mock_pins: MockFactory) -> None:
    light = open_light(QUICK)
    light.show(cue("good_listening"))
    time.sleep(0.7)
    assert states(mock_pins, 13)[-1] == pytest.approx(pins.duty(QUICK.brightness / 2), rel=0.01)
    assert max(states(mock_pins, 18)) == 0
    light.close()


def test_a_new_cue_takes_over_from_one_that_is_still_ramping(mock_pins: MockFactory) -> None:
    light = open_light(QUICK)
    light.show(cue("talk_over"))
    light.show(cue("good_listening"))
    time.sleep(0.7)
    assert states(mock_pins, 18)[-1] == 0
    assert states(mock_pins, 13)[-1] > 0
    light.close()


def test_closing_goes_dark_and_can_be_done_again(mock_pins: MockFactory) -> None:
    light = open_light(QUICK)
    light.show(cue("talk_over"))
    light.close()
    light.close()
    assert mock_pins.pin(18).function == "input"


def test_no_brightness_of_the_settings_is_above_the_limit(mock_pins: MockFactory) -> None:
    light = open_light(LightSettings(brightness=0.6, ramp_s=0.3))
    light.show(cue("talk_over"))
    time.sleep(0.4)
    assert max(states(mock_pins, 18)) <= pins.duty(0.6) < 0.33
    light.close()


def test_without_pins_it_says_so_once_and_runs_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_pi() -> None:
        raise PartMissing("no pins: this is no Pi")

    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setattr(pins, "_lgpio_factory", no_pi)
    pins.say_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        lights = [open_light(LightSettings(kind="pins")) for _ in range(2)]
    assert [light.kind for light in lights] == ["none", "none"]
    assert caplog.messages == ["no pins: this is no Pi"]
    lights[0].show(cue("talk_over"))


class Terminal(io.TextIOWrapper):
    """A stream that believes to be a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding)

    def isatty(self) -> bool:
        return True

    def drawn(self) -> str:
        return self.bytes.getvalue().decode(self.encoding)


def drawn(terminal: Terminal, *kinds: CueKind) -> str:
    light = TerminalLight(terminal)
    for kind in kinds:
        light.show(cue(kind))
    light.close()
    return terminal.drawn()


def test_a_terminal_redraws_one_line_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = drawn(Terminal(), "talk_over", "off")
    assert "\x1b[33m" in text
    assert "talk-over: let them finish" in text
    assert "\n" not in text
    assert text.endswith("\r\x1b[K")


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "m" not in drawn(Terminal(), "talk_over").replace("them finish", "")


@pytest.mark.parametrize("term", ["dumb", None])
def test_a_dumb_terminal_gets_a_line_a_change(monkeypatch: pytest.MonkeyPatch, term: str | None) -> None:
    monkeypatch.setenv("TERM", term) if term else monkeypatch.delenv("TERM", raising=False)
    text = drawn(Terminal(), "talk_over", "off")
    assert "\x1b" not in text
    assert text.count("\n") == 2


def test_a_file_gets_a_line_a_change() -> None:
    stream = io.StringIO()
    TerminalLight(stream).show(cue("cut_off"))
    assert stream.getvalue().endswith("cut-off: give the turn back\n")
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_without_the_shapes_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert "/----" in drawn(Terminal("ascii"), "talk_over")


def test_cues_differ_without_colour() -> None:
    stream = io.StringIO()
    light = TerminalLight(stream)
    kinds: list[CueKind] = ["talk_over", "cut_off", "good_listening", "off"]
    for kind in kinds:
        light.show(cue(kind))
    assert len({line.split()[1] for line in stream.getvalue().splitlines()}) == 4


def test_the_terminal_light_opens_by_its_name() -> None:
    assert open_light(LightSettings(kind="terminal")).kind == "terminal"
