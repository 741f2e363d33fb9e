"""The ring of the reSpeaker XVF3800 as the agent's light, over its USB control.

One rule: only the LED commands below are sent. Nothing is saved in the array and no GPO pin is written: arrays have
been left with silent microphones after that (respeaker/reSpeaker_XVF3800_USB_4MIC_ARRAY, issue 18).

Commands after the maker's host control guide and its firmware changelog: a vendor request whose value is the command
and whose index is the servicer. An answer begins with a status byte. Not seen on hardware.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from counterpoint.edge.lights.none import NoLight
from counterpoint.edge.pins import say_once
from counterpoint.edge.ring_light import LEDS, RingLight
from counterpoint.edge.usb_control import SEEED, XVF3800, UsbControl, find_usb
from counterpoint.errors import PartMissing

if TYPE_CHECKING:
    from counterpoint.edge.ring_light import Rgb
    from counterpoint.edge.usb_control import Control
    from counterpoint.settings import LightSettings

APPLICATION: Final = 48
VERSION: Final = 0
LIGHTS: Final = 20
EFFECT: Final = 12
GAMMA: Final = 14
RING_COLOURS: Final = 19
READ: Final = 0x80
RING_EFFECT: Final = 5  # each LED has its own colour
PER_LED_SINCE: Final = (2, 0, 7)
DONE: Final = 0
ASK_AGAIN: Final = 64
TRIES: Final = 20


class Xvf3800Ring:
    """Twelve WS2812 LEDs, each with its own colour since firmware 2.0.7."""

    def begin(self, control: Control) -> None:
        """Check the firmware, end its own show, and take its gamma out: ours is in the colours."""
        version = firmware_version(control)
        if version < PER_LED_SINCE:
            shown = ".".join(map(str, version))
            raise PartMissing(f"firmware {shown} can't light single LEDs: install 2.1.0 or later, six channels")
        control.send(GAMMA, LIGHTS, bytes([0]))
        self.set(control, ((0, 0, 0),) * LEDS)
        control.send(EFFECT, LIGHTS, bytes([RING_EFFECT]))

    def set(self, control: Control, colours: tuple[Rgb, ...]) -> None:
        """Show these twelve colours: each a little-endian word, 0x00RRGGBB."""
        words = (red << 16 | green << 8 | blue for red, green, blue in colours)
        control.send(RING_COLOURS, LIGHTS, struct.pack(f"<{LEDS}I", *words))


def firmware_version(control: Control) -> tuple[int, ...]:
    """The firmware's version, three numbers; OSError when the array does not answer."""
    return tuple(ask(control, APPLICATION, VERSION, 3))


def ask(control: Control, servicer: int, command: int, length: int) -> bytes:
    """Read a value; OSError when the array does not answer, or not with so many bytes."""
    for _ in range(TRIES):
        answer = control.ask(READ | command, servicer, length + 1)
        if answer[:1] != bytes([ASK_AGAIN]):
            break
    if answer[:1] != bytes([DONE]) or len(answer) != length + 1:
        raise OSError(f"the array does not answer command {command} of {servicer}")
    return answer[1:]


def open_control() -> UsbControl:
    """Open the array's USB control.

    Raises:
        PartMissing: There is no XVF3800, or it may not be opened.
        OSError: It is gone.
    """
    device = find_usb(SEEED, XVF3800)
    if device is None:
        raise PartMissing("no reSpeaker XVF3800 is plugged in")
    return UsbControl(device)


def open_light(settings: LightSettings) -> RingLight | NoLight:
    """The ring as a light; where there is none, say so once and show nothing."""
    try:
        return RingLight(settings, Xvf3800Ring(), open_control)
    except (PartMissing, OSError) as missing:
        say_once(f"no light: {missing}")
        return NoLight()
