"""The wiring's pictures are of today's settings, and the hood does what the page says of it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from counterpoint.edge.lights import light_kinds
from counterpoint.settings import ButtonSettings, LightSettings, StateLightSettings
from wiring_pictures import FOLDER, HOOD_TILT_DEG, PICTURES, PLACES, eyes_deg, half_angle_deg

PAGE = (FOLDER / "wiring.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_is_of_today_whole_and_asks_nothing_of_a_network(name: str) -> None:
    made = PICTURES[name]()
    assert (FOLDER / name).read_text(encoding="utf-8") == made, "make it anew: python tests/wiring_pictures.py"
    root = ET.fromstring(made)  # noqa: S314 - our own file
    assert root.get("aria-label")
    assert re.findall(r"https?:(?!//www\.w3\.org/2000/svg)|href|<image|@import", made) == []


@pytest.mark.parametrize("name", PICTURES)
def test_the_page_shows_it(name: str) -> None:
    assert f"({name})" in PAGE


def test_the_page_names_every_default_pin_and_its_place() -> None:
    light, state, button = LightSettings(), StateLightSettings(), ButtonSettings()
    shown = "".join(made() for made in PICTURES.values())
    for gpio in (light.amber_pin, light.green_pin, light.red_pin, light.blue_pin, state.white_pin, state.red_pin):
        assert f"GPIO {gpio}, pin {PLACES[gpio]}" in shown
    assert f"GPIO {button.pin}, pin {PLACES[button.pin]}" in shown


def test_every_gpio_has_a_place_of_its_own_on_the_header() -> None:
    assert sorted(PLACES) == list(range(2, 28))
    assert len(set(PLACES.values())) == len(PLACES)
    assert all(f"`{kind}`" in PAGE for kind in light_kinds())


def test_the_agent_sees_into_the_hood_and_the_customer_does_not() -> None:
    seen = (HOOD_TILT_DEG - half_angle_deg(), HOOD_TILT_DEG + half_angle_deg())
    assert all(seen[0] < eye < seen[1] for eye in eyes_deg())
    assert seen[1] < 90, "nobody beyond the upright, the customer's side, sees the LED"
    assert f"{half_angle_deg():.0f} degrees" in PAGE
