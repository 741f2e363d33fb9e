"""The light on two PWM pins: amber and, where wanted, a soft green.

One rule: brightness is limited, looks even to the eye, and moves on gpiozero's own thread, never on the caller's.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from gpiozero import PWMLED

from counterpoint.edge.lights.none import NoLight
from counterpoint.edge.pins import duty, find_pins, pin_errors, say_once
from counterpoint.errors import PartMissing
from counterpoint.nudge.ramp import fade, level, settled_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.settings import LightSettings
    from counterpoint.values import Cue, CueKind

TICK_S: Final = 0.02  # 50 steps a second look smooth


class PinLight:
    """Amber for a nudge, green for praise, on two pins."""

    kind = "pins"

    def __init__(self, settings: LightSettings, pins: Any) -> None:  # noqa: ANN401 - gpiozero publishes no types
        self._settings = settings
        self._amber: Any = PWMLED(settings.amber_pin, pin_factory=pins)
        self._green: Any = PWMLED(settings.green_pin, pin_factory=pins)
        self._levels: dict[Any, float] = {self._amber: 0.0, self._green: 0.0}
        for led in self._levels:
            led.source_delay = TICK_S

    def show(self, cue: Cue) -> None:
        """Ramp to this cue; the light that it does not need fades."""
        wanted = self._green if cue.cue == "good_listening" else self._amber
        for led in self._levels:
            if led is wanted and cue.cue != "off":
                led.source = self._rising(led, cue.cue)
            elif self._levels[led] > 0:
                led.source = self._fading(led, self._levels[led])

    def close(self) -> None:
        """Go dark and let go of the pins."""
        for led in self._levels:
            led.close()

    def _rising(self, led: Any, cue: CueKind) -> Iterator[float]:  # noqa: ANN401 - gpiozero publishes no types
        ramp_s = self._settings.ramp_s
        began_s = monotonic() - TICK_S  # so that the first step is not dark: the pin changes at once
        while True:
            since_s = monotonic() - began_s
            yield self._set(led, level(cue, since_s, ramp_s))
            if since_s > settled_s(cue, ramp_s):
                return

    def _fading(self, led: Any, from_level: float) -> Iterator[float]:  # noqa: ANN401 - gpiozero publishes no types
        began_s = monotonic()
        while self._levels[led] > 0:
            yield self._set(led, fade(from_level, monotonic() - began_s, self._settings.ramp_s))

    def _set(self, led: Any, now: float) -> float:  # noqa: ANN401 - gpiozero publishes no types
        self._levels[led] = now
        return duty(now * self._settings.brightness)


def open_light(settings: LightSettings) -> PinLight | NoLight:
    """The light on its pins; where there are none, say so once and show nothing."""
    try:
        pins = find_pins()
        with pin_errors(f"no light on GPIO {settings.amber_pin} and {settings.green_pin}"):
            return PinLight(settings, pins)
    except PartMissing as missing:
        say_once(str(missing))
        return NoLight()
