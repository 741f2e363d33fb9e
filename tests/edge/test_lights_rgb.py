"""The RGB light on mock pins: what each pin did, from moment to moment."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from counterpoint.care.contradictions import find_contradictions
from counterpoint.edge import pins
from counterpoint.edge.glow import AMBER
from counterpoint.edge.lights import open_light
from counterpoint.errors import PartMissing
from counterpoint.settings import ButtonSettings, LightSettings, Settings
from counterpoint.values import Cue, CueKind

QUICK = LightSettings(kind="rgb", ramp_s=0.3)


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


def test_amber_is_red_with_some_green_and_no_blue_it_ramps_stays_and_fades(mock_pins: MockFactory) -> None:
    light = open_light(QUICK)
    light.show(cue("talk_over"))
    time.sleep(0.5)
    red, green, blue = (states(mock_pins, pin) for pin in (QUICK.red_pin, QUICK.green_pin, QUICK.blue_pin))
    assert red == sorted(red)
    assert len(red) > 6
    assert red[-1] == pytest.approx(pins.duty(QUICK.brightness), rel=0.01)
    assert green[-1] == pytest.approx(AMBER[1] * red[-1], rel=0.01)
    assert max(blue) == 0
    light.show(cue("off"))
    time.sleep(0.5)
    assert [states(mock_pins, pin)[-1] for pin in (QUICK.red_pin, QUICK.green_pin, QUICK.blue_pin)] == [0, 0, 0]
    light.close()


def test_the_pin_changes_within_50_ms_of_being_told(mock_pins: MockFactory) -> None:
    light = open_light(QUICK)
    told_s = time.monotonic()
    light.show(cue("talk_over"))
    while states(mock_pins, QUICK.red_pin)[-1] == 0 and time.monotonic() < told_s + 1:
        time.sleep(0.001)
    assert time.monotonic() - told_s < 0.05
    light.close()


def test_praise_is_green_alone_and_takes_over_without_a_flash(mock_pins: MockFactory) -> None:
    light = open_light(QUICK)
    light.show(cue("talk_over"))
    time.sleep(0.4)
    light.show(cue("good_listening"))
    time.sleep(0.9)
    assert states(mock_pins, QUICK.red_pin)[-1] == 0
    assert states(mock_pins, QUICK.green_pin)[-1] == pytest.approx(pins.duty(QUICK.brightness / 2), rel=0.01)
    assert max(states(mock_pins, QUICK.red_pin)) <= pins.duty(QUICK.brightness)
    light.close()


@pytest.mark.usefixtures("mock_pins")
def test_it_is_a_light_on_pins_to_whoever_asks() -> None:
    light = open_light(QUICK)
    assert light.kind == "pins"
    light.close()


def test_without_pins_it_says_so_once_and_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_pi() -> None:
        raise PartMissing("no pins: this is no Pi")

    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setattr(pins, "_lgpio_factory", no_pi)
    pins.say_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        light = open_light(QUICK)
    light.show(cue("talk_over"))
    light.close()
    assert (light.kind, caplog.messages) == ("none", ["no pins: this is no Pi"])


def test_its_three_pins_are_its_own() -> None:
    settings = Settings(light=LightSettings(kind="rgb", blue_pin=17), button=ButtonSettings(pin=17))
    assert [mistake.key for mistake in find_contradictions(settings)] == ["button.pin"]
