"""What the two people at the counter see while their places are measured.

One rule: it shows a step on lights that are there anyway, and nothing flashes.

| step | the agent's light | the state light, seen by both |
|---|---|---|
| ready, pause | dark | breathes white (ready), steady white (pause) |
| agent: speak | amber, steady | steady white |
| customer: speak | dark | breathes white |
| done | green | steady white |
| refused | amber, swells twice | steady white |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.values import Cue

if TYPE_CHECKING:
    from counterpoint.care.calibrating import CalibrationStep
    from counterpoint.edge.lights import Light
    from counterpoint.edge.pins import MicrophoneStateLight
    from counterpoint.values import CueKind

CUES: Final[dict[CalibrationStep, CueKind]] = {"agent": "talk_over", "done": "good_listening", "refused": "cut_off"}
BREATHING: Final[tuple[CalibrationStep, ...]] = ("ready", "customer")


class CalibrationLights:
    """The agent's light and the state light, lent for a calibration."""

    def __init__(self, light: Light, state: MicrophoneStateLight) -> None:
        self._light = light
        self._state = state

    def show(self, step: CalibrationStep, at_s: float) -> None:
        """Show this step."""
        self._light.show(Cue(at_s, CUES.get(step, "off"), f"calibrating: {step}"))
        self._state.breathe(on=step in BREATHING)

    def end(self, at_s: float) -> None:
        """Give both back as they were."""
        self._light.show(Cue(at_s, "off", "calibrated"))
        self._state.breathe(on=False)
