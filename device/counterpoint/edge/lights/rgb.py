"""The light on three PWM pins: one RGB LED, amber for a nudge, green for praise.

One rule: the colour is edge/glow.py's; here it goes to the pins, on gpiozero's own thread, never on the caller's.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from gpiozero import RGBLED

from counterpoint.edge.glow import Glow
from counterpoint.edge.lights.none import NoLight
from counterpoint.edge.pins import find_pins, pin_errors, say_once
from counterpoint.errors import PartMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.edge.glow import Colour
    from counterpoint.settings import LightSettings
    from counterpoint.values import Cue

TICK_S: Final = 0.02  # 50 steps a second look smooth


class RgbLight:
    """One RGB LED with a common cathode; `light.red_pin`, `light.green_pin` and `light.blue_pin`."""

    kind = "pins"

    def __init__(self, settings: LightSettings, pins: Any) -> None:  # noqa: ANN401 - gpiozero publishes no types
        self._glow = Glow(settings.brightness, settings.ramp_s)
        self._led: Any = RGBLED(settings.red_pin, settings.green_pin, settings.blue_pin, pin_factory=pins)
        self._led.source_delay = TICK_S

    def show(self, cue: Cue) -> None:
        """Ramp to this cue."""
        self._led.source = None  # the thread that moves the old cue ends here, so that one thread has the glow
        self._glow.show(cue.cue, monotonic() - TICK_S)  # so that the first step is not dark: the pin changes at once
        self._led.source = self._moving()

    def close(self) -> None:
        """Go dark and let go of the pins."""
        self._led.close()

    def _moving(self) -> Iterator[Colour]:
        while not self._glow.is_still(monotonic()):
            yield self._glow.colour(monotonic())
        yield self._glow.colour(monotonic())


def open_light(settings: LightSettings) -> RgbLight | NoLight:
    """The light on its pins; where there are none, say so once and show nothing."""
    try:
        pins = find_pins()
        with pin_errors(f"no light on GPIO {settings.red_pin}, {settings.green_pin} and {settings.blue_pin}"):
            return RgbLight(settings, pins)
    except PartMissing as missing:
        say_once(str(missing))
        return NoLight()
