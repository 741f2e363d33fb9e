"""What a simulated scene is, and what is true of it; one rule: both simulators give these values, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.benchmark.conditions import Condition

    from counterpoint.hearing.geometry import ArrayGeometry
    from counterpoint.values import Calibration

Sound = NDArray[np.float32]
Flags = NDArray[np.bool_]

RATE: Final = 16_000
FRAME_S: Final = 0.02
AGENT: Final = 0
CUSTOMER: Final = 1

EntryKind = Literal["backchannel", "transition", "interruption", "attempt"]


@dataclass(frozen=True, slots=True)
class SecondVoice:
    """A voice that comes in while the other has the floor, or a small word in the other's pause.

    Attributes:
        side: 0 for the agent, 1 for the customer: whose voice comes in.
        onset_s: When its sound begins.
        end_s: When that stretch of it ends.
        first_end_s: When the voice that had the floor ends its stretch; up to the onset for a small word in a pause.
        kind: As design.md defines it: a backchannel takes nothing; a transition begins in the last 0.5 s of a turn that
            was ending anyway (and choruses); an interruption takes the floor; an attempt does not get it.
    """

    side: int
    onset_s: float
    end_s: float
    first_end_s: float
    kind: EntryKind

    @property
    def both_s(self) -> float:
        """Seconds in which both are heard."""
        return max(0.0, min(self.end_s, self.first_end_s) - self.onset_s)

    @property
    def takes_floor(self) -> bool:
        """Whether it takes, or fights for, the floor."""
        return self.kind in ("interruption", "attempt")


@dataclass(frozen=True, slots=True)
class HeardScene:
    """A recording at a simulated counter and its truth.

    Attributes:
        simulator: `rooms` or `halls`.
        condition: Name of its condition.
        seed: What it was drawn from; the same seed gives the same scene.
        samples: Shape (raw microphones in the order of the geometry, samples), float32 in [-1, 1].
        geometry: The array; `geometry.raw` is not needed to read `samples`.
        calibration: What the zones are told.
        true_calibration: Where the mouths really are, seen from the array: for the upper bound only.
        active: Who speaks, shape (2, frames of 20 ms): the dry source's energy, pauses under 0.2 s filled, no collar.
        second_voices: In order of onset.
        pitch_hz: Median fundamental of the two dry voices, agent first.
        dry: The two voices as they leave the mouth, at the loudness they are played, shape (2, samples): measured by
            `scores/shortcuts.py`, and given to no system. None where a simulator does not tell.
    """

    simulator: str
    condition: str
    seed: tuple[int, ...]
    samples: Sound
    geometry: ArrayGeometry
    calibration: Calibration
    true_calibration: Calibration
    active: Flags
    second_voices: tuple[SecondVoice, ...]
    pitch_hz: tuple[float, float]
    dry: Sound | None = None

    @property
    def seconds(self) -> float:
        """Length of the scene."""
        return int(self.active.shape[1]) * FRAME_S


class Simulator(Protocol):
    """Makes scenes of one part of the data; deterministic in its seed."""

    @property
    def name(self) -> str:
        """`rooms` or `halls`."""
        ...

    def scene(self, condition: Condition, seconds: float, seed: tuple[int, ...]) -> HeardScene:
        """Draw one scene of this length."""
        ...
