"""How bright a cue is from moment to moment: slow, never flashing, told apart by shape as well as by colour.

One rule: a pure function of the time since the cue began. Small and slow lights disturb least; nothing here
changes faster than one ramp.

    talk_over        ▁▄█████████      one slow ramp, then steady
    cut_off          ▁▄█▅▂▅█████      swells, sinks, swells again, then steady
    good_listening   ▁▂▃▄▄▄▄▄▄▄▄      half as bright, half as fast
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from counterpoint.values import CueKind

SUNK: Final = 0.25  # between two swells the light stays visible: a dip, no flash
SOFT: Final = 0.5  # praise is fainter than a nudge


def level(cue: CueKind, since_s: float, ramp_s: float) -> float:
    """Brightness in [0, 1] of a cue `since_s` seconds after it began, for a ramp of `ramp_s` seconds.

    Multiply by the brightness of the settings; `off` is 0 (see `fade`).
    """
    ramps = since_s / ramp_s
    if cue == "talk_over":
        return _rise(ramps)
    if cue == "cut_off":
        return _rise(ramps) - (1 - SUNK) * (_swing(ramps - 1) - _swing(ramps - 2))
    if cue == "good_listening":
        return SOFT * _rise(ramps / 2)
    return 0.0


def settled_s(cue: CueKind, ramp_s: float) -> float:
    """Seconds after which `level` no longer changes."""
    return {"talk_over": 1, "cut_off": 3, "good_listening": 2, "off": 0}[cue] * ramp_s


def fade(from_level: float, since_s: float, ramp_s: float) -> float:
    """Brightness in [0, 1] of a light that goes out from `from_level`, `since_s` seconds after it was told to."""
    return from_level * (1 - _swing(since_s / ramp_s))


def _rise(share: float) -> float:
    """From 0 at 0 to 1 at 1, moving from the first instant: a cue must not be late, and its start is too dim to jar."""
    return math.sin(math.pi / 2 * _clip(share))


def _swing(share: float) -> float:
    """From 0 at 0 to 1 at 1 without a corner that the eye would catch."""
    return (1 - math.cos(math.pi * _clip(share))) / 2


def _clip(share: float) -> float:
    return min(1.0, max(0.0, share))
