"""The arrays' rings as lights: the exact bytes that their USB control is sent. Not seen on hardware."""

from __future__ import annotations

import logging
import struct
import time
from collections.abc import Callable

import pytest

from counterpoint.edge import pins, ring_light
from counterpoint.edge.lights import usb_v2_ring, xvf3800_ring
from counterpoint.edge.lights.usb_v2_ring import UsbV2Ring
from counterpoint.edge.lights.xvf3800_ring import Xvf3800Ring, firmware_version
from counterpoint.edge.ring_light import DARK, LEDS, Ring, RingLight
from counterpoint.errors import PartMissing
from counterpoint.settings import LightSettings
from counterpoint.values import Cue, CueKind

QUICK = LightSettings(ramp_s=0.3, brightness=0.5, ring_first=11, ring_count=2)
RED = (255, 0, 0)
ORANGE = (1, 2, 3)


class FakeArray:
    """Keeps what it was sent, and answers like an array of this firmware; `gone` plays a pulled plug."""

    def __init__(self, version: tuple[int, int, int] = (2, 1, 0), busy: int = 0) -> None:
        self.sent: list[tuple[int, int, bytes]] = []
        self.version = version
        self.busy = busy
        self.gone = False
        self.closed = 0

    def send(self, value: int, index: int, content: bytes) -> None:
        if self.gone:
            raise OSError(19, "No such device")
        self.sent.append((value, index, content))

    def ask(self, value: int, index: int, length: int) -> bytes:
        assert (value, index, length) == (0x80, 48, 4)
        self.busy -= 1
        return bytes([64, 0, 0, 0]) if self.busy >= 0 else bytes([0, *self.version])

    def close(self) -> None:
        self.closed += 1


def cue(kind: CueKind) -> Cue:
    return Cue(1.0, kind, "a test")


def until(what: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + 3
    while not what() and time.monotonic() < give_up_s:
        time.sleep(0.005)
    assert what()


def test_the_usb_v2_ring_is_told_each_led_in_four_bytes() -> None:
    array = FakeArray()
    UsbV2Ring().set(array, (RED, ORANGE, *(DARK,) * 10))
    assert array.sent == [(6, 0x1C, bytes([255, 0, 0, 0, 1, 2, 3, 0]) + bytes(40))]


def test_the_usb_v2_ring_begins_dark_with_its_middle_led_off() -> None:
    array = FakeArray()
    UsbV2Ring().begin(array)
    assert array.sent == [(0x22, 0x1C, b"\x00"), (0x20, 0x1C, b"\x1f"), (6, 0x1C, bytes(48))]


def test_the_xvf3800_ring_is_told_each_led_in_a_little_endian_word() -> None:
    array = FakeArray()
    Xvf3800Ring().set(array, (RED, ORANGE, *(DARK,) * 10))
    assert array.sent == [(19, 20, struct.pack("<12I", 0xFF0000, 0x010203, *[0] * 10))]


def test_the_xvf3800_ring_begins_dark_and_ends_its_own_show() -> None:
    array = FakeArray()
    Xvf3800Ring().begin(array)
    assert array.sent == [(14, 20, b"\x00"), (19, 20, bytes(48)), (12, 20, b"\x05")]


def test_the_xvf3800_is_never_told_to_save_or_to_switch_a_pin() -> None:
    array = FakeArray()
    light = RingLight(QUICK, Xvf3800Ring(), lambda: array)
    light.show(cue("talk_over"))
    time.sleep(0.4)
    light.close()
    assert {(value, index) for value, index, _ in array.sent} == {(14, 20), (19, 20), (12, 20)}


def test_an_array_that_is_busy_is_asked_again() -> None:
    assert firmware_version(FakeArray((2, 1, 1), busy=3)) == (2, 1, 1)
    with pytest.raises(OSError, match="does not answer"):
        firmware_version(FakeArray(busy=1000))


def test_an_old_xvf3800_says_what_to_install() -> None:
    with pytest.raises(PartMissing, match=r"firmware 2\.0\.6 can't light single LEDs: install 2\.1\.0"):
        Xvf3800Ring().begin(FakeArray((2, 0, 6)))


def shown(array: FakeArray) -> list[tuple[int, ...]]:
    """The words of each frame that an XVF3800 was sent."""
    return [struct.unpack("<12I", content) for value, _, content in array.sent if value == 19]


def test_a_cue_ramps_on_the_leds_that_face_the_agent_and_fades() -> None:
    array = FakeArray()
    light = RingLight(QUICK, Xvf3800Ring(), lambda: array)
    light.show(cue("talk_over"))
    time.sleep(0.6)
    frames = shown(array)
    reds = [frame[11] >> 16 for frame in frames]
    assert reds == sorted(reds)
    assert reds[-1] == round(255 * pins.duty(0.5))
    assert frames[-1][0] == frames[-1][11]
    assert {word for frame in frames for word in frame[1:11]} == {0}
    light.show(cue("off"))
    until(lambda: not any(shown(array)[-1]))
    light.close()
    assert array.closed == 1


def test_showing_a_cue_never_waits_for_the_array() -> None:
    class Slow(FakeArray):
        def send(self, value: int, index: int, content: bytes) -> None:
            time.sleep(0.1)
            super().send(value, index, content)

    array = Slow()
    light = RingLight(QUICK, UsbV2Ring(), lambda: array)
    told_s = time.monotonic()
    light.show(cue("talk_over"))
    assert time.monotonic() - told_s < 0.02
    light.close()


@pytest.mark.parametrize("ring", [Xvf3800Ring(), UsbV2Ring()])
def test_an_array_that_goes_away_is_said_once_and_made_dark_when_it_is_back(
    ring: Ring, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ring_light, "REFRESH_S", 0.05)
    pins.say_once.cache_clear()
    first, second = FakeArray(), FakeArray()
    arrays = [first, second]
    light = RingLight(QUICK, ring, lambda: arrays.pop(0) if len(arrays) > 1 or first.gone else second)
    with caplog.at_level(logging.WARNING):
        first.gone = True
        until(lambda: len(second.sent) > 2)
    assert len([line for line in caplog.messages if "no light on the array's ring" in line]) == 1
    assert not any(byte for _, _, content in second.sent if len(content) == 48 for byte in content)
    light.close()
    assert (first.closed, second.closed) == (1, 1)


@pytest.mark.parametrize("kind", [xvf3800_ring, usb_v2_ring])
def test_without_the_array_one_line_says_so_and_nothing_is_shown(
    kind: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(kind, "find_usb", lambda *_: None)
    pins.say_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        light = kind.open_light(QUICK)  # type: ignore[attr-defined] # a module of lights
    assert light.kind == "none"
    assert "plugged in" in caplog.text


def test_a_dark_ring_is_still() -> None:
    array = FakeArray()
    light = RingLight(QUICK, UsbV2Ring(), lambda: array)
    time.sleep(0.2)
    assert len(array.sent) <= 4, "three to begin with, and the first frame"
    light.close()
    assert LEDS == 12
