"""The colour of one lamp that shows every cue, from moment to moment.

One rule: no lamp and no clock in it; who drives a lamp asks for the colour at a time and sets it. Brightness looks even
to the eye and stays below that of the settings; where one cue follows another the first fades while the second rises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.edge.pins import duty
from counterpoint.nudge.ramp import fade, level, settled_s

if TYPE_CHECKING:
    from counterpoint.values import CueKind

Colour = tuple[float, float, float]
"""Red, green and blue, each the share of full power in [0, 1]."""
AMBER: Final[Colour] = (1.0, 0.4, 0.0)  # about 590 nm with the usual red (625 nm) and green (525 nm) of an RGB LED
GREEN: Final[Colour] = (0.0, 1.0, 0.0)
HUES: Final = (AMBER, GREEN)


class Glow:
    """Takes cues, tells colours. All times are seconds on one clock that never goes back."""

    def __init__(self, brightness: float, ramp_s: float) -> None:
        self._brightness = brightness
        self._ramp_s = ramp_s
        self._cue: CueKind = "off"
        self._began_s = 0.0
        self._from = dict.fromkeys(HUES, 0.0)

    def show(self, cue: CueKind, at_s: float) -> None:
        """Change to this cue."""
        self._from = self._levels(at_s)
        self._cue, self._began_s = cue, at_s

    def colour(self, at_s: float) -> Colour:
        """The colour at this time."""
        powers = [(hue, duty(brightness * self._brightness)) for hue, brightness in self._levels(at_s).items()]
        red, green, blue = (min(1.0, sum(hue[at] * power for hue, power in powers)) for at in range(3))
        return red, green, blue

    def is_still(self, at_s: float) -> bool:
        """The colour does not change any more until the next cue."""
        return at_s - self._began_s > max(settled_s(self._cue, self._ramp_s), self._ramp_s)

    def _levels(self, at_s: float) -> dict[Colour, float]:
        since_s = max(0.0, at_s - self._began_s)
        levels = {hue: fade(before, since_s, self._ramp_s) for hue, before in self._from.items()}
        if self._cue != "off":
            hue = GREEN if self._cue == "good_listening" else AMBER
            levels[hue] = max(levels[hue], level(self._cue, since_s, self._ramp_s))
        return levels
