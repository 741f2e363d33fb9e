"""The ring of the ReSpeaker USB Mic Array v2.0 as the agent's light, over its USB control.

One rule: only the LED commands below are sent.

Commands after the maker's "USB 4 Mic Array LED Control Protocol": a vendor request whose value is the command and whose
index is 0x1C. Not seen on hardware.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.edge.lights.none import NoLight
from counterpoint.edge.pins import say_once
from counterpoint.edge.ring_light import LEDS, RingLight
from counterpoint.edge.usb_control import SEEED, USB_V2, UsbControl, find_usb
from counterpoint.errors import PartMissing

if TYPE_CHECKING:
    from counterpoint.edge.ring_light import Rgb
    from counterpoint.edge.usb_control import Control
    from counterpoint.settings import LightSettings

RING: Final = 0x1C
EACH_LED: Final = 6
BRIGHTNESS: Final = 0x20
CENTRE_LED: Final = 0x22
BRIGHTEST: Final = 0x1F  # of the LEDs' own 32 steps; the limit of the settings is in the colours
OFF: Final = 0


class UsbV2Ring:
    """Twelve APA102 LEDs, each with its own colour."""

    def begin(self, control: Control) -> None:
        """End the ring's own show; the LED in the middle, which follows voices, goes dark too."""
        control.send(CENTRE_LED, RING, bytes([OFF]))
        control.send(BRIGHTNESS, RING, bytes([BRIGHTEST]))
        self.set(control, ((0, 0, 0),) * LEDS)

    def set(self, control: Control, colours: tuple[Rgb, ...]) -> None:
        """Show these twelve colours: four bytes each, the last unused."""
        control.send(EACH_LED, RING, bytes(byte for red, green, blue in colours for byte in (red, green, blue, 0)))


def open_control() -> UsbControl:
    """Open the array's USB control.

    Raises:
        PartMissing: There is no such array, or it may not be opened.
        OSError: It is gone.
    """
    device = find_usb(SEEED, USB_V2)
    if device is None:
        raise PartMissing("no ReSpeaker USB Mic Array v2.0 is plugged in")
    return UsbControl(device)


def open_light(settings: LightSettings) -> RingLight | NoLight:
    """The ring as a light; where there is none, say so once and show nothing."""
    try:
        return RingLight(settings, UsbV2Ring(), open_control)
    except (PartMissing, OSError) as missing:
        say_once(f"no light: {missing}")
        return NoLight()
